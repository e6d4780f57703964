//! What an order of a bot needs is asked for together, before the first of it is looked at.
//!
//! Orders are rare among inputs, so that their tables lie far from the processor when one is wanted. One after
//! the other each check would wait for its own; see [`prefetch`](gauntlet_runtime::prefetch).

use gauntlet_model::effect::TimeInForce;
use gauntlet_model::ids::BotId;
use gauntlet_model::units::Side;

use super::Risk;
use super::checks::{Question, Verdict};
use super::planner::Plan;

impl Risk {
    /// Asks for what the checks of a bot's orders look at, and for where an order of it is entered.
    #[inline]
    pub(super) fn look_ahead(&self, bot: BotId) {
        self.registry.look_ahead(bot);
        self.working.look_ahead(bot);
        self.limits.look_ahead(bot);
        self.repeats.look_ahead(bot);
        self.losses.look_ahead(bot);
        self.breakers.look_ahead(bot);
        self.traffics.look_ahead(bot);
        self.identities.look_ahead(bot);
    }

    /// Asks the gate about an order of one contract that a bot might want to open by now, and what it says is
    /// nobody's: no order is made, nothing is counted and nothing changes. `turn` counts the calls and says whose
    /// turn it is. Whoever waits for work calls this, so that the code and the tables of the gate are near
    /// the processor when an order does come. `None` when nobody is defined in that place.
    pub fn warm_gate(&self, turn: usize) -> Option<bool> {
        let id = self.registry.bot_of_turn(turn / 2)?;
        let place = self.registry.bot(id)?.place();
        let side = if turn.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let plan = Plan {
            side,
            qty: 1,
            time_in_force: TimeInForce::Day,
            reducing: false,
            target: 0,
            sliced: false,
        };
        let request = self.request_of(id, place, &plan);
        let verdict: Verdict =
            self.verdict(&Question { request, reducing: false, added: 1, killing: false });
        Some(verdict.is_ok())
    }
}
