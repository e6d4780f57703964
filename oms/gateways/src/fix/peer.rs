//! The acceptor's end: what a simulated broker is built on.

use super::codec::{FieldWriter, First, Message, SessionRejectReason};
use super::session::{
    ConfigError, Incoming, Line, Notice, Role, SendError, SequenceNumbers, Session, SessionConfig,
};
use super::transport::{Link, MESSAGES_PER_POLL};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::TickClock;
use mio::net::TcpListener;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

/// Connections that may be there without having said anything; one more takes the place of the oldest.
const PENDING_MAX: usize = 8;
/// Connections looked at in one poll, so that a flood of them cannot hold the thread.
const ACCEPTS_PER_POLL: usize = 8;
/// Why a connection ended whose line breaks at some byte.
const BROKEN: &str = "the line broke";

/// Why an acceptor cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The session's configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen for FIX on {address}: {source}; is the port in use?")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// What happened at an acceptor.
#[derive(Debug)]
pub enum PeerEvent<'a> {
    /// The initiator is logged on and has nothing missing of its messages.
    LoggedOn,
    /// It is gone. Its session lives on.
    LoggedOut {
        /// Why.
        detail: Text<64>,
    },
    /// An application message, in order.
    Application {
        /// The message.
        message: Message<'a>,
        /// Its sequence number.
        msg_seq_num: u64,
        /// Whether it may have been sent before (tags 43, 97).
        poss_dup: bool,
    },
    /// The initiator refused a message of ours (`Reject`, 3).
    Rejected {
        /// Its `Reject`.
        message: Message<'a>,
    },
}

/// Sends from within a handler of [`FixPeer::poll`].
pub struct PeerSender<'p> {
    session: &'p mut Session,
    now: UnixNanos,
}

impl PeerSender<'_> {
    /// Sends an application message; it is kept and numbered even if nobody is connected.
    ///
    /// # Errors
    /// [`SendError::TooLong`].
    pub fn send_app(
        &mut self,
        msg_type: &[u8],
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<u64, SendError> {
        self.session.send(msg_type, ClOrdId::NONE, self.now, &mut |_| {}, body)
    }

    /// Refuses a message at the session level (`Reject`, 3), naming the tag that is wrong.
    pub fn reject(
        &mut self,
        message: &Message<'_>,
        msg_seq_num: u64,
        tag: u32,
        reason: SessionRejectReason,
        text: &str,
    ) {
        self.session.reject(msg_seq_num, message, tag, reason, text, self.now, &mut |_| {});
    }
}

/// Accepts one initiator at a time: of several connections the one that logs on first. The session, and with it every report sent, outlives the
/// connections, in memory.
pub struct FixPeer {
    listener: TcpListener,
    link: Link,
    line: Line,
    /// Connections that have not sent a whole message yet, with when each came, the oldest first. The first
    /// that does has the session; so a silent one keeps nobody out.
    pending: VecDeque<(Link, UnixNanos)>,
    session: Session,
    told_logged_on: bool,
    refused: u64,
    /// Whether nothing is written before [`FixPeer::release`].
    holds: bool,
}

impl FixPeer {
    /// Listens at `address`.
    ///
    /// # Errors
    /// [`BindError`].
    ///
    /// # Panics
    /// When `config` is an initiator's.
    pub fn bind(address: SocketAddr, config: SessionConfig) -> Result<FixPeer, BindError> {
        assert_eq!(config.role, Role::Acceptor, "a FixPeer plays the acceptor");
        let line = Line::new(&config.habits);
        let session = Session::new(config, SequenceNumbers::default())?;
        let listener =
            TcpListener::bind(address).map_err(|source| BindError::Listen { address, source })?;
        let link = Link::new(TickClock::new());
        let pending = VecDeque::with_capacity(PENDING_MAX);
        let (told_logged_on, refused, holds) = (false, 0, false);
        Ok(FixPeer { listener, link, line, pending, session, told_logged_on, refused, holds })
    }

    /// From now on nothing is written before [`FixPeer::release`]: whoever writes down what is told can do so
    /// before it is told.
    pub fn hold(&mut self) {
        self.holds = true;
    }

    /// The session, to take it up where another process left off, before anybody connects.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Whether something waits to be written, or a connection to be closed after it.
    pub fn has_output(&mut self) -> bool {
        self.link.is_open() && (!self.session.outbox().is_empty() || self.session.must_close())
    }

    /// Whether there is little room for more before some of it is written.
    pub fn is_nearly_full(&mut self) -> bool {
        !self.session.outbox().has_room()
    }

    /// Writes what was held back.
    pub fn release(
        &mut self,
        now: UnixNanos,
        handler: &mut dyn FnMut(PeerEvent<'_>, &mut PeerSender<'_>),
    ) {
        if self.link.is_open() {
            self.write(now, handler);
        }
    }

    /// The address listened at, with the port that the system chose.
    ///
    /// # Errors
    /// That of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Whether an initiator is logged on.
    pub fn is_logged_on(&self) -> bool {
        self.session.is_logged_on()
    }

    /// The session, for its numbers and counters.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Connections refused because one was there already.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Reads, answers, keeps the session alive, accepts. Never blocks. Returns how much was done.
    pub fn poll(
        &mut self,
        now: UnixNanos,
        handler: &mut dyn FnMut(PeerEvent<'_>, &mut PeerSender<'_>),
    ) -> usize {
        let mut done = self.admit(now);
        if self.link.is_open() {
            match self.link.read() {
                // What a connection began with was read already.
                Ok(0) if !self.link.inbox.has_bytes() => {}
                Ok(bytes) if !self.line.pass(bytes) => self.drop_link(BROKEN, now, handler),
                Ok(_) => done += self.receive(now, handler),
                Err(error) => self.drop_link(&error.to_string(), now, handler),
            }
            self.session.on_time(now, &mut |_| {});
            if !self.holds {
                self.write(now, handler);
            }
        }
        done + self.accept(now)
    }

