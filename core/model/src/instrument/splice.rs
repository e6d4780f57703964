//! A continuous series out of the bars of its contracts.

use super::{AdjustError, Adjuster, Adjustment, Contract, Fronts, Gap, Roll};
use crate::input::Ohlcv;
use crate::units::UnixNanos;
use chrono::NaiveDate;

/// The bars of one contract, each later than the one before.
#[derive(Clone, Copy, Debug)]
pub struct ContractBars<'a> {
    /// The contract.
    pub contract: Contract,
    /// Its bars.
    pub bars: &'a [Ohlcv],
}

/// Why contracts cannot be joined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// A contract's bars are not in order.
    #[error("the bars of {symbol} at {at} are not later than the ones before: sort them by time")]
    OutOfOrder {
        /// The contract.
        symbol: String,
        /// The bar.
        at: UnixNanos,
    },
    /// A front contract without bars.
    #[error("{symbol} is the front contract from {from} on and has no bars: give them")]
    Missing {
        /// The contract.
        symbol: String,
        /// Its first trading day as the front one.
        from: NaiveDate,
    },
    /// Nothing to measure a gap by.
    #[error("{old} and {new} have no bar of the same time before the roll of {date}: give some")]
    NoCommonBar {
        /// The contract before.
        old: String,
        /// The contract after.
        new: String,
        /// The roll.
        date: NaiveDate,
    },
    /// The gaps cannot be used.
    #[error(transparent)]
    Adjust(#[from] AdjustError),
}

/// Joins the bars of contracts into one series that follows a schedule, and adjusts it. The gap of a
/// roll is that between the closes of the latest bar before it that both contracts have.
///
/// # Errors
/// [`SpliceError`] for bars out of order, a front contract without bars between two with bars, and
/// gaps that cannot be measured or used.
pub fn splice(
    fronts: &Fronts,
    contracts: &[ContractBars<'_>],
    adjustment: Adjustment,
) -> Result<Vec<Ohlcv>, SpliceError> {
    for ContractBars { contract, bars } in contracts {
        if let Some(pair) = bars.windows(2).find(|pair| pair[1].ts_open <= pair[0].ts_open) {
            let symbol = contract.symbol();
            return Err(SpliceError::OutOfOrder { symbol, at: pair[1].ts_open });
        }
    }
    let bars_of = |contract: Contract| {
        let found = contracts.iter().find(|of| of.contract == contract);
        found.map_or(&[][..], |of| of.bars)
    };
    let rolls = fronts.rolls();
    let mut series = Vec::new();
    // Rolls that lie between two bars of the series; those before a missing contract are kept back
    // until it is known whether the series goes on after it.
    let (mut gaps, mut missing): (Vec<&Roll>, Option<&Roll>) = (Vec::new(), None);
    for segment in 0..=rolls.len() {
        let begin = segment.checked_sub(1).map(|before| &rolls[before]);
        let end = rolls.get(segment).map_or(UnixNanos(u64::MAX), Roll::at);
        let bars = bars_of(begin.map_or(fronts.on(NaiveDate::MIN), |roll| roll.new));
        let from = begin.map_or(UnixNanos(0), Roll::at);
        let first = bars.partition_point(|bar| bar.ts_open < from);
        let last = bars.partition_point(|bar| bar.ts_open < end);
        let own = &bars[first..last];
        if let Some(begin) = begin.filter(|_| !series.is_empty()) {
            if own.is_empty() {
                missing = missing.or(Some(begin));
                continue;
            }
            if let Some(roll) = missing {
                return Err(SpliceError::Missing { symbol: roll.new.symbol(), from: roll.date });
            }
            gaps.push(begin);
        }
        series.extend_from_slice(own);
    }
    if adjustment == Adjustment::Unadjusted {
        return Ok(series);
    }
    let gap = |roll: &Roll| gap(roll, bars_of(roll.old), bars_of(roll.new));
    let gaps = gaps.into_iter().map(gap).collect::<Result<Vec<Gap>, SpliceError>>()?;
    let adjuster = Adjuster::new(adjustment, &gaps)?;
    Ok(series.iter().map(|bar| adjuster.bar(bar)).collect())
}

/// The closes of the latest bar before a roll that both contracts have.
fn gap(roll: &Roll, old: &[Ohlcv], new: &[Ohlcv]) -> Result<Gap, SpliceError> {
    let before = |bars: &[Ohlcv]| bars.partition_point(|bar| bar.ts_open < roll.at());
    let (old, new) = (&old[..before(old)], &new[..before(new)]);
    let pair = old.iter().rev().find_map(|bar| {
        let at = new.binary_search_by_key(&bar.ts_open, |other| other.ts_open).ok()?;
        Some((bar.close, new[at].close))
    });
    let (old, new) = pair.ok_or_else(|| SpliceError::NoCommonBar {
        old: roll.old.symbol(),
        new: roll.new.symbol(),
        date: roll.date,
    })?;
    Ok(Gap::of(roll, old, new))
}
