//! The FIX initiator behind the [`Gateway`] trait: order messages out, reports in.

mod copied;
mod enquiry;
mod rehearsal;
mod report;
mod translation;
mod unusable;
mod vitals;
mod wire;

use super::codec::{Fault, Message, SessionRejectReason};
use super::profile::OrderProfile;
use super::reach::Reach;
use super::session::{
    ConfigError, Incoming, Notice, Role, SendError, Sent, SentHook, SequenceNumbers, Session,
    SessionConfig, WayBack,
};
use super::tags;
use super::transport::{Backoff, Dial, Dialer, Link, MESSAGES_PER_POLL};
use crate::gateway::{Gateway, GatewayEvent};
use crate::message_tap::{Direction, MessageTap};
use enquiry::EnquiryMessage;
use gauntlet_manager::order_manager::{Draft, Outbound};
use gauntlet_model::effect::{Enquiry, MessageSent, OrderAdopted};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    AccountDefinition, Input, InstrumentDefinition, NumbersSet, Route, SessionChange, SessionEvent,
};
use gauntlet_model::order::Capabilities;
use gauntlet_model::session_vitals::{SessionPolicy, SessionVitals};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::clock::TickClock;
use report::{Translator, Unusable};
use std::net::SocketAddr;
use wire::OrderMessage;

pub use rehearsal::{RehearsalError, rehearse};
pub use translation::{Refused, Translation, Written};

/// `BusinessRejectReason` (tag 380): the message type is not supported.
const UNSUPPORTED_MESSAGE_TYPE: u64 = 3;

/// Between two looks at the schedule while there is no connection, in nanoseconds.
const HOURS_EVERY_NS: u64 = NANOS_PER_SECOND / 10;

/// What a [`FixGateway`] is told at its start.
#[derive(Clone, Debug)]
pub struct FixGatewayConfig {
    /// The route it serves.
    pub route: Route,
    /// The broker's address, unless [`FixGateway::reached_by`] says how it is reached.
    pub address: SocketAddr,
    /// The journal's epoch: part of every `ClOrdID` on the wire.
    pub epoch: u64,
    /// The session: an initiator's.
    pub session: SessionConfig,
    /// The sequence numbers to go on with, rebuilt from the journal.
    pub numbers: SequenceNumbers,
    /// How it reconnects.
    pub backoff: Backoff,
}

/// A broker's FIX session: connects, logs on, reconnects, and moves order messages and reports.
pub struct FixGateway {
    translator: Translator,
    session: Session,
    link: Link,
    dialer: Dialer,
    is_up: bool,
    told_down: Option<Text<64>>,
    is_closing: bool,
    is_closed: bool,
    unsent: u64,
    /// What a person wants the numbers to be, once there is no connection.
    to_set: Option<NumbersSet>,
    /// Whether the schedule had the session open when it was last looked at, and when it is next.
    is_open: bool,
    hours_due: UnixNanos,
    /// Where copies of all messages go, if anywhere.
    log: Option<MessageTap>,
}

impl FixGateway {
    /// A gateway that connects at its first poll.
    ///
    /// # Errors
    /// [`ConfigError`] of an invalid session configuration.
    ///
    /// # Panics
    /// When `config.session` is an acceptor's.
    pub fn new(config: FixGatewayConfig) -> Result<FixGateway, ConfigError> {
        assert_eq!(config.session.role, Role::Initiator, "a FixGateway plays the initiator");
        let timeout_ns = config.session.logon_timeout_ns;
        Ok(FixGateway {
            translator: Translator::new(config.route, config.epoch),
            session: Session::new(config.session, config.numbers)?,
            link: Link::new(TickClock::new()),
            dialer: Dialer::new(config.address, config.backoff, timeout_ns),
            is_up: false,
            told_down: None,
            is_closing: false,
            is_closed: false,
            unsent: 0,
            to_set: None,
            is_open: true,
            hours_due: UnixNanos(0),
            log: None,
        })
    }

    /// The same for the session of a drop copy: reports are told as copies. It is
    /// [`DropCopy`](super::drop_copy::DropCopy)'s, which sees to it that nothing is sent.
    pub(super) fn of_copies(config: FixGatewayConfig) -> Result<FixGateway, ConfigError> {
        let mut gateway = FixGateway::new(config)?;
        gateway.translator.copies = true;
        Ok(gateway)
    }

