//! What the planner's steps come to: new orders, cancels and replaces, asked for and entered.

use crate::message::ToOrders;
use gauntlet_model::effect::{
    Intent, IntentReason, OutboundKind, RejectCode, TimeInForce, Urgency,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Scope, SessionMode, TopOfBook};
use gauntlet_model::order::{ANSWER_WITHIN_NS, Order, Request, Terms};
use gauntlet_model::units::Price;

use super::Risk;
use super::approval::Approved;
use super::checks::{Question, Refusal};
use super::exposure::Place;
use super::planner::{
    Leg, Plan, REPRICE_AFTER_NS, Want, aggressive_price, next_leg, passive_price,
};
use super::registry::Instrument;
use super::round::MESSAGES_MAX;
use super::working::{WorkingOrder, orders_per};
use gauntlet_model::order::OrderRequest;

impl Risk {
    /// Takes in what a bot wants and acts on it.
    pub(super) fn on_intent(&mut self, intent: &Intent, out: &mut impl FnMut(ToOrders)) {
        self.look_ahead(intent.bot);
        let want = Want::of(intent, self.now);
        let Some(bot) = self.registry.bot_mut(intent.bot) else {
            self.reject_undefined(intent, out);
            return;
        };
        if !bot.want.is_some_and(|known| known.is_same(&want)) {
            bot.want = Some(want);
            bot.attempted = false;
            bot.refused = None;
            bot.persistence.forget_exits();
        }
        self.reconcile(intent.bot, out);
    }

    /// Makes the next step of a bot toward what it wants, if one is due.
    pub(super) fn reconcile(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        let Some(bot) = self.registry.bot(id) else { return };
        let Some(want) = bot.want else { return };
        if self.ordinal >= MESSAGES_MAX {
            // The next input goes on: nothing is refused for coming too late in this one.
            return self.round.begin_tending();
        }
        let leg = next_leg(bot.position.qty(), want.target);
        let plan = leg.map(|leg| self.plan(id, want, leg));
        let reduces = leg.is_some_and(|leg| leg.reducing);
        if reduces && self.is_taking(id, &want) {
            return self.adjust(id, plan, out);
        }
        if reduces && self.withdraw_children(id, out) {
            // They may fill until the broker confirms their end: nothing else may close beside it.
            self.tell_if_it_lasts(id, want.since, out);
            return self.adjust(id, plan, out);
        }
        if !self.has_own_orders(id) {
            return match plan {
                Some(plan) => self.place(id, &plan, out),
                None => self.give_up(id),
            };
        }
        self.adjust(id, plan, out);
        if let Some(leg) = leg.and_then(|leg| self.overdue_leg(id, want.since, leg)) {
            self.place(id, &self.plan(id, want, leg), out);
        }
    }

    #[inline]
    fn plan(&self, id: BotId, want: Want, leg: Leg) -> Plan {
        let exit = leg.reducing && (want.reason != IntentReason::Signal || want.escalated);
        let aggressive = exit || want.urgency == Urgency::Aggressive;
        let most = if leg.reducing { self.order_qty_max(id) } else { u32::MAX };
        Plan {
            side: leg.side,
            qty: leg.qty.min(most),
            time_in_force: match aggressive {
                true => TimeInForce::ImmediateOrCancel,
                false => TimeInForce::Day,
            },
            reducing: leg.reducing,
            target: want.target,
            sliced: leg.qty > most,
        }
    }

    /// The most that one order may have; a missing limit does not slice.
    fn order_qty_max(&self, id: BotId) -> u32 {
        let Some(bot) = self.registry.bot(id) else { return u32::MAX };
        let of_instrument = self
            .registry
            .instrument(bot.definition.instrument)
            .map_or(0, |instrument| instrument.definition.limits.max_order_qty);
        let of_bot = self.limits.of(id).order_qty;
        let given = [of_bot, of_instrument].into_iter().filter(|most| *most > 0);
        given.min().unwrap_or(u32::MAX)
    }

