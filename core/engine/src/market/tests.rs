mod quality;

use super::instrument::UNFIT;
use super::*;
use gauntlet_model::effect::{Bar, Mark, MarketBlock};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{
    BookAction, FeedEvent, InstrumentLimits, Mbo, Ohlcv, Quote, RunStart, Timer, TopOfBook, Trade,
    TradingState, TradingStatus, flags,
};
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_testkit::decoded as recorded;
use proptest::prelude::*;

const ES: InstrumentId = InstrumentId(0);
const WHOLE: i64 = 1_000_000_000;
/// Books of the tests hold this many orders.
const ORDERS_MAX: usize = 16;

/// Markets with a hand on the clock and on the sequence.
struct Bench {
    markets: Markets,
    time: UnixNanos,
    seq: u64,
}

impl Bench {
    /// One instrument, defined and nothing more; what that gave is thrown away.
    fn new() -> Bench {
        let markets = Markets::with_book_capacity(ORDERS_MAX);
        let mut bench = Bench { markets, time: UnixNanos(1_000 * NANOS_PER_SECOND), seq: 0 };
        bench.send(Input::Instrument(definition()));
        bench
    }

    /// With a complete book of 100 to 101, and nothing wrong.
    fn with_book() -> Bench {
        let mut bench = Bench::new();
        bench.mbo(BookAction::Clear, 0, Side::Buy, 0, 0);
        bench.mbo(BookAction::Add, 1, Side::Buy, 100, 5);
        bench.mbo(BookAction::Add, 2, Side::Sell, 101, 7);
        assert_eq!(bench.faults(), []);
        bench
    }

    /// With a top of 100 to 101 from quotes, and nothing wrong.
    fn with_quote() -> Bench {
        let mut bench = Bench::new();
        bench.quote(100, 101, 10);
        assert_eq!(bench.faults(), []);
        bench
    }

    fn send(&mut self, input: Input) -> Vec<MarketOutput> {
        self.seq += 1;
        let mut out = vec![];
        let sequenced = Sequenced { seq: self.seq, time: self.time, input };
        self.markets.on(&sequenced, &mut |output| out.push(output));
        out
    }

    fn mbo(
        &mut self,
        action: BookAction,
        order_id: u64,
        side: Side,
        price: i64,
        size: u32,
    ) -> Vec<MarketOutput> {
        let event = self.mbo_event(action, order_id, side, price, size);
        self.send(Input::Mbo(event))
    }

    fn mbo_event(
        &self,
        action: BookAction,
        order_id: u64,
        side: Side,
        price: i64,
        size: u32,
    ) -> Mbo {
        Mbo {
            instrument: ES,
            action,
            side: Some(side),
            flags: flags::LAST,
            price: Price(price * WHOLE),
            size,
            order_id,
            ts_event: self.time,
            sequence: self.seq as u32 + 1,
        }
    }

    fn quote_event(&self, bid: i64, ask: i64, sequence: u32) -> Quote {
        Quote {
            instrument: ES,
            action: BookAction::Add,
            side: Some(Side::Buy),
            flags: flags::LAST,
            price: Price(bid * WHOLE),
            size: 1,
            top: top(bid, 1, ask, 1),
            ts_event: self.time,
            sequence,
        }
    }

    fn quote(&mut self, bid: i64, ask: i64, sequence: u32) -> Vec<MarketOutput> {
        let quote = self.quote_event(bid, ask, sequence);
        self.send(Input::Quote(quote))
    }

    fn trade(&mut self, price: i64, size: u32) -> Vec<MarketOutput> {
        let ts_event = self.time;
        let (instrument, sequence) = (ES, self.seq as u32 + 100);
        let price = Price(price * WHOLE);
        let trade = Trade { instrument, side: None, flags: 0, price, size, ts_event, sequence };
        self.send(Input::Trade(trade))
    }

    fn feed(&mut self, change: FeedChange) -> Vec<MarketOutput> {
        self.send(Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }))
    }

    fn timer(&mut self) -> Vec<MarketOutput> {
        self.send(Input::Timer(Timer { second: self.time.0 / NANOS_PER_SECOND }))
    }

    fn wait(&mut self, seconds: u64) {
        self.time = self.time.plus(seconds * NANOS_PER_SECOND);
    }

    fn view(&self) -> MarketView {
        *self.markets.view(ES).expect("defined")
    }

    fn faults(&self) -> Vec<MarketFault> {
        MarketFault::ALL.into_iter().filter(|fault| self.markets.has_fault(ES, *fault)).collect()
    }
}

