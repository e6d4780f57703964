mod kinds;
mod matcher;

use super::*;
use gauntlet_model::input::TopOfBook;
use proptest::prelude::*;

fn top(bid: i64, bid_size: u32, ask: i64, ask_size: u32) -> TopOfBook {
    TopOfBook { bid: Price(bid), ask: Price(ask), bid_size, ask_size }
}

fn follower() -> Follower {
    Follower::new(Price(1), 16)
}

fn order(id: u64, side: Side, qty: u32, price: i64) -> FollowedOrder {
    let (kind, time_in_force) = (OrderKind::Limit, TimeInForce::Day);
    FollowedOrder { id: OrderId(id), side, qty, kind, price: Price(price), time_in_force }
}

fn filled(order: u64, qty: u32, price: i64, leaves_qty: u32) -> OrderEvent {
    OrderEvent::Filled { order: OrderId(order), qty, price: Price(price), leaves_qty }
}

fn submit(f: &mut Follower, order: FollowedOrder, book: &dyn Displayed) -> Vec<OrderEvent> {
    let mut events = Vec::new();
    f.submit(&order, book, &mut |event| events.push(event)).expect("accepted");
    events
}

fn trade(f: &mut Follower, price: i64, size: u32, aggressor: Option<Side>) -> Vec<OrderEvent> {
    let mut events = Vec::new();
    f.on_trade(Price(price), size, aggressor, &mut |event| events.push(event));
    events
}

fn book(f: &mut Follower, book: &dyn Displayed) -> Vec<OrderEvent> {
    let mut events = Vec::new();
    f.on_book(book, &mut |event| events.push(event));
    events
}

#[test]
fn liquidity_taken_once_is_gone_until_it_grows() {
    let mut f = follower();
    let shown = top(100, 5, 101, 3);
    let events = submit(&mut f, order(1, Side::Buy, 2, 101), &shown);
    assert_eq!(events, [filled(1, 2, 101, 0)]);
    let events = submit(&mut f, order(2, Side::Buy, 2, 101), &shown);
    assert_eq!(events, [filled(2, 1, 101, 1)], "one was left");
    assert!(book(&mut f, &shown).is_empty(), "the same quote again is nothing new");
    assert_eq!(book(&mut f, &top(100, 5, 101, 4)), [filled(2, 1, 101, 0)]);
}

#[test]
fn a_sweep_pays_each_level_its_price() {
    let mut levels = ShownLevels::EMPTY;
    levels.set(Side::Sell, [(Price(101), 1), (Price(102), 1), (Price(105), 9)].into_iter());
    let mut f = follower();
    let events = submit(&mut f, order(1, Side::Buy, 3, 103), &levels);
    assert_eq!(events, [filled(1, 1, 101, 2), filled(1, 1, 102, 1)]);
    assert_eq!(f.order(OrderId(1)).map(|order| order.leaves_qty), Some(1));
}

#[test]
fn the_rest_of_an_immediate_or_cancel_expires() {
    let mut f = follower();
    let ioc = FollowedOrder {
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..order(1, Side::Sell, 9, 100)
    };
    let events = submit(&mut f, ioc, &top(100, 5, 101, 3));
    assert_eq!(events, [filled(1, 5, 100, 4), OrderEvent::Expired { order: OrderId(1) }]);
    assert!(f.is_idle());
}

#[test]
fn a_resting_order_waits_its_turn() {
    let mut f = follower();
    let shown = top(100, 5, 101, 3);
    assert!(submit(&mut f, order(1, Side::Buy, 2, 100), &shown).is_empty());
    assert!(trade(&mut f, 100, 4, Some(Side::Sell)).is_empty(), "four of five before it");
    assert!(book(&mut f, &top(100, 1, 101, 3)).is_empty());
    assert!(trade(&mut f, 100, 9, Some(Side::Buy)).is_empty(), "the wrong side");
    assert_eq!(trade(&mut f, 100, 2, Some(Side::Sell)), [filled(1, 1, 100, 1)]);
    assert_eq!(trade(&mut f, 100, 9, Some(Side::Sell)), [filled(1, 1, 100, 0)]);
}

