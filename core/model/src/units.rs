//! Numbers with their units: prices, money, times.
//!
//! Prices are `i64` in units of 1e-9 (Databento's own), money is `i64` in micro-dollars, times are
//! `u64` nanoseconds since the Unix epoch, quantities are whole contracts. Floating point appears
//! only inside indicators and statistics.

use rkyv::{Archive, Deserialize, Serialize};
use std::fmt;

/// One whole unit of price (one index point, one dollar a barrel) in [`Price`] units.
pub const PRICE_SCALE: i64 = 1_000_000_000;
/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Nanoseconds in a minute.
pub const NANOS_PER_MINUTE: u64 = 60 * NANOS_PER_SECOND;

/// A price in units of 1e-9. [`Price::NONE`] stands for "no price", as in the DBN encoding.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(pub i64);

impl Price {
    /// No price (DBN's `UNDEF_PRICE`).
    pub const NONE: Price = Price(i64::MAX);

    /// Whether this is a price at all.
    pub fn is_some(self) -> bool {
        self != Price::NONE
    }

    /// The price as a float, for indicators and display only. `NaN` for [`Price::NONE`].
    pub fn to_f64(self) -> f64 {
        if self.is_some() { self.0 as f64 / PRICE_SCALE as f64 } else { f64::NAN }
    }

    /// The nearest price to a float given in whole units; [`Price::NONE`] if it is not finite or
    /// out of range.
    pub fn from_f64(value: f64) -> Price {
        let scaled = libm::round(value * PRICE_SCALE as f64);
        if scaled.is_finite() && scaled.abs() < 9.0e18 { Price(scaled as i64) } else { Price::NONE }
    }

    /// This price moved by a number of ticks of the given size; [`Price::NONE`] stays itself, as
    /// does an overflow become it.
    pub fn offset_ticks(self, ticks: i64, tick: Price) -> Price {
        if !self.is_some() {
            return Price::NONE;
        }
        ticks.checked_mul(tick.0).and_then(|d| self.0.checked_add(d)).map_or(Price::NONE, Price)
    }
}

/// The quotient of a wide number, rounded toward zero. Nearly always it is short, and the division of short
/// numbers costs a tenth.
///
/// # Panics
/// When the divisor is zero.
#[inline]
pub fn divide(dividend: i128, divisor: i64) -> i128 {
    match i64::try_from(dividend).ok().and_then(|short| short.checked_div(divisor)) {
        Some(quotient) => i128::from(quotient),
        None => dividend / i128::from(divisor),
    }
}

/// A product of a price and something else in units of the other, rounded down: what is divided by
/// [`PRICE_SCALE`]. Most such products are too long for 64 bits, and short again without the scale's powers of
/// two.
#[inline]
pub fn unscale(product: u128) -> u128 {
    const TWOS: u32 = PRICE_SCALE.trailing_zeros();
    const ODD: u64 = (PRICE_SCALE >> TWOS) as u64;
    match u64::try_from(product >> TWOS) {
        Ok(short) => u128::from(short / ODD),
        Err(_) => product / PRICE_SCALE as u128,
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_some() {
            return f.write_str("-");
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, frac) = (
            self.0.unsigned_abs() / PRICE_SCALE as u64,
            self.0.unsigned_abs() % PRICE_SCALE as u64,
        );
        if frac == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format_fraction(frac);
        // Nine digits always fit; the trailing zeros are cut for people.
        let text = std::str::from_utf8(&digits).map_err(|_| fmt::Error)?.trim_end_matches('0');
        write!(f, "{sign}{whole}.{text}")
    }
}

fn format_fraction(mut frac: u64) -> [u8; 9] {
    let mut digits = [b'0'; 9];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (frac % 10) as u8;
        frac /= 10;
    }
    digits
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An amount of money in micro-dollars.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash,
)]
pub struct Money(pub i64);

impl Money {
    /// The amount in dollars, for display only.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        // Half a cent rounds away from zero.
        let cents = (self.0.unsigned_abs() + 5_000) / 10_000;
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Nanoseconds since the Unix epoch, UTC.
#[derive(
    Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash,
)]
pub struct UnixNanos(pub u64);

