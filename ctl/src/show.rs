//! Answers as text for people.

mod explain;
mod market;
mod reconciliation;
mod status;

pub use explain::explanation;
pub use market::{bots, latency, orders, positions};
pub use reconciliation::{breaker, compared, difference};
pub use status::{doubt, status};
