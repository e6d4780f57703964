//! How the facts of an order change: by what we send, what the broker says, and time.

use super::{
    ANSWER_WITHIN_NS, ASK_AGAIN_FIRST_NS, NEVER, Order, REQUESTS_MAX, Request, StreamPoint,
};
use crate::effect::{OrderState, OutboundKind};
use crate::ids::ClOrdId;
use crate::units::{NANOS_PER_SECOND, Price, UnixNanos};

const ASK_AGAIN_MAX_NS: u64 = 60 * NANOS_PER_SECOND;

impl Order {
    /// A cancel or a replace of it goes out. `false`, and nothing done, when too many are
    /// unanswered. A first cancel goes even then: the oldest unanswered replace makes room for it.
    pub fn request(&mut self, request: Request, moment: StreamPoint) -> bool {
        let kind = match request.replace {
            Some(_) => OutboundKind::Replace,
            None => OutboundKind::Cancel,
        };
        if !self.can_request(kind) {
            return false;
        }
        if self.requests_len as usize == REQUESTS_MAX {
            self.close(self.requests[0].id);
        }
        self.requests[self.requests_len as usize] = request;
        self.requests_len += 1;
        self.answer_due = moment.now.plus(ANSWER_WITHIN_NS);
        self.settle(moment);
        true
    }

    /// A request was answered. Returns it, unless it was answered before.
    pub(super) fn close(&mut self, id: ClOrdId) -> Option<Request> {
        let at = self.open_requests().iter().position(|r| r.id == id)?;
        let closed = self.requests[at];
        self.requests.copy_within(at + 1.., at);
        self.requests_len -= 1;
        Some(closed)
    }

    /// Requests that were sent before a question and did not show in its answer are lost.
    pub(super) fn close_requests_before(&mut self, question_seq: u64) {
        while let Some(lost) = self.open_requests().iter().find(|r| r.id.seq() < question_seq) {
            self.close(lost.id);
        }
    }

    /// The broker has it, but has not accepted it yet: it may take as long again. Old news once it
    /// is accepted.
    pub(super) fn receive(&mut self, now: UnixNanos) {
        self.received = true;
        if !self.acknowledged {
            self.extend_answer(now);
            self.resolve();
        }
    }

    /// The broker has accepted it.
    pub(super) fn acknowledge(&mut self) {
        self.received = true;
        self.acknowledged = true;
    }

    /// The broker says that it works on an answer: it may take as long again.
    pub(super) fn extend_answer(&mut self, now: UnixNanos) {
        self.answer_due = now.plus(ANSWER_WITHIN_NS);
    }

    /// Counts a fill. Returns whether more is filled now than was ordered.
    pub(super) fn fill(&mut self, qty: u32, price: Price) -> bool {
        self.cum_qty = self.cum_qty.saturating_add(qty);
        self.paid += worth(qty, price);
        if self.is_final() {
            self.reported_qty = self.reported_qty.max(self.cum_qty);
        }
        qty > 0 && self.cum_qty > self.qty
    }

    /// Takes a fill back. What the broker counts is less by it, too.
    pub(super) fn unfill(&mut self, qty: u32, price: Price) {
        self.cum_qty = self.cum_qty.saturating_sub(qty);
        self.paid -= worth(qty, price);
        (self.reported_qty, self.reported_px) = (self.cum_qty, Price::NONE);
        self.taken_back = true;
    }

    /// Takes note of the broker's sum of fills, which never moves back.
    pub(super) fn note_reported(&mut self, cum_qty: u32) {
        self.reported_qty = self.reported_qty.max(cum_qty);
    }

    /// Takes note of what the broker's status counts, at which mean price. Once a fill was taken back
    /// that may be less than was told before.
    pub(super) fn note_status(&mut self, cum_qty: u32, price: Price) {
        if self.taken_back {
            self.reported_qty = self.cum_qty;
        }
        self.note_reported(cum_qty);
        self.reported_px = if cum_qty == self.reported_qty { price } else { Price::NONE };
    }

    /// A replace took effect, or the broker restated the order, with these terms (0 and
    /// [`Price::NONE`] where it gave none). What is filled cannot be taken out of the quantity.
    pub(super) fn adopt_terms(&mut self, qty: u32, price: Price) {
        if qty > 0 {
            self.qty = qty.max(self.cum_qty);
        }
        if price.is_some() {
            self.price = price;
        }
    }

