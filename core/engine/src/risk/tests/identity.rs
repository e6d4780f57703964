//! R27: what an order names.

use super::*;

fn told(scenario: &Scenario) -> Vec<OrderIdentity> {
    let identity = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Identity(identity)) => Some(*identity),
        _ => None,
    };
    scenario.out.iter().filter_map(identity).collect()
}

fn identity(bot: BotId) -> BotIdentity {
    let (algorithm, version) = (Text::new("orb_breakout"), Text::new("0123456789ab"));
    BotIdentity { bot, algorithm, version, owner: Text::new("ann") }
}

#[test]
fn a_new_order_names_its_algorithm_version_and_owner_before_it_leaves() {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(Input::Identity(identity(BOT)));
    let order = scenario.enter_passively(1);
    let BotIdentity { algorithm, version, owner, .. } = identity(BOT);
    let named = OrderIdentity { order: order.cl_ord_id, bot: BOT, algorithm, version, owner };
    assert_eq!(told(&scenario), [named]);
    let places: Vec<bool> = scenario
        .out
        .iter()
        .filter_map(|message| match message {
            ToOrders::Effect(Effect::Identity(_)) => Some(false),
            ToOrders::Approved(_) => Some(true),
            _ => None,
        })
        .collect();
    assert_eq!(places, [false, true], "first whose, then the order");
    scenario.acknowledge(&order);
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    assert_eq!((scenario.approved().len(), told(&scenario).len()), (1, 0), "its cancel needs none");
    scenario.end(&scenario.only().clone(), 0);
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.enter(1);
    assert_eq!((scenario.approved().len(), told(&scenario).len()), (1, 0), "a run says it anew");
}

#[test]
fn a_way_out_names_it_too_and_a_bot_outside_of_the_table_nothing() {
    let (mut scenario, _) = start_holding(2, |_| {});
    scenario.input(Input::Identity(identity(BotId(u16::MAX))));
    scenario.input(Input::Identity(identity(BOT)));
    scenario.stop_out();
    assert_eq!((scenario.approved().len(), told(&scenario).len()), (1, 1));
}
