//! The cases that real order managers are tested on, each by its name. Those that have a home elsewhere are
//! named there: duplicate `ExecID`, possible duplicates and resends, gap fills, resets and disconnects in
//! `convention_tests.rs`; fills before the acknowledgement, overfills, chained replaces, a replace below what
//! is filled and unsolicited ends in `lifecycle_tests.rs`.

use super::desk::{ManagerUnderTest, PX, fill, report};
use gauntlet_model::effect::{AlertKind, OrderState, OutboundKind};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ExecType, ExecutionReport, OrdStatus};
use gauntlet_model::units::{PRICE_SCALE, Price};

const TOO_LATE_TO_CANCEL: u16 = 0;
const UNKNOWN_ORDER: u16 = 1;
const ALREADY_PENDING: u16 = 3;

impl ManagerUnderTest {
    fn filled_of(&self, order: ClOrdId) -> (u32, u32) {
        let known = self.orders.find(order).expect("known");
        (known.cum_qty(), known.leaves_qty())
    }
}

#[test]
fn cum_qty_out_of_order_never_moves_the_sum_back() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 2, 4);
    desk.fill(order, 2, 2);
    assert_eq!(desk.filled_of(order), (4, 1));
    assert_eq!(desk.state(order), OrderState::PartiallyFilled);
}

#[test]
fn fill_after_the_cancel_counts_and_the_order_stays_cancelled() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let cancel = desk.cancel(order);
    desk.report(report(cancel, ExecType::Canceled, OrdStatus::Canceled));
    assert_eq!(desk.state(order), OrderState::Canceled);
    desk.fill(order, 1, 1);
    assert_eq!((desk.state(order), desk.filled_of(order)), (OrderState::Canceled, (1, 0)));
}

#[test]
fn fill_during_a_pending_cancel_counts_and_what_is_left_is_cancelled() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let cancel = desk.cancel(order);
    desk.report(report(cancel, ExecType::PendingCancel, OrdStatus::PendingCancel));
    desk.fill(order, 2, 2);
    assert_eq!((desk.state(order), desk.filled_of(order)), (OrderState::PendingCancel, (2, 3)));
    let ended = report(cancel, ExecType::Canceled, OrdStatus::Canceled);
    desk.report(ExecutionReport { cum_qty: 2, ..ended });
    assert_eq!((desk.state(order), desk.filled_of(order)), (OrderState::Canceled, (2, 0)));
}

#[test]
fn fill_during_a_pending_replace_counts_under_the_terms_before_it() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let higher = Price(PX.0 + PRICE_SCALE);
    let replace = desk.replace(order, 7, higher);
    desk.fill(order, 2, 2);
    let known = *desk.orders.find(order).expect("known");
    assert_eq!((known.qty(), known.price(), known.cum_qty()), (5, PX, 2));
    assert_eq!(known.may_fill(), 5, "the larger of both counts");
    desk.report(ExecutionReport {
        order_qty: 7,
        price: higher,
        cum_qty: 2,
        ..report(replace, ExecType::Replaced, OrdStatus::New)
    });
    let known = *desk.orders.find(order).expect("known");
    assert_eq!((known.qty(), known.price(), known.leaves_qty()), (7, higher, 5));
}

#[test]
fn too_late_to_cancel_102_0_leaves_the_order_to_its_fill_and_alarms_nobody() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let cancel = desk.cancel(order);
    desk.refuse_request(cancel, TOO_LATE_TO_CANCEL, OrdStatus::PartiallyFilled);
    assert_eq!((desk.state(order), desk.alerts()), (OrderState::New, vec![]));
    desk.fill(order, 5, 5);
    assert_eq!(desk.state(order), OrderState::Filled);
}

#[test]
fn unknown_order_102_1_puts_the_order_in_doubt_and_asks_about_it() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let cancel = desk.cancel(order);
    desk.refuse_request(cancel, UNKNOWN_ORDER, OrdStatus::Rejected);
    assert_eq!((desk.state(order), desk.asked()), (OrderState::Unknown, vec![order]));
    assert_eq!(desk.alerts(), [AlertKind::BrokerReject]);
}

#[test]
fn already_pending_102_3_closes_that_request_alone() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let first = desk.cancel(order);
    let second = desk.cancel(order);
    desk.refuse_request(second, ALREADY_PENDING, OrdStatus::PendingCancel);
    assert_eq!(desk.state(order), OrderState::PendingCancel, "the first is still on its way");
    desk.report(report(first, ExecType::Canceled, OrdStatus::Canceled));
    assert_eq!(desk.state(order), OrderState::Canceled);
}

#[test]
fn unsolicited_cancel_and_expire_end_the_order_and_an_unsolicited_restatement_changes_its_terms() {
    let ends = [
        (ExecType::Canceled, OrdStatus::Canceled, OrderState::Canceled),
        (ExecType::Expired, OrdStatus::Expired, OrderState::Expired),
    ];
    for (exec_type, ord_status, state) in ends {
        let mut desk = ManagerUnderTest::new();
        let order = desk.working(5);
        desk.report(report(order, exec_type, ord_status));
        assert_eq!((desk.state(order), desk.filled_of(order)), (state, (0, 0)));
    }
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let lower = Price(PX.0 - PRICE_SCALE);
    let restated = report(order, ExecType::Restated, OrdStatus::New);
    desk.report(ExecutionReport { order_qty: 3, price: lower, leaves_qty: 3, ..restated });
    let known = desk.orders.find(order).expect("known");
    assert_eq!((known.qty(), known.price(), known.state()), (3, lower, OrderState::New));
}

#[test]
fn poss_dup_of_a_seen_exec_id_moves_nothing() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 2, 2);
    let seen = ExecutionReport { poss_dup: true, ..fill(order, 2, 2) };
    desk.input(gauntlet_model::input::Input::Execution(seen), false);
    assert_eq!(desk.filled_of(order), (2, 3));
    assert!(desk.sent().iter().all(|record| record.kind != OutboundKind::New));
}
