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
pub(crate) use row::{RawRow, RowCheck};

use crate::file::FileError;
use crate::form::{Form, HEAD_LEN};
use crate::mapping::ChoiceError;
use csv::CsvRows;
use dbn_bars::DbnRows;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
use lean::LeanRows;
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
    /// It is no whole DBN file, or has no records of the instrument.
    #[error(transparent)]
    Dbn(#[from] FileError),
    /// No instrument of a DBN file can be chosen.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// It has fewer than two rows, which do not tell how long its bars are.
    #[error(
        "{} has fewer than two bars, which do not tell how long they are: name the length",
        path.display()
    )]
    LengthUnknown {
        /// The file.
        path: PathBuf,
    },
    /// It has no bars.
    #[error("{}", no_bars(path, symbol.as_deref(), others))]
    Empty {
        /// The file.
        path: PathBuf,
        /// The symbol that was asked for.
        symbol: Option<String>,
        /// Some of those that it has.
        others: Vec<String>,
    },
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

fn no_bars(path: &Path, symbol: Option<&str>, others: &[String]) -> String {
    let path = path.display();
    match (symbol, others) {
        (Some(symbol), [_, ..]) => {
            format!(
                "{path} has no bars of {symbol}, but of {}: name one of them",
                others.join(", ")
            )
        }
        _ => format!("{path} has no bars: it ends after its header"),
    }
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
    check: RowCheck,
    rows: Rows,
    /// Rows read ahead to find the length.
    ahead: VecDeque<Result<RawRow, BadRow>>,
    /// The contracts of a continuous symbol so far.
    contracts: Vec<Contract>,
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
        let mut head = Vec::new();
        (&mut from).take(HEAD_LEN as u64).read_to_end(&mut head).map_err(failed)?;
        from.rewind().map_err(failed)?;
        match Form::of(&head) {
            Form::Dbn => BarReader::dbn(path, from, options),
            Form::Zip => BarReader::lean(path, from, options),
            Form::Gzip => {
                let gzip = Box::new(flate2::read::MultiGzDecoder::new(from));
                BarReader::csv(path, gzip, options)
            }
            Form::Zstd => {
                let zstd = dbn::decode::DynReader::new_inferred(&mut from);
                let zstd = zstd.map_err(|error| BarFileError::NotBars {
                    path: path.to_owned(),
                    reason: error.to_string(),
                })?;
                head.clear();
                zstd.take(HEAD_LEN as u64).read_to_end(&mut head).map_err(failed)?;
                from.rewind().map_err(failed)?;
                if Form::of(&head) == Form::Dbn {
                    return BarReader::dbn(path, from, options);
                }
                let zstd = dbn::decode::DynReader::new_inferred(from);
                let zstd = zstd.map_err(|error| failed(io::Error::other(error)))?;
                BarReader::csv(path, Box::new(zstd), options)
            }
            Form::Dbz | Form::Fragment | Form::Binary | Form::Text => {
                BarReader::csv(path, Box::new(from), options)
            }
        }
    }

    fn new(format: BarFormat, symbol: Option<String>, check: RowCheck, rows: Rows) -> BarReader {
        let (ahead, contracts) = (VecDeque::new(), Vec::new());
        BarReader { format, symbol, check, rows, ahead, contracts }
    }

    fn csv(
        path: &Path,
        mut from: Box<dyn Read + Send>,
        options: &BarOptions,
    ) -> Result<BarReader, BarFileError> {
        let mut head = Vec::new();
        let read = (&mut from).take(HEAD_LEN as u64).read_to_end(&mut head);
        read.map_err(|source| BarFileError::Read { path: path.to_owned(), source })?;
        let form = Form::of(&head);
        let refusal = match form {
            Form::Dbn => Some("it is DBN compressed by gzip: decompress it"),
            _ => form.refusal(),
        };
        if let Some(reason) = refusal {
            return Err(BarFileError::NotBars { path: path.to_owned(), reason: reason.to_owned() });
        }
        let from = Box::new(io::Cursor::new(head).chain(from));
        let rows = CsvRows::new(path, from, options.symbol.as_deref())?;
        let check = RowCheck::new(options.seconds.unwrap_or(0), options.stamp);
        let symbol = options.symbol.clone();
        let mut reader = BarReader::new(BarFormat::Csv, symbol, check, Rows::Csv(rows));
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
        let (rows, symbol, seconds) = LeanRows::new(path, from, options.symbol.as_deref())?;
        let check = RowCheck::new(seconds, Stamp::Open);
        Ok(BarReader::new(BarFormat::Lean, Some(symbol), check, Rows::Lean(rows)))
    }

    fn dbn(
        path: &Path,
        from: impl Read + Send + 'static,
        options: &BarOptions,
    ) -> Result<BarReader, BarFileError> {
        let (rows, symbol, seconds) = DbnRows::new(path, from, options.symbol.as_deref())?;
        let check = RowCheck::new(seconds, Stamp::Open);
        Ok(BarReader::new(BarFormat::Dbn, Some(symbol), check, Rows::Dbn(Box::new(rows))))
    }

    /// Finds how long the bars are from the first rows. What has no bars has none of any length.
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
        if least.is_none() && self.ahead.iter().flatten().next().is_some() {
            return Err(BarFileError::LengthUnknown { path: path.to_owned() });
        }
        let step = least.unwrap_or(60 * NANOS_PER_SECOND);
        let seconds = step / NANOS_PER_SECOND;
        if !step.is_multiple_of(NANOS_PER_SECOND) || !is_length(seconds) {
            return Err(BarFileError::Length { path: path.to_owned(), step: seconds });
        }
        self.check.seconds = seconds as u32;
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
        self.check.seconds
    }

    /// The contracts of a continuous symbol so far, in the order of their bars; none for a symbol
    /// that is one contract.
    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }

    /// Why there are no bars, once none came.
    fn nothing(&self, path: &Path) -> BarFileError {
        let others = match &self.rows {
            Rows::Dbn(rows) => match rows.nothing() {
                Some(error) => return error.into(),
                None => Vec::new(),
            },
            Rows::Csv(rows) => rows.others().to_vec(),
            Rows::Lean(_) => Vec::new(),
        };
        BarFileError::Empty { path: path.to_owned(), symbol: self.symbol.clone(), others }
    }

    fn check(&mut self, row: &RawRow) -> Result<FileBar, BadRow> {
        let bar = self.check.check(row)?;
        let known = self.contracts.last().map_or(0, |contract| contract.instrument_id);
        if row.contract != known {
            let instrument_id = row.contract;
            self.contracts.push(Contract { ts_first: bar.ts_open, instrument_id });
        }
        Ok(bar)
    }
}

