//! Risk and the order manager, each with its own picture of every order, through storms of lost
//! sessions, restarts, doubled, late and refused messages: at no moment does risk count less than
//! what the order manager calls live.

mod misbehaviour;
mod world;

use gauntlet_model::effect::{OrderState, Urgency};
use gauntlet_model::ids::BotId;
use gauntlet_model::input::Route;
use proptest::prelude::*;
use std::collections::BTreeSet;
use world::{BOTS, STAGES, World};

#[derive(Clone, Debug)]
enum Step {
    Wants { bot: u16, target: i32, urgency: Urgency, stop: bool },
    BrokerWorks { route: usize },
    BrokerRefuses { route: usize },
    BrokerCancels { route: usize, nth: usize },
    Fills { route: usize, nth: usize, qty: u32 },
    Arrives { route: usize },
    ArrivesEarly { route: usize, nth: usize },
    ArrivesAgain { nth: usize, poss_dup: bool },
    MessageIsLost { route: usize },
    MessageIsRefused { route: usize },
    ConnectionChanges,
    Restart,
    Kill,
    Unkill,
    Reset,
    Wait { seconds: u64, drift: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let route = prop_oneof![4 => Just(0usize), 1 => Just(1usize), 1 => Just(2usize)];
    let nth = 0usize..8;
    let urgency = prop_oneof![3 => Just(Urgency::Passive), 1 => Just(Urgency::Aggressive)];
    prop_oneof![
        8 => (0..BOTS, -3i32..4, urgency, prop::bool::weighted(0.1))
            .prop_map(|(bot, target, urgency, stop)| Step::Wants { bot, target, urgency, stop }),
        14 => route.clone().prop_map(|route| Step::BrokerWorks { route }),
        1 => route.clone().prop_map(|route| Step::BrokerRefuses { route }),
        1 => (route.clone(), nth.clone())
            .prop_map(|(route, nth)| Step::BrokerCancels { route, nth }),
        5 => (route.clone(), nth.clone(), 1u32..3)
            .prop_map(|(route, nth, qty)| Step::Fills { route, nth, qty }),
        14 => route.clone().prop_map(|route| Step::Arrives { route }),
        1 => (route.clone(), nth.clone())
            .prop_map(|(route, nth)| Step::ArrivesEarly { route, nth }),
        2 => (0usize..64, any::<bool>())
            .prop_map(|(nth, poss_dup)| Step::ArrivesAgain { nth, poss_dup }),
        1 => route.clone().prop_map(|route| Step::MessageIsLost { route }),
        1 => route.prop_map(|route| Step::MessageIsRefused { route }),
        2 => Just(Step::ConnectionChanges),
        1 => Just(Step::Restart),
        1 => Just(Step::Kill),
        2 => Just(Step::Unkill),
        1 => Just(Step::Reset),
        5 => (1u64..7, -2i64..3).prop_map(|(seconds, drift)| Step::Wait { seconds, drift }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn risk_counts_what_the_order_manager_calls_live_and_in_the_end_both_are_right(
        steps in prop::collection::vec(step(), 1..250),
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        let live: BTreeSet<_> = world.orders.live().map(|order| order.first_id()).collect();
        let working: BTreeSet<_> = (0..BOTS)
            .flat_map(|bot| world.risk.working(BotId(bot)))
            .map(|known| known.first_id())
            .collect();
        prop_assert_eq!(&working, &live);
        let orders = || world.brokers.iter().flat_map(|broker| &broker.orders);
        let true_live: BTreeSet<_> =
            orders().filter(|o| o.ended.is_none()).map(|o| o.sent.cl_ord_id).collect();
        prop_assert_eq!(&live, &true_live);
        for order in world.orders.live() {
            let state = order.state();
            prop_assert!(matches!(state, OrderState::New | OrderState::PartiallyFilled));
        }
        for (bot, stage) in STAGES.iter().enumerate() {
            if Route::of(*stage, Route::BROKER) != Route::BROKER {
                continue;
            }
            let of_bot = orders().filter(|o| usize::from(o.sent.bot.0) == bot);
            let held: i64 = of_bot.map(|o| o.sent.side.sign() * i64::from(o.cum_qty)).sum();
            prop_assert_eq!(held, world.filled[bot]);
        }
    }
}

#[test]
fn a_storm_is_worth_its_name() {
    let mut world = World::new();
    for round in 0..40 {
        world.step(Step::Wants {
            bot: round % BOTS,
            target: if round < 20 { 2 } else { -1 },
            urgency: Urgency::Passive,
            stop: false,
        });
        for route in 0..3 {
            world.step(Step::BrokerWorks { route });
            world.step(Step::Fills { route, nth: 0, qty: 1 });
            world.step(Step::Arrives { route });
            world.step(Step::Arrives { route });
        }
        world.step(Step::Wait { seconds: 1, drift: 0 });
    }
    assert!(world.sent > 60, "only {} messages", world.sent);
    for bot in (0..BOTS).map(BotId) {
        let traded = world.risk.position(bot).map_or(0, |position| position.volume());
        assert!(traded > 2, "{bot:?} traded {traded}");
    }
}
