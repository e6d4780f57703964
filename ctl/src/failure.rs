//! Why a command did not do what it was asked, and the exit code that says so.

use gauntlet_journal::JournalError;
use gauntlet_lab::LabError;
use serde_json::json;
use std::io;
use thiserror::Error;

/// The exit code of wrong usage.
pub const USAGE: u8 = 2;

/// See the module.
#[derive(Debug, Error)]
pub enum Failure {
    /// It did not work, or the node refused.
    #[error("{0}")]
    Failed(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The journal is damaged.
    #[error("{0}")]
    Damaged(String),
    /// The node cannot be reached.
    #[error("{0}")]
    NotReachable(String),
    /// The node runs and cannot trade.
    #[error("cannot trade: {0}")]
    CannotTrade(String),
    /// This build decides otherwise than the journal says.
    #[error("{0}")]
    Different(String),
    /// The answer cannot be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) | Failure::Output(_) => 1,
            Failure::Usage(_) => USAGE,
            Failure::Damaged(_) => 3,
            Failure::NotReachable(_) => 4,
            Failure::CannotTrade(_) => 6,
            Failure::Different(_) => 9,
        }
    }

    /// Tells it on stderr: in words, or as one JSON object with the exit code.
    pub fn tell(&self, json: bool) {
        if json {
            eprintln!("{}", json!({ "error": self.to_string(), "exit_code": self.code() }));
        } else {
            eprintln!("ctl: {self}");
        }
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Failure {
        match error {
            LabError::Failed(why) => Failure::Failed(why),
            LabError::Usage(why) => Failure::Usage(why),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        match error.is_damage() {
            true => Failure::Damaged(error.to_string()),
            false => Failure::Failed(error.to_string()),
        }
    }
}
