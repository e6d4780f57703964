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
    slots: HashMap<u64, Slot>,
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
            ReplayedBook::Orders(orders) => &orders.queue,
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
    /// modification and passed over when cancelled, as after a gap.
    ///
    /// # Errors
    /// [`Full`].
    pub fn apply(&mut self, record: &MboMsg) -> Result<(), Full> {
        let orders = match self {
            ReplayedBook::Orders(orders) => orders,
            ReplayedBook::Levels(_) => {
                *self = ReplayedBook::Orders(Box::new(OrdersById {
                    queue: QueueBook::new(ORDERS_MAX, LEVELS_MAX),
                    slots: HashMap::with_capacity(ORDERS_MAX),
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
            (b'C', _) => {
                orders.reduce(record.order_id, record.size);
                Ok(())
            }
            (b'R', _) => {
                orders.queue.clear();
                orders.slots.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl OrdersById {
    /// Gives an order its price and size. Less at the same price keeps its place, as on CME.
    fn set(&mut self, record: &MboMsg, side: Side) -> Result<(), Full> {
        let (id, price, qty) = (record.order_id, Price(record.price), record.size);
        if !price.is_some() || qty == 0 {
            return Ok(());
        }
        let slot = match self.slots.get(&id) {
            Some(slot) => {
                let slot = *slot;
                let kept = self.queue.get(slot).is_some_and(|order| {
                    order.side == side && order.price == price && order.qty >= qty
                });
                if kept {
                    let by = self.queue.get(slot).map_or(0, |order| order.qty - qty);
                    self.queue.reduce(slot, by, false);
                    return Ok(());
                }
                self.queue.unlink(slot);
                slot
            }
            None => {
                let slot = self.queue.reserve().ok_or(Full)?;
                self.slots.insert(id, slot);
                slot
            }
        };
        if !self.queue.has_room_at(side, price) {
            self.slots.remove(&id);
            self.queue.release(slot);
            return Err(Full);
        }
        self.queue.link(slot, Resting { id, side, price, qty, filled: 0, client: false });
        Ok(())
    }

    fn reduce(&mut self, id: u64, by: u32) {
        let Some(slot) = self.slots.get(&id).copied() else { return };
        if self.queue.get(slot).is_some_and(|order| order.qty > by) {
            self.queue.reduce(slot, by, false);
        } else {
            self.slots.remove(&id);
            self.queue.unlink(slot);
            self.queue.release(slot);
        }
    }
}
