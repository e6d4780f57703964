//! The contracts that a configuration names: which ones, and whether they can still be traded.
//!
//! The exchange's symbols have one digit of the year, so a contract is one of a decade. A file may say
//! more (`ESZ26`), and what it says is kept beside the symbol. Which year a symbol means, and whether
//! that contract has expired, depends on the day; which day that is, the command knows: the wall
//! clock's for real markets, the data's for recorded and simulated ones, so that a recorded day is
//! replayed as it was, whenever that is done.

use super::{ClockChoice, Config};
use chrono::{DateTime, Datelike};
use gauntlet_model::instrument::{
    Adjustment, Contract, Product, Ranking, Symbol, contract, product_of_code,
};
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::system_now;

/// The year that a one-digit year of a symbol is near to where nothing else tells: this one.
pub(super) fn near_year() -> u16 {
    year_of(UnixNanos(system_now()))
}

/// Contracts that are tried for one that still trades: more than ten years of them.
const LATER_MAX: u8 = 130;

/// What an entry names: a contract, or the contracts of a product one after the other.
enum Named {
    Contract(Contract),
    /// The product, and whether volume decides which contract is the front one.
    Series(&'static Product, bool),
}

/// What stands behind the code of a product whose front contract is found by volume.
const BY_VOLUME: &str = ".v.0";

/// The code of the product that the name of a series begins with, and whether volume decides.
pub(super) fn series_of(name: &str) -> Option<(&'static Product, bool)> {
    let code = name.strip_suffix(BY_VOLUME);
    Some((product_of_code(code.unwrap_or(name))?, code.is_some()))
}

fn named(text: &str) -> Result<Named, String> {
    let refused = |why: String| Err(format!("instrument {text:?}: {why}"));
    match Symbol::parse(text, near_year()) {
        Ok(Symbol::Contract(contract)) => Ok(Named::Contract(contract)),
        Ok(Symbol::Parent(product)) => Ok(Named::Series(product, false)),
        Ok(Symbol::Continuous(series)) => {
            let code = series.product.code;
            if series.depth > 0 || series.adjustment != Adjustment::Unadjusted {
                return refused(format!(
                    "a bot trades the front contract at its own prices: name {code:?}, \
                     \"{code}.c.0\" or \"{code}.v.0\""
                ));
            }
            match series.ranking {
                Ranking::Calendar => Ok(Named::Series(series.product, false)),
                Ranking::Volume => Ok(Named::Series(series.product, true)),
                Ranking::OpenInterest => refused(format!(
                    "market data does not carry open interest: name \"{code}.c.0\" or \"{code}.v.0\""
                )),
            }
        }
        Err(error) => refused(error.to_string()),
    }
}

/// The exchange's symbol of the contract that a text names.
pub(super) fn contract_symbol(text: &str) -> Result<String, String> {
    Ok(contract_of(text)?.symbol())
}

fn contract_of(text: &str) -> Result<Contract, String> {
    match Symbol::parse(text, near_year()) {
        Ok(Symbol::Contract(contract)) => Ok(contract),
        Ok(Symbol::Continuous(_) | Symbol::Parent(_)) => {
            Err(format!("instrument {text:?} is not one contract: name one, such as \"ESZ6\""))
        }
        Err(error) => Err(format!("instrument {text:?}: {error}")),
    }
}

/// The product of a contract's symbol.
pub(super) fn product_of(symbol: &str) -> Option<&'static Product> {
    contract(symbol, near_year()).map(|contract| contract.product)
}

fn year_of(at: UnixNanos) -> u16 {
    let nanos = i64::try_from(at.0).unwrap_or(i64::MAX);
    u16::try_from(DateTime::from_timestamp_nanos(nanos).year()).unwrap_or(u16::MAX)
}

impl Config {
    /// The name of what a text names: the exchange's symbol of a contract, whose year is kept where the
    /// text says more of it than one digit; or the code of a product, with what its front contract is found
    /// by where that is not the calendar.
    ///
    /// # Errors
    /// The text names neither, or the file means two contracts by one symbol.
    pub(super) fn note_instrument(&mut self, text: &str) -> Result<String, String> {
        let contract = match named(text)? {
            Named::Contract(contract) => contract,
            Named::Series(product, false) => return Ok(product.code.to_owned()),
            Named::Series(product, true) => return Ok(format!("{}{BY_VOLUME}", product.code)),
        };
        let symbol = contract.symbol();
        let digits = text.trim().bytes().rev().take_while(u8::is_ascii_digit).count();
        if digits < 2 {
            return Ok(symbol);
        }
        let before = self.years.insert(symbol.clone(), contract.year);
        match before.filter(|year| *year != contract.year) {
            None => Ok(symbol),
            Some(year) => Err(format!(
                "instrument {text:?}: {symbol} of {year} is named too, and the exchange calls both \
                 {symbol}: trade one of them"
            )),
        }
    }

