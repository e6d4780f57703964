//! The control plane's picture of the platform, built from the journal and nothing else.
//!
//! It takes in the two streams in the order of their sequence numbers, each input before its effects,
//! and keeps what people ask about. All its tables are bounded: definitions by the core's own
//! bounds, histories by the constants below.

mod bots;
mod disconnects;
mod doubts;
mod drop_copies;
mod explain;
mod fix;
mod limits;
mod market;
mod orders;
mod pnl;
mod readiness;
mod reconciliation;
mod risk;
mod snapshot;
#[cfg(test)]
mod tests;
mod watch;

use crate::api::Counts;
use bots::BotState;
use drop_copies::DropCopies;
use fix::FixSessions;
use gauntlet_model::desk::{DeskPlace, OWNERS_MAX, definition};
use gauntlet_model::effect::{
    Alert, DeskOpened, DoubtChanged, Effect, KillChanged, MessageSent, OrderChanged, OrderState,
    OutboundKind, Reject, RejectCode, Signal,
};
use gauntlet_model::ids::{ACCOUNTS_MAX, BotId, INSTRUMENTS_MAX};
use gauntlet_model::input::{
    AccountDefinition, BrokerDefinition, BrokerTerms, Command, CommandKind, ExecType, FeedEvent,
    Input, InstrumentDefinition, Route, RouteTable, RunStart, Scope, Sequenced, SessionChange,
    SessionEvent, TicketKind,
};
use gauntlet_model::units::UnixNanos;
use limits::Limits;
use market::InstrumentState;
use orders::OrderBook;
use pnl::PnlHistory;
use readiness::ClockWatch;
pub use readiness::{AHEAD_MAX_NS, LATE_MAX_NS, Obstacle};
use reconciliation::Reconciliation;
pub use snapshot::Depth;
use std::collections::VecDeque;
use watch::Watch;

/// Finished orders that are kept.
pub const FINISHED_MAX: usize = 500;
/// Signals, refusals and alerts that are kept, of each.
pub const NOTES_MAX: usize = 200;
/// Points of the profit-and-loss history.
pub const PNL_POINTS_MAX: usize = 360;

/// Something with its place in the stream.
#[derive(Clone, Copy, Debug)]
struct Noted<T> {
    seq: u64,
    time: UnixNanos,
    what: T,
}

/// The last few of something.
#[derive(Debug)]
struct Recent<T> {
    max: usize,
    items: VecDeque<T>,
}

impl<T> Recent<T> {
    fn new(max: usize) -> Recent<T> {
        Recent { max, items: VecDeque::with_capacity(max) }
    }

    fn push(&mut self, item: T) {
        if self.items.len() == self.max {
            self.items.pop_front();
        }
        self.items.push_back(item);
    }

    fn newest_first(&self) -> impl Iterator<Item = &T> {
        self.items.iter().rev()
    }
}

/// A feed's last word, and whether data flows by it.
#[derive(Clone, Copy, Debug)]
struct FeedState {
    last: Noted<FeedEvent>,
    flows: bool,
}

/// A kill in force.
#[derive(Clone, Copy, Debug)]
struct KillState {
    seq: u64,
    since: UnixNanos,
    change: KillChanged,
    /// Whether nothing leaves under it, no exit either.
    frozen: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Projection {
    seq: u64,
    time: UnixNanos,
    run: Option<Noted<RunStart>>,
    /// The configuration that was accepted last.
    accepted: Option<[u8; 32]>,
    /// The input that asked for an orderly stop of this run.
    stop: Option<u64>,
    accounts: Vec<Option<AccountDefinition>>,
    instruments: Vec<InstrumentState>,
    bots: Vec<BotState>,
    feeds: Vec<FeedState>,
    clock: ClockWatch,
    /// By route: the last word of its session in this run.
    sessions: RouteTable<Option<Noted<SessionEvent>>>,
    /// By route: the broker's name.
    brokers: RouteTable<Option<BrokerDefinition>>,
    /// By route: what its broker does by itself.
    broker_terms: RouteTable<Option<BrokerTerms>>,
    kills: Vec<KillState>,
    doubts: Vec<Noted<DoubtChanged>>,
    reconciliation: Reconciliation,
    drop_copies: DropCopies,
    fix: FixSessions,
    limits: Limits,
    watch: Watch,
    orders: OrderBook,
    signals: Recent<Noted<Signal>>,
    rejects: Recent<Noted<Reject>>,
    alerts: Recent<Noted<Alert>>,
    rejects_by_code: [u64; RejectCode::ALL.len()],
    counts: Counts,
    pnl: PnlHistory,
}

impl Default for Projection {
    fn default() -> Self {
        Projection::new()
    }
}

impl Projection {
    /// A picture of nothing.
    pub fn new() -> Projection {
        Projection {
            seq: 0,
            time: UnixNanos(0),
            run: None,
            accepted: None,
            stop: None,
            accounts: Vec::new(),
            instruments: Vec::new(),
            bots: Vec::new(),
            feeds: Vec::new(),
            clock: ClockWatch::default(),
            sessions: RouteTable::default(),
            brokers: RouteTable::default(),
            broker_terms: RouteTable::default(),
            kills: Vec::new(),
            doubts: Vec::new(),
            reconciliation: Reconciliation::default(),
            drop_copies: DropCopies::default(),
            fix: FixSessions::default(),
            limits: Limits::default(),
            watch: Watch::default(),
            orders: OrderBook::new(),
            signals: Recent::new(NOTES_MAX),
            rejects: Recent::new(NOTES_MAX),
            alerts: Recent::new(NOTES_MAX),
            rejects_by_code: [0; RejectCode::ALL.len()],
            counts: Counts::default(),
            pnl: PnlHistory::new(),
        }
    }

