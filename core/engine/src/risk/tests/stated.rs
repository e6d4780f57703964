//! What is taken over from a journal that another build decided: orders of every type, and the day's losses.

mod positions;

use super::tickets::ticket;
use super::*;
use crate::risk::PARENTS_MAX;
use gauntlet_model::desk::desk_of;
use gauntlet_model::ids::{AccountId, InstrumentId};
use gauntlet_model::order::check_terms;
use gauntlet_model::units::{Money, UnixNanos};

const DOLLAR: i64 = 1_000_000;
const DAY_NS: u64 = 24 * 3_600 * NANOS_PER_SECOND;

fn id(of: BotId, seq: u64) -> ClOrdId {
    ClOrdId::new(seq, of, 0).expect("fits")
}

/// A limit order of two contracts below the market, one of them filled.
fn stated(owner: BotId) -> StatedOrder {
    StatedOrder {
        route: Route::BROKER,
        bot: owner,
        account: AccountId(0),
        instrument: InstrumentId(0),
        order: id(owner, 900_001),
        cl_ord_id: id(owner, 900_001),
        side: Side::Buy,
        qty: 2,
        cum_qty: 1,
        paid_px: ticks(19_990),
        price: ticks(19_990),
        order_type: OrderType::Limit,
        stop_px: Price::NONE,
        time_in_force: TimeInForce::Day,
        expires: UnixNanos(0),
        emulation: Emulation::NONE,
        parent: ClOrdId::NONE,
        sent_at: IN_SESSION,
        role: StatedRole::Asked,
    }
}

/// Every order type with every life that goes with it.
fn of_every_type(owner: BotId) -> Vec<StatedOrder> {
    let mut all = vec![];
    for order_type in OrderType::ALL {
        for time_in_force in TimeInForce::ALL {
            let priced = |is: bool, at: i64| if is { ticks(at) } else { Price::NONE };
            let dated = time_in_force == TimeInForce::GoodTillDate;
            let each = StatedOrder {
                price: priced(order_type.is_limited(), 20_030),
                order_type,
                stop_px: priced(order_type.is_stop(), 20_020),
                time_in_force,
                expires: if dated { IN_SESSION.plus(DAY_NS) } else { UnixNanos(0) },
                ..stated(owner)
            };
            let terms = each.request().terms;
            if check_terms(&terms, (2, each.price, 1), time_in_force, IN_SESSION).is_ok() {
                all.push(each);
            }
        }
    }
    all
}

/// A scenario in which a person's desk is open.
fn with_desk() -> (Scenario, BotId) {
    let (mut scenario, _) = start(|_| {});
    let far = Ticket { qty: 1, price: ticks(19_985), ..ticket(TicketKind::New) };
    scenario.input(Input::Ticket(far));
    let order = scenario.only();
    scenario.acknowledge(&order);
    scenario.end(&order, 0);
    (scenario, desk_of(0).expect("there is one"))
}

#[test]
fn an_order_of_every_type_and_life_is_taken_over_as_it_is() {
    let count = of_every_type(BOT).len();
    assert_eq!(count, 17, "three of a market order, five of a limit, three of each that rests");
    for at in 0..count {
        let (mut scenario, desk) = with_desk();
        for owner in [BOT, desk] {
            let each = of_every_type(owner)[at];
            scenario.input(Input::StatedOrder(each));
            let known = *scenario.risk.working(owner).next().expect("it is counted");
            assert_eq!(*known.order.terms(), each.request().terms, "{each:?}");
            assert_eq!(known.order.time_in_force(), each.time_in_force);
            assert_eq!((known.open(), known.is_in_doubt()), (1, true));
            // Said twice, it is one order all the same.
            scenario.input(Input::StatedOrder(each));
            assert_eq!(scenario.risk.working(owner).count(), 1);
        }
    }
}

#[test]
fn an_order_that_was_taken_over_blocks_its_bot_until_its_broker_tells_of_it_and_is_cancelled_by_a_kill()
 {
    let (mut scenario, _) = start(|_| {});
    let order = StatedOrder {
        order_type: OrderType::Stop,
        price: Price::NONE,
        stop_px: ticks(20_020),
        time_in_force: TimeInForce::GoodTillCancel,
        ..stated(BOT)
    };
    scenario.input(Input::StatedOrder(order));
    scenario.enter(1);
    assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::UnknownOrderState));
    scenario.session(SessionChange::LoggedOn);
    let status = report(&order.request(), ExecType::OrderStatus, OrdStatus::PartiallyFilled);
    let told = ExecutionReport { cum_qty: 1, leaves_qty: 1, last_px: ticks(19_990), ..status };
    scenario.input(Input::Execution(told));
    let known = scenario.risk.working(BOT).next().expect("it works");
    assert!(!known.is_in_doubt());
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Bot(BOT));
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, order.order));
}

