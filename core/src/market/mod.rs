//! The markets as the core sees them: books, tops, last trades, bars, and what is wrong with them.
//!
//! [`Markets`] turns market-data inputs into three things: a [`MarketView`] whenever an instrument's
//! top, last trade or fitness changed; finished bars; and the marks and blocks that people see.
//! Whatever makes an instrument's data unfit to trade on is a [`MarketFault`], counted, announced
//! once when it comes and once when it goes. Faults err on the side of no trading:
//!
//! | fault | comes | goes |
//! |---|---|---|
//! | no feed | at the definition, at the start of a run, when the feed disconnects or ends | with the first data after that (and after the connection, if the feed was down) |
//! | stale | when the feed says that nothing came for too long | with the next data |
//! | gap | when the feed or a record's flag says that messages were lost, when the vendor's sequence runs backwards, when a price is off its band; for market-by-order data also until the book was built from its beginning | market-by-order: when a clear or snapshot has rebuilt the book; quotes and trades: with the next clean one |
//! | crossed | when the bid is at or above the ask after a whole event | when it is not |
//! | halted | when the trading status is not open | when it is; if the status was told before the present connection or run, also with the first trade |
//! | book full | when the book's table overflows | when the book is cleared |
//!
//! An instrument without a status feed counts as open while its data flows; hours are the calendar's
//! concern. While messages are lost or prices are off their band no top is shown at all, so nothing
//! can be priced from it; while the feed is down the last one known stays. The band, which a mid or
//! the price of a one-sided top must keep to, is a tenth of the last good mid (of the last trade, where trades are all there is); a connection, a clear and a
//! change of the trading status let prices start afresh.

mod band;
mod instrument;

use crate::bars::SeriesError;
use crate::book::OrderBook;
use crate::calendar::Calendar;
use crate::effect::{Alert, AlertKind, Bar, Effect, MarketFault};
use crate::ids::{ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use crate::input::{
    BarKind, FeedChange, Input, InstrumentDefinition, Scope, Sequenced, SessionMode,
};
use crate::message::MarketView;
use crate::sample::Tape;
use crate::text::Text;
use instrument::{Market, Now};
use std::sync::LazyLock;

pub use instrument::MarketCounters;

/// Sessions are worked out once for all markets of the process.
static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::cme);

/// Why a series of bars cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// There is no such instrument.
    #[error("the instrument is not defined: define it before its bots")]
    NotDefined,
    /// The instrument makes no such bars.
    #[error(transparent)]
    Series(#[from] SeriesError),
}

/// What the markets make of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MarketOutput {
    /// An instrument's market changed.
    View(MarketView),
    /// An effect for the journal: a block, a mark, an alert.
    Effect(Effect),
    /// A bar is finished; an effect too.
    Bar(Bar, Tape),
}

/// Every instrument of the run.
#[derive(Debug)]
pub struct Markets {
    markets: Vec<Option<Market>>,
    calendar: &'static Calendar,
    orders_max: usize,
    undefined: u64,
}

impl Default for Markets {
    fn default() -> Markets {
        Markets::new()
    }
}

impl Markets {
    /// No instruments yet. Each definition takes memory for a book of
    /// [`crate::book::ORDERS_MAX_DEFAULT`] orders.
    pub fn new() -> Markets {
        Markets::with_book_capacity(crate::book::ORDERS_MAX_DEFAULT)
    }

    /// As [`Markets::new`], with books of another capacity in orders.
    pub fn with_book_capacity(orders_max: usize) -> Markets {
        let markets = std::iter::repeat_with(|| None).take(INSTRUMENTS_MAX).collect();
        Markets { markets, calendar: &CALENDAR, orders_max, undefined: 0 }
    }

