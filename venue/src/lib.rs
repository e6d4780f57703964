//! A simulated exchange with a Databento gateway and a FIX acceptor.

#![forbid(unsafe_code)]

pub mod agent;
pub mod dbn_gateway;
pub mod fees;
pub mod follower;
pub mod generated;
pub mod latency;
pub mod lockstep;
pub mod market;
pub mod matching;
pub mod order_entry;
pub mod paper;
mod refusals;
pub mod replayed;
pub mod script;
