//! Every control at its limit, beyond it, and without it; and what getting out is spared.

use super::super::self_test::trials;
use super::*;
use gauntlet_model::units::UnixNanos;

#[test]
fn every_control_lets_its_limit_pass_and_refuses_one_more_and_none() {
    for trial in trials() {
        assert_eq!(trial.run(), Ok(trial.expect), "{}", trial.name);
    }
}

#[test]
fn a_refusal_names_the_limit_and_the_value_and_is_counted() {
    let (mut scenario, _) = start(|setup| setup.bot.max_position = 2);
    scenario.enter(3);
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.limit, reject.value, reject.qty, reject.side), (2, 3, 3, Side::Buy));
    assert_eq!(scenario.risk.counters().rejects[RejectCode::BotPosition as usize], 1);
    assert_eq!(scenario.risk.counters().orders, 0);
}

#[test]
fn what_the_gate_would_say_is_what_it_says_and_asking_changes_nothing() {
    let (mut scenario, _) = start(|setup| setup.bot.max_position = 3);
    scenario.enter(2);
    let entry = scenario.only();
    let larger = OrderRequest { qty: 4, ..entry };
    let before = format!("{:?}", scenario.risk);
    // The first two contracts work still, so that one more is left and not two.
    let one = OrderRequest { qty: 1, price: Price(entry.price.0 - ticks(1).0), ..entry };
    assert_eq!(scenario.risk.would_pass(&one, false), Ok(()));
    let refused = scenario.risk.would_pass(&larger, false);
    assert_eq!(refused, Err((RejectCode::BotPosition, 3, 6)));
    let closing = OrderRequest { side: Side::Sell, ..larger };
    let refused = scenario.risk.would_pass(&closing, true);
    assert_eq!(refused, Err((RejectCode::BotPosition, 0, 4)), "nothing is held");
    assert_eq!(format!("{:?}", scenario.risk), before);
}

#[test]
fn warming_asks_the_gate_about_every_bot_in_turn_and_changes_nothing() {
    let (mut scenario, setup) = start(|setup| setup.bot.max_position = 1);
    let last = BotDefinition { bot: BotId(BOT.0 + 2), max_position: 0, ..setup.bot };
    scenario.input(Input::Bot(last));
    let before = format!("{:?}", scenario.risk);
    // Two turns a place. Where nobody is defined nobody is asked about, and the last has no limit.
    let expected = |place: u16| match BotId(place) {
        BOT => Some(true),
        id if id == last.bot => Some(false),
        _ => None,
    };
    let places = (0..=last.bot.0).chain(0..=last.bot.0);
    let expected: Vec<_> = places.flat_map(|place| [expected(place); 2]).collect();
    let said: Vec<_> = (0..expected.len()).map(|turn| scenario.risk.warm_gate(turn)).collect();
    assert_eq!(said, expected);
    assert_eq!(format!("{:?}", scenario.risk), before);
    assert_eq!(
        super::super::Risk::new().warm_gate(0),
        None,
        "with nobody there is nobody to ask about"
    );
}

#[test]
fn a_stale_market_is_measured_at_the_moment_of_the_order() {
    let (mut scenario, _) = start(|setup| setup.instrument.limits.stale_after_ms = 250);
    scenario.now = scenario.now.plus(250_000_001);
    scenario.enter(1);
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.code, reject.limit, reject.value), (RejectCode::StaleMarketData, 250, 251));
}

#[test]
fn staleness_is_put_on_record_once_when_it_comes_and_when_it_goes() {
    let (mut scenario, setup) = start(|setup| setup.instrument.limits.stale_after_ms = 1_000);
    let blocks = |scenario: &Scenario| -> Vec<bool> {
        let block = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::MarketBlock(block)) => Some(block.blocked),
            _ => None,
        };
        scenario.out.iter().filter_map(block).collect()
    };
    let timer = Input::Timer(Timer { second: 0 });
    scenario.now = scenario.now.plus(1_000_000_000);
    scenario.input(timer);
    assert_eq!(blocks(&scenario), [false; 0]);
    scenario.now = scenario.now.plus(1);
    scenario.input(timer);
    assert_eq!(blocks(&scenario), [true]);
    scenario.input(timer);
    assert_eq!(blocks(&scenario), [false; 0]);
    scenario.market(setup.view);
    scenario.input(timer);
    assert_eq!(blocks(&scenario), [false]);
}

#[test]
fn getting_out_is_not_held_up_by_caps_that_it_improves() {
    let (mut scenario, setup) = start_holding(5, |_| {});
    let mut bot = setup.bot;
    (bot.max_position, bot.stage_cap, bot.enabled) = (1, 1, false);
    scenario.input(Input::Bot(bot));
    let mut instrument = setup.instrument;
    instrument.limits.max_position = 1;
    scenario.input(Input::Instrument(instrument));
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 5));
}

