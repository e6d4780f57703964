//! The kinds of orders, against an oracle of plain lists.

use super::*;
use crate::market::{OrderKind, SelfMatch};

/// The engine's own protection, in ticks.
const PROTECTION: i64 = 20;

fn price(ticks: i64) -> Price {
    Price(ticks * TICK)
}

fn of(kind: OrderKind, side: Side, qty: u32, ticks: i64) -> NewOrder {
    NewOrder { kind, ..limit(side, qty, ticks) }
}

fn enter(engine: &mut MatchingEngine, order: &NewOrder) -> OrderId {
    engine.add(order, Owner::Client).expect("accepted")
}

fn offer(engine: &mut MatchingEngine, side: Side, levels: &[(u32, i64)]) {
    for (qty, ticks) in levels {
        engine.add(&limit(side, *qty, *ticks), Owner::Crowd).expect("rests");
    }
}

#[test]
fn a_market_order_reaches_as_far_as_its_protection_and_the_rest_stays_there() {
    let mut engine = engine();
    offer(&mut engine, Side::Sell, &[(2, 100), (3, 111), (3, 120), (5, 121)]);
    let order = enter(&mut engine, &of(OrderKind::Market, Side::Buy, 15, 0));
    let filled =
        |qty, ticks, leaves_qty| OrderEvent::Filled { order, qty, price: price(ticks), leaves_qty };
    let wanted = [
        OrderEvent::Priced { order, price: price(120) },
        filled(2, 100, 13),
        filled(3, 111, 10),
        filled(3, 120, 7),
    ];
    assert_eq!(engine.news(), wanted);
    assert_eq!(engine.order(order).map(|o| (o.price, o.qty)), Some((price(120), 7)));
    let empty = engine.add(&of(OrderKind::Market, Side::Sell, 1, 0), Owner::Client);
    assert!(empty.is_ok(), "the rest is a bid now");
}

#[test]
fn what_has_no_price_is_refused_where_nothing_is_offered() {
    for kind in [OrderKind::Market, OrderKind::MarketToLimit] {
        let mut engine = engine();
        offer(&mut engine, Side::Buy, &[(1, 90)]);
        assert_eq!(engine.add(&of(kind, Side::Buy, 1, 0), Owner::Client), Err(Refusal::NoOpposite));
        assert_eq!(
            engine.add(&of(kind, Side::Sell, 0, 0), Owner::Client),
            Err(Refusal::BadQuantity)
        );
    }
}

#[test]
fn a_market_to_limit_order_rests_at_the_price_that_it_traded_at() {
    let mut engine = engine();
    offer(&mut engine, Side::Sell, &[(2, 100), (9, 101)]);
    let order = enter(&mut engine, &of(OrderKind::MarketToLimit, Side::Buy, 5, 0));
    let fill = OrderEvent::Filled { order, qty: 2, price: price(100), leaves_qty: 3 };
    assert_eq!(engine.news(), [OrderEvent::Priced { order, price: price(100) }, fill]);
    assert_eq!(engine.order(order).map(|o| (o.price, o.qty)), Some((price(100), 3)));
    let ioc = NewOrder {
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..of(OrderKind::MarketToLimit, Side::Buy, 10, 0)
    };
    let order = enter(&mut engine, &ioc);
    assert_eq!(engine.news().last(), Some(&OrderEvent::Expired { order }));
}

#[test]
fn a_stop_order_waits_for_its_trigger_and_is_protected_from_there() {
    let mut engine = engine();
    offer(&mut engine, Side::Sell, &[(1, 100), (1, 105), (1, 125), (9, 126)]);
    let stop = enter(&mut engine, &of(OrderKind::Stop(price(105)), Side::Buy, 4, 0));
    assert!(engine.news().is_empty() && engine.order(stop).is_none());
    assert!(engine.is_clients(stop));
    engine.add(&limit(Side::Buy, 1, 100), Owner::Crowd).expect("trades at 100");
    assert!(engine.news().is_empty(), "one tick short of nothing: {:?}", engine.news());
    engine.add(&limit(Side::Buy, 1, 105), Owner::Crowd).expect("trades at 105");
    let wanted = [
        OrderEvent::Triggered { order: stop },
        OrderEvent::Priced { order: stop, price: price(125) },
        OrderEvent::Filled { order: stop, qty: 1, price: price(125), leaves_qty: 3 },
    ];
    assert_eq!(engine.news(), wanted);
    assert_eq!(engine.order(stop).map(|o| (o.price, o.qty)), Some((price(125), 3)));
}

