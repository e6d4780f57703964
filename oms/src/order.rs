//! One order: the facts that are known of it, and the state that follows from them.
//!
//! The state is never stored. It is derived from what we sent, what the broker acknowledged, how
//! the fills add up and what is still unanswered, so reports may come doubled, late or out of order
//! and the same facts still give the same state. The derivation follows the order state precedence
//! of FIX 4.4, volume 4, appendix D, with one difference: a filled order is `Filled` even while a
//! cancel or a replace that could not make it work again is unanswered.
//!
//! Fills are counted one by one from reports that were not seen before. What the broker says about
//! the sum (`CumQty`) is kept beside it: a broker that counts more fills than we received leaves the
//! order in doubt until the fills come, because positions are the sum of fills and of nothing else.

use gauntlet_core::effect::{OrderChanged, OrderState, OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_core::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_core::input::Route;
use gauntlet_core::risk::OrderRequest;
use gauntlet_core::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

/// Identities that an order is found by: its first, and its newest after that.
pub const IDENTITIES_MAX: usize = 8;
/// Cancels and replaces of one order that may be unanswered at once.
pub const REQUESTS_MAX: usize = 4;
/// How long an order or a request may stay unanswered.
pub const ANSWER_WITHIN_NS: u64 = 5 * NANOS_PER_SECOND;

const ASK_AGAIN_FIRST_NS: u64 = 5 * NANOS_PER_SECOND;
const ASK_AGAIN_MAX_NS: u64 = 60 * NANOS_PER_SECOND;
const NEVER: UnixNanos = UnixNanos(u64::MAX);

// Every identity besides the first, the confirmed and the open ones can be forgotten.
const _: () = assert!(IDENTITIES_MAX > 2 + REQUESTS_MAX);

/// A cancel or a replace that is not answered yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Request {
    pub id: ClOrdId,
    /// The quantity and price asked for; `None` for a cancel.
    pub replace: Option<(u32, Price)>,
}

/// Where the contracts of an order are. The four add up to what was sent, or to what was filled if
/// that is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Working at the broker, or not known to be gone.
    pub working: u32,
    /// Filled.
    pub filled: u32,
    /// Cancelled or expired.
    pub cancelled: u32,
    /// Refused.
    pub rejected: u32,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    identities: [ClOrdId; IDENTITIES_MAX],
    identities_len: u8,
    /// The identity that the broker knows it by for sure.
    confirmed: ClOrdId,
    bot: BotId,
    account: AccountId,
    instrument: InstrumentId,
    route: Route,
    side: Side,
    time_in_force: TimeInForce,
    qty: u32,
    price: Price,
    cum_qty: u32,
    /// The highest `CumQty` that the broker told.
    reported_qty: u32,
    /// How it ended, by the broker's word or because it is filled.
    outcome: Option<OrderState>,
    /// Whether anything showed that the broker received it.
    received: bool,
    /// Whether the broker accepted it.
    acknowledged: bool,
    unknown: bool,
    /// Whether a person was told that the broker's word on it does not fit ours.
    pub(crate) warned: bool,
    /// Unanswered requests in the order they were sent.
    requests: [Request; REQUESTS_MAX],
    requests_len: u8,
    answer_due: UnixNanos,
    ask_due: UnixNanos,
    ask_again_ns: u64,
    /// The input that caused the last question; 0 if none was sent.
    asked_seq: u64,
}

impl Order {
    /// A new order, sent at `now`.
    pub fn new(request: &OrderRequest, now: UnixNanos) -> Order {
        let mut identities = [ClOrdId::NONE; IDENTITIES_MAX];
        identities[0] = request.cl_ord_id;
        Order {
            identities,
            identities_len: 1,
            confirmed: request.cl_ord_id,
            bot: request.bot,
            account: request.account,
            instrument: request.instrument,
            route: request.route,
            side: request.side,
            time_in_force: request.time_in_force,
            qty: request.qty,
            price: request.price,
            cum_qty: 0,
            reported_qty: 0,
            outcome: None,
            received: false,
            acknowledged: false,
            unknown: false,
            warned: false,
            requests: [Request { id: ClOrdId::NONE, replace: None }; REQUESTS_MAX],
            requests_len: 0,
            answer_due: now.plus(ANSWER_WITHIN_NS),
            ask_due: NEVER,
            ask_again_ns: ASK_AGAIN_FIRST_NS,
            asked_seq: 0,
        }
    }

