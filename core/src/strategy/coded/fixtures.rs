//! Bars for tests: recorded ones and made ones.

use super::{Candle, Observation};
use crate::calendar::SessionSpan;
pub use crate::recorded::minute_candles as recorded;
use crate::units::{NANOS_PER_MINUTE, UnixNanos};

/// Tuesday 2 January 2024, 09:30 New York.
pub const OPEN: UnixNanos = UnixNanos(1_704_205_800_000_000_000);

/// Six and a half hours from [`OPEN`].
pub const SESSION: SessionSpan =
    SessionSpan { open: OPEN, close: UnixNanos(OPEN.0 + 390 * NANOS_PER_MINUTE) };

/// A minute of `SESSION` in which the price stood still but for its extremes.
pub fn minute(index: u64, high: f64, low: f64, close: f64, volume: f64) -> Candle {
    let start = OPEN.plus(index * NANOS_PER_MINUTE);
    Candle { start, end: start.plus(NANOS_PER_MINUTE), open: close, high, low, close, volume }
}

/// A bar of `SESSION` seen without a position.
pub fn seen(candle: Candle) -> Observation {
    Observation { candle, session: Some(SESSION), position: 0 }
}
