//! Fills that are taken back, corrected and booked: which, how often, and what of the doubt is left.

use super::*;

/// An order for two of which one is filled, as "E1".
fn half_filled() -> (Scenario, OrderRequest) {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    let first = ExecutionReport { exec_id: Text::new("E1"), ..filled(&order, 1, 1) };
    scenario.input(Input::Execution(first));
    (scenario, order)
}

/// What the broker says of that fill.
fn of_fill(order: &OrderRequest, exec_type: ExecType) -> ExecutionReport {
    ExecutionReport {
        exec_id: Text::new("B1"),
        text: Text::new("E1"),
        leaves_qty: 2,
        ..report(order, exec_type, OrdStatus::New)
    }
}

#[test]
fn contracts_that_nobody_can_place_are_counted_once_for_each_account() {
    let (mut scenario, setup) = start(|_| {});
    let account = AccountId(1);
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    for bot in [2, 3].map(BotId) {
        scenario.input(Input::Bot(BotDefinition { bot, account, ..setup.bot }));
    }
    let nobodys = OrderRequest { cl_ord_id: ClOrdId::NONE, ..holding_order(&setup) };
    scenario.input(Input::Unusable(UnusableReport {
        side: Some(Side::Sell),
        last_qty: 2,
        ..unusable(&nobodys)
    }));
    for of in [AccountId(0), account] {
        let doubt = scenario.risk.doubt_in(Route::BROKER, of, ES);
        assert_eq!(doubt.map(|doubt| doubt.contracts), Some(-2), "{of:?}");
    }
}

#[test]
fn a_bust_takes_back_a_whole_fill_of_its_own_side_and_only_once() {
    let busted = |change: fn(&mut ExecutionReport)| {
        let (mut scenario, order) = half_filled();
        let mut bust = of_fill(&order, ExecType::TradeCancel);
        change(&mut bust);
        scenario.input(Input::Execution(bust));
        assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::Busted));
        bookings(&scenario).len()
    };
    assert_eq!(busted(|_| {}), 1);
    assert_eq!(busted(|bust| bust.last_qty = 1), 1);
    assert_eq!(busted(|bust| bust.last_qty = 2), 0, "more than the fill");
    assert_eq!(busted(|bust| bust.side = Side::Sell), 0, "of the other side");
    assert_eq!(busted(|bust| (bust.side, bust.last_qty) = (Side::Sell, 2)), 0);
    // One that was seen before says nothing new.
    let (mut scenario, order) = half_filled();
    let bust = of_fill(&order, ExecType::TradeCancel);
    scenario.arrival(Input::Execution(bust), false);
    assert_eq!((bookings(&scenario), doubt(&scenario)), (vec![], None));
}

#[test]
fn a_correction_to_nothing_takes_back_and_books_nothing() {
    for (qty, expected) in [
        (0, vec![CorrectionKind::TakeBack]),
        (2, vec![CorrectionKind::TakeBack, CorrectionKind::Book]),
    ] {
        let (mut scenario, order) = half_filled();
        let correct = of_fill(&order, ExecType::TradeCorrect);
        let last_px = ticks(20_001);
        scenario.input(Input::Execution(ExecutionReport { last_qty: qty, last_px, ..correct }));
        let kinds: Vec<_> = bookings(&scenario).iter().map(|booking| booking.kind).collect();
        assert_eq!(kinds, expected);
    }
}

#[test]
fn a_fill_that_is_taken_back_leaves_the_doubt_and_one_that_was_missing_ends_it() {
    let (mut scenario, order) = half_filled();
    scenario.input(Input::Execution(of_fill(&order, ExecType::TradeCancel)));
    scenario.book();
    assert_eq!(scenario.held(), 0);
    assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::Busted));

    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.acknowledge(&order);
    scenario.status(&order, OrdStatus::PartiallyFilled, 1, ticks(20_000));
    assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::MissingFills));
    scenario.book();
    assert_eq!((scenario.held(), doubt(&scenario)), (1, None));
    assert_eq!(scenario.risk.traffic(BOT).fills, 1, "it counts as one");
}

#[test]
fn a_fill_that_a_person_books_of_an_order_of_which_more_is_missing_leaves_the_doubt() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(3);
    scenario.acknowledge(&order);
    scenario.input(Input::Unusable(UnusableReport { last_qty: 0, ..unusable(&order) }));
    assert!(doubt(&scenario).is_some());
    scenario.correct(Correction {
        order: order.cl_ord_id,
        bot: Some(BOT),
        side: Side::Buy,
        qty: 1,
        cum_qty: 2,
        price: ticks(20_000),
        ..by_person(CorrectionKind::Book)
    });
    assert_eq!(scenario.held(), 1);
    assert!(scenario.risk.working(BOT).any(|order| order.is_in_doubt()));
    assert!(doubt(&scenario).is_some());
}

#[test]
fn a_route_is_let_on_whatever_is_in_doubt_by_another() {
    let (mut scenario, order) = half_filled();
    let second = Route::broker(1).expect("there can be two");
    let setup = Setup::new();
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), broker: second, ..setup.bot }));
    scenario.input(Input::Execution(of_fill(&order, ExecType::TradeCancel)));
    assert!(doubt(&scenario).is_some());
    for (route, alerts) in [(Route::BROKER, vec![AlertKind::CommandRefused]), (second, vec![])] {
        scenario.command(CommandKind::Kill { flatten: false }, Scope::Route(route));
        scenario.command(CommandKind::Unkill, Scope::Route(route));
        assert_eq!(scenario.alerts(), alerts, "{route:?}");
    }
}
