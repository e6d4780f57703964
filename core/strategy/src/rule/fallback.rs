//! What stands in for a direction that cannot be read.

use super::ast::{Direction, Origin, Predicate, Reference, RuleSet};
use super::read::{Parsed, RulesError, parse};
use super::walk::{self, Part};
use super::words::is_reserved;
use crate::indicator;
use serde_json::Value;
use std::collections::BTreeMap;

/// How sure it is that an archetype's own rules are what the author of broken ones meant.
pub const FALLBACK_CONFIDENCE: f64 = 0.4;

/// Rules in which an archetype stands in where nothing usable was written.
#[derive(Clone, Debug, PartialEq)]
pub struct WithFallback {
    /// The rules.
    pub rules: RuleSet,
    /// How many directions the archetype stands in for, 0 to 2.
    pub fallbacks: u32,
}

/// Replaces each direction of `read` that failed, or that is missing together with its opposite, by
/// the archetype's: its entries, its exits, its strength, and the names that they use. Exits and
/// entry style that are missing altogether come from the archetype too.
///
/// A direction that is merely not written stays silent: a strategy may be long only.
///
/// # Errors
/// When the merged rules break a bound of the language, such as its length.
pub fn with_fallback(
    read: &Parsed,
    archetype: &RuleSet,
    archetype_name: &str,
) -> Result<WithFallback, RulesError> {
    let mut rules = read.rules.clone();
    let nothing = rules.long.entries.is_empty() && rules.short.entries.is_empty();
    let long = (read.long_failed || nothing) && !archetype.long.entries.is_empty();
    let short = (read.short_failed || nothing) && !archetype.short.entries.is_empty();
    if !long && !short {
        return Ok(WithFallback { rules, fallbacks: 0 });
    }
    let theirs = renamed(archetype, &new_names(&rules, archetype));
    rules.params.extend(theirs.params);
    rules.lets.extend(theirs.lets);
    for (wanted, own, theirs) in
        [(long, &mut rules.long, theirs.long), (short, &mut rules.short, theirs.short)]
    {
        if wanted {
            let origin = Origin::Fallback {
                archetype: archetype_name.to_owned(),
                confidence: FALLBACK_CONFIDENCE,
            };
            *own = Direction { origin, ..theirs };
        }
    }
    if rules.plan.is_empty() {
        rules.plan = theirs.plan;
    }
    leave_out_unused(&mut rules, read.rules.params.len(), read.rules.lets.len());
    let mut merged = parse(&rules.to_string()).into_rules()?;
    keep_provenance(&mut merged.long, &rules.long);
    keep_provenance(&mut merged.short, &rules.short);
    Ok(WithFallback { rules: merged, fallbacks: u32::from(long) + u32::from(short) })
}

/// The words and the origin of the directions that were merged, on the tree that was read anew.
pub(super) fn keep_provenance(to: &mut Direction, from: &Direction) {
    to.origin = from.origin.clone();
    let keep = |to: &mut [Predicate], from: &[Predicate]| {
        for (to, from) in to.iter_mut().zip(from) {
            to.span = from.span;
            to.text.clone_from(&from.text);
        }
    };
    keep(&mut to.entries, &from.entries);
    keep(&mut to.exits, &from.exits);
}

/// A name in the merged rules for each of the archetype's: its own, unless that is taken.
fn new_names(rules: &RuleSet, archetype: &RuleSet) -> BTreeMap<String, String> {
    let all = |rules: &RuleSet| -> Vec<String> {
        let params = rules.params.iter().map(|param| param.name.clone());
        params.chain(rules.lets.iter().map(|definition| definition.name.clone())).collect()
    };
    let mut taken = all(rules);
    let mut names = BTreeMap::new();
    for name in all(archetype) {
        let mut free = name.clone();
        while taken.iter().any(|known| known.eq_ignore_ascii_case(&free))
            || is_reserved(&free)
            || indicator::find(&free).is_some()
        {
            free.insert_str(0, "own_");
        }
        taken.push(free.clone());
        names.insert(name, free);
    }
    names
}

