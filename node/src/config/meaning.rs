//! What a configuration means: one line a key, with defaults filled in and every name, distance and
//! rule in its canonical form. Two configurations that decide alike mean the same, however they are
//! written; the hash that a journal keeps is that of this text, and a change is shown as its lines
//! that differ.

use super::{BotConfig, BrokerConfig, Config, Definitions, StageCaps};
use gauntlet_model::input::{
    BarKind, BotDefinition, Distance, Exits, SignalSource, Sizing, Stage, Timeframe,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// Begins a line that is no key.
const COMMENT: char = '#';
/// Longest line of a difference that is shown whole, in characters.
const LINE_MAX: usize = 160;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning(BTreeMap<String, String>);

impl Meaning {
    pub(super) fn set(&mut self, key: &str, value: impl Display) {
        self.0.insert(key.to_owned(), value.to_string());
    }

    /// SHA-256 of its text.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.to_text()).into()
    }

    /// One line a key, in the order of the keys.
    pub fn to_text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key} = {}", escaped(value));
            text
        })
    }

    /// Reads what [`Meaning::to_text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Meaning> {
        let lines = text.lines().filter(|line| !line.starts_with(COMMENT));
        let key = |line: &str| {
            let (key, value) = line.split_once(" = ")?;
            Some((key.to_owned(), unescaped(value)))
        };
        lines.map(key).collect::<Option<_>>().map(Meaning)
    }

    /// The lines in which another meaning differs from this older one; empty when none does.
    pub fn difference(&self, newer: &Meaning) -> String {
        let mut text = String::new();
        let keys: std::collections::BTreeSet<_> = self.0.keys().chain(newer.0.keys()).collect();
        for key in keys {
            match (self.0.get(key), newer.0.get(key)) {
                (Some(old), Some(new)) if old == new => {}
                (Some(old), Some(new)) if old.contains('\n') || new.contains('\n') => {
                    let _ = writeln!(text, "  {key}");
                    lines_that_differ(&mut text, old, new);
                }
                (Some(old), Some(new)) => {
                    let _ = writeln!(text, "  {key}: {} → {}", shown(old), shown(new));
                }
                (Some(old), None) => {
                    let _ = writeln!(text, "- {key} = {}", shown(old));
                }
                (None, Some(new)) => {
                    let _ = writeln!(text, "+ {key} = {}", shown(new));
                }
                (None, None) => {}
            }
        }
        text
    }
}

/// A value as part of a line.
fn shown(value: &str) -> String {
    let line = escaped(value);
    match line.char_indices().nth(LINE_MAX) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None if line.is_empty() => "\"\"".to_owned(),
        None => line,
    }
}

/// The lines of two texts that only one of them has.
fn lines_that_differ(text: &mut String, old: &str, new: &str) {
    let only = |here: &str, there: &str, mark: char, text: &mut String| {
        let mut left: Vec<&str> = there.lines().collect();
        for line in here.lines() {
            match left.iter().position(|other| *other == line) {
                Some(at) => drop(left.swap_remove(at)),
                None => {
                    let _ = writeln!(text, "    {mark} {line}");
                }
            }
        }
    };
    let before = text.len();
    only(old, new, '-', text);
    only(new, old, '+', text);
    if text.len() == before {
        text.push_str("    the same lines in another order\n");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            (letter, false) => text.push(letter),
        }
    }
    text
}

impl Config {
    /// What it means. The configuration was checked.
    pub fn meaning(&self, caps: &StageCaps) -> Meaning {
        let mut meaning = Meaning::default();
        for stage in Stage::ALL.into_iter().filter(|stage| *stage != Stage::Lab) {
            let name = format!("environment.MAX_CONTRACTS_{}", stage.name());
            meaning.set(&name, caps.of(stage));
        }
        let clock = serde_json::to_value(self.node.clock).unwrap_or_default();
        meaning.set("node.clock", clock.as_str().unwrap_or_default());
        let feed = &self.feed;
        meaning.set("feed.address", &feed.address);
        meaning.set("feed.dataset", &feed.dataset);
        meaning.set("feed.schema", &feed.schema);
        meaning.set("feed.heartbeat_seconds", feed.heartbeat_seconds);
        meaning.set("feed.history_hours", feed.history_hours);
        meaning.calendar(&self.calendar.days().unwrap_or_default());
        self.brokers.iter().for_each(|broker| meaning.broker(broker));
        for account in &self.accounts {
            meaning.account(
                &account.name,
                [account.max_position, account.messages_per_second, account.cancel_headroom],
            );
            for (key, value) in account.own_watch() {
                meaning.set(&format!("account.{}.{key}", account.name), value);
            }
            if let Some(broker) = self.broker_name(account).filter(|name| !name.is_empty()) {
                meaning.set(&format!("account.{}.broker", account.name), broker);
            }
            account.cash_meaning(&mut |key, value| {
                meaning.set(&format!("account.{}.{key}", account.name), value);
            });
        }
        for instrument in &self.instruments {
            meaning.instrument(
                &instrument.symbol,
                [
                    instrument.max_order_qty,
                    instrument.max_position,
                    instrument.collar_ticks,
                    instrument.stale_after_ms,
                ],
            );
            let symbol = &instrument.symbol;
            let days = [
                ("no_opening_days", instrument.no_opening_days),
                ("out_days", instrument.out_days),
                ("warn_days", instrument.warn_days),
            ];
            for (name, days) in days.into_iter().filter_map(|(name, days)| Some((name, days?))) {
                meaning.set(&format!("instrument.{symbol}.{name}"), days);
            }
        }
        self.bots.iter().for_each(|bot| meaning.bot(bot));
        meaning.limits(self);
        meaning.paper(&self.paper);
        meaning
    }
}

