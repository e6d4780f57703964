//! Limits in layers, and what they stop beside a single order.

use super::*;
use gauntlet_model::ids::AccountId;
use gauntlet_model::units::Money;

/// The codes that the last input was refused with.
fn refused(scenario: &Scenario) -> Option<RejectCode> {
    scenario.rejected().map(|reject| reject.code)
}

fn told(scenario: &mut Scenario, change: impl FnOnce(&mut RiskLimits)) {
    let mut limits = super::super::scenario::Layers::new().platform;
    change(&mut limits);
    scenario.input(Input::RiskLimits(limits));
}

#[test]
fn what_a_run_is_told_is_forgotten_with_it() {
    let (mut scenario, setup) = start(|setup| setup.layers().account.max_order_qty = 2);
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::OrderQuantity));
    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 3);
}

#[test]
fn limits_of_what_is_not_defined_change_nothing_and_are_told() {
    let (mut scenario, _) = start(|setup| {
        setup.layers();
    });
    for scope in [
        Scope::Account(AccountId(7)),
        Scope::Account(AccountId(u16::MAX)),
        Scope::Bot(BotId(9)),
        Scope::Bot(BotId(u16::MAX)),
        Scope::Instrument(gauntlet_model::ids::InstrumentId(0)),
    ] {
        let limits = RiskLimits { max_order_qty: 1, ..RiskLimits::none(scope) };
        scenario.input(Input::RiskLimits(limits));
        assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "{scope:?}");
    }
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 3);
}

#[test]
fn limits_count_whatever_comes_first_of_them_and_their_definitions() {
    let (mut scenario, setup) = start(|setup| setup.layers().account.max_order_qty = 2);
    scenario.input(Input::Bot(BotDefinition { max_order_qty: 9, ..setup.bot }));
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::OrderQuantity));
    scenario.input(Input::Account(AccountDefinition { max_position: 1, ..setup.account }));
    scenario.enter(2);
    assert_eq!(refused(&scenario), Some(RejectCode::AccountPosition));
}

#[test]
fn no_layer_holds_up_what_only_reduces() {
    let (mut scenario, _) = start_holding(5, |setup| {
        setup.limits = Some(super::super::scenario::Layers::new());
    });
    told(&mut scenario, |limits| {
        (limits.max_order_value, limits.max_executions) = (Money(0), 0);
        (limits.duplicate_window_ms, limits.instruments, limits.max_position) = (0, 0, 1);
    });
    scenario.enter(6);
    assert_eq!(refused(&scenario), Some(RejectCode::NotAllowed));
    scenario.stop_out();
    let order = scenario.only();
    assert_eq!((order.side, order.qty), (Side::Sell, 5));
    // The same once more, a moment later: an exit that came to nothing is repeated.
    scenario.end(&order, 0);
    scenario.pass(1, Setup::new().view);
    assert_eq!(scenario.approved().len(), 1);
}

#[test]
fn a_layer_slices_what_reduces_and_does_not_refuse_it() {
    let (mut scenario, _) = start_holding(5, |setup| setup.layers().account.max_order_qty = 2);
    scenario.stop_out();
    assert_eq!(scenario.only().qty, 2);
}

#[test]
fn who_opens_too_often_is_killed_until_a_person_lets_it_on() {
    let (mut scenario, setup) = start(|setup| {
        let platform = &mut setup.layers().platform;
        (platform.max_executions, platform.duplicate_window_ms) = (2, 1);
    });
    for _ in 0..2 {
        scenario.enter(3);
        let order = scenario.only();
        scenario.end(&order, 0);
        scenario.now = scenario.now.plus(NANOS_PER_SECOND);
        scenario.market(setup.view);
    }
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::RepeatedExecutions));
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.limit, reject.value), (2, 3));
    assert!(scenario.risk.is_killed(Scope::Bot(BOT)) && scenario.kills()[0].active);
    assert_eq!(
        scenario.risk.counters().rejects[RejectCode::RepeatedExecutions as usize],
        1,
        "it is counted"
    );
    // Long after the window it is killed still.
    scenario.now = scenario.now.plus(600 * NANOS_PER_SECOND);
    scenario.market(setup.view);
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::Killed));
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    scenario.enter(3);
    assert_eq!(scenario.only().qty, 3);
}

#[test]
fn a_person_lets_a_bot_on_within_the_window_too_and_it_counts_anew() {
    let (mut scenario, setup) = start(|setup| {
        let platform = &mut setup.layers().platform;
        (platform.max_executions, platform.duplicate_window_ms) = (1, 1);
    });
    let step = |scenario: &mut Scenario| {
        scenario.now = scenario.now.plus(NANOS_PER_SECOND);
        scenario.market(setup.view);
        scenario.enter(3);
    };
    scenario.enter(3);
    let order = scenario.only();
    scenario.end(&order, 0);
    step(&mut scenario);
    assert_eq!(refused(&scenario), Some(RejectCode::RepeatedExecutions));
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    step(&mut scenario);
    let order = scenario.only();
    scenario.end(&order, 0);
    step(&mut scenario);
    assert_eq!(refused(&scenario), Some(RejectCode::RepeatedExecutions));
}

