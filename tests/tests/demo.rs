//! What a newcomer meets first: bots trade a simulated venue, and everything ends in order.

use gauntlet_model::effect::{Alert, AlertKind, Effect, MarketQuality, OrderState, RejectCode};
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{Input, OrdStatus, Scope};
use gauntlet_model::units::NANOS_PER_SECOND;
use gauntlet_readmodel::replay;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::process::{Process, Signal};
use gauntlet_tests::{program, wait_until};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

struct Demo {
    dir: TempDir,
}

impl Demo {
    fn new() -> Demo {
        Demo { dir: TempDir::new().expect("a directory") }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The embedded demo on ports that the system chooses.
    fn start(&self, args: &[&str]) -> Process {
        let text = gauntlet::config::DEMO
            .replace("127.0.0.1:13100", "127.0.0.1:0")
            .replace("127.0.0.1:13101", "127.0.0.1:0")
            .replace("127.0.0.1:8080", "127.0.0.1:0");
        let config = self.dir.path().join("demo.toml");
        std::fs::write(&config, text).expect("the configuration can be written");
        let mut command = Command::new(program!());
        command.arg("demo").arg("--config").arg(config).arg("--data").arg(self.data()).args(args);
        Process::spawn(command)
    }
}

#[test]
fn a_demo_ends_after_its_time_and_leaves_a_journal_that_replays() {
    let demo = Demo::new();
    let exit = demo.start(&["--seconds", "8", "--speed", "150"]).wait();
    exit.expect_code(0).expect_told(&["stopped in order"]);
    let ledger = assert_sound(&demo.data());
    assert_healthy(&ledger);
}

#[test]
fn a_demo_trades_ctrl_c_ends_it_in_order_and_the_next_one_keeps_its_journal() {
    let demo = Demo::new();
    let mut process = demo.start(&["--speed", "300"]);
    let mut live = Live::new(&demo.data().join("journal"));
    wait_until("a fill", || {
        process.assert_running();
        !live.look().fills().is_empty()
    });
    process.signal(Signal::INT);
    process.wait().expect_code(0).expect_told(&["stopped in order"]);
    let ledger = assert_sound(&demo.data());
    assert_healthy(&ledger);
    assert!(measured(&demo.data().join("latency.hlog"), "tick_to_order") > 0);
    let first = ledger.last_seq();

    demo.start(&["--seconds", "1"]).wait().expect_code(0);
    let before = Ledger::read(&demo.data().join("journal.before"));
    assert_eq!(before.last_seq(), first, "the first demo's journal is not set aside");
    assert_sound(&demo.data());
}

/// The journal is whole and replays, no order is open, and positions are the sum of fills.
fn assert_sound(data: &Path) -> Ledger {
    let dir = data.join("journal");
    assert!(gauntlet_journal::verify(&dir).expect("readable").is_whole());
    let replayed = replay::replay(&dir, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(replayed.missing, 0);
    let ledger = Ledger::read(&dir);
    let open: Vec<_> = ledger.orders().into_values().filter(|o| !o.state.is_final()).collect();
    assert!(open.is_empty(), "{open:?}");
    let routed = ledger.filled_by_bot();
    let positions = ledger.positions();
    assert!(routed.iter().all(|(bot, qty)| positions.get(bot) == Some(qty)), "{routed:?}");
    ledger
}

/// Nothing is said to be wrong with a market in which nothing is: a warning that is always on would
/// teach people to ignore it.
fn assert_healthy(ledger: &Ledger) {
    for (cause, effect) in ledger.effects() {
        match effect {
            // A richer schema tells what the vendor's bars tell.
            Effect::Quality(quality) => {
                let ignored = quality.ignored;
                let healthy = MarketQuality { ignored, ..nothing_odd(quality.instrument) };
                assert_eq!(*quality, healthy, "at input {cause}");
            }
            Effect::Reject(reject) => {
                assert_ne!(reject.code, RejectCode::UnknownOrderState, "at input {cause}");
            }
            Effect::Order(order) => {
                assert_ne!(order.state, OrderState::Unknown, "at input {cause}: {order:?}");
            }
            Effect::Alert(Alert { kind: AlertKind::ExitStuck, scope: Scope::Bot(bot), .. })
                if was_kept_waiting(ledger, *bot, cause) => {}
            // Oil's December contract is left on the second day of the demo's market, gold's in its second
            // week: people are told ahead.
            Effect::Alert(Alert { kind: AlertKind::ContractEnd, text, .. })
                if text.as_str().contains("it ends") => {}
            Effect::Alert(alert) => panic!("at input {cause}: {alert:?}"),
            _ => {}
        }
    }
}

/// Whether an order of a bot ended a second of the market or more after it was sent: at many times life a
/// busy machine's orders arrive when their prices are gone, and then a way out rightly tells of it.
fn was_kept_waiting(ledger: &Ledger, bot: BotId, until: u64) -> bool {
    let time = |seq: u64| {
        let at = ledger.inputs.partition_point(|input| input.seq < seq);
        ledger.inputs[at].time
    };
    let ended = |id: ClOrdId| {
        ledger.inputs.iter().take_while(|input| input.seq <= until).find(|input| {
            let Input::Execution(report) = &input.input else { return false };
            let is_over = matches!(report.ord_status, OrdStatus::Canceled | OrdStatus::Expired);
            report.cl_ord_id == id && is_over
        })
    };
    let sent = ledger.outbound().filter(|(_, order)| order.bot == bot);
    let mut waits =
        sent.filter_map(|(cause, order)| Some(ended(order.cl_ord_id)?.time.since(time(cause))));
    waits.any(|waited| waited >= NANOS_PER_SECOND)
}

fn nothing_odd(instrument: InstrumentId) -> MarketQuality {
    MarketQuality {
        instrument,
        ignored: 0,
        out_of_sequence: 0,
        off_band: 0,
        bad_prices: 0,
        backward_times: 0,
        implausible_times: 0,
        malformed: 0,
        late_trades: 0,
        unknown_orders: 0,
    }
}

/// Samples of a segment in a latency log.
fn measured(path: &Path, segment: &str) -> u64 {
    let log = std::fs::read(path).expect("a latency log");
    let entries: Vec<_> = IntervalLogIterator::new(&log).collect::<Result<_, _>>().expect("a log");
    let of_segment = entries.iter().find_map(|entry| match entry {
        LogEntry::Interval(interval) if interval.tag().is_some_and(|t| t.as_str() == segment) => {
            Some(interval.encoded_histogram())
        }
        _ => None,
    });
    let encoded = of_segment.expect("the segment is in the log");
    let bytes = decode_base64(encoded);
    let histogram: Histogram<u64> =
        Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
    histogram.len()
}

/// Base64 with padding (RFC 4648).
fn decode_base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("not base64: {other}"),
    };
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0u32, |bits, c| bits << 6 | u32::from(value(*c)));
        let bits = bits << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
