//! Ranges of what must be known before the first bar, for every value that its parameters may take.

use super::Checker;
use crate::rule::ast::{Arithmetic, Constant, ConstantKind};
use crate::rule::diagnostic::Diagnostic;

/// From `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bounds {
    const ALL: Bounds = Bounds { low: f64::NEG_INFINITY, high: f64::INFINITY };

    fn of(ends: &[f64]) -> Bounds {
        if ends.iter().any(|end| end.is_nan()) {
            return Bounds::ALL;
        }
        let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
        Bounds { low, high: ends.iter().copied().fold(f64::NEG_INFINITY, f64::max) }
    }
}

impl Checker<'_> {
    /// Reports a constant that leaves a range, or is not whole where it must be, for any value of
    /// its parameters.
    pub(super) fn within(&mut self, value: &Constant, range: Bounds, whole: bool, what: &str) {
        let bounds = self.bounds(value);
        let (min, max) = (range.low, range.high);
        if bounds.low < min || bounds.high > max {
            let message = match bounds.low == bounds.high {
                true => format!("{what} is from {min} to {max}, not {}", bounds.low),
                false => format!(
                    "{what} is from {min} to {max}, and this may be from {} to {}",
                    bounds.low, bounds.high
                ),
            };
            let finding = Diagnostic::error(value.span, message);
            self.findings.add(match &value.kind {
                ConstantKind::Param { name } => {
                    finding.hint(format!("narrow the range of the parameter `{}`", name.name))
                }
                _ => finding,
            });
        } else if whole && !self.is_whole(value) {
            let finding = Diagnostic::error(value.span, format!("{what} is a whole number"));
            self.findings.add(match &value.kind {
                ConstantKind::Param { name } => finding.hint(format!(
                    "mark the parameter as `whole`: `param {} = 20 whole`",
                    name.name
                )),
                _ => finding,
            });
        }
    }

    fn bounds(&self, value: &Constant) -> Bounds {
        match &value.kind {
            ConstantKind::Number { value } => Bounds { low: *value, high: *value },
            ConstantKind::Param { name } => match self.params.get(name.index) {
                Some(param) => Bounds { low: param.min, high: param.max },
                None => Bounds::ALL,
            },
            ConstantKind::Negate { of } => {
                let of = self.bounds(of);
                Bounds { low: -of.high, high: -of.low }
            }
            ConstantKind::Arithmetic { op, left, right } => {
                let (a, b) = (self.bounds(left), self.bounds(right));
                match op {
                    Arithmetic::Add => Bounds::of(&[a.low + b.low, a.high + b.high]),
                    Arithmetic::Subtract => Bounds::of(&[a.low - b.high, a.high - b.low]),
                    Arithmetic::Multiply => Bounds::of(&[
                        a.low * b.low,
                        a.low * b.high,
                        a.high * b.low,
                        a.high * b.high,
                    ]),
                    Arithmetic::Divide if b.low <= 0.0 && b.high >= 0.0 => Bounds::ALL,
                    Arithmetic::Divide => Bounds::of(&[
                        a.low / b.low,
                        a.low / b.high,
                        a.high / b.low,
                        a.high / b.high,
                    ]),
                }
            }
        }
    }

    fn is_whole(&self, value: &Constant) -> bool {
        match &value.kind {
            ConstantKind::Number { value } => libm::trunc(*value) == *value,
            ConstantKind::Param { name } => self.params.get(name.index).is_some_and(|param| {
                let fixed = param.min == param.max && libm::trunc(param.default) == param.default;
                param.whole || fixed
            }),
            ConstantKind::Negate { of } => self.is_whole(of),
            ConstantKind::Arithmetic { op: Arithmetic::Divide, .. } => false,
            ConstantKind::Arithmetic { left, right, .. } => {
                self.is_whole(left) && self.is_whole(right)
            }
        }
    }
}
