//! The venue as one agent, against the platform's own feed and gateway over loopback.

mod support;

use dbn::Schema;
use gauntlet_feeds::{ApiKey, FeedInstrument, LiveConfig, LiveFeed, Subscription};
use gauntlet_gateways::fix::session::SequenceNumbers;
use gauntlet_model::effect::OutboundKind;
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{ExecType, FeedChange, Input};
use gauntlet_model::units::{NANOS_PER_SECOND, Side, UnixNanos};
use gauntlet_runtime::agent::Agent;
use gauntlet_venue::agent::{MarketClock, MarketFailed, Pace, Venue};
use gauntlet_venue::dbn_gateway::DbnGateway;
use gauntlet_venue::generated::{GeneratedConfig, GeneratedMarket};
use gauntlet_venue::lockstep::Lockstep;
use gauntlet_venue::market::{Change, Listing, Market, MarketSink, NewOrder, OrderId, Refusal};
use gauntlet_venue::order_entry::OrderEntry;
use std::sync::Arc;
use support::{START, TURNS_MAX, Tiny, Trader};

const KEY: &str = "db-0123456789abcdefghijklmnopqrs";

fn venue(market: impl Market + Send + 'static, pace: Pace) -> Venue {
    let gateway = DbnGateway::bind("127.0.0.1:0", KEY, "GLBX.MDP3").expect("binds");
    let address = "127.0.0.1:0".parse().expect("an address");
    let orders = OrderEntry::bind(address, "VENUE", "TRADER").expect("binds");
    Venue::new(Box::new(market), gateway, orders, pace)
}

fn feed(venue: &Venue, schema: Schema, symbol: &str) -> LiveFeed {
    LiveFeed::new(LiveConfig {
        feed: 0,
        addr: venue.gateway().local_addr().expect("bound").to_string(),
        key: ApiKey::new(KEY).expect("a key"),
        dataset: "GLBX.MDP3".into(),
        subscriptions: vec![Subscription::raw(schema, [symbol])],
        instruments: vec![FeedInstrument::unchecked(symbol, InstrumentId(0))],
        history_hours: 0,
        heartbeat_interval_s: LiveConfig::HEARTBEAT_INTERVAL_S,
        buffer_bytes: LiveConfig::BUFFER_BYTES,
    })
    .expect("a feed")
}

fn trader(venue: &Venue) -> Trader {
    let address = venue.orders().local_addr().expect("bound");
    Trader::new(address, SequenceNumbers::default(), true)
}

/// A venue and its client on one clock that the test moves.
struct World {
    venue: Venue,
    feed: LiveFeed,
    trader: Trader,
    now: UnixNanos,
    got: Vec<Input>,
}

impl World {
    fn new(market: Tiny, pace: Pace) -> World {
        World::around(venue(market, pace))
    }

    fn around(venue: Venue) -> World {
        let (feed, trader) = (feed(&venue, Schema::Trades, "ESH4"), trader(&venue));
        World { venue, feed, trader, now: START, got: Vec::new() }
    }

    fn poll_venue(&mut self) {
        self.venue.poll(self.now).expect("the market goes on");
    }

    fn poll_client(&mut self) {
        let got = &mut self.got;
        self.feed.poll(self.now, &mut |received| got.push(received.input)).expect("a sound feed");
        self.trader.poll(self.now);
    }

    fn until(&mut self, what: &str, done: impl Fn(&World) -> bool) {
        for _ in 0..TURNS_MAX {
            self.now = self.now.plus(1_000);
            self.poll_venue();
            self.poll_client();
            if done(self) {
                return;
            }
        }
        panic!("waited in vain for {what}; got {:?} and {:?}", self.got, self.trader.inputs);
    }

    fn seconds(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds * NANOS_PER_SECOND);
    }

    fn trades(&self) -> usize {
        self.got.iter().filter(|input| matches!(input, Input::Trade(_))).count()
    }

    fn feed_changes(&self) -> Vec<FeedChange> {
        let change = |input: &Input| match input {
            Input::Feed(event) => Some(event.change),
            _ => None,
        };
        self.got.iter().filter_map(change).collect()
    }
}