#[test]
fn a_stop_that_protects_goes_on_protecting() {
    let (mut scenario, setup) = start_holding(2, |setup| {
        setup.bot.protection = Protection { step_ticks: 1 };
    });
    let stop = StatedOrder {
        side: Side::Sell,
        cum_qty: 0,
        paid_px: Price::NONE,
        order_type: OrderType::Stop,
        price: Price::NONE,
        stop_px: ticks(19_980),
        time_in_force: TimeInForce::GoodTillCancel,
        role: StatedRole::Protects,
        ..stated(BOT)
    };
    scenario.input(Input::StatedOrder(stop));
    scenario.session(SessionChange::LoggedOn);
    let status = report(&stop.request(), ExecType::OrderStatus, OrdStatus::New);
    scenario.input(Input::Execution(ExecutionReport { leaves_qty: 2, ..status }));
    // The bot's own way out waits for its end, as for any stop of its own.
    scenario.want(BOT, 0, Urgency::Aggressive, IntentReason::StopLoss);
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, stop.order));
    assert_eq!(scenario.pass(1, setup.view), vec![], "nothing closes beside it");
    scenario.end(&OrderRequest { orig_cl_ord_id: stop.order, ..cancel }, 0);
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
}

#[test]
fn a_target_that_rests_beside_a_stop_is_one_of_the_two_still() {
    let protection = Protection::stop(1).and_target(true);
    let (mut scenario, _) = start_holding(2, |setup| setup.bot.protection = protection);
    let stop = StatedOrder {
        side: Side::Sell,
        cum_qty: 0,
        paid_px: Price::NONE,
        order_type: OrderType::Stop,
        price: Price::NONE,
        stop_px: ticks(19_980),
        time_in_force: TimeInForce::GoodTillCancel,
        role: StatedRole::Protects,
        ..stated(BOT)
    };
    let (order, price) = (ClOrdId(stop.order.0 + 1), ticks(20_030));
    let target = StatedOrder {
        order,
        cl_ord_id: order,
        order_type: OrderType::Limit,
        price,
        stop_px: Price::NONE,
        time_in_force: TimeInForce::Day,
        emulation: Emulation::PAIRED,
        role: StatedRole::Takes,
        ..stop
    };
    scenario.input(Input::StatedOrder(stop));
    scenario.input(Input::StatedOrder(target));
    scenario.session(SessionChange::LoggedOn);
    for known in [stop, target] {
        let status = report(&known.request(), ExecType::OrderStatus, OrdStatus::New);
        scenario.input(Input::Execution(ExecutionReport { leaves_qty: 2, ..status }));
        assert!(scenario.approved().is_empty(), "neither is sent again");
    }
    scenario.fill(&target.request(), 2, 0);
    let cancel = scenario.only();
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, stop.order));
}

#[test]
fn a_stop_that_was_held_here_is_held_on_and_goes_when_its_price_is_met() {
    let (mut scenario, desk) = with_desk();
    let held = StatedOrder {
        cum_qty: 0,
        paid_px: Price::NONE,
        order_type: OrderType::Stop,
        price: Price::NONE,
        stop_px: ticks(20_005),
        time_in_force: TimeInForce::GoodTillCancel,
        emulation: Emulation::HELD,
        role: StatedRole::Held,
        ..stated(desk)
    };
    scenario.input(Input::StatedOrder(held));
    assert_eq!(scenario.risk.working(desk).count(), 0, "no broker has it");
    assert_eq!(scenario.risk.held_stops().count(), 1);
    let mut view = Setup::new().view;
    view.last = ticks(20_005);
    scenario.market(view);
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Buy, 2));

    // One that the journal does not know of is held no longer.
    let (order, cl_ord_id) = (id(desk, 900_002), id(desk, 900_002));
    scenario.input(Input::StatedOrder(StatedOrder { order, cl_ord_id, ..held }));
    assert_eq!(scenario.risk.held_stops().count(), 1);
    scenario.input(Input::Stated(Stated {
        kind: StatedKind::NoOrder,
        route: Route::BROKER,
        bot: desk,
        account: AccountId(0),
        instrument: InstrumentId(0),
        order: id(desk, 900_002),
        cl_ord_id: id(desk, 900_002),
        side: Side::Buy,
        qty: 0,
        cum_qty: 0,
        price: Price::NONE,
        time_in_force: TimeInForce::Day,
        held: 0,
        cost: 0,
        realized: Money(0),
        volume: 0,
    }));
    assert_eq!(scenario.risk.held_stops().count(), 0);
}

