//! Limits in layers as the configuration says them: `[risk]` for the platform, `limits` of an account and of a
//! bot. A lower layer only tightens.

use super::{AccountConfig, BotConfig, ClockChoice, Config, Definitions, Meaning};
use gauntlet_engine::risk::EXECUTIONS_MAX;
use gauntlet_model::ids::{AccountId, BotId};
use gauntlet_model::input::{ContractTerms, InstrumentDefinition, RiskLimits, Scope, Stage};
use gauntlet_model::instrument::product_of_code;
use gauntlet_model::units::Money;
use serde::{Deserialize, Serialize};
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const MICRO_DOLLARS: i64 = 1_000_000;

/// The limits of one layer. What is left out it does not say; of the platform's, what is needed has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// See [`RiskLimits::max_order_qty`]; a bot's is a key of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_order_qty: Option<u32>,
    /// See [`RiskLimits::max_position`]; an account's and a bot's are keys of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_position: Option<u32>,
    /// See [`RiskLimits::max_order_value`], in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_order_value: Option<u64>,
    /// See [`RiskLimits::duplicate_window_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_window_ms: Option<u32>,
    /// See [`RiskLimits::max_executions`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_executions: Option<u32>,
    /// See [`RiskLimits::executions_window_ms`], in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executions_window_seconds: Option<u32>,
    /// Contracts and products that may be opened; all of them unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruments: Option<Vec<String>>,
    /// See [`RiskLimits::max_daily_loss`], in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_daily_loss: Option<u64>,
    /// See [`RiskLimits::flat_daily_loss`], in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flat_daily_loss: Option<u64>,
    /// See [`RiskLimits::flat_after_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flat_after_seconds: Option<u32>,
    /// See [`RiskLimits::margin_percent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_percent: Option<u32>,
    /// See [`RiskLimits::max_drawdown`], in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_drawdown: Option<u64>,
}

/// What the platform's layer says where the file does not.
pub(super) const DEFAULTS: LimitsConfig = LimitsConfig {
    max_order_qty: None,
    max_position: None,
    max_order_value: Some(25_000_000),
    duplicate_window_ms: Some(1_000),
    max_executions: Some(EXECUTIONS_MAX as u32),
    executions_window_seconds: Some(60),
    instruments: None,
    max_daily_loss: Some(100_000),
    flat_daily_loss: Some(200_000),
    flat_after_seconds: None,
    margin_percent: Some(100),
    max_drawdown: None,
};