    /// Keeps what works if it is what the plan wants, else cancels it; what cannot be judged stays.
    fn adjust(&mut self, id: BotId, plan: Option<Plan>, out: &mut impl FnMut(ToOrders)) {
        let doubted = self.working.of(id).any(WorkingOrder::is_in_doubt);
        if doubted && !plan.is_some_and(|plan| plan.reducing) {
            // Never approved in this state: it is asked so that the refusal is on record.
            if let Some(plan) = plan {
                self.place(id, &plan, out);
            }
            return;
        }
        for slot in 0..orders_per(id) {
            let Some(order) = self.working.get(id, slot) else { continue };
            let resolves_itself = order.found
                || order.child().is_some()
                || order.is_in_doubt()
                || order.time_in_force() == TimeInForce::ImmediateOrCancel
                || !order.order.open_requests().is_empty();
            if !resolves_itself && !plan.is_some_and(|plan| plan.is_met_by(order)) {
                let _told = self.cancel(id, slot, false, out);
            }
        }
    }

    fn place(&mut self, id: BotId, plan: &Plan, out: &mut impl FnMut(ToOrders)) {
        if plan.reducing && self.pauses(id, out) {
            return;
        }
        let Some(bot) = self.registry.bot(id) else { return };
        if plan.reducing && bot.attempted {
            return;
        }
        let question = Question {
            request: self.request_of(id, bot.place(), plan),
            reducing: plan.reducing,
            added: i64::from(plan.qty),
            killing: false,
        };
        if plan.reducing {
            if self.clears_way(&question.request, out) {
                return;
            }
            self.registry.bot_mut(id).into_iter().for_each(|bot| bot.attempted = true);
        }
        match self.ask(&question) {
            Ok(approved) => self.enter(approved, &question, plan, out),
            Err(refusal) => self.refuse_new(&question, &refusal, out),
        }
    }

