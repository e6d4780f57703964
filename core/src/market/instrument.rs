//! The market of one instrument.

use super::band::Band;
use super::{BAR_SECONDS, MarketOutput};
use crate::bars::BarBuilder;
use crate::book::OrderBook;
use crate::effect::{Bar, Effect, Mark, MarketBlock, MarketFault};
use crate::input::{
    BookAction, FeedChange, InstrumentDefinition, Mbo, Ohlcv, Quote, Timer, TopOfBook, Trade,
    TradingState, TradingStatus, flags,
};
use crate::message::MarketView;
use crate::units::{NANOS_PER_MINUTE, NANOS_PER_SECOND, Price, UnixNanos};

/// An exchange time farther ahead of the stream's clock than this is a damaged record's: believing
/// it would close bars that are still to come.
const AHEAD_NANOS_MAX: u64 = NANOS_PER_MINUTE;

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
    /// Trades that came after their bar was published.
    pub late_trades: u64,
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
    bars: BarBuilder,
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
            bars: BarBuilder::new(instrument, BAR_SECONDS),
            marked: (TopOfBook::EMPTY, Price::NONE),
            counters: MarketCounters::default(),
        };
        market.set(MarketFault::NoFeed, true);
        market
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
        MarketCounters { late_trades: self.bars.late_trades(), ..self.counters }
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
            let (published, announced) = (self.published, self.announced);
            *self = Market { published, announced, ..Market::new(definition, book) };
        }
        self.publish(out);
    }

    pub fn run_start(&mut self, out: &mut impl FnMut(MarketOutput)) {
        self.feed_down = false;
        self.state_is_old = true;
        self.set(MarketFault::NoFeed, true);
        self.publish(out);
    }

    pub fn mbo(&mut self, event: &Mbo, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Orders) {
            return self.publish(out);
        }
        if self.book.begins_afresh(event) {
            self.start_afresh();
        }
        let in_sequence = self.follow(event.sequence, event.flags);
        self.book.apply(event);
        if !in_sequence || event.flags & flags::MAYBE_BAD_BOOK != 0 {
            self.lose();
        }
        self.view.book_full = self.book.is_full();
        self.set(MarketFault::BookFull, self.view.book_full);
        let bar = if event.action == BookAction::Trade && in_sequence {
            self.traded(event.ts_event, event.price, event.size, now)
        } else {
            self.advance(event.ts_event, now)
        };
        if event.flags & flags::LAST != 0 && self.book.is_complete() {
            self.settle(self.book.top());
        }
        self.publish_with(bar, out);
    }

    pub fn quote(&mut self, quote: &Quote, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Quotes) {
            return self.publish(out);
        }
        let in_sequence = self.follow(quote.sequence, quote.flags);
        let bar = if quote.action == BookAction::Trade && in_sequence {
            self.traded(quote.ts_event, quote.price, quote.size, now)
        } else {
            self.advance(quote.ts_event, now)
        };
        if !in_sequence || quote.flags & flags::MAYBE_BAD_BOOK != 0 {
            self.lose();
        } else if quote.flags & flags::LAST != 0 {
            self.lost = false;
            self.settle(quote.top);
        }
        self.publish_with(bar, out);
    }

    pub fn trade(&mut self, trade: &Trade, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Trades) {
            return self.publish(out);
        }
        let in_sequence = self.follow(trade.sequence, trade.flags);
        let mut bar = None;
        if !in_sequence || trade.flags & flags::MAYBE_BAD_BOOK != 0 {
            self.lose();
        } else {
            (self.lost, self.off_band) = (false, false);
        }
        if in_sequence {
            bar = self.traded(trade.ts_event, trade.price, trade.size, now);
        }
        self.publish_with(bar, out);
    }

    pub fn ohlcv(&mut self, vendor: &Ohlcv, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        self.counters.messages += 1;
        self.flow();
        let bar = Bar {
            instrument: vendor.instrument,
            seconds: vendor.seconds,
            ts_open: vendor.ts_open,
            open: vendor.open,
            high: vendor.high,
            low: vendor.low,
            close: vendor.close,
            volume: vendor.volume,
        };
        let prices = [bar.open, bar.high, bar.low, bar.close];
        let counts = prices.iter().all(|price| price.is_some())
            && self.is_plausible(bar.ts_open, now)
            && self.bars.vendor_bar(&bar);
        if counts {
            self.view.last = bar.close;
        } else {
            self.counters.ignored += 1;
        }
        self.publish_with(counts.then_some(bar), out);
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

    pub fn timer(&mut self, timer: &Timer, out: &mut impl FnMut(MarketOutput)) {
        let now = UnixNanos(timer.second.saturating_mul(NANOS_PER_SECOND));
        if let Some(bar) = self.bars.expire(now) {
            out(MarketOutput::Effect(Effect::Bar(bar)));
        }
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
    fn follow(&mut self, sequence: u32, record_flags: u8) -> bool {
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

    /// The exchange's clock moved: a bar may be over.
    fn advance(&mut self, ts_event: UnixNanos, now: UnixNanos) -> Option<Bar> {
        if self.is_plausible(ts_event, now) { self.bars.advance(ts_event) } else { None }
    }

    fn traded(
        &mut self,
        ts_event: UnixNanos,
        price: Price,
        size: u32,
        now: UnixNanos,
    ) -> Option<Bar> {
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
        if self.is_plausible(ts_event, now) { self.bars.trade(ts_event, price, size) } else { None }
    }

    fn is_plausible(&mut self, ts_event: UnixNanos, now: UnixNanos) -> bool {
        let plausible = ts_event <= now.plus(AHEAD_NANOS_MAX);
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

    /// As [`Market::publish`], and then the bar: strategies that run on it see the market as it is.
    fn publish_with(&mut self, bar: Option<Bar>, out: &mut impl FnMut(MarketOutput)) {
        self.publish(out);
        if let Some(bar) = bar {
            out(MarketOutput::Effect(Effect::Bar(bar)));
        }
    }
}

fn bit(fault: MarketFault) -> u16 {
    1 << fault as u8
}