    /// Sends an application message at once; it is kept and numbered even if nobody is connected.
    ///
    /// # Errors
    /// [`SendError::TooLong`].
    pub fn send_app(
        &mut self,
        msg_type: &[u8],
        now: UnixNanos,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<u64, SendError> {
        let sent = self.session.send(msg_type, ClOrdId::NONE, now, &mut |_| {}, body);
        if !self.holds {
            // A connection that breaks here is noticed, and told, by the next poll.
            let _ = self.flush();
        }
        sent
    }

    /// Begins an orderly logout.
    pub fn logout(&mut self, text: &str, now: UnixNanos) {
        self.session.logout(text, now, &mut |_| {});
    }

    /// Cuts the connection without a word, as a broken line does.
    pub fn drop_connection(
        &mut self,
        now: UnixNanos,
        handler: &mut dyn FnMut(PeerEvent<'_>, &mut PeerSender<'_>),
    ) {
        self.drop_link("dropped by ourselves", now, handler);
    }

    fn receive(
        &mut self,
        now: UnixNanos,
        handler: &mut dyn FnMut(PeerEvent<'_>, &mut PeerSender<'_>),
    ) -> usize {
        let mut messages = 0;
        while messages < MESSAGES_PER_POLL && !self.session.must_close() {
            let message = match self.link.inbox.next() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(error) => {
                    self.drop_link(&error.to_string(), now, handler);
                    break;
                }
            };
            messages += 1;
            let incoming = self.session.receive(&message, now, &mut |_| {});
            let notice = self.session.take_notice();
            let mut sender = PeerSender { session: &mut self.session, now };
            match incoming {
                Incoming::Application { msg_seq_num, poss_dup } => {
                    handler(PeerEvent::Application { message, msg_seq_num, poss_dup }, &mut sender)
                }
                Incoming::Reject { .. } => {
                    handler(PeerEvent::Rejected { message }, &mut sender);
                }
                Incoming::Refused { .. } | Incoming::Handled => {}
            }
            match notice {
                Some(Notice::LoggedOn { .. }) => {
                    self.told_logged_on = true;
                    handler(PeerEvent::LoggedOn, &mut sender);
                }
                Some(Notice::LoggedOut { text, .. }) => {
                    self.told_logged_on = false;
                    handler(PeerEvent::LoggedOut { detail: text }, &mut sender);
                }
                None => {}
            }
        }
        self.link.took(messages);
        messages
    }

    fn write(
        &mut self,
        now: UnixNanos,
        handler: &mut dyn FnMut(PeerEvent<'_>, &mut PeerSender<'_>),
    ) {
        if let Err(error) = self.flush() {
            self.drop_link(&error.to_string(), now, handler);
        } else if self.session.must_close() {
            let reason = self.session.close_reason();
            self.drop_link(reason.as_str(), now, handler);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.link.write_up_to(self.session.outbox(), self.line.left())?;
        let is_whole = self.line.pass(written);
        let broken = || Err(io::Error::new(io::ErrorKind::ConnectionReset, BROKEN));
        if is_whole { Ok(()) } else { broken() }
    }

    fn accept(&mut self, now: UnixNanos) -> usize {
        let mut accepted = 0;
        for _ in 0..ACCEPTS_PER_POLL {
            // An error here concerns one connection attempt, or passes.
            let Ok((stream, _)) = self.listener.accept() else { break };
            accepted += 1;
            // A second connection of the same session is dropped without a word: an answer would
            // take a number of the session (FIX 4.4 volume 2, test case 1S).
            if self.link.is_open() {
                self.refused += 1;
                continue;
            }
            let mut link = Link::new(TickClock::new());
            if link.open(stream).is_err() {
                continue;
            }
            if self.pending.len() == PENDING_MAX {
                self.pending.pop_front();
                self.refused += 1;
            }
            self.pending.push_back((link, now));
        }
        accepted
    }

    /// Reads what connections say that have said nothing yet. The first whose message is whole has the session,
    /// if nobody has it; one that waits for too long or sends anything else goes.
    fn admit(&mut self, now: UnixNanos) -> usize {
        let mut at = 0;
        let mut done = 0;
        while let Some((link, since)) = self.pending.get_mut(at) {
            let read = link.read();
            let is_late = now.since(*since) > self.session.config().logon_timeout_ns;
            match (read, link.inbox.first()) {
                (Ok(_), First::Message) => {
                    done += 1;
                    let Some((link, _)) = self.pending.remove(at) else { break };
                    if self.link.is_open() {
                        self.refused += 1;
                    } else {
                        self.link = link;
                        self.session.connected(now, &mut |_| {});
                    }
                }
                (Ok(_), First::Nothing) if !is_late => at += 1,
                _ => {
                    done += 1;
                    self.pending.remove(at);
                }
            }
        }
        done
    }

    fn drop_link(
        &mut self,
        detail: &str,
        now: UnixNanos,
        handler: &mut dyn FnMut(PeerEvent<'_>, &mut PeerSender<'_>),
    ) {
        self.link.close();
        self.line.mend();
        self.session.disconnected();
        if std::mem::take(&mut self.told_logged_on) {
            let mut sender = PeerSender { session: &mut self.session, now };
            handler(PeerEvent::LoggedOut { detail: Text::new(detail) }, &mut sender);
        }
    }
}
