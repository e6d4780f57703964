//! When CME's equity-index futures trade: sessions, holidays, early closes, daylight saving.
//!
//! Every session of [`YEAR_FIRST`] to [`YEAR_LAST`] is worked out once, by rule, into tables of UTC
//! intervals; a lookup begins at the day's first one and allocates nothing.
//!
//! The rules are those of CME's holiday calendars for equity-index futures, in New York time. A
//! trading day runs from 18:00 the evening before to 17:00. It does not exist on weekends, New
//! Year's Day, Good Friday and Christmas Day (a Sunday holiday moves to Monday; Christmas on a
//! Saturday to Friday; New Year's Day on a Saturday to nowhere). It ends at 13:00 on Martin Luther
//! King Day, Presidents' Day, Memorial Day, Juneteenth (since 2022), Independence Day, Labor Day and
//! Thanksgiving, at 13:15 on 3 July, the day after Thanksgiving and Christmas Eve, and at 09:15 on a
//! Good Friday that is also the day of the employment report. National days of mourning, which no
//! rule foresees, are listed by hand.
//!
//! Interest rates, currencies, energy and metals keep somewhat longer hours on holidays; for them
//! this calendar is on the safe side. The pause from 16:15 to 16:30 that the exchange made until June
//! 2021 is not a boundary of sessions: feeds show it as a trading status.

use crate::input::SessionMode;
use crate::units::{NANOS_PER_SECOND, UnixNanos};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::America::New_York;

/// First year that the calendar knows.
pub const YEAR_FIRST: i32 = 2015;
/// Last year that the calendar knows.
pub const YEAR_LAST: i32 = 2035;

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// One unbroken span of trading: from `open` up to, not including, `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSpan {
    /// The first moment of trading.
    pub open: UnixNanos,
    /// The first moment after it.
    pub close: UnixNanos,
}

impl SessionSpan {
    /// Whether the span holds this moment.
    pub fn contains(&self, at: UnixNanos) -> bool {
        self.open <= at && at < self.close
    }
}

/// Sessions by mode. Outside [`YEAR_FIRST`] to [`YEAR_LAST`] it knows none, so nothing is open.
#[derive(Clone, Debug)]
pub struct Calendar {
    full: Sessions,
    regular: Sessions,
    extended: Sessions,
}

/// The sessions of one mode, in order.
#[derive(Clone, Debug)]
struct Sessions {
    spans: Vec<SessionSpan>,
    /// The UTC day, counted from the epoch, of the first opening.
    first_day: u64,
    /// For each day from the first on, how many sessions opened before it. Every order looks its
    /// session up, mostly with cold caches: two reads beat the dozen of a binary search.
    opened_before: Vec<u32>,
}

impl Sessions {
    fn new(spans: Vec<SessionSpan>) -> Sessions {
        let day = |span: &SessionSpan| span.open.0 / NANOS_PER_DAY;
        let first_day = spans.first().map_or(0, day);
        let days = spans.last().map_or(0, day) + 1 - first_day;
        let opened_before = (first_day..first_day + days)
            .map(|today| spans.partition_point(|span| day(span) < today) as u32)
            .collect();
        Sessions { spans, first_day, opened_before }
    }

    /// How many opened until a moment.
    fn opened_by(&self, at: UnixNanos) -> usize {
        let Some(day) = (at.0 / NANOS_PER_DAY).checked_sub(self.first_day) else { return 0 };
        let before = usize::try_from(day).ok().and_then(|day| self.opened_before.get(day));
        let before = before.map_or(self.spans.len(), |before| *before as usize);
        before + self.spans[before..].iter().take_while(|span| span.open <= at).count()
    }
}

impl Calendar {
    /// The calendar of CME's equity-index futures.
    pub fn cme() -> Calendar {
        let [mut full, mut regular, mut extended] = [const { Vec::new() }; 3];
        let mut date = new_year(YEAR_FIRST);
        while date < new_year(YEAR_LAST + 1) {
            if let Some(day) = TradingDay::on(date) {
                let evening = day.date - Days::new(1);
                push(&mut full, (evening, at(18, 0)), (day.date, day.close));
                push(&mut regular, (day.date, at(9, 30)), (day.date, day.close.min(at(16, 0))));
                // The evening of a day without trading is no part of US extended hours, even if CME
                // is open again.
                if TradingDay::on(evening).is_some() {
                    push(&mut extended, (evening, at(18, 0)), (evening, at(20, 0)));
                }
                push(&mut extended, (day.date, at(4, 0)), (day.date, day.close));
            }
            date = date + Days::new(1);
        }
        let [full, regular, extended] = [full, regular, extended].map(Sessions::new);
        Calendar { full, regular, extended }
    }

