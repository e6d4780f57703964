//! Recorded market data, decoded into inputs. Where it is missing and that is meant, the test
//! that asked for it returns and is counted as skipped.

use dbn::decode::{DbnDecoder, DecodeRecord};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BookAction, Mbo, Ohlcv, Quote, TopOfBook, Trade};
use gauntlet_model::units::{Price, Side, UnixNanos};
use std::path::PathBuf;

fn path(name: &str) -> Option<PathBuf> {
    crate::recorded(&format!("cme/{name}"))
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