impl LimitsConfig {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == LimitsConfig::default()
    }

    /// These, and what `other` says where they say nothing.
    fn or(&self, other: &LimitsConfig) -> LimitsConfig {
        LimitsConfig {
            max_order_qty: self.max_order_qty.or(other.max_order_qty),
            max_position: self.max_position.or(other.max_position),
            max_order_value: self.max_order_value.or(other.max_order_value),
            duplicate_window_ms: self.duplicate_window_ms.or(other.duplicate_window_ms),
            max_executions: self.max_executions.or(other.max_executions),
            executions_window_seconds: self
                .executions_window_seconds
                .or(other.executions_window_seconds),
            instruments: self.instruments.clone().or_else(|| other.instruments.clone()),
            max_daily_loss: self.max_daily_loss.or(other.max_daily_loss),
            flat_daily_loss: self.flat_daily_loss.or(other.flat_daily_loss),
            flat_after_seconds: self.flat_after_seconds.or(other.flat_after_seconds),
            margin_percent: self.margin_percent.or(other.margin_percent),
            max_drawdown: self.max_drawdown.or(other.max_drawdown),
        }
    }

    /// Each number that it says: its key, its value, and whether a larger one is looser.
    fn numbers(&self) -> impl Iterator<Item = (&'static str, u64, bool)> {
        [
            ("max_order_qty", self.max_order_qty.map(u64::from), true),
            ("max_position", self.max_position.map(u64::from), true),
            ("max_order_value", self.max_order_value, true),
            ("duplicate_window_ms", self.duplicate_window_ms.map(u64::from), false),
            ("max_executions", self.max_executions.map(u64::from), true),
            ("executions_window_seconds", self.executions_window_seconds.map(u64::from), false),
            ("max_daily_loss", self.max_daily_loss, true),
            ("flat_daily_loss", self.flat_daily_loss, true),
            ("flat_after_seconds", self.flat_after_seconds.map(u64::from), true),
            ("margin_percent", self.margin_percent.map(u64::from), true),
            ("max_drawdown", self.max_drawdown, true),
        ]
        .into_iter()
        .filter_map(|(key, value, larger_is_looser)| Some((key, value?, larger_is_looser)))
    }

    /// As the core is told it.
    fn layer(&self, scope: Scope, instruments: &[InstrumentDefinition]) -> RiskLimits {
        RiskLimits {
            max_order_qty: self.max_order_qty.unwrap_or(0),
            max_position: self.max_position.unwrap_or(0),
            max_order_value: whole(self.max_order_value),
            duplicate_window_ms: self.duplicate_window_ms.unwrap_or(0),
            max_executions: self.max_executions.unwrap_or(0),
            executions_window_ms: self.executions_window_seconds.unwrap_or(0).saturating_mul(1_000),
            instruments: self.instruments.as_ref().map_or(u64::MAX, |names| {
                instruments
                    .iter()
                    .filter(|known| names.iter().any(|name| is_named(known, name)))
                    .fold(0, |bits, known| bits | 1 << known.instrument.0)
            }),
            max_daily_loss: whole(self.max_daily_loss),
            flat_daily_loss: whole(self.flat_daily_loss),
            flat_after_seconds: self.flat_after_seconds.unwrap_or(0),
            margin_percent: self.margin_percent.unwrap_or(0),
            max_drawdown: whole(self.max_drawdown),
            ..RiskLimits::none(scope)
        }
    }
}

/// Whole dollars in micro-dollars; nothing for what is not said.
fn whole(dollars: Option<u64>) -> Money {
    let dollars = i64::try_from(dollars.unwrap_or(0)).unwrap_or(i64::MAX);
    Money(dollars.saturating_mul(MICRO_DOLLARS))
}

/// Dollars in micro-dollars, rounded to the nearest.
fn micros(dollars: f64) -> Money {
    Money((dollars * MICRO_DOLLARS as f64).round() as i64)
}

/// Whether a name of a list means an instrument: by its symbol or its product.
fn is_named(known: &InstrumentDefinition, name: &str) -> bool {
    known.symbol.as_str() == name || known.product.as_str() == name
}

/// A layer with its name.
struct Layer {
    table: &'static str,
    name: String,
    /// What the file says.
    limits: LimitsConfig,
}

impl Layer {
    fn platform(config: &Config) -> Layer {
        Layer { table: "risk", name: String::new(), limits: config.risk.or(&DEFAULTS) }
    }

    fn account(account: &AccountConfig) -> Layer {
        let own =
            LimitsConfig { max_position: Some(account.max_position), ..LimitsConfig::default() };
        Layer { table: "account", name: account.name.clone(), limits: own.or(&account.limits) }
    }

    fn bot(bot: &BotConfig) -> Layer {
        let own = LimitsConfig {
            max_position: Some(bot.max_position),
            max_order_qty: Some(bot.max_order_qty),
            ..LimitsConfig::default()
        };
        Layer { table: "bot", name: bot.name.clone(), limits: own.or(&bot.limits) }
    }

