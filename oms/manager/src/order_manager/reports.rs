//! What a broker says about an order: execution reports, answers to status requests and cancel rejects.

use super::table::SlotId;
use super::{FromOrders, OrderManager, emit_alert};
use gauntlet_engine::message::Arrival;
use gauntlet_model::effect::{Alert, AlertKind};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{CancelReject, ExecType, ExecutionReport, OrdStatus, Scope};
use gauntlet_model::order::{Remark, is_news, may_be_counted};
use gauntlet_model::text::Text;

impl OrderManager {
    /// An execution report. Of one that says nothing new only what a fill says of the whole order counts.
    pub(super) fn on_execution(
        &mut self,
        report: &ExecutionReport,
        &Arrival { fresh, owned, .. }: &Arrival,
        out: &mut impl FnMut(FromOrders),
    ) {
        if !is_news(report, fresh) {
            return self.on_duplicate(report, fresh, owned, out);
        }
        let Some(slot) = self.find_reported(report.cl_ord_id, report.orig_cl_ord_id) else {
            let text = "execution report on an order that is not ours or long done";
            return unknown_order(report.cl_ord_id, report.ord_status, text, out);
        };
        let is_fill = report.exec_type == ExecType::Trade
            && report.last_px.is_some()
            && self.table.order(slot).agrees_with(report);
        let fill = is_fill.then_some((report.last_qty, report.last_px));
        let mut remarks = [None; 2];
        self.update(slot, fill, out, |order, moment| {
            remarks = order.on_execution(report, fresh, moment);
        });
        for remark in remarks.into_iter().flatten() {
            self.remark_on(remark, slot, report.ord_status, report.text.as_str(), out);
        }
        self.ask_if_due(slot, out);
    }

    /// A report that was seen before, or may have been.
    fn on_duplicate(
        &mut self,
        report: &ExecutionReport,
        fresh: bool,
        owned: bool,
        out: &mut impl FnMut(FromOrders),
    ) {
        let named = self.find_reported(report.cl_ord_id, report.orig_cl_ord_id);
        let Some(slot) = named.filter(|_| report.exec_type == ExecType::Trade) else { return };
        let agrees = self.table.order(slot).agrees_with(report);
        self.update(slot, None, out, |order, moment| {
            if agrees && may_be_counted(report, fresh, owned) {
                order.on_unusable(moment);
            }
            order.on_execution(report, fresh, moment);
        });
        self.ask_if_due(slot, out);
    }

    /// A refusal to cancel or replace (FIX `9`).
    pub(super) fn on_cancel_reject(
        &mut self,
        reject: &CancelReject,
        out: &mut impl FnMut(FromOrders),
    ) {
        let Some(slot) = self.find_reported(reject.cl_ord_id, reject.orig_cl_ord_id) else {
            let text = "cancel reject on an order that is not ours or long done";
            return unknown_order(reject.cl_ord_id, reject.ord_status, text, out);
        };
        let mut remark = None;
        self.update(slot, None, out, |order, moment| {
            remark = order.on_cancel_reject(reject, moment);
        });
        if let Some(remark) = remark {
            self.remark_on(remark, slot, reject.ord_status, reject.text.as_str(), out);
        }
        self.ask_if_due(slot, out);
    }

    pub(super) fn find_reported(&self, id: ClOrdId, orig: ClOrdId) -> Option<SlotId> {
        self.table.find(id).or_else(|| self.table.find(orig))
    }

    /// Tells a person a remark on what the broker said, in the broker's own words if it refused.
    fn remark_on(
        &self,
        remark: Remark,
        slot: SlotId,
        ord_status: OrdStatus,
        words: &str,
        out: &mut impl FnMut(FromOrders),
    ) {
        let text = match remark {
            Remark::Refused if !words.is_empty() => words,
            _ => remark.text(),
        };
        self.alert(remark.kind(), slot, Some(ord_status), text, out);
    }
}

fn unknown_order(
    cl_ord_id: ClOrdId,
    ord_status: OrdStatus,
    text: &str,
    out: &mut impl FnMut(FromOrders),
) {
    let scope = match cl_ord_id {
        ClOrdId::NONE => Scope::Platform,
        id => Scope::Bot(id.bot()),
    };
    let (kind, ord_status) = (AlertKind::UnknownOrder, Some(ord_status));
    emit_alert(Alert { kind, scope, cl_ord_id, ord_status, text: Text::new(text) }, out);
}
