use super::*;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    Command, CommandKind, FeedChange, FeedEvent, Input, Route, Scope, SessionChange, SessionEvent,
};
use gauntlet_model::session_vitals::SessionVitals;
use gauntlet_model::text::Text;
use gauntlet_readmodel::api::{
    Bot, FixAdapter, Health, Latency, Orders, PlatformState, Positions, Snapshot, Status,
};
use gauntlet_readmodel::fix_board::SessionOf;
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::latency::Segment;
use gauntlet_testkit::morning::{self, Morning};
use reqwest::blocking::{Client, Response};
use reqwest::header;
use serde::de::DeserializeOwned;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

struct World {
    dir: tempfile::TempDir,
    board: Arc<Mutex<LatencyBoard>>,
    counters: Arc<NodeCounters>,
    server: Server,
    client: Client,
}

fn config(dir: &tempfile::TempDir) -> ServerConfig {
    ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        allow_remote: false,
        journal_dir: dir.path().to_owned(),
        title: "test node".to_owned(),
        identity: "this-node".to_owned(),
    }
}

fn board() -> Arc<Mutex<LatencyBoard>> {
    Arc::new(Mutex::new(LatencyBoard::new(TickClock::new())))
}

fn world(morning: &Morning) -> World {
    let dir = tempfile::tempdir().expect("a directory");
    morning.write(dir.path());
    let (board, counters) = (board(), Arc::new(NodeCounters::default()));
    let server = Server::spawn(config(&dir), Arc::clone(&board), Arc::clone(&counters));
    let server = server.expect("the server starts");
    World { dir, board, counters, server, client: Client::new() }
}

impl World {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().expect("the server answers")
    }

    fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        self.get(path).json().expect("the API's type")
    }

    /// Waits until the picture holds the whole journal.
    fn caught_up(&self) -> Status {
        self.until("the picture is complete", || {
            let status: Status = self.read("/api/status");
            status.journal.caught_up.then_some(status)
        })
    }

    /// Waits until the hot loop is seen to move.
    fn moves(&self) {
        self.until("the loop is seen to move", || {
            self.counters.loops.fetch_add(1, Ordering::Relaxed);
            (self.get("/livez").status() == 200).then_some(())
        });
    }

    fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "in time: {what}");
        }
    }

    fn stream(&self, origin: Option<&str>) -> tungstenite::Result<Stream> {
        let url = format!("ws://{}/ws", self.server.address());
        let mut request = url.into_client_request().expect("a valid address");
        if let Some(origin) = origin {
            let origin = origin.parse().expect("a valid header");
            request.headers_mut().insert("Origin", origin);
        }
        tungstenite::connect(request).map(|(stream, _)| stream)
    }
}

type Stream = WebSocket<MaybeTlsStream<TcpStream>>;

#[derive(serde::Deserialize)]
struct Frame {
    snapshot: Snapshot,
    health: Health,
}

fn next_frame(stream: &mut Stream) -> Frame {
    loop {
        if let Message::Text(text) = stream.read().expect("the stream is open") {
            return serde_json::from_str(&text).expect("a frame");
        }
    }
}

#[test]
fn the_api_tells_the_journals_picture() {
    let world = world(&Morning::whole());
    world.moves();
    let status = world.caught_up();
    assert_eq!((status.title.as_str(), status.state), ("test node", PlatformState::Trading));
    assert!(status.counts.fills > 0 && status.node.is_some());
    let bots: Vec<Bot> = world.read("/api/bots");
    assert_eq!(
        bots.iter().map(|bot| bot.name.as_str()).collect::<Vec<_>>(),
        ["es-orb", "es-paper"]
    );
    let orders: Orders = world.read("/api/orders");
    assert_eq!(orders.finished.len() as u64, status.counts.orders_filled);
    let positions: Positions = world.read("/api/positions");
    assert_eq!(positions.bots.len(), 2);
    let all: Snapshot = world.read("/api/snapshot");
    assert_eq!((all.bots, all.orders), (bots, orders));
    assert_eq!(world.get("/api/nothing").status(), 404);
    let post = world.client.post(world.url("/api/status")).send().expect("answers");
    assert_eq!(post.status(), 405);
    world.server.stop();
}

