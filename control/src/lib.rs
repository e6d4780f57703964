//! The control plane: journal projection, status page, metrics. It reads the journal and sends
//! commands; it never touches the state of the core.

#![forbid(unsafe_code)]

pub mod command_wire;
pub mod counters;
pub mod replay;
