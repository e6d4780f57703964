//! Means that forget slowly, each in TA-Lib's arithmetic.

use super::machine::{Lines, Machine};
use crate::sample::Sample;

/// A mean whose weights shrink by a factor with each sample, seeded with the simple mean of its
/// first samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Smoothing {
    period: u32,
    beta: f64,
    alpha: f64,
    seen: u32,
    /// The sum of the first samples until they are all there, then the mean.
    value: f64,
}

impl Smoothing {
    /// TA-Lib's exponential mean: weight 2 / (period + 1) for the newest sample.
    pub fn exponential(period: usize) -> Smoothing {
        let period = period as f64;
        let beta = (period - 1.0) / (period + 1.0);
        let alpha = 1.0 - beta;
        let beta = if beta < 0.5 { 1.0 - alpha } else { beta };
        Smoothing { period: period as u32, beta, alpha, seen: 0, value: 0.0 }
    }

    /// Wilder's mean: weight 1 / period for the newest sample.
    pub fn wilder(period: usize) -> Smoothing {
        let period = period as f64;
        let beta = (period - 1.0) / period;
        Smoothing { period: period as u32, beta, alpha: 1.0 - beta, seen: 0, value: 0.0 }
    }

    /// Takes a sample in; the mean once it is seeded.
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if self.seen < self.period {
            self.seen += 1;
            self.value += x;
            if self.seen < self.period {
                return None;
            }
            self.value /= self.period as f64;
        } else if self.period == 1 {
            self.value = x;
        } else {
            self.value = self.beta.mul_add(self.value, self.alpha * x);
        }
        Some(self.value)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Ema(Smoothing);

impl Ema {
    pub fn new(period: usize) -> Ema {
        Ema(Smoothing::exponential(period))
    }
}

impl Machine for Ema {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        if let Some(mean) = self.0.push(x) {
            lines[0] = mean;
        }
        true
    }
}

/// See [`Kind::Macd`](super::Kind::Macd).
#[derive(Clone, Debug)]
pub(super) struct Macd {
    fast: Smoothing,
    slow: Smoothing,
    signal: Smoothing,
    /// Samples that the fast mean leaves out, to be seeded together with the slow one.
    skip: usize,
}

impl Macd {
    pub fn new(fast: usize, slow: usize, signal: usize) -> Macd {
        Macd {
            fast: Smoothing::exponential(fast),
            slow: Smoothing::exponential(slow),
            signal: Smoothing::exponential(signal),
            skip: slow.saturating_sub(fast),
        }
    }

    /// Takes a sample in; difference, signal and histogram once all three are seeded.
    pub fn push(&mut self, x: f64) -> Option<[f64; 3]> {
        let slow = self.slow.push(x);
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        let macd = self.fast.push(x)? - slow?;
        let signal = self.signal.push(macd)?;
        Some([macd, signal, macd - signal])
    }
}

impl Machine for Macd {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        if let Some(values) = self.push(x) {
            lines[..3].copy_from_slice(&values);
        }
        true
    }
}

/// See [`Kind::Rsi`](super::Kind::Rsi).
#[derive(Clone, Debug)]
pub(super) struct Rsi {
    period: f64,
    inverse: f64,
    seen: usize,
    before: f64,
    rises: f64,
    falls: f64,
}

impl Rsi {
    pub fn new(period: usize) -> Rsi {
        let (period, inverse) = (period as f64, 1.0 / period as f64);
        Rsi { period, inverse, seen: 0, before: 0.0, rises: 0.0, falls: 0.0 }
    }
}

impl Machine for Rsi {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        let step = x - std::mem::replace(&mut self.before, x);
        let seeding = self.seen <= self.period as usize;
        self.seen += seeding as usize;
        if self.seen == 1 {
            return true;
        }
        if !seeding {
            self.rises *= self.period - 1.0;
            self.falls *= self.period - 1.0;
        }
        let rise = if step > 0.0 { step } else { 0.0 };
        self.rises += rise;
        self.falls += rise - step;
        if self.seen <= self.period as usize {
            return true;
        }
        self.rises *= self.inverse;
        self.falls *= self.inverse;
        let both = self.rises + self.falls;
        lines[0] = if both > 0.0 { 100.0 * (self.rises / both) } else { 50.0 };
        true
    }
}
