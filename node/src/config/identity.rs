//! R27: what decides a bot's orders and who answers for them, as the configuration says it.

use super::{BotConfig, Config, Definitions};
use gauntlet_model::input::{BotDefinition, BotIdentity};
use gauntlet_model::text::Text;
use gauntlet_strategy::rule::parse;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Characters of a version.
const VERSION_DIGITS: usize = 12;

impl BotConfig {
    /// The name of its archetype, or that of its own rules.
    fn algorithm(&self, definition: &BotDefinition) -> Text<32> {
        match self.rule_text.is_empty() {
            true => Text::new(definition.archetype.name()),
            false => Text::new(parse(&self.rule_text).rules.name.as_deref().unwrap_or("own_rules")),
        }
    }

    /// The first digits of the SHA-256 of what decides what it wants: the program's version, its rules,
    /// parameters, bars, hours, size, exits and weights. Limits are not of the algorithm.
    fn version(&self, definition: &BotDefinition) -> Text<16> {
        let BotDefinition { archetype, bars, session, sizing, exits, weights, .. } = definition;
        let decides = format!(
            "{} {} {:?} {bars:?} {} {} {sizing:?} {exits:?} {weights:?}\n{}",
            env!("CARGO_PKG_VERSION"),
            archetype.name(),
            definition.parameters,
            session.name(),
            definition.order_qty,
            self.rule_text
        );
        let digest = Sha256::digest(decides);
        let mut text = String::new();
        for byte in digest.iter().take(VERSION_DIGITS / 2) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Text::new(&text)
    }
}

impl Config {
    /// What decides the orders of each bot, and who answers for it: its owner, or else its account.
    pub(super) fn identities(&self, defined: &Definitions) -> Vec<BotIdentity> {
        let of = |definition: &BotDefinition| {
            let name = definition.name.as_str();
            let config = self.bots.iter().find(|config| config.name == name)?;
            Some(BotIdentity {
                bot: definition.bot,
                algorithm: config.algorithm(definition),
                version: config.version(definition),
                owner: Text::new(config.owner.as_deref().unwrap_or(&config.account)),
            })
        };
        defined.bots.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DEMO_OF_CONTRACTS, StageCaps};

    fn first_with(lines: &str) -> BotIdentity {
        let name = "name = \"es-orb\"\n";
        let text = DEMO_OF_CONTRACTS.replacen(name, &format!("{name}{lines}\n"), 1);
        let config = Config::parse(&text, "t").unwrap_or_else(|error| panic!("{error}"));
        let caps = StageCaps::read(|_| None).expect("defaults");
        config.definitions(&caps, &Definitions::default()).expect("fits").identities[0]
    }

    #[test]
    fn a_bot_names_its_archetype_and_its_owner_or_else_its_account() {
        let identity = first_with("");
        assert_eq!(identity.algorithm.as_str(), "orb_breakout");
        assert_eq!(identity.owner.as_str(), "DEMO");
        assert_eq!(identity.version.as_str().len(), VERSION_DIGITS);
        assert_eq!(first_with("owner = \"ann\"").owner.as_str(), "ann");
    }

    #[test]
    fn its_version_changes_with_what_decides_and_with_nothing_else() {
        let version = |lines: &str| first_with(lines).version;
        let before = version("");
        for other in ["bars = \"5m\"", "time_stop_bars = 3"] {
            assert_ne!(version(other), before, "{other}");
        }
        for same in ["owner = \"ann\"", "limits = { max_executions = 3 }"] {
            assert_eq!(version(same), before, "{same}");
        }
    }
}
