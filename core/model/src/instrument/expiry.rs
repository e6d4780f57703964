//! When contracts trade last: the rules of the exchanges' rulebooks (the chapter of the main product
//! is named with each) and of the products' contract specifications at <https://www.cmegroup.com>.

use super::Contract;
use crate::calendar::{holiday, is_business_day, is_london_business_day};
use crate::units::{NANOS_PER_SECOND, UnixNanos};
use chrono::{Datelike, Days, Months, NaiveDate, TimeZone, Weekday};
use chrono_tz::America::New_York;
use chrono_tz::Europe::London;
use std::fmt;

/// The last trading day of a contract, in words of its delivery month. Business days are those on
/// which the exchange settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTrade {
    /// Its third Friday at 09:30 New York, when the opening prices of the shares are taken, or the
    /// business day before (CME chapter 358).
    ThirdFriday,
    /// The business day before its second Friday, 17:00 New York (Nikkei 225).
    BeforeSecondFriday,
    /// So many business days before its third Wednesday, 10:16 New York (CME chapters 251 to 261).
    BeforeThirdWednesday(u8),
    /// Its last Friday, or the day before that is a business day in New York and London alike, at
    /// 16:00 London (CME chapter 348).
    LastFridayInLondon,
    /// So many business days back from the end of the month, 1 for the last, at a New York time
    /// (CBOT chapters 18 to 21, Treasury futures: those of ten years and more trade until the seventh
    /// business day before the last; COMEX chapters 111 to 113 and NYMEX chapters 105 and 106,
    /// metals; CME chapter 101, live cattle).
    FromMonthEnd {
        /// 1 for the last business day, 3 for the third last.
        nth: u8,
        /// Hour and minute.
        at: (u8, u8),
    },
    /// The same of the month before, at 14:30 New York (NYMEX chapters 150, 191 and 220).
    FromEndOfMonthBefore(u8),
    /// So many business days before the 25th of the month before, or before the last business day
    /// in front of it when that is none, at 14:30 New York (NYMEX chapter 200).
    BeforeTwentyFifth(u8),
    /// London's last business day two months before, for February its last but one, at 14:30
    /// New York (Brent).
    LondonMonthEnd,
    /// The business day before the 15th, 13:00 New York (CBOT chapters 10 to 14).
    BeforeFifteenth,
    /// The tenth business day, 13:00 New York (CME chapter 152).
    TenthBusinessDay,
    /// The last Thursday, in November the one before Thanksgiving; a week earlier if it or one of
    /// the four weekdays before it is a holiday. 13:00 New York (CME chapter 102).
    FeederThursday,
}

impl fmt::Display for LastTrade {
    /// The rule in words, such as `third Friday`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let back = |nth: u8| match nth {
            1 => "last business day".to_owned(),
            2 => "last business day but one".to_owned(),
            3 => "third last business day".to_owned(),
            nth => format!("{} business days before the last", nth - 1),
        };
        match self {
            LastTrade::ThirdFriday => f.write_str("third Friday"),
            LastTrade::BeforeSecondFriday => f.write_str("business day before the second Friday"),
            LastTrade::BeforeThirdWednesday(1) => {
                f.write_str("business day before the third Wednesday")
            }
            LastTrade::BeforeThirdWednesday(days) => {
                write!(f, "{days} business days before the third Wednesday")
            }
            LastTrade::LastFridayInLondon => f.write_str("last Friday"),
            LastTrade::FromMonthEnd { nth, .. } => f.write_str(&back(*nth)),
            LastTrade::FromEndOfMonthBefore(nth) => write!(f, "{} of the month before", back(*nth)),
            LastTrade::BeforeTwentyFifth(days) => {
                write!(f, "{days} business days before the 25th of the month before")
            }
            LastTrade::LondonMonthEnd => {
                f.write_str("London's last business day two months before (February: but one)")
            }
            LastTrade::BeforeFifteenth => f.write_str("business day before the 15th"),
            LastTrade::TenthBusinessDay => f.write_str("tenth business day"),
            LastTrade::FeederThursday => {
                f.write_str("last Thursday (November: before Thanksgiving) without a holiday near")
            }
        }
    }
}

