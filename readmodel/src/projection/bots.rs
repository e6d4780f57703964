//! What is known of one bot.

use super::Noted;
use gauntlet_engine::fusion::RuleStage;
use gauntlet_model::effect::{Decision, ExitLevels, Intent, PositionChanged, Reject, Signal};
use gauntlet_model::input::{BotDefinition, Route};
use gauntlet_model::units::{Money, PRICE_SCALE, Price};

/// A bot.
#[derive(Debug, Default)]
pub(super) struct BotState {
    pub definition: Option<BotDefinition>,
    /// The text of its own rules.
    pub rules: RuleStage,
    pub position: Option<PositionChanged>,
    pub orders: u64,
    pub fills: u64,
    pub rejects: u64,
    pub last_signal: Option<Noted<Signal>>,
    pub last_intent: Option<Noted<Intent>>,
    pub last_decision: Option<Noted<Decision>>,
    pub exits: Option<Noted<ExitLevels>>,
    pub last_reject: Option<Noted<Reject>>,
}

impl BotState {
    pub fn route(&self) -> Option<Route> {
        self.definition.map(|definition| definition.route())
    }

    pub fn qty(&self) -> i32 {
        self.position.map_or(0, |position| position.qty)
    }

    pub fn realized(&self) -> Money {
        self.position.map_or(Money(0), |position| position.realized)
    }

    /// The mean price of what is held; [`Price::NONE`] when flat.
    pub fn average_price(&self) -> Price {
        match self.position {
            Some(position) if position.qty != 0 => Price(position.cost / i64::from(position.qty)),
            _ => Price::NONE,
        }
    }

    /// Profit that closing the position at `mark` would take; `None` when there is no such price.
    pub fn unrealized(&self, mark: Price, multiplier: Money) -> Option<Money> {
        let position = self.position.filter(|position| position.qty != 0);
        let Some(position) = position else { return Some(Money(0)) };
        if !mark.is_some() {
            return None;
        }
        let value = i128::from(mark.0) * i128::from(position.qty) - i128::from(position.cost);
        let money = value.saturating_mul(i128::from(multiplier.0)) / i128::from(PRICE_SCALE);
        Some(Money(money.clamp(i64::MIN.into(), i64::MAX.into()) as i64))
    }
}