#[test]
fn getting_out_may_go_after_the_bots_session_but_not_after_the_exchanges() {
    let hours = 3_600 * NANOS_PER_SECOND;
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.now = scenario.now.plus(6 * hours + NANOS_PER_SECOND);
    scenario.market(setup.view);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SessionClosed));
    scenario.stop_out();
    assert_eq!(scenario.only().qty, 2);

    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.now = scenario.now.plus(7 * hours);
    scenario.market(setup.view);
    scenario.stop_out();
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SessionClosed));
}

#[test]
fn an_exit_larger_than_one_order_may_be_goes_in_slices() {
    let (mut scenario, _) = start_holding(5, |setup| setup.bot.max_order_qty = 2);
    scenario.stop_out();
    let first = scenario.only();
    assert_eq!(first.qty, 2);
    scenario.fill(&first, 2, 0);
    let second = scenario.only();
    assert_eq!(second.qty, 2);
    scenario.fill(&second, 2, 0);
    let third = scenario.only();
    assert_eq!(third.qty, 1);
    scenario.fill(&third, 1, 0);
    assert_eq!((scenario.approved(), scenario.held()), (vec![], 0));
}

#[test]
fn cancels_use_the_headroom_that_new_orders_leave() {
    let (mut scenario, setup) = start(|setup| {
        setup.account.messages_per_second = 2;
        setup.account.cancel_headroom = 1;
    });
    let order = scenario.enter_passively(1);
    scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    let reject = scenario.rejected().expect("refused");
    assert_eq!((reject.code, reject.limit, reject.value), (RejectCode::MessageRate, 1, 2));
    scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
    assert_eq!(
        (scenario.only().kind, scenario.only().orig_cl_ord_id),
        (OutboundKind::Cancel, order.cl_ord_id)
    );
}

#[test]
fn simulated_messages_do_not_use_up_the_brokers_rate() {
    let (mut scenario, setup) = start(|setup| {
        setup.account.messages_per_second = 2;
        setup.account.cancel_headroom = 1;
    });
    let paper = BotDefinition { bot: BotId(1), stage: Stage::Paper, ..setup.bot };
    scenario.input(Input::Bot(paper));
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    assert_eq!(scenario.only().route, Route::PAPER);
    scenario.enter(1);
    assert_eq!(scenario.only().route, Route::BROKER);
}

#[test]
fn poorer_data_than_the_market_listens_to_keeps_nothing_fresh() {
    let (mut scenario, setup) = start(|setup| setup.instrument.limits.stale_after_ms = 250);
    let trade = Input::Trade(Trade {
        instrument: setup.instrument.instrument,
        side: None,
        flags: 0,
        price: setup.view.top.bid,
        size: 1,
        ts_event: scenario.now,
        sequence: 9,
    });
    scenario.now = scenario.now.plus(250_000_001);
    // What the chain's head says of data that it leaves out.
    scenario.arrival(trade, false);
    scenario.enter(1);
    let code = scenario.rejected().map(|reject| reject.code);
    assert_eq!(code, Some(RejectCode::StaleMarketData), "trades go on, quotes do not");
    // After a new connection trades may be all that there is.
    scenario.arrival(trade, true);
    scenario.enter(1);
    assert_eq!(scenario.rejected(), None);
}

#[test]
fn the_hours_are_those_of_the_instruments_own_group() {
    // Presidents' Day 2024, 13:30 New York: equity indices have closed, energy has not.
    let holiday = UnixNanos(1_708_367_400 * NANOS_PER_SECOND);
    let refused = |product: &str| {
        let (mut scenario, _) = start(|setup| {
            setup.at = holiday;
            setup.bot.session = SessionMode::Full24x5;
            setup.instrument.product = Text::new(product);
        });
        scenario.enter(3);
        scenario.rejected().map(|reject| reject.code)
    };
    assert_eq!(refused("ES"), Some(RejectCode::SessionClosed));
    assert_eq!(refused("CL"), None);
    assert_eq!(refused("LE"), Some(RejectCode::SessionClosed));
}

#[test]
fn a_product_without_known_hours_is_never_open() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let unknown = InstrumentDefinition { product: Text::new("XX"), ..setup.instrument };
    scenario.input(Input::Instrument(unknown));
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SessionClosed));
    scenario.stop_out();
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SessionClosed));
}

/// A day of the scenario's that the run is told of: Wednesday 6 March 2024.
fn told_day(close_minute: u16) -> CalendarDay {
    CalendarDay {
        date: 20_240_306,
        scope: CalendarDay::OF_PRODUCT,
        product: Text::new("ES"),
        close_minute,
        reason: Text::new("notice"),
    }
}

