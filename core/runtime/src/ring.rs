//! A bounded ring from one producer thread to one consumer thread, lock-free and wait-free.
//!
//! Each side owns one index and reads the other's; each keeps a copy of the other's index from its
//! last look and looks again only when the copy says full (or empty), so that in the steady state a
//! message costs one cache line of data and, now and then, one of indices. Indices run freely and
//! are masked on use, so full and empty differ without a spare slot.
//!
//! ```
//! let (mut producer, mut consumer) = gauntlet_runtime::ring::ring::<u64>(4);
//! producer.push(7).expect("there is room");
//! assert_eq!(consumer.pop(), Some(7));
//! assert_eq!(consumer.pop(), None);
//! ```

use super::sync::{Arc, AtomicUsize, Ordering, UnsafeCell};
use crossbeam_utils::CachePadded;
use std::mem::MaybeUninit;

struct Shared<T> {
    /// Messages written so far; only the producer stores it.
    tail: CachePadded<AtomicUsize>,
    /// Messages read so far; only the consumer stores it.
    head: CachePadded<AtomicUsize>,
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
}

// SAFETY: a slot is touched by the producer only while `tail - head < capacity` says it is free and
// by the consumer only after `tail` was released past it, so values move between the two threads
// but are never shared; moving them needs `T: Send` and no more.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above; `Producer` and `Consumer` are the only handles and neither can be cloned.
unsafe impl<T: Send> Sync for Shared<T> {}

/// The writing end.
pub struct Producer<T> {
    shared: Arc<Shared<T>>,
    tail: usize,
    head_seen: usize,
}

/// The reading end.
pub struct Consumer<T> {
    shared: Arc<Shared<T>>,
    head: usize,
    tail_seen: usize,
}

/// Makes a ring of `capacity` messages, rounded up to a power of two.
///
/// Messages are `Copy`: a ring dropped with messages inside has nothing to run.
pub fn ring<T: Copy + Send>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let capacity = capacity.max(1).next_power_of_two();
    let slots = (0..capacity).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect();
    let shared = Arc::new(Shared {
        tail: CachePadded::new(AtomicUsize::new(0)),
        head: CachePadded::new(AtomicUsize::new(0)),
        slots,
    });
    (
        Producer { shared: Arc::clone(&shared), tail: 0, head_seen: 0 },
        Consumer { shared, head: 0, tail_seen: 0 },
    )
}

impl<T: Copy + Send> Producer<T> {
    /// Puts a message in.
    ///
    /// # Errors
    /// Gives the message back when the ring is full.
    #[inline]
    pub fn push(&mut self, message: T) -> Result<(), T> {
        if !self.has_room() {
            return Err(message);
        }
        let slot = &self.shared.slots[self.tail & (self.shared.slots.len() - 1)];
        // SAFETY: the slot is free: the consumer's index, acquired, is past its last use, and no
        // other producer exists.
        slot.with_mut(|p| unsafe { (*p).write(message) });
        self.tail = self.tail.wrapping_add(1);
        self.shared.tail.store(self.tail, Ordering::Release);
        Ok(())
    }

    /// Whether a message fits: the next push will not be refused.
    #[inline]
    pub fn has_room(&mut self) -> bool {
        let capacity = self.shared.slots.len();
        if self.tail.wrapping_sub(self.head_seen) == capacity {
            self.head_seen = self.shared.head.load(Ordering::Acquire);
        }
        self.tail.wrapping_sub(self.head_seen) < capacity
    }

    /// Messages that are inside at most: the consumer may have taken some since.
    pub fn len(&self) -> usize {
        self.tail.wrapping_sub(self.shared.head.load(Ordering::Relaxed))
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Messages that fit.
    pub fn capacity(&self) -> usize {
        self.shared.slots.len()
    }
}

impl<T: Copy + Send> Consumer<T> {
    /// Takes the oldest message out.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        if self.head == self.tail_seen {
            self.tail_seen = self.shared.tail.load(Ordering::Acquire);
            if self.head == self.tail_seen {
                return None;
            }
        }
        let capacity = self.shared.slots.len();
        let slot = &self.shared.slots[self.head & (capacity - 1)];
        // SAFETY: the producer's index, acquired, is past this slot, so it was written; `T: Copy`,
        // so reading it leaves nothing to drop; the slot is not written again before `head` moves.
        let message = slot.with(|p| unsafe { (*p).assume_init_read() });
        self.head = self.head.wrapping_add(1);
        self.shared.head.store(self.head, Ordering::Release);
        Some(message)
    }
}