#[test]
fn the_page_comes_whole_and_is_locked_to_this_server() {
    let world = world(&Morning::begin());
    let page = world.get("/");
    let header = |name| page.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    assert_eq!(page.status(), 200);
    assert!(header(header::CONTENT_TYPE).starts_with("text/html"));
    assert!(header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
    assert_eq!(header(header::X_FRAME_OPTIONS), "DENY");
    assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let text = page.text().expect("text");
    for (path, kind) in [("/app.js", "text/javascript"), ("/style.css", "text/css")] {
        assert!(text.contains(path), "the page names {path}");
        let part = world.get(path);
        assert_eq!(part.status(), 200);
        let told = part.headers()[header::CONTENT_TYPE].to_str().expect("text").to_owned();
        assert!(told.starts_with(kind), "{path}: {told}");
    }
    for foreign in ["http://", "https://"] {
        let fetched = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!fetched.contains(foreign), "the page fetches from {foreign}");
    }
}

#[test]
fn a_foreign_host_or_origin_reads_nothing() {
    let world = world(&Morning::begin());
    let rebound = world.client.get(world.url("/api/status")).header("Host", "evil.example");
    let rebound = rebound.send().expect("answers");
    assert_eq!(rebound.status(), 403);
    assert!(rebound.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    let Err(tungstenite::Error::Http(refused)) = world.stream(Some("https://evil.example")) else {
        panic!("a foreign page opened the stream");
    };
    assert_eq!(refused.status(), 403);
    let own = format!("http://{}", world.server.address());
    world.stream(Some(&own)).expect("our own page reads the stream");
}

#[test]
fn the_stream_begins_with_the_picture_and_follows_the_journal() {
    let morning = Morning::begin();
    let world = world(&morning);
    world.caught_up();
    let mut stream = world.stream(None).expect("the stream opens");
    let first = next_frame(&mut stream);
    assert_eq!(first.snapshot.status.seq, morning.steps.len() as u64);
    assert!(!first.health.healthy);

    let mut longer = Morning::begin();
    longer.input(morning::OPEN, morning::quote(0, morning::OPEN));
    let mut journal = morning::open(world.dir.path());
    let added = &longer.steps[morning.steps.len()];
    journal.inputs.append_input(&added.sequenced).expect("the input follows");
    let seq = world.until("the new input is told", || {
        let seq = next_frame(&mut stream).snapshot.status.seq;
        (seq > first.snapshot.status.seq).then_some(seq)
    });
    assert_eq!(seq, added.sequenced.seq);
}

#[test]
fn no_more_clients_than_there_is_room_for() {
    let world = world(&Morning::begin());
    let open = |_| world.stream(None).expect("there is room");
    let streams: Vec<Stream> = (0..websocket::CLIENTS_MAX).map(open).collect();
    assert!(matches!(world.stream(None), Err(tungstenite::Error::Http(_))));
    drop(streams);
    world.until("a place is free again", || world.stream(None).ok());
}

#[test]
fn health_needs_a_hot_loop_that_moves() {
    let world = world(&Morning::begin());
    let sick = world.get("/healthz");
    assert_eq!(sick.status(), 503);
    let health: Health = sick.json().expect("reasons");
    assert!(health.reasons[0].contains("hot thread"), "{health:?}");
    assert_eq!(world.get("/livez").status(), 503);
    world.moves();
    for path in ["/healthz", "/readyz", "/livez"] {
        assert_eq!(world.get(path).status(), 200, "{path}");
    }
    world.counters.journal_short.store(true, Ordering::Relaxed);
    for path in ["/healthz", "/readyz", "/livez"] {
        assert_eq!(world.get(path).status(), 503, "{path}");
    }
    assert_eq!(world.read::<Status>("/api/status").state, PlatformState::Unwell);
}

/// Everywhere the node says whether it can trade, with the first reason.
fn said(world: &World) -> (u16, String, Status) {
    let ready = world.get("/readyz");
    let code = ready.status().as_u16();
    assert_eq!(world.get("/healthz").status().as_u16(), code);
    (code, ready.text().expect("text"), world.read("/api/status"))
}

#[test]
fn what_keeps_it_from_trading_is_told_at_once_and_the_same_everywhere() {
    let mut morning = Morning::begin();
    let world = world(&morning);
    world.moves();
    let mut journal = morning::open(world.dir.path());
    let mut say = |input: Input| {
        let known = morning.steps.len();
        morning.input(morning::OPEN, input);
        for step in &morning.steps[known..] {
            journal.inputs.append_input(&step.sequenced).expect("the input fits");
            morning::append_effects(&mut journal, step, step.effects.len());
        }
        world.counters.loops.fetch_add(1, Ordering::Relaxed);
        said(&world)
    };
    let session = |change| {
        Input::Session(SessionEvent {
            route: Route::BROKER,
            change,
            msg_seq_num: 1,
            reset: false,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::new("peer reset"),
        })
    };
    let feed = |change| Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY });
    let command = |kind| {
        let (scope, actor, reason) = (Scope::Platform, Text::new("ann"), Text::new("drill"));
        Input::Command(Command { kind, scope, actor, reason })
    };
    let kill = CommandKind::Kill { flatten: false };
    for (input, state, word) in [
        (session(SessionChange::Disconnected), PlatformState::BrokerDown, "peer reset"),
        (session(SessionChange::LoggedOn), PlatformState::Trading, "ok"),
        (feed(FeedChange::Stale), PlatformState::FeedDown, "market data is stale"),
        (feed(FeedChange::Gap), PlatformState::FeedDown, "market data is gap"),
        (feed(FeedChange::Connected), PlatformState::Trading, "ok"),
        (feed(FeedChange::Gap), PlatformState::Trading, "ok"),
        (command(kill), PlatformState::Killed, "killed by ann"),
        (command(CommandKind::Unkill), PlatformState::Trading, "ok"),
    ] {
        let (code, line, status) = say(input);
        assert_eq!((status.state, status.running), (state, true), "{word}: {line}");
        assert!(line.contains(word), "{word}: {line}");
        assert_eq!(code == 200, state == PlatformState::Trading, "{line}");
        assert_eq!(status.reasons.first().map_or("ok", |why| why), line.trim_end());
    }
}

