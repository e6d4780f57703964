//! A test's seat at the order manager: it approves requests, plays the broker and keeps what comes
//! out.

use super::{FromOrders, OrderManager};
use gauntlet_engine::message::{Arrival, ToOrders};
use gauntlet_engine::risk::Approved;
use gauntlet_model::effect::{
    AlertKind, Effect, OrderChanged, OrderState, OutboundKind, OutboundRecord, TimeInForce,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    CancelReject, ExecType, ExecutionReport, FeedChange, FeedEvent, Input, OrdStatus, Route,
    RunStart, Sequenced, SessionChange, SessionEvent, Timer,
};
use gauntlet_model::order::{OrderRequest, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, PRICE_SCALE, Price, Side, UnixNanos};

pub const PX: Price = Price(5_000 * PRICE_SCALE);

pub struct ManagerUnderTest {
    pub orders: OrderManager,
    pub seq: u64,
    pub now: UnixNanos,
    /// What came out of the last call.
    pub out: Vec<FromOrders<'static>>,
}

impl ManagerUnderTest {
    /// A run has begun and the broker's session is up.
    pub fn new() -> ManagerUnderTest {
        let now = UnixNanos(1_700_000_000 * NANOS_PER_SECOND);
        let mut desk =
            ManagerUnderTest { orders: OrderManager::new(), seq: 0, now, out: Vec::new() };
        desk.run_start();
        desk.session(SessionChange::LoggedOn);
        desk
    }

    pub fn input(&mut self, input: Input, fresh: bool) {
        self.arrival(input, fresh, true);
    }

    /// An input as the chain's head judged it.
    pub fn arrival(&mut self, input: Input, fresh: bool, owned: bool) {
        self.seq += 1;
        let sequenced = Sequenced { seq: self.seq, time: self.now, input };
        let arrival = Arrival { sequenced: &sequenced, fresh, owned, arrived: 0 };
        self.feed(&ToOrders::Input(arrival));
    }

    pub fn feed(&mut self, msg: &ToOrders) {
        self.out.clear();
        self.orders.on(msg, &mut |out| self.out.push(out.kept()));
    }

