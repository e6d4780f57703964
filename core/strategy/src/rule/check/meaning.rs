//! What a number is measured in, and between which values it lies.

use crate::indicator;
use crate::rule::ast::Arithmetic;
use std::fmt;

/// What a number is measured in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// A plain number, which takes the unit of what it meets.
    Plain,
    /// A price.
    Price,
    /// A difference of prices.
    Difference,
    /// A price times a plain number: a price or a part of one.
    PriceScaled,
    /// Contracts traded.
    Volume,
    /// Hundredths of a whole.
    Percent,
    /// A part of a whole, or one thing in terms of another.
    Ratio,
    /// Bars, contracts of the position, ticks.
    Count,
    /// Minutes.
    Minutes,
    /// The value of an oscillator with these bounds.
    Oscillator(f64, f64),
    /// A difference, a part or a multiple of oscillators.
    Points,
    /// +1 or -1.
    Direction,
    /// What has no name, and is compared with anything.
    Other,
}

impl Unit {
    /// The unit of an indicator's line that runs over a source of unit `source`.
    pub(super) fn of_line(unit: indicator::Unit, source: Unit) -> Unit {
        match unit {
            indicator::Unit::Source => source,
            indicator::Unit::SourceDifference => source.difference(),
            indicator::Unit::Price => Unit::Price,
            indicator::Unit::PriceDifference => Unit::Difference,
            indicator::Unit::Ticks | indicator::Unit::Weekday => Unit::Count,
            indicator::Unit::Volume => Unit::Volume,
            indicator::Unit::Percent => Unit::Percent,
            indicator::Unit::Ratio => Unit::Ratio,
            indicator::Unit::Oscillator { min, max } => {
                Unit::Oscillator(f64::from(min), f64::from(max))
            }
            indicator::Unit::Direction => Unit::Direction,
            indicator::Unit::Minutes => Unit::Minutes,
        }
    }

    /// The unit of a difference of two such numbers.
    fn difference(self) -> Unit {
        match self {
            Unit::Price => Unit::Difference,
            Unit::Oscillator(..) => Unit::Points,
            other => other,
        }
    }

    /// Whether the two may be compared, added and subtracted.
    pub(super) fn fits(self, other: Unit) -> bool {
        use Unit::{
            Count, Difference, Direction, Oscillator, Other, Percent, Plain, Points, PriceScaled,
            Ratio,
        };
        let fits = |a: Unit, b: Unit| match (a, b) {
            (Plain | Other, _) => true,
            (PriceScaled, Unit::Price | Difference) => true,
            (Points, Oscillator(..) | Percent | Ratio) => true,
            (Oscillator(low, high), Ratio) => low >= -1.0 && high <= 1.0,
            (Ratio, Count | Direction) => true,
            (a, b) => a == b,
        };
        fits(self, other) || fits(other, self)
    }

    fn sum(self, other: Unit) -> Unit {
        match (self, other) {
            (Unit::Other, _) | (_, Unit::Other) => Unit::Other,
            (Unit::Plain, unit) | (unit, Unit::Plain) => unit.moved(),
            (Unit::Price, Unit::Price) => Unit::PriceScaled,
            (Unit::Price, _) | (_, Unit::Price) => Unit::Price,
            (Unit::PriceScaled, _) | (_, Unit::PriceScaled) => Unit::PriceScaled,
            (Unit::Oscillator(..), _) | (_, Unit::Oscillator(..)) => Unit::Points,
            (unit, _) => unit,
        }
    }

    fn less(self, other: Unit) -> Unit {
        match (self, other) {
            (Unit::Price, Unit::Price) => Unit::Difference,
            _ => self.sum(other),
        }
    }

    /// The unit of such a number with a plain one added.
    fn moved(self) -> Unit {
        match self {
            Unit::Oscillator(..) => Unit::Points,
            other => other,
        }
    }

    fn times(self, other: Unit) -> Unit {
        match (self, other) {
            (Unit::Plain, Unit::Plain) => Unit::Plain,
            (Unit::Plain | Unit::Ratio | Unit::Count | Unit::Direction, unit)
            | (unit, Unit::Plain | Unit::Ratio | Unit::Count | Unit::Direction) => unit.scaled(),
            _ => Unit::Other,
        }
    }

    fn over(self, other: Unit) -> Unit {
        match (self, other) {
            (Unit::Plain, Unit::Plain) => Unit::Plain,
            (Unit::Plain, _) | (Unit::Other, _) | (_, Unit::Other) => Unit::Other,
            (unit, Unit::Plain | Unit::Ratio | Unit::Count) => unit.scaled(),
            (a, b) if a.fits(b) || (a.is_money() && b.is_money()) => Unit::Ratio,
            _ => Unit::Other,
        }
    }

