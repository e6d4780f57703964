//! What the benchmarks share: their options, what they ran on, and how they report.

#![forbid(unsafe_code)]

pub mod machine;
pub mod options;
pub mod quiet;
pub mod report;
