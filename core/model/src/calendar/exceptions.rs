//! Days that the calendars do not know: what an operator says of them, checked.
//!
//! A notice of the exchange becomes an entry of the configuration, without a new build:
//!
//! ```toml
//! [[calendar.exception]]
//! date = "2027-03-10"                   # of the trading day, as it ends
//! groups = ["equity index", "rates"]    # or products = ["ES"], or us_stocks = true
//! close = "13:15"                       # New York time; or closed = true
//! reason = "national day of mourning"
//! ```
//!
//! [`read`] checks entries as written, [`CalendarException`] is one that is right, and
//! [`CalendarDay`] keeps it in a fixed size in the journal. What all of them make are
//! [`super::Calendars`].

use super::{YEAR_FIRST, YEAR_LAST, hours};
use crate::input::CalendarDay;
use crate::instrument::{Group, Product, product_of_code};
use crate::text::Text;
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

/// Most exceptions that a configuration may have.
pub const EXCEPTIONS_MAX: usize = 256;
/// Most bytes of a reason.
const REASON_MAX: usize = 64;
const MINUTES_PER_HOUR: u16 = 60;

/// One entry of the configuration, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionEntry {
    /// The date on which the trading day ends, as `2027-03-10`.
    pub date: String,
    /// Groups of products by name, such as `equity index`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Products by code, such as `ES`. What is said of a product goes before what is said of its
    /// group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// The US stock exchanges, whose hours are those of `RTH_US`: they can only be closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub us_stocks: bool,
    /// No trading day ends on the date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// When trading ends on it, New York time, as `13:15`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<String>,
    /// Why, in at most 64 bytes: a notice of the exchange.
    pub reason: String,
}

/// Whose hours an exception changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionScope {
    /// Every product of a group that has no exception of its own on the date.
    Group(Group),
    /// One product.
    Product(&'static Product),
    /// The stock exchanges: regular US hours of every product.
    UsStocks,
}

impl ExceptionScope {
    /// Whose, in words.
    pub fn name(self) -> &'static str {
        match self {
            ExceptionScope::Group(group) => group.name(),
            ExceptionScope::Product(product) => product.code,
            ExceptionScope::UsStocks => "US stocks",
        }
    }
}

/// A day that ends otherwise than the calendars say, for one group or product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarException {
    /// The date on which the trading day ends.
    pub date: NaiveDate,
    /// Whose.
    pub scope: ExceptionScope,
    /// When trading ends in New York, to the minute; `None` when no trading day ends on the date.
    pub close: Option<NaiveTime>,
    /// Why.
    pub reason: Text<REASON_MAX>,
}

impl From<&CalendarException> for CalendarDay {
    fn from(exception: &CalendarException) -> CalendarDay {
        let date = exception.date;
        let year = u32::try_from(date.year()).unwrap_or(0);
        let (scope, product) = match exception.scope {
            ExceptionScope::Group(group) => (group as u8, Text::EMPTY),
            ExceptionScope::Product(product) => (Self::OF_PRODUCT, Text::new(product.code)),
            ExceptionScope::UsStocks => (Self::OF_US_STOCKS, Text::EMPTY),
        };
        let minute = |at: NaiveTime| at.hour() as u16 * MINUTES_PER_HOUR + at.minute() as u16;
        CalendarDay {
            date: year * 10_000 + date.month() * 100 + date.day(),
            scope,
            product,
            close_minute: exception.close.map_or(Self::CLOSED, minute),
            reason: exception.reason,
        }
    }
}

impl TryFrom<&CalendarDay> for CalendarException {
    type Error = Mistake;

    /// Reads what was journaled.
    ///
    /// # Errors
    /// A date, a scope or a time that there is not, or that the calendars do not know.
    fn try_from(day: &CalendarDay) -> Result<CalendarException, Mistake> {
        let year = (day.date / 10_000) as i32;
        let date = NaiveDate::from_ymd_opt(year, day.date / 100 % 100, day.date % 100);
        let date = date.ok_or_else(|| Mistake::Date(day.date.to_string()))?;
        let unknown = || Mistake::Product(day.product.as_str().to_owned());
        let scope = match day.scope {
            CalendarDay::OF_US_STOCKS => ExceptionScope::UsStocks,
            CalendarDay::OF_PRODUCT => {
                let product = product_of_code(day.product.as_str());
                ExceptionScope::Product(product.ok_or_else(unknown)?)
            }
            number => {
                let group = Group::ALL.get(usize::from(number));
                let group = group.ok_or_else(|| Mistake::Group(number.to_string()))?;
                ExceptionScope::Group(*group)
            }
        };
        let close = match day.close_minute {
            CalendarDay::CLOSED => None,
            minute => {
                let (hour, minute) = (minute / MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR);
                let at = NaiveTime::from_hms_opt(hour.into(), minute.into(), 0);
                Some(at.ok_or_else(|| Mistake::Time(day.close_minute.to_string()))?)
            }
        };
        let exception = CalendarException { date, scope, close, reason: day.reason };
        check(&exception).map(|()| exception)
    }
}

