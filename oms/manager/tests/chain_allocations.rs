//! The whole chain takes no memory once it is warm: a million inputs of two markets, trading bots
//! on every route, orders that rest, move, fill and are cancelled, and sessions that break.

use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Archetype, BookAction, BotDefinition, CancelReject, Command, CommandKind,
    Distance, EQUAL_WEIGHTS, ExecType, ExecutionReport, Exits, FeedChange, FeedEvent, Input,
    InstrumentDefinition, InstrumentLimits, Mbo, OrdStatus, Protection, Quote, Route, RuleText,
    RunStart, Scope, Sequenced, SessionChange, SessionEvent, SessionMode, Sizing, Stage, Timer,
    TopOfBook, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_testkit::allocation::{Counting, mine};
use std::collections::VecDeque;

#[path = "chain_allocations/odd.rs"]
mod odd;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tuesday 2 January 2024, 09:30 New York.
const OPEN: u64 = 1_704_205_800;
const TICK: i64 = 250_000_000;
const STEPS_A_SECOND: u64 = 20;
const INPUTS: u64 = 1_000_000;
const STAGES: [Stage; 6] =
    [Stage::Live, Stage::Live, Stage::Canary, Stage::Canary, Stage::Paper, Stage::Shadow];
const BOTS: usize = STAGES.len();

fn instrument(index: u16) -> Input {
    Input::Instrument(InstrumentDefinition {
        instrument: InstrumentId(index),
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(TICK),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits {
            max_order_qty: 10,
            max_position: 100,
            collar_ticks: 100,
            stale_after_ms: 30_000,
        },
    })
}

fn account() -> Input {
    Input::Account(AccountDefinition {
        account: AccountId(0),
        name: Text::new("SIM"),
        max_position: 100,
        messages_per_second: 100,
        cancel_headroom: 10,
    })
}

/// Half of the bots fade short stretches in the first market, half follow breaks in the second.
fn bot(index: usize) -> Vec<Input> {
    let (archetype, session, rules) = if index.is_multiple_of(2) {
        let rules = "let band = bb(3, 0.5)\nlong when close < band.lower\n\
                     short when close > band.upper\nexit long when close >= band.middle\n\
                     exit short when close <= band.middle\nentry passive\n";
        (Archetype::MeanReversion, SessionMode::Full24x5, rules)
    } else {
        let rules = "long when close > opening_range(2).high first in session\n\
                     short when close < opening_range(2).low first in session\n";
        (Archetype::OrbBreakout, SessionMode::RthUs, rules)
    };
    let rules = RuleText::split(BotId(index as u16), rules);
    let definition = Input::Bot(BotDefinition {
        bot: BotId(index as u16),
        name: Text::new("bot"),
        enabled: true,
        account: AccountId(0),
        instrument: InstrumentId((index % 2) as u16),
        archetype,
        stage: STAGES[index],
        session,
        order_qty: 2,
        bars: None,
        rule_parts: rules.len() as u16,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits {
            stop_loss: Distance::Ticks(6),
            take_profit: Distance::Ticks(6),
            time_stop_bars: 5,
            ..Exits::NONE
        },
        max_order_qty: 10,
        max_position: 10,
        stage_cap: 10,
        parameters: [f64::NAN; 8],
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
    });
    rules.into_iter().map(Input::RuleText).chain([definition]).collect()
}

fn session(change: SessionChange) -> Input {
    Input::Session(SessionEvent {
        route: Route::BROKER,
        change,
        msg_seq_num: 0,
        reset: false,
        cl_ord_id: ClOrdId::NONE,
        detail: Text::EMPTY,
    })
}

fn kill(kind: CommandKind) -> Input {
    let (actor, reason) = (Text::new("operator"), Text::new("a test"));
    Input::Command(Command { kind, scope: Scope::Bot(BotId(0)), actor, reason })
}

fn quote(price: i64, at: UnixNanos) -> Input {
    let price = Price(price * TICK);
    Input::Quote(Quote {
        instrument: InstrumentId(0),
        action: BookAction::Trade,
        side: None,
        flags: flags::LAST,
        price,
        size: 1,
        top: TopOfBook {
            bid: price,
            ask: price.offset_ticks(1, Price(TICK)),
            bid_size: 10,
            ask_size: 10,
        },
        ts_event: at,
        sequence: 0,
    })
}