    /// The first of its values that is looser than an upper layer's.
    fn looser_than(&self, upper: &Layer) -> Option<Loose> {
        let number = |(key, value, larger_is_looser): (&'static str, u64, bool)| {
            let (_, most, _) = upper.limits.numbers().find(|(upper, ..)| *upper == key)?;
            let is_looser = if larger_is_looser { value > most } else { value < most };
            is_looser.then(|| self.loose(upper, key, &value, &most))
        };
        let listed = || {
            let (own, allowed) =
                (self.limits.instruments.as_ref()?, upper.limits.instruments.as_ref()?);
            let more = own.iter().find(|name| !is_covered(name, allowed))?;
            Some(self.loose(upper, "instruments", more, &allowed.join(", ")))
        };
        self.limits.numbers().find_map(number).or_else(listed)
    }

    fn loose(
        &self,
        upper: &Layer,
        key: &'static str,
        own: &dyn fmt::Display,
        most: &dyn fmt::Display,
    ) -> Loose {
        let place = |layer: &Layer| Place { table: layer.table, name: layer.name.clone(), key };
        Loose {
            lower: place(self),
            upper: place(upper),
            values: (own.to_string(), most.to_string()),
            lines: (None, None),
        }
    }
}

/// Whether a list of contracts and products allows a contract or a product.
fn is_covered(name: &str, allowed: &[String]) -> bool {
    let product = super::contracts::product_of(name).map(|product| product.code);
    allowed.iter().any(|one| one == name || product.is_some_and(|code| code == one))
}

/// Where a limit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    table: &'static str,
    name: String,
    key: &'static str,
}

impl Place {
    /// Its line in a file, from 1; `None` where the file does not say it.
    fn line(&self, text: &str) -> Option<usize> {
        let document = DeTable::parse(text).ok()?;
        let value = document.get_ref().get(self.table)?;
        let table = match value.get_ref() {
            DeValue::Table(table) => table,
            DeValue::Array(all) => all.iter().find_map(|one| match one.get_ref() {
                DeValue::Table(table) if self.is_in(table) => Some(table),
                _ => None,
            })?,
            _ => return None,
        };
        let nested = || match table.get("limits")?.get_ref() {
            DeValue::Table(limits) => limits.get(self.key),
            _ => None,
        };
        let at = table.get(self.key).or_else(nested)?.span().start;
        Some(text.get(..at)?.matches('\n').count() + 1)
    }

    fn is_in(&self, table: &DeTable<'_>) -> bool {
        matches!(table.get("name").map(Spanned::get_ref), Some(DeValue::String(name)) if *name == self.name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.is_empty() {
            true => write!(f, "[{}] {}", self.table, self.key),
            false => write!(f, "{} {:?} {}", self.table, self.name, self.key),
        }
    }
}

/// A limit of a lower layer that is looser than that of an upper one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loose {
    lower: Place,
    upper: Place,
    values: (String, String),
    lines: (Option<usize>, Option<usize>),
}

impl Loose {
    /// The same with the lines of a file.
    pub fn in_file(self, text: &str) -> Loose {
        Loose { lines: (self.lower.line(text), self.upper.line(text)), ..self }
    }
}

impl fmt::Display for Loose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Loose { lower, upper, values: (own, most), lines } = self;
        if let Some(line) = lines.0 {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{lower} {own} is looser than {upper} {most}")?;
        match lines.1 {
            Some(line) => write!(f, " in line {line}")?,
            None if upper.table == "risk" => f.write_str(", the default")?,
            None => {}
        }
        f.write_str(": a lower layer only tightens, so lower the one or raise the other")
    }
}

impl Config {
    /// Reads the contracts of the lists by any of their spellings.
    pub(super) fn read_lists(&mut self) -> Result<(), String> {
        let mut lists: Vec<Option<Vec<String>>> = self.lists().map(std::mem::take).collect();
        for name in lists.iter_mut().flatten().flatten() {
            if product_of_code(name).is_none() {
                let noted = self.note_instrument(name)?;
                *name = super::series::entry_of(&noted).to_owned();
            }
        }
        self.lists().zip(lists).for_each(|(place, list)| *place = list);
        Ok(())
    }

