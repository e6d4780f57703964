//! The session protocol of FIX 4.4 (volume 2) as a state machine without sockets or clocks.
//!
//! Messages and times go in; bytes gather in an [`Outbox`] that the transport writes. One type
//! plays both roles. A session outlives its connections: sequence numbers, and an acceptor's sent
//! messages, stay from one to the next.
//!
//! # How gaps are mended
//!
//! **As receiver.** A message above the expected number is dropped, and everything from the expected
//! number on is asked for (`ResendRequest`, 16=0): the resend brings the dropped message again, in
//! order, so there is no second queue to bound. Until the first message in order arrives, further
//! ones above the gap are in flight from before the request and are dropped without another. A gap
//! that opens later is asked for anew. A request that goes unanswered ends the connection.
//! Exceptions above a gap, which act at once: `ResendRequest` (two sides that both miss something
//! would wait for each other otherwise), `Logout`, and `SequenceReset` in reset mode.
//!
//! **As sender.** An initiator never sends an application message again: an order that is late is
//! not the order that was meant. It fills the gap over everything. An acceptor sends its kept
//! application messages again (PossDupFlag=Y with OrigSendingTime) and fills the gap over session
//! messages and over what it no longer keeps. What it is given to send meanwhile waits for the end
//! of the resend, so that the receiver sees one ordered stream.
//!
//! **Logged on** is told only when both streams are whole. Ours: after a logon above the expected
//! number, once the resend has passed it; so what was missed is known before new orders are decided.
//! The peer's: once it has answered a test request, before which it would have asked for what it
//! lacks; so no order falls into a gap that is then filled over. If it asks, the fill covers that test
//! request too, and there is another.
//!
//! # Numbers that do not meet
//!
//! A number of ours may always be higher than the peer expects: it asks, and the gap is filled. A lower
//! one ends the session. So whatever is in doubt, our numbers move forward: after a peer that says which
//! number it expects, and after a start that may not know the last messages sent
//! ([`SequenceNumbers::after_unclean_end`]). A logon that comes to nothing takes no number, unless many in
//! a row do. Numbers begin anew when we ask for it ([`SessionConfig::reset_on_logon`]), when the schedule
//! says so, and, at the start of a connection, when the peer does (141=Y): its numbers then begin at 1,
//! while ours go on, since it either asks for what it lacks or is content.

mod checked;
mod config;
mod habits;
mod logon;
mod memory;
mod numbers;
mod outbox;
mod receive;
mod route;
mod secrets;
mod send;
mod store;
mod vitals;

pub use config::{ConfigError, Credentials, MESSAGE_BYTES_MIN, Role, SessionConfig, StoreBounds};
pub use gauntlet_model::sequence_numbers::SequenceNumbers;
pub use habits::Habits;
pub(super) use habits::Line;
pub use memory::{KeptMessage, Memory};
pub use outbox::Outbox;
pub use route::WayBack;
pub use send::SendError;

use crate::fix::codec::SessionRejectReason;
use crate::fix::tags;
use checked::Proof;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use habits::Conduct;
use send::Replay;
use store::MessageStore;
use vitals::RoundTrip;

/// Longest heartbeat interval accepted, in seconds.
pub const HEARTBEAT_SECONDS_MAX: u32 = 3_600;
/// Highest sequence number accepted: far above any real one, far below an overflow.
const SEQ_MAX: u64 = 999_999_999_999;
/// Farthest that one message may move a sequence number forward: more than any session's messages of a
/// week, and little enough that nothing is lost for ever.
pub const JUMP_MAX: u64 = 10_000_000;

/// A message that took a new sequence number and is about to be written. A resend takes no number
/// and is not told, so the last of these tells the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its number (tag 34).
    pub msg_seq_num: u64,
    /// Its type (tag 35).
    pub msg_type: Text<4>,
    /// The order message it carries; [`ClOrdId::NONE`] for all others.
    pub cl_ord_id: ClOrdId,
}

/// Called with every message that takes a new sequence number, before its bytes can be written.
pub type SentHook<'h> = &'h mut dyn FnMut(Sent);

