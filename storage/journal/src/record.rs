//! Inputs, effects and sent messages as payload bytes, and back.
//!
//! A payload is a [record](gauntlet_model::record) of one type, little-endian and without padding, so
//! equal values have equal bytes on every machine. Encoding allocates nothing. Both directions come
//! from the tables of inputs and effects, as [`kind`] does.

use super::kind;
use super::layout::PAYLOAD_MAX;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::input::{BotDefinition1, Input};
use gauntlet_model::record::{Record, RecordError};

/// Why a payload cannot be turned back into a value, although its record is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The kind does not belong into the stream that it was found in, or is from a later release.
    #[error("record kind {0:#04x} is not known here: use the release that wrote the journal")]
    Kind(u8),
    /// The payload's bytes are not a value of the kind's type.
    #[error(
        "the payload of a {} record is not valid: use the release that wrote the journal",
        kind::name(*.0)
    )]
    Payload(u8),
    /// The payload says something that this release does not understand.
    #[error(
        "a {} record has field {field}, which is not known here: use the release that wrote the \
         journal",
        kind::name(*kind)
    )]
    Field {
        /// The record's kind.
        kind: u8,
        /// The tag of the field, or of the first unknown one in a record within the record.
        field: u16,
    },
    /// The payload does not say something that it must.
    #[error(
        "a {} record lacks field {field}: use the release that wrote the journal",
        kind::name(*kind)
    )]
    Missing {
        /// The record's kind.
        kind: u8,
        /// The tag of the field.
        field: u16,
    },
}

/// A value as the journal keeps it, for comparison with what the journal holds.
#[derive(Clone)]
pub struct Encoded {
    kind: u8,
    len: usize,
    bytes: [u8; PAYLOAD_MAX],
}

impl Encoded {
    /// Room for one value. Large: make one and use it again.
    pub fn new() -> Encoded {
        Encoded { kind: 0, len: 0, bytes: [0; PAYLOAD_MAX] }
    }

    /// Encodes an input.
    pub fn input(&mut self, input: &Input) -> &Self {
        (self.kind, self.len) = encode_input(input, &mut self.bytes);
        self
    }

    /// Encodes an effect.
    pub fn effect(&mut self, effect: &Effect) -> &Self {
        (self.kind, self.len) = encode_effect(effect, &mut self.bytes);
        self
    }

    /// The kind of the value encoded last.
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// Its payload.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Default for Encoded {
    fn default() -> Self {
        Encoded::new()
    }
}

fn get<T: Record>(kind: u8, payload: &[u8]) -> Result<T, DecodeError> {
    T::get(payload).map_err(|error| match error {
        RecordError::Invalid => DecodeError::Payload(kind),
        RecordError::Unknown(field) => DecodeError::Field { kind, field },
        RecordError::Missing(field) => DecodeError::Missing { kind, field },
    })
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
        /// Writes an input's payload; returns its kind and length.
        ///
        /// # Panics
        /// If `to` is shorter than [`PAYLOAD_MAX`] and the payload does not fit.
        pub fn encode_input(input: &Input, to: &mut [u8]) -> (u8, usize) {
            match input {
                $(Input::$variant(value) => ($number, value.put(to)),)+
            }
        }

        /// An input from its kind and payload.
        ///
        /// # Errors
        /// The kind is not an input's, or the payload is not valid.
        pub fn decode_input(kind: u8, payload: &[u8]) -> Result<Input, DecodeError> {
            match kind {
                $($number => get(kind, payload).map(Input::$variant),)+
                $($old_number => {
                    get::<$old_type>(kind, payload).map(|old| Input::$old_variant(old.into()))
                })+
                other => Err(DecodeError::Kind(other)),
            }
        }
    };
}

gauntlet_model::input_table!(inputs);

macro_rules! effects {
    ($(
        $(#[doc = $doc:literal])+
        $number:literal $constant:ident $name:literal $variant:ident($type:ident);
    )+) => {
        /// Writes an effect's payload; returns its kind and length.
        ///
        /// # Panics
        /// As [`encode_input`].
        pub fn encode_effect(effect: &Effect, to: &mut [u8]) -> (u8, usize) {
            match effect {
                $(Effect::$variant(value) => ($number, value.put(to)),)+
            }
        }

        /// An effect from its kind and payload.
        ///
        /// # Errors
        /// The kind is not an effect's, or the payload is not valid.
        pub fn decode_effect(kind: u8, payload: &[u8]) -> Result<Effect, DecodeError> {
            match kind {
                $($number => get(kind, payload).map(Effect::$variant),)+
                other => Err(DecodeError::Kind(other)),
            }
        }
    };
}

gauntlet_model::effect_table!(effects);

/// Writes the payload of a sent message; returns its kind and length.
///
/// # Panics
/// As [`encode_input`].
pub fn encode_sent(sent: &MessageSent, to: &mut [u8]) -> (u8, usize) {
    (kind::MESSAGE_SENT, sent.put(to))
}

/// The same of a message that the session of a drop copy sends.
///
/// # Panics
/// As [`encode_input`].
pub fn encode_copy_sent(sent: &MessageSent, to: &mut [u8]) -> (u8, usize) {
    (kind::COPY_SENT, sent.put(to))
}

/// A sent message from its kind and payload.
///
/// # Errors
/// The kind is not that of a sent message, or the payload is not valid.
pub fn decode_sent(kind: u8, payload: &[u8]) -> Result<MessageSent, DecodeError> {
    match kind {
        kind::MESSAGE_SENT | kind::COPY_SENT => get(kind, payload),
        other => Err(DecodeError::Kind(other)),
    }
}
