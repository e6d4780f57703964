//! An indicator with its parameters, before it has seen anything.

use super::series::deviations_max;
use super::volume::channel_max;
use super::{Kind, PARAMETERS_MAX};
use crate::parameter::ParameterError;

/// What is left of a seed once a mean that never forgets it counts as settled.
pub const SEED_WEIGHT_MAX: f64 = 1e-9;

/// The same where a ratio of such means is taken, as in the RSI: in a market that has become a
/// thousand times quieter a seed weighs a thousand times more.
pub const SEED_WEIGHT_IN_RATIO_MAX: f64 = 1e-12;

/// The line of [`Kind::Bb`] that says where a sample lies between the bands.
const PERCENT_B: usize = 3;

/// A kind with all its parameters. Equal specifications compute equal values from equal samples, so
/// that whoever wants the same indicator of the same series can share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spec {
    kind: Kind,
    /// The bits of the parameters, 0 where the kind has none.
    parameters: [u64; PARAMETERS_MAX],
}

impl Spec {
    /// A kind with the given parameters in the order of its table; `NaN` and those left out at the
    /// end mean the default.
    ///
    /// # Errors
    /// The first parameter that is out of range, not whole, or not one of the kind's.
    pub fn new(kind: Kind, given: &[f64]) -> Result<Spec, ParameterError> {
        let table = kind.info().parameters;
        if let Some(index) = (table.len()..given.len()).find(|at| !given[*at].is_nan()) {
            return Err(ParameterError::Unknown { index });
        }
        let mut values = [0.0; PARAMETERS_MAX];
        for (at, parameter) in table.iter().enumerate() {
            values[at] = parameter.resolve(given.get(at).copied().unwrap_or(f64::NAN))?;
        }
        match kind {
            Kind::Macd | Kind::MacdAtr if values[0] > values[1] => values.swap(0, 1),
            Kind::VarianceRatio if values[1] > values[0] / 2.0 => {
                return Err(ParameterError::OutOfRange {
                    name: table[1].name,
                    value: values[1],
                    min: table[1].min,
                    max: libm::floor(values[0] / 2.0),
                });
            }
            _ => {}
        }
        Ok(Spec { kind, parameters: values.map(f64::to_bits) })
    }

    /// The kind with its defaults.
    pub fn default_of(kind: Kind) -> Spec {
        Spec::new(kind, &[])
            .expect("defaults are in their ranges, as a test of the registry proves")
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The value of a parameter; 0 where the kind has none.
    pub fn parameter(&self, at: usize) -> f64 {
        self.parameters.get(at).map_or(0.0, |bits| f64::from_bits(*bits))
    }

    /// The values of its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = f64> {
        let count = self.kind.info().parameters.len();
        (0..count).map(|at| self.parameter(at))
    }

    /// The least and the largest value that a line can have, infinite where there is none. It has no
    /// value where it would not be within them.
    pub fn bounds(&self, line: usize) -> (f64, f64) {
        let period = self.parameter(0) as usize;
        let around = |middle: f64, farthest: f64| (middle - farthest, middle + farthest);
        match (self.kind, line) {
            (Kind::ZScore | Kind::VolumeZScore, 0) => around(0.0, deviations_max(period)),
            (Kind::Cci, 0) => around(0.0, channel_max(period)),
            (Kind::Bb, PERCENT_B) => {
                around(0.5, deviations_max(period) / (2.0 * self.parameter(1)))
            }
            (kind, line) => kind
                .info()
                .lines
                .get(line)
                .map_or((f64::NEG_INFINITY, f64::INFINITY), |line| line.bounds()),
        }
    }

