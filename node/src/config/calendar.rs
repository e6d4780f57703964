//! Days that end otherwise than the calendars know, as the configuration tells them.

use super::Meaning;
use gauntlet_model::calendar::{
    CalendarException, Calendars, ExceptionEntry, ExceptionError, read_exceptions,
};
use gauntlet_model::input::CalendarDay;
use serde::{Deserialize, Serialize};

/// `[[calendar.exception]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarConfig {
    /// The entries, as written.
    #[serde(rename = "exception", default)]
    pub exceptions: Vec<ExceptionEntry>,
}

impl CalendarConfig {
    /// The days that the entries make, one for each group or product, in the order of their dates.
    ///
    /// # Errors
    /// The first entry that is wrong.
    pub fn days(&self) -> Result<Vec<CalendarDay>, ExceptionError> {
        let mut exceptions = read_exceptions(&self.exceptions)?;
        // In the journal the order of the file says nothing.
        exceptions.sort_by_key(|exception| (exception.date, exception.scope.name()));
        Ok(exceptions.iter().map(CalendarDay::from).collect())
    }

    /// The calendars that follow.
    ///
    /// # Errors
    /// The first entry that is wrong.
    pub fn calendars(&self) -> Result<Calendars, ExceptionError> {
        Ok(Calendars::new(&read_exceptions(&self.exceptions)?))
    }
}

impl Meaning {
    /// The reasons are for people.
    pub(super) fn calendar(&mut self, days: &[CalendarDay]) {
        for exception in days.iter().filter_map(|day| CalendarException::try_from(day).ok()) {
            let ends = match exception.close {
                None => "closed".to_owned(),
                Some(close) => format!("closes at {} in New York", close.format("%H:%M")),
            };
            let (date, whose) = (exception.date, exception.scope.name());
            self.set(&format!("calendar.exception.{date}.{whose}"), ends);
        }
    }
}
