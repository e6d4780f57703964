//! What is in doubt, what ends it, and what is put right.

mod bookings;

use super::super::fills::{ENDED_MAX, EndedOrders, FILLS_MAX, Fill, Fills};
use super::*;
use crate::risk::Doubt;
use gauntlet_model::ids::{AccountId, InstrumentId};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::{Order, SESSION_END_GRACE_NS, Terms};
use gauntlet_model::units::UnixNanos;

const ES: InstrumentId = InstrumentId(0);
const NQ: InstrumentId = InstrumentId(1);

fn doubt(scenario: &Scenario) -> Option<Doubt> {
    doubt_in(scenario, ES)
}

fn doubt_in(scenario: &Scenario, instrument: InstrumentId) -> Option<Doubt> {
    scenario.risk.doubt_in(Route::BROKER, AccountId(0), instrument)
}

fn bookings(scenario: &Scenario) -> Vec<Booking> {
    let booking = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Booking(booking)) => Some(*booking),
        _ => None,
    };
    scenario.out.iter().filter_map(booking).collect()
}

impl Scenario {
    /// What the last input made the platform book comes back.
    pub fn book(&mut self) {
        for booking in bookings(self) {
            self.input(Input::Correction(Correction::of(&booking)));
        }
    }

    pub fn correct(&mut self, correction: Correction) {
        self.input(Input::Correction(correction));
    }

    fn status(&mut self, order: &OrderRequest, status: OrdStatus, cum_qty: u32, mean: Price) {
        let told = report(order, ExecType::OrderStatus, status);
        let leaves_qty = order.qty.saturating_sub(cum_qty);
        let told = ExecutionReport { cum_qty, last_px: mean, leaves_qty, ..told };
        self.input(Input::Execution(told));
    }

    fn refused(&mut self) -> Option<RejectCode> {
        self.enter(1);
        self.rejected().map(|reject| reject.code)
    }
}

fn by_person(kind: CorrectionKind) -> Correction {
    Correction::by_person(kind, Text::new("ann"), Text::new("the broker's statement"))
}

fn unusable(order: &OrderRequest) -> UnusableReport {
    UnusableReport {
        route: order.route,
        msg_seq_num: 7,
        poss_dup: false,
        cl_ord_id: order.cl_ord_id,
        orig_cl_ord_id: ClOrdId::NONE,
        exec_id: Text::EMPTY,
        account: None,
        instrument: Some(order.instrument),
        symbol: Text::new("ESH4"),
        side: None,
        last_qty: 2,
        last_px: Price::NONE,
        cum_qty: 2,
        detail: Text::new("tag 54"),
    }
}

#[test]
fn a_fill_that_nobody_can_explain_puts_its_place_in_doubt_and_nothing_else() {
    let (_, setup) = start(|_| {});
    let fill = holding(BOT, Side::Buy, 1, &setup);
    let strange = [
        (ExecutionReport { cl_ord_id: ClOrdId::NONE, ..fill }, DoubtCause::ForeignFill, 1),
        (
            ExecutionReport { cl_ord_id: ClOrdId(1 << 20 | 99 << 8), ..fill },
            DoubtCause::ForeignFill,
            1,
        ),
        (ExecutionReport { last_px: Price::NONE, ..fill }, DoubtCause::Uncountable, 0),
        (
            ExecutionReport { last_qty: u32::MAX, ..fill },
            DoubtCause::Uncountable,
            i64::from(u32::MAX),
        ),
    ];
    for (report, cause, contracts) in strange {
        let (mut scenario, _) = start(|_| {});
        scenario.input(Input::Execution(report));
        let expected = Doubt { cause, order: ClOrdId::NONE, contracts };
        assert_eq!(doubt(&scenario), Some(expected), "{report:?}");
        assert_eq!((scenario.held(), scenario.kills(), scenario.alerts().len()), (0, vec![], 1));
        assert_eq!(scenario.refused(), Some(RejectCode::InDoubt));
    }
}

