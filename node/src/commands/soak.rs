//! `gauntlet soak`: months of the market through the whole demo, as fast as the node decides, and what
//! came of them.

use super::demo::set_aside;
use super::interrupt;
use super::rehearsal::{MarketTerms, drop_copy_of};
use super::venue::{CopyPlan, MarketPlan, RunningVenue, VenuePlan};
use crate::cli::SoakArgs;
use crate::config::{self, ClockChoice, Config, VenueClock, VenueConfig};
use crate::error::NodeError;
use crate::node::{Node, NodePlan, journal_dir};
use crate::soak::{GROWTH_KIB_MAX, SoakLedger, memory_kib};
use crate::wall::now;
use dbn::{InstrumentDefMsg, RecordRef, SecurityUpdateAction};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_venue::agent::{MarketClock, Pace, Venue};
use gauntlet_venue::lockstep::Lockstep;
use gauntlet_venue::market::{MarketSink, OrderEvent};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;
/// After how many days of the market memory is first looked at: the venue keeps two weeks of minutes, and the last
/// 16,384 identities of orders.
const SETTLED_DAYS: u64 = 30;

/// Runs until the days have passed, or until interrupted.
///
/// # Errors
/// What kept it from starting, or ended it; and every bound that was broken.
pub fn run(args: SoakArgs) -> Result<(), NodeError> {
    let stop = interrupt()?;
    let config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::parse(config::DEMO, "the embedded configuration")?,
    };
    let lockstep = Arc::new(Lockstep::default());
    let (venue, mut config, start) = start_venue(&args, config, &lockstep)?;
    set_aside(&journal_dir(&args.data))?;
    // What goes wrong by script has its differences.
    let behaves = config.venue.script.is_empty();
    config.feed.address = venue.data_address.to_string();
    config.brokers[0].meet(venue.fix_address, venue.copy_address);
    config.node.clock = ClockChoice::Data;
    // Venue and node take turns: whoever parks makes the other wait for it to wake up.
    config.node.wait = WaitStrategy::Yield;
    let node = Node::start(NodePlan {
        config,
        data: args.data.clone(),
        threads: args.threads,
        accept_config: None,
        accept_decisions: None,
        lockstep: Some(lockstep),
        serve: false,
        title: "soak".to_owned(),
    })?;
    let (began, handle) = (Instant::now(), venue.handle().clone());
    let (settled, until) =
        (start.plus(SETTLED_DAYS * NANOS_PER_DAY), start.plus(args.days * NANOS_PER_DAY));
    let (mut memory, mut day) = ([memory_kib(); 3], start);
    node.run(|_| {
        let at = handle.market_time();
        if at >= day {
            eprintln!("{at}  {:>5} s  {:>7} KiB", began.elapsed().as_secs(), memory_kib());
            day = at.plus(7 * NANOS_PER_DAY);
        }
        if at < settled {
            memory[1] = memory_kib();
        }
        memory[2] = memory_kib();
        stop.load(Ordering::Acquire) || at >= until || venue.is_finished()
    })?;
    let venue = venue.stop()?;
    let ledger = SoakLedger::read(&journal_dir(&args.data))?;
    print!("{}", ledger.to_text());
    let [listed, expired] = contracts(&venue);
    println!("contracts {listed} listed, {expired} of them expired");
    let [first, begin, end] = memory;
    println!("memory    {first} KiB at the start, {begin} after a month, {end} at the end");
    println!("time      {} s", began.elapsed().as_secs());
    let mut broken = ledger.broken();
    if behaves && ledger.breaks > 0 {
        broken.push(format!("{} times the broker's word and ours differed", ledger.breaks));
    }
    if end > begin + GROWTH_KIB_MAX {
        broken.push(format!("memory grew by {} KiB, of at most {GROWTH_KIB_MAX}", end - begin));
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(NodeError::Failed(format!("bounds broken:\n  {}", broken.join("\n  ")))),
    }
}

/// The venue in lockstep, the configuration, and when its market begins.
fn start_venue(
    args: &SoakArgs,
    mut config: Config,
    lockstep: &Arc<Lockstep>,
) -> Result<(RunningVenue, Config, UnixNanos), NodeError> {
    let [broker] = &config.brokers[..] else {
        return Err(NodeError::Config("the simulated venue is one broker: name one".to_owned()));
    };
    config.check_secrets().map_err(NodeError::Config)?;
    let venue = VenueConfig {
        clock: Some(VenueClock::FirstClient),
        hours: args.hours.or(config.venue.hours),
        seed: args.seed.unwrap_or(config.venue.seed),
        rate: args.rate,
        ..config.venue.clone()
    };
    let symbols = config.venue_symbols(MarketTerms::start(&venue, ClockChoice::Data, now()));
    let terms =
        MarketTerms::new((&venue, &config.calendar), ClockChoice::Data, 1.0, symbols, now())?;
    let start = terms.market.start;
    config.check_contracts(Some(start), now()).map_err(NodeError::Config)?;
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = RunningVenue::start(VenuePlan {
        market: MarketPlan::Generated(terms.market),
        data_listen: any_port,
        fix_listen: any_port,
        drop_copy: drop_copy_of(broker)?.map(|copy| CopyPlan { listen: any_port, ..copy }),
        flags: ["--data", "--data"],
        key: config.feed.key.clone(),
        dataset: config.feed.dataset.clone(),
        comp_ids: (broker.target_comp_id.clone(), broker.sender_comp_id.clone()),
        pace: Pace::Lockstep(Arc::clone(lockstep)),
        clock: MarketClock::FirstClient,
        rules: venue.rules(broker).map_err(NodeError::Config)?,
        script: venue.script().map_err(NodeError::Config)?,
        store: None,
        wait: WaitStrategy::Yield,
    })?;
    config.day = Some(start);
    Ok((running, config, start))
}

/// Contracts that the venue has listed, and those of them that have expired.
fn contracts(venue: &Venue) -> [usize; 2] {
    struct Deleted(usize);
    impl MarketSink for Deleted {
        fn record(&mut self, record: RecordRef<'_>) {
            let deleted = SecurityUpdateAction::Delete as u8;
            let definition = record.get::<InstrumentDefMsg>();
            let is_it = definition.is_some_and(|d| d.security_update_action as u8 == deleted);
            self.0 += usize::from(is_it);
        }
        fn order(&mut self, _: OrderEvent) {}
    }
    let (market, mut deleted) = (venue.market(), Deleted(0));
    let listed = market.listings().len();
    (0..listed).for_each(|listing| market.snapshot(listing, false, &mut deleted));
    [listed, deleted.0]
}
