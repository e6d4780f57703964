//! The platform's stages, the brokers that they speak with, and what lies between.

use super::super::*;
use super::Step;
use crate::order_manager::naive_broker::NaiveBroker;
use gauntlet_engine::message::{Arrival, ToRisk};
use gauntlet_model::effect::{Effect, Intent, IntentReason, Urgency};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, AccountWatch, Archetype, BookAction, BotDefinition, Command, CommandKind,
    Correction, CorrectionKind, Distance, EQUAL_WEIGHTS, ExecType, ExecutionReport, Exits,
    FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, Protection, Quote, Route,
    RunStart, Scope, SessionChange, SessionEvent, SessionMode, Sizing, Stage, Timer, TopOfBook,
    UnusableReport, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub const BOTS: u16 = 5;
pub const STAGES: [Stage; BOTS as usize] =
    [Stage::Live, Stage::Live, Stage::Canary, Stage::Paper, Stage::Shadow];
const TICK: i64 = 250_000_000;
/// Breakers that a storm trips now and then.
const WATCH: AccountWatch = AccountWatch {
    account: AccountId(0),
    refused_orders: 3,
    refused_changes: 3,
    refused_per_minute: 8,
    messages_per_fill: 1_000,
    messages_from: 1_000,
};
/// Tuesday 2 January 2024, 10:00 New York.
const START: u64 = 1_704_207_600;

/// The stages of the chain, so that wants can be put between the first and the second.
pub struct World {
    fusion: Fusion,
    pub risk: Risk,
    pub orders: OrderManager,
    seq: u64,
    now: u64,
    price: i64,
    run: u32,
    connected: bool,
    /// By route. Those of [`Route::PAPER`] and [`Route::SHADOW`] live as long as a run.
    pub brokers: [NaiveBroker; 3],
    arrived: Vec<Input>,
    /// What the core books by a broker's word, on its way back.
    booked: VecDeque<Input>,
    /// Bots whose breaker is open by what was said, and [`BOTS`] for the account's.
    tripped: BTreeSet<u16>,
    /// The side of every message that was sent about an order, by its identity.
    sides: BTreeMap<ClOrdId, Side>,
    /// Σ signed contracts of the fills that were not seen before, by bot.
    pub filled: [i64; BOTS as usize],
    pub sent: usize,
}

impl World {
    pub fn new() -> World {
        let mut world = World {
            fusion: Fusion::new(),
            risk: Risk::new(),
            orders: OrderManager::new(),
            seq: 0,
            now: START,
            price: 20_000,
            run: 0,
            connected: true,
            brokers: Default::default(),
            arrived: vec![],
            booked: VecDeque::new(),
            tripped: BTreeSet::new(),
            sides: BTreeMap::new(),
            filled: [0; BOTS as usize],
            sent: 0,
        };
        for definition in definitions() {
            world.input(definition);
        }
        world.restart();
        world.connect();
        world
    }

    fn input(&mut self, input: Input) {
        self.one(input, None);
        while let Some(booked) = self.booked.pop_front() {
            self.one(booked, None);
        }
    }

    /// Takes an input through the stages, then a want that it leads to.
    fn one(&mut self, input: Input, intent: Option<Intent>) {
        self.seq += 1;
        let time = UnixNanos(self.now * NANOS_PER_SECOND);
        let sequenced = Sequenced { seq: self.seq, time, input };
        let World { fusion, risk, orders, brokers, connected, filled, sent, .. } = self;
        let World { booked, sides, tripped, .. } = self;
        let mut out = |out: FromOrders| match out {
            FromOrders::Input(arrival) => {
                let (input, Arrival { fresh, owned, .. }) = (&arrival.sequenced.input, arrival);
                match input {
                    Input::Execution(report)
                        if report.exec_type == ExecType::Trade
                            && fresh
                            && sides.get(&report.cl_ord_id) == Some(&report.side) =>
                    {
                        let bot = usize::from(report.cl_ord_id.bot().0);
                        filled[bot] += report.side.sign() * i64::from(report.last_qty);
                    }
                    Input::Correction(correction) if owned => {
                        let bot = usize::from(correction.bot.expect("booked for one").0);
                        let held = filled[bot] as i32;
                        let (side, qty) = correction.fill_into(held).expect("it moves");
                        filled[bot] += side.sign() * i64::from(qty);
                    }
                    _ => {}
                }
            }
            FromOrders::Send(outbound) => {
                let record = *outbound.record();
                *sent += 1;
                sides.insert(record.cl_ord_id, record.side);
                if record.route != Route::BROKER || *connected {
                    brokers[record.route.index()].inbox.push_back(record);
                }
            }
            FromOrders::Effect(Effect::Kill(kill)) => {
                assert_eq!(kill.actor.as_str(), "operator", "risk cannot vouch for its positions");
            }
            FromOrders::Effect(Effect::Breaker(change)) => {
                let place = match change.scope {
                    Scope::Bot(bot) => bot.0,
                    _ => BOTS,
                };
                let turned =
                    if change.active { tripped.insert(place) } else { tripped.remove(&place) };
                assert!(turned, "it trips once and is reset once: {change:?}");
            }
            FromOrders::Effect(Effect::Booking(booking)) => {
                booked.push_back(Input::Correction(Correction::of(&booking)));
            }
            FromOrders::Effect(_) | FromOrders::Market(_) => {}
        };
        let mut to_risk = |msg: ToRisk| risk.on(&msg, &mut |msg| orders.on(&msg, &mut out));
        fusion.on(&sequenced, 0, &mut to_risk);
        if let Some(intent) = intent {
            to_risk(ToRisk::Intent(intent));
        }
        self.agree();
    }

