//! Inputs, effects and sent messages as payload bytes, and back.
//!
//! A payload is the rkyv archive of one frozen type, little-endian and without padding, so equal
//! values have equal bytes on every machine. Encoding allocates nothing.

use super::kind;
use super::layout::PAYLOAD_MAX;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::input::Input;
use rkyv::api::low::{self, LowDeserializer, LowSerializer, LowValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::SubAllocator;
use rkyv::ser::writer::Buffer;
use rkyv::{Archive, Deserialize, Serialize};

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

fn put<T>(value: &T, to: &mut [u8]) -> usize
where
    T: for<'a> Serialize<LowSerializer<Buffer<'a>, SubAllocator<'a>, Failure>>,
{
    low::to_bytes_in_with_alloc::<_, _, Failure>(value, Buffer::from(to), SubAllocator::empty())
        .expect("every journaled type is smaller than PAYLOAD_MAX")
        .len()
}

fn get<T>(kind: u8, payload: &[u8]) -> Result<T, DecodeError>
where
    T: Archive,
    T::Archived:
        for<'a> CheckBytes<LowValidator<'a, Failure>> + Deserialize<T, LowDeserializer<Failure>>,
{
    if payload.len() != size_of::<T::Archived>() {
        return Err(DecodeError::Payload(kind));
    }
    low::access::<T::Archived, Failure>(payload)
        .and_then(low::deserialize::<T, Failure>)
        .map_err(|Failure| DecodeError::Payload(kind))
}

/// Writes an input's payload; returns its kind and length.
///
/// # Panics
/// If `to` is shorter than [`PAYLOAD_MAX`] and the payload does not fit.
pub fn encode_input(input: &Input, to: &mut [u8]) -> (u8, usize) {
    match input {
        Input::Mbo(v) => (kind::MBO, put(v, to)),
        Input::Quote(v) => (kind::QUOTE, put(v, to)),
        Input::Trade(v) => (kind::TRADE, put(v, to)),
        Input::Ohlcv(v) => (kind::OHLCV, put(v, to)),
        Input::Status(v) => (kind::STATUS, put(v, to)),
        Input::Feed(v) => (kind::FEED, put(v, to)),
        Input::Execution(v) => (kind::EXECUTION, put(v, to)),
        Input::CancelReject(v) => (kind::CANCEL_REJECT, put(v, to)),
        Input::Session(v) => (kind::SESSION, put(v, to)),
        Input::Timer(v) => (kind::TIMER, put(v, to)),
        Input::Command(v) => (kind::COMMAND, put(v, to)),
        Input::Instrument(v) => (kind::INSTRUMENT, put(v, to)),
        Input::Account(v) => (kind::ACCOUNT, put(v, to)),
        Input::Bot(v) => (kind::BOT, put(v, to)),
        Input::RunStart(v) => (kind::RUN_START, put(v, to)),
        Input::Level(v) => (kind::LEVEL, put(v, to)),
        Input::Listing(v) => (kind::LISTING, put(v, to)),
        Input::RuleText(v) => (kind::RULE_TEXT, put(v, to)),
        Input::External(v) => (kind::EXTERNAL, put(v, to)),
        Input::History(v) => (kind::HISTORY, put(v, to)),
    }
}

/// Writes an effect's payload; returns its kind and length.
///
/// # Panics
/// As [`encode_input`].
pub fn encode_effect(effect: &Effect, to: &mut [u8]) -> (u8, usize) {
    match effect {
        Effect::Bar(v) => (kind::BAR, put(v, to)),
        Effect::Signal(v) => (kind::SIGNAL, put(v, to)),
        Effect::Intent(v) => (kind::INTENT, put(v, to)),
        Effect::Reject(v) => (kind::REJECT, put(v, to)),
        Effect::Order(v) => (kind::ORDER, put(v, to)),
        Effect::Position(v) => (kind::POSITION, put(v, to)),
        Effect::Outbound(v) => (kind::OUTBOUND, put(v, to)),
        Effect::Kill(v) => (kind::KILL, put(v, to)),
        Effect::MarketBlock(v) => (kind::MARKET_BLOCK, put(v, to)),
        Effect::Mark(v) => (kind::MARK, put(v, to)),
        Effect::Alert(v) => (kind::ALERT, put(v, to)),
        Effect::Quality(v) => (kind::QUALITY, put(v, to)),
        Effect::Decision(v) => (kind::DECISION, put(v, to)),
        Effect::Exits(v) => (kind::EXITS, put(v, to)),
    }
}

/// Writes the payload of a sent message; returns its kind and length.
///
/// # Panics
/// As [`encode_input`].
pub fn encode_sent(sent: &MessageSent, to: &mut [u8]) -> (u8, usize) {
    (kind::MESSAGE_SENT, put(sent, to))
}

/// An input from its kind and payload.
///
/// # Errors
/// The kind is not an input's, or the payload is not valid.
pub fn decode_input(kind: u8, payload: &[u8]) -> Result<Input, DecodeError> {
    Ok(match kind {
        kind::MBO => Input::Mbo(get(kind, payload)?),
        kind::QUOTE => Input::Quote(get(kind, payload)?),
        kind::TRADE => Input::Trade(get(kind, payload)?),
        kind::OHLCV => Input::Ohlcv(get(kind, payload)?),
        kind::STATUS => Input::Status(get(kind, payload)?),
        kind::FEED => Input::Feed(get(kind, payload)?),
        kind::EXECUTION => Input::Execution(get(kind, payload)?),
        kind::CANCEL_REJECT => Input::CancelReject(get(kind, payload)?),
        kind::SESSION => Input::Session(get(kind, payload)?),
        kind::TIMER => Input::Timer(get(kind, payload)?),
        kind::COMMAND => Input::Command(get(kind, payload)?),
        kind::INSTRUMENT => Input::Instrument(get(kind, payload)?),
        kind::ACCOUNT => Input::Account(get(kind, payload)?),
        kind::BOT => Input::Bot(get(kind, payload)?),
        kind::RUN_START => Input::RunStart(get(kind, payload)?),
        kind::LEVEL => Input::Level(get(kind, payload)?),
        kind::LISTING => Input::Listing(get(kind, payload)?),
        kind::RULE_TEXT => Input::RuleText(get(kind, payload)?),
        kind::EXTERNAL => Input::External(get(kind, payload)?),
        kind::HISTORY => Input::History(get(kind, payload)?),
        other => return Err(DecodeError::Kind(other)),
    })
}

/// An effect from its kind and payload.
///
/// # Errors
/// The kind is not an effect's, or the payload is not valid.
pub fn decode_effect(kind: u8, payload: &[u8]) -> Result<Effect, DecodeError> {
    Ok(match kind {
        kind::BAR => Effect::Bar(get(kind, payload)?),
        kind::SIGNAL => Effect::Signal(get(kind, payload)?),
        kind::INTENT => Effect::Intent(get(kind, payload)?),
        kind::REJECT => Effect::Reject(get(kind, payload)?),
        kind::ORDER => Effect::Order(get(kind, payload)?),
        kind::POSITION => Effect::Position(get(kind, payload)?),
        kind::OUTBOUND => Effect::Outbound(get(kind, payload)?),
        kind::KILL => Effect::Kill(get(kind, payload)?),
        kind::MARKET_BLOCK => Effect::MarketBlock(get(kind, payload)?),
        kind::MARK => Effect::Mark(get(kind, payload)?),
        kind::ALERT => Effect::Alert(get(kind, payload)?),
        kind::QUALITY => Effect::Quality(get(kind, payload)?),
        kind::DECISION => Effect::Decision(get(kind, payload)?),
        kind::EXITS => Effect::Exits(get(kind, payload)?),
        other => return Err(DecodeError::Kind(other)),
    })
}

/// A sent message from its kind and payload.
///
/// # Errors
/// The kind is not that of a sent message, or the payload is not valid.
pub fn decode_sent(kind: u8, payload: &[u8]) -> Result<MessageSent, DecodeError> {
    match kind {
        kind::MESSAGE_SENT => get(kind, payload),
        other => Err(DecodeError::Kind(other)),
    }
}
