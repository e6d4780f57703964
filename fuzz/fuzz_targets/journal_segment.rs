//! A journal with any records in it, damaged in any way, is read up to the damage or refused, never
//! with a panic; one that opens for writing goes on where its whole records end, and is whole then.

#![no_main]

use arbitrary::Arbitrary;
use gauntlet_journal::{
    EffectReader, InputReader, Journal, JournalConfig, JournalReader, PAYLOAD_MAX, Position,
    RECORD_HEADER, SEGMENT_HEADER, Stream, kind, verify,
};
use gauntlet_model::input::{Input, Sequenced, Timer};
use gauntlet_model::units::UnixNanos;
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::{Path, PathBuf};

const SEGMENT_BYTES: usize = 64 << 10;
const EPOCH: u64 = 77;
const STEPS_MAX: usize = 100;

/// One step of making a journal's files.
#[derive(Arbitrary, Debug)]
enum Step {
    /// A record with a right checksum. Numbers grow by what is said.
    Record { effects: bool, kind: u8, index: u8, grows: u8, later: u16, payload: Vec<u8> },
    /// A record whose header says anything.
    Strange { effects: bool, kind: u8, version: u8, index: u32, seq: u64, time: u64 },
    /// A timer, the shortest input.
    Timer { second: u64 },
    /// Bytes that are no record.
    Bytes { effects: bool, bytes: Vec<u8> },
    /// The segment is full; the next one begins.
    End { effects: bool },
    /// How far the stream is said to be on disk.
    Mark { effects: bool, position: u64 },
    /// A byte of a segment changes.
    Flip { effects: bool, segment: u8, offset: u16, mask: u8 },
    /// A segment is cut short.
    Cut { effects: bool, segment: u8, len: u32 },
    /// A segment is gone.
    Remove { effects: bool, segment: u8 },
    /// What the journal says of itself.
    Header { version: u16, epoch: u64, segment_len: u64 },
}

/// Segments of a stream while they are made.
struct Segments {
    stream: Stream,
    files: Vec<Vec<u8>>,
    removed: Vec<usize>,
    seq: u64,
    time: u64,
}

impl Segments {
    fn new(stream: Stream) -> Segments {
        let mut made = Segments { stream, files: vec![], removed: vec![], seq: 0, time: 1_000 };
        made.begin();
        made
    }

    fn begin(&mut self) {
        let mut bytes = vec![0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(b"GNTLTSEG");
        bytes[8..10].copy_from_slice(&1u16.to_le_bytes());
        bytes[10] = self.stream as u8;
        bytes[16..24].copy_from_slice(&EPOCH.to_le_bytes());
        bytes[24..32].copy_from_slice(&(SEGMENT_BYTES as u64).to_le_bytes());
        let first = self.files.len() * SEGMENT_BYTES;
        bytes[32..40].copy_from_slice(&(first as u64).to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..40]);
        bytes[40..44].copy_from_slice(&crc.to_le_bytes());
        self.files.push(bytes);
    }

    fn last(&mut self) -> &mut Vec<u8> {
        self.files.last_mut().expect("one is begun at the start")
    }

    fn put(&mut self, bytes: &[u8]) {
        let last = self.last();
        let room = SEGMENT_BYTES - last.len();
        last.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn record(
        &mut self,
        version: u8,
        kind: u8,
        index: u32,
        (seq, time): (u64, u64),
        payload: &[u8],
    ) {
        let payload = &payload[..payload.len().min(PAYLOAD_MAX)];
        let length = RECORD_HEADER + payload.len();
        let mut bytes = vec![0; length.next_multiple_of(8)];
        bytes[4..8].copy_from_slice(&(length as u32).to_le_bytes());
        bytes[8..10].copy_from_slice(b"JR");
        (bytes[10], bytes[11]) = (version, kind);
        bytes[12..16].copy_from_slice(&index.to_le_bytes());
        bytes[16..24].copy_from_slice(&seq.to_le_bytes());
        bytes[24..32].copy_from_slice(&time.to_le_bytes());
        bytes[RECORD_HEADER..length].copy_from_slice(payload);
        let crc = crc32c::crc32c(&bytes[4..]);
        bytes[..4].copy_from_slice(&crc.to_le_bytes());
        self.put(&bytes);
    }

    fn file(&mut self, segment: u8) -> &mut Vec<u8> {
        let at = usize::from(segment) % self.files.len();
        &mut self.files[at]
    }
}

/// The files of a journal while they are made.
struct Files {
    header: (u16, u64, u64),
    streams: [Segments; 2],
}

impl Files {
    fn of(&mut self, effects: bool) -> &mut Segments {
        &mut self.streams[usize::from(effects)]
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Record { effects, kind, index, grows, later, payload } => {
                let stream = self.of(effects);
                stream.seq = stream.seq.wrapping_add(u64::from(grows));
                stream.time += u64::from(later);
                let at = (stream.seq, stream.time);
                stream.record(1, kind, index.into(), at, &payload);
            }
            Step::Strange { effects, kind, version, index, seq, time } => {
                self.of(effects).record(version, kind, index, (seq, time), &[]);
            }
            Step::Timer { second } => {
                let stream = self.of(false);
                stream.seq = stream.seq.wrapping_add(1);
                let at = (stream.seq, stream.time);
                stream.record(1, kind::TIMER, 0, at, &second.to_le_bytes());
            }
            Step::Bytes { effects, bytes } => self.of(effects).put(&bytes),
            Step::End { effects } => {
                let stream = self.of(effects);
                let at = (stream.seq, stream.time);
                stream.record(1, kind::SEGMENT_END, 0, at, &[]);
                stream.begin();
            }
            Step::Mark { effects, position } => {
                self.of(effects).last()[48..56].copy_from_slice(&position.to_le_bytes());
            }
            Step::Flip { effects, segment, offset, mask } => {
                let file = self.of(effects).file(segment);
                let at = usize::from(offset) % file.len();
                file[at] ^= mask;
            }
            Step::Cut { effects, segment, len } => {
                let stream = self.of(effects);
                // What a file is cut to is said last, by its length.
                let at = usize::from(segment) % stream.files.len();
                let len = len as usize % (SEGMENT_BYTES + 1);
                stream.files[at].truncate(len.max(SEGMENT_HEADER));
            }
            Step::Remove { effects, segment } => {
                let stream = self.of(effects);
                stream.removed.push(usize::from(segment) % stream.files.len());
            }
            Step::Header { version, epoch, segment_len } => {
                // The room of a segment is taken at once, so a possible length is a short one.
                let possible = (SEGMENT_BYTES as u64..=1 << 32).contains(&segment_len);
                let segment_len = if possible { segment_len % (1 << 20) } else { segment_len };
                self.header = (version, epoch, segment_len);
            }
        }
    }

