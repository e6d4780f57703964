//! Bytes between a session and a TCP socket, without ever blocking.
//!
//! The owner polls: on a hot thread a read that finds nothing is cheaper than waiting for the
//! kernel to tell. Both directions are bounded: the inbox takes at most what it has room for, and a
//! peer that lets the session's outbox fill up is disconnected by the session.

use super::codec::Inbox;
use super::session::Outbox;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_runtime::clock::TickClock;
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};

/// One end of a connection, or the place for one.
pub(super) struct Link {
    stream: Option<TcpStream>,
    pub inbox: Inbox,
    ticks: TickClock,
    last_write_started: u64,
    last_read_finished: u64,
}

impl Link {
    pub fn new(ticks: TickClock) -> Link {
        Link {
            stream: None,
            inbox: Inbox::new(),
            ticks,
            last_write_started: 0,
            last_read_finished: 0,
        }
    }

    /// Takes over a connected socket.
    pub fn open(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        self.inbox.clear();
        self.stream = Some(stream);
        Ok(())
    }

    pub fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Closes the connection after what was written before.
    pub fn close(&mut self) {
        if let Some(stream) = self.stream.take() {
            // The peer may be gone already, which is all that this asks for.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    /// Reads once into the inbox; 0 when nothing has come.
    pub fn read(&mut self) -> io::Result<usize> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        match stream.read(self.inbox.space()) {
            Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the peer disconnected")),
            Ok(bytes) => {
                self.last_read_finished = self.ticks.raw();
                self.inbox.filled(bytes);
                Ok(bytes)
            }
            Err(error) if is_transient(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Writes as much of the outbox as the socket takes.
    pub fn write(&mut self, outbox: &mut Outbox) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
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
    /// The attempt failed; the next one comes by itself.
    Failed(io::Error),
}

/// Connects, again and again.
pub(super) struct Dialer {
    address: SocketAddr,
    backoff: Backoff,
    wait_ns: u64,
    timeout_ns: u64,
    not_before: UnixNanos,
    /// Failures since the last success.
    failures: u64,
    attempt: Option<(TcpStream, UnixNanos)>,
}

impl Dialer {
    pub fn new(address: SocketAddr, backoff: Backoff, timeout_ns: u64) -> Dialer {
        Dialer {
            address,
            backoff,
            wait_ns: backoff.min_ns,
            timeout_ns,
            not_before: UnixNanos(0),
            failures: 0,
            attempt: None,
        }
    }

    /// The connection served its purpose: the next failure begins with the shortest wait.
    pub fn succeeded(&mut self) {
        self.failures = 0;
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
        let (stream, since) = match self.attempt.take() {
            Some(attempt) => attempt,
            None if now < self.not_before => return Dial::Waiting,
            None => match TcpStream::connect(self.address) {
                Ok(stream) => (stream, now),
                Err(error) => return self.fail(error, now),
            },
        };
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
            Err(_) => {
                self.attempt = Some((stream, since));
                Dial::Waiting
            }
        }
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
