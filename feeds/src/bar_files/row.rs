//! A row of a file, and what can be wrong with it.

use super::{FileBar, Stamp};
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
use std::fmt;
use std::io;

/// Where a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of text, from 1.
    Line(u64),
    /// A record of a DBN file, from 1.
    Record(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Record(record) => write!(f, "record {record}"),
        }
    }
}

/// A row that cannot be taken.
#[derive(Debug)]
pub struct BadRow {
    /// Where it is.
    pub place: Place,
    /// In which column, by the name that the file gives it; empty where the whole row is meant.
    pub column: String,
    /// What is wrong, and what to do.
    pub problem: Problem,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadRow { place, column, problem } = self;
        if column.is_empty() {
            write!(f, "{place}: {problem}")
        } else {
            write!(f, "{place}, column {column}: {problem}")
        }
    }
}

/// What is wrong with a row, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It ends before its last column.
    #[error("the row has {found} fields and needs {needed}: complete it")]
    Short {
        /// Fields that it has.
        found: usize,
        /// Fields that it needs.
        needed: usize,
    },
    /// It is longer than any row of bars.
    #[error("the row is longer than {most} bytes: is the file one of bars?")]
    Long {
        /// Longest row accepted, in bytes.
        most: usize,
    },
    /// It is no text.
    #[error("the row is not UTF-8: save the file as text")]
    NotText,
    /// A number is none.
    #[error(
        "{text:?} is no number: write digits, at most one point, and no exponent or separators"
    )]
    NotANumber {
        /// What is there.
        text: String,
    },
    /// A price cannot be held exactly.
    #[error("{text:?} is finer than 1e-9: round it")]
    TooFine {
        /// What is there.
        text: String,
    },
    /// A number does not fit.
    #[error("{text:?} is too large: prices are whole units such as 4791.25, not multiples of 1e-9")]
    TooLarge {
        /// What is there.
        text: String,
    },
    /// There is no price.
    #[error("the price is missing: leave the bar out")]
    NoPrice,
    /// Contracts traded cannot be fewer than none.
    #[error("the volume {text} is negative: correct it")]
    NegativeVolume {
        /// What is there.
        text: String,
    },
    /// Contracts are whole.
    #[error("the volume {text} is not a whole number of contracts: correct it")]
    BrokenVolume {
        /// What is there.
        text: String,
    },
    /// A time is none.
    #[error(
        "{text:?} is no time: write RFC 3339 such as 2024-01-02T14:30:00Z, or nanoseconds since 1970"
    )]
    NotATime {
        /// What is there.
        text: String,
    },
    /// A time could be anywhere.
    #[error("{text:?} does not say its offset: add Z for UTC, or name the column timestamp_utc")]
    NoOffset {
        /// What is there.
        text: String,
    },
    /// A number of seconds, milliseconds or microseconds.
    #[error(
        "{text} nanoseconds are in {year}, which cannot be meant: times are nanoseconds since 1970"
    )]
    ImplausibleTime {
        /// What is there.
        text: String,
        /// The year that it would be in.
        year: i32,
    },
    /// There is no time.
    #[error("the time is missing: leave the bar out")]
    NoTime,
    /// Milliseconds beyond the day.
    #[error("{text} ms are past the end of the day: times are milliseconds since its midnight")]
    PastDay {
        /// What is there.
        text: String,
    },
    /// The highest price is below the lowest.
    #[error("the high {high} is below the low {low}: correct one of them")]
    HighBelowLow {
        /// The high.
        high: Price,
        /// The low.
        low: Price,
    },
    /// The first or last price lies outside of the range.
    #[error("{price} lies outside of the bar's low {low} and high {high}: correct one of them")]
    Outside {
        /// The open or close.
        price: Price,
        /// The high.
        high: Price,
        /// The low.
        low: Price,
    },
    /// A bar does not begin where bars of its length begin.
    #[error("a bar of {seconds} s does not begin then: correct the time, or name another length")]
    OffTimeframe {
        /// Length of the bars.
        seconds: u32,
    },
    /// The row before has the same time.
    #[error("the bar before has the same time: leave one of them out")]
    Duplicate,
    /// The row before is later.
    #[error("the bar before is later: sort the rows by time")]
    Backwards,
    /// The file names another instrument.
    #[error("the row is of {found}, the rows before of {before}: name one of them as the symbol")]
    OtherSymbol {
        /// This row's.
        found: String,
        /// The first row's.
        before: String,
    },
    /// What follows cannot be read.
    #[error("cannot read on, the file may be cut short or damaged: {0}")]
    Read(#[source] io::Error),
    /// What follows cannot be trusted.
    #[error("{0}")]
    Damaged(String),
}

/// A row as the file has it, read but not checked.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    pub place: Place,
    /// The name of the column of times.
    pub time_column: &'static str,
    pub stamp: UnixNanos,
    /// The vendor's identity of the contract, where a series has several; else 0.
    pub contract: u32,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    pub volume: u64,
}

impl RawRow {
    pub fn bad_time(&self, problem: Problem) -> BadRow {
        BadRow { place: self.place, column: self.time_column.to_owned(), problem }
    }

    /// Checks the prices against each other.
    pub fn check(&self) -> Result<(), BadRow> {
        let &RawRow { place, open, high, low, close, .. } = self;
        let bad = |column: &str, problem| BadRow { place, column: column.to_owned(), problem };
        let prices = [("open", open), ("high", high), ("low", low), ("close", close)];
        if let Some((column, _)) = prices.iter().find(|(_, price)| !price.is_some()) {
            return Err(bad(column, Problem::NoPrice));
        }
        if high < low {
            return Err(bad("high", Problem::HighBelowLow { high, low }));
        }
        for (column, price) in [("open", open), ("close", close)] {
            if price < low || price > high {
                return Err(bad(column, Problem::Outside { price, high, low }));
            }
        }
        Ok(())
    }
}

/// Checks the rows of one instrument, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowCheck {
    /// Length of the bars.
    pub seconds: u32,
    pub stamp: Stamp,
    last: Option<UnixNanos>,
}

impl RowCheck {
    pub fn new(seconds: u32, stamp: Stamp) -> RowCheck {
        RowCheck { seconds, stamp, last: None }
    }

    /// The row as a bar, if it is sound and follows on the one before.
    pub fn check(&mut self, row: &RawRow) -> Result<FileBar, BadRow> {
        let length = u64::from(self.seconds) * NANOS_PER_SECOND;
        let bad = |problem| row.bad_time(problem);
        if matches!(row.stamp.0, 0 | u64::MAX) {
            return Err(bad(Problem::NoTime));
        }
        let ts_open = match self.stamp {
            Stamp::Open => row.stamp,
            Stamp::Close => UnixNanos(row.stamp.0.saturating_sub(length)),
        };
        row.check()?;
        if !ts_open.0.is_multiple_of(length) {
            return Err(bad(Problem::OffTimeframe { seconds: self.seconds }));
        }
        match self.last {
            Some(last) if ts_open == last => return Err(bad(Problem::Duplicate)),
            Some(last) if ts_open < last => return Err(bad(Problem::Backwards)),
            _ => self.last = Some(ts_open),
        }
        let &RawRow { open, high, low, close, volume, .. } = row;
        Ok(FileBar { ts_open, open, high, low, close, volume })
    }
}
