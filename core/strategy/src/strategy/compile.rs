//! From the tree of a strategy to nodes of its series and programs over them.
//!
//! What depends on the market alone becomes nodes, shared with every strategy that says the same;
//! what depends on the bot's position becomes a program over nodes. Trends, crossings and ranges are
//! put into simpler words first: `x rising for 3 bars` is `(x > x[1]) for 3 bars`.

use super::clock::Window;
use super::compiled::{Any, Side, Strategy};
use super::graph::Graph;
use super::logic::{FALSE, TRUE, UNKNOWN};
use super::node::{Key, NodeId, Pure};
use super::plan::{Plan, PlanError};
use super::program::{Code, Program, takes_two};
use super::series::ranges_of;
use crate::indicator::{self, Input, PARAMETERS_MAX, Spec};
use crate::rule::ast::{
    Arithmetic, Binding, Comparison, Condition, ConditionKind, Constant, CrossKind, Direction,
    Field, HISTORY_BARS_MAX, Indicator, Number, NumberKind, RangeSide, Span, Trend,
};

/// Longest opening range, in minutes: a day.
const OPENING_MINUTES_MAX: u32 = 1_440;

pub(super) struct Compiler<'a> {
    graph: &'a mut Graph,
    plan: &'a Plan,
    /// The lets so far: each may use those before it. An opening range alone is no number.
    lets: Vec<Option<Program>>,
}

