//! Journal records in words.

use super::adoption::{adopted, foreign_order};
use super::drop_copy::{copy_session, copy_terms};
use super::merged::{Record, What};
use super::reconciliation::{broker_terms, enquiry_answer};
use super::stated::decisions_accepted;
use super::tickets;
use crate::format::{many, signed, time};
use gauntlet_journal::EffectEntry;
use gauntlet_model::desk::{DeskPlace, Desks};
use gauntlet_model::effect::{
    Alert, Bar, BotRuling, Decision, DeskOpened, Effect, ExitLevels, FreezeChanged, Intent,
    KillChanged, Mark, MarketBlock, MarketQuality, MessageSent, OrderChanged, OutboundKind,
    OutboundRecord, PositionChanged, Reject, Ruling, Said, Signal, SizeCap, Urgency,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, AlertDelay, BookAction, BotDefinition, BotRoll, BrokerDefinition,
    CalendarDay, CancelReject, Command, CommandKind, ContractRule, ExecutionReport, ExternalSignal,
    FeedEvent, Input, InstrumentDefinition, Level, Listing, Mbo, NumbersSet, Ohlcv, OrderKill,
    Quote, RuleText, RunStart, Scope, SessionEvent, TopOfBook, Trade, UserKill,
};
use gauntlet_model::instrument::Group;
use gauntlet_model::text::Text;
use gauntlet_model::units::Side;
use std::fmt::Debug;

/// The names of what records number, as far as they were defined.
#[derive(Default)]
pub struct Names {
    instruments: Vec<Option<Text<24>>>,
    accounts: Vec<Option<Text<24>>>,
    bots: Vec<Option<Text<32>>>,
    desks: Desks,
}

impl Names {
    /// Takes a definition's name in.
    pub fn learn(&mut self, record: &Record) {
        let What::Input(sequenced) = &record.what else { return };
        match &sequenced.input {
            Input::Instrument(d) => set(&mut self.instruments, d.instrument.0, d.symbol),
            Input::Account(d) => set(&mut self.accounts, d.account.0, d.name),
            Input::Bot(d) => set(&mut self.bots, d.bot.0, d.name),
            input @ (Input::Ticket(_) | Input::Adoption(_)) => self.desks.on_input(input),
            _ => {}
        }
    }

    /// The record in words.
    pub fn describe(&self, record: &Record) -> String {
        match &record.what {
            What::Input(sequenced) => self.input(&sequenced.input),
            What::Effect(_, EffectEntry::Effect(effect)) => self.effect(effect),
            What::Effect(_, EffectEntry::Sent(sent)) => message_sent(sent),
            What::Effect(_, EffectEntry::CopySent(sent)) => {
                format!("drop copy of {}", message_sent(sent))
            }
        }
    }

