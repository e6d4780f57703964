//! What carries the stages: rings, agents, wait strategies, pinning, clocks, latency.
//!
//! A stage is an [`agent::Agent`]: `do_work` is called in a loop by whoever owns the thread. Which
//! agents share a thread, which core it is pinned to and how it waits are configuration
//! ([`layout`]), never code of the stage.

#![deny(unsafe_code)]

pub mod agent;
pub mod bounded_map;
pub mod clock;
pub mod idle;
pub mod latency;
pub mod layout;
pub mod memory;
#[allow(unsafe_code)]
pub mod prefetch;
#[allow(unsafe_code)]
pub mod ring;
#[cfg(test)]
mod ring_tests;
pub mod split_ring;
#[cfg(test)]
mod split_ring_tests;
mod sync;
