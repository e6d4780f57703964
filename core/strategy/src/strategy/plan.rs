//! A strategy as data, checked and with its parameters resolved.

use super::archetypes::ArchetypeRules;
use super::{PARAMETERS_MAX, Series};
use crate::parameter::ParameterError;
use crate::rule::ast::{EntryStyle, Origin, Param, Predicate, RuleSet};
use crate::rule::{RulesError, parse, with_fallback};
use gauntlet_model::effect::Urgency;
use gauntlet_model::input::{Archetype, BarKind, Exits, SessionMode};

/// Why a strategy cannot run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The rules cannot be read.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// Neither direction has a rule that goes in.
    #[error("the rules never go in: write `long when ...` or `short when ...`")]
    NeverEnters,
    /// A parameter is not finite, or outside of its range.
    #[error("{name} must be from {min} to {max}, not {value}")]
    OutOfRange {
        /// Which parameter.
        name: String,
        /// The value given.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// A fraction where a count is wanted.
    #[error("{name} must be a whole number, not {value}")]
    NotWhole {
        /// Which parameter.
        name: String,
        /// The value given.
        value: f64,
    },
    /// A value in a place where the strategy has no parameter.
    #[error("parameter {index} does not exist: leave it out")]
    NoParameter {
        /// Which place, from 0.
        index: usize,
    },
    /// A number that the rules need is not what it must be for these values of the parameters.
    #[error("{words}: {what} must be {must}, not {value}")]
    Number {
        /// The words of the rule.
        words: String,
        /// Which number.
        what: &'static str,
        /// What it must be.
        must: &'static str,
        /// What it is.
        value: f64,
    },
    /// An indicator does not take these parameters.
    #[error(transparent)]
    Indicator(ParameterError),
    /// A name that nothing goes by.
    #[error("{0:?} is not the name of an indicator, a line or a `let`: see `ctl indicators list`")]
    NoName(String),
    /// An indicator that reads whole bars is given one series.
    #[error("{0} reads whole bars: it takes no series")]
    NoSource(&'static str),
    /// The past of a bot's position is asked for.
    #[error("{words}: the past of the position is not kept: ask for its value now")]
    PositionHistory {
        /// The words of the rule.
        words: String,
    },
    /// A predicate is too long once its names are put in.
    #[error("{words}: too long once its names are put in: split it or use fewer `let`")]
    TooLong {
        /// The words of the rule.
        words: String,
    },
    /// The series computes as much as it may.
    #[error("no room for more indicators on this series: use fewer bots or parameters")]
    NoRoom,
}

/// A strategy as data: rules and the values of their parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    rules: RuleSet,
    values: Vec<f64>,
    exits: Exits,
    fallbacks: u32,
}

impl Plan {
    /// An archetype's own rules; `NaN` is a parameter's default.
    ///
    /// # Errors
    /// When a parameter is refused.
    pub fn archetype(
        archetype: Archetype,
        given: &[f64; PARAMETERS_MAX],
    ) -> Result<Plan, PlanError> {
        Plan::new(archetype.rules().clone(), given)
    }

    /// Rules that somebody wrote, as they are: nothing stands in for what is wrong with them.
    ///
    /// # Errors
    /// Everything that is wrong with the rules, or that a parameter is refused.
    pub fn written(text: &str, given: &[f64; PARAMETERS_MAX]) -> Result<Plan, PlanError> {
        Plan::new(parse(text).into_rules()?, given)
    }

    /// The rules of a generated candidate of an archetype. Where all that is wrong with them is in one
    /// direction, or in both, the archetype's rules stand in for it ([`with_fallback`]).
    ///
    /// # Errors
    /// When anything else is wrong with the rules, such as the stop, or a parameter is refused.
    pub fn candidate(
        text: &str,
        archetype: Archetype,
        given: &[f64; PARAMETERS_MAX],
    ) -> Result<Plan, PlanError> {
        let parsed = parse(text);
        if parsed.rest_failed {
            parsed.into_rules()?;
            return Err(PlanError::NeverEnters);
        }
        let merged = with_fallback(&parsed, archetype.rules(), archetype.name())?;
        if merged.fallbacks == 0 {
            return Plan::new(parsed.into_rules()?, given);
        }
        Plan::new(merged.rules, given)
    }

