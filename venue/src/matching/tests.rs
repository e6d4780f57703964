mod types;

use super::*;
use crate::market::SelfMatch;
use proptest::prelude::*;

const TICK: i64 = 250_000_000;

fn engine() -> MatchingEngine {
    MatchingEngine::new(3, Price(TICK), 512, 128)
}

fn limit(side: Side, qty: u32, ticks: i64) -> NewOrder {
    let price = Price(ticks * TICK);
    NewOrder::limit(3, side, qty, price, TimeInForce::Day)
}

fn actions(engine: &MatchingEngine) -> Vec<(BookAction, u32)> {
    engine.events().iter().map(|event| (event.action, event.qty)).collect()
}

#[test]
fn a_sweep_prints_trades_and_fills_before_it_changes_the_book() {
    let mut engine = engine();
    engine.add(&limit(Side::Sell, 2, 100), Owner::Crowd).expect("rests");
    engine.add(&limit(Side::Sell, 5, 101), Owner::Crowd).expect("rests");
    engine.add(&limit(Side::Buy, 4, 101), Owner::Crowd).expect("trades");
    use BookAction::*;
    let wanted = [(Trade, 2), (Fill, 2), (Trade, 2), (Fill, 2), (Cancel, 2), (Modify, 3)];
    assert_eq!(actions(&engine), wanted);
    let best = engine.book().best(Side::Sell).expect("an ask is left");
    assert_eq!((best.price, best.qty), (Price(101 * TICK), 3));
}

#[test]
fn the_first_order_at_a_price_fills_first() {
    let mut engine = engine();
    let first = engine.add(&limit(Side::Buy, 1, 100), Owner::Client).expect("rests");
    let second = engine.add(&limit(Side::Buy, 1, 100), Owner::Client).expect("rests");
    engine.add(&limit(Side::Sell, 1, 99), Owner::Crowd).expect("trades");
    let price = Price(100 * TICK);
    let filled = OrderEvent::Filled { order: first, qty: 1, price, leaves_qty: 0 };
    assert_eq!(engine.news(), [filled]);
    assert!(engine.order(first).is_none() && engine.order(second).is_some());
}

#[test]
fn less_quantity_keeps_the_place_and_more_loses_it() {
    let mut engine = engine();
    let first = engine.add(&limit(Side::Buy, 3, 100), Owner::Client).expect("rests");
    let second = engine.add(&limit(Side::Buy, 3, 100), Owner::Client).expect("rests");
    engine.replace(first, &Change::limit(2, Price(100 * TICK))).expect("less");
    let front = |engine: &MatchingEngine| engine.book().first(Side::Buy).map(|(_, o)| o.id);
    assert_eq!(front(&engine), Some(first.0));
    engine.replace(first, &Change::limit(4, Price(100 * TICK))).expect("more");
    assert_eq!(front(&engine), Some(second.0));
    assert_eq!(engine.order(first).map(|order| order.qty), Some(4));
}

#[test]
fn a_replace_counts_what_is_filled_already() {
    let mut engine = engine();
    let order = engine.add(&limit(Side::Buy, 5, 100), Owner::Client).expect("rests");
    engine.add(&limit(Side::Sell, 2, 100), Owner::Crowd).expect("trades");
    assert_eq!(
        engine.replace(order, &Change::limit(2, Price(100 * TICK))),
        Err(Refusal::BadQuantity)
    );
    engine.replace(order, &Change::limit(3, Price(100 * TICK))).expect("one is left");
    assert_eq!(engine.order(order).map(|order| (order.qty, order.filled)), Some((1, 2)));
}

#[test]
fn a_replace_through_the_other_side_trades_at_its_price() {
    let mut engine = engine();
    engine.add(&limit(Side::Sell, 1, 101), Owner::Crowd).expect("rests");
    let order = engine.add(&limit(Side::Buy, 3, 99), Owner::Client).expect("rests");
    engine.replace(order, &Change::limit(3, Price(102 * TICK))).expect("trades");
    let price = Price(101 * TICK);
    assert_eq!(engine.news(), [OrderEvent::Filled { order, qty: 1, price, leaves_qty: 2 }]);
    let best = engine.book().best(Side::Buy).expect("the rest");
    assert_eq!((best.price, best.qty), (Price(102 * TICK), 2));
}

