//! `ctl data generate`, and that every command which reads market data reads what it wrote.

use crate::fixture::{Ran, arg, run};
use serde_json::Value;
use std::path::{Path, PathBuf};

const MORNING: [&str; 6] =
    ["--start", "2026-11-17T14:00:00Z", "--end", "2026-11-17T15:30:00Z", "--rate", "2"];

fn good(args: &[&str]) -> Ran {
    let ran = run(args);
    assert_eq!(ran.code, 0, "{ran}");
    ran
}

/// Writes a file and returns its path and what was told of it.
fn generate(dir: &Path, name: &str, more: &[&str]) -> (PathBuf, Value) {
    let path = dir.join(name);
    let command = ["data", "generate", "--json", "--out", arg(&path)];
    let told = good(&[&command[..], more].concat()).json();
    (path, told)
}

/// A New York morning of ESZ6.
fn morning(dir: &Path, name: &str, schema: &str, more: &[&str]) -> (PathBuf, Value) {
    let what = ["--symbol", "ESZ6", "--schema", schema];
    generate(dir, name, &[&what[..], &MORNING, more].concat())
}

#[test]
fn the_same_arguments_give_the_same_bytes_and_the_summary_tells_what_they_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, told) = morning(dir.path(), "one.dbn", "trades", &[]);
    let (two, _) = morning(dir.path(), "two.dbn", "trades", &[]);
    let (other, _) = morning(dir.path(), "other.dbn", "trades", &["--seed", "2"]);
    let read = |path: &Path| std::fs::read(path).expect("there");
    assert_eq!(read(&one), read(&two));
    assert_ne!(read(&one), read(&other));
    assert_eq!(told["bytes"], read(&one).len());
    assert_eq!((&told["schema"], &told["seed"]), (&"trades".into(), &1.into()));
    assert_eq!(told["contracts"][0]["contract"], "ESZ6");
    assert!(told["records"].as_u64() > Some(100));
}

#[test]
fn inspect_and_bars_read_every_schema_and_agree() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut of_trades = String::new();
    for schema in ["trades", "mbp-1", "mbo", "ohlcv-1m"] {
        let (path, told) = morning(dir.path(), &format!("es.{schema}.dbn.zst"), schema, &[]);
        let found = good(&["data", "inspect", arg(&path), "--json"]).json();
        assert_eq!((&found["schema"], &found["records"]), (&schema.into(), &told["records"]));
        assert_eq!(found["instruments"][0]["symbol"], "ESZ6");
        let bars = ["data", "bars", arg(&path), "--timeframe", "5m", "--csv"];
        let bars = good(&bars).out;
        assert!(bars.lines().count() > 12, "{schema}: {bars}");
        if of_trades.is_empty() {
            of_trades.clone_from(&bars);
        }
        let whole = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
        let (ours, theirs) = (whole(&bars), whole(&of_trades));
        let both = ours.len().min(theirs.len());
        assert_eq!(ours[ours.len() - both..], theirs[theirs.len() - both..], "{schema}");
    }
    let (path, _) = morning(dir.path(), "es.csv", "ohlcv-1m", &[]);
    let found = good(&["data", "inspect", arg(&path), "--json"]).json();
    assert_eq!(
        (&found["format"], &found["instruments"][0]["symbol"]),
        (&"csv".into(), &"ESZ6".into())
    );
}

#[test]
fn the_book_the_indicators_and_the_look_ahead_check_read_generated_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let (orders, _) = morning(dir.path(), "es.mbo.dbn.zst", "mbo", &[]);
    let book = good(&["data", "book", arg(&orders), "--json"]).json();
    let price = |side: &str| book[side].as_f64().expect(side);
    assert!(price("bid") < price("ask"), "{book}");
    let days = ["--symbol", "ESZ6", "--days", "2", "--rate", "0.3"];
    let (bars, _) = generate(dir.path(), "es.csv.zst", &days);
    let rsi = good(&["indicators", "run", "rsi", "--bars", arg(&bars)]).out;
    let last = rsi.lines().last().expect("rows");
    let value: f64 = last.split(',').nth(1).expect("a value").parse().expect("a number");
    assert!((0.0..=100.0).contains(&value), "{last}");
    let rules = dir.path().join("mine.rules");
    let text = "strategy mine\nbars 1m\nsession FULL_24x5\nlong when rsi(14) < 40\nshort when rsi(14) > 60\n\
                stop 16 ticks\n";
    std::fs::write(&rules, text).expect("written");
    let proof = run(["rules", "lookahead", arg(&rules), "--bars", arg(&bars), "--symbol", "ESZ6"]);
    assert_eq!(proof.code, 0, "{proof}");
}

#[test]
fn a_roll_is_told_and_faults_are_where_they_were_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let span = ["--start", "2026-12-13T22:00:00Z", "--end", "2026-12-14T02:00:00Z"];
    let what = ["--symbol", "ES.c.0", "--rate", "1", "--fault", "gap@2026-12-14T00:30:00Z"];
    let (path, told) = generate(dir.path(), "es.dbn", &[&span[..], &what].concat());
    let contracts: Vec<&str> = told["contracts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|c| c["contract"].as_str())
        .collect();
    assert_eq!(contracts, ["ESZ6", "ESH7"]);
    assert_eq!(told["contracts"][0]["until"], told["contracts"][1]["from"]);
    assert_eq!(told["faults"][0]["at"], "2026-12-14T00:30:00.000000000Z");
    let found = good(&["data", "inspect", arg(&path), "--json"]).json();
    // The contract that the symbol rolled to has the gap.
    let holes = found["instruments"][1]["longest_holes"].as_array().expect("a list").clone();
    assert!(holes.iter().any(|hole| hole["from"].as_str() >= Some("2026-12-14T00:29")), "{found}");
    let text = run(["data", "generate", "--symbol", "ES.c.0", "--rate", "1", "--out"]
        .into_iter()
        .chain([arg(&dir.path().join("again.dbn"))])
        .chain(span));
    assert!(text.out.contains("ES.c.0 is ESH7 (10002) from 2026-12-14T00:00:00.000Z"), "{text}");
}

#[test]
fn what_cannot_be_written_is_refused_with_a_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let there = dir.path().join("there.dbn");
    std::fs::write(&there, b"mine").expect("written");
    let (there, new) = (arg(&there), dir.path().join("new.dbn"));
    let new = arg(&new);
    let short = &["--end", "2026-11-17T14:10:00Z", "--start", "2026-11-17T14:00:00Z"];
    for (args, code, told) in [
        (&["--symbol", "ESZ6", "--out", there][..], 1, "is there already"),
        (&["--symbol", "ESZ6", "--out", "es.txt"], 2, ".dbn.zst"),
        (&["--symbol", "ESQ6", "--out", new], 2, "its months are HMUZ"),
        (&["--symbol", "ESZ6", "--out", new, "--fault", "hole"], 2, "gap, stale, crossed"),
        (&["--symbol", "ESZ6", "--out", new, "--schema", "l2"], 2, "ohlcv-1m"),
        (&["--symbol", "ESZ6", "--out", "/no/such/folder/es.dbn"], 1, "make its folder first"),
    ] {
        let ran = run([&["data", "generate"], args, &short[..]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran}");
        assert!(ran.err.contains(told), "{told}: {ran}");
    }
    assert_eq!(std::fs::read(there).expect("there"), b"mine");
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1);
    let forced =
        run([&["data", "generate", "--symbol", "ESZ6", "--out", there, "--force"], &short[..]]
            .concat());
    assert_eq!(forced.code, 0, "{forced}");
    assert_ne!(std::fs::read(there).expect("there"), b"mine");
}
