//! The hot side of a journal: records copied into memory that the kernel writes out.
//!
//! Appending takes no system call, no lock and no allocation, except when a segment is full: then the
//! next one, made ready ahead by [`JournalSync`](super::JournalSync), is taken over under a lock that
//! is held for some instructions. A record is safe against the end of the process when `append_…`
//! returns, and safe against the end of the machine once
//! [`SyncedPositions`](super::SyncedPositions) has passed it.

use super::error::AppendError;
use super::files::{Lock, SegmentMaker};
use super::handover::{FreshSegment, OpenSegment, Shared};
use super::kind;
use super::layout::{
    self, Header, Position, RECORD_HEADER, RECORD_MAX, SEGMENT_HEADER, SEQ_MAX, Stream,
};
use super::record;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::input::Sequenced;
use gauntlet_model::units::UnixNanos;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Bytes at the end of a segment that are held back for the halt when the disk refuses the next
/// segment: enough for some ten thousand cancels. An eighth of the segment where that is less.
pub const RESERVE_BYTES: usize = 1 << 20;

const SEGMENT_END_SIZE: usize = RECORD_HEADER;

/// Writes one stream.
pub(super) struct StreamWriter {
    maker: SegmentMaker,
    shared: Arc<Shared>,
    segment: FreshSegment,
    /// The position of the segment's first byte.
    segment_from: u64,
    offset: usize,
    next: Option<FreshSegment>,
    reserve_from: usize,
    /// Whether the disk refused to let this side make the next segment.
    refused: bool,
    last_time: UnixNanos,
    last_seq: u64,
    scratch: Box<[u8; RECORD_MAX]>,
    _lock: Arc<Lock>,
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter")
            .field("stream", &self.stream())
            .field("last_seq", &self.last_seq)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

/// Where a stream's writer goes on.
#[derive(Debug)]
pub(super) struct Resume {
    pub segment: FreshSegment,
    pub offset: usize,
    pub last_seq: u64,
    pub last_time: UnixNanos,
}

impl StreamWriter {
    pub fn new(maker: SegmentMaker, shared: Arc<Shared>, at: Resume, lock: Arc<Lock>) -> Self {
        let segment_len = maker.segment_len();
        StreamWriter {
            reserve_from: segment_len - RESERVE_BYTES.min(segment_len / 8),
            maker,
            shared,
            segment_from: Position::of(at.segment.index, 0, segment_len).0,
            segment: at.segment,
            offset: at.offset,
            next: None,
            refused: false,
            last_time: at.last_time,
            last_seq: at.last_seq,
            scratch: Box::new([0; RECORD_MAX]),
            _lock: lock,
        }
    }

    fn stream(&self) -> Stream {
        self.maker.stream
    }

    #[inline]
    fn position(&self) -> Position {
        Position(self.segment_from + self.offset as u64)
    }

    fn payload(&mut self) -> &mut [u8] {
        &mut self.scratch[RECORD_HEADER..]
    }

    /// Appends the record whose payload is in [`StreamWriter::payload`]; returns the position behind.
    fn append(&mut self, header: &Header, payload_len: usize) -> Result<Position, AppendError> {
        let size = layout::seal(&mut self.scratch[..], header, payload_len);
        if self.offset + size + SEGMENT_END_SIZE > self.segment.writer.len() {
            self.roll()?;
        }
        assert!(
            self.offset >= SEGMENT_HEADER
                && self.offset + size + SEGMENT_END_SIZE <= self.segment.writer.len(),
            "a record lies behind its segment's header and leaves room for the segment's end"
        );
        let before = self.position();
        self.segment.writer.commit(self.offset, &self.scratch[..size]);
        self.offset += size;
        self.last_time = header.time;
        self.last_seq = header.seq;
        let position = self.position();
        assert!(position > before, "a stream only grows");
        self.shared.written.set(position.0);
        if self.offset >= self.reserve_from && self.next.is_none() {
            self.fetch_next();
        }
        Ok(position)
    }

