//! What an order is told: by its broker, by the session layer, by time. Each of these is a whole
//! step: facts change and conclusions are drawn.

use super::{NEVER, Order, StreamPoint};
use crate::effect::{AlertKind, OrderState};
use crate::ids::ClOrdId;
use crate::input::{BotDefinition, CancelReject, ExecType, ExecutionReport, OrdStatus};
use crate::units::NANOS_PER_SECOND;

/// FIX `CxlRejReason` (tag 102): too late, the order is done.
pub const TOO_LATE_TO_CANCEL: u16 = 0;
/// FIX `CxlRejReason` (tag 102): the broker does not know the order.
const UNKNOWN_ORDER: u16 = 1;

/// How long after the end of its session an order for the day is given for its broker to say so.
pub const SESSION_END_GRACE_NS: u64 = 60 * NANOS_PER_SECOND;

/// How often every live order of a broker is asked about although nothing is amiss, in seconds of the
/// stream's clock: what was lost without a trace is found then.
pub const ENQUIRE_EVERY_SECONDS: u64 = 1_800;

/// What a person should be told after a step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A fill was busted or corrected.
    Busted,
    /// More was filled than was ordered.
    Overfilled,
    /// A fill came after the end.
    FilledLate,
    /// A report that does not fit the final state that the order is in.
    ReportAfterEnd,
    /// The broker refused the order, or a request about it.
    Refused,
    /// The broker suspended or stopped the order.
    Suspended,
    /// It ended with more filled than was received.
    EndedShort,
    /// The broker counts more filled than was received.
    MissesFills,
    /// The broker counts less filled than was received.
    CountsLess,
    /// The broker never received the order.
    NeverReceived,
    /// The broker does not know an order that it had acknowledged.
    Disowned,
    /// No answer came in time.
    Unanswered,
    /// Fills that the broker counts did not come in time.
    FillsOverdue,
    /// A report's side or symbol is not the order's.
    Disagrees,
    /// It ended with its session, by the calendar: the broker did not say so.
    EndedByCalendar,
}

impl Remark {
    /// The kind of alert that it is.
    pub fn kind(self) -> AlertKind {
        match self {
            Remark::Busted => AlertKind::TradeBust,
            Remark::Overfilled => AlertKind::Overfill,
            Remark::Refused | Remark::NeverReceived => AlertKind::BrokerReject,
            Remark::Unanswered => AlertKind::NoAcknowledgement,
            Remark::FilledLate
            | Remark::ReportAfterEnd
            | Remark::Suspended
            | Remark::EndedShort
            | Remark::MissesFills
            | Remark::CountsLess
            | Remark::Disowned
            | Remark::FillsOverdue
            | Remark::Disagrees
            | Remark::EndedByCalendar => AlertKind::UnexpectedReport,
        }
    }

    /// It in words.
    pub fn text(self) -> &'static str {
        match self {
            Remark::Busted => "a fill was busted or corrected: compare positions with the broker",
            Remark::Overfilled => "filled more than was ordered",
            Remark::FilledLate => "fill of an order that had ended; it is counted",
            Remark::ReportAfterEnd => "report on an order that had ended; its state is kept",
            Remark::Refused => "refused by the broker without a reason",
            Remark::Suspended => "the broker suspended or stopped the order",
            Remark::EndedShort => "ended with more filled than was received",
            Remark::MissesFills => "the broker counts more filled than was received",
            Remark::CountsLess => "the broker counts less filled than was received",
            Remark::NeverReceived => "the broker never received the order",
            Remark::Disowned => "the broker does not know an order that it had acknowledged",
            Remark::Unanswered => "no answer from the broker in time",
            Remark::FillsOverdue => "the broker counts fills that did not come",
            Remark::Disagrees => "the report's side or symbol is not the order's; not counted",
            Remark::EndedByCalendar => {
                "ended with its session by the calendar; the broker is silent"
            }
        }
    }
}

/// What a person should be told after an execution report, in order.
pub type Remarks = [Option<Remark>; 2];

const NOTHING: Remarks = [None, None];

/// Whether a report says anything new; `fresh` says that it was not seen before. Answers to status
/// requests are not told apart by that, since they may all carry the same `ExecID` (CME sends `0`).
/// One that is sent again, after the session was lost, speaks of the past: the logon asks anew.
pub fn is_news(report: &ExecutionReport, fresh: bool) -> bool {
    match report.exec_type {
        ExecType::OrderStatus => !report.poss_dup,
        _ => fresh,
    }
}

