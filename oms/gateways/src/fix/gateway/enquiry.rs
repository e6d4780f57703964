//! Questions about everything, and the broker's lists: `OrderMassStatusRequest` (AF), whose answer is
//! execution reports that name it, and `RequestForPositions` (AN), answered by an acknowledgement (AO) and
//! `PositionReport` (AP), and `CollateralInquiry` (BB), answered by `CollateralReport` (BA).

use super::report::{Translator, Unusable, malformed, missing, once, parse_ord_status, parse_side};
use super::report::{short_identity, unknown_value};
use crate::fix::codec::{
    FieldWriter, Message, TimePrecision, parse_price, parse_qty, parse_time, parse_uint,
};
use crate::fix::tags;
use gauntlet_model::calendar::trading_date;
use gauntlet_model::effect::{Enquired, Enquiry, OrderType, TimeInForce};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    BrokerBalance, BrokerOrder, BrokerPosition, EnquiryAnswer, ForeignOrder, Input, OrdStatus,
    Route,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};

/// `MassStatusReqType` (tag 585): of all orders.
const ALL_ORDERS: u64 = 7;
/// `PosReqType` (tag 724): positions.
const POSITIONS: u64 = 0;
/// `AccountType` (tag 581): carried on the customer's side of the books.
const CUSTOMER: u64 = 1;
/// `SubscriptionRequestType` (tag 263): once.
const SNAPSHOT: u64 = 0;
/// `CollInquiryStatus` (tag 945): rejected.
const INQUIRY_REJECTED: u64 = 4;
/// Units of a decimal on the wire, a billionth, in a micro-dollar.
const UNITS_PER_MICRO: i64 = 1_000;
/// `PosReqResult` (tag 728): none were found that match.
const NONE_FOUND: u64 = 2;
/// `PosReqStatus` (tag 729): rejected.
const REJECTED: u64 = 2;

/// Questions remembered by their sequence number.
const REMEMBERED: usize = 64;

/// The questions that were sent last, by the sequence number of their message.
pub(super) struct SentEnquiries([(u64, Option<Enquiry>); REMEMBERED]);

impl SentEnquiries {
    pub fn new() -> SentEnquiries {
        SentEnquiries([(0, None); REMEMBERED])
    }

    pub fn remember(&mut self, msg_seq_num: u64, enquiry: &Enquiry) {
        self.0[msg_seq_num as usize % REMEMBERED] = (msg_seq_num, Some(*enquiry));
    }

    fn get(&self, msg_seq_num: u64) -> Option<Enquiry> {
        let (known, enquiry) = self.0[msg_seq_num as usize % REMEMBERED];
        enquiry.filter(|_| known == msg_seq_num)
    }
}

/// A question with its names looked up: ready to be written.
pub(super) struct EnquiryMessage<'n> {
    enquiry: &'n Enquiry,
    account: &'n [u8],
}

impl<'n> EnquiryMessage<'n> {
    /// `None` when the account has no name.
    pub fn new(enquiry: &'n Enquiry, translator: &'n Translator) -> Option<EnquiryMessage<'n>> {
        let account = match enquiry.account {
            None => &[],
            Some(account) => translator.names.account(account)?.as_bytes(),
        };
        Some(EnquiryMessage { enquiry, account })
    }

    pub fn msg_type(&self) -> &'static [u8] {
        match self.enquiry.what {
            Enquired::Orders => tags::ORDER_MASS_STATUS_REQUEST,
            Enquired::Positions => tags::REQUEST_FOR_POSITIONS,
            Enquired::Cash => tags::COLLATERAL_INQUIRY,
        }
    }

    /// The fields after the header (FIX 4.4 volumes 4 and 5).
    pub fn write(
        &self,
        w: &mut FieldWriter<'_>,
        translator: &Translator,
        now: UnixNanos,
        precision: TimePrecision,
    ) {
        let ids = &translator.ids;
        match self.enquiry.what {
            Enquired::Orders => {
                ids.write_number(w, tags::MASS_STATUS_REQ_ID, self.enquiry.id);
                w.uint(tags::MASS_STATUS_REQ_TYPE, ALL_ORDERS);
            }
            Enquired::Positions => {
                ids.write_number(w, tags::POS_REQ_ID, self.enquiry.id);
                w.uint(tags::POS_REQ_TYPE, POSITIONS);
                w.raw(tags::ACCOUNT, self.account);
                w.uint(tags::ACCOUNT_TYPE, CUSTOMER);
                w.raw(tags::CLEARING_BUSINESS_DATE, &date(now));
                w.time(tags::TRANSACT_TIME, now, precision);
            }
            Enquired::Cash => {
                ids.write_number(w, tags::COLL_INQUIRY_ID, self.enquiry.id);
                w.uint(tags::SUBSCRIPTION_REQUEST_TYPE, SNAPSHOT);
                w.raw(tags::ACCOUNT, self.account);
            }
        }
    }
}

