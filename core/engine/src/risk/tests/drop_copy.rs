//! R25: what a broker copies, in any order relative to what its order session tells.

mod fills;
mod lists;
mod orders;

use super::*;
use crate::risk::{COPIED_ORDERS_MAX, COPIES_MAX, NAMELESS_MAX};
use gauntlet_model::effect::BreakClass;
use gauntlet_model::ids::{AccountId, InstrumentId};
use proptest::prelude::*;

const WITHIN_SECONDS: u32 = 30;

fn copy_session(change: SessionChange) -> Input {
    let (route, detail) = (Route::BROKER, Text::EMPTY);
    Input::CopySession(CopySession { route, change, msg_seq_num: 1, reset: false, detail })
}

fn copy_terms(required: bool) -> Input {
    let within_seconds = WITHIN_SECONDS;
    Input::CopyTerms(CopyTerms { route: Route::BROKER, within_seconds, required })
}

/// A scenario whose broker copies its reports, with the copy's session up.
fn copied() -> (Scenario, Setup) {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(copy_terms(false));
    scenario.input(copy_session(SessionChange::LoggedOn));
    (scenario, setup)
}

/// The copy of a report.
fn copy_of(report: &ExecutionReport) -> CopiedReport {
    let names_fill = matches!(report.exec_type, ExecType::TradeCancel | ExecType::TradeCorrect);
    CopiedReport {
        route: report.route,
        msg_seq_num: 0,
        poss_dup: false,
        unusable_tag: 0,
        cl_ord_id: report.cl_ord_id,
        orig_cl_ord_id: report.orig_cl_ord_id,
        order_id: report.order_id,
        exec_id: report.exec_id,
        exec_ref_id: if names_fill { Text::new(report.text.as_str()) } else { Text::EMPTY },
        exec_type: report.exec_type,
        ord_status: report.ord_status,
        account: Some(AccountId(0)),
        instrument: report.instrument,
        symbol: Text::new("ESH4"),
        side: report.side,
        last_qty: report.last_qty,
        last_px: report.last_px,
        leaves_qty: report.leaves_qty,
        cum_qty: report.cum_qty,
        order_qty: report.order_qty,
        price: report.price,
        transact_time: report.transact_time,
    }
}

/// A fill of an order with an identity of its own.
fn fill_of(order: &OrderRequest, exec_id: &str, qty: u32, leaves_qty: u32) -> ExecutionReport {
    ExecutionReport { exec_id: Text::new(exec_id), ..filled(order, qty, leaves_qty) }
}

impl Scenario {
    fn copy_session(&mut self, report: &ExecutionReport) -> Vec<(BreakClass, bool)> {
        self.input(Input::Copied(copy_of(report)));
        self.shown()
    }

    fn order_session(&mut self, report: &ExecutionReport) -> Vec<(BreakClass, bool)> {
        self.input(Input::Execution(*report));
        self.shown()
    }

    /// Differences that came and went with the last input.
    fn shown(&self) -> Vec<(BreakClass, bool)> {
        let difference = |message: &ToOrders| match message {
            ToOrders::Effect(Effect::Break(what)) => Some((what.class, what.active)),
            _ => None,
        };
        self.out.iter().filter_map(difference).collect()
    }

    /// So many seconds and nanoseconds later a timer comes.
    fn later(&mut self, seconds: u32, ns: u64, setup: &Setup) -> Vec<(BreakClass, bool)> {
        self.now = self.now.plus(u64::from(seconds) * NANOS_PER_SECOND + ns);
        self.market(setup.view);
        self.input(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }));
        self.shown()
    }

    fn is_blocked(&self) -> bool {
        self.risk.is_in_doubt(Route::BROKER, AccountId(0), InstrumentId(0))
    }

    /// With what an opening is refused.
    fn opening(&mut self, target: i32) -> Option<RejectCode> {
        self.enter(target);
        self.rejected().map(|reject| reject.code)
    }

    fn settles_by_hand(&mut self) -> Vec<(BreakClass, bool)> {
        let (actor, reason) = (Text::new("ann"), Text::new("compared"));
        let settle = Correction {
            account: Some(AccountId(0)),
            instrument: Some(InstrumentId(0)),
            ..Correction::by_person(CorrectionKind::Settle, actor, reason)
        };
        self.input(Input::Correction(settle));
        self.shown()
    }
}

