//! Random storms: of reports that make no sense, and of broken connections to a broker that does.

use super::FromOrders;
use super::desk::{ManagerUnderTest, PX, report};
use super::naive_broker::NaiveBroker;
use gauntlet_model::effect::{AlertKind, Effect, OrderChanged, OrderState};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ExecType, ExecutionReport, Input, OrdStatus, SessionChange};
use proptest::prelude::*;
use std::collections::BTreeMap;

const EXEC_TYPES: [ExecType; 16] = [
    ExecType::New,
    ExecType::DoneForDay,
    ExecType::Canceled,
    ExecType::Replaced,
    ExecType::PendingCancel,
    ExecType::Rejected,
    ExecType::PendingNew,
    ExecType::Expired,
    ExecType::PendingReplace,
    ExecType::Trade,
    ExecType::TradeCorrect,
    ExecType::TradeCancel,
    ExecType::OrderStatus,
    ExecType::Restated,
    ExecType::Suspended,
    ExecType::Stopped,
];
const ORD_STATUSES: [OrdStatus; 12] = [
    OrdStatus::New,
    OrdStatus::PartiallyFilled,
    OrdStatus::Filled,
    OrdStatus::DoneForDay,
    OrdStatus::Canceled,
    OrdStatus::PendingCancel,
    OrdStatus::Stopped,
    OrdStatus::Rejected,
    OrdStatus::Suspended,
    OrdStatus::PendingNew,
    OrdStatus::Expired,
    OrdStatus::PendingReplace,
];

#[derive(Clone, Debug)]
enum Blow {
    New { qty: u32 },
    Cancel { nth: usize },
    Replace { nth: usize, qty: u32 },
    Report { nth: usize, exec: usize, status: usize, last: u32, cum: u32, qty: u32, fresh: bool },
    CancelReject { nth: usize, status: usize, reason: u16 },
    Session { change: SessionChange, nth: usize },
    RunStart,
    Wait { seconds: u64 },
}

fn blow() -> impl Strategy<Value = Blow> {
    let nth = 0usize..24;
    let report = (nth.clone(), 0usize..16, 0usize..12, 0u32..6, 0u32..12, 0u32..12, any::<bool>());
    let change = prop_oneof![
        Just(SessionChange::LoggedOn),
        Just(SessionChange::LoggedOut),
        Just(SessionChange::Disconnected),
        Just(SessionChange::MessageRejected),
    ];
    prop_oneof![
        3 => (1u32..10).prop_map(|qty| Blow::New { qty }),
        2 => nth.clone().prop_map(|nth| Blow::Cancel { nth }),
        2 => (nth.clone(), 1u32..12).prop_map(|(nth, qty)| Blow::Replace { nth, qty }),
        12 => report.prop_map(|(nth, exec, status, last, cum, qty, fresh)| {
            Blow::Report { nth, exec, status, last, cum, qty, fresh }
        }),
        2 => (nth.clone(), 0usize..12, 0u16..4)
            .prop_map(|(nth, status, reason)| Blow::CancelReject { nth, status, reason }),
        2 => (change, nth).prop_map(|(change, nth)| Blow::Session { change, nth }),
        1 => Just(Blow::RunStart),
        2 => (1u64..8).prop_map(|seconds| Blow::Wait { seconds }),
    ]
}

/// What the effects alone say about every order.
#[derive(Default)]
struct Ledger {
    orders: BTreeMap<ClOrdId, OrderChanged>,
    overfills: usize,
    overfill_alerts: usize,
}

impl Ledger {
    fn read(&mut self, out: &[FromOrders]) {
        for (at, item) in out.iter().enumerate() {
            match item {
                FromOrders::Effect(Effect::Order(change)) => self.change(change),
                FromOrders::Effect(Effect::Alert(a)) if a.kind == AlertKind::Overfill => {
                    self.overfill_alerts += 1;
                }
                FromOrders::Send(sent) => {
                    assert_eq!(out[at - 1], FromOrders::Effect(Effect::Outbound(*sent.record())));
                }
                _ => {}
            }
        }
    }

