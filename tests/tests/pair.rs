//! A stop and a target that rest at the broker together, through the whole platform: over FIX with the simulated
//! exchange, and in the simulator that fills PAPER bots. Whichever fills takes the other off.

use gauntlet_model::effect::{AlertKind, Effect, Emulation, OrderChanged, OrderState, OrderType};
use gauntlet_model::ids::{BotId, ClOrdId};
use gauntlet_model::input::Route;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::program;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::wait_until;
use std::collections::BTreeMap;

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 240.0, rate: 8.0, seed: 21 };
/// Bots that the configuration has.
const BOTS: u16 = 3;
/// Pairs that must end by each of the two before the test has seen enough.
const ENDS: usize = 3;

/// An order that rested for a position, as it was told last.
#[derive(Clone, Copy, Debug)]
struct Child {
    is_target: bool,
    told: OrderChanged,
}

/// Every stop and every target that a route had, in the order in which they were sent.
fn children(ledger: &Ledger, route: Route) -> Vec<Child> {
    let mut kinds: BTreeMap<ClOrdId, bool> = BTreeMap::new();
    let mut told: BTreeMap<ClOrdId, OrderChanged> = BTreeMap::new();
    for (_, effect) in ledger.effects() {
        match effect {
            Effect::Terms(terms) if terms.emulation.has(Emulation::PAIRED) => {
                kinds.insert(terms.order, true);
            }
            Effect::Terms(terms) if terms.order_type == OrderType::Stop => {
                kinds.insert(terms.order, false);
            }
            Effect::Order(order) if order.route == route => {
                told.insert(order.order, *order);
            }
            _ => {}
        }
    }
    let child = |(order, told)| Some(Child { is_target: *kinds.get(order)?, told });
    told.iter().filter_map(|(order, told)| child((order, *told))).collect()
}

fn filled(children: &[Child], is_target: bool) -> usize {
    let is =
        |child: &&Child| child.is_target == is_target && child.told.state == OrderState::Filled;
    children.iter().filter(is).count()
}

/// What is held and what may close it, where the platform has come to rest.
fn is_at_rest(ledger: &Ledger, children: &[Child]) -> bool {
    let held: BTreeMap<BotId, i64> = ledger.positions();
    let works = |bot: BotId, is_target: bool| {
        let live = children.iter().filter(|child| {
            child.told.order.bot() == bot
                && child.is_target == is_target
                && !child.told.state.is_final()
        });
        live.map(|child| i64::from(child.told.leaves_qty)).sum::<i64>()
    };
    (0..BOTS).map(BotId).all(|bot| {
        let held = held.get(&bot).map_or(0, |held| held.abs());
        works(bot, false) == held && works(bot, true) == held
    })
}

fn runs_with_pairs(stage: &'static str, route: Route) {
    let venue = venue::start(MARKET, &SYMBOLS);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    (setup.stage, setup.bots) = (stage, usize::from(BOTS));
    let exits = "stop_loss = \"12 ticks\"\ntake_profit = \"12 ticks\"\ntime_stop_bars = 3\n";
    let pair = "stop_loss = \"6 ticks\"\ntake_profit = \"6 ticks\"\nbroker_stop = true\n\
                broker_target = true\n";
    let text = setup.text();
    assert!(text.contains(exits), "the bots' exits are written otherwise");
    let own = ["exit long when close >= band.middle\n", "exit short when close <= band.middle\n"];
    let text = own.iter().fold(text.replace(exits, pair), |text, own| text.replace(own, ""));
    let mut process = setup.run_with(program!(), &text, &[]);
    let mut live = Live::new(&setup.journal());
    wait_until("pairs end by either of the two, and what is held has both", || {
        process.assert_running();
        let ledger = live.look();
        let children = children(ledger, route);
        filled(&children, true) >= ENDS
            && filled(&children, false) >= ENDS
            && is_at_rest(ledger, &children)
    });
    let children = children(&live.ledger, route);
    // A market that crosses both before our cancel is there fills both. It is given back, and is no habit.
    let alerts = live.ledger.effects().filter_map(|(_, effect)| match effect {
        Effect::Alert(alert) => Some(alert.kind),
        _ => None,
    });
    let overfills = alerts.filter(|kind| *kind == AlertKind::Overfill).count();
    let ended = filled(&children, true) + filled(&children, false);
    assert!(overfills * 4 <= ended, "{overfills} of {ended} pairs filled twice");
    if route.is_broker() {
        assert_eq!(live.ledger.filled_by_bot(), live.ledger.positions());
    }
    process.stop().expect_code(0);
    venue.stop().expect("the venue is fine");
}

#[test]
fn over_fix_whichever_of_stop_and_target_fills_takes_the_other_off() {
    runs_with_pairs("LIVE", Route::BROKER);
}

#[test]
fn in_paper_whichever_of_stop_and_target_fills_takes_the_other_off() {
    runs_with_pairs("PAPER", Route::PAPER);
}
