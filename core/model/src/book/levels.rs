//! One side of a book: its prices in a sorted array, the best at the end, where most events are.

use crate::units::{Price, Side};

#[derive(Clone, Copy, Debug)]
struct Level {
    /// The price, negated for asks, so that on both sides more is better.
    key: i64,
    size: u64,
    orders: u32,
}

/// The levels of one side. Never more than the orders of the book, for which it has room.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    levels: Vec<Level>,
    sign: i64,
}

/// How many levels from the best are looked at one by one before the rest is halved.
const NEAR: usize = 8;

impl Levels {
    pub fn new(side: Side, levels_max: usize) -> Levels {
        // One more than there can be orders: a modified order is put at its new price before it is
        // taken from its old one.
        Levels { levels: Vec::with_capacity(levels_max + 1), sign: side.sign() }
    }

    pub fn len(&self) -> usize {
        self.levels.len()
    }

    pub fn clear(&mut self) {
        self.levels.clear();
    }

    pub fn best(&self) -> Option<(Price, u64, u32)> {
        self.levels.last().map(|level| self.out(level))
    }

    /// Best first.
    pub fn iter(&self) -> impl Iterator<Item = (Price, u64, u32)> + '_ {
        self.levels.iter().rev().map(|level| self.out(level))
    }

    fn out(&self, level: &Level) -> (Price, u64, u32) {
        (Price(self.sign * level.key), level.size, level.orders)
    }

    /// Where a key is, or where it would have to be.
    fn find(&self, key: i64) -> Result<usize, usize> {
        let near = self.levels.len().saturating_sub(NEAR);
        for (offset, level) in self.levels[near..].iter().enumerate().rev() {
            if level.key == key {
                return Ok(near + offset);
            }
            if level.key < key {
                return Err(near + offset + 1);
            }
        }
        self.levels[..near].binary_search_by_key(&key, |level| level.key)
    }

    /// Adds contracts and orders to a price.
    pub fn put(&mut self, price: Price, size: u32, orders: u32) {
        let key = self.sign * price.0;
        match self.find(key) {
            Ok(at) => {
                let level = &mut self.levels[at];
                level.size += u64::from(size);
                level.orders += orders;
            }
            Err(at) => {
                debug_assert!(self.levels.len() < self.levels.capacity());
                self.levels.insert(at, Level { key, size: u64::from(size), orders });
            }
        }
    }

    /// Takes contracts and orders from a price; a price without orders goes.
    pub fn take(&mut self, price: Price, size: u32, orders: u32) {
        let Ok(at) = self.find(self.sign * price.0) else {
            debug_assert!(false, "every order of the table is part of a level");
            return;
        };
        let level = &mut self.levels[at];
        level.size -= u64::from(size);
        level.orders -= orders;
        if level.orders == 0 {
            self.levels.remove(at);
        }
    }
}
