use super::*;
use crate::input::Archetype;
use crate::rule::{json, parse};
use crate::strategy::archetypes::ARCHETYPES;

#[test]
fn the_rules_of_every_archetype_are_read_without_a_word_of_doubt() {
    for info in &ARCHETYPES {
        let name = info.archetype.name();
        let parsed = parse(info.text);
        let findings: Vec<_> = parsed.diagnostics.iter().map(|one| one.render(info.text)).collect();
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
        let strategy = series.attach(&plan).expect(archetype.name());
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
