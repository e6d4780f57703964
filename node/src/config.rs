//! Configuration: read once, checked whole, hashed, and turned into the definitions that open a run.
//!
//! Nothing has a silent default that could let an order through: a limit that is missing or zero is
//! an error here, and would block in the core besides.

mod bot;
mod broker;
mod calendar;
mod cash;
mod contracts;
mod document;
mod drop_copy;
mod exchange;
mod fix;
mod identity;
mod limits;
mod meaning;
pub mod page;
mod paper;
pub mod reference;
mod secrets;
pub mod series;
mod venue;
mod venue_session;
mod volatility;
mod watch;

pub use bot::{BotConfig, SizingConfig};
pub use broker::{BrokerConfig, ReconcileChoice};
pub use calendar::CalendarConfig;
pub use cash::CashChoice;
pub use drop_copy::DropCopyConfig;
pub use exchange::ScriptConfig;
pub use fix::{FixConfig, ProfileChoice};
use gauntlet_feeds::HISTORY_HOURS_MAX;
use gauntlet_model::desk::Desks;
use gauntlet_model::ids::{
    ACCOUNTS_MAX, AccountId, BOTS_MAX, BotId, INSTRUMENTS_MAX, InstrumentId,
};
use gauntlet_model::input::{
    AccountDefinition, AccountWatch, BotDefinition, BotIdentity, BotRoll, BrokerDefinition,
    BrokerTerms, CalendarDay, CashTerms, ContractRule, ContractTerms, CopyTerms,
    InstrumentDefinition, RiskLimits, Route, RuleText, Stage,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_runtime::layout::{Layout, allowed_cores};
pub use limits::LimitsConfig;
pub use meaning::Meaning;
pub use paper::{PaperConfig, QueueChoice};
use serde::{Deserialize, Serialize};
pub use series::{AtContractEnd, Followed, Standing};
use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use thiserror::Error;
pub use venue::{VenueClock, VenueConfig, VenueHours};

/// The embedded default of `gauntlet demo`.
pub const DEMO: &str = include_str!("../config/demo.toml");

/// The demo on one contract of each product, for tests that are about contracts.
#[cfg(test)]
pub(crate) static DEMO_OF_CONTRACTS: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    let contracts = [("ES", "ESZ6"), ("NQ", "NQZ6"), ("CL", "CLF7"), ("GC", "GCG7")];
    contracts.iter().fold(DEMO.to_owned(), |text, (product, contract)| {
        text.replace(&format!("\"{product}\""), &format!("\"{contract}\""))
    })
});

/// What is wrong with a configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The text is not a configuration.
    #[error("{origin}: {message}")]
    Invalid {
        /// The file, or the name of an embedded one.
        origin: String,
        /// What is wrong, where, and what to do.
        message: String,
    },
}

/// The whole configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Threads and clock.
    #[serde(default)]
    pub node: NodeConfig,
    /// The journal.
    #[serde(default)]
    pub journal: JournalSettings,
    /// The status page and API.
    #[serde(default)]
    pub http: HttpConfig,
    /// Where market data comes from.
    pub feed: FeedConfig,
    /// Where orders go: `[broker]`, or a `[[broker]]` with a name for each.
    #[serde(rename = "broker", with = "broker::one_or_many")]
    pub brokers: Vec<BrokerConfig>,
    /// The limits of the platform.
    #[serde(default)]
    pub risk: LimitsConfig,
    /// The accounts.
    #[serde(rename = "account")]
    pub accounts: Vec<AccountConfig>,
    /// The instruments.
    #[serde(rename = "instrument")]
    pub instruments: Vec<InstrumentConfig>,
    /// The bots.
    #[serde(rename = "bot", default)]
    pub bots: Vec<BotConfig>,
    /// Days that end otherwise than the calendars know.
    #[serde(default)]
    pub calendar: CalendarConfig,
    /// The simulated venue that `gauntlet venue` and `gauntlet demo` put at the other side.
    #[serde(default)]
    pub venue: VenueConfig,
    /// How the simulator in the node fills.
    #[serde(default)]
    pub paper: PaperConfig,
    /// The years of contracts, by symbol, where the file says more of them than the exchange's
    /// symbols do.
    #[serde(skip)]
    pub years: BTreeMap<String, u16>,
    /// The day by which the front contract of a product is found where no journal tells a later one; the
    /// wall clock's where nothing else is said.
    #[serde(skip)]
    pub day: Option<UnixNanos>,
}