/// The trading day of a moment: eight digits.
fn date(now: UnixNanos) -> [u8; 8] {
    let text: Text<16> = Text::format(format_args!("{}", trading_date(now)));
    let mut digits = [b'0'; 8];
    let read = text.as_bytes().iter().filter(|byte| byte.is_ascii_digit());
    for (to, from) in digits.iter_mut().zip(read) {
        *to = *from;
    }
    digits
}

/// What a message says of the question that it answers. An answer that is sent again after a broken
/// session speaks of the past, and answers nothing.
struct Answered {
    route: Route,
    enquiry: u64,
    msg_seq_num: u64,
}

impl Translator {
    fn answered(
        &self,
        message: &Message<'_>,
        tag: u32,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Answered {
        let number = message.get(tag).and_then(|id| self.ids.parse_number(id));
        let enquiry = number.filter(|_| !poss_dup).unwrap_or(0);
        Answered { route: self.route, enquiry, msg_seq_num }
    }

    /// The answer to a question that the session or the application layer of the broker refused.
    pub fn refused_enquiry(&self, message: &Message<'_>, msg_seq_num: u64) -> Option<Input> {
        let refused = self.enquiries.get(message.uint(tags::REF_SEQ_NUM)?)?;
        let text = message.get(tags::TEXT).unwrap_or(b"it knows no such question");
        Some(Input::EnquiryAnswer(EnquiryAnswer {
            route: self.route,
            enquiry: refused.id,
            msg_seq_num,
            what: refused.what,
            refused: true,
            total: 0,
            detail: Text::from_wire(text),
        }))
    }

    /// A line of the list of orders, or the word that none works.
    pub fn broker_order(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Result<Input, Unusable> {
        let answered = self.answered(message, tags::MASS_STATUS_REQ_ID, msg_seq_num, poss_dup);
        let names_none = message.get(tags::CL_ORD_ID).is_none()
            && message.get(tags::ORD_STATUS) == Some(b"8".as_slice());
        if message.uint(tags::TOT_NUM_REPORTS) == Some(0) || names_none {
            return Ok(answer(&answered, Enquired::Orders, 0));
        }
        let mut line = nothing_said(&answered);
        let (mut order_id, mut ord_status, mut side) = (None, None, None);
        let (mut leaves_qty, mut cum_qty) = (None, None);
        for (tag, value) in message.fields() {
            match tag {
                tags::TOT_NUM_REPORTS => line.total = parse_qty(value).unwrap_or(0),
                tags::LAST_RPT_REQUESTED => line.is_last = value == b"Y",
                tags::CL_ORD_ID => line.cl_ord_id = self.ids.parse(value),
                tags::ORIG_CL_ORD_ID => line.orig_cl_ord_id = self.ids.parse(value),
                tags::ORDER_ID => once(&mut order_id, tag, short_identity(value))?,
                tags::ACCOUNT => line.account = self.names.account_of(value),
                tags::SYMBOL => {
                    line.instrument = self.names.instrument(value);
                    line.symbol = Text::from_wire(value);
                }
                tags::ORD_STATUS => {
                    let read = parse_ord_status(value).ok_or(unknown_value(tag))?;
                    once(&mut ord_status, tag, read)?;
                }
                tags::SIDE => {
                    once(&mut side, tag, parse_side(value).ok_or(unknown_value(tag))?)?;
                }
                tags::LEAVES_QTY => {
                    once(&mut leaves_qty, tag, parse_qty(value).ok_or(malformed(tag))?)?;
                }
                tags::CUM_QTY => once(&mut cum_qty, tag, parse_qty(value).ok_or(malformed(tag))?)?,
                tags::ORDER_QTY => line.order_qty = parse_qty(value).unwrap_or(0),
                tags::PRICE => line.price = parse_price(value).unwrap_or(Price::NONE),
                tags::AVG_PX => {
                    let mean = parse_price(value).filter(|price| *price != Price(0));
                    line.avg_px = mean.unwrap_or(Price::NONE);
                }
                tags::TRANSACT_TIME => {
                    line.transact_time = parse_time(value).unwrap_or(UnixNanos(0));
                }
                _ => {}
            }
        }
        line.order_id = order_id.ok_or(missing(tags::ORDER_ID))?;
        line.ord_status = ord_status.ok_or(missing(tags::ORD_STATUS))?;
        line.side = side.ok_or(missing(tags::SIDE))?;
        line.leaves_qty = leaves_qty.ok_or(missing(tags::LEAVES_QTY))?;
        line.cum_qty = cum_qty.ok_or(missing(tags::CUM_QTY))?;
        Ok(Input::BrokerOrder(line))
    }

    /// What the line of an order that is none of ours tells beyond [`BrokerOrder`]; `None` for one of ours,
    /// for one that no message could name, and where nothing is answered.
    pub fn foreign_order(&self, message: &Message<'_>, line: &BrokerOrder) -> Option<ForeignOrder> {
        let is_ours = line.cl_ord_id.is_some() || line.enquiry == 0;
        let named = message.get(tags::ORDER_ID).filter(|id| *id == line.order_id.as_bytes());
        if is_ours || named.is_none() {
            return None;
        }
        let name = message.get(tags::CL_ORD_ID).unwrap_or_default();
        let client_id = Some(short_identity(name)).filter(|id| id.as_bytes() == name);
        let order_type = message.get(tags::ORD_TYPE).and_then(|code| match code {
            [code] => OrderType::ALL.into_iter().find(|each| each.code() == *code),
            _ => None,
        });
        // A life that is not told is a day (FIX 4.4 volume 6, tag 59).
        let time_in_force = match message.get(tags::TIME_IN_FORCE) {
            None => Some(TimeInForce::Day),
            Some([code]) => TimeInForce::ALL.into_iter().find(|each| each.code() == *code),
            Some(_) => None,
        };
        let expires = message.get(tags::EXPIRE_TIME).and_then(parse_time);
        let dated = time_in_force == Some(TimeInForce::GoodTillDate);
        Some(ForeignOrder {
            route: self.route,
            order_id: line.order_id,
            client_id: client_id.unwrap_or(Text::EMPTY),
            order_type,
            time_in_force,
            stop_px: message.get(tags::STOP_PX).and_then(parse_price).unwrap_or(Price::NONE),
            expires: expires.filter(|_| dated).unwrap_or(UnixNanos(0)),
        })
    }

    /// `RequestForPositionsAck` (AO): how many lines follow.
    pub fn positions_ack(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Result<Input, Unusable> {
        let answered = self.answered(message, tags::POS_REQ_ID, msg_seq_num, poss_dup);
        let total = message.get(tags::TOTAL_NUM_POS_REPORTS).and_then(parse_qty).unwrap_or(0);
        let result = message.get(tags::POS_REQ_RESULT).and_then(parse_uint).unwrap_or(0);
        let status = message.get(tags::POS_REQ_STATUS).and_then(parse_uint).unwrap_or(0);
        if status != REJECTED && (result == 0 || result == NONE_FOUND) {
            return Ok(answer(&answered, Enquired::Positions, total));
        }
        let Answered { route, enquiry, msg_seq_num } = answered;
        let text = message.get(tags::TEXT).unwrap_or(b"it rejects the question");
        Ok(Input::EnquiryAnswer(EnquiryAnswer {
            route,
            enquiry,
            msg_seq_num,
            what: Enquired::Positions,
            refused: true,
            total: 0,
            detail: Text::from_wire(text),
        }))
    }

    /// `CollateralInquiryAck` (BG): whether the question is taken.
    pub fn inquiry_ack(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Result<Input, Unusable> {
        let answered = self.answered(message, tags::COLL_INQUIRY_ID, msg_seq_num, poss_dup);
        let status = message.get(tags::COLL_INQUIRY_STATUS).and_then(parse_uint).unwrap_or(0);
        let Input::EnquiryAnswer(taken) = answer(&answered, Enquired::Cash, 1) else {
            return Err(missing(tags::COLL_INQUIRY_ID));
        };
        let refused = status == INQUIRY_REJECTED;
        let text = message.get(tags::TEXT).unwrap_or(b"it rejects the question");
        let detail = if refused { Text::from_wire(text) } else { Text::EMPTY };
        Ok(Input::EnquiryAnswer(EnquiryAnswer { refused, detail, ..taken }))
    }

    /// `CollateralReport` (BA): what an account has, without what is open. One that does not tell that is an
    /// answer that refuses.
    pub fn balance(&self, message: &Message<'_>, msg_seq_num: u64, poss_dup: bool) -> Input {
        let answered = self.answered(message, tags::COLL_INQUIRY_ID, msg_seq_num, poss_dup);
        let Answered { route, enquiry, msg_seq_num } = answered;
        let told = [tags::END_CASH, tags::CASH_OUTSTANDING];
        let told = told.into_iter().find_map(|tag| message.get(tag));
        let Some(units) = told.and_then(parse_price) else {
            let detail = Text::new("its report has no cash (tag 922 or 901)");
            let (what, refused, total) = (Enquired::Cash, true, 0);
            return Input::EnquiryAnswer(EnquiryAnswer {
                route,
                enquiry,
                msg_seq_num,
                what,
                refused,
                total,
                detail,
            });
        };
        Input::Balance(BrokerBalance {
            route,
            enquiry,
            msg_seq_num,
            account: message.get(tags::ACCOUNT).and_then(|name| self.names.account_of(name)),
            cash: Money(units.0 / UNITS_PER_MICRO),
            currency: Text::from_wire(message.get(tags::CURRENCY).unwrap_or_default()),
        })
    }

    /// `PositionReport` (AP): what an account holds of a contract, over all its groups of `NoPositions`.
    pub fn position(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
    ) -> Result<Input, Unusable> {
        let Answered { route, enquiry, msg_seq_num } =
            self.answered(message, tags::POS_REQ_ID, msg_seq_num, poss_dup);
        let symbol = message.get(tags::SYMBOL).ok_or(missing(tags::SYMBOL))?;
        let mut qty = 0i64;
        for (tag, value) in message.fields() {
            let sign = match tag {
                tags::LONG_QTY => 1,
                tags::SHORT_QTY => -1,
                _ => continue,
            };
            qty += sign * i64::from(parse_qty(value).ok_or(malformed(tag))?);
        }
        Ok(Input::BrokerPosition(BrokerPosition {
            route,
            enquiry,
            msg_seq_num,
            total: message.get(tags::TOTAL_NUM_POS_REPORTS).and_then(parse_qty).unwrap_or(0),
            account: message.get(tags::ACCOUNT).and_then(|name| self.names.account_of(name)),
            instrument: self.names.instrument(symbol),
            symbol: Text::from_wire(symbol),
            qty,
        }))
    }
}

fn answer(
    &Answered { route, enquiry, msg_seq_num }: &Answered,
    what: Enquired,
    total: u32,
) -> Input {
    let (refused, detail) = (false, Text::EMPTY);
    Input::EnquiryAnswer(EnquiryAnswer {
        route,
        enquiry,
        msg_seq_num,
        what,
        refused,
        total,
        detail,
    })
}

/// A line of which nothing is read yet.
fn nothing_said(&Answered { route, enquiry, msg_seq_num }: &Answered) -> BrokerOrder {
    BrokerOrder {
        route,
        enquiry,
        msg_seq_num,
        total: 0,
        is_last: false,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::EMPTY,
        account: None,
        instrument: None,
        symbol: Text::EMPTY,
        ord_status: OrdStatus::New,
        side: Side::Buy,
        leaves_qty: 0,
        cum_qty: 0,
        order_qty: 0,
        price: Price::NONE,
        avg_px: Price::NONE,
        transact_time: UnixNanos(0),
    }
}
