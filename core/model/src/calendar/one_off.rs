//! The days that the exchange shortened once, which no rule foresees.

use super::hours::at;
use crate::instrument::Group;
use chrono::{NaiveDate, NaiveTime};

/// What such a day does to a group.
#[derive(Clone, Copy)]
enum Change {
    /// Nothing: it trades as on any day.
    Same,
    /// It ends at this hour and minute in New York.
    Closes(u32, u32),
    /// No trading day ends on it.
    Closed,
}

use Change::{Closed, Closes, Same};

/// Year, month, day, and what changes for each group in the order of [`Group::ALL`]: none can be
/// forgotten.
const DAYS: [(i32, u32, u32, [Change; Group::ALL.len()]); 2] = [
    // National day of mourning for President Bush (CME Group, 2 December 2018): shares until 08:30
    // in Chicago, interest rates not at all, everything else as usual.
    (2018, 12, 5, [Closes(9, 30), Closed, Same, Same, Same, Same, Same, Same]),
    // National day of mourning for President Carter (CME Group, 30 December 2024): shares until
    // 08:30 in Chicago, interest rates and agricultural products until 12:15, the others as usual.
    (
        2025,
        1,
        9,
        [Closes(9, 30), Closes(13, 15), Same, Same, Same, Same, Closes(13, 15), Closes(13, 15)],
    ),
];

/// What such a day makes of a group's close: `Some(None)` for no trading day, `None` when the rules
/// of all other days hold.
pub(super) fn close(group: Group, date: NaiveDate) -> Option<Option<NaiveTime>> {
    let (_, _, _, changes) = DAYS.iter().find(|day| is_day(day, date))?;
    match changes[group as usize] {
        Same => None,
        Closes(hour, minute) => Some(Some(at(hour, minute))),
        Closed => Some(None),
    }
}

/// Whether the stock exchanges of the US stayed closed on a date for such a reason.
pub(super) fn without_stocks(date: NaiveDate) -> bool {
    DAYS.iter().any(|day| is_day(day, date))
}

fn is_day<T>((year, month, day, _): &(i32, u32, u32, T), date: NaiveDate) -> bool {
    NaiveDate::from_ymd_opt(*year, *month, *day) == Some(date)
}
