//! Indicators of one series of numbers that look at its last samples alone.

use super::machine::{Lines, Machine};
use super::ordered::Ordered;
use super::wide::Wide;
use super::window::{Highest, Lowest, Moments, Ring, Sum};
use crate::sample::Sample;

/// How many standard deviations one of so many numbers can be from their mean, at most: all others
/// are equal then.
pub(super) fn deviations_max(period: usize) -> f64 {
    libm::sqrt(period.saturating_sub(1) as f64)
}

/// A number that is none has no value.
fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}

/// A quotient; no value where it is none.
fn quotient(a: f64, b: f64) -> f64 {
    finite(a / b)
}

/// Makes machines of a series from what they do with a finite number.
macro_rules! of_a_series {
    ($($name:ident($this:ident, $x:ident, $lines:ident) $body:block)*) => {$(
        impl Machine for $name {
            fn update(&mut self, x: f64, _: &Sample, $lines: &mut Lines) -> bool {
                if !x.is_finite() {
                    return false;
                }
                let ($this, $x) = (self, x);
                $body
                true
            }
        }
    )*};
}

of_a_series! {
    Mean(this, x, lines) {
        if let Some(mean) = this.0.mean(x) {
            lines[0] = mean;
        }
    }
    Total(this, x, lines) {
        if let Some(sum) = this.0.push(x) {
            lines[0] = sum;
        }
    }
    Maximum(this, x, lines) {
        if let Some(highest) = this.0.push(x) {
            lines[0] = highest;
        }
    }
    Minimum(this, x, lines) {
        if let Some(lowest) = this.0.push(x) {
            lines[0] = lowest;
        }
    }
    Deviation(this, x, lines) {
        if let Some((_, variance)) = this.0.push(x) {
            lines[0] = variance.sqrt();
        }
    }
    ZScore(this, x, lines) {
        if let Some(score) = this.push(x) {
            lines[0] = score;
        }
    }
    Bb(this, x, lines) {
        if let Some((middle, variance)) = this.moments.push(x) {
            let reach = this.sigma * variance.sqrt();
            let (upper, lower) = (middle + reach, middle - reach);
            let width = upper - lower;
            let percent_b = if width > 0.0 { (x - lower) / width } else { 0.5 };
            let percent_b = percent_b.clamp(0.5 - this.farthest, 0.5 + this.farthest);
            *lines = [middle, upper, lower, percent_b, quotient(100.0 * width, middle.abs())];
        }
    }
    Roc(this, x, lines) {
        if let Some(before) = this.0.push(x) {
            lines[0] = if before > 0.0 {
                finite((x / before - 1.0) * 100.0)
            } else {
                quotient(100.0 * (x - before), -before)
            };
        }
    }
    Change(this, x, lines) {
        if let Some(before) = this.0.push(x) {
            lines[0] = x - before;
        }
    }
    Delay(this, x, lines) {
        if let Some(before) = this.0.push(x) {
            lines[0] = before;
        }
    }
    PercentRank(this, x, lines) {
        if this.0.is_full() {
            let before = this.0.len();
            let not_above = before - this.0.above(x).count;
            lines[0] = 100.0 * not_above as f64 / before as f64;
        }
        this.0.push(x);
    }
    Slope(this, x, lines) {
        if let Some(slope) = this.push(x) {
            lines[0] = slope;
        }
    }
    EfficiencyRatio(this, x, lines) {
        let step = (x - std::mem::replace(&mut this.before, x)).abs();
        let way = if step.is_nan() { None } else { this.way.push(step) };
        if let (Some(start), Some(way)) = (this.samples.push(x), way) {
            lines[0] = if way > 0.0 { ((x - start).abs() / way).min(1.0) } else { 0.0 };
        }
    }
}

/// See [`Kind::Sma`](super::Kind::Sma).
#[derive(Clone, Debug)]
pub(super) struct Mean(Sum);