    /// The same with what decided an order named in a field of this tag, as `algorithm/version/bot/owner`, where
    /// the bot is its number in the journal. A person's order is not named there.
    #[must_use]
    pub fn naming_orders_in(mut self, tag: Option<u32>) -> FixGateway {
        self.translator.names.name_orders_in(tag);
        self
    }

    /// The same with order messages dressed as the broker wants them; without it they hold to the standard.
    #[must_use]
    pub fn with_profile(mut self, profile: &OrderProfile) -> FixGateway {
        self.translator.names.set_profile(profile);
        self
    }

    /// The same with connections made by a thread of its own, as `reach` says, and not to the one address.
    ///
    /// # Errors
    /// Of the system, which has no thread for it.
    pub fn reached_by(mut self, reach: Reach) -> std::io::Result<FixGateway> {
        self.dialer.reach_by(reach)?;
        Ok(self)
    }

    /// The same with a first logon that asks for both sides' numbers to begin anew, if that is wanted.
    #[must_use]
    pub fn beginning_anew(mut self, is_wanted: bool) -> FixGateway {
        if is_wanted {
            self.session.begin_anew();
        }
        self
    }

    /// The same with copies of all its messages for a log.
    #[must_use]
    pub fn with_log(mut self, tap: MessageTap) -> FixGateway {
        self.log = Some(tap);
        self
    }

    /// Defines or redefines an instrument. An order in one that is not defined is refused.
    pub fn define_instrument(&mut self, definition: &InstrumentDefinition) {
        self.translator.names.set_symbol(definition.instrument, definition.symbol);
    }

    /// Defines or redefines an account. An order for one that is not defined is refused.
    pub fn define_account(&mut self, definition: &AccountDefinition) {
        self.translator.names.set_account(definition.account, definition.name);
    }

    /// Whether the session is logged on with nothing missing.
    pub fn is_logged_on(&self) -> bool {
        self.session.is_logged_on()
    }

    /// The session, for its numbers and counters.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Garbled messages ignored so far.
    pub fn garbled(&self) -> u64 {
        self.link.inbox.garbled()
    }

    /// Order messages that could not be sent because the session was down.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Whether the schedule has the session open. It is looked at now and then.
    fn is_time_to_connect(&mut self, now: UnixNanos) -> bool {
        if now >= self.hours_due {
            self.hours_due = now.plus(HOURS_EVERY_NS);
            self.is_open = self.session.is_open_at(now);
        }
        self.is_open
    }

    /// Sets the numbers as a person wants them; a connection that is there ends first.
    fn apply_numbers(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        let Some(set) = self.to_set else { return };
        if self.link.is_open() {
            let text = "sequence numbers are set by hand";
            return self.session.logout(text, now, &mut tell_sent(self.translator.route, sink));
        }
        self.to_set = None;
        let SequenceNumbers { next_out, next_in } = self.session.numbers();
        let or = |wanted: u64, known| if wanted > 0 { wanted } else { known };
        if set.begins_anew() {
            self.session.begin_anew();
        } else {
            let numbers = SequenceNumbers {
                next_out: or(set.next_out, next_out),
                next_in: or(set.next_in, next_in),
            };
            self.session.set_numbers(numbers, now);
        }
        self.dialer.at_once();
    }

    fn connect(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        match self.dialer.poll(now) {
            Dial::Waiting => 0,
            Dial::Failed(error) => {
                self.tell_down(Text::format(format_args!("{error}")), sink);
                1
            }
            Dial::Connected(stream) => {
                let opened = self.link.open(stream);
                self.begin(opened, now, sink)
            }
            Dial::Made(connection) => {
                let opened = self.link.open_made(connection);
                self.begin(opened, now, sink)
            }
        }
    }

    /// Begins a session over a connection that was just made.
    fn begin(
        &mut self,
        opened: std::io::Result<()>,
        now: UnixNanos,
        sink: &mut dyn FnMut(GatewayEvent),
    ) -> usize {
        match opened {
            Ok(()) => {
                self.session.connected(now, &mut tell_sent(self.translator.route, sink));
                self.write(now, sink);
            }
            Err(error) => {
                self.dialer.failed(now);
                self.tell_down(Text::format(format_args!("{error}")), sink);
            }
        }
        1
    }

