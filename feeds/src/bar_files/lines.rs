//! Lines of text, of bounded length.

use super::row::{BadRow, Place, Problem};
use std::io::{self, BufRead, BufReader, Read};

/// Longest line accepted, in bytes. Rows of bars have some hundred.
pub(super) const LINE_MAX: usize = 4_096;

/// Reads lines one by one, and none longer than [`LINE_MAX`] into memory.
pub(super) struct Lines {
    from: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    number: u64,
    failed: bool,
}

impl Lines {
    pub fn new(from: Box<dyn Read + Send>) -> Lines {
        Lines {
            from: BufReader::with_capacity(1 << 16, from),
            line: vec![],
            number: 0,
            failed: false,
        }
    }

    /// The next line that is not blank, without its end; `None` after the last one or after a failure
    /// to read.
    pub fn next(&mut self) -> Option<Result<(Place, &str), BadRow>> {
        loop {
            if self.failed {
                return None;
            }
            self.number += 1;
            let place = Place::Line(self.number);
            let bad = |problem| Some(Err(BadRow { place, column: String::new(), problem }));
            match self.take_line() {
                Ok(Some(true)) => {}
                Ok(Some(false)) => return bad(Problem::Long { most: LINE_MAX }),
                Ok(None) => return None,
                Err(error) => {
                    self.failed = true;
                    return bad(Problem::Read(error));
                }
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        let place = Place::Line(self.number);
        let text = match std::str::from_utf8(&self.line) {
            // Some programs mark text as UTF-8 so.
            Ok(text) if self.number == 1 => text.strip_prefix('\u{feff}').unwrap_or(text),
            Ok(text) => text,
            Err(_) => {
                return Some(Err(BadRow {
                    place,
                    column: String::new(),
                    problem: Problem::NotText,
                }));
            }
        };
        Some(Ok((place, text.trim_end_matches(['\r', '\n']))))
    }

    /// Reads a line; false when it is too long and was passed over.
    fn take_line(&mut self) -> io::Result<Option<bool>> {
        let mut whole = true;
        loop {
            self.line.clear();
            let most = LINE_MAX as u64 + 1;
            let read = (&mut self.from).take(most).read_until(b'\n', &mut self.line)?;
            if read == 0 && whole {
                return Ok(None);
            }
            let ended = self.line.last() == Some(&b'\n') || (read as u64) < most;
            if ended {
                return Ok(Some(whole));
            }
            whole = false;
        }
    }
}
