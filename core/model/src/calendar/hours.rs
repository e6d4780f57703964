//! When each group of products trades: the hours of a trading day, its early close, and the windows
//! of the session modes. All times are New York's unless said; Chicago's are an hour earlier.

use super::holidays::{Holiday, holiday, is_weekend};
use crate::input::SessionMode;
use crate::instrument::Group;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::America::New_York;
use chrono_tz::Asia::Tokyo;
use chrono_tz::Europe::London;
use chrono_tz::Tz;

/// A span of New York local time.
pub(super) type LocalSpan = (NaiveDateTime, NaiveDateTime);

/// The trading day of a group that ends on a date: one unbroken span, or the night's and the day's
/// for grains. Nothing when there is none.
pub(super) fn trading_day(group: Group, date: NaiveDate) -> [Option<LocalSpan>; 2] {
    let Some(close) = close(group, date) else { return [None, None] };
    let evening = date - Days::new(1);
    let close = date.and_time(close);
    match group {
        Group::Grains => {
            let night = (evening.and_time(at(20, 0)), date.and_time(at(8, 45)));
            let day = (date.and_time(at(9, 30)), close);
            [has_night(evening).then_some(night), Some(day)]
        }
        Group::Livestock => [Some((date.and_time(at(9, 30)), close)), None],
        _ => [Some((evening.and_time(at(18, 0)), close)), None],
    }
}

/// Whether grains trade in the evening of a date: not on the holidays after which they open again
/// in the morning only.
fn has_night(evening: NaiveDate) -> bool {
    !matches!(
        holiday(evening),
        Some(Holiday::NewYear | Holiday::Independence | Holiday::Thanksgiving | Holiday::Christmas)
    )
}

/// When trading ends on a date; `None` when no trading day ends on it.
fn close(group: Group, date: NaiveDate) -> Option<NaiveTime> {
    if is_weekend(date) {
        return None;
    }
    match holiday(date) {
        Some(Holiday::NewYear | Holiday::Christmas) => None,
        Some(Holiday::GoodFriday) => good_friday_close(group, date),
        Some(_) => holiday_close(group, date.year()),
        None => {
            let usual = usual_close(group);
            let early = short_day(group, date).and_then(|day| early_close(group, day, date.year()));
            Some(early.unwrap_or(usual))
        }
    }
}

fn usual_close(group: Group) -> NaiveTime {
    match group {
        Group::Grains => at(14, 20),
        Group::Livestock => at(14, 5),
        _ => at(17, 0),
    }
}

/// The financial products open for the employment report when it comes on Good Friday.
fn good_friday_close(group: Group, date: NaiveDate) -> Option<NaiveTime> {
    if !has_employment_report(date) {
        return None;
    }
    match group {
        Group::EquityIndex => Some(at(9, 15)),
        Group::Crypto if date.year() <= 2021 => Some(at(9, 15)),
        Group::Rates | Group::Currencies | Group::Crypto => Some(at(11, 15)),
        Group::Energy | Group::Metals | Group::Grains | Group::Livestock => None,
    }
}

/// The employment report comes on the first Friday of April in the years where Good Friday is that
/// Friday. So it was in 2015, 2021, 2023 and 2026.
fn has_employment_report(good_friday: NaiveDate) -> bool {
    good_friday.month() == 4 && good_friday.day() <= 7
}

/// The close on a holiday with an electronic session. Since 2022 currencies and cryptocurrencies
/// keep their usual hours, and energy and metals close later than before.
fn holiday_close(group: Group, year: i32) -> Option<NaiveTime> {
    let before_2022 = year < 2022;
    match group {
        Group::EquityIndex | Group::Rates => Some(at(13, 0)),
        Group::Currencies | Group::Crypto if before_2022 => Some(at(13, 0)),
        Group::Currencies | Group::Crypto => Some(usual_close(group)),
        Group::Energy | Group::Metals if before_2022 => Some(at(13, 0)),
        Group::Energy | Group::Metals => Some(at(14, 30)),
        Group::Grains | Group::Livestock => None,
    }
}

/// A day that is shortened but no holiday.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShortDay {
    BeforeIndependence,
    AfterThanksgiving,
    BeforeChristmas,
    /// National days of mourning for Presidents Bush and Carter, which no rule foresees.
    Mourning,
}

