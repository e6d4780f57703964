//! The band around the last good price: what lies outside of it is taken for an error of the data
//! until the market has confirmed it.

use gauntlet_model::units::{NANOS_PER_SECOND, Price, UnixNanos};

/// Farthest a price may be from the last good one, as one part in so many.
const FRACTION: u64 = 10;
/// The band is never narrower than this many ticks, for prices near zero.
const TICKS_MIN: u64 = 200;
/// So many prices in a row, each in the band of the one before, confirm a new place of the market…
pub(super) const CONFIRMATIONS: u32 = 10;
/// …when they have come over at least this long on the stream's clock.
pub(super) const CONFIRM_NS: u64 = 5 * NANOS_PER_SECOND;

/// A band that moves with good prices. It holds everything until it has a center.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    center_price: Price,
    tick: Price,
    /// The exchange's own limits, where it tells them.
    limits: (Price, Price),
    elsewhere: Option<Elsewhere>,
}

/// A place outside of the band where the market may be now.
#[derive(Clone, Copy, Debug)]
struct Elsewhere {
    price: Price,
    since: UnixNanos,
    count: u32,
}

impl Band {
    pub fn new(tick: Price) -> Band {
        Band {
            center_price: Price::NONE,
            tick,
            limits: (Price::NONE, Price::NONE),
            elsewhere: None,
        }
    }

    pub fn set_tick(&mut self, tick: Price) {
        self.tick = tick;
    }

    /// Takes the exchange's price limits; [`Price::NONE`] where there is none.
    pub fn set_limits(&mut self, low: Price, high: Price) {
        self.limits = (low, high);
    }

    /// Prices may be anywhere again.
    pub fn forget(&mut self) {
        self.center_price = Price::NONE;
        self.elsewhere = None;
    }

    pub fn is_known(&self) -> bool {
        self.center_price.is_some()
    }

    /// Moves the band to a good price.
    pub fn center(&mut self, price: Price) {
        self.center_price = price;
        self.elsewhere = None;
    }

    /// Whether a price is in the band, and in the exchange's limits.
    pub fn holds(&self, price: Price) -> bool {
        let (low, high) = self.limits;
        let in_limits = (!low.is_some() || price >= low) && (!high.is_some() || price <= high);
        in_limits && (!self.is_known() || self.would_hold(self.center_price, price))
    }

    /// Whether a price would be in the band around another center.
    pub fn would_hold(&self, center_price: Price, price: Price) -> bool {
        let ticks = self.tick.0.unsigned_abs().saturating_mul(TICKS_MIN);
        let width = (center_price.0.unsigned_abs() / FRACTION).max(ticks);
        price.0.abs_diff(center_price.0) <= width
    }

    /// Takes a price that is not in the band. True when enough of them have said for long enough
    /// that the market is there now: the band moves to it, and limits that it broke are forgotten.
    pub fn confirm(&mut self, price: Price, now: UnixNanos) -> bool {
        let next = match self.elsewhere {
            Some(place) if self.would_hold(place.price, price) => {
                Elsewhere { price, count: place.count.saturating_add(1), ..place }
            }
            _ => Elsewhere { price, since: now, count: 1 },
        };
        let confirmed = next.count >= CONFIRMATIONS && now.since(next.since) >= CONFIRM_NS;
        if confirmed {
            self.limits = (Price::NONE, Price::NONE);
            self.center(price);
        } else {
            self.elsewhere = Some(next);
        }
        confirmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_is_a_tenth_of_its_centre_and_never_narrower_than_its_ticks() {
        let mut band = Band::new(Price(1));
        assert!(band.holds(Price(i64::MIN)), "without a center");
        band.center(Price(10_000));
        assert!(band.holds(Price(11_000)) && band.holds(Price(9_000)));
        assert!(!band.holds(Price(11_001)) && !band.holds(Price(8_999)));
        band.center(Price(0));
        assert!(band.holds(Price(-200)) && !band.holds(Price(-201)));
        band.center(Price(-10_000));
        assert!(band.holds(Price(-11_000)) && !band.holds(Price(-11_001)));
        band.forget();
        assert!(band.holds(Price(i64::MAX - 1)));
    }

    #[test]
    fn a_new_place_needs_enough_prices_over_enough_time_without_one_elsewhere() {
        let at = |millis: u64| UnixNanos(millis * 1_000_000);
        let mut band = Band::new(Price(1));
        band.center(Price(10_000));
        for n in 0..u64::from(CONFIRMATIONS) * 3 {
            assert!(!band.confirm(Price(12_000), at(n)), "too short a time");
        }
        assert!(band.confirm(Price(12_001), at(5_000)));
        assert!(band.holds(Price(13_000)) && !band.holds(Price(10_000)));
        assert!(!band.confirm(Price(20_000), at(6_000)));
        for n in 0..u64::from(CONFIRMATIONS) {
            // From one place to another and back: no two agree.
            let price = if n % 2 == 0 { 30_000 } else { 20_000 };
            assert!(!band.confirm(Price(price), at(20_000 + n * 1_000)));
        }
        assert!(!band.confirm(Price(50_000), at(60_000)), "the count starts again");
        band.center(Price(12_000));
        assert!(!band.confirm(Price(50_000), at(70_000)), "a good price ends the doubt");
    }

    #[test]
    fn the_exchanges_limits_narrow_the_band_until_the_market_breaks_them() {
        let mut band = Band::new(Price(1));
        band.set_limits(Price(9_500), Price(10_500));
        assert!(!band.holds(Price(10_501)), "without a center too");
        band.center(Price(10_000));
        assert!(
            band.holds(Price(10_500)) && !band.holds(Price(10_501)) && !band.holds(Price(9_499))
        );
        let mut confirmed = false;
        for second in 0..20 {
            confirmed |= band.confirm(Price(10_600), UnixNanos(second * NANOS_PER_SECOND));
        }
        assert!(confirmed && band.holds(Price(10_600)));
    }
}
