//! The exchange's order entry: a FIX 4.4 acceptor before a [`Market`].
//!
//! One session, one client at a time. The session, with its numbers and every report sent, outlives
//! the connections, and so do the orders: they work on while the client is away, and what it missed
//! is sent again after its next logon. Orders end with the process.
//!
//! Served are `NewOrderSingle` (D), `OrderCancelRequest` (F), `OrderCancelReplaceRequest` (G) and
//! `OrderStatusRequest` (H), for limit orders, day and immediate-or-cancel, `OrderMassStatusRequest` (AF)
//! for all orders or one symbol's, and `RequestForPositions` (AN). Every request is answered
//! at once and whole, so nothing is ever pending. After a replacement or a cancellation an order goes
//! by the identity of that request; a question about it is answered with the last one.
//!
//! Three steps, so that the owner decides when each happens: [`OrderEntry::poll`] receives requests,
//! [`OrderEntry::serve`] carries them out, [`OrderEntry::deliver`] sends the reports.

mod blotter;
mod holdings;
mod positions;
mod report;
mod request;
mod table;
#[cfg(test)]
mod tests;

use crate::market::{Market, OrderEvent};
use blotter::Blotter;
pub use blotter::by_hand::ByHand;
use dbn::RecordRef;
use gauntlet_gateways::fix::codec::TimePrecision;
use gauntlet_gateways::fix::peer::{BindError, FixPeer, PeerEvent};
use gauntlet_gateways::fix::session::{Session, SessionConfig};
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::system_now;
use report::Style;
use request::Request;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

/// Requests that may wait: beyond it the client's socket is not read.
const REQUESTS_MAX: usize = 1_024;

/// What went in and out since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderEntryCounters {
    /// Application messages received, refused ones included.
    pub received: u64,
    /// Of those, refused at the session level (`Reject`, 3).
    pub malformed: u64,
    /// Application messages sent, each counted once; sent to nobody, they wait for the next logon.
    pub sent: u64,
}

/// An order as the exchange remembers it, for whoever compares books with a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// The identity that it came with.
    pub first_cl_ord_id: String,
    /// The identity that it goes by.
    pub cl_ord_id: String,
    /// What it trades.
    pub symbol: String,
    /// Contracts.
    pub qty: u32,
    /// Contracts filled: above 0 for a buy, below for a sell.
    pub filled: i64,
    /// Contracts that work.
    pub leaves_qty: u32,
}

/// Order entry. See the module's documentation.
pub struct OrderEntry {
    peer: FixPeer,
    style: Style,
    desk: Blotter,
    requests: VecDeque<Request>,
    counters: OrderEntryCounters,
    silent: bool,
    cancels_on_disconnect: bool,
    /// The client went, and its orders are to be cancelled.
    has_left: bool,
}

impl OrderEntry {
    /// Listens at `address`, as `sender_comp_id`, for a client called `target_comp_id`. Its first
    /// client may come with sequence numbers of an earlier life of the exchange: they are adopted.
    ///
    /// # Errors
    /// [`BindError`], which tells the address.
    pub fn bind(
        address: SocketAddr,
        sender_comp_id: &str,
        target_comp_id: &str,
    ) -> Result<OrderEntry, BindError> {
        let session = SessionConfig {
            adopt_numbers: true,
            next_expected: true,
            time_precision: TimePrecision::Micros,
            ..SessionConfig::acceptor(sender_comp_id, target_comp_id)
        };
        OrderEntry::with_session(address, session)
    }

    /// Listens at `address` for the client of a session that is described in full.
    ///
    /// # Errors
    /// [`BindError`], which tells the address.
    ///
    /// # Panics
    /// When `session` is an initiator's.
    pub fn with_session(
        address: SocketAddr,
        session: SessionConfig,
    ) -> Result<OrderEntry, BindError> {
        // Milliseconds: two exchanges of one address cannot start within one.
        let prefix = format!("{:x}", system_now() / 1_000_000);
        let style = Style { prefix, precision: session.time_precision };
        Ok(OrderEntry {
            peer: FixPeer::bind(address, session)?,
            style,
            desk: Blotter::new(),
            requests: VecDeque::new(),
            counters: OrderEntryCounters::default(),
            silent: false,
            cancels_on_disconnect: false,
            has_left: false,
        })
    }

    /// The same order entry, cancelling all orders of its client when the connection ends, in order or
    /// not: the reports wait for its next logon. Without it orders work on.
    pub fn with_cancel_on_disconnect(mut self, cancels: bool) -> OrderEntry {
        self.cancels_on_disconnect = cancels;
        self
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.peer.local_addr()
    }

    /// The session, for its state, numbers and counters.
    pub fn session(&self) -> &Session {
        self.peer.session()
    }

