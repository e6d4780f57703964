//! The simulated broker inside the node: orders of the routes [`Route::PAPER`] and [`Route::SHADOW`]
//! fill against the market as the node sees it, by the convention of [`crate::follower`].
//!
//! It sees what the chain sees, in the stream's order: trades by [`PaperGateway::on_trade`] and the
//! top of book by [`PaperGateway::on_view`]. It says nothing at once: reports wait for
//! [`Gateway::poll`], so that each enters the stream as an input of its own. A replay of the journal
//! has those inputs and does not ask the simulator again.
//!
//! It takes what the simulated venue takes, and answers as that does: every kind of order and every life, with the
//! same reports and reasons. An order that arrives while the instrument is not open is rejected; while its data
//! has a gap, the order rests without a known place and nothing fills. When the session closes, orders for the day
//! expire; with their contract's last trading time all do. A new run starts without orders.
//!
//! [`Route::PAPER`]: gauntlet_model::input::Route::PAPER
//! [`Route::SHADOW`]: gauntlet_model::input::Route::SHADOW

mod market;
mod orders;
mod terms;
#[cfg(test)]
mod tests;

use crate::fees::ContractFees;
use crate::follower::FollowedOrder;
use crate::latency::Latency;
use crate::market::{OrderEvent, OrderKind, Refusal, TimeInForce};
use crate::refusals::{
    cxl_rej_reason, cxl_rej_reason_of, ord_rej_reason, ord_rej_reason_of, words,
};
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::{Draft, Outbound};
use gauntlet_model::effect::{Enquiry, OutboundKind, OutboundRecord};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{
    ExecType, Input, InstrumentDefinition, Listing, OrdStatus, TradingState,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::Capabilities;
use gauntlet_model::units::{Price, Side, UnixNanos};
use market::PaperMarket;
use orders::PaperOrders;
use std::collections::VecDeque;
pub use terms::PaperTerms;

/// Requests that may be on their way at a time.
const PENDING_MAX: usize = 1_024;
/// Why an order or a replacement for no contracts is refused.
const NO_CONTRACTS: &str = "quantity is not a positive number of contracts";
/// What a report says of an order that met liquidity which could not be taken.
const LEVELS_FULL: &str = "too many levels taken from: no fill";

/// The simulated broker. See the module's documentation.
pub struct PaperGateway {
    markets: Vec<Option<PaperMarket>>,
    desk: PaperOrders,
    terms: PaperTerms,
    delays: Latency,
    /// What is on its way to the matching, with when it gets there.
    pending: VecDeque<(UnixNanos, Outbound)>,
    closed: bool,
}

impl Default for PaperGateway {
    fn default() -> PaperGateway {
        PaperGateway::new()
    }
}

impl PaperGateway {
    /// A broker without instruments or orders.
    pub fn new() -> PaperGateway {
        PaperGateway::with_terms(PaperTerms::default())
    }

    /// The same under terms of its own. Without latency it answers what it is asked at once.
    pub fn with_terms(terms: PaperTerms) -> PaperGateway {
        let markets = (0..INSTRUMENTS_MAX).map(|_| None).collect();
        let (desk, delays) = (PaperOrders::new(), Latency::new(terms.latency.clone(), 3));
        let pending = VecDeque::with_capacity(PENDING_MAX);
        PaperGateway { markets, desk, terms, delays, pending, closed: false }
    }

    /// What the fills in an instrument have cost since the run began.
    pub fn charged(&self, instrument: InstrumentId) -> ContractFees {
        self.desk.charged(instrument)
    }

    /// What all fills have cost since the run began.
    pub fn charged_in_all(&self) -> ContractFees {
        let each = (0..INSTRUMENTS_MAX as u16).map(|at| self.charged(InstrumentId(at)));
        each.fold(ContractFees::default(), ContractFees::plus)
    }

    /// A second of the stream's time has begun: what has arrived by it is carried out, and what ends by it ends.
    pub fn on_time(&mut self, time: UnixNanos) {
        self.arrive(time);
        self.desk.set_time(time);
        let PaperGateway { markets, desk, .. } = self;
        for market in markets.iter_mut().flatten() {
            market.on_time(time, &mut |event| desk.report_event(event));
        }
    }

    fn arrive(&mut self, time: UnixNanos) {
        while let Some((at, asked)) = self.pending.front().copied().filter(|(at, _)| *at <= time) {
            self.pending.pop_front();
            self.desk.set_time(at);
            self.carry_out(&asked);
        }
    }

    fn carry_out(&mut self, asked: &Outbound) {
        let record = asked.record();
        match record.kind {
            OutboundKind::New => self.new_order(asked),
            OutboundKind::Cancel => self.cancel(record),
            OutboundKind::Replace => self.replace(asked),
            OutboundKind::StatusRequest => self.desk.answer_status(record),
        }
    }

    /// A run begins: orders of the one before are gone, and identities are of this run.
    pub fn start_run(&mut self, epoch: u64, run: u32) {
        self.desk.start_run(epoch, run);
        self.pending.clear();
        for market in self.markets.iter_mut().flatten() {
            market.follower.expire_all(&mut |_| {});
        }
    }

    /// Learns of an instrument, or of its new definition. One without a tick takes no orders.
    pub fn define_instrument(&mut self, definition: &InstrumentDefinition) {
        let Some(place) = self.markets.get_mut(definition.instrument.0 as usize) else { return };
        let fees = self.terms.fees.of_symbol(definition.symbol.as_str());
        self.desk.set_fees(definition.instrument, fees);
        let InstrumentDefinition { symbol, tick, .. } = *definition;
        match place {
            Some(market) if (market.tick, market.symbol) == (tick, symbol) => {}
            _ => {
                if let Some(market) = place {
                    market.follower.expire_all(&mut |event| self.desk.report_event(event));
                }
                *place = Some(PaperMarket::new(symbol, tick, &self.terms));
            }
        }
    }

    /// The exchange says when an instrument trades last.
    pub fn on_listing(&mut self, listing: &Listing) {
        let market = self.markets.get_mut(usize::from(listing.instrument.0));
        if let Some(Some(market)) = market.filter(|_| listing.expiration != UnixNanos(0)) {
            (market.ends, market.has_ended) = (Some(listing.expiration), false);
        }
    }

    /// The market of an instrument changed, at this time of the stream.
    pub fn on_view(&mut self, view: &MarketView, time: UnixNanos) {
        // What arrived before it met the market as it was before it.
        self.arrive(time);
        self.desk.set_time(time);
        let Some(market) = self.markets.get_mut(view.instrument.0 as usize) else { return };
        let Some(market) = market else { return };
        let (desk, was_closed) = (&mut self.desk, market.state == TradingState::Closed);
        market.top = view.top;
        market.state = view.state;
        market.sound = !view.gapped && !view.book_full && !view.top.is_crossed_or_locked();
        market.follower.set_time(time);
        if market.state == TradingState::Closed {
            market.met = None;
            if !was_closed {
                market.follower.end_session(&mut |event| desk.report_event(event));
            }
        } else if view.gapped || view.book_full || market.state != TradingState::Open {
            // What is shown after it is another book.
            market.met = None;
            market.follower.forget_taken();
        } else if market.sound {
            market.follower.set_last(view.last);
            market.meet(false, &mut |event| desk.report_event(event));
        }
    }

    /// A trade printed, at this time of the stream; `side` is the aggressor's. The view after it
    /// follows.
    pub fn on_trade(
        &mut self,
        instrument: InstrumentId,
        price: Price,
        size: u32,
        side: Option<Side>,
        time: UnixNanos,
    ) {
        self.arrive(time);
        self.desk.set_time(time);
        let Some(Some(market)) = self.markets.get_mut(instrument.0 as usize) else { return };
        if market.fills() && market.follower.needs_book() {
            let desk = &mut self.desk;
            market.follower.on_trade(price, size, side, &mut |event| desk.report_event(event));
        }
    }

    /// Times that an order met a level and could not take from it because the table of levels that
    /// orders took from was full; each is said in the order's last report as well.
    pub fn levels_refused(&self) -> u64 {
        self.markets.iter().flatten().map(|market| market.follower.levels_refused()).sum()
    }

    /// Whether no report waits to be polled.
    pub fn is_idle(&self) -> bool {
        self.desk.is_quiet()
    }

    fn new_order(&mut self, outbound: &Outbound) {
        let (desk, asked) = (&mut self.desk, outbound.record());
        if desk.find(asked.cl_ord_id).is_some() {
            return desk.reject(asked, ord_rej_reason::DUPLICATE_ORDER, "duplicate ClOrdID");
        }
        let kind = OrderKind::of(outbound.order_type(), outbound.terms().stop_px);
        let Some(slot) = desk.open(asked, kind) else {
            let text = "too many working orders";
            return desk.reject(asked, ord_rej_reason::EXCHANGE_OPTION, text);
        };
        let market = self.markets.get_mut(asked.instrument.0 as usize).and_then(Option::as_mut);
        let refused = match market {
            None => Some((ord_rej_reason::UNKNOWN_SYMBOL, "unknown symbol")),
            Some(_) if asked.qty == 0 => Some((ord_rej_reason::INCORRECT_QUANTITY, NO_CONTRACTS)),
            Some(market) => {
                let done = market.check_open().and_then(|()| {
                    let life = TimeInForce::of(outbound.life(), outbound.terms().expires);
                    enter(market, desk, slot, (asked, kind, life))
                });
                done.err().map(|refusal| (ord_rej_reason_of(refusal), words(refusal)))
            }
        };
        if let Some((reason, text)) = refused {
            desk.end(slot, OrdStatus::Rejected);
            desk.report_rejection(slot, reason, text);
        }
    }

    fn cancel(&mut self, asked: &OutboundRecord) {
        let desk = &mut self.desk;
        let Some(slot) = desk.find_working(asked) else { return };
        let order = *desk.order(slot);
        let market = self.markets.get_mut(order.instrument.0 as usize);
        if let Some(Some(market)) = market {
            // The desk holds an order for working exactly as long as the follower does.
            let gone = market.follower.cancel(desk.order_id(slot));
            debug_assert!(gone.is_ok());
        }
        desk.rename(slot, asked.cl_ord_id);
        desk.end(slot, OrdStatus::Canceled);
        desk.report_change(slot, ExecType::Canceled, asked.orig_cl_ord_id);
    }

    fn replace(&mut self, outbound: &Outbound) {
        let (desk, asked) = (&mut self.desk, outbound.record());
        let Some(slot) = desk.find_working(asked) else { return };
        let before = *desk.order(slot);
        let Some(Some(market)) = self.markets.get_mut(before.instrument.0 as usize) else { return };
        if let Err(refusal) = market.check_open() {
            let (reason, text) = (cxl_rej_reason_of(refusal), words(refusal));
            return desk.refuse(asked, reason, before.status(), text);
        }
        if asked.qty == 0 {
            return desk.refuse(asked, cxl_rej_reason::OTHER, before.status(), NO_CONTRACTS);
        }
        let change = before.change(asked.qty, asked.price, outbound.terms().stop_px);
        let shown = market.shown();
        desk.change(slot, &change);
        desk.rename(slot, asked.cl_ord_id);
        desk.report_change(slot, ExecType::Replaced, asked.orig_cl_ord_id);
        let id = desk.order_id(slot);
        let mut out = |event: OrderEvent| desk.report_event(event);
        let done = market.follower.replace(id, &change, &shown, &mut out);
        if let Err(refusal) = done {
            desk.unsay();
            desk.restore(slot, &before, asked.cl_ord_id);
            let (reason, text) = (cxl_rej_reason_of(refusal), words(refusal));
            desk.refuse(asked, reason, before.status(), text);
        }
    }
}

/// Acknowledges an order and lets it meet its market; takes the word back when the market refuses it.
fn enter(
    market: &mut PaperMarket,
    desk: &mut PaperOrders,
    slot: u16,
    (asked, kind, time_in_force): (&OutboundRecord, OrderKind, TimeInForce),
) -> Result<(), Refusal> {
    let OutboundRecord { side, qty, price, .. } = *asked;
    let order = FollowedOrder { id: desk.order_id(slot), side, qty, kind, price, time_in_force };
    let shown = market.shown();
    desk.report(slot, ExecType::New);
    let refused = market.follower.levels_refused();
    market.follower.set_time(desk.time());
    let done = market.follower.submit(&order, &shown, &mut |event| desk.report_event(event));
    if market.follower.levels_refused() > refused {
        desk.remark(LEVELS_FULL);
    }
    if done.is_err() {
        desk.unsay();
    }
    done
}

impl Gateway for PaperGateway {
    fn send(&mut self, outbound: &Outbound, now: UnixNanos, _: &mut dyn FnMut(GatewayEvent)) {
        let asked = outbound.record();
        assert!(asked.route.is_simulated(), "what a broker gets never comes to the simulator");
        self.desk.set_time_if_none(now);
        let now = self.desk.time();
        let arrives = self.delays.arrival(now);
        // Beyond its bound nothing waits: it is better early than lost.
        if arrives <= now || self.pending.len() >= PENDING_MAX {
            self.carry_out(outbound);
        } else {
            self.pending.push_back((arrives, *outbound));
        }
    }

    /// What it holds is what the journal says: there is nothing to compare.
    fn enquire(&mut self, _: &Enquiry, _: UnixNanos, _: &mut dyn FnMut(GatewayEvent)) {}

    fn poll(&mut self, _: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        let mut said = 0;
        while let Some(input) = self.desk.next_report() {
            sink(GatewayEvent::Input(input));
            said += 1;
        }
        said
    }

    fn close(&mut self, _: UnixNanos, _: &mut dyn FnMut(GatewayEvent)) {
        self.closed = true;
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::ALL
    }

    fn define(&mut self, input: &Input) {
        match input {
            Input::Instrument(definition) => self.define_instrument(definition),
            Input::Listing(listing) => self.on_listing(listing),
            _ => {}
        }
    }

    /// Nothing is encoded for it.
    fn draft(&mut self, _: &Draft, _: UnixNanos) -> Option<usize> {
        None
    }

    /// It writes nothing.
    fn last_write_started(&self) -> u64 {
        0
    }

    /// It reads nothing.
    fn last_read_finished(&self) -> u64 {
        0
    }
}
