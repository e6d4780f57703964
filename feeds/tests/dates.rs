//! Files whose symbols are other instruments on other days, and files that end before their time does.

use dbn::encode::{DbnEncodable, DbnEncoder, EncodeRecord};
use dbn::{
    MappingInterval, MboMsg, Metadata, MetadataBuilder, OhlcvMsg, RecordHeader, SType, Schema,
    SymbolMapping, SymbolMappingMsg, TradeMsg, rtype,
};
use gauntlet_feeds::{
    BarFileError, BarOptions, BookError, ChoiceError, DbnFile, FeedInstrument, FileError,
    build_book, choose, inspect, read_bars,
};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;
use gauntlet_model::units::UnixNanos;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SECOND: u64 = 1_000_000_000;
/// Thursday 14 March 2024, midnight UTC.
const DAY_1: u64 = 1_710_374_400 * SECOND;
const DAY_2: u64 = DAY_1 + 86_400 * SECOND;
const DAY_3: u64 = DAY_2 + 86_400 * SECOND;
const TICK: i64 = 250_000_000;

/// A day of March 2024.
fn march(day: u8) -> time::Date {
    time::Date::from_calendar_date(2024, time::Month::March, day).expect("a date")
}

fn mapping(symbol: &str, spans: &[(u8, u8, u32)]) -> SymbolMapping {
    let interval = |&(from, until, id): &(u8, u8, u32)| MappingInterval {
        start_date: march(from),
        end_date: march(until),
        symbol: id.to_string(),
    };
    SymbolMapping { raw_symbol: symbol.into(), intervals: spans.iter().map(interval).collect() }
}

/// A header for the two days.
fn header(schema: Schema, mappings: Vec<SymbolMapping>) -> Metadata {
    MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(Some(schema))
        .start(DAY_1)
        .end(NonZeroU64::new(DAY_3))
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .symbols(mappings.iter().map(|mapping| mapping.raw_symbol.clone()).collect())
        .mappings(mappings)
        .build()
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

fn bar(id: u32, at: u64, ticks: i64) -> OhlcvMsg {
    let price = ticks * TICK;
    let (open, high, low, close) = (price, price, price, price);
    let hd = RecordHeader::new::<OhlcvMsg>(rtype::OHLCV_1M, 1, id, at);
    OhlcvMsg { hd, open, high, low, close, volume: 1 }
}

/// ESH4 is 100 on the first day and 200 on the second, and NQH4 the other way around.
fn swapped() -> Vec<SymbolMapping> {
    vec![
        mapping("ESH4", &[(14, 15, 100), (15, 16, 200)]),
        mapping("NQH4", &[(14, 15, 200), (15, 16, 100)]),
    ]
}

fn of(symbol: &str) -> BarOptions {
    BarOptions { symbol: Some(symbol.into()), ..BarOptions::default() }
}

fn trades_of(path: &Path, symbol: &str) -> Vec<(u64, i64)> {
    let only = FeedInstrument::unchecked(symbol, InstrumentId(0));
    let mut file = DbnFile::open(path).expect("opens").with_instruments(&[only]);
    let mut trades = Vec::new();
    while let Some(received) = file.next_input().expect("sound") {
        let Input::Trade(trade) = received.input else { panic!("{received:?}") };
        trades.push((trade.ts_event.0, trade.price.0 / TICK));
    }
    trades
}

#[test]
fn a_mapping_holds_for_its_dates() {
    let dir = tempfile::tempdir().expect("a folder");
    let records = [
        trade(100, DAY_1 + 5, 20_000),
        trade(200, DAY_1 + 6, 72_000),
        trade(100, DAY_2 - 1, 20_001),
        trade(100, DAY_2, 72_001),
        trade(200, DAY_2 + 7, 20_002),
        trade(100, DAY_3, 72_002),
    ];
    let path = written(&dir, "swapped.dbn", &header(Schema::Trades, swapped()), &records);
    let es = [(DAY_1 + 5, 20_000), (DAY_2 - 1, 20_001), (DAY_2 + 7, 20_002)];
    assert_eq!(trades_of(&path, "ESH4"), es);
    assert_eq!(trades_of(&path, "NQH4"), [(DAY_1 + 6, 72_000), (DAY_2, 72_001)]);
    let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
    let told: Vec<(&str, u64, Option<&str>)> = found
        .instruments
        .iter()
        .map(|one| (one.symbol.as_str(), one.volume, one.high.as_deref()))
        .collect();
    let expected = [
        ("ESH4", 3, Some("5000.5")),
        ("NQH4", 2, Some("18000.25")),
        // Its day is one that the header does not map.
        ("#100", 1, Some("18000.5")),
    ];
    assert_eq!(told, expected);
    assert_eq!(found.instruments[0].instrument_ids, [100, 200]);
}

#[test]
fn bars_of_a_contract_that_is_renumbered_are_its_own_and_go_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let records = [
        bar(100, DAY_2 - 60 * SECOND, 20_000),
        bar(200, DAY_2 - 60 * SECOND, 72_000),
        bar(100, DAY_2, 72_001),
        bar(200, DAY_2, 20_001),
    ];
    let path = written(&dir, "bars.dbn", &header(Schema::Ohlcv1M, swapped()), &records);
    for (symbol, prices) in [("ESH4", [20_000, 20_001]), ("NQH4", [72_000, 72_001])] {
        let bars = read_bars(&path, &of(symbol)).expect("bars");
        let found: Vec<i64> = bars.bars.iter().map(|bar| bar.close.0 / TICK).collect();
        assert_eq!(found, prices, "{symbol}");
        assert_eq!(bars.contracts, [], "one contract");
    }
}

