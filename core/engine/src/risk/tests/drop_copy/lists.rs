//! What a later list of the broker's positions settles of what its copy shows, and what it does not.

use super::super::reconciliation::held;
use super::orders::elsewhere;
use super::*;

/// A broker that copies its reports and lists what is held, with two contracts that are known here.
fn listed() -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|setup| setup.logged_on = false);
    scenario.input(Input::Instrument(InstrumentDefinition {
        instrument: InstrumentId(1),
        symbol: Text::new("NQH4"),
        ..setup.instrument
    }));
    scenario.input(Input::BrokerTerms(BrokerTerms {
        route: Route::BROKER,
        reconcile: Reconcile::WhenAnswered,
        every_seconds: 0,
        on_disconnect: None,
    }));
    scenario.input(copy_terms(false));
    scenario.input(copy_session(SessionChange::LoggedOn));
    scenario.session(SessionChange::LoggedOn);
    for question in scenario.questions() {
        scenario.answer(&question, 0);
    }
    (scenario, setup)
}

/// A fill of a bot's order.
fn fill(exec_id: &str) -> CopiedReport {
    let id = ClOrdId::new(1, BOT, 0).expect("fits");
    CopiedReport { cl_ord_id: id, exec_id: Text::new(exec_id), ..foreign(ExecType::Trade, 0, 1, 1) }
}

impl Scenario {
    /// The copy shows something, and its time is over. Of what the broker is asked meanwhile it says
    /// nothing.
    fn differs(&mut self, copy: CopiedReport, setup: &Setup) {
        self.input(Input::Copied(copy));
        let at_once = self.shown().len();
        assert!(at_once + self.later(WITHIN_SECONDS, 1, setup).len() > 0);
        for question in self.questions() {
            self.word(&question, true, 0);
        }
    }

    /// The question of positions among those of the last input.
    fn positions_asked(&self) -> Enquiry {
        let questions = self.questions();
        *questions.iter().find(|of| of.what == Enquired::Positions).expect("it was asked")
    }

    /// The broker lists so many contracts of the first instrument; gives what came of it.
    fn lists_positions(&mut self, asked: &Enquiry, qty: i64) -> Vec<(BreakClass, bool)> {
        self.input(Input::BrokerPosition(held(asked, Some(InstrumentId(0)), qty)));
        self.shown()
    }
}

#[test]
fn a_list_that_agrees_settles_fills_and_what_orders_of_nobodys_filled() {
    use BreakClass::{CopyForeign, CopyUnbooked, CopyUnreadable};
    let filled = foreign(ExecType::Trade, 0, 2, 2);
    let unreadable = CopiedReport { unusable_tag: 32, ..fill("E1") };
    for place in [|of: CopiedReport| of, elsewhere] {
        for (class, copy) in
            [(CopyUnbooked, fill("E1")), (CopyForeign, filled), (CopyUnreadable, unreadable)]
        {
            let (mut scenario, setup) = listed();
            scenario.differs(place(copy), &setup);
            let [_, positions] = scenario.enquire();
            assert_eq!(scenario.lists_positions(&positions, 0), [(class, false)]);
            assert!(!scenario.is_blocked());
        }
    }
}

#[test]
fn a_list_settles_no_order_that_works_and_no_price() {
    let (mut scenario, setup) = listed();
    scenario.differs(foreign(ExecType::New, 2, 0, 0), &setup);
    let other = CopiedReport { order_id: Text::new("X2"), ..foreign(ExecType::Trade, 1, 1, 1) };
    scenario.differs(elsewhere(other), &setup);
    let [_, positions] = scenario.enquire();
    assert_eq!(scenario.lists_positions(&positions, 0), []);
    assert!(scenario.is_blocked());

    let (mut scenario, setup) = listed();
    let order = working(&mut scenario);
    let fill = fill_of(&order, "E1", 1, 0);
    scenario.order_session(&fill);
    scenario.differs(CopiedReport { last_px: ticks(20_007), ..copy_of(&fill) }, &setup);
    let [_, positions] = scenario.enquire();
    assert_eq!(scenario.lists_positions(&positions, 1), []);
    assert!(scenario.is_blocked());
}