impl Meaning {
    /// The only broker needs no name, and its keys have none then.
    fn broker(&mut self, broker: &BrokerConfig) {
        let of = if broker.name.is_empty() { String::new() } else { format!("{}.", broker.name) };
        let mut set =
            |key: &str, value: &dyn Display| self.set(&format!("broker.{of}{key}"), value);
        set("address", &broker.address);
        set("sender_comp_id", &broker.sender_comp_id);
        set("target_comp_id", &broker.target_comp_id);
        set("heartbeat_seconds", &broker.heartbeat_seconds);
        if !broker.lacks.is_empty() {
            set("lacks", &broker.lacks.join(" "));
        }
        // What is as ever has no line.
        if broker.cancel_on_disconnect {
            set("cancel_on_disconnect", &true);
            set("keeps_on_disconnect", &broker.kept().join(" "));
        }
        if let Some(tag) = broker.identity_tag {
            set("identity_tag", &tag);
        }
        set("next_expected_msg_seq_num", &broker.next_expected_msg_seq_num);
        set("username", &broker.username);
        // What is as ever has no line, so that a configuration from before means what it did.
        if !broker.reconcile.is_default() {
            set("reconcile", &broker.reconcile.known().name());
        }
        if let Some(minutes) = broker.own_reconcile_minutes() {
            set("reconcile_minutes", &minutes);
        }
        broker.fix.meaning(&mut |key, value| set(key, &value));
        if let Some(copy) = &broker.drop_copy {
            copy.meaning(&mut |key, value| set(key, &value));
        }
    }

    fn account(&mut self, name: &str, limits: [u32; 3]) {
        let keys = ["max_position", "messages_per_second", "cancel_headroom"];
        for (key, limit) in keys.into_iter().zip(limits) {
            self.set(&format!("account.{name}.{key}"), limit);
        }
    }

    fn instrument(&mut self, symbol: &str, limits: [u32; 4]) {
        let keys = ["max_order_qty", "max_position", "collar_ticks", "stale_after_ms"];
        for (key, limit) in keys.into_iter().zip(limits) {
            self.set(&format!("instrument.{symbol}.{key}"), limit);
        }
    }

    fn bot(&mut self, bot: &BotConfig) {
        let Ok((plan, _)) = bot.plan() else { return };
        let Ok(terms) = bot.terms() else { return };
        let name = &bot.name;
        let bars = terms.bars.or(plan.bars()).unwrap_or(BarKind::Time(Timeframe::M1));
        self.set(&format!("bot.{name}.account"), &bot.account);
        self.set(&format!("bot.{name}.instrument"), &bot.instrument);
        if let Some(end) = bot.at_contract_end {
            self.set(&format!("bot.{name}.at_contract_end"), end.name());
        }
        let archetype = bot.archetype.map_or("none", |archetype| archetype.name());
        self.set(&format!("bot.{name}.archetype"), archetype);
        self.set(&format!("bot.{name}.stage"), bot.stage.name());
        self.set(&format!("bot.{name}.session"), terms.session.name());
        self.set(&format!("bot.{name}.bars"), bars);
        let rules = match (bot.rule_text.is_empty(), plan.fallbacks()) {
            (true, _) => "of its archetype".to_owned(),
            (false, 0) => plan.rules().to_string(),
            // A part of them cannot be read, so nobody knows what they mean but for their words.
            (false, _) => bot.rule_text.clone(),
        };
        self.set(&format!("bot.{name}.rules"), rules);
        if bot.broker_stop {
            let step = bot.broker_stop_step_ticks;
            self.set(&format!("bot.{name}.broker_stop"), format_args!("every {step} ticks"));
        }
        if bot.broker_target {
            self.set(&format!("bot.{name}.broker_target"), bot.broker_target);
        }
        if bot.fallback {
            self.set(&format!("bot.{name}.fallback"), bot.fallback);
        }
        for (param, value) in plan.rules().params.iter().zip(plan.values()) {
            self.set(&format!("bot.{name}.parameters.{}", param.name), value);
        }
        self.set(&format!("bot.{name}.order_qty"), bot.order_qty);
        self.set(&format!("bot.{name}.max_order_qty"), bot.max_order_qty);
        self.set(&format!("bot.{name}.max_position"), bot.max_position);
        self.sizing(name, terms.sizing);
        self.exits(name, &terms.exits.or(plan.exits()));
        for source in SignalSource::ALL {
            let weight = terms.weights[source as usize];
            self.set(&format!("bot.{name}.weights.{}", source.name()), weight);
        }
    }