#[test]
fn the_rest_of_an_immediate_or_cancel_expires() {
    let mut engine = engine();
    engine.add(&limit(Side::Sell, 1, 100), Owner::Crowd).expect("rests");
    let ioc =
        NewOrder { time_in_force: TimeInForce::ImmediateOrCancel, ..limit(Side::Buy, 2, 100) };
    let order = engine.add(&ioc, Owner::Client).expect("accepted");
    assert_eq!(engine.news().last(), Some(&OrderEvent::Expired { order }));
    assert_eq!(engine.book().best(Side::Buy), None);
    assert_eq!(engine.cancel(order), Err(Refusal::UnknownOrder));
}

#[test]
fn orders_off_the_grid_or_without_quantity_are_refused() {
    let mut engine = engine();
    assert_eq!(engine.add(&limit(Side::Buy, 0, 1), Owner::Client), Err(Refusal::BadQuantity));
    for price in [Price(TICK + 1), Price::NONE] {
        let order = NewOrder { price, ..limit(Side::Buy, 1, 1) };
        assert_eq!(engine.add(&order, Owner::Client), Err(Refusal::BadPrice));
    }
}

#[test]
fn a_full_book_refuses_and_recovers() {
    let mut engine = MatchingEngine::new(0, Price(TICK), 2, 1);
    let first = engine.add(&limit(Side::Buy, 1, 100), Owner::Crowd).expect("rests");
    let other_level = engine.add(&limit(Side::Buy, 1, 99), Owner::Crowd);
    assert_eq!(other_level, Err(Refusal::BookFull));
    engine.add(&limit(Side::Buy, 1, 100), Owner::Crowd).expect("rests");
    let third = engine.add(&limit(Side::Buy, 1, 100), Owner::Crowd);
    assert_eq!(third, Err(Refusal::BookFull));
    engine.cancel(first).expect("works");
    let again = engine.add(&limit(Side::Buy, 1, 100), Owner::Crowd).expect("room again");
    assert_ne!(again, first, "an identity is never given twice");
}

#[test]
fn clients_cannot_keep_the_market_itself_out() {
    let mut engine = MatchingEngine::new(0, Price(TICK), 8, 4);
    let ours: Vec<OrderId> = (0..4)
        .map(|_| engine.add(&limit(Side::Buy, 1, 100), Owner::Client).expect("half of the orders"))
        .collect();
    let one_more = limit(Side::Buy, 1, 100);
    assert_eq!(engine.add(&one_more, Owner::Client), Err(Refusal::BookFull));
    engine.replace(ours[0], &Change::limit(2, Price(99 * TICK))).expect("it has its place already");
    engine.replace(ours[0], &Change::limit(2, Price(100 * TICK))).expect("and keeps it");
    let theirs = limit(Side::Sell, 1, 101);
    for _ in 0..4 {
        engine.add(&theirs, Owner::Crowd).expect("the other half");
    }
    engine.add(&NewOrder { side: Side::Sell, ..one_more }, Owner::Crowd).expect_err("full");
    engine.cancel(ours[3]).expect("works");
    engine.add(&one_more, Owner::Client).expect("room again");

    let mut engine = MatchingEngine::new(0, Price(TICK), 64, 4);
    let [first, _] = [100, 99]
        .map(|at| engine.add(&limit(Side::Buy, 1, at), Owner::Client).expect("half of the levels"));
    let third = limit(Side::Buy, 1, 98);
    assert_eq!(engine.add(&third, Owner::Client), Err(Refusal::BookFull));
    assert_eq!(engine.replace(first, &Change::limit(1, third.price)), Err(Refusal::BookFull));
    engine.add(&third, Owner::Crowd).expect("the market itself goes on");
    engine.add(&third, Owner::Client).expect("a level that is there");
}

#[test]
fn the_end_of_a_session_expires_clients_and_empties_the_book() {
    let mut engine = engine();
    let ours = engine.add(&limit(Side::Buy, 1, 100), Owner::Client).expect("rests");
    engine.add(&limit(Side::Sell, 1, 101), Owner::Crowd).expect("rests");
    engine.end_session();
    assert_eq!(engine.news(), [OrderEvent::Expired { order: ours }]);
    assert_eq!(engine.book().order_count(Side::Buy) + engine.book().order_count(Side::Sell), 0);
}

/// The same rules in the plainest form: one list of orders in the order of their arrival.
#[derive(Default)]
struct Oracle {
    orders: Vec<Resting>,
}

