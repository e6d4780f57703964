//! The simulated venue in the test's own process.

use crate::setup::{KEY, NODE, VENUE};
use gauntlet::commands::venue::{MarketPlan, RunningVenue, VenuePlan};
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_venue::agent::{MarketClock, Pace};
use gauntlet_venue::generated::GeneratedConfig;
use gauntlet_venue::order_entry::ExchangeRules;
use gauntlet_venue::script::ScriptEntry;
use std::net::SocketAddr;

/// What a generated venue is to be.
#[derive(Clone, Copy, Debug)]
pub struct Generated {
    /// Market seconds in a second.
    pub speed: f64,
    /// Messages a market second for an instrument as active as ES.
    pub rate: f64,
    /// Decides everything that chance decides.
    pub seed: u64,
}

/// Starts a venue with a generated market in `symbols`, on free ports.
///
/// # Panics
/// When it does not start.
pub fn start(market: Generated, symbols: &[&str]) -> RunningVenue {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    start_at(market, symbols, (any_port, any_port))
}

/// The same under rules of its own.
///
/// # Panics
/// When it does not start.
pub fn start_by_rules(market: Generated, symbols: &[&str], rules: ExchangeRules) -> RunningVenue {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    start_with(market, symbols, (any_port, any_port), rules, Vec::new())
}

/// The same with what it does wrong.
///
/// # Panics
/// When it does not start.
pub fn start_by_script(
    market: Generated,
    symbols: &[&str],
    script: Vec<ScriptEntry>,
) -> RunningVenue {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    start_with(market, symbols, (any_port, any_port), ExchangeRules::default(), script)
}

/// The same on given addresses: of market data, and of orders.
///
/// # Panics
/// When it does not start.
pub fn start_at(
    market: Generated,
    symbols: &[&str],
    addresses: (SocketAddr, SocketAddr),
) -> RunningVenue {
    start_with(market, symbols, addresses, ExchangeRules::default(), Vec::new())
}

fn start_with(
    market: Generated,
    symbols: &[&str],
    (data_listen, fix_listen): (SocketAddr, SocketAddr),
    rules: ExchangeRules,
    script: Vec<ScriptEntry>,
) -> RunningVenue {
    RunningVenue::start(VenuePlan {
        market: MarketPlan::Generated(GeneratedConfig {
            seed: market.seed,
            rate: market.rate,
            symbols: symbols.iter().map(|symbol| (*symbol).to_owned()).collect(),
            ..GeneratedConfig::default()
        }),
        data_listen,
        fix_listen,
        drop_copy: None,
        flags: ["--feed-port", "--fix-port"],
        key: KEY.to_owned(),
        dataset: "GLBX.MDP3".to_owned(),
        comp_ids: (VENUE.to_owned(), NODE.to_owned()),
        pace: Pace::Real { speed: market.speed },
        clock: MarketClock::FirstClient,
        rules,
        script,
        store: None,
        wait: WaitStrategy::Park,
    })
    .unwrap_or_else(|error| panic!("the venue does not start: {error}"))
}
