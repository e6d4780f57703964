//! Commands through the control socket.

use crate::fixture::{arg, ctl, run};
use gauntlet_readmodel::command_wire::{
    REQUEST_MAX, ReplyBuffer, Request, SOCKET_NAME, Target, Verb,
};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

/// Answers one request and gives it back.
pub fn answer_one(
    data: &Path,
    reply: impl FnOnce(&Request<'_>) -> Vec<ReplyBuffer> + Send + 'static,
) -> JoinHandle<String> {
    let socket = UnixDatagram::bind(data.join(SOCKET_NAME)).expect("the socket binds");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    std::thread::spawn(move || {
        let mut buffer = [0; REQUEST_MAX + 1];
        let (len, from) = socket.recv_from(&mut buffer).expect("a request");
        let request = Request::parse(&buffer[..len]).expect("a whole request");
        for reply in reply(&request) {
            socket.send_to_addr(reply.as_bytes(), &from).expect("the asker waits");
        }
        String::from_utf8(buffer[..len].to_vec()).expect("UTF-8")
    })
}

#[test]
fn a_kill_reaches_the_socket_and_tells_what_happened() {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| {
        // A late reply to somebody else is not ours.
        vec![
            ReplyBuffer::refused(request.id.wrapping_add(1), format_args!("not yours")),
            ReplyBuffer::ok(request.id, 812, 3),
        ]
    });
    let killed = run(["kill", "--bot", "es-orb", "--flatten", "--data", arg(data.path())]);
    assert_eq!(killed.code, 0, "{killed}");
    assert_eq!(
        killed.out,
        "bot:es-orb: killed, positions are being closed, 3 working orders being cancelled \
         (input 812)\n"
    );
    let asked = node.join().expect("it answered");
    let request = Request::parse(asked.as_bytes()).expect("a request");
    assert_eq!(request.verb, Verb::Kill { flatten: true });
    assert_eq!(request.target, Target::Bot("es-orb"));
    assert_eq!((request.actor, request.reason), ("ann", "killed by operator"));
}

#[test]
fn an_unkill_and_an_acceptance_carry_their_reason() {
    for (args, verb) in [
        (&["unkill", "--all"][..], Verb::Unkill),
        (&["accept-config"][..], Verb::AcceptConfiguration),
    ] {
        let data = tempfile::tempdir().expect("a directory");
        let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 9, 0)]);
        let rest = ["--reason", "looked at it", "--actor", "bob", "--json", "--data"];
        let done = run(args.iter().copied().chain(rest).chain([arg(data.path())]));
        assert_eq!(done.code, 0, "{done}");
        assert_eq!((&done.json()["seq"], &done.json()["scope"]), (&9.into(), &"platform".into()));
        let asked = node.join().expect("it answered");
        let request = Request::parse(asked.as_bytes()).expect("a request");
        assert_eq!((request.verb, request.target), (verb, Target::Platform));
        assert_eq!((request.actor, request.reason), ("bob", "looked at it"));
    }
}

#[test]
fn what_the_node_refuses_is_told_with_exit_code_1() {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| {
        vec![ReplyBuffer::refused(request.id, format_args!("no bot of that name"))]
    });
    let refused = run(["kill", "--bot", "nobody", "--data", arg(data.path())]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused}");
    assert!(refused.err.contains("refused for bot:nobody: no bot of that name"), "{refused}");
    node.join().expect("it answered");
}

#[test]
fn without_a_node_a_kill_says_what_to_do_and_ends_with_4() {
    let data = tempfile::tempdir().expect("a directory");
    let none = run(["kill", "--all", "--data", arg(data.path())]);
    assert_eq!(none.code, 4, "{none}");
    assert!(none.err.contains("no node runs on this data directory"), "{none}");
    drop(UnixDatagram::bind(data.path().join(SOCKET_NAME)).expect("the socket binds"));
    let dead = run(["kill", "--all", "--data", arg(data.path())]);
    assert_eq!(dead.code, 4, "{dead}");
    assert!(dead.err.contains("has ended without removing it"), "{dead}");
}

#[test]
fn a_node_that_does_not_answer_is_given_up_with_4() {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |_| Vec::new());
    let silent = run(["kill", "--symbol", "ESH4", "--data", arg(data.path())]);
    assert_eq!(silent.code, 4, "{silent}");
    assert!(silent.err.contains("the command may still take effect"), "{silent}");
    node.join().expect("it was asked");
}

#[test]
fn a_reason_is_cut_to_what_the_journal_keeps_and_never_stops_a_kill() {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 1, 0)]);
    let long = "x".repeat(600);
    let killed = run(["kill", "--all", "--reason", &long, "--data", arg(data.path())]);
    assert_eq!(killed.code, 0, "{killed}");
    assert!(killed.err.contains("it holds 64 bytes"), "{killed}");
    let asked = node.join().expect("it answered");
    assert!(asked.ends_with(&format!("\t{}", "x".repeat(64))));
}

#[test]
fn a_kill_needs_no_user_name() {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 1, 0)]);
    let args = ["kill", "--all", "--data", arg(data.path())];
    let status = ctl(args).env("USER", "").status().expect("ctl runs");
    assert!(status.success(), "{status}");
    let asked = node.join().expect("it answered");
    assert_eq!(Request::parse(asked.as_bytes()).expect("a request").actor, "operator");
}

#[test]
fn a_kill_reaches_a_venue_a_user_or_an_order_by_name() {
    for (args, target, said) in [
        (["--venue", "first"], Target::Venue("first"), "venue:first: killed, exits go on"),
        (["--user", "bob"], Target::User("bob"), "user:bob: killed, exits go on"),
        (
            ["--order", "00000000004d0000"],
            Target::Order(gauntlet_model::ids::ClOrdId(0x4d_0000)),
            "order:00000000004d0000: it is being cancelled (input 5)",
        ),
    ] {
        let data = tempfile::tempdir().expect("a directory");
        let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 5, 0)]);
        let killed = run(["kill", args[0], args[1], "--data", arg(data.path())]);
        assert_eq!(killed.code, 0, "{killed}");
        assert!(killed.out.contains(said), "{killed}");
        let asked = node.join().expect("it answered");
        let request = Request::parse(asked.as_bytes()).expect("a request");
        assert_eq!((request.verb, request.target), (Verb::Kill { flatten: false }, target));
    }
    for wrong in [
        &["kill", "--order", "12"][..],
        &["kill", "--order", "00000000004d0000", "--flatten"],
        &["kill", "--order", "00000000004d0000", "--all"],
        &["unkill", "--order", "00000000004d0000", "--reason", "r"],
    ] {
        assert_eq!(run(wrong).code, 2, "{wrong:?}");
    }
}
