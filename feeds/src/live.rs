//! Databento's live protocol on a socket that never blocks.
//!
//! [`LiveFeed::poll`] does at most one read of the socket and turns what came into inputs, so the
//! loop that calls it gets control back after a bounded time. Everything that can go wrong with a
//! line is either news in the stream ([`FeedEvent`](gauntlet_model::input::FeedEvent)) and a new attempt after a growing pause, or,
//! for what no new attempt can mend, a [`FeedError`].
//!
//! A mistake of configuration (key, subscription, symbol, definition) ends a feed that has not
//! worked yet. Once a session has streamed, the same refusals are taken for trouble at the other
//! end: the feed reports itself down and goes on trying, since positions may be open and the rest of
//! the platform is better off alive.

mod config;
mod mending;
mod news;
mod past;

pub use config::{FeedError, LiveConfig, LiveStats};
pub use past::HISTORY_HOURS_MAX;

use crate::Received;
use crate::decode::Decoder;
use crate::file::{PRELUDE_LEN, check_prelude};
use crate::protocol::{self, Line, Subscription};
use crate::symbols::FeedInstrument;
use dbn::VersionUpgradePolicy;
use dbn::decode::dbn::fsm::{DbnFsm, ProcessResult};
use gauntlet_model::ids::INSTRUMENTS_MAX;
use gauntlet_model::input::{FeedChange, Input};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::clock::TickClock;
use mending::{ASKS_MAX, Mending, Remedy};
use mio::net::TcpStream;
use news::{Failure, Ledger, event, on_record, printable};
use past::Past;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};

/// Pause before the first new attempt.
const BACKOFF_NS_MIN: u64 = NANOS_PER_SECOND / 4;
/// Longest pause between attempts.
const BACKOFF_NS_MAX: u64 = 30 * NANOS_PER_SECOND;
/// A session that streamed for as long makes the next pause short again.
const STEADY_NS: u64 = 10 * NANOS_PER_SECOND;
/// Longest wait for a connection, and for each answer before the stream.
const ANSWER_TIMEOUT_NS: u64 = 10 * NANOS_PER_SECOND;
/// Longest line of the text protocol.
const LINE_MAX: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Connecting,
    Greeting,
    Challenge,
    Answer,
    Prelude,
    Header,
    Streaming,
    Closed,
}

impl Phase {
    fn awaits(self) -> &'static str {
        match self {
            Phase::Connecting => "a connection",
            Phase::Greeting => "its greeting",
            Phase::Challenge => "its challenge",
            Phase::Answer => "its answer to the key",
            Phase::Prelude | Phase::Header => "the stream's header",
            Phase::Waiting | Phase::Streaming | Phase::Closed => "data",
        }
    }
}

/// A live feed. Owns its socket, its buffers and its reconnecting.
pub struct LiveFeed {
    config: LiveConfig,
    addrs: Vec<SocketAddr>,
    next_addr: usize,
    clock: TickClock,
    phase: Phase,
    stream: Option<TcpStream>,
    /// Text received and not yet understood.
    text: Vec<u8>,
    /// Text to send.
    out: Vec<u8>,
    fsm: DbnFsm,
    decoder: Decoder,
    /// When the phase began; in [`Phase::Waiting`], when it ends.
    since: UnixNanos,
    last_heard: UnixNanos,
    lost_at: UnixNanos,
    backoff: u64,
    last_detail: Text<64>,
    warning: String,
    mending: Mending,
    past: Past,
    stats: LiveStats,
}

impl LiveFeed {
    /// Makes a feed; the first poll connects. Finding the gateway's address may block: names are
    /// looked up here and never again.
    ///
    /// # Errors
    /// [`FeedError::Config`] and [`FeedError::Resolve`].
    pub fn new(config: LiveConfig) -> Result<LiveFeed, FeedError> {
        config::check(&config)?;
        let resolve = |source| FeedError::Resolve { addr: config.addr.clone(), source };
        let addrs: Vec<SocketAddr> = config.addr.to_socket_addrs().map_err(resolve)?.collect();
        if addrs.is_empty() {
            return Err(resolve(io::Error::from(io::ErrorKind::NotFound)));
        }
        let fsm = DbnFsm::builder()
            .upgrade_policy(VersionUpgradePolicy::AsIs)
            .buffer_size(config.buffer_bytes)
            .build()
            .map_err(|e| FeedError::Config(e.to_string()))?;
        Ok(LiveFeed {
            decoder: Decoder::new(&config.instruments),
            past: Past::new(config.history_hours, &config.subscriptions, config.instruments.len()),
            config,
            addrs,
            next_addr: 0,
            clock: TickClock::new(),
            phase: Phase::Waiting,
            stream: None,
            text: Vec::with_capacity(LINE_MAX),
            out: Vec::with_capacity(LINE_MAX),
            fsm,
            since: UnixNanos(0),
            last_heard: UnixNanos(0),
            lost_at: UnixNanos(0),
            backoff: BACKOFF_NS_MIN,
            last_detail: Text::EMPTY,
            warning: String::new(),
            mending: Mending::new(),
            stats: LiveStats::default(),
        })
    }

