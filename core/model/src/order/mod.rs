//! One order: the facts that are known of it, and the state that follows from them.
//!
//! Two stages follow every order: risk, to count it until it is over, and the order manager, to
//! speak with the broker about it. Each holds an [`Order`] of its own and tells it the same things
//! in the same order, so that no report can end an order for the one and not for the other. Hence
//! nothing here may depend on what only one of them knows, such as when a question really went out.
//!
//! The state is never stored. It is derived from what we sent, what the broker acknowledged, how
//! the fills add up and what is still unanswered, so reports may come doubled, late or out of order
//! and the same facts still give the same state. The derivation follows the order state precedence
//! of FIX 4.4, volume 4, appendix D, with one difference: a filled order is `Filled` even while a
//! cancel or a replace that could not make it work again is unanswered.
//!
//! Fills are counted one by one from reports that were not seen before. What the broker says about
//! the sum (`CumQty`) is kept beside it, also by a report that was seen before: a broker that counts more
//! fills than we received leaves the order in doubt until the fills come, or until they are booked from
//! its status ([`Order::missing_fill`]), because positions are the sum of fills and of nothing else.
//!
//! A report whose side or symbol is not the order's says nothing of it but that something is wrong: no
//! fill of it is counted, and the broker is asked what the order is.

mod corrections;
mod facts;
mod reports;
mod request;
mod terms;

pub use reports::{
    ENQUIRE_EVERY_SECONDS, Remark, Remarks, SESSION_END_GRACE_NS, TOO_LATE_TO_CANCEL, is_news,
    is_of, may_be_counted, says_gone, says_working,
};
pub use request::OrderRequest;
pub use terms::{Capabilities, Terms, TermsError, check_terms};

use crate::effect::{
    Emulation, OrderChanged, OrderState, OrderType, OutboundKind, OutboundRecord, TimeInForce,
};
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::input::{ExecType, ExecutionReport, OrdStatus, Route, StatedOrder};
use crate::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

/// Identities that an order is found by: its first, and its newest after that.
pub const IDENTITIES_MAX: usize = 8;
/// Cancels and replaces of one order that may be unanswered at once.
pub const REQUESTS_MAX: usize = 4;
/// How long an order or a request may stay unanswered.
pub const ANSWER_WITHIN_NS: u64 = 5 * NANOS_PER_SECOND;

const ASK_AGAIN_FIRST_NS: u64 = 5 * NANOS_PER_SECOND;
const NEVER: UnixNanos = UnixNanos(u64::MAX);

// Every identity besides the first, the confirmed, the open ones and the one that the newest request
// names can be forgotten.
const _: () = assert!(IDENTITIES_MAX > 3 + REQUESTS_MAX);

/// The input at hand: its place in the stream and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPoint {
    /// See [`Sequenced::seq`](crate::input::Sequenced::seq).
    pub seq: u64,
    /// See [`Sequenced::time`](crate::input::Sequenced::time).
    pub now: UnixNanos,
}

/// A cancel or a replace that is not answered yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Its identity.
    pub id: ClOrdId,
    /// The quantity and price asked for; `None` for a cancel.
    pub replace: Option<(u32, Price)>,
    /// The stop price that a replace asks for; [`Price::NONE`] where there is none.
    pub stop_px: Price,
}

impl Request {
    /// A cancel.
    pub fn cancel(id: ClOrdId) -> Request {
        Request { id, replace: None, stop_px: Price::NONE }
    }