    /// What must hold after every input.
    fn agree(&self) {
        for order in self.orders.live() {
            let mut counted = self.risk.working(order.bot());
            let counted = counted.find(|known| known.first_id() == order.first_id());
            let counted = counted.unwrap_or_else(|| panic!("risk does not count {order:?}"));
            assert_eq!(counted.open(), order.leaves_qty(), "{order:?}");
            assert_eq!(counted.is_in_doubt(), order.is_in_doubt(), "{order:?}");
            assert_eq!(counted.cl_ord_id(), order.cl_ord_id(), "{order:?}");
        }
        let scopes = (0..BOTS).map(|bot| (bot, Scope::Bot(BotId(bot))));
        for (place, scope) in scopes.chain([(BOTS, Scope::Account(AccountId(0)))]) {
            assert_eq!(self.risk.breaker(scope).is_some(), self.tripped.contains(&place));
        }
        for bot in (0..BOTS).map(BotId) {
            let position = self.risk.position(bot).map_or(0, |position| position.qty());
            assert_eq!(i64::from(position), self.filled[usize::from(bot.0)], "{bot:?}");
            for known in self.risk.working(bot) {
                assert!(self.orders.find(known.first_id()).is_some(), "nobody sent {known:?}");
            }
        }
    }

    fn session(&mut self, change: SessionChange) {
        let (route, detail) = (Route::BROKER, Text::EMPTY);
        let cl_ord_id = ClOrdId::NONE;
        self.input(Input::Session(SessionEvent {
            route,
            change,
            msg_seq_num: 0,
            reset: false,
            cl_ord_id,
            detail,
        }));
    }

    /// The broker sends again what it could not deliver.
    fn connect(&mut self) {
        self.connected = true;
        for input in &mut self.brokers[Route::BROKER.index()].outbox {
            match input {
                Input::Execution(report) => report.poss_dup = true,
                Input::CancelReject(reject) => reject.poss_dup = true,
                _ => {}
            }
        }
        self.session(SessionChange::LoggedOn);
    }

    /// What we sent and the broker has not received is lost.
    fn disconnect(&mut self) {
        self.connected = false;
        self.brokers[Route::BROKER.index()].inbox.clear();
    }

