//! What holds in markets that no formula was made for: prices at and below zero, no volume, nothing that
//! moves, the largest and the smallest numbers, holes.

use super::bars::{run, session};
use super::naive::small;
use crate::indicator::{Indicator, Info, Input, Kind, REGISTRY, Spec, find, is_number};
use crate::sample::{Candle, Sample, Tape};
use gauntlet_model::units::{NANOS_PER_MINUTE, PRICE_SCALE, Price, UnixNanos};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// 20 April 2020, 00:00 UTC.
const START: u64 = 1_587_340_800_000_000_000;
const SPACING_NS: u64 = 30 * NANOS_PER_MINUTE;

/// How prices go, in units of 1e-9.
#[derive(Clone, Copy, Debug)]
enum Market {
    /// In cents around zero.
    AroundZero,
    /// In cents, well below zero.
    Negative,
    /// Where it stands, for ever.
    Still(i64),
    /// In the smallest steps around zero.
    Tiny,
    /// As far from zero as a price can be.
    Huge,
    /// Anything after anything.
    Any,
}

fn market() -> impl Strategy<Value = Market> {
    let cents = PRICE_SCALE / 100;
    prop_oneof![
        Just(Market::AroundZero),
        Just(Market::Negative),
        prop_oneof![Just(0), Just(-37 * PRICE_SCALE), Just(6_001 * cents), Just(1)]
            .prop_map(Market::Still),
        Just(Market::Tiny),
        Just(Market::Huge),
        Just(Market::Any),
    ]
}

impl Market {
    fn price(self, noise: i64) -> i64 {
        let cents = PRICE_SCALE / 100;
        let largest = i64::MAX - 1;
        match self {
            Market::AroundZero => noise % 7 * cents,
            Market::Negative => -3_763 * cents + noise % 50 * cents,
            Market::Still(price) => price,
            Market::Tiny => noise % 3,
            Market::Huge => match noise.rem_euclid(4) {
                0 => largest,
                1 => largest - PRICE_SCALE,
                2 => -largest,
                _ => PRICE_SCALE - largest,
            },
            Market::Any => match noise.rem_euclid(8) {
                0 => 0,
                1 => noise % 100,
                2 => noise % 1_000 * PRICE_SCALE,
                3 => largest,
                4 => -largest,
                _ => 60 * PRICE_SCALE + noise % 100 * cents,
            },
        }
        .clamp(-largest, largest)
    }
}

type Noise = ([i64; 4], u8, [u32; 6], u8);

fn noise() -> impl Strategy<Value = Noise> {
    (any::<[i64; 4]>(), 0u8..6, any::<[u32; 6]>(), 0u8..32)
}

fn sample(at: usize, market: Market, (prices, volume, sizes, state): Noise) -> Sample {
    let prices = prices.map(|noise| Price(market.price(noise)).to_f64());
    let high = prices.into_iter().fold(f64::MIN, f64::max);
    let low = prices.into_iter().fold(f64::MAX, f64::min);
    let [open, close, ..] = prices;
    let start = UnixNanos(START + at as u64 * SPACING_NS);
    let volume = match volume {
        0 | 1 => 0.0,
        2 => u64::MAX as f64,
        _ => f64::from(sizes[0] % 500),
    };
    let candle = Candle { start, end: start.plus(SPACING_NS), open, high, low, close, volume };
    let [buy_volume, sell_volume, trades, bid_size, ask_size, depth] =
        sizes.map(|size| f64::from(if size % 3 == 0 { 0 } else { size }));
    let tape = Tape {
        buy_volume,
        sell_volume,
        trades,
        spread: high - low,
        bid_size,
        ask_size,
        bid_depth: depth,
        ask_depth: ask_size,
    };
    let known = state % 4 != 0;
    let mut made = Sample {
        candle,
        tape: if known { tape } else { Tape::UNKNOWN },
        session: session(start),
        gap: state == 1,
    };
    match state {
        2 => made.session = None,
        3 => made.candle.close = f64::NAN,
        5 => (made.candle.high, made.candle.low) = (low, high),
        6 => made.candle.volume = -1.0,
        7 => made.candle.high = f64::INFINITY,
        9 => made.tape.bid_size = -5.0,
        _ => {}
    }
    made
}

