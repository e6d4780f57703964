//! Files of bars: CSV, LEAN's zip files, and DBN's `ohlcv` schemas, through one [`BarReader`].
//!
//! What a file is, its first bytes tell, not its name.
//!
//! - **CSV**, plain, gzip or zstd: a header names the columns, in any order and any case:
//!   `ts_event` (or `timestamp`, `time`, `timestamp_utc`), `open`, `high`, `low`, `close`, `volume`, and
//!   `symbol` where the file has several; other columns are passed over. Times are nanoseconds since
//!   the Unix epoch, or RFC 3339 with an offset; without one only where the column's name ends with
//!   `_utc`. A time is the bar's beginning unless [`Stamp::Close`] says otherwise. How long the bars
//!   are is told, or found: the least step between the first rows.
//! - **LEAN** zip: one CSV without header per contract, named `…_trade_201312.csv` by the month of
//!   expiry. Times are milliseconds since midnight of the day that the name begins with, or (hourly
//!   and daily files) `yyyyMMdd HH:mm`. They are UTC, the time zone of LEAN's data of CME futures (its
//!   market-hours database, `dataTimeZone`), and futures' prices are not scaled.
//! - **DBN**: `ohlcv-1s`, `-1m`, `-1h` and `-1d`, of one of the file's symbols.
//!
//! Prices are decimals and become [`Price`]s exactly; nothing is rounded. Every row is checked, and a
//! bad one is named with its line, its column, and what to do about it.

mod csv;
mod dbn_bars;
mod lean;
mod lines;
mod number;
mod row;
mod time;

#[cfg(test)]
mod tests;

pub use dbn_bars::is_ohlcv;
pub use row::{BadRow, Place, Problem};

use crate::file::FileError;
use csv::CsvRows;
use dbn_bars::DbnRows;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
use lean::LeanRows;
use row::RawRow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

/// Most bars that [`read_bars`] takes into memory: ten years of seconds of a whole trading day would
/// not fit, forty years of minutes do.
pub const BARS_MAX: usize = 1 << 24;

/// Rows that are looked at to find how long bars are.
const ROWS_TO_MEASURE: usize = 512;

/// Bad rows that [`BarFileError::BadRows`] shows.
const BAD_ROWS_SHOWN: usize = 10;

/// What a time in a file marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// The bar's beginning.
    #[default]
    Open,
    /// Its end.
    Close,
}

/// How to read a file of bars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BarOptions {
    /// Which instrument, where a file has several: a symbol, or for LEAN's files a contract (`ESZ3`,
    /// `ESZ13`) or a month of expiry (`201312`).
    pub symbol: Option<String>,
    /// Length of the bars of a CSV file in seconds; `None` to find it.
    pub seconds: Option<u32>,
    /// What the times of a CSV file mark.
    pub stamp: Stamp,
}

/// A bar of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileBar {
    /// When it began.
    pub ts_open: UnixNanos,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Contracts traded.
    pub volume: u64,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarFormat {
    /// Comma-separated values with a header.
    Csv,
    /// LEAN's zip file.
    Lean,
    /// DBN.
    Dbn,
}

impl BarFormat {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BarFormat::Csv => "csv",
            BarFormat::Lean => "lean",
            BarFormat::Dbn => "dbn",
        }
    }
}

/// Why a file of bars cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BarFileError {
    /// It cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no file of bars.
    #[error("{} holds no bars: {reason}", path.display())]
    NotBars {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// It has several instruments and none of them, or another, was named.
    #[error(
        "{} has {}: name one of them as the symbol", path.display(), symbols.join(", ")
    )]
    Symbol {
        /// The file.
        path: PathBuf,
        /// Some of those that it has.
        symbols: Vec<String>,
    },
    /// How long its bars are cannot be found.
    #[error(
        "{}: rows are {step} s apart, and bars are 1, 60, 300, 900, 1800, 3600, 14400 or 86400 s \
         long: name the length", path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// The least step between rows, in seconds.
        step: u64,
    },
    /// It is no whole DBN file.
    #[error(transparent)]
    Dbn(#[from] FileError),
    /// Rows are bad.
    #[error("{}: {}", path.display(), list(rows, *count))]
    BadRows {
        /// The file.
        path: PathBuf,
        /// The first of them.
        rows: Vec<BadRow>,
        /// How many there are.
        count: u64,
    },
    /// It has more bars than fit.
    #[error("{} has more than {BARS_MAX} bars: split it", path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
    },
}

