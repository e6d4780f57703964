//! Where market data comes from, as the door sees it.

use gauntlet_feeds::{FeedError, FeedInstrument, LiveFeed, Received};
use gauntlet_model::units::UnixNanos;
use std::collections::VecDeque;

/// A source of market data that never blocks.
pub trait MarketFeed: Send {
    /// Does what can be done without waiting and gives `sink` what came of it. `now` is the wall
    /// clock. Returns how much was done.
    ///
    /// # Errors
    /// When no further attempt can help.
    fn poll(&mut self, now: UnixNanos, sink: &mut impl FnMut(Received))
    -> Result<usize, FeedError>;

    /// Records of any kind read so far.
    fn records(&self) -> u64;

    /// Follows one more instrument. A feed that brings what it has needs to do nothing.
    ///
    /// # Errors
    /// It cannot.
    fn follow(&mut self, _instrument: FeedInstrument) -> Result<(), FeedError> {
        Ok(())
    }

    /// Does not ask for a contract any more that has ended.
    fn leave(&mut self, _symbol: &str) {}
}

impl MarketFeed for LiveFeed {
    #[inline]
    fn poll(
        &mut self,
        now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, FeedError> {
        LiveFeed::poll(self, now, sink)
    }

    #[inline]
    fn records(&self) -> u64 {
        self.stats().records
    }

    fn follow(&mut self, instrument: FeedInstrument) -> Result<(), FeedError> {
        LiveFeed::follow(self, instrument)
    }

    fn leave(&mut self, symbol: &str) {
        LiveFeed::leave(self, symbol);
    }
}

/// A feed from memory: gives what was put in, in order, some at a time.
#[derive(Debug)]
pub struct MemoryFeed {
    waiting: VecDeque<Received>,
    per_poll: usize,
    records: u64,
}

impl MemoryFeed {
    /// A feed that gives at most `per_poll` records a round, at least one.
    pub fn new(per_poll: usize) -> MemoryFeed {
        MemoryFeed { waiting: VecDeque::new(), per_poll: per_poll.max(1), records: 0 }
    }

    /// Puts a record behind those that wait.
    pub fn push(&mut self, received: Received) {
        self.waiting.push_back(received);
    }

    /// Records that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl MarketFeed for MemoryFeed {
    fn poll(
        &mut self,
        _now: UnixNanos,
        sink: &mut impl FnMut(Received),
    ) -> Result<usize, FeedError> {
        let given = self.waiting.len().min(self.per_poll);
        self.records += given as u64;
        self.waiting.drain(..given).for_each(sink);
        Ok(given)
    }

    fn records(&self) -> u64 {
        self.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::{Input, Timer};

    #[test]
    fn a_feed_from_memory_gives_everything_once_in_order_and_no_more_than_asked_a_round() {
        let mut feed = MemoryFeed::new(2);
        for second in 0..5 {
            let (input, ts) = (Input::Timer(Timer { second }), UnixNanos(second));
            feed.push(Received { input, ts, arrived: 0 });
        }
        let (mut rounds, mut times) = (Vec::new(), Vec::new());
        while !feed.is_empty() {
            let done = feed.poll(UnixNanos(0), &mut |received| times.push(received.ts.0));
            rounds.push(done.expect("memory does not fail"));
        }
        assert_eq!((rounds, times), (vec![2, 2, 1], vec![0, 1, 2, 3, 4]));
        assert_eq!((feed.records(), feed.len()), (5, 0));
    }
}
