//! Prices, their sums and their means are compared as if in whole ticks.

use super::*;
use crate::rule::parse;
use crate::sample::{Candle, Tape};
use gauntlet_model::units::{NANOS_PER_MINUTE, Price, UnixNanos};
use proptest::prelude::*;

/// Smallest steps of prices in units of 1e-9: of crude oil, gold, live cattle, copper, the yen, notes,
/// equity indices.
const TICKS: [i64; 7] =
    [10_000_000, 100_000_000, 25_000_000, 500_000, 500, 15_625_000, 250_000_000];

/// Open, high, low and close in ticks.
type Ticks = [i64; 4];

fn bar(at: usize, ticks: Ticks, tick: i64) -> Sample {
    let at = at as u64;
    let (start, end) = (UnixNanos(at * NANOS_PER_MINUTE), UnixNanos((at + 1) * NANOS_PER_MINUTE));
    let [open, high, low, close] = ticks.map(|ticks| Price(ticks * tick).to_f64());
    let candle = Candle { start, end, open, high, low, close, volume: 10.0 };
    Sample { candle, tape: Tape::UNKNOWN, session: None, gap: false }
}

/// Whether a rule holds on a bar, reckoned in ticks.
type Holds = fn(&[Ticks], usize) -> bool;

fn sum(bars: &[Ticks], at: usize, count: usize) -> i64 {
    bars[at + 1 - count..=at].iter().map(|[.., close]| close).sum()
}

const RULES: [(&str, Holds); 8] = [
    ("close > sma(close, 7)", |bars, at| 7 * bars[at][3] > sum(bars, at, 7)),
    ("close <= sma(close, 3)", |bars, at| 3 * bars[at][3] <= sum(bars, at, 3)),
    ("close = hlc3", |bars, at| 3 * bars[at][3] == bars[at][1] + bars[at][2] + bars[at][3]),
    ("close >= low + 4 ticks", |bars, at| bars[at][3] >= bars[at][2] + 4),
    ("close < highest(high, 5)[1] - 3 ticks", |bars, at| {
        let highest = bars[at - 5..at].iter().map(|bar| bar[1]).max();
        highest.is_some_and(|highest| bars[at][3] < highest - 3)
    }),
    ("close - open != 2 ticks", |bars, at| bars[at][3] - bars[at][0] != 2),
    ("bb(close, 4, 2).middle > close", |bars, at| sum(bars, at, 4) > 4 * bars[at][3]),
    ("close crosses above sma(close, 3)", |bars, at| {
        3 * bars[at - 1][3] <= sum(bars, at - 1, 3) && 3 * bars[at][3] > sum(bars, at, 3)
    }),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_equal_in_ticks_is_equal_to_rules(
        which in 0..TICKS.len(),
        base in prop_oneof![Just(0i64), Just(-4_000), 1_000i64..20_000],
        moves in prop::collection::vec((-4i64..5, -4i64..5, 0i64..4, 0i64..4), 60..120),
    ) {
        let tick = TICKS[which];
        let bars: Vec<Ticks> = moves
            .iter()
            .map(|(open, close, up, down)| {
                let (open, close) = (base + open, base + close);
                [open, open.max(close) + up, open.min(close) - down, close]
            })
            .collect();
        for (rule, holds) in RULES {
            let plan = plan(parse(&format!("long when {rule}")).into_rules().expect("right"));
            let mut series = Series::new(Price(tick).to_f64());
            let mut strategy = series.attach(&plan).expect("runs");
            for (at, ticks) in bars.iter().enumerate() {
                series.update(&bar(at, *ticks, tick));
                let said = strategy.verdict(&series, &Holding::FLAT);
                if strategy.is_settled(&series) {
                    prop_assert_eq!(said.is_some(), holds(&bars, at), "{} at {}", rule, at);
                }
            }
        }
    }
}
