//! The server side of Databento's live protocol: the market's records for whoever subscribes.
//!
//! The gateway never blocks and has no thread: its owner calls [`DbnGateway::poll`] for accepting,
//! requests and heartbeats, [`DbnGateway::publish`] for each record of the market, and
//! [`DbnGateway::flush`] when the records of an event are all there. One-minute bars are made here of
//! the trades that are published, where the market has none of its own, and are replayed from any
//! start to those who ask before their session begins. A client that reads more slowly
//! than the market moves is told so and disconnected once [`BACKLOG_MAX`] bytes wait for it.

mod client;
mod minutes;
mod out;
mod request;

use crate::market::{Listing, Market};
use client::{Client, Terms, kinds_of_record};
use dbn::{InstrumentDefMsg, OhlcvMsg, RecordRef, SecurityUpdateAction};
use gauntlet_model::units::UnixNanos;
use minutes::MinuteBars;
use mio::net::TcpListener;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// Most clients at once.
pub const CLIENTS_MAX: usize = 16;
/// Most bytes that wait for one client.
pub const BACKLOG_MAX: usize = 8 << 20;

/// Why a gateway cannot open.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address cannot be bound.
    #[error("the market-data gateway cannot listen on {addr}: {source}")]
    Bind {
        /// The address.
        addr: String,
        /// Why.
        source: io::Error,
    },
    /// The key is too short to be one.
    #[error("the market-data gateway's key must have at least 8 printable characters without `|`")]
    Key,
}

/// Counters of a gateway since it was opened. At every moment `bytes_queued` = `bytes_flushed` +
/// `bytes_discarded` + what waits for the clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayCounters {
    /// Clients that connected.
    pub accepted: u64,
    /// Clients disconnected for reading too slowly.
    pub slow: u64,
    /// Market records published.
    pub published: u64,
    /// Records of any kind queued to clients, after the header: snapshots, names, acknowledgements,
    /// heartbeats and errors too. With one client that never left, what its feed counts as read
    /// ends up equal.
    pub records_queued: u64,
    /// Bytes queued to clients, of any kind.
    pub bytes_queued: u64,
    /// Bytes that sockets took.
    pub bytes_flushed: u64,
    /// Bytes that were queued to clients who left before.
    pub bytes_discarded: u64,
}

impl GatewayCounters {
    fn count(&mut self, client: &Client, (backlog, records): (usize, u64)) {
        self.bytes_queued += (client.backlog() - backlog) as u64;
        self.records_queued += client.records() - records;
    }
}

/// The gateway.
pub struct DbnGateway {
    listener: TcpListener,
    key: String,
    dataset: String,
    clients: Vec<Client>,
    backlog_max: usize,
    /// The vendor identities of the market's listings, in their order.
    ids: Vec<u32>,
    minutes: MinuteBars,
    /// Minutes that the record in hand finished.
    finished: Vec<OhlcvMsg>,
    now: UnixNanos,
    counters: GatewayCounters,
}