    fn receive(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        let route = self.translator.route;
        let mut messages = 0;
        while messages < MESSAGES_PER_POLL && !self.session.must_close() {
            let message = match self.link.inbox.next() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(error) => {
                    self.drop_link(Text::format(format_args!("{error}")), now, sink);
                    break;
                }
            };
            messages += 1;
            if let Some(log) = &mut self.log {
                log.copy(Direction::Received, message.bytes(), now);
            }
            let translator = &self.translator;
            let incoming = self.session.receive(&message, now, &mut tell_sent(route, sink));
            let input = match incoming {
                Incoming::Application { msg_seq_num, poss_dup } => {
                    let Some(told) = read_application(translator, &message, msg_seq_num, poss_dup)
                    else {
                        let tell = &mut tell_sent(route, sink);
                        refuse_type(&mut self.session, msg_seq_num, &message, now, tell);
                        continue;
                    };
                    told.unwrap_or_else(|Unusable { tag, reason }| {
                        let msg_type = message.msg_type();
                        let text = "required for the state of an order";
                        let tell = &mut tell_sent(route, sink);
                        self.session.reject(msg_seq_num, &message, tag, reason, text, now, tell);
                        // It may have been a fill: its order is asked about, and a person must know.
                        let detail = unusable_detail(msg_type, tag, reason);
                        let report = translator.unusable(&message, msg_seq_num, poss_dup, detail);
                        Some(Input::Unusable(report))
                    })
                }
                Incoming::Reject { msg_seq_num } => {
                    let reason_tag = tags::SESSION_REJECT_REASON;
                    Some(translator.refusal(&message, msg_seq_num, reason_tag))
                }
                Incoming::Refused { msg_seq_num, tag, reason } => {
                    let detail = unusable_detail(message.msg_type(), tag, reason);
                    Some(match message.msg_type() {
                        tags::EXECUTION_REPORT | tags::ORDER_CANCEL_REJECT => Input::Unusable(
                            translator.unusable(&message, msg_seq_num, false, detail),
                        ),
                        _ => translator.rejected(msg_seq_num, ClOrdId::NONE, detail),
                    })
                }
                Incoming::Handled => None,
            };
            if let Some(input) = input {
                if let Input::BrokerOrder(line) = &input
                    && let Some(terms) = translator.foreign_order(&message, line)
                {
                    sink(GatewayEvent::Input(Input::ForeignOrder(terms)));
                }
                sink(GatewayEvent::Input(input));
            }
            self.tell_notice(sink);
        }
        self.link.took(messages);
        messages
    }

    /// Tells what the session's own messages brought about.
    fn tell_notice(&mut self, sink: &mut dyn FnMut(GatewayEvent)) {
        match self.session.take_notice() {
            Some(Notice::LoggedOn { msg_seq_num, reset }) => {
                self.is_up = true;
                if reset {
                    self.translator.forget_numbers();
                }
                self.told_down = None;
                self.dialer.succeeded();
                let change = SessionChange::LoggedOn;
                self.tell(change, msg_seq_num, reset, Text::EMPTY, sink);
            }
            Some(Notice::LoggedOut { msg_seq_num, text }) => {
                self.is_up = false;
                let change = SessionChange::LoggedOut;
                self.tell(change, msg_seq_num, false, text, sink);
            }
            None => {}
        }
    }

    /// Writes the outbox, and closes the connection if it broke or the session says so.
    fn write(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        let written = self.link.write(self.session.outbox());
        // After the write, so that no message waits for its copy.
        self.log_new(now);
        if let Err(error) = written {
            self.drop_link(Text::format(format_args!("{error}")), now, sink);
        } else if self.session.must_close() {
            self.drop_link(self.session.close_reason(), now, sink);
        }
    }

    /// Copies what was put into the outbox.
    fn log_new(&mut self, now: UnixNanos) {
        let Some(log) = &mut self.log else { return };
        while let Some(message) = self.session.outbox().next_new() {
            log.copy(Direction::Sent, message, now);
        }
    }

    fn drop_link(&mut self, detail: Text<64>, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        self.link.close();
        self.session.disconnected();
        self.dialer.failed(now);
        self.tell_down(detail, sink);
    }

    /// Tells that there is no session, once for each reason while it lasts.
    fn tell_down(&mut self, detail: Text<64>, sink: &mut dyn FnMut(GatewayEvent)) {
        if std::mem::take(&mut self.is_up) || self.told_down != Some(detail) {
            self.told_down = Some(detail);
            self.tell(SessionChange::Disconnected, 0, false, detail, sink);
        }
    }

    fn tell(
        &self,
        change: SessionChange,
        msg_seq_num: u64,
        reset: bool,
        detail: Text<64>,
        sink: &mut dyn FnMut(GatewayEvent),
    ) {
        sink(GatewayEvent::Input(Input::Session(SessionEvent {
            route: self.translator.route,
            change,
            msg_seq_num,
            reset,
            cl_ord_id: ClOrdId::NONE,
            detail,
        })));
    }
}

