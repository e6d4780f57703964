//! The bars of one kind in one session mode.

use super::building::{Building, SeriesId, Unknown};
use super::{BookState, Print, Surroundings};
use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, SessionMode, Timeframe};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_strategy::sample::Tape;

#[derive(Clone, Debug)]
pub(super) struct Series {
    id: SeriesId,
    /// The session that was looked up last.
    span: Option<SessionSpan>,
    open: Option<Building>,
    unknown: Unknown,
    /// Minutes of a bar that was published without them.
    pub late_minutes: u64,
}

impl Series {
    pub fn new(instrument: InstrumentId, kind: BarKind, session: SessionMode) -> Series {
        let id = SeriesId { instrument, kind, session };
        Series { id, span: None, open: None, unknown: Unknown::default(), late_minutes: 0 }
    }

    pub fn is(&self, kind: BarKind, session: SessionMode) -> bool {
        (self.id.kind, self.id.session) == (kind, session)
    }

    pub fn of(&self) -> (BarKind, SessionMode) {
        (self.id.kind, self.id.session)
    }

    /// What happened before a moment was not seen.
    pub fn begin_after(&mut self, at: UnixNanos) {
        self.unknown.lost(UnixNanos(at.0.saturating_sub(1)));
    }

    /// Nothing is known of a span of time. It concerns this series as far as it holds session time.
    pub fn lost(&mut self, from: UnixNanos, until: UnixNanos, around: &impl Surroundings) {
        let mode = self.id.session;
        let in_session = around.session_at(mode, from).is_some()
            || around.next_open(mode, from).is_some_and(|open| open <= until);
        if in_session {
            self.unknown.lost(until);
        }
    }

    /// Sessions may close at another time than they did. What is open is of a session that has begun:
    /// it ends with that, as now known.
    pub fn calendar_changed(&mut self, around: &impl Surroundings) {
        let mode = self.id.session;
        let Some(span) = self.span.and_then(|span| around.session_at(mode, span.open)) else {
            return;
        };
        self.span = Some(span);
        if let (BarKind::Time(timeframe), Some(building)) = (self.id.kind, &mut self.open) {
            let from = building.bar().ts_open;
            building.ends_at(time_bar(timeframe, mode, span, from, around).1);
        }
    }

    /// Adds a finished minute, if this is a series of time bars.
    pub fn minute(&mut self, minute: &Bar, tape: &Tape, around: &impl Surroundings) {
        let BarKind::Time(timeframe) = self.id.kind else { return };
        let Some(span) = self.span_of(minute.ts_open, around) else { return };
        if let Some(building) = &mut self.open {
            let Bar { ts_open, ts_close, .. } = building.bar();
            if (*ts_open..*ts_close).contains(&minute.ts_open) {
                building.minute(minute, tape);
            } else {
                // A bar that is over is closed before the next minute comes: this one is older.
                self.late_minutes += 1;
            }
            return;
        }
        let (from, to) = time_bar(timeframe, self.id.session, span, minute.ts_open, around);
        if from < self.unknown.published_until() {
            self.late_minutes += 1;
        } else {
            self.open = Some(Building::by_minute(self.id, (from, to), minute, tape));
        }
    }

    /// Adds a trade, if this is a series of volume or tick bars. Returns the bar that it finishes.
    pub fn trade(
        &mut self,
        print: &Print,
        losing: bool,
        around: &impl Surroundings,
    ) -> Option<(Bar, Tape)> {
        if let BarKind::Time(_) = self.id.kind {
            return None;
        }
        self.span_of(print.ts_event, around)?;
        let building = match &mut self.open {
            Some(building) => {
                building.trade(print);
                building.ends_at(building.bar().ts_close.max(print.ts_event));
                building
            }
            None => {
                let span = (print.ts_event, print.ts_event);
                self.open.insert(Building::by_trade(self.id, span, print))
            }
        };
        let full = match self.id.kind {
            BarKind::Time(_) => false,
            BarKind::Volume(contracts) => building.bar().volume >= u64::from(contracts),
            BarKind::Ticks(trades) => building.trades() >= f64::from(trades),
        };
        if full { self.close(losing, &around.book()) } else { None }
    }

    /// Everything before a moment is told: finishes the bar that is over by then.
    pub fn advance(
        &mut self,
        to: UnixNanos,
        losing: bool,
        book: &BookState,
    ) -> Option<(Bar, Tape)> {
        let bar = self.open.as_ref()?.bar();
        let end = match self.id.kind {
            BarKind::Time(_) => bar.ts_close,
            BarKind::Volume(_) | BarKind::Ticks(_) => self.span?.close,
        };
        if end <= to { self.close(losing, book) } else { None }
    }

    fn close(&mut self, losing: bool, book: &BookState) -> Option<(Bar, Tape)> {
        let building = self.open.take()?;
        let bar = building.bar();
        // Volume and tick bars are counted from the session's opening: without its beginning, all
        // of them are others.
        let start = match (self.id.kind, self.span) {
            (BarKind::Volume(_) | BarKind::Ticks(_), Some(span)) => span.open,
            _ => bar.ts_open,
        };
        let gap = losing || self.unknown.touches(start);
        self.unknown.published(bar);
        Some(building.finish(gap, book))
    }

    fn span_of(&mut self, at: UnixNanos, around: &impl Surroundings) -> Option<SessionSpan> {
        if self.span.is_none_or(|span| !span.contains(at)) {
            // What is open belongs to the session before, and was closed at its end.
            let span = around.session_at(self.id.session, at)?;
            self.span = Some(span);
        }
        self.span
    }
}

/// Where the bar of a session that holds a moment begins and ends.
fn time_bar(
    timeframe: Timeframe,
    mode: SessionMode,
    span: SessionSpan,
    at: UnixNanos,
    around: &impl Surroundings,
) -> (UnixNanos, UnixNanos) {
    if timeframe == Timeframe::D1 {
        let day = around.day_at(mode, at).unwrap_or(span);
        return (day.open, day.close);
    }
    let length = u64::from(timeframe.seconds()) * NANOS_PER_SECOND;
    let from = span.open.plus(at.since(span.open) / length * length);
    (from, from.plus(length).min(span.close))
}
