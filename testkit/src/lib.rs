//! What tests share. A development dependency only: nothing that ships uses it.

#![forbid(unsafe_code)]

pub mod recorded;
pub mod skipped;

pub use recorded::recorded;
pub use skipped::skip;
