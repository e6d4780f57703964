//! Statements: each begins with a word of its own.

use super::{Node, Parser, Reported, shortened};
use crate::indicator;
use crate::rule::ast::{
    Binding, BreakEven, Condition, EntryStyle, Let, NAME_BYTES_MAX, Number, Param, Span, Stop,
    TimeStop, Trail,
};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::lexer::{Token, TokenKind};
use crate::rule::words;
use gauntlet_model::input::{BarKind, SessionMode};
use gauntlet_model::near::nearest;

/// One direction, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rule) enum Side {
    Long,
    Short,
    Both,
}

/// What a statement says.
pub(in crate::rule) enum Statement {
    Strategy(String),
    Bars(BarKind),
    Session(SessionMode),
    Param(Param),
    Let(Let),
    Enter(Side, Condition),
    Exit(Side, Condition),
    Strength(Side, Number),
    Entry(EntryStyle),
    Stop(Stop),
    Target(Stop),
    Trail(Trail),
    BreakEven(BreakEven),
    TimeStop(TimeStop),
    Flat,
}

const STATEMENTS: [&str; 16] = [
    "strategy", "bars", "session", "param", "let", "long", "short", "exit", "strength", "entry",
    "stop", "target", "trail", "break", "time", "flat",
];

const BARS: &str = "bars are 1m, 5m, 15m, 30m, 1h, 4h, 1d, `1000 contracts` or `500 trades`";

impl<'a> Parser<'a> {
    /// The statement, which takes all of its tokens.
    pub(in crate::rule) fn statement(&mut self) -> Result<Statement, Reported> {
        let statement = self.begun()?;
        if self.peek().kind != TokenKind::End {
            return Err(self.expected("the end of the statement", None));
        }
        Ok(statement)
    }

    fn begun(&mut self) -> Result<Statement, Reported> {
        let start = self.peek().span;
        let word = start.of(self.text).to_ascii_lowercase();
        if !STATEMENTS.contains(&word.as_str()) {
            return Err(self.no_statement(start));
        }
        self.next();
        Ok(match word.as_str() {
            "strategy" => Statement::Strategy(self.name_of_strategy()?),
            "bars" => Statement::Bars(self.kind_of_bars()?),
            "session" => Statement::Session(self.session_mode()?),
            "param" => Statement::Param(self.param(start)?),
            "let" => Statement::Let(self.binding(start)?),
            "long" => self.direction(Side::Long)?,
            "short" => self.direction(Side::Short)?,
            "exit" => self.exit()?,
            "strength" => Statement::Strength(Side::Both, self.number()?),
            "entry" => self.entry()?,
            "stop" => Statement::Stop(self.stop(start)?),
            "target" => Statement::Target(self.stop(start)?),
            "trail" => Statement::Trail(self.trail(start)?),
            "break" => Statement::BreakEven(self.break_even(start)?),
            "time" => Statement::TimeStop(self.time_stop(start)?),
            _ => self.flat()?,
        })
    }

    fn no_statement(&mut self, span: Span) -> Reported {
        let written = span.of(self.text);
        let message = format!("`{}` begins no statement", shortened(written));
        let hint = match (super::advice(written), nearest(written, STATEMENTS)) {
            (Some(advice), _) => advice.to_owned(),
            (None, Some(word)) => format!("did you mean `{word}`?"),
            (None, None) => format!("a statement begins with {}", STATEMENTS.join(", ")),
        };
        self.fail(Diagnostic::error(span, message).hint(hint))
    }

    fn name_of_strategy(&mut self) -> Result<String, Reported> {
        let token = self.peek();
        if token.kind != TokenKind::Word {
            return Err(self.expected("a name", Some("strategy mean_reversion")));
        }
        self.next();
        self.checked_length(token)
    }

    fn kind_of_bars(&mut self) -> Result<BarKind, Reported> {
        let start = self.peek();
        let TokenKind::Number(count) = start.kind else {
            return Err(self.expected("bars", Some("bars 5m")));
        };
        self.next();
        let unit = self.peek().span.of(self.text).to_ascii_lowercase();
        let words = match unit.as_str() {
            "m" | "min" | "minute" | "minutes" => format!("{count}m"),
            "h" | "hour" | "hours" => format!("{count}h"),
            "d" | "day" | "days" => format!("{count}d"),
            "ticks" => format!("{count} trades"),
            unit => format!("{count} {unit}"),
        };
        let kind: Option<BarKind> = words.parse().ok();
        if kind.is_some() {
            self.next();
        }
        let span = self.since(start.span);
        kind.ok_or_else(|| {
            let message = format!("there are no bars of `{}`", shortened(span.of(self.text)));
            self.fail(Diagnostic::error(span, message).hint(BARS))
        })
    }

    fn session_mode(&mut self) -> Result<SessionMode, Reported> {
        let start = self.peek().span;
        let mut end = start;
        while self.peek().kind != TokenKind::End {
            end = self.next().span;
        }
        let span = start.to(end);
        let written = span.of(self.text);
        SessionMode::parse(written).map_err(|_| {
            let names = SessionMode::ALL.map(SessionMode::name).join(", ");
            let message = format!("`{}` is no session", shortened(written));
            self.fail(Diagnostic::error(span, message).hint(format!("write one of {names}")))
        })
    }

