//! `gauntlet demo`: bots trade a simulated venue that runs in this process, over real sockets.

use super::interrupt;
use super::rehearsal::{MarketTerms, address, comp_ids_of, drop_copy_of};
use super::run::announce;
use super::venue::{MarketPlan, RunningVenue, VenuePlan};
use crate::cli::DemoArgs;
use crate::config::{self, Config, VenueConfig};
use crate::error::NodeError;
use crate::node::{Node, NodePlan, journal_dir};
use crate::summary::latency_text;
use crate::wall::now;
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_venue::agent::Pace;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use std::{fs, io};

/// Market seconds in a second, unless it is told.
const SPEED: f64 = 60.0;

/// Runs until interrupted, or for the seconds asked for.
///
/// # Errors
/// What kept it from starting, or ended it.
pub fn run(args: DemoArgs) -> Result<(), NodeError> {
    let stop = interrupt()?;
    let mut config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::parse(config::DEMO, "the embedded configuration")?,
    };
    let [broker] = &config.brokers[..] else {
        return Err(NodeError::Config("the simulated venue is one broker: name one".to_owned()));
    };
    let venue_config = VenueConfig {
        seed: args.seed.unwrap_or(config.venue.seed),
        speed: args.speed.or(config.venue.speed),
        ..config.venue.clone()
    };
    let MarketTerms { market, speed, clock } = terms(&config, &venue_config)?;
    let start = market.start;
    config.check_secrets().map_err(NodeError::Config)?;
    config.check_contracts(Some(start), now()).map_err(NodeError::Config)?;
    let mut data_listen = address("feed.address", &config.feed.address)?;
    let mut fix_listen = address("broker.address", &broker.address)?;
    data_listen.set_port(args.feed_port.unwrap_or(data_listen.port()));
    fix_listen.set_port(args.fix_port.unwrap_or(fix_listen.port()));
    args.page.apply(&mut config);
    config.day = Some(start);
    let venue = RunningVenue::start(VenuePlan {
        market: MarketPlan::Generated(market),
        data_listen,
        fix_listen,
        drop_copy: drop_copy_of(&config.brokers[0])?,
        flags: ["--feed-port", "--fix-port"],
        key: config.feed.key.clone(),
        dataset: config.feed.dataset.clone(),
        comp_ids: comp_ids_of(&config.brokers[0]),
        pace: Pace::Real { speed },
        clock,
        rules: venue_config.rules(&config.brokers[0]).map_err(NodeError::Config)?,
        script: venue_config.script().map_err(NodeError::Config)?,
        store: None,
        wait: WaitStrategy::Park,
    })?;
    // A port of 0 lets the system choose.
    config.feed.address = venue.data_address.to_string();
    config.brokers[0].meet(venue.fix_address, venue.copy_address);
    set_aside(&journal_dir(&args.data))?;
    let node = Node::start(NodePlan {
        config,
        data: args.data,
        threads: args.threads,
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: true,
        title: format!("demo · simulated venue · {speed}× life"),
    })?;
    announce(&node);
    let (state, board) = (Arc::clone(node.state()), Arc::clone(node.board()));
    let deadline = args.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let outcome = node.run(|_| {
        stop.load(Ordering::Acquire)
            || venue.is_finished()
            || deadline.is_some_and(|deadline| Instant::now() >= deadline)
    });
    outcome.and(venue.stop().map(|_| ()))?;
    let counters = state.counters.snapshot();
    println!(
        "inputs    {} in the journal, of {} market-data records; {} effects, {} order messages",
        counters.inputs, counters.records, counters.effects, counters.orders_sent
    );
    let board = board.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    print!("{}", latency_text(&board.summaries()));
    eprintln!("stopped in order: working orders cancelled, sessions logged out, journal safe");
    Ok(())
}

/// The market of the demo: the contracts that its products' bots begin on.
fn terms(config: &Config, venue: &VenueConfig) -> Result<MarketTerms, NodeError> {
    let clock = config.node.clock;
    let symbols = config.venue_symbols(MarketTerms::start(venue, clock, now()));
    MarketTerms::new((venue, &config.calendar), clock, SPEED, symbols, now())
}

/// The simulated venue's memory ends with its process, so a demo cannot go on where the last one
/// ended. The last one's journal is kept beside the new one.
pub(super) fn set_aside(dir: &Path) -> Result<(), NodeError> {
    match fs::File::open(dir.join("lock")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(NodeError::io("open", &dir.join("lock"), error)),
        Ok(lock) => lock.try_lock().map_err(|_| {
            NodeError::Failed(format!(
                "{} is in use by another process: stop it, or choose another --data",
                dir.display()
            ))
        })?,
    }
    let before = dir.with_extension("before");
    match fs::remove_dir_all(&before) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(NodeError::io("remove", &before, error));
        }
        _ => {}
    }
    fs::rename(dir, &before).map_err(|error| NodeError::io("set aside", dir, error))
}
