//! Brackets of people's orders: an entry that brings its stop and its target along.
//!
//! The entry is the parent. Its stop rests at the broker ([`protection`](super::protection)), its target too if it is
//! asked for ([`pairs`](super::pairs)); else the target is held here, at the level of the last order that brought one,
//! for what the desk holds. Of one that is held a position is given back by one of them, never by both: when the market comes to the target the stop is withdrawn, and what is left is closed
//! once its broker has confirmed that; what the stop filled meanwhile is not closed again. A stop that fills, whole or
//! in part, leaves the target no more than what is held then.
//!
//! The price of a target is the one that closing meets: longs the bid, shorts the ask. Once met it is carried out like
//! any way out, at the market, and not taken back by a market that returns. The levels end with the position, unless more
//! of its entry may fill, and with the entry where nothing is held.
//!
//! R17: a child never asks for more than there is to close of what its parents brought, replaces by hand included:
//! [`parents`](super::parents).
//!
//! While the node is down the stop works on and nobody holds a target that is held here.

use crate::message::ToOrders;
use gauntlet_model::desk::DESKS_MAX;
use gauntlet_model::effect::{Effect, Emulation, ExitLevels, IntentReason};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::Ticket;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;

use super::Risk;
use super::planner::Want;
use super::shelter::Child;
use super::tickets::Why;
use super::working::WorkingOrder;

impl Risk {
    /// The target that an order brings along: above what is bought, below what is sold, and on a tick.
    pub(super) fn check_take_profit(
        &self,
        ticket: &Ticket,
        request: &OrderRequest,
    ) -> Result<(), Why> {
        let target = ticket.take_profit;
        if !target.is_some() {
            return match ticket.target_rests {
                true => Err(Text::new("no target is given that could rest at the broker")),
                false => Ok(()),
            };
        }
        let price = self.price_at_stake(request);
        let beyond = request.side.sign() * (target.0.saturating_sub(price.0));
        let tick = self.registry.instrument(request.instrument).map_or(1, |i| i.definition.tick.0);
        if !price.is_some() || beyond <= 0 || target.0 % tick != 0 {
            let text = "the target is on the wrong side of the order, or off its tick";
            return Err(Text::new(text));
        }
        match request.terms.emulation.has(Emulation::HELD) {
            true => Err(Text::new("a stop that is held here takes no target along")),
            false => Ok(()),
        }
    }

    /// Holds the target that an order brings along.
    pub(super) fn aim_at(
        &mut self,
        desk: BotId,
        ticket: &Ticket,
        order: ClOrdId,
        out: &mut impl FnMut(ToOrders),
    ) {
        if !ticket.take_profit.is_some() {
            return;
        }
        if let Some(bot) = self.registry.bot_mut(desk) {
            bot.shelter.set(Child::Target, ticket.take_profit, order);
            let protection = &mut bot.definition.protection;
            *protection = protection.and_target(ticket.target_rests);
            self.targeted |= 1 << (bot.definition.instrument.0 & 63);
        }
        self.tell_levels(desk, out);
    }

    /// The market of an instrument changed in which targets are held.
    pub(super) fn meet_targets(&mut self, view: &MarketView, out: &mut impl FnMut(ToOrders)) {
        let mut left = false;
        for id in (0..DESKS_MAX).filter_map(gauntlet_model::desk::desk_of) {
            let Some(bot) = self.registry.bot(id) else { break };
            let (held, target) = (i64::from(bot.position.qty()), bot.shelter.level(Child::Target));
            if bot.definition.instrument != view.instrument || !target.is_some() {
                continue;
            }
            left = true;
            let meets = match held.signum() {
                1 => view.top.bid.is_some() && view.top.bid >= target,
                -1 => view.top.ask.is_some() && view.top.ask <= target,
                _ => false,
            };
            let goes = bot.want.is_some_and(|want| want.is_way_out());
            let sound = view.live && !view.gapped && !view.top.is_crossed_or_locked();
            if meets && sound && !goes && !self.kills.freezes(&bot.definition) {
                let reason = IntentReason::TakeProfit;
                self.send_out(id, Want { reason, ..Want::flat(self.now) }, out);
            }
        }
        if !left {
            self.targeted &= !(1 << (view.instrument.0 & 63));
        }
    }

    /// Whether a change of an instrument's market may meet a target.
    #[inline]
    pub(super) fn is_targeted(&self, view: &MarketView) -> bool {
        self.targeted >> (view.instrument.0 & 63) & 1 == 1
    }

    /// A person's order is over: what it brought ends with it where nothing is held that it is for.
    pub(super) fn forget_brought(&mut self, id: BotId, known: &WorkingOrder) {
        let goes_on = known.order.is_carried() && known.order.ended_with_its_session();
        if id.is_desk() && !goes_on {
            self.forget_levels_of(id, known.order.origin());
        }
    }

    /// Nothing of an order goes on, held here or at its broker: its levels end where nothing is held.
    pub(super) fn forget_levels_of(&mut self, id: BotId, origin: ClOrdId) {
        if let Some(bot) = self.registry.bot_mut(id)
            && bot.position.qty() == 0
            && bot.shelter.is_of(origin)
        {
            bot.shelter.forget_levels();
        }
    }

    /// A position has ended or turned, and so have its levels; unless more of the order that brought them may
    /// fill: that is protected as what was filled of it before.
    pub(super) fn end_levels(&mut self, id: BotId, before: i32) {
        let Some(bot) = self.registry.bot(id) else { return };
        let (parent, is_flat) = (bot.shelter.parent(), bot.position.qty() == 0);
        if parent.is_some() && is_flat && self.goes_on(id, parent) {
            return;
        }
        if let Some(bot) = self.registry.bot_mut(id) {
            bot.shelter.end(before);
        }
    }

    /// A fill was taken back after the position that it closed had ended: the position has its levels again. Those
    /// of a bot come from its strategy; a desk has nobody else who knows them.
    pub(super) fn revive_levels(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot_mut(id).filter(|_| id.is_desk()) else { return };
        bot.shelter.revive(bot.position.qty());
        if bot.shelter.level(Child::Target).is_some() {
            self.targeted |= 1 << (bot.definition.instrument.0 & 63);
        }
        self.tell_levels(id, out);
    }

    /// Whether anything works, or waits for its session, of an order or of what goes on from it.
    fn goes_on(&self, id: BotId, origin: ClOrdId) -> bool {
        let works = self.working.of(id).any(|known| known.order.origin() == origin);
        let ended = self.carried.iter().any(|known| known.order.origin() == origin);
        works || ended || self.held.has_left_of(origin)
    }

    /// Tells where a desk gives back what it holds.
    fn tell_levels(&self, desk: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot(desk) else { return };
        out(ToOrders::Effect(Effect::Exits(ExitLevels {
            bot: desk,
            stop: bot.shelter.level(Child::Stop),
            target: bot.shelter.level(Child::Target),
            trailing: Price::NONE,
            break_even: Price::NONE,
            break_even_armed: false,
            bars_left: 0,
        })));
    }
}
