//! All bars of one instrument.

mod past;

use super::minutes::{KIND, Minutes, minute_of};
use super::series::Series;
use super::{BookState, GRACE_NS, Print, Surroundings, VENDOR_GRACE_NS};
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, Ohlcv, SessionMode};
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_strategy::sample::Tape;
use past::{Hole, Past};

/// Most series of an instrument beside its one-minute bars.
pub const SERIES_MAX: usize = 32;

/// Why a series cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// Its bars would hold nothing.
    #[error("bars of no contracts or no trades cannot be made: give at least 1")]
    Empty,
    /// There is no room.
    #[error(
        "an instrument has at most {SERIES_MAX} series of bars: let bots share timeframe and session"
    )]
    Full,
}

/// What was left out of the bars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BarCounters {
    /// Trades that came after their minute was over.
    pub late_trades: u64,
    /// Minutes that came after a bar of a series that they belong to, counted for each such series.
    pub late_minutes: u64,
}

/// Who makes the one-minute bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Trades,
    Vendor,
}

/// Makes the bars of one instrument: see the [module](super).
///
/// Finished bars go to `out` at once: first the one-minute bar, then those of the series in the order
/// in which they were asked for. An event finishes at most [`InstrumentBars::most_at_once`] of them.
/// Memory is taken only when a series is asked for.
#[derive(Clone, Debug)]
pub struct InstrumentBars {
    instrument: InstrumentId,
    minutes: Minutes,
    series: Vec<Series>,
    source: Source,
    /// Latest event time that the source has told.
    clock: UnixNanos,
    /// No minute that begins earlier can have trades any more.
    over_until: UnixNanos,
    /// The end of the minute that the clock is in.
    minute_end: UnixNanos,
    /// The stream's time at the source's last record.
    heard: UnixNanos,
    /// Records were lost since the clock's time, and none has come after them yet.
    losing: bool,
    past: Past,
    late_trades: u64,
}

impl InstrumentBars {
    /// The one-minute bars alone.
    pub fn new(instrument: InstrumentId) -> InstrumentBars {
        InstrumentBars {
            instrument,
            minutes: Minutes::new(instrument),
            series: Vec::new(),
            source: Source::Trades,
            clock: UnixNanos(0),
            over_until: UnixNanos(0),
            minute_end: UnixNanos(0),
            heard: UnixNanos(0),
            losing: true,
            past: Past::default(),
            late_trades: 0,
        }
    }

    /// Makes the bars of a kind in a session mode from now on. Asked for twice, they are made once.
    ///
    /// # Errors
    /// [`SeriesError`].
    pub fn follow(&mut self, kind: BarKind, session: SessionMode) -> Result<(), SeriesError> {
        if matches!(kind, BarKind::Volume(0) | BarKind::Ticks(0)) {
            return Err(SeriesError::Empty);
        }
        if (kind, session) == KIND || self.series.iter().any(|series| series.is(kind, session)) {
            return Ok(());
        }
        if self.series.len() == SERIES_MAX {
            return Err(SeriesError::Full);
        }
        let mut series = Series::new(self.instrument, kind, session);
        if self.over_until.0 > 0 {
            series.begin_after(self.over_until);
        }
        self.series.push(series);
        Ok(())
    }

    /// Goes on only with the series that are still used.
    pub fn retain(&mut self, mut used: impl FnMut(BarKind, SessionMode) -> bool) {
        self.series.retain(|series| {
            let (kind, session) = series.of();
            used(kind, session)
        });
    }

    /// Sessions may close at another time than they did.
    pub fn calendar_changed(&mut self, around: &impl Surroundings) {
        self.series.iter_mut().for_each(|series| series.calendar_changed(around));
    }

    /// Begins anew with the same series, as for another instrument.
    pub fn restart(&mut self) {
        let anew = |series: &Series| {
            let (kind, session) = series.of();
            Series::new(self.instrument, kind, session)
        };
        let series = self.series.iter().map(anew).collect();
        *self = InstrumentBars { series, ..InstrumentBars::new(self.instrument) };
    }

    /// The most bars that one event can finish.
    pub fn most_at_once(&self) -> usize {
        3 * (1 + self.series.len())
    }

    /// What was left out.
    pub fn counters(&self) -> BarCounters {
        let late_minutes = self.series.iter().map(|series| series.late_minutes).sum();
        BarCounters { late_trades: self.late_trades, late_minutes }
    }

    /// Records were lost, or nobody can say that none were: what happened since the last record is
    /// not known.
    pub fn lost(&mut self) {
        self.losing = true;
        self.past.told = None;
    }

    /// A record that is no trade tells the exchange's time; `now` is the stream's.
    pub fn advance(
        &mut self,
        ts_event: UnixNanos,
        now: UnixNanos,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        // Where the vendor makes the minutes, quotes of the next one may come before them.
        if self.source == Source::Trades {
            self.heard = now;
            self.reach(ts_event, around, out);
        }
    }

