//! Order types and lives beyond a limit for the day.

use super::FromOrders;
use super::desk::{ManagerUnderTest, PX, report, status};
use gauntlet_model::effect::{
    Effect, OrderState, OrderTerms, OrderType, OutboundKind, TimeInForce,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::Input;
use gauntlet_model::input::{
    ExecType, ExecutionReport, OrdStatus, Route, RunStart, SessionChange, Stated, StatedKind,
    StatedOrder, StatedRole,
};
use gauntlet_model::order::Terms;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, PRICE_SCALE, Price, Side, UnixNanos};

const STOP: Price = Price(PX.0 - 10 * PRICE_SCALE);
const LOWER: Price = Price(PX.0 - 12 * PRICE_SCALE);

fn stop() -> Terms {
    Terms { order_type: OrderType::Stop, stop_px: STOP, ..Terms::LIMIT }
}

impl ManagerUnderTest {
    fn new_with(&mut self, price: Price, life: TimeInForce, terms: Terms) -> ClOrdId {
        let new = (OutboundKind::New, ClOrdId::NONE, Route::BROKER);
        self.approve_terms(new, (5, price, life), terms)
    }

    fn terms_told(&self) -> Vec<OrderTerms> {
        let terms = |out: &FromOrders| match out {
            FromOrders::Effect(Effect::Terms(terms)) => Some(*terms),
            _ => None,
        };
        self.out.iter().filter_map(terms).collect()
    }

    fn working_stop(&mut self, life: TimeInForce) -> ClOrdId {
        let order = self.new_with(Price::NONE, life, stop());
        self.report(report(order, ExecType::New, OrdStatus::New));
        order
    }

    fn terms_of(&self, order: ClOrdId) -> Terms {
        *self.orders.find(order).expect("known").terms()
    }
}

#[test]
fn terms_are_told_right_before_the_message_that_asks_for_them_and_go_with_it() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.new_with(Price::NONE, TimeInForce::GoodTillCancel, stop());
    let told = desk.terms_told();
    assert_eq!(told.len(), 1);
    let OrderTerms { order_type, time_in_force, stop_px, .. } = told[0];
    assert_eq!(
        (order_type, time_in_force, stop_px),
        (OrderType::Stop, TimeInForce::GoodTillCancel, STOP)
    );
    assert_eq!((told[0].order, told[0].cl_ord_id), (order, order));
    let at =
        |wanted: fn(&FromOrders) -> bool| desk.out.iter().position(wanted).expect("it is there");
    let terms = at(|out| matches!(out, FromOrders::Effect(Effect::Terms(_))));
    let message = at(|out| matches!(out, FromOrders::Effect(Effect::Outbound(_))));
    assert_eq!(terms + 1, message);
    let sent = desk.out.iter().find_map(|out| match out {
        FromOrders::Send(outbound) => Some(*outbound.terms()),
        _ => None,
    });
    assert_eq!(sent, Some(stop()));
    // What an outbound record says whole is told by nothing else.
    desk.new_order(5);
    assert!(desk.terms_told().is_empty());
}

#[test]
fn a_replaced_stop_price_counts_once_confirmed_and_not_when_refused() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working_stop(TimeInForce::Day);
    let replace = |desk: &mut ManagerUnderTest, stop_px| {
        let asked = (OutboundKind::Replace, order, Route::BROKER);
        let terms = Terms { stop_px, ..stop() };
        desk.approve_terms(asked, (5, Price::NONE, TimeInForce::Day), terms)
    };
    let refused = replace(&mut desk, LOWER);
    assert_eq!(desk.terms_told()[0].stop_px, LOWER);
    assert_eq!(desk.terms_of(order).stop_px, STOP);
    desk.refuse_request(refused, 2, OrdStatus::New);
    assert_eq!(desk.terms_of(order).stop_px, STOP);
    let taken = replace(&mut desk, LOWER);
    desk.report(report(taken, ExecType::Replaced, OrdStatus::New));
    assert_eq!((desk.terms_of(order).stop_px, desk.state(order)), (LOWER, OrderState::New));
}

#[test]
fn a_stop_that_is_triggered_works_on_and_fills() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working_stop(TimeInForce::Day);
    desk.report(report(order, ExecType::Triggered, OrdStatus::New));
    assert_eq!(desk.state(order), OrderState::New);
    assert!(desk.alerts().is_empty());
    desk.fill(order, 5, 5);
    assert_eq!(desk.state(order), OrderState::Filled);
    // Told late, it is old news.
    desk.report(report(order, ExecType::Triggered, OrdStatus::New));
    assert!(desk.alerts().is_empty());
}

#[test]
fn what_a_market_to_limit_order_leaves_has_the_price_that_its_broker_says() {
    let mut desk = ManagerUnderTest::new();
    let terms = Terms { order_type: OrderType::MarketToLimit, ..Terms::LIMIT };
    let order = desk.new_with(Price::NONE, TimeInForce::Day, terms);
    desk.report(report(order, ExecType::New, OrdStatus::New));
    desk.fill(order, 2, 2);
    let restated = ExecutionReport {
        price: PX,
        order_qty: 5,
        cum_qty: 2,
        ..report(order, ExecType::Restated, OrdStatus::PartiallyFilled)
    };
    desk.report(restated);
    let known = desk.orders.find(order).expect("known");
    assert_eq!((known.price(), known.leaves_qty()), (PX, 3));
}

