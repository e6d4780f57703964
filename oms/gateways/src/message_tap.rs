//! Copies of a session's messages on their way to a log: the thread of the session copies bytes into a ring and goes
//! on, and another thread makes a log of them.
//!
//! A message lies in the ring in pieces of one size, all of them or none: what the ring has no room for is counted as
//! lost. Nothing is allocated after the start but by the reader.

use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::ring::{Consumer, Producer, ring};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a message that are copied; what a longer one has beyond them is not.
pub const COPIED_BYTES_MAX: usize = 8 << 10;
/// Bytes of a message in one piece, so that a piece is four cache lines.
const PIECE_BYTES: usize = 240;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From us.
    Sent,
    /// To us.
    Received,
}

/// A part of a message. Those after the first of a message say its time and direction again.
#[derive(Clone, Copy)]
struct Piece {
    time: UnixNanos,
    /// Bytes of the whole message, copied or not.
    whole: u32,
    direction: Direction,
    bytes: [u8; PIECE_BYTES],
}

/// The session's end.
pub struct MessageTap {
    ring: Producer<Piece>,
    lost: Arc<AtomicU64>,
}

/// The log's end.
pub struct MessageSource {
    ring: Consumer<Piece>,
    lost: Arc<AtomicU64>,
    /// Lost messages that were told of.
    told: u64,
    /// The message that comes, as far as it has come.
    bytes: Vec<u8>,
    /// Whether that one was given out.
    is_done: bool,
}

/// What comes out at the log's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied<'a> {
    /// A message.
    Message {
        /// When it was handled.
        time: UnixNanos,
        /// Which way it went.
        direction: Direction,
        /// Its bytes, as far as they are copied.
        bytes: &'a [u8],
        /// Bytes of the whole message.
        whole: usize,
    },
    /// So many messages found no room since this was told last.
    Lost(u64),
}

/// Both ends of a ring of so many pieces, rounded up to a power of two.
pub fn message_tap(pieces: usize) -> (MessageTap, MessageSource) {
    let (tap, source) = ring(pieces);
    let lost = Arc::new(AtomicU64::new(0));
    let bytes = Vec::with_capacity(COPIED_BYTES_MAX + PIECE_BYTES);
    let source =
        MessageSource { ring: source, lost: Arc::clone(&lost), told: 0, bytes, is_done: false };
    (MessageTap { ring: tap, lost }, source)
}

fn pieces_of(whole: usize) -> usize {
    whole.min(COPIED_BYTES_MAX).div_ceil(PIECE_BYTES).max(1)
}

impl MessageTap {
    /// Copies a message, or counts it as lost.
    pub fn copy(&mut self, direction: Direction, message: &[u8], time: UnixNanos) {
        let copied = &message[..message.len().min(COPIED_BYTES_MAX)];
        let has_room = self.ring.capacity() - self.ring.len() >= pieces_of(message.len());
        let whole = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let mut is_in = has_room && !copied.is_empty();
        for part in copied.chunks(PIECE_BYTES).take_while(|_| has_room) {
            let mut piece = Piece { time, whole, direction, bytes: [0; PIECE_BYTES] };
            piece.bytes[..part.len()].copy_from_slice(part);
            is_in &= self.ring.push(piece).is_ok();
        }
        if !is_in {
            self.lost.fetch_add(1, Ordering::Release);
        }
    }
}