/// What a received message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// An application message, in order: the caller acts on it.
    Application {
        /// Its number (tag 34).
        msg_seq_num: u64,
        /// Whether it may have been sent before: under the same number (tag 43) or another (97).
        poss_dup: bool,
    },
    /// A session-level `Reject` of a message of ours, in order: the caller reads tags 45, 371, 373
    /// and 58.
    Reject {
        /// Its number (tag 34).
        msg_seq_num: u64,
    },
    /// An application message that is malformed: it counts as received and was answered with a
    /// `Reject`, but nobody acts on it.
    Refused {
        /// Its number (tag 34).
        msg_seq_num: u64,
        /// The tag that is wrong; 0 when there is none.
        tag: u32,
        /// What is wrong with it.
        reason: SessionRejectReason,
    },
    /// The session's own business, or nothing: done with.
    Handled,
}

/// A change of the session that its owner should know. Taken with [`Session::take_notice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Logged on, and nothing is missing.
    LoggedOn {
        /// The number of the message that completed it.
        msg_seq_num: u64,
        /// Whether both sides' numbers were reset to 1.
        reset: bool,
    },
    /// The peer logged out, or answered our logout.
    LoggedOut {
        /// The number of the logout; 0 when it came above a gap.
        msg_seq_num: u64,
        /// Why, in the peer's words.
        text: Text<64>,
    },
}

/// Counters of a session, over all its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionCounters {
    /// Messages received whose number was seen before and that said so (PossDupFlag).
    pub duplicates: u64,
    /// Gaps found: resend requests sent.
    pub gaps: u64,
    /// Resend requests answered.
    pub resends: u64,
    /// Gap fills sent in answer to them.
    pub gap_fills: u64,
    /// Times that the peer moved its number forward: `SequenceReset` in either mode.
    pub jumps: u64,
    /// `Reject`s sent.
    pub rejects_sent: u64,
    /// Messages of the peer that its dictionary refuses and that were taken all the same.
    pub faults_received: u64,
    /// Messages of ours that our dictionary refuses: none of them was sent.
    pub faults_unsent: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Disconnected,
    /// Connected; an initiator has sent its logon.
    AwaitingLogon {
        since: UnixNanos,
    },
    LoggedOn,
    /// We began the logout.
    LogoutSent {
        since: UnixNanos,
    },
    /// The peer began the logout and is to disconnect.
    LogoutAnswered {
        since: UnixNanos,
    },
    /// To be disconnected once the outbox was offered to the socket.
    Closing,
}

/// One FIX session. See the module's documentation.
pub struct Session {
    config: SessionConfig,
    identity_fields: Vec<u8>,
    state: State,
    next_out: u64,
    next_in: u64,
    ever_logged_on: bool,
    outbox: Outbox,
    store: Option<MessageStore>,
    scratch: Box<[u8]>,
    /// Where our own messages are read back, if they are to be held against a dictionary.
    proof: Option<Box<Proof>>,
    /// The last message of the peer that the dictionary refused and that was taken all the same.
    remarked: Option<u64>,
    heartbeat_ns: u64,
    last_sent: UnixNanos,
    last_received: UnixNanos,
    /// When the numbers were last in use.
    numbers_of: UnixNanos,
    /// When the schedule is looked at next.
    schedule_due: UnixNanos,
    /// Logons in a row that came to nothing.
    failed_logons: u32,
    /// Whether the peer has answered the logon of this connection by one of its own.
    was_answered: bool,
    /// Whether this logon of ours begins the numbers anew, whatever the configuration says.
    begins_anew: bool,
    /// Whether the peer has told at logon what it expects (789), or is yet to log on.
    peer_tells_expected: bool,
    /// The number of this connection's logon; 0 if it is not to be had again.
    logon_seq: u64,
    test_requested: Option<UnixNanos>,
    test_requests: u64,
    round_trip: RoundTrip,
    /// When the unanswered resend request was sent.
    resend_requested: Option<UnixNanos>,
    /// The last message asked for by the resend request under way, if it did not ask for all.
    resend_end: Option<u64>,
    /// The highest number that is known to have been sent by the peer.
    highest_seen: u64,
    /// The number of a logon above a gap that is not closed yet.
    behind_until: Option<u64>,
    /// The test request that confirms the logon, and when it was sent.
    confirming: Option<(u64, UnixNanos)>,
    /// Whether the logon reset the numbers.
    was_reset: bool,
    replay: Option<Replay>,
    /// First of the messages that wait for the end of the replay.
    deferred_from: Option<u64>,
    notice: Option<Notice>,
    close_reason: Text<64>,
    conduct: Conduct,
    counters: SessionCounters,
    /// How often the numbers began anew.
    resets: u64,
}

