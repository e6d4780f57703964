//! Orders whose state at the broker is in doubt: silence, lost sessions, restarts, missing fills.

use super::desk::{ManagerUnderTest, PX, answer, report, status};
use super::rates::Rates;
use super::{ASKS_PER_INPUT, FromOrders};
use gauntlet_engine::message::ToOrders;
use gauntlet_model::effect::{
    AlertKind, Effect, Enquired, Enquiry, EnquiryEnded, EnquiryOutcome, OrderState, OutboundKind,
    TimeInForce,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, ExecType, ExecutionReport, Input, OrdStatus, Route, SessionChange,
};
use gauntlet_model::order::{Order, OrderRequest, REQUESTS_MAX, Terms};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Side, UnixNanos};

#[test]
fn a_cancel_reject_that_says_the_order_is_unknown_or_gone_puts_it_in_doubt() {
    for (reason, ord_status) in [(1, OrdStatus::Rejected), (0, OrdStatus::Filled)] {
        let mut desk = ManagerUnderTest::new();
        let order = desk.working(5);
        let cancel = desk.cancel(order);
        desk.refuse_request(cancel, reason, ord_status);
        assert_eq!(desk.state(order), OrderState::Unknown);
        assert_eq!(desk.asked(), [order]);
    }
}

#[test]
fn fills_that_the_broker_counts_and_that_never_come_put_the_order_in_doubt() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 1, 3);
    desk.wait(4);
    assert!(desk.out.iter().all(|o| matches!(o, FromOrders::Input(_))));
    desk.wait(1);
    assert_eq!(desk.state(order), OrderState::Unknown);
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
    assert_eq!(desk.asked(), [order]);
    desk.report(status(order, OrdStatus::PartiallyFilled, 3));
    assert_eq!(desk.state(order), OrderState::Unknown, "the sum of fills is the truth");
    desk.fill(order, 2, 3);
    assert_eq!(desk.state(order), OrderState::PartiallyFilled);
}

#[test]
fn an_order_without_an_answer_is_asked_about_ever_more_rarely_and_never_sent_again() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(5);
    desk.wait(4);
    assert!(desk.sent().is_empty());
    desk.wait(1);
    assert_eq!(desk.state(order), OrderState::Unknown);
    assert_eq!(desk.alerts(), [AlertKind::NoAcknowledgement]);
    assert_eq!(desk.asked(), [order]);
    for gap in [5, 10, 20, 40, 60, 60] {
        desk.wait(gap - 1);
        assert!(desk.sent().is_empty());
        desk.wait(1);
        assert_eq!(desk.asked(), [order]);
        assert_eq!(desk.sent().len(), 1);
    }
    desk.report(status(order, OrdStatus::New, 0));
    assert_eq!(desk.state(order), OrderState::New);
    desk.wait(120);
    assert!(desk.sent().is_empty());
}

#[test]
fn a_cancel_without_an_answer_that_the_broker_does_not_know_of_is_given_up() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.cancel(order);
    desk.wait(5);
    assert_eq!(desk.state(order), OrderState::Unknown);
    let question = desk.question();
    let later = desk.cancel(order);
    desk.input(Input::Execution(answer(question, order, OrdStatus::New, 0)), false);
    assert_eq!(desk.state(order), OrderState::PendingCancel, "the later cancel is on its way");
    assert_eq!(desk.orders.find(order).map(|o| o.open_requests().len()), Some(1));
    desk.report(report(later, ExecType::Canceled, OrdStatus::Canceled));
    assert_eq!(desk.state(order), OrderState::Canceled);
}

