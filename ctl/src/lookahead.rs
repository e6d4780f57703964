//! `ctl rules lookahead`: proof that a strategy does not see the future.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use clap::Args;
use gauntlet_lab::lookahead::{Answer, Differs, Effort, Question, look};
use gauntlet_model::input::SessionMode;
use std::path::PathBuf;

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

/// Checks the strategy and tells what was found.
pub fn run(args: &LookaheadArgs, out: &mut Output) -> Result<(), Failure> {
    let question = Question {
        rules: &args.rules,
        bars: &args.bars,
        symbol: args.symbol.as_deref(),
        session: args.session,
        effort: Effort { cuts: args.cuts.into(), starts: args.starts.into() },
    };
    let progress = progress::parts("comparing");
    let answer = look(&question, |done, total| {
        progress.set_length(total as u64);
        progress.set_position(done as u64);
    });
    progress.finish_and_clear();
    let answer = answer?;
    out.answer(&answer, || words(&answer))?;
    answer.why_not().map_or(Ok(()), |why| Err(Failure::Failed(why.to_owned())))
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
