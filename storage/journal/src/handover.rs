//! How segments pass between the thread that writes records and the thread that makes them durable.

use super::mapping::{Mapping, MappingWriter};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A segment that the writer can go on in.
#[derive(Debug)]
pub(super) struct FreshSegment {
    pub index: u64,
    pub writer: MappingWriter,
}

/// A segment that has to be made durable.
#[derive(Debug, Clone)]
pub(super) struct OpenSegment {
    pub index: u64,
    pub mapping: Arc<Mapping>,
    pub path: PathBuf,
}

/// Held only while a segment changes hands, at most once a segment by either side.
#[derive(Debug)]
pub(super) struct Handover {
    /// The segment that the writer goes on in.
    pub ready: Option<FreshSegment>,
    /// Segments that the writer had to make itself and the other side has not seen yet.
    pub self_made: Vec<OpenSegment>,
    /// The index of the segment to be made next.
    pub next_index: u64,
}

/// A counter on a cache line of its own, so that its writer is not slowed by its neighbours'.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Padded(AtomicU64);

impl Padded {
    pub fn new(value: u64) -> Padded {
        Padded(AtomicU64::new(value))
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }
}

/// What the two sides of a stream share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Everything before this position is committed.
    pub written: Padded,
    /// Everything before this position is on disk.
    pub synced: Padded,
    /// Segments that the writer had to make itself.
    pub self_made: Padded,
    handover: Mutex<Handover>,
}

impl Shared {
    pub fn new(position: u64, next_index: u64) -> Shared {
        Shared {
            written: Padded::new(position),
            synced: Padded::new(position),
            self_made: Padded::new(0),
            handover: Mutex::new(Handover { ready: None, self_made: Vec::new(), next_index }),
        }
    }

    /// The handover. A panic on the other side leaves it as it was, since no step in between two
    /// changes of it can panic.
    pub fn handover(&self) -> MutexGuard<'_, Handover> {
        self.handover.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
