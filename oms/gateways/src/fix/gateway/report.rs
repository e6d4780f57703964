//! Messages of the broker into inputs.
//!
//! What decides about orders and positions must be there and sound, or the message is refused. What
//! is only told along (the order's own quantity and price, the time, the reason) is taken as not
//! given when it is malformed. A fill is worth more than its ornaments: it needs its order or symbol, its
//! side, contracts and price, and nothing else. What is refused is still told, with what can be read of
//! it ([`Translator::unusable`]), because it may have been a fill.

use super::enquiry::SentEnquiries;
use super::wire::{Names, WireIds};
use crate::fix::codec::{
    Message, SessionRejectReason, parse_price, parse_qty, parse_time, parse_uint,
};
use crate::fix::tags;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    CancelReject, ExecType, ExecutionReport, Input, OrdStatus, Route, SessionChange, SessionEvent,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};

/// Why a message cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    /// The tag that is missing or wrong.
    pub tag: u32,
    /// What is wrong with it.
    pub reason: SessionRejectReason,
}

pub(super) fn malformed(tag: u32) -> Unusable {
    Unusable { tag, reason: SessionRejectReason::IncorrectFormat }
}

pub(super) fn unknown_value(tag: u32) -> Unusable {
    Unusable { tag, reason: SessionRejectReason::ValueIncorrect }
}

pub(super) fn missing(tag: u32) -> Unusable {
    Unusable { tag, reason: SessionRejectReason::RequiredTagMissing }
}

/// Order messages remembered by their sequence number.
const REMEMBERED: usize = 4096;

/// Reads the broker's messages: knows the names on the wire, and which order each of the last
/// messages carried.
pub(super) struct Translator {
    pub route: Route,
    pub ids: WireIds,
    pub names: Names,
    pub enquiries: SentEnquiries,
    sent_orders: Box<[(u64, ClOrdId)]>,
    /// Whether an order message was sent: then all names are defined. Reports that a broker sends again
    /// at a start may come before the definitions.
    pub has_sent: bool,
    /// Whether the session is a drop copy's.
    pub copies: bool,
}

impl Translator {
    pub fn new(route: Route, epoch: u64) -> Translator {
        Translator {
            route,
            ids: WireIds::new(epoch),
            names: Names::new(),
            enquiries: SentEnquiries::new(),
            sent_orders: vec![(0, ClOrdId::NONE); REMEMBERED].into_boxed_slice(),
            has_sent: false,
            copies: false,
        }
    }

    /// Remembers which order a message carried.
    pub fn remember(&mut self, msg_seq_num: u64, order: ClOrdId) {
        self.sent_orders[msg_seq_num as usize % REMEMBERED] = (msg_seq_num, order);
        self.has_sent = true;
    }

    /// The session's numbers have begun anew: those of before name other messages now.
    pub fn forget_numbers(&mut self) {
        self.sent_orders.fill((0, ClOrdId::NONE));
        self.enquiries = SentEnquiries::new();
    }

