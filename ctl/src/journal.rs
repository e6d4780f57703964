//! `ctl journal`: looking at journals without changing them.

mod merged;
mod replay;
mod tail;
mod verify;
mod words;

pub use replay::replay;
pub use tail::tail;
pub use verify::verify;

use std::path::{Path, PathBuf};

/// The journal's name within a data directory.
const NAME: &str = "journal";
/// The file that every journal has.
const HEADER: &str = "journal.hdr";

/// The journal that is meant by a directory that may be the data directory or the journal itself;
/// without one, that of the data directory.
pub fn directory(dir: Option<PathBuf>, data: &Path) -> PathBuf {
    match dir {
        Some(dir) if dir.join(HEADER).exists() => dir,
        Some(dir) if dir.join(NAME).join(HEADER).exists() => dir.join(NAME),
        Some(dir) => dir,
        None => data.join(NAME),
    }
}
