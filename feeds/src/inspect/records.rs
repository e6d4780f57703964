//! DBN files.

use super::tally::Tally;
use super::{BAD_ROWS_SHOWN, INSTRUMENTS_TOLD, Inspection};
use crate::bar_files::{Place, RawRow, RowCheck, Stamp};
use crate::decode::{BadRecord, Definition, known_at, symbol_mapping, view};
use crate::file::DbnFile;
use crate::mapping::Names;
use crate::symbols::Validity;
use dbn::{RecordRef, SType, UNDEF_TIMESTAMP, rtype};
use gauntlet_model::input::flags;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};
use std::collections::BTreeMap;

const PROGRESS_EVERY: u64 = 1 << 16;

/// What is counted of a file's instruments. The contracts of a continuous symbol are counted apart;
/// a contract to which the vendor gave another number is counted as one.
struct Tallies {
    names: Names,
    is_continuous: bool,
    start: UnixNanos,
    /// Places by the vendor's number and which of its names it had then.
    places: BTreeMap<(u32, Option<usize>), usize>,
    by_name: BTreeMap<String, usize>,
    tallies: Vec<Tally>,
    checks: Vec<RowCheck>,
    latest: UnixNanos,
}

impl Tallies {
    /// The place of a record's instrument.
    fn place(&mut self, id: u32, at: UnixNanos) -> usize {
        let named = self.names.find(id, at);
        let key = (id, named.map(|(place, _)| place));
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let shown = match named {
            Some((_, name)) if self.is_continuous => format!("{name}#{id}"),
            Some((_, name)) => name.to_owned(),
            None => format!("#{id}"),
        };
        let is_told = self.tallies.len() < INSTRUMENTS_TOLD || self.by_name.contains_key(&shown);
        let shown = if is_told { shown } else { "others".to_owned() };
        let place = *self.by_name.entry(shown.clone()).or_insert_with(|| {
            self.tallies.push(Tally::new(shown, self.start));
            self.checks.push(RowCheck::new(0, Stamp::Open));
            self.tallies.len() - 1
        });
        if is_told {
            self.places.insert(key, place);
        }
        place
    }

    /// What a record names.
    fn hear(&mut self, record: &RecordRef<'_>, at: UnixNanos) {
        let id = record.header().instrument_id;
        let (name, validity) = match record.header().rtype {
            rtype::SYMBOL_MAPPING => {
                let Ok(said) = symbol_mapping(record) else { return };
                let name = if said.raw.is_empty() { said.asked } else { said.raw };
                (name, Validity { from: said.start, until: said.end })
            }
            rtype::INSTRUMENT_DEF if self.names.get(id, at).is_none() => {
                let Ok(definition) = Definition::of(record) else { return };
                (definition.symbol, Validity { from: at.0, until: u64::MAX })
            }
            _ => return,
        };
        let Ok(name) = std::str::from_utf8(name) else { return };
        if self.names.get(id, at) != Some(name) {
            self.names.say(id, validity, name);
        }
    }