#[test]
fn a_stop_limit_order_becomes_a_limit_order_and_a_stop_whose_trigger_traded_last_enters_at_once() {
    let mut engine = engine();
    offer(&mut engine, Side::Buy, &[(1, 100), (5, 98)]);
    let kind = OrderKind::StopLimit(price(100));
    let wrong = engine.add(&of(kind, Side::Sell, 1, 101), Owner::Client);
    assert_eq!(wrong, Err(Refusal::BadPrice), "a sell's limit lies at its trigger or below");
    let stop = enter(&mut engine, &of(kind, Side::Sell, 2, 99));
    engine.add(&limit(Side::Sell, 1, 100), Owner::Crowd).expect("trades at 100");
    assert_eq!(engine.news(), [OrderEvent::Triggered { order: stop }]);
    assert_eq!(engine.order(stop).map(|o| (o.price, o.qty)), Some((price(99), 2)));
    let late = enter(&mut engine, &of(OrderKind::StopLimit(price(100)), Side::Sell, 1, 98));
    let fill = OrderEvent::Filled { order: late, qty: 1, price: price(98), leaves_qty: 0 };
    assert_eq!(engine.news(), [OrderEvent::Triggered { order: late }, fill]);
    enter(&mut engine, &of(OrderKind::StopLimit(price(99)), Side::Buy, 1, 99));
    assert!(engine.news().is_empty(), "a buy waits for a price above the last");
}

#[test]
fn a_stop_that_is_to_trade_at_once_and_one_off_the_grid_are_refused() {
    let mut engine = engine();
    for time_in_force in [TimeInForce::ImmediateOrCancel, TimeInForce::FillOrKill] {
        let order = NewOrder { time_in_force, ..of(OrderKind::Stop(price(9)), Side::Buy, 1, 0) };
        assert_eq!(engine.add(&order, Owner::Client), Err(Refusal::ImmediateStop));
    }
    for trigger in [Price(TICK + 1), Price::NONE] {
        let order = of(OrderKind::Stop(trigger), Side::Buy, 1, 0);
        assert_eq!(engine.add(&order, Owner::Client), Err(Refusal::BadPrice));
    }
}

#[test]
fn a_fill_or_kill_order_fills_whole_or_not_at_all() {
    for (there, is_filled) in [(4, false), (5, true)] {
        let mut engine = engine();
        offer(&mut engine, Side::Sell, &[(2, 100), (there - 2, 101), (50, 102)]);
        let order = NewOrder { time_in_force: TimeInForce::FillOrKill, ..limit(Side::Buy, 5, 101) };
        let order = enter(&mut engine, &order);
        let expired = engine.news() == [OrderEvent::Expired { order }];
        assert_eq!(expired, !is_filled, "{:?}", engine.news());
        assert_eq!(engine.events().is_empty(), !is_filled);
    }
}

fn of_group(order: NewOrder, gives_way: bool) -> NewOrder {
    NewOrder { self_match: SelfMatch::new(7, gives_way), ..order }
}