/// An order for one contract that was sent and acknowledged.
fn working(scenario: &mut Scenario) -> OrderRequest {
    scenario.enter(1);
    let order = scenario.only();
    scenario.acknowledge(&order);
    order
}

#[test]
fn a_fill_that_both_sessions_tell_alike_is_no_difference_whichever_tells_it_first() {
    for copy_first in [false, true] {
        let (mut scenario, setup) = copied();
        let order = working(&mut scenario);
        let fill = fill_of(&order, "E1", 1, 0);
        if copy_first {
            assert_eq!(scenario.copy_session(&fill), []);
        }
        assert_eq!(scenario.order_session(&fill), []);
        if !copy_first {
            assert_eq!(scenario.copy_session(&fill), []);
        }
        // Told again, once as sent before.
        assert_eq!(scenario.copy_session(&fill), []);
        scenario.input(Input::Copied(CopiedReport { poss_dup: true, ..copy_of(&fill) }));
        assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
        assert!(!scenario.is_blocked());
        assert_eq!(scenario.held(), 1, "a copy moves nothing");
    }
}

#[test]
fn a_fill_that_one_side_alone_tells_is_a_difference_after_its_time_and_until_the_other_comes() {
    for (copy_alone, class) in [(true, BreakClass::CopyUnbooked), (false, BreakClass::CopyMissing)]
    {
        let (mut scenario, setup) = copied();
        let order = working(&mut scenario);
        let fill = fill_of(&order, "E1", 1, 0);
        match copy_alone {
            true => scenario.copy_session(&fill),
            false => scenario.order_session(&fill),
        };
        assert_eq!(scenario.later(WITHIN_SECONDS, 0, &setup), [], "in time");
        assert!(!scenario.is_blocked());
        assert_eq!(scenario.later(0, 1, &setup), [(class, true)]);
        assert!(scenario.alerts().contains(&AlertKind::Break) && scenario.is_blocked());
        assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [], "told once");
        if !copy_alone {
            // An order that is not over yet says no by itself.
            assert_eq!(scenario.opening(2), Some(RejectCode::DropCopy));
        }
        let shown = match copy_alone {
            true => scenario.order_session(&fill),
            false => scenario.copy_session(&fill),
        };
        assert_eq!(shown, [(class, false)]);
        assert!(!scenario.is_blocked());
        assert_eq!(scenario.opening(2), None);
    }
}

#[test]
fn what_reduces_goes_on_while_the_copy_differs() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    scenario.order_session(&fill_of(&order, "E1", 1, 0));
    scenario.later(WITHIN_SECONDS, 1, &setup);
    assert_eq!(scenario.opening(2), Some(RejectCode::DropCopy));
    scenario.stop_out();
    assert_eq!(scenario.only().side, Side::Sell);
}

#[test]
fn a_patience_of_zero_is_none_and_a_run_without_a_copy_compares_nothing() {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(Input::CopyTerms(CopyTerms {
        route: Route::BROKER,
        within_seconds: 0,
        required: false,
    }));
    scenario.input(copy_session(SessionChange::LoggedOn));
    let order = working(&mut scenario);
    let fill = fill_of(&order, "E1", 1, 0);
    scenario.copy_session(&fill);
    assert_eq!(scenario.later(0, 1, &setup), [(BreakClass::CopyUnbooked, true)]);

    let (mut scenario, setup) = start(|_| {});
    let order = working(&mut scenario);
    scenario.order_session(&fill_of(&order, "E1", 1, 0));
    assert_eq!(scenario.later(100_000, 0, &setup), []);
    // The copy is configured later: it is not expected to tell what was before.
    scenario.input(copy_terms(false));
    scenario.input(copy_session(SessionChange::LoggedOn));
    assert_eq!(scenario.later(100, 0, &setup), []);
    // And if it does, that agrees.
    assert_eq!(scenario.copy_session(&fill_of(&order, "E1", 1, 0)), []);
    assert_eq!(scenario.later(100, 0, &setup), []);
}

