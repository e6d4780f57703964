mod archetypes;
mod lookahead;
mod no_value;
mod oracle;
mod random;
mod ties;
mod warm_up;
mod written;

use super::*;
use crate::rule::ast::RuleSet;
use crate::sample::Sample;
use oracle::Oracle;
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use random::{Random, TICK};

const LONG: Holding = Holding { position: 2, bars: 3, entry: 5_001.25, profit_ticks: -4.0 };
const SHORT: Holding = Holding { position: -1, bars: 12, entry: 4_999.0, profit_ticks: 11.0 };
const HOLDINGS: [Holding; 3] = [Holding::FLAT, LONG, SHORT];

fn bits(verdict: Option<Verdict>) -> Option<(i8, u64, u64, SaidBy)> {
    let Verdict { direction, strength, confidence, said_by } = verdict?;
    Some((direction, strength.to_bits(), confidence.to_bits(), said_by))
}

fn plan(rules: RuleSet) -> Plan {
    Plan::new(rules, &[]).expect("rules that go in")
}

/// What a strategy says on every bar for each of some holdings.
fn said(
    series: &mut Series,
    strategy: &mut Strategy,
    samples: &[Sample],
) -> Vec<[Option<Verdict>; 3]> {
    let mut each = |sample: &Sample| {
        series.update(sample);
        HOLDINGS.map(|held| strategy.verdict(series, &held))
    };
    samples.iter().map(&mut each).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_compiled_strategy_says_what_a_naive_interpreter_says(seed in any::<u64>()) {
        let mut random = Random(seed);
        let samples = random.samples(220);
        let plan = plan(random.rules());
        let mut series = Series::new(TICK);
        let mut strategy = series.attach(&plan).expect("a plan that runs");
        let said = said(&mut series, &mut strategy, &samples);
        for (which, held) in HOLDINGS.into_iter().enumerate() {
            let oracle = Oracle { plan: &plan, samples: &samples, tick: TICK, held };
            for (at, expected) in oracle.verdicts().into_iter().enumerate() {
                prop_assert_eq!(
                    bits(said[at][which]),
                    bits(expected),
                    "bar {} with {:?} of {:#?}", at, held, plan.rules()
                );
            }
        }
    }

    #[test]
    fn strategies_that_share_a_series_say_what_each_says_alone(seed in any::<u64>()) {
        let mut random = Random(seed);
        let samples = random.samples(160);
        let plans: Vec<Plan> = (0..3).map(|_| plan(random.rules())).collect();
        let alone: Vec<_> = plans.iter().map(|plan| {
            let mut series = Series::new(TICK);
            let mut strategy = series.attach(plan).expect("a plan that runs");
            said(&mut series, &mut strategy, &samples)
        }).collect();
        let mut series = Series::new(TICK);
        let mut strategies: Vec<(usize, Strategy)> = vec![];
        let joins = [0, random.below(100), random.below(160)];
        let leaves = 60 + random.below(100);
        for (at, sample) in samples.iter().enumerate() {
            for (which, plan) in plans.iter().enumerate() {
                if joins[which] == at {
                    strategies.push((which, series.attach(plan).expect("a plan that runs")));
                }
            }
            if at == leaves {
                strategies.remove(0);
                series.retain(strategies.iter().flat_map(|(_, strategy)| strategy.nodes()));
            }
            series.update(sample);
            for (which, strategy) in &mut strategies {
                let verdict = strategy.verdict(&series, &LONG);
                prop_assert_eq!(bits(verdict), bits(alone[*which][at][1]), "bar {}", at);
            }
        }
        series.retain([].into_iter());
        prop_assert_eq!(series.nodes(), 0);
    }
}

#[test]
fn random_strategies_speak_often_enough_to_be_compared() {
    let (mut spoke, mut clauses) = (0, std::collections::BTreeSet::new());
    for seed in 0..200 {
        let mut random = Random(seed);
        let samples = random.samples(220);
        let plan = plan(random.rules());
        let mut series = Series::new(TICK);
        let mut strategy = series.attach(&plan).expect("a plan that runs");
        let said = said(&mut series, &mut strategy, &samples);
        let verdicts: Vec<Verdict> = said.into_iter().flatten().flatten().collect();
        spoke += u32::from(!verdicts.is_empty());
        clauses.extend(verdicts.iter().map(|verdict| verdict.said_by.clause as u8));
    }
    assert!(spoke > 100, "{spoke} of 200 strategies said anything");
    assert_eq!(clauses.len(), 4);
}

#[test]
fn a_first_bar_that_may_lack_trades_is_left_out() {
    let samples = Random(5).samples(300);
    let plan = super::archetypes::ArchetypeRules::plan(gauntlet_model::input::Archetype::Scalping);
    let speak = |samples: &[Sample]| {
        let mut series = Series::new(TICK);
        let mut strategy = series.attach(&plan).expect("a plan that runs");
        said(&mut series, &mut strategy, samples)
    };
    let mut torn = samples.clone();
    torn[0].gap = true;
    torn[0].candle.high += 1_000.0;
    let (torn, whole) = (speak(&torn), speak(&samples[1..]));
    assert!(whole.iter().flatten().any(Option::is_some));
    assert_eq!(torn[1..], whole);
}
