//! The orders, in slots of fixed number: live ones in order of creation, finished ones kept in
//! order of finishing until their place is needed, so that a late report still finds its order.

use super::index::Index;
use gauntlet_model::effect::{OutboundKind, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::Route;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::order::{IDENTITIES_MAX, Order};
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_runtime::memory;

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
    index: Index,
    live: List,
    finished: List,
    free: List,
}

impl Table {
    /// An empty table. All memory is taken here.
    pub fn new() -> Table {
        Table {
            slots: memory::room(Slot { order: blank_order(), prev: NIL, next: NIL }, SLOTS_MAX),
            index: Index::new(SLOTS_MAX * IDENTITIES_MAX),
            live: List::EMPTY,
            finished: List::EMPTY,
            free: List::EMPTY,
        }
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

    /// Enters a new order as the youngest live one; `None` when as many are live as may be.
    pub fn insert(&mut self, order: Order) -> Option<SlotId> {
        debug_assert!(self.find(order.first_id()).is_none(), "identities are unique");
        if self.live.len >= LIVE_MAX {
            return None;
        }
        let id = order.first_id();
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
        self.index.insert(id, slot);
        self.live.push_back(&mut self.slots, slot);
        Some(SlotId(slot))
    }

    /// Lets an order be found by the identity of a request too, which names it as `named`.
    pub fn chain(&mut self, slot: SlotId, id: ClOrdId, named: ClOrdId) {
        self.index.insert(id, slot.0);
        if let Some(forgotten) = self.order_mut(slot).add_identity(id, named) {
            self.index.remove(forgotten);
        }
    }

    /// Moves an order from the live ones to the finished ones, and recycles the oldest of those
    /// when there are too many.
    pub fn finish(&mut self, slot: SlotId) {
        debug_assert!(self.order(slot).is_final(), "only an order in a final state is finished");
        self.live.unlink(&mut self.slots, slot.0);
        self.finished.push_back(&mut self.slots, slot.0);
        if self.finished.len > FINISHED_MAX {
            let oldest = self.finished.head;
            self.finished.unlink(&mut self.slots, oldest);
            for id in self.slots[oldest as usize].order.identities() {
                self.index.remove(*id);
            }
            self.free.push_back(&mut self.slots, oldest);
        }
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

/// What the room for orders is filled with before there are any.
fn blank_order() -> Order {
    let request = OrderRequest {
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
    };
    Order::new(&request, UnixNanos(0))
}