    /// The process dies and another begins, its simulators with it.
    fn restart(&mut self) {
        self.disconnect();
        for route in [Route::PAPER, Route::SHADOW] {
            let broker = &mut self.brokers[route.index()];
            *broker = NaiveBroker { reports: broker.reports, ..NaiveBroker::default() };
        }
        self.run += 1;
        self.input(Input::RunStart(RunStart {
            epoch: 1,
            run: self.run,
            config_hash: [0; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        }));
        self.input(Input::AccountWatch(WATCH));
        assert!(self.orders.live().all(|order| order.route() == Route::BROKER));
        for bot in (0..BOTS).map(BotId) {
            let simulated = Route::of(STAGES[usize::from(bot.0)], Route::BROKER) != Route::BROKER;
            let mut working = self.risk.working(bot);
            assert!(working.all(|known| !simulated && known.is_in_doubt()));
        }
    }

    /// Something of the broker's is done to its `nth` report on the way to us.
    fn spoil(&mut self, nth: usize, spoil: impl FnOnce(&mut VecDeque<Input>, usize)) {
        let outbox = &mut self.brokers[Route::BROKER.index()].outbox;
        let nth = nth % outbox.len().max(1);
        if !outbox.is_empty() {
            spoil(outbox, nth);
        }
    }

    /// A report is lost. The bust of a fill is not: nobody who does not ask for positions could know.
    pub fn loses(&mut self, nth: usize) {
        self.spoil(nth, |outbox, nth| {
            let is_bust = |r: &ExecutionReport| r.exec_type == ExecType::TradeCancel;
            if !matches!(&outbox[nth], Input::Execution(report) if is_bust(report)) {
                outbox.remove(nth);
            }
        });
    }

    /// A report is kept back.
    pub fn holds_back(&mut self, nth: usize) -> Input {
        let outbox = &mut self.brokers[Route::BROKER.index()].outbox;
        outbox.remove(nth).expect("there is one")
    }

    /// It comes after all.
    pub fn delivers(&mut self, input: Input) {
        self.input(input);
    }

    /// A fill is told of the other side.
    pub fn twists(&mut self, nth: usize) {
        self.spoil(nth, |outbox, nth| {
            if let Input::Execution(report) = &mut outbox[nth]
                && report.exec_type == ExecType::Trade
            {
                report.side = report.side.opposite();
            }
        });
    }

    /// A report cannot be read but for its order.
    pub fn garbles(&mut self, nth: usize) {
        self.spoil(nth, |outbox, nth| {
            let Input::Execution(report) = outbox[nth] else { return };
            if report.exec_type == ExecType::TradeCancel {
                return;
            }
            outbox[nth] = Input::Unusable(UnusableReport {
                route: report.route,
                msg_seq_num: 0,
                poss_dup: false,
                cl_ord_id: report.cl_ord_id,
                orig_cl_ord_id: report.orig_cl_ord_id,
                exec_id: Text::EMPTY,
                account: None,
                instrument: report.instrument,
                symbol: Text::EMPTY,
                side: None,
                last_qty: 0,
                last_px: Price::NONE,
                cum_qty: 0,
                detail: Text::new("garbled"),
            });
        });
    }

    /// The exchange busts a fill.
    pub fn busts(&mut self, nth: usize) {
        self.brokers[Route::BROKER.index()].bust(nth);
    }

    fn by_person(&self, kind: CorrectionKind) -> Correction {
        Correction::by_person(kind, Text::new("operator"), Text::new("reconciled"))
    }

    /// Somebody asks the broker about every live order, until all is answered.
    pub fn reconcile(&mut self) {
        self.settle();
        self.input(Input::Correction(self.by_person(CorrectionKind::Enquire)));
        self.settle();
    }

    /// A person compares a bot with its broker, adjusts it and settles the doubt.
    pub fn settle_by_hand(&mut self, bot: BotId, holds: i64) {
        let held = self.risk.position(bot).map_or(0, |position| position.qty());
        if i64::from(held) != holds {
            self.input(Input::Correction(Correction {
                bot: Some(bot),
                target: holds as i32,
                price: Price(self.price * TICK),
                ..self.by_person(CorrectionKind::Adjust)
            }));
        }
        self.input(Input::Correction(Correction {
            account: Some(AccountId(0)),
            instrument: Some(InstrumentId(0)),
            ..self.by_person(CorrectionKind::Settle)
        }));
    }

    /// Whether what the broker holds for us is in doubt.
    pub fn is_in_doubt(&self) -> bool {
        self.risk.is_in_doubt(Route::BROKER, AccountId(0), InstrumentId(0))
    }

    /// What the broker holds of a bot.
    pub fn truly_held(&self, bot: u16) -> i64 {
        let orders = self.brokers.iter().flat_map(|broker| &broker.orders);
        let of_bot = orders.filter(|order| order.sent.bot.0 == bot);
        of_bot.map(|o| o.sent.side.sign() * i64::from(o.cum_qty)).sum()
    }

    fn arrives(&mut self, route: usize, nth: usize) {
        if route == Route::BROKER.index() && !self.connected {
            return;
        }
        let outbox = &mut self.brokers[route].outbox;
        let nth = nth % outbox.len().max(1);
        if let Some(input) = outbox.remove(nth) {
            if route == Route::BROKER.index() {
                self.arrived.push(input);
            }
            self.input(input);
        }
    }

    fn wait(&mut self, seconds: u64, drift: i64) {
        self.price += drift;
        for _ in 0..seconds {
            self.now += 1;
            self.input(quote(self.price, self.now));
            self.input(Input::Timer(Timer { second: self.now }));
        }
    }

    fn wants(&mut self, bot: u16, target: i32, urgency: Urgency, stop: bool) {
        let (target, reason) = match stop {
            true => (0, IntentReason::StopLoss),
            false => (target, IntentReason::Signal),
        };
        let intent = Intent { bot: BotId(bot), target, urgency, reason, score: 0.0 };
        self.one(quote(self.price, self.now), Some(intent));
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Wants { bot, target, urgency, stop } => self.wants(bot, target, urgency, stop),
            Step::BrokerWorks { route } => self.brokers[route].process(),
            Step::BrokerRefuses { route } => self.brokers[route].refuse_next(),
            Step::BrokerCancels { route, nth } => self.brokers[route].cancel(nth),
            Step::Fills { route, nth, qty } => self.brokers[route].fill(nth, qty),
            Step::Arrives { route } => self.arrives(route, 0),
            Step::ArrivesEarly { route, nth } => self.arrives(route, nth),
            Step::ArrivesAgain { nth, poss_dup } => {
                let count = self.arrived.len().max(1);
                let again = self.arrived.get(nth % count).copied().filter(|_| self.connected);
                if let Some(Input::Execution(mut report)) = again {
                    report.poss_dup = poss_dup;
                    self.input(Input::Execution(report));
                }
            }
            Step::MessageIsLost { route } => drop(self.brokers[route].inbox.pop_front()),
            Step::MessageIsRefused { route } => self.brokers[route].garble_next(),
            Step::ConnectionChanges if self.connected => {
                self.disconnect();
                self.session(SessionChange::Disconnected);
            }
            Step::ConnectionChanges => self.connect(),
            Step::Restart => self.restart(),
            Step::Kill => self.command(CommandKind::Kill { flatten: false }),
            Step::Unkill => self.command(CommandKind::Unkill),
            Step::Reset => self.reset(),
            Step::Wait { seconds, drift } => self.wait(seconds, drift),
        }
    }

