//! The table of products, and contracts.

mod document;
mod expiry;
mod roll;
mod splice;
mod symbol;

use super::*;
use std::collections::BTreeMap;

#[test]
fn symbols_of_contracts_are_read() {
    let read = |symbol| contract(symbol, 2024).map(|c| (c.product.code, c.month, c.year));
    assert_eq!(read("ESH4"), Some(("ES", 3, 2024)));
    assert_eq!(read("ESZ26"), Some(("ES", 12, 2026)));
    assert_eq!(read("6EM2027"), Some(("6E", 6, 2027)));
    assert_eq!(read("M2KU5"), Some(("M2K", 9, 2025)));
    assert_eq!(read("CLF9"), Some(("CL", 1, 2029)));
    assert_eq!(read("CLF0"), Some(("CL", 1, 2020)));
    assert_eq!(contract("ESZ9", 2013).map(|c| c.year), Some(2009));
    for junk in
        ["", "4", "H4", "ES", "ESH", "ESA4", "ESH456", "ESH4-ESM4", "XXH4", "ESH4 C4800", "Eé4"]
    {
        assert_eq!(read(junk), None, "{junk:?}");
    }
}

#[test]
fn a_symbol_made_from_a_contract_is_read_back_as_the_same() {
    for product in &PRODUCTS {
        for (month, year) in [(1, 2020), (6, 2024), (12, 2029)] {
            let made = Contract { product, month, year };
            assert_eq!(contract(&made.symbol(), 2024), Some(made));
        }
    }
}

#[test]
fn a_tick_is_worth_what_the_exchange_says() {
    let value = |code| product_of_code(code).expect("in the table").tick_value();
    assert_eq!(value("ES"), Money(12_500_000));
    assert_eq!(value("MNQ"), Money(500_000));
    assert_eq!(value("ZT"), Money(7_812_500));
    assert_eq!(value("6J"), Money(6_250_000));
    assert_eq!(value("ZC"), Money(12_500_000));
    assert_eq!(value("HE"), Money(10_000_000));
    for product in &PRODUCTS {
        let exact = i128::from(product.tick.0) * i128::from(product.multiplier.0);
        assert_eq!(exact % i128::from(crate::units::PRICE_SCALE), 0, "{}", product.code);
    }
}

/// A row of LEAN's table: multiplier, tick, and how many of the exchange's price units make one
/// of LEAN's.
struct LeanRow {
    multiplier: f64,
    tick: f64,
    magnifier: f64,
}

fn lean_rows() -> Option<BTreeMap<(String, String), LeanRow>> {
    let path = gauntlet_testkit::recorded("reference/symbol-properties.csv")?;
    let text = std::fs::read_to_string(path).expect("readable");
    let futures = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let futures = futures.filter(|cells| cells.get(2) == Some(&"future"));
    let row = |cells: Vec<&str>| {
        let number = |at: usize| cells.get(at).and_then(|cell| cell.parse::<f64>().ok());
        let key = (cells[0].to_uppercase(), cells[1].to_string());
        let row = LeanRow {
            multiplier: number(5).expect("a multiplier"),
            tick: number(6).expect("a tick"),
            magnifier: number(10).unwrap_or(1.0),
        };
        (key, row)
    };
    Some(futures.map(row).collect())
}

#[test]
fn ticks_and_multipliers_are_those_of_leans_table() {
    let Some(rows) = lean_rows() else { return };
    for product in &PRODUCTS {
        let key = (product.exchange.name().to_string(), product.code.to_string());
        let row = rows.get(&key).unwrap_or_else(|| panic!("LEAN has no {key:?}"));
        // LEAN states products that the exchange quotes in cents in dollars, and says so by a
        // magnifier of 100.
        let tick = Price::from_f64(row.tick * row.magnifier);
        assert_eq!(product.tick, tick, "tick of {}", product.code);
        let multiplier = Price::from_f64(row.multiplier / row.magnifier).0 / 1_000;
        assert_eq!(product.multiplier, Money(multiplier), "multiplier of {}", product.code);
    }
}

#[test]
fn only_a_months_own_letter_is_in_a_set_and_cycles_are_listed() {
    assert_eq!(Months::QUARTERLY.to_string(), "HMUZ");
    assert!(!Months::ALL.contains(0) && !Months::ALL.contains(13));
    assert_eq!(Months::ALL.to_string().as_bytes(), MONTH_CODES);
    for product in &PRODUCTS {
        let months = (1..=12).filter(|month| product.cycle.contains(*month));
        assert!(months.clone().count() >= 4, "{}", product.code);
        assert!(months.into_iter().all(|month| product.listed.contains(month)));
    }
}

#[test]
fn the_next_contract_is_the_next_active_month() {
    let next = |symbol| contract(symbol, 2026).expect("a contract").next().symbol();
    assert_eq!(next("ESZ6"), "ESH7");
    assert_eq!(next("CLZ6"), "CLF7");
    assert_eq!(next("GCZ6"), "GCG7");
    assert_eq!(next("ZSX6"), "ZSF7");
    assert_eq!(contract("ESZ6", 2026).expect("a contract").later(5).symbol(), "ESH8");
}
