//! The simulated broker's books: which orders there are, under which identities, and what is to be
//! reported of them.

use crate::fees::ContractFees;
use crate::market::{Change, OrderEvent, OrderId, OrderKind};
use crate::refusals::cxl_rej_reason;
use gauntlet_model::effect::{OutboundKind, OutboundRecord};
use gauntlet_model::ids::{ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{CancelReject, ExecType, ExecutionReport, Input, OrdStatus, Route};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_runtime::bounded_map::BoundedMap;
use std::collections::VecDeque;
use std::fmt::Write;

/// Orders kept, working or ended; of the ended ones the oldest make room.
const ORDERS_MAX: usize = 4_096;
/// Identities of one order that are remembered: the latest.
const IDENTITIES: usize = 4;
/// Bits of an order's number that name its slot.
const SLOT_BITS: u32 = 16;
/// Reports that wait without a new allocation.
const REPORTS: usize = 4_096;

/// An order of the simulated broker.
#[derive(Clone, Copy, Debug)]
pub struct PaperOrder {
    route: Route,
    /// Counts the orders of a run from 1.
    number: u64,
    identities: [ClOrdId; IDENTITIES],
    /// What it trades.
    pub instrument: InstrumentId,
    side: Side,
    qty: u32,
    /// Its limit price; [`Price::NONE`] until the market gives it one.
    price: Price,
    kind: OrderKind,
    /// Whether it waits for its trigger.
    waits: bool,
    cum_qty: u32,
    ended: Option<OrdStatus>,
}

impl PaperOrder {
    /// What a replacement asks of the market. What it does not name stays.
    pub fn change(&self, qty: u32, price: Price, stop_px: Price) -> Change {
        let price = if price.is_some() { price } else { self.price };
        Change { qty, price, trigger: if self.waits { stop_px } else { Price::NONE } }
    }

    /// Its state in FIX terms.
    pub fn status(&self) -> OrdStatus {
        match self.ended {
            Some(status) => status,
            None if self.cum_qty > 0 => OrdStatus::PartiallyFilled,
            None => OrdStatus::New,
        }
    }

    fn leaves_qty(&self) -> u32 {
        if self.ended.is_some() { 0 } else { self.qty.saturating_sub(self.cum_qty) }
    }
}

/// See the module.
pub struct PaperOrders {
    orders: Vec<PaperOrder>,
    slots: BoundedMap<ClOrdId, u16>,
    free: Vec<u16>,
    /// Ended orders, the longest ended first.
    ended: VecDeque<u16>,
    reports: VecDeque<Input>,
    epoch: u64,
    run: u32,
    last_number: u64,
    last_exec: u64,
    time: UnixNanos,
    /// By instrument: what a contract costs, and what all fills of the run have cost.
    fees: Vec<[ContractFees; 2]>,
}

impl PaperOrders {
    /// A desk without orders.
    pub fn new() -> PaperOrders {
        let blank = PaperOrder {
            route: Route::PAPER,
            number: 0,
            identities: [ClOrdId::NONE; IDENTITIES],
            instrument: InstrumentId(0),
            side: Side::Buy,
            qty: 0,
            price: Price::NONE,
            kind: OrderKind::Limit,
            waits: false,
            cum_qty: 0,
            ended: None,
        };
        PaperOrders {
            orders: vec![blank; ORDERS_MAX],
            slots: BoundedMap::new(ORDERS_MAX * IDENTITIES, (1..).map(|id| (ClOrdId(id), 0))),
            free: (0..ORDERS_MAX as u16).rev().collect(),
            ended: VecDeque::with_capacity(ORDERS_MAX),
            reports: VecDeque::with_capacity(REPORTS),
            epoch: 0,
            run: 0,
            last_number: 0,
            last_exec: 0,
            time: UnixNanos(0),
            fees: vec![[ContractFees::default(); 2]; INSTRUMENTS_MAX],
        }
    }

    /// Forgets all orders and reports, and counts anew for this run.
    pub fn start_run(&mut self, epoch: u64, run: u32) {
        self.slots.clear();
        self.free.clear();
        self.free.extend((0..ORDERS_MAX as u16).rev());
        self.ended.clear();
        self.reports.clear();
        (self.epoch, self.run) = (epoch, run);
        (self.last_number, self.last_exec) = (0, 0);
        self.fees.iter_mut().for_each(|[_, charged]| *charged = ContractFees::default());
    }

    /// The time that reports carry from now on.
    pub fn set_time(&mut self, time: UnixNanos) {
        self.time = time;
    }

    /// As long as the stream has told no time, another will do.
    pub fn set_time_if_none(&mut self, time: UnixNanos) {
        if self.time.0 == 0 {
            self.time = time;
        }
    }

    /// The time that reports carry.
    pub fn time(&self) -> UnixNanos {
        self.time
    }

    /// What a contract of an instrument costs from now on.
    pub fn set_fees(&mut self, instrument: InstrumentId, fees: ContractFees) {
        if let Some([of_contract, _]) = self.fees.get_mut(usize::from(instrument.0)) {
            *of_contract = fees;
        }
    }

    /// What the fills of the run in an instrument have cost.
    pub fn charged(&self, instrument: InstrumentId) -> ContractFees {
        self.fees.get(usize::from(instrument.0)).map_or_else(ContractFees::default, |[_, all]| *all)
    }

    /// Whether nothing waits to be reported.
    pub fn is_quiet(&self) -> bool {
        self.reports.is_empty()
    }

    /// The next report.
    pub fn next_report(&mut self) -> Option<Input> {
        self.reports.pop_front()
    }

    /// Takes back what was said last.
    pub fn unsay(&mut self) {
        self.reports.pop_back();
    }

    /// Adds words to what was said last.
    pub fn remark(&mut self, text: &str) {
        if let Some(Input::Execution(report)) = self.reports.back_mut() {
            report.text = Text::new(text);
        }
    }

    /// The order of this identity.
    pub fn find(&self, id: ClOrdId) -> Option<u16> {
        self.slots.get(id)
    }

    /// The working order that a request is about; if there is none, the request is refused.
    pub fn find_working(&mut self, asked: &OutboundRecord) -> Option<u16> {
        use cxl_rej_reason::{DUPLICATE_CL_ORD_ID, TOO_LATE, UNKNOWN_ORDER};
        let found = self.find(asked.orig_cl_ord_id).map(|slot| (slot, *self.order(slot)));
        if self.find(asked.cl_ord_id).is_some() {
            let status = found.map_or(OrdStatus::Rejected, |(_, order)| order.status());
            self.refuse(asked, DUPLICATE_CL_ORD_ID, status, "duplicate ClOrdID");
            return None;
        }
        let Some((slot, order)) = found else {
            self.refuse(asked, UNKNOWN_ORDER, OrdStatus::Rejected, "unknown order");
            return None;
        };
        if order.ended.is_some() {
            self.refuse(asked, TOO_LATE, order.status(), "too late, the order is done");
            return None;
        }
        Some(slot)
    }

    /// The order in a slot.
    pub fn order(&self, slot: u16) -> &PaperOrder {
        &self.orders[slot as usize]
    }

    /// The identity under which the follower knows an order.
    pub fn order_id(&self, slot: u16) -> OrderId {
        OrderId(self.order(slot).number << SLOT_BITS | slot as u64)
    }

    /// Opens an order; `None` when all places hold working ones.
    pub fn open(&mut self, asked: &OutboundRecord, kind: OrderKind) -> Option<u16> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = self.ended.pop_front()?;
                for id in self.orders[slot as usize].identities {
                    self.slots.remove(id);
                }
                slot
            }
        };
        self.last_number += 1;
        let mut identities = [ClOrdId::NONE; IDENTITIES];
        identities[0] = asked.cl_ord_id;
        self.orders[slot as usize] = PaperOrder {
            route: asked.route,
            number: self.last_number,
            identities,
            instrument: asked.instrument,
            side: asked.side,
            qty: asked.qty,
            price: if kind.has_limit() { asked.price } else { Price::NONE },
            kind,
            waits: kind.trigger().is_some(),
            cum_qty: 0,
            ended: None,
        };
        self.name(asked.cl_ord_id, slot);
        Some(slot)
    }

    /// Gives an order another quantity and price.
    pub fn change(&mut self, slot: u16, change: &Change) {
        let order = &mut self.orders[slot as usize];
        order.qty = change.qty;
        if !order.waits || order.kind.has_limit() {
            order.price = change.price;
        }
    }

    /// Gives an order a new identity; the latest few stay known.
    pub fn rename(&mut self, slot: u16, id: ClOrdId) {
        let identities = &mut self.orders[slot as usize].identities;
        self.slots.remove(identities[IDENTITIES - 1]);
        identities.rotate_right(1);
        identities[0] = id;
        self.name(id, slot);
    }

    /// Lets an order be found by an identity.
    fn name(&mut self, id: ClOrdId, slot: u16) {
        let named = self.slots.insert(id, slot);
        assert!(named.is_ok(), "there is room for every identity of every order");
    }

    /// Undoes a change and the identity that came with it.
    pub fn restore(&mut self, slot: u16, before: &PaperOrder, id: ClOrdId) {
        self.slots.remove(id);
        for id in before.identities.iter().filter(|id| id.is_some()) {
            self.name(*id, slot);
        }
        self.orders[slot as usize] = *before;
    }

    /// Ends an order.
    pub fn end(&mut self, slot: u16, status: OrdStatus) {
        let order = &mut self.orders[slot as usize];
        debug_assert!(order.ended.is_none(), "an order ends once");
        order.ended = Some(status);
        self.ended.push_back(slot);
    }

    /// Reports an order as it is.
    pub fn report(&mut self, slot: u16, exec_type: ExecType) {
        let report = self.describe(slot, exec_type);
        self.reports.push_back(Input::Execution(report));
    }

    /// Reports a change that a request asked for, by the identity before it.
    pub fn report_change(&mut self, slot: u16, exec_type: ExecType, before: ClOrdId) {
        let report = self.describe(slot, exec_type);
        let report = ExecutionReport { orig_cl_ord_id: before, ..report };
        self.reports.push_back(Input::Execution(report));
    }

    /// Reports that an order was rejected, and why.
    pub fn report_rejection(&mut self, slot: u16, reason: u16, text: &str) {
        let report = self.describe(slot, ExecType::Rejected);
        let report = ExecutionReport { reject_reason: reason, text: Text::new(text), ..report };
        self.reports.push_back(Input::Execution(report));
    }

    /// Reports what the follower did with an order.
    pub fn report_event(&mut self, event: OrderEvent) {
        let slot = (event.order().0 & ((1 << SLOT_BITS) - 1)) as u16;
        match event {
            OrderEvent::Filled { qty, price, .. } => {
                let order = &mut self.orders[slot as usize];
                order.cum_qty += qty;
                if let Some([fees, charged]) = self.fees.get_mut(usize::from(order.instrument.0)) {
                    *charged = charged.plus(fees.of(qty));
                }
                if order.cum_qty >= order.qty {
                    self.end(slot, OrdStatus::Filled);
                }
                let report = self.describe(slot, ExecType::Trade);
                let report = ExecutionReport { last_qty: qty, last_px: price, ..report };
                self.reports.push_back(Input::Execution(report));
            }
            OrderEvent::Expired { .. } => {
                self.end(slot, OrdStatus::Expired);
                self.report(slot, ExecType::Expired);
            }
            OrderEvent::Triggered { .. } => {
                self.orders[slot as usize].waits = false;
                self.report(slot, ExecType::Triggered);
            }
            OrderEvent::Priced { price, .. } => self.orders[slot as usize].price = price,
            // Our orders do not meet each other in an outside book.
            OrderEvent::SelfMatched { .. } => {}
        }
    }

    /// Rejects an order that was not opened.
    pub fn reject(&mut self, asked: &OutboundRecord, reason: u16, text: &str) {
        let report = self.about_nothing(asked, ExecType::Rejected);
        let report = ExecutionReport { reject_reason: reason, text: Text::new(text), ..report };
        self.reports.push_back(Input::Execution(report));
    }

    /// Refuses a cancel or a replace.
    pub fn refuse(&mut self, asked: &OutboundRecord, reason: u16, status: OrdStatus, text: &str) {
        self.reports.push_back(Input::CancelReject(CancelReject {
            route: asked.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: asked.cl_ord_id,
            orig_cl_ord_id: asked.orig_cl_ord_id,
            ord_status: status,
            to_replace: asked.kind == OutboundKind::Replace,
            reason,
            text: Text::new(text),
        }));
    }

    /// Answers what state an order is in. One that is not known was never received, or ended so
    /// long ago that it was forgotten: its state is then Rejected and its broker's identity `NONE`.
    pub fn answer_status(&mut self, asked: &OutboundRecord) {
        let report = match self.find(asked.cl_ord_id) {
            Some(slot) => self.describe(slot, ExecType::OrderStatus),
            None => ExecutionReport {
                text: Text::new("unknown order"),
                ..self.about_nothing(asked, ExecType::OrderStatus)
            },
        };
        let ord_status_req_id = asked.ord_status_req_id;
        self.reports.push_back(Input::Execution(ExecutionReport { ord_status_req_id, ..report }));
    }

    fn about_nothing(&mut self, asked: &OutboundRecord, exec_type: ExecType) -> ExecutionReport {
        ExecutionReport {
            route: asked.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: asked.cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            order_id: Text::new("NONE"),
            exec_id: self.next_exec_id(asked.route),
            exec_type,
            ord_status: OrdStatus::Rejected,
            instrument: Some(asked.instrument),
            side: asked.side,
            last_qty: 0,
            last_px: Price::NONE,
            leaves_qty: 0,
            cum_qty: 0,
            order_qty: asked.qty,
            price: asked.price,
            transact_time: self.time,
            reject_reason: 0,
            text: Text::EMPTY,
        }
    }

    fn describe(&mut self, slot: u16, exec_type: ExecType) -> ExecutionReport {
        let order = *self.order(slot);
        let number = format_args!("{}{}-{}", letter(order.route), self.run, order.number);
        let order_id = text_of(number);
        ExecutionReport {
            route: order.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: order.identities[0],
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            order_id,
            exec_id: self.next_exec_id(order.route),
            exec_type,
            ord_status: order.status(),
            instrument: Some(order.instrument),
            side: order.side,
            last_qty: 0,
            last_px: Price::NONE,
            leaves_qty: order.leaves_qty(),
            cum_qty: order.cum_qty,
            order_qty: order.qty,
            price: order.price,
            transact_time: self.time,
            reject_reason: 0,
            text: Text::EMPTY,
        }
    }

    /// Unique over restarts, since a journal's runs are counted.
    fn next_exec_id(&mut self, route: Route) -> Text<32> {
        self.last_exec += 1;
        let (epoch, run, number) = (self.epoch, self.run, self.last_exec);
        text_of(format_args!("{}{epoch:x}-{run}-{number}", letter(route)))
    }
}

fn letter(route: Route) -> char {
    match route {
        Route::SHADOW => 'S',
        _ => 'P',
    }
}

/// Formats without allocating; what does not fit is cut.
fn text_of(arguments: std::fmt::Arguments<'_>) -> Text<32> {
    struct Buffer {
        bytes: [u8; 32],
        len: usize,
    }

    impl Write for Buffer {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            for byte in text.bytes().take(self.bytes.len() - self.len) {
                self.bytes[self.len] = byte;
                self.len += 1;
            }
            Ok(())
        }
    }

    let mut buffer = Buffer { bytes: [0; 32], len: 0 };
    // Writing into the buffer cannot fail.
    let _ = buffer.write_fmt(arguments);
    Text::from_wire(&buffer.bytes[..buffer.len])
}