#[test]
fn orders_of_one_group_do_not_trade_and_the_older_one_goes_unless_the_newer_gives_way() {
    let mut engine = engine();
    let ours = enter(&mut engine, &of_group(limit(Side::Sell, 2, 100), true));
    offer(&mut engine, Side::Sell, &[(1, 100)]);
    let buy = enter(&mut engine, &of_group(limit(Side::Buy, 3, 100), false));
    let fill = OrderEvent::Filled { order: buy, qty: 1, price: price(100), leaves_qty: 2 };
    assert_eq!(engine.news(), [OrderEvent::SelfMatched { order: ours }, fill]);
    assert_eq!(engine.order(buy).map(|o| o.qty), Some(2));
    let sell = enter(&mut engine, &of_group(limit(Side::Sell, 1, 100), true));
    assert_eq!(engine.news(), [OrderEvent::SelfMatched { order: sell }]);
    assert_eq!(engine.order(buy).map(|o| o.qty), Some(2));
    let other = NewOrder { self_match: SelfMatch::new(8, false), ..limit(Side::Sell, 2, 100) };
    enter(&mut engine, &other);
    assert!(engine.order(buy).is_none(), "another group trades with it");
}

#[test]
fn what_outlives_a_session_keeps_its_turn_and_what_does_not_expires() {
    let mut engine = engine();
    let gtc = |qty, ticks| NewOrder {
        time_in_force: TimeInForce::GoodTillCancel,
        ..limit(Side::Buy, qty, ticks)
    };
    let [first, second, worse] =
        [gtc(1, 100), gtc(2, 100), gtc(3, 99)].map(|order| enter(&mut engine, &order));
    let day = enter(&mut engine, &limit(Side::Buy, 1, 100));
    let till = NewOrder { time_in_force: TimeInForce::GoodTill(UnixNanos(50)), ..gtc(4, 98) };
    let dated = enter(&mut engine, &till);
    let stop = NewOrder { kind: OrderKind::Stop(price(90)), ..till };
    let stop = enter(&mut engine, &NewOrder { side: Side::Sell, ..stop });
    assert_eq!(engine.next_deadline(), Some(UnixNanos(50)));
    engine.end_session();
    assert_eq!(engine.news(), [OrderEvent::Expired { order: day }]);
    assert_eq!(engine.book().order_count(Side::Buy), 0);
    engine.cancel(worse).expect("it can be cancelled while it waits");
    engine.expire_due(UnixNanos(49));
    assert!(engine.news().is_empty());
    engine.expire_due(UnixNanos(50));
    assert_eq!(engine.news(), [dated, stop].map(|order| OrderEvent::Expired { order }));
    engine.begin_session();
    let turn: Vec<u64> = engine.book().orders(Side::Buy).map(|order| order.id).collect();
    assert_eq!(turn, [first.0, second.0]);
    assert_eq!(actions(&engine), [(BookAction::Add, 1), (BookAction::Add, 2)]);
    engine.end_for_good();
    assert_eq!(engine.news().len(), 2);
    assert!(!engine.is_clients(first) && engine.next_deadline().is_none());
}

#[test]
fn clients_stops_are_bounded_like_their_orders() {
    let mut engine = MatchingEngine::new(0, Price(TICK), 8, 8);
    let stop = of(OrderKind::Stop(price(200)), Side::Buy, 1, 0);
    let stops: Vec<OrderId> = (0..4).map(|_| enter(&mut engine, &stop)).collect();
    assert_eq!(engine.add(&stop, Owner::Client), Err(Refusal::BookFull));
    assert_eq!(engine.add(&limit(Side::Buy, 1, 90), Owner::Client), Err(Refusal::BookFull));
    engine.cancel(stops[0]).expect("waits");
    assert_eq!(engine.cancel(stops[0]), Err(Refusal::UnknownOrder));
    enter(&mut engine, &limit(Side::Buy, 1, 90));
}

/// An order of the oracle: resting, or waiting with a trigger.
#[derive(Clone, Copy, Debug)]
struct Plain {
    id: u64,
    side: Side,
    qty: u32,
    filled: u32,
    /// Of a stop without a limit none.
    limit: Option<Price>,
    trigger: Option<Price>,
    lasts: bool,
    self_match: SelfMatch,
}

/// The rules in the plainest form.
#[derive(Default)]
struct Rules {
    /// In the order of arrival at their places.
    resting: Vec<Plain>,
    stops: Vec<Plain>,
    last: Option<Price>,
    traded: Vec<Price>,
    fills: Vec<(u64, u32, Price)>,
    /// What is told beside fills.
    told: Vec<OrderEvent>,
}

