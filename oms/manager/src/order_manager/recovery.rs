//! What the order manager does when the broker is silent: lost sessions, restarts, answers that do
//! not come, and the questions that settle them.

use super::table::SlotId;
use super::{FromOrders, OrderManager, emit_alert, send};
use gauntlet_engine::risk::QUESTIONS_PER_INPUT;
use gauntlet_model::effect::{Alert, AlertKind, OutboundKind, OutboundRecord};
use gauntlet_model::input::{Route, RouteTable, Scope, SessionEvent};
use gauntlet_model::order::{ENQUIRE_EVERY_SECONDS, Order};

/// Most questions that one input sends, so that a logon with a full table does not flood the
/// broker. The rest follow on the next timers.
pub const ASKS_PER_INPUT: usize = QUESTIONS_PER_INPUT;

/// By route, before any session event: the simulators live in the process and are always there.
pub(super) fn up_at_start() -> RouteTable<bool> {
    RouteTable::from_fn(Route::is_simulated)
}

impl OrderManager {
    /// The session is up: every live order is asked about.
    pub(super) fn on_logged_on(&mut self, route: Route, out: &mut impl FnMut(FromOrders)) {
        self.up[route] = true;
        self.for_each_live(|orders, slot| {
            if orders.table.order(slot).route() == route {
                orders.update(slot, None, out, Order::on_logged_on);
            }
        });
        self.ask_all_due(out);
    }

    /// The session is gone: what its orders do now is not known.
    pub(super) fn on_route_down(&mut self, route: Route, out: &mut impl FnMut(FromOrders)) {
        self.up[route] = false;
        self.for_each_live(|orders, slot| {
            if orders.table.order(slot).route() == route {
                orders.update(slot, None, out, Order::on_route_down);
            }
        });
    }

    /// A run begins, for the first time or after a restart, with no session up.
    pub(super) fn on_run_start(&mut self, out: &mut impl FnMut(FromOrders)) {
        self.up = up_at_start();
        self.for_each_live(|orders, slot| orders.update(slot, None, out, Order::on_run_start));
    }

    /// Time passed: orders whose answer is overdue are in doubt, and doubts are asked about.
    pub(super) fn on_timer(&mut self, second: u64, out: &mut impl FnMut(FromOrders)) {
        if second.is_multiple_of(ENQUIRE_EVERY_SECONDS) {
            self.for_each_live(|orders, slot| orders.update(slot, None, out, Order::on_enquiry));
        }
        self.for_each_live(|orders, slot| {
            let order = orders.table.order(slot);
            if !order.is_overdue(orders.now) && !order.has_outlived_its_session(orders.now) {
                return;
            }
            let mut remark = None;
            orders.update(slot, None, out, |order, moment| remark = order.on_timer(moment));
            if let Some(remark) = remark {
                orders.alert(remark.kind(), slot, None, remark.text(), out);
            }
        });
        self.ask_all_due(out);
    }

    /// The session layer refused a message of ours (FIX `3` or `j`).
    pub(super) fn on_message_rejected(
        &mut self,
        event: &SessionEvent,
        out: &mut impl FnMut(FromOrders),
    ) {
        let id = event.cl_ord_id;
        let Some(slot) = self.table.find(id) else {
            let (kind, scope) = (AlertKind::SessionReject, Scope::Platform);
            let alert = Alert { kind, scope, cl_ord_id: id, ord_status: None, text: event.detail };
            return emit_alert(alert, out);
        };
        self.update(slot, None, out, |order, moment| order.on_message_rejected(id, moment));
        self.alert(AlertKind::SessionReject, slot, None, event.detail.as_str(), out);
        self.ask_if_due(slot, out);
    }

    /// Asks about an order, if that is due and its route is up.
    pub(super) fn ask_if_due(&mut self, slot: SlotId, out: &mut impl FnMut(FromOrders)) -> bool {
        let order = self.table.order(slot);
        let due = order.is_ask_due(self.now)
            && self.up[order.route()]
            && self.rates.allow_question(order, self.now);
        if due {
            let order = self.table.order_mut(slot);
            order.asked(self.now);
            self.asked_last = order.first_id();
            let question = order.message(OutboundKind::StatusRequest);
            send(OutboundRecord { ord_status_req_id: self.seq, ..question }, out);
        }
        due
    }

    /// Asks about every order that is due, oldest first from where the last round stopped, up to
    /// the bound.
    pub(super) fn ask_all_due(&mut self, out: &mut impl FnMut(FromOrders)) {
        let mut left = ASKS_PER_INPUT;
        let stopped_at = self.asked_last;
        for second_round in [false, true] {
            let mut next = self.table.first_live();
            while let Some(slot) = next.filter(|_| left > 0) {
                next = self.table.next_live(slot);
                let after_stop = self.table.order(slot).first_id() > stopped_at;
                if after_stop != second_round && self.ask_if_due(slot, out) {
                    left -= 1;
                }
            }
        }
    }

    /// Visits the live orders in order of creation. The visit may finish its order.
    pub(super) fn for_each_live(&mut self, mut visit: impl FnMut(&mut OrderManager, SlotId)) {
        let mut next = self.table.first_live();
        while let Some(slot) = next {
            next = self.table.next_live(slot);
            visit(self, slot);
        }
    }
}
