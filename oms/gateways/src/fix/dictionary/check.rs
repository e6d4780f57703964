//! A message against a dictionary.

use super::{Dictionary, Field, Format, Layout, Member, Part, USER_DEFINED_FROM};
use crate::fix::codec::{
    Fault, Fields, Message, SessionRejectReason as Reason, parse_bool, parse_time, parse_uint,
};
use crate::fix::tags;
use std::iter::Peekable;

/// Longest time: `YYYYMMDD-HH:MM:SS.` and twelve digits.
const TIME_BYTES_MAX: usize = 30;
/// Tags below this are told from their second appearance by one bit each.
const SEEN_TAGS: usize = 8_192;
fn fault(tag: u32, reason: Reason) -> Result<(), Fault> {
    Err(Fault { tag, reason })
}

/// The tags that a message has shown.
struct Seen([u64; SEEN_TAGS / 64]);

impl Seen {
    /// Marks a tag and returns whether it was marked.
    fn mark(&mut self, tag: u32) -> bool {
        let Some(word) = self.0.get_mut(tag as usize / 64) else { return false };
        let bit = 1 << (tag % 64);
        let was = *word & bit != 0;
        *word |= bit;
        was
    }

    fn has(&self, tag: u32) -> bool {
        self.0.get(tag as usize / 64).is_some_and(|word| word & (1 << (tag % 64)) != 0)
    }
}

impl Dictionary {
    /// The first thing that is wrong with a message.
    ///
    /// # Errors
    /// What, and the tag concerned; 0 where it is the whole message.
    pub fn check(&self, message: &Message<'_>) -> Result<(), Fault> {
        let Some(body) = self.messages.get(message.msg_type()) else {
            return fault(0, Reason::InvalidMsgType);
        };
        if let Some(fault) = message.fault() {
            return Err(fault);
        }
        let mut seen = Seen([0; SEEN_TAGS / 64]);
        let mut part = Part::Header;
        let mut fields = message.fields().peekable();
        while let Some((tag, value)) = fields.next() {
            let field = self.fields.get(&tag);
            let of = field.map_or(Part::Body, |field| field.part);
            if of < part {
                return fault(tag, Reason::OutOfOrder);
            }
            part = of;
            let layout = match of {
                Part::Header => &self.header,
                Part::Body => body,
                Part::Trailer => &self.trailer,
            };
            if seen.mark(tag) {
                return fault(tag, Reason::TagAppearsTwice);
            }
            let member = layout.members.get(&tag);
            check_field((tag, value), field, member)?;
            if let Some(entry) = member.and_then(|member| member.group.as_ref()) {
                self.check_group((tag, value), entry, &mut fields)?;
            }
        }
        let required = [&self.header, body, &self.trailer].into_iter();
        let mut required = required.flat_map(|layout| layout.required.iter().copied());
        match required.find(|tag| !seen.has(*tag)) {
            Some(tag) => fault(tag, Reason::RequiredTagMissing),
            None => Ok(()),
        }
    }

    /// The entries of a group, whose count was read.
    fn check_group(
        &self,
        (count_tag, count): (u32, &[u8]),
        entry: &Layout,
        fields: &mut Peekable<Fields<'_>>,
    ) -> Result<(), Fault> {
        let mut entries = 0u64;
        // The place in its entry of the last field.
        let mut last: Option<usize> = None;
        // The first field of an entry that must be there and is not.
        let mut missing: Option<u32> = None;
        while let Some((tag, value)) = fields.peek().copied() {
            let Some(member) = entry.members.get(&tag) else { break };
            if tag == entry.first {
                if let Some(missing) = missing.or_else(|| entry.required_between(last, None)) {
                    return fault(missing, Reason::RequiredTagMissing);
                }
                last = None;
                entries += 1;
            } else if last.is_none() || last.is_some_and(|last| member.place < last) {
                return fault(tag, Reason::GroupOutOfOrder);
            } else if last == Some(member.place) {
                return fault(tag, Reason::TagAppearsTwice);
            }
            missing = missing.or_else(|| entry.required_between(last, Some(member.place)));
            last = Some(member.place);
            fields.next();
            check_field((tag, value), self.fields.get(&tag), Some(member))?;
            if let Some(inner) = &member.group {
                self.check_group((tag, value), inner, fields)?;
            }
        }
        if let Some(missing) = missing.or_else(|| entry.required_between(last, None)) {
            return fault(missing, Reason::RequiredTagMissing);
        }
        match parse_uint(count) == Some(entries) {
            true => Ok(()),
            false => fault(count_tag, Reason::GroupCount),
        }
    }
}

impl Layout {
    /// The first field that an entry must have between two places of it, the latter `None` for its end. The
    /// fields of an entry come in order, so one that was passed over is not there. Nothing is missing from an
    /// entry that was not begun.
    fn required_between(&self, after: Option<usize>, before: Option<usize>) -> Option<u32> {
        let after = after?;
        let place_of = |tag: &u32| self.members.get(tag).map(|member| member.place);
        let is_between = |place: usize| place > after && before.is_none_or(|before| place < before);
        self.required.iter().copied().find(|tag| place_of(tag).is_some_and(is_between))
    }
}

/// One field by itself: what the dictionary says of it, and its place in the layout where it stands.
fn check_field(
    (tag, value): (u32, &[u8]),
    field: Option<&Field>,
    member: Option<&Member>,
) -> Result<(), Fault> {
    let Some(field) = field else {
        return match tag {
            USER_DEFINED_FROM.. => Ok(()),
            _ => fault(tag, Reason::InvalidTag),
        };
    };
    if member.is_none() && tag < USER_DEFINED_FROM {
        return fault(tag, Reason::TagNotDefinedForType);
    }
    if !has_format(field.format, value) {
        return fault(tag, Reason::IncorrectFormat);
    }
    let is_known = field.values.is_any
        // Types are the messages' own.
        || tag == tags::MSG_TYPE
        || match field.format {
            Format::Words => value.split(|byte| *byte == b' ').all(|word| field.values.has(word)),
            _ => field.values.has(value),
        };
    if is_known { Ok(()) } else { fault(tag, Reason::ValueIncorrect) }
}

fn has_format(format: Format, value: &[u8]) -> bool {
    match format {
        Format::Any | Format::Words => true,
        Format::Whole => parse_uint(value.strip_prefix(b"-").unwrap_or(value)).is_some(),
        Format::Decimal => is_decimal(value),
        Format::Character => value.len() == 1,
        Format::YesNo => parse_bool(value).is_some(),
        Format::Timestamp => parse_time(value).is_some(),
        Format::Time => is_time_with(b"20000101-", value, b""),
        Format::Date => is_time_with(b"", value, b"-00:00:00"),
    }
}

/// Whether a part of a time is one once it is whole.
fn is_time_with(before: &[u8], value: &[u8], behind: &[u8]) -> bool {
    let mut text = [0; TIME_BYTES_MAX];
    let parts = [before, value, behind];
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let Some(mut room) = text.get_mut(..len) else { return false };
    for part in parts {
        let (place, left) = room.split_at_mut(part.len());
        place.copy_from_slice(part);
        room = left;
    }
    parse_time(&text[..len]).is_some()
}

/// An optional sign, digits, and at most one point among them.
fn is_decimal(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let points = digits.iter().filter(|byte| **byte == b'.').count();
    let has_digit = digits.iter().any(u8::is_ascii_digit);
    points <= 1 && has_digit && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}