/// What is wrong with an exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// Not a date.
    #[error("{0:?} is no date: write it as \"2027-03-10\"")]
    Date(String),
    /// A Saturday or Sunday.
    #[error("no trading day ends on a weekend: name the date on which the trading day ends")]
    Weekend,
    /// A year that the calendars do not reach.
    #[error("the calendars reach from {YEAR_FIRST} to {YEAR_LAST}")]
    Year,
    /// No group, product or exchange.
    #[error("say whose day it is: groups = [...], products = [...] or us_stocks = true")]
    Nobody,
    /// A group that there is not.
    #[error("there is no group {0:?}: use {groups}", groups = group_names())]
    Group(String),
    /// A product that is not known.
    #[error("there is no product {0:?}: use a code such as \"ES\"")]
    Product(String),
    /// Neither or both of the two ways to say what happens.
    #[error(
        "say either closed = true or close = \"13:15\", the New York time at which trading ends"
    )]
    Close,
    /// Not a time of the day.
    #[error("{0:?} is no time of the day: write it as \"13:15\", in New York")]
    Time(String),
    /// A close after the usual one, or so early that nothing is left.
    #[error("{scope} may close from {first} to {last} in New York: not at {close}")]
    OutOfDay {
        /// Whose day it is.
        scope: &'static str,
        /// The earliest close.
        first: NaiveTime,
        /// The usual close.
        last: NaiveTime,
        /// The close that was asked for.
        close: NaiveTime,
    },
    /// An early close of the stock exchanges, which no session needs.
    #[error(
        "us_stocks can only be closed = true: regular US hours end with the future's own close"
    )]
    StocksClose,
    /// No reason, or a long one.
    #[error("give a reason of 1 to {REASON_MAX} bytes, such as the exchange's notice")]
    Reason,
    /// The same day of the same group or product twice.
    #[error("{0} has another exception on the same date: keep one")]
    Twice(&'static str),
    /// More than fit.
    #[error("at most {EXCEPTIONS_MAX} exceptions fit: remove those of the past")]
    TooMany,
}

/// An entry of the configuration that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[calendar.exception]] number {place} (date {date:?}): {mistake}")]
pub struct ExceptionError {
    /// Its place among the entries, from 1.
    pub place: usize,
    /// Its date as written.
    pub date: String,
    /// What is wrong with it.
    pub mistake: Mistake,
}

/// Checks entries of the configuration and takes them apart, one exception for each group or product.
///
/// # Errors
/// [`ExceptionError`] for the first entry that is wrong, with its place and what to write instead.
pub fn read(entries: &[ExceptionEntry]) -> Result<Vec<CalendarException>, ExceptionError> {
    let mut exceptions: Vec<CalendarException> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let wrong = |mistake| ExceptionError { place: at + 1, date: entry.date.clone(), mistake };
        for exception in read_entry(entry).map_err(wrong)? {
            let same = |known: &CalendarException| {
                (known.date, known.scope) == (exception.date, exception.scope)
            };
            if exceptions.iter().any(same) {
                return Err(wrong(Mistake::Twice(exception.scope.name())));
            }
            if exceptions.len() == EXCEPTIONS_MAX {
                return Err(wrong(Mistake::TooMany));
            }
            exceptions.push(exception);
        }
    }
    Ok(exceptions)
}

fn read_entry(entry: &ExceptionEntry) -> Result<Vec<CalendarException>, Mistake> {
    let date: NaiveDate =
        entry.date.trim().parse().map_err(|_| Mistake::Date(entry.date.clone()))?;
    let close = match (entry.closed, &entry.close) {
        (true, None) => None,
        (false, Some(text)) => {
            let time = NaiveTime::parse_from_str(text.trim(), "%H:%M");
            Some(time.map_err(|_| Mistake::Time(text.clone()))?)
        }
        _ => return Err(Mistake::Close),
    };
    let reason = entry.reason.trim();
    if reason.is_empty() || reason.len() > REASON_MAX {
        return Err(Mistake::Reason);
    }
    let groups = entry.groups.iter().map(|name| group_of_name(name).map(ExceptionScope::Group));
    let products = entry.products.iter().map(|code| {
        let product = product_of_code(&code.trim().to_ascii_uppercase());
        product.map(ExceptionScope::Product).ok_or_else(|| Mistake::Product(code.clone()))
    });
    let stocks = entry.us_stocks.then_some(Ok(ExceptionScope::UsStocks));
    let scopes: Vec<ExceptionScope> =
        groups.chain(products).chain(stocks).collect::<Result<_, _>>()?;
    if scopes.is_empty() {
        return Err(Mistake::Nobody);
    }
    let reason = Text::new(reason);
    let of = |scope| CalendarException { date, scope, close, reason };
    let exceptions: Vec<CalendarException> = scopes.into_iter().map(of).collect();
    exceptions.iter().try_for_each(check)?;
    Ok(exceptions)
}

/// Whether an exception can be: a weekday of the known years, and a close inside of a usual day.
fn check(exception: &CalendarException) -> Result<(), Mistake> {
    if !(YEAR_FIRST..=YEAR_LAST).contains(&exception.date.year()) {
        return Err(Mistake::Year);
    }
    if super::holidays::is_weekend(exception.date) {
        return Err(Mistake::Weekend);
    }
    let Some(close) = exception.close else { return Ok(()) };
    let group = match exception.scope {
        ExceptionScope::Group(group) => group,
        ExceptionScope::Product(product) => product.group,
        ExceptionScope::UsStocks => return Err(Mistake::StocksClose),
    };
    let (first, last) = (hours::earliest_close(group), hours::usual_close(group));
    let scope = exception.scope.name();
    let inside = (first..=last).contains(&close) && close.second() == 0;
    if inside { Ok(()) } else { Err(Mistake::OutOfDay { scope, first, last, close }) }
}

fn group_names() -> String {
    Group::ALL.map(Group::name).join(", ")
}

/// A group by its name, in any case and with any separators.
fn group_of_name(name: &str) -> Result<Group, Mistake> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = plain(name);
    let group = Group::ALL.into_iter().find(|group| plain(group.name()) == wanted);
    group.ok_or_else(|| Mistake::Group(name.to_owned()))
}
