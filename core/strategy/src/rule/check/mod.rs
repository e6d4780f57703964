//! Units, ranges and traps: what is grammatical and still means nothing, or never comes true.

mod constant;
mod exits;
mod lint;
mod meaning;

use super::ast::{
    Binding, Condition, ConditionKind, DEPTH_MAX, Field, Function, HISTORY_BARS_MAX, Indicator,
    Let, Number, NumberKind, Param, PositionTerm, SessionTerm, Span,
};
use super::diagnostic::{Diagnostic, Findings};
use crate::indicator::{self, Input, Spec};
use constant::Bounds;
use meaning::{Meaning, Unit};

/// What is known of a `let` once it is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    meaning: Meaning,
    /// What its indicator runs over.
    source: Meaning,
}

/// Checks one statement after the other, with what the ones before have defined.
pub(super) struct Checker<'a> {
    params: &'a [Param],
    lets: &'a [Let],
    known: &'a [Known],
    text: &'a str,
    findings: &'a mut Findings,
}

impl<'a> Checker<'a> {
    /// A checker that knows these parameters and names; `known` has what [`Checker::binding`] said
    /// of each of the names.
    pub(super) fn new(
        text: &'a str,
        params: &'a [Param],
        lets: &'a [Let],
        known: &'a [Known],
        findings: &'a mut Findings,
    ) -> Checker<'a> {
        Checker { params, lets, known, text, findings }
    }

    /// Checks what a name is given to.
    pub(super) fn binding(&mut self, value: &Binding) -> Known {
        let mut known =
            Known { meaning: Meaning::any(Unit::Other), source: Meaning::any(Unit::Other) };
        match value {
            Binding::Condition(condition) => self.condition_root(condition),
            Binding::OpeningRange { minutes } => {
                self.minutes(minutes);
                known.meaning = Meaning::any(Unit::Price);
            }
            Binding::Number(number) => {
                if let Some(meaning) = self.root(number) {
                    known.meaning = meaning;
                }
                if let NumberKind::Indicator(used) = &number.kind {
                    // Its findings are made already, and are not made twice.
                    known.source = self.source(used);
                }
            }
        }
        known
    }

    /// Checks a whole condition.
    pub(super) fn condition_root(&mut self, condition: &Condition) {
        if self.shallow(super::walk::depth(condition.into()), condition.span) {
            self.condition(condition);
        }
    }

    /// Checks a whole number.
    fn root(&mut self, number: &Number) -> Option<Meaning> {
        let shallow = self.shallow(super::walk::depth(number.into()), number.span);
        shallow.then(|| self.number(number))
    }

    /// Checks how strong an entry is.
    pub(super) fn strength(&mut self, number: &Number) {
        let Some(meaning) = self.root(number) else { return };
        if !meaning.unit.fits(Unit::Ratio) {
            let message = format!("strength is a ratio from 0 to 1, and this is {}", meaning.unit);
            self.findings.add(
                Diagnostic::error(number.span, message)
                    .hint("divide by what is large: `(band.middle - close) / atr(14)`"),
            );
        }
    }

    fn shallow(&mut self, depth: usize, span: Span) -> bool {
        if depth > DEPTH_MAX {
            let message = format!("nested more than {DEPTH_MAX} deep");
            let hint = "give the parts names with `let`";
            self.findings.add(Diagnostic::error(span, message).hint(hint));
        }
        depth <= DEPTH_MAX
    }

    fn condition(&mut self, condition: &Condition) {
        match &condition.kind {
            ConditionKind::Compare { op, left, right } => {
                let meanings = (self.number(left), self.number(right));
                if self.comparable(condition.span, "compares", meanings, (left, right)) {
                    self.lint_comparison(condition.span, *op, (left, right), meanings);
                }
            }
            ConditionKind::Cross { left, right, direction } => {
                let meanings = (self.number(left), self.number(right));
                if self.comparable(condition.span, "crosses", meanings, (left, right)) {
                    self.lint_cross(condition.span, *direction, (left, right), meanings);
                }
            }
            ConditionKind::Between { value, low, high } => {
                let meaning = self.number(value);
                let (from, to) = (self.number(low), self.number(high));
                if self.comparable(condition.span, "compares", (meaning, from), (value, low))
                    && self.comparable(condition.span, "compares", (meaning, to), (value, high))
                {
                    self.lint_between(condition.span, meaning, from, to);
                }
            }
            ConditionKind::Trend { value, bars, .. } => {
                self.number(value);
                self.bars(bars);
            }
            ConditionKind::Within { of, bars } | ConditionKind::Held { of, bars } => {
                self.condition(of);
                self.bars(bars);
            }
            ConditionKind::FirstInSession { of } | ConditionKind::Not { of } => self.condition(of),
            ConditionKind::All { of } | ConditionKind::Any { of } => {
                for part in of {
                    self.condition(part);
                }
            }
            ConditionKind::Time { .. }
            | ConditionKind::Weekday { .. }
            | ConditionKind::Let { .. } => {}
        }
    }

    fn comparable(
        &mut self,
        span: Span,
        verb: &str,
        (a, b): (Meaning, Meaning),
        (left, right): (&Number, &Number),
    ) -> bool {
        if a.unit.fits(b.unit) {
            return true;
        }
        let written = |number: &Number| number.span.of(self.text).to_owned();
        let message = format!("{verb} {} with {}", a.unit, b.unit);
        let hint = match (a.unit, b.unit) {
            (Unit::Difference, Unit::Price) | (Unit::Price, Unit::Difference) => {
                format!(
                    "`{}` is {} and `{}` is {}: subtract two prices first",
                    written(left),
                    a.unit,
                    written(right),
                    b.unit
                )
            }
            (Unit::Ratio, Unit::Percent) | (Unit::Percent, Unit::Ratio) => {
                "multiply the ratio by 100".to_owned()
            }
            _ => format!("`{}` is {}, `{}` is {}", written(left), a.unit, written(right), b.unit),
        };
        self.findings.add(Diagnostic::error(span, message).hint(hint));
        false
    }

    /// Checks a number and tells what it means.
    fn number(&mut self, number: &Number) -> Meaning {
        match &number.kind {
            NumberKind::Number { value } => Meaning::between(Unit::Plain, *value, *value),
            NumberKind::Param { name } => match self.params.get(name.index) {
                Some(param) => Meaning::between(Unit::Plain, param.min, param.max),
                None => Meaning::any(Unit::Plain),
            },
            NumberKind::Let { name, line } => self.named(name.index, line.as_deref()),
            NumberKind::Field { field: Field::Volume } => Meaning::any(Unit::Volume),
            NumberKind::Field { .. } | NumberKind::OpeningRange { .. } => {
                if let NumberKind::OpeningRange { minutes, .. } = &number.kind {
                    self.minutes(minutes);
                }
                Meaning::any(Unit::Price)
            }
            NumberKind::History { of, bars } => {
                self.history(bars);
                self.number(of)
            }
            NumberKind::Indicator(indicator) => self.indicator(indicator, number.span),
            NumberKind::Session { term } => session(*term),
            NumberKind::Position { term } => position(*term),
            NumberKind::Tick => Meaning::between(Unit::Difference, 0.0, f64::INFINITY),
            NumberKind::Ticks { count } => {
                let meaning = self.number(count);
                if !meaning.unit.fits(Unit::Count) && !meaning.unit.fits(Unit::Ratio) {
                    let message = format!("counts ticks with {}", meaning.unit);
                    self.findings.add(
                        Diagnostic::error(count.span, message)
                            .hint("divide by `tick` to have a number of ticks"),
                    );
                }
                Meaning::any(Unit::Difference)
            }
            NumberKind::Negate { of } => self.number(of).negated(),
            NumberKind::Arithmetic { op, left, right } => {
                let (a, b) = (self.number(left), self.number(right));
                let (meaning, allowed) = a.combined(*op, b);
                if allowed {
                    return meaning;
                }
                let message = format!("adds or subtracts {} and {}", a.unit, b.unit);
                self.findings.add(Diagnostic::error(number.span, message));
                Meaning::any(Unit::Other)
            }
            NumberKind::Function { function, of } => self.function(*function, of, number.span),
        }
    }

    fn function(&mut self, function: Function, of: &[Number], span: Span) -> Meaning {
        let meanings: Vec<Meaning> = of.iter().map(|part| self.number(part)).collect();
        let [first, ..] = meanings[..] else { return Meaning::any(Unit::Other) };
        match function {
            Function::Abs => {
                let high = first.high.abs().max(first.low.abs());
                let low = if first.low <= 0.0 && first.high >= 0.0 {
                    0.0
                } else {
                    first.high.abs().min(first.low.abs())
                };
                Meaning::between(first.unit, low, high)
            }
            Function::Min | Function::Max => {
                let second = meanings.get(1).copied().unwrap_or(first);
                if !first.unit.fits(second.unit) {
                    let message = format!(
                        "takes the larger or smaller of {} and {}",
                        first.unit, second.unit
                    );
                    self.findings.add(Diagnostic::error(span, message));
                    return Meaning::any(Unit::Other);
                }
                self.lint_window(function, of, (first.unit, second.unit), span);
                let pick = if function == Function::Min { f64::min } else { f64::max };
                let (low, high) = (pick(first.low, second.low), pick(first.high, second.high));
                Meaning::between(first.unit.either(second.unit), low, high)
            }
            Function::Sqrt | Function::Log | Function::Exp => match first.unit {
                Unit::Plain | Unit::Ratio => Meaning::any(first.unit),
                _ => Meaning::any(Unit::Other),
            },
        }
    }

    fn indicator(&mut self, used: &Indicator, span: Span) -> Meaning {
        let Some(info) = indicator::find(&used.name) else { return Meaning::any(Unit::Other) };
        let source = self.source(used);
        let errors = self.findings.errors();
        for argument in &used.arguments {
            if let Some(parameter) = info.parameters.get(argument.index) {
                let range = Bounds { low: parameter.min, high: parameter.max };
                let what = format!("{} of `{}`", parameter.name, info.name);
                self.within(&argument.value, range, parameter.whole, &what);
            }
        }
        if self.findings.errors() == errors {
            self.fits_together(info, used, span);
        }
        self.lint_constant_source(info, source.unit, span);
        line_meaning(info, used.line.as_deref(), source)
    }

    /// Reports parameters that are each in range and do not go together, as they are by default.
    fn fits_together(&mut self, info: &'static indicator::Info, used: &Indicator, span: Span) {
        let defaults: Vec<f64> = self.params.iter().map(|param| param.default).collect();
        let given = used.values(info, &defaults);
        if let Err(error) = Spec::new(info.kind, &given)
            && !used.arguments.is_empty()
        {
            self.findings.add(Diagnostic::error(span, error.to_string()));
        }
    }

    /// What an indicator runs over.
    fn source(&mut self, used: &Indicator) -> Meaning {
        let reads_source =
            indicator::find(&used.name).is_some_and(|info| info.input == Input::Source);
        match &used.source {
            Some(source) => self.number(source),
            None if reads_source => Meaning::any(Unit::Price),
            None => Meaning::any(Unit::Other),
        }
    }

    /// What a name given with `let` means, or one line of it.
    fn named(&self, index: usize, line: Option<&str>) -> Meaning {
        let (Some(definition), Some(known)) = (self.lets.get(index), self.known.get(index)) else {
            return Meaning::any(Unit::Other);
        };
        match (&definition.value, line) {
            (Binding::Number(Number { kind: NumberKind::Indicator(used), .. }), Some(_)) => {
                match indicator::find(&used.name) {
                    Some(info) => line_meaning(info, line, known.source),
                    None => known.meaning,
                }
            }
            _ => known.meaning,
        }
    }

    fn history(&mut self, bars: &super::ast::Constant) {
        let range = Bounds { low: 0.0, high: f64::from(HISTORY_BARS_MAX) };
        self.within(bars, range, true, "how many bars ago");
    }

    fn bars(&mut self, bars: &super::ast::Constant) {
        let range = Bounds { low: 1.0, high: f64::from(HISTORY_BARS_MAX) };
        self.within(bars, range, true, "a number of bars");
    }

    fn minutes(&mut self, minutes: &super::ast::Constant) {
        let range = Bounds { low: 1.0, high: 1_440.0 };
        self.within(minutes, range, true, "the minutes of an opening range");
    }
}

