//! LEAN's zip files of futures.

use super::BarFileError;
use super::csv::{fields, numbers};
use super::lines::Lines;
use super::row::{BadRow, Problem, RawRow};
use super::time::{day, day_and_time, of_day};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use std::io::{Cursor, Read, Seek};
use std::path::Path;
use zip::ZipArchive;

/// Largest file inside accepted: a day of minutes has some 60 kB.
const ENTRY_MAX: u64 = 64 << 20;
/// Most files inside that are looked at: a day has one for each listed month.
const ENTRIES_MAX: usize = 4_096;

/// The lengths of bars in files whose times are whole, in seconds.
const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;

const MONTHS: &[u8; 12] = b"FGHJKMNQUVXZ";

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// Milliseconds since this midnight.
    OfDay(UnixNanos),
    /// Day, hour and minute.
    Whole,
}

pub(super) struct LeanRows {
    lines: Lines,
    times: Times,
}

/// A file inside, by its name: `20131007_es_minute_trade_201312.csv`, `es_trade_201312.csv`.
struct Entry {
    name: String,
    /// Length of the bars in seconds, where the name tells it.
    seconds: Option<u32>,
    product: String,
    expiry: String,
    trades: bool,
    day: Option<UnixNanos>,
}

impl Entry {
    fn of(name: &str) -> Option<Entry> {
        let stem = name.rsplit('/').next()?.strip_suffix(".csv")?;
        let parts: Vec<&str> = stem.split('_').collect();
        let (day, rest) = match parts.as_slice() {
            [first, rest @ ..] if day(first).is_some() => (day(first), rest),
            rest => (None, rest),
        };
        let (product, resolution, kind, expiry) = match *rest {
            [product, kind, expiry] => (product, None, kind, expiry),
            [product, resolution, kind, expiry] => (product, Some(resolution), kind, expiry),
            _ => return None,
        };
        let seconds = match resolution {
            None => None,
            Some("second") => Some(1),
            Some("minute") => Some(60),
            Some("hour") => Some(HOUR),
            Some("daily") => Some(DAY),
            Some(_) => return None,
        };
        let month = expiry.get(4..6)?;
        let known = expiry.len() >= 6 && expiry.bytes().all(|byte| byte.is_ascii_digit());
        if !known || !matches!(month.parse(), Ok(1..=12)) || !matches!(kind, "trade" | "quote") {
            return None;
        }
        Some(Entry {
            name: name.to_owned(),
            seconds,
            product: product.to_ascii_uppercase(),
            expiry: expiry.to_owned(),
            trades: kind == "trade",
            day,
        })
    }

    /// The contract by the exchange's symbol, with the year's last two digits.
    fn contract(&self) -> String {
        let month: usize = self.expiry[4..6].parse().unwrap_or(1);
        format!("{}{}{}", self.product, char::from(MONTHS[month - 1]), &self.expiry[2..4])
    }

    fn is(&self, symbol: &str) -> bool {
        let symbol = symbol.to_ascii_uppercase();
        let contract = self.contract();
        let (code, year) = contract.split_at(contract.len() - 2);
        symbol == contract || symbol == format!("{code}{}", &year[1..]) || symbol == self.expiry
    }
}

