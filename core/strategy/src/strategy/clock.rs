//! What a clock on the wall shows, without asking a time-zone database on every bar.

use crate::rule::ast::Zone;
use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{America, Tz};
use gauntlet_model::calendar::{YEAR_FIRST, YEAR_LAST};
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, UnixNanos};
use std::sync::OnceLock;

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;
const SECONDS_PER_HOUR: i64 = 3_600;

/// When the clocks of a zone change, and by how much they differ from coordinated universal time
/// from then on.
struct Changes(Vec<(UnixNanos, i64)>);

impl Changes {
    /// Every change from a year before [`YEAR_FIRST`] to a year after [`YEAR_LAST`]: clocks change
    /// on a full hour.
    fn of(zone: Tz) -> Changes {
        let offset_seconds = |seconds: i64| {
            let at = DateTime::from_timestamp(seconds, 0).expect("a year of four digits");
            i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
        };
        let year = |year: i32| i64::from(year - 1970) * 365 * 24 * SECONDS_PER_HOUR;
        let mut changes: Vec<(UnixNanos, i64)> = vec![];
        let mut seconds = year(YEAR_FIRST - 1);
        while seconds < year(YEAR_LAST + 2) {
            let offset = offset_seconds(seconds);
            if changes.last().is_none_or(|(_, last)| *last != offset) {
                changes.push((UnixNanos(seconds as u64 * NANOS_PER_SECOND), offset));
            }
            seconds += SECONDS_PER_HOUR;
        }
        Changes(changes)
    }

    fn offset_seconds(&self, at: UnixNanos) -> i64 {
        let after = self.0.partition_point(|(from, _)| *from <= at);
        self.0[after.saturating_sub(1)].1
    }
}

fn changes(zone: Zone) -> Option<&'static Changes> {
    static NEW_YORK: OnceLock<Changes> = OnceLock::new();
    static CHICAGO: OnceLock<Changes> = OnceLock::new();
    match zone {
        Zone::NewYork => Some(NEW_YORK.get_or_init(|| Changes::of(America::New_York))),
        Zone::Chicago => Some(CHICAGO.get_or_init(|| Changes::of(America::Chicago))),
        Zone::Utc => None,
    }
}

/// A moment as nanoseconds of a clock that shows a zone's time and counts from 1970.
fn local(zone: Zone, at: UnixNanos) -> u64 {
    let seconds = changes(zone).map_or(0, |changes| changes.offset_seconds(at));
    at.0.saturating_add_signed(seconds * NANOS_PER_SECOND as i64)
}

/// Works the tables of clock changes out, which takes memory and a moment, before the first bar.
pub(super) fn prepare() {
    for zone in [Zone::NewYork, Zone::Chicago] {
        let _ = changes(zone);
    }
}

/// The day of the week in New York, Monday 0.
pub(super) fn weekday(at: UnixNanos) -> u8 {
    // 1 January 1970 was a Thursday.
    ((local(Zone::NewYork, at) / NANOS_PER_DAY + 3) % 7) as u8
}

/// A part of the day, which may go past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Window {
    pub from_minute: u16,
    pub minutes: u16,
    pub zone: Zone,
}

impl Window {
    /// Whether a bar from `start` to `end` lies in it whole.
    pub fn holds(&self, start: UnixNanos, end: UnixNanos) -> bool {
        let from = u64::from(self.from_minute) * NANOS_PER_MINUTE;
        let of_day = local(self.zone, start) % NANOS_PER_DAY;
        let into = (of_day + NANOS_PER_DAY - from) % NANOS_PER_DAY;
        into + end.since(start) <= u64::from(self.minutes) * NANOS_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, Timelike};

    fn utc(date: (i32, u32, u32), hour: u32, minute: u32) -> UnixNanos {
        let date = NaiveDate::from_ymd_opt(date.0, date.1, date.2).expect("a date");
        let at = date.and_hms_opt(hour, minute, 0).expect("a time").and_utc();
        UnixNanos(at.timestamp_nanos_opt().expect("in range") as u64)
    }

    #[test]
    fn clocks_show_what_the_time_zone_database_says_through_every_change() {
        for (zone, tz) in [(Zone::NewYork, America::New_York), (Zone::Chicago, America::Chicago)] {
            let mut at = utc((YEAR_FIRST, 1, 1), 0, 30);
            while at < utc((YEAR_LAST, 12, 31), 0, 0) {
                let local_time = tz.timestamp_nanos(at.0 as i64).time();
                let minutes = local(zone, at) % NANOS_PER_DAY / NANOS_PER_MINUTE;
                let shown = u64::from(local_time.hour() * 60 + local_time.minute());
                assert_eq!(minutes, shown, "{zone:?} at {}", at.0);
                at = at.plus(7 * 3_600 * NANOS_PER_SECOND);
            }
        }
    }

    #[test]
    fn a_bar_is_in_a_window_only_whole() {
        let window = Window { from_minute: 570, minutes: 60, zone: Zone::NewYork };
        let minute = |hour, minute| {
            let start = utc((2024, 1, 2), hour, minute);
            window.holds(start, start.plus(NANOS_PER_MINUTE))
        };
        assert_eq!(
            [minute(14, 29), minute(14, 30), minute(15, 29), minute(15, 30)],
            [false, true, true, false]
        );
        let night = Window { from_minute: 23 * 60, minutes: 120, zone: Zone::Utc };
        let start = utc((2024, 1, 2), 23, 30);
        assert!(night.holds(start, start.plus(90 * NANOS_PER_MINUTE)));
        assert!(!night.holds(start, start.plus(91 * NANOS_PER_MINUTE)));
    }

    #[test]
    fn the_weekday_is_new_yorks() {
        assert_eq!(weekday(utc((2024, 1, 2), 4, 59)), 0);
        assert_eq!(weekday(utc((2024, 1, 2), 5, 0)), 1);
    }
}
