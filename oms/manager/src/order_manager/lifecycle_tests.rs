//! The life of an order, in the cases that order managers of this field are tested on.

use super::desk::{ManagerUnderTest, PX, fill, report, status};
use super::{FINISHED_MAX, FromOrders, LIVE_MAX};
use gauntlet_model::effect::{AlertKind, Effect, OrderState, OutboundKind};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ExecType, ExecutionReport, Input, OrdStatus};
use gauntlet_model::order::IDENTITIES_MAX;
use gauntlet_model::units::{PRICE_SCALE, Price};

#[test]
fn a_new_order_is_entered_journaled_and_sent_in_that_order() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(5);
    assert_eq!(desk.state(order), OrderState::PendingNew);
    let [
        FromOrders::Effect(Effect::Order(change)),
        FromOrders::Effect(Effect::Outbound(record)),
        FromOrders::Send(sent),
    ] = desk.out[..]
    else {
        panic!("{:?}", desk.out)
    };
    assert_eq!((change.cl_ord_id, change.leaves_qty), (order, 5));
    assert_eq!((record.kind, record.cl_ord_id, record.qty), (OutboundKind::New, order, 5));
    assert_eq!(*sent.record(), record);
}

#[test]
fn an_order_fills_in_parts_until_it_is_filled() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    assert_eq!(desk.state(order), OrderState::New);
    desk.fill(order, 2, 2);
    let change = desk.changes()[0];
    assert_eq!(change.state, OrderState::PartiallyFilled);
    assert_eq!((change.last_qty, change.last_px), (2, PX));
    assert_eq!((change.cum_qty, change.leaves_qty), (2, 3));
    desk.fill(order, 3, 5);
    assert_eq!(desk.state(order), OrderState::Filled);
    assert_eq!(desk.orders.live_len(), 0);
    assert!(desk.alerts().is_empty());
}

#[test]
fn a_fill_before_the_acknowledgement_counts_and_the_acknowledgement_changes_nothing() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(5);
    desk.fill(order, 2, 2);
    assert_eq!(desk.state(order), OrderState::PartiallyFilled);
    desk.report(report(order, ExecType::New, OrdStatus::New));
    assert!(desk.changes().is_empty());
    let filled_at_once = desk.new_order(1);
    desk.fill(filled_at_once, 1, 1);
    desk.report(report(filled_at_once, ExecType::New, OrdStatus::New));
    assert_eq!(desk.state(filled_at_once), OrderState::Filled);
    assert!(desk.alerts().is_empty());
}

#[test]
fn a_report_seen_before_moves_nothing() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 2, 2);
    desk.input(Input::Execution(fill(order, 2, 2)), false);
    assert_eq!(desk.out.len(), 1, "only the input is forwarded");
    desk.input(Input::Execution(report(order, ExecType::Canceled, OrdStatus::Canceled)), false);
    assert_eq!(desk.state(order), OrderState::PartiallyFilled);
}

#[test]
fn fills_out_of_order_never_move_the_sum_back() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 3, 5);
    assert_eq!(desk.state(order), OrderState::PartiallyFilled, "two are still on their way");
    desk.fill(order, 2, 2);
    assert_eq!(desk.state(order), OrderState::Filled);
    assert!(desk.alerts().is_empty());
}

#[test]
fn an_overfill_is_counted_truthfully_and_alerted() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 7, 7);
    assert_eq!(desk.alerts(), [AlertKind::Overfill]);
    let change = desk.changes()[0];
    assert_eq!((change.state, change.cum_qty, change.leaves_qty), (OrderState::Filled, 7, 0));
    desk.fill(order, 1, 8);
    assert_eq!(desk.alerts(), [AlertKind::Overfill, AlertKind::UnexpectedReport]);
    assert_eq!(desk.orders.find(order).map(|o| o.cum_qty()), Some(8));
    desk.fill(order, u32::MAX, u32::MAX);
    assert_eq!(desk.orders.find(order).map(|o| o.cum_qty()), Some(u32::MAX));
}

