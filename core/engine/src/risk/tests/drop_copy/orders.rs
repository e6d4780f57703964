//! Orders as the drop copy shows them: those of nobody here, what cannot be read, and the terms of ours.

use super::super::reconciliation::line;
use super::super::tickets::{limit, ticket};
use super::*;

impl Scenario {
    /// The copy shows an order of nobody's or something of ours.
    fn shows(&mut self, report: CopiedReport) -> Vec<(BreakClass, bool)> {
        self.input(Input::Copied(report));
        self.shown()
    }

    /// The differences of the last input, whole.
    pub(super) fn told_breaks(&self) -> Vec<Break> {
        let difference = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Break(what)) => Some(*what),
            _ => None,
        };
        self.out.iter().filter_map(difference).collect()
    }
}

fn named(order_id: &str, report: CopiedReport) -> CopiedReport {
    CopiedReport { order_id: Text::new(order_id), ..report }
}

/// In what nobody here trades.
pub(super) fn elsewhere(report: CopiedReport) -> CopiedReport {
    CopiedReport { instrument: None, symbol: Text::new("ZBH4"), ..report }
}

/// An order of a person that rests, and its acknowledgement.
fn resting(scenario: &mut Scenario, side: Side, qty: u32) -> (OrderRequest, ExecutionReport) {
    scenario.input(Input::Ticket(limit(
        side,
        qty,
        if side == Side::Buy { 19_990 } else { 20_010 },
    )));
    let order = scenario.only();
    scenario.acknowledge(&order);
    (order, report(&order, ExecType::New, OrdStatus::New))
}

#[test]
fn a_fill_of_nobodys_counts_also_where_its_report_sums_up_nothing() {
    let (mut scenario, _) = copied();
    let sold = CopiedReport { side: Side::Sell, ..foreign(ExecType::Trade, 0, 0, 3) };
    scenario.shows(CopiedReport { ord_status: OrdStatus::Filled, ..sold });
    let [what] = scenario.told_breaks()[..] else { panic!("{:?}", scenario.out) };
    assert_eq!((what.class, what.ours, what.theirs), (BreakClass::CopyForeign, 0, -3));
    // What is told of an order that was refused is no fill.
    let (mut scenario, _) = copied();
    assert_eq!(scenario.shows(foreign(ExecType::Rejected, 0, 0, 3)), []);
}

#[test]
fn what_was_settled_stays_so_until_more_of_it_works_or_is_filled() {
    let (mut scenario, _) = copied();
    let works = |leaves_qty| foreign(ExecType::New, leaves_qty, 0, 0);
    scenario.shows(works(2));
    assert_eq!(scenario.settles_by_hand(), [(BreakClass::CopyForeign, false)]);
    assert_eq!(scenario.shows(works(2)), [], "as much");
    assert_eq!(scenario.shows(works(1)), [], "less");
    assert!(!scenario.is_blocked());
    assert_eq!(scenario.shows(works(2)), [(BreakClass::CopyForeign, true)], "more");
    assert!(scenario.is_blocked());
}

#[test]
fn the_end_of_one_order_of_nobodys_settles_none_but_it() {
    let (mut scenario, _) = copied();
    let (order, new) = resting(&mut scenario, Side::Buy, 1);
    scenario.shows(named("X1", foreign(ExecType::New, 2, 0, 0)));
    scenario.shows(named("X2", foreign(ExecType::New, 2, 0, 0)));
    scenario.shows(CopiedReport { order_qty: 2, ..copy_of(&new) });
    let over = scenario.shows(named("X1", foreign(ExecType::Canceled, 0, 0, 0)));
    assert_eq!(over, [(BreakClass::CopyForeign, false)]);
    // Nor does that of an order of ours whose terms differ.
    assert_eq!(scenario.copy_session(&new), [(BreakClass::CopyOrderDiffers, false)]);
    assert!(scenario.is_blocked(), "of the other, {order:?}");
}

