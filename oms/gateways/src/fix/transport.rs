//! Bytes between a session and a TCP socket, without ever blocking.
//!
//! The owner polls: on a hot thread a read that finds nothing is cheaper than waiting for the
//! kernel to tell. Both directions are bounded: the inbox takes at most what it has room for, and a
//! peer that lets the session's outbox fill up is disconnected by the session.

use super::codec::Inbox;
use super::reach::{Connection, Connector, Reach};
use super::session::Outbox;
use super::tls::{TlsStream, is_spoken_in};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::clock::TickClock;
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

/// Bytes taken from the socket in one poll: a flood takes the thread no longer than this takes, and what there is more
/// waits in the inbox and in the socket, whose window then stops the peer.
pub(super) const READ_BYTES_MAX: usize = 64 * 1024;
/// Messages acted upon in one poll. Market records come between two polls, and at many times life minutes of the market
/// with them: a broker's list of all orders must not need many.
pub(super) const MESSAGES_PER_POLL: usize = 256;

/// What bytes go through.
enum Stream {
    /// The socket.
    Plain(TcpStream),
    /// What makes it secure.
    Secure(TlsStream),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Secure(tls) => &tls.socket,
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(into),
            Stream::Secure(tls) => tls.read(into),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Secure(tls) => tls.write(bytes),
        }
    }
}

/// One end of a connection, or the place for one.
pub(super) struct Link {
    stream: Option<Stream>,
    /// Whether anything has come over it.
    has_heard: bool,
    pub inbox: Inbox,
    /// Whether the last poll left messages in the inbox.
    has_rest: bool,
    ticks: TickClock,
    last_write_started: u64,
    last_read_finished: u64,
}

impl Link {
    pub fn new(ticks: TickClock) -> Link {
        Link {
            stream: None,
            has_heard: false,
            inbox: Inbox::new(),
            has_rest: false,
            ticks,
            last_write_started: 0,
            last_read_finished: 0,
        }
    }

    /// Takes over a connected socket.
    pub fn open(&mut self, stream: TcpStream) -> io::Result<()> {
        self.open_stream(Stream::Plain(stream))
    }

    /// Takes over a connection that was made elsewhere.
    pub fn open_made(&mut self, connection: Connection) -> io::Result<()> {
        let (socket, tls) = connection.into_parts()?;
        self.open_stream(match tls {
            Some(connection) => Stream::Secure(TlsStream { socket, connection }),
            None => Stream::Plain(socket),
        })
    }

    fn open_stream(&mut self, stream: Stream) -> io::Result<()> {
        stream.socket().set_nodelay(true)?;
        self.inbox.clear();
        (self.has_heard, self.has_rest) = (false, false);
        self.stream = Some(stream);
        Ok(())
    }

