//! The proof that a strategy does not see the future: it is run again on data that is cut short, followed
//! by other data, and begun later, by the way that live trading takes from bars to words.

use crate::LabError;
use crate::rules::{plan_named, product_named};
use gauntlet_engine::bars::InstrumentBars;
use gauntlet_feeds::{BarOptions, FileBar, read_bars};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, Ohlcv, SessionMode, Timeframe};
use gauntlet_model::instrument::Product;
use gauntlet_model::units::{NANOS_PER_SECOND, Price};
use gauntlet_strategy::sample::{Candle, Sample, Tape};
use gauntlet_strategy::strategy::lookahead::{Difference, Said, StrategyProbe, compare};
use gauntlet_strategy::strategy::{Clause, Plan, Verdict};
use serde::Serialize;
use std::path::Path;

pub use gauntlet_strategy::strategy::lookahead::Effort;

/// The length of bars that all others are made of, in seconds.
const MINUTE_SECONDS: u32 = 60;

/// What is to be proven of what.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The strategy: a file of rules as text or JSON, or the name of an archetype.
    pub rules: &'a str,
    /// A file of bars.
    pub bars: &'a Path,
    /// What the bars are of, where the file does not tell.
    pub symbol: Option<&'a str>,
    /// The hours, in place of those of the rules.
    pub session: Option<SessionMode>,
    /// How much is compared.
    pub effort: Effort,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The strategy's name.
    pub strategy: String,
    /// The bars that it reads.
    pub bars: String,
    /// Its hours.
    pub session: &'static str,
    /// Whether nothing that it says depends on data that must not matter.
    pub proven: bool,
    /// Bars that it must see before it says anything.
    pub warm_up_bars: usize,
    /// Bars that it saw.
    pub bars_seen: usize,
    /// The bar from which on its words no longer depend on where the data began.
    pub settled_at: Option<usize>,
    /// Bars after which it said something.
    pub bars_spoken: usize,
    /// Places where the data was cut.
    pub cuts: usize,
    /// Later beginnings that were tried.
    pub starts: usize,
    /// The first difference.
    pub difference: Option<Differs>,
}

/// Words that differ.
#[derive(Clone, Debug, Serialize)]
pub struct Differs {
    /// After which bar.
    pub bar: usize,
    /// When that bar ended.
    pub end: String,
    /// What was changed of the data.
    pub when: String,
    /// What was said on all data, to a bot that is flat, long and short.
    pub with_all: [String; 3],
    /// What was said on the changed data.
    pub with_change: [String; 3],
}

impl Answer {
    /// Why nothing is proven; `None` when it is.
    pub fn why_not(&self) -> Option<&'static str> {
        match (self.proven, self.settled_at) {
            (true, _) => None,
            (_, None) => {
                Some("nothing is proven: the bars are too few, or do not tell what the rules read")
            }
            (_, Some(_)) if self.difference.is_none() => {
                Some("nothing is proven: nothing was compared")
            }
            _ => Some("what the strategy says depends on data that must not matter"),
        }
    }
}

/// Compares. `told` hears how many comparisons of how many are done.
///
/// # Errors
/// When the strategy or the bars cannot be read, or do not fit each other.
pub fn look(question: &Question<'_>, told: impl FnMut(usize, usize)) -> Result<Answer, LabError> {
    let plan = plan_named(question.rules)?;
    let symbol = question.symbol.map(str::to_owned);
    let options = BarOptions { symbol, ..BarOptions::default() };
    let file = read_bars(question.bars, &options).map_err(LabError::failed)?;
    if file.rolls().next().is_some() {
        return Err(LabError::Failed(format!(
            "{} has {} contracts, one after the other, and a strategy runs on one: give a file of one \
             contract",
            question.bars.display(),
            file.contracts.len()
        )));
    }
    let product = product_named(question.symbol.or(file.symbol.as_deref()))?;
    let pipeline = Pipeline {
        plan: &plan,
        product,
        calendar: Calendar::of(product.group),
        kind: plan.bars().unwrap_or(BarKind::Time(Timeframe::M1)),
        session: question.session.or(plan.session()).unwrap_or(SessionMode::Full24x5),
        seconds: file.seconds,
    };
    pipeline.check_bars(question.bars)?;
    let warm_up_bars = pipeline.asked()?.warm_up_bars();
    let run = |bars: &[FileBar]| pipeline.said(bars);
    let others = |last: &FileBar, count| pipeline.others(last, count);
    let report = compare(&file.bars, run, others, question.effort, told);
    Ok(Answer {
        strategy: plan.rules().name.clone().unwrap_or_else(|| question.rules.to_owned()),
        bars: pipeline.kind.to_string(),
        session: pipeline.session.name(),
        proven: report.is_proven(),
        warm_up_bars,
        bars_seen: report.bars,
        settled_at: report.settled_at,
        bars_spoken: report.spoken,
        cuts: report.cuts,
        starts: report.starts,
        difference: report.difference.as_ref().map(|found| differs(&plan, found)),
    })
}

