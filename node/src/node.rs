//! The composition root: opens the journal, rebuilds the state, places the threads, wires
//! everything, and takes it down in order.

use crate::acceptance;
use crate::alert_log::{self, AlertLog, AlertSource};
use crate::brokers;
use crate::cli::ThreadArgs;
use crate::config::{ClockChoice, Config, Definitions, Meaning, StageCaps};
use crate::control_socket::ControlSocket;
use crate::data_folder::LATENCY_LOG;
use crate::decisions::Acceptance;
use crate::dedicated;
use crate::descriptors;
use crate::error::{NodeError, say_what_works};
use crate::guard::Guarded;
use crate::hot::HotLoop;
use crate::journal_agent::JournalAgent;
use crate::market_feed::MarketFeed;
use crate::message_log::{LogPlan, MessageLog};
use crate::outlet::Gateways;
use crate::parts::{Parts, SAMPLES_AHEAD};
use crate::prepare::{Preparation, Prepared};
use crate::probe::TickProbe;
use crate::session_watch::SessionWatch;
use crate::state::NodeState;
use gauntlet_control::server::{Server, ServerConfig};
use gauntlet_feeds::{ApiKey, FeedInstrument, LiveConfig, LiveFeed, Subscription};
use gauntlet_gateways::message_tap::MessageSource;
use gauntlet_journal::{JournalSync, RecoveryReport, private};
use gauntlet_model::input::RunStart;
use gauntlet_readmodel::command_wire::SOCKET_NAME;
use gauntlet_readmodel::environment;
use gauntlet_readmodel::fix_log;
use gauntlet_readmodel::node_file::{self, NodeFile, Published};
use gauntlet_runtime::agent::{Agent, AgentError, AgentThread, ThreadPlan, spawn};
use gauntlet_runtime::clock::{Clock, TickClock, WallClock};
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_runtime::latency::LatencyBoard;
use gauntlet_runtime::layout::{self, Layout, allowed_cores};
use gauntlet_venue::lockstep::Lockstep;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use crate::data_folder::journal_dir;

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
    /// Who accepts decisions of another build, and why.
    pub accept_decisions: Option<Acceptance>,
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
    journal: JournalThread,
    alerts: AlertThread,
    messages: Option<MessageThread>,
    server: Option<Server>,
    watch: SessionWatch,
    published: Published,
    layout: Layout,
    recovery: RecoveryReport,
}

type JournalThread = AgentThread<Guarded<JournalAgent>>;
type AlertThread = (AgentThread<Guarded<AlertLog>>, Arc<AtomicBool>);
type MessageThread = (AgentThread<Guarded<MessageLog>>, Arc<AtomicBool>);
/// What is not of the stages: what the run is, and who watches over the sessions and logs their messages.
type Beside = (RunStart, Meaning, SessionWatch, Logs);
type Logs = Vec<(LogPlan, MessageSource)>;
type HotThread = Box<dyn FnOnce() -> Result<(), AgentError> + Send>;

impl Node {
    /// Starts a node: a feed from the network, orders to a FIX broker.
    ///
    /// # Errors
    /// Everything that can be found out before the first order: configuration, journal, ports.
    pub fn start(plan: NodePlan) -> Result<Node, NodeError> {
        let data = plan.data.clone();
        Node::start_with(plan, |config, prepared| {
            let feed = live_feed(config, &prepared.defined)?;
            let gateways = brokers::gateways(config, prepared, &data)?;
            Ok((feed, gateways))
        })
    }

