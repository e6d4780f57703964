//! The futures of CME Group's exchanges: tick sizes, multipliers, and the symbols of their contracts.
//!
//! Prices are in the unit in which the exchange quotes and Databento delivers them: index points,
//! dollars, and for grains, oilseed oil and livestock **cents**, so that their multiplier is dollars
//! per cent. The values are those of the contract specifications at <https://www.cmegroup.com>.

use crate::units::{Money, Price};

/// An exchange of CME Group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Chicago Mercantile Exchange.
    Cme,
    /// Chicago Board of Trade.
    Cbot,
    /// New York Mercantile Exchange.
    Nymex,
    /// Commodity Exchange.
    Comex,
}

impl Exchange {
    /// The exchange's short name.
    pub fn name(self) -> &'static str {
        match self {
            Exchange::Cme => "CME",
            Exchange::Cbot => "CBOT",
            Exchange::Nymex => "NYMEX",
            Exchange::Comex => "COMEX",
        }
    }

    /// The market identifier code (ISO 10383) that Databento's definitions carry.
    pub fn mic(self) -> &'static str {
        match self {
            Exchange::Cme => "XCME",
            Exchange::Cbot => "XCBT",
            Exchange::Nymex => "XNYM",
            Exchange::Comex => "XCEC",
        }
    }
}

/// A futures product: what all its contracts share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The exchange's code on Globex, such as `ES`.
    pub code: &'static str,
    /// The name in words.
    pub name: &'static str,
    /// Where it trades.
    pub exchange: Exchange,
    /// Smallest price step of an outright contract.
    pub tick: Price,
    /// Money per whole unit of price and contract.
    pub multiplier: Money,
    /// The currency of prices and money (ISO 4217).
    pub currency: &'static str,
}

impl Product {
    /// What one tick of one contract is worth. Exact for every product of the table up to the
    /// micro-dollar.
    pub fn tick_value(&self) -> Money {
        let value = i128::from(self.tick.0) * i128::from(self.multiplier.0)
            / i128::from(crate::units::PRICE_SCALE);
        Money(i64::try_from(value).expect("a tick is worth less than nine trillion dollars"))
    }
}

const fn product(
    code: &'static str,
    name: &'static str,
    exchange: Exchange,
    tick: i64,
    multiplier: i64,
) -> Product {
    Product {
        code,
        name,
        exchange,
        tick: Price(tick),
        multiplier: Money(multiplier),
        currency: "USD",
    }
}

