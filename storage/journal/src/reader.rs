//! Readers, which follow a journal while it is written, in this process or another.

use super::error::JournalError;
use super::files::{read_header_of_journal, segment_path};
use super::kind;
use super::layout::{
    self, Header, JournalHeader, Position, RECORD_HEADER, RECORD_MAX, SEGMENT_HEADER,
    SegmentHeader, Stream,
};
use super::mapping::ReadMapping;
use super::record::{self, DecodeError};
use super::report::LostInputs;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::input::Sequenced;
use gauntlet_model::units::UnixNanos;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A record as it is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// Where it begins.
    pub position: Position,
    /// See [`kind`].
    pub kind: u8,
    /// Its index among the effects of one input; 0 for inputs.
    pub index: u32,
    /// The sequence number of the input, or of the input that caused the effect.
    pub seq: u64,
    /// The sequencer's time.
    pub time: UnixNanos,
    /// Its payload.
    pub payload: &'a [u8],
}

/// Reads the records of one stream.
///
/// Polling at the live end costs one load. A reader stops without a word at a place where nothing was
/// committed, so whoever needs to know that nothing is missing runs [`verify`](super::verify) first.
#[derive(Debug)]
pub struct JournalReader {
    dir: PathBuf,
    stream: Stream,
    journal: JournalHeader,
    segment: Option<ReadMapping>,
    index: u64,
    offset: usize,
    buffer: Vec<u8>,
    /// The offset at which a bad record was found to be the last thing in the segment.
    bad_end: Option<usize>,
}

impl JournalReader {
    /// Opens a stream at a position that a reader or writer gave, or at [`Position::START`].
    ///
    /// # Errors
    /// There is no journal in the directory, or one of another format.
    pub fn open(dir: &Path, stream: Stream, from: Position) -> Result<JournalReader, JournalError> {
        let journal = read_header_of_journal(dir)?;
        let (index, offset) = from.split(journal.segment_len);
        Ok(JournalReader {
            dir: dir.to_owned(),
            stream,
            journal,
            segment: None,
            index,
            offset,
            buffer: vec![0; RECORD_MAX],
            bad_end: None,
        })
    }

    /// When the journal was made, in seconds since the Unix epoch.
    pub fn epoch(&self) -> u64 {
        self.journal.epoch
    }

    /// Where the next record begins: a cursor to go on from later.
    pub fn position(&self) -> Position {
        Position::of(self.index, self.offset, self.journal.segment_len)
    }

