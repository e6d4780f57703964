//! Continuous series out of bars.

use super::*;
use crate::calendar::day_begins;
use crate::ids::InstrumentId;
use crate::input::Ohlcv;
use crate::units::UnixNanos;
use chrono::NaiveDate;

/// The last trading days of ESZ3 with its closes and those of ESH4, from LEAN's daily file.
const DAYS: [(&str, f64, f64); 5] = [
    ("2013-12-13", 1_770.0, 1_763.75),
    ("2013-12-17", 1_778.25, 1_772.0),
    ("2013-12-18", 1_810.0, 1_803.75),
    ("2013-12-19", 1_808.0, 1_801.75),
    ("2013-12-20", 1_813.0, 1_810.25),
];

fn named(symbol: &str) -> Contract {
    contract(symbol, 2014).expect("a contract")
}

fn bars(of: impl Fn(&(&str, f64, f64)) -> f64) -> Vec<Ohlcv> {
    let bar = |day: &(&str, f64, f64)| {
        let date: NaiveDate = day.0.parse().expect("a date");
        let price = Price::from_f64(of(day));
        Ohlcv {
            instrument: InstrumentId(0),
            seconds: 86_400,
            ts_open: UnixNanos(day_begins(date).0 + 3_600_000_000_000),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 1,
        }
    };
    DAYS.iter().map(bar).collect()
}

fn fronts() -> Fronts {
    let (first, last) = ("2013-10-01".parse(), "2014-12-31".parse());
    let (first, last) = (first.expect("a date"), last.expect("a date"));
    let es = product_of_code("ES").expect("known");
    Fronts::by_date(es, RollBy::LastTradingDay, first, last).expect("a span")
}

fn closes(old: &[Ohlcv], new: &[Ohlcv], adjustment: Adjustment) -> Result<Vec<f64>, SpliceError> {
    let contracts = [("ESZ3", old), ("ESH4", new)]
        .map(|(symbol, bars)| ContractBars { contract: named(symbol), bars });
    let series = splice(&fronts(), &contracts, adjustment)?;
    Ok(series.iter().map(|bar| bar.close.to_f64()).collect())
}

#[test]
fn each_bar_comes_from_the_front_contract_and_earlier_ones_are_moved_by_the_gap_before_the_roll() {
    let (old, new) = (bars(|day| day.1), bars(|day| day.2));
    let of = |adjustment| closes(&old, &new, adjustment).expect("joined");
    assert_eq!(of(Adjustment::Unadjusted), [1_770.0, 1_778.25, 1_810.0, 1_808.0, 1_810.25]);
    // On the 19th, the last day before the roll, the new contract closed 6.25 lower.
    assert_eq!(of(Adjustment::Difference), [1_763.75, 1_772.0, 1_803.75, 1_801.75, 1_810.25]);
    let ratio = of(Adjustment::Ratio);
    assert_eq!(ratio[3..], [1_801.75, 1_810.25]);
    assert!((ratio[0] - 1_770.0 * 1_801.75 / 1_808.0).abs() < 1e-8);
}

#[test]
fn the_gap_is_measured_where_both_contracts_traded() {
    let (old, mut new) = (bars(|day| day.1), bars(|day| day.2));
    new.remove(3);
    new[1].close = Price::from_f64(1_768.0);
    new.remove(2);
    let series = closes(&old, &new, Adjustment::Difference).expect("joined");
    assert_eq!(series[3], 1_808.0 - 10.25, "by the closes of the 17th");
    let error = closes(&old, &new[2..], Adjustment::Difference).expect_err("nothing common");
    let SpliceError::NoCommonBar { old: before, new: after, .. } = error else { panic!("{error}") };
    assert_eq!((before.as_str(), after.as_str()), ("ESZ3", "ESH4"));
    assert_eq!(closes(&old, &new[2..], Adjustment::Unadjusted).map(|bars| bars.len()), Ok(5));
}

#[test]
fn a_hole_between_contracts_and_bars_out_of_order_are_refused() {
    let (mut old, new) = (bars(|day| day.1), bars(|day| day.2));
    let mut late = bars(|day| day.1);
    let months = 200 * 86_400_000_000_000;
    late.iter_mut().for_each(|bar| bar.ts_open = UnixNanos(bar.ts_open.0 + months));
    let contracts = [("ESZ3", &old), ("ESU4", &late)]
        .map(|(symbol, bars)| ContractBars { contract: named(symbol), bars });
    let error = splice(&fronts(), &contracts, Adjustment::Unadjusted).expect_err("a hole");
    let from = "2013-12-20".parse().expect("a date");
    assert_eq!(error, SpliceError::Missing { symbol: "ESH4".to_owned(), from });
    old.swap(0, 1);
    let error = closes(&old, &new, Adjustment::Unadjusted).expect_err("out of order");
    assert!(matches!(error, SpliceError::OutOfOrder { .. }), "{error}");
    assert_eq!(closes(&[], &new, Adjustment::Ratio).map(|bars| bars.len()), Ok(1));
    assert_eq!(splice(&fronts(), &[], Adjustment::Ratio), Ok(vec![]));
}
