//! The [`Gateway`] on the C++ engine.
//!
//! Orders, questions and reports are the same fields as those of our own gateway, since both are written and read by
//! one [`Translation`]; the session, its numbers and its store are the engine's. What differs from our own:
//!
//! - Numbers are in the engine's files, and not in our journal: a message is told as sent after the engine has
//!   written it, and not before. What comes is told before the engine counts it as received.
//! - A person cannot set the numbers, and there are no live figures.
//! - A callback that fails, or an owner that does not poll, ends the session for good: nothing is sent any more.

use crate::engine::{Engine, EngineConfig, EngineError, Role};
use crate::guard::Guarded;
use crate::mailbox::{Letter, Mailbox};
use gauntlet_gateways::fix::codec::{Inbox, Message};
use gauntlet_gateways::fix::gateway::{Refused, Translation};
use gauntlet_gateways::fix::tags;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::{Draft, Outbound};
use gauntlet_model::effect::{Enquiry, MessageSent, OrderAdopted};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, Route, SessionChange, SessionEvent};
use gauntlet_model::order::Capabilities;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use std::sync::Arc;

/// Tells of the engine that one poll takes in.
pub const LETTERS_PER_POLL: usize = 256;

/// Questions remembered until the engine has sent them; for one more the oldest is forgotten.
const ENQUIRIES_MAX: usize = 64;

/// A broker's session on the C++ engine. Dropping it waits for the engine's logout, for seconds at most.
pub struct QuickFixGateway {
    route: Route,
    engine: Engine,
    mailbox: Arc<Guarded<Mailbox>>,
    translation: Translation,
    inbox: Inbox,
    is_up: bool,
    is_closing: bool,
    is_closed: bool,
    /// The logon that waits for a heartbeat that answers us, before which the peer may miss something of ours: an
    /// order would come above the gap and be filled over with it.
    unconfirmed: Option<u64>,
    /// Whether the last logon began the numbers anew.
    begins_anew: bool,
    /// The peer's last words.
    last_words: Text<64>,
    /// Questions that the engine has not sent yet.
    enquiries: Vec<Enquiry>,
    unsent: u64,
    last_write_started: u64,
    last_read_finished: u64,
}

impl QuickFixGateway {
    /// Starts the engine, which connects and logs on.
    ///
    /// # Errors
    /// [`EngineError`].
    ///
    /// # Panics
    /// When `config` is an acceptor's.
    pub fn start(
        route: Route,
        config: EngineConfig,
        translation: Translation,
    ) -> Result<QuickFixGateway, EngineError> {
        assert_eq!(config.role, Role::Initiator, "a gateway plays the initiator");
        let mailbox = Arc::new(Guarded::new(Mailbox::new()));
        let engine = Engine::start(config, Arc::clone(&mailbox))?;
        Ok(QuickFixGateway {
            route,
            engine,
            mailbox,
            translation,
            inbox: Inbox::new(),
            is_up: false,
            is_closing: false,
            is_closed: false,
            unconfirmed: None,
            begins_anew: false,
            last_words: Text::EMPTY,
            enquiries: Vec::with_capacity(ENQUIRIES_MAX),
            unsent: 0,
            last_write_started: 0,
            last_read_finished: 0,
        })
    }

    /// Whether the session is on, as far as the owner was told.
    pub fn is_logged_on(&self) -> bool {
        self.is_up
    }

    /// Order messages that could not be sent.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Takes in one thing that the engine told.
    fn open(&mut self, letter: Letter, sink: &mut dyn FnMut(GatewayEvent)) {
        match letter {
            Letter::LoggedOn { logon } => {
                self.unconfirmed = Some(logon);
                self.ask();
            }
            Letter::LoggedOut => {
                self.unconfirmed = None;
                let words = std::mem::take(&mut self.last_words);
                if std::mem::take(&mut self.is_up) {
                    self.tell(SessionChange::Disconnected, 0, false, words, sink);
                }
            }
            // The gap may be filled over what we asked.
            Letter::Filled => self.ask(),
            Letter::Sent { msg_seq_num, msg_type, token } => {
                let cl_ord_id = self.note_sent(msg_seq_num, msg_type, token);
                let route = self.route;
                let sent = MessageSent { route, msg_seq_num, msg_type, cl_ord_id };
                sink(GatewayEvent::Sent(sent));
            }
            Letter::Unsent => self.unsent += 1,
            Letter::Came { bytes, is_admin, ticks } => {
                self.last_read_finished = ticks;
                self.read(&bytes, is_admin, sink);
                if !is_admin {
                    self.mailbox.handler().done();
                }
            }
        }
    }

