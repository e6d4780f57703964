//! The order manager: the third stage of the chain and the only maker of messages for gateways.
//!
//! It enters every approved order in its table, follows what the broker says about it, and notices
//! when the broker says nothing. Three rules govern it:
//!
//! - **Fills are facts.** A fill that was not seen before is counted whatever the state of its
//!   order, also when it is late or too large. Besides fills only a
//!   [correction](gauntlet_model::input::Correction) moves a filled quantity: one that the broker's
//!   status counts and no report told, a bust, or a person's.
//! - **Doubt is a state.** An order whose state at the broker is not known for sure (no answer in
//!   time, the session went down, a restart, fills that the broker counts and we did not receive)
//!   is `Unknown`, and is asked about until the broker answers. It is never sent again.
//! - **Final is final.** An order never leaves a final state. Late fills still count. If its broker
//!   says that it works all the same, a person is told, and a cancel of it still goes out.
//!
//! What a report makes of an order is the [`Order`]'s own matter, which risk holds one of too: the
//! two stages cannot come to see an order differently.
//!
//! When a session logs on, every live order of its route is asked about (FIX `H`), at most
//! [`ASKS_PER_INPUT`] an input and the rest on the next timers. Every question has an identity of
//! its own, since an answer proves nothing about what was sent after its question. An order of [`Route::PAPER`] or
//! [`Route::SHADOW`] does not outlive the process that simulates it: the start of a run cancels it.
//!
//! [`Route::PAPER`]: gauntlet_model::input::Route::PAPER
//! [`Route::SHADOW`]: gauntlet_model::input::Route::SHADOW

mod adoption;
mod corrections;
mod rates;
mod reconciling;
mod recovery;
mod reports;
mod sessions;
mod table;

#[cfg(test)]
mod adoption_tests;
#[cfg(test)]
mod case_tests;
#[cfg(test)]
mod convention_tests;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod lifecycle_tests;
#[cfg(test)]
pub(crate) mod naive_broker;
#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod terms_tests;
#[cfg(test)]
mod waiting_tests;
#[cfg(test)]
mod wire_tests;

pub use adoption::ADOPTED_MAX;
pub use recovery::ASKS_PER_INPUT;
pub use table::{FINISHED_MAX, LIVE_MAX};

use gauntlet_engine::message::{Arrival, ToOrders};
use gauntlet_engine::risk::WORKING_MAX;
use gauntlet_model::desk::Desks;
use gauntlet_model::effect::{
    Alert, AlertKind, Effect, Emulation, OrderAdopted, OrderChanged, OrderState, OrderTerms,
    OrderType, OutboundKind, OutboundRecord, TimeInForce,
};
use gauntlet_model::foreign::ForeignOrders;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, OrdStatus, RouteTable, Scope, SessionChange};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::order::{Order, Request, StreamPoint, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};
use rates::Rates;
use sessions::Sessions;
use std::ops::Deref;
use table::{SlotId, Table};

// Risk counts every live order until it is over by the same rules, so whatever it approves has room.
const _: () = assert!(WORKING_MAX <= LIVE_MAX);

/// An order message as its gateway would write it. No gateway sends one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draft {
    record: OutboundRecord,
    terms: Terms,
}

/// A message that a gateway may send. Only the order manager makes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outbound(Draft);

impl Deref for Outbound {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.0
    }
}

impl Draft {
    /// One that nobody asked for: to see what a gateway would write.
    pub fn new(record: OutboundRecord, terms: Terms) -> Draft {
        Draft { record, terms }
    }

    /// What is to be sent.
    pub fn record(&self) -> &OutboundRecord {
        &self.record
    }

    /// What it asks for beyond a limit price.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The type that it goes as: what its route does not take is sent as what stands for it.
    pub fn order_type(&self) -> OrderType {
        let Terms { order_type, emulation, .. } = self.terms;
        let as_limit = emulation.has(Emulation::AT_COLLAR) || emulation.has(Emulation::AT_BEST);
        match order_type {
            _ if as_limit => OrderType::Limit,
            OrderType::Stop if emulation.has(Emulation::HELD) => OrderType::Market,
            OrderType::StopLimit if emulation.has(Emulation::HELD) => OrderType::Limit,
            order_type => order_type,
        }
    }

