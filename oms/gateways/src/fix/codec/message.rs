//! A received message as an indexed view of its bytes.

use super::value::{parse_bool, parse_price, parse_qty, parse_time, parse_uint};
use super::{SOH, checksum};
use gauntlet_model::units::{Price, UnixNanos};

/// Fields of a message whose places are remembered. One with more is read on from the last of them.
pub const FIELDS_MAX: usize = 128;

/// Why a message breaks the rules of the session layer (tag 373).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SessionRejectReason {
    /// The tag is not a number.
    InvalidTag = 0,
    /// A required tag is missing.
    RequiredTagMissing = 1,
    /// The tag is not one of this message type.
    TagNotDefinedForType = 2,
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
    /// A field of the header, the body or the trailer stands among those of another.
    OutOfOrder = 14,
    /// The fields of a repeating group are out of order.
    GroupOutOfOrder = 15,
    /// A repeating group has another number of entries than it says.
    GroupCount = 16,
    /// Something else.
    Other = 99,
}

impl SessionRejectReason {
    /// As the specification describes it (tag 58).
    pub fn text(self) -> &'static str {
        match self {
            SessionRejectReason::InvalidTag => "Invalid tag number",
            SessionRejectReason::RequiredTagMissing => "Required tag missing",
            SessionRejectReason::TagNotDefinedForType => "Tag not defined for this message type",
            SessionRejectReason::TagWithoutValue => "Tag specified without a value",
            SessionRejectReason::ValueIncorrect => "Value is incorrect (out of range) for this tag",
            SessionRejectReason::IncorrectFormat => "Incorrect data format for value",
            SessionRejectReason::CompIdProblem => "CompID problem",
            SessionRejectReason::SendingTimeAccuracy => "SendingTime accuracy problem",
            SessionRejectReason::InvalidMsgType => "Invalid MsgType",
            SessionRejectReason::TagAppearsTwice => "Tag appears more than once",
            SessionRejectReason::OutOfOrder => "Tag specified out of required order",
            SessionRejectReason::GroupOutOfOrder => "Repeating group fields out of order",
            SessionRejectReason::GroupCount => "Incorrect NumInGroup count for repeating group",
            SessionRejectReason::Other => "Other",
        }
    }
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

/// What one step through a message's bytes finds: a field, and what is wrong with it.
struct Found {
    field: Field,
    wrong: Option<SessionRejectReason>,
}

/// The place of a byte in others, eight of them at a time. Values have a few bytes: with the crate `memchr` a report
/// takes a fifth longer.
#[inline]
fn position_of(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        // The lowest byte that is nothing once it is taken off; those above it may look so too.
        let word = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
        let found = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if found != 0 {
            return Some(8 * number + found.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|other| *other == byte)?;
    Some(8 * words.len() + found)
}

/// A way through the fields of a message.
///
/// It is copied seldom: a copy of what was only just written costs more than a field.
#[derive(Clone, Copy, Default)]
struct Scan {
    at: usize,
    end: usize,
    /// The last sound field, which may say how long the next is.
    previous: Field,
}

impl Scan {
    /// The next field, sound or not; `None` behind the last. In line, so that a field goes from registers to where
    /// it is kept: through memory it costs as much as all the rest of it.
    #[inline(always)]
    fn next(&mut self, bytes: &[u8]) -> Option<Found> {
        let (at, end) = (self.at, self.end);
        if at >= end {
            return None;
        }
        let (mut tag, mut value) = (0u32, at);
        for byte in bytes[at..end].iter().take(9) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            tag = tag * 10 + u32::from(digit);
            value += 1;
        }
        let tag_is_number = value > at && bytes[at] != b'0' && value < end && bytes[value] == b'=';
        value += 1;
        // A data field says its length in the field before it and may hold delimiters.
        let data_end = if tag_is_number { self.data_end(bytes, tag, value) } else { None };
        let stop = data_end.unwrap_or_else(|| {
            let from = if tag_is_number { value } else { at };
            position_of(&bytes[from..end], SOH).map_or(end, |found| from + found)
        });
        self.at = stop + 1;
        let field = Field { tag, start: value as u32, end: stop as u32 };
        let wrong = if !tag_is_number {
            Some(SessionRejectReason::InvalidTag)
        } else if stop == value {
            Some(SessionRejectReason::TagWithoutValue)
        } else {
            self.previous = field;
            None
        };
        Some(Found { field, wrong })
    }

    #[inline]
    fn data_end(&self, bytes: &[u8], tag: u32, value: usize) -> Option<usize> {
        // Nearly all tags end here.
        if !(FIRST_DATA_TAG..=LAST_DATA_TAG).contains(&tag) {
            return None;
        }
        let length_tag = data_length_tag(tag)?;
        let last = Some(self.previous).filter(|field| field.tag == length_tag)?;
        let length = parse_uint(&bytes[last.start as usize..last.end as usize])?;
        let stop = value.checked_add(usize::try_from(length).ok()?)?;
        (stop < self.end && bytes[stop] == SOH).then_some(stop)
    }
}

