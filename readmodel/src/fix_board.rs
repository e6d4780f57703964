//! What the FIX sessions' thread publishes of them, and everybody else reads while it runs.
//!
//! The figures of one session are of one moment: the writer makes a version odd, writes, and makes it even again; a
//! reader takes what it read if the version was even and has not moved meanwhile. The writer never waits for anybody.

use crate::api;
use gauntlet_model::input::{Route, RouteTable};
use gauntlet_model::session_vitals::{SessionPolicy, SessionVitals};
use gauntlet_model::units::UnixNanos;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

/// Looks of a reader at figures that are being written. The writer comes ten times a second and takes less than a
/// microsecond, so the second look is as good as always the last.
const LOOKS_MAX: usize = 1_000;

/// Which of a broker's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionOf {
    /// That of its orders.
    Orders,
    /// That of its drop copy.
    Copy,
}

impl SessionOf {
    /// Both.
    pub const ALL: [SessionOf; 2] = [SessionOf::Orders, SessionOf::Copy];
}

/// One session's place.
#[derive(Debug, Default)]
struct Place {
    policy: OnceLock<SessionPolicy>,
    /// Odd while the figures are written; 0 before the first.
    version: AtomicU64,
    words: [AtomicU64; SessionVitals::WORDS],
}

impl Place {
    fn write(&self, vitals: &SessionVitals) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, value) in self.words.iter().zip(vitals.words()) {
            word.store(value, Ordering::Relaxed);
        }
        self.version.store(version + 2, Ordering::Release);
    }

    fn read(&self) -> Option<SessionVitals> {
        for _ in 0..LOOKS_MAX {
            let before = self.version.load(Ordering::Acquire);
            if before == 0 {
                return None;
            }
            let words = std::array::from_fn(|word| self.words[word].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.version.load(Ordering::Relaxed) == before {
                return Some(SessionVitals::of_words(words));
            }
            std::hint::spin_loop();
        }
        None
    }
}

/// See the module. Each session has one writer.
#[derive(Debug, Default)]
pub struct FixBoard {
    orders: RouteTable<Place>,
    copies: RouteTable<Place>,
}

impl FixBoard {
    fn place(&self, route: Route, of: SessionOf) -> &Place {
        match of {
            SessionOf::Orders => &self.orders[route],
            SessionOf::Copy => &self.copies[route],
        }
    }

    /// Says what the configuration has of a session. The first word holds.
    pub fn set_policy(&self, route: Route, of: SessionOf, policy: SessionPolicy) {
        let _ = self.place(route, of).policy.set(policy);
    }

    /// Publishes the figures of a session. Takes no lock and no memory.
    pub fn publish(&self, route: Route, of: SessionOf, vitals: &SessionVitals) {
        self.place(route, of).write(vitals);
    }

    /// The figures of a session as they were published last; `None` before that.
    pub fn vitals(&self, route: Route, of: SessionOf) -> Option<SessionVitals> {
        self.place(route, of).read()
    }

    /// Puts the figures of the moment beside what the journal tells. `now` is the time since the Unix epoch.
    pub fn complete(&self, mut adapter: api::FixAdapter, now: Duration) -> api::FixAdapter {
        let now = UnixNanos(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
        for session in &mut adapter.sessions {
            let of = if session.of_copy { SessionOf::Copy } else { SessionOf::Orders };
            let route = Route::brokers().find(|route| route.name() == session.route);
            session.live = route.and_then(|route| self.live(route, of, now));
        }
        adapter
    }

    fn live(&self, route: Route, of: SessionOf, now: UnixNanos) -> Option<api::FixLive> {
        let vitals = self.vitals(route, of)?;
        let policy = self.place(route, of).policy.get().cloned().unwrap_or_default();
        let time = |at: u64| (at > 0).then(|| UnixNanos(at).to_string());
        Some(api::FixLive {
            phase: vitals.phase().name().to_owned(),
            next_out: vitals.next_out,
            next_in: vitals.next_in,
            heartbeat_ns: vitals.heartbeat_ns,
            round_trip_ns: (vitals.round_trip_at > 0).then_some(vitals.round_trip_ns),
            round_trip_at: time(vitals.round_trip_at),
            last_received: time(vitals.last_received),
            last_sent: time(vitals.last_sent),
            gaps: vitals.gaps,
            resends: vitals.resends,
            gap_fills: vitals.gap_fills,
            jumps: vitals.jumps,
            duplicates: vitals.duplicates,
            rejects_sent: vitals.rejects_sent,
            faults_received: vitals.faults_received,
            faults_unsent: vitals.faults_unsent,
            garbled: vitals.garbled,
            unsent: vitals.unsent,
            failed_attempts: vitals.failed_attempts,
            next_attempt: time(vitals.next_attempt),
            hours: policy.hours_in_words(),
            resets: policy.reset_in_words(),
            next_reset: policy.next_reset(now).map(|at| at.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    fn all(value: u64) -> SessionVitals {
        SessionVitals::of_words([value; SessionVitals::WORDS])
    }

    #[test]
    fn figures_are_of_one_moment_however_often_they_are_written() {
        let board = Arc::new(FixBoard::default());
        assert_eq!(board.vitals(Route::BROKER, SessionOf::Orders), None);
        let is_over = Arc::new(AtomicBool::new(false));
        let writer = {
            let (board, is_over) = (Arc::clone(&board), Arc::clone(&is_over));
            std::thread::spawn(move || {
                for value in 1..200_000 {
                    board.publish(Route::BROKER, SessionOf::Orders, &all(value));
                }
                is_over.store(true, Ordering::Release);
            })
        };
        let mut last = 0;
        while !is_over.load(Ordering::Acquire) {
            if let Some(read) = board.vitals(Route::BROKER, SessionOf::Orders) {
                assert_eq!(read, all(read.gaps), "torn");
                assert!(read.gaps >= last, "older than before");
                last = read.gaps;
            }
        }
        writer.join().expect("it ends");
        assert_eq!(board.vitals(Route::BROKER, SessionOf::Orders), Some(all(199_999)));
        assert_eq!(board.vitals(Route::BROKER, SessionOf::Copy), None, "another session");
    }

    #[test]
    fn what_is_live_stands_beside_the_session_that_it_is_of() {
        let board = FixBoard::default();
        let policy = SessionPolicy { resets_on_logon: true, schedule: None };
        board.set_policy(Route::BROKER, SessionOf::Copy, policy);
        board.publish(Route::BROKER, SessionOf::Copy, &SessionVitals { gaps: 3, ..all(0) });
        let session = |of_copy| api::FixSession {
            route: "broker".to_owned(),
            of_copy,
            ..api::FixSession::default()
        };
        let adapter = api::FixAdapter { sessions: vec![session(false), session(true)] };
        let complete = board.complete(adapter, Duration::from_nanos(1));
        assert_eq!(complete.sessions[0].live, None, "nothing was published");
        let live = complete.sessions[1].live.clone().expect("published");
        assert_eq!((live.gaps, live.resets.as_str()), (3, "at every logon"));
        assert_eq!((live.round_trip_ns, live.next_attempt), (None, None), "never is no time");
    }
}
