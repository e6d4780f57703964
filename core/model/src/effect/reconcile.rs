//! Questions to brokers about everything, what came of them, and what differs.

use crate::ids::{AccountId, ClOrdId, InstrumentId};
use crate::input::Route;
use crate::record::journaled;
use crate::text::Text;
use rkyv::{Archive, Deserialize, Serialize};

/// What a broker is asked for.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Enquired {
    /// Every order that works (FIX `OrderMassStatusRequest`, AF).
    Orders = 0,
    /// Every position of an account (FIX `RequestForPositions`, AN).
    Positions = 1,
    /// The cash of an account (FIX `CollateralInquiry`, BB).
    Cash = 2,
}

impl Enquired {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Enquired::Orders => "orders",
            Enquired::Positions => "positions",
            Enquired::Cash => "cash",
        }
    }
}

/// How a question to a broker ended.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum EnquiryOutcome {
    /// It answered, and its word is ours.
    Agrees = 0,
    /// It answered, and something differs.
    Differs = 1,
    /// It answers no such question.
    Refused = 2,
    /// It did not answer in time.
    Silent = 3,
}

impl EnquiryOutcome {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            EnquiryOutcome::Agrees => "agrees",
            EnquiryOutcome::Differs => "differs",
            EnquiryOutcome::Refused => "refused",
            EnquiryOutcome::Silent => "silent",
        }
    }
}

/// In what our word and a broker's differ.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum BreakClass {
    /// An order works at the broker that is none of ours: contracts that work.
    ForeignOrder = 0,
    /// An order works by us and not by the broker: contracts that work.
    OrderMissing = 1,
    /// The broker counts other fills of an order: contracts filled.
    FilledDiffers = 2,
    /// The broker has another quantity for an order: contracts ordered.
    QuantityDiffers = 3,
    /// The broker has another price for an order: units of the price.
    PriceDiffers = 4,
    /// The account holds something else: contracts, signed.
    PositionDiffers = 5,
    /// The account holds what is not defined here: contracts, signed.
    PositionElsewhere = 6,
    /// A fill that the drop copy shows is not booked here: contracts, signed.
    CopyUnbooked = 7,
    /// A fill that is booked here is not on the drop copy: contracts, signed.
    CopyMissing = 8,
    /// The drop copy shows a fill with another quantity or side, or in something else: contracts, signed.
    CopyTermsDiffer = 9,
    /// The drop copy shows a fill at another price: units of the price.
    CopyPriceDiffers = 10,
    /// The drop copy shows an order that nobody here placed: contracts that work or are filled, signed.
    CopyForeign = 11,
    /// The drop copy shows an order of ours with another quantity or side, or in something else: contracts,
    /// signed.
    CopyOrderDiffers = 12,
    /// The drop copy shows an order of ours with another price: units of the price.
    CopyOrderPrice = 13,
    /// A report of the drop copy could not be read whole: contracts filled by it, signed, as far as told.
    CopyUnreadable = 14,
    /// The account's cash is another at the broker: micro-dollars.
    CashDiffers = 15,
}

