//! Generated markets as files: months of invented market data in the vendor's format, for whoever has
//! no recorded data, and for tests.
//!
//! The market is that of [`super::GeneratedMarket`], the same crowd around the same kind of fair
//! price, but it keeps whole trading days: each product's own sessions with their holidays, early
//! closes and pauses, quiet by night, busy when Europe and then New York open. A continuous symbol
//! such as `ES.c.0` follows the calendar's front contract; its mapping changes at midnight UTC of the
//! roll date, as the vendor's mappings do, and contracts differ in price by what it costs to carry
//! them. One market makes every schema: the bars of a seed are the bars of its trades, and its quotes
//! are the top of its book of orders.
//!
//! The same [`FileConfig`] gives the same bytes on every machine. Prices are invented; nothing here
//! predicts anything.
//!
//! ```text
//! FileConfig ─► FilePlan ─► exchange ─► tape (one schema) ─► faults ─► encoder (DBN, CSV, zstd)
//! ```

mod config;
mod error;
mod exchange;
mod fault;
mod format;
pub(super) mod hours;
mod plan;
mod record;
mod spoil;
mod tape;
#[cfg(test)]
mod tests;
mod write;

pub use config::{DAYS_MAX, DEFAULT_RATE, FileConfig, Length, SYMBOLS_MAX};
pub use error::PlanError;
pub use fault::{FaultKind, FaultRequest, UnknownFault};
pub use format::Format;
pub use plan::{FilePlan, PlannedFault, Segment, Series};
pub use write::{WriteError, Written, write_file, write_to};
