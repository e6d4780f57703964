//! The parts of a node without a feed, a broker or threads, for tests.

use crate::config::{ClockChoice, Config, Definitions};
use crate::control_socket::ControlSocket;
use crate::ingest::{Ingest, Sequencing};
use crate::outlet::{EffectJournal, Gateways, OrderTiming, Outlet};
use crate::state::NodeState;
use gauntlet_engine::sequencer::Sequencer;
use gauntlet_feeds::{ApiKey, FeedInstrument, LiveConfig, LiveFeed, Received, Subscription};
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig};
use gauntlet_gateways::fix::session::{SequenceNumbers, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_journal::{EffectWriter, InputWriter, Journal, JournalConfig, OpenedJournal};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BookAction, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, Quote, Route,
    TopOfBook, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, PRICE_SCALE, Price, Side, UnixNanos};
use gauntlet_runtime::clock::{Clock, TickClock, WallClock};
use gauntlet_runtime::latency::LatencyBoard;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Shortest segment there may be.
pub const SEGMENT: usize = 64 << 10;

/// A node's directory and what its parts share.
pub struct Parts {
    dir: TempDir,
    pub state: Arc<NodeState>,
    pub ticks: TickClock,
    pub board: LatencyBoard,
}

impl Parts {
    pub fn new() -> Parts {
        let ticks = TickClock::new();
        Parts {
            dir: tempfile::tempdir().expect("a directory"),
            state: Arc::default(),
            board: LatencyBoard::new(ticks.clone()),
            ticks,
        }
    }

    pub fn journal(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    /// A journal on a disk that has room for one segment a stream and no more.
    pub fn small_journal(&self) -> (InputWriter, EffectWriter) {
        let config = JournalConfig {
            segment_bytes: SEGMENT,
            max_bytes: Some(2 * SEGMENT as u64),
            epoch: Some(1),
        };
        let opened = Journal::create_or_open(&self.journal(), &config).expect("a journal");
        let OpenedJournal { inputs, effects, .. } = opened;
        (inputs, effects)
    }

    pub fn outlet(&mut self, effects: EffectWriter) -> Outlet {
        self.outlet_to(nowhere(), effects)
    }

    /// An outlet whose broker listens at `address`.
    pub fn outlet_to(&mut self, address: SocketAddr, effects: EffectWriter) -> Outlet {
        let state = || Arc::clone(&self.state);
        let timing = OrderTiming::new(self.ticks.clone(), self.board.recorder(16));
        let gateways = Gateways::new(vec![(Route::BROKER, Box::new(Parts::broker(address)))]);
        Outlet::new(EffectJournal::new(effects, state()), gateways, timing, state())
    }

    /// A gateway to a broker that listens at `address`.
    pub fn broker(address: SocketAddr) -> FixGateway {
        FixGateway::new(FixGatewayConfig {
            route: Route::BROKER,
            address,
            epoch: 1,
            session: SessionConfig::initiator("US", "THEM"),
            numbers: SequenceNumbers::default(),
            backoff: Backoff::default(),
        })
        .expect("a valid session")
    }

    pub fn ingest(&mut self, inputs: InputWriter) -> Ingest<LiveFeed> {
        let sequencing = Sequencing::new(
            Sequencer::resume(0, UnixNanos(0)),
            inputs,
            (ClockChoice::Data, Clock::System(WallClock::new(self.ticks.clone()))),
            self.ticks.clone(),
            self.board.recorder(16),
            Arc::clone(&self.state),
            Definitions::default(),
        );
        Ingest::new(Vec::new(), feed(), Some(control(self.dir.path())), sequencing)
    }
}

/// A port that nobody listens on.
pub fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}

