//! When CME Group's futures trade: sessions by group of products, holidays, early closes, daylight
//! saving.
//!
//! Every session of [`YEAR_FIRST`] to [`YEAR_LAST`] is worked out once, by rule, into tables of UTC
//! intervals that all users share; a look-up begins at the day's first one and allocates nothing.
//!
//! A trading day has the date on which it ends. In New York time it runs from 18:00 the evening
//! before to 17:00, with the hour between for maintenance. Grains trade from 20:00 to 08:45 and
//! again from 09:30 to 14:20, livestock from 09:30 to 14:05 only. The rules of holidays and short
//! days, where they come from and what is not sure are told in `docs/calendars.md`; what no rule
//! foresees is listed by hand, or said by the operator ([`Calendars`]).

mod changed;
mod exceptions;
mod holidays;
mod hours;
mod mode;
mod one_off;
mod run;
mod sessions;

pub use changed::{CalendarRef, Calendars};
pub use exceptions::{
    CalendarException, EXCEPTIONS_MAX, ExceptionEntry, ExceptionError, ExceptionScope, Mistake,
    read as read_exceptions,
};
pub use holidays::{
    Holiday, good_friday, holiday, is_business_day, is_london_business_day, us_stocks_trade,
};
pub use mode::UnknownSession;
pub use run::RunCalendars;

use crate::input::SessionMode;
use crate::instrument::{Group, product_of_code};
use crate::units::{NANOS_PER_SECOND, UnixNanos};
use changed::Changes;
use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::America::New_York;
use chrono_tz::Tz;
use hours::{Window, has_window, is_of_new_york, trading_day, window};
use sessions::Sessions;
use std::sync::LazyLock;

/// First year that the calendars know.
pub const YEAR_FIRST: i32 = 2015;
/// Last year that the calendars know.
pub const YEAR_LAST: i32 = 2035;

static CALENDARS: LazyLock<[Calendar; Group::ALL.len()]> =
    LazyLock::new(|| Group::ALL.map(|group| Calendar::new(group, &Changes::default())));

static CLOSED: LazyLock<Calendar> = LazyLock::new(|| Calendar {
    modes: SessionMode::ALL.map(|_| Sessions::new(vec![])),
    days: Sessions::new(vec![]),
});

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

    /// What two spans share.
    fn and(&self, other: &SessionSpan) -> Option<SessionSpan> {
        let open = self.open.max(other.open);
        let close = self.close.min(other.close);
        (open < close).then_some(SessionSpan { open, close })
    }
}

/// The sessions of a group of products, by mode. Outside [`YEAR_FIRST`] to [`YEAR_LAST`] it knows
/// none, so nothing is open.
#[derive(Debug)]
pub struct Calendar {
    modes: [Sessions; SessionMode::ALL.len()],
    days: Sessions,
}

