//! Bytes out of an order, and values out of a report.

use super::median;
use gauntlet_gateways::fix::codec::{FieldWriter, Inbox, Message, TimePrecision, encode_message};
use gauntlet_gateways::fix::dictionary::Dictionary;
use gauntlet_gateways::fix::tags;
use gauntlet_model::units::{PRICE_SCALE, Price, UnixNanos};
use quickfix::{FieldMap, Message as Theirs, QuickFixError};
use std::hint::black_box;
use std::time::Instant;

const NOW: UnixNanos = UnixNanos(1_764_255_600_123_456_789);

/// What was measured, ours and theirs, in nanoseconds a message.
pub fn measure(rounds: usize, messages: u64) -> Result<Vec<(&'static str, f64, f64)>, String> {
    let mut took: [Vec<f64>; 5] = Default::default();
    let dictionary = Dictionary::built_in();
    let (mut inbox, mut buffer) = (Inbox::new(), vec![0; 1_024]);
    let report = encoded(&mut buffer, |w| write_report(w, 7))?;
    let text = String::from_utf8(report.clone()).map_err(|error| error.to_string())?;
    for _ in 0..rounds {
        let each = |start: Instant| start.elapsed().as_nanos() as f64 / messages as f64;
        let start = Instant::now();
        for number in 0..messages {
            black_box(
                encode_message(&mut buffer, |w| write_order(w, number))
                    .map_err(|_| "an order is too long")?,
            );
            black_box(&buffer);
        }
        took[0].push(each(start));
        let start = Instant::now();
        for number in 0..messages {
            black_box(their_order(number).map_err(|error| error.to_string())?);
        }
        took[1].push(each(start));
        for (is_checked, place) in [(false, 2), (true, 3)] {
            let start = Instant::now();
            for _ in 0..messages {
                inbox.push(&report);
                let message = inbox.next().map_err(|_| "garbled")?.ok_or("not whole")?;
                if is_checked {
                    dictionary.check(&message).map_err(|fault| fault.reason.text())?;
                }
                black_box(values(&message).ok_or("a value is missing")?);
            }
            took[place].push(each(start));
        }
        let start = Instant::now();
        for _ in 0..messages {
            let message = Theirs::try_from_text(&text).map_err(|error| error.to_string())?;
            black_box(their_values(&message).ok_or("a value is missing")?);
        }
        took[4].push(each(start));
    }
    let [encode, their_encode, decode, checked, their_decode] = took.map(median);
    Ok(vec![
        ("order encoded", encode, their_encode),
        ("report decoded", decode, their_decode),
        ("the same, ours with the dictionary", checked, their_decode),
    ])
}

fn encoded(buffer: &mut [u8], body: impl FnOnce(&mut FieldWriter<'_>)) -> Result<Vec<u8>, String> {
    let len = encode_message(buffer, body).map_err(|_| "a report is too long")?;
    Ok(buffer[..len].to_vec())
}

fn header(w: &mut FieldWriter<'_>, msg_type: &[u8], seq: u64, sender: &[u8], target: &[u8]) {
    w.raw(tags::MSG_TYPE, msg_type);
    w.uint(tags::MSG_SEQ_NUM, seq);
    w.raw(tags::SENDER_COMP_ID, sender);
    w.raw(tags::TARGET_COMP_ID, target);
    w.time(tags::SENDING_TIME, NOW, TimePrecision::Millis);
}

fn price(number: u64) -> Price {
    Price((24_000 + (number % 1_000) as i64) * (PRICE_SCALE / 4))
}

fn write_order(w: &mut FieldWriter<'_>, number: u64) {
    header(w, tags::NEW_ORDER_SINGLE, number + 1, b"GAUNTLET", b"BROKER");
    w.raw(tags::CL_ORD_ID, b"6b099153-00000020aac01100");
    w.raw(tags::ACCOUNT, b"TEST");
    w.raw(tags::SYMBOL, b"ESZ6");
    w.char(tags::SIDE, b'1');
    w.time(tags::TRANSACT_TIME, NOW, TimePrecision::Millis);
    w.uint(tags::ORDER_QTY, 3);
    w.char(tags::ORD_TYPE, b'2');
    w.price(tags::PRICE, price(number));
    w.char(tags::TIME_IN_FORCE, b'0');
}

/// The same by the crate: it is given the times as texts that are there already.
fn their_order(number: u64) -> Result<Vec<u8>, QuickFixError> {
    let mut message = Theirs::new();
    message.with_header_mut(|header| {
        header.set_field(8, "FIX.4.4")?;
        header.set_field(35, "D")?;
        header.set_field(34, number + 1)?;
        header.set_field(49, "GAUNTLET")?;
        header.set_field(56, "BROKER")?;
        header.set_field(52, "20251127-15:00:00.123")
    })?;
    for (tag, value) in [
        (11, "6b099153-00000020aac01100"),
        (1, "TEST"),
        (55, "ESZ6"),
        (54, "1"),
        (60, "20251127-15:00:00.123"),
        (40, "2"),
        (59, "0"),
    ] {
        message.set_field(tag, value)?;
    }
    message.set_field(38, 3)?;
    message.set_field(44, price(number).0 as f64 / PRICE_SCALE as f64)?;
    message.to_fix_raw_bytes()
}

fn write_report(w: &mut FieldWriter<'_>, number: u64) {
    header(w, tags::EXECUTION_REPORT, number + 1, b"BROKER", b"GAUNTLET");
    w.raw(tags::ORDER_ID, b"O1a21d5faee1-17");
    w.raw(tags::CL_ORD_ID, b"6b099153-00000020aac01100");
    w.raw(tags::EXEC_ID, b"E1a21d5faee1-4711");
    w.char(tags::EXEC_TYPE, b'F');
    w.char(tags::ORD_STATUS, b'1');
    w.raw(tags::ACCOUNT, b"TEST");
    w.raw(tags::SYMBOL, b"ESZ6");
    w.char(tags::SIDE, b'1');
    w.uint(tags::ORDER_QTY, 3);
    w.price(tags::PRICE, price(number));
    w.uint(tags::LAST_QTY, 1);
    w.price(tags::LAST_PX, price(number));
    w.uint(tags::LEAVES_QTY, 2);
    w.uint(tags::CUM_QTY, 1);
    w.price(tags::AVG_PX, price(number));
    w.time(tags::TRANSACT_TIME, NOW, TimePrecision::Millis);
}

/// What a booking reads.
fn values(message: &Message<'_>) -> Option<u64> {
    for tag in [11, 37, 17, 55, 150, 39, 54] {
        black_box(message.get(tag)?);
    }
    for tag in [32, 151, 14] {
        black_box(message.qty(tag)?);
    }
    black_box((message.price(31)?, message.time(60)?));
    message.uint(34)
}

fn their_values(message: &Theirs) -> Option<u64> {
    for tag in [11, 37, 17, 55, 150, 39, 54, 60] {
        black_box(message.get_field(tag)?);
    }
    for tag in [32, 151, 14] {
        black_box(message.get_field(tag)?.parse::<u32>().ok()?);
    }
    black_box(message.get_field(31)?.parse::<f64>().ok()?);
    message.with_header(|header| header.get_field(34))?.parse().ok()
}
