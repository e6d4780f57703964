//! A received message as an indexed view of its bytes.

use super::value::{parse_bool, parse_price, parse_qty, parse_time, parse_uint};
use super::{SOH, checksum};
use gauntlet_model::units::{Price, UnixNanos};

/// Most fields in a message; one with more is refused.
pub const FIELDS_MAX: usize = 128;

/// Why a message breaks the rules of the session layer (tag 373).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SessionRejectReason {
    /// The tag is not a number.
    InvalidTag = 0,
    /// A required tag is missing.
    RequiredTagMissing = 1,
    /// A tag without a value.
    TagWithoutValue = 4,
    /// The value is out of range.
    ValueIncorrect = 5,
    /// The value has the wrong format.
    IncorrectFormat = 6,
    /// The names of the parties are wrong.
    CompIdProblem = 9,
    /// `SendingTime` is too far from our clock, or before `OrigSendingTime`.
    SendingTimeAccuracy = 10,
    /// The message type is not known.
    InvalidMsgType = 11,
    /// A tag appears twice.
    TagAppearsTwice = 13,
    /// Something else.
    Other = 99,
}

/// What is wrong with a message whose frame is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The tag concerned (371); 0 when there is none.
    pub tag: u32,
    /// What is wrong.
    pub reason: SessionRejectReason,
}

#[derive(Clone, Copy, Default)]
struct Field {
    tag: u32,
    start: u32,
    end: u32,
}

/// Where the fields of one message are. Reused from message to message.
pub(super) struct FieldIndex {
    fields: [Field; FIELDS_MAX],
    len: usize,
    fault: Option<Fault>,
}

impl FieldIndex {
    pub(super) fn new() -> FieldIndex {
        FieldIndex { fields: [Field::default(); FIELDS_MAX], len: 0, fault: None }
    }

    /// Indexes the fields of `bytes[start..end]`. Malformed ones are left out; the first of them
    /// becomes the message's fault.
    pub(super) fn fill(&mut self, bytes: &[u8], start: usize, end: usize) {
        self.len = 0;
        self.fault = None;
        let mut at = start;
        while at < end {
            at = self.field(bytes, at, end);
        }
    }

    /// Indexes one field and returns where the next begins, which is past `at`.
    fn field(&mut self, bytes: &[u8], at: usize, end: usize) -> usize {
        let mut tag = 0u32;
        let mut value = at;
        while value < end && bytes[value].is_ascii_digit() && value - at < 9 {
            tag = tag * 10 + u32::from(bytes[value] - b'0');
            value += 1;
        }
        let tag_is_number = value > at && bytes[at] != b'0' && value < end && bytes[value] == b'=';
        value += 1;
        // A data field says its length in the field before it and may hold delimiters.
        let data_end = if tag_is_number { self.data_end(bytes, tag, value, end) } else { None };
        let stop = data_end.unwrap_or_else(|| {
            let from = if tag_is_number { value } else { at };
            bytes[from..end].iter().position(|b| *b == SOH).map_or(end, |found| from + found)
        });
        if !tag_is_number {
            self.note(0, SessionRejectReason::InvalidTag);
        } else if stop == value {
            self.note(tag, SessionRejectReason::TagWithoutValue);
        } else if self.len == FIELDS_MAX {
            self.note(tag, SessionRejectReason::Other);
        } else {
            self.fields[self.len] = Field { tag, start: value as u32, end: stop as u32 };
            self.len += 1;
        }
        stop + 1
    }

    fn data_end(&self, bytes: &[u8], tag: u32, value: usize, end: usize) -> Option<usize> {
        let length_tag = data_length_tag(tag)?;
        let last = self.fields[..self.len].last().filter(|field| field.tag == length_tag)?;
        let length = parse_uint(&bytes[last.start as usize..last.end as usize])?;
        let stop = value.checked_add(usize::try_from(length).ok()?)?;
        (stop < end && bytes[stop] == SOH).then_some(stop)
    }

    fn note(&mut self, tag: u32, reason: SessionRejectReason) {
        self.fault.get_or_insert(Fault { tag, reason });
    }
}

/// The tag that carries the length of a data field (FIX 4.4 volume 1, "data").
fn data_length_tag(tag: u32) -> Option<u32> {
    match tag {
        89 => Some(93),
        91 => Some(90),
        96 => Some(95),
        213 => Some(212),
        349 | 351 | 353 | 355 | 357 | 359 | 361 | 363 | 365 => Some(tag - 1),
        446 => Some(445),
        619 => Some(618),
        622 => Some(621),
        _ => None,
    }
}

/// A received message: its bytes and where the fields are. Lookups by tag give the first field with
/// that tag, in whatever order the fields came.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    begin_string: &'a [u8],
    fields: &'a [Field],
    fault: Option<Fault>,
}

impl<'a> Message<'a> {
    pub(super) fn new(bytes: &'a [u8], begin_string: &'a [u8], index: &'a FieldIndex) -> Self {
        Message { bytes, begin_string, fields: &index.fields[..index.len], fault: index.fault }
    }

    /// The whole message as it came, for logs.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// `BeginString` (tag 8).
    pub fn begin_string(&self) -> &'a [u8] {
        self.begin_string
    }

    /// The first malformed field, if there is one.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// `MsgType` (tag 35): framing has made sure that it is the first field; empty if it has no
    /// value.
    pub fn msg_type(&self) -> &'a [u8] {
        match self.fields.first() {
            Some(field) if field.tag == 35 => self.value(field),
            _ => b"",
        }
    }

    fn value(&self, field: &Field) -> &'a [u8] {
        &self.bytes[field.start as usize..field.end as usize]
    }

    /// Every field from `MsgType` to the last before `CheckSum`, in the order of the wire.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &'a [u8])> {
        let message = *self;
        self.fields.iter().map(move |field| (field.tag, message.value(field)))
    }

    /// The value of a tag.
    pub fn get(&self, tag: u32) -> Option<&'a [u8]> {
        self.fields.iter().find(|field| field.tag == tag).map(|field| self.value(field))
    }

    /// The value of a tag as a whole number; `None` when it is absent or not one.
    pub fn uint(&self, tag: u32) -> Option<u64> {
        parse_uint(self.get(tag)?)
    }

    /// The value of a tag as contracts; `None` when it is absent or not a quantity.
    pub fn qty(&self, tag: u32) -> Option<u32> {
        parse_qty(self.get(tag)?)
    }

    /// The value of a tag as a price; `None` when it is absent or not one.
    pub fn price(&self, tag: u32) -> Option<Price> {
        parse_price(self.get(tag)?)
    }

    /// The value of a tag as a time; `None` when it is absent or not one.
    pub fn time(&self, tag: u32) -> Option<UnixNanos> {
        parse_time(self.get(tag)?)
    }

    /// Whether a tag is there and `Y`.
    pub fn flag(&self, tag: u32) -> bool {
        self.get(tag).and_then(parse_bool) == Some(true)
    }
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.bytes).replace('\u{1}', "|"))
    }
}

/// Whether the three digits of `CheckSum` match the bytes before it.
pub(super) fn checksum_matches(bytes: &[u8], digits: &[u8]) -> bool {
    digits.len() == 3 && parse_uint(digits) == Some(u64::from(checksum(bytes)))
}
