//! When each group of products trades: the hours of a trading day, its early close, and the windows
//! of the session modes. All times are New York's unless said; Chicago's are an hour earlier.

use super::holidays::{Holiday, holiday, is_weekend};
use super::one_off;
use crate::input::SessionMode;
use crate::instrument::Group;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use chrono_tz::America::New_York;
use chrono_tz::Asia::Tokyo;
use chrono_tz::Europe::London;
use chrono_tz::Tz;

/// A span of New York local time.
pub(super) type LocalSpan = (NaiveDateTime, NaiveDateTime);

/// The trading day of a group that ends on a date at a time: one unbroken span, or the night's and
/// the day's for grains.
pub(super) fn trading_day(
    group: Group,
    date: NaiveDate,
    close: NaiveTime,
) -> [Option<LocalSpan>; 2] {
    let evening = date - Days::new(1);
    let until = |last: NaiveTime| date.and_time(close.min(last));
    let whole = |span: LocalSpan| (span.0 < span.1).then_some(span);
    match group {
        Group::Grains => {
            let night = (evening.and_time(at(20, 0)), until(at(8, 45)));
            let day = (date.and_time(at(9, 30)), date.and_time(close));
            [has_night(evening).then_some(night), whole(day)]
        }
        Group::Livestock => [whole((date.and_time(at(9, 30)), date.and_time(close))), None],
        _ => [Some((evening.and_time(at(18, 0)), date.and_time(close))), None],
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
pub(super) fn close(group: Group, date: NaiveDate) -> Option<NaiveTime> {
    if is_weekend(date) {
        return None;
    }
    if let Some(once) = one_off::close(group, date) {
        return once;
    }
    match holiday(date) {
        Some(Holiday::NewYear | Holiday::Christmas) => None,
        Some(Holiday::GoodFriday) => good_friday_close(group, date),
        Some(_) => holiday_close(group, date),
        None => {
            let early = short_day(group, date).map(|day| early_close(group, day, date.year()));
            Some(early.unwrap_or(usual_close(group)))
        }
    }
}

/// When trading ends on a day like any other.
pub(super) fn usual_close(group: Group) -> NaiveTime {
    match group {
        Group::Grains => at(14, 20),
        Group::Livestock => at(14, 5),
        _ => at(17, 0),
    }
}

/// The earliest close of a day that has any trading of its date.
pub(super) fn earliest_close(group: Group) -> NaiveTime {
    match group {
        Group::Livestock => at(9, 31),
        _ => at(0, 1),
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
/// keep their usual hours, and energy and metals close later than before; but all of them close with
/// the others when the holiday is a Friday, after which nothing opens again in the evening.
fn holiday_close(group: Group, date: NaiveDate) -> Option<NaiveTime> {
    let with_the_others = date.year() < 2022 || date.weekday() == Weekday::Fri;
    match group {
        Group::EquityIndex | Group::Rates => Some(at(13, 0)),
        Group::Grains | Group::Livestock => None,
        _ if with_the_others => Some(at(13, 0)),
        Group::Currencies | Group::Crypto => Some(usual_close(group)),
        Group::Energy | Group::Metals => Some(at(14, 30)),
    }
}

/// A day that is shortened but no holiday.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShortDay {
    BeforeIndependence,
    AfterThanksgiving,
    BeforeChristmas,
}

/// What shortens a group's day; `None` for a whole one.
fn short_day(group: Group, date: NaiveDate) -> Option<ShortDay> {
    let (year, month, day, weekday) = (date.year(), date.month(), date.day(), date.weekday());
    // Up to 2020 the agricultural products closed early on the last day before a holiday, even when
    // a weekend separates them; since then before Christmas only, when it is the very day before.
    let farm_then = matches!(group, Group::Grains | Group::Livestock) && year <= 2020;
    match (month, day) {
        (7, 3) if farm_then || group == Group::EquityIndex => Some(ShortDay::BeforeIndependence),
        (7, 3) if group == Group::Crypto && year <= 2021 => Some(ShortDay::BeforeIndependence),
        (7, 2) if farm_then && weekday == Weekday::Thu => Some(ShortDay::BeforeIndependence),
        (12, 24) => Some(ShortDay::BeforeChristmas),
        (12, 22..=23) if farm_then && weekday == Weekday::Fri => Some(ShortDay::BeforeChristmas),
        (11, 23..=29) if weekday == Weekday::Fri => Some(ShortDay::AfterThanksgiving),
        _ => None,
    }
}

/// When a short day ends for a group that it shortens.
fn early_close(group: Group, day: ShortDay, year: i32) -> NaiveTime {
    use ShortDay::{AfterThanksgiving, BeforeChristmas, BeforeIndependence};
    match (group, day) {
        (Group::Grains | Group::Livestock, _) => at(13, 5),
        (Group::EquityIndex | Group::Rates, _) | (_, BeforeIndependence) => at(13, 15),
        (Group::Currencies, _) if year <= 2024 => at(13, 15),
        (Group::Crypto, _) if year <= 2020 => at(13, 15),
        (_, AfterThanksgiving) if year >= 2025 => at(14, 45),
        (_, AfterThanksgiving | BeforeChristmas) => at(13, 45),
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

/// Whether a mode has its window on a date, by what trades on it. `stocks` says whether the US stock
/// exchanges open.
///
/// Regular US hours are those of the shares: none on a day on which these do not trade, though the
/// future has an electronic session, since its few trades would pass for a day's range, open and
/// close. A product's main hours are those of a day that is settled. Extended hours keep what there
/// is of any trading day; an evening after a day without one is no part of it, even if the exchange
/// is open again. Elsewhere every weekday counts, whatever that place's holidays.
pub(super) fn has_window(group: Group, mode: SessionMode, date: NaiveDate, stocks: bool) -> bool {
    match mode {
        SessionMode::RthUs => stocks,
        SessionMode::RthProduct => match group {
            Group::EquityIndex | Group::Crypto => stocks,
            // Interest rates and currencies are settled on a Good Friday on which they trade.
            _ => matches!(holiday(date), None | Some(Holiday::GoodFriday)),
        },
        SessionMode::Full24x5 | SessionMode::ExtUs => true,
        SessionMode::Asia | SessionMode::Europe => !is_weekend(date),
    }
}

/// Whether a mode's window counts only on a date on which a trading day ends: those of New York.
pub(super) fn is_of_new_york(mode: SessionMode) -> bool {
    !matches!(mode, SessionMode::Asia | SessionMode::Europe)
}

pub(super) fn at(hour: u32, minute: u32) -> NaiveTime {
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
