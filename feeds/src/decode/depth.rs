//! From ten levels a side to what changed in them.

use dbn::BidAskPair;
use gauntlet_model::book::DEPTH_LEVELS;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{Level, flags};
use gauntlet_model::units::{Price, Side, UnixNanos};

/// Most levels that one record changes: all of both sides go, and others come.
const CHANGES_MAX: usize = 4 * DEPTH_LEVELS;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rung {
    /// The price, negated for bids, so that on both sides less is better.
    key: i64,
    size: u32,
    count: u32,
}

const NO_RUNG: Rung = Rung { key: 0, size: 0, count: 0 };

/// One side of a record, the best level first.
#[derive(Clone, Copy, Debug)]
struct Ladder {
    rungs: [Rung; DEPTH_LEVELS],
    len: usize,
}

impl Ladder {
    const EMPTY: Ladder = Ladder { rungs: [NO_RUNG; DEPTH_LEVELS], len: 0 };

    fn of(levels: &[BidAskPair; DEPTH_LEVELS], side: Side) -> Ladder {
        let mut ladder = Ladder::EMPTY;
        for pair in levels {
            let (price, size, count) = match side {
                Side::Buy => (pair.bid_px, pair.bid_sz, pair.bid_ct),
                Side::Sell => (pair.ask_px, pair.ask_sz, pair.ask_ct),
            };
            if price == dbn::UNDEF_PRICE || price == i64::MIN || size == 0 {
                continue;
            }
            let key = if side == Side::Buy { -price } else { price };
            // A level that is not worse than the one before it is in the wrong place.
            if ladder.len == 0 || key > ladder.rungs[ladder.len - 1].key {
                ladder.rungs[ladder.len] = Rung { key, size, count };
                ladder.len += 1;
            }
        }
        ladder
    }

    fn get(&self, at: usize) -> Option<Rung> {
        (at < self.len).then(|| self.rungs[at])
    }
}

/// The ten levels that an instrument had last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ten {
    bids: Ladder,
    asks: Ladder,
}

impl Ten {
    pub(super) const NONE: Ten = Ten { bids: Ladder::EMPTY, asks: Ladder::EMPTY };
}

/// What all levels of a record have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub instrument: InstrumentId,
    pub flags: u8,
    pub ts_event: UnixNanos,
    pub sequence: u32,
}

/// The levels that a record changed: first those that are gone, then those that are new or other.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    levels: [Level; CHANGES_MAX],
    len: usize,
}

impl Changes {
    pub(super) fn new() -> Changes {
        let level = Level {
            instrument: InstrumentId(0),
            side: Side::Buy,
            flags: 0,
            price: Price::NONE,
            size: 0,
            count: 0,
            ts_event: UnixNanos(0),
            sequence: 0,
        };
        Changes { levels: [level; CHANGES_MAX], len: 0 }
    }

    pub(super) fn as_slice(&self) -> &[Level] {
        &self.levels[..self.len]
    }

    /// Works out what a record changes, and keeps its levels for the next.
    pub(super) fn follow(
        &mut self,
        ten: &mut Ten,
        levels: &[BidAskPair; DEPTH_LEVELS],
        stamp: Stamp,
    ) {
        let stamp = Stamp { flags: stamp.flags & !flags::LAST, ..stamp };
        self.len = 0;
        let (bids, asks) = (Ladder::of(levels, Side::Buy), Ladder::of(levels, Side::Sell));
        for (old, new, side) in [(&ten.bids, &bids, Side::Buy), (&ten.asks, &asks, Side::Sell)] {
            let mut at = 0;
            for rung in &old.rungs[..old.len] {
                while new.get(at).is_some_and(|other| other.key < rung.key) {
                    at += 1;
                }
                if new.get(at).is_none_or(|other| other.key != rung.key) {
                    self.push(Rung { size: 0, count: 0, ..*rung }, side, stamp);
                }
            }
            let mut at = 0;
            for rung in &new.rungs[..new.len] {
                while old.get(at).is_some_and(|other| other.key < rung.key) {
                    at += 1;
                }
                if old.get(at) != Some(*rung) {
                    self.push(*rung, side, stamp);
                }
            }
        }
        *ten = Ten { bids, asks };
    }

