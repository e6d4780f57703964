//! The venue that plays the other side of a configuration, so that it can be tried whole: it listens
//! where the configuration looks for market data and its broker, under their names and keys, and trades
//! the contracts that it names.

use super::venue::{CopyPlan, MarketPlan, VenuePlan};
use crate::cli::VenueArgs;
use crate::config::{
    BrokerConfig, CalendarConfig, ClockChoice, Config, VenueClock, VenueConfig, VenueHours,
};
use crate::error::NodeError;
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::environment;
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_venue::agent::{MarketClock, Pace};
use gauntlet_venue::generated::GeneratedConfig;
use gauntlet_venue::order_entry::ExchangeRules;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// Where a venue listens and what it trades unless it is told.
const DATA_LISTEN: SocketAddr = SocketAddr::new(LOCAL, 13_100);
const FIX_LISTEN: SocketAddr = SocketAddr::new(LOCAL, 13_101);
const LOCAL: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const KEY: &str = "db-GAUNTLETSIMULATEDVENUE000000000";
const DATASET: &str = "GLBX.MDP3";
const COMP_IDS: [&str; 2] = ["SIMVENUE", "GAUNTLET"];
const SYMBOLS: [&str; 4] = ["ESZ6", "NQZ6", "CLF7", "GCG7"];

/// A generated market as a configuration and a command line want it.
pub struct MarketTerms {
    /// The market.
    pub market: GeneratedConfig,
    /// Market seconds in a second.
    pub speed: f64,
    /// When its clock starts.
    pub clock: MarketClock,
}

fn clock_of(venue: &VenueConfig, node_clock: ClockChoice) -> VenueClock {
    venue.clock.unwrap_or(match node_clock {
        ClockChoice::Realtime => VenueClock::Wall,
        ClockChoice::Data => VenueClock::FirstClient,
    })
}

impl MarketTerms {
    /// When its market begins.
    pub fn start(venue: &VenueConfig, node_clock: ClockChoice, now: UnixNanos) -> UnixNanos {
        match clock_of(venue, node_clock) {
            VenueClock::Wall => now,
            _ => GeneratedConfig::default().start,
        }
    }

    /// The market of a venue. `node_clock` is what drives the time of the node that it is for, `speed` what
    /// counts where nothing else says it, `now` the wall clock. Its sessions follow the calendars as `calendar`
    /// changes them.
    ///
    /// # Errors
    /// Another speed than 1 under the wall clock, a day of the calendar that cannot be read.
    pub fn new(
        (venue, calendar): (&VenueConfig, &CalendarConfig),
        node_clock: ClockChoice,
        speed: f64,
        symbols: Vec<String>,
        now: UnixNanos,
    ) -> Result<MarketTerms, NodeError> {
        let clock = clock_of(venue, node_clock);
        let is_wall = clock == VenueClock::Wall;
        let hours = if is_wall { VenueHours::Product } else { VenueHours::Day };
        let hours = venue.hours.unwrap_or(hours).of_market();
        let market = GeneratedConfig {
            seed: venue.seed,
            start: MarketTerms::start(venue, node_clock, now),
            rate: venue.rate,
            symbols,
            later_contracts: venue.later_contracts,
            hours,
            protection_ticks: venue.protection_ticks,
            calendars: calendar
                .calendars()
                .map_err(|error| NodeError::Config(error.to_string()))?,
        };
        let speed = match venue.speed {
            Some(speed) if is_wall && speed != 1.0 => {
                return Err(NodeError::Config(format!(
                    "the wall clock runs at speed 1, not {speed}: leave the speed out, or choose the \
                     clock \"own\" or \"first_client\""
                )));
            }
            Some(speed) => speed,
            None if is_wall => 1.0,
            None => speed,
        };
        Ok(MarketTerms { market, speed, clock: clock.of_market() })
    }
}

