//! Reads a whole stream and judges it: what recovery and verification share.
//!
//! # How a torn tail is told from damage
//!
//! Behind the last record a segment is zero. Scanning stops at the first place that holds no whole
//! record, and what lies behind that place decides:
//!
//! | behind | where | verdict |
//! |---|---|---|
//! | only zeros | | the end |
//! | bytes, but no whole record | | a torn tail: a record was being written when the process or the machine ended. Cut |
//! | whole records | behind the durable mark | a torn tail: the machine ended before the group commit, and the pages of the commit reached the disk in another order. Nobody was told that they were durable. Cut |
//! | whole records | before the durable mark | damage: these bytes were on disk and are not what was written. Refused |
//!
//! The durable mark is in the segments' headers and says up to where group commits have come. It may
//! be behind the truth after a crash of the machine, never ahead of it. A tail that ends before the
//! mark (a file cut by hand, a disk that lied) is cut as well, and the report says how many durable
//! bytes are missing.

use super::error::JournalError;
use super::files::{segment_path, stream_dir};
use super::kind;
use super::layout::{
    self, DURABLE_MARK, Header, JournalHeader, NotARecord, Position, SEGMENT_HEADER, SegmentHeader,
    Stream, u64_at,
};
use super::report::{LostInputs, StreamReport, TornTail};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A stream, scanned.
#[derive(Debug)]
pub(super) struct Scan {
    pub report: StreamReport,
    /// The stream is on disk at least up to here.
    pub durable: Position,
    /// How many segment files there are.
    pub files: u64,
    /// Bytes from the end that are not zero, in the segment of the end.
    pub dirty: usize,
}

/// Where scanning a segment stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// At the record that ends a full segment.
    SegmentEnd,
    /// At a place without a whole record.
    NoRecord { offset: usize, reason: NotARecord },
}

/// Checks that a stream's records follow each other, and counts them.
struct Follower<'a> {
    stream: Stream,
    report: StreamReport,
    visit: &'a mut dyn FnMut(&Header),
}

impl Follower<'_> {
    fn follow(&mut self, header: &Header, payload: &[u8], size: usize) -> Result<(), String> {
        match self.stream {
            Stream::Inputs => self.follow_input(header, payload)?,
            Stream::Effects => self.follow_effect(header)?,
        }
        let report = &mut self.report;
        if report.records == 0 {
            report.first_seq = header.seq;
            report.first_time_ns = header.time.0;
        }
        report.records += 1;
        report.bytes += size as u64;
        report.last_seq = report.last_seq.max(header.seq);
        report.last_time_ns = report.last_time_ns.max(header.time.0);
        (self.visit)(header);
        Ok(())
    }

    fn follow_input(&mut self, header: &Header, payload: &[u8]) -> Result<(), String> {
        let expected = self.report.last_seq + 1;
        let seq = match header.kind {
            other if kind::is_input(other) => header.seq,
            kind::INPUTS_LOST => {
                let lost = LostInputs::from_record(header.seq, payload)
                    .ok_or("a record of lost inputs is not valid")?;
                self.report.lost.push(lost);
                lost.first
            }
            other => return Err(format!("record kind {other:#04x} is not an input's")),
        };
        if seq != expected || header.seq < seq {
            return Err(format!("input {seq} follows input {}", expected - 1));
        }
        Ok(())
    }

    fn follow_effect(&mut self, header: &Header) -> Result<(), String> {
        match header.kind {
            kind::MESSAGE_SENT | kind::COPY_SENT => Ok(()),
            other if kind::is_effect(other) => {
                let this = (header.seq, header.index);
                if let Some(last) = self.report.last_effect.filter(|last| this <= *last) {
                    return Err(format!("effect {this:?} follows effect {last:?}"));
                }
                self.report.last_effect = Some(this);
                Ok(())
            }
            other => Err(format!("record kind {other:#04x} is not an effect's")),
        }
    }
}

/// The offset behind the last byte that is not zero, at least `from`.
fn dirty_end(bytes: &[u8], from: usize) -> usize {
    const PAGE: usize = 4096;
    static ZEROS: [u8; PAGE] = [0; PAGE];
    let mut end = bytes.len();
    // Whole pages are compared at once: a segment is mostly zeros, and this reads all of them.
    while end > from {
        let begin = end.saturating_sub(PAGE).max(from);
        if bytes[begin..end] != ZEROS[..end - begin] {
            let last = bytes[begin..end].iter().rposition(|b| *b != 0).unwrap_or(0);
            return begin + last + 1;
        }
        end = begin;
    }
    from
}

/// Whole records that begin at any place from `from` to `until`. They may end behind it, since a
/// record may end with zeros.
fn records_behind(bytes: &[u8], from: usize, until: usize) -> u64 {
    let (mut at, mut records) = (from.next_multiple_of(8), 0);
    while at < until {
        match layout::find(&bytes[at..]) {
            Ok(found) => {
                records += 1;
                at += found.size;
            }
            Err(_) => at += 8,
        }
    }
    records
}

