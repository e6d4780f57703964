//! When a broker is asked, of what, and how long what differs waits to be looked at again.

use super::*;

#[test]
fn what_differs_is_looked_at_again_after_pauses_that_double_up_to_the_longest() {
    let setup = Setup::new();
    let mut scenario = verified();
    let mut questions = scenario.enquire().to_vec();
    let [first, longest] = LOOK_AGAIN_SECONDS;
    let mut pause = first;
    for _ in 0..8 {
        let [orders, positions] = questions[..] else { panic!("{questions:?}") };
        scenario.answer(&positions, 0);
        scenario.input(Input::BrokerOrder(line(&orders, ClOrdId::NONE)));
        scenario.after(pause * NANOS_PER_SECOND - 1, &setup);
        assert_eq!(scenario.questions(), [], "{pause} s");
        scenario.after(1, &setup);
        questions = scenario.questions();
        assert_eq!(questions.len(), 2, "{pause} s");
        pause = (pause * 2).min(longest);
    }
    assert_eq!(pause, longest);
    // Once nothing differs it is not looked at again, and the next difference begins with the first pause.
    for question in &questions {
        scenario.answer(question, 0);
    }
    scenario.after(2 * longest * NANOS_PER_SECOND, &setup);
    assert_eq!(scenario.questions(), []);
    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    scenario.input(Input::BrokerOrder(line(&orders, ClOrdId::NONE)));
    scenario.after(first * NANOS_PER_SECOND, &setup);
    assert_eq!(scenario.questions().len(), 2);
}

#[test]
fn what_blocks_nothing_is_not_looked_at_again() {
    let setup = Setup::new();
    let mut scenario = verified();
    let [orders, positions] = scenario.enquire();
    scenario.answer(&orders, 0);
    scenario.input(Input::BrokerPosition(held(&positions, None, 4)));
    assert_eq!(scenario.differences(), [(BreakClass::PositionElsewhere, true)]);
    scenario.after(2 * LOOK_AGAIN_SECONDS[1] * NANOS_PER_SECOND, &setup);
    assert_eq!(scenario.questions(), []);
}

#[test]
fn a_broker_is_asked_every_so_many_seconds_where_that_is_wanted() {
    let setup = Setup::new();
    for (every_seconds, times) in [(0, 0), (1, 60), (20, 3), (60, 1)] {
        let mut scenario = verified();
        scenario.input(Input::BrokerTerms(BrokerTerms {
            route: Route::BROKER,
            reconcile: Reconcile::WhenAnswered,
            every_seconds,
            on_disconnect: None,
        }));
        let mut asked = 0;
        for _ in 0..60 {
            scenario.after(NANOS_PER_SECOND, &setup);
            let questions = scenario.questions();
            asked += usize::from(!questions.is_empty());
            for question in &questions {
                scenario.answer(question, 0);
            }
        }
        assert_eq!(asked, times, "every {every_seconds} s");
    }
}

#[test]
fn the_positions_of_an_account_are_asked_for_where_a_bot_trades_for_it_or_something_is_held() {
    let second = Route::broker(1).expect("there can be two");
    let by_second = |scenario: &mut Scenario| {
        let account = *scenario.risk.account(AccountId(0)).expect("it is defined");
        for number in [1, 2] {
            let account = AccountDefinition { account: AccountId(number), ..account };
            scenario.input(Input::Account(account));
        }
        scenario.input(Input::BrokerTerms(BrokerTerms {
            route: second,
            reconcile: Reconcile::WhenAnswered,
            every_seconds: 0,
            on_disconnect: None,
        }));
    };
    let accounts = |scenario: &mut Scenario, route| {
        scenario.session_of(route, SessionChange::Disconnected);
        scenario.session_of(route, SessionChange::LoggedOn);
        let questions = scenario.questions();
        assert!(questions.iter().all(|of| of.route == route));
        questions.iter().filter_map(|of| of.account).collect::<Vec<_>>()
    };
    let mut scenario = verified();
    by_second(&mut scenario);
    assert_eq!(accounts(&mut scenario, Route::BROKER), [AccountId(0)]);
    assert_eq!(accounts(&mut scenario, second), []);
    // Other bots trade elsewhere.
    let bot = *scenario.risk.bot(BOT).expect("it is defined");
    let other = BotDefinition { bot: BotId(1), account: AccountId(2), broker: second, ..bot };
    scenario.input(Input::Bot(other));
    assert_eq!(accounts(&mut scenario, Route::BROKER), [AccountId(0)]);
    assert_eq!(accounts(&mut scenario, second), [AccountId(2)]);
}
