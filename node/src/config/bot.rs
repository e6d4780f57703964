//! One bot of the configuration.

use super::{AtContractEnd, LimitsConfig, StageCaps};
use gauntlet_model::ids::{AccountId, BotId, InstrumentId};
use gauntlet_model::input::{
    Archetype, BarKind, BotDefinition, Distance, EQUAL_WEIGHTS, Exits, Factor, Protection,
    RULE_PART_BYTES, RULE_TEXT_MAX, Route, RuleText, SOURCES, SessionMode, SignalSource, Sizing,
    Stage, TERM_PERIOD_MAX, TermError, Trailing, break_even,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::Money;
use gauntlet_strategy::rule::parse;
use gauntlet_strategy::strategy::{DEFAULTS, PARAMETERS_MAX, Plan, PlanError, Series};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What is wrong with a bot that goes beyond PAPER with a fallback.
const NO_FALLBACK: &str = "fallback is for generated candidates, and no stage beyond PAPER trades what \
     nobody wrote: leave it out, or lower the stage";

/// What is wrong with a fallback on nothing.
const NOTHING_STANDS_IN: &str = "fallback asks for an archetype that stands in for rules that cannot be \
     read: give it both an archetype and rules, or leave it out";

/// What is wrong with a bot that has nothing to trade by.
const NO_RULES: &str = "it has neither an archetype nor rules of its own: set archetype, such as \
     \"orb_breakout\" (`ctl strategies list`), or rules";

fn default_step_ticks() -> u16 {
    4
}

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
    /// What becomes of it when its contract ends: it rolls where its instrument is a product, and is
    /// flattened where it is one contract.
    #[serde(default)]
    pub at_contract_end: Option<AtContractEnd>,
    /// Its family. A bot with rules of its own needs none.
    #[serde(default)]
    pub archetype: Option<Archetype>,
    /// See [`BotDefinition::fallback`].
    #[serde(default)]
    pub fallback: bool,
    /// Whether a stop order rests at its broker while it holds something; see [`Protection`].
    #[serde(default)]
    pub broker_stop: bool,
    /// How many ticks its own stop has to move before that order is moved.
    #[serde(default = "default_step_ticks")]
    pub broker_stop_step_ticks: u16,
    /// Whether a limit order at its target rests at its broker beside the stop.
    #[serde(default)]
    pub broker_target: bool,
    /// Its stage.
    pub stage: Stage,
    /// Its hours, by any name that [`SessionMode::parse`] reads. Left out they are those of its rules,
    /// or else [`SessionMode::IMPLICIT`], with a warning.
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
    /// Its own rules themselves, in place of a file; what the file says once it was read, so that it
    /// is hashed with the configuration.
    #[serde(default)]
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
    /// Whose it is, for kills of all that one person runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its layer of limits.
    #[serde(default, skip_serializing_if = "LimitsConfig::is_empty")]
    pub limits: LimitsConfig,
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
    pub bars: Option<BarKind>,
    pub session: SessionMode,
    pub sizing: Sizing,
    pub exits: Exits,
    pub weights: [Factor; SOURCES],
    parameters: [f64; PARAMETERS_MAX],
}

impl BotConfig {
    /// Reads the file of its rules, if it has one, relative to `folder`.
    pub(super) fn read_rules(&mut self, folder: &Path) -> Result<(), String> {
        let Some(path) = &self.rules else { return Ok(()) };
        if !self.rule_text.is_empty() {
            return Err(format!("bot {:?}: give either rules or rule_text", self.name));
        }
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
        let size = self.rule_text.len();
        if size > RULE_TEXT_MAX {
            let why = format!("{size} bytes of rules, and {RULE_TEXT_MAX} is the most");
            return Err(named("", why));
        }
        let bars = self.bars.as_deref().map(BarKind::from_str).transpose();
        let (plan, parameters) = self.plan()?;
        let exits = self.exits()?;
        if !exits.or(plan.exits()).stop_loss.is_some() {
            return Err(named(
                "",
                "it has no stop_loss, and its rules have none: set one such as \"16 ticks\", since a \
                 bot without a stop never trades"
                    .to_owned(),
            ));
        }
        let session = self.session.or(plan.session());
        Ok(Terms {
            bars: bars.map_err(|error| named("bars: ", error.to_string()))?,
            session: session.unwrap_or(SessionMode::IMPLICIT),
            sizing: self.sizing.resolve().map_err(|why| named("", why))?,
            exits,
            weights: self.weights()?,
            parameters,
        })
    }

