//! R22, R23: what of an account's messages is watched, as the configuration says it.

use super::{AccountConfig, Config, Definitions};
use gauntlet_model::ids::AccountId;
use gauntlet_model::input::AccountWatch;

/// What counts where an account says nothing. Five orders refused in a row are no accident, ten cancels are
/// none either, and a bot that works its prices needs some messages for a fill: a hundred is far beyond what
/// exchanges take without a word.
pub(super) const UNLESS_SAID: AccountWatch = AccountWatch {
    account: AccountId(0),
    refused_orders: 5,
    refused_changes: 10,
    refused_per_minute: 60,
    messages_per_fill: 100,
    messages_from: 200,
};

impl AccountConfig {
    /// What of it is watched.
    fn watch(&self, account: AccountId) -> AccountWatch {
        let unless = UNLESS_SAID;
        AccountWatch {
            account,
            refused_orders: self.max_refused_orders.unwrap_or(unless.refused_orders),
            refused_changes: self.max_refused_changes.unwrap_or(unless.refused_changes),
            refused_per_minute: self.max_refused_per_minute.unwrap_or(unless.refused_per_minute),
            messages_per_fill: self.max_messages_per_fill.unwrap_or(unless.messages_per_fill),
            messages_from: self.messages_from.unwrap_or(unless.messages_from),
        }
    }

    /// Its own of these keys. What is as ever has no line, so that a configuration from before means what it
    /// did.
    pub(super) fn own_watch(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let unless = UNLESS_SAID;
        [
            ("max_refused_orders", self.max_refused_orders, unless.refused_orders),
            ("max_refused_changes", self.max_refused_changes, unless.refused_changes),
            ("max_refused_per_minute", self.max_refused_per_minute, unless.refused_per_minute),
            ("max_messages_per_fill", self.max_messages_per_fill, unless.messages_per_fill),
            ("messages_from", self.messages_from, unless.messages_from),
        ]
        .into_iter()
        .filter_map(|(key, value, unless)| Some((key, value.filter(|value| *value != unless)?)))
    }
}

impl Config {
    /// What of each account is watched. One that is configured no more keeps the defaults: its positions may
    /// still have to be closed.
    pub(super) fn watches(&self, defined: &Definitions) -> Vec<AccountWatch> {
        let of = |place: usize, name: &str| {
            let account = AccountId(place as u16);
            let config = self.accounts.iter().find(|config| config.name == name);
            config.map_or(AccountWatch { account, ..UNLESS_SAID }, |config| config.watch(account))
        };
        let accounts = defined.accounts.iter().enumerate();
        accounts.map(|(place, account)| of(place, account.name.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DEMO_OF_CONTRACTS, StageCaps};

    fn read(lines: &str) -> Result<Config, String> {
        let name = "[[account]]\nname = \"DEMO\"\n";
        let text = DEMO_OF_CONTRACTS.replace(name, &format!("{name}{lines}\n"));
        Config::parse(&text, "t").map_err(|error| error.to_string())
    }

    fn watches(config: &Config) -> Vec<AccountWatch> {
        let caps = StageCaps::read(|_| None).expect("defaults");
        config.definitions(&caps, &Definitions::default()).expect("fits").watches
    }

    #[test]
    fn an_account_that_says_nothing_has_the_defaults_and_means_what_it_did() {
        let config = read("").expect("a configuration");
        assert_eq!(watches(&config), [UNLESS_SAID]);
        assert!(UNLESS_SAID.is_whole());
        let said = read("max_refused_orders = 5\nmessages_from = 200").expect("a configuration");
        let caps = StageCaps::read(|_| None).expect("defaults");
        assert_eq!(said.hash(&caps), config.hash(&caps));
        let other = read("max_refused_orders = 6").expect("a configuration");
        assert_ne!(other.hash(&caps), config.hash(&caps));
    }

    #[test]
    fn each_key_is_told_as_it_is_said_and_zero_is_refused() {
        let lines = "max_refused_orders = 1\nmax_refused_changes = 2\nmax_refused_per_minute = 3\n\
                     max_messages_per_fill = 4\nmessages_from = 5";
        let expected = AccountWatch {
            account: AccountId(0),
            refused_orders: 1,
            refused_changes: 2,
            refused_per_minute: 3,
            messages_per_fill: 4,
            messages_from: 5,
        };
        assert_eq!(watches(&read(lines).expect("a configuration")), [expected]);
        for key in lines.lines().map(|line| line.split_once(" =").expect("a key").0) {
            let error = read(&format!("{key} = 0")).expect_err("zero is no limit");
            assert!(error.contains(key), "{error}");
        }
        assert!(read("max_refused_per_minute = 1025").is_err());
    }

    #[test]
    fn an_account_of_the_journal_that_is_configured_no_more_has_the_defaults() {
        let config = read("max_refused_orders = 1").expect("a configuration");
        let caps = StageCaps::read(|_| None).expect("defaults");
        let mut known = config.definitions(&caps, &Definitions::default()).expect("fits");
        known.accounts[0].name = gauntlet_model::text::Text::new("GONE");
        let defined = config.definitions(&caps, &known).expect("fits");
        let of: Vec<u32> = defined.watches.iter().map(|watch| watch.refused_orders).collect();
        assert_eq!(of, [UNLESS_SAID.refused_orders, 1]);
        assert_eq!(defined.watches[1].account, AccountId(1));
    }
}