    fn input(&self, input: &Input) -> String {
        match input {
            Input::Mbo(mbo) => self.mbo(mbo),
            Input::Quote(quote) => self.quote(quote),
            Input::Level(level) => self.level(level),
            Input::Trade(trade) => self.trade(trade),
            Input::Ohlcv(bar) | Input::History(bar) => self.seconds(bar),
            Input::Status(status) => {
                format!("{} {}", self.symbol(status.instrument), words(&status.state))
            }
            Input::Listing(listing) => self.listing(listing),
            Input::Feed(FeedEvent { feed, change, detail }) => {
                format!("{feed} {}{}", words(change), why(detail))
            }
            Input::Execution(report) => self.execution(report),
            Input::CancelReject(reject) => cancel_reject(reject),
            Input::Session(event) => Self::session(event),
            Input::Timer(timer) => format!("second {}", timer.second),
            Input::Command(command) => self.command(command),
            Input::OrderKill(OrderKill { order, actor, reason }) => {
                format!("kill order {order} by {actor}{}", why(reason))
            }
            Input::AlertDelay(delay) => alert_delay(delay),
            Input::UserKill(UserKill { user, kind, actor, reason }) => {
                format!("{} user {user} by {actor}{}", Self::verb(*kind), why(reason))
            }
            Input::NumbersSet(set) => numbers_set(set),
            Input::Instrument(definition) => instrument(definition),
            Input::Account(definition) => account(definition),
            Input::Bot(definition) => self.bot_definition(definition),
            Input::RunStart(run) => run_start(run),
            Input::RuleText(RuleText { bot, part, parts, text }) => {
                format!("{} rules {} of {parts}: {text:?}", self.bot(*bot), u32::from(*part) + 1)
            }
            Input::External(signal) => self.external(signal),
            Input::Broker(BrokerDefinition { route, name, .. }) => {
                format!("{name} by route {}", route.number())
            }
            Input::CalendarDay(day) => calendar_day(day),
            Input::RiskLimits(limits) => self.limits(limits),
            Input::LimitChange(change) => self.limit_change(change),
            Input::ContractTerms(terms) => self.contract_terms(terms),
            Input::Correction(correction) => self.correction(correction),
            Input::Unusable(report) => self.unusable(report),
            Input::Ticket(ticket) => tickets::words(self, ticket),
            Input::ForeignOrder(order) => foreign_order(order),
            Input::Adoption(adoption) => self.adoption(adoption),
            Input::BrokerTerms(terms) => broker_terms(terms),
            Input::BrokerOrder(line) => self.broker_order(line),
            Input::BrokerPosition(line) => self.broker_position(line),
            Input::EnquiryAnswer(answer) => enquiry_answer(answer),
            Input::DecisionsAccepted(accepted) => decisions_accepted(accepted),
            Input::Stated(stated) => self.stated(stated),
            Input::AccountWatch(limits) => self.account_watch(limits),
            Input::Identity(identity) => self.identity(identity),
            Input::StatedOrder(stated) => self.stated_order(stated),
            Input::StatedLoss(stated) => self.stated_loss(stated),
            Input::StatedParent(stated) => self.stated_parent(stated),
            Input::Copied(report) => self.copied(report),
            Input::CopySession(event) => copy_session(event),
            Input::CopyTerms(terms) => copy_terms(terms),
            Input::Balance(line) => self.balance(line),
            Input::CashTerms(terms) => self.cash_terms(terms),
            Input::ContractRule(rule) => self.contract_rule(rule),
            Input::Roll(BotRoll { bot, to, from }) => {
                format!("{} goes on in {} from {from}", self.bot(*bot), self.symbol(*to))
            }
        }
    }

    fn level(&self, level: &Level) -> String {
        let Level { instrument, side: s, price, size, count, sequence, .. } = level;
        let (symbol, side) = (self.symbol(*instrument), side(*s));
        format!("{symbol} {side} level {size} @ {price} by {count}, sequence {sequence}")
    }

    fn trade(&self, trade: &Trade) -> String {
        let Trade { instrument, side, price, size, sequence, .. } = trade;
        let (symbol, side) = (self.symbol(*instrument), aggressor(*side));
        format!("{symbol} {side}{size} @ {price}, sequence {sequence}")
    }

    fn seconds(&self, bar: &Ohlcv) -> String {
        let Ohlcv { instrument, seconds, open, high, low, close, volume, .. } = bar;
        let bar = format!("open {open} high {high} low {low} close {close}");
        format!("{} {seconds} s: {bar} volume {volume}", self.symbol(*instrument))
    }

    fn session(event: &SessionEvent) -> String {
        let SessionEvent { route, change, msg_seq_num, reset, detail, .. } = event;
        let reset = if *reset { ", numbers reset" } else { "" };
        let number = number(*msg_seq_num);
        format!("{} {}{number}{reset}{}", route.name(), words(change), why(detail))
    }

    fn contract_rule(&self, rule: &ContractRule) -> String {
        let days = |days: u8| match days {
            ContractRule::OF_PRODUCT => "its product's days".to_owned(),
            days => many(u64::from(days), "day"),
        };
        let ContractRule { instrument, no_opening_days, out_days, .. } = rule;
        let (no_opening, gone) = (days(*no_opening_days), days(*out_days));
        let symbol = self.symbol(*instrument);
        format!(
            "{symbol} opens nothing from {no_opening} before its end, out from {gone} before it"
        )
    }

