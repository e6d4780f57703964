//! The composition root: opens the journal, rebuilds the state, places the threads, wires
//! everything, and takes it down in order.

use crate::acceptance::{self, Compared};
use crate::cli::ThreadArgs;
use crate::config::{BrokerConfig, ClockChoice, Config, Definitions, StageCaps};
use crate::control_socket::ControlSocket;
use crate::data_folder::{self, LATENCY_LOG};
use crate::dedicated;
use crate::error::{NodeError, say_what_works};
use crate::gateways::Gateways;
use crate::hot::HotLoop;
use crate::ingest::{Desk, Ingest};
use crate::journal_agent::JournalAgent;
use crate::outlet::Outlet;
use crate::probe::TickProbe;
use crate::rebuild::rebuild;
use crate::state::NodeState;
use gauntlet_control::server::{Server, ServerConfig};
use gauntlet_engine::risk;
use gauntlet_engine::sequencer::Sequencer;
use gauntlet_feeds::{ApiKey, FeedInstrument, LiveConfig, LiveFeed, Subscription};
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig};
use gauntlet_gateways::fix::session::{Credentials, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_gateways::gateway::Gateway;
use gauntlet_journal::private;
use gauntlet_journal::{Journal, JournalConfig, OpenedJournal, RecoveryReport};
use gauntlet_model::input::{
    Command, CommandKind, Input, InstrumentDefinition, Route, RunStart, Scope,
};
use gauntlet_model::text::Text;
use gauntlet_readmodel::command_wire::SOCKET_NAME;
use gauntlet_readmodel::environment;
use gauntlet_readmodel::node_file::{self, NodeFile, Published};
use gauntlet_readmodel::replay::Rebuilt;
use gauntlet_runtime::agent::{Agent, AgentError, AgentThread, ThreadPlan, spawn};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_runtime::latency::LatencyBoard;
use gauntlet_runtime::layout::{self, Layout, allowed_cores};
use gauntlet_venue::lockstep::Lockstep;
use sha2::{Digest, Sha256};
use std::fs;
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use crate::data_folder::journal_dir;

/// Latency samples that a thread may run ahead of the control plane.
const SAMPLES_AHEAD: usize = 1 << 16;

/// Bytes that one read of the feed may bring where the data is the clock: brokers are heard between two
/// reads, and a backlog of [`LiveConfig::BUFFER_BYTES`] would be several seconds of a busy market.
const DATA_CLOCK_BUFFER_BYTES: usize = 16 << 10;

/// What a node is to be.
pub struct NodePlan {
    /// The configuration.
    pub config: Config,
    /// Where the journal, the control socket and the latency log live.
    pub data: PathBuf,
    /// In place of the configuration's threads.
    pub threads: ThreadArgs,
    /// Why a changed configuration may trade.
    pub accept_config: Option<String>,
    /// A venue in lockstep.
    pub lockstep: Option<Arc<Lockstep>>,
    /// Whether the status page and API are served.
    pub serve: bool,
    /// What the page calls this node.
    pub title: String,
}

/// A running node.
pub struct Node {
    state: Arc<NodeState>,
    board: Arc<Mutex<LatencyBoard>>,
    data: PathBuf,
    stop_hot: Arc<AtomicBool>,
    stop_journal: Arc<AtomicBool>,
    hot: Vec<HotThread>,
    journal: AgentThread<JournalAgent>,
    server: Option<Server>,
    published: Published,
    layout: Layout,
    recovery: RecoveryReport,
}

type HotThread = Box<dyn FnOnce() -> Result<(), AgentError> + Send>;

impl Node {
    /// Starts a node.
    ///
    /// # Errors
    /// Everything that can be found out before the first order: configuration, journal, ports.
    #[expect(
        clippy::too_many_lines,
        reason = "the whole graph of stages in one readable constructor"
    )]
    pub fn start(plan: NodePlan) -> Result<Node, NodeError> {
        let mut config = plan.config;
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        config.node.layout = plan.threads.layout.unwrap_or(config.node.layout);
        config.node.wait = plan.threads.wait.unwrap_or(config.node.wait);
        let layout = config.node.layout.resolve();
        layout::check(layout, config.node.wait, &config.node.pin, &allowed_cores())?;
        let caps = StageCaps::read(environment::read)?;

        data_folder::open(&plan.data)?;
        let dir = journal_dir(&plan.data);
        let segment_bytes = (config.journal.segment_mib as usize) << 20;
        let journal =
            Journal::create_or_open(&dir, &JournalConfig { segment_bytes, ..Default::default() })?;
        let OpenedJournal { inputs, mut effects, sync, recovery } = journal;

        let rebuilt = rebuild(&dir, &mut effects)?;

        let known = Definitions {
            brokers: rebuilt.brokers.iter().filter_map(|(_, known)| *known).collect(),
            instruments: rebuilt.instruments.clone(),
            accounts: rebuilt.accounts.clone(),
            rules: Vec::new(),
            bots: rebuilt.bots.clone(),
        };
        let defined = config.definitions(&caps, &known)?;
        let meaning = config.meaning(&caps);
        let run = run_start(meaning.hash(), &rebuilt, &recovery)?;
        let accept = acceptance::accepted_change(
            rebuilt.chain.risk().accepted_configuration(),
            run.config_hash,
            plan.accept_config.as_deref(),
            |accepted| {
                let now = Compared { definitions: &defined, meaning: &meaning };
                acceptance::difference(&plan.data, accepted, &known, now)
            },
        )?;

        let ticks = TickClock::new();
        let state = Arc::new(NodeState::default());
        let mut board = LatencyBoard::new(ticks.clone());
        let feed = live_feed(&config, &defined)?;
        let control = ControlSocket::bind(&plan.data.join(SOCKET_NAME)).map_err(|error| {
            NodeError::io("open the control socket", &plan.data.join(SOCKET_NAME), error)
        })?;
        let desk = Desk::new(
            Sequencer::resume(recovery.next_seq - 1, rebuilt.last_time),
            inputs,
            config.node.clock,
            ticks.clone(),
            board.recorder(SAMPLES_AHEAD),
            Arc::clone(&state),
            defined.clone(),
        );
        let mut ingest = Ingest::new(feed, control, desk);
        let gateways = gateways(&config, &defined, &rebuilt, run.epoch)?;
        let mut outlet = Outlet::new(
            effects,
            gateways,
            Arc::clone(&state),
            ticks.clone(),
            board.recorder(SAMPLES_AHEAD),
        );
        if let Some(lockstep) = &plan.lockstep {
            outlet.set_lockstep(Arc::clone(lockstep));
            ingest.wait_for_broker();
        }
        let opening = opening(&defined, run, accept, &recovery);

        let recorders = [(); 3].map(|()| board.recorder(SAMPLES_AHEAD));
        // Everything that can be refused comes before the first thread: a node whose page cannot be
        // served does not start.
        let board = Arc::new(Mutex::new(board));
        let identity = node_file::new_identity();
        let server = match plan.serve {
            false => None,
            true => Some(Server::spawn(
                ServerConfig {
                    listen: config.http.listen,
                    allow_remote: config.http.allow_remote,
                    journal_dir: dir,
                    title: plan.title,
                    identity: identity.clone(),
                },
                Arc::clone(&board),
                Arc::clone(&state.counters),
            )?),
        };

        acceptance::keep(&plan.data, &meaning)?;
        let published = publish(&plan.data, identity, &run, server.as_ref())?;

        let stop_hot = Arc::new(AtomicBool::new(false));
        let stop_journal = Arc::new(AtomicBool::new(false));
        let journal = JournalAgent::new(sync, config.journal.commit_ms, Arc::clone(&state));
        let journal = spawn(
            journal,
            ThreadPlan { name: "journal".into(), wait: WaitStrategy::Park, pin: None },
            Arc::clone(&stop_journal),
        )
        .map_err(|error| NodeError::Failed(format!("cannot start a thread: {error}")))?;

        let mut hot: Vec<HotThread> = Vec::new();
        let mut start = Starter { config: &config, stop: &stop_hot, threads: &mut hot };
        match layout {
            Layout::Invoker | Layout::Shared => {
                let [recorder, ..] = recorders;
                let probe = TickProbe::new(ticks.clone(), recorder);
                let mut agent =
                    HotLoop::new(ingest, rebuilt.chain, outlet, probe, Arc::clone(&state));
                opening.into_iter().for_each(|input| agent.own(input));
                start.spawn("hot", agent)?;
            }
            Layout::Dedicated => {
                let stages = rebuilt.chain.into_stages();
                let lockstep = plan.lockstep.is_some();
                let shared = dedicated::Shared {
                    ticks: ticks.clone(),
                    state: Arc::clone(&state),
                    stop: Arc::clone(&stop_hot),
                };
                let mut agents =
                    dedicated::join(ingest, stages, outlet, recorders, &shared, lockstep);
                opening.into_iter().for_each(|input| agents.ingest.own(input));
                start.spawn("orders", agents.orders)?;
                start.spawn("risk", agents.risk)?;
                start.spawn("fusion", agents.fusion)?;
                start.spawn("ingest", agents.ingest)?;
            }
        }

        Ok(Node {
            state,
            board,
            data: plan.data,
            stop_hot,
            stop_journal,
            hot,
            journal,
            server,
            published,
            layout,
            recovery,
        })
    }

    /// What the threads share.
    pub fn state(&self) -> &Arc<NodeState> {
        &self.state
    }

    /// The latency histograms.
    pub fn board(&self) -> &Arc<Mutex<LatencyBoard>> {
        &self.board
    }

    /// The address of the page, if it is served.
    pub fn page(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("http://{}", server.address()))
    }

    /// The layout in use.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What was found in the journal at the start.
    pub fn recovery(&self) -> &RecoveryReport {
        &self.recovery
    }

    /// Waits until the node ends by itself or `until` says so, then stops it in order: working
    /// orders are cancelled, sessions logged out, the journal made durable, the latency log written.
    ///
    /// # Errors
    /// What ended the node, or what could not be finished.
    pub fn run(self, mut until: impl FnMut(&NodeState) -> bool) -> Result<(), NodeError> {
        let mut told = Told::default();
        while !self.has_ended() && !self.state.is_stop_asked() && !until(&self.state) {
            told.tell(&self.state);
            std::thread::sleep(Duration::from_millis(5));
        }
        self.state.ask_to_stop();
        while !self.has_ended() && !self.state.is_drained() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.stop_hot.store(true, Ordering::Release);
        let mut outcome = Ok(());
        for thread in self.hot {
            if let Err(error) = thread() {
                outcome = outcome.and(Err(NodeError::Failed(error.to_string())));
            }
        }
        // While the journal is still locked: the next node of this folder cannot have begun.
        drop(self.published);
        self.stop_journal.store(true, Ordering::Release);
        if let Err(error) = self.journal.join() {
            outcome = outcome.and(Err(NodeError::Failed(error.to_string())));
        }
        if let Some(server) = self.server {
            server.stop();
        }
        let mut board = self.board.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        board.collect();
        let path = self.data.join(LATENCY_LOG);
        let written = private::create_file(&path).and_then(|file| board.write_log(file));
        let written = written.map_err(|error| NodeError::io("write", &path, error));
        let outcome = match self.state.failure() {
            Some(failure) => Err(NodeError::from(failure)),
            None => outcome.and(written),
        };
        say_what_works(outcome, self.state.counters.orders_live.load(Ordering::Relaxed))
    }

    /// Whether a thread has ended by itself. A panic of the journal's leaves no failure behind.
    fn has_ended(&self) -> bool {
        self.state.has_failed()
            || self.stop_hot.load(Ordering::Acquire)
            || self.journal.is_finished()
    }
}

