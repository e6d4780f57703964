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

/// Bots on the generated days, and an early close of the first: 10:00 in New York, 15:00 UTC.
const EARLY_CLOSE: &str = r#"
[feed]
address = "127.0.0.1:1"
dataset = "GLBX.MDP3"
schema = "mbo"

[broker]
address = "127.0.0.1:2"
sender_comp_id = "GAUNTLET"
target_comp_id = "SIMVENUE"

[[account]]
name = "TEST"
max_position = 20
messages_per_second = 100
cancel_headroom = 20

[[instrument]]
symbol = "ESZ6"
max_order_qty = 10
max_position = 20
collar_ticks = 40
stale_after_ms = 60000

[[bot]]
name = "reversion"
account = "TEST"
instrument = "ESZ6"
stage = "CANARY"
session = "FULL_24x5"
order_qty = 1
max_order_qty = 2
max_position = 2
stop_loss = "16 ticks"
rule_text = """
let band = bb(5, 0.5)
long when close < band.lower
short when close > band.upper
entry aggressive
"""

[[calendar.exception]]
date = "2026-11-17"
groups = ["equity index"]
close = "10:00"
reason = "a notice of the exchange"
"#;

#[test]
fn a_day_that_the_configuration_ends_early_ends_so_and_is_replayed_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = generated_days(dir.path());
    let run = |name: &str, text: &str| {
        let (config, data) = (dir.path().join(format!("{name}.toml")), dir.path().join(name));
        std::fs::write(&config, text).expect("written");
        let mut command = Command::new(program!());
        command.arg("replay").args(&files).args(["--json", "--speed", "max", "--config"]);
        command.arg(&config).arg("--data").arg(&data);
        let found = summary(&Process::spawn(command).wait());
        let journal = data.join("journal");
        let replayed = replay::replay(&journal, |_| {}).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(found["journal"]["effects_hash"], replayed.effects_hash, "{name}");
        Ledger::read(&journal)
    };
    let close = UnixNanos::parse_rfc3339("2026-11-17T15:00:00Z").expect("a time");
    let next = UnixNanos::parse_rfc3339("2026-11-18T00:00:00Z").expect("a time");
    let orders_after_the_close = |ledger: &Ledger| {
        let time = |seq: u64| {
            let at = ledger.inputs.partition_point(|input| input.seq < seq);
            ledger.inputs[at].time
        };
        let late = |time: UnixNanos| close <= time && time < next;
        let orders = ledger.new_orders().map(|(cause, _)| time(cause));
        let orders: Vec<UnixNanos> = orders.collect();
        (
            orders.iter().filter(|time| **time < close).count(),
            orders.into_iter().filter(|t| late(*t)).count(),
        )
    };
    let told = |ledger: &Ledger| {
        let mut kinds = ledger.inputs.iter().map(|sequenced| sequenced.input);
        let at = kinds.position(|input| matches!(input, Input::CalendarDay(_)));
        let instrument = ledger.inputs.iter().position(|s| matches!(s.input, Input::Instrument(_)));
        at.map(|at| Some(at) < instrument)
    };

    let early = run("early", EARLY_CLOSE);
    assert_eq!(told(&early), Some(true), "the day is told before the instruments");
    let (before, after) = orders_after_the_close(&early);
    assert!(before > 0, "no order before the close");
    assert_eq!(after, 0, "orders after the close");
    assert!(early.positions().is_empty(), "held over the close: {:?}", early.positions());

    let (usual, _) = EARLY_CLOSE.split_once("[[calendar.exception]]").expect("an exception");
    let usual = run("usual", usual);
    assert_eq!(told(&usual), None);
    assert!(orders_after_the_close(&usual).1 > 0, "the day shows nothing without its early close");
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
