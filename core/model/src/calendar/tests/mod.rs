//! Sessions by what they must be on days that are known.

mod days;
mod exceptions;
mod lean;
mod published;

use super::*;
use crate::input::SessionMode::{Asia, Europe, ExtUs, Full24x5, RthProduct, RthUs};
use crate::instrument::PRODUCTS;
use crate::units::NANOS_PER_SECOND;
use chrono::NaiveDateTime;

/// A moment in UTC, as `2024-03-08T23:00`.
fn utc_at(text: &str) -> UnixNanos {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").expect("a time");
    UnixNanos(time.and_utc().timestamp() as u64 * NANOS_PER_SECOND)
}

fn span(open: &str, close: &str) -> Option<SessionSpan> {
    Some(SessionSpan { open: utc_at(open), close: utc_at(close) })
}

fn full_at(text: &str) -> Option<SessionSpan> {
    Calendar::of(Group::EquityIndex).session_at(Full24x5, utc_at(text))
}

#[test]
fn the_day_runs_from_evening_to_afternoon_with_an_hour_between() {
    let calendar = Calendar::of(Group::EquityIndex);
    let session = full_at("2024-02-06T20:00");
    assert_eq!(session, span("2024-02-05T23:00", "2024-02-06T22:00"));
    let close = session.expect("open").close;
    let last = UnixNanos(close.0 - 1);
    assert_eq!(calendar.session_at(Full24x5, last), session);
    assert_eq!(calendar.session_at(Full24x5, close), None);
    assert_eq!(calendar.next_open(Full24x5, close), Some(utc_at("2024-02-06T23:00")));
    let open = utc_at("2024-02-06T23:00");
    assert!(calendar.session_at(Full24x5, open).is_some_and(|s| s.open == open));
    assert_eq!(calendar.session_at(Full24x5, UnixNanos(open.0 - 1)), None);
}

#[test]
fn the_weekend_is_closed_from_friday_afternoon_to_sunday_evening() {
    let calendar = Calendar::of(Group::EquityIndex);
    for closed in ["2024-02-09T22:00", "2024-02-10T12:00", "2024-02-11T22:59"] {
        assert_eq!(full_at(closed), None, "{closed}");
        let next = calendar.next_open(Full24x5, utc_at(closed));
        assert_eq!(next, Some(utc_at("2024-02-11T23:00")), "{closed}");
    }
}

#[test]
fn the_clock_change_moves_sessions_by_an_hour_in_utc() {
    // Forward on Sunday 2024-03-10, back on Sunday 2024-11-03.
    assert_eq!(full_at("2024-03-08T12:00"), span("2024-03-07T23:00", "2024-03-08T22:00"));
    assert_eq!(full_at("2024-03-11T12:00"), span("2024-03-10T22:00", "2024-03-11T21:00"));
    assert_eq!(full_at("2024-11-01T12:00"), span("2024-10-31T22:00", "2024-11-01T21:00"));
    assert_eq!(full_at("2024-11-04T12:00"), span("2024-11-03T23:00", "2024-11-04T22:00"));
    let calendar = Calendar::of(Group::EquityIndex);
    let regular = |text| calendar.session_at(RthUs, utc_at(text));
    assert_eq!(regular("2024-03-08T15:00"), span("2024-03-08T14:30", "2024-03-08T21:00"));
    assert_eq!(regular("2024-03-11T15:00"), span("2024-03-11T13:30", "2024-03-11T20:00"));
}

#[test]
fn extended_hours_leave_out_the_break_and_sunday() {
    let calendar = Calendar::of(Group::EquityIndex);
    let extended = |text| calendar.session_at(ExtUs, utc_at(text));
    assert_eq!(extended("2024-02-06T12:00"), span("2024-02-06T09:00", "2024-02-06T22:00"));
    assert_eq!(extended("2024-02-06T22:30"), None);
    assert_eq!(extended("2024-02-06T23:30"), span("2024-02-06T23:00", "2024-02-07T01:00"));
    assert_eq!(extended("2024-02-07T01:00"), None);
    assert_eq!(extended("2024-02-11T23:30"), None, "Sunday evening");
    assert_eq!(extended("2024-02-09T23:30"), None, "Friday evening");
}

