//! The risk stage: the only place where an order can be approved.
//!
//! Risk takes in what fusion sends on (inputs, market views, intents) and sends on every input, view
//! and effect, followed by what it makes of it: approvals, refusals, positions, kills. It holds the
//! definitions, the positions, the working orders and the kills, all made from inputs alone, so a
//! replay of the journal restores them.
//!
//! # What is checked
//!
//! The table in `checks.rs` is the list, in order; the first check that says no gives the code. A limit of
//! zero is missing and refuses with [`RejectCode::MissingLimit`] wherever it is needed. `docs/risk.md`
//! ([`document::markdown`]) shows the table beside the controls that it is there for.
//!
//! Positions count every working order as filled. The reference is the middle of the live book; a
//! one-sided book has none. What only reduces is another matter: [`exits`].
//!
//! # When in doubt
//!
//! A fill that cannot be assigned (no order of ours, an undefined bot, another instrument or side than
//! the order's) or counted (no price, an overflow), a report that cannot be read, a bust, and an order
//! that the broker says works where it cannot be: each means that our positions may not be what the
//! broker holds. The place that it is about, an account in an instrument by one route, is then in doubt
//! ([`Risk::is_in_doubt`]): nothing opens there until it is reconciled. Whose a report is was decided by
//! fusion ([`Arrival::owned`]).
//!
//! What the broker's own word settles is settled by it: fills that its status counts and that did not
//! come are booked from it, a bust takes the fill back that it names. Risk says so as a
//! [`Booking`](gauntlet_model::effect::Booking), and all stages book it when it comes back as a
//! [`Correction`](gauntlet_model::input::Correction).
//!
//! A broker that is asked for all its orders and positions is held against ours (`reconciling.rs`): what
//! differs puts its place in doubt until a later answer agrees.
//!
//! An order is in doubt after a broken session, a restart, or [`ANSWER_WITHIN_NS`] without an answer;
//! it stays counted and blocks its bot until the broker's word on it comes. Risk holds an [`Order`] of
//! its own for every order and so calls it over exactly when the order manager does.
//!
//! # When what must not be is
//!
//! Nothing is sent that is not counted: an order that finds no place in the tables is refused although
//! every check has passed. And what the tables hold is held against itself in every build: exposures
//! that are not below zero and are the sum of positions and working orders, an approval within its
//! limits once it is counted, a stream that goes forwards. A failed assertion ends the process, which
//! drops its sessions; what works at the broker is then the broker's to cancel, or a person's to look at.
//!
//! [`ANSWER_WITHIN_NS`]: gauntlet_model::order::ANSWER_WITHIN_NS
//! [`Order`]: gauntlet_model::order::Order

mod adoption;
mod ahead;
mod approval;
mod bookings;
mod brackets;
mod breakers;
mod carried;
mod cash;
mod changes;
mod checks;
mod commands;
mod comparing;
mod controls;
mod copied_orders;
mod copies;
mod copy_breaks;
mod corrections;
mod desk;
mod disconnects;
pub mod document;
mod doubts;
mod drawdown;
mod drop_copy;
mod ends;
mod entries;
mod exits;
mod exposure;
mod fills;
mod held;
mod identity;
mod invariants;
mod kill;
mod limits;
mod losses;
mod pairs;
mod parents;
mod persistence;
mod planner;
mod protection;
mod rate;
mod reconciliation;
mod reconciling;
mod registry;
mod repeats;
mod reports;
mod round;
mod scenario;
mod self_test;
mod self_test_copies;
mod self_test_exits;
mod self_test_layers;
mod self_test_watch;
mod self_trade;
mod shelter;
mod stated;
#[cfg(test)]
mod tests;
mod tickets;
mod timer;
mod traffic;
mod usage;
mod volatility;
mod working;

