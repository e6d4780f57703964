//! Why a node does not start or go on, and the exit code that says so.

use crate::config::ConfigError;
use crate::state::Failure;
use gauntlet_control::server::ServerError;
use gauntlet_feeds::FeedError;
use gauntlet_journal::JournalError;
use gauntlet_readmodel::replay::ReplayError;
use gauntlet_runtime::layout::LayoutError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// See the module.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The configuration is wrong.
    #[error("{0}")]
    Config(String),
    /// The layout does not fit the machine.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal's state cannot be rebuilt.
    #[error(
        "{0}\nthis build must not trade on this journal by itself: use the build that wrote it; or, once you have \
         compared positions and orders with the broker, go on from what the journal says with gauntlet run \
         --accept-decisions \"why\" --actor NAME; or begin a new data directory when no order is open"
    )]
    Different(String),
    /// The configuration is not the one that the journal's last run had.
    #[error(
        "the configuration changed since it was last accepted:\n{0}look at the change, then start again \
         with --accept-config \"why it is right\""
    )]
    ConfigurationChanged(String),
    /// A feed or venue cannot be reached or refused us.
    #[error("{0}")]
    Remote(String),
    /// A port is taken.
    #[error("{0}")]
    PortInUse(String),
    /// A file or folder refuses.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it did not work.
        error: io::Error,
    },
    /// It ended by another error while orders were open.
    #[error(
        "{error}\n{live} orders were open when last counted and may still work at the broker, unless \
         it cancels them when the session ends: look there, or start again, which asks about them"
    )]
    LeftWorking {
        /// What ended it.
        error: Box<NodeError>,
        /// Orders that were not final.
        live: u32,
    },
    /// The program broke an invariant of its own.
    #[error("{0}")]
    Broken(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl NodeError {
    /// What a file or folder refused.
    pub fn io(what: &'static str, path: &Path, error: io::Error) -> NodeError {
        NodeError::Io { what, path: path.to_owned(), error }
    }

    /// A listener that could not be opened; `flag` chooses its port.
    pub fn bind(
        what: &str,
        address: impl std::fmt::Display,
        flag: &str,
        error: &io::Error,
    ) -> NodeError {
        if error.kind() == io::ErrorKind::AddrInUse {
            NodeError::PortInUse(format!(
                "{what}: {address} is in use: stop what listens there, or choose another port with \
                 {flag}, 0 for any free one"
            ))
        } else {
            NodeError::Failed(format!("{what}: cannot listen on {address}: {error}"))
        }
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            NodeError::Config(_) | NodeError::Layout(_) | NodeError::ConfigurationChanged(_) => 2,
            NodeError::Journal(error) if error.is_damage() => 3,
            NodeError::Remote(_) => 4,
            NodeError::PortInUse(_) => 5,
            NodeError::Different(_) => 9,
            NodeError::LeftWorking { error, .. } => error.exit_code(),
            NodeError::Broken(_) => 10,
            _ => 1,
        }
    }
}

/// How a node ended, and what it leaves behind: `live` orders that are not final.
///
/// # Errors
/// What ended it, and that orders may still work.
pub fn say_what_works(outcome: Result<(), NodeError>, live: u32) -> Result<(), NodeError> {
    match (outcome, live) {
        (outcome, 0) => outcome,
        (Err(error), live) => Err(NodeError::LeftWorking { error: Box::new(error), live }),
        (Ok(()), live) => Err(NodeError::Failed(format!(
            "stopped, but {live} orders may still work at the broker, which did not confirm \
             their end in time: look there, or start again, which asks about them"
        ))),
    }
}

impl From<ConfigError> for NodeError {
    fn from(error: ConfigError) -> NodeError {
        NodeError::Config(error.to_string())
    }
}

impl From<FeedError> for NodeError {
    fn from(error: FeedError) -> NodeError {
        match error {
            FeedError::Config(_) => NodeError::Config(error.to_string()),
            _ => NodeError::Remote(error.to_string()),
        }
    }
}

impl From<ReplayError> for NodeError {
    fn from(error: ReplayError) -> NodeError {
        match error {
            ReplayError::Journal(error) => NodeError::Journal(error),
            ReplayError::Different(difference) => NodeError::Different(difference.to_string()),
        }
    }
}

impl From<Failure> for NodeError {
    fn from(failure: Failure) -> NodeError {
        match failure {
            Failure::Feed(text) => NodeError::Remote(text),
            Failure::Broken(_) => NodeError::Broken(failure.to_string()),
            other => NodeError::Failed(other.to_string()),
        }
    }
}

impl From<ServerError> for NodeError {
    fn from(error: ServerError) -> NodeError {
        match error {
            ServerError::Journal(error) => NodeError::Journal(error),
            ServerError::Bind { error: ref cause, .. }
                if cause.kind() == io::ErrorKind::AddrInUse =>
            {
                NodeError::PortInUse(error.to_string())
            }
            ServerError::Bind { .. } | ServerError::Remote { .. } => {
                NodeError::Config(error.to_string())
            }
            _ => NodeError::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_ends_a_node_it_says_which_orders_may_still_work() {
        let panicked = || NodeError::Failed("a thread panicked: a doubt is asked about".into());
        let ends = [
            (Ok(()), 1),
            (Err(panicked()), 1),
            (Err(NodeError::Remote("the feed ended".into())), 4),
        ];
        for (outcome, code) in ends {
            let error = say_what_works(outcome, 3).expect_err("orders are open");
            let text = error.to_string();
            assert!(text.contains("3 orders") && text.contains("may still work"), "{text}");
            assert_eq!(error.exit_code(), code, "{text}");
        }
        assert!(say_what_works(Ok(()), 0).is_ok());
        let error = say_what_works(Err(panicked()), 0).expect_err("it panicked");
        assert_eq!(error.to_string(), panicked().to_string());
    }
}
