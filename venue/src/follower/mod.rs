//! Fills for our orders against an outside book that they do not move.
//!
//! The convention, which results that rest on it should state:
//!
//! - An order that meets the other side takes what is shown there, level by level, at each level's
//!   price. What it took is gone: a level fills again only as far as its shown size grows, or when it
//!   was traded through, out of view for long or replaced by a fresh book.
//! - The rest of an immediate-or-cancel order expires. The rest of any other waits; if the book showed
//!   no more, it goes on taking what appears at or inside its limit, at the price that appears.
//! - A resting order waits behind all that is shown at its price when it arrives. Trades at its price
//!   shorten the queue; so do cancellations: exactly where each order of the book is told of, and otherwise
//!   as the [`QueueModel`] says; and never is more before it than is shown. Where the view does not reach its price, the queue
//!   is unknown until it does, and then everything shown is before it.
//! - It fills, at its own price, when trades go on after the queue before it is gone; when a trade
//!   prints beyond its price; and when the other side comes to show its price or a better one. Never
//!   for more than was traded or is shown. A trade whose aggressor is unknown counts only beyond the
//!   price.
//! - Our orders at one price keep the order in which they came.

mod displayed;
mod queue;
mod taken;
#[cfg(test)]
mod tests;

pub use displayed::{Displayed, ShownLevels};
pub use queue::QueueModel;
pub use taken::{OUT_OF_VIEW_NS_MAX, TAKEN_MAX};

use crate::market::{OrderEvent, OrderId, Refusal, TimeInForce};
use crate::matching::queue::is_better;
use gauntlet_model::units::{Price, Side, UnixNanos};
use taken::TakenLevels;

/// An order to be filled against an outside book.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FollowedOrder {
    /// Its identity, given by the caller.
    pub id: OrderId,
    /// Buy or sell.
    pub side: Side,
    /// Contracts.
    pub qty: u32,
    /// Limit price.
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
}

/// An order that works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkingOrder {
    /// Its identity.
    pub id: OrderId,
    /// Its side.
    pub side: Side,
    /// Its limit price.
    pub price: Price,
    /// Contracts working.
    pub leaves_qty: u32,
    /// Contracts filled.
    pub filled: u32,
    /// Contracts of others before it, if known.
    pub ahead: Option<u64>,
    /// What was shown at its price when last seen, and what traded there since.
    shown: Option<u64>,
    traded: u64,
    /// Which orders of the book came before it, where each is told of: those with a lower number.
    arrival: Option<u64>,
    /// Whether it met the other side when it came and has not rested since.
    taking: bool,
}

/// Our orders in one instrument, and what they took of its book.
#[derive(Debug)]
pub struct Follower {
    tick: Price,
    orders_max: usize,
    /// Per side, in priority.
    orders: [Vec<WorkingOrder>; 2],
    taken: TakenLevels,
    queue: QueueModel,
}

fn index(side: Side) -> usize {
    side as usize - 1
}

impl Follower {
    /// For an instrument of this tick; at most `orders_max` orders work at a time.
    pub fn new(tick: Price, orders_max: usize) -> Follower {
        let orders = [Vec::with_capacity(orders_max), Vec::with_capacity(orders_max)];
        let queue = QueueModel::default();
        Follower { tick, orders_max, orders, taken: TakenLevels::new(), queue }
    }

    /// The same follower with another model of queues in books that do not tell of each order.
    pub fn with_queue_model(mut self, queue: QueueModel) -> Follower {
        self.queue = queue;
        self
    }

    /// The order of this identity, if it works.
    pub fn order(&self, id: OrderId) -> Option<&WorkingOrder> {
        self.orders.iter().flatten().find(|order| order.id == id)
    }

    /// Whether no order works.
    pub fn is_idle(&self) -> bool {
        self.orders.iter().all(Vec::is_empty)
    }

    /// Whether it has to hear of the book: an order works, or something that one took is remembered.
    pub fn needs_book(&self) -> bool {
        !self.is_idle() || !self.taken.is_empty()
    }

    /// The market's time, by which what is out of view is forgotten.
    pub fn set_time(&mut self, now: UnixNanos) {
        self.taken.set_time(now);
    }

