//! `[broker.fix]`: how a broker wants its FIX session and its order messages.

mod dictionary;
mod reach;

use super::BrokerConfig;
use gauntlet_gateways::fix::gateway::rehearse;
use gauntlet_gateways::fix::profile::OrderProfile;
use gauntlet_gateways::fix::session::SessionConfig;
use gauntlet_model::session_schedule::SessionSchedule;
use gauntlet_model::units::UnixNanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whose habits order messages follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileChoice {
    /// FIX 4.4 and nothing else.
    #[default]
    Standard,
    /// CME's: `ManualOrderIndicator` (1028) with every order message.
    Cme,
}

/// See the module. Everything has a default, which is what the standard says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FixConfig {
    /// Whose habits order messages follow.
    pub profile: ProfileChoice,
    /// Who of us sends (tag 50), on every message.
    pub sender_sub_id: String,
    /// To whom of theirs (tag 57), on every message.
    pub target_sub_id: String,
    /// Whether every logon asks to begin both sides' numbers at 1 (141=Y).
    pub reset_on_logon: bool,
    /// The time zone of the times below.
    pub time_zone: Option<String>,
    /// When numbers begin anew: a time of every day or, with a day, of every week.
    pub reset_at: Option<String>,
    /// From when the session is open.
    pub open: Option<String>,
    /// Until when.
    pub close: Option<String>,
    /// Messages asked for in one resend request; 0 for all that are missing.
    pub resend_chunk: u64,
    /// Whether every message tells the last number received (tag 369).
    pub last_msg_seq_num_processed: bool,
    /// The data dictionary: a file in QuickFIX's XML form, or `builtin`. Without it the built-in one.
    pub dictionary: Option<String>,
    /// Whether the broker's messages are held against it.
    pub validate_received: bool,
    /// Whether our own messages are.
    pub validate_sent: bool,
    /// `host:port` of acceptors that are tried in turn after the broker's `address`.
    pub backup_addresses: Vec<String>,
    /// The address of ours that connections come from, the drop copy's too.
    pub source_address: Option<String>,
    /// `host:port` of the SOCKS5 proxy that connections go through.
    pub socks_address: Option<String>,
    /// Who we are to it, if it asks.
    pub socks_username: Option<String>,
    /// The password that goes with it. Never hashed or shown.
    #[serde(skip_serializing)]
    pub socks_password: Option<String>,
    /// A file with the roots that the broker's certificate must come from; sessions are plain without it.
    pub tls_roots: Option<String>,
    /// A file with our certificate chain, where the broker asks for it.
    pub tls_certificate: Option<String>,
    /// A file with its private key.
    pub tls_key: Option<String>,
    /// The name in the broker's certificate where it is not the host of its address.
    pub tls_server_name: Option<String>,
    /// Fields of new orders and replaces, by tag.
    pub order_tags: BTreeMap<String, String>,
    /// Fields of cancels, by tag.
    pub cancel_tags: BTreeMap<String, String>,
    /// How accounts are called on the wire (tag 1), by their names here.
    pub accounts: BTreeMap<String, String>,
    /// A file of the log of messages has so many mebibytes at most.
    pub message_log_mib: u32,
    /// Files of it in all, for each session; 0 for no log.
    pub message_log_files: u32,
}

impl Default for FixConfig {
    fn default() -> FixConfig {
        FixConfig {
            profile: ProfileChoice::Standard,
            sender_sub_id: String::new(),
            target_sub_id: String::new(),
            reset_on_logon: false,
            time_zone: None,
            reset_at: None,
            open: None,
            close: None,
            resend_chunk: 0,
            last_msg_seq_num_processed: false,
            dictionary: None,
            validate_received: false,
            validate_sent: false,
            backup_addresses: Vec::new(),
            source_address: None,
            socks_address: None,
            socks_username: None,
            socks_password: None,
            tls_roots: None,
            tls_certificate: None,
            tls_key: None,
            tls_server_name: None,
            order_tags: BTreeMap::new(),
            cancel_tags: BTreeMap::new(),
            accounts: BTreeMap::new(),
            message_log_mib: 16,
            message_log_files: 8,
        }
    }
}

