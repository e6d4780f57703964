//! The band around the last good price: what lies outside of it is taken for an error of the data.

use crate::units::Price;

/// Farthest a price may be from the last good one, as one part in so many.
const FRACTION: u64 = 10;
/// The band is never narrower than this many ticks, for prices near zero.
const TICKS_MIN: u64 = 200;

/// A band that moves with good prices. It holds everything until it has a center.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    center_price: Price,
    tick: Price,
}

impl Band {
    pub fn new(tick: Price) -> Band {
        Band { center_price: Price::NONE, tick }
    }

    pub fn set_tick(&mut self, tick: Price) {
        self.tick = tick;
    }

    /// Prices may be anywhere again.
    pub fn forget(&mut self) {
        self.center_price = Price::NONE;
    }

    pub fn is_known(&self) -> bool {
        self.center_price.is_some()
    }

    /// Moves the band to a good price.
    pub fn center(&mut self, price: Price) {
        self.center_price = price;
    }

    /// Whether a price is in the band.
    pub fn holds(&self, price: Price) -> bool {
        !self.is_known() || self.would_hold(self.center_price, price)
    }

    /// Whether a price would be in the band around another center.
    pub fn would_hold(&self, center_price: Price, price: Price) -> bool {
        let ticks = self.tick.0.unsigned_abs().saturating_mul(TICKS_MIN);
        let width = (center_price.0.unsigned_abs() / FRACTION).max(ticks);
        price.0.abs_diff(center_price.0) <= width
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
}
