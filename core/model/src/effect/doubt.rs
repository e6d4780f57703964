//! What is in doubt, and what the platform puts right by a broker's word.

use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::input::{CorrectionKind, Route};
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Price, Side};
use rkyv::{Archive, Deserialize, Serialize};

/// Why it is not known what an account holds in an instrument.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum DoubtCause {
    /// A report could not be read whole.
    UnusableReport = 0,
    /// A report names one of our orders with another side or in another instrument.
    Disagreement = 1,
    /// A fill of no order of ours.
    ForeignFill = 2,
    /// A fill that could not be counted: no price, or an overflow.
    Uncountable = 3,
    /// A fill was busted or corrected.
    Busted = 4,
    /// The broker counts fills that did not come.
    MissingFills = 5,
    /// A report tells of an order that was called over.
    AfterEnd = 7,
    /// More orders work at the broker than can be followed.
    TooManyOrders = 8,
    /// The broker counts fewer fills than we did.
    Overcounted = 9,
    /// A fill of which nobody can tell whether it was counted.
    MaybeCounted = 10,
    /// The broker's list of positions says otherwise than ours.
    PositionDiffers = 11,
    /// An order works at the broker that is none of ours.
    ForeignOrder = 12,
    /// The broker's drop copy says otherwise than its order session.
    DropCopy = 13,
}

impl DoubtCause {
    /// Every cause, in order.
    pub const ALL: [DoubtCause; 13] = [
        DoubtCause::UnusableReport,
        DoubtCause::Disagreement,
        DoubtCause::ForeignFill,
        DoubtCause::Uncountable,
        DoubtCause::Busted,
        DoubtCause::MissingFills,
        DoubtCause::AfterEnd,
        DoubtCause::TooManyOrders,
        DoubtCause::Overcounted,
        DoubtCause::MaybeCounted,
        DoubtCause::PositionDiffers,
        DoubtCause::ForeignOrder,
        DoubtCause::DropCopy,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            DoubtCause::UnusableReport => "unusable_report",
            DoubtCause::Disagreement => "disagreement",
            DoubtCause::ForeignFill => "foreign_fill",
            DoubtCause::Uncountable => "uncountable_fill",
            DoubtCause::Busted => "busted_fill",
            DoubtCause::MissingFills => "missing_fills",
            DoubtCause::AfterEnd => "after_end",
            DoubtCause::TooManyOrders => "too_many_orders",
            DoubtCause::Overcounted => "overcounted",
            DoubtCause::MaybeCounted => "maybe_counted",
            DoubtCause::PositionDiffers => "position_differs",
            DoubtCause::ForeignOrder => "foreign_order",
            DoubtCause::DropCopy => "drop_copy",
        }
    }

    /// It in words.
    pub fn text(self) -> &'static str {
        match self {
            DoubtCause::UnusableReport => "a report of the broker's could not be read whole",
            DoubtCause::Disagreement => "a report's side or symbol is not its order's",
            DoubtCause::ForeignFill => "a fill of no order of ours",
            DoubtCause::Uncountable => "a fill without a price, or one that overflows",
            DoubtCause::Busted => "a fill was busted or corrected",
            DoubtCause::MissingFills => "the broker counts fills that did not come",
            DoubtCause::AfterEnd => "a report on an order that was called over",
            DoubtCause::TooManyOrders => "too many orders alive at the broker",
            DoubtCause::Overcounted => "the broker counts fewer fills than we did",
            DoubtCause::MaybeCounted => "a fill that may have been counted before, or not",
            DoubtCause::PositionDiffers => "the broker's list says that something else is held",
            DoubtCause::ForeignOrder => "an order works at the broker that is none of ours",
            DoubtCause::DropCopy => "the broker's drop copy says otherwise than we",
        }
    }
}

journaled! {
    /// What an account holds in an instrument by one route came into doubt, or is known again. While it
    /// is in doubt nothing opens there.
    pub struct DoubtChanged {
        /// By which route.
        pub route: Route,
        /// Whose.
        pub account: AccountId,
        /// In what.
        pub instrument: InstrumentId,
        /// Whether it is in doubt now.
        pub active: bool,
        /// Why it came into doubt.
        pub cause: DoubtCause,
        /// The one order that it is about: the broker's next word on that settles it.
        /// [`ClOrdId::NONE`] when only a person can.
        pub order: ClOrdId,
        /// Contracts that the broker told of and that were booked nowhere, signed.
        pub contracts: i64,
        /// Who settled it; empty for a rule.
        pub actor: Text<32>,
        /// Why it is settled.
        pub reason: Text<48>,
    }

    /// The platform puts something right by a broker's word: this comes back as a
    /// [`Correction`](crate::input::Correction), which is what books it.
    pub struct Booking {
        /// What is done.
        pub kind: CorrectionKind,
        /// Why.
        pub cause: DoubtCause,
        /// By which route the word came.
        pub route: Route,
        /// Whose position.
        pub bot: BotId,
        /// Its account.
        pub account: AccountId,
        /// In what.
        pub instrument: InstrumentId,
        /// The order, by the identity it was first sent under.
        pub order: ClOrdId,
        /// Its newest identity.
        pub newest: ClOrdId,
        /// The broker's identity of the fill, where there is one.
        pub exec_id: Text<32>,
        /// The side of the fill.
        pub side: Side,
        /// Its contracts.
        pub qty: u32,
        /// Its price.
        pub price: Price,
        /// See [`Correction::cum_qty`](crate::input::Correction::cum_qty).
        pub cum_qty: u32,
        /// See [`Correction::volume`](crate::input::Correction::volume).
        pub volume: u64,
    }
}
