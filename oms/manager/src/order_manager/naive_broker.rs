//! A broker as simple as it can be, behind a connection that can break: the oracle of what the
//! platform must believe once everything has arrived.

use super::desk::{PX, report};
use gauntlet_model::effect::{OrderState, OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    CancelReject, ExecType, ExecutionReport, Input, OrdStatus, SessionChange, SessionEvent,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;
use std::collections::VecDeque;

/// FIX `CxlRejReason` (tag 102).
const UNKNOWN_ORDER: u16 = 1;

#[derive(Debug)]
pub struct BrokerOrder {
    /// As it came.
    pub sent: OutboundRecord,
    /// Every identity that it was accepted under, newest last.
    pub identities: Vec<ClOrdId>,
    pub qty: u32,
    pub price: Price,
    pub cum_qty: u32,
    /// Σ contracts × price of what is filled.
    pub paid: i128,
    /// Its fills: what they are called, their contracts and their price.
    pub fills: Vec<(Text<32>, u32, Price)>,
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
        let mean = || Price((self.paid / i128::from(self.cum_qty)) as i64);
        let tells_mean = exec_type == ExecType::OrderStatus && self.cum_qty > 0;
        ExecutionReport {
            last_px: if tells_mean { mean() } else { Price::NONE },
            cum_qty: self.cum_qty,
            leaves_qty,
            order_qty: self.qty,
            price: self.price,
            route: self.sent.route,
            instrument: Some(self.sent.instrument),
            side: self.sent.side,
            ..report(id, exec_type, self.ord_status())
        }
    }
}

#[derive(Debug, Default)]
pub struct NaiveBroker {
    pub orders: Vec<BrokerOrder>,
    pub inbox: VecDeque<OutboundRecord>,
    pub outbox: VecDeque<Input>,
    /// Whether its answers to status requests do not say which one they answer.
    pub keeps_questions_to_itself: bool,
    /// Reports made so far: each has an identity of its own.
    pub reports: u64,
}

impl NaiveBroker {
    /// Works through one message.
    pub fn process(&mut self) {
        let Some(message) = self.inbox.pop_front() else { return };
        match message.kind {
            OutboundKind::New => {
                let order = BrokerOrder {
                    sent: message,
                    identities: vec![message.cl_ord_id],
                    qty: message.qty,
                    price: message.price,
                    cum_qty: 0,
                    paid: 0,
                    fills: vec![],
                    ended: None,
                };
                self.say(order.report(message.cl_ord_id, ExecType::New));
                self.orders.push(order);
                if message.time_in_force == TimeInForce::ImmediateOrCancel {
                    let at = self.orders.len() - 1;
                    self.fill_at(at, (message.cl_ord_id.seq() % (message.qty as u64 + 1)) as u32);
                    self.cancel_at(at);
                }
            }
            OutboundKind::StatusRequest => {
                let unknown = ExecutionReport {
                    route: message.route,
                    instrument: Some(message.instrument),
                    side: message.side,
                    ..report(message.cl_ord_id, ExecType::OrderStatus, OrdStatus::Rejected)
                };
                let found = self.find(message.cl_ord_id).map(|at| &self.orders[at]);
                let answer = found.map_or(unknown, |o| o.report(o.id(), ExecType::OrderStatus));
                let ord_status_req_id = match self.keeps_questions_to_itself {
                    true => 0,
                    false => message.ord_status_req_id,
                };
                self.say(ExecutionReport { ord_status_req_id, ..answer });
            }
            OutboundKind::Cancel | OutboundKind::Replace => self.change(&message),
        }
    }

