//! Indicators: their source, parameters and lines.

use super::{Node, Parser, Reported, shortened};
use crate::indicator::{Info, Input};
use crate::rule::ast::{Argument, Constant, Indicator, Number};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::lexer::TokenKind;
use gauntlet_model::near::nearest;

/// What stands between the brackets of an indicator.
#[derive(Default)]
struct Given {
    source: Option<Number>,
    arguments: Vec<Argument>,
}

impl Parser<'_> {
    /// `macd(12, 26, 9).histogram`, from its name on.
    pub(super) fn indicator(&mut self, info: &'static Info) -> Result<Indicator, Reported> {
        self.next();
        let mut given = Given::default();
        if self.take_symbol("(") {
            while !self.at_symbol(")") {
                self.argument(info, &mut given)?;
                if !self.at_symbol(")") {
                    self.expect_symbol(",")?;
                }
            }
            self.next();
        }
        given.arguments.sort_by_key(|argument| argument.index);
        Ok(Indicator {
            name: info.name.to_owned(),
            source: given.source.map(Box::new),
            arguments: given.arguments,
            line: self.line(info)?,
        })
    }

    fn argument(&mut self, info: &'static Info, given: &mut Given) -> Result<(), Reported> {
        let start = self.peek();
        let named = start.kind == TokenKind::Word && self.peek_at(1).kind == TokenKind::Symbol("=");
        if named && self.is_word(start, "source") {
            self.at += 2;
            let number = self.number()?;
            return self.source(info, number, given);
        }
        if named {
            let word = start.span.of(self.text);
            let Some(index) = info.parameter(word) else {
                let known = info.parameters.iter().map(|parameter| parameter.name);
                let hint = match nearest(word, known.clone()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => usage(info),
                };
                let message = format!("`{}` has no parameter `{}`", info.name, shortened(word));
                return Err(self.fail(Diagnostic::error(start.span, message).hint(hint)));
            };
            self.at += 2;
            let value = self.constant()?;
            return self.parameter(info, index, value, given);
        }
        let node = self.any()?;
        let number = match node {
            Node::Number(number) => number,
            other => self.want_number(other)?,
        };
        if given.source.is_none() && given.arguments.is_empty() && !is_constant(&number) {
            return self.source(info, number, given);
        }
        let value = self.constant_of(number)?;
        let index = given.arguments.last().map_or(0, |last| last.index + 1);
        if index >= info.parameters.len() {
            let message = match info.parameters.len() {
                0 => format!("`{}` takes no parameters", info.name),
                1 => format!("`{}` takes one parameter", info.name),
                count => format!("`{}` takes {count} parameters", info.name),
            };
            return Err(self.fail(Diagnostic::error(value.span, message).hint(usage(info))));
        }
        self.parameter(info, index, value, given)
    }

    fn parameter(
        &mut self,
        info: &'static Info,
        index: usize,
        value: Constant,
        given: &mut Given,
    ) -> Result<(), Reported> {
        let name = info.parameters[index].name;
        if given.arguments.iter().any(|argument| argument.index == index) {
            let message = format!("`{name}` is given twice");
            return Err(self.fail(Diagnostic::error(value.span, message)));
        }
        given.arguments.push(Argument { name: name.to_owned(), index, value });
        Ok(())
    }

    fn source(
        &mut self,
        info: &'static Info,
        number: Number,
        given: &mut Given,
    ) -> Result<(), Reported> {
        if info.input != Input::Source {
            let written = shortened(number.span.of(self.text));
            let message = match info.input {
                Input::Tape => {
                    format!("`{}` reads trades and the book, not `{written}`", info.name)
                }
                _ => format!("`{}` reads whole bars, not `{written}`", info.name),
            };
            return Err(self.fail(Diagnostic::error(number.span, message).hint(usage(info))));
        }
        if given.source.is_some() {
            let message = format!("`{}` has one source, and this is the second", info.name);
            return Err(self.fail(Diagnostic::error(number.span, message).hint(usage(info))));
        }
        given.source = Some(number);
        Ok(())
    }

    /// `.lower`, when there is one.
    pub(super) fn line(&mut self, info: &'static Info) -> Result<Option<String>, Reported> {
        if !self.at_symbol(".") {
            return Ok(None);
        }
        let span = self.peek_at(1).span;
        let word = span.of(self.text);
        if let Some(index) = info.line(word) {
            self.at += 2;
            return Ok(Some(info.lines[index].name.to_owned()));
        }
        let known: Vec<_> = info.lines.iter().map(|line| line.name).collect();
        let hint = match nearest(word, known.iter().copied()) {
            Some(name) => format!("did you mean `.{name}`?"),
            None => format!("its lines are {}", known.join(", ")),
        };
        let message = format!("`{}` has no line `{}`", info.name, shortened(word));
        Err(self.fail(Diagnostic::error(span, message).hint(hint)))
    }
}

/// Whether a number is made of plain numbers and parameters alone.
pub(in crate::rule) fn is_constant(number: &Number) -> bool {
    use crate::rule::ast::NumberKind;
    match &number.kind {
        NumberKind::Number { .. } | NumberKind::Param { .. } => true,
        NumberKind::Negate { of } => is_constant(of),
        NumberKind::Arithmetic { left, right, .. } => is_constant(left) && is_constant(right),
        _ => false,
    }
}

/// How the indicator is written.
fn usage(info: &Info) -> String {
    let mut parts = Vec::new();
    if info.input == Input::Source {
        parts.push("source = close".to_owned());
    }
    let given = info.parameters.iter();
    parts.extend(given.map(|parameter| format!("{} = {}", parameter.name, parameter.default)));
    format!("write it like `{}({})`", info.name, parts.join(", "))
}