/// Why a message of ours stayed here.
fn not_sent(fault: Fault) -> Text<64> {
    let Fault { tag, reason } = fault;
    Text::format(format_args!("not sent: dictionary: tag {tag}: {}", reason.text()))
}

impl Gateway for FixGateway {
    fn send(&mut self, outbound: &Outbound, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        let record = outbound.record();
        let Translator { route, ids, names, .. } = &self.translator;
        let Some(message) = OrderMessage::new(outbound, names) else {
            let detail = Text::new("not sent: instrument or account is not defined here");
            sink(GatewayEvent::Input(self.translator.rejected(0, record.cl_ord_id, detail)));
            return;
        };
        let precision = self.session.config().time_precision;
        let sent = self.session.send(
            message.msg_type(),
            record.cl_ord_id,
            now,
            &mut tell_sent(*route, sink),
            |w| message.write(w, ids, now, precision),
        );
        match sent {
            Ok(seq) => self.translator.remember(seq, record.cl_ord_id),
            Err(SendError::Refused(fault)) => {
                self.unsent += 1;
                let rejected = self.translator.rejected(0, record.cl_ord_id, not_sent(fault));
                sink(GatewayEvent::Input(rejected));
            }
            Err(SendError::NotLoggedOn | SendError::TooLong | SendError::PeerNotReading) => {
                self.unsent += 1;
            }
        }
        if self.link.is_open() {
            self.write(now, sink);
        }
    }

    fn enquire(&mut self, enquiry: &Enquiry, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        let translator = &self.translator;
        let Some(message) = EnquiryMessage::new(enquiry, translator) else { return };
        let precision = self.session.config().time_precision;
        let sent = self.session.send(
            message.msg_type(),
            ClOrdId::NONE,
            now,
            &mut tell_sent(translator.route, sink),
            |w| message.write(w, translator, now, precision),
        );
        match sent {
            Ok(seq) => self.translator.enquiries.remember(seq, enquiry),
            Err(SendError::Refused(fault)) => {
                let rejected = self.translator.rejected(0, ClOrdId::NONE, not_sent(fault));
                sink(GatewayEvent::Input(rejected));
            }
            Err(SendError::NotLoggedOn | SendError::TooLong | SendError::PeerNotReading) => {}
        }
        if self.link.is_open() {
            self.write(now, sink);
        }
    }

    fn poll(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        if self.is_closed {
            return 0;
        }
        if self.to_set.is_some() {
            self.apply_numbers(now, sink);
        }
        if !self.link.is_open() {
            if self.is_closing {
                self.is_closed = true;
                return 1;
            }
            if !self.is_time_to_connect(now) {
                self.dialer.give_up();
                self.tell_down(Text::new("the session's hours are over"), sink);
                return 0;
            }
            return self.connect(now, sink);
        }
        let done = match self.link.read() {
            Ok(0) if !self.link.has_rest() => 0,
            Ok(_) => self.receive(now, sink),
            Err(error) => {
                self.drop_link(Text::format(format_args!("{error}")), now, sink);
                return 1;
            }
        };
        self.session.on_time(now, &mut tell_sent(self.translator.route, sink));
        if self.link.is_open() {
            self.write(now, sink);
        }
        done
    }

