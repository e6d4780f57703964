//! When the session of an instrument ends, by the calendars that the run trades by: those that risk has,
//! told the same in the same order.

use gauntlet_model::calendar::{CalendarRef, RunCalendars};
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{CalendarDay, InstrumentDefinition, SessionMode};
use gauntlet_model::units::UnixNanos;

/// See the module.
#[derive(Debug)]
pub(super) struct Sessions {
    calendars: RunCalendars,
    /// By instrument: its definition, and when it trades.
    known: Vec<Option<(InstrumentDefinition, CalendarRef)>>,
}

impl Sessions {
    pub fn new() -> Sessions {
        Sessions { calendars: RunCalendars::default(), known: vec![None; INSTRUMENTS_MAX] }
    }

    /// A run begins.
    pub fn begin(&mut self) {
        self.calendars.begin();
    }

    /// A day ends otherwise than the calendars know. One that there cannot be is told by risk.
    pub fn change_day(&mut self, day: &CalendarDay) {
        let _told_by_risk = self.calendars.on_day(day);
    }

    /// An instrument is defined or redefined.
    pub fn define(&mut self, definition: &InstrumentDefinition) {
        if self.calendars.settle() {
            for (known, calendar) in self.known.iter_mut().flatten() {
                *calendar = self.calendars.of_product(known.product.as_str());
            }
        }
        if let Some(known) = self.known.get_mut(usize::from(definition.instrument.0)) {
            let calendar = self.calendars.of_product(definition.product.as_str());
            *known = Some((*definition, calendar));
        }
    }

    /// When the session ends that an instrument is in; `None` while it is in none.
    pub fn end_of(&self, instrument: InstrumentId, now: UnixNanos) -> Option<UnixNanos> {
        let (_, calendar) = self.known.get(usize::from(instrument.0))?.as_ref()?;
        calendar.session_at(SessionMode::Full24x5, now).map(|session| session.close)
    }
}
