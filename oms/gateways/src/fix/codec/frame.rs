//! Finding messages in a stream of bytes.
//!
//! A message ends where `BodyLength` says. Garbled ones (a wrong `BodyLength` or `CheckSum`, the
//! first three fields not `BeginString`, `BodyLength`, `MsgType`) are ignored, as FIX 4.4 volume 2
//! ("garbled messages") demands: the gap in the sequence numbers brings them back. Reading goes on
//! at the next `BeginString`. A peer that sends nothing else is given up.

use super::message::{FieldIndex, Message, checksum_matches};
use super::value::parse_uint;
use super::{MESSAGE_BYTES_MAX, SOH};

const START: &[u8] = b"8=FIX";
const TRAILER_BYTES: usize = 7;
/// `BeginString` with its tag and delimiter; `FIXT.1.1` and its kin are shorter.
const BEGIN_FIELD_MAX: usize = 16;
/// `9=`, leading zeros and all.
const LENGTH_FIELD_MAX: usize = 16;

/// Bytes of garbage without a sound message between them after which a peer is given up.
pub(super) const GARBAGE_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

/// The peer does not speak FIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much garbage from the peer; check that it speaks FIX 4.4 on this port")]
pub struct TooMuchGarbage;

/// What is at the head of the received bytes.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    /// Not enough bytes to tell.
    Partial,
    /// A message of `len` bytes whose `MsgType` is at `body`.
    Message { begin_string_end: usize, body: usize, len: usize },
    /// Bytes to ignore.
    Garbage { skip: usize },
}

fn frame(bytes: &[u8]) -> Framing {
    let garbage = || Framing::Garbage { skip: next_start(bytes) };
    let seen = bytes.len().min(START.len());
    if bytes[..seen] != START[..seen] {
        return garbage();
    }
    let Some(begin_string_end) = bytes.iter().take(BEGIN_FIELD_MAX).position(|b| *b == SOH) else {
        return if bytes.len() < BEGIN_FIELD_MAX { Framing::Partial } else { garbage() };
    };
    let length_field = &bytes[begin_string_end + 1..];
    let seen = length_field.len().min(2);
    if length_field[..seen] != b"9="[..seen] {
        return garbage();
    }
    let Some(length_end) = length_field.iter().take(LENGTH_FIELD_MAX).position(|b| *b == SOH)
    else {
        return if length_field.len() < LENGTH_FIELD_MAX { Framing::Partial } else { garbage() };
    };
    let Some(length) = parse_uint(&length_field[2..length_end]) else { return garbage() };
    let body = begin_string_end + 1 + length_end + 1;
    // Five bytes, `35=x|`, are the least that a body can have.
    let fits = length >= 5 && length <= (MESSAGE_BYTES_MAX - body - TRAILER_BYTES) as u64;
    let seen = (bytes.len() - body).min(3);
    if !fits || bytes[body..body + seen] != b"35="[..seen] {
        return garbage();
    }
    let end = body + length as usize;
    let len = end + TRAILER_BYTES;
    if bytes.len() < len {
        return Framing::Partial;
    }
    let trailer = &bytes[end..len];
    if bytes[end - 1] != SOH || trailer[..3] != *b"10=" || trailer[6] != SOH {
        return garbage();
    }
    if !checksum_matches(&bytes[..end], &trailer[3..6]) {
        return Framing::Garbage { skip: len };
    }
    Framing::Message { begin_string_end, body, len }
}

/// Where reading may go on after garbage: at the next place that could be a message's start.
fn next_start(bytes: &[u8]) -> usize {
    (1..bytes.len())
        .find(|at| {
            let seen = (bytes.len() - at).min(START.len());
            bytes[*at..at + seen] == START[..seen]
        })
        .unwrap_or(bytes.len())
}

/// Received bytes, and the messages in them. Memory is taken once.
pub struct Inbox {
    buffer: Box<[u8]>,
    head: usize,
    tail: usize,
    index: Box<FieldIndex>,
    garbled: u64,
    garbage_bytes: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Inbox::new()
    }
}

impl Inbox {
    const CAPACITY: usize = 8 * MESSAGE_BYTES_MAX;

    /// An empty inbox.
    pub fn new() -> Inbox {
        Inbox {
            buffer: vec![0; Self::CAPACITY].into_boxed_slice(),
            head: 0,
            tail: 0,
            index: Box::new(FieldIndex::new()),
            garbled: 0,
            garbage_bytes: 0,
        }
    }

    /// Garbled messages ignored so far, over all connections.
    pub fn garbled(&self) -> u64 {
        self.garbled
    }

    /// Forgets received bytes: a new connection begins.
    pub fn clear(&mut self) {
        (self.head, self.tail, self.garbage_bytes) = (0, 0, 0);
    }

    /// Room for received bytes: never empty once [`Inbox::next`] has returned `None`. Say with
    /// [`Inbox::filled`] how much of it was used.
    pub fn space(&mut self) -> &mut [u8] {
        if self.head == self.tail {
            (self.head, self.tail) = (0, 0);
        } else if self.buffer.len() - self.tail < MESSAGE_BYTES_MAX {
            self.buffer.copy_within(self.head..self.tail, 0);
            (self.head, self.tail) = (0, self.tail - self.head);
        }
        &mut self.buffer[self.tail..]
    }

    /// Says that the first `bytes` of [`Inbox::space`] hold received bytes now.
    pub fn filled(&mut self, bytes: usize) {
        debug_assert!(self.tail + bytes <= self.buffer.len(), "more bytes than there was space");
        self.tail = (self.tail + bytes).min(self.buffer.len());
    }

    /// Takes as many of `bytes` as there is space for and returns how many that was.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        let space = self.space();
        let taken = bytes.len().min(space.len());
        space[..taken].copy_from_slice(&bytes[..taken]);
        self.filled(taken);
        taken
    }

    /// The next message; `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`TooMuchGarbage`] when the connection should be given up.
    #[expect(clippy::should_implement_trait, reason = "the message borrows the inbox")]
    pub fn next(&mut self) -> Result<Option<Message<'_>>, TooMuchGarbage> {
        while self.head < self.tail {
            let bytes = &self.buffer[self.head..self.tail];
            match frame(bytes) {
                Framing::Partial => return Ok(None),
                Framing::Garbage { skip } => {
                    self.head += skip;
                    self.garbled += 1;
                    self.garbage_bytes += skip;
                    if self.garbage_bytes > GARBAGE_BYTES_MAX {
                        return Err(TooMuchGarbage);
                    }
                }
                Framing::Message { begin_string_end, body, len } => {
                    let start = self.head;
                    self.head += len;
                    self.garbage_bytes = 0;
                    let bytes = &self.buffer[start..start + len];
                    self.index.fill(bytes, body, len - TRAILER_BYTES);
                    return Ok(Some(Message::new(bytes, &bytes[2..begin_string_end], &self.index)));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