/// Mebibytes that a file of the log of messages may have.
const MIB: std::ops::RangeInclusive<u32> = 1..=1_024;
/// Files of it that there may be.
const FILES_MAX: u32 = 100;
/// The time zone where none is given: that of the exchange.
const TIME_ZONE: &str = "America/Chicago";

/// A schedule of a time zone and of when numbers begin anew, from when the session is open and until when; `None`
/// where nothing is said.
///
/// # Errors
/// What cannot be, in words.
pub(super) fn schedule_of(
    time_zone: Option<&str>,
    [reset, open, close]: [Option<&str>; 3],
) -> Result<Option<SessionSchedule>, String> {
    let says = [time_zone, reset, open, close].iter().any(Option::is_some);
    let zone = time_zone.unwrap_or(TIME_ZONE);
    let read = || SessionSchedule::new(zone, reset, open, close).map_err(|error| error.to_string());
    says.then(read).transpose()
}

impl FixConfig {
    /// Whether nothing is said.
    pub fn is_default(&self) -> bool {
        *self == FixConfig::default()
    }

    /// When the session is open and when its numbers begin anew; `None` where nothing is said of it.
    ///
    /// # Errors
    /// What cannot be, in words.
    pub fn schedule(&self) -> Result<Option<SessionSchedule>, String> {
        let times = [&self.reset_at, &self.open, &self.close].map(|time| time.as_deref());
        schedule_of(self.time_zone.as_deref(), times).map_err(|error| format!("fix: {error}"))
    }

    /// How order messages are dressed.
    ///
    /// # Errors
    /// What cannot be sent, in words.
    pub fn order_profile(&self) -> Result<OrderProfile, String> {
        let tags = |name: &str, fields: &BTreeMap<String, String>| {
            let read = |(tag, value): (&String, &String)| -> Result<(u32, String), String> {
                let number = tag.parse::<u32>();
                let number = number.map_err(|_| format!("fix.{name}: {tag:?} is not a tag number"));
                Ok((number?, value.clone()))
            };
            fields.iter().map(read).collect::<Result<Vec<_>, String>>()
        };
        let base = match self.profile {
            ProfileChoice::Standard => OrderProfile::standard(),
            ProfileChoice::Cme => OrderProfile::cme(),
        };
        let profile = OrderProfile {
            order_tags: tags("order_tags", &self.order_tags)?,
            cancel_tags: tags("cancel_tags", &self.cancel_tags)?,
            account_names: self.accounts.clone().into_iter().collect(),
            ..base
        };
        profile.validate().map_err(|wrong| format!("fix.{wrong}"))?;
        Ok(profile)
    }

    /// A session as it is configured here, whose numbers were last in use at a time.
    ///
    /// # Errors
    /// What cannot be, in words.
    pub fn session(
        &self,
        base: SessionConfig,
        numbers_of: UnixNanos,
    ) -> Result<SessionConfig, String> {
        let dictionary = self.dictionary()?;
        Ok(SessionConfig {
            dictionary: dictionary.clone().filter(|_| self.validate_received),
            sent_dictionary: dictionary.filter(|_| self.validate_sent),
            sender_sub_id: self.sender_sub_id.clone(),
            target_sub_id: self.target_sub_id.clone(),
            reset_on_logon: self.reset_on_logon,
            schedule: self.schedule()?,
            numbers_of,
            resend_chunk: self.resend_chunk,
            last_processed: self.last_msg_seq_num_processed,
            ..base
        })
    }