    /// The book that comes next has nothing to do with the one before: after a gap, a halt, a close.
    pub fn forget_taken(&mut self) {
        self.taken.forget();
    }

    /// Times since the start that an order met a level and could not take from it because
    /// [`TAKEN_MAX`] others that it took from were shown still.
    pub fn levels_refused(&self) -> u64 {
        self.taken.refused()
    }

    /// Enters an order against the book as it is shown.
    ///
    /// # Errors
    /// [`Refusal::BadQuantity`], [`Refusal::BadPrice`], [`Refusal::BookFull`]; nothing has happened
    /// then.
    pub fn submit(
        &mut self,
        order: &FollowedOrder,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) -> Result<(), Refusal> {
        if order.qty == 0 {
            return Err(Refusal::BadQuantity);
        }
        self.check_price(order.price)?;
        if self.orders.iter().map(Vec::len).sum::<usize>() >= self.orders_max {
            return Err(Refusal::BookFull);
        }
        self.enter(
            WorkingOrder {
                id: order.id,
                side: order.side,
                price: order.price,
                leaves_qty: order.qty,
                filled: 0,
                ahead: None,
                shown: None,
                traded: 0,
                arrival: None,
                taking: false,
            },
            order.time_in_force,
            book,
            out,
        );
        Ok(())
    }

    /// Cancels an order whole and returns it as it was.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`].
    pub fn cancel(&mut self, id: OrderId) -> Result<WorkingOrder, Refusal> {
        for orders in &mut self.orders {
            if let Some(at) = orders.iter().position(|order| order.id == id) {
                return Ok(orders.remove(at));
            }
        }
        Err(Refusal::UnknownOrder)
    }

    /// Gives an order another total quantity and price. Less quantity at the same price keeps its
    /// place; anything else loses it.
    ///
    /// # Errors
    /// The [`Refusal`] that applies; the order is as it was then.
    pub fn replace(
        &mut self,
        id: OrderId,
        qty: u32,
        price: Price,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) -> Result<(), Refusal> {
        self.check_price(price)?;
        let order = self.orders.iter_mut().flatten().find(|order| order.id == id);
        let order = order.ok_or(Refusal::UnknownOrder)?;
        if qty <= order.filled {
            return Err(Refusal::BadQuantity);
        }
        let leaves_qty = qty - order.filled;
        if price == order.price && leaves_qty <= order.leaves_qty {
            order.leaves_qty = leaves_qty;
            return Ok(());
        }
        let old = self.cancel(id)?;
        let moved = WorkingOrder {
            price,
            leaves_qty,
            ahead: None,
            shown: None,
            traded: 0,
            arrival: None,
            taking: false,
            ..old
        };
        self.enter(moved, TimeInForce::Day, book, out);
        Ok(())
    }

    /// Ends every order, and forgets what they took.
    pub fn expire_all(&mut self, out: &mut dyn FnMut(OrderEvent)) {
        self.taken.forget();
        for order in self.orders.iter_mut().flat_map(|orders| orders.drain(..)) {
            out(OrderEvent::Expired { order: order.id });
        }
    }

    /// A trade printed. The book as it is afterwards follows by [`Follower::on_book`].
    pub fn on_trade(
        &mut self,
        price: Price,
        size: u32,
        aggressor: Option<Side>,
        out: &mut dyn FnMut(OrderEvent),
    ) {
        if !price.is_some() {
            return;
        }
        self.taken.traded_at(price);
        for side in [Side::Buy, Side::Sell] {
            if aggressor == Some(side) {
                continue;
            }
            let mut left = size;
            for order in &mut self.orders[index(side)] {
                let beyond = is_better(side, order.price, price);
                let at_price = order.price == price && aggressor.is_some();
                let mut reach = 0;
                if beyond {
                    order.ahead = Some(0);
                    reach = left;
                } else if at_price {
                    let ahead = order.ahead.unwrap_or(u64::MAX);
                    reach = (left as u64).saturating_sub(ahead) as u32;
                    order.traded += left as u64;
                    order.ahead = order.ahead.map(|ahead| ahead.saturating_sub(left as u64));
                }
                let qty = reach.min(order.leaves_qty);
                let own = order.price;
                left -= qty;
                order.fill(qty, own, out);
            }
        }
        self.drop_filled();
    }