    /// Whether records flow.
    pub fn is_streaming(&self) -> bool {
        self.phase == Phase::Streaming
    }

    /// Counters.
    pub fn stats(&self) -> LiveStats {
        LiveStats {
            unknown_instruments: self.decoder.unknown_instruments(),
            unused_types: self.decoder.unused_types(),
            ..self.stats
        }
    }

    /// The last trouble that did not end a session, in words; empty if there was none. It is new
    /// when [`LiveStats::warnings`] has grown.
    pub fn warning(&self) -> &str {
        &self.warning
    }

    /// Follows one more instrument from now on, in this session and in those to come. Nothing of its past
    /// is asked for in a session that streams; one that begins later asks for it as for all.
    ///
    /// # Errors
    /// [`FeedError::Config`] when there are as many as may be.
    pub fn follow(&mut self, instrument: FeedInstrument) -> Result<(), FeedError> {
        let LiveFeed { config, decoder, past, .. } = self;
        if config.instruments.len() >= INSTRUMENTS_MAX {
            let why = format!("{} cannot be followed: {INSTRUMENTS_MAX} are", instrument.symbol);
            return Err(FeedError::Config(why));
        }
        let symbol = instrument.symbol;
        decoder.add(instrument);
        config.instruments.push(instrument);
        let subscriptions = &mut config.subscriptions;
        subscriptions.iter_mut().for_each(|asked| asked.change(symbol.as_str(), true));
        past.change(symbol.as_str(), true);
        // While the past is told, the market is not subscribed to yet: it will be with this one.
        if self.phase == Phase::Streaming && !self.past.is_asking() {
            let request = protocol::joining(&self.config.subscriptions, symbol.as_str());
            self.out.extend_from_slice(request.as_bytes());
        }
        Ok(())
    }

    /// Does not ask for an instrument any more in sessions to come; what this one brings of it is read.
    /// The last one stays.
    pub fn leave(&mut self, symbol: &str) {
        let LiveFeed { config, past, .. } = self;
        let others = |asked: &Subscription| asked.symbols.iter().any(|other| other != symbol);
        if config.subscriptions.iter().all(others) {
            config.subscriptions.iter_mut().for_each(|asked| asked.change(symbol, false));
            past.change(symbol, false);
        }
    }

    /// Ends the feed for good, without an event: the owner asked for it.
    pub fn close(&mut self) {
        self.stream = None;
        self.phase = Phase::Closed;
    }