#[test]
fn a_trade_beyond_the_price_fills_up_to_its_size() {
    let mut f = follower();
    submit(&mut f, order(1, Side::Buy, 5, 100), &top(100, 50, 101, 3));
    assert_eq!(trade(&mut f, 99, 3, Some(Side::Sell)), [filled(1, 3, 100, 2)]);
    assert_eq!(trade(&mut f, 98, 1, None), [filled(1, 1, 100, 1)], "even of an unknown side");
}

#[test]
fn a_trade_of_unknown_side_at_the_price_does_not_count() {
    let mut f = follower();
    submit(&mut f, order(1, Side::Buy, 1, 100), &top(99, 5, 101, 3));
    assert!(trade(&mut f, 100, 9, None).is_empty());
}

#[test]
fn cancellations_shorten_the_queue_in_proportion() {
    let mut f = follower();
    submit(&mut f, order(1, Side::Buy, 1, 100), &top(100, 10, 101, 3));
    book(&mut f, &top(100, 20, 101, 3));
    let ahead = |f: &Follower| f.order(OrderId(1)).and_then(|order| order.ahead);
    assert_eq!(ahead(&f), Some(10), "newcomers stand behind");
    book(&mut f, &top(100, 15, 101, 3));
    assert_eq!(ahead(&f), Some(8), "half of five cancelled stood before, rounded against us");
    trade(&mut f, 100, 3, Some(Side::Sell));
    book(&mut f, &top(100, 12, 101, 3));
    assert_eq!(ahead(&f), Some(5), "a trade is not counted twice");
    book(&mut f, &top(100, 2, 101, 3));
    assert!(ahead(&f) <= Some(2), "never more than is shown");
}

#[test]
fn behind_the_view_the_queue_is_unknown_until_it_shows() {
    let mut f = follower();
    submit(&mut f, order(1, Side::Buy, 1, 98), &top(100, 10, 101, 3));
    assert_eq!(f.order(OrderId(1)).and_then(|order| order.ahead), None);
    assert!(trade(&mut f, 98, 99, Some(Side::Sell)).is_empty());
    book(&mut f, &top(98, 7, 101, 3));
    assert_eq!(f.order(OrderId(1)).and_then(|order| order.ahead), Some(7));
}

#[test]
fn the_other_side_coming_to_us_fills_at_our_price() {
    let mut f = follower();
    submit(&mut f, order(1, Side::Buy, 5, 100), &top(100, 10, 101, 3));
    assert_eq!(book(&mut f, &top(98, 5, 99, 2)), [filled(1, 2, 100, 3)]);
    assert!(book(&mut f, &top(98, 5, 99, 2)).is_empty(), "only once");
}

#[test]
fn our_orders_at_a_price_keep_their_order() {
    let mut f = follower();
    let shown = top(99, 5, 101, 3);
    submit(&mut f, order(1, Side::Buy, 1, 100), &shown);
    submit(&mut f, order(2, Side::Buy, 1, 100), &shown);
    assert_eq!(trade(&mut f, 100, 1, Some(Side::Sell)), [filled(1, 1, 100, 0)]);
    assert_eq!(trade(&mut f, 100, 1, Some(Side::Sell)), [filled(2, 1, 100, 0)]);
}

#[test]
fn a_replace_keeps_the_place_only_for_less_at_the_same_price() {
    let mut f = follower();
    let shown = top(100, 6, 101, 3);
    submit(&mut f, order(1, Side::Buy, 5, 100), &shown);
    trade(&mut f, 100, 4, Some(Side::Sell));
    let later = top(100, 8, 101, 3);
    book(&mut f, &later);
    let ahead = |f: &Follower| f.order(OrderId(1)).and_then(|order| order.ahead);
    f.replace(OrderId(1), &Change::limit(3, Price(100)), &later, &mut |_| {}).expect("less");
    assert_eq!(ahead(&f), Some(2));
    f.replace(OrderId(1), &Change::limit(4, Price(100)), &later, &mut |_| {}).expect("more");
    assert_eq!(ahead(&f), Some(8));
    let mut events = Vec::new();
    f.replace(OrderId(1), &Change::limit(4, Price(101)), &later, &mut |event| events.push(event))
        .expect("moves");
    assert_eq!(events, [filled(1, 3, 101, 1)]);
    let refused = f.replace(OrderId(1), &Change::limit(3, Price(101)), &later, &mut |_| {});
    assert_eq!(refused, Err(Refusal::BadQuantity));
}

