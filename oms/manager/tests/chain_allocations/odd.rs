//! What goes wrong takes no memory either: opinions that are refused, instruments that nobody defined,
//! reports on strange orders, tables that are full, faults of the data, kills.

use super::*;
use gauntlet_engine::fusion::SEEN_MAX;
use gauntlet_engine::risk::ORDERS_PER_BOT;
use gauntlet_model::effect::{AlertKind, Effect, SignalSource};
use gauntlet_model::ids::INSTRUMENTS_MAX;
use gauntlet_model::input::{
    ExternalSignal, Level, Listing, Ohlcv, Trade, TradingState, TradingStatus,
};
use gauntlet_testkit::allocation::mine;

const NOWHERE: [u16; 2] = [INSTRUMENTS_MAX as u16 - 1, u16::MAX];

impl World {
    /// Sends inputs and says how much memory that took, and how many alerts and refusals it led to.
    fn try_out(&mut self, now: UnixNanos, inputs: impl Iterator<Item = Input>) -> (u64, usize) {
        let before = mine();
        let mut complaints = 0;
        for input in inputs {
            self.seq += 1;
            let sequenced = Sequenced { seq: self.seq, time: now, input };
            self.chain.on_input(&sequenced, 0, &mut NoProbe, &mut |out| {
                let effect =
                    matches!(&out, FromOrders::Effect(Effect::Alert(_) | Effect::Reject(_)));
                complaints += usize::from(effect);
            });
        }
        (mine() - before, complaints)
    }
}

fn opinion(now: UnixNanos) -> ExternalSignal {
    ExternalSignal {
        source: SignalSource::News,
        instrument: Some(InstrumentId(0)),
        direction: 1,
        strength: 0.5,
        confidence: 0.5,
        published: now,
        ttl_seconds: 60,
        id: Text::EMPTY,
        text: Text::EMPTY,
    }
}

/// One opinion for each reason to refuse one.
fn refused_opinions(now: UnixNanos) -> Vec<Input> {
    let good = opinion(now);
    let bad = [
        ExternalSignal { direction: 7, ..good },
        ExternalSignal { strength: 2.0, ..good },
        ExternalSignal { source: SignalSource::Technical, ..good },
        ExternalSignal { ttl_seconds: 0, ..good },
        ExternalSignal { published: now.plus(3_600 * NANOS_PER_SECOND), ..good },
        ExternalSignal { published: UnixNanos(0), ..good },
        ExternalSignal { instrument: Some(InstrumentId(u16::MAX)), ..good },
    ];
    bad.map(Input::External).to_vec()
}

fn undefined_instruments(now: UnixNanos) -> Vec<Input> {
    let each = NOWHERE.map(InstrumentId).map(|instrument| {
        let (price, ts_event) = (Price(TICK), now);
        let Input::Quote(quote) = quote(20_000, now) else { unreachable!("it is a quote") };
        let Input::Mbo(mbo) = mbo(BookAction::Add, Side::Buy, 20_000, 1, now) else {
            unreachable!("it is an event")
        };
        let bar = Ohlcv {
            instrument,
            seconds: 60,
            ts_open: UnixNanos(now.0 - now.0 % (60 * NANOS_PER_SECOND)),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 1,
        };
        let (side, count, sequence) = (Side::Buy, 1, 0);
        let level = Level { instrument, side, flags: 0, price, size: 1, count, ts_event, sequence };
        let trade = Trade { instrument, side: None, flags: 0, price, size: 1, ts_event, sequence };
        [
            Input::Quote(Quote { instrument, ..quote }),
            Input::Mbo(Mbo { instrument, ..mbo }),
            Input::Level(level),
            Input::Trade(trade),
            Input::Ohlcv(bar),
            Input::History(bar),
            Input::Status(TradingStatus { instrument, state: TradingState::Halted, ts_event }),
            Input::Listing(listing(instrument, now)),
        ]
    });
    each.concat()
}

fn listing(instrument: InstrumentId, now: UnixNanos) -> Listing {
    Listing {
        instrument,
        tick: Price(TICK * 2),
        unit_qty: Price::NONE,
        tick_amount: Price::NONE,
        display_factor: Price::NONE,
        currency: Text::EMPTY,
        expiration: UnixNanos(0),
        high_limit: Price::NONE,
        low_limit: Price::NONE,
        ts_event: now,
    }
}

