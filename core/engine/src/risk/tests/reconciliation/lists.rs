//! What lines differ in, of which places, and for how long.

use super::super::tickets::{limit, ticket};
use super::*;
use crate::risk::reconciliation::PATIENCE;

impl Scenario {
    /// The differences that the last input told, whole.
    fn breaks(&self) -> Vec<Break> {
        let difference = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Break(what)) => Some(*what),
            _ => None,
        };
        self.out.iter().filter_map(difference).collect()
    }

    /// Doubts that the last input raised or settled.
    fn doubts(&self) -> Vec<(DoubtCause, bool)> {
        let doubt = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Doubt(doubt)) => Some((doubt.cause, doubt.active)),
            _ => None,
        };
        self.out.iter().filter_map(doubt).collect()
    }
}

/// A person's order that rests.
fn resting(scenario: &mut Scenario, side: Side, qty: u32) -> OrderRequest {
    let at = if side == Side::Buy { 19_990 } else { 20_010 };
    scenario.input(Input::Ticket(limit(side, qty, at)));
    let order = scenario.only();
    scenario.acknowledge(&order);
    order
}

/// A line on an order of ours, as we know it.
fn line_of(question: &Enquiry, order: &OrderRequest) -> BrokerOrder {
    BrokerOrder {
        side: order.side,
        leaves_qty: order.qty,
        order_qty: order.qty,
        price: order.price,
        ..line(question, order.cl_ord_id)
    }
}

#[test]
fn an_order_differs_in_what_is_filled_its_contracts_and_its_price() {
    let differs = |change: fn(&mut BrokerOrder)| {
        let mut scenario = verified();
        let order = resting(&mut scenario, Side::Sell, 3);
        let [orders, _] = scenario.enquire();
        let mut told = line_of(&orders, &order);
        change(&mut told);
        scenario.input(Input::BrokerOrder(told));
        let breaks = scenario.breaks();
        let numbers = |what: &Break| {
            assert_eq!((what.order, what.order_id), (order.cl_ord_id, Text::new("X")));
            assert_eq!(
                (what.account, what.instrument),
                (Some(AccountId(0)), Some(InstrumentId(0)))
            );
            (what.class, what.ours, what.theirs)
        };
        breaks.iter().map(numbers).collect::<Vec<_>>()
    };
    use BreakClass::{FilledDiffers, PriceDiffers, QuantityDiffers};
    assert_eq!(differs(|_| {}), []);
    assert_eq!(differs(|told| told.order_qty = 0), [], "it says nothing of them");
    assert_eq!(differs(|told| told.price = Price::NONE), []);
    assert_eq!(differs(|told| told.order_qty = 4), [(QuantityDiffers, 3, 4)]);
    assert_eq!(differs(|told| told.order_qty = 1), [(QuantityDiffers, 3, 1)]);
    let price = differs(|told| told.price = ticks(20_011));
    assert_eq!(price, [(PriceDiffers, ticks(20_010).0, ticks(20_011).0)]);
    let filled = differs(|told| {
        (told.cum_qty, told.leaves_qty, told.avg_px) = (1, 2, ticks(20_010));
        told.ord_status = OrdStatus::PartiallyFilled;
    });
    assert_eq!(filled, [(FilledDiffers, 0, 1)]);
}

