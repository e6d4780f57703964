//! A way through a SOCKS5 proxy (RFC 1928), with a user name and a password where it wants them (RFC 1929).
//!
//! The proxy is told the acceptor's host as it is written: a name is looked up there.

use super::reach::Endpoint;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const NO_LOGIN: u8 = 0;
const BY_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// A length is one byte.
const TEXT_MAX: usize = 255;

/// A proxy, and who we are to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SocksTerms {
    /// Where the proxy is.
    pub proxy: Endpoint,
    login: Option<(String, String)>,
}

impl fmt::Debug for SocksTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the password.
        f.debug_struct("SocksTerms").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

impl SocksTerms {
    /// A proxy with a user name and a password, if it wants them.
    ///
    /// # Errors
    /// When either is empty or has more than 255 bytes.
    pub fn new(proxy: Endpoint, login: Option<(&str, &str)>) -> Result<SocksTerms, String> {
        let fits = |text: &str| (1..=TEXT_MAX).contains(&text.len());
        if login.is_some_and(|(username, password)| !fits(username) || !fits(password)) {
            return Err(format!("a user name and a password have 1 to {TEXT_MAX} bytes each"));
        }
        let login = login.map(|(username, password)| (username.to_owned(), password.to_owned()));
        Ok(SocksTerms { proxy, login })
    }

    /// Asks the proxy at the other end of `stream` for a connection to `target`, blocking until it is there,
    /// refused or too late.
    ///
    /// # Errors
    /// Why there is none, in few words.
    pub(super) fn pass(
        &self,
        target: &Endpoint,
        stream: &mut TcpStream,
        timeout: Duration,
    ) -> io::Result<()> {
        let mut talk = Talk { stream, deadline: Instant::now() + timeout };
        let method = if self.login.is_some() { BY_PASSWORD } else { NO_LOGIN };
        talk.say(&[VERSION, 1, method])?;
        match talk.hear::<2>()? {
            [VERSION, chosen] if chosen == method => {}
            [VERSION, _] if method == NO_LOGIN => {
                return Err(refused("the proxy wants a user name and a password"));
            }
            [VERSION, _] => return Err(refused("the proxy takes no password")),
            _ => return Err(refused("the proxy does not speak SOCKS5")),
        }
        if let Some((username, password)) = &self.login {
            let mut message = vec![LOGIN_VERSION];
            for text in [username, password] {
                put_text(&mut message, text)?;
            }
            talk.say(&message)?;
            let [_, status] = talk.hear()?;
            if status != 0 {
                return Err(refused("the proxy refuses user name or password"));
            }
        }
        talk.say(&request(target)?)?;
        talk.take_answer()?;
        stream.set_read_timeout(None)?;
        stream.set_write_timeout(None)
    }
}

fn request(target: &Endpoint) -> io::Result<Vec<u8>> {
    let mut message = vec![VERSION, CONNECT, 0];
    match target.host().parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            message.push(IPV4);
            message.extend_from_slice(&ip.octets());
        }
        Ok(IpAddr::V6(ip)) => {
            message.push(IPV6);
            message.extend_from_slice(&ip.octets());
        }
        Err(_) => {
            message.push(NAME);
            put_text(&mut message, target.host())?;
        }
    }
    message.extend_from_slice(&target.port().to_be_bytes());
    Ok(message)
}

fn put_text(message: &mut Vec<u8>, text: &str) -> io::Result<()> {
    let length = u8::try_from(text.len());
    message.push(length.map_err(|_| refused("a name has more than 255 bytes"))?);
    message.extend_from_slice(text.as_bytes());
    Ok(())
}

fn refused(text: &str) -> io::Error {
    io::Error::new(ErrorKind::ConnectionRefused, format!("SOCKS: {text}"))
}

/// A conversation with an end to its patience.
struct Talk<'s> {
    stream: &'s mut TcpStream,
    deadline: Instant,
}

impl Talk<'_> {
    fn wait(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(too_late()) } else { Ok(left) }
    }

    fn say(&mut self, message: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(self.wait()?))?;
        self.stream.write_all(message).map_err(in_time)
    }

    /// Exactly so many bytes: what comes behind them is the acceptor's.
    fn hear<const BYTES: usize>(&mut self) -> io::Result<[u8; BYTES]> {
        let mut bytes = [0; BYTES];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, mut into: &mut [u8]) -> io::Result<()> {
        while !into.is_empty() {
            self.stream.set_read_timeout(Some(self.wait()?))?;
            match self.stream.read(into).map_err(in_time)? {
                0 => return Err(refused("the proxy ended the connection")),
                bytes => into = &mut into[bytes..],
            }
        }
        Ok(())
    }

    fn take_answer(&mut self) -> io::Result<()> {
        let [version, answer, _, kind] = self.hear()?;
        if version != VERSION {
            return Err(refused("the proxy does not speak SOCKS5"));
        }
        if answer != 0 {
            return Err(refused(&format!("{} (reply {answer})", meaning(answer))));
        }
        // The address that the proxy connects from says nothing to us, but it is read.
        let length = match kind {
            IPV4 => 4,
            IPV6 => 16,
            NAME => usize::from(self.hear::<1>()?[0]),
            _ => return Err(refused("the proxy answers with an unknown kind of address")),
        };
        let mut address = [0; TEXT_MAX];
        self.fill(&mut address[..length])?;
        self.hear::<2>().map(drop)
    }
}

/// What a reply of RFC 1928 says.
fn meaning(answer: u8) -> &'static str {
    match answer {
        2 => "the proxy's rules forbid it",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "the broker refused the connection",
        6 => "the connection took too long",
        8 => "the proxy does not know this kind of address",
        _ => "the proxy failed",
    }
}

fn too_late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "SOCKS: no answer of the proxy in time")
}

fn in_time(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => too_late(),
        kind => io::Error::new(kind, format!("SOCKS: {error}")),
    }
}

#[cfg(test)]
mod tests;
