//! A recorded market: DBN files passed on byte for byte, and our orders matched against the book that
//! they tell of.
//!
//! Any schema can be replayed. Orders fill against market-by-order, MBP-1, TBBO, MBP-10 and trades by
//! the convention of [`crate::follower`], of every kind and life; bars, definitions and the like pass through and
//! fill nothing. A recorded close ends the orders that are for the day.
//! Records of DBN versions 1 and 2 are passed on as version 3 ones, which for market data are the same
//! bytes. A number that the vendor gives to different contracts on different days is replaced by the one
//! that the contract has here, and records whose number is no contract's on their day stay unheard where
//! it is one's on another. The orders that we enter do not appear in the data and do not move it.
//!
//! The clock is the records' index time (`ts_recv` where there is one), held so that it never runs
//! backwards. When the files have ended, orders keep working but nothing fills them any more.

mod book;
mod identities;
mod source;
#[cfg(test)]
mod tests;

pub use source::ReplayError;

use crate::follower::{FollowedOrder, Follower};
use crate::market::{Change, Listing, Market, MarketSink, NewOrder, OrderEvent, OrderId, Refusal};
use crate::matching::records::{self, Stamp, year_of};
use book::ReplayedBook;
use dbn::{Record, RecordRef};
use gauntlet_model::input::TradingState;
use gauntlet_model::instrument::{Contract, contract};
use gauntlet_model::units::{Price, Side, UnixNanos};
use identities::Identities;
use source::Source;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Our orders that work in one instrument, at most.
const ORDERS_MAX: usize = 1_024;
/// Bits of an order's identity that count; those above tell the listing.
const COUNT_BITS: u32 = 48;

struct Instrument {
    contract: Contract,
    book: ReplayedBook,
    follower: Follower,
    state: TradingState,
    sequence: u32,
}

/// A replayed market. See the module's documentation.
pub struct ReplayedMarket {
    listings: Vec<Listing>,
    identities: Identities,
    instruments: Vec<Instrument>,
    files: VecDeque<PathBuf>,
    /// The file being read, standing on the record that comes next.
    source: Option<Source>,
    failure: Option<ReplayError>,
    now: UnixNanos,
    records: u64,
    last_id: u64,
}

