//! DBN files.

use super::tally::Tally;
use super::{BAD_ROWS_SHOWN, INSTRUMENTS_TOLD, Inspection};
use crate::decode::view;
use crate::file::DbnFile;
use dbn::{RecordRef, UNDEF_TIMESTAMP, rtype};
use gauntlet_model::input::flags;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
use std::collections::BTreeMap;

const PROGRESS_EVERY: u64 = 1 << 16;

/// The vendor's number of those past [`INSTRUMENTS_TOLD`]; the vendor gives none of zero.
const OTHERS: u32 = 0;

/// Reads every record of a file.
pub(super) fn inspect(mut file: DbnFile, progress: &mut impl FnMut(u64)) -> Inspection {
    let metadata = file.metadata();
    let mut found = Inspection {
        path: file.path().display().to_string(),
        format: "dbn",
        version: Some(metadata.version),
        schema: metadata.schema.map_or_else(|| "mixed".to_owned(), |schema| schema.to_string()),
        dataset: Some(metadata.dataset.clone()),
        asked: asked(metadata),
        ..Inspection::default()
    };
    let (names, start) = (names(metadata), UnixNanos(metadata.start));
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let mut tallies: Vec<Tally> = Vec::new();
    loop {
        match file.next_record() {
            Ok(None) => break,
            Ok(Some(record)) => {
                let id = record.header().instrument_id;
                let is_told = places.len() < INSTRUMENTS_TOLD || places.contains_key(&id);
                let id = if is_told { id } else { OTHERS };
                let place = *places.entry(id).or_insert_with(|| {
                    let name = match id {
                        OTHERS => "others".to_owned(),
                        id => names.get(&id).cloned().unwrap_or_else(|| format!("#{id}")),
                    };
                    tallies.push(Tally::new(name, start));
                    tallies.len() - 1
                });
                if let Err(bad) = take(&record, &mut tallies[place]) {
                    found.bad_rows += 1;
                    if found.bad.len() < BAD_ROWS_SHOWN {
                        found.bad.push(format!("record {}: {bad}", found.records + 1));
                    }
                }
                found.records += 1;
                if found.records.is_multiple_of(PROGRESS_EVERY) {
                    progress(found.records);
                }
            }
            Err(error) => {
                found.damaged = Some(error.to_string());
                break;
            }
        }
    }
    found.instruments = tallies.into_iter().map(Tally::finish).collect();
    found
}

fn asked(metadata: &dbn::Metadata) -> Option<[String; 2]> {
    let end = metadata.end.filter(|end| end.get() != UNDEF_TIMESTAMP)?;
    Some([metadata.start, end.get()].map(|at| UnixNanos(at).to_string()))
}

/// Symbols by the vendor's number.
fn names(metadata: &dbn::Metadata) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for mapping in &metadata.mappings {
        for interval in &mapping.intervals {
            // By instrument identity the names are on either side, as the request had them.
            let (name, id) = match (interval.symbol.parse(), mapping.raw_symbol.parse()) {
                (Ok(id), _) => (&mapping.raw_symbol, id),
                (_, Ok(id)) => (&interval.symbol, id),
                _ => continue,
            };
            names.insert(id, name.clone());
        }
    }
    names
}

