//! Expressions, by precedence climbing.
//!
//! From loose to tight: `or`; `and`; `not`; `within`, `for` and `first in session` behind a
//! condition; comparisons; `+ -`; `* /`; the sign. What binds tightest is in [`super::term`].

use super::{Node, Parser, Reported, shortened};
use crate::rule::ast::{
    Arithmetic, Comparison, Condition, ConditionKind, Constant, CrossKind, Number, NumberKind,
    Span, Trend,
};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::lexer::TokenKind;
use crate::rule::words::Worded;

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const MODIFIER: u8 = 4;
const COMPARISON: u8 = 5;
const SUM: u8 = 6;
const PRODUCT: u8 = 7;
const SIGN: u8 = 8;

/// What may follow an operand.
enum Infix {
    And,
    Or,
    Within,
    For,
    First,
    Compare(Comparison),
    Cross,
    Between,
    Trend(Trend),
    Arithmetic(Arithmetic),
}

impl Infix {
    fn power(&self) -> u8 {
        match self {
            Infix::Or => OR,
            Infix::And => AND,
            Infix::Within | Infix::For | Infix::First => MODIFIER,
            Infix::Compare(_) | Infix::Cross | Infix::Between | Infix::Trend(_) => COMPARISON,
            Infix::Arithmetic(Arithmetic::Add | Arithmetic::Subtract) => SUM,
            Infix::Arithmetic(Arithmetic::Multiply | Arithmetic::Divide) => PRODUCT,
        }
    }
}

