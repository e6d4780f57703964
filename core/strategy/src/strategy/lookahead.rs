//! Proof that a strategy does not see the future, and that it does not depend on how much history
//! was loaded.
//!
//! - **The future**: what is said at a bar must be equal to the bit when the data is cut behind that
//!   bar, and when other data follows it.
//! - **History**: what is said at a bar, once everything is settled, must be the same when the data
//!   begins later: the same direction by the same rule, with a strength that differs by
//!   [`STRENGTH_TOLERANCE`] at most. (Exponential means never quite forget their first values: see
//!   [`SEED_WEIGHT_MAX`](crate::indicator::SEED_WEIGHT_MAX).)
//!
//! Strategies are asked on every bar as if their bot were flat, long and short, so that exits are
//! proven along with entries. The check takes any function from bars to what is said, so it proves
//! whatever stands between the data and the strategy, too; [`check`] proves a plan on samples.

use super::plan::{Plan, PlanError};
use super::series::Series;
use super::{Holding, Strategy, Verdict};
use crate::sample::{Candle, Sample, Tape};
use gauntlet_model::units::UnixNanos;

/// How far the strength of a verdict may differ when the data begins elsewhere.
pub const STRENGTH_TOLERANCE: f64 = 1e-6;

/// Ticks by which the positions that strategies are asked about are in profit.
const PROFIT_TICKS: f64 = 8.0;
/// Bars since which they are held.
const HELD_BARS: u32 = 5;
/// Bars of other data that follow a cut.
const OTHER_BARS: usize = 64;

/// What is said on a bar to a bot that is flat, one that is long and one that is short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// When the bar ended.
    pub end: UnixNanos,
    /// Whether everything that the strategy reads is settled.
    pub settled: bool,
    /// What is said when flat, long and short.
    pub verdicts: [Option<Verdict>; 3],
}

/// How much is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// At how many bars the data is cut. Half of them are behind bars on which something is said.
    pub cuts: usize,
    /// How many later beginnings are tried.
    pub starts: usize,
}

/// What was changed about the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was cut behind so many bars.
    Cut {
        /// Bars that are left.
        bars: usize,
    },
    /// Other data followed so many bars.
    OtherFuture {
        /// Bars that are left.
        bars: usize,
    },
    /// It began so many bars later.
    Start {
        /// Bars left out.
        bars: usize,
    },
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Cut { bars } => write!(f, "the data is cut behind {bars} bars"),
            Change::OtherFuture { bars } => write!(f, "other data follows after {bars} bars"),
            Change::Start { bars } => write!(f, "the data begins {bars} bars later"),
        }
    }
}

/// A bar on which something else is said when data that must not matter changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Its place, from 0.
    pub bar: usize,
    /// When it ended.
    pub end: UnixNanos,
    /// What was changed.
    pub change: Change,
    /// What is said with all data: when flat, long and short.
    pub with_all: [Option<Verdict>; 3],
    /// What is said with the changed data.
    pub with_change: [Option<Verdict>; 3],
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Bars of the data.
    pub bars: usize,
    /// The first bar on which everything was settled; `None` when the data is too short to prove
    /// anything.
    pub settled_at: Option<usize>,
    /// Bars on which something was said to a flat, long or short bot.
    pub spoken: usize,
    /// How often the data was cut, or followed by other data.
    pub cuts: usize,
    /// How many later beginnings were compared on settled bars.
    pub starts: usize,
    /// The first bar that differs.
    pub difference: Option<Difference>,
}

impl Report {
    /// Whether something was compared and nothing differs.
    pub fn is_proven(&self) -> bool {
        self.settled_at.is_some() && self.cuts > 0 && self.difference.is_none()
    }
}

/// Checks a plan on the samples of its series. `progress` is told how many of how many runs are
/// done.
///
/// # Errors
/// When the plan cannot run.
pub fn check(
    plan: &Plan,
    tick: f64,
    samples: &[Sample],
    effort: Effort,
    progress: impl FnMut(usize, usize),
) -> Result<Report, PlanError> {
    // Whether it runs at all is known before the first run.
    Series::new(tick).attach(plan)?;
    let run = |samples: &[Sample]| said(plan, tick, samples).unwrap_or_default();
    Ok(compare(samples, run, other_future, effort, progress))
}

/// A strategy that is asked on every bar as if its bot were flat, long and short.
#[derive(Clone, Debug)]
pub struct StrategyProbe {
    tick: f64,
    series: Series,
    strategy: Strategy,
}

impl StrategyProbe {
    /// A strategy that has seen nothing.
    ///
    /// # Errors
    /// When the plan cannot run.
    pub fn new(plan: &Plan, tick: f64) -> Result<StrategyProbe, PlanError> {
        let mut series = Series::new(tick);
        let strategy = series.attach(plan)?;
        Ok(StrategyProbe { tick, series, strategy })
    }

    /// Bars that it must see before it can say anything.
    pub fn warm_up_bars(&self) -> usize {
        self.strategy.warm_up_bars()
    }

    /// What it says after the next bar.
    pub fn after(&mut self, sample: &Sample) -> Said {
        self.series.update(sample);
        let close = sample.candle.close;
        let held = |position: i32| Holding {
            position,
            bars: HELD_BARS,
            entry: close - f64::from(position) * PROFIT_TICKS * self.tick,
            profit_ticks: PROFIT_TICKS,
        };
        let holdings = [Holding::FLAT, held(1), held(-1)];
        let verdicts = holdings.map(|held| self.strategy.verdict(&self.series, &held));
        let settled = self.strategy.is_settled(&self.series);
        Said { end: sample.candle.end, settled, verdicts }
    }
}