fn definition() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument: ES,
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(WHOLE / 1_000),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    }
}

fn run_start() -> RunStart {
    RunStart {
        epoch: 1,
        run: 2,
        config_hash: [0; 32],
        binary_hash: [0; 32],
        version: Text::EMPTY,
        self_test_passed: true,
    }
}

fn top(bid: i64, bid_size: u32, ask: i64, ask_size: u32) -> TopOfBook {
    TopOfBook { bid: Price(bid * WHOLE), ask: Price(ask * WHOLE), bid_size, ask_size }
}

fn block(fault: MarketFault, blocked: bool) -> MarketOutput {
    MarketOutput::Effect(Effect::MarketBlock(MarketBlock { instrument: ES, fault, blocked }))
}

fn views(out: &[MarketOutput]) -> Vec<MarketView> {
    let view = |output: &MarketOutput| match output {
        MarketOutput::View(view) => Some(*view),
        MarketOutput::Effect(_) | MarketOutput::Bar(..) => None,
    };
    out.iter().filter_map(view).collect()
}

fn bars(out: &[MarketOutput]) -> Vec<Bar> {
    let bar = |output: &MarketOutput| match output {
        MarketOutput::Bar(bar, _) => Some(*bar),
        _ => None,
    };
    out.iter().filter_map(bar).collect()
}

fn marks(out: &[MarketOutput]) -> Vec<Mark> {
    let mark = |output: &MarketOutput| match output {
        MarketOutput::Effect(Effect::Mark(mark)) => Some(*mark),
        _ => None,
    };
    out.iter().filter_map(mark).collect()
}

#[test]
fn a_defined_instrument_has_no_feed_until_data_comes() {
    let mut markets = Markets::with_book_capacity(ORDERS_MAX);
    let mut out = vec![];
    let sequenced =
        Sequenced { seq: 1, time: UnixNanos(1), input: Input::Instrument(definition()) };
    markets.on(&sequenced, &mut |output| out.push(output));
    assert_eq!(out[0], block(MarketFault::NoFeed, true));
    assert!(views(&out)[0].gapped);
    // Defining it again as it is changes nothing and says nothing.
    out.clear();
    markets.on(&sequenced, &mut |output| out.push(output));
    assert_eq!(out, []);
    let mut bench = Bench::new();
    assert_eq!(bench.faults(), [MarketFault::NoFeed]);
    assert_eq!(bench.quote(100, 101, 1)[0], block(MarketFault::NoFeed, false));
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(100, 1, 101, 1)));
}

#[test]
fn another_symbol_in_an_instruments_place_starts_from_nothing() {
    let mut bench = Bench::with_book();
    bench.send(Input::Instrument(InstrumentDefinition { feed: 3, ..definition() }));
    assert_eq!(bench.view().top, top(100, 5, 101, 7), "the same symbol goes on");
    let symbol = Text::new("ESM4");
    let out = bench.send(Input::Instrument(InstrumentDefinition { symbol, ..definition() }));
    assert_eq!(out[0], block(MarketFault::NoFeed, true));
    assert_eq!(bench.view().top, TopOfBook::EMPTY);
    assert_eq!(bench.markets.book(ES).map(OrderBook::order_count), Some(0));
}

#[test]
fn an_instrument_beyond_the_table_is_refused_with_an_alert() {
    let mut bench = Bench::new();
    let instrument = InstrumentId(INSTRUMENTS_MAX as u16);
    let out = bench.send(Input::Instrument(InstrumentDefinition { instrument, ..definition() }));
    let [MarketOutput::Effect(Effect::Alert(alert))] = out[..] else { panic!("{out:?}") };
    assert_eq!(alert.kind, AlertKind::TableFull);
    assert_eq!(bench.markets.view(instrument), None);
    let trade = Input::Status(TradingStatus {
        instrument,
        state: TradingState::Open,
        ts_event: UnixNanos(0),
    });
    assert_eq!(bench.send(trade), []);
    assert_eq!(bench.markets.undefined_records(), 1);
}

