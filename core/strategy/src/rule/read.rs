//! A text to a checked tree.

use super::ast::{
    Binding, Direction, LETS_MAX, Let, NumberKind, PARAMS_MAX, PREDICATES_MAX, Predicate, RuleSet,
    Span, TEXT_BYTES_MAX,
};
use super::check::{Checker, Known};
use super::diagnostic::{Diagnostic, Findings, Severity};
use super::lexer::{self, Token};
use super::parser::{Named, Names, Parser, Side, Statement};
use super::walk::{self, Part};
use crate::indicator;

/// What a text says, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The statements that are right. With errors it is a part of what was meant: then it is for
    /// showing, not for trading.
    pub rules: RuleSet,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether a statement about going or being long is wrong.
    pub long_failed: bool,
    /// Whether a statement about going or being short is wrong.
    pub short_failed: bool,
    /// Whether a statement is wrong that is about neither direction, or that does not tell: no
    /// archetype can stand in for it.
    pub rest_failed: bool,
}

impl Parsed {
    /// The findings that make it unusable.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// The rules, when nothing is wrong with them.
    ///
    /// # Errors
    /// Everything that is wrong, with its place and a hint.
    pub fn into_rules(self) -> Result<RuleSet, RulesError> {
        let findings: Vec<String> =
            self.errors().map(|error| error.render(&self.rules.text)).collect();
        match findings.is_empty() {
            true => Ok(self.rules),
            false => Err(RulesError { findings }),
        }
    }
}

/// Why rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules cannot be used:\n{}", findings.join("\n"))]
pub struct RulesError {
    /// Each error as people read it: place, message, line, hint.
    pub findings: Vec<String>,
}

/// Reads a strategy. Never fails as a whole: see [`Parsed::into_rules`].
pub fn parse(text: &str) -> Parsed {
    let mut findings = Findings::default();
    let mut read = Reader::new(text);
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the rules are longer than {TEXT_BYTES_MAX} bytes");
        findings.add(Diagnostic::error(Span::default(), message));
        return read.finished(findings);
    }
    let mut statements = lexer::statements(text, &mut findings);
    let lexical: Vec<Span> = findings.spans().collect();
    // Definitions first, so that they may stand below what uses them.
    statements.sort_by_key(|tokens| match Parser::names_given(text, tokens) {
        Some((_, is_param)) => 1 - u8::from(is_param),
        None => 2,
    });
    for tokens in &statements {
        let torn = lexical.iter().any(|place| inside(*place, tokens));
        read.statement(tokens, torn, &mut findings);
    }
    read.conclude(&mut findings);
    read.finished(findings)
}

fn inside(place: Span, tokens: &[Token]) -> bool {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return false };
    place.start >= first.span.start && place.start <= last.span.end
}

