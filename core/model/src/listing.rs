//! The exchange's definition of an instrument beside ours.

use crate::input::Listing;
use crate::units::{Money, PRICE_SCALE, Price};

/// What the exchange defines otherwise than we do.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Disagreement {
    /// The smallest price step.
    #[error("exchange has tick {exchange}, configured {ours}")]
    Tick {
        /// By the exchange.
        exchange: Price,
        /// By the configuration.
        ours: Price,
    },
    /// The value of a contract. The exchange's numbers are [`Price::NONE`] where it does not tell
    /// them.
    #[error("exchange has {unit_qty} units or {tick_amount} a tick, configured {ours}")]
    Multiplier {
        /// Units of the underlying in a contract, by the exchange.
        unit_qty: Price,
        /// Value of a tick, by the exchange.
        tick_amount: Price,
        /// By the configuration.
        ours: Money,
    },
    /// The currency of the price, which for us is the dollar.
    #[error("exchange has another currency than the dollar")]
    Currency,
}

impl Listing {
    /// What the exchange defines otherwise than a configuration with this tick and multiplier, of
    /// which [`Price::NONE`] and zero are not compared. What the exchange leaves open is not
    /// compared either.
    ///
    /// The multiplier is compared in the two ways that CME's definitions tell it: as the units of a
    /// contract (FIX tag 1147), which is so for all that is priced in dollars a unit, or by the value
    /// of a tick (tag 1146), which Databento scales by the display factor as if it were a price. One
    /// that agrees is enough.
    pub fn disagreement(&self, tick: Price, multiplier: Money) -> Option<Disagreement> {
        const UNIT: i128 = PRICE_SCALE as i128;
        let given = |value: Price| value.is_some() && value.0 != 0;
        if tick.is_some() && given(self.tick) && self.tick != tick {
            return Some(Disagreement::Tick { exchange: self.tick, ours: tick });
        }
        if !self.currency.is_empty() && self.currency.as_str() != "USD" {
            return Some(Disagreement::Currency);
        }
        let factor =
            if given(self.display_factor) { i128::from(self.display_factor.0) } else { UNIT };
        let (step, money) = (i128::from(tick.0), i128::from(multiplier.0));
        // Multipliers are in 1e-6 dollars, all else is in units of 1e-9.
        let by_units = given(self.unit_qty) && i128::from(self.unit_qty.0) == money * 1_000;
        let by_tick = given(self.tick_amount)
            && tick.is_some()
            && i128::from(self.tick_amount.0) * 1_000_000 * UNIT == step * money * factor;
        let told = given(self.unit_qty) || given(self.tick_amount);
        let differs = multiplier.0 != 0 && told && !by_units && !by_tick;
        differs.then_some(Disagreement::Multiplier {
            unit_qty: self.unit_qty,
            tick_amount: self.tick_amount,
            ours: multiplier,
        })
    }
}