    /// The day that its contracts are judged by when it trades: the wall clock's, unless the times of the
    /// market data drive the stream, which may be of any day.
    pub fn trading_day(&self, now: UnixNanos) -> Option<UnixNanos> {
        (self.node.clock == ClockChoice::Realtime).then_some(now)
    }

    /// Whether every contract that it names can be traded: at `at` where that day is known, and
    /// otherwise as far as `now`, the wall clock, tells.
    ///
    /// # Errors
    /// The first contract that has expired, or that the exchange's symbol does not mean.
    pub fn check_contracts(&self, at: Option<UnixNanos>, now: UnixNanos) -> Result<(), String> {
        for instrument in &self.instruments {
            let symbol = &instrument.symbol;
            let meant = contract(symbol, year_of(at.unwrap_or(now)));
            let Some(meant) = meant else { continue };
            let year = self.years.get(symbol).copied();
            // There is data of any past year, and none of a contract that nobody can trade yet.
            if let Some(year) = year.filter(|year| *year > meant.year) {
                return Err(format!(
                    "instrument {symbol} of {year}: by {symbol} the exchange means that of {} now, \
                     and a symbol with more digits cannot be traded yet",
                    meant.year
                ));
            }
            let Some(at) = at else { continue };
            let named = Contract { year: year.unwrap_or(meant.year), ..meant };
            if named.expiry() <= at {
                return Err(expired(&named, at));
            }
        }
        Ok(())
    }
}

fn expired(contract: &Contract, at: UnixNanos) -> String {
    let later = (1..=LATER_MAX).map(|nth| contract.later(nth)).find(|next| next.expiry() > at);
    let hint = later.map_or_else(String::new, |next| {
        format!(": name one that trades, such as {:?}", next.symbol())
    });
    format!(
        "instrument {} of {} has expired, it traded last on {}{hint}",
        contract.symbol(),
        contract.year,
        contract.last_trading_day()
    )
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, DEMO_OF_CONTRACTS};
    use gauntlet_model::units::UnixNanos;

    fn at(time: &str) -> UnixNanos {
        UnixNanos::parse_rfc3339(time).expect("a time")
    }

    /// Thursday 26 November 2026.
    fn now() -> UnixNanos {
        at("2026-11-26T12:00:00Z")
    }

    fn of(name: &str, at: Option<UnixNanos>) -> Result<(), String> {
        let text = DEMO_OF_CONTRACTS.replace("\"NQZ6\"", &format!("{name:?}"));
        let config = Config::parse(&text, "t").map_err(|error| error.to_string())?;
        config.check_contracts(at, now())
    }

    #[test]
    fn an_expired_contract_is_refused_by_name_with_one_that_trades() {
        for name in ["NQZ24", "NQZ4", "NQZ2024", "/NQZ24"] {
            let error = of(name, Some(now())).expect_err("expired");
            for word in ["NQZ4 of 2024 has expired", "2024-12-20", "\"NQZ6\""] {
                assert!(error.contains(word), "{name}: {error}");
            }
        }
        for name in ["NQZ6", "NQZ26", "NQH7", "NQH27"] {
            assert_eq!(of(name, Some(now())), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_contract_trades_until_the_minute_of_its_expiry() {
        // The third Friday of December 2026, half past nine in New York. Oil expires before.
        let error = of("NQZ6", Some(at("2026-12-18T14:29:59Z")));
        assert!(!error.is_err_and(|why| why.contains("NQZ6")));
        let error = of("NQZ6", Some(at("2026-12-18T14:30:00Z"))).expect_err("expired");
        assert!(error.contains("Z6 of 2026 has expired"), "{error}");
    }

    #[test]
    fn recorded_days_are_judged_by_their_own_date_or_not_at_all() {
        assert_eq!(of("NQZ24", None), Ok(()));
        let text = DEMO_OF_CONTRACTS
            .replace("ESZ6", "ESZ4")
            .replace("NQZ6", "NQZ4")
            .replace("CLF7", "CLF5");
        let config = Config::parse(&text.replace("GCG7", "GCG5"), "t").expect("valid");
        let then = at("2024-12-02T15:00:00Z");
        assert_eq!(config.check_contracts(Some(then), now()), Ok(()));
        assert!(config.check_contracts(Some(now()), now()).is_err());
    }

    #[test]
    fn a_year_that_the_symbol_cannot_say_is_refused() {
        for at in [None, Some(now())] {
            for name in ["NQZ36", "NQZ2036"] {
                let error = of(name, at).expect_err("the symbol means 2026");
                assert!(error.contains("NQZ6") && error.contains("not 2036"), "{error}");
            }
        }
    }
}
