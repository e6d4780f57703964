//! What of an instrument's volatility is watched (R24).

use super::InstrumentConfig;
use super::meaning::Meaning;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::ContractTerms;

/// At how much of the reference what may be held is halved, unless told, in percent.
const PERCENT: u32 = 200;
/// Over how many minutes volatility is measured, unless told.
const MINUTES: u32 = 30;

impl InstrumentConfig {
    /// What is watched, as the core is told it, beside what else is told of a contract.
    pub(super) fn with_volatility(&self, terms: ContractTerms) -> ContractTerms {
        let Some(ticks) = self.volatility_reference else { return terms };
        ContractTerms {
            volatility_reference: (ticks * 1_000.0).round() as u32,
            volatility_percent: self.volatility_percent.unwrap_or(PERCENT),
            volatility_minutes: self.volatility_minutes.unwrap_or(MINUTES),
            ..terms
        }
    }

    /// That there is something to compare with.
    pub(super) fn check_volatility(&self) -> Result<(), String> {
        let needs = [
            ("volatility_percent", self.volatility_percent),
            ("volatility_minutes", self.volatility_minutes),
        ];
        let needs = needs.into_iter().find(|(_, given)| given.is_some());
        match needs.filter(|_| self.volatility_reference.is_none()) {
            None => Ok(()),
            Some((key, _)) => Err(format!(
                "instrument {:?}: {key} says nothing without volatility_reference, how many ticks a minute \
                 usually moves the price; add a line such as volatility_reference = 4.0",
                self.symbol
            )),
        }
    }
}

impl Meaning {
    pub(super) fn volatility(&mut self, instrument: &InstrumentConfig) {
        let Some(ticks) = instrument.volatility_reference else { return };
        let terms = instrument.with_volatility(ContractTerms::none(InstrumentId(0)));
        let of = |key: &str| format!("instrument.{}.{key}", instrument.symbol);
        self.set(&of("volatility_reference"), ticks);
        self.set(&of("volatility_percent"), terms.volatility_percent);
        self.set(&of("volatility_minutes"), terms.volatility_minutes);
    }
}