    /// The request that an approved message about an order is.
    pub fn of(request: &OrderRequest) -> Request {
        match request.kind {
            OutboundKind::Replace => Request {
                id: request.cl_ord_id,
                replace: Some((request.qty, request.price)),
                stop_px: request.terms.stop_px,
            },
            _ => Request::cancel(request.cl_ord_id),
        }
    }
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
#[derive(Clone, Copy, Debug, PartialEq)]
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
    terms: Terms,
    qty: u32,
    price: Price,
    cum_qty: u32,
    /// The highest `CumQty` that the broker told.
    reported_qty: u32,
    /// What was paid for its fills: the sum of contracts × price, in price units × contracts.
    paid: i128,
    /// Whether some of its fills have no price here: what is missing has none either then.
    paid_is_unknown: bool,
    /// The mean price of its fills by the broker's last status; [`Price::NONE`] if it gave none.
    reported_px: Price,
    /// Whether a fill of it was taken back: what the broker counted before says nothing since then.
    taken_back: bool,
    /// When it ends by the calendar, if nobody says so before.
    ends_at: UnixNanos,
    /// Whether its broker can be asked: the calendar has no word while it cannot.
    reachable: bool,
    /// How it ended, by the broker's word or because it is filled.
    outcome: Option<OrderState>,
    /// Whether anything showed that the broker received it.
    received: bool,
    /// Whether the broker accepted it.
    acknowledged: bool,
    unknown: bool,
    /// Whether a person was told that the broker's word on it does not fit ours.
    warned: bool,
    /// Unanswered requests in the order they were sent.
    requests: [Request; REQUESTS_MAX],
    requests_len: u8,
    answer_due: UnixNanos,
    ask_due: UnixNanos,
    ask_again_ns: u64,
    /// Whether the broker may have been asked about it, now or before.
    may_have_been_asked: bool,
    /// The input that said last that the session of its route is up; 0 if none did in its life.
    session_seq: u64,
    /// The input that asked the newest question which its broker answered by a status; 0 for none.
    told_seq: u64,
}

