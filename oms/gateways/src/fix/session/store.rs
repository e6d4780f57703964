//! What an acceptor keeps of its application messages, so that it can send them again.

use super::StoreBounds;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::memory;
use std::collections::VecDeque;

/// One kept message, without its header.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    /// Its sequence number.
    pub seq: u64,
    /// Its type.
    pub msg_type: Text<4>,
    /// When it was first sent.
    pub sent_at: UnixNanos,
    start: usize,
    len: usize,
}

/// The last application messages, oldest first, in a ring of bytes. When it is full the oldest make
/// room: a resend then fills the gap over them, and the peer learns of its orders by asking.
pub(super) struct MessageStore {
    entries: VecDeque<Stored>,
    entries_max: usize,
    bytes: Box<[u8]>,
    next: usize,
}

impl MessageStore {
    pub fn new(bounds: StoreBounds) -> MessageStore {
        MessageStore {
            entries: VecDeque::with_capacity(bounds.messages),
            entries_max: bounds.messages,
            bytes: memory::present(0, bounds.bytes).into_boxed_slice(),
            next: 0,
        }
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.next = 0;
    }

    pub fn push(&mut self, seq: u64, msg_type: Text<4>, sent_at: UnixNanos, body: &[u8]) {
        debug_assert!(self.entries.back().is_none_or(|last| last.seq < seq), "numbers run forward");
        // An empty body takes a byte too, so that no two messages share a place.
        let room = body.len().max(1);
        if self.entries_max == 0 || room > self.bytes.len() {
            return;
        }
        if self.entries.len() == self.entries_max {
            self.entries.pop_front();
        }
        // A message is never split: what is left at the end of the ring stays unused.
        let wraps = self.next + room > self.bytes.len();
        let start = if wraps { 0 } else { self.next };
        let end = start + room;
        while self.entries.front().is_some_and(|oldest| {
            let is_behind_the_cut = wraps && oldest.start >= self.next;
            is_behind_the_cut || (oldest.start < end && start < oldest.start + oldest.len.max(1))
        }) {
            self.entries.pop_front();
        }
        self.bytes[start..start + body.len()].copy_from_slice(body);
        self.next = end;
        self.entries.push_back(Stored { seq, msg_type, sent_at, start, len: body.len() });
    }

    /// The first kept message whose number is `seq` or higher.
    pub fn at_or_after(&self, seq: u64) -> Option<Stored> {
        let at = self.entries.partition_point(|entry| entry.seq < seq);
        self.entries.get(at).copied()
    }

    /// The kept messages whose number is `seq` or higher.
    pub fn from(&self, seq: u64) -> impl Iterator<Item = &Stored> {
        let at = self.entries.partition_point(|entry| entry.seq < seq);
        self.entries.range(at..)
    }

    pub fn body(&self, stored: &Stored) -> &[u8] {
        &self.bytes[stored.start..stored.start + stored.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_is_kept_is_the_newest_and_is_unharmed(
            lengths in prop::collection::vec(0..40usize, 0..200),
            messages in 1..20usize,
            bytes in 40..200usize,
        ) {
            let mut store = MessageStore::new(StoreBounds { messages, bytes });
            let body = |seq: usize, len: usize| vec![seq as u8; len];
            for (at, len) in lengths.iter().enumerate() {
                store.push(at as u64 + 1, Text::new("8"), UnixNanos(0), &body(at, *len));
                let last = store.at_or_after(at as u64 + 1).expect("the newest is always kept");
                prop_assert_eq!(last.seq, at as u64 + 1);
                let mut seq = store.at_or_after(0).expect("not empty").seq;
                while let Some(kept) = store.at_or_after(seq) {
                    prop_assert_eq!(kept.seq, seq, "no holes among what is kept");
                    let index = seq as usize - 1;
                    prop_assert_eq!(store.body(&kept), &body(index, lengths[index])[..]);
                    seq += 1;
                }
            }
        }
    }
}
