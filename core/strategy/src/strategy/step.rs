//! How a node computes its next value.

use super::clock::Window;
use super::day::{Day, OpeningRange};
use super::logic::{self, FALSE, TRUE, UNKNOWN};
use super::node::{Key, NodeId, Pure};
use crate::indicator::{Indicator, Kind, is_number};
use crate::rule::ast::{Comparison, Field, SessionTerm};
use crate::sample::{Candle, Sample};

/// A node with what it remembers. Memory is taken when it is made.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Never changes.
    Constant,
    Field(Field),
    Session(SessionTerm),
    OpeningRange(OpeningRange),
    Time(Window),
    Weekday(u8),
    Pure(Pure),
    History(History),
    Cross(Cross),
    Recent(Recent),
    First(First),
    Indicator(Box<Machine>),
    Line(NodeId, u8),
}

impl Step {
    pub fn new(key: &Key, tick: f64) -> Step {
        match *key {
            Key::Constant(_) => Step::Constant,
            Key::Field(field) => Step::Field(field),
            Key::Session(term) => Step::Session(term),
            Key::OpeningRange { minutes, side } => {
                Step::OpeningRange(OpeningRange::new(minutes, side))
            }
            Key::Time(window) => Step::Time(window),
            Key::Weekday(days) => Step::Weekday(days),
            Key::Pure(pure) => Step::Pure(pure),
            Key::History { of, bars } => Step::History(History::new(of, bars)),
            Key::CrossesAbove(left, right) => {
                Step::Cross(Cross { of: [left, right], before: [f64::NAN; 2] })
            }
            Key::Within { of, bars } => Step::Recent(Recent::new(of, bars, TRUE)),
            Key::Held { of, bars } => Step::Recent(Recent::new(of, bars, FALSE)),
            Key::FirstInSession(of) => Step::First(First { of, begun: false, fired: false }),
            Key::Indicator { spec, source } => {
                let session = spec.kind().info().session;
                let indicator = Indicator::new(&spec, tick);
                let prior = spec.kind() == Kind::SessionGap;
                Step::Indicator(Box::new(Machine {
                    indicator,
                    source,
                    session,
                    prior,
                    known: true,
                }))
            }
            Key::Line { of, line } => Step::Line(of, line),
        }
    }

    /// The value after a bar. A line is read from its indicator by the graph.
    pub fn next(&mut self, values: &[f64], settled: &[bool], day: &Day, sample: &Sample) -> f64 {
        match self {
            Step::Pure(pure) => pure.value(values),
            Step::History(history) => history.next(values[history.of.index()]),
            Step::Cross(cross) => cross.next(cross.of.map(|id| values[id.index()])),
            Step::Indicator(machine) => machine.next(values, settled, day, sample),
            Step::Field(field) => read(*field, &sample.candle),
            Step::Session(term) => day.term(*term, &sample.candle),
            Step::OpeningRange(range) => range.next(day, &sample.candle),
            Step::Time(window) => {
                logic::truth(window.holds(sample.candle.start, sample.candle.end))
            }
            Step::Weekday(days) => {
                day.weekday().map_or(UNKNOWN, |day| logic::truth(*days >> day & 1 == 1))
            }
            Step::Recent(recent) => recent.next(values[recent.of.index()]),
            Step::First(first) => first.next(values[first.of.index()], day),
            Step::Constant | Step::Line(..) => UNKNOWN,
        }
    }

    /// Whether enough was seen, given that its operands are settled.
    pub fn has_settled(&self, day: &Day) -> bool {
        match self {
            Step::Session(term) => day.is_settled(*term),
            Step::OpeningRange(_) | Step::First(_) => day.is_first_bar() && day.is_whole(),
            Step::Indicator(machine) => machine.has_settled(day),
            _ => true,
        }
    }

    /// An output of an indicator.
    pub fn line(&self, line: u8) -> f64 {
        match self {
            Step::Indicator(machine) => machine.line(line),
            _ => UNKNOWN,
        }
    }
}

