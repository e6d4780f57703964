//! The program's log: whoever says something goes on at once, and a thread of its own writes.
//!
//! Where the reader of standard error stands still (a terminal that was stopped, a pipe that nobody empties), a write
//! to it does not end. No thread that trades, watches or answers may hang in one: what it says waits here, at most
//! [`LINES_MAX`] lines of it, and what is beyond that is counted and said to be missing.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait to be written.
const LINES_MAX: usize = 4_096;
/// Longest that the end of the program waits for the last lines.
const PATIENCE: Duration = Duration::from_secs(2);

enum Entry {
    Line(Vec<u8>),
    /// Everything before it is to be written, and this told.
    Flush(SyncSender<()>),
}

/// See the module.
#[derive(Clone)]
pub struct LogWriter {
    entries: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

impl LogWriter {
    /// One that writes to standard error.
    pub fn to_stderr() -> LogWriter {
        LogWriter::to(io::stderr())
    }

    fn to(out: impl Write + Send + 'static) -> LogWriter {
        let (entries, waiting) = sync_channel(LINES_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let missing = Arc::clone(&lost);
        let thread = std::thread::Builder::new().name("log".to_owned());
        if let Err(error) = thread.spawn(move || write(&waiting, &missing, out)) {
            eprintln!("gauntlet: no thread for the log, so nothing is logged: {error}");
        }
        LogWriter { entries, lost }
    }

    fn put(&self, entry: Entry) -> bool {
        self.entries.try_send(entry).is_ok()
    }

    /// Waits until everything that was said is written, or for two seconds.
    pub fn flush(&self) {
        let (told, done) = sync_channel(1);
        let began = Instant::now();
        while !self.put(Entry::Flush(told.clone())) {
            if began.elapsed() > PATIENCE {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // A reader that stands still is left behind.
        let _ = done.recv_timeout(PATIENCE);
    }
}

/// Writes what comes, for ever. A log that cannot be written to is nobody's reason to end.
fn write(waiting: &Receiver<Entry>, lost: &AtomicU64, mut out: impl Write) {
    while let Ok(entry) = waiting.recv() {
        match entry {
            Entry::Line(line) => {
                let _ = out.write_all(&line);
            }
            Entry::Flush(told) => {
                let _ = told.try_send(());
            }
        }
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _ = writeln!(out, "{missing} lines are not in this log, whose reader was too slow");
        }
    }
}

/// A line on its way: it is handed over whole.
pub struct Line<'a> {
    to: &'a LogWriter,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.bytes);
        if !self.to.put(Entry::Line(line)) {
            self.to.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { to: self, bytes: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    /// A reader that takes a line each time that it is let.
    struct Slow {
        lets: Receiver<()>,
        begun: Sender<()>,
        lines: Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(());
            let _ = self.lets.recv();
            let _ = self.lines.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_says_something_goes_on_while_the_reader_stands_still_and_what_is_missing_is_said() {
        let (go_on, lets) = channel();
        let (begun, has_begun) = channel();
        let (lines, read) = channel();
        let log = LogWriter::to(Slow { lets, begun, lines });
        let say = |text: String| log.make_writer().write_all(text.as_bytes()).expect("taken");
        say("first".to_owned());
        has_begun.recv().expect("the thread hangs in the first line");
        (0..LINES_MAX + 3).for_each(|line| say(format!("{line}")));
        drop(go_on);
        log.flush();
        let read: Vec<String> = read.try_iter().collect();
        assert_eq!(read[0], "first");
        let said = read.concat();
        assert!(said.contains("3 lines are not in this log"), "{:?}", &read[..4]);
        assert!(said.ends_with(&format!("{}", LINES_MAX - 1)), "all that found room is there");
    }
}
