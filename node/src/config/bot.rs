//! One bot of the configuration.

use super::StageCaps;
use gauntlet_core::ids::{AccountId, BotId, InstrumentId};
use gauntlet_core::input::{
    Archetype, BarKind, BotDefinition, Distance, EQUAL_WEIGHTS, Exits, Factor, RULE_PART_BYTES,
    RULE_TEXT_MAX, RuleText, SOURCES, SessionMode, SignalSource, Sizing, Stage, TERM_PERIOD_MAX,
    TermError, Trailing, break_even,
};
use gauntlet_core::strategy;
use gauntlet_core::text::Text;
use gauntlet_core::units::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A bot.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BotConfig {
    /// Its name.
    pub name: String,
    /// Its account's name.
    pub account: String,
    /// Its instrument's symbol.
    pub instrument: String,
    /// Its family.
    pub archetype: Archetype,
    /// Its stage.
    pub stage: Stage,
    /// Its hours, by any name that [`SessionMode::parse`] reads. Left out they are
    /// [`SessionMode::IMPLICIT`], with a warning.
    #[serde(default)]
    pub session: Option<SessionMode>,
    /// Its bars, such as `"5m"`, `"1000 contracts"` or `"500 trades"`; those of its rules if left
    /// out.
    #[serde(default)]
    pub bars: Option<String>,
    /// A file with its own rules, relative to the configuration's folder; those of its archetype if
    /// left out.
    #[serde(default)]
    pub rules: Option<PathBuf>,
    /// What that file says: read with the configuration and hashed with it.
    #[serde(default, skip_deserializing)]
    pub rule_text: String,
    /// See [`BotDefinition::order_qty`].
    pub order_qty: u32,
    /// How many contracts it wants.
    #[serde(default)]
    pub sizing: SizingConfig,
    /// See [`Exits::stop_loss`]: `"16 ticks"`, `"0.5 %"` or `"2 atr(14)"`.
    #[serde(default)]
    pub stop_loss: Option<String>,
    /// See [`Exits::take_profit`].
    #[serde(default)]
    pub take_profit: Option<String>,
    /// See [`Exits::trailing`]: a distance, or `"chandelier(22, 3)"`.
    #[serde(default)]
    pub trailing: Option<String>,
    /// See [`Exits::break_even_after`]: `"after 10 ticks plus 1 tick"`.
    #[serde(default)]
    pub break_even: Option<String>,
    /// See [`Exits::time_stop_bars`].
    #[serde(default)]
    pub time_stop_bars: u32,
    /// See [`Exits::hold_over_session`].
    #[serde(default)]
    pub hold_over_session: bool,
    /// See [`BotDefinition::max_order_qty`].
    pub max_order_qty: u32,
    /// See [`BotDefinition::max_position`].
    pub max_position: u32,
    /// What each source's word counts, by its name; 1 for what is left out.
    #[serde(default)]
    pub weights: BTreeMap<String, f64>,
    /// The archetype's parameters by name; what is left out has its default.
    #[serde(default)]
    pub parameters: BTreeMap<String, f64>,
}

/// How many contracts a bot wants. Money in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SizingConfig {
    /// See [`Sizing::Fixed`].
    #[default]
    Fixed,
    /// See [`Sizing::VolatilityTarget`].
    VolatilityTarget {
        /// The target a day.
        daily: f64,
        /// Bars that the volatility is taken over.
        #[serde(default = "default_volatility_bars")]
        period: u16,
    },
    /// See [`Sizing::EquityFraction`].
    EquityFraction {
        /// The part of the equity that one trade may lose.
        fraction: f64,
        /// The bot's equity at its start.
        equity: f64,
    },
}

fn default_volatility_bars() -> u16 {
    20
}

impl SizingConfig {
    fn resolve(self) -> Result<Sizing, String> {
        let dollars = |name: &str, value: f64| {
            let valid = value > 0.0 && value <= 1e12;
            let micros = || Money((value * 1e6).round() as i64);
            valid.then(micros).ok_or_else(|| {
                format!("sizing.{name} must be dollars above 0 and at most 1e12, not {value}")
            })
        };
        match self {
            SizingConfig::Fixed => Ok(Sizing::Fixed),
            SizingConfig::VolatilityTarget { daily, period } => {
                if !(1..=TERM_PERIOD_MAX).contains(&period) {
                    return Err(format!("sizing.period must be from 1 to {TERM_PERIOD_MAX} bars"));
                }
                Ok(Sizing::VolatilityTarget { daily: dollars("daily", daily)?, period })
            }
            SizingConfig::EquityFraction { fraction, equity } => {
                let factor = Factor::new(fraction);
                let factor = factor.filter(|f| (Factor(1)..=Factor::ONE).contains(f));
                let fraction = factor.ok_or_else(|| {
                    format!(
                        "sizing.fraction must be above 0 and at most 1 with four decimals, not \
                         {fraction}"
                    )
                })?;
                Ok(Sizing::EquityFraction { fraction, equity: dollars("equity", equity)? })
            }
        }
    }
}

/// What of a bot's configuration must be read from text.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    bars: Option<BarKind>,
    sizing: Sizing,
    exits: Exits,
    weights: [Factor; SOURCES],
    parameters: [f64; strategy::PARAMETERS_MAX],
}

