//! Kinds and lives of orders where only the top of a book is shown, or trades alone.

use super::*;

fn of(kind: OrderKind, id: u64, side: Side, qty: u32) -> FollowedOrder {
    FollowedOrder { kind, ..order(id, side, qty, 0) }
}

fn priced(order: u64, price: i64) -> OrderEvent {
    OrderEvent::Priced { order: OrderId(order), price: Price(price) }
}

#[test]
fn the_rest_of_a_market_order_pays_what_appears_and_what_trades_not_its_protection() {
    let mut f = follower();
    let events = submit(&mut f, of(OrderKind::Market, 1, Side::Buy, 9), &top(100, 5, 101, 3));
    assert_eq!(events, [priced(1, 121), filled(1, 3, 101, 6)]);
    assert_eq!(book(&mut f, &top(101, 5, 102, 2)), [filled(1, 2, 102, 4)]);
    assert_eq!(trade(&mut f, 103, 3, Some(Side::Buy)), [], "that aggressor bought, too");
    assert_eq!(trade(&mut f, 103, 3, Some(Side::Sell)), [filled(1, 3, 103, 1)]);
    // Once nothing within its limit is shown it rests, and who comes to it trades at its price.
    assert!(book(&mut f, &top(101, 5, 130, 2)).is_empty());
    assert_eq!(trade(&mut f, 104, 3, Some(Side::Sell)), [filled(1, 1, 121, 0)]);
}

#[test]
fn protection_is_as_far_as_it_is_told_and_never_nothing() {
    for (ticks, limit) in [(0, 102), (1, 102), (7, 108)] {
        let mut f = follower().with_protection(ticks);
        let events = submit(&mut f, of(OrderKind::Market, 1, Side::Buy, 9), &top(100, 5, 101, 3));
        assert_eq!(events[0], priced(1, limit));
    }
}

#[test]
fn a_stop_that_a_trade_triggers_enters_with_the_book_that_is_shown_after_it() {
    let mut f = follower();
    let shown = top(100, 5, 102, 3);
    let kind = OrderKind::Stop(Price(102));
    assert!(submit(&mut f, of(kind, 1, Side::Buy, 4), &shown).is_empty());
    assert!(f.needs_book() && !f.has_triggered());
    assert!(trade(&mut f, 101, 1, Some(Side::Buy)).is_empty());
    assert!(!f.has_triggered(), "a tick short of it");
    assert!(trade(&mut f, 102, 3, Some(Side::Buy)).is_empty());
    assert!(f.has_triggered());
    let events = book(&mut f, &top(102, 1, 104, 2));
    assert_eq!(
        events,
        [OrderEvent::Triggered { order: OrderId(1) }, priced(1, 122), filled(1, 2, 104, 2)]
    );
    assert!(!f.has_triggered());
}

#[test]
fn what_the_market_says_of_its_last_trade_triggers_once_and_our_own_fills_trigger_too() {
    let mut f = follower();
    f.set_last(Price(100));
    let shown = top(100, 5, 105, 3);
    let kind = OrderKind::StopLimit(Price(104));
    let stop = FollowedOrder { price: Price(104), ..of(kind, 1, Side::Buy, 1) };
    assert!(submit(&mut f, stop, &shown).is_empty());
    let market = of(OrderKind::MarketToLimit, 2, Side::Buy, 1);
    let triggered = OrderEvent::Triggered { order: OrderId(1) };
    assert_eq!(submit(&mut f, market, &shown), [priced(2, 105), filled(2, 1, 105, 0), triggered]);
    // The outside market's last trade is none the newer for being told again.
    let sell = of(OrderKind::Stop(Price(102)), 3, Side::Sell, 1);
    assert!(submit(&mut f, sell, &shown).is_empty(), "we traded at 105");
    f.set_last(Price(100));
    assert!(!f.has_triggered());
    f.set_last(Price(101));
    assert!(f.has_triggered());
}

#[test]
fn without_a_book_a_market_order_is_refused_and_a_stop_becomes_what_it_was_to_be() {
    let mut f = follower();
    for kind in [OrderKind::Market, OrderKind::MarketToLimit] {
        let refused = f.submit(&of(kind, 1, Side::Buy, 1), &TopOfBook::EMPTY, &mut |_| {});
        assert_eq!(refused, Err(Refusal::NoOpposite));
    }
    submit(&mut f, of(OrderKind::Stop(Price(90)), 2, Side::Sell, 1), &TopOfBook::EMPTY);
    trade(&mut f, 90, 1, None);
    let events = book(&mut f, &TopOfBook::EMPTY);
    assert_eq!(events, [OrderEvent::Triggered { order: OrderId(2) }, priced(2, 70)]);
    assert_eq!(f.order(OrderId(2)).map(|order| order.price), Some(Price(70)));
}

