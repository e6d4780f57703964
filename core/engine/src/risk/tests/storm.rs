//! Storms of intents, fills, rejects, cancels, broken sessions and restarts against a model of a
//! broker that delivers late, doubled and out of order. Whatever comes, what the broker really holds
//! and works stays within the limits, nothing opens past one or behind a breaker that tripped, what reduces
//! never takes more than the position, positions are the sum of fills, and once the broker listens every bot
//! gets out, whatever the book looks like, and, once its breaker is reset, in again.

use super::super::ORDERS_PER_BOT;
use super::super::scenario::top;
use super::*;
use gauntlet_model::ids::AccountId;
use gauntlet_model::market_view::MarketView;
use proptest::prelude::*;
use std::collections::{BTreeSet, VecDeque};

const BOTS: u16 = 4;
const BOT_MAX: u32 = 4;
const SUM_MAX: u32 = 6;
/// Seconds in which a bot is out once the broker listens: one contract a second, and one for what it had
/// to cancel first.
const OUT_WITHIN_S: u32 = BOT_MAX + 1;
const MESSAGES: u32 = 8;
/// Breakers that a storm of this size trips now and then.
const WATCH: AccountWatch = AccountWatch {
    account: AccountId(0),
    refused_orders: 3,
    refused_changes: 3,
    refused_per_minute: 6,
    messages_per_fill: 1_000,
    messages_from: 1_000,
};
const HEADROOM: u32 = 3;

#[derive(Clone, Debug)]
struct Resting {
    request: OrderRequest,
    current: ClOrdId,
    cum: u32,
    alive: bool,
}

impl Resting {
    fn open(&self) -> u32 {
        if self.alive { self.request.qty - self.cum } else { 0 }
    }

    fn report(&self, exec_type: ExecType, status: OrdStatus) -> ExecutionReport {
        ExecutionReport {
            cl_ord_id: self.current,
            leaves_qty: self.open(),
            cum_qty: self.cum,
            ..report(&self.request, exec_type, status)
        }
    }
}

/// The broker's truth.
#[derive(Default)]
struct Broker {
    requests: VecDeque<OrderRequest>,
    orders: Vec<Resting>,
    reports: VecDeque<Input>,
    held: [i64; BOTS as usize],
    delivered: Vec<Input>,
    counted: [i64; BOTS as usize],
    up: bool,
}

impl Broker {
    fn tell(&mut self, report: ExecutionReport) {
        self.reports.push_back(Input::Execution(report));
    }

    fn trade(&mut self, index: usize, qty: u32) {
        let order = &mut self.orders[index];
        let qty = qty.min(order.open());
        if qty == 0 {
            return;
        }
        order.cum += qty;
        self.held[order.request.bot.0 as usize] += order.request.side.sign() * qty as i64;
        let full = order.open() == 0;
        let status = if full { OrdStatus::Filled } else { OrdStatus::PartiallyFilled };
        let mut report = order.report(ExecType::Trade, status);
        order.alive &= !full;
        (report.last_qty, report.last_px) = (qty, order.request.price);
        self.tell(report);
    }

    fn end(&mut self, index: usize, id: Option<OrderRequest>) {
        self.orders[index].alive = false;
        let mut report = self.orders[index].report(ExecType::Canceled, OrdStatus::Canceled);
        if let Some(request) = id {
            (report.cl_ord_id, report.orig_cl_ord_id) = (request.cl_ord_id, request.orig_cl_ord_id);
        }
        self.tell(report);
    }