#[test]
fn a_doubt_blocks_what_opens_and_lets_out_what_reduces() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let foreign =
        ExecutionReport { cl_ord_id: ClOrdId::NONE, ..holding(BOT, Side::Buy, 1, &setup) };
    scenario.input(Input::Execution(foreign));
    scenario.enter(3);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::InDoubt));
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
}

#[test]
fn a_fill_on_an_order_in_another_instrument_is_in_doubt_there_and_counted_nowhere() {
    let (mut scenario, setup) = start(|_| {});
    let nasdaq = InstrumentDefinition {
        instrument: NQ,
        symbol: Text::new("NQH4"),
        product: Text::new("NQ"),
        ..setup.instrument
    };
    scenario.input(Input::Instrument(nasdaq));
    let order = scenario.enter_passively(2);
    scenario
        .input(Input::Execution(ExecutionReport { instrument: Some(NQ), ..filled(&order, 2, 0) }));
    assert_eq!(scenario.held(), 0);
    let there = doubt_in(&scenario, NQ).expect("it is told of there");
    assert_eq!((there.cause, there.contracts), (DoubtCause::Disagreement, 2));
    let here = doubt(&scenario).expect("its order is in doubt too");
    assert_eq!((here.order, here.contracts), (order.cl_ord_id, 0));
    assert!(scenario.risk.working(BOT).all(|working| working.is_in_doubt()));
    scenario.status(&order, OrdStatus::New, 0, Price::NONE);
    assert_eq!(doubt(&scenario), None, "the broker's word on the order agrees");
    assert!(doubt_in(&scenario, NQ).is_some(), "that is a person's");
}

#[test]
fn a_sell_that_is_answered_as_a_buy_is_not_counted_until_its_status_says_what_it_was() {
    let (mut scenario, _) = start_holding(2, |_| {});
    scenario.stop_out();
    let order = scenario.only();
    assert_eq!(order.side, Side::Sell);
    let wrong = ExecutionReport { side: Side::Buy, ..filled(&order, 2, 0) };
    scenario.input(Input::Execution(wrong));
    assert_eq!(scenario.held(), 2);
    let [retract] = bookings(&scenario)[..] else { panic!("{:?}", scenario.out) };
    assert_eq!((retract.kind, retract.side, retract.qty), (CorrectionKind::Retract, Side::Buy, 2));
    let told = doubt(&scenario).expect("in doubt");
    assert_eq!((told.cause, told.contracts), (DoubtCause::Disagreement, 2));
    scenario.book();
    assert_eq!(scenario.held(), 2, "risk had counted nothing");
    scenario.status(&order, OrdStatus::Filled, 2, ticks(20_001));
    let [booking] = bookings(&scenario)[..] else { panic!("{:?}", scenario.out) };
    assert_eq!((booking.side, booking.qty, booking.price), (Side::Sell, 2, ticks(20_001)));
    scenario.book();
    assert_eq!((scenario.held(), scenario.risk.working(BOT).count()), (0, 0));
    assert_eq!(doubt(&scenario), None);
}

#[test]
fn a_late_fill_of_the_wrong_side_is_known_by_the_order_that_is_over() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.end(&order, 0);
    let wrong = ExecutionReport { side: Side::Sell, ..filled(&order, 2, 0) };
    scenario.input(Input::Execution(wrong));
    assert_eq!(scenario.held(), 0);
    assert_eq!(doubt(&scenario).map(|doubt| doubt.contracts), Some(-2));
}

#[test]
fn a_fill_that_never_came_is_booked_from_the_status_at_the_price_that_makes_its_mean() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(3);
    scenario.fill(&order, 1, 2);
    let mean = Price((ticks(20_000).0 + 2 * ticks(19_997).0) / 3);
    scenario.status(&order, OrdStatus::Filled, 3, mean);
    let [booking] = bookings(&scenario)[..] else { panic!("{:?}", scenario.out) };
    assert_eq!((booking.kind, booking.side, booking.qty), (CorrectionKind::Book, Side::Buy, 2));
    assert_eq!((booking.price, booking.cum_qty), (ticks(19_997), 3));
    assert_eq!(scenario.held(), 1, "it is booked when it comes back");
    assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::MissingFills));
    scenario.book();
    assert_eq!((scenario.held(), scenario.risk.working(BOT).count()), (3, 0));
    let position = *scenario.risk.position(BOT).expect("known");
    assert_eq!(position.cost(), ticks(20_000).0 + 2 * ticks(19_997).0);
    assert_eq!(doubt(&scenario), None);
}

