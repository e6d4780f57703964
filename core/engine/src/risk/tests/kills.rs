//! Kills: what they block, cancel and close, that they latch, and who lifts them.

use super::super::{MESSAGES_PER_ROUND, ORDERS_PER_BOT};
use super::*;
use gauntlet_model::ids::{AccountId, BOTS_MAX, InstrumentId};

const KILL: CommandKind = CommandKind::Kill { flatten: false };
const FLATTEN: CommandKind = CommandKind::Kill { flatten: true };

fn scopes() -> [Scope; 4] {
    let (account, instrument) = (AccountId(0), InstrumentId(0));
    [Scope::Platform, Scope::Account(account), Scope::Bot(BOT), Scope::Instrument(instrument)]
}

/// Another bot in another account and instrument, defined and quoted.
fn define_stranger(scenario: &mut Scenario, setup: &Setup) -> BotId {
    let (bot, account, instrument) = (BotId(7), AccountId(1), InstrumentId(1));
    scenario.input(Input::Instrument(InstrumentDefinition { instrument, ..setup.instrument }));
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    scenario.input(Input::Bot(BotDefinition { bot, account, instrument, ..setup.bot }));
    scenario.market(gauntlet_model::market_view::MarketView { instrument, ..setup.view });
    bot
}

#[test]
fn a_kill_blocks_and_cancels_its_scope_in_the_same_input_and_nothing_else() {
    for scope in scopes() {
        let (mut scenario, setup) = start(|_| {});
        let stranger = define_stranger(&mut scenario, &setup);
        let order = scenario.enter_passively(1);
        scenario.want(stranger, 1, Urgency::Passive, IntentReason::Signal);
        scenario.command(KILL, scope);
        let everything = scope == Scope::Platform;
        let cancels = scenario.approved();
        assert_eq!(cancels.len(), if everything { 2 } else { 1 });
        assert_eq!(cancels[0].kind, OutboundKind::Cancel);
        assert_eq!(cancels[0].orig_cl_ord_id, order.cl_ord_id);
        let [kill] = scenario.kills()[..] else { panic!("one effect") };
        assert_eq!((kill.scope, kill.active, kill.orders), (scope, true, cancels.len() as u32));
        assert!(scenario.risk.is_killed(scope));

        for cancel in &cancels {
            scenario.end(cancel, 0);
        }
        scenario.enter(1);
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
        scenario.want(stranger, 2, Urgency::Passive, IntentReason::Signal);
        assert_eq!(scenario.rejected().is_some(), everything, "{scope:?}");
    }
}

#[test]
fn the_effect_of_a_kill_comes_before_its_cancels() {
    let (mut scenario, _) = start(|_| {});
    scenario.enter_passively(1);
    scenario.command(KILL, Scope::Platform);
    let place = |what: fn(&ToOrders) -> bool| scenario.out.iter().position(what).expect("said");
    let effect = place(|message| matches!(message, ToOrders::Effect(Effect::Kill(_))));
    let cancel = place(|message| matches!(message, ToOrders::Approved(_)));
    assert!(effect < cancel);
}

#[test]
fn a_kill_latches_over_a_restart() {
    for scope in scopes() {
        let (mut scenario, setup) = start(|_| {});
        scenario.command(KILL, scope);
        scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
        scenario.session(SessionChange::LoggedOn);
        scenario.market(setup.view);
        scenario.enter(1);
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed), "{scope:?}");
    }
}

#[test]
fn a_stop_ends_with_its_run() {
    let (mut scenario, setup) = start(|_| {});
    scenario.enter_passively(1);
    scenario.command(CommandKind::Stop, Scope::Platform);
    assert_eq!(scenario.approved().len(), 1, "working orders are cancelled");
    let cancel = scenario.only();
    scenario.end(&cancel, 0);
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    let lifted: Vec<_> = scenario.kills().iter().map(|kill| kill.active).collect();
    assert_eq!(lifted, [false]);
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.enter(1);
    assert_eq!(scenario.approved().len(), 1);
}

#[test]
fn an_exit_that_a_stop_holds_back_is_on_record_and_no_alarm_unlike_one_under_a_freeze() {
    for (kind, alerts) in
        [(CommandKind::Stop, vec![]), (CommandKind::Freeze, vec![AlertKind::ExitStuck])]
    {
        let (mut scenario, _) = start_holding(1, |_| {});
        scenario.command(kind, Scope::Platform);
        scenario.stop_out();
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed), "{kind:?}");
        assert_eq!(scenario.alerts(), alerts, "{kind:?}");
    }
}