fn reaches(side: Side, a: Price, b: Price) -> bool {
    if side == Side::Buy { a >= b } else { a <= b }
}

impl Rules {
    fn begin(&mut self) {
        self.traded.clear();
        self.fills.clear();
        self.told.clear();
    }

    /// The order that comes next of those that one at a price meets.
    fn meets(&self, side: Side, limit: Price) -> Option<usize> {
        let there = |order: &Plain| order.limit.expect("it rests");
        let others = self.resting.iter().enumerate();
        let others = others.filter(|(_, o)| o.side != side && reaches(side, limit, there(o)));
        others.min_by_key(|(_, order)| side.sign() * there(order).0).map(|(at, _)| at)
    }

    fn could_fill(&self, taker: &Plain, limit: Price) -> bool {
        let mut copy = Rules { resting: self.resting.clone(), ..Rules::default() };
        copy.trade(*taker, limit).qty == 0
            && copy.fills.iter().map(|fill| fill.1).sum::<u32>() == taker.qty
    }

    fn trade(&mut self, mut taker: Plain, limit: Price) -> Plain {
        while taker.qty > 0
            && let Some(at) = self.meets(taker.side, limit)
        {
            let maker = self.resting[at];
            if taker.self_match.meets(maker.self_match) {
                let gone = if taker.self_match.cancels_itself() { taker.id } else { maker.id };
                self.told.push(OrderEvent::SelfMatched { order: OrderId(gone) });
                if gone == taker.id {
                    taker.qty = 0;
                } else {
                    self.resting.remove(at);
                }
                continue;
            }
            let (qty, price) = (maker.qty.min(taker.qty), maker.limit.expect("it rests"));
            self.fills.push((maker.id, qty, price));
            self.traded.push(price);
            self.last = Some(price);
            (taker.qty, taker.filled) = (taker.qty - qty, taker.filled + qty);
            let maker = &mut self.resting[at];
            (maker.qty, maker.filled) = (maker.qty - qty, maker.filled + qty);
            if maker.qty == 0 {
                self.resting.remove(at);
            }
        }
        taker
    }

    fn rest(&mut self, order: Plain, limit: Price) {
        if order.qty > 0 {
            self.resting.push(Plain { limit: Some(limit), trigger: None, ..order });
        }
    }

    fn wait(&mut self, stop: Plain) {
        let trigger = stop.trigger.expect("a stop");
        if self.last.is_some_and(|last| reaches(stop.side, last, trigger)) {
            self.trigger(stop);
        } else {
            self.stops.push(stop);
        }
    }

    fn trigger(&mut self, stop: Plain) {
        let id = OrderId(stop.id);
        self.told.push(OrderEvent::Triggered { order: id });
        let trigger = stop.trigger.expect("a stop");
        let limit = stop.limit.unwrap_or_else(|| {
            let price = trigger.offset_ticks(PROTECTION * stop.side.sign(), Price(TICK));
            self.told.push(OrderEvent::Priced { order: id, price });
            price
        });
        let rest = self.trade(stop, limit);
        self.rest(rest, limit);
    }

    /// Lets stops enter until none is triggered.
    fn elect(&mut self) {
        loop {
            let next = |side: Side| {
                let due = |stop: &&(usize, &Plain)| {
                    let trigger = stop.1.trigger.expect("a stop");
                    stop.1.side == side && self.traded.iter().any(|p| reaches(side, *p, trigger))
                };
                let stops = self.stops.iter().enumerate().collect::<Vec<_>>();
                let rank =
                    |stop: &&(usize, &Plain)| side.sign() * stop.1.trigger.unwrap_or(Price(0)).0;
                stops.iter().filter(due).min_by_key(rank).map(|(at, stop)| (stop.id, *at))
            };
            let Some((_, at)) = next(Side::Buy).into_iter().chain(next(Side::Sell)).min() else {
                return;
            };
            let stop = self.stops.remove(at);
            self.trigger(stop);
        }
    }

