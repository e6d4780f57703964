//! R26: an account's cash, by its broker and by us.

use super::*;
use crate::risk::ENQUIRY_WITHIN_NS;
use gauntlet_model::effect::{BreakClass, Enquired, Enquiry, EnquiryOutcome};
use gauntlet_model::ids::AccountId;
use gauntlet_model::units::{Money, UnixNanos};

const DOLLAR: i64 = 1_000_000;
const START: Money = Money(50_000 * DOLLAR);

fn cash_terms(rule: CashRule, start: Option<Money>, tolerance: Money) -> Input {
    Input::CashTerms(CashTerms { account: AccountId(0), rule, start, tolerance })
}

/// A scenario whose broker is asked for cash after its logon, and the question.
fn asked(rule: CashRule, start_with: Option<Money>) -> (Scenario, Setup, Option<Enquiry>) {
    let (mut scenario, setup) = start(|setup| setup.logged_on = false);
    scenario.input(cash_terms(rule, start_with, Money(DOLLAR)));
    scenario.session(SessionChange::LoggedOn);
    let question = scenario.cash_question();
    (scenario, setup, question)
}

impl Scenario {
    fn cash_question(&self) -> Option<Enquiry> {
        let questions: Vec<Enquiry> = self
            .out
            .iter()
            .filter_map(|message| match message {
                ToOrders::Effect(Effect::Enquiry(enquiry)) if enquiry.what == Enquired::Cash => {
                    Some(*enquiry)
                }
                _ => None,
            })
            .collect();
        assert!(questions.len() <= 1, "{questions:?}");
        questions.first().copied()
    }

    /// The broker answers; gives how the question ended.
    fn tells_cash(&mut self, question: &Enquiry, cash: Money) -> EnquiryOutcome {
        self.input(Input::Balance(BrokerBalance {
            route: Route::BROKER,
            enquiry: question.id,
            msg_seq_num: 1,
            account: Some(AccountId(0)),
            cash,
            currency: Text::new("USD"),
        }));
        self.cash_outcome().expect("the question ends")
    }

    fn cash_outcome(&self) -> Option<EnquiryOutcome> {
        self.out.iter().find_map(|message| match message {
            ToOrders::Effect(Effect::EnquiryEnded(ended)) if ended.what == Enquired::Cash => {
                Some(ended.outcome)
            }
            _ => None,
        })
    }

    fn cash_breaks(&self) -> Vec<(bool, i64, i64)> {
        let of = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Break(what)) if what.class == BreakClass::CashDiffers => {
                Some((what.active, what.ours, what.theirs))
            }
            _ => None,
        };
        self.out.iter().filter_map(of).collect()
    }

    fn asks_for_cash(&mut self) -> Enquiry {
        let (actor, reason) = (Text::new("ann"), Text::new("a look"));
        let enquire = Correction::by_person(CorrectionKind::Enquire, actor, reason);
        self.input(Input::Correction(enquire));
        self.cash_question().expect("asked on demand")
    }

    fn entry(&mut self) -> Option<RejectCode> {
        self.enter(1);
        self.rejected().map(|reject| reject.code)
    }

    fn passes_to(&mut self, at: UnixNanos, setup: &Setup) {
        self.now = at;
        self.market(setup.view);
        self.input(Input::Timer(Timer { second: at.0 / NANOS_PER_SECOND }));
    }
}

fn more(cash: Money, by: i64) -> Money {
    Money(cash.0 + by)
}

#[test]
fn a_run_that_says_nothing_of_cash_and_one_that_is_not_to_be_compared_asks_nobody() {
    let (scenario, _) = start(|_| {});
    assert_eq!(scenario.cash_question(), None);
    let (_, _, question) = asked(CashRule::Off, None);
    assert_eq!(question, None);
}

#[test]
fn cash_may_differ_by_its_tolerance_and_no_more() {
    for (apart, differs) in
        [(0, false), (DOLLAR, false), (-DOLLAR, false), (DOLLAR + 1, true), (-DOLLAR - 1, true)]
    {
        for rule in [CashRule::Warn, CashRule::Block] {
            let (mut scenario, _, question) = asked(rule, Some(START));
            let question = question.expect("asked after the logon");
            let outcome = scenario.tells_cash(&question, more(START, apart));
            let wanted = if differs { EnquiryOutcome::Differs } else { EnquiryOutcome::Agrees };
            assert_eq!(outcome, wanted, "{apart}");
            let told = (scenario.cash_breaks().len(), scenario.alerts().len());
            assert_eq!(told, if differs { (1, 1) } else { (0, 0) });
            let code = (differs && rule == CashRule::Block).then_some(RejectCode::CashDiffers);
            assert_eq!(scenario.entry(), code, "{apart} {rule:?}");
        }
    }
}

