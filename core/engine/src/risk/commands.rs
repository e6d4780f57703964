//! Commands: kill, freeze, unkill, stop, and accepting a configuration. What risk does by itself when it
//! is in doubt goes the same way.
//!
//! A command changes what is in force at once; the cancels and the ways out that follow from it are sent
//! by a round over the bots that one input begins and the next ones carry on ([`super::round`]).

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Effect, FreezeChanged, KillChanged};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Command, CommandKind, OrderKill, Scope};
use gauntlet_model::text::Text;

use super::kill::{Latch, Reach, covers};
use super::planner::Want;
use super::shelter::Child;
use super::working::{WorkingOrder, orders_per};
use super::{Risk, alert, alert_on};

/// The actor of what the platform does by itself.
pub(super) const SELF: &str = "risk";

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
            CommandKind::Kill { flatten } => {
                let reach = if flatten { Reach::Flatten } else { Reach::Openings };
                self.kill(scope, Latch { reach, actor, reason }, out);
            }
            CommandKind::Freeze => {
                self.kill(scope, Latch { reach: Reach::Freeze, actor, reason }, out);
            }
            CommandKind::Unkill if !signed => return Err("unkill needs an actor and a reason"),
            CommandKind::Unkill if self.doubts_in(scope) => {
                return Err("something in it is in doubt: reconcile and settle that first");
            }
            CommandKind::Unkill => {
                let lifted = self.kills.lift(scope);
                let lifted = lifted.ok_or("no kill of exactly this scope is in force")?;
                if lifted.reach == Reach::Freeze {
                    emit_freeze(scope, false, out);
                }
                for bot in self.registry.bots().filter(|bot| covers(scope, &bot.definition)) {
                    self.repeats.forgive(bot.definition.bot);
                }
                self.emit_kill(scope, false, false, (actor, reason), out);
            }
            CommandKind::ResetBreaker if !signed => {
                return Err("resetting a breaker needs an actor and a reason");
            }
            CommandKind::ResetBreaker => self.reset_breaker(scope, (actor, reason), out)?,
            CommandKind::Stop if scope != Scope::Platform => {
                return Err("stop reaches the whole platform only");
            }
            CommandKind::Stop => {
                self.kills.stopped = true;
                self.forget_wants(scope);
                self.emit_kill(scope, true, false, (actor, reason), out);
                self.round.begin_enforcing(true);
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

    /// R18 for one order: it is cancelled, and what it was to open is given up.
    pub(super) fn on_order_kill(&mut self, kill: &OrderKill, out: &mut impl FnMut(ToOrders)) {
        if let Err(text) = self.kill_order(kill, out) {
            alert_on(AlertKind::CommandRefused, Scope::Platform, kill.order, text, out);
        }
    }

    fn kill_order(
        &mut self,
        kill: &OrderKill,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        if kill.actor.is_empty() || kill.reason.is_empty() {
            return Err("killing an order needs an actor and a reason");
        }
        if self.drop_held(kill.order, out) {
            return Ok(());
        }
        let Some((bot, slot)) = self.locate(kill.order, ClOrdId::NONE) else {
            return Err("no live order has this identity");
        };
        let Some(order) = self.working.get(bot, slot).copied() else {
            return Err("no live order has this identity");
        };
        if !self.up[order.order.route()] {
            return Err("its route is down: kill its bot, which cancels once the route is up");
        }
        if !self.only_reduces(bot, &order) {
            self.give_up(bot);
        }
        if !order.awaits_cancel(self.now) {
            // A refusal is on record.
            let _told = self.cancel(bot, slot, true, out);
        }
        Ok(())
    }

    /// Blocks first, then cancels, then closes positions if asked to.
    pub(super) fn kill(&mut self, scope: Scope, asked: Latch, out: &mut impl FnMut(ToOrders)) {
        let before = self.kills.get(scope).copied();
        let (scope, latch) = match self.kills.set(scope, asked) {
            Some(latch) => (scope, latch),
            // What cannot be killed by itself is killed with everything else.
            None => (Scope::Platform, self.kills.set_platform(asked)),
        };
        assert!(
            self.kills.get(scope) == Some(&latch),
            "a kill is in force before anything is told of it"
        );
        self.forget_wants(scope);
        let Latch { reach, actor, reason } = latch;
        self.emit_kill(scope, true, reach == Reach::Flatten, (actor, reason), out);
        let (frozen, was_frozen) =
            (reach == Reach::Freeze, before.is_some_and(|latch| latch.reach == Reach::Freeze));
        if frozen != was_frozen {
            emit_freeze(scope, frozen, out);
        }
        self.round.begin_enforcing(true);
    }

    /// A kill that risk sets by itself because of what its orders come to.
    pub(super) fn kill_openings(
        &mut self,
        scope: Scope,
        reason: &str,
        out: &mut impl FnMut(ToOrders),
    ) {
        let (actor, reason) = (Text::new(SELF), Text::new(reason));
        self.kill(scope, Latch { reach: Reach::Openings, actor, reason }, out);
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

    /// The working orders that a kill of a scope cancels.
    fn orders_in(&self, scope: Scope) -> u32 {
        self.registry
            .owners()
            .filter(|id| self.registry.bot(*id).is_some_and(|bot| covers(scope, &bot.definition)))
            .map(|id| {
                self.working.of(id).filter(|order| self.is_killed_order(id, order)).count() as u32
            })
            .sum()
    }

    /// Whether the kills in force want an order gone: one that opens, and under a freeze any.
    fn is_killed_order(&self, id: BotId, order: &WorkingOrder) -> bool {
        let opens = !self.only_reduces(id, order);
        let Some(bot) = self.registry.bot(id).map(|bot| &bot.definition) else { return opens };
        let barred =
            self.kills.is_killed(bot) || self.losses.bars(bot) || self.breakers.blocks(bot);
        // What outlives sessions outlives our own end, too, unless somebody kills.
        // A target does not: nobody would take it off when the stop fills.
        match order.time_in_force().outlives_session() || order.child() == Some(Child::Stop) {
            true => self.kills.is_frozen(bot) || barred && opens,
            false => self.kills.freezes(bot) || opens,
        }
    }

    /// What opens is not wanted any more; the way out still is, unless it is frozen.
    fn forget_wants(&mut self, scope: Scope) {
        let kills = &self.kills;
        for bot in self.registry.bots_mut().filter(|bot| covers(scope, &bot.definition)) {
            bot.forget_opening(kills.freezes(&bot.definition));
        }
    }

    /// Cancels what the kills in force want gone and is not being cancelled; `resting` only what rests,
    /// since the rest ends by itself. While the route is down nothing can leave; the next timer with the
    /// route up makes up for it.
    fn cancel_for_kill(&mut self, id: BotId, resting: bool, out: &mut impl FnMut(ToOrders)) {
        for slot in 0..orders_per(id) {
            let Some(order) = self.working.get(id, slot) else { continue };
            let chosen = !resting || order.time_in_force().rests();
            let reachable = self.up[order.order.route()] && !order.order.has_ended();
            let wanted_gone = chosen && reachable && self.is_killed_order(id, order);
            if wanted_gone && !order.awaits_cancel(self.now) {
                let _told = self.cancel(id, slot, true, out);
            }
        }
    }

    /// Carries out the kills in force on one bot: cancels, and closes its position if one of them says
    /// so: one try a timer, none while an order works. What closes it is immediate-or-cancel and ends by
    /// itself.
    pub(super) fn enforce_kills(
        &mut self,
        id: BotId,
        resting: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(bot) = self.registry.bot(id) else { return };
        if !self.is_barred(&bot.definition) {
            return;
        }
        self.cancel_for_kill(id, resting, out);
        if id.is_desk() {
            self.kill_held(id, out);
        }
        let now = self.now;
        let flattened = self.registry.bot(id).is_some_and(|bot| self.is_flattened(&bot.definition));
        let Some(bot) = self.registry.bot_mut(id) else { return };
        if bot.position.qty() == 0 || !flattened {
            return;
        }
        if !resting {
            // Somebody asks for it now.
            bot.attempted = false;
            bot.persistence.forget_exits();
        }
        if !bot.want.is_some_and(|want| want.is_way_out()) {
            bot.want = Some(Want::flat(now));
            bot.refused = None;
        }
        self.reconcile(id, out);
    }
}

fn emit_freeze(scope: Scope, active: bool, out: &mut impl FnMut(ToOrders)) {
    out(ToOrders::Effect(Effect::Freeze(FreezeChanged { scope, active })));
}
