//! What the stage shows of itself: definitions, marks, configurations, counters and what is used.

use super::super::scenario::top;
use super::*;
use crate::risk::USAGE_EVERY_SECONDS;
use gauntlet_model::ids::AccountId;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::Money;

#[test]
fn what_is_defined_and_whether_orders_can_leave_is_shown() {
    let (mut scenario, setup) = start(|_| {});
    assert_eq!(scenario.risk.account(AccountId(0)), Some(&setup.account));
    assert_eq!(scenario.risk.account(AccountId(1)), None);
    assert!(scenario.risk.is_up(Route::BROKER));
    assert!(!scenario.risk.is_up(Route::broker(1).expect("there can be two")));
    scenario.session(SessionChange::Disconnected);
    assert!(!scenario.risk.is_up(Route::BROKER));
}

#[test]
fn longs_are_marked_at_the_bid_and_shorts_at_the_ask() {
    for (held, dollars) in [(2, -250), (-2, 225)] {
        let (mut scenario, setup) = start_holding(held, |_| {});
        scenario.market(MarketView { top: top(19_990, 19_991), ..setup.view });
        assert_eq!(scenario.risk.unrealized(BOT), Some(Money(dollars * 1_000_000)), "{held}");
        let one_sided = if held > 0 { top(0, 19_991) } else { top(19_990, 0) };
        scenario.market(MarketView { top: one_sided, ..setup.view });
        assert_eq!(scenario.risk.unrealized(BOT), None);
    }
}

#[test]
fn a_first_run_accepts_its_configuration_and_a_later_one_waits_for_a_person() {
    let (mut scenario, setup) = start(|_| {});
    assert_eq!(scenario.risk.accepted_configuration(), Some([1; 32]));
    let other = RunStart { config_hash: [9; 32], ..setup.run };
    scenario.input(Input::RunStart(RunStart { run: 2, ..other }));
    assert_eq!(scenario.risk.accepted_configuration(), Some([1; 32]));
    assert!(scenario.risk.configuration_changed());
    scenario.input(Input::RunStart(RunStart { run: 1, ..other }));
    assert_eq!(scenario.risk.accepted_configuration(), Some([9; 32]));
    assert!(!scenario.risk.configuration_changed());
}

#[test]
fn every_refusal_is_counted() {
    let (mut scenario, _) = start(|_| {});
    let code = RejectCode::NotDefined;
    for times in 1..=3 {
        scenario.want(BotId(9), 1, Urgency::Aggressive, IntentReason::Signal);
        assert_eq!(scenario.rejected().map(|reject| reject.code), Some(code));
        assert_eq!(scenario.risk.counters().rejects[code as usize], times);
    }
}

#[test]
fn a_definition_that_waits_for_its_ruling_has_its_bot_open_nothing() {
    let (mut scenario, setup) = start_holding(1, |_| {});
    let account = AccountId(1);
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    let bot = scenario.risk.registry.bot(BOT).expect("defined");
    assert!(bot.may_open());
    let other = BotDefinition { account, ..setup.bot };
    scenario.risk.registry.propose_bot(&other).expect("it has a place");
    let bot = scenario.risk.registry.bot(BOT).expect("defined");
    assert!(!bot.may_open());
    assert_eq!((bot.proposed, bot.definition), (Some(other), setup.bot));
    scenario.enter(2);
    assert!(scenario.rejected().is_some() && scenario.approved().is_empty());
}

#[test]
fn what_is_used_is_told_with_the_minute_where_limits_are_told() {
    for told_limits in [false, true] {
        let (mut scenario, setup) = start_holding(2, |setup| {
            if told_limits {
                setup.layers();
            }
        });
        let mut told = vec![];
        for second in 1..=2 * USAGE_EVERY_SECONDS {
            scenario.pass(1, setup.view);
            let used =
                scenario.out.iter().any(|of| matches!(of, ToOrders::Effect(Effect::Usage(_))));
            told.extend(used.then_some(second));
        }
        let expected: &[u64] = if told_limits { &[USAGE_EVERY_SECONDS] } else { &[] };
        assert_eq!(told, expected);
    }
}
