//! The secrets of a configuration: where they come from, and whether they are all there.

use super::{BrokerConfig, Config};
use gauntlet_readmodel::environment::{BROKER_PASSWORD, FEED_KEY};

impl Config {
    /// Takes the secrets that the environment has: `DATABENTO_API_KEY` and `FIX_PASSWORD`, or
    /// `FIX_PASSWORD_NAME` for each of several brokers. They are the real feed's and brokers', so a
    /// simulated venue is never met with them.
    pub fn with_secrets(mut self, read: impl Fn(&str) -> Option<String>) -> Config {
        let secret = |name: &str| read(name).filter(|value| !value.is_empty());
        self.feed.key = secret(FEED_KEY).unwrap_or(self.feed.key);
        for index in 0..self.brokers.len() {
            if let Some(password) = secret(&self.password_variable(&self.brokers[index])) {
                self.brokers[index].password = password;
            }
        }
        self
    }

    /// The variable that holds a broker's password.
    fn password_variable(&self, broker: &BrokerConfig) -> String {
        match self.brokers.len() {
            1 => BROKER_PASSWORD.to_owned(),
            _ => broker.password_variable(),
        }
    }

    /// Whether each broker session has what it logs on with: a user name and a password go together,
    /// and half of them would be dropped without a word. A session without either is right for a
    /// broker that knows its client by address and CompIDs, as the simulated venue does.
    ///
    /// # Errors
    /// Which half is missing, and where to set it.
    pub fn check_secrets(&self) -> Result<(), String> {
        self.brokers.iter().try_for_each(|broker| self.check_secrets_of(broker))
    }

    fn check_secrets_of(&self, broker: &BrokerConfig) -> Result<(), String> {
        let (username, password) = (&broker.username, &broker.password);
        let variable = self.password_variable(broker);
        let session = match broker.name.as_str() {
            "" => "the broker session".to_owned(),
            name => format!("the session of broker {name:?}"),
        };
        match (username.is_empty(), password.is_empty()) {
            (false, true) => Err(format!(
                "broker.username of {session} is {username:?} and there is no password: set \
                 {variable} in the environment, or broker.password"
            )),
            (true, false) => Err(format!(
                "there is a password for {session} ({variable} or broker.password) \
                 and no broker.username, without which it is not sent: set the user name, or unset \
                 the password"
            )),
            _ => self.check_copy_secrets_of(broker, &variable),
        }
    }

    fn check_copy_secrets_of(&self, broker: &BrokerConfig, variable: &str) -> Result<(), String> {
        match &broker.drop_copy {
            Some(copy) if copy.username.is_empty() && !copy.password.is_empty() => Err(
                "broker.drop_copy.password is given and no broker.drop_copy.username, without which it is \
                 not sent: set the user name, or leave the password out"
                    .to_owned(),
            ),
            Some(copy)
                if !copy.username.is_empty()
                    && copy.password.is_empty()
                    && broker.password.is_empty() =>
            {
                Err(format!(
                    "broker.drop_copy.username is {:?} and there is no password: set \
                     broker.drop_copy.password, or {variable} for the broker's, which is taken then",
                    copy.username
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether its file holds a secret.
    pub fn holds_secrets(&self) -> bool {
        let of_broker = |broker: &BrokerConfig| {
            let copy = broker.drop_copy.as_ref();
            !broker.password.is_empty() || copy.is_some_and(|copy| !copy.password.is_empty())
        };
        !self.feed.key.is_empty() || self.brokers.iter().any(of_broker)
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
        assert_eq!(config.brokers[0].password, "env FIX_PASSWORD");
        let config = demo().with_secrets(|_| Some(String::new()));
        assert_eq!(config.feed.key, demo().feed.key);
    }

    #[test]
    fn half_of_what_a_session_logs_on_with_is_refused() {
        let mut config = demo();
        assert_eq!(config.check_secrets(), Ok(()));
        config.brokers[0].username = "trader".to_owned();
        let error = config.check_secrets().expect_err("no password");
        assert!(error.contains("FIX_PASSWORD") && error.contains("\"trader\""), "{error}");
        config = config.with_secrets(|_| Some("hidden".to_owned()));
        assert_eq!(config.check_secrets(), Ok(()));
        config.brokers[0].username.clear();
        let error = config.check_secrets().expect_err("no user name");
        assert!(error.contains("broker.username") && !error.contains("hidden"), "{error}");
    }
}
