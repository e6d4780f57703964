//! `gauntlet run`: market data from the feed, orders to the broker, as the configuration says.

use super::interrupt;
use crate::cli::RunArgs;
use crate::config::Config;
use crate::data_folder::journal_dir;
use crate::decisions::Acceptance;
use crate::error::NodeError;
use crate::left;
use crate::node::{Node, NodePlan};
use crate::wall::now;
use gauntlet_readmodel::environment;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Runs until interrupted.
///
/// # Errors
/// What kept the node from starting, or ended it.
pub fn run(args: RunArgs) -> Result<(), NodeError> {
    let stop = interrupt()?;
    let mut config = Config::load(&args.config)?;
    warn_of_readers(&args.config, &config);
    config = config.with_secrets(environment::read);
    config.check_secrets().map_err(NodeError::Config)?;
    config.check_contracts(config.trading_day(now()), now()).map_err(NodeError::Config)?;
    args.page.apply(&mut config);
    let node = Node::start(NodePlan {
        config,
        data: args.data.clone(),
        threads: args.threads,
        accept_config: args.accept_config,
        accept_decisions: args
            .accept_decisions
            .map(|reason| Acceptance { actor: args.actor.unwrap_or_default(), reason }),
        lockstep: None,
        serve: true,
        title: "run".to_owned(),
    })?;
    announce(&node);
    let outcome = node.run(|_| stop.load(Ordering::Acquire));
    tell_what_stays(&args.data);
    outcome?;
    eprintln!("stopped in order");
    Ok(())
}

/// Names the positions and orders that stay, however the run ended.
fn tell_what_stays(data: &Path) {
    match left::lines(&journal_dir(data)) {
        Ok(lines) => lines.iter().for_each(|line| eprintln!("{line}")),
        Err(error) => {
            eprintln!("what stays cannot be read from the journal ({error}): ask the broker")
        }
    }
}

/// Warns when a file with a secret in it can be read by other users.
fn warn_of_readers(path: &Path, config: &Config) {
    let mode = std::fs::metadata(path).map_or(0, |found| found.mode());
    if config.holds_secrets() && mode & 0o077 != 0 {
        tracing::warn!(
            "other users can read {}, which holds a secret: chmod 600 it, or give the secret by the \
             environment",
            path.display()
        );
    }
}

/// Tells what was found and where to look.
pub(super) fn announce(node: &Node) {
    let recovery = node.recovery();
    if !recovery.created {
        tracing::info!(
            inputs = recovery.inputs.records,
            effects = recovery.effects.records,
            next_seq = recovery.next_seq,
            "journal verified and replayed"
        );
    }
    for (stream, report) in [("inputs", &recovery.inputs), ("effects", &recovery.effects)] {
        if let Some(torn) = &report.torn {
            tracing::warn!(stream, ?torn, "cut a torn tail");
        }
    }
    if let Some(orphans) = &recovery.orphans {
        tracing::error!(
            ?orphans,
            "effects without their inputs: orders among them may be working at the broker; \
             the platform kill is set until they are settled"
        );
    }
    tracing::info!(layout = node.layout().name(), "running");
    if let Some(page) = node.page() {
        eprintln!("\n  page   {page}\n  stop   Ctrl-C\n");
    }
}
