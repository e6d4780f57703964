//! Orders resting in price-time priority: the book itself, without any matching.
//!
//! Orders live in a slab and are linked into one first-in-first-out list per price level; levels are
//! sorted vectors with the best at the end, where almost all changes happen.

use crate::market::SelfMatch;
use gauntlet_model::units::{Price, Side};

const NIL: u32 = u32::MAX;

/// The place of an order in the slab. It is given to another order once this one has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub(crate) u32);

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resting {
    /// Its identity, as its owner and the market-data records know it.
    pub id: u64,
    /// The side it rests on.
    pub side: Side,
    /// Its limit price.
    pub price: Price,
    /// Contracts working.
    pub qty: u32,
    /// Contracts filled before.
    pub filled: u32,
    /// Whether it entered through an order-entry session, so that someone waits for news of it.
    pub client: bool,
    /// Whether it outlives the end of a session.
    pub lasts: bool,
    /// What it must not trade with.
    pub self_match: SelfMatch,
}

impl Resting {
    /// An order of somebody whom nobody here tells anything.
    pub fn foreign(id: u64, side: Side, price: Price, qty: u32) -> Resting {
        let self_match = SelfMatch::NONE;
        Resting { id, side, price, qty, filled: 0, client: false, lasts: false, self_match }
    }
}

/// A price level as others see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Its price.
    pub price: Price,
    /// Contracts resting.
    pub qty: u64,
    /// Orders resting.
    pub orders: u32,
}

#[derive(Clone, Copy)]
struct Node {
    order: Resting,
    next: u32,
    prev: u32,
}

#[derive(Clone, Copy)]
struct LevelList {
    level: Level,
    head: u32,
    tail: u32,
}

/// A book of bounded size.
pub struct QueueBook {
    nodes: Vec<Node>,
    free: Vec<u32>,
    levels: [Vec<LevelList>; 2],
    orders: [u32; 2],
    levels_max: usize,
}

fn index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// Whether `a` is the better price to rest at on `side`.
pub(crate) fn is_better(side: Side, a: Price, b: Price) -> bool {
    match side {
        Side::Buy => a > b,
        Side::Sell => a < b,
    }
}

impl QueueBook {
    /// An empty book for at most so many orders, and so many price levels a side.
    pub fn new(orders_max: usize, levels_max: usize) -> QueueBook {
        let blank =
            Node { order: Resting::foreign(0, Side::Buy, Price::NONE, 0), next: NIL, prev: NIL };
        QueueBook {
            nodes: vec![blank; orders_max],
            free: (0..orders_max as u32).rev().collect(),
            levels: [Vec::with_capacity(levels_max), Vec::with_capacity(levels_max)],
            orders: [0; 2],
            levels_max,
        }
    }

    /// Sets a slot aside for an order that may come to rest; `None` when the book is full.
    pub fn reserve(&mut self) -> Option<Slot> {
        self.free.pop().map(Slot)
    }

    /// Gives back a slot whose order does not rest.
    pub fn release(&mut self, slot: Slot) {
        self.vacate(slot);
        self.free.push(slot.0);
    }

    /// Forgets the order that left a slot, which stays set aside.
    pub fn vacate(&mut self, slot: Slot) {
        self.nodes[slot.0 as usize].order.qty = 0;
        self.nodes[slot.0 as usize].order.id = 0;
    }

    /// Whether a new order could rest at this price.
    pub fn has_room_at(&self, side: Side, price: Price) -> bool {
        self.levels[index(side)].len() < self.levels_max || self.find(side, price).is_ok()
    }

    /// Whether at most half of the price levels that a side may have are there.
    pub fn is_half_empty(&self, side: Side) -> bool {
        self.levels[index(side)].len() < self.levels_max.div_ceil(2)
    }

