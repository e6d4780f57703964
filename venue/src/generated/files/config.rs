//! What a generated file is asked to hold.

use super::fault::FaultRequest;
use dbn::Schema;
use gauntlet_core::units::UnixNanos;

/// Messages a second in the mean of a New York day session, for an instrument as active as ES, unless
/// asked for otherwise. The exchange's own number is in the hundreds.
pub const DEFAULT_RATE: f64 = 4.0;
/// Most trading days of a file: about ten years.
pub const DAYS_MAX: u32 = 2_600;
/// Most symbols of a file.
pub const SYMBOLS_MAX: usize = 32;

/// How far a file reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many trading days of the first symbol, to the close of the last one.
    Days(u32),
    /// Up to, not including, a time.
    Until(UnixNanos),
}

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct FileConfig {
    /// Decides everything that chance decides.
    pub seed: u64,
    /// Contracts such as `ESZ6`, or continuous symbols such as `ES.c.0`; not both in one file.
    pub symbols: Vec<String>,
    /// Which records: `ohlcv-1s`, `-1m`, `-1h`, `-1d`, `trades`, `mbp-1`, `mbo` or `definition`.
    pub schema: Schema,
    /// Where it begins. Without it, so that a contract's days end before the day on which the
    /// calendar rolls out of it; continuous symbols begin on Monday, 28 September 2026.
    pub start: Option<UnixNanos>,
    /// How far it reaches.
    pub length: Length,
    /// Messages a second in the mean of a New York day session, for an instrument as active as ES:
    /// above zero, at most a thousand.
    pub rate: f64,
    /// Where the first symbol's price begins, in whole units; its usual level without it. Moves keep
    /// the size that they have at the usual level, so energy begun near zero goes below it.
    pub start_price: Option<f64>,
    /// What is to be wrong with the data; each is applied to what the ones before it left.
    pub faults: Vec<FaultRequest>,
}

impl FileConfig {
    /// Twenty trading days of one symbol with the defaults of everything else.
    pub fn new(symbol: &str, schema: Schema) -> FileConfig {
        FileConfig {
            seed: 1,
            symbols: vec![symbol.to_owned()],
            schema,
            start: None,
            length: Length::Days(20),
            rate: DEFAULT_RATE,
            start_price: None,
            faults: Vec::new(),
        }
    }
}
