//! What an order is told apart from reports: fills booked and taken back, its end by a person's word or
//! the calendar's, and that somebody wants to know what it is.

use super::{Order, Remark, Remarks, SESSION_END_GRACE_NS, StreamPoint};
use crate::units::{Price, UnixNanos};

impl Order {
    /// A fill of it is booked that no report told: what the broker counts then includes it.
    pub fn book(&mut self, qty: u32, price: Price, cum_qty: u32, moment: StreamPoint) -> Remarks {
        let late = self.is_final();
        let overfilled = self.fill(qty, price);
        if !late {
            self.acknowledge();
            self.note_reported(cum_qty);
            self.resolve();
        }
        self.settle(moment);
        [overfilled.then_some(Remark::Overfilled), None]
    }

    /// A fill of it was never made, by the broker's word or a person's.
    pub fn take_back(&mut self, qty: u32, price: Price, moment: StreamPoint) {
        self.unfill(qty, price);
        self.settle(moment);
    }

    /// Something about it could not be read: the broker is asked what it is.
    pub fn on_unusable(&mut self, moment: StreamPoint) {
        if !self.is_final() {
            self.doubt();
            self.want_answer(0, moment);
            self.settle(moment);
        }
    }

    /// Somebody wants to know what it is at the broker.
    pub fn on_enquiry(&mut self, moment: StreamPoint) {
        if !self.is_final() && self.route.is_broker() {
            self.want_answer(0, moment);
            self.settle(moment);
        }
    }

    /// Whether it was sent before the input `question` asked its broker for all orders, and its broker has
    /// said nothing of it since: it is on no line of that answer.
    pub fn is_untold(&self, question: u64) -> bool {
        !self.is_final() && self.first_id().seq() < question && self.told_seq < question
    }

    /// Nothing of it works, whatever was heard before.
    pub fn write_off(&mut self, moment: StreamPoint) {
        self.abandon();
        self.settle(moment);
    }

    /// Whether it lives for the day and its session is over for a while, and all that is known of it is
    /// that it worked. One in doubt is asked about until its broker answers, or a person writes it off.
    pub fn has_outlived_its_session(&self, now: UnixNanos) -> bool {
        let is_over = self.reachable && self.ends_at.plus(SESSION_END_GRACE_NS) <= now;
        is_over && !self.is_final() && !self.is_in_doubt() && !self.awaits_answer()
    }
}
