//! Strategies: what a bot thinks of its instrument, said once a bar.

pub mod coded;

/// Parameters that a definition carries, used or not.
pub const PARAMETERS_MAX: usize = 8;

/// One parameter of an archetype, as data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in configuration.
    pub name: &'static str,
    /// What it means, with its unit.
    pub meaning: &'static str,
    /// Its value when none is given.
    pub default: f64,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
    /// Whether it counts something and so must be a whole number.
    pub whole: bool,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// Not finite, or outside of its range.
    #[error("{name} must be from {min} to {max}, not {value}")]
    OutOfRange {
        /// Which parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// A fraction where a count is wanted.
    #[error("{name} must be a whole number, not {value}")]
    NotWhole {
        /// Which parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// A value in a place where the archetype has no parameter.
    #[error("parameter {index} does not exist: leave it out")]
    Unknown {
        /// Which place, from 0.
        index: usize,
    },
}
