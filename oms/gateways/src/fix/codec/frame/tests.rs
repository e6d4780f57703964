use super::super::{FIELDS_MAX, FieldWriter, SessionRejectReason, encode_message};
use super::*;
use gauntlet_model::units::Price;
use proptest::prelude::*;

fn message(body: impl FnOnce(&mut FieldWriter<'_>)) -> Vec<u8> {
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    let len = encode_message(&mut buffer, body).expect("fits");
    buffer.truncate(len);
    buffer
}

fn heartbeat(seq: u64) -> Vec<u8> {
    message(|w| {
        w.raw(35, b"0");
        w.uint(34, seq);
    })
}

/// A frame around a body given with `|` for the delimiter.
fn framed(body: &str) -> Vec<u8> {
    let body = body.replace('|', "\x01");
    let mut bytes = format!("8=FIX.4.4\x019={}\x01{body}", body.len()).into_bytes();
    let sum = bytes.iter().fold(0u8, |sum, b| sum.wrapping_add(*b));
    bytes.extend(format!("10={sum:03}\x01").bytes());
    bytes
}

fn sequence_numbers(inbox: &mut Inbox) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Ok(Some(message)) = inbox.next() {
        numbers.push(message.uint(34).expect("a number"));
    }
    numbers
}

#[test]
fn messages_come_whole_however_the_bytes_are_cut() {
    let stream = [heartbeat(1), heartbeat(22), heartbeat(333)].concat();
    for size in 1..stream.len() {
        let mut inbox = Inbox::new();
        let mut seen = Vec::new();
        for part in stream.chunks(size) {
            assert_eq!(inbox.push(part), part.len());
            seen.extend(sequence_numbers(&mut inbox));
        }
        assert_eq!(seen, [1, 22, 333]);
        assert_eq!(inbox.garbled(), 0);
    }
}

#[test]
fn body_length_may_have_leading_zeros_and_fields_any_order() {
    let mut bytes = b"8=FIX.4.4\x019=000016\x0135=0\x0158=a\x0134=42\x01".to_vec();
    let sum = bytes.iter().fold(0u8, |sum, b| sum.wrapping_add(*b));
    bytes.extend(format!("10={sum:03}\x01").bytes());
    let mut inbox = Inbox::new();
    inbox.push(&bytes);
    let message = inbox.next().expect("sound").expect("whole");
    assert_eq!((message.uint(34), message.get(58)), (Some(42), Some(&b"a"[..])));
}

#[test]
fn a_garbled_message_is_ignored_and_the_next_one_read() {
    let good = heartbeat(7);
    let mut bad_sum = heartbeat(6);
    let at = bad_sum.len() - 2;
    bad_sum[at] = if bad_sum[at] == b'0' { b'1' } else { b'0' };
    let longer = String::from_utf8(heartbeat(6)).expect("ascii").replace("9=10", "9=99");
    let shorter = String::from_utf8(heartbeat(6)).expect("ascii").replace("9=10", "9=07");
    let no_type = framed("34=6|35=0|");
    for bad in [
        bad_sum,
        longer.into_bytes(),
        shorter.into_bytes(),
        no_type,
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"8=FIX.4.4\x0110=".to_vec(),
        b"8=FIX.4.4\x019=-5\x01".to_vec(),
        b"8=FIX.4.4\x019=999999999999\x01".to_vec(),
        vec![0xff; 100],
    ] {
        let mut inbox = Inbox::new();
        inbox.push(&bad);
        inbox.push(&good);
        inbox.push(&heartbeat(8));
        inbox.push(&heartbeat(9));
        let seen = sequence_numbers(&mut inbox);
        assert_eq!(seen, [7, 8, 9], "{:?}", String::from_utf8_lossy(&bad));
        assert!(inbox.garbled() > 0);
    }
}

#[test]
fn a_peer_that_sends_only_garbage_is_given_up() {
    let mut inbox = Inbox::new();
    let mut given_up = false;
    for _ in 0..GARBAGE_BYTES_MAX / 512 + 2 {
        inbox.push(&[b'x'; 512]);
        given_up |= inbox.next().is_err();
    }
    assert!(given_up);
}

#[test]
fn a_message_over_the_bound_is_refused_before_it_is_awaited() {
    let mut inbox = Inbox::new();
    inbox.push(format!("8=FIX.4.4\x019={}\x0135=0\x01", BODY_BYTES_MAX + 1).as_bytes());
    assert!(inbox.next().expect("little garbage").is_none());
    assert_eq!(inbox.garbled(), 1);
}