impl Session {
    /// A session at rest.
    ///
    /// # Errors
    /// [`ConfigError`] of an invalid configuration.
    pub fn new(config: SessionConfig, numbers: SequenceNumbers) -> Result<Session, ConfigError> {
        config.validate()?;
        let store = (config.role == Role::Acceptor).then(|| MessageStore::new(config.store));
        Ok(Session {
            identity_fields: config.identity_fields(),
            state: State::Disconnected,
            next_out: numbers.next_out,
            next_in: numbers.next_in,
            ever_logged_on: false,
            outbox: Outbox::new(config.outbox_bytes, config.message_bytes_max),
            store,
            scratch: vec![0; config.message_bytes_max].into_boxed_slice(),
            proof: config.sent_dictionary.is_some().then(|| Proof::new(config.message_bytes_max)),
            remarked: None,
            numbers_of: config.numbers_of,
            schedule_due: UnixNanos(0),
            failed_logons: 0,
            begins_anew: false,
            was_answered: true,
            peer_tells_expected: true,
            logon_seq: 0,
            resend_end: None,
            highest_seen: 0,
            heartbeat_ns: 0,
            last_sent: UnixNanos(0),
            last_received: UnixNanos(0),
            test_requested: None,
            test_requests: 0,
            round_trip: RoundTrip::default(),
            resend_requested: None,
            behind_until: None,
            confirming: None,
            was_reset: false,
            replay: None,
            deferred_from: None,
            notice: None,
            close_reason: Text::EMPTY,
            conduct: Conduct::new(&config.habits),
            counters: SessionCounters::default(),
            resets: 0,
            config,
        })
    }

    /// The numbers of the next message each way.
    pub fn numbers(&self) -> SequenceNumbers {
        SequenceNumbers { next_out: self.next_out, next_in: self.next_in }
    }

    /// Counters, over all connections.
    pub fn counters(&self) -> SessionCounters {
        self.counters
    }

    /// How the session is set up.
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Whether application messages flow: logged on, nothing missing, no logout under way.
    pub fn is_logged_on(&self) -> bool {
        self.state == State::LoggedOn && self.behind_until.is_none() && self.confirming.is_none()
    }

    /// Whether the connection is to be closed, after one attempt to write the outbox. Why is in
    /// [`Session::close_reason`].
    pub fn must_close(&self) -> bool {
        self.state == State::Closing
    }

    /// Why the session closed its last connection; empty if it did not.
    pub fn close_reason(&self) -> Text<64> {
        self.close_reason
    }

