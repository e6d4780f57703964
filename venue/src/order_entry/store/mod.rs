//! What an exchange knows of its orders, on disk before anybody is told of it.
//!
//! A folder holds numbered segments. Each begins with all that is known and goes on with what changes, one frame for
//! each thing that happened:
//!
//! | bytes | a segment |
//! |---|---|
//! | 8 | `GNTLVEN` and the format's version |
//! | 4 | length of the first frame's payload, little-endian |
//! | 4 | CRC-32C over it |
//! | | the payload: records, see [`Record`]; then the next frame |
//!
//! A frame that ends before the file's end is whole, or the file is damaged and refused; one that does not is what was
//! being written when the process or the machine ended: nobody was told of it, and it is cut off.
//!
//! A segment takes [`SEGMENT_BYTES`] of changes. Then the next begins, and of the old ones the last
//! [`SEGMENTS_KEPT`] stay, so that the folder is bounded.

mod bytes;
mod reader;
mod record;
#[cfg(test)]
mod tests;

pub(super) use bytes::Reader;
pub use reader::{Happened, StoreReader};
pub(super) use record::{Counts, Record};

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes of changes in a segment, about.
pub const SEGMENT_BYTES: u64 = 16 << 20;
/// Segments that stay, the one that is written included.
pub const SEGMENTS_KEPT: usize = 4;
/// The version of the format.
pub const STORE_VERSION: u8 = 1;

const MAGIC: [u8; 8] = *b"GNTLVEN\x01";
const FRAME_HEADER: usize = 8;
const LOCK: &str = "lock";

/// Why a store cannot be opened, or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk's.
    #[error("the venue's store: {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has it.
    #[error(
        "the venue's store {0} is in use by another venue: stop that one, or name another folder"
    )]
    InUse(PathBuf),
    /// What is in it is not what was written.
    #[error(
        "the venue's store: {path} is damaged at byte {at}: keep it, and name another folder to begin anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
    /// It holds a record that this build does not know, whole as it was written.
    #[error(
        "the venue's store {0} holds what this build cannot read: use the build that wrote it, or name another folder"
    )]
    Unreadable(PathBuf),
    /// Another build wrote it.
    #[error("the venue's store: {path} is of format {version}, this build reads {STORE_VERSION}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u8,
    },
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { path: path.to_owned(), source }
}

/// A store that is being written. Dropping it lets another process have it.
#[derive(Debug)]
pub(super) struct Store {
    dir: PathBuf,
    _lock: File,
    segment: Option<Segment>,
    next_number: u64,
    segment_bytes: u64,
}

#[derive(Debug)]
struct Segment {
    file: File,
    path: PathBuf,
    /// Bytes behind the first frame.
    changes: u64,
}

/// The payloads of a store's frames, in order.
pub(super) type Frames = Vec<Vec<u8>>;

impl Store {
    /// Opens the store in a folder, or makes one, and gives what it says. What was being written when its last owner
    /// ended is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(dir: &Path) -> Result<(Store, Frames), StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir))?;
        let lock_path = dir.join(LOCK);
        let lock = private().open(&lock_path).map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(dir.to_owned())),
            Err(TryLockError::Error(source)) => {
                return Err(StoreError::Io { path: lock_path, source });
            }
            Ok(()) => {}
        }
        let numbers = reader::segments(dir)?;
        let frames = match numbers.last() {
            Some(number) => reader::read_segment(&reader::path(dir, *number))?,
            None => Vec::new(),
        };
        let next_number = numbers.last().map_or(1, |number| number + 1);
        let (dir, segment_bytes) = (dir.to_owned(), SEGMENT_BYTES);
        Ok((Store { dir, _lock: lock, segment: None, next_number, segment_bytes }, frames))
    }

    #[cfg(test)]
    fn with_segment_bytes(mut self, segment_bytes: u64) -> Store {
        self.segment_bytes = segment_bytes;
        self
    }

    /// Whether the next thing to write is all that is known, by [`Store::begin`].
    pub fn wants_all(&self) -> bool {
        self.segment.as_ref().is_none_or(|segment| segment.changes >= self.segment_bytes)
    }

    /// Begins a segment with all that is known, and lets go of the oldest.
    ///
    /// # Errors
    /// [`StoreError`]: nobody may be told of anything any more.
    pub fn begin(&mut self, all: &[u8]) -> Result<(), StoreError> {
        let (number, draft) = (self.next_number, self.dir.join("draft"));
        let path = reader::path(&self.dir, number);
        let mut file = private().truncate(true).open(&draft).map_err(failed(&draft))?;
        let mut bytes = MAGIC.to_vec();
        push_frame(&mut bytes, all);
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed(&draft))?;
        std::fs::rename(&draft, &path).map_err(failed(&path))?;
        self.sync_names()?;
        self.segment = Some(Segment { file, path, changes: 0 });
        self.next_number += 1;
        let numbers = reader::segments(&self.dir)?;
        for old in &numbers[..numbers.len().saturating_sub(SEGMENTS_KEPT)] {
            let old = reader::path(&self.dir, *old);
            std::fs::remove_file(&old).map_err(failed(&old))?;
        }
        Ok(())
    }

    /// Makes one thing that happened durable.
    ///
    /// # Errors
    /// [`StoreError`]: nobody may be told of anything any more.
    pub fn append(&mut self, payload: &[u8]) -> Result<(), StoreError> {
        let segment = self.segment.as_mut().expect("a segment was begun with all that is known");
        let mut bytes = Vec::with_capacity(FRAME_HEADER + payload.len());
        push_frame(&mut bytes, payload);
        let written = segment.file.write_all(&bytes).and_then(|()| segment.file.sync_data());
        written.map_err(failed(&segment.path))?;
        segment.changes += bytes.len() as u64;
        Ok(())
    }

    fn sync_names(&self) -> Result<(), StoreError> {
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(failed(&self.dir))
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

fn push_frame(bytes: &mut Vec<u8>, payload: &[u8]) {
    let len = u32::try_from(payload.len()).expect("bounded tables are far below 4 GiB");
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
}