impl MessageSource {
    /// The next thing for the log; `None` when there is nothing, or a message is only half there yet: it is whole the
    /// next time.
    #[expect(clippy::should_implement_trait, reason = "the bytes are lent")]
    pub fn next(&mut self) -> Option<Copied<'_>> {
        // The pieces of a message whose last has not come yet are kept.
        loop {
            let Some(piece) = self.ring.pop() else {
                let lost = self.lost.load(Ordering::Acquire);
                let more = lost - self.told;
                self.told = lost;
                return (more > 0).then_some(Copied::Lost(more));
            };
            let Piece { time, whole, direction, bytes } = piece;
            let whole = whole as usize;
            let copied = whole.min(COPIED_BYTES_MAX);
            if std::mem::take(&mut self.is_done) {
                self.bytes.clear();
            }
            let missing = (copied - self.bytes.len()).min(PIECE_BYTES);
            self.bytes.extend_from_slice(&bytes[..missing]);
            if self.bytes.len() == copied {
                self.is_done = true;
                return Some(Copied::Message { time, direction, bytes: &self.bytes, whole });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Received, Sent};

    /// What has come, the bytes as text of one letter and its count.
    fn all(source: &mut MessageSource) -> Vec<(Direction, u64, char, usize, usize)> {
        let mut all = Vec::new();
        while let Some(Copied::Message { time, direction, bytes, whole }) = source.next() {
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "pieces of two messages");
            all.push((direction, time.0, char::from(bytes[0]), bytes.len(), whole));
        }
        all
    }

    #[test]
    fn messages_of_any_length_come_out_as_they_went_in_and_long_ones_are_cut() {
        let (mut tap, mut source) = message_tap(256);
        let lengths = [1, 239, 240, 241, 480, 700, COPIED_BYTES_MAX, COPIED_BYTES_MAX + 1, 60_000];
        for (number, len) in lengths.into_iter().enumerate() {
            let letter = b'a' + number as u8;
            tap.copy(
                if number % 2 == 0 { Sent } else { Received },
                &vec![letter; len],
                UnixNanos(7),
            );
        }
        let read = all(&mut source);
        assert_eq!(read.len(), lengths.len());
        for (number, (read, len)) in read.into_iter().zip(lengths).enumerate() {
            let direction = if number % 2 == 0 { Sent } else { Received };
            let letter = char::from(b'a' + number as u8);
            assert_eq!(read, (direction, 7, letter, len.min(COPIED_BYTES_MAX), len));
        }
        assert_eq!(source.next(), None);
    }

    #[test]
    fn what_finds_no_room_is_lost_whole_and_counted() {
        let (mut tap, mut source) = message_tap(4);
        tap.copy(Sent, &[b'a'; 500], UnixNanos(1));
        tap.copy(Sent, &[b'b'; 241], UnixNanos(2));
        tap.copy(Sent, &[b'c'; 240], UnixNanos(3));
        tap.copy(Sent, b"d", UnixNanos(4));
        let letters: Vec<char> = [source.next()].iter().filter_map(letter).collect();
        assert_eq!(letters, ['a'], "three pieces");
        assert_eq!(source.next().as_ref().and_then(|one| letter(&Some(*one))), Some('c'));
        assert_eq!(source.next(), Some(Copied::Lost(2)));
        assert_eq!(source.next(), None, "told once");
        tap.copy(Sent, b"e", UnixNanos(5));
        assert_eq!(all(&mut source).len(), 1);
    }

    fn letter(copied: &Option<Copied<'_>>) -> Option<char> {
        match copied {
            Some(Copied::Message { bytes, .. }) => Some(char::from(bytes[0])),
            _ => None,
        }
    }

    #[test]
    fn a_reader_on_another_thread_gets_every_message_or_its_loss() {
        let (mut tap, mut source) = message_tap(64);
        let writer = std::thread::spawn(move || {
            for number in 0..20_000_usize {
                tap.copy(Received, &vec![b'x'; 1 + number % 900], UnixNanos(number as u64));
            }
        });
        let (mut came, mut lost) = (0, 0);
        let mut last = 0;
        while came + lost < 20_000 {
            match source.next() {
                Some(Copied::Message { time, bytes, .. }) => {
                    assert_eq!(bytes.len() as u64, 1 + time.0 % 900);
                    assert!(came == 0 || time.0 > last);
                    (came, last) = (came + 1, time.0);
                }
                Some(Copied::Lost(more)) => lost += more,
                None => std::thread::yield_now(),
            }
        }
        writer.join().expect("it ends");
        assert!(came > 0);
    }
}
