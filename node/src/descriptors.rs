//! File descriptors: as many as the system gives, and enough of them before anything begins.

use crate::error::NodeError;
use gauntlet_control::server::CONNECTIONS_MAX;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a node has open itself: the journal and what is kept for it, sessions with brokers and feed,
/// the control socket, logs, and room for what the system's libraries open for a moment.
const OWN_MAX: u64 = 96;

/// Fewest descriptors that a process must be allowed for a node to start in it.
pub const NEEDED: u64 = CONNECTIONS_MAX as u64 + OWN_MAX;

/// Raises the limit of open files to what the system lets us have.
///
/// # Errors
/// That it is too low for a node whose page is full of clients.
pub fn prepare() -> Result<(), NodeError> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // A refusal leaves the limit as it was, which is judged next.
    let _refused = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let now = getrlimit(Resource::Nofile).current.or(maximum).or(current);
    enough(now)
}

/// Whether a limit, `None` for no limit, is enough.
fn enough(limit: Option<u64>) -> Result<(), NodeError> {
    match limit {
        Some(limit) if limit < NEEDED => Err(NodeError::Failed(format!(
            "this process may open {limit} files, and a node needs {NEEDED} so that clients of its page \
             cannot take what the journal and the brokers need: raise the limit, as with `ulimit -n \
             {NEEDED}` or LimitNOFILE= of systemd"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_what_is_needed_is_refused_and_says_what_to_do() {
        assert!(enough(None).is_ok() && enough(Some(NEEDED)).is_ok());
        let error = enough(Some(NEEDED - 1)).expect_err("one too few");
        assert_eq!(error.exit_code(), 1);
        assert!(error.to_string().contains(&format!("ulimit -n {NEEDED}")), "{error}");
    }
}
