//! `gauntlet run`: market data from the feed, orders to the broker, as the configuration says.

use super::interrupt;
use crate::cli::RunArgs;
use crate::config::Config;
use crate::error::NodeError;
use crate::node::{Node, NodePlan};
use std::sync::atomic::Ordering;

/// Runs until interrupted.
///
/// # Errors
/// What kept the node from starting, or ended it.
pub fn run(args: RunArgs) -> Result<(), NodeError> {
    let stop = interrupt()?;
    let node = Node::start(NodePlan {
        config: Config::load(&args.config)?.with_secrets(|name| std::env::var(name).ok()),
        data: args.data.clone(),
        threads: args.threads,
        accept_config: args.accept_config,
        lockstep: None,
        serve: true,
        title: "run".to_owned(),
    })?;
    announce(&node);
    node.run(|_| stop.load(Ordering::Acquire))?;
    eprintln!("stopped in order");
    Ok(())
}

/// Tells what was found and where to look.
pub(super) fn announce(node: &Node) {
    let recovery = node.recovery();
    if !recovery.created {
        tracing::info!(
            inputs = recovery.inputs.records,
            effects = recovery.effects.records,
            next_seq = recovery.next_seq,
            "journal verified and replayed: every effect is equal"
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