    fn mbo(&self, mbo: &Mbo) -> String {
        let symbol = self.symbol(mbo.instrument);
        let action = words(&mbo.action);
        if matches!(mbo.action, BookAction::Clear | BookAction::None) {
            return format!("{symbol} {action}, sequence {}", mbo.sequence);
        }
        let Mbo { price, size, order_id, sequence, .. } = mbo;
        let side = aggressor(mbo.side);
        format!("{symbol} {action} {side}{size} @ {price}, order {order_id}, sequence {sequence}")
    }

    fn quote(&self, quote: &Quote) -> String {
        let symbol = self.symbol(quote.instrument);
        let trade = match quote.action {
            BookAction::Trade => {
                format!("trade {}{} @ {}, ", aggressor(quote.side), quote.size, quote.price)
            }
            _ => String::new(),
        };
        format!("{symbol} {trade}{}, sequence {}", top(&quote.top), quote.sequence)
    }

    fn listing(&self, listing: &Listing) -> String {
        let Listing { instrument, tick, unit_qty, tick_amount, currency, .. } = listing;
        let Listing { high_limit, low_limit, expiration, .. } = listing;
        format!(
            "{} tick {tick}, {unit_qty} units a contract, {tick_amount} a tick, {currency}, limits \
             {low_limit} to {high_limit}, expires {}",
            self.symbol(*instrument),
            time(&expiration.to_string()),
        )
    }

    fn execution(&self, report: &ExecutionReport) -> String {
        let ExecutionReport { route, cl_ord_id, exec_id, cum_qty, leaves_qty, order_qty, .. } =
            report;
        let fill = match report.last_qty {
            0 => String::new(),
            qty => format!(" {qty} @ {}", report.last_px),
        };
        let symbol = report.instrument.map_or_else(|| "?".to_owned(), |i| self.symbol(i));
        let bot = if cl_ord_id.is_some() { self.bot(cl_ord_id.bot()) } else { "?".to_owned() };
        let again = if report.poss_dup { ", possibly again" } else { "" };
        let kind = words(&report.exec_type);
        let status = words(&report.ord_status);
        format!(
            "{} {bot} {kind}{fill}: {} {order_qty} {symbol} {status}, {cum_qty} filled, {leaves_qty} \
             left, order {cl_ord_id}, exec {exec_id}{}{again}{}",
            route.name(),
            side(report.side),
            number(report.msg_seq_num),
            why(&report.text)
        )
    }

    fn command(&self, command: &Command) -> String {
        let (verb, scope) = (Self::verb(command.kind), self.scope(command.scope));
        format!("{verb} {scope} by {}{}", command.actor, why(&command.reason))
    }

    fn bot_definition(&self, bot: &BotDefinition) -> String {
        let BotDefinition { name, order_qty, max_order_qty, max_position, stage_cap, .. } = bot;
        format!(
            "{name} {} {} on {} for {}{}, {}: quantity {order_qty}, most {max_order_qty} an order, \
             {max_position} held, {stage_cap} for its stage",
            bot.stage.name(),
            bot.archetype.name(),
            self.symbol(bot.instrument),
            self.account(bot.account),
            if bot.enabled { "" } else { ", disabled" },
            bot.session.name(),
        )
    }

    fn external(&self, signal: &ExternalSignal) -> String {
        let ExternalSignal { source, direction, strength, confidence, ttl_seconds, .. } = signal;
        let of = signal.instrument.map_or_else(|| "everything".to_owned(), |i| self.symbol(i));
        let id = if signal.id.is_empty() { String::new() } else { format!(", id {}", signal.id) };
        format!(
            "{} {} {of}, strength {strength:.2}, confidence {confidence:.2}, for {ttl_seconds} s \
             from {}{id}{}",
            source.name(),
            toward(*direction),
            signal.published,
            why(&signal.text)
        )
    }