impl BreakClass {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BreakClass::ForeignOrder => "foreign_order",
            BreakClass::OrderMissing => "order_missing",
            BreakClass::FilledDiffers => "filled_differs",
            BreakClass::QuantityDiffers => "quantity_differs",
            BreakClass::PriceDiffers => "price_differs",
            BreakClass::PositionDiffers => "position_differs",
            BreakClass::PositionElsewhere => "position_elsewhere",
            BreakClass::CopyUnbooked => "copy_unbooked",
            BreakClass::CopyMissing => "copy_missing",
            BreakClass::CopyTermsDiffer => "copy_terms_differ",
            BreakClass::CopyPriceDiffers => "copy_price_differs",
            BreakClass::CopyForeign => "copy_foreign",
            BreakClass::CopyOrderDiffers => "copy_order_differs",
            BreakClass::CopyOrderPrice => "copy_order_price",
            BreakClass::CopyUnreadable => "copy_unreadable",
            BreakClass::CashDiffers => "cash_differs",
        }
    }

    /// It in words.
    pub fn text(self) -> &'static str {
        match self {
            BreakClass::ForeignOrder => "an order works at the broker that is none of ours",
            BreakClass::OrderMissing => "an order of ours does not work at the broker",
            BreakClass::FilledDiffers => "the broker counts other fills of the order",
            BreakClass::QuantityDiffers => "the order has another quantity at the broker",
            BreakClass::PriceDiffers => "the order has another price at the broker",
            BreakClass::PositionDiffers => "the account holds something else at the broker",
            BreakClass::PositionElsewhere => "the account holds what is not defined here",
            BreakClass::CopyUnbooked => "the drop copy shows a fill that is not booked here",
            BreakClass::CopyMissing => "the drop copy does not show a fill that is booked here",
            BreakClass::CopyTermsDiffer => "the drop copy shows the fill otherwise",
            BreakClass::CopyPriceDiffers => "the drop copy shows the fill at another price",
            BreakClass::CopyForeign => "the drop copy shows an order that nobody here placed",
            BreakClass::CopyOrderDiffers => "the drop copy shows the order otherwise",
            BreakClass::CopyOrderPrice => "the drop copy shows the order with another price",
            BreakClass::CopyUnreadable => "a report of the drop copy could not be read whole",
            BreakClass::CashDiffers => "the account's cash is another at the broker",
        }
    }

    /// What settles it.
    pub fn remedy(self) -> &'static str {
        match self {
            BreakClass::ForeignOrder => "its end at the broker settles it, or `ctl correct adopt`",
            BreakClass::OrderMissing => "the order is asked about; `ctl correct write-off` ends it",
            BreakClass::FilledDiffers => "missing fills are booked from the broker's word",
            BreakClass::QuantityDiffers | BreakClass::PriceDiffers => "the broker's word is taken",
            BreakClass::PositionDiffers => {
                "`ctl correct book` or `adjust` puts ours right; `ctl correct settle` lets it stand"
            }
            BreakClass::PositionElsewhere => "nothing opens there anyway: look at the broker",
            BreakClass::CopyUnbooked => {
                "its report, the broker's list of positions or `ctl correct book` settles it"
            }
            BreakClass::CopyMissing => {
                "its copy, the broker's list of positions or `ctl correct settle` settles it"
            }
            BreakClass::CopyTermsDiffer | BreakClass::CopyUnreadable => {
                "the broker's list of positions or `ctl correct settle` settles it"
            }
            BreakClass::CopyPriceDiffers => {
                "the broker's correction or `ctl correct settle` settles it"
            }
            BreakClass::CopyForeign => {
                "its end at the broker settles it, and if it was filled the list of positions or `ctl \
                 correct settle`"
            }
            BreakClass::CashDiffers => {
                "an answer that agrees settles it; `ctl correct settle --cash` takes the broker's word"
            }
            BreakClass::CopyOrderDiffers | BreakClass::CopyOrderPrice => {
                "a copy that agrees, the end of the order or `ctl correct settle` settles it"
            }
        }
    }

    /// Whether it is between our fills and those of a drop copy, which a list of positions may settle.
    pub fn is_of_copied_fills(self) -> bool {
        use BreakClass::*;
        matches!(self, CopyUnbooked | CopyMissing | CopyTermsDiffer | CopyPriceDiffers)
    }

    /// Whether a drop copy shows it.
    pub fn is_of_copies(self) -> bool {
        use BreakClass::*;
        let of_others = matches!(self, CopyForeign | CopyUnreadable);
        of_others || self.is_of_copied_fills() || matches!(self, CopyOrderDiffers | CopyOrderPrice)
    }

    /// Whether its numbers are prices.
    pub fn is_in_prices(self) -> bool {
        use BreakClass::*;
        matches!(self, PriceDiffers | CopyPriceDiffers | CopyOrderPrice)
    }
}

journaled! {
    /// A question for a broker: its gateway puts it in the broker's words.
    pub struct Enquiry {
        /// By which route.
        pub route: Route,
        /// Its identity, which the broker repeats: see [`Enquiry::id_of`].
        pub id: u64,
        /// What is asked for.
        pub what: Enquired,
        /// Of which account; `None` for all of the session's.
        pub account: Option<AccountId>,
    }

    /// A question to a broker ended.
    pub struct EnquiryEnded {
        /// By which route.
        pub route: Route,
        /// The question.
        pub id: u64,
        /// What was asked for.
        pub what: Enquired,
        /// Of which account; `None` for all of the session's.
        pub account: Option<AccountId>,
        /// How it ended.
        pub outcome: EnquiryOutcome,
        /// Lines of the answer.
        pub lines: u32,
        /// Differences that it showed.
        pub breaks: u32,
    }

    /// Our word and a broker's came to differ in something, or differ no longer.
    pub struct Break {
        /// By which route.
        pub route: Route,
        /// Whose; `None` when it is no account of ours.
        pub account: Option<AccountId>,
        /// In what; `None` when it is no instrument of ours.
        pub instrument: Option<InstrumentId>,
        /// Its symbol at the broker, where there is no instrument of ours.
        pub symbol: Text<24>,
        /// Whether they differ now.
        pub active: bool,
        /// In what.
        pub class: BreakClass,
        /// Our order that it is about; [`ClOrdId::NONE`] for none.
        pub order: ClOrdId,
        /// The broker's identity of the order that it is about, of the fill where a drop copy shows it;
        /// empty for none.
        pub order_id: Text<32>,
        /// What it is by us; the class says in what unit.
        pub ours: i64,
        /// What it is by the broker.
        pub theirs: i64,
    }
}

impl Enquiry {
    /// Questions that one input may ask.
    pub const PER_INPUT: u64 = 1 << 8;

    /// The identity of the `nth` question that the input `seq` asks, from 0.
    pub fn id_of(seq: u64, nth: u64) -> u64 {
        seq << 8 | (nth & (Enquiry::PER_INPUT - 1))
    }

    /// The input that asked a question.
    pub fn seq_of(id: u64) -> u64 {
        id >> 8
    }
}
