//! Beside TA-Lib's batch functions, over the whole range of parameters, on recorded bars.

use super::bars::{line, made, recorded, spec};
use crate::indicator::{Info, find};
use crate::parameter::Parameter;
use crate::sample::Sample;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use std::sync::OnceLock;
use ta_lib::{Core, MAType, OutRange, RetCode};

/// The columns of bars, as TA-Lib takes them.
struct Columns {
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

impl Columns {
    fn of(samples: &[Sample]) -> Columns {
        let column = |of: fn(&Sample) -> f64| samples.iter().map(of).collect();
        Columns {
            high: column(|sample| sample.candle.high),
            low: column(|sample| sample.candle.low),
            close: column(|sample| sample.candle.close),
            volume: column(|sample| sample.candle.volume),
        }
    }
}

type Answer = Result<OutRange, RetCode>;

/// Runs a batch function with so many outputs and puts them at their bars.
fn batch<const N: usize>(
    bars: usize,
    run: impl FnOnce(usize, &mut [Vec<f64>; N]) -> Answer,
) -> Vec<Vec<f64>> {
    let mut outputs = std::array::from_fn(|_| vec![0.0; bars]);
    let range = run(bars - 1, &mut outputs).expect("a batch");
    let placed = outputs.into_iter().map(|output| {
        let mut line = vec![f64::NAN; bars];
        line[range.beg_idx..range.beg_idx + range.count].copy_from_slice(&output[..range.count]);
        line
    });
    placed.collect()
}

/// What TA-Lib says, line by line; its ichimoku and MACD lines in our order.
fn theirs(name: &str, given: &[f64], of: &Columns) -> Vec<Vec<f64>> {
    let core = Core::new();
    let Columns { high, low, close, volume } = of;
    let n: Vec<i32> = given.iter().map(|value| *value as i32).collect();
    let one = |run: &dyn Fn(usize, &mut [f64]) -> Answer| {
        batch::<1>(close.len(), |end, [out]| run(end, out))
    };
    match name {
        "rsi" => one(&|end, out| core.rsi(0, end, close, n[0], out)),
        "ema" => one(&|end, out| core.ema(0, end, close, n[0], out)),
        "sma" if n[0] == 1 => vec![close.clone()],
        "sma" => one(&|end, out| core.sma(0, end, close, n[0], out)),
        "atr" => one(&|end, out| core.atr(0, end, high, low, close, n[0], out)),
        "cci" => one(&|end, out| core.cci(0, end, high, low, close, n[0], out)),
        "mfi" => one(&|end, out| core.mfi(0, end, high, low, close, volume, n[0], out)),
        "roc" => one(&|end, out| core.roc(0, end, close, n[0], out)),
        "change" => one(&|end, out| core.mom(0, end, close, n[0], out)),
        "williams" => one(&|end, out| core.willr(0, end, high, low, close, n[0], out)),
        "stdev" => one(&|end, out| core.stddev(0, end, close, n[0], 1.0, out)),
        "slope" => one(&|end, out| core.linearreg_slope(0, end, close, n[0], out)),
        "psar" => one(&|end, out| core.sar(0, end, high, low, given[0], given[1], out)),
        "adx" => [
            one(&|end, out| core.adx(0, end, high, low, close, n[0], out)),
            one(&|end, out| core.plus_di(0, end, high, low, close, n[0], out)),
            one(&|end, out| core.minus_di(0, end, high, low, close, n[0], out)),
        ]
        .concat(),
        "macd" => batch::<3>(close.len(), |end, [macd, signal, histogram]| {
            core.macd(0, end, close, n[0], n[1], n[2], macd, signal, histogram)
        }),
        "bb" => batch::<3>(close.len(), |end, [middle, upper, lower]| {
            let kind = MAType::SMA;
            core.bbands(0, end, close, n[0], given[1], given[1], kind, upper, middle, lower)
        }),
        "stoch" => batch::<2>(close.len(), |end, [k, d]| {
            let kind = MAType::SMA;
            core.stoch(0, end, high, low, close, n[0], n[1], kind, n[2], kind, k, d)
        }),
        // TA-Lib's own function seeds the mean at its first output; ours is `ema` from the first bar.
        "keltner" => {
            let middle = one(&|end, out| core.ema(0, end, close, n[0], out)).remove(0);
            let atr = one(&|end, out| core.atr(0, end, high, low, close, n[2], out)).remove(0);
            let band = |sign: f64| {
                let pairs = middle.iter().zip(&atr);
                pairs.map(|(middle, atr)| middle + sign * given[1] * atr).collect()
            };
            vec![band(0.0), band(1.0), band(-1.0)]
        }
        "donchian" => batch::<3>(close.len(), |end, [middle, upper, lower]| {
            core.donchian(0, end, high, low, n[0], upper, middle, lower)
        }),
        "supertrend" => {
            let mut directions = vec![0; close.len()];
            let mut lines = batch::<1>(close.len(), |end, [out]| {
                core.supertrend(0, end, high, low, close, n[0], given[1], out, &mut directions)
            });
            let first = close.len() - lines[0].iter().filter(|value| !value.is_nan()).count();
            let mut placed = vec![f64::NAN; close.len()];
            for (place, direction) in placed[first..].iter_mut().zip(directions) {
                *place = direction as f64;
            }
            lines.push(placed);
            lines
        }
        _ => unreachable!("{name}"),
    }
}

/// Kinds computed in TA-Lib's own arithmetic: equal to the bit.
const TO_THE_BIT: [&str; 11] = [
    "rsi",
    "ema",
    "atr",
    "macd",
    "adx",
    "psar",
    "williams",
    "roc",
    "change",
    "supertrend",
    "keltner",
];

/// Kinds whose sums over windows are exact here and carry a residue there, and a size of their
/// values: next to nothing is nothing beside it.
const TO_ROUNDING: [(&str, f64); 8] = [
    ("sma", 1e-4),
    ("bb", 1e-4),
    ("stdev", 1e-4),
    ("slope", 1e-2),
    ("donchian", 1e-4),
    ("stoch", 1.0),
    ("cci", 10.0),
    ("mfi", 1.0),
];

fn bars() -> &'static [Sample] {
    static BARS: OnceLock<Vec<Sample>> = OnceLock::new();
    BARS.get_or_init(|| {
        let there = crate::recorded::has_minute_candles();
        there.then(recorded).flatten().unwrap_or_else(|| {
            let mut runner = TestRunner::deterministic();
            made(6_000..6_001).new_tree(&mut runner).expect("bars").current()
        })
    })
}