/// Where the fields of one message are. Reused from message to message.
pub(super) struct FieldIndex {
    fields: [Field; FIELDS_MAX],
    len: usize,
    /// What is not remembered.
    rest: Scan,
    fault: Option<Fault>,
    is_cut: bool,
}

impl FieldIndex {
    pub(super) fn new() -> FieldIndex {
        FieldIndex {
            fields: [Field::default(); FIELDS_MAX],
            len: 0,
            rest: Scan::default(),
            fault: None,
            is_cut: false,
        }
    }

    /// Indexes the fields of `bytes[start..end]`. Malformed ones are left out; the first of them
    /// becomes the message's fault. What comes behind the last that is remembered is looked through too.
    /// `is_cut` says that these are not all of the message.
    pub(super) fn fill(&mut self, bytes: &[u8], start: usize, end: usize, is_cut: bool) {
        (self.len, self.fault, self.is_cut) = (0, None, is_cut);
        let mut scan = Scan { at: start, end, previous: Field::default() };
        self.rest = Scan { at: end, ..scan };
        while let Some(Found { field, wrong }) = scan.next(bytes) {
            if let Some(reason) = wrong {
                let tag = if reason == SessionRejectReason::InvalidTag { 0 } else { field.tag };
                self.fault.get_or_insert(Fault { tag, reason });
                continue;
            }
            if let Some(place) = self.fields.get_mut(self.len) {
                *place = field;
                self.len += 1;
                if self.len == FIELDS_MAX {
                    self.rest = scan;
                }
            }
        }
        if is_cut {
            let fault = Fault { tag: 0, reason: SessionRejectReason::Other };
            self.fault.get_or_insert(fault);
        }
    }
}

const FIRST_DATA_TAG: u32 = 89;
const LAST_DATA_TAG: u32 = 622;

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
    rest: Scan,
    fault: Option<Fault>,
    is_cut: bool,
}

impl<'a> Message<'a> {
    pub(super) fn new(bytes: &'a [u8], begin_string: &'a [u8], index: &'a FieldIndex) -> Self {
        let FieldIndex { rest, fault, is_cut, .. } = *index;
        Message { bytes, begin_string, fields: &index.fields[..index.len], rest, fault, is_cut }
    }

    /// Whether it is longer than what is held of a message: its length and checksum were right, and its
    /// first fields are here.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The message as it came, for logs: what is held of it.
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
    pub fn fields(&self) -> Fields<'a> {
        Fields { message: *self, at: 0, rest: self.rest }
    }

    /// The fields behind those that are remembered.
    fn further(&self) -> Fields<'a> {
        Fields { message: *self, at: self.fields.len(), rest: self.rest }
    }

    /// The value of a tag.
    pub fn get(&self, tag: u32) -> Option<&'a [u8]> {
        let held = self.fields.iter().find(|field| field.tag == tag);
        match held {
            Some(field) => Some(self.value(field)),
            None if self.rest.at == self.rest.end => None,
            None => self.further().find(|(found, _)| *found == tag).map(|(_, value)| value),
        }
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

/// The fields of a message, one after the other.
#[derive(Clone)]
pub struct Fields<'a> {
    message: Message<'a>,
    /// Which of the remembered ones is next.
    at: usize,
    /// The way through those that are not.
    rest: Scan,
}

impl<'a> Iterator for Fields<'a> {
    /// Tag and value.
    type Item = (u32, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(field) = self.message.fields.get(self.at) {
            self.at += 1;
            return Some((field.tag, self.message.value(field)));
        }
        self.next_of_rest()
    }
}

impl<'a> Fields<'a> {
    fn next_of_rest(&mut self) -> Option<(u32, &'a [u8])> {
        loop {
            let Found { field, wrong } = self.rest.next(self.message.bytes)?;
            if wrong.is_none() {
                return Some((field.tag, self.message.value(&field)));
            }
        }
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
