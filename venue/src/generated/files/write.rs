//! Writing a planned file. It appears under its name when it is whole, and not before.

use super::exchange::Exchange;
use super::format::{Encoder, Format, with_encoder};
use super::plan::FilePlan;
use super::tape::Tape;
use dbn::Schema;
use gauntlet_core::units::UnixNanos;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes that wait to be written together.
const BUFFER: usize = 1 << 20;
/// Events of the market between two signs of life.
const PROGRESS_EVERY: u64 = 1 << 12;
/// What a fault cuts off the end of a file: less than any record.
const CUT_BYTES: u64 = 20;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why a file was not written. Nothing is left under its name, or what was there before.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A name that says nothing of the format.
    #[error("the name {0} does not say what to write: end it in .dbn, .dbn.zst, .csv or .csv.zst")]
    Name(PathBuf),
    /// There is a file of this name.
    #[error("{0} is there already: remove it, name another file, or force it to be replaced")]
    Exists(PathBuf),
    /// Somebody else writes it.
    #[error("{0} is being written by another process: wait for it, or name another file")]
    Busy(PathBuf),
    /// The operating system refuses.
    #[error("cannot write {path}: {source}{hint}", hint = hint(source))]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The caller wanted no more.
    #[error("stopped before {0} was whole")]
    Stopped(PathBuf),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space, write .dbn.zst, or ask for fewer days or a lower rate"
        }
        io::ErrorKind::NotFound => "; make its folder first",
        _ => "",
    }
}

/// Why generating ended early.
enum Early {
    Failed(io::Error),
    Stopped,
}

impl From<io::Error> for Early {
    fn from(error: io::Error) -> Early {
        Early::Failed(error)
    }
}

/// Writes the file into a hidden one beside it and gives it its name once it is whole and safe on the
/// disk. `progress` hears now and then of the time of the market that is reached, and whether to go
/// on is its answer.
///
/// # Errors
/// The [`WriteError`]; the hidden file is removed.
pub fn write_file(
    plan: &FilePlan,
    path: &Path,
    replace: bool,
    progress: &mut dyn FnMut(UnixNanos) -> bool,
) -> Result<Written, WriteError> {
    let format = Format::of(path).ok_or_else(|| WriteError::Name(path.to_owned()))?;
    let failed = |source| WriteError::Write { path: path.to_owned(), source };
    let check = || match !replace && path.try_exists().map_err(failed)? {
        true => Err(WriteError::Exists(path.to_owned())),
        false => Ok(()),
    };
    check()?;
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".partial");
    let partial = path.with_file_name(name);
    let options = OpenOptions::new().write(true).create(true).truncate(false).clone();
    let file = options.open(&partial).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(WriteError::Busy(path.to_owned())),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let written = fill(plan, format, file, progress).map_err(|early| match early {
        Early::Failed(error) => failed(error),
        Early::Stopped => WriteError::Stopped(path.to_owned()),
    });
    let named = written.and_then(|written| {
        check()?;
        fs::rename(&partial, path).map_err(failed)?;
        Ok(written)
    });
    if named.is_err() {
        // The error says what went wrong; a leftover is overwritten by the next run.
        let _ = fs::remove_file(&partial);
    }
    named
}

fn fill(
    plan: &FilePlan,
    format: Format,
    file: File,
    progress: &mut dyn FnMut(UnixNanos) -> bool,
) -> Result<Written, Early> {
    file.set_len(0)?;
    let mut found = (0, false);
    let writer = with_encoder(format, plan, BufWriter::with_capacity(BUFFER, file), |encoder| {
        found = run(plan, encoder, progress)?;
        Ok::<(), Early>(())
    })?;
    let file = writer.into_inner().map_err(|error| error.into_error())?;
    let (records, is_cut) = found;
    let mut bytes = file.metadata()?.len();
    if is_cut {
        bytes = bytes.saturating_sub(CUT_BYTES);
        file.set_len(bytes)?;
    }
    file.sync_all()?;
    Ok(Written { records, bytes })
}

/// Writes the bytes of a planned file to any writer, and gives it back with the number of records. A
/// fault that cuts the file off ends it there, but with a whole record.
///
/// # Errors
/// Of the writer.
pub fn write_to<W: Write>(plan: &FilePlan, format: Format, writer: W) -> io::Result<(W, u64)> {
    let mut records = 0;
    let writer = with_encoder(format, plan, writer, |encoder| {
        (records, _) = run(plan, encoder, &mut |_| true)?;
        Ok::<(), Early>(())
    });
    match writer {
        Ok(writer) => Ok((writer, records)),
        Err(Early::Failed(error)) => Err(error),
        Err(Early::Stopped) => unreachable!("the progress above never stops"),
    }
}

/// Runs the market from the plan's start to its end. Returns how many records there were, and whether
/// a fault cut them off.
fn run(
    plan: &FilePlan,
    encoder: &mut dyn Encoder,
    progress: &mut dyn FnMut(UnixNanos) -> bool,
) -> Result<(u64, bool), Early> {
    let mut tape = Tape::new(plan, encoder);
    if plan.schema == Schema::Definition {
        tape.define()?;
        tape.finish()?;
        return Ok((tape.records(), tape.is_cut()));
    }
    let mut exchange = Exchange::new(plan);
    let mut events = 0_u64;
    while let Some((at, _)) = exchange.next_event().filter(|(at, _)| *at < plan.end) {
        tape.passes(at)?;
        if tape.is_cut() {
            break;
        }
        exchange.step(&mut tape);
        events += 1;
        if events.is_multiple_of(PROGRESS_EVERY) && !progress(at) {
            return Err(Early::Stopped);
        }
    }
    tape.finish()?;
    Ok((tape.records(), tape.is_cut()))
}
