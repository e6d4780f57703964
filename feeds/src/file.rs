//! DBN files as a feed: `.dbn` and `.dbn.zst` of every schema and of DBN versions 1 to 3.

use crate::Received;
use crate::decode::{Decoded, Decoder, Mismatch, check_length};
use crate::form::{Form, HEAD_LEN};
use crate::mapping::{is_continuous, mapped_symbols};
use crate::symbols::FeedInstrument;
use dbn::decode::DynReader;
use dbn::decode::dbn::fsm::{DbnFsm, ProcessResult};
use dbn::{Metadata, RecordRef, VersionUpgradePolicy};
use gauntlet_model::input::{Input, Quote};
use gauntlet_model::units::UnixNanos;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why a DBN file cannot be read, or not to its end. Records count from 1, bytes from the beginning
/// of the uncompressed file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It does not begin as a DBN file of version 1 to 3 does.
    #[error("{} is not a DBN file of version 1 to 3: {reason}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is of a form that is known, and not read.
    #[error("{} cannot be read: {reason}", path.display())]
    NotRead {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// Reading failed; for a compressed file, also when it is cut short or damaged.
    #[error(
        "cannot read {} past record {records} (byte {byte}), it may be cut short or damaged: \
         {source}",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Whole records before.
        records: u64,
        /// Bytes before.
        byte: u64,
        /// Why.
        source: io::Error,
    },
    /// It ends inside a record.
    #[error(
        "{} is cut short: it ends {left} bytes into record {record}, which begins at byte {byte}",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The broken record.
        record: u64,
        /// Where it begins.
        byte: u64,
        /// Bytes of it that are there.
        left: usize,
    },
    /// A record cannot be one.
    #[error("{} is damaged at record {record} (byte {byte}): {reason}", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// The broken record.
        record: u64,
        /// Where it begins.
        byte: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// It defines an instrument otherwise than the configuration does.
    #[error("{}, record {record}: {mismatch}", path.display())]
    Definition {
        /// The file.
        path: PathBuf,
        /// The definition's record.
        record: u64,
        /// What disagrees.
        mismatch: Box<Mismatch>,
    },
    /// It has records, and none of the instrument that was asked for.
    #[error(
        "{}: none of its {records} records is of {symbol}: {}", path.display(), known(symbols)
    )]
    NothingOf {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        symbol: String,
        /// Records that it has.
        records: u64,
        /// The symbols that its header maps to instruments.
        symbols: Vec<String>,
    },
    /// It has no records.
    #[error("{} has a header and no records", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

fn known(symbols: &[String]) -> String {
    if symbols.is_empty() {
        return "its header maps no symbol to an instrument, and no record names one; ask the vendor \
                for it with its symbols mapped to instrument numbers"
            .to_owned();
    }
    format!(
        "its header maps {} to instruments, each for its dates; are the records of other dates or \
         other instruments?",
        symbols.join(", ")
    )
}

/// Largest header accepted: room for tens of thousands of symbols, and a bound for damaged lengths.
const METADATA_MAX: u32 = 16 << 20;

/// `DBN`, a version, and the length of the header that follows as a little-endian `u32`.
pub(crate) const PRELUDE_LEN: usize = 8;

/// A DBN file, read record by record.
///
/// After an error nothing more comes: what follows damage cannot be trusted.
pub struct DbnFile {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    fsm: DbnFsm,
    metadata: Metadata,
    decoder: Decoder,
    /// The quote of the last record with ten levels, and how many of its levels are given out.
    depth: Option<(Quote, UnixNanos, usize)>,
    /// The vendor's identity of the last record's instrument.
    instrument_id: u32,
    /// Inputs given out.
    inputs: u64,
    records: u64,
    byte: u64,
    failed: bool,
}

impl DbnFile {
    /// Opens a file and reads its header. Its instruments are numbered in the order of the header's
    /// symbols; [`DbnFile::with_instruments`] gives it the run's own.
    ///
    /// # Errors
    /// [`FileError::Open`] and [`FileError::Header`].
    pub fn open(path: impl AsRef<Path>) -> Result<DbnFile, FileError> {
        let path = path.as_ref().to_owned();
        let open = |source| FileError::Open { path: path.clone(), source };
        let file = File::open(&path).map_err(open)?;
        if file.metadata().map_err(open)?.is_dir() {
            return Err(open(io::ErrorKind::IsADirectory.into()));
        }
        DbnFile::read(path, file)
    }

