//! Numbers and times as the digits of a value.

use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

const SECONDS_PER_DAY: u64 = 86_400;
const TEN_TO_8: u64 = 100_000_000;
/// `0` in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;
/// What a byte of a digit says of its value.
const DIGIT_BITS: u64 = 0x0f0f_0f0f_0f0f_0f0f;

/// Longest time: `YYYYMMDD-HH:MM:SS.` and nine digits, and five bytes that are not used.
pub(super) const TIME_BLOCK: usize = 32;
/// Longest number and four bytes that are not used.
pub(super) const NUMBER_BLOCK: usize = 24;

/// The eight decimal digits of a number below 10^8 as text, the first in the lowest byte. The number is split
/// into halves, quarters and eighths in one word each (P. Khuong, "How to print integers really fast", 2017).
#[inline]
pub(super) fn eight_digits(value: u64) -> u64 {
    debug_assert!(value < TEN_TO_8, "{value} has more than eight digits");
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let high_twos = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = high_twos | ((fours - 100 * high_twos) << 16);
    let high_ones = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    ZEROS | high_ones | ((twos - 10 * high_ones) << 8)
}

/// A number below 10^8 without leading zeros, the first digit in the lowest byte, and how many digits those are.
#[inline]
pub(super) fn up_to_eight_digits(value: u64) -> (u64, usize) {
    let digits = eight_digits(value);
    // The number zero has a digit too.
    let leading = ((digits & DIGIT_BITS).trailing_zeros() / 8).min(7);
    (digits >> (8 * leading), 8 - leading as usize)
}

/// How many of eight digits are left without the zeros at their end.
#[inline]
pub(super) fn without_trailing_zeros(digits: u64) -> usize {
    8 - ((digits & DIGIT_BITS).leading_zeros() / 8) as usize
}

/// Any number, at the beginning of the block, and how many digits it has.
pub(super) fn number(value: u64) -> ([u8; NUMBER_BLOCK], usize) {
    let mut block = [0; NUMBER_BLOCK];
    let mut len = 0;
    let mut put = |digits: u64, more: usize| {
        block[len..len + 8].copy_from_slice(&digits.to_le_bytes());
        len += more;
    };
    let (high, middle, low) =
        (value / (TEN_TO_8 * TEN_TO_8), value / TEN_TO_8 % TEN_TO_8, value % TEN_TO_8);
    let mut has_begun = false;
    for part in [high, middle] {
        if has_begun {
            put(eight_digits(part), 8);
        } else if part > 0 {
            has_begun = true;
            let (digits, more) = up_to_eight_digits(part);
            put(digits, more);
        }
    }
    if has_begun {
        put(eight_digits(low), 8);
    } else {
        let (digits, more) = up_to_eight_digits(low);
        put(digits, more);
    }
    (block, len)
}

/// Writes `YYYYMMDD-HH:MM:SS.` and nine digits of a second. Years past 9999 do not occur: the nanoseconds of a
/// `u64` end in 2554.
#[inline]
pub(super) fn write_time(out: &mut [u8; TIME_BLOCK], time: UnixNanos) {
    let (seconds, nanos) = (time.0 / NANOS_PER_SECOND, time.0 % NANOS_PER_SECOND);
    let (year, month, day) = date_from_days((seconds / SECONDS_PER_DAY) as u32);
    let of_day = seconds % SECONDS_PER_DAY;
    let date = u64::from(year * 10_000 + month * 100 + day);
    // Hour, minute and second with a zero between them, which becomes the colon: `0` and 10.
    let clock = of_day / 3_600 * 1_000_000 + of_day / 60 % 60 * 1_000 + of_day % 60;
    let clock = eight_digits(clock) | 0x0000_0a00_000a_0000;
    out[..8].copy_from_slice(&eight_digits(date).to_le_bytes());
    out[8] = b'-';
    out[9..17].copy_from_slice(&clock.to_le_bytes());
    out[17] = b'.';
    out[18..26].copy_from_slice(&eight_digits(nanos / 10).to_le_bytes());
    out[26] = b'0' + (nanos % 10) as u8;
}

