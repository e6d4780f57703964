//! How replaces, questions, fills without a price and the calendar change what is known of an order: at the
//! identity, the contract and the second that decide.

use super::report_tests::{FIRST, LATER, PX, moment, order, report};
use super::*;
use crate::input::OrdStatus::{self, New, PartiallyFilled};
use crate::units::PRICE_SCALE;

const HIGHER: Price = Price(PX.0 + PRICE_SCALE);
const LAST: ClOrdId = ClOrdId(3 << 20);

fn second(second: u64) -> StreamPoint {
    StreamPoint { seq: 9, now: UnixNanos(second * NANOS_PER_SECOND) }
}

fn replace(id: ClOrdId, qty: u32, price: Price) -> Request {
    Request { id, replace: Some((qty, price)), stop_px: Price::NONE }
}

/// A request about it goes out, and it is found by that.
fn asks(order: &mut Order, request: Request) {
    assert!(order.request(request, moment(1)));
    order.add_identity(request.id, FIRST);
}

/// An acknowledged order of two with these requests unanswered.
fn with(requests: &[Request]) -> Order {
    let mut order = order(true);
    requests.iter().for_each(|request| asks(&mut order, *request));
    order
}

fn named(cl_ord_id: ClOrdId, report: ExecutionReport) -> ExecutionReport {
    ExecutionReport { cl_ord_id, ..report }
}

fn told(order: &mut Order, report: &ExecutionReport) -> Remarks {
    let remarks = order.on_execution(report, true, moment(9));
    order.assert_sound();
    remarks
}

fn status(ord_status: OrdStatus, cum_qty: u32) -> ExecutionReport {
    ExecutionReport { cum_qty, ..report(ExecType::OrderStatus, ord_status, 0) }
}

fn fill(last_qty: u32, last_px: Price, cum_qty: u32) -> ExecutionReport {
    let trade = report(ExecType::Trade, PartiallyFilled, 0);
    ExecutionReport { last_qty, last_px, cum_qty, ..trade }
}

fn replaced(id: ClOrdId, order_qty: u32, price: Price) -> ExecutionReport {
    let replaced = report(ExecType::Replaced, New, 0);
    ExecutionReport { order_qty, price, ..named(id, replaced) }
}

#[test]
fn only_a_broker_is_asked_about_an_order_that_works() {
    let asked = |mut order: Order| {
        order.on_enquiry(moment(9));
        order.is_ask_due(moment(9).now)
    };
    assert!(asked(order(true)));
    let simulated = Order { route: Route::PAPER, ..order(true) };
    assert!(!asked(simulated), "a simulator has no more to say");
    let mut ended = order(true);
    told(&mut ended, &report(ExecType::Canceled, OrdStatus::Canceled, 0));
    assert!(!asked(ended), "it is over");
}

#[test]
fn a_replace_counts_by_the_terms_told_else_by_those_asked_for_and_is_asked_about_without_either() {
    // Whether a replace was asked for, the quantity told, the quantity then, and whether it is asked about.
    for (was_asked, order_qty, qty, is_asked_about) in
        [(true, 3, 3, false), (true, 0, 4, false), (false, 3, 3, false), (false, 0, 2, true)]
    {
        let requests = if was_asked { vec![replace(LATER, 4, HIGHER)] } else { vec![] };
        let mut order = with(&requests);
        told(&mut order, &replaced(LATER, order_qty, Price::NONE));
        let case = format!("asked for {was_asked}, told {order_qty}");
        assert_eq!(order.qty(), qty, "{case}");
        assert_eq!(order.price(), if was_asked { HIGHER } else { PX }, "{case}");
        assert_eq!(order.is_ask_due(moment(9).now), is_asked_about, "{case}");
        // It is known by no identity that was never one of its own.
        assert_eq!(order.cl_ord_id(), if was_asked { LATER } else { FIRST }, "{case}");
    }
}

#[test]
fn a_replace_that_a_later_one_overtook_changes_nothing_and_the_one_that_counts_may_be_told_again() {
    let mut order = with(&[replace(LATER, 4, PX), replace(LAST, 5, HIGHER)]);
    told(&mut order, &replaced(LAST, 0, Price::NONE));
    assert_eq!((order.qty(), order.price(), order.cl_ord_id()), (5, HIGHER, LAST));
    told(&mut order, &replaced(LATER, 4, PX));
    assert_eq!((order.qty(), order.price(), order.cl_ord_id()), (5, HIGHER, LAST));
    told(&mut order, &replaced(LAST, 6, PX));
    assert_eq!((order.qty(), order.price(), order.cl_ord_id()), (6, PX, LAST));
    // Its end, told by an earlier name, does not take its name back.
    told(&mut order, &report(ExecType::Canceled, OrdStatus::Canceled, 0));
    assert_eq!((order.state(), order.cl_ord_id()), (OrderState::Canceled, LAST));
}

