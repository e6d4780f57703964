//! Which contracts of a product a market lists, what the later ones cost, and how much of the trading
//! each of them has.

use super::config::{GeneratedConfig, GeneratedError};
use super::products::{Behaviour, Factor, behaviour_of};
use crate::matching::records::year_of;
use gauntlet_model::calendar::day_begins;
use gauntlet_model::instrument::{Contract, RollBy, contract, roll_date};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Contracts that a market lists over its life. Ended ones keep their place, since orders and clients
/// know contracts by it.
pub const LISTED_MAX: usize = 256;

const NANOS_PER_YEAR: f64 = 365.25 * 86_400.0 * NANOS_PER_SECOND as f64;
/// Share of the trading that each contract before or behind the active one has of its neighbour.
const BEHIND: f64 = 0.15;

/// The contracts to list at the start: those that are configured, in their order, and what has to be
/// listed beside them.
///
/// # Errors
/// The [`GeneratedError`] that says what is wrong with the symbols.
pub(super) fn at_start(
    config: &GeneratedConfig,
) -> Result<Vec<(Contract, &'static Behaviour)>, GeneratedError> {
    let mut listed: Vec<(Contract, &'static Behaviour)> = Vec::new();
    for symbol in &config.symbols {
        let unknown = || GeneratedError::UnknownSymbol(symbol.clone());
        let contract = contract(symbol, year_of(config.start)).ok_or_else(unknown)?;
        let behaviour = behaviour_of(contract.product.code).ok_or_else(unknown)?;
        if listed.iter().any(|(known, _)| *known == contract) {
            return Err(GeneratedError::Duplicate(symbol.clone()));
        }
        if contract.expiry() <= config.start {
            let trades = first_that_trades(contract, config.start).symbol();
            return Err(GeneratedError::Expired { symbol: symbol.clone(), trades });
        }
        listed.push((contract, behaviour));
    }
    for at in 0..listed.len() {
        let (contract, behaviour) = listed[at];
        let of_product = || listed.iter().map(|(c, _)| c).filter(|c| c.product == contract.product);
        let missing: Vec<Contract> = missing(of_product(), config.later_contracts).collect();
        listed.extend(missing.into_iter().map(|contract| (contract, behaviour)));
    }
    match listed.len() {
        1..=LISTED_MAX => Ok(listed),
        count => Err(GeneratedError::Count(count)),
    }
}

/// The contracts to be listed after those of one product that have not expired, so that there are
/// `later` beside the one that expires next.
pub(super) fn missing<'a>(
    listed: impl Iterator<Item = &'a Contract>,
    later: u8,
) -> impl Iterator<Item = Contract> {
    let (mut count, mut last) = (0, None::<Contract>);
    for contract in listed {
        count += 1;
        last = Some(last.map_or(*contract, |last| last.max_by_month(*contract)));
    }
    let wanted = (1 + usize::from(later)).saturating_sub(count);
    (1..=wanted).filter_map(move |nth| Some(last?.later(nth as u8)))
}

/// The first contract of a product from this one on that still trades at a moment.
pub(super) fn first_that_trades(contract: Contract, at: UnixNanos) -> Contract {
    /// A century of months.
    const CONTRACTS_MAX: usize = 1_200;
    let later = std::iter::successors(Some(contract), |contract| Some(contract.next()));
    later.take(CONTRACTS_MAX).find(|contract| contract.expiry() > at).unwrap_or(contract)
}

trait ByMonth {
    fn max_by_month(self, other: Self) -> Self;
}

impl ByMonth for Contract {
    fn max_by_month(self, other: Contract) -> Contract {
        let month = |contract: &Contract| (contract.year, contract.month);
        if month(&other) > month(&self) { other } else { self }
    }
}

/// The price of a contract relative to that of the product's first one, which expires at `first`: what
/// carrying it costs.
pub(super) fn carry(behaviour: &Behaviour, first: UnixNanos, expiry: UnixNanos) -> f64 {
    let a_year = match behaviour.factor {
        Factor::Equity | Factor::Metals => 0.04,
        Factor::Energy => 0.03,
        Factor::Rates => -0.015,
        Factor::Currencies => 0.01,
    };
    1.0 + a_year * expiry.since(first) as f64 / NANOS_PER_YEAR
}

/// When most of the market moves on from a contract to the next one.
pub(super) fn rolls_at(contract: &Contract) -> UnixNanos {
    day_begins(roll_date(contract, RollBy::Calendar))
}

/// The share of its product's trading that a contract has among others, all told by when each rolls:
/// all of it while it is the active one, the first that has not rolled, and less with each contract
/// that lies between them.
pub(super) fn share(rolls_at: UnixNanos, others: &[UnixNanos], now: UnixNanos) -> f64 {
    let has_rolled = rolls_at <= now;
    let between = others.iter().filter(|other| match has_rolled {
        true => **other > rolls_at && **other <= now,
        false => **other < rolls_at && **other > now,
    });
    let distance = between.count() + usize::from(has_rolled && others.iter().any(|o| *o > now));
    libm::pow(BEHIND, distance as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(symbols: &[&str], later_contracts: u8) -> Result<Vec<String>, GeneratedError> {
        let symbols = symbols.iter().map(|symbol| symbol.to_string()).collect();
        let config = GeneratedConfig { symbols, later_contracts, ..GeneratedConfig::default() };
        Ok(at_start(&config)?.iter().map(|(contract, _)| contract.symbol()).collect())
    }

    #[test]
    fn later_contracts_follow_those_that_are_configured() {
        assert_eq!(of(&["ESZ6", "CLF7"], 0).expect("fine"), ["ESZ6", "CLF7"]);
        let listed = of(&["ESZ6", "CLF7"], 2).expect("fine");
        assert_eq!(listed, ["ESZ6", "CLF7", "ESH7", "ESM7", "CLG7", "CLH7"]);
        let listed = of(&["ESH7", "ESZ6"], 2).expect("fine");
        assert_eq!(listed, ["ESH7", "ESZ6", "ESM7"], "the one that is there is counted");
    }

    #[test]
    fn a_contract_that_has_expired_is_refused_with_one_that_trades() {
        let error = of(&["ESU6"], 0).expect_err("it is November");
        assert!(error.to_string().contains("`ESU6` has expired"), "{error}");
        assert!(error.to_string().contains("`ESZ6`"), "{error}");
        assert_eq!(of(&[], 1), Err(GeneratedError::Count(0)));
        assert_eq!(of(&["ESZ6"], 255).map(|listed| listed.len()), Ok(LISTED_MAX));
        assert!(matches!(of(&["ESZ6", "NQZ6"], 255), Err(GeneratedError::Count(512))));
    }

    #[test]
    fn the_active_contract_has_the_most_and_its_neighbours_less_and_less() {
        let [march, june, september] = [100, 200, 300].map(UnixNanos);
        let at = |now| {
            let now = UnixNanos(now);
            [
                share(march, &[june, september], now),
                share(june, &[march, september], now),
                share(september, &[march, june], now),
            ]
        };
        let [one, two] = [BEHIND, BEHIND * BEHIND];
        assert_eq!(at(50), [1.0, one, two]);
        assert_eq!(at(100), [one, 1.0, one]);
        assert_eq!(at(250), [two, one, 1.0]);
        assert_eq!(share(march, &[], UnixNanos(500)), 1.0, "alone it has all, to its end");
    }
}
