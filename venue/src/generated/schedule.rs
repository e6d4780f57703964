//! The day of the generated market: pre-open, day session, close, and how activity runs through it.

use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};

/// How long before the open orders are entered without being matched.
pub const PRE_OPEN_NS: u64 = NANOS_PER_MINUTE;

/// One day's session. Times are 09:30 and 16:00 New York on a usual day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// When the pre-open begins.
    pub pre_open: UnixNanos,
    /// When matching begins.
    pub open: UnixNanos,
    /// When the session is over.
    pub close: UnixNanos,
}

/// The first day whose close is after `at`, from the pre-open or from `at`, whichever is later.
pub fn day_at(calendar: &Calendar, at: UnixNanos) -> Option<Day> {
    let spans = calendar.spans(SessionMode::RthUs);
    let span = spans.get(spans.partition_point(|span| span.close <= at))?;
    let pre_open = UnixNanos(span.open.0.saturating_sub(PRE_OPEN_NS));
    Some(Day { pre_open, open: span.open, close: span.close })
}

impl Day {
    /// How active the market is, with mean 1 over the session: a burst at the open, a quiet noon, a
    /// busy last half hour (the U-shape that Wood, McInish and Ord described in 1985).
    pub fn activity(&self, at: UnixNanos) -> f64 {
        let (opened, left) = self.minutes(at);
        if at < self.open {
            return 0.6;
        }
        let first_minute = 1.6 * libm::exp(-opened / 1.5);
        let open = 1.7 * libm::exp(-opened / 25.0);
        let close = 1.5 * libm::exp(-left / 15.0);
        0.82 + first_minute + open + close
    }

    /// How large the moves of a second are, relative to the session's mean: the same shape, flatter.
    pub fn volatility(&self, at: UnixNanos) -> f64 {
        let (opened, left) = self.minutes(at);
        if at < self.open {
            return 0.1;
        }
        let open = 1.1 * libm::exp(-opened / 20.0);
        let close = 0.5 * libm::exp(-left / 15.0);
        0.86 + 0.8 * libm::exp(-opened / 2.0) + open + close
    }

    fn minutes(&self, at: UnixNanos) -> (f64, f64) {
        let minutes = |ns: u64| ns as f64 / NANOS_PER_MINUTE as f64;
        (minutes(at.since(self.open)), minutes(self.close.since(at)))
    }
}

/// Seconds of a usual day session.
pub const SESSION_SECONDS: f64 = 6.5 * 3_600.0;

/// Nanoseconds of a number of seconds.
pub fn nanos(seconds: f64) -> u64 {
    (seconds * NANOS_PER_SECOND as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::instrument::Group;

    /// Monday 2026-11-16, 09:29 New York.
    const START: UnixNanos = UnixNanos(1_794_839_340 * NANOS_PER_SECOND);

    #[test]
    fn a_day_runs_from_pre_open_to_close_and_the_next_follows() {
        let calendar = Calendar::of(Group::EquityIndex);
        let day = day_at(calendar, START).expect("in the calendar");
        assert_eq!(day.pre_open, START);
        assert_eq!(day.close.since(day.open), nanos(SESSION_SECONDS));
        let next = day_at(calendar, day.close).expect("in the calendar");
        assert_eq!(next.open.since(day.open), 24 * 60 * NANOS_PER_MINUTE);
    }

    #[test]
    fn activity_has_mean_one_and_peaks_at_both_ends() {
        let day = day_at(Calendar::of(Group::EquityIndex), START).expect("in the calendar");
        let at = |minute: u64| day.open.plus(minute * NANOS_PER_MINUTE + NANOS_PER_MINUTE / 2);
        let mean = |f: &dyn Fn(UnixNanos) -> f64| (0..390).map(|m| f(at(m))).sum::<f64>() / 390.0;
        assert!((mean(&|at| day.activity(at)) - 1.0).abs() < 0.05);
        let square = mean(&|at| day.volatility(at) * day.volatility(at));
        assert!((square - 1.0).abs() < 0.1, "{square}");
        assert!(day.activity(at(0)) > 3.0 && day.activity(at(389)) > 1.8);
        assert!(day.activity(at(180)) < 0.9);
    }
}