#[test]
fn a_list_that_was_asked_for_before_or_that_differs_settles_nothing() {
    for place in [|of: CopiedReport| of, elsewhere] {
        let (mut scenario, setup) = listed();
        let [_, before] = scenario.enquire();
        scenario.input(Input::Copied(place(foreign(ExecType::Trade, 0, 2, 2))));
        assert_eq!(scenario.lists_positions(&before, 0), []);
        assert_eq!(scenario.later(1, 0, &setup), []);
        // The broker is asked anew at once.
        let positions = scenario.positions_asked();
        assert_eq!(scenario.lists_positions(&positions, 0), [(BreakClass::CopyForeign, false)]);
    }
    let (mut scenario, setup) = listed();
    scenario.differs(fill("E1"), &setup);
    let [_, positions] = scenario.enquire();
    let told = scenario.lists_positions(&positions, 1);
    assert_eq!(told, [(BreakClass::PositionDiffers, true)], "as the copy says");
}

#[test]
fn a_list_speaks_of_one_place_and_a_person_of_a_fill_wherever_it_is_told() {
    // A fill of ours that the copy tells in another contract is a difference in both.
    let told_twice = || {
        let (mut scenario, setup) = listed();
        let order = working(&mut scenario);
        let fill = fill_of(&order, "E1", 1, 0);
        scenario.order_session(&fill);
        let instrument = Some(InstrumentId(1));
        scenario.differs(CopiedReport { instrument, ..copy_of(&fill) }, &setup);
        scenario.differs(CopiedReport { exec_id: Text::new("E2"), ..copy_of(&fill) }, &setup);
        scenario
    };
    let mut scenario = told_twice();
    let [_, positions] = scenario.enquire();
    scenario.input(Input::BrokerPosition(BrokerPosition {
        total: 2,
        ..held(&positions, Some(InstrumentId(0)), 1)
    }));
    let elsewhere = held(&positions, Some(InstrumentId(1)), 1);
    scenario.input(Input::BrokerPosition(BrokerPosition { total: 2, ..elsewhere }));
    let mut shown = scenario.shown();
    shown.sort_by_key(|(class, _)| class.name());
    assert_eq!(
        shown,
        [
            (BreakClass::CopyTermsDiffer, false),
            (BreakClass::CopyUnbooked, false),
            (BreakClass::PositionDiffers, true)
        ]
    );
    assert!(!scenario.is_blocked());
    assert!(scenario.risk.is_in_doubt(Route::BROKER, AccountId(0), InstrumentId(1)));

    let mut scenario = told_twice();
    scenario.input(Input::Correction(Correction {
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(1)),
        ..Correction::by_person(CorrectionKind::Settle, Text::new("ann"), Text::new("seen"))
    }));
    let of_fill: Vec<_> =
        scenario.told_breaks().iter().map(|what| (what.class, what.order_id.to_string())).collect();
    let e1 = || "E1".to_string();
    let both = [(BreakClass::CopyTermsDiffer, e1()), (BreakClass::CopyUnbooked, e1())];
    assert_eq!(of_fill, both, "and not the other fill of the place");
    assert!(scenario.is_blocked());
}

#[test]
fn a_person_settles_what_differs_in_one_place_and_no_more() {
    let (mut scenario, setup) = listed();
    let order_id = Text::new("E1");
    // An order of nobody's that is called like a fill of ours, and contracts without an identity.
    scenario.differs(CopiedReport { order_id, ..foreign(ExecType::New, 2, 0, 0) }, &setup);
    let there = |of: CopiedReport| CopiedReport { instrument: Some(InstrumentId(1)), ..of };
    scenario.differs(there(fill("E1")), &setup);
    scenario.differs(fill("0"), &setup);
    let nameless = CopiedReport { cl_ord_id: ClOrdId::new(2, BOT, 0).expect("fits"), ..fill("0") };
    scenario.differs(there(nameless), &setup);
    scenario.differs(elsewhere(foreign(ExecType::New, 1, 0, 0)), &setup);
    let mut settled = scenario.settles_by_hand();
    settled.sort_by_key(|(class, _)| class.name());
    assert_eq!(settled, [(BreakClass::CopyForeign, false), (BreakClass::CopyUnbooked, false)]);
    for what in scenario.told_breaks() {
        assert_eq!(what.instrument, Some(InstrumentId(0)), "{what:?}");
    }
    assert!(!scenario.is_blocked());
    assert!(scenario.risk.is_in_doubt(Route::BROKER, AccountId(0), InstrumentId(1)));
}
