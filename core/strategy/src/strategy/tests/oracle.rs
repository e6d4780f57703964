//! A naive interpreter of the rule language, as the oracle of the compiled one: it walks the tree of
//! each predicate over the whole history, shares nothing and remembers nothing.

use crate::indicator::{self, Indicator as Machine, Input, Kind, PARAMETERS_MAX, Spec};
use crate::rule::ast::*;
use crate::sample::Sample;
use crate::strategy::{Clause, Holding, Plan, SaidBy, Verdict};
use chrono::{Datelike, TimeZone, Timelike};
use chrono_tz::{America, Tz, UTC};
use gauntlet_model::units::NANOS_PER_MINUTE;

/// A number or a truth on every bar, and whether it is settled there.
#[derive(Clone)]
struct Column {
    values: Vec<f64>,
    settled: Vec<bool>,
    constant: bool,
}

pub struct Oracle<'a> {
    pub plan: &'a Plan,
    pub samples: &'a [Sample],
    pub tick: f64,
    pub held: Holding,
}

fn and(a: f64, b: f64) -> f64 {
    match (a == 0.0 || b == 0.0, a.is_nan() || b.is_nan()) {
        (true, _) => 0.0,
        (_, true) => f64::NAN,
        _ => 1.0,
    }
}

fn not(a: f64) -> f64 {
    if a.is_nan() { a } else { (a == 0.0).into() }
}

fn or(a: f64, b: f64) -> f64 {
    not(and(not(a), not(b)))
}

fn compare(op: Comparison, a: f64, b: f64) -> f64 {
    let Some(ordering) = a.partial_cmp(&b) else { return f64::NAN };
    // The same but for rounding is the same.
    let near = (a - b).abs() <= f64::max(1e-14, 1e-11 * f64::max(a.abs(), b.abs()));
    let ordering = if near { std::cmp::Ordering::Equal } else { ordering };
    let holds = match op {
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
    };
    holds.into()
}

