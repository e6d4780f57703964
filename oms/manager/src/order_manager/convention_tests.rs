//! The cases that order managers are tested on, each by its name, where no other test has them: what
//! brokers do to fills, ends and identities.

use super::desk::{ManagerUnderTest, PX, fill, report, status};
use gauntlet_model::effect::{AlertKind, OrderState, OutboundKind};
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    Correction, CorrectionKind, ExecType, ExecutionReport, Input, InstrumentDefinition,
    InstrumentLimits, OrdStatus, Route, SessionChange, SessionEvent, UnusableReport,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, PRICE_SCALE, Price, Side};

fn correction(kind: CorrectionKind, order: ClOrdId, qty: u32, cum_qty: u32) -> Correction {
    Correction {
        by_broker: true,
        bot: Some(BotId(3)),
        order,
        newest: order,
        qty,
        price: PX,
        cum_qty,
        ..Correction::by_person(kind, Text::new("broker"), Text::EMPTY)
    }
}

impl ManagerUnderTest {
    fn correct(&mut self, correction: Correction) {
        self.input(Input::Correction(correction), true);
    }

    /// Defines what is traded, so that its sessions are known.
    pub(super) fn trade_es(&mut self) {
        self.input(
            Input::Instrument(InstrumentDefinition {
                instrument: InstrumentId(0),
                symbol: Text::new("ESZ3"),
                product: Text::new("ES"),
                feed: 0,
                tick: Price(PRICE_SCALE / 4),
                multiplier: Money(50_000_000),
                limits: InstrumentLimits::default(),
            }),
            false,
        );
        // Tuesday 14 November 2023, 22:13 UTC: in the break. An hour later the session is open.
        self.now = self.now.plus(3_600 * NANOS_PER_SECOND);
    }

    fn cum_qty(&self, order: ClOrdId) -> u32 {
        self.orders.find(order).expect("known").cum_qty()
    }
}

#[test]
fn duplicate_exec_id_counts_nothing_but_its_end_of_the_order_is_used() {
    for (ord_status, state) in [
        (OrdStatus::Canceled, OrderState::Canceled),
        (OrdStatus::Expired, OrderState::Expired),
        (OrdStatus::DoneForDay, OrderState::Expired),
        (OrdStatus::PartiallyFilled, OrderState::PartiallyFilled),
    ] {
        let mut desk = ManagerUnderTest::new();
        let order = desk.working(5);
        desk.fill(order, 2, 2);
        let again = ExecutionReport { ord_status, ..fill(order, 2, 2) };
        desk.input(Input::Execution(again), false);
        assert_eq!((desk.state(order), desk.cum_qty(order)), (state, 2));
    }
}

#[test]
fn duplicate_exec_id_that_counts_more_than_we_do_puts_the_order_in_doubt() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.input(Input::Execution(fill(order, 2, 2)), false);
    assert_eq!(desk.cum_qty(order), 0);
    desk.wait(5);
    assert_eq!(desk.asked(), [order]);
}

#[test]
fn a_fill_that_tells_the_end_of_its_order_ends_it() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let last = ExecutionReport { ord_status: OrdStatus::Canceled, ..fill(order, 2, 2) };
    desk.report(last);
    assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::Canceled, 2));
}

#[test]
fn a_report_of_another_side_or_symbol_counts_nothing_and_its_order_is_asked_about() {
    for wrong in [
        ExecutionReport { side: Side::Sell, ..fill(ClOrdId::NONE, 2, 2) },
        ExecutionReport { instrument: Some(InstrumentId(7)), ..fill(ClOrdId::NONE, 2, 2) },
    ] {
        let mut desk = ManagerUnderTest::new();
        let order = desk.working(5);
        desk.report(ExecutionReport { cl_ord_id: order, ..wrong });
        assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::Unknown, 0));
        assert_eq!((desk.alerts(), desk.asked()), (vec![AlertKind::UnexpectedReport], vec![order]));
        desk.report(status(order, OrdStatus::New, 0));
        assert_eq!(desk.state(order), OrderState::New);
    }
}

