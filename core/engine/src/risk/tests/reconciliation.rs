//! Brokers' lists held against ours, line by line.

mod lists;
mod schedule;

use super::*;
use crate::risk::{BREAKS_MAX, ENQUIRY_WITHIN_NS, LOOK_AGAIN_SECONDS, VERIFIED_WITHIN_NS};
use gauntlet_model::ids::{AccountId, InstrumentId};

fn terms(reconcile: Reconcile) -> Input {
    Input::BrokerTerms(BrokerTerms {
        route: Route::BROKER,
        reconcile,
        every_seconds: 0,
        on_disconnect: None,
    })
}

/// A scenario whose broker is asked, and the questions of its logon.
fn asked(reconcile: Reconcile) -> (Scenario, Vec<Enquiry>) {
    let (mut scenario, _) = start(|setup| setup.logged_on = false);
    scenario.input(terms(reconcile));
    scenario.session(SessionChange::LoggedOn);
    let questions = scenario.questions();
    (scenario, questions)
}

/// The same, answered: nothing works and nothing is held.
pub(super) fn verified() -> Scenario {
    let (mut scenario, questions) = asked(Reconcile::WhenAnswered);
    for question in questions {
        scenario.answer(&question, 0);
    }
    scenario
}

pub(super) fn line(question: &Enquiry, id: ClOrdId) -> BrokerOrder {
    BrokerOrder {
        route: Route::BROKER,
        enquiry: question.id,
        msg_seq_num: 0,
        total: 1,
        is_last: true,
        cl_ord_id: id,
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::new("X"),
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        symbol: Text::new("ESH4"),
        ord_status: OrdStatus::New,
        side: Side::Buy,
        leaves_qty: 1,
        cum_qty: 0,
        order_qty: 1,
        price: ticks(19_990),
        avg_px: Price::NONE,
        transact_time: IN_SESSION,
    }
}

pub(super) fn held(
    question: &Enquiry,
    instrument: Option<InstrumentId>,
    qty: i64,
) -> BrokerPosition {
    BrokerPosition {
        route: Route::BROKER,
        enquiry: question.id,
        msg_seq_num: 0,
        total: 1,
        account: Some(AccountId(0)),
        instrument,
        symbol: Text::new("ESH4"),
        qty,
    }
}

impl Scenario {
    pub(super) fn questions(&self) -> Vec<Enquiry> {
        let question = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Enquiry(enquiry)) => Some(*enquiry),
            _ => None,
        };
        self.out.iter().filter_map(question).collect()
    }

    fn outcomes(&self) -> Vec<EnquiryOutcome> {
        let ended = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::EnquiryEnded(ended)) => Some(ended.outcome),
            _ => None,
        };
        self.out.iter().filter_map(ended).collect()
    }

    pub(super) fn differences(&self) -> Vec<(BreakClass, bool)> {
        let difference = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Break(what)) => Some((what.class, what.active)),
            _ => None,
        };
        self.out.iter().filter_map(difference).collect()
    }

    /// A broker says how many lines follow.
    pub(super) fn answer(&mut self, question: &Enquiry, total: u32) {
        self.word(question, false, total);
    }

    pub(super) fn word(&mut self, question: &Enquiry, refused: bool, total: u32) {
        self.input(Input::EnquiryAnswer(EnquiryAnswer {
            route: question.route,
            enquiry: question.id,
            msg_seq_num: 0,
            what: question.what,
            refused,
            total,
            detail: Text::EMPTY,
        }));
    }

    /// A person asks; gives the questions.
    pub(super) fn enquire(&mut self) -> [Enquiry; 2] {
        let (actor, reason) = (Text::new("tester"), Text::new("a look"));
        let enquire = Correction::by_person(CorrectionKind::Enquire, actor, reason);
        self.input(Input::Correction(enquire));
        self.questions().try_into().expect("one for orders and one for the account")
    }

    pub(super) fn is_doubted(&self) -> bool {
        self.risk.is_in_doubt(Route::BROKER, AccountId(0), InstrumentId(0))
    }

    pub(super) fn refused_in_doubt(&mut self) -> bool {
        self.enter(1);
        self.rejected().is_some_and(|reject| reject.code == RejectCode::InDoubt)
    }

    /// So many nanoseconds later a timer comes.
    fn after(&mut self, ns: u64, setup: &Setup) {
        self.now = self.now.plus(ns);
        self.market(setup.view);
        self.input(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }));
    }
}

