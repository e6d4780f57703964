//! An operator: commands by the control socket, without any server.

use gauntlet_readmodel::command_wire::{Reply, Request, SOCKET_NAME, Target, Verb};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

/// Longest wait for a reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one command to the node whose data directory this is, and gives its reply.
///
/// # Panics
/// When nobody answers.
pub fn ask(data: &Path, verb: Verb, target: Target<'_>, reason: &str) -> Reply {
    let dir = tempfile::tempdir().expect("a place for the socket");
    let socket = UnixDatagram::bind(dir.path().join("asker")).expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let request = Request { id: 7, verb, target, actor: "tester", reason }.encode();
    let sent = socket.send_to(request.as_bytes(), data.join(SOCKET_NAME));
    sent.expect("the control socket takes the request");
    let mut reply = [0; 1024];
    let len = socket.recv(&mut reply).expect("the hot thread answers");
    Reply::parse(&reply[..len]).expect("a reply of the protocol")
}

/// Sets a kill and gives its number and how many orders it cancels.
///
/// # Panics
/// When it is refused.
pub fn kill(data: &Path, target: Target<'_>, flatten: bool) -> (u64, u32) {
    match ask(data, Verb::Kill { flatten }, target, "a test") {
        Reply::Ok { id: 7, seq, orders } => (seq, orders),
        other => panic!("the kill was not carried out: {other:?}"),
    }
}
