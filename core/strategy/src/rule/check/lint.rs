//! Conditions that cannot be what their author wants.

use super::Checker;
use super::meaning::{Meaning, Unit};
use crate::indicator::{Info, Input};
use crate::rule::ast::{
    Binding, Comparison, CrossKind, Field, Function, Number, NumberKind, SessionTerm, Span,
};
use crate::rule::diagnostic::Diagnostic;

/// The highest or the lowest of a window of bars that ends with this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extreme {
    Highest(Field),
    Lowest(Field),
}

impl Extreme {
    /// Whether this bar's own `number` cannot be beyond it.
    fn bounds(self, number: &Number) -> bool {
        let NumberKind::Field { field } = number.kind else { return false };
        match self {
            Extreme::Highest(of) => of == field || (of == Field::High && field != Field::Volume),
            Extreme::Lowest(of) => of == field || (of == Field::Low && field != Field::Volume),
        }
    }
}

impl Checker<'_> {
    pub(super) fn lint_comparison(
        &mut self,
        span: Span,
        op: Comparison,
        (left, right): (&Number, &Number),
        (a, b): (Meaning, Meaning),
    ) {
        let (never, always) = match op {
            Comparison::Less => (a.low >= b.high, a.high < b.low),
            Comparison::LessOrEqual => (a.low > b.high, a.high <= b.low),
            Comparison::Greater => (a.high <= b.low, a.low > b.high),
            Comparison::GreaterOrEqual => (a.high < b.low, a.low >= b.high),
            Comparison::Equal => (a.high < b.low || a.low > b.high, false),
            Comparison::NotEqual => (false, a.high < b.low || a.low > b.high),
        };
        self.range_lint(span, never, always, (a, b));
        match op {
            Comparison::Greater => self.window_trap(span, left, right),
            Comparison::Less => self.window_trap(span, right, left),
            _ => {}
        }
    }

    pub(super) fn lint_cross(
        &mut self,
        span: Span,
        direction: CrossKind,
        (left, right): (&Number, &Number),
        (a, b): (Meaning, Meaning),
    ) {
        let never_above = a.high <= b.low;
        let never_below = a.low >= b.high;
        let never = match direction {
            CrossKind::Above => never_above || a.low > b.high,
            CrossKind::Below => never_below || a.high < b.low,
            CrossKind::Either => never_above || never_below,
        };
        self.range_lint(span, never, false, (a, b));
        match direction {
            CrossKind::Above => self.window_trap(span, left, right),
            CrossKind::Below => self.window_trap(span, right, left),
            CrossKind::Either => {}
        }
    }

    pub(super) fn lint_between(&mut self, span: Span, a: Meaning, low: Meaning, high: Meaning) {
        if low.low > high.high {
            self.findings.add(
                Diagnostic::warning(span, "never true: the lower end is above the upper end")
                    .hint("write the lower end first"),
            );
            return;
        }
        let outside = a.high < low.low || a.low > high.high;
        let inside = a.low >= low.high && a.high <= high.low;
        self.range_lint(span, outside, inside, (a, if a.high < low.low { low } else { high }));
    }

    fn range_lint(&mut self, span: Span, never: bool, always: bool, (a, b): (Meaning, Meaning)) {
        if !never && !always {
            return;
        }
        let range = |meaning: Meaning| match meaning.low == meaning.high {
            true => format!("{}", meaning.low),
            false => format!("from {} to {}", meaning.low, meaning.high),
        };
        let truth = if never { "never" } else { "always" };
        let message = format!("{truth} true: one side is {}, the other {}", range(a), range(b));
        self.findings.add(Diagnostic::warning(span, message));
    }

    /// A number of this bar above the highest, or below the lowest, of bars that this bar is one
    /// of.
    fn window_trap(&mut self, span: Span, above: &Number, below: &Number) {
        let trapped = match (self.extreme(above), self.extreme(below)) {
            (_, Some(end @ Extreme::Highest(_))) if end.bounds(above) => below,
            (Some(end @ Extreme::Lowest(_)), _) if end.bounds(below) => above,
            _ => return,
        };
        let written = trapped.span.of(self.text);
        let message = format!("never true: `{written}` counts this bar too");
        let hint = format!("compare with what it was on the bar before: `{written}[1]`");
        self.findings.add(Diagnostic::warning(span, message).hint(hint));
    }

    fn extreme(&self, number: &Number) -> Option<Extreme> {
        match &number.kind {
            NumberKind::Session { term: SessionTerm::High } => Some(Extreme::Highest(Field::High)),
            NumberKind::Session { term: SessionTerm::Low } => Some(Extreme::Lowest(Field::Low)),
            NumberKind::Let { name, line } => match &self.lets.get(name.index)?.value {
                Binding::Number(Number { kind: NumberKind::Indicator(used), .. }) => {
                    let line = line.as_deref().or(used.line.as_deref());
                    window(&used.name, used.source.as_deref(), line)
                }
                _ => None,
            },
            NumberKind::Indicator(used) => {
                window(&used.name, used.source.as_deref(), used.line.as_deref())
            }
            _ => None,
        }
    }

    /// `max(high, 20)`, which is `high` and seldom meant.
    pub(super) fn lint_window(
        &mut self,
        function: Function,
        of: &[Number],
        units: (Unit, Unit),
        span: Span,
    ) {
        let [first, second] = of else { return };
        let constant = matches!(second.kind, NumberKind::Number { .. } | NumberKind::Param { .. });
        if !constant || !matches!(units, (Unit::Price | Unit::Volume, Unit::Plain)) {
            return;
        }
        let (name, word) = match function {
            Function::Max => ("highest", "larger"),
            _ => ("lowest", "smaller"),
        };
        let (a, b) = (first.span.of(self.text), second.span.of(self.text));
        let message = format!("this is the {word} of `{a}` and the number {b}");
        let hint = format!("did you mean the last {b} bars: `{name}({a}, {b})`?");
        self.findings.add(Diagnostic::warning(span, message).hint(hint));
    }

    /// An indicator over a number that is the same on every bar.
    pub(super) fn lint_constant_source(&mut self, info: &Info, source: Unit, span: Span) {
        if info.input == Input::Source && source == Unit::Plain {
            let message = format!("`{}` runs over a number that never changes", info.name);
            self.findings.add(Diagnostic::warning(span, message));
        }
    }
}

/// The end of a window that this line of an indicator is.
fn window(name: &str, source: Option<&Number>, line: Option<&str>) -> Option<Extreme> {
    let of = match source.map(|source| &source.kind) {
        None => Some(Field::Close),
        Some(NumberKind::Field { field }) => Some(*field),
        Some(_) => None,
    };
    match (name, line) {
        ("highest", _) => of.map(Extreme::Highest),
        ("lowest", _) => of.map(Extreme::Lowest),
        ("donchian", Some("upper")) => Some(Extreme::Highest(Field::High)),
        ("donchian", Some("lower")) => Some(Extreme::Lowest(Field::Low)),
        _ => None,
    }
}
