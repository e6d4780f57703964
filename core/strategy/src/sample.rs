//! What indicators and rules see of a finished bar.

use gauntlet_model::calendar::SessionSpan;
use gauntlet_model::effect::Bar;
use gauntlet_model::units::UnixNanos;

/// A finished bar in floating point, as indicators want it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candle {
    /// When the bar began.
    pub start: UnixNanos,
    /// When it ended: the first moment that is not part of it, or its last trade's where trades end it.
    pub end: UnixNanos,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Contracts traded.
    pub volume: f64,
}

impl Candle {
    /// The bar in floating point; `None` when a price is missing.
    pub fn of(bar: &Bar) -> Option<Candle> {
        let priced = [bar.open, bar.high, bar.low, bar.close].iter().all(|price| price.is_some());
        priced.then(|| Candle {
            start: bar.ts_open,
            end: bar.ts_close,
            open: bar.open.to_f64(),
            high: bar.high.to_f64(),
            low: bar.low.to_f64(),
            close: bar.close.to_f64(),
            volume: bar.volume as f64,
        })
    }
}

/// What the trades and the book of a bar tell beyond its prices. Each value is `NaN` where the bar's
/// source does not tell it: bars from files and vendors have no tape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tape {
    /// Contracts bought by aggressors.
    pub buy_volume: f64,
    /// Contracts sold by aggressors.
    pub sell_volume: f64,
    /// Trades.
    pub trades: f64,
    /// Best ask less best bid at the bar's end, in whole units of price.
    pub spread: f64,
    /// Contracts at the best bid at the bar's end.
    pub bid_size: f64,
    /// Contracts at the best ask at the bar's end.
    pub ask_size: f64,
    /// Contracts on the best five bid levels at the bar's end.
    pub bid_depth: f64,
    /// Contracts on the best five ask levels at the bar's end.
    pub ask_depth: f64,
}

impl Tape {
    /// Nothing is told.
    pub const UNKNOWN: Tape = Tape {
        buy_volume: f64::NAN,
        sell_volume: f64::NAN,
        trades: f64::NAN,
        spread: f64::NAN,
        bid_size: f64::NAN,
        ask_size: f64::NAN,
        bid_depth: f64::NAN,
        ask_depth: f64::NAN,
    };
}

/// A finished bar of a series with all that may be known when it is finished.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Its prices and volume.
    pub candle: Candle,
    /// Its trades and book.
    pub tape: Tape,
    /// The session of the series that it began in; `None` outside of the hours.
    pub session: Option<SessionSpan>,
    /// Whether trades or bars may be missing between the end of the bar before and the end of this
    /// one ([`Bar::gap`]); bars from files have none.
    pub gap: bool,
}
