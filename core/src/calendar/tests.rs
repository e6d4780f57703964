use super::*;
use crate::input::SessionMode::{ExtUs, Full24x5, RthUs};
use crate::units::NANOS_PER_SECOND;
use chrono::{DateTime, NaiveDateTime};
use std::collections::{BTreeMap, BTreeSet};

/// A moment in UTC, as `2024-03-08T23:00`.
fn utc_at(text: &str) -> UnixNanos {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").expect("a time");
    UnixNanos(time.and_utc().timestamp() as u64 * NANOS_PER_SECOND)
}

fn span(open: &str, close: &str) -> Option<SessionSpan> {
    Some(SessionSpan { open: utc_at(open), close: utc_at(close) })
}

fn full_at(text: &str) -> Option<SessionSpan> {
    Calendar::cme().session_at(Full24x5, utc_at(text))
}

#[test]
fn the_day_runs_from_evening_to_afternoon_with_an_hour_between() {
    let calendar = Calendar::cme();
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
    let calendar = Calendar::cme();
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
    let calendar = Calendar::cme();
    let regular = |text| calendar.session_at(RthUs, utc_at(text));
    assert_eq!(regular("2024-03-08T15:00"), span("2024-03-08T14:30", "2024-03-08T21:00"));
    assert_eq!(regular("2024-03-11T15:00"), span("2024-03-11T13:30", "2024-03-11T20:00"));
}

#[test]
fn extended_hours_leave_out_the_break_and_sunday() {
    let calendar = Calendar::cme();
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
    let calendar = Calendar::cme();
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

#[test]
fn nothing_is_open_beyond_the_years_that_are_known() {
    let calendar = Calendar::cme();
    for mode in [Full24x5, RthUs, ExtUs] {
        assert_eq!(calendar.session_at(mode, UnixNanos(0)), None);
        assert_eq!(calendar.session_at(mode, utc_at("2014-12-31T15:00")), None);
        assert_eq!(calendar.session_at(mode, utc_at("2036-01-03T15:00")), None);
        assert_eq!(calendar.session_at(mode, UnixNanos(u64::MAX)), None);
        assert_eq!(calendar.next_open(mode, UnixNanos(u64::MAX)), None);
    }
}

#[test]
fn a_lookup_finds_what_a_search_of_all_sessions_finds() {
    let calendar = Calendar::cme();
    for mode in [SessionMode::Full24x5, SessionMode::RthUs, SessionMode::ExtUs] {
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
fn sessions_are_in_order_and_never_overlap() {
    let calendar = Calendar::cme();
    for mode in [Full24x5, RthUs, ExtUs] {
        let spans = calendar.spans(mode);
        assert!(spans.iter().all(|s| s.open < s.close), "{}", mode.name());
        assert!(spans.windows(2).all(|w| w[0].close <= w[1].open), "{}", mode.name());
        let inside = |s: &SessionSpan| calendar.session_at(Full24x5, s.open).is_some();
        assert!(spans.iter().all(inside), "{} is never open while CME is closed", mode.name());
    }
}

/// The hours of ES in LEAN's market-hours database.
struct LeanHours {
    holidays: BTreeSet<NaiveDate>,
    early_closes: BTreeMap<NaiveDate, NaiveTime>,
}

impl LeanHours {
    fn load() -> Option<LeanHours> {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/reference/market-hours.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: {path} is absent");
            return None;
        };
        let json: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        let date = |text: &str| NaiveDate::parse_from_str(text, "%m/%d/%Y").expect("a date");
        let (every, es) = (&json["entries"]["Future-cme-[*]"], &json["entries"]["Future-cme-ES"]);
        // LEAN adds the holidays of a market's wildcard entry to those of the product.
        let dates = |list: &serde_json::Value| -> Vec<NaiveDate> {
            let list = list.as_array().expect("a list");
            list.iter().map(|d| date(d.as_str().expect("text"))).collect()
        };
        let holidays =
            dates(&every["holidays"]).into_iter().chain(dates(&es["holidays"])).collect();
        let early = es["earlyCloses"].as_object().expect("a table");
        let time = |v: &serde_json::Value| {
            NaiveTime::parse_from_str(v.as_str().expect("text"), "%H:%M:%S").expect("a time")
        };
        let early_closes = early.iter().map(|(d, t)| (date(d), time(t))).collect();
        Some(LeanHours { holidays, early_closes })
    }

    fn close(&self, date: NaiveDate) -> Option<NaiveTime> {
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) || self.holidays.contains(&date) {
            return None;
        }
        Some(self.early_closes.get(&date).copied().unwrap_or(at(17, 0)))
    }
}

/// Where LEAN's table is not CME's calendar: the date, our close, and why ours is right.
const LEAN_DIFFERS: [[&str; 3]; 12] = [
    ["2018-12-05", "09:30", "a day of mourning that ended early, not a holiday"],
    ["2023-07-03", "13:15", "the eve of Independence Day is missing there"],
    ["2023-12-25", "closed", "there a late opening at 18:00: that is the next trading day"],
    ["2024-01-01", "closed", "there a late opening at 18:00: that is the next trading day"],
    ["2024-07-03", "13:15", "the eve of Independence Day is missing there"],
    ["2024-11-29", "13:15", "the day after Thanksgiving is missing there"],
    ["2024-12-25", "closed", "there a late opening at 18:00: that is the next trading day"],
    ["2025-01-01", "closed", "there a late opening at 18:00: that is the next trading day"],
    ["2025-01-09", "09:30", "the day of mourning is missing there"],
    ["2025-01-20", "13:00", "there both a holiday and an early close"],
    ["2025-12-25", "closed", "there a late opening at 18:00: that is the next trading day"],
    ["2026-01-01", "closed", "there a late opening at 18:00: that is the next trading day"],
];

#[test]
fn every_day_of_2015_to_2026_closes_as_in_leans_table_or_for_a_stated_reason() {
    let Some(lean) = LeanHours::load() else { return };
    let mut closes = BTreeMap::new();
    for span in Calendar::cme().spans(Full24x5) {
        let close = DateTime::from_timestamp_nanos(span.close.0 as i64).with_timezone(&New_York);
        closes.insert(close.date_naive(), close.time());
    }
    let in_words = |close: Option<&NaiveTime>| {
        close.map_or("closed".to_string(), |close| close.format("%H:%M").to_string())
    };
    let stated: BTreeMap<String, String> =
        LEAN_DIFFERS.iter().map(|[date, close, _]| (date.to_string(), close.to_string())).collect();
    let found: BTreeMap<String, String> = new_year(2015)
        .iter_days()
        .take_while(|date| date.year() < 2027)
        .filter(|date| closes.get(date).copied() != lean.close(*date))
        .map(|date| (date.to_string(), in_words(closes.get(&date))))
        .collect();
    assert_eq!(found, stated);
}
