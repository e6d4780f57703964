//! Days that are no day like any other: without shares, shortened, of mourning.

use super::*;

#[test]
fn a_day_without_shares_has_no_regular_hours_though_the_future_trades() {
    let sessions = |code: &str, mode, date: &str| {
        let calendar = Calendar::of_product(code);
        let spans = calendar.spans(mode).iter();
        spans.filter(|span| trading_date(span.open).to_string() == date).count()
    };
    // Martin Luther King, Presidents', Memorial, Juneteenth, Independence, Labor, Thanksgiving.
    for holiday in [
        "2024-01-15",
        "2024-02-19",
        "2024-05-27",
        "2024-06-19",
        "2024-07-04",
        "2024-09-02",
        "2024-11-28",
    ] {
        assert_eq!(sessions("ES", RthUs, holiday), 0, "{holiday}");
        assert_eq!(sessions("ES", RthProduct, holiday), 0, "{holiday}");
        assert_eq!(sessions("BTC", RthProduct, holiday), 0, "{holiday}");
        assert_eq!(sessions("CL", RthUs, holiday), 0, "{holiday}");
        assert_eq!(sessions("CL", RthProduct, holiday), 0, "{holiday}");
        for mode in [Full24x5, ExtUs] {
            assert!(sessions("ES", mode, holiday) > 0, "{holiday} {}", mode.name());
        }
    }
    // Not a holiday before 2022; the observed day of a weekend's; a Good Friday with the report.
    assert_eq!(sessions("ES", RthUs, "2020-06-19"), 1);
    assert_eq!(sessions("ES", RthUs, "2021-07-05"), 0);
    assert_eq!(sessions("ES", RthUs, "2026-07-03"), 0);
    for (code, mode, regular) in
        [("ES", RthUs, 0), ("ZN", RthUs, 0), ("ZN", RthProduct, 1), ("6E", RthProduct, 1)]
    {
        assert_eq!(sessions(code, mode, "2023-04-07"), regular, "{code} {}", mode.name());
    }
    // The shares did not open on the days of mourning, whatever else traded.
    for mourning in ["2018-12-05", "2025-01-09"] {
        for code in ["ES", "CL", "ZC"] {
            assert_eq!(sessions(code, RthUs, mourning), 0, "{code} {mourning}");
            assert!(sessions(code, Full24x5, mourning) > 0, "{code} {mourning}");
        }
    }
    // Short days have regular hours up to the future's close, the days beside holidays whole ones.
    let es = Calendar::of(Group::EquityIndex);
    let regular = |text| es.session_at(RthUs, utc_at(text));
    assert_eq!(regular("2024-07-03T15:00"), span("2024-07-03T13:30", "2024-07-03T17:15"));
    assert_eq!(regular("2024-01-16T15:00"), span("2024-01-16T14:30", "2024-01-16T21:00"));
    assert_eq!(es.next_open(RthUs, utc_at("2024-01-12T22:00")), Some(utc_at("2024-01-16T14:30")));
}

/// When a product's trading day of a date ends, in New York.
fn ends(code: &str, date: &str) -> String {
    let mut days = Calendar::of_product(code).trading_days().iter();
    let day = days.find(|day| trading_date(day.open).to_string() == date);
    day.map_or("closed".to_owned(), |day| {
        let close = chrono::DateTime::from_timestamp_nanos(day.close.0 as i64);
        close.with_timezone(&New_York).format("%H:%M").to_string()
    })
}

#[test]
fn short_days_of_the_years_that_rules_were_once_carried_into_end_when_they_must() {
    for friday in ["2025-07-04", "2026-06-19", "2026-07-03"] {
        for code in ["ES", "ZN", "6E", "BTC", "CL", "MCL", "GC", "HG", "PL"] {
            assert_eq!(ends(code, friday), "13:00", "{code} {friday}");
        }
        assert_eq!(ends("ZC", friday), "closed");
        assert_eq!(ends("LE", friday), "closed");
    }
    for friday in ["2025-11-28", "2026-11-27"] {
        for code in ["CL", "NG", "GC", "SI", "6E", "BTC"] {
            assert_eq!(ends(code, friday), "14:45", "{code} {friday}");
        }
        assert_eq!(ends("ES", friday), "13:15");
    }
    for eve in ["2025-12-24", "2026-12-24"] {
        for code in ["6E", "M6E", "BTC", "MET", "CL", "GC"] {
            assert_eq!(ends(code, eve), "13:45", "{code} {eve}");
        }
        assert_eq!(ends("ZN", eve), "13:15");
    }
    assert_eq!(ends("ZC", "2024-07-03"), "14:20", "no short day of grains any more");
}

#[test]
fn days_of_mourning_are_those_of_every_group() {
    for (code, bush, carter) in [
        ("ES", "09:30", "09:30"),
        ("NKD", "09:30", "09:30"),
        ("ZN", "closed", "13:15"),
        ("6E", "17:00", "17:00"),
        ("BTC", "17:00", "17:00"),
        ("CL", "17:00", "17:00"),
        ("GC", "17:00", "17:00"),
        ("ZC", "14:20", "13:15"),
        ("LE", "14:05", "13:15"),
    ] {
        assert_eq!(ends(code, "2018-12-05"), bush, "{code}");
        assert_eq!(ends(code, "2025-01-09"), carter, "{code}");
    }
}

#[test]
fn livestock_closes_early_on_the_days_of_leans_table_of_live_cattle() {
    // <https://www.quantconnect.com/docs/v2/writing-algorithms/securities/asset-classes/futures/market-hours/cme/le>,
    // which closes at 12:15 Chicago up to summer 2020: ours closes ten minutes sooner.
    let table = [
        "2016-11-25",
        "2016-12-23",
        "2017-07-03",
        "2017-11-24",
        "2017-12-22",
        "2018-07-03",
        "2018-11-23",
        "2018-12-24",
        "2019-07-03",
        "2019-11-29",
        "2019-12-24",
        "2020-07-02",
        "2020-11-27",
        "2020-12-24",
        "2021-11-26",
        "2022-11-25",
    ];
    let days = Calendar::of(Group::Livestock).trading_days().iter();
    let of_years = days.filter(|day| (2016..=2022).contains(&trading_date(day.open).year()));
    let usual = 275 * 60 * NANOS_PER_SECOND;
    let short = of_years.filter(|day| day.close.since(day.open) < usual).map(|day| {
        assert_eq!(day.close.since(day.open), 215 * 60 * NANOS_PER_SECOND);
        trading_date(day.open)
    });
    let found: Vec<String> = short.map(|date| date.to_string()).collect();
    assert_eq!(found, table);
}
