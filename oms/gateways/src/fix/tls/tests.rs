//! Sessions over TLS on loopback TCP: certificates are made here, and an acceptor of plain FIX is put behind
//! TLS of rustls's other side.

use super::*;
use crate::fix::codec::TimePrecision;
use crate::fix::gateway::{FixGateway, FixGatewayConfig};
use crate::fix::peer::FixPeer;
use crate::fix::reach::{Endpoint, Reach};
use crate::fix::session::{SequenceNumbers, SessionConfig};
use crate::fix::transport::Backoff;
use crate::gateway::{Gateway, GatewayEvent};
use gauntlet_model::input::{Input, Route, SessionChange};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

const MILLI: u64 = NANOS_PER_SECOND / 1_000;
/// How long anything here may take: far more than it does.
const PATIENCE: Duration = Duration::from_secs(20);

/// A root that signs, in a folder of its own.
struct Root {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in files.
struct Signed {
    certificate: PathBuf,
    key: PathBuf,
}

impl Root {
    fn new() -> Root {
        let folder = tempfile::tempdir().expect("a folder");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a root");
        std::fs::write(folder.path().join("root.pem"), root.pem()).expect("written");
        Root { folder, issuer: Issuer::new(params, key) }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    fn sign(&self, name: &str, until_year: i32) -> Signed {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("signed");
        let at = |kind: &str| self.folder.path().join(format!("{name}-{until_year}.{kind}"));
        std::fs::write(at("crt"), signed.pem()).expect("written");
        std::fs::write(at("key"), key.serialize_pem()).expect("written");
        Signed { certificate: at("crt"), key: at("key") }
    }

    fn terms(&self) -> TlsTerms {
        TlsTerms::read(&self.file(), None, None).expect("can be read")
    }
}

/// A door of TLS before an acceptor: every connection is decrypted and passed on.
struct Door {
    at: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    fn open(signed: &Signed, clients: Option<&Root>, behind: SocketAddr) -> Door {
        Door::of(signed, clients, behind, rustls::ALL_VERSIONS)
    }

    fn of(
        signed: &Signed,
        clients: Option<&Root>,
        behind: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Door {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(root) => {
                let mut store = RootCertStore::empty();
                for root in certificates(&root.file()).expect("a root") {
                    store.add(root).expect("a root");
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider).build();
                builder.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let chain = certificates(&signed.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(&signed.key).expect("a key");
        let config = Arc::new(builder.with_single_cert(chain, key).expect("they go together"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
        let (at, stop) = (listener.local_addr().expect("bound"), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while let Ok((outside, _)) = listener.accept() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                // A connection that breaks is the client's to tell of.
                let _ = pass_on(outside, &config, behind, &stopped);
            }
        });
        Door { at, stop, thread: Some(thread) }
    }

    fn endpoint(&self) -> Endpoint {
        // By the name that its certificate has.
        Endpoint::parse(&format!("localhost:{}", self.at.port())).expect("an endpoint")
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _woken = TcpStream::connect(self.at);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking());
        }
    }
}

/// Writes to a socket that does not block, however long it takes.
fn write_whole(socket: &mut TcpStream, mut bytes: &[u8], stop: &AtomicBool) -> io::Result<()> {
    while !bytes.is_empty() && !stop.load(Ordering::Relaxed) {
        match socket.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Moves bytes between both sides until one of them ends.
fn pass_on(
    mut outside: TcpStream,
    config: &Arc<ServerConfig>,
    behind: SocketAddr,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    connection.set_buffer_limit(None);
    let mut inside = TcpStream::connect(behind)?;
    outside.set_nonblocking(true)?;
    inside.set_nonblocking(true)?;
    let none_yet = |result: io::Result<usize>| match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        other => other.map(Some),
    };
    let mut buffer = [0; 4_096];
    while !stop.load(Ordering::Relaxed) {
        if none_yet(connection.read_tls(&mut outside))? == Some(0) {
            break;
        }
        if let Err(error) = connection.process_new_packets() {
            let _ = connection.write_tls(&mut outside);
            return Err(io::Error::other(error));
        }
        if let Some(bytes) = none_yet(connection.reader().read(&mut buffer))? {
            write_whole(&mut inside, &buffer[..bytes], stop)?;
        }
        if let Some(bytes) = none_yet(inside.read(&mut buffer))? {
            if bytes == 0 {
                break;
            }
            connection.writer().write_all(&buffer[..bytes])?;
        }
        while connection.wants_write() && none_yet(connection.write_tls(&mut outside))?.is_some() {}
        thread::yield_now();
    }
    Ok(())
}

/// A gateway and an acceptor, and what the gateway told of its session.
struct World {
    gateway: FixGateway,
    peer: FixPeer,
    now: UnixNanos,
    told: Vec<String>,
}

fn peer() -> FixPeer {
    let mut config = SessionConfig::acceptor("THEM", "US");
    config.time_precision = TimePrecision::Micros;
    FixPeer::bind("127.0.0.1:0".parse().expect("an address"), config).expect("free")
}

impl World {
    fn new(peer: FixPeer, address: Endpoint, tls: Option<TlsTerms>) -> World {
        let fixed = peer.local_addr().expect("bound");
        let gateway = FixGateway::new(FixGatewayConfig {
            route: Route::BROKER,
            address: fixed,
            epoch: 1,
            session: SessionConfig::initiator("US", "THEM"),
            numbers: SequenceNumbers::default(),
            backoff: Backoff { min_ns: MILLI, max_ns: 8 * MILLI },
        })
        .expect("valid")
        .reached_by(Reach { tls, ..Reach::new(address) })
        .expect("a thread");
        World { gateway, peer, now: UnixNanos(1_703_461_500_000_000_000), told: Vec::new() }
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&World) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < deadline, "never came: {what}; told {:?}", self.told);
            // Slowly: other threads take time of their own.
            self.now = self.now.plus(MILLI / 100);
            let told = &mut self.told;
            self.gateway.poll(self.now, &mut |event| {
                if let GatewayEvent::Input(Input::Session(event)) = event
                    && event.change == SessionChange::Disconnected
                {
                    told.push(event.detail.to_string());
                }
            });
            self.peer.poll(self.now, &mut |_, _| {});
            thread::yield_now();
        }
    }