#[test]
fn after_a_full_holiday_the_evening_belongs_to_the_next_day() {
    // Christmas 2023 is a Monday: nothing on Sunday evening, open again on Monday evening.
    assert_eq!(full_at("2023-12-24T23:30"), None);
    assert_eq!(full_at("2023-12-25T15:00"), None);
    assert_eq!(full_at("2023-12-25T23:00"), span("2023-12-25T23:00", "2023-12-26T22:00"));
    // Christmas 2021 is a Saturday, kept on Friday; New Year 2022 is a Saturday, not kept.
    assert_eq!(full_at("2021-12-24T15:00"), None);
    assert_eq!(full_at("2021-12-31T15:00"), span("2021-12-30T23:00", "2021-12-31T22:00"));
    // Christmas 2022 and New Year 2023 are Sundays, kept on Monday.
    assert_eq!(full_at("2022-12-26T15:00"), None);
    assert_eq!(full_at("2023-01-02T15:00"), None);
    assert_eq!(full_at("2023-01-02T23:00"), span("2023-01-02T23:00", "2023-01-03T22:00"));
    // Good Friday without and with the employment report.
    assert_eq!(full_at("2024-03-29T12:00"), None);
    assert_eq!(full_at("2023-04-07T12:00"), span("2023-04-06T22:00", "2023-04-07T13:15"));
}

#[test]
fn short_days_close_early_in_every_mode_and_open_again_in_the_evening() {
    let calendar = Calendar::of(Group::EquityIndex);
    // Thanksgiving 2023 and the day after.
    assert_eq!(full_at("2023-11-23T12:00"), span("2023-11-22T23:00", "2023-11-23T18:00"));
    assert_eq!(full_at("2023-11-23T18:00"), None);
    assert_eq!(full_at("2023-11-24T12:00"), span("2023-11-23T23:00", "2023-11-24T18:15"));
    let regular = calendar.session_at(RthUs, utc_at("2023-11-24T15:00"));
    assert_eq!(regular, span("2023-11-24T14:30", "2023-11-24T18:15"));
    let extended = calendar.session_at(ExtUs, utc_at("2023-11-24T15:00"));
    assert_eq!(extended, span("2023-11-24T09:00", "2023-11-24T18:15"));
    // A short day that ends before regular hours begin has none.
    assert_eq!(calendar.session_at(RthUs, utc_at("2023-04-07T14:00")), None);
    // The day of mourning ends at the very minute at which regular hours begin.
    assert_eq!(calendar.session_at(RthUs, utc_at("2025-01-09T14:30")), None);
    assert_eq!(full_at("2025-01-09T12:00"), span("2025-01-08T23:00", "2025-01-09T14:30"));
}

/// Whether a group trades at a moment of UTC.
fn is_open(group: Group, text: &str) -> bool {
    Calendar::of(group).session_at(Full24x5, utc_at(text)).is_some()
}

fn full(group: Group, text: &str) -> Option<SessionSpan> {
    Calendar::of(group).session_at(Full24x5, utc_at(text))
}