#[test]
fn what_was_taken_and_what_it_cost_is_counted_and_what_is_open_is_not() {
    let (mut scenario, _, question) = asked(CashRule::Warn, None);
    // What the broker says first is where we begin.
    let question = question.expect("asked after the logon");
    assert_eq!(scenario.tells_cash(&question, START), EnquiryOutcome::Agrees);
    let each = 3 * DOLLAR;
    let limits = RiskLimits {
        scope: Scope::Account(AccountId(0)),
        commission: Money(each),
        ..Setup::new().layers().account
    };
    scenario.input(Input::RiskLimits(limits));
    scenario.enter(2);
    let order = scenario.only();
    scenario.fill(&order, 2, 0);
    let question = scenario.asks_for_cash();
    let open = more(START, -2 * each);
    assert_eq!(scenario.tells_cash(&question, open), EnquiryOutcome::Agrees);
    scenario.stop_out();
    let out = scenario.only();
    let lower = ExecutionReport { last_px: ticks(19_996), ..filled(&out, 2, 0) };
    scenario.input(Input::Execution(lower));
    // Two contracts, so many ticks of 12.50 dollars.
    let lost = order.price.0 - ticks(19_996).0;
    let lost = 2 * lost / 250_000_000 * 12_500_000;
    let question = scenario.asks_for_cash();
    let closed = more(START, -4 * each - lost);
    assert_eq!(scenario.tells_cash(&question, closed), EnquiryOutcome::Agrees);
    let question = scenario.asks_for_cash();
    assert_eq!(scenario.tells_cash(&question, more(closed, 2 * DOLLAR)), EnquiryOutcome::Differs);
}

#[test]
fn what_is_taken_back_or_corrected_is_as_if_it_had_been_so_from_the_beginning() {
    let (mut scenario, _, question) = asked(CashRule::Block, Some(START));
    scenario.tells_cash(&question.expect("asked after the logon"), START);
    let each = 3 * DOLLAR;
    let account = Setup::new().layers().account;
    scenario.input(Input::RiskLimits(RiskLimits { commission: Money(each), ..account }));
    let agrees = |scenario: &mut Scenario, cash: i64| {
        let question = scenario.asks_for_cash();
        assert_eq!(scenario.tells_cash(&question, more(START, cash)), EnquiryOutcome::Agrees);
        let question = scenario.asks_for_cash();
        // The tolerance is one dollar, and three are less than any of the steps here.
        let apart = more(START, cash + each);
        assert_eq!(scenario.tells_cash(&question, apart), EnquiryOutcome::Differs, "{cash}");
    };
    let named = |report: ExecutionReport, id| ExecutionReport { exec_id: Text::new(id), ..report };
    let of = |report: ExecutionReport, named: &str| ExecutionReport {
        text: Text::new(named),
        exec_id: Text::new("B"),
        ..report
    };
    scenario.enter(2);
    let entry = scenario.only();
    scenario.input(Input::Execution(named(filled(&entry, 2, 0), "E1")));
    agrees(&mut scenario, -2 * each);
    scenario.stop_out();
    let exit = scenario.only();
    let below = |by: i64| Price(entry.price.0 - ticks(by).0);
    let at = |px, qty| ExecutionReport { last_px: px, ..filled(&exit, qty, 2 - qty) };
    // A tick of a contract is 12.50 dollars.
    let lost = |ticks: i64, contracts: i64| contracts * ticks * 12_500_000;
    scenario.input(Input::Execution(named(at(below(4), 2), "E2")));
    agrees(&mut scenario, -4 * each - lost(4, 2));
    // The broker had it one tick better.
    let correct = report(&exit, ExecType::TradeCorrect, OrdStatus::Filled);
    let correct = ExecutionReport { last_qty: 2, last_px: below(3), cum_qty: 2, ..correct };
    scenario.input(Input::Execution(of(correct, "E2")));
    let (booked, again) = both_bookings(&scenario);
    scenario.input(booked);
    scenario.input(again);
    agrees(&mut scenario, -4 * each - lost(3, 2));
    // And takes it back after all.
    let bust = report(&exit, ExecType::TradeCancel, OrdStatus::Canceled);
    scenario.input(Input::Execution(named(of(bust, "B"), "B2")));
    scenario.book();
    assert_eq!(scenario.held(), 2);
    agrees(&mut scenario, -2 * each);
    let bust = report(&entry, ExecType::TradeCancel, OrdStatus::Canceled);
    scenario.input(Input::Execution(named(of(bust, "E1"), "B3")));
    scenario.book();
    assert_eq!(scenario.held(), 0);
    agrees(&mut scenario, 0);
}