impl Mean {
    pub fn new(period: usize) -> Mean {
        Mean(Sum::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Total(Sum);

impl Total {
    pub fn new(period: usize) -> Total {
        Total(Sum::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Maximum(Highest);

impl Maximum {
    pub fn new(period: usize) -> Maximum {
        Maximum(Highest::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Minimum(Lowest);

impl Minimum {
    pub fn new(period: usize) -> Minimum {
        Minimum(Lowest::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Deviation(Moments);

impl Deviation {
    pub fn new(period: usize) -> Deviation {
        Deviation(Moments::new(period))
    }
}

/// See [`Kind::ZScore`](super::Kind::ZScore).
#[derive(Clone, Debug)]
pub(super) struct ZScore {
    moments: Moments,
    farthest: f64,
}

impl ZScore {
    pub fn new(period: usize) -> ZScore {
        ZScore { moments: Moments::new(period), farthest: deviations_max(period) }
    }

    pub fn push(&mut self, x: f64) -> Option<f64> {
        let (mean, variance) = self.moments.push(x)?;
        let score = if variance > 0.0 { (x - mean) / variance.sqrt() } else { 0.0 };
        Some(score.clamp(-self.farthest, self.farthest))
    }
}

/// See [`Kind::Bb`](super::Kind::Bb).
#[derive(Clone, Debug)]
pub(super) struct Bb {
    moments: Moments,
    sigma: f64,
    /// How far a sample can be from the middle, in distances of the bands.
    farthest: f64,
}

impl Bb {
    pub fn new(period: usize, sigma: f64) -> Bb {
        let farthest = deviations_max(period) / (2.0 * sigma);
        Bb { moments: Moments::new(period), sigma, farthest }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Roc(Ring);

impl Roc {
    pub fn new(period: usize) -> Roc {
        Roc(Ring::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Change(Ring);

impl Change {
    pub fn new(period: usize) -> Change {
        Change(Ring::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Delay(Ring);

impl Delay {
    pub fn new(period: usize) -> Delay {
        Delay(Ring::new(period))
    }
}

#[derive(Clone, Debug)]
pub(super) struct PercentRank(Ordered);

impl PercentRank {
    pub fn new(period: usize) -> PercentRank {
        PercentRank(Ordered::new(period))
    }
}

/// See [`Kind::Slope`](super::Kind::Slope). With the oldest of n samples at place 0, a new sample
/// moves each one place down: the sum of place times sample loses the sum of the samples that stay.
#[derive(Clone, Debug)]
pub(super) struct Slope {
    ring: Ring,
    sum: Wide,
    weighted: Wide,
}

impl Slope {
    pub fn new(period: usize) -> Slope {
        Slope { ring: Ring::new(period), sum: Wide::ZERO, weighted: Wide::ZERO }
    }

    fn push(&mut self, x: f64) -> Option<f64> {
        let place = self.ring.len() as f64;
        match self.ring.push(x) {
            Some(old) => {
                self.sum = self.sum.plus(-old);
                self.weighted =
                    self.weighted.minus_wide(self.sum).plus_wide(Wide::product(x, place - 1.0));
            }
            None => self.weighted = self.weighted.plus_wide(Wide::product(x, place)),
        }
        self.sum = self.sum.plus(x);
        let n = self.ring.capacity() as f64;
        let places = n * (n - 1.0) / 2.0;
        let spread = n * n * (n * n - 1.0) / 12.0;
        self.ring
            .is_full()
            .then(|| self.weighted.times(n).minus_wide(self.sum.times(places)).value() / spread)
    }
}

/// See [`Kind::EfficiencyRatio`](super::Kind::EfficiencyRatio).
#[derive(Clone, Debug)]
pub(super) struct EfficiencyRatio {
    samples: Ring,
    way: Sum,
    /// `NaN` before the first sample.
    before: f64,
}

impl EfficiencyRatio {
    pub fn new(period: usize) -> EfficiencyRatio {
        EfficiencyRatio { samples: Ring::new(period), way: Sum::new(period), before: f64::NAN }
    }
}