    #[inline]
    pub(super) fn request_of(&self, id: BotId, place: Place, plan: &Plan) -> OrderRequest {
        OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId::NONE,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: id,
            account: place.account,
            instrument: place.instrument,
            route: place.route,
            side: plan.side,
            qty: plan.qty,
            price: self.price_of(id, place, plan),
            time_in_force: plan.time_in_force,
            terms: Terms::LIMIT,
        }
    }

    /// Counts an approved order and only then lets it go: one that finds no place is refused.
    pub(super) fn enter(
        &mut self,
        approved: Approved<OrderRequest>,
        question: &Question,
        plan: &Plan,
        out: &mut impl FnMut(ToOrders),
    ) {
        let OrderRequest { side, qty, bot, .. } = *approved.get();
        if !self.enter_working(approved.get(), plan) {
            let refusal = Refusal::plain(RejectCode::TableFull);
            return self.refuse_new(question, &refusal, out);
        }
        self.exposures.work(question.place(), side, i64::from(qty));
        self.assert_within_limits(approved.get(), plan);
        self.parents.note_child(approved.get().terms.parent, 0);
        if let Some(bot) = self.registry.bot_mut(bot) {
            bot.refused = None;
            if !plan.reducing {
                bot.persistence.forget_exits();
                self.repeats.record(approved.get(), self.now);
            }
        }
        self.release(approved, out);
    }

    /// Lets an approved message go. What it is about is counted by now.
    pub(super) fn release(
        &mut self,
        approved: Approved<OrderRequest>,
        out: &mut impl FnMut(ToOrders),
    ) {
        match approved.get().kind {
            OutboundKind::Cancel => self.counters.cancels += 1,
            OutboundKind::Replace => self.counters.replaces += 1,
            OutboundKind::New | OutboundKind::StatusRequest => self.counters.orders += 1,
        }
        let OrderRequest { bot, account, route, .. } = *approved.get();
        self.traffics.count(bot, (account, route), |traffic| traffic.messages += 1);
        self.name_order(approved.get(), out);
        out(ToOrders::Approved(approved));
    }

    /// Enters an order that works from now on; says whether there was room.
    fn enter_working(&mut self, request: &OrderRequest, plan: &Plan) -> bool {
        let instrument = self.registry.instrument(request.instrument);
        let session = |known: &Instrument| {
            known.calendar.session_at(SessionMode::Full24x5, self.now).map(|session| session.close)
        };
        let ends_at = instrument.filter(|_| request.ends_with_session()).and_then(session);
        let order = WorkingOrder {
            order: Order::new(request, self.now).until(ends_at),
            found: false,
            cancelled_at: None,
            placed_at: self.now,
            repriced: false,
            reducing: plan.reducing,
            target: plan.target,
        };
        self.working.insert(request.bot, order)
    }

    fn price_of(&self, id: BotId, place: Place, plan: &Plan) -> Price {
        let Some(instrument) = self.registry.instrument(place.instrument) else {
            return Price::NONE;
        };
        if plan.reducing {
            let futile = self.registry.bot(id).map_or(0, |bot| bot.persistence.futile);
            return instrument.exit_price(plan.side, plan.time_in_force, futile);
        }
        let top = instrument.view.map_or(TopOfBook::EMPTY, |view| view.top);
        match plan.time_in_force.rests() {
            true => passive_price(&top, plan.side),
            false => aggressive_price(&top, plan.side, instrument),
        }
    }

    /// An order that was refused by a check: opening ones are given up, reducing ones are tried
    /// again, and only a new reason is put on record.
    fn refuse_new(
        &mut self,
        question: &Question,
        refusal: &Refusal,
        out: &mut impl FnMut(ToOrders),
    ) {
        let id = question.request.bot;
        let known = match self.registry.bot_mut(id) {
            Some(bot) if question.reducing => bot.refused.replace(refusal.code),
            Some(bot) => {
                bot.want = None;
                None
            }
            None => None,
        };
        self.counters.rejects[refusal.code as usize] += 1;
        if known != Some(refusal.code) {
            self.emit_reject(question, refusal, out);
        }
        if question.reducing && known.is_none() {
            self.alert_stuck(id, refusal.code, out);
        }
        if refusal.code == RejectCode::RepeatedExecutions {
            self.kill_openings(Scope::Bot(id), "it opened too often: look why, then unkill", out);
        }
    }

    pub(super) fn give_up(&mut self, id: BotId) {
        if let Some(bot) = self.registry.bot_mut(id) {
            bot.want = None;
        }
    }

    /// Cancels a working order; `killing` when a kill asks for it. Nothing is sent while as many
    /// requests are unanswered as may be.
    ///
    /// # Errors
    /// Why it was not sent. What a check refused is told already.
    pub(super) fn cancel(
        &mut self,
        id: BotId,
        slot: usize,
        killing: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), Refusal> {
        let full = Refusal::plain(RejectCode::TableFull);
        let order = self.working.get(id, slot).ok_or(full)?;
        if !order.order.can_request(OutboundKind::Cancel) {
            return Err(full);
        }
        let request = request_about(order, OutboundKind::Cancel, order.price());
        let question = Question { request, reducing: order.reducing, added: 0, killing };
        match self.ask(&question) {
            Ok(approved) if self.enter_request(id, slot, approved.get()) => {
                if let Some(order) = self.working.get_mut(id, slot) {
                    order.cancelled_at = Some(self.now);
                }
                self.release(approved, out);
                Ok(())
            }
            answer => {
                let refusal = answer.err().unwrap_or(full);
                self.refuse_request(&question, &refusal, out);
                Err(refusal)
            }
        }
    }

    pub(super) fn refuse_request(
        &mut self,
        question: &Question,
        refusal: &Refusal,
        out: &mut impl FnMut(ToOrders),
    ) {
        self.counters.rejects[refusal.code as usize] += 1;
        self.emit_reject(question, refusal, out);
    }

    /// Enters an approved cancel or replace, as the order manager will, and says whether there was
    /// room for it. For an order that the order manager calls over it waits for no answer.
    pub(super) fn enter_request(&mut self, id: BotId, slot: usize, request: &OrderRequest) -> bool {
        let found = self.working.get(id, slot).is_some_and(|known| known.found);
        let mut entered = false;
        self.change_order(id, slot, |order, moment| {
            entered = found || order.request(Request::of(request), moment);
            if entered {
                order.add_identity(request.cl_ord_id, request.orig_cl_ord_id);
            }
        });
        entered
    }

    /// Cancels an order that the broker says works although it was over, again and again.
    pub(super) fn chase(&mut self, id: BotId, slot: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(order) = self.working.get(id, slot) else { return };
        if order.found && self.up[order.order.route()] && !order.awaits_cancel(self.now) {
            let _told = self.cancel(id, slot, false, out);
        }
    }

    /// Looks after a bot's orders at a timer: chases those that should be over, moves passive ones
    /// once, then cancels them. An immediate-or-cancel order that the broker lets rest is cancelled
    /// too, or its bot would wait for its end for ever.
    pub(super) fn tend(&mut self, id: BotId, out: &mut impl FnMut(ToOrders)) {
        for slot in 0..orders_per(id) {
            self.chase(id, slot, out);
            if id.is_desk() {
                self.tend_desk(id, slot, out);
                continue;
            }
            let Some(order) = self.working.get(id, slot).filter(|order| !order.found) else {
                continue;
            };
            if !order.is_idle() || order.child().is_some() {
                continue;
            }
            let age = self.now.since(order.placed_at);
            let longest = match order.time_in_force().rests() {
                true => 2 * REPRICE_AFTER_NS,
                false => ANSWER_WITHIN_NS,
            };
            if age >= longest {
                self.expire(id, slot, out);
            } else if age >= REPRICE_AFTER_NS && order.may_be_moved() {
                self.reprice(id, slot, out);
            }
        }
    }

    fn expire(&mut self, id: BotId, slot: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(order) = self.working.get(id, slot).copied() else { return };
        if let Some(bot) = self.registry.bot_mut(id) {
            match &mut bot.want {
                Some(want) if order.reducing => want.escalated = true,
                Some(want) if want.target == order.target => bot.want = None,
                _ => {}
            }
        }
        let _told = self.cancel(id, slot, false, out);
    }

    fn reprice(&mut self, id: BotId, slot: usize, out: &mut impl FnMut(ToOrders)) {
        let Some(order) = self.working.get(id, slot).copied() else { return };
        let view = self.registry.instrument(order.place().instrument).and_then(|known| known.view);
        let best = view.map_or(Price::NONE, |view| passive_price(&view.top, order.side()));
        if !best.is_some() || best == order.price() {
            return;
        }
        let request = request_about(&order, OutboundKind::Replace, best);
        let reducing = order.reducing && self.only_reduces(id, &order);
        let question = Question { request, reducing, added: 0, killing: false };
        let answer = self.ask(&question);
        if let Some(order) = self.working.get_mut(id, slot) {
            order.repriced = true;
        }
        match answer {
            Ok(approved) if self.enter_request(id, slot, approved.get()) => {
                self.release(approved, out);
            }
            Ok(_) => self.refuse_request(&question, &Refusal::plain(RejectCode::TableFull), out),
            Err(refusal) => self.refuse_request(&question, &refusal, out),
        }
    }
}

pub(super) fn request_about(
    known: &WorkingOrder,
    kind: OutboundKind,
    price: Price,
) -> OrderRequest {
    let order = &known.order;
    OrderRequest {
        kind,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: known.newest_id(),
        bot: order.bot(),
        account: order.account(),
        instrument: order.instrument(),
        route: order.route(),
        side: order.side(),
        qty: order.qty(),
        price,
        time_in_force: order.time_in_force(),
        terms: order.newest_terms(),
    }
}
