//! The losses of the last trading day that a journal's effects tell.

use gauntlet_manager::chain::Chain;
use gauntlet_model::calendar::trading_date;
use gauntlet_model::effect::{Effect, LossState};
use gauntlet_model::input::{Route, Scope, Stated, StatedLoss};
use gauntlet_model::units::{Money, UnixNanos};

/// What was told of a scope's loss.
struct RecordedLoss {
    scope: Scope,
    route: Route,
    at: UnixNanos,
    state: LossState,
    result: Money,
    limit: Money,
}

/// See the module.
#[derive(Default)]
pub(super) struct RecordedLosses {
    told: Vec<RecordedLoss>,
    /// The time of the last effect.
    last: UnixNanos,
}

impl RecordedLosses {
    pub fn take(&mut self, effect: &Effect, time: UnixNanos) {
        self.last = time;
        match effect {
            Effect::Loss(loss) => {
                let told = self.of(loss.scope, loss.route);
                (told.at, told.state) = (time, loss.state);
                (told.result, told.limit) = (loss.result, loss.limit);
            }
            Effect::Usage(usage) => {
                let told = self.of(usage.scope, usage.route);
                (told.at, told.result) = (time, usage.result);
            }
            _ => {}
        }
    }

    fn of(&mut self, scope: Scope, route: Route) -> &mut RecordedLoss {
        let is_it = |told: &RecordedLoss| (told.scope, told.route) == (scope, route);
        let at = self.told.iter().position(is_it).unwrap_or_else(|| {
            let (state, nothing) = (LossState::Trading, Money(0));
            let at = UnixNanos(0);
            self.told.push(RecordedLoss {
                scope,
                route,
                at,
                state,
                result: nothing,
                limit: nothing,
            });
            self.told.len() - 1
        });
        &mut self.told[at]
    }

    /// The statements by which `chain` comes to the same losses of the journal's last trading day, once the
    /// positions in `stated` are said.
    pub fn stated(&self, chain: &Chain, stated: &[Stated]) -> Vec<StatedLoss> {
        let today = trading_date(self.last);
        let mut losses: Vec<StatedLoss> = Vec::new();
        for position in stated {
            let (scope, route) = (Scope::Bot(position.bot), pool(position.route));
            let told = self.told.iter().find(|told| {
                told.scope == scope && pool(told.route) == route && trading_date(told.at) == today
            });
            losses.push(StatedLoss {
                scope,
                route: position.route,
                at: self.last,
                state: told.map_or(LossState::Trading, |told| told.state),
                // Nothing told on this day: nothing was made on it.
                result: told.map_or(Money(0), |told| told.result),
                limit: told.map_or(Money(0), |told| told.limit),
            });
        }
        for told in &self.told {
            let known = losses.iter().any(|loss| loss.scope == told.scope);
            let (ours, result) = chain.risk().loss(told.scope, told.route);
            if known || trading_date(told.at) != today || ours >= told.state {
                continue;
            }
            let RecordedLoss { scope, route, state, limit, .. } = *told;
            // A bot whose position is not stated made what this build says; of any other it only tells why.
            let result = if matches!(scope, Scope::Bot(_)) { result } else { told.result };
            losses.push(StatedLoss { scope, route, at: self.last, state, result, limit });
        }
        losses
    }
}

/// All brokers together, or one simulator.
fn pool(route: Route) -> Route {
    if route.is_broker() { Route::BROKER } else { route }
}
