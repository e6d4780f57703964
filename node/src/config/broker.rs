//! Brokers in the configuration: one without a name, or several with one each.

use super::{AccountConfig, Config, ConfigError, DropCopyConfig, FixConfig, unique};
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::input::{BrokerDefinition, BrokerTerms, Reconcile, Route};
use gauntlet_model::order::Capabilities;
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
    /// Order types and lives that its venue does not take, by the names that `ctl order` has for them. They
    /// are emulated where something stands for them.
    #[serde(default)]
    pub lacks: Vec<String>,
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
    /// Whether it cancels orders by itself when a session to it ends (R20).
    #[serde(default)]
    pub cancel_on_disconnect: bool,
    /// Order types and lives that it does not cancel then, by the names that `ctl order` has for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_on_disconnect: Option<Vec<String>>,
    /// The session on which it copies its reports, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_copy: Option<DropCopyConfig>,
    /// How it wants its session and its order messages.
    #[serde(default, skip_serializing_if = "FixConfig::is_default")]
    pub fix: FixConfig,
    /// The tag of a field in which orders name what decided them (R27).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_tag: Option<u32>,
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

/// What a broker that cancels on disconnect spares unless a configuration says otherwise: the exchange's own
/// way.
const KEPT: [&str; 2] = ["gtc", "gtd"];

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
    /// What its venue takes.
    ///
    /// # Errors
    /// The first name that is of no order type and no life, or what a bot could not do without.
    pub(super) fn capabilities(&self) -> Result<Capabilities, String> {
        let mut left = Capabilities::ALL;
        for name in &self.lacks {
            left = match (OrderType::named(name), TimeInForce::named(name)) {
                (Some(OrderType::Limit), _) | (_, Some(TimeInForce::Day)) => {
                    return Err(format!("lacks: bots cannot trade without {name} orders"));
                }
                (_, Some(TimeInForce::ImmediateOrCancel)) => {
                    return Err("lacks: bots get out by ioc orders".to_owned());
                }
                (Some(order_type), _) => left.without_type(order_type),
                (None, Some(life)) => left.without_life(life),
                (None, None) => {
                    return Err(format!(
                        "lacks: {name:?} is not one of market, stop, stop-limit, market-to-limit, gtc, \
                         fok, gtd"
                    ));
                }
            };
        }
        Ok(left)
    }

    /// Whether orders can be named in the field that it wants: text, a link, or a field of a venue's own that
    /// nothing else of ours has.
    fn check_identity_tag(&self) -> Result<(), String> {
        match self.identity_tag {
            None | Some(58 | 583 | 5_000..=7_927 | 7_929..=7_999 | 8_001..=39_999) => Ok(()),
            Some(tag) => Err(format!(
                "identity_tag: {tag} is none of 58 (Text), 583 (ClOrdLinkID) and 5000 to 39999 but 7928 and 8000"
            )),
        }
    }

    /// What it is asked, by the route that leads to it.
    pub(super) fn terms(&self, route: Route) -> BrokerTerms {
        let (reconcile, every_seconds) = (self.reconcile.known(), self.reconcile_minutes * 60);
        // The configuration was checked: what cannot be read covers nothing.
        let on_disconnect = Some(self.cancelled().unwrap_or(Capabilities::NONE));
        BrokerTerms { route, reconcile, every_seconds, on_disconnect }
    }

    /// What it does not cancel when a session ends, where it cancels anything.
    pub(super) fn kept(&self) -> Vec<&str> {
        let said = self.keeps_on_disconnect.as_ref();
        said.map_or(KEPT.to_vec(), |names| names.iter().map(String::as_str).collect())
    }

    /// What of it was hardly meant, in words.
    pub(super) fn warning(&self) -> Option<String> {
        let says_nothing = self.keeps_on_disconnect.is_some() && !self.cancel_on_disconnect;
        says_nothing.then(|| {
            format!(
                "broker {:?}: keeps_on_disconnect says nothing of one that cancels nothing: add \
                 cancel_on_disconnect = true, or leave it out",
                self.name
            )
        })
    }

    /// The order types and lives that it cancels when a session ends.
    ///
    /// # Errors
    /// The first name that is of no order type and no life.
    pub(super) fn cancelled(&self) -> Result<Capabilities, String> {
        if !self.cancel_on_disconnect {
            return Ok(Capabilities::NONE);
        }
        self.kept().into_iter().try_fold(Capabilities::ALL, |left, name| {
            match (OrderType::named(name), TimeInForce::named(name)) {
                (Some(order_type), _) => Ok(left.without_type(order_type)),
                (None, Some(life)) => Ok(left.without_life(life)),
                (None, None) => Err(format!(
                    "keeps_on_disconnect: {name:?} is not one of market, limit, stop, stop-limit, \
                     market-to-limit, day, gtc, gtd"
                )),
            }
        })
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
        let wrong = broker.capabilities().err().or_else(|| broker.cancelled().err());
        let wrong = wrong.or_else(|| broker.check_identity_tag().err());
        if let Some(wrong) = wrong {
            return Err(format!("broker {name:?}: {wrong}"));
        }
        broker.check_fix().map_err(|wrong| format!("broker {name:?}: {wrong}"))?;
        broker.check_drop_copy().map_err(|wrong| format!("broker {name:?}: {wrong}"))?;
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

/// Whether every broker that is to keep a bot's stop takes stops.
pub(super) fn check_stops(config: &Config) -> Result<(), String> {
    if let Some(bot) = config.bots.iter().find(|bot| bot.broker_target && !bot.broker_stop) {
        return Err(format!(
            "bot {:?}: broker_target: a target rests beside a stop alone: add broker_stop = true",
            bot.name
        ));
    }
    for bot in config.bots.iter().filter(|bot| bot.broker_stop) {
        let account = config.accounts.iter().find(|account| account.name == bot.account);
        let name = account.and_then(|account| config.broker_name(account)).unwrap_or_default();
        let broker = config.brokers.iter().find(|broker| broker.name == name);
        let takes = broker.is_none_or(|broker| {
            broker.capabilities().is_ok_and(|left| left.takes(OrderType::Stop))
        });
        if !takes {
            return Err(format!(
                "bot {:?}: broker_stop: its broker lacks stop orders, so none can rest there",
                bot.name
            ));
        }
    }
    Ok(())
}

/// Gives every broker with a name its route: that which the journal knows it by, or the first that
/// is free. A journal without names has led to one broker, whose route goes to the first here. A broker
/// without a name is defined where it lacks something.
pub(super) fn define(
    brokers: &[BrokerConfig],
    known: &mut Vec<BrokerDefinition>,
) -> Result<(), ConfigError> {
    for broker in brokers {
        let name = Text::new(&broker.name);
        let capabilities = broker.capabilities().unwrap_or(Capabilities::ALL);
        let at = known.iter().position(|known| known.name == name);
        let at = at.or_else(|| known.iter().position(|known| known.name.is_empty()));
        if let Some(known) = at.and_then(|at| known.get_mut(at)) {
            (known.name, known.capabilities) = (name, capabilities);
            continue;
        }
        if broker.name.is_empty() && broker.lacks.is_empty() {
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
        known.push(BrokerDefinition { route, name, capabilities });
    }
    known.sort_by_key(|known| known.route);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEMO};

    fn broker(name: &str, lacks: &[&str]) -> BrokerConfig {
        let demo = Config::parse(DEMO, "demo").expect("valid");
        let lacks = lacks.iter().map(|name| (*name).to_owned()).collect();
        BrokerConfig { name: name.to_owned(), lacks, ..demo.brokers[0].clone() }
    }

    #[test]
    fn what_a_broker_lacks_is_told_by_name_and_bots_need_some() {
        let lacks = |names: &[&str]| broker("", names).capabilities();
        let left = lacks(&["stop", "gtd"]).expect("can be");
        assert!(!left.takes(OrderType::Stop) && !left.keeps(TimeInForce::GoodTillDate));
        assert!(left.takes(OrderType::StopLimit) && left.keeps(TimeInForce::FillOrKill));
        assert_eq!(lacks(&[]), Ok(Capabilities::ALL));
        for wrong in ["limit", "day", "ioc", "iceberg", ""] {
            assert!(lacks(&[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_target_rests_beside_a_stop_alone_and_both_are_told_to_the_core() {
        let mut config = Config::parse(DEMO, "demo").expect("valid");
        for (stop, target, fits) in
            [(false, false, true), (true, false, true), (true, true, true), (false, true, false)]
        {
            (config.bots[0].broker_stop, config.bots[0].broker_target) = (stop, target);
            let answer = check_stops(&config);
            assert_eq!(answer.is_ok(), fits, "{stop} {target}");
            if let Err(why) = answer {
                assert!(why.contains("add broker_stop = true"), "{why}");
            }
        }
    }

    #[test]
    fn orders_are_named_in_fields_that_nothing_else_of_ours_has() {
        let wrong = |tag| {
            let broker = BrokerConfig { identity_tag: tag, ..broker("", &[]) };
            check(std::slice::from_ref(&broker), &[]).is_err()
        };
        for tag in [None, Some(58), Some(583), Some(5_000), Some(39_999)] {
            assert!(!wrong(tag), "{tag:?}");
        }
        for tag in [0, 1, 11, 57, 59, 1_028, 4_999, 7_928, 8_000, 40_000, u32::MAX] {
            assert!(wrong(Some(tag)), "{tag}");
        }
    }

    #[test]
    fn what_a_broker_cancels_on_disconnect_is_what_it_does_not_keep() {
        let told = |cancels: bool, keeps: Option<&[&str]>| {
            let names = |keeps: &[&str]| keeps.iter().map(|name| (*name).to_owned()).collect();
            let broker = BrokerConfig {
                cancel_on_disconnect: cancels,
                keeps_on_disconnect: keeps.map(names),
                ..broker("", &[])
            };
            let wrong = check(std::slice::from_ref(&broker), &[]).err();
            (broker.terms(Route::BROKER).on_disconnect, wrong)
        };
        let of_day = Capabilities::ALL
            .without_life(TimeInForce::GoodTillCancel)
            .without_life(TimeInForce::GoodTillDate);
        assert_eq!(told(false, None), (Some(Capabilities::NONE), None));
        assert_eq!(told(true, None), (Some(of_day), None));
        assert_eq!(told(true, Some(&[])), (Some(Capabilities::ALL), None));
        let stops = Capabilities::ALL.without_type(OrderType::Stop);
        assert_eq!(told(true, Some(&["stop"])), (Some(stops), None));
        assert_eq!(told(false, Some(&["gtc"])), (Some(Capabilities::NONE), None));
        let idle = BrokerConfig { keeps_on_disconnect: Some(Vec::new()), ..broker("", &[]) };
        assert!(idle.warning().is_some() && broker("", &[]).warning().is_none());
        for keeps in ["iceberg", ""] {
            let (covers, wrong) = told(true, Some(&[keeps]));
            assert_eq!(covers, Some(Capabilities::NONE));
            assert!(wrong.is_some_and(|why| why.contains("keeps_on_disconnect")), "{keeps}");
        }
    }

    #[test]
    fn a_broker_without_a_name_is_defined_when_it_lacks_something_and_keeps_its_route_when_named() {
        let mut known = Vec::new();
        define(&[broker("", &[])], &mut known).expect("fits");
        assert_eq!(known, []);
        define(&[broker("", &["stop"])], &mut known).expect("fits");
        let capabilities = Capabilities::ALL.without_type(OrderType::Stop);
        let unnamed = BrokerDefinition { route: Route::BROKER, name: Text::EMPTY, capabilities };
        assert_eq!(known, [unnamed]);
        define(&[broker("ours", &[])], &mut known).expect("fits");
        let (name, capabilities) = (Text::new("ours"), Capabilities::ALL);
        assert_eq!(known, [BrokerDefinition { name, capabilities, ..unnamed }]);
    }
}