    fn change(&mut self, change: &OrderChanged) {
        let before = self.orders.insert(change.order, *change);
        let filled_before = before.map_or(0, |b| b.cum_qty);
        assert_eq!(change.cum_qty, filled_before + change.last_qty, "fills add up");
        if let Some(before) = before.filter(|b| b.state.is_final()) {
            assert_eq!(change.state, before.state, "final is final");
        }
        if change.state.is_final() {
            assert_eq!(change.leaves_qty, 0);
        }
        if change.last_qty > 0 && change.cum_qty > change.qty {
            self.overfills += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_storm_of_reports_breaks_the_sums(blows in prop::collection::vec(blow(), 1..120)) {
        let mut desk = ManagerUnderTest::new();
        let mut ledger = Ledger::default();
        let mut ids: Vec<(ClOrdId, ClOrdId)> = Vec::new();
        let mut fills: BTreeMap<ClOrdId, u32> = BTreeMap::new();
        for blow in blows {
            let known = |nth: usize| ids.get(nth).copied().unwrap_or((ClOrdId::NONE, ClOrdId::NONE));
            match blow {
                Blow::New { qty } => {
                    let id = desk.new_order(qty);
                    ids.push((id, id));
                }
                Blow::Cancel { nth } => {
                    let (id, first) = known(nth);
                    let request = desk.cancel(id);
                    if !desk.sent().is_empty() {
                        ids.push((request, first));
                    }
                }
                Blow::Replace { nth, qty } => {
                    let (id, first) = known(nth);
                    let request = desk.replace(id, qty, PX);
                    if !desk.sent().is_empty() {
                        ids.push((request, first));
                    }
                }
                Blow::Report { nth, exec, status, last, cum, qty, fresh } => {
                    let (id, first) = known(nth);
                    let exec_type = EXEC_TYPES[exec];
                    let counts = desk.orders.find(id).is_some();
                    if counts && fresh && exec_type == ExecType::Trade {
                        *fills.entry(first).or_default() += last;
                    }
                    let report = ExecutionReport {
                        last_qty: last,
                        last_px: PX,
                        cum_qty: cum,
                        order_qty: qty,
                        ..report(id, exec_type, ORD_STATUSES[status])
                    };
                    desk.input(Input::Execution(report), fresh);
                }
                Blow::CancelReject { nth, status, reason } => {
                    desk.refuse_request(known(nth).0, reason, ORD_STATUSES[status]);
                }
                Blow::Session { change, nth } => desk.session_about(change, known(nth).0),
                Blow::RunStart => desk.run_start(),
                Blow::Wait { seconds } => desk.wait(seconds),
            }
            ledger.read(&desk.out);
            for (first, change) in &ledger.orders {
                let order = desk.orders.find(*first).expect("few enough to be remembered");
                prop_assert_eq!(order.change(change.last_qty, change.last_px), *change);
                prop_assert_eq!(order.cum_qty(), fills.get(first).copied().unwrap_or(0));
                let tally = order.tally();
                prop_assert_eq!(
                    tally.working + tally.filled + tally.cancelled + tally.rejected,
                    order.qty().max(order.cum_qty())
                );
            }
            let live: Vec<_> = desk.orders.live().map(|o| o.first_id()).collect();
            let expected: Vec<_> =
                ledger.orders.values().filter(|c| !c.state.is_final()).map(|c| c.order).collect();
            prop_assert_eq!(live, expected, "live orders, in order of creation");
        }
        prop_assert_eq!(ledger.overfills, ledger.overfill_alerts);
    }
}

#[derive(Clone, Debug)]
enum Step {
    New { qty: u32 },
    Cancel { nth: usize },
    Replace { nth: usize, qty: u32 },
    BrokerWorks,
    Arrives,
    Fill { nth: usize, qty: u32 },
    BrokerCancels { nth: usize },
    Doubled { nth: usize },
    ConnectionChanges,
    Restart,
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let nth = 0usize..8;
    prop_oneof![
        4 => (1u32..10).prop_map(|qty| Step::New { qty }),
        3 => nth.clone().prop_map(|nth| Step::Cancel { nth }),
        4 => (nth.clone(), 1u32..12).prop_map(|(nth, qty)| Step::Replace { nth, qty }),
        12 => Just(Step::BrokerWorks),
        12 => Just(Step::Arrives),
        6 => (nth.clone(), 1u32..4).prop_map(|(nth, qty)| Step::Fill { nth, qty }),
        1 => nth.clone().prop_map(|nth| Step::BrokerCancels { nth }),
        2 => nth.prop_map(|nth| Step::Doubled { nth }),
        2 => Just(Step::ConnectionChanges),
        1 => Just(Step::Restart),
        3 => (1u64..8).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// The order manager and the broker, with a connection between them. What we send is lost when it
/// breaks; what the broker sends is sent again when it is back, as FIX sessions do.
struct World {
    desk: ManagerUnderTest,
    broker: NaiveBroker,
    connected: bool,
    arrived: Vec<Input>,
    orders: Vec<ClOrdId>,
}

impl World {
    fn carry(&mut self) {
        if self.connected {
            self.broker.inbox.extend(self.desk.sent());
        }
    }

    fn arrives(&mut self) {
        if let Some(input) = self.broker.outbox.pop_front().filter(|_| self.connected) {
            self.desk.input(input, true);
            self.arrived.push(input);
            self.carry();
        }
    }

    fn connect(&mut self) {
        self.connected = true;
        for input in &mut self.broker.outbox {
            if let Input::Execution(report) = input {
                report.poss_dup = true;
            }
        }
        self.desk.session(SessionChange::LoggedOn);
        self.carry();
    }

    fn disconnect(&mut self) {
        self.connected = false;
        self.broker.inbox.clear();
    }

    fn step(&mut self, step: Step) {
        let live = self.desk.orders.live_len().max(1);
        let nth_live = |nth: usize| self.desk.orders.live().nth(nth % live).map(|o| o.first_id());
        match step {
            Step::New { qty } => {
                let order = self.desk.new_order(qty);
                self.orders.push(order);
                self.carry();
            }
            Step::Cancel { nth } => {
                if let Some(order) = nth_live(nth) {
                    self.desk.cancel(order);
                    self.carry();
                }
            }
            Step::Replace { nth, qty } => {
                if let Some(order) = nth_live(nth) {
                    self.desk.replace(order, qty, PX);
                    self.carry();
                }
            }
            Step::BrokerWorks => self.broker.process(),
            Step::Arrives if self.connected => self.arrives(),
            Step::Arrives => {}
            Step::Fill { nth, qty } => self.broker.fill(nth, qty),
            Step::BrokerCancels { nth } => self.broker.cancel(nth),
            Step::Doubled { nth } => {
                let again = self.arrived.get(nth).copied();
                // A session drops what it has seen; only reports reach us twice, under PossResend.
                let is_answer = |input: &Input| matches!(input, Input::Execution(r) if r.exec_type == ExecType::OrderStatus);
                if let Some(input) = again.filter(|input| !is_answer(input)) {
                    self.desk.input(input, false);
                    self.carry();
                }
            }
            Step::ConnectionChanges if self.connected => {
                self.disconnect();
                self.desk.session(SessionChange::Disconnected);
            }
            Step::ConnectionChanges => self.connect(),
            Step::Restart => {
                self.disconnect();
                self.desk.run_start();
            }
            Step::Wait { seconds } => {
                self.desk.wait(seconds);
                self.carry();
            }
        }
    }

    fn settle(&mut self) {
        if !self.connected {
            self.connect();
        }
        for _ in 0..90 {
            while !self.broker.inbox.is_empty() || !self.broker.outbox.is_empty() {
                self.broker.process();
                self.arrives();
            }
            self.desk.wait(1);
            self.carry();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_breaks_the_order_manager_ends_up_believing_what_is_true(
        steps in prop::collection::vec(step(), 1..150),
        keeps_questions_to_itself: bool,
    ) {
        let mut world = World {
            desk: ManagerUnderTest::new(),
            broker: NaiveBroker { keeps_questions_to_itself, ..NaiveBroker::default() },
            connected: true,
            arrived: Vec::new(),
            orders: Vec::new(),
        };
        for step in steps {
            world.step(step);
        }
        world.settle();
        for id in &world.orders {
            let ours = world.desk.orders.find(*id).expect("remembered");
            let Some(theirs) = world.broker.find(*id).map(|at| &world.broker.orders[at]) else {
                prop_assert_eq!(ours.state(), OrderState::Rejected);
                continue;
            };
            prop_assert_eq!((ours.cum_qty(), ours.qty()), (theirs.cum_qty, theirs.qty));
            prop_assert_eq!(ours.cl_ord_id(), theirs.id());
            prop_assert_eq!(ours.price(), theirs.price);
            let expected = match theirs.ended {
                Some(ended) => ended,
                None if theirs.cum_qty > 0 => OrderState::PartiallyFilled,
                None => OrderState::New,
            };
            prop_assert_eq!(ours.state(), expected);
        }
    }
}
