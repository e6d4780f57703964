//! Finding messages in a stream of bytes.
//!
//! A message ends where `BodyLength` says. Garbled ones (a wrong `BodyLength` or `CheckSum`, the
//! first three fields not `BeginString`, `BodyLength`, `MsgType`) are ignored, as FIX 4.4 volume 2
//! ("garbled messages") demands: the gap in the sequence numbers brings them back. Reading goes on
//! at the next `BeginString`. A peer that sends nothing else is given up.
//!
//! A message longer than [`HELD_BYTES_MAX`] is read to its end and its checksum proven, but only its
//! beginning is held: whoever reads it sees that it is cut. So it has a number like any other, and no
//! length of a message can hold up those behind it.

use super::message::{FieldIndex, Message, checksum_matches};
use super::value::parse_uint;
use super::{MESSAGE_BYTES_MAX, SOH, checksum};

const START: &[u8] = b"8=FIX";
/// A message's start behind the end of another.
const START_BEHIND: &[u8] = b"\x018=FIX";
const TRAILER_BYTES: usize = 7;
/// `BeginString` with its tag and delimiter; `FIXT.1.1` and its kin are shorter.
const BEGIN_FIELD_MAX: usize = 16;
/// `9=`, leading zeros and all.
const LENGTH_FIELD_MAX: usize = 16;

/// Longest message of which everything is held, from `BeginString` to `CheckSum`, in bytes.
pub const HELD_BYTES_MAX: usize = 64 * 1024;
/// Longest body (tag 9) that is read at all, in bytes. Nothing that says more is taken for a message.
pub const BODY_BYTES_MAX: u64 = 64 << 20;
/// What is held of a longer message: all of it comes before the last field.
const KEPT_BYTES: usize = HELD_BYTES_MAX - 64;

/// Bytes of garbage without a sound message between them after which a peer is given up.
pub(super) const GARBAGE_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

/// The peer does not speak FIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much garbage from the peer; check that it speaks FIX 4.4 on this port")]
pub struct TooMuchGarbage;

/// What a connection begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// Not a whole message yet.
    Nothing,
    /// A message.
    Message,
    /// What is none.
    Garbage,
}

/// What is at the head of the received bytes.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    /// Not enough bytes to tell.
    Partial,
    /// A message of `len` bytes whose `MsgType` is at `body`.
    Message { begin_string_end: usize, body: usize, len: usize },
    /// The beginning of a message that is longer than what is held of one.
    Long { begin_string_end: usize, body: usize, end: u64 },
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
    let fits = (5..=BODY_BYTES_MAX).contains(&length);
    let seen = (bytes.len() - body).min(3);
    if !fits || bytes[body..body + seen] != b"35="[..seen] {
        return garbage();
    }
    if length > (HELD_BYTES_MAX - body - TRAILER_BYTES) as u64 {
        // Another message in its midst: this length is wrong, and must not swallow what follows.
        let end = body as u64 + length;
        let seen = usize::try_from(end).unwrap_or(usize::MAX).min(bytes.len());
        return match start_behind(&bytes[body..seen]) {
            Some(at) => Framing::Garbage { skip: body + at },
            None if bytes.len() < KEPT_BYTES => Framing::Partial,
            None => Framing::Long { begin_string_end, body, end },
        };
    }
    let end = body + length as usize;
    let len = end + TRAILER_BYTES;
    if bytes.len() < len {
        return Framing::Partial;
    }
    let trailer = &bytes[end..len];
    if bytes[end - 1] != SOH || !is_trailer(trailer) {
        return garbage();
    }
    if !checksum_matches(&bytes[..end], &trailer[3..6]) {
        return Framing::Garbage { skip: len };
    }
    Framing::Message { begin_string_end, body, len }
}

fn is_trailer(bytes: &[u8]) -> bool {
    bytes[..3] == *b"10=" && bytes[6] == SOH
}

/// Where a message begins behind the end of another.
fn start_behind(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|byte| *byte == SOH) {
        let at = from + found;
        if bytes[at..].starts_with(START_BEHIND) {
            return Some(at + 1);
        }
        from = at + 1;
    }
    None
}

/// A message too long to be held, being read.
#[derive(Clone, Copy, Debug)]
struct Long {
    begin_string_end: usize,
    body: usize,
    /// Bytes of the body still to come.
    left: u64,
    /// The sum of the bytes so far, modulo 256.
    sum: u8,
    /// Where the bytes begin that are not summed up yet.
    mark: usize,
}

/// What reading on in a long message came to.
enum Read {
    Partial,
    Garbage { resume: usize },
    Whole { resume: usize },
}

