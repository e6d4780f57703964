//! How activity and the size of moves run through a whole trading day.
//!
//! The New York day session is as in the market that is watched live; around it the night is quiet,
//! Europe's morning half awake with a burst at its opening, and the hour after the close tired.

use super::super::schedule::{Day, day_at};
use gauntlet_core::calendar::{Calendar, SessionSpan};
use gauntlet_core::input::SessionMode;
use gauntlet_core::instrument::Group;
use gauntlet_core::units::{NANOS_PER_MINUTE, UnixNanos};

/// Activity and size of moves, relative to the mean of New York's day session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulse {
    /// Arrivals.
    pub activity: f64,
    /// Moves of a second.
    pub volatility: f64,
}

const NIGHT: Pulse = Pulse { activity: 0.10, volatility: 0.25 };
const EUROPE: Pulse = Pulse { activity: 0.25, volatility: 0.45 };
const EVENING: Pulse = Pulse { activity: 0.15, volatility: 0.30 };
/// How long after New York's close the evening lasts.
const EVENING_NS: u64 = 60 * NANOS_PER_MINUTE;

/// The pulse of all markets: one for all products, which differ in when they are open.
pub struct World {
    calendar: &'static Calendar,
}

impl World {
    /// New York's and London's hours, by the calendar of equity indices.
    pub fn new() -> World {
        World { calendar: Calendar::of(Group::EquityIndex) }
    }

    /// The pulse at a moment.
    pub fn at(&self, at: UnixNanos) -> Pulse {
        let day: Option<Day> = day_at(self.calendar, at).filter(|day| day.open <= at);
        if let Some(day) = day {
            return Pulse { activity: day.activity(at), volatility: day.volatility(at) };
        }
        let europe = self.calendar.session_at(SessionMode::Europe, at);
        if let Some(SessionSpan { open, .. }) = europe {
            let minutes = at.since(open) as f64 / NANOS_PER_MINUTE as f64;
            let burst = libm::exp(-minutes / 20.0);
            return Pulse {
                activity: EUROPE.activity + 0.30 * burst,
                volatility: EUROPE.volatility + 0.25 * burst,
            };
        }
        let days = self.calendar.spans(SessionMode::RthUs);
        let over = days.partition_point(|day| day.close <= at);
        let close = over.checked_sub(1).map_or(UnixNanos(0), |last| days[last].close);
        if at.since(close) < EVENING_NS { EVENING } else { NIGHT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixNanos {
        UnixNanos::parse_rfc3339(text).expect("a time")
    }

    #[test]
    fn the_day_is_loud_the_night_is_quiet_and_europe_lies_between() {
        let world = World::new();
        let of = |text| world.at(at(text)).activity;
        let (noon, tokyo) = (of("2026-11-17T12:30:00-05:00"), of("2026-11-17T22:00:00-05:00"));
        let (open, london) = (of("2026-11-17T09:30:30-05:00"), of("2026-11-17T05:00:00-05:00"));
        let evening = of("2026-11-17T16:30:00-05:00");
        assert!(open > 3.0 * noon && noon > 3.0 * london, "{open} {noon} {london}");
        assert!(london > evening && evening > tokyo, "{london} {evening} {tokyo}");
    }

    #[test]
    fn a_day_that_closes_early_is_quiet_after_its_close() {
        let world = World::new();
        let usual = world.at(at("2026-11-25T14:00:00-05:00")).volatility;
        let early = world.at(at("2026-11-27T14:30:00-05:00")).volatility;
        assert!(usual > 2.0 * early, "{usual} {early}");
    }
}
