//! The deterministic stages: state machines over one sequenced stream.
//!
//! Fusion and risk (and in `gauntlet-manager` the order manager) turn inputs into effects and look at
//! nothing else: no clock, no random numbers, no I/O.

#![forbid(unsafe_code)]

pub mod bars;
pub mod ends;
pub mod fusion;
pub mod market;
pub mod message;
pub mod risk;
pub mod sequencer;
