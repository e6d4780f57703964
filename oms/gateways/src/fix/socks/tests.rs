//! Connections through a proxy of our own, over loopback TCP.

use super::*;
use crate::fix::reach::Reach;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

/// How long anything here may take: far more than it does.
const PATIENCE: Duration = Duration::from_secs(20);

fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse(text).expect("an endpoint")
}

/// A proxy that serves one connection by a script: what it must hear, and what it says then. What it hears
/// after the script comes back from the thread, until the client ends.
fn proxy(script: Vec<(Vec<u8>, Vec<u8>)>) -> (Endpoint, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a local port");
    let at = endpoint(&listener.local_addr().expect("bound").to_string());
    let thread = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        for (heard, said) in script {
            let mut bytes = vec![0; heard.len()];
            stream.read_exact(&mut bytes).expect("it is said");
            assert_eq!(bytes, heard);
            // In pieces, as a network may.
            for byte in said {
                stream.write_all(&[byte]).expect("written");
            }
        }
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the client ends");
        rest
    });
    (at, thread)
}

fn through(proxy: Endpoint, login: Option<(&str, &str)>, target: &str) -> Reach {
    let socks = SocksTerms::new(proxy, login).expect("fits");
    Reach { socks: Some(socks), ..Reach::new(endpoint(target)) }
}

/// The proxy's word that it is connected, from an address of IPv4.
fn connected() -> Vec<u8> {
    vec![5, 0, 0, 1, 10, 0, 0, 1, 0x12, 0x34]
}

fn asked(kind_and_host: &[u8]) -> Vec<u8> {
    [&[5, 1, 0][..], kind_and_host, &[0x26, 0x94]].concat()
}

fn named() -> Vec<u8> {
    asked(b"\x03\x0bfix.example")
}

#[test]
fn a_name_and_both_kinds_of_address_are_told_to_the_proxy_which_connects() {
    let ipv6 = [&[4][..], &[0; 15], &[1]].concat();
    let by_name = [&[5, 0, 0, 3, 5][..], b"a.b.c", &[0, 1]].concat();
    let by_ipv6 = [&[5, 0, 0, 4][..], &[0; 16], &[0, 1]].concat();
    for (target, host, answer) in [
        ("fix.example:9876", named(), connected()),
        ("10.0.0.9:9876", asked(&[1, 10, 0, 0, 9]), by_name),
        ("[::1]:9876", asked(&ipv6), by_ipv6),
    ] {
        let (at, thread) = proxy(vec![(vec![5, 1, 0], vec![5, 0]), (host, answer)]);
        let reach = through(at, None, target);
        assert_eq!(reach.fixed(), None, "a proxy asks for the thread");
        let connection = reach.connect(0, PATIENCE).expect("connects");
        let (mut socket, tls) = connection.into_parts().expect("a socket");
        assert!(tls.is_none());
        socket.write_all(b"8=FIX.4.4").expect("written");
        drop(socket);
        assert_eq!(thread.join().expect("it ends"), b"8=FIX.4.4", "{target}");
    }
}

#[test]
fn what_the_acceptor_says_right_behind_the_proxys_answer_is_left_to_the_session() {
    let said = [connected(), b"8=FIX".to_vec()].concat();
    let (at, thread) = proxy(vec![(vec![5, 1, 0], vec![5, 0]), (named(), said)]);
    let connection = through(at, None, "fix.example:9876").connect(0, PATIENCE).expect("connects");
    let (mut socket, _) = connection.into_parts().expect("a socket");
    let (mut read, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    while read.len() < 5 {
        assert!(Instant::now() < deadline, "only {read:?}");
        let mut byte = [0];
        match socket.read(&mut byte) {
            Ok(bytes) => read.extend_from_slice(&byte[..bytes]),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    assert_eq!(read, b"8=FIX");
    drop(socket);
    thread.join().expect("it ends");
}

#[test]
fn a_user_name_and_a_password_are_given_where_the_proxy_wants_them() {
    let login = b"\x01\x04firm\x06secret".to_vec();
    let script = vec![(vec![5, 1, 2], vec![5, 2]), (login, vec![1, 0]), (named(), connected())];
    let (at, thread) = proxy(script);
    let reach = through(at, Some(("firm", "secret")), "fix.example:9876");
    let connection = reach.connect(0, PATIENCE).expect("connects");
    assert!(!format!("{reach:?}").contains("secret"));
    drop(connection);
    assert!(thread.join().expect("it ends").is_empty());
}

#[test]
fn what_the_proxy_refuses_is_told_in_words() {
    let greeting = vec![5, 1, 0];
    let script = |said: Vec<u8>| vec![(greeting.clone(), said)];
    let answered =
        |reply: u8| vec![(greeting.clone(), vec![5, 0]), (named(), vec![5, reply, 0, 1])];
    let login = |status: u8| {
        vec![(vec![5, 1, 2], vec![5, 2]), (b"\x01\x01u\x01p".to_vec(), vec![1, status])]
    };
    let known = Some(("u", "p"));
    for (script, login, says) in [
        (
            script(vec![5, 0xff]),
            None,
            "SOCKS: the proxy wants a user name and a password at fix.example",
        ),
        (vec![(vec![5, 1, 2], vec![5, 0xff])], known, "SOCKS: the proxy takes no password"),
        (script(vec![4, 0]), None, "SOCKS: the proxy does not speak SOCKS5"),
        (login(1), known, "SOCKS: the proxy refuses user name or password"),
        (answered(1), None, "SOCKS: the proxy failed (reply 1)"),
        (answered(2), None, "SOCKS: the proxy's rules forbid it (reply 2)"),
        (answered(4), None, "SOCKS: host unreachable (reply 4)"),
        (answered(5), None, "SOCKS: the broker refused the connection (reply 5)"),
        (answered(99), None, "SOCKS: the proxy failed (reply 99)"),
        (
            vec![(greeting.clone(), vec![5, 0]), (named(), vec![5, 0, 0, 9])],
            None,
            "SOCKS: the proxy answers with an unknown kind of address",
        ),
    ] {
        let (at, thread) = proxy(script);
        let error = through(at, login, "fix.example:9876").connect(0, PATIENCE).err();
        let error = error.expect("refused").to_string();
        assert!(error.starts_with(says), "{error}");
        thread.join().expect("it ends");
    }
}

#[test]
fn a_proxy_that_is_silent_or_not_there_is_waited_for_no_longer_than_it_may_be() {
    let (at, thread) = proxy(Vec::new());
    let reach = through(at.clone(), None, "fix.example:9876");
    let error = reach.connect(0, Duration::from_millis(50)).err().expect("silent").to_string();
    assert!(error.starts_with("SOCKS: no answer of the proxy in time"), "{error}");
    thread.join().expect("it ends");
    let error = reach.connect(0, PATIENCE).err().expect("gone").to_string();
    assert!(error.starts_with("SOCKS: Connection refused"), "{error}");
}

#[test]
fn a_user_name_and_a_password_have_1_to_255_bytes() {
    let at = || endpoint("proxy.example:1080");
    let (most, more) = ("x".repeat(255), "x".repeat(256));
    for (username, password, fits) in [
        ("u", "p", true),
        (most.as_str(), most.as_str(), true),
        ("", "p", false),
        ("u", "", false),
        (more.as_str(), "p", false),
        ("u", more.as_str(), false),
    ] {
        assert_eq!(SocksTerms::new(at(), Some((username, password))).is_ok(), fits);
    }
}