impl LeanRows {
    /// Opens a contract of a zip file. Gives its symbol too, and the length of its bars in seconds.
    pub fn new(
        path: &Path,
        from: impl Read + Seek,
        symbol: Option<&str>,
    ) -> Result<(LeanRows, String, u32), BarFileError> {
        let not_bars = |reason: String| BarFileError::NotBars { path: path.to_owned(), reason };
        let mut zip = ZipArchive::new(from).map_err(|error| not_bars(error.to_string()))?;
        let names = zip.file_names().take(ENTRIES_MAX);
        let mut entries: Vec<Entry> = names.filter_map(|name| Entry::of(&name.ok()?)).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        if entries.is_empty() {
            let wanted =
                "it holds no file such as es_trade_201312.csv: give a zip file of LEAN's futures";
            return Err(not_bars(wanted.to_owned()));
        }
        entries.retain(|entry| entry.trades);
        if entries.is_empty() {
            return Err(not_bars("it holds quotes: give the file of trades".to_owned()));
        }
        let names = || entries.iter().map(Entry::contract).collect();
        let chosen = match (symbol, entries.as_slice()) {
            (Some(symbol), _) => entries.iter().find(|entry| entry.is(symbol)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let Some(entry) = chosen else {
            return Err(BarFileError::Symbol { path: path.to_owned(), symbols: names() });
        };
        let text = text(path, &mut zip, &entry.name)?;
        let times = entry.day.map_or(Times::Whole, Times::OfDay);
        let seconds = match (entry.seconds, times) {
            (Some(seconds), _) => seconds,
            (None, Times::OfDay(_)) => 60,
            (None, Times::Whole) => length_of_all(path, &mut zip, &entries)?,
        };
        let lines = Lines::new(Box::new(Cursor::new(text)));
        Ok((LeanRows { lines, times }, entry.contract(), seconds))
    }

    pub fn next(&mut self) -> Option<Result<RawRow, BadRow>> {
        let (place, text) = match self.lines.next()? {
            Ok(line) => line,
            Err(bad) => return Some(Err(bad)),
        };
        let mut row = [""; 6];
        let mut found = 0;
        for (slot, field) in row.iter_mut().zip(fields(text)) {
            *slot = field;
            found += 1;
        }
        if found < row.len() {
            let problem = Problem::Short { found, needed: row.len() };
            return Some(Err(BadRow { place, column: String::new(), problem }));
        }
        let [time, texts @ ..] = row;
        let stamp = match self.times {
            Times::OfDay(midnight) => of_day(time, midnight),
            Times::Whole => day_and_time(time),
        };
        Some(numbers(place, "time", stamp, texts))
    }
}

/// The text of a file inside.
fn text(
    path: &Path,
    zip: &mut ZipArchive<impl Read + Seek>,
    name: &str,
) -> Result<Vec<u8>, BarFileError> {
    let not_bars = |reason: String| BarFileError::NotBars { path: path.to_owned(), reason };
    let file = zip.by_name(name).map_err(|error| not_bars(error.to_string()))?;
    let mut text = Vec::new();
    file.take(ENTRY_MAX + 1)
        .read_to_end(&mut text)
        .map_err(|source| BarFileError::Read { path: path.to_owned(), source })?;
    if text.len() as u64 > ENTRY_MAX {
        return Err(not_bars(format!("{name} in it is larger than {ENTRY_MAX} bytes: split it")));
    }
    Ok(text)
}

/// How long bars with whole times are: LEAN has hours and days, and days begin at midnight. Of one
/// contract there may be one bar, or none but those of Mondays, so all contracts of the file are asked.
fn length_of_all(
    path: &Path,
    zip: &mut ZipArchive<impl Read + Seek>,
    entries: &[Entry],
) -> Result<u32, BarFileError> {
    for entry in entries.iter().filter(|entry| entry.day.is_none()) {
        let mut lines = Lines::new(Box::new(Cursor::new(text(path, zip, &entry.name)?)));
        while let Some(line) = lines.next() {
            let Ok((_, line)) = line else { continue };
            let stamp = fields(line).next().map(day_and_time);
            if let Some(Ok(stamp)) = stamp
                && !stamp.0.is_multiple_of(u64::from(DAY) * NANOS_PER_SECOND)
            {
                return Ok(HOUR);
            }
        }
    }
    Ok(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_inside_are_known_by_their_names() {
        let minute = Entry::of("20131007_es_minute_trade_201312.csv").expect("an entry");
        assert_eq!((minute.contract().as_str(), minute.trades), ("ESZ13", true));
        assert!(minute.day.is_some());
        for symbol in ["ESZ13", "esz3", "201312"] {
            assert!(minute.is(symbol), "{symbol}");
        }
        assert!(!minute.is("ESH14"));
        let daily = Entry::of("es_trade_201403.csv").expect("an entry");
        assert_eq!((daily.contract().as_str(), daily.day), ("ESH14", None));
        let quotes = Entry::of("20200106_es_minute_quote_202003.csv").expect("an entry");
        assert!(!quotes.trades);
        let second = Entry::of("20131007_es_second_trade_201312.csv").expect("an entry");
        assert_eq!((second.seconds, minute.seconds, daily.seconds), (Some(1), Some(60), None));
        for other in [
            "20131007_es_tick_trade_201312.csv",
            "",
            "a.csv",
            "es_trade_201413.csv",
            "es_trade_2013.csv",
            "es_x_201312.csv",
            "é_trade_20é312.csv",
        ] {
            assert!(Entry::of(other).is_none(), "{other}");
        }
    }
}
