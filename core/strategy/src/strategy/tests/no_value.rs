//! What has no value makes no entry, and does not keep a position from being given back.

use super::*;
use crate::rule::parse;
use crate::sample::{Candle, Tape};
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

/// A minute whose close is so many cents.
fn bar(at: usize, cents: i64) -> Sample {
    let at = at as u64;
    let (start, end) = (UnixNanos(at * NANOS_PER_MINUTE), UnixNanos((at + 1) * NANOS_PER_MINUTE));
    let [close, high, low] = [cents, cents + 5, cents - 5].map(|cents| cents as f64 / 100.0);
    let candle = Candle { start, end, open: close, high, low, close, volume: 10.0 };
    Sample { candle, tape: Tape::UNKNOWN, session: None, gap: false }
}

/// Falls from 20 dollars through zero and stays below it, a cent up and down.
fn april_2020() -> Vec<Sample> {
    let falls = (0..200).map(|at| 2_000 - at % 3).chain((0..40).map(|at| 2_000 - 60 * at));
    falls.chain((0..200).map(|at| -3_700 + at % 2)).enumerate().map(|(at, c)| bar(at, c)).collect()
}

fn last(text: &str) -> [Option<Verdict>; 3] {
    let plan = plan(parse(text).into_rules().expect("right"));
    let mut series = Series::new(0.01);
    let mut strategy = series.attach(&plan).expect("runs");
    let samples = april_2020();
    let said = said(&mut series, &mut strategy, &samples);
    assert!(strategy.is_settled(&series), "{text}");
    said[samples.len() - 1]
}

#[test]
fn rules_that_read_no_value_do_not_go_in() {
    for condition in [
        "mfi(14) < 20",
        "mfi(14) >= 0",
        "not mfi(14) > 80",
        "mfi(14) <= 20 or mfi(14) > 20",
        "parkinson(10) >= 0",
        "log_return(1) < 1",
        "realised_volatility(10) != 7",
        // What an indicator of it remembers is not what it is now.
        "ema(mfi(5), 3) >= 0",
        "sma(log_return(1), 5) < 1",
        "highest(mfi(5), 3) >= 0 within 5 bars",
        "mfi(14) <= rsi(14) or rsi(14) < mfi(14) for 3 bars",
    ] {
        let both = format!("long when {condition}\nshort when {condition} and close < 0");
        assert_eq!(last(&both), [None; 3], "{condition}");
    }
    // Prices below zero are data to what can be computed with them.
    for condition in
        ["rsi(14) >= 0", "close < sma(20) + 1 and atr(5) > 0", "roc(1) != 7", "close < 0"]
    {
        assert!(last(&format!("long when {condition}"))[0].is_some(), "{condition}");
    }
}

#[test]
fn a_position_is_given_back_by_the_exits_that_are_known() {
    let text = "long when close > 0\nexit long when mfi(14) > 80 or close < -30\n\
                short when close > 0\nexit short when mfi(14) < 20";
    let [flat, long, short] = last(text);
    assert_eq!((flat, short), (None, None));
    assert_eq!(long.map(|verdict| verdict.direction), Some(0));
}