#[test]
fn malformed_fields_are_named() {
    for (body, tag, reason) in [
        ("35=0|34=|", 34, SessionRejectReason::TagWithoutValue),
        ("35=0|x=1|34=1|", 0, SessionRejectReason::InvalidTag),
        ("35=0|34|", 0, SessionRejectReason::InvalidTag),
        ("35=0|0=1|", 0, SessionRejectReason::InvalidTag),
        ("35=0|=1|", 0, SessionRejectReason::InvalidTag),
        ("35=0|9999999999=1|", 0, SessionRejectReason::InvalidTag),
    ] {
        let mut inbox = Inbox::new();
        inbox.push(&framed(body));
        let fault = inbox.next().expect("sound").expect("whole").fault().expect("a fault");
        assert_eq!((fault.tag, fault.reason), (tag, reason), "{body}");
    }
}

#[test]
fn a_message_of_any_number_of_fields_is_read_to_its_last() {
    for fields in [FIELDS_MAX - 3, FIELDS_MAX - 2, FIELDS_MAX - 1, FIELDS_MAX, 5 * FIELDS_MAX] {
        let many = format!("35=8|{}95=3|96=a|b|34=77|", "58=a|".repeat(fields));
        let mut inbox = Inbox::new();
        inbox.push(&framed(&many));
        let message = inbox.next().expect("sound").expect("whole");
        assert_eq!(message.fault(), None, "{fields}");
        assert_eq!(message.fields().count(), fields + 4);
        assert_eq!(message.uint(34), Some(77));
        assert_eq!(message.get(96), Some(&b"a\x01b"[..]));
        assert_eq!(message.get(99), None);
        assert_eq!(message.fields().last(), Some((34, &b"77"[..])));
    }
    let mut inbox = Inbox::new();
    inbox.push(&framed(&format!("35=8|{}44=|", "58=a|".repeat(2 * FIELDS_MAX))));
    let fault = inbox.next().expect("sound").expect("whole").fault().expect("a fault");
    assert_eq!((fault.tag, fault.reason), (44, SessionRejectReason::TagWithoutValue));
}

/// A message of about so many bytes, its number before and its quantity behind what makes it long.
fn long(seq: u64, bytes: usize) -> Vec<u8> {
    framed(&format!("35=8|34={seq}|{}58={}|14=9|", "448=x|".repeat(20), "y".repeat(bytes)))
}

/// What is read of a stream that comes in parts of this size: numbers, and whether each is cut.
fn read_in(parts: usize, stream: &[u8]) -> (Vec<(u64, bool)>, Inbox) {
    let mut inbox = Inbox::new();
    let mut seen = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let end = stream.len().min(at + parts);
        let taken = inbox.push(&stream[at..end]);
        assert!(taken > 0, "there is always room");
        at += taken;
        while let Some(message) = inbox.next().expect("no garbage") {
            seen.push((message.uint(34).expect("a number"), message.is_cut()));
            assert_eq!(message.uint(14), (!message.is_cut()).then_some(9));
            assert!(message.bytes().len() <= HELD_BYTES_MAX);
        }
    }
    (seen, inbox)
}

#[test]
fn messages_longer_than_what_is_held_keep_their_number_and_what_they_begin_with() {
    let near = HELD_BYTES_MAX - 300;
    let around = (near..near + 300).step_by(7);
    for bytes in around.chain([100, 9_000, 70_000, 140_000, 1_000_000]) {
        let stream = [long(1, bytes), heartbeat_of_quantity(2), long(3, bytes)].concat();
        for parts in [1_000, 65_536, 200_000] {
            let (seen, inbox) = read_in(parts, &stream);
            let is_long = long(1, bytes).len() > HELD_BYTES_MAX;
            assert_eq!(seen, [(1, is_long), (2, false), (3, is_long)], "{bytes} in {parts}");
            assert_eq!(inbox.garbled(), 0);
        }
    }
}

fn heartbeat_of_quantity(seq: u64) -> Vec<u8> {
    framed(&format!("35=0|34={seq}|14=9|"))
}

#[test]
fn ten_megabytes_in_one_message_take_no_memory_and_are_proven() {
    let mut stream = [long(1, 10 << 20), heartbeat_of_quantity(2)].concat();
    let (seen, inbox) = read_in(4_096, &stream);
    assert_eq!(seen, [(1, true), (2, false)]);
    assert_eq!(inbox.buffer.len(), 2 * HELD_BYTES_MAX);
    let at = 5 << 20;
    stream[at] = b'z';
    let (seen, inbox) = read_in(4_096, &stream);
    assert_eq!(seen, [(2, false)], "its checksum is wrong");
    assert!(inbox.garbled() >= 1);
}