    /// Puts an order at the end of its level's queue. The caller has checked
    /// [`QueueBook::has_room_at`].
    pub fn link(&mut self, slot: Slot, order: Resting) {
        debug_assert!(order.qty > 0 && order.price.is_some());
        let side = index(order.side);
        let at = match self.find(order.side, order.price) {
            Ok(at) => at,
            Err(at) => {
                let level = Level { price: order.price, qty: 0, orders: 0 };
                self.levels[side].insert(at, LevelList { level, head: NIL, tail: NIL });
                at
            }
        };
        let list = &mut self.levels[side][at];
        list.level.qty += order.qty as u64;
        list.level.orders += 1;
        let prev = list.tail;
        list.tail = slot.0;
        if prev == NIL {
            list.head = slot.0;
        }
        if prev != NIL {
            self.nodes[prev as usize].next = slot.0;
        }
        self.nodes[slot.0 as usize] = Node { order, next: NIL, prev };
        self.orders[side] += 1;
    }

    /// Takes an order out of its queue; its slot stays reserved.
    pub fn unlink(&mut self, slot: Slot) -> Resting {
        let node = self.nodes[slot.0 as usize];
        let side = index(node.order.side);
        if let Ok(at) = self.find(node.order.side, node.order.price) {
            let list = &mut self.levels[side][at];
            list.level.qty -= node.order.qty as u64;
            list.level.orders -= 1;
            if node.prev == NIL {
                list.head = node.next;
            }
            if node.next == NIL {
                list.tail = node.prev;
            }
            if list.level.orders == 0 {
                self.levels[side].remove(at);
            }
        }
        if node.prev != NIL {
            self.nodes[node.prev as usize].next = node.next;
        }
        if node.next != NIL {
            self.nodes[node.next as usize].prev = node.prev;
        }
        self.orders[side] -= 1;
        node.order
    }

    /// Takes contracts away from an order that keeps its place and some quantity; `fill` counts them
    /// as filled.
    pub fn reduce(&mut self, slot: Slot, by: u32, fill: bool) {
        let order = &mut self.nodes[slot.0 as usize].order;
        debug_assert!(by < order.qty);
        order.qty -= by;
        if fill {
            order.filled += by;
        }
        let (side, price) = (order.side, order.price);
        if let Ok(at) = self.find(side, price) {
            self.levels[index(side)][at].level.qty -= by as u64;
        }
    }

    /// The order in a slot. Of a slot that holds none, the identity is 0.
    pub fn get(&self, slot: Slot) -> Option<&Resting> {
        self.nodes.get(slot.0 as usize).map(|node| &node.order).filter(|order| order.qty > 0)
    }

    /// The order first in the queue of the best level.
    pub fn first(&self, side: Side) -> Option<(Slot, &Resting)> {
        let head = self.levels[index(side)].last()?.head;
        Some((Slot(head), &self.nodes[head as usize].order))
    }

    /// The order last in the queue of the worst level.
    pub fn farthest(&self, side: Side) -> Option<(Slot, &Resting)> {
        let tail = self.levels[index(side)].first()?.tail;
        Some((Slot(tail), &self.nodes[tail as usize].order))
    }

    /// The best level.
    pub fn best(&self, side: Side) -> Option<Level> {
        self.levels[index(side)].last().map(|list| list.level)
    }

    /// The level at a price, if anything rests there.
    pub fn level_at(&self, side: Side, price: Price) -> Option<Level> {
        self.find(side, price).ok().map(|at| self.levels[index(side)][at].level)
    }

    /// The levels, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        self.levels[index(side)].iter().rev().map(|list| list.level)
    }

    /// The orders in priority: best level first, first come first within it.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = &Resting> + '_ {
        self.levels[index(side)].iter().rev().flat_map(move |list| {
            let mut at = list.head;
            std::iter::from_fn(move || {
                let node = self.nodes.get(at as usize)?;
                at = node.next;
                Some(&node.order)
            })
        })
    }

    /// How many orders rest on a side.
    pub fn order_count(&self, side: Side) -> u32 {
        self.orders[index(side)]
    }

    /// Empties the book.
    pub fn clear(&mut self) {
        for side in [Side::Buy, Side::Sell] {
            while let Some((slot, _)) = self.first(side) {
                self.unlink(slot);
                self.release(slot);
            }
        }
    }

    fn find(&self, side: Side, price: Price) -> Result<usize, usize> {
        let levels = &self.levels[index(side)];
        let at = levels.partition_point(|list| is_better(side, price, list.level.price));
        match levels.get(at) {
            Some(list) if list.level.price == price => Ok(at),
            _ => Err(at),
        }
    }
}