    pub fn run_start(&mut self) {
        let start = RunStart {
            epoch: 1,
            run: 1,
            config_hash: [0; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        };
        self.input(Input::RunStart(start), false);
    }

    pub fn session(&mut self, change: SessionChange) {
        self.session_about(change, ClOrdId::NONE);
    }

    pub fn session_about(&mut self, change: SessionChange, cl_ord_id: ClOrdId) {
        let (route, detail) = (Route::BROKER, Text::new("test"));
        let event = SessionEvent { route, change, msg_seq_num: 0, reset: false, cl_ord_id, detail };
        self.input(Input::Session(event), false);
    }

    /// Seconds pass, with a timer each. What came out of all of them is kept.
    pub fn wait(&mut self, seconds: u64) {
        let mut all = Vec::new();
        for _ in 0..seconds {
            self.now = self.now.plus(NANOS_PER_SECOND);
            self.input(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }), false);
            all.append(&mut self.out);
        }
        self.out = all;
    }

    /// Risk approves a request on an input of its own.
    pub fn approve(
        &mut self,
        kind: OutboundKind,
        orig: ClOrdId,
        route: Route,
        qty: u32,
        price: Price,
    ) -> ClOrdId {
        let life = TimeInForce::Day;
        self.approve_terms((kind, orig, route), (qty, price, life), Terms::LIMIT)
    }

    /// The same with terms of its own.
    pub fn approve_terms(
        &mut self,
        (kind, orig, route): (OutboundKind, ClOrdId, Route),
        (qty, price, time_in_force): (u32, Price, TimeInForce),
        terms: Terms,
    ) -> ClOrdId {
        self.seq += 1;
        let (change, detail) = (FeedChange::Connected, Text::EMPTY);
        let cause = Input::Feed(FeedEvent { feed: 0, change, detail });
        let sequenced = Sequenced { seq: self.seq, time: self.now, input: cause };
        self.feed(&ToOrders::Input(Arrival {
            sequenced: &sequenced,
            fresh: false,
            owned: true,
            arrived: 0,
        }));
        let cl_ord_id = ClOrdId::new(self.seq, BotId(3), 0).expect("fits");
        let request = OrderRequest {
            kind,
            cl_ord_id,
            orig_cl_ord_id: orig,
            bot: BotId(3),
            account: AccountId(0),
            instrument: InstrumentId(0),
            route,
            side: Side::Buy,
            qty,
            price,
            time_in_force,
            terms,
        };
        self.feed(&ToOrders::Approved(Approved::unchecked(request)));
        cl_ord_id
    }

    pub fn new_order(&mut self, qty: u32) -> ClOrdId {
        self.approve(OutboundKind::New, ClOrdId::NONE, Route::BROKER, qty, PX)
    }

    pub fn cancel(&mut self, order: ClOrdId) -> ClOrdId {
        self.approve(OutboundKind::Cancel, order, Route::BROKER, 0, Price::NONE)
    }

    pub fn replace(&mut self, order: ClOrdId, qty: u32, price: Price) -> ClOrdId {
        self.approve(OutboundKind::Replace, order, Route::BROKER, qty, price)
    }

    /// An order that the broker has acknowledged.
    pub fn working(&mut self, qty: u32) -> ClOrdId {
        let order = self.new_order(qty);
        self.report(report(order, ExecType::New, OrdStatus::New));
        order
    }

    pub fn report(&mut self, report: ExecutionReport) {
        self.input(Input::Execution(report), true);
    }

    pub fn fill(&mut self, order: ClOrdId, last_qty: u32, cum_qty: u32) {
        self.report(fill(order, last_qty, cum_qty));
    }

    pub fn refuse_request(&mut self, request: ClOrdId, reason: u16, ord_status: OrdStatus) {
        let reject = CancelReject {
            route: Route::BROKER,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: request,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status,
            to_replace: false,
            reason,
            text: Text::EMPTY,
        };
        self.input(Input::CancelReject(reject), false);
    }

    pub fn state(&self, id: ClOrdId) -> OrderState {
        self.orders.find(id).expect("known").state()
    }

    pub fn changes(&self) -> Vec<OrderChanged> {
        self.effects(|effect| match effect {
            Effect::Order(change) => Some(change),
            _ => None,
        })
    }

    pub fn alerts(&self) -> Vec<AlertKind> {
        self.effects(|effect| match effect {
            Effect::Alert(alert) => Some(alert.kind),
            _ => None,
        })
    }

    pub fn sent(&self) -> Vec<OutboundRecord> {
        let record = |out: &FromOrders| match out {
            FromOrders::Send(outbound) => Some(*outbound.record()),
            _ => None,
        };
        self.out.iter().filter_map(record).collect()
    }

    /// The identities that were asked about.
    pub fn asked(&self) -> Vec<ClOrdId> {
        let sent = self.sent();
        let asked = sent.iter().filter(|r| r.kind == OutboundKind::StatusRequest);
        asked.map(|r| r.cl_ord_id).collect()
    }

    /// The identity of the one question in what came out.
    pub fn question(&self) -> u64 {
        let sent = self.sent();
        let mut asked = sent.iter().filter(|r| r.kind == OutboundKind::StatusRequest);
        let (question, more) = (asked.next(), asked.next());
        assert_eq!(more, None);
        question.expect("one was asked").ord_status_req_id
    }

    fn effects<T>(&self, pick: impl Fn(Effect) -> Option<T>) -> Vec<T> {
        let pick = |out: &FromOrders| match out {
            FromOrders::Effect(effect) => pick(*effect),
            _ => None,
        };
        self.out.iter().filter_map(pick).collect()
    }
}

pub fn report(order: ClOrdId, exec_type: ExecType, ord_status: OrdStatus) -> ExecutionReport {
    ExecutionReport {
        route: Route::BROKER,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: order,
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        order_id: Text::EMPTY,
        exec_id: Text::EMPTY,
        exec_type,
        ord_status,
        instrument: Some(InstrumentId(0)),
        side: Side::Buy,
        last_qty: 0,
        last_px: Price::NONE,
        leaves_qty: 0,
        cum_qty: 0,
        order_qty: 0,
        price: Price::NONE,
        transact_time: UnixNanos(0),
        reject_reason: 0,
        text: Text::EMPTY,
    }
}

pub fn fill(order: ClOrdId, last_qty: u32, cum_qty: u32) -> ExecutionReport {
    ExecutionReport {
        last_qty,
        last_px: PX,
        cum_qty,
        ..report(order, ExecType::Trade, OrdStatus::PartiallyFilled)
    }
}

pub fn status(order: ClOrdId, ord_status: OrdStatus, cum_qty: u32) -> ExecutionReport {
    ExecutionReport { cum_qty, ..report(order, ExecType::OrderStatus, ord_status) }
}

/// A status of an order, by a broker that says which question it answers.
pub fn answer(
    question: u64,
    order: ClOrdId,
    ord_status: OrdStatus,
    cum_qty: u32,
) -> ExecutionReport {
    ExecutionReport { ord_status_req_id: question, ..status(order, ord_status, cum_qty) }
}
