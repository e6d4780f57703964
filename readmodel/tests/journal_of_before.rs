//! A journal that a release before wrote: a morning of the test kit's, with bots as they were kept while
//! their settings were counted (kind `bot`). It is kept as its bytes, without the zeros behind them.

use flate2::read::GzDecoder;
use gauntlet_journal::{Journal, JournalConfig, JournalReader, Position, Stream, kind, verify};
use gauntlet_model::input::Route;
use gauntlet_readmodel::replay;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// The length of its segments.
const SEGMENT_BYTES: usize = 1 << 20;
/// Inputs in it.
const INPUTS: u64 = 2_423;
/// The hash of its effects, as the release that wrote it told.
const EFFECTS_HASH: &str = "42b4999938c6006e1d8fca2b2dfeea2a404e7d6a927dd904894bf845aae2bfce";

const HEADER: &[u8] = include_bytes!("journal_of_0_1/journal.hdr");
const STREAMS: [(&str, &[u8]); 2] = [
    ("inputs", include_bytes!("journal_of_0_1/inputs.seg.gz")),
    ("effects", include_bytes!("journal_of_0_1/effects.seg.gz")),
];

fn unpack(dir: &Path) {
    fs::write(dir.join("journal.hdr"), HEADER).expect("the header is written");
    for (stream, packed) in STREAMS {
        let mut bytes = Vec::with_capacity(SEGMENT_BYTES);
        GzDecoder::new(packed).read_to_end(&mut bytes).expect("it is whole");
        bytes.resize(SEGMENT_BYTES, 0);
        fs::create_dir(dir.join(stream)).expect("a directory");
        fs::write(dir.join(stream).join("00000000.seg"), bytes).expect("the segment is written");
    }
}

fn kinds(dir: &Path) -> BTreeMap<&'static str, u64> {
    let mut reader = JournalReader::open(dir, Stream::Inputs, Position::START).expect("opens");
    let mut kinds = BTreeMap::new();
    while let Some(record) = reader.next().expect("whole") {
        *kinds.entry(kind::name(record.kind)).or_default() += 1;
    }
    kinds
}

#[test]
fn it_replays_equal_to_the_byte() {
    let dir = tempfile::tempdir().expect("a directory");
    unpack(dir.path());
    let kinds = kinds(dir.path());
    assert!(kinds["bot"] > 0 && !kinds.contains_key("bot_settings"), "{kinds:?}");
    let report = replay::replay(dir.path(), |_| {}).expect("equal");
    assert!(report.equal && report.effects > 0);
    assert_eq!((report.inputs, report.missing, report.ahead), (INPUTS, 0, 0));
    assert_eq!(report.effects_hash, EFFECTS_HASH);
}

#[test]
fn this_release_goes_on_in_it() {
    let dir = tempfile::tempdir().expect("a directory");
    unpack(dir.path());
    assert!(verify(dir.path()).expect("it can be read").is_whole());
    let config = JournalConfig { segment_bytes: SEGMENT_BYTES, ..JournalConfig::default() };
    let journal = Journal::create_or_open(dir.path(), &config).expect("opens");
    assert_eq!(journal.recovery.next_seq, INPUTS + 1);
    let rebuilt = replay::rebuild(dir.path(), |_| {}, |_| {}).expect("equal");
    assert!(rebuilt.bots.iter().all(|bot| bot.broker == Route::BROKER) && !rebuilt.bots.is_empty());
    assert!(rebuilt.sessions.of(Route::BROKER).next_out > 1);
    assert!(rebuilt.brokers.iter().all(|(_, known)| known.is_none()));
}
