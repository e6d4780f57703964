//! What a session is told at its start.

use super::Habits;
use crate::fix::codec::{FieldWriter, HELD_BYTES_MAX, MESSAGE_BYTES_MAX, TimePrecision};
use crate::fix::dictionary::Dictionary;
use crate::fix::tags;
use gauntlet_model::session_schedule::SessionSchedule;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use std::fmt;
use std::sync::Arc;

/// Most bytes of a message that are not its body: frame, names, numbers, times, and what a resend says besides.
pub(super) const FRAME_BYTES_MAX: usize = 512;
/// Least that a longest message may have, in bytes.
pub const MESSAGE_BYTES_MIN: usize = 4 * FRAME_BYTES_MAX;

/// Which side of the session this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Connects and logs on first.
    Initiator,
    /// Is connected to and answers the logon.
    Acceptor,
}

/// Bounds of what an acceptor keeps of its application messages, to send them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreBounds {
    /// Messages kept.
    pub messages: usize,
    /// Bytes of message bodies kept.
    pub bytes: usize,
}

/// A user's name and password (tags 553, 554). Its debug form hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `Username`.
    pub username: String,
    /// `Password`.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// How a session behaves. [`SessionConfig::initiator`] and [`SessionConfig::acceptor`] give the
/// usual values.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Which side this is.
    pub role: Role,
    /// Our name (tag 49 out, 56 in).
    pub sender_comp_id: String,
    /// The peer's name (tag 56 out, 49 in).
    pub target_comp_id: String,
    /// Who of us sends (tag 50), on every message; empty for none. CME wants the operator here.
    pub sender_sub_id: String,
    /// To whom of theirs (tag 57), on every message; empty for none.
    pub target_sub_id: String,
    /// Heartbeat interval in seconds that an initiator proposes (tag 108); 0 for no heartbeats. An
    /// acceptor takes the initiator's.
    pub heartbeat_seconds: u32,
    /// Sent by an initiator; demanded by an acceptor.
    pub credentials: Option<Credentials>,
    /// An initiator sets both sequence numbers to 1 at every logon (tag 141), an acceptor at every logon
    /// that it accepts. What was missed while away is then not sent again.
    pub reset_on_logon: bool,
    /// When the session is open and when its numbers begin anew; `None` for always, and never.
    pub schedule: Option<SessionSchedule>,
    /// When the numbers that the session begins with were last in use. What lies before the last reset of
    /// the schedule counts no more.
    pub numbers_of: UnixNanos,
    /// `NextExpectedMsgSeqNum` (tag 789) is sent with the logon, and obeyed: each side sends again
    /// what the other lacks without being asked. The peer must agree to it. An acceptor sends it to
    /// those only who sent it.
    pub next_expected: bool,
    /// `LastMsgSeqNumProcessed` (tag 369) is sent with every message.
    pub last_processed: bool,
    /// Messages asked for in one `ResendRequest`; 0 for all at once (16=0).
    pub resend_chunk: u64,
    /// What the peer's messages may hold; `None` for whatever they do. A tolerant session answers what it
    /// refuses with a `Reject`, and takes the message all the same: it may be a fill.
    pub dictionary: Option<Arc<Dictionary>>,
    /// What our own application messages may hold; `None` for whatever they do. What it refuses is not sent
    /// and takes no number. Session messages are not held against it: the session would end for want of them.
    pub sent_dictionary: Option<Arc<Dictionary>>,
    /// Application messages are delivered whatever is wrong with their fields, and session messages
    /// obeyed if what they need can be read: an initiator would rather read a fill than refuse it.
    pub tolerant: bool,
    /// An initiator asks for a heartbeat after the logon and is logged on only when it comes (volume
    /// 2, Logon, advises it). What the peer asks to be resent comes before that heartbeat: an order
    /// sent earlier would fall into the gap, and be filled over. With 789 in use there is no need.
    pub confirm_logon: bool,
    /// An acceptor that has never been logged on to takes over the numbers that its first initiator
    /// comes with (34 and 789): for simulators that start without a memory.
    pub adopt_numbers: bool,
    /// Farthest that `SendingTime` (tag 52) may be from our clock, in nanoseconds; 0 for no check.
    pub sending_time_window_ns: u64,
    /// Longest wait for the peer's logon, in nanoseconds.
    pub logon_timeout_ns: u64,
    /// Longest wait for the peer's logout or its disconnection after a logout, in nanoseconds.
    pub logout_timeout_ns: u64,
    /// Longest wait for the first message that a resend request asked for, in nanoseconds.
    pub resend_timeout_ns: u64,
    /// How exact our times are.
    pub time_precision: TimePrecision,
    /// What an acceptor keeps to send again. An initiator keeps nothing: its orders are never sent
    /// again, gaps are filled over them.
    pub store: StoreBounds,
    /// What an acceptor does beside what it should.
    pub habits: Habits,
    /// Longest message that we send, from `BeginString` to `CheckSum`, in bytes: [`MESSAGE_BYTES_MIN`] to
    /// [`HELD_BYTES_MAX`].
    pub message_bytes_max: usize,
    /// Bytes that may wait to be written, four times the longest message at least. A peer that lets more wait does not read, and is
    /// disconnected.
    pub outbox_bytes: usize,
}