#[test]
fn what_ends_with_an_order_is_what_differs_in_its_terms_and_not_in_its_fills() {
    let (mut scenario, setup) = copied();
    let (one, new) = resting(&mut scenario, Side::Buy, 2);
    let (_, other) = resting(&mut scenario, Side::Buy, 3);
    for of in [&new, &other] {
        scenario.shows(CopiedReport { order_qty: 9, ..copy_of(of) });
    }
    scenario.order_session(&fill_of(&one, "E1", 1, 1));
    let otherwise = CopiedReport { last_qty: 2, ..copy_of(&fill_of(&one, "E1", 1, 1)) };
    assert_eq!(scenario.shows(otherwise), [(BreakClass::CopyTermsDiffer, true)]);
    scenario.end(&one, 1);
    assert_eq!(scenario.later(1, 0, &setup), [(BreakClass::CopyOrderDiffers, false)]);
    assert_eq!(scenario.later(1, 0, &setup), [], "the other still works");
    assert_eq!(scenario.copy_session(&other), [(BreakClass::CopyOrderDiffers, false)]);
    assert!(scenario.is_blocked(), "by the fill");
}

#[test]
fn an_order_that_is_taken_over_is_one_of_nobodys_no_longer() {
    let (mut scenario, _) = start(|setup| setup.logged_on = false);
    scenario.input(Input::BrokerTerms(BrokerTerms {
        route: Route::BROKER,
        reconcile: Reconcile::WhenAnswered,
        every_seconds: 0,
        on_disconnect: None,
    }));
    scenario.input(copy_terms(false));
    scenario.input(copy_session(SessionChange::LoggedOn));
    scenario.session(SessionChange::LoggedOn);
    let asked = scenario.questions()[0];
    scenario.shows(named("X", foreign(ExecType::New, 1, 0, 0)));
    scenario.input(Input::BrokerOrder(line(&asked, ClOrdId::NONE)));
    scenario.input(Input::ForeignOrder(ForeignOrder {
        route: Route::BROKER,
        order_id: Text::new("X"),
        client_id: Text::EMPTY,
        order_type: Some(OrderType::Limit),
        time_in_force: Some(TimeInForce::Day),
        stop_px: Price::NONE,
        expires: gauntlet_model::units::UnixNanos(0),
    }));
    scenario.input(Input::Adoption(Adoption {
        route: Route::BROKER,
        order_id: Text::new("X"),
        account: AccountId(0),
        instrument: InstrumentId(0),
        bot: None,
        actor: Text::new("ann"),
        approver: Text::EMPTY,
        reason: Text::new("placed by phone"),
    }));
    assert!(scenario.shown().contains(&(BreakClass::CopyForeign, false)), "{:?}", scenario.out);
}

#[test]
fn what_cannot_be_read_blocks_as_much_as_it_names() {
    let unreadable = |change: fn(&mut CopiedReport)| {
        let (mut scenario, _) = copied();
        let mut report = CopiedReport {
            unusable_tag: 32,
            side: Side::Sell,
            ..foreign(ExecType::Trade, 0, 2, 2)
        };
        change(&mut report);
        scenario.input(Input::Copied(report));
        let [what] = scenario.told_breaks()[..] else { panic!("{:?}", scenario.out) };
        assert_eq!((what.class, what.ours, what.theirs), (BreakClass::CopyUnreadable, 0, -2));
        (what.instrument, scenario.is_blocked())
    };
    // An order of ours names it, and so does its contract with or without a symbol.
    let own = ClOrdId::new(1, BOT, 0).expect("fits");
    assert_eq!(own.bot(), BOT);
    let here = Some(InstrumentId(0));
    assert_eq!(unreadable(|_| {}), (here, true));
    assert_eq!(unreadable(|report| report.symbol = Text::EMPTY), (here, true));
    let of_ours = |report: &mut CopiedReport| {
        report.cl_ord_id = ClOrdId::new(1, BOT, 0).expect("fits");
        (report.instrument, report.symbol) = (None, Text::EMPTY);
    };
    assert_eq!(unreadable(of_ours), (here, true));
    // What nobody here trades is shown and blocks nothing, whoever's order it is said to be.
    let not_here = |report: &mut CopiedReport| *report = elsewhere(*report);
    assert_eq!(unreadable(not_here), (None, false));
    let ours_elsewhere = |report: &mut CopiedReport| {
        *report = elsewhere(*report);
        report.cl_ord_id = ClOrdId::new(1, BOT, 0).expect("fits");
    };
    assert_eq!(unreadable(ours_elsewhere), (None, false));
    // What names nothing may be anything.
    let nothing =
        |report: &mut CopiedReport| (report.instrument, report.symbol) = (None, Text::EMPTY);
    assert_eq!(unreadable(nothing), (None, true));
}

