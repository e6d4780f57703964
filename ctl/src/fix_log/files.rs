//! The files of the logs, read as one log in the order of time, also while they are written to and rotated.

use gauntlet_readmodel::fix_log::{LogLine, rotated};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Rotations that a file may be old.
const AGE_MAX: u32 = 1_000;

/// A line of a log.
pub enum LoggedLine {
    /// A message, or that some are missing.
    Line(LogLine),
    /// Something else, in this file: what an end of the process or a full disk left.
    Broken(PathBuf),
}

/// One session's files, from the oldest on.
struct Session {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// Which file that is, whatever it is called by now.
    inode: u64,
    /// A line whose end has not been written yet.
    begun: Vec<u8>,
    /// The next line.
    next: Option<LoggedLine>,
}

/// See the module.
pub struct Files {
    sessions: Vec<Session>,
    folder: PathBuf,
}

fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|found| found.ino())
}

impl Session {
    fn new(path: PathBuf) -> Session {
        Session { path, file: None, inode: 0, begun: Vec::new(), next: None }
    }

    fn open(&mut self, age: u32) -> io::Result<()> {
        let file = File::open(rotated(&self.path, age))?;
        self.inode = file.metadata()?.ino();
        self.file = Some(BufReader::new(file));
        self.begun.clear();
        Ok(())
    }

    /// Opens the file after the one that is read, or the oldest. Returns whether there is one.
    fn go_on(&mut self) -> io::Result<bool> {
        let ages = (0..AGE_MAX).map_while(|age| Some((age, inode(&rotated(&self.path, age))?)));
        let ages: Vec<(u32, u64)> = ages.collect();
        let read = ages.iter().find(|(_, found)| self.file.is_some() && *found == self.inode);
        let next = match (read, self.file.is_some()) {
            (Some((age, _)), _) => age.checked_sub(1),
            // What was read is rotated away, or nothing was read yet.
            (None, _) => ages.last().map(|(age, _)| *age),
        };
        let Some(age) = next else { return Ok(false) };
        match self.open(age) {
            // It was rotated just now: it has another name the next time.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            opened => opened.map(|()| true),
        }
    }

    /// The next whole line of the file that is open.
    fn read(&mut self) -> io::Result<Option<LoggedLine>> {
        let Some(file) = &mut self.file else { return Ok(None) };
        loop {
            file.read_until(b'\n', &mut self.begun)?;
            if self.begun.last() != Some(&b'\n') {
                return Ok(None);
            }
            let line = std::mem::take(&mut self.begun);
            if let Some(text) = line.get(..line.len() - 1).filter(|text| !text.is_empty()) {
                let read = LogLine::read(text);
                return Ok(Some(match read {
                    Some(line) => LoggedLine::Line(line),
                    None => LoggedLine::Broken(self.path.clone()),
                }));
            }
        }
    }

    /// Sees to it that the next line is there, if it is written.
    fn look(&mut self) -> io::Result<()> {
        while self.next.is_none() {
            self.next = self.read()?;
            if self.next.is_some() {
                return Ok(());
            }
            // A file that is not written to any more may have had more since it was read.
            let is_last = self.file.is_some() && inode(&self.path) == Some(self.inode);
            if is_last {
                return Ok(());
            }
            self.next = self.read()?;
            if self.next.is_none() && !self.go_on()? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn time(&self) -> Option<&str> {
        Some(match self.next.as_ref()? {
            LoggedLine::Line(line) => &line.time,
            LoggedLine::Broken(_) => "",
        })
    }
}

impl Files {
    /// Those of a folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open(folder: &Path) -> io::Result<Files> {
        let mut files = Files { sessions: Vec::new(), folder: folder.to_owned() };
        files.find()?;
        Ok(files)
    }

    /// Looks for sessions that have logged nothing before.
    fn find(&mut self) -> io::Result<()> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_log = path.extension().is_some_and(|end| end == "log");
            if is_log && self.sessions.iter().all(|known| known.path != path) {
                found.push(path);
            }
        }
        found.sort();
        self.sessions.extend(found.into_iter().map(Session::new));
        Ok(())
    }

    /// The line that comes next of all; `None` when there is none now.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next(&mut self) -> io::Result<Option<LoggedLine>> {
        for session in &mut self.sessions {
            session.look()?;
        }
        let waiting = self.sessions.iter_mut().filter(|session| session.next.is_some());
        let first = waiting.min_by(|a, b| a.time().cmp(&b.time()));
        let next = first.and_then(|session| session.next.take());
        if next.is_none() {
            self.find()?;
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn write(path: &Path, text: &str) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).expect("ours");
        file.write_all(text.as_bytes()).expect("ours");
    }

    fn line(second: u32, session: &str) -> String {
        format!("2026-11-27T10:00:{second:02}.000000000Z sent {session} 35=0\x01\n")
    }

    fn all(files: &mut Files) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(next) = files.next().expect("readable") {
            all.push(match next {
                LoggedLine::Line(line) => format!("{} {}", &line.time[17..19], line.session),
                LoggedLine::Broken(_) => "broken".to_owned(),
            });
        }
        all
    }

    #[test]
    fn sessions_are_one_log_in_the_order_of_time_from_the_oldest_file_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let (one, two) = (dir.path().join("broker.log"), dir.path().join("broker2.log"));
        write(&rotated(&one, 2), &line(1, "a"));
        write(&rotated(&one, 1), &format!("cut sho\n{}", line(4, "a")));
        write(&one, &(line(6, "a") + &line(7, "a")));
        write(&two, &(line(2, "b") + &line(5, "b")));
        write(&dir.path().join("letter.txt"), "none of ours\n");
        let mut files = Files::open(dir.path()).expect("there");
        assert_eq!(all(&mut files), ["01 a", "broken", "02 b", "04 a", "05 b", "06 a", "07 a"]);
    }

    #[test]
    fn what_is_written_later_is_read_once_whole_also_behind_rotations() {
        let dir = tempfile::tempdir().expect("a folder");
        let one = dir.path().join("broker.log");
        let mut files = Files::open(dir.path()).expect("there");
        assert!(all(&mut files).is_empty());
        let (begun, end) = (line(1, "a"), line(2, "a"));
        write(&one, &(begun.clone() + &end[..20]));
        assert_eq!(all(&mut files).len(), 0, "the file is found behind the last line");
        assert_eq!(all(&mut files), ["01 a"]);
        write(&one, &end[20..]);
        assert_eq!(all(&mut files), ["02 a"]);
        // Two rotations while nobody looks, and a line before each of them.
        write(&one, &line(3, "a"));
        fs::rename(&one, rotated(&one, 1)).expect("ours");
        write(&one, &line(4, "a"));
        fs::rename(rotated(&one, 1), rotated(&one, 2)).expect("ours");
        fs::rename(&one, rotated(&one, 1)).expect("ours");
        write(&one, &line(5, "a"));
        assert_eq!(all(&mut files), ["03 a", "04 a", "05 a"]);
        // What was read is gone: the oldest that is left comes next.
        for age in 0..3 {
            fs::remove_file(rotated(&one, age)).expect("ours");
        }
        write(&one, &line(7, "a"));
        write(&rotated(&one, 1), &line(6, "a"));
        assert_eq!(all(&mut files), ["06 a", "07 a"]);
    }
}
