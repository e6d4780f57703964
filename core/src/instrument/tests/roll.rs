//! Rolls and adjustments, beside LEAN's map and factor files of ES (`Date` is the last day of the
//! mapping; modes: 0 last trading day, 1 first day of the month, 2 open interest, 3 open interest of
//! the same month in every year).

use super::*;
use crate::calendar::day_begins;
use crate::ids::InstrumentId;
use crate::input::Ohlcv;
use crate::units::UnixNanos;
use chrono::{Days, NaiveDate};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn named(symbol: &str) -> Contract {
    contract(symbol, 2014).expect("a contract")
}

fn es() -> &'static Product {
    product_of_code("ES").expect("known")
}

fn reference(name: &str) -> Option<String> {
    let path = gauntlet_testkit::recorded(&format!("reference/{name}"))?;
    Some(std::fs::read_to_string(path).expect("readable"))
}

/// LEAN's identity of a contract is a number in base 36 whose digits from the fourteenth on are the
/// days from 1899-12-30 to its expiry.
fn expiry_of(identity: &str) -> NaiveDate {
    let number = u64::from_str_radix(identity, 36).expect("base 36");
    NaiveDate::from_ymd_opt(1899, 12, 30).expect("a date") + Days::new(number / 100_000_000_000_000)
}

#[test]
fn rolls_by_date_are_those_of_leans_map_for_every_row() {
    let Some(map) = reference("es-roll-map.csv") else { return };
    let mut rows = [0; 4];
    for line in map.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let until = NaiveDate::parse_from_str(cells[0], "%Y%m%d").expect("a date");
        let expiry = expiry_of(cells[1].strip_prefix("es ").expect("an identity"));
        let mode: usize = cells[3].parse().expect("a mode");
        let month = expiry.format("%m").to_string().parse().expect("a month");
        let year = expiry.format("%Y").to_string().parse().expect("a year");
        let contract = Contract { product: es(), month, year };
        assert_eq!(contract.last_trading_day(), expiry, "{line}");
        let next_day = until + Days::new(1);
        match mode {
            0 => assert_eq!(roll_date(&contract, RollBy::LastTradingDay), next_day, "{line}"),
            1 => assert_eq!(roll_date(&contract, RollBy::FirstOfMonth), next_day, "{line}"),
            _ => {}
        }
        rows[mode] += 1;
    }
    assert_eq!(rows, [55, 55, 52, 51]);
    let schedule =
        Fronts::by_date(es(), RollBy::LastTradingDay, date("2009-12-01"), date("2023-06-16"));
    assert_eq!(schedule.expect("a span").rolls().len(), 55);
}

/// Date, and by depth the ratio and the difference.
type FactorRow = (NaiveDate, [f64; 3], [f64; 3]);

fn factor_rows(text: &str, mode: i64) -> Vec<FactorRow> {
    let rows = text.lines().map(serde_json::from_str::<serde_json::Value>);
    let rows = rows.map(|row| row.expect("JSON")).filter(|row| row["DataMappingMode"] == mode);
    let numbers = |value: &serde_json::Value| {
        [0, 1, 2].map(|depth: usize| value[depth].as_f64().expect("a number"))
    };
    let row = |row: serde_json::Value| {
        let day = date(&row["Date"].as_str().expect("text")[..10]);
        (day, numbers(&row["BackwardsRatioScale"]), numbers(&row["BackwardsPanamaCanalScale"]))
    };
    rows.map(row).collect()
}

#[test]
fn adjusting_with_the_prices_behind_leans_factors_gives_leans_factors() {
    let Some(text) = reference("es-roll-factors.csv") else { return };
    let mut rolls = 0;
    for (mode, depth) in (0..4).flat_map(|mode| [0, 1, 2].map(|depth| (mode, depth))) {
        let rows = factor_rows(&text, mode);
        let at = |day: NaiveDate| day_begins(day + Days::new(1));
        // From the step of both factors follow both prices: new − old and new ÷ old.
        let gaps: Vec<Gap> = rows
            .windows(2)
            .map(|pair| {
                let step = pair[0].2[depth] - pair[1].2[depth];
                let ratio = pair[0].1[depth] / pair[1].1[depth];
                let old = if step == 0.0 { 1_000.0 } else { step / (ratio - 1.0) };
                let ticks = old * 4.0;
                assert!((ticks - ticks.round()).abs() < 1e-3, "{:?} is off the grid", pair[0]);
                rolls += usize::from(step != 0.0);
                let old = ticks.round() / 4.0;
                Gap {
                    at: at(pair[0].0),
                    old: Price::from_f64(old),
                    new: Price::from_f64(old + step),
                }
            })
            .collect();
        let difference = Adjuster::new(Adjustment::Difference, &gaps).expect("prices");
        let ratio = Adjuster::new(Adjustment::Ratio, &gaps).expect("prices");
        for (day, ratios, differences) in &rows {
            let before = UnixNanos(at(*day).0 - 1);
            let points = Price::from_f64(differences[depth]).0;
            assert_eq!(difference.difference_at(before), points, "{mode} {depth} {day}");
            let error = (ratio.ratio_at(before) / ratios[depth] - 1.0).abs();
            assert!(error < 1e-12, "{mode} {depth} {day}: {error}");
        }
    }
    assert_eq!(rolls, 149 + 138 + 145 + 142);
}