    /// The input of the last alert; 0 before the first.
    pub fn last_alert(&self) -> u64 {
        self.alerts.newest_first().next().map_or(0, |noted| noted.seq)
    }

    /// The last input's number.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// What was counted so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn define_instrument(&mut self, definition: &InstrumentDefinition) {
        if let Some(state) = entry(&mut self.instruments, definition.instrument.0) {
            let before = state.definition.replace(*definition);
            if before.is_some_and(|before| before.symbol != definition.symbol) {
                self.limits.forget_volatility(definition.instrument);
            }
        }
    }

    /// Takes in an input.
    pub fn on_input(&mut self, sequenced: &Sequenced) {
        (self.seq, self.time) = (sequenced.seq, sequenced.time);
        self.counts.inputs += 1;
        self.fix.on_input(&sequenced.input, sequenced.time);
        match &sequenced.input {
            Input::Mbo(_)
            | Input::Quote(_)
            | Input::Level(_)
            | Input::Trade(_)
            | Input::Ohlcv(_) => {
                self.counts.market_data += 1;
                self.clock.look(&sequenced.input, sequenced.time);
            }
            Input::Feed(event) => self.on_feed(event),
            Input::Execution(report) if report.exec_type == ExecType::New => {
                self.counts.acks += u64::from(self.orders.acknowledge(report.cl_ord_id));
            }
            Input::CancelReject(_) => self.counts.cancel_rejects += 1,
            Input::Session(event) => self.on_session(event),
            Input::Timer(timer) => self.on_timer(timer.second),
            Input::Command(command) => self.on_command(command),
            Input::Instrument(definition) => self.define_instrument(definition),
            Input::Account(definition) => {
                if let Some(state) = entry(&mut self.accounts, definition.account.0) {
                    *state = Some(*definition);
                }
            }
            Input::Bot(definition) => {
                if let Some(state) = entry(&mut self.bots, definition.bot.0) {
                    state.define(definition);
                }
            }
            Input::RunStart(run) => self.on_run_start(run),
            Input::RuleText(part) => {
                if let Some(state) = entry(&mut self.bots, part.bot.0) {
                    state.rules.take(part);
                }
            }
            Input::Adoption(adoption) => self.orders.asked(sequenced.seq, adoption.actor),
            Input::Ticket(ticket) if ticket.kind == TicketKind::New => {
                self.orders.asked(sequenced.seq, ticket.actor);
            }
            Input::ContractRule(rule) => {
                let now = self.time;
                if let Some(state) = entry(&mut self.instruments, rule.instrument.0) {
                    state.ends(rule, now);
                }
            }
            Input::Roll(roll) => {
                let seq = self.seq;
                if let Some(state) = entry(&mut self.bots, roll.bot.0) {
                    state.rolls(seq, roll);
                }
            }
            Input::Listing(listing) => {
                let now = self.time;
                if let Some(state) = entry(&mut self.instruments, listing.instrument.0) {
                    state.hears_end(listing.expiration, now);
                }
            }
            Input::RiskLimits(limits) => self.limits.tell(limits),
            Input::AccountWatch(limits) => self.watch.tell(limits),
            Input::ContractTerms(terms) => self.limits.tell_terms(terms),
            Input::BrokerTerms(terms) => self.broker_terms[terms.route] = Some(*terms),
            Input::Broker(definition) => self.brokers[definition.route] = Some(*definition),
            // What else people ask about is of drop copies.
            other => self.drop_copies.on_input(self.seq, self.time, other),
        }
    }