impl BotConfig {
    /// Reads the file of its rules, if it has one, relative to `folder`.
    pub(super) fn read_rules(&mut self, folder: &Path) -> Result<(), String> {
        let Some(path) = &self.rules else { return Ok(()) };
        let path = folder.join(path);
        let refused = |why: &str| format!("bot {:?}: rules {}: {why}", self.name, path.display());
        let size = std::fs::metadata(&path).map_err(|error| refused(&error.to_string()))?.len();
        if size > RULE_TEXT_MAX as u64 {
            return Err(refused(&format!("{size} bytes, and {RULE_TEXT_MAX} is the most")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| refused(&error.to_string()))?;
        if text.trim().is_empty() || text.contains('\0') {
            return Err(refused("no rules in it"));
        }
        self.rule_text = text;
        Ok(())
    }

    /// Reads its terms.
    pub(super) fn terms(&self) -> Result<Terms, String> {
        let named = |what: &str, why: String| format!("bot {:?}: {what}{why}", self.name);
        let bars = self.bars.as_deref().map(BarKind::from_str).transpose();
        Ok(Terms {
            bars: bars.map_err(|error| named("bars: ", error.to_string()))?,
            sizing: self.sizing.resolve().map_err(|why| named("", why))?,
            exits: self.exits()?,
            weights: self.weights()?,
            parameters: self.parameters()?,
        })
    }

    fn exits(&self) -> Result<Exits, String> {
        fn read<T: Default>(
            bot: &str,
            name: &str,
            text: &Option<String>,
            parse: impl Fn(&str) -> Result<T, TermError>,
        ) -> Result<T, String> {
            let Some(text) = text else { return Ok(T::default()) };
            parse(text).map_err(|error| format!("bot {bot:?}: {name}: {error}"))
        }
        let name = &self.name;
        let distance = |text: &str| text.parse::<Distance>();
        let trailing = |text: &str| text.parse::<Trailing>();
        let (after, plus) = read(name, "break_even", &self.break_even, break_even)?;
        let exits = Exits {
            stop_loss: read(name, "stop_loss", &self.stop_loss, distance)?,
            take_profit: read(name, "take_profit", &self.take_profit, distance)?,
            trailing: read(name, "trailing", &self.trailing, trailing)?,
            break_even_after: after,
            break_even_plus: plus,
            time_stop_bars: self.time_stop_bars,
            hold_over_session: self.hold_over_session,
        };
        if !exits.stop_loss.is_some() {
            return Err(format!(
                "bot {name:?}: it has no stop_loss: set one such as \"16 ticks\", since a bot without \
                 a stop never trades"
            ));
        }
        Ok(exits)
    }

    fn weights(&self) -> Result<[Factor; SOURCES], String> {
        let mut weights = EQUAL_WEIGHTS;
        for (name, value) in &self.weights {
            let source = SignalSource::of(name).ok_or_else(|| {
                let names = SignalSource::ALL.map(SignalSource::name).join(", ");
                format!("bot {:?}: weights: {name:?} is no source; there are {names}", self.name)
            })?;
            let factor = Factor::new(*value).filter(|factor| factor.get() <= 100.0);
            weights[source as usize] = factor.ok_or_else(|| {
                format!(
                    "bot {:?}: weights: {name} must be from 0 to 100 with at most four decimals, \
                     not {value}",
                    self.name
                )
            })?;
        }
        if weights.iter().all(|weight| *weight == Factor::ZERO) {
            return Err(format!("bot {:?}: weights: one at least must be above 0", self.name));
        }
        Ok(weights)
    }

    fn parameters(&self) -> Result<[f64; strategy::PARAMETERS_MAX], String> {
        let table = strategy::coded::parameters(self.archetype);
        let mut values = [f64::NAN; strategy::PARAMETERS_MAX];
        for (name, value) in &self.parameters {
            let index = table.iter().position(|p| p.name == name).ok_or_else(|| {
                let names: Vec<_> = table.iter().map(|p| p.name).collect();
                format!(
                    "bot {:?}: {} has no parameter {name:?}; it has {}",
                    self.name,
                    self.archetype.name(),
                    names.join(", ")
                )
            })?;
            values[index] = *value;
        }
        strategy::coded::resolve(self.archetype, &values)
            .map_err(|error| format!("bot {:?}: {error}", self.name))?;
        Ok(values)
    }

    /// Its definition. The configuration was checked.
    pub(super) fn definition(
        &self,
        bot: BotId,
        account: AccountId,
        instrument: InstrumentId,
        caps: &StageCaps,
    ) -> BotDefinition {
        let terms = self.terms().expect("checked when it was read");
        BotDefinition {
            bot,
            name: Text::new(&self.name),
            enabled: true,
            account,
            instrument,
            archetype: self.archetype,
            stage: self.stage,
            bars: terms.bars,
            session: self.session.unwrap_or(SessionMode::IMPLICIT),
            rule_parts: self.rule_parts(bot).len() as u16,
            order_qty: self.order_qty,
            sizing: terms.sizing,
            exits: terms.exits,
            weights: terms.weights,
            max_order_qty: self.max_order_qty,
            max_position: self.max_position,
            stage_cap: caps.of(self.stage),
            parameters: terms.parameters,
        }
    }

    /// Its rules as the inputs that go before its definition.
    pub(super) fn rule_parts(&self, bot: BotId) -> Vec<RuleText> {
        RuleText::split(bot, &self.rule_text)
    }
}

// A text within its bound always fits into the parts that a definition can count.
const _: () = assert!(RULE_TEXT_MAX / (RULE_PART_BYTES - 3) < u16::MAX as usize);
