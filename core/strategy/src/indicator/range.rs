//! Indicators of the ranges of bars.

use super::NUMBER_MAX;
use super::average::{Macd, Smoothing};
use super::machine::{Lines, Machine};
use super::window::{Range, Ring, Sum};
use crate::sample::{Candle, Sample};
use gauntlet_model::units::PRICE_SCALE;

/// Smallest step that a price can make, in whole units: a price or a range below it is nothing.
pub(super) const PRICE_LEAST: f64 = 1.0 / PRICE_SCALE as f64;

/// Whether high, low and close can be computed with: they are numbers, and do not contradict one
/// another.
pub(super) fn priced(candle: &Candle) -> bool {
    let Candle { high, low, close, .. } = *candle;
    -NUMBER_MAX <= low && low <= close && close <= high && high <= NUMBER_MAX
}

/// A distance in percent of the size of a price; no value beside a price that is nothing.
pub(super) fn percent(distance: f64, of: f64) -> f64 {
    let of = of.abs();
    if of >= PRICE_LEAST { 100.0 * distance / of } else { f64::NAN }
}

/// Wilder's average of the true range: the range of a bar and the close before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrueRange {
    mean: Smoothing,
    /// The close before; `NaN` before the first bar.
    before: f64,
}

impl TrueRange {
    pub fn new(period: usize) -> TrueRange {
        TrueRange { mean: Smoothing::wilder(period), before: f64::NAN }
    }

    /// Takes a bar in; the average once it is seeded.
    pub fn push(&mut self, candle: &Candle) -> Option<f64> {
        let before = std::mem::replace(&mut self.before, candle.close);
        if before.is_nan() {
            return None;
        }
        let range = candle.high - candle.low;
        self.mean.push(range.max((before - candle.high).abs()).max((before - candle.low).abs()))
    }
}

/// See [`Kind::Atr`](super::Kind::Atr) and [`Kind::AtrPercent`](super::Kind::AtrPercent).
#[derive(Clone, Debug)]
pub(super) struct Atr {
    range: TrueRange,
    in_percent: bool,
}

impl Atr {
    pub fn new(period: usize) -> Atr {
        Atr { range: TrueRange::new(period), in_percent: false }
    }

    pub fn in_percent(period: usize) -> Atr {
        Atr { range: TrueRange::new(period), in_percent: true }
    }
}

impl Machine for Atr {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        if let Some(atr) = self.range.push(candle) {
            lines[0] = if self.in_percent { percent(atr, candle.close) } else { atr };
        }
        true
    }
}

/// See [`Kind::MacdAtr`](super::Kind::MacdAtr).
#[derive(Clone, Debug)]
pub(super) struct MacdAtr {
    macd: Macd,
    range: TrueRange,
}

impl MacdAtr {
    pub fn new(fast: usize, slow: usize, signal: usize, atr: usize) -> MacdAtr {
        MacdAtr { macd: Macd::new(fast, slow, signal), range: TrueRange::new(atr) }
    }
}

impl Machine for MacdAtr {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        let (macd, atr) = (self.macd.push(candle.close), self.range.push(candle));
        if let (Some([_, _, histogram]), Some(atr)) = (macd, atr) {
            // Where nothing moves both fade, and what is left of them is rounding.
            lines[0] = if atr >= PRICE_LEAST { histogram / atr } else { 0.0 };
        }
        true
    }
}

/// See [`Kind::Keltner`](super::Kind::Keltner).
#[derive(Clone, Debug)]
pub(super) struct Keltner {
    mean: Smoothing,
    range: TrueRange,
    multiplier: f64,
}

impl Keltner {
    pub fn new(period: usize, multiplier: f64, atr: usize) -> Keltner {
        Keltner { mean: Smoothing::exponential(period), range: TrueRange::new(atr), multiplier }
    }
}

impl Machine for Keltner {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        if let (Some(middle), Some(atr)) = (self.mean.push(candle.close), self.range.push(candle)) {
            let reach = self.multiplier * atr;
            lines[..3].copy_from_slice(&[middle, middle + reach, middle - reach]);
        }
        true
    }
}

/// A range so small beside its prices that it is rounding.
fn is_nothing(highest: f64, lowest: f64) -> bool {
    (highest - lowest).abs() <= 1e-14 * (highest.abs() + lowest.abs())
}

