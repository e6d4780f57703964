//! Indicators that count from the beginning of a session.

use super::is_number;
use super::machine::{Lines, Machine};
use super::range::{percent, priced};
use super::volume::{traded, typical};
use crate::sample::{Candle, Sample};
use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND};

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
    /// Whether nothing of the current session is missing so far.
    whole: bool,
}

impl Sessions {
    fn follow(&mut self, sample: &Sample) -> Place {
        let any_before = std::mem::replace(&mut self.any_bar, true);
        let before = std::mem::replace(&mut self.current, sample.session);
        let place = match sample.session {
            None => Place::Outside,
            Some(now) if before == Some(now) => Place::Later,
            Some(now) => {
                // With bars before it, a session that begins late was quiet at first. Bars of volume
                // and of trades begin with the first trade.
                let late = sample.candle.start.since(now.open);
                self.whole = any_before || late < NANOS_PER_MINUTE;
                Place::First
            }
        };
        // What is missing in a session is missing until its end.
        self.whole &= !sample.gap;
        place
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
        if !traded(candle) {
            return false;
        }
        let vwap = self.mean.push(sample);
        lines[0] = if self.distance { percent(candle.close - vwap, vwap) } else { vwap };
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
        // A session that ends at midnight belongs to the day before. The epoch began on a Thursday.
        let day = |session: SessionSpan| session.close.0.saturating_sub(1) / NANOS_PER_DAY;
        let weekday = |session: SessionSpan| ((day(session) + 3) % 7 + 1) as f64;
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
        if !priced(&sample.candle) || !is_number(open) {
            return false;
        }
        let whole_before = self.sessions.whole;
        let place = self.sessions.follow(sample);
        if place == Place::First {
            let known = whole_before && self.sessions.whole;
            self.gap = if known { percent(open - self.close, self.close) } else { f64::NAN };
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
            [position, percent(below, close), percent(above, close), self.high, self.low]
        } else {
            [f64::NAN; 5]
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::indicator::{Indicator, Spec, find};
    use crate::sample::{Candle, Sample, Tape};
    use gauntlet_model::calendar::SessionSpan;
    use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};

    /// Minute of a day that is the third Thursday of the epoch or later; sessions are its first ten
    /// minutes.
    fn bar(day: u64, minute: u64, close: f64) -> Sample {
        let at = |minute: u64| UnixNanos(((14 + day) * 1_440 + minute) * NANOS_PER_MINUTE);
        let (start, end) = (at(minute), at(minute + 1));
        let candle =
            Candle { start, end, open: close, high: close, low: close, close, volume: 1.0 };
        let session = SessionSpan { open: at(0), close: at(10) };
        let session = session.contains(start).then_some(session);
        Sample { candle, tape: Tape::UNKNOWN, session, gap: false }
    }

    fn values(name: &str, samples: &[Sample]) -> Vec<f64> {
        let kind = find(name).expect("a kind").kind;
        let mut indicator = Indicator::new(&Spec::default_of(kind), f64::NAN);
        let value = samples.iter().map(|sample| {
            indicator.update(sample.candle.close, sample);
            indicator.value()
        });
        value.collect()
    }

    /// Equal, undefined beside undefined included.
    fn same(ours: &[f64], expected: &[f64]) {
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(ours), bits(expected), "{ours:?}, not {expected:?}");
    }

    const NONE: f64 = f64::NAN;

    #[test]
    fn a_session_whose_beginning_was_not_seen_has_no_vwap_and_the_next_one_has() {
        let bars = [bar(0, 4, 10.0), bar(0, 5, 12.0), bar(0, 11, 9.0), bar(1, 3, 20.0)];
        same(&values("vwap", &bars), &[NONE, NONE, NONE, 20.0]);
        let from_the_open = [bar(0, 0, 10.0), bar(0, 1, 12.0), bar(1, 0, 20.0)];
        same(&values("vwap", &from_the_open), &[10.0, 11.0, 20.0]);
    }

    #[test]
    fn what_is_missing_in_a_session_is_missing_until_its_end() {
        let mut bars = [0, 1, 2].map(|minute| bar(0, minute, 10.0)).to_vec();
        bars.extend([bar(1, 0, 20.0), bar(1, 1, 30.0)]);
        bars[1].gap = true;
        same(&values("vwap", &bars), &[10.0, NONE, NONE, 20.0, 25.0]);
        same(&values("session_range", &bars), &[0.5, NONE, NONE, 0.5, 1.0]);
    }

    #[test]
    fn a_gap_is_the_step_from_the_close_of_a_whole_session() {
        let bars = [bar(0, 0, 10.0), bar(0, 9, 8.0), bar(0, 20, 99.0), bar(1, 0, 10.0)];
        same(&values("session_gap", &bars), &[NONE, NONE, NONE, 25.0]);
        let mut missing = bars;
        missing[1].gap = true;
        same(&values("session_gap", &missing), &[NONE; 4]);
    }

    #[test]
    fn the_weekday_is_that_of_the_last_moment_of_the_session() {
        let bars =
            [bar(0, 0, 1.0), bar(0, 20, 1.0), bar(1, 0, 1.0), bar(3, 0, 1.0), bar(4, 0, 1.0)];
        same(&values("day_of_week", &bars), &[4.0, NONE, 5.0, 7.0, 1.0]);
        let mut midnight = bar(0, 0, 1.0);
        let session = midnight.session.expect("inside");
        let close = UnixNanos(session.open.0 + 1_440 * NANOS_PER_MINUTE);
        midnight.session = Some(SessionSpan { close, ..session });
        same(&values("day_of_week", &[midnight]), &[4.0]);
    }
}
