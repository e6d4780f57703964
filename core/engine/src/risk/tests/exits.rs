//! Getting out: which entry checks an order that only reduces is spared, what bounds it, what it is
//! priced from, and that a person hears when it cannot leave.

use super::super::AGGRESSION_TICKS;
use super::super::scenario::top;
use super::*;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::ANSWER_WITHIN_NS;

/// An order that sells out a long position of two in a changed market.
fn exit_in(change: impl Fn(&mut MarketView)) -> OrderRequest {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let mut view = setup.view;
    change(&mut view);
    scenario.market(view);
    scenario.enter(3);
    assert!(scenario.rejected().is_some(), "nothing opens in {view:?}");
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
    scenario.only()
}

#[test]
fn a_one_sided_a_wide_a_crossed_and_a_broken_book_stop_no_exit() {
    let last = ticks(19_990);
    let best = exit_in(|view| view.top = top(20_000, 0));
    assert_eq!(best.price, ticks(20_000 - AGGRESSION_TICKS), "the opposite best is there");
    let wide = exit_in(|view| view.top = top(19_900, 20_100));
    assert_eq!(wide.price, ticks(19_900 - AGGRESSION_TICKS), "however far from the middle");
    let crossed = exit_in(|view| view.top = top(20_005, 20_001));
    assert_eq!(crossed.price, ticks(20_001 - AGGRESSION_TICKS), "the worse of the two meets both");
    let empty = exit_in(|view| (view.top, view.last) = (top(0, 20_001), last));
    assert_eq!(
        empty.price,
        ticks(19_990 - 20),
        "from the last trade, as far as the collar lets it"
    );
    let gapped =
        exit_in(|view| (view.top, view.last, view.gapped) = (TopOfBook::EMPTY, last, true));
    assert_eq!(gapped.price, ticks(19_990 - 20));
    let full = exit_in(|view| (view.book_full, view.last) = (true, last));
    assert_eq!(full.price, ticks(19_990 - 20));
}

#[test]
fn without_any_trade_the_venues_limit_is_the_price_and_without_that_a_person_is_told() {
    for (held, side, limit) in [(2, Side::Sell, 19_000), (-2, Side::Buy, 21_000)] {
        let (mut scenario, setup) = start_holding(held, |_| {});
        let nothing = MarketView { top: TopOfBook::EMPTY, last: Price::NONE, ..setup.view };
        scenario.market(nothing);
        scenario.stop_out();
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::NoReferencePrice));
        assert_eq!(scenario.alerts(), [AlertKind::ExitStuck]);
        scenario.input(Input::Listing(limits_of(&setup, 19_000, 21_000)));
        let exits = scenario.pass(1, nothing);
        assert_eq!((exits.len(), exits[0].side, exits[0].price), (1, side, ticks(limit)));
    }
}

fn limits_of(setup: &Setup, low: i64, high: i64) -> Listing {
    Listing {
        instrument: setup.instrument.instrument,
        tick: setup.instrument.tick,
        unit_qty: Price::NONE,
        tick_amount: Price::NONE,
        display_factor: Price::NONE,
        currency: Text::EMPTY,
        expiration: gauntlet_model::units::UnixNanos(0),
        high_limit: ticks(high),
        low_limit: ticks(low),
        ts_event: IN_SESSION,
    }
}

#[test]
fn an_exit_keeps_within_the_venues_limits() {
    for (held, limit) in [(2, 19_998), (-2, 20_003)] {
        let (mut scenario, setup) = start_holding(held, |_| {});
        scenario.input(Input::Listing(limits_of(&setup, 19_998, 20_003)));
        scenario.stop_out();
        assert_eq!(scenario.only().price, ticks(limit));
    }
}