/// Threads and clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Which stage runs on which thread.
    pub layout: LayoutChoice,
    /// What an idle hot thread does.
    pub wait: WaitStrategy,
    /// Cores for the hot threads, in the order ingest, fusion, risk, orders; none pins nothing.
    pub pin: Vec<usize>,
    /// What drives the stream's time.
    pub clock: ClockChoice,
}

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            layout: LayoutChoice::Auto,
            wait: WaitStrategy::Park,
            pin: Vec::new(),
            clock: ClockChoice::Realtime,
        }
    }
}

/// Which layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum LayoutChoice {
    /// By the number of cores.
    Auto,
    /// See [`Layout::Shared`].
    Shared,
    /// See [`Layout::Dedicated`].
    Dedicated,
}

impl TryFrom<String> for LayoutChoice {
    type Error = String;

    fn try_from(name: String) -> Result<LayoutChoice, String> {
        match name.as_str() {
            "auto" => Ok(LayoutChoice::Auto),
            "shared" => Ok(LayoutChoice::Shared),
            "dedicated" => Ok(LayoutChoice::Dedicated),
            "invoker" => {
                Err("layout \"invoker\" is for programs that call a node by hand and has no \
                              threads of its own: use \"auto\", \"shared\" or \"dedicated\""
                    .to_owned())
            }
            other => {
                Err(format!("unknown layout {other:?}: use \"auto\", \"shared\" or \"dedicated\""))
            }
        }
    }
}

impl LayoutChoice {
    /// The layout on this machine.
    pub fn resolve(self) -> Layout {
        match self {
            LayoutChoice::Auto => Layout::for_cores(allowed_cores().len()),
            LayoutChoice::Shared => Layout::Shared,
            LayoutChoice::Dedicated => Layout::Dedicated,
        }
    }
}

/// What drives the stream's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockChoice {
    /// The wall clock.
    Realtime,
    /// The timestamps of the market data: replays, and markets faster than life.
    Data,
}

/// The journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalSettings {
    /// Size of a segment in MiB.
    pub segment_mib: u32,
    /// Longest time between two commits to the disk, in milliseconds.
    pub commit_ms: u32,
}

impl Default for JournalSettings {
    fn default() -> Self {
        JournalSettings { segment_mib: 64, commit_ms: 5 }
    }
}

/// The status page and API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether it may listen on an address that other machines reach. There is no authentication
    /// yet, so whoever reaches the page sees everything.
    pub allow_remote: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        HttpConfig { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), allow_remote: false }
    }
}

/// Where market data comes from: a Databento live gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// `host:port` of the gateway.
    pub address: String,
    /// The dataset, such as `GLBX.MDP3`.
    pub dataset: String,
    /// The key; in `gauntlet run`, `DATABENTO_API_KEY` in the environment goes before it. Never
    /// hashed or shown.
    #[serde(default, skip_serializing)]
    pub key: String,
    /// The schema: `mbo`, `mbp-1`, `mbp-10`, `tbbo` or `trades`.
    pub schema: String,
    /// How often the gateway is to say that it is alive when it has nothing else to say. A line
    /// that is silent for twice as long is given up.
    #[serde(default = "default_feed_heartbeat")]
    pub heartbeat_seconds: u32,
    /// How many hours of one-minute bars from before the start warm the bots up, 0 to 24. With any at
    /// all, the minutes of an outage are asked for too.
    #[serde(default = "default_history_hours")]
    pub history_hours: u32,
}

fn default_history_hours() -> u32 {
    HISTORY_HOURS_MAX
}

fn default_feed_heartbeat() -> u32 {
    5
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// The broker's name of it (tag 1).
    pub name: String,
    /// See [`AccountDefinition::max_position`].
    pub max_position: u32,
    /// See [`AccountDefinition::messages_per_second`].
    pub messages_per_second: u32,
    /// See [`AccountDefinition::cancel_headroom`].
    pub cancel_headroom: u32,
    /// The name of its broker; the first of the configuration unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<String>,
    /// Its layer of limits.
    #[serde(default, skip_serializing_if = "LimitsConfig::is_empty")]
    pub limits: LimitsConfig,
    /// See [`RiskLimits::equity`], in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity: Option<u64>,
    /// See [`RiskLimits::commission`], in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<f64>,
    /// See [`AccountWatch::refused_orders`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_refused_orders: Option<u32>,
    /// See [`AccountWatch::refused_changes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_refused_changes: Option<u32>,
    /// See [`AccountWatch::refused_per_minute`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_refused_per_minute: Option<u32>,
    /// See [`AccountWatch::messages_per_fill`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_messages_per_fill: Option<u32>,
    /// See [`AccountWatch::messages_from`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_from: Option<u32>,
    /// What a difference between its cash and the broker's word on it brings about.
    #[serde(default)]
    pub cash: CashChoice,
    /// Its balance when its journal began, in dollars; what the broker says first unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_start: Option<f64>,
    /// By how many dollars the two may differ.
    #[serde(default = "cash::default_tolerance")]
    pub cash_tolerance: f64,
}

