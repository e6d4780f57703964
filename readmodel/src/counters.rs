//! Counters that the hot threads write and everyone else reads while they run.

use crate::alert_paths::{AlertPaths, AlertsSnapshot};
use crate::fix_board::FixBoard;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

/// The state of a connection, as the hot threads know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum LinkState {
    /// Not connected.
    Down = 0,
    /// Connecting or logging on.
    Connecting = 1,
    /// Connected, logged on, flowing.
    Up = 2,
    /// Ended in order.
    Ended = 3,
}

/// Counters of one node. Every one has one writer; readers see each by itself, not all at one
/// moment.
#[derive(Debug, Default)]
pub struct NodeCounters {
    /// Rounds of the hot loop: it lives if this moves.
    pub loops: AtomicU64,
    /// Number of the last input.
    pub inputs: AtomicU64,
    /// Effects journaled in this run.
    pub effects: AtomicU64,
    /// Market-data records received in this run.
    pub records: AtomicU64,
    /// Order messages handed to the routes in this run.
    pub orders_sent: AtomicU64,
    /// Orders that are not final.
    pub orders_live: AtomicU32,
    /// Those of them that are to outlive the run: good till cancelled or until a date.
    pub orders_staying: AtomicU32,
    /// Bytes of the inputs stream that are safe against a crash of the machine.
    pub inputs_synced: AtomicU64,
    /// Bytes of the effects stream that are safe against a crash of the machine.
    pub effects_synced: AtomicU64,
    /// Group commits.
    pub commits: AtomicU64,
    /// Most words of the brokers' that waited for the sequencer in this run.
    pub words_waiting_max: AtomicU32,
    /// Whether the journal runs out of disk: trading is stopped.
    pub journal_short: AtomicBool,
    /// The market-data feed.
    pub feed: AtomicU8,
    /// The broker session.
    pub broker: AtomicU8,
    /// How alerts reach people.
    pub alerts: AlertPaths,
    /// How the sessions to brokers fare.
    pub fix: FixBoard,
}

/// The counters at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountersSnapshot {
    /// See [`NodeCounters::loops`].
    pub loops: u64,
    /// See [`NodeCounters::inputs`].
    pub inputs: u64,
    /// See [`NodeCounters::effects`].
    pub effects: u64,
    /// See [`NodeCounters::records`].
    pub records: u64,
    /// See [`NodeCounters::orders_sent`].
    pub orders_sent: u64,
    /// See [`NodeCounters::orders_live`].
    pub orders_live: u32,
    /// See [`NodeCounters::orders_staying`].
    #[serde(default)]
    pub orders_staying: u32,
    /// See [`NodeCounters::inputs_synced`].
    pub inputs_synced: u64,
    /// See [`NodeCounters::effects_synced`].
    pub effects_synced: u64,
    /// See [`NodeCounters::commits`].
    pub commits: u64,
    /// See [`NodeCounters::journal_short`].
    pub journal_short: bool,
    /// See [`NodeCounters::feed`].
    pub feed: LinkState,
    /// See [`NodeCounters::broker`].
    pub broker: LinkState,
    /// See [`NodeCounters::alerts`].
    #[serde(default)]
    pub alerts: AlertsSnapshot,
}

impl NodeCounters {
    /// Sets the state of a link.
    pub fn set_link(link: &AtomicU8, state: LinkState) {
        link.store(state as u8, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn snapshot(&self) -> CountersSnapshot {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CountersSnapshot {
            loops: get(&self.loops),
            inputs: get(&self.inputs),
            effects: get(&self.effects),
            records: get(&self.records),
            orders_sent: get(&self.orders_sent),
            orders_live: self.orders_live.load(Ordering::Relaxed),
            orders_staying: self.orders_staying.load(Ordering::Relaxed),
            inputs_synced: get(&self.inputs_synced),
            effects_synced: get(&self.effects_synced),
            commits: get(&self.commits),
            journal_short: self.journal_short.load(Ordering::Relaxed),
            feed: link(&self.feed),
            broker: link(&self.broker),
            alerts: self.alerts.snapshot(),
        }
    }
}

fn link(state: &AtomicU8) -> LinkState {
    match state.load(Ordering::Relaxed) {
        1 => LinkState::Connecting,
        2 => LinkState::Up,
        3 => LinkState::Ended,
        _ => LinkState::Down,
    }
}
