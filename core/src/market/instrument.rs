//! The market of one instrument.

use super::MarketOutput;
use super::band::Band;
use crate::bars::{BookState, InstrumentBars, Print, SeriesError, Surroundings};
use crate::book::OrderBook;
use crate::calendar::{Calendar, SessionSpan};
use crate::effect::{Bar, Effect, Mark, MarketBlock, MarketFault};
use crate::input::{
    BarKind, BookAction, FeedChange, InstrumentDefinition, Mbo, Ohlcv, Quote, SessionMode, Timer,
    TopOfBook, Trade, TradingState, TradingStatus, flags,
};
use crate::message::MarketView;
use crate::sample::Tape;
use crate::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, Price, Side, UnixNanos};

/// An exchange time farther ahead of the stream's clock than this is a damaged record's: believing
/// it would close bars that are still to come.
const AHEAD_NANOS_MAX: u64 = NANOS_PER_MINUTE;

/// Levels of a side that count as its depth.
const DEPTH_LEVELS: usize = 5;

/// When something happens, and what the calendar says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now<'a> {
    /// The stream's time.
    pub time: UnixNanos,
    pub calendar: &'a Calendar,
}

/// The instrument as its bars see it.
struct Around<'a> {
    calendar: &'a Calendar,
    top: TopOfBook,
    book: &'a OrderBook,
}

impl Surroundings for Around<'_> {
    fn session_at(&self, mode: SessionMode, at: UnixNanos) -> Option<SessionSpan> {
        self.calendar.session_at(mode, at)
    }

    fn next_open(&self, mode: SessionMode, at: UnixNanos) -> Option<UnixNanos> {
        self.calendar.next_open(mode, at)
    }

    fn book(&self) -> BookState {
        let TopOfBook { bid, ask, bid_size, ask_size } = self.top;
        let known = |price: Price, value: f64| if price.is_some() { value } else { f64::NAN };
        let depth = |price: Price, side| {
            if !price.is_some() || !self.book.is_complete() {
                return f64::NAN;
            }
            let levels = self.book.levels(side).take(DEPTH_LEVELS);
            levels.map(|(_, size, _)| size).sum::<u64>() as f64
        };
        BookState {
            spread: ask.to_f64() - bid.to_f64(),
            bid_size: known(bid, f64::from(bid_size)),
            ask_size: known(ask, f64::from(ask_size)),
            bid_depth: depth(bid, Side::Buy),
            ask_depth: depth(ask, Side::Sell),
        }
    }
}

/// How often each thing happened to an instrument's data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketCounters {
    /// Market-data records.
    pub messages: u64,
    /// Records left out because a richer schema of the same instrument tells the same.
    pub ignored: u64,
    /// Times each [`MarketFault`] came, by its number.
    pub faults: [u64; MarketFault::ALL.len()],
    /// Trades and tops off their band.
    pub off_band: u64,
    /// Records whose vendor sequence ran backwards.
    pub out_of_sequence: u64,
    /// Records whose exchange time is too far ahead of the stream's clock.
    pub implausible_times: u64,
    /// Trades without a price or a size.
    pub malformed: u64,
    /// Trades that came after their minute was over: left out of every bar.
    pub late_trades: u64,
    /// Minutes of the vendor's that came after a larger bar that they belong to.
    pub late_minutes: u64,
}

/// The schemas that tell of a market, poorest first. An instrument listens to the richest one that
/// it has heard since its feed connected, so that a trade told twice counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Schema {
    None,
    Trades,
    Quotes,
    Orders,
}

#[derive(Debug)]
pub(super) struct Market {
    definition: InstrumentDefinition,
    view: MarketView,
    /// The view that was last given out.
    published: Option<MarketView>,
    /// One bit a fault.
    faults: u16,
    /// The faults that were last given out.
    announced: u16,
    /// The feed said that it is down, so that data cannot be believed until it connects.
    feed_down: bool,
    /// The trading state was told before this connection or run: it may have changed unheard.
    state_is_old: bool,
    schema: Schema,
    book: OrderBook,
    /// Messages were lost: until the book is rebuilt, or the next clean quote or trade.
    lost: bool,
    off_band: bool,
    band: Band,
    sequence: u32,
    bars: InstrumentBars,
    /// Bars that the record in hand finished: they are given out after the market's new state.
    finished: Vec<(Bar, Tape)>,
    marked: (TopOfBook, Price),
    counters: MarketCounters,
}

