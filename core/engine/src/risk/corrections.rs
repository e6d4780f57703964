//! What is put right: fills booked and taken back, positions adjusted, orders written off, doubts settled.

use crate::message::ToOrders;
use gauntlet_model::effect::AlertKind;
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::{Correction, CorrectionKind, Route, Scope};
use gauntlet_model::order::Order;

use super::exposure::Place;
use super::fills::Fill;
use super::{Risk, alert};

impl Risk {
    /// Something is put right. `owned` says that fusion booked it, where it moves a position.
    pub(super) fn on_correction(
        &mut self,
        correction: &Correction,
        owned: bool,
        out: &mut impl FnMut(ToOrders),
    ) {
        if let Err(text) = self.correct(correction, owned, out)
            && !correction.by_broker
        {
            let scope = correction.bot.map_or(Scope::Platform, Scope::Bot);
            alert(AlertKind::CommandRefused, scope, text, out);
        }
    }

    fn correct(
        &mut self,
        correction: &Correction,
        owned: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        if !correction.is_signed() {
            return Err("a correction needs an actor and a reason");
        }
        match correction.kind {
            CorrectionKind::Book | CorrectionKind::TakeBack | CorrectionKind::Adjust => {
                self.book(correction, owned, out)
            }
            CorrectionKind::WriteOff => self.write_off(correction, out),
            CorrectionKind::Settle => self.settle_by_person(correction, out),
            CorrectionKind::Enquire => {
                self.for_each_order(|known| !known.found, Order::on_enquiry);
                self.count_questions();
                self.ask_all(out);
                Ok(())
            }
            CorrectionKind::Retract => Ok(()),
        }
    }

    fn book(
        &mut self,
        correction: &Correction,
        owned: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        let refused = "not booked: give a bot, contracts and a price, and mind the bot's limits";
        let Some((id, place)) = correction
            .bot
            .filter(|_| owned)
            .and_then(|id| Some((id, self.registry.bot(id)?.place())))
        else {
            return Err(refused);
        };
        let instrument = self.registry.instrument(place.instrument).ok_or(refused)?;
        let multiplier = instrument.definition.multiplier;
        let Some(bot) = self.registry.bot_mut(id) else { return Err(refused) };
        let before = bot.position.qty();
        if bot.position.correct(correction, multiplier).is_err() {
            return Err(refused);
        }
        let after = bot.position.qty();
        if before != 0 && after.signum() != before.signum() {
            self.end_levels(id, before);
        }
        if correction.kind == CorrectionKind::TakeBack && before == 0 && after != 0 {
            self.revive_levels(id, out);
        }
        if correction.kind == CorrectionKind::Book {
            let orders = [correction.order, correction.newest];
            let located = self.locate(orders[0], orders[1]);
            self.note_overclosed(id, correction.side, located, orders);
        }
        let moved = i64::from(after) - i64::from(before);
        self.exposures.fill(place, moved);
        let taken = self.count_cash(place, correction, moved);
        if correction.kind == CorrectionKind::Book {
            self.counters.fills += 1;
            self.traffics.count(id, (place.account, place.route), |traffic| traffic.fills += 1);
            self.remember_booked(id, place.route, correction, taken);
        } else {
            self.fills.forget(place.route, correction.exec_id, id);
        }
        self.tell_position(id, place, out);
        self.hear_corrected(place, correction, moved, out);
        self.doubts.explain(place, correction.order, correction.qty);
        self.correct_order(correction, out);
        self.reconcile(id, out);
        self.shelter(id, out);
        Ok(())
    }

    fn remember_booked(&mut self, bot: BotId, route: Route, correction: &Correction, taken: i64) {
        let Correction { exec_id, order, side, qty, price, .. } = *correction;
        self.fills.remember(Fill { route, exec_id, order, bot, side, qty, price, taken });
    }

    fn correct_order(&mut self, correction: &Correction, out: &mut impl FnMut(ToOrders)) {
        let Some((bot, slot)) = self.locate(correction.order, correction.newest) else {
            let filled = match correction.kind {
                CorrectionKind::Book => i64::from(correction.qty),
                CorrectionKind::TakeBack => -i64::from(correction.qty),
                _ => 0,
            };
            return self.note_late_child([correction.order, correction.newest], filled);
        };
        let same_side =
            self.working.get(bot, slot).is_some_and(|known| known.side() == correction.side);
        if !same_side {
            return;
        }
        let Correction { kind, qty, price, cum_qty, .. } = *correction;
        self.change_order(bot, slot, |order, moment| match kind {
            CorrectionKind::TakeBack => order.take_back(qty, price, moment),
            CorrectionKind::Book => {
                order.book(qty, price, cum_qty, moment);
            }
            _ => {}
        });
        match self.working.get(bot, slot).map(|known| known.order) {
            Some(order) if order.is_in_doubt() => {}
            _ if kind == CorrectionKind::TakeBack => {}
            _ => self.settle_by_rule(bot, correction.order, out),
        }
    }

    fn write_off(
        &mut self,
        correction: &Correction,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        let Some((bot, slot)) = self.locate(correction.order, ClOrdId::NONE) else {
            return Err("no live order has this identity");
        };
        if !self.working.get(bot, slot).is_some_and(|known| known.is_in_doubt()) {
            return Err("the order is not in doubt: cancel it instead");
        }
        self.change_order(bot, slot, Order::write_off);
        self.ended.mark_last_unheard();
        self.reconcile(bot, out);
        Ok(())
    }

    fn settle_by_person(
        &mut self,
        correction: &Correction,
        out: &mut impl FnMut(ToOrders),
    ) -> Result<(), &'static str> {
        let (Some(account), Some(instrument)) = (correction.account, correction.instrument) else {
            let settled = correction.account.is_some_and(|of| self.settle_cash(of, out));
            return match settled {
                true => Ok(()),
                false => Err("name an account and an instrument, or one whose cash differs"),
            };
        };
        let who = (correction.actor, correction.reason);
        let mut settled = false;
        for route in Route::ALL {
            let place = Place { route, account, instrument };
            if self.settle(place, (who.0, who.1.as_str()), out) {
                settled = true;
                self.let_stand(place, out);
                self.let_copies_stand(place, who.1.as_str(), out);
            }
        }
        if settled { Ok(()) } else { Err("nothing is in doubt there") }
    }
}
