//! What goes to a route for an order that it does not take as it is, and what a broker's list and a
//! journal say of one.

use super::Outbound;
use super::desk::{ManagerUnderTest, PX, status};
use gauntlet_model::effect::{
    Emulation, Enquiry, OrderState, OrderType, OutboundKind, OutboundRecord, TimeInForce,
};
use gauntlet_model::ids::{AccountId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BrokerOrder, ExecutionReport, Input, OrdStatus, Route, SessionChange, Stated, StatedKind,
};
use gauntlet_model::order::Terms;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};

const ALONE: [Emulation; 5] = [
    Emulation::AT_COLLAR,
    Emulation::AT_BEST,
    Emulation::HELD,
    Emulation::UNTIL_DATE,
    Emulation::CARRIED,
];

/// What an order of some terms is sent as.
fn sent_as(
    order_type: OrderType,
    emulation: Emulation,
    time_in_force: TimeInForce,
) -> (OrderType, TimeInForce) {
    let mut desk = ManagerUnderTest::new();
    let terms = Terms { order_type, emulation, ..Terms::LIMIT };
    let asked = (OutboundKind::New, ClOrdId::NONE, Route::BROKER);
    desk.approve_terms(asked, (1, PX, time_in_force), terms);
    let record: OutboundRecord = desk.sent()[0];
    let outbound = Outbound::unchecked(record).with(terms);
    (outbound.order_type(), outbound.life())
}

#[test]
fn an_order_goes_as_what_stands_for_it_and_any_other_as_it_is() {
    let day = TimeInForce::Day;
    for order_type in OrderType::ALL {
        assert_eq!(sent_as(order_type, Emulation::NONE, day), (order_type, day));
        for emulation in ALONE {
            let expected = match order_type {
                _ if emulation == Emulation::AT_COLLAR => OrderType::Limit,
                _ if emulation == Emulation::AT_BEST => OrderType::Limit,
                // The market is at its stop: what is left of it is the order behind the stop.
                OrderType::Stop if emulation == Emulation::HELD => OrderType::Market,
                OrderType::StopLimit if emulation == Emulation::HELD => OrderType::Limit,
                order_type => order_type,
            };
            let (went_as, _) = sent_as(order_type, emulation, day);
            assert_eq!(went_as, expected, "{order_type:?} with {emulation:?}");
        }
    }
}

#[test]
fn a_date_that_is_kept_here_is_none_to_the_route() {
    let (day, cancelled) = (TimeInForce::Day, TimeInForce::GoodTillCancel);
    let dated = TimeInForce::GoodTillDate;
    for life in TimeInForce::ALL {
        for emulation in ALONE {
            let expected = match life {
                _ if emulation == Emulation::CARRIED => day,
                _ if life == dated && emulation == Emulation::UNTIL_DATE => cancelled,
                life => life,
            };
            let (_, lives) = sent_as(OrderType::Limit, emulation, life);
            assert_eq!(lives, expected, "{life:?} with {emulation:?}");
        }
    }
}

/// A line of the broker's list.
fn line(cl_ord_id: ClOrdId, enquiry: u64, ord_status: OrdStatus) -> Input {
    Input::BrokerOrder(BrokerOrder {
        route: Route::BROKER,
        enquiry,
        msg_seq_num: 0,
        total: 1,
        is_last: true,
        cl_ord_id,
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::new("B1"),
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        symbol: Text::new("ESZ6"),
        ord_status,
        side: Side::Buy,
        leaves_qty: if ord_status == OrdStatus::New { 2 } else { 0 },
        cum_qty: 0,
        order_qty: 2,
        price: PX,
        avg_px: Price::NONE,
        transact_time: UnixNanos(0),
    })
}

#[test]
fn a_line_of_the_brokers_list_is_the_status_of_its_order_where_it_answers_a_question() {
    let told = |named: bool, asks: bool| {
        let mut desk = ManagerUnderTest::new();
        let order = desk.working(2);
        desk.session(SessionChange::Disconnected);
        desk.session(SessionChange::LoggedOn);
        let enquiry = if asks { Enquiry::id_of(desk.seq + 1, 0) } else { 0 };
        desk.seq += 1;
        let named = if named { order } else { ClOrdId::NONE };
        desk.input(line(named, enquiry, OrdStatus::Canceled), false);
        desk.state(order)
    };
    assert_eq!(told(true, true), OrderState::Canceled);
    assert_eq!(told(true, false), OrderState::Unknown, "it speaks of some time in the past");
    assert_eq!(told(false, true), OrderState::Unknown, "it is of no order of ours");
}

#[test]
fn an_order_that_a_journal_says_is_none_is_written_off_and_no_other() {
    let mut desk = ManagerUnderTest::new();
    let (gone, other) = (desk.working(2), desk.working(2));
    let none = |order: ClOrdId| Stated {
        kind: StatedKind::NoOrder,
        route: Route::BROKER,
        bot: order.bot(),
        account: AccountId(0),
        instrument: InstrumentId(0),
        order,
        cl_ord_id: order,
        side: Side::Buy,
        qty: 2,
        cum_qty: 0,
        price: PX,
        time_in_force: TimeInForce::Day,
        held: 0,
        cost: 0,
        realized: Money(0),
        volume: 0,
    };
    let (about_gone, about_nobody) = (none(gone), none(ClOrdId(0xabc << 20)));
    desk.input(Input::Stated(about_nobody), false);
    assert_eq!(desk.changes(), []);
    desk.input(Input::Stated(about_gone), false);
    assert!(desk.orders.find(gone).is_none_or(|order| order.is_final()));
    assert_eq!(desk.state(other), OrderState::New);
    desk.report(ExecutionReport { leaves_qty: 2, ..status(other, OrdStatus::New, 0) });
    assert_eq!(desk.state(other), OrderState::New);
}
