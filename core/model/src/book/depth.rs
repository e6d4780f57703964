//! The ten best levels of each side, kept from price levels (MBP-10).

use crate::input::{Level, TopOfBook};
use crate::units::{Price, Side};

/// Levels of a side that are kept.
pub const DEPTH_LEVELS: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    /// The price, negated for bids, so that on both sides less is better.
    key: i64,
    size: u32,
    count: u32,
}

const EMPTY: Slot = Slot { key: 0, size: 0, count: 0 };

/// One side, the best level first.
#[derive(Clone, Copy, Debug)]
struct Ladder {
    slots: [Slot; DEPTH_LEVELS],
    len: usize,
}

impl Ladder {
    const EMPTY: Ladder = Ladder { slots: [EMPTY; DEPTH_LEVELS], len: 0 };

    fn set(&mut self, slot: Slot) {
        let at = self.slots[..self.len].partition_point(|other| other.key < slot.key);
        let is_there = at < self.len && self.slots[at].key == slot.key;
        match (is_there, slot.size > 0) {
            (true, true) => self.slots[at] = slot,
            (true, false) => {
                self.slots.copy_within(at + 1..self.len, at);
                self.len -= 1;
            }
            // Deeper than what is kept.
            (false, true) if at == DEPTH_LEVELS => {}
            (false, true) => {
                self.len = (self.len + 1).min(DEPTH_LEVELS);
                self.slots.copy_within(at..self.len - 1, at + 1);
                self.slots[at] = slot;
            }
            (false, false) => {}
        }
    }
}

/// A book of ten levels a side. A level that is set takes the place of the one at its price; the
/// eleventh falls out, so an event's removals must come before what they make room for.
#[derive(Clone, Copy, Debug)]
pub struct DepthBook {
    bids: Ladder,
    asks: Ladder,
}

impl Default for DepthBook {
    fn default() -> DepthBook {
        DepthBook::new()
    }
}

impl DepthBook {
    /// An empty book.
    pub fn new() -> DepthBook {
        DepthBook { bids: Ladder::EMPTY, asks: Ladder::EMPTY }
    }

    /// Takes every level out.
    pub fn clear(&mut self) {
        (self.bids.len, self.asks.len) = (0, 0);
    }

    /// Sets or removes a level. One without a price changes nothing and gives `false`.
    pub fn apply(&mut self, level: &Level) -> bool {
        // The lowest number cannot be negated, and is no price of any market.
        if !level.price.is_some() || level.price.0 == i64::MIN {
            return false;
        }
        let slot = |key| Slot { key, size: level.size, count: level.count };
        match level.side {
            Side::Buy => self.bids.set(slot(-level.price.0)),
            Side::Sell => self.asks.set(slot(level.price.0)),
        }
        true
    }

    fn side(&self, side: Side) -> (&[Slot], i64) {
        match side {
            Side::Buy => (&self.bids.slots[..self.bids.len], -1),
            Side::Sell => (&self.asks.slots[..self.asks.len], 1),
        }
    }

    /// The levels of a side, best first: price, contracts, orders.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, u32, u32)> + '_ {
        let (slots, sign) = self.side(side);
        slots.iter().map(move |slot| (Price(sign * slot.key), slot.size, slot.count))
    }

    /// The best bid and ask.
    pub fn top(&self) -> TopOfBook {
        let best = |side| self.levels(side).next().unwrap_or((Price::NONE, 0, 0));
        let ((bid, bid_size, _), (ask, ask_size, _)) = (best(Side::Buy), best(Side::Sell));
        TopOfBook { bid, ask, bid_size, ask_size }
    }

    /// Contracts on the best so many levels of bids and of asks.
    pub fn depth(&self, levels: usize) -> (u64, u64) {
        let of = |side| self.levels(side).take(levels).map(|(_, size, _)| u64::from(size)).sum();
        (of(Side::Buy), of(Side::Sell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::InstrumentId;
    use crate::units::UnixNanos;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn level(side: Side, price: i64, size: u32) -> Level {
        Level {
            instrument: InstrumentId(0),
            side,
            flags: 0,
            price: Price(price),
            size,
            count: size,
            ts_event: UnixNanos(0),
            sequence: 0,
        }
    }

    /// The oracle: a sorted map a side, cut to the ten best after every change.
    #[derive(Default)]
    struct Naive {
        sides: [BTreeMap<i64, u32>; 2],
    }

    impl Naive {
        fn apply(&mut self, level: &Level) {
            if !level.price.is_some() || level.price.0 == i64::MIN {
                return;
            }
            let map = &mut self.sides[usize::from(level.side == Side::Sell)];
            match level.size {
                0 => drop(map.remove(&level.price.0)),
                size => drop(map.insert(level.price.0, size)),
            }
            while map.len() > DEPTH_LEVELS {
                if level.side == Side::Buy {
                    map.pop_first()
                } else {
                    map.pop_last()
                };
            }
        }

        fn levels(&self, side: Side) -> Vec<(Price, u32, u32)> {
            let map = &self.sides[usize::from(side == Side::Sell)];
            let out = map.iter().map(|(price, size)| (Price(*price), *size, *size));
            if side == Side::Buy { out.rev().collect() } else { out.collect() }
        }
    }

    fn any_level() -> impl Strategy<Value = Level> {
        let price = prop_oneof![
            40 => -16i64..16,
            1 => Just(Price::NONE.0),
            1 => Just(i64::MIN),
            1 => Just(i64::MIN + 1)
        ];
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        (side, price, 0u32..4).prop_map(|(side, price, size)| level(side, price, size))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn ten_levels_are_the_best_ten_of_a_sorted_map(
            levels in prop::collection::vec(any_level(), 1..200),
        ) {
            let (mut fast, mut naive) = (DepthBook::new(), Naive::default());
            for level in &levels {
                fast.apply(level);
                naive.apply(level);
                for side in [Side::Buy, Side::Sell] {
                    prop_assert_eq!(fast.levels(side).collect::<Vec<_>>(), naive.levels(side));
                }
            }
            let sum = |side, levels: usize| {
                let best = naive.levels(side);
                best.iter().take(levels).map(|(_, size, _)| u64::from(*size)).sum::<u64>()
            };
            for levels in [0, 1, 5, 10, 99] {
                let expected = (sum(Side::Buy, levels), sum(Side::Sell, levels));
                prop_assert_eq!(fast.depth(levels), expected);
            }
        }
    }

    #[test]
    fn the_top_is_the_best_of_both_sides_or_none() {
        let mut book = DepthBook::new();
        assert_eq!(book.top(), TopOfBook::EMPTY);
        for (side, price) in
            [(Side::Buy, 99), (Side::Buy, 100), (Side::Sell, 102), (Side::Sell, 101)]
        {
            assert!(book.apply(&level(side, price, 3)));
        }
        let (bid, ask) = (Price(100), Price(101));
        assert_eq!(book.top(), TopOfBook { bid, ask, bid_size: 3, ask_size: 3 });
        book.clear();
        assert_eq!((book.top(), book.depth(10)), (TopOfBook::EMPTY, (0, 0)));
    }
}