fn loss(scope: Scope, state: LossState, dollars: i64) -> StatedLoss {
    let (result, limit) = (Money(-dollars * DOLLAR), Money(250 * DOLLAR));
    StatedLoss { scope, route: Route::BROKER, at: IN_SESSION, state, result, limit }
}

#[test]
fn a_limit_that_a_loss_of_the_day_went_past_stays_tripped_and_exits_go_on() {
    let scopes = [Scope::Bot(BOT), Scope::Account(AccountId(0)), Scope::Platform];
    for scope in scopes {
        let (mut scenario, setup) = start_holding(1, |setup| {
            setup.layers();
        });
        scenario.pass(1, setup.view);
        scenario.input(Input::StatedLoss(loss(scope, LossState::ReduceOnly, 300)));
        assert_eq!(scenario.risk.loss(scope, Route::BROKER).0, LossState::ReduceOnly);
        scenario.enter(2);
        assert_eq!(scenario.rejected().map(|r| r.code), Some(RejectCode::DailyLoss), "{scope:?}");
        scenario.want(BOT, 0, Urgency::Aggressive, IntentReason::Signal);
        assert_eq!(scenario.only().side, Side::Sell);
        // It only gets tighter.
        scenario.input(Input::StatedLoss(loss(scope, LossState::Trading, 0)));
        assert_eq!(scenario.risk.loss(scope, Route::BROKER).0, LossState::ReduceOnly);
    }
}

#[test]
fn a_loss_past_the_second_limit_closes_what_is_held() {
    let (mut scenario, setup) = start_holding(1, |setup| {
        setup.layers();
    });
    scenario.pass(1, setup.view);
    scenario.input(Input::StatedLoss(loss(Scope::Platform, LossState::Flat, 600)));
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 1));
}

#[test]
fn a_bots_loss_of_the_day_is_kept_and_the_next_tick_of_it_counts_from_there() {
    // One contract loses 12.50 dollars a tick, and is marked at what it was bought for.
    for (lost, more, bars) in [(250, 0, false), (251, 0, true), (240, 1, true), (230, 1, false)] {
        let (mut scenario, setup) = start_holding(1, |setup| {
            setup.layers().bot.max_daily_loss = Money(250 * DOLLAR);
        });
        scenario.pass(1, setup.view);
        scenario.input(Input::StatedLoss(loss(Scope::Bot(BOT), LossState::Trading, lost)));
        let mut view = setup.view;
        (view.top, view.last) = (super::super::scenario::top(20_000 - more, 20_001), ticks(20_000));
        scenario.pass(1, view);
        scenario.enter(2);
        let code = scenario.rejected().map(|reject| reject.code);
        assert_eq!(code == Some(RejectCode::DailyLoss), bars, "{lost} lost, {more} ticks more");
    }
}

#[test]
fn a_loss_of_another_trading_day_is_over() {
    let (mut scenario, setup) = start(|setup| {
        setup.layers();
    });
    scenario.pass(1, setup.view);
    let before = IN_SESSION.0 - DAY_NS;
    let old = StatedLoss { at: UnixNanos(before), ..loss(Scope::Platform, LossState::Flat, 600) };
    scenario.input(Input::StatedLoss(old));
    assert_eq!(scenario.risk.loss(Scope::Platform, Route::BROKER).0, LossState::Trading);
    scenario.enter(1);
    assert_eq!(scenario.only().qty, 1);
}

/// A parent order to buy five, two of which are filled.
fn parent(owner: BotId) -> StatedParent {
    StatedParent {
        parent: id(owner, 900_003),
        bot: owner,
        side: Side::Buy,
        qty: 5,
        filled: 2,
        state: ParentState::Open,
        ends_at: IN_SESSION.plus(DAY_NS),
        actor: Text::new("ada"),
    }
}