/// What a correction by the broker makes the platform book: that its fill is taken back, and what it is instead.
fn both_bookings(scenario: &Scenario) -> (Input, Input) {
    let mut booked = scenario.out.iter().filter_map(|message| match message {
        ToOrders::Effect(Effect::Booking(booking)) => {
            Some(Input::Correction(Correction::of(booking)))
        }
        _ => None,
    });
    (booked.next().expect("taken back"), booked.next().expect("booked anew"))
}

#[test]
fn a_difference_is_told_once_and_settled_by_an_answer_that_agrees() {
    let (mut scenario, _, question) = asked(CashRule::Block, Some(START));
    let question = question.expect("asked after the logon");
    scenario.tells_cash(&question, more(START, -100 * DOLLAR));
    let question = scenario.asks_for_cash();
    scenario.tells_cash(&question, more(START, -90 * DOLLAR));
    assert_eq!(scenario.alerts(), [], "a person knows");
    let theirs = START.0 - 90 * DOLLAR;
    assert_eq!(scenario.cash_breaks(), [(true, START.0, theirs)], "with its newest numbers");
    let question = scenario.asks_for_cash();
    scenario.tells_cash(&question, START);
    assert_eq!(scenario.cash_breaks(), [(false, START.0, START.0)]);
    assert_eq!(scenario.entry(), None);
}

#[test]
fn a_person_takes_the_brokers_word_and_what_reduces_never_waited_for_it() {
    let (mut scenario, _, question) = asked(CashRule::Block, Some(START));
    scenario.enter(1);
    let order = scenario.only();
    scenario.fill(&order, 1, 0);
    let paid_out = more(START, -1_000 * DOLLAR);
    scenario.tells_cash(&question.expect("asked after the logon"), paid_out);
    scenario.enter(2);
    assert_eq!(scenario.rejected().map(|of| of.code), Some(RejectCode::CashDiffers));
    let settle = Correction {
        account: Some(AccountId(0)),
        ..Correction::by_person(CorrectionKind::Settle, Text::new("ann"), Text::new("paid out"))
    };
    scenario.input(Input::Correction(settle));
    assert_eq!(scenario.cash_breaks().first().map(|of| of.0), Some(false));
    let question = scenario.cash_question().expect("it is asked again");
    assert_eq!(scenario.tells_cash(&question, paid_out), EnquiryOutcome::Agrees);
    // There is nothing more to settle.
    scenario.input(Input::Correction(settle));
    assert_eq!(scenario.alerts(), [AlertKind::CommandRefused]);

    let (mut scenario, _, question) = asked(CashRule::Block, Some(START));
    scenario.enter(1);
    let order = scenario.only();
    scenario.fill(&order, 1, 0);
    scenario.tells_cash(&question.expect("asked"), paid_out);
    scenario.stop_out();
    assert_eq!(scenario.only().side, Side::Sell);
}

