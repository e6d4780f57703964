//! Market data in: the Databento live protocol, DBN files, and files of bars.
//!
//! Both sources speak the same records, so both go through one [`decode::Decoder`] and come out as
//! [`Received`]: an input for the sequenced stream, the time that a data-driven clock moves to, and
//! the time-stamp-counter reading of its arrival.

#![forbid(unsafe_code)]

pub mod bar_files;
pub mod book;
pub mod decode;
pub mod file;
mod form;
pub mod inspect;
pub mod live;
pub mod mapping;
mod protocol;
pub mod symbols;

pub use bar_files::{
    BarFileError, BarOptions, BarReader, Bars, Contract, FileBar, Stamp, is_ohlcv, read_bars,
};
pub use book::{BookError, BookSummary, build_book};
pub use file::{DbnFile, FileError};
pub use inspect::{Inspection, inspect};
pub use live::{FeedError, HISTORY_HOURS_MAX, LiveConfig, LiveFeed, LiveStats};
pub use mapping::{ChoiceError, choose, mapped_symbols};
pub use protocol::{ApiKey, Subscription, default_gateway};
pub use symbols::FeedInstrument;

use gauntlet_model::input::Input;
use gauntlet_model::units::UnixNanos;

/// An input as a feed hands it over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Received {
    /// What came.
    pub input: Input,
    /// When the data says that it became known: the vendor's receive time, or the end of a bar. Zero
    /// for events of the feed itself, which have no time in the data.
    pub ts: UnixNanos,
    /// Raw time-stamp-counter reading at the return of the socket read; 0 from a file.
    pub arrived: u64,
}
