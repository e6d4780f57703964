//! Order messages of a client, read and checked for form.
//!
//! What breaks the rules of the message (a tag missing, twice, or not of its type) is refused at the
//! session level. What is well said but not offered here reaches the desk, which refuses the order.

use chrono::NaiveDate;
use gauntlet_gateways::fix::codec::{
    Message, SessionRejectReason, parse_price, parse_qty, parse_time,
};
use gauntlet_gateways::fix::tags;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, UnixNanos};

/// `OrderMassStatusRequest` and `RequestForPositions` (tag 35), and their tags.
const ORDER_MASS_STATUS_REQUEST: &[u8] = b"AF";
const REQUEST_FOR_POSITIONS: &[u8] = b"AN";
const MASS_STATUS_REQ_ID: u32 = 584;
const MASS_STATUS_REQ_TYPE: u32 = 585;
const POS_REQ_ID: u32 = 710;
const POS_REQ_TYPE: u32 = 724;
/// `CollateralInquiry` (tag 35).
const COLLATERAL_INQUIRY: &[u8] = b"BB";

/// Tags of conditional orders, orders that end by a date, and, as CME has them, self-match prevention.
pub(super) const STOP_PX: u32 = 99;
pub(super) const EXPIRE_TIME: u32 = 126;
pub(super) const EXPIRE_DATE: u32 = 432;
pub(super) const SELF_MATCH_ID: u32 = 7_928;
pub(super) const SELF_MATCH_INSTRUCTION: u32 = 8_000;

/// A client's identity of an order message (tag 11), as it came.
pub(super) type ClientId = Text<40>;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Request {
    /// `NewOrderSingle` (D).
    New {
        terms: Terms,
        /// Whether the client says that it may have sent this before (tags 43, 97).
        poss_dup: bool,
    },
    /// `OrderCancelRequest` (F).
    Cancel { target: Target },
    /// `OrderCancelReplaceRequest` (G).
    Replace { target: Target, terms: Terms },
    /// `OrderStatusRequest` (H).
    Status { cl_ord_id: ClientId, symbol: Text<24>, side: u8, request_id: ClientId },
    /// `OrderMassStatusRequest` (AF): of every order that works, or of one symbol's.
    MassStatus { request_id: ClientId, symbol: Option<Text<24>> },
    /// `RequestForPositions` (AN): of one account, or of all when it names none.
    Positions { request_id: ClientId, account: Text<24> },
    /// `CollateralInquiry` (BB): the cash of one account.
    Cash { request_id: ClientId, account: Text<24> },
    /// A message of a type that is not served.
    Unsupported { msg_seq_num: u64, msg_type: Text<4> },
}

/// Which order a request is about, and the request's own identity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Target {
    pub cl_ord_id: ClientId,
    pub orig_cl_ord_id: ClientId,
    pub symbol: Text<24>,
    pub side: u8,
}

/// The terms of an order. Codes are the characters of the wire: which of them are served is for the
/// desk to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Terms {
    pub cl_ord_id: ClientId,
    pub account: Text<24>,
    pub symbol: Text<24>,
    pub side: u8,
    pub ord_type: u8,
    pub time_in_force: u8,
    /// Contracts; 0 when what was asked for is not a whole number of them.
    pub qty: u32,
    /// [`Price::NONE`] when none was given.
    pub price: Price,
    /// What triggers it; [`Price::NONE`] when nothing was given.
    pub stop_px: Price,
    /// When it is to end, of a good-till-date order.
    pub expiry: Expiry,
    /// The group with which it is not to trade (tag 7928), empty without one, and whether it gives way
    /// itself (tag 8000), if it says so.
    pub self_match_id: Text<24>,
    pub gives_way: Option<bool>,
}

/// When an order is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// Nothing was said of it.
    None,
    /// At a moment (tag 126).
    Time(UnixNanos),
    /// With the trading day of a date (tag 432).
    Date(NaiveDate),
}

/// Why a message is refused at the session level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub tag: u32,
    pub reason: SessionRejectReason,
}

impl Malformed {
    /// The reason in words.
    pub fn text(&self) -> &'static str {
        match self.reason {
            SessionRejectReason::RequiredTagMissing => "required tag missing",
            SessionRejectReason::TagAppearsTwice => "tag appears more than once",
            SessionRejectReason::IncorrectFormat => "incorrect data format for value",
            SessionRejectReason::InvalidMsgType => "invalid MsgType",
            _ => "value is incorrect (out of range) for this tag",
        }
    }
}

