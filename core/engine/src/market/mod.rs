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
//! | stale | when the feed says that nothing came for too long, and, with every timer, when the data that is listened to is older than the instrument's limit | with the next data that is listened to |
//! | gap | when the feed or a record's flag says that messages were lost, when the vendor's sequence runs backwards; for market-by-order data also until the book was built from its beginning | market-by-order: when a clear or snapshot has rebuilt the book; quotes and trades: with the next clean one |
//! | off band | when a trade, a mid or the price of a one-sided top is far from where prices were, or beyond the exchange's limits | with a top in the band, or when the market has confirmed its new place |
//! | bad price | when a trade or a top is off the tick grid, or not above zero for a product that cannot be | with the next whole top, or trade where trades are all there is |
//! | time backwards | when 16 records in a row have an exchange time before one already seen | with the first that has not |
//! | definition | when the exchange's definition has another tick, multiplier or currency than ours, or the contract has expired | with a definition, the exchange's or ours, that agrees |
//! | crossed | when the bid is at or above the ask after a whole event | when it is not |
//! | halted | when the trading status is not open | when it is; if the status was told before the present connection or run, also with the first trade |
//! | book full | when the book's table overflows | when the book is cleared |
//!
//! An instrument without a status feed counts as open while its data flows; hours are the calendar's
//! concern. While messages are lost, or prices are bad or off their band, no top is shown at all, so
//! nothing can be priced from it; while the feed is down the last one known stays.
//!
//! An instrument listens to the richest schema that it has heard since its feed connected (orders,
//! then quotes, then trades, then bars). Poorer ones are counted and left out, and do not make data
//! fresh that has stopped.
//!
//! **The band** is a tenth of the last good mid (of the last trade, where trades are all there is)
//! and never narrower than 200 ticks; a connection, a clear and a change of the trading status let
//! prices start afresh. CME lets its index futures move by 7, 13 and 20 percent a day, so a market can
//! really leave the band: its new place is confirmed by ten two-sided tops or trades in a row, each in
//! the band around the one before, over at least five seconds of the stream's clock. A price that
//! agrees with the old place starts the count again.
//!
//! **Sequence numbers** are of the exchange's channel, which carries many instruments: that one is
//! skipped says nothing of the instrument, so only a number that runs backwards is a fault. A gap in
//! the channel is the vendor's to see; it flags the records after it
//! ([`flags::MAYBE_BAD_BOOK`](gauntlet_model::input::flags::MAYBE_BAD_BOOK)). After a clear, which is how the
//! exchange begins a week, numbers and times start again.
//!
//! A book of orders in doubt stays so until a clear or a snapshot: a live feed asks for a snapshot by
//! itself, and for a new connection when that does not help.

mod band;
mod clock;
mod faults;
mod grid;
mod hearing;
mod instrument;