#[test]
fn a_fill_that_is_told_otherwise_is_a_difference_at_once() {
    let other = |change: fn(&mut CopiedReport)| {
        let (mut scenario, _) = copied();
        let order = working(&mut scenario);
        let fill = fill_of(&order, "E1", 1, 0);
        scenario.order_session(&fill);
        let mut copy = copy_of(&fill);
        change(&mut copy);
        scenario.input(Input::Copied(copy));
        let shown = scenario.shown();
        assert!(scenario.is_blocked());
        // A second copy that agrees does not come; a person settles it, and nothing comes of it again.
        let settled: Vec<BreakClass> = scenario
            .settles_by_hand()
            .into_iter()
            .map(|(class, active)| {
                assert!(!active);
                class
            })
            .collect();
        assert_eq!(settled.len(), shown.len());
        assert!(!scenario.is_blocked());
        scenario.input(Input::Copied(CopiedReport { poss_dup: true, ..copy }));
        assert_eq!(scenario.shown(), []);
        shown
    };
    use BreakClass::{CopyPriceDiffers, CopyTermsDiffer};
    assert_eq!(other(|copy| copy.last_px.0 += 1), [(CopyPriceDiffers, true)]);
    assert_eq!(other(|copy| copy.last_qty = 2), [(CopyTermsDiffer, true)]);
    assert_eq!(other(|copy| copy.side = Side::Sell), [(CopyTermsDiffer, true)]);
    let elsewhere = other(|copy| (copy.instrument, copy.symbol) = (None, Text::new("NQH4")));
    assert_eq!(elsewhere, [(CopyTermsDiffer, true), (BreakClass::CopyUnbooked, true)]);
}

#[test]
fn a_fill_without_an_account_is_of_its_orders() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    let fill = fill_of(&order, "E1", 1, 0);
    scenario.input(Input::Copied(CopiedReport { account: None, ..copy_of(&fill) }));
    assert_eq!(scenario.order_session(&fill), []);
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
}

fn foreign(exec_type: ExecType, leaves_qty: u32, cum_qty: u32, last_qty: u32) -> CopiedReport {
    let status = match (leaves_qty, cum_qty) {
        (0, 0) => OrdStatus::Canceled,
        (0, _) => OrdStatus::Filled,
        _ => OrdStatus::New,
    };
    CopiedReport {
        route: Route::BROKER,
        msg_seq_num: 0,
        poss_dup: false,
        unusable_tag: 0,
        cl_ord_id: ClOrdId::NONE,
        orig_cl_ord_id: ClOrdId::NONE,
        order_id: Text::new("X1"),
        exec_id: Text::new("F1"),
        exec_ref_id: Text::EMPTY,
        exec_type,
        ord_status: status,
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        symbol: Text::new("ESH4"),
        side: Side::Buy,
        last_qty,
        last_px: ticks(20_000),
        leaves_qty,
        cum_qty,
        order_qty: 2,
        price: ticks(20_000),
        transact_time: IN_SESSION,
    }
}

#[test]
fn an_order_that_nobody_here_placed_blocks_its_place_until_it_is_over_unfilled() {
    let (mut scenario, _) = copied();
    scenario.input(Input::Copied(foreign(ExecType::New, 2, 0, 0)));
    assert_eq!(scenario.shown(), [(BreakClass::CopyForeign, true)]);
    assert_eq!(scenario.opening(1), Some(RejectCode::DropCopy));
    scenario.input(Input::Copied(foreign(ExecType::New, 2, 0, 0)));
    assert_eq!(scenario.shown(), [], "told again");
    scenario.input(Input::Copied(foreign(ExecType::Canceled, 0, 0, 0)));
    assert_eq!(scenario.shown(), [(BreakClass::CopyForeign, false)]);
    assert_eq!(scenario.opening(1), None);
}