impl ReplayedMarket {
    /// Opens the files, which follow one another in time, and stands before the first record.
    ///
    /// # Errors
    /// The [`ReplayError`] of the first file that cannot be replayed; damage further in shows in
    /// [`Market::failure`] once it is met.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<ReplayedMarket, ReplayError> {
        let mut market = ReplayedMarket {
            listings: Vec::new(),
            identities: Identities::default(),
            instruments: Vec::new(),
            files: paths.iter().map(|path| path.as_ref().to_owned()).collect(),
            source: None,
            failure: None,
            now: UnixNanos(0),
            records: 0,
            last_id: 0,
        };
        if paths.is_empty() {
            return Err(ReplayError::NoFiles);
        }
        for path in paths {
            market.list(&Source::open(path.as_ref())?)?;
        }
        market.advance()?;
        market.now = market.next_event().unwrap_or(UnixNanos(0));
        Ok(market)
    }

    /// Records passed on so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Lists the instruments of a file's header.
    fn list(&mut self, source: &Source) -> Result<(), ReplayError> {
        let path = source.path();
        let year = year_of(UnixNanos(source.metadata().start));
        let mut known = false;
        for mapping in &source.metadata().mappings {
            let symbol = &mapping.raw_symbol;
            for interval in &mapping.intervals {
                let Ok(instrument_id) = interval.symbol.parse() else { continue };
                known = true;
                let listed = self.listings.iter().position(|listing| listing.symbol == *symbol);
                let listing = match listed {
                    Some(listing) => listing,
                    None => self.list_symbol(path, symbol, instrument_id, year)?,
                };
                self.identities.add(listing, instrument_id, interval);
            }
        }
        if known { Ok(()) } else { Err(ReplayError::NoInstruments { path: path.into() }) }
    }

    /// Lists a symbol, by a number of its own: the vendor's, where no other symbol has it.
    fn list_symbol(
        &mut self,
        path: &Path,
        symbol: &str,
        vendors: u32,
        year: u16,
    ) -> Result<usize, ReplayError> {
        let unknown =
            || ReplayError::UnknownProduct { path: path.into(), symbol: symbol.to_owned() };
        let contract = contract(symbol, year).ok_or_else(unknown)?;
        let tick = contract.product.tick;
        let is_free = |id: &u32| self.listings.iter().all(|listing| listing.instrument_id != *id);
        let others = (1..=u32::MAX).rev();
        let instrument_id = std::iter::once(vendors).chain(others).find(is_free).unwrap_or(vendors);
        self.listings.push(Listing { symbol: symbol.to_owned(), instrument_id, tick });
        self.instruments.push(Instrument {
            contract,
            book: ReplayedBook::new(),
            follower: Follower::new(tick, ORDERS_MAX),
            state: TradingState::Open,
            sequence: 0,
        });
        Ok(self.listings.len() - 1)
    }

    /// Gives the record in hand the number of its listing. Says which listing that is, and whether the
    /// record may be heard.
    fn number(&mut self) -> (Option<usize>, bool) {
        let Some(source) = &mut self.source else { return (None, false) };
        let Some(record) = source.record() else { return (None, false) };
        let id = record.header().instrument_id;
        match self.identities.listing(id, index_time(record).unwrap_or(self.now)) {
            Some(at) => {
                let ours = self.listings[at].instrument_id;
                if ours != id {
                    source.renumber(ours);
                }
                (Some(at), true)
            }
            None => (None, self.listings.iter().all(|listing| listing.instrument_id != id)),
        }
    }

    /// Moves to the next record, over the ends of files.
    fn advance(&mut self) -> Result<(), ReplayError> {
        loop {
            if let Some(source) = &mut self.source {
                if source.advance()? {
                    return Ok(());
                }
                self.source = None;
            }
            let Some(path) = self.files.pop_front() else { return Ok(()) };
            let mut source = Source::open(&path)?;
            if !source.advance()? {
                continue;
            }
            if source.record().is_some_and(|record| record.raw_index_ts() < self.now.0) {
                return Err(ReplayError::Order { path });
            }
            self.source = Some(source);
            return Ok(());
        }
    }

    /// Passes on one record and everything it means; says whether its event goes on.
    fn pass_on(&mut self, sink: &mut dyn MarketSink) -> Result<bool, ReplayError> {
        let vendors = self.source.as_ref().and_then(Source::record);
        let vendors = vendors.map_or(0, |record| record.header().instrument_id);
        let (at, is_heard) = self.number();
        let Some(source) = &self.source else { return Ok(false) };
        let Some(record) = source.record() else { return Ok(false) };
        self.now = self.now.max(index_time(record).unwrap_or(self.now));
        self.records += 1;
        if is_heard {
            sink.record(record);
        }
        let (id, event_time) = (record.header().instrument_id, record.header().ts_event);
        let is_snapshot = flags_of(record).is_some_and(|flags| flags.is_snapshot());
        let open_ended = flags_of(record).is_some_and(|flags| !flags.is_last());
        if let Some(at) = at {
            let full = || ReplayError::BookFull {
                path: source.path().into(),
                record: source.records(),
                instrument_id: id,
            };
            self.instruments[at].apply(record, sink).map_err(|_| full())?;
        }
        self.advance()?;
        let next = self.source.as_ref().and_then(Source::record);
        let goes_on = open_ended
            && next.is_some_and(|next| {
                next.header().instrument_id == vendors
                    && flags_of(next).is_some()
                    && (is_snapshot || next.header().ts_event == event_time)
            });
        let now = self.now;
        for Instrument { follower, .. } in &mut self.instruments {
            follower.expire_due(now, &mut |event| sink.order(event));
        }
        if let Some(at) = at.filter(|_| !goes_on) {
            let Instrument { book, follower, .. } = &mut self.instruments[at];
            follower.set_time(self.now);
            if follower.needs_book() {
                follower.on_book(book.shown(), &mut |event| sink.order(event));
            }
        }
        Ok(goes_on)
    }

    fn instrument_of(&mut self, order: OrderId) -> Result<&mut Instrument, Refusal> {
        let at = (order.0 >> COUNT_BITS) as usize;
        self.instruments.get_mut(at).ok_or(Refusal::UnknownOrder)
    }
}

/// When a record became known; `None` where it does not say, so that it moves no clock.
fn index_time(record: RecordRef<'_>) -> Option<UnixNanos> {
    let said = |ts: &u64| *ts != dbn::UNDEF_TIMESTAMP;
    let ts = [record.raw_index_ts(), record.header().ts_event].into_iter().find(said);
    ts.map(UnixNanos)
}

/// The flags of a record of a schema that has them.
fn flags_of(record: RecordRef<'_>) -> Option<dbn::FlagSet> {
    if let Some(record) = record.get::<dbn::MboMsg>() {
        Some(record.flags)
    } else if let Some(record) = record.get::<dbn::Mbp1Msg>() {
        Some(record.flags)
    } else if let Some(record) = record.get::<dbn::TradeMsg>() {
        Some(record.flags)
    } else {
        record.get::<dbn::Mbp10Msg>().map(|record| record.flags)
    }
}