impl Market {
    pub fn new(definition: &InstrumentDefinition, book: OrderBook) -> Market {
        let instrument = definition.instrument;
        let mut market = Market {
            definition: *definition,
            view: MarketView {
                instrument,
                top: TopOfBook::EMPTY,
                last: Price::NONE,
                gapped: true,
                state: TradingState::Open,
                book_full: false,
            },
            published: None,
            faults: 0,
            announced: 0,
            feed_down: false,
            state_is_old: false,
            schema: Schema::None,
            book,
            lost: false,
            off_band: false,
            band: Band::new(definition.tick),
            sequence: 0,
            bars: InstrumentBars::new(instrument),
            finished: Vec::new(),
            marked: (TopOfBook::EMPTY, Price::NONE),
            counters: MarketCounters::default(),
        };
        market.finished.reserve_exact(market.bars.most_at_once());
        market.set(MarketFault::NoFeed, true);
        market
    }

    /// See [`super::Markets::follow`].
    pub fn follow(&mut self, kind: BarKind, session: SessionMode) -> Result<(), SeriesError> {
        self.bars.follow(kind, session)?;
        self.finished.reserve_exact(self.bars.most_at_once());
        Ok(())
    }

    /// See [`super::Markets::retain_series`].
    pub fn retain_series(&mut self, used: impl FnMut(BarKind, SessionMode) -> bool) {
        self.bars.retain(used);
    }

    pub fn view(&self) -> &MarketView {
        &self.view
    }

    pub fn definition(&self) -> &InstrumentDefinition {
        &self.definition
    }

    pub fn book(&self) -> &OrderBook {
        &self.book
    }

    pub fn counters(&self) -> MarketCounters {
        let bars = self.bars.counters();
        let (late_trades, late_minutes) = (bars.late_trades, bars.late_minutes);
        MarketCounters { late_trades, late_minutes, ..self.counters }
    }

    pub fn has_fault(&self, fault: MarketFault) -> bool {
        self.faults & bit(fault) != 0
    }

    /// Takes a new definition. Another symbol makes it another instrument, of which nothing is
    /// known.
    pub fn redefine(
        &mut self,
        definition: &InstrumentDefinition,
        out: &mut impl FnMut(MarketOutput),
    ) {
        if definition.symbol == self.definition.symbol {
            self.definition = *definition;
            self.band.set_tick(definition.tick);
        } else {
            let mut book = std::mem::replace(&mut self.book, OrderBook::new(0));
            book.clear();
            self.bars.restart();
            *self = Market {
                published: self.published,
                announced: self.announced,
                bars: self.bars.clone(),
                finished: std::mem::take(&mut self.finished),
                ..Market::new(definition, book)
            };
        }
        self.publish(out);
    }

    pub fn run_start(&mut self, out: &mut impl FnMut(MarketOutput)) {
        self.feed_down = false;
        self.state_is_old = true;
        self.bars.lost();
        self.set(MarketFault::NoFeed, true);
        self.publish(out);
    }

