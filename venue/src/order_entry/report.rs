//! What a client is told, and how it is written.

use super::cash::Balance;
use super::holdings::{PositionReport, PositionsAck};
use super::request::{ClientId, EXPIRE_DATE, EXPIRE_TIME, Expiry, STOP_PX, Target};
use super::table::Order;
use crate::fees::ContractFees;
use gauntlet_gateways::fix::codec::{FieldWriter, TimePrecision};
use gauntlet_gateways::fix::tags;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, UnixNanos};

/// `AvgPx`.
const AVG_PX: u32 = 6;
/// What a fill costs (FIX 4.4 volume 6, tags 12, 13, 136 to 139).
const COMMISSION: u32 = 12;
const COMM_TYPE: u32 = 13;
const NO_MISC_FEES: u32 = 136;
const MISC_FEE_AMT: u32 = 137;
const MISC_FEE_CURR: u32 = 138;
const MISC_FEE_TYPE: u32 = 139;
/// Units of a decimal on the wire, a billionth, in a micro-dollar.
const PRICE_UNITS_PER_MICRO: i64 = 1_000;
/// `ExecRestatementReason`.
const EXEC_RESTATEMENT_REASON: u32 = 378;
/// `BusinessRejectReason` (tag 380): the message type is not supported.
const UNSUPPORTED_MESSAGE_TYPE: u64 = 3;

/// `OrderMassStatusRequest`'s answer: its identity, how many there are, and whether this is the last.
const MASS_STATUS_REQ_ID: u32 = 584;
const TOT_NUM_REPORTS: u32 = 911;
const LAST_RPT_REQUESTED: u32 = 912;

/// What all messages to a client are written with.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// Makes the exchange's numbers unique over its restarts.
    pub prefix: String,
    /// Of times.
    pub precision: TimePrecision,
}

/// A message to the client.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all reports are of the largest kind")]
pub(super) enum Report {
    /// `ExecutionReport` (8).
    Execution(Execution),
    /// `OrderCancelReject` (9).
    CancelReject(CancelReject),
    /// `RequestForPositionsAck` (AO): how many `PositionReport` follow.
    PositionsAck(PositionsAck),
    /// `PositionReport` (AP).
    Position(PositionReport),
    /// `CollateralReport` (BA).
    Balance(Balance),
    /// `BusinessMessageReject` (j): a message of a type that is not served.
    Unsupported { msg_seq_num: u64, msg_type: Text<4> },
}

/// An execution report. Codes are the characters of the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Execution {
    /// The exchange's number of the order; 0 for an order that it does not know.
    pub order: u64,
    /// The report's own number; 0 for answers to status requests, which report no event.
    pub exec: u64,
    /// The number of the report that this one takes back or corrects; 0 for none.
    pub exec_ref: u64,
    pub exec_type: u8,
    pub ord_status: u8,
    pub cl_ord_id: ClientId,
    pub orig_cl_ord_id: ClientId,
    pub request_id: ClientId,
    pub mass: Option<MassStatus>,
    pub account: Text<24>,
    pub symbol: Text<24>,
    pub side: u8,
    /// 0 where it is not known.
    pub ord_type: u8,
    pub time_in_force: u8,
    pub qty: u32,
    pub price: Price,
    pub stop_px: Price,
    pub expiry: Expiry,
    /// `ExecRestatementReason` (tag 378) of what nobody asked for.
    pub restatement: Option<u16>,
    pub last: Option<(u32, Price)>,
    /// What the fill costs.
    pub fees: ContractFees,
    pub leaves_qty: u32,
    pub cum_qty: u32,
    pub avg_px: Price,
    pub at: UnixNanos,
    /// `OrdRejReason` (tag 103).
    pub reject_reason: Option<u16>,
    pub text: Text<64>,
}

/// Which answer to a mass status request a report is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MassStatus {
    pub request_id: ClientId,
    /// Reports in all; 0 when no order works, which one report says.
    pub total: u32,
    pub is_last: bool,
}