    /// Goes on in the next segment.
    fn roll(&mut self) -> Result<(), AppendError> {
        let next = match self.next.take() {
            Some(next) => next,
            None => self
                .take_or_make()
                .map_err(|e| AppendError::Full { stream: self.stream(), kind: e.kind() })?,
        };
        assert_eq!(next.index, self.segment.index + 1, "no segment of a stream is left out");
        let end =
            Header { kind: kind::SEGMENT_END, index: 0, seq: self.last_seq, time: self.last_time };
        let mut record = [0; SEGMENT_END_SIZE];
        let size = layout::seal(&mut record, &end, 0);
        assert!(self.offset + size <= self.segment.writer.len(), "its end was held back for this");
        self.segment.writer.commit(self.offset, &record);
        self.segment_from = Position::of(next.index, 0, self.maker.segment_len()).0;
        self.segment = next;
        self.offset = SEGMENT_HEADER;
        self.refused = false;
        Ok(())
    }

    /// Looks for the next segment before this one is full. After the disk has refused once, it only
    /// takes what the other side makes, until this segment is full.
    #[cold]
    fn fetch_next(&mut self) {
        if self.refused {
            self.next = self.shared.handover().ready.take();
            return;
        }
        match self.take_or_make() {
            Ok(next) => self.next = Some(next),
            Err(_) => self.refused = true,
        }
    }

    #[cold]
    fn take_or_make(&mut self) -> io::Result<FreshSegment> {
        let mut handover = self.shared.handover();
        if let Some(ready) = handover.ready.take() {
            return Ok(ready);
        }
        let index = handover.next_index;
        let draft = self.maker.stream_dir().join("writer.tmp");
        let file = self.maker.reserve(&draft)?;
        let (writer, mapping) = self.maker.place(&file, &draft, index)?;
        handover.next_index += 1;
        let path = self.maker.path(index);
        handover.self_made.push(OpenSegment { index, mapping, path });
        drop(handover);
        self.shared.self_made.set(self.shared.self_made.get() + 1);
        Ok(FreshSegment { index, writer })
    }

    fn is_short(&self) -> bool {
        self.offset >= self.reserve_from && self.next.is_none()
    }

    fn remaining(&self) -> usize {
        let room = |from: usize| self.maker.segment_len() - SEGMENT_END_SIZE - from;
        room(self.offset) + self.next.as_ref().map_or(0, |_| room(SEGMENT_HEADER))
    }

    fn out_of_order(&self, seq: u64, index: u32, last: (u64, u32)) -> AppendError {
        let (last_seq, last_index) = last;
        AppendError::OutOfOrder { stream: self.stream(), seq, index, last_seq, last_index }
    }
}

/// Appends inputs. Owned by the sequencer's thread.
#[derive(Debug)]
pub struct InputWriter {
    stream: StreamWriter,
}

impl InputWriter {
    pub(super) fn new(stream: StreamWriter) -> InputWriter {
        InputWriter { stream }
    }

    /// Appends an input; returns the position behind it.
    ///
    /// # Errors
    /// [`AppendError::OutOfOrder`] unless its sequence number is the last one's plus one;
    /// [`AppendError::Full`]. Nothing is written then.
    pub fn append_input(&mut self, input: &Sequenced) -> Result<Position, AppendError> {
        if input.seq != self.stream.last_seq + 1 || input.seq > SEQ_MAX {
            return Err(self.stream.out_of_order(input.seq, 0, (self.stream.last_seq, 0)));
        }
        assert!(input.time >= self.stream.last_time, "the sequencer's time never runs back");
        let (kind, len) = record::encode_input(&input.input, self.stream.payload());
        assert!(kind::is_input(kind), "only inputs are in the inputs' stream");
        self.stream.append(&Header { kind, index: 0, seq: input.seq, time: input.time }, len)
    }

    /// Notes that inputs up to `last` were lost with the machine.
    pub(super) fn append_lost(&mut self, last: u64) -> Result<Position, AppendError> {
        let first = self.stream.last_seq + 1;
        assert!(last >= first, "what is lost comes after what was kept");
        self.stream.payload()[..8].copy_from_slice(&first.to_le_bytes());
        let time = self.stream.last_time;
        self.stream.append(&Header { kind: kind::INPUTS_LOST, index: 0, seq: last, time }, 8)
    }