fn value(parameter: &Parameter) -> BoxedStrategy<f64> {
    let (min, max) = (parameter.min, parameter.max);
    if !parameter.whole {
        return (min..=max).boxed();
    }
    // TA-Lib begins most of its ranges at 2.
    let min = (min as u32).max(2);
    prop_oneof![min..=40u32.min(max as u32), min..=max as u32].prop_map(f64::from).boxed()
}

fn parameters(info: &Info) -> Vec<BoxedStrategy<f64>> {
    info.parameters.iter().map(value).collect()
}

/// Holds against TA-Lib for many parameters and stretches of bars.
fn holds(name: &str, close_enough: impl Fn(f64, f64) -> bool) {
    let info = find(name).expect("a kind");
    let mut runner =
        TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let cases = (parameters(info), 0..bars().len() - 3_500);
    let check = |(given, start): (Vec<f64>, usize)| {
        let samples = &bars()[start..start + 3_500];
        let mut swapped = given.clone();
        if name == "macd" && given[0] > given[1] {
            swapped.swap(0, 1);
        }
        let theirs = theirs(name, &swapped, &Columns::of(samples));
        for (at, theirs) in theirs.iter().enumerate() {
            let ours = line(&spec(name, &given), samples, at);
            for (bar, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                let same = ours.is_nan() == theirs.is_nan()
                    && (ours.is_nan() || close_enough(*ours, *theirs));
                prop_assert!(same, "{name} line {at} bar {bar}: {ours} here, {theirs} there");
            }
        }
        Ok(())
    };
    runner.run(&cases, check).expect("agreement");
}

#[test]
fn kinds_in_ta_libs_arithmetic_equal_it_to_the_bit() {
    for name in TO_THE_BIT {
        holds(name, |ours, theirs| ours == theirs);
    }
}

#[test]
fn kinds_with_exact_sums_equal_ta_lib_but_for_its_rounding() {
    for (name, size) in TO_ROUNDING {
        holds(name, |ours, theirs| {
            (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs()).max(size)
        });
    }
}
