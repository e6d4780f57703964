//! Minutes that the vendor tells after the fact: before the first trade, and over what was lost.

use super::super::building::Building;
use super::super::minutes::{is_minute, minute_of};
use super::super::{Surroundings, VENDOR_GRACE_NS};
use super::InstrumentBars;
use gauntlet_model::effect::Bar;
use gauntlet_model::input::{BarKind, Ohlcv};
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_strategy::sample::Tape;

/// What the vendor's history has told, and what it is still waited for.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// The vendor tells minutes after the fact.
    pub tells: bool,
    /// It has told everything up to here since the last loss, which it reaches back to: a minute that
    /// it left out has no trades.
    pub told: Option<UnixNanos>,
    /// A loss whose last minute may still be told whole.
    pub hole: Option<Hole>,
}

/// Records were lost, and came again in the middle of a minute.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    /// What was lost, in the exchange's time.
    from: UnixNanos,
    until: UnixNanos,
    /// The end of the minute that they came again in.
    pub end: UnixNanos,
    /// That minute as far as it was seen, once it is over.
    pub seen: Option<Building>,
}

impl Hole {
    pub fn new(from: UnixNanos, until: UnixNanos, again: UnixNanos) -> Hole {
        Hole { from, until, end: minute_of(again).plus(NANOS_PER_MINUTE), seen: None }
    }

    /// When the vendor's minute is waited for no longer.
    pub fn deadline(&self) -> UnixNanos {
        self.end.plus(VENDOR_GRACE_NS)
    }
}

/// Whether a bar's prices can be those of trades.
fn is_sane(vendor: &Ohlcv) -> bool {
    let inside = |price| vendor.low <= price && price <= vendor.high;
    vendor.volume > 0 && inside(vendor.open) && inside(vendor.close)
}

impl InstrumentBars {
    /// A minute that the vendor tells after the fact. Returns whether it was taken: it must begin
    /// after the last minute published, and either records are missing now or it is one of those in
    /// which they were.
    pub fn history(
        &mut self,
        vendor: &Ohlcv,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) -> bool {
        if !is_minute(vendor) || !is_sane(vendor) {
            return false;
        }
        self.past.tells = true;
        let (begins, ends) = (vendor.ts_open, vendor.ts_open.plus(NANOS_PER_MINUTE));
        if let Some(hole) = &self.past.hole
            && begins >= hole.end
        {
            let is_empty = hole.seen.is_none() && self.minutes.ends() != Some(hole.end);
            if is_empty && self.past.told.is_some() {
                // It went past the minute: nothing traded in it.
                self.past.hole = None;
            }
            self.settle(around, out);
        }
        let published = self.minutes.unknown.published_until();
        let is_next = self.minutes.ends().is_none_or(|open| open <= ends);
        let is_lost = match &self.past.hole {
            Some(hole) => ends > hole.from,
            None => self.losing && is_next && ends > self.clock,
        };
        let is_missing = begins >= published && is_lost;
        if !is_missing {
            // What was told before lies against what is known: nothing can be missing between.
            let joins = ends <= published.max(self.clock) || self.past.told.is_some();
            self.past.told = if joins { self.past.told.max(Some(ends)) } else { None };
            return false;
        }
        match self.past.hole.is_some() {
            true => self.fill(vendor, around, out),
            false => self.precede(vendor, around, out),
        }
        true
    }

    /// Takes a minute while nothing else is heard.
    fn precede(
        &mut self,
        vendor: &Ohlcv,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        let (begins, ends) = (vendor.ts_open, vendor.ts_open.plus(NANOS_PER_MINUTE));
        let joins = self.past.told.is_some() || (self.clock.0 > 0 && begins <= self.clock);
        let left_out = self.minutes.ends().is_some_and(|open| open <= begins);
        if !joins || left_out {
            let until = UnixNanos(begins.0.saturating_sub(1)).max(self.clock);
            self.mark(self.clock, until, around);
        }
        self.minutes.forget(begins);
        self.losing = false;
        self.roll(begins, around, out);
        self.take(vendor, around, out);
        self.clock = self.clock.max(ends);
        self.roll(ends, around, out);
        // Until the market is heard, what comes after is lost again.
        self.losing = true;
        self.past.told = Some(ends);
    }

    /// Takes a minute of a loss that is over.
    fn fill(
        &mut self,
        vendor: &Ohlcv,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        let (begins, ends) = (vendor.ts_open, vendor.ts_open.plus(NANOS_PER_MINUTE));
        let Some(hole) = self.past.hole.take() else { return };
        if self.past.told.is_none() && begins > hole.from {
            self.mark(hole.from, UnixNanos(begins.0 - 1).min(hole.until), around);
        }
        self.past.told = Some(ends);
        if ends < hole.end {
            self.past.hole = Some(hole);
            return self.take(vendor, around, out);
        }
        self.minutes.forget(begins);
        self.take(vendor, around, out);
        // Trades of the minute that are still under way are in it already.
        self.roll(self.over_until.max(ends), around, out);
    }

    fn take(
        &mut self,
        vendor: &Ohlcv,
        around: &impl Surroundings,
        out: &mut impl FnMut(Bar, Tape),
    ) {
        let bar = self.minutes.adopt(vendor);
        self.add_minute(&bar, &Tape::UNKNOWN, around, out);
        for series in &mut self.series {
            // These are made of trades, which a minute does not tell.
            if !matches!(series.of().0, BarKind::Time(_)) {
                series.lost(bar.ts_open, UnixNanos(bar.ts_close.0 - 1), around);
            }
        }
    }

    /// Waits no longer: the minute is published as far as it was seen.
    pub(super) fn settle(&mut self, around: &impl Surroundings, out: &mut impl FnMut(Bar, Tape)) {
        let Some(hole) = self.past.hole.take() else { return };
        let from = self.past.told.map_or(hole.from, |told| told.max(hole.from));
        self.mark(from, hole.until.max(from), around);
        self.past.told = None;
        let book = around.book();
        if let Some(seen) = hole.seen {
            let (bar, tape) = self.minutes.publish(seen, true, &book);
            self.add_minute(&bar, &tape, around, out);
        }
        self.close_series(self.over_until.min(hole.end), &book, out);
    }

    /// What happened in a span of time is not known, and will not be.
    fn mark(&mut self, from: UnixNanos, until: UnixNanos, around: &impl Surroundings) {
        self.minutes.unknown.lost(until);
        for series in &mut self.series {
            series.lost(from, until, around);
        }
    }

    /// The market is heard again at a moment: opens a hole if its minute may still be told whole.
    /// False if the loss is to be marked at once.
    pub(super) fn open_hole(&mut self, again: UnixNanos, around: &impl Surroundings) -> bool {
        if !self.past.tells {
            return false;
        }
        if self.past.told.is_some_and(|told| again <= told) {
            // It goes on where history ends.
            return true;
        }
        let until = UnixNanos(again.0.saturating_sub(1)).max(self.clock);
        let hole = Hole::new(self.clock, until, again);
        for series in &mut self.series {
            if !matches!(series.of().0, BarKind::Time(_)) {
                series.lost(hole.from, until, around);
            }
        }
        self.past.hole = Some(hole);
        true
    }
}