    fn take(&mut self, record: &RecordRef<'_>, number: u64) -> Result<(), String> {
        let header = record.header();
        let known = known_at_of(record).map_err(|bad| format!("record {number}: {bad}"))?;
        let at = if known.0 == 0 { self.latest } else { known };
        self.latest = at;
        self.hear(record, at);
        let place = self.place(header.instrument_id, at);
        let (tally, check) = (&mut self.tallies[place], &mut self.checks[place]);
        tally.id(header.instrument_id);
        let is_market_data = matches!(
            header.rtype,
            rtype::MBO
                | rtype::MBP_0
                | rtype::MBP_1
                | rtype::TBBO
                | rtype::MBP_10
                | rtype::BBO_1S
                | rtype::BBO_1M
                | rtype::STATUS
        );
        take(record, (tally, check), number)?;
        if known.0 == 0 && is_market_data {
            return Err(format!(
                "record {number}: it says neither when it happened nor when it came"
            ));
        }
        Ok(())
    }
}

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
    let mut tallies = Tallies {
        names: Names::of(metadata),
        is_continuous: metadata.stype_in == Some(SType::Continuous),
        start: UnixNanos(metadata.start),
        places: BTreeMap::new(),
        by_name: BTreeMap::new(),
        tallies: Vec::new(),
        checks: Vec::new(),
        latest: UnixNanos(metadata.start),
    };
    let limit = metadata.limit;
    loop {
        match file.next_record() {
            Ok(None) => break,
            Ok(Some(record)) => {
                if let Err(bad) = tallies.take(&record, found.records + 1) {
                    found.bad_rows += 1;
                    if found.bad.len() < BAD_ROWS_SHOWN {
                        found.bad.push(bad);
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
    found.cut_at = limit.map(|limit| limit.get()).filter(|limit| found.records >= *limit);
    found.instruments = tallies.tallies.into_iter().map(Tally::finish).collect();
    found
}

fn asked(metadata: &dbn::Metadata) -> Option<[String; 2]> {
    let end = metadata.end.filter(|end| end.get() != UNDEF_TIMESTAMP)?;
    Some([metadata.start, end.get()].map(|at| UnixNanos(at).to_string()))
}

/// When a record became known; zero where it does not say.
fn known_at_of(record: &RecordRef<'_>) -> Result<UnixNanos, BadRecord> {
    let ts_event = record.header().ts_event;
    let ts_recv = match record.header().rtype {
        rtype::MBO => view::<dbn::MboMsg>(record)?.ts_recv,
        rtype::MBP_0 => view::<dbn::TradeMsg>(record)?.ts_recv,
        rtype::MBP_1 | rtype::TBBO => view::<dbn::Mbp1Msg>(record)?.ts_recv,
        rtype::MBP_10 => view::<dbn::Mbp10Msg>(record)?.ts_recv,
        rtype::BBO_1S | rtype::BBO_1M => view::<dbn::BboMsg>(record)?.ts_recv,
        rtype::STATUS => view::<dbn::StatusMsg>(record)?.ts_recv,
        rtype::INSTRUMENT_DEF => Definition::of(record)?.ts_recv,
        _ => 0,
    };
    Ok(known_at(ts_recv, ts_event))
}

fn take(
    record: &RecordRef<'_>,
    (tally, check): (&mut Tally, &mut RowCheck),
    number: u64,
) -> Result<(), String> {
    let seconds = match record.header().rtype {
        rtype::OHLCV_1S => 1,
        rtype::OHLCV_1M => 60,
        rtype::OHLCV_1H => 3_600,
        rtype::OHLCV_1D => 86_400,
        _ => return other(record, tally).map_err(|bad| format!("record {number}: {bad}")),
    };
    let bar = view::<dbn::OhlcvMsg>(record).map_err(|bad| format!("record {number}: {bad}"))?;
    tally.count(match seconds {
        1 => "ohlcv-1s",
        60 => "ohlcv-1m",
        3_600 => "ohlcv-1h",
        _ => "ohlcv-1d",
    });
    tally.are_bars(seconds);
    if check.seconds != seconds {
        *check = RowCheck::new(seconds, Stamp::Open);
    }
    let row = RawRow {
        place: Place::Record(number),
        time_column: "ts_event",
        stamp: UnixNanos(bar.hd.ts_event),
        contract: 0,
        open: Price(bar.open),
        high: Price(bar.high),
        low: Price(bar.low),
        close: Price(bar.close),
        volume: bar.volume,
    };
    // As those who read bars do.
    check.check(&row).map_err(|bad| bad.to_string())?;
    tally.at(row.stamp, u64::from(seconds) * NANOS_PER_SECOND);
    tally.traded(row.low, row.high, row.volume);
    Ok(())
}

fn other(record: &RecordRef<'_>, tally: &mut Tally) -> Result<(), BadRecord> {
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
    tally.are_events();
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
