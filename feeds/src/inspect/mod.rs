//! What files of market data hold, and what is wrong with them: for people who are about to use them.
//!
//! [`inspect`] reads a whole file, DBN of any schema or bars in any form that
//! [`bar_files`](crate::bar_files) knows, and counts. It judges nothing that it does not know: DBN's
//! sequence numbers are those of a channel with many instruments, so a jump is no loss; only numbers
//! that run backwards are told. What may be a loss is a *hole*: session time between two neighbouring
//! records of an instrument that is longer than bars of the file lie apart, or than [`HOLE_NS`]
//! where records are events.

mod bars;
mod records;
mod tally;

pub use tally::{Hole, InstrumentTally};

use crate::bar_files::{BarFileError, BarOptions, BarReader};
use crate::file::{DbnFile, FileError};
use serde::Serialize;
use std::path::Path;

/// Session time without an event that is told as a hole.
pub const HOLE_NS: u64 = 60 * gauntlet_model::units::NANOS_PER_SECOND;

/// Instruments that are told apart; what further ones a file has is counted under one name.
pub const INSTRUMENTS_TOLD: usize = 1_024;

/// Bad rows that are shown.
const BAD_ROWS_SHOWN: usize = 10;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: String,
    /// `dbn`, `csv` or `lean`.
    pub format: &'static str,
    /// DBN's version.
    pub version: Option<u8>,
    /// DBN's schema; for other files `ohlcv` with the length of their bars, where all have one.
    pub schema: String,
    /// The vendor's data set.
    pub dataset: Option<String>,
    /// The span of time that was asked of the vendor, in RFC 3339.
    pub asked: Option<[String; 2]>,
    /// The most records that were asked for, if the file has as many: it ends before its time does.
    pub cut_at: Option<u64>,
    /// Records, or rows of bars.
    pub records: u64,
    /// Each instrument, in the order of their first records.
    pub instruments: Vec<InstrumentTally>,
    /// Rows that are bad.
    pub bad_rows: u64,
    /// The first of them.
    pub bad: Vec<String>,
    /// Where and why reading ended before the file's end.
    pub damaged: Option<String>,
}

impl Inspection {
    /// Whether nothing is wrong with the file itself: every row is good, and it is whole.
    pub fn is_sound(&self) -> bool {
        self.bad_rows == 0 && self.damaged.is_none()
    }
}

/// Reads a file and tells what it holds. `progress` is told the records read so far, now and then.
///
/// # Errors
/// [`BarFileError`] for a file that cannot be opened or is of no known form. One that is damaged
/// later is told of in the answer.
pub fn inspect(
    path: impl AsRef<Path>,
    options: &BarOptions,
    progress: &mut impl FnMut(u64),
) -> Result<Inspection, BarFileError> {
    let path = path.as_ref();
    match DbnFile::open(path) {
        Ok(file) => Ok(records::inspect(file, progress)),
        Err(FileError::Header { .. }) => bars::inspect(path, options, progress),
        Err(FileError::Open { path, source }) => Err(BarFileError::Read { path, source }),
        Err(other) => Err(other.into()),
    }
}

/// As [`BarReader::open`] for each instrument of the file, or the one that is named.
fn readers(path: &Path, options: &BarOptions) -> Result<Vec<BarReader>, BarFileError> {
    match BarReader::open(path, options) {
        Err(BarFileError::Symbol { symbols, .. }) if options.symbol.is_none() => symbols
            .into_iter()
            .map(|symbol| {
                BarReader::open(path, &BarOptions { symbol: Some(symbol), ..options.clone() })
            })
            .collect(),
        reader => Ok(vec![reader?]),
    }
}