fn short_day(group: Group, date: NaiveDate) -> Option<ShortDay> {
    let (year, month, day, weekday) = (date.year(), date.month(), date.day(), date.weekday());
    let farm = matches!(group, Group::Grains | Group::Livestock);
    // Up to 2020 the agricultural products also closed early on the last day before a holiday that
    // a weekend separates from it.
    let friday_before = farm && year <= 2020 && weekday == Weekday::Fri && (22..=23).contains(&day);
    match (month, day) {
        (7, 3) => Some(ShortDay::BeforeIndependence),
        (7, 2) if farm && weekday == Weekday::Thu => Some(ShortDay::BeforeIndependence),
        (12, 24) => Some(ShortDay::BeforeChristmas),
        (12, _) if friday_before => Some(ShortDay::BeforeChristmas),
        (11, 23..=29) if weekday == Weekday::Fri => Some(ShortDay::AfterThanksgiving),
        (12, 5) if year == 2018 => Some(ShortDay::Mourning),
        (1, 9) if year == 2025 => Some(ShortDay::Mourning),
        _ => None,
    }
}

fn early_close(group: Group, day: ShortDay, year: i32) -> Option<NaiveTime> {
    use ShortDay::{AfterThanksgiving, BeforeChristmas, BeforeIndependence, Mourning};
    match (group, day) {
        (Group::EquityIndex, Mourning) => Some(at(9, 30)),
        (_, Mourning) => None,
        (Group::EquityIndex, _) => Some(at(13, 15)),
        (Group::Grains | Group::Livestock, _) => Some(at(13, 5)),
        (Group::Crypto, BeforeIndependence) if year <= 2021 => Some(at(13, 15)),
        (_, BeforeIndependence) => None,
        (Group::Crypto, AfterThanksgiving) if year >= 2021 => Some(at(13, 45)),
        (Group::Rates | Group::Currencies | Group::Crypto, _) => Some(at(13, 15)),
        (Group::Energy | Group::Metals, AfterThanksgiving | BeforeChristmas) => Some(at(13, 45)),
    }
}

/// The part of a day that a session mode keeps, in the local time of a place.
pub(super) struct Window {
    pub zone: Tz,
    pub open: NaiveTime,
    pub close: NaiveTime,
}

/// The window of a mode; `None` for the mode that keeps all of the day.
pub(super) fn window(group: Group, mode: SessionMode) -> Option<Window> {
    let (zone, open, close) = match mode {
        SessionMode::Full24x5 => return None,
        SessionMode::RthUs => (New_York, at(9, 30), at(16, 0)),
        SessionMode::ExtUs => (New_York, at(4, 0), at(20, 0)),
        SessionMode::RthProduct => {
            let (open, close) = product_hours(group);
            (New_York, open, close)
        }
        SessionMode::Asia => (Tokyo, at(9, 0), at(15, 0)),
        SessionMode::Europe => (London, at(8, 0), at(16, 30)),
    };
    Some(Window { zone, open, close })
}

/// The hours of a group's trading floor while there was one, which are still those of its
/// settlement: where most of its volume trades. Equity indices and cryptocurrencies, without a
/// floor of their own, have those of the stock exchanges.
fn product_hours(group: Group) -> (NaiveTime, NaiveTime) {
    match group {
        Group::EquityIndex | Group::Crypto => (at(9, 30), at(16, 0)),
        Group::Rates | Group::Currencies => (at(8, 20), at(15, 0)),
        Group::Energy => (at(9, 0), at(14, 30)),
        Group::Metals => (at(8, 20), at(13, 30)),
        Group::Grains => (at(9, 30), at(14, 20)),
        Group::Livestock => (at(9, 30), at(14, 5)),
    }
}

/// Whether a window of a place's date counts: in New York when a trading day ends on it, so that
/// the evening of a day without trading is no part of US hours even if the exchange is open again;
/// elsewhere on every weekday, whatever that place's holidays.
pub(super) fn has_window(group: Group, window: &Window, date: NaiveDate) -> bool {
    if window.zone == New_York { close(group, date).is_some() } else { !is_weekend(date) }
}

fn at(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of every day")
}

#[cfg(test)]
mod tests {
    use super::super::holidays::good_friday;
    use super::*;

    #[test]
    fn the_employment_report_came_on_good_friday_in_the_years_that_are_named() {
        let years: Vec<i32> =
            (2015..=2026).filter(|year| has_employment_report(good_friday(*year))).collect();
        assert_eq!(years, [2015, 2021, 2023, 2026]);
    }
}
