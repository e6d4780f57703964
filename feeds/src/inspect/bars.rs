//! Files of bars.

use super::tally::Tally;
use super::{BAD_ROWS_SHOWN, Inspection, readers};
use crate::bar_files::{BarFileError, BarOptions};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use std::path::Path;

const PROGRESS_EVERY: u64 = 1 << 16;

/// Reads every instrument of a file of bars.
pub(super) fn inspect(
    path: &Path,
    options: &BarOptions,
    progress: &mut impl FnMut(u64),
) -> Result<Inspection, BarFileError> {
    let mut found = Inspection { path: path.display().to_string(), ..Inspection::default() };
    let mut lengths = Vec::new();
    for reader in readers(path, options)? {
        let seconds = reader.seconds();
        let length = u64::from(seconds) * NANOS_PER_SECOND;
        found.format = reader.format().name();
        lengths.push(seconds);
        let symbol = reader.symbol().unwrap_or("-").to_owned();
        let mut reader = reader.peekable();
        let first = reader.peek().and_then(|row| Some(row.as_ref().ok()?.ts_open));
        let mut tally = Tally::new(symbol, first.unwrap_or(UnixNanos(0)));
        tally.are_bars(seconds);
        for row in reader {
            found.records += 1;
            if found.records.is_multiple_of(PROGRESS_EVERY) {
                progress(found.records);
            }
            match row {
                Ok(bar) => {
                    tally.count("ohlcv");
                    tally.at(bar.ts_open, length);
                    tally.traded(bar.low, bar.high, bar.volume);
                }
                Err(bad) => {
                    found.bad_rows += 1;
                    if found.bad.len() < BAD_ROWS_SHOWN {
                        found.bad.push(bad.to_string());
                    }
                }
            }
        }
        found.instruments.push(tally.finish());
    }
    lengths.dedup();
    found.schema = match lengths.as_slice() {
        [seconds] => format!("ohlcv, {seconds} s"),
        _ => "ohlcv of several lengths".to_owned(),
    };
    Ok(found)
}
