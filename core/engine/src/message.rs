//! What travels from stage to stage.
//!
//! Each stage turns one ordered stream into another and keeps the order, so the stages composed
//! inline on one thread and the stages joined by rings on several give the same effects in the same
//! order, by construction. A stage forwards every input that it gets before anything it makes of it.

mod parcel;

pub use parcel::{Event, Hot, PackedInput, PackedToOrders, PackedToRisk, Rare, Tick, Whole};

use crate::risk::Approved;
use gauntlet_model::effect::{Effect, Intent};
use gauntlet_model::input::Sequenced;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;

/// An input on its way down the chain. It is lent, not copied: the largest input is four times as
/// large as a tick, and a copy would be as large as the largest. What a ring carries instead is
/// a [`Tick`] or a [`Whole`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival<'a> {
    /// The input.
    pub sequenced: &'a Sequenced,
    /// Whether it is news. For executions: the report was not seen before. For market data: its schema
    /// is the one that its instrument listens to. For a bot's definition: it is in force from here on;
    /// otherwise it waits, or is refused, as the [`BotRuling`](gauntlet_model::effect::BotRuling) behind it
    /// says. Always so for what there is but one of. Decided once, at the chain's head.
    pub fresh: bool,
    /// Whether it is an execution of the bot whose order it names, in its instrument and by its route;
    /// of a correction, whether what it says is booked; of an adoption, whether the order is taken over. A fill that is neither news nor owned, although
    /// it fits the order that it names, may have been counted or not: nobody can tell any more. Decided
    /// once, at the chain's head.
    pub owned: bool,
    /// Raw time-stamp-counter reading at arrival, for latency only; 0 in a replay. No decision may
    /// look at it.
    pub arrived: u64,
}

/// From fusion to risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ToRisk<'a> {
    /// An input, forwarded.
    Input(Arrival<'a>),
    /// An effect for the journal, forwarded.
    Effect(Effect),
    /// The market of an instrument changed.
    Market(MarketView),
    /// A bot wants a position.
    Intent(Intent),
}

/// From risk to the order manager.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ToOrders<'a> {
    /// An input, forwarded.
    Input(Arrival<'a>),
    /// An effect for the journal, forwarded.
    Effect(Effect),
    /// The market of an instrument changed, forwarded.
    Market(MarketView),
    /// An order request that passed every check.
    Approved(Approved<OrderRequest>),
}

impl ToOrders<'_> {
    /// The message for somebody who keeps it; nothing when it is the input, which is lent.
    pub fn detached(self) -> Option<ToOrders<'static>> {
        match self {
            ToOrders::Input(_) => None,
            ToOrders::Effect(effect) => Some(ToOrders::Effect(effect)),
            ToOrders::Market(view) => Some(ToOrders::Market(view)),
            ToOrders::Approved(approved) => Some(ToOrders::Approved(approved)),
        }
    }
}

/// For tests that look at messages after their input is gone: the input is leaked.
#[cfg(any(test, feature = "unchecked-approval"))]
mod kept {
    use super::{Arrival, ToRisk};

    impl Arrival<'_> {
        /// The same with an input that is never freed.
        pub fn kept(self) -> Arrival<'static> {
            let sequenced = Box::leak(Box::new(*self.sequenced));
            Arrival { sequenced, fresh: self.fresh, owned: self.owned, arrived: self.arrived }
        }
    }

    impl ToRisk<'_> {
        /// The same with an input that is never freed.
        pub fn kept(self) -> ToRisk<'static> {
            match self {
                ToRisk::Input(arrival) => ToRisk::Input(arrival.kept()),
                ToRisk::Effect(effect) => ToRisk::Effect(effect),
                ToRisk::Market(view) => ToRisk::Market(view),
                ToRisk::Intent(intent) => ToRisk::Intent(intent),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stages_hand_each_other_is_no_larger_than_an_effect() {
        assert_eq!(size_of::<Arrival>(), 24);
        assert!(size_of::<Effect>() <= 144);
        assert!(size_of::<ToRisk>() <= size_of::<Effect>() + 8);
        assert!(size_of::<ToOrders>() <= size_of::<Effect>() + 8);
    }
}