fn list(rows: &[BadRow], count: u64) -> String {
    let mut text: Vec<String> = rows.iter().map(BadRow::to_string).collect();
    let more = count.saturating_sub(rows.len() as u64);
    if more > 0 {
        text.push(format!("and {more} more bad rows"));
    }
    text.join("\n  ")
}

/// Lengths that bars may have.
fn is_length(seconds: u64) -> bool {
    matches!(seconds, 1 | 60 | 300 | 900 | 1_800 | 3_600 | 14_400 | 86_400)
}

enum Rows {
    Csv(CsvRows),
    Lean(LeanRows),
    Dbn(Box<DbnRows>),
}

impl Rows {
    fn next(&mut self) -> Option<Result<RawRow, BadRow>> {
        match self {
            Rows::Csv(rows) => rows.next(),
            Rows::Lean(rows) => rows.next(),
            Rows::Dbn(rows) => rows.next(),
        }
    }
}

/// Reads a file of bars row by row. A bad row does not end the reading, except where nothing can
/// follow it: a file that is cut short or damaged.
pub struct BarReader {
    format: BarFormat,
    symbol: Option<String>,
    seconds: u32,
    stamp: Stamp,
    rows: Rows,
    /// Rows read ahead to find the length.
    ahead: VecDeque<Result<RawRow, BadRow>>,
    last: Option<UnixNanos>,
}

impl BarReader {
    /// Opens a file, and finds out what it is.
    ///
    /// # Errors
    /// Every [`BarFileError`] but the last two.
    pub fn open(path: impl AsRef<Path>, options: &BarOptions) -> Result<BarReader, BarFileError> {
        let path = path.as_ref();
        let read = |source| BarFileError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        if file.metadata().map_err(read)?.is_dir() {
            return Err(read(io::ErrorKind::IsADirectory.into()));
        }
        BarReader::read(path, file, options)
    }

    /// Reads what is in a file from elsewhere; `path` is its name, in errors and where LEAN puts the
    /// day into it.
    ///
    /// # Errors
    /// As [`BarReader::open`].
    pub fn read(
        path: &Path,
        mut from: impl Read + Seek + Send + 'static,
        options: &BarOptions,
    ) -> Result<BarReader, BarFileError> {
        let failed = |source| BarFileError::Read { path: path.to_owned(), source };
        let mut magic = Vec::new();
        (&mut from).take(4).read_to_end(&mut magic).map_err(failed)?;
        from.rewind().map_err(failed)?;
        match magic.as_slice() {
            [b'D', b'B', b'N', ..] => BarReader::dbn(path, from, options),
            b"PK\x03\x04" | b"PK\x05\x06" => BarReader::lean(path, from, options),
            [0x1f, 0x8b, ..] => {
                BarReader::csv(path, Box::new(flate2::read::MultiGzDecoder::new(from)), options)
            }
            [0x28, 0xb5, 0x2f, 0xfd] => {
                let mut inside = Vec::new();
                let zstd = dbn::decode::DynReader::new_inferred(&mut from);
                let zstd = zstd.map_err(|error| BarFileError::NotBars {
                    path: path.to_owned(),
                    reason: error.to_string(),
                })?;
                zstd.take(3).read_to_end(&mut inside).map_err(failed)?;
                from.rewind().map_err(failed)?;
                if inside == b"DBN" {
                    return BarReader::dbn(path, from, options);
                }
                let zstd = dbn::decode::DynReader::new_inferred(from);
                let zstd = zstd.map_err(|error| failed(io::Error::other(error)))?;
                BarReader::csv(path, Box::new(zstd), options)
            }
            _ => BarReader::csv(path, Box::new(from), options),
        }
    }

    fn csv(
        path: &Path,
        from: Box<dyn Read + Send>,
        options: &BarOptions,
    ) -> Result<BarReader, BarFileError> {
        let rows = CsvRows::new(path, from, options.symbol.as_deref())?;
        let mut reader = BarReader {
            format: BarFormat::Csv,
            symbol: options.symbol.clone(),
            seconds: options.seconds.unwrap_or(0),
            stamp: options.stamp,
            rows: Rows::Csv(rows),
            ahead: VecDeque::new(),
            last: None,
        };
        if options.seconds.is_none() {
            reader.measure(path)?;
        }
        if reader.symbol.is_none()
            && let Rows::Csv(rows) = &reader.rows
        {
            reader.symbol = rows.symbol().map(str::to_owned);
        }
        Ok(reader)
    }

