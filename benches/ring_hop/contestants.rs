//! The rings that compete, behind one interface each way.

use crossbeam::queue::ArrayQueue;
use crossbeam::utils::CachePadded;
use gauntlet_runtime::ring;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// 64 bytes that lie in one cache line.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
pub struct Message {
    /// Its number, from 1.
    pub sequence: u64,
    /// When it was to be sent, as a raw counter reading.
    pub due: u64,
    /// When it was sent, as a raw counter reading.
    pub sent: u64,
    /// What makes it as long as it is.
    pub filler: [u64; 5],
}

/// The sending end.
pub trait Send: std::marker::Send {
    /// Sends, or says that there is no room.
    fn send(&mut self, message: &Message) -> bool;

    /// Sends messages as fast as they are taken.
    fn send_all(&mut self, count: u64) {
        for sequence in 1..=count {
            let message = Message { sequence, ..Message::default() };
            while !self.send(&message) {
                spin_loop();
            }
        }
    }
}

/// The receiving end.
pub trait Receive: std::marker::Send {
    /// The next message, if there is one.
    fn receive(&mut self) -> Option<Message>;

    /// Receives messages, in order, as fast as they come.
    fn receive_all(&mut self, count: u64) {
        let mut seen = 0;
        while seen < count {
            match self.receive() {
                Some(message) => {
                    seen += 1;
                    assert_eq!(message.sequence, seen, "a ring keeps the order and loses nothing");
                }
                None => spin_loop(),
            }
        }
    }
}

/// Who competes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Contestant {
    /// One cache line, written over: what the hardware takes and no more.
    CacheLine,
    /// `gauntlet_runtime::ring`.
    Ours,
    /// The `rtrb` crate.
    Rtrb,
    /// `crossbeam::queue::ArrayQueue`, which allows many senders and receivers.
    ArrayQueue,
}

impl Contestant {
    /// The floor, ours, then the others.
    pub const ALL: [Contestant; 4] =
        [Contestant::CacheLine, Contestant::Ours, Contestant::Rtrb, Contestant::ArrayQueue];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Contestant::CacheLine => "bare cache line",
            Contestant::Ours => "gauntlet ring",
            Contestant::Rtrb => "rtrb",
            Contestant::ArrayQueue => "crossbeam ArrayQueue",
        }
    }

    /// Whether it has room for more than one message.
    pub fn is_ring(self) -> bool {
        self != Contestant::CacheLine
    }

    /// Both ends of a new one.
    pub fn make(self, capacity: usize) -> (Box<dyn Send>, Box<dyn Receive>) {
        match self {
            Contestant::CacheLine => {
                let line = Arc::new(Line::default());
                pair(Arc::clone(&line), Reader { line, seen: 0 })
            }
            Contestant::Ours => {
                let (producer, consumer) = ring::ring(capacity);
                pair(producer, consumer)
            }
            Contestant::Rtrb => {
                let (producer, consumer) = rtrb::RingBuffer::new(capacity);
                pair(producer, consumer)
            }
            Contestant::ArrayQueue => {
                let queue = Arc::new(ArrayQueue::new(capacity));
                pair(Arc::clone(&queue), queue)
            }
        }
    }
}

/// Boxes both ends, each on cache lines of its own: two small boxes are neighbours on the heap, and
/// what one end keeps for itself would be shared after all.
fn pair(
    sender: impl Send + 'static,
    receiver: impl Receive + 'static,
) -> (Box<dyn Send>, Box<dyn Receive>) {
    (Box::new(CachePadded::new(sender)), Box::new(CachePadded::new(receiver)))
}

impl<T: Send> Send for CachePadded<T> {
    #[inline]
    fn send(&mut self, message: &Message) -> bool {
        (**self).send(message)
    }
}

impl<T: Receive> Receive for CachePadded<T> {
    #[inline]
    fn receive(&mut self) -> Option<Message> {
        (**self).receive()
    }
}

/// A message's words, the number last to be written and first to be read.
#[derive(Default)]
struct Line(CachePadded<[AtomicU64; 8]>);

struct Reader {
    line: Arc<Line>,
    seen: u64,
}

impl Send for Arc<Line> {
    #[inline]
    fn send(&mut self, message: &Message) -> bool {
        let [number, due, sent, filler @ ..] = &*self.0;
        due.store(message.due, Ordering::Relaxed);
        sent.store(message.sent, Ordering::Relaxed);
        for (to, word) in filler.iter().zip(&message.filler) {
            to.store(*word, Ordering::Relaxed);
        }
        number.store(message.sequence, Ordering::Release);
        true
    }
}

impl Receive for Reader {
    #[inline]
    fn receive(&mut self) -> Option<Message> {
        let [number, due, sent, filler @ ..] = &*self.line.0;
        let sequence = number.load(Ordering::Acquire);
        if sequence == self.seen {
            return None;
        }
        self.seen = sequence;
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        Some(Message {
            sequence,
            due: load(due),
            sent: load(sent),
            filler: std::array::from_fn(|word| load(&filler[word])),
        })
    }
}

impl Send for ring::Producer<Message> {
    #[inline]
    fn send(&mut self, message: &Message) -> bool {
        self.push(*message).is_ok()
    }
}

impl Receive for ring::Consumer<Message> {
    #[inline]
    fn receive(&mut self) -> Option<Message> {
        self.pop()
    }
}

impl Send for rtrb::Producer<Message> {
    #[inline]
    fn send(&mut self, message: &Message) -> bool {
        self.push(*message).is_ok()
    }
}

impl Receive for rtrb::Consumer<Message> {
    #[inline]
    fn receive(&mut self) -> Option<Message> {
        self.pop().ok()
    }
}

impl Send for Arc<ArrayQueue<Message>> {
    #[inline]
    fn send(&mut self, message: &Message) -> bool {
        self.push(*message).is_ok()
    }
}

impl Receive for Arc<ArrayQueue<Message>> {
    #[inline]
    fn receive(&mut self) -> Option<Message> {
        self.pop()
    }
}