    /// Reads what is in a file from elsewhere; `path` is its name in errors.
    ///
    /// # Errors
    /// [`FileError::Header`].
    pub fn read(
        path: impl Into<PathBuf>,
        from: impl Read + Send + 'static,
    ) -> Result<DbnFile, FileError> {
        let path = path.into();
        let header = |reason: String| FileError::Header { path: path.clone(), reason };
        let mut from = from;
        let mut head = Vec::new();
        (&mut from)
            .take(HEAD_LEN as u64)
            .read_to_end(&mut head)
            .map_err(|e| header(format!("its header: {e}")))?;
        if let Some(reason) = Form::of(&head).refusal() {
            return Err(FileError::NotRead { path, reason });
        }
        let from = io::Cursor::new(head).chain(from);
        let reader = DynReader::new_inferred(from).map_err(|e| header(e.to_string()))?;
        let mut reader: Box<dyn Read + Send> = Box::new(reader);
        let mut fsm = DbnFsm::builder()
            .upgrade_policy(VersionUpgradePolicy::AsIs)
            .build()
            .map_err(|e| header(e.to_string()))?;
        let mut prelude = [0; PRELUDE_LEN];
        reader.read_exact(&mut prelude).map_err(|e| header(format!("its header: {e}")))?;
        if let Some(reason) = Form::of(&prelude).refusal() {
            return Err(FileError::NotRead { path, reason });
        }
        let length = check_prelude(&prelude, METADATA_MAX).map_err(header)?;
        fsm.write_all(&prelude);
        let metadata = loop {
            match fsm.process() {
                ProcessResult::Metadata(metadata) => break metadata,
                ProcessResult::ReadMore(_) => match reader.read(fsm.space()) {
                    Ok(0) => return Err(header("it ends inside its header".into())),
                    Ok(n) => fsm.fill(n),
                    Err(e) => return Err(header(format!("its header: {e}"))),
                },
                ProcessResult::Record(()) => return Err(header("it has no header".into())),
                ProcessResult::Err(e) => return Err(header(e.to_string())),
            }
        };
        let instruments = FeedInstrument::from_metadata(&metadata);
        let byte = u64::from(length) + PRELUDE_LEN as u64;
        let decoder = Decoder::of_file(&instruments, &metadata);
        Ok(DbnFile {
            path,
            reader,
            fsm,
            metadata,
            decoder,
            depth: None,
            instrument_id: 0,
            inputs: 0,
            records: 0,
            byte,
            failed: false,
        })
    }

    /// Reads for these instruments, and ignores the records of others.
    pub fn with_instruments(mut self, instruments: &[FeedInstrument]) -> DbnFile {
        self.decoder = Decoder::of_file(instruments, &self.metadata);
        self
    }

    /// The header: schema, symbols, time span, mappings.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records read so far, of any type and instrument.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The vendor's identity of the instrument that the last record was of: by it the contracts of a
    /// continuous symbol are told apart.
    pub fn instrument_id(&self) -> u32 {
        self.instrument_id
    }

    /// Whether a symbol of the file is a series of contracts, one after the other, rather than one
    /// contract whose vendor identity may change.
    pub fn is_continuous(&self, symbol: &str) -> bool {
        is_continuous(&self.metadata, symbol)
    }

    /// Until when the file tells everything, where it says so: the end of what was asked of the
    /// vendor. A file that its limit cut short, or that was recorded, tells until its last record
    /// alone. To be asked once all records are read.
    pub fn told_until(&self) -> Option<UnixNanos> {
        let Metadata { end, limit, .. } = &self.metadata;
        let is_cut = limit.is_some_and(|limit| self.records >= limit.get());
        let end = end.filter(|end| end.get() != dbn::UNDEF_TIMESTAMP && !is_cut)?;
        Some(UnixNanos(end.get()))
    }

    /// That nothing came out of the file, if so, and why. To be asked once all inputs are read.
    pub fn nothing_of(&self, symbol: &str) -> Option<FileError> {
        let path = self.path.clone();
        match (self.inputs, self.records) {
            (0, 0) => Some(FileError::Empty { path }),
            (0, records) => Some(FileError::NothingOf {
                path,
                symbol: symbol.to_owned(),
                records,
                symbols: mapped_symbols(&self.metadata),
            }),
            _ => None,
        }
    }

