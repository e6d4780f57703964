//! Parameters as data: what an indicator or an archetype can be told, and what is refused.

/// One parameter, as data: configuration, help texts and optimisers read the same table that values
/// are checked against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in configuration and in rules.
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

impl Parameter {
    /// A parameter that counts something.
    pub const fn whole(
        name: &'static str,
        meaning: &'static str,
        default: f64,
        min: f64,
        max: f64,
    ) -> Parameter {
        Parameter { name, meaning, default, min, max, whole: true }
    }

    /// A parameter that measures something.
    pub const fn real(
        name: &'static str,
        meaning: &'static str,
        default: f64,
        min: f64,
        max: f64,
    ) -> Parameter {
        Parameter { name, meaning, default, min, max, whole: false }
    }

    /// The value itself where it is allowed, the default for `NaN`.
    ///
    /// # Errors
    /// A value out of range, or a fraction where a count is wanted.
    pub fn resolve(&self, value: f64) -> Result<f64, ParameterError> {
        let &Parameter { name, default, min, max, whole, .. } = self;
        if value.is_nan() {
            return Ok(default);
        }
        if !(min..=max).contains(&value) {
            return Err(ParameterError::OutOfRange { name, value, min, max });
        }
        if whole && libm::trunc(value) != value {
            return Err(ParameterError::NotWhole { name, value });
        }
        Ok(value)
    }
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
    /// A value in a place where there is no parameter.
    #[error("parameter {index} does not exist: leave it out")]
    Unknown {
        /// Which place, from 0.
        index: usize,
    },
}