impl Calendar {
    /// The calendar of a group. The first call works all of them out.
    pub fn of(group: Group) -> &'static Calendar {
        &CALENDARS[group as usize]
    }

    /// The calendar of a product by its code, such as `ES`. The hours of a product that is not known
    /// are not known either: it is [`Calendar::closed`].
    pub fn of_product(code: &str) -> &'static Calendar {
        product_of_code(code).map_or(&CLOSED, |product| Calendar::of(product.group))
    }

    /// A calendar without a session.
    pub fn closed() -> &'static Calendar {
        &CLOSED
    }

    fn new(group: Group, changes: &Changes) -> Calendar {
        let (mut full, mut days) = (Vec::new(), Vec::new());
        for date in dates() {
            let Some(close) = changes.close(group, date) else { continue };
            let [first, second] = trading_day(group, date, close).map(|span| span.map(utc_span));
            let Some(open) = first.or(second) else { continue };
            full.extend(first);
            full.extend(second);
            let last = second.unwrap_or(open);
            days.push(SessionSpan { open: open.open, close: last.close });
        }
        let counts = |mode, date: &NaiveDate| {
            let ends_a_day = !is_of_new_york(mode) || changes.close(group, *date).is_some();
            ends_a_day && has_window(group, mode, *date, changes.stocks_trade(*date))
        };
        let sessions = |mode| match window(group, mode) {
            None => Sessions::new(full.clone()),
            Some(window) => {
                let dates = dates().filter(|date| counts(mode, date));
                Sessions::new(within(&window, dates, &full))
            }
        };
        Calendar { modes: SessionMode::ALL.map(sessions), days: Sessions::new(days) }
    }

    /// The session of a mode that holds a moment; `None` when closed, or when the calendar does
    /// not reach so far.
    pub fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        self.sessions(mode).at(at)
    }

    /// The next opening of a mode later than a moment; `None` past the calendar's end.
    pub fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        self.sessions(mode).next_open(at)
    }

    /// Every session of a mode, in order.
    pub fn spans(&self, mode: SessionMode) -> &[SessionSpan] {
        self.sessions(mode).spans()
    }

    /// The trading day that holds a moment, from its first opening to its last close: the pause
    /// between the two sessions of grains is inside. `None` between days.
    pub fn trading_day_at(&self, at: UnixNanos) -> Option<SessionSpan> {
        self.days.at(at)
    }

    /// Every trading day, in order, as [`Calendar::trading_day_at`] gives them.
    pub fn trading_days(&self) -> &[SessionSpan] {
        self.days.spans()
    }

    fn sessions(&self, mode: SessionMode) -> &Sessions {
        &self.modes[mode as usize]
    }
}

/// The moment at which the trading day of a date begins to be the current one: 17:00 in New York
/// the evening before, when the day before it is over in every product.
pub fn day_begins(date: NaiveDate) -> UnixNanos {
    let evening = date.pred_opt().unwrap_or(date);
    utc(New_York, evening.and_hms_opt(17, 0, 0).expect("a time of every day"))
}

/// The date of the trading day that is current at a moment; see [`day_begins`].
pub fn trading_date(at: UnixNanos) -> NaiveDate {
    const HOURS_TO_MIDNIGHT: i64 = 7;
    let local = New_York.timestamp_nanos(i64::try_from(at.0).unwrap_or(i64::MAX)).naive_local();
    let shifted = local.checked_add_signed(chrono::TimeDelta::hours(HOURS_TO_MIDNIGHT));
    shifted.unwrap_or(local).date()
}

/// The parts of some sessions inside of a window on some dates, which ascend.
fn within(
    window: &Window,
    dates: impl Iterator<Item = NaiveDate>,
    full: &[SessionSpan],
) -> Vec<SessionSpan> {
    let mut spans = Vec::new();
    let mut next = 0;
    for date in dates {
        let [open, close] = [window.open, window.close].map(|at| date.and_time(at));
        let part = SessionSpan { open: utc(window.zone, open), close: utc(window.zone, close) };
        next += full[next..].iter().take_while(|span| span.close <= part.open).count();
        let here = full[next..].iter().take_while(|span| span.open < part.close);
        spans.extend(here.filter_map(|span| span.and(&part)));
    }
    spans
}

fn dates() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(YEAR_FIRST, 1, 1).expect("a date of every year");
    first.iter_days().take_while(|date| date.year() <= YEAR_LAST)
}

fn utc_span((open, close): hours::LocalSpan) -> SessionSpan {
    SessionSpan { open: utc(New_York, open), close: utc(New_York, close) }
}

fn utc(zone: Tz, local: NaiveDateTime) -> UnixNanos {
    // Clocks change in the small hours of Sunday, when no session opens or closes, so the local
    // time exists exactly once.
    let local = zone
        .from_local_datetime(&local)
        .single()
        .expect("session boundaries are never inside a change of the clocks");
    UnixNanos(u64::try_from(local.timestamp()).unwrap_or(0) * NANOS_PER_SECOND)
}

#[cfg(test)]
mod tests;
