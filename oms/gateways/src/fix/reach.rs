//! How a broker's acceptor is reached where one fixed address does not say it: names that are looked up again
//! at each attempt, backup addresses tried in turn, a source address, a proxy, TLS.
//!
//! Looking a name up and connecting block, so a thread of its own does both and hands over a connected socket.
//! The hot thread only asks whether an answer has come.

use super::socks::SocksTerms;
use super::tls::TlsTerms;
use rustls::ClientConnection;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

/// Backup addresses that a session may have.
pub const BACKUPS_MAX: usize = 8;
/// Addresses of one name that are tried in one attempt.
const ADDRESSES_PER_NAME: usize = 8;
/// No wait for a peer is shorter: a socket takes none for no wait at all.
const WAIT_MIN: Duration = Duration::from_millis(1);

/// A host, by name or by address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
}

impl Endpoint {
    /// Reads `host:port`, where an address of IPv6 is in brackets: `[::1]:9876`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let wrong = |what: &str| {
            format!("{text:?} {what}: write host:port, an address of IPv6 as [address]:port")
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("has no port"))?;
        let port = port.parse::<u16>().map_err(|_| wrong("has no port from 0 to 65535"))?;
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match inner {
            Some(address) if address.parse::<std::net::Ipv6Addr>().is_ok() => address,
            Some(_) => return Err(wrong("has no address of IPv6 in its brackets")),
            None if host.is_empty() => return Err(wrong("has no host")),
            None if host.contains([':', '[', ']']) || host.contains(char::is_whitespace) => {
                return Err(wrong("has no host that can be looked up"));
            }
            None => host,
        };
        Ok(Endpoint { host: host.to_owned(), port })
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, if no name has to be looked up for it.
    pub fn fixed(&self) -> Option<SocketAddr> {
        self.host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, self.port))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Where a broker's acceptor is and how it is connected to.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Where connections are tried first, and first again after a session that was on has ended.
    pub address: Endpoint,
    /// Where they are tried after a failure, each in turn; at most [`BACKUPS_MAX`].
    pub backups: Vec<Endpoint>,
    /// The address of ours that connections come from; the system chooses without it.
    pub source: Option<IpAddr>,
    /// The proxy that connections go through, which then looks names up.
    pub socks: Option<SocksTerms>,
    /// How the connection is made secure; plain without it.
    pub tls: Option<TlsTerms>,
}

impl Reach {
    /// One address and nothing else.
    pub fn new(address: Endpoint) -> Reach {
        Reach { address, backups: Vec::new(), source: None, socks: None, tls: None }
    }

    /// The address to connect to where that is all there is to do, for which no thread is needed.
    pub fn fixed(&self) -> Option<SocketAddr> {
        let is_plain = self.backups.is_empty()
            && self.source.is_none()
            && self.socks.is_none()
            && self.tls.is_none();
        self.address.fixed().filter(|_| is_plain)
    }

    /// The address of an attempt, by the attempts before it since the first address was due.
    fn turn(&self, turn: u64) -> &Endpoint {
        let places = self.backups.len() as u64 + 1;
        match (turn % places) as usize {
            0 => &self.address,
            backup => &self.backups[backup - 1],
        }
    }

    /// Connects, blocking for about as long as `timeout` at most, and as long again for each handshake, beside the
    /// look-up of the name.
    pub(super) fn connect(&self, turn: u64, timeout: Duration) -> io::Result<Connection> {
        let endpoint = self.turn(turn);
        // The reason first: what tells of it has room for few characters.
        let at = |error: io::Error| io::Error::new(error.kind(), format!("{error} at {endpoint}"));
        let mut stream = match &self.socks {
            None => self.connect_to(endpoint, timeout).map_err(at)?,
            Some(socks) => {
                let by = |error: io::Error| {
                    io::Error::new(error.kind(), format!("SOCKS: {error} at the proxy"))
                };
                let mut stream = self.connect_to(&socks.proxy, timeout).map_err(by)?;
                socks.pass(endpoint, &mut stream, timeout).map_err(at)?;
                stream
            }
        };
        let shake = |tls: &TlsTerms| tls.shake_hands(endpoint.host(), &mut stream, timeout);
        let tls = self.tls.as_ref().map(shake).transpose().map_err(at)?;
        Ok(Connection { stream, tls })
    }

