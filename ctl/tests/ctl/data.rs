//! `ctl data inspect` and `ctl data bars`.

use crate::fixture::{Ran, recorded as shared, run};
use std::path::PathBuf;

fn good(args: &[&str]) -> Ran {
    let ran = run(args);
    assert_eq!(ran.code, 0, "{ran}");
    ran
}

fn written(dir: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn a_file_of_trades_is_told_by_instrument_type_span_and_prices() {
    let Some(file) = shared("esu4-20240701.mbp-1.dbn.zst") else { return };
    let found = good(&["data", "inspect", &file, "--json"]).json();
    assert_eq!((&found["schema"], &found["dataset"]), (&"mbp-1".into(), &"GLBX.MDP3".into()));
    assert_eq!(found["records"], 2_288);
    let es = &found["instruments"][0];
    assert_eq!((&es["symbol"], &es["records"]["mbp-1 trade"]), (&"ESU4".into(), &120.into()));
    assert_eq!(es["first"], "2024-07-01T23:58:01.218218853Z");
    assert_eq!((&es["low"], &es["high"]), (&"5528.5".into(), &"5529.5".into()));
    assert_eq!((&es["volume"], &es["holes"]), (&253.into(), &0.into()));
    let text = good(&["data", "inspect", &file]).out;
    assert!(text.contains("dbn version 1, mbp-1 of GLBX.MDP3, 2,288 records"), "{text}");
}

#[test]
fn holes_are_told_in_session_time_alone() {
    let Some(file) = shared("es-20200106.minute-trade.lean.zip") else { return };
    let found = good(&["data", "inspect", &file, "--symbol", "ESH20", "--json"]).json();
    let es = &found["instruments"][0];
    assert_eq!(
        (&found["format"], &es["symbol"], &es["holes"]),
        (&"lean".into(), &"ESH20".into(), &1.into())
    );
    // The exchange paused then until June 2021; the break from 22:00 to 23:00 is no hole.
    assert_eq!(es["longest_holes"][0]["from"], "2020-01-06T21:15:00.000000000Z");
    assert_eq!(es["longest_holes"][0]["seconds"], 900.0);
}

#[test]
fn bad_rows_and_damage_end_inspect_with_1_after_the_other_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "ts_event,open,high,low,close,volume\n\
                2024-01-02T14:30:00Z,1,2,1,2,5\n\
                2024-01-02T14:31:00Z,1,2,1,9,5\n";
    let bad = written(&dir, "bad.csv", text);
    let fine = written(&dir, "fine.csv", &text.replace('9', "2"));
    let absent = dir.path().join("absent.csv");
    let files = [&bad, &absent, &fine].map(|file| file.to_str().expect("UTF-8"));
    let ran = run(["data", "inspect", files[0], files[1], files[2]]);
    assert_eq!(ran.code, 1, "{ran}");
    let told = "bad: line 3, column close: 9 lies outside of the bar's low 1 and high 2: correct";
    assert!(ran.out.contains(told) && ran.out.contains("fine.csv: csv"), "{ran}");
    assert!(ran.err.contains("bad.csv is not sound") && ran.err.contains("absent.csv"), "{ran}");
}

#[test]
fn a_file_that_is_cut_short_is_told_of_up_to_there() {
    let Some(file) = shared("esh4-20231225.mbo.dbn.zst") else { return };
    let whole = std::fs::read(&file).expect("the file");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("cut.dbn.zst");
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    let ran = run(["data", "inspect", path.to_str().expect("UTF-8"), "--json"]);
    assert_eq!(ran.code, 1, "{ran}");
    let found: serde_json::Value = serde_json::from_str(ran.out.trim()).expect("JSON");
    assert!(found["records"].as_u64().is_some_and(|records| records > 10_000), "{ran}");
    let damaged = found["damaged"].as_str().expect("damage");
    assert!(damaged.contains("it may be cut short or damaged"), "{ran}");
}

