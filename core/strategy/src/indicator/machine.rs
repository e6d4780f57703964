//! One machine for every kind.

use super::average::{Ema, Macd, Rsi};
use super::flow::{Book, KyleLambda, TradeImbalance, TradeSize};
use super::range::{Atr, CloseLocation, Donchian, Ichimoku, Keltner, MacdAtr, Stoch, Williams};
use super::returns::{
    Autocorrelation, BarVolatility, LogReturn, RealisedVolatility, RollSpread, VarianceRatio,
};
use super::series::{
    Bb, Change, Delay, Deviation, EfficiencyRatio, Maximum, Mean, Minimum, PercentRank, Roc, Slope,
    Total, ZScore,
};
use super::session::{DayOfWeek, SessionGap, SessionRange, SessionTime, Vwap};
use super::trend::{Adx, Psar, Supertrend};
use super::volume::{Amihud, Cci, Mfi, RelativeVolume, UpVolumeShare, VolumeZScore};
use super::{Kind, LINES_MAX, Spec};
use crate::sample::Sample;

/// The values of an indicator's lines; `NaN` where it has none.
pub(super) type Lines = [f64; LINES_MAX];

/// What computes an indicator, sample by sample.
pub(super) trait Machine {
    /// Takes the next sample in and sets the lines that it changes. A sample that cannot be computed
    /// with is skipped, which the answer `false` says.
    fn update(&mut self, source: f64, sample: &Sample, lines: &mut Lines) -> bool;

    /// Whether the trend that it follows has turned so often that it no longer matters when it began.
    fn has_turned_enough(&self) -> bool {
        true
    }
}

macro_rules! any_machine {
    ($($name:ident),* $(,)?) => {
        /// A machine of any kind.
        #[derive(Clone, Debug)]
        pub(super) enum AnyMachine {
            $($name($name)),*
        }

        impl AnyMachine {
            pub fn update(&mut self, source: f64, sample: &Sample, lines: &mut Lines) -> bool {
                match self {
                    $(AnyMachine::$name(machine) => machine.update(source, sample, lines)),*
                }
            }

            pub fn has_turned_enough(&self) -> bool {
                match self {
                    $(AnyMachine::$name(machine) => machine.has_turned_enough()),*
                }
            }
        }

        $(impl From<$name> for AnyMachine {
            fn from(machine: $name) -> AnyMachine {
                AnyMachine::$name(machine)
            }
        })*
    };
}

any_machine!(
    Adx,
    Amihud,
    Atr,
    Autocorrelation,
    BarVolatility,
    Bb,
    Book,
    Cci,
    Change,
    CloseLocation,
    DayOfWeek,
    Delay,
    Deviation,
    Donchian,
    EfficiencyRatio,
    Ema,
    Ichimoku,
    Keltner,
    KyleLambda,
    LogReturn,
    Macd,
    MacdAtr,
    Maximum,
    Mean,
    Mfi,
    Minimum,
    PercentRank,
    Psar,
    RealisedVolatility,
    RelativeVolume,
    Roc,
    RollSpread,
    Rsi,
    SessionGap,
    SessionRange,
    SessionTime,
    Slope,
    Stoch,
    Supertrend,
    Total,
    TradeImbalance,
    TradeSize,
    UpVolumeShare,
    VarianceRatio,
    VolumeZScore,
    Vwap,
    Williams,
    ZScore,
);

impl AnyMachine {
    /// A machine that has seen nothing yet.
    pub fn new(spec: &Spec, tick: f64) -> AnyMachine {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| spec.parameter(at) as usize);
        let real = |at| spec.parameter(at);
        match spec.kind() {
            Kind::Rsi => Rsi::new(a).into(),
            Kind::Macd => Macd::new(a, b, c).into(),
            Kind::Bb => Bb::new(a, real(1)).into(),
            Kind::Ema => Ema::new(a).into(),
            Kind::Sma => Mean::new(a).into(),
            Kind::Adx => Adx::new(a).into(),
            Kind::Atr => Atr::new(a).into(),
            Kind::Vwap => Vwap::new().into(),
            Kind::Stoch => Stoch::new(a, b, c).into(),
            Kind::Cci => Cci::new(a).into(),
            Kind::Mfi => Mfi::new(a).into(),
            Kind::Roc => Roc::new(a).into(),
            Kind::Williams => Williams::new(a).into(),
            Kind::Keltner => Keltner::new(a, real(1), c).into(),
            Kind::Donchian => Donchian::new(a).into(),
            Kind::Ichimoku => Ichimoku::new(a, b, c, d).into(),
            Kind::Psar => Psar::new(real(0), real(1)).into(),
            Kind::Supertrend => Supertrend::new(a, real(1), spec.fading()).into(),
            Kind::Highest => Maximum::new(a).into(),
            Kind::Lowest => Minimum::new(a).into(),
            Kind::Sum => Total::new(a).into(),
            Kind::Stdev => Deviation::new(a).into(),
            Kind::ZScore => ZScore::new(a).into(),
            Kind::PercentRank => PercentRank::new(a).into(),
            Kind::Slope => Slope::new(a).into(),
            Kind::Change => Change::new(a).into(),
            Kind::Delay => Delay::new(a).into(),
            Kind::LogReturn => LogReturn::new(a).into(),
            Kind::RealisedVolatility => RealisedVolatility::new(a).into(),
            Kind::Parkinson => BarVolatility::parkinson(a).into(),
            Kind::GarmanKlass => BarVolatility::garman_klass(a).into(),
            Kind::RogersSatchell => BarVolatility::rogers_satchell(a).into(),
            Kind::Autocorrelation => Autocorrelation::new(a, b).into(),
            Kind::VarianceRatio => VarianceRatio::new(a, b).into(),
            Kind::EfficiencyRatio => EfficiencyRatio::new(a).into(),
            Kind::RollSpread => RollSpread::new(a).into(),
            Kind::Amihud => Amihud::new(a).into(),
            Kind::VolumeZScore => VolumeZScore::new(a).into(),
            Kind::RelativeVolume => RelativeVolume::new(a).into(),
            Kind::UpVolumeShare => UpVolumeShare::new(a).into(),
            Kind::AtrPercent => Atr::in_percent(a).into(),
            Kind::MacdAtr => MacdAtr::new(a, b, c, d).into(),
            Kind::CloseLocation => CloseLocation.into(),
            Kind::VwapDistance => Vwap::distance().into(),
            Kind::SessionTime => SessionTime.into(),
            Kind::DayOfWeek => DayOfWeek.into(),
            Kind::SessionGap => SessionGap::new().into(),
            Kind::SessionRange => SessionRange::default().into(),
            Kind::BookImbalance => Book::imbalance().into(),
            Kind::DepthImbalance => Book::depth_imbalance().into(),
            Kind::MicropriceOffset => Book::microprice_offset().into(),
            Kind::SpreadTicks => Book::spread_in(tick).into(),
            Kind::TradeImbalance => TradeImbalance::new(a).into(),
            Kind::TradeSize => TradeSize::new(a).into(),
            Kind::KyleLambda => KyleLambda::new(a).into(),
        }
    }
}
