//! What expressions are made of: numbers, names, the words of bar, session and position, brackets.

use super::{Named, Node, Parser, Reported, shortened};
use crate::indicator;
use crate::rule::ast::{
    ConditionKind, Day, Field, Function, NumberKind, PositionTerm, RangeSide, Reference,
    SessionTerm, Span, Zone,
};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::lexer::TokenKind;
use crate::rule::words::{self, Worded};
use gauntlet_model::near::nearest;

impl Parser<'_> {
    /// The smallest whole part, without what may stand behind it.
    pub(super) fn term(&mut self) -> Result<Node, Reported> {
        let token = self.peek();
        match token.kind {
            TokenKind::Number(value) => {
                self.next();
                self.plain(NumberKind::Number { value }, token.span)
            }
            TokenKind::Symbol("(") => {
                self.next();
                let node = self.any()?;
                self.expect_symbol(")")?;
                Ok(node)
            }
            TokenKind::Word => self.word_term(token.span),
            _ => Err(self.expected("a number or a name", None)),
        }
    }

    fn word_term(&mut self, start: Span) -> Result<Node, Reported> {
        let word = start.of(self.text).to_ascii_lowercase();
        if let Some(field) = Field::read(&word) {
            self.next();
            return self.plain(NumberKind::Field { field }, start);
        }
        match word.as_str() {
            "tick" | "ticks" => {
                self.next();
                return self.plain(NumberKind::Tick, start);
            }
            "gap" => {
                self.next();
                return self.plain(NumberKind::Session { term: SessionTerm::Gap }, start);
            }
            "session" | "prior_session" => return self.session_term(start, &word),
            "position" => return self.position_term(start),
            "opening_range" => return self.opening_range(start),
            "time" => return self.time(start),
            "weekday" => return self.weekday(start),
            _ => {}
        }
        let called = self.peek_at(1).kind == TokenKind::Symbol("(");
        if let Some(function) = Function::read(&word).filter(|_| called) {
            return self.function(start, function);
        }
        self.named(start)
    }

    /// A parameter, a `let`, or an indicator.
    fn named(&mut self, start: Span) -> Result<Node, Reported> {
        let written = start.of(self.text);
        let Some((name, named, index)) = self.names.find(written) else {
            let Some(info) = indicator::find(written) else {
                return Err(self.unknown_name(start));
            };
            let indicator = self.indicator(info)?;
            let span = self.since(start);
            return self.plain(NumberKind::Indicator(indicator), span);
        };
        self.next();
        let name = Reference { name: name.to_owned(), index };
        match named {
            Named::Param => self.plain(NumberKind::Param { name }, start),
            Named::Condition => self.condition_node(ConditionKind::Let { name }, start),
            Named::Broken => Err(Reported),
            Named::Number => self.plain(NumberKind::Let { name, line: None }, start),
            Named::Indicator(info) => {
                let line = self.line(info)?;
                let span = self.since(start);
                self.plain(NumberKind::Let { name, line }, span)
            }
            Named::OpeningRange => {
                let side = self.range_side(&name.name)?;
                let line = Some(side.words().to_owned());
                let span = self.since(start);
                self.plain(NumberKind::Let { name, line }, span)
            }
        }
    }

    fn unknown_name(&mut self, span: Span) -> Reported {
        let written = span.of(self.text);
        let names = self.names.all().map(str::to_owned);
        let indicators = indicator::REGISTRY.iter();
        let indicators =
            indicators.flat_map(|info| std::iter::once(&info.name).chain(info.aliases));
        let known = words::terms().chain(indicators.copied()).map(str::to_owned);
        let known: Vec<String> = names.chain(known).collect();
        let finding = match words::is_reserved(written) {
            true => Diagnostic::error(span, format!("`{written}` cannot stand here")),
            false => Diagnostic::error(span, format!("`{}` is unknown", shortened(written))),
        };
        let hint = match super::advice(written) {
            Some(advice) => Some(advice.to_owned()),
            None => nearest(written, known.iter().map(String::as_str))
                .map(|name| format!("did you mean `{name}`?")),
        };
        let hint = hint.unwrap_or_else(|| {
            "name it with `let` or `param` first; `ctl indicators list` shows the indicators".into()
        });
        self.fail(finding.hint(hint))
    }

    fn session_term(&mut self, start: Span, word: &str) -> Result<Node, Reported> {
        self.next();
        let ahead = self.peek_at(1).span;
        let written = match self.at_symbol(".") {
            true => format!("{word}.{}", ahead.of(self.text)),
            false => word.to_owned(),
        };
        if let Some(term) = SessionTerm::read(&written) {
            self.at += 2;
            return self.plain(NumberKind::Session { term }, start.to(ahead));
        }
        let known = SessionTerm::WORDS.iter().map(|(words, _)| *words);
        let hint = match nearest(&written, known.clone()) {
            Some(name) if written != word => format!("did you mean `{name}`?"),
            _ => {
                let own: Vec<_> =
                    known.filter(|name| name.split('.').next() == Some(word)).collect();
                format!("write one of {}", own.join(", "))
            }
        };
        let span = if written == word { start } else { start.to(ahead) };
        let message = format!("`{}` is no number of a session", shortened(&written));
        Err(self.fail(Diagnostic::error(span, message).hint(hint)))
    }

    fn position_term(&mut self, start: Span) -> Result<Node, Reported> {
        self.next();
        if !self.at_symbol(".") {
            return self.plain(NumberKind::Position { term: PositionTerm::Contracts }, start);
        }
        let ahead = self.peek_at(1).span;
        let written = format!("position.{}", ahead.of(self.text));
        if let Some(term) = PositionTerm::read(&written) {
            self.at += 2;
            return self.plain(NumberKind::Position { term }, start.to(ahead));
        }
        let message = format!("`{}` is no number of a position", shortened(&written));
        let hint = "write one of position, position.bars, position.profit_ticks, position.entry";
        Err(self.fail(Diagnostic::error(start.to(ahead), message).hint(hint)))
    }

    fn opening_range(&mut self, start: Span) -> Result<Node, Reported> {
        self.next();
        if !self.at_symbol("(") {
            return Err(self.expected("its minutes", Some("opening_range(15).high")));
        }
        self.next();
        let minutes = self.constant()?;
        self.expect_symbol(")")?;
        let span = self.since(start);
        self.node(span)?;
        Ok(Node::OpeningRange(minutes, span))
    }

    fn range_side(&mut self, name: &str) -> Result<RangeSide, Reported> {
        let side = RangeSide::read(self.peek_at(1).span.of(self.text));
        if let Some(side) = side.filter(|_| self.at_symbol(".")) {
            self.at += 2;
            return Ok(side);
        }
        let name = shortened(name);
        Err(self.expected("`.high` or `.low`", Some(&format!("{name}.high"))))
    }

    fn function(&mut self, start: Span, function: Function) -> Result<Node, Reported> {
        self.next();
        self.expect_symbol("(")?;
        let mut of = vec![self.number()?];
        if matches!(function, Function::Min | Function::Max) {
            self.expect_symbol(",")?;
            of.push(self.number()?);
        }
        self.expect_symbol(")")?;
        let span = self.since(start);
        self.plain(NumberKind::Function { function, of }, span)
    }

    fn time(&mut self, start: Span) -> Result<Node, Reported> {
        const EXAMPLE: &str = "time between 09:30 and 11:00";
        self.next();
        self.expect_word("between", EXAMPLE)?;
        let mut moments = [None, None];
        for (index, moment) in moments.iter_mut().enumerate() {
            if index == 1 {
                self.expect_word("and", EXAMPLE)?;
            }
            let TokenKind::Time(time) = self.peek().kind else {
                return Err(self.expected("a time of day", Some(EXAMPLE)));
            };
            self.next();
            *moment = Some(time);
        }
        let [Some(from), Some(to)] = moments else {
            return Err(self.expected("a time of day", Some(EXAMPLE)));
        };
        let mut zone = Zone::default();
        if self.take_word("in") {
            let Some(named) = Zone::read(self.peek().span.of(self.text)) else {
                return Err(self.expected("new_york, chicago or utc", None));
            };
            self.next();
            zone = named;
        }
        if from == to {
            let span = self.since(start);
            let hint = "leave it out to trade at any time";
            return Err(
                self.fail(Diagnostic::error(span, "the time ends where it begins").hint(hint))
            );
        }
        self.condition_node(ConditionKind::Time { from, to, zone }, start)
    }

    fn weekday(&mut self, start: Span) -> Result<Node, Reported> {
        const EXAMPLE: &str = "weekday in (mon, tue)";
        self.next();
        let mut days = Vec::new();
        if self.take_symbol("=") {
            days.push(self.day(EXAMPLE)?);
        } else {
            self.expect_word("in", EXAMPLE)?;
            self.expect_symbol("(")?;
            days.push(self.day(EXAMPLE)?);
            while self.take_symbol(",") {
                days.push(self.day(EXAMPLE)?);
            }
            self.expect_symbol(")")?;
        }
        days.sort();
        days.dedup();
        self.condition_node(ConditionKind::Weekday { days }, start)
    }

    fn day(&mut self, example: &str) -> Result<Day, Reported> {
        let Some(day) = Day::read(self.peek().span.of(self.text)) else {
            return Err(self.expected("a day of the week", Some(example)));
        };
        self.next();
        Ok(day)
    }

    /// What stands behind a term: `.high` of an opening range, `[1]`, `ticks`.
    pub(super) fn postfix(&mut self, term: Node, start: Span) -> Result<Node, Reported> {
        let mut node = term;
        loop {
            if matches!(node, Node::OpeningRange(..)) && self.at_symbol(".") {
                let Node::OpeningRange(minutes, _) = node else { return Err(Reported) };
                let side = self.range_side("opening_range(15)")?;
                let span = self.since(start);
                node = self.plain(NumberKind::OpeningRange { minutes, side }, span)?;
            } else if self.at_symbol("[") {
                let of = Box::new(self.want_number(node)?);
                self.next();
                let bars = self.constant()?;
                self.expect_symbol("]")?;
                let span = self.since(start);
                node = self.plain(NumberKind::History { of, bars }, span)?;
            } else if self.at_word("ticks") || self.at_word("tick") {
                let count = Box::new(self.want_number(node)?);
                self.next();
                let span = self.since(start);
                node = self.plain(NumberKind::Ticks { count }, span)?;
            } else if self.at_symbol(".") {
                let span = self.peek().span.to(self.peek_at(1).span);
                let message = format!("`{}` has no lines", shortened(node.span().of(self.text)));
                return Err(self
                    .fail(Diagnostic::error(span, message).hint(
                        "lines belong to indicators: `bb(20, 2).lower`, or a `let` of one",
                    )));
            } else {
                return Ok(node);
            }
        }
    }

    fn plain(&mut self, kind: NumberKind, span: Span) -> Result<Node, Reported> {
        Ok(Node::Number(self.number_node(kind, span)?))
    }
}
