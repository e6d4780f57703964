//! `ctl data`: market data in files.

mod bars;
mod generate;
mod inspect;
mod replay;

pub use bars::bars;
pub use generate::{GenerateArgs, generate};
pub use inspect::inspect;
pub use replay::product_of;
