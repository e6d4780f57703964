//! Indicators of typical prices and of volume.

use super::machine::{Lines, Machine};
use super::ordered::Ordered;
use super::range::priced;
use super::series::ZScore;
use super::window::Sum;
use crate::sample::{Candle, Sample};

pub(super) fn typical(candle: &Candle) -> f64 {
    (candle.high + candle.low + candle.close) / 3.0
}

fn traded(candle: &Candle) -> bool {
    priced(candle) && candle.volume.is_finite()
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
            let rounding = 1e-14 * mean.abs();
            let flat = (price - mean).abs() <= rounding || deviation <= rounding;
            lines[0] = if flat { 0.0 } else { (price - mean) / (0.015 * deviation) };
        }
        true
    }
}

/// See [`Kind::Mfi`](super::Kind::Mfi).
#[derive(Clone, Debug)]
pub(super) struct Mfi {
    /// The typical price before; `NaN` before the first bar.
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
        let price = typical(&sample.candle);
        let before = std::mem::replace(&mut self.before, price);
        if before.is_nan() {
            return true;
        }
        let moved = (price - before).abs() > 1e-14 * (price.abs() + before.abs());
        let flow = if moved { price * sample.candle.volume } else { 0.0 };
        let (rise, fall) = if price < before { (0.0, flow) } else { (flow, 0.0) };
        if let (Some(rising), Some(falling)) = (self.rising.push(rise), self.falling.push(fall)) {
            let both = rising + falling;
            lines[0] = if both > 0.0 { 100.0 * (rising / both) } else { 0.0 };
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
        if !volume.is_finite() {
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
        if !volume.is_finite() {
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
        if !traded(&sample.candle) || close <= 0.0 || volume <= 0.0 {
            return false;
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