#[test]
fn each_group_keeps_its_own_hours_on_a_holiday() {
    // Presidents' Day 2024, a Monday: 13:00 New York is 18:00 UTC.
    let closes = |group| full(group, "2024-02-19T15:00").map(|span| span.close);
    assert_eq!(closes(Group::EquityIndex), Some(utc_at("2024-02-19T18:00")));
    assert_eq!(closes(Group::Rates), Some(utc_at("2024-02-19T18:00")));
    assert_eq!(closes(Group::Energy), Some(utc_at("2024-02-19T19:30")));
    assert_eq!(closes(Group::Metals), Some(utc_at("2024-02-19T19:30")));
    assert_eq!(closes(Group::Currencies), Some(utc_at("2024-02-19T22:00")));
    assert_eq!(closes(Group::Crypto), Some(utc_at("2024-02-19T22:00")));
    assert_eq!(closes(Group::Grains), None);
    assert_eq!(closes(Group::Livestock), None);
    // Good Friday 2023 with the employment report.
    let closes = |group| full(group, "2023-04-07T12:00").map(|span| span.close);
    assert_eq!(closes(Group::EquityIndex), Some(utc_at("2023-04-07T13:15")));
    assert_eq!(closes(Group::Rates), Some(utc_at("2023-04-07T15:15")));
    assert_eq!(closes(Group::Energy), None);
    assert_eq!(closes(Group::Grains), None);
}

#[test]
fn grains_trade_by_night_and_by_day_with_a_pause_between() {
    let grains = Calendar::of(Group::Grains);
    let night = span("2024-02-06T01:00", "2024-02-06T13:45");
    let day = span("2024-02-06T14:30", "2024-02-06T19:20");
    assert_eq!(full(Group::Grains, "2024-02-06T05:00"), night);
    assert_eq!(full(Group::Grains, "2024-02-06T15:00"), day);
    for closed in ["2024-02-06T00:30", "2024-02-06T14:00", "2024-02-06T19:20"] {
        assert!(!is_open(Group::Grains, closed), "{closed}");
    }
    assert_eq!(
        grains.next_open(Full24x5, utc_at("2024-02-06T14:00")),
        Some(utc_at("2024-02-06T14:30"))
    );
    let whole = span("2024-02-06T01:00", "2024-02-06T19:20");
    assert_eq!(grains.trading_day_at(utc_at("2024-02-06T14:00")), whole);
    assert_eq!(grains.session_at(RthProduct, utc_at("2024-02-06T15:00")), day);
    assert_eq!(grains.session_at(RthUs, utc_at("2024-02-06T15:00")), day);
}

#[test]
fn grains_open_again_in_the_morning_after_thanksgiving_and_in_the_evening_of_memorial_day() {
    assert!(!is_open(Group::Grains, "2023-11-24T03:00"), "the night after Thanksgiving");
    assert_eq!(
        full(Group::Grains, "2023-11-24T15:00"),
        span("2023-11-24T14:30", "2023-11-24T18:05")
    );
    assert!(!is_open(Group::Grains, "2024-05-27T01:00"), "the night before Memorial Day");
    assert_eq!(
        full(Group::Grains, "2024-05-28T02:00"),
        span("2024-05-28T00:00", "2024-05-28T12:45")
    );
}

#[test]
fn livestock_trades_by_day_only() {
    let day = span("2024-02-06T14:30", "2024-02-06T19:05");
    assert_eq!(full(Group::Livestock, "2024-02-06T15:00"), day);
    assert!(!is_open(Group::Livestock, "2024-02-06T05:00"));
    assert_eq!(Calendar::of(Group::Livestock).spans(ExtUs).len(), {
        Calendar::of(Group::Livestock).spans(Full24x5).len()
    });
}

#[test]
fn the_main_hours_of_a_product_are_its_groups_own() {
    let hours =
        |code: &str| Calendar::of_product(code).session_at(RthProduct, utc_at("2024-02-06T15:00"));
    assert_eq!(hours("CL"), span("2024-02-06T14:00", "2024-02-06T19:30"));
    assert_eq!(hours("GC"), span("2024-02-06T13:20", "2024-02-06T18:30"));
    assert_eq!(hours("ZN"), span("2024-02-06T13:20", "2024-02-06T20:00"));
    assert_eq!(hours("6E"), span("2024-02-06T13:20", "2024-02-06T20:00"));
    assert_eq!(hours("ES"), span("2024-02-06T14:30", "2024-02-06T21:00"));
    assert_eq!(hours("LE"), span("2024-02-06T14:30", "2024-02-06T19:05"));
    assert_eq!(hours("XX"), None);
}