#[test]
fn a_kill_is_lifted_only_in_its_own_scope_by_a_named_person_with_a_reason() {
    let (mut scenario, _) = start(|_| {});
    scenario.command(KILL, Scope::Bot(BOT));
    scenario.command(CommandKind::Unkill, Scope::Platform);
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    for (actor, reason) in [("", "a reason"), ("operator", "")] {
        scenario.input(Input::Command(Command {
            kind: CommandKind::Unkill,
            scope: Scope::Bot(BOT),
            actor: Text::new(actor),
            reason: Text::new(reason),
        }));
        assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    }
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    let [kill] = scenario.kills()[..] else { panic!("one effect") };
    assert!(!kill.active);
    scenario.enter(1);
    assert_eq!(scenario.approved().len(), 1);
}

#[test]
fn a_command_for_something_undefined_is_refused() {
    let (mut scenario, _) = start(|_| {});
    for scope in [
        Scope::Bot(BotId(9)),
        Scope::Bot(BotId(u16::MAX)),
        Scope::Account(AccountId(3)),
        Scope::Instrument(InstrumentId(u16::MAX)),
    ] {
        scenario.command(KILL, scope);
        assert_eq!(
            (scenario.alerts(), scenario.kills().len()),
            (vec![AlertKind::CommandRefused], 0)
        );
    }
}

#[test]
fn kill_cancels_are_never_refused_for_the_message_rate() {
    let (mut scenario, setup) = start(|setup| {
        setup.account.messages_per_second = 6;
        setup.account.cancel_headroom = 1;
    });
    for index in 0..5 {
        scenario.input(Input::Bot(BotDefinition { bot: BotId(index), ..setup.bot }));
        scenario.want(BotId(index), 1, Urgency::Passive, IntentReason::Signal);
    }
    scenario.command(KILL, Scope::Platform);
    assert_eq!(scenario.approved().len(), 5);
}

#[test]
fn a_kill_without_flatten_leaves_positions_to_their_exits() {
    for scope in scopes() {
        let (mut scenario, setup) = start_holding(2, |_| {});
        scenario.command(KILL, scope);
        assert_eq!(scenario.pass(3, setup.view), []);
        scenario.stop_out();
        assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
    }
}

#[test]
fn a_kill_leaves_the_way_out_working_and_cancels_what_opens() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let other = BotId(1);
    scenario.input(Input::Bot(BotDefinition { bot: other, ..setup.bot }));
    let exit = scenario.enter_passively(0);
    scenario.acknowledge(&exit);
    scenario.want(other, 1, Urgency::Passive, IntentReason::Signal);
    let entry = scenario.only();
    scenario.acknowledge(&entry);
    scenario.command(KILL, Scope::Platform);
    assert_eq!(scenario.only().orig_cl_ord_id, entry.cl_ord_id);
    assert_eq!(scenario.kills()[0].orders, 1);
    let cancel = scenario.only();
    scenario.end(&cancel, 0);
    scenario.fill(&exit, 2, 0);
    assert_eq!((scenario.held(), scenario.approved()), (0, vec![]));
}

#[test]
fn a_kill_lets_a_reversal_only_close() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.enter(-3);
    let close = scenario.only();
    scenario.command(KILL, Scope::Platform);
    assert_eq!(scenario.approved(), [], "what closes goes on");
    scenario.fill(&close, 2, 0);
    assert_eq!(scenario.pass(2, setup.view), []);
    assert_eq!((scenario.held(), scenario.rejected()), (0, None));
}

#[test]
fn a_freeze_stops_exits_too_until_it_is_lifted_or_gives_way_to_a_flattening() {
    for scope in scopes() {
        let (mut scenario, setup) = start_holding(2, |_| {});
        let exit = scenario.enter_passively(0);
        scenario.acknowledge(&exit);
        scenario.command(CommandKind::Freeze, scope);
        assert_eq!((scenario.only().kind, scenario.freezes()), (OutboundKind::Cancel, vec![true]));
        let cancel = scenario.only();
        scenario.end(&cancel, 0);
        scenario.stop_out();
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
        assert_eq!(scenario.alerts(), [AlertKind::ExitStuck]);
        scenario.command(KILL, scope);
        assert_eq!((scenario.approved(), scenario.freezes()), (vec![], vec![]), "still frozen");
        scenario.command(FLATTEN, scope);
        assert_eq!((scenario.only().qty, scenario.freezes()), (2, vec![false]));
        let close = scenario.only();
        scenario.command(CommandKind::Freeze, scope);
        assert_eq!(scenario.only().kind, OutboundKind::Cancel);
        let cancel = scenario.only();
        scenario.end(&cancel, 0);
        assert_eq!(scenario.pass(3, setup.view), [], "{close:?} was the last");
        scenario.command(CommandKind::Unkill, scope);
        assert_eq!(scenario.freezes(), [false]);
        scenario.stop_out();
        assert_eq!(scenario.only().qty, 2);
    }
}

