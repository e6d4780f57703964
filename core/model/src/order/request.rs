//! What a bot asks for: the message that risk approves and the order manager sends.

use crate::effect::{Emulation, OutboundKind, TimeInForce};
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

/// Whether an order ends with the session at the latest: one for the day at a broker, and one that goes for the
/// day because the broker keeps nothing for longer.
#[inline]
pub(super) fn ends_with_session(route: Route, lives: TimeInForce, terms: &Terms) -> bool {
    route.is_broker() && (lives == TimeInForce::Day || terms.emulation.has(Emulation::CARRIED))
}

impl OrderRequest {
    /// Whether its order ends with the session at the latest.
    #[inline]
    pub fn ends_with_session(&self) -> bool {
        ends_with_session(self.route, self.time_in_force, &self.terms)
    }
}
