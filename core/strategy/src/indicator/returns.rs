//! Indicators of returns: volatility, persistence, spread.

use super::NUMBER_MAX;
use super::machine::{Lines, Machine};
use super::range::priced;
use super::window::{Moments, Pairs, Ring, Sum};
use crate::sample::{Candle, Sample};

/// See [`Kind::LogReturn`](super::Kind::LogReturn).
#[derive(Clone, Debug)]
pub(super) struct LogReturn(Ring);

impl LogReturn {
    pub fn new(period: usize) -> LogReturn {
        LogReturn(Ring::new(period))
    }

    /// Takes a sample above 0 in; its return once there is an earlier one.
    fn push(&mut self, x: f64) -> Option<f64> {
        self.0.push(x).map(|before| libm::log(x / before))
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Whether returns can be taken from and to a number. At or below 0 there are none, as of crude oil in
/// April 2020; so near to 0 a ratio would not be a number.
fn has_returns(x: f64) -> bool {
    x >= 1.0 / NUMBER_MAX
}

impl Machine for LogReturn {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        if !has_returns(x) {
            self.clear();
            lines[0] = f64::NAN;
        } else if let Some(value) = self.push(x) {
            lines[0] = value;
        }
        true
    }
}

/// See [`Kind::RealisedVolatility`](super::Kind::RealisedVolatility).
#[derive(Clone, Debug)]
pub(super) struct RealisedVolatility {
    returns: LogReturn,
    squares: Sum,
}

impl RealisedVolatility {
    pub fn new(period: usize) -> RealisedVolatility {
        RealisedVolatility { returns: LogReturn::new(1), squares: Sum::new(period) }
    }
}

impl Machine for RealisedVolatility {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        if !has_returns(x) {
            self.returns.clear();
            self.squares.clear();
            lines[0] = f64::NAN;
            return true;
        }
        let step = self.returns.push(x);
        if let Some(mean) = step.and_then(|step| self.squares.mean(step * step)) {
            lines[0] = mean.max(0.0).sqrt();
        }
        true
    }
}

/// How much variance one bar shows.
type Estimator = fn(&Candle) -> f64;

/// Volatility from what each bar shows alone.
#[derive(Clone, Debug)]
pub(super) struct BarVolatility {
    estimator: Estimator,
    variances: Sum,
}

impl BarVolatility {
    /// See [`Kind::Parkinson`](super::Kind::Parkinson).
    pub fn parkinson(period: usize) -> BarVolatility {
        BarVolatility { estimator: parkinson, variances: Sum::new(period) }
    }

    /// See [`Kind::GarmanKlass`](super::Kind::GarmanKlass).
    pub fn garman_klass(period: usize) -> BarVolatility {
        BarVolatility { estimator: garman_klass, variances: Sum::new(period) }
    }

    /// See [`Kind::RogersSatchell`](super::Kind::RogersSatchell).
    pub fn rogers_satchell(period: usize) -> BarVolatility {
        BarVolatility { estimator: rogers_satchell, variances: Sum::new(period) }
    }
}

fn parkinson(candle: &Candle) -> f64 {
    let range = libm::log(candle.high / candle.low);
    range * range / (4.0 * std::f64::consts::LN_2)
}

fn garman_klass(candle: &Candle) -> f64 {
    let range = libm::log(candle.high / candle.low);
    let body = libm::log(candle.close / candle.open);
    range * range / 2.0 - (2.0 * std::f64::consts::LN_2 - 1.0) * body * body
}

fn rogers_satchell(candle: &Candle) -> f64 {
    let [from_open, from_close] = [candle.open, candle.close].map(|from| {
        let high = libm::log(candle.high / from);
        let low = libm::log(candle.low / from);
        (high, low)
    });
    from_open.0 * from_close.0 + from_open.1 * from_close.1
}

impl Machine for BarVolatility {
    fn update(&mut self, _: f64, sample: &Sample, lines: &mut Lines) -> bool {
        let Candle { open, high, low, .. } = sample.candle;
        if !priced(&sample.candle) || !(low..=high).contains(&open) {
            return false;
        }
        if !has_returns(low) {
            self.variances.clear();
            lines[0] = f64::NAN;
        } else if let Some(mean) = self.variances.mean((self.estimator)(&sample.candle)) {
            lines[0] = mean.max(0.0).sqrt();
        }
        true
    }
}

