//! The micro contracts, each by its own contract specification at <https://www.cmegroup.com>: what it
//! shares with the big one is shared because it is the same, not because nobody asked.

use super::*;
use crate::units::PRICE_SCALE;

struct Micro {
    code: &'static str,
    big: &'static str,
    /// How many of it make the big one.
    parts: i64,
    listed: &'static str,
    /// Per whole unit of price, in dollars.
    tick: f64,
    tick_value: f64,
    /// The last trading day of a contract.
    last: (&'static str, &'static str),
}

const ALL: &str = "FGHJKMNQUVXZ";
const QUARTERS: &str = "HMUZ";

const MICROS: [Micro; 10] = [
    Micro {
        code: "MES",
        big: "ES",
        parts: 10,
        listed: QUARTERS,
        tick: 0.25,
        tick_value: 1.25,
        last: ("MESH24", "2024-03-15"),
    },
    Micro {
        code: "MNQ",
        big: "NQ",
        parts: 10,
        listed: QUARTERS,
        tick: 0.25,
        tick_value: 0.5,
        last: ("MNQH24", "2024-03-15"),
    },
    Micro {
        code: "M2K",
        big: "RTY",
        parts: 10,
        listed: QUARTERS,
        tick: 0.1,
        tick_value: 0.5,
        last: ("M2KM26", "2026-06-18"),
    },
    Micro {
        code: "MYM",
        big: "YM",
        parts: 10,
        listed: QUARTERS,
        tick: 1.0,
        tick_value: 0.5,
        last: ("MYMH24", "2024-03-15"),
    },
    // Two quarters; the big one also the three months before them.
    Micro {
        code: "M6E",
        big: "6E",
        parts: 10,
        listed: QUARTERS,
        tick: 0.0001,
        tick_value: 1.25,
        last: ("M6EH24", "2024-03-18"),
    },
    Micro {
        code: "MBT",
        big: "BTC",
        parts: 50,
        listed: ALL,
        tick: 5.0,
        tick_value: 0.5,
        last: ("MBTH24", "2024-03-28"),
    },
    Micro {
        code: "MET",
        big: "ETH",
        parts: 500,
        listed: ALL,
        tick: 0.5,
        tick_value: 0.05,
        last: ("METH24", "2024-03-28"),
    },
    // Trades a day less than the big one.
    Micro {
        code: "MCL",
        big: "CL",
        parts: 10,
        listed: ALL,
        tick: 0.01,
        tick_value: 1.0,
        last: ("MCLG24", "2024-01-19"),
    },
    // The even months of two years; the big one also the next three of any.
    Micro {
        code: "MGC",
        big: "GC",
        parts: 10,
        listed: "GJMQVZ",
        tick: 0.1,
        tick_value: 1.0,
        last: ("MGCG24", "2024-02-27"),
    },
    // The next three months of any, and January, March, May, July, September, December.
    Micro {
        code: "SIL",
        big: "SI",
        parts: 5,
        listed: ALL,
        tick: 0.005,
        tick_value: 5.0,
        last: ("SILH24", "2024-03-26"),
    },
];

#[test]
fn every_micro_has_the_terms_of_its_own_specification() {
    for micro in &MICROS {
        let (code, product) = (micro.code, product_of_code(micro.code).expect(micro.code));
        assert_eq!(product.listed.to_string(), micro.listed, "{code}");
        assert_eq!(product.tick, Price::from_f64(micro.tick), "{code}");
        let value = Price::from_f64(micro.tick_value).0 / (PRICE_SCALE / 1_000_000);
        assert_eq!(product.tick_value(), Money(value), "{code}");
        let big = product_of_code(micro.big).expect(micro.big);
        assert_eq!(product.multiplier.0 * micro.parts, big.multiplier.0, "{code}");
        assert_eq!((product.exchange, product.group), (big.exchange, big.group), "{code}");
        let (symbol, last) = micro.last;
        let contract = contract(symbol, 2024).expect(symbol);
        assert_eq!(contract.last_trading_day().to_string(), last, "{symbol}");
        let traded = (1..=12).filter(|month| product.cycle.contains(*month));
        assert!(traded.into_iter().all(|month| product.listed.contains(month)), "{code}");
    }
}

#[test]
fn no_micro_of_the_table_of_products_is_without_its_own_terms() {
    let micros = PRODUCTS.iter().filter(|product| product.name.contains("Micro"));
    for product in micros {
        assert!(MICROS.iter().any(|micro| micro.code == product.code), "{}", product.code);
    }
}