    /// The last sequence number in the journal; 0 in an empty one.
    pub fn last_seq(&self) -> u64 {
        self.stream.last_seq
    }

    /// The position behind the last record.
    pub fn position(&self) -> Position {
        self.stream.position()
    }

    /// Whether the segment's reserve ([`RESERVE_BYTES`]) is being used because the disk refuses the
    /// next segment: the owner must halt trading while [`InputWriter::remaining`] lasts.
    pub fn is_short(&self) -> bool {
        self.stream.is_short()
    }

    /// Bytes that can be appended for certain. A record takes its payload, padded to 8, plus
    /// [`RECORD_HEADER`].
    pub fn remaining(&self) -> usize {
        self.stream.remaining()
    }
}

/// Appends effects and sent messages. Owned by the thread at the chain's end.
#[derive(Debug)]
pub struct EffectWriter {
    stream: StreamWriter,
    last: Option<(u64, u32)>,
}

impl EffectWriter {
    pub(super) fn new(stream: StreamWriter, last: Option<(u64, u32)>) -> EffectWriter {
        EffectWriter { stream, last }
    }

    /// Appends an effect: the `index`-th that input `cause` had, from 0. Returns the position behind.
    ///
    /// # Errors
    /// [`AppendError::OutOfOrder`] unless it follows the last effect: with the next index of the same
    /// input, or as the first of a later one; [`AppendError::Full`]. Nothing is written then.
    pub fn append_effect(
        &mut self,
        cause: u64,
        index: u32,
        time: UnixNanos,
        effect: &Effect,
    ) -> Result<Position, AppendError> {
        let follows = match self.last {
            Some((last, last_index)) if last == cause => last_index.checked_add(1) == Some(index),
            Some((last, _)) => cause > last && index == 0,
            None => index == 0,
        };
        if !follows {
            let (last_seq, last_index) = self.last.unwrap_or_default();
            return Err(self.stream.out_of_order(cause, index, (last_seq, last_index)));
        }
        let (kind, len) = record::encode_effect(effect, self.stream.payload());
        assert!(kind::is_effect(kind), "only effects and sent messages are in the effects' stream");
        let position = self.stream.append(&Header { kind, index, seq: cause, time }, len)?;
        assert!(self.last < Some((cause, index)), "the cause of effects never runs back");
        self.last = Some((cause, index));
        Ok(position)
    }

    /// Appends a message that is about to be sent. `cause` is the last input that was handled, or 0;
    /// sent messages take no part in the order of effects. Returns the position behind.
    ///
    /// # Errors
    /// [`AppendError::Full`]: nothing is written, and the message must not be sent.
    pub fn append_sent(
        &mut self,
        cause: u64,
        time: UnixNanos,
        sent: &MessageSent,
    ) -> Result<Position, AppendError> {
        let (kind, len) = record::encode_sent(sent, self.stream.payload());
        self.stream.append(&Header { kind, index: 0, seq: cause, time }, len)
    }

    /// As [`EffectWriter::append_sent`], of a message of a drop copy's session.
    ///
    /// # Errors
    /// As there.
    pub fn append_copy_sent(
        &mut self,
        cause: u64,
        time: UnixNanos,
        sent: &MessageSent,
    ) -> Result<Position, AppendError> {
        let (kind, len) = record::encode_copy_sent(sent, self.stream.payload());
        self.stream.append(&Header { kind, index: 0, seq: cause, time }, len)
    }

    /// The cause and index of the last effect in the journal.
    pub fn last_effect(&self) -> Option<(u64, u32)> {
        self.last
    }

    /// The position behind the last record.
    pub fn position(&self) -> Position {
        self.stream.position()
    }

    /// See [`InputWriter::is_short`].
    pub fn is_short(&self) -> bool {
        self.stream.is_short()
    }

    /// See [`InputWriter::remaining`].
    pub fn remaining(&self) -> usize {
        self.stream.remaining()
    }
}