    /// What it means, key by key. What is as ever has no line, nor has the log of messages, which decides nothing.
    pub(super) fn meaning(&self, set: &mut dyn FnMut(&str, String)) {
        let mut say = |key: &str, value: String, usual: bool| {
            if !usual {
                set(&format!("fix.{key}"), value);
            }
        };
        let usual = FixConfig::default();
        let fields = |fields: &BTreeMap<String, String>| {
            let each = fields.iter().map(|(key, value)| format!("{key}={value}"));
            each.collect::<Vec<_>>().join(" ")
        };
        let time = |time: &Option<String>| time.clone().unwrap_or_default();
        say("profile", "cme".to_owned(), self.profile == usual.profile);
        say("sender_sub_id", self.sender_sub_id.clone(), self.sender_sub_id.is_empty());
        say("target_sub_id", self.target_sub_id.clone(), self.target_sub_id.is_empty());
        say("reset_on_logon", self.reset_on_logon.to_string(), !self.reset_on_logon);
        say("time_zone", time(&self.time_zone), self.time_zone.is_none());
        say("reset_at", time(&self.reset_at), self.reset_at.is_none());
        say("open", time(&self.open), self.open.is_none());
        say("close", time(&self.close), self.close.is_none());
        say("resend_chunk", self.resend_chunk.to_string(), self.resend_chunk == 0);
        let processed = self.last_msg_seq_num_processed;
        say("last_msg_seq_num_processed", processed.to_string(), !processed);
        say("dictionary", time(&self.dictionary), self.dictionary.is_none());
        say("validate_received", self.validate_received.to_string(), !self.validate_received);
        say("validate_sent", self.validate_sent.to_string(), !self.validate_sent);
        say("backup_addresses", self.backup_addresses.join(" "), self.backup_addresses.is_empty());
        say("source_address", time(&self.source_address), self.source_address.is_none());
        for (key, value) in [
            ("socks_address", &self.socks_address),
            ("socks_username", &self.socks_username),
            ("tls_roots", &self.tls_roots),
            ("tls_certificate", &self.tls_certificate),
            ("tls_key", &self.tls_key),
            ("tls_server_name", &self.tls_server_name),
        ] {
            say(key, time(value), value.is_none());
        }
        say("order_tags", fields(&self.order_tags), self.order_tags.is_empty());
        say("cancel_tags", fields(&self.cancel_tags), self.cancel_tags.is_empty());
        say("accounts", fields(&self.accounts), self.accounts.is_empty());
    }
}

