//! The matching engine of one instrument: price-time priority, with CME's kinds of orders.
//!
//! A kind that is no limit order becomes one: a market order at the best opposite price and the protection
//! points beyond it, a market-to-limit order at that price itself, a stop order when a trade triggers it.
//! All that was triggered by one operation enters within it, nearest trigger first and first come first
//! within one price; of a buy and a sell the older order. A stop whose trigger the last trade has reached
//! already enters at once.
//!
//! What an operation does is left in [`MatchingEngine::events`], in the order and the terms of
//! Databento's market-by-order schema for CME, and in [`MatchingEngine::news`] for the orders that
//! came from outside; [`records`] turns the former into DBN records.

pub mod queue;
pub mod records;
mod sessions;
mod stops;
#[cfg(test)]
mod tests;
mod trade;

use crate::market::{Change, NewOrder, OrderEvent, OrderId, OrderKind, Refusal, TimeInForce};
use gauntlet_model::input::BookAction;
use gauntlet_model::units::{Price, Side, UnixNanos};
use queue::{QueueBook, Resting, Slot};
use sessions::slot_of;
use stops::StopBook;

/// A change of the book, or a trade, as the market-by-order feed tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BookEvent {
    /// What happened. `Add`: an order came to rest. `Modify`: a resting order has this price and
    /// quantity now. `Cancel`: a resting order of this quantity left. `Trade`: an aggressor traded so
    /// much at one price. `Fill`: a resting order's part of that. `Clear`: the book was emptied.
    pub action: BookAction,
    /// The order: the aggressor's for a trade; 0 for a clear.
    pub order: OrderId,
    /// The order's side; `None` for a clear.
    pub side: Option<Side>,
    /// The price; [`Price::NONE`] for a clear.
    pub price: Price,
    /// Contracts.
    pub qty: u32,
}

impl BookEvent {
    fn of(action: BookAction, order: &Resting, price: Price, qty: u32) -> BookEvent {
        BookEvent { action, order: OrderId(order.id), side: Some(order.side), price, qty }
    }
}

/// Who enters an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The market's own crowd: nobody waits for news of its orders.
    Crowd,
    /// An order-entry session.
    Client,
}

/// The matching engine of one instrument.
pub struct MatchingEngine {
    listing: u8,
    tick: Price,
    book: QueueBook,
    orders_max: u32,
    /// Clients' orders that work: that rest, wait for a trigger or for the next session.
    clients: u32,
    /// Orders that rest and must not trade with all others.
    guarded: u32,
    stops: StopBook,
    /// What outlived the last session, in its turn.
    parked: Vec<(Slot, Resting)>,
    deadlines: Vec<(UnixNanos, OrderId)>,
    protection: Price,
    /// The last trade's price, and the lowest and highest of the operation at hand.
    last: Price,
    low: Price,
    high: Price,
    next_id: u64,
    events: Vec<BookEvent>,
    updates: Vec<BookEvent>,
    news: Vec<OrderEvent>,
}

/// Slots that an order identity has room for.
const SLOTS_MAX: usize = 1 << 16;
/// How far a market order reaches, in ticks, unless it is told.
const PROTECTION_TICKS: i64 = 20;
/// The slot in the identity of an order that never rested.
const NO_SLOT: u64 = SLOTS_MAX as u64 - 1;

impl MatchingEngine {
    /// An engine for the listing at place `listing`. Holds at most `orders_max` (below 65,535)
    /// orders on at most `levels_max` price levels a side; what does not fit is refused. Clients' orders
    /// get half of both at most, so that they cannot keep the market itself out.
    pub fn new(listing: u8, tick: Price, orders_max: usize, levels_max: usize) -> MatchingEngine {
        assert!(orders_max < SLOTS_MAX && tick.0 > 0, "at most 65,534 orders, a positive tick");
        MatchingEngine {
            listing,
            tick,
            book: QueueBook::new(orders_max, levels_max),
            orders_max: orders_max as u32,
            clients: 0,
            guarded: 0,
            stops: StopBook::default(),
            parked: Vec::new(),
            deadlines: Vec::new(),
            protection: Price(tick.0.saturating_mul(PROTECTION_TICKS)),
            last: Price::NONE,
            low: Price(i64::MAX),
            high: Price(i64::MIN),
            next_id: 1,
            events: Vec::with_capacity(256),
            updates: Vec::with_capacity(256),
            news: Vec::with_capacity(64),
        }
    }

