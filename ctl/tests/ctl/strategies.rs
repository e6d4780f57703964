//! `ctl strategies` and `ctl rules lookahead`.

use crate::fixture::{arg, run};
use std::fmt::Write;

/// Bars of two trading hours and a half, each day of a week of January 2024, that rise and fall.
fn bars() -> String {
    let mut text = String::from("ts_event,open,high,low,close,volume\n");
    let mut price = 20_000_i64;
    for day in 8..13 {
        for minute in 0..150_u64 {
            let (hour, minute_of_hour) = (14 + (30 + minute) / 60, (30 + minute) % 60);
            let step = ((minute * 37 + day * 11) % 13) as i64 - 6;
            let (open, close) = (price, price + step * 5);
            price = close;
            let (high, low) = (open.max(close) + 3, open.min(close) - 4);
            let quarters = |ticks: i64| ticks as f64 / 4.0;
            let [open, high, low, close] = [open, high, low, close].map(quarters);
            writeln!(
                text,
                "2024-01-{day:02}T{hour}:{minute_of_hour:02}:00Z,{open},{high},{low},{close},{}",
                100 + minute % 7
            )
            .expect("a string takes everything");
        }
    }
    text
}

#[test]
fn the_sixteen_are_listed_and_any_is_shown_by_whatever_name() {
    let all = run(["strategies", "list", "--json"]).json();
    assert_eq!(all.as_array().map(Vec::len), Some(16));
    let shown = run(["strategies", "show", "Opening Range"]);
    assert_eq!(shown.code, 0, "{shown}");
    assert!(shown.out.starts_with("orb_breakout\n  The first minutes after the open"), "{shown}");
    assert!(shown.out.contains("\nlong when close > opening.high"), "{shown}");
    let shown = run(["strategies", "show", "NQ mean-reversion v2", "--json"]).json();
    assert_eq!(shown["name"], "mean_reversion");
    let unknown = run(["strategies", "show", "scalpign"]);
    assert_eq!(unknown.code, 1, "{unknown}");
    assert!(unknown.err.contains("did you mean \"scalping\"?"), "{unknown}");
}

#[test]
fn rules_are_proven_not_to_look_ahead_on_bars_of_a_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let (rules, csv) = (dir.path().join("my.rules"), dir.path().join("bars.csv"));
    let text = "bars 5m\nsession RTH_US\nlong when close > ema(3) and close > session.open\n\
                exit long when position.profit_ticks > 4\nstop 8 ticks";
    std::fs::write(&rules, text).expect("written");
    std::fs::write(&csv, bars()).expect("written");
    let command = |more: &[&str]| {
        let mut all = vec!["rules", "lookahead", arg(&rules), "--bars", arg(&csv)];
        all.extend(more);
        run(all)
    };
    let proven = command(&["--symbol", "ESH4", "--cuts", "6", "--starts", "2"]);
    assert_eq!(proven.code, 0, "{proven}");
    assert!(proven.out.contains("proven   no difference"), "{proven}");
    let json = command(&["--symbol", "ES", "--cuts", "6", "--starts", "2", "--json"]).json();
    assert_eq!((&json["proven"], &json["bars"]), (&true.into(), &"5m".into()));
    assert!(json["bars_spoken"].as_u64() > Some(10), "{json}");
    let unnamed = command(&[]);
    assert_eq!(unnamed.code, 2, "{unnamed}");
    assert!(unnamed.err.contains("use --symbol"), "{unnamed}");
}

#[test]
fn bars_that_are_too_few_prove_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let csv = dir.path().join("bars.csv");
    std::fs::write(&csv, bars()).expect("written");
    let too_few = run(["rules", "lookahead", "trend", "--bars", arg(&csv), "--symbol", "ES"]);
    assert_eq!(too_few.code, 1, "{too_few}");
    assert!(too_few.out.contains("never settled"), "{too_few}");
    assert!(too_few.err.contains("nothing is proven"), "{too_few}");
    let unknown = run(["rules", "lookahead", "scalpign", "--bars", arg(&csv)]);
    assert!(unknown.err.contains("did you mean \"scalping\"?"), "{unknown}");
}