    /// Rules with parameters: `NaN`, and what is beyond the end, is a parameter's default.
    ///
    /// # Errors
    /// When a parameter is refused or the rules never go in. Whether the rules can run is known when
    /// the plan is attached to a series.
    pub fn new(rules: RuleSet, given: &[f64]) -> Result<Plan, PlanError> {
        let silent = rules.long.entries.is_empty() && rules.short.entries.is_empty();
        if silent {
            return Err(PlanError::NeverEnters);
        }
        let values = resolve(&rules.params, given)?;
        let fallen = |origin: &Origin| u32::from(matches!(origin, Origin::Fallback { .. }));
        let fallbacks = fallen(&rules.long.origin) + fallen(&rules.short.origin);
        let exits = super::exits::exits(&rules, &values)?;
        Ok(Plan { rules, values, exits, fallbacks })
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The values of the parameters, in the rules' order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Bars that must be seen before it says anything, the one on which it may included: what everybody
    /// calls its warm-up ([`Strategy::warm_up_bars`](super::Strategy::warm_up_bars)).
    ///
    /// # Errors
    /// Why it cannot run.
    pub fn warm_up_bars(&self) -> Result<usize, PlanError> {
        // The tick changes values, not how many bars they take.
        Series::new(1.0).attach(self).map(|strategy| strategy.warm_up_bars())
    }

    /// The bars that the rules ask for.
    pub fn bars(&self) -> Option<BarKind> {
        self.rules.bars
    }

    /// The hours that the rules ask for.
    pub fn session(&self) -> Option<SessionMode> {
        self.rules.session
    }

    /// Stop, target and the other exits that the rules ask for beside their own `exit` rules. Whether
    /// a position may be held past its session is not for rules to say: they never ask for it.
    pub fn exits(&self) -> &Exits {
        &self.exits
    }

    /// How an entry meets the market: [`Urgency::Aggressive`] unless the rules say otherwise.
    pub fn entry(&self) -> Urgency {
        match self.rules.plan.entry {
            Some(EntryStyle::Passive) => Urgency::Passive,
            Some(EntryStyle::Aggressive) | None => Urgency::Aggressive,
        }
    }

    /// Directions whose own rules could not be read and that the archetype's stand in for.
    pub fn fallbacks(&self) -> u32 {
        self.fallbacks
    }

    /// The predicate that said something.
    pub fn predicate(&self, said_by: super::SaidBy) -> Option<&Predicate> {
        use super::Clause;
        let predicates = match said_by.clause {
            Clause::LongEntry => &self.rules.long.entries,
            Clause::LongExit => &self.rules.long.exits,
            Clause::ShortEntry => &self.rules.short.entries,
            Clause::ShortExit => &self.rules.short.exits,
        };
        predicates.get(usize::from(said_by.place))
    }
}

/// Checks values of parameters and fills in defaults.
///
/// # Errors
/// The first value that is out of range, not whole, or not of any parameter.
pub fn resolve(params: &[Param], given: &[f64]) -> Result<Vec<f64>, PlanError> {
    let beyond = given.iter().enumerate().skip(params.len());
    if let Some((index, _)) = beyond.into_iter().find(|(_, value)| !value.is_nan()) {
        return Err(PlanError::NoParameter { index });
    }
    let value = |(index, param): (usize, &Param)| {
        let value = given.get(index).copied().filter(|value| !value.is_nan());
        let value = value.unwrap_or(param.default);
        let name = || param.name.clone();
        if !(param.min..=param.max).contains(&value) {
            let (min, max) = (param.min, param.max);
            return Err(PlanError::OutOfRange { name: name(), value, min, max });
        }
        if param.whole && libm::trunc(value) != value {
            return Err(PlanError::NotWhole { name: name(), value });
        }
        Ok(value)
    };
    params.iter().enumerate().map(value).collect()
}

/// No parameter given: every one has its default.
pub const DEFAULTS: [f64; PARAMETERS_MAX] = [f64::NAN; PARAMETERS_MAX];