    /// The same engine with protection points of its own: a multiple of the tick, above zero.
    pub fn with_protection(mut self, points: Price) -> MatchingEngine {
        assert!(points.0 > 0 && points.0 % self.tick.0 == 0, "protection in whole ticks");
        self.protection = points;
        self
    }

    /// The book.
    pub fn book(&self) -> &QueueBook {
        &self.book
    }

    /// What the last operation did to the book.
    pub fn events(&self) -> &[BookEvent] {
        &self.events
    }

    /// What the last operation did to clients' orders.
    pub fn news(&self) -> &[OrderEvent] {
        &self.news
    }

    /// The working order of this identity.
    pub fn order(&self, id: OrderId) -> Option<&Resting> {
        self.find(id).map(|(_, order)| order)
    }

    /// Whether a client's order of this identity works: rests, or waits for a price or a session.
    pub fn is_clients(&self, id: OrderId) -> bool {
        self.working(id).is_some_and(|order| order.client)
    }

    /// The order of this identity wherever it waits.
    pub fn working(&self, id: OrderId) -> Option<&Resting> {
        let parked = || self.parked.iter().map(|(_, order)| order).find(|o| o.id == id.0);
        self.order(id).or_else(|| self.stops.find(id).map(|stop| &stop.order)).or_else(parked)
    }

    /// Which listing an order identity belongs to.
    pub fn listing_of(id: OrderId) -> usize {
        (id.0 >> 16 & 0xff) as usize
    }

    /// Enters an order: it trades with what it meets, at the resting orders' prices, and the rest
    /// joins the book or, if it was to trade at once, expires. A stop order waits first.
    ///
    /// # Errors
    /// The [`Refusal`] that applies; nothing has happened then.
    pub fn add(&mut self, order: &NewOrder, owner: Owner) -> Result<OrderId, Refusal> {
        self.begin();
        if order.qty == 0 {
            return Err(Refusal::BadQuantity);
        }
        let id = match order.kind {
            OrderKind::Limit => {
                self.check_price(order.price)?;
                self.enter(order, order.price, owner)?
            }
            OrderKind::Market | OrderKind::MarketToLimit => {
                let best = self.book.best(order.side.opposite()).ok_or(Refusal::NoOpposite)?;
                let price = match order.kind {
                    OrderKind::Market => self.protected(order.side, best.price),
                    _ => best.price,
                };
                self.enter(order, price, owner)?
            }
            OrderKind::Stop(trigger) | OrderKind::StopLimit(trigger) => {
                self.wait(order, trigger, owner)?
            }
        };
        if let TimeInForce::GoodTill(at) = order.time_in_force {
            self.remember_deadline(id, at);
        }
        Ok(id)
    }

    /// Enters an order at a limit.
    fn enter(&mut self, order: &NewOrder, price: Price, owner: Owner) -> Result<OrderId, Refusal> {
        let is_client = owner == Owner::Client;
        let rests = order.time_in_force.rests();
        if rests && !self.has_room(order.side, price, is_client, self.clients) {
            return Err(Refusal::BookFull);
        }
        let slot = match rests {
            true => Some(self.book.reserve().ok_or(Refusal::BookFull)?),
            false => None,
        };
        let id = self.next_id(slot.map_or(NO_SLOT, |slot| slot.0.into()));
        let mut taker = self.resting(id, order, price, is_client);
        let id = OrderId(id);
        if is_client && !order.kind.has_limit() {
            self.news.push(OrderEvent::Priced { order: id, price });
        }
        let must_fill = order.time_in_force == TimeInForce::FillOrKill;
        if !must_fill || self.can_fill(order.side, price, order.qty, order.self_match) {
            self.take(&mut taker);
        }
        self.settle(slot, taker);
        self.elect();
        Ok(id)
    }

