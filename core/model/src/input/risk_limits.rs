//! The limits of the platform, of accounts and of bots, and what contracts cost.

use super::Scope;
use crate::ids::InstrumentId;
use crate::record::tagged;
use crate::units::Money;

tagged! {
    /// The limits of one scope: of the platform, an account or a bot. They stand beside those in the
    /// definitions of accounts and bots, and the tightest of the layers counts. Zero says nothing; where no
    /// layer says anything of a limit that is needed, it is missing, and missing blocks.
    ///
    /// The start of a run forgets all of them: what a run has, it is told. A run that is told none of the
    /// platform's is one from before there were any, and is checked as then.
    #[derive(Eq)]
    pub struct RiskLimits {
        /// Whose.
        1 scope: Scope,
        /// R1: most contracts in one order.
        2 max_order_qty: u32 = 0,
        /// R3: most contracts held, working orders counted as filled.
        3 max_position: u32 = 0,
        /// R2: highest value of one order: price times multiplier times contracts.
        4 max_order_value: Money = Money(0),
        /// R6: how long a bot sends no second opening order of the same side, price and quantity, in
        /// milliseconds of the stream's time.
        5 duplicate_window_ms: u32 = 0,
        /// R7: opening orders that a bot may send within `executions_window_ms`.
        6 max_executions: u32 = 0,
        /// R7: the window of `max_executions`, in milliseconds of the stream's time.
        7 executions_window_ms: u32 = 0,
        /// R12: a bit for each instrument, by id, that may be opened.
        8 instruments: u64 = u64::MAX,
        /// R16: loss of a trading day, realised and unrealised with fees, past which nothing opens.
        9 max_daily_loss: Money = Money(0),
        /// R16: loss of a trading day past which positions are closed.
        10 flat_daily_loss: Money = Money(0),
        /// R16: seconds after which positions are closed if nothing opens for a loss.
        11 flat_after_seconds: u32 = 0,
        /// R13: what an account held when this figure was first told; what it made since is added.
        12 equity: Money = Money(0),
        /// R13: the part of the equity that initial margins may take, in percent.
        13 margin_percent: u32 = 0,
        /// What the account's broker charges for a contract bought or sold.
        14 commission: Money = Money(0),
        /// R24: each time a scope's result falls so far below its highest, its limit of contracts held
        /// is halved, until a person ends that.
        15 max_drawdown: Money = Money(0),
    }
}

impl RiskLimits {
    /// Those of a scope of which nothing is said.
    pub fn none(scope: Scope) -> RiskLimits {
        RiskLimits {
            scope,
            max_order_qty: 0,
            max_position: 0,
            max_order_value: Money(0),
            duplicate_window_ms: 0,
            max_executions: 0,
            executions_window_ms: 0,
            instruments: u64::MAX,
            max_daily_loss: Money(0),
            flat_daily_loss: Money(0),
            flat_after_seconds: 0,
            equity: Money(0),
            margin_percent: 0,
            commission: Money(0),
            max_drawdown: Money(0),
        }
    }
}

tagged! {
    /// What a contract of an instrument costs to hold and to trade.
    #[derive(Eq)]
    pub struct ContractTerms {
        /// Which.
        1 instrument: InstrumentId,
        /// R13: initial margin of a contract; zero is missing, and missing blocks where margins are
        /// checked.
        2 initial_margin: Money = Money(0),
        /// What the exchange charges for a contract bought or sold.
        3 fee: Money = Money(0),
        /// How far an order that is to trade at once reaches beyond the opposite best, in ticks; zero is as
        /// [`ContractTerms::PROTECTION_TICKS`].
        20 protection_ticks: u32 = ContractTerms::PROTECTION_TICKS,
        /// R24: how far the price is expected to move within a minute, as a root of mean squares, in
        /// thousandths of a tick. With neither this nor the two below volatility is not watched; where one of
        /// them alone is zero it is missing, and missing blocks.
        30 volatility_reference: u32 = 0,
        /// R24: each time that the volatility of the last minutes goes past so many percent of the reference,
        /// and past twice as many, half of what the product's bots may hold is held, until a person ends that.
        31 volatility_percent: u32 = 0,
        /// R24: over how many minutes in which something traded volatility is measured.
        32 volatility_minutes: u32 = 0,
    }
}

impl ContractTerms {
    /// How far an order that is to trade at once reaches where nothing is said of it.
    pub const PROTECTION_TICKS: u32 = 4;

    /// Those of an instrument of which nothing is said.
    pub fn none(instrument: InstrumentId) -> ContractTerms {
        ContractTerms {
            instrument,
            initial_margin: Money(0),
            fee: Money(0),
            protection_ticks: ContractTerms::PROTECTION_TICKS,
            volatility_reference: 0,
            volatility_percent: 0,
            volatility_minutes: 0,
        }
    }

    /// Whether volatility is watched; `None` where only a part of what that needs is said.
    pub fn watches_volatility(&self) -> Option<bool> {
        let needed = [self.volatility_reference, self.volatility_percent, self.volatility_minutes];
        match needed.iter().filter(|number| **number > 0).count() {
            0 => Some(false),
            3 => Some(true),
            _ => None,
        }
    }

    /// How far an order that is to trade at once reaches beyond the opposite best, in ticks.
    pub fn reach(&self) -> i64 {
        match self.protection_ticks {
            0 => ContractTerms::PROTECTION_TICKS.into(),
            ticks => ticks.into(),
        }
    }
}
