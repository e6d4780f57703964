//! What is said of an indicator before it computes anything.

use super::Kind;
use crate::parameter::Parameter;

/// Everything that people, the rule language and documentation need to know of a kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Info {
    /// Which kind.
    pub kind: Kind,
    /// Its name in rules and on command lines.
    pub name: &'static str,
    /// Other names that it goes by.
    pub aliases: &'static [&'static str],
    /// What family it belongs to.
    pub class: Class,
    /// What it tells, and which of several conventions it follows.
    pub meaning: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// What it can be told, in the order in which a [`Spec`](super::Spec) takes it.
    pub parameters: &'static [Parameter],
    /// Its outputs; the first is meant when none is named.
    pub lines: &'static [Line],
    /// What it reads.
    pub input: Input,
    /// Whether it counts from the beginning of a session: outside of the hours it has no value, and
    /// none from where something of a session is missing, its beginning included, until its end.
    pub session: bool,
    /// Where the formula comes from.
    pub source: &'static str,
}

impl Info {
    /// The place of a line; the case of its letters does not matter.
    pub fn line(&self, name: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.name.eq_ignore_ascii_case(name))
    }

    /// The place of a parameter; the case of its letters does not matter.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.iter().position(|one| one.name.eq_ignore_ascii_case(name))
    }
}

/// One output of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name, as in `bb.upper`.
    pub name: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// What its values can be, beside what the unit says.
    pub bounds: Bounds,
}

impl Line {
    /// The least and the largest value that it can have, whatever it runs over and with any
    /// parameters; infinite where there is none. [`Spec::bounds`](super::Spec::bounds) knows more.
    pub fn bounds(&self) -> (f64, f64) {
        let not_negative = (0.0, f64::INFINITY);
        match (self.bounds, self.unit) {
            (Bounds::NotNegative, _) => not_negative,
            (_, Unit::Oscillator { min, max }) => (min.into(), max.into()),
            (_, Unit::Direction) => (-1.0, 1.0),
            (_, Unit::Weekday) => (1.0, 7.0),
            (_, Unit::Minutes | Unit::Volume) => not_negative,
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// Whether it stays within the bounds of what it runs over.
    pub fn keeps_to_its_source(&self) -> bool {
        self.unit == Unit::Source && self.bounds != Bounds::Free
    }
}

impl std::fmt::Display for Line {
    /// Its unit and bounds.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bounds = match self.bounds {
            Bounds::OfUnit => "",
            Bounds::NotNegative => ", 0 or more",
            Bounds::Free => ", beyond its bounds too",
        };
        write!(f, "{}{bounds}", self.unit)
    }
}

/// What the values of a line can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// What its unit says, and that of its source where it is measured as its source.
    OfUnit,
    /// Never below 0.
    NotNegative,
    /// Anything: it is measured as its source, and goes beyond the source's bounds.
    Free,
}

/// Families of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// One of the eighteen classic indicators.
    Indicator,
    /// A building block of the rule language.
    Helper,
    /// Made for models and filters: returns, volatility, order flow, time.
    Feature,
}

impl Class {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Indicator => "indicator",
            Class::Helper => "helper",
            Class::Feature => "feature",
        }
    }
}

/// What a kind reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One series of numbers: closes unless another is named, such as volumes or the line of
    /// another indicator.
    Source,
    /// The prices and the volume of bars.
    Bar,
    /// What the trades and the book of a bar tell; bars from files do not tell it.
    Tape,
}

impl Input {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Input::Source => "source",
            Input::Bar => "bar",
            Input::Tape => "tape",
        }
    }
}

/// What a line is measured in. A rule may compare like with like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// What the source is measured in.
    Source,
    /// A difference of two values of the source.
    SourceDifference,
    /// A price in whole units.
    Price,
    /// A difference of two prices.
    PriceDifference,
    /// Smallest price steps.
    Ticks,
    /// Contracts.
    Volume,
    /// Hundredths of a whole.
    Percent,
    /// A number without a unit.
    Ratio,
    /// A number without a unit between two bounds.
    Oscillator {
        /// Smallest value.
        min: i16,
        /// Largest value.
        max: i16,
    },
    /// +1 up, −1 down.
    Direction,
    /// Minutes.
    Minutes,
    /// Days of the week, Monday 1 to Sunday 7.
    Weekday,
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unit::Source => "as its source",
            Unit::SourceDifference => "difference of its source",
            Unit::Price => "price",
            Unit::PriceDifference => "price difference",
            Unit::Ticks => "ticks",
            Unit::Volume => "contracts",
            Unit::Percent => "percent",
            Unit::Ratio => "ratio",
            Unit::Oscillator { min, max } => return write!(f, "{min} to {max}"),
            Unit::Direction => "+1 or -1",
            Unit::Minutes => "minutes",
            Unit::Weekday => "1 to 7",
        })
    }
}
