//! An order of ours on its way through an outside book.

use super::queue::QueueModel;
use crate::market::{OrderEvent, OrderId, OrderKind, TimeInForce};
use gauntlet_model::units::{Price, Side};

/// An order to be filled against an outside book.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FollowedOrder {
    /// Its identity, given by the caller.
    pub id: OrderId,
    /// Buy or sell.
    pub side: Side,
    /// Contracts.
    pub qty: u32,
    /// What kind it is.
    pub kind: OrderKind,
    /// Limit price; of no meaning for a kind without one.
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
}

impl FollowedOrder {
    /// It, as it is before anything has happened to it.
    pub(super) fn at(&self, price: Price) -> WorkingOrder {
        WorkingOrder {
            id: self.id,
            side: self.side,
            price,
            leaves_qty: self.qty,
            filled: 0,
            life: self.time_in_force,
            ahead: None,
            shown: None,
            traded: 0,
            arrival: None,
            taking: false,
        }
    }
}

/// An order that works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkingOrder {
    /// Its identity.
    pub id: OrderId,
    /// Its side.
    pub side: Side,
    /// Its limit price; [`Price::NONE`] of a stop order without a limit that waits.
    pub price: Price,
    /// Contracts working.
    pub leaves_qty: u32,
    /// Contracts filled.
    pub filled: u32,
    /// How long it lives.
    pub life: TimeInForce,
    /// Contracts of others before it, if known.
    pub ahead: Option<u64>,
    /// What was shown at its price when last seen, and what traded there since.
    pub(super) shown: Option<u64>,
    pub(super) traded: u64,
    /// Which orders of the book came before it, where each is told of: those with a lower number.
    pub(super) arrival: Option<u64>,
    /// Whether it met the other side when it came and has not rested since.
    pub(super) taking: bool,
}

impl WorkingOrder {
    pub(super) fn fill(&mut self, qty: u32, price: Price, out: &mut dyn FnMut(OrderEvent)) {
        if qty == 0 {
            return;
        }
        self.leaves_qty -= qty;
        self.filled += qty;
        out(OrderEvent::Filled { order: self.id, qty, price, leaves_qty: self.leaves_qty });
    }

    /// What a trade brings, of one or another price: the trade's own while the order takes, since it would have
    /// been before that trade's aggressor, and its limit once it has rested.
    pub(super) fn paid(&self, price: Price) -> Price {
        if self.taking { price } else { self.price }
    }

    /// Takes note of what is shown at its price.
    pub(super) fn see(&mut self, shown: Option<u64>, queue: QueueModel) {
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

    /// The session has ended and it has not: what is before it then is at most what was.
    pub(super) fn outlive(&mut self) {
        (self.shown, self.traded, self.arrival, self.taking) = (None, 0, None, false);
    }
}
