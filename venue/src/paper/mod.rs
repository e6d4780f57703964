//! The simulated broker inside the node: orders of the routes [`Route::PAPER`] and [`Route::SHADOW`]
//! fill against the market as the node sees it, by the convention of [`crate::follower`].
//!
//! It sees what the chain sees, in the stream's order: trades by [`PaperGateway::on_trade`] and the
//! top of book by [`PaperGateway::on_view`]. It says nothing at once: reports wait for
//! [`Gateway::poll`], so that each enters the stream as an input of its own. A replay of the journal
//! has those inputs and does not ask the simulator again.
//!
//! An order that arrives while the instrument is not open is rejected; while its data has a gap, the
//! order rests without a known place and nothing fills. When the session closes, orders expire. A new
//! run starts without orders.
//!
//! [`Route::PAPER`]: gauntlet_model::input::Route::PAPER
//! [`Route::SHADOW`]: gauntlet_model::input::Route::SHADOW

mod orders;
#[cfg(test)]
mod tests;

use crate::fees::{ContractFees, FeeSchedule};
use crate::follower::{FollowedOrder, Follower, QueueModel};
use crate::latency::{Latency, LatencyModel};
use crate::market::{OrderEvent, Refusal};
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::effect::{OutboundKind, OutboundRecord};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{
    ExecType, Input, InstrumentDefinition, OrdStatus, TopOfBook, TradingState,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::{Price, Side, UnixNanos};
use orders::PaperOrders;
use std::collections::VecDeque;

/// Orders that work in one instrument, at most.
const WORKING_MAX: usize = 1_024;

/// Reasons of a rejected order (FIX 4.4, tag 103).
mod reject {
    pub const UNKNOWN_SYMBOL: u16 = 1;
    pub const EXCHANGE_CLOSED: u16 = 2;
    pub const DUPLICATE_ORDER: u16 = 6;
    pub const INCORRECT_QUANTITY: u16 = 13;
    pub const OTHER: u16 = 99;
}

/// Reasons of a refused cancel or replace (FIX 4.4, tag 102).
mod cancel_reject {
    pub const TOO_LATE: u16 = 0;
    pub const UNKNOWN_ORDER: u16 = 1;
    pub const BROKER_OPTION: u16 = 2;
    pub const DUPLICATE_CL_ORD_ID: u16 = 6;
}

/// Requests that may be on their way at a time.
const PENDING_MAX: usize = 1_024;
/// What a report says of an order that met liquidity which could not be taken.
const LEVELS_FULL: &str = "too many levels taken from: no fill";

struct PaperMarket {
    follower: Follower,
    tick: Price,
    top: TopOfBook,
    state: TradingState,
    /// Whether the view can be relied on.
    sound: bool,
}

impl PaperMarket {
    /// The book that orders meet: nothing while the view cannot be relied on.
    fn shown(&self) -> TopOfBook {
        if self.sound { self.top } else { TopOfBook::EMPTY }
    }

    fn fills(&self) -> bool {
        self.sound && self.state == TradingState::Open
    }
}

/// The simulated broker. See the module's documentation.
pub struct PaperGateway {
    markets: Vec<Option<PaperMarket>>,
    desk: PaperOrders,
    terms: PaperTerms,
    delays: Latency,
    /// What is on its way to the matching, with when it gets there.
    pending: VecDeque<(UnixNanos, OutboundRecord)>,
    closed: bool,
}

/// How the simulated broker fills and what that costs.
#[derive(Clone, Debug, Default)]
pub struct PaperTerms {
    /// Where an order stands in the queues that are shown.
    pub queue: QueueModel,
    /// How long what is asked for takes, there and back, in the stream's time.
    pub latency: LatencyModel,
    /// What fills cost; see [`PaperGateway::charged`].
    pub fees: FeeSchedule,
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

    /// The stream's time: what has arrived by it is carried out.
    pub fn on_time(&mut self, time: UnixNanos) {
        while let Some((at, asked)) = self.pending.front().copied().filter(|(at, _)| *at <= time) {
            self.pending.pop_front();
            self.desk.set_time(at);
            self.carry_out(&asked);
        }
    }

    fn carry_out(&mut self, asked: &OutboundRecord) {
        match asked.kind {
            OutboundKind::New => self.new_order(asked),
            OutboundKind::Cancel => self.cancel(asked),
            OutboundKind::Replace => self.replace(asked),
            OutboundKind::StatusRequest => self.desk.answer_status(asked),
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
        let tick = definition.tick;
        match place {
            Some(market) if market.tick == tick => {}
            _ => {
                if let Some(market) = place {
                    market.follower.expire_all(&mut |event| self.desk.report_event(event));
                }
                *place = Some(PaperMarket {
                    follower: Follower::new(tick, WORKING_MAX).with_queue_model(self.terms.queue),
                    tick,
                    top: TopOfBook::EMPTY,
                    state: TradingState::Open,
                    sound: true,
                });
            }
        }
    }

    /// The market of an instrument changed, at this time of the stream.
    pub fn on_view(&mut self, view: &MarketView, time: UnixNanos) {
        // What arrived before it met the market as it was before it.
        self.on_time(time);
        self.desk.set_time(time);
        let Some(market) = self.markets.get_mut(view.instrument.0 as usize) else { return };
        let Some(market) = market else { return };
        market.top = view.top;
        market.state = view.state;
        market.sound = !view.gapped && !view.book_full && !view.top.is_crossed_or_locked();
        market.follower.set_time(time);
        let desk = &mut self.desk;
        if market.state == TradingState::Closed {
            market.follower.expire_all(&mut |event| desk.report_event(event));
        } else if view.gapped || view.book_full || market.state != TradingState::Open {
            // What is shown after it is another book.
            market.follower.forget_taken();
        } else if market.fills() && market.follower.needs_book() {
            market.follower.on_book(&view.top, &mut |event| desk.report_event(event));
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
        self.on_time(time);
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

    fn new_order(&mut self, asked: &OutboundRecord) {
        let desk = &mut self.desk;
        if desk.find(asked.cl_ord_id).is_some() {
            return desk.reject(asked, reject::DUPLICATE_ORDER, "duplicate ClOrdID");
        }
        let Some(Some(market)) = self.markets.get_mut(asked.instrument.0 as usize) else {
            return desk.reject(asked, reject::UNKNOWN_SYMBOL, "unknown instrument");
        };
        if market.state != TradingState::Open {
            return desk.reject(asked, reject::EXCHANGE_CLOSED, "the market is not open");
        }
        let Some(slot) = desk.open(asked) else {
            return desk.reject(asked, reject::OTHER, "too many orders work");
        };
        let order = FollowedOrder {
            id: desk.order_id(slot),
            side: asked.side,
            qty: asked.qty,
            price: asked.price,
            time_in_force: asked.time_in_force.into(),
        };
        let shown = market.shown();
        desk.report(slot, ExecType::New);
        let refused = market.follower.levels_refused();
        let done = market.follower.submit(&order, &shown, &mut |event| desk.report_event(event));
        if market.follower.levels_refused() > refused {
            desk.remark(LEVELS_FULL);
        }
        if let Err(refusal) = done {
            let (reason, text) = match refusal {
                Refusal::BadQuantity => (reject::INCORRECT_QUANTITY, "quantity is zero"),
                Refusal::BadPrice => (reject::OTHER, "price is not on the tick grid"),
                _ => (reject::OTHER, "too many orders work"),
            };
            desk.unsay();
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

    fn replace(&mut self, asked: &OutboundRecord) {
        let desk = &mut self.desk;
        let Some(slot) = desk.find_working(asked) else { return };
        let before = *desk.order(slot);
        let Some(Some(market)) = self.markets.get_mut(before.instrument.0 as usize) else { return };
        let refused = match market.state {
            TradingState::Open => None,
            _ => Some("the market is not open"),
        };
        if let Some(text) = refused {
            return desk.refuse(asked, cancel_reject::BROKER_OPTION, before.status(), text);
        }
        let shown = market.shown();
        desk.change(slot, asked.qty, asked.price);
        desk.rename(slot, asked.cl_ord_id);
        desk.report_change(slot, ExecType::Replaced, asked.orig_cl_ord_id);
        let id = desk.order_id(slot);
        let mut out = |event: OrderEvent| desk.report_event(event);
        let done = market.follower.replace(id, asked.qty, asked.price, &shown, &mut out);
        if let Err(refusal) = done {
            let text = match refusal {
                Refusal::BadQuantity => "quantity is not above what is filled",
                Refusal::BadPrice => "price is not on the tick grid",
                _ => "the order does not work any more",
            };
            desk.unsay();
            desk.restore(slot, &before, asked.cl_ord_id);
            desk.refuse(asked, cancel_reject::BROKER_OPTION, before.status(), text);
        }
    }
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
            self.carry_out(asked);
        } else {
            self.pending.push_back((arrives, *asked));
        }
    }

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

    fn define(&mut self, input: &Input) {
        if let Input::Instrument(definition) = input {
            self.define_instrument(definition);
        }
    }

    /// Nothing is encoded for it.
    fn draft(&mut self, _: &Outbound, _: UnixNanos) -> Option<usize> {
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
