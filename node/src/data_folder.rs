//! The data folder: everything that a node keeps, closed to other users.

use crate::error::NodeError;
use gauntlet_journal::private::{self, Privacy};
use gauntlet_readmodel::command_wire::SOCKET_NAME;
use gauntlet_readmodel::fix_log;
use gauntlet_readmodel::node_file::{ACCEPTED_FILE, NODE_FILE};
use std::path::{Path, PathBuf};

/// Name of the latency log.
pub const LATENCY_LOG: &str = "latency.hlog";

/// Name of the folder that a control socket is made in before it has its place.
pub const SOCKET_DRAFT: &str = ".new";

/// Names of everything that a node keeps in its data folder.
const NAMES: [&str; 10] = [
    "journal",
    "journal.before",
    SOCKET_NAME,
    SOCKET_DRAFT,
    NODE_FILE,
    "node.json.tmp",
    LATENCY_LOG,
    fix_log::FOLDER,
    ACCEPTED_FILE,
    "configuration.accepted.tmp",
];

/// The directory of the journal within the data folder.
pub fn journal_dir(data: &Path) -> PathBuf {
    data.join("journal")
}

/// Makes the data folder, or closes the one that is there to other users, and warns where it cannot
/// be closed.
///
/// # Errors
/// It can neither be made nor read.
pub fn open(data: &Path) -> Result<(), NodeError> {
    let io = |error| NodeError::io("make the data folder", data, error);
    match private::create_folder_of(data, &NAMES).map_err(io)? {
        Privacy::Private => {}
        Privacy::Listed => tracing::warn!(
            "other users can list {}, which holds other things too: give the node a folder of its own",
            data.display()
        ),
        Privacy::Open { path, error } => tracing::warn!(
            %error,
            "other users may be able to read {}, and its permissions cannot be changed: run the node \
             as its owner, or close the folder above it",
            path.display()
        ),
    }
    Ok(())
}
