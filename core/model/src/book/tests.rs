use super::*;
use crate::ids::InstrumentId;
use crate::input::flags;
use crate::units::UnixNanos;
use proptest::prelude::*;
use std::collections::BTreeMap;

const WHOLE: i64 = 1_000_000_000;

fn event(action: BookAction, order_id: u64, side: Side, price: i64, size: u32) -> Mbo {
    Mbo {
        instrument: InstrumentId(0),
        action,
        side: Some(side),
        flags: flags::LAST,
        price: Price(price * WHOLE),
        size,
        order_id,
        ts_event: UnixNanos(0),
        sequence: 0,
    }
}

fn bids(book: &OrderBook) -> Vec<(i64, u64, u32)> {
    book.levels(Side::Buy).map(|(price, size, orders)| (price.0 / WHOLE, size, orders)).collect()
}

/// The book as one would write it without a thought for speed: the oracle for the fast one.
#[derive(Default)]
struct NaiveBook {
    orders: BTreeMap<u64, (Side, Price, u32)>,
    levels: [BTreeMap<Price, (u64, u32)>; 2],
    in_snapshot: bool,
    full: bool,
}

impl NaiveBook {
    fn apply(&mut self, event: &Mbo, orders_max: usize) {
        let snapshot = event.flags & flags::SNAPSHOT != 0;
        if event.action == BookAction::Clear || (snapshot && !self.in_snapshot) {
            *self = NaiveBook::default();
        }
        self.in_snapshot = snapshot && event.flags & flags::LAST == 0;
        let known = self.orders.get(&event.order_id).copied();
        match (event.action, known) {
            (BookAction::Add, _) | (BookAction::Modify, None) => {
                self.remove(event.order_id);
                self.insert(event, event.side, orders_max);
            }
            // A modify to nothing is malformed and changes nothing.
            (BookAction::Modify, Some(_)) if event.size == 0 || !event.price.is_some() => {}
            (BookAction::Modify, Some((side, _, _))) => {
                self.remove(event.order_id);
                self.insert(event, event.side.or(Some(side)), orders_max);
            }
            (BookAction::Cancel, Some((side, price, size))) => {
                self.remove(event.order_id);
                if event.size < size {
                    let rest = Mbo { size: size - event.size, price, ..*event };
                    self.insert(&rest, Some(side), orders_max);
                }
            }
            _ => {}
        }
    }

    fn insert(&mut self, event: &Mbo, side: Option<Side>, orders_max: usize) {
        let Some(side) = side.filter(|_| event.size > 0 && event.price.is_some()) else { return };
        if self.orders.len() == orders_max {
            self.full = true;
            return;
        }
        self.orders.insert(event.order_id, (side, event.price, event.size));
        let level = self.levels[side as usize - 1].entry(event.price).or_default();
        *level = (level.0 + u64::from(event.size), level.1 + 1);
    }

    fn remove(&mut self, order_id: u64) {
        let Some((side, price, size)) = self.orders.remove(&order_id) else { return };
        let levels = &mut self.levels[side as usize - 1];
        let level = levels.get_mut(&price).expect("an order is part of a level");
        *level = (level.0 - u64::from(size), level.1 - 1);
        if level.1 == 0 {
            levels.remove(&price);
        }
    }

    fn levels(&self, side: Side) -> Vec<(Price, u64, u32)> {
        let levels = self.levels[side as usize - 1].iter();
        let out = levels.map(|(price, (size, orders))| (*price, *size, *orders));
        if side == Side::Buy { out.rev().collect() } else { out.collect() }
    }

    fn top(&self) -> TopOfBook {
        let best = |side| self.levels(side).first().copied().unwrap_or((Price::NONE, 0, 0));
        let ((bid, bid_size, _), (ask, ask_size, _)) = (best(Side::Buy), best(Side::Sell));
        TopOfBook { bid, ask, bid_size: bid_size as u32, ask_size: ask_size as u32 }
    }
}

