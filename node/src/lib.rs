//! The Gauntlet node: reads configuration, places threads, wires everything.
//!
//! [`ingest`] is the one door in, [`outlet`] the far end of the chain; [`hot`] runs both with the
//! chain on one thread and [`dedicated`] spreads them over four. [`node`] puts it all together.

#![forbid(unsafe_code)]

mod acceptance;
pub mod cli;
mod closing;
pub mod commands;
pub mod config;
pub mod control_socket;
mod data_folder;
mod dedicated;
pub mod error;
#[cfg(test)]
mod fixtures;
mod gateways;
mod hot;
mod ingest;
mod journal_agent;
pub mod node;
mod outlet;
mod probe;
mod rebuild;
pub mod state;
mod summary;
mod wall;
