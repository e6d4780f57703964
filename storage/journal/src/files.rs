//! Where a journal's files are, and how they are made.

use super::error::JournalError;
use super::layout::{FORMAT_VERSION, RECORD_MAX};
use super::layout::{JournalHeader, NotAHeader, SEGMENT_HEADER, SegmentHeader, Stream};
use super::mapping::{Mapping, MappingWriter};
use super::scan::count_segments;
use super::spare::Spare;
use crate::private;
use rustix::fs::{FallocateFlags, FlockOperation, fallocate, flock};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shortest segment: some records of the largest size must fit.
pub(super) const SEGMENT_LEN_MIN: usize = 16 * RECORD_MAX;

/// Longest segment: the room of one is taken from the disk at once.
pub(super) const SEGMENT_LEN_MAX: usize = 1 << 32;

pub(super) fn stream_dir(dir: &Path, stream: Stream) -> PathBuf {
    dir.join(stream.name())
}

pub(super) fn segment_path(dir: &Path, stream: Stream, index: u64) -> PathBuf {
    stream_dir(dir, stream).join(format!("{index:08}.seg"))
}

fn header_path(dir: &Path) -> PathBuf {
    dir.join("journal.hdr")
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The journal's header, or `None` if there is no file for it.
pub(super) fn read_header(dir: &Path) -> Result<Option<JournalHeader>, JournalError> {
    let path = header_path(dir);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(JournalError::io("read", &path)(e)),
    };
    let header = JournalHeader::decode(&bytes).map_err(|e| match e {
        NotAHeader::Bad(reason) => JournalError::damaged(&path, 0, reason),
        NotAHeader::Version(found) => {
            JournalError::Version { dir: dir.to_owned(), found, supported: FORMAT_VERSION }
        }
    })?;
    let possible = (SEGMENT_LEN_MIN..=SEGMENT_LEN_MAX).contains(&header.segment_len);
    if !possible || !header.segment_len.is_multiple_of(4096) {
        return Err(JournalError::damaged(&path, 0, "its segment length is impossible"));
    }
    Ok(Some(header))
}

/// The header of a journal that is there to be read.
pub(super) fn read_header_of_journal(dir: &Path) -> Result<JournalHeader, JournalError> {
    match read_header(dir)? {
        Some(header) => Ok(header),
        None => {
            for stream in [Stream::Inputs, Stream::Effects] {
                if count_segments(dir, stream)? > 0 {
                    return Err(headless(dir));
                }
            }
            Err(JournalError::NotAJournal { path: dir.to_owned(), reason: "it has no journal.hdr" })
        }
    }
}

/// Segments without the header that says how to read them: somebody took it away.
pub(super) fn headless(dir: &Path) -> JournalError {
    JournalError::damaged(&header_path(dir), 0, "it is gone, and there are segments")
}

/// Writes the journal's header in one piece: there is either none or a whole one.
pub(super) fn write_header(dir: &Path, header: &JournalHeader) -> Result<(), JournalError> {
    let (path, draft) = (header_path(dir), dir.join("journal.hdr.tmp"));
    let write = || {
        let mut file = private::create_file(&draft)?;
        file.write_all(&header.encode())?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        sync_dir(dir)
    };
    write().map_err(JournalError::io("write", &path))
}

/// The right to write to a journal, held as long as this lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    fn path(dir: &Path) -> PathBuf {
        dir.join("lock")
    }

    pub fn take(dir: &Path) -> Result<Lock, JournalError> {
        let path = Lock::path(dir);
        let mut file = private::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(JournalError::io("open", &path))?;
        if !lock_exclusive(&file).map_err(JournalError::io("lock", &path))? {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let pid = pid.trim();
            let holder = if pid.is_empty() { String::new() } else { format!(" (pid {pid})") };
            return Err(JournalError::Locked { dir: dir.to_owned(), holder });
        }
        let mut note_holder = || {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            write!(file, "{}", std::process::id())
        };
        note_holder().map_err(JournalError::io("write", &path))?;
        private::restrict_file(&file).map_err(JournalError::io("close to others", &path))?;
        Ok(Lock { file })
    }

    /// Whether somebody holds the right to write.
    pub fn is_taken(dir: &Path) -> bool {
        let Ok(file) = File::open(Lock::path(dir)) else { return false };
        match try_lock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(true) => {
                unlock(&file);
                false
            }
            Ok(false) => true,
            Err(_) => false,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        unlock(&self.file);
    }
}

/// Gives a lock up. Closing the file alone does so only once no other descriptor of the same opening is
/// left, and a process that is being started has one until it becomes another program.
fn unlock(file: &File) {
    let _ = flock(file, FlockOperation::Unlock);
}

