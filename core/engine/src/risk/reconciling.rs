//! Reconciliation: brokers are asked for all their orders and positions, and what they say is held
//! against what we know.
//!
//! A broker is asked after its logon, on a schedule, on demand, and again and again while something
//! differs. What an order's line says is taken as its status, so that fills that did not come are booked
//! from it; orders of ours that are on no line are asked about one by one. Orders that are none of ours
//! and positions that are not ours put their place in doubt until a later answer shows them no more. A
//! person who settles that doubt lets the difference in the position stand: the next is measured from it.

use crate::message::{Arrival, ToOrders};
use gauntlet_model::effect::{
    AlertKind, Break, BreakClass, Effect, Enquired, Enquiry, EnquiryEnded, EnquiryOutcome,
};
use gauntlet_model::ids::{ACCOUNTS_MAX, AccountId, ClOrdId};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{
    BrokerOrder, BrokerPosition, BrokerTerms, EnquiryAnswer, Reconcile, Route, Scope,
    SessionChange, SessionEvent,
};
use gauntlet_model::text::Text;

use super::exposure::Place;
use super::reconciliation::{
    ENQUIRY_WITHIN_NS, LOOK_AGAIN_SECONDS, OpenEnquiry, VERIFIED_WITHIN_NS,
};
use super::{Risk, alert};

impl Risk {
    /// What a broker is asked from now on.
    pub(super) fn on_broker_terms(&mut self, terms: &BrokerTerms) {
        if terms.route.is_broker() {
            self.reconciliation.desks[terms.route].terms = Some(*terms);
        }
    }

    /// A session began or ended. Nothing opens after a logon until the broker was heard.
    pub(super) fn reconcile_session(
        &mut self,
        event: &SessionEvent,
        out: &mut impl FnMut(ToOrders),
    ) {
        let desk = &mut self.reconciliation.desks[event.route];
        match event.change {
            SessionChange::MessageRejected => return,
            SessionChange::LoggedOut | SessionChange::Disconnected => {
                return desk.forget_questions();
            }
            SessionChange::LoggedOn => {}
        }
        desk.forget_questions();
        (desk.silent_since, desk.told_silent, desk.told_no_cash) = (None, false, false);
        let asked = desk.reconcile() != Reconcile::Off;
        desk.unverified = asked.then_some(self.now);
        self.ask_broker(event.route, out);
        self.ask_cash(event.route, out);
        // Where nothing was asked there is nothing to wait for.
        let desk = &mut self.reconciliation.desks[event.route];
        desk.unverified = desk.unverified.filter(|_| desk.awaits());
    }

    /// Asks every broker whose session is up.
    pub(super) fn ask_all(&mut self, out: &mut impl FnMut(ToOrders)) {
        for route in Route::brokers() {
            self.ask_broker(route, out);
            self.ask_cash(route, out);
        }
    }

    /// Asks a broker for its orders, and for the positions of each account that trades by it. What is
    /// asked and not answered yet is not asked twice.
    pub(super) fn ask_broker(&mut self, route: Route, out: &mut impl FnMut(ToOrders)) {
        let desk = &mut self.reconciliation.desks[route];
        if desk.reconcile() == Reconcile::Off || !self.up[route] {
            return;
        }
        desk.look_again = None;
        self.enquire((route, Enquired::Orders, None), out);
        for account in (0..ACCOUNTS_MAX as u16).map(AccountId) {
            if self.trades_by(route, account) {
                self.enquire((route, Enquired::Positions, Some(account)), out);
            }
        }
    }

    pub(super) fn enquire(
        &mut self,
        (route, what, account): (Route, Enquired, Option<AccountId>),
        out: &mut impl FnMut(ToOrders),
    ) {
        let (seq, nth) = match self.reconciliation.asked {
            (seq, nth) if seq == self.seq => (seq, nth + 1),
            _ => (self.seq, 0),
        };
        let desk = &mut self.reconciliation.desks[route];
        if nth >= Enquiry::PER_INPUT || desk.asked(what, account).is_some() {
            return;
        }
        let id = Enquiry::id_of(seq, nth);
        *desk.asked(what, account) =
            Some(OpenEnquiry { id, at: self.now, told: 0, total: None, breaks: 0 });
        self.reconciliation.asked = (seq, nth);
        if let Some(account) = account.filter(|_| what == Enquired::Positions) {
            self.reconciliation.clear(route, account);
        }
        out(ToOrders::Effect(Effect::Enquiry(Enquiry { route, id, what, account })));
    }

