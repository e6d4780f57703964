//! Random strategies, of which every number is a ratio: so that units allow any combination.

use crate::rule::ast::*;
use crate::rule::words::Worded;
use gauntlet_model::input::{BarKind, SessionMode, Timeframe};

/// One seed, one strategy. The numbers are Steele, Lea and Flood's SplitMix64.
pub struct Generator {
    state: u64,
    params: usize,
    lets: Vec<bool>,
}

const LEVELS: usize = 5;

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator { state: seed, params: 0, lets: Vec::new() }
    }

    fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Generator) -> T) -> Option<T> {
        if self.below(2) == 0 { None } else { Some(make(self)) }
    }

    fn word<T: Worded>(&mut self) -> T {
        T::WORDS[self.below(T::WORDS.len())].1
    }

    pub fn rules(&mut self) -> RuleSet {
        let mut rules = RuleSet {
            name: self.maybe(|_| "generated".to_owned()),
            bars: self.maybe(|make| match make.below(3) {
                0 => BarKind::Volume(1 + make.below(5_000) as u32),
                1 => BarKind::Ticks(1 + make.below(5_000) as u32),
                _ => BarKind::Time(Timeframe::ALL[make.below(7)]),
            }),
            session: self.maybe(|make| SessionMode::ALL[make.below(SessionMode::ALL.len())]),
            ..RuleSet::default()
        };
        for index in 0..self.below(4) {
            rules.params.push(Param {
                name: format!("count_{index}"),
                default: 5.0,
                min: self.below(4) as f64 + 2.0,
                max: self.below(4) as f64 + 5.0,
                whole: true,
                meaning: if self.below(2) == 0 { String::new() } else { "what it means".into() },
                span: Span::default(),
            });
        }
        self.params = rules.params.len();
        for index in 0..self.below(4) {
            let is_number = self.below(2) == 0;
            rules.lets.push(Let {
                name: format!("name_{index}"),
                value: match is_number {
                    true => Binding::Number(self.ratio()),
                    false => Binding::Condition(self.condition(LEVELS)),
                },
                span: Span::default(),
            });
            self.lets.push(is_number);
        }
        rules.long = self.direction(1);
        let entries = self.below(2);
        rules.short = self.direction(entries);
        rules.plan = self.plan();
        rules
    }

    fn direction(&mut self, entries: usize) -> Direction {
        let predicates = |make: &mut Generator, count: usize| -> Vec<Predicate> {
            (0..count)
                .map(|_| Predicate {
                    condition: make.condition(LEVELS),
                    span: Span::default(),
                    text: String::new(),
                })
                .collect()
        };
        let count = entries + self.below(2) * entries;
        let exits = self.below(3);
        Direction {
            entries: predicates(self, count),
            exits: predicates(self, exits),
            strength: self.maybe(Generator::ratio),
            origin: Origin::Written,
        }
    }

    fn plan(&mut self) -> Plan {
        let span = Span::default();
        Plan {
            entry: self.maybe(Generator::word),
            stop: self.maybe(|make| Stop { distance: make.distance(), span }),
            target: self.maybe(|make| Stop { distance: make.distance(), span }),
            trail: self.maybe(|make| match make.below(2) {
                0 => Trail::Behind { distance: make.distance(), span },
                _ => Trail::Chandelier { period: make.count(), multiple: make.count(), span },
            }),
            break_even: self.maybe(|make| BreakEven {
                after: make.distance(),
                plus: make.maybe(Generator::distance),
                span,
            }),
            time_stop: self.maybe(|make| TimeStop { bars: make.count(), span }),
            flat_at_session_end: self.below(2) == 0,
        }
    }

    fn distance(&mut self) -> Distance {
        let kind = match self.below(3) {
            0 => DistanceKind::Ticks { count: self.count() },
            1 => DistanceKind::Percent { percent: self.count() },
            _ => DistanceKind::Atr { multiple: self.count(), period: self.count() },
        };
        Distance { kind, span: Span::default() }
    }

    /// A whole constant from 1 to 100.
    fn count(&mut self) -> Constant {
        let kind = match self.below(4) {
            0 if self.params > 0 => {
                let index = self.below(self.params);
                ConstantKind::Param { name: Reference { name: format!("count_{index}"), index } }
            }
            1 => ConstantKind::Arithmetic {
                op: Arithmetic::Multiply,
                left: Box::new(Constant::number(2.0)),
                right: Box::new(Constant {
                    kind: ConstantKind::Arithmetic {
                        op: Arithmetic::Add,
                        left: Box::new(Constant::number(1.0 + self.below(9) as f64)),
                        right: Box::new(Constant::number(3.0)),
                    },
                    span: Span::default(),
                }),
            },
            _ => return Constant::number(2.0 + self.below(30) as f64),
        };
        Constant { kind, span: Span::default() }
    }

    fn condition(&mut self, levels: usize) -> Condition {
        let inner = |make: &mut Generator| Box::new(make.condition(levels - 1));
        let several = |make: &mut Generator| -> Vec<Condition> {
            (0..2 + make.below(2)).map(|_| make.condition(levels - 1)).collect()
        };
        let choices = if levels == 0 { 7 } else { 13 };
        let kind = match self.below(choices) {
            0 => {
                ConditionKind::Compare { op: self.word(), left: self.ratio(), right: self.ratio() }
            }
            1 => ConditionKind::Between {
                value: self.ratio(),
                low: self.ratio(),
                high: self.ratio(),
            },
            2 => ConditionKind::Cross {
                direction: [CrossKind::Above, CrossKind::Below, CrossKind::Either][self.below(3)],
                left: self.ratio(),
                right: self.ratio(),
            },
            3 => ConditionKind::Trend {
                direction: self.word(),
                value: self.ratio(),
                bars: self.count(),
            },
            4 => ConditionKind::Time {
                from: TimeOfDay::new(self.below(700) as u16).expect("in the day"),
                to: TimeOfDay::new(701 + self.below(700) as u16).expect("in the day"),
                zone: self.word(),
            },
            5 => {
                let mut days: Vec<Day> = (0..1 + self.below(3)).map(|_| self.word()).collect();
                days.sort();
                days.dedup();
                ConditionKind::Weekday { days }
            }
            6 => match self.lets.iter().rposition(|is_number| !is_number) {
                Some(index) => {
                    ConditionKind::Let { name: Reference { name: format!("name_{index}"), index } }
                }
                None => return self.condition(levels),
            },
            7 => ConditionKind::Within { of: inner(self), bars: self.count() },
            8 => ConditionKind::Held { of: inner(self), bars: self.count() },
            9 => ConditionKind::FirstInSession { of: inner(self) },
            10 => ConditionKind::Not { of: inner(self) },
            11 => ConditionKind::All { of: several(self) },
            _ => ConditionKind::Any { of: several(self) },
        };
        Condition { kind, span: Span::default() }
    }

    fn ratio(&mut self) -> Number {
        self.number(3)
    }

    fn number(&mut self, levels: usize) -> Number {
        let inner = |make: &mut Generator| Box::new(make.number(levels - 1));
        let kind = match self.below(if levels == 0 { 9 } else { 14 }) {
            0 => NumberKind::Number { value: self.below(2_000) as f64 / 8.0 - 125.0 },
            1 if self.params > 0 => {
                let index = self.below(self.params);
                NumberKind::Param { name: Reference { name: format!("count_{index}"), index } }
            }
            2 => match self.lets.iter().rposition(|is_number| *is_number) {
                Some(index) => NumberKind::Let {
                    name: Reference { name: format!("name_{index}"), index },
                    line: None,
                },
                None => return self.number(levels),
            },
            3 => {
                let mut price = || match self.below(3) {
                    0 => NumberKind::Field { field: Field::Hlc3 },
                    1 => NumberKind::Session { term: SessionTerm::PriorHigh },
                    _ => NumberKind::OpeningRange { minutes: self.count(), side: self.word() },
                };
                over(price(), price())
            }
            4 => over(
                NumberKind::Position { term: PositionTerm::Bars },
                NumberKind::Position { term: PositionTerm::Contracts },
            ),
            5 => {
                let count = self.number(0);
                over(NumberKind::Ticks { count: Box::new(count) }, NumberKind::Tick)
            }
            6 => {
                let value = self.count();
                let source = self.maybe(|make| Box::new(make.number(0)));
                indicator("zscore", source, vec![("period", 0, value)], None)
            }
            7 => {
                let (fast, signal) = (self.count(), Constant::number(9.0));
                let used = [("fast", 0, fast), ("signal", 2, signal)].into();
                let histogram = indicator("macd", None, used, Some("histogram"));
                over(histogram, NumberKind::Tick)
            }
            8 => over(
                NumberKind::Session { term: SessionTerm::Minutes },
                NumberKind::Session { term: SessionTerm::MinutesLeft },
            ),
            _ if levels == 0 => return self.number(0),
            9 => NumberKind::History { of: inner(self), bars: self.count() },
            10 => NumberKind::Negate { of: inner(self) },
            11 => NumberKind::Function {
                function: [Function::Abs, Function::Sqrt, Function::Log][self.below(3)],
                of: vec![*inner(self)],
            },
            12 => NumberKind::Function {
                function: [Function::Min, Function::Max][self.below(2)],
                of: vec![*inner(self), *inner(self)],
            },
            _ => NumberKind::Arithmetic { op: self.word(), left: inner(self), right: inner(self) },
        };
        Number { kind, span: Span::default() }
    }
}

fn over(left: NumberKind, right: NumberKind) -> NumberKind {
    let number = |kind| Box::new(Number { kind, span: Span::default() });
    NumberKind::Arithmetic { op: Arithmetic::Divide, left: number(left), right: number(right) }
}

fn indicator(
    name: &str,
    source: Option<Box<Number>>,
    arguments: Vec<(&str, usize, Constant)>,
    line: Option<&str>,
) -> NumberKind {
    let argument = |(name, index, value): (&str, usize, Constant)| Argument {
        name: name.to_owned(),
        index,
        value,
    };
    NumberKind::Indicator(Indicator {
        name: name.to_owned(),
        source,
        arguments: arguments.into_iter().map(argument).collect(),
        line: line.map(str::to_owned),
    })
}