#[test]
fn a_broker_that_does_not_tell_its_cash_stops_nothing_and_is_told_of_once() {
    let (mut scenario, setup, question) = asked(CashRule::Block, Some(START));
    assert!(question.is_some());
    let late = scenario.now.plus(ENQUIRY_WITHIN_NS);
    scenario.input(Input::BrokerTerms(BrokerTerms {
        route: Route::BROKER,
        reconcile: Reconcile::Off,
        every_seconds: 0,
        on_disconnect: None,
    }));
    scenario.passes_to(late, &setup);
    assert_eq!(scenario.cash_outcome(), Some(EnquiryOutcome::Silent));
    assert_eq!(scenario.alerts(), [AlertKind::Break]);
    let question = scenario.asks_for_cash();
    scenario.input(Input::EnquiryAnswer(EnquiryAnswer {
        route: Route::BROKER,
        enquiry: question.id,
        msg_seq_num: 3,
        what: Enquired::Cash,
        refused: true,
        total: 0,
        detail: Text::new("not served"),
    }));
    assert_eq!(scenario.cash_outcome(), Some(EnquiryOutcome::Refused));
    assert_eq!(scenario.alerts(), []);
    assert_eq!(scenario.entry(), None);
}

#[test]
fn a_broker_is_asked_when_a_trading_day_ends() {
    let (mut scenario, setup, question) = asked(CashRule::Warn, Some(START));
    scenario.tells_cash(&question.expect("asked"), START);
    scenario.passes_to(scenario.now.plus(NANOS_PER_SECOND), &setup);
    assert_eq!(scenario.cash_question(), None);
    // The scenario's day is a Wednesday of winter: it ends at 22:00 UTC.
    let day = 86_400 * NANOS_PER_SECOND;
    let ends = UnixNanos(scenario.now.0 / day * day + 22 * 3_600 * NANOS_PER_SECOND);
    scenario.passes_to(UnixNanos(ends.0 - NANOS_PER_SECOND), &setup);
    assert_eq!(scenario.cash_question(), None);
    scenario.passes_to(ends, &setup);
    assert!(scenario.cash_question().is_some());
    scenario.passes_to(ends.plus(NANOS_PER_SECOND), &setup);
    assert_eq!(scenario.cash_question(), None, "once a day");
}

#[test]
fn positions_of_two_bots_count_as_their_broker_nets_them() {
    let mut risk = crate::risk::cash::Cash::new();
    let place = crate::risk::exposure::Place {
        route: Route::BROKER,
        account: AccountId(0),
        instrument: gauntlet_model::ids::InstrumentId(0),
    };
    let multiplier = Money(50_000_000);
    // One bot buys, another sells higher: the broker has no position and a profit.
    risk.fill(place, (Side::Buy, 1, ticks(20_000)), multiplier, 0);
    risk.fill(place, (Side::Sell, 1, ticks(20_004)), multiplier, 0);
    assert_eq!(risk.made(Route::BROKER, AccountId(0)), 50 * DOLLAR);
    // A fill is taken back at its own price, and its fees: what it took is in what is open then.
    risk.fill(place, (Side::Buy, 1, ticks(20_004)), multiplier, -2 * DOLLAR);
    assert_eq!(risk.made(Route::BROKER, AccountId(0)), 52 * DOLLAR);
    risk.fill(place, (Side::Sell, 1, ticks(20_000)), multiplier, 0);
    assert_eq!(risk.made(Route::BROKER, AccountId(0)), 2 * DOLLAR);
    assert_eq!(risk.made(Route::broker(1).expect("two"), AccountId(0)), 0);
}

#[test]
fn an_answer_says_whether_it_showed_a_difference() {
    for (more, breaks) in [(0, 0), (1, 0), (2, 1)] {
        let (mut scenario, _, question) = asked(CashRule::Warn, Some(START));
        let question = question.expect("it is asked");
        scenario.tells_cash(&question, Money(START.0 + more * DOLLAR));
        let told = scenario.out.iter().find_map(|message| match message {
            ToOrders::Effect(Effect::EnquiryEnded(ended)) => Some(ended.breaks),
            _ => None,
        });
        assert_eq!(told, Some(breaks), "{more} dollars");
    }
}

#[test]
fn what_an_account_made_is_none_of_anothers() {
    let (mut scenario, setup) = start_holding(2, |_| {});
    let account = AccountId(1);
    scenario.input(Input::Account(AccountDefinition { account, ..setup.account }));
    scenario.stop_out();
    let exit = scenario.only();
    let sold = ExecutionReport { last_px: ticks(20_004), ..filled(&exit, 2, 0) };
    scenario.input(Input::Execution(sold));
    let made = |of| scenario.risk.cash.made(Route::BROKER, of);
    assert_eq!((made(AccountId(0)), made(account)), (100 * DOLLAR, 0));
}
