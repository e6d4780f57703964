//! The holidays of CME Group's exchanges, by rule, for any year, and the business days between them.

use super::one_off;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A holiday on which the exchanges settle nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holiday {
    /// 1 January; a Sunday's moves to Monday, a Saturday's is not kept.
    NewYear,
    /// The third Monday of January.
    MartinLutherKing,
    /// The third Monday of February.
    Presidents,
    /// The Friday before Easter.
    GoodFriday,
    /// The last Monday of May.
    Memorial,
    /// 19 June since 2022; a Saturday's is kept on Friday, a Sunday's on Monday.
    Juneteenth,
    /// 4 July; a Saturday's is kept on Friday, a Sunday's on Monday.
    Independence,
    /// The first Monday of September.
    Labor,
    /// The fourth Thursday of November.
    Thanksgiving,
    /// 25 December; a Saturday's is kept on Friday, a Sunday's on Monday.
    Christmas,
}

/// The holiday that is kept on a date; `None` on any other, weekends included.
pub fn holiday(date: NaiveDate) -> Option<Holiday> {
    let (year, month, day, weekday) = (date.year(), date.month(), date.day(), date.weekday());
    if is_weekend(date) {
        return None;
    }
    let nth = (day - 1) / 7 + 1;
    match (month, weekday) {
        (1, Weekday::Mon) if nth == 3 => return Some(Holiday::MartinLutherKing),
        (2, Weekday::Mon) if nth == 3 => return Some(Holiday::Presidents),
        (5, Weekday::Mon) if day + 7 > 31 => return Some(Holiday::Memorial),
        (9, Weekday::Mon) if nth == 1 => return Some(Holiday::Labor),
        (11, Weekday::Thu) if nth == 4 => return Some(Holiday::Thanksgiving),
        _ => {}
    }
    if month == 1 && (day == 1 || (day == 2 && weekday == Weekday::Mon)) {
        Some(Holiday::NewYear)
    } else if year >= 2022 && date == observed(year, 6, 19) {
        Some(Holiday::Juneteenth)
    } else if date == observed(year, 7, 4) {
        Some(Holiday::Independence)
    } else if date == observed(year, 12, 25) {
        Some(Holiday::Christmas)
    } else if date == good_friday(year) {
        Some(Holiday::GoodFriday)
    } else {
        None
    }
}

/// Whether the exchanges settle on a date: the days that expiry rules count.
pub fn is_business_day(date: NaiveDate) -> bool {
    !is_weekend(date) && holiday(date).is_none()
}

/// Whether the stock exchanges of the US open on a date: they keep the holidays above, Good Friday
/// always, and the days of mourning.
pub fn us_stocks_trade(date: NaiveDate) -> bool {
    is_business_day(date) && !one_off::without_stocks(date)
}

/// Whether banks in London are open on a date (Banking and Financial Dealings Act 1971, with the
/// moved and added days of 2020, 2022 and 2023).
pub fn is_london_business_day(date: NaiveDate) -> bool {
    let (year, month, day, weekday) = (date.year(), date.month(), date.day(), date.weekday());
    if is_weekend(date) {
        return false;
    }
    let new_year = month == 1 && (day == 1 || (weekday == Weekday::Mon && day <= 3));
    let easter = date == good_friday(year) || date == good_friday(year) + Days::new(3);
    let monday_of_may = month == 5 && weekday == Weekday::Mon && (day <= 7 || day + 7 > 31);
    let summer = month == 8 && weekday == Weekday::Mon && day + 7 > 31;
    // Christmas and Boxing Day on a weekend give way to the next weekdays.
    let christmas = month == 12
        && match day {
            25 | 26 => true,
            27 => matches!(weekday, Weekday::Mon | Weekday::Tue),
            28 => matches!(weekday, Weekday::Mon | Weekday::Tue),
            _ => false,
        };
    let added = matches!(
        (year, month, day),
        (2020, 5, 8) | (2022, 6, 2 | 3) | (2022, 9, 19) | (2023, 5, 8)
    );
    let moved_away = matches!((year, month, day), (2020, 5, 4) | (2022, 5, 30));
    let usual = new_year || easter || monday_of_may || summer || christmas;
    !(added || (usual && !moved_away))
}

/// Whether a date is a Saturday or a Sunday.
pub fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Good Friday of a year of the Gregorian calendar, two days before Easter by the anonymous
/// algorithm (Meeus, Astronomical Algorithms, chapter 8).
pub fn good_friday(year: i32) -> NaiveDate {
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

/// The weekday on which a fixed date is kept: Friday for a Saturday, Monday for a Sunday.
fn observed(year: i32, month: u32, day: u32) -> NaiveDate {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("a date of every year");
    match date.weekday() {
        Weekday::Sat => date - Days::new(1),
        Weekday::Sun => date + Days::new(1),
        _ => date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn holidays_of_a_weekend_are_kept_on_the_weekday_beside_it() {
        let kept = |text: &str| holiday(date(text));
        assert_eq!(kept("2021-12-24"), Some(Holiday::Christmas));
        assert_eq!(kept("2022-12-26"), Some(Holiday::Christmas));
        assert_eq!(kept("2023-01-02"), Some(Holiday::NewYear));
        assert_eq!(kept("2021-12-31"), None);
        assert_eq!(kept("2020-07-03"), Some(Holiday::Independence));
        assert_eq!(kept("2021-07-05"), Some(Holiday::Independence));
        assert_eq!(kept("2022-06-20"), Some(Holiday::Juneteenth));
        assert_eq!(kept("2021-06-18"), None, "not yet a holiday");
        assert_eq!(kept("2024-03-29"), Some(Holiday::GoodFriday));
        assert_eq!(kept("2024-05-27"), Some(Holiday::Memorial));
        assert_eq!(kept("2024-05-20"), None);
    }

    #[test]
    fn every_year_has_each_holiday_once_but_a_new_year_on_saturday() {
        for year in 2015..=2035 {
            let new_year = NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
            let days = new_year.iter_days().take_while(|date| date.year() == year);
            let found = days.filter(|date| holiday(*date).is_some()).count();
            let before_juneteenth = usize::from(year < 2022);
            let saturday = usize::from(new_year.weekday() == Weekday::Sat);
            assert_eq!(found, 10 - before_juneteenth - saturday, "{year}");
        }
    }

    #[test]
    fn london_keeps_its_own_holidays() {
        for closed in [
            "2024-08-26",
            "2026-08-31",
            "2024-05-06",
            "2024-05-27",
            "2024-04-01",
            "2025-12-26",
            "2021-12-27",
            "2021-12-28",
            "2022-12-27",
            "2022-01-03",
            "2022-06-03",
            "2020-05-08",
        ] {
            assert!(!is_london_business_day(date(closed)), "{closed}");
        }
        for open in ["2024-07-04", "2024-11-28", "2020-05-04", "2022-05-30", "2023-12-27"] {
            assert!(is_london_business_day(date(open)), "{open}");
        }
    }
}