/// Reads an application message.
pub(super) fn read(
    message: &Message<'_>,
    msg_seq_num: u64,
    poss_dup: bool,
) -> Result<Request, Malformed> {
    let msg_type = message.msg_type();
    let fields = Fields::of(message)?;
    match msg_type {
        tags::NEW_ORDER_SINGLE => Ok(Request::New { terms: fields.terms()?, poss_dup }),
        tags::ORDER_CANCEL_REQUEST => {
            let target = fields.target()?;
            fields.transact_time()?;
            Ok(Request::Cancel { target })
        }
        tags::ORDER_CANCEL_REPLACE_REQUEST => {
            Ok(Request::Replace { target: fields.target()?, terms: fields.terms()? })
        }
        tags::ORDER_STATUS_REQUEST => Ok(Request::Status {
            cl_ord_id: fields.text(tags::CL_ORD_ID)?,
            symbol: fields.text(tags::SYMBOL)?,
            side: fields.code(tags::SIDE)?,
            request_id: fields.optional_text(tags::ORD_STATUS_REQ_ID)?,
        }),
        ORDER_MASS_STATUS_REQUEST => fields.mass_status(),
        REQUEST_FOR_POSITIONS => fields.positions(),
        COLLATERAL_INQUIRY => Ok(Request::Cash {
            request_id: fields.text(tags::COLL_INQUIRY_ID)?,
            account: fields.text(tags::ACCOUNT)?,
        }),
        _ if is_defined(msg_type) => {
            Ok(Request::Unsupported { msg_seq_num, msg_type: Text::from_wire(msg_type) })
        }
        _ => Err(Malformed { tag: tags::MSG_TYPE, reason: SessionRejectReason::InvalidMsgType }),
    }
}

fn incorrect(tag: u32) -> Malformed {
    Malformed { tag, reason: SessionRejectReason::ValueIncorrect }
}

/// Whether FIX 4.4 has messages of such a type: one letter or digit, or two letters up to `BH`.
fn is_defined(msg_type: &[u8]) -> bool {
    match msg_type {
        [one] => one.is_ascii_alphanumeric(),
        [b'A', second] => second.is_ascii_uppercase(),
        [b'B', second] => (b'A'..=b'H').contains(second),
        _ => false,
    }
}

/// The tags that decide something here.
const TAGS: [u32; 21] = [
    tags::ACCOUNT,
    tags::CL_ORD_ID,
    tags::ORDER_QTY,
    tags::ORD_TYPE,
    tags::ORIG_CL_ORD_ID,
    tags::PRICE,
    tags::SIDE,
    tags::SYMBOL,
    tags::TIME_IN_FORCE,
    tags::TRANSACT_TIME,
    tags::ORD_STATUS_REQ_ID,
    MASS_STATUS_REQ_ID,
    MASS_STATUS_REQ_TYPE,
    POS_REQ_ID,
    POS_REQ_TYPE,
    tags::COLL_INQUIRY_ID,
    STOP_PX,
    EXPIRE_TIME,
    EXPIRE_DATE,
    SELF_MATCH_ID,
    SELF_MATCH_INSTRUCTION,
];

/// The values of [`TAGS`] in a message, each at most once.
struct Fields<'m>([Option<&'m [u8]>; TAGS.len()]);

impl<'m> Fields<'m> {
    fn of(message: &Message<'m>) -> Result<Fields<'m>, Malformed> {
        let mut values = [None; TAGS.len()];
        for (tag, value) in message.fields() {
            let Some(at) = TAGS.iter().position(|known| *known == tag) else { continue };
            if values[at].replace(value).is_some() {
                return Err(Malformed { tag, reason: SessionRejectReason::TagAppearsTwice });
            }
        }
        Ok(Fields(values))
    }

    fn get(&self, tag: u32) -> Option<&'m [u8]> {
        TAGS.iter().position(|known| *known == tag).and_then(|at| self.0[at])
    }