    /// Does what can be done without waiting: one step of connecting, or one read and the inputs
    /// that it brings. `now` is the clock for time-outs and pauses, in live use the wall clock.
    /// Returns how much was done; 0 lets the caller idle.
    ///
    /// # Errors
    /// [`FeedError`] when no further attempt can help; the feed is closed then.
    pub fn poll(
        &mut self,
        now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, FeedError> {
        let done = match self.phase {
            Phase::Closed => return Ok(0),
            Phase::Waiting if now < self.since => return Ok(0),
            Phase::Waiting => self.connect(now),
            Phase::Connecting => self.finish_connecting(now),
            _ => self.exchange(now, sink),
        };
        match done.and_then(|work| self.check_silence(now, work, sink)) {
            Ok(work) => Ok(work),
            Err(Failure::Lost(detail)) => {
                self.lose(now, &detail, sink);
                Ok(1)
            }
            Err(Failure::Fatal(FeedError::Subscription { reason, .. }))
                if self.past.is_asking() =>
            {
                // The market is more than its past.
                self.past.refused();
                self.warn(format!("the gateway has no history for us: {reason}"));
                self.lose(now, &reason, sink);
                Ok(1)
            }
            Err(Failure::Fatal(error)) => {
                self.lose(now, &error.to_string(), sink);
                self.close();
                Err(error)
            }
        }
    }

    fn connect(&mut self, now: UnixNanos) -> Result<usize, Failure> {
        let addr = self.addrs[self.next_addr % self.addrs.len()];
        self.next_addr += 1;
        self.stats.attempts += 1;
        self.text.clear();
        self.out.clear();
        self.fsm.reset();
        self.decoder.forget_session();
        self.enter(Phase::Connecting, now);
        let stream = TcpStream::connect(addr).map_err(|e| Failure::lost("cannot connect", &e))?;
        self.stream = Some(stream);
        Ok(1)
    }

    fn finish_connecting(&mut self, now: UnixNanos) -> Result<usize, Failure> {
        let Some(stream) = &self.stream else {
            return Err(Failure::Lost("no connection".into()));
        };
        if let Some(e) = stream.take_error().unwrap_or_else(Some) {
            return Err(Failure::lost("cannot connect", &e));
        }
        match stream.peer_addr() {
            Ok(_) => {
                stream.set_nodelay(true).map_err(|e| Failure::lost("cannot set up", &e))?;
                self.enter(Phase::Greeting, now);
                Ok(1)
            }
            Err(e) if e.kind() == io::ErrorKind::NotConnected => Ok(0),
            Err(e) => Err(Failure::lost("cannot connect", &e)),
        }
    }

    fn exchange(
        &mut self,
        now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, Failure> {
        let mut work = 0;
        if self.phase == Phase::Streaming {
            self.mend(now)?;
        }
        if self.past.is_asking() && self.phase == Phase::Streaming {
            self.mind_history(now);
        }
        if !self.out.is_empty() {
            work += self.write()?;
        }
        work += match self.phase {
            Phase::Prelude | Phase::Header | Phase::Streaming => self.read_records(now, sink)?,
            _ => self.read_text(now)?,
        };
        Ok(work)
    }

    /// Does what a book in doubt needs.
    fn mend(&mut self, now: UnixNanos) -> Result<(), Failure> {
        let Some(remedy) = self.mending.remedy(now) else { return Ok(()) };
        let (Remedy::Snapshot(instrument) | Remedy::NewSession(instrument)) = remedy;
        let ours = self.config.instruments.iter().find(|i| i.instrument == instrument);
        let Some(symbol) = ours.map(|ours| ours.symbol) else { return Ok(()) };
        if let Remedy::NewSession(_) = remedy {
            let detail = format!("the book of {symbol} is in doubt after {ASKS_MAX} snapshots");
            return Err(Failure::Lost(detail));
        }
        self.stats.snapshots_asked += 1;
        self.stats.warnings += 1;
        self.warning = format!("the book of {symbol} is in doubt: asked for a snapshot");
        let id = self.config.subscriptions.len() as u64 + self.stats.snapshots_asked;
        let request = protocol::snapshot(&self.config.subscriptions, symbol.as_str(), id);
        self.out.extend_from_slice(request.as_bytes());
        Ok(())
    }

    /// Does not let the market wait too long for its past.
    fn mind_history(&mut self, now: UnixNanos) {
        let why = match self.past.is_too_much() {
            true => "brings more than it was asked for",
            false if now.since(self.since) > past::PATIENCE_NS => "takes too long",
            false => return,
        };
        self.warn(format!("the replay of the past {why}: going on without the rest"));
        self.past.give_up();
        self.subscribe();
    }

    /// Asks for the market, after its past.
    fn subscribe(&mut self) {
        let left = Past::leaves(&self.config.subscriptions);
        self.out.extend_from_slice(protocol::later(left).as_bytes());
    }

    fn warn(&mut self, warning: String) {
        self.stats.warnings += 1;
        self.warning = warning;
    }

    fn write(&mut self) -> Result<usize, Failure> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        match stream.write(&self.out) {
            Ok(n) => {
                self.out.drain(..n);
                Ok(n)
            }
            Err(e) if is_passing(&e) => Ok(0),
            Err(e) => Err(Failure::lost("cannot write", &e)),
        }
    }

    fn read_text(&mut self, now: UnixNanos) -> Result<usize, Failure> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        let mut chunk = [0; 1024];
        let n = match stream.read(&mut chunk) {
            Ok(0) => {
                return Err(Failure::Lost(format!(
                    "the gateway closed the line before {}",
                    self.phase.awaits()
                )));
            }
            Ok(n) => n,
            Err(e) if is_passing(&e) => return Ok(0),
            Err(e) => return Err(Failure::lost("cannot read", &e)),
        };
        self.stats.bytes += n as u64;
        self.text.extend_from_slice(&chunk[..n]);
        while self.phase != Phase::Prelude {
            let Some(end) = self.text.iter().position(|b| *b == b'\n') else {
                if self.text.len() > LINE_MAX {
                    return Err(Failure::Lost("the gateway sent an endless line".into()));
                }
                return Ok(n);
            };
            let rest = self.text.split_off(end + 1);
            let line = std::mem::replace(&mut self.text, rest);
            self.on_line(&line[..end], now)?;
        }
        // What followed the last line is the stream's.
        self.fsm.write_all(&self.text);
        self.text.clear();
        Ok(n)
    }

