//! `ctl rules lookahead`: proof that a strategy does not see the future.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use clap::Args;
use gauntlet_engine::bars::InstrumentBars;
use gauntlet_feeds::{BarOptions, FileBar, read_bars};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{Archetype, BarKind, Ohlcv, SessionMode, Timeframe};
use gauntlet_model::instrument::{Product, contract, product_of_code};
use gauntlet_model::units::{NANOS_PER_SECOND, Price};
use gauntlet_strategy::rule::json::{JSON_BYTES_MAX, from_json};
use gauntlet_strategy::rule::parse;
use gauntlet_strategy::sample::{Candle, Sample};
use gauntlet_strategy::strategy::archetypes::ArchetypeRules;
use gauntlet_strategy::strategy::lookahead::{Asked, Difference, Effort, Report, Said, compare};
use gauntlet_strategy::strategy::{Clause, Plan, Verdict};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The length of bars that all others are made of, in seconds.
const MINUTE_SECONDS: u32 = 60;

/// `ctl rules lookahead`.
#[derive(Debug, Args)]
pub struct LookaheadArgs {
    /// The strategy: a file of rules as text or JSON, or the name of an archetype.
    #[arg(value_name = "FILE|NAME")]
    pub rules: String,
    /// The bars: CSV (plain, gzip, zstd), a LEAN zip file, or DBN.
    #[arg(long, value_name = "FILE")]
    pub bars: PathBuf,
    /// What the bars are of, such as ES or ESH4, where the file does not tell.
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<String>,
    /// The hours, in place of those of the rules.
    #[arg(long, value_name = "MODE", value_parser = session)]
    pub session: Option<SessionMode>,
    /// At how many bars the data is cut.
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub cuts: u16,
    /// How many later beginnings are tried.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub starts: u16,
}

fn session(text: &str) -> Result<SessionMode, String> {
    SessionMode::parse(text).map_err(|error| error.to_string())
}

/// The answer.
#[derive(Serialize)]
struct Answer {
    strategy: String,
    bars: String,
    session: &'static str,
    proven: bool,
    warm_up_bars: usize,
    bars_seen: usize,
    settled_at: Option<usize>,
    bars_spoken: usize,
    cuts: usize,
    starts: usize,
    difference: Option<Differs>,
}

#[derive(Serialize)]
struct Differs {
    bar: usize,
    end: String,
    when: String,
    with_all: [String; 3],
    with_change: [String; 3],
}

/// Checks the strategy and tells what was found.
pub fn run(args: &LookaheadArgs, out: &mut Output) -> Result<(), Failure> {
    let plan = plan(&args.rules)?;
    let options = BarOptions { symbol: args.symbol.clone(), ..BarOptions::default() };
    let file = read_bars(&args.bars, &options).map_err(failed)?;
    if file.rolls().next().is_some() {
        return Err(failed(format!(
            "{} has {} contracts, one after the other, and a strategy runs on one: give a file of one \
             contract",
            args.bars.display(),
            file.contracts.len()
        )));
    }
    let product = product(args.symbol.as_deref().or(file.symbol.as_deref()))?;
    let pipeline = Pipeline {
        plan: &plan,
        product,
        calendar: Calendar::of(product.group),
        kind: plan.bars().unwrap_or(BarKind::Time(Timeframe::M1)),
        session: args.session.or(plan.session()).unwrap_or(SessionMode::Full24x5),
        seconds: file.seconds,
    };
    pipeline.check_bars(&args.bars)?;
    let warm_up_bars = pipeline.asked()?.warm_up_bars();
    let effort = Effort { cuts: args.cuts.into(), starts: args.starts.into() };
    let progress = progress::parts("comparing");
    let told = |done: usize, total: usize| {
        progress.set_length(total as u64);
        progress.set_position(done as u64);
    };
    let run = |bars: &[FileBar]| pipeline.said(bars);
    let report = compare(&file.bars, run, |last, count| pipeline.others(last, count), effort, told);
    progress.finish_and_clear();
    let answer = Answer {
        strategy: plan.rules().name.clone().unwrap_or_else(|| args.rules.clone()),
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
    };
    out.answer(&answer, || words(&answer))?;
    verdict(&report)
}

