use super::*;
use proptest::prelude::*;
use std::io::{Cursor, Write};

const HEADER: &str = "ts_event,open,high,low,close,volume\n";

fn shared(name: &str) -> Option<PathBuf> {
    gauntlet_testkit::recorded(&format!("cme/{name}"))
}

fn open(text: impl Into<Vec<u8>>, options: &BarOptions) -> Result<BarReader, BarFileError> {
    BarReader::read(Path::new("file.csv"), Cursor::new(text.into()), options)
}

fn rows(text: impl Into<Vec<u8>>) -> Vec<Result<FileBar, String>> {
    let options = BarOptions { seconds: Some(60), ..BarOptions::default() };
    let reader = open(text, &options).expect("a file of bars");
    reader.map(|row| row.map_err(|bad| bad.to_string())).collect()
}

fn whole(text: &str) -> Vec<FileBar> {
    rows(text).into_iter().map(|row| row.expect("a good row")).collect()
}

fn bar(minute: u64, prices: [i64; 4], volume: u64) -> FileBar {
    let [open, high, low, close] = prices.map(|price| Price(price * 250_000_000));
    let ts_open = UnixNanos((1_704_205_800 + 60 * minute) * NANOS_PER_SECOND);
    FileBar { ts_open, open, high, low, close, volume }
}

#[test]
fn columns_come_in_any_order_and_others_are_passed_over() {
    let text = "\u{feff}Volume,rtype,LOW,high,open,\"close\",ts_event\r\n\
                3,33,1.0,2,\"1.5\",1.75,1704205800000000000\r\n\
                \r\n\
                4,33,1.0,2, 1.5 ,1.75,2024-01-02T09:31:00-05:00,more\r\n";
    assert_eq!(whole(text), [bar(0, [6, 8, 4, 7], 3), bar(1, [6, 8, 4, 7], 4)]);
}

#[test]
fn each_bad_row_is_named_with_its_place_and_what_to_do_and_the_others_are_read() {
    let good =
        |minute: u64| format!("{},1,2,1,2,5\n", (1_704_205_800 + 60 * minute) * NANOS_PER_SECOND);
    for (row, told) in [
        ("1704205860000000000,1,2,1", "line 3: the row has 4 fields and needs 6"),
        (
            "yesterday,1,2,1,2,5",
            "line 3, column ts_event: \"yesterday\" is no time: write RFC 3339",
        ),
        ("1704205860,1,2,1,2,5", "column ts_event: 1704205860 nanoseconds are in 1970"),
        ("2024-01-02T14:31:00,1,2,1,2,5", "does not say its offset: add Z"),
        ("1704205860000000000,1,two,1,2,5", "line 3, column high: \"two\" is no number"),
        ("1704205860000000000,1,2,1e0,2,5", "column low: \"1e0\" is no number"),
        ("1704205860000000000,1,2,1,1.0000000001,5", "column close: \"1.0000000001\" is finer"),
        ("1704205860000000000,1,2,4791250000000000,2,5", "are whole units such as 4791.25"),
        ("1704205860000000000,1,2,1,2,-5", "column volume: the volume -5 is negative"),
        ("1704205860000000000,1,2,1,2,0.5", "column volume: the volume 0.5 is not a whole number"),
        ("1704205860000000000,2,1,2,2,5", "column high: the high 1 is below the low 2"),
        (
            "1704205860000000000,3,2,1,2,5",
            "column open: 3 lies outside of the bar's low 1 and high 2",
        ),
        ("1704205860000000000,1,2,1,0.5,5", "column close: 0.5 lies outside"),
        ("1704205861000000000,1,2,1,2,5", "column ts_event: a bar of 60 s does not begin then"),
        ("1704205800000000000,1,2,1,2,5", "column ts_event: the bar before has the same time"),
        ("1704205740000000000,1,2,1,2,5", "column ts_event: the bar before is later: sort"),
    ] {
        let rows = rows(format!("{HEADER}{}{row}\n{}", good(0), good(2)));
        assert_eq!(rows.len(), 3, "{row}");
        let Err(bad) = &rows[1] else { panic!("{row} was taken") };
        assert!(bad.contains(told), "{row}: {bad}");
        assert!(rows[0].is_ok() && rows[2].is_ok(), "{row}");
    }
}

