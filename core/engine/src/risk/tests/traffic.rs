//! R23: the ratio of messages to fills.

use super::super::self_test_watch::watched;
use super::*;
use gauntlet_model::ids::AccountId;

const FROM: u32 = 8;
const PER_FILL: u32 = 4;

fn start_watched(setup: impl FnOnce(&mut Setup)) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(setup);
    let watch = watched(u32::MAX, u32::MAX, 1_000);
    let watch = AccountWatch { messages_per_fill: PER_FILL, messages_from: FROM, ..watch };
    scenario.input(Input::AccountWatch(watch));
    (scenario, setup)
}

/// What a second's timer tells of the ratio.
fn told(scenario: &mut Scenario, setup: &Setup) -> Vec<(Scope, String)> {
    scenario.pass(1, setup.view);
    let alert = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Alert(alert)) if alert.kind == AlertKind::OrderToTrade => {
            Some((alert.scope, alert.text.to_string()))
        }
        _ => None,
    };
    scenario.out.iter().filter_map(alert).collect()
}

fn send(scenario: &mut Scenario, filled: bool) {
    scenario.enter(scenario.held() + 1);
    let order = scenario.only();
    match filled {
        true => scenario.fill(&order, 1, 0),
        false => scenario.end(&order, 0),
    };
}

#[test]
fn a_person_is_told_once_a_day_and_scope_above_the_ratio_and_not_at_it() {
    let (mut scenario, setup) = start_watched(|_| {});
    for filled in [true, true] {
        send(&mut scenario, filled);
    }
    for _ in 2..FROM {
        send(&mut scenario, false);
        assert_eq!(told(&mut scenario, &setup), []);
    }
    assert_eq!(scenario.risk.traffic(BOT).messages, u64::from(FROM));
    assert_eq!(scenario.risk.traffic(BOT).fills, u64::from(FROM / PER_FILL), "at the limit");
    send(&mut scenario, false);
    let text = "9 messages for 2 fills today".to_owned();
    let expected = [(Scope::Bot(BOT), text.clone()), (Scope::Account(AccountId(0)), text)];
    assert_eq!(told(&mut scenario, &setup), expected, "one more");
    send(&mut scenario, false);
    assert_eq!(told(&mut scenario, &setup), [], "once a day");
}

#[test]
fn a_day_without_a_fill_counts_as_one_with_one_and_few_messages_say_nothing() {
    let (mut scenario, setup) = start_watched(|_| {});
    for _ in 1..FROM {
        send(&mut scenario, false);
        assert_eq!(told(&mut scenario, &setup), []);
    }
    send(&mut scenario, false);
    let told = told(&mut scenario, &setup);
    assert_eq!((told.len(), told[0].1.as_str()), (2, "8 messages for 0 fills today"));
}

#[test]
fn a_trading_day_begins_at_zero_and_may_be_told_of_again() {
    let (mut scenario, setup) = start_watched(|setup| setup.bot.session = SessionMode::Full24x5);
    let a_day = |scenario: &mut Scenario| {
        let mut heard = 0;
        for _ in 0..FROM {
            send(scenario, false);
            heard += told(scenario, &setup).len();
        }
        heard
    };
    assert_eq!(a_day(&mut scenario), 2);
    scenario.now = scenario.now.plus(24 * 3_600 * NANOS_PER_SECOND);
    told(&mut scenario, &setup);
    assert_eq!(scenario.risk.traffic(BOT).messages, 0);
    assert_eq!(a_day(&mut scenario), 2);
}

#[test]
fn a_simulated_bot_counts_for_itself_alone() {
    let (mut scenario, setup) = start_watched(|setup| setup.bot.stage = Stage::Paper);
    for _ in 0..FROM {
        send(&mut scenario, false);
    }
    let told = told(&mut scenario, &setup);
    assert_eq!((told.len(), told[0].0), (1, Scope::Bot(BOT)));
}

#[test]
fn replaces_and_cancels_count_and_what_is_used_is_told_once_a_minute_when_it_changed() {
    let (mut scenario, setup) = start_watched(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    let cancel = scenario.only();
    scenario.end(&cancel, 0);
    let usage = |scenario: &mut Scenario| -> Vec<(Scope, u64, u64)> {
        let mut told = vec![];
        for _ in 0..60 {
            scenario.pass(1, setup.view);
            told.extend(scenario.out.iter().filter_map(|message| match message {
                ToOrders::Effect(Effect::Messages(of)) => Some((of.scope, of.messages, of.fills)),
                _ => None,
            }));
        }
        told
    };
    let expected = [(Scope::Bot(BOT), 2, 0), (Scope::Account(AccountId(0)), 2, 0)];
    assert_eq!(usage(&mut scenario), expected);
    assert_eq!(usage(&mut scenario), []);
}

#[test]
fn a_run_that_is_told_nothing_tells_nothing() {
    let (mut scenario, setup) = start(|_| {});
    for _ in 0..1_000 {
        send(&mut scenario, false);
        scenario.now = scenario.now.plus(NANOS_PER_SECOND / 10);
        assert_eq!(told(&mut scenario, &setup), []);
    }
}

/// What the timers of so many seconds tell of what was sent and filled, each with its second.
fn counts(scenario: &mut Scenario, setup: &Setup, seconds: u64) -> Vec<(u64, Scope, u64, u64)> {
    let mut told = vec![];
    for second in 1..=seconds {
        scenario.pass(1, setup.view);
        told.extend(scenario.out.iter().filter_map(|message| match message {
            ToOrders::Effect(Effect::Messages(of)) => {
                Some((second, of.scope, of.messages, of.fills))
            }
            _ => None,
        }));
    }
    told
}

#[test]
fn what_is_used_is_told_with_the_minute_and_a_new_day_tells_zeros_to_who_had_anything() {
    let bot = |number| Scope::Bot(BotId(number));
    // By messages alone, by a fill alone.
    for by_fill in [false, true] {
        let (mut scenario, setup) = start_watched(|_| {});
        scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
        let (messages, fills) = match by_fill {
            true => {
                let filled = holding(BOT, Side::Buy, 1, &setup);
                scenario.input(Input::Execution(filled));
                (0, 1)
            }
            false => {
                send(&mut scenario, false);
                (1, 0)
            }
        };
        let account = Scope::Account(AccountId(0));
        let expected = [(60, bot(0), messages, fills), (60, account, messages, fills)];
        assert_eq!(counts(&mut scenario, &setup, 60), expected);
        scenario.now = scenario.now.plus(24 * 3_600 * NANOS_PER_SECOND);
        let expected = [(60, bot(0), 0, 0), (60, account, 0, 0)];
        assert_eq!(counts(&mut scenario, &setup, 60), expected, "and none of the other bot");
    }
}