#[test]
fn a_status_by_the_name_of_a_replace_says_that_it_counts_and_by_that_of_a_cancel_nothing() {
    let asked = [replace(LATER, 4, HIGHER), Request::cancel(LAST)];
    let mut order = with(&asked);
    told(&mut order, &named(LATER, status(New, 0)));
    assert_eq!((order.qty(), order.price(), order.cl_ord_id()), (4, HIGHER, LATER));
    assert_eq!(order.open_requests(), &asked[1..], "the cancel is on its way");
    for requests in [&asked[..], &asked[1..]] {
        let mut order = with(requests);
        told(&mut order, &named(LAST, status(New, 0)));
        assert_eq!((order.qty(), order.price(), order.cl_ord_id()), (2, PX, FIRST));
        assert_eq!(order.open_requests(), requests);
    }
}

#[test]
fn an_answer_gives_up_what_was_sent_before_its_question_and_not_with_it() {
    // The request is of the second input.
    for (question, open) in [(1, 1), (2, 1), (3, 0)] {
        let mut order = with(&[Request::cancel(LATER)]);
        let answer = ExecutionReport { ord_status_req_id: question, ..status(New, 0) };
        told(&mut order, &answer);
        assert_eq!(order.open_requests().len(), open, "question {question}");
    }
}

#[test]
fn an_order_that_is_filled_waits_for_a_replace_only_if_that_may_make_it_work_again() {
    for (asked, state) in
        [(1, OrderState::Filled), (2, OrderState::Filled), (3, OrderState::PendingReplace)]
    {
        let mut order = with(&[replace(LATER, asked, HIGHER)]);
        told(&mut order, &fill(2, PX, 2));
        assert_eq!(order.state(), state, "to {asked}");
    }
    // A status that says so too contradicts nothing.
    let mut order = with(&[replace(LATER, 3, HIGHER)]);
    told(&mut order, &fill(2, PX, 2));
    assert_eq!(told(&mut order, &status(OrdStatus::Filled, 2)), [None, None]);
    assert_eq!(order.state(), OrderState::PendingReplace);
    let mut short = order_filled_by(1);
    let remarks = told(&mut short, &status(OrdStatus::Filled, 1));
    assert_eq!((remarks[0], short.state()), (Some(Remark::MissesFills), OrderState::Unknown));
}

fn order_filled_by(qty: u32) -> Order {
    let mut order = order(true);
    told(&mut order, &fill(qty, PX, qty));
    order
}

#[test]
fn a_broker_that_has_an_order_but_did_not_accept_it_has_as_long_again_for_that_alone() {
    let pending = report(ExecType::PendingNew, OrdStatus::PendingNew, 0);
    let mut new = order(false);
    assert!(new.is_overdue(second(5).now) && !new.is_overdue(second(4).now));
    new.on_execution(&pending, true, second(3));
    assert!(new.is_overdue(second(8).now) && !new.is_overdue(second(7).now));
    new.on_timer(second(8));
    assert_eq!(new.state(), OrderState::Unknown);
    new.on_execution(&pending, true, second(9));
    assert_eq!(new.state(), OrderState::PendingNew, "it is heard of again");
    // Of an order that works it is old news, and says nothing about a cancel of it.
    let mut cancelled = order(true);
    assert!(cancelled.request(Request::cancel(LATER), second(1)));
    cancelled.on_execution(&pending, true, second(3));
    assert!(cancelled.is_overdue(second(6).now));
}

#[test]
fn more_than_was_ordered_is_remarked_on_at_the_fill_that_makes_it_more() {
    let overfilled = |qty: u32| told(&mut order(true), &fill(qty, PX, qty));
    assert_eq!(overfilled(2), [None, None]);
    assert_eq!(overfilled(3), [Some(Remark::Overfilled), None]);
    let mut order = order_filled_by(3);
    assert_eq!(told(&mut order, &fill(0, PX, 3)), [None, Some(Remark::FilledLate)]);
    assert_eq!(order.cum_qty(), 3);
}

#[test]
fn a_fill_without_a_price_is_missing_until_its_price_is_known_and_one_of_nothing_is_nothing() {
    // A broker may not count a fill in its sum, or count one more that did not come.
    for (cum_qty, missing) in [(0, 1), (1, 1), (2, 2)] {
        let mut order = order(true);
        let remarks = told(&mut order, &fill(1, Price::NONE, cum_qty));
        assert_eq!(remarks, [Some(Remark::MissesFills), None]);
        assert!(order.is_ask_due(moment(9).now) && order.cum_qty() == 0);
        order.book(missing - 1, PX, missing - 1, moment(10));
        assert!(order.misses_fills(), "one is left");
        order.book(1, PX, missing, moment(11));
        assert!(!order.misses_fills(), "the broker counts {cum_qty}");
    }
    let mut order = order(true);
    assert_eq!(told(&mut order, &fill(0, Price::NONE, 0)), [None, None]);
    assert_eq!((order.is_ask_due(moment(9).now), order.state()), (false, OrderState::New));
}