#[test]
fn an_order_of_the_future_is_none_that_was_placed_here() {
    let (mut scenario, _) = copied();
    let id = ClOrdId::new(1_000_000, BOT, 0).expect("fits");
    let report = CopiedReport { cl_ord_id: id, ..foreign(ExecType::New, 2, 0, 0) };
    scenario.input(Input::Copied(report));
    assert_eq!(scenario.shown(), [(BreakClass::CopyForeign, true)]);
}

#[test]
fn what_a_foreign_order_filled_stays_until_it_is_settled_and_more_is_told_anew() {
    let (mut scenario, _) = copied();
    scenario.input(Input::Copied(foreign(ExecType::New, 2, 0, 0)));
    scenario.input(Input::Copied(foreign(ExecType::Trade, 1, 1, 1)));
    assert_eq!(scenario.shown(), [], "as many contracts work or are filled");
    assert_eq!(scenario.settles_by_hand(), [(BreakClass::CopyForeign, false)]);
    assert!(!scenario.is_blocked());
    scenario.input(Input::Copied(foreign(ExecType::Trade, 0, 2, 1)));
    assert_eq!(scenario.shown(), [(BreakClass::CopyForeign, true)]);
    assert!(scenario.is_blocked());
}

#[test]
fn an_account_that_is_none_of_ours_may_be_any_that_trades_there() {
    let (mut scenario, _) = copied();
    scenario
        .input(Input::Copied(CopiedReport { account: None, ..foreign(ExecType::New, 2, 0, 0) }));
    assert_eq!(scenario.opening(1), Some(RejectCode::DropCopy));
    // What nobody here trades is shown, and blocks nothing.
    let (mut scenario, _) = copied();
    scenario.input(Input::Copied(CopiedReport {
        instrument: None,
        symbol: Text::new("ZBH4"),
        ..foreign(ExecType::New, 2, 0, 0)
    }));
    assert_eq!(scenario.shown(), [(BreakClass::CopyForeign, true)]);
    assert_eq!(scenario.opening(1), None);
}

#[test]
fn busts_and_corrections_agree_when_both_sides_have_told_them_in_any_order() {
    for bust in [ExecType::TradeCancel, ExecType::TradeCorrect] {
        for copy_first in [false, true] {
            let (mut scenario, setup) = copied();
            let order = working(&mut scenario);
            let fill = fill_of(&order, "E1", 1, 0);
            scenario.order_session(&fill);
            scenario.copy_session(&fill);
            let report = ExecutionReport {
                exec_type: bust,
                exec_id: Text::new("E2"),
                text: Text::new("E1"),
                last_px: ticks(20_001),
                ..fill
            };
            let told_here = |scenario: &mut Scenario| {
                scenario.input(Input::Execution(report));
                let bookings: Vec<_> = scenario
                    .out
                    .iter()
                    .filter_map(|message| match message {
                        ToOrders::Effect(Effect::Booking(booking)) => Some(*booking),
                        _ => None,
                    })
                    .collect();
                for booking in bookings {
                    scenario.input(Input::Correction(Correction::of(&booking)));
                    assert_eq!(scenario.shown(), []);
                }
            };
            if copy_first {
                assert_eq!(scenario.copy_session(&report), []);
                told_here(&mut scenario);
            } else {
                told_here(&mut scenario);
                assert_eq!(scenario.copy_session(&report), []);
            }
            assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [], "{bust:?} {copy_first}");
            // The busted fill is told again: it does not come back.
            scenario.input(Input::Copied(CopiedReport { poss_dup: true, ..copy_of(&fill) }));
            assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
        }
    }
}