#[test]
fn the_terms_of_an_order_are_not_compared_while_a_change_is_asked_for_nor_of_one_that_was_found() {
    let mut scenario = verified();
    let order = resting(&mut scenario, Side::Buy, 3);
    let more = Ticket { qty: 4, order: order.cl_ord_id, ..ticket(TicketKind::Replace) };
    scenario.input(Input::Ticket(more));
    let [orders, _] = scenario.enquire();
    let told = BrokerOrder { order_qty: 4, price: ticks(19_991), ..line_of(&orders, &order) };
    scenario.input(Input::BrokerOrder(told));
    assert_eq!(scenario.breaks(), []);

    let mut scenario = verified();
    let id = ClOrdId::new(1, BOT, 0).expect("fits");
    let found = OrderRequest { cl_ord_id: id, ..scenario.clone().enter_passively(1) };
    let works = report(&found, ExecType::OrderStatus, OrdStatus::New);
    scenario.input(Input::Execution(ExecutionReport { leaves_qty: 1, ..works }));
    assert_eq!(scenario.risk.working(BOT).count(), 1);
    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    let told = BrokerOrder { order_qty: 4, price: ticks(19_991), ..line_of(&orders, &found) };
    scenario.input(Input::BrokerOrder(told));
    assert_eq!(scenario.breaks(), []);
    // Nor is it missed where no line has it.
    let [orders, _] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert_eq!(scenario.breaks(), []);
}

#[test]
fn the_contracts_of_orders_that_were_sold_are_below_zero() {
    let mut scenario = verified();
    let order = resting(&mut scenario, Side::Sell, 3);
    let [orders, _] = scenario.enquire();
    let sold = line(&orders, ClOrdId::NONE);
    let sold = BrokerOrder { side: Side::Sell, leaves_qty: 3, ..sold };
    scenario.input(Input::BrokerOrder(sold));
    let told = |what: &Break| (what.class, what.ours, what.theirs);
    let breaks: Vec<_> = scenario.breaks().iter().map(told).collect();
    assert_eq!(
        breaks,
        [(BreakClass::ForeignOrder, 0, -3), (BreakClass::OrderMissing, -3, 0)],
        "{order:?}"
    );
}

#[test]
fn an_account_that_is_none_of_ours_blocks_none_of_ours() {
    let mut scenario = verified();
    let [orders, _] = scenario.enquire();
    let theirs = BrokerOrder { account: Some(AccountId(7)), ..line(&orders, ClOrdId::NONE) };
    scenario.input(Input::BrokerOrder(theirs));
    assert_eq!(scenario.differences(), [(BreakClass::ForeignOrder, true)]);
    assert_eq!(scenario.doubts(), []);
    assert!(!scenario.is_doubted());
}

#[test]
fn an_order_of_another_route_is_missed_on_no_list_of_this_one() {
    let mut scenario = verified();
    let second = Route::broker(1).expect("there can be two");
    let account = *scenario.risk.account(AccountId(0)).expect("it is defined");
    let account = AccountDefinition { account: AccountId(1), ..account };
    scenario.input(Input::Account(account));
    let bot = *scenario.risk.bot(BOT).expect("it is defined");
    let other = BotDefinition { bot: BotId(1), account: AccountId(1), broker: second, ..bot };
    scenario.input(Input::Bot(other));
    scenario.session_of(second, SessionChange::LoggedOn);
    scenario.want(BotId(1), 1, Urgency::Passive, IntentReason::Signal);
    let order = scenario.only();
    assert_eq!(order.route, second);
    scenario.acknowledge(&order);
    let [orders, _] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert_eq!(scenario.differences(), []);
}

#[test]
fn what_a_list_shows_of_a_place_is_told_when_it_comes_and_when_it_is_gone() {
    let mut scenario = verified();
    let [orders, positions] = scenario.enquire();
    scenario.input(Input::BrokerOrder(line(&orders, ClOrdId::NONE)));
    assert_eq!(scenario.doubts(), [(DoubtCause::ForeignOrder, true)]);
    scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), 2)));
    assert_eq!(scenario.doubts(), [(DoubtCause::PositionDiffers, true)]);
    let [orders, positions] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert!(scenario.is_doubted(), "by the position");
    scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), 0)));
    assert_eq!(scenario.differences(), [(BreakClass::PositionDiffers, false)]);
    assert_eq!(scenario.doubts(), [(DoubtCause::PositionDiffers, false)]);
    assert!(!scenario.is_doubted());
    // A line of what nobody here trades, of nothing.
    let [_, positions] = scenario.enquire();
    scenario.input(Input::BrokerPosition(held(&positions, None, 0)));
    assert_eq!(scenario.differences(), []);
}