/// See [`Kind::Stoch`](super::Kind::Stoch).
#[derive(Clone, Debug)]
pub(super) struct Stoch {
    range: Range,
    smooth: Sum,
    signal: Sum,
}

impl Stoch {
    pub fn new(period: usize, smooth: usize, signal: usize) -> Stoch {
        Stoch { range: Range::new(period), smooth: Sum::new(smooth), signal: Sum::new(signal) }
    }

    fn push(&mut self, candle: &Candle) -> Option<[f64; 2]> {
        let (highest, lowest) = self.range.push(candle.high, candle.low)?;
        let place = if is_nothing(highest, lowest) {
            0.0
        } else {
            (candle.close - lowest) / (highest - lowest) * 100.0
        };
        let k = self.smooth.mean(place)?.clamp(0.0, 100.0);
        Some([k, self.signal.mean(k)?.clamp(0.0, 100.0)])
    }
}

impl Machine for Stoch {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        if !priced(&sample.candle) {
            return false;
        }
        if let Some(values) = self.push(&sample.candle) {
            lines[..2].copy_from_slice(&values);
        }
        true
    }
}

/// See [`Kind::Williams`](super::Kind::Williams).
#[derive(Clone, Debug)]
pub(super) struct Williams(Range);

impl Williams {
    pub fn new(period: usize) -> Williams {
        Williams(Range::new(period))
    }
}

impl Machine for Williams {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        if let Some((highest, lowest)) = self.0.push(candle.high, candle.low) {
            lines[0] = if is_nothing(highest, lowest) {
                0.0
            } else {
                ((highest - candle.close) / (highest - lowest) * -100.0).clamp(-100.0, 0.0)
            };
        }
        true
    }
}

/// See [`Kind::Donchian`](super::Kind::Donchian).
#[derive(Clone, Debug)]
pub(super) struct Donchian(Range);

impl Donchian {
    pub fn new(period: usize) -> Donchian {
        Donchian(Range::new(period))
    }
}

impl Machine for Donchian {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let candle = &sample.candle;
        if !priced(candle) {
            return false;
        }
        if let Some((upper, lower)) = self.0.push(candle.high, candle.low) {
            lines[..3].copy_from_slice(&[(upper + lower) / 2.0, upper, lower]);
        }
        true
    }
}

/// See [`Kind::Ichimoku`](super::Kind::Ichimoku).
#[derive(Clone, Debug)]
pub(super) struct Ichimoku {
    tenkan: Range,
    kijun: Range,
    senkou: Range,
    first_of_cloud: Ring,
    second_of_cloud: Ring,
}

impl Ichimoku {
    pub fn new(tenkan: usize, kijun: usize, senkou: usize, displacement: usize) -> Ichimoku {
        Ichimoku {
            tenkan: Range::new(tenkan),
            kijun: Range::new(kijun),
            senkou: Range::new(senkou),
            first_of_cloud: Ring::new(displacement),
            second_of_cloud: Ring::new(displacement),
        }
    }
}

impl Machine for Ichimoku {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { high, low, .. } = sample.candle;
        if !priced(&sample.candle) {
            return false;
        }
        let middle = |(highest, lowest): (f64, f64)| (highest + lowest) / 2.0;
        let tenkan = self.tenkan.push(high, low).map(middle);
        let kijun = self.kijun.push(high, low).map(middle);
        let first = tenkan.zip(kijun).map(|(tenkan, kijun)| (tenkan + kijun) / 2.0);
        let second = self.senkou.push(high, low).map(middle);
        let values = [
            tenkan,
            kijun,
            first.and_then(|value| self.first_of_cloud.push(value)),
            second.and_then(|value| self.second_of_cloud.push(value)),
        ];
        for (line, value) in lines.iter_mut().zip(values) {
            if let Some(value) = value {
                *line = value;
            }
        }
        true
    }
}

/// See [`Kind::CloseLocation`](super::Kind::CloseLocation).
#[derive(Clone, Debug)]
pub(super) struct CloseLocation;

impl Machine for CloseLocation {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { high, low, close, .. } = sample.candle;
        if !priced(&sample.candle) {
            return false;
        }
        let range = high - low;
        lines[0] = if range > 0.0 { ((close - low) - (high - close)) / range } else { 0.0 };
        true
    }
}
