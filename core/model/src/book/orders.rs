//! The table of a book's orders: open addressing with linear probing, never more than half full.
//!
//! A removed order leaves no tombstone: the orders behind it in its run move up. So the table never
//! needs to be rebuilt, however long it lives, and its cost per event does not drift.

use crate::units::{Price, Side};

/// An order that rests in the book.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Order {
    pub id: u64,
    pub price: Price,
    /// Contracts; 0 marks a free slot of the table.
    pub size: u32,
    pub side: Side,
}

const FREE: Order = Order { id: 0, price: Price::NONE, size: 0, side: Side::Buy };

/// The table holds as many orders as it was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Full;

#[derive(Clone, Debug)]
pub(super) struct OrderTable {
    slots: Vec<Order>,
    /// Bits to shift a 64-bit hash right by to get a slot.
    shift: u32,
    len: usize,
    orders_max: usize,
}

impl OrderTable {
    pub fn new(orders_max: usize) -> OrderTable {
        let slots = (orders_max.max(1) * 2).next_power_of_two();
        OrderTable {
            slots: vec![FREE; slots],
            shift: 64 - slots.trailing_zeros(),
            len: 0,
            orders_max,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The slot where an identity's run begins. Fibonacci hashing: exchanges number orders in
    /// sequence, and the multiplication spreads neighbours over the table.
    fn home(&self, id: u64) -> usize {
        (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    fn after(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    /// The slot of an order, or the free slot that ends its run. There is always a free one, since
    /// the table is never more than half full.
    fn find(&self, id: u64) -> Result<usize, usize> {
        let mut slot = self.home(id);
        loop {
            let order = &self.slots[slot];
            if order.size == 0 {
                return Err(slot);
            }
            if order.id == id {
                return Ok(slot);
            }
            slot = self.after(slot);
        }
    }

    pub fn get_mut(&mut self, id: u64) -> Option<&mut Order> {
        let slot = self.find(id).ok()?;
        Some(&mut self.slots[slot])
    }

    /// Puts in an order of at least one contract whose identity is not in the table.
    pub fn insert(&mut self, order: Order) -> Result<(), Full> {
        debug_assert!(order.size > 0, "a size of 0 marks a free slot");
        if self.len == self.orders_max {
            return Err(Full);
        }
        let slot = match self.find(order.id) {
            Ok(slot) => {
                debug_assert!(false, "the identity is in the table already");
                slot
            }
            Err(free) => {
                self.len += 1;
                free
            }
        };
        self.slots[slot] = order;
        Ok(())
    }

    pub fn remove(&mut self, id: u64) -> Option<Order> {
        let mut hole = self.find(id).ok()?;
        let removed = self.slots[hole];
        let mask = self.slots.len() - 1;
        let mut slot = self.after(hole);
        while self.slots[slot].size > 0 {
            // An order may move up into the hole unless its run begins behind the hole.
            let from_home = slot.wrapping_sub(self.home(self.slots[slot].id)) & mask;
            let from_hole = slot.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.slots[hole] = self.slots[slot];
                hole = slot;
            }
            slot = self.after(slot);
        }
        self.slots[hole] = FREE;
        self.len -= 1;
        Some(removed)
    }

    pub fn clear(&mut self) {
        if self.len > 0 {
            self.slots.fill(FREE);
            self.len = 0;
        }
    }
}
