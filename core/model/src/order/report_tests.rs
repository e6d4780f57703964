//! What reports, refusals and a journal's word make of an order, where one contract or one identity decides.

use super::*;
use crate::effect::{Emulation, OrderType};
use crate::ids::{AccountId, BotId, InstrumentId};
use crate::input::{StatedOrder, StatedRole};
use crate::text::Text;
use crate::units::PRICE_SCALE;

pub(super) const PX: Price = Price(5_000 * PRICE_SCALE);
pub(super) const FIRST: ClOrdId = ClOrdId(1 << 20);
pub(super) const LATER: ClOrdId = ClOrdId(2 << 20);

pub(super) fn moment(seq: u64) -> StreamPoint {
    StreamPoint { seq, now: UnixNanos(seq) }
}

/// An order of two contracts that its broker may or may not have acknowledged.
pub(super) fn order(acknowledged: bool) -> Order {
    let request = OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: FIRST,
        orig_cl_ord_id: ClOrdId::NONE,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        route: Route::BROKER,
        side: Side::Buy,
        qty: 2,
        price: PX,
        time_in_force: TimeInForce::Day,
        terms: Terms::LIMIT,
    };
    let mut order = Order::new(&request, UnixNanos(0));
    if acknowledged {
        order.acknowledge();
    }
    order
}

pub(super) fn report(
    exec_type: ExecType,
    ord_status: OrdStatus,
    leaves_qty: u32,
) -> ExecutionReport {
    ExecutionReport {
        route: Route::BROKER,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: FIRST,
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
        leaves_qty,
        cum_qty: 0,
        order_qty: 0,
        price: Price::NONE,
        transact_time: UnixNanos(0),
        reject_reason: 0,
        text: Text::EMPTY,
    }
}

#[test]
fn only_a_status_with_contracts_left_says_that_an_order_works() {
    let (status, restated) = (ExecType::OrderStatus, ExecType::Restated);
    let works = [OrdStatus::New, OrdStatus::PartiallyFilled, OrdStatus::Suspended];
    for ord_status in works {
        for exec_type in [status, restated] {
            assert!(says_working(&report(exec_type, ord_status, 1), true));
            assert!(!says_working(&report(exec_type, ord_status, 0), true), "nothing is left");
        }
        assert!(!says_working(&report(ExecType::New, ord_status, 1), true), "it may be late");
        // A status is news however often it was told, unless its broker says that it repeats itself.
        assert!(says_working(&report(status, ord_status, 1), false));
        assert!(!says_working(&report(restated, ord_status, 1), false));
        let again = ExecutionReport { poss_dup: true, ..report(status, ord_status, 1) };
        assert!(!says_working(&again, true));
    }
    assert!(!says_working(&report(status, OrdStatus::Canceled, 1), true));
}

#[test]
fn a_message_that_the_session_refused_ends_an_order_that_nobody_has_received_and_no_other() {
    for (acknowledged, id, ends) in
        [(false, FIRST, true), (true, FIRST, false), (false, LATER, false), (true, LATER, false)]
    {
        let mut order = order(acknowledged);
        order.on_message_rejected(id, moment(9));
        assert_eq!(order.is_final(), ends, "acknowledged {acknowledged}, about {id}");
        assert_eq!(order.may_fill(), if ends { 0 } else { 2 });
    }
}

#[test]
fn an_order_that_is_taken_over_is_found_by_the_identity_of_now_and_by_its_first() {
    let stated = |cl_ord_id| StatedOrder {
        route: Route::BROKER,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        order: FIRST,
        cl_ord_id,
        side: Side::Buy,
        qty: 5,
        cum_qty: 2,
        paid_px: PX,
        price: PX,
        order_type: OrderType::Limit,
        stop_px: Price::NONE,
        time_in_force: TimeInForce::GoodTillCancel,
        expires: UnixNanos(0),
        emulation: Emulation::NONE,
        parent: ClOrdId::NONE,
        sent_at: UnixNanos(0),
        role: StatedRole::Asked,
    };
    let never_replaced = Order::taken_over(&stated(FIRST), UnixNanos(1));
    assert_eq!(never_replaced.identities(), [FIRST]);
    assert_eq!(never_replaced.cl_ord_id(), FIRST);
    let replaced = Order::taken_over(&stated(LATER), UnixNanos(1));
    assert_eq!(replaced.identities(), [FIRST, LATER]);
    assert_eq!((replaced.first_id(), replaced.cl_ord_id()), (FIRST, LATER));
    for mut order in [never_replaced, replaced] {
        assert!(order.is_in_doubt());
        assert_eq!((order.cum_qty(), order.may_fill()), (2, 3));
        order.on_logged_on(moment(9));
        assert!(order.is_in_doubt(), "its broker is asked");
        order.assert_sound();
    }
}

#[test]
fn late_words_on_an_order_that_ended_are_remarked_on_where_they_say_that_it_works() {
    let after = |exec_type, ord_status, leaves_qty| {
        let mut ended = order(true);
        let end = report(ExecType::Canceled, OrdStatus::Canceled, 0);
        assert_eq!(ended.on_execution(&end, true, moment(9)), [None, None]);
        ended.on_execution(&report(exec_type, ord_status, leaves_qty), true, moment(10))[0]
    };
    for (exec_type, ord_status) in [
        (ExecType::New, OrdStatus::New),
        (ExecType::PendingNew, OrdStatus::PendingNew),
        (ExecType::PendingCancel, OrdStatus::PendingCancel),
        (ExecType::PendingReplace, OrdStatus::PendingReplace),
        (ExecType::Triggered, OrdStatus::New),
        (ExecType::Canceled, OrdStatus::Canceled),
        (ExecType::Expired, OrdStatus::Expired),
    ] {
        assert_eq!(after(exec_type, ord_status, 2), None, "{exec_type:?} comes late");
    }
    assert_eq!(after(ExecType::OrderStatus, OrdStatus::Canceled, 0), None);
    assert_eq!(after(ExecType::OrderStatus, OrdStatus::New, 0), None);
    for (exec_type, ord_status) in [
        (ExecType::OrderStatus, OrdStatus::New),
        (ExecType::Restated, OrdStatus::New),
        (ExecType::Rejected, OrdStatus::Rejected),
    ] {
        assert_eq!(after(exec_type, ord_status, 2), Some(Remark::ReportAfterEnd), "{exec_type:?}");
    }
}

#[test]
fn a_fill_that_was_taken_back_is_no_part_of_the_mean_that_tells_a_missing_one() {
    let mut order = order(true);
    let px = |points: i64| Price(points * PRICE_SCALE);
    order.book(1, px(5_003), 1, moment(9));
    order.take_back(1, px(5_003), moment(10));
    assert_eq!(order.cum_qty(), 0);
    order.book(1, px(5_000), 1, moment(11));
    let told = ExecutionReport {
        cum_qty: 2,
        last_px: px(5_001),
        ..report(ExecType::OrderStatus, OrdStatus::PartiallyFilled, 0)
    };
    order.on_execution(&told, true, moment(12));
    // Two at a mean of 5001, one of them at 5000.
    assert_eq!(order.missing_fill(), Some((1, px(5_002))));
}
