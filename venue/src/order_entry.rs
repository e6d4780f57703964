//! The exchange's order entry: a FIX 4.4 acceptor before a [`Market`].
//!
//! One session, one client at a time. The session, with its numbers and every report sent, outlives
//! the connections, and so do the orders: they work on while the client is away, and what it missed
//! is sent again after its next logon. Orders end with the process.
//!
//! Served are `NewOrderSingle` (D), `OrderCancelRequest` (F), `OrderCancelReplaceRequest` (G) and
//! `OrderStatusRequest` (H), for market, limit, stop, stop-limit and market-limit orders (`OrdType` 1, 2, 3,
//! 4, K; `StopPx` 99) that are day, good-till-cancel, immediate-or-cancel, fill-or-kill or good-till-date
//! (`TimeInForce` 0, 1, 3, 4, 6; `ExpireTime` 126 or `ExpireDate` 432), with CME's self-match prevention
//! (tags 7928 and 8000), `OrderMassStatusRequest` (AF) for all orders or one symbol's, and
//! `RequestForPositions` (AN), and `CollateralInquiry` (BB) for an account's cash. An order without a limit of its own carries the one that the market gave it
//! from its first fill on; that a stop order is triggered is told by a report of `ExecType` L. Every request is answered
//! at once and whole, so nothing is ever pending. After a replacement or a cancellation an order goes
//! by the identity of that request; a question about it is answered with the last one.
//!
//! With a drop copy ([`OrderEntry::with_drop_copy`]) every execution report is told again on a session of
//! its own, those of orders that people entered at the exchange's screens as well.
//!
//! Three steps, so that the owner decides when each happens: [`OrderEntry::poll`] receives requests,
//! [`OrderEntry::serve`] carries them out, [`OrderEntry::deliver`] sends the reports.

mod blotter;
mod cash;
mod copies;
mod holdings;
mod memory;
mod mischief;
mod positions;
mod profile;
mod report;
mod request;
mod rules;
mod self_match;
mod store;
mod table;
#[cfg(test)]
mod tests;

pub use cash::START_CASH;
pub use memory::ExchangeStore;
pub use profile::{Habits, SessionProfile};
pub use rules::ExchangeRules;
pub use store::{Happened, SEGMENT_BYTES, SEGMENTS_KEPT, StoreError, StoreReader};

use crate::latency::{Latency, LatencyModel};
use crate::market::{Market, OrderEvent};
use crate::script::{Deed, ScriptEntry};
use blotter::Blotter;
pub use blotter::by_hand::ByHand;
use copies::Copies;
use dbn::RecordRef;
use gauntlet_gateways::fix::peer::{BindError, FixPeer, PeerEvent};
use gauntlet_gateways::fix::session::{Session, SessionConfig};
use gauntlet_model::order::Capabilities;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::system_now;
use mischief::Mischief;
use report::{Report, Style};
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

impl OrderRecord {
    fn of(order: &table::Order) -> OrderRecord {
        let text = |id: &[u8]| String::from_utf8_lossy(id).into_owned();
        OrderRecord {
            first_cl_ord_id: text(order.first_cl_ord_id.as_bytes()),
            cl_ord_id: text(order.cl_ord_id.as_bytes()),
            symbol: order.symbol.as_str().to_owned(),
            qty: order.qty,
            filled: i64::from(order.filled) * if order.side == b'1' { 1 } else { -1 },
            leaves_qty: order.leaves_qty(),
        }
    }
}

