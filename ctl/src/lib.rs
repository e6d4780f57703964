//! The operators' command line.
//!
//! It looks at a node through the node's HTTP API, or through its journal when the API does not
//! answer, and it sends commands through the control socket, which the hot thread reads itself: so a
//! kill needs neither the HTTP server nor anything else of the node but the thread that trades.

#![forbid(unsafe_code)]

mod args;
mod book;
mod command;
mod data;
mod failure;
mod format;
mod indicators;
mod journal;
mod lookahead;
mod output;
mod progress;
mod rules;
mod show;
mod signal;
mod source;
mod status;
mod strategies;
mod table;

use args::{BotsCommand, Cli, Command, DataCommand, JournalCommand, RulesCommand};
use clap::{CommandFactory, Parser};
use failure::Failure;
use gauntlet_control::api::explain::Explanation;
use gauntlet_control::api::{Bot, Latency, Orders, Positions};
use indicators::IndicatorsCommand;
use output::Output;
use source::Source;
use std::io;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
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

fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let out = &mut Output::new(global.json);
    let source = || Source::new(&global.url, &global.data);
    match command {
        Command::Status(args) => status::run(&args, &mut source()?, out),
        Command::Bots { command: Some(BotsCommand::Explain { bot }) } => {
            let path = format!("/api/bots/{bot}/explain");
            let mut source = source()?;
            let answer: Option<Explanation> =
                source.ask(&path, |tail| tail.projection().explain(&bot))?.or_say_where_from();
            let answer =
                answer.ok_or_else(|| Failure::Failed(format!("there is no bot {bot:?}")))?;
            out.answer(&answer, || show::explanation(&answer))
        }
        Command::Bots { command: None } => {
            let bots: Vec<Bot> =
                source()?.ask("/api/bots", |tail| tail.projection().bots())?.or_say_where_from();
            out.answer(&bots, || show::bots(&bots))
        }
        Command::Orders(args) => {
            let mut orders: Orders = source()?
                .ask("/api/orders", |tail| tail.projection().orders(usize::MAX))?
                .or_say_where_from();
            orders.finished.truncate(args.finished);
            out.answer(&orders, || show::orders(&orders))
        }
        Command::Positions => {
            let positions: Positions = source()?
                .ask("/api/positions", |tail| tail.projection().positions())?
                .or_say_where_from();
            out.answer(&positions, || show::positions(&positions))
        }
        Command::Latency => {
            let latency: Latency = source()?.http("/api/observability/latency").map_err(|why| {
                Failure::NotReachable(format!(
                    "{why}; latency is known to the running node alone: start one, or name its \
                     address with --url"
                ))
            })?;
            out.answer(&latency, || show::latency(&latency))
        }
        Command::Kill(args) => command::kill(&args, &global.data, out),
        Command::Unkill(args) => command::unkill(&args, &global.data, out),
        Command::AcceptConfig(args) => command::accept_config(&args, &global.data, out),
        Command::Signal(args) => signal::run(&args, &global.data, out),
        Command::Journal { command } => match command {
            JournalCommand::Verify { dir } => {
                journal::verify(&journal::directory(dir, &global.data), out)
            }
            JournalCommand::Replay { dir } => {
                journal::replay(&journal::directory(dir, &global.data), out)
            }
            JournalCommand::Tail(args) => {
                let dir = journal::directory(args.dir.clone(), &global.data);
                journal::tail(&dir, &args, out)
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
        Command::Strategies { command } => strategies::run(&command, out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "ctl", &mut script);
            out.bytes(&script)
        }
    }
}