    fn change(&mut self, message: &OutboundRecord) {
        let Some(at) = self.find(message.orig_cl_ord_id) else {
            return self.refuse(message, UNKNOWN_ORDER, OrdStatus::Rejected);
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

    /// Refuses the next message, if it is not a question.
    pub fn refuse_next(&mut self) {
        let Some(message) = self.inbox.front().copied() else { return };
        match message.kind {
            OutboundKind::StatusRequest => return,
            // By execution report, as some brokers refuse a replace too.
            OutboundKind::New | OutboundKind::Replace => self.say(ExecutionReport {
                route: message.route,
                instrument: Some(message.instrument),
                side: message.side,
                order_qty: message.qty,
                ..report(message.cl_ord_id, ExecType::Rejected, OrdStatus::Rejected)
            }),
            OutboundKind::Cancel => {
                let found = self.find(message.orig_cl_ord_id);
                let status = found.map_or(OrdStatus::Rejected, |at| self.orders[at].ord_status());
                self.refuse(&message, if found.is_some() { 2 } else { UNKNOWN_ORDER }, status);
            }
        }
        self.inbox.pop_front();
    }

    /// The session layer refuses the next message, whatever it is.
    pub fn garble_next(&mut self) {
        let Some(message) = self.inbox.pop_front() else { return };
        self.outbox.push_back(Input::Session(SessionEvent {
            route: message.route,
            change: SessionChange::MessageRejected,
            msg_seq_num: 0,
            reset: false,
            cl_ord_id: message.cl_ord_id,
            detail: Text::new("garbled"),
        }));
    }

    /// The market takes up to `qty` of the `nth` live order.
    pub fn fill(&mut self, nth: usize, qty: u32) {
        if let Some(at) = self.nth_live(nth) {
            self.fill_at(at, qty);
        }
    }

    fn fill_at(&mut self, at: usize, qty: u32) {
        let order = &mut self.orders[at];
        let last_qty = qty.min(order.qty - order.cum_qty);
        if last_qty == 0 {
            return;
        }
        order.cum_qty += last_qty;
        order.paid += i128::from(last_qty) * i128::from(PX.0);
        order.fills.push((exec_id(self.reports + 1), last_qty, PX));
        if order.cum_qty == order.qty {
            order.ended = Some(OrderState::Filled);
        }
        let said = order.report(order.id(), ExecType::Trade);
        self.say(ExecutionReport { last_qty, last_px: PX, ..said });
    }

    /// The broker cancels the `nth` live order by itself.
    pub fn cancel(&mut self, nth: usize) {
        if let Some(at) = self.nth_live(nth) {
            self.cancel_at(at);
        }
    }

    fn cancel_at(&mut self, at: usize) {
        let order = &mut self.orders[at];
        if order.ended.is_none() {
            order.ended = Some(OrderState::Canceled);
            let said = order.report(order.id(), ExecType::Canceled);
            self.say(said);
        }
    }

    /// The exchange busts the last fill of the `nth` order, of those that have any.
    pub fn bust(&mut self, nth: usize) {
        let filled = |order: &&mut BrokerOrder| !order.fills.is_empty();
        let count = self.orders.iter_mut().filter(filled).count();
        let Some(order) = self.orders.iter_mut().filter(filled).nth(nth % count.max(1)) else {
            return;
        };
        let (busted, qty, price) = order.fills.pop().expect("it has some");
        order.cum_qty -= qty;
        order.paid -= i128::from(qty) * i128::from(price.0);
        if order.ended == Some(OrderState::Filled) {
            order.ended = Some(OrderState::Canceled);
        }
        let said = order.report(order.id(), ExecType::TradeCancel);
        let text = Text::new(busted.as_str());
        self.say(ExecutionReport { last_qty: qty, last_px: price, text, ..said });
    }

    pub fn find(&self, id: ClOrdId) -> Option<usize> {
        self.orders.iter().position(|o| o.identities.contains(&id))
    }

    fn nth_live(&self, nth: usize) -> Option<usize> {
        let live = |at: &usize| self.orders[*at].ended.is_none();
        let count = (0..self.orders.len()).filter(live).count();
        (0..self.orders.len()).filter(live).nth(nth % count.max(1))
    }

    fn say(&mut self, report: ExecutionReport) {
        self.reports += 1;
        let exec_id = exec_id(self.reports);
        self.outbox.push_back(Input::Execution(ExecutionReport { exec_id, ..report }));
    }

    fn refuse(&mut self, message: &OutboundRecord, reason: u16, ord_status: OrdStatus) {
        self.outbox.push_back(Input::CancelReject(CancelReject {
            route: message.route,
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

/// What the broker calls its `nth` report.
fn exec_id(nth: u64) -> Text<32> {
    Text::new(&format!("N{nth}"))
}