    fn enter(&mut self, id: u64, order: &NewOrder) {
        let mut plain = Plain {
            id,
            side: order.side,
            qty: order.qty,
            filled: 0,
            limit: order.kind.has_limit().then_some(order.price),
            trigger: order.kind.trigger(),
            lasts: order.time_in_force.outlives_session(),
            self_match: order.self_match,
        };
        if plain.trigger.is_some() {
            self.wait(plain);
            return self.elect();
        }
        let best =
            self.meets(order.side, price(if order.side == Side::Buy { 1_000 } else { -1_000 }));
        let limit = plain.limit.unwrap_or_else(|| {
            let best = self.resting[best.expect("it was accepted")].limit.expect("it rests");
            let reach = if order.kind == OrderKind::Market { PROTECTION } else { 0 };
            let price = best.offset_ticks(reach * order.side.sign(), Price(TICK));
            self.told.push(OrderEvent::Priced { order: OrderId(id), price });
            price
        });
        let must_fill = order.time_in_force == TimeInForce::FillOrKill;
        if !must_fill || self.could_fill(&plain, limit) {
            plain = self.trade(plain, limit);
        }
        if order.time_in_force.rests() {
            self.rest(plain, limit);
        } else if plain.qty > 0 {
            self.told.push(OrderEvent::Expired { order: OrderId(id) });
        }
        self.elect();
    }

    fn in_priority(&self, side: Side) -> Vec<(u64, u32, u32, Price)> {
        let of_side = self.resting.iter().filter(|order| order.side == side);
        let mut orders: Vec<_> =
            of_side.map(|o| (o.id, o.qty, o.filled, o.limit.expect("it rests"))).collect();
        orders.sort_by_key(|order| -side.sign() * order.3.0);
        orders
    }
}

#[derive(Clone, Debug)]
enum Act {
    Enter(NewOrder),
    Cancel(usize),
    Change { pick: usize, qty: u32, price: i64, trigger: i64 },
    Night,
}

fn new_order() -> impl Strategy<Value = NewOrder> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let kind = (0u8..8, 90i64..110).prop_map(|(kind, trigger)| match kind {
        0 => OrderKind::Market,
        1 => OrderKind::MarketToLimit,
        2 | 3 => OrderKind::Stop(price(trigger)),
        4 => OrderKind::StopLimit(price(trigger)),
        _ => OrderKind::Limit,
    });
    let life = prop_oneof![
        4 => Just(TimeInForce::Day),
        1 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
        2 => Just(TimeInForce::GoodTillCancel),
    ];
    let group = (0u32..6, any::<bool>()).prop_map(|(group, gives_way)| match group {
        1 | 2 => SelfMatch::new(group, gives_way),
        _ => SelfMatch::NONE,
    });
    (side, 1u32..9, 90i64..110, kind, life, group).prop_map(
        |(side, qty, ticks, kind, time_in_force, self_match)| NewOrder {
            kind,
            time_in_force,
            self_match,
            ..limit(side, qty, ticks)
        },
    )
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        8 => new_order().prop_map(Act::Enter),
        2 => any::<usize>().prop_map(Act::Cancel),
        3 => (any::<usize>(), 1u32..9, 90i64..110, 90i64..110)
            .prop_map(|(pick, qty, price, trigger)| Act::Change { pick, qty, price, trigger }),
        1 => Just(Act::Night),
    ];
    prop::collection::vec(act, 1..160)
}

