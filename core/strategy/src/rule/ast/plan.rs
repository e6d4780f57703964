//! How a strategy goes in, and how it gets out beside its exit rules.

use super::{Constant, Span};
use serde::{Deserialize, Serialize};

/// Entry style and exits. What is missing is the bot's own choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// `entry passive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryStyle>,
    /// `stop 16 ticks`: out when the price is so far against the entry price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// `target 80 ticks`: out when the price is so far beyond the entry price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Stop>,
    /// `trail 1.5 atr(14)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
    /// `break even after 10 ticks plus 1 tick`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even: Option<BreakEven>,
    /// `time stop 30 bars`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_stop: Option<TimeStop>,
    /// `flat at session end`: nothing is held past the session's close.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub flat_at_session_end: bool,
}

impl Plan {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Plan::default()
    }
}

/// How an entry order meets the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStyle {
    /// Rests at its own side of the book.
    Passive,
    /// Takes the other side.
    Aggressive,
}

/// A distance of price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Distance {
    /// What it is.
    pub kind: DistanceKind,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What a [`Distance`] is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum DistanceKind {
    /// `16 ticks`.
    Ticks {
        /// How many; above 0.
        count: Constant,
    },
    /// `0.5 %` of the entry price.
    Percent {
        /// How many hundredths of the price; above 0.
        percent: Constant,
    },
    /// `2 atr(14)`: of Wilder's average true range on the bar of the entry.
    Atr {
        /// How many times; above 0.
        multiple: Constant,
        /// Its period, in bars.
        period: Constant,
    },
}

/// An exit at a distance from the entry price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stop {
    /// How far.
    pub distance: Distance,
    /// The statement.
    #[serde(skip)]
    pub span: Span,
}

/// A stop that follows the price and never goes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trail {
    /// `trail 8 ticks`, `trail 1.5 atr(14)`: so far behind the best price since the entry.
    Behind {
        /// How far.
        distance: Distance,
        /// The statement.
        #[serde(skip)]
        span: Span,
    },
    /// `trail chandelier(22, 3)`: for a long the highest high of the last `period` bars less
    /// `multiple` times their ATR, for a short the lowest low and above it (Chuck LeBeau's).
    Chandelier {
        /// Bars of the extreme and of the ATR.
        period: Constant,
        /// How many times the ATR; above 0.
        multiple: Constant,
        /// The statement.
        #[serde(skip)]
        span: Span,
    },
}

/// `break even after 10 ticks plus 1 tick`: once the profit was so large, the stop is no further
/// than the entry price and a little beyond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakEven {
    /// The profit that arms it.
    pub after: Distance,
    /// How far beyond the entry price the stop then is; the entry price itself when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plus: Option<Distance>,
    /// The statement.
    #[serde(skip)]
    pub span: Span,
}

/// `time stop 30 bars`: out when so many bars were finished since the entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeStop {
    /// How many: whole, 1 or more.
    pub bars: Constant,
    /// The statement.
    #[serde(skip)]
    pub span: Span,
}