    /// Its state, as it follows from what is known.
    pub fn state(&self) -> OrderState {
        if let Some(outcome) = self.outcome {
            return if self.misses_fills() { OrderState::Unknown } else { outcome };
        }
        if self.unknown {
            return OrderState::Unknown;
        }
        let open = self.open_requests();
        if open.iter().any(|r| r.replace.is_none()) {
            OrderState::PendingCancel
        } else if !open.is_empty() {
            OrderState::PendingReplace
        } else if !self.acknowledged {
            OrderState::PendingNew
        } else if self.cum_qty > 0 {
            OrderState::PartiallyFilled
        } else {
            OrderState::New
        }
    }

    /// Whether it is in a final state.
    pub fn is_final(&self) -> bool {
        self.outcome.is_some() && !self.misses_fills()
    }

    /// The identity it was first sent under.
    pub fn first_id(&self) -> ClOrdId {
        self.identities[0]
    }

    /// The identity that the broker knows it by.
    pub fn cl_ord_id(&self) -> ClOrdId {
        self.confirmed
    }

    /// Its route.
    pub fn route(&self) -> Route {
        self.route
    }

    /// Its bot.
    pub fn bot(&self) -> BotId {
        self.bot
    }

    /// Its quantity, by the last confirmed word.
    pub fn qty(&self) -> u32 {
        self.qty
    }

    /// Its limit price, by the last confirmed word.
    pub fn price(&self) -> Price {
        self.price
    }

    /// Contracts filled.
    pub fn cum_qty(&self) -> u32 {
        self.cum_qty
    }

    /// Contracts that may still fill. After the end of an order with fills on their way to us:
    /// those fills.
    pub fn leaves_qty(&self) -> u32 {
        let may_reach = match self.outcome {
            Some(_) => self.reported_qty.min(self.qty),
            None => self.qty,
        };
        may_reach.saturating_sub(self.cum_qty)
    }

    /// Where its contracts are.
    pub fn tally(&self) -> Tally {
        let working = self.leaves_qty();
        let ended = self.qty.saturating_sub(self.cum_qty) - working;
        let rejected = if self.outcome == Some(OrderState::Rejected) { ended } else { 0 };
        Tally { working, filled: self.cum_qty, cancelled: ended - rejected, rejected }
    }

    /// What is to be told of it, with a fill if one changed it.
    pub fn change(&self, last_qty: u32, last_px: Price) -> OrderChanged {
        OrderChanged {
            order: self.first_id(),
            cl_ord_id: self.confirmed,
            bot: self.bot,
            instrument: self.instrument,
            side: self.side,
            state: self.state(),
            route: self.route,
            qty: self.qty,
            price: self.price,
            cum_qty: self.cum_qty,
            leaves_qty: self.leaves_qty(),
            last_qty,
            last_px,
        }
    }

    /// The message of this kind about it. A request names the newest order identity that was not
    /// refused, as FIX 4.4 asks of `OrigClOrdID` (appendix D, D.2.a), even if it is unanswered.
    pub(crate) fn message(&self, kind: OutboundKind) -> OutboundRecord {
        let open = self.open_requests();
        let (cl_ord_id, orig_cl_ord_id, (qty, price)) = match (kind, open.split_last()) {
            (OutboundKind::Cancel | OutboundKind::Replace, Some((newest, before))) => (
                newest.id,
                before.last().map_or(self.confirmed, |r| r.id),
                newest.replace.unwrap_or((self.qty, self.price)),
            ),
            _ => (self.confirmed, ClOrdId::NONE, (self.qty, self.price)),
        };
        OutboundRecord {
            route: self.route,
            kind,
            cl_ord_id,
            orig_cl_ord_id,
            bot: self.bot,
            account: self.account,
            instrument: self.instrument,
            side: self.side,
            qty,
            price,
            time_in_force: self.time_in_force,
        }
    }

