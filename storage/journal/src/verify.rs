//! Verification: everything is read and checked, nothing is changed.

use super::error::JournalError;
use super::files::{Lock, read_header_of_journal};
use super::layout::{FORMAT_VERSION, Stream};
use super::report::{OrphanEffects, StreamReport};
use super::scan::scan_stream;
use std::path::{Path, PathBuf};

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// Where it is.
    pub directory: PathBuf,
    /// Its format.
    pub format_version: u16,
    /// Seconds since the Unix epoch when it was made.
    pub epoch: u64,
    /// Length of its segments.
    pub segment_bytes: u64,
    /// Whether somebody was writing it meanwhile.
    pub live: bool,
    /// The inputs.
    pub inputs: StreamReport,
    /// The effects.
    pub effects: StreamReport,
    /// Effects without their inputs. Not told of a live journal.
    pub orphans: Option<OrphanEffects>,
}

impl VerifyReport {
    /// Whether the journal is whole to its last byte: nothing torn, missing or without its cause.
    pub fn is_whole(&self) -> bool {
        let whole = |s: &StreamReport| s.torn.is_none() && s.durable_bytes_missing == 0;
        whole(&self.inputs) && whole(&self.effects) && self.orphans.is_none()
    }
}

/// Whether a process has the journal in a directory open for writing at this moment: its node runs.
pub fn is_written(dir: &Path) -> bool {
    Lock::is_taken(dir)
}

/// Reads and checks a whole journal, live or not. Nothing is changed, and no lock is kept.
///
/// # Errors
/// There is no journal, the system refuses to read, or it is damaged. A torn tail is no error but in
/// the report.
pub fn verify(dir: &Path) -> Result<VerifyReport, JournalError> {
    let header = read_header_of_journal(dir)?;
    let live = Lock::is_taken(dir);
    let inputs = scan_stream(dir, Stream::Inputs, &header, live, &mut |_| {})?;
    let mut orphans = None;
    let effects = scan_stream(dir, Stream::Effects, &header, live, &mut |effect| {
        // Of a live journal the effects are read later than the inputs.
        if !live && effect.seq > inputs.report.last_seq {
            OrphanEffects::note(&mut orphans, effect.seq);
        }
    })?;
    Ok(VerifyReport {
        directory: dir.to_owned(),
        format_version: FORMAT_VERSION,
        epoch: header.epoch,
        segment_bytes: header.segment_len as u64,
        live,
        inputs: inputs.report,
        effects: effects.report,
        orphans,
    })
}
