//! What is known of one instrument's market.

use super::Noted;
use gauntlet_core::effect::{Mark, MarketBlock, MarketFault};
use gauntlet_core::input::InstrumentDefinition;
use gauntlet_core::units::{Money, Price};

/// An instrument.
#[derive(Debug, Default)]
pub(super) struct InstrumentState {
    pub definition: Option<InstrumentDefinition>,
    pub mark: Option<Noted<Mark>>,
    /// By [`MarketFault`].
    blocked: [bool; MarketFault::ALL.len()],
}

impl InstrumentState {
    pub fn block(&mut self, block: &MarketBlock) {
        self.blocked[block.fault as usize] = block.blocked;
    }

    /// Why orders are blocked.
    pub fn blocks(&self) -> impl Iterator<Item = MarketFault> {
        MarketFault::ALL.into_iter().filter(|fault| self.blocked[*fault as usize])
    }

    pub fn multiplier(&self) -> Money {
        self.definition.map_or(Money(0), |definition| definition.multiplier)
    }

    /// The price that closing a position of so many contracts would meet: longs the bid, shorts the
    /// ask.
    pub fn closing_price(&self, qty: i32) -> Price {
        let Some(mark) = &self.mark else { return Price::NONE };
        if qty < 0 { mark.what.top.ask } else { mark.what.top.bid }
    }
}