/// Tells in the data folder where this node is and who it is.
fn publish(
    data: &Path,
    identity: String,
    run: &RunStart,
    server: Option<&Server>,
) -> Result<Published, NodeError> {
    let page = server.map(|server| node_file::page_of(server.address()));
    let pid = std::process::id();
    NodeFile { identity, pid, epoch: run.epoch, run: run.run, page }
        .publish(data)
        .map_err(|error| NodeError::io("write to the data folder", data, error))
}

/// What people were told while the node runs.
#[derive(Default)]
struct Told {
    journal_short: bool,
}

impl Told {
    fn tell(&mut self, state: &NodeState) {
        let short = state.counters.journal_short.load(Ordering::Relaxed);
        if short && !self.journal_short {
            self.journal_short = true;
            tracing::error!(
                "the disk refuses another segment of the journal: everything is killed; free \
                 space, stop and start again, then lift the kill"
            );
        }
    }
}

struct Starter<'a> {
    config: &'a Config,
    stop: &'a Arc<AtomicBool>,
    threads: &'a mut Vec<HotThread>,
}

impl Starter<'_> {
    fn spawn(&mut self, name: &str, agent: impl Agent + 'static) -> Result<(), NodeError> {
        // Pins are given in the order of the way, which is not the order of starting.
        let order = ["ingest", "fusion", "risk", "orders"];
        let place = order.iter().position(|of| *of == name).unwrap_or(0);
        let plan = ThreadPlan {
            name: name.to_owned(),
            wait: self.config.node.wait,
            pin: self.config.node.pin.get(place).copied(),
        };
        let thread = spawn(agent, plan, Arc::clone(self.stop))
            .map_err(|error| NodeError::Failed(format!("cannot start a thread: {error}")))?;
        self.threads.push(Box::new(move || thread.join().map(|_| ())));
        Ok(())
    }
}