#[test]
fn the_front_changes_with_the_trading_day_not_with_midnight() {
    let fronts = Fronts::by_date(es(), RollBy::Calendar, date("2024-01-02"), date("2024-12-31"));
    let fronts = fronts.expect("a span");
    let rolls: Vec<String> = fronts.rolls().iter().map(|roll| roll.date.to_string()).collect();
    // Four business days before the third Friday; in June a holiday is among them.
    assert_eq!(rolls, ["2024-03-11", "2024-06-14", "2024-09-16", "2024-12-16"]);
    let at = |day: &str, hour: u64| UnixNanos(day_begins(date(day)).0 + hour * 3_600_000_000_000);
    assert_eq!(fronts.at(UnixNanos(at("2024-03-11", 0).0 - 1)).symbol(), "ESH4");
    assert_eq!(fronts.at(at("2024-03-11", 0)).symbol(), "ESM4");
    assert_eq!(fronts.on(date("2024-03-10")).symbol(), "ESH4");
    assert_eq!(fronts.on(date("2024-03-11")).symbol(), "ESM4");
    let second = fronts.behind(1);
    assert_eq!(second.on(date("2024-03-10")).symbol(), "ESM4");
    assert_eq!(second.on(date("2024-12-31")).symbol(), "ESM5");
}

#[test]
fn products_delivered_in_kind_are_left_before_their_delivery_month() {
    let front = |code: &str, day: &str| {
        let product = product_of_code(code).expect("known");
        let fronts = Fronts::by_date(product, RollBy::Calendar, date(day), date(day));
        fronts.expect("a span").on(date(day)).symbol()
    };
    assert_eq!(front("GC", "2024-01-26"), "GCG4");
    assert_eq!(front("GC", "2024-01-29"), "GCJ4");
    assert_eq!(front("ZN", "2024-02-26"), "ZNH4");
    assert_eq!(front("ZN", "2024-02-27"), "ZNM4");
    assert_eq!(front("CL", "2024-01-16"), "CLG4");
    assert_eq!(front("CL", "2024-01-17"), "CLH4");
    assert_eq!(front("ZC", "2024-11-25"), "ZCZ4");
    assert_eq!(front("ZC", "2024-11-26"), "ZCH5");
}

#[test]
fn a_span_that_ends_before_it_begins_or_never_is_refused() {
    let of = |first: &str, last: &str| {
        Fronts::by_date(es(), RollBy::Calendar, date(first), date(last)).map(|_| ())
    };
    assert!(of("2024-01-02", "2024-01-01").is_err());
    assert!(of("1900-01-01", "2024-01-01").is_err());
    assert!(of("2024-01-01", "2024-01-01").is_ok());
}

/// Daily volumes of ESZ3 and ESH4 in December 2013, from LEAN's daily file.
const VOLUMES: [(&str, u64, u64); 9] = [
    ("2013-12-09", 812_561, 9_127),
    ("2013-12-10", 886_401, 20_396),
    ("2013-12-11", 1_514_064, 64_855),
    ("2013-12-12", 1_113_344, 354_874),
    ("2013-12-13", 347_764, 868_208),
    ("2013-12-16", 200_215, 1_013_308),
    ("2013-12-17", 155_199, 1_099_174),
    ("2013-12-18", 258_842, 2_107_664),
    ("2013-12-20", 19_810, 1_134_383),
];

fn volumes(rows: &[(&str, u64, u64)]) -> Vec<DayVolume> {
    let of = |(day, old, new): &(&str, u64, u64)| {
        [("ESZ3", *old), ("ESH4", *new)].map(|(symbol, volume)| DayVolume {
            date: date(day),
            contract: named(symbol),
            volume,
        })
    };
    rows.iter().flat_map(of).collect()
}

#[test]
fn a_roll_by_volume_comes_the_day_after_the_next_contract_trades_more() {
    let fronts = Fronts::by_volume(es(), &volumes(&VOLUMES)).expect("volumes");
    let roll = Roll { date: date("2013-12-16"), old: named("ESZ3"), new: named("ESH4") };
    assert_eq!(fronts.rolls(), [roll]);
    assert_eq!(fronts.on(date("2013-12-13")), named("ESZ3"), "Friday's volume is not known yet");
}