#[test]
fn a_cancel_pends_until_confirmed_and_a_late_fill_still_counts() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let cancel = desk.cancel(order);
    assert_eq!(desk.state(order), OrderState::PendingCancel);
    let sent = desk.sent()[0];
    assert_eq!((sent.kind, sent.cl_ord_id), (OutboundKind::Cancel, cancel));
    assert_eq!((sent.orig_cl_ord_id, sent.qty), (order, 5));
    desk.fill(order, 1, 1);
    assert_eq!(desk.state(order), OrderState::PendingCancel);
    desk.report(report(cancel, ExecType::Canceled, OrdStatus::Canceled));
    let change = desk.changes()[0];
    assert_eq!((change.order, change.cl_ord_id), (order, cancel));
    assert_eq!((change.state, change.cum_qty, change.leaves_qty), (OrderState::Canceled, 1, 0));
    desk.fill(order, 2, 3);
    let change = desk.changes()[0];
    assert_eq!((change.state, change.cum_qty, change.last_qty), (OrderState::Canceled, 3, 2));
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
}

#[test]
fn a_cancel_that_comes_too_late_leaves_the_order_as_it_is() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let cancel = desk.cancel(order);
    desk.fill(order, 5, 5);
    assert_eq!(desk.state(order), OrderState::Filled);
    desk.refuse_request(cancel, 0, OrdStatus::Filled);
    assert!(desk.changes().is_empty() && desk.alerts().is_empty());
}

#[test]
fn a_refused_cancel_returns_to_what_is_known() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 1, 1);
    let cancel = desk.cancel(order);
    desk.refuse_request(cancel, 3, OrdStatus::PartiallyFilled);
    assert_eq!(desk.state(order), OrderState::PartiallyFilled);
    assert_eq!(desk.alerts(), [AlertKind::BrokerReject]);
    assert!(desk.asked().is_empty());
}

#[test]
fn the_newest_order_can_be_drafted_and_changes_nothing() {
    assert_eq!(ManagerUnderTest::new().orders.draft_newest(), None, "there was none");
    let mut desk = ManagerUnderTest::new();
    let first = desk.new_order(2);
    let second = desk.new_order(3);
    let second_sent = desk.sent()[0];
    let before = format!("{:?}", desk.orders);
    assert_eq!(desk.orders.draft_newest().map(|draft| *draft.record()), Some(second_sent));
    assert_eq!(format!("{:?}", desk.orders), before);
    desk.fill(second, 3, 3);
    let drafted =
        |desk: &ManagerUnderTest| desk.orders.draft_newest().map(|d| d.record().cl_ord_id);
    assert_eq!(drafted(&desk), Some(first), "it lives");
    desk.fill(first, 2, 2);
    assert_eq!(drafted(&desk), Some(first), "it ended last");
}

#[test]
fn a_replace_counts_only_once_confirmed() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let better = Price(PX.0 + PRICE_SCALE);
    let replace = desk.replace(order, 8, better);
    let sent = desk.sent()[0];
    assert_eq!((sent.kind, sent.qty, sent.price), (OutboundKind::Replace, 8, better));
    desk.report(report(replace, ExecType::PendingReplace, OrdStatus::PendingReplace));
    desk.fill(order, 2, 2);
    let change = desk.changes()[0];
    assert_eq!((change.state, change.qty, change.price), (OrderState::PendingReplace, 5, PX));
    desk.report(report(replace, ExecType::Replaced, OrdStatus::PartiallyFilled));
    let change = desk.changes()[0];
    assert_eq!((change.order, change.cl_ord_id), (order, replace));
    assert_eq!((change.qty, change.price, change.leaves_qty), (8, better, 6));
    assert_eq!(change.state, OrderState::PartiallyFilled);
}

#[test]
fn a_replace_below_what_is_filled_ends_the_order_at_what_is_filled() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(10);
    let replace = desk.replace(order, 7, PX);
    desk.fill(order, 8, 8);
    desk.report(report(replace, ExecType::Replaced, OrdStatus::Filled));
    let change = desk.changes()[0];
    assert_eq!((change.state, change.qty, change.leaves_qty), (OrderState::Filled, 8, 0));
    assert!(desk.alerts().is_empty());
}

#[test]
fn a_filled_order_with_a_replace_up_on_its_way_works_again_when_that_is_confirmed() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let replace = desk.replace(order, 8, PX);
    desk.fill(order, 5, 5);
    assert_eq!(desk.state(order), OrderState::PendingReplace);
    desk.report(report(replace, ExecType::Replaced, OrdStatus::PartiallyFilled));
    assert_eq!(desk.state(order), OrderState::PartiallyFilled);
    desk.fill(replace, 3, 8);
    assert_eq!(desk.state(order), OrderState::Filled);

    let refused = desk.working(5);
    let replace = desk.replace(refused, 8, PX);
    desk.fill(refused, 5, 5);
    desk.refuse_request(replace, 0, OrdStatus::Filled);
    assert_eq!(desk.state(refused), OrderState::Filled);
}