#[test]
fn the_top_changes_only_with_the_last_record_of_an_event() {
    let mut bench = Bench::with_book();
    let event = bench.mbo_event(BookAction::Cancel, 1, Side::Buy, 100, 5);
    assert_eq!(bench.send(Input::Mbo(Mbo { flags: 0, ..event })), []);
    assert_eq!(bench.view().top, top(100, 5, 101, 7));
    let out = bench.mbo(BookAction::Add, 3, Side::Buy, 99, 2);
    assert_eq!(views(&out).len(), 1);
    assert_eq!(bench.view().top, top(99, 2, 101, 7));
    // The same holds for quotes.
    let mut bench = Bench::with_quote();
    let quote = bench.quote_event(90, 101, 11);
    assert_eq!(bench.send(Input::Quote(Quote { flags: 0, ..quote })), []);
    assert_eq!(bench.view().top, top(100, 1, 101, 1));
}

#[test]
fn a_trade_changes_the_last_price_at_once() {
    let mut bench = Bench::with_book();
    let event = bench.mbo_event(BookAction::Trade, 0, Side::Buy, 101, 1);
    let out = bench.send(Input::Mbo(Mbo { flags: 0, ..event }));
    assert_eq!(views(&out)[0].last, Price(101 * WHOLE));
    // Its fill is the other side of the same trade and does not count again.
    let fill = Mbo { action: BookAction::Fill, flags: 0, ..event };
    bench.send(Input::Mbo(fill));
    bench.wait(120);
    assert_eq!(bars(&bench.timer())[0].volume, 1);
}

#[test]
fn a_book_that_was_not_built_from_its_beginning_blocks() {
    let mut bench = Bench::new();
    bench.mbo(BookAction::Add, 1, Side::Buy, 100, 5);
    assert_eq!(bench.faults(), [MarketFault::Gap]);
    assert!(bench.view().gapped);
    assert_eq!(bench.view().top, TopOfBook::EMPTY);
}

#[test]
fn a_snapshot_without_a_clear_builds_the_book_with_the_next_last_record() {
    let mut bench = Bench::new();
    for (order_id, side, price) in [(1, Side::Buy, 100), (2, Side::Sell, 101)] {
        let event = bench.mbo_event(BookAction::Add, order_id, side, price, 1);
        let old = UnixNanos(1);
        let marks = flags::SNAPSHOT | flags::BAD_TS_RECV;
        bench.send(Input::Mbo(Mbo { flags: marks, ts_event: old, sequence: 9_000, ..event }));
        assert_eq!(bench.faults(), [MarketFault::Gap]);
    }
    bench.mbo(BookAction::Add, 3, Side::Buy, 99, 1);
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(100, 1, 101, 1)));
}

#[test]
fn lost_orders_block_until_the_book_is_rebuilt() {
    let lost = |bench: &mut Bench, how: u8| {
        let event = bench.mbo_event(BookAction::Add, 9, Side::Buy, 99, 1);
        match how {
            0 => bench.feed(FeedChange::Gap),
            1 => bench.send(Input::Mbo(Mbo { sequence: 1, ..event })),
            _ => {
                let marks = flags::LAST | flags::MAYBE_BAD_BOOK;
                bench.send(Input::Mbo(Mbo { flags: marks, ..event }))
            }
        }
    };
    for how in 0..3 {
        let mut bench = Bench::with_book();
        let out = lost(&mut bench, how);
        assert_eq!(out[0], block(MarketFault::Gap, true), "{how}");
        assert_eq!(views(&out)[0].top, TopOfBook::EMPTY, "{how}");
        assert!(views(&out)[0].gapped, "{how}");
        assert_eq!(bench.mbo(BookAction::Add, 10, Side::Buy, 99, 1), [], "{how}: blocked once");
        bench.mbo(BookAction::Clear, 0, Side::Buy, 0, 0);
        assert_eq!(bench.faults(), [], "{how}");
        bench.mbo(BookAction::Add, 1, Side::Buy, 98, 1);
        assert_eq!(bench.view().top.bid, Price(98 * WHOLE), "{how}");
        let counters = bench.markets.counters(ES).expect("defined");
        assert_eq!(counters.faults[MarketFault::Gap as usize], 1, "{how}");
    }
}

