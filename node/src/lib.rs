//! The Gauntlet node: reads configuration, places threads, wires everything.
//!
//! [`ingest`] is the one door in, [`outlet`] the far end of the chain; [`hot`] runs both with the
//! chain on one thread and [`dedicated`] spreads them over four. [`prepare`] opens the journal,
//! [`parts`] puts the rest together, [`node`] runs it on threads, and an [`invoker`] is called by hand.

#![forbid(unsafe_code)]

mod acceptance;
mod alert_log;
mod brokers;
mod cache_warming;
pub mod cli;
mod closing;
pub mod commands;
pub mod config;
pub mod control_socket;
mod data_folder;
pub mod decisions;
mod dedicated;
pub mod descriptors;
pub mod error;
#[cfg(test)]
mod fixtures;
mod guard;
mod hot;
mod ingest;
pub mod invoker;
mod journal_agent;
mod left;
mod log_writer;
pub mod market_feed;
mod message_log;
mod names;
pub mod node;
mod outlet;
mod parts;
mod prepare;
mod probe;
mod roller;
mod rotated_file;
mod session_watch;
mod soak;
pub mod state;
mod summary;
mod user_kills;
mod wall;