#[test]
fn a_continuous_symbol_tells_where_it_rolls() {
    let dir = tempfile::tempdir().expect("a folder");
    let series = vec![mapping("ES.c.0", &[(14, 15, 100), (15, 16, 200)])];
    let mut header = header(Schema::Ohlcv1M, series);
    header.stype_in = Some(SType::Continuous);
    let records = [
        bar(100, DAY_2 - 120 * SECOND, 20_000),
        bar(100, DAY_2 - 60 * SECOND, 20_001),
        bar(200, DAY_2, 20_200),
        bar(100, DAY_2, 20_001),
        bar(200, DAY_2 + 60 * SECOND, 20_201),
    ];
    let path = written(&dir, "roll.dbn", &header, &records);
    let bars = read_bars(&path, &BarOptions::default()).expect("bars");
    assert_eq!(bars.bars.len(), 4, "none of the old contract after the roll");
    let rolls: Vec<(usize, u32)> = bars.rolls().map(|(at, to)| (at, to.instrument_id)).collect();
    assert_eq!(rolls, [(2, 200)]);
    let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
    let symbols: Vec<&str> = found.instruments.iter().map(|one| one.symbol.as_str()).collect();
    assert_eq!(symbols, ["ES.c.0#100", "ES.c.0#200", "#100"]);
    assert!(found.instruments[0].holes.is_some(), "the hours of ES are known");
}

#[test]
fn a_recorded_stream_names_its_instruments_from_a_moment_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut live = header(Schema::Trades, Vec::new());
    (live.schema, live.stype_in, live.end) = (None, None, None);
    let named = |id, symbol: &str, from| {
        SymbolMappingMsg::new(
            id,
            from,
            SType::Continuous,
            "ES.c.0",
            SType::RawSymbol,
            symbol,
            from,
            u64::MAX,
        )
        .expect("fits")
    };
    let mut encoder = DbnEncoder::new(Vec::new(), &live).expect("encodes");
    encoder.encode_record(&named(100, "ESH4", DAY_1)).expect("encodes");
    // The replay of what was before the session.
    encoder.encode_record(&trade(100, DAY_1 - 5, 20_000)).expect("encodes");
    encoder.encode_record(&named(200, "ESM4", DAY_2)).expect("encodes");
    encoder.encode_record(&trade(100, DAY_2 - 1, 20_001)).expect("encodes");
    encoder.encode_record(&trade(100, DAY_2 + 1, 20_002)).expect("encodes");
    encoder.encode_record(&trade(200, DAY_2 + 2, 20_200)).expect("encodes");
    let path = dir.path().join("live.dbn");
    std::fs::write(&path, encoder.get_ref()).expect("written");
    let series = [(DAY_1 - 5, 20_000), (DAY_2 - 1, 20_001), (DAY_2 + 2, 20_200)];
    assert_eq!(trades_of(&path, "ES.c.0"), series);
    assert_eq!(trades_of(&path, "ESH4").len(), 3);
    assert_eq!(trades_of(&path, "ESM4"), [(DAY_2 + 2, 20_200)]);
}

