//! Values of FIX fields: numbers, prices, times (FIX 4.4 volume 1, "Data types").

use gauntlet_model::units::{NANOS_PER_SECOND, PRICE_SCALE, Price, UnixNanos};

const SECONDS_PER_DAY: u64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar.
const DAYS_TO_EPOCH: u64 = 719_468;
const DAYS_PER_ERA: u64 = 146_097;

/// Writes a decimal number at the end of `digits` and returns where it begins.
pub(super) fn write_digits(digits: &mut [u8; 20], mut value: u64) -> usize {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return at;
        }
    }
}

/// A non-negative whole number. Leading zeros are allowed, signs are not.
pub fn parse_uint(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(digit as u64)
    })
}

/// A quantity of whole contracts. FIX quantities are decimals: a fraction of zeros is accepted, any
/// other is not.
pub fn parse_qty(text: &[u8]) -> Option<u32> {
    let (whole, fraction) = split_at_point(text);
    let fraction_is_zero = fraction.is_none_or(|f| f.iter().all(|byte| *byte == b'0'));
    if !fraction_is_zero {
        return None;
    }
    u32::try_from(parse_uint(whole)?).ok()
}

/// A decimal price, exactly. `None` when it is not a number, has digits beyond the ninth place, or
/// does not fit a [`Price`].
pub fn parse_price(text: &[u8]) -> Option<Price> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let (whole, fraction) = split_at_point(digits);
    let fraction = fraction.unwrap_or_default();
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { parse_uint(whole)? };
    let (places, beyond) = fraction.split_at(fraction.len().min(9));
    if beyond.iter().any(|byte| *byte != b'0') {
        return None;
    }
    let mut nanos = if places.is_empty() { 0 } else { parse_uint(places)? };
    for _ in places.len()..9 {
        nanos *= 10;
    }
    let size = i128::from(whole) * i128::from(PRICE_SCALE) + i128::from(nanos);
    let price = Price(i64::try_from(if negative { -size } else { size }).ok()?);
    price.is_some().then_some(price)
}

fn split_at_point(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == b'.') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// `Y` or `N`.
pub fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"Y" => Some(true),
        b"N" => Some(false),
        _ => None,
    }
}

/// A `UTCTimestamp`, `YYYYMMDD-HH:MM:SS` with up to twelve digits of a second after a point, of which the
/// last three, picoseconds, are cut off. A leap second is the second after it.
pub fn parse_time(text: &[u8]) -> Option<UnixNanos> {
    let (seconds_part, fraction) = split_at_point(text);
    if seconds_part.len() != 17
        || seconds_part[8] != b'-'
        || seconds_part[11] != b':'
        || seconds_part[14] != b':'
    {
        return None;
    }
    let number = |from: usize, to: usize| parse_uint(&seconds_part[from..to]);
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(9, 11)?, number(12, 14)?, number(15, 17)?);
    let date_is_sane = (1970..=2500).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day);
    if !date_is_sane || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut nanos = 0;
    if let Some(fraction) = fraction {
        if fraction.len() > 12 {
            return None;
        }
        parse_uint(fraction)?;
        let fraction = &fraction[..fraction.len().min(9)];
        nanos = parse_uint(fraction)?;
        for _ in fraction.len()..9 {
            nanos *= 10;
        }
    }
    let days = days_from_date(year, month, day);
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    Some(UnixNanos(seconds * NANOS_PER_SECOND + nanos))
}

/// Writes `YYYYMMDD-HH:MM:SS.` and `places` digits of a second. Returns the length. Years past 9999
/// do not occur: the nanoseconds of a `u64` end in 2554.
pub(super) fn write_time(out: &mut [u8; 27], time: UnixNanos, places: usize) -> usize {
    let (seconds, nanos) = (time.0 / NANOS_PER_SECOND, time.0 % NANOS_PER_SECOND);
    let (year, month, day) = date_from_days(seconds / SECONDS_PER_DAY);
    let of_day = seconds % SECONDS_PER_DAY;
    two_digits(out, 0, year / 100);
    two_digits(out, 2, year % 100);
    two_digits(out, 4, month);
    two_digits(out, 6, day);
    out[8] = b'-';
    two_digits(out, 9, of_day / 3_600);
    out[11] = b':';
    two_digits(out, 12, of_day / 60 % 60);
    out[14] = b':';
    two_digits(out, 15, of_day % 60);
    out[17] = b'.';
    let mut rest = nanos;
    let mut divisor = NANOS_PER_SECOND / 10;
    for digit in &mut out[18..18 + places] {
        *digit = b'0' + (rest / divisor) as u8;
        rest %= divisor;
        divisor = (divisor / 10).max(1);
    }
    18 + places
}