    fn command(&mut self, kind: CommandKind) {
        self.command_to(kind, Scope::Platform);
    }

    fn command_to(&mut self, kind: CommandKind, scope: Scope) {
        let (actor, reason) = (Text::new("operator"), Text::new("a storm"));
        self.input(Input::Command(Command { kind, scope, actor, reason }));
    }

    /// A person resets every breaker that tripped.
    fn reset(&mut self) {
        for place in self.tripped.clone() {
            let scope = match place {
                BOTS => Scope::Account(AccountId(0)),
                bot => Scope::Bot(BotId(bot)),
            };
            self.command_to(CommandKind::ResetBreaker, scope);
        }
        assert!(self.tripped.is_empty(), "what is reset is closed");
    }

    /// Everything that is under way arrives, and doubts are asked about until they are gone.
    pub fn settle(&mut self) {
        if !self.connected {
            self.connect();
        }
        for _ in 0..120 {
            self.wait(1, 0);
            for route in 0..3 {
                while !self.brokers[route].inbox.is_empty()
                    || !self.brokers[route].outbox.is_empty()
                {
                    self.brokers[route].process();
                    self.arrives(route, 0);
                }
            }
        }
    }
}

fn definitions() -> Vec<Input> {
    let instrument = InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(TICK),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits {
            max_order_qty: 10,
            max_position: 50,
            collar_ticks: 100,
            stale_after_ms: 30_000,
        },
    };
    let account = AccountDefinition {
        account: AccountId(0),
        name: Text::new("SIM"),
        max_position: 50,
        messages_per_second: 100,
        cancel_headroom: 10,
    };
    let bot = |index: u16| BotDefinition {
        bot: BotId(index),
        name: Text::new("bot"),
        enabled: true,
        account: AccountId(0),
        instrument: InstrumentId(0),
        archetype: Archetype::OrbBreakout,
        stage: STAGES[usize::from(index)],
        session: SessionMode::Full24x5,
        order_qty: 1,
        bars: None,
        rule_parts: 0,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits { stop_loss: Distance::Ticks(10_000), ..Exits::NONE },
        max_order_qty: 10,
        max_position: 10,
        stage_cap: 10,
        parameters: [f64::NAN; 8],
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
    };
    let connected = FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY };
    let mut inputs = vec![Input::Instrument(instrument), Input::Account(account)];
    inputs.extend((0..BOTS).map(|index| Input::Bot(bot(index))));
    inputs.extend([Input::Feed(connected), quote(20_000, START)]);
    inputs
}

fn quote(ticks: i64, second: u64) -> Input {
    let price = |ticks: i64| Price(ticks * TICK);
    let (bid, ask) = (price(ticks), price(ticks + 1));
    Input::Quote(Quote {
        instrument: InstrumentId(0),
        action: BookAction::Add,
        side: None,
        flags: flags::LAST,
        price: bid,
        size: 1,
        top: TopOfBook { bid, ask, bid_size: 10, ask_size: 10 },
        ts_event: UnixNanos(second * NANOS_PER_SECOND),
        sequence: second as u32,
    })
}
