//! `ctl journal`: looking at journals without changing them.

mod adoption;
mod doubts;
mod drop_copy;
mod limits;
mod merged;
mod reconciliation;
mod replay;
mod stated;
mod tail;
mod tickets;
mod verify;
mod words;

pub use replay::replay;
pub use tail::tail;
pub use verify::verify;

use crate::address;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The journal's name within a data directory.
const NAME: &str = "journal";
/// The file that every journal has.
const HEADER: &str = "journal.hdr";

/// The journal that is meant by a directory and by `--data`, of which one may be given.
///
/// # Errors
/// Both are, or neither says which node is meant.
pub fn meant(dir: Option<PathBuf>, data: Option<PathBuf>) -> Result<PathBuf, Failure> {
    match (dir, data) {
        (Some(dir), Some(data)) => Err(Failure::Usage(format!(
            "{} and --data {} are two journals: name one",
            dir.display(),
            data.display()
        ))),
        (Some(dir), None) => Ok(directory(Some(dir), Path::new(""))),
        (None, data) => Ok(directory(None, &address::folder(data)?)),
    }
}

/// The journal that is meant by a directory that may be the data directory or the journal itself;
/// without one, that of the data directory. One whose header is gone is found all the same, so that it
/// is called damaged and not absent.
pub fn directory(dir: Option<PathBuf>, data: &Path) -> PathBuf {
    match dir {
        Some(dir) if dir.join(HEADER).exists() => dir,
        Some(dir) if dir.join(NAME).is_dir() => dir.join(NAME),
        Some(dir) => dir,
        None => data.join(NAME),
    }
}