#[test]
fn a_fill_that_was_missed_is_booked_when_its_correction_comes_and_settles_the_order() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.report(status(order, OrdStatus::Filled, 5));
    assert_eq!(desk.state(order), OrderState::Unknown);
    desk.correct(correction(CorrectionKind::Book, order, 5, 5));
    let change = desk.changes()[0];
    assert_eq!((change.state, change.cum_qty, change.last_qty), (OrderState::Filled, 5, 5));
    assert_eq!(change.last_px, PX);
}

#[test]
fn bust_after_the_end_takes_the_fill_back_and_the_order_stays_ended() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 5, 5);
    let bust = report(order, ExecType::TradeCancel, OrdStatus::Canceled);
    desk.report(ExecutionReport { last_qty: 5, ..bust });
    assert_eq!((desk.alerts(), desk.cum_qty(order)), (vec![AlertKind::TradeBust], 5));
    desk.correct(correction(CorrectionKind::TakeBack, order, 5, 0));
    assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::Filled, 0));
    assert_eq!(desk.orders.live_len(), 0);
}

#[test]
fn bust_of_a_working_order_lets_it_fill_again_without_an_overfill() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.fill(order, 3, 3);
    let bust = report(order, ExecType::TradeCancel, OrdStatus::New);
    desk.report(ExecutionReport { last_qty: 3, ..bust });
    assert_eq!(desk.asked(), [order], "what is left of it is asked");
    desk.correct(correction(CorrectionKind::TakeBack, order, 3, 0));
    assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::New, 0));
    desk.report(status(order, OrdStatus::New, 0));
    desk.fill(order, 5, 5);
    assert_eq!((desk.state(order), desk.alerts()), (OrderState::Filled, vec![]));
}

#[test]
fn poss_dup_of_a_fill_that_may_have_been_counted_asks_instead_of_counting() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let report = ExecutionReport { poss_dup: true, ..fill(order, 2, 2) };
    desk.arrival(Input::Execution(report), false, false);
    assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::Unknown, 0));
    assert_eq!(desk.asked(), [order]);
}

#[test]
fn poss_resend_under_a_new_cl_ord_id_finds_its_order_by_the_one_before() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let unknown = ClOrdId(order.0 + 1);
    let resent = ExecutionReport {
        cl_ord_id: unknown,
        orig_cl_ord_id: order,
        poss_dup: true,
        ..fill(order, 2, 2)
    };
    desk.report(resent);
    assert_eq!(desk.cum_qty(order), 2);
}

#[test]
fn sequence_reset_and_logon_with_141_y_ask_about_live_orders_and_send_none_again() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.session(SessionChange::Disconnected);
    let reset = SessionEvent {
        route: Route::BROKER,
        change: SessionChange::LoggedOn,
        msg_seq_num: 1,
        reset: true,
        cl_ord_id: ClOrdId::NONE,
        detail: Text::EMPTY,
    };
    desk.input(Input::Session(reset), false);
    assert_eq!(
        desk.sent().iter().map(|r| r.kind).collect::<Vec<_>>(),
        [OutboundKind::StatusRequest]
    );
    assert_eq!(desk.asked(), [order]);
}

#[test]
fn gap_fill_over_fills_is_made_good_by_the_status_after_the_logon() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.session(SessionChange::Disconnected);
    desk.session(SessionChange::LoggedOn);
    desk.report(status(order, OrdStatus::PartiallyFilled, 2));
    assert_eq!(desk.state(order), OrderState::Unknown);
    desk.correct(correction(CorrectionKind::Book, order, 2, 2));
    assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::PartiallyFilled, 2));
}

