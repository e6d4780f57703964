//! Indicators that count from the beginning of a session.

use super::machine::{Lines, Machine};
use super::range::priced;
use super::volume::typical;
use crate::calendar::SessionSpan;
use crate::sample::{Candle, Sample};
use crate::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND};

const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// Where a bar stands among the sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In none.
    Outside,
    /// The first bar of one.
    First,
    /// A later bar of one.
    Later,
}

/// Follows bars through sessions.
#[derive(Clone, Copy, Debug, Default)]
struct Sessions {
    current: Option<SessionSpan>,
    any_bar: bool,
    /// Whether no bar of the current session can be missing before the first one seen.
    whole: bool,
}

impl Sessions {
    fn follow(&mut self, sample: &Sample) -> Place {
        let any_before = std::mem::replace(&mut self.any_bar, true);
        let before = std::mem::replace(&mut self.current, sample.session);
        match sample.session {
            None => Place::Outside,
            Some(now) if before == Some(now) => Place::Later,
            Some(now) => {
                // In a quiet market the first bar of a session may begin after its open.
                self.whole = any_before || sample.candle.start <= now.open;
                Place::First
            }
        }
    }
}

/// Volume-weighted mean price since the session's beginning.
#[derive(Clone, Copy, Debug, Default)]
struct MeanPrice {
    sessions: Sessions,
    value: f64,
    volume: f64,
}

impl MeanPrice {
    /// Takes a bar in; `NaN` while there is no mean.
    fn push(&mut self, sample: &Sample) -> f64 {
        match self.sessions.follow(sample) {
            Place::Outside => return f64::NAN,
            Place::First => (self.value, self.volume) = (0.0, 0.0),
            Place::Later => {}
        }
        let volume = sample.candle.volume;
        self.value += typical(&sample.candle) * volume;
        self.volume += volume;
        if self.sessions.whole && self.volume > 0.0 { self.value / self.volume } else { f64::NAN }
    }
}

/// See [`Kind::Vwap`](super::Kind::Vwap) and [`Kind::VwapDistance`](super::Kind::VwapDistance).
#[derive(Clone, Debug)]
pub(super) struct Vwap {
    mean: MeanPrice,
    distance: bool,
}

impl Vwap {
    pub fn new() -> Vwap {
        Vwap { mean: MeanPrice::default(), distance: false }
    }

    pub fn distance() -> Vwap {
        Vwap { mean: MeanPrice::default(), distance: true }
    }
}

impl Machine for Vwap {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) || !candle.volume.is_finite() {
            return false;
        }
        let vwap = self.mean.push(sample);
        lines[0] = if self.distance { 100.0 * (candle.close - vwap) / vwap.abs() } else { vwap };
        true
    }
}

/// See [`Kind::SessionTime`](super::Kind::SessionTime).
#[derive(Clone, Debug)]
pub(super) struct SessionTime;

impl Machine for SessionTime {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Some(session) = sample.session else {
            lines[..4].fill(f64::NAN);
            return true;
        };
        let nanos = sample.candle.end.0.saturating_sub(session.open.0) as f64;
        let length = session.close.0.saturating_sub(session.open.0).max(1) as f64;
        let fraction = (nanos / length).min(1.0);
        let (sine, cosine) = libm::sincos(2.0 * std::f64::consts::PI * fraction);
        lines[..4].copy_from_slice(&[nanos / NANOS_PER_MINUTE as f64, fraction, sine, cosine]);
        true
    }
}

/// See [`Kind::DayOfWeek`](super::Kind::DayOfWeek).
#[derive(Clone, Debug)]
pub(super) struct DayOfWeek;

impl Machine for DayOfWeek {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        // The first day of the epoch was a Thursday.
        let weekday = |session: SessionSpan| ((session.close.0 / NANOS_PER_DAY + 3) % 7 + 1) as f64;
        lines[0] = sample.session.map_or(f64::NAN, weekday);
        true
    }
}

/// See [`Kind::SessionGap`](super::Kind::SessionGap).
#[derive(Clone, Debug)]
pub(super) struct SessionGap {
    sessions: Sessions,
    /// The last close in a session; `NaN` before there is one.
    close: f64,
    gap: f64,
}

impl SessionGap {
    pub fn new() -> SessionGap {
        SessionGap { sessions: Sessions::default(), close: f64::NAN, gap: f64::NAN }
    }
}

impl Machine for SessionGap {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { open, close, .. } = sample.candle;
        if !priced(&sample.candle) || !open.is_finite() {
            return false;
        }
        let place = self.sessions.follow(sample);
        if place == Place::First {
            self.gap = 100.0 * (open - self.close) / self.close.abs();
        }
        if place != Place::Outside {
            self.close = close;
        }
        lines[0] = if place == Place::Outside { f64::NAN } else { self.gap };
        true
    }
}

/// See [`Kind::SessionRange`](super::Kind::SessionRange).
#[derive(Clone, Debug, Default)]
pub(super) struct SessionRange {
    sessions: Sessions,
    high: f64,
    low: f64,
}

impl Machine for SessionRange {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { high, low, close, .. } = sample.candle;
        if !priced(&sample.candle) {
            return false;
        }
        match self.sessions.follow(sample) {
            Place::Outside => {}
            Place::First => (self.high, self.low) = (high, low),
            Place::Later => (self.high, self.low) = (self.high.max(high), self.low.min(low)),
        }
        *lines = if self.sessions.current.is_some() && self.sessions.whole {
            let (below, above) = (self.high - close, close - self.low);
            let range = self.high - self.low;
            let position = if range > 0.0 { above / range } else { 0.5 };
            let percent = |distance: f64| 100.0 * distance / close.abs();
            [position, percent(below), percent(above), self.high, self.low]
        } else {
            [f64::NAN; 5]
        };
        true
    }
}