/// A report that no order of ours explains.
fn stranger(id: u64, exec_type: ExecType, now: UnixNanos) -> ExecutionReport {
    let digit = |place: u32| b'a' + (id / 26u64.pow(place) % 26) as u8;
    let exec_id: [u8; 8] = std::array::from_fn(|place| digit(place as u32));
    ExecutionReport {
        route: Route::BROKER,
        msg_seq_num: id,
        poss_dup: false,
        cl_ord_id: ClOrdId::new(id, BotId(0), 255).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        order_id: Text::EMPTY,
        exec_id: Text::from_wire(&exec_id),
        exec_type,
        ord_status: OrdStatus::New,
        instrument: Some(InstrumentId(0)),
        side: Side::Buy,
        last_qty: 1,
        last_px: Price(20_000 * TICK),
        leaves_qty: 1,
        cum_qty: 0,
        order_qty: 1,
        price: Price(20_000 * TICK),
        transact_time: now,
        reject_reason: 0,
        text: Text::EMPTY,
    }
}

fn strange_reports(now: UnixNanos) -> Vec<Input> {
    let fill = |id| stranger(id, ExecType::Trade, now);
    let nobody = ClOrdId::new(9, BotId(200), 0).expect("fits");
    let reports = [
        ExecutionReport { cl_ord_id: ClOrdId::NONE, ..fill(1) },
        ExecutionReport { cl_ord_id: nobody, ..fill(2) },
        ExecutionReport { instrument: Some(InstrumentId(9)), ..fill(3) },
        ExecutionReport { route: Route::PAPER, ..fill(4) },
        ExecutionReport { last_px: Price::NONE, ..fill(5) },
        ExecutionReport { last_qty: u32::MAX, ..fill(6) },
        stranger(7, ExecType::TradeCorrect, now),
        stranger(8, ExecType::TradeCancel, now),
        stranger(9, ExecType::Rejected, now),
        stranger(10, ExecType::Suspended, now),
    ];
    let reject = CancelReject {
        route: Route::BROKER,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: nobody,
        orig_cl_ord_id: nobody,
        ord_status: OrdStatus::Rejected,
        to_replace: false,
        reason: 1,
        text: Text::new("unknown order"),
    };
    let refused = SessionEvent {
        route: Route::BROKER,
        change: SessionChange::MessageRejected,
        msg_seq_num: 1,
        reset: false,
        cl_ord_id: nobody,
        detail: Text::new("what is this"),
    };
    let more = [Input::CancelReject(reject), Input::Session(refused)];
    reports.map(Input::Execution).into_iter().chain(more).collect()
}

fn commands() -> Vec<Input> {
    let nowhere = Scope::Bot(BotId(200));
    let asked = [
        (CommandKind::Kill { flatten: true }, nowhere),
        (CommandKind::Unkill, Scope::Bot(BotId(1))),
        (CommandKind::Stop, nowhere),
        (CommandKind::Stop, Scope::Bot(BotId(1))),
        (CommandKind::AcceptConfiguration, Scope::Platform),
        (CommandKind::Kill { flatten: false }, Scope::Instrument(InstrumentId(0))),
        (CommandKind::Kill { flatten: true }, Scope::Account(AccountId(0))),
        (CommandKind::Unkill, Scope::Account(AccountId(0))),
        (CommandKind::Unkill, Scope::Instrument(InstrumentId(0))),
        (CommandKind::Unkill, Scope::Platform),
    ];
    let (actor, reason) = (Text::new("operator"), Text::new("a test"));
    let command = |(kind, scope)| Input::Command(Command { kind, scope, actor, reason });
    asked.map(command).to_vec()
}

