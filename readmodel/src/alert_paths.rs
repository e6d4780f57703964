//! R21: how long alerts take from their event to the people that they are for.
//!
//! The thread that journals an alert notes when the input came that it is about
//! ([`AlertPaths::raise`]). There are two ways from there on, each with a reader of its own: the node's log, and
//! the picture that page, stream and API show. Each tells how far it is ([`AlertPaths::reach`]), and so how long
//! every alert took; a watchdog that is neither of them looks for what waits too long ([`AlertPaths::look`]).
//!
//! All of it is counters: nothing waits for anything, and what is beyond the bound of [`WAITING_MAX`] is counted as
//! late rather than kept. The journal has every alert in any case.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// Longest that an alert may take: five seconds (RTS 6, article 16).
pub const ALERT_WITHIN_NS: u64 = 5_000_000_000;
/// Alerts that may wait for a reader; of older ones it is only known that they are late.
pub const WAITING_MAX: u64 = 1_024;

/// A way to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AlertPath {
    /// The node's log.
    Log = 0,
    /// The picture that page, stream and API show.
    Page = 1,
}

impl AlertPath {
    /// Both.
    pub const ALL: [AlertPath; 2] = [AlertPath::Log, AlertPath::Page];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            AlertPath::Log => "log",
            AlertPath::Page => "page",
        }
    }
}

/// An alert on its way.
#[derive(Debug, Default)]
struct Mark {
    /// The input that it is about.
    seq: AtomicU64,
    /// When that came, in nanoseconds of [`AlertPaths::now`].
    at: AtomicU64,
}

/// One way.
#[derive(Debug, Default)]
struct Way {
    /// Whether anybody goes it in this run.
    used: AtomicBool,
    /// Alerts that came, or that nobody can tell of any more.
    done: AtomicU64,
    late: AtomicU64,
    slowest: AtomicU64,
    stalled: AtomicBool,
}

/// See the module.
#[derive(Debug)]
pub struct AlertPaths {
    began: Instant,
    raised: AtomicU64,
    marks: Box<[Mark]>,
    ways: [Way; AlertPath::ALL.len()],
}

impl Default for AlertPaths {
    fn default() -> AlertPaths {
        AlertPaths {
            began: Instant::now(),
            raised: AtomicU64::new(0),
            marks: std::iter::repeat_with(Mark::default).take(WAITING_MAX as usize).collect(),
            ways: Default::default(),
        }
    }
}

/// What a way came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whether it stalls now, or no longer.
    pub stalled: bool,
    /// Alerts that wait.
    pub waiting: u64,
    /// For how long the first of them waits, in nanoseconds.
    pub oldest_ns: u64,
}

impl AlertPaths {
    /// Nanoseconds since these were made.
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Says that somebody goes a way in this run.
    pub fn begin(&self, path: AlertPath) {
        self.way(path).used.store(true, Ordering::Release);
    }

    fn way(&self, path: AlertPath) -> &Way {
        &self.ways[path as usize]
    }

    /// An alert about input `seq`, which came at `at`, is in the journal. From one thread only.
    pub fn raise(&self, seq: u64, at: u64) {
        let raised = self.raised.load(Ordering::Relaxed);
        let mark = self.mark(raised);
        mark.seq.store(seq, Ordering::Relaxed);
        mark.at.store(at, Ordering::Relaxed);
        self.raised.store(raised + 1, Ordering::Release);
    }

    fn mark(&self, number: u64) -> &Mark {
        &self.marks[(number % WAITING_MAX) as usize]
    }

    /// A way has brought all alerts about inputs up to `seq`; `took` is given how long each of them took, in
    /// nanoseconds. From one thread a way.
    pub fn reach(&self, path: AlertPath, seq: u64, now: u64, mut took: impl FnMut(u64)) {
        let (way, raised) = (self.way(path), self.raised.load(Ordering::Acquire));
        let done = self.skip_lost(way, raised);
        let mut next = done;
        while next < raised && self.mark(next).seq.load(Ordering::Relaxed) <= seq {
            let took_ns = now.saturating_sub(self.mark(next).at.load(Ordering::Relaxed));
            way.slowest.fetch_max(took_ns, Ordering::Relaxed);
            way.late.fetch_add(u64::from(took_ns > ALERT_WITHIN_NS), Ordering::Relaxed);
            took(took_ns);
            next += 1;
        }
        way.done.store(next, Ordering::Release);
    }

    /// Of what more than [`WAITING_MAX`] came after nobody knows how late it is.
    fn skip_lost(&self, way: &Way, raised: u64) -> u64 {
        let done = way.done.load(Ordering::Relaxed);
        let kept = done.max(raised.saturating_sub(WAITING_MAX));
        way.late.fetch_add(kept - done, Ordering::Relaxed);
        kept
    }

    /// What a way makes wait: how many, and since when the first.
    fn waiting(&self, way: &Way, now: u64) -> (u64, u64) {
        let (raised, done) =
            (self.raised.load(Ordering::Acquire), way.done.load(Ordering::Acquire));
        let waiting = raised.saturating_sub(done);
        if waiting == 0 || !way.used.load(Ordering::Acquire) {
            return (0, 0);
        }
        let oldest = self.mark(done.max(raised.saturating_sub(WAITING_MAX)));
        (waiting, now.saturating_sub(oldest.at.load(Ordering::Relaxed)))
    }

