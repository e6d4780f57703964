//! How a broker's sessions are reached: backup addresses, the address of ours that connections come from, a
//! proxy, TLS.

use super::FixConfig;
use crate::config::BrokerConfig;
use gauntlet_gateways::fix::reach::{BACKUPS_MAX, Endpoint, Reach};
use gauntlet_gateways::fix::socks::SocksTerms;
use gauntlet_gateways::fix::tls::TlsTerms;
use std::net::IpAddr;
use std::path::Path;

impl FixConfig {
    /// How an acceptor of the broker's is reached, of which the table of this name says where it is.
    ///
    /// # Errors
    /// What cannot be, in words that name the key.
    fn reach(&self, table: &str, address: &str, backups: &[String]) -> Result<Reach, String> {
        let read = |key: &str, text: &str| {
            Endpoint::parse(text).map_err(|wrong| format!("{table}{key}: {wrong}"))
        };
        if backups.len() > BACKUPS_MAX {
            return Err(format!("{table}backup_addresses has {BACKUPS_MAX} at most"));
        }
        let backups = backups.iter().map(|text| read("backup_addresses", text));
        let source = self.source_address.as_deref().map(|text| {
            text.parse::<IpAddr>().map_err(|_| {
                format!("fix.source_address: {text:?} is no address: write one of this machine's, without a port")
            })
        });
        Ok(Reach {
            address: read("address", address)?,
            backups: backups.collect::<Result<_, _>>()?,
            source: source.transpose()?,
            socks: self.socks()?,
            tls: None,
        })
    }

    /// No proxy is gone through any more.
    pub(in crate::config) fn be_direct(&mut self) {
        (self.socks_address, self.socks_username, self.socks_password) = (None, None, None);
    }

    /// The proxy that connections go through. Half of what is said of it would go past it, or to it as nobody.
    fn socks(&self) -> Result<Option<SocksTerms>, String> {
        let login = match (self.socks_username.as_deref(), self.socks_password.as_deref()) {
            (Some(username), Some(password)) => Some((username, password)),
            (None, None) => None,
            _ => {
                let text =
                    "fix.socks_username and fix.socks_password go together: give both or none";
                return Err(text.to_owned());
            }
        };
        match &self.socks_address {
            Some(address) => {
                let wrong = |error| format!("fix.socks_address: {error}");
                let proxy = Endpoint::parse(address).map_err(wrong)?;
                let terms = SocksTerms::new(proxy, login);
                terms
                    .map(Some)
                    .map_err(|error| format!("fix.socks_username, fix.socks_password: {error}"))
            }
            None if login.is_some() => {
                Err("fix.socks_address is missing: without it no proxy is gone through".to_owned())
            }
            None => Ok(None),
        }
    }

    /// Nothing is said of TLS any more.
    pub(in crate::config) fn be_plain(&mut self) {
        self.tls_roots = None;
        (self.tls_certificate, self.tls_key, self.tls_server_name) = (None, None, None);
    }

    /// Whether what is said of TLS belongs together. Half of it would leave a session plain, or unknown to the
    /// broker, without a word.
    fn check_tls(&self) -> Result<(), String> {
        let more = [&self.tls_certificate, &self.tls_key, &self.tls_server_name];
        if self.tls_roots.is_none() && more.iter().any(|key| key.is_some()) {
            return Err(
                "fix.tls_roots is missing: without it the session is plain, and tls_certificate, \
                        tls_key and tls_server_name say nothing"
                    .to_owned(),
            );
        }
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return Err(
                "fix.tls_certificate and fix.tls_key go together: give both or none".to_owned()
            );
        }
        Ok(())
    }

    /// Reads the files that sessions are made secure with; `None` where they are plain.
    ///
    /// # Errors
    /// The file that cannot be read or used, and why.
    pub fn tls(&self) -> Result<Option<TlsTerms>, String> {
        self.check_tls()?;
        let Some(roots) = &self.tls_roots else { return Ok(None) };
        let client = self.tls_certificate.as_ref().zip(self.tls_key.as_ref());
        let client = client.map(|(certificate, key)| (Path::new(certificate), Path::new(key)));
        TlsTerms::read(Path::new(roots), client, self.tls_server_name.as_deref())
            .map(Some)
            .map_err(|wrong| format!("broker.fix.tls: {wrong}"))
    }
}

