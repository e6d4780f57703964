//! What a peer may do to us.

use gauntlet_gateways::fix::codec::{
    FieldWriter, Inbox, TimePrecision, encode_fields, encode_message,
};
use gauntlet_gateways::fix::tags;
use gauntlet_model::units::UnixNanos;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes of the giant field.
const GIANT: usize = 10 << 20;
/// Bytes written at a time.
const BATCH: usize = 64 * 1024;

/// Each attack's name and what it is.
pub const ATTACKS: [(&str, &str); 13] = [
    ("quiet", "quiet: logged on, heartbeats"),
    ("slow", "one byte a write, without a pause"),
    ("heartbeats", "a flood of heartbeats"),
    ("reports", "a flood of reports"),
    ("refused", "a flood of messages that we must refuse"),
    ("tests", "a flood of test requests, answers read"),
    ("deaf", "a flood of test requests, nothing read"),
    ("garbage", "bytes that are no FIX"),
    ("giant", "messages with a field of 10 MB"),
    ("gaps", "a gap after every message"),
    ("resends", "a flood of requests to resend everything"),
    ("storm", "connections that end at once"),
    ("logons", "connections that end after the logon"),
];

/// Plays an attack for whoever connects, until it is killed.
pub fn play(attack: &str) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    println!("{}", listener.local_addr().map_err(|error| error.to_string())?);
    for stream in listener.incoming().filter_map(Result::ok) {
        if attack == "storm" {
            continue;
        }
        // An attack ends when the other closes, and the next connection has the next.
        let _ = stream.set_nodelay(true).and_then(|()| attack_one(attack, stream));
    }
    Ok(())
}

/// The peer's side of one connection.
struct Attacker {
    stream: TcpStream,
    inbox: Inbox,
    next: u64,
    batch: Vec<u8>,
}

fn attack_one(attack: &str, stream: TcpStream) -> std::io::Result<()> {
    let mut peer = Attacker { stream, inbox: Inbox::new(), next: 1, batch: Vec::new() };
    if attack != "garbage" {
        peer.log_on()?;
    }
    match attack {
        "quiet" => loop {
            peer.add(tags::HEARTBEAT, |_| {});
            peer.flush()?;
            std::thread::sleep(Duration::from_millis(100));
        },
        "slow" => loop {
            peer.add(tags::EXECUTION_REPORT, report);
            for byte in std::mem::take(&mut peer.batch) {
                peer.stream.write_all(&[byte])?;
            }
        },
        "garbage" => loop {
            peer.stream.write_all(&[b'x'; BATCH])?;
        },
        "giant" => peer.send_giants(),
        "logons" => Ok(()),
        _ => loop {
            while peer.batch.len() < BATCH {
                peer.add_one(attack);
            }
            if attack != "deaf" {
                peer.swallow()?;
            }
            peer.flush()?;
        },
    }
}

fn report(w: &mut FieldWriter<'_>) {
    for (tag, value) in [(37, "O1"), (11, "foreign"), (17, "E1"), (150, "0"), (39, "0")] {
        w.text(tag, value);
    }
    for (tag, value) in [(55, "ESZ6"), (54, "1"), (151, "2"), (14, "0"), (6, "0")] {
        w.text(tag, value);
    }
}

fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl Attacker {
    /// Adds a message under a number, which need not be the next.
    fn add_at(&mut self, seq: u64, msg_type: &[u8], body: impl FnOnce(&mut FieldWriter<'_>)) {
        let mut bytes = [0; 1_024];
        let len = encode_message(&mut bytes, |w| {
            w.raw(tags::MSG_TYPE, msg_type);
            w.uint(tags::MSG_SEQ_NUM, seq);
            w.raw(tags::SENDER_COMP_ID, b"BROKER");
            w.raw(tags::TARGET_COMP_ID, b"TRADER");
            w.time(tags::SENDING_TIME, now(), TimePrecision::Millis);
            body(w);
        });
        self.batch.extend_from_slice(&bytes[..len.expect("a short message fits")]);
    }

    fn add(&mut self, msg_type: &[u8], body: impl FnOnce(&mut FieldWriter<'_>)) {
        self.add_at(self.next, msg_type, body);
        self.next += 1;
    }

    fn add_one(&mut self, attack: &str) {
        match attack {
            "reports" => self.add(tags::EXECUTION_REPORT, report),
            // A report without anything in it.
            "refused" => self.add(tags::EXECUTION_REPORT, |_| {}),
            "tests" | "deaf" => self.add(tags::TEST_REQUEST, |w| w.text(tags::TEST_REQ_ID, "why")),
            "resends" => self.add(tags::RESEND_REQUEST, |w| {
                w.uint(tags::BEGIN_SEQ_NO, 1);
                w.uint(tags::END_SEQ_NO, 0);
            }),
            "gaps" => {
                // One above a gap, and a fill up to it: the next is above a gap again.
                let seq = self.next;
                self.add_at(seq + 2, tags::HEARTBEAT, |_| {});
                self.add_at(seq, tags::SEQUENCE_RESET, |w| {
                    w.bool(tags::GAP_FILL_FLAG, true);
                    w.uint(tags::NEW_SEQ_NO, seq + 3);
                });
                self.next = seq + 3;
            }
            _ => self.add(tags::HEARTBEAT, |_| {}),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.write_all(&self.batch)?;
        self.batch.clear();
        Ok(())
    }

    /// Answers the logon and the test request that confirms it.
    fn log_on(&mut self) -> std::io::Result<()> {
        let mut bytes = [0; 4_096];
        loop {
            let read = self.stream.read(&mut bytes)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.inbox.push(&bytes[..read]);
            while let Ok(Some(message)) = self.inbox.next() {
                let (is_logon, is_test) =
                    (message.msg_type() == tags::LOGON, message.msg_type() == tags::TEST_REQUEST);
                let id = message.uint(tags::TEST_REQ_ID).unwrap_or_default();
                if is_logon {
                    self.add(tags::LOGON, |w| {
                        w.raw(tags::ENCRYPT_METHOD, b"0");
                        w.uint(tags::HEART_BT_INT, 30);
                        w.bool(tags::RESET_SEQ_NUM_FLAG, true);
                    });
                } else if is_test {
                    self.add(tags::HEARTBEAT, |w| w.uint(tags::TEST_REQ_ID, id));
                }
                self.flush()?;
                if is_test {
                    return Ok(());
                }
            }
        }
    }

    /// Reads what has come and forgets it.
    fn swallow(&mut self) -> std::io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let mut bytes = [0; BATCH];
        let ended = loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => break Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.stream.set_nonblocking(false)?;
        ended
    }

    /// Sends messages with a giant field, sound to their checksum.
    fn send_giants(&mut self) -> std::io::Result<()> {
        let giant = vec![b'x'; GIANT];
        loop {
            let mut head = [0; 256];
            let len = encode_fields(&mut head, |w| {
                w.raw(tags::MSG_TYPE, b"B");
                w.uint(tags::MSG_SEQ_NUM, self.next);
                w.raw(tags::SENDER_COMP_ID, b"BROKER");
                w.raw(tags::TARGET_COMP_ID, b"TRADER");
                w.time(tags::SENDING_TIME, now(), TimePrecision::Millis);
            });
            let head = &head[..len.expect("a short header fits")];
            self.next += 1;
            let mut message =
                format!("8=FIX.4.4\x019={}\x01", head.len() + 3 + GIANT + 1).into_bytes();
            message.extend_from_slice(head);
            message.extend_from_slice(b"58=");
            message.extend_from_slice(&giant);
            message.push(1);
            let sum = message.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
            message.extend_from_slice(format!("10={sum:03}\x01").as_bytes());
            self.stream.write_all(&message)?;
            self.swallow()?;
        }
    }
}
