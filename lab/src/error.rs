//! Why research did not come to a result.

use std::fmt::Display;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    /// It did not work: a file cannot be read, or has not what is needed.
    #[error("{0}")]
    Failed(String),
    /// What was asked for makes no sense, or lacks something that only the asker knows.
    #[error("{0}")]
    Usage(String),
}

impl LabError {
    /// What another error says, as one of work that failed.
    pub(crate) fn failed(error: impl Display) -> LabError {
        LabError::Failed(error.to_string())
    }

    /// What another error says, as one of the question.
    pub(crate) fn usage(error: impl Display) -> LabError {
        LabError::Usage(error.to_string())
    }
}
