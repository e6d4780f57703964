//! One warm-up: what a plan says of its text is what its run does.

use super::*;
use crate::rule::parse;
use crate::sample::{Candle, Tape};
use crate::strategy::archetypes::ArchetypeRules;
use crate::strategy::lookahead::said;
use gauntlet_model::input::Archetype;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

const TICK: f64 = 0.25;

fn plan(text: &str) -> Plan {
    Plan::new(parse(text).into_rules().expect("right"), &[]).expect("runs")
}

fn bar(at: u64) -> Sample {
    let close = 4_800.0 + libm::floor(40.0 * libm::sin(at as f64 / 9.0)) * TICK;
    let (start, end) = (UnixNanos(at * NANOS_PER_MINUTE), UnixNanos((at + 1) * NANOS_PER_MINUTE));
    let (high, low) = (close + TICK, close - 2.0 * TICK);
    let candle = Candle { start, end, open: low, high, low, close, volume: 10.0 };
    Sample { candle, tape: Tape::UNKNOWN, session: None, gap: false }
}

/// The bar, counted from 1, on which a run says that it is settled.
fn settles_at(plan: &Plan) -> usize {
    let bars: Vec<Sample> = (0..1_500).map(bar).collect();
    let said = said(plan, TICK, &bars).expect("runs");
    1 + said.iter().position(|said| said.settled).expect("settles")
}

#[test]
fn the_warm_up_of_a_text_is_the_bar_from_which_its_run_counts() {
    for (text, bars) in [
        ("long when close > open", 1),
        ("long when close > sma(20)", 20),
        ("long when rsi(14) < 30", 388),
        ("long when rsi(14)[3] < 30", 391),
        ("long when close crosses above sma(20)", 21),
        ("long when ema(rsi(14), 5) > 50", 388 + 56),
        ("long when close > open for 3 bars", 3),
        ("param n = 30 whole from 2 to 60\nlet m = sma(n)\nlong when m rising for 2 bars", 32),
        // Exits that are measured in bars count too.
        ("long when close > open\nstop 2 atr(14)", 295),
        ("long when close > open\nstop 9 ticks\ntarget 2 atr(5)", 99),
        ("long when close > open\nstop 9 ticks\ntrail chandelier(14, 3)", 295),
        ("long when close > open\nstop 9 ticks\nbreak even after 2 atr(3) plus 1 atr(14)", 295),
    ] {
        let plan = plan(text);
        assert_eq!(plan.warm_up_bars(), Ok(bars), "{text}");
        assert_eq!(settles_at(&plan), bars, "{text}");
    }
}

#[test]
fn a_position_is_given_back_before_the_ranges_of_an_entry_are_settled() {
    let text = "long when close > 0\nexit long when close > 0 and close > low\nstop 2 atr(14)";
    let mut series = Series::new(TICK);
    let mut strategy = series.attach(&plan(text)).expect("runs");
    series.update(&bar(0));
    assert_eq!(strategy.verdict(&series, &Holding::FLAT), None);
    let out = strategy.verdict(&series, &LONG).expect("it speaks");
    assert_eq!(out.direction, 0);
}

#[test]
fn the_run_of_every_archetype_has_the_warm_up_that_its_plan_says() {
    for archetype in Archetype::ALL {
        let plan = archetype.plan();
        let strategy = Series::new(TICK).attach(&plan).expect("runs");
        assert_eq!(plan.warm_up_bars(), Ok(strategy.warm_up_bars()), "{}", archetype.name());
    }
}