impl Execution {
    /// Where an order stands.
    pub fn of(order: &Order, exec: u64, exec_type: u8, at: UnixNanos) -> Execution {
        Execution {
            order: order.number,
            exec,
            exec_ref: 0,
            exec_type,
            ord_status: order.status(),
            cl_ord_id: order.cl_ord_id,
            orig_cl_ord_id: ClientId::EMPTY,
            request_id: ClientId::EMPTY,
            mass: None,
            account: order.account,
            symbol: order.symbol,
            side: order.side,
            ord_type: order.ord_type,
            time_in_force: order.time_in_force,
            qty: order.qty,
            price: order.price,
            stop_px: order.stop_px,
            expiry: order.expiry,
            restatement: None,
            last: None,
            fees: ContractFees::default(),
            leaves_qty: order.leaves_qty(),
            cum_qty: order.filled,
            avg_px: order.avg_px(),
            at,
            reject_reason: None,
            text: Text::EMPTY,
        }
    }

    /// The answer to a question about an order that is not known.
    pub fn of_unknown(cl_ord_id: ClientId, symbol: Text<24>, side: u8, at: UnixNanos) -> Execution {
        Execution {
            order: 0,
            exec: 0,
            exec_ref: 0,
            exec_type: b'I',
            ord_status: b'8',
            cl_ord_id,
            orig_cl_ord_id: ClientId::EMPTY,
            request_id: ClientId::EMPTY,
            mass: None,
            account: Text::EMPTY,
            symbol,
            side,
            ord_type: 0,
            time_in_force: b'0',
            qty: 0,
            price: Price::NONE,
            stop_px: Price::NONE,
            expiry: Expiry::None,
            restatement: None,
            last: None,
            fees: ContractFees::default(),
            leaves_qty: 0,
            cum_qty: 0,
            avg_px: Price(0),
            at,
            reject_reason: None,
            text: Text::new("unknown order"),
        }
    }
}

/// A refusal to cancel or replace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CancelReject {
    /// As in [`Execution::order`].
    pub order: u64,
    pub cl_ord_id: ClientId,
    pub orig_cl_ord_id: ClientId,
    pub ord_status: u8,
    pub to_replace: bool,
    /// `CxlRejReason` (tag 102).
    pub reason: u16,
    pub at: UnixNanos,
    pub text: Text<64>,
}

impl CancelReject {
    /// The refusal of a request about `order`, if there is one.
    pub fn of(
        target: &Target,
        order: Option<&Order>,
        to_replace: bool,
        (reason, text): (u16, &str),
        at: UnixNanos,
    ) -> CancelReject {
        CancelReject {
            order: order.map_or(0, |order| order.number),
            cl_ord_id: target.cl_ord_id,
            orig_cl_ord_id: target.orig_cl_ord_id,
            // FIX 4.4 volume 4, OrderCancelReject: "Rejected" for an order that is not known.
            ord_status: order.map_or(b'8', Order::status),
            to_replace,
            reason,
            at,
            text: Text::new(text),
        }
    }
}

impl Report {
    pub fn msg_type(&self) -> &'static [u8] {
        match self {
            Report::Execution(_) => tags::EXECUTION_REPORT,
            Report::CancelReject(_) => tags::ORDER_CANCEL_REJECT,
            Report::PositionsAck(_) => PositionsAck::MSG_TYPE,
            Report::Position(_) => PositionReport::MSG_TYPE,
            Report::Balance(_) => Balance::MSG_TYPE,
            Report::Unsupported { .. } => tags::BUSINESS_MESSAGE_REJECT,
        }
    }

    /// The fields after the header.
    pub fn write(&self, w: &mut FieldWriter<'_>, style: &Style) {
        match self {
            Report::Execution(execution) => execution.write(w, style),
            Report::CancelReject(reject) => reject.write(w, style),
            Report::PositionsAck(ack) => ack.write(w, style),
            Report::Position(position) => position.write(w, style),
            Report::Balance(balance) => balance.write(w, style),
            Report::Unsupported { msg_seq_num, msg_type } => {
                w.uint(tags::REF_SEQ_NUM, *msg_seq_num);
                w.raw(tags::REF_MSG_TYPE, msg_type.as_bytes());
                w.uint(tags::BUSINESS_REJECT_REASON, UNSUPPORTED_MESSAGE_TYPE);
                w.text(tags::TEXT, "unsupported message type");
            }
        }
    }
}

