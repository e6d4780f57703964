//! The exits of rules, for the values of their parameters.

use super::plan::PlanError;
use crate::rule::ast::{self, Constant, DistanceKind, RuleSet};
use gauntlet_model::input::{Distance, Exits, Factor, TERM_PERIOD_MAX, Trailing};

/// What the rules say of exits beside their predicates.
pub(super) fn exits(rules: &RuleSet, values: &[f64]) -> Result<Exits, PlanError> {
    let terms = Terms { text: &rules.text, values };
    let plan = &rules.plan;
    let stop = |stop: &Option<ast::Stop>| match stop {
        Some(stop) => terms.distance(&stop.distance),
        None => Ok(Distance::None),
    };
    let trailing = match &plan.trail {
        None => Trailing::None,
        Some(ast::Trail::Behind { distance, .. }) => Trailing::By(terms.distance(distance)?),
        Some(ast::Trail::Chandelier { period, multiple, .. }) => Trailing::Chandelier {
            period: terms.period(period)?,
            multiple: terms.factor(multiple, "the multiple of a chandelier")?,
        },
    };
    let (mut break_even_after, mut break_even_plus) = (Distance::None, Distance::None);
    if let Some(break_even) = &plan.break_even {
        break_even_after = terms.distance(&break_even.after)?;
        if let Some(plus) = &break_even.plus {
            break_even_plus = terms.distance(plus)?;
        }
    }
    let time_stop_bars = match &plan.time_stop {
        None => 0,
        Some(stop) => terms.whole(&stop.bars, "a time stop", u32::MAX)?,
    };
    Ok(Exits {
        stop_loss: stop(&plan.stop)?,
        take_profit: stop(&plan.target)?,
        trailing,
        break_even_after,
        break_even_plus,
        time_stop_bars,
        // Rules can ask for an exit at the session's end; to hold beyond it is the operator's word.
        hold_over_session: false,
    })
}

struct Terms<'a> {
    text: &'a str,
    values: &'a [f64],
}

impl Terms<'_> {
    fn refuse(&self, of: &Constant, what: &'static str, must: &'static str) -> PlanError {
        let words = format!("{:?}", of.span.of(self.text));
        PlanError::Number { words, what, must, value: of.value(self.values) }
    }

    fn whole(&self, of: &Constant, what: &'static str, max: u32) -> Result<u32, PlanError> {
        let value = of.value(self.values);
        if libm::trunc(value) == value && (1.0..=f64::from(max)).contains(&value) {
            return Ok(value as u32);
        }
        let must = "a whole number of 1 or more";
        Err(self.refuse(of, what, must))
    }

    fn period(&self, of: &Constant) -> Result<u16, PlanError> {
        let value = of.value(self.values);
        let range = 1.0..=f64::from(TERM_PERIOD_MAX);
        if libm::trunc(value) == value && range.contains(&value) {
            return Ok(value as u16);
        }
        Err(self.refuse(of, "a period", "a whole number from 1 to 500"))
    }

    /// Rounded to the four decimals that a factor has.
    fn factor(&self, of: &Constant, what: &'static str) -> Result<Factor, PlanError> {
        let value = libm::round(of.value(self.values) * 1e4) / 1e4;
        let factor = Factor::new(value).filter(|factor| *factor > Factor::ZERO);
        factor.ok_or_else(|| self.refuse(of, what, "at least 0.0001 and at most 429496"))
    }

    fn distance(&self, of: &ast::Distance) -> Result<Distance, PlanError> {
        Ok(match &of.kind {
            DistanceKind::Ticks { count } => {
                Distance::Ticks(self.whole(count, "a distance in ticks", i32::MAX as u32)?)
            }
            DistanceKind::Percent { percent } => {
                Distance::Percent(self.factor(percent, "a distance in percent")?)
            }
            DistanceKind::Atr { multiple, period } => Distance::Atr {
                period: self.period(period)?,
                multiple: self.factor(multiple, "a multiple of the mean true range")?,
            },
        })
    }
}
