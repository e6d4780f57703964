//! Two sessions over a pipe that loses connections.

use super::*;
use proptest::prelude::*;

/// One end: a session, what it received, and the bytes on their way to it.
struct End {
    session: Session,
    inbox: Inbox,
    wire: Vec<u8>,
    /// Application messages delivered: text and whether flagged as a possible duplicate.
    delivered: Vec<(String, bool)>,
    logged_on: usize,
}

impl End {
    fn new(config: SessionConfig) -> End {
        let session = Session::new(config, SequenceNumbers::default()).expect("valid");
        End { session, inbox: Inbox::new(), wire: Vec::new(), delivered: Vec::new(), logged_on: 0 }
    }

    fn receive(&mut self, now: UnixNanos) {
        while let Some(message) = self.inbox.next().expect("no garbage on this wire") {
            if let Incoming::Application { poss_dup, .. } =
                self.session.receive(&message, now, &mut |_| {})
            {
                let text = message.get(58).expect("text");
                self.delivered.push((String::from_utf8_lossy(text).into_owned(), poss_dup));
            }
            if let Some(Notice::LoggedOn { .. }) = self.session.take_notice() {
                self.logged_on += 1;
            }
        }
    }
}

struct Pair {
    initiator: End,
    acceptor: End,
    now: UnixNanos,
    is_connected: bool,
    /// Orders sent over this connection.
    orders: Vec<String>,
}

impl Pair {
    fn connect(&mut self) {
        for end in [&mut self.initiator, &mut self.acceptor] {
            end.session.disconnected();
            end.inbox.clear();
            end.wire.clear();
            end.session.connected(self.now, &mut |_| {});
        }
        self.is_connected = true;
        self.orders.clear();
    }

    fn cut(&mut self) {
        for end in [&mut self.initiator, &mut self.acceptor] {
            end.session.disconnected();
        }
        self.is_connected = false;
    }

    /// Moves up to `bytes` each way and lets both sides act. What a socket takes is on the wire: a
    /// cut loses it.
    fn step(&mut self, bytes: usize) {
        self.now = self.now.plus(SECOND / 100);
        for _ in 0..2 {
            let (from, to) = (&mut self.initiator, &mut self.acceptor);
            let outbox = from.session.outbox();
            let taken = outbox.pending().len().min(bytes);
            to.wire.extend_from_slice(&outbox.pending()[..taken]);
            outbox.written(taken);
            let arriving = to.wire.len().min(bytes);
            let arrived = to.inbox.push(&to.wire[..arriving]);
            to.wire.drain(..arrived);
            to.receive(self.now);
            to.session.on_time(self.now, &mut |_| {});
            std::mem::swap(&mut self.initiator, &mut self.acceptor);
        }
        let closes = self.initiator.session.must_close() || self.acceptor.session.must_close();
        if closes && self.is_connected {
            self.cut();
        }
    }
}

#[derive(Clone, Debug)]
enum Action {
    Order,
    Reports(usize),
    Move(usize),
    Cut,
    Connect,
    Wait(u64),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Order),
        4 => (1..30usize).prop_map(Action::Reports),
        4 => (1..4_000usize).prop_map(Action::Move),
        6 => (50..150usize).prop_map(Action::Move),
        2 => Just(Action::Cut),
        2 => Just(Action::Connect),
        1 => (1..40u64).prop_map(Action::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_report_arrives_once_and_in_order_whatever_happens_to_the_connection(
        actions in prop::collection::vec(action(), 0..80),
        next_expected in any::<bool>(),
        confirm_logon in any::<bool>(),
    ) {
        let mut config = SessionConfig::acceptor("VENUE", "TRADER");
        config.outbox_bytes = 48 * 1024;
        config.next_expected = next_expected;
        let acceptor = End::new(config);
        let mut config = SessionConfig::initiator("TRADER", "VENUE");
        config.next_expected = next_expected;
        config.confirm_logon = confirm_logon;
        let initiator = End::new(config);
        let mut pair = Pair { initiator, acceptor, now: START, is_connected: false, orders: Vec::new() };
        let (mut reports, mut orders) = (Vec::new(), Vec::new());
        for action in actions {
            match action {
                Action::Order => {
                    let text = format!("order {}", orders.len());
                    let sent = pair.initiator.session.send(
                        b"D", ClOrdId(1), pair.now, &mut |_| {}, |w| w.text(58, &text));
                    if sent.is_ok() {
                        pair.orders.push(text.clone());
                        orders.push(text);
                    }
                }
                Action::Reports(count) => for _ in 0..count {
                    let text = format!("report {} {}", reports.len(), "x".repeat(300));
                    pair.acceptor.session.send(
                        b"8", ClOrdId::NONE, pair.now, &mut |_| {}, |w| w.text(58, &text))
                        .expect("an acceptor keeps what it cannot send");
                    reports.push(text);
                },
                Action::Move(bytes) if pair.is_connected => pair.step(bytes),
                Action::Cut => pair.cut(),
                Action::Connect if !pair.is_connected => pair.connect(),
                Action::Wait(seconds) => {
                    pair.now = pair.now.plus(seconds * SECOND);
                }
                Action::Move(_) | Action::Connect => {}
            }
        }
        for _ in 0..2_000 {
            if !pair.is_connected {
                pair.connect();
            }
            pair.step(16_000);
            if pair.initiator.delivered.len() >= reports.len()
                && pair.initiator.session.is_logged_on()
                && pair.acceptor.session.is_logged_on()
            {
                break;
            }
        }
        let delivered: Vec<_> =
            pair.initiator.delivered.iter().map(|(text, _)| text.clone()).collect();
        prop_assert_eq!(delivered, reports);
        // Orders are never sent again: each arrives at most once, in order, and never flagged.
        let mut sent = orders.iter();
        for (text, poss_dup) in &pair.acceptor.delivered {
            prop_assert!(!poss_dup);
            prop_assert!(sent.any(|order| order == text), "an order came twice or out of order");
        }
        if next_expected || confirm_logon {
            for order in &pair.orders {
                let arrived = pair.acceptor.delivered.iter().any(|(text, _)| text == order);
                prop_assert!(arrived, "{} fell into a gap", order);
            }
        }
        prop_assert!(pair.initiator.session.is_logged_on() && pair.acceptor.session.is_logged_on());
    }
}
