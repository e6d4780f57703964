//! What can go wrong with a journal, in words that tell what to do.

use super::layout::Stream;
use super::record::DecodeError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a journal cannot be opened, read or verified.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the journal open for writing.
    #[error(
        "the journal in {} is open in another process{holder}: stop that one first, or name \
         another directory",
        dir.display()
    )]
    Locked {
        /// The journal's directory.
        dir: PathBuf,
        /// The process that holds it, as ` (pid 123)`, or nothing if it did not say.
        holder: String,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// There is no journal here.
    #[error("{} is not a journal: {reason}; name another directory", path.display())]
    NotAJournal {
        /// The file that says so.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// The journal has a format that this program does not know.
    #[error(
        "the journal in {} has format version {found}, this program reads version {supported}: \
         use the release that wrote it",
        dir.display()
    )]
    Version {
        /// The journal's directory.
        dir: PathBuf,
        /// The version found.
        found: u16,
        /// The version that this program reads and writes.
        supported: u16,
    },
    /// A record that must be whole is not.
    #[error(
        "damaged journal: {} at byte {offset}: {reason}; nothing was changed: restore the \
         directory from a copy, or move it away to begin a new journal and reconcile with the broker",
        path.display()
    )]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// The place in the segment.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// A record is whole, but not one that this program knows.
    #[error("cannot read {} at byte {offset}: {source}", path.display())]
    Decode {
        /// The segment.
        path: PathBuf,
        /// The place in the segment.
        offset: u64,
        /// What is wrong.
        source: DecodeError,
    },
    /// The settings make no sense.
    #[error("journal settings: {0}")]
    Settings(&'static str),
    /// A record could not be written while the journal was opened.
    #[error("cannot complete the journal while opening it: {0}")]
    Append(#[from] AppendError),
    /// The journal could not be made durable while it was opened.
    #[error("cannot open the journal: {0}")]
    Sync(#[from] SyncError),
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
        move |source| JournalError::Io { action, path: path.to_owned(), source }
    }

    /// Whether bytes of a journal are not what was written, as opposed to no journal being there or
    /// the system refusing something.
    pub fn is_damage(&self) -> bool {
        matches!(self, JournalError::Damaged { .. } | JournalError::Decode { .. })
    }

    pub(super) fn damaged(path: &Path, offset: usize, reason: impl Into<String>) -> JournalError {
        JournalError::Damaged {
            path: path.to_owned(),
            offset: offset as u64,
            reason: reason.into(),
        }
    }
}

/// Why a record was not appended. Nothing of it was written, and the stream is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The segment is full and the system refuses another one.
    #[error(
        "the {stream} journal is full and the disk refuses another segment ({kind}): stop trading, \
         free space and start again"
    )]
    Full {
        /// Which stream.
        stream: Stream,
        /// The system's answer.
        kind: io::ErrorKind,
    },
    /// An input does not follow the one before, or an effect is not after the one before.
    #[error("record {seq}.{index} does not follow {last_seq}.{last_index} in the {stream} journal")]
    OutOfOrder {
        /// Which stream.
        stream: Stream,
        /// The sequence number that was to be appended.
        seq: u64,
        /// Its index among the effects of that input; 0 for inputs.
        index: u32,
        /// The last sequence number in the stream.
        last_seq: u64,
        /// Its index.
        last_index: u32,
    },
}

/// Why a group commit failed. It is never tried again: after a failed sync the kernel may have thrown
/// the data away and report success the next time, so the owner must end the process.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The system could not make the data durable.
    #[error("cannot make {} durable: {source}: the process must end", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// An earlier sync failed.
    #[error("an earlier sync of the journal failed: the process must end")]
    Poisoned,
}