    /// The next record; `None` at the live end.
    ///
    /// # Errors
    /// The system refuses to read, or a bad record has whole ones behind it.
    #[expect(clippy::should_implement_trait, reason = "the record borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<RawRecord<'_>>, JournalError> {
        let Some((position, header, payload_len)) = self.advance()? else { return Ok(None) };
        Ok(Some(RawRecord {
            position,
            kind: header.kind,
            index: header.index,
            seq: header.seq,
            time: header.time,
            payload: &self.buffer[RECORD_HEADER..RECORD_HEADER + payload_len],
        }))
    }

    fn advance(&mut self) -> Result<Option<(Position, Header, usize)>, JournalError> {
        loop {
            if self.segment.is_none() && !self.open_segment()? {
                return Ok(None);
            }
            let Some(segment) = &self.segment else { return Ok(None) };
            let (header, payload_len, size) = match fetch(segment, self.offset, &mut self.buffer) {
                Fetched::Record { header, payload_len, size } => (header, payload_len, size),
                // The file was cut short: it may be whole again at the next call.
                Fetched::Nothing if segment.len() < self.journal.segment_len => {
                    self.segment = None;
                    return Ok(None);
                }
                Fetched::Nothing => return Ok(None),
                Fetched::Bad(reason) => return self.bad(reason).map(|()| None),
            };
            if header.kind == kind::SEGMENT_END {
                self.segment = None;
                self.index += 1;
                self.offset = SEGMENT_HEADER;
                continue;
            }
            let position = self.position();
            self.offset += size;
            return Ok(Some((position, header, payload_len)));
        }
    }

    fn path(&self) -> PathBuf {
        segment_path(&self.dir, self.stream, self.index)
    }

    fn open_segment(&mut self) -> Result<bool, JournalError> {
        let path = self.path();
        let segment_len = self.journal.segment_len;
        let mapping = match File::open(&path).and_then(|f| ReadMapping::new(&f, segment_len)) {
            Ok(mapping) => mapping,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(JournalError::io("read", &path)(e)),
        };
        let mut bytes = [0; SEGMENT_HEADER];
        let expected = SegmentHeader {
            stream: self.stream,
            epoch: self.journal.epoch,
            segment_len,
            index: self.index,
        };
        let whole = mapping.copy_out(0, &mut bytes);
        if !whole || bytes == [0; SEGMENT_HEADER] {
            return Ok(false);
        }
        if !expected.matches(&bytes) {
            return Err(JournalError::damaged(&path, 0, "the segment's header does not match"));
        }
        self.segment = Some(mapping);
        Ok(true)
    }

    /// Decides about a bad record: at the live end it may be a record that is not all there, anywhere
    /// else it is damage.
    fn bad(&mut self, reason: &'static str) -> Result<(), JournalError> {
        let (Some(segment), true) = (&self.segment, self.bad_end != Some(self.offset)) else {
            return Ok(());
        };
        let mut at = self.offset + 8;
        while at < segment.len() {
            if matches!(fetch(segment, at, &mut self.buffer), Fetched::Record { .. }) {
                let reason = format!("the record here is bad ({reason}) and whole ones follow it");
                return Err(JournalError::damaged(&self.path(), self.offset, reason));
            }
            at += 8;
        }
        self.bad_end = Some(self.offset);
        Ok(())
    }

    fn decode_error(&self, at: Position) -> impl FnOnce(DecodeError) -> JournalError + use<> {
        let (index, offset) = at.split(self.journal.segment_len);
        let path = segment_path(&self.dir, self.stream, index);
        move |source| JournalError::Decode { path, offset: offset as u64, source }
    }
}

enum Fetched {
    Nothing,
    Bad(&'static str),
    Record { header: Header, payload_len: usize, size: usize },
}

fn fetch(segment: &ReadMapping, offset: usize, buffer: &mut [u8]) -> Fetched {
    let length = layout::committed_length(segment.commit_word(offset));
    if length == 0 {
        return Fetched::Nothing;
    }
    let size = layout::padded(length);
    if size > buffer.len() {
        return Fetched::Bad("its length is impossible");
    }
    if !segment.copy_out(offset, &mut buffer[..size]) {
        return Fetched::Bad("it is cut off");
    }
    match layout::find(&buffer[..size]) {
        Ok(found) => Fetched::Record {
            header: found.header,
            payload_len: found.payload.len(),
            size: found.size,
        },
        Err(layout::NotARecord::Empty) => Fetched::Nothing,
        Err(layout::NotARecord::Bad(reason)) => Fetched::Bad(reason),
    }
}

/// An input in the journal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputRecord<'a> {
    /// Where it begins.
    pub position: Position,
    /// The input.
    pub sequenced: Sequenced,
    /// See [`kind`].
    pub kind: u8,
    /// Its payload, for comparison.
    pub payload: &'a [u8],
}

/// Reads inputs.
#[derive(Debug)]
pub struct InputReader {
    raw: JournalReader,
    lost: Vec<LostInputs>,
}

