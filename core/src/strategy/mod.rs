//! Strategies: what a bot thinks of its instrument, said once a bar.

pub mod coded;

pub use crate::parameter::{Parameter, ParameterError};

/// Parameters that a definition carries, used or not.
pub const PARAMETERS_MAX: usize = 8;
