//! `ctl risk`: limits, what is used of them, what was refused, and the self-test.

use crate::args::{ActorArgs, name, reason};
use crate::command::command;
use crate::complete;
use crate::failure::Failure;
use crate::format::many;
use crate::output::Output;
use crate::show;
use crate::source::{Answer, Source};
use crate::table::{Column, table};
use clap::{Args, Subcommand};
use gauntlet_engine::risk::{RAISE_SECONDS_MAX, Tried, self_test_trials};
use gauntlet_model::effect::RejectCode;
use gauntlet_model::input::{LimitKind, LimitStep};
use gauntlet_readmodel::api::{
    Breaker, ChangedLimit, LossInForce, Reject, RejectCount, Risk, RiskLimit, RiskUse,
};
use gauntlet_readmodel::command_wire::{AskedLimit, Target, Verb};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// `ctl risk`.
#[derive(Debug, Subcommand)]
pub enum RiskCommand {
    /// Show the limits in force: the platform's, then those of accounts, instruments and bots.
    Limits,
    /// Show what is used of the limits, and losses and breakers that let somebody do less than trade.
    Usage,
    /// Show how often each code refused an order, and the last refusals.
    Rejects {
        /// Show so many of the last refusals at most.
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: usize,
    },
    /// Make a limit tighter, at once, until a second person ends that.
    Lower(ValueArgs),
    /// Ask for a looser limit for a time; a second person has to allow it.
    Raise {
        /// What.
        #[command(flatten)]
        value: ValueArgs,
        /// For how long, such as `90s`, `30m` or `2h`; a day at most.
        #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
        seconds: u32,
    },
    /// Allow what another person asked for, with the same value.
    Allow(ValueArgs),
    /// End a raise, take back a question, or end what somebody else made lower.
    End(LimitArgs),
    /// Reset a breaker that tripped because messages were refused in a row: what it blocked may open again.
    Reset(ResetArgs),
    /// Try every check of this build at its limit, beyond it and without it, and ways out wherever an entry
    /// is refused; exit code 1 if one fails.
    Selftest,
}

/// Which limit, who and why.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Whose.
    #[command(flatten)]
    scope: LayerArgs,
    /// Which, by its name in the configuration.
    #[arg(long, value_parser = kind)]
    limit: LimitKind,
    /// Why, for the journal.
    #[arg(long, value_parser = reason)]
    reason: String,
    /// Who asks.
    #[command(flatten)]
    actor: ActorArgs,
}

/// Whose breaker, who and why.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// Whose.
    #[command(flatten)]
    scope: BreakerArgs,
    /// Why, for the journal.
    #[arg(long, value_parser = reason)]
    reason: String,
    /// Who asks.
    #[command(flatten)]
    actor: ActorArgs,
}

/// Whose breaker: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct BreakerArgs {
    /// An account's.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
    account: Option<String>,
    /// A bot's.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
    bot: Option<String>,
}

impl BreakerArgs {
    /// The request's target. Clap has seen to it that there is one.
    fn target(&self) -> Target<'_> {
        match (&self.account, &self.bot) {
            (Some(account), _) => Target::Account(account),
            (_, Some(bot)) => Target::Bot(bot),
            (None, None) => Target::Platform,
        }
    }
}

/// A limit and a value for it.
#[derive(Debug, Args)]
pub struct ValueArgs {
    /// Which.
    #[command(flatten)]
    limit: LimitArgs,
    /// What it is to be: contracts, orders, dollars or percent.
    #[arg(long, value_name = "VALUE", value_parser = clap::value_parser!(u32).range(1..))]
    to: u32,
}

/// A layer of limits: exactly one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct LayerArgs {
    /// The platform's.
    #[arg(long)]
    platform: bool,
    /// An account's.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
    account: Option<String>,
    /// A bot's.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots())]
    bot: Option<String>,
    /// A contract's, for all contracts of its product: `max_position_percent` alone.
    #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols())]
    symbol: Option<String>,
}

