//! What becomes of requests and of the market's news: orders and reports, without a socket.

pub mod by_hand;
mod memory;

use super::cash::{Balance, Cash};
use super::holdings::{PositionReport, PositionsAck};
use super::positions::Positions;
use super::report::{CancelReject, Execution, MassStatus, Report};
use super::request::{ClientId, Expiry, Request, Target, Terms};
use super::self_match::Groups;
use super::table::{Order, OrderStage, OrderTable, WORKING_MAX, has_limit};
use crate::fees::FeeSchedule;
use crate::market::{
    Change, Market, MarketSink, NewOrder, OrderEvent, OrderId, OrderKind, TimeInForce,
};
use crate::refusals::{
    cxl_rej_reason, cxl_rej_reason_of, ord_rej_reason, ord_rej_reason_of, words,
};
use dbn::RecordRef;
use gauntlet_model::order::Capabilities;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};
use std::collections::{HashMap, VecDeque};

/// Values of `ExecRestatementReason` (FIX latest, EP280, tag 378).
mod restatement {
    pub const SELF_MATCH_AGGRESSIVE: u16 = 18;
    pub const SELF_MATCH_PASSIVE: u16 = 19;
}

/// Why a request is refused: the wire's reason, and words.
type Reason = (u16, &'static str);

const REFUSES_ALL: &str = "the exchange refuses all orders";

/// The orders of the session, and what is to be told about them.
pub(super) struct Blotter {
    orders: OrderTable,
    groups: Groups,
    positions: Positions,
    fees: FeeSchedule,
    cash: Cash,
    /// Of the symbols that were traded.
    ticks: HashMap<Text<24>, Price>,
    /// New orders that were carried out.
    entered: u64,
    /// New orders that are to be refused.
    to_refuse: u32,
    last_position: u64,
    reports: VecDeque<Report>,
    last_exec: u64,
    refuses_all: bool,
    /// The order that the request at hand entered or moved.
    entering: Option<u64>,
    events: Vec<OrderEvent>,
    /// Contracts that were settled, for whoever writes down what changes.
    settled: Option<Vec<Text<24>>>,
}

/// Passes on a market's records and keeps its news of orders.
struct Collect<'a> {
    records: &'a mut dyn FnMut(RecordRef<'_>),
    events: &'a mut Vec<OrderEvent>,
}

impl MarketSink for Collect<'_> {
    fn record(&mut self, record: RecordRef<'_>) {
        (self.records)(record);
    }

    fn order(&mut self, event: OrderEvent) {
        self.events.push(event);
    }
}

impl Blotter {
    pub fn new() -> Blotter {
        Blotter {
            orders: OrderTable::new(),
            groups: Groups::default(),
            positions: Positions::new(),
            fees: FeeSchedule::default(),
            cash: Cash::default(),
            ticks: HashMap::new(),
            entered: 0,
            to_refuse: 0,
            last_position: 0,
            reports: VecDeque::new(),
            last_exec: 0,
            refuses_all: false,
            entering: None,
            events: Vec::new(),
            settled: None,
        }
    }

    pub fn set_refuses_all(&mut self, refuses_all: bool) {
        self.refuses_all = refuses_all;
    }

    /// From now on the orders of an account do not trade with each other.
    pub fn set_self_match_by_account(&mut self, by_account: bool) {
        self.groups.set_by_account(by_account);
    }

    /// What fills cost from now on.
    pub fn set_fees(&mut self, fees: FeeSchedule) {
        self.fees = fees;
    }

    /// Refuses so many new orders.
    pub fn refuse_next(&mut self, count: u32) {
        self.to_refuse = self.to_refuse.saturating_add(count);
    }

    /// New orders that were carried out, refused ones too.
    pub fn entered(&self) -> u64 {
        self.entered
    }

    /// Takes back a fill that was reported, or corrects its price by so many ticks against the client.
    pub fn bust(&mut self, fill: &Execution, ticks: Option<i32>) {
        let Some((qty, price)) = fill.last else { return };
        let tick = self.ticks.get(&fill.symbol).copied().unwrap_or(Price(0));
        let Some(order) = self.orders.get_mut(fill.order) else { return };
        let sign = if order.side == b'1' { 1 } else { -1 };
        let Order { account, symbol, side, .. } = *order;
        let (exec_type, told) = match ticks {
            None => {
                order.bust(qty, price);
                let opposite = if side == b'1' { b'2' } else { b'1' };
                self.positions.fill(account, symbol, opposite, qty, price);
                self.cash.fill(account, symbol, opposite, qty, price);
                self.cash.charge(account, fill.fees, -1);
                (b'H', price)
            }
            Some(ticks) => {
                let corrected = price.offset_ticks(sign * i64::from(ticks), tick);
                order.reprice(qty, price, corrected);
                let opposite = if side == b'1' { b'2' } else { b'1' };
                self.cash.fill(account, symbol, opposite, qty, price);
                self.cash.fill(account, symbol, side, qty, corrected);
                (b'G', corrected)
            }
        };
        self.tell(fill.order, exec_type, fill.at, |report| {
            (report.exec_ref, report.last) = (fill.exec, Some((qty, told)));
        });
    }

