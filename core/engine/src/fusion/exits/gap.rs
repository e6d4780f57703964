//! Distances, measured for one position.

use gauntlet_model::input::{Distance, Exits, FACTOR_SCALE, Factor, Trailing};
use gauntlet_model::units::{Price, divide};

/// Parts of a price that one unit of a percentage's [`Factor`] is.
const PERCENT_PARTS: i64 = 100 * FACTOR_SCALE as i64;

/// A distance that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fusion) enum Gap {
    /// There is none.
    None,
    /// So far, in price units.
    Price(i64),
    /// So much of a hundredth of the mean entry price.
    Percent(Factor),
    /// It cannot be measured.
    Unknown,
}

impl Gap {
    /// Measures a distance. `atr` is the average true range over a period in whole units of price,
    /// `NaN` while it is not known.
    pub fn measure(distance: Distance, tick: Price, atr: &impl Fn(u16) -> f64) -> Gap {
        let positive = |units: Option<i64>| match units {
            Some(units) if units > 0 => Gap::Price(units),
            _ => Gap::Unknown,
        };
        match distance {
            Distance::None => Gap::None,
            Distance::Ticks(ticks) => positive(i64::from(ticks).checked_mul(tick.0)),
            Distance::Percent(percent) if percent > Factor::ZERO => Gap::Percent(percent),
            Distance::Percent(_) => Gap::Unknown,
            Distance::Atr { period, multiple } => {
                let price = Price::from_f64(atr(period) * multiple.get());
                positive(price.is_some().then_some(price.0))
            }
        }
    }

    /// How far it is for contracts for which `paid` was paid in all, in price units × contracts;
    /// `None` when there is none or it is not known.
    pub fn of(self, paid: i128, contracts: i128) -> Option<i128> {
        match self {
            Gap::None | Gap::Unknown => None,
            Gap::Price(units) => Some(i128::from(units) * contracts),
            Gap::Percent(percent) => {
                Some(divide(paid.abs() * i128::from(percent.0), PERCENT_PARTS))
            }
        }
    }

    /// How far it is from a price, in price units; `None` as [`Gap::of`].
    pub fn at(self, price: Price) -> Option<i64> {
        self.of(i128::from(price.0), 1).and_then(|units| i64::try_from(units).ok())
    }
}

/// All distances of a bot's exits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::fusion) struct Gaps {
    pub stop: Gap,
    pub target: Gap,
    /// Behind the best price; that of a chandelier comes from bars.
    pub trailing: Gap,
    pub break_even_after: Gap,
    pub break_even_plus: Gap,
}

impl Gaps {
    /// Nothing was measured.
    pub const UNKNOWN: Gaps = Gaps {
        stop: Gap::Unknown,
        target: Gap::None,
        trailing: Gap::None,
        break_even_after: Gap::None,
        break_even_plus: Gap::None,
    };

    /// Measures the distances of exits, as [`Gap::measure`].
    pub fn measure(exits: &Exits, tick: Price, atr: &impl Fn(u16) -> f64) -> Gaps {
        let gap = |distance| Gap::measure(distance, tick, atr);
        Gaps {
            stop: gap(exits.stop_loss),
            target: gap(exits.take_profit),
            trailing: match exits.trailing {
                Trailing::By(distance) => gap(distance),
                Trailing::None | Trailing::Chandelier { .. } => Gap::None,
            },
            break_even_after: gap(exits.break_even_after),
            break_even_plus: gap(exits.break_even_plus),
        }
    }

    /// Whether a position may be entered on them: there is a stop, and all that is asked for is
    /// known.
    pub fn are_known(&self) -> bool {
        let all =
            [self.stop, self.target, self.trailing, self.break_even_after, self.break_even_plus];
        self.stop != Gap::None && !all.contains(&Gap::Unknown)
    }
}
