//! The sequencer: gives every input its number and its time.

use gauntlet_model::input::{Input, Sequenced, Timer};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// A jump of the clock over more seconds than this makes one timer, at its end: nothing waits for a
/// timer that long, and a weekend must not become a loop of 172,800.
const TIMERS_PER_JUMP_MAX: u64 = 120;

/// Numbers inputs without gaps and times them with a clock that never runs backwards.
#[derive(Debug)]
pub struct Sequencer {
    next_seq: u64,
    time: UnixNanos,
    /// The second of the last timer; `None` before the clock is set for the first time.
    second: Option<u64>,
}

impl Sequencer {
    /// A sequencer that goes on after `last_seq` at `last_time`; 0 and 0 for a new journal.
    pub fn resume(last_seq: u64, last_time: UnixNanos) -> Sequencer {
        let second = (last_time.0 > 0).then_some(last_time.0 / NANOS_PER_SECOND);
        Sequencer { next_seq: last_seq + 1, time: last_time, second }
    }

    /// The next timer that is due when the clock reads `now`, before any other input of that time.
    /// Call until it gives none.
    pub fn due_timer(&mut self, now: UnixNanos) -> Option<Sequenced> {
        let second = now.0 / NANOS_PER_SECOND;
        let Some(last) = self.second else {
            self.second = (now.0 > 0).then_some(second);
            return None;
        };
        if second <= last {
            return None;
        }
        let next = if second - last > TIMERS_PER_JUMP_MAX { second } else { last + 1 };
        self.second = Some(next);
        let at = UnixNanos(next.saturating_mul(NANOS_PER_SECOND));
        Some(self.stamp(at, Input::Timer(Timer { second: next })))
    }

    /// Whether [`Sequencer::due_timer`] would give one.
    pub fn is_timer_due(&self, now: UnixNanos) -> bool {
        self.second.is_some_and(|last| now.0 / NANOS_PER_SECOND > last)
    }

    /// Passes over the timers that are due when the clock reads `now`: the next is that of the second
    /// after it.
    pub fn skip_timers(&mut self, now: UnixNanos) {
        self.second = self.second.map(|last| last.max(now.0 / NANOS_PER_SECOND));
    }

    /// The time of the last input, or of an input that came now if the clock reads `now`.
    pub fn time_at(&self, now: UnixNanos) -> UnixNanos {
        self.time.max(now)
    }

    /// Gives an input its number and its time.
    #[inline]
    pub fn stamp(&mut self, now: UnixNanos, input: Input) -> Sequenced {
        self.time = self.time.max(now);
        let sequenced = Sequenced { seq: self.next_seq, time: self.time, input };
        self.next_seq += 1;
        sequenced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [u64; 0] = [];

    fn at(seconds: u64) -> UnixNanos {
        UnixNanos(seconds * NANOS_PER_SECOND)
    }

    fn timers(sequencer: &mut Sequencer, now: UnixNanos) -> Vec<u64> {
        std::iter::from_fn(|| sequencer.due_timer(now))
            .map(|s| match s.input {
                Input::Timer(timer) => timer.second,
                other => panic!("not a timer: {other:?}"),
            })
            .collect()
    }

    #[test]
    fn numbers_have_no_gaps_and_time_never_runs_backwards() {
        let mut sequencer = Sequencer::resume(41, at(100));
        let timer = Input::Timer(Timer { second: 0 });
        let (a, b) = (sequencer.stamp(at(90), timer), sequencer.stamp(at(101), timer));
        assert_eq!((a.seq, a.time, b.seq, b.time), (42, at(100), 43, at(101)));
    }

    #[test]
    fn each_second_has_one_timer_and_the_first_reading_of_the_clock_has_none() {
        let mut sequencer = Sequencer::resume(0, UnixNanos(0));
        assert_eq!(timers(&mut sequencer, at(1_000)), NONE);
        assert_eq!(timers(&mut sequencer, at(1_003)), [1_001, 1_002, 1_003]);
        assert_eq!(timers(&mut sequencer, at(1_003)), NONE);
        assert_eq!(timers(&mut sequencer, at(900)), NONE);
    }

    #[test]
    fn timers_that_are_skipped_do_not_come_and_the_next_second_has_its_own() {
        let mut sequencer = Sequencer::resume(1, at(1_000));
        assert!(!sequencer.is_timer_due(at(1_000)) && sequencer.is_timer_due(at(1_001)));
        assert_eq!(sequencer.due_timer(at(1_010)).map(|s| s.time), Some(at(1_001)));
        sequencer.skip_timers(at(1_010));
        assert!(!sequencer.is_timer_due(at(1_010)));
        sequencer.skip_timers(at(1_005));
        assert_eq!(timers(&mut sequencer, at(1_012)), [1_011, 1_012]);
    }

    #[test]
    fn a_long_jump_makes_one_timer_at_its_end() {
        let mut sequencer = Sequencer::resume(1, at(1_000));
        assert_eq!(timers(&mut sequencer, at(1_120)).len(), 120);
        assert_eq!(timers(&mut sequencer, at(1_000_000)), [1_000_000]);
    }
}