/// Takes the exclusive lock, unless a writer has it. Whoever only asks whether there is one holds a
/// shared lock for some microseconds: that is waited for.
fn lock_exclusive(file: &File) -> io::Result<bool> {
    const ATTEMPTS_MAX: usize = 100_000;
    for _ in 0..ATTEMPTS_MAX {
        if try_lock(file, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(true);
        }
        if !try_lock(file, FlockOperation::NonBlockingLockShared)? {
            return Ok(false);
        }
        flock(file, FlockOperation::Unlock)?;
        std::thread::yield_now();
    }
    Ok(false)
}

fn try_lock(file: &File, operation: FlockOperation) -> io::Result<bool> {
    match flock(file, operation) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// What the journal may take of the disk.
#[derive(Debug)]
pub(super) struct Quota {
    used: AtomicU64,
    max: u64,
}

impl Quota {
    pub fn new(max: Option<u64>) -> Quota {
        Quota { used: AtomicU64::new(0), max: max.unwrap_or(u64::MAX) }
    }

    /// Counts what is there already.
    pub fn add(&self, bytes: u64) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    fn take(&self, bytes: u64) -> io::Result<()> {
        let take = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.max);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::ErrorKind::QuotaExceeded.into()),
        }
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Makes the segments of one stream.
#[derive(Debug, Clone)]
pub(super) struct SegmentMaker {
    pub dir: PathBuf,
    pub stream: Stream,
    pub header: JournalHeader,
    pub quota: Arc<Quota>,
    pub spare: Arc<Spare>,
}

impl SegmentMaker {
    pub fn segment_len(&self) -> usize {
        self.header.segment_len
    }

    pub fn path(&self, index: u64) -> PathBuf {
        segment_path(&self.dir, self.stream, index)
    }

    pub fn stream_dir(&self) -> PathBuf {
        stream_dir(&self.dir, self.stream)
    }

    pub fn segment_header(&self, index: u64) -> SegmentHeader {
        SegmentHeader {
            stream: self.stream,
            epoch: self.header.epoch,
            segment_len: self.header.segment_len,
            index,
        }
    }

    /// Takes the room for a segment from the disk. Nothing is left behind on failure.
    pub fn reserve(&self, draft: &Path) -> io::Result<File> {
        self.quota.take(self.segment_len() as u64)?;
        let make = || {
            let mut options = private::options();
            options.read(true).write(true).create(true).truncate(true);
            let file = self.spare.open(|| options.open(draft))?;
            private::restrict_file(&file)?;
            allocate(&file, self.segment_len())?;
            Ok(file)
        };
        make().inspect_err(|_| {
            self.quota.give_back(self.segment_len() as u64);
            let _ = fs::remove_file(draft);
        })
    }

    /// Makes the names of the stream's segments durable, whoever has taken all descriptors.
    pub fn sync_names(&self) -> io::Result<()> {
        let dir = self.stream_dir();
        self.spare.open(|| File::open(&dir))?.sync_all()
    }

    /// Gives a reserved file its place in the stream.
    pub fn place(
        &self,
        file: &File,
        draft: &Path,
        index: u64,
    ) -> io::Result<(MappingWriter, Arc<Mapping>)> {
        file.write_all_at(&self.segment_header(index).encode(), 0)?;
        let mapped = Mapping::new(file, self.segment_len())?;
        fs::rename(draft, self.path(index))?;
        Ok(mapped)
    }

    /// Opens a segment that exists, making it whole again if it was cut short.
    pub fn reopen(&self, index: u64) -> io::Result<(File, MappingWriter, Arc<Mapping>)> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(index))?;
        allocate(&file, self.segment_len())?;
        let mut header = [0; SEGMENT_HEADER];
        file.read_exact_at(&mut header, 0)?;
        if !self.segment_header(index).matches(&header) {
            file.write_all_at(&self.segment_header(index).encode(), 0)?;
        }
        let (writer, mapping) = Mapping::new(&file, self.segment_len())?;
        Ok((file, writer, mapping))
    }
}

/// Gives a file real blocks up to a length, so that a store into the mapped file cannot fail for want
/// of space.
fn allocate(file: &File, len: usize) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, len as u64) {
        Ok(()) => Ok(()),
        // The file system cannot reserve: write what is missing.
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; 1 << 20];
            let mut at = file.metadata()?.len() as usize;
            while at < len {
                let chunk = zeros.len().min(len - at);
                file.write_all_at(&zeros[..chunk], at as u64)?;
                at += chunk;
            }
            Ok(())
        }
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_once_dropped_whatever_child_still_has_its_descriptor() {
        let dir = tempfile::tempdir().expect("a directory");
        let lock = Lock::take(dir.path()).expect("free");
        // What a process has that was forked and is not another program yet.
        let inherited = lock.file.try_clone().expect("a descriptor");
        assert!(Lock::is_taken(dir.path()));
        assert!(matches!(Lock::take(dir.path()), Err(JournalError::Locked { .. })));
        drop(lock);
        assert!(!Lock::is_taken(dir.path()));
        drop(Lock::take(dir.path()).expect("free again"));
        drop(inherited);
    }
}
