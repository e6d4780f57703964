//! R8: how many order messages an account sent by a route within the last second.

use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Most messages a second that a window can tell apart; a higher limit counts as this one.
pub const RATE_MAX: usize = 1_024;

/// A log of the last [`RATE_MAX`] send times, so that "fewer than `n` in any one second" is exact
/// and costs one look: the `n`-th last message must be a second old.
#[derive(Clone, Debug)]
pub(super) struct RateWindow {
    times: Box<[UnixNanos]>,
    sent: usize,
}

impl RateWindow {
    pub fn new() -> RateWindow {
        RateWindow { times: vec![UnixNanos(0); RATE_MAX].into_boxed_slice(), sent: 0 }
    }

    /// Whether one more message keeps to `allowed` in every second.
    pub fn has_room(&self, allowed: u32, now: UnixNanos) -> bool {
        let allowed = (allowed as usize).min(RATE_MAX);
        if allowed == 0 {
            return false;
        }
        if self.sent < allowed {
            return true;
        }
        let nth_last = self.times[(self.sent - allowed) % RATE_MAX];
        now.since(nth_last) >= NANOS_PER_SECOND
    }

    /// Notes a message.
    pub fn record(&mut self, now: UnixNanos) {
        let last = self.times[self.sent.wrapping_sub(1) % RATE_MAX];
        assert!(now >= last, "time never runs backwards");
        self.times[self.sent % RATE_MAX] = now;
        self.sent += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixNanos = UnixNanos(1_700_000_000_000_000_000);

    #[test]
    fn the_limit_passes_and_one_more_waits_for_a_second() {
        let mut window = RateWindow::new();
        for _ in 0..3 {
            assert!(window.has_room(3, START));
            window.record(START);
        }
        assert!(!window.has_room(3, START));
        assert!(!window.has_room(3, START.plus(NANOS_PER_SECOND - 1)));
        assert!(window.has_room(3, START.plus(NANOS_PER_SECOND)));
        assert!(window.has_room(4, START));
    }

    #[test]
    fn no_allowance_means_no_message() {
        assert!(!RateWindow::new().has_room(0, START));
    }

    #[test]
    fn a_limit_beyond_the_window_counts_as_the_window() {
        let mut window = RateWindow::new();
        for _ in 0..RATE_MAX {
            assert!(window.has_room(u32::MAX, START));
            window.record(START);
        }
        assert!(!window.has_room(u32::MAX, START));
    }
}