#[test]
fn an_instrument_that_is_named_in_a_report_of_ours_is_all_that_is_blocked() {
    let (mut scenario, setup) = copied();
    let instrument = InstrumentId(1);
    scenario.input(Input::Instrument(InstrumentDefinition {
        instrument,
        symbol: Text::new("NQH4"),
        ..setup.instrument
    }));
    let own = ClOrdId::new(1, BOT, 0).expect("fits");
    for (cl_ord_id, symbol) in [(own, "NQH4"), (ClOrdId::NONE, "NQH4"), (ClOrdId::NONE, "")] {
        let mut scenario = scenario.clone();
        scenario.input(Input::Copied(CopiedReport {
            unusable_tag: 32,
            cl_ord_id,
            instrument: Some(instrument),
            symbol: Text::new(symbol),
            ..foreign(ExecType::Trade, 0, 2, 2)
        }));
        assert!(!scenario.is_blocked(), "{cl_ord_id} {symbol}");
        assert!(scenario.risk.is_in_doubt(Route::BROKER, AccountId(0), instrument));
    }
}

#[test]
fn an_account_that_is_none_of_ours_blocks_none_of_ours() {
    let (mut scenario, _) = copied();
    let theirs = CopiedReport { account: Some(AccountId(5)), ..foreign(ExecType::New, 2, 0, 0) };
    assert_eq!(scenario.shows(theirs), [(BreakClass::CopyForeign, true)]);
    assert!(!scenario.is_blocked());
    assert_eq!(scenario.opening(1), None);
}

#[test]
fn an_order_is_compared_in_its_side_contracts_price_instrument_and_account() {
    let differs = |side, change: fn(&mut CopiedReport)| {
        let (mut scenario, _) = copied();
        let (order, new) = resting(&mut scenario, side, 2);
        let mut copy = CopiedReport { order_id: Text::new("B7"), ..copy_of(&new) };
        change(&mut copy);
        scenario.input(Input::Copied(copy));
        let told = scenario.told_breaks();
        assert!(told.len() <= 1, "{told:?}");
        for what in &told {
            assert_eq!((what.order, what.order_id), (order.cl_ord_id, Text::new("B7")));
            assert_eq!(
                (what.account, what.instrument),
                (Some(AccountId(0)), Some(InstrumentId(0)))
            );
        }
        told.first().map(|what| (what.class, what.ours, what.theirs, what.symbol.to_string()))
    };
    use BreakClass::{CopyOrderDiffers, CopyOrderPrice};
    let told = |class, ours, theirs, symbol: &str| Some((class, ours, theirs, symbol.to_string()));
    assert_eq!(differs(Side::Sell, |_| {}), None);
    assert_eq!(differs(Side::Sell, |copy| copy.order_qty = 0), None, "it says nothing of it");
    assert_eq!(differs(Side::Sell, |copy| copy.price = Price::NONE), None, "nor of its price");
    assert_eq!(differs(Side::Sell, |copy| copy.account = None), None);
    let more = differs(Side::Sell, |copy| copy.order_qty = 3);
    assert_eq!(more, told(CopyOrderDiffers, -2, -3, ""));
    let bought = differs(Side::Sell, |copy| copy.side = Side::Buy);
    assert_eq!(bought, told(CopyOrderDiffers, -2, 2, ""));
    let other = differs(Side::Buy, |copy| *copy = elsewhere(*copy));
    assert_eq!(other, told(CopyOrderDiffers, 2, 2, "ZBH4"));
    let account = differs(Side::Buy, |copy| copy.account = Some(AccountId(3)));
    assert_eq!(account, told(CopyOrderDiffers, 2, 2, "ESH4"));
    let price = differs(Side::Buy, |copy| copy.price = ticks(19_991));
    assert_eq!(price, told(CopyOrderPrice, ticks(19_990).0, ticks(19_991).0, ""));
}

