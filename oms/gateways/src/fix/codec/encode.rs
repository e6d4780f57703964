//! Fields into bytes.

use super::value::{write_digits, write_time};
use super::{BEGIN_STRING, SOH, checksum};
use gauntlet_model::units::{PRICE_SCALE, Price, UnixNanos};

/// `8=FIX.4.4|9=` and three digits of `BodyLength`, the width that nearly every message has; the
/// body is moved when it has another.
const PREFIX_BYTES: usize = 16;
const LENGTH_DIGITS: usize = 3;
/// `10=nnn|`.
const TRAILER_BYTES: usize = 7;

/// The message does not fit the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message does not fit its buffer; shorten its text or enlarge the buffer")]
pub struct TooLong;

/// How exact the times on the wire are. FIX 4.4 knows milliseconds; most counterparties accept
/// microseconds too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TimePrecision {
    /// Three digits of a second.
    #[default]
    Millis,
    /// Six digits of a second.
    Micros,
    /// Nine digits of a second.
    Nanos,
}

impl TimePrecision {
    fn places(self) -> usize {
        match self {
            TimePrecision::Millis => 3,
            TimePrecision::Micros => 6,
            TimePrecision::Nanos => 9,
        }
    }
}

/// Writes fields one after the other. What no longer fits is noticed at the end, so that callers
/// need not check each field.
pub struct FieldWriter<'b> {
    buffer: &'b mut [u8],
    at: usize,
    full: bool,
}

impl FieldWriter<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        match self.buffer.get_mut(self.at..self.at + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.at += bytes.len();
            }
            None => self.full = true,
        }
    }

    /// Nearly every tag has two digits: those of up to four are written without a loop.
    #[inline]
    fn tag(&mut self, tag: u32) {
        let digit = |value: u32| b'0' + (value % 10) as u8;
        match tag {
            0..=9 => self.put(&[digit(tag), b'=']),
            10..=99 => self.put(&[digit(tag / 10), digit(tag), b'=']),
            100..=999 => self.put(&[digit(tag / 100), digit(tag / 10), digit(tag), b'=']),
            1_000..=9_999 => {
                self.put(&[digit(tag / 1_000), digit(tag / 100), digit(tag / 10), digit(tag), b'='])
            }
            _ => {
                let mut text = [0; 20];
                let start = write_digits(&mut text, u64::from(tag));
                self.put(&text[start..]);
                self.put(b"=");
            }
        }
    }

    /// Whole fields that are encoded already, delimiters included.
    pub fn encoded(&mut self, fields: &[u8]) {
        self.put(fields);
    }

    /// A value known to hold no delimiter. An empty one is left out, since FIX knows no empty
    /// values.
    #[inline]
    pub fn raw(&mut self, tag: u32, value: &[u8]) {
        debug_assert!(!value.contains(&SOH), "a delimiter inside the value of tag {tag}");
        if !value.is_empty() {
            self.tag(tag);
            self.put(value);
            self.put(&[SOH]);
        }
    }

    /// A value that was received, which may hold delimiters if it is a data field's.
    pub fn data(&mut self, tag: u32, value: &[u8]) {
        self.tag(tag);
        self.put(value);
        self.put(&[SOH]);
    }

    /// Text of any origin: what is not printable ASCII becomes `?`. Empty text is left out.
    pub fn text(&mut self, tag: u32, value: &str) {
        if value.is_empty() {
            return;
        }
        self.tag(tag);
        for byte in value.bytes() {
            self.put(&[if (0x20..0x7f).contains(&byte) { byte } else { b'?' }]);
        }
        self.put(&[SOH]);
    }

    /// One character.
    #[inline]
    pub fn char(&mut self, tag: u32, value: u8) {
        debug_assert!(value != SOH, "a delimiter as the value of tag {tag}");
        self.tag(tag);
        self.put(&[value, SOH]);
    }

    /// `Y` or `N`.
    pub fn bool(&mut self, tag: u32, value: bool) {
        self.char(tag, if value { b'Y' } else { b'N' });
    }

    /// A whole number.
    pub fn uint(&mut self, tag: u32, value: u64) {
        let mut digits = [0; 20];
        let start = write_digits(&mut digits, value);
        self.raw(tag, &digits[start..]);
    }

    /// A price, exactly, without trailing zeros. [`Price::NONE`] is left out.
    pub fn price(&mut self, tag: u32, price: Price) {
        if !price.is_some() {
            return;
        }
        let size = price.0.unsigned_abs();
        let (whole, fraction) = (size / PRICE_SCALE as u64, size % PRICE_SCALE as u64);
        self.tag(tag);
        if price.0 < 0 {
            self.put(b"-");
        }
        let mut digits = [0; 20];
        let start = write_digits(&mut digits, whole);
        self.put(&digits[start..]);
        if fraction > 0 {
            // A leading one keeps the zeros after the point; it is not printed itself.
            let start = write_digits(&mut digits, PRICE_SCALE as u64 + fraction) + 1;
            let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
            self.put(b".");
            self.put(&digits[start..20 - zeros]);
        }
        self.put(&[SOH]);
    }

    /// A `UTCTimestamp`.
    pub fn time(&mut self, tag: u32, time: UnixNanos, precision: TimePrecision) {
        let mut text = [0; 27];
        let len = write_time(&mut text, time, precision.places());
        self.raw(tag, &text[..len]);
    }
}

