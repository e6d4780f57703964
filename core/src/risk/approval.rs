//! The proof of approval: a type that only this folder can make.

use crate::effect::{OutboundKind, TimeInForce};
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::input::Route;
use crate::units::{Price, Side};

/// Proof that the risk stage let a value pass. Nothing else can make one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approved<T>(T);

impl<T> Approved<T> {
    /// The approved value.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// The one way to an approval: called where every check has passed, and nowhere else.
    pub(in crate::risk) fn grant(value: T) -> Approved<T> {
        Approved(value)
    }

    /// Makes one without a check. Only tests of the stages behind risk may enable the feature.
    #[cfg(feature = "unchecked-approval")]
    pub fn unchecked(value: T) -> Approved<T> {
        Approved(value)
    }
}

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
    /// Limit price.
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
}
