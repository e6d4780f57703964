//! Sixteen bots, one of each archetype, on four instruments over generated and recorded days: no memory is
//! taken once they are warm, and the same is decided however the stages are put together.

use dbn::Schema;
use gauntlet_engine::message::{PackedToOrders, PackedToRisk, ToOrders, ToRisk};
use gauntlet_feeds::DbnFile;
use gauntlet_journal::Encoded;
use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::{FromOrders, Outbound};
use gauntlet_model::effect::{Effect, OutboundKind};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Archetype, BookAction, BotDefinition, EQUAL_WEIGHTS, ExecType,
    ExecutionReport, Exits, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits,
    Mbo, Ohlcv, OrdStatus, Protection, Route, RunStart, Sequenced, SessionMode, Sizing, Stage,
    Timer,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_MINUTE, NANOS_PER_SECOND, Price, UnixNanos};
use gauntlet_testkit::allocation::{Counting, mine};
use gauntlet_tests::{generated, recorded};
use gauntlet_venue::generated::files::{FileConfig, Length};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SYMBOLS: [(&str, &str); 4] =
    [("ESH4", "ES"), ("NQH4", "NQ"), ("RTYH4", "RTY"), ("YMH4", "YM")];
const TICK: i64 = 250_000_000;
/// Minutes of made history that warm the bots up before the days.
const HISTORY: u64 = 6 * 1_440;

