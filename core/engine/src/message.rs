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
    /// Whether it is news. For executions: the report was not seen before. For market data: its schema
    /// is the one that its instrument listens to. Always so for what there is but one of. Decided once,
    /// at the chain's head.
    pub fresh: bool,
    /// Whether it is an execution of the bot whose order it names, in its instrument and by its route.
    /// Decided once, at the chain's head.
    pub owned: bool,
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
