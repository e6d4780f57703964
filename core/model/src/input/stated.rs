//! An upgrade goes on from what a journal says: decisions of another build that this one would have made
//! otherwise are accepted by a person, and what they led to is stated.
//!
//! A [`DecisionsAccepted`] ends the part of a journal whose effects are taken as they are written. Behind
//! it each thing that this build sees otherwise is a [`Stated`]: absolute, so that a later build that sees
//! the past in yet another way comes to the same. Kills are commands like any other.

use super::Route;
use crate::effect::TimeInForce;
use crate::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use crate::record::journaled;
use crate::text::Text;
use crate::units::{Money, Price, Side};
use rkyv::{Archive, Deserialize, Serialize};

/// What a statement is about.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum StatedKind {
    /// What a bot holds, what it cost, and the profit taken.
    Position = 0,
    /// An order that works, or may work, at a broker.
    Order = 1,
    /// An order that was never sent, or has ended.
    NoOrder = 2,
    /// What an account holds in an instrument is in doubt.
    Doubt = 3,
}

impl StatedKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            StatedKind::Position => "position",
            StatedKind::Order => "order",
            StatedKind::NoOrder => "no_order",
            StatedKind::Doubt => "doubt",
        }
    }
}

journaled! {
    /// A person accepts that the effects of all inputs up to here are as the journal holds them, although
    /// this build decides some of them otherwise.
    pub struct DecisionsAccepted {
        /// The input whose effects differ first.
        pub first: u64,
        /// The last input before this one.
        pub last: u64,
        /// Statements that follow.
        pub stated: u32,
        /// Who accepts.
        pub actor: Text<32>,
        /// Why.
        pub reason: Text<64>,
    }

    /// Something is as the journal's effects say. What a field means depends on the kind; what says nothing
    /// of it is zero, none or empty.
    pub struct Stated {
        /// What is stated.
        pub kind: StatedKind,
        /// By which route.
        pub route: Route,
        /// Whose.
        pub bot: BotId,
        /// For which account.
        pub account: AccountId,
        /// In what.
        pub instrument: InstrumentId,
        /// Of an order: the identity it was first sent under.
        pub order: ClOrdId,
        /// Of an order: the identity it has at the broker.
        pub cl_ord_id: ClOrdId,
        /// Of an order: its side.
        pub side: Side,
        /// Of an order: contracts ordered.
        pub qty: u32,
        /// Of an order: contracts filled.
        pub cum_qty: u32,
        /// Of an order: its limit price.
        pub price: Price,
        /// Of an order: how long it lives.
        pub time_in_force: TimeInForce,
        /// Of a position: contracts held, signed. Of a doubt: contracts told of and booked nowhere.
        pub held: i64,
        /// Of a position: see [`PositionChanged::cost`](crate::effect::PositionChanged::cost).
        pub cost: i64,
        /// Of a position: profit taken so far.
        pub realized: Money,
        /// Of a position: contracts bought or sold so far.
        pub volume: u64,
    }
}
