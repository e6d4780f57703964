//! Times of rows.

use super::number::shown;
use super::row::Problem;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// Nobody has bars from before this year; a smaller number of nanoseconds counts something else.
const YEAR_FIRST: i32 = 1975;

/// Nanoseconds since the Unix epoch, or RFC 3339. A time without offset is UTC if `utc` says so.
pub(super) fn time(text: &str, utc: bool) -> Result<UnixNanos, Problem> {
    let not_a_time = || Problem::NotATime { text: shown(text) };
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let nanos: u64 = text.parse().map_err(|_| not_a_time())?;
        let date = DateTime::from_timestamp_nanos(i64::try_from(nanos).map_err(|_| not_a_time())?);
        return match date.year() {
            year if year < YEAR_FIRST => Err(Problem::ImplausibleTime { text: shown(text), year }),
            _ => Ok(UnixNanos(nanos)),
        };
    }
    let nanos = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.timestamp_nanos_opt(),
        Err(_) => {
            let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .ok_or_else(not_a_time)?;
            if !utc {
                return Err(Problem::NoOffset { text: shown(text) });
            }
            naive.and_utc().timestamp_nanos_opt()
        }
    };
    nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(UnixNanos).ok_or_else(not_a_time)
}

/// Midnight UTC of a day as LEAN names it: `20131007`.
pub(super) fn day(text: &str) -> Option<UnixNanos> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let date = NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|_| digits)?;
    let nanos = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_nanos_opt()?;
    u64::try_from(nanos).ok().map(UnixNanos)
}

/// Milliseconds since the midnight of a day.
pub(super) fn of_day(text: &str, midnight: UnixNanos) -> Result<UnixNanos, Problem> {
    let ms: u64 = text.parse().map_err(|_| Problem::NotATime { text: shown(text) })?;
    match ms.checked_mul(1_000_000).filter(|nanos| *nanos < NANOS_PER_DAY) {
        Some(nanos) => Ok(midnight.plus(nanos)),
        None => Err(Problem::PastDay { text: shown(text) }),
    }
}

/// LEAN's `20131007 09:00`.
pub(super) fn day_and_time(text: &str) -> Result<UnixNanos, Problem> {
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%d %H:%M").ok();
    let nanos = time.and_then(|time| time.and_utc().timestamp_nanos_opt());
    nanos
        .and_then(|nanos| u64::try_from(nanos).ok())
        .map(UnixNanos)
        .ok_or_else(|| Problem::NotATime { text: shown(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_in_every_form() {
        let moment = UnixNanos(1_704_205_800 * NANOS_PER_SECOND);
        for text in [
            "1704205800000000000",
            "2024-01-02T14:30:00Z",
            "2024-01-02T14:30:00.000000000Z",
            "2024-01-02T09:30:00-05:00",
            "2024-01-02 14:30:00+00:00",
        ] {
            assert_eq!(time(text, false).ok(), Some(moment), "{text}");
        }
        for text in ["2024-01-02 14:30:00", "2024-01-02T14:30:00.0"] {
            assert_eq!(time(text, true).ok(), Some(moment), "{text}");
            assert!(matches!(time(text, false), Err(Problem::NoOffset { .. })), "{text}");
        }
        assert_eq!(day_and_time("20240102 14:30").ok(), Some(moment));
        let midnight = day("20240102").expect("a day");
        assert_eq!(of_day("52200000", midnight).ok(), Some(moment));
    }

    #[test]
    fn what_is_no_time_is_told() {
        for text in [
            "",
            "now",
            "2024-13-02T14:30:00Z",
            "-5",
            "99999999999999999999",
            "1600-01-01T00:00:00Z",
        ] {
            assert!(matches!(time(text, true), Err(Problem::NotATime { .. })), "{text}");
        }
        for text in ["1704205800", "1704205800000", "0"] {
            assert!(matches!(time(text, true), Err(Problem::ImplausibleTime { .. })), "{text}");
        }
        assert!(matches!(of_day("86400000", UnixNanos(0)), Err(Problem::PastDay { .. })));
        assert_eq!(day("2024010"), None);
        assert_eq!(day("+2024012"), None);
    }
}