    fn on_feed(&mut self, event: &FeedEvent) {
        let last = Noted { seq: self.seq, time: self.time, what: *event };
        let known = self.feeds.iter_mut().find(|feed| feed.last.what.feed == event.feed);
        let flows = readiness::flows(known.as_ref().is_some_and(|feed| feed.flows), event);
        match known {
            Some(feed) => *feed = FeedState { last, flows },
            // A feed is named by one byte, so there are 256 at most.
            None => self.feeds.push(FeedState { last, flows }),
        }
    }

    fn on_session(&mut self, event: &SessionEvent) {
        if event.route.is_broker() && event.change != SessionChange::MessageRejected {
            self.sessions[event.route] =
                Some(Noted { seq: self.seq, time: self.time, what: *event });
        }
    }

    fn on_timer(&mut self, second: u64) {
        self.clock.second();
        let now = self.time;
        self.instruments.iter_mut().for_each(|state| state.settle_end(now));
        let (broker, simulated) = (self.pnl_of(Route::is_broker), self.pnl_of(Route::is_simulated));
        self.pnl.record(second, broker.total(), simulated.total());
    }

    fn on_command(&mut self, command: &Command) {
        match command.kind {
            CommandKind::Stop if command.scope == Scope::Platform => self.stop = Some(self.seq),
            CommandKind::AcceptConfiguration
                if !command.actor.is_empty() && !command.reason.is_empty() =>
            {
                self.accepted = self.run.map(|run| run.what.config_hash).or(self.accepted);
            }
            _ => {}
        }
    }

    fn on_run_start(&mut self, run: &RunStart) {
        if self.accepted.is_none() || run.run <= 1 {
            self.accepted = Some(run.config_hash);
        }
        self.run = Some(Noted { seq: self.seq, time: self.time, what: *run });
        self.stop = None;
        self.limits.begin();
        self.watch.begin();
        self.sessions = RouteTable::default();
        self.reconciliation.begin();
        self.drop_copies.begin();
        self.fix.begin();
        self.brokers = RouteTable::default();
        self.broker_terms = RouteTable::default();
        self.feeds.clear();
        self.clock = ClockWatch::default();
        self.instruments.iter_mut().for_each(|state| state.end = None);
        self.bots.iter_mut().for_each(BotState::begin);
    }

    /// Takes in an effect of an input that was taken in before. `time` is the input's.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of effect")]
    pub fn on_effect(&mut self, cause: u64, time: UnixNanos, effect: &Effect) {
        self.counts.effects += 1;
        match effect {
            Effect::Bar(bar) => self.on_bar(bar),
            Effect::Signal(signal) => {
                self.counts.signals += 1;
                let noted = Noted { seq: cause, time, what: *signal };
                if let Some(bot) = self.bot_mut(signal.bot) {
                    bot.last_signal = Some(noted);
                }
                self.signals.push(noted);
            }
            Effect::Intent(intent) => {
                self.counts.intents += 1;
                if let Some(bot) = self.bot_mut(intent.bot) {
                    bot.last_intent = Some(Noted { seq: cause, time, what: *intent });
                }
            }
            Effect::Decision(decision) => {
                if let Some(bot) = self.bot_mut(decision.bot) {
                    bot.last_decision = Some(Noted { seq: cause, time, what: *decision });
                }
            }
            Effect::Exits(levels) => {
                if let Some(bot) = self.bot_mut(levels.bot) {
                    bot.exits = Some(Noted { seq: cause, time, what: *levels });
                }
            }
            Effect::Reject(reject) => {
                self.counts.rejects += 1;
                self.rejects_by_code[reject.code as usize] += 1;
                let noted = Noted { seq: cause, time, what: *reject };
                if let Some(bot) = self.bot_mut(reject.bot) {
                    bot.rejects += 1;
                    bot.last_reject = Some(noted);
                }
                self.rejects.push(noted);
            }
            Effect::Order(change) => self.on_order(time, change),
            Effect::Position(position) => {
                if let Some(bot) = self.bot_mut(position.bot) {
                    bot.position = Some(*position);
                }
            }
            Effect::Terms(terms) => self.orders.note_terms(terms),
            Effect::Adopted(adopted) => self.orders.note_adopted(adopted),
            Effect::Identity(identity) => self.orders.note_identity(identity),
            Effect::Parent(parent) => self.orders.note_parent(parent),
            Effect::Desk(opened) => {
                let DeskOpened { desk, account, instrument, route } = *opened;
                let definition = definition(desk, DeskPlace { account, instrument, route });
                if let Some(bot) = self.bot_mut(desk) {
                    bot.define(&definition);
                }
            }
            Effect::Outbound(message) => match message.kind {
                OutboundKind::New => {
                    self.orders.note_message(message);
                    self.counts.orders += 1;
                    if let Some(bot) = self.bot_mut(message.bot) {
                        bot.orders += 1;
                    }
                }
                OutboundKind::Cancel => self.counts.cancels += 1,
                OutboundKind::Replace => self.counts.replaces += 1,
                OutboundKind::StatusRequest => self.counts.status_requests += 1,
            },
            Effect::Kill(change) => self.on_kill(cause, time, change),
            Effect::Freeze(change) => {
                let mut kills = self.kills.iter_mut();
                if let Some(kill) = kills.find(|kill| kill.change.scope == change.scope) {
                    kill.frozen = change.active;
                }
            }
            Effect::Ruling(ruling) => {
                if let Some(bot) = self.bot_mut(ruling.bot) {
                    bot.rule(ruling.definition, ruling.ruling);
                }
            }
            Effect::Doubt(change) => self.on_doubt(cause, time, change),
            Effect::Enquiry(_) => {}
            Effect::EnquiryEnded(ended) => self.reconciliation.on_ended(cause, time, ended),
            Effect::Break(what) => self.reconciliation.on_break(cause, time, what),
            Effect::Breaker(change) => self.watch.on_breaker(cause, time, change),
            Effect::Messages(usage) => self.watch.on_messages(usage),
            Effect::Limit(changed) => self.limits.on_change(changed),
            Effect::Usage(usage) => self.limits.on_usage(usage),
            Effect::Loss(loss) => self.limits.on_loss(Noted { seq: cause, time, what: *loss }),
            // What it books comes as a correction, and moves what that moves.
            Effect::Booking(_) => {}
            Effect::MarketBlock(block) => {
                if let Some(state) = entry(&mut self.instruments, block.instrument.0) {
                    state.block(block);
                }
            }
            Effect::Mark(mark) => {
                if let Some(state) = entry(&mut self.instruments, mark.instrument.0) {
                    state.mark = Some(Noted { seq: cause, time, what: *mark });
                }
            }
            Effect::Quality(quality) => {
                if let Some(state) = entry(&mut self.instruments, quality.instrument.0) {
                    state.quality = Some(*quality);
                }
            }
            Effect::Alert(alert) => {
                self.counts.alerts += 1;
                self.alerts.push(Noted { seq: cause, time, what: *alert });
            }
        }
    }