#[test]
fn the_market_stands_still_until_somebody_listens_and_then_keeps_its_pace() {
    let mut venue = venue(Tiny::new(1_000), Pace::Real { speed: 2.0 });
    venue.poll(START).expect("fine");
    venue.poll(START.plus(100 * NANOS_PER_SECOND)).expect("fine");
    assert_eq!(venue.handle().steps(), 0);
    let mut world = World::around(venue);
    world.until("the stream", |w| w.feed.is_streaming());
    assert_eq!(world.venue.handle().steps(), 0);
    world.seconds(10);
    world.until("the trades", |w| w.trades() >= 20);
    assert_eq!((world.trades(), world.venue.handle().steps()), (20, 20));
    world.seconds(200);
    world.poll_venue();
    assert_eq!(world.venue.handle().steps(), 20 + 256, "it catches up bit by bit");
    world.until("the trades", |w| w.trades() >= 420);
    assert_eq!(world.venue.handle().steps(), 420);
    let since = world.venue.handle().market_time().since(UnixNanos(1_000 * NANOS_PER_SECOND));
    assert_eq!(since, 420 * NANOS_PER_SECOND);
}

#[test]
fn a_market_with_a_clock_of_its_own_waits_for_nobody() {
    let pace = Pace::Real { speed: 2.0 };
    let mut venue = venue(Tiny::new(1_000), pace).with_clock(MarketClock::Own);
    venue.poll(START).expect("fine");
    venue.poll(START.plus(10 * NANOS_PER_SECOND)).expect("fine");
    assert_eq!(venue.handle().steps(), 20);
}

#[test]
fn by_the_wall_clock_the_market_is_where_the_wall_clock_is() {
    let begins = UnixNanos(1_000 * NANOS_PER_SECOND);
    let pace = Pace::Real { speed: 1.0 };
    let mut venue = venue(Tiny::new(1_000), pace).with_clock(MarketClock::Wall);
    // It was made a while before it is first asked.
    venue.poll(begins.plus(3_500_000_000)).expect("fine");
    assert_eq!(venue.handle().market_time(), begins.plus(3 * NANOS_PER_SECOND));
    venue.poll(begins.plus(60 * NANOS_PER_SECOND)).expect("fine");
    assert_eq!(venue.handle().market_time(), begins.plus(60 * NANOS_PER_SECOND));
}

/// The last state that a market tells of its first instrument.
fn state_of(venue: &Venue) -> u16 {
    struct State(u16);
    impl MarketSink for State {
        fn record(&mut self, record: dbn::RecordRef<'_>) {
            self.0 = record.get::<dbn::StatusMsg>().map_or(self.0, |status| status.action);
        }
        fn order(&mut self, _: gauntlet_venue::market::OrderEvent) {}
    }
    let mut state = State(0);
    venue.market().snapshot(0, false, &mut state);
    state.0
}

#[test]
fn an_instrument_is_halted_and_goes_on_by_the_handle() {
    let symbols = vec!["ESZ6".to_owned()];
    let config = GeneratedConfig { rate: 1.0, symbols, ..GeneratedConfig::default() };
    let market = GeneratedMarket::new(&config).expect("a good configuration");
    let mut venue = venue(market, Pace::Real { speed: 1.0 }).with_clock(MarketClock::Own);
    venue.poll(START).expect("fine");
    let mut now = START.plus(70 * NANOS_PER_SECOND);
    let mut after = |venue: &mut Venue| {
        now = now.plus(1_000);
        venue.poll(now).expect("fine");
        state_of(venue)
    };
    use dbn::StatusAction::{Halt, Trading};
    assert_eq!(after(&mut venue), Trading as u16);
    let handle = venue.handle();
    handle.set_halted("NQZ6", true);
    assert_eq!(after(&mut venue), Trading as u16, "another one, that is not even listed");
    handle.set_halted("ESZ6", true);
    assert_eq!(after(&mut venue), Halt as u16);
    handle.set_halted("ESZ6", false);
    assert_eq!(after(&mut venue), Trading as u16);
}

#[test]
fn a_long_pause_is_waited_for_unless_told_otherwise() {
    for (wait_max_s, trades) in [(7_200, 15), (600, 30)] {
        let mut market = Tiny::new(30);
        market.pause_before_last = 15;
        let venue = venue(market, Pace::Real { speed: 1.0 });
        let mut world = World::around(venue.with_wait_max_ns(wait_max_s * NANOS_PER_SECOND));
        world.until("the stream", |w| w.feed.is_streaming());
        for _ in 0..40 {
            world.seconds(1);
            world.poll_venue();
            world.poll_client();
        }
        assert_eq!(world.venue.handle().steps(), trades);
    }
}

