//! What an answer is waited for, how long an order for the day lives, and what of a broker's words a person
//! reads.

use super::desk::{ManagerUnderTest, PX, report};
use super::{ASKS_PER_INPUT, FromOrders};
use gauntlet_engine::message::ToOrders;
use gauntlet_model::effect::{
    Effect, Enquired, Enquiry, EnquiryEnded, EnquiryOutcome, OutboundKind,
};
use gauntlet_model::ids::{AccountId, ClOrdId};
use gauntlet_model::input::{
    CalendarDay, ExecType, ExecutionReport, Input, OrdStatus, Route, SessionChange,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

impl ManagerUnderTest {
    /// Whether an answer of a broker is waited for, and of anybody.
    fn awaits(&self) -> (bool, bool) {
        (self.orders.awaits_a_broker(), self.orders.awaits_anybody())
    }

    fn alert_texts(&self) -> Vec<String> {
        let text = |out: &FromOrders| match out {
            FromOrders::Effect(Effect::Alert(alert)) => Some(alert.text.to_string()),
            _ => None,
        };
        self.out.iter().filter_map(text).collect()
    }
}

#[test]
fn an_answer_is_waited_for_while_one_order_has_none_and_is_not_in_doubt() {
    let mut desk = ManagerUnderTest::new();
    assert_eq!(desk.awaits(), (false, false), "there is no order");
    desk.working(1);
    assert_eq!(desk.awaits(), (false, false), "its order is acknowledged");
    let silent = desk.new_order(1);
    assert_eq!(desk.awaits(), (true, true), "one of two has no answer");
    desk.wait(5);
    assert!(desk.orders.find(silent).is_some_and(|order| order.is_in_doubt()));
    assert_eq!(desk.awaits(), (false, false), "who is silent so long is not waited for");

    let mut simulated = ManagerUnderTest::new();
    let order = simulated.approve(OutboundKind::New, ClOrdId::NONE, Route::PAPER, 1, PX);
    assert_eq!(simulated.awaits(), (false, true), "a simulator is no broker");
    let taken = report(order, ExecType::New, OrdStatus::New);
    simulated.report(ExecutionReport { route: Route::PAPER, ..taken });
    assert_eq!(simulated.awaits(), (false, false));
}

#[test]
fn only_a_whole_list_of_orders_says_that_an_order_is_not_on_it() {
    let (whole, not) = (
        [EnquiryOutcome::Agrees, EnquiryOutcome::Differs],
        [EnquiryOutcome::Refused, EnquiryOutcome::Silent],
    );
    for what in [Enquired::Orders, Enquired::Positions, Enquired::Cash] {
        for outcome in whole.into_iter().chain(not) {
            let mut desk = ManagerUnderTest::new();
            let order = desk.working(1);
            let id = Enquiry::id_of(desk.seq + 1, 0);
            let (route, account) = (Route::BROKER, Some(AccountId(0)));
            desk.feed(&ToOrders::Effect(Effect::Enquiry(Enquiry { route, id, what, account })));
            let ended = EnquiryEnded { route, id, what, account, outcome, lines: 0, breaks: 0 };
            desk.feed(&ToOrders::Effect(Effect::EnquiryEnded(ended)));
            let asks = what == Enquired::Orders && whole.contains(&outcome);
            let asked = if asks { vec![order] } else { vec![] };
            assert_eq!(desk.asked(), asked, "{what:?} {outcome:?}");
        }
    }
}

#[test]
fn a_round_of_questions_goes_on_behind_the_order_that_was_asked_about_last() {
    let mut desk = ManagerUnderTest::new();
    let orders: Vec<_> = (0..ASKS_PER_INPUT * 3).map(|_| desk.working(1)).collect();
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    assert_eq!(desk.asked(), orders[..ASKS_PER_INPUT]);
    // Until the next timer all are due again: whoever was not asked about yet comes first.
    for round in [1, 2, 0] {
        desk.now = desk.now.plus(60 * NANOS_PER_SECOND);
        desk.wait(1);
        assert_eq!(desk.asked(), orders[round * ASKS_PER_INPUT..][..ASKS_PER_INPUT]);
    }
}

#[test]
fn an_order_for_the_day_ends_with_a_day_that_an_operator_says_ends_early() {
    let ends_at = |early: Option<u16>| {
        let mut desk = ManagerUnderTest::new();
        if let Some(close_minute) = early {
            let (scope, product) = (CalendarDay::OF_PRODUCT, Text::new("ES"));
            let reason = Text::new("a day of mourning");
            let day = CalendarDay { date: 20_231_115, scope, product, close_minute, reason };
            desk.input(Input::CalendarDay(day), false);
        }
        desk.trade_es();
        let order = desk.working(1);
        desk.orders.find(order).and_then(|order| order.ends_at())
    };
    // Wednesday 15 November 2023 at 17:00 and at 13:00 in New York, five hours behind UTC.
    let at = |hour: u64| Some(UnixNanos((1_700_006_400 + hour * 3_600) * NANOS_PER_SECOND));
    assert_eq!(ends_at(None), at(22));
    assert_eq!(ends_at(Some(13 * 60)), at(18));
}

#[test]
fn a_person_reads_why_a_broker_refuses_in_its_own_words_and_that_it_gave_none() {
    for (words, told) in
        [("no margin", "no margin"), ("", "refused by the broker without a reason")]
    {
        let mut desk = ManagerUnderTest::new();
        let order = desk.new_order(1);
        let refused = report(order, ExecType::Rejected, OrdStatus::Rejected);
        desk.report(ExecutionReport { text: Text::new(words), ..refused });
        assert_eq!(desk.alert_texts(), [told]);
    }
    // Words that come with something else are no reason for it.
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(1);
    let suspended = report(order, ExecType::Suspended, OrdStatus::Suspended);
    desk.report(ExecutionReport { text: Text::new("halted"), ..suspended });
    assert_eq!(desk.alert_texts(), ["the broker suspended or stopped the order"]);
}