impl Parser<'_> {
    /// A condition, and nothing behind it that belongs to it.
    pub(super) fn condition(&mut self) -> Result<Condition, Reported> {
        let node = self.expression(OR)?;
        self.want_condition(node)
    }

    /// A number.
    pub(super) fn number(&mut self) -> Result<Number, Reported> {
        let node = self.expression(SUM)?;
        self.want_number(node)
    }

    /// A number that is known before the first bar.
    pub(super) fn constant(&mut self) -> Result<Constant, Reported> {
        let number = self.number()?;
        self.constant_of(number)
    }

    /// One factor, with its `ticks`: `16`, `16 ticks`, `(2 * distance)`.
    pub(super) fn factor(&mut self) -> Result<Number, Reported> {
        let node = self.expression(SIGN)?;
        self.want_number(node)
    }

    /// A number or a condition.
    pub(super) fn any(&mut self) -> Result<Node, Reported> {
        self.expression(OR)
    }

    pub(super) fn want_number(&mut self, node: Node) -> Result<Number, Reported> {
        let finding = match node {
            Node::Number(number) => return Ok(number),
            Node::Condition(condition) => Diagnostic::error(
                condition.span,
                "this is a condition, and a number is wanted here",
            )
            .hint("`and` and `or` join whole comparisons: `close > open and close > high[1]`"),
            Node::OpeningRange(_, span) => Diagnostic::error(span, "an opening range is no number")
                .hint("say which end: `opening_range(15).high` or `opening_range(15).low`"),
        };
        Err(self.fail(finding))
    }

    pub(super) fn want_condition(&mut self, node: Node) -> Result<Condition, Reported> {
        if let Node::Condition(condition) = node {
            return Ok(condition);
        }
        let written = shortened(node.span().of(self.text));
        let finding =
            Diagnostic::error(node.span(), "this is a number, and a condition is wanted here");
        let next = self.peek().span.of(self.text);
        let hint = match super::advice(next) {
            Some(advice) => advice.to_owned(),
            None => format!("compare it with something: `{written} > 0`"),
        };
        Err(self.fail(finding.hint(hint)))
    }

    pub(super) fn expression(&mut self, least: u8) -> Result<Node, Reported> {
        self.nesting += 1;
        let node = if self.nesting <= super::NESTING_MAX {
            self.climb(least)
        } else {
            let span = self.peek().span;
            Err(self.fail(
                Diagnostic::error(span, "nested too deeply")
                    .hint("give the parts names with `let`"),
            ))
        };
        self.nesting -= 1;
        node
    }

    fn climb(&mut self, least: u8) -> Result<Node, Reported> {
        let mut left = self.prefix()?;
        while let Some(infix) = self.infix().filter(|infix| infix.power() >= least) {
            left = self.follow(left, infix)?;
        }
        Ok(left)
    }

    fn prefix(&mut self) -> Result<Node, Reported> {
        let start = self.peek().span;
        if self.take_word("not") {
            let node = self.expression(NOT)?;
            let of = Box::new(self.want_condition(node)?);
            return self.condition_node(ConditionKind::Not { of }, start);
        }
        if self.take_symbol("-") {
            if let TokenKind::Number(value) = self.peek().kind {
                self.next();
                let span = self.since(start);
                let number = self.number_node(NumberKind::Number { value: -value }, span)?;
                return self.postfix(Node::Number(number), start);
            }
            let node = self.expression(SIGN)?;
            let of = Box::new(self.want_number(node)?);
            let span = self.since(start);
            return Ok(Node::Number(self.number_node(NumberKind::Negate { of }, span)?));
        }
        let term = self.term()?;
        self.postfix(term, start)
    }

    fn infix(&self) -> Option<Infix> {
        let token = self.peek();
        match token.kind {
            TokenKind::Symbol(symbol) => Arithmetic::read(symbol)
                .map(Infix::Arithmetic)
                .or_else(|| Comparison::read(symbol).map(Infix::Compare)),
            TokenKind::Word => {
                let word = token.span.of(self.text).to_ascii_lowercase();
                Some(match word.as_str() {
                    "and" => Infix::And,
                    "or" => Infix::Or,
                    "within" => Infix::Within,
                    "for" => Infix::For,
                    "first" => Infix::First,
                    "crosses" | "cross" => Infix::Cross,
                    "between" => Infix::Between,
                    _ => Infix::Trend(Trend::read(&word)?),
                })
            }
            _ => None,
        }
    }

    fn follow(&mut self, left: Node, infix: Infix) -> Result<Node, Reported> {
        let start = left.span();
        match infix {
            Infix::And => {
                let of = self.joined(left, "and", NOT)?;
                self.condition_node(ConditionKind::All { of }, start)
            }
            Infix::Or => {
                let of = self.joined(left, "or", AND)?;
                self.condition_node(ConditionKind::Any { of }, start)
            }
            Infix::Arithmetic(op) => {
                let left = Box::new(self.want_number(left)?);
                self.next();
                let right = self.expression(infix_right(op))?;
                let right = Box::new(self.want_number(right)?);
                let span = self.since(start);
                let kind = NumberKind::Arithmetic { op, left, right };
                Ok(Node::Number(self.number_node(kind, span)?))
            }
            Infix::Within => {
                let of = Box::new(self.want_condition(left)?);
                self.next();
                let bars = self.bars()?;
                self.condition_node(ConditionKind::Within { of, bars }, start)
            }
            Infix::For => {
                let of = Box::new(self.want_condition(left)?);
                self.next();
                let bars = self.bars()?;
                self.condition_node(ConditionKind::Held { of, bars }, start)
            }
            Infix::First => {
                let of = Box::new(self.want_condition(left)?);
                self.next();
                self.expect_word("in", "first in session")?;
                self.expect_word("session", "first in session")?;
                self.condition_node(ConditionKind::FirstInSession { of }, start)
            }
            Infix::Compare(_) | Infix::Cross | Infix::Between | Infix::Trend(_) => {
                let left = self.want_number(left)?;
                let kind = self.comparison(left, infix)?;
                let node = self.condition_node(kind, start)?;
                self.refuse_chain()?;
                Ok(node)
            }
        }
    }

    fn comparison(&mut self, left: Number, infix: Infix) -> Result<ConditionKind, Reported> {
        self.next();
        Ok(match infix {
            Infix::Compare(op) => ConditionKind::Compare { op, left, right: self.number()? },
            Infix::Cross => {
                let direction = CrossKind::read(self.peek().span.of(self.text));
                self.at += usize::from(direction.is_some());
                let direction = direction.unwrap_or(CrossKind::Either);
                ConditionKind::Cross { direction, left, right: self.number()? }
            }
            Infix::Between => {
                let low = self.number()?;
                self.expect_word("and", "rsi(14) between 40 and 60")?;
                ConditionKind::Between { value: left, low, high: self.number()? }
            }
            Infix::Trend(direction) => {
                let bars = match self.take_word("for") {
                    true => self.bars()?,
                    false => {
                        self.node(self.last_span())?;
                        Constant::number(1.0)
                    }
                };
                ConditionKind::Trend { direction, value: left, bars }
            }
            _ => return Err(self.expected("a comparison", None)),
        })
    }

    fn refuse_chain(&mut self) -> Result<(), Reported> {
        if self.infix().is_none_or(|infix| infix.power() != COMPARISON) {
            return Ok(());
        }
        let span = self.peek().span;
        Err(self.fail(
            Diagnostic::error(span, "comparisons do not chain")
                .hint("write `x between a and b`, or `a < x and x < b`"),
        ))
    }

    /// `a and b and c`, with `a` read.
    fn joined(&mut self, left: Node, word: &str, least: u8) -> Result<Vec<Condition>, Reported> {
        let mut of = vec![self.want_condition(left)?];
        while self.take_word(word) {
            let node = self.expression(least)?;
            of.push(self.want_condition(node)?);
        }
        Ok(of)
    }

    /// `5 bars`.
    pub(super) fn bars(&mut self) -> Result<Constant, Reported> {
        let bars = self.constant()?;
        if self.take_word("bars") || self.take_word("bar") {
            return Ok(bars);
        }
        Err(self.expected("`bars`", Some("for 3 bars")))
    }

    pub(super) fn condition_node(
        &mut self,
        kind: ConditionKind,
        start: Span,
    ) -> Result<Node, Reported> {
        let span = self.since(start);
        self.node(span)?;
        Ok(Node::Condition(Condition { kind, span }))
    }
}

/// The least power of the right side: operators of one power group to the left.
fn infix_right(op: Arithmetic) -> u8 {
    match op {
        Arithmetic::Add | Arithmetic::Subtract => PRODUCT,
        Arithmetic::Multiply | Arithmetic::Divide => SIGN,
    }
}
