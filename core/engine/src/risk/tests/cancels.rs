//! A cancel of what opens leaves whatever bars its bot from opening.

use super::*;

fn kills(scenario: &mut Scenario) -> OrderRequest {
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Bot(BOT));
    scenario.only()
}

#[test]
fn an_entry_of_a_bot_that_may_open_nothing_is_cancelled() {
    for proposed in [false, true] {
        let (mut scenario, setup) = start(|_| {});
        let order = scenario.enter_passively(1);
        scenario.acknowledge(&order);
        let other = BotDefinition { enabled: false, ..setup.bot };
        let known = scenario.risk.registry.bot_mut(BOT).expect("defined");
        match proposed {
            true => known.proposed = Some(other),
            false => known.definition = other,
        }
        assert!(!known.may_open());
        let cancel = kills(&mut scenario);
        assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, order.cl_ord_id));
    }
}

#[test]
fn an_entry_is_cancelled_in_a_run_that_waits_for_a_person_or_failed_its_self_test() {
    for (hash, self_test_passed) in [(9, true), (1, false)] {
        let (mut scenario, setup) = start(|_| {});
        let order = scenario.enter_passively(1);
        scenario.acknowledge(&order);
        let config_hash = [hash; 32];
        scenario.input(Input::RunStart(RunStart {
            run: 2,
            config_hash,
            self_test_passed,
            ..setup.run
        }));
        scenario.session(SessionChange::LoggedOn);
        let status = report(&order, ExecType::OrderStatus, OrdStatus::New);
        scenario.input(Input::Execution(ExecutionReport { leaves_qty: 1, ..status }));
        scenario.market(setup.view);
        let cancel = kills(&mut scenario);
        assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, order.cl_ord_id));
    }
}

#[test]
fn orders_that_are_refused_while_a_breaker_without_a_limit_watches_trip_nothing() {
    let (mut scenario, _) = start(|_| {});
    scenario.enter(1);
    let order = scenario.only();
    scenario.input(Input::AccountWatch(super::super::self_test_watch::watched(0, 9, 99)));
    scenario.tell(&order, ExecType::Rejected, OrdStatus::Rejected);
    assert_eq!(scenario.risk.breaker(Scope::Bot(BOT)), None);
}