impl Contract {
    /// The last day on which the contract trades.
    pub fn last_trading_day(&self) -> NaiveDate {
        let first = self.first_of_month();
        match self.product.last_trade {
            LastTrade::ThirdFriday => on_or_before(nth_weekday(first, Weekday::Fri, 3)),
            LastTrade::BeforeSecondFriday => back(nth_weekday(first, Weekday::Fri, 2), 1),
            LastTrade::BeforeThirdWednesday(days) => {
                back(nth_weekday(first, Weekday::Wed, 3), days)
            }
            LastTrade::LastFridayInLondon => {
                let friday = last_weekday(first, Weekday::Fri);
                backward(friday, |day| is_business_day(day) && is_london_business_day(day))
            }
            LastTrade::FromMonthEnd { nth, .. } => back(next_month(first), nth),
            LastTrade::FromEndOfMonthBefore(nth) => back(first, nth),
            LastTrade::BeforeTwentyFifth(days) => {
                let day = months_before(first, 1).with_day(25).expect("every month has a 25th");
                back(on_or_before(day), days)
            }
            LastTrade::LondonMonthEnd => {
                let end = months_before(first, 1).pred_opt().expect("in chrono's range");
                let last = backward(end, is_london_business_day);
                match self.month {
                    2 => backward(
                        last.pred_opt().expect("in chrono's range"),
                        is_london_business_day,
                    ),
                    _ => last,
                }
            }
            LastTrade::BeforeFifteenth => {
                back(first.with_day(15).expect("every month has a 15th"), 1)
            }
            LastTrade::TenthBusinessDay => first
                .iter_days()
                .filter(|day| is_business_day(*day))
                .nth(9)
                .expect("days do not end"),
            LastTrade::FeederThursday => feeder_thursday(first),
        }
    }

    /// The moment at which trading in the contract ends.
    pub fn expiry(&self) -> UnixNanos {
        let (hour, minute) = match self.product.last_trade {
            LastTrade::ThirdFriday => (9, 30),
            LastTrade::BeforeSecondFriday => (17, 0),
            LastTrade::BeforeThirdWednesday(_) => (10, 16),
            LastTrade::LastFridayInLondon => (16, 0),
            LastTrade::FromMonthEnd { at, .. } => at,
            LastTrade::FromEndOfMonthBefore(_)
            | LastTrade::BeforeTwentyFifth(_)
            | LastTrade::LondonMonthEnd => (14, 30),
            LastTrade::BeforeFifteenth
            | LastTrade::TenthBusinessDay
            | LastTrade::FeederThursday => (13, 0),
        };
        let zone = match self.product.last_trade {
            LastTrade::LastFridayInLondon => London,
            _ => New_York,
        };
        let local = self.last_trading_day().and_hms_opt(hour.into(), minute.into(), 0);
        let local = local.expect("the times above are of every day");
        let moment = zone.from_local_datetime(&local).single();
        let seconds = moment.expect("clocks do not change by day").timestamp();
        UnixNanos(u64::try_from(seconds).unwrap_or(0) * NANOS_PER_SECOND)
    }

    /// The first day of the delivery month.
    pub(super) fn first_of_month(&self) -> NaiveDate {
        let first = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), 1);
        first.expect("a contract's month is from 1 to 12")
    }
}

/// The business day so many before a date; the date itself, business day or not, for none.
pub(super) fn back(date: NaiveDate, days: u8) -> NaiveDate {
    (0..days).fold(date, |day, _| on_or_before(day.pred_opt().expect("in chrono's range")))
}

fn on_or_before(date: NaiveDate) -> NaiveDate {
    backward(date, is_business_day)
}

/// The last date up to this one that a rule accepts. Every rule accepts one of any two weeks.
fn backward(mut date: NaiveDate, accepts: impl Fn(NaiveDate) -> bool) -> NaiveDate {
    while !accepts(date) {
        date = date.pred_opt().expect("in chrono's range");
    }
    date
}

fn nth_weekday(first: NaiveDate, weekday: Weekday, nth: u8) -> NaiveDate {
    NaiveDate::from_weekday_of_month_opt(first.year(), first.month(), weekday, nth)
        .expect("every month has four of each weekday")
}

fn last_weekday(first: NaiveDate, weekday: Weekday) -> NaiveDate {
    let end = next_month(first).pred_opt().expect("in chrono's range");
    backward(end, |day| day.weekday() == weekday)
}

fn next_month(first: NaiveDate) -> NaiveDate {
    first.checked_add_months(Months::new(1)).expect("in chrono's range")
}

fn months_before(first: NaiveDate, months: u32) -> NaiveDate {
    first.checked_sub_months(Months::new(months)).expect("in chrono's range")
}

fn feeder_thursday(first: NaiveDate) -> NaiveDate {
    let last = match first.month() {
        11 => nth_weekday(first, Weekday::Thu, 3),
        _ => last_weekday(first, Weekday::Thu),
    };
    // Itself, Wednesday, Tuesday, Monday, and the Friday six days before.
    let is_free = |date: NaiveDate| {
        let days = [0, 1, 2, 3, 6].map(|ago| date - Days::new(ago));
        date.weekday() == Weekday::Thu && days.iter().all(|day| holiday(*day).is_none())
    };
    backward(last, is_free)
}
