//! Connections over loopback TCP, made by the connector's thread.

use super::*;
use crate::fix::codec::TimePrecision;
use crate::fix::drop_copy::DropCopy;
use crate::fix::gateway::{FixGateway, FixGatewayConfig};
use crate::fix::peer::FixPeer;
use crate::fix::session::{SequenceNumbers, SessionConfig};
use crate::fix::transport::Backoff;
use crate::gateway::{Gateway, GatewayEvent};
use gauntlet_model::input::{Input, Route, SessionChange};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use std::net::TcpListener;
use std::time::Instant;

const MILLI: u64 = NANOS_PER_SECOND / 1_000;
/// How long anything here may take: far more than it does.
const PATIENCE: Duration = Duration::from_secs(20);

fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse(text).expect("an endpoint")
}

/// Nobody listens where a listener was just dropped.
fn nobody() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
    endpoint(&listener.local_addr().expect("bound").to_string())
}

fn peer(at: &str) -> FixPeer {
    let mut config = SessionConfig::acceptor("THEM", "US");
    config.time_precision = TimePrecision::Micros;
    FixPeer::bind(at.parse().expect("an address"), config).expect("free")
}

fn place(peer: &FixPeer) -> Endpoint {
    endpoint(&peer.local_addr().expect("bound").to_string())
}

fn config() -> FixGatewayConfig {
    FixGatewayConfig {
        route: Route::BROKER,
        // Not where anybody is: the reach says it.
        address: SocketAddr::from(([127, 0, 0, 1], 1)),
        epoch: 1,
        // Another acceptor knows nothing of the numbers of the first.
        session: SessionConfig { reset_on_logon: true, ..SessionConfig::initiator("US", "THEM") },
        numbers: SequenceNumbers::default(),
        backoff: Backoff { min_ns: MILLI, max_ns: 8 * MILLI },
    }
}

fn gateway(reach: Reach) -> FixGateway {
    FixGateway::new(config()).expect("valid").reached_by(reach).expect("a thread")
}

/// What the gateway tells of its session until `done`, while the peers are polled.
fn until(
    what: &str,
    gateway: &mut FixGateway,
    peers: &mut [&mut FixPeer],
    now: &mut UnixNanos,
    mut done: impl FnMut(&FixGateway, &[&mut FixPeer], &[String]) -> bool,
) -> Vec<String> {
    let (mut told, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    while !done(gateway, peers, &told) {
        assert!(Instant::now() < deadline, "never came: {what}; told {told:?}");
        // Slowly: the connector's thread takes time of its own.
        *now = now.plus(MILLI / 100);
        gateway.poll(*now, &mut |event| {
            if let GatewayEvent::Input(Input::Session(event)) = event
                && event.change == SessionChange::Disconnected
            {
                told.push(event.detail.to_string());
            }
        });
        for peer in peers.iter_mut() {
            peer.poll(*now, &mut |_, _| {});
        }
        thread::yield_now();
    }
    told
}

#[test]
fn an_endpoint_is_a_host_and_a_port_and_says_what_is_wrong_otherwise() {
    for (text, host, fixed) in [
        ("fix.example:9876", "fix.example", None),
        ("10.0.0.1:1", "10.0.0.1", Some("10.0.0.1:1")),
        ("[::1]:65535", "::1", Some("[::1]:65535")),
    ] {
        let read = endpoint(text);
        assert_eq!((read.host(), read.to_string().as_str()), (host, text));
        assert_eq!(read.fixed(), fixed.map(|fixed| fixed.parse().expect("an address")));
    }
    for (text, says) in [
        ("fix.example", "no port"),
        ("fix.example:", "no port"),
        ("fix.example:65536", "0 to 65535"),
        (":9876", "no host"),
        ("::1:9876", "looked up"),
        ("[fix.example]:1", "brackets"),
        ("fix example:1", "looked up"),
    ] {
        let error = Endpoint::parse(text).expect_err(text);
        assert!(error.contains(says) && error.contains("write host:port"), "{text}: {error}");
    }
}

#[test]
fn backups_are_tried_in_turn_and_the_first_address_again_after_a_session() {
    let reach = Reach {
        backups: vec![endpoint("10.0.0.2:2"), endpoint("10.0.0.3:3")],
        ..Reach::new(endpoint("10.0.0.1:1"))
    };
    let turns: Vec<String> = (0..7).map(|turn| reach.turn(turn).to_string()).collect();
    let [first, second, third] = ["10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"];
    assert_eq!(turns, [first, second, third, first, second, third, first]);
}

#[test]
fn a_session_comes_up_by_the_second_backup_and_goes_back_to_the_first_address() {
    let (mut first, mut backup, mut now) =
        (peer("127.0.0.1:0"), peer("127.0.0.1:0"), UnixNanos(1_703_461_500_000_000_000));
    let (first_place, dead) = (place(&first), nobody());
    // Nobody is at the first address yet.
    let at = first.local_addr().expect("bound").to_string();
    drop(first);
    let reach =
        Reach { backups: vec![dead.clone(), place(&backup)], ..Reach::new(first_place.clone()) };
    let mut gateway = gateway(reach);
    let told = until("a backup", &mut gateway, &mut [&mut backup], &mut now, |gateway, _, _| {
        gateway.is_logged_on()
    });
    let refused = |endpoint: &Endpoint| format!("Connection refused (os error 111) at {endpoint}");
    assert_eq!(told, [refused(&first_place), refused(&dead)], "each in its turn");
    // The backup goes, the first address is there again.
    first = peer(&at);
    drop(backup);
    let told = until(
        "the first address",
        &mut gateway,
        &mut [&mut first],
        &mut now,
        |gateway, peers, _| gateway.is_logged_on() && peers[0].is_logged_on(),
    );
    assert_eq!(told.len(), 1, "the end of the session, and no attempt that failed: {told:?}");
}

#[test]
fn a_name_is_looked_up_at_each_attempt_and_ipv6_is_an_address_too() {
    let listener = TcpListener::bind("[::1]:0").expect("an address of IPv6");
    let at = listener.local_addr().expect("bound");
    let stream =
        Reach::new(endpoint(&at.to_string())).connect(0, PATIENCE).expect("connects").stream;
    assert_eq!(stream.peer_addr().expect("connected"), at);
    // A name that has both kinds of address finds the one where somebody listens.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
    let at = listener.local_addr().expect("bound");
    let named = Reach::new(endpoint(&format!("localhost:{}", at.port())));
    assert_eq!(named.fixed(), None, "a name asks for the thread");
    let stream = named.connect(0, PATIENCE).expect("connects").stream;
    assert_eq!(stream.peer_addr().expect("connected"), at);
    // A name without an address is an attempt that failed, not the end: the next one is looked up anew.
    let nowhere = Reach {
        backups: vec![endpoint(&at.to_string())],
        ..Reach::new(endpoint("no.such.invalid:1"))
    };
    let error = nowhere.connect(0, PATIENCE).err().expect("there is none").to_string();
    assert!(error.contains("no such host") && error.contains("no.such.invalid:1"), "{error}");
    assert!(nowhere.connect(1, PATIENCE).is_ok());
}

#[test]
fn connections_come_from_the_source_address_and_one_that_is_not_ours_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
    let at = endpoint(&listener.local_addr().expect("bound").to_string());
    let from = |source: &str| Reach {
        source: Some(source.parse().expect("an address")),
        ..Reach::new(at.clone())
    };
    let stream = from("127.0.0.77").connect(0, PATIENCE).expect("connects").stream;
    let (_, seen) = listener.accept().expect("somebody connects");
    assert_eq!(seen.ip().to_string(), "127.0.0.77");
    assert_eq!(stream.write_timeout().expect("a socket"), None, "the wait was the attempt's alone");
    let error = from("192.0.2.1").connect(0, PATIENCE).err().expect("not ours").to_string();
    assert!(error.contains("cannot connect from 192.0.2.1"), "{error}");
    let error = from("::1").connect(0, PATIENCE).err().expect("another kind").to_string();
    assert!(error.contains("no address of the source's kind"), "{error}");
}

