//! Products as instruments: which contract of a product its bots stand on, and where they go on.
//!
//! An entry `[[instrument]]` that names a product gives its limits to every contract of it. A bot on the
//! product stands on the front contract: by its product's rule, the first in which something may open still
//! (R31); by volume, a later one once that traded more on a day before. It never goes back to an earlier
//! one. The next contract is defined and subscribed to [`LEAD_DAYS`] before the front one is left, so that
//! series of bars are warm by then. What happens while a run lasts is the
//! [`Roller`](crate::roller::Roller)'s.

use super::contracts::{product_of, series_of};
use super::{BotConfig, Config, Definitions, InstrumentConfig, contracts, place, upsert};
use gauntlet_model::calendar::trading_date;
use gauntlet_model::ids::{BotId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BotRoll, ContractRule, InstrumentDefinition, InstrumentLimits};
use gauntlet_model::instrument::{Contract, EndRule, EndTimes, Product, WARN_DAYS, contract_near};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Business days before the front contract is left from which the next one is subscribed to: as many as
/// people are warned before, and not fewer than these. By volume it may be left sooner.
const LEAD_DAYS: [u8; 2] = [WARN_DAYS, 2 * WARN_DAYS];

/// What becomes of a bot when its contract ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtContractEnd {
    /// It gives back what it holds and goes on in the next contract.
    Roll,
    /// It goes out before the end and trades no more.
    Flatten,
}

impl AtContractEnd {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            AtContractEnd::Roll => "roll",
            AtContractEnd::Flatten => "flatten",
        }
    }
}

/// Where a journal has the bots, and what day it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// The day; `None` leaves it to the wall clock.
    pub at: Option<UnixNanos>,
    /// By bot, what it stands on, and whether it holds or works anything.
    pub places: BTreeMap<u16, (InstrumentId, bool)>,
}

/// What all contracts of an entry share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryTerms {
    /// The product.
    pub product: &'static Product,
    /// The limits of each contract.
    pub limits: InstrumentLimits,
    /// R31's days, of no instrument and year.
    pub days: ContractRule,
}

impl EntryTerms {
    fn of(config: &InstrumentConfig, product: &'static Product) -> EntryTerms {
        let days = |given: Option<u8>| given.unwrap_or(ContractRule::OF_PRODUCT);
        EntryTerms {
            product,
            limits: InstrumentLimits {
                max_order_qty: config.max_order_qty,
                max_position: config.max_position,
                collar_ticks: config.collar_ticks,
                stale_after_ms: config.stale_after_ms,
            },
            days: ContractRule {
                instrument: InstrumentId(0),
                year: 0,
                no_opening_days: days(config.no_opening_days),
                out_days: days(config.out_days),
                warn_days: days(config.warn_days),
            },
        }
    }

    /// Defines a contract, with the id that its symbol has or the next one. `year` is 0 for the one that
    /// the symbol means.
    fn define(&self, symbol: &str, year: u16, defined: &mut Definitions) -> InstrumentId {
        let symbol = Text::new(symbol);
        let index = place(&defined.instruments, |known| known.symbol == symbol);
        let instrument = InstrumentId(index as u16);
        let definition = InstrumentDefinition {
            instrument,
            symbol,
            product: Text::new(self.product.code),
            feed: 0,
            tick: self.product.tick,
            multiplier: self.product.multiplier,
            limits: self.limits,
        };
        upsert(&mut defined.instruments, index, definition);
        let rule = ContractRule { instrument, year, ..self.days };
        let rules = &mut defined.contract_rules;
        let at = place(rules, |known: &ContractRule| known.instrument == instrument);
        upsert(rules, at, rule);
        instrument
    }

    /// Defines a contract and has its market data asked for.
    pub fn follow(&self, contract: &Contract, defined: &mut Definitions) -> InstrumentId {
        let instrument = self.define(&contract.symbol(), contract.year, defined);
        defined.subscribe(instrument);
        instrument
    }

    /// The moments of a contract's end by its rule.
    pub fn times(&self, contract: &Contract) -> EndTimes {
        self.times_warned(contract, None)
    }

    fn times_warned(&self, contract: &Contract, warn_days: Option<u8>) -> EndTimes {
        let days = |days: u8| (days != ContractRule::OF_PRODUCT).then_some(days);
        let rule = EndRule {
            no_opening_days: days(self.days.no_opening_days),
            out_days: days(self.days.out_days),
            warn_days: warn_days.or(days(self.days.warn_days)),
        };
        contract.end_times(rule, None)
    }

