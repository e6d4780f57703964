//! `ctl data` and its kin on DBN files that are not what they seem: made here, so that they are there.

use crate::fixture::{Ran, arg, run};
use dbn::encode::{DbnEncodable, DbnEncoder, EncodeRecord};
use dbn::{
    MappingInterval, MboMsg, Metadata, MetadataBuilder, OhlcvMsg, RecordHeader, SType, Schema,
    SymbolMapping, TradeMsg, rtype,
};
use std::num::NonZeroU64;
use std::path::PathBuf;
use tempfile::TempDir;

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
/// Thursday 14 March 2024, midnight UTC: the market is open.
const DAY_1: u64 = 1_710_374_400 * SECOND;
const DAY_2: u64 = DAY_1 + 86_400 * SECOND;
const TICK: i64 = 250_000_000;

fn mapping(symbol: &str, spans: &[(u8, u8, u32)]) -> SymbolMapping {
    let march =
        |day| time::Date::from_calendar_date(2024, time::Month::March, day).expect("a date");
    let interval = |&(from, until, id): &(u8, u8, u32)| MappingInterval {
        start_date: march(from),
        end_date: march(until),
        symbol: id.to_string(),
    };
    SymbolMapping { raw_symbol: symbol.into(), intervals: spans.iter().map(interval).collect() }
}

/// A header for some time of the two days.
fn header(schema: Schema, (start, end): (u64, u64), mappings: Vec<SymbolMapping>) -> Metadata {
    MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(Some(schema))
        .start(start)
        .end(NonZeroU64::new(end))
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .symbols(mappings.iter().map(|mapping| mapping.raw_symbol.clone()).collect())
        .mappings(mappings)
        .build()
}

fn es() -> Vec<SymbolMapping> {
    vec![mapping("ESH4", &[(14, 16, 100)])]
}

fn written<R: DbnEncodable>(
    dir: &TempDir,
    name: &str,
    header: &Metadata,
    records: &[R],
) -> PathBuf {
    let mut encoder = DbnEncoder::new(Vec::new(), header).expect("encodes");
    for record in records {
        encoder.encode_record(record).expect("encodes");
    }
    let path = dir.path().join(name);
    std::fs::write(&path, encoder.get_ref()).expect("written");
    path
}

fn trade(id: u32, at: u64, ticks: i64) -> TradeMsg {
    TradeMsg {
        hd: RecordHeader::new::<TradeMsg>(rtype::MBP_0, 1, id, at),
        price: ticks * TICK,
        size: 1,
        action: b'T' as _,
        side: b'B' as _,
        ts_recv: at,
        ..TradeMsg::default()
    }
}

fn second(at: u64, ticks: i64) -> OhlcvMsg {
    let price = ticks * TICK;
    let hd = RecordHeader::new::<OhlcvMsg>(rtype::OHLCV_1S, 1, 100, at);
    OhlcvMsg { hd, open: price, high: price, low: price, close: price, volume: 1 }
}

/// Trades a second apart from a moment on.
fn every_second(id: u32, from: u64, seconds: u64, ticks: i64) -> Vec<TradeMsg> {
    (0..seconds).map(|n| trade(id, from + n * SECOND, ticks)).collect()
}

fn bars(args: &[&str]) -> Ran {
    run(["data", "bars"].iter().chain(args))
}

/// The rows of bars as CSV, without the head.
fn rows(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.code, 0, "{ran}");
    ran.out.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn bars_are_of_the_contract_that_was_asked_for_on_every_day() {
    let dir = tempfile::tempdir().expect("a folder");
    let swapped = vec![
        mapping("ESH4", &[(14, 15, 100), (15, 16, 200)]),
        mapping("NQH4", &[(14, 15, 200), (15, 16, 100)]),
    ];
    let from = DAY_2 - 2 * MINUTE;
    let mut records: Vec<TradeMsg> = Vec::new();
    for at in (from..DAY_2 + 2 * MINUTE).step_by(10_000_000_000) {
        let (es, nq) = if at < DAY_2 { (100, 200) } else { (200, 100) };
        records.extend([trade(es, at, 20_000), trade(nq, at + 1, 72_000)]);
    }
    let header = header(Schema::Trades, (from, DAY_2 + 2 * MINUTE), swapped);
    let file = written(&dir, "swapped.dbn", &header, &records);
    for (symbol, price) in
        [("ESH4", ",5000,5000,5000,5000,6"), ("NQH4", ",18000,18000,18000,18000,6")]
    {
        let rows = rows(&bars(&[arg(&file), "--symbol", symbol, "--csv"]));
        assert_eq!(rows.len(), 4, "{symbol}: {rows:?}");
        assert!(rows.iter().all(|row| row.ends_with(price)), "{symbol}: {rows:?}");
    }
}

