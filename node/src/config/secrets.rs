//! The secrets of a configuration: where they come from, and whether they are all there.

use super::Config;
use gauntlet_readmodel::environment::{BROKER_PASSWORD, FEED_KEY};

impl Config {
    /// Takes the secrets that the environment has: `DATABENTO_API_KEY` and `FIX_PASSWORD`. They are
    /// the real feed's and broker's, so a simulated venue is never met with them.
    pub fn with_secrets(mut self, read: impl Fn(&str) -> Option<String>) -> Config {
        let secret = |name: &str| read(name).filter(|value| !value.is_empty());
        self.feed.key = secret(FEED_KEY).unwrap_or(self.feed.key);
        self.broker.password = secret(BROKER_PASSWORD).unwrap_or(self.broker.password);
        self
    }

    /// Whether the broker session has what it logs on with: a user name and a password go together,
    /// and half of them would be dropped without a word. A session without either is right for a
    /// broker that knows its client by address and CompIDs, as the simulated venue does.
    ///
    /// # Errors
    /// Which half is missing, and where to set it.
    pub fn check_secrets(&self) -> Result<(), String> {
        let (username, password) = (&self.broker.username, &self.broker.password);
        match (username.is_empty(), password.is_empty()) {
            (false, true) => Err(format!(
                "broker.username is {username:?} and there is no password: set {BROKER_PASSWORD} in \
                 the environment, or broker.password"
            )),
            (true, false) => Err(format!(
                "there is a password for the broker session ({BROKER_PASSWORD} or broker.password) \
                 and no broker.username, without which it is not sent: set the user name, or unset \
                 the password"
            )),
            _ => Ok(()),
        }
    }

    /// Whether its file holds a secret.
    pub fn holds_secrets(&self) -> bool {
        !self.feed.key.is_empty() || !self.broker.password.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, DEMO};

    fn demo() -> Config {
        Config::parse(DEMO, "demo").expect("valid")
    }

    #[test]
    fn secrets_of_the_environment_go_before_those_of_the_file() {
        let config = demo().with_secrets(|name| Some(format!("env {name}")));
        assert_eq!(config.feed.key, "env DATABENTO_API_KEY");
        assert_eq!(config.broker.password, "env FIX_PASSWORD");
        let config = demo().with_secrets(|_| Some(String::new()));
        assert_eq!(config.feed.key, demo().feed.key);
    }

    #[test]
    fn half_of_what_a_session_logs_on_with_is_refused() {
        let mut config = demo();
        assert_eq!(config.check_secrets(), Ok(()));
        config.broker.username = "trader".to_owned();
        let error = config.check_secrets().expect_err("no password");
        assert!(error.contains("FIX_PASSWORD") && error.contains("\"trader\""), "{error}");
        config = config.with_secrets(|_| Some("hidden".to_owned()));
        assert_eq!(config.check_secrets(), Ok(()));
        config.broker.username.clear();
        let error = config.check_secrets().expect_err("no user name");
        assert!(error.contains("broker.username") && !error.contains("hidden"), "{error}");
    }
}
