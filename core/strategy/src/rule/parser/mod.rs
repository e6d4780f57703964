//! Statements to a tree.
//!
//! The grammar is small and every statement begins with a word of its own, so a parser by hand does:
//! precedence climbing for expressions, one function for each statement. A statement that is wrong
//! is reported and left out, and the next one is read as if nothing had been.

mod exits;
mod expression;
mod indicator;
mod statement;
mod term;

use super::ast::{
    Condition, Constant, ConstantKind, NODES_MAX, Number, NumberKind, Reference, Span,
};
use super::diagnostic::{Diagnostic, Findings};
use super::lexer::{Token, TokenKind};
use crate::indicator::Info;
pub(super) use indicator::is_constant;
pub(super) use statement::{Side, Statement};

/// Deepest nesting of brackets and operators while parsing: what is printed of the deepest tree
/// nests at most so deep.
const NESTING_MAX: usize = 2 * super::ast::DEPTH_MAX + 16;

/// The statement cannot be read; why is among the findings.
pub(super) struct Reported;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    /// A parameter.
    Param,
    /// A number.
    Number,
    /// An indicator, whose lines may be asked for.
    Indicator(&'static Info),
    /// An opening range, whose ends may be asked for.
    OpeningRange,
    /// A condition.
    Condition,
    /// Its own statement cannot be read: using it is wrong too, but says nothing new.
    Broken,
}

/// The names given so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    list: Vec<(String, Named, usize)>,
}

impl Names {
    /// Gives a name to something with this place in its list.
    pub(super) fn give(&mut self, name: &str, named: Named, index: usize) {
        self.list.push((name.to_owned(), named, index));
    }

    /// What the name stands for, and its place. Names are told apart by more than case.
    pub(super) fn find(&self, name: &str) -> Option<(&str, Named, usize)> {
        let found = self.list.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        found.map(|(known, named, index)| (known.as_str(), *named, *index))
    }

    /// All names.
    fn all(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(name, ..)| name.as_str())
    }
}

/// What an expression turns out to be.
enum Node {
    Number(Number),
    Condition(Condition),
    /// An opening range without its end.
    OpeningRange(Constant, Span),
}

impl Node {
    fn span(&self) -> Span {
        match self {
            Node::Number(number) => number.span,
            Node::Condition(condition) => condition.span,
            Node::OpeningRange(_, span) => *span,
        }
    }
}

/// Reads one statement.
pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    names: &'a Names,
    findings: &'a mut Findings,
    nodes: &'a mut usize,
    nesting: usize,
}

