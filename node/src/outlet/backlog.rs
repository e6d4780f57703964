//! What waits for the sequencer: brokers' words, and the answers to commands.

use gauntlet_model::input::Input;
use gauntlet_model::text::Text;
use std::collections::VecDeque;

/// Something for the sequencer, from the chain's far end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Feedback {
    /// A broker's word.
    Input {
        /// What it says.
        input: Input,
        /// Raw counter reading at the return of the read that brought it.
        arrived: u64,
    },
    /// A command went through the chain.
    Commanded {
        /// The number it had.
        seq: u64,
        /// Working orders that it asked to be cancelled.
        orders: u32,
        /// Why the core refused it, if it did.
        refused: Option<Text<64>>,
    },
}

/// Broker words that wait for the sequencer; the gateways are not polled while it is half full.
pub const BACKLOG_MAX: usize = 8_192;
/// Answers to commands that have room beside them: more commands are never under way.
const ANSWERS_MAX: usize = 64;

/// There is no room for another word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// See the module.
pub struct Backlog {
    waiting: VecDeque<Feedback>,
    /// Words handed to the sequencer that have not come down the chain yet.
    under_way: u64,
}

impl Backlog {
    /// An empty one. Its memory is taken here.
    pub fn new() -> Backlog {
        Backlog { waiting: VecDeque::with_capacity(BACKLOG_MAX + ANSWERS_MAX), under_way: 0 }
    }

    /// Keeps a broker's word. When it arrived is filled in by [`Backlog::stamp`], since one read may
    /// bring many.
    ///
    /// # Errors
    /// When as many wait already as may.
    pub fn push(&mut self, input: Input) -> Result<(), Full> {
        if self.waiting.len() >= BACKLOG_MAX {
            return Err(Full);
        }
        self.waiting.push_back(Feedback::Input { input, arrived: 0 });
        Ok(())
    }

    /// Keeps the answer to a command.
    pub fn answer(&mut self, answer: Feedback) {
        self.waiting.push_back(answer);
    }

    /// Tells when the words without an arrival arrived.
    pub fn stamp(&mut self, read_at: u64) {
        for entry in &mut self.waiting {
            if let Feedback::Input { arrived: arrived @ 0, .. } = entry {
                *arrived = read_at;
            }
        }
    }

    /// Whether anything waits for the sequencer.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many words and answers wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The next thing for the sequencer.
    pub fn pop(&mut self) -> Option<Feedback> {
        let next = self.waiting.pop_front()?;
        self.under_way += u64::from(matches!(next, Feedback::Input { .. }));
        Some(next)
    }

    /// A word that was handed out has come down the chain.
    pub fn came_home(&mut self) {
        assert!(self.under_way > 0, "no more words come down the chain than were handed out");
        self.under_way -= 1;
    }

    /// Whether brokers should not be asked for more.
    pub fn is_half_full(&self) -> bool {
        self.waiting.len() >= BACKLOG_MAX / 2
    }

    /// Whether no word waits or is under way.
    pub fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.under_way == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::Timer;

    fn word(second: u64) -> Input {
        Input::Timer(Timer { second })
    }

    #[test]
    fn words_come_out_as_they_came_with_the_time_of_their_own_read() {
        let mut backlog = Backlog::new();
        backlog.push(word(1)).expect("room");
        backlog.stamp(10);
        backlog.push(word(2)).expect("room");
        backlog.stamp(20);
        assert_eq!(backlog.pop(), Some(Feedback::Input { input: word(1), arrived: 10 }));
        assert_eq!(backlog.pop(), Some(Feedback::Input { input: word(2), arrived: 20 }));
        assert_eq!(backlog.pop(), None);
    }

    #[test]
    fn it_is_quiet_once_every_word_has_come_home() {
        let mut backlog = Backlog::new();
        assert!(backlog.is_quiet());
        backlog.push(word(1)).expect("room");
        backlog.answer(Feedback::Commanded { seq: 1, orders: 0, refused: None });
        assert!(!backlog.is_quiet());
        while backlog.pop().is_some() {}
        assert!(!backlog.is_quiet(), "the word is under way; the answer goes to whoever asked");
        backlog.came_home();
        assert!(backlog.is_quiet());
    }

    #[test]
    fn it_asks_for_no_more_when_half_full_and_refuses_what_is_too_much() {
        let mut backlog = Backlog::new();
        for second in 0..BACKLOG_MAX as u64 {
            assert_eq!(backlog.is_half_full(), second >= BACKLOG_MAX as u64 / 2);
            backlog.push(word(second)).expect("room");
        }
        assert_eq!(backlog.push(word(0)), Err(Full));
        backlog.pop().expect("they wait");
        assert_eq!(backlog.push(word(0)), Ok(()));
    }
}
