//! R24: a drawdown halves what may be held, and a person ends that.

use super::super::scenario::top;
use super::*;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::Money;

const DOLLAR: i64 = 1_000_000;

/// A bot that holds one contract, bought at 20,000 ticks of 12.50 dollars.
fn holding_one(drawdown: i64) -> (Scenario, Setup) {
    start_holding(1, |setup| {
        setup.layers().platform.max_daily_loss = Money(1_000_000 * DOLLAR);
        setup.layers().bot.max_drawdown = Money(drawdown);
    })
}

fn moves(scenario: &mut Scenario, setup: &Setup, bid: i64) -> Vec<i64> {
    scenario.pass(1, MarketView { top: top(bid, bid + 1), last: ticks(bid), ..setup.view });
    lowered(scenario)
}

fn lowered(scenario: &Scenario) -> Vec<i64> {
    let value = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Limit(limit)) if limit.state == LimitState::Lowered => {
            assert_eq!((limit.actor.as_str(), limit.scope), ("risk", Scope::Bot(BOT)));
            Some(limit.value)
        }
        _ => None,
    };
    scenario.out.iter().filter_map(value).collect()
}

#[test]
fn each_further_fall_below_the_highest_halves_what_may_be_held_once() {
    // Ten ticks.
    let (mut scenario, setup) = holding_one(125 * DOLLAR);
    assert_eq!(moves(&mut scenario, &setup, 20_030), [0; 0]);
    assert_eq!(moves(&mut scenario, &setup, 20_020), [0; 0], "at the limit");
    assert_eq!(moves(&mut scenario, &setup, 20_019), [5], "one more");
    assert_eq!(scenario.alerts(), [AlertKind::LossLimit]);
    assert_eq!(moves(&mut scenario, &setup, 20_030), [0; 0], "what comes back lifts nothing");
    assert_eq!(moves(&mut scenario, &setup, 20_011), [0; 0], "and is not counted twice");
    assert_eq!(moves(&mut scenario, &setup, 20_009), [2]);
    scenario.enter(3);
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.code, reject.limit), (RejectCode::BotPosition, 2));
    // It never comes below one, and a person hears of it.
    assert_eq!(moves(&mut scenario, &setup, 19_999), [1]);
    assert_eq!(moves(&mut scenario, &setup, 19_989), [0; 0]);
    assert_eq!(scenario.alerts(), [AlertKind::LossLimit]);
    scenario.stop_out();
    assert_eq!(scenario.only().side, Side::Sell);
}

#[test]
fn a_person_ends_it_and_the_highest_is_looked_for_anew() {
    let (mut scenario, setup) = holding_one(125 * DOLLAR);
    moves(&mut scenario, &setup, 20_000);
    assert_eq!(moves(&mut scenario, &setup, 19_980), [5]);
    scenario.input(Input::LimitChange(LimitChange {
        step: LimitStep::End,
        scope: Scope::Bot(BOT),
        limit: LimitKind::Position,
        value: 0,
        seconds: 0,
        actor: Text::new("ann"),
        reason: Text::new("looked at"),
    }));
    assert_eq!(scenario.alerts(), []);
    assert_eq!(moves(&mut scenario, &setup, 19_975), [0; 0]);
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 2);
    scenario.end(&scenario.only().clone(), 0);
    assert_eq!(moves(&mut scenario, &setup, 19_964), [5]);
}

#[test]
fn without_a_limit_nothing_is_halved() {
    let (mut scenario, setup) = holding_one(0);
    moves(&mut scenario, &setup, 20_000);
    assert_eq!(moves(&mut scenario, &setup, 19_000), [0; 0]);
}

#[test]
fn other_changes_do_not_end_it() {
    let (mut scenario, setup) = holding_one(125 * DOLLAR);
    moves(&mut scenario, &setup, 20_000);
    assert_eq!(moves(&mut scenario, &setup, 19_980), [5]);
    let change = |step, limit, who: &str, value| {
        Input::LimitChange(LimitChange {
            step,
            scope: Scope::Bot(BOT),
            limit,
            value,
            seconds: if step == LimitStep::Ask { 60 } else { 0 },
            actor: Text::new(who),
            reason: Text::new("looked at"),
        })
    };
    let (value, position) = (LimitKind::OrderValue, LimitKind::Position);
    let less = 1_000_000 * DOLLAR;
    for change in [
        change(LimitStep::Lower, value, "ann", less),
        change(LimitStep::End, value, "bob", 0),
        change(LimitStep::Lower, position, "ann", 3),
    ] {
        scenario.input(change);
        assert_eq!(scenario.alerts(), []);
        // The highest and the fall from it are as they were.
        assert_eq!(moves(&mut scenario, &setup, 19_980), [0; 0]);
    }
    // Another fall by the limit from the same highest.
    assert_eq!(moves(&mut scenario, &setup, 19_979), [1]);
}
