//! A recorded day through the whole platform: the same result in every layout and every time.

use dbn::Schema;
use dbn::decode::DecodeRecordRef;
use gauntlet_feeds::{BookSummary, build_book};
use gauntlet_model::effect::Effect;
use gauntlet_model::input::{BookAction, Input, flags};
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::Ledger;
use gauntlet_tests::process::{Exit, Process};
use gauntlet_tests::{generated, program, recorded};
use gauntlet_venue::generated::files::{FileConfig, Length};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

fn recorded_days() -> Option<[PathBuf; 2]> {
    let file = |name| recorded(&format!("cme/{name}"));
    Some([file("esh4-20231224.mbo.dbn.zst")?, file("esh4-20231225.mbo.dbn.zst")?])
}

/// The first hours of two generated New York days.
fn generated_days(dir: &Path) -> [PathBuf; 2] {
    [17, 18].map(|day| {
        let time = |hour: &str| UnixNanos::parse_rfc3339(&format!("2026-11-{day}T{hour}:00Z"));
        let config = FileConfig {
            seed: day,
            start: time("14:25"),
            length: Length::Until(time("15:45").expect("a time")),
            rate: 1.5,
            ..FileConfig::new("ESZ6", Schema::Mbo)
        };
        generated(dir, &format!("esz6-{day}.mbo.dbn.zst"), &config)
    })
}

/// Records of files, by the vendor's own decoder.
fn records(files: &[PathBuf]) -> u64 {
    let count = |path: &PathBuf| {
        let mut decoder = dbn::decode::DbnDecoder::from_zstd_file(path).expect("a DBN file");
        let mut records = 0;
        while decoder.decode_record_ref().expect("whole records").is_some() {
            records += 1;
        }
        records
    };
    files.iter().map(count).sum()
}

fn start(files: &[PathBuf; 2], layout: &str, data: &Path) -> Process {
    let mut command = Command::new(program!());
    command.arg("replay").args(files).args(["--json", "--speed", "max", "--layout", layout]);
    command.arg("--data").arg(data);
    Process::spawn(command)
}

fn summary(exit: &Exit) -> Value {
    exit.expect_code(0);
    let mut found: Value =
        serde_json::from_str(&exit.stdout).unwrap_or_else(|e| panic!("{e}:\n{}", exit.stdout));
    // Heartbeats go by the wall clock: a slow machine sends more of them.
    found["counts"].as_object_mut().expect("counts").remove("messages_sent");
    found
}

#[test]
fn two_generated_days_decide_the_same_in_every_layout_and_every_time() {
    let dir = tempfile::tempdir().expect("a directory");
    decide_the_same(&generated_days(dir.path()));
}

#[test]
fn two_recorded_days_decide_the_same_in_every_layout_and_every_time() {
    let Some(files) = recorded_days() else { return };
    assert_eq!(records(&files), 77_517);
    decide_the_same(&files);
}

/// Four processes at once are enough for a small machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn decide_the_same(files: &[PathBuf; 2]) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let records = records(files);
    let dir = tempfile::tempdir().expect("a directory");
    let data = |name: &str| dir.path().join(name);
    let runs = [("shared", "a"), ("shared", "b"), ("dedicated", "c"), ("dedicated", "d")];
    let started: Vec<_> = runs
        .iter()
        .map(|(layout, name)| (layout, data(name), start(files, layout, &data(name))))
        .collect();

    let book = build_book(files, None, 1 << 20).expect("the files hold one book");
    let mut first: Option<Value> = None;
    for (layout, data, process) in started {
        let found = summary(&process.wait());
        assert_eq!(found["records"], records, "{layout}");
        assert_eq!(found["layout"], **layout);
        assert_end_of_book(&found, &book);
        assert_worked(&found);
        let replayed = replay::replay(&data.join("journal"), |_| {});
        let replayed = replayed.unwrap_or_else(|error| panic!("{layout}: {error}"));
        assert_eq!(replayed.missing, 0, "{layout}");
        assert_eq!(found["journal"]["effects_hash"], replayed.effects_hash, "{layout}");
        assert_eq!(found["journal"]["last_seq"], replayed.last_seq, "{layout}");
        assert!(
            gauntlet_journal::verify(&data.join("journal")).expect("readable").is_whole(),
            "{layout}"
        );

        let first = first.get_or_insert_with(|| found.clone());
        for what in ["counts", "markets", "positions", "pnl", "rejects_by_code"] {
            assert_eq!(found[what], first[what], "{layout}: {what}");
        }
        for what in ["effects_hash", "last_seq", "inputs_bytes"] {
            assert_eq!(found["journal"][what], first["journal"][what], "{layout}: {what}");
        }
    }
    assert_journal_holds_the_files(&Ledger::read(&data("a").join("journal")), records);
}

fn assert_end_of_book(found: &Value, book: &BookSummary) {
    let market = &found["markets"][0];
    assert_eq!(market["symbol"], book.symbol);
    assert_eq!(market["last_event_ns"], book.last_ts_event);
    assert_eq!(market["sequence"], book.sequence);
    assert_eq!(market["bid"].as_f64(), book.bid);
    assert_eq!(market["bid_size"], book.bid_size);
    assert_eq!(market["bid_levels"], book.bid_levels);
    assert_eq!(market["ask"].as_f64(), book.ask);
    assert_eq!(market["ask_size"], book.ask_size);
    assert_eq!(market["ask_levels"], book.ask_levels);
}

/// Signals became orders, orders were acknowledged and filled, and all was measured.
fn assert_worked(found: &Value) {
    for count in ["bars", "signals", "intents", "orders", "acks", "fills"] {
        assert!(found["counts"][count].as_u64() > Some(0), "no {count}: {}", found["counts"]);
    }
    assert_eq!(found["journal"]["replays_equal"], true);
    let segments = found["latency"].as_array().expect("a table");
    let of = |name: &str| segments.iter().find(|segment| segment["segment"] == name);
    let measured = of("tick_to_order").expect("tick to order is measured");
    assert!(measured["count"].as_u64() > Some(0) && measured["p99_ns"].as_u64() > Some(0));
}

/// Every record of the files is an input, after one that empties the book at the line's start.
fn assert_journal_holds_the_files(ledger: &Ledger, records: u64) {
    let mut by_order = ledger.inputs.iter().filter_map(|sequenced| match &sequenced.input {
        Input::Mbo(event) => Some(event),
        _ => None,
    });
    let first = by_order.next().expect("market data");
    assert_eq!(first.action, BookAction::Clear);
    assert_ne!(first.flags & flags::SNAPSHOT, 0);
    assert_eq!(by_order.count() as u64, records);
    let effects = ledger.effects().filter(|(_, effect)| matches!(effect, Effect::Outbound(_)));
    assert!(effects.count() > 0);
}

#[test]
fn a_second_replay_into_the_same_journal_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = generated_days(dir.path());
    let journal = dir.path().join("journal");
    drop(
        gauntlet_journal::Journal::create_or_open(&journal, &Default::default())
            .expect("a journal"),
    );
    let exit = start(&files, "shared", dir.path()).wait();
    exit.expect_code(1).expect_told(&["holds a journal already", "--data"]);
    let found = gauntlet_journal::verify(&journal).expect("a journal");
    assert_eq!(found.inputs.records, 0, "it was written to");
}