#[test]
fn chained_requests_name_the_newest_identity_that_was_not_refused() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(10);
    let first = desk.replace(order, 8, PX);
    let second = desk.replace(order, 7, PX);
    assert_eq!(desk.sent()[0].orig_cl_ord_id, first);
    desk.refuse_request(first, 2, OrdStatus::New);
    assert_eq!(desk.state(order), OrderState::PendingReplace);
    desk.report(report(second, ExecType::Replaced, OrdStatus::New));
    let change = desk.changes()[0];
    assert_eq!((change.order, change.cl_ord_id, change.qty), (order, second, 7));
    let cancel = desk.cancel(second);
    assert_eq!(desk.sent()[0].orig_cl_ord_id, second);
    desk.report(report(cancel, ExecType::Canceled, OrdStatus::Canceled));
    assert_eq!(desk.state(order), OrderState::Canceled);
}

#[test]
fn a_replace_confirmed_after_a_later_one_changes_nothing() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(10);
    let first = desk.replace(order, 8, PX);
    let second = desk.replace(order, 7, PX);
    desk.report(report(second, ExecType::Replaced, OrdStatus::New));
    desk.report(report(first, ExecType::Replaced, OrdStatus::New));
    let change = desk.changes()[0];
    assert_eq!((change.state, change.cl_ord_id, change.qty), (OrderState::New, second, 7));
}

#[test]
fn a_long_chain_of_replaces_is_found_by_its_first_and_newest_identities() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(100);
    let mut newest = order;
    for qty in (50..90).rev() {
        newest = desk.replace(newest, qty, PX);
        desk.report(report(newest, ExecType::Replaced, OrdStatus::New));
    }
    assert_eq!(desk.orders.find(order).map(|o| (o.cl_ord_id(), o.qty())), Some((newest, 50)));
    assert_eq!(desk.orders.find(newest).map(|o| o.first_id()), Some(order));
}

#[test]
fn a_first_cancel_goes_out_however_many_replaces_are_unanswered() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(10);
    for qty in 1..5 {
        desk.replace(order, qty, PX);
    }
    desk.replace(order, 9, PX);
    assert!(desk.sent().is_empty());
    assert_eq!(desk.alerts(), [AlertKind::TableFull]);
    let cancel = desk.cancel(order);
    assert_eq!(desk.sent()[0].cl_ord_id, cancel);
    assert_eq!(desk.state(order), OrderState::PendingCancel);
    desk.cancel(order);
    assert!(desk.sent().is_empty(), "one is on its way");
}

#[test]
fn unsolicited_ends_and_restatements_are_taken_from_the_broker() {
    let mut desk = ManagerUnderTest::new();
    for (exec_type, ord_status, state) in [
        (ExecType::Canceled, OrdStatus::Canceled, OrderState::Canceled),
        (ExecType::Expired, OrdStatus::Expired, OrderState::Expired),
        (ExecType::DoneForDay, OrdStatus::DoneForDay, OrderState::Expired),
        (ExecType::Restated, OrdStatus::Canceled, OrderState::Canceled),
    ] {
        let order = desk.working(5);
        desk.report(report(order, exec_type, ord_status));
        assert_eq!(desk.state(order), state);
        assert!(desk.alerts().is_empty());
    }
    let order = desk.working(5);
    let restated = report(order, ExecType::Restated, OrdStatus::New);
    desk.report(ExecutionReport { order_qty: 3, ..restated });
    assert_eq!(desk.changes()[0].leaves_qty, 3);
}

#[test]
fn a_broker_that_refuses_an_order_ends_it_with_an_alert() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(5);
    desk.report(report(order, ExecType::Rejected, OrdStatus::Rejected));
    assert_eq!(desk.state(order), OrderState::Rejected);
    assert_eq!(desk.orders.find(order).map(|o| o.tally().rejected), Some(5));
    assert_eq!(desk.alerts(), [AlertKind::BrokerReject]);
    desk.report(report(order, ExecType::New, OrdStatus::New));
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport], "it may be working after all");
}

