//! The kinds of records: their numbers, and everything that is known of each.
//!
//! Inputs and effects come from the tables of the model
//! ([`input::table`](gauntlet_model::input::table), [`effect::table`](gauntlet_model::effect::table)), so
//! a new one is a line there. `docs/journal.md` lists them all with their fields. Numbers are frozen: a
//! number, once released, keeps its meaning and its bytes for ever, and a changed type gets a new one.
//!
//! | numbers | of |
//! |---|---|
//! | `0x01` to `0x1f`, `0x80` to `0xbf` | inputs |
//! | `0x21` to `0x3f`, `0x41` to `0x59`, `0x5b` to `0x7f` | effects |
//! | `0x40`, `0x5a` | messages sent |
//! | `0xf0` to `0xff` | marks of the journal itself |

use super::layout::Stream;
use gauntlet_model::effect::*;
use gauntlet_model::input::*;
use gauntlet_model::record::{Field, Form, Record};

/// A kind of records.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its number in a record's header.
    pub number: u8,
    /// Its name, as programs and people see it.
    pub name: &'static str,
    /// The stream that it is in; `None` for both.
    pub stream: Option<Stream>,
    /// Whether this release writes it; what is not written any more is still read.
    pub is_written: bool,
    /// What it is.
    pub doc: &'static str,
    /// What its payload is; `None` when it has none, or 8 bytes that its `doc` tells.
    pub payload: Option<Payload>,
}

/// The payload of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// The name of its type.
    pub of: &'static str,
    /// How its bytes are made.
    pub form: Form,
    /// Its fields.
    pub fields: &'static [Field],
    /// Most bytes that it takes.
    pub bytes_max: usize,
}

impl Payload {
    pub(super) const fn of<T: Record>(of: &'static str) -> Payload {
        // What is as large as a record's room and no larger is never refused by the writer.
        assert!(T::BYTES_MAX <= super::layout::PAYLOAD_MAX, "a payload fits in a record");
        Payload { of, form: T::FORM, fields: T::FIELDS, bytes_max: T::BYTES_MAX }
    }
}

/// The constant of a kind's number.
macro_rules! constant {
    ($(#[doc = $doc:literal])+ $number:literal $constant:ident $name:literal) => {
        #[doc = concat!("`", $name, "`:")]
        $(#[doc = $doc])+
        pub const $constant: u8 = $number;
    };
}

macro_rules! inputs {
    (
        written {$(
            $(#[doc = $doc:literal])+
            $number:literal $constant:ident $name:literal
                $variant:ident($type:ident) of $origin:ident;
        )+}
        read {$(
            $(#[doc = $old_doc:literal])+
            $old_number:literal $old_constant:ident $old_name:literal
                $old_variant:ident($old_type:ident);
        )+}
    ) => {
        $(constant! { $(#[doc = $doc])+ $number $constant $name })+
        $(constant! { $(#[doc = $old_doc])+ $old_number $old_constant $old_name })+

        /// Inputs: those that are written, in the order of their numbers, then those of before.
        const INPUTS: &[Kind] = &[
            $(Kind {
                number: $number,
                name: $name,
                stream: Some(Stream::Inputs),
                is_written: true,
                doc: concat!($($doc),+),
                payload: Some(Payload::of::<$type>(stringify!($type))),
            },)+
            $(Kind {
                number: $old_number,
                name: $old_name,
                stream: Some(Stream::Inputs),
                is_written: false,
                doc: concat!($($old_doc),+),
                payload: Some(Payload::of::<$old_type>(stringify!($old_type))),
            },)+
        ];
    };
}

gauntlet_model::input_table!(inputs);

macro_rules! effects {
    ($(
        $(#[doc = $doc:literal])+
        $number:literal $constant:ident $name:literal $variant:ident($type:ident);
    )+) => {
        $(constant! { $(#[doc = $doc])+ $number $constant $name })+

        /// Effects, in the order of their numbers.
        const EFFECTS: &[Kind] = &[$(Kind {
            number: $number,
            name: $name,
            stream: Some(Stream::Effects),
            is_written: true,
            doc: concat!($($doc),+),
            payload: Some(Payload::of::<$type>(stringify!($type))),
        },)+];
    };
}

gauntlet_model::effect_table!(effects);

constant! {
    /// A message that a broker session is about to send.
    0x40 MESSAGE_SENT "message_sent"
}
constant! {
    /// A message that the session of a drop copy is about to send.
    0x5a COPY_SENT "copy_sent"
}
constant! {
    /// Inputs were lost with the machine.
    0xf0 INPUTS_LOST "inputs_lost"
}
constant! {
    /// The segment is full.
    0xff SEGMENT_END "segment_end"
}

const OTHERS: &[Kind] = &[
    Kind {
        number: MESSAGE_SENT,
        name: "message_sent",
        stream: Some(Stream::Effects),
        is_written: true,
        doc: " A message that a broker session is about to send: a fact of the wire and no effect, kept \
              so that the session's sequence numbers can be rebuilt.",
        payload: Some(Payload::of::<MessageSent>("MessageSent")),
    },
    Kind {
        number: COPY_SENT,
        name: "copy_sent",
        stream: Some(Stream::Effects),
        is_written: true,
        doc: " The same of the session of a broker's drop copy, which sends no order.",
        payload: Some(Payload::of::<MessageSent>("MessageSent")),
    },
    Kind {
        number: INPUTS_LOST,
        name: "inputs_lost",
        stream: Some(Stream::Inputs),
        is_written: true,
        doc: " Inputs were lost with the machine although effects of theirs were kept: the payload is \
              the first lost sequence number in 8 bytes, the record's own number is the last.",
        payload: None,
    },
    Kind {
        number: SEGMENT_END,
        name: "segment_end",
        stream: None,
        is_written: true,
        doc: " The segment is full: the stream goes on in the next. No payload.",
        payload: None,
    },
];

/// Every kind: inputs, effects, and what is neither.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    INPUTS.iter().chain(EFFECTS).chain(OTHERS)
}

/// The kind of a number.
pub fn of(number: u8) -> Option<&'static Kind> {
    all().find(|kind| kind.number == number)
}

/// The kind's name, as programs and people see it.
pub fn name(number: u8) -> &'static str {
    of(number).map_or("unknown", |kind| kind.name)
}

/// Whether the number is an input's, of this release or any other.
pub(super) fn is_input(number: u8) -> bool {
    matches!(number, 0x01..=0x1f | 0x80..=0xbf)
}

/// Whether the number is an effect's, of this release or any other.
pub(super) fn is_effect(number: u8) -> bool {
    matches!(number, 0x21..=0x3f | 0x41..=0x59 | 0x5b..=0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_used_once_and_numbers_lie_where_their_stream_has_them() {
        let numbers: BTreeSet<u8> = all().map(|kind| kind.number).collect();
        let names: BTreeSet<&str> = all().map(|kind| kind.name).collect();
        assert_eq!((numbers.len(), names.len()), (all().count(), all().count()));
        assert!(INPUTS.iter().all(|kind| is_input(kind.number)));
        assert!(EFFECTS.iter().all(|kind| is_effect(kind.number)));
        assert!(OTHERS.iter().all(|kind| !is_input(kind.number) && !is_effect(kind.number)));
        assert!((0..=u8::MAX).all(|number| !(is_input(number) && is_effect(number))));
        for kind in all() {
            assert_eq!(name(kind.number), kind.name);
        }
        assert_eq!(name(0x00), "unknown");
    }
}
