//! Conditions: comparisons, crossings, trends, time, and their combination.

use super::{Constant, Number, Reference, Span};
use serde::{Deserialize, Serialize};

/// What is true, false or unknown on every bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Condition {
    /// What it is.
    pub kind: ConditionKind,
    /// Where it stands.
    #[serde(skip)]
    pub span: Span,
}

/// What a [`Condition`] is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ConditionKind {
    /// `a < b`.
    Compare {
        /// How.
        op: Comparison,
        /// The left side.
        left: Number,
        /// The right side.
        right: Number,
    },
    /// `x between low and high`, both ends included: `x >= low and x <= high`.
    Between {
        /// What is compared.
        value: Number,
        /// The lower end.
        low: Number,
        /// The upper end.
        high: Number,
    },
    /// `a crosses above b`.
    Cross {
        /// Which way.
        direction: CrossKind,
        /// What crosses.
        left: Number,
        /// What is crossed.
        right: Number,
    },
    /// `x rising for 3 bars`: in each of the last three bars, this one included, the value differs
    /// from the one before it in that direction; it needs four values.
    Trend {
        /// Which way.
        direction: Trend,
        /// What moves.
        value: Number,
        /// For how many bars: whole, 1 to [`super::HISTORY_BARS_MAX`].
        bars: Constant,
    },
    /// `P within 5 bars`: true on at least one of the last five bars, this one included.
    Within {
        /// What was true.
        of: Box<Condition>,
        /// How many bars: whole, 1 to [`super::HISTORY_BARS_MAX`].
        bars: Constant,
    },
    /// `P for 5 bars`: true on each of the last five bars, this one included.
    Held {
        /// What was true.
        of: Box<Condition>,
        /// How many bars: whole, 1 to [`super::HISTORY_BARS_MAX`].
        bars: Constant,
    },
    /// `P first in session`: true on the first bar of the bot's session on which it is true; false
    /// on the bars after it, and on all that are outside of its hours.
    FirstInSession {
        /// What becomes true.
        of: Box<Condition>,
    },
    /// `time between 09:30 and 11:00`: the whole bar lies in that part of the day: it begins at
    /// `from` or later and ends at `to` or before. A window that ends before it begins goes past
    /// midnight.
    Time {
        /// The first moment.
        from: TimeOfDay,
        /// The last moment.
        to: TimeOfDay,
        /// Whose clock.
        #[serde(default)]
        zone: Zone,
    },
    /// `weekday in (mon, tue)`: the trading day that the bar belongs to, which is the New York date
    /// on which its session ends: Sunday evening is Monday. Unknown outside of the bot's hours.
    Weekday {
        /// Which days, at least one, in the week's order.
        days: Vec<Day>,
    },
    /// `a and b and c`: two or more.
    All {
        /// The parts.
        of: Vec<Condition>,
    },
    /// `a or b or c`: two or more.
    Any {
        /// The parts.
        of: Vec<Condition>,
    },
    /// `not a`.
    Not {
        /// The part.
        of: Box<Condition>,
    },
    /// A name given with `let`.
    Let {
        /// Which name.
        name: Reference,
    },
}

/// How two numbers are compared. Exactly, to the bit: nothing is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `<`.
    #[serde(rename = "<")]
    Less,
    /// `<=`.
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `>`.
    #[serde(rename = ">")]
    Greater,
    /// `>=`.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// `=`.
    #[serde(rename = "=")]
    Equal,
    /// `!=`.
    #[serde(rename = "!=")]
    NotEqual,
}

/// Which way a number crosses another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossKind {
    /// `crosses above`: it was at or below on the bar before, and is above now.
    Above,
    /// `crosses below`: it was at or above on the bar before, and is below now.
    Below,
    /// `crosses`: either.
    Either,
}

/// Which way a number moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Each value above the one before.
    Rising,
    /// Each value below the one before.
    Falling,
}

/// A minute of the day, 00:00 to 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    minute: u16,
}

impl TimeOfDay {
    /// 00:00.
    pub const MIDNIGHT: TimeOfDay = TimeOfDay { minute: 0 };

    /// So many minutes after midnight; `None` above 1,440.
    pub fn new(minute: u16) -> Option<TimeOfDay> {
        (minute <= 24 * 60).then_some(TimeOfDay { minute })
    }

    /// Minutes after midnight, 0 to 1,440.
    pub fn minute(self) -> u16 {
        self.minute
    }
}

/// Whose clock a time of day is read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// New York, with its daylight saving.
    #[default]
    NewYork,
    /// Chicago, with its daylight saving.
    Chicago,
    /// Coordinated universal time.
    Utc,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<TimeOfDay, String> {
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let digits = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
            if !digits(hours) || !digits(minutes) || minutes.len() != 2 {
                return None;
            }
            let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
            (minutes < 60).then_some(hours * 60 + minutes).and_then(TimeOfDay::new)
        };
        read().ok_or_else(|| {
            format!("{text:?} is not a time of day: write hours:minutes, 00:00 to 24:00")
        })
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<TimeOfDay, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
