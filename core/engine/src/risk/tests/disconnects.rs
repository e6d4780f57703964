//! R20: what a broken session leaves alone.

use super::*;
use gauntlet_model::order::Capabilities;

fn start_with(on_disconnect: Option<Capabilities>) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|_| {});
    let (route, reconcile) = (Route::BROKER, Reconcile::Off);
    let terms = BrokerTerms { route, reconcile, every_seconds: 0, on_disconnect };
    scenario.input(Input::BrokerTerms(terms));
    (scenario, setup)
}

fn told(scenario: &Scenario) -> Vec<String> {
    let alert = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Alert(alert)) if alert.kind == AlertKind::LeftAlone => {
            assert_eq!(alert.scope, Scope::Route(Route::BROKER));
            Some(alert.text.to_string())
        }
        _ => None,
    };
    scenario.out.iter().filter_map(alert).collect()
}

/// A bot's order for the day and a person's good-till-cancelled one.
fn two_orders(scenario: &mut Scenario) {
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.input(Input::Ticket(Ticket {
        side: Side::Buy,
        qty: 1,
        price: ticks(19_990),
        time_in_force: TimeInForce::GoodTillCancel,
        ..super::tickets::ticket(TicketKind::New)
    }));
    let order = scenario.only();
    scenario.acknowledge(&order);
}

#[test]
fn a_disconnect_tells_how_many_orders_work_on_and_how_many_the_broker_cancels() {
    let of_day = Capabilities::ALL.without_life(TimeInForce::GoodTillCancel);
    for (terms, stay, end) in [
        (Capabilities::NONE, 2, 0),
        (of_day, 1, 1),
        (Capabilities::ALL, 0, 2),
        (Capabilities::ALL.without_type(OrderType::Limit), 2, 0),
    ] {
        for change in [SessionChange::Disconnected, SessionChange::LoggedOut] {
            let (mut scenario, _) = start_with(Some(terms));
            two_orders(&mut scenario);
            scenario.session(change);
            let text = format!("{stay} orders work on unseen, {end} it should cancel: ctl orders");
            assert_eq!(told(&scenario), [text]);
            scenario.session(SessionChange::Disconnected);
            assert_eq!(told(&scenario), [""; 0], "once");
        }
    }
}

#[test]
fn those_that_it_cancels_are_in_doubt_until_it_says_so() {
    let (mut scenario, _) = start_with(Some(Capabilities::ALL));
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.session(SessionChange::Disconnected);
    assert!(scenario.risk.working(BOT).all(|known| known.is_in_doubt()));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(Setup::new().view);
    scenario.enter(2);
    let reject = scenario.rejected().expect("it is not known that it is gone");
    assert_eq!(reject.code, RejectCode::UnknownOrderState);
    scenario.end(&order, 0);
    assert_eq!(scenario.risk.working(BOT).count(), 0);
}

#[test]
fn nothing_is_told_where_nothing_works_or_a_run_says_nothing() {
    let (mut scenario, _) = start_with(Some(Capabilities::NONE));
    scenario.session(SessionChange::Disconnected);
    assert_eq!(told(&scenario), [""; 0]);
    let (mut scenario, _) = start_with(None);
    two_orders(&mut scenario);
    scenario.session(SessionChange::Disconnected);
    assert_eq!(told(&scenario), [""; 0], "a journal from before is replayed as it was");
}
