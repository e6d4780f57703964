//! The wall clock, for what is decided once, before the stream of inputs begins.

use gauntlet_model::units::UnixNanos;
use std::time::SystemTime;

/// Now.
pub fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