/// Order entry. See the module's documentation.
pub struct OrderEntry {
    peer: FixPeer,
    style: Style,
    desk: Blotter,
    /// With when they reach the matching engine, and the number of the message.
    requests: VecDeque<(UnixNanos, (u64, Request))>,
    /// With when they reach the client.
    outgoing: VecDeque<(UnixNanos, Report)>,
    delays: [Latency; 2],
    market_time: UnixNanos,
    mischief: Mischief,
    passed: Vec<Report>,
    counters: OrderEntryCounters,
    silent: bool,
    cancels_on_disconnect: Capabilities,
    /// The client went, and its orders are to be cancelled.
    has_left: bool,
    copies: Option<Box<Copies>>,
    memory: Option<Box<memory::ExchangeMemory>>,
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
        let session = SessionProfile::default().session(sender_comp_id, target_comp_id);
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
            outgoing: VecDeque::new(),
            delays: delays(&LatencyModel::None),
            market_time: UnixNanos(0),
            mischief: Mischief::default(),
            passed: Vec::new(),
            counters: OrderEntryCounters::default(),
            silent: false,
            cancels_on_disconnect: Capabilities::NONE,
            has_left: false,
            copies: None,
            memory: None,
        })
    }

    /// The same order entry with a drop copy: every execution report is told again at `address`, by
    /// `sender_comp_id` to `target_comp_id`.
    ///
    /// # Errors
    /// [`BindError`], which tells the address.
    pub fn with_drop_copy(
        mut self,
        address: SocketAddr,
        sender_comp_id: &str,
        target_comp_id: &str,
    ) -> Result<OrderEntry, BindError> {
        self.copies = Some(Box::new(Copies::bind(address, sender_comp_id, target_comp_id)?));
        Ok(self)
    }

    /// The address at which the drop copy listens; `None` when there is none.
    ///
    /// # Errors
    /// The system's.
    pub fn drop_copy_addr(&self) -> io::Result<Option<SocketAddr>> {
        self.copies.as_ref().map(|copies| copies.local_addr()).transpose()
    }

    /// The drop copy's session, if there is a drop copy.
    pub fn drop_copy_session(&self) -> Option<&Session> {
        self.copies.as_ref().map(|copies| copies.session())
    }

    /// Cuts the drop copy's connection without a word.
    pub fn disconnect_copy(&mut self, now: UnixNanos) {
        if let Some(copies) = &mut self.copies {
            copies.drop_connection(now);
        }
    }

    /// The same order entry under other rules than the default's; how its session behaves was said when it
    /// was opened ([`SessionProfile::session`]).
    pub fn with_rules(mut self, rules: &ExchangeRules) -> OrderEntry {
        self.cancels_on_disconnect = rules.cancel_on_disconnect;
        self.desk.set_self_match_by_account(rules.self_match_by_account);
        self.desk.set_fees(rules.fees.clone());
        self.delays = delays(&rules.latency);
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
        self.desk.orders().into_iter().map(OrderRecord::of).collect()
    }

    /// Requests that wait for [`OrderEntry::serve`], the end of a connection among them.
    pub fn requests(&self) -> usize {
        self.requests.len() + usize::from(self.has_left)
    }

    /// Reports that wait for [`OrderEntry::deliver`].
    pub fn reports(&self) -> usize {
        self.desk.waiting()
            + self.outgoing.len()
            + self.copies.as_ref().map_or(0, |copies| copies.waiting())
    }

    /// The market's time from now on: what takes its time to arrive arrives by it.
    pub fn set_market_time(&mut self, now: UnixNanos) {
        self.market_time = self.market_time.max(now);
    }

    /// When the next request reaches the matching engine, or the next report its client; `None` when
    /// nothing is under way, or nothing is carried out and told for the time being.
    pub fn next_arrival(&self) -> Option<UnixNanos> {
        if self.silent {
            return None;
        }
        let copied = self.copies.as_ref().is_some_and(|copies| copies.waiting() > 0);
        let waits = self.desk.waiting() > 0 || self.has_left || copied;
        let now = waits.then_some(self.market_time);
        let request = self.requests.front().map(|(at, _)| *at);
        let report = self.outgoing.front().map(|(at, _)| *at);
        [now, request, report].into_iter().flatten().min()
    }

    /// New orders that were carried out, refused ones too.
    pub fn entered(&self) -> u64 {
        self.desk.entered()
    }

    /// Whether nothing is carried out and nothing told.
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// Has the next reports or orders go wrong. What breaks the line or lasts for a time is for the venue.
    pub fn perform(&mut self, entry: &ScriptEntry) {
        match entry.deed {
            Deed::Reject => self.desk.refuse_next(entry.count),
            Deed::LoseCopy => {
                self.copies.iter_mut().for_each(|copies| copies.lose_next(entry.count));
            }
            deed if deed.is_of_reports() => self.mischief.plan(entry),
            _ => {}
        }
    }

    /// Receives requests, accepts the client, keeps the session alive. Never blocks. `now` is the
    /// wall clock. Returns how much was done.
    pub fn poll(&mut self, now: UnixNanos) -> usize {
        let copied = self.copies.as_mut().map_or(0, |copies| copies.poll(now));
        if self.requests.len() >= REQUESTS_MAX {
            return copied;
        }
        let cancels = self.cancels_on_disconnect != Capabilities::NONE;
        let market_time = self.market_time;
        let OrderEntry { peer, requests, counters, has_left, delays: [there, _], .. } = self;
        let done = copied
            + peer.poll(now, &mut |event, sender| {
                *has_left |= cancels && matches!(event, PeerEvent::LoggedOut { .. });
                let PeerEvent::Application { message, msg_seq_num, poss_dup } = event else {
                    return;
                };
                counters.received += 1;
                match request::read(&message, msg_seq_num, poss_dup) {
                    Ok(request) => {
                        requests.push_back((there.arrival(market_time), (msg_seq_num, request)));
                    }
                    Err(malformed) => {
                        counters.malformed += 1;
                        let (tag, reason) = (malformed.tag, malformed.reason);
                        sender.reject(&message, msg_seq_num, tag, reason, malformed.text());
                    }
                }
            });
        if self.memory.is_some() && self.peer.has_output() {
            self.remember_and_tell(now);
        }
        done
    }

    /// Carries out the requests that have arrived by the market's time. What they do to the market goes to `records`, what
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
        let now = self.market_time;
        while let Some((_, (_, request))) = pop_until(&mut self.requests, now) {
            self.desk.handle(&request, market, records);
            served += 1;
        }
        if std::mem::take(&mut self.has_left) {
            self.desk.cancel_what(self.cancels_on_disconnect, market, records);
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

    /// Sends the reports that have arrived by the market's time. Returns how many messages were taken
    /// care of: sent, or lost by a script.
    pub fn deliver(&mut self, now: UnixNanos) -> usize {
        if self.silent {
            return 0;
        }
        let mut done = 0;
        while let Some(report) = self.desk.next_report() {
            self.copies.iter_mut().for_each(|copies| copies.take(&report));
            self.mischief.pass(report, &mut self.desk, &mut self.passed);
            done += usize::from(self.passed.is_empty());
            for report in self.passed.drain(..) {
                self.outgoing.push_back((self.delays[1].arrival(self.market_time), report));
            }
        }
        let market_time = self.market_time;
        while let Some((_, report)) = pop_until(&mut self.outgoing, market_time) {
            let sent = self.peer.send_app(report.msg_type(), now, |w| report.write(w, &self.style));
            sent.expect("an acceptor keeps what it cannot send, and reports are short");
            self.counters.sent += 1;
            done += 1;
            if self.memory.is_some() && self.peer.is_nearly_full() {
                self.remember_and_tell(now);
            }
        }
        if let Some(copies) = &mut self.copies {
            let copied = copies.deliver(&self.style, now);
            self.counters.sent += copied as u64;
            done += copied;
        }
        if done > 0 && self.memory.is_some() {
            self.remember_and_tell(now);
        }
        done
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
        let cancels = self.cancels_on_disconnect != Capabilities::NONE;
        let has_left = &mut self.has_left;
        self.peer.drop_connection(now, &mut |event, _| {
            *has_left |= cancels && matches!(event, PeerEvent::LoggedOut { .. });
        });
    }

    /// Begins an orderly logout.
    pub fn close(&mut self, now: UnixNanos) {
        self.peer.logout("the exchange closes", now);
        self.copies.iter_mut().for_each(|copies| copies.close(now));
        self.poll(now);
    }
}

/// Of both ways: to the matching engine, and back.
fn delays(model: &LatencyModel) -> [Latency; 2] {
    [1, 2].map(|way| Latency::new(model.clone(), way))
}

/// Takes out the first of what has arrived.
fn pop_until<T>(queue: &mut VecDeque<(UnixNanos, T)>, now: UnixNanos) -> Option<(UnixNanos, T)> {
    let is_here = queue.front().is_some_and(|(at, _)| *at <= now);
    if is_here { queue.pop_front() } else { None }
}
