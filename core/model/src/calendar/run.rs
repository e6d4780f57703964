//! The calendars that a run trades by.

use super::exceptions::{CalendarException, EXCEPTIONS_MAX, Mistake};
use super::{CalendarRef, Calendars};
use crate::input::CalendarDay;

/// The calendars of a run: those of the rules, with the days that the run was told to be otherwise.
///
/// A run is told of such days after its start and before its instruments. They count together, from
/// the first instrument on that is defined after them: [`RunCalendars::settle`]. Those of the run
/// before count until then and no longer.
#[derive(Clone, Debug, Default)]
pub struct RunCalendars {
    told: Vec<CalendarException>,
    /// What the calendars were made of.
    settled: Vec<CalendarException>,
    calendars: Calendars,
}

impl RunCalendars {
    /// A run begins: nobody has told it of a day yet.
    pub fn begin(&mut self) {
        self.told.clear();
    }

    /// Takes in a day.
    ///
    /// # Errors
    /// A day that there cannot be, of a product that is not known, or one more than
    /// [`EXCEPTIONS_MAX`]: it does not count.
    pub fn on_day(&mut self, day: &CalendarDay) -> Result<(), Mistake> {
        let exception = CalendarException::try_from(day)?;
        if self.told.len() == EXCEPTIONS_MAX {
            return Err(Mistake::TooMany);
        }
        self.told.push(exception);
        Ok(())
    }

    /// Makes the calendars of what was told. Says whether they are others than before, so that who
    /// holds one looks it up anew. Takes time and memory then.
    pub fn settle(&mut self) -> bool {
        let changed = self.told != self.settled;
        if changed {
            self.calendars = Calendars::new(&self.told);
            self.settled.clone_from(&self.told);
        }
        changed
    }

    /// The calendar of a product by its code, as last settled; see [`Calendars::of_product`].
    pub fn of_product(&self, code: &str) -> CalendarRef {
        self.calendars.of_product(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Calendar, ExceptionEntry, read_exceptions};
    use crate::input::SessionMode;
    use crate::text::Text;

    fn day(date: u32) -> CalendarDay {
        CalendarDay {
            date,
            scope: CalendarDay::OF_PRODUCT,
            product: Text::new("ES"),
            close_minute: CalendarDay::CLOSED,
            reason: Text::new("notice"),
        }
    }

    fn spans(calendars: &RunCalendars) -> usize {
        calendars.of_product("ES").spans(SessionMode::Full24x5).len()
    }

    #[test]
    fn a_day_counts_once_settled_and_until_a_run_is_settled_without_it() {
        let usual = Calendar::of_product("ES").spans(SessionMode::Full24x5).len();
        let mut calendars = RunCalendars::default();
        assert!(!calendars.settle());
        calendars.on_day(&day(20_270_310)).expect("a weekday");
        assert_eq!(spans(&calendars), usual);
        assert!(calendars.settle());
        assert_eq!(spans(&calendars), usual - 1);
        assert!(!calendars.settle());

        // The next run is told the same, the one after it nothing.
        calendars.begin();
        calendars.on_day(&day(20_270_310)).expect("a weekday");
        assert!(!calendars.settle());
        assert_eq!(spans(&calendars), usual - 1);
        calendars.begin();
        assert_eq!(spans(&calendars), usual - 1);
        assert!(calendars.settle());
        assert_eq!(spans(&calendars), usual);
    }

    #[test]
    fn what_cannot_be_or_does_not_fit_is_refused_and_leaves_the_rest() {
        let mut calendars = RunCalendars::default();
        assert_eq!(calendars.on_day(&day(20_270_313)), Err(Mistake::Weekend));
        assert!(matches!(calendars.on_day(&day(20_271_301)), Err(Mistake::Date(_))));
        let unknown = CalendarDay { product: Text::new("XX"), ..day(20_270_310) };
        assert!(matches!(calendars.on_day(&unknown), Err(Mistake::Product(_))));
        for _ in 0..EXCEPTIONS_MAX {
            calendars.on_day(&day(20_270_310)).expect("room");
        }
        assert_eq!(calendars.on_day(&day(20_270_311)), Err(Mistake::TooMany));
        assert!(calendars.settle());
        let usual = Calendar::of_product("ES").spans(SessionMode::Full24x5).len();
        assert_eq!(spans(&calendars), usual - 1);
    }

    #[test]
    fn a_run_that_is_told_by_the_journal_has_the_calendars_of_the_file() {
        let entries = [
            ExceptionEntry {
                date: "2027-03-10".to_owned(),
                groups: vec!["equity index".to_owned()],
                products: vec!["ZN".to_owned()],
                close: Some("12:00".to_owned()),
                reason: "notice".to_owned(),
                ..Default::default()
            },
            ExceptionEntry {
                date: "2027-03-11".to_owned(),
                us_stocks: true,
                closed: true,
                reason: "notice".to_owned(),
                ..Default::default()
            },
        ];
        let exceptions = read_exceptions(&entries).expect("right");
        let mut run = RunCalendars::default();
        for exception in &exceptions {
            run.on_day(&CalendarDay::from(exception)).expect("right");
        }
        assert!(run.settle());
        let file = Calendars::new(&exceptions);
        for code in ["ES", "NQ", "ZN", "ZB", "CL", "6E"] {
            for mode in SessionMode::ALL {
                let (ours, theirs) = (run.of_product(code), file.of_product(code));
                assert_eq!(ours.spans(mode), theirs.spans(mode), "{code} {}", mode.name());
            }
        }
    }
}
