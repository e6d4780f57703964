//! What a broker says when it is asked for everything: its orders and its positions, line by line.
//!
//! The core asks ([`Enquiry`](crate::effect::Enquiry)), a gateway puts the question in its broker's words
//! and turns each line of the answer into one of these. A broker with a REST interface that answers with
//! a list gives one input a line all the same, so that the core needs to know no broker.

use super::{ExecType, ExecutionReport, OrdStatus, Route};
use crate::effect::Enquired;
use crate::ids::{AccountId, ClOrdId, InstrumentId};
use crate::order::Capabilities;
use crate::record::{journaled, tagged};
use crate::text::Text;
use crate::units::{Price, Side, UnixNanos};
use rkyv::{Archive, Deserialize, Serialize};

/// How much hangs on a broker's own list of its orders and positions.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Reconcile {
    /// It is never asked.
    Off = 0,
    /// After a logon nothing opens until it has answered, has refused to, or has had its time.
    WhenAnswered = 1,
    /// After a logon nothing opens until it has answered.
    Required = 2,
}

impl Reconcile {
    /// Every way, in order.
    pub const ALL: [Reconcile; 3] = [Reconcile::Off, Reconcile::WhenAnswered, Reconcile::Required];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Reconcile::Off => "off",
            Reconcile::WhenAnswered => "when_answered",
            Reconcile::Required => "required",
        }
    }
}

tagged! {
    /// What a broker is asked and does by itself: those of a run come before its accounts. A broker of
    /// which a run says nothing is asked for nothing.
    #[derive(Eq)]
    pub struct BrokerTerms {
        /// The route to it.
        1 route: Route,
        /// How much hangs on what it answers.
        2 reconcile: Reconcile,
        /// Seconds from one comparison to the next while nothing is amiss; 0 for none but after a logon
        /// and on demand.
        3 every_seconds: u32,
        /// R20: the order types and lives that it cancels by itself when a session to it ends, as what it
        /// [covers](Capabilities::covers); `None` in a run from before that was told.
        20 on_disconnect: Option<Capabilities> = None,
    }
}

journaled! {
    /// A line of a broker's list of working orders.
    pub struct BrokerOrder {
        /// Which route it came by.
        pub route: Route,
        /// The question that it answers, as [`Enquiry::id`](crate::effect::Enquiry::id); 0 for none of ours.
        pub enquiry: u64,
        /// The session's message sequence number (tag 34); 0 where there is none.
        pub msg_seq_num: u64,
        /// Lines of the whole answer; 0 when the broker does not say.
        pub total: u32,
        /// Whether it is the last line.
        pub is_last: bool,
        /// Our identity of the order; [`ClOrdId::NONE`] when it is not ours.
        pub cl_ord_id: ClOrdId,
        /// The identity before a cancel or replace; [`ClOrdId::NONE`] when not given.
        pub orig_cl_ord_id: ClOrdId,
        /// The broker's identity of the order.
        pub order_id: Text<32>,
        /// The account, if it is one of ours.
        pub account: Option<AccountId>,
        /// The instrument, if its symbol is one of ours.
        pub instrument: Option<InstrumentId>,
        /// The symbol as it came.
        pub symbol: Text<24>,
        /// Where the order stands.
        pub ord_status: OrdStatus,
        /// Its side.
        pub side: Side,
        /// Contracts still working.
        pub leaves_qty: u32,
        /// Contracts filled in all.
        pub cum_qty: u32,
        /// Its quantity; 0 when not given.
        pub order_qty: u32,
        /// Its limit price; [`Price::NONE`] when not given.
        pub price: Price,
        /// The mean price of its fills; [`Price::NONE`] when not given.
        pub avg_px: Price,
        /// The broker's time of it.
        pub transact_time: UnixNanos,
    }

    /// A line of a broker's list of positions.
    pub struct BrokerPosition {
        /// Which route it came by.
        pub route: Route,
        /// See [`BrokerOrder::enquiry`].
        pub enquiry: u64,
        /// See [`BrokerOrder::msg_seq_num`].
        pub msg_seq_num: u64,
        /// See [`BrokerOrder::total`].
        pub total: u32,
        /// The account, if it is one of ours.
        pub account: Option<AccountId>,
        /// The instrument, if its symbol is one of ours.
        pub instrument: Option<InstrumentId>,
        /// The symbol as it came.
        pub symbol: Text<24>,
        /// Contracts held, signed.
        pub qty: i64,
    }

    /// A broker's word on a question itself: how many lines follow, or that it answers no such question.
    pub struct EnquiryAnswer {
        /// Which route it came by.
        pub route: Route,
        /// See [`BrokerOrder::enquiry`].
        pub enquiry: u64,
        /// See [`BrokerOrder::msg_seq_num`].
        pub msg_seq_num: u64,
        /// What was asked for.
        pub what: Enquired,
        /// Whether it refuses to answer.
        pub refused: bool,
        /// Lines that follow.
        pub total: u32,
        /// Why it refuses, for people.
        pub detail: Text<64>,
    }
}

impl BrokerOrder {
    /// What the line says of an order of ours: as much as the answer to a question about that order,
    /// asked with the input `question`.
    pub fn status(&self, question: u64) -> ExecutionReport {
        ExecutionReport {
            route: self.route,
            msg_seq_num: self.msg_seq_num,
            poss_dup: false,
            cl_ord_id: self.cl_ord_id,
            orig_cl_ord_id: self.orig_cl_ord_id,
            ord_status_req_id: question,
            order_id: self.order_id,
            exec_id: Text::EMPTY,
            exec_type: ExecType::OrderStatus,
            ord_status: self.ord_status,
            instrument: self.instrument,
            side: self.side,
            last_qty: 0,
            last_px: self.avg_px,
            leaves_qty: self.leaves_qty,
            cum_qty: self.cum_qty,
            order_qty: self.order_qty,
            price: self.price,
            transact_time: self.transact_time,
            reject_reason: 0,
            text: Text::EMPTY,
        }
    }
}