    /// How long it lives by itself: a date that is kept here is none to its route.
    pub fn life(&self) -> TimeInForce {
        match self.record.time_in_force {
            _ if self.terms.emulation.has(Emulation::CARRIED) => TimeInForce::Day,
            TimeInForce::GoodTillDate if self.terms.emulation.has(Emulation::UNTIL_DATE) => {
                TimeInForce::GoodTillCancel
            }
            life => life,
        }
    }
}

impl Outbound {
    /// Makes one without the order manager. Only tests of gateways may enable the feature.
    #[cfg(any(test, feature = "unchecked-approval"))]
    pub fn unchecked(record: OutboundRecord) -> Outbound {
        Outbound(Draft { record, terms: Terms::LIMIT })
    }

    /// The same with these terms.
    #[cfg(any(test, feature = "unchecked-approval"))]
    #[must_use]
    pub fn with(self, terms: Terms) -> Outbound {
        Outbound(Draft { terms, ..self.0 })
    }
}

/// From the order manager to the owner of the chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FromOrders<'a> {
    /// An input, forwarded.
    Input(Arrival<'a>),
    /// The market of an instrument changed, forwarded.
    Market(MarketView),
    /// An effect for the journal.
    Effect(Effect),
    /// A message for the gateway of its route. The effect that describes it came just before.
    Send(Outbound),
}