    fn sizing(&mut self, name: &str, sizing: Sizing) {
        let words = match sizing {
            Sizing::Fixed => "fixed".to_owned(),
            Sizing::VolatilityTarget { daily, period } => {
                format!("volatility_target of {daily} dollars a day over {period} bars")
            }
            Sizing::EquityFraction { fraction, equity } => {
                format!("equity_fraction of {fraction} of {equity} dollars")
            }
        };
        self.set(&format!("bot.{name}.sizing"), words);
    }

    fn exits(&mut self, name: &str, exits: &Exits) {
        self.set(&format!("bot.{name}.stop_loss"), exits.stop_loss);
        self.set(&format!("bot.{name}.take_profit"), exits.take_profit);
        self.set(&format!("bot.{name}.trailing"), exits.trailing);
        let break_even = match (exits.break_even_after, exits.break_even_plus) {
            (Distance::None, _) => "none".to_owned(),
            (after, Distance::None) => format!("after {after}"),
            (after, plus) => format!("after {after} plus {plus}"),
        };
        self.set(&format!("bot.{name}.break_even"), break_even);
        self.set(&format!("bot.{name}.time_stop_bars"), exits.time_stop_bars);
        self.set(&format!("bot.{name}.hold_over_session"), exits.hold_over_session);
    }

    /// What definitions say, as far as they say it: what a journal knows of the configuration before.
    pub fn of_definitions(definitions: &Definitions) -> Meaning {
        let mut meaning = Meaning::default();
        meaning.calendar(&definitions.calendar);
        for account in &definitions.accounts {
            meaning.account(
                account.name.as_str(),
                [account.max_position, account.messages_per_second, account.cancel_headroom],
            );
        }
        for instrument in &definitions.instruments {
            let limits = instrument.limits;
            meaning.instrument(
                instrument.symbol.as_str(),
                [
                    limits.max_order_qty,
                    limits.max_position,
                    limits.collar_ticks,
                    limits.stale_after_ms,
                ],
            );
        }
        for bot in definitions.bots.iter().filter(|bot| bot.enabled) {
            meaning.defined_bot(bot, definitions);
        }
        meaning
    }

    fn defined_bot(&mut self, bot: &BotDefinition, definitions: &Definitions) {
        let name = bot.name.as_str();
        let account = definitions.accounts.get(usize::from(bot.account.0));
        let instrument = definitions.instruments.get(usize::from(bot.instrument.0));
        let account = account.map_or("?", |account| account.name.as_str());
        let instrument = instrument.map_or("?", |instrument| instrument.symbol.as_str());
        self.set(&format!("bot.{name}.account"), account);
        if let Some(broker) = definitions.brokers.iter().find(|known| known.route == bot.broker) {
            self.set(&format!("bot.{name}.broker"), broker.name.as_str());
        }
        self.set(&format!("bot.{name}.instrument"), instrument);
        self.set(&format!("bot.{name}.stage"), bot.stage.name());
        self.set(&format!("bot.{name}.session"), bot.session.name());
        self.set(&format!("bot.{name}.order_qty"), bot.order_qty);
        self.set(&format!("bot.{name}.max_order_qty"), bot.max_order_qty);
        self.set(&format!("bot.{name}.max_position"), bot.max_position);
        self.set(&format!("bot.{name}.stage_cap"), bot.stage_cap);
        self.sizing(name, bot.sizing);
        self.exits(name, &bot.exits);
        for source in SignalSource::ALL {
            let weight = bot.weights[source as usize];
            self.set(&format!("bot.{name}.weights.{}", source.name()), weight);
        }
    }
}

#[cfg(test)]
mod tests;