/// What a plan says on samples.
///
/// # Errors
/// When the plan cannot run.
pub fn said(plan: &Plan, tick: f64, samples: &[Sample]) -> Result<Vec<Said>, PlanError> {
    let mut asked = StrategyProbe::new(plan, tick)?;
    Ok(samples.iter().map(|sample| asked.after(sample)).collect())
}

/// Bars in place of those that follow: prices and volumes that no rule would expect.
fn other_future(last: &Sample, bars: usize) -> Vec<Sample> {
    let candle = last.candle;
    let length = candle.end.since(candle.start).max(1);
    let size = if candle.close == 0.0 { 1.0 } else { candle.close.abs() };
    let other = |index: usize| {
        let factor = if index.is_multiple_of(2) { 3.0 } else { 0.25 };
        let start = candle.end.plus(index as u64 * length);
        let session = last.session.filter(|session| session.contains(start));
        let [open, high, low, close] = [1.0, 1.5, 0.5, 1.25].map(|x| size * factor * x);
        let volume = candle.volume * 40.0 + 1.0;
        let end = start.plus(length);
        let candle = Candle { start, end, open, high, low, close, volume };
        Sample { candle, tape: Tape::UNKNOWN, session, gap: false }
    };
    (0..bars).map(other).collect()
}

/// Checks anything that makes something said of data: `run` says what is said on each bar that
/// ended in the data it is given, and `other` makes data that could follow a bar.
pub fn compare<T: Clone>(
    data: &[T],
    mut run: impl FnMut(&[T]) -> Vec<Said>,
    other: impl Fn(&T, usize) -> Vec<T>,
    effort: Effort,
    mut progress: impl FnMut(usize, usize),
) -> Report {
    let whole = run(data);
    let speaks = |said: &Said| said.verdicts.iter().any(Option::is_some);
    let mut report = Report {
        bars: whole.len(),
        settled_at: whole.iter().position(|said| said.settled),
        spoken: whole.iter().filter(|said| speaks(said)).count(),
        cuts: 0,
        starts: 0,
        difference: None,
    };
    let cuts = cuts(data.len(), &whole, effort.cuts);
    let starts: Vec<usize> =
        (1..=effort.starts).map(|one| data.len() / 2 * one / (effort.starts + 1) + one).collect();
    let total = 2 * cuts.len() + starts.len();
    let mut done = 0;
    for bars in cuts {
        let Some((last, _)) = data[..bars].split_last() else { continue };
        let mut longer = data[..bars].to_vec();
        let cut = run(&longer);
        report.note(&whole, 0, &cut, Change::Cut { bars });
        longer.extend(other(last, OTHER_BARS));
        let mut other = run(&longer);
        other.truncate(cut.len());
        report.note(&whole, 0, &other, Change::OtherFuture { bars });
        report.cuts += 1;
        done += 2;
        progress(done, total);
    }
    for bars in starts.into_iter().filter(|bars| *bars < data.len()) {
        let late = run(&data[bars..]);
        let offset = whole.len().saturating_sub(late.len());
        report.starts += usize::from(late.iter().any(|said| said.settled));
        report.note(&whole, offset, &late, Change::Start { bars });
        done += 1;
        progress(done, total);
    }
    report
}

/// Where to cut: behind bars on which something is said, since there a look ahead shows, and evenly
/// over all data.
fn cuts(bars: usize, whole: &[Said], count: usize) -> Vec<usize> {
    let even = count - count / 2;
    let mut cuts: Vec<usize> = (1..=even).map(|one| bars * one / (even + 1)).collect();
    // What is said maps to data by its place when each datum ends a bar, and by share otherwise.
    let spoken: Vec<usize> = (0..whole.len())
        .filter(|at| whole[*at].verdicts.iter().any(Option::is_some))
        .map(|at| if whole.len() == bars { at + 1 } else { (at + 1) * bars / whole.len() })
        .collect();
    let wanted = (count / 2).min(spoken.len());
    cuts.extend((0..wanted).map(|one| spoken[one * spoken.len() / wanted.max(1)]));
    cuts.retain(|cut| (1..bars).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

impl Report {
    /// Keeps the first difference between `whole` from `offset` on and a run on changed data.
    fn note(&mut self, whole: &[Said], offset: usize, changed: &[Said], change: Change) {
        let later = matches!(change, Change::Start { .. });
        let same = |(all, other): (&Said, &Said)| {
            if later && !(all.settled && other.settled) {
                return true;
            }
            let pairs = all.verdicts.into_iter().zip(other.verdicts);
            all.end == other.end && pairs.into_iter().all(|(a, b)| equal(a, b, later))
        };
        let pairs = whole.get(offset..).unwrap_or_default().iter().zip(changed);
        let Some(place) = pairs.clone().position(|pair| !same(pair)) else { return };
        let bar = offset + place;
        if self.difference.is_none_or(|first| bar < first.bar) {
            let (with_all, with_change) = (whole[bar].verdicts, changed[place].verdicts);
            let end = whole[bar].end;
            self.difference = Some(Difference { bar, end, change, with_all, with_change });
        }
    }
}

fn equal(a: Option<Verdict>, b: Option<Verdict>, nearly: bool) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let strength = match nearly {
        true => (a.strength - b.strength).abs() <= STRENGTH_TOLERANCE,
        false => a.strength.to_bits() == b.strength.to_bits(),
    };
    strength
        && (a.direction, a.said_by) == (b.direction, b.said_by)
        && a.confidence.to_bits() == b.confidence.to_bits()
}