#[test]
fn a_bust_that_only_the_copy_tells_is_a_difference() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    let fill = fill_of(&order, "E1", 1, 0);
    scenario.order_session(&fill);
    scenario.copy_session(&fill);
    let bust = ExecutionReport {
        exec_type: ExecType::TradeCancel,
        exec_id: Text::new("E2"),
        text: Text::new("E1"),
        ..fill
    };
    assert_eq!(scenario.copy_session(&bust), []);
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [(BreakClass::CopyMissing, true)]);
}

#[test]
fn fills_that_are_booked_from_an_orders_status_are_those_that_the_copy_shows() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    let fill = fill_of(&order, "E1", 1, 0);
    let status = ExecutionReport {
        cum_qty: 1,
        last_px: fill.last_px,
        ..report(&order, ExecType::OrderStatus, OrdStatus::Filled)
    };
    for copy_first in [true, false] {
        let mut scenario = scenario.clone();
        if copy_first {
            scenario.copy_session(&fill);
        }
        scenario.input(Input::Execution(status));
        let booking = scenario.out.iter().find_map(|message| match message {
            ToOrders::Effect(Effect::Booking(booking)) => Some(*booking),
            _ => None,
        });
        let correction = Correction::of(&booking.expect("the fill is missing"));
        scenario.input(Input::Correction(correction));
        if !copy_first {
            assert_eq!(scenario.copy_session(&fill), []);
        }
        assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
    }
}

#[test]
fn a_position_that_a_person_adjusts_holds_what_the_copy_showed() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    scenario.copy_session(&fill_of(&order, "E1", 1, 0));
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), [(BreakClass::CopyUnbooked, true)]);
    let adjust = Correction {
        bot: Some(BOT),
        target: 1,
        price: ticks(20_000),
        ..Correction::by_person(CorrectionKind::Adjust, Text::new("ann"), Text::new("statement"))
    };
    scenario.input(Input::Correction(adjust));
    assert_eq!(scenario.shown(), [(BreakClass::CopyUnbooked, false)]);
}

#[test]
fn a_copy_that_was_away_for_hours_has_its_time_when_it_comes_back() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    scenario.input(copy_session(SessionChange::Disconnected));
    assert_eq!(scenario.alerts(), [AlertKind::DropCopy]);
    scenario.input(copy_session(SessionChange::Disconnected));
    assert_eq!(scenario.alerts(), [], "told once");
    let fill = fill_of(&order, "E1", 1, 0);
    scenario.order_session(&fill);
    assert_eq!(scenario.later(3 * 3_600, 0, &setup), []);
    scenario.input(copy_session(SessionChange::LoggedOn));
    assert_eq!(scenario.alerts(), [AlertKind::DropCopy]);
    assert_eq!(scenario.later(WITHIN_SECONDS, 0, &setup), []);
    let away = scenario.clone();
    scenario.input(Input::Copied(CopiedReport { poss_dup: true, ..copy_of(&fill) }));
    assert_eq!(scenario.later(1, 0, &setup), []);
    // The gap stays a gap.
    let mut scenario = away;
    assert_eq!(scenario.later(1, 0, &setup), [(BreakClass::CopyMissing, true)]);
}

#[test]
fn a_copy_that_is_required_and_down_stops_what_opens_and_nothing_else() {
    for (required, code) in [(false, None), (true, Some(RejectCode::DropCopy))] {
        let (mut scenario, _) = start(|_| {});
        scenario.input(copy_terms(required));
        assert_eq!(scenario.opening(1), code, "not logged on yet");
        scenario.input(copy_session(SessionChange::LoggedOn));
        assert_eq!(scenario.opening(2), None);
        let (mut scenario, _) = start_holding(1, |_| {});
        scenario.input(copy_terms(required));
        scenario.stop_out();
        assert_eq!(scenario.only().side, Side::Sell);
    }
}