#[test]
fn a_status_without_a_mean_price_books_nothing_and_stays_in_doubt() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.status(&order, OrdStatus::Filled, 2, Price::NONE);
    assert_eq!((bookings(&scenario), scenario.held()), (vec![], 0));
    assert!(scenario.risk.working(BOT).all(|working| working.is_in_doubt()));
}

#[test]
fn doubts_about_several_orders_of_a_place_end_each_by_its_own_word_up_to_a_bound() {
    use super::super::doubts::{DOUBTED_ORDERS_MAX, Doubts};
    use super::super::exposure::Place;
    let place = Place { route: Route::BROKER, account: AccountId(0), instrument: ES };
    let about = |n: usize, contracts| Doubt {
        cause: DoubtCause::MissingFills,
        order: ClOrdId((n as u64 + 1) << 20),
        contracts,
    };
    let mut doubts = Doubts::new();
    for n in 0..DOUBTED_ORDERS_MAX {
        assert!(doubts.raise(place, about(n, 0)).is_some());
        assert!(doubts.raise(place, about(n, 0)).is_none(), "nothing new");
    }
    let told = about(0, 2);
    assert_eq!(doubts.raise(place, told).map(|doubt| doubt.contracts), Some(2));
    for n in 1..DOUBTED_ORDERS_MAX {
        assert_eq!(doubts.settle_order(place, about(n, 0).order), None);
    }
    assert_eq!(doubts.settle_order(place, told.order), None, "two contracts are booked nowhere");
    doubts.explain(place, told.order, 2);
    assert!(doubts.settle_order(place, told.order).is_some());
    assert!(!doubts.covers(place));
    for n in 0..=DOUBTED_ORDERS_MAX {
        doubts.raise(place, about(n, 0));
    }
    for n in 0..=DOUBTED_ORDERS_MAX {
        assert_eq!(doubts.settle_order(place, about(n, 0).order), None, "one too many");
    }
    assert!(doubts.covers(place) && doubts.settle(place).is_some());
}

#[test]
fn a_status_that_counts_less_than_we_do_is_in_doubt_until_it_agrees() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(3);
    scenario.fill(&order, 2, 1);
    scenario.status(&order, OrdStatus::PartiallyFilled, 1, ticks(20_000));
    assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::Overcounted));
    scenario.status(&order, OrdStatus::PartiallyFilled, 2, ticks(20_000));
    assert_eq!(doubt(&scenario), None);
}

#[test]
fn a_bust_takes_back_the_fill_that_it_names_and_a_second_one_takes_nothing() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    let fill = |exec_id, qty, leaves| ExecutionReport {
        exec_id: Text::new(exec_id),
        ..filled(&order, qty, leaves)
    };
    scenario.input(Input::Execution(fill("E1", 1, 1)));
    scenario.input(Input::Execution(fill("E2", 1, 0)));
    let bust = ExecutionReport {
        exec_id: Text::new("B1"),
        text: Text::new("E1"),
        cum_qty: 1,
        ..report(&order, ExecType::TradeCancel, OrdStatus::PartiallyFilled)
    };
    scenario.input(Input::Execution(bust));
    scenario.book();
    assert_eq!(scenario.held(), 1);
    assert_eq!(scenario.risk.position(BOT).map(|position| position.volume()), Some(1));
    assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::Busted));
    scenario.command(CommandKind::Kill { flatten: false }, Scope::Bot(BOT));
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "reconcile first");
    scenario.input(Input::Execution(ExecutionReport { exec_id: Text::new("B2"), ..bust }));
    assert_eq!(bookings(&scenario), []);
    scenario.correct(Correction {
        account: Some(AccountId(0)),
        instrument: Some(ES),
        ..by_person(CorrectionKind::Settle)
    });
    assert_eq!(doubt(&scenario), None);
    scenario.command(CommandKind::Unkill, Scope::Bot(BOT));
    assert_eq!(scenario.alerts(), []);
}

