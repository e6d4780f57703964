//! All kinds, with everything that is said of them.

mod features;
mod helpers;
mod indicators;

use super::info::{Bounds, Info, Line, Unit};
use crate::parameter::Parameter;

/// Every kind once, in the order of [`Kind`](super::Kind).
pub static REGISTRY: [&Info; COUNT] = concatenated();

const COUNT: usize =
    indicators::INDICATORS.len() + helpers::HELPERS.len() + features::FEATURES.len();

const fn concatenated() -> [&'static Info; COUNT] {
    let mut all = [&indicators::INDICATORS[0]; COUNT];
    let mut filled = 0;
    let families: [&'static [Info]; 3] =
        [&indicators::INDICATORS, &helpers::HELPERS, &features::FEATURES];
    let mut family = 0;
    while family < families.len() {
        let mut at = 0;
        while at < families[family].len() {
            all[filled] = &families[family][at];
            filled += 1;
            at += 1;
        }
        family += 1;
    }
    all
}

/// The kind of that name or alias; the case of its letters does not matter.
pub fn find(name: &str) -> Option<&'static Info> {
    let named = |info: &&&Info| {
        info.name.eq_ignore_ascii_case(name)
            || info.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    };
    REGISTRY.iter().find(named).copied()
}

/// Longest period: a window of each indicator is held in memory.
pub const PERIOD_MAX: usize = 1_000;

const fn period(meaning: &'static str, default: usize, min: usize) -> Parameter {
    named_period("period", meaning, default, min)
}

const fn named_period(
    name: &'static str,
    meaning: &'static str,
    default: usize,
    min: usize,
) -> Parameter {
    Parameter::whole(name, meaning, default as f64, min as f64, PERIOD_MAX as f64)
}

const fn line(name: &'static str, unit: Unit) -> Line {
    Line { name, unit, bounds: Bounds::OfUnit }
}

/// A line that is never below 0.
const fn not_negative(name: &'static str, unit: Unit) -> Line {
    Line { name, unit, bounds: Bounds::NotNegative }
}

/// A line measured as its source that goes beyond the source's bounds.
const fn free(name: &'static str) -> Line {
    Line { name, unit: Unit::Source, bounds: Bounds::Free }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Class, LINES_MAX, PARAMETERS_MAX};
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_found_at_its_place() {
        for (at, info) in REGISTRY.iter().enumerate() {
            assert_eq!(info.kind as usize, at, "{}", info.name);
            assert_eq!(info.kind.info().name, info.name);
        }
    }

    #[test]
    fn names_and_aliases_are_found_whatever_their_case_and_mean_one_kind() {
        let mut seen = BTreeSet::new();
        for info in REGISTRY {
            for name in std::iter::once(&info.name).chain(info.aliases) {
                assert!(seen.insert(name.to_ascii_lowercase()), "{name} twice");
                assert_eq!(find(&name.to_uppercase()).map(|one| one.kind), Some(info.kind));
                let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(word), "{name}");
            }
        }
        assert_eq!(find("no such thing"), None);
    }

    #[test]
    fn the_eighteen_are_there() {
        let names: Vec<_> = REGISTRY
            .iter()
            .filter(|info| info.class == Class::Indicator)
            .map(|info| info.name)
            .collect();
        let wanted = "rsi macd bb ema sma adx atr vwap stoch cci mfi roc williams keltner donchian \
                      ichimoku psar supertrend";
        assert_eq!(names.join(" "), wanted);
    }

    #[test]
    fn what_is_said_fits_what_is_carried() {
        for info in REGISTRY {
            assert!((1..=LINES_MAX).contains(&info.lines.len()), "{}", info.name);
            assert!(info.parameters.len() <= PARAMETERS_MAX, "{}", info.name);
            for one in info.parameters {
                assert_eq!(one.resolve(f64::NAN), Ok(one.default));
                assert_eq!(one.resolve(one.default), Ok(one.default), "{} {}", info.name, one.name);
                assert_eq!(info.parameter(one.name).map(|at| info.parameters[at]), Some(*one));
            }
            for (at, line) in info.lines.iter().enumerate() {
                assert_eq!(info.line(line.name), Some(at));
            }
            for text in [info.meaning, info.formula, info.source] {
                assert!(!text.is_empty() && !text.contains("  "), "{text}");
            }
        }
    }
}
