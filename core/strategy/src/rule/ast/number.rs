//! Numbers: prices, indicators, session and position terms, arithmetic.

use super::{Constant, Reference, Span};
use serde::{Deserialize, Serialize};

/// A number that has a value on every bar, perhaps an undefined one (`NaN`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number {
    /// What it is.
    pub kind: NumberKind,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What a [`Number`] is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NumberKind {
    /// `30`.
    Number {
        /// Its value, finite.
        value: f64,
    },
    /// `oversold`: a parameter.
    Param {
        /// Which parameter.
        name: Reference,
    },
    /// `band`, `band.lower`, `opening.high`: a name given with `let`.
    Let {
        /// Which name.
        name: Reference,
        /// The line asked for: one of the indicator's that the name stands for, or `high` or `low`
        /// of an opening range, which always has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<String>,
    },
    /// `close`.
    Field {
        /// Which number of the bar.
        field: Field,
    },
    /// `close[1]`: what a number was so many bars ago. Bars count through session ends.
    History {
        /// Of what.
        of: Box<Number>,
        /// How many bars ago: whole, 0 to [`super::HISTORY_BARS_MAX`].
        bars: Constant,
    },
    /// `macd(12, 26, 9).histogram`.
    Indicator(Indicator),
    /// `session.high`.
    Session {
        /// Which number of the session.
        term: SessionTerm,
    },
    /// `opening_range(15).high`: the extreme of the session's first minutes; undefined until they
    /// are over.
    OpeningRange {
        /// How many minutes from the session's open: whole, 1 to 1,440.
        minutes: Constant,
        /// Which extreme.
        side: RangeSide,
    },
    /// `position.bars`.
    Position {
        /// Which number of the position.
        term: PositionTerm,
    },
    /// `tick`: the smallest step of the instrument's price, in whole units of price.
    Tick,
    /// `8 ticks`: so many times [`NumberKind::Tick`].
    Ticks {
        /// How many.
        count: Box<Number>,
    },
    /// `-x`.
    Negate {
        /// Of what.
        of: Box<Number>,
    },
    /// `a + b`.
    Arithmetic {
        /// What is done.
        op: Arithmetic,
        /// The left side.
        left: Box<Number>,
        /// The right side.
        right: Box<Number>,
    },
    /// `max(a, b)`.
    Function {
        /// Which.
        function: Function,
        /// One of what it takes, or two for [`Function::Min`] and [`Function::Max`].
        of: Vec<Number>,
    },
}

/// A use of an indicator, a rolling helper or a feature of the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its name in the registry, never an alias.
    pub name: String,
    /// The series that it runs over; missing for the registry's own choice, which is `close`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<Number>>,
    /// The parameters that are given, in the order of the registry's table. The others have the
    /// registry's defaults.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// Its line; missing for its first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

impl Indicator {
    /// The values of the parameters in the order of the registry's table, as a
    /// [`Spec`](crate::indicator::Spec) takes them: `NaN` where none is given.
    pub fn values(&self, info: &crate::indicator::Info, params: &[f64]) -> Vec<f64> {
        let mut values = vec![f64::NAN; info.parameters.len()];
        for argument in &self.arguments {
            if let Some(value) = values.get_mut(argument.index) {
                *value = argument.value.value(params);
            }
        }
        values
    }
}

/// One parameter given to an indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// The parameter's name in the registry.
    pub name: String,
    /// Its place in the registry's table.
    #[serde(skip)]
    pub index: usize,
    /// Its value.
    pub value: Constant,
}

/// A number of the bar itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Contracts traded.
    Volume,
    /// (high + low) / 2.
    Hl2,
    /// (high + low + close) / 3.
    Hlc3,
    /// (open + high + low + close) / 4.
    Ohlc4,
}

/// A number of the bot's session. All are undefined outside of its hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionTerm {
    /// `session.open`: the first price of this session.
    Open,
    /// `session.high`: the highest price of this session, this bar included.
    High,
    /// `session.low`: the lowest price of this session, this bar included.
    Low,
    /// `session.minutes`: minutes from the session's open to this bar's end.
    Minutes,
    /// `session.minutes_left`: minutes from this bar's end to the session's close.
    MinutesLeft,
    /// `session.bars`: bars of this session so far, this one included.
    Bars,
    /// `prior_session.open`: the first price of the session before this one.
    PriorOpen,
    /// `prior_session.high`: its highest price.
    PriorHigh,
    /// `prior_session.low`: its lowest price.
    PriorLow,
    /// `prior_session.close`: its last price.
    PriorClose,
    /// `gap`: `session.open - prior_session.close`.
    Gap,
}

/// The upper or the lower end of an opening range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeSide {
    /// Its highest price.
    High,
    /// Its lowest price.
    Low,
}

/// A number of what the bot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionTerm {
    /// `position`: contracts, above 0 when long and below 0 when short.
    Contracts,
    /// `position.bars`: bars finished since the position was opened; undefined when flat.
    Bars,
    /// `position.profit_ticks`: ticks from the average entry price to this bar's close, above 0 in
    /// profit; undefined when flat.
    ProfitTicks,
    /// `position.entry`: the average entry price; undefined when flat.
    Entry,
}

/// The four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`: undefined when the right side is 0.
    Divide,
}

impl Arithmetic {
    /// The result; `NaN` when a side is undefined or the result is not finite.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        let result = match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
        };
        if result.is_finite() { result } else { f64::NAN }
    }
}

/// Functions of numbers of the same bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Without its sign.
    Abs,
    /// The smaller of two; undefined when one is.
    Min,
    /// The larger of two; undefined when one is.
    Max,
    /// Square root; undefined below 0.
    Sqrt,
    /// Natural logarithm; undefined at 0 and below.
    Log,
    /// e to the power of it; undefined when it is too large to hold.
    Exp,
}
