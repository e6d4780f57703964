//! Segments mapped into memory: the only unsafe code of the crate.
//!
//! No reference into a mapping is ever made, since the kernel and other processes see the same pages:
//! bytes are copied in and out through raw pointers. A committed record never changes, and the commit
//! word is stored with release and loaded with acquire ordering, so whoever sees the word sees the
//! record behind it.

#![allow(unsafe_code)]

use memmap2::{Advice, MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A mapped segment, as the thread that makes it durable sees it: it touches no record.
#[derive(Debug)]
pub(super) struct Mapping {
    raw: MmapRaw,
}

/// The right to write into a mapped segment. There is one per mapping.
#[derive(Debug)]
pub(super) struct MappingWriter {
    mapping: Arc<Mapping>,
}

/// A segment mapped for reading.
#[derive(Debug)]
pub(super) struct ReadMapping {
    raw: MmapRaw,
}

fn word(raw: &MmapRaw, offset: usize) -> &AtomicU64 {
    assert!(offset.is_multiple_of(8) && offset + 8 <= raw.len(), "a word lies inside the segment");
    // SAFETY: the address is inside the mapping, which lives as long as `raw`, and aligned, since a
    // mapping begins at a page. Every access to a word that changes after the file was made is
    // atomic: commit words are written by `MappingWriter::commit`, the mark by `Mapping::mark`.
    unsafe { AtomicU64::from_ptr(raw.as_mut_ptr().add(offset).cast::<u64>()) }
}

impl Mapping {
    /// Maps `len` bytes of a file that is at least as long. Returns the right to write beside it.
    pub fn new(file: &File, len: usize) -> io::Result<(MappingWriter, Arc<Mapping>)> {
        if file.metadata()?.len() < len as u64 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is too short"));
        }
        let raw = MmapOptions::new().len(len).map_raw(file)?;
        let mapping = Arc::new(Mapping { raw });
        Ok((MappingWriter { mapping: mapping.clone() }, mapping))
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Writes everything before `end` to the disk and waits for it.
    pub fn flush_to(&self, end: usize) -> io::Result<()> {
        self.raw.flush_range(0, end)
    }

    /// Makes pages present and writable, so that the writer meets no page fault there. Advice: where
    /// the kernel does not know it, the writer takes the faults.
    pub fn prefault(&self, offset: usize, len: usize) {
        let len = len.min(self.raw.len().saturating_sub(offset));
        if len > 0 {
            let _ = self.raw.advise_range(Advice::PopulateWrite, offset, len);
        }
    }

    /// Stores a word outside of the records, in the segment's header.
    pub fn mark(&self, offset: usize, value: u64) {
        assert!(offset < super::layout::SEGMENT_HEADER, "the mark is in the header");
        word(&self.raw, offset).store(value.to_le(), Ordering::Relaxed);
    }
}

impl MappingWriter {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.mapping.len()
    }

    /// Copies a record to an offset that is a multiple of 8 and commits it.
    pub fn commit(&mut self, offset: usize, record: &[u8]) {
        assert!(
            record.len() > 8 && offset + record.len() <= self.len(),
            "a record lies inside the segment"
        );
        let mut commit = [0; 8];
        commit.copy_from_slice(&record[..8]);
        let body = &record[8..];
        // SAFETY: the range is inside the mapping by the assertion, and `self` is the only writer of
        // it; readers do not look behind a commit word that is still zero. The source is memory of
        // ours and does not overlap.
        unsafe {
            let to = self.mapping.raw.as_mut_ptr().add(offset + 8);
            ptr::copy_nonoverlapping(body.as_ptr(), to, body.len());
        }
        word(&self.mapping.raw, offset).store(u64::from_ne_bytes(commit), Ordering::Release);
    }
}

impl ReadMapping {
    /// Maps a file for reading, at most `len` bytes of it.
    pub fn new(file: &File, len: usize) -> io::Result<ReadMapping> {
        let len = len.min(usize::try_from(file.metadata()?.len()).unwrap_or(len));
        Ok(ReadMapping { raw: MmapOptions::new().len(len).map_raw_read_only(file)? })
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// The commit word at an offset; 0 behind the end.
    pub fn commit_word(&self, offset: usize) -> u64 {
        if offset + 8 > self.len() {
            return 0;
        }
        u64::from_le(word(&self.raw, offset).load(Ordering::Acquire))
    }

    /// Copies committed bytes out; `false` if they are not all there.
    pub fn copy_out(&self, offset: usize, to: &mut [u8]) -> bool {
        if offset.checked_add(to.len()).is_none_or(|end| end > self.len()) {
            return false;
        }
        // SAFETY: the range is inside the mapping by the check. The caller has seen the commit word
        // of the record, so its writer is done with it; a damaged length may reach into bytes that
        // are being written, which gives garbage that the checksum refuses. Files are not made
        // shorter while anybody has them mapped.
        unsafe {
            ptr::copy_nonoverlapping(self.raw.as_ptr().add(offset), to.as_mut_ptr(), to.len());
        }
        true
    }
}