#[test]
fn what_a_broker_counts_moves_back_only_after_a_fill_was_taken_back() {
    for (taken_back, missing) in [(true, false), (false, true)] {
        let mut order = order(true);
        if taken_back {
            order.book(1, PX, 1, moment(7));
            order.take_back(1, PX, moment(8));
        }
        told(&mut order, &status(PartiallyFilled, 1));
        assert!(order.misses_fills());
        told(&mut order, &status(New, 0));
        assert_eq!(order.misses_fills(), missing, "taken back: {taken_back}");
    }
}

#[test]
fn a_status_that_counts_less_than_came_puts_the_order_in_doubt_once() {
    for (cum_qty, remark) in [(0, Some(Remark::CountsLess)), (1, None)] {
        let mut order = order_filled_by(1);
        assert_eq!(told(&mut order, &status(PartiallyFilled, cum_qty)), [remark, None]);
        assert_eq!(order.is_in_doubt(), remark.is_some());
        assert_eq!(told(&mut order, &status(PartiallyFilled, cum_qty)), [None, None]);
    }
}

#[test]
fn the_price_of_a_missing_fill_is_known_unless_fills_before_it_have_none() {
    let request = OrderRequest { qty: 3, ..asked_for(&order(false)) };
    for (cum_qty, paid_px, missing) in
        [(0, Price::NONE, Some((1, PX))), (1, Price::NONE, None), (1, PX, Some((1, PX)))]
    {
        let mut found = Order::found(&request, cum_qty, paid_px, UnixNanos(1));
        let counted = ExecutionReport { last_px: PX, ..status(PartiallyFilled, cum_qty + 1) };
        told(&mut found, &counted);
        assert_eq!(found.missing_fill(), missing, "{cum_qty} filled at {paid_px:?}");
    }
}

fn asked_for(order: &Order) -> OrderRequest {
    OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: order.first_id(),
        orig_cl_ord_id: ClOrdId::NONE,
        bot: order.bot(),
        account: order.account(),
        instrument: order.instrument(),
        route: order.route(),
        side: order.side(),
        qty: order.qty(),
        price: order.price(),
        time_in_force: order.time_in_force(),
        terms: *order.terms(),
    }
}

#[test]
fn an_identity_too_many_takes_the_place_of_the_oldest_that_nobody_needs() {
    let id = |nth: usize| ClOrdId((nth as u64) << 20);
    let mut order = with(&[replace(id(2), 4, PX)]);
    told(&mut order, &replaced(id(2), 4, PX));
    for nth in 3..=IDENTITIES_MAX {
        assert_eq!(order.add_identity(id(nth), FIRST), None);
    }
    assert!(order.request(Request::cancel(id(4)), moment(9)));
    // The first, the confirmed, the one that the newest request names, and one that is unanswered stay.
    assert_eq!(order.add_identity(id(9), id(3)), Some(id(5)));
    let kept = [1, 2, 3, 4, 6, 7, 8, 9].map(id);
    assert_eq!(order.identities(), kept);
}

#[test]
fn a_report_is_of_an_order_by_side_and_instrument_but_for_one_that_its_broker_does_not_know() {
    let order = order(true);
    let of_sell = |exec_type, ord_status, cum_qty| {
        let report = report(exec_type, ord_status, 0);
        order.agrees_with(&ExecutionReport { side: Side::Sell, cum_qty, ..report })
    };
    assert!(of_sell(ExecType::OrderStatus, OrdStatus::Rejected, 0));
    assert!(!of_sell(ExecType::OrderStatus, OrdStatus::Rejected, 1));
    assert!(!of_sell(ExecType::OrderStatus, New, 0));
    assert!(!of_sell(ExecType::Rejected, OrdStatus::Rejected, 0));
    let within = |instrument| {
        let report = report(ExecType::New, New, 0);
        order.agrees_with(&ExecutionReport { instrument, ..report })
    };
    assert!(within(None) && within(Some(InstrumentId(0))) && !within(Some(InstrumentId(1))));
}

#[test]
fn a_person_is_told_of_an_order_that_its_broker_suspended_or_stopped() {
    for exec_type in [ExecType::Suspended, ExecType::Stopped] {
        let remarks = told(&mut order(true), &report(exec_type, OrdStatus::Suspended, 2));
        assert_eq!(remarks, [Some(Remark::Suspended), None]);
    }
    assert_eq!(told(&mut order(true), &report(ExecType::New, New, 2)), [None, None]);
}

#[test]
fn an_order_whose_session_ended_while_its_broker_was_away_has_a_minute_from_its_return() {
    let end = second(100).now;
    // The second of the logon, and that by which its broker has to have said how it ended.
    for (logon, over) in [(50, 160), (100, 160), (200, 260)] {
        let mut order = order(true).until(Some(end));
        order.on_route_down(second(10));
        assert!(!order.has_outlived_its_session(second(1_000).now), "nobody can be asked");
        order.on_logged_on(second(logon));
        order.on_execution(&status(New, 0), true, second(logon));
        let outlived = |at| order.has_outlived_its_session(second(at).now);
        assert!(outlived(over) && !outlived(over - 1), "logged on at {logon}");
    }
}
