//! Bytes that wait to be written.

use crate::fix::codec::{FieldWriter, MESSAGE_BYTES_MAX, TooLong, encode_message};

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
}

impl Outbox {
    pub(super) fn new(bytes: usize) -> Outbox {
        Outbox { buffer: vec![0; bytes].into_boxed_slice(), head: 0, tail: 0 }
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
        if self.head == self.tail {
            (self.head, self.tail) = (0, 0);
        }
    }

    pub(super) fn clear(&mut self) {
        (self.head, self.tail) = (0, 0);
    }

    /// Whether less than half of the room is taken.
    pub(super) fn has_room(&self) -> bool {
        self.tail - self.head < self.buffer.len() / 2
    }

    pub(super) fn encode(
        &mut self,
        body: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Result<(), Refused> {
        if self.buffer.len() - self.tail < MESSAGE_BYTES_MAX {
            self.buffer.copy_within(self.head..self.tail, 0);
            (self.head, self.tail) = (0, self.tail - self.head);
        }
        let room = (self.buffer.len() - self.tail).min(MESSAGE_BYTES_MAX);
        let space = &mut self.buffer[self.tail..self.tail + room];
        match encode_message(space, body) {
            Ok(len) => {
                self.tail += len;
                Ok(())
            }
            Err(TooLong) if room == MESSAGE_BYTES_MAX => Err(Refused::TooLong),
            Err(TooLong) => Err(Refused::Full),
        }
    }
}
