//! R10: two bots of one account never trade with each other.
//!
//! What opens gives way: an order that could trade with one of another bot, resting in the same account,
//! instrument and route, is refused. What only reduces has the way cleared for it: such orders are cancelled
//! first (what they were to open is given up), and it leaves when they are gone, or after [`ANSWER_WITHIN_NS`] without an answer, since getting
//! out comes before whom it is done with. An order that is immediate-or-cancel rests nowhere, so only the
//! newer one of a pair can meet the older.

use crate::message::ToOrders;
use gauntlet_model::effect::{Emulation, RejectCode};
use gauntlet_model::ids::BotId;
use gauntlet_model::order::{ANSWER_WITHIN_NS, OrderRequest, Terms};
use gauntlet_model::units::{Price, Side};

use super::Risk;
use super::checks::{OrderContext, Refusal, Verdict};
use super::exposure::Place;
use super::round::MESSAGES_MAX;
use super::tickets::waits_for_stop;
use super::working::{WorkingOrder, orders_per};

impl Risk {
    /// R10 for what opens, and for its replaces.
    pub(super) fn check_self_trade(&self, question: &OrderContext) -> Verdict {
        if !self.limits.told() || self.next_crossing(&question.request, (0, 0)).is_none() {
            return Ok(());
        }
        Err(Refusal::plain(RejectCode::SelfTrade))
    }

    /// The next order from a place of the table on that a request could trade with.
    fn next_crossing(&self, request: &OrderRequest, from: (u16, usize)) -> Option<(BotId, usize)> {
        let OrderRequest { route, account, instrument, side, bot, .. } = *request;
        let place = Place { route, account, instrument };
        let held = self.exposures.held(place);
        let opposite = match side {
            Side::Buy => held.selling,
            Side::Sell => held.buying,
        };
        // Mostly nothing works on the other side, and then nothing is looked through.
        let waits = waits_for_stop(request);
        if waits || opposite == 0 || opposite == self.open_on(bot, side.opposite()) {
            return None;
        }
        let mut from = from;
        while let Some(other) = self.working.next_busy(from.0) {
            let first_slot = if other.0 == from.0 { from.1 } else { 0 };
            let found = (first_slot..orders_per(other)).find(|slot| {
                let order = self.working.get(other, *slot);
                other != bot
                    && order
                        .is_some_and(|order| order.place() == place && could_trade(request, order))
            });
            if let Some(slot) = found {
                return Some((other, slot));
            }
            from = (other.0 + 1, 0);
        }
        None
    }

    /// Clears the way of an order that reduces: cancels what it could trade with. Says whether it has to
    /// wait for that.
    pub(super) fn clears_way(
        &mut self,
        request: &OrderRequest,
        out: &mut impl FnMut(ToOrders),
    ) -> bool {
        if !self.limits.told() {
            return false;
        }
        let (mut at, mut waits) = ((0, 0), false);
        while let Some((other, slot)) = self.next_crossing(request, at) {
            at = (other.0, slot + 1);
            waits = true;
            if self.ordinal >= MESSAGES_MAX {
                // The next input goes on.
                self.round.begin_tending();
                break;
            }
            self.clear(other, slot, out);
        }
        let now = self.now;
        let Some(bot) = self.registry.bot_mut(request.bot) else { return waits };
        if !waits {
            bot.clearing_since = None;
            return false;
        }
        let since = *bot.clearing_since.get_or_insert(now);
        let overdue = now.since(since) >= ANSWER_WITHIN_NS;
        self.clearing |= !overdue;
        !overdue
    }

    /// Cancels an order that is in the way of one that reduces. What its bot wanted to open is given up, and
    /// its own way out is tried again at the next timer: else it would be in the way again at once.
    fn clear(&mut self, other: BotId, slot: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(order) = self.working.get(other, slot).copied() else { return };
        let reduces = self.only_reduces(other, &order);
        let later = self.now.plus(ANSWER_WITHIN_NS);
        if let Some(bot) = self.registry.bot_mut(other) {
            if let Some(child) = order.child() {
                // Sent again at once it would be in the way again.
                bot.shelter.pace_mut(child).retry_at = later;
            }
            match reduces {
                true => bot.attempted = true,
                false => bot.forget_opening(false),
            }
        }
        if !order.awaits_cancel(self.now) {
            // A refusal is on record, and the way is not clear yet.
            let _told = self.cancel(other, slot, true, out);
        }
    }

    /// An order is over: who waits for that goes on with this input.
    pub(super) fn note_way(&mut self) {
        if std::mem::take(&mut self.clearing) {
            self.round.begin_tending();
        }
    }
}

/// Whether a request could trade with an order of another bot in its place: the order rests, and one
/// of the prices that it has or asked for meets the request's. What has no price meets any.
fn could_trade(request: &OrderRequest, order: &WorkingOrder) -> bool {
    let rests = order.time_in_force().rests() || order.found;
    // A stop is in no book before its price is met: nobody trades with it.
    let Terms { order_type, emulation, .. } = *order.order.terms();
    let waits = order_type.is_stop() && !emulation.has(Emulation::HELD);
    if order.side() == request.side || order.open() == 0 || !rests || waits {
        return false;
    }
    let meets = |price: Price| {
        let (buy, sell) = match request.side {
            Side::Buy => (request.price, price),
            Side::Sell => (price, request.price),
        };
        !buy.is_some() || !sell.is_some() || buy >= sell
    };
    let asked = order.order.open_requests().iter().filter_map(|asked| asked.replace);
    meets(order.price()) || asked.map(|(_, price)| price).any(meets)
}
