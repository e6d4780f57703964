//! The orders, in slots of fixed number: live ones in order of creation, finished ones kept in
//! order of finishing until their place is needed, so that a late report still finds its order.

use gauntlet_model::effect::{OutboundKind, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::Route;
use gauntlet_model::order::{IDENTITIES_MAX, Order};
use gauntlet_model::order::{OrderRequest, Terms};
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_runtime::bounded_map::BoundedMap;
use gauntlet_runtime::memory;
use gauntlet_runtime::prefetch::prefetch_entry;

/// Most orders live at once.
pub const LIVE_MAX: usize = 8_192;
/// Finished orders that are remembered for late reports.
pub const FINISHED_MAX: usize = 4_096;

const SLOTS_MAX: usize = LIVE_MAX + FINISHED_MAX;
const NIL: u32 = u32::MAX;

/// An order's place in the table. Valid until the order is recycled, so never kept over inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotId(u32);

#[derive(Clone, Copy, Debug)]
struct Slot {
    order: Order,
    prev: u32,
    next: u32,
}

/// A doubly linked list through the slots.
#[derive(Debug)]
struct List {
    head: u32,
    tail: u32,
    len: usize,
}

impl List {
    const EMPTY: List = List { head: NIL, tail: NIL, len: 0 };

    fn push_back(&mut self, slots: &mut [Slot], slot: u32) {
        slots[slot as usize].prev = self.tail;
        slots[slot as usize].next = NIL;
        match self.tail {
            NIL => self.head = slot,
            tail => slots[tail as usize].next = slot,
        }
        self.tail = slot;
        self.len += 1;
    }

    fn unlink(&mut self, slots: &mut [Slot], slot: u32) {
        let Slot { prev, next, .. } = slots[slot as usize];
        match prev {
            NIL => self.head = next,
            prev => slots[prev as usize].next = next,
        }
        match next {
            NIL => self.tail = prev,
            next => slots[next as usize].prev = prev,
        }
        self.len -= 1;
    }
}

/// See the module.
#[derive(Debug)]
pub struct Table {
    slots: Vec<Slot>,
    /// From every identity of an order to its slot.
    index: BoundedMap<ClOrdId, u32>,
    live: List,
    finished: List,
    free: List,
    /// Live orders that are to outlive our own runs.
    staying: usize,
}

impl Table {
    /// An empty table. All memory is taken here.
    pub fn new() -> Table {
        Table {
            slots: memory::room(Slot { order: blank_order(), prev: NIL, next: NIL }, SLOTS_MAX),
            index: BoundedMap::new(SLOTS_MAX * IDENTITIES_MAX, (1..).map(|id| (ClOrdId(id), NIL))),
            live: List::EMPTY,
            finished: List::EMPTY,
            free: List::EMPTY,
            staying: 0,
        }
    }

    /// Asks for the place that the next order gets; see [`prefetch`](gauntlet_runtime::prefetch).
    pub fn look_ahead(&self) {
        let next = match self.free.head {
            NIL => self.slots.len(),
            slot => slot as usize,
        };
        // One that is not taken yet lies behind the last.
        prefetch_entry(&self.slots, next.min(self.slots.len().saturating_sub(1)));
    }

    /// The order that was created last of those that are live, else the one that ended last.
    pub fn newest(&self) -> Option<&Order> {
        let known = [self.live.tail, self.finished.tail].into_iter().find(|slot| *slot != NIL);
        known.map(|slot| self.order(SlotId(slot)))
    }

    /// The order known by this identity, live or finished.
    pub fn find(&self, id: ClOrdId) -> Option<SlotId> {
        self.index.get(id).map(SlotId)
    }

    /// The order in a slot.
    pub fn order(&self, slot: SlotId) -> &Order {
        &self.slots[slot.0 as usize].order
    }

    /// The order in a slot, to be changed. Call [`Table::finish`] if the change ends it.
    pub fn order_mut(&mut self, slot: SlotId) -> &mut Order {
        &mut self.slots[slot.0 as usize].order
    }

    /// How many orders are live.
    pub fn live_len(&self) -> usize {
        self.live.len
    }

    /// How many live orders are to outlive our own runs.
    pub fn staying_len(&self) -> usize {
        self.staying
    }

    /// Enters a new order as the youngest live one; `None` when as many are live as may be.
    /// It is found by every identity that it has: one that is taken over may have two.
    ///
    /// # Panics
    /// When the order has no identity, or one that is in use.
    pub fn insert(&mut self, order: Order) -> Option<SlotId> {
        if self.live.len >= LIVE_MAX {
            return None;
        }
        let id = order.first_id();
        assert!(id.is_some() && !order.is_final(), "a new order has an identity and works");
        let slot = match self.free.head {
            NIL => {
                assert!(self.slots.len() < SLOTS_MAX, "live and finished orders have their bounds");
                self.slots.push(Slot { order, prev: NIL, next: NIL });
                self.slots.len() as u32 - 1
            }
            slot => {
                self.free.unlink(&mut self.slots, slot);
                self.slots[slot as usize].order = order;
                slot
            }
        };
        for id in order.identities() {
            self.enter_identity(*id, slot);
        }
        self.live.push_back(&mut self.slots, slot);
        self.staying += usize::from(stays(self.order(SlotId(slot))));
        self.assert_counts();
        Some(SlotId(slot))
    }

    /// Lets an order be found by the identity of a request too, which names it as `named`.
    ///
    /// # Panics
    /// When the identity is absent or in use.
    pub fn chain(&mut self, slot: SlotId, id: ClOrdId, named: ClOrdId) {
        assert!(id.is_some(), "a request has an identity");
        if let Some(forgotten) = self.order_mut(slot).add_identity(id, named) {
            let of = self.index.remove(forgotten);
            assert!(of == Some(slot.0), "every identity of an order leads to it");
        }
        self.enter_identity(id, slot.0);
    }

    fn enter_identity(&mut self, id: ClOrdId, slot: u32) {
        let entered = self.index.insert(id, slot);
        assert!(entered == Ok(true), "identities are unique, and there is room for all of them");
    }

    /// Every slot is in exactly one list, and within its bound.
    fn assert_counts(&self) {
        let Table { slots, live, finished, free, .. } = self;
        assert!(live.len + finished.len + free.len == slots.len(), "a slot is in one list");
        assert!(live.len <= LIVE_MAX && finished.len <= FINISHED_MAX, "the lists have bounds");
    }

    /// Moves an order from the live ones to the finished ones, and recycles the oldest of those
    /// when there are too many.
    ///
    /// # Panics
    /// When the order can still fill.
    pub fn finish(&mut self, slot: SlotId) {
        let order = self.order(slot);
        assert!(order.is_final() && order.leaves_qty() == 0, "only what is over is finished");
        self.staying -= usize::from(stays(self.order(slot)));
        self.live.unlink(&mut self.slots, slot.0);
        self.finished.push_back(&mut self.slots, slot.0);
        if self.finished.len > FINISHED_MAX {
            let oldest = self.finished.head;
            self.finished.unlink(&mut self.slots, oldest);
            for id in self.slots[oldest as usize].order.identities() {
                let of = self.index.remove(*id);
                assert!(of == Some(oldest), "every identity of an order leads to it");
            }
            self.free.push_back(&mut self.slots, oldest);
        }
        self.assert_counts();
    }

    /// The oldest live order.
    pub fn first_live(&self) -> Option<SlotId> {
        (self.live.head != NIL).then_some(SlotId(self.live.head))
    }

    /// The live order created next after this one.
    pub fn next_live(&self, slot: SlotId) -> Option<SlotId> {
        let next = self.slots[slot.0 as usize].next;
        (next != NIL).then_some(SlotId(next))
    }

    /// The live orders in order of creation.
    pub fn live(&self) -> impl Iterator<Item = &Order> {
        std::iter::successors(self.first_live(), |slot| self.next_live(*slot))
            .map(|slot| self.order(slot))
    }
}

/// Whether an order is to outlive our own runs.
fn stays(order: &Order) -> bool {
    order.route().is_broker() && order.time_in_force().outlives_session()
}

/// What the room for orders is filled with before there are any.
fn blank_order() -> Order {
    Order::new(&blank_request(), UnixNanos(0))
}

fn blank_request() -> OrderRequest {
    OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        route: Route::PAPER,
        side: Side::Buy,
        qty: 0,
        price: Price::NONE,
        time_in_force: TimeInForce::Day,
        terms: Terms::LIMIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::order::StreamPoint;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Identities of an order, its first one first.
    fn id(order: usize, identity: usize) -> ClOrdId {
        ClOrdId(((1 + order * 100 + identity) as u64) << 20)
    }

    fn order(number: usize) -> Order {
        let request = OrderRequest { cl_ord_id: id(number, 0), qty: 1, ..blank_request() };
        Order::new(&request, UnixNanos(0))
    }

    fn end(table: &mut Table, slot: SlotId) {
        table.order_mut(slot).write_off(StreamPoint { seq: 1, now: UnixNanos(1) });
        table.finish(slot);
    }

    #[test]
    fn a_full_table_finds_every_order_by_every_identity_and_refuses_one_more() {
        let mut table = Table::new();
        let slots: Vec<SlotId> =
            (0..LIVE_MAX).map(|n| table.insert(order(n)).expect("there is room")).collect();
        for (n, slot) in slots.iter().enumerate() {
            (1..IDENTITIES_MAX).for_each(|at| table.chain(*slot, id(n, at), id(n, 0)));
        }
        assert!(table.insert(order(LIVE_MAX)).is_none(), "as many are live as may be");
        assert_eq!(table.live_len(), LIVE_MAX);
        for (n, slot) in slots.iter().enumerate() {
            assert!((0..IDENTITIES_MAX).all(|at| table.find(id(n, at)) == Some(*slot)), "{n}");
        }
        // One identity more takes the place of the oldest that is not needed.
        table.chain(slots[7], id(7, IDENTITIES_MAX), id(7, 0));
        assert_eq!(table.find(id(7, 1)), None);
        assert_eq!(table.find(id(7, IDENTITIES_MAX)), Some(slots[7]));

        slots.iter().for_each(|slot| end(&mut table, *slot));
        assert_eq!(
            (table.live_len(), table.find(id(7, 0))),
            (0, None),
            "forgotten for a later one"
        );
        let kept = LIVE_MAX - FINISHED_MAX..LIVE_MAX;
        assert!(kept.clone().all(|n| table.find(id(n, 0)) == Some(slots[n])));
        assert!(
            (0..kept.start).all(|n| (0..=IDENTITIES_MAX).all(|at| table.find(id(n, at)).is_none()))
        );
        let again = table.insert(order(LIVE_MAX + 1)).expect("there is room again");
        assert_eq!(table.find(id(LIVE_MAX + 1, 0)), Some(again));
    }

    #[test]
    fn what_would_spoil_the_table_ends_the_process() {
        let panics = |spoil: fn(&mut Table, SlotId)| {
            let mut table = Table::new();
            let slot = table.insert(order(1)).expect("there is room");
            let spoilt = catch_unwind(AssertUnwindSafe(|| spoil(&mut table, slot)));
            let panic = spoilt.expect_err("an assertion fails");
            panic.downcast_ref::<&str>().map_or_else(String::new, |text| (*text).to_owned())
        };
        let twice = "identities are unique, and there is room for all of them";
        assert_eq!(panics(|table, _| assert!(table.insert(order(1)).is_some())), twice);
        assert_eq!(panics(|table, slot| table.chain(slot, id(1, 0), id(1, 0))), twice);
        let nobody = "a request has an identity";
        assert_eq!(panics(|table, slot| table.chain(slot, ClOrdId::NONE, id(1, 0))), nobody);
        let works = "only what is over is finished";
        assert_eq!(panics(|table, slot| table.finish(slot)), works);
        let over = "a new order has an identity and works";
        assert_eq!(panics(|table, _| assert!(table.insert(blank_order()).is_some())), over);
    }
}