pub use approval::Approved;
pub use breakers::REFUSED_PER_MINUTE_MAX;
pub use changes::{ALL_CHANGES_MAX, CHANGES_MAX, RAISE_SECONDS_MAX};
pub use copies::{COPIED_ORDERS_MAX, COPIES_MAX, NAMELESS_MAX};
pub use doubts::Doubt;
pub use fills::{ENDED_MAX, FILLS_MAX};
pub use held::HELD_MAX;
pub use pairs::TAKE_WITHIN_NS;
pub use parents::PARENTS_MAX;
pub use persistence::{FUTILE_MAX, PAUSE_MAX_NS, REFUSALS_MAX, REFUSED_PAUSE_MAX_NS};
pub use planner::{AGGRESSION_TICKS, REPRICE_AFTER_NS};
pub use rate::{QUESTIONS_PER_INPUT, RATE_MAX, RateWindow, allows_question};
pub use reconciliation::{BREAKS_MAX, ENQUIRY_WITHIN_NS, LOOK_AGAIN_SECONDS, VERIFIED_WITHIN_NS};
pub use repeats::EXECUTIONS_MAX;
pub use round::MESSAGES_PER_ROUND;
pub use self_test::{Tried, self_test, self_test_trials};
pub use shelter::RETRY_MAX_NS;
pub use traffic::Traffic;
pub use usage::USAGE_EVERY_SECONDS;
pub use volatility::{RealisedVolatility, VOLATILITY_MINUTES_MAX};
pub use working::{ORDERS_PER_BOT, ORDERS_PER_DESK, WORKING_MAX, WorkingOrder, orders_per};

use crate::message::{Arrival, ToOrders, ToRisk};
use gauntlet_model::desk::Desks;
use gauntlet_model::effect::{
    Alert, AlertKind, BotRuling, Effect, Intent, Reject, RejectCode, Ruling,
};
use gauntlet_model::foreign::ForeignOrders;
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, AlertDelay, BotDefinition, CalendarDay, Input, InstrumentDefinition, Level,
    Mbo, Ohlcv, Quote, ROUTES_MAX, RiskLimits, Route, RouteTable, RunStart, Scope, Trade,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::{Capabilities, Order, OrderRequest};
use gauntlet_model::position::Position;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};

use breakers::Breakers;
use cash::Cash;
use checks::{Question, Refusal};
use copies::Copies;
use doubts::Doubts;
use exposure::{Exposures, Place};
use fills::{EndedOrders, Fills};
use held::HeldOrders;
use identity::Identities;
use kill::Kills;
use limits::Limits;
use losses::Losses;
use parents::Parents;
use reconciliation::Reconciliation;
use registry::{Refused, Registry};
use repeats::Repeats;
use round::Round;
use shelter::Child;
use traffic::Traffics;
use usage::Usage;
use volatility::Volatility;
use working::WorkingTable;

/// By route, before any session event: the simulators live in the process and are always there.
fn up_at_start() -> RouteTable<bool> {
    RouteTable::from_fn(Route::is_simulated)
}

/// By route, before any broker is named.
fn capabilities_at_start() -> RouteTable<Capabilities> {
    RouteTable::from_fn(|_| Capabilities::ALL)
}

/// What risk has done since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// New orders approved.
    pub orders: u64,
    /// Replaces approved.
    pub replaces: u64,
    /// Cancels approved.
    pub cancels: u64,
    /// Orders that only reduce and ended without a fill.
    pub futile_exits: u64,
    /// Fills counted.
    pub fills: u64,
    /// Breakers that tripped.
    pub breakers: u64,
    /// Refusals by [`RejectCode`], repeated ones of the same order included.
    pub rejects: [u64; RejectCode::ALL.len()],
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            orders: 0,
            replaces: 0,
            cancels: 0,
            futile_exits: 0,
            fills: 0,
            breakers: 0,
            rejects: [0; RejectCode::ALL.len()],
        }
    }
}

