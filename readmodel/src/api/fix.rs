//! The FIX sessions to the brokers.

use serde::{Deserialize, Serialize};

/// Every session, and what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixAdapter {
    /// That of each broker's orders, then that of its drop copy if it has one, by route.
    pub sessions: Vec<FixSession>,
}

/// One session, as the journal tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixSession {
    /// The broker's name, and `:copy` behind it for the session of its drop copy.
    pub name: String,
    /// The broker's name in the configuration; `broker` without one.
    pub broker: String,
    /// The route of its orders.
    pub route: String,
    /// Whether it is the session of the broker's drop copy.
    pub of_copy: bool,
    /// `logged_on`, `logged_out`, `disconnected` or, before its first word in a run, `not_connected`.
    pub state: String,
    /// Since when; `null` before its first word in a run.
    pub since: Option<String>,
    /// Why it is not on; empty while it is.
    pub why: String,
    /// What the broker said at its last logout of this run, and when.
    pub last_logout: Option<FixWord>,
    /// When it last logged on in this run.
    pub last_logon: Option<String>,
    /// The number of the next message that we send. While a logon is unanswered it may be one more.
    pub next_out: u64,
    /// The number of the next message that we expect, as far as journaled messages tell: those of the session
    /// itself, which are asked for again after a restart, may have come since.
    pub next_in: u64,
    /// The last message that we sent.
    pub last_sent: Option<FixMessage>,
    /// Messages of ours that the broker refused in this run.
    pub refused: u64,
    /// Times that the session was lost, or could not be had for another reason, in this run.
    pub failures: u64,
    /// How it fares at this moment; `null` when no node runs.
    #[serde(default)]
    pub live: Option<FixLive>,
}

/// How a session fares, as the thread that owns it publishes ten times a second. Counters are of this run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixLive {
    /// `waiting`, `out_of_hours`, `connecting`, `logging_on`, `catching_up`, `logged_on`, `logging_out` or `closed`.
    pub phase: String,
    /// The number of the next message that we send.
    pub next_out: u64,
    /// The number of the next message that we expect, session messages counted.
    pub next_in: u64,
    /// The heartbeat interval in force, in nanoseconds; 0 for none, and before the first logon.
    pub heartbeat_ns: u64,
    /// From our last answered test request to its answer, in nanoseconds. One is sent after each logon, and when
    /// nothing has come for a heartbeat interval and a fifth.
    pub round_trip_ns: Option<u64>,
    /// When that answer came.
    pub round_trip_at: Option<String>,
    /// When something was last received.
    pub last_received: Option<String>,
    /// When something was last sent.
    pub last_sent: Option<String>,
    /// Gaps in the broker's messages that were asked for.
    pub gaps: u64,
    /// Resend requests of the broker's that were answered.
    pub resends: u64,
    /// Gap fills sent in answer to them.
    pub gap_fills: u64,
    /// Times that the broker moved its own number forward (`SequenceReset`, either mode).
    pub jumps: u64,
    /// Messages received that were seen before and said so.
    pub duplicates: u64,
    /// Session-level rejects sent.
    pub rejects_sent: u64,
    /// Messages of the broker's that its dictionary refuses, taken all the same.
    pub faults_received: u64,
    /// Messages of ours that our dictionary refuses: none was sent.
    pub faults_unsent: u64,
    /// Garbled messages ignored.
    pub garbled: u64,
    /// Order messages that could not be sent.
    pub unsent: u64,
    /// Attempts in a row that came to no session.
    pub failed_attempts: u64,
    /// When the next attempt to connect comes, while there is no connection.
    pub next_attempt: Option<String>,
    /// When the schedule has it open, in words.
    pub hours: String,
    /// When its numbers begin anew, in words.
    pub resets: String,
    /// When the schedule begins its numbers anew next.
    pub next_reset: Option<String>,
}

/// What the other side said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixWord {
    /// When.
    pub time: String,
    /// Its text (tag 58); empty if it gave none.
    pub text: String,
}

/// A message by its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixMessage {
    /// Its type (tag 35).
    pub msg_type: String,
    /// Its number (tag 34).
    pub msg_seq_num: u64,
}
