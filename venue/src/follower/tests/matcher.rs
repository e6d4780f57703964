//! The follower against the matching engine, as long as both see one market: an order of ours that has traded
//! or rests is in the engine's book and in no outside one, so the crowd acts only while it does not.

use super::*;
use crate::market::{NewOrder, SelfMatch};
use crate::matching::{MatchingEngine, Owner};
use gauntlet_model::input::BookAction;
use std::collections::BTreeMap;

const PROTECTION: u16 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Somebody else's order.
    Crowd {
        side: Side,
        qty: u32,
        price: i64,
        at_once: bool,
    },
    /// An order of ours.
    Enter {
        kind: u8,
        life: u8,
        side: Side,
        qty: u32,
        price: i64,
        trigger: i64,
    },
    Replace {
        nth: usize,
        qty: u32,
        price: i64,
        trigger: i64,
    },
    Cancel(usize),
    /// A session ends, so much time passes, and the next begins.
    Session(u64),
}

fn side() -> impl Strategy<Value = Side> {
    any::<bool>().prop_map(|buys| if buys { Side::Buy } else { Side::Sell })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let price = 95i64..107;
    let crowd = (side(), 1u32..9, price.clone(), any::<bool>())
        .prop_map(|(side, qty, price, at_once)| Step::Crowd { side, qty, price, at_once });
    let enter = (0u8..5, 0u8..5, side(), 0u32..9, price.clone(), price.clone()).prop_map(
        |(kind, life, side, qty, price, trigger)| Step::Enter {
            kind,
            life,
            side,
            qty,
            price,
            trigger,
        },
    );
    let replace = (any::<usize>(), 0u32..9, price.clone(), price)
        .prop_map(|(nth, qty, price, trigger)| Step::Replace { nth, qty, price, trigger });
    let step = prop_oneof![
        8 => crowd,
        4 => enter,
        2 => replace,
        1 => any::<usize>().prop_map(Step::Cancel),
        1 => (0u64..40).prop_map(Step::Session),
    ];
    prop::collection::vec(step, 1..80)
}

/// The engine that has our orders, the one that has the crowd's alone, and what follows that.
struct World {
    venue: MatchingEngine,
    outside: MatchingEngine,
    follower: Follower,
    /// By the engine's identity: ours, and the side.
    ours: BTreeMap<OrderId, (OrderId, Side)>,
    ids: Vec<OrderId>,
    now: u64,
    told: Vec<OrderEvent>,
}

fn renamed(event: OrderEvent, to: OrderId) -> OrderEvent {
    match event {
        OrderEvent::Filled { qty, price, leaves_qty, .. } => {
            OrderEvent::Filled { order: to, qty, price, leaves_qty }
        }
        OrderEvent::Expired { .. } => OrderEvent::Expired { order: to },
        OrderEvent::SelfMatched { .. } => OrderEvent::SelfMatched { order: to },
        OrderEvent::Triggered { .. } => OrderEvent::Triggered { order: to },
        OrderEvent::Priced { price, .. } => OrderEvent::Priced { order: to, price },
    }
}

impl World {
    fn new() -> World {
        let engine = || MatchingEngine::new(0, Price(1), 4_096, 512);
        let protection = Price(i64::from(PROTECTION));
        World {
            venue: engine().with_protection(protection),
            outside: engine(),
            follower: Follower::new(Price(1), 1_024).with_protection(PROTECTION),
            ours: BTreeMap::new(),
            ids: Vec::new(),
            now: 1_000,
            told: Vec::new(),
        }
    }

    fn sees_one_market(&self) -> bool {
        [Side::Buy, Side::Sell].into_iter().all(|side| {
            let levels = |engine: &MatchingEngine| engine.book().levels(side).collect::<Vec<_>>();
            levels(&self.venue) == levels(&self.outside)
        })
    }

    /// What the engine told of our orders, under our names.
    fn news(&self) -> Vec<OrderEvent> {
        let ours = |event: &OrderEvent| renamed(*event, self.ours[&event.order()].0);
        self.venue.news().iter().map(ours).collect()
    }

    /// Whether orders of ours on both sides acted: in the engine they meet.
    fn met_ourselves(&self) -> bool {
        let sides = |side| self.venue.news().iter().any(|e| self.ours[&e.order()].1 == side);
        sides(Side::Buy) && sides(Side::Sell)
    }

    fn rests(&self) -> bool {
        self.ids.iter().any(|id| self.venue.order(*id).is_some())
    }

    fn crowd(&mut self, order: &NewOrder) {
        self.outside.add(order, Owner::Crowd).expect("there is room");
        self.venue.add(order, Owner::Crowd).expect("there is room");
        let World { follower, outside, told, .. } = self;
        for event in outside.events().iter().filter(|event| event.action == BookAction::Trade) {
            follower.on_trade(event.price, event.qty, event.side, &mut |event| told.push(event));
        }
        follower.on_book(outside.book(), &mut |event| told.push(event));
    }

