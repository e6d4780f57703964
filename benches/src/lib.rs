//! What the benchmarks share: their options, what they ran on, and how they report.

#![forbid(unsafe_code)]

pub mod acceptor;
pub mod definitions;
pub mod machine;
pub mod options;
pub mod python;
pub mod quiet;
pub mod recorded;
pub mod report;
pub mod script;
pub mod whole_node;
