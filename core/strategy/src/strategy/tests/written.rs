use super::*;
use crate::rule::ast::Origin;
use crate::rule::parse;
use crate::strategy::archetypes::ArchetypeRules;
use gauntlet_model::input::{Archetype, Distance};

fn written(text: &str) -> Result<Plan, PlanError> {
    Plan::written(text, &DEFAULTS)
}

fn candidate(text: &str) -> Result<Plan, PlanError> {
    Plan::candidate(text, Archetype::MeanReversion, &DEFAULTS)
}

#[test]
fn rules_that_somebody_wrote_are_taken_as_they_are() {
    let plan = written("long when close > open\nstop 8 ticks").expect("right");
    assert_eq!((plan.fallbacks(), plan.exits().stop_loss), (0, Distance::Ticks(8)));
    assert!(plan.rules().short.is_silent());
}

#[test]
fn the_archetype_stands_in_for_a_candidates_direction_that_cannot_be_read_and_that_is_counted() {
    let text = "long when close > open\nshort when clsoe <\nstop 8 ticks";
    let refused = written(text).expect_err("a person's rules are not guessed at").to_string();
    assert!(refused.contains("error at 2:12") && refused.contains("`clsoe`"), "{refused}");
    let plan = candidate(text).expect("one direction is right");
    assert_eq!((plan.fallbacks(), plan.exits().stop_loss), (1, Distance::Ticks(8)));
    let (long, short) = (&plan.rules().long, &plan.rules().short);
    assert_eq!(long.origin, Origin::Written);
    assert!(matches!(&short.origin, Origin::Fallback { .. }));
    assert!(short.origin.confidence() < long.origin.confidence());
    let expected = &Archetype::MeanReversion.rules().short.entries[0];
    assert_eq!(short.entries[0].text, expected.text);
    let mut series = Series::new(0.25);
    series.attach(&plan).expect("it runs");
}

#[test]
fn nothing_stands_in_for_a_stop_that_cannot_be_read() {
    let refused = candidate("long when close > open\nshort when clsoe <\nstop 8 tocks");
    let message = refused.expect_err("the stop is wrong").to_string();
    assert!(message.contains("stop 8 tocks"), "{message}");
}

#[test]
fn parameters_take_their_defaults_or_are_refused_with_their_range() {
    let text = "param fast = 5 whole from 2 to 50\nparam reach = 1.5 from 1 to 2\n\
                long when ema(fast) > close * reach\nstop 8 ticks";
    let given = |values: [f64; 3]| {
        let mut all = DEFAULTS;
        all[..3].copy_from_slice(&values);
        Plan::written(text, &all)
    };
    let none = f64::NAN;
    assert_eq!(given([none, 1.25, none]).expect("in range").values(), [5.0, 1.25]);
    let refused = |values| given(values).expect_err("refused").to_string();
    assert_eq!(refused([1.0, none, none]), "fast must be from 2 to 50, not 1");
    assert_eq!(refused([2.5, none, none]), "fast must be a whole number, not 2.5");
    assert_eq!(refused([none, f64::INFINITY, none]), "reach must be from 1 to 2, not inf");
    assert_eq!(refused([none, none, 0.0]), "parameter 2 does not exist: leave it out");
}

#[test]
fn numbers_that_must_not_be_are_refused_even_in_a_tree_that_no_check_has_seen() {
    let attach = |line: &str, value: f64| {
        let text = format!("param n = 5 whole from 2 to 20\n{line}");
        let mut rules = parse(&text).into_rules().expect("right");
        let param = &mut rules.params[0];
        (param.default, param.min, param.max, param.whole) = (value, 0.0, 2_000.0, false);
        let plan = Plan::new(rules, &[])?;
        Series::new(0.25).attach(&plan).map(|_| ())
    };
    let refused = |line, value| attach(line, value).expect_err("refused").to_string();
    let line = "long when rsi(n + 1) < 30\nstop 8 ticks";
    assert_eq!(attach(line, 13.0), Ok(()));
    assert_eq!(refused(line, 0.0), "period must be from 2 to 1000, not 1");
    let line = "long when close > close[n]\nstop 8 ticks";
    assert_eq!(attach(line, 0.0), Ok(()));
    let must = "\"n\": bars ago must be a whole number from 0 to 1000, not";
    assert_eq!(refused(line, 1.5), format!("{must} 1.5"));
    assert_eq!(refused(line, 1_001.0), format!("{must} 1001"));
    let line = "long when close > open within n bars\nstop 8 ticks";
    assert!(refused(line, 0.0).contains("a count of bars must be a whole number from 1 to 1000"));
    let line = "long when close > open\nstop n ticks";
    assert!(refused(line, 1.5).contains("a distance in ticks must be a whole number"));
}

#[test]
fn the_past_of_the_position_is_not_to_be_had() {
    for text in [
        "long when close > open\nexit long when position.profit_ticks crosses above 10",
        "long when close > open\nexit long when position.bars > 3 within 5 bars",
        "long when close > open and (position = 0) first in session",
    ] {
        let plan = written(&format!("{text}\nstop 8 ticks")).expect("right");
        let refused = Series::new(0.25).attach(&plan).expect_err("no past of the position");
        assert!(matches!(refused, PlanError::PositionHistory { .. }), "{refused}");
    }
}

#[test]
fn names_that_double_what_they_stand_for_are_refused_before_they_fill_the_memory() {
    let mut text = String::from("let a0 = position.bars + position.entry / close\n");
    for n in 1..40 {
        text.push_str(&format!("let a{n} = a{} + a{}\n", n - 1, n - 1));
    }
    text.push_str("long when a39 > 3\nstop 8 ticks");
    let plan = written(&text).expect("right");
    let refused = Series::new(0.25).attach(&plan).expect_err("too long");
    assert!(matches!(refused, PlanError::TooLong { .. }), "{refused}");
}