    /// The bytes to write.
    pub fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// The change that the last call brought, if it brought one.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notice.take()
    }

    /// A connection is there. An initiator logs on; an acceptor waits for that.
    pub fn connected(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        self.outbox.clear();
        self.state = State::AwaitingLogon { since: now };
        (self.last_sent, self.last_received) = (now, now);
        self.test_requested = None;
        self.resend_requested = None;
        (self.resend_end, self.highest_seen) = (None, 0);
        self.behind_until = None;
        self.confirming = None;
        self.was_reset = false;
        self.remarked = None;
        self.replay = None;
        self.deferred_from = None;
        self.notice = None;
        self.was_answered = false;
        self.peer_tells_expected = true;
        self.close_reason = Text::EMPTY;
        if self.config.role == Role::Initiator {
            let reset = self.config.reset_on_logon || self.begins_anew;
            if reset {
                self.reset_numbers();
            } else {
                self.was_reset = self.begin_anew_by_schedule(now);
            }
            self.send_logon(self.config.heartbeat_seconds, reset, now, sent);
        } else {
            self.acceptor_connected(now);
        }
    }

    /// The connection is gone. What waited to be written is forgotten; the peer asks for it.
    pub fn disconnected(&mut self) {
        if !self.was_answered && self.config.role == Role::Initiator {
            self.take_back_logon();
        }
        if self.config.role == Role::Acceptor {
            self.acceptor_disconnected();
        }
        self.state = State::Disconnected;
        self.outbox.clear();
    }

    /// Begins an orderly logout. The owner goes on polling until [`Session::must_close`].
    pub fn logout(&mut self, text: &str, now: UnixNanos, sent: SentHook<'_>) {
        match self.state {
            State::LoggedOn => {
                self.send_logout(text, now, sent);
                if self.state == State::LoggedOn {
                    self.state = State::LogoutSent { since: now };
                }
            }
            State::AwaitingLogon { .. } => self.close("logged out before the logon"),
            _ => {}
        }
    }

    /// Keeps the session alive and notices when it is not: heartbeats, test requests, timeouts, and
    /// the next part of a resend. To be called every time that the owner polls.
    pub fn on_time(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        match self.state {
            State::LoggedOn => {
                self.keep_alive(now, sent);
                self.end_by_schedule(now, sent);
            }
            State::AwaitingLogon { since } => {
                if now.since(since) > self.config.logon_timeout_ns {
                    self.close("no logon from the peer in time");
                }
            }
            State::LogoutSent { since } | State::LogoutAnswered { since } => {
                if now.since(since) > self.config.logout_timeout_ns {
                    self.close("no end of the logout in time");
                }
            }
            State::Disconnected | State::Closing => {}
        }
    }

    fn keep_alive(&mut self, now: UnixNanos, sent: SentHook<'_>) {
        self.continue_replay(now);
        if self.resend_requested.is_some_and(|at| now.since(at) > self.config.resend_timeout_ns) {
            return self.close("no answer to a resend request in time");
        }
        let is_late = |(_, at): (u64, UnixNanos)| now.since(at) > self.config.logon_timeout_ns;
        if self.confirming.is_some_and(is_late) {
            return self.close("no heartbeat to confirm the logon in time");
        }
        if self.heartbeat_ns == 0 || self.state != State::LoggedOn {
            return;
        }
        // "HeartBtInt plus some reasonable transmission time" (volume 2, Heartbeat): a fifth more.
        let silence_max = self.heartbeat_ns + self.heartbeat_ns / 5;
        match self.test_requested {
            Some(at) if now.since(at) > silence_max => {
                return self.close("no answer to a test request in time");
            }
            None if now.since(self.last_received) > silence_max => {
                self.test_requested = Some(now);
                self.send_test_request(now, sent);
            }
            _ => {}
        }
        // A resend is life enough, and a new number in its middle would look like a gap.
        if self.replay.is_none() && now.since(self.last_sent) >= self.heartbeat_ns {
            self.send_session_message(tags::HEARTBEAT, now, sent, |_| {});
        }
    }

    fn close(&mut self, reason: &str) {
        if self.state != State::Closing {
            self.state = State::Closing;
            self.close_reason = Text::new(reason);
        }
    }

    fn reset_numbers(&mut self) {
        self.resets += 1;
        (self.next_out, self.next_in) = (1, 1);
        self.replay = None;
        self.deferred_from = None;
        self.resend_requested = None;
        (self.resend_end, self.highest_seen) = (None, 0);
        self.behind_until = None;
        self.confirming = None;
        if let Some(store) = &mut self.store {
            store.clear();
        }
    }

    fn set_heartbeat(&mut self, seconds: u32) {
        self.heartbeat_ns = u64::from(seconds) * NANOS_PER_SECOND;
    }
}

#[cfg(test)]
mod tests;