/// Whether a fill may have been counted before or not, and nobody can tell: `fresh` says that it was not
/// seen before and `owned` that it is a bot's, as the chain's head decided.
pub fn may_be_counted(report: &ExecutionReport, fresh: bool, owned: bool) -> bool {
    report.exec_type == ExecType::Trade && report.poss_dup && !fresh && !owned
}

/// Whether a report says that its order works, beyond doubt: only a status or a restatement does,
/// anything else may be a late report.
pub fn says_working(report: &ExecutionReport, fresh: bool) -> bool {
    let tells = matches!(report.exec_type, ExecType::OrderStatus | ExecType::Restated);
    let works = matches!(
        report.ord_status,
        OrdStatus::New | OrdStatus::PartiallyFilled | OrdStatus::Suspended
    );
    tells && works && report.leaves_qty > 0 && is_news(report, fresh)
}

/// Whether an execution can be of a bot that is defined so: in its instrument, and by its route. A
/// report that does not say in what it traded is believed to be of the order that it names.
pub fn is_of(definition: &BotDefinition, report: &ExecutionReport) -> bool {
    report.instrument.is_none_or(|of| of == definition.instrument)
        && report.route == definition.route()
}

/// Whether a refusal to cancel or replace says that the order is gone, or never was.
pub fn says_gone(reject: &CancelReject) -> bool {
    let gone = matches!(
        reject.ord_status,
        OrdStatus::Filled
            | OrdStatus::DoneForDay
            | OrdStatus::Canceled
            | OrdStatus::Rejected
            | OrdStatus::Expired
    );
    gone || reject.reason == UNKNOWN_ORDER
}

impl Order {
    /// An execution report on it. `fresh` says that it was not seen before.
    pub fn on_execution(
        &mut self,
        report: &ExecutionReport,
        fresh: bool,
        moment: StreamPoint,
    ) -> Remarks {
        if !self.agrees_with(report) {
            return self.on_disagreement(report, fresh, moment);
        }
        if !is_news(report, fresh) {
            if report.exec_type == ExecType::Trade {
                self.on_duplicate(report, moment);
            }
            return NOTHING;
        }
        let remarks = match report.exec_type {
            ExecType::Trade => self.on_fill(report, moment),
            ExecType::TradeCancel | ExecType::TradeCorrect => self.on_bust(moment),
            _ if self.is_final() => [self.on_report_after_end(report, fresh), None],
            ExecType::OrderStatus => [self.on_status(report, moment), None],
            ExecType::Rejected => self.on_rejected(report),
            _ => [self.on_progress(report, moment), None],
        };
        self.settle(moment);
        remarks
    }

    /// What says of itself that it is of another side or instrument: nothing of it is believed, and the
    /// broker is asked.
    fn on_disagreement(
        &mut self,
        report: &ExecutionReport,
        fresh: bool,
        moment: StreamPoint,
    ) -> Remarks {
        if !is_news(report, fresh) {
            return NOTHING;
        }
        if !self.is_final() {
            self.doubt();
            // An answer that disagrees must not be the next question's cause.
            if report.exec_type != ExecType::OrderStatus {
                self.want_answer(0, moment);
            }
            self.settle(moment);
        }
        [Some(Remark::Disagrees), None]
    }

    /// A fill that was seen before: it counts no contracts again, but what it says of all of them, and
    /// of the order's end, is as true as before.
    fn on_duplicate(&mut self, report: &ExecutionReport, moment: StreamPoint) {
        if self.is_final() {
            return;
        }
        self.note_reported(report.cum_qty);
        self.end_as_told(report);
        self.settle(moment);
    }

    /// A fill may tell the order's end along with itself.
    fn end_as_told(&mut self, report: &ExecutionReport) {
        if let Some(told) = outcome_of(report).filter(|_| report.leaves_qty == 0) {
            self.confirm(report.cl_ord_id);
            self.end(told);
        }
    }

    /// A fill of it was busted or corrected. What that comes to is booked apart; what is left of the
    /// order is asked.
    fn on_bust(&mut self, moment: StreamPoint) -> Remarks {
        if !self.is_final() {
            self.want_answer(0, moment);
        }
        [Some(Remark::Busted), None]
    }

    /// Counts a fill. One without a price is worth nothing that could be counted: it is known to be
    /// missing, and the broker is asked at what price it was.
    fn on_fill(&mut self, report: &ExecutionReport, moment: StreamPoint) -> Remarks {
        if report.last_qty > 0 && !report.last_px.is_some() && !self.is_final() {
            self.acknowledge();
            self.note_reported(report.cum_qty.max(self.cum_qty.saturating_add(report.last_qty)));
            self.want_answer(0, moment);
            return [Some(Remark::MissesFills), None];
        }
        let late = self.is_final();
        let overfilled = self.fill(report.last_qty, report.last_px);
        if !late {
            self.acknowledge();
            self.note_reported(report.cum_qty);
            self.end_as_told(report);
            self.resolve();
        }
        [overfilled.then_some(Remark::Overfilled), late.then_some(Remark::FilledLate)]
    }

