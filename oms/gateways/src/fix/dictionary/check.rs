//! A message against a dictionary.

use super::{Dictionary, Format, Layout, USER_DEFINED_FROM};
use crate::fix::codec::{
    Fault, Message, SessionRejectReason as Reason, parse_bool, parse_time, parse_uint,
};
use crate::fix::tags;

/// Tags below this are told from their second appearance by one bit each.
const SEEN_TAGS: usize = 8_192;
/// `BeginString`, `BodyLength`, `CheckSum`: framing has proven them, and they are not among the fields.
const FRAMED: [u32; 3] = [8, 9, 10];

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

/// Where in a message the fields are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Header,
    Body,
    Trailer,
}

type Fields<'i, 'a> = std::iter::Peekable<&'i mut dyn Iterator<Item = (u32, &'a [u8])>>;

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
        let mut fields = message.fields();
        let fields: &mut dyn Iterator<Item = _> = &mut fields;
        let mut fields: Fields<'_, '_> = fields.peekable();
        while let Some((tag, value)) = fields.next() {
            let of = self.part_of(tag);
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
            self.check_field(tag, value, layout)?;
            if let Some(entry) = layout.members.get(&tag).and_then(|member| member.group.as_ref()) {
                self.check_group((tag, value), entry, &mut fields)?;
            }
        }
        let required = [&self.header, body, &self.trailer].into_iter();
        let mut required = required.flat_map(|layout| layout.required.iter().copied());
        match required.find(|tag| !FRAMED.contains(tag) && !seen.has(*tag)) {
            Some(tag) => fault(tag, Reason::RequiredTagMissing),
            None => Ok(()),
        }
    }

    fn part_of(&self, tag: u32) -> Part {
        match tag {
            _ if self.header.members.contains_key(&tag) => Part::Header,
            _ if self.trailer.members.contains_key(&tag) => Part::Trailer,
            _ => Part::Body,
        }
    }

    fn check_field(&self, tag: u32, value: &[u8], layout: &Layout) -> Result<(), Fault> {
        let Some(field) = self.fields.get(&tag) else {
            return match tag {
                USER_DEFINED_FROM.. => Ok(()),
                _ => fault(tag, Reason::InvalidTag),
            };
        };
        if !layout.members.contains_key(&tag) && tag < USER_DEFINED_FROM {
            return fault(tag, Reason::TagNotDefinedForType);
        }
        if !has_format(field.format, value) {
            return fault(tag, Reason::IncorrectFormat);
        }
        let is_listed = |word: &[u8]| field.values.binary_search_by(|v| v[..].cmp(word)).is_ok();
        let is_known = field.values.is_empty()
            // Types are the messages' own.
            || tag == tags::MSG_TYPE
            || match field.format {
                Format::Words => value.split(|byte| *byte == b' ').all(is_listed),
                _ => is_listed(value),
            };
        if is_known { Ok(()) } else { fault(tag, Reason::ValueIncorrect) }
    }

    /// The entries of a group, whose count was read.
    fn check_group(
        &self,
        (count_tag, count): (u32, &[u8]),
        entry: &Layout,
        fields: &mut Fields<'_, '_>,
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
            self.check_field(tag, value, entry)?;
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

fn has_format(format: Format, value: &[u8]) -> bool {
    match format {
        Format::Any | Format::Words => true,
        Format::Whole => parse_uint(value.strip_prefix(b"-").unwrap_or(value)).is_some(),
        Format::Decimal => is_decimal(value),
        Format::Character => value.len() == 1,
        Format::YesNo => parse_bool(value).is_some(),
        Format::Timestamp => parse_time(value).is_some(),
        Format::Time => parse_time(&[b"20000101-", value].concat()).is_some(),
        Format::Date => parse_time(&[value, b"-00:00:00"].concat()).is_some(),
    }
}

/// An optional sign, digits, and at most one point among them.
fn is_decimal(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let points = digits.iter().filter(|byte| **byte == b'.').count();
    let has_digit = digits.iter().any(u8::is_ascii_digit);
    points <= 1 && has_digit && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}
