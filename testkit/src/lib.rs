//! What tests share. A dev-dependency of the other crates, never part of a program.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
pub mod allocation;
pub mod decoded;
pub mod morning;
pub mod recorded;
pub mod skipped;

pub use recorded::recorded;
pub use skipped::skip;
