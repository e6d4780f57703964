//! How to go in and out: `stop`, `target`, `trail`, `break even`, `time stop`, `flat`, `entry`.

use super::{Parser, Reported, Statement};
use crate::rule::ast::{
    BreakEven, Constant, Distance, DistanceKind, EntryStyle, NumberKind, Span, Stop, TimeStop,
    Trail,
};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::words::Worded;

const DISTANCE: &str = "stop 16 ticks";

/// Period of the average true range when none is written.
const ATR_PERIOD: f64 = 14.0;

impl Parser<'_> {
    pub(super) fn entry(&mut self) -> Result<Statement, Reported> {
        let Some(style) = EntryStyle::read(self.peek().span.of(self.text)) else {
            return Err(self.expected("`passive` or `aggressive`", None));
        };
        self.next();
        Ok(Statement::Entry(style))
    }

    pub(super) fn stop(&mut self, start: Span) -> Result<Stop, Reported> {
        let distance = self.distance()?;
        Ok(Stop { distance, span: self.since(start) })
    }

    pub(super) fn trail(&mut self, start: Span) -> Result<Trail, Reported> {
        if !self.take_word("chandelier") {
            let distance = self.distance()?;
            return Ok(Trail::Behind { distance, span: self.since(start) });
        }
        self.expect_symbol("(")?;
        let period = self.constant()?;
        self.expect_symbol(",")?;
        let multiple = self.constant()?;
        self.expect_symbol(")")?;
        Ok(Trail::Chandelier { period, multiple, span: self.since(start) })
    }

    pub(super) fn break_even(&mut self, start: Span) -> Result<BreakEven, Reported> {
        const EXAMPLE: &str = "break even after 10 ticks plus 1 tick";
        self.expect_word("even", EXAMPLE)?;
        self.expect_word("after", EXAMPLE)?;
        let after = self.distance()?;
        let plus = match self.take_word("plus") {
            true => Some(self.distance()?),
            false => None,
        };
        Ok(BreakEven { after, plus, span: self.since(start) })
    }

    pub(super) fn time_stop(&mut self, start: Span) -> Result<TimeStop, Reported> {
        self.expect_word("stop", "time stop 30 bars")?;
        let _ = self.take_word("after");
        let bars = self.bars()?;
        Ok(TimeStop { bars, span: self.since(start) })
    }

    pub(super) fn flat(&mut self) -> Result<Statement, Reported> {
        for word in ["at", "session", "end"] {
            self.expect_word(word, "flat at session end")?;
        }
        Ok(Statement::Flat)
    }

    /// `16 ticks`, `0.5 %`, `2 atr(14)`.
    fn distance(&mut self) -> Result<Distance, Reported> {
        let start = self.peek().span;
        let number = self.factor()?;
        if let NumberKind::Ticks { count } = number.kind {
            let kind = DistanceKind::Ticks { count: self.constant_of(*count)? };
            return Ok(Distance { kind, span: self.since(start) });
        }
        if matches!(&number.kind, NumberKind::Indicator(indicator) if indicator.name == "atr") {
            let finding = Diagnostic::error(number.span, "how many times the ATR?");
            return Err(self.fail(finding.hint("write it like `stop 2 atr(14)`")));
        }
        let amount = self.constant_of(number)?;
        let kind = if self.take_symbol("%") || self.take_word("percent") {
            DistanceKind::Percent { percent: amount }
        } else if self.take_word("atr") {
            let period = match self.take_symbol("(") {
                false => {
                    self.node(self.last_span())?;
                    Constant::number(ATR_PERIOD)
                }
                true => {
                    let period = self.constant()?;
                    self.expect_symbol(")")?;
                    period
                }
            };
            DistanceKind::Atr { multiple: amount, period }
        } else {
            return Err(self.expected("`ticks`, `%` or `atr(14)`", Some(DISTANCE)));
        };
        Ok(Distance { kind, span: self.since(start) })
    }
}
