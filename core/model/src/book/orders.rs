//! The table of a book's orders: open addressing with linear probing, never more than half full.
//!
//! A removed order leaves no tombstone: the orders behind it in its run move up. So the table never
//! needs to be rebuilt, however long it lives, and its cost per event does not drift.
//!
//! Every record of a market by orders goes through here, some of them three times, and that is why it is
//! not `hashbrown`'s table: on a shared machine with two cores, best of nine million-step rounds, an entry
//! in and out takes 7 to 10 ns here and 27 to 41 there (2,000 to 65,000 of 65,536 orders; a look-up 4 to
//! 7 and 6 to 9). Of `hashbrown`'s, one with less room than twice its bound takes memory as it ages.

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

/// An order's identity, its price, and its contracts below its side. What is free is all zero, as the system
/// gives memory out: a book that nobody fills, as where a feed tells no orders, takes none (3 MB otherwise, of
/// every contract that ever was). One that is filled has its pages from its first snapshot on, before anybody
/// trades on it, since identities lie all over the table.
type Slot = [u64; 3];

const FREE: Slot = [0; 3];
const SELLS: u64 = 1 << 32;

impl Order {
    #[inline]
    fn packed(self) -> Slot {
        let side = if self.side == Side::Sell { SELLS } else { 0 };
        [self.id, self.price.0.cast_unsigned(), u64::from(self.size) | side]
    }

    #[inline]
    fn unpacked([id, price, rest]: Slot) -> Order {
        let side = if rest & SELLS == 0 { Side::Buy } else { Side::Sell };
        Order { id, price: Price(price.cast_signed()), size: rest as u32, side }
    }
}

#[inline]
fn is_free(slot: &Slot) -> bool {
    slot[2] as u32 == 0
}

/// The table holds as many orders as it was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Full;

#[derive(Clone, Debug)]
pub(super) struct OrderTable {
    slots: Vec<Slot>,
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
            if is_free(order) {
                return Err(slot);
            }
            if order[0] == id {
                return Ok(slot);
            }
            slot = self.after(slot);
        }
    }

    /// An order and where it is, for [`OrderTable::set`].
    pub fn get(&self, id: u64) -> Option<(usize, Order)> {
        let slot = self.find(id).ok()?;
        Some((slot, Order::unpacked(self.slots[slot])))
    }

    /// Puts an order of at least one contract in place of itself.
    pub fn set(&mut self, slot: usize, order: Order) {
        debug_assert!(self.slots[slot][0] == order.id && order.size > 0, "the same order");
        self.slots[slot] = order.packed();
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
        self.slots[slot] = order.packed();
        Ok(())
    }

    pub fn remove(&mut self, id: u64) -> Option<Order> {
        let mut hole = self.find(id).ok()?;
        let removed = Order::unpacked(self.slots[hole]);
        let mask = self.slots.len() - 1;
        let mut slot = self.after(hole);
        while !is_free(&self.slots[slot]) {
            // An order may move up into the hole unless its run begins behind the hole.
            let from_home = slot.wrapping_sub(self.home(self.slots[slot][0])) & mask;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn order(id: u64) -> Order {
        Order { id, price: Price(id as i64), size: 1 + (id % 7) as u32, side: Side::Buy }
    }

    /// What the table promises of its slots: no order is cut off from where its run begins.
    fn assert_sound(table: &OrderTable) {
        let taken = |slot: usize| !is_free(&table.slots[slot]);
        let orders = (0..table.slots.len()).filter(|slot| taken(*slot));
        assert_eq!(orders.clone().count(), table.len());
        for slot in orders {
            let mut at = table.home(table.slots[slot][0]);
            while at != slot {
                assert!(taken(at), "a gap before {:?}", table.slots[slot]);
                at = table.after(at);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_table_is_a_sorted_map_that_is_full_at_its_bound(
            steps in prop::collection::vec((0u64..48, 0u8..16), 1..400),
        ) {
            const BOUND: usize = 16;
            let (mut table, mut oracle) = (OrderTable::new(BOUND), BTreeMap::new());
            for (id, step) in steps {
                // Also identities that end in the last slots, so that runs go around the end.
                let id = id.wrapping_mul(0x0101_0101_0101);
                match step {
                    0..8 if oracle.contains_key(&id) => {}
                    0..8 if oracle.len() == BOUND => {
                        prop_assert_eq!(table.insert(order(id)), Err(Full));
                    }
                    0..8 => {
                        prop_assert_eq!(table.insert(order(id)), Ok(()));
                        oracle.insert(id, order(id));
                    }
                    8..15 => prop_assert_eq!(table.remove(id), oracle.remove(&id)),
                    _ => {
                        table.clear();
                        oracle.clear();
                    }
                }
                prop_assert_eq!(table.len(), oracle.len());
                for id in (0..48u64).map(|id| id.wrapping_mul(0x0101_0101_0101)) {
                    prop_assert_eq!(table.get(id).map(|(_, order)| order), oracle.get(&id).copied());
                }
                assert_sound(&table);
            }
        }
    }

    #[test]
    fn identities_in_sequence_are_spread_over_the_table() {
        for step in [1, 2, 1 << 20, 1 << 32] {
            let mut table = OrderTable::new(4_096);
            (1..=4_096u64).for_each(|n| assert_eq!(table.insert(order(n * step)), Ok(())));
            assert_sound(&table);
            let far = |slot: usize| {
                let home = table.home(table.slots[slot][0]);
                slot.wrapping_sub(home) & (table.slots.len() - 1)
            };
            let taken = (0..table.slots.len()).filter(|slot| !is_free(&table.slots[*slot]));
            let (most, sum) =
                taken.map(far).fold((0, 0), |(most, sum), far| (most.max(far), sum + far));
            // Linear probing at half of the room looks at 1.5 slots for an order that is there (Knuth,
            // The Art of Computer Programming 3, 6.4).
            assert!(
                sum <= 4_096 && most <= 64,
                "step {step}: {sum} slots from home, {most} at most"
            );
        }
    }

    #[test]
    fn a_table_has_twice_the_slots_of_its_bound() {
        for (bound, slots) in [(0, 2), (1, 2), (2, 4), (3, 8), (65_536, 131_072)] {
            assert_eq!(OrderTable::new(bound).slots.len(), slots, "{bound}");
        }
    }
}