fn kind(text: &str) -> Result<LimitKind, String> {
    let names = || LimitKind::ALL.map(LimitKind::name).join(", ");
    LimitKind::of(text).ok_or_else(|| format!("must be one of {}", names()))
}

fn seconds(text: &str) -> Result<u32, String> {
    let of = |end: char, factor: u32| {
        let number: u32 = text.strip_suffix(end)?.parse().ok()?;
        number.checked_mul(factor)
    };
    of('s', 1)
        .or_else(|| of('m', 60))
        .or_else(|| of('h', 3_600))
        .filter(|seconds| (1..=RAISE_SECONDS_MAX).contains(seconds))
        .ok_or_else(|| "must be like 90s, 30m or 2h, and a day at most".to_owned())
}

/// Asks for a change of a limit.
fn change(
    (step, seconds): (LimitStep, u32),
    limit: &LimitArgs,
    to: u32,
    data: &Path,
    out: &mut Output,
) -> Result<(), Failure> {
    let LimitArgs { scope, limit, reason, actor } = limit;
    let target = match (&scope.account, &scope.bot, &scope.symbol) {
        (Some(account), ..) => Target::Account(account),
        (_, Some(bot), _) => Target::Bot(bot),
        (.., Some(symbol)) => Target::Instrument(symbol),
        (None, None, None) => Target::Platform,
    };
    let value = i64::from(to) * if limit.is_money() { MICRO_DOLLARS } else { 1 };
    let verb = Verb::Limit(AskedLimit { step, limit: *limit, value, seconds });
    command(verb, target, &actor.name(), reason, data, out)
}

const MICRO_DOLLARS: i64 = 1_000_000;

/// What is used.
#[derive(Serialize)]
struct Used {
    usage: Vec<RiskUse>,
    losses: Vec<LossInForce>,
    breakers: Vec<Breaker>,
    /// R29: the last stress run.
    last_stress: String,
}

/// What was refused.
#[derive(Serialize)]
struct Refused {
    rejects_by_code: Vec<RejectCount>,
    rejects: Vec<Reject>,
}

/// How a trial ended.
#[derive(Serialize)]
struct Trial {
    name: &'static str,
    exit: bool,
    expected: &'static str,
    got: String,
    passed: bool,
}

/// Looks at risk.
pub fn run(
    asked: &RiskCommand,
    (data, source): (impl Fn() -> Result<PathBuf, Failure>, impl Fn() -> Result<Source, Failure>),
    out: &mut Output,
) -> Result<(), Failure> {
    let step = match asked {
        RiskCommand::Selftest => return self_test(out),
        RiskCommand::Reset(ResetArgs { scope, reason, actor }) => {
            let (verb, actor) = (Verb::ResetBreaker, actor.name());
            return command(verb, scope.target(), &actor, reason, &data()?, out);
        }
        RiskCommand::Lower(value) => Some((LimitStep::Lower, 0, &value.limit, value.to)),
        RiskCommand::Raise { value, seconds } => {
            Some((LimitStep::Ask, *seconds, &value.limit, value.to))
        }
        RiskCommand::Allow(value) => Some((LimitStep::Allow, 0, &value.limit, value.to)),
        RiskCommand::End(limit) => Some((LimitStep::End, 0, limit, 0)),
        RiskCommand::Limits | RiskCommand::Usage | RiskCommand::Rejects { .. } => None,
    };
    if let Some((step, seconds, limit, to)) = step {
        return change((step, seconds), limit, to, &data()?, out);
    }
    let mut source = source()?;
    let last_stress = show::last_stress(source.data());
    let risk: Answer<Risk> = source.ask("/api/risk", |tail| tail.projection().risk())?;
    let Answer { value, note, running } = risk;
    match asked {
        RiskCommand::Usage => {
            let Risk { usage, losses, breakers, .. } = value;
            let value = Used { usage, losses, breakers, last_stress };
            Answer { value, note, running }.tell(out, used_in_words)
        }
        RiskCommand::Rejects { last } => {
            let mut value =
                Refused { rejects_by_code: value.rejects_by_code, rejects: value.rejects };
            value.rejects.truncate(*last);
            Answer { value, note, running }.tell(out, refused_in_words)
        }
        _ => {
            Answer { value: Limits { limits: value.limits, changes: value.changes }, note, running }
                .tell(out, limits_in_words)
        }
    }
}

