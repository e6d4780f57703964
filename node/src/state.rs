//! What the threads of one node share: counters, the wish to stop, and the first failure.

use gauntlet_readmodel::alert_paths::{AlertPath, Turn};
use gauntlet_readmodel::counters::NodeCounters;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use thiserror::Error;

/// Why a node cannot go on.
#[derive(Clone, Debug, Error)]
pub enum Failure {
    /// The journal cannot take another record, or cannot be made durable.
    #[error("{0}")]
    Journal(String),
    /// The feed refused us for good.
    #[error("{0}")]
    Feed(String),
    /// A queue of bounded size overflowed.
    #[error("{0}: nothing may be lost, so the node ends")]
    Overrun(&'static str),
    /// A thread panicked: an invariant does not hold, and what the node knows cannot be trusted.
    #[error(
        "{0}\nthis is a fault of the program: nothing was sent after it. Orders may still work at the \
         broker: look there, cancel what must not stay, keep the data directory and report the fault"
    )]
    Broken(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// See the module.
#[derive(Debug, Default)]
pub struct NodeState {
    /// Counters, for the control plane.
    pub counters: Arc<NodeCounters>,
    stop_asked: AtomicBool,
    stopping: AtomicBool,
    closed: AtomicBool,
    drained: AtomicBool,
    effects_short: AtomicBool,
    feed_inputs: AtomicU64,
    feed_records: AtomicU64,
    awaits_broker: AtomicBool,
    awaits_anybody: AtomicBool,
    done: AtomicU64,
    /// By way: whether alerts came to stall on it, or go again, for the sequencer; 0 for nothing to tell.
    alert_turns: [AtomicU64; AlertPath::ALL.len()],
    failed: AtomicBool,
    failure: Mutex<Option<Failure>>,
}

impl NodeState {
    /// Asks for an orderly stop.
    pub fn ask_to_stop(&self) {
        self.stop_asked.store(true, Ordering::Release);
    }

    /// Whether an orderly stop was asked for.
    pub fn is_stop_asked(&self) -> bool {
        self.stop_asked.load(Ordering::Acquire)
    }

    /// Tells that the stop went through the chain: nothing new is ordered, working orders are being
    /// cancelled.
    pub fn set_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the stop went through the chain.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Tells that everything that went into the stream has come out of it, after the stop.
    pub fn set_drained(&self) {
        self.drained.store(true, Ordering::Release);
    }

    /// Whether everything that went into the stream has come out of it: threads may end.
    pub fn is_drained(&self) -> bool {
        self.drained.load(Ordering::Acquire)
    }

    /// Tells that the effects' journal uses its reserve.
    pub fn set_effects_short(&self) {
        self.effects_short.store(true, Ordering::Release);
    }

    /// Whether the effects' journal uses its reserve.
    pub fn is_effects_short(&self) -> bool {
        self.effects_short.load(Ordering::Acquire)
    }

    /// Tells that the orderly stop is done: no live order, session logged out.
    pub fn set_closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the orderly stop is done.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Counts an input from the feed, before it goes down the chain.
    pub fn count_feed_input(&self) {
        self.feed_inputs.fetch_add(1, Ordering::Release);
    }

    /// Inputs from the feed that went down the chain.
    pub fn feed_inputs(&self) -> u64 {
        self.feed_inputs.load(Ordering::Acquire)
    }

    /// Notes how many records the feed has read, after their inputs were counted.
    pub fn set_feed_records(&self, records: u64) {
        self.feed_records.store(records, Ordering::Release);
    }

    /// Records of any kind that the feed has read.
    pub fn feed_records(&self) -> u64 {
        self.feed_records.load(Ordering::Acquire)
    }

    /// Tells whether an answer of the broker is on its way.
    pub fn set_awaits_broker(&self, awaits: bool) {
        self.awaits_broker.store(awaits, Ordering::Release);
    }

    /// Whether an answer of the broker is on its way.
    pub fn awaits_broker(&self) -> bool {
        self.awaits_broker.load(Ordering::Acquire)
    }

    /// Tells whether an answer of a broker or a simulator is on its way.
    pub fn set_awaits_anybody(&self, awaits: bool) {
        self.awaits_anybody.store(awaits, Ordering::Release);
    }

    /// Whether an answer of a broker or a simulator is on its way.
    pub fn awaits_anybody(&self) -> bool {
        self.awaits_anybody.load(Ordering::Acquire)
    }

    /// Tells that an input has gone through the stages. Told in lockstep only.
    pub fn set_done(&self, seq: u64) {
        self.done.store(seq, Ordering::Release);
    }

    /// The last input that has gone through the stages, in lockstep.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    /// Tells the sequencer that a way of alerts stalls or goes again; a later word takes the place of one
    /// that was not taken.
    pub fn tell_alert_turn(&self, path: AlertPath, turn: Turn) {
        self.alert_turns[path as usize].store(packed(turn), Ordering::Release);
    }

    /// What there is to be sequenced of a way of alerts, once.
    pub fn take_alert_turn(&self, path: AlertPath) -> Option<Turn> {
        let slot = &self.alert_turns[path as usize];
        // Looked at first: there is nothing nearly always, and a swap is dearer.
        let told = (slot.load(Ordering::Relaxed) != 0).then(|| slot.swap(0, Ordering::Acquire))?;
        (told != 0).then(|| unpacked(told))
    }

    /// Notes a failure after which nothing may be done any more; the first one is kept.
    pub fn fail(&self, failure: Failure) {
        let mut slot = self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !self.failed.swap(true, Ordering::AcqRel) {
            *slot = Some(failure);
        }
    }

    /// Notes a failure that leaves enough to stop in order: working orders are to be cancelled before
    /// the end.
    pub fn fail_in_order(&self, failure: Failure) {
        let mut slot = self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        slot.get_or_insert(failure);
        drop(slot);
        self.ask_to_stop();
    }

    /// Whether there was a failure after which nothing may be done.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Why the node ends, if by itself.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

/// A bit that says that there is something, one for a stall, 30 bits of milliseconds and 32 of alerts.
fn packed(turn: Turn) -> u64 {
    let waited_ms = (turn.oldest_ns / NANOS_PER_MILLI).min((1 << 30) - 1);
    let waiting = turn.waiting.min(u64::from(u32::MAX));
    1 << 63 | u64::from(turn.stalled) << 62 | waited_ms << 32 | waiting
}

fn unpacked(told: u64) -> Turn {
    let waited_ms = told >> 32 & ((1 << 30) - 1);
    Turn {
        stalled: told >> 62 & 1 == 1,
        waiting: told & u64::from(u32::MAX),
        oldest_ns: waited_ms * NANOS_PER_MILLI,
    }
}

const NANOS_PER_MILLI: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_alerts_is_taken_as_it_was_told_and_once() {
        let state = NodeState::default();
        let (path, most) = (AlertPath::Page, (1 << 30) - 1);
        for (stalled, waiting, ms) in [(true, 1, 5_000), (false, 0, 0), (true, u64::MAX, most)] {
            let turn = Turn { stalled, waiting, oldest_ns: ms * NANOS_PER_MILLI };
            state.tell_alert_turn(path, turn);
            assert_eq!(state.take_alert_turn(AlertPath::Log), None);
            let taken = state.take_alert_turn(path).expect("told");
            let waiting = waiting.min(u64::from(u32::MAX));
            assert_eq!(taken, Turn { waiting, ..turn });
            assert_eq!(state.take_alert_turn(path), None);
        }
    }

    #[test]
    fn a_failure_in_order_stops_and_is_the_reason_unless_a_worse_one_comes() {
        let state = NodeState::default();
        state.fail_in_order(Failure::Feed("refused".into()));
        assert!(state.is_stop_asked() && !state.has_failed());
        assert!(matches!(state.failure(), Some(Failure::Feed(_))));
        state.fail(Failure::Journal("full".into()));
        state.fail(Failure::Other("what follows from it".into()));
        assert!(state.has_failed());
        assert!(matches!(state.failure(), Some(Failure::Journal(_))));
    }
}