    pub fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Closes the connection after what was written before.
    pub fn close(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            if let Stream::Secure(tls) = &mut stream {
                tls.say_goodbye();
            }
            // The peer may be gone already, which is all that this asks for.
            let _ = stream.socket().shutdown(Shutdown::Write);
        }
    }

    /// Says how many messages this poll took: as many as one may, and there may be more.
    pub fn took(&mut self, messages: usize) {
        self.has_rest = messages >= MESSAGES_PER_POLL;
    }

    /// Whether the last poll left messages in the inbox.
    pub fn has_rest(&self) -> bool {
        self.has_rest
    }

    /// Reads once into the inbox; 0 when nothing has come, or when the last poll left something there.
    pub fn read(&mut self) -> io::Result<usize> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        // As many as a poll may take can have been all there were.
        self.has_rest &= self.inbox.has_bytes();
        if self.has_rest {
            return Ok(0);
        }
        let space = self.inbox.space();
        let room = space.len().min(READ_BYTES_MAX);
        let space = &mut space[..room];
        match stream.read(space) {
            Ok(bytes) if !self.has_heard && bytes > 0 => {
                self.has_heard = true;
                if is_spoken_in(&space[..bytes]) {
                    let text = "the peer speaks TLS: set tls_roots";
                    return Err(io::Error::new(ErrorKind::InvalidData, text));
                }
                self.has_read(bytes)
            }
            Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the peer disconnected")),
            Ok(bytes) => self.has_read(bytes),
            Err(error) if is_transient(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn has_read(&mut self, bytes: usize) -> io::Result<usize> {
        self.last_read_finished = self.ticks.raw();
        self.inbox.filled(bytes);
        Ok(bytes)
    }

    /// Writes as much of the outbox as the socket takes.
    pub fn write(&mut self, outbox: &mut Outbox) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        if let Stream::Secure(tls) = stream {
            // What is of an earlier write, or an answer of the protocol's own.
            tls.flush()?;
        }
        while !outbox.is_empty() {
            self.last_write_started = self.ticks.raw();
            match stream.write(outbox.pending()) {
                Ok(bytes) => outbox.written(bytes),
                Err(error) if is_transient(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes no more of the outbox than so many bytes. Returns how many were written.
    pub fn write_up_to(&mut self, outbox: &mut Outbox, bytes_max: usize) -> io::Result<usize> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        let mut written = 0;
        while !outbox.is_empty() && written < bytes_max {
            let pending = outbox.pending();
            match stream.write(&pending[..pending.len().min(bytes_max - written)]) {
                Ok(bytes) => {
                    outbox.written(bytes);
                    written += bytes;
                }
                Err(error) if is_transient(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Raw tick reading right before the last write to the socket.
    pub fn last_write_started(&self) -> u64 {
        self.last_write_started
    }

    /// Raw tick reading right after the last read that brought bytes.
    pub fn last_read_finished(&self) -> u64 {
        self.last_read_finished
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// How long an initiator waits before it connects again: twice as long after each failure, within
/// bounds. There is no random part: one session has no herd to part from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure, in nanoseconds.
    pub min_ns: u64,
    /// At most, in nanoseconds.
    pub max_ns: u64,
}

impl Default for Backoff {
    /// A tenth of a second to ten seconds.
    fn default() -> Self {
        Backoff { min_ns: NANOS_PER_SECOND / 10, max_ns: 10 * NANOS_PER_SECOND }
    }
}

/// What a [`Dialer`] came to.
pub(super) enum Dial {
    /// Waiting, for the peer or for the next attempt.
    Waiting,
    /// Connected.
    Connected(TcpStream),
    /// Connected by the connector.
    Made(Connection),
    /// The attempt failed; the next one comes by itself.
    Failed(io::Error),
}

/// An attempt under way.
enum Attempt {
    /// The system connects.
    Direct(TcpStream),
    /// The connector does.
    Elsewhere,
}

/// Connects, again and again.
pub(super) struct Dialer {
    address: SocketAddr,
    /// Where the address is not all that there is to it.
    connector: Option<Connector>,
    backoff: Backoff,
    wait_ns: u64,
    timeout_ns: u64,
    not_before: UnixNanos,
    /// Failures since the last success.
    failures: u64,
    /// Attempts since the address that goes before its backups was last due.
    turn: u64,
    /// Whether the last connection served its purpose.
    has_served: bool,
    attempt: Option<(Attempt, UnixNanos)>,
}

impl Dialer {
    pub fn new(address: SocketAddr, backoff: Backoff, timeout_ns: u64) -> Dialer {
        Dialer {
            address,
            connector: None,
            backoff,
            wait_ns: backoff.min_ns,
            timeout_ns,
            not_before: UnixNanos(0),
            failures: 0,
            turn: 0,
            has_served: false,
            attempt: None,
        }
    }

    /// Connects by `reach` from now on, in a thread of its own.
    ///
    /// # Errors
    /// Of the system, which has no thread for it.
    pub fn reach_by(&mut self, reach: Reach) -> io::Result<()> {
        let timeout = Duration::from_nanos(self.timeout_ns);
        self.connector = Some(Connector::start(reach, timeout)?);
        Ok(())
    }

    /// What an attempt under way comes to is of no use.
    pub fn give_up(&mut self) {
        self.attempt = None;
    }

    /// The connection served its purpose: the next failure begins with the shortest wait.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.has_served = true;
        self.wait_ns = self.backoff.min_ns;
    }

    /// Something has changed that may let the next attempt succeed: it comes now.
    pub fn at_once(&mut self) {
        (self.wait_ns, self.not_before) = (self.backoff.min_ns, UnixNanos(0));
    }

    /// The connection was lost, or never came: wait before the next attempt.
    pub fn failed(&mut self, now: UnixNanos) {
        self.attempt = None;
        self.failures += 1;
        self.turn = if std::mem::take(&mut self.has_served) { 0 } else { self.turn + 1 };
        self.not_before = now.plus(self.wait_ns);
        self.wait_ns = self.wait_ns.saturating_mul(2).min(self.backoff.max_ns);
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Before when there is no attempt.
    pub fn not_before(&self) -> UnixNanos {
        self.not_before
    }

    /// Whether an attempt is under way.
    pub fn is_dialing(&self) -> bool {
        self.attempt.is_some()
    }

    pub fn poll(&mut self, now: UnixNanos) -> Dial {
        match self.attempt.take() {
            Some((Attempt::Direct(stream), since)) => self.follow(stream, since, now),
            Some((Attempt::Elsewhere, since)) => {
                match self.connector.as_mut().and_then(Connector::answer) {
                    Some(Ok(connection)) => Dial::Made(connection),
                    Some(Err(error)) => self.fail(error, now),
                    None => self.wait_for(Attempt::Elsewhere, since),
                }
            }
            None if now < self.not_before => Dial::Waiting,
            None => match &mut self.connector {
                Some(connector) => {
                    if connector.ask(self.turn) {
                        self.attempt = Some((Attempt::Elsewhere, now));
                    }
                    Dial::Waiting
                }
                None => match TcpStream::connect(self.address) {
                    Ok(stream) => self.follow(stream, now, now),
                    Err(error) => self.fail(error, now),
                },
            },
        }
    }

    /// Looks what became of a connection that the system makes.
    fn follow(&mut self, stream: TcpStream, since: UnixNanos, now: UnixNanos) -> Dial {
        match stream.take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return self.fail(error, now),
        }
        match stream.peer_addr() {
            Ok(_) => Dial::Connected(stream),
            Err(error) if error.kind() != ErrorKind::NotConnected => self.fail(error, now),
            Err(_) if now.since(since) > self.timeout_ns => {
                self.fail(io::Error::new(ErrorKind::TimedOut, "no answer in time"), now)
            }
            Err(_) => self.wait_for(Attempt::Direct(stream), since),
        }
    }

    fn wait_for(&mut self, attempt: Attempt, since: UnixNanos) -> Dial {
        self.attempt = Some((attempt, since));
        Dial::Waiting
    }

    fn fail(&mut self, error: io::Error, now: UnixNanos) -> Dial {
        self.failed(now);
        Dial::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_ever_rarer_within_bounds_until_one_succeeds() {
        // Nobody listens where a listener was just dropped.
        let address = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a local port");
        let backoff = Backoff { min_ns: 100, max_ns: 450 };
        let mut dialer = Dialer::new(address, backoff, NANOS_PER_SECOND);
        let (mut failures, mut now) = (Vec::new(), UnixNanos(0));
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while failures.len() < 6 {
            assert!(std::time::Instant::now() < deadline, "only {failures:?}");
            // An attempt that the kernel has not decided yet takes no time on this clock.
            if dialer.attempt.is_none() {
                now = now.plus(1);
            }
            if matches!(dialer.poll(now), Dial::Failed(_)) {
                failures.push(now.0);
            }
        }
        let waits: Vec<u64> = failures.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits, [100, 200, 400, 450, 450]);
        assert_eq!((dialer.failures(), dialer.not_before()), (6, now.plus(450)));
        dialer.succeeded();
        assert_eq!(dialer.failures(), 0);
        dialer.failed(now);
        assert_eq!(dialer.not_before, now.plus(100));
    }
}
