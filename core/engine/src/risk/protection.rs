//! Orders that rest at the broker for a position, so that a node which is down leaves none naked: a stop, and with it a
//! target.
//!
//! A bot whose definition asks for it ([`Protection`]) has one stop order good till cancelled at its broker
//! (for the day where the broker keeps nothing longer) while it holds something. The stop is at the nearest of
//! the bot's own stop levels ([`ExitLevels`]), on the tick away from the market, and has as many contracts as
//! are held. It follows both: a change of size at once, a change of level by [`Protection::step`] or more,
//! once a second at most, and only out of the part of the message rate that entries have, so that it takes
//! nothing from ways out. Where it asks for a target too (`broker_target`), a limit order rests beside the stop
//! at the bot's own target and follows in the same way: [`pairs`](super::pairs).
//!
//! A person's order may bring a stop and a target along (`stop_loss`, `take_profit` of a
//! [`Ticket`](gauntlet_model::input::Ticket)): they are then for what its desk holds in the same way, at the levels of
//! the last such order.
//!
//! A bot that is filled by a simulator has its orders there, if its account's broker takes stops: what is rehearsed
//! is what will be traded. They end with the run, as everything there does, and are sent anew by the next.
//!
//! # What is never too much
//!
//! The stop counts as what works on the closing side, so that all working exits together are never more than
//! the position; a target beside it counts with it as one, at the larger of the two. A bot that wants out withdraws both
//! first and goes when the broker confirms that; a fill that was faster has done the work.
//!
//! An order whose end its broker neither confirms nor denies keeps the way out waiting; a person is told after
//! [`ANSWER_WITHIN_NS`] and can write it off.
//!
//! # After a restart
//!
//! Each is an order like any other: asked about at logon, in doubt until then. One that works on is
//! followed on, one that ended meanwhile is sent anew, one that works although it was thought over is found and
//! cancelled. A stop outlives an orderly stop and a kill, which let exits go on; a freeze cancels it.
//!
//! What the broker refuses is tried again after pauses that double up to [`RETRY_MAX_NS`](super::RETRY_MAX_NS), and a person is told
//! at the first refusal of an episode. While the exchange is closed, or the broker away, nothing is tried.

use crate::message::ToOrders;
use gauntlet_model::effect::{
    Alert, AlertKind, Effect, Emulation, ExitLevels, OrderState, OrderType, OutboundKind,
    RejectCode, TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Protection, Scope};
use gauntlet_model::order::{ANSWER_WITHIN_NS, Capabilities, OrderRequest, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

use super::Risk;
use super::checks::Question;
use super::planner::{Plan, Want, next_leg, passive_price};
use super::round::MESSAGES_PER_ROUND;
use super::shelter::Child;
use super::working::WorkingOrder;

/// How often the level of an order that rests is followed.
const FOLLOW_EVERY_NS: u64 = NANOS_PER_SECOND;

/// What ought to rest at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    side: Side,
    qty: u32,
    price: Price,
}

impl Risk {
    /// Fusion tells the levels of a bot's exits.
    pub(super) fn on_exit_levels(&mut self, levels: &ExitLevels, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(levels.bot) else { return };
        if bot.definition.protection != Protection::NONE {
            bot.shelter.follow(levels, bot.position.qty());
            self.shelter(levels.bot, out);
        }
    }

    /// Brings what rests at the broker to what an owner holds and where its levels are.
    pub(super) fn shelter(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot(id) else { return };
        let asked = bot.definition.protection != Protection::NONE;
        if !asked && !self.has_children(id) {
            return;
        }
        for child in Child::BOTH {
            if self.ordinal >= MESSAGES_PER_ROUND {
                return;
            }
            match (self.child_slot(id, child), self.wanted(id, child)) {
                (None, Some(wanted)) => self.send_child(id, child, wanted, out),
                (Some(slot), wanted) => self.follow_child(id, child, slot, wanted, out),
                (None, None) => {}
            }
        }
    }

    /// The place of one of the two among its owner's orders.
    pub(super) fn child_slot(&self, id: BotId, child: Child) -> Option<usize> {
        self.working.position(id, |order| order.child() == Some(child))
    }

    fn has_children(&self, id: BotId) -> bool {
        self.working.of(id).any(|order| order.child().is_some())
    }

    /// Whether an owner has orders besides those that rest for its position.
    pub(super) fn has_own_orders(&self, id: BotId) -> bool {
        self.working.of(id).any(|order| order.child().is_none())
    }

    /// What ought to rest at the broker for an owner; nothing while it wants out by itself.
    fn wanted(&self, id: BotId, child: Child) -> Option<Wanted> {
        let bot = self.registry.bot(id)?;
        let held = bot.position.qty();
        let side = Side::of(-i64::from(held))?;
        let asked = match child {
            Child::Stop => bot.definition.protection.is_stop(),
            Child::Target => bot.definition.protection.is_target(),
        };
        let level = bot.shelter.level(child);
        let leaves = |want: &Want| {
            next_leg(held, want.target).is_some_and(|leg| leg.reducing) && !self.is_taking(id, want)
        };
        let frozen = || self.kills.is_frozen(&bot.definition);
        if !asked || !level.is_some() || bot.want.as_ref().is_some_and(leaves) || frozen() {
            return None;
        }
        let tick = self.registry.instrument(bot.definition.instrument)?.definition.tick;
        let price = child.on_tick(level, side, tick);
        Some(Wanted { side, qty: held.unsigned_abs(), price })
    }