#[test]
fn an_answer_to_an_earlier_question_says_nothing_about_a_request_sent_after_it() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(2);
    desk.wait(5);
    let first_question = desk.question();
    let cancels: Vec<_> = (0..REQUESTS_MAX).map(|_| desk.cancel(order)).collect();
    desk.wait(5);
    let second_question = desk.question();
    desk.report(answer(first_question, order, OrdStatus::New, 0));
    assert_eq!(desk.state(order), OrderState::PendingCancel);
    // Each cancel that was given up too soon would make room for one more identity, until the one
    // that takes effect is forgotten and the report of it finds no order.
    for _ in 0..REQUESTS_MAX {
        desk.cancel(order);
        assert_eq!(desk.alerts(), [AlertKind::TableFull]);
    }
    desk.fill(order, 1, 1);
    let end = report(cancels[0], ExecType::Canceled, OrdStatus::Canceled);
    desk.report(ExecutionReport { cum_qty: 1, ..end });
    let change = desk.changes()[0];
    assert_eq!((change.state, change.cl_ord_id), (OrderState::Canceled, cancels[0]));
    desk.report(answer(second_question, cancels[0], OrdStatus::Canceled, 1));
    assert!(desk.changes().is_empty() && desk.alerts().is_empty());
}

#[test]
fn an_answer_to_an_earlier_question_does_not_give_up_a_replace_that_may_still_count() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(2);
    desk.wait(5);
    let question = desk.question();
    let replace = desk.replace(order, 4, PX);
    desk.wait(5);
    desk.report(answer(question, order, OrdStatus::New, 0));
    desk.fill(order, 2, 2);
    assert_eq!(desk.state(order), OrderState::PendingReplace, "it may work again");
    desk.report(report(replace, ExecType::Replaced, OrdStatus::PartiallyFilled));
    let change = desk.changes()[0];
    assert_eq!((change.state, change.leaves_qty), (OrderState::PartiallyFilled, 2));
}

#[test]
fn a_refusal_of_a_replace_that_was_given_up_does_not_end_the_order() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let replace = desk.replace(order, 4, PX);
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    desk.report(answer(desk.question(), order, OrdStatus::New, 0));
    assert_eq!(desk.state(order), OrderState::New);
    desk.report(report(replace, ExecType::Rejected, OrdStatus::Rejected));
    assert_eq!(desk.state(order), OrderState::New);
    assert_eq!(desk.alerts(), [AlertKind::BrokerReject]);

    let replace = desk.replace(order, 4, PX);
    desk.report(report(replace, ExecType::Replaced, OrdStatus::New));
    desk.report(report(replace, ExecType::Rejected, OrdStatus::Rejected));
    assert_eq!(desk.state(order), OrderState::Rejected, "this refuses the order itself");
}

#[test]
fn an_answer_that_names_no_question_gives_up_only_requests_of_earlier_sessions() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.cancel(order);
    desk.wait(5);
    assert_eq!(desk.asked(), [order]);
    desk.report(status(order, OrdStatus::New, 0));
    assert_eq!(desk.state(order), OrderState::PendingCancel);
    desk.wait(5);
    assert_eq!(desk.asked(), [order], "it is asked about until the cancel is answered");
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    desk.report(status(order, OrdStatus::New, 0));
    assert_eq!(desk.state(order), OrderState::New);
}

#[test]
fn an_order_that_the_broker_never_received_is_rejected() {
    let mut desk = ManagerUnderTest::new();
    let lost = desk.new_order(5);
    let known = desk.working(5);
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    assert_eq!(desk.asked(), [lost, known]);
    desk.report(status(lost, OrdStatus::Rejected, 0));
    assert_eq!(desk.state(lost), OrderState::Rejected);
    desk.report(status(known, OrdStatus::Rejected, 0));
    assert_eq!(desk.state(known), OrderState::Unknown, "it had been acknowledged");
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
    desk.report(status(known, OrdStatus::Rejected, 0));
    assert!(desk.alerts().is_empty(), "one alert is enough");
}

