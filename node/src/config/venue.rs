//! The simulated venue that plays the other side of a configuration: the market behind its feed and
//! the exchange behind its broker.

use super::BrokerConfig;
use super::exchange::{FeeConfig, LatencyConfig, ScriptConfig, fees, script};
use super::venue_session::VenueSessionConfig;
use gauntlet_model::order::Capabilities;
use gauntlet_venue::agent::MarketClock;
use gauntlet_venue::generated::Hours;
use gauntlet_venue::order_entry::ExchangeRules;
use gauntlet_venue::script::ScriptEntry;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The simulated venue, for `gauntlet venue` and `gauntlet demo`; nothing else reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueConfig {
    /// What drives the market's time; by the node's clock unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<VenueClock>,
    /// When the market is open; by its clock unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<VenueHours>,
    /// Market seconds in a second; the command's own unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// Seed of the market: the same seed makes the same market.
    pub seed: u64,
    /// Messages a market second for an instrument as active as ES.
    pub rate: f64,
    /// Contracts of each product listed beside the one that expires next, at least.
    pub later_contracts: u8,
    /// Whether all orders are cancelled when the connection of their client ends, or none; those that the
    /// configuration says of its broker unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_on_disconnect: Option<bool>,
    /// Whether orders of one account do not trade with each other.
    pub self_match_by_account: bool,
    /// How far a market order reaches beyond the best price, and a stop order beyond its trigger.
    pub protection_ticks: u16,
    /// The folder in which it keeps its orders, fills and session, so that it goes on with them after any end;
    /// without it a venue begins anew every time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<PathBuf>,
    /// How long messages take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyConfig>,
    /// How its FIX session behaves.
    #[serde(skip_serializing_if = "VenueSessionConfig::is_default")]
    pub session: VenueSessionConfig,
    /// What trading costs.
    #[serde(rename = "fee", skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<FeeConfig>,
    /// What it does wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<ScriptConfig>,
}

impl VenueConfig {
    /// How it treats orders, as what the configuration calls `broker`.
    ///
    /// # Errors
    /// What is wrong with its latency or its session, or with what the broker keeps.
    pub fn rules(&self, broker: &BrokerConfig) -> Result<ExchangeRules, String> {
        let latency = self.latency.as_ref().map(|latency| latency.model("venue", self.seed));
        Ok(ExchangeRules {
            cancel_on_disconnect: match self.cancel_on_disconnect {
                Some(true) => Capabilities::ALL,
                Some(false) => Capabilities::NONE,
                None => broker.cancelled()?,
            },
            self_match_by_account: self.self_match_by_account,
            fees: fees(&self.fees),
            latency: latency.transpose()?.unwrap_or_default(),
            session: self.session.profile(self.seed)?,
        })
    }

    /// What it does wrong.
    ///
    /// # Errors
    /// The first entry that is wrong.
    pub fn script(&self) -> Result<Vec<ScriptEntry>, String> {
        script(&self.script)
    }
}

impl Default for VenueConfig {
    fn default() -> VenueConfig {
        VenueConfig {
            clock: None,
            hours: None,
            speed: None,
            seed: 1,
            rate: 40.0,
            later_contracts: 1,
            cancel_on_disconnect: None,
            self_match_by_account: false,
            protection_ticks: 20,
            store: None,
            latency: None,
            session: VenueSessionConfig::default(),
            fees: Vec::new(),
            script: Vec::new(),
        }
    }
}

/// What drives a simulated market's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum VenueClock {
    /// Its own, which starts with the first client of market data.
    FirstClient,
    /// Its own, which starts with the venue.
    Own,
    /// The wall clock: today's date, at life's speed.
    Wall,
}

impl VenueClock {
    /// As the venue knows it.
    pub fn of_market(self) -> MarketClock {
        match self {
            VenueClock::FirstClient => MarketClock::FirstClient,
            VenueClock::Own => MarketClock::Own,
            VenueClock::Wall => MarketClock::Wall,
        }
    }
}

/// When a simulated market is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum VenueHours {
    /// New York's day session for all products; nights are passed over.
    Day,
    /// Each product's own sessions.
    Product,
    /// Without a pause.
    Always,
}

impl VenueHours {
    /// As the market knows them.
    pub fn of_market(self) -> Hours {
        match self {
            VenueHours::Day => Hours::DaySession,
            VenueHours::Product => Hours::Product,
            VenueHours::Always => Hours::Always,
        }
    }
}
