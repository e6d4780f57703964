//! Fields into bytes.

use super::digits::{
    NUMBER_BLOCK, TIME_BLOCK, eight_digits, number, up_to_eight_digits, without_trailing_zeros,
    write_time,
};
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
                copy(room, bytes);
                self.at += bytes.len();
            }
            None => self.full = true,
        }
    }

    /// Writes a block of which only the first `len` bytes count: a store of a fixed size is cheaper than one of as
    /// many bytes as there are. What comes next is written over the rest.
    #[inline]
    fn put_block<const BYTES: usize>(&mut self, block: [u8; BYTES], len: usize) {
        match self.buffer.get_mut(self.at..).and_then(|room| room.first_chunk_mut()) {
            Some(room) => {
                *room = block;
                self.at += len;
            }
            None => self.put(&block[..len]),
        }
    }

    /// Nearly every tag has two digits: those of up to four are written without a loop.
    #[inline]
    fn tag(&mut self, tag: u32) {
        let digit = |value: u32| b'0' + (value % 10) as u8;
        match tag {
            0..=9 => self.put_block([digit(tag), b'=', 0, 0], 2),
            10..=99 => self.put_block([digit(tag / 10), digit(tag), b'=', 0], 3),
            100..=999 => self.put_block([digit(tag / 100), digit(tag / 10), digit(tag), b'='], 4),
            1_000..=9_999 => {
                self.put(&[digit(tag / 1_000), digit(tag / 100), digit(tag / 10), digit(tag), b'='])
            }
            _ => self.long_tag(tag),
        }
    }

    #[cold]
    fn long_tag(&mut self, tag: u32) {
        let (digits, len) = number(u64::from(tag));
        self.put(&digits[..len]);
        self.put(b"=");
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
        let is_printable = |byte: u8| (0x20..0x7f).contains(&byte);
        if value.bytes().all(is_printable) {
            return self.raw(tag, value.as_bytes());
        }
        self.tag(tag);
        for byte in value.bytes() {
            self.put(&[if is_printable(byte) { byte } else { b'?' }]);
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
    #[inline]
    pub fn uint(&mut self, tag: u32, value: u64) {
        self.tag(tag);
        self.digits(value);
        self.put(&[SOH]);
    }

    #[inline]
    fn digits(&mut self, value: u64) {
        if value < 100_000_000 {
            let (digits, len) = up_to_eight_digits(value);
            self.put_block(digits.to_le_bytes(), len);
        } else {
            let (digits, len): ([u8; NUMBER_BLOCK], usize) = number(value);
            self.put_block(digits, len);
        }
    }

    /// A price, exactly, without trailing zeros. [`Price::NONE`] is left out.
    #[inline]
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
        self.digits(whole);
        if fraction > 0 {
            // Nine places: eight, and the last.
            let (first, last) = (eight_digits(fraction / 10), fraction % 10);
            self.put(b".");
            if last == 0 {
                self.put_block(first.to_le_bytes(), without_trailing_zeros(first));
            } else {
                self.put(&first.to_le_bytes());
                self.put(&[b'0' + last as u8]);
            }
        }
        self.put(&[SOH]);
    }

    /// A `UTCTimestamp`.
    #[inline]
    pub fn time(&mut self, tag: u32, time: UnixNanos, precision: TimePrecision) {
        let len = "YYYYMMDD-HH:MM:SS.".len() + precision.places();
        self.tag(tag);
        match self.buffer.get_mut(self.at..).and_then(|room| room.first_chunk_mut()) {
            Some(room) => {
                write_time(room, time);
                self.at += len;
            }
            None => {
                let mut block = [0; TIME_BLOCK];
                write_time(&mut block, time);
                self.put(&block[..len]);
            }
        }
        self.put(&[SOH]);
    }
}

/// Copies to a place of the same length: a few bytes, as nearly all values are, without the call that copies many.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) {
    let len = from.len();
    // The first and the last so many bytes; what overlaps is written twice, alike.
    match len {
        8..=16 => {
            to[..8].copy_from_slice(&from[..8]);
            to[len - 8..].copy_from_slice(&from[len - 8..]);
        }
        4..=7 => {
            to[..4].copy_from_slice(&from[..4]);
            to[len - 4..].copy_from_slice(&from[len - 4..]);
        }
        0..=3 => to.iter_mut().zip(from).for_each(|(to, from)| *to = *from),
        _ => to.copy_from_slice(from),
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
    // Digits of the length that nothing is reserved for: nearly always one, of a body of 9,999 bytes at most.
    let more_digits = if buffer.len() < 10_000 { 1 } else { number(buffer.len() as u64).1 };
    if buffer.len() < PREFIX_BYTES + TRAILER_BYTES + more_digits {
        return Err(TooLong);
    }
    let body_room = buffer.len() - TRAILER_BYTES - more_digits;
    let mut writer =
        FieldWriter { buffer: &mut buffer[..body_room], at: PREFIX_BYTES, full: false };
    body(&mut writer);
    if writer.full {
        return Err(TooLong);
    }
    let mut end = writer.at;
    let length = end - PREFIX_BYTES;
    let (block, digits) = number(length as u64);
    if digits != LENGTH_DIGITS {
        let start = PREFIX_BYTES + digits - LENGTH_DIGITS;
        buffer.copy_within(PREFIX_BYTES..end, start);
        end = start + length;
    }
    buffer[..2].copy_from_slice(b"8=");
    buffer[2..9].copy_from_slice(BEGIN_STRING);
    buffer[9..12].copy_from_slice(&[SOH, b'9', b'=']);
    buffer[12..12 + digits].copy_from_slice(&block[..digits]);
    buffer[12 + digits] = SOH;
    let sum = checksum(&buffer[..end]);
    let trailer = [b'1', b'0', b'=', b'0' + sum / 100, b'0' + sum / 10 % 10, b'0' + sum % 10, SOH];
    buffer[end..end + TRAILER_BYTES].copy_from_slice(&trailer);
    Ok(end + TRAILER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(body: impl FnOnce(&mut FieldWriter<'_>)) -> String {
        let mut buffer = vec![0; 130_000];
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
        for text_bytes in [
            1, 80, 90, 91, 92, 93, 94, 500, 985, 992, 993, 994, 995, 1500, 9_994, 9_995, 9_996,
            9_997, 60_000, 99_995, 99_996, 123_456,
        ] {
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
