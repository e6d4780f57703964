//! Values of FIX fields: numbers, prices, times (FIX 4.4 volume 1, "Data types").

use gauntlet_model::units::{NANOS_PER_SECOND, PRICE_SCALE, Price, UnixNanos};

const SECONDS_PER_DAY: u64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar.
const DAYS_TO_EPOCH: u64 = 719_468;
const DAYS_PER_ERA: u64 = 146_097;

/// A non-negative whole number. Leading zeros are allowed, signs are not.
pub fn parse_uint(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    if text.len() <= DIGITS_THAT_FIT {
        return short_uint(text);
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(digit as u64)
    })
}

/// Powers of ten.
const TEN_TO: [u64; 13] = {
    let mut powers = [1; 13];
    let mut power = 1;
    while power < powers.len() {
        powers[power] = powers[power - 1] * 10;
        power += 1;
    }
    powers
};

/// Digits that no `u64` is too small for.
const DIGITS_THAT_FIT: usize = 19;

/// The number of up to [`DIGITS_THAT_FIT`] digits.
#[inline]
fn short_uint(text: &[u8]) -> Option<u64> {
    let (mut value, mut is_number) = (0u64, true);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        is_number &= digit <= 9;
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    is_number.then_some(value)
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
    let nanos = if places.is_empty() { 0 } else { parse_uint(places)? };
    let nanos = nanos * TEN_TO[9 - places.len()];
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
    let (whole, fraction) = text.split_first_chunk::<17>()?;
    let fraction = match fraction {
        [] => None,
        [b'.', digits @ ..] => Some(digits),
        _ => return None,
    };
    if whole[8] != b'-' || whole[11] != b':' || whole[14] != b':' {
        return None;
    }
    let mut are_digits = true;
    let mut number = |places: [usize; 2]| {
        let [tens, ones] = places.map(|place| whole[place].wrapping_sub(b'0'));
        are_digits &= tens <= 9 && ones <= 9;
        u64::from(tens) * 10 + u64::from(ones)
    };
    let year = number([0, 1]) * 100 + number([2, 3]);
    let (month, day) = (number([4, 5]), number([6, 7]));
    let (hour, minute, second) = (number([9, 10]), number([12, 13]), number([15, 16]));
    if !are_digits {
        return None;
    }
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
        // Picoseconds are read and left out.
        nanos = parse_uint(fraction)? * TEN_TO[12 - fraction.len()] / 1_000;
    }
    let days = days_from_date(year, month, day);
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    Some(UnixNanos(seconds * NANOS_PER_SECOND + nanos))
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
pub(super) fn days_from_date(year: u64, month: u64, day: u64) -> u64 {
    let (march_year, march_month) =
        if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (march_year / 400, march_year % 400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_parse_with_any_digits_of_a_second() {
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
}
