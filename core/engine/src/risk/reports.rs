//! What brokers report: fills move positions, everything else moves working orders.

use crate::message::{Arrival, ToOrders};
use gauntlet_model::effect::{
    AlertKind, DoubtCause, Effect, OutboundKind, PositionChanged, TimeInForce,
};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{
    CancelReject, ExecType, ExecutionReport, Route, Scope, SessionChange, SessionEvent,
};
use gauntlet_model::order::{
    Order, StreamPoint, TOO_LATE_TO_CANCEL, Terms, is_of, may_be_counted, says_gone, says_working,
};
use gauntlet_model::units::Price;

use super::bookings::Before;
use super::exposure::Place;
use super::fills::Fill;
use super::working::{WorkingOrder, orders_per};
use super::{Risk, alert_on};
use gauntlet_model::order::OrderRequest;

impl Risk {
    pub(super) fn on_execution(
        &mut self,
        report: &ExecutionReport,
        &Arrival { fresh, owned, .. }: &Arrival,
        out: &mut impl FnMut(ToOrders),
    ) {
        let located = self.locate(report.cl_ord_id, report.orig_cl_ord_id);
        let before = located.and_then(|(bot, slot)| self.working.get(bot, slot)).map(Before::of);
        match report.exec_type {
            _ if may_be_counted(report, fresh, owned) => {
                self.on_maybe_counted(report, located, out);
            }
            ExecType::Trade if fresh => self.on_fill(report, owned, located, out),
            ExecType::TradeCorrect | ExecType::TradeCancel if fresh => {
                self.on_bust(report, located, out);
            }
            _ => {}
        }
        let Some((bot, slot)) = located else {
            if let Some(bot) = self.registry.owner(report.cl_ord_id) {
                if says_working(report, fresh) {
                    self.adopt(bot, report, out);
                }
                self.reconcile(bot, out);
            }
            return;
        };
        self.change_order(bot, slot, |order, moment| {
            order.on_execution(report, fresh, moment);
        });
        if fresh && matches!(report.exec_type, ExecType::Replaced | ExecType::Canceled) {
            self.note_change(bot);
        }
        self.count_question(bot, slot);
        if let Some(before) = before {
            self.hold_against((bot, slot), before, report, fresh, out);
        }
        let works_on = self.working.get(bot, slot).is_some();
        if report.exec_type != ExecType::Rejected || !works_on {
            self.reconcile(bot, out);
        }
        self.shelter(bot, out);
    }

    pub(super) fn locate(&self, id: ClOrdId, orig: ClOrdId) -> Option<(BotId, usize)> {
        let find = |id: ClOrdId| Some((id.bot(), self.working.find(id.bot(), id)?));
        find(id).or_else(|| find(orig))
    }

    /// Counts a fill: the position is the sum of fills, whatever state their order is in. What fusion
    /// does not own, what is not its order's, and what has no place here, is counted by nobody, and its
    /// place is in doubt.
    fn on_fill(
        &mut self,
        report: &ExecutionReport,
        owned: bool,
        located: Option<(BotId, usize)>,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(id) = self.registry.owner(report.cl_ord_id) else {
            return self.on_foreign_fill(report, out);
        };
        let place = self.place_of(id, report).filter(|_| owned);
        let Some((place, multiplier)) = place.and_then(|place| {
            Some((place, self.registry.instrument(place.instrument)?.definition.multiplier))
        }) else {
            return self.on_fill_elsewhere(id, report, located, out);
        };
        if !self.is_of_its_order(report, located) {
            return self.on_fill_against_order(id, place, report, located, out);
        }
        let Some(bot) = self.registry.bot_mut(id) else { return };
        let before = bot.position;
        let counted = bot.position.apply(report.side, report.last_qty, report.last_px, multiplier);
        let position = bot.position;
        if before.qty() != 0 && position.qty().signum() != before.qty().signum() {
            self.end_levels(id, before.qty());
        }
        self.note_overclosed(id, report.side, located, [report.cl_ord_id, report.orig_cl_ord_id]);
        if let Err(error) = counted {
            return self.on_uncountable(place, error, report, located, out);
        }
        let signed = report.side.sign() * i64::from(report.last_qty);
        let moved = i64::from(position.qty()) - i64::from(before.qty());
        assert!(moved == signed, "a position is the sum of its fills");
        self.counters.fills += 1;
        self.traffics.count(id, (place.account, place.route), |traffic| traffic.fills += 1);
        self.exposures.fill(place, signed);
        let taken = self.count_cash_of(place, (report.side, report.last_qty, report.last_px), 1);
        let fill = Fill {
            route: report.route,
            exec_id: report.exec_id,
            order: report.cl_ord_id,
            bot: id,
            side: report.side,
            qty: report.last_qty,
            price: report.last_px,
            taken,
        };
        self.fills.remember(fill);
        self.tell_position(id, place, out);
        self.hear_booked(place, &fill, out);
        if located.is_none() {
            self.note_late_child([report.cl_ord_id, report.orig_cl_ord_id], report.last_qty.into());
            self.doubt_after_end(place, report, out);
        }
    }