struct Reader<'a> {
    text: &'a str,
    rules: RuleSet,
    names: Names,
    known: Vec<Known>,
    nodes: usize,
    long_failed: bool,
    short_failed: bool,
    rest_failed: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader {
            text,
            rules: RuleSet { text: text.to_owned(), ..RuleSet::default() },
            names: Names::default(),
            known: Vec::new(),
            nodes: 0,
            long_failed: false,
            short_failed: false,
            rest_failed: false,
        }
    }

    fn finished(self, findings: Findings) -> Parsed {
        Parsed {
            rules: self.rules,
            diagnostics: findings.into_sorted(),
            long_failed: self.long_failed,
            short_failed: self.short_failed,
            rest_failed: self.rest_failed,
        }
    }

    fn statement(&mut self, tokens: &[Token], torn: bool, findings: &mut Findings) {
        let errors = findings.errors();
        let mut parser = Parser::new(self.text, tokens, &self.names, findings, &mut self.nodes);
        let statement = parser.statement().ok();
        let whole = statement.filter(|statement| {
            let known = self.check(statement, findings);
            let right = findings.errors() == errors && !torn;
            if right {
                self.known.extend(known);
            }
            right
        });
        let taken = match whole {
            Some(statement) => self.take(statement, tokens, findings),
            None => false,
        };
        if !taken {
            self.lose(tokens);
        }
    }

    /// What is not read leaves its name broken, and its direction without all of its rules.
    fn lose(&mut self, tokens: &[Token]) {
        if let Some((name, _)) = Parser::names_given(self.text, tokens) {
            self.names.give(name, Named::Broken, 0);
        }
        let about = Parser::about(self.text, tokens);
        let is_name = Parser::names_given(self.text, tokens).is_some();
        self.rest_failed |= about.is_none() && !is_name;
        self.long_failed |= matches!(about, Some(Side::Long | Side::Both));
        self.short_failed |= matches!(about, Some(Side::Short | Side::Both));
    }

    fn check(&self, statement: &Statement, findings: &mut Findings) -> Option<Known> {
        let RuleSet { params, lets, .. } = &self.rules;
        let mut checker = Checker::new(self.text, params, lets, &self.known, findings);
        match statement {
            Statement::Param(param) => checker.param(param),
            Statement::Let(definition) => return Some(checker.binding(&definition.value)),
            Statement::Enter(_, condition) | Statement::Exit(_, condition) => {
                checker.condition_root(condition);
            }
            Statement::Strength(_, number) => checker.strength(number),
            Statement::Stop(stop) | Statement::Target(stop) => checker.distance(&stop.distance),
            Statement::Trail(trail) => checker.trail(trail),
            Statement::BreakEven(rule) => checker.break_even(rule),
            Statement::TimeStop(rule) => checker.time_stop(rule),
            Statement::Strategy(_)
            | Statement::Bars(_)
            | Statement::Session(_)
            | Statement::Entry(_)
            | Statement::Flat => {}
        }
        None
    }

    /// Puts the statement in its place; `false` when there is no room, or one is there already.
    fn take(&mut self, statement: Statement, tokens: &[Token], findings: &mut Findings) -> bool {
        let span = tokens
            .first()
            .map_or_else(Span::default, |first| first.span.to(tokens.last().unwrap_or(first).span));
        let rules = &mut self.rules;
        let plan = &mut rules.plan;
        let text = self.text;
        match statement {
            Statement::Strategy(name) => once(&mut rules.name, name, span, findings),
            Statement::Bars(bars) => once(&mut rules.bars, bars, span, findings),
            Statement::Session(session) => once(&mut rules.session, session, span, findings),
            Statement::Entry(style) => once(&mut plan.entry, style, span, findings),
            Statement::Stop(stop) => once(&mut plan.stop, stop, span, findings),
            Statement::Target(target) => once(&mut plan.target, target, span, findings),
            Statement::Trail(trail) => once(&mut plan.trail, trail, span, findings),
            Statement::BreakEven(rule) => once(&mut plan.break_even, rule, span, findings),
            Statement::TimeStop(rule) => once(&mut plan.time_stop, rule, span, findings),
            Statement::Flat => {
                plan.flat_at_session_end = true;
                true
            }
            Statement::Param(param) => {
                let name = param.name.clone();
                let index = rules.params.len();
                let room = push(&mut rules.params, param, PARAMS_MAX, span, findings);
                if room {
                    self.names.give(&name, Named::Param, index);
                }
                room
            }
            Statement::Let(definition) => {
                let (name, named) = (definition.name.clone(), named(&definition));
                let index = rules.lets.len();
                let room = push(&mut rules.lets, definition, LETS_MAX, span, findings);
                if room {
                    self.names.give(&name, named, index);
                }
                room
            }
            Statement::Enter(side, condition) => {
                let one = predicate(text, span, condition);
                each(rules, side, |direction| {
                    push(&mut direction.entries, one.clone(), PREDICATES_MAX, span, findings)
                })
            }
            Statement::Exit(side, condition) => {
                let one = predicate(text, span, condition);
                each(rules, side, |direction| {
                    push(&mut direction.exits, one.clone(), PREDICATES_MAX, span, findings)
                })
            }
            Statement::Strength(side, number) => each(rules, side, |direction| {
                once(&mut direction.strength, number.clone(), span, findings)
            }),
        }
    }

    /// What only the whole text shows.
    fn conclude(&mut self, findings: &mut Findings) {
        let rules = &self.rules;
        let end = Span { start: self.text.len() as u32, end: self.text.len() as u32 };
        let silent = rules.long.entries.is_empty() && rules.short.entries.is_empty();
        if silent && findings.errors() == 0 {
            findings.add(
                Diagnostic::error(
                    end,
                    "the rules say neither when to go long nor when to go short",
                )
                .hint("write `long when CONDITION`, `short when CONDITION` or both"),
            );
        }
        for (name, side) in [("long", &rules.long), ("short", &rules.short)] {
            let never = side.entries.is_empty() && !silent && findings.errors() == 0;
            if let Some(exit) = side.exits.first().filter(|_| never) {
                let message = format!("the rules never go {name}, so this is never used");
                findings.add(Diagnostic::warning(exit.span, message));
            }
        }
        if findings.errors() == 0 {
            unused(rules, findings);
            let printed = rules.to_string().len();
            if printed > TEXT_BYTES_MAX {
                let message = format!(
                    "the rules are longer than {TEXT_BYTES_MAX} bytes when written in full"
                );
                findings.add(Diagnostic::error(end, message));
            }
        }
    }
}

