//! The book that market-by-order files leave behind: for people who ask what a file holds.

use crate::file::{DbnFile, FileError};
use crate::symbols::FeedInstrument;
use gauntlet_model::book::OrderBook;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;
use gauntlet_model::units::{Price, Side};
use std::path::{Path, PathBuf};

/// Why no book can be built.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is of another schema.
    #[error("{} holds {schema}, and a book needs mbo", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: String,
    },
    /// A file has several instruments, or none, and none was named.
    #[error("{} holds {count} symbols: name one of them", path.display())]
    Symbol {
        /// The file.
        path: PathBuf,
        /// How many symbols it has.
        count: usize,
    },
    /// The book has more orders than it was given room for.
    #[error("the book has more than {orders_max} orders: give it more room")]
    Full {
        /// The room it had.
        orders_max: usize,
    },
}

/// A book after the last record. Prices are in whole units, `null` where a side is empty.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct BookSummary {
    /// The symbol.
    pub symbol: String,
    /// Records read, of all files and instruments.
    pub records: u64,
    /// Exchange time of the last event, in nanoseconds since the Unix epoch.
    pub last_ts_event: u64,
    /// The vendor's sequence number of the last event.
    pub sequence: u32,
    /// Prices on the bid side.
    pub bid_levels: usize,
    /// Prices on the ask side.
    pub ask_levels: usize,
    /// Best bid.
    pub bid: Option<f64>,
    /// Contracts at the best bid.
    pub bid_size: u32,
    /// Best ask.
    pub ask: Option<f64>,
    /// Contracts at the best ask.
    pub ask_size: u32,
    /// Orders in the book.
    pub orders: usize,
    /// Whether the book was filled from its beginning.
    pub complete: bool,
}

/// Builds one instrument's book from files, in their order. Without a symbol the first file must
/// have exactly one.
///
/// # Errors
/// [`BookError`].
pub fn build_book<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    symbol: Option<&str>,
    orders_max: usize,
) -> Result<BookSummary, BookError> {
    let mut book = OrderBook::new(orders_max);
    let mut symbol = symbol.map(str::to_owned);
    let (mut records, mut last_ts_event, mut sequence) = (0, 0, 0);
    for path in paths {
        let file = DbnFile::open(&path)?;
        let path = path.as_ref();
        if let Some(schema) = file.metadata().schema.filter(|s| *s != dbn::Schema::Mbo) {
            return Err(BookError::Schema { path: path.into(), schema: schema.to_string() });
        }
        let chosen = match (&symbol, file.metadata().symbols.as_slice()) {
            (Some(symbol), _) => symbol.clone(),
            (None, [only]) => only.clone(),
            (None, several) => {
                return Err(BookError::Symbol { path: path.into(), count: several.len() });
            }
        };
        let instrument = FeedInstrument::unchecked(&chosen, InstrumentId(0));
        symbol = Some(chosen);
        let mut file = file.with_instruments(&[instrument]);
        while let Some(received) = file.next_input()? {
            let Input::Mbo(event) = received.input else { continue };
            book.apply(&event);
            (last_ts_event, sequence) = (event.ts_event.0, event.sequence);
        }
        records += file.records();
        if book.is_full() {
            return Err(BookError::Full { orders_max });
        }
    }
    let top = book.top();
    let price = |p: Price| p.is_some().then(|| p.to_f64());
    Ok(BookSummary {
        symbol: symbol.unwrap_or_default(),
        records,
        last_ts_event,
        sequence,
        bid_levels: book.level_count(Side::Buy),
        ask_levels: book.level_count(Side::Sell),
        bid: price(top.bid),
        bid_size: top.bid_size,
        ask: price(top.ask),
        ask_size: top.ask_size,
        orders: book.order_count(),
        complete: book.is_complete(),
    })
}
