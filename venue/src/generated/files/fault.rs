//! Things that are wrong with data, on demand.
//!
//! A fault waits for its time and takes the first record that it can happen to. Several are applied
//! one after the other, each to what the ones before it left.

use dbn::Schema;
use gauntlet_core::units::UnixNanos;
use std::fmt;
use std::str::FromStr;

/// A way in which data can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// Five minutes are missing, and the first record of each instrument after them says so, as the
    /// vendor does.
    Gap,
    /// Five minutes are missing without a word; bars repeat the last close instead.
    Stale,
    /// For a second the best bid is above the best ask.
    Crossed,
    /// One price is half as high again, or a thousand ticks away where that is more.
    OffBand,
    /// One price is undefined.
    BadPrice,
    /// One price lies between two ticks.
    OffTick,
    /// Twenty records (one bar) say that they happened five minutes before.
    TimeBackwards,
    /// One record's time is undefined.
    BadTime,
    /// One record comes twice.
    Duplicate,
    /// One record comes after the first one that is later.
    OutOfOrder,
    /// One trade or bar has no volume.
    NoVolume,
    /// The file ends in the middle of a record.
    Cut,
}

/// A fault that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultRequest {
    /// What is to happen.
    pub kind: FaultKind,
    /// When; a time of a session by chance without it.
    pub at: Option<UnixNanos>,
}

/// A text that names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFault {
    /// No such fault.
    #[error("there is no fault {0:?}: use one of {names}", names = names())]
    Kind(String),
    /// Not a time.
    #[error("{0:?} is no time: write it like 2026-11-22T14:30:00Z")]
    Time(String),
}

fn names() -> String {
    FaultKind::ALL.map(FaultKind::name).join(", ")
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [FaultKind; 12] = [
        FaultKind::Gap,
        FaultKind::Stale,
        FaultKind::Crossed,
        FaultKind::OffBand,
        FaultKind::BadPrice,
        FaultKind::OffTick,
        FaultKind::TimeBackwards,
        FaultKind::BadTime,
        FaultKind::Duplicate,
        FaultKind::OutOfOrder,
        FaultKind::NoVolume,
        FaultKind::Cut,
    ];

    /// Its name, such as `off-band`.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Gap => "gap",
            FaultKind::Stale => "stale",
            FaultKind::Crossed => "crossed",
            FaultKind::OffBand => "off-band",
            FaultKind::BadPrice => "bad-price",
            FaultKind::OffTick => "off-tick",
            FaultKind::TimeBackwards => "time-backwards",
            FaultKind::BadTime => "bad-time",
            FaultKind::Duplicate => "duplicate",
            FaultKind::OutOfOrder => "out-of-order",
            FaultKind::NoVolume => "no-volume",
            FaultKind::Cut => "cut",
        }
    }

    /// Whether records of a schema can have it.
    pub fn is_of(self, schema: Schema) -> bool {
        match self {
            FaultKind::Crossed => matches!(schema, Schema::Mbp1 | Schema::Mbo),
            FaultKind::Cut | FaultKind::Duplicate => true,
            _ => schema != Schema::Definition,
        }
    }

    pub(super) fn schemas(self) -> &'static str {
        match self {
            FaultKind::Crossed => "mbp-1 and mbo",
            _ => "bars, trades, mbp-1 and mbo",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FaultRequest {
    type Err = UnknownFault;

    /// `gap`, or `gap@2026-11-22T14:30:00Z`.
    fn from_str(text: &str) -> Result<FaultRequest, UnknownFault> {
        let (name, at) = match text.split_once('@') {
            Some((name, at)) => (name, Some(at)),
            None => (text, None),
        };
        let kind = FaultKind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| UnknownFault::Kind(name.chars().take(32).collect()))?;
        let time = |at: &str| {
            let known = UnixNanos::parse_rfc3339(at);
            known.ok_or_else(|| UnknownFault::Time(at.chars().take(64).collect()))
        };
        Ok(FaultRequest { kind, at: at.map(time).transpose()? })
    }
}
