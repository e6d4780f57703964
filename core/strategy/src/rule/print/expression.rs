//! Expressions as text, with as few brackets as reading them back allows.

use crate::indicator;
use crate::rule::ast::{
    Arithmetic, Condition, ConditionKind, Constant, ConstantKind, CrossKind, Indicator, Number,
    NumberKind, Zone,
};
use crate::rule::words::Worded;
use std::fmt::{self, Display};

// How tightly the parts hold together; see the parser's expressions.
const ANY: u8 = 1;
const ALL: u8 = 2;
const NOT: u8 = 3;
const MODIFIER: u8 = 4;
const COMPARISON: u8 = 5;
const SUM: u8 = 6;
const PRODUCT: u8 = 7;
const SIGN: u8 = 8;
const POSTFIX: u8 = 9;
const ATOM: u8 = 10;

/// A part of a tree as text.
pub(super) struct Text<'a, T> {
    part: &'a T,
    least: u8,
}

impl<'a, T> Text<'a, T> {
    /// The part where it stands alone.
    pub(super) fn of(part: &'a T) -> Text<'a, T> {
        Text { part, least: 0 }
    }

    /// The part where something stands right behind it.
    pub(super) fn tight(part: &'a T) -> Text<'a, T> {
        Text { part, least: POSTFIX }
    }

    fn at_least(part: &'a T, least: u8) -> Text<'a, T> {
        Text { part, least }
    }
}

/// `5 bars`.
pub(super) fn bars(count: &Constant) -> String {
    match count.kind {
        ConstantKind::Number { value: 1.0 } => "1 bar".to_owned(),
        _ => format!("{} bars", Text::at_least(count, SUM)),
    }
}

impl Display for Text<'_, Condition> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = match &self.part.kind {
            ConditionKind::Any { .. } => ANY,
            ConditionKind::All { .. } => ALL,
            ConditionKind::Not { .. } => NOT,
            ConditionKind::Within { .. }
            | ConditionKind::Held { .. }
            | ConditionKind::FirstInSession { .. } => MODIFIER,
            ConditionKind::Let { .. } => ATOM,
            _ => COMPARISON,
        };
        bracketed(f, own < self.least, |f| condition(f, &self.part.kind))
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::of(self).fmt(f)
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::of(self).fmt(f)
    }
}

impl Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::of(self).fmt(f)
    }
}

fn condition(f: &mut fmt::Formatter<'_>, kind: &ConditionKind) -> fmt::Result {
    match kind {
        ConditionKind::Compare { op, left, right } => {
            write!(f, "{} {} {}", sum(left), op.words(), sum(right))
        }
        ConditionKind::Between { value, low, high } => {
            write!(f, "{} between {} and {}", sum(value), sum(low), sum(high))
        }
        ConditionKind::Cross { direction: CrossKind::Either, left, right } => {
            write!(f, "{} crosses {}", sum(left), sum(right))
        }
        ConditionKind::Cross { direction, left, right } => {
            write!(f, "{} crosses {} {}", sum(left), direction.words(), sum(right))
        }
        ConditionKind::Trend { direction, value, bars: count } => {
            write!(f, "{} {} for {}", sum(value), direction.words(), bars(count))
        }
        ConditionKind::Within { of, bars: count } => {
            write!(f, "{} within {}", Text::at_least(of.as_ref(), MODIFIER), bars(count))
        }
        ConditionKind::Held { of, bars: count } => {
            write!(f, "{} for {}", Text::at_least(of.as_ref(), MODIFIER), bars(count))
        }
        ConditionKind::FirstInSession { of } => {
            write!(f, "{} first in session", Text::at_least(of.as_ref(), MODIFIER))
        }
        ConditionKind::Time { from, to, zone } => {
            write!(f, "time between {from} and {to}")?;
            match zone {
                Zone::NewYork => Ok(()),
                zone => write!(f, " in {}", zone.words()),
            }
        }
        ConditionKind::Weekday { days } => {
            f.write_str("weekday in (")?;
            separated(f, ", ", days.iter().map(|day| day.words()))?;
            f.write_str(")")
        }
        ConditionKind::All { of } => {
            separated(f, " and ", of.iter().map(|part| Text::at_least(part, NOT)))
        }
        ConditionKind::Any { of } => {
            separated(f, " or ", of.iter().map(|part| Text::at_least(part, ALL)))
        }
        ConditionKind::Not { of } => write!(f, "not {}", Text::at_least(of.as_ref(), NOT)),
        ConditionKind::Let { name } => f.write_str(&name.name),
    }
}

fn sum(number: &Number) -> Text<'_, Number> {
    Text::at_least(number, SUM)
}

impl Display for Text<'_, Number> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = match &self.part.kind {
            NumberKind::Arithmetic { op, .. } => arithmetic_level(*op),
            NumberKind::Negate { .. } => SIGN,
            NumberKind::History { .. } | NumberKind::Ticks { .. } => POSTFIX,
            _ => ATOM,
        };
        bracketed(f, own < self.least, |f| number(f, &self.part.kind))
    }
}

