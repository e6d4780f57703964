//! The operators' command line.
//!
//! It looks at a node through the node's HTTP API, or through its journal when the API does not
//! answer, and it sends commands through the control socket, which the hot thread reads itself: so a
//! kill needs neither the HTTP server nor anything else of the node but the thread that trades.

#![forbid(unsafe_code)]

mod address;
mod aftermath;
mod args;
mod book;
mod command;
mod complete;
mod correct;
mod data;
mod failure;
mod fix;
mod fix_log;
mod format;
mod indicators;
mod journal;
mod lookahead;
mod order;
mod output;
mod progress;
mod risk;
mod rules;
mod show;
mod signal;
mod source;
mod status;
mod strategies;
mod table;

use args::{BotsCommand, Cli, Command, DataCommand, JournalCommand, RulesCommand};
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};
use failure::Failure;
use gauntlet_readmodel::api::explain::Explanation;
use gauntlet_readmodel::api::{Bot, Latency, Orders, Positions};
use indicators::IndicatorsCommand;
use output::Output;
use source::{Answer, Source};
use std::io;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // A shell that asks what a line may go on with gets its answer and nothing else.
    let asked = std::env::args_os().nth(1).is_some_and(|first| first == "--");
    if asked && let Ok(true) = complete_env().try_complete(std::env::args_os(), None) {
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // With neither stdout nor stderr there is nobody to tell.
            let _unheard = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE));
        }
    };
    let json = cli.global.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            failure.tell(json);
            ExitCode::from(failure.code())
        }
    }
}

/// Name of the variable by which a shell asks. One of its own: no other program's variable may make a
/// kill print completions.
const COMPLETE: &str = "_CTL_COMPLETE";

fn complete_env() -> CompleteEnv<'static, impl Fn() -> clap::Command> {
    CompleteEnv::with_factory(Cli::command).bin("ctl").var(COMPLETE)
}

/// The line that makes a shell ask this program what may come next.
fn completions(shell: Shell, out: &mut Output) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Failed(format!("cannot make the script: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    let program = program.to_string_lossy();
    let shells = Shells::builtins();
    let found = shells.completer(&shell.to_string());
    let found = found.ok_or_else(|| Failure::Failed(format!("{shell} completes nothing")))?;
    let mut script = Vec::new();
    found.write_registration(COMPLETE, "ctl", "ctl", &program, &mut script).map_err(failed)?;
    out.bytes(&script)
}

#[expect(clippy::too_many_lines, reason = "one arm for each command")]
fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let out = &mut Output::new(global.json);
    let data = || address::folder(global.data.clone());
    let source = || Source::new(&data()?);
    match command {
        Command::Status(args) => status::run(&args, &mut source()?, out),
        Command::Bots { command: Some(BotsCommand::Explain { bot }) } => {
            let path = format!("/api/bots/{}/explain", source::segment(&bot));
            let mut source = source()?;
            let answer: Answer<Option<Explanation>> =
                source.ask(&path, |tail| tail.projection().explain(&bot))?;
            let Answer { value: Some(value), note, running } = answer else {
                return Err(Failure::Failed(format!("there is no bot {bot:?}")));
            };
            Answer { value, note, running }.tell(out, show::explanation)
        }
        Command::Bots { command: None } => {
            let bots: Answer<Vec<Bot>> =
                source()?.ask("/api/bots", |tail| tail.projection().bots())?;
            bots.tell(out, |bots| show::bots(bots))
        }
        Command::Orders(args) => {
            let mut orders: Answer<Orders> =
                source()?.ask("/api/orders", |tail| tail.projection().orders(usize::MAX))?;
            orders.value.finished.truncate(args.finished);
            orders.tell(out, show::orders)
        }
        Command::Positions { command: Some(asked) } => order::close(&asked, &data()?, out),
        Command::Order { command } => order::run(&command, &data()?, out),
        Command::Positions { command: None } => {
            let positions: Answer<Positions> =
                source()?.ask("/api/positions", |tail| tail.projection().positions())?;
            positions.tell(out, show::positions)
        }
        Command::Latency => {
            let latency: Latency = source()?.http("/api/observability/latency").map_err(|why| {
                Failure::NotReachable(format!(
                    "{why}; latency is known to the running node alone: start one, or name its data \
                     folder with --data"
                ))
            })?;
            out.answer(&latency, || show::latency(&latency))
        }
        Command::Kill(args) => command::kill(&args, &data()?, out),
        Command::Unkill(args) => command::unkill(&args, &data()?, out),
        Command::AcceptConfig(args) => command::accept_config(&args, &data()?, out),
        Command::Reconcile(args) => correct::reconcile(&args, &data()?, &mut source()?, out),
        Command::Correct { command } => correct::run(&command, &data()?, out),
        Command::Fix { command } => fix::run(&command, &data()?, source, out),
        Command::Signal(args) => signal::run(&args, &data()?, out),
        Command::Journal { command } => match command {
            JournalCommand::Verify { dir } => {
                journal::verify(&journal::meant(dir, global.data)?, out)
            }
            JournalCommand::Replay { dir } => {
                journal::replay(&journal::meant(dir, global.data)?, out)
            }
            JournalCommand::Format => out.bytes(gauntlet_journal::page().as_bytes()),
            JournalCommand::Tail(args) => {
                journal::tail(&journal::meant(args.dir.clone(), global.data)?, &args, out)
            }
        },
        Command::Data { command } => match command {
            DataCommand::Inspect(args) => data::inspect(&args, out),
            DataCommand::Bars(args) => data::bars(&args, out),
            DataCommand::Generate(args) => data::generate(&args, out),
            DataCommand::Book { files, symbol } => book::run(&files, symbol.as_deref(), out),
        },
        Command::Indicators { command } => match command {
            IndicatorsCommand::List(args) => indicators::list(&args, out),
            IndicatorsCommand::Run(args) => indicators::run(&args, out),
        },
        Command::Rules { command } => match command {
            RulesCommand::Check(args) => rules::check(&args, out),
            RulesCommand::Lookahead(args) => lookahead::run(&args, out),
        },
        Command::Risk { command: Some(command) } => risk::run(&command, (data, source), out),
        Command::Risk { command: None } => {
            let page = gauntlet_engine::risk::document::markdown();
            out.answer(&serde_json::json!({ "markdown": page }), || page.clone())
        }
        Command::Strategies { command } => strategies::run(&command, out),
        Command::Completions { shell } => completions(shell, out),
    }
}