fn run_start(
    config_hash: [u8; 32],
    rebuilt: &Rebuilt,
    recovery: &RecoveryReport,
) -> Result<RunStart, NodeError> {
    let exe = std::env::current_exe()
        .map_err(|error| NodeError::io("find", Path::new("the program itself"), error))?;
    let program = fs::read(&exe).map_err(|error| NodeError::io("read", &exe, error))?;
    Ok(RunStart {
        epoch: recovery.epoch,
        run: rebuilt.last_run.map_or(1, |last| last.run + 1),
        config_hash,
        binary_hash: Sha256::digest(&program).into(),
        version: Text::new(env!("CARGO_PKG_VERSION")),
        self_test_passed: match risk::self_test() {
            Ok(()) => true,
            Err(why) => {
                tracing::error!(%why, "the risk self-test failed: nothing will trade");
                false
            }
        },
    })
}

/// The inputs that open a run.
fn opening(
    defined: &Definitions,
    run: RunStart,
    accept: Option<&str>,
    recovery: &RecoveryReport,
) -> Vec<Input> {
    // The run first: it ends what was simulated in the run before, so that definitions meet a clean
    // table.
    let mut opening = vec![Input::RunStart(run)];
    opening.extend(defined.instruments.iter().map(|d| Input::Instrument(*d)));
    opening.extend(defined.brokers.iter().map(|d| Input::Broker(*d)));
    opening.extend(defined.accounts.iter().map(|d| Input::Account(*d)));
    opening.extend(defined.rules.iter().map(|d| Input::RuleText(*d)));
    opening.extend(defined.bots.iter().map(|d| Input::Bot(*d)));
    let own = |kind, reason: &str| {
        Input::Command(Command {
            kind,
            scope: Scope::Platform,
            actor: Text::new("node"),
            reason: Text::new(reason),
        })
    };
    if let Some(reason) = accept {
        opening.push(own(CommandKind::AcceptConfiguration, reason));
    }
    if recovery.orphans.is_some() {
        let reason = "inputs lost in a machine crash: settle with the broker";
        opening.push(own(CommandKind::Kill { flatten: false }, reason));
    }
    opening
}