    /// `ExecutionReport` (8).
    #[expect(clippy::too_many_lines, reason = "one field of a report after another")]
    pub fn execution_report(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Result<ExecutionReport, Unusable> {
        let (mut sending_time, mut first_sent) = (UnixNanos(0), None);
        let (mut transact_time, mut avg_px) = (None, None);
        let (mut order_id, mut exec_id) = (Fact::new(tags::ORDER_ID), Fact::new(tags::EXEC_ID));
        let mut exec_type = Fact::new(tags::EXEC_TYPE);
        let mut ord_status = Fact::new(tags::ORD_STATUS);
        let mut side = Fact::new(tags::SIDE);
        let mut leaves_qty = Fact::new(tags::LEAVES_QTY);
        let mut cum_qty = Fact::new(tags::CUM_QTY);
        let (mut last_qty, mut last_px) = (Fact::new(tags::LAST_QTY), Fact::new(tags::LAST_PX));
        let mut report = ExecutionReport {
            route: self.route,
            msg_seq_num,
            poss_dup,
            cl_ord_id: ClOrdId::NONE,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            order_id: Text::EMPTY,
            exec_id: Text::EMPTY,
            exec_type: ExecType::New,
            ord_status: OrdStatus::New,
            instrument: None,
            side: Side::Buy,
            last_qty: 0,
            last_px: Price::NONE,
            leaves_qty: 0,
            cum_qty: 0,
            order_qty: 0,
            price: Price::NONE,
            transact_time: UnixNanos(0),
            reject_reason: 0,
            text: Text::EMPTY,
        };
        for (tag, value) in message.fields() {
            match tag {
                tags::CL_ORD_ID => report.cl_ord_id = self.ids.parse(value),
                tags::ORIG_CL_ORD_ID => report.orig_cl_ord_id = self.ids.parse(value),
                tags::ORD_STATUS_REQ_ID => {
                    report.ord_status_req_id = self.ids.parse_number(value).unwrap_or(0);
                }
                tags::ORDER_ID => order_id.tell(Ok(short_identity(value))),
                tags::EXEC_ID => exec_id.tell(Ok(short_identity(value))),
                tags::EXEC_TYPE => exec_type.tell(parse_exec_type(value).ok_or(unknown_value(tag))),
                tags::ORD_STATUS => {
                    ord_status.tell(parse_ord_status(value).ok_or(unknown_value(tag)));
                }
                tags::SIDE => side.tell(parse_side(value).ok_or(unknown_value(tag))),
                tags::LEAVES_QTY => leaves_qty.tell(parse_qty(value).ok_or(malformed(tag))),
                tags::CUM_QTY => cum_qty.tell(parse_qty(value).ok_or(malformed(tag))),
                tags::LAST_QTY => last_qty.tell(parse_qty(value).ok_or(malformed(tag))),
                tags::LAST_PX => last_px.tell(parse_price(value).ok_or(malformed(tag))),
                tags::SYMBOL => report.instrument = self.names.instrument(value),
                tags::ORDER_QTY => report.order_qty = parse_qty(value).unwrap_or(0),
                tags::PRICE => report.price = parse_price(value).unwrap_or(Price::NONE),
                tags::TRANSACT_TIME => transact_time = parse_time(value),
                tags::SENDING_TIME => sending_time = parse_time(value).unwrap_or(UnixNanos(0)),
                tags::ORD_REJ_REASON => report.reject_reason = parse_reason(value),
                tags::TEXT => report.text = Text::from_wire(value),
                tags::AVG_PX => avg_px = parse_price(value).filter(|price| *price != Price(0)),
                tags::ORIG_SENDING_TIME => first_sent = parse_time(value),
                _ => {}
            }
        }
        report.exec_type = exec_type.needed()?;
        report.side = side.needed()?;
        report.transact_time = transact_time.or(first_sent).unwrap_or(sending_time);
        if report.exec_type == ExecType::Trade {
            report.last_qty = last_qty.needed()?;
            let cum_qty = cum_qty.sound().unwrap_or(0);
            let mean = avg_px.filter(|_| cum_qty == report.last_qty && last_px.told.is_none());
            report.last_px = mean.map_or_else(|| last_px.needed(), Ok)?;
            report.order_id = order_id.sound().unwrap_or(Text::EMPTY);
            report.exec_id = exec_id.sound().unwrap_or(Text::EMPTY);
            report.ord_status = ord_status.sound().unwrap_or(OrdStatus::PartiallyFilled);
            report.leaves_qty = leaves_qty.sound().unwrap_or(0);
            report.cum_qty = cum_qty;
            return Ok(report);
        }
        report.order_id = order_id.needed()?;
        report.exec_id = exec_id.needed()?;
        report.ord_status = ord_status.needed()?;
        report.leaves_qty = leaves_qty.needed()?;
        report.cum_qty = cum_qty.needed()?;
        match report.exec_type {
            ExecType::TradeCorrect | ExecType::TradeCancel => {
                // A bust need not repeat what it takes back, but it must say what it is about.
                report.last_qty = last_qty.sound().unwrap_or(0);
                report.last_px = last_px.sound().unwrap_or(Price::NONE);
                let named = message.get(tags::EXEC_REF_ID).unwrap_or_default();
                report.text = Text::new(short_identity(named).as_str());
            }
            ExecType::OrderStatus if report.cum_qty > 0 => {
                report.last_px = avg_px.unwrap_or(Price::NONE);
            }
            _ => {}
        }
        Ok(report)
    }

    /// `OrderCancelReject` (9).
    pub fn cancel_reject(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Result<CancelReject, Unusable> {
        let get = |tag| message.get(tag).ok_or(missing(tag));
        Ok(CancelReject {
            route: self.route,
            msg_seq_num,
            poss_dup,
            cl_ord_id: self.ids.parse(get(tags::CL_ORD_ID)?),
            orig_cl_ord_id: self.ids.parse(get(tags::ORIG_CL_ORD_ID)?),
            ord_status: parse_ord_status(get(tags::ORD_STATUS)?)
                .ok_or(unknown_value(tags::ORD_STATUS))?,
            to_replace: match get(tags::CXL_REJ_RESPONSE_TO)? {
                b"1" => false,
                b"2" => true,
                _ => return Err(unknown_value(tags::CXL_REJ_RESPONSE_TO)),
            },
            reason: message.get(tags::CXL_REJ_REASON).map_or(OTHER_REASON, parse_reason),
            text: Text::from_wire(message.get(tags::TEXT).unwrap_or_default()),
        })
    }

    /// `Reject` (3) or `BusinessMessageReject` (j) of a message of ours. `reason_tag` is where its
    /// kind keeps the reason.
    pub fn refusal(&self, message: &Message<'_>, msg_seq_num: u64, reason_tag: u32) -> Input {
        if let Some(answer) = self.refused_enquiry(message, msg_seq_num) {
            return answer;
        }
        let reason = message.uint(reason_tag).unwrap_or_default();
        let text = String::from_utf8_lossy(message.get(tags::TEXT).unwrap_or_default());
        let detail = Text::from_wire(format!("{reason_tag}={reason} {text}").as_bytes());
        self.rejected(msg_seq_num, self.refused_order(message), detail)
    }

    /// Tells that an order message was refused, or that a message of the broker could not be used
    /// if there is no order.
    pub fn rejected(&self, msg_seq_num: u64, cl_ord_id: ClOrdId, detail: Text<64>) -> Input {
        Input::Session(SessionEvent {
            route: self.route,
            change: SessionChange::MessageRejected,
            msg_seq_num,
            reset: false,
            cl_ord_id,
            detail,
        })
    }

    fn refused_order(&self, message: &Message<'_>) -> ClOrdId {
        let named = message.get(tags::BUSINESS_REJECT_REF_ID).map(|id| self.ids.parse(id));
        if let Some(order) = named.filter(|order| order.is_some()) {
            return order;
        }
        let Some(seq) = message.uint(tags::REF_SEQ_NUM) else { return ClOrdId::NONE };
        let (sent_seq, order) = self.sent_orders[seq as usize % REMEMBERED];
        if sent_seq == seq { order } else { ClOrdId::NONE }
    }
}

/// `Other` of tags 102 and 103.
const OTHER_REASON: u16 = 99;

fn parse_reason(value: &[u8]) -> u16 {
    parse_uint(value).and_then(|reason| u16::try_from(reason).ok()).unwrap_or(OTHER_REASON)
}

/// Two values for one fact: neither can be trusted. The same value twice is one.
pub(super) fn once<T: PartialEq>(
    place: &mut Option<T>,
    tag: u32,
    value: T,
) -> Result<(), Unusable> {
    match place {
        Some(known) if *known != value => Err(twice(tag)),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn twice(tag: u32) -> Unusable {
    Unusable { tag, reason: SessionRejectReason::TagAppearsTwice }
}

/// A fact as a report tells it: not at all, soundly, or not so that it can be used. What is wrong with it
/// counts only for a report that needs it.
struct Fact<T> {
    tag: u32,
    told: Option<Result<T, Unusable>>,
}

impl<T: PartialEq> Fact<T> {
    fn new(tag: u32) -> Fact<T> {
        Fact { tag, told: None }
    }

    /// Takes in a value. The same twice is one, another contradicts it.
    fn tell(&mut self, read: Result<T, Unusable>) {
        let contradicts = self.told.as_ref().is_some_and(|known| *known != read);
        self.told = Some(if contradicts { Err(twice(self.tag)) } else { read });
    }

    fn needed(self) -> Result<T, Unusable> {
        self.told.unwrap_or(Err(missing(self.tag)))
    }

    fn sound(self) -> Option<T> {
        self.told.and_then(Result::ok)
    }
}

/// An identity of the broker's, as it is if it is printable and fits. Otherwise its first 15 bytes,
/// `~`, and 64 bits of hash: two different identities must never look alike, since fills are told
/// from their duplicates by them.
pub(super) fn short_identity(value: &[u8]) -> Text<32> {
    let is_plain = value.len() <= 32 && value.iter().all(|b| (0x20..0x7f).contains(b));
    if is_plain {
        return Text::from_wire(value);
    }
    // FNV-1a (Fowler, Noll, Vo): 64 bits, the same on every machine.
    let hash = value.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut text = [b'~'; 32];
    for (to, from) in text.iter_mut().zip(value.iter().take(15)) {
        *to = *from;
    }
    for (at, digit) in text[16..].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(hash >> (60 - 4 * at)) as usize & 0xf];
    }
    Text::from_wire(&text)
}

/// Tag 54. Selling short is selling.
pub(super) fn parse_side(value: &[u8]) -> Option<Side> {
    match value {
        b"1" => Some(Side::Buy),
        b"2" | b"5" | b"6" => Some(Side::Sell),
        _ => None,
    }
}

/// Tag 150. `1` and `2` are how FIX 4.2 reported fills.
fn parse_exec_type(value: &[u8]) -> Option<ExecType> {
    Some(match value {
        b"0" => ExecType::New,
        b"3" => ExecType::DoneForDay,
        b"4" => ExecType::Canceled,
        b"5" => ExecType::Replaced,
        b"6" => ExecType::PendingCancel,
        b"7" => ExecType::Stopped,
        b"8" => ExecType::Rejected,
        b"9" => ExecType::Suspended,
        b"A" => ExecType::PendingNew,
        b"C" => ExecType::Expired,
        b"D" => ExecType::Restated,
        b"E" => ExecType::PendingReplace,
        b"F" | b"1" | b"2" => ExecType::Trade,
        b"G" => ExecType::TradeCorrect,
        b"H" => ExecType::TradeCancel,
        b"I" => ExecType::OrderStatus,
        b"L" => ExecType::Triggered,
        _ => return None,
    })
}

/// Tag 39. `5`, replaced, is FIX 4.2's: the order works on.
pub(super) fn parse_ord_status(value: &[u8]) -> Option<OrdStatus> {
    Some(match value {
        b"0" | b"5" => OrdStatus::New,
        b"1" => OrdStatus::PartiallyFilled,
        b"2" => OrdStatus::Filled,
        b"3" => OrdStatus::DoneForDay,
        b"4" => OrdStatus::Canceled,
        b"6" => OrdStatus::PendingCancel,
        b"7" => OrdStatus::Stopped,
        b"8" => OrdStatus::Rejected,
        b"9" => OrdStatus::Suspended,
        b"A" => OrdStatus::PendingNew,
        b"C" => OrdStatus::Expired,
        b"E" => OrdStatus::PendingReplace,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