fn mbo(action: BookAction, side: Side, price: i64, order_id: u64, at: UnixNanos) -> Input {
    Input::Mbo(Mbo {
        instrument: InstrumentId(1),
        action,
        side: Some(side),
        // One event from the first cancel to the trade.
        flags: if matches!(action, BookAction::Trade) { flags::LAST } else { 0 },
        price: Price(price * TICK),
        size: 1,
        order_id,
        ts_event: at,
        sequence: 0,
    })
}

/// A broker with canned answers: all immediate orders fill at once, at most one order a bot rests.
/// What it may need is taken at the start.
struct Broker {
    resting: [Option<OutboundRecord>; BOTS],
    reports: VecDeque<Input>,
    said: u64,
    now: UnixNanos,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    orders: u64,
    cancels: u64,
    replaces: u64,
    questions: u64,
    fills: u64,
}

impl Broker {
    fn take(&mut self, record: &OutboundRecord) {
        let bot = usize::from(record.bot.0);
        let rests = self.resting[bot];
        match (record.kind, rests) {
            (OutboundKind::New, _) => {
                self.counts.orders += 1;
                self.say(record, ExecType::New, OrdStatus::New, 0);
                if record.time_in_force == TimeInForce::Day {
                    self.resting[bot] = Some(*record);
                } else {
                    self.say(record, ExecType::Trade, OrdStatus::Filled, record.qty);
                }
            }
            (OutboundKind::Cancel, Some(_)) => {
                self.counts.cancels += 1;
                self.resting[bot] = None;
                self.say(record, ExecType::Canceled, OrdStatus::Canceled, 0);
            }
            (OutboundKind::Replace, Some(_)) => {
                self.counts.replaces += 1;
                self.resting[bot] = Some(*record);
                self.say(record, ExecType::Replaced, OrdStatus::New, 0);
            }
            (OutboundKind::StatusRequest, Some(_)) => {
                self.counts.questions += 1;
                self.say(record, ExecType::OrderStatus, OrdStatus::New, 0);
            }
            (OutboundKind::Cancel | OutboundKind::Replace | OutboundKind::StatusRequest, None) => {
                self.reports.push_back(Input::CancelReject(CancelReject {
                    route: record.route,
                    msg_seq_num: 0,
                    poss_dup: false,
                    cl_ord_id: record.cl_ord_id,
                    orig_cl_ord_id: record.orig_cl_ord_id,
                    ord_status: OrdStatus::Filled,
                    to_replace: record.kind == OutboundKind::Replace,
                    reason: 0,
                    text: Text::EMPTY,
                }));
            }
        }
    }

    fn fill_resting(&mut self, bot: usize) {
        if let Some(record) = self.resting[bot].take() {
            self.say(&record, ExecType::Trade, OrdStatus::Filled, record.qty);
        }
    }

    fn say(
        &mut self,
        record: &OutboundRecord,
        exec_type: ExecType,
        ord_status: OrdStatus,
        last_qty: u32,
    ) {
        self.said += 1;
        self.counts.fills += u64::from(exec_type == ExecType::Trade);
        let digit = |place: u64| b'A' + (self.said / 26u64.pow(place as u32) % 26) as u8;
        let exec_id: [u8; 8] = std::array::from_fn(|place| digit(place as u64));
        self.reports.push_back(Input::Execution(ExecutionReport {
            route: record.route,
            msg_seq_num: self.said,
            poss_dup: false,
            cl_ord_id: record.cl_ord_id,
            orig_cl_ord_id: record.orig_cl_ord_id,
            ord_status_req_id: record.ord_status_req_id,
            order_id: Text::EMPTY,
            exec_id: Text::from_wire(&exec_id),
            exec_type,
            ord_status,
            instrument: Some(record.instrument),
            side: record.side,
            last_qty,
            last_px: if last_qty > 0 { record.price } else { Price::NONE },
            leaves_qty: if ord_status == OrdStatus::New { record.qty } else { 0 },
            cum_qty: last_qty,
            order_qty: record.qty,
            price: record.price,
            transact_time: self.now,
            reject_reason: 0,
            text: Text::EMPTY,
        }));
    }
}

/// The chain, the broker at its end, and two prices that wander.
struct World {
    chain: Chain,
    broker: Broker,
    seq: u64,
    random: u64,
    prices: [i64; 2],
    next_order: u64,
}

