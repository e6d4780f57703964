//! The rings that compete, behind one interface each way.

use crate::message::{Line, Message};
use crossbeam::queue::ArrayQueue;
use crossbeam::utils::CachePadded;
use gauntlet_engine::message::Rare;
use gauntlet_runtime::ring;
use gauntlet_runtime::split_ring::{Split, SplitConsumer, SplitProducer, split_ring};
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The sending end.
pub trait Send<M: Message>: std::marker::Send {
    /// Sends, or says that there is no room.
    fn send(&mut self, message: &M) -> bool;

    /// Sends messages as fast as they are taken.
    fn send_all(&mut self, count: u64) {
        for sequence in 1..=count {
            let message = M::new(sequence, 0, 0);
            while !self.send(&message) {
                spin_loop();
            }
        }
    }
}

/// The receiving end.
pub trait Receive<M: Message>: std::marker::Send {
    /// The next message, if there is one.
    fn receive(&mut self) -> Option<M>;

    /// Receives messages, in order, as fast as they come.
    fn receive_all(&mut self, count: u64) {
        let mut seen = 0;
        while seen < count {
            match self.receive() {
                Some(message) => {
                    seen += 1;
                    let [sequence, ..] = message.marks();
                    assert_eq!(sequence, seen, "a ring keeps the order and loses nothing");
                }
                None => spin_loop(),
            }
        }
    }
}

/// Both ends.
pub type Pair<M> = (Box<dyn Send<M>>, Box<dyn Receive<M>>);

/// Who competes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Contestant {
    /// One cache line, written over: what the hardware takes and no more.
    Floor,
    /// `gauntlet_runtime::ring`.
    Ours,
    /// `gauntlet_runtime::split_ring`, which has a second ring for what is large.
    Split,
    /// The `rtrb` crate.
    Rtrb,
    /// `crossbeam::queue::ArrayQueue`, which allows many senders and receivers.
    ArrayQueue,
}

impl Contestant {
    /// The floor, ours, then the others.
    pub const ALL: [Contestant; 5] = [
        Contestant::Floor,
        Contestant::Ours,
        Contestant::Split,
        Contestant::Rtrb,
        Contestant::ArrayQueue,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Contestant::Floor => "bare cache line",
            Contestant::Ours => "gauntlet ring",
            Contestant::Split => "gauntlet split ring",
            Contestant::Rtrb => "rtrb",
            Contestant::ArrayQueue => "crossbeam ArrayQueue",
        }
    }

    /// Whether it is ours.
    pub fn is_ours(self) -> bool {
        matches!(self, Contestant::Ours | Contestant::Split)
    }

    /// Whether it has room for more than one message.
    pub fn is_ring(self) -> bool {
        self != Contestant::Floor
    }

    /// Both ends of a new one; nothing where there is no floor for such a message.
    pub fn make<M: Message>(self, capacity: usize) -> Option<Pair<M>> {
        match self {
            Contestant::Floor => M::floor(),
            Contestant::Ours => {
                let (producer, consumer) = ring::ring::<M>(capacity);
                Some(pair(producer, consumer))
            }
            Contestant::Split => {
                let (producer, consumer) = split_ring::<M, Rare>(capacity);
                Some(pair(producer, consumer))
            }
            Contestant::Rtrb => {
                let (producer, consumer) = rtrb::RingBuffer::<M>::new(capacity);
                Some(pair(producer, consumer))
            }
            Contestant::ArrayQueue => {
                let queue = Arc::new(ArrayQueue::<M>::new(capacity));
                Some(pair(Arc::clone(&queue), queue))
            }
        }
    }
}

/// Both ends of a bare cache line.
pub fn floor() -> Pair<Line> {
    let line = Arc::new(Bare::default());
    pair(Arc::clone(&line), Reader { line, seen: 0 })
}

/// Boxes both ends, each on cache lines of its own: two small boxes are neighbours on the heap, and
/// what one end keeps for itself would be shared after all.
fn pair<M: Message>(
    sender: impl Send<M> + 'static,
    receiver: impl Receive<M> + 'static,
) -> Pair<M> {
    (Box::new(CachePadded::new(sender)), Box::new(CachePadded::new(receiver)))
}

impl<M: Message, T: Send<M>> Send<M> for CachePadded<T> {
    #[inline]
    fn send(&mut self, message: &M) -> bool {
        (**self).send(message)
    }
}

impl<M: Message, T: Receive<M>> Receive<M> for CachePadded<T> {
    #[inline]
    fn receive(&mut self) -> Option<M> {
        (**self).receive()
    }
}

/// A message's words, the number last to be written and first to be read.
#[derive(Default)]
struct Bare(CachePadded<[AtomicU64; 8]>);

struct Reader {
    line: Arc<Bare>,
    seen: u64,
}

impl Send<Line> for Arc<Bare> {
    #[inline]
    fn send(&mut self, message: &Line) -> bool {
        let [number, due, sent, filler @ ..] = &*self.0;
        let [sequence, was_due, was_sent] = message.marks;
        due.store(was_due, Ordering::Relaxed);
        sent.store(was_sent, Ordering::Relaxed);
        for (to, word) in filler.iter().zip(&message.filler) {
            to.store(*word, Ordering::Relaxed);
        }
        number.store(sequence, Ordering::Release);
        true
    }
}

impl Receive<Line> for Reader {
    #[inline]
    fn receive(&mut self) -> Option<Line> {
        let [number, due, sent, filler @ ..] = &*self.line.0;
        let sequence = number.load(Ordering::Acquire);
        if sequence == self.seen {
            return None;
        }
        self.seen = sequence;
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        Some(Line {
            marks: [sequence, load(due), load(sent)],
            filler: std::array::from_fn(|word| load(&filler[word])),
        })
    }
}

impl<M: Message> Send<M> for ring::Producer<M> {
    #[inline]
    fn send(&mut self, message: &M) -> bool {
        self.push(*message).is_ok()
    }
}

impl<M: Message> Receive<M> for ring::Consumer<M> {
    #[inline]
    fn receive(&mut self) -> Option<M> {
        self.pop()
    }
}

impl<M: Message> Send<M> for SplitProducer<M, Rare> {
    #[inline]
    fn send(&mut self, message: &M) -> bool {
        self.push(*message).is_ok()
    }
}

impl<M: Message> Receive<M> for SplitConsumer<M, Rare> {
    #[inline]
    fn receive(&mut self) -> Option<M> {
        match self.pop()? {
            Split::Hot(message) => Some(message),
            Split::Rare(_) => unreachable!("nothing rare was put in"),
        }
    }
}

impl<M: Message> Send<M> for rtrb::Producer<M> {
    #[inline]
    fn send(&mut self, message: &M) -> bool {
        self.push(*message).is_ok()
    }
}

impl<M: Message> Receive<M> for rtrb::Consumer<M> {
    #[inline]
    fn receive(&mut self) -> Option<M> {
        self.pop().ok()
    }
}

impl<M: Message> Send<M> for Arc<ArrayQueue<M>> {
    #[inline]
    fn send(&mut self, message: &M) -> bool {
        self.push(*message).is_ok()
    }
}

impl<M: Message> Receive<M> for Arc<ArrayQueue<M>> {
    #[inline]
    fn receive(&mut self) -> Option<M> {
        self.pop()
    }
}
