//! The journal's own thread: group commits, and segments made ahead.

use crate::state::{Failure, NodeState};
use gauntlet_journal::JournalSync;
use gauntlet_runtime::agent::{Agent, AgentError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// See the module.
pub struct JournalAgent {
    sync: JournalSync,
    every: Duration,
    last: Option<Instant>,
    state: Arc<NodeState>,
}

impl JournalAgent {
    /// An agent that commits at most once in `commit_ms` milliseconds.
    pub fn new(sync: JournalSync, commit_ms: u32, state: Arc<NodeState>) -> JournalAgent {
        let every = Duration::from_millis(u64::from(commit_ms));
        JournalAgent { sync, every, last: None, state }
    }

    fn note_positions(&self) {
        let (positions, counters) = (self.sync.positions(), &self.state.counters);
        counters.inputs_synced.store(positions.inputs().0, Ordering::Relaxed);
        counters.effects_synced.store(positions.effects().0, Ordering::Relaxed);
    }
}

impl Agent for JournalAgent {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        if self.last.is_some_and(|last| last.elapsed() < self.every) {
            return Ok(0);
        }
        self.last = Some(Instant::now());
        match self.sync.do_work() {
            Ok(done) => {
                self.state.counters.commits.fetch_add(u64::from(done > 0), Ordering::Relaxed);
                self.note_positions();
                // One commit a period: what came meanwhile goes with the next.
                Ok(0)
            }
            Err(error) => {
                self.state.fail(Failure::Journal(error.to_string()));
                Err(Box::new(error))
            }
        }
    }

    fn on_close(&mut self) -> Result<(), AgentError> {
        self.sync.finish()?;
        self.note_positions();
        Ok(())
    }
}