impl Iterator for BarReader {
    type Item = Result<FileBar, BadRow>;

    fn next(&mut self) -> Option<Result<FileBar, BadRow>> {
        let row = self.ahead.pop_front().or_else(|| self.rows.next())?;
        Some(row.and_then(|row| self.check(&row)))
    }
}

/// A contract of a continuous symbol, in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// When its first bar begins.
    pub ts_first: UnixNanos,
    /// The vendor's identity of it.
    pub instrument_id: u32,
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
    /// The contracts of a continuous symbol, in the order of their bars; none for a symbol that is one
    /// contract. Each has the bars from its first one on, until the next one's.
    pub contracts: Vec<Contract>,
    /// From when on the file tells everything.
    pub told_from: UnixNanos,
    /// Until when it does: the end of what was asked of the vendor, or else of the last bar.
    pub told_until: UnixNanos,
}

impl Bars {
    /// The place of the first bar of each contract but the first: where the symbol rolls.
    pub fn rolls(&self) -> impl Iterator<Item = (usize, Contract)> + '_ {
        let place = |roll: &Contract| self.bars.partition_point(|bar| bar.ts_open < roll.ts_first);
        self.contracts.iter().skip(1).map(move |roll| (place(roll), *roll))
    }
}

/// Reads a file of bars. None of them is bad, and there is at least one.
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
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
        return Err(reader.nothing(path));
    };
    let last = last.ts_open.plus(u64::from(reader.seconds()) * NANOS_PER_SECOND);
    let (told_from, told_until) = match &reader.rows {
        Rows::Dbn(rows) => rows.told(),
        Rows::Csv(_) | Rows::Lean(_) => (first.ts_open, None),
    };
    Ok(Bars {
        told_from: told_from.min(first.ts_open),
        told_until: told_until.unwrap_or(last).max(last),
        seconds: reader.seconds(),
        symbol: reader.symbol,
        contracts: reader.contracts,
        bars,
    })
}
