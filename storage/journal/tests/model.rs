//! Any sequence of appends, syncs and reopenings leaves in the journal what a plain list would hold.

mod support;

use gauntlet_journal::*;
use gauntlet_model::units::UnixNanos;
use proptest::prelude::*;
use std::path::Path;
use support::{Numbers, sequenced};

#[derive(Debug, Clone)]
enum Step {
    /// Appends that many inputs.
    Inputs(u16),
    /// Appends that many effects of the last input.
    Effects(u16),
    /// Appends a sent message.
    Sent,
    Sync,
    /// As if the process had been killed: nothing is finished.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1u16..400).prop_map(Step::Inputs),
        4 => (1u16..200).prop_map(Step::Effects),
        2 => Just(Step::Sent),
        2 => Just(Step::Sync),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

/// Kind, cause, index, time and payload of a record.
type Line = (u8, u64, u32, u64, Vec<u8>);

fn read(dir: &Path, stream: Stream) -> Vec<Line> {
    let mut reader = JournalReader::open(dir, stream, Position::START).expect("opens");
    let mut lines = Vec::new();
    while let Some(r) = reader.next().expect("reads") {
        lines.push((r.kind, r.seq, r.index, r.time.0, r.payload.to_vec()));
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_journal_holds_what_a_list_would(steps in steps()) {
        let dir = tempfile::tempdir().expect("a directory");
        let config = JournalConfig { segment_bytes: 64 << 10, max_bytes: None, epoch: Some(1) };
        let open = || Journal::create_or_open(dir.path(), &config).expect("opens");
        let mut journal = open();
        let (mut inputs, mut effects) = (Vec::<Line>::new(), Vec::<Line>::new());
        let (mut seq, mut index) = (0, 0);
        let mut encoded = Encoded::new();
        for step in steps {
            match step {
                Step::Inputs(count) => for _ in 0..count {
                    seq += 1;
                    index = 0;
                    let input = sequenced(seq);
                    let position = journal.inputs.append_input(&input).expect("appends");
                    prop_assert_eq!(position, journal.inputs.position());
                    encoded.input(&input.input);
                    let payload = encoded.payload().to_vec();
                    inputs.push((encoded.kind(), seq, 0, input.time.0, payload));
                },
                Step::Effects(count) => for _ in 0..count {
                    let effect = Numbers::new(effects.len() as u64).effect(effects.len() as u64);
                    journal
                        .effects
                        .append_effect(seq, index, UnixNanos(seq), &effect)
                        .expect("appends");
                    encoded.effect(&effect);
                    let payload = encoded.payload().to_vec();
                    effects.push((encoded.kind(), seq, index, seq, payload));
                    index += 1;
                },
                Step::Sent => {
                    let sent = Numbers::new(effects.len() as u64).sent();
                    journal.effects.append_sent(seq, UnixNanos(seq), &sent).expect("appends");
                    let mut payload = vec![0; PAYLOAD_MAX];
                    let (kind, len) = encode_sent(&sent, &mut payload);
                    payload.truncate(len);
                    effects.push((kind, seq, 0, seq, payload));
                }
                Step::Sync => {
                    journal.sync.do_work().expect("works");
                }
                Step::Reopen => {
                    drop(journal);
                    journal = open();
                    prop_assert_eq!(journal.recovery.next_seq, seq + 1);
                    prop_assert_eq!(journal.recovery.inputs.records, inputs.len() as u64);
                    prop_assert_eq!(journal.recovery.effects.records, effects.len() as u64);
                }
            }
        }
        prop_assert_eq!(read(dir.path(), Stream::Inputs), inputs);
        prop_assert_eq!(read(dir.path(), Stream::Effects), effects);
        prop_assert!(verify(dir.path()).expect("whole").is_whole());
    }
}