fn live_feed(config: &Config, defined: &Definitions) -> Result<LiveFeed, NodeError> {
    let key = ApiKey::new(&config.feed.key).ok_or_else(|| {
        let needed = "set DATABENTO_API_KEY, or feed.key in the configuration, to a key of at least 8 \
                      printable characters";
        NodeError::Config(needed.to_owned())
    })?;
    let schema = config.feed.schema.parse().map_err(|_| {
        NodeError::Config(format!("feed.schema {:?} is not a DBN schema", config.feed.schema))
    })?;
    let symbols: Vec<String> = config.instruments.iter().map(|i| i.symbol.clone()).collect();
    let subscribed =
        |d: &&InstrumentDefinition| symbols.iter().any(|symbol| d.symbol.as_str() == symbol);
    let instruments = defined.instruments.iter().filter(subscribed).map(FeedInstrument::from);
    Ok(LiveFeed::new(LiveConfig {
        feed: 0,
        addr: config.feed.address.clone(),
        key,
        dataset: config.feed.dataset.clone(),
        instruments: instruments.collect(),
        subscriptions: vec![
            Subscription::raw(schema, symbols.clone()),
            Subscription::raw(dbn::Schema::Status, symbols.clone()),
            Subscription::definitions(symbols.clone()),
        ],
        history_hours: config.feed.history_hours,
        heartbeat_interval_s: config.feed.heartbeat_seconds,
        buffer_bytes: match config.node.clock {
            ClockChoice::Realtime => LiveConfig::BUFFER_BYTES,
            ClockChoice::Data => DATA_CLOCK_BUFFER_BYTES,
        },
    })?)
}

