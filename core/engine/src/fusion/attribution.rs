//! What a position was entered on, to credit its result to who asked for it.

use super::weights::Weights;
use gauntlet_model::input::SOURCES;
use gauntlet_model::units::{Money, PRICE_SCALE, UnixNanos, divide};

/// A position's part in what its bot learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EntryAttribution {
    /// The sources' parts in the entry, above zero for it.
    parts: [f64; SOURCES],
    /// What one contract was to lose at the stop.
    risk: Money,
    /// Most contracts held.
    contracts: u32,
    /// The bot's profit before the position.
    before: Money,
}

impl EntryAttribution {
    /// A position of a direction, entered on shares of a score.
    pub fn new(
        shares: &[f64; SOURCES],
        long: bool,
        risk: Money,
        before: Money,
    ) -> EntryAttribution {
        let sign = if long { 1.0 } else { -1.0 };
        EntryAttribution { parts: shares.map(|share| sign * share), risk, contracts: 0, before }
    }

    /// Counts what is held.
    pub fn hold(&mut self, contracts: u32) {
        self.contracts = self.contracts.max(contracts);
    }

    /// Credits its result, when the bot's profit is `after`, to the sources.
    pub fn settle(&self, weights: &mut Weights, after: Money, now: UnixNanos) {
        let risked = self.risk.0 as f64 * f64::from(self.contracts);
        if risked > 0.0 {
            let earned = after.0.saturating_sub(self.before.0) as f64;
            weights.credit(&self.parts, earned / risked, now);
        }
    }
}

/// Money that a distance in price units is for one contract.
pub(super) fn money_of(units: i64, multiplier: Money) -> Money {
    let money = divide(i128::from(units) * i128::from(multiplier.0), PRICE_SCALE);
    Money(money.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}