    /// Reports that move an order along without counting fills.
    fn on_progress(&mut self, report: &ExecutionReport, moment: StreamPoint) -> Option<Remark> {
        self.note_reported(report.cum_qty);
        if report.exec_type == ExecType::PendingNew {
            self.receive(moment.now);
            return None;
        }
        self.acknowledge();
        match report.exec_type {
            ExecType::PendingCancel | ExecType::PendingReplace => self.extend_answer(moment.now),
            ExecType::Replaced => {
                let terms_known = self.replaced(report.cl_ord_id, report.order_qty, report.price);
                if !terms_known {
                    self.want_answer(0, moment);
                }
            }
            ExecType::Restated => self.adopt_terms(report.order_qty, report.price),
            _ => {}
        }
        let outcome = outcome_of(report);
        if let Some(outcome) = outcome {
            self.confirm(report.cl_ord_id);
            self.end(outcome);
        }
        self.resolve();
        match report.exec_type {
            ExecType::Suspended | ExecType::Stopped => Some(Remark::Suspended),
            _ if outcome.is_some() && !self.is_final() => self.once(Remark::EndedShort),
            _ => None,
        }
    }

    /// The broker refused the order. Some refuse a replace in this way too: then the order works on
    /// as it was, also if the replace had been given up before.
    fn on_rejected(&mut self, report: &ExecutionReport) -> Remarks {
        self.note_reported(report.cum_qty);
        let id = report.cl_ord_id;
        if id == self.first_id() || id == self.cl_ord_id() {
            self.end(OrderState::Rejected);
        } else {
            self.close(id);
        }
        self.resolve();
        [Some(Remark::Refused), None]
    }

    /// The answer to a status request (FIX `H`, `ExecType=I`).
    fn on_status(&mut self, report: &ExecutionReport, moment: StreamPoint) -> Option<Remark> {
        self.told_seq = self.told_seq.max(report.ord_status_req_id);
        // FIX 4.4 volume 4, appendix D: a status request for an unknown order is answered with
        // `OrdStatus=8`.
        if report.ord_status == OrdStatus::Rejected {
            return self.on_not_known_to_broker();
        }
        self.note_status(report.cum_qty, report.last_px);
        if report.ord_status == OrdStatus::PendingNew {
            self.receive(moment.now);
        } else {
            self.acknowledge();
        }
        if matches!(report.ord_status, OrdStatus::PendingCancel | OrdStatus::PendingReplace) {
            self.extend_answer(moment.now);
        } else {
            if self.is_open_replace(report.cl_ord_id) {
                self.replaced(report.cl_ord_id, report.order_qty, report.price);
            }
            self.adopt_terms(report.order_qty, report.price);
            self.close_requests_before(self.question_seq(report));
        }
        if let Some(outcome) = outcome_of(report) {
            self.confirm(report.cl_ord_id);
            self.end(outcome);
        }
        let contradicts =
            report.ord_status == OrdStatus::Filled && self.cum_qty < self.qty && !self.taken_back;
        if self.misses_fills() || contradicts {
            self.doubt();
            return self.once(Remark::MissesFills);
        }
        if report.cum_qty < self.cum_qty && !self.taken_back {
            self.doubt();
            return self.once(Remark::CountsLess);
        }
        self.resolve();
        self.answered();
        None
    }

    /// The input that the question which a status answers was sent on, or one before it.
    ///
    /// Where answers are slow, more than one question is unanswered, and the newest says nothing
    /// about which one is answered now. The broker says it in `OrdStatusReqID`, which FIX 4.4 has it
    /// echo. From one that does not, it is only sure that the question was sent in this session: an
    /// answer to an earlier one would be marked as a possible duplicate.
    fn question_seq(&self, report: &ExecutionReport) -> u64 {
        match report.ord_status_req_id {
            0 => self.session_seq,
            seq => seq,
        }
    }

    /// The broker does not know the order. If nothing ever showed that it got it, it did not.
    fn on_not_known_to_broker(&mut self) -> Option<Remark> {
        if self.received {
            self.doubt();
            self.once(Remark::Disowned)
        } else {
            self.end(OrderState::Rejected);
            Some(Remark::NeverReceived)
        }
    }