    fn decision(&self, decision: &Decision) -> String {
        let Decision { bot, said, outcome, score, target, sized, cap, .. } = decision;
        let said = match said {
            Said::Nothing => String::new(),
            said => format!(", its rules say {}", said.name()),
        };
        let capped = match cap {
            SizeCap::None => String::new(),
            cap => format!(", {sized} wanted but for {}", cap.name()),
        };
        let (bot, target) = (self.bot(*bot), signed((*target).into()));
        let outcome = words(outcome);
        format!("{bot} {outcome}: {target}, score {score:.2}{said}{capped}")
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of record")]
    fn effect(&self, effect: &Effect) -> String {
        match effect {
            Effect::Bar(Bar {
                instrument,
                kind,
                session,
                gap,
                open,
                high,
                low,
                close,
                volume,
                ..
            }) => {
                let prices = format!("open {open} high {high} low {low} close {close}");
                let (symbol, session) = (self.symbol(*instrument), session.name());
                let gap = if *gap { ", after a gap" } else { "" };
                format!("{symbol} {kind} {session}: {prices} volume {volume}{gap}")
            }
            Effect::Signal(Signal { bot, source, direction, strength, confidence, .. }) => {
                let (bot, source, direction) = (self.bot(*bot), source.name(), toward(*direction));
                let sure = format!("strength {strength:.2}, confidence {confidence:.2}");
                format!("{bot} {source} {direction}, {sure}")
            }
            Effect::Decision(decision) => self.decision(decision),
            Effect::Exits(levels) => {
                let ExitLevels { bot, stop, target, trailing, break_even, bars_left, .. } = levels;
                let armed = if levels.break_even_armed { " (armed)" } else { "" };
                let left = match bars_left {
                    0 => String::new(),
                    bars => format!(", {} left", many(u64::from(*bars), "bar")),
                };
                format!(
                    "{} gives back at stop {stop}, target {target}, trailing {trailing}, break-even \
                     {break_even}{armed}{left}",
                    self.bot(*bot)
                )
            }
            Effect::Loss(loss) => self.loss(loss),
            Effect::Usage(usage) => self.usage(usage),
            Effect::Limit(changed) => self.limit_changed(changed),
            Effect::Ruling(BotRuling { bot, definition, ruling }) => {
                let bot = self.bot(*bot);
                match ruling {
                    Ruling::Waits => {
                        format!("{bot}: definition {definition} waits until it is flat")
                    }
                    Ruling::InForce => format!("{bot}: definition {definition} is in force"),
                    Ruling::Refused => format!("{bot}: definition {definition} is refused"),
                }
            }
            Effect::Intent(Intent { bot, target, urgency, reason, score }) => {
                let urgency = match urgency {
                    Urgency::Passive => "passive",
                    Urgency::Aggressive => "aggressive",
                };
                let (bot, reason) = (self.bot(*bot), reason.name());
                let target = signed((*target).into());
                format!("{bot} wants {target}, {urgency}, {reason}, score {score:.2}")
            }
            Effect::Reject(Reject { bot, code, side: s, qty, price, limit, value }) => {
                let (bot, code, side) = (self.bot(*bot), code.name(), side(*s));
                format!(
                    "{bot} {side} {qty} @ {price} refused: {code}, limit {limit}, value {value}"
                )
            }
            Effect::Order(order) => self.order(order),
            Effect::Position(PositionChanged {
                bot, instrument, qty, realized, volume, ..
            }) => {
                let (bot, symbol) = (self.bot(*bot), self.symbol(*instrument));
                let qty = signed((*qty).into());
                format!("{bot} holds {qty} {symbol}, realized {realized}, volume {volume}")
            }
            Effect::Outbound(message) => self.outbound(message),
            Effect::Kill(KillChanged { scope, active, flatten, actor, reason, orders }) => {
                let change = match (active, flatten) {
                    (true, false) => "killed",
                    (true, true) => "killed and flattened",
                    (false, _) => "unkilled",
                };
                let (scope, why) = (self.scope(*scope), why(reason));
                let orders = many((*orders).into(), "working order");
                format!("{scope} {change} by {actor}{why}, {orders} to cancel")
            }
            Effect::Freeze(FreezeChanged { scope, active }) => {
                let change = if *active { "frozen: exits stop too" } else { "not frozen any more" };
                format!("{} {change}", self.scope(*scope))
            }
            Effect::MarketBlock(MarketBlock { instrument, fault, blocked }) => {
                let change = if *blocked { "blocked" } else { "allowed again" };
                format!("{} {change}: {}", self.symbol(*instrument), fault.name())
            }
            Effect::Mark(Mark { instrument, top: t, last, sequence, messages }) => {
                let (symbol, top) = (self.symbol(*instrument), top(t));
                format!("{symbol} {top}, last {last}, sequence {sequence}, {messages} messages")
            }
            Effect::Quality(quality) => self.quality(quality),
            Effect::Doubt(doubt) => self.doubt(doubt),
            Effect::Enquiry(enquiry) => self.enquiry(enquiry),
            Effect::EnquiryEnded(ended) => self.enquiry_ended(ended),
            Effect::Break(what) => self.difference(what),
            Effect::Breaker(change) => self.breaker(change),
            Effect::Messages(usage) => self.messages(usage),
            Effect::Identity(identity) => self.order_identity(identity),
            Effect::Booking(booking) => self.booking(booking),
            Effect::Adopted(order) => adopted(self, order),
            Effect::Terms(terms) => tickets::terms(terms),
            Effect::Parent(parent) => tickets::parent(self, parent),
            Effect::Desk(DeskOpened { desk, account, instrument, .. }) => format!(
                "{} opened for {} in {}",
                self.bot(*desk),
                self.account(*account),
                self.symbol(*instrument)
            ),
            Effect::Alert(Alert { kind, scope, cl_ord_id, text, .. }) => {
                let order = order_of(*cl_ord_id);
                format!("{} at {}{order}{}", kind.name(), self.scope(*scope), why(text))
            }
        }
    }

    fn quality(&self, quality: &MarketQuality) -> String {
        let MarketQuality { instrument, ignored, out_of_sequence, off_band, bad_prices, .. } =
            quality;
        let MarketQuality { backward_times, implausible_times, malformed, late_trades, .. } =
            quality;
        format!(
            "{} so far: {ignored} ignored, {out_of_sequence} out of sequence, {off_band} off band, \
             {bad_prices} bad prices, {backward_times} backward times, {implausible_times} \
             implausible times, {malformed} malformed, {late_trades} late trades, {} unknown orders",
            self.symbol(*instrument),
            quality.unknown_orders,
        )
    }

    fn order(&self, order: &OrderChanged) -> String {
        let OrderChanged { cl_ord_id, qty, price, cum_qty, leaves_qty, .. } = order;
        let fill = match order.last_qty {
            0 => String::new(),
            last => format!(" by {last} @ {}", order.last_px),
        };
        format!(
            "{} {} {qty} {} @ {price} {}{fill}, {cum_qty} filled, {leaves_qty} left, order {cl_ord_id}, {}",
            self.bot(order.bot),
            side(order.side),
            self.symbol(order.instrument),
            order.state.name(),
            order.route.name(),
        )
    }

    fn outbound(&self, message: &OutboundRecord) -> String {
        let OutboundRecord { cl_ord_id, orig_cl_ord_id, qty, price, .. } = message;
        let kind = match message.kind {
            OutboundKind::New => "new",
            OutboundKind::Cancel => "cancel",
            OutboundKind::Replace => "replace",
            OutboundKind::StatusRequest => "status request",
        };
        let life = message.time_in_force.name();
        let orig = match orig_cl_ord_id.is_some() {
            true => format!(" of {orig_cl_ord_id}"),
            false => String::new(),
        };
        format!(
            "{} {} {kind}{orig}: {} {qty} {} @ {price} {life}, order {cl_ord_id}",
            message.route.name(),
            self.bot(message.bot),
            side(message.side),
            self.symbol(message.instrument),
        )
    }

    pub(super) fn scope(&self, scope: Scope) -> String {
        match scope {
            Scope::Platform => "platform".to_owned(),
            Scope::Account(account) => format!("account:{}", self.account(account)),
            Scope::Bot(bot) => format!("bot:{}", self.bot(bot)),
            Scope::Instrument(instrument) => format!("instrument:{}", self.symbol(instrument)),
            Scope::Route(route) => format!("venue:{}", route.name()),
        }
    }

    pub(super) fn symbol(&self, instrument: InstrumentId) -> String {
        get(&self.instruments, instrument.0)
    }

    pub(super) fn account(&self, account: AccountId) -> String {
        get(&self.accounts, account.0)
    }

    fn verb(kind: CommandKind) -> &'static str {
        match kind {
            CommandKind::Kill { flatten: false } => "kill",
            CommandKind::Kill { flatten: true } => "kill and flatten",
            CommandKind::Freeze => "kill and freeze",
            CommandKind::Unkill => "unkill",
            CommandKind::Stop => "stop",
            CommandKind::AcceptConfiguration => "accept configuration",
            CommandKind::ResetBreaker => "reset breaker of",
        }
    }