#[test]
fn what_maps_nothing_or_several_is_refused_and_says_why() {
    let path = Path::new("x.dbn");
    let children = vec![mapping("ESH4", &[(14, 16, 1)]), mapping("ESM4", &[(14, 16, 2)])];
    let mut parent = header(Schema::Trades, children);
    (parent.symbols, parent.stype_in) = (vec!["ES.FUT".into()], Some(SType::Parent));
    for named in [None, Some("ES.FUT"), Some("NQH4")] {
        let error = choose(path, &parent, named).expect_err("several").to_string();
        assert!(error.contains("x.dbn has ESH4, ESM4: name one"), "{error}");
    }
    assert_eq!(choose(path, &parent, Some("ESM4")).expect("mapped"), "ESM4");
    let both = vec![mapping("ES.FUT", &[(14, 16, 1), (15, 16, 2)])];
    let error = choose(path, &header(Schema::Trades, both), None).expect_err("several at once");
    assert!(matches!(error, ChoiceError::Several { .. }), "{error}");
    let mut bare = header(Schema::Trades, Vec::new());
    let error = choose(path, &bare, None).expect_err("no symbol");
    assert!(matches!(error, ChoiceError::NoMapping { .. }), "{error}");
    bare.symbols = vec!["ESH4".into()];
    assert_eq!(choose(path, &bare, None).expect("its records may name it"), "ESH4");
}

#[test]
fn nothing_of_an_instrument_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut bare = header(Schema::Ohlcv1M, Vec::new());
    bare.symbols = vec!["ESH4".into()];
    let path = written(&dir, "bare.dbn", &bare, &[bar(100, DAY_1, 20_000)]);
    let error = read_bars(&path, &BarOptions::default()).expect_err("no bars").to_string();
    assert!(
        error.contains("none of its 1 records is of ESH4: its header maps no symbol"),
        "{error}"
    );
    let path = written(&dir, "other.dbn", &header(Schema::Ohlcv1M, swapped()), &[bar(7, DAY_1, 1)]);
    let error = read_bars(&path, &of("ESH4")).expect_err("no bars").to_string();
    assert!(error.contains("its header maps ESH4, NQH4 to instruments"), "{error}");
    let path = written::<OhlcvMsg>(&dir, "none.dbn", &header(Schema::Ohlcv1M, swapped()), &[]);
    let error = read_bars(&path, &of("ESH4")).expect_err("no bars");
    assert!(matches!(error, BarFileError::Dbn(FileError::Empty { .. })), "{error}");
    let csv = dir.path().join("bars.csv");
    let text = "ts_event,open,high,low,close,volume,symbol\n1710374400000000000,1,1,1,1,1,ESH4\n";
    std::fs::write(&csv, text).expect("written");
    let error = read_bars(&csv, &of("CLJ4")).expect_err("no bars").to_string();
    assert!(error.contains("has no bars of CLJ4, but of ESH4"), "{error}");
    std::fs::write(&csv, "ts_event,open,high,low,close,volume\n").expect("written");
    let error = read_bars(&csv, &of("CLJ4")).expect_err("no bars").to_string();
    assert!(error.contains("has no bars: it ends after its header"), "{error}");
    let one = text.replace(",symbol", "").replace(",ESH4", "");
    std::fs::write(&csv, one).expect("written");
    let error = read_bars(&csv, &of("ESH4")).expect_err("how long?").to_string();
    assert!(error.contains("fewer than two bars"), "{error}");
}

