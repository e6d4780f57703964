//! The tree of a strategy: typed, bounded, and with the text that each part came from.
//!
//! Numbers ([`Number`]) and conditions ([`Condition`]) are different types, so a tree cannot compare
//! a condition or trade on a number. What a parser hands out has also passed the check of units,
//! names and ranges.
//!
//! # Undefined values
//! A number is undefined (`NaN`) while it is not known: an indicator that is not warm, `close[5]`
//! on the third bar, `position.entry` of a flat bot, a division by zero. Arithmetic on an undefined
//! number is undefined. Conditions follow Kleene's logic of three values: a comparison with an
//! undefined number is *unknown*; `not` leaves unknown unknown; `and` is false when one side is
//! false, else unknown when one is unknown; `or` is true when one side is true, else unknown when
//! one is unknown. Only a condition that is true trades: unknown never does.
//!
//! # Spans and equality
//! Every node knows its bytes in [`RuleSet::text`]. Spans take part in `==`; two trees say the same
//! when their printed texts are equal.

mod condition;
mod constant;
mod number;
mod plan;

pub use condition::{Comparison, Condition, ConditionKind, CrossKind, Day, TimeOfDay, Trend, Zone};
pub use constant::{Constant, ConstantKind};
pub use number::{
    Argument, Arithmetic, Field, Function, Indicator, Number, NumberKind, PositionTerm, RangeSide,
    SessionTerm,
};
pub use plan::{BreakEven, Distance, DistanceKind, EntryStyle, Plan, Stop, TimeStop, Trail};

use gauntlet_model::input::{BarKind, SessionMode};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Longest text of a strategy, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Deepest nesting of one condition or number.
pub const DEPTH_MAX: usize = 48;
/// Most nodes of a strategy.
pub const NODES_MAX: usize = 1_000;
/// Furthest that a rule looks back, in bars.
pub const HISTORY_BARS_MAX: u32 = 1_000;
/// Most parameters of a strategy.
pub const PARAMS_MAX: usize = 32;
/// Most names given with `let`.
pub const LETS_MAX: usize = 64;
/// Most `long when` lines, and as many of each other kind.
pub const PREDICATES_MAX: usize = 16;
/// Longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 48;

/// Bytes of a text: from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The first byte after it.
    pub end: u32,
}

impl Span {
    /// From the start of this span to the end of `last`.
    pub fn to(self, last: Span) -> Span {
        Span { start: self.start, end: last.end.max(self.start) }
    }

    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What stands there in `text`; empty when the span is not of that text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or("")
    }
}

/// A whole strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSet {
    /// The text that every span of the tree points into.
    #[serde(skip)]
    pub text: String,
    /// `strategy NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `bars 5m`: what the rules run on; the bot's own choice when missing.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::json::bars")]
    pub bars: Option<BarKind>,
    /// `session RTH_US`: the hours; the bot's own choice when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionMode>,
    /// `param`: what an operator or an optimiser may change, in the order written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Param>,
    /// `let`: names for parts, in the order written. One may use those before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lets: Vec<Let>,
    /// When to be long.
    #[serde(skip_serializing_if = "Direction::is_silent")]
    pub long: Direction,
    /// When to be short.
    #[serde(skip_serializing_if = "Direction::is_silent")]
    pub short: Direction,
    /// How to go in, and how to get out.
    #[serde(skip_serializing_if = "Plan::is_empty")]
    pub plan: Plan,
}

impl RuleSet {
    /// The value of every parameter when nobody changes it, in order.
    pub fn defaults(&self) -> Vec<f64> {
        self.params.iter().map(|param| param.default).collect()
    }

    /// How sure it is that the rules say what their author meant, 0 to 1: the smaller of the
    /// directions that trade; 0 when none does.
    pub fn confidence(&self) -> f64 {
        let spoken = [&self.long, &self.short].into_iter().filter(|side| !side.entries.is_empty());
        spoken.map(|side| side.origin.confidence()).reduce(f64::min).unwrap_or(0.0)
    }
}

/// `param oversold = 30 from 1 to 50 "long below this RSI"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its value when nobody changes it.
    pub default: f64,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
    /// Whether it counts something and so must be a whole number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// What it means; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// The statement.
    #[serde(skip)]
    pub span: Span,
}

/// `let band = bb(20, 2)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Let {
    /// The name given.
    pub name: String,
    /// What it stands for.
    pub value: Binding,
    /// The statement.
    #[serde(skip)]
    pub span: Span,
}

/// What a name given with `let` stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// A number. An indicator is a number too: alone it is its first line, and `name.line` gives
    /// the others.
    Number(Number),
    /// A condition.
    Condition(Condition),
    /// `opening_range(15)`: `name.high` and `name.low` are its ends; alone it is no number.
    OpeningRange {
        /// How many minutes from the session's open: whole, 1 to 1,440.
        minutes: Constant,
    },
}

/// A use of a name: of a parameter or of a `let`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// Its place in [`RuleSet::params`] or [`RuleSet::lets`].
    #[serde(skip)]
    pub index: usize,
}

/// The rules of one direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Direction {
    /// `long when …`: the bot wants to be in when any of these is true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Predicate>,
    /// `exit long when …`: it wants out when any of these is true, and that goes before entries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<Predicate>,
    /// `long strength …`: how strongly it wants in; the engine clamps it to 0 to 1, and takes 1
    /// when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<Number>,
    /// Where the rules of this direction come from.
    #[serde(skip_serializing_if = "Origin::is_written")]
    pub origin: Origin,
}

impl Direction {
    /// Whether nothing is said of this direction.
    pub fn is_silent(&self) -> bool {
        self.entries.is_empty() && self.exits.is_empty() && self.strength.is_none()
    }
}

/// A condition that somebody wrote, and the words it was written in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Predicate {
    /// The condition. The spans of its nodes are of [`RuleSet::text`].
    pub condition: Condition,
    /// Where the words stand in the text that they come from: the rules themselves, the prose
    /// they were read from, or the archetype's rules.
    #[serde(skip)]
    pub span: Span,
    /// The words.
    #[serde(skip)]
    pub text: String,
}

/// Where the rules of a direction come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// From text or JSON in the language: they mean what they say.
    #[default]
    Written,
    /// Read from loose English.
    ReadFromProse {
        /// How sure the reading is, 0 to 1.
        confidence: f64,
    },
    /// Nothing usable was written; the archetype's own rules stand in.
    Fallback {
        /// Whose rules they are.
        archetype: String,
        /// How sure it is that they are what was meant, 0 to 1.
        confidence: f64,
    },
}

impl Origin {
    /// How sure it is that the rules say what their author meant, 0 to 1.
    pub fn confidence(&self) -> f64 {
        match self {
            Origin::Written => 1.0,
            Origin::ReadFromProse { confidence } | Origin::Fallback { confidence, .. } => {
                *confidence
            }
        }
    }

    /// Whether it is [`Origin::Written`].
    pub fn is_written(&self) -> bool {
        *self == Origin::Written
    }
}
