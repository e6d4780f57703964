//! Losses of a trading day.

use crate::input::{Route, Scope};
use crate::record::journaled;
use crate::units::Money;
use rkyv::{Archive, Deserialize, Serialize};

/// What a loss of the day lets a scope do.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum LossState {
    /// It may open.
    Trading = 0,
    /// Nothing opens; exits go on.
    ReduceOnly = 1,
    /// Positions are closed.
    Flat = 2,
}

impl LossState {
    /// The state's name.
    pub fn name(self) -> &'static str {
        match self {
            LossState::Trading => "trading",
            LossState::ReduceOnly => "reduce_only",
            LossState::Flat => "flat",
        }
    }
}

journaled! {
    /// R16: the day's loss of a scope went past a limit, or a new day begins.
    pub struct LossChanged {
        /// Whose: a bot's, an account's or the platform's.
        pub scope: Scope,
        /// Where it was made: on [`Route::BROKER`] for all brokers together, or by a simulator.
        pub route: Route,
        /// What that lets it do.
        pub state: LossState,
        /// The day's result: realised and marked, less commissions and fees.
        pub result: Money,
        /// The limit that it is past; zero where a new day begins.
        pub limit: Money,
    }
}

journaled! {
    /// What a scope uses of its limits. Said once a minute, and only when it changed.
    #[derive(Eq)]
    pub struct RiskUsage {
        /// Whose: a bot's, an account's or the platform's.
        pub scope: Scope,
        /// Where: on [`Route::BROKER`] for all brokers together, or by a simulator.
        pub route: Route,
        /// R3: most contracts that are held, or would be if what works were filled.
        pub position: i64,
        /// R16: the day's result: realised and marked, less commissions and fees.
        pub result: Money,
        /// R13: what initial margins of that take; zero for the platform and for bots.
        pub margin: Money,
        /// R13: the account's equity, with what it made; zero where nobody told any.
        pub equity: Money,
    }
}
