//! Trading: an aggressor and what it meets.

use super::queue::{Resting, Slot, is_better};
use super::{BookEvent, MatchingEngine};
use crate::market::{OrderEvent, OrderId, SelfMatch};
use gauntlet_model::input::BookAction;
use gauntlet_model::units::{Price, Side};

impl MatchingEngine {
    pub(super) fn crosses(&self, order: &Resting) -> bool {
        let best = self.book.best(order.side.opposite());
        best.is_some_and(|level| !is_better(order.side, level.price, order.price))
    }

    /// The farthest price that protection points allow from `price` on.
    pub(super) fn protected(&self, side: Side, price: Price) -> Price {
        Price(price.0.saturating_add(side.sign() * self.protection.0))
    }

    /// Whether an order for so many contracts would fill whole at once.
    pub(super) fn can_fill(
        &self,
        side: Side,
        price: Price,
        qty: u32,
        self_match: SelfMatch,
    ) -> bool {
        let wanted = u64::from(qty);
        let mut found = 0;
        if self.guarded == 0 || !self_match.is_some() {
            for level in self.book.levels(side.opposite()) {
                if found >= wanted || is_better(side, level.price, price) {
                    break;
                }
                found += level.qty;
            }
            return found >= wanted;
        }
        for order in self.book.orders(side.opposite()) {
            let is_own = self_match.meets(order.self_match);
            let is_end = is_better(side, order.price, price);
            if found >= wanted || is_end || (is_own && self_match.cancels_itself()) {
                break;
            }
            found += if is_own { 0 } else { u64::from(order.qty) };
        }
        found >= wanted
    }

    /// Trades an aggressor with the opposite side, one price level at a time. The events are, as on
    /// CME, first what traded and then what that did to the book.
    pub(super) fn take(&mut self, taker: &mut Resting) {
        let is_guarded = self.guarded > 0 && taker.self_match.is_some();
        while taker.qty > 0 && self.crosses(taker) {
            let side = taker.side.opposite();
            let (price, there) = match is_guarded {
                false => {
                    let Some(level) = self.book.best(side) else { break };
                    (level.price, level.qty)
                }
                true => {
                    let Some((slot, maker)) = self.book.first(side) else { break };
                    let maker = *maker;
                    if taker.self_match.meets(maker.self_match) {
                        self.part(taker, slot, &maker);
                        continue;
                    }
                    (maker.price, u64::from(maker.qty))
                }
            };
            let traded = u64::from(taker.qty).min(there) as u32;
            self.events.push(BookEvent::of(BookAction::Trade, taker, price, traded));
            (self.low, self.high, self.last) = (self.low.min(price), self.high.max(price), price);
            taker.qty -= traded;
            taker.filled += traded;
            self.give(side, price, traded);
            if taker.client {
                let (order, leaves_qty) = (OrderId(taker.id), taker.qty);
                self.news.push(OrderEvent::Filled { order, qty: traded, price, leaves_qty });
            }
        }
        self.events.append(&mut self.updates);
    }

    /// Two orders of one group have met: one of them goes.
    fn part(&mut self, taker: &mut Resting, slot: Slot, maker: &Resting) {
        let gone = if taker.self_match.cancels_itself() {
            taker.qty = 0;
            *taker
        } else {
            self.unlink(slot);
            self.book.release(slot);
            self.updates.push(BookEvent::of(BookAction::Cancel, maker, maker.price, maker.qty));
            *maker
        };
        if gone.client {
            self.news.push(OrderEvent::SelfMatched { order: OrderId(gone.id) });
        }
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
    pub(super) fn settle(&mut self, slot: Option<Slot>, rest: Resting) {
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
}