/// What with lines a `let` stands for.
enum Meaning<'a> {
    Indicator(&'a Indicator),
    OpeningRange(&'a Constant),
}

type Compiled = Result<Program, PlanError>;

impl<'a> Compiler<'a> {
    pub fn new(graph: &'a mut Graph, plan: &'a Plan) -> Compiler<'a> {
        Compiler { graph, plan, lets: vec![] }
    }

    pub fn strategy(mut self) -> Result<Strategy, PlanError> {
        let rules = self.plan.rules();
        for one in &rules.lets {
            let value = match &one.value {
                Binding::Number(number) => Some(self.number(number)?),
                Binding::Condition(condition) => Some(self.condition(condition)?),
                Binding::OpeningRange { .. } => None,
            };
            self.lets.push(value);
        }
        let long = self.side(1, &rules.long)?;
        let short = self.side(-1, &rules.short)?;
        let ranges = ranges_of(self.plan.exits(), self.graph)?;
        let strategy = Strategy::new(long, short, ranges, self.graph);
        self.graph.drop_unused(strategy.nodes());
        Ok(strategy)
    }

    fn side(&mut self, direction: i8, rules: &Direction) -> Result<Side, PlanError> {
        let mut entries = vec![];
        for predicate in &rules.entries {
            entries.push(self.condition(&predicate.condition)?);
        }
        let mut exits = vec![];
        for predicate in &rules.exits {
            exits.push(self.condition(&predicate.condition)?);
        }
        let strength = rules.strength.as_ref().map(|strength| self.number(strength)).transpose()?;
        let confidence = rules.origin.confidence().clamp(0.0, 1.0);
        let (enters, leaves) = (self.any(&entries)?, self.any(&exits)?);
        Ok(Side { direction, enters, leaves, entries, exits, strength, confidence })
    }

    fn any(&mut self, predicates: &[Program]) -> Result<Any, PlanError> {
        let mut any = None;
        for predicate in predicates {
            let Program::Node(one) = *predicate else { return Ok(Any::Ask) };
            any = match any {
                None => Some(one),
                Some(before) => Some(self.node(Key::Pure(Pure::Or(before, one)))?),
            };
        }
        Ok(any.map_or(Any::Never, Any::Node))
    }

    fn words(&self, span: Span) -> String {
        format!("{:?}", span.of(&self.plan.rules().text))
    }

    fn node(&mut self, key: Key) -> Result<NodeId, PlanError> {
        self.graph.node(key).ok_or(PlanError::NoRoom)
    }

    fn leaf(&mut self, key: Key) -> Compiled {
        self.node(key).map(Program::Node)
    }

    fn constant(&mut self, value: f64) -> Compiled {
        self.leaf(Key::constant(value))
    }

    fn whole(
        &self,
        of: &Constant,
        what: &'static str,
        must: &'static str,
        (min, max): (u32, u32),
    ) -> Result<u32, PlanError> {
        let value = of.value(self.plan.values());
        let whole = libm::trunc(value) == value;
        if whole && (f64::from(min)..=f64::from(max)).contains(&value) {
            return Ok(value as u32);
        }
        Err(PlanError::Number { words: self.words(of.span), what, must, value })
    }

    fn bars(&self, of: &Constant) -> Result<u32, PlanError> {
        let range = (1, HISTORY_BARS_MAX);
        self.whole(of, "a count of bars", "a whole number from 1 to 1000", range)
    }

    /// A program that the series can compute by itself, because something is to remember it.
    fn market(&self, program: Program, span: Span) -> Result<NodeId, PlanError> {
        match program {
            Program::Node(id) => Ok(id),
            Program::Codes(_) => Err(PlanError::PositionHistory { words: self.words(span) }),
        }
    }

    fn one(
        &mut self,
        a: Program,
        span: Span,
        pure: impl FnOnce(NodeId) -> Pure,
        code: Code,
    ) -> Compiled {
        if let Program::Node(a) = a {
            return self.leaf(Key::Pure(pure(a)));
        }
        let mut codes = a.into_codes();
        codes.push(code);
        self.program(codes, span)
    }

    fn two(
        &mut self,
        (a, b): (Program, Program),
        span: Span,
        pure: impl FnOnce(NodeId, NodeId) -> Pure,
        code: Code,
    ) -> Compiled {
        if let (Program::Node(a), Program::Node(b)) = (&a, &b) {
            return self.leaf(Key::Pure(pure(*a, *b)));
        }
        let mut codes = a.into_codes();
        codes.extend(b.into_codes());
        codes.push(code);
        self.program(codes, span)
    }

    fn program(&self, codes: Vec<Code>, span: Span) -> Compiled {
        Program::codes(codes).ok_or_else(|| PlanError::TooLong { words: self.words(span) })
    }

    fn number(&mut self, number: &Number) -> Compiled {
        let span = number.span;
        match &number.kind {
            NumberKind::Number { value } => self.constant(*value),
            NumberKind::Param { name } => {
                let value = self.plan.values().get(name.index).copied();
                self.constant(value.ok_or_else(|| PlanError::NoName(name.name.clone()))?)
            }
            NumberKind::Let { name, line: None } => self.named(name.index, &name.name),
            NumberKind::Let { name, line: Some(line) } => match self.meaning(name.index) {
                Some(Meaning::Indicator(used)) => self.indicator(used, Some(line), span),
                Some(Meaning::OpeningRange(minutes)) => {
                    let side = match line.as_str() {
                        "high" => RangeSide::High,
                        "low" => RangeSide::Low,
                        _ => return Err(PlanError::NoName(line.clone())),
                    };
                    self.opening_range(minutes, side)
                }
                None => Err(PlanError::NoName(name.name.clone())),
            },
            NumberKind::Field { field } => self.leaf(Key::Field(*field)),
            NumberKind::History { of, bars } => {
                let must = "a whole number from 0 to 1000";
                let bars = self.whole(bars, "bars ago", must, (0, HISTORY_BARS_MAX))?;
                let of = self.number(of)?;
                if bars == 0 { Ok(of) } else { self.before(of, bars, span) }
            }
            NumberKind::Indicator(indicator) => {
                self.indicator(indicator, indicator.line.as_deref(), span)
            }
            NumberKind::Session { term } => self.leaf(Key::Session(*term)),
            NumberKind::OpeningRange { minutes, side } => self.opening_range(minutes, *side),
            NumberKind::Position { term } => self.program(vec![Code::Held(*term)], span),
            NumberKind::Tick => self.constant(self.graph.tick()),
            NumberKind::Ticks { count } => {
                let both = (self.number(count)?, self.constant(self.graph.tick())?);
                self.arithmetic(Arithmetic::Multiply, both, span)
            }
            NumberKind::Negate { of } => {
                let of = self.number(of)?;
                self.one(of, span, Pure::Negate, Code::Negate)
            }
            NumberKind::Arithmetic { op, left, right } => {
                let both = (self.number(left)?, self.number(right)?);
                self.arithmetic(*op, both, span)
            }
            NumberKind::Function { function, of } => {
                let code = Code::Function(*function);
                match of.as_slice() {
                    [a, b] if takes_two(*function) => {
                        let both = (self.number(a)?, self.number(b)?);
                        self.two(both, span, |a, b| Pure::Function(*function, a, b), code)
                    }
                    [a] if !takes_two(*function) => {
                        let a = self.number(a)?;
                        self.one(a, span, |a| Pure::Function(*function, a, a), code)
                    }
                    _ => Err(PlanError::Number {
                        words: self.words(span),
                        what: "the count of numbers in a function",
                        must: "2 for min and max, 1 for the others",
                        value: of.len() as f64,
                    }),
                }
            }
        }
    }

    fn arithmetic(&mut self, op: Arithmetic, both: (Program, Program), span: Span) -> Compiled {
        self.two(both, span, |a, b| Pure::Arithmetic(op, a, b), Code::Arithmetic(op))
    }

    fn before(&mut self, of: Program, bars: u32, span: Span) -> Compiled {
        let of = self.market(of, span)?;
        self.leaf(Key::History { of, bars })
    }

    fn opening_range(&mut self, minutes: &Constant, side: RangeSide) -> Compiled {
        let must = "a whole number from 1 to 1440";
        let minutes = self.whole(minutes, "minutes", must, (1, OPENING_MINUTES_MAX))?;
        self.leaf(Key::OpeningRange { minutes, side })
    }

    fn named(&self, index: usize, name: &str) -> Compiled {
        let named = self.lets.get(index).cloned().flatten();
        named.ok_or_else(|| PlanError::NoName(name.into()))
    }

    /// What with lines a `let` stands for, perhaps by way of other lets.
    fn meaning(&self, mut index: usize) -> Option<Meaning<'a>> {
        let lets = &self.plan.rules().lets;
        let mut limit = self.lets.len();
        loop {
            let number = match &lets.get(index).filter(|_| index < limit)?.value {
                Binding::Number(number) => number,
                Binding::OpeningRange { minutes } => return Some(Meaning::OpeningRange(minutes)),
                Binding::Condition(_) => return None,
            };
            match &number.kind {
                NumberKind::Indicator(indicator) => return Some(Meaning::Indicator(indicator)),
                NumberKind::Let { name, line: None } => (limit, index) = (index, name.index),
                _ => return None,
            }
        }
    }

    fn indicator(&mut self, used: &Indicator, line: Option<&str>, span: Span) -> Compiled {
        let no_name = |name: &str| PlanError::NoName(name.into());
        let info = indicator::find(&used.name).ok_or_else(|| no_name(&used.name))?;
        let line = match line {
            None => 0,
            Some(name) => info.line(name).ok_or_else(|| no_name(name))?,
        };
        let mut given = [f64::NAN; PARAMETERS_MAX];
        for argument in &used.arguments {
            let place = info.parameter(&argument.name).ok_or_else(|| no_name(&argument.name))?;
            let value = argument.value.value(self.plan.values());
            if value.is_nan() {
                let (what, must) = ("a parameter of an indicator", "a number");
                return Err(PlanError::Number { words: self.words(span), what, must, value });
            }
            given[place] = value;
        }
        let spec = Spec::new(info.kind, &given).map_err(PlanError::Indicator)?;
        let source = match (&used.source, info.input) {
            (None, Input::Source) => Some(self.node(Key::Field(Field::Close))?),
            (Some(source), Input::Source) => {
                let program = self.number(source)?;
                Some(self.market(program, span)?)
            }
            (None, _) => None,
            (Some(_), _) => return Err(PlanError::NoSource(info.name)),
        };
        let of = self.node(Key::Indicator { spec, source })?;
        match u8::try_from(line) {
            Ok(0) => Ok(Program::Node(of)),
            Ok(line) => self.leaf(Key::Line { of, line }),
            Err(_) => Err(no_name(&used.name)),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of term")]
    fn condition(&mut self, condition: &Condition) -> Compiled {
        let span = condition.span;
        match &condition.kind {
            ConditionKind::Compare { op, left, right } => {
                let both = (self.number(left)?, self.number(right)?);
                self.compare(*op, both, span)
            }
            ConditionKind::Between { value, low, high } => {
                let value = self.number(value)?;
                let (low, high) = (self.number(low)?, self.number(high)?);
                let above = self.compare(Comparison::GreaterOrEqual, (value.clone(), low), span)?;
                let below = self.compare(Comparison::LessOrEqual, (value, high), span)?;
                self.two((above, below), span, Pure::And, Code::And)
            }
            ConditionKind::Cross { direction, left, right } => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                match direction {
                    CrossKind::Above => self.crosses_above(left, right, span),
                    CrossKind::Below => self.crosses_above(right, left, span),
                    CrossKind::Either => {
                        let above = self.crosses_above(left.clone(), right.clone(), span)?;
                        let below = self.crosses_above(right, left, span)?;
                        self.two((above, below), span, Pure::Or, Code::Or)
                    }
                }
            }
            ConditionKind::Trend { direction, value, bars } => {
                let bars = self.bars(bars)?;
                let value = self.number(value)?;
                let before = self.before(value.clone(), 1, span)?;
                let op = match direction {
                    Trend::Rising => Comparison::Greater,
                    Trend::Falling => Comparison::Less,
                };
                let moved = self.compare(op, (value, before), span)?;
                self.held(moved, bars, span)
            }
            ConditionKind::Within { of, bars } => {
                let bars = self.bars(bars)?;
                let of = self.condition(of)?;
                let of = self.market(of, span)?;
                if bars == 1 {
                    return Ok(Program::Node(of));
                }
                self.leaf(Key::Within { of, bars })
            }
            ConditionKind::Held { of, bars } => {
                let bars = self.bars(bars)?;
                let of = self.condition(of)?;
                self.held(of, bars, span)
            }
            ConditionKind::FirstInSession { of } => {
                let of = self.condition(of)?;
                let of = self.market(of, span)?;
                self.leaf(Key::FirstInSession(of))
            }
            ConditionKind::Time { from, to, zone } => {
                let (from, to) = (from.minute(), to.minute());
                let past_midnight = if to < from { 24 * 60 } else { 0 };
                self.leaf(Key::Time(Window {
                    from_minute: from,
                    minutes: to + past_midnight - from,
                    zone: *zone,
                }))
            }
            ConditionKind::Weekday { days } => {
                let set = days.iter().fold(0, |set, day| set | 1 << *day as u8);
                self.leaf(Key::Weekday(set))
            }
            ConditionKind::All { of } => self.chain(of, span, TRUE, Pure::And, Code::And),
            ConditionKind::Any { of } => self.chain(of, span, FALSE, Pure::Or, Code::Or),
            ConditionKind::Not { of } => {
                let of = self.condition(of)?;
                self.one(of, span, Pure::Not, Code::Not)
            }
            ConditionKind::Let { name } => self.named(name.index, &name.name),
        }
    }

    fn compare(&mut self, op: Comparison, both: (Program, Program), span: Span) -> Compiled {
        self.two(both, span, |a, b| Pure::Compare(op, a, b), Code::Compare(op))
    }

    fn crosses_above(&mut self, left: Program, right: Program, span: Span) -> Compiled {
        let (left, right) = (self.market(left, span)?, self.market(right, span)?);
        match (self.graph.constant(left), self.graph.constant(right)) {
            // What never moves never crosses, and is never unknown but where it is undefined.
            (Some(a), Some(b)) if a.is_nan() || b.is_nan() => self.constant(UNKNOWN),
            (Some(_), Some(_)) => self.constant(FALSE),
            _ => self.leaf(Key::CrossesAbove(left, right)),
        }
    }

    fn held(&mut self, of: Program, bars: u32, span: Span) -> Compiled {
        let of = self.market(of, span)?;
        if bars == 1 { Ok(Program::Node(of)) } else { self.leaf(Key::Held { of, bars }) }
    }

    fn chain(
        &mut self,
        of: &[Condition],
        span: Span,
        empty: f64,
        pure: fn(NodeId, NodeId) -> Pure,
        code: Code,
    ) -> Compiled {
        let Some((first, rest)) = of.split_first() else { return self.constant(empty) };
        let mut chained = self.condition(first)?;
        for one in rest {
            let next = self.condition(one)?;
            chained = self.two((chained, next), span, pure, code)?;
        }
        Ok(chained)
    }
}
