//! What holds whatever the inputs were, asserted in every build.
//!
//! The checks ask what a request would add; here the tables themselves are asked, after the fact, so that
//! a slip on one side shows on the other. A failed assertion ends the process: nothing more is sent,
//! and the journal, replayed, leads to the same place.

use super::Risk;
use super::exposure::{Held, Place};
use super::planner::Plan;
use super::registry::Bot;
use super::working::WorkingTable;
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::effect::{Emulation, OrderType};
use gauntlet_model::ids::BotId;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::units::UnixNanos;

impl Risk {
    /// The stream goes forwards: numbers rise, time does not run backwards.
    pub(super) fn assert_order(&self, seq: u64, time: UnixNanos) {
        assert!(seq >= self.seq, "inputs come in the order of their numbers");
        assert!(time >= self.now, "time never runs backwards");
    }

    /// A new order that was approved and counted keeps to the limits of its bot, its instrument and its
    /// account.
    pub(super) fn assert_within_limits(&self, request: &OrderRequest, plan: &Plan) {
        let id = request.cl_ord_id;
        // What was held here has the identity that it got then.
        let of_then = [Emulation::HELD, Emulation::CARRIED];
        let of_then = of_then.into_iter().any(|how| request.terms.emulation.has(how));
        let of_now = id.seq() == self.seq || of_then;
        assert!(id.bot() == request.bot && of_now, "an identity tells its cause");
        let (Some(bot), Some(instrument), Some(_)) = (
            self.registry.bot(request.bot),
            self.registry.instrument(request.instrument),
            self.registry.account(request.account),
        ) else {
            panic!("only what is defined is approved");
        };
        let limits = &instrument.definition.limits;
        let in_force = self.limits.of(request.bot);
        let type_of_order = request.terms.order_type;
        let priced = request.price.is_some() || type_of_order != OrderType::Limit;
        assert!(priced, "every limit order has a limit price");
        let place = bot.place();
        assert!(request.route == place.route, "an order goes the way of its bot's stage");
        if plan.reducing {
            let closes = request.qty > 0 && self.closable(request.bot, request.side) >= 0;
            assert!(closes, "what reduces takes no more than the position");
            return;
        }
        let most = in_force.order_qty.min(limits.max_order_qty);
        assert!((1..=most).contains(&request.qty), "no order is larger than its limits");
        let worst = held_by(bot, request.bot, &self.working, place).worst();
        let cap = in_force.position.min(bot.definition.stage_cap);
        assert!(worst <= i64::from(cap), "no bot can come to hold more than its limits");
        let (in_instrument, of_account) =
            (self.exposures.instrument(place), self.exposures.account(place));
        assert!(in_instrument <= i64::from(limits.max_position), "nor all bots in an instrument");
        assert!(of_account <= i64::from(in_force.account_position), "nor all bots of an account");
    }

    /// Recounts, with each timer, the place of one bot from positions and working orders: each bot has
    /// its turn within [`OWNERS_MAX`] timers.
    pub(super) fn audit(&self, second: u64) {
        let turn = BotId((second % OWNERS_MAX as u64) as u16);
        let Some(place) = self.registry.bot(turn).map(Bot::place) else { return };
        let mut counted = Held::default();
        for id in self.registry.owners() {
            let Some(bot) = self.registry.bot(id) else { continue };
            let held = held_by(bot, id, &self.working, place);
            counted.position += held.position;
            counted.buying += held.buying;
            counted.selling += held.selling;
        }
        assert!(counted == self.exposures.held(place), "a place holds what its bots hold there");
        self.assert_sums_of_losses(place.route, place.account);
    }
}

/// What a bot holds and has working in a place.
fn held_by(bot: &Bot, id: BotId, working: &WorkingTable, place: Place) -> Held {
    let is_there = bot.place() == place;
    let position = if is_there { i64::from(bot.position.qty()) } else { 0 };
    let held = Held { position, ..Held::default() };
    working
        .of(id)
        .filter(|order| order.place() == place)
        .fold(held, |held, order| held.working(order.side(), i64::from(order.open())))
}