#[test]
fn a_roll_by_volume_looks_at_no_later_day_and_never_goes_back() {
    let all = volumes(&VOLUMES);
    let whole = Fronts::by_volume(es(), &all).expect("volumes");
    for days in 1..=VOLUMES.len() {
        let cut = Fronts::by_volume(es(), &volumes(&VOLUMES[..days])).expect("volumes");
        let last = date(VOLUMES[days - 1].0);
        assert_eq!(cut.on(last), whole.on(last), "{last}");
    }
    let mut back = VOLUMES;
    back[6] = ("2013-12-17", 2_000_000, 1);
    let fronts = Fronts::by_volume(es(), &volumes(&back)).expect("volumes");
    assert_eq!(fronts.on(date("2013-12-18")), named("ESH4"));
}

#[test]
fn the_last_trading_day_belongs_to_the_next_contract_whatever_the_volume() {
    let rows = [("2013-12-19", 9, 1), ("2013-12-20", 9, 1), ("2013-12-23", 0, 1)];
    let fronts = Fronts::by_volume(es(), &volumes(&rows)).expect("volumes");
    assert_eq!(fronts.on(date("2013-12-19")), named("ESZ3"));
    assert_eq!(fronts.on(date("2013-12-20")), named("ESH4"));
}

#[test]
fn volumes_that_make_no_schedule_are_refused() {
    assert_eq!(Fronts::by_volume(es(), &[]), Err(RollError::NoVolumes));
    let mut unsorted = volumes(&VOLUMES);
    unsorted.reverse();
    let error = Fronts::by_volume(es(), &unsorted);
    assert_eq!(error, Err(RollError::OutOfOrder(date("2013-12-18"))));
    let mut foreign = volumes(&VOLUMES);
    foreign[3].contract = named("NQH4");
    let error = Fronts::by_volume(es(), &foreign).expect_err("not one product");
    assert!(error.to_string().contains("NQH4"), "{error}");
}

fn points(value: f64) -> Price {
    Price::from_f64(value)
}

fn two_gaps() -> [Gap; 2] {
    [
        Gap { at: UnixNanos(100), old: points(100.0), new: points(110.0) },
        Gap { at: UnixNanos(200), old: points(120.0), new: points(90.0) },
    ]
}

#[test]
fn the_last_contract_keeps_its_prices_and_earlier_ones_move_by_all_later_gaps() {
    let of = |adjustment| Adjuster::new(adjustment, &two_gaps()).expect("prices");
    let prices = |adjuster: &Adjuster| {
        [99, 100, 199, 200].map(|at| adjuster.price(UnixNanos(at), points(100.0)).to_f64())
    };
    assert_eq!(prices(&of(Adjustment::Unadjusted)), [100.0, 100.0, 100.0, 100.0]);
    assert_eq!(prices(&of(Adjustment::Difference)), [80.0, 70.0, 70.0, 100.0]);
    assert_eq!(prices(&of(Adjustment::Ratio)), [82.5, 75.0, 75.0, 100.0]);
    let missing = of(Adjustment::Ratio).price(UnixNanos(1), Price::NONE);
    assert_eq!(missing, Price::NONE);
}

#[test]
fn a_series_without_true_moves_is_flat_once_adjusted() {
    for adjustment in [Adjustment::Difference, Adjustment::Ratio] {
        let adjuster = Adjuster::new(adjustment, &two_gaps()).expect("prices");
        let joints = [(99, 100.0, 100, 110.0), (199, 120.0, 200, 90.0)];
        for (before, old, after, new) in joints {
            let old = adjuster.price(UnixNanos(before), points(old));
            assert_eq!(old, adjuster.price(UnixNanos(after), points(new)));
        }
    }
    let bar = Ohlcv {
        instrument: InstrumentId(0),
        seconds: 60,
        ts_open: UnixNanos(50),
        open: points(1.0),
        high: points(2.0),
        low: points(-1.0),
        close: points(1.5),
        volume: 7,
    };
    let adjusted = Adjuster::new(Adjustment::Difference, &two_gaps()).expect("prices").bar(&bar);
    assert_eq!((adjusted.low, adjusted.high), (points(-21.0), points(-18.0)));
    assert_eq!(adjusted.volume, 7);
}

#[test]
fn gaps_that_cannot_be_adjusted_are_refused() {
    let [first, second] = two_gaps();
    let refused = |adjustment, gaps: &[Gap]| Adjuster::new(adjustment, gaps).map(|_| ());
    let out_of_order = refused(Adjustment::Difference, &[second, first]);
    assert_eq!(out_of_order, Err(AdjustError::OutOfOrder(first.at)));
    let lacking = Gap { new: Price::NONE, ..first };
    assert_eq!(refused(Adjustment::Ratio, &[lacking]), Err(AdjustError::NoPrice(first.at)));
    let negative = Gap { old: points(-37.63), ..first };
    assert_eq!(refused(Adjustment::Ratio, &[negative]), Err(AdjustError::NotPositive(first.at)));
    assert_eq!(refused(Adjustment::Difference, &[negative]), Ok(()));
    let huge = Gap { old: Price(i64::MIN + 1), new: Price(i64::MAX - 1), ..first };
    assert_eq!(refused(Adjustment::Difference, &[huge]), Err(AdjustError::Overflow(first.at)));
}
