//! Answers as text for people.

mod explain;
mod market;
mod reconciliation;
mod status;

pub use explain::explanation;
pub use market::{bots, latency, orders, positions};
pub use reconciliation::{breaker, compared, difference, drop_copy};
pub use status::{changed_limit, doubt, status};

/// The last stress run that a data folder has a record of, and whether another one is due.
pub fn last_stress(data: &std::path::Path) -> String {
    let record = gauntlet_readmodel::stress::StressRecord::read(data);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    gauntlet_readmodel::stress::in_words(record.as_ref(), gauntlet_model::units::UnixNanos(now))
}