#[test]
fn bad_orders_and_full_tables_are_refused() {
    let mut f = Follower::new(Price(5), 1);
    let shown = top(100, 5, 105, 5);
    let mut try_it = |order: FollowedOrder| f.submit(&order, &shown, &mut |_| {});
    assert_eq!(try_it(order(1, Side::Buy, 0, 100)), Err(Refusal::BadQuantity));
    assert_eq!(try_it(order(1, Side::Buy, 1, 101)), Err(Refusal::BadPrice));
    assert_eq!(try_it(order(1, Side::Buy, 1, i64::MAX)), Err(Refusal::BadPrice));
    assert_eq!(try_it(order(1, Side::Buy, 1, 100)), Ok(()));
    assert_eq!(try_it(order(2, Side::Buy, 1, 100)), Err(Refusal::BookFull));
    assert_eq!(f.cancel(OrderId(1)).map(|order| order.leaves_qty), Ok(1));
    assert_eq!(f.cancel(OrderId(1)), Err(Refusal::UnknownOrder));
}

/// A book of which every level is shown.
struct Deep(Vec<(Price, u64)>);

impl Displayed for Deep {
    fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool) {
        let asks = self.0.iter().filter(|_| side == Side::Sell);
        asks.map_while(|(price, size)| visit(*price, *size).then_some(())).for_each(drop);
    }

    fn size_at(&self, side: Side, price: Price) -> Option<u64> {
        let asks = self.0.iter().filter(|_| side == Side::Sell);
        Some(asks.filter(|(at, _)| *at == price).map(|(_, size)| size).sum())
    }
}

fn ioc(id: u64, side: Side, qty: u32, price: i64) -> FollowedOrder {
    let time_in_force = TimeInForce::ImmediateOrCancel;
    FollowedOrder { time_in_force, ..order(id, side, qty, price) }
}

/// How much an immediate-or-cancel order got.
fn taken(f: &mut Follower, order: FollowedOrder, shown: &dyn Displayed) -> u32 {
    let events = submit(f, order, shown);
    let filled = events.iter().map(|event| match event {
        OrderEvent::Filled { qty, .. } => *qty,
        _ => 0,
    });
    filled.sum()
}

#[test]
fn what_was_taken_is_remembered_for_a_while_out_of_view_and_then_forgotten() {
    let mut f = follower();
    let (near, away) = (top(100, 5, 101, 3), top(98, 5, 99, 1));
    assert_eq!(taken(&mut f, ioc(1, Side::Buy, 3, 101), &near), 3);
    assert!(f.is_idle() && f.needs_book(), "no order works, and what was taken is followed");
    book(&mut f, &away);
    f.set_time(UnixNanos(OUT_OF_VIEW_NS_MAX - 1));
    book(&mut f, &near);
    assert_eq!(taken(&mut f, ioc(2, Side::Buy, 3, 101), &near), 0, "a flicker brings nothing back");
    book(&mut f, &away);
    f.set_time(UnixNanos(2 * OUT_OF_VIEW_NS_MAX));
    book(&mut f, &away);
    assert!(!f.needs_book());
    book(&mut f, &near);
    assert_eq!(taken(&mut f, ioc(3, Side::Buy, 3, 101), &near), 3);
}

#[test]
fn a_level_out_of_view_that_is_traded_through_is_a_new_one_when_it_comes_back() {
    let mut f = follower();
    let (near, away) = (top(100, 5, 101, 3), top(98, 5, 99, 1));
    taken(&mut f, ioc(1, Side::Buy, 3, 101), &near);
    trade(&mut f, 102, 1, Some(Side::Buy));
    assert_eq!(taken(&mut f, ioc(2, Side::Buy, 3, 101), &near), 0, "the view is still the old one");
    book(&mut f, &away);
    trade(&mut f, 101, 1, Some(Side::Buy));
    book(&mut f, &near);
    assert_eq!(taken(&mut f, ioc(3, Side::Buy, 3, 101), &near), 0, "some of it traded, not all");
    book(&mut f, &away);
    trade(&mut f, 102, 1, Some(Side::Buy));
    book(&mut f, &near);
    assert_eq!(taken(&mut f, ioc(4, Side::Buy, 3, 101), &near), 3);
}