    pub(super) fn bot(&self, bot: BotId) -> String {
        match bot.is_desk() {
            true => match self.desks.place(bot) {
                Some(DeskPlace { account, instrument, .. }) => {
                    format!("manual:{}/{}", self.account(account), self.symbol(instrument))
                }
                None => format!("manual:#{}", bot.0),
            },
            false => get(&self.bots, bot.0),
        }
    }
}

fn set<const N: usize>(names: &mut Vec<Option<Text<N>>>, index: u16, name: Text<N>) {
    let index = usize::from(index);
    if names.len() <= index {
        names.resize(index + 1, None);
    }
    names[index] = Some(name);
}

fn get<const N: usize>(names: &[Option<Text<N>>], index: u16) -> String {
    let known = names.get(usize::from(index)).copied().flatten();
    known.map_or_else(|| format!("#{index}"), |name| name.to_string())
}

fn alert_delay(delay: &AlertDelay) -> String {
    let AlertDelay { way, stalled, waiting, waited_ms } = delay;
    let way = way.name();
    match stalled {
        true => format!("{waiting} alerts wait for the {way}, the first for {waited_ms} ms"),
        false => format!("alerts reach the {way} again"),
    }
}

fn instrument(definition: &InstrumentDefinition) -> String {
    let InstrumentDefinition { symbol, product, feed, tick, multiplier, limits, .. } = definition;
    let most = format!("{} an order, {} held", limits.max_order_qty, limits.max_position);
    format!(
        "{symbol} ({product}) from feed {feed}, tick {tick}, multiplier {multiplier}: most {most}"
    )
}

