//! What of an acceptor's session outlives its process, for an owner that writes it down.
//!
//! An owner that holds back what waits to be written until [`Session::memory`] and the messages of
//! [`Session::kept_from`] are safe can take the session up again after any end: the peer sees numbers that go on and
//! gets every message that it was told of.

use super::{SequenceNumbers, Session};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;

/// Where a session stands, between its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The numbers of the next message each way.
    pub numbers: SequenceNumbers,
    /// When they were last in use.
    pub numbers_of: UnixNanos,
    /// Whether a client was ever logged on.
    pub was_used: bool,
    /// Whether the client is yet to be told that the numbers began anew.
    pub owes_reset: bool,
    /// How often the numbers began anew. What was kept before is not kept any more.
    pub resets: u64,
}

/// An application message that was sent and is kept, to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptMessage<'k> {
    /// Its number (tag 34).
    pub msg_seq_num: u64,
    /// Its type (tag 35).
    pub msg_type: Text<4>,
    /// When it was first sent.
    pub sent_at: UnixNanos,
    /// Its fields after the header, encoded.
    pub body: &'k [u8],
}

impl Session {
    /// Where it stands.
    pub fn memory(&self) -> Memory {
        Memory {
            numbers: self.numbers(),
            numbers_of: self.numbers_of,
            was_used: self.ever_logged_on,
            owes_reset: self.conduct.owes_reset(),
            resets: self.resets,
        }
    }

    /// The messages that an acceptor keeps, from a number on. Those that there was no room for are left out.
    pub fn kept_from(&self, msg_seq_num: u64) -> impl Iterator<Item = KeptMessage<'_>> {
        self.store.iter().flat_map(move |store| {
            store.from(msg_seq_num).map(|kept| KeptMessage {
                msg_seq_num: kept.seq,
                msg_type: kept.msg_type,
                sent_at: kept.sent_at,
                body: store.body(kept),
            })
        })
    }

    /// Goes on where another process left off. For a session that has no connection yet.
    pub fn resume(&mut self, memory: &Memory) {
        let Memory { numbers, numbers_of, was_used, owes_reset, resets } = *memory;
        (self.next_out, self.next_in) = (numbers.next_out.max(1), numbers.next_in.max(1));
        (self.numbers_of, self.ever_logged_on, self.resets) = (numbers_of, was_used, resets);
        self.conduct.set_owes_reset(owes_reset);
    }

    /// Keeps nothing of what was sent so far.
    pub fn forget_kept(&mut self) {
        if let Some(store) = &mut self.store {
            store.clear();
        }
    }

    /// Keeps a message that another process sent. To be called in the order of the numbers.
    pub fn keep(&mut self, kept: &KeptMessage<'_>) {
        if let Some(store) = &mut self.store {
            store.push(kept.msg_seq_num, kept.msg_type, kept.sent_at, kept.body);
        }
    }
}
