//! A bar that is not finished.

use super::{BookState, Print};
use gauntlet_model::effect::Bar;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{BarKind, SessionMode};
use gauntlet_model::units::{Price, Side, UnixNanos};
use gauntlet_strategy::sample::Tape;

/// Whose bar it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeriesId {
    pub instrument: InstrumentId,
    pub kind: BarKind,
    pub session: SessionMode,
}

/// The first trade or minute opens it: there are no bars without trades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Building {
    bar: Bar,
    tape: Tape,
}

impl Building {
    pub fn by_trade(series: SeriesId, (from, to): (UnixNanos, UnixNanos), print: &Print) -> Self {
        let tape = Tape { buy_volume: 0.0, sell_volume: 0.0, trades: 0.0, ..Tape::UNKNOWN };
        let mut building = Building { bar: blank(series, from, to, print.price), tape };
        building.trade(print);
        building
    }

    pub fn by_minute(
        series: SeriesId,
        (from, to): (UnixNanos, UnixNanos),
        minute: &Bar,
        tape: &Tape,
    ) -> Self {
        let bar = blank(series, from, to, minute.open);
        let mut building = Building { bar, tape: *tape };
        building.extend(minute);
        building
    }

    pub fn trade(&mut self, print: &Print) {
        let Building { bar, tape } = self;
        bar.high = bar.high.max(print.price);
        bar.low = bar.low.min(print.price);
        bar.close = print.price;
        bar.volume = bar.volume.saturating_add(u64::from(print.size));
        let contracts = f64::from(print.size);
        match print.aggressor {
            Some(Side::Buy) => tape.buy_volume += contracts,
            Some(Side::Sell) => tape.sell_volume += contracts,
            None => {}
        }
        tape.trades += 1.0;
    }

    /// Adds the minute that follows. What is not known of one minute is not known of the whole:
    /// `NaN` sees to it.
    pub fn minute(&mut self, minute: &Bar, tape: &Tape) {
        self.extend(minute);
        self.tape.buy_volume += tape.buy_volume;
        self.tape.sell_volume += tape.sell_volume;
        self.tape.trades += tape.trades;
    }

    fn extend(&mut self, minute: &Bar) {
        let bar = &mut self.bar;
        bar.high = bar.high.max(minute.high);
        bar.low = bar.low.min(minute.low);
        bar.close = minute.close;
        bar.volume = bar.volume.saturating_add(minute.volume);
    }

    pub fn ends_at(&mut self, ts_close: UnixNanos) {
        self.bar.ts_close = ts_close;
    }

    pub fn bar(&self) -> &Bar {
        &self.bar
    }

    pub fn trades(&self) -> f64 {
        self.tape.trades
    }

    pub fn finish(mut self, gap: bool, book: &BookState) -> (Bar, Tape) {
        self.bar.gap = gap;
        book.put(&mut self.tape);
        (self.bar, self.tape)
    }
}

fn blank(series: SeriesId, ts_open: UnixNanos, ts_close: UnixNanos, price: Price) -> Bar {
    Bar {
        instrument: series.instrument,
        kind: series.kind,
        session: series.session,
        gap: false,
        ts_open,
        ts_close,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 0,
    }
}

/// What of a series' time is not known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unknown {
    /// The last moment that is not known.
    until: Option<UnixNanos>,
    /// The end of the last bar that was published.
    published: Option<UnixNanos>,
}

impl Unknown {
    /// Nothing is known of the time up to a moment, since some moment before it.
    pub fn lost(&mut self, until: UnixNanos) {
        self.until = self.until.max(Some(until));
    }

    /// Whether a bar has a gap; it begins, or its series began, at `start`.
    pub fn touches(&self, start: UnixNanos) -> bool {
        self.until.is_some_and(|until| until >= self.published.unwrap_or(start))
    }

    pub fn published(&mut self, bar: &Bar) {
        self.published = Some(bar.ts_close);
    }

    /// The end of the last bar that was published.
    pub fn published_until(&self) -> UnixNanos {
        self.published.unwrap_or(UnixNanos(0))
    }
}