#[test]
fn disconnect_with_and_without_cancel_on_disconnect_believes_the_status() {
    for (ord_status, state) in
        [(OrdStatus::Canceled, OrderState::Canceled), (OrdStatus::New, OrderState::New)]
    {
        let mut desk = ManagerUnderTest::new();
        let order = desk.working(5);
        desk.session(SessionChange::Disconnected);
        assert_eq!(desk.state(order), OrderState::Unknown);
        desk.session(SessionChange::LoggedOn);
        desk.report(status(order, ord_status, 0));
        assert_eq!(desk.state(order), state);
    }
}

#[test]
fn an_unusable_report_asks_about_its_order_and_one_on_no_order_is_told_to_people() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let unusable = |cl_ord_id| UnusableReport {
        route: Route::BROKER,
        msg_seq_num: 9,
        poss_dup: false,
        cl_ord_id,
        orig_cl_ord_id: ClOrdId::NONE,
        exec_id: Text::EMPTY,
        account: None,
        instrument: None,
        symbol: Text::new("NQZ6"),
        side: None,
        last_qty: 2,
        last_px: Price::NONE,
        cum_qty: 0,
        detail: Text::new("a report in NQZ6"),
    };
    desk.input(Input::Unusable(unusable(order)), false);
    assert_eq!((desk.state(order), desk.asked()), (OrderState::Unknown, vec![order]));
    desk.input(Input::Unusable(unusable(ClOrdId::NONE)), false);
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
}

#[test]
fn an_order_that_its_broker_forgot_is_written_off_and_one_that_works_is_not() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    let write_off = Correction {
        by_broker: false,
        reason: Text::new("gone"),
        ..correction(CorrectionKind::WriteOff, order, 0, 0)
    };
    desk.correct(write_off);
    assert_eq!(desk.state(order), OrderState::New);
    desk.report(status(order, OrdStatus::Rejected, 0));
    assert_eq!(desk.state(order), OrderState::Unknown);
    desk.correct(write_off);
    assert_eq!((desk.state(order), desk.orders.live_len()), (OrderState::Canceled, 0));
}

#[test]
fn an_enquiry_asks_about_every_live_order_of_a_broker() {
    let mut desk = ManagerUnderTest::new();
    let orders = [desk.working(5), desk.working(1)];
    let enquiry = correction(CorrectionKind::Enquire, ClOrdId::NONE, 0, 0);
    desk.correct(enquiry);
    assert_eq!(desk.asked(), orders);
    for order in orders {
        desk.report(status(order, OrdStatus::New, 0));
        assert_eq!(desk.state(order), OrderState::New);
    }
    desk.wait(120);
    assert!(desk.sent().is_empty());
}

const EXEC_TYPES: [(ExecType, &str); 17] = [
    // What an order of which two of five are filled becomes by the `OrdStatus` that comes along:
    // P partially filled, C cancelled, E expired, R rejected, U unknown and asked about. In the order
    // New, PartiallyFilled, Filled, DoneForDay, Canceled, PendingCancel, Stopped, Rejected, Suspended,
    // PendingNew, Expired, PendingReplace.
    (ExecType::New, "PPPECPPPPPEP"),
    (ExecType::DoneForDay, "EEEEEEEEEEEE"),
    (ExecType::Canceled, "CCCCCCCCCCCC"),
    (ExecType::Replaced, "PPPECPPPPPEP"),
    (ExecType::PendingCancel, "PPPECPPPPPEP"),
    (ExecType::Rejected, "RRRRRRRRRRRR"),
    (ExecType::PendingNew, "PPPPPPPPPPPP"),
    (ExecType::Expired, "EEEEEEEEEEEE"),
    (ExecType::PendingReplace, "PPPECPPPPPEP"),
    (ExecType::Trade, "PPPECPPPPPEP"),
    (ExecType::TradeCorrect, "PPPPPPPPPPPP"),
    (ExecType::TradeCancel, "PPPPPPPPPPPP"),
    (ExecType::OrderStatus, "PPUECPPUPPEP"),
    (ExecType::Restated, "PPPECPPRPPEP"),
    (ExecType::Suspended, "PPPECPPPPPEP"),
    (ExecType::Stopped, "PPPECPPPPPEP"),
    (ExecType::Triggered, "PPPECPPPPPEP"),
];