/// The same rules under other names, with the words that they were written in.
fn renamed(rules: &RuleSet, names: &BTreeMap<String, String>) -> RuleSet {
    let mut tree = serde_json::to_value(rules).expect("a tree has a json form");
    for list in ["params", "lets"] {
        let definitions = tree.get_mut(list).and_then(Value::as_array_mut);
        for definition in definitions.into_iter().flatten() {
            rename(definition.get_mut("name"), names);
        }
    }
    rename_uses(&mut tree, names);
    let mut renamed: RuleSet =
        serde_json::from_value(tree).expect("new names leave the form as it was");
    keep_provenance(&mut renamed.long, &rules.long);
    keep_provenance(&mut renamed.short, &rules.short);
    renamed
}

fn rename_uses(tree: &mut Value, names: &BTreeMap<String, String>) {
    match tree {
        Value::Array(parts) => parts.iter_mut().for_each(|part| rename_uses(part, names)),
        Value::Object(parts) => {
            if matches!(parts.get("type").and_then(Value::as_str), Some("param" | "let")) {
                rename(parts.get_mut("name"), names);
            }
            parts.values_mut().for_each(|part| rename_uses(part, names));
        }
        _ => {}
    }
}

fn rename(name: Option<&mut Value>, names: &BTreeMap<String, String>) {
    if let Some(Value::String(name)) = name
        && let Some(new) = names.get(name.as_str())
    {
        name.clone_from(new);
    }
}

/// Leaves out of what the archetype brought along what is not used: from the end, as a name may be
/// used by the ones behind it alone.
fn leave_out_unused(rules: &mut RuleSet, params_kept: usize, lets_kept: usize) {
    for index in (lets_kept..rules.lets.len()).rev() {
        if !is_used(rules, |part| part.binding(), &rules.lets[index].name) {
            rules.lets.remove(index);
        }
    }
    for index in (params_kept..rules.params.len()).rev() {
        if !is_used(rules, |part| part.param(), &rules.params[index].name) {
            rules.params.remove(index);
        }
    }
}

fn is_used(
    rules: &RuleSet,
    reference: impl Fn(Part<'_>) -> Option<&Reference>,
    name: &str,
) -> bool {
    let mut used = false;
    for root in walk::roots(rules) {
        walk::each(root, &mut |part| {
            used |= reference(part).is_some_and(|reference| reference.name == name);
        });
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::ast::ConditionKind;

    const ARCHETYPE: &str = "strategy mean_reversion\nparam period = 20 whole from 2 to 500\n\
        let band = bb(period, 2)\nlet fast = ema(5)\nlong when close < band.lower\n\
        short when close > band.upper\nexit short when close < fast\nstop 16 ticks\n";

    fn merged(text: &str) -> WithFallback {
        let archetype = parse(ARCHETYPE).into_rules().expect("the archetype is right");
        with_fallback(&parse(text), &archetype, "mean_reversion").expect("the two fit together")
    }

    #[test]
    fn a_direction_that_fails_alone_falls_back_and_the_other_stays_as_written() {
        let result = merged("let band = ema(9)\nlong when close > band\nshort when close ?? band");
        assert_eq!(result.fallbacks, 1);
        let rules = &result.rules;
        assert_eq!(rules.long.origin, Origin::Written);
        assert_eq!(rules.long.entries[0].text, "long when close > band");
        assert_eq!(rules.short.origin.confidence(), FALLBACK_CONFIDENCE);
        assert_eq!(rules.short.entries[0].text, "short when close > band.upper");
        assert_eq!(
            rules.to_string(),
            "param period = 20 whole from 2 to 500\nlet band = ema(9)\nlet own_band = bb(period, 2)\n\
             let fast = ema(5)\nlong when close > band\nshort when close > own_band.upper\n\
             exit short when close < fast\nstop 16 ticks\n"
        );
        assert_eq!(rules.confidence(), FALLBACK_CONFIDENCE);
    }

    #[test]
    fn a_direction_that_nobody_wrote_stays_silent() {
        let result = merged("long when close > open");
        assert_eq!(result.fallbacks, 0);
        assert!(result.rules.short.is_silent());
    }

    #[test]
    fn with_nothing_written_both_directions_fall_back() {
        let result = merged("stop 4 ticks");
        assert_eq!(result.fallbacks, 2);
        let long = &result.rules.long.entries[0].condition.kind;
        assert!(matches!(long, ConditionKind::Compare { .. }));
        assert_eq!(
            result.rules.plan.stop.map(|stop| stop.distance.to_string()).as_deref(),
            Some("4 ticks")
        );
    }
}
