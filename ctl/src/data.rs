//! `ctl data`: recorded market data.

mod bars;
mod inspect;
mod replay;

pub use bars::bars;
pub use inspect::inspect;
pub use replay::product_of;