#[test]
fn a_copy_that_never_logs_on_is_told_after_its_time() {
    let (mut scenario, setup) = start(|_| {});
    scenario.input(copy_terms(false));
    scenario.later(WITHIN_SECONDS, 0, &setup);
    assert_eq!(scenario.alerts(), []);
    scenario.later(1, 0, &setup);
    assert_eq!(scenario.alerts(), [AlertKind::DropCopy]);
}

#[test]
fn a_copy_that_cannot_be_read_blocks_what_it_may_be_about() {
    let (mut scenario, _) = copied();
    let order = working(&mut scenario);
    let bad = CopiedReport { unusable_tag: 32, ..copy_of(&fill_of(&order, "E1", 1, 0)) };
    scenario.input(Input::Copied(bad));
    assert_eq!(scenario.shown(), [(BreakClass::CopyUnreadable, true)]);
    assert!(scenario.is_blocked());
    assert_eq!(scenario.settles_by_hand(), [(BreakClass::CopyUnreadable, false)]);
    // Without a symbol or an order it may be about anything.
    let (mut scenario, _) = copied();
    scenario.input(Input::Copied(CopiedReport {
        unusable_tag: 55,
        account: None,
        instrument: None,
        symbol: Text::EMPTY,
        ..foreign(ExecType::Trade, 0, 1, 1)
    }));
    assert!(scenario.is_blocked());
}

#[test]
fn an_order_that_the_copy_shows_otherwise_is_a_difference_until_it_is_over() {
    let (mut scenario, setup) = copied();
    let order = scenario.enter_passively(1);
    scenario.acknowledge(&order);
    let new = report(&order, ExecType::New, OrdStatus::New);
    assert_eq!(scenario.copy_session(&new), []);
    let other = CopiedReport { order_qty: order.qty + 1, ..copy_of(&new) };
    scenario.input(Input::Copied(other));
    assert_eq!(scenario.shown(), [(BreakClass::CopyOrderDiffers, true)]);
    assert_eq!(scenario.copy_session(&new), [(BreakClass::CopyOrderDiffers, false)]);
    let price = order.price.offset_ticks(1, Price(250_000_000));
    scenario.input(Input::Copied(CopiedReport { price, ..copy_of(&new) }));
    assert_eq!(scenario.shown(), [(BreakClass::CopyOrderPrice, true)]);
    scenario.end(&order, 0);
    assert_eq!(scenario.later(1, 0, &setup), [(BreakClass::CopyOrderPrice, false)]);
}

#[test]
fn what_makes_room_while_it_differs_is_told_first_and_is_a_persons() {
    let (mut scenario, _) = copied();
    let order = working(&mut scenario);
    for nth in 0..COPIES_MAX {
        let shown = scenario.copy_session(&fill_of(&order, &format!("E{nth}"), 1, 0));
        assert_eq!(shown, []);
    }
    assert!(!scenario.is_blocked());
    assert_eq!(
        scenario.copy_session(&fill_of(&order, "one more", 1, 0)),
        [(BreakClass::CopyUnbooked, true)]
    );
    assert!(scenario.is_blocked());
    // Its report comes after all: it would not be found, so its place stays a person's.
    let shown = scenario.order_session(&fill_of(&order, "E0", 1, 0));
    assert_eq!(shown, [(BreakClass::CopyUnbooked, true)], "of the next that makes room");
    assert!(scenario.is_blocked());
    scenario.settles_by_hand();
    assert!(!scenario.is_blocked());
}

#[test]
fn fills_that_agree_make_room_silently() {
    let (mut scenario, setup) = copied();
    let order = working(&mut scenario);
    for nth in 0..COPIES_MAX + 10 {
        let fill = fill_of(&order, &format!("E{nth}"), 1, 0);
        scenario.copy_session(&fill);
        // As booked, whatever its order makes of so many.
        let taken = Correction {
            order: order.cl_ord_id,
            exec_id: fill.exec_id,
            bot: Some(BOT),
            side: fill.side,
            qty: 1,
            price: fill.last_px,
            ..Correction::by_person(CorrectionKind::Book, Text::new("ann"), Text::new("told"))
        };
        scenario.input(Input::Correction(taken));
        assert_eq!(scenario.shown(), []);
    }
    assert_eq!(scenario.later(WITHIN_SECONDS, 1, &setup), []);
}