impl Oracle {
    fn add(&mut self, mut taker: Resting, rests: bool) -> Vec<(u64, u32, Price)> {
        let mut fills = Vec::new();
        while taker.qty > 0 {
            let meets = |order: &Resting| match taker.side {
                Side::Buy => order.price <= taker.price,
                Side::Sell => order.price >= taker.price,
            };
            let others = self.orders.iter().filter(|o| o.side != taker.side && meets(o));
            let rank = |order: &Resting| -taker.side.opposite().sign() * order.price.0;
            let Some(maker) = others.min_by_key(|order| rank(order)).map(|order| order.id) else {
                break;
            };
            let at = self.orders.iter().position(|order| order.id == maker).expect("found");
            let maker = &mut self.orders[at];
            let qty = maker.qty.min(taker.qty);
            maker.qty -= qty;
            maker.filled += qty;
            taker.qty -= qty;
            taker.filled += qty;
            fills.push((maker.id, qty, maker.price));
            if maker.qty == 0 {
                self.orders.remove(at);
            }
        }
        if rests && taker.qty > 0 {
            self.orders.push(taker);
        }
        fills
    }

    fn in_priority(&self, side: Side) -> Vec<Resting> {
        let mut orders: Vec<_> = self.orders.iter().filter(|o| o.side == side).copied().collect();
        orders.sort_by_key(|order| -side.sign() * order.price.0);
        orders
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(Side, u32, i64, bool),
    Cancel(usize),
    Replace(usize, u32, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let step = prop_oneof![
        4 => (side, 1u32..9, 90i64..110, any::<bool>()).prop_map(|(s, q, p, r)| Step::Add(s, q, p, r)),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => (any::<usize>(), 1u32..9, 90i64..110).prop_map(|(i, q, p)| Step::Replace(i, q, p)),
    ];
    prop::collection::vec(step, 1..200)
}

fn fills_of(engine: &MatchingEngine) -> Vec<(u64, u32, Price)> {
    let fills = engine.events().iter().filter(|event| event.action == BookAction::Fill);
    fills.map(|event| (event.order.0, event.qty, event.price)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_engine_agrees_with_the_oracle(steps in steps()) {
        let mut engine = engine();
        let mut oracle = Oracle::default();
        for step in steps {
            match step {
                Step::Add(side, qty, ticks, rests) => {
                    let time_in_force =
                        if rests { TimeInForce::Day } else { TimeInForce::ImmediateOrCancel };
                    let order = NewOrder { time_in_force, ..limit(side, qty, ticks) };
                    let id = engine.add(&order, Owner::Client).expect("there is room").0;
                    let price = order.price;
                    let taker = Resting {
                        id,
                        side,
                        price,
                        qty,
                        filled: 0,
                        client: true,
                        lasts: false,
                        self_match: SelfMatch::NONE,
                    };
                    prop_assert_eq!(fills_of(&engine), oracle.add(taker, rests));
                }
                Step::Cancel(pick) if !oracle.orders.is_empty() => {
                    let gone = oracle.orders.remove(pick % oracle.orders.len());
                    prop_assert_eq!(engine.cancel(OrderId(gone.id)), Ok(()));
                }
                Step::Replace(pick, qty, ticks) if !oracle.orders.is_empty() => {
                    let at = pick % oracle.orders.len();
                    let old = oracle.orders[at];
                    let price = Price(ticks * TICK);
                    let result = engine.replace(OrderId(old.id), &Change::limit(qty, price));
                    if qty <= old.filled {
                        prop_assert_eq!(result, Err(Refusal::BadQuantity));
                        continue;
                    }
                    prop_assert_eq!(result, Ok(()));
                    let leaves = qty - old.filled;
                    if price == old.price && leaves <= old.qty {
                        oracle.orders[at].qty = leaves;
                    } else {
                        oracle.orders.remove(at);
                        let fills = oracle.add(Resting { price, qty: leaves, ..old }, true);
                        prop_assert_eq!(fills_of(&engine), fills);
                    }
                }
                _ => continue,
            }
            for side in [Side::Buy, Side::Sell] {
                let orders: Vec<_> = engine.book().orders(side).copied().collect();
                prop_assert_eq!(&orders, &oracle.in_priority(side));
                let resting: u64 = orders.iter().map(|order| order.qty as u64).sum();
                let in_levels: u64 = engine.book().levels(side).map(|level| level.qty).sum();
                prop_assert_eq!(resting, in_levels);
            }
            let (bid, ask) = (engine.book().best(Side::Buy), engine.book().best(Side::Sell));
            if let (Some(bid), Some(ask)) = (bid, ask) {
                prop_assert!(bid.price < ask.price, "crossed");
            }
            let traded: u32 = fills_of(&engine).iter().map(|fill| fill.1).sum();
            let printed = engine.events().iter().filter(|e| e.action == BookAction::Trade);
            prop_assert_eq!(traded, printed.map(|event| event.qty).sum::<u32>());
        }
    }
}