#[test]
fn a_quiet_book_on_a_live_line_stops_no_exit_and_a_dead_line_does() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.now = scenario.now.plus(600 * NANOS_PER_SECOND);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::StaleMarketData));
    scenario.stop_out();
    assert_eq!(scenario.only().qty, 2);

    let (mut scenario, _) = start_holding(2, |_| {});
    let dead = MarketView { live: false, ..setup.view };
    scenario.market(dead);
    scenario.stop_out();
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::StaleMarketData));
    assert_eq!(scenario.alerts(), [AlertKind::ExitStuck]);
    let mut told = 0;
    for _ in 0..60 {
        assert_eq!(scenario.pass(1, dead), []);
        told += scenario.alerts().len() + usize::from(scenario.rejected().is_some());
        scenario.stop_out();
        told += scenario.alerts().len() + usize::from(scenario.rejected().is_some());
    }
    assert_eq!(told, 0, "one alert an episode");
    assert_eq!(scenario.pass(1, setup.view).len(), 1);
}

#[test]
fn what_opens_and_what_is_cancelled_leave_room_for_exits_in_the_message_rate() {
    let (mut scenario, setup) = start_holding(2, |setup| {
        setup.account.messages_per_second = 8;
        setup.account.cancel_headroom = 4;
    });
    let bots: Vec<BotId> = (1..=8).map(BotId).collect();
    for bot in &bots {
        scenario.input(Input::Bot(BotDefinition { bot: *bot, max_position: 2, ..setup.bot }));
    }
    let mut went = 0;
    for target in [1, 2] {
        for bot in &bots {
            scenario.want(*bot, target, Urgency::Passive, IntentReason::Signal);
            went += scenario.approved().len();
        }
    }
    assert_eq!(went, 6, "four that open, and two cancels");
    scenario.stop_out();
    assert_eq!(scenario.only().qty, 2);
    let other = holding(BotId(8), Side::Sell, 1, &setup);
    scenario.input(Input::Execution(other));
    scenario.want(BotId(8), 0, Urgency::Aggressive, IntentReason::StopLoss);
    assert_eq!(scenario.approved().len(), 1);
}

#[test]
fn a_missing_limit_stops_what_opens_and_no_exit() {
    type Missing = fn(&mut Setup);
    let missing: [Missing; 8] = [
        |s| s.bot.max_order_qty = 0,
        |s| s.instrument.limits.max_order_qty = 0,
        |s| s.bot.max_position = 0,
        |s| s.bot.stage_cap = 0,
        |s| s.instrument.limits.collar_ticks = 0,
        |s| s.instrument.limits.stale_after_ms = 0,
        |s| s.account.messages_per_second = 0,
        |s| s.account.cancel_headroom = 0,
    ];
    for missing in missing {
        let (mut scenario, _) = start_holding(2, missing);
        scenario.enter(3);
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::MissingLimit));
        scenario.stop_out();
        assert_eq!(scenario.only().qty, 2);
    }
}

#[test]
fn a_changed_configuration_and_a_failed_self_test_stop_no_exit() {
    let changes: [fn(&mut RunStart); 2] =
        [|run| run.config_hash = [9; 32], |run| run.self_test_passed = false];
    for change in changes {
        let (mut scenario, setup) = start_holding(2, |_| {});
        let mut run = RunStart { run: 2, ..setup.run };
        change(&mut run);
        scenario.input(Input::RunStart(run));
        scenario.session(SessionChange::LoggedOn);
        scenario.market(setup.view);
        scenario.enter(3);
        assert!(scenario.rejected().is_some());
        scenario.stop_out();
        assert_eq!(scenario.only().qty, 2);
    }
}

#[test]
fn a_sum_over_other_bots_stops_no_exit() {
    let (mut scenario, setup) = start_holding(5, |setup| setup.instrument.limits.max_position = 5);
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    scenario.input(Input::Execution(holding(BotId(1), Side::Sell, 5, &setup)));
    scenario.input(Input::Execution(ExecutionReport {
        cl_ord_id: ClOrdId(2 << 20 | 1 << 8),
        ..holding(BotId(1), Side::Sell, 1, &setup)
    }));
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 5));
    scenario.want(BotId(1), -7, Urgency::Aggressive, IntentReason::Signal);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::InstrumentPosition));
}

