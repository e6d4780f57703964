//! R10: bots of one account do not trade with each other, and what reduces gets through.

use super::super::scenario::top;
use super::*;
use gauntlet_model::ids::AccountId;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::ANSWER_WITHIN_NS;

const OTHER: BotId = BotId(1);

/// Two bots of one account.
fn pair(change: impl FnOnce(&mut Setup)) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
        change(setup);
    });
    scenario.input(Input::Bot(BotDefinition { bot: OTHER, ..setup.bot }));
    (scenario, setup)
}

/// The other bot rests an order of three, for the day, at the ask of 20,001 or the bid of 20,000.
fn rest(scenario: &mut Scenario, target: i32) -> OrderRequest {
    scenario.want(OTHER, target, Urgency::Passive, IntentReason::Signal);
    let order = scenario.only();
    scenario.acknowledge(&order);
    order
}

fn refused(scenario: &Scenario) -> Option<RejectCode> {
    scenario.rejected().map(|reject| reject.code)
}

#[test]
fn what_opens_gives_way_to_what_rests_on_both_sides() {
    for sign in [1, -1] {
        let (mut scenario, _) = pair(|_| {});
        let order = rest(&mut scenario, -3 * sign);
        scenario.enter(3 * sign);
        assert_eq!(refused(&scenario), Some(RejectCode::SelfTrade));
        assert_eq!(scenario.risk.counters().rejects[RejectCode::SelfTrade as usize], 1);
        scenario.end(&order, 0);
        scenario.enter(3 * sign);
        assert_eq!(scenario.only().qty, 3);
    }
}

#[test]
fn what_does_not_meet_passes() {
    let (mut scenario, setup) = pair(|_| {});
    // Both rest, each at its own side's best.
    rest(&mut scenario, -3);
    assert_eq!(scenario.enter_passively(3).price, ticks(20_000));

    // On the same side.
    let (mut scenario, _) = pair(|_| {});
    rest(&mut scenario, 3);
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 3);

    // Another account, another route.
    let (mut scenario, _) = pair(|_| {});
    scenario.input(Input::Account(AccountDefinition { account: AccountId(1), ..setup.account }));
    scenario.input(Input::Bot(BotDefinition { bot: OTHER, account: AccountId(1), ..setup.bot }));
    scenario.input(Input::Bot(BotDefinition { bot: BotId(2), stage: Stage::Paper, ..setup.bot }));
    rest(&mut scenario, -3);
    scenario.want(BotId(2), -3, Urgency::Passive, IntentReason::Signal);
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 3);
}

#[test]
fn an_order_in_flight_that_rests_nowhere_meets_nobody() {
    let (mut scenario, _) = pair(|_| {});
    scenario.want(OTHER, -3, Urgency::Aggressive, IntentReason::Signal);
    assert_eq!(scenario.only().price, ticks(19_996));
    scenario.enter(3);
    assert_eq!(scenario.only().price, ticks(20_005));
}

#[test]
fn a_move_is_looked_at_too_from_both_ends() {
    let (mut scenario, setup) = pair(|_| {});
    let order = rest(&mut scenario, -3);
    // The market falls, and the other bot's order asks to be moved down.
    let view = MarketView { top: top(19_990, 19_991), ..setup.view };
    let moved = scenario.pass(5, view);
    assert_eq!((moved[0].kind, moved[0].price), (OutboundKind::Replace, ticks(19_991)));
    // It is at one of the two prices, nobody knows which.
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::SelfTrade));
    let replaced = ExecutionReport {
        orig_cl_ord_id: order.cl_ord_id,
        leaves_qty: 3,
        ..report(&moved[0], ExecType::Replaced, OrdStatus::New)
    };
    scenario.input(Input::Execution(replaced));
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::SelfTrade));
}

#[test]
fn the_way_of_what_reduces_is_cleared_and_it_leaves_when_that_is_done() {
    let (mut scenario, _) = start_holding(2, |setup| {
        setup.layers();
    });
    let setup = Setup::new();
    scenario.input(Input::Bot(BotDefinition { bot: OTHER, ..setup.bot }));
    let rival = rest(&mut scenario, 3);
    scenario.stop_out();
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, rival.cl_ord_id));
    assert_eq!((refused(&scenario), scenario.alerts()), (None, vec![]));
    // Nothing is sent twice while the broker is asked.
    assert_eq!(scenario.pass(1, setup.view), vec![]);
    scenario.end(&rival, 0);
    let exit = scenario.only();
    assert_eq!((exit.side, exit.qty, exit.bot), (Side::Sell, 2, BOT));
}

#[test]
fn a_way_out_waits_no_longer_than_an_answer_may_take() {
    let (mut scenario, _) = start_holding(2, |setup| {
        setup.layers();
    });
    let setup = Setup::new();
    scenario.input(Input::Bot(BotDefinition { bot: OTHER, ..setup.bot }));
    rest(&mut scenario, 3);
    scenario.stop_out();
    let seconds = ANSWER_WITHIN_NS / NANOS_PER_SECOND;
    let early = scenario.pass(seconds - 1, setup.view);
    assert!(early.iter().all(|request| request.kind == OutboundKind::Cancel), "{early:?}");
    let late = scenario.pass(1, setup.view);
    let exits = late.iter().filter(|request| request.bot == BOT).count();
    assert_eq!(exits, 1, "{late:?}");
}

