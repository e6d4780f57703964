//! Whether the node is well, judged from outside: a process that runs is not enough.

use gauntlet_readmodel::api::{Health, JournalStatus, PlatformState};
use gauntlet_readmodel::counters::CountersSnapshot;
use std::time::{Duration, Instant};

/// Longest that the hot loop may stand still.
pub const STILL_MAX: Duration = Duration::from_secs(2);
/// Longest that the picture may be behind the journal's end.
pub const BEHIND_MAX: Duration = Duration::from_secs(5);

/// Watches the signs of life.
#[derive(Debug)]
pub(super) struct Vigil {
    loops: Option<u64>,
    moved: Option<Instant>,
    caught_up: Instant,
}

impl Vigil {
    pub fn new(now: Instant) -> Vigil {
        Vigil { loops: None, moved: None, caught_up: now }
    }

    /// Looks once.
    pub fn look(&mut self, now: Instant, loops: u64, journal: &JournalStatus) {
        if self.loops.is_some_and(|last| last != loops) {
            self.moved = Some(now);
        }
        self.loops = Some(loops);
        if journal.caught_up {
            self.caught_up = now;
        }
    }

    /// The verdict.
    pub fn judge(
        &self,
        now: Instant,
        node: &CountersSnapshot,
        journal: &JournalStatus,
        state: PlatformState,
    ) -> Health {
        let mut reasons = Vec::new();
        match self.moved.map(|moved| now.duration_since(moved)) {
            None => reasons.push("the hot thread has not been seen to run yet".to_owned()),
            Some(still) if still > STILL_MAX => {
                reasons.push(format!("the hot thread stands still since {} s", still.as_secs()));
            }
            Some(_) => {}
        }
        let behind = now.duration_since(self.caught_up);
        if let Some(error) = &journal.error {
            reasons.push(format!("the journal cannot be read: {error}"));
        } else if behind > BEHIND_MAX {
            let seconds = behind.as_secs();
            reasons.push(format!("the picture is behind the journal's end since {seconds} s"));
        }
        if node.journal_short {
            reasons.push("the journal's disk is full: nothing trades".to_owned());
        }
        if state == PlatformState::Stopping {
            reasons.push("an orderly stop is under way".to_owned());
        }
        Health { healthy: reasons.is_empty(), reasons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_readmodel::counters::NodeCounters;

    fn reasons(vigil: &Vigil, now: Instant, node: &CountersSnapshot) -> String {
        let (journal, state) = (JournalStatus::default(), PlatformState::Trading);
        vigil.judge(now, node, &journal, state).reasons.join("; ")
    }

    #[test]
    fn a_node_is_well_only_while_its_hot_loop_moves_and_the_picture_is_near() {
        let node = NodeCounters::default().snapshot();
        let near = JournalStatus { caught_up: true, ..JournalStatus::default() };
        let start = Instant::now();
        let mut vigil = Vigil::new(start);
        vigil.look(start, 7, &near);
        assert!(reasons(&vigil, start, &node).contains("not been seen"));
        vigil.look(start, 8, &near);
        assert_eq!(reasons(&vigil, start, &node), "");

        let later = start + STILL_MAX + Duration::from_millis(1);
        vigil.look(later, 8, &near);
        assert!(reasons(&vigil, later, &node).contains("stands still"));

        let far = JournalStatus::default();
        let latest = later + BEHIND_MAX + Duration::from_millis(1);
        vigil.look(latest, 9, &far);
        assert!(reasons(&vigil, latest, &node).contains("behind"));
    }

    #[test]
    fn a_full_disk_a_stop_and_an_unreadable_journal_are_not_well() {
        let node = CountersSnapshot { journal_short: true, ..NodeCounters::default().snapshot() };
        let now = Instant::now();
        let error = Some("damaged".to_owned());
        let journal = JournalStatus { error, caught_up: true, ..JournalStatus::default() };
        let mut vigil = Vigil::new(now);
        vigil.look(now, 1, &journal);
        vigil.look(now, 2, &journal);
        let health = vigil.judge(now, &node, &journal, PlatformState::Stopping);
        assert!(!health.healthy);
        assert_eq!(health.reasons.len(), 3);
    }
}