    /// What the route of an owner's orders takes by itself. A simulator takes what it stands in for takes: the
    /// broker of the owner's account.
    pub(super) fn capabilities_of(&self, owner: BotId) -> Capabilities {
        let broker = self.registry.bot(owner).map(|bot| bot.definition.broker);
        broker.map_or(Capabilities::LIMITS, |broker| self.capabilities[broker])
    }

    /// Whether the market is past a level already: the owner's own exit is under way then.
    fn is_past(&self, id: BotId, child: Child, wanted: &Wanted) -> bool {
        let instrument = self.registry.bot(id).map(|bot| bot.definition.instrument);
        let view = instrument.and_then(|of| self.registry.instrument(of)?.view);
        let Some(view) = view else { return true };
        let towards = match child {
            Child::Stop => wanted.side.sign(),
            Child::Target => -wanted.side.sign(),
        };
        let met = |px: Price| px.is_some() && towards * px.0.saturating_sub(wanted.price.0) >= 0;
        let last = child == Child::Stop && met(view.last);
        last || met(passive_price(&view.top, wanted.side.opposite()))
    }

    /// What is sent for one of the two, if anything can be now.
    fn child_request(&self, id: BotId, child: Child, wanted: &Wanted) -> Option<OrderRequest> {
        let bot = self.registry.bot(id)?;
        let place = bot.place();
        let capabilities = self.capabilities_of(id);
        let stopped = self.kills.freezes(&bot.definition);
        let lacks = child == Child::Stop && !capabilities.takes(OrderType::Stop);
        let waits = self.now < bot.shelter.pace(child).retry_at;
        let there = || self.is_in_session(place.route, place.instrument);
        if stopped || lacks || waits || self.is_past(id, child, wanted) || !there() {
            return None;
        }
        let parent = bot.shelter.parent();
        let keeps = capabilities.keeps(TimeInForce::GoodTillCancel);
        let (price, time_in_force, terms) = match child {
            Child::Stop => {
                let (order_type, stop_px) = (OrderType::Stop, wanted.price);
                let life = if keeps { TimeInForce::GoodTillCancel } else { TimeInForce::Day };
                (Price::NONE, life, Terms { order_type, stop_px, parent, ..Terms::LIMIT })
            }
            Child::Target => {
                let emulation = Emulation::PAIRED;
                (wanted.price, TimeInForce::Day, Terms { emulation, parent, ..Terms::LIMIT })
            }
        };
        Some(OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId::NONE,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: id,
            account: place.account,
            instrument: place.instrument,
            route: place.route,
            side: wanted.side,
            qty: wanted.qty,
            price,
            time_in_force,
            terms,
        })
    }

    fn send_child(
        &mut self,
        id: BotId,
        child: Child,
        wanted: Wanted,
        out: &mut impl FnMut(ToOrders),
    ) {
        if self.closable(id, wanted.side) < 0 {
            // Too much works already, and is on its way to be less.
            return;
        }
        let Some(qty) = self.room_of_pair(id, wanted.side, wanted.qty) else { return };
        let wanted = Wanted { qty, ..wanted };
        let Some(request) = self.child_request(id, child, &wanted) else { return };
        let OrderRequest { side, time_in_force, .. } = request;
        let target = child.mark();
        let plan = Plan { side, qty, time_in_force, reducing: true, target, sliced: false };
        let added = self.added_to_pair((id, side), child, (0, qty));
        let question = Question { request, reducing: true, added, killing: false };
        let now = self.now;
        let sent = self.ask(&question);
        if let Some(bot) = self.registry.bot_mut(id) {
            let pace = bot.shelter.pace_mut(child);
            pace.moved_at = now;
            if sent.is_err() {
                // A refusal of ours ends when its cause does; each second is often enough.
                pace.retry_at = now.plus(NANOS_PER_SECOND);
            }
        }
        match sent {
            Ok(approved) => self.enter(approved, &question, &plan, out),
            Err(refusal) => self.refuse_request(&question, &refusal, out),
        }
    }

    /// Moves an order that rests, or withdraws one that nothing is held for any more.
    fn follow_child(
        &mut self,
        id: BotId,
        child: Child,
        slot: usize,
        wanted: Option<Wanted>,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(known) = self.working.get(id, slot).copied() else { return };
        let of_it = wanted.filter(|wanted| wanted.side == known.side());
        let Some(wanted) = of_it else { return self.withdraw(id, slot, out) };
        // A person's own order may close beside it.
        let Some(qty) = self.room_of_pair(id, wanted.side, wanted.qty) else {
            return self.withdraw(id, slot, out);
        };
        let wanted = Wanted { qty, ..wanted };
        let (Some(bot), true) = (self.registry.bot(id), known.is_idle()) else { return };
        let step_ticks = bot.definition.protection.step();
        let pace = *bot.shelter.pace(child);
        let instrument = self.registry.instrument(bot.definition.instrument);
        let Some(tick) = instrument.map(|instrument| instrument.definition.tick) else { return };
        let before = child.price_of(&known.order);
        let moved = before.0.abs_diff(wanted.price.0) / tick.0.unsigned_abs();
        let due = self.now.since(pace.moved_at) >= FOLLOW_EVERY_NS;
        let moves = moved >= u64::from(step_ticks.max(1)) && due;
        if !moves && known.open() == wanted.qty || self.kills.freezes(&bot.definition) {
            return;
        }
        // What is too much goes at once, wherever the market is.
        let waits = self.now < pace.retry_at || self.is_past(id, child, &wanted);
        if known.open() <= wanted.qty && waits {
            return;
        }
        self.move_child(id, child, slot, &known, wanted, out);
    }

    fn move_child(
        &mut self,
        id: BotId,
        child: Child,
        slot: usize,
        known: &WorkingOrder,
        wanted: Wanted,
        out: &mut impl FnMut(ToOrders),
    ) {
        let before = super::desk::request_about(known, OutboundKind::Replace, known.price());
        let qty = known.order.cum_qty().saturating_add(wanted.qty);
        let request = match child {
            Child::Stop => {
                let terms = Terms { stop_px: wanted.price, ..before.terms };
                OrderRequest { qty, terms, price: Price::NONE, ..before }
            }
            Child::Target => OrderRequest { qty, price: wanted.price, ..before },
        };
        let added = self.added_to_pair((id, wanted.side), child, (known.open(), wanted.qty));
        let question = Question { request, reducing: true, added, killing: false };
        // One that only follows its level leaves the headroom to those that leave.
        let follows = Question { reducing: false, ..question };
        if wanted.qty == known.open() && self.check_rate(&follows).is_err() {
            return;
        }
        let now = self.now;
        if let Some(bot) = self.registry.bot_mut(id) {
            bot.shelter.pace_mut(child).moved_at = now;
        }
        match self.ask(&question) {
            Ok(approved) if self.enter_request(id, slot, approved.get()) => {
                self.release(approved, out);
            }
            Ok(_) => {}
            Err(refusal) => {
                self.refuse_request(&question, &refusal, out);
                if wanted.qty < known.open() {
                    // What cannot be made smaller goes.
                    self.withdraw(id, slot, out);
                }
            }
        }
    }

    /// Withdraws what rests for a position, so that its own way out can go; says whether there was anything to
    /// wait for.
    pub(super) fn withdraw_children(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) -> bool {
        let mut waits = false;
        for child in Child::BOTH {
            if let Some(slot) = self.child_slot(id, child) {
                waits = true;
                self.withdraw(id, slot, out);
            }
        }
        waits
    }

    /// A way out has waited for long for the end of what rests: a person is told, once.
    pub(super) fn tell_if_it_lasts(
        &mut self,
        id: BotId,
        since: UnixNanos,
        out: &mut impl FnMut(ToOrders),
    ) {
        let lasts = self.now.since(since) >= ANSWER_WITHIN_NS;
        let Some(bot) = self.registry.bot_mut(id).filter(|_| lasts) else { return };
        let code = RejectCode::UnknownOrderState;
        if bot.refused.replace(code) != Some(code) {
            self.alert_stuck(id, code, out);
        }
    }

    fn withdraw(&mut self, id: BotId, slot: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(known) = self.working.get(id, slot).copied() else { return };
        let reachable = self.up[known.order.route()] && !known.order.has_ended();
        if reachable && !known.awaits_cancel(self.now) {
            // A refusal is on record, and the next timer tries again.
            let _told = self.cancel(id, slot, false, out);
        }
    }

    /// An order that rested for a position is over; `cancelled` if we asked for its end.
    pub(super) fn note_child_over(
        &mut self,
        id: BotId,
        child: Child,
        known: &WorkingOrder,
        cancelled: bool,
    ) {
        let now = self.now;
        let Some(bot) = self.registry.bot_mut(id) else { return };
        let pace = bot.shelter.pace_mut(child);
        if known.order.cum_qty() > 0 || cancelled {
            pace.refusals = 0;
            return;
        }
        let refused = known.order.state() == OrderState::Rejected;
        if pace.note_over(refused, now) {
            self.unsheltered = Some((id, child));
        }
        if refused {
            self.note_refused_order(known.order.account(), known.order.route());
        }
    }

    /// Tells a person that a position has no stop, or no target, at its broker.
    pub(super) fn tell_unsheltered(&mut self, out: &mut impl FnMut(ToOrders)) {
        if let Some((id, child)) = self.unsheltered.take() {
            let text = match child {
                Child::Stop => "the broker refuses the stop that is to rest there",
                Child::Target => "the broker refuses the target that is to rest there",
            };
            out(ToOrders::Effect(Effect::Alert(Alert {
                kind: AlertKind::ExitStuck,
                scope: Scope::Bot(id),
                cl_ord_id: ClOrdId::NONE,
                ord_status: None,
                text: Text::new(text),
            })));
        }
    }
}
