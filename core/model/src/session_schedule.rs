//! When a broker's session is open, and when its sequence numbers begin anew.

use crate::units::{NANOS_PER_SECOND, UnixNanos};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Weekday};
use chrono_tz::Tz;

const DAY_SECONDS: u32 = 86_400;
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A time of the day, or of the week if it names a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct When {
    day: Option<Weekday>,
    time: NaiveTime,
}

impl When {
    /// `17:00`, `17:00:30`, `sunday 17:00`.
    fn read(text: &str) -> Result<When, ScheduleError> {
        let wrong = || ScheduleError::Time(text.to_owned());
        let mut words = text.split_ascii_whitespace();
        let (first, second) = (words.next().ok_or_else(wrong)?, words.next());
        if words.next().is_some() {
            return Err(wrong());
        }
        let (day, time) = match second {
            Some(time) => (Some(first.parse::<Weekday>().map_err(|_| wrong())?), time),
            None => (None, first),
        };
        let read = NaiveTime::parse_from_str(time, "%H:%M:%S");
        let read = read.or_else(|_| NaiveTime::parse_from_str(time, "%H:%M"));
        Ok(When { day, time: read.map_err(|_| wrong())? })
    }

    /// As it is written in the configuration.
    fn in_words(self) -> String {
        let day = self.day.map_or("", |day| DAYS[day.num_days_from_monday() as usize]);
        let format = if self.time.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        format!("{day} {}", self.time.format(format)).trim_start().to_owned()
    }

    /// Seconds into the day or, if it names a day, into the week.
    fn seconds(self) -> u32 {
        let days = self.day.map_or(0, |day| day.num_days_from_monday());
        days * DAY_SECONDS + self.time.num_seconds_from_midnight()
    }
}

/// See the module's documentation. Times are local to a time zone, through every change of its clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSchedule {
    zone: Tz,
    reset: Option<When>,
    hours: Option<(When, When)>,
}

/// Why a schedule cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A time zone that nobody knows.
    #[error("time_zone {0:?} is not in the time zone database; write it like America/Chicago")]
    Zone(String),
    /// Not a time.
    #[error("{0:?} is not a time; write 17:00, or sunday 17:00 for once a week")]
    Time(String),
    /// Only one end of the hours.
    #[error("open and close go together: give both or neither, both with a day or both without")]
    Hours,
}

impl SessionSchedule {
    /// A schedule in a time zone, by its name. `reset` is when numbers begin anew; `hours` from when to when the
    /// session is open. Each is a time of every day (`17:00`) or, with a day, of every week (`sunday 17:00`).
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub fn new(
        zone: &str,
        reset: Option<&str>,
        open: Option<&str>,
        close: Option<&str>,
    ) -> Result<SessionSchedule, ScheduleError> {
        let zone = zone.parse().map_err(|_| ScheduleError::Zone(zone.to_owned()))?;
        let reset = reset.map(When::read).transpose()?;
        let hours = match (open, close) {
            (None, None) => None,
            (Some(open), Some(close)) => Some((When::read(open)?, When::read(close)?)),
            _ => return Err(ScheduleError::Hours),
        };
        if hours.is_some_and(|(open, close)| open.day.is_some() != close.day.is_some()) {
            return Err(ScheduleError::Hours);
        }
        Ok(SessionSchedule { zone, reset, hours })
    }

    fn local(&self, at: UnixNanos) -> chrono::NaiveDateTime {
        self.zone.timestamp_nanos(i64::try_from(at.0).unwrap_or(i64::MAX)).naive_local()
    }

    /// A local time as a moment. One that the clocks pass over is the hour after it, one that they show twice
    /// the first.
    fn moment(&self, date: NaiveDate, time: NaiveTime) -> Option<UnixNanos> {
        let local = date.and_time(time);
        let found = self.zone.from_local_datetime(&local).earliest();
        let found = found.or_else(|| {
            let later = local.checked_add_signed(TimeDelta::hours(1))?;
            self.zone.from_local_datetime(&later).earliest()
        })?;
        let seconds = u64::try_from(found.timestamp()).ok()?;
        Some(UnixNanos(seconds.checked_mul(NANOS_PER_SECOND)?))
    }