    /// Samples to the first value, that one counted; of all lines. Kinds that need a session wait for
    /// the beginning of one besides.
    pub fn warm_up(&self) -> usize {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| self.parameter(at) as usize);
        match self.kind {
            Kind::Ema
            | Kind::Sma
            | Kind::Bb
            | Kind::Cci
            | Kind::Williams
            | Kind::Donchian
            | Kind::Highest
            | Kind::Lowest
            | Kind::Sum
            | Kind::Stdev
            | Kind::ZScore
            | Kind::Slope
            | Kind::Parkinson
            | Kind::GarmanKlass
            | Kind::RogersSatchell
            | Kind::VolumeZScore
            | Kind::TradeImbalance
            | Kind::TradeSize => a,
            Kind::Rsi
            | Kind::Atr
            | Kind::AtrPercent
            | Kind::Mfi
            | Kind::Roc
            | Kind::Supertrend
            | Kind::PercentRank
            | Kind::Change
            | Kind::Delay
            | Kind::LogReturn
            | Kind::RealisedVolatility
            | Kind::VarianceRatio
            | Kind::EfficiencyRatio
            | Kind::Amihud
            | Kind::RelativeVolume
            | Kind::UpVolumeShare
            | Kind::KyleLambda => a + 1,
            Kind::Macd => b + c - 1,
            Kind::MacdAtr => (b + c - 1).max(d + 1),
            Kind::Adx => 2 * a,
            Kind::Stoch => a + b + c - 2,
            Kind::Keltner => a.max(c + 1),
            Kind::Ichimoku => a.max(b).max(c) + d,
            Kind::Psar => 2,
            Kind::Autocorrelation => a + b + 1,
            Kind::RollSpread => a + 2,
            Kind::Vwap
            | Kind::CloseLocation
            | Kind::VwapDistance
            | Kind::SessionTime
            | Kind::DayOfWeek
            | Kind::SessionGap
            | Kind::SessionRange
            | Kind::BookImbalance
            | Kind::DepthImbalance
            | Kind::MicropriceOffset
            | Kind::SpreadTicks => 1,
        }
    }

    /// Samples after which what came before the first no longer matters: where the first samples
    /// seed a mean, until less than [`SEED_WEIGHT_MAX`] of the seed is left (in ratios of means
    /// [`SEED_WEIGHT_IN_RATIO_MAX`]); [`Spec::warm_up`] where
    /// the window is finite. A kind that follows a trend has no such number, since it forgets only by
    /// turning: [`Indicator::is_settled`](super::Indicator::is_settled) tells when it has turned often
    /// enough, on ordinary bars and with ordinary parameters mostly within as many samples as this
    /// says.
    pub fn settle(&self) -> usize {
        let turns = match self.kind {
            Kind::Psar => 500,
            Kind::Supertrend => 300,
            _ => 0,
        };
        self.warm_up() + self.fading() + turns
    }

    /// Whether it settles with the turns of a trend.
    pub fn follows_a_trend(&self) -> bool {
        matches!(self.kind, Kind::Psar | Kind::Supertrend)
    }

    /// Samples after the warm-up in which the seed fades. Where a mean is made of a mean, the outer
    /// one is as good as seeded when the inner one has settled.
    pub(super) fn fading(&self) -> usize {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| self.parameter(at) as usize);
        match self.kind {
            Kind::Ema => exponential(a, SEED_WEIGHT_MAX),
            Kind::Macd => exponential(b, SEED_WEIGHT_MAX) + exponential(c, SEED_WEIGHT_MAX),
            Kind::MacdAtr => {
                let histogram = [b, c].map(|period| exponential(period, SEED_WEIGHT_IN_RATIO_MAX));
                (histogram[0] + histogram[1]).max(wilder(d, SEED_WEIGHT_IN_RATIO_MAX))
            }
            Kind::Atr | Kind::AtrPercent | Kind::Supertrend => wilder(a, SEED_WEIGHT_MAX),
            Kind::Rsi => wilder(a, SEED_WEIGHT_IN_RATIO_MAX),
            Kind::Adx => wilder(a, SEED_WEIGHT_IN_RATIO_MAX) + wilder(a, SEED_WEIGHT_MAX),
            Kind::Keltner => exponential(a, SEED_WEIGHT_MAX).max(wilder(c, SEED_WEIGHT_MAX)),
            _ => 0,
        }
    }
}

