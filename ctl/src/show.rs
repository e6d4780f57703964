//! Answers as text for people.

mod explain;
mod market;
mod status;

pub use explain::explanation;
pub use market::{bots, latency, orders, positions};
pub use status::{doubt, status};
