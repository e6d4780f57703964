//! The bytes of a journal: what a record, a segment and the journal's own header look like. All
//! numbers are little-endian. [`RECORD`], [`SEGMENT`] and [`JOURNAL`] name the fields, and
//! `docs/journal.md` shows them.
//!
//! The first 8 bytes of a record are the commit word: one aligned store, made with release ordering
//! after everything else is in place. A reader that finds a length there may read the record; zero
//! means that no record is there yet.

use gauntlet_model::units::UnixNanos;
use std::fmt;

/// The format that this program writes and reads.
pub const FORMAT_VERSION: u16 = 1;
/// Bytes of a record before its payload.
pub const RECORD_HEADER: usize = 32;
/// Most bytes of a payload.
pub const PAYLOAD_MAX: usize = RECORD_MAX - RECORD_HEADER;
/// Bytes of a segment before its first record.
pub const SEGMENT_HEADER: usize = 64;

pub(super) const RECORD_MAX: usize = 4096;

/// Highest sequence number: the one behind it is still a number.
pub(super) const SEQ_MAX: u64 = u64::MAX - 1;
pub(super) const PAYLOAD_VERSION: u8 = 1;
pub(super) const DURABLE_MARK: usize = 48;
pub(super) const JOURNAL_HEADER: usize = 36;
const RECORD_MAGIC: u16 = u16::from_le_bytes(*b"JR");
const SEGMENT_MAGIC: &[u8; 8] = b"GNTLTSEG";
const JOURNAL_MAGIC: &[u8; 8] = b"GNTLTJNL";

/// A field of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Offset of its first byte.
    pub at: usize,
    /// Its bytes; 0 for everything from there on.
    pub bytes: usize,
    /// What it is.
    pub what: &'static str,
}

const fn place(at: usize, bytes: usize, what: &'static str) -> Place {
    Place { at, bytes, what }
}

/// The header of a record, and what follows it.
pub(super) const RECORD: [Place; 9] = [
    place(0, 4, "CRC32C over bytes 4 to the end of the padding"),
    place(4, 4, "length of header and payload without the padding; never 0"),
    place(8, 2, "magic `JR`"),
    place(10, 1, "version of the form of payloads, 1"),
    place(11, 1, "kind"),
    place(12, 4, "index among the effects of one input, from 0; 0 for inputs"),
    place(16, 8, "sequence number of the input, or of the input that caused the effect"),
    place(24, 8, "the sequencer's time, nanoseconds since the Unix epoch"),
    place(RECORD_HEADER, 0, "payload, padded with zeros to a multiple of 8"),
];

/// The header of a segment, and what follows it. What is not named is zero.
pub(super) const SEGMENT: [Place; 9] = [
    place(0, 8, "magic `GNTLTSEG`"),
    place(8, 2, "format version"),
    place(10, 1, "stream: 1 inputs, 2 effects"),
    place(16, 8, "epoch of the journal"),
    place(24, 8, "segment length"),
    place(32, 8, "position of the segment's first byte"),
    place(40, 4, "CRC32C over bytes 0 to 39"),
    place(
        DURABLE_MARK,
        8,
        "durable mark: the stream is on disk up to this position; 0 if never told",
    ),
    place(SEGMENT_HEADER, 0, "records"),
];

/// `journal.hdr`. What is not named is zero.
pub(super) const JOURNAL: [Place; 5] = [
    place(0, 8, "magic `GNTLTJNL`"),
    place(8, 2, "format version"),
    place(16, 8, "epoch: seconds since the Unix epoch when the journal was made"),
    place(24, 8, "segment length"),
    place(32, 4, "CRC32C over bytes 0 to 31"),
];

/// One of the two streams of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Stream {
    /// Every sequenced input.
    Inputs = 1,
    /// Every effect, and every message sent.
    Effects = 2,
}

impl Stream {
    /// The stream's name, which is also its folder's.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Inputs => "inputs",
            Stream::Effects => "effects",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A place in a stream, in bytes from its beginning, at the border of a record. What a reader keeps
/// as its cursor.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Position(pub u64);

impl Position {
    /// The beginning of a stream.
    pub const START: Position = Position(0);

    pub(super) fn of(segment: u64, offset: usize, segment_len: usize) -> Position {
        Position(segment * segment_len as u64 + offset as u64)
    }

