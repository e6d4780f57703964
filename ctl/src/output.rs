//! Where answers go: text for people or JSON for programs, on stdout.

use crate::failure::Failure;
use serde::Serialize;
use std::io::{self, StdoutLock, Write};

/// The answer's way out.
pub struct Output {
    json: bool,
    to: StdoutLock<'static>,
}

impl Output {
    /// Writes to stdout.
    pub fn new(json: bool) -> Output {
        Output { json, to: io::stdout().lock() }
    }

    /// Whether JSON is wanted.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Writes an answer: itself as JSON, or what `text` makes of it.
    pub fn answer(
        &mut self,
        answer: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json {
            serde_json::to_writer_pretty(&mut self.to, answer).map_err(io::Error::from)?;
            writeln!(self.to)?;
        } else {
            writeln!(self.to, "{}", text().trim_end())?;
        }
        Ok(self.to.flush()?)
    }

    /// Writes one of many answers, on a line of its own. Lines may wait for [`Output::flush`].
    pub fn line(
        &mut self,
        answer: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json {
            serde_json::to_writer(&mut self.to, answer).map_err(io::Error::from)?;
            writeln!(self.to)?;
        } else {
            writeln!(self.to, "{}", text())?;
        }
        Ok(())
    }

    /// Sees to it that what was written is seen.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.to.flush()?)
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.to.write_all(bytes)?;
        self.flush()
    }
}
