//! The deterministic core: state machines over one sequenced stream, and the runtime that carries
//! them.
//!
//! Everything that can happen is an [`input::Input`] with a number and a time; everything the core
//! does about it is an [`effect::Effect`]. Fusion, risk and (in `gauntlet-oms`) the order manager
//! turn the one into the other and look at nothing else: no clock, no random numbers, no I/O.

#![deny(unsafe_code)]

#[cfg(all(feature = "unchecked-approval", not(debug_assertions)))]
compile_error!(
    "`unchecked-approval` lets orders pass without a check: only builds with debug assertions may have \
     it (to test optimised code, use `cargo test --profile optimised`)"
);

pub mod bars;
pub mod book;
pub mod calendar;
pub mod effect;
pub mod fusion;
pub mod ids;
pub mod indicator;
pub mod input;
pub mod instrument;
pub mod market;
pub mod message;
pub mod order;
pub mod parameter;
pub mod position;
#[cfg(test)]
mod recorded;
pub mod risk;
pub mod rule;
pub mod runtime;
pub mod sample;
pub mod strategy;
pub mod text;
pub mod units;
