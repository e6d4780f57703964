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
//! - Every kind of order that [`crate::matching`] takes is taken here, by its rules: a market order is a limit
//!   order at the best opposite price shown and the protection beyond it, a market-to-limit order one at that
//!   price itself, and neither is taken where nothing is shown; a stop order waits for a trade, or for what an
//!   order of ours trades, and enters with the book that is shown after it, nearest trigger first. Fill or kill
//!   counts what is shown and not taken yet.
//! - What outlives a session keeps its place as far as what was before it is shown again.

mod displayed;
mod order;
mod queue;
mod sessions;
mod stops;
mod taken;
#[cfg(test)]
mod tests;

pub use displayed::{Displayed, ShownLevels};
pub use order::{FollowedOrder, WorkingOrder};
pub use queue::QueueModel;
pub use taken::{LevelMemory, OUT_OF_VIEW_NS_MAX, TAKEN_MAX};

use crate::market::{Change, OrderEvent, OrderId, OrderKind, Refusal, TimeInForce};
use crate::matching::queue::is_better;
use gauntlet_model::units::{Price, Side, UnixNanos};
use stops::Stops;
use taken::TakenLevels;

/// Our orders in one instrument, and what they took of its book.
#[derive(Debug)]
pub struct Follower {
    tick: Price,
    orders_max: usize,
    /// Per side, in priority.
    orders: [Vec<WorkingOrder>; 2],
    stops: Stops,
    taken: TakenLevels,
    queue: QueueModel,
    /// How far a market order reaches beyond the best price.
    protection: Price,
    /// The last trade's price, and the last that the market told of, where that is not our own.
    last: Price,
    told: Price,
    now: UnixNanos,
    /// When the first order ends by its own date; there may be none left by then.
    deadline: UnixNanos,
}

/// How far a market order reaches, in ticks, unless it is told: as far as at the simulated venue.
pub const PROTECTION_TICKS: u16 = 20;
/// No order ends by its own date.
const NEVER: UnixNanos = UnixNanos(u64::MAX);

fn index(side: Side) -> usize {
    side as usize - 1
}

impl Follower {
    /// For an instrument of this tick; at most `orders_max` orders work at a time.
    pub fn new(tick: Price, orders_max: usize) -> Follower {
        Follower {
            tick,
            orders_max,
            orders: [Vec::with_capacity(orders_max), Vec::with_capacity(orders_max)],
            stops: Stops::default(),
            taken: TakenLevels::new(LevelMemory::default()),
            queue: QueueModel::default(),
            protection: Price(tick.0.saturating_mul(i64::from(PROTECTION_TICKS))),
            last: Price::NONE,
            told: Price::NONE,
            now: UnixNanos(0),
            deadline: NEVER,
        }
    }

    /// The same follower with another model of queues in books that do not tell of each order.
    pub fn with_queue_model(mut self, queue: QueueModel) -> Follower {
        self.queue = queue;
        self
    }

    /// The same follower with another protection of market orders, in ticks; none is one tick.
    pub fn with_protection(mut self, ticks: u16) -> Follower {
        self.protection = Price(self.tick.0.saturating_mul(i64::from(ticks.max(1))));
        self
    }

    /// The same follower with another memory of the levels that orders took from.
    pub fn with_memory(mut self, memory: LevelMemory) -> Follower {
        self.taken = TakenLevels::new(memory);
        self
    }

    /// The order of this identity, if it works.
    pub fn order(&self, id: OrderId) -> Option<&WorkingOrder> {
        self.orders.iter().flatten().chain(self.stops.orders()).find(|order| order.id == id)
    }

    /// Whether no order works.
    pub fn is_idle(&self) -> bool {
        self.orders.iter().all(Vec::is_empty) && self.stops.is_empty()
    }

    /// Whether a stop order has been triggered by a trade and enters with the book that is shown next.
    pub fn has_triggered(&self) -> bool {
        self.stops.are_due()
    }

    /// Whether it has to hear of the book: an order works, or something that one took is remembered.
    pub fn needs_book(&self) -> bool {
        !self.is_idle() || !self.taken.is_empty()
    }

    /// The market's time, by which what is out of view is forgotten.
    pub fn set_time(&mut self, now: UnixNanos) {
        self.now = now;
        self.taken.set_time(now);
    }

