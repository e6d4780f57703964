//! Recorded market data for tests, decoded into inputs. Where it is missing and that is meant, the test
//! that asked for it returns and is counted as skipped.

use crate::ids::InstrumentId;
use crate::input::{BookAction, Mbo, Ohlcv, Quote, TopOfBook, Trade};
use crate::sample::Candle;
use crate::units::{NANOS_PER_MINUTE, Price, Side, UnixNanos};
use dbn::decode::{DbnDecoder, DecodeRecord};
use std::io::Read;
use std::path::PathBuf;

fn path(name: &str) -> Option<PathBuf> {
    gauntlet_testkit::recorded(&format!("cme/{name}"))
}

fn records<T: dbn::HasRType<Header = dbn::RecordHeader>, U>(
    name: &str,
    map: impl Fn(&T) -> U,
) -> Option<Vec<U>> {
    let mut decoder = DbnDecoder::from_zstd_file(path(name)?).expect("a DBN file");
    let mut out = vec![];
    while let Some(record) = decoder.decode_record::<T>().expect("a whole record") {
        out.push(map(record));
    }
    Some(out)
}

fn action(code: std::ffi::c_char) -> BookAction {
    match code as u8 {
        b'A' => BookAction::Add,
        b'M' => BookAction::Modify,
        b'C' => BookAction::Cancel,
        b'R' => BookAction::Clear,
        b'T' => BookAction::Trade,
        b'F' => BookAction::Fill,
        b'N' => BookAction::None,
        other => panic!("unknown action {other}"),
    }
}

fn side(code: std::ffi::c_char) -> Option<Side> {
    match code as u8 {
        b'B' => Some(Side::Buy),
        b'A' => Some(Side::Sell),
        _ => None,
    }
}

/// The market-by-order events of a file, all as one instrument.
pub fn mbo(name: &str) -> Option<Vec<Mbo>> {
    records(name, |record: &dbn::MboMsg| Mbo {
        instrument: InstrumentId(0),
        action: action(record.action),
        side: side(record.side),
        flags: record.flags.raw(),
        price: Price(record.price),
        size: record.size,
        order_id: record.order_id,
        ts_event: UnixNanos(record.hd.ts_event),
        sequence: record.sequence,
    })
}

/// The top-of-book updates of a file.
pub fn quotes(name: &str) -> Option<Vec<Quote>> {
    records(name, |record: &dbn::Mbp1Msg| {
        let level = &record.levels[0];
        Quote {
            instrument: InstrumentId(0),
            action: action(record.action),
            side: side(record.side),
            flags: record.flags.raw(),
            price: Price(record.price),
            size: record.size,
            top: TopOfBook {
                bid: Price(level.bid_px),
                ask: Price(level.ask_px),
                bid_size: level.bid_sz,
                ask_size: level.ask_sz,
            },
            ts_event: UnixNanos(record.hd.ts_event),
            sequence: record.sequence,
        }
    })
}

/// The trades of a file.
pub fn trades(name: &str) -> Option<Vec<Trade>> {
    records(name, |record: &dbn::TradeMsg| Trade {
        instrument: InstrumentId(0),
        side: side(record.side),
        flags: record.flags.raw(),
        price: Price(record.price),
        size: record.size,
        ts_event: UnixNanos(record.hd.ts_event),
        sequence: record.sequence,
    })
}

/// The bars of a file with the vendor's number of their instrument.
pub fn bars(name: &str) -> Option<Vec<(u32, Ohlcv)>> {
    records(name, |record: &dbn::OhlcvMsg| {
        let bar = Ohlcv {
            instrument: InstrumentId(0),
            seconds: 60,
            ts_open: UnixNanos(record.hd.ts_event),
            open: Price(record.open),
            high: Price(record.high),
            low: Price(record.low),
            close: Price(record.close),
            volume: record.volume,
        };
        (record.hd.instrument_id, bar)
    })
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
