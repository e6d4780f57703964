//! How an exchange treats the orders of its client, where exchanges differ.

use crate::fees::FeeSchedule;
use crate::latency::LatencyModel;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExchangeRules {
    /// Whether all orders are cancelled when the connection ends, in order or not: the reports wait for the
    /// next logon. Without it they work on.
    pub cancel_on_disconnect: bool,
    /// Whether the orders of one account do not trade with each other, as if they named one group of
    /// self-match prevention.
    pub self_match_by_account: bool,
    /// What fills cost: told in their reports and added up by position.
    pub fees: FeeSchedule,
    /// How long requests take to the matching engine, and reports back, in the market's time.
    pub latency: LatencyModel,
}
