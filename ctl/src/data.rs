//! `ctl data`: recorded market data.

mod bars;
mod inspect;

pub use bars::bars;
pub use inspect::inspect;
