//! The live feed against a server that says whatever a test wants it to say.

use dbn::encode::DbnEncoder;
use dbn::{
    ErrorCode, ErrorMsg, MboMsg, MetadataBuilder, OhlcvMsg, RecordHeader, SType, Schema,
    SymbolMappingMsg, SystemCode, SystemMsg,
};
use gauntlet_feeds::{
    ApiKey, FeedError, FeedInstrument, LiveConfig, LiveFeed, Received, Subscription,
};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::{FeedChange, Input};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use proptest::prelude::*;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

const KEY: &str = "db-0123456789abcdefghijklmnopqrs";

/// A server that speaks the handshake, then a script, to one client at a time.
struct Server {
    listener: TcpListener,
    client: Option<TcpStream>,
    heard: Vec<u8>,
    to_send: Vec<u8>,
    started: bool,
    script: Script,
    /// What was asked for once the session had started.
    requests: Vec<String>,
    /// Every line of every client.
    asked: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Script {
    /// Said instead of the greeting and challenge.
    opening: Option<Vec<u8>>,
    /// Said instead of the welcome.
    answer: Option<&'static str>,
    /// Said once the session starts.
    stream: Vec<u8>,
    /// Whether the line is closed after it.
    hang_up: bool,
    /// Most bytes that are written at once; 0 for no limit.
    chunk: usize,
}

impl Server {
    fn new(script: Script) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        listener.set_nonblocking(true).expect("sets");
        Server {
            listener,
            client: None,
            heard: Vec::new(),
            to_send: Vec::new(),
            started: false,
            script,
            requests: Vec::new(),
            asked: Vec::new(),
        }
    }

    fn poll(&mut self) {
        if let Ok((client, _)) = self.listener.accept() {
            client.set_nonblocking(true).expect("sets");
            client.set_nodelay(true).expect("sets");
            self.client = Some(client);
            self.started = false;
            self.heard.clear();
            let greeting = b"lsg_version=0.6.4\ncram=t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK\n".to_vec();
            self.to_send = self.script.opening.clone().unwrap_or(greeting);
        }
        let Some(client) = &mut self.client else { return };
        let mut bytes = [0; 4096];
        match client.read(&mut bytes) {
            Ok(0) => return self.client = None,
            Ok(n) => self.heard.extend_from_slice(&bytes[..n]),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return self.client = None,
        }
        while let Some(end) = self.heard.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            self.asked.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            if line.starts_with(b"auth=") {
                let answer = self.script.answer.unwrap_or("success=1|session_id=7\n");
                self.to_send.extend_from_slice(answer.as_bytes());
            } else if line == b"start_session\n" {
                self.started = true;
                self.to_send.extend_from_slice(&self.script.stream);
            } else if self.started {
                self.requests.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
        }
        let limit = if self.script.chunk == 0 { usize::MAX } else { self.script.chunk };
        let n = self.to_send.len().min(limit);
        if n > 0 {
            match client.write(&self.to_send[..n]) {
                Ok(n) => drop(self.to_send.drain(..n)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return self.client = None,
            }
        }
        if self.script.hang_up && self.started && self.to_send.is_empty() {
            self.client = None;
        }
    }
}

struct World {
    server: Server,
    feed: LiveFeed,
    now: UnixNanos,
    got: Vec<Received>,
}

impl World {
    fn new(script: Script) -> World {
        World::subscribed(script, Schema::Mbo, 0)
    }

    fn subscribed(script: Script, schema: Schema, history_hours: u32) -> World {
        let server = Server::new(script);
        let feed = LiveFeed::new(LiveConfig {
            feed: 3,
            addr: server.listener.local_addr().expect("bound").to_string(),
            key: ApiKey::new(KEY).expect("a key"),
            dataset: "GLBX.MDP3".into(),
            subscriptions: vec![Subscription::raw(schema, ["ESH4"])],
            instruments: vec![FeedInstrument::unchecked("ESH4", InstrumentId(5))],
            history_hours,
            heartbeat_interval_s: 5,
            buffer_bytes: 16 << 10,
        })
        .expect("a feed");
        let now = UnixNanos(1_700_000_000 * NANOS_PER_SECOND);
        World { server, feed, now, got: Vec::new() }
    }

