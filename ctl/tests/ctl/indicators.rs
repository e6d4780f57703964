//! `ctl indicators`.

use crate::fixture::{recorded, run};
use std::path::{Path, PathBuf};

/// Twenty minutes whose closes rise by one from 101, then stay.
fn bars(dir: &Path) -> PathBuf {
    let mut text = "ts_event,open,high,low,close,volume\n".to_owned();
    for minute in 0..20 {
        let close = 101 + minute.min(15);
        let (high, low) = (close + 1, close - 1);
        text += &format!("2024-01-02T15:{minute:02}:00Z,{close},{high},{low},{close},{minute}\n");
    }
    let file = dir.join("bars.csv");
    std::fs::write(&file, text).expect("written");
    file
}

#[test]
fn all_indicators_are_listed_with_what_they_take_and_give() {
    let list = run(["indicators", "list", "--json"]);
    assert_eq!(list.code, 0, "{list}");
    let list = list.json();
    let kinds = list["indicators"].as_array().expect("an array");
    let classic = kinds.iter().filter(|kind| kind["class"] == "indicator");
    assert_eq!(classic.count(), 18);
    let macd = kinds.iter().find(|kind| kind["name"] == "macd").expect("listed");
    assert_eq!(macd["first_value"], 34);
    assert_eq!(macd["parameters"][1]["default"], 26.0);
    assert_eq!(macd["lines"][2]["name"], "histogram");
    assert!(list["features"].as_array().is_some_and(|features| features.len() >= 32));
    let text = run(["indicators", "list"]).out;
    assert!(text.contains("slow 26 (2 to 1000)") && text.contains("trade_imbalance_20"), "{text}");
}

#[test]
fn values_are_printed_as_csv_and_are_empty_while_there_are_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = bars(dir.path());
    let file = file.to_str().expect("UTF-8");
    let sma = run(["indicators", "run", "sma", "--period", "3", "--bars", file]);
    let rows: Vec<&str> = sma.out.lines().collect();
    assert_eq!(sma.code, 0, "{sma}");
    assert_eq!(rows.len(), 21);
    assert_eq!(rows[..2], ["ts_event,sma", "2024-01-02T15:00:00.000000000Z,"]);
    assert_eq!(rows[3], "2024-01-02T15:02:00.000000000Z,102");
    let volume =
        run(["indicators", "run", "MEAN", "--period", "2", "--source", "volume", "--bars", file]);
    assert_eq!(volume.out.lines().last(), Some("2024-01-02T15:19:00.000000000Z,18.5"));
    let bands = run([
        "indicators",
        "run",
        "bb",
        "--period",
        "4",
        "--sigma",
        "1.5",
        "--line",
        "upper,percent_b",
        "--bars",
        file,
    ]);
    let rows: Vec<&str> = bands.out.lines().collect();
    assert_eq!(rows[0], "ts_event,upper,percent_b");
    assert_eq!(rows[20], "2024-01-02T15:19:00.000000000Z,116,0.5");
}

#[test]
fn with_json_each_bar_is_an_object() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = bars(dir.path());
    let file = file.to_str().expect("UTF-8");
    let rsi = run(["indicators", "run", "rsi", "--bars", file, "--json"]);
    let rows: Vec<serde_json::Value> =
        rsi.out.lines().map(|row| serde_json::from_str(row).expect("JSON")).collect();
    assert_eq!(rows.len(), 20);
    assert_eq!(rows[13]["rsi"], serde_json::Value::Null);
    assert_eq!(
        (&rows[14]["rsi"], &rows[14]["ts_event"]),
        (&100.0.into(), &"2024-01-02T15:14:00.000000000Z".into())
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = bars(dir.path());
    let file = file.to_str().expect("UTF-8");
    for (args, words) in [
        (&["nothing"][..], "ctl indicators list"),
        (&["rsi", "--fast", "3"][..], "rsi has no parameter fast: it has period"),
        (&["rsi", "--period", "1"][..], "period must be from 2 to 1000, not 1"),
        (&["rsi", "--line", "signal"][..], "rsi has no line signal: it has rsi"),
        (&["atr", "--source", "volume"][..], "leave --source out"),
        (&["rsi", "--source", "bid"][..], "hlc3"),
        (&["book_imbalance"][..], "does not tell"),
        (&["vwap", "--session", "NIGHT"][..], "RTH_US"),
        (&["vwap"][..], "--symbol"),
    ] {
        let all = [&["indicators", "run"], args, &["--bars", file]].concat();
        let wrong = run(&all);
        assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{wrong}");
        assert!(wrong.err.contains(words), "{words}: {wrong}");
    }
    let absent = run(["indicators", "run", "rsi", "--bars", "absent.csv"]);
    assert_eq!(absent.code, 1);
    assert!(absent.err.contains("absent.csv"), "{absent}");
}

#[test]
fn recorded_bars_give_what_ta_lib_gives() {
    let Some(bars) = recorded("6eh4-202401.ohlcv-1m.csv.gz") else { return };
    let rsi = run(["indicators", "run", "rsi", "--period", "14", "--bars", &bars]);
    let row = rsi.out.lines().nth(5_001).expect("a row");
    let value: f64 = row.split(',').nth(1).expect("a value").parse().expect("a number");
    assert!((value - RSI_14_AT_5000).abs() < 1e-9, "{row}");
    let vwap = run([
        "indicators",
        "run",
        "vwap",
        "--session",
        "RTH_US",
        "--symbol",
        "6EH4",
        "--bars",
        &bars,
    ]);
    let (with, without): (Vec<&str>, Vec<&str>) =
        vwap.out.lines().skip(1).partition(|row| !row.ends_with(','));
    assert!(with.len() > 7_000 && without.len() > 20_000, "{} {}", with.len(), without.len());
}

/// RSI of 14 at the bar 5,000, from TA-Lib's C library.
const RSI_14_AT_5000: f64 = 67.1363536053932;
