//! The gateway against our own client, both polled by one thread over loopback.

use dbn::{MboMsg, Mbp1Msg, OhlcvMsg, RecordHeader, RecordRef, Schema, StatusMsg, TradeMsg, rtype};
use gauntlet_feeds::{
    ApiKey, FeedError, FeedInstrument, LiveConfig, LiveFeed, Received, Subscription,
};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{FeedChange, Input, Mbo, TradingState};
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, UnixNanos};
use gauntlet_venue::dbn_gateway::{CLIENTS_MAX, DbnGateway, GatewayError};
use gauntlet_venue::market::{Change, Listing, Market, MarketSink, NewOrder, OrderId, Refusal};
use std::io::{Read, Write};
use std::net::TcpStream;

const KEY: &str = "db-0123456789abcdefghijklmnopqrs";
const ES: u32 = 17077;
const NQ: u32 = 750;
const MINUTE: u64 = 60 * NANOS_PER_SECOND;

/// A market that stands still with one order in each book.
struct Still {
    listings: Vec<Listing>,
}

impl Still {
    fn new() -> Still {
        let listing = |symbol: &str, instrument_id| Listing {
            symbol: symbol.into(),
            instrument_id,
            tick: Price(250_000_000),
        };
        Still { listings: vec![listing("ESH4", ES), listing("NQH4", NQ)] }
    }
}

impl Market for Still {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }
    fn next_event(&self) -> Option<UnixNanos> {
        None
    }
    fn step(&mut self, _: &mut dyn MarketSink) {}
    fn now(&self) -> UnixNanos {
        UnixNanos(1_000)
    }
    fn submit(&mut self, _: &NewOrder, _: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        Err(Refusal::Closed)
    }
    fn cancel(&mut self, _: OrderId, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        Err(Refusal::Closed)
    }
    fn replace(&mut self, _: OrderId, _: &Change, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        Err(Refusal::Closed)
    }
    fn history(&self, listing: usize) -> Vec<OhlcvMsg> {
        let id = self.listings[listing].instrument_id;
        let bar = |minute: u64| OhlcvMsg {
            hd: RecordHeader::new::<OhlcvMsg>(rtype::OHLCV_1M, 1, id, minute * MINUTE),
            open: 4_800_000_000_000,
            high: 4_800_000_000_000,
            low: 4_800_000_000_000,
            close: 4_800_000_000_000,
            volume: 1,
        };
        (0..100).map(bar).collect()
    }
    fn snapshot(&self, listing: usize, mbo: bool, sink: &mut dyn MarketSink) {
        let id = self.listings[listing].instrument_id;
        let mut definition = dbn::InstrumentDefMsg::default();
        definition.hd.instrument_id = id;
        definition.min_price_increment = 250_000_000;
        definition.unit_of_measure_qty = 50_000_000_000;
        for (to, from) in
            definition.raw_symbol.iter_mut().zip(self.listings[listing].symbol.bytes())
        {
            *to = from as _;
        }
        sink.record((&definition).into());
        let mut status = StatusMsg { action: 7, ..StatusMsg::default() };
        status.hd.instrument_id = id;
        sink.record((&status).into());
        if mbo {
            sink.record((&order(id, b'R', 0)).into());
            sink.record((&order(id, b'A', 1)).into());
        }
    }
}

fn order(instrument_id: u32, action: u8, order_id: u64) -> MboMsg {
    let hd = RecordHeader::new::<MboMsg>(rtype::MBO, 1, instrument_id, 2_000);
    let mut order = MboMsg { hd, order_id, ..MboMsg::default() };
    (order.action, order.side) = (action as _, b'B' as _);
    (order.price, order.size, order.ts_recv) = (4_800_000_000_000, 3, 2_500);
    order
}

fn config(gateway: &DbnGateway) -> LiveConfig {
    let es = FeedInstrument {
        symbol: gauntlet_model::text::Text::new("ESH4"),
        instrument: InstrumentId(0),
        tick: Price(250_000_000),
        multiplier: Money(50_000_000),
    };
    LiveConfig {
        feed: 1,
        addr: gateway.local_addr().expect("bound").to_string(),
        key: ApiKey::new(KEY).expect("a key"),
        dataset: "GLBX.MDP3".into(),
        subscriptions: vec![Subscription::raw(Schema::Mbo, ["ESH4"])],
        instruments: vec![es],
        history_hours: 0,
        heartbeat_interval_s: LiveConfig::HEARTBEAT_INTERVAL_S,
        buffer_bytes: LiveConfig::BUFFER_BYTES,
    }
}

