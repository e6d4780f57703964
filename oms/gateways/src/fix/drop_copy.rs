//! The initiator's end of a broker's drop copy (R25): a session of its own, on which the broker tells every
//! report of the account again, whoever placed the order.
//!
//! It is a [`FixGateway`] that cannot be asked to send anything: no order, no cancel and no question has a
//! way into it. What it tells is told as a copy, so that nobody takes it for a report.

use super::gateway::{FixGateway, FixGatewayConfig};
use super::reach::Reach;
use super::session::{ConfigError, Session};
use crate::gateway::{Gateway, GatewayEvent};
use crate::message_tap::MessageTap;
use gauntlet_model::input::{
    CopiedReport, CopySession, ExecType, Input, NumbersSet, OrdStatus, SessionEvent, UnusableReport,
};
use gauntlet_model::session_vitals::{SessionPolicy, SessionVitals};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};

/// A broker's drop copy: connects, logs on, reconnects and tells what is copied.
pub struct DropCopy(Box<FixGateway>);

impl DropCopy {
    /// A session that connects at its first poll. The route is that of the broker's orders.
    ///
    /// # Errors
    /// [`ConfigError`] of an invalid session configuration.
    ///
    /// # Panics
    /// When `config.session` is an acceptor's.
    pub fn new(config: FixGatewayConfig) -> Result<DropCopy, ConfigError> {
        Ok(DropCopy(Box::new(FixGateway::of_copies(config)?)))
    }

    /// The same reached as `reach` says; see [`FixGateway::reached_by`].
    ///
    /// # Errors
    /// Of the system, which has no thread for it.
    pub fn reached_by(self, reach: Reach) -> std::io::Result<DropCopy> {
        Ok(DropCopy(Box::new(self.0.reached_by(reach)?)))
    }

    /// The same with a first logon that asks for both sides' numbers to begin anew, if that is wanted.
    #[must_use]
    pub fn beginning_anew(self, is_wanted: bool) -> DropCopy {
        DropCopy(Box::new(self.0.beginning_anew(is_wanted)))
    }

    /// The same with copies of all its messages for a log.
    #[must_use]
    pub fn with_log(self, tap: MessageTap) -> DropCopy {
        DropCopy(Box::new(self.0.with_log(tap)))
    }

    /// Reads what has come, keeps the session alive, reconnects when it must. Never blocks. Returns how
    /// much was done.
    pub fn poll(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize {
        self.0.poll(now, &mut |event| sink(as_copy(event)))
    }

    /// Begins an orderly logout; [`DropCopy::is_closed`] tells when it is done.
    pub fn close(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) {
        self.0.close(now, &mut |event| sink(as_copy(event)));
    }

    /// Whether the session is logged out and its socket closed.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Takes in a definition of an instrument or an account; other inputs say nothing to it.
    pub fn define(&mut self, input: &Input) {
        self.0.define(input);
    }

    /// A person sets the session's sequence numbers; see [`Gateway::set_numbers`].
    pub fn set_numbers(&mut self, set: &NumbersSet) {
        self.0.set_numbers(set);
    }

    /// Raw tick reading right after the last read that brought bytes; 0 before the first.
    pub fn last_read_finished(&self) -> u64 {
        self.0.last_read_finished()
    }

    /// How the session fares at this moment.
    pub fn vitals(&self) -> SessionVitals {
        self.0.session_vitals()
    }

    /// When its numbers begin anew, and when it is open.
    pub fn policy(&self) -> SessionPolicy {
        self.0.session_policy()
    }

    /// The session, for its numbers and counters.
    pub fn session(&self) -> &Session {
        self.0.session()
    }
}

/// What the session tells, as a copy's.
fn as_copy(event: GatewayEvent) -> GatewayEvent {
    match event {
        GatewayEvent::Input(Input::Session(event)) => {
            let SessionEvent { route, change, msg_seq_num, reset, detail, .. } = event;
            let copy = CopySession { route, change, msg_seq_num, reset, detail };
            GatewayEvent::Input(Input::CopySession(copy))
        }
        GatewayEvent::Input(Input::Unusable(report)) => {
            GatewayEvent::Input(Input::Copied(unusable(&report)))
        }
        GatewayEvent::Sent(sent) | GatewayEvent::CopySent(sent) => GatewayEvent::CopySent(sent),
        other => other,
    }
}

/// The tag that is named where a report cannot be used for more than one: its type (35).
const WHOLE_MESSAGE: u32 = 35;

/// What can be read of a copied report that cannot be used.
pub(super) fn unusable(report: &UnusableReport) -> CopiedReport {
    CopiedReport {
        route: report.route,
        msg_seq_num: report.msg_seq_num,
        poss_dup: report.poss_dup,
        unusable_tag: WHOLE_MESSAGE,
        cl_ord_id: report.cl_ord_id,
        orig_cl_ord_id: report.orig_cl_ord_id,
        order_id: Text::EMPTY,
        exec_id: report.exec_id,
        exec_ref_id: Text::EMPTY,
        exec_type: ExecType::Trade,
        ord_status: OrdStatus::New,
        account: report.account,
        instrument: report.instrument,
        symbol: report.symbol,
        side: report.side.unwrap_or(Side::Buy),
        last_qty: report.last_qty,
        last_px: report.last_px,
        leaves_qty: 0,
        cum_qty: report.cum_qty,
        order_qty: 0,
        price: Price::NONE,
        transact_time: UnixNanos(0),
    }
}

#[cfg(test)]
mod tests;
