//! Commands: kill, unkill, stop, and accepting a configuration. What risk does by itself when it is
//! in doubt goes the same way.

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Effect, KillChanged, TimeInForce};
use gauntlet_model::ids::{BOTS_MAX, BotId};
use gauntlet_model::input::{Command, CommandKind, Scope};
use gauntlet_model::text::Text;

use super::kill::covers;
use super::planner::Want;
use super::working::{ORDERS_PER_BOT, WorkingOrder};
use super::{Risk, alert};

/// The actor of what the platform does by itself.
const SELF: &str = "risk";

impl Risk {
    pub(super) fn on_command(&mut self, command: &Command, out: &mut impl FnMut(ToOrders)) {
        if let Err(text) = self.obey(command, out) {
            alert(AlertKind::CommandRefused, command.scope, text, out);
        }
    }

    fn obey(
        &mut self,
        command: &Command,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        let Command { kind, scope, actor, reason } = *command;
        if !self.registry.knows(scope) {
            return Err("the scope is not defined");
        }
        let signed = !actor.is_empty() && !reason.is_empty();
        match kind {
            CommandKind::Kill { flatten } => self.kill(scope, flatten, actor, reason, out),
            CommandKind::Unkill if !signed => return Err("unkill needs an actor and a reason"),
            CommandKind::Unkill if self.doubts_in(scope) => {
                return Err("something in it is in doubt: reconcile and settle that first");
            }
            CommandKind::Unkill => {
                if !self.kills.lift(scope) {
                    return Err("no kill of exactly this scope is in force");
                }
                self.emit_kill(scope, false, false, (actor, reason), out);
            }
            CommandKind::Stop if scope != Scope::Platform => {
                return Err("stop reaches the whole platform only");
            }
            CommandKind::Stop => {
                self.kills.stopped = true;
                self.forget_wants(scope);
                self.emit_kill(scope, true, false, (actor, reason), out);
                self.cancel_all(scope, out);
            }
            CommandKind::AcceptConfiguration if !signed => {
                return Err("accepting needs an actor and a reason");
            }
            CommandKind::AcceptConfiguration => {
                if !self.registry.accept_configuration() {
                    return Err("no changed configuration waits");
                }
                let text = "the configuration was accepted";
                alert(AlertKind::ConfigurationChanged, scope, text, out);
            }
        }
        Ok(())
    }

    /// Blocks first, then cancels, then closes positions if asked to.
    pub(super) fn kill(
        &mut self,
        scope: Scope,
        flatten: bool,
        actor: Text<32>,
        reason: Text<64>,
        out: &mut impl FnMut(ToOrders),
    ) {
        let (scope, flatten) = match self.kills.set(scope, flatten) {
            Some(flatten) => (scope, flatten),
            // What cannot be killed by itself is killed with everything else.
            None => (Scope::Platform, self.kills.set_platform(flatten)),
        };
        assert!(
            self.kills.get(scope).is_some(),
            "a kill is in force before anything is told of it"
        );
        self.forget_wants(scope);
        self.emit_kill(scope, true, flatten, (actor, reason), out);
        self.cancel_all(scope, out);
        self.flatten(out);
    }

    /// Ends an orderly stop, as a new run does.
    pub(super) fn end_stop(&mut self, out: &mut impl FnMut(ToOrders)) {
        let stopped = std::mem::take(&mut self.kills.stopped);
        if stopped && self.kills.get(Scope::Platform).is_none() {
            let who = (Text::new(SELF), Text::new("the stop ended with its run"));
            self.emit_kill(Scope::Platform, false, false, who, out);
        }
    }

    fn emit_kill(
        &self,
        scope: Scope,
        active: bool,
        flatten: bool,
        (actor, reason): (Text<32>, Text<64>),
        out: &mut impl FnMut(ToOrders),
    ) {
        let orders = match active {
            true => self.orders_in(scope),
            false => 0,
        };
        let change = KillChanged { scope, active, flatten, actor, reason, orders };
        out(ToOrders::Effect(Effect::Kill(change)));
    }

    fn orders_in(&self, scope: Scope) -> u32 {
        (0..BOTS_MAX as u16)
            .filter(|index| self.is_in(BotId(*index), scope))
            .map(|index| self.working.of(BotId(index)).count() as u32)
            .sum()
    }

    fn is_in(&self, bot: BotId, scope: Scope) -> bool {
        self.registry.bot(bot).is_some_and(|bot| covers(scope, &bot.definition))
    }

    fn forget_wants(&mut self, scope: Scope) {
        for bot in self.registry.bots_mut() {
            if covers(scope, &bot.definition) {
                bot.want = None;
                bot.attempted = false;
                bot.refused = None;
            }
        }
    }

    fn cancel_all(&mut self, scope: Scope, out: &mut impl FnMut(ToOrders)) {
        for index in 0..BOTS_MAX as u16 {
            if self.is_in(BotId(index), scope) {
                self.cancel_for_kill(BotId(index), |_| true, out);
            }
        }
    }

    /// Cancels what works and is not being cancelled. While the route is down nothing can leave;
    /// the next timer with the route up makes up for it.
    fn cancel_for_kill(
        &mut self,
        id: BotId,
        choose: fn(&WorkingOrder) -> bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        for slot in 0..ORDERS_PER_BOT {
            let Some(order) = self.working.get(id, slot) else { continue };
            let reachable = self.up[order.order.route()] && !order.order.has_ended();
            if choose(order) && reachable && !order.awaits_cancel(self.now) {
                self.cancel(id, slot, true, out);
            }
        }
    }

    /// Carries on with the kills in force at a timer: cancels what the kill could not reach, and
    /// closes positions. What closes them is immediate-or-cancel and ends by itself.
    pub(super) fn enforce_kills(&mut self, out: &mut impl FnMut(ToOrders)) {
        for index in 0..BOTS_MAX as u16 {
            let id = BotId(index);
            let Some(bot) = self.registry.bot(id) else { continue };
            if self.kills.blocks(&bot.definition) {
                let rests = |order: &WorkingOrder| order.time_in_force() == TimeInForce::Day;
                self.cancel_for_kill(id, rests, out);
            }
        }
        self.flatten(out);
    }

    /// Closes positions under kills that flatten: one try a timer, none while an order works.
    fn flatten(&mut self, out: &mut impl FnMut(ToOrders)) {
        for index in 0..BOTS_MAX as u16 {
            let id = BotId(index);
            let Some(bot) = self.registry.bot_mut(id) else { continue };
            if bot.position.qty() == 0 || !self.kills.flattens(&bot.definition) {
                continue;
            }
            if !bot.want.is_some_and(|want| want.is_way_out()) {
                bot.want = Some(Want::flat());
                bot.refused = None;
            }
            self.reconcile(id, out);
        }
    }
}