fn verdict(report: &Report) -> Result<(), Failure> {
    let why = match (report.is_proven(), report.settled_at) {
        (true, _) => return Ok(()),
        (_, None) => "nothing is proven: the bars are too few, or do not tell what the rules read",
        (_, Some(_)) if report.difference.is_none() => "nothing is proven: nothing was compared",
        _ => "what the strategy says depends on data that must not matter",
    };
    Err(Failure::Failed(why.to_owned()))
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}

/// The rules of a file, or of an archetype where there is no such file.
fn plan(rules: &str) -> Result<Plan, Failure> {
    let path = Path::new(rules);
    if !path.exists() {
        return match Archetype::normalise(rules) {
            Ok(archetype) => Ok(archetype.plan()),
            Err(error) => Err(failed(format!("there is no file {rules}, and {error}"))),
        };
    }
    let unread = |error| Failure::Failed(format!("cannot read {rules}: {error}"));
    let mut text = String::new();
    let file = File::open(path).map_err(unread)?;
    file.take(JSON_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(unread)?;
    let parsed = match text.trim_start().starts_with('{') {
        true => from_json(&text).map_err(failed)?,
        false => parse(&text),
    };
    Plan::new(parsed.into_rules().map_err(failed)?, &[]).map_err(failed)
}

/// The product of a symbol: its code alone, or a contract of it.
fn product(symbol: Option<&str>) -> Result<&'static Product, Failure> {
    let symbol = symbol.ok_or_else(|| {
        Failure::Usage("the file does not tell what its bars are of: use --symbol".to_owned())
    })?;
    let upper = symbol.to_ascii_uppercase();
    // Which decade a contract is of does not change its product.
    let of_contract = || contract(&upper, 2020).map(|contract| contract.product);
    product_of_code(&upper).or_else(of_contract).ok_or_else(|| {
        Failure::Usage(format!(
            "{symbol} is no known product or contract: use --symbol, as in ESH4"
        ))
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
    fn check_bars(&self, path: &Path) -> Result<(), Failure> {
        let wanted = match self.kind {
            BarKind::Time(timeframe) => timeframe.seconds(),
            BarKind::Volume(_) | BarKind::Ticks(_) => {
                let why =
                    "bars of contracts and trades are made of trades, which no file of bars has";
                return Err(Failure::Failed(why.to_owned()));
            }
        };
        if self.seconds == MINUTE_SECONDS || self.seconds == wanted {
            return Ok(());
        }
        Err(Failure::Failed(format!(
            "{} has bars of {} s, and the rules want {}: give bars of a minute",
            path.display(),
            self.seconds,
            self.kind
        )))
    }

    fn asked(&self) -> Result<Asked, Failure> {
        Asked::new(self.plan, self.product.tick.to_f64()).map_err(failed)
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
        let tape = gauntlet_strategy::sample::Tape::UNKNOWN;
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

fn words(answer: &Answer) -> String {
    let Answer { strategy, bars, session, bars_seen, warm_up_bars, .. } = answer;
    let settled = match answer.settled_at {
        Some(at) => format!("settled from bar {at} on"),
        None => "never settled".to_owned(),
    };
    let mut text = format!(
        "{strategy} on {bars} bars of {session}: {bars_seen} bars, {settled} (needs {warm_up_bars} at \
         least), spoke on {}\n",
        answer.bars_spoken
    );
    text += &format!(
        "future   data cut at {} bars, and followed by other data there\n\
         history  {} later beginnings compared once settled\n",
        answer.cuts, answer.starts
    );
    if let Some(Differs { bar, end, when, with_all, with_change }) = &answer.difference {
        text += &format!("differs  first at bar {bar}, which ended {end}, when {when}\n");
        for (place, holding) in ["flat", "long", "short"].into_iter().enumerate() {
            let (all, change) = (&with_all[place], &with_change[place]);
            if all != change {
                text += &format!("  to a {holding} bot: {all}; with the change: {change}\n");
            }
        }
    }
    text + if answer.proven { "proven   no difference" } else { "proven   no" }
}
