//! Stop orders: what waits for a price to trade, and what becomes of it then.

use super::queue::{Resting, Slot, is_better};
use super::{MatchingEngine, Owner};
use crate::market::{Change, NewOrder, OrderEvent, OrderId, Refusal};
use gauntlet_model::units::{Price, Side};

/// A stop order that waits. It has a place in the book set aside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Waiting {
    pub slot: Slot,
    /// As it will enter; the price means something only with a limit.
    pub order: Resting,
    pub trigger: Price,
    pub has_limit: bool,
}

/// The stop orders of one instrument.
#[derive(Debug, Default)]
pub(super) struct StopBook {
    /// By side: the one that triggers next is last, and of one trigger the first that came.
    sides: [Vec<Waiting>; 2],
}

impl StopBook {
    pub fn is_empty(&self) -> bool {
        self.sides.iter().all(Vec::is_empty)
    }

    pub fn insert(&mut self, stop: Waiting) {
        let side = stop.order.side;
        let stops = &mut self.sides[side as usize - 1];
        // A buy stop waits above the market: the lower its trigger, the sooner its turn.
        let at = stops.partition_point(|other| is_better(side, other.trigger, stop.trigger));
        stops.insert(at, stop);
    }

    pub fn find(&self, id: OrderId) -> Option<&Waiting> {
        self.sides.iter().flatten().find(|stop| stop.order.id == id.0)
    }

    pub fn remove(&mut self, id: OrderId) -> Option<Waiting> {
        self.sides.iter_mut().find_map(|stops| {
            let at = stops.iter().position(|stop| stop.order.id == id.0)?;
            Some(stops.remove(at))
        })
    }

    /// Takes out what was to last for a session only.
    pub fn take_day_orders(&mut self) -> Vec<Waiting> {
        let is_day = |stop: &mut Waiting| !stop.order.lasts;
        self.sides.iter_mut().flat_map(|stops| stops.extract_if(.., is_day)).collect()
    }

    /// Takes out all.
    pub fn take_all(&mut self) -> Vec<Waiting> {
        self.sides.iter_mut().flat_map(|stops| stops.drain(..)).collect()
    }

    /// How many are clients'.
    pub fn clients(&self) -> usize {
        self.sides.iter().flatten().filter(|stop| stop.order.client).count()
    }

    fn reduce(&mut self, id: OrderId, qty: u32) {
        let stop = self.sides.iter_mut().flatten().find(|stop| stop.order.id == id.0);
        if let Some(stop) = stop {
            stop.order.qty = qty;
        }
    }

    /// Takes out the next stop that trades from `low` to `high` trigger; of two sides the older order.
    fn take_due(&mut self, low: Price, high: Price) -> Option<Waiting> {
        let [buys, sells] = &self.sides;
        let buy = buys.last().filter(|stop| stop.trigger <= high).map(|stop| stop.order.id);
        let sell = sells.last().filter(|stop| stop.trigger >= low).map(|stop| stop.order.id);
        let side = match (buy, sell) {
            (None, None) => return None,
            (Some(buy), Some(sell)) => usize::from(sell < buy),
            (_, sell) => usize::from(sell.is_some()),
        };
        self.sides[side].pop()
    }
}

impl MatchingEngine {
    /// Enters a stop order: it waits, or enters the market at once if its trigger has traded last.
    pub(super) fn wait(
        &mut self,
        order: &NewOrder,
        trigger: Price,
        owner: Owner,
    ) -> Result<OrderId, Refusal> {
        let has_limit = order.kind.has_limit();
        self.check_stop(order.side, trigger, has_limit.then_some(order.price))?;
        if !order.time_in_force.rests() {
            return Err(Refusal::ImmediateStop);
        }
        let is_client = owner == Owner::Client;
        if is_client && self.clients >= self.orders_max.div_ceil(2) {
            return Err(Refusal::BookFull);
        }
        let slot = self.book.reserve().ok_or(Refusal::BookFull)?;
        let id = self.next_id(slot.0.into());
        let price = if has_limit { order.price } else { Price::NONE };
        let order = self.resting(id, order, price, is_client);
        self.await_trigger(Waiting { slot, order, trigger, has_limit });
        self.elect();
        Ok(OrderId(id))
    }

    /// Gives a waiting stop order other terms. Only less quantity keeps its turn.
    pub(super) fn change_stop(&mut self, id: OrderId, change: &Change) -> Result<(), Refusal> {
        let stop = *self.stops.find(id).ok_or(Refusal::UnknownOrder)?;
        if change.qty == 0 {
            return Err(Refusal::BadQuantity);
        }
        let trigger = if change.trigger.is_some() { change.trigger } else { stop.trigger };
        let price = if stop.has_limit { change.price } else { stop.order.price };
        self.check_stop(stop.order.side, trigger, stop.has_limit.then_some(price))?;
        let is_less =
            trigger == stop.trigger && price == stop.order.price && change.qty <= stop.order.qty;
        let order = Resting { qty: change.qty, price, ..stop.order };
        let changed = Waiting { order, trigger, ..stop };
        if is_less {
            self.stops.reduce(id, change.qty);
            return Ok(());
        }
        self.stops.remove(id);
        self.clients -= u32::from(order.client);
        self.await_trigger(changed);
        self.elect();
        Ok(())
    }

    /// Lets every stop order enter that the last operation's trades trigger, and those that their own
    /// trades do: as many as there are, since each enters once.
    pub(super) fn elect(&mut self) {
        if self.stops.is_empty() {
            return;
        }
        while self.low <= self.high {
            let Some(stop) = self.stops.take_due(self.low, self.high) else { break };
            self.clients -= u32::from(stop.order.client);
            self.trigger(stop);
        }
    }

    /// A client's order is to have a price beyond its trigger, if it has one.
    fn check_stop(&self, side: Side, trigger: Price, limit: Option<Price>) -> Result<(), Refusal> {
        self.check_price(trigger)?;
        let Some(limit) = limit else { return Ok(()) };
        self.check_price(limit)?;
        if is_better(side, trigger, limit) { Err(Refusal::BadPrice) } else { Ok(()) }
    }

    fn await_trigger(&mut self, stop: Waiting) {
        let (side, last) = (stop.order.side, self.last);
        if last.is_some() && !is_better(side, stop.trigger, last) {
            return self.trigger(stop);
        }
        self.clients += u32::from(stop.order.client);
        self.stops.insert(stop);
    }

    fn trigger(&mut self, stop: Waiting) {
        let Waiting { slot, order, trigger, has_limit } = stop;
        let id = OrderId(order.id);
        let price = if has_limit { order.price } else { self.protected(order.side, trigger) };
        if order.client {
            self.news.push(OrderEvent::Triggered { order: id });
            if !has_limit {
                self.news.push(OrderEvent::Priced { order: id, price });
            }
        }
        let mut taker = Resting { price, ..order };
        self.take(&mut taker);
        let has_room = self.has_room(taker.side, price, order.client, self.clients);
        if taker.qty > 0 && !has_room {
            self.book.release(slot);
            return self.settle(None, taker);
        }
        self.settle(Some(slot), taker);
    }
}
