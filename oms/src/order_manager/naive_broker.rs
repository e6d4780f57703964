//! A broker as simple as it can be, behind a connection that can break: the oracle of what the
//! order manager must believe once everything has arrived.

use super::desk::{PX, report};
use gauntlet_core::effect::{OrderState, OutboundKind, OutboundRecord};
use gauntlet_core::ids::ClOrdId;
use gauntlet_core::input::{CancelReject, ExecType, ExecutionReport, Input, OrdStatus, Route};
use gauntlet_core::text::Text;
use gauntlet_core::units::Price;
use std::collections::VecDeque;

#[derive(Debug)]
pub struct BrokerOrder {
    /// Every identity that it was accepted under, newest last.
    pub identities: Vec<ClOrdId>,
    pub qty: u32,
    pub price: Price,
    pub cum_qty: u32,
    pub ended: Option<OrderState>,
}

impl BrokerOrder {
    pub fn id(&self) -> ClOrdId {
        *self.identities.last().expect("accepted under one")
    }

    fn ord_status(&self) -> OrdStatus {
        match self.ended {
            Some(OrderState::Filled) => OrdStatus::Filled,
            Some(_) => OrdStatus::Canceled,
            None if self.cum_qty > 0 => OrdStatus::PartiallyFilled,
            None => OrdStatus::New,
        }
    }

    fn report(&self, id: ClOrdId, exec_type: ExecType) -> ExecutionReport {
        let leaves_qty = if self.ended.is_some() { 0 } else { self.qty - self.cum_qty };
        ExecutionReport {
            cum_qty: self.cum_qty,
            leaves_qty,
            order_qty: self.qty,
            price: self.price,
            ..report(id, exec_type, self.ord_status())
        }
    }
}

#[derive(Debug, Default)]
pub struct NaiveBroker {
    pub orders: Vec<BrokerOrder>,
    pub inbox: VecDeque<OutboundRecord>,
    pub outbox: VecDeque<Input>,
}

impl NaiveBroker {
    /// Works through one message.
    pub fn process(&mut self) {
        let Some(message) = self.inbox.pop_front() else { return };
        match message.kind {
            OutboundKind::New => {
                let order = BrokerOrder {
                    identities: vec![message.cl_ord_id],
                    qty: message.qty,
                    price: message.price,
                    cum_qty: 0,
                    ended: None,
                };
                self.say(order.report(message.cl_ord_id, ExecType::New));
                self.orders.push(order);
            }
            OutboundKind::StatusRequest => {
                let unknown = report(message.cl_ord_id, ExecType::OrderStatus, OrdStatus::Rejected);
                let found = self.find(message.cl_ord_id).map(|at| &self.orders[at]);
                self.say(found.map_or(unknown, |o| o.report(o.id(), ExecType::OrderStatus)));
            }
            OutboundKind::Cancel | OutboundKind::Replace => self.change(&message),
        }
    }

    fn change(&mut self, message: &OutboundRecord) {
        let Some(at) = self.find(message.orig_cl_ord_id) else {
            return self.refuse(message, 1, OrdStatus::Rejected);
        };
        let order = &mut self.orders[at];
        if order.ended.is_some() {
            let status = order.ord_status();
            return self.refuse(message, 0, status);
        }
        order.identities.push(message.cl_ord_id);
        let exec_type = if message.kind == OutboundKind::Cancel {
            order.ended = Some(OrderState::Canceled);
            ExecType::Canceled
        } else {
            order.price = message.price;
            order.qty = message.qty.max(order.cum_qty);
            if order.qty == order.cum_qty {
                order.ended = Some(OrderState::Filled);
            }
            ExecType::Replaced
        };
        let said = order.report(message.cl_ord_id, exec_type);
        self.say(said);
    }

    /// The market takes up to `qty` of the `nth` live order.
    pub fn fill(&mut self, nth: usize, qty: u32) {
        let Some(order) = self.nth_live(nth) else { return };
        let last_qty = qty.min(order.qty - order.cum_qty);
        order.cum_qty += last_qty;
        if order.cum_qty == order.qty {
            order.ended = Some(OrderState::Filled);
        }
        let said = order.report(order.id(), ExecType::Trade);
        self.say(ExecutionReport { last_qty, last_px: PX, ..said });
    }

    /// The broker cancels the `nth` live order by itself.
    pub fn cancel(&mut self, nth: usize) {
        let Some(order) = self.nth_live(nth) else { return };
        order.ended = Some(OrderState::Canceled);
        let said = order.report(order.id(), ExecType::Canceled);
        self.say(said);
    }

    pub fn find(&self, id: ClOrdId) -> Option<usize> {
        self.orders.iter().position(|o| o.identities.contains(&id))
    }

    fn nth_live(&mut self, nth: usize) -> Option<&mut BrokerOrder> {
        let live = self.orders.iter().filter(|o| o.ended.is_none()).count();
        let mut orders = self.orders.iter_mut().filter(|o| o.ended.is_none());
        orders.nth(nth % live.max(1))
    }

    fn say(&mut self, report: ExecutionReport) {
        self.outbox.push_back(Input::Execution(report));
    }

    fn refuse(&mut self, message: &OutboundRecord, reason: u16, ord_status: OrdStatus) {
        self.outbox.push_back(Input::CancelReject(CancelReject {
            route: Route::Broker,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: message.cl_ord_id,
            orig_cl_ord_id: message.orig_cl_ord_id,
            ord_status,
            to_replace: message.kind == OutboundKind::Replace,
            reason,
            text: Text::EMPTY,
        }));
    }
}
