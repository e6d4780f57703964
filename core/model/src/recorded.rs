//! Recorded market data for tests, decoded into inputs. Where it is missing and that is meant, the test that
//! asked for it returns and is counted as skipped.

use crate::ids::InstrumentId;
use crate::input::{BookAction, Mbo};
use crate::units::{Price, Side, UnixNanos};
use dbn::decode::{DbnDecoder, DecodeRecord};
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