impl UnixNanos {
    /// Nanoseconds from `earlier` to this time; zero if `earlier` is later.
    pub fn since(self, earlier: UnixNanos) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time of an RFC 3339 text, such as `2026-11-22T09:30:00-05:00`; `None` when it is none, or
    /// before 1970 or after 2262.
    pub fn parse_rfc3339(text: &str) -> Option<UnixNanos> {
        let nanos = chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt()?;
        u64::try_from(nanos).ok().map(UnixNanos)
    }

    /// This time moved later by a number of nanoseconds, saturating.
    pub fn plus(self, nanos: u64) -> UnixNanos {
        UnixNanos(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for UnixNanos {
    /// RFC 3339 in UTC with nanoseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = (self.0 / NANOS_PER_SECOND, self.0 % NANOS_PER_SECOND);
        match chrono::DateTime::from_timestamp(secs as i64, nanos as u32) {
            Some(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M:%S%.9fZ")),
            None => write!(f, "{}ns", self.0),
        }
    }
}

impl fmt::Debug for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The side of an order, or of the resting liquidity a book event speaks of.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Side {
    /// Buy; the bid side of a book.
    Buy = 1,
    /// Sell; the ask side of a book.
    Sell = 2,
}

impl Side {
    /// +1 for a buy, −1 for a sell.
    pub fn sign(self) -> i64 {
        match self {
            Side::Buy => 1,
            Side::Sell => -1,
        }
    }

    /// The other side.
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// The side that moves a position by a signed number of contracts; `None` for zero.
    pub fn of(delta: i64) -> Option<Side> {
        match delta {
            0 => None,
            d if d > 0 => Some(Side::Buy),
            _ => Some(Side::Sell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_print_without_trailing_zeros() {
        assert_eq!(Price(4_791_250_000_000).to_string(), "4791.25");
        assert_eq!(Price(-500_000_000).to_string(), "-0.5");
        assert_eq!(Price(7).to_string(), "0.000000007");
        assert_eq!(Price::NONE.to_string(), "-");
        assert_eq!(Price(i64::MIN).to_string(), "-9223372036.854775808");
    }

    #[test]
    fn a_price_that_overflows_becomes_none() {
        assert_eq!(Price(i64::MAX - 1).offset_ticks(1, Price(10)), Price::NONE);
        assert_eq!(Price::NONE.offset_ticks(-1, Price(10)), Price::NONE);
        assert_eq!(Price(100).offset_ticks(-3, Price(25)), Price(25));
        assert_eq!(Price::from_f64(f64::NAN), Price::NONE);
        assert_eq!(Price::from_f64(0.25), Price(250_000_000));
    }

    #[test]
    fn times_read_back_as_they_are_shown() {
        let at = UnixNanos(1_704_205_800_000_000_001);
        assert_eq!(UnixNanos::parse_rfc3339(&at.to_string()), Some(at));
        let there = UnixNanos::parse_rfc3339("2024-01-02T09:30:00-05:00");
        assert_eq!(there, Some(UnixNanos(1_704_205_800_000_000_000)));
        for wrong in ["2024-01-02", "1969-12-31T23:59:59Z", "soon"] {
            assert_eq!(UnixNanos::parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_divides_as_the_long_one_does(
            factors in (any::<i64>(), any::<i64>(), 0u32..127),
            divisor in any::<i64>().prop_filter("not zero", |divisor| *divisor != 0),
        ) {
            let (one, other, shift) = factors;
            let dividend = (i128::from(one) * i128::from(other)) >> shift;
            prop_assert_eq!(divide(dividend, divisor), dividend / i128::from(divisor));
            let product = dividend.unsigned_abs();
            prop_assert_eq!(unscale(product), product / PRICE_SCALE as u128);
        }
    }

    #[test]
    fn division_is_exact_at_the_ends_of_the_short_way() {
        let (least, scale) = (i128::from(i64::MIN), PRICE_SCALE as u128);
        assert_eq!(divide(least, -1), -least);
        assert_eq!(divide(least - 1, 3), (least - 1) / 3);
        let longest = u128::from(u64::MAX) << PRICE_SCALE.trailing_zeros();
        for product in [0, scale - 1, scale, longest, longest + scale, u128::MAX] {
            assert_eq!(unscale(product), product / scale, "{product}");
        }
    }

    #[test]
    fn money_rounds_to_cents_away_from_zero() {
        assert_eq!(Money(12_345_000).to_string(), "12.35");
        assert_eq!(Money(-12_345_000).to_string(), "-12.35");
        assert_eq!(Money(0).to_string(), "0.00");
    }
}
