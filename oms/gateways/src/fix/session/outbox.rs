//! Bytes that wait to be written.

use crate::fix::codec::{FieldWriter, SOH, TooLong, encode_message, parse_uint};

/// `10=`, three digits and the end of the field.
const CHECKSUM_BYTES: usize = 7;

/// Why a message could not be put into the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It would not fit an empty outbox either.
    TooLong,
    /// Too much waits already.
    Full,
}

/// A bounded queue of encoded messages, contiguous so that one write takes all of it. Messages are
/// encoded in place; nothing is copied on the way to the socket.
pub struct Outbox {
    buffer: Box<[u8]>,
    head: usize,
    tail: usize,
    /// Where those messages begin that [`Outbox::next_new`] did not give yet.
    new_from: usize,
    /// Bytes of the longest message.
    message_bytes_max: usize,
}

impl Outbox {
    pub(super) fn new(bytes: usize, message_bytes_max: usize) -> Outbox {
        let buffer = vec![0; bytes].into_boxed_slice();
        Outbox { buffer, head: 0, tail: 0, new_from: 0, message_bytes_max }
    }

    /// What waits to be written.
    pub fn pending(&self) -> &[u8] {
        &self.buffer[self.head..self.tail]
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.head == self.tail
    }

    /// Says that the first `bytes` of [`Outbox::pending`] are written.
    pub fn written(&mut self, bytes: usize) {
        self.head = (self.head + bytes).min(self.tail);
    }

    /// The next message that was put in since this was called last, written already or not: for a log. What was
    /// not asked for before the next message is put in after all was written is gone.
    pub fn next_new(&mut self) -> Option<&[u8]> {
        let new = &self.buffer[self.new_from.min(self.tail)..self.tail];
        let len = message_len(new);
        self.new_from += len;
        (len > 0).then(|| &new[..len])
    }

    pub(super) fn clear(&mut self) {
        (self.head, self.tail, self.new_from) = (0, 0, 0);
    }

    /// Whether less than half of the room is taken.
    pub fn has_room(&self) -> bool {
        self.tail - self.head < self.buffer.len() / 2
    }

    pub(super) fn encode(
        &mut self,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<(), Refused> {
        if self.is_empty() {
            self.clear();
        }
        if self.buffer.len() - self.tail < self.message_bytes_max {
            self.buffer.copy_within(self.head..self.tail, 0);
            self.new_from = self.new_from.saturating_sub(self.head);
            (self.head, self.tail) = (0, self.tail - self.head);
        }
        let room = (self.buffer.len() - self.tail).min(self.message_bytes_max);
        let space = &mut self.buffer[self.tail..self.tail + room];
        match encode_message(space, body) {
            Ok(len) => {
                self.tail += len;
                Ok(())
            }
            Err(TooLong) if room == self.message_bytes_max => Err(Refused::TooLong),
            Err(TooLong) => Err(Refused::Full),
        }
    }
}

/// Bytes of the message at the beginning; all where there is none of ours. The frame is `8=FIX.4.4`, `9=` and the
/// length of what follows up to the checksum, which has seven bytes.
fn message_len(bytes: &[u8]) -> usize {
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == SOH).map(|(at, _)| at);
    let (Some(first), Some(second)) = (ends.next(), ends.next()) else { return bytes.len() };
    let length = bytes.get(first + 3..second).and_then(parse_uint);
    let whole = length.and_then(|length| usize::try_from(length).ok());
    whole.map_or(bytes.len(), |body| (second + 1 + body + CHECKSUM_BYTES).min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::codec::MESSAGE_BYTES_MAX;

    fn put(outbox: &mut Outbox, value: &[u8]) {
        outbox.encode(|w| w.raw(58, value)).expect("there is room");
    }

    fn news(outbox: &mut Outbox) -> Vec<String> {
        let mut news = Vec::new();
        while let Some(message) = outbox.next_new() {
            news.push(String::from_utf8_lossy(message).into_owned());
        }
        news
    }

    #[test]
    fn what_is_new_is_given_once_whole_and_one_by_one_written_or_not() {
        let mut outbox = Outbox::new(4 * MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
        assert_eq!(news(&mut outbox), Vec::<String>::new());
        put(&mut outbox, b"one");
        put(&mut outbox, b"two");
        let first = news(&mut outbox);
        assert_eq!(first.len(), 2);
        assert!(first[0].starts_with("8=FIX.4.4") && first[0].contains("58=one"), "{first:?}");
        assert!(first[1].contains("58=two") && first[1].contains("10="), "{first:?}");
        put(&mut outbox, b"three");
        outbox.written(outbox.pending().len());
        assert!(outbox.is_empty());
        assert_eq!(news(&mut outbox).len(), 1, "it is written and was not given yet");
        put(&mut outbox, b"four");
        assert!(news(&mut outbox)[0].contains("58=four"));
        put(&mut outbox, b"five");
        outbox.clear();
        assert_eq!(news(&mut outbox), Vec::<String>::new(), "the connection is gone");
    }

    #[test]
    fn what_is_new_is_found_behind_what_was_moved_to_the_beginning() {
        let mut outbox = Outbox::new(3 * MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
        let mut given = 0;
        for number in 0..100 {
            put(&mut outbox, format!("{number} {}", "x".repeat(4_000)).as_bytes());
            // Something always waits, so that it is never empty.
            outbox.written(outbox.pending().len().saturating_sub(5_000));
            let news = news(&mut outbox);
            assert_eq!(news.len(), 1, "{number}");
            assert!(news[0].contains(&format!("\x0158={number} ")), "{number}");
            given += 1;
        }
        assert_eq!(given, 100);
    }
}
