//! `ctl risk`: limits, what is used of them, what was refused, and the self-test.

use crate::failure::Failure;
use crate::format::many;
use crate::output::Output;
use crate::source::{Answer, Source};
use crate::table::{Column, table};
use clap::Subcommand;
use gauntlet_engine::risk::{Tried, self_test_trials};
use gauntlet_model::effect::RejectCode;
use gauntlet_readmodel::api::{LossInForce, Reject, RejectCount, Risk, RiskLimit, RiskUse};
use serde::Serialize;

/// `ctl risk`.
#[derive(Debug, Subcommand)]
pub enum RiskCommand {
    /// Show the limits in force: the platform's, then those of accounts, instruments and bots.
    Limits,
    /// Show what is used of the limits, and losses that let somebody do less than trade.
    Usage,
    /// Show how often each code refused an order, and the last refusals.
    Rejects {
        /// Show so many of the last refusals at most.
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: usize,
    },
    /// Try every check of this build at its limit, beyond it and without it, and ways out wherever an entry
    /// is refused; exit code 1 if one fails.
    Selftest,
}

/// What is used.
#[derive(Serialize)]
struct Used {
    usage: Vec<RiskUse>,
    losses: Vec<LossInForce>,
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
    source: impl Fn() -> Result<Source, Failure>,
    out: &mut Output,
) -> Result<(), Failure> {
    if let RiskCommand::Selftest = asked {
        return self_test(out);
    }
    let risk: Answer<Risk> = source()?.ask("/api/risk", |tail| tail.projection().risk())?;
    let Answer { value, note, running } = risk;
    match asked {
        RiskCommand::Limits | RiskCommand::Selftest => {
            Answer { value: value.limits, note, running }
                .tell(out, |limits| limits_in_words(limits))
        }
        RiskCommand::Usage => {
            let value = Used { usage: value.usage, losses: value.losses };
            Answer { value, note, running }.tell(out, used_in_words)
        }
        RiskCommand::Rejects { last } => {
            let mut value =
                Refused { rejects_by_code: value.rejects_by_code, rejects: value.rejects };
            value.rejects.truncate(*last);
            Answer { value, note, running }.tell(out, refused_in_words)
        }
    }
}

/// A number with as many decimals as it needs, two at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

fn limits_in_words(limits: &[RiskLimit]) -> String {
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
    table(&columns, rows)
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
    text
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