fn account(definition: &AccountDefinition) -> String {
    let AccountDefinition { name, max_position, messages_per_second, .. } = definition;
    format!("{name}: most {max_position} held, {messages_per_second} messages a second")
}

fn calendar_day(day: &CalendarDay) -> String {
    let CalendarDay { date, scope, product, close_minute, reason } = day;
    let of = match *scope {
        CalendarDay::OF_PRODUCT => product.to_string(),
        CalendarDay::OF_US_STOCKS => "US stocks".to_owned(),
        group => match Group::ALL.get(usize::from(group)) {
            Some(group) => group.name().to_owned(),
            None => format!("group {group}"),
        },
    };
    let ends = match *close_minute {
        CalendarDay::CLOSED => "no trading day ends".to_owned(),
        minute => format!("closes {:02}:{:02} New York", minute / 60, minute % 60),
    };
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    format!("{of} {year}-{month:02}-{day:02}: {ends}{}", why(reason))
}

fn run_start(run: &RunStart) -> String {
    let hash = gauntlet_readmodel::replay::hex(&run.config_hash[..6]);
    let test = if run.self_test_passed { "passed" } else { "FAILED" };
    let RunStart { run, epoch, version, .. } = run;
    format!(
        "run {run} of epoch {epoch:x}, version {version}, configuration {hash}, self-test {test}"
    )
}