    fn push(&mut self, rung: Rung, side: Side, stamp: Stamp) {
        let Stamp { instrument, flags, ts_event, sequence } = stamp;
        let price = Price(if side == Side::Buy { -rung.key } else { rung.key });
        let Rung { size, count, .. } = rung;
        self.levels[self.len] =
            Level { instrument, side, flags, price, size, count, ts_event, sequence };
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::book::DepthBook;
    use proptest::prelude::*;

    const STAMP: Stamp = Stamp {
        instrument: InstrumentId(3),
        flags: flags::LAST | flags::BAD_TS_RECV,
        ts_event: UnixNanos(5),
        sequence: 7,
    };

    fn pair((bid_px, bid_sz, ask_px, ask_sz): (i64, u32, i64, u32)) -> BidAskPair {
        BidAskPair { bid_px, bid_sz, ask_px, ask_sz, bid_ct: 1, ask_ct: 1 }
    }

    /// A record's ten levels: sorted and without a price twice, unless `wild`.
    fn any_levels(wild: bool) -> impl Strategy<Value = [BidAskPair; DEPTH_LEVELS]> {
        let pairs = prop::collection::vec((0i64..24, 0u32..3, 0i64..24, 0u32..3), DEPTH_LEVELS);
        pairs.prop_map(move |mut pairs| {
            if !wild {
                let mut bids: Vec<(i64, u32)> = pairs.iter().map(|p| (p.0, p.1)).collect();
                let mut asks: Vec<(i64, u32)> = pairs.iter().map(|p| (p.2, p.3)).collect();
                bids.sort_by_key(|(price, _)| -price);
                asks.sort_by_key(|(price, _)| *price);
                bids.dedup_by_key(|(price, _)| *price);
                asks.dedup_by_key(|(price, _)| *price);
                bids.resize(DEPTH_LEVELS, (dbn::UNDEF_PRICE, 0));
                asks.resize(DEPTH_LEVELS, (dbn::UNDEF_PRICE, 0));
                pairs = bids.iter().zip(&asks).map(|(b, a)| (b.0, b.1, a.0, a.1)).collect();
            }
            std::array::from_fn(|at| pair(pairs[at]))
        })
    }

    fn told(levels: &[BidAskPair], side: Side) -> Vec<(Price, u32, u32)> {
        let all = levels.iter().map(|l| match side {
            Side::Buy => (Price(l.bid_px), l.bid_sz, l.bid_ct),
            Side::Sell => (Price(l.ask_px), l.ask_sz, l.ask_ct),
        });
        all.filter(|(price, size, _)| price.is_some() && *size > 0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn a_book_of_the_changes_has_the_records_own_ten_levels(
            records in prop::collection::vec(any_levels(false), 1..20),
        ) {
            let (mut ten, mut changes, mut book) = (Ten::NONE, Changes::new(), DepthBook::new());
            for levels in &records {
                changes.follow(&mut ten, levels, STAMP);
                for level in changes.as_slice() {
                    prop_assert_eq!((level.flags, level.sequence), (flags::BAD_TS_RECV, 7));
                    prop_assert!(book.apply(level));
                }
                for side in [Side::Buy, Side::Sell] {
                    prop_assert_eq!(book.levels(side).collect::<Vec<_>>(), told(levels, side));
                }
                changes.follow(&mut ten, levels, STAMP);
                prop_assert_eq!(changes.as_slice(), &[], "the same levels again change nothing");
            }
        }

        #[test]
        fn after_levels_in_the_wrong_place_the_next_record_sets_all_right(
            wild in prop::collection::vec(any_levels(true), 1..10),
            sound in any_levels(false),
        ) {
            let (mut ten, mut changes, mut book) = (Ten::NONE, Changes::new(), DepthBook::new());
            for levels in wild.iter().chain([&sound]) {
                changes.follow(&mut ten, levels, STAMP);
                for level in changes.as_slice() {
                    book.apply(level);
                }
            }
            for side in [Side::Buy, Side::Sell] {
                prop_assert_eq!(book.levels(side).collect::<Vec<_>>(), told(&sound, side));
            }
        }
    }
}