/// An instrument.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    /// The contract in any form that [`Symbol::parse`] reads, kept as the exchange's symbol, such as
    /// `ESH4`. Tick and multiplier come from the table of products.
    pub symbol: String,
    /// See [`InstrumentLimits::max_order_qty`](gauntlet_model::input::InstrumentLimits::max_order_qty).
    pub max_order_qty: u32,
    /// See [`InstrumentLimits::max_position`](gauntlet_model::input::InstrumentLimits::max_position).
    pub max_position: u32,
    /// See [`InstrumentLimits::collar_ticks`](gauntlet_model::input::InstrumentLimits::collar_ticks).
    pub collar_ticks: u32,
    /// See [`InstrumentLimits::stale_after_ms`](gauntlet_model::input::InstrumentLimits::stale_after_ms).
    pub stale_after_ms: u32,
    /// See [`ContractRule::no_opening_days`]; its product's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_opening_days: Option<u8>,
    /// See [`ContractRule::out_days`]; one unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_days: Option<u8>,
    /// See [`ContractRule::warn_days`]; five unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_days: Option<u8>,
    /// See [`ContractTerms::initial_margin`], in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_margin: Option<u64>,
    /// See [`ContractTerms::fee`], in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<f64>,
    /// See [`ContractTerms::protection_ticks`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection_ticks: Option<u32>,
    /// See [`ContractTerms::volatility_reference`], in ticks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatility_reference: Option<f64>,
    /// See [`ContractTerms::volatility_percent`]; 200 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatility_percent: Option<u32>,
    /// See [`ContractTerms::volatility_minutes`]; 30 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatility_minutes: Option<u32>,
}

/// The caps of contracts by stage, from `MAX_CONTRACTS_*` in the environment (R15). LAB has TRIALS'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StageCaps {
    trials: u32,
    paper: u32,
    shadow: u32,
    canary: u32,
    live: u32,
}

impl StageCaps {
    /// Reads the caps through `variable`, which looks a name up in the environment.
    ///
    /// # Errors
    /// A value that is not a number of contracts above zero.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<StageCaps, ConfigError> {
        let cap = |name: &str, default: u32| match variable(name) {
            None => Ok(default),
            Some(text) => text.trim().parse().ok().filter(|cap| *cap > 0).ok_or_else(|| {
                ConfigError::Invalid {
                    origin: format!("environment variable {name}"),
                    message: format!("must be a whole number of contracts above 0, not {text:?}"),
                }
            }),
        };
        Ok(StageCaps {
            trials: cap("MAX_CONTRACTS_TRIALS", 10)?,
            paper: cap("MAX_CONTRACTS_PAPER", 20)?,
            shadow: cap("MAX_CONTRACTS_SHADOW", 30)?,
            canary: cap("MAX_CONTRACTS_CANARY", 50)?,
            live: cap("MAX_CONTRACTS_LIVE", 100)?,
        })
    }

    /// The cap of a stage.
    pub fn of(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Lab | Stage::Trials => self.trials,
            Stage::Paper => self.paper,
            Stage::Shadow => self.shadow,
            Stage::Canary => self.canary,
            Stage::Live => self.live,
        }
    }
}

