//! Brackets of people's orders: an entry that brings its stop and its target along.
//!
//! The entry is the parent. Its stop rests at the broker ([`protection`](super::protection)), its target is held
//! here, at the level of the last order that brought one, for what the desk holds. A position is given back by one
//! of them, never by both: when the market comes to the target the stop is withdrawn, and what is left is closed
//! once its broker has confirmed that; what the stop filled meanwhile is not closed again. A stop that fills, whole or
//! in part, leaves the target no more than what is held then.
//!
//! The price of a target is the one that closing meets: longs the bid, shorts the ask. Once met it is carried out like
//! any way out, at the market, and not taken back by a market that returns. An entry that ends without a fill takes its
//! levels along, and so does the end of the position.
//!
//! R17: a child never asks for more than there is to close of what its parents brought
//! ([`RejectCode::ParentQuantity`]), replaces by hand included, and so never fills more.
//!
//! While the node is down the stop works on and nobody holds the target.

use crate::message::ToOrders;
use gauntlet_model::desk::DESKS_MAX;
use gauntlet_model::effect::{Effect, Emulation, ExitLevels, RejectCode};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::Ticket;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::OrderRequest;
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;

use super::Risk;
use super::checks::{Question, Refusal, Verdict};
use super::tickets::Why;
use super::working::WorkingOrder;

impl Risk {
    /// R17: a child asks for no more than there is to close of what its parent brought.
    pub(super) fn check_parent(&self, question: &Question) -> Verdict {
        let OrderRequest { bot, side, terms, .. } = question.request;
        let (limit, value) = (self.closable(bot, side), question.added);
        // What is placed again each session has a parent that it goes on from, and that is over.
        let is_child = terms.parent.is_some() && !terms.emulation.has(Emulation::CARRIED);
        match is_child && value > limit {
            true => Err(Refusal { code: RejectCode::ParentQuantity, limit, value }),
            false => Ok(()),
        }
    }

    /// The target that an order brings along: above what is bought, below what is sold, and on a tick.
    pub(super) fn check_take_profit(
        &self,
        ticket: &Ticket,
        request: &OrderRequest,
    ) -> Result<(), Why> {
        let target = ticket.take_profit;
        if !target.is_some() {
            return Ok(());
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
            bot.shelter.aim(ticket.take_profit, order);
            self.targeted |= 1 << (bot.definition.instrument.0 & 63);
        }
        self.tell_levels(desk, out);
    }

    /// The market of an instrument changed in which targets are held.
    pub(super) fn meet_targets(&mut self, view: &MarketView, out: &mut impl FnMut(ToOrders)) {
        let mut left = false;
        for id in (0..DESKS_MAX).filter_map(gauntlet_model::desk::desk_of) {
            let Some(bot) = self.registry.bot(id) else { break };
            let (held, target) = (i64::from(bot.position.qty()), bot.shelter.target());
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
                self.send_out(id, out);
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

    /// An entry that ended without a fill takes along what it brought, where nothing else is held.
    pub(super) fn forget_unfilled(&mut self, id: BotId, known: &WorkingOrder) {
        let unfilled = id.is_desk() && known.order.cum_qty() == 0;
        if let Some(bot) = self.registry.bot_mut(id).filter(|_| unfilled)
            && bot.position.qty() == 0
            && bot.shelter.is_of(known.order.first_id())
        {
            bot.shelter.forget_level();
        }
    }

    /// Tells where a desk gives back what it holds.
    fn tell_levels(&self, desk: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot(desk) else { return };
        out(ToOrders::Effect(Effect::Exits(ExitLevels {
            bot: desk,
            stop: bot.shelter.stop(),
            target: bot.shelter.target(),
            trailing: Price::NONE,
            break_even: Price::NONE,
            break_even_armed: false,
            bars_left: 0,
        })));
    }
}