    /// The unit of such a number times a plain one.
    fn scaled(self) -> Unit {
        match self {
            Unit::Price => Unit::PriceScaled,
            Unit::Oscillator(..) => Unit::Points,
            other => other,
        }
    }

    fn is_money(self) -> bool {
        matches!(self, Unit::Price | Unit::Difference | Unit::PriceScaled)
    }

    /// The unit of what is one or the other of two numbers that fit.
    pub(super) fn either(self, other: Unit) -> Unit {
        match (self, other) {
            (a, b) if a == b => a,
            (Unit::Plain, unit) | (unit, Unit::Plain) => unit,
            (Unit::Other, _) | (_, Unit::Other) => Unit::Other,
            (a, b) if a.is_money() && b.is_money() => Unit::PriceScaled,
            (Unit::Points, _) | (_, Unit::Points) => Unit::Points,
            (a, _) => a,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Plain => "a plain number",
            Unit::Price => "a price",
            Unit::Difference => "a difference of prices",
            Unit::PriceScaled => "a part or a multiple of a price",
            Unit::Volume => "a volume",
            Unit::Percent => "a percentage",
            Unit::Ratio => "a ratio",
            Unit::Count => "a count",
            Unit::Minutes => "minutes",
            Unit::Oscillator(low, high) => {
                return write!(f, "an oscillator from {low} to {high}");
            }
            Unit::Points => "points of an oscillator",
            Unit::Direction => "a direction (1 or -1)",
            Unit::Other => "a number without a name for its unit",
        })
    }
}

/// A number's unit, and the bounds of its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meaning {
    pub(super) unit: Unit,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Meaning {
    /// Any value in that unit.
    pub(super) fn any(unit: Unit) -> Meaning {
        match unit {
            Unit::Oscillator(low, high) => Meaning { unit, low, high },
            Unit::Volume => Meaning { unit, low: 0.0, high: f64::INFINITY },
            Unit::Direction => Meaning { unit, low: -1.0, high: 1.0 },
            _ => Meaning { unit, low: f64::NEG_INFINITY, high: f64::INFINITY },
        }
    }

    /// A value between two.
    pub(super) fn between(unit: Unit, low: f64, high: f64) -> Meaning {
        Meaning { unit, low, high }
    }

    /// The value of an indicator's line that runs over a source.
    pub(super) fn of_line(line: &indicator::Line, source: Meaning) -> Meaning {
        let unit = Unit::of_line(line.unit, source.unit);
        if line.keeps_to_its_source() {
            return Meaning { unit, ..source };
        }
        // Bands around an oscillator and sums of it are no longer between its bounds.
        let of_source = line.unit == indicator::Unit::Source;
        let unit = if of_source { unit.moved() } else { unit };
        let (low, high) = line.bounds();
        Meaning { unit, low, high }
    }

    /// Bounds, of which undefined ones are none.
    fn bounded(unit: Unit, ends: &[f64]) -> Meaning {
        if ends.iter().any(|end| end.is_nan()) {
            return Meaning::between(unit, f64::NEG_INFINITY, f64::INFINITY);
        }
        let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Meaning::between(unit, low, high)
    }

    pub(super) fn negated(self) -> Meaning {
        let unit = match self.unit {
            Unit::Oscillator(..) => Unit::Points,
            Unit::Price => Unit::PriceScaled,
            unit => unit,
        };
        Meaning::between(unit, -self.high, -self.low)
    }

    /// The result of an operation, and whether the units allow it.
    pub(super) fn combined(self, op: Arithmetic, other: Meaning) -> (Meaning, bool) {
        let (a, b) = (self, other);
        match op {
            Arithmetic::Add => {
                let bounds = [a.low + b.low, a.high + b.high];
                (Meaning::bounded(a.unit.sum(b.unit), &bounds), a.unit.fits_sum(b.unit))
            }
            Arithmetic::Subtract => {
                let bounds = [a.low - b.high, a.high - b.low];
                (Meaning::bounded(a.unit.less(b.unit), &bounds), a.unit.fits_sum(b.unit))
            }
            Arithmetic::Multiply => {
                let bounds = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
                (Meaning::bounded(a.unit.times(b.unit), &bounds), true)
            }
            Arithmetic::Divide => {
                let unit = a.unit.over(b.unit);
                if b.low <= 0.0 && b.high >= 0.0 {
                    return (Meaning::any(unit), true);
                }
                let bounds = [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high];
                (Meaning::bounded(unit, &bounds), true)
            }
        }
    }
}

impl Unit {
    /// Whether the two may be added and subtracted: as they may be compared, and a price with a
    /// difference.
    fn fits_sum(self, other: Unit) -> bool {
        self.fits(other) || (self.is_money() && other.is_money())
    }
}