impl InputReader {
    /// See [`JournalReader::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(dir: &Path, from: Position) -> Result<InputReader, JournalError> {
        let raw = JournalReader::open(dir, Stream::Inputs, from)?;
        Ok(InputReader { raw, lost: Vec::new() })
    }

    /// The next input; `None` at the live end.
    ///
    /// # Errors
    /// As [`JournalReader::next`], or the record is not one of an input.
    #[expect(clippy::should_implement_trait, reason = "the record borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<InputRecord<'_>>, JournalError> {
        let (position, header, payload_len) = loop {
            let Some((position, header, payload_len)) = self.raw.advance()? else {
                return Ok(None);
            };
            if header.kind != kind::INPUTS_LOST {
                break (position, header, payload_len);
            }
            let payload = &self.raw.buffer[RECORD_HEADER..RECORD_HEADER + payload_len];
            let lost = LostInputs::from_record(header.seq, payload)
                .ok_or(DecodeError::Payload(header.kind))
                .map_err(self.raw.decode_error(position))?;
            self.lost.push(lost);
        };
        let payload = &self.raw.buffer[RECORD_HEADER..RECORD_HEADER + payload_len];
        let input =
            record::decode_input(header.kind, payload).map_err(self.raw.decode_error(position))?;
        let sequenced = Sequenced { seq: header.seq, time: header.time, input };
        Ok(Some(InputRecord { position, sequenced, kind: header.kind, payload }))
    }

    /// Inputs that were lost with the machine, as far as read. Effects that they caused are in the
    /// journal and cannot be computed again.
    pub fn lost(&self) -> &[LostInputs] {
        &self.lost
    }

    /// See [`JournalReader::position`].
    pub fn position(&self) -> Position {
        self.raw.position()
    }

    /// See [`JournalReader::epoch`].
    pub fn epoch(&self) -> u64 {
        self.raw.epoch()
    }
}

/// What the effects' stream holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EffectEntry {
    /// An effect.
    Effect(Effect),
    /// A message that was about to be sent.
    Sent(MessageSent),
    /// A message that the session of a drop copy was about to send.
    CopySent(MessageSent),
}

/// An effect in the journal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectRecord<'a> {
    /// Where it begins.
    pub position: Position,
    /// The sequence number of the input that caused it; for sent messages the last one before, or 0.
    pub cause: u64,
    /// Its index among the effects of that input, from 0; 0 for sent messages.
    pub index: u32,
    /// The sequencer's time.
    pub time: UnixNanos,
    /// What it is.
    pub entry: EffectEntry,
    /// See [`kind`].
    pub kind: u8,
    /// Its payload, for comparison.
    pub payload: &'a [u8],
}

/// Reads effects and sent messages.
#[derive(Debug)]
pub struct EffectReader {
    raw: JournalReader,
}

impl EffectReader {
    /// See [`JournalReader::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(dir: &Path, from: Position) -> Result<EffectReader, JournalError> {
        Ok(EffectReader { raw: JournalReader::open(dir, Stream::Effects, from)? })
    }

    /// The next effect or sent message; `None` at the live end.
    ///
    /// # Errors
    /// As [`JournalReader::next`], or the record is not one of an effect.
    #[expect(clippy::should_implement_trait, reason = "the record borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<EffectRecord<'_>>, JournalError> {
        let Some((position, header, payload_len)) = self.raw.advance()? else { return Ok(None) };
        let payload = &self.raw.buffer[RECORD_HEADER..RECORD_HEADER + payload_len];
        let entry = match header.kind {
            kind::MESSAGE_SENT => record::decode_sent(header.kind, payload).map(EffectEntry::Sent),
            kind::COPY_SENT => record::decode_sent(header.kind, payload).map(EffectEntry::CopySent),
            _ => record::decode_effect(header.kind, payload).map(EffectEntry::Effect),
        }
        .map_err(self.raw.decode_error(position))?;
        Ok(Some(EffectRecord {
            position,
            cause: header.seq,
            index: header.index,
            time: header.time,
            entry,
            kind: header.kind,
            payload,
        }))
    }

    /// See [`JournalReader::position`].
    pub fn position(&self) -> Position {
        self.raw.position()
    }

    /// See [`JournalReader::epoch`].
    pub fn epoch(&self) -> u64 {
        self.raw.epoch()
    }
}