impl SessionConfig {
    /// An initiator with the usual values.
    pub fn initiator(sender_comp_id: &str, target_comp_id: &str) -> SessionConfig {
        SessionConfig {
            role: Role::Initiator,
            sender_comp_id: sender_comp_id.to_owned(),
            target_comp_id: target_comp_id.to_owned(),
            sender_sub_id: String::new(),
            target_sub_id: String::new(),
            heartbeat_seconds: 30,
            credentials: None,
            reset_on_logon: false,
            schedule: None,
            numbers_of: UnixNanos(0),
            next_expected: false,
            last_processed: false,
            resend_chunk: 0,
            dictionary: None,
            sent_dictionary: None,
            tolerant: true,
            confirm_logon: true,
            adopt_numbers: false,
            sending_time_window_ns: 120 * NANOS_PER_SECOND,
            logon_timeout_ns: 10 * NANOS_PER_SECOND,
            logout_timeout_ns: 2 * NANOS_PER_SECOND,
            resend_timeout_ns: 10 * NANOS_PER_SECOND,
            time_precision: TimePrecision::Millis,
            store: StoreBounds { messages: 0, bytes: 0 },
            habits: Habits::default(),
            message_bytes_max: MESSAGE_BYTES_MAX,
            outbox_bytes: 256 * 1024,
        }
    }

    /// An acceptor with the usual values: keeps its last 65,536 application messages, 16 MiB at
    /// most.
    pub fn acceptor(sender_comp_id: &str, target_comp_id: &str) -> SessionConfig {
        SessionConfig {
            role: Role::Acceptor,
            tolerant: false,
            store: StoreBounds { messages: 1 << 16, bytes: 16 << 20 },
            ..SessionConfig::initiator(sender_comp_id, target_comp_id)
        }
    }

    /// Checks what the protocol needs.
    ///
    /// # Errors
    /// [`ConfigError`] that says what is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (name, value, required) in [
            ("sender_comp_id", &self.sender_comp_id, true),
            ("target_comp_id", &self.target_comp_id, true),
            ("sender_sub_id", &self.sender_sub_id, false),
            ("target_sub_id", &self.target_sub_id, false),
        ] {
            if required && value.is_empty() {
                return Err(ConfigError::Empty { name });
            }
            if value.len() > 64 || !value.bytes().all(|b| (0x21..0x7f).contains(&b)) {
                return Err(ConfigError::Characters { name });
            }
        }
        if !(MESSAGE_BYTES_MIN..=HELD_BYTES_MAX).contains(&self.message_bytes_max) {
            return Err(ConfigError::MessageBytes);
        }
        if self.outbox_bytes < 4 * self.message_bytes_max {
            return Err(ConfigError::Outbox { bytes: 4 * self.message_bytes_max });
        }
        if self.heartbeat_seconds > super::HEARTBEAT_SECONDS_MAX {
            return Err(ConfigError::Heartbeat);
        }
        Ok(())
    }

    /// The fields that every message of ours carries alike, encoded.
    pub(super) fn identity_fields(&self) -> Vec<u8> {
        let mut buffer = vec![0; 512];
        let len = crate::fix::codec::encode_fields(&mut buffer, |w: &mut FieldWriter<'_>| {
            w.raw(tags::SENDER_COMP_ID, self.sender_comp_id.as_bytes());
            w.raw(tags::TARGET_COMP_ID, self.target_comp_id.as_bytes());
            w.raw(tags::SENDER_SUB_ID, self.sender_sub_id.as_bytes());
            w.raw(tags::TARGET_SUB_ID, self.target_sub_id.as_bytes());
        })
        .expect("four validated names of at most 64 bytes fit 512");
        buffer.truncate(len);
        buffer
    }
}

/// What is wrong with a [`SessionConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A name is missing.
    #[error("{name} of the FIX session is empty; set it as the counterparty assigned it")]
    Empty {
        /// Which.
        name: &'static str,
    },
    /// A name that the wire cannot carry.
    #[error("{name} of the FIX session must be at most 64 printable ASCII characters, no spaces")]
    Characters {
        /// Which.
        name: &'static str,
    },
    /// Too little room for outgoing messages.
    #[error("the outbox of the FIX session must hold at least {bytes} bytes, four of its messages")]
    Outbox {
        /// The least.
        bytes: usize,
    },
    /// A longest message that is too short for the session's own, or too long for any peer of ours.
    #[error(
        "the longest message of a FIX session must have {MESSAGE_BYTES_MIN} to {HELD_BYTES_MAX} bytes"
    )]
    MessageBytes,
    /// Too rare a heartbeat.
    #[error("the heartbeat interval of the FIX session must be at most 3600 seconds")]
    Heartbeat,
}
