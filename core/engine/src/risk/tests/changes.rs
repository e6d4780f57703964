//! R28: limits that people change.

use super::super::scenario::Layers;
use super::super::{CHANGES_MAX, RAISE_SECONDS_MAX};
use super::*;
use gauntlet_model::ids::AccountId;
use gauntlet_model::units::Money;

const VALUE: LimitKind = LimitKind::OrderValue;
/// A little less and a little more than what an order of three is worth.
const LESS: i64 = 750_000_000_000;
const MORE: i64 = 751_000_000_000;

/// The platform's orders may be worth too little for three contracts.
fn tight() -> (Scenario, Setup) {
    start(|setup| setup.layers().platform.max_order_value = Money(LESS))
}

fn change(scenario: &mut Scenario, step: LimitStep, who: &str, value: i64) -> Vec<LimitState> {
    let (scope, seconds) = (Scope::Platform, if step == LimitStep::Ask { 60 } else { 0 });
    changed(scenario, LimitChange { step, scope, limit: VALUE, value, seconds, ..by(who) })
}

fn by(who: &str) -> LimitChange {
    LimitChange {
        step: LimitStep::Ask,
        scope: Scope::Platform,
        limit: VALUE,
        value: MORE,
        seconds: 60,
        actor: Text::new(who),
        reason: Text::new("roll week"),
    }
}

fn changed(scenario: &mut Scenario, change: LimitChange) -> Vec<LimitState> {
    scenario.input(Input::LimitChange(change));
    states(scenario)
}

fn states(scenario: &Scenario) -> Vec<LimitState> {
    let state = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Limit(limit)) => Some(limit.state),
        _ => None,
    };
    scenario.out.iter().filter_map(state).collect()
}

fn enters(scenario: &mut Scenario, setup: &Setup) -> Option<RejectCode> {
    scenario.now = scenario.now.plus(2 * NANOS_PER_SECOND);
    scenario.market(setup.view);
    scenario.enter(3);
    let code = scenario.rejected().map(|reject| reject.code);
    for order in scenario.approved() {
        scenario.end(&order, 0);
    }
    code
}

#[test]
fn a_raise_needs_a_second_person_and_ends_at_its_time() {
    let (mut scenario, setup) = tight();
    assert_eq!(change(&mut scenario, LimitStep::Ask, "ann", MORE), [LimitState::Asked]);
    assert_eq!(enters(&mut scenario, &setup), Some(RejectCode::OrderValue), "asked for only");
    assert_eq!(change(&mut scenario, LimitStep::Allow, "ann", MORE), []);
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "by the same person");
    assert_eq!(change(&mut scenario, LimitStep::Allow, "bob", MORE + 1), [], "another value");
    assert_eq!(change(&mut scenario, LimitStep::Allow, "bob", MORE), [LimitState::Raised]);
    assert_eq!(enters(&mut scenario, &setup), None);
    // Asked for 60 seconds, four ago.
    scenario.pass(55, setup.view);
    assert_eq!((states(&scenario), enters(&mut scenario, &setup)), (vec![], None));
    scenario.pass(1, setup.view);
    assert_eq!(states(&scenario), [LimitState::Ended]);
    assert_eq!(enters(&mut scenario, &setup), Some(RejectCode::OrderValue));
}

#[test]
fn a_question_that_nobody_answers_ends_at_its_time_too() {
    let (mut scenario, setup) = tight();
    change(&mut scenario, LimitStep::Ask, "ann", MORE);
    scenario.pass(60, setup.view);
    assert_eq!(states(&scenario), [LimitState::Ended]);
    assert_eq!(change(&mut scenario, LimitStep::Allow, "bob", MORE), []);
}

#[test]
fn a_lower_limit_is_in_force_at_once_and_somebody_else_ends_it() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
    });
    let lower = |scenario: &mut Scenario, step: LimitStep, who: &str| {
        let scope = Scope::Bot(BOT);
        changed(scenario, LimitChange { step, scope, limit: VALUE, value: LESS, ..by(who) })
    };
    assert_eq!(lower(&mut scenario, LimitStep::Lower, "ann"), [LimitState::Lowered]);
    assert_eq!(enters(&mut scenario, &setup), Some(RejectCode::OrderValue));
    // A restart does not lift it.
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.input(Input::RiskLimits(Layers::new().platform));
    scenario.session(SessionChange::LoggedOn);
    assert_eq!(enters(&mut scenario, &setup), Some(RejectCode::OrderValue));
    assert_eq!(lower(&mut scenario, LimitStep::Ask, "bob"), [], "it was lowered");
    let more = LimitChange { scope: Scope::Bot(BOT), ..by("bob") };
    assert_eq!(changed(&mut scenario, more), [], "that has to end first");
    assert_eq!(lower(&mut scenario, LimitStep::End, "ann"), []);
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    assert_eq!(lower(&mut scenario, LimitStep::End, "bob"), [LimitState::Ended]);
    assert_eq!(enters(&mut scenario, &setup), None);
}