impl Execution {
    fn write(&self, w: &mut FieldWriter<'_>, style: &Style) {
        write_order_id(w, style, self.order);
        w.raw(tags::CL_ORD_ID, self.cl_ord_id.as_bytes());
        w.raw(tags::ORIG_CL_ORD_ID, self.orig_cl_ord_id.as_bytes());
        w.raw(tags::ORD_STATUS_REQ_ID, self.request_id.as_bytes());
        if let Some(mass) = &self.mass {
            w.raw(MASS_STATUS_REQ_ID, mass.request_id.as_bytes());
            w.uint(TOT_NUM_REPORTS, u64::from(mass.total));
            w.char(LAST_RPT_REQUESTED, if mass.is_last { b'Y' } else { b'N' });
        }
        match self.exec {
            0 => w.char(tags::EXEC_ID, b'0'),
            exec => w.text(tags::EXEC_ID, &format!("E{}-{exec}", style.prefix)),
        }
        if self.exec_ref > 0 {
            w.text(tags::EXEC_REF_ID, &format!("E{}-{}", style.prefix, self.exec_ref));
        }
        w.char(tags::EXEC_TYPE, self.exec_type);
        w.char(tags::ORD_STATUS, self.ord_status);
        if let Some(reason) = self.reject_reason {
            w.uint(tags::ORD_REJ_REASON, u64::from(reason));
        }
        w.raw(tags::ACCOUNT, self.account.as_bytes());
        w.raw(tags::SYMBOL, self.symbol.as_bytes());
        w.char(tags::SIDE, self.side);
        w.uint(tags::ORDER_QTY, u64::from(self.qty));
        if self.ord_type != 0 {
            w.char(tags::ORD_TYPE, self.ord_type);
        }
        w.price(tags::PRICE, self.price);
        w.price(STOP_PX, self.stop_px);
        w.char(tags::TIME_IN_FORCE, self.time_in_force);
        match self.expiry {
            Expiry::None => {}
            Expiry::Time(at) => w.time(EXPIRE_TIME, at, style.precision),
            Expiry::Date(date) => w.text(EXPIRE_DATE, &date.format("%Y%m%d").to_string()),
        }
        if let Some(reason) = self.restatement {
            w.uint(EXEC_RESTATEMENT_REASON, u64::from(reason));
        }
        if let Some((qty, price)) = self.last {
            w.uint(tags::LAST_QTY, u64::from(qty));
            w.price(tags::LAST_PX, price);
            write_fees(w, self.fees);
        }
        w.uint(tags::LEAVES_QTY, u64::from(self.leaves_qty));
        w.uint(tags::CUM_QTY, u64::from(self.cum_qty));
        w.price(AVG_PX, self.avg_px);
        w.time(tags::TRANSACT_TIME, self.at, style.precision);
        w.text(tags::TEXT, self.text.as_str());
    }
}

impl CancelReject {
    fn write(&self, w: &mut FieldWriter<'_>, style: &Style) {
        write_order_id(w, style, self.order);
        w.raw(tags::CL_ORD_ID, self.cl_ord_id.as_bytes());
        w.raw(tags::ORIG_CL_ORD_ID, self.orig_cl_ord_id.as_bytes());
        w.char(tags::ORD_STATUS, self.ord_status);
        w.char(tags::CXL_REJ_RESPONSE_TO, if self.to_replace { b'2' } else { b'1' });
        w.uint(tags::CXL_REJ_REASON, u64::from(self.reason));
        w.time(tags::TRANSACT_TIME, self.at, style.precision);
        w.text(tags::TEXT, self.text.as_str());
    }
}

/// The commission is absolute, in dollars, and so are the fees: of the exchange, and others.
fn write_fees(w: &mut FieldWriter<'_>, fees: ContractFees) {
    if fees == ContractFees::default() {
        return;
    }
    let dollars = |part: Money| Price(part.0.saturating_mul(PRICE_UNITS_PER_MICRO));
    w.price(COMMISSION, dollars(fees.broker));
    w.char(COMM_TYPE, b'3');
    w.uint(NO_MISC_FEES, 2);
    for (part, kind) in [(fees.exchange, b'4'), (fees.clearing, b'7')] {
        w.price(MISC_FEE_AMT, dollars(part));
        w.text(MISC_FEE_CURR, "USD");
        w.char(MISC_FEE_TYPE, kind);
    }
}

fn write_order_id(w: &mut FieldWriter<'_>, style: &Style, order: u64) {
    match order {
        0 => w.raw(tags::ORDER_ID, b"NONE"),
        order => w.text(tags::ORDER_ID, &format!("O{}-{order}", style.prefix)),
    }
}