fn feed() -> LiveFeed {
    LiveFeed::new(LiveConfig {
        feed: 0,
        addr: nowhere().to_string(),
        key: ApiKey::new("db-any-key").expect("a key"),
        dataset: "GLBX.MDP3".to_owned(),
        instruments: vec![FeedInstrument::unchecked("ESZ6", InstrumentId(0))],
        subscriptions: vec![Subscription::raw(dbn::Schema::Mbp1, ["ESZ6"])],
        history_hours: 0,
        heartbeat_interval_s: 5,
        buffer_bytes: LiveConfig::BUFFER_BYTES,
    })
    .expect("a valid feed")
}

fn control(dir: &Path) -> ControlSocket {
    ControlSocket::bind(&dir.join("control.sock")).expect("a control socket")
}

/// An instrument.
pub fn definition() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESZ6"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(250_000_000),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    }
}

/// An order for it, as the order manager makes them.
pub fn outbound(route: Route) -> Outbound {
    Outbound::unchecked(OutboundRecord {
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId::new(1, BotId(0), 0).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        route,
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: 1,
        price: Price(5_000 * PRICE_SCALE),
        time_in_force: TimeInForce::Day,
    })
}

/// Tuesday 17 November 2026, 09:30 New York, in seconds.
pub const OPEN: u64 = 1_794_925_800;

/// A configuration with a bot on paper and one at the broker, whose data and broker come from elsewhere.
pub fn config(layout: &str, clock: &str) -> Config {
    let mut text = format!(
        "[node]\nlayout = \"{layout}\"\nwait = \"park\"\nclock = \"{clock}\"\n\
         [journal]\nsegment_mib = 1\n\
         [feed]\naddress = \"127.0.0.1:1\"\ndataset = \"GLBX.MDP3\"\nkey = \"db-any-key\"\n\
         schema = \"mbp-1\"\nhistory_hours = 0\n\
         [broker]\naddress = \"127.0.0.1:1\"\nsender_comp_id = \"US\"\ntarget_comp_id = \"THEM\"\n\
         [[account]]\nname = \"TEST\"\nmax_position = 20\nmessages_per_second = 100\n\
         cancel_headroom = 20\n\
         [[instrument]]\nsymbol = \"ESZ6\"\nmax_order_qty = 10\nmax_position = 20\n\
         collar_ticks = 400\nstale_after_ms = 60000\n"
    );
    for stage in ["PAPER", "LIVE"] {
        text.push_str(&format!(
            "[[bot]]\nname = \"orb-{stage}\"\naccount = \"TEST\"\ninstrument = \"ESZ6\"\n\
             archetype = \"orb_breakout\"\nstage = \"{stage}\"\nsession = \"RTH_US\"\n\
             order_qty = 2\nstop_loss = \"20 ticks\"\ntake_profit = \"40 ticks\"\n\
             max_order_qty = 2\nmax_position = 2\n"
        ));
    }
    Config::parse(&text, "test").expect("a valid configuration")
}

/// A morning that breaks out of its opening range upwards, falls back through it, and stands still.
pub fn morning() -> Vec<Received> {
    let seconds = (0..7_200).step_by(4);
    let quotes = seconds.map(|second: u64| {
        let minute = (second / 60) as i64;
        let ticks = match minute {
            0..30 => minute % 4,
            30..50 => 3 + (minute - 29) * 4,
            50..80 => 80 - (minute - 49) * 8,
            _ => -160,
        };
        let last = Price(5_000 * PRICE_SCALE).offset_ticks(ticks, Price(250_000_000));
        let ts = UnixNanos((OPEN + second) * NANOS_PER_SECOND);
        let (bid, ask) = (last.offset_ticks(-1, Price(250_000_000)), last);
        let input = Input::Quote(Quote {
            instrument: InstrumentId(0),
            action: BookAction::Trade,
            side: None,
            flags: flags::LAST,
            price: last,
            size: 1,
            top: TopOfBook { bid, ask, bid_size: 10, ask_size: 10 },
            ts_event: ts,
            sequence: second as u32,
        });
        Received { input, ts, arrived: 0 }
    });
    let connected = FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY };
    let connected = Received { input: Input::Feed(connected), ts: UnixNanos(0), arrived: 0 };
    std::iter::once(connected).chain(quotes).collect()
}