    fn on_line(&mut self, line: &[u8], now: UnixNanos) -> Result<(), Failure> {
        let text = std::str::from_utf8(line).unwrap_or("").trim_end_matches('\r');
        match (self.phase, Line::parse(text)) {
            (Phase::Greeting, Some(Line::Greeting)) => self.enter(Phase::Challenge, now),
            (Phase::Challenge, Some(Line::Challenge(challenge))) => {
                let LiveConfig { key, dataset, heartbeat_interval_s, .. } = &self.config;
                let answer =
                    protocol::authentication(key, challenge, dataset, *heartbeat_interval_s);
                self.out.extend_from_slice(answer.as_bytes());
                self.enter(Phase::Answer, now);
            }
            (Phase::Answer, Some(Line::Welcome)) => {
                let requests = match self.past.begin(now, &self.config.subscriptions) {
                    Some(history) => history,
                    None => protocol::subscriptions(&self.config.subscriptions),
                };
                self.out.extend_from_slice(requests.as_bytes());
                self.enter(Phase::Prelude, now);
            }
            (Phase::Answer, Some(Line::Refusal(reason))) => {
                let reason = printable(reason);
                // Sessions of ours that the gateway has not yet given up count against the limit.
                if self.stats.sessions > 0 || reason.contains("limit") {
                    return Err(Failure::Lost(format!("refused: {reason}")));
                }
                let LiveConfig { addr, dataset, .. } = self.config.clone();
                return Err(Failure::Fatal(FeedError::Refused { addr, dataset, reason }));
            }
            (_, Some(Line::Refusal(reason))) => {
                return Err(Failure::Lost(format!("refused: {}", printable(reason))));
            }
            _ => {
                return Err(Failure::Lost(format!(
                    "instead of {} came: {}",
                    self.phase.awaits(),
                    printable(text)
                )));
            }
        }
        Ok(())
    }

    fn read_records(
        &mut self,
        now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, Failure> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        let (read, arrived) = match stream.read(self.fsm.space()) {
            Ok(0) => {
                let left = self.fsm.data().len();
                return Err(Failure::Lost(match left {
                    0 => "the gateway closed the line".into(),
                    _ => format!("the line broke {left} bytes into a record"),
                }));
            }
            Ok(n) => (n, self.clock.raw()),
            // Bytes that came with the last line wait in the buffer.
            Err(e) if is_passing(&e) && self.phase == Phase::Prelude => (0, 0),
            Err(e) if is_passing(&e) => return Ok(0),
            Err(e) => return Err(Failure::lost("cannot read", &e)),
        };
        self.fsm.fill(read);
        self.stats.bytes += read as u64;
        if read > 0 {
            self.last_heard = now;
        }
        if self.phase == Phase::Prelude {
            if !self.header_is_sound()? {
                return Ok(read);
            }
            self.enter(Phase::Header, now);
        }
        loop {
            match self.fsm.process() {
                ProcessResult::ReadMore(_) => return Ok(read),
                ProcessResult::Metadata(metadata) => {
                    self.on_header(&metadata, now, sink);
                }
                ProcessResult::Record(()) => {
                    let LiveFeed { fsm, decoder, stats, config, warning, mending, past, .. } =
                        &mut *self;
                    let waited = past.is_asking();
                    if let Some(record) = fsm.last_record() {
                        past.hear(&record);
                        let mut ledger = Ledger { config, stats, warning, mending, now };
                        let sort = &mut |received| sort(past, received, sink);
                        on_record(record, arrived, decoder, &mut ledger, sort)?;
                    }
                    if waited && !self.past.is_asking() {
                        self.subscribe();
                    }
                }
                ProcessResult::Err(e) => return Err(Failure::Lost(format!("garbage: {e}"))),
            }
        }
    }

