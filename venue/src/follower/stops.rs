//! Stop orders of ours: what waits for a price to trade in an outside book, and what becomes of it then.

use super::displayed::Displayed;
use super::order::{FollowedOrder, WorkingOrder};
use super::{Follower, index};
use crate::market::{Change, OrderEvent, OrderId, Refusal};
use crate::matching::queue::is_better;
use gauntlet_model::units::{Price, Side};

/// A stop order that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// As it will enter; the price means something only with a limit.
    order: WorkingOrder,
    trigger: Price,
    has_limit: bool,
    /// Its place in the order of arrival.
    number: u64,
    /// Whether its trigger has traded while it waited.
    is_due: bool,
}

/// Our stop orders in one instrument.
#[derive(Debug, Default)]
pub(super) struct Stops {
    /// By side: the one that triggers next is last, and of one trigger the first that came.
    sides: [Vec<Waiting>; 2],
    last_number: u64,
}

impl Stops {
    pub fn len(&self) -> usize {
        self.sides.iter().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.sides.iter().all(Vec::is_empty)
    }

    /// Whether the trigger of one has traded.
    pub fn are_due(&self) -> bool {
        self.sides.iter().flatten().any(|stop| stop.is_due)
    }

    pub fn orders(&self) -> impl Iterator<Item = &WorkingOrder> {
        self.sides.iter().flatten().map(|stop| &stop.order)
    }

    /// Takes out what `is_over` says of.
    pub fn end(
        &mut self,
        is_over: impl Fn(&WorkingOrder) -> bool,
        out: &mut dyn FnMut(OrderEvent),
    ) {
        for stops in &mut self.sides {
            for stop in stops.extract_if(.., |stop| is_over(&stop.order)) {
                out(OrderEvent::Expired { order: stop.order.id });
            }
        }
    }

    /// Takes out one that is cancelled.
    pub fn cancel(&mut self, id: OrderId) -> Option<WorkingOrder> {
        self.remove(id).map(|stop| stop.order)
    }

    /// Something traded at a price.
    pub fn traded(&mut self, price: Price) {
        let [buys, sells] = &mut self.sides;
        buys.iter_mut().for_each(|stop| stop.is_due |= stop.trigger <= price);
        sells.iter_mut().for_each(|stop| stop.is_due |= stop.trigger >= price);
    }

    fn insert(&mut self, stop: Waiting) {
        let side = stop.order.side;
        let stops = &mut self.sides[index(side)];
        // A buy stop waits above the market: the lower its trigger, the sooner its turn.
        let at = stops.partition_point(|other| is_better(side, other.trigger, stop.trigger));
        stops.insert(at, stop);
    }

    fn find(&self, id: OrderId) -> Option<&Waiting> {
        self.sides.iter().flatten().find(|stop| stop.order.id == id)
    }

    fn remove(&mut self, id: OrderId) -> Option<Waiting> {
        self.sides.iter_mut().find_map(|stops| {
            let at = stops.iter().position(|stop| stop.order.id == id)?;
            Some(stops.remove(at))
        })
    }

    fn reduce(&mut self, id: OrderId, qty: u32) {
        let stop = self.sides.iter_mut().flatten().find(|stop| stop.order.id == id);
        if let Some(stop) = stop {
            stop.order.leaves_qty = qty;
        }
    }

    /// Takes out the next that is due: the nearest trigger first, of two sides the older order.
    fn take_due(&mut self) -> Option<Waiting> {
        let next = |stops: &[Waiting]| stops.iter().rposition(|stop| stop.is_due);
        let [buys, sells] = &self.sides;
        let side = match (next(buys), next(sells)) {
            (None, None) => return None,
            (Some(buy), Some(sell)) => usize::from(sells[sell].number < buys[buy].number),
            (_, sell) => usize::from(sell.is_some()),
        };
        let at = next(&self.sides[side])?;
        Some(self.sides[side].remove(at))
    }
}

impl Follower {
    /// Enters a stop order: it waits, or enters the market at once if its trigger has traded last.
    pub(super) fn wait(
        &mut self,
        order: &FollowedOrder,
        trigger: Price,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) -> Result<(), Refusal> {
        let has_limit = order.kind.has_limit();
        self.check_stop(order.side, trigger, has_limit.then_some(order.price))?;
        if !order.time_in_force.rests() {
            return Err(Refusal::ImmediateStop);
        }
        self.check_room()?;
        let price = if has_limit { order.price } else { Price::NONE };
        self.stops.last_number += 1;
        let (number, is_due) = (self.stops.last_number, false);
        let stop = Waiting { order: order.at(price), trigger, has_limit, number, is_due };
        self.await_trigger(stop, book, out);
        Ok(())
    }

    /// Gives a waiting stop order other terms. Only less quantity keeps its turn.
    pub(super) fn change_stop(
        &mut self,
        id: OrderId,
        change: &Change,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) -> Result<(), Refusal> {
        let stop = *self.stops.find(id).ok_or(Refusal::UnknownOrder)?;
        if change.qty == 0 {
            return Err(Refusal::BadQuantity);
        }
        let trigger = if change.trigger.is_some() { change.trigger } else { stop.trigger };
        let price = if stop.has_limit { change.price } else { stop.order.price };
        self.check_stop(stop.order.side, trigger, stop.has_limit.then_some(price))?;
        let is_same = trigger == stop.trigger && price == stop.order.price;
        if is_same && change.qty <= stop.order.leaves_qty {
            self.stops.reduce(id, change.qty);
            return Ok(());
        }
        self.stops.remove(id);
        let order = WorkingOrder { leaves_qty: change.qty, price, ..stop.order };
        self.await_trigger(Waiting { order, trigger, is_due: false, ..stop }, book, out);
        Ok(())
    }

    /// Lets every stop order enter whose trigger has traded, and those that their own trades trigger: as many
    /// as there are, since each enters once.
    pub(super) fn elect(&mut self, book: &dyn Displayed, out: &mut dyn FnMut(OrderEvent)) {
        while let Some(stop) = self.stops.take_due() {
            self.trigger(&stop, book, out);
        }
    }

    /// A limit is to lie at the trigger or beyond it.
    fn check_stop(&self, side: Side, trigger: Price, limit: Option<Price>) -> Result<(), Refusal> {
        self.check_price(trigger)?;
        let Some(limit) = limit else { return Ok(()) };
        self.check_price(limit)?;
        if is_better(side, trigger, limit) { Err(Refusal::BadPrice) } else { Ok(()) }
    }

    fn await_trigger(
        &mut self,
        stop: Waiting,
        book: &dyn Displayed,
        out: &mut dyn FnMut(OrderEvent),
    ) {
        let (side, last) = (stop.order.side, self.last);
        if last.is_some() && !is_better(side, stop.trigger, last) {
            self.trigger(&stop, book, out);
            return self.elect(book, out);
        }
        self.remember_deadline(&stop.order);
        self.stops.insert(stop);
    }

    fn trigger(&mut self, stop: &Waiting, book: &dyn Displayed, out: &mut dyn FnMut(OrderEvent)) {
        let Waiting { order, trigger, has_limit, .. } = *stop;
        let price = if has_limit { order.price } else { self.protected(order.side, trigger) };
        out(OrderEvent::Triggered { order: order.id });
        if !has_limit {
            out(OrderEvent::Priced { order: order.id, price });
        }
        self.enter(WorkingOrder { price, ..order }, book, out);
    }
}