    /// Works on the next request; `dice` decides what comes of it.
    fn work(&mut self, dice: u8) {
        let Some(request) = self.requests.pop_front() else { return };
        let alive = self.orders.iter().position(|o| o.alive && o.current == request.orig_cl_ord_id);
        match (request.kind, alive) {
            (OutboundKind::New, _) if dice.is_multiple_of(5) => {
                self.tell(report(&request, ExecType::Rejected, OrdStatus::Rejected));
            }
            (OutboundKind::New, _) => {
                let current = request.cl_ord_id;
                self.orders.push(Resting { request, current, cum: 0, alive: true });
                let index = self.orders.len() - 1;
                let news = self.orders[index].report(ExecType::New, OrdStatus::New);
                self.tell(news);
                if request.time_in_force == TimeInForce::ImmediateOrCancel {
                    self.trade(index, dice as u32 % (request.qty + 1));
                    if self.orders[index].alive {
                        self.end(index, None);
                    }
                }
            }
            (OutboundKind::Cancel, Some(index)) if !dice.is_multiple_of(7) => {
                self.end(index, Some(request));
            }
            (OutboundKind::Replace, Some(index)) if !dice.is_multiple_of(7) => {
                let order = &mut self.orders[index];
                (order.current, order.request.price) = (request.cl_ord_id, request.price);
                let mut report = order.report(ExecType::Replaced, OrdStatus::New);
                report.orig_cl_ord_id = request.orig_cl_ord_id;
                self.tell(report);
            }
            _ => {
                let reason = if alive.is_some() { 0 } else { 1 };
                self.reports
                    .push_back(Input::CancelReject(CancelReject { reason, ..too_late(&request) }));
            }
        }
    }

    /// Answers for an order as to a status request.
    fn status(&mut self, id: ClOrdId, bot: BotId) {
        let known = self.orders.iter().find(|o| o.request.cl_ord_id == id || o.current == id);
        let answer = match known {
            Some(order) if order.alive => {
                let partly = order.cum > 0;
                let status = if partly { OrdStatus::PartiallyFilled } else { OrdStatus::New };
                order.report(ExecType::OrderStatus, status)
            }
            Some(order) if order.cum == order.request.qty => {
                order.report(ExecType::OrderStatus, OrdStatus::Filled)
            }
            Some(order) => order.report(ExecType::OrderStatus, OrdStatus::Canceled),
            None => {
                let setup = Setup::new();
                ExecutionReport {
                    exec_type: ExecType::OrderStatus,
                    ord_status: OrdStatus::Rejected,
                    cl_ord_id: id,
                    cum_qty: 0,
                    ..holding(bot, Side::Buy, 1, &setup)
                }
            }
        };
        self.tell(answer);
    }

    /// The worst position that what is held and works can lead to.
    fn worst(&self, chosen: impl Fn(&OrderRequest) -> bool, held: i64) -> i64 {
        let working = |side: Side| -> i64 {
            let of_side = |o: &&Resting| o.request.side == side && chosen(&o.request);
            self.orders.iter().filter(of_side).map(|order| order.open() as i64).sum()
        };
        let pending = |side: Side| -> i64 {
            let of_side =
                |r: &&OrderRequest| r.kind == OutboundKind::New && r.side == side && chosen(r);
            self.requests.iter().filter(of_side).map(|request| request.qty as i64).sum()
        };
        let buying = working(Side::Buy) + pending(Side::Buy);
        let selling = working(Side::Sell) + pending(Side::Sell);
        (held + buying).abs().max((held - selling).abs())
    }
}

struct Storm {
    scenario: Scenario,
    setup: Setup,
    broker: Broker,
    sent: Vec<u64>,
    killed: bool,
    frozen: bool,
    /// Bots whose breaker is open, by number, and [`BOTS`] for the account's.
    tripped: BTreeSet<u16>,
    /// What the market looks like while it is calm.
    market: MarketView,
    run: u32,
}

impl Storm {
    fn new() -> Storm {
        let (mut scenario, setup) = start(|setup| {
            setup.bot.session = SessionMode::Full24x5;
            setup.bot.max_position = BOT_MAX;
            setup.bot.stage_cap = BOT_MAX;
            setup.instrument.limits.max_position = SUM_MAX;
            setup.account.max_position = SUM_MAX;
            setup.account.messages_per_second = MESSAGES;
            setup.account.cancel_headroom = HEADROOM;
        });
        for index in 0..BOTS {
            scenario.input(Input::Bot(BotDefinition { bot: BotId(index), ..setup.bot }));
        }
        scenario.input(Input::AccountWatch(WATCH));
        let broker = Broker { up: true, ..Broker::default() };
        let market = setup.view;
        let (sent, killed, frozen) = (vec![], false, false);
        let tripped = BTreeSet::new();
        Storm { scenario, setup, broker, sent, killed, frozen, tripped, market, run: 1 }
    }

