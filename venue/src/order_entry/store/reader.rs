//! Reading a store: whole segments at a start, and, for whoever compares an exchange with its client, what happened
//! to orders while the exchange goes on.

use super::bytes::Reader;
use super::{FRAME_HEADER, MAGIC, Record, STORE_VERSION, StoreError, failed};
use crate::order_entry::OrderRecord;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.log"))
}

/// The numbers of the segments in a folder, in order.
pub(super) fn segments(dir: &Path) -> Result<Vec<u64>, StoreError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed(dir))? {
        let name = entry.map_err(failed(dir))?.file_name();
        let number: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".log")?.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The payloads of a segment's frames.
pub(super) fn read_segment(path: &Path) -> Result<Vec<Vec<u8>>, StoreError> {
    let bytes = std::fs::read(path).map_err(failed(path))?;
    let mut at = check_head(path, &bytes)?;
    let mut frames = Vec::new();
    while let Some(payload) = frame(path, &bytes[at..], at as u64)? {
        at += FRAME_HEADER + payload.len();
        frames.push(payload.to_vec());
    }
    Ok(frames)
}

fn check_head(path: &Path, bytes: &[u8]) -> Result<usize, StoreError> {
    let damaged = || StoreError::Damaged { path: path.to_owned(), at: 0 };
    let head = bytes.first_chunk::<8>().ok_or_else(damaged)?;
    let [name @ .., version] = MAGIC;
    if head[..7] != name {
        return Err(damaged());
    }
    if head[7] != version {
        return Err(StoreError::Version { path: path.to_owned(), version: head[7] });
    }
    debug_assert_eq!(version, STORE_VERSION, "the head tells the version");
    Ok(head.len())
}

/// The first frame's payload; `None` when it is not whole. `at` is where `bytes` begin in the file.
fn frame<'b>(path: &Path, bytes: &'b [u8], at: u64) -> Result<Option<&'b [u8]>, StoreError> {
    let mut fields = Reader(bytes);
    let (Some(len), Some(crc)) = (fields.u32(), fields.u32()) else { return Ok(None) };
    let Some((payload, behind)) = fields.0.split_at_checked(len as usize) else { return Ok(None) };
    if len > 0 && crc32c::crc32c(payload) == crc {
        return Ok(Some(payload));
    }
    // Room that a file system had set aside and never filled.
    let is_blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    if behind.is_empty() || is_blank(bytes) {
        return Ok(None);
    }
    Err(StoreError::Damaged { path: path.to_owned(), at })
}

/// Something that happened at an exchange, as its store says.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// An order came, or changed.
    Order {
        /// Where it stands now.
        order: OrderRecord,
        /// Whether it works.
        works: bool,
    },
    /// A message was sent, under its number for the first time. One that went out again after a restart comes under
    /// a new number once more.
    Sent {
        /// Its type (tag 35).
        msg_type: String,
        /// Its fields after the header, as on the wire.
        body: String,
    },
    /// What an account holds of a contract changed.
    Holding {
        /// The account.
        account: String,
        /// The contract.
        symbol: String,
        /// Contracts, signed.
        qty: i64,
    },
}

/// Follows a store while an exchange writes it, from its first segment on. What it says is the truth even while
/// the exchange is dead.
#[derive(Debug)]
pub struct StoreReader {
    dir: PathBuf,
    /// The segment that is read, and where.
    at: Option<(u64, u64)>,
    /// The highest number of a message in this life of the numbers, so that a segment's beginning is not told again.
    resets: u64,
    kept: u64,
}

impl StoreReader {
    /// Follows the store in a folder.
    pub fn new(dir: &Path) -> StoreReader {
        StoreReader { dir: dir.to_owned(), at: None, resets: 0, kept: 0 }
    }

    /// What happened since the last look. Orders and holdings are told again where a segment begins.
    ///
    /// # Errors
    /// [`StoreError`]; that segments were let go of before they were read.
    pub fn look(&mut self) -> Result<Vec<Happened>, StoreError> {
        let mut happened = Vec::new();
        if !self.dir.is_dir() {
            return Ok(happened);
        }
        for number in segments(&self.dir)? {
            let (reads, from) = self.at.unwrap_or((number, 0));
            if number < reads {
                continue;
            }
            if number > reads + 1 {
                return Err(StoreError::Damaged { path: path(&self.dir, reads + 1), at: 0 });
            }
            let from = if number == reads { from } else { 0 };
            let read = self.read_on(number, from, &mut happened)?;
            self.at = Some((number, read));
        }
        Ok(happened)
    }

    /// Reads a segment from a byte on; gives where it ends for now.
    fn read_on(
        &mut self,
        number: u64,
        from: u64,
        to: &mut Vec<Happened>,
    ) -> Result<u64, StoreError> {
        let path = path(&self.dir, number);
        let file = File::open(&path).map_err(failed(&path))?;
        let len = file.metadata().map_err(failed(&path))?.len();
        let mut bytes = vec![0; len.saturating_sub(from) as usize];
        file.read_exact_at(&mut bytes, from).map_err(failed(&path))?;
        let mut at = if from == 0 { check_head(&path, &bytes)? } else { 0 };
        // What is being written may not be whole yet, and is then looked at again.
        while let Ok(Some(payload)) = frame(&path, &bytes[at..], from + at as u64) {
            let mut fields = Reader(payload);
            while let Some(record) = Record::read(&mut fields) {
                to.extend(self.meaning_of(record));
            }
            at += FRAME_HEADER + payload.len();
        }
        Ok(from + at as u64)
    }

    fn meaning_of(&mut self, record: Record<'_>) -> Option<Happened> {
        match record {
            Record::Order(order) => {
                let works = order.is_working();
                Some(Happened::Order { order: OrderRecord::of(&order), works })
            }
            Record::Session(memory) => {
                if memory.resets > self.resets {
                    (self.resets, self.kept) = (memory.resets, 0);
                }
                None
            }
            Record::Kept(kept) if kept.msg_seq_num > self.kept => {
                self.kept = kept.msg_seq_num;
                let body = String::from_utf8_lossy(kept.body).into_owned();
                Some(Happened::Sent { msg_type: kept.msg_type.as_str().to_owned(), body })
            }
            Record::Holding(holding) => Some(Happened::Holding {
                account: holding.account.as_str().to_owned(),
                symbol: holding.symbol.as_str().to_owned(),
                qty: holding.qty,
            }),
            _ => None,
        }
    }
}
