//! Last trading days that are known.

use super::*;
use crate::calendar::is_business_day;

fn last(symbol: &str) -> String {
    contract(symbol, 2024).expect("a contract").last_trading_day().to_string()
}

#[test]
fn contracts_trade_last_on_the_days_that_the_exchange_published() {
    for (symbol, day) in [
        ("ESH24", "2024-03-15"),
        ("ESM26", "2026-06-18"), // The third Friday is Juneteenth.
        ("NQZ26", "2026-12-18"),
        ("NKDH24", "2024-03-07"),
        ("ZNH24", "2024-03-19"),
        ("UBH24", "2024-03-19"),
        ("ZTH24", "2024-03-28"), // Good Friday is the 29th.
        ("6EH24", "2024-03-18"),
        ("6CH24", "2024-03-19"),
        ("6EM24", "2024-06-17"), // The third Wednesday is Juneteenth.
        ("BTCH24", "2024-03-28"),
        ("BTCZ25", "2025-12-24"), // The 26th is Boxing Day in London.
        ("CLK20", "2020-04-21"),
        ("CLZ21", "2021-11-19"),
        ("CLG24", "2024-01-22"),
        ("MCLG24", "2024-01-19"),
        ("BZH24", "2024-01-31"),
        ("BZG24", "2023-12-28"),
        ("NGF24", "2023-12-27"),
        ("RBF24", "2023-12-29"),
        ("GCG24", "2024-02-27"),
        ("HGH24", "2024-03-26"),
        ("PAH24", "2024-03-26"),
        ("ZCZ21", "2021-12-14"),
        ("LEG24", "2024-02-29"),
        ("HEG24", "2024-02-14"),
        ("GFH24", "2024-03-28"),
        ("GFK24", "2024-05-23"), // Memorial Day is in the week of the 30th.
        ("GFX24", "2024-11-21"),
    ] {
        assert_eq!(last(symbol), day, "{symbol}");
    }
}

#[test]
fn trading_ends_at_the_products_own_time_in_summer_and_winter() {
    let expiry = |symbol| contract(symbol, 2024).expect("a contract").expiry().to_string();
    assert_eq!(expiry("ESH24"), "2024-03-15T13:30:00.000000000Z");
    assert_eq!(expiry("ESZ24"), "2024-12-20T14:30:00.000000000Z");
    assert_eq!(expiry("CLG24"), "2024-01-22T19:30:00.000000000Z");
    assert_eq!(expiry("BTCM24"), "2024-06-28T15:00:00.000000000Z");
}

#[test]
fn every_contract_expires_on_a_business_day_of_its_month_or_before_and_later_than_the_one_before() {
    for product in &PRODUCTS {
        let mut contract = Contract { product, month: 12, year: 2014 }.next();
        while contract.year <= 2035 {
            let (day, next) = (contract.last_trading_day(), contract.next());
            let london_rules = matches!(product.last_trade, LastTrade::LondonMonthEnd);
            assert!(is_business_day(day) || london_rules, "{}", contract.symbol());
            assert!(day < next.last_trading_day(), "{}", contract.symbol());
            assert!(day < next.first_of_month(), "{}", contract.symbol());
            for by in [RollBy::Calendar, RollBy::LastTradingDay, RollBy::FirstOfMonth] {
                assert!(roll_date(&contract, by) <= day, "{}", contract.symbol());
                assert!(roll_date(&contract, by) < roll_date(&next, by), "{}", contract.symbol());
            }
            contract = next;
        }
    }
}

#[test]
fn a_recorded_definition_says_the_same_of_its_contract() {
    use dbn::decode::{DbnDecoder, DecodeRecord};
    let Some(path) = gauntlet_testkit::recorded("cme/esm3.definition.dbn.zst") else { return };
    let mut decoder = DbnDecoder::from_zstd_file(path).expect("a DBN file");
    let mut compared = 0;
    while let Some(record) = decoder.decode_record::<dbn::InstrumentDefMsg>().expect("readable") {
        let symbol = record.raw_symbol().expect("text");
        let contract = contract(symbol, 2023).expect("a contract");
        assert_eq!(contract.expiry().0, record.expiration, "{symbol}");
        assert_eq!(contract.product.tick.0, record.min_price_increment);
        assert_eq!(contract.product.exchange.mic(), record.exchange().expect("text"));
        assert_eq!(contract.product.code, record.asset().expect("text"));
        assert_eq!(contract.product.currency, record.currency().expect("text"));
        assert_eq!(u16::from(contract.month), u16::from(record.maturity_month));
        compared += 1;
    }
    assert!(compared > 0);
}
