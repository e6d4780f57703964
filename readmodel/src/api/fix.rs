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
