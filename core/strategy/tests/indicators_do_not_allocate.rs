//! Proves that an indicator takes no memory after it is made, its warm-up included.

use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_strategy::indicator::{Indicator, REGISTRY, Spec};
use gauntlet_strategy::sample::{Candle, Sample, Tape};
use gauntlet_testkit::allocation::{Counting, mine};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A fixed stream of bars that wander, with sessions of twenty hours.
fn sample(minute: u64) -> Sample {
    let noise = minute.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pick = |shift: u32, among: u64| ((noise >> shift) % among) as f64;
    let close = 5_000.0 + 40.0 * libm::sin(minute as f64 / 90.0) + pick(3, 16) * 0.25;
    let start = UnixNanos(minute * NANOS_PER_MINUTE);
    let day = minute / 1_440 * 1_440;
    let session = SessionSpan {
        open: UnixNanos((day + 120) * NANOS_PER_MINUTE),
        close: UnixNanos((day + 1_320) * NANOS_PER_MINUTE),
    };
    Sample {
        candle: Candle {
            start,
            end: start.plus(NANOS_PER_MINUTE),
            open: close - 0.5 + pick(9, 4) * 0.25,
            high: close + pick(11, 8) * 0.25,
            low: close - 1.0 - pick(17, 8) * 0.25,
            close,
            volume: pick(23, 900),
        },
        tape: Tape {
            buy_volume: pick(29, 500),
            sell_volume: pick(31, 500),
            trades: 1.0 + pick(37, 90),
            spread: 0.25,
            bid_size: 1.0 + pick(39, 60),
            ask_size: 1.0 + pick(41, 60),
            bid_depth: 1.0 + pick(43, 600),
            ask_depth: 1.0 + pick(47, 600),
        },
        session: session.contains(start).then_some(session),
        gap: false,
    }
}

#[test]
fn no_update_of_any_indicator_takes_memory() {
    let specs: Vec<Spec> = REGISTRY.iter().map(|info| Spec::default_of(info.kind)).collect();
    let mut indicators: Vec<Indicator> =
        specs.iter().map(|spec| Indicator::new(spec, 0.25)).collect();
    let before = mine();
    for minute in 0..20_000 {
        let sample = sample(minute);
        for indicator in &mut indicators {
            indicator.update(sample.candle.close, &sample);
        }
    }
    assert_eq!(mine() - before, 0);
    for (indicator, spec) in indicators.iter().zip(&specs) {
        assert!(indicator.is_settled(), "{spec}");
    }
}
