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
pub const BEHAVIOURS: [Behaviour; 23] = [
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
];

/// How a product behaves, if it can be generated.
pub fn behaviour_of(code: &str) -> Option<&'static Behaviour> {
    BEHAVIOURS.iter().find(|behaviour| behaviour.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::instrument::product_of_code;

    #[test]
    fn every_product_is_a_known_future_and_shares_its_roots_price_and_grid() {
        for behaviour in BEHAVIOURS {
            let tick = |code| product_of_code(code).map(|product| product.tick);
            let root = behaviour_of(behaviour.root).expect("the root is generated too");
            assert!(tick(behaviour.code).is_some(), "{}", behaviour.code);
            assert_eq!(tick(root.code), tick(behaviour.code), "{}", behaviour.code);
            assert_eq!(root.start, behaviour.start, "{}", behaviour.code);
        }
    }
}