/// The definitions that open a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// Days that end otherwise than the calendars know.
    pub calendar: Vec<CalendarDay>,
    /// Brokers with a name, by route.
    pub brokers: Vec<BrokerDefinition>,
    /// By account: the route to its broker.
    pub routes: Vec<Route>,
    /// The desks that are open.
    pub desks: Desks,
    /// What each broker is asked.
    pub broker_terms: Vec<BrokerTerms>,
    /// What of each account's messages is watched.
    pub watches: Vec<AccountWatch>,
    /// What hangs on the drop copy of each that has one.
    pub copy_terms: Vec<CopyTerms>,
    /// How the cash of each account is compared.
    pub cash_terms: Vec<CashTerms>,
    /// What decides the orders of each bot, and who answers for it.
    pub identities: Vec<BotIdentity>,
    /// Instruments, by id.
    pub instruments: Vec<InstrumentDefinition>,
    /// How near to its end each configured one may be traded.
    pub contract_rules: Vec<ContractRule>,
    /// Accounts, by id.
    pub accounts: Vec<AccountDefinition>,
    /// The bots' own rules in parts, by id.
    pub rules: Vec<RuleText>,
    /// Bots, by id.
    pub bots: Vec<BotDefinition>,
    /// Bots that go on in another contract.
    pub rolls: Vec<BotRoll>,
    /// The instruments that market data is asked for.
    pub subscribed: Vec<InstrumentId>,
    /// The products whose contracts are followed one after the other.
    pub followed: Vec<Followed>,
    /// Where the journal has the bots, and what day it is.
    pub standing: Standing,
    /// Whose bots are, where the configuration says so.
    pub owners: Vec<(String, BotId)>,
    /// The layers of limits, the platform's first.
    pub limits: Vec<RiskLimits>,
    /// What contracts cost, where anything is said of it.
    pub terms: Vec<ContractTerms>,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// That it cannot be read, or what is wrong with it and where.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Config::read(&text, &path.display().to_string(), folder)
    }

    /// Reads a configuration from text; `origin` names it in errors. The files that it names are
    /// relative to the working folder.
    ///
    /// # Errors
    /// What is wrong with it and where.
    pub fn parse(text: &str, origin: &str) -> Result<Config, ConfigError> {
        Config::read(text, origin, Path::new(""))
    }

    fn read(text: &str, origin: &str, folder: &Path) -> Result<Config, ConfigError> {
        let invalid = |message: String| ConfigError::Invalid { origin: origin.to_owned(), message };
        document::check(text).map_err(|fault| invalid(at_line(text, fault.at, &fault.message)))?;
        let mut config: Config =
            toml::from_str(text).map_err(|error| invalid(place_and(&error, text)))?;
        for index in 0..config.instruments.len() {
            let name = config.instruments[index].symbol.clone();
            let noted = config.note_instrument(&name).map_err(invalid)?;
            // Its limits are those of the product's contracts, whichever is the front one.
            let product = contracts::series_of(&noted).map(|(product, _)| product.code.to_owned());
            config.instruments[index].symbol = product.unwrap_or(noted);
        }
        for index in 0..config.bots.len() {
            config.bots[index].read_rules(folder).map_err(invalid)?;
            let name = config.bots[index].instrument.clone();
            config.bots[index].instrument = config.note_instrument(&name).map_err(invalid)?;
        }
        config.read_lists().map_err(invalid)?;
        if let Some(loose) = config.loose_limit() {
            return Err(invalid(loose.in_file(text).to_string()));
        }
        config.check().map_err(invalid)?;
        Ok(config)
    }

    /// What is wrong with a configuration that was not read but made.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        reference::check_ranges(&serde_json::to_value(self).map_err(|error| error.to_string())?)?;
        unique("account", self.accounts.iter().map(|a| &a.name), ACCOUNTS_MAX, 24)?;
        unique("instrument", self.instruments.iter().map(|i| &i.symbol), INSTRUMENTS_MAX, 24)?;
        unique("bot", self.bots.iter().map(|b| &b.name), BOTS_MAX, 32)?;
        for a in &self.accounts {
            if a.cancel_headroom >= a.messages_per_second {
                return Err(format!(
                    "account {:?}: cancel_headroom {} leaves nothing of messages_per_second {} \
                     for new orders",
                    a.name, a.cancel_headroom, a.messages_per_second
                ));
            }
        }
        self.check_instruments()?;
        for b in &self.bots {
            if !self.accounts.iter().any(|a| a.name == b.account) {
                return Err(format!("bot {:?}: there is no account {:?}", b.name, b.account));
            }
            let entry = series::entry_of(&b.instrument);
            if !self.instruments.iter().any(|i| i.symbol == entry) {
                return Err(format!("bot {:?}: there is no instrument {entry:?}", b.name));
            }
            b.check_contract_end()?;
            b.check_runs()?;
        }
        if self.feed.schema.parse::<dbn::Schema>().is_err() {
            return Err(format!(
                "feed.schema {:?} is not a DBN schema: use mbo, mbp-1, mbp-10, tbbo or trades",
                self.feed.schema
            ));
        }
        broker::check(&self.brokers, &self.accounts)?;
        broker::check_stops(self)?;
        self.calendar.days().map_err(|error| error.to_string())?;
        self.paper.terms()?;
        self.check_limits()
    }

    /// What is valid but was hardly meant, in words.
    pub fn warnings(&self) -> Vec<String> {
        let of_bots = self.bots.iter().flat_map(BotConfig::warnings);
        let of_brokers = self.brokers.iter().filter_map(BrokerConfig::warning);
        of_bots.chain(of_brokers).chain(self.unchecked_margins()).collect()
    }

    /// SHA-256 of what it means ([`Meaning`]): everything that may change a decision or its route, and
    /// nothing else. Stage caps from the environment are part of it.
    pub fn hash(&self, caps: &StageCaps) -> [u8; 32] {
        self.meaning(caps).hash()
    }

    fn define_accounts(&self, defined: &mut Definitions) {
        for config in &self.accounts {
            let name = Text::new(&config.name);
            let index = place(&defined.accounts, |a| a.name == name);
            upsert(
                &mut defined.accounts,
                index,
                AccountDefinition {
                    account: AccountId(index as u16),
                    name,
                    max_position: config.max_position,
                    messages_per_second: config.messages_per_second,
                    cancel_headroom: config.cancel_headroom,
                },
            );
        }
        let cash = self.accounts.iter().map(|config| {
            let account = place(&defined.accounts, |a| a.name.as_str() == config.name);
            config.cash_terms(AccountId(account as u16))
        });
        defined.cash_terms = cash.collect();
    }

    /// The definitions, with the ids that `known` already gave to names, so that a journal's ids
    /// never change their meaning. What is known but not configured any more is disabled.
    ///
    /// # Errors
    /// When the tables would be larger than they may be.
    pub fn definitions(
        &self,
        caps: &StageCaps,
        known: &Definitions,
    ) -> Result<Definitions, ConfigError> {
        let mut defined = known.clone();
        defined.rules.clear();
        defined.forget_series();
        // One that was made and not read was not checked: a closed day must not be lost.
        defined.calendar = self.calendar.days().map_err(|error| ConfigError::Invalid {
            origin: "configuration".to_owned(),
            message: error.to_string(),
        })?;
        broker::define(&self.brokers, &mut defined.brokers)?;
        let routed = self.brokers.iter().filter_map(|b| Some(b.terms(defined.route_of(&b.name)?)));
        defined.broker_terms = routed.collect();
        let copied = self.brokers.iter().filter_map(|b| b.copy_terms(defined.route_of(&b.name)?));
        defined.copy_terms = copied.collect();
        for bot in &mut defined.bots {
            bot.enabled = false;
        }
        defined.owners.clear();
        self.define_accounts(&mut defined);
        let routes = defined.accounts.iter().map(|of| self.broker_of(of.name.as_str(), &defined));
        defined.routes = routes.collect();
        self.define_instruments(&mut defined);
        for config in &self.bots {
            let name = Text::new(&config.name);
            let index = place(&defined.bots, |b| b.name == name);
            let account = place(&defined.accounts, |a| a.name.as_str() == config.account);
            let id = BotId(index as u16);
            let (account, instrument) =
                (AccountId(account as u16), self.stand(config, id, &mut defined));
            let broker = self.broker_of(&config.account, &defined);
            defined.owners.extend(config.owner.iter().map(|owner| (owner.clone(), id)));
            let definition = config.definition(id, account, instrument, caps);
            upsert(&mut defined.bots, index, BotDefinition { broker, ..definition });
            defined.rules.extend(config.rule_parts(id));
        }
        defined.watches = self.watches(&defined);
        defined.identities = self.identities(&defined);
        defined.limits = self.layers(&defined);
        defined.terms = self.terms(&defined);
        let sizes = [
            ("accounts", defined.accounts.len(), ACCOUNTS_MAX),
            ("instruments", defined.instruments.len(), INSTRUMENTS_MAX),
            ("bots", defined.bots.len(), BOTS_MAX),
        ];
        match sizes.iter().find(|(_, len, max)| len > max) {
            None => Ok(defined),
            Some((what, len, max)) => Err(ConfigError::Invalid {
                origin: "configuration with this journal".to_owned(),
                message: format!(
                    "{len} {what} with those that the journal knows already, and {max} is the \
                     most: begin a new data directory"
                ),
            }),
        }
    }
}