/// The risk stage.
#[derive(Clone, Debug)]
pub struct Risk {
    registry: Registry,
    working: WorkingTable,
    exposures: Exposures,
    windows: Vec<RateWindow>,
    limits: Limits,
    repeats: Repeats,
    losses: Losses,
    breakers: Breakers,
    traffics: Traffics,
    identities: Identities,
    usage: Usage,
    volatility: Volatility,
    kills: Kills,
    doubts: Doubts,
    fills: Fills,
    ended: EndedOrders,
    desks: Desks,
    foreign: ForeignOrders,
    held: HeldOrders,
    parents: Parents,
    /// Orders that ended with their session by the input at hand.
    carried: Vec<WorkingOrder>,
    /// A bit for each instrument in which a target is held.
    targeted: u64,
    /// By route: what its venue takes.
    capabilities: RouteTable<Capabilities>,
    reconciliation: Reconciliation,
    copies: Copies,
    cash: Cash,
    /// By route: whether orders can leave by it.
    up: RouteTable<bool>,
    now: UnixNanos,
    seq: u64,
    /// Order messages that the current input has caused so far, over all bots.
    ordinal: u16,
    round: Round,
    /// A bot whose orders the broker refuses one after the other.
    tripped: Option<BotId>,
    /// Whose broker refused the stop or the target that is to rest there.
    unsheltered: Option<(BotId, Child)>,
    /// Whose stop and target filled more than was held, and by which order.
    overclosed: Option<(BotId, ClOrdId)>,
    /// Whether a way out waits for the end of orders that it could trade with.
    clearing: bool,
    counters: Counters,
}

impl Default for Risk {
    fn default() -> Self {
        Risk::new()
    }
}

impl Risk {
    /// A risk stage that knows nothing and lets nothing pass. Takes all the memory it will use.
    pub fn new() -> Risk {
        Risk {
            registry: Registry::new(),
            working: WorkingTable::new(),
            exposures: Exposures::new(),
            windows: vec![RateWindow::new(); ACCOUNTS_MAX * ROUTES_MAX],
            limits: Limits::new(),
            repeats: Repeats::new(),
            losses: Losses::new(),
            breakers: Breakers::new(),
            traffics: Traffics::new(),
            identities: Identities::new(),
            usage: Usage::new(),
            volatility: Volatility::new(),
            kills: Kills::new(),
            doubts: Doubts::new(),
            fills: Fills::new(),
            ended: EndedOrders::new(),
            desks: Desks::new(),
            foreign: ForeignOrders::new(),
            held: HeldOrders::new(),
            parents: Parents::new(),
            carried: Vec::with_capacity(WORKING_MAX),
            targeted: 0,
            capabilities: capabilities_at_start(),
            reconciliation: Reconciliation::new(),
            copies: Copies::new(),
            cash: Cash::new(),
            up: up_at_start(),
            now: UnixNanos(0),
            seq: 0,
            ordinal: 0,
            round: Round::DONE,
            tripped: None,
            unsheltered: None,
            overclosed: None,
            clearing: false,
            counters: Counters::default(),
        }
    }

    /// Takes in one message; emits it, then what follows from it.
    pub fn on(&mut self, message: &ToRisk, out: &mut impl FnMut(ToOrders)) {
        match message {
            ToRisk::Input(arrival) => {
                out(ToOrders::Input(*arrival));
                self.on_input(arrival, out);
            }
            ToRisk::Effect(effect) => {
                out(ToOrders::Effect(*effect));
                match effect {
                    Effect::Ruling(ruling) => self.on_ruling(ruling, out),
                    Effect::Bar(bar) => self.on_bar(bar, out),
                    Effect::Exits(levels) => self.on_exit_levels(levels, out),
                    _ => {}
                }
            }
            ToRisk::Market(view) => {
                out(ToOrders::Market(*view));
                self.on_view(view, out);
            }
            ToRisk::Intent(intent) => self.on_intent(intent, out),
        }
    }

