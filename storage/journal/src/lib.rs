//! The journal: every input and every effect of the platform, in order, on disk.
//!
//! A journal is a directory with two streams of records, each with one writer: `inputs`, everything
//! that happened, and `effects`, everything that the core did about it, with the messages that the
//! broker sessions sent. Effects can be computed again from inputs; comparing the two is the
//! strongest test there is.
//!
//! | file | holds |
//! |---|---|
//! | `journal.hdr` | format version, epoch, segment length |
//! | `lock` | the lock of the process that writes |
//! | `inputs/NNNNNNNN.seg` | segments of the inputs |
//! | `effects/NNNNNNNN.seg` | segments of the effects |
//!
//! What is in them, byte for byte, is told by [`page`], which is `docs/journal.md`.
//!
//! Three threads share the work. The sequencer's thread and the thread at the chain's end copy records
//! into mapped memory ([`InputWriter`], [`EffectWriter`]): what they have appended survives the end of
//! the process. The journal's thread ([`JournalSync`]) makes it durable in groups: what it has synced
//! survives the end of the machine. Anybody else reads ([`InputReader`], [`EffectReader`]), and nobody
//! waits for a reader.
//!
//! ```no_run
//! use gauntlet_journal::{Journal, JournalConfig};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut journal = Journal::create_or_open("journal".as_ref(), &JournalConfig::default())?;
//! println!("the next input is {}", journal.recovery.next_seq);
//! journal.sync.do_work()?;
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_code)]

mod error;
mod files;
mod handover;
pub mod kind;
mod layout;
mod mapping;
mod page;
pub mod private;
mod reader;
mod record;
mod recovery;
mod report;
mod scan;
mod spare;
mod sync;
mod verify;
mod writer;

pub use error::{AppendError, JournalError, SyncError};
pub use layout::{FORMAT_VERSION, PAYLOAD_MAX, Position, RECORD_HEADER, SEGMENT_HEADER, Stream};
pub use page::page;
pub use reader::{
    EffectEntry, EffectReader, EffectRecord, InputReader, InputRecord, JournalReader, RawRecord,
};
pub use record::{
    DecodeError, Encoded, decode_effect, decode_input, decode_sent, encode_copy_sent,
    encode_effect, encode_input, encode_sent,
};
pub use recovery::{Journal, JournalConfig, OpenedJournal, RecoveryReport};
pub use report::{LostInputs, OrphanEffects, StreamReport, TornTail};
pub use sync::{JournalSync, SyncedPositions};
pub use verify::{VerifyReport, is_written, verify};
pub use writer::{EffectWriter, InputWriter, RESERVE_BYTES};