impl Config {
    /// The route to the broker of an account.
    fn broker_of(&self, account: &str, defined: &Definitions) -> Route {
        let account = self.accounts.iter().find(|known| known.name == account);
        let name = account.and_then(|account| self.broker_name(account));
        name.and_then(|name| defined.route_of(name)).unwrap_or(Route::BROKER)
    }

    /// The name of the broker of an account: its own, or that of the first.
    fn broker_name<'a>(&'a self, account: &'a AccountConfig) -> Option<&'a str> {
        let first = || self.brokers.first().map(|broker| broker.name.as_str());
        account.broker.as_deref().or_else(first)
    }
}

impl Definitions {
    /// The route to the broker of an account.
    pub fn route_of_account(&self, account: AccountId) -> Route {
        self.routes.get(usize::from(account.0)).copied().unwrap_or(Route::BROKER)
    }

    /// The route to a broker of the configuration; that of the only one has no definition.
    pub fn route_of(&self, broker: &str) -> Option<Route> {
        let known = self.brokers.iter().find(|known| known.name.as_str() == broker);
        let only = broker.is_empty().then_some(Route::BROKER);
        known.map(|known| known.route).or(only)
    }
}

/// What is wrong and where, without the line itself: a secret may be in it.
fn place_and(error: &toml::de::Error, text: &str) -> String {
    match error.span() {
        Some(span) => at_line(text, span.start, error.message()),
        None => error.message().to_owned(),
    }
}