    fn on_input(&mut self, arrival: &Arrival, out: &mut impl FnMut(ToOrders)) {
        let sequenced = &arrival.sequenced;
        self.assert_order(sequenced.seq, sequenced.time);
        if sequenced.seq != self.seq {
            self.seq = sequenced.seq;
            self.ordinal = 0;
        }
        self.now = sequenced.time;
        match &sequenced.input {
            Input::Mbo(Mbo { instrument, .. })
            | Input::Quote(Quote { instrument, .. })
            | Input::Level(Level { instrument, .. })
            | Input::Trade(Trade { instrument, .. })
            | Input::Ohlcv(Ohlcv { instrument, .. }) => self.saw(*instrument, arrival.fresh),
            Input::Listing(listing) => {
                self.on_listing(listing);
                self.note_listed_end(listing);
            }
            Input::Status(_) | Input::History(_) | Input::Feed(_) => {}
            Input::Execution(report) => self.on_execution(report, arrival, out),
            Input::CancelReject(reject) => self.on_cancel_reject(reject),
            Input::Session(event) => {
                self.tell_left_alone(event, out);
                self.on_session(event);
                self.reconcile_session(event, out);
            }
            Input::BrokerOrder(line) => {
                self.foreign.on_input(&sequenced.input);
                self.on_broker_order(line, arrival, out);
            }
            Input::ForeignOrder(_) => self.foreign.on_input(&sequenced.input),
            Input::Adoption(adoption) => self.on_adoption(adoption, arrival.owned, out),
            Input::BrokerPosition(line) => self.on_broker_position(line, out),
            Input::EnquiryAnswer(answer) => self.on_enquiry_answer(answer, out),
            Input::DecisionsAccepted(accepted) => self.on_decisions_accepted(accepted, out),
            Input::Stated(stated) => self.on_stated(stated, out),
            Input::StatedOrder(stated) => self.on_stated_order(stated, out),
            Input::StatedLoss(stated) => self.on_stated_loss(stated, out),
            Input::StatedParent(stated) => self.on_stated_parent(stated, out),
            Input::CopySession(event) => self.on_copy_session(event, out),
            Input::Copied(report) => self.on_copied(report, out),
            Input::Balance(line) => self.on_broker_balance(line, out),
            Input::Timer(timer) => self.on_timer(timer.second, out),
            Input::Command(command) => self.on_command(command, out),
            Input::OrderKill(kill) => self.on_order_kill(kill, out),
            Input::Correction(correction) => self.on_correction(correction, arrival.owned, out),
            Input::Unusable(report) => self.on_unusable(report, out),
            Input::Bot(definition) => self.on_bot(definition, arrival.fresh, out),
            Input::RunStart(run) => self.on_run_start(run, out),
            Input::LimitChange(change) => self.on_limit_change(change, out),
            Input::Ticket(ticket) => self.on_ticket(ticket, out),
            Input::Roll(roll) => self.on_roll(roll),
            Input::AlertDelay(delay) => tell_alert_delay(delay, out),
            // A user's bots are killed by commands of their own.
            Input::RuleText(_) | Input::External(_) | Input::UserKill(_) | Input::NumbersSet(_) => {
            }
            Input::Instrument(_)
            | Input::Account(_)
            | Input::RiskLimits(_)
            | Input::AccountWatch(_)
            | Input::Identity(_)
            | Input::CalendarDay(_)
            | Input::Broker(_)
            | Input::BrokerTerms(_)
            | Input::CopyTerms(_)
            | Input::CashTerms(_)
            | Input::ContractRule(_)
            | Input::ContractTerms(_) => self.on_definition(&sequenced.input, out),
        }
        self.after_input(&sequenced.input, out);
    }

