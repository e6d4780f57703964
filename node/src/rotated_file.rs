//! A file that is written at its end and that becomes another when it is full: `NAME`, and before it `NAME.1`, then
//! `NAME.2` and so on, the oldest of which goes. Nobody but their owner may read them.

use gauntlet_journal::private;
use gauntlet_readmodel::fix_log::rotated;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// See the module.
pub struct RotatedFile {
    path: PathBuf,
    /// A file may have so many bytes, or one line.
    bytes_max: u64,
    /// Files in all, the one that is written to counted; at least 1.
    files_max: u32,
    file: Option<File>,
    bytes: u64,
}

impl RotatedFile {
    /// One that goes on with what is there. Nothing is opened before the first line.
    pub fn new(path: PathBuf, bytes_max: u64, files_max: u32) -> RotatedFile {
        RotatedFile { path, bytes_max, files_max: files_max.max(1), file: None, bytes: 0 }
    }

    /// Writes whole lines. They are in one file.
    ///
    /// # Errors
    /// What the system says. The next lines are tried anew.
    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let more = lines.len() as u64;
        if self.file.is_none() {
            self.open()?;
        }
        if self.bytes > 0 && self.bytes + more > self.bytes_max {
            self.rotate()?;
            self.open()?;
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(lines);
        match written {
            Ok(()) => self.bytes += more,
            // How much of it is there nobody knows: it is looked at when it is opened again.
            Err(_) => self.file = None,
        }
        written
    }

    fn open(&mut self) -> io::Result<()> {
        let mut file = private::options().read(true).append(true).create(true).open(&self.path)?;
        private::restrict_file(&file)?;
        self.bytes = file.metadata()?.len();
        if self.bytes > 0 {
            // A line that an end of the process or the disk cut short is ended.
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                self.bytes += 1;
            }
        }
        self.file = Some(file);
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file = None;
        for age in (0..self.files_max - 1).rev() {
            match fs::rename(rotated(&self.path, age), rotated(&self.path, age + 1)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed?,
            }
        }
        if self.files_max == 1 {
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// Names and texts, each file closed to others.
    fn files(dir: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(dir).expect("there");
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.expect("there").path();
                let mode = fs::metadata(&path).expect("there").permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{}", path.display());
                let name = path.file_name().expect("named").to_string_lossy().into_owned();
                (name, fs::read_to_string(&path).expect("ours"))
            })
            .collect();
        files.sort();
        files
    }

    fn pairs(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_full_file_becomes_the_next_older_one_and_the_oldest_goes() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut file = RotatedFile::new(dir.path().join("log"), 10, 3);
        for line in ["one\n", "two3\n", "four\n", "longer than the file\n", "5\n", "6\n"] {
            file.write(line.as_bytes()).expect("ours");
        }
        let expected =
            [("log", "5\n6\n"), ("log.1", "longer than the file\n"), ("log.2", "four\n")];
        assert_eq!(files(dir.path()), pairs(&expected));
    }

    #[test]
    fn one_file_in_all_begins_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut file = RotatedFile::new(dir.path().join("log"), 4, 1);
        for line in ["abc\n", "def\n"] {
            file.write(line.as_bytes()).expect("ours");
        }
        assert_eq!(files(dir.path()), pairs(&[("log", "def\n")]));
    }

    #[test]
    fn another_run_goes_on_behind_a_line_that_was_cut_short() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log");
        fs::write(&path, "cut sho").expect("ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
        let mut file = RotatedFile::new(path.clone(), 100, 2);
        file.write(b"whole\n").expect("ours");
        drop(file);
        RotatedFile::new(path, 100, 2).write(b"more\n").expect("ours");
        assert_eq!(files(dir.path()), pairs(&[("log", "cut sho\nwhole\nmore\n")]));
    }

    #[test]
    fn what_the_disk_refused_is_tried_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("missing/log");
        let mut file = RotatedFile::new(path, 100, 2);
        assert!(file.write(b"lost\n").is_err());
        fs::create_dir(dir.path().join("missing")).expect("ours");
        file.write(b"there\n").expect("ours");
        assert_eq!(files(&dir.path().join("missing")), pairs(&[("log", "there\n")]));
    }
}
