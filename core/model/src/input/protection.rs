//! How a position is protected while nobody here watches it.

use rkyv::{Archive, Deserialize, Serialize};

/// What of a bot's exits rests at its broker.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Protection {
    /// While the bot holds something a stop order rests at the broker, and it is moved when its level has
    /// moved by so many ticks; 0 when none rests there. The highest bit says whether a limit order rests at the
    /// bot's target as well.
    pub step_ticks: u16,
}

impl Protection {
    /// Nothing rests at the broker.
    pub const NONE: Protection = Protection { step_ticks: 0 };
    /// The bit of a target.
    const TARGET: u16 = 1 << 15;
    /// The largest step.
    pub const STEP_TICKS_MAX: u16 = Protection::TARGET - 1;

    /// A stop that moves by so many ticks, [`Protection::STEP_TICKS_MAX`] at most.
    pub fn stop(step_ticks: u16) -> Protection {
        Protection { step_ticks: step_ticks.min(Protection::STEP_TICKS_MAX) }
    }

    /// The same with a target at the broker, or without.
    #[must_use]
    pub fn and_target(self, rests: bool) -> Protection {
        let target = if rests { Protection::TARGET } else { 0 };
        Protection { step_ticks: self.step() | target }
    }

    /// By how many ticks a level has to move before its order is moved; 0 when no stop rests at the broker.
    pub fn step(self) -> u16 {
        self.step_ticks & Protection::STEP_TICKS_MAX
    }

    /// Whether a stop order rests at the broker.
    pub fn is_stop(self) -> bool {
        self.step() > 0
    }

    /// Whether a limit order rests at the target.
    pub fn is_target(self) -> bool {
        self.step_ticks & Protection::TARGET != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_and_a_target_are_told_apart_at_every_step() {
        for step in [0, 1, 2, 10_000, Protection::STEP_TICKS_MAX] {
            for rests in [false, true] {
                let of = Protection::stop(step).and_target(rests);
                assert_eq!((of.step(), of.is_stop(), of.is_target()), (step, step > 0, rests));
                assert!(!of.and_target(false).is_target());
            }
        }
        assert!(!Protection::stop(u16::MAX).is_target(), "a step is no target");
        assert_eq!(Protection::NONE, Protection::stop(0));
    }
}