fn scan_segment(
    bytes: &[u8],
    from: usize,
    mut each: impl FnMut(&Header, &[u8], usize) -> Result<(), String>,
) -> Result<Stop, (usize, String)> {
    let mut offset = from;
    loop {
        let found = match layout::find(bytes.get(offset..).unwrap_or_default()) {
            Ok(found) => found,
            Err(reason) => return Ok(Stop::NoRecord { offset, reason }),
        };
        if found.header.kind == kind::SEGMENT_END {
            return Ok(Stop::SegmentEnd);
        }
        each(&found.header, found.payload, found.size).map_err(|why| (offset, why))?;
        offset += found.size;
    }
}

/// The segments of a stream, which must begin at 0 and have none missing.
pub(super) fn count_segments(dir: &Path, stream: Stream) -> Result<u64, JournalError> {
    let path = stream_dir(dir, stream);
    let mut indices = Vec::new();
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(JournalError::io("list", &path)(e)),
    };
    for entry in entries {
        let name = entry.map_err(JournalError::io("list", &path))?.file_name();
        let index = name.to_str().and_then(|name| name.strip_suffix(".seg"));
        if let Some(index) = index.and_then(|digits| digits.parse::<u64>().ok()) {
            indices.push(index);
        }
    }
    indices.sort_unstable();
    match indices.iter().enumerate().find(|(i, index)| *i as u64 != **index) {
        None => Ok(indices.len() as u64),
        Some((i, _)) => Err(JournalError::damaged(
            &segment_path(dir, stream, i as u64),
            0,
            "this segment is missing, later ones are there",
        )),
    }
}

fn read_segment(path: &Path, len: usize, to: &mut Vec<u8>) -> Result<(), JournalError> {
    to.clear();
    File::open(path)
        .and_then(|file| file.take(len as u64).read_to_end(to))
        .map(|_| ())
        .map_err(JournalError::io("read", path))
}

fn durable_mark(dir: &Path, stream: Stream, files: u64) -> Result<Position, JournalError> {
    let mut mark = 0;
    let mut header = Vec::new();
    for index in 0..files {
        read_segment(&segment_path(dir, stream, index), SEGMENT_HEADER, &mut header)?;
        if header.len() == SEGMENT_HEADER {
            mark = mark.max(u64_at(&header, DURABLE_MARK));
        }
    }
    Ok(Position(mark))
}

/// Scans a stream. `live` says that somebody is writing it: then an unfinished end is no torn tail.
/// `visit` sees every record's header.
pub(super) fn scan_stream(
    dir: &Path,
    stream: Stream,
    journal: &JournalHeader,
    live: bool,
    visit: &mut dyn FnMut(&Header),
) -> Result<Scan, JournalError> {
    let files = count_segments(dir, stream)?;
    // Read before the records: what is written meanwhile lies behind it.
    let durable = durable_mark(dir, stream, files)?;
    let mut follower = Follower { stream, report: StreamReport::default(), visit };
    let mut bytes = Vec::new();
    for index in 0..files {
        let path = segment_path(dir, stream, index);
        read_segment(&path, journal.segment_len, &mut bytes)?;
        let (offset, reason) = match follow_segment(&mut follower, journal, index, &path, &bytes)? {
            Stop::SegmentEnd => continue,
            Stop::NoRecord { offset, reason } => (offset, reason),
        };
        let mut scan = Scan { report: follower.report, durable, files, dirty: 0 };
        scan.report.segments = index + 1;
        scan.report.end = Position::of(index, offset, journal.segment_len);
        let tail = Tail::read(dir, stream, journal, &mut bytes, index, offset, files)?;
        scan.dirty = tail.dirty;
        judge(&mut scan, &tail, path, offset, reason, live)?;
        return Ok(scan);
    }
    let mut report = follower.report;
    report.segments = files;
    report.end = Position::of(files, SEGMENT_HEADER, journal.segment_len);
    Ok(Scan { report, durable, files, dirty: 0 })
}

/// Reads the records of one segment.
fn follow_segment(
    follower: &mut Follower<'_>,
    journal: &JournalHeader,
    index: u64,
    path: &Path,
    bytes: &[u8],
) -> Result<Stop, JournalError> {
    let &JournalHeader { epoch, segment_len } = journal;
    let expected = SegmentHeader { stream: follower.stream, epoch, segment_len, index };
    if !expected.matches(bytes) {
        // Placed, but the machine ended before its header was on disk, or cut off before any record.
        if bytes.len() < SEGMENT_HEADER || dirty_end(bytes, 0) == 0 {
            return Ok(Stop::NoRecord { offset: SEGMENT_HEADER, reason: NotARecord::Empty });
        }
        return Err(JournalError::damaged(path, 0, "the segment's header does not match"));
    }
    scan_segment(bytes, SEGMENT_HEADER, |header, payload, size| {
        follower.follow(header, payload, size)
    })
    .map_err(|(offset, why)| JournalError::damaged(path, offset, why))
}