#[test]
fn a_lost_session_puts_every_live_order_in_doubt_until_it_is_answered() {
    let mut desk = ManagerUnderTest::new();
    let (working, part, gone, done) =
        (desk.working(5), desk.working(5), desk.working(5), desk.working(5));
    desk.fill(part, 1, 1);
    desk.fill(done, 5, 5);
    desk.session(SessionChange::Disconnected);
    assert_eq!(desk.changes().len(), 3);
    desk.wait(30);
    assert!(desk.sent().is_empty(), "there is nobody to ask");
    desk.session(SessionChange::LoggedOn);
    assert_eq!(desk.asked(), [working, part, gone]);
    desk.input(Input::Execution(status(working, OrdStatus::New, 0)), false);
    desk.input(Input::Execution(status(part, OrdStatus::PartiallyFilled, 3)), false);
    desk.input(Input::Execution(status(gone, OrdStatus::Canceled, 0)), false);
    assert_eq!(desk.state(working), OrderState::New);
    assert_eq!(desk.state(part), OrderState::Unknown, "two fills did not come");
    assert_eq!(desk.state(gone), OrderState::Canceled);
}

#[test]
fn an_order_that_ended_with_fills_on_their_way_ends_when_they_are_in() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let end = report(order, ExecType::Canceled, OrdStatus::Canceled);
    desk.report(ExecutionReport { cum_qty: 2, ..end });
    assert_eq!(desk.state(order), OrderState::Unknown);
    assert_eq!(desk.orders.find(order).map(|o| o.leaves_qty()), Some(2));
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
    desk.fill(order, 2, 2);
    let change = desk.changes()[0];
    assert_eq!((change.state, change.cum_qty, change.leaves_qty), (OrderState::Canceled, 2, 0));
}

#[test]
fn a_logon_with_many_live_orders_asks_about_a_bounded_number_at_a_time() {
    let mut desk = ManagerUnderTest::new();
    let orders: Vec<_> = (0..ASKS_PER_INPUT * 2 + 1).map(|_| desk.working(1)).collect();
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    let mut asked = desk.asked();
    assert_eq!(asked.len(), ASKS_PER_INPUT);
    for _ in 0..2 {
        desk.wait(1);
        asked.extend(desk.asked());
    }
    assert_eq!(asked, orders);
}

#[test]
fn a_message_that_the_session_layer_refused_never_reached_the_book() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(5);
    desk.session_about(SessionChange::MessageRejected, order);
    assert_eq!(desk.state(order), OrderState::Rejected);
    assert_eq!(desk.alerts(), [AlertKind::SessionReject]);

    let order = desk.working(5);
    let cancel = desk.cancel(order);
    desk.session_about(SessionChange::MessageRejected, cancel);
    assert_eq!(desk.state(order), OrderState::New);
    assert_eq!(desk.asked(), [order]);
}

#[test]
fn a_refused_status_request_does_not_reject_its_order() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_order(5);
    desk.wait(5);
    assert_eq!(desk.asked(), [order]);
    desk.session_about(SessionChange::MessageRejected, order);
    assert_eq!(desk.state(order), OrderState::Unknown);
}

#[test]
fn a_restart_doubts_the_brokers_orders_and_drops_the_simulated_ones() {
    let mut desk = ManagerUnderTest::new();
    let broker = desk.working(5);
    let paper = desk.approve(OutboundKind::New, ClOrdId::NONE, Route::PAPER, 5, PX);
    let shadow = desk.approve(OutboundKind::New, ClOrdId::NONE, Route::SHADOW, 5, PX);
    desk.run_start();
    assert_eq!(desk.state(broker), OrderState::Unknown);
    assert_eq!(desk.state(paper), OrderState::Canceled);
    assert_eq!(desk.state(shadow), OrderState::Canceled);
    assert!(desk.sent().is_empty());
    desk.session(SessionChange::LoggedOn);
    assert_eq!(desk.asked(), [broker]);
}

#[test]
fn an_answer_that_nobody_asked_for_and_that_contradicts_is_asked_about() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.report(status(order, OrdStatus::Filled, 5));
    assert_eq!(desk.state(order), OrderState::Unknown);
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
    desk.wait(5);
    assert_eq!(desk.asked(), [order]);
}

#[test]
fn an_answer_sent_again_after_the_session_was_lost_does_not_settle_a_doubt() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    let old = status(order, OrdStatus::New, 0);
    desk.report(ExecutionReport { poss_dup: true, ..old });
    assert_eq!(desk.state(order), OrderState::Unknown);
    desk.report(old);
    assert_eq!(desk.state(order), OrderState::New);
}