    fn param(&mut self, start: Span) -> Result<Param, Reported> {
        const EXAMPLE: &str = "param oversold = 30 from 1 to 50 \"long below this RSI\"";
        let name = self.new_name(EXAMPLE)?;
        if !self.take_symbol("=") {
            return Err(self.expected("`=`", Some(EXAMPLE)));
        }
        let default = self.literal(EXAMPLE)?;
        let mut whole = self.take_word("whole");
        let (mut min, mut max) = (default, default);
        if self.take_word("from") {
            min = self.literal(EXAMPLE)?;
            self.expect_word("to", EXAMPLE)?;
            max = self.literal(EXAMPLE)?;
        }
        whole |= self.take_word("whole");
        let mut meaning = String::new();
        if self.peek().kind == TokenKind::Quoted {
            let quoted = self.next().span.of(self.text);
            meaning = quoted.trim_matches('"').to_owned();
        }
        Ok(Param { name, default, min, max, whole, meaning, span: self.since(start) })
    }

    fn literal(&mut self, example: &str) -> Result<f64, Reported> {
        let negative = self.take_symbol("-");
        let TokenKind::Number(value) = self.peek().kind else {
            return Err(self.expected("a number", Some(example)));
        };
        self.next();
        Ok(if negative { -value } else { value })
    }

    fn binding(&mut self, start: Span) -> Result<Let, Reported> {
        const EXAMPLE: &str = "let band = bb(20, 2)";
        let name = self.new_name(EXAMPLE)?;
        if !self.take_symbol("=") {
            return Err(self.expected("`=`", Some(EXAMPLE)));
        }
        let value = match self.any()? {
            Node::Number(number) => Binding::Number(number),
            Node::Condition(condition) => Binding::Condition(condition),
            Node::OpeningRange(minutes, _) => Binding::OpeningRange { minutes },
        };
        Ok(Let { name, value, span: self.since(start) })
    }

    /// A name that nothing has yet.
    fn new_name(&mut self, example: &str) -> Result<String, Reported> {
        let token = self.peek();
        if token.kind != TokenKind::Word {
            return Err(self.expected("a name", Some(example)));
        }
        let name = token.span.of(self.text);
        let taken = if self.names.find(name).is_some() {
            "is given twice"
        } else if words::is_reserved(name) {
            "is a word of the language"
        } else if indicator::find(name).is_some() {
            "is an indicator"
        } else {
            self.next();
            return self.checked_length(token);
        };
        let message = format!("`{}` {taken}", shortened(name));
        Err(self.fail(Diagnostic::error(token.span, message).hint("choose another name")))
    }

    fn checked_length(&mut self, token: Token) -> Result<String, Reported> {
        let name = token.span.of(self.text);
        if name.len() <= NAME_BYTES_MAX {
            return Ok(name.to_owned());
        }
        let message = format!("a name has at most {NAME_BYTES_MAX} letters");
        Err(self.fail(Diagnostic::error(token.span, message)))
    }

    /// What stands behind `long` or `short`.
    fn direction(&mut self, side: Side) -> Result<Statement, Reported> {
        if self.take_word("strength") {
            return Ok(Statement::Strength(side, self.number()?));
        }
        self.expect_word("when", "long when close crosses above ema(20)")?;
        Ok(Statement::Enter(side, self.condition()?))
    }

    fn exit(&mut self) -> Result<Statement, Reported> {
        let side = if self.take_word("long") {
            Side::Long
        } else if self.take_word("short") {
            Side::Short
        } else {
            Side::Both
        };
        self.expect_word("when", "exit long when close crosses below ema(20)")?;
        let before = *self.nodes;
        let condition = self.condition()?;
        if side == Side::Both {
            // It counts for each of the two directions, as it does when it is written twice.
            *self.nodes += *self.nodes - before - 1;
            self.node(condition.span)?;
        }
        Ok(Statement::Exit(side, condition))
    }

    /// The direction that the statement is about, as far as its first words tell.
    pub(in crate::rule) fn about(text: &str, tokens: &[Token]) -> Option<Side> {
        let word = |index: usize| {
            let token = tokens.get(index);
            token.map_or("", |token| token.span.of(text)).to_ascii_lowercase()
        };
        let named = |word: &str| match word {
            "long" => Some(Side::Long),
            "short" => Some(Side::Short),
            _ => None,
        };
        match word(0).as_str() {
            "exit" => Some(named(&word(1)).unwrap_or(Side::Both)),
            "strength" => Some(Side::Both),
            first => named(first),
        }
    }

    /// The name that a `param` or `let` wants to give, and which of the two it is.
    pub(in crate::rule) fn names_given(text: &'a str, tokens: &[Token]) -> Option<(&'a str, bool)> {
        let [first, name, ..] = tokens else { return None };
        let word = first.span.of(text);
        let is_param = word.eq_ignore_ascii_case("param");
        let names = is_param || word.eq_ignore_ascii_case("let");
        (names && name.kind == TokenKind::Word).then(|| (name.span.of(text), is_param))
    }
}