fn faults(now: UnixNanos) -> Vec<Input> {
    let Input::Quote(good) = quote(20_000, now) else { unreachable!("it is a quote") };
    let at = |bid: i64, ask: i64| TopOfBook { bid: Price(bid), ask: Price(ask), ..good.top };
    let feed = |change| Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY });
    let status =
        TradingStatus { instrument: InstrumentId(0), state: TradingState::Halted, ts_event: now };
    let hour = 3_600 * NANOS_PER_SECOND;
    vec![
        Input::Quote(Quote { top: at(TICK + 1, 2 * TICK), ..good }),
        Input::Quote(Quote { top: at(-TICK, TICK), price: Price(-TICK), ..good }),
        Input::Quote(Quote { top: at(30_000 * TICK, 30_001 * TICK), ..good }),
        Input::Quote(Quote { top: at(20_001 * TICK, 20_000 * TICK), ..good }),
        Input::Quote(Quote { ts_event: now.plus(hour), ..good }),
        Input::Quote(Quote { ts_event: UnixNanos(now.0 - hour), ..good }),
        Input::Quote(Quote { sequence: 9, ..good }),
        Input::Quote(Quote { sequence: 8, ..good }),
        Input::Quote(Quote { price: Price::NONE, size: 0, ..good }),
        Input::Status(status),
        Input::Listing(listing(InstrumentId(0), now)),
        feed(FeedChange::Gap),
        feed(FeedChange::Stale),
        feed(FeedChange::Disconnected),
        feed(FeedChange::Ended),
        feed(FeedChange::Connected),
        Input::Quote(good),
    ]
}

#[test]
fn what_goes_wrong_takes_no_memory() {
    let mut world = World::new();
    (OPEN - 3_600..OPEN + 600).for_each(|second| world.second(second));
    let mut now = UnixNanos((OPEN + 600) * NANOS_PER_SECOND);
    let timer = |now: UnixNanos| Input::Timer(Timer { second: now.0 / NANOS_PER_SECOND });
    type Case = (&'static str, fn(UnixNanos) -> Vec<Input>, usize);
    let cases: [Case; 5] = [
        ("opinions", refused_opinions, 7),
        ("undefined instruments", undefined_instruments, 0),
        ("commands", |_| commands(), 6),
        ("faults", faults, 1),
        ("strange reports", strange_reports, 12),
    ];
    for (what, inputs, complaints_min) in cases {
        for round in 0..3 {
            now = now.plus(NANOS_PER_SECOND);
            let inputs: Vec<Input> = inputs(now).into_iter().chain([timer(now)]).collect();
            let (allocated, complaints) = world.try_out(now, inputs.into_iter());
            assert_eq!(allocated, 0, "{what}");
            assert!(round > 0 || complaints >= complaints_min, "{what}: {complaints} complaints");
        }
    }
}

#[test]
fn full_tables_take_no_memory() {
    let mut world = World::new();
    (OPEN - 3_600..OPEN).for_each(|second| world.second(second));
    let now = UnixNanos(OPEN * NANOS_PER_SECOND);
    // Orders that work at the broker and that nobody knows.
    let works = (0..2 * ORDERS_PER_BOT as u64)
        .map(|id| Input::Execution(stranger(100 + id, ExecType::OrderStatus, now)));
    let mut table_full = 0;
    let before = mine();
    for input in works {
        world.seq += 1;
        let sequenced = Sequenced { seq: world.seq, time: now, input };
        world.chain.on_input(&sequenced, 0, &mut NoProbe, &mut |out| {
            let full = |alert: &gauntlet_model::effect::Alert| alert.kind == AlertKind::TableFull;
            let is_full = matches!(&out, FromOrders::Effect(Effect::Alert(alert)) if full(alert));
            table_full += usize::from(is_full);
        });
    }
    // One place is kept for the way out.
    assert_eq!((mine() - before, table_full), (0, ORDERS_PER_BOT + 1));
    assert_eq!(world.chain.risk().working(BotId(0)).count(), ORDERS_PER_BOT - 1);

    // More executions than are remembered, twice over.
    let reports =
        (0..3 * SEEN_MAX as u64).map(|id| Input::Execution(stranger(id, ExecType::Expired, now)));
    let (allocated, complaints) = world.try_out(now, reports);
    assert_eq!((allocated, complaints), (0, 3 * SEEN_MAX), "executions");

    // More resting orders than a book holds.
    let adds = (0..70_000u64).map(|id| {
        let price = 20_000 - (id % 40) as i64;
        mbo(BookAction::Add, Side::Buy, price, 1_000_000 + id, now)
    });
    let (allocated, _) = world.try_out(now, adds);
    let view = *world.chain.fusion().markets().view(InstrumentId(1)).expect("it is defined");
    assert_eq!((allocated, view.book_full), (0, true), "a book");
}
