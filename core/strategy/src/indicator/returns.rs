//! Indicators of returns: volatility, persistence, spread.

use super::machine::{Lines, Machine};
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
}

fn has_logarithm(x: f64) -> bool {
    x > 0.0 && x.is_finite()
}

impl Machine for LogReturn {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !has_logarithm(x) {
            return false;
        }
        if let Some(value) = self.push(x) {
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
        if !has_logarithm(x) {
            return false;
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
        let Candle { open, high, low, close, .. } = sample.candle;
        if ![open, high, low, close].into_iter().all(has_logarithm) {
            return false;
        }
        if let Some(mean) = self.variances.mean((self.estimator)(&sample.candle)) {
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
}

impl Machine for Autocorrelation {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !has_logarithm(x) {
            return false;
        }
        if let Some(value) = self.push(x) {
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
        Some([ratio, 0.5 + libm::log(ratio) / (2.0 * libm::log(q))])
    }
}

impl Machine for VarianceRatio {
    fn update(&mut self, x: f64, _: &Sample, lines: &mut Lines) -> bool {
        if !has_logarithm(x) {
            return false;
        }
        if let Some(values) = self.push(x) {
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