fn predicate(text: &str, span: Span, condition: super::ast::Condition) -> Predicate {
    Predicate { condition, span, text: span.of(text).to_owned() }
}

fn named(definition: &Let) -> Named {
    match &definition.value {
        Binding::Condition(_) => Named::Condition,
        Binding::OpeningRange { .. } => Named::OpeningRange,
        Binding::Number(number) => match &number.kind {
            NumberKind::Indicator(used) if used.line.is_none() => {
                indicator::find(&used.name).map_or(Named::Number, Named::Indicator)
            }
            _ => Named::Number,
        },
    }
}

fn each(rules: &mut RuleSet, side: Side, mut put: impl FnMut(&mut Direction) -> bool) -> bool {
    let long = side == Side::Short || put(&mut rules.long);
    let short = side == Side::Long || put(&mut rules.short);
    long && short
}

fn once<T>(place: &mut Option<T>, value: T, span: Span, findings: &mut Findings) -> bool {
    if place.is_some() {
        let finding = Diagnostic::error(span, "this is said twice");
        findings.add(finding.hint("keep one of the two"));
        return false;
    }
    *place = Some(value);
    true
}

fn push<T>(list: &mut Vec<T>, value: T, max: usize, span: Span, findings: &mut Findings) -> bool {
    if list.len() == max {
        let message = format!("there are more than {max} statements of this kind");
        findings.add(Diagnostic::error(span, message));
        return false;
    }
    list.push(value);
    true
}

/// Warns of names that nothing uses.
fn unused(rules: &RuleSet, findings: &mut Findings) {
    let mut params = vec![false; rules.params.len()];
    let mut lets = vec![false; rules.lets.len()];
    let mut mark = |part: Part<'_>| {
        let marks = [(part.param(), &mut params), (part.binding(), &mut lets)];
        for (reference, used) in marks {
            if let Some(place) = reference.and_then(|reference| used.get_mut(reference.index)) {
                *place = true;
            }
        }
    };
    for root in walk::roots(rules) {
        walk::each(root, &mut mark);
    }
    let params = rules.params.iter().zip(&params).map(|(one, used)| (&one.name, one.span, used));
    let lets = rules.lets.iter().zip(&lets).map(|(one, used)| (&one.name, one.span, used));
    for (name, span, used) in params.chain(lets) {
        if !used {
            findings.add(Diagnostic::warning(span, format!("`{name}` is never used")));
        }
    }
}

#[cfg(test)]
mod tests;
