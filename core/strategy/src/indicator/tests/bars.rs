//! Bars for tests, and what an indicator says of them.

use crate::indicator::{Indicator, LINES_MAX, Spec, find};
use crate::recorded::minute_candles;
use crate::sample::{Candle, Sample, Tape};
use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use proptest::prelude::*;

/// 2 January 2024, 00:00 UTC.
const START: u64 = 1_704_153_600_000_000_000;

/// The session of a moment, if days had one each that begins at 01:00 and ends at 23:00 UTC.
pub fn session(at: UnixNanos) -> Option<SessionSpan> {
    let day = at.0 / (1_440 * NANOS_PER_MINUTE) * 1_440 * NANOS_PER_MINUTE;
    let span = SessionSpan {
        open: UnixNanos(day + 60 * NANOS_PER_MINUTE),
        close: UnixNanos(day + 1_380 * NANOS_PER_MINUTE),
    };
    span.contains(at).then_some(span)
}

/// Recorded bars, without a tape.
pub fn recorded() -> Option<Vec<Sample>> {
    let bars = minute_candles()?;
    let sample = |candle: Candle| Sample {
        session: session(candle.start),
        candle,
        tape: Tape::UNKNOWN,
        gap: false,
    };
    Some(bars.into_iter().map(sample).collect())
}

/// Half an hour apart, so that a few hundred of them see many sessions.
const SPACING_NS: u64 = 30 * NANOS_PER_MINUTE;

/// Wandering bars on a grid of ticks with a tape; flat stretches and bars without volume among them.
pub fn made(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Sample>> {
    let bar = (-6i64..7, -6i64..7, 0i64..5, 0i64..5, 0u32..500, 0u32..500, 1u32..9);
    prop::collection::vec((bar, 0u8..4), count).prop_map(|bars| {
        let mut price = 20_000i64;
        let mut samples = vec![];
        for (at, ((gap, body, up, down, bought, sold, size), pace)) in bars.into_iter().enumerate()
        {
            let scale = if pace == 0 { 0 } else { 1 };
            let open = price + scale * gap;
            let close = open + scale * body;
            let (high, low) = (open.max(close) + scale * up, open.min(close) - scale * down);
            price = close;
            let [open, high, low, close] = [open, high, low, close].map(|n| n as f64 * 0.25);
            let start = UnixNanos(START + at as u64 * SPACING_NS);
            let [bought, sold, size] = [bought, sold, size].map(|n| (scale as u32 * n) as f64);
            samples.push(Sample {
                candle: Candle {
                    start,
                    end: start.plus(SPACING_NS),
                    open,
                    high,
                    low,
                    close,
                    volume: bought + sold,
                },
                tape: Tape {
                    buy_volume: bought,
                    sell_volume: sold,
                    trades: size * 3.0,
                    spread: 0.25 * (1.0 + pace as f64),
                    bid_size: size + pace as f64,
                    ask_size: 10.0 - size,
                    bid_depth: 50.0 + bought,
                    ask_depth: 70.0 + sold,
                },
                session: session(start),
                gap: false,
            });
        }
        samples
    })
}

pub fn spec(name: &str, parameters: &[f64]) -> Spec {
    Spec::new(find(name).expect("a kind").kind, parameters).expect("allowed parameters")
}

/// What an indicator says after each sample, its source the closes.
pub fn run(spec: &Spec, samples: &[Sample]) -> Vec<[f64; LINES_MAX]> {
    let mut indicator = Indicator::new(spec, 0.25);
    let lines = samples.iter().map(|sample| {
        indicator.update(sample.candle.close, sample);
        std::array::from_fn(|at| indicator.line(at))
    });
    lines.collect()
}

/// One line of what an indicator says.
pub fn line(spec: &Spec, samples: &[Sample], at: usize) -> Vec<f64> {
    run(spec, samples).into_iter().map(|lines| lines[at]).collect()
}
