//! The market of one instrument.

mod around;
mod counters;
mod doubts;

use super::MarketOutput;
use super::band::Band;
use super::clock::{ExchangeClock, is_plausible};
use super::faults::Faults;
use super::grid::Grid;
use super::hearing::{Hearing, Schema};
use crate::bars::{InstrumentBars, Print, SeriesError};
use around::{BookContext, Books};
use gauntlet_model::book::{DepthBook, OrderBook};
use gauntlet_model::calendar::CalendarRef;
use gauntlet_model::effect::{Bar, Effect, Mark, MarketFault, MarketQuality};
use gauntlet_model::input::{
    BarKind, BookAction, FeedChange, InstrumentDefinition, Level, Listing, Mbo, Ohlcv, Quote,
    SessionMode, Timer, TopOfBook, Trade, TradingState, TradingStatus, flags,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_strategy::sample::Tape;

pub use counters::MarketCounters;
#[cfg(test)]
pub(super) use doubts::UNFIT;

#[derive(Debug)]
pub(super) struct Market {
    definition: InstrumentDefinition,
    /// When its product trades.
    calendar: CalendarRef,
    view: MarketView,
    /// The view that was last given out.
    published: Option<MarketView>,
    faults: Faults,
    /// The feed said that it is down, so that data cannot be believed until it connects.
    feed_down: bool,
    /// The trading state was told before this connection or run: it may have changed unheard.
    state_is_old: bool,
    hearing: Hearing,
    book: OrderBook,
    levels: DepthBook,
    listing: Option<Listing>,
    /// Messages were lost: until the book is rebuilt, or the next clean quote or trade.
    lost: bool,
    off_band: bool,
    bad_price: bool,
    band: Band,
    grid: Grid,
    clock: ExchangeClock,
    sequence: u32,
    bars: InstrumentBars,
    /// Bars that the record in hand finished: they are given out after the market's new state.
    finished: Vec<(Bar, Tape)>,
    marked: (TopOfBook, Price),
    told: MarketQuality,
    counters: MarketCounters,
}

impl Market {
    pub fn new(
        definition: &InstrumentDefinition,
        calendar: CalendarRef,
        book: OrderBook,
    ) -> Market {
        let instrument = definition.instrument;
        let mut market = Market {
            definition: *definition,
            calendar,
            view: MarketView {
                instrument,
                top: TopOfBook::EMPTY,
                last: Price::NONE,
                gapped: true,
                live: false,
                state: TradingState::Open,
                book_full: false,
            },
            published: None,
            faults: Faults::default(),
            feed_down: false,
            state_is_old: false,
            hearing: Hearing::NOTHING,
            book,
            levels: DepthBook::new(),
            listing: None,
            lost: false,
            off_band: false,
            bad_price: false,
            band: Band::new(definition.tick),
            grid: Grid::of(definition),
            clock: ExchangeClock::default(),
            sequence: 0,
            bars: InstrumentBars::new(instrument),
            finished: Vec::new(),
            marked: (TopOfBook::EMPTY, Price::NONE),
            told: MarketCounters::default().quality(instrument),
            counters: MarketCounters::default(),
        };
        market.finished.reserve_exact(market.bars.most_at_once());
        market.faults.set(MarketFault::NoFeed, true);
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
        let book = self.book.counters();
        MarketCounters {
            faults: self.faults.came(),
            malformed: self.counters.malformed + book.malformed,
            late_trades: bars.late_trades,
            late_minutes: bars.late_minutes,
            unknown_orders: book.unknown_orders,
            ..self.counters
        }
    }

    pub fn has_fault(&self, fault: MarketFault) -> bool {
        self.faults.has(fault)
    }

    /// The book by price, as far as price levels built it.
    pub fn levels(&self) -> &DepthBook {
        &self.levels
    }

    /// Contracts on the best so many levels of both sides, by the schema that is listened to; `None`
    /// while its book cannot be believed, and where no schema tells it.
    pub fn depth(&self, levels: usize) -> Option<(u64, u64)> {
        let (schema, lost, top) = (self.hearing.schema(), self.lost, self.view.top);
        Books { schema, lost, top, orders: &self.book, levels: &self.levels }.depth(levels)
    }

    /// What the exchange last said of the instrument.
    pub fn listing(&self) -> Option<&Listing> {
        self.listing.as_ref()
    }

    /// When its product trades.
    pub fn calendar(&self) -> CalendarRef {
        self.calendar.clone()
    }

    /// Goes by another calendar from now on.
    pub fn set_calendar(&mut self, calendar: CalendarRef) {
        self.bars.calendar_changed(&*calendar);
        self.calendar = calendar;
    }

    /// Takes a new definition. Another symbol makes it another instrument, of which nothing is
    /// known.
    pub fn redefine(
        &mut self,
        definition: &InstrumentDefinition,
        calendar: CalendarRef,
        out: &mut impl FnMut(MarketOutput),
    ) {
        if definition.symbol == self.definition.symbol {
            self.definition = *definition;
            self.calendar = calendar;
            self.band.set_tick(definition.tick);
            self.grid = Grid::of(definition);
            self.compare(out);
        } else {
            let mut book = std::mem::replace(&mut self.book, OrderBook::new(0));
            book.clear();
            self.bars.restart();
            *self = Market {
                published: self.published,
                faults: self.faults.renewed(),
                bars: self.bars.clone(),
                finished: std::mem::take(&mut self.finished),
                ..Market::new(definition, calendar, book)
            };
            self.faults.set(MarketFault::NoFeed, true);
        }
        self.publish(out);
    }

    pub fn run_start(&mut self, out: &mut impl FnMut(MarketOutput)) {
        self.feed_down = false;
        self.state_is_old = true;
        self.bars.lost();
        self.faults.set(MarketFault::NoFeed, true);
        self.publish(out);
    }

    pub fn mbo(&mut self, event: &Mbo, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Orders) {
            return self.publish(out);
        }
        if self.book.begins_afresh(event) {
            self.start_afresh();
        }
        let in_sequence = self.in_sequence(event.sequence, event.flags);
        let lossy = !in_sequence || event.flags & flags::MAYBE_BAD_BOOK != 0;
        if event.flags & flags::SNAPSHOT == 0 {
            self.hear_time(event.ts_event, now);
        }
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
        self.faults.set(MarketFault::BookFull, self.view.book_full);
        if event.flags & flags::LAST != 0 && self.book.is_complete() {
            self.settle(self.book.top(), now);
        }
        self.publish_all(out);
    }

    /// Levels belong to the quote that comes after them: it is what counts and settles. They tell what
    /// changed since the ones before, so each is taken, wherever it stands in the sequence.
    pub fn level(&mut self, level: &Level, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if self.listen(Schema::Quotes) {
            self.advance(level.ts_event, now);
            let is_sound = self.levels.apply(level);
            self.counters.malformed += u64::from(!is_sound);
        }
        self.publish_all(out);
    }

    pub fn quote(&mut self, quote: &Quote, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Quotes) {
            return self.publish(out);
        }
        let in_sequence = self.in_sequence(quote.sequence, quote.flags);
        let lossy = !in_sequence || quote.flags & flags::MAYBE_BAD_BOOK != 0;
        self.hear_time(quote.ts_event, now);
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
            self.settle(quote.top, now);
        }
        self.publish_all(out);
    }

    pub fn trade(&mut self, trade: &Trade, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        if !self.hear(Schema::Trades) {
            return self.publish(out);
        }
        let in_sequence = self.in_sequence(trade.sequence, trade.flags);
        self.hear_time(trade.ts_event, now);
        if !in_sequence || trade.flags & flags::MAYBE_BAD_BOOK != 0 {
            self.bars.lost();
            self.lose();
        } else {
            (self.lost, self.off_band, self.bad_price) = (false, false, false);
        }
        if in_sequence {
            self.traded(trade.ts_event, (trade.price, trade.size, trade.side), now);
        }
        self.publish_all(out);
    }

    pub fn ohlcv(&mut self, vendor: &Ohlcv, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        self.counters.messages += 1;
        // Where quotes are only sampled, the vendor's bars tell what nothing else does: they are
        // taken, but they do not make the quotes fresh.
        self.listen(Schema::Bars);
        let counts = is_plausible(vendor.ts_open, now) && {
            let (around, bars, finished) = self.around();
            bars.vendor_bar(vendor, now, &around, &mut |bar, tape| finished.push((bar, tape)))
        };
        if counts {
            self.view.last = vendor.close;
        } else {
            self.counters.ignored += 1;
        }
        self.publish_all(out);
    }

    /// A minute that the vendor tells after the fact completes the bars and is no other news.
    pub fn history(&mut self, vendor: &Ohlcv, now: UnixNanos, out: &mut impl FnMut(MarketOutput)) {
        let prices = [vendor.open, vendor.high, vendor.low, vendor.close];
        let seconds = u64::from(vendor.seconds).saturating_mul(NANOS_PER_SECOND);
        if vendor.ts_open.plus(seconds) > now {
            self.counters.implausible_times += 1;
        } else if !prices.iter().all(|price| self.grid.holds(*price)) {
            self.counters.malformed += 1;
        } else {
            let (around, bars, finished) = self.around();
            let out = &mut |bar, tape| finished.push((bar, tape));
            self.counters.history += u64::from(bars.history(vendor, &around, out));
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
        self.faults.set(MarketFault::Halted, state != TradingState::Open);
    }

    pub fn feed(&mut self, change: FeedChange, out: &mut impl FnMut(MarketOutput)) {
        // Whatever changed, nobody can say that nothing was missed.
        self.bars.lost();
        match change {
            FeedChange::Connected => {
                self.feed_down = false;
                self.state_is_old = true;
                self.hearing = Hearing::NOTHING;
                self.start_afresh();
                self.book.clear();
                self.levels.clear();
                self.view.book_full = false;
                self.faults.set(MarketFault::BookFull, false);
                self.faults.set(MarketFault::NoFeed, true);
            }
            FeedChange::Disconnected | FeedChange::Ended => {
                self.feed_down = true;
                self.faults.set(MarketFault::NoFeed, true);
            }
            FeedChange::Gap => self.lose(),
            FeedChange::Stale => self.faults.set(MarketFault::Stale, true),
        }
        self.publish(out);
    }

    pub fn timer(&mut self, timer: &Timer, out: &mut impl FnMut(MarketOutput)) {
        let time = UnixNanos(timer.second.saturating_mul(NANOS_PER_SECOND));
        let (around, bars, _) = self.around();
        bars.expire(time, &around, &mut |bar, tape| out(MarketOutput::Bar(bar, tape)));
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
        let quality = self.counters().quality(self.view.instrument);
        if quality != self.told {
            self.told = quality;
            out(MarketOutput::Effect(Effect::Quality(quality)));
        }
        self.check_expiration(time, out);
    }

    /// Counts a record and decides whether its schema is the one to listen to.
    fn hear(&mut self, schema: Schema) -> bool {
        self.counters.messages += 1;
        let listens = self.listen(schema);
        self.counters.ignored += u64::from(!listens);
        listens
    }

    /// Whether a record of a schema would be listened to now.
    pub fn listens_to(&self, schema: Schema) -> bool {
        schema >= self.hearing.schema()
    }

    fn listen(&mut self, schema: Schema) -> bool {
        let before = self.hearing.schema();
        if !self.hearing.hear(schema) {
            return false;
        }
        self.flow();
        if schema > before {
            self.sequence = 0;
            self.hide_top();
        }
        true
    }

    /// Data flows: whatever stopped it is over, unless the feed itself says that it is down.
    fn flow(&mut self) {
        if !self.feed_down {
            self.faults.set(MarketFault::NoFeed, false);
        }
        self.faults.set(MarketFault::Stale, false);
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
        (self.lost, self.off_band, self.bad_price) = (false, false, false);
        self.clock = ExchangeClock::default();
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
        self.faults.set(MarketFault::Crossed, false);
    }

    /// The exchange's clock moved: bars may be over. The book must be the one before the record.
    fn advance(&mut self, ts_event: UnixNanos, now: UnixNanos) {
        if !is_plausible(ts_event, now) {
            return;
        }
        let (around, bars, finished) = self.around();
        bars.advance(ts_event, now, &around, &mut |bar, tape| finished.push((bar, tape)));
    }

    /// What bars see beside the record, the bars, and the place for those that it finishes.
    fn around(&mut self) -> (BookContext<'_>, &mut InstrumentBars, &mut Vec<(Bar, Tape)>) {
        let Market { bars, calendar, finished, book, levels, view, hearing, lost, .. } = self;
        let (schema, lost, top) = (hearing.schema(), *lost, view.top);
        let books = Books { schema, lost, top, orders: book, levels };
        (BookContext { calendar, top, books }, bars, finished)
    }

    /// As [`Market::advance`], for a trade.
    fn traded(
        &mut self,
        ts_event: UnixNanos,
        (price, size, aggressor): (Price, u32, Option<Side>),
        now: UnixNanos,
    ) {
        if !price.is_some() || size == 0 {
            self.counters.malformed += 1;
            return self.advance(ts_event, now);
        }
        if !self.grid.holds(price) {
            self.doubt_price();
            return self.advance(ts_event, now);
        }
        if !self.band.holds(price) && !self.confirm(price, now) {
            return self.advance(ts_event, now);
        }
        self.view.last = price;
        // The exchange matches, so what stopped it before ended while nobody listened.
        if self.state_is_old {
            self.enter_state(TradingState::Open);
        }
        if self.hearing.schema() == Schema::Trades {
            self.band.center(price);
        }
        if !is_plausible(ts_event, now) {
            return;
        }
        let (around, bars, finished) = self.around();
        let print = Print { ts_event, price, size, aggressor };
        bars.trade(&print, now, &around, &mut |bar, tape| finished.push((bar, tape)));
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