#[test]
fn a_length_that_is_a_lie_swallows_nothing() {
    for claimed in [70_000, 10 << 20, BODY_BYTES_MAX] {
        let lie = format!("8=FIX.4.4\x019={claimed}\x0135=8\x0134=1\x0158=a\x0110=000\x01");
        for parts in [1, 7, 70_000] {
            let padding = framed(&format!("35=0|34=2|14=9|58={}|", "x".repeat(2_000)));
            let mut stream = lie.clone().into_bytes();
            let mut expected = Vec::new();
            for _ in 0..3 {
                stream.extend(&padding);
                expected.push((2, false));
            }
            let (seen, inbox) = read_in(parts, &stream);
            assert_eq!(seen, expected, "{claimed} in {parts}");
            assert_eq!(inbox.garbled(), 1);
        }
        // The same when the next message comes only after what is held was full.
        let body = "y".repeat(66_000);
        let lie = format!("8=FIX.4.4\x019={claimed}\x0135=8\x0134=1\x0158={body}\x0110=000\x01");
        for parts in [1_000, 70_000] {
            let stream = [lie.as_bytes(), &heartbeat_of_quantity(2)].concat();
            assert_eq!(read_in(parts, &stream).0, [(2, false)], "{claimed} in {parts}");
        }
    }
}

#[test]
fn a_data_field_may_hold_delimiters() {
    let mut inbox = Inbox::new();
    inbox.push(&framed("35=A|95=5|96=a|b=c|34=3|"));
    let message = inbox.next().expect("sound").expect("whole");
    assert_eq!(message.fault(), None);
    assert_eq!(message.get(96), Some(&b"a\x01b=c"[..]));
    assert_eq!(message.uint(34), Some(3));
    inbox.push(&framed("35=A|95=500|96=a|34=3|"));
    let message = inbox.next().expect("sound").expect("whole");
    assert_eq!((message.get(96), message.uint(34)), (Some(&b"a"[..]), Some(3)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_never_panic(parts in prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            Just(b"8=FIX.4.4\x019=".to_vec()),
            Just(b"10=000\x01".to_vec()),
            Just(b"35=8\x01".to_vec()),
            (0..200u64).prop_map(heartbeat),
        ],
        0..40,
    )) {
        let mut inbox = Inbox::new();
        for part in parts {
            prop_assert_eq!(inbox.push(&part), part.len());
            while let Ok(Some(message)) = inbox.next() {
                let _ = format!("{message:?} {:?}", message.msg_type());
                prop_assert!(message.fields().all(|(tag, value)| tag > 0 && !value.is_empty()));
            }
        }
    }

    #[test]
    fn a_flipped_byte_never_yields_another_message(at in 0..60usize, bit in 0..8u32) {
        let sound = message(|w| {
            w.raw(35, b"8");
            w.uint(34, 1234);
            w.price(31, Price(4_791_250_000_000));
            w.text(58, "some text to make it long");
        });
        let mut bytes = sound.clone();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let mut inbox = Inbox::new();
        inbox.push(&bytes);
        // One flipped bit always changes the sum, wherever it is, save inside BeginString and the
        // length, which framing checks by itself.
        prop_assert!(inbox.next().expect("little garbage").is_none());
    }

    #[test]
    fn what_is_encoded_is_parsed(
        seq in 0..u64::MAX,
        price in (i64::MIN..i64::MAX).prop_map(Price),
        text in "[ -~]{1,60}",
        qty in any::<u32>(),
    ) {
        let bytes = message(|w| {
            w.raw(35, b"8");
            w.uint(34, seq);
            w.price(44, price);
            w.text(58, &text);
            w.uint(38, u64::from(qty));
        });
        let mut inbox = Inbox::new();
        inbox.push(&bytes);
        let parsed = inbox.next().expect("sound").expect("whole");
        prop_assert_eq!(parsed.bytes(), &bytes[..]);
        prop_assert_eq!(parsed.begin_string(), b"FIX.4.4");
        prop_assert_eq!(parsed.msg_type(), b"8");
        prop_assert_eq!(parsed.fault(), None);
        prop_assert_eq!(parsed.uint(34), Some(seq));
        prop_assert_eq!(parsed.price(44), Some(price));
        prop_assert_eq!(parsed.get(58), Some(text.as_bytes()));
        prop_assert_eq!(parsed.qty(38), Some(qty));
    }
}