/// A number with as many decimals as it needs, two at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// Limits, and what people changed of them.
#[derive(Serialize)]
struct Limits {
    limits: Vec<RiskLimit>,
    changes: Vec<ChangedLimit>,
}

fn limits_in_words(Limits { limits, changes }: &Limits) -> String {
    let columns = [
        Column::Left("control"),
        Column::Left("scope"),
        Column::Left("limit"),
        Column::Right("value"),
        Column::Left("unit"),
    ];
    let rows = limits.iter().map(|row| {
        let value = row.value.map_or_else(|| row.list.join(" "), number);
        vec![row.control.clone(), row.scope.clone(), row.limit.clone(), value, row.unit.clone()]
    });
    let mut text = table(&columns, rows);
    for changed in changes {
        text += &format!("{}\n", show::changed_limit(changed));
    }
    text
}

fn used_in_words(used: &Used) -> String {
    let columns = [
        Column::Left("control"),
        Column::Left("scope"),
        Column::Left("at"),
        Column::Left("limit"),
        Column::Right("used"),
        Column::Right("of"),
        Column::Right("%"),
        Column::Left("unit"),
    ];
    let rows = used.usage.iter().map(|row| {
        vec![
            row.control.clone(),
            row.scope.clone(),
            row.route.clone(),
            row.limit.clone(),
            number(row.used),
            number(row.of),
            format!("{:.0}", 100.0 * row.used / row.of),
            row.unit.clone(),
        ]
    });
    let mut text = table(&columns, rows);
    for LossInForce { scope, route, state, result, limit, since } in &used.losses {
        text += &format!(
            "{scope} {state} at {route}: result {} past {} since {since}\n",
            number(*result),
            number(*limit)
        );
    }
    for each in &used.breakers {
        text += &format!("{}\n", show::breaker(each));
    }
    text + &format!("stress: {}\n", used.last_stress)
}

fn refused_in_words(refused: &Refused) -> String {
    let rows = refused.rejects_by_code.iter();
    let rows = rows.map(|row| vec![row.code.clone(), row.count.to_string()]);
    let mut text = table(&[Column::Left("code"), Column::Right("count")], rows);
    for reject in &refused.rejects {
        let Reject { time, bot, code, side, qty, limit, value, .. } = reject;
        let price = reject.price.map_or_else(String::new, |price| format!(" @ {price}"));
        let met = match (limit, value) {
            (0, 0) => String::new(),
            _ => format!(", limit {limit}, value {value}"),
        };
        text += &format!("{time} {bot} {side} {qty}{price}: {code}{met}\n");
    }
    text
}

fn self_test(out: &mut Output) -> Result<(), Failure> {
    let word = |code: Option<RejectCode>| code.map_or("approval", RejectCode::name);
    let trials: Vec<Trial> = self_test_trials()
        .map(|tried| {
            let passed = tried.passed();
            let Tried { name, exit, expect, got } = tried;
            let got = got.map_or_else(|why| why, |code| word(code).to_owned());
            Trial { name, exit, expected: word(expect), got, passed }
        })
        .collect();
    let failed: Vec<&Trial> = trials.iter().filter(|trial| !trial.passed).collect();
    let exits = trials.iter().filter(|trial| trial.exit).count();
    out.answer(&trials, || {
        let mut text = String::new();
        for Trial { name, expected, got, .. } in &failed {
            text += &format!("FAILED {name}: expected {expected}, got {got}\n");
        }
        let passed = trials.len() - failed.len();
        text + &format!(
            "{passed} of {} passed, {exits} of all are ways out\n",
            many(trials.len() as u64, "trial"),
        )
    })?;
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Failed("the self-test failed: nothing may trade".to_owned())),
    }
}
