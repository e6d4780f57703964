//! The terms of simulated fills: of LAB, TRIALS, PAPER and SHADOW bots, and of whoever fills by the same
//! conventions.

use super::exchange::{FeeConfig, LatencyConfig, fees};
use super::meaning::Meaning;
use gauntlet_model::units::NANOS_PER_SECOND;
use gauntlet_venue::follower::QueueModel;
use gauntlet_venue::follower::{LevelMemory, OUT_OF_VIEW_NS_MAX, PROTECTION_TICKS, TAKEN_MAX};
use gauntlet_venue::paper::PaperTerms;
use serde::{Deserialize, Serialize};

/// `[paper]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaperConfig {
    /// Where an order stands in the queues that are shown.
    pub queue: QueueChoice,
    /// How far a market order reaches beyond the best price, and a stop order beyond its trigger.
    pub protection_ticks: u16,
    /// Levels of an instrument that orders took from and that are remembered.
    pub memory_levels: u32,
    /// How long a level that is not shown any more is remembered.
    pub memory_seconds: u32,
    /// Draws the delays of its latency.
    pub seed: u64,
    /// How long what is asked for takes, each way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyConfig>,
    /// What fills cost.
    #[serde(rename = "fee", skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<FeeConfig>,
}

impl Default for PaperConfig {
    fn default() -> PaperConfig {
        PaperConfig {
            queue: QueueChoice::Proportional,
            protection_ticks: PROTECTION_TICKS,
            memory_levels: TAKEN_MAX as u32,
            memory_seconds: (OUT_OF_VIEW_NS_MAX / NANOS_PER_SECOND) as u32,
            seed: 1,
            latency: None,
            fees: Vec::new(),
        }
    }
}

/// Where an order stands in a queue: the names of [`QueueModel::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueChoice {
    /// See [`QueueModel::Pessimistic`].
    Pessimistic,
    /// See [`QueueModel::Proportional`].
    Proportional,
    /// [`QueueModel::Power`] of 2.
    #[serde(rename = "power_2")]
    Power2,
    /// [`QueueModel::Power`] of 3.
    #[serde(rename = "power_3")]
    Power3,
    /// See [`QueueModel::Logarithmic`].
    Logarithmic,
}

impl QueueChoice {
    fn model(self) -> QueueModel {
        match self {
            QueueChoice::Pessimistic => QueueModel::Pessimistic,
            QueueChoice::Proportional => QueueModel::Proportional,
            QueueChoice::Power2 => QueueModel::Power(2),
            QueueChoice::Power3 => QueueModel::Power(3),
            QueueChoice::Logarithmic => QueueModel::Logarithmic,
        }
    }
}

impl PaperConfig {
    /// As what fills knows them.
    ///
    /// # Errors
    /// What is wrong with its latency.
    pub fn terms(&self) -> Result<PaperTerms, String> {
        let latency = self.latency.as_ref().map(|latency| latency.model("paper", self.seed));
        Ok(PaperTerms {
            queue: self.queue.model(),
            latency: latency.transpose()?.unwrap_or_default(),
            fees: fees(&self.fees),
            protection_ticks: self.protection_ticks,
            memory: LevelMemory {
                levels: self.memory_levels as usize,
                out_of_view_ns: u64::from(self.memory_seconds) * NANOS_PER_SECOND,
            },
        })
    }
}

impl Meaning {
    /// Only what is not as ever has a line, so that a configuration from before means what it did.
    pub(super) fn paper(&mut self, paper: &PaperConfig) {
        let lines = |config: &PaperConfig| {
            let value = serde_json::to_value(config).unwrap_or_default();
            value.as_object().cloned().unwrap_or_default()
        };
        let known = lines(&PaperConfig::default());
        for (key, value) in lines(paper) {
            if known.get(&key) != Some(&value) {
                let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.set(&format!("paper.{key}"), plain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEMO, StageCaps};
    use gauntlet_model::units::Money;
    use gauntlet_venue::latency::LatencyModel;

    fn parse(section: &str) -> Result<Config, String> {
        Config::parse(&format!("{DEMO}\n{section}"), "t").map_err(|error| error.to_string())
    }

    #[test]
    fn without_the_section_the_terms_are_the_simulators_own() {
        let (here, own) = (PaperConfig::default().terms().expect("good"), PaperTerms::default());
        assert_eq!((here.queue, here.protection_ticks), (own.queue, own.protection_ticks));
        assert_eq!((here.latency, here.fees, here.memory), (own.latency, own.fees, own.memory));
        assert_eq!(parse("").expect("good").paper, PaperConfig::default());
    }

    #[test]
    fn every_queue_model_has_its_name() {
        for (name, model) in QueueModel::NAMES {
            let config = parse(&format!("[paper]\nqueue = \"{name}\"")).expect("good");
            assert_eq!(config.paper.terms().expect("good").queue, model, "{name}");
        }
    }

    #[test]
    fn the_terms_are_what_the_section_says_and_a_change_of_them_is_one_of_meaning() {
        let text = "[paper]\nqueue = \"pessimistic\"\nprotection_ticks = 7\nmemory_levels = 9\n\
                    memory_seconds = 3\n[paper.latency]\nmodel = \"constant\"\nleast_us = 250\n\
                    [[paper.fee]]\nproduct = \"ES\"\nexchange = 1.38\n";
        let config = parse(text).expect("good");
        let terms = config.paper.terms().expect("good");
        assert_eq!((terms.queue, terms.protection_ticks), (QueueModel::Pessimistic, 7));
        assert_eq!(terms.memory, LevelMemory { levels: 9, out_of_view_ns: 3_000_000_000 });
        assert_eq!(terms.latency, LatencyModel::Constant(250_000));
        assert_eq!(terms.fees.of_symbol("ESZ6").total(), Money(1_380_000));
        let caps = StageCaps::read(|_| None).expect("defaults");
        let meaning = |text: &str| parse(text).expect("good").meaning(&caps);
        let difference = meaning("").difference(&meaning(text));
        for line in ["+ paper.queue = pessimistic", "+ paper.protection_ticks = 7", "+ paper.fee"] {
            assert!(difference.contains(line), "{line}: {difference}");
        }
        assert_eq!(meaning("").difference(&meaning("[paper]\nseed = 1")), "");
    }

    #[test]
    fn wrong_terms_are_refused_with_their_key() {
        for (text, named) in [
            ("[paper]\nqueue = \"lucky\"", "queue"),
            ("[paper]\nprotection_ticks = 0", "protection_ticks"),
            ("[paper]\nprotection_ticks = 10001", "protection_ticks"),
            ("[paper]\nmemory_levels = 0", "memory_levels"),
            ("[paper]\nmemory_seconds = 86401", "memory_seconds"),
            ("[paper]\nspeed = 1", "speed"),
            ("[paper.latency]\nmodel = \"recorded\"", "paper.latency"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(named), "{text}: {error}");
        }
        assert!(parse("[paper]\nprotection_ticks = 10000\nmemory_seconds = 86400").is_ok());
    }
}
