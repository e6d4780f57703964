//! A simulated exchange with a Databento gateway and a FIX acceptor.

#![forbid(unsafe_code)]

pub mod market;
pub mod matching;
