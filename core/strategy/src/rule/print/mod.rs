//! The canonical text of a strategy.
//!
//! Reading it gives the same tree again; every tree has one canonical text.

mod expression;

use super::ast::{
    Binding, BreakEven, ConstantKind, Direction, Distance, DistanceKind, Param, Plan, Predicate,
    RuleSet, Stop, Trail,
};
use super::words::Worded;
use std::fmt::{self, Display};

use expression::Text;

impl Display for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            writeln!(f, "strategy {name}")?;
        }
        if let Some(bars) = self.bars {
            writeln!(f, "bars {bars}")?;
        }
        if let Some(session) = self.session {
            writeln!(f, "session {}", session.name())?;
        }
        for param in &self.params {
            writeln!(f, "{param}")?;
        }
        for definition in &self.lets {
            let name = &definition.name;
            match &definition.value {
                Binding::Number(number) => writeln!(f, "let {name} = {}", Text::of(number))?,
                Binding::Condition(condition) => {
                    writeln!(f, "let {name} = {}", Text::of(condition))?;
                }
                Binding::OpeningRange { minutes } => {
                    writeln!(f, "let {name} = opening_range({})", Text::of(minutes))?;
                }
            }
        }
        predicates(f, "long when", &self.long.entries)?;
        predicates(f, "short when", &self.short.entries)?;
        predicates(f, "exit long when", &self.long.exits)?;
        predicates(f, "exit short when", &self.short.exits)?;
        strength(f, &self.long, &self.short)?;
        plan(f, &self.plan)
    }
}

impl Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "param {} = {}", self.name, self.default)?;
        if self.whole {
            f.write_str(" whole")?;
        }
        if self.min != self.default || self.max != self.default {
            write!(f, " from {} to {}", self.min, self.max)?;
        }
        if !self.meaning.is_empty() {
            write!(f, " \"{}\"", self.meaning)?;
        }
        Ok(())
    }
}

impl Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DistanceKind::Ticks { count } => match count.kind {
                ConstantKind::Number { value: 1.0 } => f.write_str("1 tick"),
                _ => write!(f, "{} ticks", Text::tight(count)),
            },
            DistanceKind::Percent { percent } => write!(f, "{} %", Text::tight(percent)),
            DistanceKind::Atr { multiple, period } => {
                write!(f, "{} atr({})", Text::tight(multiple), Text::of(period))
            }
        }
    }
}

fn predicates(f: &mut fmt::Formatter<'_>, head: &str, list: &[Predicate]) -> fmt::Result {
    list.iter().try_for_each(|one| writeln!(f, "{head} {}", Text::of(&one.condition)))
}

fn strength(f: &mut fmt::Formatter<'_>, long: &Direction, short: &Direction) -> fmt::Result {
    let text = |side: &Direction| side.strength.as_ref().map(|one| Text::of(one).to_string());
    match (text(long), text(short)) {
        (Some(long), Some(short)) if long == short => writeln!(f, "strength {long}"),
        (long, short) => {
            if let Some(long) = long {
                writeln!(f, "long strength {long}")?;
            }
            match short {
                Some(short) => writeln!(f, "short strength {short}"),
                None => Ok(()),
            }
        }
    }
}

fn plan(f: &mut fmt::Formatter<'_>, plan: &Plan) -> fmt::Result {
    if let Some(entry) = plan.entry {
        writeln!(f, "entry {}", entry.words())?;
    }
    if let Some(Stop { distance, .. }) = &plan.stop {
        writeln!(f, "stop {distance}")?;
    }
    if let Some(Stop { distance, .. }) = &plan.target {
        writeln!(f, "target {distance}")?;
    }
    match &plan.trail {
        None => {}
        Some(Trail::Behind { distance, .. }) => writeln!(f, "trail {distance}")?,
        Some(Trail::Chandelier { period, multiple, .. }) => {
            writeln!(f, "trail chandelier({}, {})", Text::of(period), Text::of(multiple))?;
        }
    }
    match &plan.break_even {
        None => {}
        Some(BreakEven { after, plus: None, .. }) => writeln!(f, "break even after {after}")?,
        Some(BreakEven { after, plus: Some(plus), .. }) => {
            writeln!(f, "break even after {after} plus {plus}")?;
        }
    }
    if let Some(time_stop) = &plan.time_stop {
        writeln!(f, "time stop {}", expression::bars(&time_stop.bars))?;
    }
    if plan.flat_at_session_end {
        writeln!(f, "flat at session end")?;
    }
    Ok(())
}
