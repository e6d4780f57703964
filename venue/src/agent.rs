//! The venue as one agent: a market, its data gateway and its order entry, driven by one clock.
//!
//! Orders are matched when they arrive, at the market's time of that moment; what they do to the book
//! is published like everything else. How the market's own events come is the [`Pace`].
//!
//! # Lockstep
//!
//! Two runs over the same files must give the same result, although records and reports travel by two
//! sockets and the node may read them in any order. So only one kind of thing is ever under way: the
//! venue acts only when the node is at rest and has sent nothing that has not arrived, and then it
//! does the first of these that there is to do, and waits for rest again:
//!
//! 1. send the reports that wait,
//! 2. carry out the requests that wait, and publish what they do to the book,
//! 3. run the market's next event, and publish it.
//!
//! Reports made in 2 and 3 wait for 1. Counted are the records of any kind queued to the one client
//! after the header, heartbeats included, and FIX application messages; session messages are not.
//! [`Lockstep::is_at_rest`] tells why reading the node's counts is free of races. The venue's own are
//! those of its last poll: a request that is still in the socket was counted by the node before the
//! record or report that caused it, so it is seen to be missing. A connection that breaks takes
//! messages with it that both sides counted differently: the replay then stands still for good.

use crate::dbn_gateway::{BACKLOG_MAX, DbnGateway};
use crate::lockstep::{Lockstep, VenueCounts};
use crate::market::{Listing, Market, MarketSink, OrderEvent};
use crate::order_entry::OrderEntry;
use crate::script::{Deed, Script, ScriptEntry};
use dbn::RecordRef;
use gauntlet_model::units::{Price, UnixNanos};
use gauntlet_runtime::agent::{Agent, AgentError};
use gauntlet_runtime::clock::{TickClock, WallClock};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most events of the market in one call, so that requests and clients are not kept waiting.
const STEPS_PER_CALL: usize = 256;
/// At unlimited speed the market waits while this many bytes wait for a client.
const BACKLOG_AT_FULL_SPEED: usize = BACKLOG_MAX / 8;

/// How the market's clock moves.
#[derive(Clone, Debug)]
pub enum Pace {
    /// `speed` seconds of the market's time to each real one, from when its [`MarketClock`] starts.
    /// With [`f64::INFINITY`] as fast as the clients read.
    Real {
        /// Above 0.
        speed: f64,
    },
    /// One step at a time, together with the node that publishes these counts.
    Lockstep(Arc<Lockstep>),
}

/// When the market's clock starts. In lockstep it has no meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarketClock {
    /// When the first client of market data has started, so that it misses nothing.
    #[default]
    FirstClient,
    /// With the venue, whoever listens.
    Own,
    /// It is the wall clock: the market begins at its own time, which has to be of today, and keeps
    /// to the wall clock, whoever listens. For a speed of 1.
    Wall,
}

/// The market ended before its data did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the market ended early: {reason}")]
pub struct MarketFailed {
    /// What happened.
    pub reason: String,
}

#[derive(Debug, Default)]
struct Shared {
    drop_clients: AtomicBool,
    drop_session: AtomicBool,
    refuses_all: AtomicBool,
    silent: AtomicBool,
    has_halts: AtomicBool,
    /// Symbols to halt, or to let go on.
    halts: Mutex<Vec<(String, bool)>>,
    has_deeds: AtomicBool,
    /// What is to be added to the script.
    deeds: Mutex<Vec<ScriptEntry>>,
    finished: AtomicBool,
    market_time: AtomicU64,
    steps: AtomicU64,
    data_waiting: AtomicU64,
}

/// Watches and disturbs a venue from another thread. What is asked for happens at the venue's next
/// turn.
#[derive(Clone, Debug)]
pub struct VenueHandle(Arc<Shared>);

impl VenueHandle {
    /// Breaks every connection of market data.
    pub fn drop_market_data(&self) {
        self.0.drop_clients.store(true, Ordering::Release);
    }