    /// When numbers last began anew, at this moment or before; `None` if they never do.
    pub fn last_reset(&self, now: UnixNanos) -> Option<UnixNanos> {
        let reset = self.reset?;
        let today = self.local(now).date();
        (0..=8).find_map(|back| {
            let date = today.checked_sub_days(Days::new(back))?;
            self.reset_on(reset, date).filter(|moment| *moment <= now)
        })
    }

    /// When numbers begin anew next, after this moment; `None` if they never do.
    pub fn next_reset(&self, now: UnixNanos) -> Option<UnixNanos> {
        let reset = self.reset?;
        let today = self.local(now).date();
        (0..=8).find_map(|ahead| {
            let date = today.checked_add_days(Days::new(ahead))?;
            self.reset_on(reset, date).filter(|moment| *moment > now)
        })
    }

    /// The reset of a day, if it is one of the reset's.
    fn reset_on(&self, reset: When, date: NaiveDate) -> Option<UnixNanos> {
        let is_day = reset.day.is_none_or(|day| date.weekday() == day);
        is_day.then(|| self.moment(date, reset.time)).flatten()
    }

    /// When numbers begin anew, in words; `None` if they never do.
    pub fn reset_in_words(&self) -> Option<String> {
        let reset = self.reset?;
        let how = if reset.day.is_some() { "every" } else { "daily at" };
        Some(format!("{how} {} {}", reset.in_words(), self.zone.name()))
    }

    /// When the session is open, in words; `None` if it always is.
    pub fn hours_in_words(&self) -> Option<String> {
        let (open, close) = self.hours?;
        let how = if open.day.is_some() { "" } else { "daily " };
        Some(format!("{how}{} to {} {}", open.in_words(), close.in_words(), self.zone.name()))
    }

