//! A series of sixteen strategies takes no memory once it is made, from its first bar on.

use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::input::Archetype;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_strategy::sample::{Candle, Sample, Tape};
use gauntlet_strategy::strategy::archetypes::ArchetypeRules;
use gauntlet_strategy::strategy::{Holding, Series, Strategy};
use gauntlet_testkit::allocation::{Counting, mine};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tuesday 2 January 2024, 09:30 New York.
const OPEN: u64 = 1_704_205_800_000_000_000;
const DAY_MINUTES: u64 = 1_440;
const SESSION_MINUTES: u64 = 390;

fn sample(index: u64) -> Sample {
    let (day, minute) = (index / SESSION_MINUTES, index % SESSION_MINUTES);
    let open = UnixNanos(OPEN + day * DAY_MINUTES * NANOS_PER_MINUTE);
    let start = open.plus(minute * NANOS_PER_MINUTE);
    let wave = ((index * 7_919) % 101) as f64 - 50.0 + ((index / 60) % 9) as f64 * 12.0;
    let (before, close) = (5_000.0 + wave * 0.5, 5_000.0 + wave * 0.75);
    let candle = Candle {
        start,
        end: start.plus(NANOS_PER_MINUTE),
        open: before,
        high: before.max(close) + 1.0,
        low: before.min(close) - 1.0,
        close,
        volume: 100.0 + ((index * 31) % 400) as f64,
    };
    let tape = Tape {
        buy_volume: 80.0 + wave,
        sell_volume: 80.0 - wave,
        trades: 60.0,
        spread: 0.25,
        bid_size: 60.0 + wave,
        ask_size: 60.0 - wave,
        bid_depth: 400.0,
        ask_depth: 300.0,
    };
    let session = SessionSpan { open, close: open.plus(SESSION_MINUTES * NANOS_PER_MINUTE) };
    Sample { candle, tape, session: Some(session), gap: false }
}

#[test]
fn sixteen_strategies_on_one_series_take_no_memory_bar_by_bar() {
    let mut series = Series::new(0.25);
    let attach = |archetype: Archetype| series.attach(&archetype.plan()).expect("it runs");
    let mut strategies: Vec<Strategy> = Archetype::ALL.into_iter().map(attach).collect();
    let holdings =
        [0, 1, -1].map(|position| Holding { position, bars: 3, entry: 5_000.0, profit_ticks: 4.0 });
    // Tables that the whole process shares are made by the first who asks.
    let _ = sample(0);
    let before = mine();
    let mut spoken = [false; 16];
    for index in 0..12_000 {
        series.update(&sample(index));
        for (strategy, spoken) in strategies.iter_mut().zip(&mut spoken) {
            for held in &holdings {
                *spoken |= strategy.verdict(&series, held).is_some();
            }
        }
    }
    assert_eq!(mine() - before, 0);
    let silent: Vec<&str> =
        (0..16).filter(|at| !spoken[*at]).map(|at| Archetype::ALL[at].name()).collect();
    assert!(silent.is_empty(), "{silent:?} never spoke, so nothing is proven of them");
}
