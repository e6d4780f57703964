//! How a market's refusals are told: the same by the simulated exchange and by the simulator in the node.

use crate::market::Refusal;

/// Values of `OrdRejReason` (FIX 4.4 volume 6, tag 103).
pub(crate) mod ord_rej_reason {
    pub const EXCHANGE_OPTION: u16 = 0;
    pub const UNKNOWN_SYMBOL: u16 = 1;
    pub const EXCHANGE_CLOSED: u16 = 2;
    pub const DUPLICATE_ORDER: u16 = 6;
    pub const UNSUPPORTED_CHARACTERISTIC: u16 = 11;
    pub const INCORRECT_QUANTITY: u16 = 13;
    pub const OTHER: u16 = 99;
}

/// Values of `CxlRejReason` (FIX 4.4 volume 6, tag 102).
pub(crate) mod cxl_rej_reason {
    pub const TOO_LATE: u16 = 0;
    pub const UNKNOWN_ORDER: u16 = 1;
    pub const EXCHANGE_OPTION: u16 = 2;
    pub const DUPLICATE_CL_ORD_ID: u16 = 6;
    pub const OTHER: u16 = 99;
}

/// In words that fit a report.
pub(crate) fn words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownOrder => "unknown order, or it is not working any more",
        Refusal::BadQuantity => "quantity is zero or not above what is filled",
        Refusal::BadPrice => "price is not on the tick grid",
        Refusal::Closed => "the market is closed",
        Refusal::Halted => "trading is halted",
        Refusal::Expired => "the contract has expired",
        Refusal::OutOfBand => "price is outside of the price band",
        Refusal::NoOpposite => "nothing is offered on the other side",
        Refusal::ImmediateStop => "a stop order cannot be immediate",
        Refusal::NotOffered => "no self-match prevention in this market",
        Refusal::TooLate => "the order would have expired already",
        Refusal::BookFull => "the book is full",
    }
}

/// Of a new order.
pub(crate) fn ord_rej_reason_of(refusal: Refusal) -> u16 {
    match refusal {
        Refusal::BadQuantity => ord_rej_reason::INCORRECT_QUANTITY,
        Refusal::Closed | Refusal::Halted => ord_rej_reason::EXCHANGE_CLOSED,
        Refusal::Expired => ord_rej_reason::UNKNOWN_SYMBOL,
        Refusal::BookFull => ord_rej_reason::EXCHANGE_OPTION,
        Refusal::NotOffered | Refusal::ImmediateStop => ord_rej_reason::UNSUPPORTED_CHARACTERISTIC,
        Refusal::BadPrice
        | Refusal::OutOfBand
        | Refusal::UnknownOrder
        | Refusal::NoOpposite
        | Refusal::TooLate => ord_rej_reason::OTHER,
    }
}

/// Of a cancel or a replace.
pub(crate) fn cxl_rej_reason_of(refusal: Refusal) -> u16 {
    match refusal {
        Refusal::UnknownOrder => cxl_rej_reason::UNKNOWN_ORDER,
        Refusal::Closed | Refusal::Halted | Refusal::Expired | Refusal::BookFull => {
            cxl_rej_reason::EXCHANGE_OPTION
        }
        Refusal::BadQuantity
        | Refusal::BadPrice
        | Refusal::OutOfBand
        | Refusal::NoOpposite
        | Refusal::ImmediateStop
        | Refusal::NotOffered
        | Refusal::TooLate => cxl_rej_reason::OTHER,
    }
}
