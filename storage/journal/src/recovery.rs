//! Opening a journal: everything is read and checked, the torn tail is cut, and the writers go on
//! where the last whole records end.

use super::error::JournalError;
use super::files::{self, Lock, Quota, SegmentMaker, stream_dir, sync_dir};
use super::handover::{FreshSegment, OpenSegment, Shared};
use super::layout::{DURABLE_MARK, JournalHeader, Stream};
use super::report::{OrphanEffects, StreamReport};
use super::scan::{self, Scan};
use super::spare::Spare;
use super::sync::{JournalSync, StreamSync, prefault_from};
use super::writer::{EffectWriter, InputWriter, Resume, StreamWriter};
use crate::private;
use gauntlet_model::units::UnixNanos;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// How a journal is made and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalConfig {
    /// Length of a segment, a multiple of 4,096 and at least 65,536. A journal that exists keeps its
    /// own. Each stream has up to three segments beyond what its records fill.
    pub segment_bytes: usize,
    /// Most bytes that the journal may take of the disk, both streams together; `None` for no bound.
    /// At the bound the disk is taken to be full.
    pub max_bytes: Option<u64>,
    /// The epoch of a new journal, in seconds since the Unix epoch; `None` takes the wall clock.
    pub epoch: Option<u64>,
}

impl Default for JournalConfig {
    fn default() -> Self {
        JournalConfig { segment_bytes: 64 << 20, max_bytes: None, epoch: None }
    }
}

/// What was found, and done, when a journal was opened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RecoveryReport {
    /// Whether the journal was made now.
    pub created: bool,
    /// Seconds since the Unix epoch when the journal was made.
    pub epoch: u64,
    /// The inputs, as found.
    pub inputs: StreamReport,
    /// The effects, as found.
    pub effects: StreamReport,
    /// Effects without their inputs. The owner must raise an alarm and reconcile with the broker.
    pub orphans: Option<OrphanEffects>,
    /// The sequence number that the next input must have.
    pub next_seq: u64,
}

/// A journal open for writing, in parts that go to different threads.
#[derive(Debug)]
pub struct OpenedJournal {
    /// For the sequencer.
    pub inputs: InputWriter,
    /// For the chain's end.
    pub effects: EffectWriter,
    /// For the journal's own thread.
    pub sync: JournalSync,
    /// What was found.
    pub recovery: RecoveryReport,
}

/// A directory that holds a journal.
#[derive(Debug)]
pub struct Journal;

impl Journal {
    /// Opens the journal in a directory, or makes one. The lock is held until all parts are dropped.
    ///
    /// # Errors
    /// Another process has it open, the system refuses, the settings make no sense, or the journal is
    /// damaged in a place that no crash explains: then nothing was changed.
    pub fn create_or_open(
        dir: &Path,
        config: &JournalConfig,
    ) -> Result<OpenedJournal, JournalError> {
        check(config)?;
        private::create_dir(dir).map_err(JournalError::io("make", dir))?;
        let lock = Arc::new(Lock::take(dir)?);
        let (header, created) = match files::read_header(dir)? {
            Some(header) => (header, false),
            None => (make(dir, config)?, true),
        };
        for stream in [Stream::Inputs, Stream::Effects] {
            let path = stream_dir(dir, stream);
            private::create_dir(&path).map_err(JournalError::io("make", &path))?;
        }
        sync_dir(dir).map_err(JournalError::io("sync", dir))?;

        let mut no_visit = |_: &super::layout::Header| {};
        let inputs = scan::scan_stream(dir, Stream::Inputs, &header, false, &mut no_visit)?;
        let mut orphans = None;
        let effects = scan::scan_stream(dir, Stream::Effects, &header, false, &mut |effect| {
            if effect.seq > inputs.report.last_seq {
                OrphanEffects::note(&mut orphans, effect.seq);
            }
        })?;

        let quota = Arc::new(Quota::new(config.max_bytes));
        let spare = Arc::new(Spare::take().map_err(JournalError::io("keep descriptors for", dir))?);
        let maker = |stream| SegmentMaker {
            dir: dir.to_owned(),
            stream,
            header,
            quota: quota.clone(),
            spare: spare.clone(),
        };
        let (input_stream, input_sync) = resume(maker(Stream::Inputs), &inputs, &lock)?;
        let (effect_stream, effect_sync) = resume(maker(Stream::Effects), &effects, &lock)?;
        let mut opened = OpenedJournal {
            inputs: InputWriter::new(input_stream),
            effects: EffectWriter::new(effect_stream, effects.report.last_effect),
            sync: JournalSync::new(input_sync, effect_sync, lock),
            recovery: RecoveryReport {
                created,
                epoch: header.epoch,
                inputs: inputs.report,
                effects: effects.report,
                orphans,
                next_seq: 0,
            },
        };
        if let Some(orphans) = orphans {
            opened.inputs.append_lost(orphans.last_cause)?;
        }
        opened.sync.finish()?;
        opened.recovery.next_seq = opened.inputs.last_seq() + 1;
        Ok(opened)
    }
}

