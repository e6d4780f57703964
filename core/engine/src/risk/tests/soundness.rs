//! What fails closed: tables that are full, words that contradict each other, books that do not add up.

use super::super::approval::Approved;
use super::super::checks::Question;
use super::super::exposure::{Exposures, Place};
use super::super::planner::Plan;
use super::super::{ORDERS_PER_BOT, WorkingOrder};
use super::*;
use crate::message::{Arrival, ToRisk};
use gauntlet_model::desk::OWNERS_MAX;
use gauntlet_model::ids::{AccountId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::order::{REQUESTS_MAX, Terms};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A status report on an order of the bot that nobody knows: it works at the broker.
fn works(number: u64, setup: &Setup) -> ExecutionReport {
    let found = holding(BOT, Side::Buy, 1, setup);
    ExecutionReport {
        cl_ord_id: ClOrdId(number << 20),
        exec_type: ExecType::OrderStatus,
        ord_status: OrdStatus::New,
        last_qty: 0,
        leaves_qty: 1,
        cum_qty: 0,
        ..found
    }
}

/// What was panicked with.
fn panicked(step: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(step)).expect_err("an assertion fails");
    panic.downcast_ref::<&str>().map_or_else(String::new, |text| (*text).to_owned())
}

/// An approval with what it was asked with, and its plan.
fn approval(setup: &Setup) -> (Approved<OrderRequest>, Question, Plan) {
    let request = OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId(1_000 << 20),
        orig_cl_ord_id: ClOrdId::NONE,
        bot: BOT,
        account: setup.account.account,
        instrument: setup.instrument.instrument,
        route: Route::BROKER,
        side: Side::Buy,
        qty: 1,
        price: ticks(20_000),
        time_in_force: TimeInForce::Day,
        terms: Terms::LIMIT,
    };
    let plan = Plan {
        side: Side::Buy,
        qty: 1,
        time_in_force: TimeInForce::Day,
        reducing: false,
        target: 1,
        sliced: false,
    };
    let question = Question { request, reducing: false, added: 1, killing: false };
    (Approved::grant(request), question, plan)
}

#[test]
fn an_approved_order_that_finds_no_place_is_refused_and_not_sent() {
    let (mut scenario, setup) = start(|_| {});
    for number in 1..ORDERS_PER_BOT as u64 {
        scenario.input(Input::Execution(works(number, &setup)));
    }
    assert_eq!(
        scenario.risk.working(BOT).count(),
        ORDERS_PER_BOT - 1,
        "one place is for the way out"
    );
    let (before, worst) = (*scenario.risk.counters(), exposure(&scenario, &setup));
    let (approved, question, plan) = approval(&setup);
    let mut out = vec![];
    scenario.risk.enter(approved, &question, &plan, &mut |message| out.extend(message.detached()));
    let [ToOrders::Effect(Effect::Reject(reject))] = out[..] else { panic!("{out:?}") };
    assert_eq!((reject.code, reject.qty), (RejectCode::TableFull, 1));
    let (full, after) = (RejectCode::TableFull as usize, scenario.risk.counters());
    assert_eq!(after.rejects[full], before.rejects[full] + 1);
    assert_eq!((after.orders, exposure(&scenario, &setup)), (before.orders, worst));
}

fn exposure(scenario: &Scenario, setup: &Setup) -> i64 {
    let (account, instrument) = (setup.account.account, setup.instrument.instrument);
    scenario.risk.exposures.account(Place { route: Route::BROKER, account, instrument })
}

#[test]
fn a_request_that_finds_no_place_is_not_entered() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let request = |number: u64| OrderRequest {
        kind: OutboundKind::Replace,
        cl_ord_id: ClOrdId(number << 20),
        orig_cl_ord_id: order.cl_ord_id,
        ..order
    };
    for number in 0..REQUESTS_MAX as u64 {
        assert!(scenario.risk.enter_request(BOT, 0, &request(100 + number)));
    }
    let before = *scenario.risk.working(BOT).next().expect("it works");
    assert!(!scenario.risk.enter_request(BOT, 0, &request(200)));
    assert_eq!(scenario.risk.working(BOT).collect::<Vec<&WorkingOrder>>(), [&before]);
    assert!(!scenario.risk.enter_request(BOT, 1, &request(201)), "there is no such order");
}