impl DbnGateway {
    /// Listens on an address for clients who know the key.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn bind(
        addr: impl ToSocketAddrs + std::fmt::Display,
        key: &str,
        dataset: &str,
    ) -> Result<DbnGateway, GatewayError> {
        if key.len() < 8 || !key.bytes().all(|b| b.is_ascii_graphic() && b != b'|') {
            return Err(GatewayError::Key);
        }
        let bind = |source| GatewayError::Bind { addr: addr.to_string(), source };
        let found = addr.to_socket_addrs().map_err(bind)?.next();
        let found = found.ok_or_else(|| bind(io::ErrorKind::NotFound.into()))?;
        Ok(DbnGateway {
            listener: TcpListener::bind(found).map_err(bind)?,
            key: key.to_owned(),
            dataset: dataset.to_owned(),
            clients: Vec::new(),
            backlog_max: BACKLOG_MAX,
            ids: Vec::new(),
            minutes: MinuteBars::default(),
            finished: Vec::new(),
            now: UnixNanos(0),
            counters: GatewayCounters::default(),
        })
    }

    /// The same gateway with another bound than [`BACKLOG_MAX`] on what waits for one client.
    pub fn with_backlog_max(mut self, bytes: usize) -> DbnGateway {
        self.backlog_max = bytes;
        self
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts clients, answers requests, sends heartbeats and writes what waits. `now` is the clock
    /// of heartbeats and time-outs: the wall clock, whatever the market's own clock does. New
    /// sessions get the market as it stands at this moment. Returns how much was done.
    pub fn poll(&mut self, now: UnixNanos, market: &dyn Market) -> usize {
        self.now = now;
        if self.ids.is_empty() {
            self.ids = market.listings().iter().map(|l| l.instrument_id).collect();
            self.minutes = MinuteBars::new(market);
        }
        debug_assert_eq!(self.ids.len(), market.listings().len(), "what is listed later is said");
        let mut work = self.accept();
        let minutes = &self.minutes;
        let terms = Terms { now, key: &self.key, dataset: &self.dataset, market, minutes };
        for client in &mut self.clients {
            let before = (client.backlog(), client.records());
            work += client.read(&terms);
            client.keep_time(&terms);
            self.counters.count(client, before);
        }
        work + self.flush()
    }

    /// Queues a market record for every client that asked for its kind and instrument.
    pub fn publish(&mut self, record: RecordRef<'_>) {
        self.counters.published += 1;
        let id = record.header().instrument_id;
        let Some(listing) = self.ids.iter().position(|i| *i == id) else { return };
        let mut finished = std::mem::take(&mut self.finished);
        self.minutes.on(listing, &record, &mut finished);
        for bar in finished.drain(..) {
            if let Some(listing) = self.ids.iter().position(|i| *i == bar.hd.instrument_id) {
                self.send(listing, RecordRef::from(&bar));
            }
        }
        self.finished = finished;
        self.send(listing, record);
        let deleted = SecurityUpdateAction::Delete as u8;
        let definition = record.get::<InstrumentDefMsg>();
        if definition.is_some_and(|d| d.security_update_action as u8 == deleted) {
            self.minutes.forget(listing);
        }
    }

    /// The market begins to list an instrument, at the next place: who asked for every symbol gets it
    /// from now on.
    pub fn list(&mut self, instrument: &Listing, at: UnixNanos) {
        let listing = self.ids.len();
        self.ids.push(instrument.instrument_id);
        self.minutes.list(instrument.instrument_id);
        for client in &mut self.clients {
            let before = (client.backlog(), client.records());
            client.list(listing, instrument, at, self.now);
            self.counters.count(client, before);
        }
    }

    fn send(&mut self, listing: usize, record: RecordRef<'_>) {
        let kinds = kinds_of_record(&record);
        for client in &mut self.clients {
            if !client.wants(listing, kinds) {
                continue;
            }
            let before = (client.backlog(), client.records());
            if !client.send(record, self.now) {
                self.counters.slow += 1;
            }
            self.counters.count(client, before);
        }
    }

    /// Writes what the clients' sockets take, and parts with those who are gone. Returns how many
    /// bytes were written.
    pub fn flush(&mut self) -> usize {
        let mut written = 0;
        for client in &mut self.clients {
            written += client.write();
        }
        self.counters.bytes_flushed += written as u64;
        let counters = &mut self.counters;
        self.clients.retain(|client| {
            if client.is_gone() {
                counters.bytes_discarded += client.backlog() as u64;
            }
            !client.is_gone()
        });
        written
    }

    /// Clients whose stream has begun: a replay waits for the first. One that has asked for the past
    /// alone is waited for, for a moment, to ask for the present.
    pub fn started_clients(&self) -> usize {
        self.clients.iter().filter(|c| c.is_listening(self.now)).count()
    }

    /// Bytes that wait for the client that is farthest behind: a replay at full speed waits for it
    /// to be small.
    pub fn backlog(&self) -> usize {
        self.clients.iter().map(Client::backlog).max().unwrap_or(0)
    }

    /// Counters.
    pub fn counters(&self) -> GatewayCounters {
        self.counters
    }

    /// Breaks every connection at once, in the middle of whatever was being sent: the fault that
    /// tests of reconnecting need.
    pub fn drop_clients(&mut self) {
        let discarded: usize = self.clients.iter().map(Client::backlog).sum();
        self.counters.bytes_discarded += discarded as u64;
        self.clients.clear();
    }

    fn accept(&mut self) -> usize {
        let mut accepted = 0;
        // Bounded, so that a flood of connections cannot keep the market waiting.
        while accepted < CLIENTS_MAX {
            // Errors other than an empty queue are of a connection that broke while it waited.
            let Ok((stream, _)) = self.listener.accept() else { break };
            // Without it records wait for the client's acknowledgements; slower, but not wrong.
            let _ = stream.set_nodelay(true);
            self.counters.accepted += 1;
            accepted += 1;
            let session = self.counters.accepted;
            let client = if self.clients.len() < CLIENTS_MAX {
                Client::new(stream, session, challenge(session), self.backlog_max, self.now)
            } else if self.clients.len() < 2 * CLIENTS_MAX {
                Client::turned_away(stream, self.now)
            } else {
                continue;
            };
            self.counters.bytes_queued += client.backlog() as u64;
            self.clients.push(client);
        }
        accepted
    }
}

/// A challenge that nobody can foresee: the standard library seeds its hashers from the system.
fn challenge(session: u64) -> String {
    let word = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(session);
        hasher.finish()
    };
    format!("{:016x}{:016x}", word(), word())
}
