//! Bars for tests: recorded ones and made ones.

use super::{Candle, Observation};
use crate::calendar::SessionSpan;
use crate::units::{NANOS_PER_MINUTE, UnixNanos};
use std::io::Read;

/// Tuesday 2 January 2024, 09:30 New York.
pub const OPEN: UnixNanos = UnixNanos(1_704_205_800_000_000_000);

/// Six and a half hours from [`OPEN`].
pub const SESSION: SessionSpan =
    SessionSpan { open: OPEN, close: UnixNanos(OPEN.0 + 390 * NANOS_PER_MINUTE) };

/// A minute of `SESSION` in which the price stood still but for its extremes.
pub fn minute(index: u64, high: f64, low: f64, close: f64, volume: f64) -> Candle {
    let start = OPEN.plus(index * NANOS_PER_MINUTE);
    Candle { start, end: start.plus(NANOS_PER_MINUTE), open: close, high, low, close, volume }
}

/// A bar of `SESSION` seen without a position.
pub fn seen(candle: Candle) -> Observation {
    Observation { candle, session: Some(SESSION), position: 0 }
}

/// A month of one-minute bars of the euro future 6EH4; `None`, said aloud, where the data is not at
/// hand.
pub fn recorded() -> Option<Vec<Candle>> {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/cme/6eh4-202401.ohlcv-1m.csv.gz");
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped: no recorded bars at {path}");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip of text");
    Some(text.lines().skip(1).map(parse).collect())
}

fn parse(line: &str) -> Candle {
    let (time, numbers) = line.split_once(',').expect("a time and numbers");
    let at = chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").expect("a time");
    let start = UnixNanos(at.and_utc().timestamp_nanos_opt().expect("in range") as u64);
    let mut numbers = numbers.split(',').map(|n| n.parse::<f64>().expect("a number"));
    let mut next = || numbers.next().expect("five numbers");
    Candle {
        start,
        end: start.plus(NANOS_PER_MINUTE),
        open: next(),
        high: next(),
        low: next(),
        close: next(),
        volume: next(),
    }
}