    /// Whether the core would run it: what it refuses when a bot is defined is refused here, where a
    /// person can read why.
    pub(super) fn check_runs(&self) -> Result<(), String> {
        let named = |why: String| format!("bot {:?}: {why}", self.name);
        self.check_fallback()?;
        if self.name.starts_with("manual:") {
            return Err(named("the names of people's desks begin so: choose another".to_owned()));
        }
        let ((plan, _), terms) = (self.plan()?, self.terms()?);
        // Whether it runs does not depend on the instrument's tick.
        Series::new(1.0).attach(&plan).map_err(|error| named(error.to_string()))?;
        let by_time = matches!(terms.bars.or(plan.bars()), None | Some(BarKind::Time(_)));
        match terms.sizing {
            Sizing::VolatilityTarget { .. } if !by_time => {
                Err(named("sizing: a volatility target needs bars of time".to_owned()))
            }
            _ => Ok(()),
        }
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
        Ok(Exits {
            stop_loss: read(name, "stop_loss", &self.stop_loss, distance)?,
            take_profit: read(name, "take_profit", &self.take_profit, distance)?,
            trailing: read(name, "trailing", &self.trailing, trailing)?,
            break_even_after: after,
            break_even_plus: plus,
            time_stop_bars: self.time_stop_bars,
            hold_over_session: self.hold_over_session,
        })
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

    /// Its strategy, and the values of its parameters in the order of its rules.
    pub(super) fn plan(&self) -> Result<(Plan, [f64; PARAMETERS_MAX]), String> {
        let named = |why: String| format!("bot {:?}: {why}", self.name);
        let read = |values: &[f64; PARAMETERS_MAX]| {
            match (self.rule_text.is_empty(), self.archetype) {
                (true, Some(archetype)) => Plan::archetype(archetype, values),
                (true, None) => return Err(named(NO_RULES.to_owned())),
                (false, Some(archetype)) if self.fallback => {
                    Plan::candidate(&self.rule_text, archetype, values)
                }
                (false, _) => Plan::written(&self.rule_text, values),
            }
            .map_err(|error| named(self.refused(&error)))
        };
        let mut values = DEFAULTS;
        let plan = read(&values)?;
        let table = &plan.rules().params;
        if table.len() > PARAMETERS_MAX {
            return Err(named(format!("{PARAMETERS_MAX} parameters are the most")));
        }
        for (name, value) in &self.parameters {
            let index = table.iter().position(|p| p.name == *name).ok_or_else(|| {
                let names: Vec<_> = table.iter().map(|p| p.name.as_str()).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                named(format!("its rules have no parameter {name:?}; they have {names}"))
            })?;
            values[index] = *value;
        }
        Ok((read(&values)?, values))
    }

    /// Why its strategy is refused, with the file that its rules are in.
    fn refused(&self, error: &PlanError) -> String {
        match &self.rules {
            Some(file) if !self.rule_text.is_empty() => {
                format!("rules {}: {error}", file.display())
            }
            _ => error.to_string(),
        }
    }

    /// Whether nobody's rules could reach a broker by its fallback.
    fn check_fallback(&self) -> Result<(), String> {
        let refused = |why: &str| Err(format!("bot {:?}: {why}", self.name));
        match self.fallback {
            true if self.stage > Stage::Paper => refused(NO_FALLBACK),
            true if self.archetype.is_none() || self.rule_text.is_empty() => {
                refused(NOTHING_STANDS_IN)
            }
            _ => Ok(()),
        }
    }

    /// What is valid but was hardly meant, in words.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        // What is not valid is an error, and was told as one.
        let Ok((plan, _)) = self.plan() else { return warnings };
        let name = &self.name;
        if self.session.or(plan.session()).is_none() {
            let hours = SessionMode::IMPLICIT.name();
            warnings.push(format!(
                "bot {name:?} names no session: it trades {hours} alone; say `session = ...`"
            ));
        }
        if let Some(archetype) = self.archetype.filter(|_| plan.fallbacks() > 0) {
            let archetype = archetype.name();
            warnings.push(format!(
                "bot {name:?}: {} of its rules cannot be read, and {archetype}'s stands in, as its \
                 fallback asks: see `ctl rules check`",
                directions(plan.fallbacks())
            ));
        }
        warnings
    }