    /// Whether a bot trades for an account by a route, or something is held there.
    pub(super) fn trades_by(&self, route: Route, account: AccountId) -> bool {
        if self.registry.account(account).is_none() {
            return false;
        }
        let of_a_bot = self.registry.owners().any(|owner| {
            let place = self.registry.bot(owner).map(|bot| bot.place());
            place.is_some_and(|place| place.route == route && place.account == account)
        });
        let mut instruments = (0..INSTRUMENTS_MAX as u16).map(InstrumentId);
        of_a_bot
            || instruments.any(|instrument| {
                self.exposures.held(Place { route, account, instrument }).position != 0
            })
    }

    /// A broker says how many lines follow, or that it does not answer.
    pub(super) fn on_enquiry_answer(
        &mut self,
        answer: &EnquiryAnswer,
        out: &mut impl FnMut(ToOrders),
    ) {
        let route = answer.route;
        let desk = &mut self.reconciliation.desks[route];
        let Some((what, account)) = desk.find(answer.enquiry) else { return };
        let told = match what {
            Enquired::Cash => &mut desk.told_no_cash,
            Enquired::Orders | Enquired::Positions => &mut desk.told_silent,
        };
        if answer.refused {
            if !std::mem::replace(told, true) {
                let text = Text::<64>::format(format_args!(
                    "the broker does not list {}: {}",
                    what.name(),
                    answer.detail
                ));
                alert(AlertKind::Break, Scope::Platform, text.as_str(), out);
            }
            return self.end_enquiry((route, what, account), EnquiryOutcome::Refused, out);
        }
        if what == Enquired::Cash {
            // That the question is taken: the answer follows.
            return;
        }
        if let Some(asked) = desk.asked(what, account) {
            asked.total = Some(answer.total);
        }
        self.finish_if_whole((route, what, account), out);
    }

    /// A line of a broker's list of orders.
    pub(super) fn on_broker_order(
        &mut self,
        line: &BrokerOrder,
        arrival: &Arrival,
        out: &mut impl FnMut(ToOrders),
    ) {
        // Sent again after a broken session, it speaks of the past.
        if line.enquiry == 0 {
            return;
        }
        let asked = self.count_line(line.route, line.enquiry, line.total, line.is_last);
        if self.registry.owner(line.cl_ord_id).is_some() {
            if let Some(id) = asked {
                self.hold_order_against(line, id, out);
            }
            let arrival = Arrival { fresh: true, owned: true, ..*arrival };
            self.on_execution(&line.status(Enquiry::seq_of(line.enquiry)), &arrival, out);
        } else if let Some(id) = asked {
            self.on_foreign_order(line, id, out);
        }
        self.finish_if_whole((line.route, Enquired::Orders, None), out);
    }

    /// A line of a broker's list of positions.
    pub(super) fn on_broker_position(
        &mut self,
        line: &BrokerPosition,
        out: &mut impl FnMut(ToOrders),
    ) {
        let route = line.route;
        let Some((Enquired::Positions, Some(account))) =
            self.reconciliation.desks[route].find(line.enquiry)
        else {
            return;
        };
        let id = self.count_line(route, line.enquiry, line.total, false).unwrap_or(0);
        let asked_account = line.account.is_none_or(|of| of == account);
        match line.instrument.filter(|of| self.registry.instrument(*of).is_some()) {
            _ if !asked_account => {}
            Some(instrument) => {
                self.reconciliation.add(Place { route, account, instrument }, line.qty);
            }
            None if line.qty != 0 => {
                let what = Break {
                    route,
                    account: Some(account),
                    instrument: None,
                    symbol: line.symbol,
                    active: true,
                    class: BreakClass::PositionElsewhere,
                    order: ClOrdId::NONE,
                    order_id: Text::EMPTY,
                    ours: 0,
                    theirs: line.qty,
                };
                self.differ(what, id, false, out);
            }
            None => {}
        }
        self.finish_if_whole((route, Enquired::Positions, Some(account)), out);
    }

    /// Counts a line of an answer; gives the question if it is one that waits.
    fn count_line(&mut self, route: Route, id: u64, total: u32, is_last: bool) -> Option<u64> {
        let desk = &mut self.reconciliation.desks[route];
        let (what, account) = desk.find(id)?;
        let asked = desk.asked(what, account).as_mut()?;
        asked.told = asked.told.saturating_add(1);
        if is_last {
            asked.total = Some(asked.told);
        } else if total > 0 {
            asked.total = Some(total);
        }
        Some(id)
    }

    /// Ends a question of which every line came.
    fn finish_if_whole(
        &mut self,
        (route, what, account): (Route, Enquired, Option<AccountId>),
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(asked) = *self.reconciliation.desks[route].asked(what, account) else { return };
        if asked.total.is_none_or(|total| asked.told < total) {
            return;
        }
        match account {
            None => self.compare_orders(route, asked.id, out),
            Some(account) => self.compare_positions(route, account, asked.id, out),
        }
        let asked = self.reconciliation.desks[route].asked(what, account).unwrap_or(asked);
        let outcome = match asked.breaks {
            0 => EnquiryOutcome::Agrees,
            _ => EnquiryOutcome::Differs,
        };
        self.settle_gone((route, what, account), asked.id, out);
        self.end_enquiry((route, what, account), outcome, out);
    }