#[test]
fn a_correction_replaces_its_fill_by_another_price_and_quantity() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(3);
    let fill = ExecutionReport { exec_id: Text::new("E1"), ..filled(&order, 3, 0) };
    scenario.input(Input::Execution(fill));
    scenario.input(Input::Execution(ExecutionReport {
        exec_id: Text::new("C1"),
        text: Text::new("E1"),
        last_qty: 2,
        last_px: ticks(19_990),
        cum_qty: 2,
        ..report(&order, ExecType::TradeCorrect, OrdStatus::Filled)
    }));
    scenario.book();
    let position = *scenario.risk.position(BOT).expect("known");
    assert_eq!((position.qty(), position.volume()), (2, 2));
    let profit = position.unrealized(ticks(19_990), gauntlet_model::units::Money(50_000_000));
    let total = position.realized().0 + profit.expect("a price").0;
    assert_eq!(total, 0, "the old price is gone");
}

#[test]
fn a_report_that_cannot_be_read_puts_its_order_and_its_place_in_doubt_until_the_status_comes() {
    let (mut scenario, _) = start(|_| {});
    let order = scenario.enter_passively(2);
    scenario.acknowledge(&order);
    scenario.input(Input::Unusable(unusable(&order)));
    assert_eq!(doubt(&scenario).map(|doubt| doubt.order), Some(order.cl_ord_id));
    assert!(scenario.risk.working(BOT).all(|working| working.is_in_doubt()));
    scenario.status(&order, OrdStatus::Filled, 2, ticks(20_000));
    scenario.book();
    assert_eq!((scenario.held(), doubt(&scenario)), (2, None));
}

#[test]
fn an_unusable_report_on_no_order_is_in_doubt_as_far_as_it_can_be_read() {
    let (scenario, setup) = start(|_| {});
    drop(scenario);
    let nobody = UnusableReport {
        cl_ord_id: ClOrdId::NONE,
        side: Some(Side::Sell),
        ..unusable(&holding_order(&setup))
    };
    let cases = [
        (nobody, true),
        (UnusableReport { instrument: None, symbol: Text::EMPTY, ..nobody }, true),
        (UnusableReport { instrument: None, symbol: Text::new("ZBH4"), ..nobody }, false),
        (UnusableReport { account: Some(AccountId(3)), ..nobody }, false),
        (UnusableReport { route: Route::PAPER, ..nobody }, false),
    ];
    for (report, here) in cases {
        let (mut scenario, _) = start(|_| {});
        scenario.input(Input::Unusable(report));
        assert_eq!(doubt(&scenario).is_some(), here, "{report:?}");
    }
}

fn holding_order(setup: &Setup) -> OrderRequest {
    OrderRequest {
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId(1 << 20),
        orig_cl_ord_id: ClOrdId::NONE,
        bot: BOT,
        account: setup.account.account,
        instrument: setup.instrument.instrument,
        route: setup.bot.route(),
        side: Side::Buy,
        qty: 1,
        price: ticks(20_000),
        time_in_force: TimeInForce::Day,
        terms: Terms::LIMIT,
    }
}

#[test]
fn a_person_books_busts_and_adjusts_a_position() {
    let (mut scenario, _) = start(|_| {});
    let of_bot = |kind| Correction { bot: Some(BOT), price: ticks(20_000), ..by_person(kind) };
    scenario.correct(Correction { qty: 3, ..of_bot(CorrectionKind::Book) });
    assert_eq!(scenario.held(), 3);
    scenario.correct(Correction { qty: 1, ..of_bot(CorrectionKind::TakeBack) });
    assert_eq!(scenario.held(), 2);
    scenario.correct(Correction { target: -4, ..of_bot(CorrectionKind::Adjust) });
    assert_eq!(scenario.held(), -4);
    let nobody = Correction { actor: Text::EMPTY, qty: 1, ..of_bot(CorrectionKind::Book) };
    scenario.correct(nobody);
    assert_eq!((scenario.held(), scenario.alerts()), (-4, vec![AlertKind::CommandRefused]));
}