    /// Its definition, but for its broker. The configuration was checked.
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
            archetype: self.family(),
            stage: self.stage,
            bars: terms.bars,
            session: terms.session,
            rule_parts: self.rule_parts(bot).len() as u16,
            order_qty: self.order_qty,
            sizing: terms.sizing,
            exits: terms.exits,
            weights: terms.weights,
            max_order_qty: self.max_order_qty,
            max_position: self.max_position,
            stage_cap: caps.of(self.stage),
            parameters: terms.parameters,
            broker: Route::BROKER,
            fallback: self.fallback,
            protection: match self.broker_stop {
                true => Protection::stop(self.broker_stop_step_ticks.max(1))
                    .and_target(self.broker_target),
                false => Protection::NONE,
            },
        }
    }

    /// The archetype that its definition names. That of a bot without one stands in for nothing, since
    /// its rules were read whole: it is the one that their name speaks of, for lists.
    fn family(&self) -> Archetype {
        let named = || parse(&self.rule_text).rules.name.as_deref().and_then(Archetype::infer);
        self.archetype.or_else(named).unwrap_or(Archetype::MeanReversion)
    }

    /// Its rules as the inputs that go before its definition.
    pub(super) fn rule_parts(&self, bot: BotId) -> Vec<RuleText> {
        RuleText::split(bot, &self.rule_text)
    }
}

fn directions(count: u32) -> &'static str {
    if count == 1 { "one direction" } else { "both directions" }
}

// A text within its bound always fits into the parts that a definition can count.
const _: () = assert!(RULE_TEXT_MAX / (RULE_PART_BYTES - 3) < u16::MAX as usize);

#[cfg(test)]
mod tests {
    use crate::config::{Config, DEMO, Definitions, StageCaps};
    use gauntlet_model::input::{
        BarKind, BotDefinition, Distance, Factor, SessionMode, SignalSource, Sizing, Timeframe,
        Trailing,
    };
    use gauntlet_model::units::Money;
    use std::path::Path;

    /// The demo with lines added to its first bot.
    fn first_with(lines: &str) -> String {
        DEMO.replacen("name = \"es-orb\"\n", &format!("name = \"es-orb\"\n{lines}\n"), 1)
    }

    fn first(lines: &str) -> BotDefinition {
        let config = Config::parse(&first_with(lines), "t").expect("valid");
        let caps = StageCaps::read(|_| None).expect("defaults");
        config.definitions(&caps, &Definitions::default()).expect("fits").bots[0]
    }

    fn refused(lines: &str) -> String {
        Config::parse(&first_with(lines), "t").expect_err("is wrong").to_string()
    }

    #[test]
    fn terms_of_a_bot_are_read_from_its_lines() {
        let bot = first(
            "bars = \"5m\"\ntrailing = \"chandelier(22, 3)\"\nbreak_even = \"after 10 ticks plus 1 \
             tick\"\ntime_stop_bars = 7\nhold_over_session = true\nweights = { news = 0.5 }\n\
             sizing = { kind = \"equity_fraction\", fraction = 0.01, equity = 50000 }",
        );
        assert_eq!(bot.bars, Some(BarKind::Time(Timeframe::M5)));
        assert_eq!(bot.session, SessionMode::RthUs);
        assert_eq!(bot.exits.stop_loss, Distance::Ticks(16));
        let multiple = Factor(30_000);
        assert_eq!(bot.exits.trailing, Trailing::Chandelier { period: 22, multiple });
        assert_eq!(bot.exits.break_even_plus, Distance::Ticks(1));
        assert_eq!((bot.exits.time_stop_bars, bot.exits.hold_over_session), (7, true));
        assert_eq!(bot.weights[SignalSource::News as usize], Factor(5_000));
        assert_eq!(bot.weights[SignalSource::Technical as usize], Factor::ONE);
        let equity = Money(50_000_000_000);
        assert_eq!(bot.sizing, Sizing::EquityFraction { fraction: Factor(100), equity });
    }

    #[test]
    fn wrong_terms_are_named_with_their_bot_and_what_to_say() {
        let wrong = [
            ("bars = \"2m\"", "15m"),
            ("trailing = \"8\"", "chandelier(22, 3)"),
            ("break_even = \"10 ticks\"", "after 10 ticks"),
            ("weights = { gossip = 1 }", "options_flow"),
            ("weights = { news = -1 }", "from 0 to 100"),
            ("sizing = { kind = \"equity_fraction\", fraction = 2, equity = 1 }", "fraction"),
            ("sizing = { kind = \"volatility_target\", daily = 0 }", "daily"),
            ("rule_text = \"long when\"\nrules = \"x.rules\"", "either rules or rule_text"),
            ("rules = \"no-such-file.rules\"", "no-such-file.rules"),
            ("rule_text = \"stop 3 feet\"", "es-orb"),
            (
                "bars = \"500 trades\"\nsizing = { kind = \"volatility_target\", daily = 500 }",
                "needs bars of time",
            ),
        ];
        for (lines, hint) in wrong {
            let error = refused(lines);
            assert!(error.contains("es-orb") && error.contains(hint), "{lines}: {error}");
        }
    }