    /// What a run is told at its beginning, and again when it changes.
    fn on_definition(&mut self, input: &Input, out: &mut impl FnMut(ToOrders)) {
        match input {
            Input::Instrument(definition) => {
                let known = self.registry.defined_instruments();
                let before = self.instrument(definition.instrument).map(|before| before.symbol);
                if before.is_some_and(|symbol| symbol != definition.symbol) {
                    self.volatility.forget(definition.instrument);
                }
                let answer = self.registry.define_instrument(definition);
                self.answer(answer, Scope::Instrument(definition.instrument), out);
                self.tell_table_fills(known, out);
            }
            Input::Account(definition) => {
                let answer = self.registry.define_account(definition);
                self.limits.refresh_all(&self.registry);
                self.answer(answer, Scope::Account(definition.account), out);
            }
            Input::RiskLimits(limits) => self.on_limits(limits, out),
            Input::AccountWatch(limits) => self.on_account_watch(limits, out),
            Input::Identity(identity) => self.identities.tell(identity),
            Input::CalendarDay(day) => self.on_calendar_day(day, out),
            Input::Broker(broker) => self.capabilities[broker.route] = broker.capabilities,
            Input::BrokerTerms(terms) => self.on_broker_terms(terms),
            Input::CopyTerms(terms) => self.on_copy_terms(terms),
            Input::CashTerms(terms) => self.on_cash_terms(terms),
            Input::ContractRule(rule) => self.on_contract_rule(rule),
            Input::ContractTerms(terms) => {
                if let Some(known) = self.registry.instrument_mut(terms.instrument) {
                    known.reach = terms.reach();
                }
                self.limits.tell_terms(terms);
                self.volatility.tell(terms);
                self.limits.refresh_all(&self.registry);
                self.exposures.tell_margin(terms.instrument, terms.initial_margin.0);
            }
            _ => {}
        }
    }

    /// What follows from an input once it is taken in.
    fn after_input(&mut self, input: &Input, out: &mut impl FnMut(ToOrders)) {
        if !self.carried.is_empty() {
            self.carry(out);
        }
        self.trip(out);
        self.tell_trips(out);
        if self.parents.is_touched() {
            self.tell_parents(out);
        }
        self.tell_unsheltered(out);
        self.give_back_overclosed(out);
        self.watch_due_losses(out);
        if let Input::Timer(timer) = input {
            self.tell_usage(timer.second, out);
        }
        self.go_round(out);
    }

    /// R11: only the schema that the market listens to makes its data fresh.
    fn saw(&mut self, instrument: InstrumentId, listened_to: bool) {
        if let Some(known) = self.registry.instrument_mut(instrument)
            && listened_to
        {
            known.seen_at = Some(self.now);
        }
    }

    fn on_view(&mut self, view: &MarketView, out: &mut impl FnMut(ToOrders)) {
        if let Some(known) = self.registry.instrument_mut(view.instrument) {
            known.view = Some(*view);
        }
        if self.held.watches(view.instrument) {
            self.meet_held(view, out);
        }
        if self.is_targeted(view) {
            self.meet_targets(view, out);
        }
    }

    /// What the chain's head lets take effect is in force; anything else waits for its ruling.
    fn on_bot(
        &mut self,
        definition: &BotDefinition,
        in_force: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        let answer = match in_force {
            true => self.define_bot(definition),
            false => self.registry.propose_bot(definition),
        };
        self.limits.refresh(definition.bot, &self.registry);
        self.answer(answer, Scope::Bot(definition.bot), out);
    }

    /// Takes a definition; what the bot made may count for another account from now on.
    fn define_bot(&mut self, definition: &BotDefinition) -> Result<(), Refused> {
        (self.losses.due, self.losses.regrouped) = (true, true);
        self.registry.define_bot(definition)
    }

    /// Obeys the chain's head.
    fn on_ruling(&mut self, ruling: &BotRuling, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(ruling.bot) else { return };
        if bot.roll.is_some_and(|roll| roll.seq == ruling.definition) {
            return self.on_roll_ruling(ruling, out);
        }
        let proposed = match ruling.ruling {
            Ruling::Waits => return,
            Ruling::InForce | Ruling::Refused => bot.proposed.take(),
        };
        if let (Some(definition), Ruling::InForce) = (proposed, ruling.ruling) {
            let answer = self.define_bot(&definition);
            self.limits.refresh(ruling.bot, &self.registry);
            self.answer(answer, Scope::Bot(ruling.bot), out);
        }
    }

