//! Indicators and strategies on generated bars.

use super::{Folder, at};
use dbn::Schema;
use gauntlet_core::calendar::Calendar;
use gauntlet_core::indicator::{Indicator, REGISTRY, Spec};
use gauntlet_core::input::{Archetype, SessionMode};
use gauntlet_core::sample::{Candle, Sample, Tape};
use gauntlet_core::strategy::lookahead::{Effort, check};
use gauntlet_core::units::NANOS_PER_MINUTE;
use gauntlet_feeds::{BarOptions, FileBar, read_bars};
use gauntlet_venue::generated::files::{FileConfig, Length};

fn samples(days: u32) -> Vec<Sample> {
    let folder = Folder::new();
    let config = FileConfig {
        start: Some(at("2026-10-05T00:00:00Z")),
        length: Length::Days(days),
        rate: 0.15,
        ..FileConfig::new("6EZ6", Schema::Ohlcv1M)
    };
    let path = folder.write("6e.dbn.zst", &config);
    let bars = read_bars(&path, &BarOptions::default()).expect("a good file").bars;
    let calendar = Calendar::of_product("6E");
    let sample = |bar: &FileBar| Sample {
        candle: Candle {
            start: bar.ts_open,
            end: bar.ts_open.plus(NANOS_PER_MINUTE),
            open: bar.open.to_f64(),
            high: bar.high.to_f64(),
            low: bar.low.to_f64(),
            close: bar.close.to_f64(),
            volume: bar.volume as f64,
        },
        tape: Tape::UNKNOWN,
        session: calendar.session_at(SessionMode::Full24x5, bar.ts_open),
        gap: false,
    };
    bars.iter().map(sample).collect()
}

#[test]
fn kinds_that_follow_a_trend_settle_in_time_and_for_good() {
    let samples = samples(6);
    for spec in REGISTRY.iter().map(|info| Spec::default_of(info.kind)) {
        if !spec.follows_a_trend() {
            continue;
        }
        let mut reference = Indicator::new(&spec, f64::NAN);
        let reference: Vec<f64> = samples
            .iter()
            .map(|sample| {
                reference.update(sample.candle.close, sample);
                reference.value()
            })
            .collect();
        let (mut in_time, mut starts) = (0, 0);
        for start in (200..samples.len() - 2_000).step_by(500) {
            let mut late = Indicator::new(&spec, f64::NAN);
            starts += 1;
            for (at, sample) in samples.iter().enumerate().skip(start).take(2_000) {
                late.update(sample.candle.close, sample);
                if late.is_settled() {
                    let apart = (late.value() - reference[at]).abs();
                    assert!(apart <= 1e-9, "{spec} begun at {start} differs at {at}");
                    in_time += u32::from(at + 1 == start + spec.settle());
                }
            }
        }
        assert!(in_time * 100 >= starts * 90, "{spec}: {in_time} of {starts} in time");
    }
}

#[test]
fn no_archetype_sees_the_future_or_forgets_where_its_data_began() {
    let samples = samples(3);
    let effort = Effort { cuts: 2, starts: 1 };
    for archetype in Archetype::ALL {
        let plan = archetype.plan();
        let report = check(&plan, 0.00005, &samples, effort, |_, _| {}).expect("it runs");
        assert_eq!(report.difference, None, "{}", archetype.name());
    }
}
