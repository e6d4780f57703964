//! What a person's word makes of an order: cancels, replaces, closes, and what stands for a type.

use super::*;
use gauntlet_model::order::ANSWER_WITHIN_NS;

fn market(side: Side, qty: u32) -> Ticket {
    Ticket { side, qty, order_type: OrderType::Market, ..ticket(TicketKind::New) }
}

fn rests(scenario: &mut Scenario, of: Ticket) -> OrderRequest {
    scenario.ask_for(of);
    let order = scenario.only();
    scenario.acknowledge(&order);
    order
}

#[test]
fn what_stands_for_a_market_order_opens_within_the_collar_and_closes_as_far_as_it_must() {
    let limited = || {
        let (mut scenario, setup) = start(|_| {});
        scenario.lacks(without(&[OrderType::Market], &[]));
        let none = ContractTerms::none(setup.instrument.instrument);
        scenario.input(Input::ContractTerms(ContractTerms { protection_ticks: 21, ..none }));
        scenario.input(Input::Account(setup.account));
        scenario
    };
    let mut scenario = limited();
    scenario.ask_for(market(Side::Buy, 1));
    assert_eq!(scenario.only().price, ticks(20_001 + 19), "20 ticks from the middle");
    let mut scenario = limited();
    scenario.hold_by_hand(2);
    scenario.ask_for(market(Side::Sell, 2));
    assert_eq!(scenario.only().price, ticks(20_000 - 20));
}

#[test]
fn a_held_stop_of_any_life_goes_for_the_day() {
    for time_in_force in [TimeInForce::Day, TimeInForce::GoodTillCancel] {
        let (mut scenario, setup) = holding_stops();
        scenario.hold_by_hand(2);
        scenario.ask_for(Ticket { time_in_force, ..stop(Side::Sell, 2, 19_990) });
        scenario.market(traded_at(&setup, 19_990));
        assert_eq!(scenario.only().time_in_force, TimeInForce::Day);
    }
}

#[test]
fn a_stop_until_it_is_cancelled_is_held_over_sessions() {
    let (mut scenario, _) = holding_stops();
    scenario.hold_by_hand(2);
    let time_in_force = TimeInForce::GoodTillCancel;
    scenario.ask_for(Ticket { time_in_force, ..stop(Side::Sell, 2, 19_990) });
    for _ in 0..3 {
        scenario.now = scenario.now.plus(24 * 3_600 * NANOS_PER_SECOND);
        scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
        assert_eq!(scenario.risk.held_stops().count(), 1);
    }
}

#[test]
fn stops_are_watched_for_in_their_instruments_however_many_there_are() {
    let (mut scenario, setup) = holding_stops();
    let instrument = InstrumentId(1);
    let symbol = Text::new("NQH4");
    scenario.input(Input::Instrument(InstrumentDefinition {
        instrument,
        symbol,
        ..setup.instrument
    }));
    scenario.market(MarketView { instrument, ..setup.view });
    let watched =
        |scenario: &Scenario| [0, 1].map(|of| scenario.risk.held.watches(InstrumentId(of)));
    assert_eq!(watched(&scenario), [false, false]);
    let there = Ticket { instrument: Some(instrument), ..stop(Side::Buy, 1, 20_010) };
    scenario.ask_for(there);
    assert_eq!(watched(&scenario), [false, true]);
    for _ in 0..2 {
        scenario.ask_for(stop(Side::Buy, 1, 20_010));
        assert_eq!(watched(&scenario), [true, true]);
    }
}

#[test]
fn an_opening_stop_that_a_check_refuses_when_it_is_met_is_over() {
    let (mut scenario, setup) = holding_stops();
    scenario.ask_for(stop(Side::Buy, 1, 20_010));
    let (held, _) = scenario.states()[0];
    let halted = MarketView { state: TradingState::Halted, ..traded_at(&setup, 20_010) };
    scenario.market(halted);
    assert_eq!(scenario.states(), [(held, OrderState::Rejected)]);
    assert_eq!(scenario.risk.held_stops().count(), 0);
}

#[test]
fn a_bots_entry_that_a_person_cancels_is_not_entered_again() {
    let (mut scenario, setup) = start(|_| {});
    let entry = scenario.enter_passively(2);
    scenario.acknowledge(&entry);
    scenario.ask_for(Ticket { order: entry.cl_ord_id, ..ticket(TicketKind::Cancel) });
    assert_eq!(scenario.only().kind, OutboundKind::Cancel);
    scenario.end(&entry, 0);
    assert_eq!((scenario.approved(), scenario.pass(5, setup.view)), (vec![], vec![]));
}