    pub fn mbo(&mut self, event: &Mbo, now: Now<'_>, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Orders) {
            return self.publish(out);
        }
        if self.book.begins_afresh(event) {
            self.start_afresh();
        }
        let in_sequence = self.in_sequence(event.sequence, event.flags);
        let lossy = !in_sequence || event.flags & flags::MAYBE_BAD_BOOK != 0;
        if lossy {
            self.bars.lost();
        }
        if event.action == BookAction::Trade && in_sequence {
            self.traded(event.ts_event, (event.price, event.size, event.side), now);
        } else {
            self.advance(event.ts_event, now);
        }
        self.book.apply(event);
        if lossy {
            self.lose();
        }
        self.view.book_full = self.book.is_full();
        self.set(MarketFault::BookFull, self.view.book_full);
        if event.flags & flags::LAST != 0 && self.book.is_complete() {
            self.settle(self.book.top());
        }
        self.publish_all(out);
    }

    pub fn quote(&mut self, quote: &Quote, now: Now<'_>, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Quotes) {
            return self.publish(out);
        }
        let in_sequence = self.in_sequence(quote.sequence, quote.flags);
        let lossy = !in_sequence || quote.flags & flags::MAYBE_BAD_BOOK != 0;
        if lossy {
            self.bars.lost();
        }
        if quote.action == BookAction::Trade && in_sequence {
            self.traded(quote.ts_event, (quote.price, quote.size, quote.side), now);
        } else {
            self.advance(quote.ts_event, now);
        }
        if lossy {
            self.lose();
        } else if quote.flags & flags::LAST != 0 {
            self.lost = false;
            self.settle(quote.top);
        }
        self.publish_all(out);
    }

    pub fn trade(&mut self, trade: &Trade, now: Now<'_>, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Trades) {
            return self.publish(out);
        }
        let in_sequence = self.in_sequence(trade.sequence, trade.flags);
        if !in_sequence || trade.flags & flags::MAYBE_BAD_BOOK != 0 {
            self.bars.lost();
            self.lose();
        } else {
            (self.lost, self.off_band) = (false, false);
        }
        if in_sequence {
            self.traded(trade.ts_event, (trade.price, trade.size, trade.side), now);
        }
        self.publish_all(out);
    }

    pub fn ohlcv(&mut self, vendor: &Ohlcv, now: Now<'_>, out: &mut impl FnMut(MarketOutput)) {
        self.counters.messages += 1;
        self.flow();
        let counts = self.is_plausible(vendor.ts_open, now) && {
            let Market { bars, finished, book, view, .. } = self;
            let around = Around { calendar: now.calendar, top: view.top, book };
            bars.vendor_bar(vendor, now.time, &around, &mut |bar, tape| finished.push((bar, tape)))
        };
        if counts {
            self.view.last = vendor.close;
        } else {
            self.counters.ignored += 1;
        }
        self.publish_all(out);
    }

    pub fn status(&mut self, status: &TradingStatus, out: &mut impl FnMut(MarketOutput)) {
        self.state_is_old = false;
        self.enter_state(status.state);
        // Prices may open far from where they stood before a halt or over a weekend.
        self.band.forget();
        self.publish(out);
    }

    fn enter_state(&mut self, state: TradingState) {
        self.view.state = state;
        self.set(MarketFault::Halted, state != TradingState::Open);
    }

    pub fn feed(&mut self, change: FeedChange, out: &mut impl FnMut(MarketOutput)) {
        // Whatever changed, nobody can say that nothing was missed.
        self.bars.lost();
        match change {
            FeedChange::Connected => {
                self.feed_down = false;
                self.state_is_old = true;
                self.schema = Schema::None;
                self.start_afresh();
                self.book.clear();
                self.view.book_full = false;
                self.set(MarketFault::BookFull, false);
                self.set(MarketFault::NoFeed, true);
            }
            FeedChange::Disconnected | FeedChange::Ended => {
                self.feed_down = true;
                self.set(MarketFault::NoFeed, true);
            }
            FeedChange::Gap => self.lose(),
            FeedChange::Stale => self.set(MarketFault::Stale, true),
        }
        self.publish(out);
    }

    pub fn timer(&mut self, timer: &Timer, now: Now<'_>, out: &mut impl FnMut(MarketOutput)) {
        let time = UnixNanos(timer.second.saturating_mul(NANOS_PER_SECOND));
        let around = Around { calendar: now.calendar, top: self.view.top, book: &self.book };
        self.bars.expire(time, &around, &mut |bar, tape| out(MarketOutput::Bar(bar, tape)));
        let market = (self.view.top, self.view.last);
        if market != self.marked {
            self.marked = market;
            out(MarketOutput::Effect(Effect::Mark(Mark {
                instrument: self.view.instrument,
                top: self.view.top,
                last: self.view.last,
                sequence: self.sequence,
                messages: self.counters.messages,
            })));
        }
    }

    /// Counts a record and decides whether its schema is the one to listen to.
    fn hear(&mut self, schema: Schema) -> bool {
        self.counters.messages += 1;
        self.flow();
        if schema < self.schema {
            self.counters.ignored += 1;
            return false;
        }
        if schema > self.schema {
            self.schema = schema;
            self.sequence = 0;
            self.hide_top();
        }
        true
    }

    /// Data flows: whatever stopped it is over, unless the feed itself says that it is down.
    fn flow(&mut self) {
        if !self.feed_down {
            self.set(MarketFault::NoFeed, false);
        }
        self.set(MarketFault::Stale, false);
    }

    /// Follows the vendor's sequence; `false` when it runs backwards. Zero means none. A snapshot's
    /// records carry the sequence of the time when their orders were entered.
    fn in_sequence(&mut self, sequence: u32, record_flags: u8) -> bool {
        if sequence == 0 || record_flags & flags::SNAPSHOT != 0 {
            return true;
        }
        let forwards = sequence >= self.sequence;
        self.sequence = sequence;
        self.counters.out_of_sequence += u64::from(!forwards);
        forwards
    }

    /// Nothing that was known of prices and sequence counts any more.
    fn start_afresh(&mut self) {
        self.sequence = 0;
        (self.lost, self.off_band) = (false, false);
        self.band.forget();
        self.hide_top();
    }

    fn lose(&mut self) {
        self.lost = true;
        self.book.distrust();
        self.hide_top();
    }

    fn hide_top(&mut self) {
        self.view.top = TopOfBook::EMPTY;
        self.set(MarketFault::Crossed, false);
    }

    /// The exchange's clock moved: bars may be over. The book must be the one before the record.
    fn advance(&mut self, ts_event: UnixNanos, now: Now<'_>) {
        if !self.is_plausible(ts_event, now) {
            return;
        }
        let Market { bars, finished, book, view, .. } = self;
        let around = Around { calendar: now.calendar, top: view.top, book };
        bars.advance(ts_event, now.time, &around, &mut |bar, tape| finished.push((bar, tape)));
    }

    /// As [`Market::advance`], for a trade.
    fn traded(
        &mut self,
        ts_event: UnixNanos,
        (price, size, aggressor): (Price, u32, Option<Side>),
        now: Now<'_>,
    ) {
        if !price.is_some() || size == 0 {
            self.counters.malformed += 1;
            return self.advance(ts_event, now);
        }
        if !self.band.holds(price) {
            self.leave_band();
            return self.advance(ts_event, now);
        }
        self.view.last = price;
        // The exchange matches, so what stopped it before ended while nobody listened.
        if self.state_is_old {
            self.enter_state(TradingState::Open);
        }
        if self.schema == Schema::Trades {
            self.band.center(price);
        }
        if !self.is_plausible(ts_event, now) {
            return;
        }
        let Market { bars, finished, book, view, .. } = self;
        let around = Around { calendar: now.calendar, top: view.top, book };
        let print = Print { ts_event, price, size, aggressor };
        bars.trade(&print, now.time, &around, &mut |bar, tape| finished.push((bar, tape)));
    }

    fn is_plausible(&mut self, ts_event: UnixNanos, now: Now<'_>) -> bool {
        let plausible = ts_event <= now.time.plus(AHEAD_NANOS_MAX);
        self.counters.implausible_times += u64::from(!plausible);
        plausible
    }

    /// Takes the top that an event left behind.
    fn settle(&mut self, top: TopOfBook) {
        let crossed = top.is_crossed_or_locked();
        if top.is_two_sided() && !crossed {
            let mid = top.mid();
            if !self.band.holds(mid) {
                return self.leave_band();
            }
            // The first center must not come from a book that is still almost empty.
            if self.band.is_known() || self.band.would_hold(mid, top.bid) {
                self.band.center(mid);
                self.off_band = false;
            }
        } else if !top.is_two_sided() {
            let mut prices = [top.bid, top.ask].into_iter().filter(|price| price.is_some());
            if prices.any(|price| !self.band.holds(price)) {
                return self.leave_band();
            }
        }
        // After a trade off the band, only a top that shows where the market is ends the doubt.
        if !self.off_band {
            self.view.top = top;
            self.set(MarketFault::Crossed, crossed);
        }
    }

    fn leave_band(&mut self) {
        self.counters.off_band += 1;
        self.off_band = true;
        self.hide_top();
    }

    fn set(&mut self, fault: MarketFault, on: bool) {
        if on && !self.has_fault(fault) {
            self.counters.faults[fault as usize] += 1;
        }
        self.faults = if on { self.faults | bit(fault) } else { self.faults & !bit(fault) };
    }

    /// Gives out what changed since it was last given out.
    pub fn publish(&mut self, out: &mut impl FnMut(MarketOutput)) {
        let unbuilt = self.schema == Schema::Orders && !self.book.is_complete();
        self.set(MarketFault::Gap, self.lost || self.off_band || unbuilt);
        let unfit = [MarketFault::NoFeed, MarketFault::Gap, MarketFault::Stale];
        self.view.gapped = unfit.iter().any(|fault| self.has_fault(*fault));
        if self.faults != self.announced {
            let changed = self.faults ^ self.announced;
            self.announced = self.faults;
            for fault in MarketFault::ALL.into_iter().filter(|fault| changed & bit(*fault) != 0) {
                out(MarketOutput::Effect(Effect::MarketBlock(MarketBlock {
                    instrument: self.view.instrument,
                    fault,
                    blocked: self.has_fault(fault),
                })));
            }
        }
        if self.published != Some(self.view) {
            self.published = Some(self.view);
            out(MarketOutput::View(self.view));
        }
    }

    /// As [`Market::publish`], and then the bars: strategies that run on them see the market as it
    /// is.
    fn publish_all(&mut self, out: &mut impl FnMut(MarketOutput)) {
        self.publish(out);
        for (bar, tape) in self.finished.drain(..) {
            out(MarketOutput::Bar(bar, tape));
        }
    }
}

fn bit(fault: MarketFault) -> u16 {
    1 << fault as u8
}