    /// The first contract in which something may open at a moment.
    fn front(&self, at: UnixNanos) -> Contract {
        use chrono::Datelike;
        let date = trading_date(at);
        let (month, year) = (date.month() as u8, u16::try_from(date.year()).unwrap_or(0));
        let mut contract = Contract { product: self.product, month, year };
        if !self.product.cycle.contains(month) {
            contract = contract.next();
        }
        while self.times(&contract).no_opening_from <= at {
            contract = contract.next();
        }
        contract
    }
}

/// A product whose contracts are followed one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// What its contracts share.
    pub terms: EntryTerms,
    /// Whether volume decides which contract is the front one, beside the calendar.
    pub by_volume: bool,
    /// The front contract.
    pub front: Contract,
    /// Its instrument.
    pub front_id: InstrumentId,
    /// The next contract's, once it is defined.
    pub next_id: Option<InstrumentId>,
    /// The bots that roll with it.
    pub bots: Vec<BotId>,
}

impl Followed {
    /// From when on the next contract is to be followed too.
    pub fn lead_from(&self) -> UnixNanos {
        let least = LEAD_DAYS[usize::from(self.by_volume)];
        let days = match self.terms.days.warn_days {
            ContractRule::OF_PRODUCT => least,
            days => days.max(least),
        };
        self.terms.times_warned(&self.front, Some(days)).warn_from
    }
}

impl Definitions {
    /// Forgets what is found anew for each run.
    pub(super) fn forget_series(&mut self) {
        self.contract_rules.clear();
        self.rolls.clear();
        self.subscribed.clear();
        self.followed.clear();
    }

    fn subscribe(&mut self, instrument: InstrumentId) {
        if !self.subscribed.contains(&instrument) {
            self.subscribed.push(instrument);
        }
    }

    /// The contract of an instrument, as its symbol means it at a moment.
    fn contract(&self, instrument: InstrumentId, at: UnixNanos) -> Option<Contract> {
        let definition = self.instruments.get(usize::from(instrument.0))?;
        contract_near(definition.symbol.as_str(), at)
    }

    /// Whether one more instrument finds no place.
    pub fn is_full(&self) -> bool {
        self.instruments.len() >= INSTRUMENTS_MAX
    }
}

/// The entry that a bot's instrument is one of.
pub(super) fn entry_of(instrument: &str) -> &str {
    series_of(instrument).map_or(instrument, |(product, _)| product.code)
}

/// Whether an instrument is that of an entry, or one of the contracts of its product.
pub(super) fn is_of(instrument: &InstrumentDefinition, entry: &str) -> bool {
    instrument.symbol.as_str() == entry || instrument.product.as_str() == entry
}

impl BotConfig {
    /// What becomes of it when its contract ends.
    pub fn contract_end(&self) -> AtContractEnd {
        self.at_contract_end.unwrap_or(match series_of(&self.instrument) {
            Some(_) => AtContractEnd::Roll,
            None => AtContractEnd::Flatten,
        })
    }

    pub(super) fn check_contract_end(&self) -> Result<(), String> {
        let rolls = self.contract_end() == AtContractEnd::Roll;
        match series_of(&self.instrument) {
            None if rolls => Err(format!(
                "bot {:?}: at_contract_end = \"roll\" needs a product to roll in, and {:?} is one contract: \
                 name the product, in its [[instrument]] too",
                self.name, self.instrument
            )),
            _ => Ok(()),
        }
    }
}

impl Config {
    pub(super) fn check_instruments(&self) -> Result<(), String> {
        for config in &self.instruments {
            if series_of(&config.symbol).is_some_and(|(_, by_volume)| !by_volume) {
                continue;
            }
            contracts::contract_symbol(&config.symbol)?;
            let product = product_of(&config.symbol).map(|product| product.code);
            if let Some(both) = self.instruments.iter().find(|i| Some(i.symbol.as_str()) == product)
            {
                return Err(format!(
                    "instruments {:?} and {:?}: the product's limits are those of all its contracts, leave \
                     one of the two out",
                    both.symbol, config.symbol
                ));
            }
        }
        Ok(())
    }

    /// The day by which front contracts are found.
    fn day_of(&self, standing: &Standing) -> UnixNanos {
        standing.at.or(self.day).unwrap_or_else(crate::wall::now)
    }

    /// The contracts that a venue whose market begins at a moment is to trade for it.
    pub fn venue_symbols(&self, start: UnixNanos) -> Vec<String> {
        let symbol = |config: &InstrumentConfig| match series_of(&config.symbol) {
            Some((product, _)) => EntryTerms::of(config, product).front(start).symbol(),
            None => config.symbol.clone(),
        };
        self.instruments.iter().map(symbol).collect()
    }

