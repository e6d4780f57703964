//! How the products of the generated market behave: size of their moves, what moves them, and how
//! they are quoted. Levels and volatilities are of the usual order of each, nothing more.

use gauntlet_core::units::{Money, Price};

/// What a group of products has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Factor {
    /// Equity indices.
    Equity,
    /// Oil and gas.
    Energy,
    /// Metals.
    Metals,
    /// Treasury futures.
    Rates,
    /// Currencies against the dollar.
    Currencies,
}

impl Factor {
    /// Every factor, in order.
    pub const ALL: [Factor; 5] =
        [Factor::Equity, Factor::Energy, Factor::Metals, Factor::Rates, Factor::Currencies];

    /// How much of the factor is the mood of all markets (correlation with it).
    pub fn mood(self) -> f64 {
        match self {
            Factor::Equity => 0.8,
            Factor::Energy => 0.35,
            Factor::Metals => 0.2,
            Factor::Rates => -0.4,
            Factor::Currencies => 0.35,
        }
    }
}

/// A product of the generated market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Product {
    /// Its name, such as `ES`.
    pub name: &'static str,
    /// The product whose fair price it shares: itself, or the one that it is the micro of.
    pub root: &'static str,
    /// Smallest price step.
    pub tick: Price,
    /// Money per whole unit of price.
    pub multiplier: Money,
    /// Where its price starts, in whole units.
    pub start: f64,
    /// Standard deviation of a day session's return.
    pub daily_volatility: f64,
    /// What moves it together with others.
    pub factor: Factor,
    /// Correlation of its returns with the factor's.
    pub load: f64,
    /// Half of what its quoters keep between bid and ask beyond the tick grid, in ticks, when calm.
    pub half_spread_ticks: f64,
    /// Mean size of a resting order, in contracts.
    pub order_size: f64,
    /// Its share of activity, relative to ES.
    pub activity: f64,
}

#[allow(clippy::too_many_arguments)]
const fn product(
    name: &'static str,
    root: &'static str,
    tick: i64,
    multiplier: i64,
    start: f64,
    daily_volatility: f64,
    factor: Factor,
    load: f64,
    quoting: (f64, f64, f64),
) -> Product {
    let (half_spread_ticks, order_size, activity) = quoting;
    Product {
        name,
        root,
        tick: Price(tick),
        multiplier: Money(multiplier * 1_000_000),
        start,
        daily_volatility,
        factor,
        load,
        half_spread_ticks,
        order_size,
        activity,
    }
}

use Factor::{Currencies, Energy, Equity, Metals, Rates};

/// The products that the market can generate.
pub const PRODUCTS: [Product; 22] = [
    product("ES", "ES", 250_000_000, 50, 6_650.0, 0.0075, Equity, 0.97, (0.10, 3.0, 1.0)),
    product("NQ", "NQ", 250_000_000, 20, 24_300.0, 0.0100, Equity, 0.93, (0.70, 1.6, 1.1)),
    product("RTY", "RTY", 100_000_000, 50, 2_420.0, 0.0105, Equity, 0.85, (0.30, 2.0, 0.7)),
    product("YM", "YM", 1_000_000_000, 5, 46_500.0, 0.0070, Equity, 0.94, (0.40, 1.6, 0.7)),
    product("MES", "ES", 250_000_000, 5, 6_650.0, 0.0075, Equity, 0.97, (0.10, 4.0, 1.0)),
    product("MNQ", "NQ", 250_000_000, 2, 24_300.0, 0.0100, Equity, 0.93, (0.70, 3.0, 1.1)),
    product("M2K", "RTY", 100_000_000, 5, 2_420.0, 0.0105, Equity, 0.85, (0.30, 3.0, 0.5)),
    product("CL", "CL", 10_000_000, 1_000, 61.50, 0.0150, Energy, 0.90, (0.12, 2.4, 0.8)),
    product("MCL", "CL", 10_000_000, 100, 61.50, 0.0150, Energy, 0.90, (0.15, 3.0, 0.6)),
    product("NG", "NG", 1_000_000, 10_000, 3.450, 0.0280, Energy, 0.40, (0.25, 2.0, 0.6)),
    product("GC", "GC", 100_000_000, 100, 4_080.0, 0.0085, Metals, 0.92, (0.25, 1.8, 0.8)),
    product("MGC", "GC", 100_000_000, 10, 4_080.0, 0.0085, Metals, 0.92, (0.30, 2.5, 0.6)),
    product("SI", "SI", 5_000_000, 5_000, 50.0, 0.0160, Metals, 0.85, (0.40, 1.6, 0.6)),
    product("HG", "HG", 500_000, 25_000, 5.05, 0.0110, Metals, 0.55, (0.25, 1.8, 0.5)),
    product("ZN", "ZN", 15_625_000, 1_000, 112.75, 0.0027, Rates, 0.96, (0.05, 12.0, 0.8)),
    product("ZB", "ZB", 31_250_000, 1_000, 117.25, 0.0055, Rates, 0.93, (0.05, 6.0, 0.6)),
    product("ZF", "ZF", 7_812_500, 1_000, 109.25, 0.0018, Rates, 0.95, (0.05, 10.0, 0.6)),
    product("6E", "6E", 50_000, 125_000, 1.1580, 0.0038, Currencies, 0.92, (0.12, 3.0, 0.7)),
    product("6B", "6B", 100_000, 62_500, 1.3120, 0.0042, Currencies, 0.80, (0.15, 2.4, 0.5)),
    product("6J", "6J", 500, 12_500_000, 0.006_45, 0.0045, Currencies, 0.60, (0.15, 2.6, 0.6)),
    product("6A", "6A", 50_000, 100_000, 0.6540, 0.0050, Currencies, 0.75, (0.20, 2.6, 0.5)),
    product("6C", "6C", 50_000, 100_000, 0.7130, 0.0032, Currencies, 0.70, (0.15, 2.6, 0.5)),
];

/// The product of a contract's symbol: `ESZ6` is the ES contract of December 2026.
pub fn product_of(symbol: &str) -> Option<&'static Product> {
    let name = symbol.trim_end_matches(|c: char| c.is_ascii_digit());
    let (name, month) = name.split_at_checked(name.len().checked_sub(1)?)?;
    let is_contract = name.len() + 1 < symbol.len() && "FGHJKMNQUVXZ".contains(month);
    PRODUCTS.iter().find(|product| is_contract && product.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_symbol_names_its_product() {
        assert_eq!(product_of("ESZ6").map(|p| p.name), Some("ES"));
        assert_eq!(product_of("6EH27").map(|p| p.name), Some("6E"));
        for wrong in ["", "ES", "ESZ", "Z6", "ESA6", "XXZ6", "É6"] {
            assert_eq!(product_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_micro_shares_its_roots_price_and_grid() {
        for product in PRODUCTS {
            let root = PRODUCTS.iter().find(|root| root.name == product.root).expect("is listed");
            assert_eq!((root.tick, root.start), (product.tick, product.start), "{}", product.name);
        }
    }
}