    fn lean(
        path: &Path,
        from: impl Read + Seek,
        options: &BarOptions,
    ) -> Result<BarReader, BarFileError> {
        let (rows, symbol, minutes) = LeanRows::new(path, from, options.symbol.as_deref())?;
        let mut reader = BarReader {
            format: BarFormat::Lean,
            symbol: Some(symbol),
            seconds: 60,
            stamp: Stamp::Open,
            rows: Rows::Lean(rows),
            ahead: VecDeque::new(),
            last: None,
        };
        if !minutes {
            reader.measure(path)?;
        }
        Ok(reader)
    }

    fn dbn(
        path: &Path,
        from: impl Read + Send + 'static,
        options: &BarOptions,
    ) -> Result<BarReader, BarFileError> {
        let (rows, symbol, seconds) = DbnRows::new(path, from, options.symbol.as_deref())?;
        Ok(BarReader {
            format: BarFormat::Dbn,
            symbol: Some(symbol),
            seconds,
            stamp: Stamp::Open,
            rows: Rows::Dbn(Box::new(rows)),
            ahead: VecDeque::new(),
            last: None,
        })
    }

    /// Finds how long the bars are from the first rows; a minute if there are fewer than two.
    fn measure(&mut self, path: &Path) -> Result<(), BarFileError> {
        let (mut last, mut least): (Option<UnixNanos>, Option<u64>) = (None, None);
        while self.ahead.len() < ROWS_TO_MEASURE {
            let Some(row) = self.rows.next() else { break };
            if let Ok(row) = &row {
                let step = last.map_or(0, |last| row.stamp.since(last));
                if step > 0 {
                    least = Some(least.map_or(step, |least| least.min(step)));
                }
                last = Some(row.stamp);
            }
            self.ahead.push_back(row);
        }
        let step = least.unwrap_or(60 * NANOS_PER_SECOND);
        let seconds = step / NANOS_PER_SECOND;
        if !step.is_multiple_of(NANOS_PER_SECOND) || !is_length(seconds) {
            return Err(BarFileError::Length { path: path.to_owned(), step: seconds });
        }
        self.seconds = seconds as u32;
        Ok(())
    }

    /// The form of the file.
    pub fn format(&self) -> BarFormat {
        self.format
    }

    /// The instrument, where the file or its reader named one.
    pub fn symbol(&self) -> Option<&str> {
        self.symbol.as_deref()
    }

    /// Length of the bars in seconds.
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    fn check(&mut self, row: &RawRow) -> Result<FileBar, BadRow> {
        let length = u64::from(self.seconds) * NANOS_PER_SECOND;
        let ts_open = match self.stamp {
            Stamp::Open => row.stamp,
            Stamp::Close => UnixNanos(row.stamp.0.saturating_sub(length)),
        };
        row.check()?;
        let bad = |problem| row.bad_time(problem);
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

impl Iterator for BarReader {
    type Item = Result<FileBar, BadRow>;

    fn next(&mut self) -> Option<Result<FileBar, BadRow>> {
        let row = self.ahead.pop_front().or_else(|| self.rows.next())?;
        Some(row.and_then(|row| self.check(&row)))
    }
}

/// A file of bars, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bars {
    /// The instrument, where the file or its reader named one.
    pub symbol: Option<String>,
    /// Length of the bars in seconds.
    pub seconds: u32,
    /// The bars, by time.
    pub bars: Vec<FileBar>,
}

/// Reads a file of bars. None of them is bad.
///
/// # Errors
/// [`BarFileError`].
pub fn read_bars(path: impl AsRef<Path>, options: &BarOptions) -> Result<Bars, BarFileError> {
    let path = path.as_ref();
    let mut reader = BarReader::open(path, options)?;
    let mut bars = Vec::new();
    let (mut rows, mut count) = (Vec::new(), 0);
    for row in &mut reader {
        match row {
            Ok(_) if bars.len() == BARS_MAX => {
                return Err(BarFileError::TooMany { path: path.to_owned() });
            }
            Ok(bar) => bars.push(bar),
            Err(bad) => {
                count += 1;
                if rows.len() < BAD_ROWS_SHOWN {
                    rows.push(bad);
                }
            }
        }
    }
    if count > 0 {
        return Err(BarFileError::BadRows { path: path.to_owned(), rows, count });
    }
    Ok(Bars { symbol: reader.symbol, seconds: reader.seconds, bars })
}