/// A gateway for each broker of the configuration.
fn gateways(
    config: &Config,
    defined: &Definitions,
    rebuilt: &Rebuilt,
    epoch: u64,
) -> Result<Gateways, NodeError> {
    let mut gateways: Vec<(Route, Box<dyn Gateway + Send>)> = Vec::new();
    for broker in &config.brokers {
        let route = defined.route_of(&broker.name).ok_or_else(|| {
            NodeError::Config(format!("broker {:?} has no route in this journal", broker.name))
        })?;
        gateways.push((route, Box::new(fix_gateway(broker, route, rebuilt, epoch)?)));
    }
    Ok(Gateways::new(gateways))
}

fn fix_gateway(
    broker: &BrokerConfig,
    route: Route,
    rebuilt: &Rebuilt,
    epoch: u64,
) -> Result<FixGateway, NodeError> {
    let address =
        broker.address.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(
            || NodeError::Config(format!("broker.address {:?} has no address", broker.address)),
        )?;
    let credentials = (!broker.username.is_empty()).then(|| Credentials {
        username: broker.username.clone(),
        password: broker.password.clone(),
    });
    let session = SessionConfig {
        heartbeat_seconds: broker.heartbeat_seconds,
        credentials,
        next_expected: broker.next_expected_msg_seq_num,
        ..SessionConfig::initiator(&broker.sender_comp_id, &broker.target_comp_id)
    };
    FixGateway::new(FixGatewayConfig {
        route,
        address,
        epoch,
        session,
        numbers: rebuilt.sessions.of(route),
        backoff: Backoff::default(),
    })
    .map_err(|error| NodeError::Config(format!("broker {:?}: {error}", broker.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Parts, SEGMENT};
    use gauntlet_model::input::Sequenced;
    use gauntlet_model::units::UnixNanos;
    use gauntlet_readmodel::replay;

    fn run(run: u32, configuration: u8) -> RunStart {
        RunStart {
            epoch: 1,
            run,
            config_hash: [configuration; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        }
    }

    struct Broken;
    impl Agent for Broken {
        fn do_work(&mut self) -> Result<usize, AgentError> {
            panic!("a doubt is asked about")
        }
    }

    #[test]
    fn a_failed_assertion_in_a_hot_thread_ends_the_node_and_says_why_and_what_works() {
        let parts = Parts::new();
        let config = JournalConfig { segment_bytes: SEGMENT, ..JournalConfig::default() };
        let opened = Journal::create_or_open(&parts.journal(), &config).expect("a journal");
        let (stop_hot, stop_journal) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let plan = || ThreadPlan { name: "test".into(), wait: WaitStrategy::Park, pin: None };
        let journal = JournalAgent::new(opened.sync, 1, Arc::clone(&parts.state));
        let journal = spawn(journal, plan(), Arc::clone(&stop_journal)).expect("a thread");
        let broken = spawn(Broken, plan(), Arc::clone(&stop_hot)).expect("a thread");
        parts.state.counters.orders_live.store(2, Ordering::Relaxed);
        let node = Node {
            state: Arc::clone(&parts.state),
            board: Arc::new(Mutex::new(LatencyBoard::new(parts.ticks.clone()))),
            data: parts.journal(),
            stop_hot,
            stop_journal,
            hot: vec![Box::new(move || broken.join().map(|_| ()))],
            journal,
            server: None,
            layout: Layout::Shared,
            recovery: opened.recovery,
            published: {
                let identity = node_file::new_identity();
                let file = NodeFile { identity, pid: 1, epoch: 1, run: 1, page: None };
                file.publish(&parts.journal()).expect("a file of the node")
            },
        };
        let error = node.run(|_| false).expect_err("it cannot go on");
        assert_eq!(error.exit_code(), 1);
        let text = error.to_string();
        for told in ["panicked", "a doubt is asked about", "2 orders", "may still work"] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }

    #[test]
    fn a_change_counts_until_the_core_has_accepted_it() {
        let parts = Parts::new();
        let (mut inputs, _effects) = parts.small_journal();
        // The second run ended between its start and its acceptance.
        for start in [run(1, 1), run(2, 2)] {
            let (seq, time) = (u64::from(start.run), UnixNanos(0));
            let input = Sequenced { seq, time, input: Input::RunStart(start) };
            inputs.append_input(&input).expect("room");
        }
        let rebuilt = replay::rebuild(&parts.journal(), |_| {}, |_| {}).expect("a journal");
        assert_eq!(rebuilt.chain.risk().accepted_configuration(), Some([1; 32]));
    }
}
