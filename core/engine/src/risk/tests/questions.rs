//! Questions about orders: which are asked, and that each counts as a message of its account by its route.

use super::reconciliation::verified;
use super::*;
use crate::risk::QUESTIONS_PER_INPUT;
use gauntlet_model::ids::AccountId;
use gauntlet_model::order::ENQUIRE_EVERY_SECONDS;

impl Scenario {
    /// Whether an account sent fewer messages than so many to its broker within the last second.
    fn sent_fewer(&self, account: u16, than: u32) -> bool {
        let place = usize::from(account) * ROUTES_MAX + Route::BROKER.index();
        self.risk.windows[place].has_room(than, self.now)
    }
}

/// A person's order that rests for an account, two seconds ago.
fn resting(scenario: &mut Scenario, account: u16) -> OrderRequest {
    let buys = super::tickets::limit(Side::Buy, 1, 19_990);
    scenario.input(Input::Ticket(Ticket { account: Some(AccountId(account)), ..buys }));
    let order = scenario.only();
    scenario.acknowledge(&order);
    scenario.now = scenario.now.plus(2 * NANOS_PER_SECOND);
    order
}

#[test]
fn an_order_that_is_on_no_list_is_asked_about_when_the_list_of_orders_is_whole() {
    let mut scenario = verified();
    resting(&mut scenario, 0);
    let [orders, positions] = scenario.enquire();
    scenario.now = scenario.now.plus(30 * NANOS_PER_SECOND);
    let mut late = scenario.clone();
    scenario.answer(&positions, 0);
    assert!(scenario.sent_fewer(0, 1), "that list says nothing of orders");
    scenario.answer(&orders, 0);
    assert!(!scenario.sent_fewer(0, 1));
    late.answer(&orders, 0);
    assert!(!late.sent_fewer(0, 1));
}

#[test]
fn every_order_is_asked_about_from_time_to_time_and_counts_for_its_own_account() {
    for account in [0, 1] {
        let (mut scenario, setup) = start(|_| {});
        let other = AccountDefinition { account: AccountId(1), ..setup.account };
        scenario.input(Input::Account(other));
        let bot = BotDefinition { bot: BotId(1), account: AccountId(1), ..setup.bot };
        scenario.input(Input::Bot(bot));
        resting(&mut scenario, account);
        let second = scenario.now.0 / NANOS_PER_SECOND;
        let due = second.next_multiple_of(ENQUIRE_EVERY_SECONDS);
        for second in second + 1..=due {
            scenario.pass(1, setup.view);
            assert_eq!(scenario.sent_fewer(account, 1), second < due, "{second} of {due}");
        }
        assert!(scenario.sent_fewer(1 - account, 1), "the other account asks nothing");
    }
}

#[test]
fn one_input_asks_about_so_many_orders_and_the_rest_waits() {
    let bots = QUESTIONS_PER_INPUT as u16 + 6;
    let (mut scenario, setup) = start(|setup| {
        (setup.account.max_position, setup.instrument.limits.max_position) = (1_000, 1_000);
        setup.account.messages_per_second = 1_000;
    });
    for bot in (0..bots).map(BotId) {
        scenario.input(Input::Bot(BotDefinition { bot, ..setup.bot }));
        scenario.want(bot, 1, Urgency::Passive, IntentReason::Signal);
        let order = scenario.only();
        scenario.acknowledge(&order);
    }
    scenario.now = scenario.now.plus(2 * NANOS_PER_SECOND);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    let most = QUESTIONS_PER_INPUT as u32;
    assert!(!scenario.sent_fewer(0, most) && scenario.sent_fewer(0, most + 1));
}
