//! What a broker says about an order: execution reports, status answers and cancel rejects.

use super::table::SlotId;
use super::{FromOrders, OrderManager, emit_alert};
use gauntlet_core::effect::{Alert, AlertKind, OrderState};
use gauntlet_core::ids::ClOrdId;
use gauntlet_core::input::{CancelReject, ExecType, ExecutionReport, OrdStatus, Scope};
use gauntlet_core::text::Text;

/// FIX `CxlRejReason` (tag 102): too late, the order is done.
const TOO_LATE_TO_CANCEL: u16 = 0;
/// FIX `CxlRejReason` (tag 102): the broker does not know the order.
const UNKNOWN_ORDER: u16 = 1;

impl OrderManager {
    /// An execution report. One that was seen before says nothing new, except for the answer to a
    /// status request: those may all carry the same `ExecID` (CME sends `0`), and never count fills.
    pub(super) fn on_execution(
        &mut self,
        report: &ExecutionReport,
        fresh: bool,
        out: &mut impl FnMut(FromOrders),
    ) {
        let is_answer = report.exec_type == ExecType::OrderStatus;
        if !fresh && !is_answer {
            return;
        }
        let Some(slot) = self.find_reported(report.cl_ord_id, report.orig_cl_ord_id) else {
            let text = "execution report on an order that is not ours or long done";
            return unknown_order(report.cl_ord_id, report.ord_status, text, out);
        };
        let is_final = self.table.order(slot).is_final();
        match report.exec_type {
            ExecType::Trade => self.on_fill(slot, report, out),
            ExecType::TradeCancel | ExecType::TradeCorrect => {
                let text = "a fill was busted or corrected; positions need a person";
                self.alert(AlertKind::TradeBust, slot, Some(report.ord_status), text, out);
            }
            _ if is_final => self.on_report_after_end(slot, report, out),
            ExecType::OrderStatus => self.on_status(slot, report, out),
            ExecType::Rejected => self.on_rejected(slot, report, out),
            _ => self.on_progress(slot, report, out),
        }
    }

    fn find_reported(&self, id: ClOrdId, orig: ClOrdId) -> Option<SlotId> {
        self.table.find(id).or_else(|| self.table.find(orig))
    }

    fn on_fill(
        &mut self,
        slot: SlotId,
        report: &ExecutionReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        let late = self.table.order(slot).is_final();
        let mut overfilled = false;
        self.update(slot, Some((report.last_qty, report.last_px)), out, |order| {
            overfilled = order.fill(report.last_qty);
            if !late {
                order.acknowledge();
                order.note_reported(report.cum_qty);
                order.resolve();
            }
        });
        let status = Some(report.ord_status);
        if overfilled {
            self.alert(AlertKind::Overfill, slot, status, "filled more than was ordered", out);
        }
        if late {
            let text = "fill of an order that had ended; it is counted";
            self.alert(AlertKind::UnexpectedReport, slot, status, text, out);
        }
    }

    /// Reports that move an order along without counting fills.
    fn on_progress(
        &mut self,
        slot: SlotId,
        report: &ExecutionReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        let now = self.now;
        self.update(slot, None, out, |order| {
            order.note_reported(report.cum_qty);
            if report.exec_type == ExecType::PendingNew {
                return order.receive(now);
            }
            order.acknowledge();
            match report.exec_type {
                ExecType::PendingCancel | ExecType::PendingReplace => order.extend_answer(now),
                ExecType::Replaced => {
                    let terms_known =
                        order.replaced(report.cl_ord_id, report.order_qty, report.price);
                    if !terms_known {
                        order.want_answer(now);
                    }
                }
                ExecType::Restated => order.adopt_terms(report.order_qty, report.price),
                _ => {}
            }
            if let Some(outcome) = outcome_of(report) {
                order.confirm(report.cl_ord_id);
                order.end(outcome);
            }
            order.resolve();
        });
        if matches!(report.exec_type, ExecType::Suspended | ExecType::Stopped) {
            let text = "the broker suspended or stopped the order";
            self.alert(AlertKind::UnexpectedReport, slot, Some(report.ord_status), text, out);
        }
        let order = self.table.order(slot);
        if outcome_of(report).is_some() && !order.is_final() {
            let text = "ended with more filled than was received";
            self.warn(slot, report.ord_status, text, out);
        }
        self.ask_if_due(slot, out);
    }

    fn on_rejected(
        &mut self,
        slot: SlotId,
        report: &ExecutionReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        self.update(slot, None, out, |order| {
            order.note_reported(report.cum_qty);
            // Some brokers refuse a replace with an execution report: the order works on as it was.
            if order.close(report.cl_ord_id).is_none() {
                order.end(OrderState::Rejected);
            }
            order.resolve();
        });
        let text = or_else(report.text.as_str(), "refused by the broker without a reason");
        self.alert(AlertKind::BrokerReject, slot, Some(report.ord_status), text, out);
    }