#[test]
fn of_a_fresh_book_nothing_was_taken() {
    let shown = top(100, 5, 101, 3);
    for renew in [
        |f: &mut Follower| f.forget_taken(),
        |f: &mut Follower| f.expire_all(&mut |_| {}),
        |f: &mut Follower| drop(book(f, &TopOfBook::EMPTY)),
    ] {
        let mut f = follower();
        assert_eq!(taken(&mut f, ioc(1, Side::Buy, 3, 101), &shown), 3);
        renew(&mut f);
        assert_eq!(taken(&mut f, ioc(2, Side::Buy, 3, 101), &shown), 3);
    }
}

#[test]
fn a_price_that_runs_through_thousands_of_levels_in_no_time_fills_at_each() {
    let mut f = Follower::new(Price(1), 16);
    for at in 0..4 * TAKEN_MAX as i64 {
        let shown = top(9_000 - at, 5, 9_001 - at, 3);
        book(&mut f, &shown);
        assert_eq!(taken(&mut f, ioc(at as u64, Side::Buy, 3, 9_001 - at), &shown), 3, "{at}");
    }
    assert_eq!(f.levels_refused(), 0);
}

#[test]
fn more_shown_levels_than_can_be_remembered_are_not_taken_and_that_is_counted() {
    let levels = 2 * TAKEN_MAX as i64;
    let asks = |from: i64| Deep((from..levels).map(|at| (Price(101 + at), 1)).collect());
    let mut f = follower();
    let sweep = ioc(1, Side::Buy, levels as u32, 101 + levels);
    assert_eq!(taken(&mut f, sweep, &asks(0)), TAKEN_MAX as u32);
    assert_eq!(f.levels_refused(), TAKEN_MAX as u64);
    book(&mut f, &asks(TAKEN_MAX as i64));
    let again = ioc(2, Side::Buy, levels as u32, 101 + levels);
    assert_eq!(taken(&mut f, again, &asks(TAKEN_MAX as i64)), TAKEN_MAX as u32, "room again");
}

