//! Two brokers at once: each has its own session, and the limits are the owner's.

use super::*;
use gauntlet_model::ids::AccountId;

/// The route to a second broker.
fn second() -> Route {
    Route::broker(1).expect("there can be two")
}

/// A scenario with a second bot on another account, whose broker is the second.
fn with_two() -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|setup| setup.instrument.limits.max_position = 5);
    let account = AccountId(1);
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    let other = BotDefinition { bot: BotId(1), account, broker: second(), ..setup.bot };
    scenario.input(Input::Bot(other));
    (scenario, setup)
}

fn want(scenario: &mut Scenario, bot: u16, target: i32) {
    scenario.want(BotId(bot), target, Urgency::Aggressive, IntentReason::Signal);
}

#[test]
fn a_session_that_is_down_stops_only_the_bots_of_its_broker() {
    let (mut scenario, _) = with_two();
    want(&mut scenario, 1, 1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::RouteDown));
    want(&mut scenario, 0, 1);
    assert_eq!(scenario.only().route, Route::BROKER);

    scenario.session(SessionChange::Disconnected);
    scenario.session_of(second(), SessionChange::LoggedOn);
    want(&mut scenario, 1, 1);
    assert_eq!(scenario.only().route, second());
    want(&mut scenario, 0, 2);
    assert_eq!(scenario.approved(), []);
}

#[test]
fn the_limit_of_an_instrument_holds_over_all_brokers() {
    let (mut scenario, _) = with_two();
    scenario.session_of(second(), SessionChange::LoggedOn);
    want(&mut scenario, 0, 3);
    let order = scenario.only();
    scenario.fill(&order, 3, 0);
    want(&mut scenario, 1, 3);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::InstrumentPosition));
    want(&mut scenario, 1, 2);
    assert_eq!((scenario.only().qty, scenario.only().route), (2, second()));
}

#[test]
fn a_fill_counts_only_by_the_route_of_its_bot() {
    let (mut scenario, _) = with_two();
    scenario.session_of(second(), SessionChange::LoggedOn);
    want(&mut scenario, 1, 2);
    let order = scenario.only();
    scenario.fill(&order, 2, 0);
    assert_eq!(scenario.risk.position(BotId(1)).map(|held| held.qty()), Some(2));
    assert_eq!(scenario.risk.position(BotId(0)).map(|held| held.qty()), Some(0));
    let elsewhere = ExecutionReport { route: Route::BROKER, ..filled(&order, 2, 0) };
    scenario.input(Input::Execution(elsewhere));
    assert_eq!(scenario.risk.position(BotId(1)).map(|held| held.qty()), Some(2));
}
