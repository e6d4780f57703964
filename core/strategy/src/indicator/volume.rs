//! Indicators of typical prices and of volume.

use super::NUMBER_MAX;
use super::machine::{Lines, Machine};
use super::ordered::Ordered;
use super::range::{PRICE_LEAST, priced};
use super::series::ZScore;
use super::window::Sum;
use crate::sample::{Candle, Sample};
use gauntlet_model::units::PRICE_SCALE;

pub(super) fn typical(candle: &Candle) -> f64 {
    (candle.high + candle.low + candle.close) / 3.0
}

/// Whether a number of contracts can be computed with.
pub(super) fn is_volume(volume: f64) -> bool {
    (0.0..=NUMBER_MAX).contains(&volume)
}

pub(super) fn traded(candle: &Candle) -> bool {
    priced(candle) && is_volume(candle.volume)
}

/// The sum of a bar's high, low and close in the smallest steps of a price: whole numbers, so that
/// equal prices are equal however they add up.
fn steps(candle: &Candle) -> f64 {
    let whole = |price: f64| libm::round(price * PRICE_SCALE as f64);
    whole(candle.high) + whole(candle.low) + whole(candle.close)
}

/// The farthest a commodity channel index can be from 0: all but one price of the window are equal.
pub(super) fn channel_max(period: usize) -> f64 {
    period as f64 / 0.03
}

/// See [`Kind::Cci`](super::Kind::Cci).
#[derive(Clone, Debug)]
pub(super) struct Cci {
    prices: Ordered,
    mean: Sum,
}

impl Cci {
    pub fn new(period: usize) -> Cci {
        Cci { prices: Ordered::new(period), mean: Sum::new(period) }
    }
}

impl Machine for Cci {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        if !priced(&sample.candle) {
            return false;
        }
        let price = typical(&sample.candle);
        self.prices.push(price);
        if let Some(mean) = self.mean.mean(price) {
            // Distances above and below a mean have the same sum.
            let above = self.prices.above(mean);
            let away = 2.0 * (above.sum - above.count as f64 * mean);
            let deviation = away / self.prices.len() as f64;
            let Candle { high, low, close, .. } = sample.candle;
            let rounding = 1e-14 * mean.abs().max((high.abs() + low.abs() + close.abs()) / 3.0);
            let flat = (price - mean).abs() <= rounding || deviation <= rounding;
            let index = if flat { 0.0 } else { (price - mean) / (0.015 * deviation) };
            let farthest = channel_max(self.prices.len());
            lines[0] = index.clamp(-farthest, farthest);
        }
        true
    }
}

/// See [`Kind::Mfi`](super::Kind::Mfi).
#[derive(Clone, Debug)]
pub(super) struct Mfi {
    /// The sum of the prices of the bar before, in smallest steps; `NaN` before the first bar.
    before: f64,
    rising: Sum,
    falling: Sum,
}

impl Mfi {
    pub fn new(period: usize) -> Mfi {
        Mfi { before: f64::NAN, rising: Sum::new(period), falling: Sum::new(period) }
    }
}

impl Machine for Mfi {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        if !traded(&sample.candle) {
            return false;
        }
        let price = steps(&sample.candle);
        let before = std::mem::replace(&mut self.before, price);
        // What trades at or below 0 has no value to be a share of.
        if price <= 0.0 {
            self.rising.clear();
            self.falling.clear();
            lines[0] = f64::NAN;
            return true;
        }
        if before.is_nan() {
            return true;
        }
        let value = typical(&sample.candle) * sample.candle.volume;
        let rise = if price > before { value } else { 0.0 };
        let fall = if price < before { value } else { 0.0 };
        if let (Some(rising), Some(falling)) = (self.rising.push(rise), self.falling.push(fall)) {
            let both = rising + falling;
            let share = if both > 0.0 { rising / both } else { 0.0 };
            lines[0] = (100.0 * share).clamp(0.0, 100.0);
        }
        true
    }
}

/// See [`Kind::VolumeZScore`](super::Kind::VolumeZScore).
#[derive(Clone, Debug)]
pub(super) struct VolumeZScore(ZScore);

impl VolumeZScore {
    pub fn new(period: usize) -> VolumeZScore {
        VolumeZScore(ZScore::new(period))
    }
}

impl Machine for VolumeZScore {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let volume = sample.candle.volume;
        if !is_volume(volume) {
            return false;
        }
        if let Some(score) = self.0.push(volume) {
            lines[0] = score;
        }
        true
    }
}

/// See [`Kind::RelativeVolume`](super::Kind::RelativeVolume).
#[derive(Clone, Debug)]
pub(super) struct RelativeVolume {
    before: Sum,
    mean: Option<f64>,
}

impl RelativeVolume {
    pub fn new(period: usize) -> RelativeVolume {
        RelativeVolume { before: Sum::new(period), mean: None }
    }
}

impl Machine for RelativeVolume {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let volume = sample.candle.volume;
        if !is_volume(volume) {
            return false;
        }
        if let Some(mean) = self.mean {
            lines[0] = if mean > 0.0 { volume / mean } else { 1.0 };
        }
        self.mean = self.before.mean(volume);
        true
    }
}

/// See [`Kind::UpVolumeShare`](super::Kind::UpVolumeShare).
#[derive(Clone, Debug)]
pub(super) struct UpVolumeShare {
    /// The close before; `NaN` before the first bar.
    before: f64,
    up: Sum,
    down: Sum,
}

impl UpVolumeShare {
    pub fn new(period: usize) -> UpVolumeShare {
        UpVolumeShare { before: f64::NAN, up: Sum::new(period), down: Sum::new(period) }
    }
}

impl Machine for UpVolumeShare {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { close, volume, .. } = sample.candle;
        if !traded(&sample.candle) {
            return false;
        }
        let before = std::mem::replace(&mut self.before, close);
        if before.is_nan() {
            return true;
        }
        let up = self.up.push(if close > before { volume } else { 0.0 });
        let down = self.down.push(if close < before { volume } else { 0.0 });
        if let (Some(up), Some(down)) = (up, down) {
            lines[0] = if up + down > 0.0 { up / (up + down) } else { 0.5 };
        }
        true
    }
}

/// See [`Kind::Amihud`](super::Kind::Amihud).
#[derive(Clone, Debug)]
pub(super) struct Amihud {
    /// The close before; `NaN` before the first bar.
    before: f64,
    impacts: Sum,
}

impl Amihud {
    pub fn new(period: usize) -> Amihud {
        Amihud { before: f64::NAN, impacts: Sum::new(period) }
    }
}

impl Machine for Amihud {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { close, volume, .. } = sample.candle;
        if !traded(&sample.candle) || volume <= 0.0 {
            return false;
        }
        if close < PRICE_LEAST {
            self.before = f64::NAN;
            self.impacts.clear();
            lines[0] = f64::NAN;
            return true;
        }
        let before = std::mem::replace(&mut self.before, close);
        if before.is_nan() {
            return true;
        }
        let impact = libm::log(close / before).abs() / (close * volume);
        if let Some(mean) = self.impacts.mean(impact) {
            lines[0] = 1e6 * mean;
        }
        true
    }
}