#[test]
fn an_order_of_a_desk_that_is_on_no_line_is_told_and_asked_about_like_a_bots() {
    let mut scenario = verified();
    let resting = super::tickets::ticket(TicketKind::New);
    scenario.input(Input::Ticket(Ticket { qty: 2, price: ticks(19_990), ..resting }));
    let order = scenario.only();
    scenario.acknowledge(&order);
    let [orders, positions] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert_eq!(scenario.differences(), [(BreakClass::OrderMissing, true)]);
    scenario.answer(&positions, 0);
    assert_eq!(scenario.outcomes(), [EnquiryOutcome::Agrees]);
}

#[test]
fn a_position_is_looked_at_again_while_an_order_of_a_desk_there_is_in_doubt() {
    let mut scenario = verified();
    let resting = super::tickets::ticket(TicketKind::New);
    scenario.input(Input::Ticket(Ticket { qty: 2, price: ticks(19_990), ..resting }));
    let order = scenario.only();
    scenario.acknowledge(&order);
    scenario.input(Input::Unusable(UnusableReport {
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
    }));
    let [_, positions] = scenario.enquire();
    scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), 2)));
    assert_eq!(scenario.differences(), [(BreakClass::PositionDiffers, true)]);
    let alerts = |message: &ToOrders| match message {
        ToOrders::Effect(Effect::Alert(alert)) => Some(alert.kind),
        _ => None,
    };
    let told: Vec<AlertKind> = scenario.out.iter().filter_map(alerts).collect();
    assert_eq!(told, [], "its fill may be under way");
}

#[test]
fn a_run_that_says_nothing_of_its_broker_asks_it_for_nothing() {
    let (mut scenario, _) = start(|_| {});
    let (actor, reason) = (Text::new("tester"), Text::new("a look"));
    let enquire = Correction::by_person(CorrectionKind::Enquire, actor, reason);
    scenario.input(Input::Correction(enquire));
    assert_eq!(scenario.questions(), []);
    scenario.enter(1);
    assert_eq!(scenario.only().qty, 1);
}

#[test]
fn nothing_opens_after_a_logon_until_both_lists_are_whole() {
    let (mut scenario, questions) = asked(Reconcile::Required);
    let [orders, positions] = questions[..] else { panic!("{questions:?}") };
    assert_eq!((orders.what, positions.account), (Enquired::Orders, Some(AccountId(0))));
    assert_ne!(orders.id, positions.id);
    assert!(scenario.refused_in_doubt());
    scenario.answer(&orders, 0);
    assert_eq!(scenario.outcomes(), [EnquiryOutcome::Agrees]);
    assert!(scenario.refused_in_doubt());
    scenario.answer(&positions, 1);
    assert!(scenario.refused_in_doubt(), "one line is to come");
    scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), 0)));
    assert_eq!(scenario.outcomes(), [EnquiryOutcome::Agrees]);
    scenario.enter(1);
    assert_eq!(scenario.only().qty, 1);
}

#[test]
fn what_only_reduces_waits_for_no_list() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    scenario.session(SessionChange::Disconnected);
    scenario.input(terms(Reconcile::Required));
    scenario.session(SessionChange::LoggedOn);
    scenario.market(setup.view);
    scenario.stop_out();
    assert_eq!((scenario.only().side, scenario.only().qty), (Side::Sell, 2));
}

#[test]
fn a_broker_that_lists_nothing_bars_openings_only_where_its_list_is_required() {
    for (how, opens) in [(Reconcile::WhenAnswered, true), (Reconcile::Required, false)] {
        let (mut scenario, questions) = asked(how);
        for question in &questions {
            scenario.word(question, true, 0);
            assert_eq!(scenario.outcomes(), [EnquiryOutcome::Refused]);
        }
        assert_eq!(scenario.refused_in_doubt(), !opens, "{how:?}");
    }
}