    /// Breaks the connection of order entry.
    pub fn drop_order_entry(&self) {
        self.0.drop_session.store(true, Ordering::Release);
    }

    /// Whether every order and change of one is to be refused.
    pub fn set_refuses_all(&self, refuses_all: bool) {
        self.0.refuses_all.store(refuses_all, Ordering::Release);
    }

    /// Whether requests are to go unanswered and fills unreported: late, not lost.
    pub fn set_silent(&self, silent: bool) {
        self.0.silent.store(silent, Ordering::Release);
    }

    /// Halts trading in an instrument that is open, or lets it go on. Symbols that are not listed, and
    /// markets that follow a recording, are not halted.
    pub fn set_halted(&self, symbol: &str, is_halted: bool) {
        let mut halts = self.0.halts.lock().unwrap_or_else(PoisonError::into_inner);
        halts.push((symbol.to_owned(), is_halted));
        self.0.has_halts.store(true, Ordering::Release);
    }

    /// Adds an entry to the script; one without a room is left out.
    pub fn perform(&self, entry: ScriptEntry) {
        let mut deeds = self.0.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        deeds.push(entry);
        self.0.has_deeds.store(true, Ordering::Release);
    }

    /// Whether the market has ended, everything was sent, and the clients of market data were let
    /// go. Order entry stays open.
    pub fn is_finished(&self) -> bool {
        self.0.finished.load(Ordering::Acquire)
    }

    /// The market's clock.
    pub fn market_time(&self) -> UnixNanos {
        UnixNanos(self.0.market_time.load(Ordering::Acquire))
    }

    /// Bytes of market data that wait for the client that reads slowest.
    pub fn data_waiting(&self) -> u64 {
        self.0.data_waiting.load(Ordering::Acquire)
    }

    /// Events of the market so far.
    pub fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::Acquire)
    }
}

/// A moment that both clocks are known for.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    wall: UnixNanos,
    market: UnixNanos,
}

/// The venue. See the module's documentation.
pub struct Venue {
    market: Box<dyn Market + Send>,
    gateway: DbnGateway,
    orders: OrderEntry,
    pace: Pace,
    /// Longest time without events that is waited for; longer ones pass at once.
    wait_max_ns: u64,
    market_clock: MarketClock,
    anchor: Option<Anchor>,
    clock: WallClock,
    events: Vec<OrderEvent>,
    settled: Vec<String>,
    script: Script,
    shared: Arc<Shared>,
}

/// Publishes a market's records at once and keeps its news of orders.
struct Publish<'a> {
    gateway: &'a mut DbnGateway,
    events: &'a mut Vec<OrderEvent>,
    /// Symbols of contracts that were settled.
    settled: &'a mut Vec<String>,
}

impl MarketSink for Publish<'_> {
    fn record(&mut self, record: RecordRef<'_>) {
        self.gateway.publish(record);
    }

    fn order(&mut self, event: OrderEvent) {
        self.events.push(event);
    }

    fn settled(&mut self, listing: &Listing, _: Price) {
        self.settled.push(listing.symbol.clone());
    }

    fn listed(&mut self, listing: &Listing, at: UnixNanos) {
        self.gateway.list(listing, at);
    }
}

impl Venue {
    /// A venue whose market stands still until somebody listens ([`MarketClock::FirstClient`]).
    ///
    /// # Panics
    /// When a speed is not above 0.
    pub fn new(
        market: Box<dyn Market + Send>,
        gateway: DbnGateway,
        orders: OrderEntry,
        pace: Pace,
    ) -> Venue {
        if let Pace::Real { speed } = pace {
            assert!(speed > 0.0, "the market's speed must be above 0");
        }
        Venue {
            market,
            gateway,
            orders,
            pace,
            wait_max_ns: u64::MAX,
            market_clock: MarketClock::FirstClient,
            anchor: None,
            clock: WallClock::new(TickClock::new()),
            events: Vec::new(),
            settled: Vec::new(),
            script: Script::default(),
            shared: Arc::default(),
        }
    }