    fn logs_on(&mut self) {
        self.until("logged on", |w| w.gateway.is_logged_on() && w.peer.is_logged_on());
    }

    /// Polls until a refusal is told, and holds that the session is not on.
    fn is_refused(&mut self, says: &str) {
        self.until(says, |w| w.told.iter().any(|told| told.starts_with(says)));
        assert!(!self.gateway.is_logged_on() && !self.peer.is_logged_on());
    }
}

#[test]
fn a_session_over_tls_logs_on_lives_and_logs_on_again_in_both_versions() {
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let (root, peer) = (Root::new(), peer());
        let behind = peer.local_addr().expect("bound");
        let door = Door::of(&root.sign("localhost", 4_000), None, behind, versions);
        let mut world = World::new(peer, door.endpoint(), Some(root.terms()));
        world.logs_on();
        // Heartbeats go both ways.
        let numbers = world.gateway.session().numbers();
        let later = world.now.plus(70 * NANOS_PER_SECOND);
        while world.now < later {
            let next = world.now.plus(NANOS_PER_SECOND);
            world.now = next;
            let target = world.now.plus(20 * MILLI);
            world.until("time", |w| w.now >= target);
        }
        let after = world.gateway.session().numbers();
        assert!(after.next_in > numbers.next_in && after.next_out > numbers.next_out);
        assert!(world.gateway.is_logged_on(), "{:?}", world.told);
        let now = world.now;
        world.peer.drop_connection(now, &mut |_, _| {});
        world.until("the loss", |w| !w.told.is_empty());
        world.logs_on();
    }
}

