//! A ring for messages of two sizes, from one producer thread to one consumer thread, in one order.
//!
//! A ring's slots are all as large as its largest message, so one that carries a report of 250 bytes
//! now and then copies 250 bytes for every tick. Here what is hot travels in a [`ring`] of small
//! slots; what is rare waits in a second ring beside it, and a ticket in the first keeps its place.
//! Both have as many slots, and every rare message has a ticket: so there is room for a message of
//! either kind exactly when the first ring has room, and the second cannot overflow.
//!
//! ```
//! use gauntlet_runtime::split_ring::{Split, split_ring};
//! let (mut producer, mut consumer) = split_ring::<u8, [u8; 256]>(4);
//! producer.push(7).expect("there is room");
//! producer.push_rare([1; 256]).expect("there is room");
//! assert_eq!(consumer.pop(), Some(Split::Hot(7)));
//! assert_eq!(consumer.pop(), Some(Split::Rare([1; 256])));
//! assert_eq!(consumer.pop(), None);
//! ```

use super::ring::{Consumer, Producer, ring};

/// What lies in the first ring.
#[derive(Clone, Copy)]
enum Slot<H> {
    Hot(H),
    /// The next of the second ring goes here.
    Ticket,
}

/// The writing end.
pub struct SplitProducer<H, R> {
    main: Producer<Slot<H>>,
    side: Producer<R>,
}

/// The reading end.
pub struct SplitConsumer<H, R> {
    main: Consumer<Slot<H>>,
    side: Consumer<R>,
}

/// A message of either size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split<H, R> {
    /// A small one.
    Hot(H),
    /// A large one.
    Rare(R),
}

impl<H, R> Split<H, R> {
    /// The same, lent.
    #[inline]
    pub fn as_ref(&self) -> Split<&H, &R> {
        match self {
            Split::Hot(hot) => Split::Hot(hot),
            Split::Rare(rare) => Split::Rare(rare),
        }
    }
}

/// Makes a ring of `capacity` messages of any kind, rounded up to a power of two. All memory is taken
/// here.
pub fn split_ring<H: Copy + Send, R: Copy + Send>(
    capacity: usize,
) -> (SplitProducer<H, R>, SplitConsumer<H, R>) {
    let (main, from_main) = ring(capacity);
    let (side, from_side) = ring(capacity);
    (SplitProducer { main, side }, SplitConsumer { main: from_main, side: from_side })
}

/// Bytes of the slot that a hot message of type `H` takes.
pub const fn slot_bytes<H>() -> usize {
    size_of::<Slot<H>>()
}

impl<H: Copy + Send, R: Copy + Send> SplitProducer<H, R> {
    /// Puts a hot message in.
    ///
    /// # Errors
    /// Gives the message back when the ring is full.
    #[inline]
    pub fn push(&mut self, message: H) -> Result<(), H> {
        self.main.push(Slot::Hot(message)).map_err(|_full| message)
    }

    /// Puts a rare message in.
    ///
    /// # Errors
    /// Gives the message back when the ring is full.
    pub fn push_rare(&mut self, message: R) -> Result<(), R> {
        // The message first: whoever finds a ticket finds the message too.
        if !self.main.has_room() {
            return Err(message);
        }
        self.side.push(message)?;
        let ticket = self.main.push(Slot::Ticket);
        assert!(ticket.is_ok(), "only this end fills the ring, and there was room");
        Ok(())
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.main.is_empty()
    }
}

impl<H: Copy + Send, R: Copy + Send> SplitConsumer<H, R> {
    /// Takes the oldest message out.
    #[inline]
    pub fn pop(&mut self) -> Option<Split<H, R>> {
        match self.main.pop()? {
            Slot::Hot(message) => Some(Split::Hot(message)),
            Slot::Ticket => Some(Split::Rare(self.rare())),
        }
    }

    #[cold]
    fn rare(&mut self) -> R {
        self.side.pop().expect("a message is put into the second ring before its ticket is")
    }
}