    fn turn(&mut self) -> Result<(), FeedError> {
        self.now = self.now.plus(1_000);
        self.server.poll();
        let got = &mut self.got;
        self.feed.poll(self.now, &mut |received| got.push(received)).map(|_| ())
    }

    /// Turns until something holds. Loopback delivers by itself; the bound only ends a failed test.
    fn until(&mut self, what: &str, done: impl Fn(&World) -> bool) -> Result<(), FeedError> {
        for _ in 0..500_000 {
            self.turn()?;
            if done(self) {
                return Ok(());
            }
        }
        panic!("{what} did not happen; got {:?}", self.got);
    }

    fn events(&self) -> Vec<(FeedChange, String)> {
        self.got
            .iter()
            .filter_map(|r| match r.input {
                Input::Feed(event) => Some((event.change, event.detail.as_str().to_owned())),
                _ => None,
            })
            .collect()
    }

    fn has(&self, change: FeedChange, detail: &str) -> bool {
        self.events().iter().any(|(c, d)| *c == change && d.contains(detail))
    }

    fn orders(&self) -> usize {
        self.got.iter().filter(|r| matches!(r.input, Input::Mbo(_))).count()
    }
}

fn header(version: u8) -> Vec<u8> {
    let metadata = MetadataBuilder::new()
        .version(version)
        .dataset("GLBX.MDP3")
        .schema(None)
        .start(0)
        .stype_in(None)
        .stype_out(SType::InstrumentId)
        .build();
    DbnEncoder::new(Vec::new(), &metadata).expect("encodes").get_ref().clone()
}

fn mapping() -> SymbolMappingMsg {
    SymbolMappingMsg::new(7, 1, SType::RawSymbol, "ESH4", SType::RawSymbol, "ESH4", 0, u64::MAX)
        .expect("fits")
}

fn order(n: u64) -> MboMsg {
    let mut order = MboMsg { order_id: n, ..MboMsg::default() };
    order.hd.instrument_id = 7;
    (order.action, order.side) = (b'A' as _, b'A' as _);
    order
}

fn records<T: AsRef<[u8]>>(records: impl IntoIterator<Item = T>) -> Vec<u8> {
    records.into_iter().flat_map(|r| r.as_ref().to_vec()).collect()
}

/// A header, our symbol's name, and so many orders.
fn stream(orders: u64) -> Vec<u8> {
    let orders = records((0..orders).map(order));
    [header(3), records([mapping()]), orders].concat()
}

#[test]
fn records_survive_however_the_line_cuts_them() {
    for chunk in [1, 7, 55, 57, 4_000] {
        let mut world = World::new(Script { stream: stream(600), chunk, ..Script::default() });
        world.until("all orders", |w| w.orders() == 600).expect("alive");
        let ids: Vec<u64> = world
            .got
            .iter()
            .filter_map(|r| match r.input {
                Input::Mbo(o) => Some(o.order_id),
                _ => None,
            })
            .collect();
        assert_eq!(ids, (0..600).collect::<Vec<_>>(), "in chunks of {chunk}");
        assert_eq!(world.feed.stats().records, 601);
    }
}

#[test]
fn a_stream_of_version_1_is_understood() {
    let mut name = dbn::v1::SymbolMappingMsg::default();
    name.hd.instrument_id = 7;
    for (to, from) in name.stype_in_symbol.iter_mut().zip(b"ESH4") {
        *to = *from as _;
    }
    let mut heartbeat = dbn::v1::SystemMsg::default();
    for (to, from) in heartbeat.msg.iter_mut().zip(b"Heartbeat") {
        *to = *from as _;
    }
    let mut trouble = dbn::v1::ErrorMsg::default();
    for (to, from) in trouble.err.iter_mut().zip(b"something is odd") {
        *to = *from as _;
    }
    let stream = [
        header(1),
        records([name]),
        records([heartbeat]),
        records([order(1)]),
        records([order(2)]),
        records([trouble]),
    ]
    .concat();
    let mut world = World::new(Script { stream, ..Script::default() });
    let odd = |w: &World| w.has(FeedChange::Disconnected, "gateway error: something is odd");
    world.until("the error", odd).expect("not fatal");
    assert_eq!(world.orders(), 2);
    assert_eq!(world.feed.stats().records, 5);
}

#[test]
fn silence_is_stale_then_down_and_then_a_new_attempt() {
    let mut world = World::new(Script { stream: stream(1), ..Script::default() });
    world.until("the order", |w| w.orders() == 1).expect("alive");
    world.now = world.now.plus(10 * NANOS_PER_SECOND - 1_000_000);
    world.turn().expect("alive");
    assert!(world.feed.is_streaming(), "two intervals are not too long");
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.turn().expect("alive");
    let changes: Vec<FeedChange> = world.events().into_iter().map(|e| e.0).collect();
    assert_eq!(changes, [FeedChange::Connected, FeedChange::Stale, FeedChange::Disconnected]);
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.until("the second session", |w| w.orders() == 2).expect("alive");
    assert!(world.has(FeedChange::Gap, "what came meanwhile is lost"));
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let mut world = World::new(Script { opening: Some(Vec::new()), ..Script::default() });
    world.until("the connection", |w| w.server.client.is_some()).expect("alive");
    for _ in 0..1_000 {
        world.turn().expect("alive");
    }
    world.now = world.now.plus(11 * NANOS_PER_SECOND);
    world.turn().expect("alive");
    assert!(world.has(FeedChange::Disconnected, "waited too long for its greeting"));
}

#[test]
fn what_is_not_the_protocol_is_named_in_the_event() {
    let cases: [(Script, &str); 5] = [
        (
            Script { opening: Some(b"HTTP/1.1 400 Bad Request\n".to_vec()), ..Script::default() },
            "instead of its greeting came: HTTP/1.1",
        ),
        (Script { opening: Some(vec![b'x'; 6_000]), ..Script::default() }, "endless line"),
        (
            Script { stream: b"DBN\x03\xff\xff\xff\x7f".to_vec(), ..Script::default() },
            "claims a length of",
        ),
        (
            Script { stream: b"error=no more sessions today\n".to_vec(), ..Script::default() },
            "does not begin with `DBN`",
        ),
        (Script { stream: b"DBN\x09\x64\0\0\0".to_vec(), ..Script::default() }, "of version 9"),
    ];
    for (script, detail) in cases {
        let mut world = World::new(script);
        world.until(detail, |w| w.has(FeedChange::Disconnected, detail)).expect("not fatal");
    }
}

#[test]
fn garbage_in_the_stream_ends_the_session_with_its_reason() {
    let mut short = records([order(1)]);
    short[0] = 4;
    let mut odd = short.clone();
    odd[0] = 5;
    for (garbage, detail) in [
        (vec![0; 64], "impossible length 0"),
        (vec![4, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "unknown record type 0x77"),
        (short, "record type 0xa0 with only 16 bytes"),
        (odd, "length of 20 bytes, which is no"),
    ] {
        let stream = [stream(3), garbage].concat();
        let mut world = World::new(Script { stream, ..Script::default() });
        world.until(detail, |w| w.has(FeedChange::Disconnected, detail)).expect("not fatal");
        assert_eq!(world.orders(), 3, "what came before it counts");
    }
}

#[test]
fn a_line_that_breaks_inside_a_record_says_so() {
    let mut bytes = stream(2);
    bytes.truncate(bytes.len() - 20);
    let mut world = World::new(Script { stream: bytes, hang_up: true, ..Script::default() });
    let detail = "the line broke 36 bytes into a record";
    world.until(detail, |w| w.has(FeedChange::Disconnected, detail)).expect("not fatal");
    assert_eq!(world.orders(), 1);
}

fn error(code: ErrorCode) -> Vec<u8> {
    records([ErrorMsg::new(0, Some(code), "these words", true)])
}

#[test]
fn errors_of_configuration_end_a_feed_that_never_worked() {
    for (code, expected) in [
        (ErrorCode::AuthFailed, "refuses the key for GLBX.MDP3: these words"),
        (ErrorCode::ApiKeyDeactivated, "refuses the key"),
        (ErrorCode::InvalidSubscription, "refuses a subscription"),
        (ErrorCode::SymbolResolutionFailed, "does not know a symbol"),
    ] {
        let stream = [header(3), error(code)].concat();
        let mut world = World::new(Script { stream, ..Script::default() });
        let error = world.until("never", |_| false).expect_err("fatal");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(world.events().last().map(|e| e.0), Some(FeedChange::Disconnected));
        assert!(matches!(world.turn(), Ok(())), "a closed feed rests");
    }
}

#[test]
fn errors_that_pass_are_new_attempts() {
    for code in [ErrorCode::ConnectionLimitExceeded, ErrorCode::InternalError] {
        let stream = [header(3), error(code)].concat();
        let mut world = World::new(Script { stream, ..Script::default() });
        let lost = |w: &World| w.has(FeedChange::Disconnected, "gateway error: these words");
        world.until("the event", lost).expect("not fatal");
        assert!(!world.feed.is_streaming());
    }
}

#[test]
fn skipped_records_are_a_gap_for_quotes_and_a_new_session_for_a_book_of_orders() {
    let skipped = error(ErrorCode::SkippedRecordsAfterSlowReading);
    for (schema, change) in
        [(Schema::Mbp1, FeedChange::Gap), (Schema::Mbo, FeedChange::Disconnected)]
    {
        let stream = [header(3), skipped.clone()].concat();
        let mut world = World::subscribed(Script { stream, ..Script::default() }, schema, 0);
        world.until("the event", |w| w.has(change, "these words")).expect("not fatal");
        assert_eq!(world.feed.is_streaming(), change == FeedChange::Gap);
    }
}

#[test]
fn a_book_in_doubt_is_asked_for_again_and_then_by_a_new_session() {
    let mut doubtful = order(2);
    doubtful.flags = dbn::FlagSet::new(gauntlet_model::input::flags::MAYBE_BAD_BOOK);
    let mut clear = order(0);
    clear.action = b'R' as _;
    clear.flags = dbn::FlagSet::new(gauntlet_model::input::flags::LAST);
    let stream =
        [header(3), records([mapping()]), records([clear.clone()]), records([doubtful])].concat();
    let mut world = World::new(Script { stream, ..Script::default() });
    world.until("the orders", |w| w.orders() == 2).expect("alive");
    let asked = |w: &World| w.feed.stats().snapshots_asked;
    world.now = world.now.plus(11 * NANOS_PER_SECOND);
    world.server.to_send.extend(records([SystemMsg::heartbeat(1)]));
    let request = "schema=mbo|stype_in=raw_symbol|symbols=ESH4|snapshot=1|id=2|is_last=1";
    world.until("the request", |w| w.server.requests.iter().any(|r| r == request)).expect("alive");
    assert!(world.feed.warning().contains("the book of ESH4 is in doubt"));
    // The snapshot comes, and that is all.
    world.server.to_send.extend(records([clear]));
    world.until("the snapshot", |w| w.orders() == 3).expect("alive");
    for _ in 0..20 {
        world.now = world.now.plus(9 * NANOS_PER_SECOND);
        world.server.to_send.extend(records([SystemMsg::heartbeat(1)]));
        let read = world.feed.stats().records;
        world.until("a heartbeat", |w| w.feed.stats().records > read).expect("alive");
    }
    assert_eq!(asked(&world), 1);
    // Doubt that no snapshot ends.
    let mut doubtful = order(3);
    doubtful.flags = dbn::FlagSet::new(gauntlet_model::input::flags::MAYBE_BAD_BOOK);
    world.server.to_send.extend(records([doubtful]));
    for _ in 0..12 {
        let (read, sessions) = (world.feed.stats().records, world.feed.stats().sessions);
        world.server.to_send.extend(records([SystemMsg::heartbeat(1)]));
        let done = |w: &World| w.feed.stats().records > read || !w.feed.is_streaming();
        world.until("a heartbeat", done).expect("alive");
        if sessions > 1 || !world.feed.is_streaming() {
            break;
        }
        world.now = world.now.plus(9 * NANOS_PER_SECOND);
    }
    assert_eq!(asked(&world), 4);
    assert!(world.has(FeedChange::Disconnected, "the book of ESH4 is in doubt after 3 snapshots"));
}

#[test]
fn a_gateway_that_refuses_a_snapshot_is_left_and_not_given_up() {
    let mut doubtful = order(2);
    doubtful.flags = dbn::FlagSet::new(gauntlet_model::input::flags::MAYBE_BAD_BOOK);
    let stream = [header(3), records([mapping()]), records([doubtful])].concat();
    let mut world = World::new(Script { stream, ..Script::default() });
    world.until("the order", |w| w.orders() == 1).expect("alive");
    world.now = world.now.plus(NANOS_PER_SECOND * 10);
    world.server.to_send.extend(records([SystemMsg::heartbeat(1)]));
    world.until("the request", |w| w.feed.stats().snapshots_asked == 1).expect("alive");
    world.server.to_send.extend(error(ErrorCode::InvalidSubscription));
    let lost = |w: &World| w.has(FeedChange::Disconnected, "gateway error: these words");
    world.until("the event", lost).expect("not fatal");
}

#[test]
fn once_it_has_worked_a_feed_does_not_give_up() {
    let mut world = World::new(Script { stream: stream(1), hang_up: true, ..Script::default() });
    world
        .until("the first session's end", |w| w.has(FeedChange::Disconnected, "closed the line"))
        .expect("alive");
    world.server.script = Script { answer: Some("success=0|error=go away\n"), ..Script::default() };
    world.now = world.now.plus(NANOS_PER_SECOND);
    world
        .until("the refusal", |w| w.has(FeedChange::Disconnected, "refused: go away"))
        .expect("not fatal any more");
    world.server.script = Script {
        stream: [stream(1), error(ErrorCode::SymbolResolutionFailed)].concat(),
        ..Script::default()
    };
    world.now = world.now.plus(NANOS_PER_SECOND);
    world
        .until("the second session", |w| w.feed.warning() == "these words")
        .expect("not fatal any more");
    assert!(world.feed.is_streaming());
    assert_eq!(world.feed.stats().sessions, 2);
}

#[test]
fn one_more_contract_is_asked_for_at_once_and_one_that_ended_in_no_later_session() {
    let mut world = World::new(Script { stream: stream(1), ..Script::default() });
    world.until("the order", |w| w.orders() == 1).expect("alive");
    let next = FeedInstrument::unchecked("ESM4", InstrumentId(6));
    world.feed.follow(next).expect("room");
    let request = "schema=mbo|stype_in=raw_symbol|symbols=ESM4|snapshot=1|id=1001|is_last=1";
    world.until("the request", |w| w.server.requests.iter().any(|r| r == request)).expect("alive");
    // Its records are ours from then on.
    let mapped = SymbolMappingMsg::new(
        43,
        1,
        SType::RawSymbol,
        "ESM4",
        SType::RawSymbol,
        "ESM4",
        0,
        u64::MAX,
    );
    world.server.to_send.extend(records([mapped.expect("fits")]));
    let mut of_next = order(2);
    of_next.hd.instrument_id = 43;
    world.server.to_send.extend(records([of_next]));
    world.until("its order", |w| w.orders() == 2).expect("alive");
    let Some(Received { input: Input::Mbo(order), .. }) = world.got.last() else {
        panic!("{:?}", world.got)
    };
    assert_eq!(order.instrument, InstrumentId(6));
    // The first one ends; the last one that is left is never left.
    world.feed.leave("ESH4");
    world.feed.leave("ESM4");
    world.server.client = None;
    world.until("the end", |w| w.has(FeedChange::Disconnected, "closed")).expect("alive");
    world.now = world.now.plus(NANOS_PER_SECOND);
    let later = "schema=mbo|stype_in=raw_symbol|symbols=ESM4|snapshot=1|id=1|is_last=1";
    world.until("the session", |w| w.server.asked.iter().any(|r| r == later)).expect("alive");
}

#[test]
fn a_feed_follows_no_more_than_there_may_be() {
    let mut world = World::new(Script::default());
    for index in 1..gauntlet_model::ids::INSTRUMENTS_MAX as u16 {
        let one = FeedInstrument::unchecked(&format!("X{index}"), InstrumentId(index));
        world.feed.follow(one).expect("room");
    }
    let one_more = FeedInstrument::unchecked("ESM4", InstrumentId(6));
    assert!(
        matches!(world.feed.follow(one_more), Err(FeedError::Config(why)) if why.contains("ESM4"))
    );
}

#[test]
fn impossible_settings_are_refused_before_anything_is_sent() {
    let good = LiveConfig {
        feed: 0,
        addr: "127.0.0.1:1".into(),
        key: ApiKey::new(KEY).expect("a key"),
        dataset: "GLBX.MDP3".into(),
        subscriptions: vec![Subscription::raw(Schema::Mbo, ["ESH4"])],
        instruments: vec![FeedInstrument::unchecked("ESH4", InstrumentId(5))],
        history_hours: 0,
        heartbeat_interval_s: LiveConfig::HEARTBEAT_INTERVAL_S,
        buffer_bytes: LiveConfig::BUFFER_BYTES,
    };
    assert!(LiveFeed::new(good.clone()).is_ok());
    assert!(!format!("{good:?}").contains("0123456789"), "the key is never printed");
    let refused = |change: fn(&mut LiveConfig)| {
        let mut config = good.clone();
        change(&mut config);
        LiveFeed::new(config).err().expect("impossible").to_string()
    };
    assert!(refused(|c| c.dataset = "a|b".into()).contains("dataset"));
    assert!(refused(|c| c.heartbeat_interval_s = 4).contains("5 to 1800"));
    assert!(refused(|c| c.buffer_bytes = 100).contains("receive buffer"));
    assert!(refused(|c| c.instruments.clear()).contains("instruments"));
    assert!(refused(|c| c.subscriptions.clear()).contains("no subscriptions"));
    assert!(refused(|c| c.subscriptions[0].symbols.clear()).contains("mbo has no symbols"));
    assert!(refused(|c| c.addr = "no such host:1".into()).contains("cannot find"));
}

/// Somewhere in a session, something else than the protocol.
fn rubbish() -> impl Strategy<Value = Script> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..2_000);
    let torn = (any::<prop::sample::Index>(), any::<u8>(), any::<prop::sample::Index>());
    prop_oneof![
        bytes().prop_map(|opening| Script { opening: Some(opening), ..Script::default() }),
        bytes().prop_map(|stream| Script { stream, hang_up: true, ..Script::default() }),
        bytes().prop_map(|b| Script {
            stream: [stream(2), b].concat(),
            hang_up: true,
            ..Script::default()
        }),
        (proptest::collection::vec(torn, 1..4), 1..4u8, 0..200usize).prop_map(
            |(flips, version, chunk)| {
                let heartbeat = records([SystemMsg::heartbeat(1)]);
                let definition = records([dbn::InstrumentDefMsg::default()]);
                let mut stream =
                    [header(version), records([mapping()]), heartbeat, definition].concat();
                stream.extend(records([order(1), order(2)]));
                for (at, value, _) in &flips {
                    let at = at.index(stream.len());
                    stream[at] = *value;
                }
                let keep = flips[0].2.index(stream.len()) + 1;
                stream.truncate(keep);
                Script { stream, hang_up: true, chunk, ..Script::default() }
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_of_a_server_make_the_feed_panic(script in rubbish()) {
        let mut world = World::new(script);
        for turn in 0..3_000 {
            if turn % 500 == 499 {
                world.now = world.now.plus(4 * NANOS_PER_SECOND);
            }
            if world.turn().is_err() {
                break;
            }
        }
        for received in &world.got {
            if let Input::Mbo(order) = received.input {
                prop_assert_eq!(order.instrument, InstrumentId(5));
            }
        }
    }
}

const NOW_MINUTE: u64 = 28_333_333;

fn minute(back: u64) -> OhlcvMsg {
    let begins = (NOW_MINUTE - back) * 60 * NANOS_PER_SECOND;
    OhlcvMsg {
        hd: RecordHeader::new::<OhlcvMsg>(dbn::rtype::OHLCV_1M, 1, 7, begins),
        open: 1,
        high: 1,
        low: 1,
        close: 1,
        volume: 1,
    }
}

fn said(code: SystemCode, text: &str) -> SystemMsg {
    SystemMsg::new(0, Some(code), text).expect("fits")
}

impl World {
    fn minutes(&self) -> (usize, usize) {
        let count = |is: fn(&Input) -> bool| self.got.iter().filter(|r| is(&r.input)).count();
        (count(|i| matches!(i, Input::History(_))), count(|i| matches!(i, Input::Ohlcv(_))))
    }

    /// The schemas that were asked for, with their starts.
    fn asked(&self) -> Vec<(String, Option<u64>)> {
        let field = |line: &str, key: &str| {
            let found = line.split('|').filter_map(|f| f.split_once('=')).find(|(k, _)| *k == key);
            found.map(|(_, value)| value.to_owned())
        };
        let asked = self.server.asked.iter();
        asked
            .filter_map(|line| {
                let start = field(line, "start").and_then(|start| start.parse().ok());
                Some((field(line, "schema")?, start))
            })
            .collect()
    }
}

#[test]
fn the_past_is_told_before_the_market_is_asked_for_and_moves_no_clock_a_minute_told_at_its_end_does()
 {
    let bars = records([minute(3), minute(2), minute(1)]);
    let told = records([said(SystemCode::ReplayCompleted, "Finished ohlcv-1m replay")]);
    let stream = [header(3), records([mapping()]), bars, told, records([minute(0)])].concat();
    let mut world = World::subscribed(Script { stream, ..Script::default() }, Schema::Mbo, 24);
    world.until("the market", |w| w.asked().len() == 2).expect("alive");
    world.until("the last minute", |w| w.minutes() == (4, 0)).expect("alive");
    assert_eq!(world.asked(), [("ohlcv-1m".into(), Some(0)), ("mbo".into(), None)]);
    let timeless = |r: &&Received| matches!(r.input, Input::History(_)) && r.ts == UnixNanos(0);
    assert_eq!(world.got.iter().filter(timeless).count(), 3);
    // The minute that was told live is over, which a clock that follows the data learns from it alone.
    let last = world.got.iter().rfind(|r| matches!(r.input, Input::History(_)));
    let end = UnixNanos((NOW_MINUTE + 1) * 60 * NANOS_PER_SECOND);
    assert_eq!(last.map(|received| received.ts), Some(end));
    // After an outage what is missing is asked for, and a little before it.
    world.server.client = None;
    world.until("the drop", |w| !w.feed.is_streaming()).expect("alive");
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.until("the market again", |w| w.asked().len() == 4).expect("alive");
    let start = (NOW_MINUTE + 1 - 3) * 60 * NANOS_PER_SECOND;
    assert_eq!(world.asked()[2], ("ohlcv-1m".into(), Some(start)));
}

#[test]
fn fewer_hours_of_the_past_are_asked_for_by_the_wall_clock() {
    let mut world = World::subscribed(Script::default(), Schema::Mbo, 2);
    world.until("the request", |w| !w.asked().is_empty()).expect("alive");
    let start = world.asked()[0].1.expect("a start");
    let back = world.now.0 - start;
    assert!((7_200 * NANOS_PER_SECOND..7_201 * NANOS_PER_SECOND).contains(&back), "{back}");
}

#[test]
fn a_market_of_bars_goes_on_where_their_past_ends() {
    let told = records([said(SystemCode::ReplayCompleted, "done")]);
    let stream =
        [header(3), records([mapping()]), records([minute(1)]), told, records([minute(0)])]
            .concat();
    let mut world = World::subscribed(Script { stream, ..Script::default() }, Schema::Ohlcv1M, 24);
    world.until("both", |w| w.minutes() == (1, 1)).expect("alive");
    assert_eq!(world.asked().len(), 1);
}

#[test]
fn a_gateway_without_end_of_the_past_is_not_listened_to_for_ever() {
    let endless = records((0..22_000).map(|_| minute(5)));
    let stream = [header(3), records([mapping()]), endless].concat();
    let mut world = World::subscribed(Script { stream, ..Script::default() }, Schema::Mbo, 24);
    world.until("the market", |w| w.asked().len() == 2).expect("alive");
    world.until("all of it", |w| w.feed.stats().records == 22_001).expect("alive");
    assert!(world.minutes().0 < 21_500, "{:?}", world.minutes());
    assert!(
        world.feed.warning().contains("more than it was asked for"),
        "{}",
        world.feed.warning()
    );
}

#[test]
fn the_market_does_not_wait_long_for_its_past() {
    let stream = [header(3), records([mapping()]), records([minute(5)])].concat();
    let mut world = World::subscribed(Script { stream, ..Script::default() }, Schema::Mbo, 24);
    world.until("a minute", |w| w.minutes() == (1, 0)).expect("alive");
    let heartbeat = said(SystemCode::Heartbeat, "Heartbeat");
    for _ in 0..4 {
        world.now = world.now.plus(6 * NANOS_PER_SECOND);
        world.server.to_send.extend_from_slice(heartbeat.as_ref());
        let before = world.feed.stats().records;
        world.until("a sign of life", |w| w.feed.stats().records > before).expect("alive");
    }
    world.until("the market", |w| w.asked().len() == 2).expect("alive");
    assert!(world.feed.warning().contains("too long"), "{}", world.feed.warning());
    world.server.to_send.extend_from_slice(minute(4).as_ref());
    world.until("the late minute", |w| w.feed.stats().records == 7).expect("alive");
    assert_eq!(world.minutes(), (1, 0), "what comes late is left out");
}

#[test]
fn a_gateway_that_refuses_the_past_is_asked_for_the_market_alone() {
    let code = Some(ErrorCode::InvalidSubscription);
    let refusal = ErrorMsg::new(0, code, "no replay here", true);
    let stream = [header(3), records([refusal])].concat();
    let mut world = World::subscribed(Script { stream, ..Script::default() }, Schema::Mbo, 24);
    world.until("the refusal", |w| w.has(FeedChange::Disconnected, "no replay")).expect("alive");
    world.server.script.stream = self::stream(3);
    world.now = world.now.plus(NANOS_PER_SECOND);
    world.until("orders", |w| w.orders() == 3).expect("alive");
    assert_eq!(world.asked()[1..], [("mbo".to_string(), None)]);
}
