//! TLS under a session, for a broker that wants it: its certificate is held against roots of the user's own
//! choice alone.
//!
//! The thread that connects shakes hands, blocking and with an end to its patience. Afterwards the session's
//! thread reads and writes without blocking. It allocates there: rustls keeps each record that comes or goes in a
//! buffer of its own until it is read or written.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, Error as TlsError, RootCertStore};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Whom to believe, and who we are.
#[derive(Clone)]
pub struct TlsTerms {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl fmt::Debug for TlsTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither keys nor certificates.
        f.debug_struct("TlsTerms").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl TlsTerms {
    /// Reads the roots that a broker's certificate must come from and, where the broker wants to know us by it,
    /// a certificate chain and its private key; all are PEM. `server_name` is the name in the broker's
    /// certificate where it is not the host of its address.
    ///
    /// # Errors
    /// The file that cannot be read or used, and why.
    pub fn read(
        roots: &Path,
        client: Option<(&Path, &Path)>,
        server_name: Option<&str>,
    ) -> Result<TlsTerms, String> {
        let mut store = RootCertStore::empty();
        for root in certificates(roots)? {
            let wrong = |error| format!("{}: not a root certificate: {error}", roots.display());
            store.add(root).map_err(wrong)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS: {error}"))?
            .with_root_certificates(store);
        let config = match client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| format!("{}: no private key: {error}", key.display()))?;
                let chain = certificates(certificate)?;
                builder.with_client_auth_cert(chain, private).map_err(|error| {
                    let (certificate, key) = (certificate.display(), key.display());
                    format!("{certificate} and {key} do not go together: {error}")
                })?
            }
        };
        let server_name = server_name.map(name_of).transpose()?;
        Ok(TlsTerms { config: Arc::new(config), server_name })
    }

    /// Shakes hands over a connected socket, blocking until it is done, refused or too late.
    ///
    /// # Errors
    /// Why there is no secure connection, in few words.
    pub(super) fn shake_hands(
        &self,
        host: &str,
        stream: &mut TcpStream,
        timeout: Duration,
    ) -> io::Result<Box<ClientConnection>> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => {
                name_of(host).map_err(|wrong| io::Error::new(ErrorKind::InvalidInput, wrong))?
            }
        };
        let made = ClientConnection::new(Arc::clone(&self.config), name).map_err(refusal)?;
        let mut connection = Box::new(made);
        let deadline = Instant::now() + timeout;
        loop {
            while connection.wants_write() {
                wait_until(stream, deadline)?;
                connection.write_tls(stream).map_err(in_time)?;
            }
            if !connection.is_handshaking() {
                break;
            }
            wait_until(stream, deadline)?;
            if connection.read_tls(stream).map_err(in_time)? == 0 {
                let text = "TLS: the peer ended the handshake";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, text));
            }
            if let Err(error) = connection.process_new_packets() {
                // The peer may be told why; it is gone if not.
                let _ = connection.write_tls(stream);
                return Err(refusal(error));
            }
        }
        stream.set_read_timeout(None)?;
        stream.set_write_timeout(None)?;
        Ok(connection)
    }
}

/// The certificates of a file, one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |error: &dyn fmt::Display| format!("{}: no certificates: {error}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let read = read.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error))?;
    if read.is_empty() { Err(wrong(&"there is none in PEM form")) } else { Ok(read) }
}

fn name_of(text: &str) -> Result<ServerName<'static>, String> {
    let wrong = |_| format!("{text:?} is neither a host's name nor an address");
    ServerName::try_from(text.to_owned()).map_err(wrong)
}

/// The next read or write waits until the deadline at most.
fn wait_until(stream: &TcpStream, deadline: Instant) -> io::Result<()> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(too_late());
    }
    stream.set_read_timeout(Some(left))?;
    stream.set_write_timeout(Some(left))
}

fn too_late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "TLS: no handshake in time, is it a TLS port?")
}

fn in_time(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => too_late(),
        kind => io::Error::new(kind, format!("TLS: {error}")),
    }
}

/// Why there is no secure connection: few words, for what tells of it has room for no more.
fn refusal(error: TlsError) -> io::Error {
    use CertificateError as Bad;
    let text = match &error {
        // The second: from one of the same name.
        TlsError::InvalidCertificate(Bad::UnknownIssuer | Bad::BadSignature) => {
            "TLS: certificate is from none of tls_roots".to_owned()
        }
        TlsError::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            "TLS: certificate has expired".to_owned()
        }
        TlsError::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "TLS: certificate is not valid yet".to_owned()
        }
        TlsError::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "TLS: certificate has another name".to_owned()
        }
        TlsError::InvalidMessage(_) => "TLS: the peer does not speak TLS".to_owned(),
        TlsError::AlertReceived(alert) => format!("TLS: the peer refuses: {alert:?}"),
        other => format!("TLS: {other}"),
    };
    io::Error::new(ErrorKind::InvalidData, text)
}

/// A TLS record's first bytes: an alert or a handshake, of any version.
pub(super) fn is_spoken_in(bytes: &[u8]) -> bool {
    const ALERT: u8 = 0x15;
    const HANDSHAKE: u8 = 0x16;
    const MAJOR_VERSION: u8 = 3;
    matches!(bytes, [ALERT | HANDSHAKE, MAJOR_VERSION, ..])
}

/// A secure connection after its handshake, over a socket that does not block.
pub(super) struct TlsStream {
    pub socket: mio::net::TcpStream,
    pub connection: Box<ClientConnection>,
}

impl TlsStream {
    /// Reads what is there, as a socket does; reads of the socket once at most.
    pub fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // What came with an earlier record and had no room.
        match self.connection.reader().read(into) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            other => return other,
        }
        if self.connection.read_tls(&mut self.socket)? > 0 {
            self.connection.process_new_packets().map_err(refusal)?;
        }
        self.connection.reader().read(into)
    }

    /// Takes bytes to be written, and writes what the socket takes of them.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.connection.writer().write(bytes)?;
        self.flush()?;
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(taken)
    }

    /// Writes what was taken, as far as the socket takes it.
    pub fn flush(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Tells the peer that nothing comes any more.
    pub fn say_goodbye(&mut self) {
        self.connection.send_close_notify();
        // The peer may be gone already, which is all that this asks for.
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests;