#[test]
fn an_event_that_spans_an_hour_does_not_stop_the_market_for_an_hour() {
    let mut market = Tiny::new(30);
    market.span_of_last = 15;
    let mut world = World::new(market, Pace::Real { speed: 1.0 });
    world.until("the stream", |w| w.feed.is_streaming());
    for _ in 0..40 {
        world.seconds(1);
        world.poll_venue();
        world.poll_client();
    }
    assert_eq!(world.venue.handle().steps(), 30);
}

#[test]
fn at_the_end_everything_is_sent_before_the_client_is_let_go() {
    for speed in [1e6, f64::INFINITY] {
        let mut world = World::new(Tiny::new(5_000), Pace::Real { speed });
        world.until("the end", |w| w.feed_changes().len() == 2);
        assert_eq!(world.trades(), 5_000);
        assert_eq!(world.feed_changes(), [FeedChange::Connected, FeedChange::Disconnected]);
        assert!(world.venue.is_finished() && world.venue.handle().is_finished());
        world.until("the logon", |w| w.trader.gateway.is_logged_on());
        let order = (Side::Buy, 1, 4_000.0);
        world.trader.send(OutboundKind::New, (16, 0), order, world.now);
        world.until("order entry still open", |w| w.trader.executions().len() == 1);
    }
}

#[test]
fn a_market_that_breaks_off_ends_the_venue_after_all_that_came_before() {
    let mut market = Tiny::new(12);
    market.failure = Some(std::io::Error::other("record 12 is damaged"));
    let mut world = World::new(market, Pace::Real { speed: f64::INFINITY });
    let error = loop {
        world.now = world.now.plus(1_000);
        if let Err(error) = world.venue.poll(world.now) {
            break error;
        }
        world.poll_client();
    };
    assert_eq!(error, MarketFailed { reason: "record 12 is damaged".into() });
    assert!(world.venue.do_work().is_err());
    while world.trades() < 12 {
        world.poll_client();
    }
}

#[test]
fn faults_happen_as_they_are_asked_for() {
    let mut world = World::new(Tiny::new(1_000), Pace::Real { speed: 1.0 });
    let handle = world.venue.handle();
    world.until("the start", |w| w.feed.is_streaming() && w.trader.gateway.is_logged_on());
    let order = (Side::Buy, 9, 4_000.0);

    handle.set_refuses_all(true);
    world.trader.send(OutboundKind::New, (16, 0), order, world.now);
    world.until("a refusal", |w| w.trader.executions().len() == 1);
    assert_eq!(world.trader.executions()[0].exec_type, ExecType::Rejected);
    handle.set_refuses_all(false);

    handle.set_silent(true);
    world.trader.send(OutboundKind::New, (17, 0), order, world.now);
    world.until("the request", |w| w.venue.orders().requests() == 1);
    world.seconds(2);
    world.until("market data all the while", |w| w.trades() == 2);
    assert_eq!(world.trader.executions().len(), 1);
    handle.set_silent(false);
    world.until("the answer", |w| w.trader.executions().len() == 2);

    handle.drop_order_entry();
    world.poll_venue();
    assert!(!world.venue.orders().session().is_logged_on());
    world.seconds(1);
    world.until("the missed fill", |w| w.trader.executions().len() == 3);
    assert_eq!(world.trader.executions()[2].exec_type, ExecType::Trade);

    handle.drop_market_data();
    world.until("the loss", |w| w.feed_changes().len() == 2);
    world.seconds(1);
    world.until("the way back", |w| w.feed_changes().len() == 4);
    use FeedChange::{Connected, Disconnected, Gap};
    assert_eq!(world.feed_changes(), [Connected, Disconnected, Connected, Gap]);
}

/// A market that ends at a time.
struct Until(GeneratedMarket, UnixNanos);

impl Market for Until {
    fn listings(&self) -> &[Listing] {
        self.0.listings()
    }
    fn next_event(&self) -> Option<UnixNanos> {
        self.0.next_event().filter(|at| *at < self.1)
    }
    fn step(&mut self, sink: &mut dyn MarketSink) {
        self.0.step(sink);
    }
    fn now(&self) -> UnixNanos {
        self.0.now()
    }
    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        self.0.submit(order, sink)
    }
    fn cancel(&mut self, order: OrderId, sink: &mut dyn MarketSink) -> Result<(), Refusal> {
        self.0.cancel(order, sink)
    }
    fn replace(
        &mut self,
        order: OrderId,
        change: &Change,
        sink: &mut dyn MarketSink,
    ) -> Result<(), Refusal> {
        self.0.replace(order, change, sink)
    }
    fn snapshot(&self, listing: usize, mbo: bool, sink: &mut dyn MarketSink) {
        self.0.snapshot(listing, mbo, sink);
    }
}