    /// A day that cannot be read may be one on which the exchange is closed. The configuration was
    /// checked, so another build wrote it.
    fn on_calendar_day(&mut self, day: &CalendarDay, out: &mut impl FnMut(ToOrders)) {
        if let Err(mistake) = self.registry.change_day(day) {
            let text = Text::<64>::format(format_args!("calendar day {}: {mistake}", day.date));
            alert(AlertKind::CommandRefused, Scope::Platform, text.as_str(), out);
        }
    }

    fn answer(&self, answer: Result<(), Refused>, scope: Scope, out: &mut impl FnMut(ToOrders)) {
        match answer {
            Ok(()) => {}
            Err(Refused::OutOfTable) => {
                alert(AlertKind::TableFull, scope, "definition outside of the table", out)
            }
            Err(Refused::BadNumbers) => {
                alert(AlertKind::CommandRefused, scope, "tick and multiplier must be above 0", out)
            }
            Err(Refused::InUse) => alert(
                AlertKind::CommandRefused,
                scope,
                "bot holds a position: only disabled, redefine when flat",
                out,
            ),
        }
    }

    /// What a layer of limits is from now on.
    fn on_limits(&mut self, limits: &RiskLimits, out: &mut impl FnMut(ToOrders)) {
        if !self.registry.knows(limits.scope) || !self.limits.tell(limits) {
            let text = "limits of a scope that is not defined";
            return alert(AlertKind::CommandRefused, limits.scope, text, out);
        }
        self.limits.refresh_all(&self.registry);
        self.on_equity(limits);
        self.losses.due = true;
    }

    /// A run begins: an orderly stop is over, wants of the last run are forgotten, simulated orders
    /// are gone with the process that simulated them, and real ones are in doubt until reported on.
    fn on_run_start(&mut self, run: &RunStart, out: &mut impl FnMut(ToOrders)) {
        self.up = up_at_start();
        self.capabilities = capabilities_at_start();
        self.reconciliation.begin();
        self.copies.begin();
        self.cash.begin();
        self.end_stop(out);
        self.limits.begin();
        self.volatility.begin();
        self.breakers.begin();
        self.identities.begin();
        self.limits.refresh_all(&self.registry);
        self.round = Round::DONE;
        for bot in self.registry.bots_mut() {
            bot.want = None;
            bot.attempted = false;
            bot.refused = None;
            bot.roll = None;
        }
        for instrument in self.registry.instruments_mut() {
            instrument.seen_at = None;
        }
        self.for_each_order(|_| true, Order::on_run_start);
        Route::brokers().for_each(|route| self.forget_cancels(route));
        if self.registry.begin(run) {
            let text = "accept the configuration or restore the last one";
            alert(AlertKind::ConfigurationChanged, Scope::Platform, text, out);
        }
    }

    fn reject_undefined(&mut self, intent: &Intent, out: &mut impl FnMut(ToOrders)) {
        let code = RejectCode::NotDefined;
        self.counters.rejects[code as usize] += 1;
        out(ToOrders::Effect(Effect::Reject(Reject {
            bot: intent.bot,
            code,
            side: Side::of(intent.target as i64).unwrap_or(Side::Sell),
            qty: intent.target.unsigned_abs(),
            price: Price::NONE,
            limit: 0,
            value: 0,
        })));
    }

    fn emit_reject(&self, question: &Question, refusal: &Refusal, out: &mut impl FnMut(ToOrders)) {
        let request = &question.request;
        out(ToOrders::Effect(Effect::Reject(Reject {
            bot: request.bot,
            code: refusal.code,
            side: request.side,
            qty: request.qty,
            price: request.price,
            limit: refusal.limit,
            value: refusal.value,
        })));
    }