#[test]
fn a_silent_broker_has_its_time_to_the_nanosecond() {
    let setup = Setup::new();
    for how in [Reconcile::WhenAnswered, Reconcile::Required] {
        let (mut scenario, _) = asked(how);
        scenario.after(ENQUIRY_WITHIN_NS - 1, &setup);
        assert_eq!(scenario.outcomes(), []);
        scenario.after(1, &setup);
        assert_eq!(scenario.outcomes(), [EnquiryOutcome::Silent; 2]);
        assert_eq!(scenario.alerts(), [], "one answer may be late");
        let pause = LOOK_AGAIN_SECONDS[0] * NANOS_PER_SECOND;
        scenario.after(pause, &setup);
        assert_eq!(scenario.questions().len(), 2, "it is asked again");
        scenario.after(ENQUIRY_WITHIN_NS, &setup);
        assert_eq!(scenario.outcomes(), [EnquiryOutcome::Silent; 2]);
        assert_eq!(scenario.alerts(), [AlertKind::Break], "told once");
        scenario.after(VERIFIED_WITHIN_NS - 2 * ENQUIRY_WITHIN_NS - pause - 1, &setup);
        assert!(scenario.refused_in_doubt());
        scenario.after(1, &setup);
        assert_eq!(scenario.refused_in_doubt(), how == Reconcile::Required, "{how:?}");
    }
}

#[test]
fn what_is_asked_is_not_asked_twice_and_a_new_session_asks_anew() {
    let (mut scenario, questions) = asked(Reconcile::WhenAnswered);
    let (actor, reason) = (Text::new("tester"), Text::new("a look"));
    let enquire = Correction::by_person(CorrectionKind::Enquire, actor, reason);
    scenario.input(Input::Correction(enquire));
    assert_eq!(scenario.questions(), []);
    scenario.session(SessionChange::Disconnected);
    scenario.session(SessionChange::LoggedOn);
    let again = scenario.questions();
    assert_eq!(again.len(), 2);
    // An answer to what the broken session asked says nothing.
    scenario.input(Input::BrokerPosition(held(&questions[1], Some(InstrumentId(0)), 9)));
    scenario.answer(&again[0], 0);
    scenario.answer(&again[1], 0);
    assert!(!scenario.is_doubted());
}

#[test]
fn a_foreign_order_blocks_its_place_until_a_whole_list_is_without_it() {
    let mut scenario = verified();
    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    scenario.input(Input::BrokerOrder(line(&orders, ClOrdId::NONE)));
    assert_eq!(scenario.differences(), [(BreakClass::ForeignOrder, true)]);
    assert_eq!(scenario.alerts(), [AlertKind::Break]);
    assert!(scenario.is_doubted() && scenario.refused_in_doubt());

    let [orders, positions] = scenario.enquire();
    scenario.input(Input::BrokerOrder(line(&orders, ClOrdId::NONE)));
    assert_eq!((scenario.differences(), scenario.alerts()), (vec![], vec![]), "known");
    scenario.answer(&positions, 0);
    let [orders, _] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert_eq!(scenario.differences(), [(BreakClass::ForeignOrder, false)]);
    assert!(!scenario.is_doubted());
}

#[test]
fn lines_that_name_no_account_block_every_account_of_the_route_and_elsewhere_blocks_none() {
    let mut scenario = verified();
    let [orders, positions] = scenario.enquire();
    let nowhere =
        BrokerOrder { instrument: None, total: 2, is_last: false, ..line(&orders, ClOrdId::NONE) };
    scenario.input(Input::BrokerOrder(nowhere));
    assert!(!scenario.is_doubted(), "what nobody here trades cannot open");
    let order_id = Text::new("Y");
    let anybody = BrokerOrder { account: None, order_id, ..line(&orders, ClOrdId::NONE) };
    scenario.input(Input::BrokerOrder(anybody));
    assert!(scenario.is_doubted());
    scenario.input(Input::BrokerPosition(held(&positions, None, 4)));
    assert_eq!(scenario.differences(), [(BreakClass::PositionElsewhere, true)]);
    let [orders, positions] = scenario.enquire();
    scenario.answer(&orders, 0);
    assert!(!scenario.is_doubted());
    scenario.answer(&positions, 0);
    assert_eq!(scenario.differences(), [(BreakClass::PositionElsewhere, false)]);
}

