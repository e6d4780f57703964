//! What a thread does when there is nothing to do.

use std::time::Duration;

/// How an idle thread waits, from the quickest and most wasteful to the slowest and kindest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitStrategy {
    /// Never gives the core away.
    Spin,
    /// Gives the core away at once whenever idle.
    Yield,
    /// Spins a little, yields a little, then sleeps for longer and longer, up to a millisecond.
    Park,
}

const SPINS: u32 = 64;
const YIELDS: u32 = 64;
const SLEEP_MIN: Duration = Duration::from_micros(10);
const SLEEP_MAX: Duration = Duration::from_millis(1);

/// Carries a wait strategy out.
#[derive(Debug)]
pub struct Idle {
    strategy: WaitStrategy,
    rounds: u32,
    sleep: Duration,
}

impl Idle {
    /// Nothing waited for yet.
    pub fn new(strategy: WaitStrategy) -> Idle {
        Idle { strategy, rounds: 0, sleep: SLEEP_MIN }
    }

    /// Called after each round of work with what was done in it: waits if that was nothing.
    #[inline]
    pub fn idle(&mut self, work: usize) {
        if work > 0 {
            self.rounds = 0;
            self.sleep = SLEEP_MIN;
            return;
        }
        match self.strategy {
            WaitStrategy::Spin => std::hint::spin_loop(),
            WaitStrategy::Yield => std::thread::yield_now(),
            WaitStrategy::Park => self.back_off(),
        }
    }

    fn back_off(&mut self) {
        if self.rounds < SPINS {
            self.rounds += 1;
            std::hint::spin_loop();
        } else if self.rounds < SPINS + YIELDS {
            self.rounds += 1;
            std::thread::yield_now();
        } else {
            std::thread::sleep(self.sleep);
            self.sleep = (self.sleep * 2).min(SLEEP_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parking_sleeps_longer_and_longer_until_there_is_work() {
        let mut idle = Idle::new(WaitStrategy::Park);
        for _ in 0..SPINS + YIELDS + 3 {
            idle.idle(0);
        }
        assert_eq!(idle.sleep, SLEEP_MIN * 8);
        for _ in 0..8 {
            idle.idle(0);
        }
        assert_eq!(idle.sleep, SLEEP_MAX);
        idle.idle(1);
        assert_eq!((idle.rounds, idle.sleep), (0, SLEEP_MIN));
    }
}
