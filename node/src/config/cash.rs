//! How an account's cash is compared with its broker's word (R26).

use super::AccountConfig;
use gauntlet_model::ids::AccountId;
use gauntlet_model::input::{CashRule, CashTerms};
use gauntlet_model::units::Money;
use serde::{Deserialize, Serialize};

/// Dollars by which the two may differ unless a configuration says otherwise.
const TOLERANCE: f64 = 1.0;

pub(super) fn default_tolerance() -> f64 {
    TOLERANCE
}

/// See [`CashRule`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CashChoice {
    /// See [`CashRule::Off`].
    Off,
    /// See [`CashRule::Warn`].
    #[default]
    Warn,
    /// See [`CashRule::Block`].
    Block,
}

impl CashChoice {
    /// As the core knows it.
    pub fn known(self) -> CashRule {
        match self {
            CashChoice::Off => CashRule::Off,
            CashChoice::Warn => CashRule::Warn,
            CashChoice::Block => CashRule::Block,
        }
    }
}

/// Micro-dollars of dollars, to the cent and beyond.
fn money(dollars: f64) -> Money {
    Money((dollars * 1e6).round() as i64)
}

impl AccountConfig {
    pub(super) fn cash_terms(&self, account: AccountId) -> CashTerms {
        CashTerms {
            account,
            rule: self.cash.known(),
            start: self.cash_start.map(money),
            tolerance: money(self.cash_tolerance),
        }
    }

    /// What of it is not as ever, key by key: a configuration from before means what it did.
    pub(super) fn cash_meaning(&self, set: &mut dyn FnMut(&str, String)) {
        if self.cash != CashChoice::default() {
            set("cash", self.cash.known().name().to_owned());
        }
        if let Some(start) = self.cash_start {
            set("cash_start", format!("{start}"));
        }
        if self.cash_tolerance != TOLERANCE {
            set("cash_tolerance", format!("{}", self.cash_tolerance));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEMO};

    fn terms(lines: &str) -> Result<CashTerms, String> {
        let text = DEMO.replacen("[[account]]\n", &format!("[[account]]\n{lines}\n"), 1);
        let config = Config::parse(&text, "test").map_err(|error| error.to_string())?;
        Ok(config.accounts[0].cash_terms(AccountId(0)))
    }

    #[test]
    fn cash_is_compared_and_told_to_the_dollar_unless_a_configuration_says_otherwise() {
        let warned = CashTerms {
            account: AccountId(0),
            rule: CashRule::Warn,
            start: None,
            tolerance: Money(1_000_000),
        };
        assert_eq!(terms(""), Ok(warned));
        let start = Some(Money(50_000_250_000));
        let blocks = CashTerms { rule: CashRule::Block, start, tolerance: Money(0), ..warned };
        let lines = "cash = \"block\"\ncash_start = 50000.25\ncash_tolerance = 0.0";
        assert_eq!(terms(lines), Ok(blocks));
        for (wrong, what) in [
            ("cash = \"perhaps\"", "cash"),
            ("cash_tolerance = -0.01", "cash_tolerance"),
            ("cash_start = 1e13", "cash_start"),
        ] {
            let error = terms(wrong).expect_err("is refused");
            assert!(error.contains(what), "{wrong}: {error}");
        }
    }
}
