//! Brokers in the configuration: one without a name, or several with one each.

use super::{AccountConfig, ConfigError, unique};
use gauntlet_model::input::{BrokerDefinition, BrokerTerms, Reconcile, Route};
use gauntlet_model::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Where orders go: a FIX 4.4 session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerConfig {
    /// Its name, which accounts say; only one broker alone needs none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `host:port` of the acceptor.
    pub address: String,
    /// Our CompID (tag 49).
    pub sender_comp_id: String,
    /// Theirs (tag 56).
    pub target_comp_id: String,
    /// Heartbeat interval (tag 108).
    #[serde(default = "default_heartbeat")]
    pub heartbeat_seconds: u32,
    /// Whether each side tells at logon what it expects next (tag 789), so that what was missed comes
    /// without being asked for. The broker must know it.
    #[serde(default)]
    pub next_expected_msg_seq_num: bool,
    /// User name (tag 553), if the broker wants one.
    #[serde(default)]
    pub username: String,
    /// How much hangs on its own lists of orders and positions.
    #[serde(default)]
    pub reconcile: ReconcileChoice,
    /// Minutes from one comparison to the next while nothing differs; 0 for none but after a logon and on
    /// demand.
    #[serde(default = "default_reconcile_minutes")]
    pub reconcile_minutes: u32,
    /// Password (tag 554); in `gauntlet run`, `FIX_PASSWORD` in the environment goes before it, with
    /// several brokers `FIX_PASSWORD_NAME`. Never hashed or shown.
    #[serde(default, skip_serializing)]
    pub password: String,
}

fn default_heartbeat() -> u32 {
    30
}

fn default_reconcile_minutes() -> u32 {
    RECONCILE_MINUTES
}

fn is_default_minutes(minutes: &u32) -> bool {
    *minutes == RECONCILE_MINUTES
}

/// Minutes between comparisons unless a configuration says otherwise.
const RECONCILE_MINUTES: u32 = 30;

/// See [`Reconcile`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconcileChoice {
    /// See [`Reconcile::Off`].
    Off,
    /// See [`Reconcile::WhenAnswered`].
    #[default]
    WhenAnswered,
    /// See [`Reconcile::Required`].
    Required,
}

impl ReconcileChoice {
    /// Whether it is what counts where nothing is said.
    pub fn is_default(&self) -> bool {
        *self == ReconcileChoice::default()
    }

    /// As the core knows it.
    pub fn known(self) -> Reconcile {
        match self {
            ReconcileChoice::Off => Reconcile::Off,
            ReconcileChoice::WhenAnswered => Reconcile::WhenAnswered,
            ReconcileChoice::Required => Reconcile::Required,
        }
    }
}

impl BrokerConfig {
    /// What it is asked, by the route that leads to it.
    pub(super) fn terms(&self, route: Route) -> BrokerTerms {
        let (reconcile, every_seconds) = (self.reconcile.known(), self.reconcile_minutes * 60);
        BrokerTerms { route, reconcile, every_seconds }
    }

    /// Minutes between comparisons, if they are not the default.
    pub(super) fn own_reconcile_minutes(&self) -> Option<u32> {
        (!is_default_minutes(&self.reconcile_minutes)).then_some(self.reconcile_minutes)
    }

    /// The variable that holds its password when there are several brokers.
    pub(super) fn password_variable(&self) -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        format!("FIX_PASSWORD_{}", self.name.chars().map(letter).collect::<String>())
    }
}

/// What is written: a table for one broker, an array of tables for more.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<'a> {
    One(&'a BrokerConfig),
    Many(&'a [BrokerConfig]),
}

impl OneOrMany<'_> {
    pub fn of(brokers: &[BrokerConfig]) -> OneOrMany<'_> {
        match brokers {
            [one] => OneOrMany::One(one),
            many => OneOrMany::Many(many),
        }
    }
}

/// `[broker]` and `[[broker]]` alike.
pub(super) mod one_or_many {
    use super::{BrokerConfig, OneOrMany};
    use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
    use serde::de::{MapAccess, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::fmt;

    pub fn serialize<S: Serializer>(brokers: &[BrokerConfig], to: S) -> Result<S::Ok, S::Error> {
        OneOrMany::of(brokers).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<BrokerConfig>, D::Error> {
        from.deserialize_any(Brokers)
    }

    struct Brokers;

    impl<'de> Visitor<'de> for Brokers {
        type Value = Vec<BrokerConfig>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a broker, or an array of them")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            BrokerConfig::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }
}

/// Whether the brokers can be, and those that accounts name are there.
pub(super) fn check(brokers: &[BrokerConfig], accounts: &[AccountConfig]) -> Result<(), String> {
    if brokers.is_empty() {
        return Err("there is no broker: add a [broker]".to_owned());
    }
    if brokers.len() > 1 || !brokers[0].name.is_empty() {
        unique("broker", brokers.iter().map(|b| &b.name), Route::BROKERS_MAX, 24)?;
    }
    let mut sessions = HashSet::new();
    let mut variables = HashSet::new();
    for broker in brokers {
        let BrokerConfig { name, address, sender_comp_id, target_comp_id, .. } = broker;
        if [Route::PAPER, Route::SHADOW].iter().any(|route| route.name() == name) {
            return Err(format!("broker {name:?}: this is the name of a simulated route"));
        }
        if !sessions.insert((address, sender_comp_id, target_comp_id)) {
            return Err(format!(
                "broker {name:?}: another broker has the same address and CompIDs"
            ));
        }
        if !variables.insert(broker.password_variable()) {
            return Err(format!(
                "broker {name:?}: another broker's password has the same variable {}: rename one",
                broker.password_variable()
            ));
        }
    }
    let unknown = accounts.iter().find_map(|account| {
        let name = account.broker.as_ref()?;
        (!brokers.iter().any(|broker| broker.name == *name)).then_some((account, name))
    });
    match unknown {
        None => Ok(()),
        Some((account, name)) => {
            Err(format!("account {:?}: there is no broker {name:?}", account.name))
        }
    }
}

/// Gives every broker with a name its route: that which the journal knows it by, or the first that
/// is free. A journal without names has led to one broker, whose route goes to the first here.
pub(super) fn define(
    brokers: &[BrokerConfig],
    known: &mut Vec<BrokerDefinition>,
) -> Result<(), ConfigError> {
    for broker in brokers.iter().filter(|broker| !broker.name.is_empty()) {
        let name = Text::new(&broker.name);
        if known.iter().any(|known| known.name == name) {
            continue;
        }
        let is_free = |route: &Route| known.iter().all(|known| known.route != *route);
        let Some(route) = Route::brokers().find(is_free) else {
            return Err(ConfigError::Invalid {
                origin: "configuration with this journal".to_owned(),
                message: format!(
                    "broker {:?} is one more than the {} that a journal can know: begin a new data \
                     directory",
                    broker.name,
                    Route::BROKERS_MAX
                ),
            });
        };
        known.push(BrokerDefinition { route, name });
    }
    known.sort_by_key(|known| known.route);
    Ok(())
}
