//! The replayed book of one instrument, from whatever the files tell of it.

use crate::follower::{Displayed, ShownLevels};
use crate::matching::queue::{QueueBook, Resting, Slot};
use dbn::{BidAskPair, MboMsg};
use gauntlet_model::units::{Price, Side};
use std::collections::HashMap;

/// Orders that the book of an instrument holds.
const ORDERS_MAX: usize = 65_536;
/// Price levels on a side of it.
const LEVELS_MAX: usize = 16_384;

/// The book has no room for an order.
#[derive(Debug, PartialEq)]
pub struct Full;

/// A book of orders, or of the levels that are shown.
pub enum ReplayedBook {
    /// No record of a book came yet, or none with levels.
    Levels(Box<ShownLevels>),
    /// From market-by-order records.
    Orders(Box<OrdersById>),
}

/// A book of orders found by their identity.
pub struct OrdersById {
    queue: QueueBook,
    /// With the number of its arrival at its place in the queue.
    slots: HashMap<u64, (Slot, u64)>,
    arrivals: u64,
}

/// Contracts that left the queue at a price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Left {
    /// The side.
    pub side: Side,
    /// The price.
    pub price: Price,
    /// Contracts.
    pub qty: u32,
    /// The number of the order's arrival.
    pub arrival: u64,
}

impl Displayed for OrdersById {
    fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool) {
        self.queue.visit(side, visit);
    }

    fn size_at(&self, side: Side, price: Price) -> Option<u64> {
        self.queue.size_at(side, price)
    }

    fn next_arrival(&self) -> Option<u64> {
        Some(self.arrivals)
    }
}

impl ReplayedBook {
    /// An empty book.
    pub fn new() -> ReplayedBook {
        ReplayedBook::Levels(Box::new(ShownLevels::EMPTY))
    }

    /// Whether it is kept from market-by-order records, which other schemas only repeat.
    pub fn is_by_order(&self) -> bool {
        matches!(self, ReplayedBook::Orders(_))
    }

    /// The book as it is shown.
    pub fn shown(&self) -> &dyn Displayed {
        match self {
            ReplayedBook::Levels(levels) => levels.as_ref(),
            ReplayedBook::Orders(orders) => orders.as_ref(),
        }
    }

    /// Every order in its priority, where orders are known.
    pub fn orders(&self) -> impl Iterator<Item = &Resting> {
        let queue = match self {
            ReplayedBook::Levels(_) => None,
            ReplayedBook::Orders(orders) => Some(&orders.queue),
        };
        queue.into_iter().flat_map(|queue| queue.orders(Side::Buy).chain(queue.orders(Side::Sell)))
    }

    /// Takes over the levels of a record that shows some.
    pub fn show(&mut self, levels: &[BidAskPair]) {
        if let ReplayedBook::Levels(shown) = self {
            shown.set(Side::Buy, levels.iter().map(|l| (Price(l.bid_px), l.bid_sz as u64)));
            shown.set(Side::Sell, levels.iter().map(|l| (Price(l.ask_px), l.ask_sz as u64)));
        }
    }

    /// Applies a market-by-order record. Orders that were never added are added by their
    /// modification and passed over when cancelled, as after a gap. Gives what left a queue.
    ///
    /// # Errors
    /// [`Full`].
    pub fn apply(&mut self, record: &MboMsg) -> Result<Option<Left>, Full> {
        let orders = match self {
            ReplayedBook::Orders(orders) => orders,
            ReplayedBook::Levels(_) => {
                *self = ReplayedBook::Orders(Box::new(OrdersById {
                    queue: QueueBook::new(ORDERS_MAX, LEVELS_MAX),
                    slots: HashMap::with_capacity(ORDERS_MAX),
                    arrivals: 0,
                }));
                return self.apply(record);
            }
        };
        let side = match record.side as u8 {
            b'B' => Some(Side::Buy),
            b'A' => Some(Side::Sell),
            _ => None,
        };
        match (record.action as u8, side) {
            (b'A' | b'M', Some(side)) => orders.set(record, side),
            (b'C', _) => Ok(orders.reduce(record.order_id, record.size)),
            (b'R', _) => {
                orders.queue.clear();
                orders.slots.clear();
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}

impl OrdersById {
    /// Gives an order its price and size. Less at the same price keeps its place, as on CME.
    fn set(&mut self, record: &MboMsg, side: Side) -> Result<Option<Left>, Full> {
        let (id, price, qty) = (record.order_id, Price(record.price), record.size);
        if !price.is_some() || qty == 0 {
            return Ok(None);
        }
        let mut left = None;
        let slot = match self.slots.get(&id).copied() {
            Some((slot, arrival)) => {
                let old = self.queue.get(slot).copied();
                let of =
                    |old: &Resting, qty| Left { side: old.side, price: old.price, qty, arrival };
                if let Some(old) = old
                    && (old.side, old.price) == (side, price)
                    && old.qty >= qty
                {
                    self.queue.reduce(slot, old.qty - qty, false);
                    return Ok(Some(of(&old, old.qty - qty)));
                }
                left = old.map(|old| of(&old, old.qty));
                self.queue.unlink(slot);
                slot
            }
            None => self.queue.reserve().ok_or(Full)?,
        };
        if !self.queue.has_room_at(side, price) {
            self.slots.remove(&id);
            self.queue.release(slot);
            return Err(Full);
        }
        self.slots.insert(id, (slot, self.arrivals));
        self.arrivals += 1;
        self.queue.link(slot, Resting::foreign(id, side, price, qty));
        Ok(left)
    }

    fn reduce(&mut self, id: u64, by: u32) -> Option<Left> {
        let (slot, arrival) = self.slots.get(&id).copied()?;
        let order = *self.queue.get(slot)?;
        let qty = by.min(order.qty);
        if order.qty > by {
            self.queue.reduce(slot, by, false);
        } else {
            self.slots.remove(&id);
            self.queue.unlink(slot);
            self.queue.release(slot);
        }
        Some(Left { side: order.side, price: order.price, qty, arrival })
    }
}