#[test]
fn lost_quotes_block_until_the_next_clean_one() {
    let mut bench = Bench::with_quote();
    assert_eq!(bench.feed(FeedChange::Gap)[0], block(MarketFault::Gap, true));
    assert_eq!(bench.quote(100, 101, 11)[0], block(MarketFault::Gap, false));
    // A quote from the past says nothing of the present.
    bench.quote(90, 91, 5);
    assert_eq!((bench.faults(), bench.view().top), (vec![MarketFault::Gap], TopOfBook::EMPTY));
    bench.quote(100, 101, 6);
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(100, 1, 101, 1)));
    assert_eq!(bench.markets.counters(ES).map(|c| c.out_of_sequence), Some(1));
}

#[test]
fn a_feed_that_went_down_blocks_until_it_is_connected_and_data_flows() {
    for change in [FeedChange::Disconnected, FeedChange::Ended] {
        let mut bench = Bench::with_quote();
        assert_eq!(bench.feed(change)[0], block(MarketFault::NoFeed, true));
        assert_eq!(bench.view().top, top(100, 1, 101, 1), "the last known top stays");
        bench.quote(100, 102, 11);
        assert_eq!(bench.faults(), [MarketFault::NoFeed], "nothing counts before the connection");
        bench.feed(FeedChange::Connected);
        assert_eq!(
            (bench.faults(), bench.view().top),
            (vec![MarketFault::NoFeed], TopOfBook::EMPTY)
        );
        bench.quote(100, 103, 1);
        assert_eq!((bench.faults(), bench.view().top), (vec![], top(100, 1, 103, 1)));
    }
}

#[test]
fn a_book_is_unknown_after_a_new_connection() {
    let mut bench = Bench::with_book();
    bench.feed(FeedChange::Disconnected);
    bench.feed(FeedChange::Connected);
    bench.mbo(BookAction::Add, 3, Side::Buy, 99, 1);
    assert_eq!(bench.faults(), [MarketFault::Gap]);
}

#[test]
fn a_stale_feed_blocks_until_data_flows() {
    let mut bench = Bench::with_quote();
    assert_eq!(bench.feed(FeedChange::Stale)[0], block(MarketFault::Stale, true));
    assert!(bench.view().gapped);
    bench.quote(100, 101, 12);
    assert_eq!(bench.faults(), []);
}

#[test]
fn a_feeds_events_concern_its_own_instruments_only() {
    let mut bench = Bench::with_quote();
    let event = FeedEvent { feed: 1, change: FeedChange::Gap, detail: Text::EMPTY };
    assert_eq!(bench.send(Input::Feed(event)), []);
}

#[test]
fn a_new_run_has_no_feed_until_data_comes() {
    let mut bench = Bench::with_quote();
    assert_eq!(bench.send(Input::RunStart(run_start()))[0], block(MarketFault::NoFeed, true));
    bench.quote(100, 101, 13);
    assert_eq!(bench.faults(), []);
}

#[test]
fn a_crossed_or_locked_top_blocks_while_it_lasts() {
    for ask in [100, 99] {
        let mut bench = Bench::with_quote();
        assert_eq!(bench.quote(100, ask, 11)[0], block(MarketFault::Crossed, true));
        assert_eq!(bench.quote(100, 101, 12)[0], block(MarketFault::Crossed, false));
    }
}

#[test]
fn anything_but_open_blocks() {
    let mut bench = Bench::with_quote();
    for state in [TradingState::Halted, TradingState::PreOpen, TradingState::Closed] {
        let mut status = TradingStatus { instrument: ES, state, ts_event: bench.time };
        assert_eq!(bench.send(Input::Status(status))[0], block(MarketFault::Halted, true));
        assert_eq!(bench.view().state, state);
        status.state = TradingState::Open;
        assert_eq!(bench.send(Input::Status(status))[0], block(MarketFault::Halted, false));
    }
}

#[test]
fn a_state_told_before_a_connection_or_run_lasts_until_a_trade_shows_that_it_is_over() {
    let again: [fn(&mut Bench); 2] = [
        |bench| {
            bench.feed(FeedChange::Disconnected);
            bench.feed(FeedChange::Connected);
        },
        |bench| {
            bench.send(Input::RunStart(run_start()));
        },
    ];
    for begin_again in again {
        let mut bench = Bench::with_quote();
        let status = |bench: &mut Bench, state| {
            bench.send(Input::Status(TradingStatus { instrument: ES, state, ts_event: bench.time }))
        };
        let traded = |bench: &mut Bench| {
            let quote = Quote { action: BookAction::Trade, ..bench.quote_event(100, 101, 0) };
            bench.send(Input::Quote(quote))
        };
        status(&mut bench, TradingState::Closed);
        traded(&mut bench);
        assert_eq!(bench.faults(), [MarketFault::Halted], "of this connection: it holds");
        begin_again(&mut bench);
        bench.quote(100, 101, 0);
        assert_eq!(bench.faults(), [MarketFault::Halted], "a quote proves nothing");
        assert!(traded(&mut bench).contains(&block(MarketFault::Halted, false)));
        assert_eq!(bench.view().state, TradingState::Open);
        begin_again(&mut bench);
        status(&mut bench, TradingState::Halted);
        traded(&mut bench);
        assert_eq!(bench.faults(), [MarketFault::Halted]);
    }
}

