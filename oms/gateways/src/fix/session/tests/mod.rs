//! Each rule of the session layer, in FIX bytes.

mod conformance;
mod numbers;
mod pair;
mod rules;
mod storm;
mod tolerance;
mod vitals;

use super::*;
use crate::fix::codec::{Inbox, encode_message};

pub(super) const SECOND: u64 = NANOS_PER_SECOND;
/// 2023-12-24 23:45:00 UTC.
pub(super) const START: UnixNanos = UnixNanos(1_703_461_500_000_000_000);

pub(super) fn unconfirmed_initiator() -> SessionConfig {
    SessionConfig { confirm_logon: false, ..SessionConfig::initiator("US", "PEER") }
}

/// A session under test, the bytes it sends taken apart for reading.
pub(super) struct Bench {
    pub session: Session,
    pub now: UnixNanos,
    pub sent: Vec<Sent>,
    pub last: Incoming,
    inbox: Inbox,
}

impl Bench {
    pub fn new(config: SessionConfig, next_out: u64, next_in: u64) -> Bench {
        let session = Session::new(config, SequenceNumbers { next_out, next_in }).expect("valid");
        let mut bench = Bench {
            session,
            now: START,
            sent: Vec::new(),
            last: Incoming::Handled,
            inbox: Inbox::new(),
        };
        bench.connect();
        bench
    }

    /// An initiator called US, connected, its logon sent. It does not ask for a confirmation.
    pub fn initiator(next_out: u64, next_in: u64) -> Bench {
        Bench::new(unconfirmed_initiator(), next_out, next_in)
    }

    /// An acceptor called US, connected.
    pub fn acceptor(next_out: u64, next_in: u64) -> Bench {
        Bench::new(SessionConfig::acceptor("US", "PEER"), next_out, next_in)
    }

    /// An initiator that is logged on, both next numbers 2.
    pub fn logged_on() -> Bench {
        let mut bench = Bench::initiator(1, 1);
        bench.says("35=A|34=1|98=0|108=30|");
        bench.replies();
        assert!(bench.session.is_logged_on());
        bench.session.take_notice();
        bench
    }

    pub fn connect(&mut self) {
        self.session.connected(self.now, &mut |sent| self.sent.push(sent));
    }

    /// The peer sends a message: what is given, with the parties and the time added.
    pub fn says(&mut self, body: &str) -> Vec<String> {
        let time = self.now;
        self.says_exactly(&format!("{body}49=PEER|56=US|"), Some(time))
    }

    pub fn says_exactly(&mut self, body: &str, time: Option<UnixNanos>) -> Vec<String> {
        let mut buffer = vec![0; 2048];
        let body = body.replace('|', "\x01");
        let len = encode_message(&mut buffer, |w| {
            w.encoded(body.as_bytes());
            if let Some(time) = time {
                w.time(52, time, crate::fix::codec::TimePrecision::Millis);
            }
        })
        .expect("fits");
        self.inbox.push(&buffer[..len]);
        let message = self.inbox.next().expect("sound").expect("whole");
        self.last = self.session.receive(&message, self.now, &mut |sent| self.sent.push(sent));
        self.replies()
    }

    pub fn passes(&mut self, seconds: u64) -> Vec<String> {
        self.now = self.now.plus(seconds * SECOND);
        self.session.on_time(self.now, &mut |sent| self.sent.push(sent));
        self.replies()
    }

    pub fn sends(&mut self, msg_type: &[u8], text: &str) -> Result<u64, SendError> {
        self.session.send(msg_type, ClOrdId(7), self.now, &mut |sent| self.sent.push(sent), |w| {
            w.text(58, text)
        })
    }

    /// What was sent since the last look, without frame, parties and times.
    pub fn replies(&mut self) -> Vec<String> {
        let mut inbox = Inbox::new();
        let outbox = self.session.outbox();
        let mut texts = Vec::new();
        while !outbox.is_empty() {
            let taken = inbox.push(outbox.pending());
            outbox.written(taken);
            while let Some(message) = inbox.next().expect("we send no garbage") {
                let plain = message.fields().filter(|(tag, _)| ![49, 56, 52, 122].contains(tag));
                texts.push(
                    plain
                        .map(|(tag, value)| format!("{tag}={}|", String::from_utf8_lossy(value)))
                        .collect(),
                );
            }
        }
        texts
    }

    pub fn closes_saying(&self, text: &str) {
        assert!(self.session.must_close(), "the session goes on");
        assert_eq!(self.session.close_reason().as_str(), text);
    }
}