#[cfg(test)]
impl FromOrders<'_> {
    /// The same with an input that is never freed, for tests that look at it later.
    pub(crate) fn kept(self) -> FromOrders<'static> {
        match self {
            FromOrders::Input(arrival) => FromOrders::Input(arrival.kept()),
            FromOrders::Market(view) => FromOrders::Market(view),
            FromOrders::Effect(effect) => FromOrders::Effect(effect),
            FromOrders::Send(outbound) => FromOrders::Send(outbound),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct OrderManager {
    table: Table,
    /// By route: whether its session is up, so that asking makes sense.
    up: RouteTable<bool>,
    /// The order asked about last, so that every order gets its turn.
    asked_last: ClOrdId,
    /// By route: questions about everything that are not answered yet.
    enquiries: RouteTable<u32>,
    /// What was sent within the last second.
    rates: Rates,
    /// When orders for the day end.
    sessions: Sessions,
    /// Whose a person's orders are, what brokers tell of orders that are none of ours, and how they call those
    /// that were taken over.
    desks: Desks,
    foreign: ForeignOrders,
    adopted: Vec<OrderAdopted>,
    /// Of the input at hand.
    seq: u64,
    now: UnixNanos,
}

impl Default for OrderManager {
    fn default() -> Self {
        OrderManager::new()
    }
}

impl OrderManager {
    /// One that knows no orders. All memory is taken here.
    pub fn new() -> OrderManager {
        OrderManager {
            table: Table::new(),
            up: recovery::up_at_start(),
            asked_last: ClOrdId::NONE,
            enquiries: RouteTable::from_fn(|_| 0),
            rates: Rates::new(),
            sessions: Sessions::new(),
            desks: Desks::new(),
            foreign: ForeignOrders::new(),
            adopted: Vec::with_capacity(ADOPTED_MAX),
            seq: 0,
            now: UnixNanos(0),
        }
    }

    /// Takes one message from risk and hands on what follows from it, in order.
    pub fn on(&mut self, msg: &ToOrders, out: &mut impl FnMut(FromOrders)) {
        match msg {
            ToOrders::Input(arrival) => {
                out(FromOrders::Input(*arrival));
                self.on_input(arrival, out);
            }
            ToOrders::Effect(effect) => {
                out(FromOrders::Effect(*effect));
                self.on_effect(effect, out);
            }
            ToOrders::Market(view) => out(FromOrders::Market(*view)),
            ToOrders::Approved(approved) => self.on_approved(approved.get(), out),
        }
    }

    /// The live orders in order of creation.
    pub fn live(&self) -> impl Iterator<Item = &Order> {
        self.table.live()
    }

    /// How many orders are live.
    pub fn live_len(&self) -> usize {
        self.table.live_len()
    }

    /// How many of them are to outlive sessions and our own runs: good till cancelled or until a date, at a
    /// broker.
    pub fn staying_len(&self) -> usize {
        self.table.staying_len()
    }

    /// Whether an answer of any broker is on its way, as far as one can tell: a question about everything, an
    /// order or a request that is not answered, and not in doubt yet.
    pub fn awaits_a_broker(&self) -> bool {
        self.enquiries.iter().any(|(_, asked)| *asked > 0)
            || self.live().any(|order| order.route().is_broker() && awaits(order))
    }

    /// As [`OrderManager::awaits_a_broker`], simulators included.
    pub fn awaits_anybody(&self) -> bool {
        self.awaits_a_broker() || self.live().any(awaits)
    }

    /// The order known by any of its identities, if it is live or was not long ago.
    pub fn find(&self, id: ClOrdId) -> Option<&Order> {
        self.table.find(id).map(|slot| self.table.order(slot))
    }

    fn on_input(&mut self, arrival: &Arrival, out: &mut impl FnMut(FromOrders)) {
        self.seq = arrival.sequenced.seq;
        self.now = arrival.sequenced.time;
        match &arrival.sequenced.input {
            Input::Execution(report) => self.on_execution(report, arrival, out),
            Input::Correction(correction) => self.on_correction(correction, arrival.owned, out),
            Input::Unusable(report) => self.on_unusable(report, out),
            Input::BrokerOrder(line) => {
                self.note_foreign(&arrival.sequenced.input);
                self.on_broker_order(line, arrival, out);
            }
            Input::ForeignOrder(_) => self.note_foreign(&arrival.sequenced.input),
            Input::Ticket(_) => self.desks.on_input(&arrival.sequenced.input),
            Input::Adoption(adoption) => self.on_adoption(adoption, arrival.owned, out),
            Input::Stated(stated) => self.on_stated(stated, out),
            Input::StatedOrder(stated) => self.on_stated_order(stated, out),
            Input::Instrument(definition) => self.sessions.define(definition),
            Input::CalendarDay(day) => self.sessions.change_day(day),
            Input::Account(definition) => self.rates.define(definition),
            Input::CancelReject(reject) => self.on_cancel_reject(reject, out),
            Input::Session(event) => match event.change {
                SessionChange::LoggedOn => self.on_logged_on(event.route, out),
                SessionChange::LoggedOut | SessionChange::Disconnected => {
                    self.on_route_down(event.route, out);
                }
                SessionChange::MessageRejected => self.on_message_rejected(event, out),
            },
            Input::Timer(timer) => self.on_timer(timer.second, out),
            Input::RunStart(_) => {
                self.sessions.begin();
                self.on_run_start(out);
                self.tell_names(out);
            }
            _ => {}
        }
    }

    /// What the newest order would be sent as, for nobody, and the place of the next one is asked for: what keeps
    /// the way of an order near the processor. `None` before the first.
    pub fn draft_newest(&self) -> Option<Draft> {
        self.table.look_ahead();
        let newest = self.table.newest()?;
        Some(Draft { record: newest.message(OutboundKind::New), terms: newest.newest_terms() })
    }

    fn on_approved(&mut self, request: &OrderRequest, out: &mut impl FnMut(FromOrders)) {
        self.rates.record(request.account, request.route, self.now);
        if self.table.find(request.cl_ord_id).is_some() {
            let text = "an order identity was used twice; not sent";
            return self.refuse(AlertKind::UnexpectedReport, request, text, out);
        }
        match request.kind {
            OutboundKind::New => self.enter(request, out),
            OutboundKind::Cancel | OutboundKind::Replace => self.request(request, out),
            OutboundKind::StatusRequest => {
                let text = "questions are asked by the order manager; not sent";
                self.refuse(AlertKind::UnexpectedReport, request, text, out);
            }
        }
    }

    /// A new order: into the table, and out.
    fn enter(&mut self, request: &OrderRequest, out: &mut impl FnMut(FromOrders)) {
        let ends_at = request
            .ends_with_session()
            .then(|| self.sessions.end_of(request.instrument, self.now))
            .flatten();
        let order = Order::new(request, self.now).until(ends_at);
        if self.table.insert(order).is_none() {
            let change = OrderChanged {
                state: OrderState::Rejected,
                leaves_qty: 0,
                ..order.change(0, Price::NONE)
            };
            out(FromOrders::Effect(Effect::Order(change)));
            return self.refuse(AlertKind::TableFull, request, "too many live orders", out);
        }
        out(FromOrders::Effect(Effect::Order(order.change(0, Price::NONE))));
        send_about(&order, OutboundKind::New, out);
    }

    /// A cancel or a replace of an order.
    fn request(&mut self, request: &OrderRequest, out: &mut impl FnMut(FromOrders)) {
        let text = "request about an order that is not live; not sent";
        let Some(slot) = self.table.find(request.orig_cl_ord_id) else {
            return match request.kind {
                OutboundKind::Cancel => cancel_of_unknown(request, out),
                _ => self.refuse(AlertKind::UnknownOrder, request, text, out),
            };
        };
        if self.table.order(slot).is_final() {
            return match request.kind {
                OutboundKind::Cancel => self.cancel_after_end(slot, request, out),
                _ => self.refuse(AlertKind::UnknownOrder, request, text, out),
            };
        }
        let mut opened = false;
        self.update(slot, None, out, |order, moment| {
            opened = order.request(Request::of(request), moment);
        });
        if !opened {
            let text = "too many unanswered requests for the order; not sent";
            return self.refuse(AlertKind::TableFull, request, text, out);
        }
        self.table.chain(slot, request.cl_ord_id, request.orig_cl_ord_id);
        send_about(self.table.order(slot), request.kind, out);
    }

    /// A cancel of an order that ended: risk asks for one if the broker says that it works after
    /// all, and names it as the broker does. It can only help.
    fn cancel_after_end(
        &mut self,
        slot: SlotId,
        request: &OrderRequest,
        out: &mut impl FnMut(FromOrders),
    ) {
        let OrderRequest { cl_ord_id, orig_cl_ord_id, .. } = *request;
        let message = self.table.order(slot).message(OutboundKind::Cancel);
        self.table.chain(slot, cl_ord_id, orig_cl_ord_id);
        send(OutboundRecord { cl_ord_id, orig_cl_ord_id, ..message }, out);
    }

    /// Changes an order and tells what changed: the only way from a report to an order.
    fn update(
        &mut self,
        slot: SlotId,
        fill: Option<(u32, Price)>,
        out: &mut impl FnMut(FromOrders),
        change: impl FnOnce(&mut Order, StreamPoint),
    ) {
        self.change(slot, fill.unwrap_or((0, Price::NONE)), false, out, change);
    }

    /// As [`OrderManager::update`]; only where it `takes_back` a fill may a filled quantity be less after
    /// it.
    fn change(
        &mut self,
        slot: SlotId,
        (last_qty, last_px): (u32, Price),
        takes_back: bool,
        out: &mut impl FnMut(FromOrders),
        change: impl FnOnce(&mut Order, StreamPoint),
    ) {
        let moment = StreamPoint { seq: self.seq, now: self.now };
        let order = self.table.order_mut(slot);
        let was_final = order.is_final();
        let before = order.change(0, Price::NONE);
        change(order, moment);
        let after = order.change(0, Price::NONE);

        order.assert_sound();
        assert!(!was_final || after.state == before.state, "an order never leaves a final state");
        let kept = after.cum_qty >= before.cum_qty;
        assert!(kept || takes_back, "a filled quantity never moves back by itself");

        if after != before || last_qty > 0 {
            out(FromOrders::Effect(Effect::Order(order.change(last_qty, last_px))));
        }
        if !was_final && order.is_final() {
            self.table.finish(slot);
        }
    }

    /// Tells a person about an order.
    fn alert(
        &self,
        kind: AlertKind,
        slot: SlotId,
        ord_status: Option<OrdStatus>,
        text: &str,
        out: &mut impl FnMut(FromOrders),
    ) {
        let order = self.table.order(slot);
        let (scope, cl_ord_id) = (Scope::Bot(order.bot()), order.first_id());
        emit_alert(Alert { kind, scope, cl_ord_id, ord_status, text: Text::new(text) }, out);
    }

    /// Tells a person that an approved request is not sent.
    fn refuse(
        &self,
        kind: AlertKind,
        request: &OrderRequest,
        text: &str,
        out: &mut impl FnMut(FromOrders),
    ) {
        let (scope, cl_ord_id) = (Scope::Bot(request.bot), request.cl_ord_id);
        emit_alert(Alert { kind, scope, cl_ord_id, ord_status: None, text: Text::new(text) }, out);
    }
}

/// Whether an answer about an order is on its way.
fn awaits(order: &Order) -> bool {
    order.awaits_answer() && !order.is_in_doubt()
}

fn emit_alert(alert: Alert, out: &mut impl FnMut(FromOrders)) {
    out(FromOrders::Effect(Effect::Alert(alert)));
}

/// Sends a message about an order. Terms that the record cannot tell are told before it.
fn send_about(order: &Order, kind: OutboundKind, out: &mut impl FnMut(FromOrders)) {
    let record = order.message(kind);
    if matches!(kind, OutboundKind::New | OutboundKind::Replace) {
        tell_terms(order, record.cl_ord_id, out);
    }
    send_with(record, order.newest_terms(), out);
}

/// Tells the terms of an order that no record of a message tells.
fn tell_terms(order: &Order, cl_ord_id: ClOrdId, out: &mut impl FnMut(FromOrders)) {
    let (terms, time_in_force) = (order.newest_terms(), order.time_in_force());
    if terms.are_plain(time_in_force) {
        return;
    }
    let (order, Terms { order_type, stop_px, expires, emulation, parent }) =
        (order.first_id(), terms);
    out(FromOrders::Effect(Effect::Terms(OrderTerms {
        order,
        cl_ord_id,
        order_type,
        time_in_force,
        stop_px,
        expires,
        emulation,
        parent,
    })));
}

/// Sends a cancel or a question, which ask for no terms.
fn send(record: OutboundRecord, out: &mut impl FnMut(FromOrders)) {
    send_with(record, Terms::LIMIT, out);
}

fn send_with(record: OutboundRecord, terms: Terms, out: &mut impl FnMut(FromOrders)) {
    out(FromOrders::Effect(Effect::Outbound(record)));
    out(FromOrders::Send(Outbound(Draft { record, terms })));
}

/// A cancel of an order that is not in the table: it was lost with its machine, or forgotten since. Risk
/// asks for one where the broker says that it works, and only risk counts it; the cancel names it as the
/// broker does and can only help.
fn cancel_of_unknown(request: &OrderRequest, out: &mut impl FnMut(FromOrders)) {
    send(
        OutboundRecord {
            route: request.route,
            kind: OutboundKind::Cancel,
            cl_ord_id: request.cl_ord_id,
            orig_cl_ord_id: request.orig_cl_ord_id,
            ord_status_req_id: 0,
            bot: request.bot,
            account: request.account,
            instrument: request.instrument,
            side: request.side,
            qty: request.qty,
            price: request.price,
            time_in_force: request.time_in_force,
        },
        out,
    );
}