    /// Counters.
    pub fn counters(&self) -> OrderEntryCounters {
        self.counters
    }

    /// Orders that work.
    pub fn working(&self) -> usize {
        self.desk.working()
    }

    /// Every order that is remembered, refused ones too, in the order of their arrival: all that
    /// work, and of the others the last tens of thousands.
    pub fn orders(&self) -> Vec<OrderRecord> {
        let text = |id: &[u8]| String::from_utf8_lossy(id).into_owned();
        let record = |order: &table::Order| OrderRecord {
            first_cl_ord_id: text(order.first_cl_ord_id.as_bytes()),
            cl_ord_id: text(order.cl_ord_id.as_bytes()),
            symbol: order.symbol.as_str().to_owned(),
            qty: order.qty,
            filled: i64::from(order.filled) * if order.side == b'1' { 1 } else { -1 },
            leaves_qty: order.leaves_qty(),
        };
        self.desk.orders().into_iter().map(record).collect()
    }

    /// Requests that wait for [`OrderEntry::serve`], the end of a connection among them.
    pub fn requests(&self) -> usize {
        self.requests.len() + usize::from(self.has_left)
    }

    /// Reports that wait for [`OrderEntry::deliver`].
    pub fn reports(&self) -> usize {
        self.desk.waiting()
    }

    /// Receives requests, accepts the client, keeps the session alive. Never blocks. `now` is the
    /// wall clock. Returns how much was done.
    pub fn poll(&mut self, now: UnixNanos) -> usize {
        if self.requests.len() >= REQUESTS_MAX {
            return 0;
        }
        let cancels = self.cancels_on_disconnect;
        let OrderEntry { peer, requests, counters, has_left, .. } = self;
        peer.poll(now, &mut |event, sender| {
            *has_left |= cancels && matches!(event, PeerEvent::LoggedOut { .. });
            let PeerEvent::Application { message, msg_seq_num, poss_dup } = event else { return };
            counters.received += 1;
            match request::read(&message, msg_seq_num, poss_dup) {
                Ok(request) => requests.push_back(request),
                Err(malformed) => {
                    counters.malformed += 1;
                    let (tag, reason) = (malformed.tag, malformed.reason);
                    sender.reject(&message, msg_seq_num, tag, reason, malformed.text());
                }
            }
        })
    }

    /// Carries out the requests received so far. What they do to the market goes to `records`, what
    /// is to be told about them waits for [`OrderEntry::deliver`]. Returns how many there were.
    pub fn serve(
        &mut self,
        market: &mut dyn Market,
        records: &mut dyn FnMut(RecordRef<'_>),
    ) -> usize {
        if self.silent {
            return 0;
        }
        let mut served = 0;
        while let Some(request) = self.requests.pop_front() {
            self.desk.handle(&request, market, records);
            served += 1;
        }
        if std::mem::take(&mut self.has_left) {
            self.desk.cancel_all(market, records);
            served += 1;
        }
        served
    }

    /// Takes in the market's news of an order, at the market's time; the report on it waits for
    /// [`OrderEntry::deliver`].
    pub fn on_order(&mut self, event: OrderEvent, at: UnixNanos) {
        self.desk.on_event(event, at);
    }

    /// A contract was settled: nobody holds it any more.
    pub fn on_settled(&mut self, symbol: &str) {
        self.desk.settle(symbol);
    }

    /// Sends the reports that wait. Returns how many there were.
    pub fn deliver(&mut self, now: UnixNanos) -> usize {
        if self.silent {
            return 0;
        }
        let mut sent = 0;
        while let Some(report) = self.desk.next_report() {
            let done = self.peer.send_app(report.msg_type(), now, |w| report.write(w, &self.style));
            done.expect("an acceptor keeps what it cannot send, and reports are short");
            sent += 1;
        }
        self.counters.sent += sent as u64;
        sent
    }

    /// From now on every order and change of one is refused, or served again. Questions are answered
    /// all the while.
    pub fn set_refuses_all(&mut self, refuses_all: bool) {
        self.desk.set_refuses_all(refuses_all);
    }

    /// From now on nothing is carried out and nothing reported, or all of that again: what happened
    /// meanwhile is late, not lost. The session stays alive as long as its client asks for little.
    pub fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// Cuts the connection without a word, as a broken line does.
    pub fn drop_connection(&mut self, now: UnixNanos) {
        let (cancels, has_left) = (self.cancels_on_disconnect, &mut self.has_left);
        self.peer.drop_connection(now, &mut |event, _| {
            *has_left |= cancels && matches!(event, PeerEvent::LoggedOut { .. });
        });
    }

    /// Begins an orderly logout.
    pub fn close(&mut self, now: UnixNanos) {
        self.peer.logout("the exchange closes", now);
        self.poll(now);
    }
}