    fn lists(&mut self) -> impl Iterator<Item = &mut Option<Vec<String>>> {
        let accounts = self.accounts.iter_mut().map(|account| &mut account.limits);
        let bots = self.bots.iter_mut().map(|bot| &mut bot.limits);
        let layers = std::iter::once(&mut self.risk).chain(accounts).chain(bots);
        layers.map(|limits| &mut limits.instruments)
    }

    /// The first limit that is looser than a layer above it lets it be.
    pub(super) fn loose_limit(&self) -> Option<Loose> {
        let platform = Layer::platform(self);
        for account in &self.accounts {
            let of_account = Layer::account(account);
            if let Some(loose) = of_account.looser_than(&platform) {
                return Some(loose);
            }
            for bot in self.bots.iter().filter(|bot| bot.account == account.name) {
                let of_bot = Layer::bot(bot);
                let above = [&of_account, &platform];
                if let Some(loose) = above.into_iter().find_map(|upper| of_bot.looser_than(upper)) {
                    return Some(loose);
                }
            }
        }
        None
    }

    /// What is wrong with the layers.
    pub(super) fn check_limits(&self) -> Result<(), String> {
        let layers = self.accounts.iter().map(|account| (&account.name, &account.limits));
        let layers = layers.chain(self.bots.iter().map(|bot| (&bot.name, &bot.limits)));
        let platform = ("[risk]".to_owned(), &self.risk);
        let layers = layers.map(|(name, limits)| (format!("limits of {name:?}"), limits));
        for (whose, limits) in std::iter::once(platform).chain(layers) {
            let known = |name: &&String| {
                let is_product = |symbol: &str| {
                    super::contracts::product_of(symbol)
                        .is_some_and(|product| product.code == name.as_str())
                };
                self.instruments.iter().any(|i| i.symbol == **name || is_product(&i.symbol))
            };
            let unknown = limits.instruments.iter().flatten().find(|name| !known(name));
            if let Some(name) = unknown {
                return Err(format!(
                    "{whose}: instruments: {name:?} is neither a contract nor a product of an \
                     [[instrument]]"
                ));
            }
            for (key, value, _) in limits.numbers() {
                let range = super::reference::LIMITS.iter().find(|known| known.name == key);
                let value = i64::try_from(value).unwrap_or(i64::MAX);
                let fault = range.and_then(|key| key.fault(&super::document::Scalar::Whole(value)));
                if let Some(why) = fault {
                    return Err(format!("{whose}: {why}"));
                }
            }
        }
        if self.risk.max_drawdown.is_some() && self.risk.max_position.is_none() {
            return Err(
                "[risk]: max_drawdown halves max_position, which is missing: add a line such as \
                        max_position = 200"
                    .to_owned(),
            );
        }
        self.check_margins()?;
        self.instruments.iter().try_for_each(super::InstrumentConfig::check_volatility)?;
        self.loose_limit().map_or(Ok(()), |loose| Err(loose.to_string()))
    }

    /// The layers as the core is told them: the platform's, then those that say anything.
    pub(super) fn layers(&self, defined: &Definitions) -> Vec<RiskLimits> {
        let known = &defined.instruments;
        let mut layers = vec![Layer::platform(self).limits.layer(Scope::Platform, known)];
        for (place, account) in defined.accounts.iter().enumerate() {
            let config = self.accounts.iter().find(|one| account.name.as_str() == one.name);
            let Some(config) = config else { continue };
            let layer = RiskLimits {
                equity: whole(config.equity),
                commission: micros(config.commission.unwrap_or(0.0)),
                ..config.limits.layer(Scope::Account(AccountId(place as u16)), known)
            };
            if layer != RiskLimits::none(layer.scope) {
                layers.push(layer);
            }
        }
        for (place, bot) in defined.bots.iter().enumerate() {
            let config = self.bots.iter().find(|one| bot.name.as_str() == one.name);
            if let Some(config) = config.filter(|config| !config.limits.is_empty()) {
                let scope = Scope::Bot(BotId(place as u16));
                layers.push(config.limits.layer(scope, known));
            }
        }
        layers
    }
}