#[test]
fn a_run_that_is_told_no_limits_is_checked_as_before_there_were_any() {
    let (mut scenario, _) = pair(|setup| setup.limits = None);
    rest(&mut scenario, -3);
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 3);
}

#[test]
fn what_rests_on_the_same_side_is_in_nobodys_way_whatever_rests_on_the_other() {
    let (mut scenario, _) = pair(|_| {});
    for (side, at) in [(Side::Buy, 19_990), (Side::Sell, 20_015)] {
        scenario.input(Input::Ticket(super::tickets::limit(side, 1, at)));
        let order = scenario.only();
        scenario.acknowledge(&order);
    }
    scenario.enter(3);
    assert_eq!(scenario.only().price, ticks(20_005));
}

#[test]
fn what_has_no_price_meets_any_and_a_stop_waits_outside_of_the_book() {
    for (order_type, stop_px, code) in [
        (OrderType::Market, Price::NONE, Some(RejectCode::SelfTrade)),
        (OrderType::Stop, ticks(20_010), None),
    ] {
        let (mut scenario, _) = pair(|_| {});
        rest(&mut scenario, -3);
        let bare = super::tickets::ticket(TicketKind::New);
        scenario.input(Input::Ticket(Ticket { qty: 1, order_type, stop_px, ..bare }));
        assert_eq!(refused(&scenario), code, "{order_type:?}");
        assert_eq!(scenario.approved().is_empty(), code.is_some());
    }
}

mod oracle {
    use super::*;
    use proptest::prelude::*;

    const BOTS: u16 = 4;

    /// Whether a request meets an order that rests, by a walk over everything but the orders that leave after
    /// it on the same input: those find an immediate one gone.
    fn meets_any(scenario: &Scenario, request: &OrderRequest, after: &[OrderRequest]) -> bool {
        (0..BOTS).map(BotId).filter(|bot| *bot != request.bot).any(|bot| {
            scenario.risk.working(bot).any(|order| {
                let (buy, sell) = match request.side {
                    Side::Buy => (request.price, order.price()),
                    Side::Sell => (order.price(), request.price),
                };
                let is_older = after.iter().all(|later| later.cl_ord_id != order.first_id());
                order.side() != request.side
                    && is_older
                    && order.time_in_force() == TimeInForce::Day
                    && order.open() > 0
                    && buy >= sell
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_opens_into_an_order_of_the_account_and_everybody_gets_out(
            steps in prop::collection::vec((0u16..BOTS, -2i32..3, any::<bool>(), 0u8..4, 0i64..4), 1..80),
        ) {
            let (mut scenario, setup) = start(|setup| {
                let platform = &mut setup.layers().platform;
                (platform.duplicate_window_ms, platform.max_executions) = (1, 64);
                platform.executions_window_ms = 1;
                (setup.account.messages_per_second, setup.account.cancel_headroom) = (1_000, 100);
            });
            for bot in 1..BOTS {
                scenario.input(Input::Bot(BotDefinition { bot: BotId(bot), ..setup.bot }));
            }
            let mut alive: Vec<OrderRequest> = vec![];
            let note = |scenario: &Scenario, alive: &mut Vec<OrderRequest>| {
                let approved = scenario.approved();
                for (place, request) in approved.iter().copied().enumerate() {
                    let reduces = scenario.held_of(request.bot) * (request.side.sign() as i32) < 0;
                    if request.kind == OutboundKind::New && !reduces {
                        assert!(!meets_any(scenario, &request, &approved[place + 1..]), "{request:?}");
                    }
                    if request.kind == OutboundKind::New {
                        alive.push(request);
                    }
                }
            };
            for (bot, target, aggressive, fate, step) in steps {
                scenario.now = scenario.now.plus(NANOS_PER_SECOND / 10);
                let view = MarketView { top: top(20_000 + step, 20_001 + step), ..setup.view };
                scenario.market(view);
                let urgency = if aggressive { Urgency::Aggressive } else { Urgency::Passive };
                scenario.want(BotId(bot), target, urgency, IntentReason::Signal);
                note(&scenario, &mut alive);
                if let Some(order) = (!alive.is_empty()).then(|| alive.remove(0)) {
                    match fate {
                        0 => scenario.acknowledge(&order),
                        1 => { scenario.fill(&order, order.qty, 0); }
                        _ => { scenario.end(&order, 0); }
                    }
                    if fate == 0 {
                        alive.push(order);
                    } else {
                        note(&scenario, &mut alive);
                    }
                }
            }
            // The broker does what it is asked, and everybody wants out.
            for bot in 0..BOTS {
                scenario.want(BotId(bot), 0, Urgency::Aggressive, IntentReason::StopLoss);
                note(&scenario, &mut alive);
            }
            for _ in 0..20 {
                for order in std::mem::take(&mut alive) {
                    match order.time_in_force {
                        TimeInForce::Day => { scenario.end(&order, 0); }
                        _ => { scenario.fill(&order, order.qty, 0); }
                    }
                    note(&scenario, &mut alive);
                }
                scenario.now = scenario.now.plus(NANOS_PER_SECOND);
                scenario.market(setup.view);
                scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
                note(&scenario, &mut alive);
            }
            for bot in 0..BOTS {
                prop_assert_eq!(scenario.held_of(BotId(bot)), 0, "bot {} gets out", bot);
            }
        }
    }
}