    /// Defines every contract that is traded now, and finds the front ones of products.
    pub(super) fn define_instruments(&self, defined: &mut Definitions) {
        for config in &self.instruments {
            match series_of(&config.symbol) {
                Some((product, _)) => self.follow(&EntryTerms::of(config, product), defined),
                None => {
                    let product = product_of(&config.symbol).expect("checked when it was read");
                    let year = self.years.get(&config.symbol).copied().unwrap_or(0);
                    let terms = EntryTerms::of(config, product);
                    let instrument = terms.define(&config.symbol, year, defined);
                    defined.subscribe(instrument);
                }
            }
        }
    }

    /// Finds the front contract of a product, by each way that a bot asks for; by the calendar where none
    /// does.
    fn follow(&self, terms: &EntryTerms, defined: &mut Definitions) {
        let ways = |by: bool| {
            self.bots.iter().any(|b| series_of(&b.instrument) == Some((terms.product, by)))
        };
        let by_volume = ways(true);
        for by in [false, true] {
            if ways(by) || (!by && !by_volume) {
                self.follow_by(terms, by, defined);
            }
        }
    }

    fn follow_by(&self, terms: &EntryTerms, by_volume: bool, defined: &mut Definitions) {
        let at = self.day_of(&defined.standing);
        let mut front = terms.front(at);
        for config in &self.bots {
            let rolls = config.contract_end() == AtContractEnd::Roll;
            if rolls && series_of(&config.instrument) == Some((terms.product, by_volume)) {
                let stands = defined.stands(&config.name).map(|(instrument, _)| instrument);
                let stands = stands.and_then(|instrument| defined.contract(instrument, at));
                let stands = stands.filter(|stands| stands.product == terms.product);
                // Whoever went ahead does not go back.
                front = stands.filter(|stands| is_later(stands, &front)).unwrap_or(front);
            }
        }
        let front_id = terms.follow(&front, defined);
        let mut followed =
            Followed { terms: *terms, by_volume, front, front_id, next_id: None, bots: Vec::new() };
        if at >= followed.lead_from() {
            followed.next_id = Some(terms.follow(&front.next(), defined));
        }
        defined.followed.push(followed);
    }

    /// The instrument that a bot stands on when the run begins, and where it rolls from there.
    pub(super) fn stand(
        &self,
        config: &BotConfig,
        bot: BotId,
        defined: &mut Definitions,
    ) -> InstrumentId {
        let Some((product, by_volume)) = series_of(&config.instrument) else {
            let symbol = config.instrument.as_str();
            let index = place(&defined.instruments, |i| i.symbol.as_str() == symbol);
            return InstrumentId(index as u16);
        };
        let at = self.day_of(&defined.standing);
        let series = defined
            .followed
            .iter_mut()
            .find(|followed| followed.terms.product == product && followed.by_volume == by_volume);
        // A configuration that was made and not checked may lack the entry: no instrument has this place.
        let Some(series) = series else { return InstrumentId(defined.instruments.len() as u16) };
        let rolls = config.contract_end() == AtContractEnd::Roll;
        if rolls {
            series.bots.push(bot);
        }
        let (terms, front, front_id) = (series.terms, series.front, series.front_id);
        let (next_id, leaves) = (series.next_id, terms.times(&front).no_opening_from);
        let stands = defined.stands(&config.name);
        // Whoever holds an earlier contract stays on it until it is out; whoever is flattened, for good.
        let stays = stands.filter(|(_, busy)| *busy || !rolls).and_then(|(instrument, _)| {
            let contract = defined.contract(instrument, at)?;
            (contract.product == product && contract != front).then_some((instrument, contract))
        });
        if let Some((instrument, contract)) = stays {
            terms.define(&contract.symbol(), contract.year, defined);
            if contract.expiry() > at {
                defined.subscribe(instrument);
            }
            if rolls {
                defined.rolls.push(BotRoll { bot, to: front_id, from: at });
            }
            return instrument;
        }
        if let Some(to) = next_id.filter(|_| rolls) {
            defined.rolls.push(BotRoll { bot, to, from: leaves });
        }
        front_id
    }
}

impl Definitions {
    /// Where the journal has a bot, by its name.
    fn stands(&self, name: &str) -> Option<(InstrumentId, bool)> {
        let known = self.bots.iter().find(|bot| bot.name.as_str() == name)?;
        self.standing.places.get(&known.bot.0).copied()
    }
}

fn is_later(contract: &Contract, than: &Contract) -> bool {
    (contract.year, contract.month) > (than.year, than.month)
}

#[cfg(test)]
mod tests;