#[test]
fn an_order_that_the_brokers_list_is_without_is_asked_about_and_one_on_it_is_not() {
    let mut desk = ManagerUnderTest::new();
    let (listed, missing) = (desk.working(5), desk.working(3));
    let id = Enquiry::id_of(desk.seq + 1, 0);
    let question = Enquiry { route: Route::BROKER, id, what: Enquired::Orders, account: None };
    desk.seq += 1;
    desk.feed(&ToOrders::Effect(Effect::Enquiry(question)));
    assert!(desk.orders.awaits_a_broker());
    let later = desk.working(1);
    let of = status(listed, OrdStatus::New, 0);
    desk.report(ExecutionReport { ord_status_req_id: Enquiry::seq_of(id), ..of });
    let (what, account, outcome) = (question.what, None, EnquiryOutcome::Differs);
    let ended =
        EnquiryEnded { route: Route::BROKER, id, what, account, outcome, lines: 1, breaks: 1 };
    desk.feed(&ToOrders::Effect(Effect::EnquiryEnded(ended)));
    assert_eq!(desk.asked(), [missing]);
    assert!(!desk.orders.awaits_a_broker());
    assert_eq!(desk.state(later), OrderState::New, "it was sent after the question");
}

/// Limits of an account, the headroom for exits and cancels among its messages.
fn account_of(id: u16, messages_per_second: u32, cancel_headroom: u32) -> AccountDefinition {
    let (account, name) = (AccountId(id), Text::EMPTY);
    let max_position = 0;
    AccountDefinition { account, name, max_position, messages_per_second, cancel_headroom }
}

#[test]
fn questions_keep_to_the_message_rate_less_half_the_headroom() {
    let mut desk = ManagerUnderTest::new();
    desk.input(Input::Account(account_of(0, 10, 4)), false);
    let orders: Vec<_> = (0..20).map(|_| desk.working(1)).collect();
    desk.session(SessionChange::Disconnected);
    desk.wait(2);
    desk.session(SessionChange::LoggedOn);
    let mut asked = desk.asked();
    assert_eq!(asked.len(), 8);
    for more in [8, 4, 0] {
        desk.wait(1);
        assert_eq!(desk.asked().len(), more, "after {} questions", asked.len());
        asked.extend(desk.asked());
    }
    assert_eq!(asked, orders);
}

#[test]
fn what_risk_sent_within_the_second_counts_for_questions() {
    for (others, asks) in [(6, true), (7, false)] {
        let mut desk = ManagerUnderTest::new();
        desk.input(Input::Account(account_of(0, 10, 4)), false);
        let order = desk.working(1);
        desk.wait(2);
        let cancel = desk.cancel(order);
        for _ in 0..others {
            desk.working(1);
        }
        // It does not know the order (FIX 102=1).
        desk.refuse_request(cancel, 1, OrdStatus::New);
        assert_eq!(desk.asked().contains(&order), asks, "after {} messages", others + 1);
        desk.wait(1);
        assert_eq!(desk.asked().contains(&order), !asks, "a second later");
    }
}

#[test]
fn questions_of_one_account_or_route_take_nothing_from_anothers() {
    let mut rates = Rates::new();
    let now = UnixNanos(1_700_000_000 * NANOS_PER_SECOND);
    (0..4).for_each(|id| rates.define(&account_of(id, 10, 4)));
    for account in (0..4).map(AccountId) {
        for route in Route::ALL {
            let order = order_of(account, route);
            let asked = (0..20).take_while(|_| rates.allow_question(&order, now)).count();
            assert_eq!(asked, 8, "{account:?} by {route:?}");
        }
    }
}

fn order_of(account: AccountId, route: Route) -> Order {
    Order::new(
        &OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId(1 << 20),
            orig_cl_ord_id: ClOrdId::NONE,
            bot: BotId(0),
            account,
            instrument: InstrumentId(0),
            route,
            side: Side::Buy,
            qty: 1,
            price: PX,
            time_in_force: TimeInForce::Day,
            terms: Terms::LIMIT,
        },
        UnixNanos(0),
    )
}