    #[test]
    fn rules_that_the_core_would_refuse_are_refused_when_they_are_read() {
        let rules = "long when close > open\\nexit long when position.bars > 3 within 5 bars";
        let text = first_with(&format!("rule_text = \"{rules}\""));
        let text = text.replacen("{ minutes = 5 }", "{}", 1);
        let error = Config::parse(&text, "t").expect_err("is wrong").to_string();
        assert!(error.contains("es-orb") && error.contains("position is not kept"), "{error}");
    }

    /// Rules of which the long direction cannot be read.
    const BROKEN: &str = "rule_text = \"long when clsoe > open\\nshort when close < open\\n\
         stop 8 ticks\"";

    /// The demo with lines added to its first bot, at a stage and without parameters.
    fn at_stage(stage: &str, lines: &str) -> Result<Config, String> {
        let text = first_with(lines).replacen("{ minutes = 5 }", "{}", 1);
        let text = text.replacen("stage = \"LIVE\"", &format!("stage = \"{stage}\""), 1);
        Config::parse(&text, "t").map_err(|error| error.to_string())
    }

    #[test]
    fn a_broken_rule_is_an_error_with_its_place_and_what_to_write_at_every_stage() {
        for stage in gauntlet_model::input::Stage::ALL {
            let error = at_stage(stage.name(), BROKEN).expect_err("is wrong");
            for part in ["es-orb", "1:11", "`clsoe` is unknown", "did you mean `close`?"] {
                assert!(error.contains(part), "{}: {part}: {error}", stage.name());
            }
        }
        let silent = at_stage("PAPER", "rule_text = \"stop 4 ticks\"").expect_err("says nothing");
        assert!(silent.contains("long when CONDITION"), "{silent}");
    }

    #[test]
    fn an_archetype_stands_in_where_that_is_asked_for_and_not_beyond_paper() {
        let lines = format!("fallback = true\n{BROKEN}");
        for stage in ["LAB", "TRIALS", "PAPER"] {
            let config = at_stage(stage, &lines).expect("a candidate");
            let warnings = config.warnings();
            let told = warnings.iter().any(|w| w.contains("es-orb") && w.contains("fallback"));
            assert!(told, "{warnings:?}");
            let caps = StageCaps::read(|_| None).expect("defaults");
            let defined = config.definitions(&caps, &Definitions::default()).expect("fits");
            assert!(defined.bots[0].fallback && !defined.bots[1].fallback);
        }
        for stage in ["SHADOW", "CANARY", "LIVE"] {
            let error = at_stage(stage, &lines).expect_err("beyond PAPER");
            assert!(error.contains("es-orb") && error.contains("beyond PAPER"), "{error}");
        }
        let useless = at_stage("PAPER", "fallback = true").expect_err("stands in for nothing");
        assert!(useless.contains("both an archetype and rules"), "{useless}");
    }

    #[test]
    fn a_file_of_rules_is_found_beside_the_configuration_and_hashed_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let hash = |rules: &str| {
            std::fs::write(folder.path().join("my.rules"), rules).expect("written");
            let path = folder.path().join("node.toml");
            let text = first_with("rules = \"my.rules\"").replacen("{ minutes = 5 }", "{}", 1);
            std::fs::write(&path, text).expect("written");
            let config = Config::load(Path::new(&path)).expect("valid");
            let caps = StageCaps::read(|_| None).expect("defaults");
            let defined = config.definitions(&caps, &Definitions::default()).expect("fits");
            let parts: String = defined
                .rules
                .iter()
                .filter(|part| part.bot == defined.bots[0].bot)
                .map(|part| part.text.as_str())
                .collect();
            assert_eq!(parts, rules);
            config.hash(&caps)
        };
        let long = "long when close > highest(high, 5)[1]\n";
        assert_eq!(hash(long), hash(long));
        assert_ne!(hash(long), hash("short when close < lowest(low, 5)[1]\n"));
    }
}
