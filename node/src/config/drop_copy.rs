//! `[broker.drop_copy]`: the session on which a broker tells every report of the accounts again.

use super::BrokerConfig;
use gauntlet_model::input::{CopyTerms, Route};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Seconds that one of the two sessions may be behind the other unless a configuration says otherwise.
const WITHIN_SECONDS: u32 = 30;

/// A broker's drop copy: a FIX 4.4 session that only listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropCopyConfig {
    /// `host:port` of the acceptor.
    pub address: String,
    /// `host:port` of acceptors that are tried in turn after it.
    #[serde(default)]
    pub backup_addresses: Vec<String>,
    /// Our CompID (tag 49).
    pub sender_comp_id: String,
    /// Theirs (tag 56).
    pub target_comp_id: String,
    /// Heartbeat interval (tag 108).
    #[serde(default = "default_heartbeat")]
    pub heartbeat_seconds: u32,
    /// How long one of the two sessions may be behind the other before a fill that it alone tells is a
    /// difference.
    #[serde(default = "default_within")]
    pub within_seconds: u32,
    /// Whether nothing opens by the broker while the session is down.
    #[serde(default)]
    pub required: bool,
    /// Whether each side tells at logon what it expects next (tag 789).
    #[serde(default)]
    pub next_expected_msg_seq_num: bool,
    /// Whether every logon asks to begin both sides' numbers at 1 (141=Y).
    #[serde(default)]
    pub reset_on_logon: bool,
    /// User name (tag 553), if the broker wants one.
    #[serde(default)]
    pub username: String,
    /// Password (tag 554); the broker's where it is empty. Never hashed or shown.
    #[serde(default, skip_serializing)]
    pub password: String,
}

fn default_heartbeat() -> u32 {
    30
}

fn default_within() -> u32 {
    WITHIN_SECONDS
}

impl DropCopyConfig {
    /// What hangs on it, by the route of its broker's orders.
    pub(super) fn terms(&self, route: Route) -> CopyTerms {
        CopyTerms { route, within_seconds: self.within_seconds, required: self.required }
    }

    /// What it means, key by key, without its secrets.
    pub(super) fn meaning(&self, set: &mut dyn FnMut(&str, String)) {
        set("drop_copy.address", self.address.clone());
        set("drop_copy.sender_comp_id", self.sender_comp_id.clone());
        set("drop_copy.target_comp_id", self.target_comp_id.clone());
        set("drop_copy.heartbeat_seconds", self.heartbeat_seconds.to_string());
        set("drop_copy.within_seconds", self.within_seconds.to_string());
        set("drop_copy.required", self.required.to_string());
        set("drop_copy.next_expected_msg_seq_num", self.next_expected_msg_seq_num.to_string());
        // What is as ever has no line.
        if !self.backup_addresses.is_empty() {
            set("drop_copy.backup_addresses", self.backup_addresses.join(" "));
        }
        if self.reset_on_logon {
            set("drop_copy.reset_on_logon", true.to_string());
        }
        set("drop_copy.username", self.username.clone());
    }
}

impl BrokerConfig {
    /// What hangs on its drop copy, if it has one.
    pub(super) fn copy_terms(&self, route: Route) -> Option<CopyTerms> {
        self.drop_copy.as_ref().map(|copy| copy.terms(route))
    }

    /// It listens somewhere else than the configuration says, and so does its drop copy if it has one. No backup
    /// of the configuration's is tried: it is another's.
    pub fn meet(&mut self, orders: SocketAddr, address: Option<SocketAddr>) {
        self.address = orders.to_string();
        self.fix.backup_addresses.clear();
        self.fix.source_address = None;
        self.fix.be_plain();
        self.fix.be_direct();
        if let (Some(copy), Some(address)) = (&mut self.drop_copy, address) {
            copy.address = address.to_string();
            copy.backup_addresses.clear();
        }
    }

    /// Whether its drop copy can be.
    pub(super) fn check_drop_copy(&self) -> Result<(), String> {
        let Some(copy) = &self.drop_copy else { return Ok(()) };
        let one = (&self.address, &self.sender_comp_id, &self.target_comp_id);
        if one == (&copy.address, &copy.sender_comp_id, &copy.target_comp_id) {
            return Err(
                "drop_copy is the session of the orders: give it an address or CompIDs of its own"
                    .to_owned(),
            );
        }
        if copy.heartbeat_seconds == 0 || copy.within_seconds == 0 {
            return Err("drop_copy: heartbeat_seconds and within_seconds begin at 1".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, DEMO};
    use gauntlet_model::input::{CopyTerms, Route};

    const COPY: &str = "\n[broker.drop_copy]\naddress = \"127.0.0.1:1\"\nsender_comp_id = \"US\"\n\
                        target_comp_id = \"COPY\"\n";

    fn with(lines: &str) -> Result<Config, String> {
        // Behind the broker's own keys.
        let (head, tail) = DEMO.split_at(DEMO.find("[[account]]").expect("the demo has accounts"));
        let text = format!("{head}{COPY}{lines}\n{tail}");
        Config::parse(&text, "test").map_err(|error| error.to_string())
    }

    #[test]
    fn a_drop_copy_has_stated_defaults_and_only_needs_to_know_whom_it_talks_to() {
        let config = with("").expect("valid");
        let terms = config.brokers[0].copy_terms(Route::BROKER);
        let (route, required) = (Route::BROKER, false);
        assert_eq!(terms, Some(CopyTerms { route, within_seconds: 30, required }));
        let demo = Config::parse(DEMO, "demo").expect("valid");
        assert_eq!(demo.brokers[0].copy_terms(Route::BROKER), None);
    }

    #[test]
    fn what_a_drop_copy_cannot_be_is_refused_by_name() {
        for (lines, what) in [
            ("within_seconds = 0", "within_seconds"),
            ("within_seconds = 3601", "within_seconds"),
            ("requird = true", "requird"),
        ] {
            let error = with(lines).err().unwrap_or_else(|| panic!("{lines} is taken"));
            assert!(error.contains(what), "{lines}: {error}");
        }
        assert!(with("within_seconds = 1\nrequired = true").is_ok());
        assert!(with("within_seconds = 3600").is_ok());
        let half = with("password = \"x\"").expect("is read").check_secrets();
        assert!(half.is_err_and(|error| error.contains("drop_copy.username")));
        let mut config = with("").expect("valid");
        let broker = &mut config.brokers[0];
        let copy = broker.drop_copy.as_mut().expect("there is one");
        copy.address = broker.address.clone();
        copy.sender_comp_id = broker.sender_comp_id.clone();
        copy.target_comp_id = broker.target_comp_id.clone();
        assert!(broker.check_drop_copy().is_err(), "it is the session of the orders");
    }
}
