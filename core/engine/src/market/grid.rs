//! The prices that an instrument can have at all.

use gauntlet_model::input::InstrumentDefinition;
use gauntlet_model::instrument::product_of_code;
use gauntlet_model::units::Price;

/// Energy futures, the only ones of CME Group that trade at zero and below (since April 2020).
const MAY_BE_NEGATIVE: [&str; 9] = ["CL", "MCL", "QM", "BZ", "NG", "QG", "MNG", "RB", "HO"];

/// The grid of ticks that an outright future's prices lie on, and whether it begins above zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    tick: i64,
    is_positive: bool,
}

impl Grid {
    /// The grid of an instrument. Of a product that is not known, any sign is possible.
    pub fn of(definition: &InstrumentDefinition) -> Grid {
        let product = definition.product.as_str();
        let is_positive = product_of_code(product).is_some() && !MAY_BE_NEGATIVE.contains(&product);
        Grid { tick: definition.tick.0, is_positive }
    }

    /// Whether a price, if there is one, is possible.
    pub fn holds(&self, price: Price) -> bool {
        if !price.is_some() {
            return true;
        }
        let is_on = self.tick <= 0 || price.0 % self.tick == 0;
        is_on && (price.0 > 0 || !self.is_positive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::InstrumentId;
    use gauntlet_model::input::InstrumentLimits;
    use gauntlet_model::text::Text;
    use gauntlet_model::units::Money;

    fn grid(product: &str, tick: i64) -> Grid {
        Grid::of(&InstrumentDefinition {
            instrument: InstrumentId(0),
            symbol: Text::EMPTY,
            product: Text::new(product),
            feed: 0,
            tick: Price(tick),
            multiplier: Money(1),
            limits: InstrumentLimits::default(),
        })
    }

    #[test]
    fn prices_lie_on_the_ticks_and_only_energy_goes_below_zero() {
        let es = grid("ES", 250_000_000);
        assert!(es.holds(Price(4_800_250_000_000)) && es.holds(Price::NONE));
        for impossible in [4_800_100_000_000, 0, -250_000_000] {
            assert!(!es.holds(Price(impossible)), "{impossible}");
        }
        let cl = grid("CL", 10_000_000);
        assert!(cl.holds(Price(-37_630_000_000)), "the settlement of May 2020");
        assert!(!cl.holds(Price(-37_635_000_000)));
        assert!(grid("XX", 1).holds(Price(-1)), "nothing is known of it");
    }
}
