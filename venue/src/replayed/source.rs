//! DBN files, read one record at a time and never past damage.

use dbn::decode::DynReader;
use dbn::decode::dbn::fsm::{DbnFsm, ProcessResult};
use dbn::{Metadata, RType, RecordMut, RecordRef, VersionUpgradePolicy};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::mem::size_of;
use std::path::{Path, PathBuf};

/// Why a market cannot be replayed, or not to its end. Records count from 1 in each file.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No files.
    #[error("name at least one DBN file to replay")]
    NoFiles,
    /// A file cannot be opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not begin as a DBN file of version 1 to 3 does.
    #[error("{} is not a DBN file of version 1 to 3: {reason}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A header names nothing that could be listed.
    #[error("{} names no instrument: replay a file whose header maps symbols to instruments", path.display())]
    NoInstruments {
        /// The file.
        path: PathBuf,
    },
    /// A symbol whose tick is not known.
    #[error("`{symbol}` in {} is not a contract of a known product: its tick is needed to take orders", path.display())]
    UnknownProduct {
        /// The file.
        path: PathBuf,
        /// The symbol.
        symbol: String,
    },
    /// A file ends inside a record, or its compression ends early.
    #[error("{} is cut short: it ends inside record {record}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The broken record.
        record: u64,
    },
    /// A record cannot be one.
    #[error("{} is damaged at record {record}: {reason}", path.display())]
    Garbled {
        /// The file.
        path: PathBuf,
        /// The broken record.
        record: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A file begins before the one named before it has ended.
    #[error("{} begins before the file before it ends: name the files in the order of time", path.display())]
    Order {
        /// The file.
        path: PathBuf,
    },
    /// More orders rest than a book holds.
    #[error("{}: the book of instrument {instrument_id} holds no more orders at record {record}", path.display())]
    BookFull {
        /// The file.
        path: PathBuf,
        /// The record that did not fit.
        record: u64,
        /// The instrument.
        instrument_id: u32,
    },
}

/// Largest header accepted, in bytes.
const HEADER_MAX: u32 = 16 << 20;
/// Longest header prelude: `DBN`, the version, the header's length.
const PRELUDE_LEN: usize = 8;

/// One file.
pub struct Source {
    path: PathBuf,
    reader: DynReader<'static, BufReader<File>>,
    fsm: DbnFsm,
    metadata: Metadata,
    records: u64,
}

