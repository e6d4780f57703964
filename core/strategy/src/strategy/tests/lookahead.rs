use super::random::Random;
use super::*;
use crate::strategy::archetypes::ArchetypeRules;
use crate::strategy::fixtures::{EURO_TICK, recorded, samples};
use crate::strategy::lookahead::{Change, Effort, Said, check, compare, said};
use gauntlet_model::input::Archetype;

const EFFORT: Effort = Effort { cuts: 4, starts: 2 };

#[test]
fn no_archetype_sees_the_future_or_forgets_where_its_data_began_on_recorded_bars() {
    let Some(minutes) = recorded() else { return };
    for archetype in Archetype::ALL {
        let plan = archetype.plan();
        let (bars, session) = (plan.bars().expect("bars"), plan.session().expect("a session"));
        let samples = samples(&minutes, bars, session);
        let samples = &samples[..samples.len().min(3_000)];
        let report = check(&plan, EURO_TICK, samples, EFFORT, |_, _| {}).expect("it runs");
        assert!(report.is_proven(), "{}: {report:?}", archetype.name());
        assert!(report.spoken > 0 && report.starts > 0, "{}: {report:?}", archetype.name());
    }
}

#[test]
fn no_archetype_sees_the_future_on_random_bars() {
    let mut random = Random(7);
    let samples = random.samples(2_500);
    for archetype in Archetype::ALL {
        let report = check(&archetype.plan(), TICK, &samples, EFFORT, |_, _| {}).expect("it runs");
        assert!(report.is_proven(), "{}: {report:?}", archetype.name());
    }
}

fn reversion() -> Plan {
    Archetype::MeanReversion.plan()
}

/// What a plan says when one of its bars leaks: each bar knows the close of the next.
fn leaking(samples: &[Sample]) -> Vec<Said> {
    let mut known = samples.to_vec();
    for at in 1..known.len() {
        known[at - 1].candle.close = samples[at].candle.close;
    }
    said(&reversion(), TICK, &known).expect("it runs")
}

fn never(_: &Sample, _: usize) -> Vec<Sample> {
    vec![]
}

#[test]
fn a_strategy_that_knows_the_next_close_is_caught() {
    let samples = Random(3).samples(2_000);
    let effort = Effort { cuts: 20, starts: 0 };
    let report = compare(&samples, leaking, never, effort, |_, _| {});
    let difference = report.difference.expect("it cheats");
    assert!(matches!(difference.change, Change::Cut { bars } if bars == difference.bar + 1));
    assert_eq!(difference.end, samples[difference.bar].candle.end);
    assert!(!report.is_proven());
}

#[test]
fn a_strategy_that_depends_on_the_first_bar_for_ever_is_caught() {
    let samples = Random(3).samples(2_000);
    let anchored = |samples: &[Sample]| {
        let first = samples[0].candle.close;
        let mut known = samples.to_vec();
        known.iter_mut().for_each(|sample| sample.candle.close -= first / 2.0);
        let mut said = said(&reversion(), TICK, &known).expect("it runs");
        // Rules that look at differences do not mind: one that looks at the level does.
        for (said, sample) in said.iter_mut().zip(&known) {
            if sample.candle.close < 2_500.0 {
                said.verdicts = [None; 3];
            }
        }
        said
    };
    let effort = Effort { cuts: 4, starts: 6 };
    let report = compare(&samples, anchored, never, effort, |_, _| {});
    let difference = report.difference.expect("its first bar matters");
    assert!(matches!(difference.change, Change::Start { .. }));
}

#[test]
fn data_that_is_too_short_proves_nothing() {
    let samples = Random(3).samples(100);
    let report = check(&reversion(), TICK, &samples, EFFORT, |_, _| {}).expect("it runs");
    assert_eq!(report.settled_at, None);
    assert!(!report.is_proven());
}
