//! The log of every message of the FIX sessions, by a thread of its own: what the sessions' thread copied into rings
//! goes into a file for each session, without secrets.
//!
//! A log that cannot be written, or is too slow, is nobody's reason to stop: what is missing is counted, said in the
//! node's log and, where it can be, in the file.

use crate::rotated_file::RotatedFile;
use gauntlet_gateways::message_tap::{Copied, Direction, MessageSource};
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::fix_log;
use gauntlet_runtime::agent::{Agent, AgentError};
use std::io;
use std::path::PathBuf;

/// Bytes of lines that are written in one piece.
const LINES_BYTES: usize = 64 << 10;
/// Pieces of messages that a session may be ahead of its log, each of 240 bytes: some 4,000 orders.
pub const PIECES_AHEAD: usize = 8_192;

/// Where a session is logged to, and what must not be seen there.
#[derive(Clone, Debug)]
pub struct LogPlan {
    /// The broker's name, with `:copy` behind it for its drop copy.
    pub session: String,
    /// The file.
    pub path: PathBuf,
    /// A file has so many bytes at most.
    pub bytes_max: u64,
    /// Files in all.
    pub files_max: u32,
    /// Passwords.
    pub secrets: Vec<String>,
}

/// One session's log.
struct SessionLog {
    session: String,
    secrets: Vec<String>,
    source: MessageSource,
    file: RotatedFile,
    lines: Vec<u8>,
    /// Messages that are missing in it and that its file does not tell of yet.
    missing: u64,
    /// Whether the disk refused the last lines.
    is_refused: bool,
    /// When the last message was handled.
    last: UnixNanos,
}

impl SessionLog {
    fn new(plan: LogPlan, source: MessageSource) -> SessionLog {
        SessionLog {
            session: plan.session,
            secrets: plan.secrets,
            source,
            file: RotatedFile::new(plan.path, plan.bytes_max, plan.files_max),
            lines: Vec::new(),
            missing: 0,
            is_refused: false,
            last: UnixNanos(0),
        }
    }

    /// Takes what has come, as far as it goes into one piece. Returns how many messages that was.
    fn take(&mut self) -> usize {
        let SessionLog { session, secrets, source, lines, missing, last, .. } = self;
        lines.clear();
        let mut taken = 0;
        while lines.len() < LINES_BYTES {
            match source.next() {
                Some(Copied::Message { time, direction, bytes, whole }) => {
                    let direction = match (direction, bytes.len() < whole) {
                        (Direction::Sent, false) => "sent",
                        (Direction::Sent, true) => "sent_cut",
                        (Direction::Received, false) => "received",
                        (Direction::Received, true) => "received_cut",
                    };
                    *last = time;
                    let head = (time.to_string(), direction, session.as_str());
                    fix_log::write_line(lines, (&head.0, head.1, head.2), bytes, secrets);
                    taken += 1;
                }
                Some(Copied::Lost(lost)) => {
                    tracing::warn!(
                        "{session}: {lost} messages are not in its log, which is too slow"
                    );
                    *missing += lost;
                }
                None => break,
            }
        }
        if *missing > 0 {
            fix_log::write_lost(lines, &last.to_string(), session, *missing);
        }
        taken
    }

    /// Writes what was taken.
    fn write(&mut self, taken: usize) {
        if self.lines.is_empty() {
            return;
        }
        match self.file.write(&self.lines) {
            Ok(()) => {
                self.missing = 0;
                if std::mem::take(&mut self.is_refused) {
                    tracing::info!("{}: its messages are logged again", self.session);
                }
            }
            Err(error) => self.refused(&error, taken),
        }
    }

    fn refused(&mut self, error: &io::Error, taken: usize) {
        self.missing += taken as u64;
        if !std::mem::replace(&mut self.is_refused, true) {
            tracing::error!("{}: its messages cannot be logged: {error}", self.session);
        }
    }
}

/// See the module.
pub struct MessageLog {
    sessions: Vec<SessionLog>,
}

impl MessageLog {
    /// The logs of these sessions.
    pub fn new(logs: Vec<(LogPlan, MessageSource)>) -> MessageLog {
        let sessions = logs.into_iter().map(|(plan, source)| SessionLog::new(plan, source));
        MessageLog { sessions: sessions.collect() }
    }
}

impl Agent for MessageLog {
    fn do_work(&mut self) -> Result<usize, AgentError> {
        let mut work = 0;
        for session in &mut self.sessions {
            let taken = session.take();
            // What is missing waits for the next message where the disk refuses.
            if taken > 0 || !session.is_refused {
                session.write(taken);
            }
            work += taken;
        }
        Ok(work)
    }

    fn on_close(&mut self) -> Result<(), AgentError> {
        while self.do_work()? > 0 {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_gateways::message_tap::{MessageTap, message_tap};
    use std::path::Path;

    fn log(dir: &Path, pieces: usize) -> (MessageTap, MessageLog) {
        let (tap, source) = message_tap(pieces);
        let plan = LogPlan {
            session: "first".to_owned(),
            path: dir.join("broker.log"),
            bytes_max: 1_000_000,
            files_max: 2,
            secrets: vec!["hunter2".to_owned()],
        };
        (tap, MessageLog::new(vec![(plan, source)]))
    }

    fn read(dir: &Path) -> String {
        let text = std::fs::read_to_string(dir.join("broker.log"));
        text.expect("written").replace('\x01', "|")
    }

    #[test]
    fn messages_are_logged_without_secrets_and_what_is_missing_is_said_in_the_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let (mut tap, mut log) = log(dir.path(), 2);
        let second = |seconds: u64| UnixNanos(seconds * 1_000_000_000);
        tap.copy(Direction::Sent, b"35=A\x01554=hunter2\x01", second(1));
        tap.copy(Direction::Received, b"35=5\x0158=not hunter2\x01", second(2));
        tap.copy(Direction::Received, b"35=0\x01", second(3));
        log.on_close().expect("fine");
        assert_eq!(
            read(dir.path()),
            "1970-01-01T00:00:01.000000000Z sent first 35=A|554=***|\n\
             1970-01-01T00:00:02.000000000Z received first 35=5|58=not ***|\n\
             1970-01-01T00:00:02.000000000Z lost first 1\n"
        );
    }

    #[test]
    fn what_a_full_disk_refused_is_counted_and_said_when_there_is_room_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("missing");
        let (mut tap, mut log) = log(&folder, 64);
        for second in 1..=3 {
            tap.copy(Direction::Sent, b"35=0\x01", UnixNanos(second));
            log.do_work().expect("no reason to stop");
            assert_eq!(
                log.do_work().expect("no reason to stop"),
                0,
                "nothing is tried without need"
            );
        }
        std::fs::create_dir(&folder).expect("ours");
        tap.copy(Direction::Sent, b"35=1\x01", UnixNanos(4));
        log.do_work().expect("fine");
        let lines = read(&folder);
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(
            lines.contains("sent first 35=1|\n") && lines.ends_with("lost first 3\n"),
            "{lines}"
        );
    }
}
