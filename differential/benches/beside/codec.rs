//! Bytes out of an order, and values out of a report.

use super::median;
use super::messages::{fields_of, order, price, report};
use gauntlet_gateways::fix::codec::{FieldWriter, Inbox, TimePrecision, encode_message};
use gauntlet_gateways::fix::dictionary::Dictionary;
use gauntlet_model::units::PRICE_SCALE;
use quickfix::{FieldMap, Message as Theirs, QuickFixError};
use std::hint::black_box;
use std::time::Instant;

/// How exact the times of the messages are.
const PRECISION: TimePrecision = TimePrecision::Millis;

/// What was measured, ours and theirs, in nanoseconds a message.
pub fn measure(rounds: usize, messages: u64) -> Result<Vec<(&'static str, f64, f64)>, String> {
    let mut took: [Vec<f64>; 5] = Default::default();
    let dictionary = Dictionary::built_in();
    let (mut inbox, mut buffer) = (Inbox::new(), vec![0; 1_024]);
    let bytes = encoded(&mut buffer, |w| report(w, 7, PRECISION))?;
    let text = String::from_utf8(bytes.clone()).map_err(|error| error.to_string())?;
    for _ in 0..rounds {
        let each = |start: Instant| start.elapsed().as_nanos() as f64 / messages as f64;
        let start = Instant::now();
        for number in 0..messages {
            black_box(
                encode_message(&mut buffer, |w| order(w, number, PRECISION))
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
                inbox.push(&bytes);
                let message = inbox.next().map_err(|_| "garbled")?.ok_or("not whole")?;
                if is_checked {
                    dictionary.check(&message).map_err(|fault| fault.reason.text())?;
                }
                if fields_of(&message) == 0 {
                    return Err("a value is missing".to_owned());
                }
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