impl BrokerConfig {
    /// Whether its session and its order messages can be.
    pub(super) fn check_fix(&self) -> Result<(), String> {
        if !MIB.contains(&self.fix.message_log_mib) || self.fix.message_log_files > FILES_MAX {
            return Err(format!(
                "fix.message_log_mib is {} to {}, fix.message_log_files at most {FILES_MAX}",
                MIB.start(),
                MIB.end()
            ));
        }
        self.check_reach()?;
        // The CompIDs are looked at when the session is made.
        let session = self.fix.session(SessionConfig::initiator("US", "THEM"), UnixNanos(0))?;
        session.validate().map_err(|error| format!("fix: {error}"))?;
        let profile = self.fix.order_profile()?;
        if let Some(dictionary) = &session.sent_dictionary {
            dictionary::check_fields(dictionary, &profile, self.identity_tag)?;
            rehearse(&session, &profile, self.identity_tag, self.capabilities()?).map_err(
                |wrong| {
                    format!(
                        "fix: {wrong}; with validate_sent it could never be sent: mend the dictionary, name in `lacks` \
                         what the broker does not take, or leave validate_sent out"
                    )
                },
            )?;
        }
        let twice = profile
            .order_tags
            .iter()
            .chain(&profile.cancel_tags)
            .find(|(tag, _)| self.identity_tag == Some(*tag));
        match twice {
            Some((tag, _)) => {
                Err(format!("fix: tag {tag} names what decided an order already (identity_tag)"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEMO, StageCaps};

    fn caps() -> StageCaps {
        StageCaps::read(|_| None).expect("defaults")
    }

    fn with(lines: &str) -> Result<Config, String> {
        // Behind the broker's own keys.
        let (head, tail) = DEMO.split_at(DEMO.find("[[account]]").expect("the demo has accounts"));
        let text = format!("{head}\n[broker.fix]\n{lines}\n{tail}");
        Config::parse(&text, "test").map_err(|error| error.to_string())
    }

    #[test]
    fn a_broker_of_which_nothing_is_said_gets_the_standard_and_no_schedule() {
        let config = with("").expect("valid");
        let fix = &config.brokers[0].fix;
        assert!(fix.is_default());
        assert_eq!(fix.order_profile(), Ok(OrderProfile::standard()));
        assert_eq!(fix.schedule(), Ok(None));
        let before = Config::parse(DEMO, "test").expect("valid");
        assert_eq!(
            config.hash(&caps()),
            before.hash(&caps()),
            "a configuration from before means what it did"
        );
    }

    #[test]
    fn what_is_said_reaches_the_session_and_the_orders() {
        let config = with(
            "profile = \"cme\"\nsender_sub_id = \"OP1\"\ntarget_sub_id = \"G\"\nreset_on_logon = true\n\
             reset_at = \"16:45\"\nopen = \"sunday 17:00\"\nclose = \"friday 16:45\"\nresend_chunk = 2500\n\
             last_msg_seq_num_processed = true\norder_tags = { 528 = \"A\" }\ncancel_tags = { 9702 = \"1\" }",
        )
        .expect("valid");
        let fix = &config.brokers[0].fix;
        let base = SessionConfig::initiator("US", "THEM");
        let session = fix.session(base, UnixNanos(7)).expect("can be");
        assert_eq!((session.sender_sub_id.as_str(), session.target_sub_id.as_str()), ("OP1", "G"));
        assert!(session.reset_on_logon && session.last_processed && session.tolerant);
        assert_eq!((session.resend_chunk, session.numbers_of), (2_500, UnixNanos(7)));
        let chicago = SessionSchedule::new(
            "America/Chicago",
            Some("16:45"),
            Some("sunday 17:00"),
            Some("friday 16:45"),
        );
        assert_eq!(session.schedule, Some(chicago.expect("can be")));
        let profile = fix.order_profile().expect("can be");
        assert!(profile.says_manual);
        assert_eq!(profile.order_tags, [(528, "A".to_owned())]);
        assert_ne!(config.hash(&caps()), Config::parse(DEMO, "test").expect("valid").hash(&caps()));
    }

    #[test]
    fn a_dictionary_that_refuses_what_we_must_send_is_refused_at_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bare.xml");
        let messages = ["D", "F", "G"].map(|one| format!("<message msgtype='{one}'/>")).concat();
        let text = format!(
            "<fix><header/><trailer/><messages>{messages}</messages><fields>\
             <field number='35' name='MsgType' type='STRING'/></fields></fix>"
        );
        std::fs::write(&path, text).expect("written");
        let lines = format!("validate_sent = true\ndictionary = {path:?}");
        let error = with(&lines).expect_err("nothing could be sent");
        for says in ["the dictionary refuses a cancel of an order", "(message type F)", "`lacks`"] {
            assert!(error.contains(says), "{error}");
        }
        assert!(with("validate_sent = true").is_ok());
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_to_do() {
        for (lines, says) in [
            ("time_zone = \"Chicago\"", "time zone database"),
            ("reset_at = \"noon\"", "is not a time"),
            ("open = \"17:00\"", "open and close go together"),
            ("sender_sub_id = \"A B\"", "sender_sub_id"),
            ("order_tags = { x = \"1\" }", "not a tag number"),
            ("order_tags = { 44 = \"1\" }", "tag 44"),
            ("profile = \"nyse\"", "profile"),
            ("resend = 1", "resend"),
            ("dictionary = \"builtin\"", "validate_sent = true"),
            ("validate_sent = true\nprofile = \"cme\"", "tag 1028 for message type D"),
            ("validate_sent = true\ncancel_tags = { 1028 = \"N\" }", "message type F"),
            ("validate_received = true\ndictionary = \"nowhere.xml\"", "nowhere.xml"),
        ] {
            let error = with(lines).err().unwrap_or_else(|| panic!("{lines} is taken"));
            assert!(error.contains(says), "{lines}: {error}");
        }
    }
}
