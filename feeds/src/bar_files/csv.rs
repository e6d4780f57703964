//! CSV with a header.

use super::BarFileError;
use super::lines::Lines;
use super::number::{price, shown, volume};
use super::row::{BadRow, Place, Problem, RawRow};
use super::time::time;
use gauntlet_model::units::UnixNanos;
use std::io::Read;
use std::path::Path;

/// Names of the column of times, and whether a time without offset in it is UTC.
const TIME_COLUMNS: [(&str, bool); 4] =
    [("ts_event", false), ("timestamp_utc", true), ("timestamp", false), ("time", false)];
const PRICE_COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];
/// Most columns that a row is looked at for.
const COLUMNS_MAX: usize = 64;

pub(super) struct CsvRows {
    lines: Lines,
    time: usize,
    time_column: &'static str,
    utc: bool,
    /// Places of [`PRICE_COLUMNS`].
    columns: [usize; 5],
    symbol_column: Option<usize>,
    symbol: Option<String>,
    /// Whether the caller chose the symbol, so that others are passed over.
    chosen: bool,
    /// Symbols of rows that were passed over, some of them.
    others: Vec<String>,
}

/// Symbols of other rows that are kept for an error.
const OTHERS_KEPT: usize = 20;

impl CsvRows {
    pub fn new(
        path: &Path,
        from: Box<dyn Read + Send>,
        symbol: Option<&str>,
    ) -> Result<CsvRows, BarFileError> {
        let mut lines = Lines::new(from);
        let not_bars = |reason: String| BarFileError::NotBars { path: path.to_owned(), reason };
        let header = match lines.next() {
            Some(Ok((_, header))) => header.to_ascii_lowercase(),
            Some(Err(BadRow { problem: Problem::Read(source), .. })) => {
                return Err(BarFileError::Read { path: path.to_owned(), source });
            }
            Some(Err(bad)) => return Err(not_bars(bad.to_string())),
            None => return Err(not_bars("it is empty".to_owned())),
        };
        let names: Vec<&str> = fields(&header).take(COLUMNS_MAX).collect();
        let place = |name: &str| names.iter().position(|column| *column == name);
        let missing = |name: &str| {
            let found = shown(&header);
            not_bars(format!(
                "its first line names no column {name}, but {found:?}: begin it with the header \
                 ts_event,open,high,low,close,volume"
            ))
        };
        let time = TIME_COLUMNS.iter().find_map(|(name, utc)| Some((place(name)?, *name, *utc)));
        let (time, time_column, utc) = time.ok_or_else(|| missing("ts_event"))?;
        let mut columns = [0; 5];
        for (column, name) in columns.iter_mut().zip(PRICE_COLUMNS) {
            *column = place(name).ok_or_else(|| missing(name))?;
        }
        let symbol_column = place("symbol");
        let chosen = symbol.is_some() && symbol_column.is_some();
        let symbol = symbol.map(str::to_owned);
        Ok(CsvRows {
            lines,
            time,
            time_column,
            utc,
            columns,
            symbol_column,
            symbol,
            chosen,
            others: Vec::new(),
        })
    }

    /// The symbol of the rows, where they have one.
    pub fn symbol(&self) -> Option<&str> {
        self.symbol.as_deref()
    }

    /// Symbols of rows that were passed over, some of them.
    pub fn others(&self) -> &[String] {
        &self.others
    }

    pub fn next(&mut self) -> Option<Result<RawRow, BadRow>> {
        loop {
            let (place, text) = match self.lines.next()? {
                Ok(line) => line,
                Err(bad) => return Some(Err(bad)),
            };
            let mut row = [""; COLUMNS_MAX];
            let mut found = 0;
            for (slot, field) in row.iter_mut().zip(fields(text)) {
                *slot = field;
                found += 1;
            }
            let asked = self.columns.iter().chain([&self.time]).chain(&self.symbol_column);
            let needed = asked.max().map_or(0, |last| last + 1);
            if found < needed {
                let problem = Problem::Short { found, needed };
                return Some(Err(BadRow { place, column: String::new(), problem }));
            }
            if let Some(column) = self.symbol_column {
                match &self.symbol {
                    Some(symbol) if row[column] == symbol => {}
                    Some(_) if self.chosen => {
                        let other = shown(row[column]);
                        if self.others.len() < OTHERS_KEPT && !self.others.contains(&other) {
                            self.others.push(other);
                        }
                        continue;
                    }
                    Some(before) => {
                        let (found, before) = (shown(row[column]), before.clone());
                        let problem = Problem::OtherSymbol { found, before };
                        return Some(Err(BadRow { place, column: "symbol".to_owned(), problem }));
                    }
                    None => self.symbol = Some(row[column].to_owned()),
                }
            }
            let time_text = (self.time_column, row[self.time]);
            let stamp = time(time_text.1, self.utc);
            return Some(numbers(place, time_text.0, stamp, self.columns.map(|at| row[at])));
        }
    }
}

/// A row from its texts: open, high, low, close, volume.
pub(super) fn numbers(
    place: Place,
    time_column: &'static str,
    stamp: Result<UnixNanos, Problem>,
    texts: [&str; 5],
) -> Result<RawRow, BadRow> {
    let bad = |column: &str, problem| BadRow { place, column: column.to_owned(), problem };
    let number = |at: usize| price(texts[at]).map_err(|problem| bad(PRICE_COLUMNS[at], problem));
    Ok(RawRow {
        place,
        time_column,
        stamp: stamp.map_err(|problem| bad(time_column, problem))?,
        contract: 0,
        open: number(0)?,
        high: number(1)?,
        low: number(2)?,
        close: number(3)?,
        volume: volume(texts[4]).map_err(|problem| bad(PRICE_COLUMNS[4], problem))?,
    })
}

/// Fields of a line. Nothing in a file of bars needs quotes; some programs write them.
pub(super) fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| {
        let field = field.trim();
        let quoted = field.strip_prefix('"').and_then(|field| field.strip_suffix('"'));
        quoted.unwrap_or(field)
    })
}