#[test]
fn only_the_newest_identity_of_an_order_with_nothing_asked_for_is_compared() {
    let (mut scenario, _) = copied();
    let (order, new) = resting(&mut scenario, Side::Buy, 2);
    let more = Ticket { qty: 3, order: order.cl_ord_id, ..ticket(TicketKind::Replace) };
    scenario.input(Input::Ticket(more));
    let replace = scenario.only();
    let other = CopiedReport { order_qty: 7, ..copy_of(&new) };
    assert_eq!(scenario.shows(other), [], "it is being changed");
    let replaced = CopiedReport { cl_ord_id: replace.cl_ord_id, ..other };
    assert_eq!(scenario.shows(replaced), [], "what is asked for may not be granted");
    scenario.tell(&replace, ExecType::Replaced, OrdStatus::New);
    assert_eq!(scenario.shows(other), [], "what it was before");
    assert_eq!(scenario.shows(replaced), [(BreakClass::CopyOrderDiffers, true)]);
}

#[test]
fn an_order_that_only_the_broker_remembers_is_not_compared() {
    let (mut scenario, _) = copied();
    let id = ClOrdId::new(1, BOT, 0).expect("fits");
    let order = OrderRequest { cl_ord_id: id, ..working(&mut scenario.clone()) };
    let works = report(&order, ExecType::OrderStatus, OrdStatus::New);
    scenario.input(Input::Execution(ExecutionReport { leaves_qty: 1, ..works }));
    assert_eq!(scenario.risk.working(BOT).count(), 1, "it was taken up");
    let new = report(&order, ExecType::New, OrdStatus::New);
    assert_eq!(scenario.shows(CopiedReport { order_qty: 7, ..copy_of(&new) }), []);
}

#[test]
fn an_identity_of_the_input_at_hand_is_of_no_order_yet() {
    let (mut scenario, _) = copied();
    scenario.enter(1);
    // The order has the number of the input that it came of; the next input has the next.
    let seq = scenario.only().cl_ord_id.seq();
    for (ahead, is_foreign) in [(0, false), (1, true), (2, true)] {
        let mut scenario = scenario.clone();
        let cl_ord_id = ClOrdId::new(seq + ahead, BOT, 7).expect("fits");
        let copy = CopiedReport { cl_ord_id, ..foreign(ExecType::New, 2, 0, 0) };
        assert_eq!(!scenario.shows(copy).is_empty(), is_foreign, "{ahead}");
    }
}

#[test]
fn of_more_orders_than_can_be_followed_one_that_is_over_and_settled_makes_room() {
    let (mut scenario, _) = copied();
    let of = |nth: usize, report| named(&format!("X{nth}"), report);
    for nth in 0..COPIED_ORDERS_MAX {
        scenario.shows(of(nth, foreign(ExecType::New, 2, 0, 0)));
        scenario.settles_by_hand();
    }
    assert!(!scenario.is_blocked());
    let full = |scenario: &mut Scenario, nth| {
        scenario.shows(of(nth, foreign(ExecType::New, 2, 0, 0)));
        scenario.alerts().contains(&AlertKind::TableFull)
    };
    assert!(full(&mut scenario.clone(), COPIED_ORDERS_MAX), "all of them work");
    scenario.shows(of(5, foreign(ExecType::Trade, 0, 2, 2)));
    assert!(!full(&mut scenario.clone(), 5), "it is known");
    scenario.shows(of(7, foreign(ExecType::Trade, 0, 3, 3)));
    assert!(full(&mut scenario.clone(), COPIED_ORDERS_MAX), "what it filled is not settled");
    scenario.settles_by_hand();
    assert!(!full(&mut scenario, COPIED_ORDERS_MAX));
}

#[test]
fn a_difference_that_could_not_be_listed_blocks_until_a_person_settles_its_place() {
    let (mut scenario, _) = copied();
    let (_, new) = resting(&mut scenario, Side::Buy, 2);
    let here = named("H", foreign(ExecType::New, 1, 0, 0));
    scenario.shows(here);
    for nth in 1..crate::risk::BREAKS_MAX {
        scenario.shows(named(&format!("X{nth}"), elsewhere(foreign(ExecType::New, 1, 0, 0))));
    }
    assert_eq!(scenario.shows(CopiedReport { order_qty: 7, ..copy_of(&new) }), [], "no room");
    assert!(scenario.alerts().contains(&AlertKind::TableFull));
    let over = scenario.shows(named("H", foreign(ExecType::Canceled, 0, 0, 0)));
    assert_eq!(over, [(BreakClass::CopyForeign, false)]);
    assert!(scenario.is_blocked(), "nobody follows what was not listed");
    scenario.settles_by_hand();
    assert!(!scenario.is_blocked());
}