#[test]
fn a_second_kill_keeps_the_actor_and_the_reason_of_the_first() {
    let (mut scenario, _) = start(|_| {});
    let command = |kind, actor: &str, reason: &str| {
        let (actor, reason) = (Text::new(actor), Text::new(reason));
        Input::Command(Command { kind, scope: Scope::Platform, actor, reason })
    };
    scenario.input(command(KILL, "ann", "the first"));
    for kind in [KILL, FLATTEN, CommandKind::Freeze] {
        scenario.input(command(kind, "bob", "the second"));
        let [kill] = scenario.kills()[..] else { panic!("one effect") };
        assert_eq!((kill.actor.as_str(), kill.reason.as_str()), ("ann", "the first"));
        assert_eq!(kill.flatten, kind == FLATTEN);
    }
    scenario.command(CommandKind::Unkill, Scope::Platform);
    scenario.input(command(KILL, "bob", "anew"));
    assert_eq!(scenario.kills()[0].actor.as_str(), "bob");
}

/// As many bots as there can be, each with as many orders at the broker as it can have.
fn crowd() -> (Scenario, Setup, usize) {
    let (mut scenario, setup) = start(|setup| {
        setup.account.max_position = u32::MAX;
        setup.instrument.limits.max_position = u32::MAX;
    });
    let (bots, each) = (BOTS_MAX as u16, ORDERS_PER_BOT as u64 - 1);
    for bot in (0..bots).map(BotId) {
        scenario.input(Input::Bot(BotDefinition { bot, ..setup.bot }));
    }
    scenario.session(SessionChange::Disconnected);
    for bot in (0..bots).map(BotId) {
        for number in 1..=each {
            let works = ExecutionReport {
                cl_ord_id: ClOrdId::new(number, bot, 0).expect("fits"),
                exec_type: ExecType::OrderStatus,
                ord_status: OrdStatus::New,
                last_qty: 0,
                leaves_qty: 1,
                cum_qty: 0,
                ..holding(bot, Side::Buy, 1, &setup)
            };
            scenario.input(Input::Execution(works));
        }
    }
    scenario.session(SessionChange::LoggedOn);
    (scenario, setup, usize::from(bots) * each as usize)
}

#[test]
fn a_kill_over_more_orders_than_one_input_can_name_cancels_them_all_over_the_next_ones() {
    let (mut scenario, _, working) = crowd();
    assert!(working > 1_000);
    scenario.command(KILL, Scope::Platform);
    assert_eq!(scenario.kills()[0].orders as usize, working);
    let mut cancelled = std::collections::BTreeSet::new();
    let mut inputs = 0;
    while !scenario.approved().is_empty() {
        assert_eq!(scenario.rejected(), None, "nothing is refused");
        let cancels = scenario.approved();
        assert!(cancels.len() <= usize::from(MESSAGES_PER_ROUND) + ORDERS_PER_BOT);
        cancelled.extend(cancels.iter().map(|cancel| cancel.orig_cl_ord_id));
        inputs += 1;
        scenario.input(Input::Feed(FeedEvent {
            feed: 0,
            change: FeedChange::Gap,
            detail: Text::EMPTY,
        }));
    }
    assert_eq!(cancelled.len(), working);
    assert_eq!(inputs, working.div_ceil(usize::from(MESSAGES_PER_ROUND)));
}

#[test]
fn what_a_timer_makes_due_for_every_bot_at_once_is_refused_to_none() {
    let (mut scenario, setup) = start(|setup| {
        setup.account.messages_per_second = 1_000;
        setup.account.max_position = u32::MAX;
        setup.instrument.limits.max_position = u32::MAX;
    });
    let bots = BOTS_MAX as u16;
    for bot in (0..bots).map(BotId) {
        scenario.input(Input::Bot(BotDefinition { bot, ..setup.bot }));
        scenario.input(Input::Execution(holding(bot, Side::Buy, 2, &setup)));
    }
    let halted =
        gauntlet_model::market_view::MarketView { state: TradingState::Halted, ..setup.view };
    scenario.market(halted);
    scenario.command(FLATTEN, Scope::Platform);
    let before = *scenario.risk.counters();
    scenario.market(setup.view);
    let mut exits = scenario.pass(1, setup.view);
    while exits.len() < usize::from(bots) {
        scenario.market(setup.view);
        let more = scenario.approved();
        assert!(!more.is_empty(), "{} are out", exits.len());
        exits.extend(more);
    }
    let sellers: std::collections::BTreeSet<_> = exits.iter().map(|exit| exit.bot).collect();
    assert_eq!((exits.len(), sellers.len()), (usize::from(bots), usize::from(bots)));
    assert_eq!(scenario.risk.counters().rejects, before.rejects);
}

