//! Mean reversion.
//!
//! Most of the time an index future has no news, and its price wanders around a mean because those
//! who make markets lean against every push that nothing stands behind. A close outside of the
//! Bollinger bands is such a push in price, an RSI at its extreme is one in pace; both together are
//! faded, and the position is given back at the mean, which is all that the idea promises. It
//! earns a little often and loses when the push was news after all: the bot's stop is for that.
//!
//! Bollinger bands: mean and population standard deviation of the last closes (John Bollinger,
//! *Bollinger on Bollinger Bands*, 2001). RSI: Wilder's smoothing, seeded with a simple mean (J.
//! Welles Wilder, *New Concepts in Technical Trading Systems*, 1978). Both are TA-Lib's.
//!
//! Wilder's smoothing never forgets its seed: after n bars a weight of (1 − 1/period)ⁿ is left of
//! it. `settle_bars` bars pass before the first verdict, so that what the strategy says does not
//! depend on where its data happened to begin; the default leaves less than a thousandth.

use super::{Observation, Parameter, Verdict};
use ta_lib::{BbandsStream, Core, MAType, RsiStream};

pub(super) const PARAMETERS: [Parameter; 5] = [
    Parameter {
        name: "bollinger_period",
        meaning: "closes in the mean and the deviation, in bars",
        default: 20.0,
        min: 2.0,
        max: 500.0,
        whole: true,
    },
    Parameter {
        name: "bollinger_sigma",
        meaning: "distance of the bands from the mean, in standard deviations",
        default: 2.0,
        min: 0.1,
        max: 10.0,
        whole: false,
    },
    Parameter {
        name: "rsi_period",
        meaning: "period of the RSI, in bars",
        default: 14.0,
        min: 2.0,
        max: 500.0,
        whole: true,
    },
    Parameter {
        name: "rsi_oversold",
        meaning: "long below this RSI, short above 100 less it",
        default: 30.0,
        min: 1.0,
        max: 50.0,
        whole: false,
    },
    Parameter {
        name: "settle_bars",
        meaning: "bars after the RSI's first value that pass before the first verdict",
        default: 100.0,
        min: 0.0,
        max: 10_000.0,
        whole: true,
    },
];

/// A touch beyond the band, or an RSI just past its level, is half of full strength or confidence.
const FLOOR: f64 = 0.5;

/// Buys an oversold close below the lower band, sells an overbought one above the upper.
#[derive(Clone, Debug)]
pub struct MeanReversion {
    bollinger_period: usize,
    bollinger_sigma: f64,
    rsi_period: usize,
    rsi_oversold: f64,
    warm_up_bars: usize,
    bars: usize,
    /// Closes until both indicators are open; not used after.
    history: Vec<f64>,
    bands: Option<BbandsStream>,
    rsi: Option<RsiStream>,
}

/// The indicators after a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Indicators {
    pub upper: f64,
    pub middle: f64,
    pub lower: f64,
    pub rsi: f64,
}

impl MeanReversion {
    /// From resolved parameters.
    pub(super) fn new(values: &[f64]) -> MeanReversion {
        let (bollinger_period, rsi_period) = (values[0] as usize, values[2] as usize);
        let first_value = bollinger_period.max(rsi_period + 1);
        MeanReversion {
            bollinger_period,
            bollinger_sigma: values[1],
            rsi_period,
            rsi_oversold: values[3],
            warm_up_bars: bollinger_period.max(rsi_period + 1 + values[4] as usize),
            bars: 0,
            history: Vec::with_capacity(first_value),
            bands: None,
            rsi: None,
        }
    }

    pub(super) fn warm_up_bars(&self) -> usize {
        self.warm_up_bars
    }

    pub(super) fn on_bar(&mut self, seen: &Observation) -> Option<Verdict> {
        let close = seen.candle.close;
        let now = self.update(close)?;
        if self.bars < self.warm_up_bars {
            return None;
        }
        // Out comes before in: a position is given back at the mean before the other side is taken.
        match seen.position {
            held if held > 0 => (close >= now.middle).then_some(Verdict::OUT),
            held if held < 0 => (close <= now.middle).then_some(Verdict::OUT),
            _ => self.entry(close, &now),
        }
    }

    fn entry(&self, close: f64, now: &Indicators) -> Option<Verdict> {
        let rsi_overbought = 100.0 - self.rsi_oversold;
        if close < now.lower && now.rsi < self.rsi_oversold {
            let stretch = (now.lower - close) / (now.middle - now.lower);
            let pace = (self.rsi_oversold - now.rsi) / self.rsi_oversold;
            Some(verdict(1, stretch, pace))
        } else if close > now.upper && now.rsi > rsi_overbought {
            let stretch = (close - now.upper) / (now.upper - now.middle);
            let pace = (now.rsi - rsi_overbought) / self.rsi_oversold;
            Some(verdict(-1, stretch, pace))
        } else {
            None
        }
    }

    /// The indicators with this close counted; `None` until both have a value.
    pub(super) fn update(&mut self, close: f64) -> Option<Indicators> {
        if !close.is_finite() {
            return None;
        }
        self.bars += 1;
        if self.bands.is_none() || self.rsi.is_none() {
            self.history.push(close);
        }
        let bands = match &mut self.bands {
            Some(stream) => stream.update(close).ok(),
            None => self.open_bands(),
        };
        let rsi = match &mut self.rsi {
            Some(stream) => stream.update(close).ok(),
            None => self.open_rsi(),
        };
        let ((upper, middle, lower), rsi) = (bands?, rsi?);
        Some(Indicators { upper, middle, lower, rsi })
    }

    fn open_bands(&mut self) -> Option<(f64, f64, f64)> {
        if self.history.len() < self.bollinger_period {
            return None;
        }
        let (period, sigma) = (self.bollinger_period as i32, self.bollinger_sigma);
        let opened = Core::new().bbands_open(&self.history, period, sigma, sigma, MAType::SMA);
        let (stream, values) = opened.ok()?;
        self.bands = Some(stream);
        Some(values)
    }

    fn open_rsi(&mut self) -> Option<f64> {
        if self.history.len() <= self.rsi_period {
            return None;
        }
        let (stream, value) = Core::new().rsi_open(&self.history, self.rsi_period as i32).ok()?;
        self.rsi = Some(stream);
        Some(value)
    }
}

fn verdict(direction: i8, stretch: f64, pace: f64) -> Verdict {
    let grade = |share: f64| FLOOR + (1.0 - FLOOR) * share.clamp(0.0, 1.0);
    Verdict { direction, strength: grade(stretch), confidence: grade(pace) }
}
