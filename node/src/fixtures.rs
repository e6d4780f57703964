//! The parts of a node without a feed, a broker or threads, for tests.

use crate::config::{ClockChoice, Definitions};
use crate::control_socket::ControlSocket;
use crate::gateways::Gateways;
use crate::ingest::{Desk, Ingest};
use crate::outlet::Outlet;
use crate::state::NodeState;
use gauntlet_engine::sequencer::Sequencer;
use gauntlet_feeds::{ApiKey, FeedInstrument, LiveConfig, LiveFeed, Subscription};
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig};
use gauntlet_gateways::fix::session::{SequenceNumbers, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_journal::{EffectWriter, InputWriter, Journal, JournalConfig, OpenedJournal};
use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Route;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::TickClock;
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
        let broker = FixGateway::new(FixGatewayConfig {
            route: Route::BROKER,
            address,
            epoch: 1,
            session: SessionConfig::initiator("US", "THEM"),
            numbers: SequenceNumbers::default(),
            backoff: Backoff::default(),
        })
        .expect("a valid session");
        let recorder = self.board.recorder(16);
        let state = Arc::clone(&self.state);
        let gateways = Gateways::new(vec![(Route::BROKER, Box::new(broker))]);
        Outlet::new(effects, gateways, state, self.ticks.clone(), recorder)
    }

    pub fn ingest(&mut self, inputs: InputWriter) -> Ingest {
        let desk = Desk::new(
            Sequencer::resume(0, UnixNanos(0)),
            inputs,
            ClockChoice::Data,
            self.ticks.clone(),
            self.board.recorder(16),
            Arc::clone(&self.state),
            Definitions::default(),
        );
        Ingest::new(feed(), control(self.dir.path()), desk)
    }
}

/// A port that nobody listens on.
fn nowhere() -> SocketAddr {
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
