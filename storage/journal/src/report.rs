//! What scanning a journal tells.

use super::layout::{Position, u64_at};
use std::path::PathBuf;

/// Bytes at the end of a stream that are no whole record and that opening the journal cuts off.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TornTail {
    /// The segment in which the cut is made; later segments are removed.
    pub file: PathBuf,
    /// Where in that segment.
    pub offset: u64,
    /// Bytes cut off.
    pub bytes: u64,
    /// Whole records among them, which never were durable: not 0 only after a crash of the machine.
    pub whole_records: u64,
}

/// Inputs that were lost with the machine although effects of theirs were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LostInputs {
    /// The first lost sequence number.
    pub first: u64,
    /// The last one.
    pub last: u64,
}

impl LostInputs {
    pub(super) fn from_record(last: u64, payload: &[u8]) -> Option<LostInputs> {
        (payload.len() == 8).then(|| LostInputs { first: u64_at(payload, 0), last })
    }
}

/// What a stream holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct StreamReport {
    /// Segments with records in them, or at least one.
    pub segments: u64,
    /// Records, without the marks at the ends of segments.
    pub records: u64,
    /// Bytes of these records.
    pub bytes: u64,
    /// The first sequence number; 0 in an empty stream.
    pub first_seq: u64,
    /// The last sequence number; 0 in an empty stream.
    pub last_seq: u64,
    /// The first record's time, nanoseconds since the Unix epoch.
    pub first_time_ns: u64,
    /// The latest time of a record.
    pub last_time_ns: u64,
    /// The position behind the last record.
    pub end: Position,
    /// The index of the last effect of the last cause; `None` for inputs and without effects.
    pub last_effect: Option<(u64, u32)>,
    /// What is, or was, cut off at the end.
    pub torn: Option<TornTail>,
    /// Bytes that had been durable and are not there any more. Not 0 only if somebody cut the files
    /// or the disk lost what it had confirmed.
    pub durable_bytes_missing: u64,
    /// Inputs lost with the machine, in this crash or earlier ones.
    pub lost: Vec<LostInputs>,
}

/// Effects in the journal whose input is not: the machine ended after they reached the disk and
/// before their inputs did. Orders among them may have left, so their sequence numbers must not be
/// used again: opening the journal marks these inputs as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct OrphanEffects {
    /// How many effects.
    pub count: u64,
    /// The first missing cause.
    pub first_cause: u64,
    /// The last missing cause.
    pub last_cause: u64,
}

impl OrphanEffects {
    pub(super) fn note(orphans: &mut Option<OrphanEffects>, cause: u64) {
        let orphans = orphans.get_or_insert(OrphanEffects {
            count: 0,
            first_cause: cause,
            last_cause: cause,
        });
        orphans.count += 1;
        orphans.first_cause = orphans.first_cause.min(cause);
        orphans.last_cause = orphans.last_cause.max(cause);
    }
}
