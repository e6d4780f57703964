//! The commands of `gauntlet`.

pub mod config;
pub mod demo;
pub mod rehearsal;
pub mod replay;
pub mod run;
pub mod soak;
pub mod stress;
pub mod venue;

use crate::cli::{Cli, Command};
use crate::error::NodeError;
use crate::log_writer::LogWriter;
use clap::Parser;
use gauntlet_readmodel::environment::{self, EnvironmentError};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tracing_subscriber::EnvFilter;

/// Reads the command line and does what it says. `GAUNTLET_LOG` chooses what is logged.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let log = LogWriter::to_stderr();
    let outcome = environment(log.clone()).and_then(|()| run(cli));
    log.flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gauntlet: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<(), NodeError> {
    match cli.command {
        Command::Run(args) => run::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Venue(args) => venue::run(args),
        Command::Soak(args) => soak::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Stress(args) => stress::run(args),
        Command::Config(args) => config::run(args),
    }
}

/// Refuses variables that were hardly meant for anybody else, and sets up the log.
fn environment(log: LogWriter) -> Result<(), NodeError> {
    let wrong = |error: EnvironmentError| NodeError::Config(error.to_string());
    environment::check(std::env::vars_os()).map_err(wrong)?;
    let filter = match environment::read(environment::LOG) {
        None => EnvFilter::new("info"),
        Some(text) => log_filter(&text).map_err(NodeError::Config)?,
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(log).init();
    Ok(())
}

/// What is logged. A word alone is a level: as the name of a module it would silence everything else.
fn log_filter(text: &str) -> Result<EnvFilter, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let wrong = |what: &str| {
        let levels = LEVELS.join(", ");
        format!(
            "environment variable {}: {what}: say one of {levels}, or directives such as \
             info,gauntlet_feeds=debug",
            environment::LOG
        )
    };
    for word in text.split(',').map(str::trim) {
        let is_level = LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
        let is_module = word.contains("gauntlet") || word.contains("::");
        if !is_level && !is_module && !word.contains(['=', '[']) {
            return Err(wrong(&format!("{word:?} is no level")));
        }
    }
    EnvFilter::try_new(text).map_err(|error| wrong(&error.to_string()))
}

/// A flag that Ctrl-C and a polite kill set. A second Ctrl-C ends the process at once: the journal
/// is made for that.
fn interrupt() -> Result<Arc<AtomicBool>, NodeError> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)))
            .map_err(|error| NodeError::Failed(format!("cannot listen for Ctrl-C: {error}")))?;
    }
    Ok(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_refused_and_not_taken_for_a_module() {
        for right in ["info", "DEBUG", "info,gauntlet_feeds=debug", "gauntlet::node", "off"] {
            assert!(log_filter(right).is_ok(), "{right}");
        }
        for wrong in ["inof", "debug,trase", "", "info,gauntlet=loud"] {
            let error = log_filter(wrong).expect_err("is wrong");
            assert!(error.contains("GAUNTLET_LOG"), "{wrong}: {error}");
        }
    }
}
