//! What brokers report: fills move positions, everything else moves working orders.

use crate::effect::{AlertKind, Effect, PositionChanged, TimeInForce};
use crate::ids::{BOTS_MAX, BotId, ClOrdId};
use crate::input::{
    CancelReject, ExecType, ExecutionReport, OrdStatus, Route, Scope, SessionChange, SessionEvent,
};
use crate::message::ToOrders;
use crate::position::FillError;

use super::exposure::Place;
use super::working::{ORDERS_PER_BOT, WorkingOrder};
use super::{Risk, alert_on};

/// `CxlRejReason` (FIX tag 102): the broker does not know the order.
const UNKNOWN_ORDER: u16 = 1;

impl Risk {
    pub(super) fn on_execution(
        &mut self,
        report: &ExecutionReport,
        fresh: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        match report.exec_type {
            ExecType::Trade if fresh => self.on_fill(report, out),
            ExecType::TradeCorrect | ExecType::TradeCancel if fresh => {
                let scope =
                    self.registry.owner(report.cl_ord_id).map_or(Scope::Platform, Scope::Bot);
                self.doubt(scope, "a fill was corrected or busted: check positions", out);
            }
            _ => {}
        }
        let Some((bot, slot)) = self.locate(report.cl_ord_id, report.orig_cl_ord_id) else {
            if let Some(bot) = self.registry.owner(report.cl_ord_id) {
                self.adopt(bot, report, out);
                self.reconcile(bot, out);
            }
            return;
        };
        self.change_order(bot, slot, |order| order.on_report(report, fresh));
        self.end_if_done(bot, slot);
        self.reconcile(bot, out);
    }

    fn locate(&self, id: ClOrdId, orig: ClOrdId) -> Option<(BotId, usize)> {
        let find = |id: ClOrdId| Some((id.bot(), self.working.find(id.bot(), id)?));
        find(id).or_else(|| find(orig))
    }