fn line_meaning(info: &indicator::Info, line: Option<&str>, source: Meaning) -> Meaning {
    let index = line.and_then(|line| info.line(line)).unwrap_or(0);
    Meaning::of_line(&info.lines[index], source)
}

fn session(term: SessionTerm) -> Meaning {
    match term {
        SessionTerm::Minutes | SessionTerm::MinutesLeft => {
            Meaning::between(Unit::Minutes, 0.0, f64::INFINITY)
        }
        SessionTerm::Bars => Meaning::between(Unit::Count, 1.0, f64::INFINITY),
        SessionTerm::Gap => Meaning::any(Unit::Difference),
        SessionTerm::Open
        | SessionTerm::High
        | SessionTerm::Low
        | SessionTerm::PriorOpen
        | SessionTerm::PriorHigh
        | SessionTerm::PriorLow
        | SessionTerm::PriorClose => Meaning::any(Unit::Price),
    }
}

fn position(term: PositionTerm) -> Meaning {
    match term {
        PositionTerm::Entry => Meaning::any(Unit::Price),
        PositionTerm::Bars => Meaning::between(Unit::Count, 0.0, f64::INFINITY),
        PositionTerm::Contracts | PositionTerm::ProfitTicks => Meaning::any(Unit::Count),
    }
}
