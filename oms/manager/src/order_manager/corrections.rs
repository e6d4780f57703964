//! What is put right about orders: fills that are booked or taken back apart from the reports, orders
//! that are written off, reports that could not be used, and questions on demand.

use super::table::SlotId;
use super::{FromOrders, OrderManager, emit_alert, tell_terms};
use gauntlet_model::effect::{Alert, AlertKind, Effect};
use gauntlet_model::input::{
    Correction, CorrectionKind, Scope, Stated, StatedKind, StatedOrder, StatedRole, UnusableReport,
};
use gauntlet_model::order::Order;
use gauntlet_model::units::Price;

impl OrderManager {
    /// Something is put right. `booked` says that the chain's head booked it, where it moves a position.
    pub(super) fn on_correction(
        &mut self,
        correction: &Correction,
        booked: bool,
        out: &mut impl FnMut(FromOrders),
    ) {
        if !correction.is_signed() {
            return;
        }
        let named =
            self.table.find(correction.order).or_else(|| self.table.find(correction.newest));
        match (correction.kind, named) {
            (CorrectionKind::Book | CorrectionKind::TakeBack, Some(slot)) if booked => {
                self.book(slot, correction, out);
            }
            (CorrectionKind::WriteOff, Some(slot)) if self.table.order(slot).is_in_doubt() => {
                self.update(slot, None, out, Order::write_off);
            }
            (CorrectionKind::Enquire, _) => {
                self.for_each_live(|orders, slot| {
                    orders.update(slot, None, out, Order::on_enquiry);
                });
                self.ask_all_due(out);
            }
            _ => {}
        }
    }

    /// An order is as a journal says: it may work at its broker, or it does not.
    pub(super) fn on_stated(&mut self, stated: &Stated, out: &mut impl FnMut(FromOrders)) {
        let known = self.table.find(stated.order).or_else(|| self.table.find(stated.cl_ord_id));
        match (stated.kind, known) {
            (StatedKind::NoOrder, Some(slot)) => self.update(slot, None, out, Order::write_off),
            (StatedKind::Order, None) => self.on_stated_order(&StatedOrder::of(stated), out),
            _ => {}
        }
    }

    /// An order of any type is as a journal says. One that is held is risk's alone.
    pub(super) fn on_stated_order(
        &mut self,
        stated: &StatedOrder,
        out: &mut impl FnMut(FromOrders),
    ) {
        let known = self.table.find(stated.order).or_else(|| self.table.find(stated.cl_ord_id));
        if known.is_some() || stated.role == StatedRole::Held {
            return;
        }
        let ends_at = self.sessions.end_of(stated.instrument, stated.sent_at);
        let order = Order::taken_over(stated, self.now).until(ends_at);
        if self.table.insert(order).is_some() {
            tell_terms(&order, order.cl_ord_id(), out);
            out(FromOrders::Effect(Effect::Order(order.change(0, Price::NONE))));
        }
    }

    fn book(&mut self, slot: SlotId, correction: &Correction, out: &mut impl FnMut(FromOrders)) {
        let Correction { kind, side, qty, price, cum_qty, .. } = *correction;
        if self.table.order(slot).side() != side {
            return;
        }
        if kind == CorrectionKind::TakeBack {
            let takes_back = |order: &mut Order, moment| order.take_back(qty, price, moment);
            return self.change(slot, (0, price), true, out, takes_back);
        }
        let mut remarks = [None; 2];
        self.update(slot, Some((qty, price)), out, |order, moment| {
            remarks = order.book(qty, price, cum_qty, moment);
        });
        for remark in remarks.into_iter().flatten() {
            self.alert(remark.kind(), slot, None, remark.text(), out);
        }
    }

    /// A report that cannot be used as it is: a person is told, and its order is asked about.
    pub(super) fn on_unusable(
        &mut self,
        report: &UnusableReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        let Some(slot) = self.find_reported(report.cl_ord_id, report.orig_cl_ord_id) else {
            let kind = AlertKind::UnexpectedReport;
            let scope = match (report.account, report.instrument) {
                (Some(account), _) => Scope::Account(account),
                (None, Some(instrument)) => Scope::Instrument(instrument),
                (None, None) => Scope::Platform,
            };
            let (cl_ord_id, text) = (report.cl_ord_id, report.detail);
            return emit_alert(Alert { kind, scope, cl_ord_id, ord_status: None, text }, out);
        };
        self.update(slot, None, out, Order::on_unusable);
        self.alert(AlertKind::UnexpectedReport, slot, None, report.detail.as_str(), out);
        self.ask_if_due(slot, out);
    }
}
