//! Answers as text for people.

mod market;
mod status;

pub use market::{bots, latency, orders, positions};
pub use status::status;