/// A gateway and a client on one clock that the test moves.
struct World {
    market: Still,
    gateway: DbnGateway,
    feed: LiveFeed,
    now: UnixNanos,
    got: Vec<Received>,
}

impl World {
    fn new(change: impl FnOnce(&mut LiveConfig)) -> World {
        let gateway = DbnGateway::bind("127.0.0.1:0", KEY, "GLBX.MDP3").expect("binds");
        let mut config = config(&gateway);
        change(&mut config);
        let feed = LiveFeed::new(config).expect("a feed");
        let now = UnixNanos(1_700_000_000 * NANOS_PER_SECOND);
        World { market: Still::new(), gateway, feed, now, got: Vec::new() }
    }

    fn turn(&mut self) -> Result<(), FeedError> {
        // A microsecond a turn: real time has no say in what happens, only in how soon.
        self.now = self.now.plus(1_000);
        self.gateway.poll(self.now, &self.market);
        let got = &mut self.got;
        self.feed.poll(self.now, &mut |received| got.push(received)).map(|_| ())
    }

    fn until(&mut self, what: &str, done: impl Fn(&World) -> bool) {
        for _ in 0..200_000 {
            self.turn().unwrap_or_else(|e| panic!("waiting for {what}: {e}"));
            if done(self) {
                return;
            }
        }
        panic!("{what} did not happen; got {:?}", self.got);
    }

    fn until_error(&mut self) -> FeedError {
        for _ in 0..200_000 {
            if let Err(error) = self.turn() {
                return error;
            }
        }
        panic!("no error; got {:?}", self.got);
    }

    fn publish(&mut self, record: RecordRef<'_>) {
        self.gateway.publish(record);
        self.gateway.flush();
    }

    fn orders(&self) -> Vec<Mbo> {
        self.got
            .iter()
            .filter_map(|r| match r.input {
                Input::Mbo(mbo) => Some(mbo),
                _ => None,
            })
            .collect()
    }

    fn feed_changes(&self) -> Vec<FeedChange> {
        self.got
            .iter()
            .filter_map(|r| match r.input {
                Input::Feed(event) => {
                    assert_eq!((event.feed, r.ts, r.arrived), (1, UnixNanos(0), 0));
                    Some(event.change)
                }
                _ => None,
            })
            .collect()
    }
}

#[test]
fn a_client_authenticates_gets_the_book_as_it_stands_and_then_what_follows() {
    let mut world = World::new(|_| {});
    assert_eq!(world.gateway.started_clients(), 0);
    world.until("the snapshot", |w| w.orders().len() == 2);
    assert_eq!(world.gateway.started_clients(), 1);
    assert!(world.feed.is_streaming());
    assert_eq!(world.feed_changes(), [FeedChange::Connected]);
    for n in 2..1_000 {
        world.gateway.publish((&order(ES, b'A', n)).into());
        world.gateway.publish((&order(NQ, b'A', n)).into());
    }
    world.gateway.flush();
    world.until("the orders", |w| w.orders().len() == 1_000);
    let ids: Vec<u64> = world.orders().iter().map(|o| o.order_id).collect();
    assert_eq!(ids, (0..1_000).collect::<Vec<_>>());
    assert_eq!(world.orders()[5].price, Price(4_800_000_000_000));
    let last = world.got.last().expect("something");
    assert_eq!(last.ts, UnixNanos(2_500));
    assert!(last.arrived > 0, "arrival is stamped");
    let counters = world.gateway.counters();
    assert_eq!(counters.published, 1_996);
    // A name, an acknowledgement, a snapshot of two orders, and the 998 orders of its instrument.
    assert_eq!(counters.records_queued, 1_002);
    assert_eq!(world.feed.stats().records, 1_002);
    assert_eq!(counters.bytes_queued, counters.bytes_flushed);
    assert_eq!(counters.bytes_flushed, world.feed.stats().bytes, "every byte is accounted for");
    assert_eq!(world.feed.stats().unknown_instruments, 0, "nobody gets what was not asked for");
}

