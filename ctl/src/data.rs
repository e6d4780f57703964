//! `ctl data`: market data in files.

mod bars;
mod generate;
mod inspect;

pub use bars::bars;
pub use generate::{GenerateArgs, generate};
pub use inspect::inspect;