#[test]
fn an_order_that_its_broker_forgot_is_written_off_once_it_is_in_doubt() {
    let (mut scenario, setup) = start(|_| {});
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let write_off = Correction { order: order.cl_ord_id, ..by_person(CorrectionKind::WriteOff) };
    scenario.correct(write_off);
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused], "it works");
    scenario.tell(&order, ExecType::OrderStatus, OrdStatus::Rejected);
    scenario.correct(write_off);
    assert_eq!((scenario.alerts(), scenario.risk.working(BOT).count()), (vec![], 0));
    scenario.market(setup.view);
    scenario.enter(1);
    let next = scenario.only();
    scenario.end(&next, 0);
    scenario.fill(&order, 1, 0);
    assert_eq!(scenario.held(), 1, "a fill is a fact");
    assert_eq!(doubt(&scenario).map(|doubt| doubt.cause), Some(DoubtCause::AfterEnd));
}

#[test]
fn an_order_for_the_day_ends_with_its_session_and_one_in_doubt_waits_for_its_broker() {
    for hears in [true, false] {
        let (mut scenario, _) = start(|_| {});
        let order = scenario.enter_passively(1);
        if hears {
            scenario.acknowledge(&order);
        }
        // 17:00 New York, and the grace after it.
        let close = UnixNanos(IN_SESSION.0 + 7 * 3_600 * NANOS_PER_SECOND);
        scenario.now = UnixNanos(close.0 + SESSION_END_GRACE_NS);
        scenario.input(Input::Timer(Timer { second: scenario.now.0 / NANOS_PER_SECOND }));
        assert_eq!(scenario.risk.working(BOT).count(), usize::from(!hears));
        assert!(scenario.risk.working(BOT).all(|working| working.is_in_doubt()));
        assert_eq!(doubt(&scenario), None);
        scenario.fill(&order, 1, 0);
        assert_eq!(scenario.held(), 1);
        let told = doubt(&scenario).map(|doubt| doubt.cause);
        assert_eq!(told, hears.then_some(DoubtCause::AfterEnd), "the calendar was wrong");
    }
}

#[test]
fn a_fill_past_the_bound_of_what_is_remembered_cannot_be_busted_by_rule() {
    let mut fills = Fills::new();
    let fill = |n: usize| Fill {
        route: Route::BROKER,
        exec_id: Text::new(&format!("E{n}")),
        order: ClOrdId(1 << 20),
        bot: BOT,
        side: Side::Buy,
        qty: n as u32,
        price: ticks(1),
        taken: 0,
    };
    (0..=FILLS_MAX).for_each(|n| fills.remember(fill(n)));
    let found = |n: usize| fills.find(Route::BROKER, fill(n).exec_id, BOT);
    assert_eq!((found(0), found(1)), (None, Some(fill(1))));
    assert_eq!(found(FILLS_MAX), Some(fill(FILLS_MAX)));
    let (mut scenario, setup) = start_holding(1, |_| {});
    let bust = ExecutionReport {
        exec_type: ExecType::TradeCancel,
        text: Text::new("FORGOTTEN"),
        ..holding(BOT, Side::Buy, 1, &setup)
    };
    scenario.input(Input::Execution(bust));
    assert_eq!((scenario.held(), bookings(&scenario)), (1, vec![]));
    assert_eq!(doubt(&scenario).map(|doubt| doubt.order), Some(ClOrdId::NONE));
}