const ORD_STATUSES: [OrdStatus; 12] = [
    OrdStatus::New,
    OrdStatus::PartiallyFilled,
    OrdStatus::Filled,
    OrdStatus::DoneForDay,
    OrdStatus::Canceled,
    OrdStatus::PendingCancel,
    OrdStatus::Stopped,
    OrdStatus::Rejected,
    OrdStatus::Suspended,
    OrdStatus::PendingNew,
    OrdStatus::Expired,
    OrdStatus::PendingReplace,
];

#[test]
fn every_exec_type_with_every_ord_status_has_its_transition() {
    for (exec_type, row) in EXEC_TYPES {
        for (ord_status, expected) in ORD_STATUSES.into_iter().zip(row.chars()) {
            let mut desk = ManagerUnderTest::new();
            let order = desk.working(5);
            desk.fill(order, 2, 2);
            let trades = u32::from(exec_type == ExecType::Trade);
            desk.report(ExecutionReport {
                last_qty: trades,
                last_px: PX,
                cum_qty: 2 + trades,
                ..report(order, exec_type, ord_status)
            });
            let state = match expected {
                'P' => OrderState::PartiallyFilled,
                'C' => OrderState::Canceled,
                'E' => OrderState::Expired,
                'R' => OrderState::Rejected,
                'U' => OrderState::Unknown,
                other => panic!("{other} is no state"),
            };
            assert_eq!(desk.state(order), state, "{exec_type:?} {ord_status:?}");
            assert_eq!(desk.cum_qty(order), 2 + trades, "{exec_type:?} {ord_status:?}");
        }
    }
}

#[test]
fn a_pending_cancel_precedes_a_pending_replace_and_both_precede_fills() {
    let mut desk = ManagerUnderTest::new();
    let order = desk.working(5);
    desk.replace(order, 8, PX);
    desk.fill(order, 1, 1);
    assert_eq!(desk.state(order), OrderState::PendingReplace);
    let cancel = desk.cancel(order);
    desk.fill(order, 1, 2);
    assert_eq!(desk.state(order), OrderState::PendingCancel);
    desk.refuse_request(cancel, 3, OrdStatus::PendingReplace);
    assert_eq!(desk.state(order), OrderState::PendingReplace);
}

#[test]
fn a_day_order_whose_session_ended_while_the_broker_could_not_be_asked_waits_for_its_word() {
    let mut desk = ManagerUnderTest::new();
    desk.trade_es();
    let order = desk.working(5);
    desk.session(SessionChange::Disconnected);
    desk.now = desk.now.plus(25 * 3_600 * NANOS_PER_SECOND);
    desk.wait(120);
    assert_eq!(desk.state(order), OrderState::Unknown, "nobody could say so");
    desk.session(SessionChange::LoggedOn);
    desk.wait(30);
    assert_eq!(desk.state(order), OrderState::Unknown, "it is asked about");
    desk.report(status(order, OrdStatus::Filled, 5));
    desk.correct(correction(CorrectionKind::Book, order, 5, 5));
    assert_eq!((desk.state(order), desk.cum_qty(order)), (OrderState::Filled, 5));
}

#[test]
fn a_day_order_ends_with_its_session_when_its_broker_is_silent() {
    let mut desk = ManagerUnderTest::new();
    desk.trade_es();
    let order = desk.working(5);
    desk.now = desk.now.plus(25 * 3_600 * NANOS_PER_SECOND);
    desk.wait(1);
    assert_eq!((desk.state(order), desk.orders.live_len()), (OrderState::Expired, 0));
    assert_eq!(desk.alerts(), [AlertKind::UnexpectedReport]);
    desk.fill(order, 1, 1);
    assert_eq!(desk.cum_qty(order), 1, "a late fill is a fact");
}
