//! DBN's `ohlcv` schemas.

use super::BarFileError;
use super::row::{BadRow, Place, Problem, RawRow};
use crate::file::DbnFile;
use crate::symbols::FeedInstrument;
use dbn::Schema;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;
use std::io::Read;
use std::path::Path;

/// Symbols that an error shows.
const SYMBOLS_SHOWN: usize = 20;

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
    seconds: u32,
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
        let symbols = &metadata.symbols;
        let symbol = match (symbol, symbols.as_slice()) {
            (Some(symbol), _) if symbols.iter().any(|known| known == symbol) => symbol.to_owned(),
            (None, [only]) => only.clone(),
            _ => {
                let symbols = symbols.iter().take(SYMBOLS_SHOWN).cloned().collect();
                return Err(BarFileError::Symbol { path: path.to_owned(), symbols });
            }
        };
        let file = file.with_instruments(&[FeedInstrument::unchecked(&symbol, InstrumentId(0))]);
        Ok((DbnRows { file, seconds }, symbol, seconds))
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