impl BrokerConfig {
    /// How the session of the orders is reached.
    ///
    /// # Errors
    /// What cannot be, in words that name the key.
    pub fn reach(&self) -> Result<Reach, String> {
        self.fix.reach("", &self.address, &self.fix.backup_addresses)
    }

    /// How the drop copy's session is reached; `None` where there is none.
    ///
    /// # Errors
    /// What cannot be, in words that name the key.
    pub fn copy_reach(&self) -> Result<Option<Reach>, String> {
        let Some(copy) = &self.drop_copy else { return Ok(None) };
        self.fix.reach("drop_copy.", &copy.address, &copy.backup_addresses).map(Some)
    }

    /// Whether both sessions can be reached as they are configured.
    pub(in crate::config) fn check_reach(&self) -> Result<(), String> {
        self.fix.check_tls()?;
        self.reach().and_then(|_| self.copy_reach()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{BrokerConfig, Config, DEMO, StageCaps};
    use std::net::SocketAddr;

    const COPY: &str = "[broker.drop_copy]\naddress = \"127.0.0.1:1\"\nsender_comp_id = \"US\"\n\
                        target_comp_id = \"COPY\"\nbackup_addresses = [\"copy.example:2\"]\n";

    fn with(lines: &str) -> Result<Config, String> {
        // Behind the broker's own keys.
        let (head, tail) = DEMO.split_at(DEMO.find("[[account]]").expect("the demo has accounts"));
        let text = format!("{head}\n{lines}\n{tail}");
        Config::parse(&text, "test").map_err(|error| error.to_string())
    }

    fn broker(lines: &str) -> BrokerConfig {
        with(lines).unwrap_or_else(|error| panic!("{lines}: {error}")).brokers.remove(0)
    }

    #[test]
    fn what_is_said_reaches_both_sessions_and_the_meaning() {
        let lines = format!(
            "{COPY}[broker.fix]\nbackup_addresses = [\"b.example:1\", \"[::1]:2\"]\nsource_address = \"10.0.0.9\""
        );
        let broker = broker(&lines);
        let reach = broker.reach().expect("can be");
        let backups: Vec<String> = reach.backups.iter().map(ToString::to_string).collect();
        assert_eq!(backups, ["b.example:1", "[::1]:2"]);
        let copy = broker.copy_reach().expect("can be").expect("there is one");
        assert_eq!(copy.backups.len(), 1);
        for reach in [reach, copy] {
            assert_eq!(reach.source.map(|ip| ip.to_string()).as_deref(), Some("10.0.0.9"));
            assert_eq!(reach.fixed(), None);
        }
        let caps = StageCaps::read(|_| None).expect("defaults");
        let hash = |lines: &str| with(lines).expect("valid").hash(&caps);
        let base = hash(COPY);
        assert_ne!(base, hash(&lines));
        assert_ne!(base, hash(&COPY.replace("copy.example:2", "copy.example:3")));
        let plain = broker_of_demo();
        assert!(plain.reach().expect("can be").fixed().is_some(), "no thread without a need");
    }

    fn broker_of_demo() -> BrokerConfig {
        broker("")
    }

    #[test]
    fn a_simulated_venue_is_met_where_it_is_and_nowhere_else() {
        let lines = format!(
            "{COPY}[broker.fix]\nbackup_addresses = [\"b.example:1\"]\nsource_address = \"10.0.0.9\"\ntls_roots = \"r.pem\"\n\
             socks_address = \"proxy.example:1080\"\nsocks_username = \"u\"\nsocks_password = \"p\""
        );
        let mut broker = broker(&lines);
        let [orders, copies] = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        broker.meet(orders, Some(copies));
        assert_eq!(broker.reach().expect("can be").fixed(), Some(orders));
        assert!(broker.fix.tls().expect("nothing to read").is_none());
        let copy = broker.copy_reach().expect("can be").expect("there is one");
        assert_eq!(copy.fixed(), Some(copies));
    }

    #[test]
    fn what_cannot_be_reached_is_refused_at_the_start_by_its_key() {
        let backups = |count: usize| {
            let each = vec!["\"b.example:1\""; count].join(", ");
            format!("[broker.fix]\nbackup_addresses = [{each}]")
        };
        assert!(with(&backups(8)).is_ok());
        let many = backups(9);
        let copy = COPY.replace("copy.example:2", "copy.example");
        for (lines, says) in [
            (many.as_str(), "backup_addresses has 8 at most"),
            (
                "[broker.fix]\nbackup_addresses = [\"b.example\"]",
                "backup_addresses: \"b.example\" has no port",
            ),
            ("[broker.fix]\nsource_address = \"10.0.0.9:1\"", "fix.source_address"),
            (copy.as_str(), "drop_copy.backup_addresses"),
            ("[broker.fix]\ntls_certificate = \"c\"\ntls_key = \"k\"", "fix.tls_roots is missing"),
            (
                "[broker.fix]\nsocks_address = \"p:1\"\nsocks_username = \"u\"",
                "socks_password go together",
            ),
            (
                "[broker.fix]\nsocks_address = \"p:1\"\nsocks_password = \"u\"",
                "socks_password go together",
            ),
            (
                "[broker.fix]\nsocks_username = \"u\"\nsocks_password = \"p\"",
                "fix.socks_address is missing",
            ),
            ("[broker.fix]\nsocks_address = \"p\"", "fix.socks_address: \"p\" has no port"),
            (
                "[broker.fix]\nsocks_address = \"p:1\"\nsocks_username = \"\"\nsocks_password = \"p\"",
                "1 to 255 bytes",
            ),
            ("[broker.fix]\ntls_server_name = \"c\"", "fix.tls_roots is missing"),
            (
                "[broker.fix]\ntls_roots = \"r\"\ntls_key = \"k\"",
                "tls_certificate and fix.tls_key go",
            ),
            ("[broker.fix]\ntls_roots = \"r\"\ntls_certificate = \"c\"", "go together"),
        ] {
            let error = with(lines).err().unwrap_or_else(|| panic!("{lines} is taken"));
            assert!(error.contains(says), "{lines}: {error}");
        }
    }

    #[test]
    fn a_file_of_roots_that_is_not_there_keeps_the_node_from_starting_and_is_named() {
        let broker = broker("[broker.fix]\ntls_roots = \"/no/such/roots.pem\"");
        let error = broker.fix.tls().expect_err("no such file");
        assert!(error.contains("broker.fix.tls: /no/such/roots.pem"), "{error}");
        let caps = StageCaps::read(|_| None).expect("defaults");
        let hash = |lines: &str| with(lines).expect("valid").hash(&caps);
        let secure = hash("[broker.fix]\ntls_roots = \"r\"");
        assert_ne!(secure, hash(""));
        assert_ne!(secure, hash("[broker.fix]\ntls_roots = \"r\"\ntls_server_name = \"n\""));
    }

    #[test]
    fn a_proxy_reaches_both_sessions_and_its_password_is_neither_hashed_nor_shown() {
        let proxy = |password: &str| {
            format!(
                "{COPY}[broker.fix]\nsocks_address = \"proxy.example:1080\"\nsocks_username = \"u\"\n\
                 socks_password = \"{password}\""
            )
        };
        let broker = broker(&proxy("hidden-word"));
        let copy = broker.copy_reach().expect("can be").expect("there is one");
        for reach in [broker.reach().expect("can be"), copy] {
            let socks = reach.socks.as_ref().expect("a proxy");
            assert_eq!(socks.proxy.to_string(), "proxy.example:1080");
            assert!(!format!("{reach:?}").contains("hidden-word"));
        }
        let caps = StageCaps::read(|_| None).expect("defaults");
        let hash = |lines: &str| with(lines).expect("valid").hash(&caps);
        assert_eq!(hash(&proxy("hidden-word")), hash(&proxy("another")));
        assert_ne!(hash(&proxy("hidden-word")), hash(COPY));
        let shown = serde_json::to_string(&with(&proxy("hidden-word")).expect("valid"));
        assert!(!shown.expect("plain data").contains("hidden-word"));
    }
}
