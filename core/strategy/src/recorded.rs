//! Recorded market data for tests. Absent files are said to be absent and the test that asked for them
//! returns.

use crate::sample::Candle;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use std::io::Read;
use std::path::PathBuf;

fn path(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/cme"));
    let path = path.join(name);
    if !path.exists() {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path)
}

/// A month of one-minute bars of the euro future 6EH4.
pub fn minute_candles() -> Option<Vec<Candle>> {
    let file = std::fs::File::open(path("6eh4-202401.ohlcv-1m.csv.gz")?).expect("a file");
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