/// Samples in which the seed of an exponential mean fades to a weight.
fn exponential(period: usize, weight: f64) -> usize {
    fading(2.0 / (period as f64 + 1.0), weight)
}

/// Samples in which the seed of Wilder's mean fades to a weight.
fn wilder(period: usize, weight: f64) -> usize {
    fading(1.0 / period as f64, weight)
}

fn fading(weight_of_newest: f64, weight: f64) -> usize {
    let kept = 1.0 - weight_of_newest;
    if kept <= 0.0 { 1 } else { libm::ceil(libm::log(weight) / libm::log(kept)) as usize }
}

impl std::fmt::Display for Spec {
    /// As rules write it: `bb(20, 2)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.info().name)?;
        for (at, value) in self.parameters().enumerate() {
            write!(f, "{}{value}", if at == 0 { "(" } else { ", " })?;
        }
        if self.kind.info().parameters.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::find;

    fn spec(name: &str, given: &[f64]) -> Spec {
        Spec::new(find(name).expect("a kind").kind, given).expect("allowed")
    }

    #[test]
    fn first_values_come_where_ta_lib_has_them() {
        let index = |name, given: &[f64]| spec(name, given).warm_up() - 1;
        assert_eq!([index("rsi", &[14.0]), index("atr", &[14.0]), index("mfi", &[14.0])], [14; 3]);
        assert_eq!(index("ema", &[20.0]), 19);
        assert_eq!(index("adx", &[14.0]), 27);
        assert_eq!(index("macd", &[]), 33);
        assert_eq!(index("stoch", &[14.0, 3.0, 3.0]), 17);
        assert_eq!(index("psar", &[]), 1);
    }

    #[test]
    fn equal_specifications_are_equal_however_they_were_given() {
        assert_eq!(spec("rsi", &[]), spec("rsi", &[14.0]));
        assert_eq!(spec("bb", &[f64::NAN, 2.0]), spec("bb", &[20.0]));
        assert_eq!(spec("macd", &[26.0, 12.0]), spec("macd", &[12.0, 26.0, 9.0]));
        assert_ne!(spec("rsi", &[14.0]), spec("rsi", &[15.0]));
        assert_ne!(spec("rsi", &[14.0]), spec("atr", &[14.0]));
    }

    #[test]
    fn parameters_that_are_not_allowed_are_refused_with_what_is() {
        let refused = |name, given: &[f64]| {
            Spec::new(find(name).expect("a kind").kind, given).expect_err("refused").to_string()
        };
        assert_eq!(refused("rsi", &[1.0]), "period must be from 2 to 1000, not 1");
        assert_eq!(refused("rsi", &[14.5]), "period must be a whole number, not 14.5");
        assert_eq!(refused("rsi", &[14.0, 3.0]), "parameter 1 does not exist: leave it out");
        assert_eq!(refused("ema", &[f64::INFINITY]), "period must be from 1 to 1000, not inf");
        assert_eq!(
            refused("variance_ratio", &[20.0, 11.0]),
            "horizon must be from 2 to 10, not 11"
        );
    }

    #[test]
    fn a_specification_reads_as_rules_write_it() {
        assert_eq!(spec("bb", &[]).to_string(), "bb(20, 2)");
        assert_eq!(spec("psar", &[]).to_string(), "psar(0.02, 0.2)");
        assert_eq!(spec("vwap", &[]).to_string(), "vwap");
    }

    #[test]
    fn a_seed_has_faded_when_it_is_said_to_have() {
        let ema = spec("ema", &[20.0]);
        let left = libm::pow(19.0 / 21.0, (ema.settle() - ema.warm_up()) as f64);
        assert!(left < SEED_WEIGHT_MAX && left > 0.8 * SEED_WEIGHT_MAX, "{left}");
        assert_eq!(spec("sma", &[20.0]).settle(), 20);
    }
}