    /// Remembers what a message carried: a token of an order's message is its identity, one of a question its number.
    fn note_sent(&mut self, msg_seq_num: u64, msg_type: Text<4>, token: u64) -> ClOrdId {
        let is_enquiry = |enquiry: &Enquiry| enquiry.id == token;
        match msg_type.as_str() {
            "D" | "F" | "G" | "H" => {
                self.translation.order_sent(msg_seq_num, ClOrdId(token));
                return ClOrdId(token);
            }
            _ if token > 0 => {
                if let Some(at) = self.enquiries.iter().position(is_enquiry) {
                    let enquiry = self.enquiries.swap_remove(at);
                    self.translation.enquiry_sent(msg_seq_num, &enquiry);
                }
            }
            _ => {}
        }
        ClOrdId::NONE
    }

    fn read(&mut self, bytes: &[u8], is_admin: bool, sink: &mut dyn FnMut(GatewayEvent)) {
        self.inbox.clear();
        self.inbox.push(bytes);
        // The engine has framed it already; what our codec does not read, nobody reads.
        let Ok(Some(message)) = self.inbox.next() else {
            let detail = Text::new("a message that cannot be read came by QuickFIX");
            return sink(GatewayEvent::Input(self.translation.unsent(ClOrdId::NONE, detail)));
        };
        let msg_seq_num = message.uint(tags::MSG_SEQ_NUM).unwrap_or(0);
        if !is_admin {
            let refused = tell_application(&self.translation, &message, msg_seq_num, sink);
            return answer(&self.engine, &message, msg_seq_num, refused);
        }
        let text = Text::from_wire(message.get(tags::TEXT).unwrap_or_default());
        match message.msg_type() {
            tags::LOGON => self.begins_anew = message.flag(tags::RESET_SEQ_NUM_FLAG),
            tags::LOGOUT => self.last_words = text,
            // It may fill the gap over an answer to what we asked.
            tags::SEQUENCE_RESET => self.ask(),
            tags::HEARTBEAT => {
                let answered = message.uint(tags::TEST_REQ_ID);
                if answered.is_some() && answered == self.unconfirmed {
                    self.confirm(msg_seq_num, sink);
                }
            }
            tags::REJECT => {
                let refusal = self.translation.rejected(&message, msg_seq_num);
                sink(GatewayEvent::Input(refusal));
            }
            _ => {}
        }
    }

    /// Asks for the heartbeat that confirms the logon, if it is waited for (`TestRequest`, 1).
    fn ask(&self) {
        if let Some(logon) = self.unconfirmed {
            // A session that has just ended is confirmed by its next logon.
            self.engine.send(0, tags::TEST_REQUEST, format!("112={logon}\x01").as_bytes());
        }
    }

    /// Nothing is missing: the session is on.
    fn confirm(&mut self, msg_seq_num: u64, sink: &mut dyn FnMut(GatewayEvent)) {
        let Some(logon) = self.unconfirmed.take() else { return };
        self.mailbox.handler().confirm(logon);
        self.is_up = true;
        let reset = std::mem::take(&mut self.begins_anew);
        if reset {
            self.translation.forget_numbers();
        }
        self.tell(SessionChange::LoggedOn, msg_seq_num, reset, Text::EMPTY, sink);
    }

    fn tell(
        &self,
        change: SessionChange,
        msg_seq_num: u64,
        reset: bool,
        detail: Text<64>,
        sink: &mut dyn FnMut(GatewayEvent),
    ) {
        let (route, cl_ord_id) = (self.route, ClOrdId::NONE);
        let event = SessionEvent { route, change, msg_seq_num, reset, cl_ord_id, detail };
        sink(GatewayEvent::Input(Input::Session(event)));
    }