    /// Whether a way came to stall, or does so no longer, since it was looked at last. A way that is not used
    /// makes nobody wait. From one thread only.
    pub fn look(&self, path: AlertPath, now: u64) -> Option<Turn> {
        let way = self.way(path);
        let (waiting, oldest_ns) = self.waiting(way, now);
        let stalled = oldest_ns > ALERT_WITHIN_NS || waiting > WAITING_MAX;
        let did = way.stalled.swap(stalled, Ordering::Relaxed);
        (did != stalled).then_some(Turn { stalled, waiting, oldest_ns })
    }

    /// All of it at one moment.
    pub fn snapshot(&self) -> AlertsSnapshot {
        let now = self.now();
        let of = |path: AlertPath| {
            let way = self.way(path);
            let (waiting, oldest_ns) = self.waiting(way, now);
            AlertWay {
                path: path.name().to_owned(),
                waiting,
                oldest_ns,
                late: way.late.load(Ordering::Relaxed),
                slowest_ns: way.slowest.load(Ordering::Relaxed),
                stalled: way.stalled.load(Ordering::Relaxed),
            }
        };
        let used = AlertPath::ALL.into_iter().filter(|path| {
            let way = self.way(*path);
            way.used.load(Ordering::Acquire)
        });
        AlertsSnapshot { raised: self.raised.load(Ordering::Acquire), ways: used.map(of).collect() }
    }
}

/// How alerts of this run reached people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertsSnapshot {
    /// Alerts of this run.
    pub raised: u64,
    /// By the ways that are used in it.
    pub ways: Vec<AlertWay>,
}

/// How alerts of this run reached people by one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertWay {
    /// `log`: the node's log. `page`: the picture that page, stream and API show.
    pub path: String,
    /// Alerts that wait.
    pub waiting: u64,
    /// For how long the first of them waits, in nanoseconds.
    pub oldest_ns: u64,
    /// Alerts that took longer than five seconds.
    pub late: u64,
    /// The longest that one took from its event, in nanoseconds.
    pub slowest_ns: u64,
    /// Whether one waits for longer than five seconds now.
    pub stalled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A way that is used, and how long its alerts took.
    fn used() -> AlertPaths {
        let paths = AlertPaths::default();
        paths.begin(AlertPath::Log);
        paths
    }

    fn reach(paths: &AlertPaths, seq: u64, now: u64) -> Vec<u64> {
        let mut took = Vec::new();
        paths.reach(AlertPath::Log, seq, now, |ns| took.push(ns));
        took
    }

    fn log(paths: &AlertPaths) -> AlertWay {
        paths.snapshot().ways.remove(0)
    }

    #[test]
    fn each_alert_is_timed_from_its_event_once_it_is_reached() {
        let paths = used();
        for (seq, at) in [(3, 100), (3, 100), (7, 250)] {
            paths.raise(seq, at);
        }
        assert_eq!(reach(&paths, 2, 400), [0; 0]);
        assert_eq!(reach(&paths, 3, 400), [300, 300]);
        assert_eq!(reach(&paths, 9, 1_000), [750]);
        assert_eq!(reach(&paths, 9, 2_000), [0; 0]);
        let AlertWay { waiting, late, slowest_ns, .. } = log(&paths);
        assert_eq!((waiting, late, slowest_ns), (0, 0, 750));
        assert_eq!(paths.snapshot().raised, 3);
    }

    #[test]
    fn five_seconds_are_in_time_and_a_nanosecond_more_is_late() {
        let paths = used();
        paths.raise(1, 0);
        assert_eq!(paths.look(AlertPath::Log, ALERT_WITHIN_NS), None);
        let turn = paths.look(AlertPath::Log, ALERT_WITHIN_NS + 1);
        assert_eq!(turn, Some(Turn { stalled: true, waiting: 1, oldest_ns: ALERT_WITHIN_NS + 1 }));
        assert_eq!(paths.look(AlertPath::Log, ALERT_WITHIN_NS + 2), None, "told once");
        assert!(log(&paths).stalled);
        reach(&paths, 1, ALERT_WITHIN_NS);
        assert_eq!(log(&paths).late, 0);
        let turn = paths.look(AlertPath::Log, ALERT_WITHIN_NS + 3).expect("no longer");
        assert!(!turn.stalled && !log(&paths).stalled);
        paths.raise(2, 0);
        reach(&paths, 2, ALERT_WITHIN_NS + 1);
        assert_eq!(log(&paths).late, 1);
    }

    #[test]
    fn a_queue_that_is_full_is_a_stall_and_what_fell_out_of_it_is_late() {
        let paths = used();
        (0..WAITING_MAX).for_each(|seq| paths.raise(seq, 0));
        assert_eq!(paths.look(AlertPath::Log, 1), None, "as many as may wait");
        paths.raise(WAITING_MAX, 0);
        assert!(paths.look(AlertPath::Log, 1).is_some_and(|turn| turn.stalled));
        assert_eq!(reach(&paths, u64::MAX, 1).len(), WAITING_MAX as usize);
        assert_eq!((log(&paths).late, log(&paths).waiting), (1, 0));
        assert!(paths.look(AlertPath::Log, 2).is_some_and(|turn| !turn.stalled));
    }

    #[test]
    fn a_way_that_nobody_goes_makes_nobody_wait() {
        let paths = AlertPaths::default();
        paths.raise(1, 0);
        assert_eq!(paths.look(AlertPath::Page, u64::MAX), None);
        assert_eq!(paths.snapshot().ways, []);
    }
}
