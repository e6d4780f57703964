//! What happens to orders when sessions end and begin, and when their own time is over.

use super::queue::{Resting, Slot};
use super::{BookEvent, MatchingEngine, Owner};
use crate::market::{NewOrder, OrderEvent, OrderId, OrderKind, Refusal, TimeInForce};
use gauntlet_model::input::BookAction;
use gauntlet_model::units::{Price, Side, UnixNanos};

impl MatchingEngine {
    /// Ends the session: the book is emptied. Clients' orders expire, but for those that outlive the
    /// session: they keep their turn and are back with [`MatchingEngine::begin_session`].
    pub fn end_session(&mut self) {
        self.begin();
        for side in [Side::Buy, Side::Sell] {
            let ours: Vec<Resting> = self.book.orders(side).filter(|o| o.client).copied().collect();
            for order in ours {
                if order.lasts {
                    let slot = slot_of(OrderId(order.id));
                    self.unlink(slot);
                    self.book.vacate(slot);
                    self.parked.push((slot, order));
                } else {
                    self.news.push(OrderEvent::Expired { order: OrderId(order.id) });
                }
            }
        }
        for stop in self.stops.take_day_orders() {
            self.book.release(stop.slot);
            self.expired(&stop.order);
        }
        self.book.clear();
        self.guarded = 0;
        let waiting = self.stops.clients() + self.parked.len();
        self.clients = waiting as u32;
        self.events.push(BookEvent {
            action: BookAction::Clear,
            order: OrderId(0),
            side: None,
            price: Price::NONE,
            qty: 0,
        });
    }

    /// Ends trading for good: nothing outlives it.
    pub fn end_for_good(&mut self) {
        self.end_session();
        for (slot, order) in std::mem::take(&mut self.parked) {
            self.book.release(slot);
            self.expired(&order);
        }
        for stop in self.stops.take_all() {
            self.book.release(stop.slot);
            self.expired(&stop.order);
        }
        self.clients = 0;
        self.deadlines.clear();
    }

    /// Begins a session: what outlived the last one is back in the book, in its turn.
    pub fn begin_session(&mut self) {
        self.begin();
        for (slot, order) in std::mem::take(&mut self.parked) {
            self.clients -= u32::from(order.client);
            self.link(slot, order);
            self.events.push(BookEvent::of(BookAction::Add, &order, order.price, order.qty));
        }
    }

    /// Takes up an order of an earlier life of the exchange, of which so many contracts count as filled: it is back
    /// in the book with the next session, in its turn, and a stop order goes on waiting.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    pub fn take_up(&mut self, order: &NewOrder, filled: u32) -> Result<OrderId, Refusal> {
        if order.qty <= filled {
            return Err(Refusal::BadQuantity);
        }
        let id = match order.kind {
            OrderKind::Stop(trigger) | OrderKind::StopLimit(trigger) => {
                self.wait(order, trigger, Owner::Client)?
            }
            _ => self.park(order, filled)?,
        };
        if let TimeInForce::GoodTill(at) = order.time_in_force {
            self.remember_deadline(id, at);
        }
        Ok(id)
    }

    fn park(&mut self, order: &NewOrder, filled: u32) -> Result<OrderId, Refusal> {
        self.check_price(order.price)?;
        if !self.has_room(order.side, order.price, true, self.clients) {
            return Err(Refusal::BookFull);
        }
        let slot = self.book.reserve().ok_or(Refusal::BookFull)?;
        let id = self.next_id(slot.0.into());
        let resting = self.resting(id, order, order.price, true);
        self.clients += 1;
        self.book.vacate(slot);
        self.parked.push((slot, Resting { qty: order.qty - filled, filled, ..resting }));
        Ok(OrderId(id))
    }

    /// When the first order expires by its own date; there may be none left by then.
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        self.deadlines.iter().map(|(at, _)| *at).min()
    }

    /// Ends what was to work until now.
    pub fn expire_due(&mut self, now: UnixNanos) {
        self.begin();
        let due: Vec<(UnixNanos, OrderId)> =
            self.deadlines.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, id) in due {
            if self.end_order(id) {
                self.news.push(OrderEvent::Expired { order: id });
            }
        }
    }

    /// Takes an order away wherever it is; tells whether there was one.
    pub(super) fn end_order(&mut self, id: OrderId) -> bool {
        if let Some((slot, _)) = self.find(id) {
            self.remove(slot);
            return true;
        }
        let stop = self.stops.remove(id).map(|stop| (stop.slot, stop.order));
        let gone = stop.or_else(|| {
            let at = self.parked.iter().position(|(_, order)| order.id == id.0)?;
            Some(self.parked.remove(at))
        });
        let Some((slot, order)) = gone else { return false };
        self.clients -= u32::from(order.client);
        self.book.release(slot);
        true
    }

    /// Remembers when an order expires. The memory is as bounded as the book: what is gone is forgotten
    /// when it fills up.
    pub(super) fn remember_deadline(&mut self, id: OrderId, at: UnixNanos) {
        if self.deadlines.len() >= self.orders_max as usize {
            let mut deadlines = std::mem::take(&mut self.deadlines);
            deadlines.retain(|(_, id)| self.is_clients(*id));
            self.deadlines = deadlines;
        }
        self.deadlines.push((at, id));
    }

    fn expired(&mut self, order: &Resting) {
        if order.client {
            self.news.push(OrderEvent::Expired { order: OrderId(order.id) });
        }
    }
}

/// The place that is set aside for an order.
pub(super) fn slot_of(id: OrderId) -> Slot {
    Slot((id.0 & 0xffff) as u32)
}