#[test]
fn a_busted_fill_is_for_a_person_and_moves_nothing() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 5, 5);
    for exec_type in [ExecType::TradeCancel, ExecType::TradeCorrect] {
        let bust = report(order, exec_type, OrdStatus::PartiallyFilled);
        desk.report(ExecutionReport { last_qty: 2, cum_qty: 3, ..bust });
        assert!(desk.changes().is_empty());
        assert_eq!(desk.alerts(), [AlertKind::TradeBust]);
    }
}

#[test]
fn a_report_on_an_order_that_is_not_ours_is_alerted() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    for id in [ClOrdId::NONE, ClOrdId(order.0 + 1)] {
        desk.fill(id, 1, 1);
        assert_eq!(desk.alerts(), [AlertKind::UnknownOrder]);
        desk.refuse_request(id, 0, OrdStatus::New);
        assert_eq!(desk.alerts(), [AlertKind::UnknownOrder]);
    }
}

#[test]
fn a_replace_of_an_order_that_is_not_live_is_not_sent() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 5, 5);
    desk.replace(order, 6, PX);
    assert!(desk.sent().is_empty());
    assert_eq!(desk.alerts(), [AlertKind::UnknownOrder]);
    desk.replace(ClOrdId(order.0 + 1), 6, PX);
    assert!(desk.sent().is_empty(), "nor is one of an order that nobody knows");
}

#[test]
fn a_cancel_of_an_order_that_only_the_broker_knows_is_sent() {
    let mut desk = ManagerUnderTest::new();
    let lost = ClOrdId(desk.working(5).0 + 1);
    desk.report(ExecutionReport { leaves_qty: 5, ..status(lost, OrdStatus::New, 0) });
    assert_eq!(desk.alerts(), [AlertKind::UnknownOrder]);
    let cancel = desk.cancel(lost);
    let sent = desk.sent()[0];
    assert_eq!((sent.kind, sent.cl_ord_id), (OutboundKind::Cancel, cancel));
    assert_eq!(sent.orig_cl_ord_id, lost);
    assert_eq!(desk.alerts(), []);
}

#[test]
fn an_order_that_works_after_its_end_by_the_brokers_word_can_be_cancelled() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.report(report(order, ExecType::Canceled, OrdStatus::Canceled));
    desk.report(ExecutionReport { leaves_qty: 5, ..status(order, OrdStatus::New, 0) });
    assert_eq!(desk.state(order), OrderState::Canceled);
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
    let cancel = desk.cancel(order);
    let sent = desk.sent()[0];
    assert_eq!((sent.kind, sent.cl_ord_id), (OutboundKind::Cancel, cancel));
    assert_eq!(sent.orig_cl_ord_id, order);
    desk.report(report(cancel, ExecType::Canceled, OrdStatus::Canceled));
    assert!(desk.changes().is_empty() && desk.alerts().is_empty());
}

#[test]
fn an_order_that_works_after_its_end_is_cancelled_under_the_brokers_name_until_it_is_gone() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let replace = desk.replace(order, 4, PX);
    desk.report(report(replace, ExecType::Replaced, OrdStatus::New));
    let cancel = desk.cancel(order);
    desk.report(report(cancel, ExecType::Canceled, OrdStatus::Canceled));
    desk.report(ExecutionReport { leaves_qty: 4, ..status(replace, OrdStatus::New, 0) });
    for _ in 0..2 * IDENTITIES_MAX {
        let again = desk.cancel(replace);
        let sent = desk.sent()[0];
        assert_eq!((sent.kind, sent.cl_ord_id), (OutboundKind::Cancel, again));
        assert_eq!(sent.orig_cl_ord_id, replace);
    }
}

#[test]
fn a_full_table_refuses_new_orders_and_old_finished_ones_are_forgotten() {
    let mut desk = ManagerUnderTest::new();
    let orders: Vec<_> = (0..LIVE_MAX).map(|_| desk.working(1)).collect();
    let refused = desk.new_order(1);
    assert_eq!(desk.alerts(), [AlertKind::TableFull]);
    assert_eq!(desk.changes()[0].state, OrderState::Rejected);
    assert!(desk.sent().is_empty() && desk.orders.find(refused).is_none());
    for order in &orders {
        desk.fill(*order, 1, 1);
    }
    let kept = orders.iter().filter(|id| desk.orders.find(**id).is_some()).count();
    assert_eq!(kept, FINISHED_MAX);
    assert!(desk.orders.find(orders[0]).is_none());
    for _ in 0..LIVE_MAX {
        desk.working(1);
    }
    assert_eq!(desk.orders.live_len(), LIVE_MAX);
    assert!(desk.alerts().is_empty());
}