#[test]
fn more_than_the_inbox_and_the_socket_take_at_once_arrives_in_order_over_tls() {
    let (root, listener) = (Root::new(), TcpListener::bind("127.0.0.1:0").expect("a local port"));
    let behind = listener.local_addr().expect("bound");
    let door = Door::open(&root.sign("localhost", 4_000), None, behind);
    let connection = Reach { tls: Some(root.terms()), ..Reach::new(door.endpoint()) }
        .connect(0, PATIENCE)
        .expect("connects");
    let (mut inside, _) = listener.accept().expect("somebody connects");
    inside.set_nonblocking(true).expect("a socket");
    let (socket, tls) = connection.into_parts().expect("a socket");
    let mut stream = TlsStream { socket, connection: tls.expect("it is secure") };
    let sent: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let (mut there, mut echoed, mut back) = (Vec::new(), 0, Vec::new());
    let (mut taken, mut buffer) = (0, [0; 1_000]);
    let deadline = Instant::now() + PATIENCE;
    while back.len() < sent.len() {
        assert!(Instant::now() < deadline, "{taken} taken, {} back", back.len());
        match stream.write(&sent[taken..]) {
            Ok(bytes) => taken += bytes,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        stream.flush().expect("the peer is there");
        match inside.read(&mut buffer) {
            Ok(bytes) => there.extend_from_slice(&buffer[..bytes]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        match inside.write(&there[echoed..]) {
            Ok(bytes) => echoed += bytes,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        // A small buffer: most of a record stays behind.
        match stream.read(&mut buffer[..100]) {
            Ok(bytes) => back.extend_from_slice(&buffer[..bytes]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    assert!(there == sent && back == sent);
    stream.say_goodbye();
}

#[test]
fn a_certificate_of_another_root_or_name_or_time_is_refused_in_words() {
    let (root, other) = (Root::new(), Root::new());
    for (signed, says) in [
        (
            other.sign("localhost", 4_000),
            "TLS: certificate is from none of tls_roots at localhost:",
        ),
        (root.sign("fix.example", 4_000), "TLS: certificate has another name at localhost:"),
        (root.sign("localhost", 2_002), "TLS: certificate has expired at localhost:"),
    ] {
        let peer = peer();
        let door = Door::open(&signed, None, peer.local_addr().expect("bound"));
        World::new(peer, door.endpoint(), Some(root.terms())).is_refused(says);
    }
    // The name may be told apart from the host.
    let peer = peer();
    let signed = root.sign("fix.example", 4_000);
    let door = Door::open(&signed, None, peer.local_addr().expect("bound"));
    let terms = TlsTerms::read(&root.file(), None, Some("fix.example")).expect("can be read");
    World::new(peer, door.endpoint(), Some(terms)).logs_on();
}

#[test]
fn a_broker_that_asks_for_our_certificate_gets_it_and_refuses_without() {
    let (root, ours) = (Root::new(), Root::new());
    let server = root.sign("localhost", 4_000);
    let us = ours.sign("us.example", 4_000);
    let door = |peer: &FixPeer| Door::open(&server, Some(&ours), peer.local_addr().expect("bound"));
    let known = Some((us.certificate.as_path(), us.key.as_path()));
    let terms = TlsTerms::read(&root.file(), known, None).expect("can be read");
    let front = peer();
    let place = door(&front);
    World::new(front, place.endpoint(), Some(terms)).logs_on();
    let front = peer();
    let place = door(&front);
    World::new(front, place.endpoint(), Some(root.terms()))
        .is_refused("TLS: the peer refuses: CertificateRequired");
}

#[test]
fn plain_to_a_tls_port_and_tls_to_a_plain_port_are_refused_in_words() {
    let root = Root::new();
    let front = peer();
    let door = Door::open(&root.sign("localhost", 4_000), None, front.local_addr().expect("bound"));
    World::new(front, door.endpoint(), None).is_refused("the peer speaks TLS: set tls_roots");
    let front = peer();
    let at = format!("localhost:{}", front.local_addr().expect("bound").port());
    let at = Endpoint::parse(&at).expect("an endpoint");
    World::new(front, at, Some(root.terms())).is_refused("TLS: the peer ended the handshake");
    // One that answers in FIX, and one that does not answer.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
    let at = Endpoint::parse(&listener.local_addr().expect("bound").to_string()).expect("fits");
    let reach = Reach { tls: Some(root.terms()), ..Reach::new(at) };
    let error = reach.connect(0, Duration::from_millis(50)).err().expect("no answer");
    assert!(
        error.to_string().starts_with("TLS: no handshake in time, is it a TLS port?"),
        "{error}"
    );
    let (_first, _) = listener.accept().expect("somebody connected");
    let answers = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        stream.write_all(b"8=FIX.4.4\x019=5\x0135=5\x0110=000\x01").expect("written");
        // Until the client has gone.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let error = reach.connect(0, PATIENCE).err().expect("no TLS");
    assert!(error.to_string().starts_with("TLS: the peer does not speak TLS"), "{error}");
    answers.join().expect("it ends");
}

#[test]
fn files_that_are_not_what_they_should_be_are_named() {
    let root = Root::new();
    let signed = root.sign("localhost", 4_000);
    let another = root.sign("other.example", 4_000);
    let nowhere = root.folder.path().join("nowhere.pem");
    let read = |roots: &Path, client: Option<(&Path, &Path)>, name: Option<&str>| {
        TlsTerms::read(roots, client, name).err().expect("cannot be")
    };
    let roots = root.file();
    let (certificate, key) = (signed.certificate.as_path(), signed.key.as_path());
    for (error, says) in [
        (read(&nowhere, None, None), "nowhere.pem: no certificates"),
        (read(key, None, None), "there is none in PEM form"),
        (read(&roots, Some((certificate, &nowhere)), None), "nowhere.pem: no private key"),
        (read(&roots, Some((certificate, certificate)), None), "no private key"),
        (read(&roots, Some((certificate, &another.key)), None), "do not go together"),
        (read(&roots, None, Some("a b")), "neither a host's name nor an address"),
    ] {
        assert!(error.contains(says), "{error}");
    }
    let shown = format!("{:?}", root.terms());
    assert_eq!(shown, "TlsTerms { server_name: None, .. }", "no keys in it");
}