/// Encodes a run of fields without a frame around it. Returns its length.
///
/// # Errors
/// [`TooLong`]; the buffer then holds rubbish.
pub fn encode_fields(
    buffer: &mut [u8],
    body: impl FnOnce(&mut FieldWriter<'_>),
) -> Result<usize, TooLong> {
    let mut writer = FieldWriter { buffer, at: 0, full: false };
    body(&mut writer);
    if writer.full { Err(TooLong) } else { Ok(writer.at) }
}

/// Encodes a message at the start of `buffer`: `body` writes every field from `MsgType` (35), which
/// must be first, to the last before `CheckSum`; `BeginString`, `BodyLength` and `CheckSum` are put
/// around them. Returns the message's length.
///
/// # Errors
/// [`TooLong`]; the buffer then holds rubbish.
pub fn encode_message(
    buffer: &mut [u8],
    body: impl FnOnce(&mut FieldWriter<'_>),
) -> Result<usize, TooLong> {
    // One more digit than reserved is the most that a body of 9,999 bytes can take.
    if buffer.len() < PREFIX_BYTES + TRAILER_BYTES + 1 {
        return Err(TooLong);
    }
    let body_room = buffer.len() - TRAILER_BYTES - 1;
    let mut writer =
        FieldWriter { buffer: &mut buffer[..body_room], at: PREFIX_BYTES, full: false };
    body(&mut writer);
    if writer.full {
        return Err(TooLong);
    }
    let mut end = writer.at;
    let length = end - PREFIX_BYTES;
    let mut digits = [0; 20];
    let first = write_digits(&mut digits, length as u64);
    let digits = &digits[first..];
    if digits.len() > LENGTH_DIGITS + 1 {
        return Err(TooLong);
    }
    if digits.len() != LENGTH_DIGITS {
        let start = PREFIX_BYTES + digits.len() - LENGTH_DIGITS;
        buffer.copy_within(PREFIX_BYTES..end, start);
        end = start + length;
    }
    buffer[..2].copy_from_slice(b"8=");
    buffer[2..9].copy_from_slice(BEGIN_STRING);
    buffer[9..12].copy_from_slice(&[SOH, b'9', b'=']);
    buffer[12..12 + digits.len()].copy_from_slice(digits);
    buffer[12 + digits.len()] = SOH;
    let sum = checksum(&buffer[..end]);
    let trailer = [b'1', b'0', b'=', b'0' + sum / 100, b'0' + sum / 10 % 10, b'0' + sum % 10, SOH];
    buffer[end..end + TRAILER_BYTES].copy_from_slice(&trailer);
    Ok(end + TRAILER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(body: impl FnOnce(&mut FieldWriter<'_>)) -> String {
        let mut buffer = [0; 2048];
        let len = encode_message(&mut buffer, body).expect("fits");
        String::from_utf8(buffer[..len].to_vec()).expect("ascii").replace('\x01', "|")
    }

    #[test]
    fn a_message_carries_its_length_and_checksum() {
        // FIX 4.4 volume 1: BodyLength counts from the field after it to the delimiter before
        // CheckSum; CheckSum adds every byte before itself.
        let text = encoded(|w| {
            w.raw(35, b"0");
            w.uint(34, 12);
        });
        assert_eq!(text, "8=FIX.4.4|9=11|35=0|34=12|10=216|");
    }

    #[test]
    fn body_lengths_of_every_width_are_exact() {
        for text_bytes in [1, 80, 90, 91, 92, 93, 94, 500, 985, 992, 993, 994, 995, 1500] {
            let text = encoded(|w| w.text(58, &"x".repeat(text_bytes)));
            let body = text_bytes + 4;
            assert!(text.starts_with(&format!("8=FIX.4.4|9={body}|58=x")));
            assert_eq!(text.len(), 12 + body.to_string().len() + 1 + body + 7);
            let sum: u32 =
                text.replace('|', "\x01").bytes().take(text.len() - 7).map(u32::from).sum();
            assert!(text.ends_with(&format!("|10={:03}|", sum % 256)));
        }
    }

    #[test]
    fn prices_are_printed_exactly() {
        let text = encoded(|w| {
            w.price(44, Price(4_791_250_000_000));
            w.price(44, Price(-500_000_000));
            w.price(44, Price(7));
            w.price(44, Price(5_000_000_000_000));
            w.price(44, Price(i64::MIN));
            w.price(44, Price(0));
            w.price(44, Price::NONE);
        });
        assert!(text.contains(
            "|44=4791.25|44=-0.5|44=0.000000007|44=5000|44=-9223372036.854775808|44=0|10="
        ));
    }

    #[test]
    fn tags_of_every_width_are_written() {
        let text = encoded(|w| {
            for tag in [1, 10, 99, 150, 999, 1028, 9726, 10_000, 123_456] {
                w.char(tag, b'x');
            }
        });
        assert!(text.contains("|1=x|10=x|99=x|150=x|999=x|1028=x|9726=x|10000=x|123456=x|10="));
    }

    #[test]
    fn text_cannot_smuggle_fields_in() {
        let text = encoded(|w| {
            w.text(58, "a\u{1}44=1");
            w.text(58, "");
        });
        assert!(text.contains("|58=a?44=1|10="));
    }

    #[test]
    fn what_does_not_fit_is_an_error_at_every_size() {
        let body = |w: &mut FieldWriter<'_>| w.text(58, "0123456789");
        let needed = encode_message(&mut [0; 64], body).expect("fits");
        for size in 0..needed {
            assert_eq!(encode_message(&mut vec![0; size], body), Err(TooLong), "{size}");
        }
        assert_eq!(encode_fields(&mut [0; 13], body), Err(TooLong));
        assert_eq!(encode_fields(&mut [0; 14], body), Ok(14));
    }
}