    /// Ends the session when nobody knows any more what was said in it.
    fn end_if_broken(&mut self, sink: &mut dyn FnMut(GatewayEvent)) {
        let fault = match self.mailbox.fault() {
            Some(words) => Text::format(format_args!("QuickFIX's callback failed: {words}")),
            None if self.mailbox.handler().is_full() => Text::new("QuickFIX was not polled"),
            None => return,
        };
        if !std::mem::replace(&mut self.is_closing, true) {
            self.is_up = false;
            self.engine.stop();
            self.tell(SessionChange::Disconnected, 0, false, fault, sink);
        }
    }
}

fn tell_application(
    translation: &Translation,
    message: &Message<'_>,
    msg_seq_num: u64,
    sink: &mut dyn FnMut(GatewayEvent),
) -> Result<(), Refused> {
    let poss_dup = message.flag(tags::POSS_DUP_FLAG) || message.flag(tags::POSS_RESEND);
    translation.read(message, msg_seq_num, poss_dup, &mut |input| {
        sink(GatewayEvent::Input(input));
    })
}

/// Tells the broker that a message of its is of no use. The engine has counted it as received by now, so that this
/// is said in an application message (`BusinessMessageReject`).
fn answer(engine: &Engine, message: &Message<'_>, msg_seq_num: u64, refused: Result<(), Refused>) {
    let (reason, text) = match refused {
        Ok(()) => return,
        Err(Refused::UnknownType) => (3, "Unsupported Message Type".to_owned()),
        Err(Refused::Field { tag, reason }) => (0, format!("tag {tag}: {}", reason.text())),
    };
    let msg_type = String::from_utf8_lossy(message.msg_type());
    let fields = format!("45={msg_seq_num}\x01372={msg_type}\x01380={reason}\x0158={text}\x01");
    // A session that has just ended has nobody to tell.
    engine.send(0, tags::BUSINESS_MESSAGE_REJECT, fields.as_bytes());
}

impl Drop for QuickFixGateway {
    fn drop(&mut self) {
        self.mailbox.handler().leave();
    }
}

impl Gateway for QuickFixGateway {
    fn send(&mut self, outbound: &Outbound, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        let order = outbound.record().cl_ord_id;
        let Some(written) = self.translation.order(outbound, now) else {
            let detail = Text::new("not sent: instrument or account is not defined here");
            return sink(GatewayEvent::Input(self.translation.unsent(order, detail)));
        };
        self.last_write_started = self.mailbox.handler().ticks().raw();
        if !self.engine.send(order.0, written.msg_type, written.fields) {
            self.unsent += 1;
        }
    }

    fn enquire(&mut self, enquiry: &Enquiry, now: UnixNanos, _: &mut dyn FnMut(GatewayEvent)) {
        let Some(written) = self.translation.enquiry(enquiry, now) else { return };
        if self.engine.send(enquiry.id, written.msg_type, written.fields) {
            if self.enquiries.len() == ENQUIRIES_MAX {
                self.enquiries.remove(0);
            }
            self.enquiries.push(*enquiry);
        }
    }

    fn poll(&mut self, _: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        if self.is_closed {
            return 0;
        }
        self.end_if_broken(sink);
        let mut done = 0;
        while done < LETTERS_PER_POLL
            && let Some(letter) = self.mailbox.handler().take()
        {
            self.open(letter, sink);
            done += 1;
        }
        if done == 0 && self.is_closing && self.engine.is_stopped() {
            self.is_closed = true;
        }
        done
    }

    fn close(&mut self, _: UnixNanos, _: &mut dyn FnMut(GatewayEvent)) {
        self.is_closing = true;
        self.engine.stop();
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    fn define(&mut self, input: &Input) {
        self.translation.define(input);
    }

    fn adopt(&mut self, adopted: &OrderAdopted) {
        self.translation.adopt(adopted);
    }

    fn draft(&mut self, draft: &Draft, now: UnixNanos) -> Option<usize> {
        let written = self.translation.order(draft, now)?;
        let message = crate::engine::message(written.msg_type, written.fields).ok()?;
        Some(message.to_fix_raw_bytes().ok()?.len())
    }

    fn last_write_started(&self) -> u64 {
        self.last_write_started
    }

    fn last_read_finished(&self) -> u64 {
        self.last_read_finished
    }
}