    /// A trade.
    pub fn trade(
        &mut self,
        print: &Print,
        now: UnixNanos,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        if self.source == Source::Vendor {
            // Whatever traded since the vendor's last minute is not known.
            self.source = Source::Trades;
            self.losing = true;
        }
        self.advance(print.ts_event, now, around, out);
        if print.ts_event < self.over_until {
            self.late_trades += 1;
            return;
        }
        self.minutes.trade(print);
        for series in &mut self.series {
            if let Some((bar, tape)) = series.trade(print, self.losing, around) {
                out(bar, tape);
            }
        }
    }

    /// A one-minute bar that the vendor made. Returns whether it takes the place of one of ours: it
    /// must begin after the last one published, and not compete with one that is being built from
    /// trades.
    pub fn vendor_bar(
        &mut self,
        vendor: &Ohlcv,
        now: UnixNanos,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) -> bool {
        if !self.minutes.wants(vendor) {
            return false;
        }
        self.source = Source::Vendor;
        self.heard = now;
        self.settle(around, out);
        if self.past.told.is_some() {
            // The vendor goes on where its history ends.
            self.losing = false;
        }
        self.find(vendor.ts_open, around);
        self.roll(vendor.ts_open, around, out);
        let bar = self.minutes.adopt(vendor);
        out(bar, Tape::UNKNOWN);
        for series in &mut self.series {
            series.minute(&bar, &Tape::UNKNOWN, around);
        }
        self.clock = bar.ts_close;
        self.roll(bar.ts_close, around, out);
        true
    }

    /// Time passed on the stream: finishes what a silent market leaves open.
    pub fn expire(
        &mut self,
        now: UnixNanos,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        let grace = match self.source {
            Source::Trades => GRACE_NS,
            Source::Vendor => VENDOR_GRACE_NS,
        };
        if self.past.tells && self.losing {
            // What is open may still be told whole.
            return;
        }
        if let Some(deadline) = self.past.hole.as_ref().map(Hole::deadline)
            && now >= deadline
        {
            self.roll(deadline, around, out);
        }
        let until = UnixNanos(now.0.saturating_sub(grace));
        if self.heard <= until && until >= self.minute_end {
            self.roll(until, around, out);
        }
    }

    /// The exchange's clock tells a time.
    fn reach(
        &mut self,
        ts_event: UnixNanos,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        if self.losing {
            self.settle(around, out);
        }
        self.find(ts_event, around);
        self.clock = self.clock.max(ts_event);
        if ts_event >= self.minute_end {
            self.roll(ts_event, around, out);
        }
    }

    /// A record ends what was being lost. What it tells itself is known.
    fn find(&mut self, ts_event: UnixNanos, around: &impl Surroundings) {
        if !self.losing {
            return;
        }
        self.losing = false;
        if self.source == Source::Trades && self.open_hole(ts_event, around) {
            return;
        }
        let until = UnixNanos(ts_event.0.saturating_sub(1)).max(self.clock);
        self.minutes.unknown.lost(until);
        for series in &mut self.series {
            series.lost(self.clock, until, around);
        }
    }

    /// The minutes before a moment are over.
    fn roll(&mut self, to: UnixNanos, around: &impl Surroundings, out: &mut impl FnMut(Bar, Tape)) {
        self.over_until = minute_of(to);
        self.minute_end = self.over_until.plus(NANOS_PER_MINUTE);
        if let Some(hole) = &mut self.past.hole {
            if self.over_until >= hole.end && self.minutes.ends() == Some(hole.end) {
                hole.seen = self.minutes.take();
            }
            if to >= hole.deadline() {
                self.settle(around, out);
            }
        }
        let book: BookState = around.book();
        let waits = self.past.hole.is_some();
        if self.minutes.ends().is_some_and(|end| end <= self.over_until)
            && let Some(building) = self.minutes.take()
        {
            let (bar, tape) = self.minutes.publish(building, self.losing || waits, &book);
            self.add_minute(&bar, &tape, around, out);
        }
        let complete_until = match &self.past.hole {
            None => self.over_until,
            Some(hole) => {
                self.minute_end = self.minute_end.min(hole.deadline());
                self.past.told.unwrap_or(UnixNanos(0)).min(self.over_until)
            }
        };
        self.close_series(complete_until, &book, out);
    }

    /// Publishes a minute and adds it to the series, whose bars from before it are complete.
    fn add_minute(
        &mut self,
        bar: &Bar,
        tape: &Tape,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        if self.past.tells {
            self.close_series(bar.ts_open, &around.book(), out);
        }
        out(*bar, *tape);
        for series in &mut self.series {
            series.minute(bar, tape, around);
        }
    }

    fn close_series(&mut self, to: UnixNanos, book: &BookState, out: &mut impl FnMut(Bar, Tape)) {
        for series in &mut self.series {
            if let Some((bar, tape)) = series.advance(to, self.losing, book) {
                out(bar, tape);
            }
        }
    }
}