fn two_digits(out: &mut [u8; 27], at: usize, value: u64) {
    out[at] = b'0' + (value / 10) as u8;
    out[at + 1] = b'0' + (value % 10) as u8;
}

fn days_in_month(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the Unix epoch of a Gregorian date. Years are counted from March, so that the leap
/// day is the last of its year.
fn days_from_date(year: u64, month: u64, day: u64) -> u64 {
    let (march_year, march_month) =
        if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (march_year / 400, march_year % 400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

/// The inverse of [`days_from_date`].
fn date_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time_text(time: UnixNanos, places: usize) -> String {
        let mut out = [0; 27];
        let len = write_time(&mut out, time, places);
        String::from_utf8(out[..len].to_vec()).expect("digits")
    }

    #[test]
    fn times_print_and_parse_at_known_dates() {
        for (nanos, text) in [
            (0, "19700101-00:00:00.000000000"),
            (951_782_400_123_456_789, "20000229-00:00:00.123456789"),
            (1_703_461_500_000_000_001, "20231224-23:45:00.000000001"),
            (1_709_251_199_999_999_999, "20240229-23:59:59.999999999"),
        ] {
            assert_eq!(time_text(UnixNanos(nanos), 9), text);
            assert_eq!(parse_time(text.as_bytes()), Some(UnixNanos(nanos)));
        }
        assert_eq!(time_text(UnixNanos(1_703_461_500_987_654_321), 3), "20231224-23:45:00.987");
        assert_eq!(parse_time(b"20231224-23:45:00"), Some(UnixNanos(1_703_461_500_000_000_000)));
        assert_eq!(parse_time(b"20161231-23:59:60"), parse_time(b"20170101-00:00:00"));
        let nanos = Some(UnixNanos(1_703_461_500_123_456_789));
        for picoseconds in ["7", "78", "789"] {
            let text = format!("20231224-23:45:00.123456789{picoseconds}");
            assert_eq!(parse_time(text.as_bytes()), nanos);
        }
    }

    #[test]
    fn times_that_are_none_are_refused() {
        for text in [
            "",
            "20231224",
            "20231224 23:45:00",
            "20231324-23:45:00",
            "20230229-23:45:00",
            "20231224-24:45:00",
            "20231224-23:60:00",
            "20231224-23:45:61",
            "20231224-23:45:00.",
            "20231224-23:45:00.1234567890123",
            "20231224-23:45:00.123456789x",
            "2023122a-23:45:00",
            "00001224-23:45:00",
        ] {
            assert_eq!(parse_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn prices_parse_exactly_or_not_at_all() {
        for (text, nanos) in [
            ("4791.25", 4_791_250_000_000),
            ("-0.5", -500_000_000),
            ("5", 5_000_000_000),
            ("5.", 5_000_000_000),
            (".25", 250_000_000),
            ("00023.2300000000000", 23_230_000_000),
            ("0.000000001", 1),
            ("9223372036.854775806", i64::MAX - 1),
            ("-9223372036.854775808", i64::MIN),
        ] {
            assert_eq!(parse_price(text.as_bytes()), Some(Price(nanos)), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "-.",
            "+1",
            "1e5",
            "1.2.3",
            "--1",
            "1,5",
            " 1",
            "0.0000000001",
            "9223372036.854775807",
            "9223372036.854775808",
            "99999999999999999999999",
        ] {
            assert_eq!(parse_price(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn quantities_are_whole() {
        assert_eq!(parse_qty(b"100"), Some(100));
        assert_eq!(parse_qty(b"100.000"), Some(100));
        assert_eq!(parse_qty(b"100.5"), None);
        assert_eq!(parse_qty(b"4294967296"), None);
        assert_eq!(parse_qty(b"-1"), None);
        assert_eq!(parse_uint(b"00042"), Some(42));
        assert_eq!(parse_uint(b"18446744073709551616"), None);
    }

    proptest! {
        #[test]
        fn every_time_round_trips(nanos in 0..16_000_000_000_000_000_000u64) {
            let text = time_text(UnixNanos(nanos), 9);
            prop_assert_eq!(parse_time(text.as_bytes()), Some(UnixNanos(nanos)));
        }

        #[test]
        fn every_day_round_trips(days in 0..190_000u64) {
            let (year, month, day) = date_from_days(days);
            prop_assert_eq!(days_from_date(year, month, day), days);
        }
    }
}