    /// The segment and the offset in it; never inside the segment's header.
    pub(super) fn split(self, segment_len: usize) -> (u64, usize) {
        let offset = (self.0 % segment_len as u64) as usize;
        (self.0 / segment_len as u64, offset.max(SEGMENT_HEADER))
    }
}

/// The fields of a record's header that are not its integrity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub kind: u8,
    pub index: u32,
    pub seq: u64,
    pub time: UnixNanos,
}

/// A whole record found in some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub header: Header,
    pub payload: &'a [u8],
    /// Bytes it takes, with the padding.
    pub size: usize,
}

/// Why some bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotARecord {
    /// Nothing was committed here.
    Empty,
    /// Something is here, but not a whole record.
    Bad(&'static str),
}

/// Bytes that a record of this length takes.
pub(super) fn padded(length: usize) -> usize {
    length.next_multiple_of(8)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut le = [0; 4];
    le.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(le)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut le = [0; 8];
    le.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(le)
}

/// The length that a commit word announces; 0 for none.
pub(super) fn committed_length(commit: u64) -> usize {
    (commit >> 32) as usize
}

/// Completes the record whose payload of `payload_len` bytes is in place behind the room for its
/// header; returns its size.
///
/// # Panics
/// If the buffer is too small for the record.
pub(super) fn seal(buffer: &mut [u8], header: &Header, payload_len: usize) -> usize {
    let length = RECORD_HEADER + payload_len;
    let size = padded(length);
    assert!(length <= RECORD_MAX, "a record that readers would refuse is never made");
    let record = &mut buffer[..size];
    record[4..8].copy_from_slice(&(length as u32).to_le_bytes());
    record[8..10].copy_from_slice(&RECORD_MAGIC.to_le_bytes());
    record[10] = PAYLOAD_VERSION;
    record[11] = header.kind;
    record[12..16].copy_from_slice(&header.index.to_le_bytes());
    record[16..24].copy_from_slice(&header.seq.to_le_bytes());
    record[24..32].copy_from_slice(&header.time.0.to_le_bytes());
    clear_padding(buffer, length, size);
    let record = &mut buffer[..size];
    let crc = crc32c::crc32c(&record[4..]);
    record[0..4].copy_from_slice(&crc.to_le_bytes());
    assert!(size >= length && size.is_multiple_of(8), "the next record is aligned");
    size
}

/// Clears what follows a record's `length` bytes up to its `size`. Where the buffer goes on, a whole word
/// is cleared: one store instead of a call.
#[inline]
fn clear_padding(buffer: &mut [u8], length: usize, size: usize) {
    match buffer[length..].first_chunk_mut::<8>() {
        Some(word) => *word = [0; 8],
        None => buffer[length..size].fill(0),
    }
}

/// Reads the record at the beginning of `bytes`, checking everything that can be checked.
pub(super) fn find(bytes: &[u8]) -> Result<Found<'_>, NotARecord> {
    if bytes.len() < 8 {
        // Less than a commit word: the end of a file that was cut.
        let empty = bytes.iter().all(|b| *b == 0);
        return Err(if empty { NotARecord::Empty } else { NotARecord::Bad("it is cut off") });
    }
    let length = u32_at(bytes, 4) as usize;
    if length == 0 {
        let empty = u32_at(bytes, 0) == 0;
        return Err(if empty { NotARecord::Empty } else { NotARecord::Bad("it has no length") });
    }
    if !(RECORD_HEADER..=RECORD_MAX).contains(&length) {
        return Err(NotARecord::Bad("its length is impossible"));
    }
    let size = padded(length);
    let Some(record) = bytes.get(..size) else {
        return Err(NotARecord::Bad("it is cut off"));
    };
    if crc32c::crc32c(&record[4..]) != u32_at(record, 0) {
        return Err(NotARecord::Bad("its checksum does not match"));
    }
    if u16_at(record, 8) != RECORD_MAGIC {
        return Err(NotARecord::Bad("it has no record magic"));
    }
    if record[10] != PAYLOAD_VERSION {
        return Err(NotARecord::Bad("it has a payload version from another release"));
    }
    let header = Header {
        kind: record[11],
        index: u32_at(record, 12),
        seq: u64_at(record, 16),
        time: UnixNanos(u64_at(record, 24)),
    };
    if header.seq > SEQ_MAX {
        return Err(NotARecord::Bad("its sequence number is impossible"));
    }
    Ok(Found { header, payload: &record[RECORD_HEADER..length], size })
}