impl World {
    fn new() -> World {
        let broker = Broker {
            resting: [None; BOTS],
            reports: VecDeque::with_capacity(1_024),
            said: 0,
            now: UnixNanos(0),
            counts: Counts::default(),
        };
        let mut world = World {
            chain: Chain::new(),
            broker,
            seq: 0,
            random: 1,
            prices: [20_000; 2],
            next_order: 1,
        };
        let start = UnixNanos((OPEN - 3_601) * NANOS_PER_SECOND);
        for input in [instrument(0), instrument(1), account()] {
            world.send(input, start);
        }
        for index in 0..BOTS {
            for input in bot(index) {
                world.send(input, start);
            }
        }
        let run = RunStart {
            epoch: 1,
            run: 1,
            config_hash: [0; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        };
        let connected = FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY };
        world.send(Input::RunStart(run), start);
        world.send(session(SessionChange::LoggedOn), start);
        world.send(Input::Feed(connected), start);
        world.send(mbo(BookAction::Clear, Side::Buy, 0, 0, start), start);
        world
    }

    /// Sends an input, then the broker's answers to what comes of it.
    fn send(&mut self, input: Input, now: UnixNanos) {
        self.one(input, now);
        while let Some(report) = self.broker.reports.pop_front() {
            self.one(report, now);
        }
    }

    fn one(&mut self, input: Input, time: UnixNanos) {
        self.seq += 1;
        let sequenced = Sequenced { seq: self.seq, time, input };
        let World { chain, broker, .. } = self;
        broker.now = time;
        chain.on_input(&sequenced, 0, &mut NoProbe, &mut |out| {
            if let FromOrders::Send(sent) = out {
                broker.take(sent.record());
            }
        });
    }

    /// Xorshift (Marsaglia, 2003): any numbers do, as long as they are the same each time.
    fn dice(&mut self, sides: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % sides
    }

    fn second(&mut self, second: u64) {
        let start = UnixNanos(second * NANOS_PER_SECOND);
        for step in 0..STEPS_A_SECOND {
            let at = start.plus(step * NANOS_PER_SECOND / STEPS_A_SECOND);
            if self.dice(8) == 0 {
                let market = self.dice(2) as usize;
                self.prices[market] += self.dice(5) as i64 - 2;
            }
            if step.is_multiple_of(2) {
                self.send(quote(self.prices[0], at), at);
            } else {
                self.trade_by_order(at);
            }
        }
        let bot = self.dice(4 * BOTS as u64) as usize;
        if bot < BOTS {
            self.broker.fill_resting(bot);
        }
        let end = start.plus(NANOS_PER_SECOND - 1);
        self.send(Input::Timer(Timer { second }), end);
        // Soon after a bar, when orders rest.
        match second % 600 {
            125 => self.send(session(SessionChange::Disconnected), end),
            128 => self.send(session(SessionChange::LoggedOn), end),
            200 => self.send(kill(CommandKind::Kill { flatten: true }), end),
            220 => self.send(kill(CommandKind::Unkill), end),
            _ => {}
        }
    }

    /// The second market by its orders: the old ones go, a bid and an ask come, one trades.
    fn trade_by_order(&mut self, at: UnixNanos) {
        let (price, id) = (self.prices[1], self.next_order);
        self.next_order += 2;
        for (side, id) in [(Side::Buy, id), (Side::Sell, id + 1)] {
            if id > 2 {
                self.send(mbo(BookAction::Cancel, side, price, id - 2, at), at);
            }
        }
        self.send(mbo(BookAction::Add, Side::Buy, price, id, at), at);
        self.send(mbo(BookAction::Add, Side::Sell, price + 1, id + 1, at), at);
        self.send(mbo(BookAction::Trade, Side::Buy, price + 1, 0, at), at);
    }
}

#[test]
fn a_million_inputs_through_a_warm_chain_allocate_nothing() {
    let mut world = World::new();
    let mut second = OPEN - 3_600;
    while second < OPEN {
        world.second(second);
        second += 1;
    }
    let (warm, from) = (mine(), world.seq);
    let before = world.broker.counts;
    while world.seq < from + INPUTS {
        world.second(second);
        second += 1;
    }
    let allocated = mine() - warm;
    let Counts { orders, cancels, replaces, questions, fills } = world.broker.counts;
    assert!(warm > 0, "the allocator counts");
    assert!(orders - before.orders > 500, "the day must be worth the proof: {orders} orders");
    assert!(fills - before.fills > 300, "{fills} fills");
    assert!(cancels > 50 && replaces > 20, "{cancels} cancels, {replaces} replaces");
    assert!(questions > 0, "no order was asked about");
    for bot in (0..BOTS as u16).map(BotId) {
        let traded = world.chain.risk().position(bot).map_or(0, |position| position.volume());
        assert!(traded > 0, "{bot:?} did not trade");
    }
    assert_eq!(allocated, 0);
}
