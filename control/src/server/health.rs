//! Whether the node is well and can trade, judged from outside: a process that runs is not enough.

use gauntlet_readmodel::api::{Health, JournalStatus, PlatformState, Status};
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

    /// What is wrong with the node itself, whatever it could trade; empty when nothing is.
    pub fn ills(
        &self,
        now: Instant,
        node: &CountersSnapshot,
        journal: &JournalStatus,
    ) -> Vec<String> {
        let mut ills = Vec::new();
        match self.moved.map(|moved| now.duration_since(moved)) {
            None => ills.push("the hot thread has not been seen to run yet".to_owned()),
            Some(still) if still > STILL_MAX => {
                ills.push(format!("the hot thread stands still since {} s", still.as_secs()));
            }
            Some(_) => {}
        }
        let behind = now.duration_since(self.caught_up);
        if let Some(error) = &journal.error {
            ills.push(format!("the journal cannot be read: {error}"));
        } else if behind > BEHIND_MAX {
            let seconds = behind.as_secs();
            ills.push(format!("the picture is behind the journal's end since {seconds} s"));
        }
        for way in node.alerts.ways.iter().filter(|way| way.stalled) {
            let (waiting, path) = (way.waiting, &way.path);
            ills.push(format!(
                "alerts do not reach the {path} within five seconds: {waiting} wait"
            ));
        }
        if node.journal_short {
            ills.push("the journal's disk is full: nothing trades".to_owned());
        }
        ills
    }
}

/// The status of a running node: its own ills come before what keeps it from trading.
pub(super) fn diagnosed(status: Status, ills: Vec<String>) -> Status {
    let state = if ills.is_empty() { status.state } else { PlatformState::Unwell };
    let reasons = ills.into_iter().chain(status.reasons).collect();
    Status { running: true, state, reasons, ..status }
}

/// Whether a node can trade.
pub(super) fn verdict(status: &Status) -> Health {
    let healthy = status.state == PlatformState::Trading;
    Health { healthy, reason: status.reasons.first().cloned(), reasons: status.reasons.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_readmodel::alert_paths::{ALERT_WITHIN_NS, AlertPath};
    use gauntlet_readmodel::counters::NodeCounters;
    use gauntlet_readmodel::projection::Projection;

    fn reasons(vigil: &Vigil, now: Instant, node: &CountersSnapshot) -> String {
        vigil.ills(now, node, &JournalStatus::default()).join("; ")
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
    fn alerts_that_wait_longer_than_five_seconds_are_an_ill_of_the_node() {
        let (counters, now) = (NodeCounters::default(), Instant::now());
        let near = JournalStatus { caught_up: true, ..JournalStatus::default() };
        let mut vigil = Vigil::new(now);
        (1..3).for_each(|loops| vigil.look(now, loops, &near));
        counters.alerts.begin(AlertPath::Log);
        counters.alerts.raise(1, 0);
        counters.alerts.look(AlertPath::Log, ALERT_WITHIN_NS);
        assert_eq!(reasons(&vigil, now, &counters.snapshot()), "", "at the limit");
        counters.alerts.look(AlertPath::Log, ALERT_WITHIN_NS + 1);
        let ill = "alerts do not reach the log within five seconds: 1 wait";
        assert_eq!(reasons(&vigil, now, &counters.snapshot()), ill);
        counters.alerts.reach(AlertPath::Log, 1, ALERT_WITHIN_NS + 2, |_| {});
        counters.alerts.look(AlertPath::Log, ALERT_WITHIN_NS + 2);
        assert_eq!(reasons(&vigil, now, &counters.snapshot()), "");
    }

    #[test]
    fn a_full_disk_and_an_unreadable_journal_come_before_what_the_platform_says() {
        let node = CountersSnapshot { journal_short: true, ..NodeCounters::default().snapshot() };
        let now = Instant::now();
        let error = Some("damaged".to_owned());
        let journal = JournalStatus { error, caught_up: true, ..JournalStatus::default() };
        let mut vigil = Vigil::new(now);
        vigil.look(now, 1, &journal);
        vigil.look(now, 2, &journal);
        let ills = vigil.ills(now, &node, &journal);
        assert_eq!(ills.len(), 2);
        let told = Projection::new().status("");
        let status = diagnosed(told.clone(), ills.clone());
        assert_eq!((status.running, status.state), (true, PlatformState::Unwell));
        let health = verdict(&status);
        assert_eq!((health.healthy, &health.reason), (false, &Some(ills[0].clone())));
        assert_eq!(health.reasons.len(), 3);
        let health = verdict(&diagnosed(told, Vec::new()));
        assert_eq!(health.reason.as_deref(), Some("no run has started"));
    }
}
