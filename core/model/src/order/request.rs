//! What a bot asks for: the message that risk approves and the order manager sends.

use crate::effect::{OutboundKind, TimeInForce};
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::input::Route;
use crate::order::Terms;
use crate::units::{Price, Side};

/// A message about an order that a bot asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderRequest {
    /// New, cancel or replace (risk never asks for a status).
    pub kind: OutboundKind,
    /// The identity of this message, derived from the sequence number of its cause.
    pub cl_ord_id: ClOrdId,
    /// The identity of the order that it cancels or replaces.
    pub orig_cl_ord_id: ClOrdId,
    /// Whose.
    pub bot: BotId,
    /// For which account.
    pub account: AccountId,
    /// In what.
    pub instrument: InstrumentId,
    /// The way it takes.
    pub route: Route,
    /// Buy or sell.
    pub side: Side,
    /// Contracts: of the whole order for a replace.
    pub qty: u32,
    /// Limit price; [`Price::NONE`] where the type has none.
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// What it asks for beyond that.
    pub terms: Terms,
}

impl OrderRequest {
    /// Whether its order ends with the session at the latest: one for the day at a broker.
    #[inline]
    pub fn ends_with_session(&self) -> bool {
        self.time_in_force == TimeInForce::Day && self.route.is_broker()
    }
}
