//! Beside computations written from the formulas, each window from its start.

use super::bars::{made, run};
use crate::indicator::{Info, Kind, LINES_MAX, REGISTRY, Spec};
use crate::sample::{Candle, Sample};
use gauntlet_model::units::NANOS_PER_MINUTE;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A line: a value for each sample, `NaN` where there is none.
type Line = Vec<f64>;

/// What a window says, at its last sample.
fn windows(values: &[f64], period: usize, of: impl Fn(&[f64]) -> f64) -> Line {
    let value = |at: usize| match (at + 1).checked_sub(period) {
        Some(start) if values[start..=at].iter().all(|value| !value.is_nan()) => {
            of(&values[start..=at])
        }
        _ => f64::NAN,
    };
    (0..values.len()).map(value).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).collect();
    mean(&products)
}

/// Differences to the value so many places earlier.
fn steps(values: &[f64], places: usize) -> Line {
    windows(values, places + 1, |window| window[places] - window[0])
}

fn column(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> Line {
    samples.iter().map(of).collect()
}

/// What two lines say of the same windows.
fn paired(a: &[f64], b: &[f64], period: usize, of: impl Fn(&[f64], &[f64]) -> f64) -> Line {
    let value = |at: usize| {
        let Some(start) = (at + 1).checked_sub(period) else { return f64::NAN };
        let (a, b) = (&a[start..=at], &b[start..=at]);
        if a.iter().chain(b).any(|value| value.is_nan()) { f64::NAN } else { of(a, b) }
    };
    (0..a.len()).map(value).collect()
}

fn shifted(values: &[f64], places: usize) -> Line {
    windows(values, places + 1, |window| window[0])
}

/// The middle of the range of the last bars.
fn middles(samples: &[Sample], period: usize) -> Line {
    (0..samples.len())
        .map(|at| {
            let Some(start) = (at + 1).checked_sub(period) else { return f64::NAN };
            let bars = || samples[start..=at].iter().map(|sample| sample.candle);
            let highest = bars().map(|candle| candle.high).fold(f64::MIN, f64::max);
            let lowest = bars().map(|candle| candle.low).fold(f64::MAX, f64::min);
            (highest + lowest) / 2.0
        })
        .collect()
}

/// For each sample in a session, what the session's bars up to it say and the close of the session
/// before; `NaN` outside. `whole` asks for sessions seen from their beginning.
fn of_sessions(
    samples: &[Sample],
    whole: bool,
    of: impl Fn(&[Sample], Option<&Sample>) -> f64,
) -> Line {
    let value = |at: usize| {
        let Some(session) = samples[at].session else { return f64::NAN };
        let start = samples.iter().position(|sample| sample.session == Some(session));
        let start = start.expect("at the latest this one");
        let seen = start > 0 || samples[0].candle.start <= session.open;
        if whole && !seen {
            return f64::NAN;
        }
        let before = samples[..start].iter().rev().find(|sample| sample.session.is_some());
        of(&samples[start..=at], before)
    };
    (0..samples.len()).map(value).collect()
}

fn vwap(bars: &[Sample]) -> f64 {
    let typical = |bar: &Sample| (bar.candle.high + bar.candle.low + bar.candle.close) / 3.0;
    let value: f64 = bars.iter().map(|bar| typical(bar) * bar.candle.volume).sum();
    value / bars.iter().map(|bar| bar.candle.volume).sum::<f64>()
}

/// What is lacking keeps the value before.
fn held(mut values: Line) -> Line {
    for at in 1..values.len() {
        if values[at].is_nan() {
            values[at] = values[at - 1];
        }
    }
    values
}

/// The lines of a kind by its formula; none for kinds that TA-Lib is the oracle of.
#[expect(clippy::too_many_lines, reason = "a plain version of every kind, one after another")]
fn expected(spec: &Spec, samples: &[Sample]) -> Vec<Line> {
    let n = spec.parameter(0) as usize;
    let close = column(samples, |sample| sample.candle.close);
    let volume = column(samples, |sample| sample.candle.volume);
    let log_steps = |places: usize| windows(&close, places + 1, |all| (all[places] / all[0]).ln());
    let returns = log_steps(1);
    let bars = |of: fn(&Candle) -> f64| {
        let shown = column(samples, |sample| of(&sample.candle));
        windows(&shown, n, |shown| mean(shown).max(0.0).sqrt())
    };
    let book = |of: fn(&Sample) -> f64| vec![column(samples, of)];
    let ratio = |a: f64, b: f64, otherwise: f64| if b > 0.0 { a / b } else { otherwise };
    match spec.kind() {
        Kind::Highest => {
            vec![windows(&close, n, |all| all.iter().copied().fold(f64::MIN, f64::max))]
        }
        Kind::Lowest => {
            vec![windows(&close, n, |all| all.iter().copied().fold(f64::MAX, f64::min))]
        }
        Kind::Sum => vec![windows(&close, n, |all| all.iter().sum())],
        Kind::ZScore => vec![windows(&close, n, zscore)],
        Kind::VolumeZScore => vec![windows(&volume, n, zscore)],
        Kind::PercentRank => vec![windows(&close, n + 1, |all| {
            let not_above = all[..n].iter().filter(|value| **value <= all[n]).count();
            100.0 * not_above as f64 / n as f64
        })],
        Kind::Slope => vec![windows(&close, n, |all| {
            let places: Line = (0..n).map(|place| place as f64).collect();
            covariance(&places, all) / covariance(&places, &places)
        })],
        Kind::Delay => vec![shifted(&close, n)],
        Kind::Ichimoku => {
            let [tenkan, kijun, senkou, displacement] =
                [0, 1, 2, 3].map(|at| spec.parameter(at) as usize);
            let (tenkan, kijun) = (middles(samples, tenkan), middles(samples, kijun));
            let first: Line = tenkan.iter().zip(&kijun).map(|(a, b)| (a + b) / 2.0).collect();
            let second = middles(samples, senkou);
            vec![tenkan, kijun, shifted(&first, displacement), shifted(&second, displacement)]
        }
        Kind::LogReturn => vec![log_steps(n)],
        Kind::RealisedVolatility => {
            let squares: Line = returns.iter().map(|step| step * step).collect();
            vec![windows(&squares, n, |squares| mean(squares).sqrt())]
        }
        Kind::Parkinson => {
            vec![bars(|c| (c.high / c.low).ln().powi(2) / (4.0 * std::f64::consts::LN_2))]
        }
        Kind::GarmanKlass => vec![bars(|c| {
            0.5 * (c.high / c.low).ln().powi(2)
                - (2.0 * std::f64::consts::LN_2 - 1.0) * (c.close / c.open).ln().powi(2)
        })],
        Kind::RogersSatchell => vec![bars(|c| {
            (c.high / c.close).ln() * (c.high / c.open).ln()
                + (c.low / c.close).ln() * (c.low / c.open).ln()
        })],
        Kind::Autocorrelation => {
            let lag = spec.parameter(1) as usize;
            vec![paired(&returns, &shifted(&returns, lag), n, |a, b| {
                let scale = (covariance(a, a) * covariance(b, b)).sqrt();
                if scale > 1e-20 { covariance(a, b) / scale } else { 0.0 }
            })]
        }
        Kind::VarianceRatio => {
            let q = spec.parameter(1) as usize;
            let both = windows(&close, n + 1, |close| variance_ratio(close, q));
            let hurst = |ratio: &f64| match *ratio {
                0.0 => 0.0,
                ratio => (0.5 + ratio.ln() / (2.0 * (q as f64).ln())).clamp(0.0, 1.0),
            };
            let hurst = both.iter().map(hurst).collect();
            vec![both, hurst]
        }
        Kind::EfficiencyRatio => vec![windows(&close, n + 1, |all| {
            let way: f64 = all.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
            ratio((all[n] - all[0]).abs(), way, 0.0)
        })],
        Kind::RollSpread => {
            let steps = steps(&close, 1);
            vec![paired(&steps, &shifted(&steps, 1), n, |a, b| {
                2.0 * (-covariance(a, b)).max(0.0).sqrt()
            })]
        }
        Kind::Amihud => {
            let traded: Vec<usize> = (0..samples.len()).filter(|at| volume[*at] > 0.0).collect();
            let impacts: Line = traded
                .iter()
                .enumerate()
                .map(|(place, at)| match place.checked_sub(1) {
                    Some(before) => {
                        (close[*at] / close[traded[before]]).ln().abs() / (close[*at] * volume[*at])
                    }
                    None => f64::NAN,
                })
                .collect();
            let mut line = vec![f64::NAN; samples.len()];
            for (at, value) in traded.iter().zip(windows(&impacts, n, mean)) {
                line[*at] = 1e6 * value;
            }
            vec![held(line)]
        }
        Kind::RelativeVolume => {
            vec![windows(&volume, n + 1, |all| ratio(all[n], mean(&all[..n]), 1.0))]
        }
        Kind::UpVolumeShare => vec![paired(&steps(&close, 1), &volume, n, |steps, volume| {
            let share = |rising: bool| -> f64 {
                let wanted = |step: f64| if rising { step > 0.0 } else { step < 0.0 };
                steps.iter().zip(volume).filter(|(step, _)| wanted(**step)).map(|(_, v)| v).sum()
            };
            ratio(share(true), share(true) + share(false), 0.5)
        })],
        Kind::AtrPercent => {
            let atr = run(&Spec::new(Kind::Atr, &[n as f64]).expect("allowed"), samples);
            vec![atr.iter().zip(&close).map(|(atr, close)| 100.0 * atr[0] / close).collect()]
        }
        Kind::MacdAtr => {
            let given: Line = spec.parameters().collect();
            let macd = run(&Spec::new(Kind::Macd, &given[..3]).expect("allowed"), samples);
            let atr = run(&Spec::new(Kind::Atr, &given[3..]).expect("allowed"), samples);
            let both = macd.iter().zip(&atr);
            let still = |atr: f64| atr == 0.0;
            vec![
                both.map(
                    |(macd, atr)| if still(atr[0]) { 0.0 * macd[2] } else { macd[2] / atr[0] },
                )
                .collect(),
            ]
        }
        Kind::CloseLocation => vec![column(samples, |sample| {
            let Candle { high, low, close, .. } = sample.candle;
            if high > low { (2.0 * close - high - low) / (high - low) } else { 0.0 }
        })],
        Kind::Vwap => vec![of_sessions(samples, true, |bars, _| vwap(bars))],
        Kind::VwapDistance => vec![of_sessions(samples, true, |bars, _| {
            let last = bars[bars.len() - 1].candle.close;
            100.0 * (last / vwap(bars) - 1.0)
        })],
        Kind::SessionTime => {
            let minutes = of_sessions(samples, false, |bars, _| {
                let last = &bars[bars.len() - 1];
                let open = last.session.expect("in one").open;
                ((last.candle.end.0 - open.0) / NANOS_PER_MINUTE) as f64
            });
            let fraction: Line = minutes.iter().map(|minutes| minutes / 1_320.0).collect();
            let angle = |fraction: &f64| fraction * std::f64::consts::TAU;
            let sine = fraction.iter().map(|fraction| angle(fraction).sin()).collect();
            let cosine = fraction.iter().map(|fraction| angle(fraction).cos()).collect();
            vec![minutes, fraction, sine, cosine]
        }
        // The bars begin on a Tuesday.
        Kind::DayOfWeek => vec![of_sessions(samples, false, |bars, _| {
            let first = samples[0].candle.start.0 / (1_440 * NANOS_PER_MINUTE);
            let today = bars[0].candle.start.0 / (1_440 * NANOS_PER_MINUTE);
            ((today - first + 1) % 7 + 1) as f64
        })],
        Kind::SessionGap => vec![of_sessions(samples, false, |bars, before| {
            before.map_or(f64::NAN, |before| {
                100.0 * (bars[0].candle.open / before.candle.close - 1.0)
            })
        })],
        Kind::SessionRange => {
            let highs = of_sessions(samples, true, |bars, _| {
                bars.iter().map(|bar| bar.candle.high).fold(f64::MIN, f64::max)
            });
            let lows = of_sessions(samples, true, |bars, _| {
                bars.iter().map(|bar| bar.candle.low).fold(f64::MAX, f64::min)
            });
            let of = |of: &dyn Fn(f64, f64, f64) -> f64| -> Line {
                (0..samples.len()).map(|at| of(highs[at], lows[at], close[at])).collect()
            };
            vec![
                of(&|high, low, close| {
                    if high == low { 0.5 } else { (close - low) / (high - low) }
                }),
                of(&|high, _, close| 100.0 * (high - close) / close),
                of(&|_, low, close| 100.0 * (close - low) / close),
                highs.clone(),
                lows.clone(),
            ]
        }
        Kind::BookImbalance => book(|sample| {
            let tape = &sample.tape;
            (tape.bid_size - tape.ask_size) / (tape.bid_size + tape.ask_size)
        }),
        Kind::DepthImbalance => book(|sample| {
            let tape = &sample.tape;
            (tape.bid_depth - tape.ask_depth) / (tape.bid_depth + tape.ask_depth)
        }),
        Kind::MicropriceOffset => book(|sample| {
            // With the bid at 0: both sides weighted with the size of the other, less the middle.
            let tape = &sample.tape;
            tape.spread * tape.bid_size / (tape.bid_size + tape.ask_size) - tape.spread / 2.0
        }),
        Kind::SpreadTicks => book(|sample| sample.tape.spread / 0.25),
        Kind::TradeImbalance => {
            let signed = column(samples, |sample| sample.tape.buy_volume - sample.tape.sell_volume);
            vec![paired(&signed, &volume, n, |signed, volume| {
                ratio(signed.iter().sum(), volume.iter().sum(), 0.0)
            })]
        }
        Kind::TradeSize => {
            let trades = column(samples, |sample| sample.tape.trades);
            vec![paired(&volume, &trades, n, |volume, trades| {
                ratio(volume.iter().sum(), trades.iter().sum(), f64::NAN)
            })]
        }
        Kind::KyleLambda => {
            let signed = column(samples, |sample| sample.tape.buy_volume - sample.tape.sell_volume);
            vec![paired(&steps(&close, 1), &signed, n, |steps, signed| {
                ratio(covariance(steps, signed), covariance(signed, signed), 0.0)
            })]
        }
        _ => vec![],
    }
}

fn zscore(window: &[f64]) -> f64 {
    let deviation = covariance(window, window).sqrt();
    if deviation > 1e-9 { (window[window.len() - 1] - mean(window)) / deviation } else { 0.0 }
}

/// Lo and MacKinlay's, from n + 1 prices.
fn variance_ratio(prices: &[f64], q: usize) -> f64 {
    let n = prices.len() - 1;
    let step = |at: usize, places: usize| (prices[at] / prices[at - places]).ln();
    let drift = step(n, n) / n as f64;
    let squares = |places: usize| -> f64 {
        let apart = (places..=n).map(|at| step(at, places) - places as f64 * drift);
        apart.map(|apart| apart * apart).sum()
    };
    let short = squares(1) / (n - 1) as f64;
    let (n, q_) = (n as f64, q as f64);
    let long = squares(q) / (q_ * (n - q_ + 1.0) * (1.0 - q_ / n));
    match () {
        _ if short < 1e-22 => 1.0,
        _ if long < 1e-22 => 0.0,
        _ => long / short,
    }
}

/// Small parameters, so that windows fill and empty.
pub(super) fn small(info: &'static Info) -> impl Strategy<Value = Spec> {
    let one = |parameter: &crate::parameter::Parameter| {
        let (min, max) = (parameter.min, parameter.max);
        if parameter.whole {
            (min as u32..=(max as u32).min(min as u32 + 14)).prop_map(f64::from).boxed()
        } else {
            (min..=max.min(4.0)).boxed()
        }
    };
    let parameters: Vec<_> = info.parameters.iter().map(one).collect();
    parameters.prop_filter_map("parameters that fit each other", |given| {
        Spec::new(info.kind, &given).ok()
    })
}

#[test]
fn kinds_that_ta_lib_lacks_are_what_their_formulas_say() {
    let checked = std::cell::Cell::new(0);
    for info in REGISTRY {
        let mut runner =
            TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
        let check = |(spec, samples): (Spec, Vec<Sample>)| {
            let ours = run(&spec, &samples);
            for (at, expected) in expected(&spec, &samples).iter().enumerate() {
                checked.set(checked.get() + 1);
                for (bar, (ours, expected)) in ours.iter().zip(expected).enumerate() {
                    let (ours, expected): (f64, f64) = (ours[at], *expected);
                    let size = ours.abs().max(expected.abs()).max(1e-6);
                    let same = ours.is_nan() && expected.is_nan()
                        || (ours - expected).abs() <= 1e-9 * size.max(rounding(&spec));
                    prop_assert!(same, "{spec} line {at} bar {bar}: {ours}, not {expected}");
                }
            }
            Ok(())
        };
        runner.run(&(small(info), made(1..160)), check).expect("agreement");
    }
    let with_lines = LINES_MAX * REGISTRY.len();
    assert!(checked.get() > with_lines, "{checked:?} lines were compared");
}

/// How coarse the naive computation itself is, in units of 1e-9: it takes means of large numbers
/// away from them, or the root of next to nothing.
fn rounding(spec: &Spec) -> f64 {
    match spec.kind() {
        Kind::RogersSatchell | Kind::GarmanKlass | Kind::VwapDistance => 1.0,
        Kind::RollSpread => 100.0,
        Kind::Autocorrelation | Kind::VarianceRatio | Kind::ZScore => 10.0,
        _ => 0.0,
    }
}