    /// Takes in a message that a broker session sent.
    pub fn on_sent(&mut self, sent: &MessageSent) {
        self.counts.messages_sent += 1;
        self.fix.on_sent(sent);
    }

    /// Takes in a message that the session of a drop copy sent.
    pub fn on_copy_sent(&mut self, sent: &MessageSent) {
        self.counts.messages_sent += 1;
        self.fix.on_copy_sent(sent);
    }

    fn on_order(&mut self, time: UnixNanos, change: &OrderChanged) {
        let heard = self.orders.change(time, change);
        self.counts.acks += u64::from(heard.acknowledged);
        if change.last_qty > 0 {
            self.counts.fills += 1;
            self.counts.contracts += u64::from(change.last_qty);
            if let Some(bot) = self.bot_mut(change.bot) {
                bot.fills += 1;
            }
        }
        if heard.finished {
            match change.state {
                OrderState::Filled => self.counts.orders_filled += 1,
                OrderState::Canceled => self.counts.orders_canceled += 1,
                OrderState::Rejected => self.counts.orders_rejected += 1,
                _ => self.counts.orders_expired += 1,
            }
        }
    }

    /// An orderly stop tells itself as a kill of the platform, but ends with its run.
    fn on_kill(&mut self, cause: u64, since: UnixNanos, change: &KillChanged) {
        if change.active && self.stop == Some(cause) {
            return;
        }
        let known = self.kills.iter().position(|kill| kill.change.scope == change.scope);
        match (known, change.active) {
            (None, true) => {
                let kill = KillState { seq: cause, since, change: *change, frozen: false };
                self.kills.push(kill);
            }
            (Some(index), true) => self.kills[index].change = *change,
            (Some(index), false) => {
                self.kills.remove(index);
            }
            (None, false) => {}
        }
    }

    fn bot_mut(&mut self, bot: BotId) -> Option<&mut BotState> {
        entry(&mut self.bots, bot.0)
    }
}

/// A row of a table of the core's, which bounds it.
trait Row: Default {
    const MAX: usize;
}

impl Row for BotState {
    const MAX: usize = OWNERS_MAX;
}

impl Row for InstrumentState {
    const MAX: usize = INSTRUMENTS_MAX;
}

impl Row for Option<AccountDefinition> {
    const MAX: usize = ACCOUNTS_MAX;
}

/// The row of an index, made if it is new; `None` outside of the table.
fn entry<T: Row>(table: &mut Vec<T>, index: u16) -> Option<&mut T> {
    let index = usize::from(index);
    if index >= T::MAX {
        return None;
    }
    if index >= table.len() {
        table.resize_with(index + 1, T::default);
    }
    table.get_mut(index)
}