/// The year, month and day of a number of days since the Unix epoch (C. Neri, L. Schneider, "Euclidean affine
/// functions and their application to calendar algorithms", 2023, proposition 6.3). Years are counted from March,
/// so that the leap day is the last of its year. Days of 32,767 years are in its range.
#[inline]
fn date_from_days(days: u32) -> (u32, u32, u32) {
    /// Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar.
    const DAYS_TO_EPOCH: u32 = 719_468;
    const DAYS_PER_ERA: u32 = 146_097;
    let of_centuries = 4 * (days + DAYS_TO_EPOCH) + 3;
    let (century, of_century) = (of_centuries / DAYS_PER_ERA, of_centuries % DAYS_PER_ERA / 4);
    let of_years = u64::from(4 * of_century + 3) * 2_939_745;
    let (year_of_century, of_year) = ((of_years >> 32) as u32, of_years as u32 / 2_939_745 / 4);
    let of_months = 2_141 * of_year + 197_913;
    let (month, day) = (of_months >> 16, (of_months & 0xffff) / 2_141 + 1);
    let is_next_year = of_year >= 306;
    let year = 100 * century + year_of_century + u32::from(is_next_year);
    (year, if is_next_year { month - 12 } else { month }, day)
}

#[cfg(test)]
mod tests {
    use super::super::value::{days_from_date, parse_time};
    use super::*;
    use proptest::prelude::*;

    fn time_text(nanos: u64) -> String {
        let mut block = [0; TIME_BLOCK];
        write_time(&mut block, UnixNanos(nanos));
        String::from_utf8(block[..27].to_vec()).expect("digits")
    }

    fn number_text(value: u64) -> String {
        let (block, len) = number(value);
        String::from_utf8(block[..len].to_vec()).expect("digits")
    }

    #[test]
    fn times_print_and_parse_at_known_dates() {
        for (nanos, text) in [
            (0, "19700101-00:00:00.000000000"),
            (951_782_400_123_456_789, "20000229-00:00:00.123456789"),
            (1_703_461_500_000_000_001, "20231224-23:45:00.000000001"),
            (1_709_251_199_999_999_999, "20240229-23:59:59.999999999"),
            (u64::MAX, "25540721-23:34:33.709551615"),
        ] {
            assert_eq!(time_text(nanos), text);
            assert_eq!(
                parse_time(text.as_bytes()).map(|time| time.0),
                (nanos < u64::MAX).then_some(nanos)
            );
        }
    }

    #[test]
    fn every_day_of_the_range_is_the_day_of_its_date() {
        for days in 0..=(u64::MAX / NANOS_PER_SECOND / SECONDS_PER_DAY) {
            let (year, month, day) = date_from_days(days as u32);
            let [year, month, day] = [year, month, day].map(u64::from);
            assert_eq!(days_from_date(year, month, day), days);
        }
    }

    #[test]
    fn numbers_of_every_width_print_as_they_are() {
        for power in 0..20u32 {
            let value = 10u64.pow(power);
            for value in [value - 1, value, value + 1, value.saturating_mul(9)] {
                assert_eq!(number_text(value), value.to_string());
            }
        }
        assert_eq!(number_text(u64::MAX), u64::MAX.to_string());
    }

    proptest! {
        #[test]
        fn every_time_round_trips(nanos in 0..16_000_000_000_000_000_000u64) {
            prop_assert_eq!(parse_time(time_text(nanos).as_bytes()), Some(UnixNanos(nanos)));
        }

        #[test]
        fn every_number_prints_as_it_is(value: u64, shift in 0..64u32) {
            let value = value >> shift;
            prop_assert_eq!(number_text(value), value.to_string());
        }

        #[test]
        fn eight_digits_are_those_of_the_number(value in 0..TEN_TO_8) {
            let text = format!("{value:08}");
            prop_assert_eq!(&eight_digits(value).to_le_bytes()[..], text.as_bytes());
            prop_assert_eq!(
                without_trailing_zeros(eight_digits(value)),
                text.trim_end_matches('0').len()
            );
        }
    }
}