fn take(record: &RecordRef<'_>, tally: &mut Tally) -> Result<(), crate::decode::BadRecord> {
    let header = record.header();
    let at = UnixNanos(header.ts_event);
    match header.rtype {
        rtype::MBO => {
            let mbo = view::<dbn::MboMsg>(record)?;
            tally.count(action("mbo", mbo.action as u8));
            let flags = mbo.flags.raw();
            event(tally, at, mbo.sequence, flags);
            trade(tally, mbo.action as u8, mbo.price, mbo.size);
        }
        rtype::MBP_0 => {
            let record = view::<dbn::TradeMsg>(record)?;
            tally.count("trades");
            event(tally, at, record.sequence, record.flags.raw());
            trade(tally, record.action as u8, record.price, record.size);
        }
        rtype::MBP_1 | rtype::TBBO => {
            let record = view::<dbn::Mbp1Msg>(record)?;
            tally.count(action("mbp-1", record.action as u8));
            event(tally, at, record.sequence, record.flags.raw());
            trade(tally, record.action as u8, record.price, record.size);
        }
        rtype::MBP_10 => {
            let record = view::<dbn::Mbp10Msg>(record)?;
            tally.count(action("mbp-10", record.action as u8));
            event(tally, at, record.sequence, record.flags.raw());
            trade(tally, record.action as u8, record.price, record.size);
        }
        rtype::OHLCV_1S => bar(record, tally, "ohlcv-1s", 1)?,
        rtype::OHLCV_1M => bar(record, tally, "ohlcv-1m", 60)?,
        rtype::OHLCV_1H => bar(record, tally, "ohlcv-1h", 3_600)?,
        rtype::OHLCV_1D => bar(record, tally, "ohlcv-1d", 86_400)?,
        other => {
            tally.count(match other {
                rtype::BBO_1S => "bbo-1s",
                rtype::BBO_1M => "bbo-1m",
                rtype::STATUS => "status",
                rtype::INSTRUMENT_DEF => "definition",
                rtype::STATISTICS => "statistics",
                rtype::IMBALANCE => "imbalance",
                rtype::SYMBOL_MAPPING => "symbol mapping",
                rtype::SYSTEM => "system",
                rtype::ERROR => "error",
                _ => "of another type",
            });
        }
    }
    Ok(())
}

fn event(tally: &mut Tally, at: UnixNanos, sequence: u32, record_flags: u8) {
    let is_snapshot = record_flags & flags::SNAPSHOT != 0;
    tally.sequence(sequence, is_snapshot, record_flags & flags::MAYBE_BAD_BOOK != 0);
    // A snapshot's orders keep the times when they were entered.
    if !is_snapshot && at.0 != UNDEF_TIMESTAMP {
        tally.at(at, 0);
    }
}

fn trade(tally: &mut Tally, action: u8, price: i64, size: u32) {
    if action == b'T' {
        tally.traded(Price(price), Price(price), size.into());
    }
}

fn bar(
    record: &RecordRef<'_>,
    tally: &mut Tally,
    name: &'static str,
    seconds: u32,
) -> Result<(), crate::decode::BadRecord> {
    let bar = view::<dbn::OhlcvMsg>(record)?;
    tally.count(name);
    tally.are_bars(seconds);
    tally.at(UnixNanos(bar.hd.ts_event), u64::from(seconds) * NANOS_PER_SECOND);
    tally.traded(Price(bar.low), Price(bar.high), bar.volume);
    Ok(())
}

/// The name of a type with an action.
fn action(of: &'static str, action: u8) -> &'static str {
    match (of, action) {
        ("mbo", b'A') => "mbo add",
        ("mbo", b'C') => "mbo cancel",
        ("mbo", b'M') => "mbo modify",
        ("mbo", b'R') => "mbo clear",
        ("mbo", b'T') => "mbo trade",
        ("mbo", b'F') => "mbo fill",
        ("mbo", b'N') => "mbo none",
        ("mbp-1", b'A') => "mbp-1 add",
        ("mbp-1", b'C') => "mbp-1 cancel",
        ("mbp-1", b'M') => "mbp-1 modify",
        ("mbp-1", b'R') => "mbp-1 clear",
        ("mbp-1", b'T') => "mbp-1 trade",
        ("mbp-10", b'A') => "mbp-10 add",
        ("mbp-10", b'C') => "mbp-10 cancel",
        ("mbp-10", b'M') => "mbp-10 modify",
        ("mbp-10", b'R') => "mbp-10 clear",
        ("mbp-10", b'T') => "mbp-10 trade",
        ("mbo", _) => "mbo of unknown action",
        ("mbp-1", _) => "mbp-1 of unknown action",
        _ => "mbp-10 of unknown action",
    }
}