fn check(engine: &MatchingEngine, rules: &Rules) -> Result<(), TestCaseError> {
    prop_assert_eq!(&fills_of(engine), &rules.fills);
    let is_fill = |event: &&OrderEvent| !matches!(event, OrderEvent::Filled { .. });
    let told: Vec<OrderEvent> = engine.news().iter().filter(is_fill).copied().collect();
    prop_assert_eq!(&told, &rules.told);
    for side in [Side::Buy, Side::Sell] {
        let orders = engine.book().orders(side).map(|o| (o.id, o.qty, o.filled, o.price));
        prop_assert_eq!(orders.collect::<Vec<_>>(), rules.in_priority(side));
    }
    for stop in &rules.stops {
        let waits = engine.working(OrderId(stop.id)).map(|order| order.qty);
        prop_assert_eq!(waits, Some(stop.qty));
    }
    let (bid, ask) = (engine.book().best(Side::Buy), engine.book().best(Side::Sell));
    prop_assert!(bid.zip(ask).is_none_or(|(bid, ask)| bid.price < ask.price), "crossed");
    Ok(())
}

/// A change, by the oracle; tells what the engine is to answer.
fn change(rules: &mut Rules, pick: usize, to: &Change) -> Result<(), Refusal> {
    let resting = rules.resting.len();
    let at = pick % (resting + rules.stops.len());
    if at >= resting {
        let stop = rules.stops[at - resting];
        let limit = stop.limit.map(|_| to.price);
        if limit.is_some_and(|limit| !reaches(stop.side, limit, to.trigger)) {
            return Err(Refusal::BadPrice);
        }
        let is_less = limit == stop.limit && Some(to.trigger) == stop.trigger && to.qty <= stop.qty;
        let changed = Plain { qty: to.qty, limit, trigger: Some(to.trigger), ..stop };
        if is_less {
            rules.stops[at - resting] = changed;
            return Ok(());
        }
        rules.stops.remove(at - resting);
        rules.wait(changed);
        rules.elect();
        return Ok(());
    }
    let order = rules.resting[at];
    if to.qty <= order.filled {
        return Err(Refusal::BadQuantity);
    }
    let leaves = to.qty - order.filled;
    if order.limit == Some(to.price) && leaves <= order.qty {
        rules.resting[at].qty = leaves;
        return Ok(());
    }
    rules.resting.remove(at);
    let moved = rules.trade(Plain { qty: leaves, ..order }, to.price);
    rules.rest(moved, to.price);
    rules.elect();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_kind_of_order_does_what_the_plain_rules_say(acts in acts()) {
        let mut engine = engine();
        let mut rules = Rules::default();
        for act in acts {
            rules.begin();
            match act {
                Act::Enter(order) => match engine.add(&order, Owner::Client) {
                    Ok(id) => rules.enter(id.0, &order),
                    Err(Refusal::NoOpposite) => {
                        let other = rules.in_priority(order.side.opposite());
                        prop_assert!(other.is_empty() && !order.kind.has_limit());
                    }
                    Err(Refusal::ImmediateStop) => {
                        prop_assert!(order.kind.trigger().is_some() && !order.time_in_force.rests());
                    }
                    Err(Refusal::BadPrice) => {
                        let trigger = order.kind.trigger().expect("only of a stop");
                        prop_assert!(!reaches(order.side, order.price, trigger));
                    }
                    Err(other) => prop_assert!(false, "{other:?}"),
                },
                Act::Cancel(pick) if !rules.resting.is_empty() => {
                    let gone = rules.resting.remove(pick % rules.resting.len());
                    prop_assert_eq!(engine.cancel(OrderId(gone.id)), Ok(()));
                }
                Act::Change { pick, qty, price: ticks, trigger }
                    if rules.resting.len() + rules.stops.len() > 0 =>
                {
                    let all: Vec<u64> =
                        rules.resting.iter().chain(&rules.stops).map(|order| order.id).collect();
                    let to = Change { qty, price: price(ticks), trigger: price(trigger) };
                    let done = engine.replace(OrderId(all[pick % all.len()]), &to);
                    prop_assert_eq!(done, change(&mut rules, pick, &to));
                }
                Act::Night => {
                    engine.end_session();
                    engine.begin_session();
                    for orders in [&mut rules.resting, &mut rules.stops] {
                        orders.retain(|order| order.lasts);
                    }
                }
                Act::Cancel(_) | Act::Change { .. } => continue,
            }
            check(&engine, &rules)?;
        }
    }
}