fn check(config: &JournalConfig) -> Result<(), JournalError> {
    if config.segment_bytes < files::SEGMENT_LEN_MIN {
        return Err(JournalError::Settings("segment_bytes must be at least 65536"));
    }
    if !config.segment_bytes.is_multiple_of(4096) {
        return Err(JournalError::Settings("segment_bytes must be a multiple of 4096"));
    }
    if config.segment_bytes > files::SEGMENT_LEN_MAX {
        return Err(JournalError::Settings("segment_bytes must be at most 4294967296"));
    }
    Ok(())
}

fn make(dir: &Path, config: &JournalConfig) -> Result<JournalHeader, JournalError> {
    for stream in [Stream::Inputs, Stream::Effects] {
        if scan::count_segments(dir, stream)? > 0 {
            return Err(files::headless(dir));
        }
    }
    let now = || {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    };
    let header = JournalHeader {
        epoch: config.epoch.unwrap_or_else(now),
        segment_len: config.segment_bytes,
    };
    files::write_header(dir, &header)?;
    Ok(header)
}

/// Cuts what is torn, makes what is left durable, and sets up both sides of a stream.
fn resume(
    maker: SegmentMaker,
    scan: &Scan,
    lock: &Arc<Lock>,
) -> Result<(StreamWriter, StreamSync), JournalError> {
    let stream_dir = maker.stream_dir();
    let end = scan.report.end;
    let (index, offset) = end.split(maker.segment_len());
    remove_leftovers(&maker, index, scan.files)?;
    sync_dir(&stream_dir).map_err(JournalError::io("sync", &stream_dir))?;
    maker.quota.add(index * maker.segment_len() as u64);

    let path = maker.path(index);
    let (writer, mapping) = if index < scan.files {
        maker.quota.add(maker.segment_len() as u64);
        let (file, writer, mapping) =
            maker.reopen(index).map_err(JournalError::io("open", &path))?;
        if scan.dirty > 0 {
            file.write_all_at(&vec![0; scan.dirty], offset as u64)
                .map_err(JournalError::io("cut", &path))?;
        }
        (writer, mapping)
    } else {
        let draft = stream_dir.join("writer.tmp");
        let place = || {
            let file = maker.reserve(&draft)?;
            maker.place(&file, &draft, index)
        };
        place().map_err(JournalError::io("make", &path))?
    };
    mapping.mark(DURABLE_MARK, end.0);
    prefault_from(&mapping, offset);
    // What an earlier process wrote may be in the page cache only.
    let (durable_index, _) = scan.durable.min(end).split(maker.segment_len());
    for dirty in durable_index..=index {
        let path = maker.path(dirty);
        fs::File::open(&path)
            .and_then(|file| file.sync_data())
            .map_err(JournalError::io("sync", &path))?;
    }
    sync_dir(&stream_dir).map_err(JournalError::io("sync", &stream_dir))?;

    let shared = Arc::new(Shared::new(end.0, index + 1));
    let at = Resume {
        segment: FreshSegment { index, writer },
        offset,
        last_seq: scan.report.last_seq,
        last_time: UnixNanos(scan.report.last_time_ns),
    };
    let current = OpenSegment { index, mapping, path };
    let sync = StreamSync::new(maker.clone(), shared.clone(), current);
    Ok((StreamWriter::new(maker, shared, at, lock.clone()), sync))
}

/// Removes drafts, and segments behind the one that is written next: they hold nothing, or what is
/// cut.
fn remove_leftovers(maker: &SegmentMaker, index: u64, files: u64) -> Result<(), JournalError> {
    let drafts = ["writer.tmp", "sync.tmp"].map(|name| maker.stream_dir().join(name));
    // The last goes first, so that no gap is left if this is interrupted.
    let segments = (index + 1..files).rev().map(|later| maker.path(later));
    for path in segments.chain(drafts) {
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(JournalError::io("remove", &path)(e)),
        }
    }
    Ok(())
}