impl<'a> Parser<'a> {
    /// A parser of one statement's tokens, which end with [`TokenKind::End`]. `nodes` counts the
    /// nodes of the whole text.
    pub(super) fn new(
        text: &'a str,
        tokens: &'a [Token],
        names: &'a Names,
        findings: &'a mut Findings,
        nodes: &'a mut usize,
    ) -> Parser<'a> {
        Parser { text, tokens, at: 0, names, findings, nodes, nesting: 0 }
    }

    fn peek(&self) -> Token {
        self.peek_at(0)
    }

    /// The token so many places ahead; the end stays the end.
    fn peek_at(&self, ahead: usize) -> Token {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens[(self.at + ahead).min(last)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    /// The end of what was read last.
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    fn since(&self, start: Span) -> Span {
        start.to(self.last_span())
    }

    fn at_word(&self, word: &str) -> bool {
        self.is_word(self.peek(), word)
    }

    fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == TokenKind::Word && token.span.of(self.text).eq_ignore_ascii_case(word)
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        self.peek().kind == TokenKind::Symbol(symbol_of(symbol))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = self.at_word(word);
        self.at += usize::from(there);
        there
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let there = self.at_symbol(symbol);
        self.at += usize::from(there);
        there
    }

    fn expect_word(&mut self, word: &str, example: &str) -> Result<(), Reported> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(self.expected(&format!("`{word}`"), Some(example)))
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), Reported> {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("`{symbol}`"), None))
    }

    fn fail(&mut self, finding: Diagnostic) -> Reported {
        self.findings.add(finding);
        Reported
    }

    /// Reports that something else stands where `what` should.
    fn expected(&mut self, what: &str, example: Option<&str>) -> Reported {
        let token = self.peek();
        let found = match token.kind {
            TokenKind::End => "the statement ends".to_owned(),
            _ => format!("found `{}`", shortened(token.span.of(self.text))),
        };
        let finding = Diagnostic::error(token.span, format!("expected {what}, {found}"));
        let advice = advice(token.span.of(self.text));
        let example = example.map(|example| format!("write it like `{example}`"));
        self.fail(Diagnostic { hint: advice.map(str::to_owned).or(example), ..finding })
    }

    /// Counts a node.
    fn node(&mut self, span: Span) -> Result<(), Reported> {
        *self.nodes += 1;
        if *self.nodes <= NODES_MAX {
            return Ok(());
        }
        let message = format!("the rules have more than {NODES_MAX} parts");
        Err(self
            .fail(Diagnostic::error(span, message).hint("make them simpler, or two strategies")))
    }

    fn number_node(&mut self, kind: NumberKind, span: Span) -> Result<Number, Reported> {
        self.node(span)?;
        Ok(Number { kind, span })
    }

    /// A number that must be known before the first bar.
    fn constant_of(&mut self, number: Number) -> Result<Constant, Reported> {
        let span = number.span;
        let kind = match number.kind {
            NumberKind::Number { value } => ConstantKind::Number { value },
            NumberKind::Param { name } => ConstantKind::Param { name },
            NumberKind::Negate { of } => {
                ConstantKind::Negate { of: Box::new(self.constant_of(*of)?) }
            }
            NumberKind::Arithmetic { op, left, right } => ConstantKind::Arithmetic {
                op,
                left: Box::new(self.constant_of(*left)?),
                right: Box::new(self.constant_of(*right)?),
            },
            NumberKind::Let { name: Reference { name, .. }, .. } => {
                let message = format!("`{name}` may be different on each bar");
                let hint =
                    format!("a count or a period is a number or a parameter: `param {name} = 20`");
                return Err(self.fail(Diagnostic::error(span, message).hint(hint)));
            }
            _ => {
                let message =
                    "this is different on each bar, and must be known before the first one";
                let hint = "write a number, a parameter, or arithmetic of these";
                return Err(self.fail(Diagnostic::error(span, message).hint(hint)));
            }
        };
        Ok(Constant { kind, span })
    }
}

/// The same symbol as tokens have it.
fn symbol_of(symbol: &str) -> &'static str {
    super::lexer::symbol(symbol).unwrap_or("")
}

/// At most 24 characters of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What to write instead of words that people bring along from elsewhere.
fn advice(word: &str) -> Option<&'static str> {
    let table = [
        ("above", "did you mean `>`, or `crosses above`?"),
        ("below", "did you mean `<`, or `crosses below`?"),
        ("over", "did you mean `>`, or `crosses above`?"),
        ("under", "did you mean `<`, or `crosses below`?"),
        ("greater", "write `>`"),
        ("less", "write `<`"),
        ("is", "leave `is` out: `rsi(14) < 30`"),
        ("equals", "write `=`"),
        ("crossing", "did you mean `crosses above` or `crosses below`?"),
        ("crossed", "did you mean `crosses above` or `crosses below`?"),
        ("crossover", "did you mean `crosses above`?"),
        ("crossunder", "did you mean `crosses below`?"),
        ("if", "rules begin with `long when` and `short when`"),
        ("then", "leave `then` out: each rule is `long when CONDITION`"),
        ("&", "write `and`"),
        ("%", "`%` is for distances: `stop 0.5 %`; elsewhere multiply: `close * 0.995`"),
        ("buy", "write `long when`"),
        ("sell", "write `short when`, or `exit long when`"),
        ("touches", "write `low <= …` or `high >= …`"),
    ];
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, advice)| *advice)
}
