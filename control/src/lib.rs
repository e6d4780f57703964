//! The control plane's servers: status page, API, metrics. They read the journal and send commands;
//! they never touch the state of the core.

#![forbid(unsafe_code)]

pub mod server;
