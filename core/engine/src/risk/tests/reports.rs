//! What the broker says: fills, late and doubled reports, doubt.

use super::super::scenario::top;
use super::*;
use gauntlet_model::order::ANSWER_WITHIN_NS;
use gauntlet_model::units::Money;

fn positions(scenario: &Scenario) -> Vec<PositionChanged> {
    let changed = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Position(changed)) => Some(*changed),
        _ => None,
    };
    scenario.out.iter().filter_map(changed).collect()
}

#[test]
fn a_fill_moves_the_position_and_is_told() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.fill(&order, 1, 1);
    let [changed] = positions(&scenario)[..] else { panic!("one effect") };
    assert_eq!((changed.bot, changed.qty, changed.cost), (BOT, 1, ticks(20_000).0));
    assert_eq!(scenario.risk.working(BOT).map(|order| order.open()).sum::<u32>(), 1);
    assert_eq!(scenario.risk.unrealized(BOT), Some(Money(0)));
}

#[test]
fn a_report_seen_before_moves_nothing() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    let report = filled(&order, 1, 1);
    scenario.arrival(Input::Execution(report), true);
    scenario.arrival(Input::Execution(report), false);
    assert_eq!((positions(&scenario), scenario.held()), (vec![], 1));
}

#[test]
fn a_fill_after_the_end_of_its_order_still_counts() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.end(&order, 0);
    assert_eq!(scenario.risk.working(BOT).count(), 0);
    scenario.fill(&order, 1, 0);
    assert_eq!(scenario.held(), 1);
}

#[test]
fn an_order_that_ended_before_its_fills_came_stays_counted_and_blocks_its_bot() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(3);
    scenario.end(&order, 2);
    assert_eq!(scenario.risk.working(BOT).map(|order| order.open()).sum::<u32>(), 2);
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::UnknownOrderState));
    scenario.input(Input::Execution(ExecutionReport { cum_qty: 2, ..filled(&order, 2, 0) }));
    assert_eq!((scenario.held(), scenario.risk.working(BOT).count()), (2, 0));
}

#[test]
fn an_older_fill_that_comes_later_changes_the_position_only() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    let (first, last) = (filled(&order, 1, 1), filled(&order, 1, 0));
    scenario.input(Input::Execution(last));
    scenario.input(Input::Execution(first));
    assert_eq!((scenario.held(), scenario.risk.working(BOT).count()), (2, 0));
}

#[test]
fn an_order_without_an_answer_blocks_its_bot_until_one_comes() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    let seconds = ANSWER_WITHIN_NS / NANOS_PER_SECOND;
    scenario.pass(seconds - 1, setup.view);
    assert!(scenario.risk.working(BOT).all(|order| !order.is_in_doubt()));
    scenario.pass(1, setup.view);
    assert!(scenario.risk.working(BOT).all(|order| order.is_in_doubt()));
    scenario.enter(-1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::UnknownOrderState));
    let never_came = report(&order, ExecType::OrderStatus, OrdStatus::Rejected);
    scenario.arrival(Input::Execution(never_came), false);
    assert_eq!(scenario.risk.working(BOT).count(), 0);
    scenario.enter(-1);
    assert_eq!(scenario.only().side, Side::Sell);
}

#[test]
fn a_broken_session_blocks_the_route_and_leaves_orders_in_doubt() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.session(SessionChange::Disconnected);
    scenario.enter(-1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::RouteDown));
    scenario.session(SessionChange::LoggedOn);
    scenario.enter(-1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::UnknownOrderState));
    scenario.tell(&order, ExecType::OrderStatus, OrdStatus::New);
    scenario.enter(-1);
    assert_eq!(scenario.only().kind, OutboundKind::Cancel);
}

#[test]
fn a_message_that_the_session_layer_refused_is_an_order_that_never_was() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.input(message_rejected(&order));
    assert_eq!((scenario.risk.working(BOT).count(), scenario.approved()), (0, vec![]));
}

#[test]
fn a_refusal_that_may_be_that_of_a_question_proves_nothing_about_the_order() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.pass(ANSWER_WITHIN_NS / NANOS_PER_SECOND, setup.view);
    scenario.input(message_rejected(&order));
    assert_eq!(scenario.risk.working(BOT).count(), 1);
}

#[test]
fn an_order_that_the_broker_says_is_alive_after_its_end_is_counted_and_cancelled_until_it_is_gone()
{
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.end(&order, 0);
    let alive =
        ExecutionReport { leaves_qty: 1, ..report(&order, ExecType::OrderStatus, OrdStatus::New) };
    scenario.input(Input::Execution(ExecutionReport { poss_dup: true, ..alive }));
    assert_eq!(scenario.risk.working(BOT).count(), 0, "that was said in the past");
    scenario.input(Input::Execution(alive));
    assert_eq!(scenario.only().kind, OutboundKind::Cancel, "nobody wants it");
    assert_eq!(scenario.risk.working(BOT).map(|order| order.open()).sum::<u32>(), 1);
    assert_eq!(scenario.pass(4, setup.view), []);
    scenario.session(SessionChange::Disconnected);
    assert_eq!(scenario.pass(6, setup.view), []);
    scenario.session(SessionChange::LoggedOn);
    let again = scenario.pass(1, setup.view);
    assert_eq!((again.len(), again[0].kind), (1, OutboundKind::Cancel));
    let gone = CancelReject { ord_status: OrdStatus::Canceled, ..too_late(&again[0]) };
    scenario.input(Input::CancelReject(gone));
    assert_eq!(scenario.risk.working(BOT).count(), 0);
}

#[test]
fn a_refused_replace_leaves_its_order_working() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let moved = gauntlet_model::market_view::MarketView { top: top(20_002, 20_003), ..setup.view };
    let requests = scenario.pass(5, moved);
    assert_eq!(requests[0].kind, OutboundKind::Replace);
    scenario.tell(&requests[0], ExecType::Rejected, OrdStatus::Rejected);
    assert_eq!(scenario.risk.working(BOT).map(|order| order.open()).sum::<u32>(), 1);
}

#[test]
fn an_answer_that_denies_an_acknowledged_order_leaves_it_counted_and_in_doubt() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.tell(&order, ExecType::OrderStatus, OrdStatus::Rejected);
    assert_eq!(scenario.risk.working(BOT).map(|order| order.open()).sum::<u32>(), 1);
    assert!(scenario.risk.working(BOT).all(|order| order.is_in_doubt()));
}

#[test]
fn an_answer_sent_again_after_the_session_was_lost_settles_nothing() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    let old = report(&order, ExecType::OrderStatus, OrdStatus::Canceled);
    scenario.input(Input::Execution(ExecutionReport { poss_dup: true, ..old }));
    assert!(scenario.risk.working(BOT).all(|order| order.is_in_doubt()));
    scenario.input(Input::Execution(old));
    assert_eq!(scenario.risk.working(BOT).count(), 0);
}

#[test]
fn a_late_acknowledgement_does_not_bring_an_order_back() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.fill(&order, 1, 0);
    let late = ExecutionReport { leaves_qty: 1, ..report(&order, ExecType::New, OrdStatus::New) };
    scenario.input(Input::Execution(late));
    assert_eq!(scenario.risk.working(BOT).count(), 0);
}