fn read(field: Field, candle: &Candle) -> f64 {
    let Candle { open, high, low, close, volume, .. } = *candle;
    match field {
        Field::Open => open,
        Field::High => high,
        Field::Low => low,
        Field::Close => close,
        Field::Volume => volume,
        Field::Hl2 => (high + low) / 2.0,
        Field::Hlc3 => (high + low + close) / 3.0,
        Field::Ohlc4 => (open + high + low + close) / 4.0,
    }
}

/// An indicator, and the series that it runs over if it is of one.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    indicator: Indicator,
    source: Option<NodeId>,
    /// Whether it counts from the beginning of a session.
    session: bool,
    /// Whether it looks at the session before, too.
    prior: bool,
    /// Whether it has a value on this bar: what it runs over has one, and so has its session.
    known: bool,
}

impl Machine {
    fn next(&mut self, values: &[f64], settled: &[bool], day: &Day, sample: &Sample) -> f64 {
        // What is not settled is kept from an indicator over it, which would remember it.
        let x = match self.source {
            Some(id) if settled[id.index()] => values[id.index()],
            _ => f64::NAN,
        };
        self.indicator.update(x, sample);
        // Over a number that has no value now it has none either, whatever it remembers.
        let reads = self.source.is_none() || is_number(x);
        self.known = reads && (!self.session || day.is_whole());
        self.line(0)
    }

    fn line(&self, line: u8) -> f64 {
        if self.known { self.indicator.line(line.into()) } else { f64::NAN }
    }

    fn has_settled(&self, day: &Day) -> bool {
        let begins = day.is_first_bar() && day.is_whole();
        let begun = begins && (!self.prior || day.has_prior());
        (begun || !self.session) && self.indicator.is_settled()
    }
}

/// What a node was some bars ago.
#[derive(Clone, Debug)]
pub(super) struct History {
    of: NodeId,
    at: usize,
    values: Box<[f64]>,
}

impl History {
    fn new(of: NodeId, bars: u32) -> History {
        History { of, at: 0, values: vec![f64::NAN; bars.max(1) as usize].into() }
    }

    fn next(&mut self, now: f64) -> f64 {
        let before = std::mem::replace(&mut self.values[self.at], now);
        self.at += 1;
        if self.at == self.values.len() {
            self.at = 0;
        }
        before
    }
}

/// Whether a number is above another now and was not on the bar before.
#[derive(Clone, Debug)]
pub(super) struct Cross {
    of: [NodeId; 2],
    before: [f64; 2],
}

impl Cross {
    fn next(&mut self, now: [f64; 2]) -> f64 {
        let [left, right] = std::mem::replace(&mut self.before, now);
        let was = logic::compare(Comparison::LessOrEqual, left, right);
        logic::and(was, logic::compare(Comparison::Greater, now[0], now[1]))
    }
}

/// Whether a condition had one truth on any of the last bars: true for "within", false for "held".
/// Bars before the first are unknown.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    of: NodeId,
    bars: u32,
    decides: f64,
    since_decided: u32,
    since_unknown: u32,
}

impl Recent {
    fn new(of: NodeId, bars: u32, decides: f64) -> Recent {
        Recent { of, bars, decides, since_decided: u32::MAX, since_unknown: 0 }
    }

    fn next(&mut self, now: f64) -> f64 {
        self.since_decided = self.since_decided.saturating_add(1);
        self.since_unknown = self.since_unknown.saturating_add(1);
        if now.is_nan() {
            self.since_unknown = 0;
        } else if now == self.decides {
            self.since_decided = 0;
        }
        if self.since_decided < self.bars {
            self.decides
        } else if self.since_unknown < self.bars {
            UNKNOWN
        } else {
            logic::not(self.decides)
        }
    }
}

/// Whether a condition is true for the first time in its session.
#[derive(Clone, Debug)]
pub(super) struct First {
    of: NodeId,
    /// Whether it has seen the beginning of a session.
    begun: bool,
    fired: bool,
}

impl First {
    fn next(&mut self, now: f64, day: &Day) -> f64 {
        if !day.is_inside() {
            return FALSE;
        }
        if day.is_first_bar() {
            self.begun = true;
            self.fired = false;
        }
        if self.fired {
            return FALSE;
        }
        self.fired = now == TRUE;
        // It may have been true before this session was looked at.
        if self.fired && !(self.begun && day.is_whole()) { UNKNOWN } else { now }
    }
}
