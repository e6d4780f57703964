//! What brokers say: reports on orders, refusals, and the state of their sessions.

use super::Route;
use crate::ids::{ClOrdId, InstrumentId};
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Price, Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// What an execution report reports (FIX `ExecType`, tag 150).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ExecType {
    /// `0`: accepted.
    New = 0,
    /// `3`: done for the day.
    DoneForDay = 1,
    /// `4`: cancelled.
    Canceled = 2,
    /// `5`: replaced.
    Replaced = 3,
    /// `6`: cancel is pending.
    PendingCancel = 4,
    /// `8`: rejected.
    Rejected = 5,
    /// `A`: received, not yet accepted.
    PendingNew = 6,
    /// `C`: expired.
    Expired = 7,
    /// `E`: replace is pending.
    PendingReplace = 8,
    /// `F` (and 4.2's `1`, `2`): a trade.
    Trade = 9,
    /// `G`: a trade was corrected.
    TradeCorrect = 10,
    /// `H`: a trade was busted.
    TradeCancel = 11,
    /// `I`: answer to a status request.
    OrderStatus = 12,
    /// `D`: restated by the broker.
    Restated = 13,
    /// `9`: suspended.
    Suspended = 14,
    /// `7`: stopped.
    Stopped = 15,
    /// `L`: a stop price was met, and it works as what it becomes then.
    Triggered = 16,
}

/// The state of an order as the broker tells it (FIX `OrdStatus`, tag 39).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OrdStatus {
    /// `0`.
    New = 0,
    /// `1`.
    PartiallyFilled = 1,
    /// `2`.
    Filled = 2,
    /// `3`.
    DoneForDay = 3,
    /// `4`.
    Canceled = 4,
    /// `6`.
    PendingCancel = 5,
    /// `7`.
    Stopped = 6,
    /// `8`.
    Rejected = 7,
    /// `9`.
    Suspended = 8,
    /// `A`.
    PendingNew = 9,
    /// `C`.
    Expired = 10,
    /// `E`.
    PendingReplace = 11,
}

journaled! {
    /// A broker's report on an order, as it came; duplicates too. Only a fill whose `exec_id` was
    /// not seen before, and a [correction](super::Correction), move a position.
    pub struct ExecutionReport {
        /// Which route it came by.
        pub route: Route,
        /// The session's message sequence number (FIX tag 34); 0 where there is none.
        pub msg_seq_num: u64,
        /// Whether the session says that it may have been sent before (tags 43, 97).
        pub poss_dup: bool,
        /// Our identity of the order (tag 11); [`ClOrdId::NONE`] when it is not ours.
        pub cl_ord_id: ClOrdId,
        /// The identity before a cancel or replace (tag 41).
        pub orig_cl_ord_id: ClOrdId,
        /// Which status request it answers (tag 790), see
        /// [`OutboundRecord::ord_status_req_id`](crate::effect::OutboundRecord::ord_status_req_id);
        /// 0 when the broker does not say or it answers none.
        pub ord_status_req_id: u64,
        /// The broker's identity of the order (tag 37).
        pub order_id: Text<32>,
        /// The broker's identity of this report (tag 17).
        pub exec_id: Text<32>,
        /// What is reported (tag 150).
        pub exec_type: ExecType,
        /// The order's state after it (tag 39).
        pub ord_status: OrdStatus,
        /// Which instrument; `None` when the symbol is not one of ours.
        pub instrument: Option<InstrumentId>,
        /// The order's side (tag 54).
        pub side: Side,
        /// Contracts filled by this report (tag 32).
        pub last_qty: u32,
        /// At this price (tag 31). Of an answer to a status request the mean price of all its fills
        /// (tag 6), where the broker gives one. [`Price::NONE`] otherwise.
        pub last_px: Price,
        /// Contracts still working (tag 151).
        pub leaves_qty: u32,
        /// Contracts filled in all (tag 14).
        pub cum_qty: u32,
        /// The order's quantity (tag 38); 0 when not given.
        pub order_qty: u32,
        /// The order's limit price (tag 44); [`Price::NONE`] when not given.
        pub price: Price,
        /// When it happened, by the broker (tag 60).
        pub transact_time: UnixNanos,
        /// Why it was rejected (tag 103); 0 otherwise.
        pub reject_reason: u16,
        /// Free text (tag 58). Of a bust or a correction of a fill: the identity of that fill
        /// (tag 19).
        pub text: Text<40>,
    }

    /// A broker's refusal to cancel or replace (FIX `9`).
    pub struct CancelReject {
        /// See [`ExecutionReport::route`].
        pub route: Route,
        /// See [`ExecutionReport::msg_seq_num`].
        pub msg_seq_num: u64,
        /// See [`ExecutionReport::poss_dup`].
        pub poss_dup: bool,
        /// The refused request (tag 11).
        pub cl_ord_id: ClOrdId,
        /// The order it was about (tag 41).
        pub orig_cl_ord_id: ClOrdId,
        /// The order's state (tag 39).
        pub ord_status: OrdStatus,
        /// Whether a replace was refused, not a cancel (tag 434).
        pub to_replace: bool,
        /// 0 too late, 1 unknown order, 3 already pending, … (tag 102).
        pub reason: u16,
        /// Free text (tag 58).
        pub text: Text<40>,
    }
}

/// What happened to a broker session.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SessionChange {
    /// Logged on: messages flow; working orders are asked about.
    LoggedOn = 0,
    /// Logged out in order.
    LoggedOut = 1,
    /// The connection is gone.
    Disconnected = 2,
    /// A message of ours was refused by the session layer (FIX `3` or `j`).
    MessageRejected = 3,
}

journaled! {
    /// A change of a broker session's state.
    pub struct SessionEvent {
        /// See [`ExecutionReport::route`].
        pub route: Route,
        /// What happened.
        pub change: SessionChange,
        /// The session's message sequence number of the message that told so; 0 where there is none.
        pub msg_seq_num: u64,
        /// Whether both sides' sequence numbers were reset to 1.
        pub reset: bool,
        /// The order message that was refused, if one was.
        pub cl_ord_id: ClOrdId,
        /// Why, for people.
        pub detail: Text<64>,
    }
}