    /// Orders that work.
    pub fn working(&self) -> usize {
        self.orders.working()
    }

    /// Orders that are remembered, in the order of their arrival.
    pub fn orders(&self) -> Vec<&Order> {
        self.orders.all()
    }

    /// Reports that wait.
    pub fn waiting(&self) -> usize {
        self.reports.len()
    }

    /// The next report to send.
    pub fn next_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// Carries out a request.
    pub fn handle(
        &mut self,
        request: &Request,
        market: &mut dyn Market,
        records: &mut dyn FnMut(RecordRef<'_>),
    ) {
        let mut events = std::mem::take(&mut self.events);
        let mut sink = Collect { records, events: &mut events };
        match request {
            Request::New { terms, poss_dup } => self.enter(terms, *poss_dup, market, &mut sink),
            Request::Cancel { target } => self.cancel(target, market, &mut sink),
            Request::Replace { target, terms } => self.replace(target, terms, market, &mut sink),
            Request::Status { cl_ord_id, symbol, side, request_id } => {
                self.tell_status(cl_ord_id, *symbol, *side, *request_id, market.now());
            }
            Request::MassStatus { request_id, symbol } => {
                self.tell_all(*request_id, *symbol, market.now());
            }
            Request::Positions { request_id, account } => {
                self.tell_positions(*request_id, *account, market.now());
            }
            Request::Cash { request_id, account } => {
                self.last_position += 1;
                let (number, cash) = (self.last_position, self.cash.of(*account));
                let (request_id, account) = (*request_id, *account);
                let balance = Balance { request_id, number, account, cash };
                self.reports.push_back(Report::Balance(balance));
            }
            Request::Unsupported { msg_seq_num, msg_type } => {
                let (msg_seq_num, msg_type) = (*msg_seq_num, *msg_type);
                self.reports.push_back(Report::Unsupported { msg_seq_num, msg_type });
            }
        }
        for event in events.drain(..) {
            self.on_event(event, market.now());
        }
        (self.events, self.entering) = (events, None);
    }

    /// Takes in the market's news of an order.
    pub fn on_event(&mut self, event: OrderEvent, at: UnixNanos) {
        let Some(number) = self.orders.find_by_market_id(event.order()) else { return };
        let Some(order) = self.orders.get_mut(number) else { return };
        match event {
            OrderEvent::Filled { qty, price, leaves_qty, .. } => {
                order.fill(qty, price);
                let Order { account, symbol, side, .. } = *order;
                debug_assert_eq!(order.leaves_qty(), leaves_qty, "the market counts otherwise");
                if leaves_qty == 0 {
                    self.orders.end(number, OrderStage::Filled);
                }
                let fees = self.fees.of_symbol(symbol.as_str()).of(qty);
                self.positions.fill(account, symbol, side, qty, price);
                self.positions.charge(account, symbol, fees);
                self.cash.fill(account, symbol, side, qty, price);
                self.cash.charge(account, fees, 1);
                self.tell(number, b'F', at, |report| {
                    (report.last, report.fees) = (Some((qty, price)), fees);
                });
            }
            OrderEvent::Expired { .. } => {
                self.orders.end(number, OrderStage::Expired);
                self.tell(number, b'C', at, |_| {});
            }
            OrderEvent::SelfMatched { .. } => {
                // What came last is told of within its own request.
                let reason = match self.entering == Some(number) {
                    true => restatement::SELF_MATCH_AGGRESSIVE,
                    false => restatement::SELF_MATCH_PASSIVE,
                };
                self.orders.end(number, OrderStage::Canceled);
                self.tell(number, b'4', at, |report| {
                    report.restatement = Some(reason);
                    report.text = Text::new("cancelled by self-match prevention");
                });
            }
            OrderEvent::Triggered { .. } => {
                order.waits = false;
                self.tell(number, b'L', at, |_| {});
            }
            OrderEvent::Priced { price, .. } => order.price = price,
        }
    }

    /// A contract was settled: positions in it are gone.
    pub fn settle(&mut self, symbol: &str) {
        self.positions.settle(symbol);
        self.cash.settle(symbol);
        if let Some(settled) = &mut self.settled {
            settled.push(Text::new(symbol));
        }
    }

    /// Cancels what works of these types and lives, without being asked for any of it.
    pub fn cancel_what(
        &mut self,
        which: Capabilities,
        market: &mut dyn Market,
        records: &mut dyn FnMut(RecordRef<'_>),
    ) {
        let all = self.orders.all().into_iter().filter(|order| order.is_of(which));
        let working: Vec<(u64, OrderId)> =
            all.filter_map(|order| Some((order.number, order.market_id?))).collect();
        let mut events = std::mem::take(&mut self.events);
        for (number, id) in working {
            let mut sink = Collect { records: &mut *records, events: &mut events };
            if market.cancel(id, &mut sink).is_ok() {
                self.orders.end(number, OrderStage::Canceled);
                let text = Text::new("cancelled on disconnect");
                self.tell(number, b'4', market.now(), |report| report.text = text);
            }
        }
        for event in events.drain(..) {
            self.on_event(event, market.now());
        }
        self.events = events;
    }

    fn enter(
        &mut self,
        terms: &Terms,
        poss_dup: bool,
        market: &mut dyn Market,
        sink: &mut dyn MarketSink,
    ) {
        let at = market.now();
        if let Some(known) = self.orders.find(&terms.cl_ord_id).copied() {
            return match poss_dup {
                true => self.tell_as_status(&known, ClientId::EMPTY, at),
                false => self.refuse_duplicate(&known, at),
            };
        }
        let entered = self.check_new(terms, market).and_then(|order| {
            market
                .submit(&order, sink)
                .map_err(|refusal| (ord_rej_reason_of(refusal), words(refusal)))
        });
        match entered {
            Ok(id) => {
                let number = self.orders.insert(terms, Some(id)).number;
                self.entering = Some(number);
                self.tell(number, b'0', at, |_| {});
            }
            Err((reason, text)) => {
                let number = self.orders.insert(terms, None).number;
                self.tell(number, b'8', at, |report| {
                    report.reject_reason = Some(reason);
                    report.text = Text::new(text);
                });
            }
        }
    }

    fn check_new(&mut self, terms: &Terms, market: &dyn Market) -> Result<NewOrder, Reason> {
        use ord_rej_reason as reason;
        self.entered += 1;
        let is_refused = self.to_refuse > 0;
        self.to_refuse -= u32::from(is_refused);
        if self.refuses_all || is_refused {
            return Err((reason::EXCHANGE_OPTION, REFUSES_ALL));
        }
        let symbol = terms.symbol.as_str();
        let listing = market.listings().iter().position(|listing| listing.symbol == symbol);
        let listing = listing.ok_or((reason::UNKNOWN_SYMBOL, "unknown symbol"))?;
        let unsupported = |text| (reason::UNSUPPORTED_CHARACTERISTIC, text);
        let side = match terms.side {
            b'1' => Side::Buy,
            b'2' => Side::Sell,
            _ => return Err(unsupported("only buy (1) and sell (2) are served")),
        };
        let kind = kind_of(terms).ok_or(unsupported("OrdType is none of 1, 2, 3, 4 and K"))?;
        let time_in_force = time_in_force_of(terms, listing, market)?;
        if terms.qty == 0 {
            let text = "quantity is not a positive number of contracts";
            return Err((reason::INCORRECT_QUANTITY, text));
        }
        if self.orders.working() >= WORKING_MAX {
            return Err((reason::EXCHANGE_OPTION, "too many working orders"));
        }
        if !self.positions.reserve(terms.account, terms.symbol) {
            return Err((reason::EXCHANGE_OPTION, "too many accounts and contracts"));
        }
        self.ticks.insert(terms.symbol, market.listings()[listing].tick);
        let self_match = self.groups.of(terms);
        let self_match = self_match
            .ok_or((reason::EXCHANGE_OPTION, "too many groups of self-match prevention"))?;
        let (qty, price) = (terms.qty, terms.price);
        Ok(NewOrder { listing, side, qty, kind, price, time_in_force, self_match })
    }

    /// A second order by the identity of one that is known (FIX 4.4 volume 4, appendix D, F.1.b):
    /// refused, with a word on where the first one stands.
    fn refuse_duplicate(&mut self, known: &Order, at: UnixNanos) {
        let exec = self.next_exec();
        self.reports.push_back(Report::Execution(Execution {
            reject_reason: Some(ord_rej_reason::DUPLICATE_ORDER),
            text: Text::new("duplicate ClOrdID"),
            ..Execution::of(known, exec, b'8', at)
        }));
    }

    fn cancel(&mut self, target: &Target, market: &mut dyn Market, sink: &mut dyn MarketSink) {
        let at = market.now();
        let cancelled = self.find_target(target).and_then(|(order, id)| {
            let done = market.cancel(id, sink);
            done.map_err(|refusal| (cxl_rej_reason_of(refusal), words(refusal)))?;
            Ok(order.number)
        });
        match cancelled {
            Ok(number) => {
                self.orders.end(number, OrderStage::Canceled);
                self.rename(number, target, b'4', at);
            }
            Err(reason) => self.refuse_change(target, false, reason, at),
        }
    }

    fn replace(
        &mut self,
        target: &Target,
        terms: &Terms,
        market: &mut dyn Market,
        sink: &mut dyn MarketSink,
    ) {
        let at = market.now();
        let replaced = self.find_target(target).and_then(|(order, id)| {
            check_change(&order, terms)?;
            let done = market.replace(id, &change_of(&order, terms), sink);
            done.map_err(|refusal| (cxl_rej_reason_of(refusal), words(refusal)))?;
            Ok(order.number)
        });
        match replaced {
            Ok(number) => {
                if let Some(order) = self.orders.get_mut(number) {
                    let change = change_of(order, terms);
                    order.qty = change.qty;
                    if !order.waits || has_limit(order.ord_type) {
                        order.price = change.price;
                    }
                    if change.trigger.is_some() {
                        order.stop_px = change.trigger;
                    }
                }
                self.entering = Some(number);
                self.rename(number, target, b'5', at);
            }
            Err(reason) => self.refuse_change(target, true, reason, at),
        }
    }

    /// The working order that a request is about. Any identity that the order went by will do: a
    /// cancel that crossed with the answer to a replace is still meant for the order.
    fn find_target(&self, target: &Target) -> Result<(Order, OrderId), Reason> {
        use cxl_rej_reason as reason;
        if self.orders.find(&target.cl_ord_id).is_some() {
            return Err((reason::DUPLICATE_CL_ORD_ID, "duplicate ClOrdID"));
        }
        let order = self.orders.find(&target.orig_cl_ord_id);
        let order = order.ok_or((reason::UNKNOWN_ORDER, "unknown order"))?;
        if (order.symbol, order.side) != (target.symbol, target.side) {
            return Err((reason::OTHER, "the order has another symbol or side"));
        }
        let id = order.market_id.ok_or((reason::TOO_LATE, "too late, the order is done"))?;
        if self.refuses_all {
            return Err((reason::EXCHANGE_OPTION, REFUSES_ALL));
        }
        Ok((*order, id))
    }

    fn refuse_change(&mut self, target: &Target, to_replace: bool, reason: Reason, at: UnixNanos) {
        let order = self.orders.find(&target.orig_cl_ord_id);
        let reject = CancelReject::of(target, order, to_replace, reason, at);
        self.reports.push_back(Report::CancelReject(reject));
    }

    /// Tells that a request changed its order, which goes by the request's identity from now on.
    fn rename(&mut self, number: u64, target: &Target, exec_type: u8, at: UnixNanos) {
        self.orders.rename(number, target.cl_ord_id);
        self.tell(number, exec_type, at, |report| report.orig_cl_ord_id = target.orig_cl_ord_id);
    }

    fn tell_status(
        &mut self,
        cl_ord_id: &ClientId,
        symbol: Text<24>,
        side: u8,
        request_id: ClientId,
        at: UnixNanos,
    ) {
        if let Some(order) = self.orders.find(cl_ord_id).copied() {
            return self.tell_as_status(&order, request_id, at);
        }
        let mut report = Execution::of_unknown(*cl_ord_id, symbol, side, at);
        report.request_id = request_id;
        self.reports.push_back(Report::Execution(report));
    }

    /// Tells of every order that works, or of one symbol's, or that none does.
    fn tell_all(&mut self, request_id: ClientId, symbol: Option<Text<24>>, at: UnixNanos) {
        let asked = |order: &&&Order| {
            order.is_working() && symbol.is_none_or(|symbol| order.symbol == symbol)
        };
        let orders: Vec<Order> = self.orders.all().iter().filter(asked).map(|o| **o).collect();
        let total = orders.len() as u32;
        if orders.is_empty() {
            let symbol = symbol.unwrap_or(Text::EMPTY);
            let mut report = Execution::of_unknown(ClientId::EMPTY, symbol, b'1', at);
            report.mass = Some(MassStatus { request_id, total, is_last: true });
            report.text = Text::new("no order works");
            self.reports.push_back(Report::Execution(report));
        }
        for (nth, order) in (1..).zip(&orders) {
            let mut report = Execution::of(order, 0, b'I', at);
            report.orig_cl_ord_id = order.orig_cl_ord_id;
            report.mass = Some(MassStatus { request_id, total, is_last: nth == total });
            self.reports.push_back(Report::Execution(report));
        }
    }

    fn tell_positions(&mut self, request_id: ClientId, account: Text<24>, at: UnixNanos) {
        let held = self.positions.of(account);
        let total = held.len() as u32;
        self.last_position += 1;
        let number = self.last_position;
        let ack = PositionsAck { request_id, number, account, total };
        self.reports.push_back(Report::PositionsAck(ack));
        for position in held {
            self.last_position += 1;
            let number = self.last_position;
            let report = PositionReport { request_id, number, position, total, at };
            self.reports.push_back(Report::Position(report));
        }
    }

    fn tell_as_status(&mut self, order: &Order, request_id: ClientId, at: UnixNanos) {
        self.reports.push_back(Report::Execution(Execution {
            orig_cl_ord_id: order.orig_cl_ord_id,
            request_id,
            ..Execution::of(order, 0, b'I', at)
        }));
    }

    fn tell(
        &mut self,
        number: u64,
        exec_type: u8,
        at: UnixNanos,
        adjust: impl FnOnce(&mut Execution),
    ) {
        let exec = self.next_exec();
        let Some(order) = self.orders.get_mut(number) else { return };
        let mut report = Execution::of(order, exec, exec_type, at);
        adjust(&mut report);
        self.reports.push_back(Report::Execution(report));
    }

    fn next_exec(&mut self) -> u64 {
        self.last_exec += 1;
        self.last_exec
    }
}

/// What kind of order a client asks for.
fn kind_of(terms: &Terms) -> Option<OrderKind> {
    Some(match terms.ord_type {
        b'1' => OrderKind::Market,
        b'2' => OrderKind::Limit,
        b'3' => OrderKind::Stop(terms.stop_px),
        b'4' => OrderKind::StopLimit(terms.stop_px),
        b'K' => OrderKind::MarketToLimit,
        _ => return None,
    })
}

/// How long it is to live.
fn time_in_force_of(
    terms: &Terms,
    listing: usize,
    market: &dyn Market,
) -> Result<TimeInForce, Reason> {
    let unsupported = |text| (ord_rej_reason::UNSUPPORTED_CHARACTERISTIC, text);
    Ok(match (terms.time_in_force, terms.expiry) {
        (b'0', _) => TimeInForce::Day,
        (b'1', _) => TimeInForce::GoodTillCancel,
        (b'3', _) => TimeInForce::ImmediateOrCancel,
        (b'4', _) => TimeInForce::FillOrKill,
        (b'6', Expiry::Time(at)) => TimeInForce::GoodTill(at),
        (b'6', Expiry::Date(date)) => {
            let close = market.close_of(listing, date);
            TimeInForce::GoodTill(close.ok_or(unsupported("ExpireDate is no trading day"))?)
        }
        _ => return Err(unsupported("TimeInForce is none of 0, 1, 3, 4 and 6")),
    })
}

/// What a replacement asks of the market. What a client leaves out of an order that has it stays.
fn change_of(order: &Order, terms: &Terms) -> Change {
    let price = if terms.price.is_some() { terms.price } else { order.price };
    let trigger = if order.waits { terms.stop_px } else { Price::NONE };
    // The market counts what was busted as filled.
    Change { qty: terms.qty.saturating_add(order.busted), price, trigger }
}

/// A replacement may change quantity and prices and nothing else. What has become a limit order may be
/// replaced as one.
fn check_change(order: &Order, terms: &Terms) -> Result<(), Reason> {
    use cxl_rej_reason as reason;
    let has_become_limit = terms.ord_type == b'2' && !order.waits;
    if terms.ord_type != order.ord_type && !has_become_limit {
        return Err((reason::OTHER, "OrdType cannot be changed"));
    }
    if terms.time_in_force != order.time_in_force {
        return Err((reason::OTHER, "TimeInForce cannot be changed"));
    }
    if terms.qty == 0 {
        return Err((reason::OTHER, "quantity is not a positive number of contracts"));
    }
    Ok(())
}