    /// Takes in which breakers tripped and which were reset, and that nothing opens behind one, in the order
    /// of what risk said.
    fn follow_breakers(&mut self) -> Result<(), TestCaseError> {
        let Storm { scenario, tripped, .. } = self;
        for message in &scenario.out {
            match message {
                ToOrders::Effect(Effect::Breaker(change)) => {
                    let place = match change.scope {
                        Scope::Bot(bot) => bot.0,
                        _ => BOTS,
                    };
                    match change.active {
                        true => prop_assert!(tripped.insert(place), "it trips once"),
                        false => prop_assert!(tripped.remove(&place), "it had tripped"),
                    }
                }
                ToOrders::Approved(approved) => {
                    let request = approved.get();
                    let is_open = [request.bot.0, BOTS].iter().any(|at| tripped.contains(at));
                    let opens = scenario.risk.closable(request.bot, request.side) < 0;
                    let sends = request.kind != OutboundKind::Cancel;
                    prop_assert!(!(is_open && opens && sends), "a breaker stops what opens");
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn reset(&mut self, place: u16) {
        let scope = match place {
            BOTS => Scope::Account(AccountId(0)),
            bot => Scope::Bot(BotId(bot)),
        };
        self.scenario.command(CommandKind::ResetBreaker, scope);
    }

    /// Hands on what risk approved, and checks what must hold at every moment.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        self.follow_breakers()?;
        for request in self.scenario.approved() {
            prop_assert!(self.broker.up, "nothing may leave by a broken route");
            let opens = self.scenario.risk.closable(request.bot, request.side) < 0;
            if request.kind != OutboundKind::Cancel {
                prop_assert!(!self.frozen, "a freeze stops everything");
                prop_assert!(!(self.killed && opens), "a kill stops what opens");
                let now = self.scenario.now.0;
                self.sent.push(now);
                let recent = self.sent.iter().filter(|at| now - **at < NANOS_PER_SECOND).count();
                let most = if opens { MESSAGES - HEADROOM } else { MESSAGES };
                prop_assert!(recent as u32 <= most, "{recent} in a second");
            }
            self.broker.requests.push_back(request);
            if opens && request.kind == OutboundKind::New {
                let worst = self.broker.worst(|_| true, self.broker.held.iter().sum());
                prop_assert!(worst <= SUM_MAX as i64, "the account can reach {worst}");
            }
        }
        let broker = &self.broker;
        for index in 0..BOTS {
            let (bot, held) = (BotId(index), broker.held[index as usize]);
            let worst = broker.worst(|request| request.bot == bot, held);
            prop_assert!(worst <= BOT_MAX as i64, "{bot:?} can reach {worst}");
            let alive = broker.orders.iter().filter(|o| o.alive && o.request.bot == bot).count();
            prop_assert!(alive <= ORDERS_PER_BOT, "{bot:?} has {alive} orders");
            let position = self.scenario.risk.position(bot).map_or(0, |p| p.qty() as i64);
            prop_assert_eq!(position, broker.counted[index as usize]);
        }
        Ok(())
    }

    fn deliver(&mut self, at: usize) {
        if !self.broker.up {
            return;
        }
        let Some(input) = self.broker.reports.remove(at) else { return };
        if let Input::Execution(report) = input
            && report.exec_type == ExecType::Trade
        {
            let bot = report.cl_ord_id.bot().0 as usize;
            self.broker.counted[bot] += report.side.sign() * report.last_qty as i64;
        }
        self.broker.delivered.push(input);
        self.scenario.arrival(input, true);
    }

    fn break_session(&mut self) {
        self.broker.up = false;
        self.broker.requests.clear();
    }

    fn log_on(&mut self) {
        self.broker.up = true;
        for index in 0..BOTS {
            let asked: Vec<_> =
                self.scenario.risk.working(BotId(index)).map(|order| order.cl_ord_id()).collect();
            for id in asked {
                self.broker.status(id, BotId(index));
            }
        }
        self.scenario.session(SessionChange::LoggedOn);
    }

    /// Seconds in which everything works and arrives, and every question is answered, after what
    /// was sent before it.
    fn calm(&mut self, seconds: u32) -> Result<(), TestCaseError> {
        for _ in 0..seconds {
            self.scenario.out.clear();
            self.scenario.pass(1, self.market);
            self.settle()?;
            self.drain()?;
            for index in 0..BOTS {
                let doubted: Vec<_> = (self.scenario.risk.working(BotId(index)))
                    .filter(|order| order.is_in_doubt())
                    .map(|order| order.cl_ord_id())
                    .collect();
                for id in doubted {
                    self.broker.status(id, BotId(index));
                }
            }
            self.drain()?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), TestCaseError> {
        while !self.broker.requests.is_empty() || !self.broker.reports.is_empty() {
            self.broker.work(1);
            self.scenario.out.clear();
            self.deliver(0);
            self.settle()?;
        }
        Ok(())
    }

    /// After the storm every bot can go out, in whatever market, and in again.
    fn recover(&mut self, market: MarketView) -> Result<(), TestCaseError> {
        self.scenario.out.clear();
        if !self.broker.up {
            self.log_on();
            self.settle()?;
        }
        // No kill is lifted while something is in doubt: the broker's last word on each order settles it.
        self.drain()?;
        let orders: Vec<_> =
            self.broker.orders.iter().map(|o| (o.current, o.request.bot)).collect();
        for (id, bot) in orders {
            self.broker.status(id, bot);
        }
        self.drain()?;
        self.scenario.out.clear();
        self.scenario.command(CommandKind::Unkill, Scope::Platform);
        (self.killed, self.frozen) = (false, false);
        self.settle()?;
        for index in 0..BOTS {
            self.scenario.command(CommandKind::Unkill, Scope::Bot(BotId(index)));
            self.settle()?;
        }
        // The broker may have refused too many orders, and no end of a kill is one of that.
        for place in self.tripped.clone() {
            prop_assert!(self.is_open(place), "it holds until a person resets it");
            self.reset(place);
            self.settle()?;
        }
        prop_assert!(self.tripped.is_empty());
        // Longer than any way out pauses.
        self.calm(61)?;
        self.market = market;
        self.scenario.pass(1, market);
        self.settle()?;
        self.drain()?;
        for index in 0..BOTS {
            self.scenario.want(BotId(index), 0, Urgency::Aggressive, IntentReason::StopLoss);
            self.settle()?;
        }
        // One contract a second is what this broker fills.
        self.calm(OUT_WITHIN_S)?;
        prop_assert_eq!(self.broker.held, [0; BOTS as usize], "every bot gets out");
        self.market = self.setup.view;
        for index in 0..BOTS {
            self.calm(1)?;
            self.scenario.want(BotId(index), 1, Urgency::Aggressive, IntentReason::Signal);
            prop_assert!(!self.scenario.approved().is_empty(), "{:?}", self.scenario.rejected());
            self.settle()?;
        }
        Ok(())
    }

    fn is_open(&self, place: u16) -> bool {
        let risk = &self.scenario.risk;
        match place {
            BOTS => risk.breaker(Scope::Account(AccountId(0))).is_some(),
            bot => risk.breaker(Scope::Bot(BotId(bot))).is_some(),
        }
    }

    fn step(&mut self, (op, a, b): (u8, u8, u8)) {
        let bot = BotId(a as u16 % BOTS);
        let index = a as usize % self.broker.orders.len().max(1);
        match op {
            0..=5 => {
                let urgency =
                    if b.is_multiple_of(2) { Urgency::Passive } else { Urgency::Aggressive };
                let target = (b % 13) as i32 - 6;
                let reason =
                    if target == 0 { IntentReason::StopLoss } else { IntentReason::Signal };
                self.scenario.want(bot, target, urgency, reason);
            }
            6..=10 => self.broker.work(b),
            11..=12 if !self.broker.orders.is_empty() => self.broker.trade(index, 1 + b as u32 % 3),
            13 if self.broker.orders.get(index).is_some_and(|order| order.alive) => {
                self.broker.end(index, None);
            }
            14..=17 => self.deliver(0),
            18 | 30..=32 => self.deliver(b as usize % self.broker.reports.len().max(1)),
            19 if !self.broker.delivered.is_empty() => {
                let copy = self.broker.delivered[b as usize % self.broker.delivered.len()];
                self.scenario.arrival(copy, false);
            }
            20..=21 => {
                let bid = 20_000 + (b % 5) as i64;
                let view = MarketView { top: top(bid, bid + 1), ..self.setup.view };
                self.scenario.pass(1, if b < 128 { view } else { odd_market(b, &view) });
            }
            22 => self.scenario.now = self.scenario.now.plus(b as u64 * 10_000_000),
            23 if self.broker.up => {
                self.break_session();
                self.scenario.session(SessionChange::Disconnected);
            }
            24 if !self.broker.up => self.log_on(),
            25 => {
                let kind = match b % 4 {
                    0 => CommandKind::Freeze,
                    1 => CommandKind::Kill { flatten: true },
                    _ => CommandKind::Kill { flatten: false },
                };
                self.killed = true;
                self.frozen = kind == CommandKind::Freeze || (self.frozen && b % 4 != 1);
                self.scenario.command(kind, Scope::Platform);
            }
            26..=28 if self.killed => {
                (self.killed, self.frozen) = (false, false);
                self.scenario.command(CommandKind::Unkill, Scope::Platform);
            }
            29 => {
                self.run += 1;
                self.break_session();
                self.scenario.input(Input::RunStart(RunStart { run: self.run, ..self.setup.run }));
                self.scenario.input(Input::AccountWatch(WATCH));
            }
            33 if !self.tripped.is_empty() => {
                let open = self.tripped.iter().nth(usize::from(b) % self.tripped.len()).copied();
                self.reset(open.unwrap_or(BOTS));
            }
            _ => {
                self.scenario.out.clear();
            }
        }
    }
}

/// A market in which nothing opens, or hardly anything, on a line that lives.
fn odd_market(dice: u8, view: &MarketView) -> MarketView {
    let last = ticks(20_000);
    let shown = match dice % 5 {
        0 => top(0, 20_001),
        1 => top(20_000, 0),
        2 => top(19_000, 21_000),
        3 => top(20_002, 20_001),
        _ => TopOfBook::EMPTY,
    };
    MarketView { top: shown, gapped: dice % 5 == 4, last, ..*view }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_storm_breaks_a_limit_or_loses_a_fill_or_leaves_a_bot_stuck(
        steps in prop::collection::vec((0u8..34, any::<u8>(), any::<u8>()), 1..400),
        after in any::<u8>(),
    ) {
        let mut storm = Storm::new();
        for step in steps {
            storm.scenario.out.clear();
            storm.step(step);
            storm.settle()?;
        }
        let broker = &storm.broker;
        for index in 0..BOTS as usize {
            let undelivered: i64 = broker
                .reports
                .iter()
                .filter_map(|input| match input {
                    Input::Execution(report) if report.exec_type == ExecType::Trade => Some(report),
                    _ => None,
                })
                .filter(|report| report.cl_ord_id.bot().0 as usize == index)
                .map(|report| report.side.sign() * report.last_qty as i64)
                .sum();
            prop_assert_eq!(broker.held[index], broker.counted[index] + undelivered);
        }
        let market = odd_market(after, &storm.setup.view);
        storm.recover(market)?;
    }
}