    /// The same venue, passing at once over times without events of the market, such as nights, that
    /// are longer than `wait_max_ns` of the market's time. Has no meaning in lockstep.
    pub fn with_wait_max_ns(mut self, wait_max_ns: u64) -> Venue {
        self.wait_max_ns = wait_max_ns;
        self
    }

    /// The same venue with another start of the market's clock than with the first client.
    pub fn with_clock(mut self, market_clock: MarketClock) -> Venue {
        self.market_clock = market_clock;
        self
    }

    /// The same venue, with what it is to do wrong.
    pub fn with_script(mut self, entries: Vec<ScriptEntry>) -> Venue {
        self.script = Script::new(entries);
        self
    }

    /// A handle for other threads.
    pub fn handle(&self) -> VenueHandle {
        VenueHandle(Arc::clone(&self.shared))
    }

    /// As [`VenueHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.shared.finished.load(Ordering::Acquire)
    }

    /// The market.
    pub fn market(&self) -> &dyn Market {
        &*self.market
    }

    /// The market-data gateway, for its address and counters.
    pub fn gateway(&self) -> &DbnGateway {
        &self.gateway
    }

    /// The order entry, for its address and counters.
    pub fn orders(&self) -> &OrderEntry {
        &self.orders
    }

    /// One turn by a wall clock that the caller reads. Returns how much was done.
    ///
    /// # Errors
    /// [`MarketFailed`], once everything before the failure was sent.
    pub fn poll(&mut self, now: UnixNanos) -> Result<usize, MarketFailed> {
        self.take_faults(now);
        self.orders.note_prices(&*self.market);
        let mut work = self.orders.poll(now);
        // After the end a client would only come to hear that nothing goes on.
        if !self.is_finished() {
            work += self.gateway.poll(now, &*self.market);
        }
        work += match self.pace.clone() {
            Pace::Real { speed } => self.run(speed, now),
            Pace::Lockstep(lockstep) => self.run_in_lockstep(&lockstep, now),
        };
        self.shared.market_time.store(self.market.now().0, Ordering::Release);
        self.shared.data_waiting.store(self.gateway.backlog() as u64, Ordering::Release);
        if !self.is_finished() && self.may_finish() {
            self.gateway.drop_clients();
            self.shared.finished.store(true, Ordering::Release);
            work += 1;
        }
        if let Some(failure) = self.orders.store_failure() {
            return Err(MarketFailed { reason: failure.to_string() });
        }
        match self.market.failure() {
            Some(failure) if self.is_finished() => {
                Err(MarketFailed { reason: failure.to_string() })
            }
            _ => Ok(work),
        }
    }

    fn run(&mut self, speed: f64, now: UnixNanos) -> usize {
        // The answers first: they are not to wait for the market to catch up.
        let mut work = self.answer(self.market.now(), now);
        for _ in 0..STEPS_PER_CALL {
            let is_held = speed.is_infinite() && self.gateway.backlog() >= BACKLOG_AT_FULL_SPEED;
            if is_held || !self.is_due(speed, now) {
                break;
            }
            if let Some(next) = self.market.next_event() {
                work += self.answer(next, now);
            }
            self.step(now);
            self.keep_up(speed, now);
            work += 1;
        }
        self.gateway.flush();
        let clock = self.anchor.filter(|_| speed.is_finite()).map_or(self.market.now(), |anchor| {
            let elapsed = now.since(anchor.wall) as f64 * speed;
            anchor.market.plus(elapsed as u64)
        });
        let until = self.market.next_event().map_or(clock, |next| next.min(clock));
        work + self.answer(until, now)
    }

    /// Carries out and tells what has arrived until a moment of the market, one after another by their
    /// times. Returns how much that was.
    fn answer(&mut self, until: UnixNanos, now: UnixNanos) -> usize {
        let mut work = 0;
        while let Some(arrival) = self.orders.next_arrival().filter(|at| *at <= until) {
            let done = self.answer_at(arrival, now);
            if done == 0 {
                break;
            }
            work += done;
        }
        self.orders.set_market_time(until);
        work
    }

    /// Carries out and tells what arrives at a moment.
    fn answer_at(&mut self, at: UnixNanos, now: UnixNanos) -> usize {
        self.orders.set_market_time(at);
        let delivered = self.orders.deliver(now);
        let served = self.serve();
        if served > 0 {
            self.act(now);
        }
        delivered + served + self.orders.deliver(now)
    }

    /// An event may span time, as a snapshot and the first record after it do. Where it ended the
    /// market goes on from now, and does not stand still until its old pace gets there.
    fn keep_up(&mut self, speed: f64, now: UnixNanos) {
        let Some(anchor) = self.anchor else { return };
        let elapsed = now.since(anchor.wall) as f64 * speed;
        let market = self.market.now();
        if market > anchor.market.plus(elapsed as u64) {
            self.anchor = Some(Anchor { wall: now, market });
        }
    }

    fn is_due(&mut self, speed: f64, now: UnixNanos) -> bool {
        let Some(next) = self.market.next_event() else { return false };
        let Some(anchor) = self.anchor(now) else { return false };
        let elapsed = now.since(anchor.wall) as f64 * speed;
        if next <= anchor.market.plus(elapsed as u64) {
            return true;
        }
        let is_skipped = next.since(self.market.now()) > self.wait_max_ns;
        if is_skipped {
            self.anchor = Some(Anchor { wall: now, market: next });
        }
        is_skipped
    }

    /// Where the market's clock started, or starts now.
    fn anchor(&mut self, now: UnixNanos) -> Option<Anchor> {
        if self.anchor.is_none() {
            let market = self.market.now();
            let starts_at = match self.market_clock {
                MarketClock::FirstClient => (self.gateway.started_clients() > 0).then_some(now),
                MarketClock::Own => Some(now),
                MarketClock::Wall => Some(market),
            };
            self.anchor = starts_at.map(|wall| Anchor { wall, market });
        }
        self.anchor
    }

    fn run_in_lockstep(&mut self, lockstep: &Lockstep, now: UnixNanos) -> usize {
        let mut work = 0;
        for _ in 0..STEPS_PER_CALL {
            if !lockstep.is_at_rest(&self.counts()) {
                break;
            }
            let event = self.market.next_event();
            let arrival = self.orders.next_arrival();
            if let Some(at) = arrival.filter(|at| event.is_none_or(|event| *at <= event)) {
                if self.answer_once(at, now) == 0 {
                    break;
                }
            } else if event.is_some() && self.gateway.started_clients() > 0 {
                self.anchor(now);
                self.step(now);
            } else {
                break;
            }
            self.gateway.flush();
            work += 1;
        }
        work
    }

    fn counts(&self) -> VenueCounts {
        let orders = self.orders.counters();
        VenueCounts {
            records_sent: self.gateway.counters().records_queued,
            reports_sent: orders.sent,
            orders_received: orders.received,
        }
    }

    /// One of the two things that arrive at a moment, so that the client has its turn in between.
    fn answer_once(&mut self, at: UnixNanos, now: UnixNanos) -> usize {
        self.orders.set_market_time(at);
        match self.orders.deliver(now) {
            0 => {
                let served = self.serve();
                self.act(now);
                served
            }
            delivered => delivered,
        }
    }

    fn serve(&mut self) -> usize {
        let gateway = &mut self.gateway;
        self.orders.serve(&mut *self.market, &mut |record| gateway.publish(record))
    }

    fn step(&mut self, now: UnixNanos) {
        let mut sink = Publish {
            gateway: &mut self.gateway,
            events: &mut self.events,
            settled: &mut self.settled,
        };
        self.market.step(&mut sink);
        let at = self.market.now();
        for event in self.events.drain(..) {
            self.orders.on_order(event, at);
        }
        for symbol in self.settled.drain(..) {
            self.orders.on_settled(&symbol);
        }
        self.orders.set_market_time(at);
        self.act(now);
        self.shared.steps.fetch_add(1, Ordering::Release);
    }

    /// Does what the script says is to be done now.
    fn act(&mut self, now: UnixNanos) {
        if self.script.is_over() {
            return;
        }
        let at = self.market.now();
        for symbol in self.script.ended(at) {
            self.set_halted(&symbol, false);
        }
        for entry in self.script.due(at, self.orders.entered()) {
            match (entry.deed, &entry.symbol) {
                (Deed::Disconnect, _) => self.orders.drop_connection(now),
                (Deed::DropCopyDown, _) => self.orders.disconnect_copy(now),
                (Deed::Halt, Some(symbol)) => self.set_halted(symbol, true),
                _ => self.orders.perform(&entry),
            }
        }
        self.set_mood();
    }

    fn set_mood(&mut self) {
        let refuses = self.shared.refuses_all.load(Ordering::Acquire);
        self.orders.set_refuses_all(refuses || self.script.refuses_all());
        let silent = self.shared.silent.load(Ordering::Acquire);
        self.orders.set_silent(silent || self.script.is_silent());
    }

    /// Whether the market has ended and nothing that it said is under way. A market that ended
    /// before anybody listened waits for somebody.
    fn may_finish(&self) -> bool {
        let was_heard = self.anchor.is_some() || self.gateway.started_clients() > 0;
        let is_quiet = self.orders.requests() == 0 && self.orders.reports() == 0;
        let is_received = match &self.pace {
            Pace::Real { .. } => true,
            Pace::Lockstep(lockstep) => lockstep.is_at_rest(&self.counts()),
        };
        was_heard
            && self.market.next_event().is_none()
            && is_quiet
            && is_received
            && self.gateway.backlog() == 0
    }

    fn set_halted(&mut self, symbol: &str, is_halted: bool) {
        let place = self.market.listings().iter().position(|l| l.symbol == symbol);
        let mut sink = Publish {
            gateway: &mut self.gateway,
            events: &mut self.events,
            settled: &mut self.settled,
        };
        if let Some(place) = place {
            self.market.set_halted(place, is_halted, &mut sink);
        }
    }

    fn take_halts(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut halts = shared.halts.lock().unwrap_or_else(PoisonError::into_inner);
        for (symbol, is_halted) in halts.drain(..) {
            self.set_halted(&symbol, is_halted);
        }
    }

    fn take_deeds(&mut self, now: UnixNanos) {
        let shared = Arc::clone(&self.shared);
        let mut deeds = shared.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        deeds.drain(..).for_each(|entry| {
            self.script.add(entry);
        });
        drop(deeds);
        self.act(now);
    }

    fn take_faults(&mut self, now: UnixNanos) {
        if self.shared.drop_clients.swap(false, Ordering::AcqRel) {
            self.gateway.drop_clients();
        }
        if self.shared.drop_session.swap(false, Ordering::AcqRel) {
            self.orders.drop_connection(now);
        }
        if self.shared.has_halts.swap(false, Ordering::AcqRel) {
            self.take_halts();
        }
        if self.shared.has_deeds.swap(false, Ordering::AcqRel) {
            self.take_deeds(now);
        }
        self.set_mood();
    }
}

impl Agent for Venue {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let now = UnixNanos(self.clock.now());
        Ok(self.poll(now)?)
    }

    fn on_close(&mut self) -> Result<(), AgentError> {
        self.gateway.flush();
        self.orders.close(UnixNanos(self.clock.now()));
        Ok(())
    }
}