#[test]
fn a_continuous_symbol_is_marked_where_it_rolls_and_no_bar_holds_two_contracts() {
    let dir = tempfile::tempdir().expect("a folder");
    let series = vec![mapping("ES.c.0", &[(14, 15, 100), (15, 16, 200)])];
    let from = DAY_2 - 10 * MINUTE;
    let mut header = header(Schema::Trades, (from, DAY_2 + 10 * MINUTE), series);
    header.stype_in = Some(SType::Continuous);
    let mut records = every_second(100, from, 600, 20_000);
    records.extend(every_second(200, DAY_2, 600, 20_200));
    let file = written(&dir, "roll.dbn", &header, &records);
    let csv = bars(&[arg(&file), "--csv"]);
    assert!(csv.out.starts_with("ts_event,open,high,low,close,volume,symbol\n"), "{csv}");
    let made = rows(&csv);
    assert_eq!(made.len(), 20, "{csv}");
    for row in &made {
        let is_old = row.contains(",5000,5000,5000,5000,60,ES.c.0#100");
        assert!(is_old || row.contains(",5050,5050,5050,5050,60,ES.c.0#200"), "{row}");
    }
    let text = bars(&[arg(&file)]);
    assert_eq!(text.out.matches("rolls to contract #200").count(), 1, "{text}");
    assert!(text.err.contains("20 bars of 1m, 1 roll to another contract"), "{text}");
    // The hour is whole for neither of them.
    let hours = bars(&[arg(&file), "--timeframe", "1h", "--csv"]);
    assert!(!hours.out.contains("5000,5050"), "{hours}");
    let one = dir.path().join("roll.csv");
    std::fs::write(&one, &csv.out).expect("written");
    let again = bars(&[arg(&one), "--symbol", "ES.c.0#200", "--csv"]);
    assert_eq!(rows(&again).len(), 10, "{again}");
}

#[test]
fn a_minute_that_the_file_does_not_tell_to_its_end_is_no_bar() {
    let dir = tempfile::tempdir().expect("a folder");
    let records = every_second(100, DAY_1, 90, 20_000);
    let mut header = header(Schema::Trades, (DAY_1, DAY_2), es());
    let whole = written(&dir, "whole.dbn", &header, &records);
    assert_eq!(rows(&bars(&[arg(&whole), "--csv"])).len(), 2, "the day is told to its end");
    header.limit = NonZeroU64::new(90);
    let cut = written(&dir, "cut.dbn", &header, &records);
    assert_eq!(rows(&bars(&[arg(&cut), "--csv"])).len(), 1);
    let told = run(["data", "inspect", arg(&cut)]);
    assert!(told.out.contains("cut short at 90 records, as it was asked for"), "{told}");
}

#[test]
fn time_between_two_files_is_a_gap() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, from: u64, until: u64| {
        let records = every_second(100, from, (until - from) / SECOND, 20_000);
        written(&dir, name, &header(Schema::Trades, (from, until), es()), &records)
    };
    let first = file("first.dbn", DAY_1, DAY_1 + 90 * SECOND);
    let next = file("next.dbn", DAY_1 + 90 * SECOND, DAY_1 + 180 * SECOND);
    let late = file("late.dbn", DAY_1 + 100 * SECOND, DAY_1 + 180 * SECOND);
    let gaps = |files: [&PathBuf; 2]| -> Vec<bool> {
        let ran = bars(&[arg(files[0]), arg(files[1]), "--json"]);
        assert_eq!(ran.code, 0, "{ran}");
        let gap = |line: &str| line.contains("\"gap\":true");
        ran.out.lines().map(gap).collect()
    };
    assert_eq!(gaps([&first, &next]), [false, false, false]);
    assert_eq!(gaps([&first, &late])[1..], [true, false]);
}

#[test]
fn seconds_make_the_minutes_that_they_tell_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let seconds = |name: &str, from: u64, until: u64| {
        let records: Vec<OhlcvMsg> =
            (from..until).step_by(SECOND as usize).map(|at| second(at, 20_000)).collect();
        written(&dir, name, &header(Schema::Ohlcv1S, (from, until), es()), &records)
    };
    let two = seconds("two.dbn", DAY_1 + 10 * SECOND, DAY_1 + 12 * SECOND);
    let ran = bars(&[arg(&two), "--csv"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran}");
    assert!(ran.err.contains("1 minute that the files do not tell whole left out"), "{ran}");
    let first = seconds("first.dbn", DAY_1 + 30 * SECOND, DAY_1 + 90 * SECOND);
    let next = seconds("next.dbn", DAY_1 + 90 * SECOND, DAY_1 + 150 * SECOND);
    let late = seconds("late.dbn", DAY_1 + 91 * SECOND, DAY_1 + 150 * SECOND);
    let both = bars(&[arg(&first), arg(&next), "--csv"]);
    assert_eq!(rows(&both).len(), 1, "{both}");
    assert!(rows(&both)[0].ends_with(",60") && both.err.contains("2 minutes that"), "{both}");
    let ran = bars(&[arg(&first), arg(&late), "--csv"]);
    assert_eq!(ran.code, 1, "{ran}");
}