    /// Every identity it is found by.
    pub(crate) fn identities(&self) -> &[ClOrdId] {
        &self.identities[..self.identities_len as usize]
    }

    /// Adds an identity, and returns the one that had to be forgotten for it.
    pub(crate) fn add_identity(&mut self, id: ClOrdId) -> Option<ClOrdId> {
        let len = self.identities_len as usize;
        if len < IDENTITIES_MAX {
            self.identities[len] = id;
            self.identities_len += 1;
            return None;
        }
        let needed = |id: ClOrdId| id == self.confirmed || self.is_open(id);
        let at = (1..len)
            .find(|at| !needed(self.identities[*at]))
            .expect("there are more identities than are ever needed");
        let forgotten = self.identities[at];
        self.identities.copy_within(at + 1.., at);
        self.identities[len - 1] = id;
        Some(forgotten)
    }

    /// The unanswered requests, oldest first.
    pub(crate) fn open_requests(&self) -> &[Request] {
        &self.requests[..self.requests_len as usize]
    }

    /// Whether this is the identity of an unanswered request.
    pub(crate) fn is_open(&self, id: ClOrdId) -> bool {
        self.open_requests().iter().any(|r| r.id == id)
    }

    /// Whether the broker counts fills that we have not received.
    pub(crate) fn misses_fills(&self) -> bool {
        self.reported_qty > self.cum_qty
    }

    /// Whether anything showed that the broker received it.
    pub(crate) fn was_received(&self) -> bool {
        self.received
    }

    /// Whether the broker was ever asked about it.
    pub(crate) fn was_asked(&self) -> bool {
        self.asked_seq > 0
    }

    /// Whether it is in doubt.
    pub(crate) fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// A cancel or a replace of it goes out. `false` when too many are unanswered. A first cancel
    /// goes even then: the oldest unanswered replace makes room for it.
    pub(crate) fn open(&mut self, request: Request, now: UnixNanos) -> bool {
        if self.requests_len as usize == REQUESTS_MAX {
            let cancels = self.open_requests().iter().any(|r| r.replace.is_none());
            if request.replace.is_some() || cancels {
                return false;
            }
            self.close(self.requests[0].id);
        }
        self.requests[self.requests_len as usize] = request;
        self.requests_len += 1;
        self.answer_due = now.plus(ANSWER_WITHIN_NS);
        true
    }

    /// A request was answered. Returns it, unless it was answered before.
    pub(crate) fn close(&mut self, id: ClOrdId) -> Option<Request> {
        let at = self.open_requests().iter().position(|r| r.id == id)?;
        let closed = self.requests[at];
        self.requests.copy_within(at + 1.., at);
        self.requests_len -= 1;
        Some(closed)
    }

    /// Requests that were sent before the last question and did not show in its answer are lost.
    pub(crate) fn close_requests_before_question(&mut self) {
        while let Some(lost) = self.open_requests().iter().find(|r| r.id.seq() < self.asked_seq) {
            self.close(lost.id);
        }
    }

    /// The broker has it, but has not accepted it yet: it may take as long again. Old news once it
    /// is accepted.
    pub(crate) fn receive(&mut self, now: UnixNanos) {
        self.received = true;
        if !self.acknowledged {
            self.extend_answer(now);
            self.resolve();
        }
    }

    /// The broker has accepted it.
    pub(crate) fn acknowledge(&mut self) {
        self.received = true;
        self.acknowledged = true;
    }

    /// The broker says that it works on an answer: it may take as long again.
    pub(crate) fn extend_answer(&mut self, now: UnixNanos) {
        self.answer_due = now.plus(ANSWER_WITHIN_NS);
    }