#[test]
fn more_orders_of_others_than_can_be_followed_are_a_persons() {
    let (mut scenario, _) = copied();
    let of = |nth: usize, exec_type, leaves_qty| CopiedReport {
        order_id: Text::new(&format!("X{nth}")),
        ..foreign(exec_type, leaves_qty, 0, 0)
    };
    for nth in 0..=COPIED_ORDERS_MAX {
        scenario.input(Input::Copied(of(nth, ExecType::New, 1)));
    }
    assert!(scenario.alerts().contains(&AlertKind::TableFull));
    for nth in 0..=COPIED_ORDERS_MAX {
        scenario.input(Input::Copied(of(nth, ExecType::Canceled, 0)));
    }
    assert!(scenario.is_blocked(), "one was not followed");
    scenario.settles_by_hand();
    assert!(!scenario.is_blocked());
}

#[test]
fn more_fills_without_an_identity_than_can_wait_are_told_at_once() {
    let (mut scenario, _) = copied();
    let mut orders = Vec::new();
    for nth in 0..=NAMELESS_MAX as u64 {
        let id = ClOrdId::new(1, BOT, nth as u16).expect("fits");
        orders.push(id);
        let nameless = CopiedReport {
            cl_ord_id: id,
            exec_id: Text::new("0"),
            ..foreign(ExecType::Trade, 0, 1, 1)
        };
        scenario.input(Input::Copied(nameless));
        let shown = scenario.shown();
        match nth < NAMELESS_MAX as u64 {
            true => assert_eq!(shown, []),
            false => assert_eq!(shown, [(BreakClass::CopyUnbooked, true)]),
        }
    }
}

/// What a naive reader of both sessions would say: fills by identity, each held or not by each side.
#[derive(Clone, Copy, Debug)]
enum Step {
    Told(u8),
    Copied(u8),
    Later(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..12).prop_map(Step::Told),
        4 => (0u8..12).prop_map(Step::Copied),
        1 => (0u8..40).prop_map(Step::Later),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In whatever order both sides tell, repeat and fall silent: when time is up the place is blocked if
    /// and only if the two sets of fills differ.
    #[test]
    fn a_place_is_blocked_when_and_only_when_the_two_sides_fills_differ(
        steps in proptest::collection::vec(step(), 0..60)
    ) {
        let (mut scenario, setup) = copied();
        let order = working(&mut scenario);
        let (mut ours, mut theirs) = ([false; 12], [false; 12]);
        for step in steps {
            match step {
                Step::Told(nth) => {
                    let fill = fill_of(&order, &format!("E{nth}"), 1, 0);
                    // The chain's head counts each identity once.
                    if !std::mem::replace(&mut ours[usize::from(nth)], true) {
                        let booked = Correction {
                            order: order.cl_ord_id,
                            exec_id: fill.exec_id,
                            bot: Some(BOT),
                            side: fill.side,
                            qty: 1,
                            price: fill.last_px,
                            ..Correction::by_person(
                                CorrectionKind::Book, Text::new("ann"), Text::new("told"))
                        };
                        scenario.input(Input::Correction(booked));
                    }
                }
                Step::Copied(nth) => {
                    theirs[usize::from(nth)] = true;
                    scenario.copy_session(&fill_of(&order, &format!("E{nth}"), 1, 0));
                }
                Step::Later(seconds) => {
                    scenario.later(u32::from(seconds), 0, &setup);
                }
            }
        }
        scenario.later(WITHIN_SECONDS, 1, &setup);
        prop_assert_eq!(scenario.is_blocked(), ours != theirs);
    }
}