    /// Counts a fill: the position is the sum of fills, whatever state their order is in.
    fn on_fill(&mut self, report: &ExecutionReport, out: &mut impl FnMut(ToOrders)) {
        let unknown = |risk: &mut Risk, text: &str, out: &mut _| {
            alert_on(AlertKind::UnknownOrder, Scope::Platform, report.cl_ord_id, text, out);
            risk.doubt(Scope::Platform, text, out);
        };
        let Some(id) = self.registry.owner(report.cl_ord_id) else {
            return unknown(self, "a fill of no order of ours: check positions", out);
        };
        let Some(place) = self.place_of(id, report) else {
            return unknown(self, "a fill outside of the bot's instrument: check positions", out);
        };
        let Some(instrument) = self.registry.instrument(place.instrument) else { return };
        let multiplier = instrument.definition.multiplier;
        let Some(bot) = self.registry.bot_mut(id) else { return };
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
        self.counters.fills += 1;
        self.exposures.fill(place, report.side.sign() * report.last_qty as i64);
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
    fn place_of(&self, id: BotId, report: &ExecutionReport) -> Option<Place> {
        let bot = self.registry.bot(id)?;
        let definition = &bot.definition;
        self.registry.instrument(definition.instrument)?;
        self.registry.account(definition.account)?;
        let fits = report.instrument.is_none_or(|reported| reported == definition.instrument)
            && report.route == bot.route();
        fits.then_some(Place {
            route: bot.route(),
            account: definition.account,
            instrument: definition.instrument,
        })
    }

    /// Counts an order that the broker says is alive although we thought it over: only a status or
    /// a restatement says so, anything else may be a late report.
    fn adopt(&mut self, id: BotId, report: &ExecutionReport, out: &mut impl FnMut(ToOrders)) {
        let tells = matches!(report.exec_type, ExecType::OrderStatus | ExecType::Restated);
        let alive = matches!(
            report.ord_status,
            OrdStatus::New | OrdStatus::PartiallyFilled | OrdStatus::Suspended
        );
        if !tells || !alive || report.leaves_qty == 0 {
            return;
        }
        let Some(place) = self.place_of(id, report) else { return };
        let order = WorkingOrder {
            first: report.cl_ord_id,
            current: report.cl_ord_id,
            side: report.side,
            qty: report.leaves_qty.saturating_add(report.cum_qty),
            filled: report.cum_qty,
            price: report.price,
            time_in_force: TimeInForce::Day,
            unconfirmed: false,
            place,
            reported: report.cum_qty,
            over: false,
            acknowledged: true,
            cancelling: None,
            replacing: None,
            asked_at: self.now,
            placed_at: self.now,
            repriced: true,
            reducing: false,
            target: 0,
        };
        if self.working.insert(id, order) {
            self.exposures.work(place, order.side, order.open() as i64);
        } else {
            let text = "too many orders alive at the broker: check them";
            alert_on(AlertKind::TableFull, Scope::Bot(id), report.cl_ord_id, text, out);
            self.doubt(Scope::Bot(id), text, out);
        }
    }

    pub(super) fn on_cancel_reject(&mut self, reject: &CancelReject) {
        let found = self.locate(reject.cl_ord_id, reject.orig_cl_ord_id);
        let Some((bot, slot)) = found else { return };
        let Some(order) = self.working.get_mut(bot, slot) else { return };
        order.acknowledged = true;
        if order.cancelling == Some(reject.cl_ord_id) {
            order.cancelling = None;
        }
        if order.replacing.is_some_and(|replacing| replacing.cl_ord_id == reject.cl_ord_id) {
            order.replacing = None;
        }
        order.unconfirmed |= reject.reason == UNKNOWN_ORDER;
        // What is still wanted is asked for again at the next timer, so that a broker that refuses
        // everything is not flooded.
    }

    pub(super) fn on_session(&mut self, event: &SessionEvent, out: &mut impl FnMut(ToOrders)) {
        if event.change == SessionChange::MessageRejected {
            return self.on_message_rejected(event.cl_ord_id, out);
        }
        if event.route != Route::Broker {
            return;
        }
        self.broker_up = event.change == SessionChange::LoggedOn;
        // A logon that no disconnect came before is none the less another session.
        self.doubt_broker_orders();
    }

    /// The session layer refused a message: it has not reached the broker's order book. An order in
    /// doubt was asked about under its own identity, so its refusal may be that of the question.
    fn on_message_rejected(&mut self, id: ClOrdId, out: &mut impl FnMut(ToOrders)) {
        let Some((bot, slot)) = self.locate(id, ClOrdId::NONE) else { return };
        self.change_order(bot, slot, |order| {
            if order.cancelling == Some(id) {
                order.cancelling = None;
            } else if order.replacing.is_some_and(|replacing| replacing.cl_ord_id == id) {
                order.replacing = None;
            } else if !order.acknowledged && !order.unconfirmed {
                order.over = true;
            }
        });
        self.end_if_done(bot, slot);
        self.reconcile(bot, out);
    }

    /// Changes an order and the exposure it counts for.
    pub(super) fn change_order(
        &mut self,
        bot: BotId,
        slot: usize,
        change: impl FnOnce(&mut WorkingOrder),
    ) {
        let Some(order) = self.working.get_mut(bot, slot) else { return };
        let (place, side, before) = (order.place, order.side, order.open() as i64);
        change(order);
        let after = order.open() as i64;
        self.exposures.work(place, side, after - before);
    }

    /// Takes an order that is over out of the table. An opening order that ended short by itself
    /// takes the want it was sent for along; a reducing one that filled whole lets the next follow.
    fn end_if_done(&mut self, id: BotId, slot: usize) {
        if !self.working.get(id, slot).is_some_and(WorkingOrder::is_done) {
            return;
        }
        let Some(order) = self.working.remove(id, slot) else { return };
        let Some(bot) = self.registry.bot_mut(id) else { return };
        let whole = order.filled >= order.qty;
        if order.reducing {
            bot.attempted &= !whole;
        } else if !whole
            && order.cancelling.is_none()
            && bot.want.is_some_and(|want| want.target == order.target)
        {
            bot.want = None;
        }
    }

    /// Nothing is known of the broker's orders until they are reported on again; requests about
    /// them may be lost.
    pub(super) fn doubt_broker_orders(&mut self) {
        self.for_each_order(|order| {
            if order.place.route == Route::Broker {
                order.unconfirmed = true;
                order.cancelling = None;
            }
        });
    }

    pub(super) fn drop_simulated_orders(&mut self) {
        for index in 0..BOTS_MAX as u16 {
            let id = BotId(index);
            for slot in 0..ORDERS_PER_BOT {
                let Some(order) = self.working.get(id, slot).copied() else { continue };
                if order.place.route != Route::Broker {
                    self.exposures.work(order.place, order.side, -(order.open() as i64));
                    self.working.remove(id, slot);
                }
            }
        }
    }

    pub(super) fn for_each_order(&mut self, mut change: impl FnMut(&mut WorkingOrder)) {
        for index in 0..BOTS_MAX as u16 {
            for slot in 0..ORDERS_PER_BOT {
                if let Some(order) = self.working.get_mut(BotId(index), slot) {
                    change(order);
                }
            }
        }
    }
}