#[test]
fn a_kill_with_flatten_closes_positions_once_a_timer_until_they_are_flat() {
    for scope in scopes() {
        let (mut scenario, setup) = start_holding(3, |_| {});
        scenario.command(FLATTEN, scope);
        let close = scenario.only();
        assert_eq!((close.side, close.qty), (Side::Sell, 3));
        assert_eq!(close.time_in_force, TimeInForce::ImmediateOrCancel);
        assert_eq!(scenario.pass(1, setup.view), [], "not while it works");
        scenario.acknowledge(&close);
        scenario.fill(&close, 1, 2);
        scenario.end(&close, 1);
        let again = scenario.only();
        assert_eq!((again.side, again.qty), (Side::Sell, 2));
        scenario.end(&again, 0);
        assert_eq!(scenario.approved(), [], "not twice before a timer");
        let again = scenario.pass(1, setup.view);
        assert_eq!((again.len(), again[0].qty), (1, 2));
        scenario.fill(&again[0], 2, 0);
        assert_eq!(scenario.pass(2, setup.view), []);
        scenario.enter(1);
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
    }
}

#[test]
fn a_kill_with_flatten_goes_farther_than_a_way_out_that_waits_or_stops_halfway() {
    for (target, urgency) in [(0, Urgency::Passive), (1, Urgency::Aggressive)] {
        let (mut scenario, setup) = start_holding(3, |_| {});
        let halted =
            gauntlet_model::market_view::MarketView { state: TradingState::Halted, ..setup.view };
        scenario.market(halted);
        scenario.want(BOT, target, urgency, IntentReason::Signal);
        scenario.command(FLATTEN, Scope::Platform);
        assert_eq!(scenario.approved(), [], "nothing leaves in a halt");
        let out = scenario.pass(1, setup.view);
        let terms = out.iter().map(|order| (order.side, order.qty, order.time_in_force));
        let all = (Side::Sell, 3, TimeInForce::ImmediateOrCancel);
        assert_eq!(terms.collect::<Vec<_>>(), [all], "from {target}, {urgency:?}");
    }
}

#[test]
fn flattening_waits_for_the_cancel_of_what_works() {
    let (mut scenario, _) = start_holding(1, |_| {});
    scenario.enter_passively(2);
    scenario.command(FLATTEN, Scope::Platform);
    let cancel = scenario.only();
    assert_eq!(cancel.kind, OutboundKind::Cancel);
    scenario.end(&cancel, 0);
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 1));
}

#[test]
fn flattening_waits_for_a_line_that_lives() {
    let (mut scenario, setup) = start_holding(1, |_| {});
    let dead = gauntlet_model::market_view::MarketView { gapped: true, live: false, ..setup.view };
    scenario.market(dead);
    scenario.command(FLATTEN, Scope::Platform);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::StaleMarketData));
    assert_eq!(scenario.alerts(), [AlertKind::ExitStuck]);
    assert_eq!(scenario.pass(1, setup.view).len(), 1, "and goes on when it lives");
}

#[test]
fn orders_that_a_kill_could_not_reach_are_cancelled_when_the_route_is_back() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    scenario.session(SessionChange::Disconnected);
    scenario.command(KILL, Scope::Platform);
    assert_eq!(scenario.approved(), []);
    assert_eq!(scenario.kills()[0].orders, 1);
    scenario.session(SessionChange::LoggedOn);
    let cancels = scenario.pass(1, setup.view);
    assert_eq!((cancels.len(), cancels[0].orig_cl_ord_id), (1, order.cl_ord_id));
}