#[test]
fn nothing_is_no_success() {
    let dir = tempfile::tempdir().expect("a folder");
    let all = (DAY_1, DAY_2);
    let trades = every_second(100, DAY_1, 90, 20_000);
    let mut parent = header(Schema::Trades, all, es());
    (parent.symbols, parent.stype_in) = (vec!["ES.FUT".into()], Some(SType::Parent));
    let parent = written(&dir, "parent.dbn", &parent, &trades);
    let mut bare = header(Schema::Trades, all, Vec::new());
    bare.symbols = vec!["ESH4".into()];
    let bare = written(&dir, "bare.dbn", &bare, &trades);
    let none = written::<TradeMsg>(&dir, "none.dbn", &header(Schema::Trades, all, es()), &[]);
    let csv = dir.path().join("none.csv");
    std::fs::write(&csv, "ts_event,open,high,low,close,volume\n").expect("written");
    let orders = header(Schema::Mbo, all, es());
    let orders = written::<MboMsg>(&dir, "none.mbo.dbn", &orders, &[]);
    let files = [&parent, &bare, &none, &csv, &orders].map(|path| arg(path));
    for (args, code, told) in [
        (&["data", "bars", files[0], "--symbol", "ES.FUT"][..], 2, "has ESH4: name one"),
        (&["data", "bars", files[0], "--symbol", "NQH4"], 2, "has ESH4: name one"),
        (&["data", "bars", files[1]], 1, "its header maps no symbol"),
        (&["data", "bars", files[2]], 1, "has a header and no records"),
        (&["data", "bars", files[3], "--symbol", "ESH4"], 1, "has no bars: it ends after"),
        (&["data", "book", files[4]], 1, "has a header and no records"),
        (&["indicators", "run", "sma", "--bars", files[3]], 1, "has no bars: it ends after"),
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{args:?}: {ran}");
        assert!(ran.err.contains(told), "{told}: {ran}");
    }
    assert_eq!(rows(&bars(&[files[0], "--csv"])).len(), 2, "the parent has one contract");
}

#[test]
fn a_trade_without_a_time_makes_no_other_late() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut records = every_second(100, DAY_1, 120, 20_000);
    let mut untimed = trade(100, dbn::UNDEF_TIMESTAMP, 20_000);
    untimed.ts_recv = dbn::UNDEF_TIMESTAMP;
    records.insert(30, untimed);
    let file =
        written(&dir, "untimed.dbn", &header(Schema::Trades, (DAY_1, DAY_2), es()), &records);
    let ran = bars(&[arg(&file), "--csv"]);
    assert!(rows(&ran).iter().all(|row| row.ends_with(",60")), "{ran}");
    assert!(ran.err.contains("1 record with an impossible time left out"), "{ran}");
    assert!(!ran.err.contains("late"), "{ran}");
    assert_eq!(run(["data", "inspect", arg(&file)]).code, 1);
}

fn order(at: u64, action: u8, side: u8, ticks: i64, order_id: u64) -> MboMsg {
    MboMsg {
        hd: RecordHeader::new::<MboMsg>(rtype::MBO, 1, 100, at),
        order_id,
        price: ticks * TICK,
        size: 1,
        flags: dbn::flags::LAST.into(),
        action: action as _,
        side: side as _,
        ts_recv: at,
        sequence: order_id as u32,
        ..MboMsg::default()
    }
}

#[test]
fn a_crossed_book_is_told_and_a_cancel_is_no_trade() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut records = vec![
        order(DAY_1, b'R', b'N', 0, 0),
        order(DAY_1 + 1, b'A', b'B', 20_001, 1),
        order(DAY_1 + 2, b'A', b'A', 20_000, 2),
    ];
    let header = header(Schema::Mbo, (DAY_1, DAY_2), es());
    let file = written(&dir, "crossed.dbn", &header, &records);
    let ran = run(["data", "book", arg(&file)]);
    assert!(ran.out.contains(", crossed") && ran.err.contains("the book is crossed"), "{ran}");
    // More is cancelled than there is.
    let mut cancel = order(DAY_1 + 3, b'C', b'B', 20_001, 1);
    (cancel.size, cancel.sequence) = (5, 3);
    records.push(cancel);
    let mut sold = order(DAY_1 + 4, b'T', b'A', 20_000, 9);
    sold.sequence = 4;
    records.push(sold);
    let file = written(&dir, "cancel.dbn", &header, &records);
    let ran = bars(&[arg(&file), "--csv"]);
    assert_eq!(rows(&ran).len(), 1, "{ran}");
    assert!(ran.err.contains("1 order event that the book cannot use left out"), "{ran}");
    assert!(!ran.err.contains("without price"), "{ran}");
}