impl Long {
    fn read(&mut self, buffer: &mut [u8], tail: &mut usize) -> Read {
        let fresh = usize::try_from(self.left).unwrap_or(usize::MAX).min(*tail - self.mark);
        let overlap = START_BEHIND.len() - 1;
        let from = self.mark - overlap;
        if let Some(at) = start_behind(&buffer[from..self.mark + fresh]) {
            return Read::Garbage { resume: from + at };
        }
        self.sum = self.sum.wrapping_add(checksum(&buffer[self.mark..self.mark + fresh]));
        self.left -= fresh as u64;
        self.mark += fresh;
        if self.left == 0 && *tail - self.mark >= TRAILER_BYTES {
            let trailer = &buffer[self.mark..self.mark + TRAILER_BYTES];
            let is_sound = buffer[self.mark - 1] == SOH
                && is_trailer(trailer)
                && parse_uint(&trailer[3..6]) == Some(u64::from(self.sum));
            let resume = self.mark + TRAILER_BYTES;
            return if is_sound {
                Read::Whole { resume }
            } else {
                Read::Garbage { resume: self.mark }
            };
        }
        // What is summed up makes room, but for the bytes in which a start could be hidden.
        let kept = KEPT_BYTES + overlap;
        if self.mark > kept {
            buffer.copy_within(self.mark - overlap..*tail, KEPT_BYTES);
            *tail -= self.mark - kept;
            self.mark = kept;
        }
        Read::Partial
    }
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
    long: Option<Long>,
    garbled: u64,
    garbage_bytes: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Inbox::new()
    }
}

impl Inbox {
    const CAPACITY: usize = 2 * HELD_BYTES_MAX;

    /// An empty inbox.
    pub fn new() -> Inbox {
        Inbox {
            buffer: vec![0; Self::CAPACITY].into_boxed_slice(),
            head: 0,
            tail: 0,
            index: Box::new(FieldIndex::new()),
            long: None,
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
        self.long = None;
    }

    /// Whether there are bytes that were not taken yet.
    pub(crate) fn has_bytes(&self) -> bool {
        self.head < self.tail
    }

    /// What has come first, without taking it.
    pub(crate) fn first(&self) -> First {
        let bytes = &self.buffer[self.head..self.tail];
        match frame(bytes) {
            _ if bytes.is_empty() => First::Nothing,
            Framing::Partial => First::Nothing,
            Framing::Garbage { .. } => First::Garbage,
            Framing::Message { .. } | Framing::Long { .. } => First::Message,
        }
    }

    /// Room for received bytes: never empty once [`Inbox::next`] has returned `None`. Say with
    /// [`Inbox::filled`] how much of it was used.
    pub fn space(&mut self) -> &mut [u8] {
        if self.long.is_some() {
            // What is held of it lies at the beginning.
        } else if self.head == self.tail {
            (self.head, self.tail) = (0, 0);
        } else if self.buffer.len() - self.tail < HELD_BYTES_MAX {
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
            if self.long.is_some() {
                match self.read_long()? {
                    Some(long) => return Ok(Some(self.cut(long))),
                    None if self.long.is_some() => return Ok(None),
                    None => continue,
                }
            }
            match frame(&self.buffer[self.head..self.tail]) {
                Framing::Partial => return Ok(None),
                Framing::Garbage { skip } => self.skip(skip)?,
                Framing::Long { begin_string_end, body, end } => {
                    self.begin_long(begin_string_end, body, end);
                }
                Framing::Message { begin_string_end, body, len } => {
                    let start = self.head;
                    self.head += len;
                    self.garbage_bytes = 0;
                    let bytes = &self.buffer[start..start + len];
                    self.index.fill(bytes, body, len - TRAILER_BYTES, false);
                    return Ok(Some(Message::new(bytes, &bytes[2..begin_string_end], &self.index)));
                }
            }
        }
        Ok(None)
    }

    /// Passes over garbage. However long a garbled message is, it counts as one of ours at most.
    fn skip(&mut self, bytes: usize) -> Result<(), TooMuchGarbage> {
        self.head += bytes;
        self.garbled += 1;
        self.garbage_bytes += bytes.min(MESSAGE_BYTES_MAX);
        if self.garbage_bytes > GARBAGE_BYTES_MAX { Err(TooMuchGarbage) } else { Ok(()) }
    }

    fn begin_long(&mut self, begin_string_end: usize, body: usize, end: u64) {
        self.buffer.copy_within(self.head..self.tail, 0);
        (self.head, self.tail) = (0, self.tail - self.head);
        let mark = KEPT_BYTES;
        let (left, sum) = (end - mark as u64, checksum(&self.buffer[..mark]));
        self.long = Some(Long { begin_string_end, body, left, sum, mark });
    }

    /// Reads on in a long message; it is there once it is whole.
    fn read_long(&mut self) -> Result<Option<Long>, TooMuchGarbage> {
        let Some(long) = &mut self.long else { return Ok(None) };
        match long.read(&mut self.buffer, &mut self.tail) {
            Read::Partial => Ok(None),
            Read::Garbage { resume } => {
                self.long = None;
                self.skip(resume).map(|()| None)
            }
            Read::Whole { resume } => {
                self.head = resume;
                self.garbage_bytes = 0;
                Ok(self.long.take())
            }
        }
    }

    /// What is held of a long message, to its last whole field.
    fn cut(&mut self, long: Long) -> Message<'_> {
        let bytes = &self.buffer[..KEPT_BYTES];
        let whole = bytes[long.body..].iter().rposition(|byte| *byte == SOH);
        let end = whole.map_or(long.body, |at| long.body + at + 1);
        self.index.fill(bytes, long.body, end, true);
        Message::new(bytes, &bytes[2..long.begin_string_end], &self.index)
    }
}

#[cfg(test)]
mod tests;
