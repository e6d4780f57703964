//! Why a file cannot be generated.

use super::config::{DAYS_MAX, SYMBOLS_MAX};
use super::fault::FaultKind;
use dbn::Schema;
use gauntlet_core::instrument::SymbolError;
use gauntlet_core::units::UnixNanos;

/// Schemas that a file can have.
pub(super) const SCHEMAS: [Schema; 8] = [
    Schema::Ohlcv1S,
    Schema::Ohlcv1M,
    Schema::Ohlcv1H,
    Schema::Ohlcv1D,
    Schema::Trades,
    Schema::Mbp1,
    Schema::Mbo,
    Schema::Definition,
];

/// Why a file cannot be generated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A symbol that is none.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// A symbol that names more than one line of prices, or one that needs data to be followed.
    #[error("cannot generate {symbol}: {why}")]
    Unfit {
        /// The symbol.
        symbol: String,
        /// What to ask for instead.
        why: String,
    },
    /// Contracts and continuous symbols in one file.
    #[error("a file holds contracts or continuous symbols, not both: write two files")]
    Mixed,
    /// No symbols, or too many.
    #[error("name between 1 and {SYMBOLS_MAX} symbols, not {0}")]
    Count(usize),
    /// A contract twice at one time.
    #[error("{0} and {1} are one contract at the same time: write two files")]
    Twice(String, String),
    /// A schema that cannot be generated.
    #[error("cannot generate {0}: use one of {names}", names = SCHEMAS.map(|s| s.as_str()).join(", "))]
    Schema(Schema),
    /// A rate out of range.
    #[error("the rate must be above 0 and at most 1000 messages a second, not {0}")]
    Rate(f64),
    /// A number of days out of range.
    #[error("the days must be between 1 and {DAYS_MAX}, not {0}")]
    Days(u32),
    /// An end that is not after the start.
    #[error("the end {end} is not after the start {start}")]
    Empty {
        /// Where it was to begin.
        start: UnixNanos,
        /// Where it was to end.
        end: UnixNanos,
    },
    /// The contract does not trade then.
    #[error("{symbol} expires at {expiry}, and the file begins at {start}: begin it earlier")]
    Expired {
        /// The contract.
        symbol: String,
        /// Its last moment.
        expiry: UnixNanos,
        /// Where the file was to begin.
        start: UnixNanos,
    },
    /// The calendar ends before the file does.
    #[error("the calendar knows too few trading days from {0} on: begin earlier or ask for fewer")]
    Calendar(UnixNanos),
    /// A price that cannot be.
    #[error("a start price of {price} is no price for {symbol}: {why}")]
    StartPrice {
        /// The price.
        price: f64,
        /// Of what.
        symbol: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A fault that the schema cannot have.
    #[error("{schema} has no {kind}: this fault is for {of}")]
    Fault {
        /// The fault.
        kind: FaultKind,
        /// The file's schema.
        schema: Schema,
        /// Schemas that can have it.
        of: &'static str,
    },
    /// A fault outside of the file.
    #[error(
        "the fault {kind} at {at} lies outside of the file, which reaches from {start} to {end}"
    )]
    FaultTime {
        /// The fault.
        kind: FaultKind,
        /// When it was to come.
        at: UnixNanos,
        /// Where the file begins.
        start: UnixNanos,
        /// Where it ends.
        end: UnixNanos,
    },
}
