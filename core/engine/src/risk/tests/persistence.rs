//! R22: what comes to nothing again and again.

use super::super::{
    AGGRESSION_TICKS, FUTILE_MAX, PAUSE_MAX_NS, REFUSALS_MAX, REFUSED_PAUSE_MAX_NS,
};
use super::*;

/// Lets a bot try to get out for so many seconds, while each try ends as told; gives the seconds at which
/// it tried and the prices, and the alerts.
fn tries(
    seconds: u64,
    end: fn(&mut Scenario, &OrderRequest),
) -> (Vec<u64>, Vec<Price>, Vec<AlertKind>) {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let (mut at, mut prices, mut alerts) = (vec![], vec![], vec![]);
    scenario.stop_out();
    for second in 0..seconds {
        if second > 0 {
            scenario.pass(1, setup.view);
        }
        alerts.extend(scenario.alerts());
        for exit in scenario.approved() {
            at.push(second);
            prices.push(exit.price);
            end(&mut scenario, &exit);
            alerts.extend(scenario.alerts());
            assert_eq!(scenario.approved(), [], "not in the same moment");
        }
        scenario.stop_out();
        assert_eq!(scenario.approved(), [], "a repeated intent changes nothing");
    }
    (at, prices, alerts)
}

fn refuse(scenario: &mut Scenario, order: &OrderRequest) {
    scenario.tell(order, ExecType::Rejected, OrdStatus::Rejected);
}

fn expire(scenario: &mut Scenario, order: &OrderRequest) {
    scenario.end(order, 0);
}

#[test]
fn an_exit_that_the_broker_refuses_is_repeated_after_pauses_that_grow_and_a_person_is_told_once() {
    let (at, _, alerts) = tries(3_600, refuse);
    assert_eq!(at[..8], [0, 1, 3, 7, 15, 31, 63, 123]);
    let most = REFUSED_PAUSE_MAX_NS / NANOS_PER_SECOND;
    assert!(at[7..].windows(2).all(|pair| pair[1] - pair[0] == most));
    assert!(at.len() < 70, "{} in an hour", at.len());
    assert_eq!(alerts, [AlertKind::ExitStuck]);
}

#[test]
fn an_exit_that_finds_nobody_reaches_farther_each_time_up_to_the_collar() {
    let (at, prices, alerts) = tries(600, expire);
    assert_eq!(at[..6], [0, 1, 3, 7, 15, 30]);
    let most = PAUSE_MAX_NS / NANOS_PER_SECOND;
    assert!(at[5..].windows(2).all(|pair| pair[1] - pair[0] == most));
    let reaches = prices.iter().map(|price| (ticks(20_000).0 - price.0) / ticks(1).0);
    let reaches: Vec<i64> = reaches.collect();
    assert_eq!(reaches[..4], [AGGRESSION_TICKS, 2 * AGGRESSION_TICKS, 4 * AGGRESSION_TICKS, 20]);
    assert!(reaches[4..].iter().all(|reach| *reach == 20), "the collar is 20 ticks");
    assert_eq!(alerts, [AlertKind::ExitStuck]);
}

#[test]
fn a_person_is_told_at_once_and_a_fill_or_another_want_begins_anew() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.stop_out();
    for number in 1..=FUTILE_MAX {
        let exit = scenario.only();
        refuse(&mut scenario, &exit);
        let told = scenario.alerts().len();
        assert_eq!(told, usize::from(number == FUTILE_MAX), "at once, after {number}");
        while scenario.pass(1, setup.view).is_empty() {
            assert_eq!(scenario.alerts(), []);
        }
    }
    assert_eq!(scenario.risk.counters().futile_exits, u64::from(FUTILE_MAX));
    let exit = scenario.only();
    refuse(&mut scenario, &exit);
    assert_eq!(scenario.pass(1, setup.view), []);
    scenario.command(CommandKind::Kill { flatten: true }, Scope::Platform);
    assert_eq!(scenario.only().price, ticks(20_000 - AGGRESSION_TICKS), "a person does not wait");
    let exit = scenario.only();
    scenario.fill(&exit, 1, 1);
    scenario.end(&exit, 1);
    let again = scenario.pass(1, setup.view);
    assert_eq!((again.len(), again[0].qty), (1, 1));
}

#[test]
fn so_many_refusals_in_a_row_and_no_fewer_stop_what_a_bot_opens() {
    let (mut scenario, _) = start(|_| {});
    let enter_refused = |scenario: &mut Scenario, times: u32| {
        for _ in 0..times {
            scenario.enter(1);
            let order = scenario.only();
            refuse(scenario, &order);
        }
    };
    enter_refused(&mut scenario, REFUSALS_MAX - 1);
    assert_eq!(scenario.kills(), []);
    scenario.enter(1);
    let order = scenario.only();
    scenario.end(&order, 0);
    enter_refused(&mut scenario, REFUSALS_MAX - 1);
    assert_eq!(scenario.kills(), [], "one that was taken begins the count anew");
    enter_refused(&mut scenario, 1);
    let [kill] = scenario.kills()[..] else { panic!("{:?}", scenario.out) };
    assert_eq!((kill.scope, kill.actor.as_str(), kill.active), (Scope::Bot(BOT), "risk", true));
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    enter_refused(&mut scenario, REFUSALS_MAX - 1);
}

#[test]
fn a_bot_that_was_stopped_for_refusals_still_gets_out() {
    let (mut scenario, _) = start_holding(2, |_| {});
    for _ in 0..REFUSALS_MAX {
        scenario.enter(3);
        let order = scenario.only();
        refuse(&mut scenario, &order);
    }
    assert!(scenario.risk.is_killed(Scope::Bot(BOT)));
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
}
