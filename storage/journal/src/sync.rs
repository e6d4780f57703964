//! The cold side of a journal: makes records durable in groups and segments ready ahead.

use super::error::SyncError;
use super::files::{Lock, SegmentMaker};
use super::handover::{FreshSegment, OpenSegment, Shared};
use super::layout::{DURABLE_MARK, Position};
use super::mapping::Mapping;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of a segment that are filled and synced in one call of [`JournalSync::do_work`], so that a
/// group commit never waits long behind the making of a segment.
const FILL_CHUNK: usize = 4 << 20;
/// Bytes ahead of the writer whose pages are kept present and writable.
const PREFAULT_WINDOW: usize = 1 << 20;
/// How long to leave the disk alone after it refused a segment.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How far each stream is on disk. Cheap to read from any thread.
#[derive(Debug, Clone)]
pub struct SyncedPositions {
    inputs: Arc<Shared>,
    effects: Arc<Shared>,
}

impl SyncedPositions {
    /// Every input before this position survives the end of the machine.
    pub fn inputs(&self) -> Position {
        Position(self.inputs.synced.get())
    }

    /// Every effect before this position survives the end of the machine.
    pub fn effects(&self) -> Position {
        Position(self.effects.synced.get())
    }

    /// Bytes written to the inputs and not on disk yet.
    pub fn inputs_lag_bytes(&self) -> u64 {
        self.inputs.written.get().saturating_sub(self.inputs.synced.get())
    }

    /// Bytes written to the effects and not on disk yet.
    pub fn effects_lag_bytes(&self) -> u64 {
        self.effects.written.get().saturating_sub(self.effects.synced.get())
    }

    /// Segments that the writers had to make themselves because none was ready: slow, but right. Not
    /// 0 when the journal's thread does not keep up.
    pub fn segments_made_late(&self) -> u64 {
        self.inputs.self_made.get() + self.effects.self_made.get()
    }
}

/// A segment being made: reserved on disk, filled with zeros piece by piece.
#[derive(Debug)]
struct Draft {
    file: File,
    path: PathBuf,
    filled: usize,
}

#[derive(Debug)]
pub(super) struct StreamSync {
    maker: SegmentMaker,
    shared: Arc<Shared>,
    open: VecDeque<OpenSegment>,
    draft: Option<Draft>,
    retry_at: Option<Instant>,
    refused: Option<io::ErrorKind>,
}

impl StreamSync {
    pub fn new(maker: SegmentMaker, shared: Arc<Shared>, current: OpenSegment) -> StreamSync {
        StreamSync {
            maker,
            shared,
            open: VecDeque::from([current]),
            draft: None,
            retry_at: None,
            refused: None,
        }
    }

    /// Makes everything before `target` durable; returns the bytes that were not yet.
    fn sync_to(&mut self, target: Position) -> Result<u64, SyncError> {
        let synced = self.shared.synced.get();
        if target.0 <= synced {
            return Ok(0);
        }
        self.adopt_self_made()?;
        assert!(target.0 <= self.shared.written.get(), "only what was written can be durable");
        let (target_index, target_offset) = target.split(self.maker.segment_len());
        while let Some(segment) = self.open.front() {
            if segment.index < target_index {
                flush(segment, segment.mapping.len())?;
                self.open.pop_front();
                continue;
            }
            flush(segment, target_offset)?;
            // It reaches the disk with the next flush: behind the truth, never ahead of it.
            segment.mapping.mark(DURABLE_MARK, target.0);
            prefault_from(&segment.mapping, target_offset);
            break;
        }
        self.shared.synced.set(target.0);
        Ok(target.0 - synced)
    }

    /// Takes over the segments that the writer made itself.
    fn adopt_self_made(&mut self) -> Result<(), SyncError> {
        let made = std::mem::take(&mut self.shared.handover().self_made);
        if made.is_empty() {
            return Ok(());
        }
        self.sync_names()?;
        self.open.extend(made);
        // A segment of ours may have been placed just before or after one of the writer's.
        self.open.make_contiguous().sort_by_key(|segment| segment.index);
        Ok(())
    }

    fn sync_names(&self) -> Result<(), SyncError> {
        self.maker.sync_names().map_err(failed(&self.maker.stream_dir()))
    }

