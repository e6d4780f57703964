//! DBN's `ohlcv` schemas.

use super::BarFileError;
use super::row::{BadRow, Place, Problem, RawRow};
use crate::file::{DbnFile, FileError};
use crate::mapping::choose;
use crate::symbols::FeedInstrument;
use dbn::Schema;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;
use gauntlet_model::units::UnixNanos;
use std::io::Read;
use std::path::Path;

/// Whether a DBN file holds bars.
pub fn is_ohlcv(metadata: &dbn::Metadata) -> bool {
    length(metadata).is_some()
}

/// Length of a file's bars in seconds.
fn length(metadata: &dbn::Metadata) -> Option<u32> {
    match metadata.schema? {
        Schema::Ohlcv1S => Some(1),
        Schema::Ohlcv1M => Some(60),
        Schema::Ohlcv1H => Some(3_600),
        Schema::Ohlcv1D => Some(86_400),
        _ => None,
    }
}

pub(super) struct DbnRows {
    file: DbnFile,
    symbol: String,
    seconds: u32,
    is_continuous: bool,
}

impl DbnRows {
    /// Opens one symbol of a file. Gives its name and the bars' length too.
    pub fn new(
        path: &Path,
        from: impl Read + Send + 'static,
        symbol: Option<&str>,
    ) -> Result<(DbnRows, String, u32), BarFileError> {
        let file = DbnFile::read(path, from)?;
        let metadata = file.metadata();
        let Some(seconds) = length(metadata) else {
            let schema = metadata.schema;
            let schema = schema.map_or_else(|| "several schemas".to_owned(), |s| s.to_string());
            let path = path.to_owned();
            let reason = format!("it holds {schema}: bars have to be made of it first");
            return Err(BarFileError::NotBars { path, reason });
        };
        let symbol = choose(path, metadata, symbol)?;
        let is_continuous = file.is_continuous(&symbol);
        let file = file.with_instruments(&[FeedInstrument::unchecked(&symbol, InstrumentId(0))]);
        Ok((DbnRows { file, symbol: symbol.clone(), seconds, is_continuous }, symbol, seconds))
    }

    /// See [`DbnFile::nothing_of`].
    pub fn nothing(&self) -> Option<FileError> {
        self.file.nothing_of(&self.symbol)
    }

    /// From when and, if it says so, until when the file tells everything.
    pub fn told(&self) -> (UnixNanos, Option<UnixNanos>) {
        (UnixNanos(self.file.metadata().start), self.file.told_until())
    }

    pub fn next(&mut self) -> Option<Result<RawRow, BadRow>> {
        loop {
            let received = match self.file.next_input() {
                Ok(received) => received?,
                Err(error) => {
                    let place = Place::Record(self.file.records());
                    let problem = Problem::Damaged(error.to_string());
                    return Some(Err(BadRow { place, column: String::new(), problem }));
                }
            };
            if let Input::Ohlcv(bar) = received.input
                && bar.seconds == self.seconds
            {
                return Some(Ok(RawRow {
                    place: Place::Record(self.file.records()),
                    time_column: "ts_event",
                    contract: if self.is_continuous { self.file.instrument_id() } else { 0 },
                    stamp: bar.ts_open,
                    open: bar.open,
                    high: bar.high,
                    low: bar.low,
                    close: bar.close,
                    volume: bar.volume,
                }));
            }
        }
    }
}
