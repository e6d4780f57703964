//! What our orders took of the levels that an outside book shows.
//!
//! The outside book does not know of our orders: what they took of a level is still shown there, and is
//! remembered here so that it is not taken again. It is remembered as long as it means something:
//!
//! - while the level is shown, until its size has grown by what was taken, or it is gone;
//! - for [`LevelMemory::out_of_view_ns`] after the view has moved away from it, so that a quote that flickers does
//!   not bring back what was taken; a trade beyond its price ends it sooner, for then all of it is gone;
//! - never over a fresh book, of which nobody took anything.
//!
//! The table is bounded. When it is full, the level that has been out of view for longest makes room;
//! when all of them are shown, no further level can be taken from, and that is counted.

use super::displayed::Displayed;
use crate::matching::queue::is_better;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

/// Levels whose taking is remembered, unless it is told.
pub const TAKEN_MAX: usize = 256;
/// How long, in nanoseconds of the market's time, a level that is not shown any more is remembered, unless it
/// is told.
pub const OUT_OF_VIEW_NS_MAX: u64 = 10 * NANOS_PER_SECOND;

/// How much is remembered of the levels that orders took from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelMemory {
    /// Levels of an instrument; none is one.
    pub levels: usize,
    /// How long a level that is not shown any more is remembered, in nanoseconds of the market's time.
    pub out_of_view_ns: u64,
}

impl Default for LevelMemory {
    fn default() -> LevelMemory {
        LevelMemory { levels: TAKEN_MAX, out_of_view_ns: OUT_OF_VIEW_NS_MAX }
    }
}

/// A level that we took from.
#[derive(Clone, Copy, Debug)]
struct Taken {
    side: Side,
    price: Price,
    /// Contracts shown when last seen.
    shown: u64,
    /// Contracts of them that we have not taken.
    left: u64,
    /// Since when it is out of view.
    unseen_since: Option<UnixNanos>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct TakenLevels {
    memory: LevelMemory,
    levels: Vec<Taken>,
    now: UnixNanos,
    refused: u64,
}

impl TakenLevels {
    pub fn new(memory: LevelMemory) -> TakenLevels {
        let memory = LevelMemory { levels: memory.levels.max(1), ..memory };
        let levels = Vec::with_capacity(memory.levels);
        TakenLevels { memory, levels, now: UnixNanos(0), refused: 0 }
    }

    /// The market's time from now on.
    pub fn set_time(&mut self, now: UnixNanos) {
        self.now = now;
    }

    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Times that a level could not be taken from because the table was full.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Nothing was taken of the book that comes now.
    pub fn forget(&mut self) {
        self.levels.clear();
    }

    /// Takes up to `wanted` contracts of a level that shows `shown`, and returns how many there were to
    /// take.
    pub fn take(&mut self, side: Side, price: Price, shown: u64, wanted: u32) -> u32 {
        let known = self.levels.iter_mut().find(|taken| taken.side == side && taken.price == price);
        if let Some(taken) = known {
            let qty = taken.left.min(u64::from(wanted));
            taken.left -= qty;
            return qty as u32;
        }
        let qty = shown.min(u64::from(wanted));
        if qty == 0 {
            return 0;
        }
        // Without a place to remember it, a level could be taken twice: so it is not taken at all.
        if !self.make_room() {
            self.refused += 1;
            return 0;
        }
        self.levels.push(Taken { side, price, shown, left: shown - qty, unseen_since: None });
        qty as u32
    }

    /// How many contracts of a level that shows `shown` there are to take.
    pub fn left(&self, side: Side, price: Price, shown: u64) -> u64 {
        let known = self.levels.iter().find(|taken| taken.side == side && taken.price == price);
        known.map_or(shown, |taken| taken.left)
    }

    /// A trade printed at a price: what is better than it on its side is gone, where the view does not
    /// say so itself.
    pub fn traded_at(&mut self, price: Price) {
        self.levels.retain(|taken| {
            taken.unseen_since.is_none() || !is_better(taken.side, taken.price, price)
        });
    }

    /// The book is shown as it is now.
    pub fn see(&mut self, book: &dyn Displayed) {
        let (now, out_of_view_ns) = (self.now, self.memory.out_of_view_ns);
        self.levels.retain_mut(|taken| {
            let Some(shown) = book.size_at(taken.side, taken.price) else {
                let since = *taken.unseen_since.get_or_insert(now);
                return now.since(since) < out_of_view_ns;
            };
            let grown = shown.saturating_sub(taken.shown);
            taken.left = (taken.left + grown).min(shown);
            taken.shown = shown;
            taken.unseen_since = None;
            taken.left < shown
        });
    }

    /// Makes room for one more level, and says whether there is any.
    fn make_room(&mut self) -> bool {
        if self.levels.len() < self.memory.levels {
            return true;
        }
        let unseen = self.levels.iter().enumerate();
        let oldest = unseen.filter_map(|(at, taken)| Some((taken.unseen_since?, at))).min();
        match oldest {
            Some((_, at)) => {
                self.levels.swap_remove(at);
                true
            }
            None => false,
        }
    }
}