    /// The session of a mode that holds a moment; `None` when closed, or when the calendar does
    /// not reach so far.
    pub fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        let sessions = self.sessions(mode);
        let span = sessions.spans[sessions.opened_by(at).checked_sub(1)?];
        span.contains(at).then_some(span)
    }

    /// The next opening of a mode later than a moment; `None` past the calendar's end.
    pub fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        let sessions = self.sessions(mode);
        sessions.spans.get(sessions.opened_by(at)).map(|span| span.open)
    }

    /// Every session of a mode, in order.
    pub fn spans(&self, mode: SessionMode) -> &[SessionSpan] {
        &self.sessions(mode).spans
    }

    fn sessions(&self, mode: SessionMode) -> &Sessions {
        match mode {
            SessionMode::Full24x5 => &self.full,
            SessionMode::RthUs => &self.regular,
            SessionMode::ExtUs => &self.extended,
        }
    }
}

fn push(spans: &mut Vec<SessionSpan>, open: (NaiveDate, NaiveTime), close: (NaiveDate, NaiveTime)) {
    if open < close {
        spans.push(SessionSpan { open: utc(open), close: utc(close) });
    }
}

fn utc((date, time): (NaiveDate, NaiveTime)) -> UnixNanos {
    // New York changes its clocks at 02:00, when no session opens or closes, so the local time
    // exists exactly once.
    let local = New_York
        .from_local_datetime(&date.and_time(time))
        .single()
        .expect("session boundaries are never inside a change of the clocks");
    UnixNanos(local.timestamp() as u64 * NANOS_PER_SECOND)
}

/// A date on which a trading day ends.
struct TradingDay {
    date: NaiveDate,
    close: NaiveTime,
}

impl TradingDay {
    /// The trading day that ends on a date, if one does.
    fn on(date: NaiveDate) -> Option<TradingDay> {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        if weekend || is_full_holiday(date) {
            return None;
        }
        Some(TradingDay { date, close: early_close(date).unwrap_or(at(17, 0)) })
    }
}

fn is_full_holiday(date: NaiveDate) -> bool {
    let (month, day, weekday) = (date.month(), date.day(), date.weekday());
    let moved_to_monday = weekday == Weekday::Mon && day == 2;
    let new_year = month == 1 && (day == 1 || moved_to_monday);
    let christmas = month == 12
        && (day == 25
            || (weekday == Weekday::Mon && day == 26)
            || (weekday == Weekday::Fri && day == 24));
    new_year || christmas || (date == good_friday(date.year()) && !has_employment_report(date))
}

/// The employment report comes on the first Friday of April in the years where Good Friday is that
/// Friday; the exchange then opens for it. So it was in 2015, 2021, 2023 and 2026.
fn has_employment_report(good_friday: NaiveDate) -> bool {
    good_friday.month() == 4 && good_friday.day() <= 7
}

fn early_close(date: NaiveDate) -> Option<NaiveTime> {
    let (year, month, day, weekday) = (date.year(), date.month(), date.day(), date.weekday());
    let nth = (day - 1) / 7 + 1;
    let last_of_month = day + 7 > 31;
    // Holidays that shorten the day they are observed on.
    let short_holiday = match (month, weekday) {
        (1 | 2, Weekday::Mon) => nth == 3,
        (5, Weekday::Mon) => last_of_month,
        (9, Weekday::Mon) => nth == 1,
        (11, Weekday::Thu) => nth == 4,
        _ => date == observed(year, 7, 4) || (year >= 2022 && date == observed(year, 6, 19)),
    };
    if short_holiday {
        return Some(at(13, 0));
    }
    // The eves of Independence Day and Christmas, and the day after Thanksgiving. An eve on a
    // Friday is itself the observed holiday.
    let eve = matches!((month, day), (7, 3) | (12, 24)) && weekday != Weekday::Fri;
    let after_thanksgiving = month == 11 && weekday == Weekday::Fri && (23..=29).contains(&day);
    if eve || after_thanksgiving {
        return Some(at(13, 15));
    }
    if date == good_friday(year) {
        return Some(at(9, 15));
    }
    // National days of mourning for Presidents Bush and Carter.
    matches!((year, month, day), (2018, 12, 5) | (2025, 1, 9)).then(|| at(9, 30))
}

/// The weekday on which a fixed date is observed: Friday for a Saturday, Monday for a Sunday.
fn observed(year: i32, month: u32, day: u32) -> NaiveDate {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("a date of every year");
    match date.weekday() {
        Weekday::Sat => date - Days::new(1),
        Weekday::Sun => date + Days::new(1),
        _ => date,
    }
}

/// Good Friday of a year of the Gregorian calendar, two days before Easter by the anonymous
/// algorithm (Meeus, Astronomical Algorithms, chapter 8).
fn good_friday(year: i32) -> NaiveDate {
    let golden = year % 19;
    let (century, in_century) = (year / 100, year % 100);
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let easter = NaiveDate::from_ymd_opt(year, days as u32 / 31, days as u32 % 31 + 1);
    easter.expect("Easter is a date of every year") - Days::new(2)
}

fn new_year(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).expect("a date of every year")
}

fn at(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of every day")
}

#[cfg(test)]
mod tests;