    /// The next input; `None` at the end. Records that mean nothing to us are passed over.
    ///
    /// # Errors
    /// Every [`FileError`] but those of opening.
    pub fn next_input(&mut self) -> Result<Option<Received>, FileError> {
        loop {
            if let Some(received) = self.next_of_depth() {
                self.inputs += 1;
                return Ok(Some(received));
            }
            if !self.advance()? {
                return Ok(None);
            }
            let DbnFile { fsm, decoder, instrument_id, .. } = self;
            let Some(record) = fsm.last_record() else { return Ok(None) };
            *instrument_id = record.header().instrument_id;
            match decoder.decode(record) {
                Ok(Decoded::Input(input, ts)) => {
                    self.check_definition(&input)?;
                    self.inputs += 1;
                    return Ok(Some(Received { input, ts, arrived: 0 }));
                }
                Ok(Decoded::Depth(quote, ts)) => self.depth = Some((quote, ts, 0)),
                Ok(Decoded::Note(_) | Decoded::Ignored) => {}
                Err(bad) => {
                    let byte = self.byte - record.header().record_size() as u64;
                    return Err(self.garbled(self.records, byte, bad.to_string()));
                }
            }
        }
    }

    /// The levels that the last record changed, and then its quote.
    fn next_of_depth(&mut self) -> Option<Received> {
        let (quote, ts, given) = self.depth?;
        let input = match self.decoder.changes().get(given) {
            Some(level) => {
                self.depth = Some((quote, ts, given + 1));
                Input::Level(*level)
            }
            None => {
                self.depth = None;
                Input::Quote(quote)
            }
        };
        Some(Received { input, ts, arrived: 0 })
    }

    fn check_definition(&mut self, input: &Input) -> Result<(), FileError> {
        let Input::Listing(listing) = input else { return Ok(()) };
        let Some(mismatch) = self.decoder.mismatch(listing) else { return Ok(()) };
        self.failed = true;
        Err(FileError::Definition {
            path: self.path.clone(),
            record: self.records,
            mismatch: Box::new(mismatch),
        })
    }

    /// The next record as it is in the file; `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Read`], [`FileError::Truncated`] and [`FileError::Garbled`].
    pub fn next_record(&mut self) -> Result<Option<RecordRef<'_>>, FileError> {
        Ok(if self.advance()? { self.fsm.last_record() } else { None })
    }

    /// Moves to the next record; false at the end.
    fn advance(&mut self) -> Result<bool, FileError> {
        while !self.failed {
            match self.fsm.process() {
                ProcessResult::Record(()) => {
                    self.records += 1;
                    let Some(record) = self.fsm.last_record() else { return Ok(false) };
                    if let Err(bad) = check_length(&record) {
                        let byte = self.byte;
                        return Err(self.garbled(self.records, byte, bad.to_string()));
                    }
                    self.byte += record.header().record_size() as u64;
                    return Ok(true);
                }
                ProcessResult::ReadMore(_) => match self.reader.read(self.fsm.space()) {
                    Ok(0) => {
                        self.failed = true;
                        let left = self.fsm.data().len();
                        if left == 0 {
                            return Ok(false);
                        }
                        return Err(FileError::Truncated {
                            path: self.path.clone(),
                            record: self.records + 1,
                            byte: self.byte,
                            left,
                        });
                    }
                    Ok(n) => self.fsm.fill(n),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(source) => {
                        self.failed = true;
                        return Err(FileError::Read {
                            path: self.path.clone(),
                            records: self.records,
                            byte: self.byte,
                            source,
                        });
                    }
                },
                ProcessResult::Metadata(_) => {
                    let (record, byte) = (self.records + 1, self.byte);
                    return Err(self.garbled(record, byte, "a second header".into()));
                }
                ProcessResult::Err(e) => {
                    let (record, byte) = (self.records + 1, self.byte);
                    return Err(self.garbled(record, byte, e.to_string()));
                }
            }
        }
        Ok(false)
    }

    fn garbled(&mut self, record: u64, byte: u64, reason: String) -> FileError {
        self.failed = true;
        FileError::Garbled { path: self.path.clone(), record, byte, reason }
    }
}

/// Checks the first bytes of a DBN stream, and gives the length of the header that follows them.
pub(crate) fn check_prelude(prelude: &[u8], longest: u32) -> Result<u32, String> {
    let [b'D', b'B', b'N', version, length @ ..] = prelude else {
        return Err("it does not begin with `DBN`".into());
    };
    if !(1..=3).contains(version) {
        return Err(format!("it is of version {version}"));
    }
    let length = length.first_chunk::<4>().map_or(u32::MAX, |l| u32::from_le_bytes(*l));
    if length > longest {
        return Err(format!("its header claims a length of {length} bytes"));
    }
    Ok(length)
}