    /// Counts a fill. Returns whether more is filled now than was ordered.
    pub(crate) fn fill(&mut self, qty: u32) -> bool {
        self.cum_qty = self.cum_qty.saturating_add(qty);
        if self.is_final() {
            self.reported_qty = self.reported_qty.max(self.cum_qty);
        }
        qty > 0 && self.cum_qty > self.qty
    }

    /// Takes note of the broker's sum of fills, which never moves back.
    pub(crate) fn note_reported(&mut self, cum_qty: u32) {
        self.reported_qty = self.reported_qty.max(cum_qty);
    }

    /// A replace took effect, or the broker restated the order, with these terms (0 and
    /// [`Price::NONE`] where it gave none). What is filled cannot be taken out of the quantity.
    pub(crate) fn adopt_terms(&mut self, qty: u32, price: Price) {
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
    pub(crate) fn replaced(&mut self, id: ClOrdId, qty: u32, price: Price) -> bool {
        let asked = self.close(id).and_then(|request| request.replace);
        if id.is_some() && id < self.confirmed {
            return true;
        }
        if let Some((qty, price)) = asked {
            self.adopt_terms(qty, price);
        }
        self.adopt_terms(qty, price);
        self.confirm(id);
        qty > 0 || asked.is_some()
    }

    /// The request of this identity took effect, so the broker knows the order by it.
    pub(crate) fn confirm(&mut self, id: ClOrdId) {
        if id > self.confirmed && self.identities().contains(&id) {
            self.confirmed = id;
        }
    }

    /// Whether this is the identity of an unanswered replace.
    pub(crate) fn is_open_replace(&self, id: ClOrdId) -> bool {
        self.open_requests().iter().any(|r| r.id == id && r.replace.is_some())
    }

    /// The order ended, by the broker's word.
    pub(crate) fn end(&mut self, outcome: OrderState) {
        debug_assert!(outcome.is_final());
        self.outcome.get_or_insert(outcome);
    }

    /// Nobody knows what it is at the broker.
    pub(crate) fn doubt(&mut self) {
        self.unknown = true;
    }

    /// A report told what it is at the broker. The doubt stays while fills are missing.
    pub(crate) fn resolve(&mut self) {
        if !self.misses_fills() {
            self.unknown = false;
            self.warned = false;
        }
    }

    /// What worked on it is gone, and nothing that we did not receive will come any more.
    pub(crate) fn abandon(&mut self) {
        self.reported_qty = self.cum_qty;
        self.end(OrderState::Canceled);
    }

    /// Draws the conclusions after facts changed: filled or not, and what is waited for.
    pub(crate) fn settle(&mut self, now: UnixNanos) {
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
            self.answer_due = now.plus(ANSWER_WITHIN_NS);
        }
    }

    fn awaits_answer(&self) -> bool {
        !self.acknowledged || self.requests_len > 0 || self.misses_fills()
    }

    /// Whether an answer did not come in time.
    pub(crate) fn is_overdue(&self, now: UnixNanos) -> bool {
        self.answer_due <= now
    }

    /// The broker is to be asked about it, as soon as its route allows.
    pub(crate) fn want_answer(&mut self, now: UnixNanos) {
        self.ask_due = now;
        self.ask_again_ns = ASK_AGAIN_FIRST_NS;
    }

    /// Whether it is time to ask.
    pub(crate) fn is_ask_due(&self, now: UnixNanos) -> bool {
        self.ask_due <= now
    }

    /// The broker is being asked by input `seq`, and will be again, after twice as long each time,
    /// until it answers.
    pub(crate) fn asked(&mut self, seq: u64, now: UnixNanos) {
        self.asked_seq = seq;
        self.ask_due = now.plus(self.ask_again_ns);
        self.ask_again_ns = (self.ask_again_ns * 2).min(ASK_AGAIN_MAX_NS);
    }

    /// The question was answered.
    pub(crate) fn answered(&mut self) {
        self.ask_due = NEVER;
    }
}
