//! Whether a book of orders was filled from its beginning, and is still whole.

use crate::input::{BookAction, Mbo, flags};

/// How far a book can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Build {
    /// Not filled from its beginning, or something was lost since.
    Unknown,
    /// Begun afresh, inside the event that fills it.
    Rebuilding,
    /// Filled from its beginning.
    Complete,
}

/// How far the building of a book has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    build: Build,
    in_snapshot: bool,
}

impl Progress {
    pub const UNKNOWN: Progress = Progress { build: Build::Unknown, in_snapshot: false };

    /// Whether an event begins a book afresh: a clear, or the first record of a snapshot.
    pub fn begins_afresh(&self, event: &Mbo) -> bool {
        let snapshot = event.flags & flags::SNAPSHOT != 0;
        event.action == BookAction::Clear || (snapshot && !self.in_snapshot)
    }

    /// A book is begun afresh.
    pub fn begin(&mut self) {
        *self = Progress { build: Build::Rebuilding, in_snapshot: false };
    }

    /// An event was applied.
    pub fn applied(&mut self, event: &Mbo) {
        let last = event.flags & flags::LAST != 0;
        self.in_snapshot = event.flags & flags::SNAPSHOT != 0 && !last;
        if last && self.build == Build::Rebuilding {
            self.build = Build::Complete;
        }
    }

    /// Something was lost.
    pub fn distrust(&mut self) {
        self.build = Build::Unknown;
    }

    pub fn is_unknown(&self) -> bool {
        self.build == Build::Unknown
    }

    pub fn is_complete(&self) -> bool {
        self.build == Build::Complete
    }
}

/// Follows whether an instrument's market-by-order events make a book that can be believed, without
/// making it: by the same rules as the market that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Continuity {
    progress: Progress,
    sequence: u32,
}

impl Default for Continuity {
    fn default() -> Continuity {
        Continuity::new()
    }
}

impl Continuity {
    /// Before the first event.
    pub fn new() -> Continuity {
        Continuity { progress: Progress::UNKNOWN, sequence: 0 }
    }

    /// Takes the next event.
    pub fn on(&mut self, event: &Mbo) {
        if self.progress.begins_afresh(event) {
            self.progress.begin();
            self.sequence = 0;
        }
        self.progress.applied(event);
        let is_numbered = event.sequence != 0 && event.flags & flags::SNAPSHOT == 0;
        let runs_backwards = is_numbered && event.sequence < self.sequence;
        if is_numbered {
            self.sequence = event.sequence;
        }
        if runs_backwards || event.flags & flags::MAYBE_BAD_BOOK != 0 {
            self.progress.distrust();
        }
    }

    /// Whether the book stays in doubt until it is begun afresh.
    pub fn is_broken(&self) -> bool {
        self.progress.is_unknown()
    }

    /// Whether the book is whole.
    pub fn is_whole(&self) -> bool {
        self.progress.is_complete()
    }
}