    /// Contracts of an order of the book left a price, or the order itself did. `arrival` is its number among
    /// the orders of the book. What a trade before took counts once.
    pub fn on_left(&mut self, side: Side, price: Price, qty: u32, arrival: u64) {
        for order in &mut self.orders[index(side)] {
            let is_before = order.arrival.is_some_and(|ours| arrival < ours);
            if order.price != price || !is_before {
                continue;
            }
            let qty = u64::from(qty);
            let told = qty.min(order.traded);
            order.traded -= told;
            order.ahead = order.ahead.map(|ahead| ahead.saturating_sub(qty - told));
        }
    }

    /// The book is shown as it is after an event.
    pub fn on_book(&mut self, book: &dyn Displayed, out: &mut dyn FnMut(OrderEvent)) {
        if book.best(Side::Buy).is_none() && book.best(Side::Sell).is_none() {
            self.taken.forget();
            return;
        }
        self.taken.see(book);
        for side in [Side::Buy, Side::Sell] {
            for at in 0..self.orders[index(side)].len() {
                let mut order = self.orders[index(side)][at];
                order.see(book.size_at(side, order.price), self.queue);
                self.take(&mut order, book, out);
                self.orders[index(side)][at] = order;
            }
        }
        self.drop_filled();
    }

    fn check_price(&self, price: Price) -> Result<(), Refusal> {
        let on_grid = price.is_some() && self.tick.0 > 0 && price.0 % self.tick.0 == 0;
        if on_grid { Ok(()) } else { Err(Refusal::BadPrice) }
    }

    fn enter(
        &mut self,
        mut order: WorkingOrder,
        time_in_force: TimeInForce,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) {
        order.taking = true;
        self.take(&mut order, book, out);
        if order.leaves_qty == 0 {
            return;
        }
        if time_in_force == TimeInForce::ImmediateOrCancel {
            out(OrderEvent::Expired { order: order.id });
            return;
        }
        order.see(book.size_at(order.side, order.price), self.queue);
        order.arrival = book.next_arrival();
        let orders = &mut self.orders[index(order.side)];
        let at = orders.partition_point(|other| !is_better(order.side, order.price, other.price));
        orders.insert(at, order);
    }

    /// Fills an order with what the other side shows at or inside its limit and we have not taken:
    /// at the shown price while the order takes, at its own once it has rested.
    fn take(
        &mut self,
        order: &mut WorkingOrder,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) {
        let mut meets = false;
        book.visit(order.side.opposite(), &mut |price, shown| {
            if is_better(order.side, price, order.price) {
                return false;
            }
            meets = true;
            let qty = self.taken.take(order.side.opposite(), price, shown, order.leaves_qty);
            let paid = if order.taking { price } else { order.price };
            order.fill(qty, paid, out);
            order.leaves_qty > 0
        });
        order.taking &= meets;
    }

    fn drop_filled(&mut self) {
        for orders in &mut self.orders {
            orders.retain(|order| order.leaves_qty > 0);
        }
    }
}

impl WorkingOrder {
    fn fill(&mut self, qty: u32, price: Price, out: &mut dyn FnMut(OrderEvent)) {
        if qty == 0 {
            return;
        }
        self.leaves_qty -= qty;
        self.filled += qty;
        out(OrderEvent::Filled { order: self.id, qty, price, leaves_qty: self.leaves_qty });
    }

    /// Takes note of what is shown at its price.
    fn see(&mut self, shown: Option<u64>, queue: QueueModel) {
        let Some(now) = shown else {
            self.shown = None;
            self.traded = 0;
            return;
        };
        self.ahead = Some(match (self.ahead, self.shown) {
            (None, _) => now,
            (Some(ahead), _) if self.arrival.is_some() => ahead.min(now),
            (Some(ahead), Some(before)) => {
                let gone = before.saturating_sub(now);
                let cancelled = gone - gone.min(self.traded);
                let behind = before.saturating_sub(self.traded).saturating_sub(ahead);
                ahead.saturating_sub(queue.before(cancelled, ahead, behind)).min(now)
            }
            (Some(ahead), None) => ahead.min(now),
        });
        self.shown = Some(now);
        self.traded = 0;
    }
}