impl Instrument {
    fn apply(
        &mut self,
        record: RecordRef<'_>,
        sink: &mut dyn MarketSink,
    ) -> Result<(), book::Full> {
        if let Some(mbo) = record.get::<dbn::MboMsg>() {
            self.sequence = mbo.sequence;
            self.traded(mbo.action, mbo.side, mbo.price, mbo.size, sink);
            if let Some(left) = self.book.apply(mbo)? {
                self.follower.on_left(left.side, left.price, left.qty, left.arrival);
            }
            return Ok(());
        }
        if let Some(status) = record.get::<dbn::StatusMsg>() {
            self.state = state_of(status).unwrap_or(self.state);
            match self.state {
                TradingState::Open => {}
                TradingState::Closed => self.follower.end_session(&mut |event| sink.order(event)),
                // The book that opens again is another one.
                _ => self.follower.forget_taken(),
            }
            return Ok(());
        }
        if self.book.is_by_order() {
            return Ok(());
        }
        if let Some(mbp) = record.get::<dbn::Mbp1Msg>() {
            self.traded(mbp.action, mbp.side, mbp.price, mbp.size, sink);
            self.book.show(&mbp.levels);
        } else if let Some(mbp) = record.get::<dbn::Mbp10Msg>() {
            self.traded(mbp.action, mbp.side, mbp.price, mbp.size, sink);
            self.book.show(&mbp.levels);
        } else if let Some(trade) = record.get::<dbn::TradeMsg>() {
            self.traded(trade.action, trade.side, trade.price, trade.size, sink);
        }
        Ok(())
    }

    /// Shows a trade to our orders, if the record is one.
    fn traded(
        &mut self,
        action: std::ffi::c_char,
        side: std::ffi::c_char,
        price: i64,
        size: u32,
        sink: &mut dyn MarketSink,
    ) {
        if action as u8 != b'T' {
            return;
        }
        let aggressor = match side as u8 {
            b'B' => Some(Side::Buy),
            b'A' => Some(Side::Sell),
            _ => None,
        };
        self.follower.on_trade(Price(price), size, aggressor, &mut |event| sink.order(event));
    }
}

/// The state that a status record tells; `None` when it does not change it.
fn state_of(status: &dbn::StatusMsg) -> Option<TradingState> {
    use dbn::StatusAction as Action;
    match Action::try_from(status.action).ok()? {
        Action::Trading => Some(TradingState::Open),
        Action::PreOpen | Action::PreCross | Action::Quoting | Action::Cross | Action::Rotation => {
            Some(TradingState::PreOpen)
        }
        Action::Halt | Action::Pause | Action::Suspend => Some(TradingState::Halted),
        Action::Close | Action::PostClose | Action::NotAvailableForTrading => {
            Some(TradingState::Closed)
        }
        _ => None,
    }
}

impl Market for ReplayedMarket {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn next_event(&self) -> Option<UnixNanos> {
        let record = self.source.as_ref()?.record()?;
        Some(self.now.max(index_time(record).unwrap_or(self.now)))
    }

    fn step(&mut self, sink: &mut dyn MarketSink) {
        loop {
            match self.pass_on(sink) {
                Ok(true) => {}
                Ok(false) => return,
                Err(failure) => {
                    self.source = None;
                    self.files.clear();
                    self.failure = Some(failure);
                    return;
                }
            }
        }
    }

    fn now(&self) -> UnixNanos {
        self.now
    }

    fn failure(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failure.as_ref().map(|failure| failure as _)
    }

    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        let instrument = self.instruments.get_mut(order.listing).ok_or(Refusal::Closed)?;
        if instrument.state != TradingState::Open {
            return Err(Refusal::Closed);
        }
        if order.self_match.is_some() {
            return Err(Refusal::NotOffered);
        }
        let id = OrderId((order.listing as u64) << COUNT_BITS | (self.last_id + 1));
        let NewOrder { side, qty, kind, price, time_in_force, .. } = *order;
        let followed = FollowedOrder { id, side, qty, kind, price, time_in_force };
        let Instrument { book, follower, .. } = instrument;
        follower.set_time(self.now);
        follower.submit(&followed, book.shown(), &mut |event| sink.order(event))?;
        self.last_id += 1;
        Ok(id)
    }

    fn cancel(&mut self, order: OrderId, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        self.instrument_of(order)?.follower.cancel(order).map(|_| ())
    }

    fn replace(
        &mut self,
        order: OrderId,
        change: &Change,
        sink: &mut dyn MarketSink,
    ) -> Result<(), Refusal> {
        let Instrument { book, follower, .. } = self.instrument_of(order)?;
        let mut out = |event: OrderEvent| sink.order(event);
        follower.replace(order, change, book.shown(), &mut out)
    }

    fn snapshot(&self, listing: usize, mbo: bool, sink: &mut dyn MarketSink) {
        let Some(instrument) = self.instruments.get(listing) else { return };
        let entry = &self.listings[listing];
        let definition = records::definition(entry, &instrument.contract, self.now);
        sink.record(RecordRef::from(&definition));
        let status = records::status(entry.instrument_id, self.now, instrument.state);
        sink.record(RecordRef::from(&status));
        if mbo {
            let stamp = Stamp { at: self.now, sequence: instrument.sequence };
            records::snapshot(entry.instrument_id, stamp, instrument.book.orders(), sink);
        }
    }
}