impl Source {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`ReplayError::Open`], [`ReplayError::Header`].
    pub fn open(path: &Path) -> Result<Source, ReplayError> {
        let open = |source| ReplayError::Open { path: path.into(), source };
        let header = |reason: String| ReplayError::Header { path: path.into(), reason };
        let file = File::open(path).map_err(open)?;
        if file.metadata().map_err(open)?.is_dir() {
            return Err(open(io::ErrorKind::IsADirectory.into()));
        }
        let mut reader = DynReader::new_inferred(file).map_err(|e| header(e.to_string()))?;
        let mut prelude = [0; PRELUDE_LEN];
        reader.read_exact(&mut prelude).map_err(|e| header(e.to_string()))?;
        let length = u32::from_le_bytes([prelude[4], prelude[5], prelude[6], prelude[7]]);
        if &prelude[..3] != b"DBN" || !(1..=3).contains(&prelude[3]) || length > HEADER_MAX {
            return Err(header("it does not begin like one".into()));
        }
        let mut fsm = DbnFsm::builder()
            .upgrade_policy(VersionUpgradePolicy::UpgradeToV3)
            .build()
            .map_err(|e| header(e.to_string()))?;
        fsm.write_all(&prelude);
        let metadata = loop {
            match fsm.process() {
                ProcessResult::Metadata(metadata) => break metadata,
                ProcessResult::ReadMore(_) => match reader.read(fsm.space()) {
                    Ok(0) => return Err(header("it ends inside its header".into())),
                    Ok(n) => fsm.fill(n),
                    Err(e) => return Err(header(e.to_string())),
                },
                ProcessResult::Record(()) => return Err(header("it has no header".into())),
                ProcessResult::Err(e) => return Err(header(e.to_string())),
            }
        };
        Ok(Source { path: path.into(), reader, fsm, metadata, records: 0 })
    }

    /// The file's header.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records read of it.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Moves to the next record; false at the end of the file.
    ///
    /// # Errors
    /// [`ReplayError::Truncated`], [`ReplayError::Garbled`].
    pub fn advance(&mut self) -> Result<bool, ReplayError> {
        let record = self.records + 1;
        loop {
            match self.fsm.process() {
                ProcessResult::Record(()) => {
                    self.records = record;
                    let reason = match self.fsm.last_record() {
                        Some(record) => check(record),
                        None => Some("the decoder lost it".into()),
                    };
                    return reason.map_or(Ok(true), |reason| Err(self.garbled(reason)));
                }
                ProcessResult::ReadMore(_) => match self.reader.read(self.fsm.space()) {
                    Ok(0) if self.fsm.data().is_empty() => return Ok(false),
                    Ok(0) => return Err(self.truncated(record)),
                    Ok(n) => self.fsm.fill(n),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                        return Err(self.truncated(record));
                    }
                    Err(e) => {
                        self.records = record;
                        return Err(self.garbled(e.to_string()));
                    }
                },
                ProcessResult::Metadata(_) => {}
                ProcessResult::Err(e) => {
                    self.records = record;
                    return Err(self.garbled(e.to_string()));
                }
            }
        }
    }

    /// The record that [`Source::advance`] moved to.
    pub fn record(&self) -> Option<RecordRef<'_>> {
        self.fsm.last_record()
    }

    /// Gives the record in hand another instrument's number.
    pub fn renumber(&mut self, instrument_id: u32) {
        if let Some(mut record) = self.fsm.last_record_mut() {
            record.header_mut().instrument_id = instrument_id;
        }
    }

    fn truncated(&self, record: u64) -> ReplayError {
        ReplayError::Truncated { path: self.path.clone(), record }
    }

    fn garbled(&self, reason: String) -> ReplayError {
        ReplayError::Garbled { path: self.path.clone(), record: self.records, reason }
    }
}

/// What is wrong with a record's type and length, if anything is: `dbn` reads the body of a record by
/// its type and trusts its length.
fn check(record: RecordRef<'_>) -> Option<String> {
    let header = record.header();
    let Ok(rtype) = RType::try_from(header.rtype) else {
        return Some(format!("there is no record type {}", header.rtype));
    };
    let needed = match rtype {
        RType::Mbp0 => size_of::<dbn::TradeMsg>(),
        RType::Mbp1 => size_of::<dbn::Mbp1Msg>(),
        RType::Mbp10 => size_of::<dbn::Mbp10Msg>(),
        RType::Mbo => size_of::<dbn::MboMsg>(),
        RType::Status => size_of::<dbn::StatusMsg>(),
        RType::InstrumentDef => size_of::<dbn::InstrumentDefMsg>(),
        RType::Imbalance => size_of::<dbn::ImbalanceMsg>(),
        RType::Error => size_of::<dbn::ErrorMsg>(),
        RType::SymbolMapping => size_of::<dbn::SymbolMappingMsg>(),
        RType::System => size_of::<dbn::SystemMsg>(),
        RType::Statistics => size_of::<dbn::StatMsg>(),
        RType::Bbo1S | RType::Bbo1M => size_of::<dbn::BboMsg>(),
        RType::Ohlcv1S | RType::Ohlcv1M | RType::Ohlcv1H | RType::Ohlcv1D | RType::OhlcvEod => {
            size_of::<dbn::OhlcvMsg>()
        }
        other => return Some(format!("records of type {other:?} cannot be replayed")),
    };
    let length = header.record_size();
    if !length.is_multiple_of(8) {
        // The one after it could not be read in place.
        return Some(format!("its length of {length} bytes is not a multiple of 8"));
    }
    (length < needed).then(|| format!("it has {length} bytes where its type needs {needed}"))
}