    /// The answer to a status request (FIX `H`, `ExecType=I`). One that is sent again, after the
    /// session was lost, speaks of the past: the logon has asked anew.
    fn on_status(
        &mut self,
        slot: SlotId,
        report: &ExecutionReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        if report.poss_dup {
            return;
        }
        // FIX 4.4 volume 4, appendix D: a status request for an unknown order is answered with
        // `OrdStatus=8`.
        if report.ord_status == OrdStatus::Rejected {
            return self.on_not_known_to_broker(slot, report, out);
        }
        let now = self.now;
        let is_pending =
            matches!(report.ord_status, OrdStatus::PendingCancel | OrdStatus::PendingReplace);
        self.update(slot, None, out, |order| {
            order.note_reported(report.cum_qty);
            if report.ord_status == OrdStatus::PendingNew {
                order.receive(now);
            } else {
                order.acknowledge();
            }
            if is_pending {
                order.extend_answer(now);
            } else {
                if order.is_open_replace(report.cl_ord_id) {
                    order.replaced(report.cl_ord_id, report.order_qty, report.price);
                }
                order.adopt_terms(report.order_qty, report.price);
                order.close_requests_before_question();
            }
            if let Some(outcome) = outcome_of(report) {
                order.confirm(report.cl_ord_id);
                order.end(outcome);
            }
            let contradicts =
                report.ord_status == OrdStatus::Filled && order.cum_qty() < order.qty();
            if order.misses_fills() || contradicts {
                order.doubt();
            } else {
                order.resolve();
                order.answered();
            }
        });
        let order = self.table.order(slot);
        if order.is_unknown() {
            let text = "the broker counts more filled than was received";
            self.warn(slot, report.ord_status, text, out);
        }
    }

    /// The broker does not know the order. If nothing ever showed that it got it, it did not.
    fn on_not_known_to_broker(
        &mut self,
        slot: SlotId,
        report: &ExecutionReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        let never_arrived = !self.table.order(slot).was_received();
        self.update(slot, None, out, |order| {
            if never_arrived {
                order.end(OrderState::Rejected);
            } else {
                order.doubt();
            }
        });
        if never_arrived {
            let text = "the broker never received the order";
            self.alert(AlertKind::BrokerReject, slot, Some(report.ord_status), text, out);
        } else {
            let text = "the broker does not know an order that it had acknowledged";
            self.warn(slot, report.ord_status, text, out);
        }
    }

    /// A report that counts no fill, on an order in a final state. Old news comes late without
    /// harm; what says that the order may be working after all does not.
    fn on_report_after_end(
        &mut self,
        slot: SlotId,
        report: &ExecutionReport,
        out: &mut impl FnMut(FromOrders),
    ) {
        let state = self.table.order(slot).state();
        let fits = match report.exec_type {
            ExecType::New => state != OrderState::Rejected,
            ExecType::Canceled | ExecType::Expired | ExecType::DoneForDay => {
                matches!(state, OrderState::Canceled | OrderState::Expired)
            }
            ExecType::PendingNew
            | ExecType::PendingCancel
            | ExecType::PendingReplace
            | ExecType::OrderStatus => true,
            _ => false,
        };
        if !fits {
            let text = "report on an order that had ended; its state is kept";
            self.alert(AlertKind::UnexpectedReport, slot, Some(report.ord_status), text, out);
        }
    }

    /// A refusal to cancel or replace (FIX `9`): the order is what it was before the request, unless
    /// the broker says that it is gone or never was; then it is asked about.
    pub(super) fn on_cancel_reject(
        &mut self,
        reject: &CancelReject,
        out: &mut impl FnMut(FromOrders),
    ) {
        let Some(slot) = self.find_reported(reject.cl_ord_id, reject.orig_cl_ord_id) else {
            let text = "cancel reject on an order that is not ours or long done";
            return unknown_order(reject.cl_ord_id, reject.ord_status, text, out);
        };
        if !self.table.order(slot).is_open(reject.cl_ord_id) {
            return;
        }
        let now = self.now;
        let gone = matches!(
            reject.ord_status,
            OrdStatus::Filled
                | OrdStatus::DoneForDay
                | OrdStatus::Canceled
                | OrdStatus::Rejected
                | OrdStatus::Expired
        );
        self.update(slot, None, out, |order| {
            order.close(reject.cl_ord_id);
            if gone || reject.reason == UNKNOWN_ORDER {
                order.doubt();
                order.want_answer(now);
            }
        });
        if reject.reason != TOO_LATE_TO_CANCEL {
            let text = or_else(reject.text.as_str(), "cancel or replace refused without a reason");
            self.alert(AlertKind::BrokerReject, slot, Some(reject.ord_status), text, out);
        }
        self.ask_if_due(slot, out);
    }

    /// Tells a person once that the broker's word on an order does not fit ours.
    fn warn(
        &mut self,
        slot: SlotId,
        ord_status: OrdStatus,
        text: &str,
        out: &mut impl FnMut(FromOrders),
    ) {
        if !std::mem::replace(&mut self.table.order_mut(slot).warned, true) {
            self.alert(AlertKind::UnexpectedReport, slot, Some(ord_status), text, out);
        }
    }
}

/// The final state that a report puts a live order in, if it does.
fn outcome_of(report: &ExecutionReport) -> Option<OrderState> {
    match report.exec_type {
        ExecType::Canceled => Some(OrderState::Canceled),
        ExecType::Expired | ExecType::DoneForDay => Some(OrderState::Expired),
        ExecType::OrderStatus | ExecType::Restated => match report.ord_status {
            OrdStatus::Canceled => Some(OrderState::Canceled),
            OrdStatus::Expired | OrdStatus::DoneForDay => Some(OrderState::Expired),
            OrdStatus::Rejected => Some(OrderState::Rejected),
            _ => None,
        },
        _ => None,
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

fn or_else<'a>(text: &'a str, fallback: &'a str) -> &'a str {
    if text.is_empty() { fallback } else { text }
}
