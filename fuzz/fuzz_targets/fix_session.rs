//! A session of either role that is fed any messages, bytes, times and breaks goes on or ends with a
//! reason, and all that it sends is sound FIX whose numbers follow one another.
//!
//! The input is a script, a line a step, so that a finding reads as what happened: `>BODY` the peer
//! sends a message (delimiters as `|`; parties and time are added), `*BODY` the same without them,
//! `!BYTES` bytes as they are, `+N` seconds pass, `s` and `l` our side sends or logs out, `c` and `d`
//! connect and break the connection, `r` the socket takes what waits.

#![no_main]

use gauntlet_gateways::fix::codec::{Inbox, MESSAGE_BYTES_MAX, TimePrecision, encode_message};
use gauntlet_gateways::fix::session::{
    Habits, Incoming, Role, Sent, SequenceNumbers, Session, SessionConfig, StoreBounds,
};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use libfuzzer_sys::fuzz_target;
use std::cell::Cell;

/// 2023-12-24 23:45:00 UTC.
const START: UnixNanos = UnixNanos(1_703_461_500_000_000_000);
const STEPS_MAX: usize = 200;

struct World {
    session: Session,
    now: UnixNanos,
    /// What the peer sent and the session has not read.
    inbox: Inbox,
    /// The peer's: what we sent.
    reader: Inbox,
    connected: bool,
    /// The number of the message sent last.
    last_sent: Option<u64>,
}

/// Follows the numbers of what is sent: each is one more than the one before. A logon may have any: the number of
/// one that came to nothing, the one that the peer said it expects, or 1.
fn follow(last: &mut Option<u64>, sent: Sent) {
    let number = sent.msg_seq_num;
    let is_logon = sent.msg_type.as_str() == "A";
    assert!(is_logon || last.is_none_or(|last| number == last + 1), "{number} after {last:?}");
    *last = Some(number);
}

/// What an acceptor does beside what it should. Numbers that it lets jump are not told to the hook, so that is
/// left out: what is sent would not follow.
fn habits(choice: u8) -> Habits {
    Habits {
        reset_on_disconnect: choice & 1 != 0,
        tells_resets: choice & 1 != 0,
        forgets: u64::from(choice & 2),
        repeat_every: u64::from(choice & 4),
        ask_every: u64::from(choice & 8) / 4,
        ..Habits::default()
    }
}

impl World {
    /// `inboxes` are used again, since to make them takes longer than most scripts.
    fn new(choice: u8, [mut inbox, mut reader]: [Inbox; 2]) -> World {
        inbox.clear();
        reader.clear();
        let mut config = match choice & 1 {
            0 => SessionConfig::initiator("US", "PEER"),
            _ => SessionConfig::acceptor("US", "PEER"),
        };
        config.confirm_logon = choice & 2 != 0;
        config.reset_on_logon = choice & 4 != 0;
        config.outbox_bytes = 4 * MESSAGE_BYTES_MAX;
        if config.role == Role::Acceptor {
            config.store = StoreBounds { messages: 16, bytes: 1 << 10 };
            config.habits = habits(choice >> 4);
        }
        let numbers = match choice & 8 {
            0 => SequenceNumbers::default(),
            _ => SequenceNumbers { next_out: 7, next_in: 5 },
        };
        World {
            session: Session::new(config, numbers).expect("a sound configuration"),
            now: START,
            inbox,
            reader,
            connected: false,
            last_sent: None,
        }
    }

    fn step(&mut self, line: &[u8]) {
        let [step, rest @ ..] = line else { return };
        match step {
            b'>' => self.hears(rest, true),
            b'*' => self.hears(rest, false),
            b'!' => self.arrives(rest),
            b'+' => self.passes(std::str::from_utf8(rest).ok().and_then(|n| n.parse().ok())),
            b's' => self.sends(rest),
            b'l' => {
                let last = &mut self.last_sent;
                self.session.logout("end", self.now, &mut |sent| follow(last, sent));
            }
            b'c' if !self.connected => {
                self.connected = true;
                self.inbox.clear();
                let last = &mut self.last_sent;
                self.session.connected(self.now, &mut |sent| follow(last, sent));
            }
            b'd' => self.breaks(),
            b'r' => self.writes(),
            _ => {}
        }
        let _ = self.session.take_notice();
        if self.session.must_close() {
            assert!(!self.session.close_reason().as_str().is_empty(), "closes without a reason");
            self.writes();
            self.breaks();
        }
        let SequenceNumbers { next_out, next_in } = self.session.numbers();
        assert!(next_in > 0 && next_out > 0);
        if self.session.is_logged_on() {
            assert!(self.last_sent.is_none_or(|last| next_out == last + 1));
        }
        assert!(!self.session.is_logged_on() || self.connected);
    }

