//! Random strategies and random bars.

use crate::indicator::{self, Input};
use crate::rule::ast::*;
use crate::sample::{Candle, Sample};
use crate::strategy::fixtures::{OPEN, made_up_tape};
use gauntlet_model::calendar::{Calendar, SessionSpan};
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::NANOS_PER_MINUTE;

pub const TICK: f64 = 0.25;

/// A small generator of random numbers (Steele, Lea and Flood's SplitMix64), so that one seed names
/// one case.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// A random walk on the grid of ticks through short sessions, with holes, silent minutes and
    /// bars outside of the hours.
    pub fn samples(&mut self, count: usize) -> Vec<Sample> {
        let session_minutes = 40 + self.below(40) as u64;
        let gap_minutes = self.pick(&[0, 7, 240]);
        let mut ticks = 20_000;
        let mut out = vec![];
        let mut minute = 0;
        while out.len() < count {
            let start = OPEN.plus(minute * NANOS_PER_MINUTE);
            let period = session_minutes + gap_minutes;
            let open = OPEN.plus(minute / period * period * NANOS_PER_MINUTE);
            let session =
                SessionSpan { open, close: open.plus(session_minutes * NANOS_PER_MINUTE) };
            let session = session.contains(start).then_some(session);
            minute += if self.chance(4) { 1 + self.below(5) as u64 } else { 1 };
            if session.is_none() && !self.chance(10) {
                continue;
            }
            let mut step = |reach: usize| self.below(2 * reach + 1) as i64 - reach as i64;
            let (open_ticks, close_ticks) = (ticks + step(1), ticks + step(6));
            let (above, below) = (step(3).abs(), step(3).abs());
            ticks = close_ticks;
            let price = |ticks: i64| ticks as f64 * TICK;
            let candle = Candle {
                start,
                end: start.plus(NANOS_PER_MINUTE),
                open: price(open_ticks),
                high: price(open_ticks.max(close_ticks) + above),
                low: price(open_ticks.min(close_ticks) - below),
                close: price(close_ticks),
                volume: self.below(200) as f64,
            };
            let gap = !out.is_empty() && self.chance(1);
            let tape = made_up_tape(&candle);
            out.push(Sample { candle, tape, session, gap });
        }
        out
    }

    /// One-minute bars of whole trading days that go through every mood of a market: quiet ranges,
    /// trends, bursts on much volume, climaxes that turn, gaps between the days.
    pub fn moods(&mut self, days: usize) -> Vec<Candle> {
        let calendar = Calendar::of_product("ES");
        let sessions = calendar.spans(SessionMode::Full24x5);
        let first = sessions.partition_point(|session| session.open < OPEN);
        let mut ticks: f64 = 20_000.0;
        let mut out = vec![];
        for session in &sessions[first..first + days] {
            ticks += self.below(161) as f64 - 80.0;
            let minutes = session.close.since(session.open) / NANOS_PER_MINUTE;
            let (mut mood, mut left, mut sign, mut anchor) = (0, 0, 1.0, ticks);
            for minute in 0..minutes {
                if left == 0 {
                    mood = self.below(6);
                    left = match mood {
                        0 | 1 => 40 + self.below(120),
                        2 | 3 => 30 + self.below(90),
                        _ => 4 + self.below(6),
                    };
                    sign = if self.chance(50) { 1.0 } else { -1.0 };
                    anchor = ticks;
                }
                left -= 1;
                let noise = self.below(2_001) as f64 / 1_000.0 - 1.0;
                // How far it goes, how far it strays, and on how many contracts.
                let (drift, reach, crowd) = match mood {
                    0 => ((anchor - ticks) * 0.3, 2.0, 1),
                    1 => ((anchor - ticks) * 0.1, 5.0, 1),
                    2 => (sign * 0.8, 3.0, 2),
                    3 => (sign * 2.0, 4.0, 2),
                    4 => (sign * 9.0, 3.0, 8),
                    _ if left < 2 => (-sign * 9.0, 6.0, 9),
                    _ => (sign * 7.0, 4.0, 4),
                };
                let open = ticks;
                ticks = (ticks + drift + noise * reach).round().max(1_000.0);
                let mut wick = || (self.below(1_000) as f64 / 1_000.0 * reach).round();
                let (high, low) = (open.max(ticks) + wick(), open.min(ticks) - wick());
                let start = session.open.plus(minute * NANOS_PER_MINUTE);
                let volume = (crowd * (20 + self.below(60))) as f64;
                out.push(Candle {
                    start,
                    end: start.plus(NANOS_PER_MINUTE),
                    open: open * TICK,
                    high: high * TICK,
                    low: low * TICK,
                    close: ticks * TICK,
                    volume,
                });
            }
        }
        out
    }

    fn constant(&mut self, min: usize, max: usize) -> Constant {
        let value = min + self.below(max - min + 1);
        Constant::number(value as f64)
    }

    fn number_of(kind: NumberKind) -> Number {
        Number { kind, span: Span::default() }
    }

    fn condition_of(kind: ConditionKind) -> Condition {
        Condition { kind, span: Span::default() }
    }

    fn indicator(&mut self, depth: usize, world: &World) -> Indicator {
        let names = [
            "rsi",
            "ema",
            "sma",
            "bb",
            "atr",
            "macd",
            "stoch",
            "donchian",
            "vwap",
            "highest",
            "lowest",
            "stdev",
            "roc",
            "williams",
            "keltner",
            "zscore",
            "session_gap",
        ];
        let info = indicator::find(self.pick(&names)).expect("a name of the registry");
        let mut arguments = vec![];
        for (index, parameter) in info.parameters.iter().enumerate() {
            if parameter.whole {
                let value = Constant::number(parameter.min.max(2.0) + self.below(4) as f64);
                arguments.push(Argument { name: parameter.name.into(), index, value });
            }
        }
        let own_source = info.input == Input::Source && depth > 0 && self.chance(50);
        let source = own_source.then(|| Box::new(self.number(depth - 1, false, world)));
        let line = self.chance(60).then(|| self.pick(info.lines).name.into());
        Indicator { name: info.name.into(), source, arguments, line }
    }

    /// A number; `position` says whether it may look at the bot's position.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of term")]
    fn number(&mut self, depth: usize, position: bool, world: &World) -> Number {
        let boxed = |random: &mut Random| Box::new(random.number(depth - 1, position, world));
        let fields = [
            Field::Open,
            Field::High,
            Field::Low,
            Field::Close,
            Field::Volume,
            Field::Hl2,
            Field::Hlc3,
            Field::Ohlc4,
        ];
        let kind = match self.below(if depth == 0 { 8 } else { 16 }) {
            0 => NumberKind::Number { value: self.below(200) as f64 - 100.0 },
            1 if !world.params.is_empty() => NumberKind::Param { name: self.pick(&world.params) },
            2 if !world.numbers.is_empty() => {
                let (name, lines) = self.pick(&world.numbers);
                let needed = lines.first().is_some_and(|line| line == "high");
                let wanted = !lines.is_empty() && (needed || self.chance(70));
                let line = wanted.then(|| self.pick(&lines));
                NumberKind::Let { name, line }
            }
            3 if position => NumberKind::Position {
                term: self.pick(&[
                    PositionTerm::Contracts,
                    PositionTerm::Bars,
                    PositionTerm::ProfitTicks,
                    PositionTerm::Entry,
                ]),
            },
            4 => NumberKind::Session {
                term: self.pick(&[
                    SessionTerm::Open,
                    SessionTerm::High,
                    SessionTerm::Low,
                    SessionTerm::Minutes,
                    SessionTerm::MinutesLeft,
                    SessionTerm::Bars,
                    SessionTerm::PriorOpen,
                    SessionTerm::PriorHigh,
                    SessionTerm::PriorLow,
                    SessionTerm::PriorClose,
                    SessionTerm::Gap,
                ]),
            },
            5 => NumberKind::OpeningRange {
                minutes: self.constant(1, 30),
                side: self.pick(&[RangeSide::High, RangeSide::Low]),
            },
            choice if choice < 8 => NumberKind::Field { field: self.pick(&fields) },
            8 | 9 => NumberKind::History {
                of: Box::new(self.number(depth - 1, false, world)),
                bars: self.constant(0, 5),
            },
            10 | 11 => NumberKind::Indicator(self.indicator(depth, world)),
            12 => NumberKind::Negate { of: boxed(self) },
            13 => NumberKind::Ticks { count: boxed(self) },
            14 => {
                let function = self.pick(&[
                    Function::Abs,
                    Function::Min,
                    Function::Max,
                    Function::Sqrt,
                    Function::Log,
                    Function::Exp,
                ]);
                let count = if matches!(function, Function::Min | Function::Max) { 2 } else { 1 };
                NumberKind::Function { function, of: (0..count).map(|_| *boxed(self)).collect() }
            }
            _ => NumberKind::Arithmetic {
                op: self.pick(&[
                    Arithmetic::Add,
                    Arithmetic::Subtract,
                    Arithmetic::Multiply,
                    Arithmetic::Divide,
                ]),
                left: boxed(self),
                right: boxed(self),
            },
        };
        Random::number_of(kind)
    }

    /// A condition; `position` says whether it may look at the bot's position.
    fn condition(&mut self, depth: usize, position: bool, world: &World) -> Condition {
        let two = |random: &mut Random, position| {
            (random.number(2, position, world), random.number(2, position, world))
        };
        let inner =
            |random: &mut Random, position| Box::new(random.condition(depth - 1, position, world));
        let kind = match self.below(if depth == 0 { 9 } else { 17 }) {
            0 => {
                let (value, low) = two(self, position);
                ConditionKind::Between { value, low, high: self.number(1, position, world) }
            }
            1 | 2 => {
                let (left, right) = two(self, false);
                let direction = self.pick(&[CrossKind::Above, CrossKind::Below, CrossKind::Either]);
                ConditionKind::Cross { direction, left, right }
            }
            3 => ConditionKind::Trend {
                direction: self.pick(&[Trend::Rising, Trend::Falling]),
                value: self.number(2, false, world),
                bars: self.constant(1, 4),
            },
            4 => {
                let mut time = || TimeOfDay::new(self.below(1_441) as u16).expect("in the day");
                let (from, to) = (time(), time());
                let zone = self.pick(&[Zone::NewYork, Zone::Chicago, Zone::Utc]);
                ConditionKind::Time { from, to, zone }
            }
            5 => ConditionKind::Weekday {
                days: vec![self.pick(&[Day::Mon, Day::Tue, Day::Wed]), Day::Thu],
            },
            6 if !world.conditions.is_empty() => {
                ConditionKind::Let { name: self.pick(&world.conditions) }
            }
            choice if choice < 9 => {
                let (left, right) = two(self, position);
                let op = self.pick(&[
                    Comparison::Less,
                    Comparison::LessOrEqual,
                    Comparison::Greater,
                    Comparison::GreaterOrEqual,
                    Comparison::Equal,
                    Comparison::NotEqual,
                ]);
                ConditionKind::Compare { op, left, right }
            }
            9 => ConditionKind::Within { of: inner(self, false), bars: self.constant(1, 6) },
            10 => ConditionKind::Held { of: inner(self, false), bars: self.constant(1, 6) },
            11 | 12 => ConditionKind::FirstInSession { of: inner(self, false) },
            13 => ConditionKind::Not { of: inner(self, position) },
            14 => ConditionKind::All {
                of: (0..2 + self.below(2)).map(|_| *inner(self, position)).collect(),
            },
            _ => ConditionKind::Any {
                of: (0..2 + self.below(2)).map(|_| *inner(self, position)).collect(),
            },
        };
        Random::condition_of(kind)
    }

    fn side(&mut self, world: &World) -> Direction {
        let mut predicates = |most: usize| -> Vec<Predicate> {
            (0..self.below(most + 1))
                .map(|_| Predicate {
                    condition: self.condition(2, true, world),
                    span: Span::default(),
                    text: String::new(),
                })
                .collect()
        };
        let (entries, exits) = (predicates(2), predicates(2));
        let strength = self.chance(30).then(|| self.number(2, true, world));
        Direction { entries, exits, strength, origin: Origin::Written }
    }

    /// A strategy of lets, parameters and rules that goes in somehow.
    pub fn rules(&mut self) -> RuleSet {
        let mut rules = RuleSet::default();
        let mut world = World::default();
        for index in 0..self.below(3) {
            let name = format!("p{index}");
            let default = 1.0 + self.below(50) as f64;
            world.params.push(Reference { name: name.clone(), index });
            let (meaning, span) = (String::new(), Span::default());
            rules.params.push(Param {
                name,
                default,
                min: 0.0,
                max: 100.0,
                whole: false,
                meaning,
                span,
            });
        }
        for index in 0..self.below(5) {
            let name = format!("l{index}");
            let reference = Reference { name: name.clone(), index };
            let value = if self.chance(10) {
                world.numbers.push((reference, vec!["high".into(), "low".into()]));
                Binding::OpeningRange { minutes: self.constant(1, 30) }
            } else if self.chance(70) {
                let number = self.number(2, false, &world);
                let lines = match &number.kind {
                    NumberKind::Indicator(used) => {
                        let info = indicator::find(&used.name).expect("a kind");
                        info.lines.iter().map(|line| line.name.to_string()).collect()
                    }
                    _ => vec![],
                };
                world.numbers.push((reference, lines));
                Binding::Number(number)
            } else {
                let condition = self.condition(1, false, &world);
                world.conditions.push(reference);
                Binding::Condition(condition)
            };
            rules.lets.push(Let { name, value, span: Span::default() });
        }
        while rules.long.entries.is_empty() && rules.short.entries.is_empty() {
            rules.long = self.side(&world);
            rules.short = self.side(&world);
        }
        rules
    }
}

/// The names that a rule may use.
#[derive(Default)]
struct World {
    params: Vec<Reference>,
    numbers: Vec<(Reference, Vec<String>)>,
    conditions: Vec<Reference>,
}