use crate::bars::SeriesError;
use gauntlet_model::book::{DepthBook, OrderBook};
use gauntlet_model::calendar::{CalendarRef, RunCalendars};
use gauntlet_model::effect::{Alert, AlertKind, Bar, Effect, MarketFault};
use gauntlet_model::ids::{ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{
    BarKind, FeedChange, Input, InstrumentDefinition, Listing, Scope, Sequenced, SessionMode,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::text::Text;
use gauntlet_strategy::sample::Tape;
use hearing::Schema;
use instrument::Market;

pub use gauntlet_model::listing::Disagreement;
pub use instrument::MarketCounters;

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
    calendars: RunCalendars,
    orders_max: usize,
    undefined: u64,
    /// By feed, whether it is connected: an instrument may be defined while it is.
    connected: Box<[bool; 256]>,
}

impl Default for Markets {
    fn default() -> Markets {
        Markets::new()
    }
}

impl Markets {
    /// No instruments yet. Each definition takes memory for a book of
    /// [`gauntlet_model::book::ORDERS_MAX_DEFAULT`] orders.
    pub fn new() -> Markets {
        Markets::with_book_capacity(gauntlet_model::book::ORDERS_MAX_DEFAULT)
    }

    /// As [`Markets::new`], with books of another capacity in orders.
    pub fn with_book_capacity(orders_max: usize) -> Markets {
        let markets = std::iter::repeat_with(|| None).take(INSTRUMENTS_MAX).collect();
        let (calendars, connected) = (RunCalendars::default(), Box::new([false; 256]));
        Markets { markets, calendars, orders_max, undefined: 0, connected }
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
    #[inline]
    pub fn on(&mut self, sequenced: &Sequenced, out: &mut impl FnMut(MarketOutput)) {
        let now = sequenced.time;
        match &sequenced.input {
            Input::Mbo(event) => self.with(event.instrument, |market| market.mbo(event, now, out)),
            Input::Quote(quote) => {
                self.with(quote.instrument, |market| market.quote(quote, now, out));
            }
            Input::Level(level) => {
                self.with(level.instrument, |market| market.level(level, now, out))
            }
            Input::Trade(trade) => {
                self.with(trade.instrument, |market| market.trade(trade, now, out));
            }
            Input::Ohlcv(bar) => self.with(bar.instrument, |market| market.ohlcv(bar, now, out)),
            Input::History(bar) => {
                self.with(bar.instrument, |market| market.history(bar, now, out));
            }
            Input::Status(status) => {
                self.with(status.instrument, |market| market.status(status, out));
            }
            Input::Listing(listing) => {
                self.with(listing.instrument, |market| market.list(listing, out));
            }
            Input::Feed(event) => self.of_feed(event.feed, event.change, out),
            Input::Timer(timer) => {
                self.markets.iter_mut().flatten().for_each(|market| market.timer(timer, out));
            }
            Input::Instrument(definition) => self.define(definition, out),
            // A run begins without a connection, however the one before it ended.
            Input::RunStart(_) => {
                self.calendars.begin();
                self.connected.fill(false);
                self.markets.iter_mut().flatten().for_each(|market| market.run_start(out));
            }
            // Risk alerts of one that is refused.
            Input::CalendarDay(day) => {
                let _ = self.calendars.on_day(day);
            }
            _ => {}
        }
    }

    /// Whether market data is of the schema that its instrument listens to, as it is before the input is
    /// taken; so is that of an instrument that is not defined. `None` for any other input.
    #[inline]
    pub fn listens_to(&self, input: &Input) -> Option<bool> {
        let (instrument, schema) = Schema::of(input)?;
        Some(self.get(instrument).is_none_or(|market| market.listens_to(schema)))
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

    /// An instrument's book by price, as far as price levels built it.
    pub fn depth_book(&self, instrument: InstrumentId) -> Option<&DepthBook> {
        self.get(instrument).map(Market::levels)
    }

    /// Contracts on the best so many levels of bids and of asks; `None` while the book is in doubt,
    /// and where no schema tells more than its best level.
    pub fn depth(&self, instrument: InstrumentId, levels: usize) -> Option<(u64, u64)> {
        self.get(instrument).and_then(|market| market.depth(levels))
    }

    /// What the exchange last said of an instrument.
    pub fn listing(&self, instrument: InstrumentId) -> Option<&Listing> {
        self.get(instrument).and_then(Market::listing)
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
        match change {
            FeedChange::Connected => self.connected[usize::from(feed)] = true,
            FeedChange::Disconnected | FeedChange::Ended => {
                self.connected[usize::from(feed)] = false
            }
            FeedChange::Gap | FeedChange::Stale => {}
        }
        for market in self.markets.iter_mut().flatten() {
            if market.definition().feed == feed {
                market.feed(change, out);
            }
        }
    }

    /// The calendar that an instrument trades by; `None` if it is not defined.
    pub fn calendar(&self, instrument: InstrumentId) -> Option<CalendarRef> {
        self.get(instrument).map(Market::calendar)
    }

    fn define(&mut self, definition: &InstrumentDefinition, out: &mut impl FnMut(MarketOutput)) {
        if self.calendars.settle() {
            for market in self.markets.iter_mut().flatten() {
                let product = market.definition().product;
                market.set_calendar(self.calendars.of_product(product.as_str()));
            }
        }
        let calendar = self.calendars.of_product(definition.product.as_str());
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
            Some(market) => market.redefine(definition, calendar, out),
            None => {
                let book = OrderBook::new(self.orders_max);
                let market = slot.insert(Market::new(definition, calendar, book));
                market.publish(out);
                // Defined while its line is up: it is subscribed to on that line from now on.
                if self.connected[usize::from(definition.feed)] {
                    market.feed(FeedChange::Connected, out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
