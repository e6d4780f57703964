//! The order book of one instrument, kept from market-by-order events.
//!
//! Every order is in one table by its identity ([`orders`]), and every price in one of two sorted
//! arrays of levels ([`levels`]); an event touches one slot of the table and one or two levels. All
//! memory is taken when the book is made. When a table is full the book says so and stays full
//! until it is cleared: an order that was left out would make every later answer wrong.
//!
//! The meaning of the actions is Databento's
//! (<https://databento.com/docs/examples/order-book/order-tracking>): trades and fills change
//! nothing, since cancels follow them; a cancel takes its size away; a modify of an unknown order
//! adds it; a cancel of an unknown order is ignored. Both of the latter are counted.
//!
//! A book is complete once it was filled from its beginning: after a clear, or the first record of a
//! snapshot (files cut from a longer stream have snapshots without the clear before them), up to
//! the last record of an event.

mod depth;
mod levels;
mod orders;
mod progress;

pub use depth::{DEPTH_LEVELS, DepthBook};
pub use progress::Continuity;

use crate::input::{BookAction, Mbo, TopOfBook};
use crate::units::{Price, Side};
use levels::Levels;
use orders::{Order, OrderTable};
use progress::Progress;

/// Orders that a book holds unless told otherwise. ES has some ten thousand.
pub const ORDERS_MAX_DEFAULT: usize = 65_536;

/// Events that did not fit the book, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookCounters {
    /// Cancels and modifies of orders that the book does not know.
    pub unknown_orders: u64,
    /// Adds of an order that was there already; the newer one counts.
    pub duplicate_orders: u64,
    /// Events without the side or price that they need, or that cancel more than there is.
    pub malformed: u64,
    /// Orders left out because a table was full.
    pub overflows: u64,
}

/// A book of orders, by price.
#[derive(Clone, Debug)]
pub struct OrderBook {
    orders: OrderTable,
    bids: Levels,
    asks: Levels,
    progress: Progress,
    full: bool,
    counters: BookCounters,
}

impl OrderBook {
    /// An empty book for at most `orders_max` orders, and as many levels.
    pub fn new(orders_max: usize) -> OrderBook {
        OrderBook {
            orders: OrderTable::new(orders_max),
            bids: Levels::new(Side::Buy, orders_max),
            asks: Levels::new(Side::Sell, orders_max),
            progress: Progress::UNKNOWN,
            full: false,
            counters: BookCounters::default(),
        }
    }

    /// Whether an event would begin the book afresh: a clear, or the first record of a snapshot.
    pub fn begins_afresh(&self, event: &Mbo) -> bool {
        self.progress.begins_afresh(event)
    }

    /// Applies an event.
    pub fn apply(&mut self, event: &Mbo) {
        if self.begins_afresh(event) {
            self.clear();
            self.progress.begin();
        }
        match event.action {
            BookAction::Add => self.add(event),
            BookAction::Modify => self.modify(event),
            BookAction::Cancel => self.cancel(event),
            // A clear has begun the book afresh above.
            BookAction::Clear | BookAction::Trade | BookAction::Fill | BookAction::None => {}
        }
        self.progress.applied(event);
    }

    /// Takes every order out. A full book is not full after it, and what it holds later is not
    /// complete before an event begins it afresh.
    pub fn clear(&mut self) {
        self.orders.clear();
        self.bids.clear();
        self.asks.clear();
        self.full = false;
        self.progress = Progress::UNKNOWN;
    }

    /// Events were lost: the book is not complete until an event begins it afresh.
    pub fn distrust(&mut self) {
        self.progress.distrust();
    }

    /// Whether the book was filled from its beginning and nothing was lost since.
    pub fn is_complete(&self) -> bool {
        self.progress.is_complete()
    }

    fn add(&mut self, event: &Mbo) {
        if let Some(old) = self.orders.remove(event.order_id) {
            self.counters.duplicate_orders += 1;
            self.take(old.side, old.price, old.size, true);
        }
        let Some(side) = event.side.filter(|_| event.size > 0 && is_level(event.price)) else {
            self.counters.malformed += 1;
            return;
        };
        let order = Order { id: event.order_id, price: event.price, size: event.size, side };
        if self.orders.insert(order).is_err() {
            self.full = true;
            self.counters.overflows += 1;
            return;
        }
        self.levels_mut(side).put(event.price, event.size, 1);
    }

    fn modify(&mut self, event: &Mbo) {
        let Some((slot, old)) = self.orders.get(event.order_id) else {
            self.counters.unknown_orders += 1;
            return self.add(event);
        };
        let side = event.side.unwrap_or(old.side);
        if event.size == 0 || !is_level(event.price) {
            self.counters.malformed += 1;
            return;
        }
        self.orders.set(slot, Order { price: event.price, size: event.size, side, ..old });
        // Two steps, so that a level that only changes its size is not taken out and put back.
        let moved = old.side != side || old.price != event.price;
        self.levels_mut(side).put(event.price, event.size, u32::from(moved));
        self.take(old.side, old.price, old.size, moved);
    }

    fn cancel(&mut self, event: &Mbo) {
        let Some((slot, order)) = self.orders.get(event.order_id) else {
            self.counters.unknown_orders += 1;
            return;
        };
        let Order { side, price, size, .. } = order;
        if event.size < size {
            self.orders.set(slot, Order { size: size - event.size, ..order });
            return self.take(side, price, event.size, false);
        }
        self.counters.malformed += u64::from(event.size > size);
        self.orders.remove(event.order_id);
        self.take(side, price, size, true);
    }

    fn take(&mut self, side: Side, price: Price, size: u32, whole_order: bool) {
        self.levels_mut(side).take(price, size, u32::from(whole_order));
    }

    fn levels_mut(&mut self, side: Side) -> &mut Levels {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn levels_of(&self, side: Side) -> &Levels {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// The best bid and ask. Meaningful only after the last record of an event
    /// ([`crate::input::flags::LAST`]).
    pub fn top(&self) -> TopOfBook {
        let of = |levels: &Levels| levels.best().unwrap_or((Price::NONE, 0, 0));
        let ((bid, bid_size, _), (ask, ask_size, _)) = (of(&self.bids), of(&self.asks));
        let contracts = |size: u64| u32::try_from(size).unwrap_or(u32::MAX);
        TopOfBook { bid, ask, bid_size: contracts(bid_size), ask_size: contracts(ask_size) }
    }

    /// The levels of a side, best first: price, contracts, orders.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, u64, u32)> + '_ {
        self.levels_of(side).iter()
    }

    /// Contracts on the best so many levels of bids and of asks.
    pub fn depth(&self, levels: usize) -> (u64, u64) {
        let of = |side| self.levels(side).take(levels).map(|(_, size, _)| size).sum();
        (of(Side::Buy), of(Side::Sell))
    }

    /// How many prices a side has.
    pub fn level_count(&self, side: Side) -> usize {
        self.levels_of(side).len()
    }

    /// How many orders rest in the book.
    pub fn order_count(&self) -> usize {
        self.orders.len()
    }

    /// Whether an order was left out since the book was last cleared, so that it cannot be trusted.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Events that did not fit.
    pub fn counters(&self) -> BookCounters {
        self.counters
    }
}

/// Whether an order can rest at a price. The lowest number is left out so that a price can be
/// negated.
fn is_level(price: Price) -> bool {
    price.is_some() && price.0 != i64::MIN
}

#[cfg(test)]
mod tests;