#[test]
fn a_source_address_waits_for_a_silent_peer_no_longer_than_it_may() {
    // The queue of a listener that accepts nobody fills up, then nothing answers.
    let listener = rustix::net::socket_with(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        rustix::net::SocketFlags::CLOEXEC,
        None,
    )
    .expect("a socket");
    rustix::net::bind(&listener, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a local port");
    rustix::net::listen(&listener, 0).expect("it listens");
    let listener = TcpListener::from(listener);
    let at = endpoint(&listener.local_addr().expect("bound").to_string());
    let ip = IpAddr::from([127, 0, 0, 1]);
    for source in [None, Some(ip)] {
        let reach = Reach { source, ..Reach::new(at.clone()) };
        let mut held = Vec::new();
        let error = loop {
            match reach.connect(0, Duration::from_millis(50)) {
                Ok(stream) => held.push(stream),
                Err(error) => break error,
            }
            assert!(held.len() < 64, "the queue has no end");
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    }
}

#[test]
fn what_comes_of_an_attempt_that_was_given_up_is_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
    let at = endpoint(&listener.local_addr().expect("bound").to_string());
    let mut connector = Connector::start(Reach::new(at), PATIENCE).expect("a thread");
    assert!(connector.ask(0));
    let (mut first, _) = listener.accept().expect("somebody connects");
    // Given up: the next one is asked for before the answer was taken.
    let deadline = Instant::now() + PATIENCE;
    while !connector.ask(0) {
        assert!(Instant::now() < deadline);
    }
    let (second, _) = listener.accept().expect("somebody connects");
    let stream = loop {
        assert!(Instant::now() < deadline);
        if let Some(answer) = connector.answer() {
            break answer.expect("connected");
        }
    };
    let ours = stream.stream.local_addr().expect("connected");
    assert_eq!(second.peer_addr().expect("connected"), ours, "the later one");
    let gone = io::Read::read(&mut first, &mut [0]).expect("it ends");
    assert_eq!(gone, 0, "nobody holds the earlier one");
}

#[test]
fn a_drop_copy_is_reached_in_the_same_way() {
    let (mut backup, mut now) = (peer("127.0.0.1:0"), UnixNanos(1_703_461_500_000_000_000));
    let reach = Reach { backups: vec![place(&backup)], ..Reach::new(nobody()) };
    let mut copy = DropCopy::new(config()).expect("valid").reached_by(reach).expect("a thread");
    let deadline = Instant::now() + PATIENCE;
    while !(copy.session().is_logged_on() && backup.is_logged_on()) {
        assert!(Instant::now() < deadline, "never logged on");
        now = now.plus(MILLI / 100);
        copy.poll(now, &mut |_| {});
        backup.poll(now, &mut |_, _| {});
    }
}
