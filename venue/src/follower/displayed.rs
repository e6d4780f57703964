//! What an outside book shows of itself.

use crate::matching::queue::{QueueBook, is_better};
use gauntlet_model::input::TopOfBook;
use gauntlet_model::units::{Price, Side};

/// A view of a book that may end somewhere: what lies behind the last level shown is not known.
pub trait Displayed {
    /// Calls `visit` with price and size of each level shown, best first, until it returns false.
    fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool);

    /// Contracts shown at a price; `None` where the view does not reach.
    fn size_at(&self, side: Side, price: Price) -> Option<u64>;

    /// The number that the next order to arrive gets, in a book that tells of each order.
    fn next_arrival(&self) -> Option<u64> {
        None
    }

    /// The best level shown.
    fn best(&self, side: Side) -> Option<(Price, u64)> {
        let mut best = None;
        self.visit(side, &mut |price, size| {
            best = Some((price, size));
            false
        });
        best
    }
}

impl Displayed for QueueBook {
    fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool) {
        for level in self.levels(side) {
            if !visit(level.price, level.qty) {
                break;
            }
        }
    }

    fn size_at(&self, side: Side, price: Price) -> Option<u64> {
        Some(self.level_at(side, price).map_or(0, |level| level.qty))
    }
}

impl Displayed for TopOfBook {
    fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool) {
        let (price, size) = match side {
            Side::Buy => (self.bid, self.bid_size),
            Side::Sell => (self.ask, self.ask_size),
        };
        if price.is_some() {
            visit(price, size as u64);
        }
    }

    fn size_at(&self, side: Side, price: Price) -> Option<u64> {
        let (best, size) = self.best(side)?;
        match price {
            at if at == best => Some(size),
            at if is_better(side, at, best) => Some(0),
            _ => None,
        }
    }
}

/// Levels that a feed of limited depth shows, at most [`ShownLevels::MAX`] a side.
#[derive(Clone, Copy, Debug)]
pub struct ShownLevels {
    levels: [[(Price, u64); ShownLevels::MAX]; 2],
    count: [usize; 2],
}

impl ShownLevels {
    /// Levels a side.
    pub const MAX: usize = 10;

    /// Nothing shown.
    pub const EMPTY: ShownLevels =
        ShownLevels { levels: [[(Price::NONE, 0); ShownLevels::MAX]; 2], count: [0; 2] };

    /// Takes over what the feed shows: `levels` from the best, those without a price left out.
    pub fn set(&mut self, side: Side, levels: impl Iterator<Item = (Price, u64)>) {
        let side = side as usize - 1;
        self.count[side] = 0;
        let shown = levels.filter(|(price, _)| price.is_some());
        for (to, level) in self.levels[side].iter_mut().zip(shown) {
            *to = level;
            self.count[side] += 1;
        }
    }

    fn shown(&self, side: Side) -> &[(Price, u64)] {
        let side = side as usize - 1;
        &self.levels[side][..self.count[side]]
    }
}

impl Displayed for ShownLevels {
    fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool) {
        for (price, size) in self.shown(side) {
            if !visit(*price, *size) {
                break;
            }
        }
    }

    fn size_at(&self, side: Side, price: Price) -> Option<u64> {
        let shown = self.shown(side);
        if let Some((_, size)) = shown.iter().find(|(at, _)| *at == price) {
            return Some(*size);
        }
        let reaches = shown.last().is_some_and(|(worst, _)| is_better(side, price, *worst));
        reaches.then_some(0)
    }
}
