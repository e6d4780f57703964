//! Books of orders in doubt, and what is done about them.
//!
//! A book that lost a record is wrong until it is begun afresh, which the gateway does for whoever
//! subscribes again with a snapshot. So the feed watches each book by the same rules as the market
//! does, and asks: at once, then with growing pauses, and after [`ASKS_MAX`] in vain it gives up the
//! session, since a new one begins with a snapshot as well. The pauses go on growing from session to
//! session until the book was whole for long enough, so that a channel which is broken at the
//! exchange is not met with a storm of requests.

use gauntlet_model::book::Continuity;
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::Mbo;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Snapshots asked for in a session before it is given up.
pub(super) const ASKS_MAX: u32 = 3;
/// How long a snapshot may take before it is asked for again.
const PAUSE_NS_MIN: u64 = 10 * NANOS_PER_SECOND;
/// Longest pause between two requests.
const PAUSE_NS_MAX: u64 = 300 * NANOS_PER_SECOND;
/// A book that was whole for as long makes the next pause short again.
const STEADY_NS: u64 = 60 * NANOS_PER_SECOND;

/// What to do about a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Ask for a snapshot of it.
    Snapshot(InstrumentId),
    /// End the session: snapshots did not help.
    NewSession(InstrumentId),
}

#[derive(Clone, Copy, Debug)]
struct Watch {
    continuity: Continuity,
    /// Whether this session brought orders of it.
    heard: bool,
    /// Since when it is whole.
    whole_since: Option<UnixNanos>,
    /// Requests in this session.
    asked: u32,
    /// Before this nothing is asked.
    not_before: UnixNanos,
    pause: u64,
}

impl Watch {
    fn is_in_doubt(&self) -> bool {
        self.heard && self.continuity.is_broken()
    }
}

/// Watches the books of a feed.
#[derive(Debug)]
pub(super) struct Mending {
    watches: Vec<Watch>,
    in_doubt: usize,
}

impl Mending {
    pub fn new() -> Mending {
        let watch = Watch {
            continuity: Continuity::new(),
            heard: false,
            whole_since: None,
            asked: 0,
            not_before: UnixNanos(0),
            pause: PAUSE_NS_MIN,
        };
        Mending { watches: vec![watch; INSTRUMENTS_MAX], in_doubt: 0 }
    }

    /// A session begins, with a snapshot of each book: it gets the time to come.
    pub fn begin_session(&mut self, now: UnixNanos) {
        for watch in &mut self.watches {
            watch.continuity = Continuity::new();
            (watch.heard, watch.whole_since, watch.asked) = (false, None, 0);
            watch.not_before = watch.not_before.max(now.plus(PAUSE_NS_MIN));
        }
        self.in_doubt = 0;
    }

    /// Takes an event of a book.
    pub fn hear(&mut self, event: &Mbo, now: UnixNanos) {
        let Some(watch) = self.watches.get_mut(usize::from(event.instrument.0)) else { return };
        let before = watch.is_in_doubt();
        watch.continuity.on(event);
        watch.heard = true;
        let after = watch.is_in_doubt();
        if watch.continuity.is_whole() {
            watch.whole_since.get_or_insert(now);
        } else if let Some(since) = watch.whole_since.take()
            && now.since(since) >= STEADY_NS
        {
            (watch.asked, watch.not_before, watch.pause) = (0, now, PAUSE_NS_MIN);
        }
        self.in_doubt = self.in_doubt + usize::from(after) - usize::from(before);
    }

    /// What is to be done now, if anything.
    pub fn remedy(&mut self, now: UnixNanos) -> Option<Remedy> {
        if self.in_doubt == 0 {
            return None;
        }
        let is_due = |watch: &Watch| watch.is_in_doubt() && now >= watch.not_before;
        let at = self.watches.iter().position(is_due)?;
        let watch = &mut self.watches[at];
        let instrument = InstrumentId(at as u16);
        if watch.asked == ASKS_MAX {
            return Some(Remedy::NewSession(instrument));
        }
        watch.asked += 1;
        watch.not_before = now.plus(watch.pause);
        watch.pause = (watch.pause * 2).min(PAUSE_NS_MAX);
        Some(Remedy::Snapshot(instrument))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::{BookAction, flags};
    use gauntlet_model::units::{Price, Side};

    const ES: InstrumentId = InstrumentId(5);

    fn event(action: BookAction, marks: u8) -> Mbo {
        Mbo {
            instrument: ES,
            action,
            side: Some(Side::Buy),
            flags: flags::LAST | marks,
            price: Price(1),
            size: 1,
            order_id: 1,
            ts_event: UnixNanos(0),
            sequence: 0,
        }
    }

    fn at(seconds: u64) -> UnixNanos {
        UnixNanos((1_000 + seconds) * NANOS_PER_SECOND)
    }

    /// What is done, and at which second.
    fn remedies(mending: &mut Mending, from: u64, to: u64) -> Vec<(u64, Remedy)> {
        (from..to).filter_map(|second| Some((second, mending.remedy(at(second))?))).collect()
    }

    #[test]
    fn a_book_in_doubt_is_asked_for_with_growing_pauses_and_then_the_session_is_given_up() {
        let mut mending = Mending::new();
        mending.begin_session(at(0));
        assert_eq!(mending.remedy(at(11)), None, "nothing was heard yet");
        mending.hear(&event(BookAction::Clear, 0), at(11));
        assert_eq!(mending.remedy(at(11)), None, "whole");
        mending.hear(&event(BookAction::Add, flags::MAYBE_BAD_BOOK), at(12));
        let (ask, leave) = (Remedy::Snapshot(ES), Remedy::NewSession(ES));
        let done = remedies(&mut mending, 12, 83);
        assert_eq!(done, [(12, ask), (22, ask), (42, ask), (82, leave)]);
        // The new session's snapshot does not come either.
        mending.begin_session(at(83));
        mending.hear(&event(BookAction::Add, 0), at(83));
        assert_eq!(remedies(&mut mending, 83, 340), [(93, ask), (173, ask), (333, ask)]);
    }

    #[test]
    fn a_book_that_was_whole_for_long_is_asked_for_at_once_again() {
        let mut mending = Mending::new();
        mending.hear(&event(BookAction::Add, flags::MAYBE_BAD_BOOK), at(0));
        assert_eq!(remedies(&mut mending, 0, 30).len(), 2);
        // Whole for a moment only: the pause stands.
        mending.hear(&event(BookAction::Clear, 0), at(25));
        mending.hear(&event(BookAction::Add, flags::MAYBE_BAD_BOOK), at(26));
        assert_eq!(remedies(&mut mending, 26, 31), [(30, Remedy::Snapshot(ES))]);
        mending.hear(&event(BookAction::Clear, 0), at(31));
        assert_eq!(remedies(&mut mending, 31, 91), []);
        mending.hear(&event(BookAction::Add, flags::MAYBE_BAD_BOOK), at(91));
        assert_eq!(remedies(&mut mending, 91, 92), [(91, Remedy::Snapshot(ES))]);
    }
}
