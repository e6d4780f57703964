//! Bars for tests: recorded ones and made ones.

use crate::units::UnixNanos;

/// Tuesday 2 January 2024, 09:30 New York.
pub const OPEN: UnixNanos = UnixNanos(1_704_205_800_000_000_000);
