//! The matching engine of one instrument: price-time priority, limit orders.
//!
//! What an operation does is left in [`MatchingEngine::events`], in the order and the terms of
//! Databento's market-by-order schema for CME, and in [`MatchingEngine::news`] for the orders that
//! came from outside; [`records`] turns the former into DBN records.

pub mod queue;
pub mod records;
#[cfg(test)]
mod tests;

use crate::market::{NewOrder, OrderEvent, OrderId, Refusal};
use gauntlet_model::effect::TimeInForce;
use gauntlet_model::input::BookAction;
use gauntlet_model::units::{Price, Side};
use queue::{QueueBook, Resting, Slot, is_better};

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
    /// Clients' orders that rest.
    clients: u32,
    next_id: u64,
    events: Vec<BookEvent>,
    updates: Vec<BookEvent>,
    news: Vec<OrderEvent>,
}

/// Slots that an order identity has room for.
const SLOTS_MAX: usize = 1 << 16;
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
            next_id: 1,
            events: Vec::with_capacity(256),
            updates: Vec::with_capacity(256),
            news: Vec::with_capacity(64),
        }
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

    /// Which listing an order identity belongs to.
    pub fn listing_of(id: OrderId) -> usize {
        (id.0 >> 16 & 0xff) as usize
    }

    /// Enters an order: it trades with what it meets, at the resting orders' prices, and the rest
    /// joins the book or, if immediate-or-cancel, expires.
    ///
    /// # Errors
    /// [`Refusal::BadQuantity`], [`Refusal::BadPrice`], [`Refusal::BookFull`]; nothing has happened
    /// then.
    pub fn add(&mut self, order: &NewOrder, owner: Owner) -> Result<OrderId, Refusal> {
        self.begin();
        if order.qty == 0 {
            return Err(Refusal::BadQuantity);
        }
        self.check_price(order.price)?;
        let rests = order.time_in_force == TimeInForce::Day;
        let is_client = owner == Owner::Client;
        if rests && !self.has_room(order.side, order.price, is_client, self.clients) {
            return Err(Refusal::BookFull);
        }
        let slot = match rests {
            true => Some(self.book.reserve().ok_or(Refusal::BookFull)?),
            false => None,
        };
        let place = slot.map_or(NO_SLOT, |slot| slot.0 as u64);
        let id = self.next_id << 24 | (self.listing as u64) << 16 | place;
        self.next_id += 1;
        let mut taker = Resting {
            id,
            side: order.side,
            price: order.price,
            qty: order.qty,
            filled: 0,
            client: is_client,
        };
        self.take(&mut taker);
        self.settle(slot, taker);
        Ok(OrderId(id))
    }

    /// Cancels an order whole.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`].
    pub fn cancel(&mut self, id: OrderId) -> Result<(), Refusal> {
        self.begin();
        let (slot, _) = self.find(id).ok_or(Refusal::UnknownOrder)?;
        self.remove(slot);
        Ok(())
    }

    /// Gives an order another total quantity and price. Less quantity at the same price keeps its
    /// place; anything else loses it, and may trade at once.
    ///
    /// # Errors
    /// The [`Refusal`] that applies; the order is as it was then.
    pub fn replace(&mut self, id: OrderId, qty: u32, price: Price) -> Result<(), Refusal> {
        self.begin();
        let (slot, order) = self.find(id).ok_or(Refusal::UnknownOrder)?;
        let order = *order;
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
        } else {
            self.link(slot, moved);
            self.events.push(BookEvent::of(BookAction::Modify, &order, price, leaves));
        }
        Ok(())
    }

    /// Ends the session: clients' orders expire and the book is emptied.
    pub fn end_session(&mut self) {
        self.begin();
        for side in [Side::Buy, Side::Sell] {
            let clients = self.book.orders(side).filter(|order| order.client);
            self.news.extend(clients.map(|order| OrderEvent::Expired { order: OrderId(order.id) }));
        }
        self.book.clear();
        self.clients = 0;
        self.events.push(BookEvent {
            action: BookAction::Clear,
            order: OrderId(0),
            side: None,
            price: Price::NONE,
            qty: 0,
        });
    }

    fn begin(&mut self) {
        self.events.clear();
        self.updates.clear();
        self.news.clear();
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
        self.book.link(slot, order);
    }

    fn unlink(&mut self, slot: Slot) -> Resting {
        let order = self.book.unlink(slot);
        self.clients -= u32::from(order.client);
        order
    }

    fn find(&self, id: OrderId) -> Option<(Slot, &Resting)> {
        let slot = Slot((id.0 & 0xffff) as u32);
        self.book.get(slot).filter(|order| order.id == id.0).map(|order| (slot, order))
    }

    fn crosses(&self, order: &Resting) -> bool {
        let best = self.book.best(order.side.opposite());
        best.is_some_and(|level| !is_better(order.side, level.price, order.price))
    }

    /// Trades an aggressor with the opposite side, one price level at a time. The events are, as on
    /// CME, first what traded and then what that did to the book.
    fn take(&mut self, taker: &mut Resting) {
        while taker.qty > 0 && self.crosses(taker) {
            let Some(level) = self.book.best(taker.side.opposite()) else { break };
            let traded = (taker.qty as u64).min(level.qty) as u32;
            let price = level.price;
            self.events.push(BookEvent::of(BookAction::Trade, taker, price, traded));
            taker.qty -= traded;
            taker.filled += traded;
            self.give(taker.side.opposite(), price, traded);
            if taker.client {
                let (order, leaves_qty) = (OrderId(taker.id), taker.qty);
                self.news.push(OrderEvent::Filled { order, qty: traded, price, leaves_qty });
            }
        }
        self.events.append(&mut self.updates);
    }

    /// Fills the orders first in the queue of the best level on `side`.
    fn give(&mut self, side: Side, price: Price, mut qty: u32) {
        while qty > 0 {
            let Some((slot, maker)) = self.book.first(side) else { break };
            let maker = *maker;
            let order = OrderId(maker.id);
            let fill = maker.qty.min(qty);
            let leaves_qty = maker.qty - fill;
            self.events.push(BookEvent::of(BookAction::Fill, &maker, price, fill));
            if leaves_qty == 0 {
                self.unlink(slot);
                self.book.release(slot);
                self.updates.push(BookEvent::of(BookAction::Cancel, &maker, price, fill));
            } else {
                self.book.reduce(slot, fill, true);
                self.updates.push(BookEvent::of(BookAction::Modify, &maker, price, leaves_qty));
            }
            if maker.client {
                self.news.push(OrderEvent::Filled { order, qty: fill, price, leaves_qty });
            }
            qty -= fill;
        }
    }

    /// What is left of an aggressor rests if it has a slot, and expires otherwise.
    fn settle(&mut self, slot: Option<Slot>, rest: Resting) {
        let order = OrderId(rest.id);
        match slot {
            Some(slot) if rest.qty > 0 => {
                self.link(slot, rest);
                self.events.push(BookEvent::of(BookAction::Add, &rest, rest.price, rest.qty));
            }
            Some(slot) => self.book.release(slot),
            None if rest.qty > 0 && rest.client => self.news.push(OrderEvent::Expired { order }),
            None => {}
        }
    }

    fn remove(&mut self, slot: Slot) {
        let gone = self.unlink(slot);
        self.book.release(slot);
        self.events.push(BookEvent::of(BookAction::Cancel, &gone, gone.price, gone.qty));
    }
}