    fn close(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        self.is_closing = true;
        if self.link.is_open() {
            self.session.logout("", now, &mut tell_sent(self.translator.route, sink));
            self.write(now, sink);
        } else {
            self.is_closed = true;
        }
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    fn define(&mut self, input: &Input) {
        match input {
            Input::Instrument(definition) => self.define_instrument(definition),
            Input::Account(definition) => self.define_account(definition),
            Input::Identity(identity) => self.translator.names.set_identity(identity),
            _ => {}
        }
    }

    fn set_numbers(&mut self, set: &NumbersSet) {
        self.to_set = Some(*set);
    }

    fn vitals(&self) -> Option<SessionVitals> {
        Some(self.session_vitals())
    }

    fn policy(&self) -> Option<SessionPolicy> {
        Some(self.session_policy())
    }

    fn adopt(&mut self, adopted: &OrderAdopted) {
        self.translator.names.adopt(adopted);
    }

    fn draft(&mut self, draft: &Draft, now: UnixNanos) -> Option<usize> {
        let Translator { ids, names, .. } = &self.translator;
        let message = OrderMessage::new(draft, names)?;
        let precision = self.session.config().time_precision;
        self.session.draft(message.msg_type(), now, |w| message.write(w, ids, now, precision)).ok()
    }

    fn last_write_started(&self) -> u64 {
        self.link.last_write_started()
    }

    fn last_read_finished(&self) -> u64 {
        self.link.last_read_finished()
    }
}

fn tell_sent(route: Route, sink: &mut dyn FnMut(GatewayEvent)) -> impl FnMut(Sent) {
    move |sent| {
        sink(GatewayEvent::Sent(MessageSent {
            route,
            msg_seq_num: sent.msg_seq_num,
            msg_type: sent.msg_type,
            cl_ord_id: sent.cl_ord_id,
        }));
    }
}

/// Answers an application message of a type that nobody here knows (FIX 4.4 volume 3,
/// `BusinessMessageReject`).
fn refuse_type(
    session: &mut Session,
    msg_seq_num: u64,
    message: &Message<'_>,
    now: UnixNanos,
    tell: SentHook<'_>,
) {
    let msg_type: Text<4> = Text::from_wire(message.msg_type());
    let way_back = WayBack::of(message);
    let j = tags::BUSINESS_MESSAGE_REJECT;
    // While a logout is under way the answer may stay away: the session is over.
    let _ = session.send(j, ClOrdId::NONE, now, tell, |w| {
        w.encoded(way_back.fields());
        w.uint(tags::REF_SEQ_NUM, msg_seq_num);
        w.text(tags::REF_MSG_TYPE, msg_type.as_str());
        w.uint(tags::BUSINESS_REJECT_REASON, UNSUPPORTED_MESSAGE_TYPE);
        w.raw(tags::TEXT, b"Unsupported Message Type");
    });
}

/// A message of the broker's as an input, if it tells something; `None` when its type is none that is read
/// here.
fn read_application(
    translator: &Translator,
    message: &Message<'_>,
    msg_seq_num: u64,
    poss_dup: bool,
) -> Option<Result<Option<Input>, Unusable>> {
    if translator.copies {
        return copied::read(translator, message, msg_seq_num, poss_dup);
    }
    let told = match message.msg_type() {
        tags::EXECUTION_REPORT if message.get(tags::MASS_STATUS_REQ_ID).is_some() => {
            translator.broker_order(message, msg_seq_num, poss_dup)
        }
        tags::EXECUTION_REPORT => read_report(translator, message, msg_seq_num, poss_dup),
        tags::ORDER_CANCEL_REJECT => {
            translator.cancel_reject(message, msg_seq_num, poss_dup).map(Input::CancelReject)
        }
        tags::REQUEST_FOR_POSITIONS_ACK => translator.positions_ack(message, msg_seq_num, poss_dup),
        tags::POSITION_REPORT => translator.position(message, msg_seq_num, poss_dup),
        tags::COLLATERAL_REPORT => Ok(translator.balance(message, msg_seq_num, poss_dup)),
        tags::COLLATERAL_INQUIRY_ACK => translator.inquiry_ack(message, msg_seq_num, poss_dup),
        tags::BUSINESS_MESSAGE_REJECT => {
            Ok(translator.refusal(message, msg_seq_num, tags::BUSINESS_REJECT_REASON))
        }
        _ => return None,
    };
    Some(told.map(Some))
}

/// An execution report as an input. One in a symbol that is none of ours is sound, but not of any order.
fn read_report(
    translator: &Translator,
    message: &Message<'_>,
    msg_seq_num: u64,
    poss_dup: bool,
) -> Result<Input, Unusable> {
    if translator.has_sent
        && let Some(symbol) = translator.foreign_symbol(message)
    {
        let detail = foreign_detail(&symbol);
        return Ok(Input::Unusable(translator.unusable(message, msg_seq_num, poss_dup, detail)));
    }
    translator.execution_report(message, msg_seq_num, poss_dup).map(Input::Execution)
}

fn foreign_detail(symbol: &Text<24>) -> Text<64> {
    Text::format(format_args!("a report in {symbol}, which is not defined here"))
}

fn unusable_detail(msg_type: &[u8], tag: u32, reason: SessionRejectReason) -> Text<64> {
    let msg_type: Text<4> = Text::from_wire(msg_type);
    let msg_type = msg_type.as_str();
    let arguments =
        format_args!("unusable message {msg_type} from the broker: tag {tag} {reason:?}");
    Text::format(arguments)
}

#[cfg(test)]
mod tests;