#[test]
fn what_is_not_known_of_an_order_is_not_replaced() {
    let (mut scenario, _) = start(|_| {});
    let order = rests(&mut scenario, limit(Side::Buy, 2, 19_990));
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    assert!(scenario.risk.working(desk()).all(|known| known.is_in_doubt()));
    scenario.ask_for(Ticket { qty: 3, order: order.cl_ord_id, ..ticket(TicketKind::Replace) });
    assert!(
        scenario.told().is_some_and(|told| told.contains("is not known")),
        "{:?}",
        scenario.out
    );
}

#[test]
fn a_held_stop_is_replaced_to_a_price_on_its_side_of_the_market() {
    let (mut scenario, _) = start(|_| {});
    scenario.lacks(without(&[OrderType::Stop, OrderType::StopLimit, OrderType::Market], &[]));
    scenario.hold_by_hand(2);
    scenario.ask_for(stop(Side::Sell, 2, 19_990));
    let (order, _) = scenario.states()[0];
    let change = Ticket { order, ..ticket(TicketKind::Replace) };
    scenario.ask_for(Ticket { stop_px: ticks(20_010), ..change });
    assert!(scenario.told().is_some(), "the market is below it already");
    scenario.ask_for(Ticket { stop_px: ticks(19_995), ..change });
    assert_eq!((scenario.told(), scenario.states()), (None, vec![(order, OrderState::Held)]));
    scenario.ask_for(Ticket { qty: 1, ..change });
    assert_eq!(scenario.told(), None);
}

#[test]
fn what_stands_for_a_market_order_is_not_replaced() {
    let (mut scenario, _) = start(|_| {});
    scenario.lacks(without(&[OrderType::Market], &[]));
    let order = rests(&mut scenario, market(Side::Buy, 2));
    scenario.ask_for(Ticket { qty: 3, order: order.cl_ord_id, ..ticket(TicketKind::Replace) });
    assert!(scenario.told().is_some_and(|told| told.contains("market order is not replaced")));
}

#[test]
fn closing_by_hand_is_refused_only_where_nothing_is_held() {
    let (mut scenario, _) = start(|_| {});
    let close = ticket(TicketKind::Close);
    scenario.ask_for(close);
    assert_eq!(scenario.told().as_deref(), Some("nothing is held there"));
    scenario.hold_by_hand(2);
    scenario.ask_for(close);
    assert_eq!((scenario.told(), scenario.only().qty), (None, 2));
}

#[test]
fn the_date_of_an_order_waits_for_the_answer_to_a_change_of_it() {
    let (mut scenario, setup) = start(|_| {});
    scenario.lacks(without(&[], &[TimeInForce::GoodTillDate]));
    let expires = scenario.now.plus(3 * NANOS_PER_SECOND);
    let time_in_force = TimeInForce::GoodTillDate;
    let dated = Ticket { time_in_force, expires, ..limit(Side::Buy, 1, 19_990) };
    let order = rests(&mut scenario, dated);
    scenario.ask_for(Ticket { qty: 2, order: order.cl_ord_id, ..ticket(TicketKind::Replace) });
    let replace = scenario.only();
    assert_eq!(scenario.pass(4, setup.view), [], "what it is then nobody knows");
    scenario.input(Input::CancelReject(too_late(&replace)));
    let sent = scenario.pass(1, setup.view);
    assert_eq!(sent.iter().map(|of| of.kind).collect::<Vec<_>>(), [OutboundKind::Cancel]);
}

#[test]
fn an_immediate_order_that_its_broker_lets_rest_is_cancelled_when_its_time_is_over() {
    let (mut scenario, setup) = start(|_| {});
    let time_in_force = TimeInForce::ImmediateOrCancel;
    let at_once = Ticket { time_in_force, ..limit(Side::Buy, 1, 20_000) };
    rests(&mut scenario, at_once);
    let seconds = ANSWER_WITHIN_NS / NANOS_PER_SECOND;
    assert_eq!(scenario.pass(seconds - 1, setup.view), []);
    let sent = scenario.pass(1, setup.view);
    assert_eq!(sent.iter().map(|of| of.kind).collect::<Vec<_>>(), [OutboundKind::Cancel]);
}

#[test]
fn every_refused_ticket_is_counted() {
    let (mut scenario, _) = start(|setup| setup.account.max_position = 1);
    let code = RejectCode::AccountPosition;
    for times in 1..=3 {
        scenario.ask_for(limit(Side::Buy, 2, 19_990));
        assert_eq!(scenario.rejected().map(|reject| reject.code), Some(code));
        assert_eq!(scenario.risk.counters().rejects[code as usize], times);
    }
}