#[derive(Clone, Debug)]
enum Step {
    Submit(bool, u32, i64, bool),
    Cancel(u64),
    Replace(u64, u32, i64),
    Trade(i64, u32, Option<bool>),
    Book(i64, u32, i64, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let price = 90i64..110;
    let step = prop_oneof![
        (any::<bool>(), 1u32..9, price.clone(), any::<bool>())
            .prop_map(|(b, q, p, d)| Step::Submit(b, q, p, d)),
        (0u64..40).prop_map(Step::Cancel),
        (0u64..40, 0u32..9, price.clone()).prop_map(|(i, q, p)| Step::Replace(i, q, p)),
        (price.clone(), 1u32..20, any::<Option<bool>>()).prop_map(|(p, q, a)| Step::Trade(p, q, a)),
        (price, 1u32..20, 1i64..4, 1u32..20).prop_map(|(b, q, s, r)| Step::Book(b, q, b + s, r)),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// No order fills beyond its quantity or outside its limit, no trade or quote is used up twice,
    /// and every order ends in a known way.
    #[test]
    fn fills_never_exceed_what_was_ordered_traded_or_shown(steps in steps()) {
        let mut f = follower();
        let mut shown = top(99, 5, 101, 5);
        let mut limits: Vec<(Side, Price)> = Vec::new();
        let side = |buy: bool| if buy { Side::Buy } else { Side::Sell };
        for step in steps {
            let mut events = Vec::new();
            let mut most = u64::MAX;
            match step {
                Step::Submit(buy, qty, price, day) => {
                    let id = limits.len() as u64;
                    let time_in_force =
                        if day { TimeInForce::Day } else { TimeInForce::ImmediateOrCancel };
                    let order = FollowedOrder { time_in_force, ..order(id, side(buy), qty, price) };
                    limits.push((side(buy), Price(price)));
                    let _ = f.submit(&order, &shown, &mut |event| events.push(event));
                    most = qty as u64;
                }
                Step::Cancel(id) => {
                    let _ = f.cancel(OrderId(id));
                }
                Step::Replace(id, qty, price) => {
                    let done = f.replace(OrderId(id), &Change::limit(qty, Price(price)), &shown, &mut |event| {
                        events.push(event);
                    });
                    if done.is_ok() {
                        limits[id as usize].1 = Price(price);
                    }
                    most = qty as u64;
                }
                Step::Trade(price, size, buy) => {
                    let aggressor = buy.map(side);
                    f.on_trade(Price(price), size, aggressor, &mut |event| events.push(event));
                    most = size as u64 * if buy.is_some() { 1 } else { 2 };
                }
                Step::Book(bid, bid_size, ask, ask_size) => {
                    shown = top(bid, bid_size, ask, ask_size);
                    f.on_book(&shown, &mut |event| events.push(event));
                    most = bid_size as u64 + ask_size as u64;
                }
            }
            let mut sum = 0;
            for event in events {
                let OrderEvent::Filled { order, qty, price, leaves_qty } = event else { continue };
                let (side, limit) = limits[order.0 as usize];
                prop_assert!(!is_better(side, price, limit) || price == limit);
                prop_assert!(qty > 0);
                sum += qty as u64;
                let left = f.order(order).map_or(0, |order| order.leaves_qty);
                prop_assert!(left <= leaves_qty);
            }
            prop_assert!(sum <= most, "{} > {}", sum, most);
        }
    }
}

#[test]
fn cancellations_before_and_behind_are_told_apart_where_each_order_is_told_of() {
    /// A book of one price, with the number of the next arrival.
    struct Queue(u64, u64);
    impl Displayed for Queue {
        fn visit(&self, side: Side, visit: &mut dyn FnMut(Price, u64) -> bool) {
            if side == Side::Buy {
                visit(Price(100), self.0);
            }
        }
        fn size_at(&self, _: Side, price: Price) -> Option<u64> {
            Some(if price == Price(100) { self.0 } else { 0 })
        }
        fn next_arrival(&self) -> Option<u64> {
            Some(self.1)
        }
    }
    let mut f = follower();
    submit(&mut f, order(1, Side::Buy, 2, 100), &Queue(30, 7));
    let ahead = |f: &Follower| f.order(OrderId(1)).and_then(|order| order.ahead);
    assert_eq!(ahead(&f), Some(30));
    f.on_left(Side::Buy, Price(100), 9, 8);
    book(&mut f, &Queue(31, 9));
    assert_eq!(ahead(&f), Some(30), "it came after us");
    f.on_left(Side::Buy, Price(100), 10, 3);
    f.on_left(Side::Sell, Price(100), 10, 3);
    f.on_left(Side::Buy, Price(99), 10, 3);
    book(&mut f, &Queue(21, 9));
    assert_eq!(ahead(&f), Some(20));
    trade(&mut f, 100, 15, Some(Side::Sell));
    f.on_left(Side::Buy, Price(100), 15, 1);
    book(&mut f, &Queue(6, 9));
    assert_eq!(ahead(&f), Some(5), "what traded counts once");
    assert_eq!(trade(&mut f, 100, 6, Some(Side::Sell)), [filled(1, 1, 100, 1)]);
}

#[test]
fn a_model_of_queues_decides_what_a_shrinking_level_means() {
    for (model, wanted) in
        [(QueueModel::Pessimistic, 30), (QueueModel::Proportional, 27), (QueueModel::Power(2), 29)]
    {
        let mut f = follower().with_queue_model(model);
        submit(&mut f, order(1, Side::Buy, 2, 100), &top(100, 30, 101, 5));
        book(&mut f, &top(100, 100, 101, 5));
        book(&mut f, &top(100, 90, 101, 5));
        assert_eq!(f.order(OrderId(1)).and_then(|order| order.ahead), Some(wanted), "{model:?}");
    }
}