fn definitions() -> Vec<Input> {
    let limits = InstrumentLimits {
        max_order_qty: 10,
        max_position: 100,
        collar_ticks: 400,
        stale_after_ms: 60_000,
    };
    let instrument = |(index, (symbol, product)): (usize, &(&str, &str))| {
        Input::Instrument(InstrumentDefinition {
            instrument: InstrumentId(index as u16),
            symbol: Text::new(symbol),
            product: Text::new(product),
            feed: 0,
            tick: Price(TICK),
            multiplier: Money(50_000_000),
            limits,
        })
    };
    let bot = |(index, archetype): (usize, &Archetype)| {
        Input::Bot(BotDefinition {
            bot: BotId(index as u16),
            name: Text::new(archetype.name()),
            enabled: true,
            account: AccountId(0),
            instrument: InstrumentId((index % SYMBOLS.len()) as u16),
            archetype: *archetype,
            stage: Stage::Paper,
            bars: None,
            session: SessionMode::Full24x5,
            rule_parts: 0,
            order_qty: 1,
            sizing: Sizing::Fixed,
            exits: Exits::NONE,
            weights: EQUAL_WEIGHTS,
            max_order_qty: 2,
            max_position: 2,
            stage_cap: 2,
            parameters: [f64::NAN; 8],
            broker: Route::BROKER,
            fallback: false,
            protection: Protection::NONE,
        })
    };
    let mut inputs: Vec<Input> = SYMBOLS.iter().enumerate().map(instrument).collect();
    inputs.push(Input::Account(AccountDefinition {
        account: AccountId(0),
        name: Text::new("SIM"),
        max_position: 100,
        messages_per_second: 1_000,
        cancel_headroom: 10,
    }));
    inputs.extend(Archetype::ALL.iter().enumerate().map(bot));
    inputs.push(Input::RunStart(RunStart {
        epoch: 1,
        run: 1,
        config_hash: [0; 32],
        binary_hash: [0; 32],
        version: Text::EMPTY,
        self_test_passed: true,
    }));
    let change = FeedChange::Connected;
    inputs.push(Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
    inputs
}

/// The market-by-order events of files in their order, with the time that they move the clock to.
fn market(files: &[PathBuf]) -> Vec<(Mbo, UnixNanos)> {
    let mut events = Vec::new();
    for path in files {
        let mut file = DbnFile::open(path).expect("a DBN file");
        while let Some(received) = file.next_input().expect("whole records") {
            if let Input::Mbo(event) = received.input {
                events.push((event, received.ts));
            }
        }
    }
    events
}

/// Minutes of a random walk that end where the days begin.
fn history(first: &Mbo, begin: UnixNanos) -> Vec<(Input, UnixNanos)> {
    let (mut random, mut price) = (1u64, first.price.0 / TICK);
    let mut minutes = Vec::new();
    for minute in (1..=HISTORY).rev() {
        let ts_open =
            UnixNanos(begin.0 / NANOS_PER_MINUTE * NANOS_PER_MINUTE - minute * NANOS_PER_MINUTE);
        let mut next = || {
            // Xorshift (Marsaglia, 2003): any numbers do, as long as they are the same each time.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            price += (random % 7) as i64 - 3;
            price
        };
        let walk = [next(), next(), next(), next()];
        let at = |ticks: Option<&i64>| Price(*ticks.expect("a walk has steps") * TICK);
        for index in 0..SYMBOLS.len() {
            let bar = Ohlcv {
                instrument: InstrumentId(index as u16),
                seconds: 60,
                ts_open,
                open: at(walk.first()),
                high: at(walk.iter().max()),
                low: at(walk.iter().min()),
                close: at(walk.last()),
                volume: 50 + walk[1].unsigned_abs() % 100,
            };
            minutes.push((Input::Ohlcv(bar), ts_open.plus(NANOS_PER_MINUTE)));
        }
    }
    minutes
}

/// A broker that acknowledges, fills and cancels everything at once.
fn answers(sent: &Outbound, time: UnixNanos, reports: &mut VecDeque<Input>) {
    let record = sent.record();
    let kinds: &[(ExecType, OrdStatus)] = match record.kind {
        OutboundKind::New => {
            &[(ExecType::New, OrdStatus::New), (ExecType::Trade, OrdStatus::Filled)]
        }
        _ => &[(ExecType::Canceled, OrdStatus::Canceled)],
    };
    for (exec_type, ord_status) in kinds {
        let filled = if *exec_type == ExecType::Trade { record.qty } else { 0 };
        reports.push_back(Input::Execution(ExecutionReport {
            route: record.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: record.cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            order_id: Text::EMPTY,
            exec_id: Text::new(&format!("{}{exec_type:?}", record.cl_ord_id)),
            exec_type: *exec_type,
            ord_status: *ord_status,
            instrument: Some(record.instrument),
            side: record.side,
            last_qty: filled,
            last_px: record.price,
            leaves_qty: record.qty - filled,
            cum_qty: filled,
            order_qty: record.qty,
            price: record.price,
            transact_time: time,
            reject_reason: 0,
            text: Text::EMPTY,
        }));
    }
}

/// A digest of effects by their journal bytes (FNV-1a of 64 bits), and how many there were.
struct Digest {
    encoded: Box<Encoded>,
    hash: u64,
    effects: u64,
    intents: u64,
}

impl Digest {
    fn new() -> Digest {
        let encoded = Box::new(Encoded::new());
        Digest { encoded, hash: 0xcbf2_9ce4_8422_2325, effects: 0, intents: 0 }
    }

    fn take(&mut self, message: &FromOrders) {
        let FromOrders::Effect(effect) = message else { return };
        self.effects += 1;
        self.intents += u64::from(matches!(effect, Effect::Intent(_)));
        self.encoded.effect(effect);
        let mut hash = (self.hash ^ u64::from(self.encoded.kind())).wrapping_mul(0x0100_0000_01b3);
        for byte in self.encoded.payload() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.hash = hash;
    }

    fn value(&self) -> (u64, u64, u64) {
        (self.hash, self.effects, self.intents)
    }
}

/// Runs the days once with a broker that answers, which makes the stream that all others repeat.
fn first_run(events: &[(Mbo, UnixNanos)]) -> (Vec<Sequenced>, Digest) {
    let (mut chain, mut digest, mut stream) = (Chain::new(), Digest::new(), Vec::new());
    let mut reports = VecDeque::new();
    let (_, begin) = events.first().expect("records");
    // A file begins with a snapshot of orders that may be far from the market.
    let mut trades = events.iter().filter(|(event, _)| event.action == BookAction::Trade);
    let (first, _) = trades.next().expect("trades");
    let mut second = 0;
    let mut send = |input: Input, time: UnixNanos| {
        let mut waiting = VecDeque::from([input]);
        while let Some(input) = waiting.pop_front() {
            let sequenced = Sequenced { seq: stream.len() as u64 + 1, time, input };
            stream.push(sequenced);
            chain.on_input(&sequenced, 0, &mut NoProbe, &mut |message| {
                digest.take(&message);
                if let FromOrders::Send(sent) = &message {
                    answers(sent, time, &mut reports);
                }
            });
            waiting.append(&mut reports);
        }
    };
    let history = history(first, *begin);
    let start = history.first().map_or(*begin, |(_, time)| *time);
    for input in definitions() {
        send(input, start);
    }
    for (input, time) in history {
        send(input, time);
    }
    for (event, time) in events {
        let now = time.0 / NANOS_PER_SECOND;
        if now > second {
            second = now;
            send(Input::Timer(Timer { second }), *time);
        }
        for index in 0..SYMBOLS.len() {
            send(Input::Mbo(Mbo { instrument: InstrumentId(index as u16), ..*event }), *time);
        }
    }
    (stream, digest)
}

/// Every stage on a thread of its own.
fn on_threads(stream: &[Sequenced]) -> Digest {
    let (mut fusion, mut risk, mut orders) = Chain::new().into_stages();
    let (to_risk, from_fusion) = mpsc::sync_channel::<PackedToRisk>(1_024);
    let (to_orders, from_risk) = mpsc::sync_channel::<PackedToOrders>(1_024);
    thread::scope(|scope| {
        scope.spawn(move || {
            for sequenced in stream {
                fusion.on(sequenced, 0, &mut |message| {
                    to_risk.send(message.pack()).expect("risk runs");
                });
            }
        });
        scope.spawn(move || {
            for message in from_fusion {
                let mut send =
                    |message: ToOrders| to_orders.send(message.pack()).expect("orders run");
                ToRisk::unpack(message.as_ref(), |message| risk.on(message, &mut send));
            }
        });
        let mut digest = Digest::new();
        for message in from_risk {
            let mut take = |message: FromOrders| digest.take(&message);
            ToOrders::unpack(message.as_ref(), |message| orders.on(message, &mut take));
        }
        digest
    })
}

#[test]
fn sixteen_bots_take_no_memory_when_warm_and_decide_the_same_in_every_layout() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = FileConfig {
        start: UnixNanos::parse_rfc3339("2023-12-26T14:00:00Z"),
        length: Length::Until(UnixNanos::parse_rfc3339("2023-12-26T18:00:00Z").expect("a time")),
        ..FileConfig::new("ESH4", Schema::Mbo)
    };
    let day = generated(dir.path(), "esh4.mbo.dbn", &config);
    take_no_memory_and_decide_the_same(&market(&[day]));
}