#[test]
fn a_position_differs_by_one_contract_or_not_at_all() {
    for (theirs, differs) in [(1, true), (2, false), (3, true)] {
        let (mut scenario, setup) = start_holding(2, |_| {});
        scenario.session(SessionChange::Disconnected);
        scenario.input(terms(Reconcile::WhenAnswered));
        scenario.session(SessionChange::LoggedOn);
        let questions = scenario.questions();
        scenario.answer(&questions[0], 0);
        // The broker may split a position over lines.
        let first = BrokerPosition {
            total: 2,
            ..held(&questions[1], Some(setup.instrument.instrument), 5)
        };
        scenario.input(Input::BrokerPosition(first));
        let second = BrokerPosition { qty: theirs - 5, ..first };
        scenario.input(Input::BrokerPosition(second));
        assert_eq!(scenario.is_doubted(), differs, "{theirs}");
        let doubt = scenario.risk.doubt_in(Route::BROKER, AccountId(0), InstrumentId(0));
        assert_eq!(doubt.map_or(0, |doubt| doubt.contracts), theirs - 2);
    }
}

#[test]
fn an_order_that_is_on_no_line_is_missed_and_one_sent_after_the_question_is_not() {
    let mut scenario = verified();
    let before = scenario.enter_passively(1);
    scenario.acknowledge(&before);
    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    scenario.answer(&orders, 0);
    assert_eq!(scenario.differences(), [(BreakClass::OrderMissing, true)]);
    assert_eq!(scenario.outcomes(), [EnquiryOutcome::Differs]);

    let [orders, positions] = scenario.enquire();
    scenario.answer(&positions, 0);
    let known = BrokerOrder { price: before.price, ..line(&orders, before.cl_ord_id) };
    scenario.input(Input::BrokerOrder(known));
    assert_eq!(scenario.differences(), [(BreakClass::OrderMissing, false)], "there it is");
    assert_eq!(scenario.outcomes(), [EnquiryOutcome::Agrees]);

    scenario.end(&before, 0);
    let [orders, _] = scenario.enquire();
    scenario.enter_passively(1);
    scenario.answer(&orders, 0);
    assert_eq!((scenario.differences(), scenario.is_doubted()), (vec![], false));
}

#[test]
fn more_differences_than_can_be_listed_still_block_and_are_told_once() {
    let mut scenario = verified();
    let [orders, _] = scenario.enquire();
    let mut alerts = vec![];
    for nth in 0..BREAKS_MAX + 3 {
        let order_id = Text::new(&format!("X{nth}"));
        let foreign =
            BrokerOrder { order_id, total: 0, is_last: false, ..line(&orders, ClOrdId::NONE) };
        scenario.input(Input::BrokerOrder(foreign));
        alerts.extend(scenario.alerts());
    }
    let full = alerts.iter().filter(|kind| **kind == AlertKind::TableFull).count();
    assert_eq!((full, alerts.len()), (1, BREAKS_MAX + 1));
    assert!(scenario.is_doubted());
}

#[test]
fn a_person_lets_a_position_stand_and_what_moves_both_alike_changes_nothing() {
    let mut scenario = verified();
    let [orders, positions] = scenario.enquire();
    scenario.answer(&orders, 0);
    scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), 7)));
    assert!(scenario.is_doubted());
    let settle = Correction {
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        ..Correction::by_person(CorrectionKind::Settle, Text::new("a"), Text::new("held apart"))
    };
    scenario.input(Input::Correction(settle));
    assert!(!scenario.is_doubted());
    let mut questions = scenario.questions();
    for (theirs, doubted) in [(7, false), (6, true), (7, false), (0, false), (7, true)] {
        let [orders, positions] = questions[..] else { panic!("{questions:?}") };
        scenario.answer(&orders, 0);
        scenario.input(Input::BrokerPosition(held(&positions, Some(InstrumentId(0)), theirs)));
        assert_eq!(scenario.is_doubted(), doubted, "{theirs}");
        questions = scenario.enquire().to_vec();
    }
}