#[test]
fn limits_of_definitions_are_changed_as_those_of_layers_are() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
        (setup.bot.max_order_qty, setup.bot.max_position, setup.account.max_position) = (2, 2, 2);
    });
    assert_eq!(enters(&mut scenario, &setup), Some(RejectCode::OrderQuantity));
    let raise = |scenario: &mut Scenario, scope: Scope, limit: LimitKind| {
        for (step, who) in [(LimitStep::Ask, "ann"), (LimitStep::Allow, "bob")] {
            let told = changed(scenario, LimitChange { step, scope, limit, value: 3, ..by(who) });
            assert_eq!(told.len(), 1, "{limit:?} {:?}", scenario.out);
        }
    };
    raise(&mut scenario, Scope::Account(AccountId(0)), LimitKind::Position);
    raise(&mut scenario, Scope::Bot(BOT), LimitKind::OrderQty);
    assert_eq!(enters(&mut scenario, &setup), Some(RejectCode::BotPosition));
    raise(&mut scenario, Scope::Bot(BOT), LimitKind::Position);
    assert_eq!(enters(&mut scenario, &setup), None);
}

#[test]
fn a_raise_stays_below_the_layer_above() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers().platform.max_order_value = Money(MORE);
        setup.layers().bot.max_order_value = Money(LESS);
    });
    let scope = Scope::Bot(BOT);
    let ask = LimitChange { scope, value: MORE + 1, ..by("ann") };
    assert_eq!(changed(&mut scenario, ask), []);
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    let ask = LimitChange { scope, ..by("ann") };
    assert_eq!(changed(&mut scenario, ask), [LimitState::Asked]);
    let allow = LimitChange { step: LimitStep::Allow, scope, ..by("bob") };
    assert_eq!(changed(&mut scenario, allow), [LimitState::Raised]);
    assert_eq!(enters(&mut scenario, &setup), None);
}

#[test]
fn two_people_let_a_bot_lose_more_on_the_same_day() {
    let (mut scenario, setup) = start_holding(2, |setup| {
        setup.layers().bot.max_daily_loss = Money(250_000_000);
    });
    let view = gauntlet_model::market_view::MarketView {
        top: super::super::scenario::top(19_980, 19_981),
        ..setup.view
    };
    scenario.pass(1, view);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::DailyLoss));
    for (step, who) in [(LimitStep::Ask, "ann"), (LimitStep::Allow, "bob")] {
        let (scope, limit) = (Scope::Bot(BOT), LimitKind::DailyLoss);
        let value = 500_000_000;
        changed(&mut scenario, LimitChange { step, scope, limit, value, ..by(who) });
    }
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 1);
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let (mut scenario, setup) = tight();
    let asked = by("ann");
    let wrong = [
        LimitChange { actor: Text::EMPTY, ..asked },
        LimitChange { reason: Text::EMPTY, ..asked },
        LimitChange { seconds: 0, ..asked },
        LimitChange { seconds: RAISE_SECONDS_MAX + 1, ..asked },
        LimitChange { value: LESS, ..asked },
        LimitChange { value: -1, ..asked },
        LimitChange { scope: Scope::Bot(BOT), ..asked },
        LimitChange { scope: Scope::Bot(BotId(9)), ..asked },
        LimitChange { scope: Scope::Instrument(setup.instrument.instrument), ..asked },
        LimitChange { step: LimitStep::Lower, value: LESS, ..asked },
        LimitChange { step: LimitStep::Lower, value: 0, ..asked },
        LimitChange { step: LimitStep::Allow, ..asked },
        LimitChange { step: LimitStep::End, ..asked },
    ];
    for wrong in wrong {
        assert_eq!(changed(&mut scenario, wrong), [], "{wrong:?}");
        assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "{wrong:?}");
    }
    let longest = LimitChange { seconds: RAISE_SECONDS_MAX, ..asked };
    assert_eq!(changed(&mut scenario, longest), [LimitState::Asked]);
}

#[test]
fn there_are_no_more_changes_at_once_than_there_is_room_for() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
    });
    let mut made = 0;
    for bot in 0..CHANGES_MAX as u16 {
        scenario.input(Input::Bot(BotDefinition { bot: BotId(bot), ..setup.bot }));
        let scope = Scope::Bot(BotId(bot));
        let lower = LimitChange { step: LimitStep::Lower, scope, value: LESS, ..by("ann") };
        made += changed(&mut scenario, lower).len();
    }
    assert_eq!(made, CHANGES_MAX);
    let one_more = LimitChange { step: LimitStep::Lower, value: LESS, ..by("ann") };
    assert_eq!(changed(&mut scenario, one_more), []);
    // One of those that there are is changed in its place.
    let again = LimitChange { scope: Scope::Bot(BOT), value: LESS - 1, ..one_more };
    assert_eq!(changed(&mut scenario, again), [LimitState::Lowered]);
}