#[test]
fn one_of_two_orders_of_nobodys_that_is_gone_leaves_its_place_in_doubt() {
    let mut scenario = verified();
    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    for (order_id, is_last) in [("X", false), ("Y", true)] {
        let order_id = Text::new(order_id);
        let each = BrokerOrder { order_id, total: 2, is_last, ..line(&orders, ClOrdId::NONE) };
        scenario.input(Input::BrokerOrder(each));
    }
    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    scenario.input(Input::BrokerOrder(line(&orders, ClOrdId::NONE)));
    assert_eq!(scenario.differences(), [(BreakClass::ForeignOrder, false)]);
    assert!(scenario.is_doubted());
    let [orders, _] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert!(!scenario.is_doubted());
}

/// The broker's next lists: no order, and so many contracts.
fn lists(scenario: &mut Scenario, questions: &[Enquiry], order: &OrderRequest, qty: i64) {
    let [orders, positions] = questions else { panic!("{questions:?}") };
    scenario.input(Input::BrokerOrder(line_of(orders, order)));
    scenario.input(Input::BrokerPosition(held(positions, Some(InstrumentId(0)), qty)));
}

#[test]
fn a_position_that_differs_waits_a_few_seconds_for_an_order_in_doubt_and_for_no_other() {
    let setup = Setup::new();
    let unusable = |order: &OrderRequest| {
        Input::Unusable(UnusableReport {
            route: Route::BROKER,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: order.cl_ord_id,
            orig_cl_ord_id: ClOrdId::NONE,
            exec_id: Text::EMPTY,
            account: None,
            instrument: None,
            symbol: Text::EMPTY,
            side: None,
            last_qty: 0,
            last_px: Price::NONE,
            cum_qty: 0,
            detail: Text::EMPTY,
        })
    };
    let differs = |doubted: bool| {
        let mut scenario = verified();
        let order = resting(&mut scenario, Side::Buy, 2);
        let mut questions = scenario.enquire().to_vec();
        let mut waited = 0;
        loop {
            let [orders, positions] = questions[..] else { panic!("{questions:?}") };
            scenario.input(Input::BrokerOrder(line_of(&orders, &order)));
            if doubted {
                scenario.input(unusable(&order));
            }
            scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), 2)));
            if scenario.alerts().contains(&AlertKind::Break) {
                return waited;
            }
            // It is looked at again after a second, to the nanosecond.
            scenario.after(NANOS_PER_SECOND - 1, &setup);
            assert_eq!(scenario.questions(), []);
            scenario.after(1, &setup);
            questions = scenario.questions();
            waited += 1;
            assert!(waited < 20, "it is never told");
        }
    };
    assert_eq!(differs(true), u32::from(PATIENCE));
    assert_eq!(differs(false), 0, "what works and is not in doubt explains nothing");
}

#[test]
fn patience_begins_anew_once_a_position_agreed_and_what_a_person_let_stand_needs_none() {
    let setup = Setup::new();
    let mut scenario = verified();
    let order = resting(&mut scenario, Side::Buy, 2);
    let questions = scenario.enquire();
    lists(&mut scenario, &questions, &order, 2);
    assert!(scenario.is_doubted());
    scenario.input(Input::Correction(Correction {
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        ..Correction::by_person(CorrectionKind::Settle, Text::new("a"), Text::new("held apart"))
    }));
    let questions = scenario.questions();
    lists(&mut scenario, &questions, &order, 2);
    assert!(!scenario.is_doubted(), "it stands");
    for _ in 0..3 {
        scenario.after(NANOS_PER_SECOND, &setup);
        assert_eq!(scenario.questions(), [], "and is not looked at again");
    }
}