/// What `gauntlet venue` is to run.
///
/// # Errors
/// A configuration that cannot be read or names no one broker, a contract that has expired, flags that
/// contradict each other.
pub fn plan(args: VenueArgs, now: UnixNanos) -> Result<VenuePlan, NodeError> {
    let config = match &args.config {
        Some(path) => Some(Config::load(path)?.with_secrets(environment::read)),
        None => None,
    };
    let mut plan = match &config {
        Some(config) => of_config(config)?,
        None => VenuePlan {
            market: MarketPlan::Replayed(Vec::new()),
            data_listen: DATA_LISTEN,
            fix_listen: FIX_LISTEN,
            drop_copy: None,
            flags: ["--data-listen", "--fix-listen"],
            key: KEY.to_owned(),
            dataset: DATASET.to_owned(),
            comp_ids: (COMP_IDS[0].to_owned(), COMP_IDS[1].to_owned()),
            pace: Pace::Real { speed: 1.0 },
            clock: MarketClock::FirstClient,
            rules: ExchangeRules::default(),
            script: Vec::new(),
            store: None,
            wait: WaitStrategy::Park,
        },
    };
    plan.data_listen = args.data_listen.unwrap_or(plan.data_listen);
    plan.fix_listen = args.fix_listen.unwrap_or(plan.fix_listen);
    plan.key = args.key.unwrap_or(plan.key);
    plan.comp_ids.0 = args.comp_id.unwrap_or(plan.comp_ids.0);
    plan.comp_ids.1 = args.client_comp_id.unwrap_or(plan.comp_ids.1);
    let mut venue = config.as_ref().map_or_else(VenueConfig::default, |c| c.venue.clone());
    venue.clock = args.clock.or(venue.clock);
    venue.hours = args.hours.or(venue.hours);
    venue.speed = args.speed.or(venue.speed);
    venue.seed = args.seed.unwrap_or(venue.seed);
    if !args.replay.is_empty() {
        return replayed(plan, &venue, args.replay);
    }
    let calendar = config.as_ref().map_or_else(CalendarConfig::default, |c| c.calendar.clone());
    let node_clock = config.as_ref().map_or(ClockChoice::Data, |config| config.node.clock);
    let start = MarketTerms::start(&venue, node_clock, now);
    let named = config.as_ref().map(|config| config.venue_symbols(start));
    let symbols = args.symbols.or(named).unwrap_or_else(|| SYMBOLS.map(String::from).to_vec());
    let terms = MarketTerms::new((&venue, &calendar), node_clock, 1.0, symbols, now)?;
    if let Some(config) = &config {
        config.check_contracts(Some(terms.market.start), now).map_err(NodeError::Config)?;
    }
    plan.market = MarketPlan::Generated(terms.market);
    plan.pace = Pace::Real { speed: terms.speed };
    plan.clock = terms.clock;
    Ok(plan)
}

/// The other side of a configuration, but for its market.
fn of_config(config: &Config) -> Result<VenuePlan, NodeError> {
    let [broker] = &config.brokers[..] else {
        return Err(NodeError::Config("the simulated venue is one broker: name one".to_owned()));
    };
    config.check_secrets().map_err(NodeError::Config)?;
    Ok(VenuePlan {
        market: MarketPlan::Replayed(Vec::new()),
        data_listen: address("feed.address", &config.feed.address)?,
        fix_listen: address("broker.address", &broker.address)?,
        drop_copy: drop_copy_of(broker)?,
        flags: ["--data-listen", "--fix-listen"],
        key: config.feed.key.clone(),
        dataset: config.feed.dataset.clone(),
        comp_ids: comp_ids_of(broker),
        pace: Pace::Real { speed: 1.0 },
        clock: MarketClock::FirstClient,
        rules: config.venue.rules(broker).map_err(NodeError::Config)?,
        script: config.venue.script().map_err(NodeError::Config)?,
        store: store_of(config)?,
        wait: WaitStrategy::Park,
    })
}

/// The CompIDs of the other side of a broker: its own, and its client's.
pub fn comp_ids_of(broker: &BrokerConfig) -> (String, String) {
    (broker.target_comp_id.clone(), broker.sender_comp_id.clone())
}

/// Where the venue of a configuration keeps what it knows.
///
/// # Errors
/// What it cannot keep.
fn store_of(config: &Config) -> Result<Option<PathBuf>, NodeError> {
    let Some(store) = &config.venue.store else { return Ok(None) };
    if config.brokers.iter().any(|broker| broker.drop_copy.is_some()) {
        let why = "[venue] store: the session of a drop copy is not kept; leave out the store or \
                   [broker.drop_copy]";
        return Err(NodeError::Config(why.to_owned()));
    }
    Ok(Some(store.clone()))
}

/// The other side of a broker's drop copy, where it is configured.
///
/// # Errors
/// Its address is none.
pub fn drop_copy_of(broker: &BrokerConfig) -> Result<Option<CopyPlan>, NodeError> {
    let Some(copy) = &broker.drop_copy else { return Ok(None) };
    let listen = address("broker.drop_copy.address", &copy.address)?;
    let comp_ids = (copy.target_comp_id.clone(), copy.sender_comp_id.clone());
    Ok(Some(CopyPlan { listen, comp_ids }))
}

/// The same venue with recorded files for a market.
fn replayed(
    plan: VenuePlan,
    venue: &VenueConfig,
    files: Vec<PathBuf>,
) -> Result<VenuePlan, NodeError> {
    let clock = venue.clock.unwrap_or(VenueClock::FirstClient).of_market();
    if plan.store.is_some() {
        let why =
            "[venue] store: recorded files take up no orders of an earlier life; leave it out";
        return Err(NodeError::Config(why.to_owned()));
    }
    if clock == MarketClock::Wall {
        let why = "recorded files have their own time: leave the clock \"wall\" out";
        return Err(NodeError::Config(why.to_owned()));
    }
    let pace = Pace::Real { speed: venue.speed.unwrap_or(1.0) };
    Ok(VenuePlan { market: MarketPlan::Replayed(files), pace, clock, ..plan })
}

/// The address that a key of the configuration names.
///
/// # Errors
/// That it is none.
pub fn address(name: &str, text: &str) -> Result<SocketAddr, NodeError> {
    text.to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .ok_or_else(|| NodeError::Config(format!("{name} {text:?} is not an address host:port")))
}

#[cfg(test)]
mod tests;