#[test]
fn a_refused_flattening_is_put_on_record_once_while_the_bot_wants_out_too() {
    let (mut scenario, setup) = start_holding(1, |_| {});
    let halted =
        gauntlet_model::market_view::MarketView { state: TradingState::Halted, ..setup.view };
    scenario.market(halted);
    scenario.command(FLATTEN, Scope::Platform);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::TradingHalted));
    scenario.stop_out();
    let before = scenario.risk.counters().rejects[RejectCode::TradingHalted as usize];
    for _ in 0..3 {
        assert_eq!(scenario.pass(1, halted), []);
        assert_eq!(scenario.rejected(), None);
        scenario.stop_out();
        assert_eq!(scenario.rejected(), None);
    }
    let tries = scenario.risk.counters().rejects[RejectCode::TradingHalted as usize] - before;
    assert_eq!(tries, 3, "one try a timer");
    assert_eq!(scenario.pass(1, setup.view).len(), 1);
}

#[test]
fn a_kill_of_a_venue_stops_what_goes_there_alone() {
    let (mut scenario, setup) = start(|_| {});
    let paper = BotDefinition { bot: BotId(1), stage: Stage::Paper, ..setup.bot };
    scenario.input(Input::Bot(paper));
    let order = scenario.enter_passively(2);
    scenario.acknowledge(&order);
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Route(Route::BROKER));
    assert_eq!(scenario.only().orig_cl_ord_id, order.cl_ord_id);
    assert_eq!(scenario.kills()[0].orders, 1);
    scenario.end(&order, 0);
    scenario.enter(2);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::Killed));
    scenario.want(BotId(1), 2, Urgency::Aggressive, IntentReason::Signal);
    assert_eq!(scenario.only().route, Route::PAPER);
    scenario.command(CommandKind::Unkill, Scope::Route(Route::BROKER));
    scenario.enter(2);
    assert_eq!(scenario.only().qty, 2);
}

#[test]
fn a_venue_that_nobody_trades_at_cannot_be_killed() {
    let (mut scenario, _) = start(|_| {});
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Route(Route::SHADOW));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    assert!(!scenario.risk.is_killed(Scope::Route(Route::SHADOW)));
}

fn order_kill(scenario: &mut Scenario, order: ClOrdId, reason: &str) {
    let (actor, reason) = (Text::new("ann"), Text::new(reason));
    scenario.input(Input::OrderKill(OrderKill { order, actor, reason }));
}

#[test]
fn a_killed_order_is_cancelled_and_what_it_was_to_open_is_given_up() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.acknowledge(&order);
    order_kill(&mut scenario, order.cl_ord_id, "fat finger");
    assert_eq!(
        (scenario.only().kind, scenario.only().orig_cl_ord_id),
        (OutboundKind::Cancel, order.cl_ord_id)
    );
    order_kill(&mut scenario, order.cl_ord_id, "again");
    assert_eq!((scenario.approved(), scenario.alerts()), (vec![], vec![]));
    scenario.end(&order, 0);
    assert_eq!(scenario.pass(2, setup.view), vec![]);
    scenario.enter(2);
    assert_eq!(scenario.only().qty, 2, "its bot is not killed");
}

#[test]
fn a_killed_way_out_is_followed_by_another() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.stop_out();
    let exit = scenario.only();
    scenario.acknowledge(&exit);
    order_kill(&mut scenario, exit.cl_ord_id, "at the wrong price");
    assert_eq!(scenario.only().kind, OutboundKind::Cancel);
    scenario.end(&exit, 0);
    let next = scenario.pass(1, setup.view);
    assert_eq!((next.len(), next[0].side, next[0].qty), (1, Side::Sell, 2));
}

#[test]
fn an_order_that_nobody_has_or_can_reach_and_a_kill_without_a_reason_are_refused() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    let refused = |scenario: &Scenario| scenario.alerts() == [AlertKind::CommandRefused];
    order_kill(&mut scenario, ClOrdId(77 << 20), "why");
    assert!(refused(&scenario));
    order_kill(&mut scenario, order.cl_ord_id, "");
    assert!(refused(&scenario));
    scenario.session(SessionChange::Disconnected);
    order_kill(&mut scenario, order.cl_ord_id, "why");
    assert!(refused(&scenario));
}

#[test]
fn what_is_out_of_every_table_is_killed_with_the_whole_platform() {
    let (mut scenario, _) = start(|_| {});
    // A command for it is refused before; risk itself would rather stop too much.
    scenario.risk.kill_openings(Scope::Bot(BotId(60_000)), "unheard of", &mut |_| {});
    assert!(scenario.risk.is_killed(Scope::Platform));
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::Killed));
    scenario.command(CommandKind::Unkill, Scope::Platform);
    scenario.enter(1);
    assert_eq!(scenario.approved().len(), 1, "{:?}", scenario.rejected());
}
