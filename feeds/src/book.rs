//! The book that market-by-order files leave behind: for people who ask what a file holds.

use crate::file::{DbnFile, FileError};
use crate::mapping::{ChoiceError, choose};
use crate::symbols::FeedInstrument;
use gauntlet_model::book::OrderBook;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;
use gauntlet_model::units::{Price, Side, UnixNanos};
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
    /// No instrument of a file can be chosen.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The files have no orders of the instrument.
    #[error("the files have records of {symbol}, and none is of an order")]
    NoOrders {
        /// The symbol.
        symbol: String,
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
    /// The vendor's identity of the contract: of a continuous symbol, of the last one.
    pub instrument_id: u32,
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
    /// Whether the book was filled from its beginning, and the files leave no time out since.
    pub complete: bool,
    /// Whether the best bid is at or above the best ask, which no book of a market that trades is: it
    /// is not whole, the market waits for its opening, or the files end inside of an event.
    pub crossed: bool,
    /// Events that the book cannot use: orders without a price or a size, and the like.
    pub malformed: u64,
    /// Cancels and changes of orders that the book does not know.
    pub unknown_orders: u64,
}

/// A book in the making.
struct Building {
    book: OrderBook,
    symbol: Option<String>,
    instrument_id: u32,
    records: u64,
    last_ts_event: u64,
    sequence: u32,
    /// Until when the files tell.
    told_until: Option<UnixNanos>,
    /// What the files have none of, by the first of them that has not.
    nothing: Option<FileError>,
    has_events: bool,
}

impl Building {
    fn file(&mut self, file: DbnFile) -> Result<(), BookError> {
        let path = file.path().to_owned();
        if let Some(schema) = file.metadata().schema.filter(|s| *s != dbn::Schema::Mbo) {
            return Err(BookError::Schema { path, schema: schema.to_string() });
        }
        let symbol = choose(&path, file.metadata(), self.symbol.as_deref())?;
        let start = UnixNanos(file.metadata().start);
        if self.told_until.is_some_and(|until| start > until) {
            // What happened between the files is not known.
            self.book.distrust();
        }
        let is_continuous = file.is_continuous(&symbol);
        let instrument = FeedInstrument::unchecked(&symbol, InstrumentId(0));
        let mut file = file.with_instruments(&[instrument]);
        while let Some(received) = file.next_input()? {
            let Input::Mbo(event) = received.input else { continue };
            let id = file.instrument_id();
            if is_continuous && self.has_events && id != self.instrument_id {
                // Another contract has another book.
                self.book.clear();
            }
            (self.instrument_id, self.has_events) = (id, true);
            self.book.apply(&event);
            (self.last_ts_event, self.sequence) = (event.ts_event.0, event.sequence);
        }
        if self.nothing.is_none() {
            self.nothing = file.nothing_of(&symbol);
        }
        let told = file.told_until().unwrap_or(UnixNanos(self.last_ts_event));
        self.told_until = self.told_until.max(Some(told));
        self.symbol = Some(symbol);
        self.records += file.records();
        Ok(())
    }

    fn finish(self) -> Result<BookSummary, BookError> {
        let Building { book, nothing, .. } = self;
        if !self.has_events {
            let symbol = self.symbol.unwrap_or_default();
            return Err(nothing.map_or(BookError::NoOrders { symbol }, BookError::File));
        }
        let (top, counters) = (book.top(), book.counters());
        let price = |p: Price| p.is_some().then(|| p.to_f64());
        Ok(BookSummary {
            symbol: self.symbol.unwrap_or_default(),
            instrument_id: self.instrument_id,
            records: self.records,
            last_ts_event: self.last_ts_event,
            sequence: self.sequence,
            bid_levels: book.level_count(Side::Buy),
            ask_levels: book.level_count(Side::Sell),
            bid: price(top.bid),
            bid_size: top.bid_size,
            ask: price(top.ask),
            ask_size: top.ask_size,
            orders: book.order_count(),
            complete: book.is_complete(),
            crossed: top.bid.is_some() && top.ask.is_some() && top.bid >= top.ask,
            malformed: counters.malformed,
            unknown_orders: counters.unknown_orders,
        })
    }
}

/// Builds one instrument's book from files, in their order. Without a symbol the first file must
/// have exactly one. Of a continuous symbol it is the book of its last contract.
///
/// # Errors
/// [`BookError`]; [`FileError::NothingOf`] where no file has an order of the instrument.
pub fn build_book<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    symbol: Option<&str>,
    orders_max: usize,
) -> Result<BookSummary, BookError> {
    let mut building = Building {
        book: OrderBook::new(orders_max),
        symbol: symbol.map(str::to_owned),
        instrument_id: 0,
        records: 0,
        last_ts_event: 0,
        sequence: 0,
        told_until: None,
        nothing: None,
        has_events: false,
    };
    for path in paths {
        building.file(DbnFile::open(&path)?)?;
        if building.book.is_full() {
            return Err(BookError::Full { orders_max });
        }
    }
    building.finish()
}