impl Oracle<'_> {
    /// What the strategy says on every bar.
    pub fn verdicts(&self) -> Vec<Option<Verdict>> {
        let rules = self.plan.rules();
        let columns = |predicates: &[Predicate]| -> Vec<Column> {
            predicates.iter().map(|predicate| self.condition(&predicate.condition)).collect()
        };
        let side = |rules: &Direction| {
            let strength = rules.strength.as_ref().map(|strength| self.number(strength));
            (columns(&rules.entries), columns(&rules.exits), strength)
        };
        let (long, short) = (side(&rules.long), side(&rules.short));
        let all = || {
            let columns = [&long.0, &long.1, &short.0, &short.1].into_iter().flatten();
            columns.chain(&long.2).chain(&short.2)
        };
        (0..self.samples.len())
            .map(|at| {
                if !all().all(|column| column.settled[at]) {
                    return None;
                }
                let first = |columns: &[Column]| columns.iter().position(|c| c.values[at] == 1.0);
                let wants_in = |side: &(Vec<Column>, Vec<Column>, Option<Column>), direction| {
                    let place = first(&side.0)?;
                    let strength = side.2.as_ref().map_or(1.0, |column| column.values[at]);
                    if first(&side.1).is_some() || strength.is_nan() {
                        return None;
                    }
                    let (clause, rules) = match direction {
                        1 => (Clause::LongEntry, &rules.long),
                        _ => (Clause::ShortEntry, &rules.short),
                    };
                    Some(Verdict {
                        direction,
                        strength: strength.clamp(0.0, 1.0),
                        confidence: rules.origin.confidence(),
                        said_by: SaidBy { clause, place: place as u8 },
                    })
                };
                let entry = match (wants_in(&long, 1), wants_in(&short, -1)) {
                    (Some(_), Some(_)) => None,
                    (long, short) => long.or(short),
                };
                let position = self.held.position;
                if entry.is_some_and(|entry| i32::from(entry.direction) * position < 0) {
                    return entry;
                }
                let (exits, clause) = match position {
                    0 => return entry,
                    1.. => (&long.1, Clause::LongExit),
                    _ => (&short.1, Clause::ShortExit),
                };
                let out = first(exits).map(|place| Verdict {
                    direction: 0,
                    strength: 1.0,
                    confidence: 1.0,
                    said_by: SaidBy { clause, place: place as u8 },
                });
                out.or(entry)
            })
            .collect()
    }

    fn bar_by_bar(&self, value: impl Fn(usize) -> f64, settled: impl Fn(usize) -> bool) -> Column {
        let bars = 0..self.samples.len();
        Column {
            values: bars.clone().map(value).collect(),
            settled: bars.map(settled).collect(),
            constant: false,
        }
    }

    fn constant(&self, value: f64) -> Column {
        Column { constant: true, ..self.bar_by_bar(|_| value, |_| true) }
    }

    fn two(&self, a: &Column, b: &Column, op: impl Fn(f64, f64) -> f64) -> Column {
        Column {
            constant: a.constant && b.constant,
            ..self.bar_by_bar(
                |at| op(a.values[at], b.values[at]),
                |at| a.settled[at] && b.settled[at],
            )
        }
    }

    fn history(&self, of: &Column, bars: usize) -> Column {
        if of.constant {
            return of.clone();
        }
        self.bar_by_bar(
            |at| at.checked_sub(bars).map_or(f64::NAN, |then| of.values[then]),
            |at| at.checked_sub(bars).is_some_and(|then| of.settled[then]),
        )
    }

    fn whole(&self, constant: &Constant) -> usize {
        constant.value(self.plan.values()) as usize
    }

    /// The first bar of the session that a bar lies in.
    fn session_start(&self, at: usize) -> Option<usize> {
        let session = self.samples[at].session?;
        self.samples[..=at].iter().position(|one| one.session == Some(session))
    }

    /// Whether the session that begins at `start` was seen from its beginning to `at` without a gap.
    fn is_whole(&self, start: usize, at: usize) -> bool {
        let sample = &self.samples[start];
        let open = sample.session.expect("inside").open;
        let on_time = sample.candle.start.0 < open.0 + NANOS_PER_MINUTE;
        let mut bars = self.samples[start..=at].iter().filter(|one| one.session == sample.session);
        (start > 0 || on_time) && bars.all(|one| !one.gap)
    }

    /// The bars of the session before the one that begins at `start`, if it was seen whole.
    fn prior(&self, start: usize) -> Option<Vec<usize>> {
        let last = (0..start).rev().find(|at| self.samples[*at].session.is_some())?;
        let first = self.session_start(last)?;
        let session = self.samples[last].session;
        let bars = (first..=last).filter(|at| self.samples[*at].session == session);
        self.is_whole(first, last).then(|| bars.collect())
    }

    /// Whether a session that `fits` began until a bar, on a bar where `also` holds.
    fn began(&self, until: usize, fits: impl Fn(usize) -> bool) -> bool {
        (0..=until)
            .any(|at| self.session_start(at) == Some(at) && self.is_whole(at, at) && fits(at))
    }

    fn session(&self, term: SessionTerm) -> Column {
        let value = |at: usize| -> Option<f64> {
            let (start, sample) = (self.session_start(at)?, &self.samples[at]);
            let session = sample.session?;
            let minutes = |from: u64, to: u64| (to as i64 - from as i64) as f64 / 6e10;
            match term {
                SessionTerm::Minutes => return Some(minutes(session.open.0, sample.candle.end.0)),
                SessionTerm::MinutesLeft => {
                    return Some(minutes(sample.candle.end.0, session.close.0));
                }
                _ => {}
            }
            let now = || {
                let bars = (start..=at).filter(|one| self.samples[*one].session == sample.session);
                self.is_whole(start, at).then(|| bars.collect::<Vec<_>>())
            };
            let candle = |at: usize| &self.samples[at].candle;
            let highest = |bars: &[usize]| {
                bars.iter().map(|at| candle(*at).high).fold(f64::NEG_INFINITY, f64::max)
            };
            let lowest = |bars: &[usize]| {
                bars.iter().map(|at| candle(*at).low).fold(f64::INFINITY, f64::min)
            };
            let open = |bars: &[usize]| candle(bars[0]).open;
            let close = |bars: &[usize]| candle(bars[bars.len() - 1]).close;
            let prior = || self.prior(start);
            Some(match term {
                SessionTerm::Open => open(&now()?),
                SessionTerm::High => highest(&now()?),
                SessionTerm::Low => lowest(&now()?),
                SessionTerm::Bars => now()?.len() as f64,
                SessionTerm::PriorOpen => open(&prior()?),
                SessionTerm::PriorHigh => highest(&prior()?),
                SessionTerm::PriorLow => lowest(&prior()?),
                SessionTerm::PriorClose => close(&prior()?),
                SessionTerm::Gap => open(&now()?) - close(&prior()?),
                SessionTerm::Minutes | SessionTerm::MinutesLeft => unreachable!(),
            })
        };
        let settled = |at: usize| match term {
            SessionTerm::Minutes | SessionTerm::MinutesLeft => true,
            SessionTerm::Open | SessionTerm::High | SessionTerm::Low | SessionTerm::Bars => {
                self.began(at, |_| true)
            }
            _ => (0..=at).any(|at| self.session_start(at) == Some(at) && self.prior(at).is_some()),
        };
        self.bar_by_bar(|at| value(at).unwrap_or(f64::NAN), settled)
    }

    fn opening_range(&self, minutes: usize, side: RangeSide) -> Column {
        let value = |at: usize| -> Option<f64> {
            let start = self.session_start(at)?;
            let session = self.samples[at].session?;
            let over = session.open.0 + minutes as u64 * NANOS_PER_MINUTE;
            if !self.is_whole(start, at) || self.samples[at].candle.end.0 < over {
                return None;
            }
            let bars = self.samples[start..=at].iter();
            let first = bars.filter(|one| one.session == Some(session) && one.candle.end.0 <= over);
            match side {
                RangeSide::High => first.map(|one| one.candle.high).reduce(f64::max),
                RangeSide::Low => first.map(|one| one.candle.low).reduce(f64::min),
            }
        };
        self.bar_by_bar(|at| value(at).unwrap_or(f64::NAN), |at| self.began(at, |_| true))
    }

    fn indicator(&self, used: &Indicator, line: Option<&str>) -> Column {
        let info = indicator::find(&used.name).expect("generated from the registry");
        let mut given = [f64::NAN; PARAMETERS_MAX];
        for argument in &used.arguments {
            given[info.parameter(&argument.name).expect("a parameter")] =
                argument.value.value(self.plan.values());
        }
        let spec = Spec::new(info.kind, &given).expect("generated in range");
        let line = line.map_or(0, |line| info.line(line).expect("a line"));
        let source = match (&used.source, info.input) {
            (Some(source), _) => self.number(source),
            (None, Input::Source) => self.field(Field::Close),
            (None, _) => self.constant(f64::NAN),
        };
        let mut machine = Machine::new(&spec, self.tick);
        let mut settled = vec![];
        let mut values = vec![];
        for (at, sample) in self.samples.iter().enumerate() {
            let x = if source.settled[at] { source.values[at] } else { f64::NAN };
            machine.update(x, sample);
            let start = self.session_start(at).or_else(|| {
                // Outside of the hours, the last session's beginning is the last that was seen.
                (0..at).rev().find_map(|at| self.session_start(at))
            });
            let reads = info.input != Input::Source || x.abs() <= 1e100;
            let whole = !info.session || start.is_some_and(|start| self.is_whole(start, at));
            let known = reads && whole;
            values.push(if known { machine.line(line) } else { f64::NAN });
            let begins = start == Some(at)
                && self.is_whole(at, at)
                && (info.kind != Kind::SessionGap || self.prior(at).is_some());
            let before = settled.last().copied().unwrap_or(false);
            let now = source.settled[at] && machine.is_settled() && (!info.session || begins);
            settled.push(before || now);
        }
        Column { values, settled, constant: false }
    }

    fn field(&self, field: Field) -> Column {
        let value = |at: usize| {
            let bar = &self.samples[at].candle;
            match field {
                Field::Open => bar.open,
                Field::High => bar.high,
                Field::Low => bar.low,
                Field::Close => bar.close,
                Field::Volume => bar.volume,
                Field::Hl2 => (bar.high + bar.low) / 2.0,
                Field::Hlc3 => (bar.high + bar.low + bar.close) / 3.0,
                Field::Ohlc4 => (bar.open + bar.high + bar.low + bar.close) / 4.0,
            }
        };
        self.bar_by_bar(value, |_| true)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of term")]
    fn number(&self, number: &Number) -> Column {
        let of = |number: &Number| self.number(number);
        match &number.kind {
            NumberKind::Number { value } => self.constant(*value),
            NumberKind::Param { name } => self.constant(self.plan.values()[name.index]),
            NumberKind::Let { name, line } => {
                let mut index = name.index;
                loop {
                    match &self.plan.rules().lets[index].value {
                        Binding::Number(Number {
                            kind: NumberKind::Let { name, line: None },
                            ..
                        }) => {
                            index = name.index;
                        }
                        Binding::Number(Number { kind: NumberKind::Indicator(used), .. })
                            if line.is_some() =>
                        {
                            return self.indicator(used, line.as_deref());
                        }
                        Binding::Number(number) => return self.number(number),
                        Binding::OpeningRange { minutes } => {
                            let high = line.as_deref() == Some("high");
                            let side = if high { RangeSide::High } else { RangeSide::Low };
                            return self.opening_range(self.whole(minutes), side);
                        }
                        Binding::Condition(_) => panic!("a condition is no number"),
                    }
                }
            }
            NumberKind::Field { field } => self.field(*field),
            NumberKind::History { of: inner, bars } => self.history(&of(inner), self.whole(bars)),
            NumberKind::Indicator(used) => self.indicator(used, used.line.as_deref()),
            NumberKind::Session { term } => self.session(*term),
            NumberKind::OpeningRange { minutes, side } => {
                self.opening_range(self.whole(minutes), *side)
            }
            NumberKind::Position { term } => {
                let flat = self.held.position == 0;
                let value = match term {
                    PositionTerm::Contracts => f64::from(self.held.position),
                    _ if flat => f64::NAN,
                    PositionTerm::Bars => f64::from(self.held.bars),
                    PositionTerm::ProfitTicks => self.held.profit_ticks,
                    PositionTerm::Entry => self.held.entry,
                };
                self.bar_by_bar(|_| value, |_| true)
            }
            NumberKind::Tick => self.constant(self.tick),
            NumberKind::Ticks { count } => {
                self.two(&of(count), &self.constant(self.tick), |a, b| finite(a * b))
            }
            NumberKind::Negate { of: inner } => {
                let of = of(inner);
                self.two(&of, &of, |a, _| -a)
            }
            NumberKind::Arithmetic { op, left, right } => {
                self.two(&of(left), &of(right), |a, b| match op {
                    Arithmetic::Add => finite(a + b),
                    Arithmetic::Subtract => finite(a - b),
                    Arithmetic::Multiply => finite(a * b),
                    Arithmetic::Divide => finite(a / b),
                })
            }
            NumberKind::Function { function, of: numbers } => {
                let (a, b) = (of(&numbers[0]), of(&numbers[numbers.len() - 1]));
                self.two(&a, &b, |a, b| match function {
                    Function::Abs => a.abs(),
                    Function::Min if a.is_nan() || b.is_nan() => f64::NAN,
                    Function::Max if a.is_nan() || b.is_nan() => f64::NAN,
                    Function::Min => a.min(b),
                    Function::Max => a.max(b),
                    Function::Sqrt => finite(libm::sqrt(a)),
                    Function::Log => finite(libm::log(a)),
                    Function::Exp => finite(libm::exp(a)),
                })
            }
        }
    }

    /// Kleene's "on all of the last bars", over bars that do not exist as unknown.
    fn on_all(&self, of: &Column, bars: usize) -> Column {
        self.bar_by_bar(
            |at| {
                (0..bars).fold(1.0, |all, ago| {
                    and(all, at.checked_sub(ago).map_or(f64::NAN, |then| of.values[then]))
                })
            },
            |at| at.checked_sub(bars - 1).is_some_and(|then| of.settled[then]),
        )
    }

    fn negated(&self, of: &Column) -> Column {
        self.two(of, of, |a, _| not(a))
    }

    fn crosses(&self, a: &Column, b: &Column) -> Column {
        let (before_a, before_b) = (self.history(a, 1), self.history(b, 1));
        let was = self.two(&before_a, &before_b, |a, b| compare(Comparison::LessOrEqual, a, b));
        let is = self.two(a, b, |a, b| compare(Comparison::Greater, a, b));
        self.two(&was, &is, and)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of term")]
    fn condition(&self, condition: &Condition) -> Column {
        match &condition.kind {
            ConditionKind::Compare { op, left, right } => {
                let (left, right) = (self.number(left), self.number(right));
                self.two(&left, &right, |a, b| compare(*op, a, b))
            }
            ConditionKind::Between { value, low, high } => {
                let value = self.number(value);
                let above = self.two(&value, &self.number(low), |a, b| {
                    compare(Comparison::GreaterOrEqual, a, b)
                });
                let below = self
                    .two(&value, &self.number(high), |a, b| compare(Comparison::LessOrEqual, a, b));
                self.two(&above, &below, and)
            }
            ConditionKind::Cross { direction, left, right } => {
                let (left, right) = (self.number(left), self.number(right));
                let (up, down) = (self.crosses(&left, &right), self.crosses(&right, &left));
                match direction {
                    CrossKind::Above => up,
                    CrossKind::Below => down,
                    CrossKind::Either => self.two(&up, &down, or),
                }
            }
            ConditionKind::Trend { direction, value, bars } => {
                let value = self.number(value);
                let before = self.history(&value, 1);
                let op = match direction {
                    Trend::Rising => Comparison::Greater,
                    Trend::Falling => Comparison::Less,
                };
                let moved = self.two(&value, &before, |a, b| compare(op, a, b));
                self.on_all(&moved, self.whole(bars))
            }
            ConditionKind::Within { of, bars } => {
                let never = self.on_all(&self.negated(&self.condition(of)), self.whole(bars));
                self.negated(&never)
            }
            ConditionKind::Held { of, bars } => self.on_all(&self.condition(of), self.whole(bars)),
            ConditionKind::FirstInSession { of } => {
                let of = self.condition(of);
                let value = |at: usize| {
                    let Some(start) = self.session_start(at) else { return 0.0 };
                    let session = self.samples[at].session;
                    let before = (start..at)
                        .filter(|one| self.samples[*one].session == session)
                        .any(|one| of.values[one] == 1.0);
                    match of.values[at] {
                        _ if before => 0.0,
                        1.0 if !self.is_whole(start, at) => f64::NAN,
                        now => now,
                    }
                };
                self.bar_by_bar(value, |at| self.began(at, |start| of.settled[start]))
            }
            ConditionKind::Time { from, to, zone } => {
                let tz: Tz = match zone {
                    Zone::NewYork => America::New_York,
                    Zone::Chicago => America::Chicago,
                    Zone::Utc => UTC,
                };
                let value = |at: usize| {
                    let candle = &self.samples[at].candle;
                    let start = tz.timestamp_nanos(candle.start.0 as i64);
                    let minute = |clock: TimeOfDay| u64::from(clock.minute()) * NANOS_PER_MINUTE;
                    let (from, to) = (minute(*from), minute(*to));
                    let of_day = u64::from(start.num_seconds_from_midnight()) * 1_000_000_000;
                    let end = of_day + (candle.end.0 - candle.start.0);
                    let day = 1_440 * NANOS_PER_MINUTE;
                    let fits = if from <= to {
                        from <= of_day && end <= to
                    } else {
                        (from <= of_day && end <= day + to) || end <= to
                    };
                    fits.into()
                };
                self.bar_by_bar(value, |_| true)
            }
            ConditionKind::Weekday { days } => {
                let value = |at: usize| {
                    let Some(session) = self.samples[at].session else { return f64::NAN };
                    let last = America::New_York.timestamp_nanos(session.close.0 as i64 - 1);
                    let day = last.weekday().num_days_from_monday();
                    days.iter().any(|one| *one as u32 == day).into()
                };
                self.bar_by_bar(value, |_| true)
            }
            ConditionKind::All { of } => self.chain(of, and),
            ConditionKind::Any { of } => self.chain(of, or),
            ConditionKind::Not { of } => self.negated(&self.condition(of)),
            ConditionKind::Let { name } => match &self.plan.rules().lets[name.index].value {
                Binding::Condition(condition) => self.condition(condition),
                _ => panic!("a number is no condition"),
            },
        }
    }

    fn chain(&self, of: &[Condition], op: impl Fn(f64, f64) -> f64) -> Column {
        let columns = of.iter().map(|one| self.condition(one));
        columns.reduce(|a, b| self.two(&a, &b, &op)).expect("two or more")
    }
}

fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}