    fn connect_to(&self, endpoint: &Endpoint, timeout: Duration) -> io::Result<TcpStream> {
        let found: Vec<SocketAddr> = (endpoint.host(), endpoint.port)
            .to_socket_addrs()
            .map_err(|error| io::Error::new(error.kind(), format!("no such host: {error}")))?
            .filter(|address| self.source.is_none_or(|ip| ip.is_ipv4() == address.is_ipv4()))
            .take(ADDRESSES_PER_NAME)
            .collect();
        // Each has its share, so that one that never answers leaves time for the others.
        let share = timeout / (found.len().max(1) as u32);
        let none = "no address of the source's kind";
        let mut last = io::Error::new(ErrorKind::AddrNotAvailable, none);
        for address in found {
            match connect_from(self.source, address, share.max(WAIT_MIN)) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Connects from an address of ours, if one is given.
fn connect_from(
    source: Option<IpAddr>,
    address: SocketAddr,
    timeout: Duration,
) -> io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect_timeout(&address, timeout) };
    use rustix::net::{
        AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt,
    };
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddr::new(source, 0)).map_err(|error| {
        let text = format!("cannot connect from {source}: {}", io::Error::from(error));
        io::Error::new(ErrorKind::AddrNotAvailable, text)
    })?;
    // A connection that is still on its way then is given up by the system.
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(timeout))?;
    connect(&socket, &address).map_err(|error| match error {
        rustix::io::Errno::INPROGRESS | rustix::io::Errno::AGAIN => {
            io::Error::new(ErrorKind::TimedOut, "no answer in time")
        }
        error => error.into(),
    })?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, None)?;
    Ok(TcpStream::from(socket))
}

/// A connection that was made, which blocks yet.
pub(super) struct Connection {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Connection {
    /// Its socket, which blocks no longer, and what makes it secure, if anything does.
    pub fn into_parts(self) -> io::Result<(mio::net::TcpStream, Option<Box<ClientConnection>>)> {
        self.stream.set_nonblocking(true)?;
        Ok((mio::net::TcpStream::from_std(self.stream), self.tls))
    }
}

/// What a [`Connector`] is asked for: the attempt's number, and those before it since the first address was due.
struct Wanted {
    attempt: u64,
    turn: u64,
}

/// Connects in a thread of its own, one attempt at a time. The thread ends after the connector.
pub(super) struct Connector {
    wanted: SyncSender<Wanted>,
    made: Receiver<(u64, io::Result<Connection>)>,
    attempt: u64,
}

impl Connector {
    /// Starts the thread.
    ///
    /// # Errors
    /// Of the system, which has no thread for it.
    pub fn start(reach: Reach, timeout: Duration) -> io::Result<Connector> {
        let (wanted, wants) = sync_channel::<Wanted>(1);
        let (makes, made) = sync_channel(1);
        thread::Builder::new().name("fix-connector".to_owned()).spawn(move || {
            for Wanted { attempt, turn } in wants {
                let stream = reach.connect(turn, timeout);
                if makes.send((attempt, stream)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Connector { wanted, made, attempt: 0 })
    }

    /// Asks for a connection; what comes of earlier attempts is of no use from now on. Whether it could be
    /// asked for: not while an attempt that was given up has not ended.
    pub fn ask(&mut self, turn: u64) -> bool {
        // What was given up leaves room for the next answer.
        while self.made.try_recv().is_ok() {}
        let attempt = self.attempt + 1;
        let is_asked = self.wanted.try_send(Wanted { attempt, turn }).is_ok();
        self.attempt += u64::from(is_asked);
        is_asked
    }

    /// The outcome of the last attempt, once there is one.
    pub fn answer(&mut self) -> Option<io::Result<Connection>> {
        loop {
            match self.made.try_recv() {
                Ok((attempt, stream)) if attempt == self.attempt => return Some(stream),
                Ok(_) => {}
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => {
                    let text = "the thread that connects has ended: restart the node";
                    return Some(Err(io::Error::new(ErrorKind::BrokenPipe, text)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