    /// What traded last as far as the market tells, where trades were not shown one by one.
    pub fn set_last(&mut self, last: Price) {
        if last.is_some() && last != self.told {
            self.printed(last);
        }
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
    /// The [`Refusal`] that applies, as [`crate::matching::MatchingEngine::add`] has them; nothing has happened
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
        if matches!(order.time_in_force, TimeInForce::GoodTill(at) if at <= self.now) {
            return Err(Refusal::TooLate);
        }
        let price = match order.kind {
            OrderKind::Limit => {
                self.check_price(order.price)?;
                order.price
            }
            OrderKind::Market | OrderKind::MarketToLimit => {
                let (best, _) = book.best(order.side.opposite()).ok_or(Refusal::NoOpposite)?;
                match order.kind {
                    OrderKind::Market => self.protected(order.side, best),
                    _ => best,
                }
            }
            OrderKind::Stop(trigger) | OrderKind::StopLimit(trigger) => {
                return self.wait(order, trigger, book, out);
            }
        };
        if order.time_in_force.rests() {
            self.check_room()?;
        }
        if !order.kind.has_limit() {
            out(OrderEvent::Priced { order: order.id, price });
        }
        self.enter(order.at(price), book, out);
        self.elect(book, out);
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
        self.stops.cancel(id).ok_or(Refusal::UnknownOrder)
    }

    /// Gives an order another total quantity and other prices. Less quantity at the same price keeps its
    /// place; anything else loses it.
    ///
    /// # Errors
    /// The [`Refusal`] that applies; the order is as it was then.
    pub fn replace(
        &mut self,
        id: OrderId,
        change: &Change,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) -> Result<(), Refusal> {
        let Change { qty, price, .. } = *change;
        let Some(order) = self.orders.iter_mut().flatten().find(|order| order.id == id) else {
            return self.change_stop(id, change, book, out);
        };
        if qty <= order.filled {
            return Err(Refusal::BadQuantity);
        }
        let (leaves_qty, before) = (qty - order.filled, *order);
        if price == before.price && leaves_qty <= before.leaves_qty {
            order.leaves_qty = leaves_qty;
            return Ok(());
        }
        self.check_price(price)?;
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
        self.enter(moved, book, out);
        self.elect(book, out);
        Ok(())
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
                let paid = order.paid(price);
                left -= qty;
                order.fill(qty, paid, out);
            }
        }
        self.printed(price);
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
            return self.elect(book, out);
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
        self.elect(book, out);
    }

    fn printed(&mut self, price: Price) {
        (self.last, self.told) = (price, price);
        self.stops.traded(price);
    }

    fn check_price(&self, price: Price) -> Result<(), Refusal> {
        let on_grid = price.is_some() && self.tick.0 > 0 && price.0 % self.tick.0 == 0;
        if on_grid { Ok(()) } else { Err(Refusal::BadPrice) }
    }

    fn check_room(&self) -> Result<(), Refusal> {
        let working = self.orders.iter().map(Vec::len).sum::<usize>() + self.stops.len();
        if working < self.orders_max { Ok(()) } else { Err(Refusal::BookFull) }
    }

    /// The farthest price that the protection allows from `price` on.
    fn protected(&self, side: Side, price: Price) -> Price {
        Price(price.0.saturating_add(side.sign() * self.protection.0))
    }

    fn enter(
        &mut self,
        mut order: WorkingOrder,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) {
        order.taking = true;
        if order.life != TimeInForce::FillOrKill || self.can_fill(&order, book) {
            self.take(&mut order, book, out);
        }
        if order.leaves_qty == 0 {
            return;
        }
        if !order.life.rests() {
            out(OrderEvent::Expired { order: order.id });
            return;
        }
        order.see(book.size_at(order.side, order.price), self.queue);
        order.arrival = book.next_arrival();
        self.remember_deadline(&order);
        let orders = &mut self.orders[index(order.side)];
        let at = orders.partition_point(|other| !is_better(order.side, order.price, other.price));
        orders.insert(at, order);
    }

    /// Whether an order would fill whole with what is shown and we have not taken.
    fn can_fill(&self, order: &WorkingOrder, book: &dyn Displayed) -> bool {
        let (side, mut left) = (order.side.opposite(), u64::from(order.leaves_qty));
        book.visit(side, &mut |price, shown| {
            if is_better(order.side, price, order.price) {
                return false;
            }
            left = left.saturating_sub(self.taken.left(side, price, shown));
            left > 0
        });
        left == 0
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
        let Follower { taken, stops, last, .. } = self;
        book.visit(order.side.opposite(), &mut |price, shown| {
            if is_better(order.side, price, order.price) {
                return false;
            }
            meets = true;
            let qty = taken.take(order.side.opposite(), price, shown, order.leaves_qty);
            let paid = order.paid(price);
            if qty > 0 {
                *last = paid;
                stops.traded(paid);
            }
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