    /// A report that counts no fill, on an order in a final state. Old news comes late without
    /// harm; what says that the order may be working after all does not.
    fn on_report_after_end(&self, report: &ExecutionReport, fresh: bool) -> Option<Remark> {
        let state = self.state();
        let fits = match report.exec_type {
            ExecType::New => state != OrderState::Rejected,
            ExecType::Canceled | ExecType::Expired | ExecType::DoneForDay => {
                matches!(state, OrderState::Canceled | OrderState::Expired)
            }
            ExecType::PendingNew | ExecType::PendingCancel | ExecType::PendingReplace => true,
            ExecType::Triggered => state != OrderState::Rejected,
            ExecType::OrderStatus => !says_working(report, fresh),
            _ => false,
        };
        (!fits).then_some(Remark::ReportAfterEnd)
    }

    /// A refusal to cancel or replace (FIX `9`): the order is what it was before the request, unless
    /// the broker says that it is gone or never was; then it is asked about.
    pub fn on_cancel_reject(
        &mut self,
        reject: &CancelReject,
        moment: StreamPoint,
    ) -> Option<Remark> {
        self.close(reject.cl_ord_id)?;
        if says_gone(reject) {
            self.doubt();
            self.want_answer(0, moment);
        }
        self.settle(moment);
        (reject.reason != TOO_LATE_TO_CANCEL).then_some(Remark::Refused)
    }

    /// The session layer refused a message of ours with this identity (FIX `3` or `j`), so it never
    /// reached the book. A status request carries the identity of its order: if one may have been
    /// sent, its refusal cannot be told from the order's, and proves nothing.
    pub fn on_message_rejected(&mut self, id: ClOrdId, moment: StreamPoint) {
        if self.is_final() {
            return;
        }
        if self.close(id).is_some() {
            self.want_answer(0, moment);
        } else if id == self.first_id() && !self.received && !self.may_have_been_asked {
            self.end(OrderState::Rejected);
        }
        self.settle(moment);
    }

    /// The session of its route is up: what it is there must be asked.
    pub fn on_logged_on(&mut self, moment: StreamPoint) {
        self.session_seq = moment.seq;
        self.reachable = true;
        if self.ends_at != NEVER {
            // If its session ended meanwhile, its broker has as long to say so as it would have had.
            self.ends_at = self.ends_at.max(moment.now);
        }
        self.doubt();
        self.want_answer(0, moment);
        self.settle(moment);
    }

    /// The session of its route is gone: what it does now is not known.
    pub fn on_route_down(&mut self, moment: StreamPoint) {
        self.reachable = false;
        self.doubt();
        self.settle(moment);
    }

    /// A run begins. No session is up, and what only the last process simulated is gone with it.
    pub fn on_run_start(&mut self, moment: StreamPoint) {
        self.reachable = false;
        match self.route.is_broker() {
            true => self.doubt(),
            false => self.abandon(),
        }
        self.settle(moment);
    }

    /// Time passed: if an answer is overdue, the order is in doubt and must be asked about.
    pub fn on_timer(&mut self, moment: StreamPoint) -> Option<Remark> {
        if self.has_outlived_its_session(moment.now) {
            self.end(OrderState::Expired);
            self.settle(moment);
            return Some(Remark::EndedByCalendar);
        }
        if !self.is_overdue(moment.now) {
            return None;
        }
        let pending = matches!(
            self.state(),
            OrderState::PendingNew | OrderState::PendingCancel | OrderState::PendingReplace
        );
        self.doubt();
        self.want_answer(0, moment);
        self.settle(moment);
        Some(if pending { Remark::Unanswered } else { Remark::FillsOverdue })
    }

    /// A person is told once that the broker's word on an order does not fit ours.
    fn once(&mut self, remark: Remark) -> Option<Remark> {
        (!std::mem::replace(&mut self.warned, true)).then_some(remark)
    }
}

/// The final state that a report puts a live order in, if it does: `ExecType` says what happened, and
/// `OrdStatus`, which is what all that happened so far comes to, may say more. That it is filled is
/// believed of its fills alone. A test in the order manager has the whole table.
fn outcome_of(report: &ExecutionReport) -> Option<OrderState> {
    let refusal_counts = matches!(report.exec_type, ExecType::OrderStatus | ExecType::Restated);
    match (report.exec_type, report.ord_status) {
        (ExecType::Canceled, _) => Some(OrderState::Canceled),
        (ExecType::Expired | ExecType::DoneForDay, _) => Some(OrderState::Expired),
        (_, OrdStatus::Canceled) => Some(OrderState::Canceled),
        (_, OrdStatus::Expired | OrdStatus::DoneForDay) => Some(OrderState::Expired),
        (_, OrdStatus::Rejected) if refusal_counts => Some(OrderState::Rejected),
        _ => None,
    }
}