    fn hears(&mut self, body: &[u8], with_parties: bool) {
        let body: Vec<u8> = body.iter().map(|b| if *b == b'|' { 1 } else { *b }).collect();
        let mut buffer = [0; 2 * MESSAGE_BYTES_MAX];
        let written = encode_message(&mut buffer, |w| {
            w.encoded(&body);
            if with_parties {
                w.raw(49, b"PEER");
                w.raw(56, b"US");
                w.time(52, self.now, TimePrecision::Millis);
            }
        });
        if let Ok(len) = written {
            self.arrives(&buffer[..len]);
        }
    }

    fn arrives(&mut self, bytes: &[u8]) {
        if !self.connected {
            return;
        }
        self.inbox.push(bytes);
        loop {
            let last = &mut self.last_sent;
            match self.inbox.next() {
                Ok(Some(message)) => {
                    let hook = &mut |sent| follow(last, sent);
                    match self.session.receive(&message, self.now, hook) {
                        Incoming::Application { msg_seq_num, .. }
                        | Incoming::Reject { msg_seq_num }
                        | Incoming::Refused { msg_seq_num, .. } => assert!(msg_seq_num > 0),
                        Incoming::Handled => {}
                    }
                }
                Ok(None) => break,
                Err(_) => return self.breaks(),
            }
        }
    }

    fn passes(&mut self, seconds: Option<u16>) {
        self.now = self.now.plus(u64::from(seconds.unwrap_or(1)) * NANOS_PER_SECOND);
        let last = &mut self.last_sent;
        self.session.on_time(self.now, &mut |sent| follow(last, sent));
    }

    fn sends(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let last = &mut self.last_sent;
        let hook = &mut |sent| follow(last, sent);
        let _ = self.session.send(b"8", ClOrdId(7), self.now, hook, |w| w.text(58, &text));
        let _ = self.session.draft(b"8", self.now, |w| w.text(58, &text));
    }

    fn breaks(&mut self) {
        if std::mem::take(&mut self.connected) {
            self.session.disconnected();
            assert!(!self.session.is_logged_on());
            // An acceptor may begin anew by habit: what it keeps from now on has numbers from 1.
            if self.session.numbers().next_out == 1 {
                self.last_sent = None;
            }
        }
    }

    /// The socket takes everything: it must be whole messages of ours.
    fn writes(&mut self) {
        let outbox = self.session.outbox();
        let inbox = &mut self.reader;
        let garbled = inbox.garbled();
        while !outbox.is_empty() {
            let taken = inbox.push(outbox.pending());
            outbox.written(taken);
            while let Some(message) = inbox.next().expect("we send no garbage") {
                assert_eq!(message.fault(), None, "{:?}", String::from_utf8_lossy(message.bytes()));
                assert_eq!(message.get(49), Some(b"US".as_slice()));
                assert_eq!(message.get(56), Some(b"PEER".as_slice()));
                assert!(message.uint(34).is_some_and(|number| number > 0));
                assert!(message.time(52).is_some());
            }
        }
        assert_eq!(inbox.garbled(), garbled, "we send whole messages");
    }
}

thread_local! {
    static INBOXES: Cell<Option<[Inbox; 2]>> = const { Cell::new(None) };
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, script @ ..] = bytes else { return };
    let inboxes = INBOXES.take().unwrap_or_else(|| [Inbox::new(), Inbox::new()]);
    let mut world = World::new(*choice, inboxes);
    world.step(b"c");
    for line in script.split(|byte| *byte == b'\n').take(STEPS_MAX) {
        world.step(line);
    }
    world.writes();
    INBOXES.set(Some([world.inbox, world.reader]));
});
