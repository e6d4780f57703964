//! How an exchange treats the orders of its client, where exchanges differ.

use super::SessionProfile;
use crate::fees::FeeSchedule;
use crate::latency::LatencyModel;
use gauntlet_model::order::Capabilities;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeRules {
    /// The order types and lives that are cancelled when the connection ends, in order or not: the reports wait
    /// for the next logon. What is of another type or life works on.
    pub cancel_on_disconnect: Capabilities,
    /// Whether the orders of one account do not trade with each other, as if they named one group of
    /// self-match prevention.
    pub self_match_by_account: bool,
    /// What fills cost: told in their reports and added up by position.
    pub fees: FeeSchedule,
    /// How long requests take to the matching engine, and reports back, in the market's time.
    pub latency: LatencyModel,
    /// How its FIX session behaves.
    pub session: SessionProfile,
}

impl Default for ExchangeRules {
    fn default() -> ExchangeRules {
        ExchangeRules {
            cancel_on_disconnect: Capabilities::NONE,
            self_match_by_account: false,
            fees: FeeSchedule::default(),
            latency: LatencyModel::default(),
            session: SessionProfile::default(),
        }
    }
}
