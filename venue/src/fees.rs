//! What a trade costs: commission and fees by product, for each contract and side, in three parts as a
//! statement shows them.

use gauntlet_model::units::Money;

/// What each contract of a trade costs its buyer, and likewise its seller, in micro-dollars. A rebate is below
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContractFees {
    /// To the exchange.
    pub exchange: Money,
    /// To the clearing house and its member.
    pub clearing: Money,
    /// To the broker: the commission.
    pub broker: Money,
}

impl ContractFees {
    /// What so many contracts cost.
    pub fn of(self, qty: u32) -> ContractFees {
        let times = |part: Money| Money(part.0.saturating_mul(i64::from(qty)));
        ContractFees {
            exchange: times(self.exchange),
            clearing: times(self.clearing),
            broker: times(self.broker),
        }
    }

    /// All three together.
    pub fn total(self) -> Money {
        Money(self.exchange.0.saturating_add(self.clearing.0).saturating_add(self.broker.0))
    }

    /// With other costs.
    pub fn plus(self, more: ContractFees) -> ContractFees {
        let sum = |a: Money, b: Money| Money(a.0.saturating_add(b.0));
        ContractFees {
            exchange: sum(self.exchange, more.exchange),
            clearing: sum(self.clearing, more.clearing),
            broker: sum(self.broker, more.broker),
        }
    }
}

/// The fees of products. A product that is not named costs nothing, or what all others cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeeSchedule {
    products: Vec<(String, ContractFees)>,
    others: ContractFees,
}

impl FeeSchedule {
    /// A schedule of products by their code, such as `ES`, and of all others.
    pub fn new(products: Vec<(String, ContractFees)>, others: ContractFees) -> FeeSchedule {
        FeeSchedule { products, others }
    }

    /// Whether nothing costs anything.
    pub fn is_free(&self) -> bool {
        let free = ContractFees::default();
        self.others == free && self.products.iter().all(|(_, fees)| *fees == free)
    }

    /// The fees of a product.
    pub fn of_product(&self, code: &str) -> ContractFees {
        let named = self.products.iter().find(|(product, _)| product == code);
        named.map_or(self.others, |(_, fees)| *fees)
    }

    /// The fees of a contract by its symbol, such as `ESZ6`.
    pub fn of_symbol(&self, symbol: &str) -> ContractFees {
        self.of_product(product_of(symbol))
    }
}

/// The product's code in a contract's symbol: what stands before the letter of the month and the digits of the
/// year.
pub(crate) fn product_of(symbol: &str) -> &str {
    let name = symbol.trim_end_matches(|c: char| c.is_ascii_digit());
    name.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(exchange: i64, clearing: i64, broker: i64) -> ContractFees {
        ContractFees { exchange: Money(exchange), clearing: Money(clearing), broker: Money(broker) }
    }

    #[test]
    fn a_contract_costs_what_its_product_does_and_the_rest_what_all_others_do() {
        let products = vec![("ES".to_owned(), fees(1_380_000, 0, 850_000))];
        let schedule = FeeSchedule::new(products, fees(2_000_000, 20_000, 850_000));
        assert_eq!(schedule.of_symbol("ESZ6").of(3).total(), Money(3 * 2_230_000));
        for symbol in ["MESZ6", "6EZ26", "E"] {
            assert_eq!(schedule.of_symbol(symbol).total(), Money(2_870_000), "{symbol}");
        }
        assert!(!schedule.is_free() && FeeSchedule::default().is_free());
        assert_eq!(FeeSchedule::default().of_symbol("ESZ6"), ContractFees::default());
        let sum = fees(1, -2, 3).plus(fees(10, 20, 30));
        assert_eq!((sum, sum.of(0).total()), (fees(11, 18, 33), Money(0)));
        assert_eq!(fees(i64::MAX, 1, 0).of(2).total(), Money(i64::MAX));
    }
}