    /// Enters an order in both and tells whether both did the same so far.
    fn enter(&mut self, order: &NewOrder) -> Result<bool, TestCaseError> {
        let id = OrderId(self.ids.len() as u64 + 1);
        let NewOrder { side, qty, kind, price, time_in_force, .. } = *order;
        let followed = FollowedOrder { id, side, qty, kind, price, time_in_force };
        let World { follower, outside, told, .. } = self;
        let done = follower.submit(&followed, outside.book(), &mut |event| told.push(event));
        let entered = self.venue.add(order, Owner::Client);
        prop_assert_eq!(done, entered.map(|_| ()));
        if let Ok(of_venue) = entered {
            self.ours.insert(of_venue, (id, side));
            self.ids.push(of_venue);
        }
        Ok(entered.is_ok())
    }
}

fn new_order(step: Step, now: u64) -> Option<NewOrder> {
    let (side, qty, price, kind, time_in_force) = match step {
        Step::Crowd { side, qty, price, at_once } => {
            let life = if at_once { TimeInForce::ImmediateOrCancel } else { TimeInForce::Day };
            (side, qty, price, OrderKind::Limit, life)
        }
        Step::Enter { kind, life, side, qty, price, trigger } => {
            let trigger = Price(trigger);
            let kind = match kind {
                0 => OrderKind::Limit,
                1 => OrderKind::Market,
                2 => OrderKind::MarketToLimit,
                3 => OrderKind::Stop(trigger),
                _ => OrderKind::StopLimit(trigger),
            };
            let life = match life {
                0 => TimeInForce::Day,
                1 => TimeInForce::ImmediateOrCancel,
                2 => TimeInForce::FillOrKill,
                3 => TimeInForce::GoodTillCancel,
                _ => TimeInForce::GoodTill(UnixNanos(now + 20)),
            };
            (side, qty, price, kind, life)
        }
        _ => return None,
    };
    let self_match = SelfMatch::NONE;
    Some(NewOrder { listing: 0, side, qty, kind, price: Price(price), time_in_force, self_match })
}

impl World {
    /// Takes one step in both; false when they part and nothing can be compared any more.
    fn step(&mut self, step: Step) -> Result<bool, TestCaseError> {
        self.told.clear();
        let pick = |ids: &[OrderId], nth: usize| ids.get(nth % ids.len().max(1)).copied();
        match step {
            Step::Crowd { .. } => {
                let order = new_order(step, self.now).filter(|_| self.sees_one_market());
                let Some(order) = order else { return Ok(true) };
                self.crowd(&order);
            }
            Step::Enter { .. } => {
                // Beside one that rests another of ours could meet it.
                let order = new_order(step, self.now).filter(|_| !self.rests());
                let Some(order) = order.filter(|_| self.sees_one_market()) else { return Ok(true) };
                if !self.enter(&order)? {
                    return Ok(true);
                }
            }
            Step::Replace { nth, qty, price, trigger } => {
                let Some(of_venue) = pick(&self.ids, nth) else { return Ok(true) };
                let change = Change { qty, price: Price(price), trigger: Price(trigger) };
                let (id, _) = self.ours[&of_venue];
                let World { follower, outside, told, .. } = self;
                let out = &mut |event| told.push(event);
                let done = follower.replace(id, &change, outside.book(), out);
                let replaced = self.venue.replace(of_venue, &change);
                prop_assert_eq!(done, replaced);
            }
            Step::Cancel(nth) => {
                let Some(of_venue) = pick(&self.ids, nth) else { return Ok(true) };
                let (id, _) = self.ours[&of_venue];
                let done = self.follower.cancel(id).map(|_| ());
                prop_assert_eq!(done, self.venue.cancel(of_venue));
            }
            Step::Session(passed) => return self.session(passed).map(|()| true),
        }
        if self.met_ourselves() {
            return Ok(false);
        }
        prop_assert_eq!(&self.told, &self.news());
        Ok(true)
    }

    fn session(&mut self, passed: u64) -> Result<(), TestCaseError> {
        self.outside.end_session();
        self.venue.end_session();
        let World { follower, told, .. } = self;
        follower.end_session(&mut |event| told.push(event));
        prop_assert_eq!(&self.told, &self.news());
        self.told.clear();
        self.now += passed;
        let now = UnixNanos(self.now);
        self.venue.expire_due(now);
        let World { follower, told, .. } = self;
        follower.set_time(now);
        follower.expire_due(now, &mut |event| told.push(event));
        let sorted = |mut events: Vec<OrderEvent>| {
            events.sort_by_key(|event| event.order());
            events
        };
        prop_assert_eq!(sorted(self.told.clone()), sorted(self.news()));
        self.outside.begin_session();
        self.venue.begin_session();
        Ok(())
    }

    /// What works in one works in the other, with as much left.
    fn check_orders(&self) -> Result<(), TestCaseError> {
        for (of_venue, (id, _)) in &self.ours {
            let there = self.venue.working(*of_venue);
            let here = self.follower.order(*id);
            prop_assert_eq!(
                here.map(|order| (order.leaves_qty, order.filled, order.price)),
                there.map(|order| (order.qty, order.filled, order.price))
            );
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Every kind and life of an order is taken or refused, triggered, priced, filled, expired, replaced and
    /// cancelled as the matching engine does it.
    #[test]
    fn what_the_engine_does_with_an_order_the_follower_does(steps in steps()) {
        let mut world = World::new();
        world.follower.set_time(UnixNanos(world.now));
        for step in steps {
            if !world.step(step)? {
                break;
            }
            world.check_orders()?;
        }
    }
}