#[test]
fn who_asked_for_every_symbol_gets_those_that_come_to_be_listed() {
    let mut world = World::new(|config| {
        config.subscriptions = vec![Subscription::raw(Schema::Mbo, ["ALL_SYMBOLS"])];
        config.instruments.push(FeedInstrument::unchecked("ESM4", InstrumentId(1)));
    });
    world.until("the stream", |w| w.feed.is_streaming() && w.gateway.started_clients() == 1);
    let new = Listing { symbol: "ESM4".into(), instrument_id: 99, tick: Price(250_000_000) };
    world.market.listings.push(new.clone());
    world.gateway.list(&new, UnixNanos(1_000));
    world.publish((&order(99, b'A', 7)).into());
    world.until("an order of the new one", |w| {
        w.orders().iter().any(|order| (order.instrument, order.order_id) == (InstrumentId(1), 7))
    });
}

#[test]
fn each_client_gets_the_schemas_and_symbols_it_asked_for() {
    let mut world = World::new(|config| {
        config.subscriptions = vec![
            Subscription::raw(Schema::Trades, ["ALL_SYMBOLS"]),
            Subscription::raw(Schema::Tbbo, ["ESH4"]),
            Subscription::raw(Schema::Status, ["NQH4"]),
            Subscription::raw(Schema::Definition, ["ESH4"]),
        ];
        config.instruments.push(FeedInstrument::unchecked("NQH4", InstrumentId(1)));
    });
    world.until("the state of NQ", |w| {
        w.got.iter().any(|r| matches!(r.input, Input::Status(s) if s.state == TradingState::Open))
    });
    let before = world.got.len();
    let mut trade = TradeMsg::default();
    (trade.action, trade.side) = (b'T' as _, b'A' as _);
    let mut quote = Mbp1Msg::default();
    (quote.action, quote.side) = (b'A' as _, b'A' as _);
    for id in [ES, NQ, 5] {
        trade.hd.instrument_id = id;
        world.gateway.publish((&trade).into());
        quote.hd.instrument_id = id;
        for action in [b'A', b'T'] {
            quote.action = action as _;
            world.gateway.publish((&quote).into());
        }
        world.gateway.publish((&order(id, b'A', 1)).into());
    }
    world.gateway.flush();
    world.until("three records", |w| w.got.len() == before + 3);
    for _ in 0..100 {
        world.turn().expect("alive");
    }
    let kinds: Vec<(char, u16)> = world.got[before..]
        .iter()
        .map(|r| match r.input {
            Input::Trade(t) => ('t', t.instrument.0),
            Input::Quote(q) => ('q', q.instrument.0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [('t', 0), ('q', 0), ('t', 1)]);
}

#[test]
fn a_wrong_key_is_refused_with_words_that_do_not_contain_it() {
    let mut world =
        World::new(|c| c.key = ApiKey::new("db-another-key-altogether-123456").expect("a key"));
    let error = world.until_error();
    assert!(matches!(error, FeedError::Refused { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("refuses the key for GLBX.MDP3: Authentication failed"), "{text}");
    assert!(!text.contains("another"));
    assert_eq!(world.feed_changes(), [FeedChange::Disconnected]);
    for _ in 0..1_000 {
        world.turn().expect("a closed feed rests");
    }
    assert_eq!(world.gateway.counters().accepted, 1, "and does not try again");
}

#[test]
fn a_wrong_dataset_is_refused() {
    let mut world = World::new(|c| c.dataset = "XNAS.ITCH".into());
    let error = world.until_error().to_string();
    assert!(error.contains("Dataset XNAS.ITCH is not served here, only GLBX.MDP3"), "{error}");
}

#[test]
fn a_bad_subscription_and_an_unknown_symbol_are_told_apart() {
    let mut world = World::new(|c| {
        c.subscriptions = vec![Subscription {
            schema: Schema::Mbo,
            stype_in: dbn::SType::Parent,
            symbols: vec!["ES.FUT".into()],
            replay: false,
        }];
    });
    let error = world.until_error();
    assert!(matches!(error, FeedError::Subscription { .. }), "{error}");
    let mut world =
        World::new(|c| c.subscriptions = vec![Subscription::raw(Schema::Mbo, ["ESH4", "ESX9"])]);
    let error = world.until_error();
    assert!(matches!(error, FeedError::Symbol { .. }), "{error}");
    assert!(error.to_string().contains("Failed to resolve symbol: ESX9"), "{error}");
}

#[test]
fn a_definition_unlike_ours_is_told_in_full_and_passed_on_for_the_core_to_block_on() {
    let mut world = World::new(|c| {
        c.subscriptions = vec![Subscription::definitions(["ESH4"])];
        c.instruments[0].multiplier = Money(5_000_000);
    });
    world.until("the definition", |w| {
        w.got.iter().any(|r| matches!(r.input, Input::Listing(l) if l.unit_qty.0 == 50_000_000_000))
    });
    let warning = world.feed.warning();
    assert!(warning.contains("50 units a contract"), "{warning}");
    assert!(world.feed.is_streaming());
}

#[test]
fn a_book_in_doubt_gets_a_snapshot_in_the_session_that_it_has() {
    let mut world = World::new(|_| {});
    world.until("the snapshot", |w| w.orders().len() == 2);
    let mut doubtful = order(ES, b'A', 2);
    doubtful.flags = dbn::FlagSet::new(gauntlet_model::input::flags::MAYBE_BAD_BOOK);
    world.publish((&doubtful).into());
    world.until("the order", |w| w.orders().len() == 3);
    // The gateway says that it is alive; the feed has given its first snapshot time to come.
    for _ in 0..3 {
        world.now = world.now.plus(4 * NANOS_PER_SECOND);
        for _ in 0..1_000 {
            world.turn().expect("alive");
        }
    }
    world.until("another snapshot", |w| w.orders().len() == 5);
    assert_eq!(world.feed.stats().snapshots_asked, 1);
    assert_eq!(world.feed_changes(), [FeedChange::Connected], "without a new session");
    assert_eq!(world.gateway.counters().accepted, 1);
}

#[test]
fn after_a_drop_the_client_comes_back_says_that_it_has_a_gap_and_gets_the_book_anew() {
    let mut world = World::new(|_| {});
    world.until("the snapshot", |w| w.orders().len() == 2);
    world.gateway.drop_clients();
    world.until("the drop", |w| !w.feed.is_streaming());
    let accepted = world.gateway.counters().accepted;
    for _ in 0..1_000 {
        world.turn().expect("alive");
    }
    assert_eq!(world.gateway.counters().accepted, accepted, "not before the pause is over");
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.until("the second snapshot", |w| w.orders().len() == 4);
    use FeedChange::{Connected, Disconnected, Gap};
    assert_eq!(world.feed_changes(), [Connected, Disconnected, Connected, Gap]);
    let gap = world.got.iter().position(|r| matches!(r.input, Input::Feed(f) if f.change == Gap));
    let second =
        world.got.iter().rposition(|r| matches!(r.input, Input::Mbo(m) if m.order_id == 0));
    assert!(gap < second, "the gap is known before the book that mends it");
    assert_eq!(world.feed.stats().sessions, 2);
}

#[test]
fn pauses_between_attempts_grow_and_repeated_failures_are_told_once() {
    let mut world = World::new(|_| {});
    // Nobody listens there any more.
    let refusing = World::new(|_| {}).gateway.local_addr().expect("bound").to_string();
    let mut config = config(&world.gateway);
    config.addr = refusing;
    world.feed = LiveFeed::new(config).expect("a feed");
    let start = world.now;
    // A hundred seconds in steps of ten milliseconds.
    for _ in 0..10_000 {
        world.now = world.now.plus(NANOS_PER_SECOND / 100);
        world.turn().expect("trouble is not fatal");
    }
    assert!(world.now.since(start) >= 100 * NANOS_PER_SECOND);
    assert_eq!(world.feed_changes(), [FeedChange::Disconnected]);
    // At 0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 31.75, then every 30 seconds.
    assert_eq!(world.feed.stats().attempts, 10);
}

#[test]
fn a_client_too_slow_is_told_and_disconnected_and_others_are_not_kept_waiting() {
    let gateway = DbnGateway::bind("127.0.0.1:0", KEY, "GLBX.MDP3").expect("binds");
    let mut world = World::new(|_| {});
    let mut config = config(&gateway);
    config.instruments[0].instrument = InstrumentId(7);
    let mut lazy = LiveFeed::new(config.clone()).expect("a feed");
    world.feed = LiveFeed::new(config).expect("a feed");
    world.gateway = gateway.with_backlog_max(256 << 10);
    let mut lazily = Vec::new();
    for _ in 0..200_000 {
        lazy.poll(world.now, &mut |r| lazily.push(r)).expect("alive");
        world.turn().expect("alive");
        if lazy.is_streaming() && world.feed.is_streaming() {
            break;
        }
    }
    assert_eq!(world.gateway.started_clients(), 2);
    // The lazy one reads no more; the system's own buffers fill, then the gateway's.
    let mut sent = 0;
    while world.gateway.counters().slow == 0 {
        for _ in 0..1_000 {
            world.gateway.publish((&order(ES, b'A', sent + 2)).into());
            sent += 1;
        }
        world.gateway.flush();
        world.until("the quick one", |w| w.orders().len() as u64 == sent + 2);
        assert!(sent < 1_000_000, "it was never found to be slow");
    }
    assert_eq!(world.gateway.counters().slow, 1);
    assert_eq!(world.gateway.started_clients(), 1);
    assert!(world.feed.is_streaming());
    // It wakes up, reads what was left for it, and learns why it must go.
    let mut why = None;
    for _ in 0..200_000 {
        world.turn().expect("alive");
        lazy.poll(world.now, &mut |r| {
            if let Input::Feed(event) = r.input {
                why = Some(event.detail.as_str().to_owned());
            }
        })
        .expect("alive");
        if why.is_some() && !lazy.is_streaming() {
            break;
        }
    }
    assert!(why.as_deref().unwrap_or("").contains("Slow client"), "{why:?}");
}

#[test]
fn heartbeats_keep_a_quiet_line_alive() {
    let mut world = World::new(|_| {});
    world.until("the stream", |w| w.feed.is_streaming());
    let records = world.feed.stats().records;
    for _ in 0..60 {
        world.now = world.now.plus(NANOS_PER_SECOND);
        let seen = world.feed.stats().bytes;
        world.turn().expect("alive");
        // What the gateway wrote is on its way through the loopback.
        let due = world.gateway.counters().bytes_flushed;
        world.until("the heartbeat", |w| w.feed.stats().bytes == due);
        assert!(world.feed.stats().bytes >= seen);
    }
    assert_eq!(world.feed_changes(), [FeedChange::Connected]);
    let heartbeats = world.feed.stats().records - records;
    assert!((11..=16).contains(&heartbeats), "{heartbeats} in a minute of five seconds each");
}

#[test]
fn clients_past_the_limit_are_sent_away_and_try_again() {
    let mut world = World::new(|_| {});
    world.until("the stream", |w| w.feed.is_streaming());
    let addr = world.gateway.local_addr().expect("bound");
    let mut idle: Vec<TcpStream> =
        (1..CLIENTS_MAX).map(|_| TcpStream::connect(addr).expect("connects")).collect();
    world.until("all clients", |w| w.gateway.counters().accepted == CLIENTS_MAX as u64);
    let mut late = LiveFeed::new(config(&world.gateway)).expect("a feed");
    let mut told = Vec::new();
    for _ in 0..200_000 {
        world.turn().expect("alive");
        late.poll(world.now, &mut |r| told.push(r.input)).expect("the limit is not fatal");
        if !told.is_empty() {
            break;
        }
    }
    let Some(Input::Feed(event)) = told.first() else { panic!("{told:?}") };
    assert!(event.detail.as_str().contains("limit"), "{}", event.detail);
    idle.clear();
    world.now = world.now.plus(NANOS_PER_SECOND);
    for _ in 0..200_000 {
        world.turn().expect("alive");
        late.poll(world.now, &mut |_| {}).expect("alive");
        if late.is_streaming() {
            return;
        }
    }
    panic!("never let in");
}

#[test]
fn rubbish_and_silence_from_a_client_end_only_that_client() {
    let mut world = World::new(|_| {});
    world.until("the stream", |w| w.feed.is_streaming());
    let addr = world.gateway.local_addr().expect("bound");
    let mut rubbish = TcpStream::connect(addr).expect("connects");
    let mut endless = TcpStream::connect(addr).expect("connects");
    let silent = TcpStream::connect(addr).expect("connects");
    rubbish.write_all(b"\xff\xfe\0garbage|=|\nmore\n").expect("writes");
    endless.set_nonblocking(true).expect("sets");
    let mut written = 0;
    world.until("both to be answered", |_| true);
    for _ in 0..200_000 {
        world.turn().expect("alive");
        if let Ok(n) = endless.write(&[b'x'; 4096]) {
            written += n;
        }
        if written > 200_000 {
            break;
        }
    }
    let mut answer = [0; 512];
    let n = rubbish.read(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..n]).into_owned();
    assert!(answer.starts_with("lsg_version=") && answer.contains("\ncram="), "{answer}");
    for _ in 0..3 {
        world.now = world.now.plus(4 * NANOS_PER_SECOND);
        world.turn().expect("alive");
        let due = world.gateway.counters().bytes_flushed;
        assert!(due > 0);
        for _ in 0..2_000 {
            world.turn().expect("alive");
        }
    }
    drop(silent);
    assert_eq!(world.gateway.started_clients(), 1);
    assert!(world.feed.is_streaming());
    world.publish((&order(ES, b'A', 9)).into());
    world.until("the market to go on", |w| w.orders().iter().any(|o| o.order_id == 9));
}

#[test]
fn a_port_in_use_and_a_key_too_short_are_said_clearly() {
    let gateway = DbnGateway::bind("127.0.0.1:0", KEY, "GLBX.MDP3").expect("binds");
    let addr = gateway.local_addr().expect("bound").to_string();
    let error = DbnGateway::bind(addr.as_str(), KEY, "GLBX.MDP3").err().expect("in use");
    assert!(error.to_string().contains(&format!("cannot listen on {addr}")), "{error}");
    let error = DbnGateway::bind("127.0.0.1:0", "short", "GLBX.MDP3").err().expect("short");
    assert!(matches!(error, GatewayError::Key));
}

fn trade(minute: u64, price: i64) -> TradeMsg {
    let hd = RecordHeader::new::<TradeMsg>(rtype::MBP_0, 1, ES, minute * MINUTE);
    let mut trade = TradeMsg { hd, price, size: 2, ..TradeMsg::default() };
    (trade.action, trade.side, trade.ts_recv) = (b'T' as _, b'A' as _, minute * MINUTE);
    trade
}

impl World {
    /// The minutes that were told after the fact, by their closes.
    fn minutes(&self) -> Vec<(u64, i64)> {
        let told = self.got.iter().filter_map(|received| match received.input {
            Input::History(bar) => Some((bar.ts_open.0 / MINUTE, bar.close.0)),
            _ => None,
        });
        told.collect()
    }
}

#[test]
fn the_past_comes_first_then_the_market_and_its_minutes_as_they_end() {
    let mut world = World::new(|config| {
        config.history_hours = 24;
        config.subscriptions =
            vec![Subscription::raw(Schema::Trades, ["ESH4"]), Subscription::definitions(["ESH4"])];
    });
    world.until("the past", |w| w.minutes().len() == 100);
    let asks = |w: &World| {
        let is_asked = |r: &Received| matches!(r.input, Input::Trade(_));
        w.got.iter().any(is_asked)
    };
    for minute in 100.. {
        world.publish((&trade(minute, 5_000_000_000_000)).into());
        for _ in 0..100 {
            world.turn().expect("alive");
        }
        if asks(&world) {
            break;
        }
    }
    let first = world.got.iter().position(|r| matches!(r.input, Input::Trade(_)));
    let past = world.got[..first.expect("a trade")]
        .iter()
        .filter(|r| matches!(r.input, Input::History(_)));
    assert!(past.count() >= 100);
    let before = world.minutes().len();
    world.publish((&trade(200, 6_000_000_000_000)).into());
    world.publish((&trade(201, 7_000_000_000_000)).into());
    world.until("the minutes", |w| w.minutes().contains(&(200, 6_000_000_000_000)));
    assert!(world.minutes().len() > before);
    assert_eq!(world.gateway.started_clients(), 1);
}

#[test]
fn after_an_outage_the_minutes_that_were_missed_are_told() {
    let mut world = World::new(|config| {
        config.history_hours = 24;
        config.subscriptions = vec![Subscription::raw(Schema::Trades, ["ESH4"])];
    });
    world.until("the past", |w| w.minutes().len() == 100);
    world.gateway.drop_clients();
    world.until("the drop", |w| !w.feed.is_streaming());
    for minute in 100..=103 {
        world.publish((&trade(minute, minute as i64 * NANOS_PER_SECOND as i64)).into());
    }
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.until("the missed ones", |w| w.minutes().len() == 106);
    let again: Vec<u64> = world.minutes()[100..].iter().map(|(minute, _)| *minute).collect();
    assert_eq!(again, [97, 98, 99, 100, 101, 102], "and three that show that nothing lies between");
}

#[test]
fn the_market_waits_a_moment_for_a_client_that_asked_for_the_past_to_ask_for_more() {
    let mut world = World::new(|config| {
        config.history_hours = 24;
        config.subscriptions = vec![Subscription::raw(Schema::Ohlcv1M, ["ESH4"])];
    });
    world.until("the past", |w| w.minutes().len() == 100);
    assert_eq!(world.gateway.started_clients(), 0);
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.turn().expect("alive");
    assert_eq!(world.gateway.started_clients(), 1);
}