#[test]
fn fill_or_kill_counts_what_was_not_taken_before() {
    let mut f = follower();
    let shown = top(100, 5, 101, 5);
    let whole = |id, qty| FollowedOrder {
        time_in_force: TimeInForce::FillOrKill,
        ..order(id, Side::Buy, qty, 101)
    };
    assert_eq!(submit(&mut f, whole(1, 3), &shown), [filled(1, 3, 101, 0)]);
    assert_eq!(submit(&mut f, whole(2, 3), &shown), [OrderEvent::Expired { order: OrderId(2) }]);
    assert_eq!(submit(&mut f, whole(3, 2), &shown), [filled(3, 2, 101, 0)]);
    assert!(f.is_idle());
}

#[test]
fn what_outlives_a_session_keeps_its_place_and_a_date_ends_it() {
    let mut f = follower();
    f.set_time(UnixNanos(10));
    let lives = |id, time_in_force| FollowedOrder { time_in_force, ..order(id, Side::Buy, 1, 100) };
    let shown = top(100, 8, 101, 5);
    let late = f.submit(&lives(9, TimeInForce::GoodTill(UnixNanos(10))), &shown, &mut |_| {});
    assert_eq!(late, Err(Refusal::TooLate));
    submit(&mut f, lives(1, TimeInForce::Day), &shown);
    submit(&mut f, lives(2, TimeInForce::GoodTillCancel), &shown);
    submit(&mut f, lives(3, TimeInForce::GoodTill(UnixNanos(50))), &shown);
    assert_eq!(f.next_deadline(), UnixNanos(50));
    let mut events = Vec::new();
    f.end_session(&mut |event| events.push(event));
    assert_eq!(events, [OrderEvent::Expired { order: OrderId(1) }]);
    book(&mut f, &top(100, 20, 101, 5));
    let ahead = |f: &Follower, id| f.order(OrderId(id)).and_then(|order| order.ahead);
    assert_eq!(ahead(&f, 2), Some(8), "who came in the meantime stands behind");
    for (now, wanted) in [(49, None), (50, Some(OrderEvent::Expired { order: OrderId(3) }))] {
        let mut events = Vec::new();
        f.expire_due(UnixNanos(now), &mut |event| events.push(event));
        assert_eq!(events.first().copied(), wanted);
    }
    assert_eq!(f.next_deadline(), UnixNanos(u64::MAX));
}

#[test]
fn waiting_stops_count_among_the_orders_that_work() {
    let mut f = Follower::new(Price(1), 3);
    let shown = top(100, 5, 101, 5);
    let stop = OrderKind::Stop(Price(110));
    for id in 1..=2 {
        submit(&mut f, of(stop, id, Side::Buy, 1), &shown);
    }
    submit(&mut f, order(3, Side::Buy, 1, 99), &shown);
    for refused in [of(stop, 4, Side::Buy, 1), order(4, Side::Buy, 1, 99)] {
        assert_eq!(f.submit(&refused, &shown, &mut |_| {}), Err(Refusal::BookFull));
    }
    let at_once = FollowedOrder {
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..order(5, Side::Buy, 1, 101)
    };
    assert_eq!(submit(&mut f, at_once, &shown), [filled(5, 1, 101, 0)], "it needs no place");
    f.cancel(OrderId(1)).expect("it waits");
    submit(&mut f, of(stop, 6, Side::Buy, 1), &shown);
}

#[test]
fn memory_of_levels_is_as_large_and_as_long_as_it_is_told() {
    let memory = LevelMemory { levels: 1, out_of_view_ns: 5 };
    let mut f = follower().with_memory(memory);
    let mut levels = ShownLevels::EMPTY;
    levels.set(Side::Sell, [(Price(101), 1), (Price(102), 1)].into_iter());
    let events = submit(&mut f, order(1, Side::Buy, 2, 102), &levels);
    assert_eq!(events, [filled(1, 1, 101, 1)]);
    assert_eq!(f.levels_refused(), 1);
    f.cancel(OrderId(1)).expect("it works");
    f.set_time(UnixNanos(100));
    book(&mut f, &top(100, 5, 0, 0));
    for (now, is_gone) in [(104, true), (105, false)] {
        f.set_time(UnixNanos(now));
        book(&mut f, &top(100, 5, 0, 0));
        assert_eq!(f.needs_book(), is_gone, "{now}");
    }
}