    fn write(&self, dir: &Path, whole: bool) {
        let (version, epoch, segment_len) = self.header;
        let mut header = [0; 36];
        header[..8].copy_from_slice(b"GNTLTJNL");
        header[8..10].copy_from_slice(&version.to_le_bytes());
        header[16..24].copy_from_slice(&epoch.to_le_bytes());
        header[24..32].copy_from_slice(&segment_len.to_le_bytes());
        let crc = crc32c::crc32c(&header[..32]);
        header[32..].copy_from_slice(&crc.to_le_bytes());
        fs::write(dir.join("journal.hdr"), header).expect("writes");
        for stream in &self.streams {
            let folder = dir.join(stream.stream.name());
            fs::create_dir_all(&folder).expect("makes");
            for (index, bytes) in stream.files.iter().enumerate() {
                if stream.removed.contains(&index) {
                    continue;
                }
                let mut bytes = bytes.clone();
                if whole {
                    bytes.resize(SEGMENT_BYTES, 0);
                }
                fs::write(folder.join(format!("{index:08}.seg")), bytes).expect("writes");
            }
        }
    }
}

/// How many records each stream is read to have before its end or its damage.
fn read(dir: &Path) -> [usize; 2] {
    if let Ok(mut reader) = InputReader::open(dir, Position::START) {
        while let Ok(Some(_)) = reader.next() {}
    }
    if let Ok(mut reader) = EffectReader::open(dir, Position::START) {
        while let Ok(Some(_)) = reader.next() {}
    }
    [Stream::Inputs, Stream::Effects].map(|stream| {
        let Ok(mut reader) = JournalReader::open(dir, stream, Position::START) else { return 0 };
        let (mut records, mut before) = (0, None);
        while let Ok(Some(record)) = reader.next() {
            assert!(before.is_none_or(|before| before < record.position));
            before = Some(record.position);
            records += 1;
        }
        records
    })
}

/// Opens for writing, appends an input and closes; whether it could.
fn goes_on(dir: &Path) -> bool {
    let config = JournalConfig {
        segment_bytes: SEGMENT_BYTES,
        max_bytes: Some(8 << 20),
        epoch: Some(EPOCH),
    };
    let Ok(mut journal) = Journal::create_or_open(dir, &config) else { return false };
    let seq = journal.recovery.next_seq;
    let time = UnixNanos(journal.recovery.inputs.last_time_ns);
    let input = Sequenced { seq, time, input: Input::Timer(Timer { second: 5 }) };
    let appended = journal.inputs.append_input(&input);
    let _ = journal.sync.do_work();
    appended.is_ok() && journal.sync.finish().is_ok()
}

/// A directory in memory where there is one: a run writes thousands of journals.
fn directory() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory")
}

fuzz_target!(|script: (bool, Vec<Step>)| {
    let (whole, steps) = script;
    let mut files = Files {
        header: (1, EPOCH, SEGMENT_BYTES as u64),
        streams: [Stream::Inputs, Stream::Effects].map(Segments::new),
    };
    for step in steps.into_iter().take(STEPS_MAX) {
        files.step(step);
    }
    let directory = directory();
    let dir = directory.path();
    files.write(dir, whole);
    let before = verify(dir);
    let records = read(dir);
    if !goes_on(dir) {
        return;
    }
    let before = before.expect("what opens for writing was sound to read");
    let after = verify(dir).expect("what was opened and closed is sound");
    assert!(after.inputs.torn.is_none() && after.effects.torn.is_none(), "{after:?}");
    // Effects without their inputs are told by one record more.
    let more = 1 + usize::from(before.orphans.is_some());
    assert_eq!(after.inputs.records, before.inputs.records + more as u64, "{before:?} {after:?}");
    assert_eq!(after.effects.records, before.effects.records);
    assert_eq!(after.orphans, None);
    assert_eq!(read(dir), [records[0] + more, records[1]]);
});
