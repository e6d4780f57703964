//! Removing the jumps of a continuous series at its rolls.
//!
//! At a roll the series goes from one contract's price to another's. Adjusted backwards, the last
//! contract keeps its true prices and all before it are moved: by the sum of the later gaps (the
//! "Panama canal" method) or by the product of the later ratios. Differences keep profits in points
//! right and can make old prices negative; ratios keep returns right.

use super::Roll;
use crate::input::Ohlcv;
use crate::units::{Price, UnixNanos};

/// How a series is adjusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adjustment {
    /// Not at all: the prices that were traded.
    #[default]
    Unadjusted,
    /// Backwards by difference.
    Difference,
    /// Backwards by ratio.
    Ratio,
}

/// The prices of both contracts at a roll, at the same moment: usually the last closes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the new contract takes over.
    pub at: UnixNanos,
    /// The price of the contract before.
    pub old: Price,
    /// The price of the contract after.
    pub new: Price,
}

impl Gap {
    /// The gap of a roll.
    pub fn of(roll: &Roll, old: Price, new: Price) -> Gap {
        Gap { at: roll.at(), old, new }
    }
}

/// Why a series cannot be adjusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdjustError {
    /// A price is missing.
    #[error("the roll of {0} lacks a price: give the closes of both contracts before it")]
    NoPrice(UnixNanos),
    /// A ratio of prices that are not above zero.
    #[error("the roll of {0} has a price not above 0: adjust by difference")]
    NotPositive(UnixNanos),
    /// Gaps out of order.
    #[error("the roll of {0} does not come after the one before it: sort them by time")]
    OutOfOrder(UnixNanos),
    /// The sum of the gaps leaves the range of prices.
    #[error("the gaps up to the roll of {0} add up beyond any price: check its prices")]
    Overflow(UnixNanos),
}

/// What prices before a roll become.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Factor {
    before: UnixNanos,
    difference: i64,
    ratio: f64,
}

/// Adjusts the prices of one continuous series.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjuster {
    adjustment: Adjustment,
    factors: Vec<Factor>,
}

impl Adjuster {
    /// From the gaps at all rolls of the series, in order.
    ///
    /// # Errors
    /// [`AdjustError`] for gaps that are out of order or lack what the adjustment needs.
    pub fn new(adjustment: Adjustment, gaps: &[Gap]) -> Result<Adjuster, AdjustError> {
        if let Some(pair) = gaps.windows(2).find(|pair| pair[1].at <= pair[0].at) {
            return Err(AdjustError::OutOfOrder(pair[1].at));
        }
        let (mut difference, mut ratio) = (0_i64, 1.0);
        let mut factors = Vec::with_capacity(gaps.len());
        for gap in gaps.iter().rev() {
            if !gap.old.is_some() || !gap.new.is_some() {
                return Err(AdjustError::NoPrice(gap.at));
            }
            match adjustment {
                Adjustment::Unadjusted => {}
                Adjustment::Difference => {
                    let step = gap.new.0.checked_sub(gap.old.0);
                    let sum = step.and_then(|step| difference.checked_add(step));
                    difference = sum.ok_or(AdjustError::Overflow(gap.at))?;
                }
                Adjustment::Ratio if gap.old.0 <= 0 || gap.new.0 <= 0 => {
                    return Err(AdjustError::NotPositive(gap.at));
                }
                Adjustment::Ratio => ratio *= gap.new.0 as f64 / gap.old.0 as f64,
            }
            factors.push(Factor { before: gap.at, difference, ratio });
        }
        factors.reverse();
        Ok(Adjuster { adjustment, factors })
    }

    /// A price of the series as it was traded at a moment, adjusted. [`Price::NONE`] stays itself,
    /// and what leaves the range of prices becomes it. A ratio gives prices off the tick grid.
    pub fn price(&self, at: UnixNanos, price: Price) -> Price {
        let Some(factor) = self.factor_at(at).filter(|_| price.is_some()) else { return price };
        match self.adjustment {
            Adjustment::Unadjusted => price,
            Adjustment::Difference => {
                price.0.checked_add(factor.difference).map_or(Price::NONE, Price)
            }
            Adjustment::Ratio => Price::from_f64(price.to_f64() * factor.ratio),
        }
    }

    /// A bar of the series, adjusted; its volume stays.
    pub fn bar(&self, bar: &Ohlcv) -> Ohlcv {
        let price = |price| self.price(bar.ts_open, price);
        Ohlcv {
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
            ..*bar
        }
    }

    /// What is added to prices of a moment, in units of [`Price`]; 0 unless by difference.
    pub fn difference_at(&self, at: UnixNanos) -> i64 {
        self.factor_at(at).map_or(0, |factor| factor.difference)
    }

    /// What prices of a moment are multiplied with; 1 unless by ratio.
    pub fn ratio_at(&self, at: UnixNanos) -> f64 {
        self.factor_at(at).map_or(1.0, |factor| factor.ratio)
    }

    fn factor_at(&self, at: UnixNanos) -> Option<&Factor> {
        self.factors.get(self.factors.partition_point(|factor| factor.before <= at))
    }
}