impl Config {
    /// What contracts cost, as the core is told it.
    pub(super) fn terms(&self, defined: &Definitions) -> Vec<ContractTerms> {
        let of = |known: &InstrumentDefinition| {
            let config =
                self.instruments.iter().find(|one| super::series::is_of(known, &one.symbol))?;
            let (initial_margin, fee) =
                (whole(config.initial_margin), micros(config.fee.unwrap_or(0.0)));
            let none = ContractTerms::none(known.instrument);
            let protection_ticks = config.protection_ticks.unwrap_or(none.protection_ticks);
            let terms = ContractTerms { initial_margin, fee, protection_ticks, ..none };
            let terms = config.with_volatility(terms);
            (terms != none).then_some(terms)
        };
        defined.instruments.iter().filter_map(of).collect()
    }

    /// Whether margins can be checked where an account's equity asks for it.
    fn check_margins(&self) -> Result<(), String> {
        for bot in &self.bots {
            let account = self.accounts.iter().find(|account| account.name == bot.account);
            let instrument = self
                .instruments
                .iter()
                .find(|one| one.symbol == super::series::entry_of(&bot.instrument));
            let (Some(account), Some(instrument)) = (account, instrument) else { continue };
            if account.equity.is_some() && instrument.initial_margin.is_none() {
                return Err(format!(
                    "instrument {:?}: initial_margin is missing: account {:?} has an equity, so margins \
                     are checked; add a line such as initial_margin = 20000",
                    instrument.symbol, account.name
                ));
            }
        }
        Ok(())
    }

    /// What is not checked for want of a line, in words.
    pub(super) fn unchecked_margins(&self) -> impl Iterator<Item = String> {
        let trades = |account: &&AccountConfig| {
            self.bots.iter().any(|bot| bot.account == account.name && bot.stage >= Stage::Canary)
        };
        // A simulated or recorded market has no money to run out of.
        let is_real = self.node.clock == ClockChoice::Realtime;
        let accounts = self.accounts.iter().filter(move |_| is_real);
        let unchecked = accounts.filter(|account| account.equity.is_none());
        unchecked.filter(trades).map(|account| {
            format!(
                "account {:?} has no equity, so its buying power is left to its broker: add a line such \
                 as equity = 100000, and initial_margin to its instruments",
                account.name
            )
        })
    }
}

impl Meaning {
    pub(super) fn limits(&mut self, config: &Config) {
        self.layer("risk", &config.risk.or(&DEFAULTS));
        for account in &config.accounts {
            let name = &account.name;
            self.layer(&format!("account.{name}.limits"), &account.limits);
            if let Some(equity) = account.equity {
                self.set(&format!("account.{name}.equity"), equity);
            }
            if let Some(commission) = account.commission {
                self.set(&format!("account.{name}.commission"), commission);
            }
        }
        for instrument in &config.instruments {
            let symbol = &instrument.symbol;
            if let Some(margin) = instrument.initial_margin {
                self.set(&format!("instrument.{symbol}.initial_margin"), margin);
            }
            if let Some(fee) = instrument.fee {
                self.set(&format!("instrument.{symbol}.fee"), fee);
            }
            if let Some(ticks) = instrument.protection_ticks {
                self.set(&format!("instrument.{symbol}.protection_ticks"), ticks);
            }
            self.volatility(instrument);
        }
        for bot in &config.bots {
            self.layer(&format!("bot.{}.limits", bot.name), &bot.limits);
        }
    }

    fn layer(&mut self, of: &str, limits: &LimitsConfig) {
        for (key, value, _) in limits.numbers() {
            self.set(&format!("{of}.{key}"), value);
        }
        if let Some(names) = &limits.instruments {
            let mut names = names.clone();
            names.sort();
            self.set(&format!("{of}.instruments"), names.join(" "));
        }
    }
}

#[cfg(test)]
mod tests;