#[test]
fn a_one_sided_top_off_its_band_is_hidden_too() {
    let mut bench = Bench::with_quote();
    let one_sided = |bench: &mut Bench, bid: i64| {
        let top = TopOfBook { ask: Price::NONE, ask_size: 0, ..top(bid, 1, 0, 0) };
        bench.send(Input::Quote(Quote { top, ..bench.quote_event(bid, bid, 0) }));
        bench.view().top.bid
    };
    assert_eq!(one_sided(&mut bench, 95), Price(95 * WHOLE));
    assert_eq!(one_sided(&mut bench, 50), Price::NONE);
    assert_eq!(bench.faults(), [MarketFault::OffBand]);
    bench.quote(99, 100, 0);
    assert_eq!(bench.faults(), []);
}

#[test]
fn a_full_book_blocks_until_it_is_cleared() {
    let mut bench = Bench::with_book();
    for order_id in 10..10 + ORDERS_MAX as u64 {
        bench.mbo(BookAction::Add, order_id, Side::Buy, 90, 1);
    }
    assert_eq!(bench.faults(), [MarketFault::BookFull]);
    assert!(bench.view().book_full);
    bench.mbo(BookAction::Clear, 0, Side::Buy, 0, 0);
    assert_eq!((bench.faults(), bench.view().book_full), (vec![], false));
}

#[test]
fn a_top_off_its_band_is_hidden_and_blocks_until_one_is_in_it() {
    let mut bench = Bench::new();
    bench.quote(1_000, 1_000 + 2, 1);
    // The band is a tenth of the mid of 1001.
    bench.quote(1_100, 1_102, 2);
    assert_eq!(bench.faults(), []);
    bench.quote(1_211, 1_213, 3);
    assert_eq!((bench.faults(), bench.view().top), (vec![MarketFault::OffBand], TopOfBook::EMPTY));
    bench.quote(1_211, 1_213, 4);
    assert_eq!(bench.faults(), [MarketFault::OffBand], "saying it twice does not make it right");
    bench.quote(1_101, 1_103, 5);
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(1_101, 1, 1_103, 1)));
    assert_eq!(bench.markets.counters(ES).map(|c| c.off_band), Some(2));
}

#[test]
fn an_almost_empty_book_is_no_measure_of_good_prices() {
    let mut bench = Bench::new();
    bench.quote(1, 2_000, 1);
    bench.quote(1_500, 1_501, 2);
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(1_500, 1, 1_501, 1)));
}

#[test]
fn a_trade_off_its_band_moves_neither_the_last_price_nor_the_bar() {
    let mut bench = Bench::with_book();
    bench.mbo(BookAction::Trade, 0, Side::Buy, 101, 1);
    let event = bench.mbo_event(BookAction::Trade, 0, Side::Buy, 150, 1);
    bench.send(Input::Mbo(Mbo { flags: 0, ..event }));
    assert_eq!(bench.faults(), [MarketFault::OffBand]);
    assert_eq!(bench.view().last, Price(101 * WHOLE));
    bench.mbo(BookAction::Add, 5, Side::Buy, 99, 1);
    assert_eq!(bench.faults(), [], "the book is as good as before");
    bench.wait(120);
    assert_eq!(bars(&bench.timer())[0].high, Price(101 * WHOLE));
}

#[test]
fn prices_start_afresh_after_a_halt() {
    let mut bench = Bench::with_quote();
    for state in [TradingState::Halted, TradingState::Open] {
        bench.send(Input::Status(TradingStatus { instrument: ES, state, ts_event: bench.time }));
    }
    bench.quote(150, 151, 11);
    assert_eq!((bench.faults(), bench.view().top), (vec![], top(150, 1, 151, 1)));
}