#[test]
fn the_sides_of_the_last_orders_are_remembered_by_every_identity() {
    let mut ended = EndedOrders::new();
    let (_, setup) = start(|_| {});
    let id = |n: usize| ClOrdId((n as u64 + 1) << 20);
    for n in 0..=ENDED_MAX {
        let request = OrderRequest { cl_ord_id: id(n), ..holding_order(&setup) };
        ended.remember(&Order::new(&request, IN_SESSION), n == ENDED_MAX);
        if n == ENDED_MAX - 1 {
            ended.mark_last_unheard();
        }
    }
    assert_eq!(ended.get(id(0)), None);
    let unheard = |n| ended.get(id(n)).map(|order| (order.side, order.unheard));
    assert_eq!(unheard(1), Some((Side::Buy, false)));
    assert_eq!(unheard(ENDED_MAX - 1), Some((Side::Buy, true)));
    assert_eq!(unheard(ENDED_MAX), Some((Side::Buy, true)));
}

/// A bot that has gone from one contract, whose place a foreign fill has put in doubt, to another.
fn gone_on(to: &str, product: &str) -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|_| {});
    let foreign =
        ExecutionReport { cl_ord_id: ClOrdId::NONE, ..holding(BOT, Side::Buy, 1, &setup) };
    scenario.input(Input::Instrument(InstrumentDefinition {
        instrument: NQ,
        symbol: Text::new(to),
        product: Text::new(product),
        ..setup.instrument
    }));
    scenario.input(Input::Bot(BotDefinition { instrument: NQ, ..setup.bot }));
    scenario.market(MarketView { instrument: NQ, ..setup.view });
    assert_eq!(scenario.refused(), None);
    let order = scenario.only();
    scenario.fill(&order, 1, 0);
    scenario.input(Input::Execution(foreign));
    assert!(doubt(&scenario).is_some() && doubt_in(&scenario, NQ).is_none());
    (scenario, setup)
}

#[test]
fn a_doubt_in_the_contract_that_a_bot_left_blocks_what_it_opens_in_the_next_until_it_is_settled() {
    let (mut scenario, _) = gone_on("ESM4", "ES");
    scenario.enter(2);
    assert_eq!(scenario.rejected().map(|reject| reject.code), Some(RejectCode::InDoubt));
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 1), "exits go on");
    let order = scenario.only();
    scenario.fill(&order, 1, 0);
    scenario.correct(Correction {
        account: Some(AccountId(0)),
        instrument: Some(ES),
        ..by_person(CorrectionKind::Settle)
    });
    assert_eq!(scenario.refused(), None);
}

#[test]
fn a_doubt_in_another_product_or_in_a_contract_of_another_bot_blocks_no_opening() {
    let (mut scenario, _) = gone_on("NQM4", "NQ");
    scenario.enter(2);
    assert_eq!(scenario.rejected(), None);
    // A bot that never stood in the old contract.
    let (mut scenario, setup) = gone_on("ESM4", "ES");
    let other = BotId(1);
    scenario.input(Input::Bot(BotDefinition { bot: other, instrument: NQ, ..setup.bot }));
    scenario.want(other, 1, Urgency::Aggressive, IntentReason::Signal);
    assert_eq!(scenario.rejected(), None);
    // Nor does the doubt of a contract hold against the one that has its place later.
    scenario.input(Input::Bot(BotDefinition { instrument: NQ, ..setup.bot }));
    scenario.input(Input::Instrument(InstrumentDefinition {
        symbol: Text::new("ESU4"),
        ..setup.instrument
    }));
    scenario.enter(2);
    assert_eq!(scenario.rejected(), None);
}

#[test]
fn a_bot_that_goes_back_is_blocked_by_the_doubt_of_where_it_is_and_of_where_it_was() {
    let (mut scenario, setup) = gone_on("ESM4", "ES");
    scenario.stop_out();
    let order = scenario.only();
    scenario.fill(&order, 1, 0);
    scenario.input(Input::Bot(BotDefinition { instrument: ES, ..setup.bot }));
    scenario.market(setup.view);
    assert_eq!(scenario.refused(), Some(RejectCode::InDoubt));
}
