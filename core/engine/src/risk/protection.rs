//! Stops that rest at the broker, so that a node which is down leaves no position naked.
//!
//! A bot whose definition asks for it ([`Protection`]) has one stop order good till cancelled at its broker
//! (for the day where the broker keeps nothing longer) while it holds something. The stop is at the nearest of
//! the bot's own stop levels ([`ExitLevels`]), on the tick away from the market, and has as many contracts as
//! are held. It follows both: a change of size at once, a change of level by [`Protection::step_ticks`] or more,
//! once a second at most, and only out of the part of the message rate that entries have, so that it takes
//! nothing from ways out.
//!
//! A person's order may bring a stop along (`stop_loss` of a [`Ticket`](gauntlet_model::input::Ticket)): the
//! stop then protects what its desk holds in the same way, at the level of the last such order.
//!
//! A bot that is filled by a simulator has its stop there, if its account's broker takes stops: what is rehearsed
//! is what will be traded. It ends with the run, as everything there does, and is sent anew by the next.
//!
//! # What is never too much
//!
//! The stop counts as what works on the closing side, so that all working exits together are never more than
//! the position. A bot that wants out withdraws its stop first and goes when the broker confirms that; a fill
//! that was faster has done the work. Hence there is no order for the target at the broker: two exits of the
//! whole size could both fill. The target is held here, and takes the stop's place in the same way.
//!
//! A stop whose end its broker neither confirms nor denies keeps the way out waiting; a person is told after
//! [`ANSWER_WITHIN_NS`] and can write it off.
//!
//! # After a restart
//!
//! The stop is an order like any other: asked about at logon, in doubt until then. One that works on is
//! followed on, one that ended meanwhile is sent anew, one that works although it was thought over is found and
//! cancelled. A stop outlives an orderly stop and a kill, which let exits go on; a freeze cancels it.
//!
//! What the broker refuses is tried again after pauses that double up to [`RETRY_MAX_NS`], and a person is told
//! at the first refusal of an episode.

use crate::message::ToOrders;
use gauntlet_model::effect::{
    Alert, AlertKind, Effect, ExitLevels, OrderState, OrderType, OutboundKind, RejectCode,
    TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{BotDefinition, Protection, Scope};
use gauntlet_model::order::{ANSWER_WITHIN_NS, Capabilities, OrderRequest, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};

use super::Risk;
use super::checks::Question;
use super::planner::{next_leg, passive_price};
use super::round::MESSAGES_PER_ROUND;
use super::working::WorkingOrder;

/// Longest pause before a stop that the broker refused is sent again, in nanoseconds of the stream's time.
pub const RETRY_MAX_NS: u64 = 64 * NANOS_PER_SECOND;
/// How often the level of a stop is followed.
const FOLLOW_EVERY_NS: u64 = NANOS_PER_SECOND;

/// The target of a stop that protects: no want has it.
pub(super) const PROTECTS: i32 = i32::MIN + 1;

/// What a bot's stop at its broker rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shelter {
    /// Where the bot's own stop is; [`Price::NONE`] when it has none.
    level: Price,
    /// When the order was sent or moved last.
    moved_at: UnixNanos,
    /// Stops in a row that the broker did not take.
    refusals: u32,
    /// Before this no other is sent.
    retry_at: UnixNanos,
    /// The person's order that it protects; [`ClOrdId::NONE`] for a bot's position.
    parent: ClOrdId,
    /// Where a person gives back with a profit what his orders brought; [`Price::NONE`] for nowhere.
    target: Price,
}

impl Shelter {
    pub const NONE: Shelter = Shelter {
        level: Price::NONE,
        moved_at: UnixNanos(0),
        refusals: 0,
        retry_at: UnixNanos(0),
        parent: ClOrdId::NONE,
        target: Price::NONE,
    };

    /// A person says where the stop is, with an order of his.
    pub fn set(&mut self, level: Price, parent: ClOrdId) {
        (self.level, self.parent) = (level, parent);
    }

    /// Whether there is a stop to rest.
    pub fn has_level(&self) -> bool {
        self.level.is_some()
    }

    /// A person says where the profit is taken, with an order of his.
    pub fn aim(&mut self, target: Price, parent: ClOrdId) {
        (self.target, self.parent) = (target, parent);
    }

