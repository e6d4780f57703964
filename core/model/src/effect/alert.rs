//! Kills, and what a person should know.

use crate::ids::ClOrdId;
use crate::input::{OrdStatus, Scope};
use crate::record::journaled;
use crate::text::Text;
use rkyv::{Archive, Deserialize, Serialize};

journaled! {
    /// A kill was frozen (nothing leaves under it, no exit either), or is no longer. Beside the change of
    /// the kill itself.
    pub struct FreezeChanged {
        /// The scope of the kill.
        pub scope: Scope,
        /// Whether it is frozen now.
        pub active: bool,
    }

    /// A kill was set or lifted.
    pub struct KillChanged {
        /// Where.
        pub scope: Scope,
        /// Whether it is in force now.
        pub active: bool,
        /// Whether positions are closed too.
        pub flatten: bool,
        /// Who.
        pub actor: Text<32>,
        /// Why.
        pub reason: Text<64>,
        /// Working orders that it cancels.
        pub orders: u32,
    }
}

/// What an alert is about.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AlertKind {
    /// A report on an order that nobody sent.
    UnknownOrder = 0,
    /// More was filled than was ordered.
    Overfill = 1,
    /// A report that does not fit the order's state; what it says about fills was kept.
    UnexpectedReport = 2,
    /// A fill was corrected or busted by the broker: positions need a person.
    TradeBust = 3,
    /// An order got no answer in time and is asked about.
    NoAcknowledgement = 4,
    /// The broker refused an order.
    BrokerReject = 5,
    /// A command was refused.
    CommandRefused = 6,
    /// A table of bounded size is full.
    TableFull = 7,
    /// A message of ours was refused by the session layer.
    SessionReject = 8,
    /// R14: the configuration changed since it was last accepted, or a person accepted the change.
    ConfigurationChanged = 9,
    /// The exchange defines an instrument otherwise than we do, or it has expired.
    Definition = 10,
    /// A bot's way out is barred: an order that only reduces cannot leave. Told once an episode.
    ExitStuck = 11,
    /// R16: the day's loss of a scope is past a limit.
    LossLimit = 12,
    /// A broker's own list differs from ours, or could not be had.
    Break = 13,
    /// A person accepted the decisions of another build.
    DecisionsAccepted = 14,
    /// R31: a contract nears its end.
    ContractEnd = 15,
    /// R22: messages were refused in a row: nothing opens in the scope until a person resets its breaker.
    Breaker = 16,
    /// R23: many messages are sent for few fills.
    OrderToTrade = 17,
    /// R20: a session broke, and orders of it may work on unseen.
    LeftAlone = 18,
    /// R25: the session of a broker's drop copy is down, or up again.
    DropCopy = 19,
    /// R24: a contract's prices move more than they should: less of its product may be held.
    Volatility = 20,
    /// R21: alerts do not reach people within five seconds, or do so again.
    AlertsLate = 21,
}

impl AlertKind {
    /// The alert in words.
    pub fn name(self) -> &'static str {
        match self {
            AlertKind::UnknownOrder => "unknown_order",
            AlertKind::Overfill => "overfill",
            AlertKind::UnexpectedReport => "unexpected_report",
            AlertKind::TradeBust => "trade_bust",
            AlertKind::NoAcknowledgement => "no_acknowledgement",
            AlertKind::BrokerReject => "broker_reject",
            AlertKind::CommandRefused => "command_refused",
            AlertKind::TableFull => "table_full",
            AlertKind::SessionReject => "session_reject",
            AlertKind::ConfigurationChanged => "configuration_changed",
            AlertKind::Definition => "definition",
            AlertKind::ExitStuck => "exit_stuck",
            AlertKind::Break => "break",
            AlertKind::DecisionsAccepted => "decisions_accepted",
            AlertKind::ContractEnd => "contract_end",
            AlertKind::LossLimit => "loss_limit",
            AlertKind::Breaker => "breaker",
            AlertKind::OrderToTrade => "order_to_trade",
            AlertKind::LeftAlone => "left_alone",
            AlertKind::DropCopy => "drop_copy",
            AlertKind::Volatility => "volatility",
            AlertKind::AlertsLate => "alerts_late",
        }
    }
}

journaled! {
    /// Something that a person should know.
    pub struct Alert {
        /// What about.
        pub kind: AlertKind,
        /// Where.
        pub scope: Scope,
        /// The order concerned, if one is.
        pub cl_ord_id: ClOrdId,
        /// The broker's word on its state, if it gave one.
        pub ord_status: Option<OrdStatus>,
        /// In words.
        pub text: Text<64>,
    }
}