#[test]
fn a_file_tells_until_the_end_that_was_asked_for_unless_its_limit_cut_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let told = |limit: Option<u64>| {
        let mut header = header(Schema::Trades, swapped());
        header.limit = limit.and_then(NonZeroU64::new);
        let path = written(&dir, "limit.dbn", &header, &[trade(100, DAY_1 + 1, 20_000)]);
        let mut file = DbnFile::open(path).expect("opens");
        while file.next_input().expect("sound").is_some() {}
        file.told_until()
    };
    assert_eq!(told(None), Some(UnixNanos(DAY_3)));
    assert_eq!(told(Some(2)), Some(UnixNanos(DAY_3)));
    assert_eq!(told(Some(1)), None);
}

#[test]
fn bars_without_prices_are_bad_to_everybody() {
    let dir = tempfile::tempdir().expect("a folder");
    let undefined = OhlcvMsg { close: dbn::UNDEF_PRICE, ..bar(100, DAY_1 + 60 * SECOND, 20_000) };
    let untimed = bar(100, dbn::UNDEF_TIMESTAMP, 20_000);
    let twice = bar(100, DAY_1, 20_000);
    for (bad, told) in [
        (undefined, "record 2, column close: the price is missing"),
        (untimed, "record 2, column ts_event: the time is missing"),
        (twice, "record 2, column ts_event: the bar before has the same time"),
    ] {
        let header = header(Schema::Ohlcv1M, swapped());
        let path = written(&dir, "bad.dbn", &header, &[bar(100, DAY_1, 20_000), bad]);
        let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
        assert!(!found.is_sound() && found.bad.iter().any(|bad| bad.contains(told)), "{found:?}");
        let error = read_bars(&path, &of("ESH4")).expect_err("bad rows").to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_record_without_a_time_moves_no_clock() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut untimed = trade(100, dbn::UNDEF_TIMESTAMP, 20_001);
    untimed.ts_recv = dbn::UNDEF_TIMESTAMP;
    let records = [trade(100, DAY_1 + 1, 20_000), untimed, trade(100, DAY_1 + 2, 20_002)];
    let path = written(&dir, "untimed.dbn", &header(Schema::Trades, swapped()), &records);
    let only = FeedInstrument::unchecked("ESH4", InstrumentId(0));
    let mut file = DbnFile::open(&path).expect("opens").with_instruments(&[only]);
    let mut times = Vec::new();
    while let Some(received) = file.next_input().expect("sound") {
        times.push(received.ts.0);
    }
    assert_eq!(times, [DAY_1 + 1, 0, DAY_1 + 2]);
    let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
    assert!(!found.is_sound() && found.bad[0].contains("record 2: it says neither"), "{found:?}");
}

fn order(at: u64, action: u8, side: u8, ticks: i64, order_id: u64, flags: u8) -> MboMsg {
    MboMsg {
        hd: RecordHeader::new::<MboMsg>(rtype::MBO, 1, 100, at),
        order_id,
        price: ticks * TICK,
        size: 1,
        flags: flags.into(),
        action: action as _,
        side: side as _,
        ts_recv: at,
        sequence: order_id as u32,
        ..MboMsg::default()
    }
}

#[test]
fn a_book_says_that_it_is_crossed_or_that_time_is_left_out_and_never_holds_two_contracts() {
    let dir = tempfile::tempdir().expect("a folder");
    let last = dbn::flags::LAST;
    let day = |start, end| {
        let mut header =
            header(Schema::Mbo, vec![mapping("ES.c.0", &[(14, 15, 100), (15, 17, 200)])]);
        header.stype_in = Some(SType::Continuous);
        (header.start, header.end) = (start, NonZeroU64::new(end));
        header
    };
    let first = [
        order(DAY_1, b'R', b'N', 0, 0, last),
        order(DAY_1 + 1, b'A', b'B', 20_001, 1, last),
        order(DAY_1 + 2, b'A', b'A', 20_000, 2, last),
    ];
    let path = written(&dir, "crossed.dbn", &day(DAY_1, DAY_2), &first);
    let book = build_book([&path], None, 64).expect("a book");
    assert!(book.crossed && book.complete, "{book:?}");
    assert_eq!((book.orders, book.instrument_id), (2, 100));
    let mut bid = order(DAY_2 + 5, b'A', b'B', 20_200, 3, last);
    bid.hd.instrument_id = 200;
    let next = written(&dir, "next.dbn", &day(DAY_2, DAY_3), &[bid.clone()]);
    let book = build_book([&path, &next], None, 64).expect("a book");
    assert_eq!((book.orders, book.instrument_id, book.complete), (1, 200, false), "{book:?}");
    let bid = order(DAY_1 + 50 * SECOND, b'A', b'B', 19_000, 3, last);
    let later = written(&dir, "later.dbn", &day(DAY_1 + 40 * SECOND, DAY_2), &[bid]);
    let short = written(&dir, "short.dbn", &day(DAY_1, DAY_1 + 30 * SECOND), &first);
    let book = build_book([&short, &later], None, 64).expect("a book");
    assert!(!book.complete, "ten seconds are not told of");
    let other = written(
        &dir,
        "other.dbn",
        &day(DAY_1, DAY_2),
        &[{
            let mut other = order(DAY_1, b'A', b'B', 1, 1, last);
            other.hd.instrument_id = 7;
            other
        }],
    );
    let error = build_book([&other], None, 64).expect_err("no book");
    assert!(matches!(error, BookError::File(FileError::NothingOf { .. })), "{error}");
}

#[test]
fn what_is_no_dbn_with_a_header_is_told_for_what_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let record = trade(100, DAY_1, 20_000);
    let record: &[u8] = record.as_ref();
    let dbz = [&b"\x51\x2a\x4d\x18\x04\0\0\0DBZ\0"[..], &[0; 40]].concat();
    let path = dir.path().join("file");
    for (bytes, told) in [(record, "without their header"), (&dbz, "of the form DBZ")] {
        std::fs::write(&path, bytes).expect("written");
        let opened = DbnFile::open(&path).err().expect("refused").to_string();
        let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect_err("refused");
        let bars = read_bars(&path, &of("ESH4")).expect_err("refused").to_string();
        for error in [opened, found.to_string(), bars] {
            assert!(error.contains(told), "{told}: {error}");
        }
    }
}

