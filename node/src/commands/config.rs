//! `gauntlet config`: what a configuration means, without starting anything.

use crate::acceptance;
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::config::{Config, StageCaps, page};
use crate::error::NodeError;
use crate::wall::now;
use gauntlet_readmodel::environment;
use std::io::{self, Write};

/// Prints the reference, what a file means, or what differs from what was accepted last.
///
/// # Errors
/// What is wrong with the file, or that there is nothing to compare it with.
pub fn run(args: ConfigArgs) -> Result<(), NodeError> {
    match args.command {
        ConfigCommand::Reference => print(&page::markdown()),
        ConfigCommand::Check { file } => {
            let config = Config::load(&file)?;
            config.check_contracts(config.trading_day(now()), now()).map_err(NodeError::Config)?;
            for warning in config.warnings() {
                tracing::warn!("{warning}");
            }
            print(&config.meaning(&StageCaps::read(environment::read)?).to_text())
        }
        ConfigCommand::Diff { file, data } => {
            let new = Config::load(&file)?.meaning(&StageCaps::read(environment::read)?);
            let old = acceptance::kept(&data).ok_or_else(|| {
                NodeError::Failed(format!(
                    "{} keeps no configuration: no node has traded there yet",
                    data.display()
                ))
            })?;
            print(&old.difference(&new))
        }
    }
}

fn print(text: &str) -> Result<(), NodeError> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| NodeError::Failed(error.to_string())),
    }
}