#[test]
fn an_order_that_works_where_its_bot_does_not_trade_is_in_doubt_there_and_stops_the_bot() {
    for change in [
        (|report: &mut ExecutionReport| report.instrument = Some(InstrumentId(5)))
            as fn(&mut ExecutionReport),
        |report| report.route = Route::SHADOW,
    ] {
        let (mut scenario, setup) = start(|_| {});
        let mut report = works(1, &setup);
        change(&mut report);
        scenario.input(Input::Execution(report));
        assert_eq!(scenario.alerts(), [AlertKind::UnknownOrder]);
        let there = report.instrument.expect("given");
        assert!(scenario.risk.is_in_doubt(report.route, AccountId(0), there));
        scenario.enter(1);
        assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::InDoubt));
    }
}

#[test]
fn a_fill_that_the_chains_head_does_not_own_is_counted_by_nobody() {
    for owned in [false, true] {
        let (mut scenario, setup) = start(|_| {});
        let fill = holding(BOT, Side::Buy, 1, &setup);
        let sequenced = Sequenced { seq: 1_000, time: scenario.now, input: Input::Execution(fill) };
        let arrival = Arrival { sequenced: &sequenced, fresh: true, owned, arrived: 0 };
        let (risk, out) = (&mut scenario.risk, &mut scenario.out);
        out.clear();
        risk.on(&ToRisk::Input(arrival), &mut |message| out.extend(message.detached()));
        assert_eq!(scenario.held(), i32::from(owned));
        let doubted = scenario.risk.is_in_doubt(Route::BROKER, AccountId(0), InstrumentId(0));
        assert_eq!(doubted, !owned, "a person must look");
    }
}

#[test]
fn a_kill_beyond_every_table_kills_the_platform() {
    let beyond = [
        Scope::Account(AccountId(u16::MAX)),
        Scope::Bot(BotId(OWNERS_MAX as u16)),
        Scope::Instrument(InstrumentId(INSTRUMENTS_MAX as u16)),
    ];
    for scope in beyond {
        let (mut scenario, _) = start(|_| {});
        let mut out = vec![];
        let mut take = |message: ToOrders| out.extend(message.detached());
        scenario.risk.kill_openings(scope, "what is this", &mut take);
        assert!(scenario.risk.is_killed(Scope::Platform), "{scope:?}");
        let [ToOrders::Effect(Effect::Kill(kill))] = out[..] else { panic!("{out:?}") };
        assert_eq!((kill.scope, kill.active), (Scope::Platform, true));
    }
}

#[test]
fn exposure_below_nothing_or_beyond_the_tables_ends_the_process() {
    let place = |account: u16, instrument: u16| Place {
        route: Route::BROKER,
        account: AccountId(account),
        instrument: InstrumentId(instrument),
    };
    let mut exposures = Exposures::new();
    exposures.work(place(0, 0), Side::Buy, 2);
    exposures.work(place(0, 0), Side::Buy, -2);
    for side in [Side::Buy, Side::Sell] {
        let why = panicked(|| exposures.work(place(0, 0), side, -1));
        assert_eq!(why, "what works is never less than nothing");
    }
    let accounts = gauntlet_model::ids::ACCOUNTS_MAX as u16;
    for beyond in [place(accounts, 0), place(0, INSTRUMENTS_MAX as u16)] {
        let why = panicked(|| exposures.fill(beyond, 1));
        assert!(why.starts_with("only defined"), "{why}");
    }
}

#[test]
fn a_place_that_does_not_hold_what_its_bots_hold_ends_the_process() {
    let spoil: [fn(&mut Exposures, Place); 3] = [
        |exposures, place| exposures.fill(place, 1),
        |exposures, place| exposures.work(place, Side::Buy, 1),
        |exposures, place| exposures.work(place, Side::Sell, 1),
    ];
    for spoil in spoil {
        let (mut scenario, setup) = start(|_| {});
        scenario.enter_passively(1);
        let second = |number: u64| number * OWNERS_MAX as u64 + u64::from(BOT.0);
        scenario.risk.audit(second(1));
        let (account, instrument) = (setup.account.account, setup.instrument.instrument);
        let place = Place { route: Route::BROKER, account, instrument };
        spoil(&mut scenario.risk.exposures, place);
        scenario.risk.audit(second(2) + 1);
        let why = panicked(|| scenario.risk.audit(second(3)));
        assert_eq!(why, "a place holds what its bots hold there");
    }
}