    pub(super) fn end_enquiry(
        &mut self,
        (route, what, account): (Route, Enquired, Option<AccountId>),
        outcome: EnquiryOutcome,
        out: &mut impl FnMut(ToOrders),
    ) {
        let differs = self.reconciliation.differs(route);
        let desk = &mut self.reconciliation.desks[route];
        let Some(asked) = desk.asked(what, account).take() else { return };
        let OpenEnquiry { id, told: lines, breaks, .. } = asked;
        let ended = EnquiryEnded { route, id, what, account, outcome, lines, breaks };
        if what == Enquired::Cash {
            // Nothing waits for it.
            return out(ToOrders::Effect(Effect::EnquiryEnded(ended)));
        }
        let answered = outcome != EnquiryOutcome::Silent
            && (outcome != EnquiryOutcome::Refused || desk.reconcile() != Reconcile::Required);
        if outcome != EnquiryOutcome::Silent {
            desk.silent_since = None;
        }
        if !desk.awaits() {
            if answered {
                desk.unverified = None;
            }
            if differs || outcome == EnquiryOutcome::Silent {
                if desk.look_again.is_none() {
                    desk.look_again_at(self.now);
                }
            } else {
                desk.pause_seconds = LOOK_AGAIN_SECONDS[0];
            }
        }
        out(ToOrders::Effect(Effect::EnquiryEnded(ended)));
        // A whole list of orders has the order manager ask about those that are not on it.
        let is_whole = matches!(outcome, EnquiryOutcome::Agrees | EnquiryOutcome::Differs);
        if what == Enquired::Orders && is_whole {
            self.count_questions();
        }
    }

    /// What time brings: answers that do not come, comparisons that are due.
    pub(super) fn tend_reconciliation(&mut self, second: u64, out: &mut impl FnMut(ToOrders)) {
        for route in Route::brokers() {
            let desk = &self.reconciliation.desks[route];
            let Some(terms) = desk.terms.filter(|_| self.up[route]) else { continue };
            let due = desk.look_again.is_some_and(|at| at <= self.now)
                || (terms.every_seconds > 0
                    && second.is_multiple_of(u64::from(terms.every_seconds)));
            self.end_overdue(route, out);
            self.end_waiting(route, out);
            if due {
                self.ask_broker(route, out);
            }
        }
    }

    /// Questions whose answer is overdue.
    fn end_overdue(&mut self, route: Route, out: &mut impl FnMut(ToOrders)) {
        let accounts =
            (0..ACCOUNTS_MAX as u16).map(|at| (Enquired::Positions, Some(AccountId(at))));
        let cash = (0..ACCOUNTS_MAX as u16).map(|at| (Enquired::Cash, Some(AccountId(at))));
        let all = std::iter::once((Enquired::Orders, None)).chain(accounts).chain(cash);
        for (what, account) in all {
            let desk = &mut self.reconciliation.desks[route];
            let overdue = desk
                .asked(what, account)
                .is_some_and(|asked| self.now.since(asked.at) >= ENQUIRY_WITHIN_NS);
            if !overdue {
                continue;
            }
            if what == Enquired::Cash {
                if !std::mem::replace(&mut desk.told_no_cash, true) {
                    let text = "the broker does not tell its cash: nothing was compared";
                    alert(AlertKind::Break, Scope::Platform, text, out);
                }
                self.end_enquiry((route, what, account), EnquiryOutcome::Silent, out);
                continue;
            }
            // One answer may be late on a busy machine: a second in a row is not.
            let since = *desk.silent_since.get_or_insert(self.now);
            let goes_on = self.now.since(since) >= ENQUIRY_WITHIN_NS;
            if goes_on && !std::mem::replace(&mut desk.told_silent, true) {
                let text = Text::<64>::format(format_args!(
                    "the broker does not list its {}: nothing was compared",
                    what.name()
                ));
                alert(AlertKind::Break, Scope::Platform, text.as_str(), out);
            }
            self.end_enquiry((route, what, account), EnquiryOutcome::Silent, out);
        }
    }

    /// A broker had its time after the logon.
    fn end_waiting(&mut self, route: Route, out: &mut impl FnMut(ToOrders)) {
        let desk = &mut self.reconciliation.desks[route];
        let over = desk.unverified.is_some_and(|since| self.now.since(since) >= VERIFIED_WITHIN_NS);
        if over && desk.reconcile() == Reconcile::WhenAnswered {
            desk.unverified = None;
            let text = "openings go on although the broker was not compared with";
            alert(AlertKind::Break, Scope::Platform, text, out);
        }
    }
}