/// A message with the number of the line that a place in bytes is on.
fn at_line(text: &str, at: usize, message: &str) -> String {
    match text.get(..at) {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message.to_owned(),
    }
}

fn unique<'a>(
    what: &str,
    names: impl Iterator<Item = &'a String>,
    max: usize,
    len_max: usize,
) -> Result<(), String> {
    let mut seen = HashSet::new();
    for name in names {
        let plain = name.bytes().all(|b| b.is_ascii_graphic());
        if name.is_empty() || name.len() > len_max || !plain {
            return Err(format!(
                "{what} {name:?}: a name has 1 to {len_max} printable characters and no spaces"
            ));
        }
        if !seen.insert(name) {
            return Err(format!("{what} {name:?} is defined twice"));
        }
    }
    if seen.len() > max {
        return Err(format!("{} {what}s are defined, and {max} is the most", seen.len()));
    }
    Ok(())
}

/// Where an entry is, or where a new one goes.
fn place<T>(table: &[T], is: impl FnMut(&T) -> bool) -> usize {
    table.iter().position(is).unwrap_or(table.len())
}

fn upsert<T>(table: &mut Vec<T>, index: usize, entry: T) {
    match table.get_mut(index) {
        Some(old) => *old = entry,
        None => table.push(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::SessionMode;

    fn caps() -> StageCaps {
        StageCaps::read(|_| None).expect("defaults")
    }

    /// The demo with something changed in its second bot, which has rules of its own.
    fn of_second_bot(from: &str, to: &str) -> String {
        let at = DEMO.find("\"es-reversion\"").expect("a second bot");
        let (before, after) = DEMO.split_at(at);
        format!("{before}{}", after.replacen(from, to, 1))
    }

    fn error_of(text: &str) -> String {
        Config::parse(text, "test.toml").expect_err("is wrong").to_string()
    }

    #[test]
    fn the_embedded_demo_is_valid() {
        let config = Config::parse(DEMO, "demo").expect("valid");
        let defined = config.definitions(&caps(), &Definitions::default()).expect("fits");
        assert_eq!(defined.bots.len(), config.bots.len());
        assert!(defined.bots.iter().all(|b| b.stage_cap > 0 && b.enabled));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = error_of(&DEMO.replace("wait = \"park\"", "weight = \"park\""));
        assert!(error.contains("weight") && error.contains("line"), "{error}");
    }

    #[test]
    fn a_wrong_line_with_a_secret_is_named_and_not_shown() {
        for wrong in ["keys = \"db-HIDDEN\"", "key = \"db-HIDDEN", "key \"db-HIDDEN\""] {
            let line = DEMO.lines().find(|line| line.starts_with("key =")).expect("a key");
            let error = error_of(&DEMO.replace(line, wrong));
            assert!(error.contains("line 15") && !error.contains("HIDDEN"), "{error}");
        }
    }

    #[test]
    fn a_missing_limit_and_a_zero_limit_are_named() {
        let error = error_of(&DEMO.replacen("collar_ticks = 40\n", "", 1));
        assert!(error.contains("collar_ticks"), "{error}");
        let error = error_of(&DEMO.replacen("collar_ticks = 40", "collar_ticks = 0", 1));
        assert!(error.contains("collar_ticks is 0") && error.contains("\"ES\""), "{error}");
        let error = error_of(&of_second_bot("stop_loss = \"16 ticks\"\n", ""));
        assert!(error.contains("no stop_loss") && error.contains("es-reversion"), "{error}");
        let error = error_of(&DEMO.replacen("\"16 ticks\"", "\"16 feet\"", 1));
        assert!(error.contains("es-orb") && error.contains("16 feet"), "{error}");
    }

    #[test]
    fn a_bot_must_name_what_exists() {
        let error = error_of(&DEMO.replacen("account = \"DEMO\"", "account = \"NONE\"", 1));
        assert!(error.contains("no account \"NONE\""), "{error}");
        let error = error_of(&DEMO.replacen("minutes = 5", "hours = 5", 1));
        assert!(error.contains("hours") && error.contains("minutes"), "{error}");
        let error = error_of(&DEMO.replacen("symbol = \"ES\"", "symbol = \"XXZ6\"", 1));
        assert!(error.contains("XXZ6"), "{error}");
        let error = error_of(&DEMO.replacen("\"mbp-1\"", "\"mpb-1\"", 1));
        assert!(error.contains("mpb-1") && error.contains("tbbo"), "{error}");
    }

    #[test]
    fn the_hash_follows_what_decides_and_nothing_else() {
        let hash = |text: &str| Config::parse(text, "t").expect("valid").hash(&caps());
        let demo = hash(DEMO);
        assert_eq!(demo, hash(&DEMO.replace("wait = \"park\"", "wait = \"yield\"")));
        assert_eq!(demo, hash(&DEMO.replace("db-GAUNTLET", "db-SECRET")));
        assert_ne!(demo, hash(&DEMO.replacen("collar_ticks = 40", "collar_ticks = 41", 1)));
        let caps = StageCaps::read(|n| (n == "MAX_CONTRACTS_LIVE").then(|| "7".into()));
        let config = Config::parse(DEMO, "t").expect("valid");
        assert_ne!(demo, config.hash(&caps.expect("valid")));
    }

    /// The demo with a second broker, and its account there.
    fn two_brokers() -> String {
        let (head, rest) = DEMO.split_once("[broker]").expect("a broker");
        let (broker, rest) = rest.split_once("[[account]]").expect("an account");
        let other = broker.replace("13101", "13102");
        let account = "\nbroker = \"second\"";
        format!(
            "{head}[[broker]]\nname = \"first\"{broker}[[broker]]\nname = \"second\"{other}\
             [[account]]{account}{rest}"
        )
    }

    #[test]
    fn one_broker_needs_no_name_and_is_hashed_as_ever() {
        let demo = Config::parse(DEMO, "t").expect("valid");
        let listed = Config::parse(&DEMO.replace("[broker]", "[[broker]]"), "t").expect("valid");
        assert_eq!(demo.hash(&caps()), listed.hash(&caps()));
        let written =
            serde_json::to_value(broker::OneOrMany::of(&demo.brokers)).expect("plain data");
        assert!(written.is_object() && written.get("name").is_none(), "{written}");
        let defined = demo.definitions(&caps(), &Definitions::default()).expect("fits");
        assert_eq!(defined.brokers, []);
        assert!(defined.bots.iter().all(|bot| bot.broker == Route::BROKER));
    }

    #[test]
    fn accounts_say_which_broker_and_names_keep_their_routes() {
        let config = Config::parse(&two_brokers(), "t").expect("valid");
        let defined = config.definitions(&caps(), &Definitions::default()).expect("fits");
        let second = Route::broker(1).expect("there can be two");
        let routes: Vec<Route> = defined.brokers.iter().map(|known| known.route).collect();
        assert_eq!(routes, [Route::BROKER, second]);
        assert!(defined.bots.iter().all(|bot| bot.broker == second));
        // The other way round in the file: the names are what counts.
        let mut turned = config.clone();
        turned.brokers.reverse();
        let again = turned.definitions(&caps(), &defined).expect("fits");
        assert_eq!((again.brokers, again.bots[0].broker), (defined.brokers, second));
    }

    #[test]
    fn brokers_that_cannot_be_told_apart_are_refused() {
        let two = two_brokers();
        for (from, to, what) in [
            ("\"second\"\nname", "\"third\"\nname", "no broker \"third\""),
            ("13102", "13101", "same address"),
            ("name = \"second\"\n", "name = \"first\"\n", "twice"),
            ("name = \"first\"\n", "", "a name has 1 to 24"),
            ("name = \"first\"\n", "name = \"paper\"\n", "simulated route"),
            ("name = \"first\"\n", "name = \"SECOND\"\n", "FIX_PASSWORD_SECOND"),
            ("name = \"first\"\n", "name = \"first\"\nnome = 1\n", "nome"),
        ] {
            assert!(two.contains(from), "{from}");
            let error = error_of(&two.replacen(from, to, 1));
            assert!(error.contains(what), "{what}: {error}");
        }
    }

    #[test]
    fn each_of_several_brokers_has_a_password_of_its_own() {
        let config = Config::parse(&two_brokers(), "t").expect("valid");
        let config = config.with_secrets(|name| Some(format!("env {name}")));
        let passwords: Vec<&str> = config.brokers.iter().map(|b| b.password.as_str()).collect();
        assert_eq!(passwords, ["env FIX_PASSWORD_FIRST", "env FIX_PASSWORD_SECOND"]);
    }

    #[test]
    fn symbols_and_sessions_are_read_by_their_aliases_and_kept_by_their_names() {
        let contract = gauntlet_model::instrument::contract("ESZ6", contracts::near_year())
            .expect("a contract");
        let aliased = DEMO_OF_CONTRACTS
            .replace("\"ESZ6\"", &format!("\"/ESZ{:02}\"", contract.year % 100))
            .replace("session = \"RTH_US\"", "session = \"regular\"");
        let (read, demo) = (Config::parse(&aliased, "t"), Config::parse(&DEMO_OF_CONTRACTS, "t"));
        let (read, demo) = (read.expect("valid"), demo.expect("valid"));
        assert_eq!(read.instruments[0].symbol, "ESZ6");
        assert_eq!(read.hash(&caps()), demo.hash(&caps()));
        assert_eq!(read.warnings(), Vec::<String>::new());
    }

    #[test]
    fn a_year_that_the_exchanges_symbol_cannot_tell_is_refused() {
        for far in ["ESZ36", "ESZ2036"] {
            let year = contracts::near_year() + 20;
            let text = far.replace("36", &(year % 100).to_string());
            let error = error_of(&DEMO_OF_CONTRACTS.replace("\"ESZ6\"", &format!("\"{text}\"")));
            assert!(error.contains("cannot be kept"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_contract_and_no_session_is_refused_with_what_to_write() {
        let error = error_of(&DEMO.replace("\"ES\"", "\"ES.c.1\""));
        assert!(error.contains("front contract"), "{error}");
        let error = error_of(&DEMO_OF_CONTRACTS.replace("\"ESZ6\"", "\"ESF6\""));
        assert!(error.contains("HMUZ"), "{error}");
        let error = error_of(&DEMO.replacen("\"RTH_US\"", "\"RTHX\"", 1));
        assert!(error.contains("FULL_24x5") && error.contains("RTH_PRODUCT"), "{error}");
    }

    #[test]
    fn a_bot_without_a_session_gets_the_fewest_hours_and_a_warning() {
        let config = Config::parse(&of_second_bot("session = \"RTH_US\"\n", ""), "t");
        let config = config.expect("valid");
        let [warning] = &config.warnings()[..] else { panic!("one warning") };
        assert!(warning.contains("RTH_US") && warning.contains("session"), "{warning}");
        let defined = config.definitions(&caps(), &Definitions::default()).expect("fits");
        assert_eq!(defined.bots[1].session, SessionMode::RthUs);
    }

    #[test]
    fn stage_caps_must_be_numbers_above_zero() {
        for bad in ["0", "-1", "ten", ""] {
            assert!(StageCaps::read(|_| Some(bad.to_owned())).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_keep_their_ids_and_what_is_gone_is_disabled() {
        let before = Config::parse(DEMO, "t").expect("valid");
        let known = before.definitions(&caps(), &Definitions::default()).expect("fits");
        let mut after = before.clone();
        let gone = after.bots.remove(0);
        let defined = after.definitions(&caps(), &known).expect("fits");
        assert_eq!(defined.bots.len(), known.bots.len());
        assert_eq!(defined.bots[0].name.as_str(), gone.name);
        assert!(!defined.bots[0].enabled);
        // A parameter that is left out is NaN, which is not equal to itself.
        let text = |bots: &[BotDefinition]| format!("{bots:?}");
        assert_eq!(text(&defined.bots[1..]), text(&known.bots[1..]));
    }
}