#[test]
fn more_openings_than_the_ring_holds_count_as_many_as_it_holds() {
    let (mut scenario, setup) = start(|setup| {
        let platform = &mut setup.layers().platform;
        (platform.max_executions, platform.duplicate_window_ms) = (u32::MAX, 1);
    });
    for _ in 0..super::super::EXECUTIONS_MAX {
        scenario.enter(3);
        let order = scenario.only();
        scenario.end(&order, 0);
        scenario.now = scenario.now.plus(NANOS_PER_SECOND / 4);
        scenario.market(setup.view);
    }
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::RepeatedExecutions));
}

#[test]
fn another_side_price_or_quantity_is_no_duplicate_and_neither_is_another_bots_order() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
    });
    let nothing = |scenario: &mut Scenario| {
        let order = scenario.only();
        scenario.end(&order, 0);
    };
    scenario.enter(3);
    nothing(&mut scenario);
    scenario.enter(2);
    nothing(&mut scenario);
    scenario.enter(-3);
    nothing(&mut scenario);
    let mut view = setup.view;
    view.top = super::super::scenario::top(20_001, 20_002);
    scenario.market(view);
    scenario.enter(3);
    nothing(&mut scenario);
    scenario.market(setup.view);
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    scenario.want(BotId(1), 3, Urgency::Aggressive, IntentReason::Signal);
    nothing(&mut scenario);
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::DuplicateOrder));
}

#[test]
fn a_move_to_a_price_beyond_the_band_or_the_value_is_refused_and_the_order_stays() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
        setup.band = Some((ticks(1), ticks(20_000)));
    });
    let order = scenario.enter_passively(3);
    scenario.acknowledge(&order);
    let mut view = setup.view;
    view.top = super::super::scenario::top(20_002, 20_003);
    scenario.pass(5, view);
    assert_eq!(refused(&scenario), Some(RejectCode::PriceBand));
    assert_eq!(scenario.risk.working(BOT).next().map(|known| known.price()), Some(ticks(20_000)));
}

#[test]
fn a_value_below_zero_is_counted_by_its_amount() {
    let (mut scenario, setup) = start(|setup| {
        setup.view.top = super::super::scenario::top(-20_005, -20_004);
        setup.layers().platform.max_order_value = Money(750_000_000_000);
    });
    scenario.enter(3);
    assert_eq!(scenario.only().price, ticks(-20_000));
    let order = scenario.only();
    scenario.end(&order, 0);
    scenario.market(setup.view);
    told(&mut scenario, |limits| limits.max_order_value = Money(749_999_999_999));
    scenario.enter(3);
    assert_eq!(refused(&scenario), Some(RejectCode::OrderValue));
}

mod oracle {
    use super::*;
    use gauntlet_model::units::UnixNanos;
    use proptest::prelude::*;

    /// Openings as a plain list.
    fn refused_by_list(
        sent: &[(u64, i64, u32)],
        (now, price, qty): (u64, i64, u32),
        limits: &RiskLimits,
    ) -> Option<RejectCode> {
        let window = u64::from(limits.duplicate_window_ms);
        let same = |one: &&(u64, i64, u32)| (one.1, one.2) == (price, qty);
        if sent.iter().filter(same).any(|one| now - one.0 < window) {
            return Some(RejectCode::DuplicateOrder);
        }
        let window = u64::from(limits.executions_window_ms);
        let recent = sent.iter().filter(|one| now - one.0 < window).count();
        (recent >= limits.max_executions as usize).then_some(RejectCode::RepeatedExecutions)
    }

    proptest! {
        #[test]
        fn openings_are_refused_as_a_plain_list_of_them_says(
            steps in prop::collection::vec((0u64..700, 0i64..2, 1u32..3), 1..60),
            duplicate in 1u32..1_500,
            most in 1u32..12,
            window in 1u32..5_000,
        ) {
            let (mut scenario, setup) = start(|setup| {
                let platform = &mut setup.layers().platform;
                platform.duplicate_window_ms = duplicate;
                (platform.max_executions, platform.executions_window_ms) = (most, window);
            });
            let limits = setup.limits.expect("given").platform;
            let begin = scenario.now;
            let mut sent = vec![];
            for (wait, price, qty) in steps {
                scenario.now = UnixNanos(scenario.now.0 + wait * 1_000_000);
                let mut view = setup.view;
                view.top = super::super::super::scenario::top(20_000 + price, 20_001 + price);
                scenario.market(view);
                scenario.enter(qty as i32);
                let now = scenario.now.since(begin) / 1_000_000;
                let expected = refused_by_list(&sent, (now, price, qty), &limits);
                prop_assert_eq!(refused(&scenario), expected);
                if expected.is_none() {
                    sent.push((now, price, qty));
                    let order = scenario.only();
                    scenario.end(&order, 0);
                } else if expected == Some(RejectCode::RepeatedExecutions) {
                    break;
                }
            }
        }
    }
}