    /// Starts a node with the feed and the gateways that `ends` makes.
    pub(crate) fn start_with<F: MarketFeed + 'static>(
        mut plan: NodePlan,
        ends: impl FnOnce(&Config, &Prepared) -> Result<(F, Gateways), NodeError>,
    ) -> Result<Node, NodeError> {
        descriptors::prepare()?;
        for warning in plan.config.warnings() {
            tracing::warn!("{warning}");
        }
        let threads = &mut plan.config.node;
        threads.layout = plan.threads.layout.unwrap_or(threads.layout);
        threads.wait = plan.threads.wait.unwrap_or(threads.wait);
        let layout = threads.layout.resolve();
        layout::check(layout, threads.wait, &threads.pin, &allowed_cores())?;
        let caps = StageCaps::read(environment::read)?;
        let preparation = Preparation {
            config: &plan.config,
            caps: &caps,
            data: &plan.data,
            accept_config: plan.accept_config.as_deref(),
            accept_decisions: plan.accept_decisions.as_ref(),
            epoch: None,
        };
        let prepared = preparation.prepare()?;
        let (feed, mut gateways) = ends(&plan.config, &prepared)?;
        let logs = gateways.take_logs();
        let socket = plan.data.join(SOCKET_NAME);
        let control = ControlSocket::bind(&socket)
            .map_err(|error| NodeError::io("open the control socket", &socket, error))?;
        let watch = watched(&plan.config, &prepared.defined);
        let beside = (prepared.run, prepared.meaning.clone(), watch, logs);
        let mut parts = Parts::new(
            prepared,
            plan.config.node.clock,
            Clock::System(WallClock::new(TickClock::new())),
            (feed, gateways, Some(control)),
        );
        if let Some(lockstep) = &plan.lockstep {
            parts.outlet.set_lockstep(Arc::clone(lockstep));
            parts.ingest.wait_for_broker();
        }
        Node::run_threads(plan, layout, parts, beside)
    }

    /// Starts the threads.
    fn run_threads<F: MarketFeed + 'static>(
        plan: NodePlan,
        layout: Layout,
        mut parts: Parts<F>,
        (run, meaning, watch, logs): Beside,
    ) -> Result<Node, NodeError> {
        let recorders = [(); 3].map(|()| parts.board.recorder(SAMPLES_AHEAD));
        let Parts { ingest, chain, outlet, alerts, sync, recovery, state, ticks, board } = parts;
        // Everything that can be refused comes before the first thread: a node whose page cannot be
        // served does not start.
        let board = Arc::new(Mutex::new(board));
        let identity = node_file::new_identity();
        let server = serve(&plan, &identity, &board, &state)?;
        acceptance::keep(&plan.data, &meaning)?;
        let published = publish(&plan.data, identity, &run, server.as_ref())?;
        let stop_hot = Arc::new(AtomicBool::new(false));
        let stop_journal = Arc::new(AtomicBool::new(false));
        let journal = start_journal(sync, &plan.config, &state, &stop_journal)?;
        let alerts = start_alerts(alerts, &board, &state)?;
        let messages = start_messages(&plan.data, logs, &state)?;
        let mut start =
            Starter { config: &plan.config, stop: &stop_hot, state: &state, threads: Vec::new() };
        match layout {
            Layout::Shared => {
                let [recorder, ..] = recorders;
                let probe = TickProbe::new(ticks, recorder);
                let hot = HotLoop::new(ingest, chain, outlet, probe, Arc::clone(&state));
                start.spawn("hot", hot.warming_caches())?;
            }
            Layout::Dedicated => {
                let shared = dedicated::Shared {
                    ticks,
                    state: Arc::clone(&state),
                    stop: Arc::clone(&stop_hot),
                };
                let (stages, lockstep) = (chain.into_stages(), plan.lockstep.is_some());
                let agents = dedicated::join(ingest, stages, outlet, recorders, &shared, lockstep);
                start.spawn("orders", agents.orders)?;
                start.spawn("risk", agents.risk)?;
                start.spawn("fusion", agents.fusion)?;
                start.spawn("ingest", agents.ingest)?;
            }
        }
        let hot = start.threads;
        let data = plan.data;
        Ok(Node {
            state,
            board,
            data,
            stop_hot,
            stop_journal,
            hot,
            journal,
            alerts,
            messages,
            server,
            watch,
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
    pub fn run(mut self, mut until: impl FnMut(&NodeState) -> bool) -> Result<(), NodeError> {
        let mut notices = Notices::default();
        while !self.has_ended() && !self.state.is_stop_asked() && !until(&self.state) {
            notices.tell(&self.state);
            alert_log::watch(&self.state).iter().for_each(|words| tracing::error!("{words}"));
            let news = self.watch.look(&self.state.counters.fix, Instant::now());
            news.iter().for_each(|words| tracing::warn!("{words}"));
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
        end_log(self.alerts);
        if let Some(messages) = self.messages {
            end_log(messages);
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
        let counters = &self.state.counters;
        let staying = counters.orders_staying.load(Ordering::Relaxed);
        let live = counters.orders_live.load(Ordering::Relaxed);
        say_what_works(outcome, live.saturating_sub(staying))
    }

    /// Whether a thread has ended by itself.
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

/// The watch over the sessions to the configured brokers.
fn watched(config: &Config, defined: &Definitions) -> SessionWatch {
    let brokers = config.brokers.iter();
    SessionWatch::new(brokers.filter_map(|broker| {
        let route = defined.route_of(&broker.name)?;
        let name = if broker.name.is_empty() { route.name() } else { &broker.name };
        Some((route, name.to_owned()))
    }))
}

/// What people are told while the node runs, once each.
#[derive(Default)]
struct Notices {
    journal_short: bool,
}

impl Notices {
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

/// The page, if it is to be served.
fn serve(
    plan: &NodePlan,
    identity: &str,
    board: &Arc<Mutex<LatencyBoard>>,
    state: &NodeState,
) -> Result<Option<Server>, NodeError> {
    if !plan.serve {
        return Ok(None);
    }
    let config = ServerConfig {
        listen: plan.config.http.listen,
        allow_remote: plan.config.http.allow_remote,
        journal_dir: journal_dir(&plan.data),
        title: plan.title.clone(),
        identity: identity.to_owned(),
    };
    Ok(Some(Server::spawn(config, Arc::clone(board), Arc::clone(&state.counters))?))
}

fn start_journal(
    sync: JournalSync,
    config: &Config,
    state: &Arc<NodeState>,
    stop: &Arc<AtomicBool>,
) -> Result<JournalThread, NodeError> {
    let journal = JournalAgent::new(sync, config.journal.commit_ms, Arc::clone(state));
    let plan = ThreadPlan { name: "journal".into(), wait: WaitStrategy::Park, pin: None };
    spawn(Guarded::new(journal, "journal", Arc::clone(state)), plan, Arc::clone(stop))
        .map_err(|error| NodeError::Failed(format!("cannot start a thread: {error}")))
}

fn start_alerts(
    source: AlertSource,
    board: &Arc<Mutex<LatencyBoard>>,
    state: &Arc<NodeState>,
) -> Result<AlertThread, NodeError> {
    let log = AlertLog::new(
        source,
        Arc::clone(&state.counters),
        Arc::clone(board),
        Box::new(alert_log::say),
    );
    let plan = ThreadPlan { name: "alerts".into(), wait: WaitStrategy::Park, pin: None };
    let stop = Arc::new(AtomicBool::new(false));
    let thread = spawn(Guarded::new(log, "alerts", Arc::clone(state)), plan, Arc::clone(&stop))
        .map_err(|error| NodeError::Failed(format!("cannot start a thread: {error}")))?;
    Ok((thread, stop))
}

/// The log of the sessions' messages, if there are any.
fn start_messages(
    data: &Path,
    logs: Logs,
    state: &Arc<NodeState>,
) -> Result<Option<MessageThread>, NodeError> {
    if logs.is_empty() {
        return Ok(None);
    }
    let folder = data.join(fix_log::FOLDER);
    private::create_dir(&folder).map_err(|error| NodeError::io("make", &folder, error))?;
    let log = MessageLog::new(logs);
    let plan = ThreadPlan { name: "messages".into(), wait: WaitStrategy::Park, pin: None };
    let stop = Arc::new(AtomicBool::new(false));
    let thread = spawn(Guarded::new(log, "messages", Arc::clone(state)), plan, Arc::clone(&stop))
        .map_err(|error| NodeError::Failed(format!("cannot start a thread: {error}")))?;
    Ok(Some((thread, stop)))
}

/// Lets a log say the last that there is. One that stands still is left behind: the node ends all the same.
fn end_log<A>((thread, stop): (AgentThread<A>, Arc<AtomicBool>)) {
    const PATIENCE: Duration = Duration::from_secs(2);
    stop.store(true, Ordering::Release);
    let began = Instant::now();
    while !thread.is_finished() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
}

struct Starter<'a> {
    config: &'a Config,
    stop: &'a Arc<AtomicBool>,
    state: &'a Arc<NodeState>,
    threads: Vec<HotThread>,
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
        let agent = Guarded::new(agent, name, Arc::clone(self.state));
        let thread = spawn(agent, plan, Arc::clone(self.stop))
            .map_err(|error| NodeError::Failed(format!("cannot start a thread: {error}")))?;
        self.threads.push(Box::new(move || thread.join().map(|_| ())));
        Ok(())
    }
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
    let asked = defined.subscribed.iter();
    let instruments = asked.filter_map(|id| defined.instruments.get(usize::from(id.0)));
    let symbols: Vec<String> = instruments.clone().map(|i| i.symbol.to_string()).collect();
    let instruments = instruments.map(FeedInstrument::from);
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

#[cfg(test)]
mod tests;
