//! Which bars a bot reads: what ends one, and the hours of its session.

use rkyv::{Archive, Deserialize, Serialize};

/// The hours that a bot may trade in, of those in which its instrument trades. Text gives a mode by
/// its name or an alias ([`SessionMode::parse`]).
#[derive(
    Archive,
    Serialize,
    Deserialize,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
#[repr(u8)]
pub enum SessionMode {
    /// Whenever the instrument trades: for most Sunday 18:00 to Friday 17:00 New York, less the
    /// daily break.
    Full24x5 = 0,
    /// 09:30 to 16:00 New York: the stock exchanges' hours.
    RthUs = 1,
    /// 04:00 to 20:00 New York, less the daily break.
    ExtUs = 2,
    /// The main hours of the instrument's own group, such as 09:00 to 14:30 New York for energy.
    RthProduct = 3,
    /// 09:00 to 15:00 Tokyo.
    Asia = 4,
    /// 08:00 to 16:30 London.
    Europe = 5,
}

impl SessionMode {
    /// The mode's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            SessionMode::Full24x5 => "FULL_24x5",
            SessionMode::RthUs => "RTH_US",
            SessionMode::ExtUs => "EXT_US",
            SessionMode::RthProduct => "RTH_PRODUCT",
            SessionMode::Asia => "ASIA",
            SessionMode::Europe => "EUROPE",
        }
    }
}

/// How long a time bar is.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
)]
#[repr(u8)]
pub enum Timeframe {
    /// One minute.
    M1 = 0,
    /// Five minutes.
    M5 = 1,
    /// Fifteen minutes.
    M15 = 2,
    /// Thirty minutes.
    M30 = 3,
    /// One hour.
    H1 = 4,
    /// Four hours.
    H4 = 5,
    /// One trading day: a whole session.
    D1 = 6,
}

impl Timeframe {
    /// Every timeframe, shortest first.
    pub const ALL: [Timeframe; 7] = [
        Timeframe::M1,
        Timeframe::M5,
        Timeframe::M15,
        Timeframe::M30,
        Timeframe::H1,
        Timeframe::H4,
        Timeframe::D1,
    ];

    /// The timeframe's name, as in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Timeframe::M1 => "1m",
            Timeframe::M5 => "5m",
            Timeframe::M15 => "15m",
            Timeframe::M30 => "30m",
            Timeframe::H1 => "1h",
            Timeframe::H4 => "4h",
            Timeframe::D1 => "1d",
        }
    }

    /// Its length in seconds; a day's, which ends with its session, is a day.
    pub fn seconds(self) -> u32 {
        match self {
            Timeframe::M1 => 60,
            Timeframe::M5 => 300,
            Timeframe::M15 => 900,
            Timeframe::M30 => 1_800,
            Timeframe::H1 => 3_600,
            Timeframe::H4 => 14_400,
            Timeframe::D1 => 86_400,
        }
    }
}

pub use bar_kind::BarKind;

mod bar_kind {
    #![allow(missing_docs, reason = "rkyv's derive gives its resolver's fields no comment")]

    use super::Timeframe;
    use rkyv::{Archive, Deserialize, Serialize};

    /// What ends a bar.
    #[derive(
        Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
    )]
    #[repr(u8)]
    pub enum BarKind {
        /// Time.
        Time(Timeframe),
        /// So many contracts traded.
        Volume(u32),
        /// So many trades.
        Ticks(u32),
    }
}