fn cancel_reject(reject: &CancelReject) -> String {
    let CancelReject { route, cl_ord_id, orig_cl_ord_id, reason, .. } = reject;
    let what = if reject.to_replace { "replace" } else { "cancel" };
    format!(
        "{} refused {what} {cl_ord_id} of {orig_cl_ord_id}, order is {}, reason {reason}{}{}",
        route.name(),
        words(&reject.ord_status),
        number(reject.msg_seq_num),
        why(&reject.text)
    )
}

fn message_sent(sent: &MessageSent) -> String {
    let MessageSent { route, msg_seq_num, msg_type, cl_ord_id } = sent;
    format!("{} type {msg_type}, message {msg_seq_num}{}", route.name(), order_of(*cl_ord_id))
}

pub(super) fn order_of(cl_ord_id: ClOrdId) -> String {
    if cl_ord_id.is_some() { format!(", order {cl_ord_id}") } else { String::new() }
}

pub(super) fn number(msg_seq_num: u64) -> String {
    if msg_seq_num > 0 { format!(", message {msg_seq_num}") } else { String::new() }
}

pub(super) fn why<const N: usize>(text: &Text<N>) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn toward(direction: i8) -> &'static str {
    match direction {
        1.. => "long",
        0 => "out",
        _ => "short",
    }
}

pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn aggressor(of: Option<Side>) -> String {
    of.map_or_else(String::new, |of| format!("{} ", side(of)))
}

fn top(top: &TopOfBook) -> String {
    let TopOfBook { bid, ask, bid_size, ask_size } = top;
    format!("{bid} x {bid_size} / {ask} x {ask_size}")
}

/// The words in the name of a variant without fields: `PartiallyFilled` is `partially filled`.
pub(super) fn words(variant: &impl Debug) -> String {
    let name = format!("{variant:?}");
    let mut words = String::with_capacity(name.len() + 4);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// A person's word on a session's numbers.
fn numbers_set(set: &NumbersSet) -> String {
    let NumbersSet { route, of_copy, next_out, next_in, actor, reason } = set;
    let session = if *of_copy { "drop copy of " } else { "" };
    let what = match (next_out, next_in) {
        (0, 0) => "both numbers begin anew".to_owned(),
        (0, next_in) => format!("{next_in} is expected next"),
        (next_out, 0) => format!("{next_out} is sent next"),
        (next_out, next_in) => format!("{next_out} is sent and {next_in} expected next"),
    };
    format!("{session}{}: {what}, by {actor}{}", route.name(), why(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::{OrdStatus, Sequenced};
    use gauntlet_model::units::{Money, UnixNanos};

    fn record(what: What) -> Record {
        Record { seq: 1, time: UnixNanos(0), kind: 0, what }
    }

    fn input(input: Input) -> Record {
        record(What::Input(Sequenced { seq: 1, time: UnixNanos(0), input }))
    }

    #[test]
    fn numbers_become_names_once_they_are_defined() {
        let command = input(Input::Command(Command {
            kind: CommandKind::Kill { flatten: true },
            scope: Scope::Account(AccountId(1)),
            actor: Text::new("ann"),
            reason: Text::new("too fast"),
        }));
        let mut names = Names::default();
        let before = names.describe(&command);
        assert_eq!(before, "kill and flatten account:#1 by ann: too fast");
        names.learn(&input(Input::Account(AccountDefinition {
            account: AccountId(1),
            name: Text::new("DEMO"),
            max_position: 1,
            messages_per_second: 1,
            cancel_headroom: 0,
        })));
        let after = names.describe(&command);
        assert_eq!(after, "kill and flatten account:DEMO by ann: too fast");
    }

    #[test]
    fn positions_and_variants_read_as_words() {
        let position = Effect::Position(PositionChanged {
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(3),
            qty: -2,
            cost: 0,
            realized: Money(12_500_000),
            volume: 4,
        });
        let said =
            Names::default().describe(&record(What::Effect(0, EffectEntry::Effect(position))));
        assert_eq!(said, "#0 holds -2 #3, realized 12.50, volume 4");
        assert_eq!(words(&OrdStatus::PartiallyFilled), "partially filled");
    }
}