#[test]
fn a_day_that_the_run_is_told_of_closes_for_both_ways_and_counts_for_that_run_alone() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.input(Input::RunStart(setup.run));
    scenario.input(Input::CalendarDay(told_day(CalendarDay::CLOSED)));
    // What is told counts with the next instrument, for all that are defined.
    let other = InstrumentDefinition {
        instrument: gauntlet_model::ids::InstrumentId(1),
        symbol: Text::new("CLJ4"),
        product: Text::new("CL"),
        ..setup.instrument
    };
    scenario.input(Input::Instrument(other));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SessionClosed));
    scenario.stop_out();
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::SessionClosed));

    scenario.input(Input::RunStart(RunStart { run: 2, ..setup.run }));
    scenario.input(Input::Instrument(setup.instrument));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.stop_out();
    assert_eq!(scenario.only().qty, 2);
}

#[test]
fn an_early_close_that_the_run_is_told_of_is_the_moment_it_ends() {
    // The scenario begins at 10:00 in New York.
    let refused = |close_minute: u16| {
        let (mut scenario, setup) = start(|_| {});
        scenario.input(Input::CalendarDay(told_day(close_minute)));
        scenario.input(Input::Instrument(setup.instrument));
        scenario.enter(3);
        scenario.rejected().map(|reject| reject.code)
    };
    assert_eq!(refused(10 * 60), Some(RejectCode::SessionClosed));
    assert_eq!(refused(10 * 60 + 1), None);
}

#[test]
fn a_told_day_that_cannot_be_raises_an_alert_and_changes_nothing() {
    let (mut scenario, setup) = start(|_| {});
    let weekend = CalendarDay { date: 20_240_309, ..told_day(CalendarDay::CLOSED) };
    scenario.input(Input::CalendarDay(weekend));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);
    scenario.input(Input::Instrument(setup.instrument));
    scenario.enter(3);
    assert_eq!(scenario.rejected(), None);
}

/// A bot's order in doubt, about which the order manager asks.
fn doubted(rate: u32, headroom: u32) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|setup| {
        setup.account.messages_per_second = rate;
        setup.account.cancel_headroom = headroom;
    });
    scenario.enter_passively(1);
    scenario.now = scenario.now.plus(10 * NANOS_PER_SECOND);
    scenario.market(setup.view);
    scenario.session(SessionChange::Disconnected);
    (scenario, setup)
}

#[test]
fn questions_about_orders_use_the_rate_up_and_keep_to_it() {
    for (rate, refused) in [(3, Some(RejectCode::MessageRate)), (4, None)] {
        let (mut scenario, setup) = doubted(rate, 2);
        scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
        // The logon asks about the one order.
        scenario.session(SessionChange::LoggedOn);
        scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
        assert_eq!(scenario.rejected().map(|reject| reject.code), refused, "{rate}");
        // A second later the question is no longer counted, and the next is not due yet.
        scenario.now = scenario.now.plus(NANOS_PER_SECOND);
        scenario.market(setup.view);
        scenario.want(BotId(1), 2, Urgency::Passive, IntentReason::Signal);
        assert_eq!(scenario.rejected(), None, "{rate}");
    }
}

#[test]
fn a_question_that_a_report_asks_for_counts_before_what_is_opened_on_it() {
    for (rate, refused) in [(3, Some(RejectCode::MessageRate)), (4, None)] {
        let (mut scenario, setup) = start(|setup| {
            setup.account.messages_per_second = rate;
            setup.account.cancel_headroom = 2;
        });
        let order = scenario.enter_passively(1);
        scenario.acknowledge(&order);
        scenario.now = scenario.now.plus(10 * NANOS_PER_SECOND);
        scenario.market(setup.view);
        scenario.want(BOT, 0, Urgency::Passive, IntentReason::Signal);
        let cancel = scenario.only();
        assert_eq!(cancel.kind, OutboundKind::Cancel);
        scenario.input(Input::Bot(BotDefinition { bot: BotId(1), ..setup.bot }));
        scenario.now = scenario.now.plus(2 * NANOS_PER_SECOND);
        scenario.market(setup.view);
        // The broker does not know the order that it has acknowledged, so it is asked about.
        scenario.input(Input::CancelReject(CancelReject {
            route: order.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: cancel.cl_ord_id,
            orig_cl_ord_id: order.cl_ord_id,
            ord_status: OrdStatus::Rejected,
            to_replace: false,
            reason: 1,
            text: Text::EMPTY,
        }));
        scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
        assert_eq!(scenario.rejected().map(|reject| reject.code), refused, "{rate}");
    }
}
