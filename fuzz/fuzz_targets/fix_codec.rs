//! Any bytes from a peer are split into the same FIX messages whichever way they arrive, each a whole
//! view of its bytes, and what is read is written back as what reads the same.

#![no_main]

use gauntlet_gateways::fix::codec::{
    FieldWriter, HELD_BYTES_MAX, Inbox, MESSAGE_BYTES_MAX, Message, TimePrecision, encode_fields,
    encode_message, parse_price, parse_qty, parse_time, parse_uint,
};
use libfuzzer_sys::fuzz_target;

const SOH: u8 = 1;

/// What a message says: its `BeginString`, its fields and whether one of them is malformed.
type Told = (Vec<u8>, Vec<(u32, Vec<u8>)>, bool);

fn told(message: &Message<'_>) -> Told {
    let fields = message.fields().map(|(tag, value)| (tag, value.to_vec())).collect();
    (message.begin_string().to_vec(), fields, message.fault().is_some())
}

/// Everything that the inbox finds in bytes that come so many at a time; whether the peer was given
/// up, which happens at the same message whatever the pieces.
fn split(bytes: &[u8], piece: usize) -> (Vec<Told>, bool) {
    let (mut inbox, mut messages) = (Inbox::new(), vec![]);
    for mut rest in bytes.chunks(piece) {
        while !rest.is_empty() {
            let taken = inbox.push(rest);
            assert!(taken > 0, "there is always room once no message waits");
            rest = &rest[taken..];
            loop {
                match inbox.next() {
                    Ok(Some(message)) => {
                        look_at(&message);
                        messages.push(told(&message));
                    }
                    Ok(None) => break,
                    Err(_) => return (messages, true),
                }
            }
        }
    }
    (messages, false)
}

/// Asks a message for everything that can be asked of it.
fn look_at(message: &Message<'_>) {
    assert!(message.bytes().len() <= HELD_BYTES_MAX);
    assert!(message.begin_string().len() <= message.bytes().len());
    for (tag, value) in message.fields() {
        assert!(tag > 0 && !value.is_empty(), "{tag}");
        assert!(message.get(tag).is_some());
        let _ = (message.uint(tag), message.qty(tag), message.flag(tag));
        let _ = (message.price(tag), message.time(tag));
        values(value);
    }
    rewrites(message);
}

/// A message is written back from its fields and reads the same.
fn rewrites(message: &Message<'_>) {
    let is_long = message.bytes().len() > MESSAGE_BYTES_MAX;
    if is_long || message.fault().is_some() || message.begin_string() != b"FIX.4.4" {
        return;
    }
    let mut buffer = vec![0; 2 * MESSAGE_BYTES_MAX];
    let holds_delimiter = message.fields().any(|(_, value)| value.contains(&SOH));
    if holds_delimiter {
        return;
    }
    let write = encode_message(&mut buffer, |w| {
        for (tag, value) in message.fields() {
            w.raw(tag, value);
        }
    });
    let len = write.expect("a message that was read fits twice its room");
    if len > MESSAGE_BYTES_MAX {
        return;
    }
    let mut inbox = Inbox::new();
    inbox.push(&buffer[..len]);
    let again = inbox.next().expect("no garbage").expect("whole");
    assert_eq!(told(&again), told(message));
}

/// What is read of a value is written as what is read as the same.
fn values(text: &[u8]) {
    let written = |write: &dyn Fn(&mut FieldWriter<'_>)| {
        let mut buffer = [0; 64];
        let len = encode_fields(&mut buffer, |w| write(w));
        // Behind the tag and its sign of equality, before the delimiter.
        buffer[3..len.expect("fits") - 1].to_vec()
    };
    if let Some(price) = parse_price(text) {
        assert!(price.is_some());
        assert_eq!(parse_price(&written(&|w| w.price(44, price))), Some(price));
    }
    if let Some(number) = parse_uint(text) {
        assert_eq!(parse_uint(&written(&|w| w.uint(44, number))), Some(number));
    }
    if let Some(time) = parse_time(text) {
        let nanos = |w: &mut FieldWriter<'_>| w.time(52, time, TimePrecision::Nanos);
        assert_eq!(parse_time(&written(&nanos)), Some(time));
    }
    let _ = parse_qty(text);
}

/// Lines become the bodies of messages with a right length and checksum, `|` their delimiters; a
/// line that begins with `!` comes as it is.
fn framed(text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    for line in text.split(|byte| *byte == b'\n') {
        if let [b'!', raw @ ..] = line {
            bytes.extend_from_slice(raw);
            continue;
        }
        let body: Vec<u8> =
            line.iter().map(|byte| if *byte == b'|' { SOH } else { *byte }).collect();
        let mut buffer = vec![0; 2 * MESSAGE_BYTES_MAX];
        if let Ok(len) = encode_message(&mut buffer, |w| w.encoded(&body)) {
            bytes.extend_from_slice(&buffer[..len]);
        }
    }
    bytes
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let bytes = if choice & 1 == 1 { framed(rest) } else { rest.to_vec() };
    values(rest);
    let whole = split(&bytes, bytes.len().max(1));
    assert_eq!(split(&bytes, 1 + usize::from(choice >> 1)), whole);
});