#[test]
fn on_two_recorded_days_they_take_no_memory_and_decide_the_same_too() {
    let file = |name| recorded(&format!("cme/{name}"));
    let first = file("esh4-20231224.mbo.dbn.zst");
    let (Some(first), Some(second)) = (first, file("esh4-20231225.mbo.dbn.zst")) else { return };
    take_no_memory_and_decide_the_same(&market(&[first, second]));
}

fn take_no_memory_and_decide_the_same(events: &[(Mbo, UnixNanos)]) {
    let (stream, first) = first_run(events);
    assert!(first.intents > 20, "the days must trade to prove anything: {} intents", first.intents);

    let (mut chain, mut again) = (Chain::new(), Digest::new());
    // By then every bot has entered and left: the last part is measured.
    let warm = stream.len() / 2;
    let mut before = 0;
    for (place, sequenced) in stream.iter().enumerate() {
        if place == warm {
            before = mine();
        }
        chain.on_input(sequenced, 0, &mut NoProbe, &mut |message| again.take(&message));
    }
    let taken = mine() - before;
    assert!(before > 0, "the allocator counts");
    assert_eq!(again.value(), first.value(), "the same stream again decides otherwise");
    assert_eq!(taken, 0, "memory was taken");
    assert_eq!(on_threads(&stream).value(), first.value(), "stages on threads decide otherwise");
}
