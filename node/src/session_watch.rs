//! What happens within a session to a broker, in the node's log: gaps, resends, jumps of numbers and attempts that
//! come to nothing. The main thread looks at what the sessions' thread publishes, so nothing there is held up by words.

use gauntlet_model::input::Route;
use gauntlet_model::session_vitals::{SessionPhase, SessionVitals};
use gauntlet_readmodel::fix_board::{FixBoard, SessionOf};
use std::time::{Duration, Instant};

/// Between two looks: what a broker repeats without end is told of once in so long, with its count.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A session, and what was known of it at the last look.
struct Watched {
    name: String,
    route: Route,
    of: SessionOf,
    seen: SessionVitals,
}

/// See the module.
pub struct SessionWatch {
    sessions: Vec<Watched>,
    looked: Option<Instant>,
}

impl SessionWatch {
    /// A watch over the sessions of these brokers.
    pub fn new(brokers: impl IntoIterator<Item = (Route, String)>) -> SessionWatch {
        let sessions = brokers.into_iter().flat_map(|(route, name)| {
            SessionOf::ALL.map(|of| {
                let copy = if of == SessionOf::Copy { ":copy" } else { "" };
                let name = format!("{name}{copy}");
                Watched { name, route, of, seen: SessionVitals::default() }
            })
        });
        SessionWatch { sessions: sessions.collect(), looked: None }
    }

    /// What is to be said, if it is time to look.
    pub fn look(&mut self, board: &FixBoard, now: Instant) -> Vec<String> {
        if self.looked.is_some_and(|looked| now.duration_since(looked) < LOOK_EVERY) {
            return Vec::new();
        }
        self.looked = Some(now);
        let look = |session: &mut Watched| {
            let vitals = board.vitals(session.route, session.of).unwrap_or(session.seen);
            let seen = std::mem::replace(&mut session.seen, vitals);
            let news = news(&seen, &vitals).into_iter();
            news.map(|news| format!("{}: {news}", session.name)).collect::<Vec<String>>()
        };
        self.sessions.iter_mut().flat_map(look).collect()
    }
}

/// What is new since the last look.
fn news(before: &SessionVitals, now: &SessionVitals) -> Vec<String> {
    let mut news = Vec::new();
    if now.gaps > before.gaps {
        let (more, next) = (now.gaps - before.gaps, now.next_in);
        news.push(format!("a gap: what is missing was asked for, {more} times; now at {next}"));
    }
    if now.resends > before.resends {
        let more = now.resends - before.resends;
        let fills = now.gap_fills - before.gap_fills;
        news.push(format!("asked us for messages again, {more} times: {fills} gap fills sent"));
    }
    if now.jumps > before.jumps {
        let (more, next) = (now.jumps - before.jumps, now.next_in);
        news.push(format!("moved its numbers forward, {more} times: {next} is expected next"));
    }
    if now.faults_unsent > before.faults_unsent {
        let more = now.faults_unsent - before.faults_unsent;
        news.push(format!("{more} messages of ours were not sent: the dictionary refuses them"));
    }
    if now.garbled > before.garbled {
        news.push(format!("{} garbled messages were ignored", now.garbled - before.garbled));
    }
    // The first attempts one by one, later ones ever rarer: a night without a broker is no flood.
    let doubled = |attempts: u64| attempts.checked_ilog2();
    let failed = now.failed_attempts;
    if failed > before.failed_attempts && doubled(failed) > doubled(before.failed_attempts) {
        let waits = now.phase() == SessionPhase::Waiting && now.next_attempt > 0;
        let next = match waits {
            true => {
                format!("the next is at {}", gauntlet_model::units::UnixNanos(now.next_attempt))
            }
            false => "another is under way".to_owned(),
        };
        news.push(format!("{failed} attempts in a row came to no session; {next}"));
    }
    news
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_said_once_a_second_at_most_with_the_brokers_name() {
        let board = FixBoard::default();
        let mut watch = SessionWatch::new([(Route::BROKER, "first".to_owned())]);
        let (began, route) = (Instant::now(), Route::BROKER);
        assert!(watch.look(&board, began).is_empty(), "nothing is known");
        let vitals = SessionVitals { gaps: 1, next_in: 7, resends: 2, gap_fills: 2, ..news_less() };
        board.publish(route, SessionOf::Orders, &vitals);
        board.publish(
            route,
            SessionOf::Copy,
            &SessionVitals { jumps: 1, next_in: 90, ..news_less() },
        );
        assert!(watch.look(&board, began + LOOK_EVERY / 2).is_empty(), "it was looked just now");
        let said = watch.look(&board, began + LOOK_EVERY);
        assert_eq!(
            said,
            [
                "first: a gap: what is missing was asked for, 1 times; now at 7",
                "first: asked us for messages again, 2 times: 2 gap fills sent",
                "first:copy: moved its numbers forward, 1 times: 90 is expected next",
            ]
        );
        assert!(watch.look(&board, began + LOOK_EVERY * 2).is_empty(), "it was said");
    }

    fn news_less() -> SessionVitals {
        SessionVitals::default()
    }

    #[test]
    fn attempts_that_come_to_nothing_are_said_ever_more_seldom() {
        let attempt = |failed_attempts, next_attempt| SessionVitals {
            failed_attempts,
            next_attempt,
            ..SessionVitals::default()
        };
        let said: Vec<u64> = (1..=100)
            .filter(|failed| !news(&attempt(failed - 1, 0), &attempt(*failed, 5)).is_empty())
            .collect();
        assert_eq!(said, [1, 2, 4, 8, 16, 32, 64]);
        let said = news(&attempt(0, 0), &attempt(3, 1_000_000_000));
        assert_eq!(
            said,
            [
                "3 attempts in a row came to no session; the next is at 1970-01-01T00:00:01.000000000Z"
            ]
        );
        assert!(news(&attempt(9, 5), &attempt(0, 0)).is_empty(), "it is on again");
    }
}