#[test]
fn asia_and_europe_keep_the_clocks_of_tokyo_and_london() {
    let es = Calendar::of(Group::EquityIndex);
    // Tuesday in Tokyo, Monday evening in New York; Japan does not change its clocks.
    let asia = |text| es.session_at(Asia, utc_at(text));
    assert_eq!(asia("2024-02-06T03:00"), span("2024-02-06T00:00", "2024-02-06T06:00"));
    assert_eq!(asia("2024-07-09T03:00"), span("2024-07-09T00:00", "2024-07-09T06:00"));
    // Between the clock changes of New York (10 March) and of London (31 March) and after both.
    let europe = |text| es.session_at(Europe, utc_at(text));
    assert_eq!(europe("2024-03-12T12:00"), span("2024-03-12T08:00", "2024-03-12T16:30"));
    assert_eq!(europe("2024-04-02T12:00"), span("2024-04-02T07:00", "2024-04-02T15:30"));
    // Grains pause inside of London's hours.
    let grains = Calendar::of(Group::Grains);
    let spans = grains.spans(Europe).iter().filter(|s| s.open >= utc_at("2024-02-06T00:00"));
    let two: Vec<_> = spans.take(2).copied().collect();
    assert_eq!(Some(two[0]), span("2024-02-06T08:00", "2024-02-06T13:45"));
    assert_eq!(Some(two[1]), span("2024-02-06T14:30", "2024-02-06T16:30"));
}

#[test]
fn the_clock_changes_move_every_group_both_ways() {
    for group in Group::ALL {
        // Of the span that holds noon in New York: Friday and Monday around each change.
        let hours = |text: &str| {
            let midnight = utc_at(text).0;
            let noon = UnixNanos(midnight + 17 * 3_600 * NANOS_PER_SECOND);
            let span = Calendar::of(group).session_at(Full24x5, noon).expect("open at noon");
            (span.open.0 as i64 - midnight as i64, span.close.0 as i64 - midnight as i64)
        };
        let hour = 3_600 * NANOS_PER_SECOND as i64;
        let earlier = |(open, close): (i64, i64)| (open - hour, close - hour);
        for (winter, summer) in [
            ("2024-03-08T00:00", "2024-03-11T00:00"),
            ("2024-11-04T00:00", "2024-11-01T00:00"),
            ("2021-03-12T00:00", "2021-03-15T00:00"),
            ("2030-11-04T00:00", "2030-11-01T00:00"),
        ] {
            assert_eq!(hours(summer), earlier(hours(winter)), "{} {winter}", group.name());
        }
    }
}

#[test]
fn every_year_has_the_trading_days_of_its_weekdays_less_its_holidays() {
    for group in Group::ALL {
        let days = Calendar::of(group).trading_days();
        for year in YEAR_FIRST..=YEAR_LAST {
            let new_year = NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
            let of_year = |day: &&SessionSpan| trading_date(day.open).year() == year;
            let found = days.iter().filter(of_year).count();
            let dates = new_year.iter_days().take_while(|date| date.year() == year);
            let business = dates.filter(|date| is_business_day(*date)).count();
            // Rates were closed once, on a day of mourning that was a business day.
            let once_closed = usize::from(group == Group::Rates && year == 2018);
            let with_a_session = match group {
                Group::Grains | Group::Livestock => 0..=0,
                Group::Energy | Group::Metals => 6..=7,
                _ => 6..=8,
            };
            assert!(
                with_a_session.contains(&(found + once_closed - business)),
                "{} {year}",
                group.name()
            );
        }
    }
}

