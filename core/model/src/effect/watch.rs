//! Breakers, how many messages a fill takes, and whose an order is.

use crate::ids::{BotId, ClOrdId};
use crate::input::{Route, Scope};
use crate::record::journaled;
use crate::text::Text;
use rkyv::{Archive, Deserialize, Serialize};

/// What made a breaker trip.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BreakerCause {
    /// Opening orders of a bot, refused in a row.
    OrdersInARow = 0,
    /// Cancels and replaces of a bot, refused in a row.
    ChangesInARow = 1,
    /// Messages of an account, refused within a minute.
    WithinAMinute = 2,
}

impl BreakerCause {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BreakerCause::OrdersInARow => "refused_orders",
            BreakerCause::ChangesInARow => "refused_changes",
            BreakerCause::WithinAMinute => "refused_per_minute",
        }
    }

    /// It in words.
    pub fn text(self) -> &'static str {
        match self {
            BreakerCause::OrdersInARow => "the broker refuses one order after another",
            BreakerCause::ChangesInARow => "cancels and replaces are refused in a row",
            BreakerCause::WithinAMinute => "too many messages were refused within a minute",
        }
    }
}

journaled! {
    /// R22: a breaker tripped, so nothing opens in its scope; or a person reset it.
    pub struct BreakerChanged {
        /// Where: a bot or an account.
        pub scope: Scope,
        /// Whether it blocks now.
        pub active: bool,
        /// Why it tripped.
        pub cause: BreakerCause,
        /// Refusals that made it trip.
        pub count: u32,
        /// At how many it trips.
        pub limit: u32,
        /// Who: risk, or the person who reset it.
        pub actor: Text<32>,
        /// Why.
        pub reason: Text<64>,
    }

    /// R23: what a bot or an account sent and what was filled of it in this trading day. Said once a minute,
    /// and only when it changed.
    #[derive(Eq)]
    pub struct MessageUsage {
        /// Whose.
        pub scope: Scope,
        /// Where: on [`Route::BROKER`] for all brokers together, or by a simulator.
        pub route: Route,
        /// Orders, replaces and cancels.
        pub messages: u64,
        /// Fills, whole and partial.
        pub fills: u64,
    }

    /// R27: what decided a bot's order and who answers for it. It stands before the order's message. A
    /// person's order is named by the ticket that asked for it.
    #[derive(Eq)]
    pub struct OrderIdentity {
        /// The order, by the identity it was first sent under.
        pub order: ClOrdId,
        /// Its bot.
        pub bot: BotId,
        /// See [`BotIdentity::algorithm`](crate::input::BotIdentity).
        pub algorithm: Text<32>,
        /// See [`BotIdentity::version`](crate::input::BotIdentity).
        pub version: Text<16>,
        /// See [`BotIdentity::owner`](crate::input::BotIdentity).
        pub owner: Text<32>,
    }
}
