//! How the products of the generated market behave: size of their moves, what moves them, and how
//! they are quoted. Levels and volatilities are of the usual order of each, nothing more.

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

/// How a product of the generated market behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    /// The product's code, such as `ES`.
    pub code: &'static str,
    /// The product whose fair price it shares: itself, or the one that it is the micro of.
    pub root: &'static str,
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

const fn behaviour(
    (code, root): (&'static str, &'static str),
    start: f64,
    daily_volatility: f64,
    factor: Factor,
    load: f64,
    (half_spread_ticks, order_size, activity): (f64, f64, f64),
) -> Behaviour {
    Behaviour {
        code,
        root,
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
pub const BEHAVIOURS: [Behaviour; 50] = [
    behaviour(("ES", "ES"), 6_650.0, 0.0075, Equity, 0.97, (0.10, 3.0, 1.0)),
    behaviour(("NQ", "NQ"), 24_300.0, 0.0100, Equity, 0.93, (0.70, 1.6, 1.1)),
    behaviour(("RTY", "RTY"), 2_420.0, 0.0105, Equity, 0.85, (0.30, 2.0, 0.7)),
    behaviour(("YM", "YM"), 46_500.0, 0.0070, Equity, 0.94, (0.40, 1.6, 0.7)),
    behaviour(("MYM", "YM"), 46_500.0, 0.0070, Equity, 0.94, (0.40, 2.5, 0.5)),
    behaviour(("MES", "ES"), 6_650.0, 0.0075, Equity, 0.97, (0.10, 4.0, 1.0)),
    behaviour(("MNQ", "NQ"), 24_300.0, 0.0100, Equity, 0.93, (0.70, 3.0, 1.1)),
    behaviour(("M2K", "RTY"), 2_420.0, 0.0105, Equity, 0.85, (0.30, 3.0, 0.5)),
    behaviour(("CL", "CL"), 61.50, 0.0150, Energy, 0.90, (0.12, 2.4, 0.8)),
    behaviour(("MCL", "CL"), 61.50, 0.0150, Energy, 0.90, (0.15, 3.0, 0.6)),
    behaviour(("NG", "NG"), 3.450, 0.0280, Energy, 0.40, (0.25, 2.0, 0.6)),
    behaviour(("GC", "GC"), 4_080.0, 0.0085, Metals, 0.92, (0.25, 1.8, 0.8)),
    behaviour(("MGC", "GC"), 4_080.0, 0.0085, Metals, 0.92, (0.30, 2.5, 0.6)),
    behaviour(("SI", "SI"), 50.0, 0.0160, Metals, 0.85, (0.40, 1.6, 0.6)),
    behaviour(("HG", "HG"), 5.05, 0.0110, Metals, 0.55, (0.25, 1.8, 0.5)),
    behaviour(("ZN", "ZN"), 112.75, 0.0027, Rates, 0.96, (0.05, 12.0, 0.8)),
    behaviour(("ZB", "ZB"), 117.25, 0.0055, Rates, 0.93, (0.05, 6.0, 0.6)),
    behaviour(("ZF", "ZF"), 109.25, 0.0018, Rates, 0.95, (0.05, 10.0, 0.6)),
    behaviour(("6E", "6E"), 1.1580, 0.0038, Currencies, 0.92, (0.12, 3.0, 0.7)),
    behaviour(("6B", "6B"), 1.3120, 0.0042, Currencies, 0.80, (0.15, 2.4, 0.5)),
    behaviour(("6J", "6J"), 0.006_45, 0.0045, Currencies, 0.60, (0.15, 2.6, 0.6)),
    behaviour(("6A", "6A"), 0.6540, 0.0050, Currencies, 0.75, (0.20, 2.6, 0.5)),
    behaviour(("6C", "6C"), 0.7130, 0.0032, Currencies, 0.70, (0.15, 2.6, 0.5)),
    behaviour(("NKD", "NKD"), 49_500.0, 0.0095, Equity, 0.70, (0.40, 1.4, 0.3)),
    behaviour(("ZT", "ZT"), 104.20, 0.0007, Rates, 0.85, (0.05, 20.0, 0.5)),
    behaviour(("TN", "TN"), 115.50, 0.0035, Rates, 0.95, (0.08, 6.0, 0.5)),
    behaviour(("UB", "UB"), 121.00, 0.0075, Rates, 0.90, (0.15, 3.0, 0.5)),
    behaviour(("6M", "6M"), 0.054_20, 0.0055, Currencies, 0.45, (0.20, 2.4, 0.4)),
    behaviour(("6N", "6N"), 0.5690, 0.0052, Currencies, 0.72, (0.20, 2.2, 0.4)),
    behaviour(("6S", "6S"), 1.2480, 0.0042, Currencies, 0.70, (0.25, 2.0, 0.4)),
    behaviour(("M6E", "M6E"), 1.1580, 0.0038, Currencies, 0.92, (0.10, 3.0, 0.4)),
    behaviour(("BTC", "BTC"), 92_500.0, 0.0260, Equity, 0.40, (1.20, 1.2, 0.4)),
    behaviour(("MBT", "BTC"), 92_500.0, 0.0260, Equity, 0.40, (1.20, 2.2, 0.5)),
    behaviour(("ETH", "ETH"), 3_050.0, 0.0340, Equity, 0.40, (0.80, 1.4, 0.4)),
    behaviour(("MET", "ETH"), 3_050.0, 0.0340, Equity, 0.40, (0.80, 2.4, 0.5)),
    behaviour(("BZ", "BZ"), 65.20, 0.0145, Energy, 0.88, (0.15, 2.0, 0.5)),
    behaviour(("RB", "RB"), 1.9300, 0.0160, Energy, 0.75, (1.20, 1.6, 0.4)),
    behaviour(("HO", "HO"), 2.3500, 0.0155, Energy, 0.75, (1.20, 1.6, 0.4)),
    behaviour(("PL", "PL"), 1_560.0, 0.0130, Metals, 0.70, (1.00, 1.4, 0.3)),
    behaviour(("PA", "PA"), 1_430.0, 0.0170, Metals, 0.60, (1.40, 1.2, 0.2)),
    behaviour(("SIL", "SI"), 50.0, 0.0160, Metals, 0.85, (0.50, 1.8, 0.4)),
    behaviour(("ZC", "ZC"), 432.0, 0.0105, Energy, 0.15, (0.10, 6.0, 0.5)),
    behaviour(("ZW", "ZW"), 535.0, 0.0125, Energy, 0.15, (0.15, 4.0, 0.4)),
    behaviour(("KE", "KE"), 520.0, 0.0125, Energy, 0.15, (0.25, 3.0, 0.3)),
    behaviour(("ZS", "ZS"), 1_120.0, 0.0095, Energy, 0.18, (0.15, 4.0, 0.5)),
    behaviour(("ZM", "ZM"), 322.0, 0.0120, Energy, 0.10, (0.30, 3.0, 0.4)),
    behaviour(("ZL", "ZL"), 50.50, 0.0130, Energy, 0.35, (0.30, 3.0, 0.4)),
    behaviour(("LE", "LE"), 214.0, 0.0095, Equity, 0.12, (0.40, 2.0, 0.3)),
    behaviour(("HE", "HE"), 81.00, 0.0120, Equity, 0.08, (0.40, 2.0, 0.3)),
    behaviour(("GF", "GF"), 330.0, 0.0100, Equity, 0.10, (1.00, 1.4, 0.2)),
];

/// How a product behaves, if it can be generated.
pub fn behaviour_of(code: &str) -> Option<&'static Behaviour> {
    BEHAVIOURS.iter().find(|behaviour| behaviour.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::instrument::{PRODUCTS, product_of_code};

    #[test]
    fn every_product_is_a_known_future_and_shares_its_roots_price_and_grid() {
        assert!(PRODUCTS.iter().all(|product| behaviour_of(product.code).is_some()));
        for behaviour in BEHAVIOURS {
            let tick = |code| product_of_code(code).map(|product| product.tick);
            let root = behaviour_of(behaviour.root).expect("the root is generated too");
            assert!(tick(behaviour.code).is_some(), "{}", behaviour.code);
            assert_eq!(tick(root.code), tick(behaviour.code), "{}", behaviour.code);
            assert_eq!(root.start, behaviour.start, "{}", behaviour.code);
        }
    }
}