    fn required(&self, tag: u32) -> Result<&'m [u8], Malformed> {
        let reason = SessionRejectReason::RequiredTagMissing;
        self.get(tag).ok_or(Malformed { tag, reason })
    }

    /// Text that fits and can be sent back as it came.
    fn text<const N: usize>(&self, tag: u32) -> Result<Text<N>, Malformed> {
        let value = self.required(tag)?;
        if !value.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            return Err(Malformed { tag, reason: SessionRejectReason::IncorrectFormat });
        }
        if value.is_empty() || value.len() > N {
            return Err(Malformed { tag, reason: SessionRejectReason::ValueIncorrect });
        }
        Ok(Text::from_wire(value))
    }

    fn optional_text<const N: usize>(&self, tag: u32) -> Result<Text<N>, Malformed> {
        self.get(tag).map_or(Ok(Text::EMPTY), |_| self.text(tag))
    }

    /// One letter or digit.
    fn code(&self, tag: u32) -> Result<u8, Malformed> {
        match self.required(tag)? {
            [code] if code.is_ascii_alphanumeric() => Ok(*code),
            _ => Err(Malformed { tag, reason: SessionRejectReason::ValueIncorrect }),
        }
    }

    fn mass_status(&self) -> Result<Request, Malformed> {
        let request_id = self.text(MASS_STATUS_REQ_ID)?;
        // 1: of a security; 7: of all orders (FIX 4.4 volume 6, tag 585).
        let symbol = match self.code(MASS_STATUS_REQ_TYPE)? {
            b'1' => Some(self.text(tags::SYMBOL)?),
            b'7' => None,
            _ => return Err(incorrect(MASS_STATUS_REQ_TYPE)),
        };
        Ok(Request::MassStatus { request_id, symbol })
    }

    fn positions(&self) -> Result<Request, Malformed> {
        let request_id = self.text(POS_REQ_ID)?;
        // 0: positions, as against trades, exercises and assignments (tag 724).
        match self.code(POS_REQ_TYPE)? {
            b'0' => {
                Ok(Request::Positions { request_id, account: self.optional_text(tags::ACCOUNT)? })
            }
            _ => Err(incorrect(POS_REQ_TYPE)),
        }
    }

    fn transact_time(&self) -> Result<(), Malformed> {
        let tag = tags::TRANSACT_TIME;
        let time = parse_time(self.required(tag)?);
        time.map(|_| ()).ok_or(Malformed { tag, reason: SessionRejectReason::IncorrectFormat })
    }

    fn price(&self, tag: u32) -> Result<Price, Malformed> {
        let price = parse_price(self.required(tag)?);
        price.ok_or(Malformed { tag, reason: SessionRejectReason::IncorrectFormat })
    }

    fn target(&self) -> Result<Target, Malformed> {
        Ok(Target {
            cl_ord_id: self.text(tags::CL_ORD_ID)?,
            orig_cl_ord_id: self.text(tags::ORIG_CL_ORD_ID)?,
            symbol: self.text(tags::SYMBOL)?,
            side: self.code(tags::SIDE)?,
        })
    }

    /// The price of a tag: required of the order types that need one, read of any.
    fn price_for(&self, tag: u32, ord_type: u8, needed_by: &[u8]) -> Result<Price, Malformed> {
        match self.get(tag) {
            None if !needed_by.contains(&ord_type) => Ok(Price::NONE),
            _ => self.price(tag),
        }
    }

    fn expiry(&self, time_in_force: u8) -> Result<Expiry, Malformed> {
        let malformed = |tag| Malformed { tag, reason: SessionRejectReason::IncorrectFormat };
        if time_in_force != b'6' {
            return Ok(Expiry::None);
        }
        if let Some(time) = self.get(EXPIRE_TIME) {
            return parse_time(time).map(Expiry::Time).ok_or(malformed(EXPIRE_TIME));
        }
        let date = std::str::from_utf8(self.required(EXPIRE_DATE)?).unwrap_or_default();
        let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok().filter(|_| date.len() == 8);
        date.map(Expiry::Date).ok_or(malformed(EXPIRE_DATE))
    }

    /// As CME has it: O cancels the older order, the one that rests, N the newer one.
    fn gives_way(&self) -> Result<Option<bool>, Malformed> {
        match self.get(SELF_MATCH_INSTRUCTION) {
            None => Ok(None),
            Some(b"O") => Ok(Some(false)),
            Some(b"N") => Ok(Some(true)),
            Some(_) => Err(incorrect(SELF_MATCH_INSTRUCTION)),
        }
    }

    fn terms(&self) -> Result<Terms, Malformed> {
        let qty = self.required(tags::ORDER_QTY)?;
        // A fraction of a contract is a quantity all the same, and for the desk to refuse.
        if parse_price(qty).is_none() {
            let reason = SessionRejectReason::IncorrectFormat;
            return Err(Malformed { tag: tags::ORDER_QTY, reason });
        }
        let ord_type = self.code(tags::ORD_TYPE)?;
        let price = self.price_for(tags::PRICE, ord_type, b"24")?;
        let stop_px = self.price_for(STOP_PX, ord_type, b"34")?;
        let time_in_force =
            self.get(tags::TIME_IN_FORCE).map_or(Ok(b'0'), |_| self.code(tags::TIME_IN_FORCE))?;
        self.transact_time()?;
        Ok(Terms {
            cl_ord_id: self.text(tags::CL_ORD_ID)?,
            account: self.optional_text(tags::ACCOUNT)?,
            symbol: self.text(tags::SYMBOL)?,
            side: self.code(tags::SIDE)?,
            ord_type,
            time_in_force,
            qty: parse_qty(qty).unwrap_or(0),
            price,
            stop_px,
            expiry: self.expiry(time_in_force)?,
            self_match_id: self.optional_text(SELF_MATCH_ID)?,
            gives_way: self.gives_way()?,
        })
    }
}