#[test]
fn a_trade_told_by_two_schemas_counts_once() {
    let mut bench = Bench::with_quote();
    let quote = bench.quote_event(100, 101, 200);
    bench.send(Input::Quote(Quote { action: BookAction::Trade, ..quote }));
    assert_eq!(bench.trade(100, 1), []);
    bench.wait(120);
    assert_eq!(bars(&bench.timer())[0].volume, 1);
    assert_eq!(bench.markets.counters(ES).map(|c| c.ignored), Some(1));
}

#[test]
fn trades_alone_make_a_last_price_and_bars() {
    let mut bench = Bench::new();
    bench.trade(100, 2);
    assert_eq!((bench.faults(), bench.view().last), (vec![], Price(100 * WHOLE)));
    bench.wait(60);
    let out = bench.trade(103, 1);
    assert_eq!(bars(&out)[0].close, Price(100 * WHOLE));
    assert!(matches!(out[0], MarketOutput::View(_)), "strategies on the bar see the new price");
    bench.trade(200, 1);
    assert_eq!(
        (bench.faults(), bench.view().last),
        (vec![MarketFault::OffBand], Price(103 * WHOLE))
    );
    bench.trade(104, 1);
    assert_eq!(bench.faults(), []);
}

#[test]
fn a_trade_without_price_or_size_is_counted_and_left_out() {
    let mut bench = Bench::new();
    bench.trade(100, 0);
    assert_eq!(bench.view().last, Price::NONE);
    assert_eq!(bench.markets.counters(ES).map(|c| c.malformed), Some(1));
}

#[test]
fn a_record_from_the_future_closes_no_bar() {
    let mut bench = Bench::with_book();
    bench.mbo(BookAction::Trade, 0, Side::Buy, 101, 1);
    let event = bench.mbo_event(BookAction::Trade, 0, Side::Buy, 101, 1);
    let out = bench.send(Input::Mbo(Mbo { ts_event: UnixNanos(u64::MAX), ..event }));
    assert_eq!(bars(&out), []);
    bench.mbo(BookAction::Trade, 0, Side::Buy, 101, 4);
    bench.wait(120);
    assert_eq!(bars(&bench.timer())[0].volume, 5);
    assert_eq!(bench.markets.counters(ES).map(|c| c.implausible_times), Some(1));
}

#[test]
fn a_vendors_bar_is_a_bar_where_there_are_no_trades() {
    let mut bench = Bench::new();
    let price = Price(100 * WHOLE);
    let bar = Ohlcv {
        instrument: ES,
        seconds: 60,
        ts_open: UnixNanos(900 * NANOS_PER_SECOND),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 3,
    };
    assert_eq!(bars(&bench.send(Input::Ohlcv(bar)))[0].volume, 3);
    assert_eq!((bench.view().last, bench.faults()), (price, vec![]));
    assert_eq!(bars(&bench.send(Input::Ohlcv(bar))), [], "published once");
    let odd = Ohlcv { close: Price::NONE, ts_open: UnixNanos(960 * NANOS_PER_SECOND), ..bar };
    assert_eq!(bench.send(Input::Ohlcv(odd)), []);
}

#[test]
fn a_minute_told_after_the_fact_makes_a_bar_and_changes_nothing_else() {
    let mut bench = Bench::new();
    let (faults, view) = (bench.faults(), bench.view());
    let price = Price(100 * WHOLE);
    let minute = Ohlcv {
        instrument: ES,
        seconds: 60,
        ts_open: UnixNanos(900 * NANOS_PER_SECOND),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 3,
    };
    let out = bench.send(Input::History(minute));
    assert!(matches!(out[..], [MarketOutput::Bar(bar, _)] if bar.volume == 3), "{out:?}");
    assert_eq!((bench.faults(), bench.view()), (faults, view));
    assert_eq!(bench.timer(), [], "no mark");
    let now = UnixNanos(960 * NANOS_PER_SECOND);
    let early = Ohlcv { ts_open: now, ..minute };
    assert_eq!(bench.send(Input::History(early)), [], "it is not over");
    let counters = bench.markets.counters(ES).expect("defined");
    assert_eq!((counters.history, counters.implausible_times), (1, 1));
}