impl Scenario {
    /// Asks for a child of that parent; says what it was refused with, the limit and what was asked.
    fn child(&mut self, parent: ClOrdId, qty: u32) -> Option<(RejectCode, i64, i64)> {
        let child = Ticket { qty, price: ticks(19_985), parent, ..ticket(TicketKind::New) };
        self.input(Input::Ticket(child));
        self.rejected().map(|reject| (reject.code, reject.limit, reject.value))
    }

    fn stated_parents(&self) -> Vec<(u32, u32, ParentState)> {
        self.risk.parents().map(|known| (known.filled, known.working, known.state)).collect()
    }
}

#[test]
fn children_of_a_stated_parent_may_have_what_neither_fills_nor_orders_have_used_and_not_one_more() {
    let (mut scenario, desk) = with_desk();
    let parent = parent(desk);
    let works = StatedOrder { parent: parent.parent, cum_qty: 0, qty: 1, ..stated(desk) };
    scenario.input(Input::StatedOrder(works));
    scenario.input(Input::StatedParent(parent));
    assert_eq!(scenario.stated_parents(), [(2, 1, ParentState::Open)]);
    // The child that may work holds up what its desk opens until its broker has told of it.
    let found = OrderRequest { kind: OutboundKind::New, ..works.request() };
    scenario.acknowledge(&found);
    assert_eq!(scenario.child(parent.parent, 3), Some((RejectCode::ParentQuantity, 2, 3)));
    assert_eq!(scenario.child(parent.parent, 2), None);
    let sent = scenario.only();
    scenario.acknowledge(&sent);
    scenario.fill(&sent, 2, 0);
    scenario.fill(&found, 1, 0);
    assert_eq!(scenario.risk.parents().count(), 0, "it is filled");
}

#[test]
fn a_parent_that_is_stated_twice_is_as_it_was_stated_last() {
    let (mut scenario, desk) = with_desk();
    let parent = parent(desk);
    scenario.input(Input::StatedParent(parent));
    scenario.input(Input::StatedParent(StatedParent { filled: 4, ..parent }));
    assert_eq!(scenario.stated_parents(), [(4, 0, ParentState::Open)]);
    assert_eq!(scenario.child(parent.parent, 2), Some((RejectCode::ParentQuantity, 1, 2)));
}

#[test]
fn what_works_of_a_parent_that_is_stated_to_be_over_is_cancelled_and_its_place_is_free() {
    let (mut scenario, desk) = with_desk();
    let parent = parent(desk);
    scenario.input(Input::StatedParent(parent));
    assert_eq!(scenario.child(parent.parent, 3), None);
    let child = scenario.only();
    scenario.acknowledge(&child);
    scenario.input(Input::StatedParent(StatedParent { state: ParentState::Canceled, ..parent }));
    let sent = scenario.pass(1, Setup::new().view);
    assert_eq!(sent.len(), 1);
    let cancel = sent[0];
    assert_eq!((cancel.kind, cancel.orig_cl_ord_id), (OutboundKind::Cancel, child.cl_ord_id));
    scenario.end(&child, 0);
    assert_eq!(scenario.risk.parents().count(), 0);
    // Nothing works of another that is over: there is nothing to keep.
    scenario.input(Input::StatedParent(StatedParent { state: ParentState::Expired, ..parent }));
    assert_eq!(scenario.risk.parents().count(), 0);
}

#[test]
fn a_stated_parent_of_nobody_of_nothing_or_past_the_table_is_left_out() {
    let (mut scenario, desk) = with_desk();
    let of = parent(desk);
    let nobody = StatedParent { bot: desk_of(1).expect("there is one"), ..of };
    let nothing = StatedParent { qty: 0, ..of };
    let nameless = StatedParent { parent: ClOrdId::NONE, ..of };
    for stated in [nobody, nothing, nameless] {
        scenario.input(Input::StatedParent(stated));
        assert_eq!(scenario.risk.parents().count(), 0, "{stated:?}");
    }
    for seq in 0..=PARENTS_MAX as u64 {
        scenario.input(Input::StatedParent(StatedParent { parent: id(desk, 1_000 + seq), ..of }));
        let full = scenario.out.iter().any(|message| {
            matches!(message, ToOrders::Effect(Effect::Alert(a)) if a.kind == AlertKind::TableFull)
        });
        assert_eq!(full, seq == PARENTS_MAX as u64, "{seq}");
    }
    assert_eq!(scenario.risk.parents().count(), PARENTS_MAX);
}
