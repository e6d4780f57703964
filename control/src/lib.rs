//! The control plane: journal projection, replay, status page, metrics. It reads the journal and
//! sends commands; it never touches the state of the core.

#![forbid(unsafe_code)]

pub mod api;
pub mod command_wire;
pub mod counters;
pub mod environment;
pub mod node_file;
pub mod projection;
pub mod replay;
pub mod server;
pub mod tail;

#[cfg(test)]
mod fixtures;
