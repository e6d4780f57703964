//! A broker's drop copy: on a session of its own it tells again every report of our accounts, whoever
//! placed the order.
//!
//! What it tells moves nothing. It is held against what the order session told, so that what one of the
//! two lost or twisted is noticed.

use super::{ExecType, OrdStatus, Route, SessionChange};
use crate::ids::{AccountId, ClOrdId, InstrumentId};
use crate::record::{journaled, tagged};
use crate::text::Text;
use crate::units::{Price, Side, UnixNanos};

tagged! {
    /// A broker copies its reports, and what hangs on that: those of a run come behind all of its
    /// definitions, since what is copied names them. A broker of which a run says nothing copies nothing.
    #[derive(Eq)]
    pub struct CopyTerms {
        /// The route of its orders.
        1 route: Route,
        /// Seconds that one of the two sessions may be behind the other.
        2 within_seconds: u32,
        /// Whether nothing opens by the route while the copy's session is down.
        3 required: bool = false,
    }
}

journaled! {
    /// A report that a broker copied, as it came; duplicates too.
    pub struct CopiedReport {
        /// The route of its orders.
        pub route: Route,
        /// The copy session's message sequence number (tag 34).
        pub msg_seq_num: u64,
        /// Whether the session says that it may have been sent before (tags 43, 97).
        pub poss_dup: bool,
        /// The tag for which it cannot be used; 0 when it can. Of one that cannot, each field is what
        /// could be read of it.
        pub unusable_tag: u32,
        /// Our identity of the order (tag 11); [`ClOrdId::NONE`] when it is not ours.
        pub cl_ord_id: ClOrdId,
        /// The identity before a cancel or replace (tag 41).
        pub orig_cl_ord_id: ClOrdId,
        /// The broker's identity of the order (tag 37).
        pub order_id: Text<32>,
        /// The broker's identity of the report (tag 17).
        pub exec_id: Text<32>,
        /// Of a bust or correction: the fill that it is about (tag 19).
        pub exec_ref_id: Text<32>,
        /// What is reported (tag 150).
        pub exec_type: ExecType,
        /// The order's state after it (tag 39).
        pub ord_status: OrdStatus,
        /// The account (tag 1), if it is one of ours.
        pub account: Option<AccountId>,
        /// The instrument, if its symbol is one of ours.
        pub instrument: Option<InstrumentId>,
        /// The symbol (tag 55) as it came.
        pub symbol: Text<24>,
        /// The side (tag 54); buying where it could not be read.
        pub side: Side,
        /// Contracts filled by the report (tag 32).
        pub last_qty: u32,
        /// At this price (tag 31); [`Price::NONE`] otherwise.
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
    }

    /// A change of the state of a copy's session.
    pub struct CopySession {
        /// The route of the broker's orders.
        pub route: Route,
        /// What happened.
        pub change: SessionChange,
        /// The session's message sequence number of the message that told so; 0 where there is none.
        pub msg_seq_num: u64,
        /// Whether both sides' sequence numbers were reset to 1.
        pub reset: bool,
        /// Why, for people.
        pub detail: Text<64>,
    }
}