#[test]
fn a_halt_a_closed_venue_and_a_broken_session_stop_an_exit_and_a_person_is_told_once() {
    let refused = |change: fn(&mut Setup)| {
        let (mut scenario, setup) = start_holding(2, |_| {});
        let mut worse = setup.clone();
        change(&mut worse);
        scenario.market(worse.view);
        if !worse.logged_on {
            scenario.session(SessionChange::Disconnected);
        }
        scenario.stop_out();
        assert_eq!(scenario.alerts(), [AlertKind::ExitStuck]);
        let code = scenario.rejected().map(|reject| reject.code);
        scenario.pass(1, worse.view);
        assert_eq!(scenario.alerts(), [], "one alert an episode");
        code
    };
    assert_eq!(refused(|s| s.view.state = TradingState::Halted), Some(RejectCode::TradingHalted));
    assert_eq!(refused(|s| s.logged_on = false), Some(RejectCode::RouteDown));
}

#[test]
fn an_exit_beside_an_order_in_doubt_takes_no_more_than_is_left_to_close() {
    // A closing order in doubt may yet fill: nothing beside it.
    let (mut scenario, setup) = start_holding(3, |_| {});
    scenario.stop_out();
    let first = scenario.only();
    scenario.fill(&first, 1, 2);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    assert!(scenario.risk.working(BOT).all(|order| order.is_in_doubt()));
    assert_eq!(scenario.pass(3, setup.view), []);
    // An opening order in doubt is no reason to wait.
    let (mut scenario, setup) = start_holding(3, |_| {});
    let entry = scenario.enter_passively(5);
    scenario.acknowledge(&entry);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    scenario.stop_out();
    let exit = scenario.only();
    assert_eq!((exit.side, exit.qty), (Side::Sell, 3));
    assert_eq!(scenario.pass(2, setup.view), [], "not twice");
    scenario.fill(&exit, 3, 0);
    scenario.fill(&entry, 2, 0);
    let rest = scenario.only();
    assert_eq!((rest.side, rest.qty), (Side::Sell, 2), "what the doubt turned out to be");
}

#[test]
fn a_broker_that_cancels_nothing_holds_an_exit_up_only_for_so_long() {
    let (mut scenario, setup) = start_holding(3, |_| {});
    let entry = scenario.enter_passively(5);
    scenario.acknowledge(&entry);
    scenario.stop_out();
    let mut cancel = scenario.only();
    assert_eq!(cancel.kind, OutboundKind::Cancel);
    for second in 1..=ANSWER_WITHIN_NS / NANOS_PER_SECOND {
        scenario.input(Input::CancelReject(too_late(&cancel)));
        let requests = scenario.pass(1, setup.view);
        cancel = requests[0];
        let exits: Vec<_> =
            requests.iter().filter(|request| request.kind == OutboundKind::New).collect();
        let due = second == ANSWER_WITHIN_NS / NANOS_PER_SECOND;
        assert_eq!(exits.len(), usize::from(due), "after {second} s");
        assert!(exits.iter().all(|exit| (exit.side, exit.qty) == (Side::Sell, 3)));
    }
}

#[test]
fn orders_that_fill_a_bots_places_leave_one_to_get_out() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.session(SessionChange::Disconnected);
    for number in 1..super::super::ORDERS_PER_BOT as u64 {
        let found = ExecutionReport {
            cl_ord_id: ClOrdId(number << 20),
            exec_type: ExecType::OrderStatus,
            ord_status: OrdStatus::New,
            last_qty: 0,
            leaves_qty: 1,
            cum_qty: 0,
            ..holding(BOT, Side::Buy, 1, &setup)
        };
        scenario.input(Input::Execution(found));
    }
    scenario.session(SessionChange::LoggedOn);
    assert_eq!(scenario.risk.working(BOT).count(), super::super::ORDERS_PER_BOT - 1);
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
}

#[test]
fn a_passive_way_out_may_be_moved_in_a_market_in_which_nothing_opens() {
    let seconds = super::super::REPRICE_AFTER_NS / NANOS_PER_SECOND;
    let (mut scenario, setup) = start_holding(1, |_| {});
    let order = scenario.enter_passively(0);
    scenario.acknowledge(&order);
    let wide = MarketView { top: top(19_000, 20_500), ..setup.view };
    let requests = scenario.pass(seconds, wide);
    assert_eq!((requests.len(), requests[0].kind), (1, OutboundKind::Replace));
    assert_eq!((requests[0].price, scenario.rejected()), (ticks(20_500), None));
}
