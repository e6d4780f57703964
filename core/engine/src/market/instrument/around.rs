//! What bars see of an instrument beside its trades.

use super::super::hearing::Schema;
use crate::bars::{BookState, Surroundings};
use gauntlet_model::book::{DepthBook, OrderBook};
use gauntlet_model::calendar::{Calendar, SessionSpan};
use gauntlet_model::input::{SessionMode, TopOfBook};
use gauntlet_model::units::{Price, UnixNanos};

/// Levels of a side that count as its depth.
const DEPTH_LEVELS: usize = 5;

/// The instrument as its bars see it.
pub(super) struct BookContext<'a> {
    pub calendar: &'a Calendar,
    pub top: TopOfBook,
    pub books: Books<'a>,
}

/// Both books of an instrument, and what is needed to know which can be believed.
pub(super) struct Books<'a> {
    pub schema: Schema,
    pub lost: bool,
    pub top: TopOfBook,
    pub orders: &'a OrderBook,
    pub levels: &'a DepthBook,
}

impl Books<'_> {
    /// See [`super::Market::depth`].
    pub fn depth(&self, levels: usize) -> Option<(u64, u64)> {
        match self.schema {
            Schema::Orders if self.orders.is_complete() => Some(self.orders.depth(levels)),
            Schema::Quotes if self.levels.top() == self.top && !self.lost => {
                (self.top != TopOfBook::EMPTY).then(|| self.levels.depth(levels))
            }
            _ => None,
        }
    }
}

impl Surroundings for BookContext<'_> {
    fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        self.calendar.session_at(mode, at)
    }

    fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        self.calendar.next_open(mode, at)
    }

    fn day_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        Surroundings::day_at(self.calendar, mode, at)
    }

    fn book(&self) -> BookState {
        let TopOfBook { bid, ask, bid_size, ask_size } = self.top;
        let known = |price: Price, value: f64| if price.is_some() { value } else { f64::NAN };
        let depth = self.books.depth(DEPTH_LEVELS);
        BookState {
            spread: ask.to_f64() - bid.to_f64(),
            bid_size: known(bid, f64::from(bid_size)),
            ask_size: known(ask, f64::from(ask_size)),
            bid_depth: known(bid, depth.map_or(f64::NAN, |(bids, _)| bids as f64)),
            ask_depth: known(ask, depth.map_or(f64::NAN, |(_, asks)| asks as f64)),
        }
    }
}