    /// A replace took effect under this identity, with the terms that the broker gave (0 and
    /// [`Price::NONE`] where it gave none) or else those that were asked for. One that was overtaken
    /// by a later replace changes nothing any more. Returns whether the quantity is known.
    pub(super) fn replaced(&mut self, id: ClOrdId, qty: u32, price: Price) -> bool {
        let closed = self.close(id);
        let asked = closed.and_then(|request| request.replace);
        if id.is_some() && id < self.confirmed {
            return true;
        }
        if let Some(stop_px) = closed.map(|request| request.stop_px).filter(|px| px.is_some()) {
            self.terms.stop_px = stop_px;
        }
        if let Some((qty, price)) = asked {
            self.adopt_terms(qty, price);
        }
        self.adopt_terms(qty, price);
        self.confirm(id);
        qty > 0 || asked.is_some()
    }

    /// The request of this identity took effect, so the broker knows the order by it.
    pub(super) fn confirm(&mut self, id: ClOrdId) {
        if id > self.confirmed && self.identities().contains(&id) {
            self.confirmed = id;
        }
    }

    /// Whether this is the identity of an unanswered replace.
    pub(super) fn is_open_replace(&self, id: ClOrdId) -> bool {
        self.open_requests().iter().any(|r| r.id == id && r.replace.is_some())
    }

    /// The order ended, by the broker's word.
    pub(super) fn end(&mut self, outcome: OrderState) {
        assert!(outcome.is_final(), "an order ends in a final state");
        self.outcome.get_or_insert(outcome);
    }

    /// Nobody knows what it is at the broker.
    pub(super) fn doubt(&mut self) {
        self.unknown = true;
    }

    /// A report told what it is at the broker. The doubt stays while fills are missing.
    pub(super) fn resolve(&mut self) {
        if !self.misses_fills() {
            self.unknown = false;
            self.warned = false;
        }
    }

    /// What worked on it is gone, and nothing that we did not receive will come any more.
    pub(super) fn abandon(&mut self) {
        self.reported_qty = self.cum_qty;
        self.end(OrderState::Canceled);
    }

    /// Draws the conclusions after facts changed: filled or not, and what is waited for.
    pub(super) fn settle(&mut self, moment: StreamPoint) {
        let may_grow =
            self.open_requests().iter().any(|r| r.replace.is_some_and(|(q, _)| q > self.cum_qty));
        if self.cum_qty >= self.qty && !may_grow && !self.misses_fills() {
            self.outcome.get_or_insert(OrderState::Filled);
        }
        if self.is_final() {
            self.requests_len = 0;
            self.unknown = false;
            self.answer_due = NEVER;
            self.ask_due = NEVER;
        } else if self.unknown || !self.awaits_answer() {
            self.answer_due = NEVER;
        } else if self.answer_due == NEVER {
            self.answer_due = moment.now.plus(ANSWER_WITHIN_NS);
        }
        if self.unknown && self.ask_due == NEVER {
            self.want_answer(ASK_AGAIN_FIRST_NS, moment);
        }
    }

    /// Whether time alone will bring a question about it, so that no doubt lasts by oversight.
    pub fn is_watched(&self) -> bool {
        self.answer_due != NEVER || self.ask_due != NEVER
    }

    /// Whether the broker's word on it, or on a request about it, is due.
    pub fn awaits_answer(&self) -> bool {
        !self.acknowledged || self.requests_len > 0 || self.misses_fills()
    }

    /// Whether an answer did not come in time.
    pub fn is_overdue(&self, now: UnixNanos) -> bool {
        self.answer_due <= now
    }

    /// The broker is to be asked about it after `delay_ns`, or when its route is up again.
    pub(super) fn want_answer(&mut self, delay_ns: u64, moment: StreamPoint) {
        self.ask_due = moment.now.plus(delay_ns);
        self.ask_again_ns = ASK_AGAIN_FIRST_NS;
        self.may_have_been_asked = true;
    }

    /// Whether it is time to ask.
    pub fn is_ask_due(&self, now: UnixNanos) -> bool {
        self.ask_due <= now
    }

    /// The broker is being asked, and will be again, after twice as long each time, until it
    /// answers. No other fact hangs on this.
    pub fn asked(&mut self, now: UnixNanos) {
        self.ask_due = now.plus(self.ask_again_ns);
        self.ask_again_ns = (self.ask_again_ns * 2).min(ASK_AGAIN_MAX_NS);
    }

    /// The question was answered.
    pub(super) fn answered(&mut self) {
        self.ask_due = NEVER;
    }
}

/// What a fill is worth, in price units × contracts; nothing without a price.
pub(super) fn worth(qty: u32, price: Price) -> i128 {
    if price.is_some() { i128::from(qty) * i128::from(price.0) } else { 0 }
}