/// What a segment says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub stream: Stream,
    pub epoch: u64,
    pub segment_len: usize,
    pub index: u64,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[0..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[10] = self.stream as u8;
        bytes[16..24].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[24..32].copy_from_slice(&(self.segment_len as u64).to_le_bytes());
        let first = Position::of(self.index, 0, self.segment_len);
        bytes[32..40].copy_from_slice(&first.0.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..40]);
        bytes[40..44].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Whether `bytes` begin with exactly this header; the durable mark is not looked at.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        bytes.get(..DURABLE_MARK) == Some(&self.encode()[..DURABLE_MARK])
    }
}

/// What a journal says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JournalHeader {
    pub epoch: u64,
    pub segment_len: usize,
}

/// Why some bytes are not a journal's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAHeader {
    Bad(&'static str),
    Version(u16),
}

impl JournalHeader {
    pub fn encode(&self) -> [u8; JOURNAL_HEADER] {
        let mut bytes = [0; JOURNAL_HEADER];
        bytes[0..8].copy_from_slice(JOURNAL_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[24..32].copy_from_slice(&(self.segment_len as u64).to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..32]);
        bytes[32..36].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<JournalHeader, NotAHeader> {
        if bytes.len() != JOURNAL_HEADER || &bytes[0..8] != JOURNAL_MAGIC {
            return Err(NotAHeader::Bad("it does not begin as one"));
        }
        if crc32c::crc32c(&bytes[..32]) != u32_at(bytes, 32) {
            return Err(NotAHeader::Bad("its header is damaged"));
        }
        match u16_at(bytes, 8) {
            FORMAT_VERSION => Ok(JournalHeader {
                epoch: u64_at(bytes, 16),
                segment_len: u64_at(bytes, 24) as usize,
            }),
            other => Err(NotAHeader::Version(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(payload: &[u8]) -> Vec<u8> {
        numbered(9, payload)
    }

    fn numbered(seq: u64, payload: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0xaa; 256];
        buffer[RECORD_HEADER..RECORD_HEADER + payload.len()].copy_from_slice(payload);
        let header = Header { kind: 7, index: 3, seq, time: UnixNanos(11) };
        let size = seal(&mut buffer, &header, payload.len());
        buffer.truncate(size);
        buffer
    }

    #[test]
    fn a_record_has_the_documented_bytes() {
        let record = sealed(b"abc");
        let hex: String = record.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            &hex[8..],
            "230000004a520107030000000900000000000000\
             0b000000000000006162630000000000"
        );
        assert_eq!(u32_at(&record, 0), crc32c::crc32c(&record[4..]));
    }

    #[test]
    fn fields_of_headers_follow_one_another_inside_of_them() {
        for places in [&RECORD[..], &SEGMENT, &JOURNAL] {
            for pair in places.windows(2) {
                assert!(pair[0].at + pair[0].bytes <= pair[1].at, "{pair:?}");
            }
        }
        let named: usize = RECORD.iter().map(|place| place.bytes).sum();
        assert_eq!(named, RECORD_HEADER);
        assert_eq!(JOURNAL.last().map(|last| last.at + last.bytes), Some(JOURNAL_HEADER));
    }

    #[test]
    fn a_record_is_found_as_it_was_sealed() {
        let record = sealed(b"hello");
        let found = find(&record).expect("whole");
        assert_eq!(found.payload, b"hello");
        assert_eq!(found.size, 40);
        assert_eq!(found.header, Header { kind: 7, index: 3, seq: 9, time: UnixNanos(11) });
    }

    #[test]
    fn a_number_that_none_can_follow_is_no_records() {
        assert!(find(&numbered(SEQ_MAX, b"x")).is_ok());
        let reason = "its sequence number is impossible";
        assert_eq!(find(&numbered(SEQ_MAX + 1, b"x")), Err(NotARecord::Bad(reason)));
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_found() {
        let record = sealed(b"some payload of a record");
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(find(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn headers_reject_every_flipped_bit() {
        let segment =
            SegmentHeader { stream: Stream::Effects, epoch: 1, segment_len: 65536, index: 3 };
        let journal = JournalHeader { epoch: 1, segment_len: 65536 };
        assert!(segment.matches(&segment.encode()));
        assert_eq!(JournalHeader::decode(&journal.encode()), Ok(journal));
        for bit in 0..DURABLE_MARK * 8 {
            let mut bytes = segment.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!segment.matches(&bytes), "segment bit {bit}");
        }
        for bit in 0..JOURNAL_HEADER * 8 {
            let mut bytes = journal.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(JournalHeader::decode(&bytes).is_err(), "journal bit {bit}");
        }
    }
}
