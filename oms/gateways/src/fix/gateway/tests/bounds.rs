//! How much one poll takes in, whatever the peer sends.

use super::*;
use crate::fix::transport::READ_BYTES_MAX;

/// More than many polls take.
const FLOOD: usize = 1_000;

#[test]
fn a_flood_of_reports_is_taken_in_parts_and_none_of_them_is_lost() {
    let mut world = World::logged_on();
    (0..FLOOD).for_each(|at| world.reports(&format!("E{at}")));
    let mut most = 0;
    world.until("all reports are told", |w| {
        let told = w.executions().len();
        told == FLOOD
    });
    let told = world.executions();
    assert!((0..FLOOD).all(|at| told[at] == (format!("E{at}"), false)), "each once and in order");
    // The same again, one poll at a time.
    (0..FLOOD).for_each(|at| world.reports(&format!("F{at}")));
    let deadline = Instant::now() + Duration::from_secs(10);
    while world.executions().len() < 2 * FLOOD {
        assert!(Instant::now() < deadline, "only {}", world.executions().len());
        let before = world.inputs.len();
        let inputs = &mut world.inputs;
        let done = world.gateway.poll(world.now, &mut |event| {
            if let GatewayEvent::Input(input) = event {
                inputs.push(input);
            }
        });
        assert!(done <= MESSAGES_PER_POLL, "{done} messages in one poll");
        most = most.max(world.inputs.len() - before);
        world.peer.poll(world.now, &mut |_, _| {});
    }
    assert_eq!(most, MESSAGES_PER_POLL, "there were more at a time than one poll takes");
}

#[test]
fn an_acceptor_takes_a_flood_of_orders_in_parts_and_loses_none() {
    let mut world = World::logged_on();
    // What waits to be written is 262,144 bytes at most.
    (0..FLOOD as u64).for_each(|at| world.sends(&order(OutboundKind::New, 0x10 + at)));
    let (mut received, mut most) = (0, 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    while received < FLOOD {
        assert!(Instant::now() < deadline, "only {received}");
        let before = received;
        world.peer.poll(world.now, &mut |event, _| {
            received += usize::from(matches!(event, PeerEvent::Application { .. }));
        });
        most = most.max(received - before);
        world.gateway.poll(world.now, &mut |_| {});
    }
    assert_eq!((received, most), (FLOOD, MESSAGES_PER_POLL));
}

#[test]
fn what_a_peer_says_last_is_read_to_its_end_although_the_line_is_gone() {
    let mut world = World::logged_on();
    (0..3 * MESSAGES_PER_POLL).for_each(|at| world.reports(&format!("E{at}")));
    world.peer.drop_connection(world.now, &mut |_, _| {});
    world.until("the line is gone", |w| w.changes().contains(&SessionChange::Disconnected));
    assert_eq!(world.executions().len(), 3 * MESSAGES_PER_POLL);
}

#[test]
fn a_poll_reads_no_more_than_its_share_and_nothing_while_it_has_messages_left() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let address = listener.local_addr().expect("bound");
    let mut link = Link::new(TickClock::new());
    link.open(mio::net::TcpStream::connect(address).expect("it listens")).expect("a socket");
    let (mut peer, _) = listener.accept().expect("it connects");
    // Half of a long message: nothing of it can be taken before its end.
    let head = b"8=FIX.4.4\x019=60000\x0135=B\x0158=";
    let sent = [&head[..], &vec![b'x'; 2 * READ_BYTES_MAX - head.len() - 1]].concat();
    peer.write_all(&sent).expect("the kernel takes it");
    let (mut read, deadline) = (0, Instant::now() + Duration::from_secs(10));
    while read < sent.len() {
        assert!(Instant::now() < deadline, "only {read} bytes");
        let bytes = link.read().expect("the peer is there");
        assert!(bytes <= READ_BYTES_MAX, "{bytes} bytes in one poll");
        if bytes > 0 {
            // Messages that are left keep the socket unread.
            link.took(MESSAGES_PER_POLL);
            assert!(link.has_rest() && link.read().expect("the peer is there") == 0);
            link.took(MESSAGES_PER_POLL - 1);
            assert!(!link.has_rest());
        }
        read += bytes;
    }
    assert_eq!(read, sent.len());
}

#[test]
fn just_as_many_messages_as_a_poll_takes_may_have_been_all_and_the_next_ones_are_read() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let address = listener.local_addr().expect("bound");
    let mut link = Link::new(TickClock::new());
    link.open(mio::net::TcpStream::connect(address).expect("it listens")).expect("a socket");
    let (mut peer, _) = listener.accept().expect("it connects");
    link.took(MESSAGES_PER_POLL);
    peer.write_all(b"8=").expect("the kernel takes it");
    let deadline = Instant::now() + Duration::from_secs(10);
    while link.read().expect("the peer is there") == 0 {
        assert!(Instant::now() < deadline, "nothing is read any more");
    }
}