/// Every product that is known: tick in 1e-9, multiplier in micro-dollars.
#[rustfmt::skip]
pub static PRODUCTS: [Product; 50] = [
    product("ES", "E-mini S&P 500", Exchange::Cme, 250_000_000, 50_000_000),
    product("MES", "Micro E-mini S&P 500", Exchange::Cme, 250_000_000, 5_000_000),
    product("NQ", "E-mini Nasdaq-100", Exchange::Cme, 250_000_000, 20_000_000),
    product("MNQ", "Micro E-mini Nasdaq-100", Exchange::Cme, 250_000_000, 2_000_000),
    product("RTY", "E-mini Russell 2000", Exchange::Cme, 100_000_000, 50_000_000),
    product("M2K", "Micro E-mini Russell 2000", Exchange::Cme, 100_000_000, 5_000_000),
    product("NKD", "Nikkei 225 (dollar)", Exchange::Cme, 5_000_000_000, 5_000_000),
    product("YM", "E-mini Dow ($5)", Exchange::Cbot, 1_000_000_000, 5_000_000),
    product("MYM", "Micro E-mini Dow", Exchange::Cbot, 1_000_000_000, 500_000),
    product("ZT", "2-Year Treasury Note", Exchange::Cbot, 3_906_250, 2_000_000_000),
    product("ZF", "5-Year Treasury Note", Exchange::Cbot, 7_812_500, 1_000_000_000),
    product("ZN", "10-Year Treasury Note", Exchange::Cbot, 15_625_000, 1_000_000_000),
    product("TN", "Ultra 10-Year Treasury Note", Exchange::Cbot, 15_625_000, 1_000_000_000),
    product("ZB", "Treasury Bond", Exchange::Cbot, 31_250_000, 1_000_000_000),
    product("UB", "Ultra Treasury Bond", Exchange::Cbot, 31_250_000, 1_000_000_000),
    product("6A", "Australian Dollar", Exchange::Cme, 50_000, 100_000_000_000),
    product("6B", "British Pound", Exchange::Cme, 100_000, 62_500_000_000),
    product("6C", "Canadian Dollar", Exchange::Cme, 50_000, 100_000_000_000),
    product("6E", "Euro FX", Exchange::Cme, 50_000, 125_000_000_000),
    product("6J", "Japanese Yen", Exchange::Cme, 500, 12_500_000_000_000),
    product("6M", "Mexican Peso", Exchange::Cme, 10_000, 500_000_000_000),
    product("6N", "New Zealand Dollar", Exchange::Cme, 50_000, 100_000_000_000),
    product("6S", "Swiss Franc", Exchange::Cme, 50_000, 125_000_000_000),
    product("M6E", "Micro Euro FX", Exchange::Cme, 100_000, 12_500_000_000),
    product("BTC", "Bitcoin", Exchange::Cme, 5_000_000_000, 5_000_000),
    product("MBT", "Micro Bitcoin", Exchange::Cme, 5_000_000_000, 100_000),
    product("ETH", "Ether", Exchange::Cme, 500_000_000, 50_000_000),
    product("MET", "Micro Ether", Exchange::Cme, 500_000_000, 100_000),
    product("CL", "Crude Oil", Exchange::Nymex, 10_000_000, 1_000_000_000),
    product("MCL", "Micro WTI Crude Oil", Exchange::Nymex, 10_000_000, 100_000_000),
    product("BZ", "Brent Last Day Financial", Exchange::Nymex, 10_000_000, 1_000_000_000),
    product("NG", "Henry Hub Natural Gas", Exchange::Nymex, 1_000_000, 10_000_000_000),
    product("RB", "RBOB Gasoline", Exchange::Nymex, 100_000, 42_000_000_000),
    product("HO", "NY Harbor ULSD", Exchange::Nymex, 100_000, 42_000_000_000),
    product("PL", "Platinum", Exchange::Nymex, 100_000_000, 50_000_000),
    product("PA", "Palladium", Exchange::Nymex, 500_000_000, 100_000_000),
    product("GC", "Gold", Exchange::Comex, 100_000_000, 100_000_000),
    product("MGC", "Micro Gold", Exchange::Comex, 100_000_000, 10_000_000),
    product("SI", "Silver", Exchange::Comex, 5_000_000, 5_000_000_000),
    product("SIL", "Micro Silver", Exchange::Comex, 5_000_000, 1_000_000_000),
    product("HG", "Copper", Exchange::Comex, 500_000, 25_000_000_000),
    product("ZC", "Corn", Exchange::Cbot, 250_000_000, 50_000_000),
    product("ZW", "Chicago SRW Wheat", Exchange::Cbot, 250_000_000, 50_000_000),
    product("KE", "KC HRW Wheat", Exchange::Cbot, 250_000_000, 50_000_000),
    product("ZS", "Soybean", Exchange::Cbot, 250_000_000, 50_000_000),
    product("ZM", "Soybean Meal", Exchange::Cbot, 100_000_000, 100_000_000),
    product("ZL", "Soybean Oil", Exchange::Cbot, 10_000_000, 600_000_000),
    product("LE", "Live Cattle", Exchange::Cme, 25_000_000, 400_000_000),
    product("HE", "Lean Hog", Exchange::Cme, 25_000_000, 400_000_000),
    product("GF", "Feeder Cattle", Exchange::Cme, 25_000_000, 500_000_000),
];

/// The product of a code, such as `ES`.
pub fn product_of_code(code: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.code == code)
}

/// A contract: a product's delivery month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Of what.
    pub product: &'static Product,
    /// 1 for January.
    pub month: u8,
    /// Such as 2026.
    pub year: u16,
}

/// The letters of the delivery months, January first.
pub const MONTH_CODES: [u8; 12] = *b"FGHJKMNQUVXZ";

impl Contract {
    /// The exchange's symbol with a one-digit year, such as `ESZ6`.
    pub fn symbol(&self) -> String {
        let month = char::from(MONTH_CODES[usize::from(self.month) - 1]);
        format!("{}{month}{}", self.product.code, self.year % 10)
    }
}

/// Reads a contract's symbol: product, letter of the month, and one, two or four digits of the year,
/// such as `ESH4`, `ESZ26` or `6EM2026`. One digit says nothing of the decade: it means the year
/// from four before to five after `near_year`. Two digits are years from 2000. `None` for unknown
/// products, spreads, options and anything else.
pub fn contract(symbol: &str, near_year: u16) -> Option<Contract> {
    let head = symbol.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &symbol[head.len()..];
    let code = head.get(..head.len().checked_sub(1)?)?;
    let letter = *head.as_bytes().last()?;
    let month = MONTH_CODES.iter().position(|code| *code == letter)? as u8 + 1;
    let number: u16 = digits.parse().ok()?;
    let year = match digits.len() {
        1 => {
            let first = near_year.checked_sub(4)?;
            first + (number + 10 - first % 10) % 10
        }
        2 => 2000 + number,
        4 => number,
        _ => return None,
    };
    Some(Contract { product: product_of_code(code)?, month, year })
}

#[cfg(test)]
mod tests {
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
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/reference/symbol-properties.csv"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: {path} is absent");
            return None;
        };
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
}
