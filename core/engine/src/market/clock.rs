//! The exchange's clock as an instrument's records tell it.

use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

/// An exchange time farther ahead of the stream's clock than this is a damaged record's: believing
/// it would close bars that are still to come.
const AHEAD_NS_MAX: u64 = NANOS_PER_MINUTE;
/// A record may be this much earlier than one before it: quotes that are sampled carry the end of
/// their interval, others the moment of the event.
const BACK_NANOS_MAX: u64 = 1_000_000;
/// So many records in a row that are too early are no accident.
const BACK_RECORDS_MAX: u32 = 16;

/// Whether a record's time can be true; `now` is the stream's clock.
pub(super) fn is_plausible(ts_event: UnixNanos, now: UnixNanos) -> bool {
    ts_event <= now.plus(AHEAD_NS_MAX)
}

/// What a record's time is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeQuality {
    /// As it should be.
    Forwards,
    /// Earlier than a record before.
    Backwards,
    /// Too far ahead of the stream's clock to be true.
    Implausible,
}

/// Follows the times of one instrument's records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExchangeClock {
    latest: UnixNanos,
    /// Records in a row that were too early.
    behind: u32,
}

impl ExchangeClock {
    /// Takes a record's time; `now` is the stream's clock.
    pub fn hear(&mut self, ts_event: UnixNanos, now: UnixNanos) -> TimeQuality {
        if !is_plausible(ts_event, now) {
            return TimeQuality::Implausible;
        }
        if ts_event.plus(BACK_NANOS_MAX) < self.latest {
            self.behind = self.behind.saturating_add(1);
            return TimeQuality::Backwards;
        }
        self.latest = self.latest.max(ts_event);
        self.behind = 0;
        TimeQuality::Forwards
    }

    /// Whether the clock runs backwards for good, as far as one can tell.
    pub fn runs_backwards(&self) -> bool {
        self.behind >= BACK_RECORDS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::units::NANOS_PER_SECOND;

    #[test]
    fn one_early_record_is_an_accident_and_many_are_a_clock_that_runs_backwards() {
        let at = |seconds: u64| UnixNanos(seconds * NANOS_PER_SECOND);
        let mut clock = ExchangeClock::default();
        assert_eq!(clock.hear(at(100), at(100)), TimeQuality::Forwards);
        let almost = UnixNanos(at(100).0 - BACK_NANOS_MAX);
        assert_eq!(clock.hear(almost, at(100)), TimeQuality::Forwards);
        for n in 0..BACK_RECORDS_MAX {
            assert!(!clock.runs_backwards(), "{n} are an accident");
            assert_eq!(clock.hear(at(99), at(100)), TimeQuality::Backwards);
        }
        assert!(clock.runs_backwards());
        assert_eq!(clock.hear(at(1_000), at(100)), TimeQuality::Implausible);
        assert!(clock.runs_backwards(), "an impossible time is no news of the clock");
        assert_eq!(clock.hear(at(100), at(101)), TimeQuality::Forwards);
        assert!(!clock.runs_backwards());
    }
}
