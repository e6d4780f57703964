//! What brokers report: fills move positions, everything else moves working orders.

use crate::message::{Arrival, ToOrders};
use gauntlet_model::effect::{AlertKind, Effect, OutboundKind, PositionChanged, TimeInForce};
use gauntlet_model::ids::{BOTS_MAX, BotId, ClOrdId};
use gauntlet_model::input::{
    CancelReject, ExecType, ExecutionReport, Route, Scope, SessionChange, SessionEvent,
};
use gauntlet_model::order::{Order, StreamPoint, is_of, says_gone, says_working};
use gauntlet_model::position::FillError;

use super::exposure::Place;
use super::working::{ORDERS_PER_BOT, WorkingOrder};
use super::{Risk, alert_on};
use gauntlet_model::order::OrderRequest;

impl Risk {
    pub(super) fn on_execution(
        &mut self,
        report: &ExecutionReport,
        &Arrival { fresh, owned, .. }: &Arrival,
        out: &mut impl FnMut(ToOrders),
    ) {
        match report.exec_type {
            ExecType::Trade if fresh => self.on_fill(report, owned, out),
            ExecType::TradeCorrect | ExecType::TradeCancel if fresh => {
                let scope =
                    self.registry.owner(report.cl_ord_id).map_or(Scope::Platform, Scope::Bot);
                self.doubt(scope, "a fill was corrected or busted: check positions", out);
            }
            _ => {}
        }
        let Some((bot, slot)) = self.locate(report.cl_ord_id, report.orig_cl_ord_id) else {
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
        let works_on = self.working.get(bot, slot).is_some();
        if report.exec_type != ExecType::Rejected || !works_on {
            self.reconcile(bot, out);
        }
    }

    fn locate(&self, id: ClOrdId, orig: ClOrdId) -> Option<(BotId, usize)> {
        let find = |id: ClOrdId| Some((id.bot(), self.working.find(id.bot(), id)?));
        find(id).or_else(|| find(orig))
    }

    /// Counts a fill: the position is the sum of fills, whatever state their order is in. What fusion
    /// does not own, or what has no place here, is counted by nobody: then a person must look.
    fn on_fill(&mut self, report: &ExecutionReport, owned: bool, out: &mut impl FnMut(ToOrders)) {
        let Some(id) = self.registry.owner(report.cl_ord_id) else {
            return self.cannot_count(report, "a fill of no order of ours: check positions", out);
        };
        let place = self.place_of(id, report).filter(|_| owned);
        let Some((place, multiplier, bot)) = place.and_then(|place| {
            let multiplier = self.registry.instrument(place.instrument)?.definition.multiplier;
            Some((place, multiplier, self.registry.bot_mut(id)?))
        }) else {
            let text = "a fill outside of the bot's instrument: check positions";
            return self.cannot_count(report, text, out);
        };
        let before = bot.position;
        let counted = bot.position.apply(report.side, report.last_qty, report.last_px, multiplier);
        let position = bot.position;
        if let Err(error) = counted {
            let text = match error {
                FillError::NoPrice => "a fill without a price: check positions",
                FillError::Overflow => "a fill that overflows: check positions",
            };
            alert_on(AlertKind::UnexpectedReport, Scope::Bot(id), report.cl_ord_id, text, out);
            return self.doubt(Scope::Platform, text, out);
        }
        let signed = report.side.sign() * i64::from(report.last_qty);
        let moved = i64::from(position.qty()) - i64::from(before.qty());
        assert!(moved == signed, "a position is the sum of its fills");
        self.counters.fills += 1;
        self.exposures.fill(place, signed);
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

    fn cannot_count(
        &mut self,
        report: &ExecutionReport,
        text: &str,
        out: &mut impl FnMut(ToOrders),
    ) {
        alert_on(AlertKind::UnknownOrder, Scope::Platform, report.cl_ord_id, text, out);
        self.doubt(Scope::Platform, text, out);
    }

    /// Where a bot's report counts; `None` when it does not fit the bot's definition.
    fn place_of(&self, id: BotId, report: &ExecutionReport) -> Option<Place> {
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
            return self.doubt(Scope::Bot(id), text, out);
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
        };
        let order = WorkingOrder {
            order: Order::found(&request, report.cum_qty, self.now),
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
            self.doubt(Scope::Bot(id), text, out);
        }
    }

    /// A refusal to cancel or replace. What is still wanted is asked for again at the next timer, in
    /// whatever form the refusal comes, so that a broker that refuses everything is not flooded.
    pub(super) fn on_cancel_reject(&mut self, reject: &CancelReject) {
        let Some((bot, slot)) = self.locate(reject.cl_ord_id, reject.orig_cl_ord_id) else {
            return;
        };
        let found = self.working.get(bot, slot).is_some_and(|known| known.found);
        self.change_order(bot, slot, |order, moment| {
            if found && says_gone(reject) {
                order.write_off(moment);
            } else {
                order.on_cancel_reject(reject, moment);
            }
        });
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
    }

    fn on_message_rejected(&mut self, event: &SessionEvent) {
        let id = event.cl_ord_id;
        let Some((bot, slot)) = self.locate(id, ClOrdId::NONE) else { return };
        self.change_order(bot, slot, |order, moment| order.on_message_rejected(id, moment));
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
        change(&mut known.order, moment);
        let known = *known;
        known.order.assert_sound();
        self.exposures.work(known.place(), known.side(), known.open() as i64 - before);
        if !known.order.is_final() {
            return;
        }
        let removed = self.working.remove(id, slot);
        assert!(removed.is_some_and(|order| order.open() == 0), "nothing works of what is over");
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
        for id in (0..BOTS_MAX as u16).map(BotId) {
            for slot in 0..ORDERS_PER_BOT {
                if self.working.get(id, slot).is_some_and(&choose) {
                    self.change_order(id, slot, &mut change);
                }
            }
        }
    }

    /// A cancel that was sent before a session began or ended may be lost.
    pub(super) fn forget_cancels(&mut self, route: Route) {
        for id in (0..BOTS_MAX as u16).map(BotId) {
            for slot in 0..ORDERS_PER_BOT {
                if let Some(known) = self.working.get_mut(id, slot)
                    && known.order.route() == route
                {
                    known.cancelled_at = None;
                }
            }
        }
    }
}
