//! LEAN's zip files of futures, written from generated bars.

use super::{Folder, at};
use dbn::Schema;
use gauntlet_feeds::{BarFileError, BarOptions, FileBar, inspect, read_bars};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_venue::generated::files::{FileConfig, Length};
use std::io::Write;
use std::path::PathBuf;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;
/// Tuesday, 17 November 2026.
const DAY: &str = "20261117";

fn of(symbol: &str) -> BarOptions {
    BarOptions { symbol: Some(symbol.into()), ..BarOptions::default() }
}

/// A UTC day of two contracts: each one's name in LEAN's way, and its minutes.
fn day(folder: &Folder) -> [(&'static str, Vec<FileBar>); 2] {
    let config = FileConfig {
        symbols: vec!["ESZ6".to_owned(), "ESH7".to_owned()],
        start: Some(at("2026-11-17T00:00:00Z")),
        length: Length::Until(at("2026-11-18T00:00:00Z")),
        rate: 1.0,
        ..FileConfig::new("ESZ6", Schema::Ohlcv1M)
    };
    let path = folder.write("es.dbn", &config);
    [("202612", "ESZ6"), ("202703", "ESH7")]
        .map(|(month, symbol)| (month, read_bars(&path, &of(symbol)).expect("a good file").bars))
}

fn zip(folder: &Folder, name: &str, entries: &[(String, String)]) -> PathBuf {
    let path = folder.0.path().join(name);
    let mut zip = ZipWriter::new(std::fs::File::create(&path).expect("made"));
    for (name, text) in entries {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).expect("an entry");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("written");
    path
}

fn row(time: &str, bar: &FileBar) -> String {
    let FileBar { open, high, low, close, volume, .. } = bar;
    format!("{time},{open},{high},{low},{close},{volume}\n")
}

fn minutes(folder: &Folder, kind: &str) -> PathBuf {
    let entries = day(folder).map(|(month, bars)| {
        let rows = bars.iter().map(|bar| {
            let milliseconds = bar.ts_open.0 % NANOS_PER_DAY / 1_000_000;
            row(&milliseconds.to_string(), bar)
        });
        (format!("{DAY}_es_minute_{kind}_{month}.csv"), rows.collect())
    });
    zip(folder, &format!("{DAY}_{kind}.zip"), &entries)
}

#[test]
fn minutes_are_read_by_contract_and_are_in_utc() {
    let folder = Folder::new();
    let path = minutes(&folder, "trade");
    for (symbol, long) in [("ESZ6", "ESZ26"), ("ESH7", "ESH27")] {
        let bars = read_bars(&path, &of(symbol)).expect("a good file");
        assert_eq!((bars.symbol.as_deref(), bars.seconds), (Some(long), 60));
        let written = read_bars(folder.0.path().join("es.dbn"), &of(symbol)).expect("a good file");
        assert_eq!(bars.bars, written.bars);
        let calendar = Calendar::of_product("ES");
        let is_open = |bar: &FileBar| calendar.session_at(SessionMode::Full24x5, bar.ts_open);
        assert!(bars.bars.iter().all(|bar| is_open(bar).is_some()));
    }
    let error = read_bars(&path, &BarOptions::default()).expect_err("two contracts").to_string();
    assert!(error.contains("ESZ26, ESH27: name one"), "{error}");
    let error = read_bars(&path, &of("NQZ6")).expect_err("no such contract");
    assert!(matches!(error, BarFileError::Symbol { .. }), "{error}");
}

#[test]
fn quotes_are_refused_and_holes_are_told_in_session_time_alone() {
    let folder = Folder::new();
    let quotes = minutes(&folder, "quote");
    let error = read_bars(&quotes, &of("ESZ6")).expect_err("quotes").to_string();
    assert!(error.contains("it holds quotes"), "{error}");
    let hours = [at("2026-11-17T15:00:00Z"), at("2026-11-17T16:00:00Z")];
    let kept = |bar: &&FileBar| bar.ts_open < hours[0] || bar.ts_open >= hours[1];
    let [(month, bars), _] = day(&Folder::new());
    let rows = bars.iter().filter(kept).map(|bar| {
        let milliseconds = bar.ts_open.0 % NANOS_PER_DAY / 1_000_000;
        row(&milliseconds.to_string(), bar)
    });
    let entry = (format!("{DAY}_es_minute_trade_{month}.csv"), rows.collect());
    let path = zip(&folder, "holed.zip", &[entry]);
    let found = inspect(&path, &of("ESZ6"), &mut |_| {}).expect("readable");
    let longest = &found.instruments[0].longest_holes[0];
    // The break from 22:00 to 23:00 UTC is longer than it, but for a second, and is none.
    assert_eq!(
        (longest.from.as_str(), longest.seconds),
        ("2026-11-17T15:00:00.000000000Z", 3_600.0)
    );
}

#[test]
fn days_are_read_with_their_dates() {
    let folder = Folder::new();
    let [(month, bars), _] = day(&folder);
    let first = &bars[0];
    let rows: String =
        ["20261116 00:00", "20261117 00:00", "20261118 00:00"].map(|day| row(day, first)).concat();
    let path = zip(&folder, "daily.zip", &[(format!("es_trade_{month}.csv"), rows)]);
    let days = read_bars(&path, &of("ESZ6")).expect("a good file");
    assert_eq!((days.seconds, days.bars.len()), (86_400, 3));
    let second = UnixNanos(at("2026-11-17T00:00:00Z").0);
    assert!(days.bars.iter().any(|bar| bar.ts_open == second));
}
