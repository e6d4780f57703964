//! Positions as a journal says, and orders that only close them.

use super::*;
use crate::risk::exposure::Place;

fn position(qty: i32) -> Stated {
    Stated {
        kind: StatedKind::Position,
        route: Route::BROKER,
        bot: BOT,
        account: AccountId(0),
        instrument: InstrumentId(0),
        order: ClOrdId::NONE,
        cl_ord_id: ClOrdId::NONE,
        side: Side::Buy,
        qty: 0,
        cum_qty: 0,
        price: Price::NONE,
        time_in_force: TimeInForce::Day,
        held: i64::from(qty),
        cost: ticks(20_000).0 * i64::from(qty),
        realized: Money(0),
        volume: 9,
    }
}

#[test]
fn a_position_is_as_it_is_stated_and_counts_so_for_its_account() {
    for (before, stated) in [(2, 5), (2, -4), (2, 0), (-1, 3)] {
        let (mut scenario, _) = start_holding(before, |_| {});
        scenario.input(Input::Stated(position(stated)));
        let held = scenario.risk.position(BOT).expect("defined");
        assert_eq!((held.qty(), held.volume()), (stated, 9));
        let (account, instrument) = (AccountId(0), InstrumentId(0));
        let place = Place { route: Route::BROKER, account, instrument };
        let counted = scenario.risk.exposures.held(place).position;
        assert_eq!(counted, i64::from(stated), "{before} {stated}");
        let told = scenario.out.iter().any(|message| match message {
            ToOrders::Effect(Effect::Position(told)) => told.qty == stated,
            _ => false,
        });
        assert!(told, "{:?}", scenario.out);
    }
}

#[test]
fn an_order_that_closes_no_more_than_is_held_only_reduces() {
    for (qty, reduces) in [(1, true), (2, true), (3, false)] {
        let (mut scenario, _) = start_holding(2, |_| {});
        let price = ticks(20_010);
        let order = StatedOrder { side: Side::Sell, qty, cum_qty: 0, price, ..stated(BOT) };
        scenario.input(Input::StatedOrder(order));
        let known = *scenario.risk.working(BOT).next().expect("it is counted");
        assert_eq!(known.reducing, reduces, "{qty}");
    }
}

#[test]
fn a_stop_that_was_held_here_and_works_at_its_broker_is_held_no_longer() {
    let (mut scenario, desk) = with_desk();
    let stop = StatedOrder {
        order_type: OrderType::Stop,
        price: Price::NONE,
        stop_px: ticks(20_020),
        cum_qty: 0,
        emulation: Emulation::HELD,
        role: StatedRole::Held,
        ..stated(desk)
    };
    scenario.input(Input::StatedOrder(stop));
    assert_eq!((scenario.risk.held_stops().count(), scenario.alerts()), (1, vec![]));
    let tells = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Order(change)) => Some((change.order, change.state)),
        _ => None,
    };
    let told: Vec<_> = scenario.out.iter().filter_map(tells).collect();
    assert_eq!(told, [(stop.order, OrderState::Held)]);
    let works = StatedOrder { role: StatedRole::Asked, emulation: Emulation::NONE, ..stop };
    scenario.input(Input::StatedOrder(works));
    assert_eq!(scenario.risk.held_stops().count(), 0);
    assert_eq!(scenario.risk.working(desk).count(), 1);
}

#[test]
fn people_are_told_that_decisions_of_another_build_were_accepted() {
    let (mut scenario, _) = start(|_| {});
    scenario.input(Input::DecisionsAccepted(DecisionsAccepted {
        first: 7,
        last: 9,
        stated: 3,
        actor: Text::new("ann"),
        reason: Text::new("read"),
    }));
    let told = scenario.out.iter().find_map(|message| match message {
        ToOrders::Effect(Effect::Alert(alert)) => Some((alert.kind, alert.text.to_string())),
        _ => None,
    });
    let text = "from input 7 on by ann, 3 stated".to_string();
    assert_eq!(told, Some((AlertKind::DecisionsAccepted, text)));
}
