//! The one-minute bars of an instrument.

use super::building::{Building, SeriesId, Unknown};
use super::{BookState, Print};
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, Ohlcv, SessionMode, Timeframe};
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_strategy::sample::Tape;

/// What the one-minute bars are called. They are not limited to any session; of the modes, the one
/// with the longest hours comes closest.
pub(super) const KIND: (BarKind, SessionMode) =
    (BarKind::Time(Timeframe::M1), SessionMode::Full24x5);

/// The beginning of the minute that holds a moment.
pub(super) fn minute_of(at: UnixNanos) -> UnixNanos {
    UnixNanos(at.0 - at.0 % NANOS_PER_MINUTE)
}

/// Whether a bar of the vendor's is of one whole minute, and can be at all.
pub(super) fn is_minute(vendor: &Ohlcv) -> bool {
    let prices = [vendor.open, vendor.high, vendor.low, vendor.close];
    vendor.seconds == 60
        && prices.iter().all(|price| price.is_some())
        && minute_of(vendor.ts_open) == vendor.ts_open
        && vendor.ts_open.0 <= u64::MAX - NANOS_PER_MINUTE
}

#[derive(Clone, Debug)]
pub(super) struct Minutes {
    series: SeriesId,
    open: Option<Building>,
    pub unknown: Unknown,
}

impl Minutes {
    pub fn new(instrument: InstrumentId) -> Minutes {
        let series = SeriesId { instrument, kind: KIND.0, session: KIND.1 };
        Minutes { series, open: None, unknown: Unknown::default() }
    }

    /// Adds a trade of the present minute.
    pub fn trade(&mut self, print: &Print) {
        match &mut self.open {
            Some(building) => building.trade(print),
            None => {
                let from = minute_of(print.ts_event);
                let span = (from, from.plus(NANOS_PER_MINUTE));
                self.open = Some(Building::by_trade(self.series, span, print));
            }
        }
    }

    /// When the present minute's bar ends, if it has one.
    pub fn ends(&self) -> Option<UnixNanos> {
        self.open.as_ref().map(|building| building.bar().ts_close)
    }

    /// Ends the present minute. Its bar is to be published, or replaced by a better one.
    pub fn take(&mut self) -> Option<Building> {
        self.open.take()
    }

    /// Drops what was seen of a minute that is told whole.
    pub fn forget(&mut self, begins: UnixNanos) {
        self.open.take_if(|building| building.bar().ts_open == begins);
    }

    /// Finishes a minute's bar.
    pub fn publish(&mut self, building: Building, losing: bool, book: &BookState) -> (Bar, Tape) {
        let bar = building.bar();
        let gap = losing || self.unknown.touches(bar.ts_open);
        self.unknown.published(bar);
        building.finish(gap, book)
    }

    /// Whether a bar of the vendor's counts: it must be of a whole minute, begin after the last one
    /// published, and not compete with one that is being built from trades.
    pub fn wants(&self, vendor: &Ohlcv) -> bool {
        is_minute(vendor) && self.open.is_none() && vendor.ts_open >= self.unknown.published_until()
    }

    /// A bar of the vendor's in place of one of ours.
    pub fn adopt(&mut self, vendor: &Ohlcv) -> Bar {
        let SeriesId { instrument, kind, session } = self.series;
        let bar = Bar {
            instrument,
            kind,
            session,
            gap: self.unknown.touches(vendor.ts_open),
            ts_open: vendor.ts_open,
            ts_close: vendor.ts_open.plus(NANOS_PER_MINUTE),
            open: vendor.open,
            high: vendor.high,
            low: vendor.low,
            close: vendor.close,
            volume: vendor.volume,
        };
        self.unknown.published(&bar);
        bar
    }
}