#[test]
fn lean_files_of_hours_and_days_are_told_as_such_whatever_a_contract_has() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("es.zip");
    let zip = |entries: &[(&str, &str)]| {
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).expect("created"));
        for (name, text) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("begun");
            std::io::Write::write_all(&mut zip, text.as_bytes()).expect("written");
        }
        zip.finish().expect("finished");
    };
    let day = |day: &str| format!("{day} 00:00,1,2,1,2,5\n");
    // The contract that comes last has one bar, another two that are not neighbours, and one none.
    let days = [day("20131007"), day("20131009")].concat();
    let one = day("20131010");
    zip(&[
        ("es_trade_201312.csv", &days),
        ("es_trade_201403.csv", ""),
        ("es_trade_201406.csv", &one),
    ]);
    let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
    assert_eq!(found.schema, "ohlcv, 86400 s");
    assert!(found.instruments.iter().all(|one| one.bar_seconds == Some(86_400)), "{found:?}");
    assert_eq!(read_bars(&path, &of("ESM14")).expect("bars").seconds, 86_400);
    zip(&[("es_trade_201312.csv", &one), ("es_trade_201403.csv", "20131007 09:00,1,2,1,2,5\n")]);
    let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
    assert_eq!(found.schema, "ohlcv, 3600 s");
    zip(&[("20131007_es_second_trade_201312.csv", "0,1,2,1,2,5\n1000,1,2,1,2,5\n")]);
    let found = inspect(&path, &BarOptions::default(), &mut |_| {}).expect("inspects");
    assert_eq!((found.schema.as_str(), found.bad_rows), ("ohlcv, 1 s", 0));
}
