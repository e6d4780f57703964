//! What travels from stage to stage.
//!
//! Each stage turns one ordered stream into another and keeps the order, so the stages composed
//! inline on one thread and the stages joined by rings on several give the same effects in the same
//! order, by construction. A stage forwards every input that it gets before anything it makes of it.

use crate::risk::Approved;
use gauntlet_model::effect::{Effect, Intent};
use gauntlet_model::input::Sequenced;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;

/// An input on its way down the chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// The input.
    pub sequenced: Sequenced,
    /// For executions: whether the report was not seen before. Decided once, at the chain's head.
    pub fresh: bool,
    /// Raw time-stamp-counter reading at arrival, for latency only; 0 in a replay. No decision may
    /// look at it.
    pub arrived: u64,
}

/// From fusion to risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ToRisk {
    /// An input, forwarded.
    Input(Arrival),
    /// An effect for the journal, forwarded.
    Effect(Effect),
    /// The market of an instrument changed.
    Market(MarketView),
    /// A bot wants a position.
    Intent(Intent),
}

/// From risk to the order manager.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ToOrders {
    /// An input, forwarded.
    Input(Arrival),
    /// An effect for the journal, forwarded.
    Effect(Effect),
    /// The market of an instrument changed, forwarded.
    Market(MarketView),
    /// An order request that passed every check.
    Approved(Approved<OrderRequest>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::{ExecutionReport, Input};

    #[test]
    fn what_the_rings_copy_is_little_more_than_the_largest_report() {
        assert!(size_of::<Input>() <= size_of::<ExecutionReport>() + 40);
        assert!(size_of::<ToRisk>() <= size_of::<Input>() + 32);
        assert!(size_of::<ToOrders>() <= size_of::<Input>() + 32);
        assert!(size_of::<Effect>() <= 144);
    }
}