#[test]
fn the_market_is_marked_once_a_second_when_it_changed() {
    let mut bench = Bench::with_book();
    let marked = marks(&bench.timer());
    assert_eq!((marked[0].top, marked[0].messages), (top(100, 5, 101, 7), 3));
    assert_eq!(bench.timer(), []);
    bench.mbo(BookAction::Add, 3, Side::Buy, 90, 1);
    assert_eq!(bench.timer(), [], "below the top nothing changed");
    bench.mbo(BookAction::Add, 4, Side::Buy, 100, 1);
    assert_eq!(marks(&bench.timer())[0].top, top(100, 6, 101, 7));
}

fn any_input() -> impl Strategy<Value = Input> {
    let bench = Bench::new();
    let event = bench.mbo_event(BookAction::Add, 0, Side::Buy, 0, 1);
    let quote = bench.quote_event(100, 101, 0);
    let action = prop_oneof![
        6 => Just(BookAction::Add),
        3 => Just(BookAction::Cancel),
        2 => Just(BookAction::Modify),
        2 => Just(BookAction::Trade),
        1 => Just(BookAction::Clear),
    ];
    let marks = prop_oneof![
        12 => Just(flags::LAST),
        4 => Just(0),
        1 => Just(flags::SNAPSHOT),
        1 => Just(flags::LAST | flags::MAYBE_BAD_BOOK)
    ];
    let mbo = (action, marks, 0u64..12, any::<bool>(), 95i64..130, 0u32..4, 0u32..9).prop_map(
        move |(action, flags, order_id, buy, price, size, sequence)| {
            let side = Some(if buy { Side::Buy } else { Side::Sell });
            let price = Price(price * WHOLE);
            Input::Mbo(Mbo { action, flags, order_id, side, price, size, sequence, ..event })
        },
    );
    let quote = (95i64..130, 95i64..130, 0u32..9).prop_map(move |(bid, ask, sequence)| {
        Input::Quote(Quote { top: top(bid, 1, ask, 1), sequence, ..quote })
    });
    let level = (any::<bool>(), 95i64..110, 0u32..3).prop_map(|(buy, price, size)| {
        let side = if buy { Side::Buy } else { Side::Sell };
        Input::Level(quality::level(side, price, size))
    });
    let listing =
        (prop_oneof![Just(1i64), Just(5)], 1_000u64..1_400).prop_map(|(tick, expires)| {
            let expiration = UnixNanos(expires * NANOS_PER_SECOND);
            Input::Listing(Listing {
                tick: Price(tick * WHOLE / 1_000),
                expiration,
                ..quality::listing()
            })
        });
    let feed = prop_oneof![
        3 => Just(FeedChange::Connected),
        1 => Just(FeedChange::Disconnected),
        1 => Just(FeedChange::Gap),
        1 => Just(FeedChange::Stale),
        1 => Just(FeedChange::Ended),
    ];
    let feed =
        feed.prop_map(|change| Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
    let state = prop_oneof![Just(TradingState::Open), Just(TradingState::Halted)];
    let status = state.prop_map(|state| {
        Input::Status(TradingStatus { instrument: ES, state, ts_event: UnixNanos(0) })
    });
    let timer = (1_000u64..1_200).prop_map(|second| Input::Timer(Timer { second }));
    prop_oneof![
        30 => mbo,
        8 => quote,
        4 => level,
        1 => listing,
        2 => feed,
        2 => status,
        2 => timer
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn what_is_said_is_said_once_and_agrees_with_itself(
        inputs in prop::collection::vec(any_input(), 1..200),
    ) {
        let (mut bench, mut twin) = (Bench::new(), Bench::new());
        let (mut view, mut blocked) = (bench.view(), vec![MarketFault::NoFeed]);
        for input in inputs {
            let out = bench.send(input);
            // As text, since what is not known of a bar's tape is not equal to itself.
            let same = format!("{:?}", twin.send(input));
            prop_assert_eq!(format!("{:?}", &out), same, "the same inputs, the same outputs");
            for output in &out {
                match output {
                    MarketOutput::View(new) => {
                        prop_assert_ne!(*new, view);
                        view = *new;
                    }
                    MarketOutput::Effect(Effect::MarketBlock(block)) => {
                        prop_assert_eq!(block.blocked, !blocked.contains(&block.fault));
                        blocked.retain(|fault| *fault != block.fault);
                        blocked.extend(block.blocked.then_some(block.fault));
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(view, bench.view(), "every change is given out");
            blocked.sort_by_key(|fault| *fault as u8);
            prop_assert_eq!(&blocked, &bench.faults(), "every block is given out");
            let has = |fault| blocked.contains(&fault);
            prop_assert_eq!(view.gapped, UNFIT.into_iter().any(has));
            prop_assert_eq!(view.book_full, has(MarketFault::BookFull));
            prop_assert_eq!(view.state != TradingState::Open, has(MarketFault::Halted));
            prop_assert_eq!(view.top.is_crossed_or_locked(), has(MarketFault::Crossed));
            let in_doubt = [MarketFault::Gap, MarketFault::OffBand, MarketFault::BadPrice];
            prop_assert!(!in_doubt.into_iter().any(has) || view.top == TopOfBook::EMPTY);
        }
    }
}

/// What the markets make of recorded events, each at its own time.
fn run(inputs: impl Iterator<Item = (UnixNanos, Input)>) -> (Markets, Vec<MarketOutput>) {
    let mut markets = Markets::new();
    let mut out = vec![];
    let tick = Price(WHOLE / 4);
    let definition = InstrumentDefinition { tick, ..definition() };
    let define = (UnixNanos(0), Input::Instrument(definition));
    let mut time = UnixNanos(0);
    for (index, (at, input)) in std::iter::once(define).chain(inputs).enumerate() {
        time = time.max(at);
        let sequenced = Sequenced { seq: index as u64 + 1, time, input };
        markets.on(&sequenced, &mut |output| out.push(output));
    }
    (markets, out)
}

#[test]
fn the_recorded_esh4_session_opens_crossed_and_then_trades_without_faults() {
    let first = recorded::mbo("esh4-20231224.mbo.dbn.zst");
    let second = recorded::mbo("esh4-20231225.mbo.dbn.zst");
    let (Some(first), Some(second)) = (first, second) else { return };
    let events = first.iter().chain(&second);
    let volume: u64 = events
        .clone()
        .filter(|event| event.action == BookAction::Trade)
        .map(|event| u64::from(event.size))
        .sum();
    let end = UnixNanos(second.iter().map(|event| event.ts_event.0).max().expect("events"));
    let timer = Timer { second: end.0 / NANOS_PER_SECOND + 62 };
    let inputs = events.map(|event| (event.ts_event, Input::Mbo(*event)));
    let (markets, out) = run(inputs.chain([(end, Input::Timer(timer))]));
    let view = markets.view(ES).expect("defined");
    assert_eq!((view.top.bid, view.top.ask), (Price(4_810 * WHOLE), Price(4_810_250_000_000)));
    let counters = markets.counters(ES).expect("defined");
    // No feed, then both files' snapshots until they are whole, then the crossed book of pre-open.
    let comes_and_goes = |fault| [block(fault, true), block(fault, false)];
    let faults = [MarketFault::NoFeed, MarketFault::Gap, MarketFault::Gap, MarketFault::Crossed];
    let blocks =
        out.iter().filter(|output| matches!(output, MarketOutput::Effect(Effect::MarketBlock(_))));
    let blocks: Vec<MarketOutput> = blocks.copied().collect();
    assert_eq!(blocks, faults.map(comes_and_goes).concat());
    assert_eq!((counters.messages, counters.late_trades), (77_517, 0));
    assert_eq!((counters.bad_prices, counters.backward_times, counters.off_band), (0, 0, 0));
    let bars = bars(&out);
    assert_eq!(bars.iter().map(|bar| bar.volume).sum::<u64>(), volume);
    assert_eq!(bars.len(), 60, "one for each minute of the hour");
}

#[test]
fn the_recorded_esu4_quotes_make_the_vendors_bars() {
    let quotes = recorded::quotes("esu4-20240701.mbp-1.dbn.zst");
    let trades = recorded::trades("esu4-20240701.trades.dbn.zst");
    let (Some(quotes), Some(trades)) = (quotes, trades) else { return };
    let (by_quotes, out) = run(quotes.iter().map(|quote| (quote.ts_event, Input::Quote(*quote))));
    let (_, expected) = run(trades.iter().map(|trade| (trade.ts_event, Input::Trade(*trade))));
    assert_eq!(bars(&out), bars(&expected));
    assert_eq!(bars(&out).len(), 3);
    assert_eq!(by_quotes.counters(ES).map(|c| c.faults), Some([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
}
