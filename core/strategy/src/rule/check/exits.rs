//! Ranges of parameters, stops and targets.

use super::Checker;
use super::constant::Bounds;
use crate::rule::ast::{
    BreakEven, Constant, Distance, DistanceKind, HISTORY_BARS_MAX, Param, TimeStop, Trail,
};
use crate::rule::diagnostic::Diagnostic;

/// Smallest distance of each kind: above nothing.
const LEAST: f64 = 1e-9;

const TICKS_MAX: f64 = 100_000.0;
const MULTIPLE_MAX: f64 = 1_000.0;

impl Checker<'_> {
    /// Checks a parameter's own range.
    pub(in crate::rule) fn param(&mut self, param: &Param) {
        let Param { name, default, min, max, whole, .. } = param;
        let is_whole = |value: &f64| libm::trunc(*value) == *value;
        let message = if min > max {
            format!("`{name}` goes from {min} down to {max}")
        } else if !(min..=max).contains(&default) {
            format!("`{name}` is {default}, outside of its range from {min} to {max}")
        } else if *whole && ![default, min, max].into_iter().all(is_whole) {
            format!("`{name}` is whole, but its value or its range is not")
        } else {
            return;
        };
        self.findings.add(Diagnostic::error(param.span, message));
    }

    pub(in crate::rule) fn distance(&mut self, distance: &Distance) {
        match &distance.kind {
            DistanceKind::Ticks { count } => self.positive(count, TICKS_MAX, "a distance in ticks"),
            DistanceKind::Percent { percent } => {
                self.positive(percent, 100.0, "a distance in percent");
            }
            DistanceKind::Atr { multiple, period } => {
                self.positive(multiple, MULTIPLE_MAX, "a multiple of the ATR");
                self.atr_period(period);
            }
        }
    }

    pub(in crate::rule) fn trail(&mut self, trail: &Trail) {
        match trail {
            Trail::Behind { distance, .. } => self.distance(distance),
            Trail::Chandelier { period, multiple, .. } => {
                self.atr_period(period);
                self.positive(multiple, MULTIPLE_MAX, "a multiple of the ATR");
            }
        }
    }

    pub(in crate::rule) fn break_even(&mut self, rule: &BreakEven) {
        self.distance(&rule.after);
        if let Some(plus) = &rule.plus {
            self.distance(plus);
        }
    }

    pub(in crate::rule) fn time_stop(&mut self, rule: &TimeStop) {
        let range = Bounds { low: 1.0, high: 100_000.0 };
        self.within(&rule.bars, range, true, "a time stop");
    }

    fn positive(&mut self, value: &Constant, max: f64, what: &str) {
        let bounds = Bounds { low: LEAST, high: max };
        self.within(value, bounds, false, what);
    }

    fn atr_period(&mut self, period: &Constant) {
        let range = Bounds { low: 1.0, high: f64::from(HISTORY_BARS_MAX) };
        self.within(period, range, true, "the period of an ATR");
    }
}
