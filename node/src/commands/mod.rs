//! The commands of `gauntlet`.

pub mod demo;
pub mod replay;
pub mod run;
pub mod venue;

use crate::cli::{Cli, Command};
use crate::error::NodeError;
use clap::Parser;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tracing_subscriber::EnvFilter;

/// Reads the command line and does what it says. `GAUNTLET_LOG` chooses what is logged.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("GAUNTLET_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match cli.command {
        Command::Run(args) => run::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Venue(args) => venue::run(args),
        Command::Replay(args) => replay::run(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gauntlet: {error}");
            ExitCode::from(error.exit_code())
        }
    }
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
