//! When a generated market is open, and how its activity runs through that time.

use super::files::hours::World;
use super::latent::OVERNIGHT;
use super::schedule::{Day, PRE_OPEN_NS, day_at};
use gauntlet_model::calendar::Calendars;
use gauntlet_model::input::SessionMode;
use gauntlet_model::instrument::Product;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

/// A pause that lasts longer is a night; the moves of a shorter one are smaller.
const NIGHT_NS: u64 = 90 * NANOS_PER_MINUTE;
/// The product whose calendar the day session of all follows.
const EQUITY_INDEX: &str = "ES";
/// The move of a pause in standard deviations of a day session.
const PAUSE: f64 = 0.08;

/// When a generated market is open. Contracts end at their time whatever the hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hours {
    /// All products together in New York's day session, 09:30 to 16:00: what a night would show is
    /// passed over. Holidays and early closes are those of equity indices.
    #[default]
    DaySession,
    /// Each product in its own sessions, by its group's calendar: nights, pauses, holidays and early
    /// closes as on the exchange.
    Product,
    /// Without a pause, at weekends too, so that something trades whenever somebody looks. No session
    /// ends, so day orders work until they are cancelled or their contract expires.
    Always,
}

impl Hours {
    /// The session of a product that is under way at a moment, or the next one; `None` past the end
    /// of the calendar.
    pub(super) fn session_at(
        self,
        calendars: &Calendars,
        product: &Product,
        at: UnixNanos,
    ) -> Option<Day> {
        match self {
            Hours::DaySession => day_at(&calendars.of_product(EQUITY_INDEX), at),
            Hours::Product => {
                let calendar = calendars.of_product(product.code);
                let spans = calendar.spans(SessionMode::Full24x5);
                let span = spans.get(spans.partition_point(|span| span.close <= at))?;
                let pre_open = UnixNanos(span.open.0.saturating_sub(PRE_OPEN_NS));
                Some(Day { pre_open, open: span.open, close: span.close })
            }
            Hours::Always => {
                Some(Day { pre_open: at, open: at.plus(PRE_OPEN_NS), close: UnixNanos(u64::MAX) })
            }
        }
    }

    /// How far prices move over a pause of all products, in standard deviations of a day session.
    pub(super) fn move_of_pause(self, ns: u64) -> f64 {
        match self {
            Hours::DaySession => OVERNIGHT,
            Hours::Product | Hours::Always if ns > NIGHT_NS => OVERNIGHT,
            Hours::Product | Hours::Always => PAUSE,
        }
    }
}

/// How activity and the size of moves run through the time that a market is open.
pub(super) struct Tempo {
    hours: Hours,
    world: World,
}

impl Tempo {
    /// Of a market with these hours.
    pub fn new(hours: Hours) -> Tempo {
        Tempo { hours, world: World::new() }
    }

    /// Arrivals relative to the mean of a day session, at a moment of a session.
    pub fn activity(&self, day: &Day, at: UnixNanos) -> f64 {
        match self.hours {
            Hours::DaySession => day.activity(at),
            Hours::Product => self.world.at(at).activity,
            Hours::Always => 1.0,
        }
    }

    /// The size of moves, likewise.
    pub fn volatility(&self, day: &Day, at: UnixNanos) -> f64 {
        match self.hours {
            Hours::DaySession => day.volatility(at),
            Hours::Product => self.world.at(at).volatility,
            Hours::Always => 1.0,
        }
    }
}