    /// Where the profit is taken.
    pub fn target(&self) -> Price {
        self.target
    }

    /// Where the stop is.
    pub fn stop(&self) -> Price {
        self.level
    }

    /// The order that brought what is here; [`ClOrdId::NONE`] of a bot's own.
    pub fn parent(&self) -> ClOrdId {
        self.parent
    }

    /// Whether an order brought what is here.
    pub fn is_of(&self, order: ClOrdId) -> bool {
        order.is_some() && self.parent == order
    }

    /// The position has ended or turned: its levels are no more.
    pub fn forget_level(&mut self) {
        (self.level, self.target) = (Price::NONE, Price::NONE);
    }
}

/// The stop that a position meets first.
fn nearest_stop(levels: &ExitLevels, held: i32) -> Price {
    let break_even = match levels.break_even_armed {
        true => levels.break_even,
        false => Price::NONE,
    };
    let stops = [levels.stop, levels.trailing, break_even].into_iter().filter(|px| px.is_some());
    let nearest = if held > 0 { stops.max() } else { stops.min() };
    nearest.unwrap_or(Price::NONE)
}

/// A price on its tick, away from the market.
fn on_tick(price: Price, side: Side, tick: Price) -> Price {
    let below = price.0.div_euclid(tick.0) * tick.0;
    match side {
        Side::Buy if below < price.0 => Price(below + tick.0),
        _ => Price(below),
    }
}

/// What ought to rest at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    side: Side,
    qty: u32,
    stop_px: Price,
}

impl Risk {
    /// Fusion tells the levels of a bot's exits.
    pub(super) fn on_exit_levels(&mut self, levels: &ExitLevels, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(levels.bot) else { return };
        if bot.definition.protection.is_stop() {
            bot.shelter.level = nearest_stop(levels, bot.position.qty());
            self.shelter(levels.bot, out);
        }
    }

    /// Brings the stop at the broker to what a bot holds and where its own stop is.
    pub(super) fn shelter(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot(id) else { return };
        let place = self.sheltering_slot(id);
        if !bot.definition.protection.is_stop() && place.is_none()
            || self.ordinal >= MESSAGES_PER_ROUND
        {
            return;
        }
        match (place, self.wanted_stop(id)) {
            (None, Some(wanted)) => self.send_stop(id, wanted, out),
            (Some(slot), wanted) => self.follow_stop(id, slot, wanted, out),
            (None, None) => {}
        }
    }

    /// The place of a bot's stop among its orders.
    pub(super) fn sheltering_slot(&self, id: BotId) -> Option<usize> {
        self.working.position(id, WorkingOrder::protects)
    }

    /// Whether a bot has orders besides its stop.
    pub(super) fn has_own_orders(&self, id: BotId) -> bool {
        self.working.of(id).any(|order| !order.protects())
    }

    /// What ought to rest at the broker for a bot; nothing while it wants out by itself.
    fn wanted_stop(&self, id: BotId) -> Option<Wanted> {
        let bot = self.registry.bot(id)?;
        let held = bot.position.qty();
        let side = Side::of(-i64::from(held))?;
        let leaves = bot
            .want
            .is_some_and(|want| next_leg(held, want.target).is_some_and(|leg| leg.reducing));
        let BotDefinition { protection, .. } = bot.definition;
        if leaves
            || !protection.is_stop()
            || !bot.shelter.level.is_some()
            || self.kills.is_frozen(&bot.definition)
        {
            return None;
        }
        let tick = self.registry.instrument(bot.definition.instrument)?.definition.tick;
        let stop_px = on_tick(bot.shelter.level, side, tick);
        Some(Wanted { side, qty: held.unsigned_abs(), stop_px })
    }

    /// What the route of an owner's orders takes by itself. A simulator takes what it stands in for takes: the
    /// broker of the owner's account.
    pub(super) fn capabilities_of(&self, owner: BotId) -> Capabilities {
        let broker = self.registry.bot(owner).map(|bot| bot.definition.broker);
        broker.map_or(Capabilities::LIMITS, |broker| self.capabilities[broker])
    }

