//! TA-Lib's batch functions.

use crate::bars::Columns;
use gauntlet_strategy::indicator::{Kind, Spec};
use ta_lib::{Core, MAType, OutRange, RetCode};

/// A batch function with room for what it gives.
pub struct Batch {
    spec: Spec,
    outputs: [Vec<f64>; 4],
    directions: Vec<i32>,
}

impl Batch {
    /// The function of a kind, if TA-Lib has it.
    pub fn of(spec: &Spec, bars: usize) -> Option<Batch> {
        let known = matches!(
            spec.kind(),
            Kind::Rsi
                | Kind::Macd
                | Kind::Bb
                | Kind::Ema
                | Kind::Sma
                | Kind::Adx
                | Kind::Atr
                | Kind::Vwap
                | Kind::Stoch
                | Kind::Cci
                | Kind::Mfi
                | Kind::Roc
                | Kind::Williams
                | Kind::Keltner
                | Kind::Donchian
                | Kind::Ichimoku
                | Kind::Psar
                | Kind::Supertrend
                | Kind::Highest
                | Kind::Lowest
                | Kind::Sum
                | Kind::Stdev
                | Kind::PercentRank
                | Kind::Slope
                | Kind::Change
                | Kind::AtrPercent
        );
        known.then(|| Batch {
            spec: *spec,
            outputs: std::array::from_fn(|_| vec![0.0; bars]),
            directions: vec![0; bars],
        })
    }

    /// Computes all bars.
    pub fn run(&mut self, of: &Columns) {
        self.call(of).expect("parameters are in TA-Lib's ranges and buffers are long enough");
    }

    fn call(&mut self, of: &Columns) -> Result<OutRange, RetCode> {
        let core = Core::new();
        let Columns { high, low, close, volume } = of;
        let end = close.len() - 1;
        let n = |at: usize| self.spec.parameter(at) as i32;
        let real = |at: usize| self.spec.parameter(at);
        let sma = MAType::SMA;
        let [a, b, c, d] = &mut self.outputs;
        match self.spec.kind() {
            Kind::Rsi => core.rsi(0, end, close, n(0), a),
            Kind::Macd => core.macd(0, end, close, n(0), n(1), n(2), a, b, c),
            Kind::Bb => core.bbands(0, end, close, n(0), real(1), real(1), sma, a, b, c),
            Kind::Ema => core.ema(0, end, close, n(0), a),
            Kind::Sma => core.sma(0, end, close, n(0), a),
            Kind::Adx => {
                // Ours gives all three lines.
                core.plus_di(0, end, high, low, close, n(0), b)?;
                core.minus_di(0, end, high, low, close, n(0), c)?;
                core.adx(0, end, high, low, close, n(0), a)
            }
            Kind::Atr => core.atr(0, end, high, low, close, n(0), a),
            Kind::AtrPercent => core.natr(0, end, high, low, close, n(0), a),
            Kind::Vwap => core.vwap(0, end, high, low, close, volume, a),
            Kind::Stoch => core.stoch(0, end, high, low, close, n(0), n(1), sma, n(2), sma, a, b),
            Kind::Cci => core.cci(0, end, high, low, close, n(0), a),
            Kind::Mfi => core.mfi(0, end, high, low, close, volume, n(0), a),
            Kind::Roc => core.roc(0, end, close, n(0), a),
            Kind::Williams => core.willr(0, end, high, low, close, n(0), a),
            Kind::Keltner => core.kc(0, end, high, low, close, n(0), n(2), real(1), a, b, c),
            Kind::Donchian => core.donchian(0, end, high, low, n(0), a, b, c),
            Kind::Ichimoku => core.ichimoku(0, end, high, low, n(0), n(1), n(2), a, b, c, d),
            Kind::Psar => core.sar(0, end, high, low, real(0), real(1), a),
            Kind::Supertrend => {
                core.supertrend(0, end, high, low, close, n(0), real(1), a, &mut self.directions)
            }
            Kind::Highest => core.max(0, end, close, n(0), a),
            Kind::Lowest => core.min(0, end, close, n(0), a),
            Kind::Sum => core.sum(0, end, close, n(0), a),
            Kind::Stdev => core.stddev(0, end, close, n(0), 1.0, a),
            Kind::PercentRank => core.percentrank(0, end, close, n(0), a),
            Kind::Slope => core.linearreg_slope(0, end, close, n(0), a),
            Kind::Change => core.mom(0, end, close, n(0), a),
            _ => Err(RetCode::BadParam),
        }
    }
}
