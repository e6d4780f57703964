//! Descriptors kept for the journal alone.
//!
//! A process that has run out of file descriptors can open nothing, and a journal that cannot make its
//! next segment ends trading. So some are taken at the start, and given up when there is no other, for
//! as long as the journal needs them.

use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most files that the journal has open for a moment while it runs: a segment that is being made and one
/// that its writer makes itself, of either stream, and a folder that is synced.
const KEPT: usize = 5;

/// See the module.
#[derive(Debug)]
pub(super) struct Spare(Mutex<Vec<File>>);

impl Spare {
    /// Takes the descriptors.
    ///
    /// # Errors
    /// There are not as many.
    pub fn take() -> io::Result<Spare> {
        let files = (0..KEPT).map(|_| anything()).collect::<io::Result<_>>()?;
        Ok(Spare(Mutex::new(files)))
    }

    /// Opens something; with a descriptor of ours when there is no other.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open<T>(&self, open: impl Fn() -> io::Result<T>) -> io::Result<T> {
        let mut kept = self.kept();
        match open() {
            Err(error) if is_want(&error) => {
                kept.pop();
                open()
            }
            opened => {
                if opened.is_ok() && kept.len() < KEPT {
                    kept.extend(anything());
                }
                opened
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is always there.
fn anything() -> io::Result<File> {
    File::open("/dev/null")
}

/// Whether it failed for want of a descriptor.
fn is_want(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|want| errno == Some(want.raw_os_error()))
}
