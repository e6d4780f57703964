//! What the order manager does when the broker is silent: lost sessions, restarts, answers that do
//! not come, and the questions that settle them.

use super::table::SlotId;
use super::{FromOrders, OrderManager, emit_alert, send};
use gauntlet_core::effect::{Alert, AlertKind, OrderState, OutboundKind};
use gauntlet_core::input::{Route, Scope, SessionEvent};
use gauntlet_core::units::UnixNanos;

/// Most questions that one input sends, so that a logon with a full table does not flood the
/// broker. The rest follow on the next timers.
pub const ASKS_PER_INPUT: usize = 64;

/// By route, before any session event: the simulators live in the process and are always there.
pub(super) const UP_AT_START: [bool; 3] = [false, true, true];

impl OrderManager {
    /// The session is up: every live order is asked about.
    pub(super) fn on_logged_on(&mut self, route: Route, out: &mut impl FnMut(FromOrders)) {
        self.up[route as usize] = true;
        let now = self.now;
        self.for_each_live(route, |orders, slot| {
            orders.update(slot, None, out, |order| {
                order.doubt();
                order.want_answer(now);
            });
        });
        self.ask_all_due(out);
    }

    /// The session is gone: what its orders do now is not known.
    pub(super) fn on_route_down(&mut self, route: Route, out: &mut impl FnMut(FromOrders)) {
        self.up[route as usize] = false;
        self.for_each_live(route, |orders, slot| {
            orders.update(slot, None, out, |order| order.doubt());
        });
    }

    /// A run begins, for the first time or after a restart, with no session up.
    pub(super) fn on_run_start(&mut self, out: &mut impl FnMut(FromOrders)) {
        self.up = UP_AT_START;
        self.for_each_live(Route::Broker, |orders, slot| {
            orders.update(slot, None, out, |order| order.doubt());
        });
        for route in [Route::Paper, Route::Shadow] {
            self.for_each_live(route, |orders, slot| {
                orders.update(slot, None, out, |order| order.abandon());
            });
        }
    }

    /// Time passed: orders whose answer is overdue are in doubt, and doubts are asked about.
    pub(super) fn on_timer(&mut self, out: &mut impl FnMut(FromOrders)) {
        let mut next = self.table.first_live();
        while let Some(slot) = next {
            next = self.table.next_live(slot);
            if self.table.order(slot).is_overdue(self.now) {
                self.on_overdue(slot, out);
            }
        }
        self.ask_all_due(out);
    }

    fn on_overdue(&mut self, slot: SlotId, out: &mut impl FnMut(FromOrders)) {
        let now: UnixNanos = self.now;
        let order = self.table.order(slot);
        let pending = matches!(
            order.state(),
            OrderState::PendingNew | OrderState::PendingCancel | OrderState::PendingReplace
        );
        self.update(slot, None, out, |order| {
            order.doubt();
            order.want_answer(now);
        });
        let (kind, text) = if pending {
            (AlertKind::NoAcknowledgement, "no answer from the broker in time")
        } else {
            (AlertKind::UnexpectedReport, "the broker counts fills that did not come")
        };
        self.alert(kind, slot, None, text, out);
    }

    /// The session layer refused a message of ours (FIX `3` or `j`), so it never reached the book.
    /// A status request carries the identity of its order: if one was sent, its refusal cannot be
    /// told from the order's, and proves nothing.
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
        let order = self.table.order(slot);
        if !order.is_final() {
            let now = self.now;
            let is_request = order.is_open(id);
            let was_order = id == order.first_id() && !order.was_received() && !order.was_asked();
            self.update(slot, None, out, |order| {
                if is_request {
                    order.close(id);
                    order.want_answer(now);
                } else if was_order {
                    order.end(OrderState::Rejected);
                }
            });
        }
        self.alert(AlertKind::SessionReject, slot, None, event.detail.as_str(), out);
        self.ask_if_due(slot, out);
    }

    /// Asks about an order, if that is due and its route is up.
    pub(super) fn ask_if_due(&mut self, slot: SlotId, out: &mut impl FnMut(FromOrders)) -> bool {
        let order = self.table.order(slot);
        let due = order.is_ask_due(self.now) && self.up[order.route() as usize];
        if due {
            let order = self.table.order_mut(slot);
            order.asked(self.seq, self.now);
            self.asked_last = order.first_id();
            send(order.message(OutboundKind::StatusRequest), out);
        }
        due
    }

    /// Asks about every order that is due, oldest first from where the last round stopped, up to
    /// the bound.
    fn ask_all_due(&mut self, out: &mut impl FnMut(FromOrders)) {
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

    /// Visits the live orders of a route in order of creation. The visit may finish its order.
    fn for_each_live(&mut self, route: Route, mut visit: impl FnMut(&mut OrderManager, SlotId)) {
        let mut next = self.table.first_live();
        while let Some(slot) = next {
            next = self.table.next_live(slot);
            if self.table.order(slot).route() == route {
                visit(self, slot);
            }
        }
    }
}