/// See [`Kind::Autocorrelation`](super::Kind::Autocorrelation).
#[derive(Clone, Debug)]
pub(super) struct Autocorrelation {
    returns: LogReturn,
    earlier: Ring,
    pairs: Pairs,
}

impl Autocorrelation {
    pub fn new(period: usize, lag: usize) -> Autocorrelation {
        Autocorrelation {
            returns: LogReturn::new(1),
            earlier: Ring::new(lag),
            pairs: Pairs::new(period),
        }
    }

    fn push(&mut self, x: f64) -> Option<f64> {
        let step = self.returns.push(x)?;
        let earlier = self.earlier.push(step)?;
        let joint = self.pairs.push(step, earlier)?;
        let scale = joint.variances[0].sqrt() * joint.variances[1].sqrt();
        Some(if scale > 0.0 { (joint.covariance / scale).clamp(-1.0, 1.0) } else { 0.0 })
    }

    fn clear(&mut self) {
        self.returns.clear();
        self.earlier.clear();
        self.pairs.clear();
    }
}

impl Machine for Autocorrelation {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        if !has_returns(x) {
            self.clear();
            lines[0] = f64::NAN;
        } else if let Some(value) = self.push(x) {
            lines[0] = value;
        }
        true
    }
}

/// See [`Kind::VarianceRatio`](super::Kind::VarianceRatio).
#[derive(Clone, Debug)]
pub(super) struct VarianceRatio {
    period: f64,
    horizon: f64,
    short: LogReturn,
    long: LogReturn,
    short_moments: Moments,
    long_moments: Moments,
}

impl VarianceRatio {
    /// The horizon is at most half of the period.
    pub fn new(period: usize, horizon: usize) -> VarianceRatio {
        VarianceRatio {
            period: period as f64,
            horizon: horizon as f64,
            short: LogReturn::new(1),
            long: LogReturn::new(horizon),
            short_moments: Moments::new(period),
            long_moments: Moments::new(period + 1 - horizon),
        }
    }

    fn push(&mut self, x: f64) -> Option<[f64; 2]> {
        let (short, long) = (self.short.push(x), self.long.push(x));
        self.short_moments.take(short?);
        self.long_moments.take(long?);
        if !self.short_moments.is_full() {
            return None;
        }
        let (n, q) = (self.period, self.horizon);
        let short = self.short_moments.variance() * n / (n - 1.0);
        if short <= 0.0 {
            return Some([1.0, 0.5]);
        }
        let freedom = q * (n - q + 1.0) * (1.0 - q / n);
        let long = self.long_moments.squares_around(q * self.short_moments.mean()) / freedom;
        if long <= 0.0 {
            return Some([0.0, 0.0]);
        }
        let ratio = long / short;
        let hurst = 0.5 + libm::log(ratio) / (2.0 * libm::log(q));
        Some([ratio, hurst.clamp(0.0, 1.0)])
    }

    fn clear(&mut self) {
        self.short.clear();
        self.long.clear();
        self.short_moments.clear();
        self.long_moments.clear();
    }
}

impl Machine for VarianceRatio {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        if !has_returns(x) {
            self.clear();
            lines[..2].fill(f64::NAN);
        } else if let Some(values) = self.push(x) {
            lines[..2].copy_from_slice(&values);
        }
        true
    }
}

/// See [`Kind::RollSpread`](super::Kind::RollSpread).
#[derive(Clone, Debug)]
pub(super) struct RollSpread {
    /// The last two samples, the older one first; `NaN` where there is none.
    before: [f64; 2],
    pairs: Pairs,
}

impl RollSpread {
    pub fn new(period: usize) -> RollSpread {
        RollSpread { before: [f64::NAN; 2], pairs: Pairs::new(period) }
    }
}

impl Machine for RollSpread {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !x.is_finite() {
            return false;
        }
        let [older, newer] = self.before;
        self.before = [newer, x];
        if older.is_nan() {
            return true;
        }
        if let Some(joint) = self.pairs.push(x - newer, newer - older) {
            lines[0] = 2.0 * (-joint.covariance).max(0.0).sqrt();
        }
        true
    }
}