    /// Brings the next segment nearer; returns the bytes written for it.
    fn prepare(&mut self) -> Result<u64, SyncError> {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return Ok(0);
        }
        if self.draft.is_none() {
            if self.shared.handover().ready.is_some() {
                return Ok(0);
            }
            let path = self.maker.stream_dir().join("sync.tmp");
            match self.maker.reserve(&path) {
                Ok(file) => self.draft = Some(Draft { file, path, filled: 0 }),
                Err(e) => {
                    self.refuse(&e);
                    return Ok(0);
                }
            }
        }
        let Some(draft) = &mut self.draft else { return Ok(0) };
        let chunk = FILL_CHUNK.min(self.maker.segment_len() - draft.filled);
        if chunk > 0 {
            // Blocks that were only reserved would cost every commit a change of the file's metadata.
            if let Err(e) = fill(&draft.file, draft.filled, chunk) {
                self.refuse(&e);
                return Ok(0);
            }
            draft.file.sync_data().map_err(failed(&draft.path))?;
            draft.filled += chunk;
            return Ok(chunk as u64);
        }
        match self.publish() {
            Ok(()) => {
                self.sync_names()?;
                Ok(1)
            }
            Err(e) => {
                self.refuse(&e);
                Ok(0)
            }
        }
    }

    fn publish(&mut self) -> io::Result<()> {
        let Some(draft) = &self.draft else { return Ok(()) };
        let mut handover = self.shared.handover();
        let index = handover.next_index;
        let (writer, mapping) = self.maker.place(&draft.file, &draft.path, index)?;
        handover.next_index += 1;
        handover.ready = Some(FreshSegment { index, writer });
        drop(handover);
        prefault_from(&mapping, 0);
        self.open.push_back(OpenSegment { index, mapping, path: self.maker.path(index) });
        self.draft = None;
        self.retry_at = None;
        self.refused = None;
        Ok(())
    }

    fn refuse(&mut self, error: &io::Error) {
        self.refused = Some(error.kind());
        self.retry_at = Some(Instant::now() + RETRY_AFTER);
    }

    /// Writes the durable mark itself to the disk.
    fn settle(&mut self) -> Result<(), SyncError> {
        let (index, offset) = Position(self.shared.synced.get()).split(self.maker.segment_len());
        match self.open.iter().find(|segment| segment.index == index) {
            Some(segment) => {
                segment.mapping.mark(DURABLE_MARK, self.shared.synced.get());
                flush(segment, offset)
            }
            None => Ok(()),
        }
    }
}

/// Keeps the writer from page faults in what it writes next. A flush write-protects the pages that it
/// wrote, the last of which is still being filled.
pub(super) fn prefault_from(mapping: &Mapping, offset: usize) {
    mapping.prefault(offset & !4095, PREFAULT_WINDOW);
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SyncError {
    move |source| SyncError::Failed { path: path.to_owned(), source }
}

fn flush(segment: &OpenSegment, end: usize) -> Result<(), SyncError> {
    let mapping: &Mapping = &segment.mapping;
    mapping.flush_to(end).map_err(failed(&segment.path))
}

fn fill(file: &File, from: usize, len: usize) -> io::Result<()> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut at = from;
    while at < from + len {
        let chunk = ZEROS.len().min(from + len - at);
        file.write_all_at(&ZEROS[..chunk], at as u64)?;
        at += chunk;
    }
    Ok(())
}

/// Makes a journal durable. Owned by the journal's thread, which calls [`JournalSync::do_work`] in a
/// loop.
#[derive(Debug)]
pub struct JournalSync {
    inputs: StreamSync,
    effects: StreamSync,
    poisoned: bool,
    _lock: Arc<Lock>,
}

impl JournalSync {
    pub(super) fn new(inputs: StreamSync, effects: StreamSync, lock: Arc<Lock>) -> JournalSync {
        JournalSync { inputs, effects, poisoned: false, _lock: lock }
    }

    /// Makes durable what was written, then works on the next segments. Returns how much was done; 0
    /// lets the owner idle.
    ///
    /// Inputs go first, and effects only up to a position read before: no effect is on disk whose
    /// input is not, as far as it is for us to decide.
    ///
    /// # Errors
    /// [`SyncError`]: the owner must end the process. Every later call fails too.
    pub fn do_work(&mut self) -> Result<usize, SyncError> {
        self.guarded(|sync| {
            let synced = sync.commit()?;
            let prepared = sync.inputs.prepare()? + sync.effects.prepare()?;
            Ok((synced + prepared) as usize)
        })
    }

    /// Makes everything durable that was written until now, and records that it is. For the end of an
    /// orderly stop.
    ///
    /// # Errors
    /// As [`JournalSync::do_work`].
    pub fn finish(&mut self) -> Result<(), SyncError> {
        self.guarded(|sync| {
            sync.commit()?;
            sync.inputs.settle()?;
            sync.effects.settle()
        })
    }

    /// How far each stream is on disk.
    pub fn positions(&self) -> SyncedPositions {
        SyncedPositions { inputs: self.inputs.shared.clone(), effects: self.effects.shared.clone() }
    }

    /// Why the disk refused to hold the next segment of a stream, while it does: a warning that comes
    /// up to a whole segment before [`InputWriter::is_short`](super::InputWriter::is_short).
    pub fn disk_refuses(&self) -> Option<io::ErrorKind> {
        self.inputs.refused.or(self.effects.refused)
    }

    fn commit(&mut self) -> Result<u64, SyncError> {
        let effects = Position(self.effects.shared.written.get());
        let inputs = Position(self.inputs.shared.written.get());
        Ok(self.inputs.sync_to(inputs)? + self.effects.sync_to(effects)?)
    }

    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut JournalSync) -> Result<T, SyncError>,
    ) -> Result<T, SyncError> {
        if self.poisoned {
            return Err(SyncError::Poisoned);
        }
        let result = work(self);
        self.poisoned = result.is_err();
        result
    }
}
