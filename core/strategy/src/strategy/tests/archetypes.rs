use super::*;
use crate::rule::{json, parse};
use crate::sample::Candle;
use crate::strategy::archetypes::ArchetypeRules;
use crate::strategy::fixtures::{EURO_TICK, recorded, samples};
use gauntlet_model::input::Archetype;

#[test]
fn the_rules_of_every_archetype_are_read_without_a_word_of_doubt() {
    for archetype in Archetype::ALL {
        let (name, text) = (archetype.name(), archetype.text());
        let parsed = parse(text);
        let findings: Vec<_> = parsed.diagnostics.iter().map(|one| one.render(text)).collect();
        assert!(findings.is_empty(), "{name}: {findings:#?}");
        assert_eq!(parsed.rules.name.as_deref(), Some(name));
        let rules = &parsed.rules;
        assert!(rules.bars.is_some() && rules.session.is_some() && rules.plan.entry.is_some());
        assert!(rules.params.len() <= PARAMETERS_MAX, "{name} has too many parameters");
        for side in [&rules.long, &rules.short] {
            assert!(!side.entries.is_empty() && !side.exits.is_empty(), "{name}");
        }
    }
}

#[test]
fn every_archetype_runs_and_has_a_stop() {
    let mut series = Series::new(0.25);
    for archetype in Archetype::ALL {
        let plan = archetype.plan();
        assert!(plan.exits().stop_loss.is_some(), "{}", archetype.name());
        assert_eq!((plan.fallbacks(), plan.rules().confidence()), (0, 1.0));
        let strategy = series.attach(&plan).expect("it runs");
        assert!(strategy.warm_up_bars() < KEPT_SAMPLES, "{}", archetype.name());
    }
}

#[test]
fn every_archetype_is_the_same_after_a_way_through_text_and_json() {
    for archetype in Archetype::ALL {
        let rules = archetype.rules();
        let text = parse(&rules.to_string()).into_rules().expect("canonical text");
        let json = json::from_json(&json::to_json(rules)).expect("json");
        assert_eq!(text.to_string(), rules.to_string());
        assert_eq!(json.into_rules().expect("json's text").to_string(), rules.to_string());
    }
}

/// When each position was entered, in which direction, and when it was left.
type Trades = Vec<(u64, i8, u64)>;

/// When and in which direction a strategy goes in, and when it comes out, if orders fill at the next
/// bar's open and nothing is held past its session.
fn trades(plan: &Plan, tick: f64, samples: &[Sample]) -> Trades {
    let mut series = Series::new(tick);
    let mut strategy = series.attach(plan).expect("it runs");
    let mut trades = vec![];
    let mut open: Option<(u64, i8, f64, u32)> = None;
    for pair in samples.windows(2) {
        let [sample, next] = pair else { unreachable!("two at a time") };
        series.update(sample);
        let held = match &mut open {
            None => Holding::FLAT,
            Some((_, direction, entry, bars)) => {
                *bars += 1;
                let profit_ticks = f64::from(*direction) * (sample.candle.close - *entry) / tick;
                Holding { position: (*direction).into(), bars: *bars, entry: *entry, profit_ticks }
            }
        };
        let verdict = strategy.verdict(&series, &held);
        let over = next.session != sample.session;
        let wanted = verdict.map(|verdict| verdict.direction).filter(|_| !over);
        if let Some((since, direction, ..)) = open
            && (over || wanted.is_some_and(|wanted| wanted != direction))
        {
            trades.push((since, direction, next.candle.start.0));
            open = None;
        }
        if let (None, Some(direction @ (-1 | 1))) = (open, wanted) {
            open = Some((next.candle.start.0, direction, next.candle.open, 0));
        }
    }
    trades
}

fn trades_of_all(tick: f64, minutes: &[Candle]) -> Vec<Trades> {
    let of = |archetype: Archetype| {
        let plan = archetype.plan();
        let (bars, session) = (plan.bars().expect("bars"), plan.session().expect("a session"));
        trades(&plan, tick, &samples(minutes, bars, session))
    };
    Archetype::ALL.into_iter().map(of).collect()
}

/// The share of the fewer entries of two archetypes that both make at the same time in the same
/// direction.
fn shared(one: &Trades, other: &Trades) -> f64 {
    let (fewer, more) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let both = fewer
        .iter()
        .filter(|trade| more.iter().any(|another| (another.0, another.1) == (trade.0, trade.1)));
    both.count() as f64 / fewer.len() as f64
}

fn assert_all_different(all: &[Trades]) {
    for (one, trades) in all.iter().enumerate() {
        let name = Archetype::ALL[one].name();
        let long = trades.iter().filter(|trade| trade.1 > 0).count();
        assert!(long > 0 && long < trades.len(), "{name}: {long} of {} are long", trades.len());
        for (other, others) in all.iter().enumerate().skip(one + 1) {
            let share = shared(trades, others);
            assert!(share < 0.5, "{name} and {}: {share}", Archetype::ALL[other].name());
        }
    }
}

#[test]
fn no_two_archetypes_trade_alike_in_a_recorded_month_and_each_goes_both_ways() {
    let Some(minutes) = recorded() else { return };
    assert_all_different(&trades_of_all(EURO_TICK, &minutes));
}

#[test]
fn no_two_archetypes_trade_alike_in_a_market_of_all_moods_and_each_goes_both_ways() {
    assert_all_different(&trades_of_all(TICK, &Random(11).moods(40)));
}