fn wild(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Sample>> {
    (market(), prop::collection::vec(noise(), count)).prop_map(|(market, noises)| {
        noises.into_iter().enumerate().map(|(at, noise)| sample(at, market, noise)).collect()
    })
}

/// What kinds of one series run over.
#[derive(Clone, Copy, Debug)]
enum Over {
    Close,
    Volume,
    /// An oscillator from 0 to 100.
    Percentage,
    /// Any float there is.
    Bits,
}

impl Over {
    fn of(self, sample: &Sample, noise: u64) -> f64 {
        match self {
            Over::Close => sample.candle.close,
            Over::Volume => sample.candle.volume.max(0.0),
            Over::Percentage => [0.0, 100.0, (noise % 10_001) as f64 / 100.0][noise as usize % 3],
            Over::Bits => f64::from_bits(noise),
        }
    }
}

/// Checks every line of an indicator after every sample.
fn check(
    info: &Info,
    spec: &Spec,
    samples: &[Sample],
    over: Over,
    noises: &[u64],
) -> Result<(), TestCaseError> {
    let mut indicator = Indicator::new(spec, 0.01);
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (sample, noise) in samples.iter().zip(noises.iter().cycle()) {
        let source = over.of(sample, *noise);
        if is_number(source) {
            (least, most) = (least.min(source), most.max(source));
        }
        indicator.update(source, sample);
        for (at, line) in info.lines.iter().enumerate() {
            let value = indicator.line(at);
            if value.is_nan() {
                continue;
            }
            let (low, high) = spec.bounds(at);
            let inside = value.is_finite() && (low..=high).contains(&value);
            prop_assert!(inside, "{spec}.{} over {over:?}: {value}", line.name);
            // Means of equal numbers may differ from them by rounding.
            let slack = 1e-12 * least.abs().max(most.abs());
            let kept = (least - slack..=most + slack).contains(&value);
            let over_source = info.input == Input::Source && line.keeps_to_its_source();
            prop_assert!(kept || !over_source, "{spec}.{} over {over:?}: {value}", line.name);
        }
    }
    Ok(())
}

#[test]
fn every_value_is_within_its_bounds_or_there_is_none_in_any_market() {
    for info in REGISTRY {
        let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
        let over = prop_oneof![
            Just(Over::Close),
            Just(Over::Volume),
            Just(Over::Percentage),
            Just(Over::Bits)
        ];
        let noises = prop::collection::vec(any::<u64>(), 97);
        TestRunner::new(config)
            .run(&(small(info), wild(60..240), over, noises), |(spec, samples, over, noises)| {
                check(info, &spec, &samples, over, &noises)
            })
            .unwrap_or_else(|error| panic!("{}: {error}", info.name));
    }
}

/// Sound bars around a price.
fn calm(prices: &[f64]) -> Vec<Sample> {
    let bar = |(at, close): (usize, &f64)| {
        let start = UnixNanos(START + at as u64 * SPACING_NS);
        let candle = Candle {
            start,
            end: start.plus(SPACING_NS),
            open: close - 0.25,
            high: close + 0.5,
            low: close - 0.5,
            close: *close,
            volume: 100.0 + at as f64,
        };
        Sample { candle, tape: Tape::UNKNOWN, session: session(start), gap: false }
    };
    prices.iter().enumerate().map(bar).collect()
}

/// What takes logarithms, or shares of traded value.
const OF_POSITIVE_PRICES: [Kind; 9] = [
    Kind::Mfi,
    Kind::LogReturn,
    Kind::RealisedVolatility,
    Kind::Parkinson,
    Kind::GarmanKlass,
    Kind::RogersSatchell,
    Kind::Autocorrelation,
    Kind::VarianceRatio,
    Kind::Amihud,
];

#[test]
fn a_price_at_or_below_zero_ends_what_needs_positive_ones_until_it_has_left_the_window() {
    for kind in OF_POSITIVE_PRICES {
        let spec = Spec::default_of(kind);
        let period = spec.warm_up();
        let wave = |at: usize| 60.0 + libm::sin(at as f64 * 1.3) * 9.0;
        let mut prices: Vec<f64> = (0..4 * period).map(wave).collect();
        let low = 2 * period;
        prices[low] = -37.63;
        let samples = calm(&prices);
        let whole = run(&spec, &samples);
        let anew = run(&spec, &samples[low..]);
        assert!(!whole[low - 1][0].is_nan(), "{spec}");
        for (at, (lines, anew)) in whole[low..].iter().zip(&anew).enumerate() {
            assert_eq!(lines.map(f64::to_bits), anew.map(f64::to_bits), "{spec} {at} bars later");
        }
        assert!(whole[low..low + period - 1].iter().all(|lines| lines[0].is_nan()), "{spec}");
        assert!(!whole[low + period][0].is_nan(), "{spec}");
    }
}

fn last(name: &str, given: &[f64], prices: &[f64]) -> f64 {
    let spec = Spec::new(find(name).expect("a kind").kind, given).expect("allowed");
    run(&spec, &calm(prices)).last().expect("bars")[0]
}

#[test]
fn a_rise_is_a_rise_on_either_side_of_zero() {
    assert_eq!(last("roc", &[1.0], &[-40.0, -38.0]), 5.0);
    assert_eq!(last("roc", &[1.0], &[-40.0, 20.0]), 150.0);
    assert_eq!(last("roc", &[1.0], &[40.0, 20.0]), -50.0);
    assert!(last("roc", &[1.0], &[0.0, 20.0]).is_nan());
    // Rises at prices below zero are no money that flows in.
    let rising: Vec<f64> = (0..40).map(|at| -40.0 + at as f64).collect();
    assert!(last("mfi", &[14.0], &rising).is_nan());
    assert_eq!(last("rsi", &[14.0], &rising), 100.0);
}

#[test]
fn a_percentage_of_a_price_of_nothing_is_none() {
    for name in ["atr_percent", "vwap_distance"] {
        let mut prices = vec![1.0; 60];
        prices.extend(vec![0.0; 20]);
        let value = last(name, &[], &prices);
        let beside_nothing = name == "atr_percent";
        assert_eq!(value.is_nan(), beside_nothing, "{name}: {value}");
    }
    let bandwidth = |prices: &[f64]| {
        let spec = Spec::new(Kind::Bb, &[2.0, 2.0]).expect("allowed");
        run(&spec, &calm(prices)).last().expect("bars")[4]
    };
    assert!(bandwidth(&[1.0, -1.0]).is_nan());
    assert_eq!(bandwidth(&[1.0, 3.0]), bandwidth(&[-1.0, -3.0]));
}

#[test]
fn equal_typical_prices_are_equal_however_they_add_up() {
    // Highs and closes change places: in floats the sums differ in their last bits.
    let bar = |at: usize, [high, low, close]: [i64; 3]| {
        let mut sample = calm(&[0.0])[0];
        let [high, low, close] = [high, low, close].map(|cents| cents as f64 / 100.0);
        sample.candle.start = UnixNanos(START + at as u64 * SPACING_NS);
        sample.candle = Candle { open: close, high, low, close, volume: 10.0, ..sample.candle };
        sample
    };
    let samples: Vec<Sample> = (0..20)
        .map(|at| bar(at, if at % 2 == 0 { [1_013, 1_002, 1_007] } else { [1_011, 1_003, 1_008] }))
        .collect();
    assert_eq!(run(&Spec::default_of(Kind::Mfi), &samples)[19][0], 0.0);
}
