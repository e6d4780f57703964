//! Following a journal into a projection, from another thread or another process, without ever
//! holding up its writers.

use crate::api::JournalStatus;
use crate::projection::Projection;
use gauntlet_journal::{EffectEntry, EffectReader, InputReader, JournalError, Position};
use gauntlet_model::units::UnixNanos;
use std::path::Path;

/// A projection and its place in the journal.
#[derive(Debug)]
pub struct JournalTail {
    inputs: InputReader,
    effects: EffectReader,
    /// An effect that was read before its input was.
    ahead: Option<(u64, UnixNanos, EffectEntry)>,
    projection: Projection,
    status: JournalStatus,
}

impl JournalTail {
    /// Begins at the journal's beginning.
    ///
    /// # Errors
    /// There is no journal in the directory, or one of another format.
    pub fn open(dir: &Path) -> Result<JournalTail, JournalError> {
        Ok(JournalTail {
            inputs: InputReader::open(dir, Position::START)?,
            effects: EffectReader::open(dir, Position::START)?,
            ahead: None,
            projection: Projection::new(),
            status: JournalStatus::default(),
        })
    }

    /// Reads a whole journal, up to its live end.
    ///
    /// # Errors
    /// As [`JournalTail::open`] and [`JournalTail::follow`].
    pub fn read(dir: &Path) -> Result<JournalTail, JournalError> {
        let mut tail = JournalTail::open(dir)?;
        while tail.follow(usize::MAX)? > 0 {}
        Ok(tail)
    }

    /// Takes in at most so many inputs, and the effects of all that were taken in. Returns how many
    /// records were taken in; 0 at the live end.
    ///
    /// # Errors
    /// The journal cannot be read on: the picture stays as it is.
    pub fn follow(&mut self, inputs_max: usize) -> Result<usize, JournalError> {
        let taken = self.take(inputs_max);
        if let Err(error) = &taken {
            (self.status.caught_up, self.status.error) = (false, Some(error.to_string()));
        }
        self.status.inputs_read = self.inputs.position().0;
        self.status.effects_read = self.effects.position().0;
        taken
    }

    fn take(&mut self, inputs_max: usize) -> Result<usize, JournalError> {
        self.status.caught_up = false;
        let mut taken = self.take_effects()?;
        for _ in 0..inputs_max {
            let Some(record) = self.inputs.next()? else {
                self.status.caught_up = true;
                break;
            };
            self.projection.on_input(&record.sequenced);
            taken += 1 + self.take_effects()?;
        }
        Ok(taken)
    }

    /// The effects of inputs that were taken in already.
    fn take_effects(&mut self) -> Result<usize, JournalError> {
        let mut taken = 0;
        loop {
            if self.ahead.is_none() {
                let record = self.effects.next()?;
                self.ahead = record.map(|record| (record.cause, record.time, record.entry));
            }
            match &self.ahead {
                Some((cause, time, entry)) if *cause <= self.projection.seq() => {
                    match entry {
                        EffectEntry::Effect(effect) => {
                            self.projection.on_effect(*cause, *time, effect);
                        }
                        EffectEntry::Sent(sent) => self.projection.on_sent(sent),
                        EffectEntry::CopySent(sent) => self.projection.on_copy_sent(sent),
                    }
                    self.ahead = None;
                    taken += 1;
                }
                _ => return Ok(taken),
            }
        }
    }

    /// The picture so far.
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// How far the journal is read.
    pub fn status(&self) -> &JournalStatus {
        &self.status
    }
}