fn number(f: &mut fmt::Formatter<'_>, kind: &NumberKind) -> fmt::Result {
    match kind {
        NumberKind::Number { value } => write!(f, "{value}"),
        NumberKind::Param { name } | NumberKind::Let { name, line: None } => {
            f.write_str(&name.name)
        }
        NumberKind::Let { name, line: Some(line) } => write!(f, "{}.{line}", name.name),
        NumberKind::Field { field } => f.write_str(field.words()),
        NumberKind::History { of, bars } => {
            write!(f, "{}[{}]", Text::at_least(of.as_ref(), POSTFIX), Text::of(bars))
        }
        NumberKind::Indicator(used) => indicator(f, used),
        NumberKind::Session { term } => f.write_str(term.words()),
        NumberKind::OpeningRange { minutes, side } => {
            write!(f, "opening_range({}).{}", Text::of(minutes), side.words())
        }
        NumberKind::Position { term } => f.write_str(term.words()),
        NumberKind::Tick => f.write_str("tick"),
        NumberKind::Ticks { count } if count.kind == (NumberKind::Number { value: 1.0 }) => {
            f.write_str("1 tick")
        }
        NumberKind::Ticks { count } => {
            write!(f, "{} ticks", Text::at_least(count.as_ref(), POSTFIX))
        }
        NumberKind::Negate { of } => negated(f, &Text::at_least(of.as_ref(), SIGN).to_string()),
        NumberKind::Arithmetic { op, left, right } => {
            let own = arithmetic_level(*op);
            let left = Text::at_least(left.as_ref(), own);
            let right = Text::at_least(right.as_ref(), own + 1);
            write!(f, "{left} {} {right}", op.words())
        }
        NumberKind::Function { function, of } => {
            write!(f, "{}(", function.words())?;
            separated(f, ", ", of.iter().map(Text::of))?;
            f.write_str(")")
        }
    }
}

impl Display for Text<'_, Constant> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = match &self.part.kind {
            ConstantKind::Arithmetic { op, .. } => arithmetic_level(*op),
            ConstantKind::Negate { .. } => SIGN,
            _ => ATOM,
        };
        bracketed(f, own < self.least, |f| match &self.part.kind {
            ConstantKind::Number { value } => write!(f, "{value}"),
            ConstantKind::Param { name } => f.write_str(&name.name),
            ConstantKind::Negate { of } => {
                negated(f, &Text::at_least(of.as_ref(), SIGN).to_string())
            }
            ConstantKind::Arithmetic { op, left, right } => {
                let left = Text::at_least(left.as_ref(), own);
                let right = Text::at_least(right.as_ref(), own + 1);
                write!(f, "{left} {} {right}", op.words())
            }
        })
    }
}

fn arithmetic_level(op: Arithmetic) -> u8 {
    match op {
        Arithmetic::Add | Arithmetic::Subtract => SUM,
        Arithmetic::Multiply | Arithmetic::Divide => PRODUCT,
    }
}

/// A sign right before a digit would belong to the number.
fn negated(f: &mut fmt::Formatter<'_>, of: &str) -> fmt::Result {
    match of.starts_with(|first: char| first.is_ascii_digit()) {
        true => write!(f, "-({of})"),
        false => write!(f, "-{of}"),
    }
}

fn indicator(f: &mut fmt::Formatter<'_>, used: &Indicator) -> fmt::Result {
    f.write_str(&used.name)?;
    let mut parts: Vec<String> = Vec::new();
    if let Some(source) = &used.source {
        let text = Text::of(source.as_ref());
        parts.push(match crate::rule::parser::is_constant(source) {
            true => format!("source = {text}"),
            false => text.to_string(),
        });
    }
    let table = indicator::find(&used.name).map_or(&[][..], |info| info.parameters);
    let mut in_order = true;
    for (place, argument) in used.arguments.iter().enumerate() {
        in_order &= table.get(place).is_some_and(|parameter| parameter.name == argument.name);
        let value = Text::of(&argument.value);
        parts.push(match in_order {
            true => value.to_string(),
            false => format!("{} = {value}", argument.name),
        });
    }
    if !parts.is_empty() {
        write!(f, "({})", parts.join(", "))?;
    }
    match &used.line {
        Some(line) => write!(f, ".{line}"),
        None => Ok(()),
    }
}

fn bracketed(
    f: &mut fmt::Formatter<'_>,
    brackets: bool,
    inside: impl FnOnce(&mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    if !brackets {
        return inside(f);
    }
    f.write_str("(")?;
    inside(f)?;
    f.write_str(")")
}

fn separated(
    f: &mut fmt::Formatter<'_>,
    between: &str,
    parts: impl Iterator<Item = impl Display>,
) -> fmt::Result {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}
