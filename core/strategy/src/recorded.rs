//! Recorded market data for tests. Where it is missing and that is meant, the test that asked for it
//! returns and is counted as skipped.

use crate::sample::Candle;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use std::io::Read;
use std::path::PathBuf;

fn path(name: &str) -> Option<PathBuf> {
    gauntlet_testkit::recorded(&format!("cme/{name}"))
}

const MINUTE_CANDLES: &str = "6eh4-202401.ohlcv-1m.csv.gz";

/// Whether [`minute_candles`] are at hand, for tests that run on made ones otherwise.
pub fn has_minute_candles() -> bool {
    gauntlet_testkit::recorded::is_there(&format!("cme/{MINUTE_CANDLES}"))
}

/// A month of one-minute bars of the euro future 6EH4.
pub fn minute_candles() -> Option<Vec<Candle>> {
    let file = std::fs::File::open(path(MINUTE_CANDLES)?).expect("a file");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip of text");
    Some(text.lines().skip(1).map(minute_candle).collect())
}

fn minute_candle(line: &str) -> Candle {
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