/// A node in a few lines: it quotes and crosses by rules that depend on every input so far, and keeps
/// what it was told in the order in which it was told.
struct Node {
    feed: LiveFeed,
    trader: Trader,
    lockstep: Arc<Lockstep>,
    journal: Vec<String>,
    seen: usize,
    reports: u64,
    last_id: u64,
}

impl Node {
    fn poll_feed(&mut self, now: UnixNanos) {
        let Node { feed, trader, lockstep, journal, last_id, .. } = self;
        let polled = feed.poll(now, &mut |received| {
            let Input::Quote(quote) = received.input else { return };
            journal.push(format!("{quote:?}"));
            let (bid, ask) = (quote.top.bid, quote.top.ask);
            if journal.len().is_multiple_of(7) && quote.top.is_two_sided() {
                *last_id += 16;
                let (side, at) = match journal.len() % 3 {
                    0 => (Side::Buy, ask),
                    1 => (Side::Buy, bid),
                    _ => (Side::Sell, ask),
                };
                let order = (side, 3, at.to_f64());
                trader.send(OutboundKind::New, (*last_id, 0), order, now);
                lockstep.order_sent();
            }
        });
        polled.expect("a sound feed");
        self.publish();
    }

    fn poll_trader(&mut self, now: UnixNanos) {
        self.trader.poll(now);
        while let Some(input) = self.trader.inputs.get(self.seen).copied() {
            self.seen += 1;
            let is_report = matches!(input, Input::Execution(_) | Input::CancelReject(_));
            self.reports += u64::from(is_report);
            let Input::Execution(report) = input else { continue };
            self.journal.push(format!(
                "{:?} {:?} {} {}@{:?} {}",
                report.cl_ord_id,
                report.exec_type,
                report.cum_qty,
                report.last_qty,
                report.last_px,
                report.transact_time
            ));
            if report.exec_type == ExecType::New && self.journal.len().is_multiple_of(2) {
                let ids = (report.cl_ord_id.0 + 1, report.cl_ord_id.0);
                self.trader.send(OutboundKind::Cancel, ids, (report.side, 3, 0.0), now);
                self.lockstep.order_sent();
            }
        }
        self.publish();
    }

    fn publish(&self) {
        self.lockstep.publish(self.feed.stats().records, self.reports);
    }
}

/// Runs three minutes of a market in lockstep, with `luck` to say whose turn it is.
fn replay(mut luck: u64) -> Vec<String> {
    let symbols = vec!["ESZ6".to_owned()];
    let config = GeneratedConfig { seed: 5, rate: 4.0, symbols, ..GeneratedConfig::default() };
    let market = GeneratedMarket::new(&config).expect("a good configuration");
    let market = Until(market, config.start.plus(180 * NANOS_PER_SECOND));
    let lockstep = Arc::new(Lockstep::default());
    let mut venue = venue(market, Pace::Lockstep(Arc::clone(&lockstep)));
    let (feed, mut trader) = (feed(&venue, Schema::Mbp1, "ESZ6"), trader(&venue));
    trader.trade("ESZ6");
    let mut now = START;
    while !trader.gateway.is_logged_on() {
        now = now.plus(1_000);
        venue.poll(now).expect("sound");
        trader.poll(now);
    }
    let journal = Vec::new();
    let mut node = Node { feed, trader, lockstep, journal, seen: 0, reports: 0, last_id: 0 };
    for _ in 0..TURNS_MAX {
        // Knuth's multiplier: the high bits are random enough to deal turns.
        luck = luck.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        now = now.plus(if luck >> 60 == 0 { NANOS_PER_SECOND } else { 1_000 });
        match (luck >> 40) % 3 {
            0 => drop(venue.poll(now).expect("sound")),
            1 => node.poll_feed(now),
            _ => node.poll_trader(now),
        }
        if venue.is_finished() {
            return node.journal;
        }
    }
    panic!("the replay stands still after {:?}", node.journal.last());
}

#[test]
fn in_lockstep_the_same_market_gives_the_same_inputs_however_the_turns_fall() {
    let first = replay(1);
    let count = |what: &str| first.iter().filter(|line| line.contains(what)).count();
    assert!(count("Quote") > 200, "{}", count("Quote"));
    assert!(count(" Trade ") > 20 && count(" Canceled ") > 5);
    for luck in 2..5 {
        let other = replay(luck);
        let differs = first.iter().zip(&other).find(|(a, b)| a != b);
        assert!(differs.is_none() && first.len() == other.len(), "{differs:?}");
    }
}