#[test]
fn latency_is_told_in_percentiles_in_buckets_and_to_prometheus() {
    let world = world(&Morning::whole());
    let samples = [900, 1_000, 1_100, 5_000];
    for nanos in samples {
        world.board.lock().expect("not poisoned").record_ns(Segment::TickToOrder, nanos);
    }
    let latency: Latency = world.read("/api/observability/latency");
    let summary = latency.segments.iter().find(|s| s.segment == "tick_to_order").expect("told");
    assert_eq!(summary.count, 4);
    let buckets = latency.histograms.iter().find(|h| h.segment == "tick_to_order").expect("told");
    assert_eq!(buckets.buckets.iter().map(|(_, count)| count).sum::<u64>(), 4);
    assert!(buckets.buckets.is_sorted());
    assert!(buckets.buckets.iter().any(|(bound, _)| (5_000..6_000).contains(bound)));

    let status = world.caught_up();
    let metrics = world.get("/metrics").text().expect("text");
    let has = |line: &str| assert!(metrics.lines().any(|l| l == line), "{line} in\n{metrics}");
    has(&format!("gauntlet_fills_total {}", status.counts.fills));
    has("gauntlet_latency_seconds_count{segment=\"tick_to_order\"} 4");
    has("gauntlet_link_up{link=\"broker\"} 0");
    has("gauntlet_broker_session_up{broker=\"broker\"} 1");
    // Nothing is known of how a session fares that no node runs.
    assert!(!metrics.contains("gauntlet_fix_gaps_total{"), "{metrics}");
    let (route, of) = (Route::BROKER, SessionOf::Orders);
    let vitals = SessionVitals {
        gaps: 3,
        round_trip_ns: 2_000_000,
        round_trip_at: 1,
        ..SessionVitals::default()
    };
    world.counters.fix.publish(route, of, &vitals);
    let metrics = world.get("/metrics").text().expect("text");
    let has = |line: &str| assert!(metrics.lines().any(|l| l == line), "{line} in\n{metrics}");
    has("gauntlet_fix_gaps_total{session=\"broker\"} 3");
    has("gauntlet_fix_round_trip_seconds{session=\"broker\"} 0.002");
    let adapter: FixAdapter = world.read("/api/observability/fix-adapter");
    assert_eq!(adapter.sessions[0].live.as_ref().map(|live| live.gaps), Some(3));
    assert!(
        metrics.contains("gauntlet_latency_seconds{segment=\"tick_to_order\",quantile=\"0.5\"} ")
    );
    // The loop measures itself.
    assert!(metrics.contains("gauntlet_latency_seconds_count{segment=\"control_loop\"}"));
}

