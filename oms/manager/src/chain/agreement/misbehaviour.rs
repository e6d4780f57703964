//! A broker whose reports are lost, doubled, told twice, out of order, of the wrong side, unreadable, or
//! busted: whatever it does, after reconciliation ours is equal to the broker's, and until then what may
//! be wrong is in doubt.

use super::world::{BOTS, STAGES, World};
use super::{Step, step};
use gauntlet_model::effect::Urgency;
use gauntlet_model::ids::BotId;
use gauntlet_model::input::Route;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Fault {
    None(Step),
    Lost { nth: usize },
    Twisted { nth: usize },
    Garbled { nth: usize },
    Busted { nth: usize },
}

fn fault(busts: u32) -> impl Strategy<Value = Fault> {
    let nth = 0usize..8;
    prop_oneof![
        40 => step().prop_map(Fault::None),
        3 => nth.clone().prop_map(|nth| Fault::Lost { nth }),
        1 => nth.clone().prop_map(|nth| Fault::Twisted { nth }),
        1 => nth.clone().prop_map(|nth| Fault::Garbled { nth }),
        busts => nth.prop_map(|nth| Fault::Busted { nth }),
    ]
}

fn after(faults: Vec<Fault>) -> World {
    let mut world = World::new();
    for fault in faults {
        match fault {
            Fault::None(step) => world.step(step),
            Fault::Lost { nth } => world.loses(nth),
            Fault::Twisted { nth } => world.twists(nth),
            Fault::Garbled { nth } => world.garbles(nth),
            Fault::Busted { nth } => world.busts(nth),
        }
    }
    world.reconcile();
    world
}

fn held(world: &World, bot: u16) -> i64 {
    world.risk.position(BotId(bot)).map_or(0, |position| i64::from(position.qty()))
}

fn bots_of_the_broker() -> impl Iterator<Item = u16> {
    let real = |bot: &u16| Route::of(STAGES[usize::from(*bot)], Route::BROKER) == Route::BROKER;
    (0..BOTS).filter(real)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_not_in_doubt_is_what_the_broker_holds_and_a_person_settles_the_rest(
        faults in prop::collection::vec(fault(1), 1..250),
    ) {
        let mut world = after(faults);
        for bot in bots_of_the_broker() {
            let truly = world.truly_held(bot);
            if !world.is_in_doubt() {
                prop_assert_eq!(held(&world, bot), truly, "bot {}", bot);
            }
        }
        for bot in bots_of_the_broker() {
            world.settle_by_hand(BotId(bot), world.truly_held(bot));
            prop_assert_eq!(held(&world, bot), world.truly_held(bot));
        }
        prop_assert!(!world.is_in_doubt());
    }

    #[test]
    fn lost_and_doubled_reports_are_made_good_by_the_brokers_own_word(
        steps in prop::collection::vec(
            prop_oneof![
                10 => step().prop_map(Fault::None),
                1 => (0usize..8).prop_map(|nth| Fault::Lost { nth }),
            ],
            1..250,
        ),
    ) {
        let world = after(steps);
        for bot in bots_of_the_broker() {
            prop_assert_eq!(held(&world, bot), world.truly_held(bot), "bot {}", bot);
        }
    }
}

/// A working order of the first bot, and its acknowledgement.
fn with_an_order() -> World {
    let mut world = World::new();
    let urgency = Urgency::Passive;
    world.step(Step::Wants { bot: 0, target: 2, urgency, stop: false });
    world.step(Step::BrokerWorks { route: 0 });
    world.step(Step::Arrives { route: 0 });
    world
}

/// Its two contracts were booked, and whatever came after them is as the broker has it.
fn settled(world: &World) {
    assert_eq!(held(world, 0), world.truly_held(0));
    assert!(world.risk.position(BotId(0)).is_some_and(|position| position.volume() >= 2));
    assert!(!world.is_in_doubt());
}

#[test]
fn a_fill_whose_report_is_lost_is_found_when_its_order_is_asked_about() {
    let mut world = with_an_order();
    world.step(Step::Fills { route: 0, nth: 0, qty: 2 });
    world.loses(0);
    assert_eq!((held(&world, 0), world.truly_held(0)), (0, 2));
    world.reconcile();
    settled(&world);
}

#[test]
fn a_report_that_comes_after_its_fill_was_booked_counts_nothing() {
    let mut world = with_an_order();
    world.step(Step::Fills { route: 0, nth: 0, qty: 2 });
    let late = world.holds_back(0);
    world.reconcile();
    settled(&world);
    world.delivers(late);
    settled(&world);
}

#[test]
fn a_sell_answered_as_a_buy_and_an_unreadable_fill_end_as_what_they_were() {
    for spoil in [World::twists as fn(&mut World, usize), World::garbles] {
        let mut world = with_an_order();
        world.step(Step::Fills { route: 0, nth: 0, qty: 2 });
        spoil(&mut world, 0);
        world.step(Step::Arrives { route: 0 });
        assert_eq!((held(&world, 0), world.is_in_doubt()), (0, true));
        world.reconcile();
        settled(&world);
    }
}

#[test]
fn a_bust_takes_the_position_back() {
    let mut world = with_an_order();
    world.step(Step::Fills { route: 0, nth: 0, qty: 1 });
    world.step(Step::Arrives { route: 0 });
    assert_eq!(held(&world, 0), 1);
    world.busts(0);
    world.step(Step::Arrives { route: 0 });
    assert_eq!((held(&world, 0), world.truly_held(0)), (0, 0));
}