fn any_event() -> impl Strategy<Value = Mbo> {
    let action = prop_oneof![
        8 => Just(BookAction::Add),
        4 => Just(BookAction::Modify),
        6 => Just(BookAction::Cancel),
        1 => Just(BookAction::Trade),
        1 => Just(BookAction::Fill),
    ];
    let rare_clear = prop_oneof![200 => action, 1 => Just(BookAction::Clear)];
    let side =
        prop_oneof![8 => Just(Some(Side::Buy)), 8 => Just(Some(Side::Sell)), 1 => Just(None)];
    let price =
        prop_oneof![30 => (-12i64..12).prop_map(|p| Price(p * WHOLE)), 1 => Just(Price::NONE)];
    let marks = prop_oneof![
        60 => Just(flags::LAST),
        20 => Just(0u8),
        1 => Just(flags::SNAPSHOT),
        1 => Just(flags::SNAPSHOT | flags::LAST)
    ];
    // Neighbouring identities and identities that share their upper half, as exchanges give them.
    let id = prop_oneof![(0u64..40), (0u64..40).prop_map(|id| id << 32)];
    (rare_clear, id, side, price, 0u32..6, marks).prop_map(
        |(action, order_id, side, price, size, marks)| Mbo {
            flags: marks,
            side,
            price,
            ..event(action, order_id, Side::Buy, 0, size)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn the_fast_book_is_the_naive_book(events in prop::collection::vec(any_event(), 1..400)) {
        const ORDERS_MAX: usize = 24;
        let (mut fast, mut naive) = (OrderBook::new(ORDERS_MAX), NaiveBook::default());
        for event in &events {
            fast.apply(event);
            naive.apply(event, ORDERS_MAX);
            prop_assert_eq!(fast.order_count(), naive.orders.len());
            prop_assert_eq!(fast.is_full(), naive.full);
            prop_assert_eq!(fast.top(), naive.top());
            for side in [Side::Buy, Side::Sell] {
                let levels: Vec<_> = fast.levels(side).collect();
                prop_assert_eq!(fast.level_count(side), levels.len());
                prop_assert_eq!(levels, naive.levels(side));
            }
        }
    }
}

#[test]
fn the_recorded_esh4_book_is_the_naive_book_at_every_event() {
    let files = ["esh4-20231224.mbo.dbn.zst", "esh4-20231225.mbo.dbn.zst"];
    let (mut fast, mut naive) = (OrderBook::new(ORDERS_MAX_DEFAULT), NaiveBook::default());
    let mut count = 0;
    for file in files {
        let Some(events) = crate::recorded::mbo(file) else { return };
        for event in &events {
            fast.apply(event);
            naive.apply(event, ORDERS_MAX_DEFAULT);
            count += 1;
            if event.flags & flags::LAST != 0 && count % 64 == 0 {
                assert_eq!(fast.top(), naive.top(), "event {count}");
            }
        }
        for side in [Side::Buy, Side::Sell] {
            let levels: Vec<_> = fast.levels(side).collect();
            assert_eq!(levels, naive.levels(side), "{file}");
        }
        assert!(fast.is_complete());
    }
    assert_eq!(count, 77_517);
    assert_eq!(fast.counters(), BookCounters::default());
    let (bid, ask) = (Price(4_810 * WHOLE), Price(4_810 * WHOLE + WHOLE / 4));
    assert_eq!(fast.top(), TopOfBook { bid, ask, bid_size: 22, ask_size: 28 });
    let levels = [Side::Buy, Side::Sell].map(|side| fast.level_count(side));
    assert_eq!((levels, fast.order_count()), ([922, 565], 11_217));
}

#[test]
fn a_cancel_takes_its_size_away_and_the_order_goes_with_its_last_contract() {
    let mut book = OrderBook::new(8);
    book.apply(&event(BookAction::Add, 1, Side::Buy, 10, 5));
    book.apply(&event(BookAction::Add, 2, Side::Buy, 10, 1));
    book.apply(&event(BookAction::Cancel, 1, Side::Buy, 10, 3));
    assert_eq!(bids(&book), [(10, 3, 2)]);
    book.apply(&event(BookAction::Cancel, 1, Side::Buy, 10, 2));
    assert_eq!(bids(&book), [(10, 1, 1)]);
    book.apply(&event(BookAction::Cancel, 2, Side::Buy, 10, 1));
    assert_eq!((bids(&book), book.order_count()), (vec![], 0));
    assert_eq!(book.top(), TopOfBook::EMPTY);
}

#[test]
fn trades_and_fills_change_nothing() {
    let mut book = OrderBook::new(8);
    book.apply(&event(BookAction::Add, 1, Side::Buy, 10, 5));
    for action in [BookAction::Trade, BookAction::Fill, BookAction::None] {
        book.apply(&event(action, 1, Side::Buy, 10, 5));
    }
    assert_eq!(bids(&book), [(10, 5, 1)]);
}

#[test]
fn events_on_unknown_orders_are_counted_and_a_modify_adds() {
    let mut book = OrderBook::new(8);
    book.apply(&event(BookAction::Cancel, 1, Side::Buy, 10, 5));
    book.apply(&event(BookAction::Modify, 2, Side::Buy, 9, 4));
    assert_eq!(bids(&book), [(9, 4, 1)]);
    assert_eq!(book.counters().unknown_orders, 2);
}

#[test]
fn a_full_book_says_so_until_it_is_cleared_and_never_grows() {
    let mut book = OrderBook::new(4);
    for id in 0..4 {
        book.apply(&event(BookAction::Add, id, Side::Sell, id as i64, 1));
        assert!(!book.is_full());
    }
    // A full table still takes changes of the orders that it has.
    book.apply(&event(BookAction::Modify, 0, Side::Sell, 50, 1));
    assert!(!book.is_full());
    book.apply(&event(BookAction::Add, 9, Side::Sell, 60, 1));
    assert!(book.is_full());
    assert_eq!((book.order_count(), book.counters().overflows), (4, 1));
    book.apply(&event(BookAction::Cancel, 0, Side::Sell, 50, 1));
    assert!(book.is_full(), "the order that was left out is still missing");
    book.apply(&event(BookAction::Clear, 0, Side::Sell, 0, 0));
    assert!(!book.is_full());
    assert_eq!(book.order_count(), 0);
}

#[test]
fn a_book_is_complete_only_from_its_beginning() {
    let mut book = OrderBook::new(8);
    book.apply(&event(BookAction::Add, 1, Side::Buy, 10, 5));
    assert!(!book.is_complete(), "what came before is not known");
    let snapshot = |id, marks| Mbo {
        flags: flags::SNAPSHOT | marks,
        ..event(BookAction::Add, id, Side::Buy, 11, 1)
    };
    book.apply(&snapshot(2, 0));
    book.apply(&snapshot(3, 0));
    assert!(!book.is_complete(), "the snapshot goes on");
    book.apply(&event(BookAction::Add, 4, Side::Buy, 9, 1));
    assert!(book.is_complete());
    assert_eq!(bids(&book), [(11, 2, 2), (9, 1, 1)], "the order from before is gone");
    book.distrust();
    book.apply(&event(BookAction::Add, 5, Side::Buy, 9, 1));
    assert!(!book.is_complete());
    book.apply(&event(BookAction::Clear, 0, Side::Buy, 0, 0));
    assert!(book.is_complete());
    // A second snapshot right behind the first one begins afresh as well.
    book.apply(&snapshot(6, flags::LAST));
    book.apply(&snapshot(7, flags::LAST));
    assert_eq!(bids(&book), [(11, 1, 1)]);
}