/// What lies behind the last whole record of a stream.
struct Tail {
    /// Bytes that are not zero in the segment of the end.
    dirty: usize,
    /// Bytes that are not zero in all.
    bytes: u64,
    /// Whole records among them.
    whole_records: u64,
}

impl Tail {
    /// `bytes` are those of the segment `index`, in which the whole records end at `offset`.
    fn read(
        dir: &Path,
        stream: Stream,
        journal: &JournalHeader,
        bytes: &mut Vec<u8>,
        index: u64,
        offset: usize,
        files: u64,
    ) -> Result<Tail, JournalError> {
        let dirty = dirty_end(bytes, offset.min(bytes.len())).max(offset);
        let mut tail = Tail {
            dirty: dirty - offset,
            bytes: (dirty - offset) as u64,
            whole_records: records_behind(bytes, offset + 8, dirty),
        };
        for later in index + 1..files {
            read_segment(&segment_path(dir, stream, later), journal.segment_len, bytes)?;
            let dirty = dirty_end(bytes, SEGMENT_HEADER.min(bytes.len())).max(SEGMENT_HEADER);
            tail.bytes += (dirty - SEGMENT_HEADER) as u64;
            tail.whole_records += records_behind(bytes, SEGMENT_HEADER, dirty);
        }
        Ok(tail)
    }
}

/// Decides what the end of a stream is, by the table in the module's documentation.
fn judge(
    scan: &mut Scan,
    tail: &Tail,
    path: PathBuf,
    offset: usize,
    reason: NotARecord,
    live: bool,
) -> Result<(), JournalError> {
    let end = scan.report.end;
    if tail.whole_records > 0 && end < scan.durable {
        let what = match reason {
            NotARecord::Empty => "it is empty",
            NotARecord::Bad(what) => what,
        };
        let records = tail.whole_records;
        let reason = format!("the record here is bad ({what}) and {records} whole ones follow it");
        return Err(JournalError::damaged(&path, offset, reason));
    }
    if live {
        return Ok(());
    }
    scan.report.durable_bytes_missing = scan.durable.0.saturating_sub(end.0);
    if tail.bytes > 0 {
        scan.report.torn = Some(TornTail {
            file: path,
            offset: offset as u64,
            bytes: tail.bytes,
            whole_records: tail.whole_records,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::layout::{RECORD_HEADER, seal};
    use super::*;
    use gauntlet_model::units::UnixNanos;

    /// The records of a segment, one behind the other, and where each ends.
    fn records(count: u64) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut buffer = [0; 256];
        for seq in 1..=count {
            let len = (seq * 7 % 90) as usize;
            buffer[RECORD_HEADER..RECORD_HEADER + len].fill(seq as u8 | 1);
            let header = Header { kind: kind::TIMER, index: 0, seq, time: UnixNanos(seq) };
            let size = seal(&mut buffer, &header, len);
            bytes.extend_from_slice(&buffer[..size]);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn stop_and_count(bytes: &[u8], from: usize) -> (usize, u64) {
        let mut count = 0;
        let stop = scan_segment(bytes, from, |_, _, _| {
            count += 1;
            Ok(())
        });
        match stop {
            Ok(Stop::NoRecord { offset, .. }) => (offset, count),
            other => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn a_thousand_records_cut_at_every_byte_keep_exactly_the_whole_ones() {
        let (bytes, ends) = records(1_000);
        let mut whole = 0;
        for cut in 0..bytes.len() {
            while ends[whole] <= cut {
                whole += 1;
                // At each border the whole of the segment is read from its beginning.
                assert_eq!(stop_and_count(&bytes[..cut], 0), (cut, whole as u64));
            }
            let begin = if whole == 0 { 0 } else { ends[whole - 1] };
            // Elsewhere from the border before: what comes earlier was just seen to be whole.
            assert_eq!(stop_and_count(&bytes[..cut], begin), (begin, 0), "cut at {cut}");
            assert_eq!(records_behind(&bytes[begin..cut], 8, cut - begin), 0, "cut at {cut}");
        }
    }

    #[test]
    fn a_bad_record_hides_none_of_the_whole_ones_behind_it() {
        let (bytes, ends) = records(50);
        for bit in (0..ends[9] * 8).step_by(3) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let (offset, before) = stop_and_count(&flipped, 0);
            assert!(offset <= bit / 8 && bit / 8 < ends[before as usize], "bit {bit}");
            assert_eq!(
                records_behind(&flipped, offset + 8, flipped.len()),
                50 - before - 1,
                "bit {bit}"
            );
        }
    }

    #[test]
    fn the_dirty_end_is_behind_the_last_byte_that_is_not_zero() {
        let mut bytes = vec![0; 10_000];
        assert_eq!(dirty_end(&bytes, 100), 100);
        for at in [100, 4_095, 4_096, 9_999] {
            bytes[at] = 1;
            assert_eq!(dirty_end(&bytes, 100), at + 1);
        }
        assert_eq!(dirty_end(&bytes[..50], 50), 50);
    }
}