    /// Whether the market is past a stop already: the bot's own exit is under way then.
    fn is_past(&self, id: BotId, wanted: &Wanted) -> bool {
        let instrument = self.registry.bot(id).map(|bot| bot.definition.instrument);
        let view = instrument.and_then(|of| self.registry.instrument(of)?.view);
        let Some(view) = view else { return true };
        let met = |px: Price| px.is_some() && wanted.side.sign() * (px.0 - wanted.stop_px.0) >= 0;
        met(view.last) || met(passive_price(&view.top, wanted.side.opposite()))
    }

    fn send_stop(&mut self, id: BotId, wanted: Wanted, out: &mut impl FnMut(ToOrders)) {
        let Wanted { side, qty, stop_px } = wanted;
        let left = self.closable(id, side).min(i64::from(qty));
        let (Some(bot), Ok(qty @ 1..)) = (self.registry.bot(id), u32::try_from(left)) else {
            return;
        };
        let (place, waits) = (bot.place(), self.now < bot.shelter.retry_at);
        let capabilities = self.capabilities_of(id);
        let native = capabilities.takes(OrderType::Stop);
        let stopped = self.kills.freezes(&bot.definition);
        if waits || stopped || !native || self.is_past(id, &wanted) {
            return;
        }
        let time_in_force = match capabilities.keeps(TimeInForce::GoodTillCancel) {
            true => TimeInForce::GoodTillCancel,
            false => TimeInForce::Day,
        };
        let request = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId::NONE,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: id,
            account: place.account,
            instrument: place.instrument,
            route: place.route,
            side,
            qty,
            price: Price::NONE,
            time_in_force,
            terms: Terms {
                order_type: OrderType::Stop,
                stop_px,
                parent: bot.shelter.parent,
                ..Terms::LIMIT
            },
        };
        let sent = self.submit_for(request, true, PROTECTS, out);
        let now = self.now;
        if let Some(bot) = self.registry.bot_mut(id) {
            bot.shelter.moved_at = now;
            if sent.is_err() {
                // A refusal of ours ends when its cause does; each second is often enough.
                bot.shelter.retry_at = now.plus(NANOS_PER_SECOND);
            }
        }
    }

    /// Moves a stop that rests, or withdraws one that nothing is to be protected by any more.
    fn follow_stop(
        &mut self,
        id: BotId,
        slot: usize,
        wanted: Option<Wanted>,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(known) = self.working.get(id, slot).copied() else { return };
        let of_it = wanted.filter(|wanted| wanted.side == known.side());
        let Some(wanted) = of_it else { return self.withdraw(id, slot, out) };
        // A person's own order may close beside it.
        let room = self.closable(id, wanted.side) + i64::from(known.open());
        let Ok(qty @ 1..) = u32::try_from(room.min(i64::from(wanted.qty))) else {
            return self.withdraw(id, slot, out);
        };
        let wanted = Wanted { qty, ..wanted };
        let (Some(bot), true) = (self.registry.bot(id), known.is_idle()) else { return };
        let Protection { step_ticks, .. } = bot.definition.protection;
        let instrument = self.registry.instrument(bot.definition.instrument);
        let Some(tick) = instrument.map(|instrument| instrument.definition.tick) else { return };
        let stop_px = known.order.terms().stop_px;
        let moved = stop_px.0.abs_diff(wanted.stop_px.0) / tick.0.unsigned_abs();
        let resized = known.open() != wanted.qty;
        let due = self.now.since(bot.shelter.moved_at) >= FOLLOW_EVERY_NS;
        let moves = moved >= u64::from(step_ticks.max(1)) && due;
        let waits = self.now < bot.shelter.retry_at || self.kills.freezes(&bot.definition);
        if !(resized || moves) || waits || self.is_past(id, &wanted) {
            return;
        }
        self.move_stop(id, slot, &known, wanted, out);
    }

    fn move_stop(
        &mut self,
        id: BotId,
        slot: usize,
        known: &WorkingOrder,
        wanted: Wanted,
        out: &mut impl FnMut(ToOrders),
    ) {
        let before = super::desk::request_about(known, OutboundKind::Replace, Price::NONE);
        let qty = known.order.cum_qty().saturating_add(wanted.qty);
        let terms = Terms { stop_px: wanted.stop_px, ..before.terms };
        let request = OrderRequest { qty, terms, ..before };
        let added = (i64::from(wanted.qty) - i64::from(known.open())).max(0);
        let question = Question { request, reducing: true, added, killing: false };
        // A stop that only follows its level leaves the headroom to those that leave.
        let follows = Question { reducing: false, ..question };
        if wanted.qty == known.open() && self.check_rate(&follows).is_err() {
            return;
        }
        let now = self.now;
        if let Some(bot) = self.registry.bot_mut(id) {
            bot.shelter.moved_at = now;
        }
        match self.ask(&question) {
            Ok(approved) if self.enter_request(id, slot, approved.get()) => {
                self.release(approved, out);
            }
            Ok(_) => {}
            Err(refusal) => self.refuse_request(&question, &refusal, out),
        }
    }

    /// Withdraws a bot's stop, so that its own way out can go; says whether there was one to wait for.
    pub(super) fn withdraw_stop(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) -> bool {
        let slot = self.sheltering_slot(id);
        slot.inspect(|slot| self.withdraw(id, *slot, out)).is_some()
    }

    /// A way out has waited for long for the end of the stop: a person is told, once.
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

    /// A stop at the broker is over; `cancelled` if we asked for its end.
    pub(super) fn note_stop_over(&mut self, id: BotId, known: &WorkingOrder, cancelled: bool) {
        let now = self.now;
        let Some(bot) = self.registry.bot_mut(id) else { return };
        let shelter = &mut bot.shelter;
        if known.order.cum_qty() > 0 || cancelled {
            shelter.refusals = 0;
            return;
        }
        let refused = known.order.state() == OrderState::Rejected;
        shelter.refusals = if refused { shelter.refusals.saturating_add(1) } else { 0 };
        let pause = match shelter.refusals {
            0 => 0,
            refusals => (NANOS_PER_SECOND << refusals.min(6)).min(RETRY_MAX_NS),
        };
        shelter.retry_at = now.plus(pause);
        if shelter.refusals == 1 {
            self.unsheltered = Some(id);
        }
        if refused {
            self.note_refused_order(known.order.account(), known.order.route());
        }
    }

    /// Tells a person that a position has no stop at its broker.
    pub(super) fn tell_unsheltered(&mut self, out: &mut impl FnMut(ToOrders)) {
        if let Some(id) = self.unsheltered.take() {
            out(ToOrders::Effect(Effect::Alert(Alert {
                kind: AlertKind::ExitStuck,
                scope: Scope::Bot(id),
                cl_ord_id: ClOrdId::NONE,
                ord_status: None,
                text: Text::new("the broker refuses the stop that is to rest there"),
            })));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(stop: i64, trailing: i64, break_even: i64, armed: bool) -> ExitLevels {
        let price = |px: i64| if px == 0 { Price::NONE } else { Price(px) };
        ExitLevels {
            bot: BotId(0),
            stop: price(stop),
            target: Price(1),
            trailing: price(trailing),
            break_even: price(break_even),
            break_even_armed: armed,
            bars_left: 0,
        }
    }

    #[test]
    fn the_stop_that_the_market_meets_first_counts_and_break_even_once_it_is_armed() {
        assert_eq!(nearest_stop(&levels(90, 95, 97, false), 2), Price(95));
        assert_eq!(nearest_stop(&levels(90, 95, 97, true), 2), Price(97));
        assert_eq!(nearest_stop(&levels(110, 105, 103, true), -2), Price(103));
        assert_eq!(nearest_stop(&levels(110, 0, 103, false), -2), Price(110));
        assert_eq!(nearest_stop(&levels(0, 0, 103, false), 2), Price::NONE);
    }

    #[test]
    fn a_level_between_two_ticks_goes_to_the_one_away_from_the_market() {
        let tick = Price(25);
        for (price, sells, buys) in [(100, 100, 100), (101, 100, 125), (-101, -125, -100)] {
            assert_eq!(on_tick(Price(price), Side::Sell, tick), Price(sells));
            assert_eq!(on_tick(Price(price), Side::Buy, tick), Price(buys));
        }
    }
}