    /// Whether the session is open: from the first moment of its hours up to, not including, their last.
    /// Hours that end when they begin are all hours.
    pub fn is_open(&self, now: UnixNanos) -> bool {
        let Some((open, close)) = self.hours else { return true };
        let local = self.local(now);
        let of_day = local.time().num_seconds_from_midnight();
        let at = match open.day {
            Some(_) => local.weekday().num_days_from_monday() * DAY_SECONDS + of_day,
            None => of_day,
        };
        let (from, to) = (open.seconds(), close.seconds());
        if from < to { (from..to).contains(&at) } else { at >= from || at < to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixNanos {
        let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
        UnixNanos(time.timestamp_nanos_opt().and_then(|n| u64::try_from(n).ok()).expect("in range"))
    }

    fn schedule(reset: Option<&str>, hours: Option<(&str, &str)>) -> SessionSchedule {
        let (open, close) = hours.unzip();
        SessionSchedule::new("America/Chicago", reset, open, close).expect("can be")
    }

    #[test]
    fn numbers_begin_anew_each_day_at_the_same_local_time_in_summer_and_in_winter() {
        let daily = schedule(Some("17:00"), None);
        for (now, reset) in [
            ("2026-07-08T21:59:59Z", "2026-07-07T22:00:00Z"),
            ("2026-07-08T22:00:00Z", "2026-07-08T22:00:00Z"),
            ("2026-12-08T22:59:59Z", "2026-12-07T23:00:00Z"),
            ("2026-12-08T23:00:00Z", "2026-12-08T23:00:00Z"),
            ("2026-11-01T22:59:59Z", "2026-10-31T22:00:00Z"),
            ("2026-11-01T23:00:00Z", "2026-11-01T23:00:00Z"),
        ] {
            assert_eq!(daily.last_reset(at(now)), Some(at(reset)), "{now}");
        }
        assert_eq!(schedule(None, None).last_reset(at("2026-07-08T21:59:59Z")), None);
        assert_eq!(schedule(None, None).next_reset(at("2026-07-08T21:59:59Z")), None);
    }

    #[test]
    fn the_next_reset_comes_after_the_moment_and_is_the_last_one_when_it_has_come() {
        for (reset, now, next) in [
            ("17:00", "2026-07-08T21:59:59Z", "2026-07-08T22:00:00Z"),
            ("17:00", "2026-07-08T22:00:00Z", "2026-07-09T22:00:00Z"),
            ("sunday 16:00", "2026-11-22T22:00:00Z", "2026-11-29T22:00:00Z"),
            ("sunday 16:00", "2026-11-22T21:59:59Z", "2026-11-22T22:00:00Z"),
        ] {
            let schedule = schedule(Some(reset), None);
            assert_eq!(schedule.next_reset(at(now)), Some(at(next)), "{reset} {now}");
            assert_eq!(schedule.last_reset(at(next)), Some(at(next)), "{reset} {now}");
        }
    }

    #[test]
    fn numbers_begin_anew_once_a_week_on_its_day() {
        let weekly = schedule(Some("sunday 16:00:30"), None);
        for (now, reset) in [
            ("2026-11-22T22:00:29Z", "2026-11-15T22:00:30Z"),
            ("2026-11-22T22:00:30Z", "2026-11-22T22:00:30Z"),
            ("2026-11-28T12:00:00Z", "2026-11-22T22:00:30Z"),
        ] {
            assert_eq!(weekly.last_reset(at(now)), Some(at(reset)), "{now}");
        }
    }

    #[test]
    fn a_reset_at_a_time_that_the_clocks_pass_over_is_the_hour_after_it() {
        let nightly = schedule(Some("02:30"), None);
        let reset = at("2026-03-08T08:30:00Z");
        assert_eq!(nightly.last_reset(reset), Some(reset));
        let before = UnixNanos(reset.0 - 1);
        assert_eq!(nightly.last_reset(before), Some(at("2026-03-07T08:30:00Z")));
        // And at one that they show twice, the first.
        let twice = schedule(Some("01:30"), None);
        assert_eq!(twice.last_reset(at("2026-11-01T07:45:00Z")), Some(at("2026-11-01T06:30:00Z")));
    }

    #[test]
    fn hours_of_a_day_may_pass_midnight_and_hours_of_a_week_sunday() {
        let daily = schedule(None, Some(("17:00", "16:00")));
        let weekly = schedule(None, Some(("sunday 17:00", "friday 16:00")));
        for (now, of_day, of_week) in [
            ("2026-11-27T21:59:59Z", true, true),
            ("2026-11-27T22:00:00Z", false, false),
            ("2026-11-27T22:59:59Z", false, false),
            ("2026-11-27T23:00:00Z", true, false),
            ("2026-11-28T12:00:00Z", true, false),
            ("2026-11-29T22:59:59Z", false, false),
            ("2026-11-29T23:00:00Z", true, true),
            ("2026-11-30T06:00:00Z", true, true),
        ] {
            assert_eq!(
                (daily.is_open(at(now)), weekly.is_open(at(now))),
                (of_day, of_week),
                "{now}"
            );
        }
        let always = schedule(None, Some(("17:00", "17:00")));
        assert!(
            always.is_open(at("2026-11-27T22:30:00Z"))
                && schedule(None, None).is_open(at("2026-11-27T22:30:00Z"))
        );
    }

    #[test]
    fn what_is_no_schedule_says_what_to_write() {
        let of = |zone, reset, open, close| SessionSchedule::new(zone, reset, open, close).err();
        let zone = "Europe/London";
        assert!(matches!(of("Chicago", None, None, None), Some(ScheduleError::Zone(_))));
        for wrong in ["", "25:00", "17", "someday 17:00", "sunday 17:00 sharp", "sunday"] {
            let error = of(zone, Some(wrong), None, None);
            assert!(matches!(error, Some(ScheduleError::Time(_))), "{wrong}");
        }
        for (open, close) in
            [(Some("17:00"), None), (None, Some("17:00")), (Some("sunday 17:00"), Some("16:00"))]
        {
            assert_eq!(of(zone, None, open, close), Some(ScheduleError::Hours));
        }
        assert_eq!(of(zone, None, None, None), None);
    }
}
