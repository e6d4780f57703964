//! Both streams of a journal as one: each input before what was made of it.

use gauntlet_journal::{EffectEntry, EffectReader, InputReader, JournalError, Position};
use gauntlet_model::input::Sequenced;
use gauntlet_model::units::UnixNanos;
use std::path::Path;

/// A record of either stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// The number of the input, or of the one that caused it.
    pub seq: u64,
    /// The stream's time.
    pub time: UnixNanos,
    /// Its kind in the journal.
    pub kind: u8,
    /// What it is.
    pub what: What,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// An input.
    Input(Sequenced),
    /// An effect, by its place among those of its cause, or a message that was sent.
    Effect(u32, EffectEntry),
}

/// Reads both streams.
pub struct Merged {
    inputs: InputReader,
    effects: EffectReader,
    seq: u64,
    /// An effect that was read before its input was.
    ahead: Option<Record>,
}

impl Merged {
    /// Begins at the journal's beginning.
    pub fn open(dir: &Path) -> Result<Merged, JournalError> {
        Ok(Merged {
            inputs: InputReader::open(dir, Position::START)?,
            effects: EffectReader::open(dir, Position::START)?,
            seq: 0,
            ahead: None,
        })
    }

    /// The next record; `None` at the live end. Of a journal that is being written, an effect that
    /// comes late stands behind inputs that were read already.
    pub fn next(&mut self) -> Result<Option<Record>, JournalError> {
        if self.ahead.is_none() {
            self.ahead = self.effects.next()?.map(|effect| Record {
                seq: effect.cause,
                time: effect.time,
                kind: effect.kind,
                what: What::Effect(effect.index, effect.entry),
            });
        }
        if self.ahead.is_some_and(|effect| effect.seq <= self.seq) {
            return Ok(self.ahead.take());
        }
        Ok(self.inputs.next()?.map(|input| {
            self.seq = input.sequenced.seq;
            Record {
                seq: self.seq,
                time: input.sequenced.time,
                kind: input.kind,
                what: What::Input(input.sequenced),
            }
        }))
    }
}