    /// Looks at the header's first bytes before the decoder does, which would set memory aside for
    /// whatever length they claim. False until they are there.
    fn header_is_sound(&self) -> Result<bool, Failure> {
        let data = self.fsm.data();
        let Some(prelude) = data.get(..PRELUDE_LEN) else { return Ok(false) };
        let longest = u32::try_from(self.config.buffer_bytes - PRELUDE_LEN).unwrap_or(u32::MAX);
        match check_prelude(prelude, longest) {
            Ok(_) => Ok(true),
            Err(reason) => {
                let start = printable(&String::from_utf8_lossy(&data[..data.len().min(48)]));
                Err(Failure::Lost(format!("no stream, {reason}: {start}")))
            }
        }
    }

    fn on_header(
        &mut self,
        metadata: &dbn::Metadata,
        now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) {
        self.enter(Phase::Streaming, now);
        self.last_heard = now;
        self.stats.sessions += 1;
        self.mending.begin_session(now);
        self.last_detail = Text::EMPTY;
        self.decoder.map_metadata(metadata, &mut |_| {});
        let feed = self.config.feed;
        // Minutes of the past are believed only once it is known when now is; where the data is the
        // clock, nothing else tells.
        let ts = if self.past.is_asking() { metadata.start } else { 0 };
        sink(Received {
            ts: UnixNanos(ts),
            ..event(feed, FeedChange::Connected, &self.config.addr)
        });
        if self.stats.sessions > 1 {
            let seconds = now.since(self.lost_at) as f64 / 1e9;
            let detail = format!("back after {seconds:.1} s, what came meanwhile is lost");
            sink(event(feed, FeedChange::Gap, &detail));
        }
    }

    fn check_silence(
        &mut self,
        now: UnixNanos,
        work: usize,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, Failure> {
        let patience = 2 * u64::from(self.config.heartbeat_interval_s) * NANOS_PER_SECOND;
        match self.phase {
            Phase::Waiting | Phase::Closed => Ok(work),
            Phase::Streaming if now.since(self.last_heard) > patience => {
                let seconds = now.since(self.last_heard) / NANOS_PER_SECOND;
                let detail = format!("nothing came for {seconds} s, not even a heartbeat");
                sink(event(self.config.feed, FeedChange::Stale, &detail));
                Err(Failure::Lost(detail))
            }
            Phase::Streaming => Ok(work),
            phase if now.since(self.since) > ANSWER_TIMEOUT_NS => {
                Err(Failure::Lost(format!("waited too long for {}", phase.awaits())))
            }
            _ => Ok(work),
        }
    }

    /// Ends the attempt or session and plans the next. Attempts that fail for the same reason again
    /// are not news.
    fn lose(&mut self, now: UnixNanos, detail: &str, sink: &mut impl FnMut(Received)) {
        let text = Text::new(detail);
        let was_streaming = self.phase == Phase::Streaming;
        if was_streaming {
            self.lost_at = now;
            if now.since(self.since) >= STEADY_NS {
                self.backoff = BACKOFF_NS_MIN;
            }
        }
        if was_streaming || text != self.last_detail {
            sink(event(self.config.feed, FeedChange::Disconnected, detail));
        }
        self.last_detail = text;
        self.stream = None;
        self.enter(Phase::Waiting, now.plus(self.backoff));
        self.backoff = (self.backoff * 2).min(BACKOFF_NS_MAX);
    }

    fn enter(&mut self, phase: Phase, now: UnixNanos) {
        self.phase = phase;
        self.since = now;
    }
}

/// Passes on what is history as such. A minute of the replay has no time of its own in the stream; one
/// that the vendor tells when it is over says that it is over, also where nothing traded since.
fn sort(past: &mut Past, received: Received, sink: &mut impl FnMut(Received)) {
    let is_replayed = past.is_asking();
    match past.sort(received.input) {
        Some(input @ Input::History(_)) => {
            let ts = if is_replayed { UnixNanos(0) } else { received.ts };
            sink(Received { input, ts, arrived: 0 });
        }
        Some(input) => sink(Received { input, ..received }),
        None => {}
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
