//! Indicators over the bars of a file, one value a bar.

use crate::LabError;
use crate::replay::product_of;
use gauntlet_feeds::{Bars, FileBar};
use gauntlet_model::calendar::Calendar;
use gauntlet_model::input::SessionMode;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_strategy::indicator::{Indicator, Info, Input, Spec};
use gauntlet_strategy::sample::{Candle, Sample, Tape};

/// What of a bar an indicator of one value reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Contracts traded.
    Volume,
    /// Mean of the highest and the lowest price.
    Hl2,
    /// Mean of the highest, the lowest and the last price.
    Hlc3,
    /// Mean of the four prices.
    Ohlc4,
}

impl Source {
    /// Its value in a bar.
    pub fn of(self, candle: &Candle) -> f64 {
        let Candle { open, high, low, close, volume, .. } = *candle;
        match self {
            Source::Open => open,
            Source::High => high,
            Source::Low => low,
            Source::Close => close,
            Source::Volume => volume,
            Source::Hl2 => (high + low) / 2.0,
            Source::Hlc3 => (high + low + close) / 3.0,
            Source::Ohlc4 => (open + high + low + close) / 4.0,
        }
    }
}

/// What happens along the bars.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// The bars are another contract's from here on, and values begin anew.
    Roll {
        /// When.
        at: UnixNanos,
        /// The vendor's identity of the contract.
        contract: u32,
    },
    /// A bar's values: the indicator's lines, `NaN` where there is none.
    Values {
        /// When the bar began.
        at: UnixNanos,
        /// The indicator after the bar.
        indicator: &'a Indicator,
    },
}

/// Whether an indicator can be run on bars of a file with this source.
///
/// # Errors
/// When it reads whole bars, trades or the book.
pub fn check(info: &Info, source: Source) -> Result<(), LabError> {
    if info.input != Input::Source && source != Source::Close {
        return Err(LabError::Usage(format!("{} reads whole bars: leave --source out", info.name)));
    }
    if info.input == Input::Tape {
        return Err(LabError::Usage(format!(
            "{} reads trades and the book, which a file of bars does not tell",
            info.name
        )));
    }
    Ok(())
}

/// Runs an indicator over bars; `each` hears of every step, in order.
///
/// # Errors
/// When it counts from the open of a session and the bars' instrument is not known; what `each` says.
pub fn run<E: From<LabError>>(
    spec: &Spec,
    bars: &Bars,
    (source, session): (Source, SessionMode),
    mut each: impl FnMut(Step<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let info = spec.kind().info();
    let first = bars.bars.first().map_or(UnixNanos(0), |bar| bar.ts_open);
    let calendar = match bars.symbol.as_deref().and_then(|symbol| product_of(symbol, first)) {
        Some(product) => Calendar::of(product.group),
        None if info.session => {
            return Err(E::from(LabError::Usage(format!(
                "{} counts from the open of a session: name the instrument with --symbol, such as \
                 ES or 6EH4, for its hours",
                info.name
            ))));
        }
        None => Calendar::closed(),
    };
    let mut indicator = Indicator::new(spec, f64::NAN);
    let mut rolls = bars.rolls().peekable();
    for (place, bar) in bars.bars.iter().enumerate() {
        let at = bar.ts_open;
        if let Some((_, roll)) = rolls.next_if(|(first, _)| *first == place) {
            // No value is made of the prices of two contracts.
            indicator = Indicator::new(spec, f64::NAN);
            each(Step::Roll { at, contract: roll.instrument_id })?;
        }
        let candle = candle(bar, bars.seconds);
        let session = calendar.session_at(session, candle.start);
        let sample = Sample { candle, tape: Tape::UNKNOWN, session, gap: false };
        indicator.update(source.of(&candle), &sample);
        each(Step::Values { at, indicator: &indicator })?;
    }
    Ok(())
}

fn candle(bar: &FileBar, seconds: u32) -> Candle {
    Candle {
        start: bar.ts_open,
        end: bar.ts_open.plus(u64::from(seconds) * NANOS_PER_SECOND),
        open: bar.open.to_f64(),
        high: bar.high.to_f64(),
        low: bar.low.to_f64(),
        close: bar.close.to_f64(),
        volume: bar.volume as f64,
    }
}