    /// What was approved, refused and counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A bot's definition as in force.
    pub fn bot(&self, bot: BotId) -> Option<&BotDefinition> {
        self.registry.bot(bot).map(|bot| &bot.definition)
    }

    /// An account's definition as in force.
    pub fn account(&self, account: AccountId) -> Option<&AccountDefinition> {
        self.registry.account(account)
    }

    /// An instrument's definition as in force.
    pub fn instrument(&self, instrument: InstrumentId) -> Option<&InstrumentDefinition> {
        self.registry.instrument(instrument).map(|known| &known.definition)
    }

    /// A bot's position.
    pub fn position(&self, bot: BotId) -> Option<&Position> {
        self.registry.bot(bot).map(|bot| &bot.position)
    }

    /// What closing a bot's position at the price it would meet now (longs the bid, shorts the ask)
    /// would take; `None` while there is no such price.
    pub fn unrealized(&self, bot: BotId) -> Option<Money> {
        let bot = self.registry.bot(bot)?;
        let instrument = self.registry.instrument(bot.definition.instrument)?;
        let top = instrument.view.map(|view| view.top);
        let mark = match bot.position.qty() {
            qty if qty < 0 => top.map_or(Price::NONE, |top| top.ask),
            _ => top.map_or(Price::NONE, |top| top.bid),
        };
        bot.position.unrealized(mark, instrument.definition.multiplier)
    }

    /// The orders of a bot that count as working.
    pub fn working(&self, bot: BotId) -> impl Iterator<Item = &WorkingOrder> {
        self.working.of(bot)
    }

    /// The stops that are held here because their route takes none.
    pub fn held_stops(&self) -> impl Iterator<Item = &OrderRequest> {
        self.held.iter()
    }

    /// Whether a kill of exactly this scope is in force.
    pub fn is_killed(&self, scope: Scope) -> bool {
        self.kills.get(scope).is_some()
    }

    /// Whether what an account holds in an instrument by a route is in doubt: nothing opens there.
    pub fn is_in_doubt(&self, route: Route, account: AccountId, instrument: InstrumentId) -> bool {
        self.doubt_in(route, account, instrument).is_some()
    }

    /// Why what an account holds in an instrument by a route is in doubt; `None` when it is not.
    pub fn doubt_in(
        &self,
        route: Route,
        account: AccountId,
        instrument: InstrumentId,
    ) -> Option<Doubt> {
        self.doubts.get(Place { route, account, instrument })
    }

    /// The last configuration that was accepted, as the hash that its run began with; `None` before
    /// the first run.
    pub fn accepted_configuration(&self) -> Option<[u8; 32]> {
        self.registry.accepted_configuration()
    }

    /// Whether the run's configuration waits for a person to accept it.
    pub fn configuration_changed(&self) -> bool {
        self.registry.configuration_changed()
    }
}

/// R21: alerts wait on a way to people, or no longer. It goes the other ways, and is in the journal.
fn tell_alert_delay(delay: &AlertDelay, out: &mut impl FnMut(ToOrders)) {
    let AlertDelay { way, stalled, waiting, waited_ms } = *delay;
    let (way, seconds) = (way.name(), waited_ms / 1_000);
    let text = match stalled {
        true => Text::<64>::format(format_args!("{waiting} wait for the {way}, since {seconds} s")),
        false => Text::format(format_args!("they reach the {way} again")),
    };
    alert(AlertKind::AlertsLate, Scope::Platform, text.as_str(), out);
}

fn alert(kind: AlertKind, scope: Scope, text: &str, out: &mut impl FnMut(ToOrders)) {
    alert_on(kind, scope, ClOrdId::NONE, text, out);
}

fn alert_on(
    kind: AlertKind,
    scope: Scope,
    cl_ord_id: ClOrdId,
    text: &str,
    out: &mut impl FnMut(ToOrders),
) {
    let text = Text::new(text);
    let alert = Alert { kind, scope, cl_ord_id, ord_status: None, text };
    out(ToOrders::Effect(Effect::Alert(alert)));
}
