//! What happens to orders of ours when sessions end, and when their own time is over.

use super::order::WorkingOrder;
use super::{Follower, NEVER};
use crate::market::{OrderEvent, TimeInForce};
use gauntlet_model::units::UnixNanos;

impl Follower {
    /// When the first order ends by its own date; there may be none left by then.
    pub fn next_deadline(&self) -> UnixNanos {
        self.deadline
    }

    /// Ends the session: what does not outlive it expires, and what was taken is forgotten.
    pub fn end_session(&mut self, out: &mut dyn FnMut(OrderEvent)) {
        self.taken.forget();
        self.end(&|order| !order.life.outlives_session(), out);
        self.orders.iter_mut().flatten().for_each(WorkingOrder::outlive);
    }

    /// Ends what was to work until now.
    pub fn expire_due(&mut self, now: UnixNanos, out: &mut dyn FnMut(OrderEvent)) {
        if now < self.deadline {
            return;
        }
        self.end(&|order| matches!(order.life, TimeInForce::GoodTill(at) if at <= now), out);
        self.deadline = NEVER;
        let left = self.orders.iter().flatten().chain(self.stops.orders());
        self.deadline = left.filter_map(deadline_of).min().unwrap_or(NEVER);
    }

    /// Ends every order, and forgets what they took.
    pub fn expire_all(&mut self, out: &mut dyn FnMut(OrderEvent)) {
        self.taken.forget();
        self.end(&|_| true, out);
        self.deadline = NEVER;
    }

    fn end(&mut self, is_over: &dyn Fn(&WorkingOrder) -> bool, out: &mut dyn FnMut(OrderEvent)) {
        for orders in &mut self.orders {
            for order in orders.extract_if(.., |order| is_over(order)) {
                out(OrderEvent::Expired { order: order.id });
            }
        }
        self.stops.end(is_over, out);
    }

    pub(super) fn remember_deadline(&mut self, order: &WorkingOrder) {
        self.deadline = deadline_of(order).map_or(self.deadline, |at| at.min(self.deadline));
    }
}

/// When an order ends by its own date.
fn deadline_of(order: &WorkingOrder) -> Option<UnixNanos> {
    match order.life {
        TimeInForce::GoodTill(at) => Some(at),
        _ => None,
    }
}