#[test]
fn a_file_with_bad_rows_is_refused_whole_and_says_how_many_more_there_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("bars.csv");
    let bad = "1704205800000000000,1,2,1,x,5\n".repeat(12);
    std::fs::write(&path, format!("{HEADER}{bad}")).expect("written");
    let error = read_bars(&path, &BarOptions::default()).expect_err("bad rows").to_string();
    for told in ["bars.csv: line 2, column close", "line 11, column close", "and 2 more bad rows"] {
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn what_is_no_file_of_bars_is_told_so() {
    for (text, told) in [
        ("", "it is empty"),
        ("a,b,c\n", "its first line names no column ts_event"),
        ("ts_event,open,high,low,close\n", "names no column volume"),
        ("PK\x03\x04rest", "holds no bars"),
        ("DBN\x03", "header"),
    ] {
        let error = open(text, &BarOptions::default()).err().expect("no bars").to_string();
        assert!(error.contains(told), "{text:?}: {error}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    for path in [dir.path().join("none.csv"), dir.path().to_owned()] {
        let error = BarReader::open(path, &BarOptions::default()).err().expect("no file");
        assert!(error.to_string().contains("cannot read"), "{error}");
    }
}

#[test]
fn a_line_without_end_is_passed_over_in_bounded_memory() {
    let long = "9".repeat(3 * lines::LINE_MAX);
    let text = format!("{HEADER}{long}\n1704205800000000000,1,2,1,2,5\n{long}");
    let rows = rows(text);
    assert_eq!(rows.len(), 3);
    for (at, place) in [(0, "line 2"), (2, "line 4")] {
        let bad = rows[at].as_ref().expect_err("too long");
        assert!(bad.contains(place) && bad.contains("longer than 4096 bytes"), "{bad}");
    }
    assert!(rows[1].is_ok());
    assert!(self::rows([HEADER.as_bytes(), b"\xff\xff\n"].concat())[0].is_err());
}

#[test]
fn the_length_of_bars_is_found_or_asked_for() {
    let text = |seconds: u64| {
        let row =
            |at: u64| format!("{},1,2,1,2,5\n", (1_704_153_600 + at * seconds) * NANOS_PER_SECOND);
        // A silent stretch between the second row and the third.
        [HEADER.to_owned(), row(0), row(1), row(7)].concat()
    };
    for seconds in [1, 60, 300, 900, 1_800, 3_600, 14_400, 86_400] {
        let reader = open(text(seconds), &BarOptions::default()).expect("bars");
        assert_eq!(u64::from(reader.seconds()), seconds);
        assert_eq!(reader.filter(Result::is_ok).count(), 3);
    }
    let error = open(text(120), &BarOptions::default()).err().expect("an odd length").to_string();
    assert!(error.contains("rows are 120 s apart") && error.contains("name the length"), "{error}");
}

#[test]
fn a_file_of_several_symbols_is_read_for_one_of_them() {
    let text = "ts_event,open,high,low,close,volume,symbol\n\
                1704205800000000000,1,2,1,2,5,ESH4\n\
                1704205800000000000,9,9,9,9,5,NQH4\n\
                1704205860000000000,1,2,1,2,5,ESH4\n";
    let options =
        |symbol: &str| BarOptions { symbol: Some(symbol.into()), ..BarOptions::default() };
    for (symbol, count) in [("ESH4", 2), ("NQH4", 1), ("CLH4", 0)] {
        let reader = open(text, &options(symbol)).expect("bars");
        assert_eq!(reader.symbol(), Some(symbol));
        assert_eq!(reader.filter(Result::is_ok).count(), count);
    }
    let reader = open(text, &BarOptions::default()).expect("bars");
    assert_eq!(reader.symbol(), Some("ESH4"));
    let bad: Vec<String> = reader.filter_map(|row| Some(row.err()?.to_string())).collect();
    assert_eq!(bad.len(), 1);
    assert!(bad[0].contains("line 3, column symbol: the row is of NQH4"), "{bad:?}");
}

#[test]
fn a_compressed_file_that_is_cut_short_says_so_after_its_last_row() {
    let row = |at: u64| format!("{},1,2,1,2,5\n", (1_704_205_800 + 60 * at) * NANOS_PER_SECOND);
    let text: String = std::iter::once(HEADER.to_owned()).chain((0..5_000).map(row)).collect();
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("compresses");
    let bytes = gzip.finish().expect("compresses");
    assert_eq!(rows(bytes.clone()).into_iter().filter(Result::is_ok).count(), 5_000);
    let cut = rows(&bytes[..bytes.len() / 2]);
    assert!(cut.len() > 100);
    let last = cut.last().expect("rows").as_ref().expect_err("cut short");
    assert!(last.contains("it may be cut short") || last.contains("may be cut short"), "{last}");
}

#[test]
fn the_recorded_month_of_6eh4_is_stamped_at_the_ends_of_its_minutes() {
    let Some(path) = shared("6eh4-202401.ohlcv-1m.csv.gz") else { return };
    let options = BarOptions { stamp: Stamp::Close, ..BarOptions::default() };
    let bars = read_bars(&path, &options).expect("a good file");
    assert_eq!((bars.seconds, bars.bars.len()), (60, 29_996));
    let first = FileBar {
        ts_open: UnixNanos(1_704_150_000 * NANOS_PER_SECOND),
        open: Price(1_107_600_000),
        high: Price(1_107_850_000),
        low: Price(1_107_600_000),
        close: Price(1_107_800_000),
        volume: 205,
    };
    // CME opened at 18:00 New York on New Year's Day, 23:00 UTC: so the first row's 23:01 is an end.
    assert_eq!(bars.bars[0], first);
    let calendar = gauntlet_core::calendar::Calendar::of_product("6E");
    let full = gauntlet_core::input::SessionMode::Full24x5;
    let in_session = |bar: &FileBar| calendar.session_at(full, bar.ts_open).is_some();
    assert!(bars.bars.iter().all(in_session));
    let open = read_bars(&path, &BarOptions::default()).expect("a good file");
    assert!(!open.bars.iter().all(in_session));
}

#[test]
fn the_recorded_lean_files_are_read_by_contract() {
    let minute = shared("es-20131007.minute-trade.lean.zip");
    let daily = shared("es.daily-trade.lean.zip");
    let quotes = shared("es-20200106.minute-quote.lean.zip");
    let (Some(minute), Some(daily), Some(quotes)) = (minute, daily, quotes) else { return };
    let of = |symbol: &str| BarOptions { symbol: Some(symbol.into()), ..BarOptions::default() };
    let bars = read_bars(&minute, &of("ESZ3")).expect("a good file");
    assert_eq!((bars.symbol.as_deref(), bars.seconds), (Some("ESZ13"), 60));
    let midnight = 1_381_104_000;
    assert_eq!(bars.bars[0].ts_open, UnixNanos(midnight * NANOS_PER_SECOND));
    assert_eq!(bars.bars[0].open, Price(1_676_500_000_000));
    assert_eq!(bars.bars.len(), 1_344);
    let days = read_bars(&daily, &of("ESZ13")).expect("a good file");
    assert_eq!(days.seconds, 86_400);
    assert!(days.bars.iter().any(|bar| bar.ts_open.0 == midnight * NANOS_PER_SECOND));
    let error = read_bars(&minute, &BarOptions::default()).expect_err("three contracts");
    assert!(error.to_string().contains("has ESZ13, ESH14, ESM14: name one"), "{error}");
    let error = read_bars(&minute, &of("NQZ3")).expect_err("no such contract");
    assert!(matches!(error, BarFileError::Symbol { .. }), "{error}");
    let error = read_bars(&quotes, &of("ESH20")).expect_err("quotes");
    assert!(error.to_string().contains("it holds quotes"), "{error}");
}

/// CME's break tells the time zone: 17:00 to 18:00 in New York is 22:00 to 23:00 UTC in winter.
#[test]
fn lean_files_are_in_utc() {
    let Some(path) = shared("es-20200106.minute-trade.lean.zip") else { return };
    let options = BarOptions { symbol: Some("ESH20".into()), ..BarOptions::default() };
    let bars = read_bars(&path, &options).expect("a good file");
    let calendar = gauntlet_core::calendar::Calendar::of_product("ES");
    let full = gauntlet_core::input::SessionMode::Full24x5;
    assert!(bars.bars.iter().all(|bar| calendar.session_at(full, bar.ts_open).is_some()));
}

#[test]
fn the_recorded_dbn_bars_are_read_by_symbol() {
    let bars = shared("esu4-nqu4-20240701.ohlcv-1m.dbn.zst");
    let trades = shared("esu4-20240701.trades.dbn.zst");
    let (Some(bars), Some(trades)) = (bars, trades) else { return };
    let error = read_bars(&bars, &BarOptions::default()).expect_err("two symbols").to_string();
    assert!(error.contains("ESU4") && error.contains("NQU4"), "{error}");
    let of = |symbol: &str| BarOptions { symbol: Some(symbol.into()), ..BarOptions::default() };
    let (es, nq) = (read_bars(&bars, &of("ESU4")), read_bars(&bars, &of("NQU4")));
    let (es, nq) = (es.expect("a good file"), nq.expect("a good file"));
    assert_eq!((es.seconds, nq.seconds), (60, 60));
    assert!(!es.bars.is_empty() && !nq.bars.is_empty() && es.bars[0] != nq.bars[0]);
    let error = read_bars(&trades, &BarOptions::default()).expect_err("trades").to_string();
    assert!(error.contains("holds trades"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn bars_read_back_as_they_were_written(
        bars in prop::collection::vec((1u64..500, any::<[i32; 4]>(), any::<u64>()), 1..60),
        nanos: bool,
        gzip: bool,
    ) {
        let mut minute = 0;
        let bars: Vec<FileBar> = bars
            .into_iter()
            .map(|(step, mut prices, volume)| {
                minute += step;
                prices.sort_unstable();
                let [low, open, close, high] = prices.map(|price| i64::from(price) * 1_000_003);
                let bar = bar(minute, [0; 4], volume);
                let (open, high) = (Price(open), Price(high));
                FileBar { open, high, low: Price(low), close: Price(close), ..bar }
            })
            .collect();
        let mut text = HEADER.to_owned();
        for bar in &bars {
            let FileBar { ts_open, open, high, low, close, volume } = bar;
            let time = if nanos { ts_open.0.to_string() } else { ts_open.to_string() };
            text += &format!("{time},{open},{high},{low},{close},{volume}\n");
        }
        let mut bytes = text.into_bytes();
        if gzip {
            let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
            encoder.write_all(&bytes).expect("compresses");
            bytes = encoder.finish().expect("compresses");
        }
        let read: Result<Vec<FileBar>, String> = rows(bytes).into_iter().collect();
        prop_assert_eq!(read, Ok(bars));
    }

    #[test]
    fn no_bytes_are_too_odd(
        magic in prop::sample::select(vec![
            &b""[..],
            HEADER.as_bytes(),
            b"PK\x03\x04",
            b"DBN\x01",
            b"\x1f\x8b",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        if let Ok(reader) = open([magic, &rest].concat(), &BarOptions::default()) {
            prop_assert!(reader.count() <= rest.len());
        }
    }
}