#[test]
fn an_address_that_cannot_be_used_says_what_to_do() {
    let world = world(&Morning::begin());
    let spawn = |listen| {
        let config = ServerConfig { listen, ..config(&world.dir) };
        Server::spawn(config, board(), Arc::default()).expect_err("refused")
    };
    let taken = world.server.address();
    let error = spawn(taken);
    assert!(matches!(error, ServerError::Bind { address, .. } if address == taken));
    let text = error.to_string();
    assert!(text.contains(&taken.port().to_string()) && text.contains("in use"), "{text}");
    assert!(text.contains("http.listen"), "{text}");

    let error = spawn(SocketAddr::from(([0, 0, 0, 0], 0)));
    assert!(matches!(error, ServerError::Remote { .. }), "{error}");
    world.server.stop();
    let again = ServerConfig { listen: taken, ..config(&world.dir) };
    Server::spawn(again, board(), Arc::default()).expect("the port is free after a stop");
}

#[test]
fn every_answer_says_whose_it_is_and_a_question_to_another_node_is_refused() {
    let world = world(&Morning::whole());
    for path in ["/", "/api/status", "/no-such-path"] {
        let answer = world.get(path);
        assert_eq!(
            answer.headers()[gauntlet_readmodel::node_file::NODE_HEADER],
            "this-node",
            "{path}"
        );
        let asked = |node: &str| {
            let request = world.client.get(world.url(path));
            let sent = request.header(gauntlet_readmodel::node_file::NODE_HEADER, node).send();
            sent.expect("the server answers").status()
        };
        assert_eq!(asked("this-node"), answer.status(), "{path}");
        assert_eq!(asked("another-node"), 421, "{path}");
    }
}

/// Whether the server has closed a connection; waits for its word a moment at most.
fn is_closed(client: &mut TcpStream) -> bool {
    client.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    match client.read(&mut [0; 512]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn idle_clients_fill_the_door_and_are_let_go_while_one_more_is_closed_at_once() {
    let world = world(&Morning::whole());
    let connect = || TcpStream::connect(world.server.address()).expect("the system connects");
    let mut idle: Vec<TcpStream> = (0..CONNECTIONS_MAX).map(|_| connect()).collect();
    // A request that never ends is as idle as none.
    idle[0].write_all(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nX: ").expect("sent");
    let mut one_more = world.until("one more is turned away", || {
        let mut client = connect();
        is_closed(&mut client).then_some(client)
    });
    assert!(is_closed(&mut one_more));
    world.until("all of them are let go", || idle.iter_mut().all(is_closed).then_some(()));
    let metrics = world.get("/metrics").text().expect("text");
    let of = |name: &str| {
        let line = metrics.lines().find(|line| line.starts_with(name)).expect("a metric");
        line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a number")
    };
    assert!(of("gauntlet_http_turned_away_total") >= 1, "{metrics}");
    assert!(of("gauntlet_http_connections") <= 2, "{metrics}");
}