impl Order {
    /// A new order, sent at `now`.
    #[inline]
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
            terms: request.terms,
            qty: request.qty,
            price: request.price,
            cum_qty: 0,
            reported_qty: 0,
            paid: 0,
            paid_is_unknown: false,
            reported_px: Price::NONE,
            taken_back: false,
            ends_at: NEVER,
            reachable: true,
            outcome: None,
            received: false,
            acknowledged: false,
            unknown: false,
            warned: false,
            requests: [Request::cancel(ClOrdId::NONE); REQUESTS_MAX],
            requests_len: 0,
            answer_due: now.plus(ANSWER_WITHIN_NS),
            ask_due: NEVER,
            ask_again_ns: ASK_AGAIN_FIRST_NS,
            may_have_been_asked: false,
            session_seq: 0,
            told_seq: 0,
        }
    }

    /// An order that was thought over, or never known, and that the broker says works at `cum_qty`
    /// contracts filled, at the mean price `paid_px`; [`Price::NONE`] where it does not say.
    pub fn found(request: &OrderRequest, cum_qty: u32, paid_px: Price, now: UnixNanos) -> Order {
        let mut order = Order::new(request, now);
        order.acknowledge();
        (order.cum_qty, order.reported_qty, order.answer_due) = (cum_qty, cum_qty, NEVER);
        match paid_px.is_some() {
            true => order.paid = facts::worth(cum_qty, paid_px),
            false => order.paid_is_unknown = cum_qty > 0,
        }
        order
    }

    /// An order that is taken over from what a journal says: it works, or may work, and its broker is asked.
    pub fn taken_over(stated: &StatedOrder, now: UnixNanos) -> Order {
        let mut order = Order::found(&stated.request(), stated.cum_qty, stated.paid_px, now);
        if stated.cl_ord_id > stated.order {
            order.identities[1] = stated.cl_ord_id;
            (order.identities_len, order.confirmed) = (2, stated.cl_ord_id);
        }
        // Its session is not up: the next logon asks about it.
        order.reachable = false;
        order.doubt();
        order
    }

    /// The same, and it ends at the end of the session `ends_at` if it lives for the day at a broker, and
    /// at its date if it has one, unless that is kept by us.
    #[inline]
    pub fn until(mut self, ends_at: Option<UnixNanos>) -> Order {
        let by_us = self.terms.emulation.has(Emulation::UNTIL_DATE);
        let by_session = request::ends_with_session(self.route, self.time_in_force, &self.terms);
        self.ends_at = match self.time_in_force {
            _ if by_session => ends_at.unwrap_or(NEVER),
            TimeInForce::GoodTillDate if !by_us => self.terms.expires,
            _ => NEVER,
        };
        self
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
        if self.is_being_cancelled() {
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

    /// Whether it goes for the day and what is left of it is placed again.
    pub fn is_carried(&self) -> bool {
        self.terms.emulation.has(Emulation::CARRIED)
    }

    /// Whether it ended because its session did: its broker says so, or the calendar of one whose broker was there
    /// and silent.
    pub fn ended_with_its_session(&self) -> bool {
        self.outcome == Some(OrderState::Expired)
    }

    /// Whether it is a stop or a target that rests for a position. A bot sends no other stops, and a person's stop
    /// with a parent is what his order brought along.
    pub fn rests_for_a_position(&self) -> bool {
        let Terms { order_type, emulation, parent, .. } = self.terms;
        let for_another = !self.bot.is_desk() || parent.is_some() && !self.is_carried();
        emulation.has(Emulation::PAIRED) || order_type == OrderType::Stop && for_another
    }

    /// The order that it goes on from, session by session; itself if it goes on from none.
    pub fn origin(&self) -> ClOrdId {
        self.terms.origin(self.first_id())
    }

    /// When it ends by the calendar; `None` where the calendar has no word.
    pub fn ends_at(&self) -> Option<UnixNanos> {
        (self.ends_at != NEVER).then_some(self.ends_at)
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

    /// The newest identity that the broker may know it by: of the last unanswered request, or the
    /// confirmed one.
    pub fn newest_id(&self) -> ClOrdId {
        self.open_requests().last().map_or(self.confirmed, |request| request.id)
    }

    /// Its route.
    pub fn route(&self) -> Route {
        self.route
    }

    /// Its bot.
    pub fn bot(&self) -> BotId {
        self.bot
    }

    /// What it trades.
    pub fn instrument(&self) -> InstrumentId {
        self.instrument
    }

    /// Its account.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Buy or sell.
    pub fn side(&self) -> Side {
        self.side
    }

    /// How long it lives.
    pub fn time_in_force(&self) -> TimeInForce {
        self.time_in_force
    }

    /// What it asks for beyond a limit price, by the last confirmed word.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What its newest message asks for beyond a limit price.
    pub fn newest_terms(&self) -> Terms {
        let asked = self.open_requests().last().map_or(Price::NONE, |request| request.stop_px);
        let stop_px = if asked.is_some() { asked } else { self.terms.stop_px };
        Terms { stop_px, ..self.terms }
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

    /// Contracts that may still fill, should every unanswered replace be granted; of what has ended none is.
    pub fn may_fill(&self) -> u32 {
        if self.has_ended() {
            return self.leaves_qty();
        }
        let asked = self.open_requests().iter().filter_map(|request| request.replace);
        let most = asked.map(|(qty, _)| qty.saturating_sub(self.cum_qty)).max().unwrap_or(0);
        most.max(self.leaves_qty())
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
    pub fn message(&self, kind: OutboundKind) -> OutboundRecord {
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
            ord_status_req_id: 0,
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
    pub fn identities(&self) -> &[ClOrdId] {
        &self.identities[..self.identities_len as usize]
    }

    /// Adds the identity of a request that names it as `named`, and returns the one that had to be
    /// forgotten for it. What a request names is kept: of an order that was thought over and works
    /// all the same it may be all that its cancels, sent again and again, can name.
    pub fn add_identity(&mut self, id: ClOrdId, named: ClOrdId) -> Option<ClOrdId> {
        let len = self.identities_len as usize;
        if len < IDENTITIES_MAX {
            self.identities[len] = id;
            self.identities_len += 1;
            return None;
        }
        let needed = |id: ClOrdId| id == self.confirmed || id == named || self.is_open(id);
        let at = (1..len)
            .find(|at| !needed(self.identities[*at]))
            .expect("there are more identities than are ever needed");
        let forgotten = self.identities[at];
        self.identities.copy_within(at + 1.., at);
        self.identities[len - 1] = id;
        Some(forgotten)
    }

    /// The unanswered requests, oldest first.
    pub fn open_requests(&self) -> &[Request] {
        &self.requests[..self.requests_len as usize]
    }

    /// Whether this is the identity of an unanswered request.
    pub fn is_open(&self, id: ClOrdId) -> bool {
        self.open_requests().iter().any(|r| r.id == id)
    }

    /// Whether the broker counts fills that we have not received.
    pub fn misses_fills(&self) -> bool {
        self.reported_qty > self.cum_qty
    }

    /// The fills that the broker counts and that did not come, as one: contracts, and the price that
    /// brings the mean of all its fills to the one of the broker's status (`AvgPx`), rounded toward
    /// zero. `None` while nothing is missing, the broker gave no mean, or what was paid before is not known.
    pub fn missing_fill(&self) -> Option<(u32, Price)> {
        let qty = self.reported_qty.checked_sub(self.cum_qty).filter(|qty| *qty > 0)?;
        if !self.reported_px.is_some() || self.paid_is_unknown {
            return None;
        }
        let all = i128::from(self.reported_px.0) * i128::from(self.reported_qty);
        let price = Price(i64::try_from((all - self.paid) / i128::from(qty)).ok()?);
        price.is_some().then_some((qty, price))
    }

    /// Whether a report can be of it: its side is the order's, and so is its instrument if it names one.
    /// A broker that does not know the order cannot know its side.
    pub fn agrees_with(&self, report: &ExecutionReport) -> bool {
        let is_unknown = report.exec_type == ExecType::OrderStatus
            && report.ord_status == OrdStatus::Rejected
            && report.cum_qty == 0;
        is_unknown
            || report.side == self.side && report.instrument.is_none_or(|of| of == self.instrument)
    }

    /// Whether the broker said how it ended; fills of it may still be on their way.
    pub fn has_ended(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether its state at the broker is not known: it blocks its bot.
    pub fn is_in_doubt(&self) -> bool {
        self.state() == OrderState::Unknown
    }

    /// Holds what is known of it against itself, after each step.
    ///
    /// # Panics
    /// When it contradicts itself: contracts that are nowhere, something that works of an order that is
    /// over, a doubt that nobody will ever ask about.
    pub fn assert_sound(&self) {
        let Tally { working, filled, cancelled, rejected } = self.tally();
        let sum = [working, filled, cancelled, rejected].into_iter().map(u64::from).sum::<u64>();
        assert!(sum == u64::from(self.qty.max(self.cum_qty)), "each contract is somewhere");
        let is_over = self.is_final();
        assert!(
            !is_over || (working == 0 && self.requests_len == 0),
            "nothing works of what is over"
        );
        assert!(self.outcome.is_some() || cancelled + rejected == 0, "what is not over all works");
        assert!(!self.is_in_doubt() || self.is_watched(), "a doubt is asked about");
        assert!(
            self.identities().contains(&self.confirmed),
            "it is found by what its broker calls it"
        );
    }

    /// Whether a cancel of it is unanswered.
    pub fn is_being_cancelled(&self) -> bool {
        self.open_requests().iter().any(|r| r.replace.is_none())
    }

    /// Whether there is room for one more request: always for a first cancel.
    pub fn can_request(&self, kind: OutboundKind) -> bool {
        let first_cancel = kind == OutboundKind::Cancel && !self.is_being_cancelled();
        first_cancel || (self.requests_len as usize) < REQUESTS_MAX
    }
}

#[cfg(test)]
mod fact_tests;
#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replace_that_is_unanswered_at_the_end_of_an_order_adds_nothing_to_the_fills_that_are_missing()
     {
        let mut order = Order::new(&request(), UnixNanos(0));
        let moment = StreamPoint { seq: 9, now: UnixNanos(1) };
        order.acknowledge();
        let replace = Some((5, request().price));
        let asked = Request { id: ClOrdId(7 << 20), replace, stop_px: Price::NONE };
        assert!(order.request(asked, moment));
        assert_eq!(order.may_fill(), 5);
        order.note_reported(1);
        order.end(OrderState::Canceled);
        assert_eq!((order.may_fill(), order.leaves_qty(), order.is_final()), (1, 1, false));
    }

    fn request() -> OrderRequest {
        OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId(1 << 20),
            orig_cl_ord_id: ClOrdId::NONE,
            bot: BotId(0),
            account: AccountId(0),
            instrument: InstrumentId(0),
            route: Route::BROKER,
            side: Side::Buy,
            qty: 2,
            price: Price(5_000 * 1_000_000_000),
            time_in_force: TimeInForce::Day,
            terms: Terms::LIMIT,
        }
    }

    #[test]
    #[should_panic = "it is found by what its broker calls it"]
    fn an_order_that_contradicts_itself_ends_the_process() {
        let mut order = Order::new(&request(), UnixNanos(0));
        order.assert_sound();
        let moment = StreamPoint { seq: 9, now: UnixNanos(1) };
        assert!(order.request(Request::cancel(ClOrdId(7 << 20)), moment));
        // Its confirmed identity is one that it is not found by.
        order.identities = [ClOrdId::NONE; IDENTITIES_MAX];
        order.assert_sound();
    }
}