#[test]
fn bars_of_trades_are_the_vendors_own() {
    let trades = shared("esu4-20240701.trades.dbn.zst");
    let quotes = shared("esu4-20240701.mbp-1.dbn.zst");
    let vendor = shared("esu4-nqu4-20240701.ohlcv-1m.dbn.zst");
    let (Some(trades), Some(quotes), Some(vendor)) = (trades, quotes, vendor) else { return };
    let bars = |file: &str| good(&["data", "bars", file, "--symbol", "ESU4", "--csv"]).out;
    let (of_trades, vendors) = (bars(&trades), bars(&vendor));
    assert_eq!(of_trades, bars(&quotes));
    assert_eq!((of_trades.lines().count(), vendors.lines().count()), (1 + 4, 1 + 30));
    for line in of_trades.lines() {
        assert!(vendors.lines().any(|vendors| vendors == line), "{line}");
    }
}

#[test]
fn a_day_of_orders_makes_bars_of_every_kind_with_their_tape() {
    let Some(file) = shared("esh4-20231225.mbo.dbn.zst") else { return };
    let quarter = ["data", "bars", &file, "--timeframe", "15m", "--csv"];
    let expected = "ts_event,open,high,low,close,volume\n\
        2023-12-25T23:00:00.000000000Z,4800.25,4808,4800.25,4807.75,2540\n\
        2023-12-25T23:15:00.000000000Z,4807.75,4810.75,4807.25,4810.5,3058\n\
        2023-12-25T23:30:00.000000000Z,4810.25,4811.25,4810,4811,2153\n\
        2023-12-25T23:45:00.000000000Z,4811.25,4811.75,4808.75,4810,2141\n";
    let ran = good(&quarter);
    assert_eq!(ran.out, expected);
    assert!(ran.err.starts_with("4 bars of 15m; a bar that the files do not tell"), "{ran}");
    let volume = good(&["data", "bars", &file, "--volume", "1000", "--json"]);
    let bars: Vec<serde_json::Value> =
        volume.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(bars.len(), 9);
    for bar in &bars {
        let told = |name: &str| bar[name].as_f64().expect(name);
        assert!(told("volume") >= 1_000.0 && told("trades") > 0.0 && told("bid_depth") > 0.0);
        assert!(told("buy_volume") + told("sell_volume") <= told("volume"));
        assert_eq!(bar["gap"], false);
    }
}

#[test]
fn bars_read_back_and_make_larger_ones() {
    let Some(file) = shared("6eh4-202401.ohlcv-1m.csv.gz") else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let minutes = good(&["data", "bars", &file, "--symbol", "6EH4", "--stamped", "close", "--csv"]);
    assert_eq!(minutes.out.lines().count(), 1 + 29_996);
    let again = written(&dir, "minutes.csv", &minutes.out);
    let again = again.to_str().expect("UTF-8");
    let hours = ["data", "bars", again, "--symbol", "6EH4", "--timeframe", "1h", "--csv"];
    let direct = [
        "data",
        "bars",
        &file,
        "--symbol",
        "6EH4",
        "--stamped",
        "close",
        "--timeframe",
        "1h",
        "--csv",
    ];
    assert_eq!(good(&hours).out, good(&direct).out);
    let days = ["data", "bars", again, "--symbol", "6EH4", "--timeframe", "1d", "--session", "RTH"];
    let days = good(&days).out;
    assert_eq!(days.lines().count(), 1 + 22, "{days}");
    assert!(days.contains("2024-01-02T14:30:00.000Z"), "{days}");
}

#[test]
fn what_no_bars_can_be_made_of_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "ts_event,open,high,low,close,volume\n\
                2024-01-02T14:00:00Z,1,2,1,2,5\n\
                2024-01-02T15:00:00Z,1,2,1,2,5\n";
    let hours = written(&dir, "hours.csv", text);
    let minutes = written(&dir, "minutes.csv", &text.replace("15:00", "14:01"));
    let files = [&hours, &minutes].map(|file| file.to_str().expect("UTF-8"));
    for (args, code, told) in [
        (&[files[0], "--symbol", "ESH4"][..], 1, "has bars of 3600 s"),
        (&[files[1]][..], 2, "name it with --symbol"),
        (&[files[1], "--symbol", "XXH4"][..], 2, "no contract of a product that is known"),
        (&[files[1], "--timeframe", "7m"][..], 2, "1m, 5m, 15m, 30m, 1h, 4h, 1d"),
        (&["absent.dbn"][..], 1, "absent.dbn"),
    ] {
        let ran = run(["data", "bars"].iter().chain(args));
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran}");
        assert!(ran.err.contains(told), "{told}: {ran}");
    }
}