#[test]
fn a_trading_date_changes_at_five_in_new_york() {
    let date = |text: &str| trading_date(utc_at(text)).to_string();
    assert_eq!(date("2024-02-06T21:59"), "2024-02-06");
    assert_eq!(date("2024-02-06T22:00"), "2024-02-07");
    assert_eq!(date("2024-07-09T21:00"), "2024-07-10");
    assert_eq!(date("2024-02-11T23:00"), "2024-02-12", "Sunday evening is Monday's");
    for day in Calendar::of(Group::EquityIndex).trading_days() {
        let date = trading_date(day.open);
        assert_eq!(trading_date(UnixNanos(day.close.0 - 1)), date);
        assert!(day_begins(date) <= day.open);
    }
}

#[test]
fn every_product_has_its_groups_calendar_and_an_unknown_one_is_never_open() {
    for product in &PRODUCTS {
        let calendar = Calendar::of_product(product.code);
        assert!(std::ptr::eq(calendar, Calendar::of(product.group)), "{}", product.code);
    }
    let closed = Calendar::of_product("XX");
    for mode in SessionMode::ALL {
        assert!(closed.spans(mode).is_empty());
        assert_eq!(closed.session_at(mode, utc_at("2024-02-06T15:00")), None);
        assert_eq!(closed.next_open(mode, UnixNanos(0)), None);
    }
    assert_eq!(closed.trading_day_at(utc_at("2024-02-06T15:00")), None);
}

#[test]
fn nothing_is_open_beyond_the_years_that_are_known() {
    let calendar = Calendar::of(Group::EquityIndex);
    for mode in SessionMode::ALL {
        assert_eq!(calendar.session_at(mode, UnixNanos(0)), None);
        assert_eq!(calendar.session_at(mode, utc_at("2014-12-31T15:00")), None);
        assert_eq!(calendar.session_at(mode, utc_at("2036-01-03T15:00")), None);
        assert_eq!(calendar.session_at(mode, UnixNanos(u64::MAX)), None);
        assert_eq!(calendar.next_open(mode, UnixNanos(u64::MAX)), None);
    }
}

#[test]
fn a_lookup_finds_what_a_search_of_all_sessions_finds() {
    for (group, mode) in [
        (Group::EquityIndex, Full24x5),
        (Group::EquityIndex, ExtUs),
        (Group::Grains, Full24x5),
        (Group::Grains, Europe),
        (Group::Livestock, RthUs),
    ] {
        let calendar = Calendar::of(group);
        let spans = calendar.spans(mode);
        let edges = spans.iter().flat_map(|span| [span.open.0, span.close.0]);
        let around = edges.flat_map(|edge| [edge - 1, edge, edge + 1]);
        for at in around.chain([0, u64::MAX]).map(UnixNanos) {
            let opened = spans.partition_point(|span| span.open <= at);
            let session = spans[..opened].last().filter(|span| span.contains(at)).copied();
            assert_eq!(calendar.session_at(mode, at), session);
            assert_eq!(calendar.next_open(mode, at), spans.get(opened).map(|span| span.open));
        }
    }
}

#[test]
fn sessions_are_in_order_never_overlap_and_lie_within_the_trading_day() {
    for group in Group::ALL {
        let calendar = Calendar::of(group);
        for mode in SessionMode::ALL {
            let spans = calendar.spans(mode);
            let name = (group.name(), mode.name());
            assert!(spans.iter().all(|s| s.open < s.close), "{name:?}");
            assert!(spans.windows(2).all(|w| w[0].close <= w[1].open), "{name:?}");
            let inside = |s: &SessionSpan| {
                let full = calendar.session_at(Full24x5, s.open);
                let day = calendar.trading_day_at(s.open);
                full.is_some_and(|full| s.close <= full.close)
                    && day.is_some_and(|day| s.close <= day.close)
            };
            assert!(spans.iter().all(inside), "{name:?} is never open while the market is closed");
        }
    }
}