    pub(super) fn tell_position(
        &mut self,
        id: BotId,
        place: Place,
        out: &mut impl FnMut(ToOrders),
    ) {
        self.losses.note_trade(id);
        let Some(bot) = self.registry.bot(id) else { return };
        let position = &bot.position;
        out(ToOrders::Effect(Effect::Position(PositionChanged {
            bot: id,
            account: place.account,
            instrument: place.instrument,
            qty: position.qty(),
            cost: position.cost(),
            realized: position.realized(),
            volume: position.volume(),
        })));
    }

    /// Where a bot's report counts; `None` when it does not fit the bot's definition.
    pub(super) fn place_of(&self, id: BotId, report: &ExecutionReport) -> Option<Place> {
        let bot = self.registry.bot(id)?;
        let definition = &bot.definition;
        self.registry.instrument(definition.instrument)?;
        self.registry.account(definition.account)?;
        is_of(definition, report).then(|| bot.place())
    }

    /// Counts an order that the broker says works although we thought it over. Nobody wants it, so
    /// it is cancelled.
    fn adopt(&mut self, id: BotId, report: &ExecutionReport, out: &mut impl FnMut(ToOrders)) {
        let Some(place) = self.place_of(id, report) else {
            let text = "an order outside of the bot's instrument works: check it";
            alert_on(AlertKind::UnknownOrder, Scope::Bot(id), report.cl_ord_id, text, out);
            self.doubt_elsewhere(id, DoubtCause::Disagreement, report, 0, out);
            let own = self.registry.bot(id).map(|bot| bot.place());
            return own.into_iter().for_each(|own| {
                self.raise(own, DoubtCause::Disagreement, ClOrdId::NONE, 0, out);
            });
        };
        let request = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: report.cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            bot: id,
            account: place.account,
            instrument: place.instrument,
            route: place.route,
            side: report.side,
            qty: report.leaves_qty.saturating_add(report.cum_qty),
            price: report.price,
            time_in_force: TimeInForce::Day,
            terms: Terms::LIMIT,
        };
        let order = WorkingOrder {
            order: Order::found(&request, report.cum_qty, paid_by(report), self.now),
            found: true,
            cancelled_at: None,
            placed_at: self.now,
            repriced: true,
            reducing: false,
            target: 0,
        };
        if self.working.insert(id, order) {
            self.exposures.work(place, order.side(), order.open() as i64);
            if let Some(slot) = self.working.find(id, report.cl_ord_id) {
                self.chase(id, slot, out);
            }
        } else {
            let text = "too many orders alive at the broker: check them";
            alert_on(AlertKind::TableFull, Scope::Bot(id), report.cl_ord_id, text, out);
            self.raise(place, DoubtCause::TooManyOrders, ClOrdId::NONE, 0, out);
        }
    }

    /// A refusal to cancel or replace. What is still wanted is asked for again at the next timer, in
    /// whatever form the refusal comes, so that a broker that refuses everything is not flooded.
    pub(super) fn on_cancel_reject(&mut self, reject: &CancelReject) {
        let Some((bot, slot)) = self.locate(reject.cl_ord_id, reject.orig_cl_ord_id) else {
            return;
        };
        let Some(known) = self.working.get(bot, slot) else { return };
        let (found, account, route) = (known.found, known.order.account(), known.order.route());
        // That an order was done before is nobody's fault, and what was answered is not refused again.
        let asked = known.order.is_open(reject.cl_ord_id);
        if asked && !says_gone(reject) && reject.reason != TOO_LATE_TO_CANCEL {
            self.note_refused_change(bot, account, route);
        }
        self.change_order(bot, slot, |order, moment| {
            if found && says_gone(reject) {
                order.write_off(moment);
            } else {
                order.on_cancel_reject(reject, moment);
            }
        });
        self.count_question(bot, slot);
    }

    pub(super) fn on_session(&mut self, event: &SessionEvent) {
        let step = match event.change {
            SessionChange::MessageRejected => return self.on_message_rejected(event),
            SessionChange::LoggedOn => Order::on_logged_on,
            SessionChange::LoggedOut | SessionChange::Disconnected => Order::on_route_down,
        };
        self.up[event.route] = event.change == SessionChange::LoggedOn;
        self.for_each_order(|known| known.order.route() == event.route, step);
        self.forget_cancels(event.route);
        if event.change == SessionChange::LoggedOn {
            self.count_questions();
        }
    }

    fn on_message_rejected(&mut self, event: &SessionEvent) {
        let id = event.cl_ord_id;
        let Some((bot, slot)) = self.locate(id, ClOrdId::NONE) else { return };
        let Some(known) = self.working.get(bot, slot) else { return };
        let (account, route) = (known.order.account(), known.order.route());
        if known.order.is_open(id) {
            self.note_refused_change(bot, account, route);
        }
        self.change_order(bot, slot, |order, moment| order.on_message_rejected(id, moment));
        self.count_question(bot, slot);
    }

    /// Changes an order and the exposure it counts for, and takes it out of the table if that ended
    /// it. An opening order that ended short by itself takes the want it was sent for along; a
    /// reducing one that filled whole lets the next follow.
    pub(super) fn change_order(
        &mut self,
        id: BotId,
        slot: usize,
        change: impl FnOnce(&mut Order, StreamPoint),
    ) {
        let moment = StreamPoint { seq: self.seq, now: self.now };
        let Some(known) = self.working.get_mut(id, slot) else { return };
        let (before, cancelling) = (known.open() as i64, known.order.is_being_cancelled());
        let filled_before = i64::from(known.order.cum_qty());
        change(&mut known.order, moment);
        known.order.assert_sound();
        let filled = i64::from(known.order.cum_qty()) - filled_before;
        self.parents.note_child(known.order.terms().parent, filled);
        let is_over = known.order.is_final();
        self.exposures.work(known.place(), known.side(), known.open() as i64 - before);
        let Some(known) = is_over.then(|| self.working.remove(id, slot)).flatten() else { return };
        assert!(known.open() == 0, "nothing works of what is over");
        self.note_way();
        self.ended.remember(&known.order, false);
        self.forget_brought(id, &known);
        self.note_carried(&known, cancelling);
        if let Some(child) = known.child() {
            return self.note_child_over(id, child, &known, cancelling);
        }
        self.note_end(id, &known, cancelling);
        let Some(bot) = self.registry.bot_mut(id) else { return };
        let whole = known.order.cum_qty() >= known.order.qty();
        if known.reducing {
            bot.attempted &= !whole;
        } else if !whole
            && !cancelling
            && !known.found
            && bot.want.is_some_and(|want| want.target == known.target)
        {
            bot.want = None;
        }
    }

    /// Changes the orders that are chosen.
    pub(super) fn for_each_order(
        &mut self,
        choose: impl Fn(&WorkingOrder) -> bool,
        mut change: impl FnMut(&mut Order, StreamPoint),
    ) {
        let mut from = 0;
        while let Some(id) = self.working.next_busy(from) {
            from = id.0 + 1;
            for slot in 0..orders_per(id) {
                if self.working.get(id, slot).is_some_and(&choose) {
                    self.change_order(id, slot, &mut change);
                }
            }
        }
    }

    /// A cancel that was sent before a session began or ended may be lost.
    pub(super) fn forget_cancels(&mut self, route: Route) {
        let mut from = 0;
        while let Some(id) = self.working.next_busy(from) {
            from = id.0 + 1;
            for slot in 0..orders_per(id) {
                if let Some(known) = self.working.get_mut(id, slot)
                    && known.order.route() == route
                {
                    known.cancelled_at = None;
                }
            }
        }
    }
}

/// The mean price of an order's fills that a report tells; [`Price::NONE`] where it tells none.
fn paid_by(report: &ExecutionReport) -> Price {
    match report.exec_type {
        ExecType::OrderStatus => report.last_px,
        _ => Price::NONE,
    }
}
