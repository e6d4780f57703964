//! The exchange's drop copy: an acceptor of its own that tells every execution report of the session's
//! accounts again, and those of orders that were entered past it. Nothing that a script does to the session's
//! reports is done to them.
//!
//! The copy's session outlives its connections as the orders' does: what its client missed is sent again.

use super::report::{Report, Style};
use gauntlet_gateways::fix::codec::TimePrecision;
use gauntlet_gateways::fix::peer::{BindError, FixPeer};
use gauntlet_gateways::fix::session::{Session, SessionConfig};
use gauntlet_gateways::fix::tags;
use gauntlet_model::units::UnixNanos;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

/// Copies that may wait to be sent: what is more is lost, as its client's matter is to notice.
const WAITING_MAX: usize = 65_536;

/// See the module.
pub(super) struct Copies {
    peer: FixPeer,
    waiting: VecDeque<Report>,
    /// Copies that are to be lost, by a script.
    to_lose: u32,
}

impl Copies {
    /// Listens at `address`, as `sender_comp_id`, for a client called `target_comp_id`.
    pub fn bind(
        address: SocketAddr,
        sender_comp_id: &str,
        target_comp_id: &str,
    ) -> Result<Copies, BindError> {
        let session = SessionConfig {
            adopt_numbers: true,
            next_expected: true,
            time_precision: TimePrecision::Micros,
            ..SessionConfig::acceptor(sender_comp_id, target_comp_id)
        };
        let peer = FixPeer::bind(address, session)?;
        Ok(Copies { peer, waiting: VecDeque::new(), to_lose: 0 })
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.peer.local_addr()
    }

    pub fn session(&self) -> &Session {
        self.peer.session()
    }

    /// Loses so many copies.
    pub fn lose_next(&mut self, count: u32) {
        self.to_lose = self.to_lose.saturating_add(count);
    }

    /// Takes in a report before anything becomes of it on its way to the client. The answer to a question
    /// tells of no event and is not copied.
    pub fn take(&mut self, report: &Report) {
        let is_event = matches!(report, Report::Execution(execution) if execution.exec != 0);
        if !is_event || self.waiting.len() >= WAITING_MAX {
            return;
        }
        if self.to_lose > 0 {
            self.to_lose -= 1;
            return;
        }
        self.waiting.push_back(*report);
    }

    /// Copies that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Accepts the client and keeps the session alive. What it sends is refused: a copy takes no orders.
    pub fn poll(&mut self, now: UnixNanos) -> usize {
        use gauntlet_gateways::fix::peer::PeerEvent;
        self.peer.poll(now, &mut |event, sender| {
            let PeerEvent::Application { message, msg_seq_num, .. } = event else { return };
            let msg_type = message.msg_type().to_vec();
            let refused = sender.send_app(tags::BUSINESS_MESSAGE_REJECT, |w| {
                w.uint(tags::REF_SEQ_NUM, msg_seq_num);
                w.raw(tags::REF_MSG_TYPE, &msg_type);
                w.uint(tags::BUSINESS_REJECT_REASON, 3);
                w.text(tags::TEXT, "a drop copy takes no messages");
            });
            refused.expect("a refusal is short, and an acceptor keeps what it cannot send");
        })
    }

    /// Sends what waits. Returns how many copies there were.
    pub fn deliver(&mut self, style: &Style, now: UnixNanos) -> usize {
        let mut sent = 0;
        while let Some(report) = self.waiting.pop_front() {
            let told = self.peer.send_app(report.msg_type(), now, |w| report.write(w, style));
            told.expect("an acceptor keeps what it cannot send, and reports are short");
            sent += 1;
        }
        sent
    }

    /// Cuts the connection without a word.
    pub fn drop_connection(&mut self, now: UnixNanos) {
        self.peer.drop_connection(now, &mut |_, _| {});
    }

    /// Begins an orderly logout.
    pub fn close(&mut self, now: UnixNanos) {
        self.peer.logout("the exchange closes", now);
        self.poll(now);
    }
}