#[test]
fn a_day_order_ends_with_its_session_and_one_good_till_cancelled_does_not() {
    for (life, state) in
        [(TimeInForce::Day, OrderState::Expired), (TimeInForce::GoodTillCancel, OrderState::New)]
    {
        let mut desk = ManagerUnderTest::new();
        desk.trade_es();
        let order = desk.working_stop(life);
        desk.now = desk.now.plus(25 * 3_600 * NANOS_PER_SECOND);
        desk.wait(1);
        assert_eq!(desk.state(order), state, "{life:?}");
    }
}

#[test]
fn one_good_till_a_date_ends_at_its_date_when_its_broker_is_silent() {
    let mut desk = ManagerUnderTest::new();
    desk.trade_es();
    let expires = desk.now.plus(40 * 3_600 * NANOS_PER_SECOND);
    let terms = Terms { expires, ..stop() };
    let order = desk.new_with(Price::NONE, TimeInForce::GoodTillDate, terms);
    desk.report(report(order, ExecType::New, OrdStatus::New));
    desk.now = desk.now.plus(39 * 3_600 * NANOS_PER_SECOND);
    desk.wait(1);
    assert_eq!(desk.state(order), OrderState::New, "its session's end is not its own");
    desk.now = UnixNanos(expires.0 + 58 * NANOS_PER_SECOND);
    desk.wait(1);
    assert_eq!(desk.state(order), OrderState::New, "its broker has a minute to say so");
    desk.wait(2);
    assert_eq!(desk.state(order), OrderState::Expired);
}

#[test]
fn one_good_till_cancelled_is_asked_about_after_a_restart_and_is_what_it_was() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working_stop(TimeInForce::GoodTillCancel);
    assert_eq!(desk.orders.staying_len(), 1);
    let run = RunStart {
        epoch: 1,
        run: 2,
        config_hash: [0; 32],
        binary_hash: [0; 32],
        version: Text::EMPTY,
        self_test_passed: true,
    };
    desk.input(Input::RunStart(run), false);
    assert_eq!(desk.state(order), OrderState::Unknown);
    desk.session(SessionChange::LoggedOn);
    assert_eq!(desk.asked(), [order]);
    desk.report(status(order, OrdStatus::New, 0));
    assert_eq!((desk.state(order), desk.terms_of(order)), (OrderState::New, stop()));
    desk.report(report(order, ExecType::Canceled, OrdStatus::Canceled));
    assert_eq!((desk.state(order), desk.orders.staying_len()), (OrderState::Canceled, 0));
}

#[test]
fn an_order_of_any_type_is_taken_over_with_its_terms_told_and_asked_about_at_the_next_logon() {
    let order = ClOrdId::new(900_001, BotId(3), 0).expect("fits");
    for order_type in OrderType::ALL {
        let mut desk = ManagerUnderTest::new();
        let priced = |is: bool, px: Price| if is { px } else { Price::NONE };
        let stated = StatedOrder {
            route: Route::BROKER,
            bot: order.bot(),
            account: AccountId(0),
            instrument: InstrumentId(0),
            order,
            cl_ord_id: order,
            side: Side::Buy,
            qty: 5,
            cum_qty: 2,
            paid_px: PX,
            price: priced(order_type.is_limited(), PX),
            order_type,
            stop_px: priced(order_type.is_stop(), STOP),
            time_in_force: TimeInForce::GoodTillCancel,
            expires: UnixNanos(0),
            emulation: Default::default(),
            parent: ClOrdId::NONE,
            sent_at: desk.now,
            role: StatedRole::Asked,
        };
        desk.input(Input::StatedOrder(stated), false);
        let told = desk.terms_told();
        assert_eq!(
            (told.len(), told[0].order_type, told[0].stop_px),
            (1, order_type, stated.stop_px)
        );
        assert_eq!(desk.terms_of(order), stated.request().terms);
        assert_eq!((desk.state(order), desk.orders.staying_len()), (OrderState::Unknown, 1));
        desk.session(SessionChange::LoggedOn);
        assert_eq!(desk.asked(), [order]);
        // What its broker counts more is one fill, at the price that makes its mean.
        let mean = Price(PX.0 + PRICE_SCALE);
        let counted = status(order, OrdStatus::PartiallyFilled, 4);
        desk.report(ExecutionReport { last_px: mean, ..counted });
        let missing = desk.orders.find(order).and_then(|known| known.missing_fill());
        assert_eq!(missing, Some((2, Price(PX.0 + 2 * PRICE_SCALE))), "{order_type:?}");
    }
}

#[test]
fn a_fill_is_not_booked_at_a_price_that_nobody_knows() {
    let mut desk = ManagerUnderTest::new();
    let order = ClOrdId::new(900_001, BotId(3), 0).expect("fits");
    let stated = Stated {
        kind: StatedKind::Order,
        route: Route::BROKER,
        bot: order.bot(),
        account: AccountId(0),
        instrument: InstrumentId(0),
        order,
        cl_ord_id: order,
        side: Side::Buy,
        qty: 5,
        cum_qty: 2,
        price: PX,
        time_in_force: TimeInForce::Day,
        held: 0,
        cost: 0,
        realized: Money(0),
        volume: 0,
    };
    desk.input(Input::Stated(stated), false);
    desk.session(SessionChange::LoggedOn);
    let counted = status(order, OrdStatus::PartiallyFilled, 3);
    desk.report(ExecutionReport { last_px: PX, ..counted });
    let known = desk.orders.find(order).expect("it works");
    assert!(known.misses_fills() && known.missing_fill().is_none(), "two have no price here");
}
