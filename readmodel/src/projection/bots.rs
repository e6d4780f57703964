//! What is known of one bot.

use super::Noted;
use gauntlet_engine::fusion::{RuleStage, plan_of};
use gauntlet_model::effect::{
    Decision, ExitLevels, Intent, PositionChanged, Reject, Ruling, Signal,
};
use gauntlet_model::input::{BotDefinition, BotRoll, Route, RouteTable};
use gauntlet_model::units::{Money, PRICE_SCALE, Price};

/// A definition with its rules.
#[derive(Debug)]
pub(super) struct InForce {
    pub definition: BotDefinition,
    text: Option<String>,
    fallbacks: u32,
}

/// A bot.
#[derive(Debug, Default)]
pub(super) struct BotState {
    in_force: Option<InForce>,
    /// What was in force before the newest definition, until it is ruled about.
    before: Option<InForce>,
    /// A definition that waits until the bot is flat.
    pub waiting: Option<InForce>,
    /// Where it goes on when its contract ends, and the input that said so.
    pub roll: Option<(u64, BotRoll)>,
    /// Where it goes on from there, told before it got there.
    then: Option<(u64, BotRoll)>,
    /// The text of rules as it comes in.
    pub rules: RuleStage,
    /// The route by which it wins since the last time that it moved.
    profit_route: Option<Route>,
    /// What it won by each route before, and the sum of it.
    banked: RouteTable<Money>,
    banked_sum: i64,
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
    /// Takes a definition that came with an input. It is in force unless a ruling says otherwise.
    pub fn define(&mut self, definition: &BotDefinition) {
        let text = self.rules.whole(definition.rule_parts).map(str::to_owned);
        let fallbacks = match &text {
            Some(text) if definition.fallback => {
                plan_of(definition, text).map_or(0, |plan| plan.fallbacks())
            }
            _ => 0,
        };
        let next = InForce { definition: *definition, text, fallbacks };
        self.waiting = None;
        self.before = self.in_force.replace(next);
        self.settle_profit();
    }

    /// It goes on in another contract, as the input with a number says: one contract after the other. Told
    /// again, it has another time.
    pub fn rolls(&mut self, input: u64, roll: &BotRoll) {
        if self.definition().is_none_or(|bot| bot.instrument == roll.to) {
            return;
        }
        match &mut self.roll {
            Some((_, known)) if known.to == roll.to => *known = *roll,
            Some(_) => self.then = Some((input, *roll)),
            None => self.roll = Some((input, *roll)),
        }
    }

    /// A run begins: where it goes on is told anew.
    pub fn begin(&mut self) {
        (self.roll, self.then) = (None, None);
    }

    /// Obeys a ruling about the input with a number: its roll, or the newest definition.
    pub fn rule(&mut self, input: u64, ruling: Ruling) {
        if let Some((_, roll)) = self.roll.filter(|(seq, _)| *seq == input) {
            if let (Ruling::InForce, Some(in_force)) = (ruling, &mut self.in_force) {
                in_force.definition.instrument = roll.to;
            }
            if ruling != Ruling::Waits {
                self.roll = self.then.take();
            }
            return;
        }
        match ruling {
            Ruling::Waits | Ruling::Refused => {
                if let Some(before) = self.before.take() {
                    let newest = self.in_force.replace(before);
                    self.waiting = newest.filter(|_| ruling == Ruling::Waits);
                } else if ruling == Ruling::Refused {
                    self.waiting = None;
                }
            }
            Ruling::InForce => {
                if let Some(waiting) = self.waiting.take() {
                    self.in_force = Some(waiting);
                }
            }
        }
        self.settle_profit();
    }

    /// Leaves what was won by another route than that of the definition in force with that route.
    fn settle_profit(&mut self) {
        let Some(route) = self.route() else { return };
        let since = self.profit_route.replace(route);
        // While it holds something it has not moved.
        if let Some(before) = since.filter(|before| *before != route && self.qty() == 0) {
            let won = self.realized();
            self.banked[before].0 += won.0 - self.banked_sum;
            self.banked_sum = won.0;
        } else if let Some(before) = since {
            self.profit_route = Some(before);
        }
    }

    /// Profit taken by a route.
    pub fn realized_by(&self, route: Route) -> Money {
        let here = match self.profit_route == Some(route) {
            true => self.realized().0 - self.banked_sum,
            false => 0,
        };
        Money(self.banked[route].0 + here)
    }

    /// The definition in force.
    pub fn definition(&self) -> Option<&BotDefinition> {
        self.in_force.as_ref().map(|in_force| &in_force.definition)
    }

    /// The text of the rules in force; `None` when it came in part.
    pub fn rule_text(&self) -> Option<&str> {
        self.in_force.as_ref()?.text.as_deref()
    }

    /// Directions of its own rules that its archetype stands in for.
    pub fn fallbacks(&self) -> u32 {
        self.in_force.as_ref().map_or(0, |in_force| in_force.fallbacks)
    }

    pub fn route(&self) -> Option<Route> {
        self.definition().map(BotDefinition::route)
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