/// From bars of a file to what is said.
struct Pipeline<'a> {
    plan: &'a Plan,
    product: &'static Product,
    calendar: &'static Calendar,
    kind: BarKind,
    session: SessionMode,
    /// Length of the file's bars.
    seconds: u32,
}

impl Pipeline<'_> {
    /// Whether the file's bars can make those that the rules want.
    fn check_bars(&self, path: &Path) -> Result<(), LabError> {
        let wanted = match self.kind {
            BarKind::Time(timeframe) => timeframe.seconds(),
            BarKind::Volume(_) | BarKind::Ticks(_) => {
                let why =
                    "bars of contracts and trades are made of trades, which no file of bars has";
                return Err(LabError::Failed(why.to_owned()));
            }
        };
        if self.seconds == MINUTE_SECONDS || self.seconds == wanted {
            return Ok(());
        }
        Err(LabError::Failed(format!(
            "{} has bars of {} s, and the rules want {}: give bars of a minute",
            path.display(),
            self.seconds,
            self.kind
        )))
    }

    fn asked(&self) -> Result<StrategyProbe, LabError> {
        StrategyProbe::new(self.plan, self.product.tick.to_f64()).map_err(LabError::failed)
    }

    /// What is said on the bars that the file's bars finish. The way from one to the other is that
    /// of live trading, so it is proven along with the rules.
    fn said(&self, bars: &[FileBar]) -> Vec<Said> {
        let Ok(mut asked) = self.asked() else { return Vec::new() };
        let mut said = Vec::new();
        if self.seconds != MINUTE_SECONDS {
            let samples = bars.iter().filter_map(|bar| self.sample(bar));
            return samples.map(|sample| asked.after(&sample)).collect();
        }
        let instrument = InstrumentId(0);
        let mut maker = InstrumentBars::new(instrument);
        if maker.follow(self.kind, self.session).is_err() {
            return said;
        }
        for bar in bars {
            let &FileBar { ts_open, open, high, low, close, volume } = bar;
            let seconds = self.seconds;
            let minute = Ohlcv { instrument, seconds, ts_open, open, high, low, close, volume };
            let now = ts_open.plus(u64::from(seconds) * NANOS_PER_SECOND);
            maker.vendor_bar(&minute, now, self.calendar, &mut |bar, tape| {
                if (bar.kind, bar.session) != (self.kind, self.session) {
                    return;
                }
                if let Some(candle) = Candle::of(&bar) {
                    let session = self.calendar.session_at(self.session, bar.ts_open);
                    let sample = Sample { candle, tape, session, gap: bar.gap };
                    said.push(asked.after(&sample));
                }
            });
        }
        said
    }

    /// A bar of the file as it is; `None` outside of the hours.
    fn sample(&self, bar: &FileBar) -> Option<Sample> {
        let session = self.calendar.session_at(self.session, bar.ts_open)?;
        let candle = Candle {
            start: bar.ts_open,
            end: bar.ts_open.plus(u64::from(self.seconds) * NANOS_PER_SECOND).min(session.close),
            open: bar.open.to_f64(),
            high: bar.high.to_f64(),
            low: bar.low.to_f64(),
            close: bar.close.to_f64(),
            volume: bar.volume as f64,
        };
        let tape = Tape::UNKNOWN;
        Some(Sample { candle, tape, session: Some(session), gap: false })
    }

    /// Bars that could follow, but that nobody expects.
    fn others(&self, last: &FileBar, count: usize) -> Vec<FileBar> {
        let length = u64::from(self.seconds) * NANOS_PER_SECOND;
        let away = |ticks: i64| last.close.offset_ticks(ticks, self.product.tick);
        let other = |index: usize| {
            let far = if index.is_multiple_of(2) { 400 } else { -400 };
            let prices: [Price; 4] = [far, far.max(0) + 90, far.min(0) - 90, far + 50].map(away);
            let [open, high, low, close] = prices;
            let ts_open = last.ts_open.plus((index as u64 + 1) * length);
            FileBar { ts_open, open, high, low, close, volume: last.volume * 40 + 1 }
        };
        (0..count).map(other).collect()
    }
}

fn differs(plan: &Plan, found: &Difference) -> Differs {
    let all = |verdicts: &[Option<Verdict>; 3]| verdicts.map(|one| said_in_words(plan, one));
    Differs {
        bar: found.bar,
        end: found.end.to_string(),
        when: found.change.to_string(),
        with_all: all(&found.with_all),
        with_change: all(&found.with_change),
    }
}

fn said_in_words(plan: &Plan, verdict: Option<Verdict>) -> String {
    let Some(verdict) = verdict else { return "nothing".to_owned() };
    let what = match verdict.said_by.clause {
        Clause::LongEntry => "long",
        Clause::ShortEntry => "short",
        Clause::LongExit | Clause::ShortExit => "out",
    };
    let rule = plan.predicate(verdict.said_by).map_or("", |predicate| &predicate.text);
    format!("{what} with strength {}, by `{rule}`", verdict.strength)
}