    fn next_id(&mut self, place: u64) -> u64 {
        let id = self.next_id << 24 | u64::from(self.listing) << 16 | place;
        self.next_id += 1;
        id
    }

    fn resting(&self, id: u64, order: &NewOrder, price: Price, client: bool) -> Resting {
        let NewOrder { side, qty, self_match, .. } = *order;
        let lasts = order.time_in_force.outlives_session();
        Resting { id, side, price, qty, filled: 0, client, lasts, self_match }
    }

    /// Cancels an order whole, wherever it waits.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`].
    pub fn cancel(&mut self, id: OrderId) -> Result<(), Refusal> {
        self.begin();
        if self.end_order(id) { Ok(()) } else { Err(Refusal::UnknownOrder) }
    }

    /// Gives an order another total quantity and other prices. Less quantity at the same price keeps its
    /// place; anything else loses it, and may trade at once.
    ///
    /// # Errors
    /// The [`Refusal`] that applies; the order is as it was then.
    pub fn replace(&mut self, id: OrderId, change: &Change) -> Result<(), Refusal> {
        self.begin();
        let Some((slot, order)) = self.find(id) else { return self.change_stop(id, change) };
        let (order, Change { qty, price, .. }) = (*order, *change);
        if qty <= order.filled {
            return Err(Refusal::BadQuantity);
        }
        self.check_price(price)?;
        let leaves = qty - order.filled;
        if price == order.price && leaves <= order.qty {
            if leaves < order.qty {
                self.book.reduce(slot, order.qty - leaves, false);
                self.events.push(BookEvent::of(BookAction::Modify, &order, price, leaves));
            }
            return Ok(());
        }
        // It gives up the place that it has.
        let others = self.clients - u32::from(order.client);
        if !self.has_room(order.side, price, order.client, others) {
            return Err(Refusal::BookFull);
        }
        self.unlink(slot);
        let mut moved = Resting { price, qty: leaves, ..order };
        if self.crosses(&moved) {
            self.events.push(BookEvent::of(BookAction::Cancel, &order, order.price, order.qty));
            self.take(&mut moved);
            self.settle(Some(slot), moved);
            self.elect();
        } else {
            self.link(slot, moved);
            self.events.push(BookEvent::of(BookAction::Modify, &order, price, leaves));
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.events.clear();
        self.updates.clear();
        self.news.clear();
        (self.low, self.high) = (Price(i64::MAX), Price(i64::MIN));
    }

    fn check_price(&self, price: Price) -> Result<(), Refusal> {
        let on_grid = price.is_some() && price.0 % self.tick.0 == 0;
        if on_grid { Ok(()) } else { Err(Refusal::BadPrice) }
    }

    /// Whether an order may rest at a price while so many of clients do.
    fn has_room(&self, side: Side, price: Price, is_client: bool, clients: u32) -> bool {
        let has_share = clients < self.orders_max.div_ceil(2)
            && (self.book.level_at(side, price).is_some() || self.book.is_half_empty(side));
        self.book.has_room_at(side, price) && (!is_client || has_share)
    }

    fn link(&mut self, slot: Slot, order: Resting) {
        self.clients += u32::from(order.client);
        self.guarded += u32::from(order.self_match.is_some());
        self.book.link(slot, order);
    }

    fn unlink(&mut self, slot: Slot) -> Resting {
        let order = self.book.unlink(slot);
        self.clients -= u32::from(order.client);
        self.guarded -= u32::from(order.self_match.is_some());
        order
    }

    fn find(&self, id: OrderId) -> Option<(Slot, &Resting)> {
        let slot = slot_of(id);
        self.book.get(slot).filter(|order| order.id == id.0).map(|order| (slot, order))
    }

    fn remove(&mut self, slot: Slot) {
        let gone = self.unlink(slot);
        self.book.release(slot);
        self.events.push(BookEvent::of(BookAction::Cancel, &gone, gone.price, gone.qty));
    }
}