#[test]
fn an_approval_beyond_a_limit_ends_the_process() {
    type Beyond = (fn(&mut OrderRequest), &'static str);
    let beyond: [Beyond; 6] = [
        (|request| request.qty = 0, "no order is larger than its limits"),
        (|request| request.qty = 11, "no order is larger than its limits"),
        (|request| request.price = Price::NONE, "every limit order has a limit price"),
        (|request| request.route = Route::PAPER, "an order goes the way of its bot's stage"),
        (|request| request.cl_ord_id = ClOrdId(1), "an identity tells its cause"),
        (|request| request.bot = BotId(9), "an identity tells its cause"),
    ];
    for (change, expected) in beyond {
        let (scenario, setup) = start(|_| {});
        let (approved, _, plan) = approval(&setup);
        let seq = scenario.risk.seq;
        let mut request = OrderRequest { cl_ord_id: ClOrdId(seq << 20), ..*approved.get() };
        scenario.risk.assert_within_limits(&request, &plan);
        change(&mut request);
        let why = panicked(|| scenario.risk.assert_within_limits(&request, &plan));
        assert_eq!(why, expected);
    }
}

#[test]
fn holding_more_than_the_limits_ends_the_process_at_the_next_opening_order() {
    type Limit = (fn(&mut Setup), &'static str);
    let limits: [Limit; 4] = [
        (|s| s.bot.max_position = 2, "no bot can come to hold more than its limits"),
        (|s| s.bot.stage_cap = 2, "no bot can come to hold more than its limits"),
        (|s| s.instrument.limits.max_position = 2, "nor all bots in an instrument"),
        (|s| s.account.max_position = 2, "nor all bots of an account"),
    ];
    for (change, expected) in limits {
        // What is held is not above the limits, and is with the order.
        let (scenario, setup) = start_holding(2, change);
        let (approved, _, plan) = approval(&setup);
        let id = ClOrdId(scenario.risk.seq << 20);
        let request = OrderRequest { cl_ord_id: id, ..*approved.get() };
        scenario.risk.assert_within_limits(&request, &plan);
        let (mut more, _) = start_holding(3, change);
        let way_out = OrderRequest { side: Side::Sell, ..request };
        more.risk.assert_within_limits(&way_out, &Plan { reducing: true, ..plan });
        let why = panicked(|| more.risk.assert_within_limits(&request, &plan));
        assert_eq!(why, expected);
        more.stop_out();
        assert_eq!(more.only().qty, 3, "the way out stays open");
    }
}

#[test]
fn a_stream_that_runs_backwards_ends_the_process() {
    let (mut scenario, _) = start(|_| {});
    let now = scenario.now;
    scenario.now = gauntlet_model::units::UnixNanos(now.0 - 1);
    let why = panicked(|| {
        scenario.input(Input::Timer(Timer { second: 1 }));
    });
    assert_eq!(why, "time never runs backwards");
    let (mut scenario, _) = start(|_| {});
    scenario.now = now;
    let sequenced = Sequenced { seq: 1, time: now, input: Input::Timer(Timer { second: 1 }) };
    let arrival = Arrival { sequenced: &sequenced, fresh: true, owned: false, arrived: 0 };
    let why = panicked(|| scenario.risk.on(&ToRisk::Input(arrival), &mut |_| {}));
    assert_eq!(why, "inputs come in the order of their numbers");
}

#[test]
fn an_order_that_filled_more_than_was_sent_adds_up_to_its_fills() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.fill(&order, 3, 0);
    assert_eq!(scenario.held(), 3);
    let back = scenario.only();
    assert_eq!((back.side, back.qty), (Side::Sell, 1), "what is too much is given back");
}