    /// Makes an instrument's bars of a kind in a session mode from now on, beside its one-minute
    /// bars. Asked for twice, they are made once. Takes memory.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn follow(
        &mut self,
        instrument: InstrumentId,
        kind: BarKind,
        session: SessionMode,
    ) -> Result<(), FollowError> {
        let market = self.markets.get_mut(usize::from(instrument.0)).and_then(Option::as_mut);
        let market = market.ok_or(FollowError::NotDefined)?;
        Ok(market.follow(kind, session)?)
    }

    /// Goes on only with those series of bars that are still used.
    pub fn retain_series(
        &mut self,
        mut used: impl FnMut(InstrumentId, BarKind, SessionMode) -> bool,
    ) {
        for market in self.markets.iter_mut().flatten() {
            let instrument = market.definition().instrument;
            market.retain_series(|kind, session| used(instrument, kind, session));
        }
    }

    /// Takes an input and gives what follows from it. Inputs that are no concern of markets give
    /// nothing. Memory is taken only when an instrument is first defined.
    pub fn on(&mut self, sequenced: &Sequenced, out: &mut impl FnMut(MarketOutput)) {
        let now = Now { time: sequenced.time, calendar: self.calendar };
        match &sequenced.input {
            Input::Mbo(event) => self.with(event.instrument, |market| market.mbo(event, now, out)),
            Input::Quote(quote) => {
                self.with(quote.instrument, |market| market.quote(quote, now, out));
            }
            Input::Trade(trade) => {
                self.with(trade.instrument, |market| market.trade(trade, now, out));
            }
            Input::Ohlcv(bar) => self.with(bar.instrument, |market| market.ohlcv(bar, now, out)),
            Input::Status(status) => {
                self.with(status.instrument, |market| market.status(status, out));
            }
            Input::Feed(event) => self.of_feed(event.feed, event.change, out),
            Input::Timer(timer) => {
                self.markets.iter_mut().flatten().for_each(|market| market.timer(timer, now, out));
            }
            Input::Instrument(definition) => self.define(definition, out),
            // A run begins without a connection, however the one before it ended.
            Input::RunStart(_) => {
                self.markets.iter_mut().flatten().for_each(|market| market.run_start(out));
            }
            _ => {}
        }
    }

    /// The market of an instrument; `None` if it is not defined.
    pub fn view(&self, instrument: InstrumentId) -> Option<&MarketView> {
        self.get(instrument).map(Market::view)
    }

    /// An instrument's definition.
    pub fn definition(&self, instrument: InstrumentId) -> Option<&InstrumentDefinition> {
        self.get(instrument).map(Market::definition)
    }

    /// An instrument's book, as far as market-by-order data built it.
    pub fn book(&self, instrument: InstrumentId) -> Option<&OrderBook> {
        self.get(instrument).map(Market::book)
    }

    /// An instrument's counters.
    pub fn counters(&self, instrument: InstrumentId) -> Option<MarketCounters> {
        self.get(instrument).map(Market::counters)
    }

    /// Whether a fault is in force for an instrument.
    pub fn has_fault(&self, instrument: InstrumentId, fault: MarketFault) -> bool {
        self.get(instrument).is_some_and(|market| market.has_fault(fault))
    }

    /// Records for instruments that are not defined.
    pub fn undefined_records(&self) -> u64 {
        self.undefined
    }

    fn get(&self, instrument: InstrumentId) -> Option<&Market> {
        self.markets.get(usize::from(instrument.0))?.as_ref()
    }

    fn with(&mut self, instrument: InstrumentId, run: impl FnOnce(&mut Market)) {
        match self.markets.get_mut(usize::from(instrument.0)).and_then(Option::as_mut) {
            Some(market) => run(market),
            None => self.undefined += 1,
        }
    }

    fn of_feed(&mut self, feed: u8, change: FeedChange, out: &mut impl FnMut(MarketOutput)) {
        for market in self.markets.iter_mut().flatten() {
            if market.definition().feed == feed {
                market.feed(change, out);
            }
        }
    }

    fn define(&mut self, definition: &InstrumentDefinition, out: &mut impl FnMut(MarketOutput)) {
        let Some(slot) = self.markets.get_mut(usize::from(definition.instrument.0)) else {
            out(MarketOutput::Effect(Effect::Alert(Alert {
                kind: AlertKind::TableFull,
                scope: Scope::Instrument(definition.instrument),
                cl_ord_id: ClOrdId::NONE,
                ord_status: None,
                text: Text::new("more instruments than a run can have"),
            })));
            return;
        };
        match slot {
            Some(market) => market.redefine(definition, out),
            None => {
                slot.insert(Market::new(definition, OrderBook::new(self.orders_max))).publish(out);
            }
        }
    }
}

#[cfg(test)]
mod tests;
