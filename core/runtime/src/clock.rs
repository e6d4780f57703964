//! Clocks: the time-stamp counter for latency, the wall clock for the sequencer and the wire. Times of
//! the wall clock are nanoseconds since the Unix epoch.

use std::time::{SystemTime, UNIX_EPOCH};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Reads the time-stamp counter, and turns differences of readings into nanoseconds.
#[derive(Clone, Debug)]
pub struct TickClock {
    clock: quanta::Clock,
}

impl TickClock {
    /// The machine's counter, calibrated on first use in the process.
    pub fn new() -> TickClock {
        TickClock { clock: quanta::Clock::new() }
    }

    /// A raw reading.
    #[inline]
    pub fn raw(&self) -> u64 {
        self.clock.raw()
    }

    /// Nanoseconds between two raw readings; 0 if the later is the earlier.
    #[inline]
    pub fn ns_between(&self, earlier: u64, later: u64) -> u64 {
        self.clock.delta_as_nanos(earlier, later)
    }
}

impl Default for TickClock {
    fn default() -> Self {
        TickClock::new()
    }
}

/// How often the wall clock is read anew, to follow the machine's time as it is disciplined.
const ANCHOR_EVERY_NS: u64 = NANOS_PER_SECOND;

/// How far the clock goes back at once, by standing still as long, when the system's was set back:
/// timeouts and the age of data must not wait until an hour has come round again.
const BACK_AT_ONCE_NS: u64 = ANCHOR_EVERY_NS / 20;

/// The wall clock by way of the counter: one system read a second, the counter in between. Never
/// runs backwards, and never stands still for long.
#[derive(Debug)]
pub struct WallClock {
    ticks: TickClock,
    anchor_raw: u64,
    anchor: u64,
    last: u64,
}

impl WallClock {
    /// A clock set to the system's time.
    pub fn new(ticks: TickClock) -> WallClock {
        let (anchor_raw, anchor) = (ticks.raw(), system_now());
        WallClock { ticks, anchor_raw, anchor, last: anchor }
    }

    /// The time at a raw reading of the counter.
    #[inline]
    pub fn at(&mut self, raw: u64) -> u64 {
        let since = self.ticks.ns_between(self.anchor_raw, raw);
        if since >= ANCHOR_EVERY_NS {
            self.anchor = followed(self.anchor.saturating_add(since), system_now());
            (self.anchor_raw, self.last) = (raw, self.last.max(self.anchor));
        } else {
            self.last = self.last.max(self.anchor.saturating_add(since));
        }
        self.last
    }

    /// The time now.
    #[inline]
    pub fn now(&mut self) -> u64 {
        self.at(self.ticks.raw())
    }
}

/// Where a stage reads the time: the machine's clock, or what whoever drives the stage says.
#[derive(Debug)]
pub enum Clock {
    /// The machine's.
    System(WallClock),
    /// As given last by [`Clock::set`].
    Given(u64),
}

impl Clock {
    /// The time now.
    #[inline]
    pub fn now(&mut self) -> u64 {
        match self {
            Clock::System(wall) => wall.now(),
            Clock::Given(now) => *now,
        }
    }

    /// Sets a clock that is driven by hand; one set back stands still. The machine's goes on as it
    /// does.
    pub fn set(&mut self, to: u64) {
        if let Clock::Given(now) = self {
            *now = to.max(*now);
        }
    }
}

/// Our time, brought nearer to the system's: at once where that is ahead.
fn followed(ours: u64, system: u64) -> u64 {
    system.max(ours.saturating_sub(BACK_AT_ONCE_NS))
}

/// The system's time. Zero if it is set before 1970.
pub fn system_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_clock_that_is_set_back_is_followed_without_standing_still() {
        let (mut ours, mut system) = (3_600 * NANOS_PER_SECOND, 0);
        let mut seconds = 0;
        while ours != system {
            let before = ours;
            (ours, system) =
                (ours.saturating_add(NANOS_PER_SECOND), system.saturating_add(NANOS_PER_SECOND));
            ours = followed(ours, system);
            assert!(ours - before >= NANOS_PER_SECOND - BACK_AT_ONCE_NS);
            seconds += 1;
        }
        assert_eq!(seconds, 3_600 * NANOS_PER_SECOND / BACK_AT_ONCE_NS);
        let ahead = ours.saturating_add(NANOS_PER_SECOND);
        assert_eq!(followed(ours, ahead), ahead);
    }

    #[test]
    fn a_clock_driven_by_hand_moves_when_it_is_told_to_and_never_back() {
        let mut clock = Clock::Given(5);
        assert_eq!(clock.now(), 5);
        clock.set(9);
        clock.set(7);
        assert_eq!((clock.now(), clock.now()), (9, 9));
        let mut system = Clock::System(WallClock::new(TickClock::new()));
        system.set(u64::MAX);
        assert!(system.now() < u64::MAX);
    }

    #[test]
    fn the_wall_clock_never_runs_backwards() {
        let ticks = TickClock::new();
        let mut wall = WallClock::new(ticks.clone());
        let raw = ticks.raw();
        let later = wall.at(raw + 1_000_000);
        assert!(wall.at(raw) >= later);
    }
}
