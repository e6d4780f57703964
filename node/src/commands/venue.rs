//! `gauntlet venue`: the simulated venue alone, or as a thread of another command.

use super::{interrupt, rehearsal};
use crate::cli::VenueArgs;
use crate::config::ScriptConfig;
use crate::error::NodeError;
use crate::wall::now;
use gauntlet_gateways::fix::peer::BindError;
use gauntlet_model::units::{NANOS_PER_MINUTE, UnixNanos};
use gauntlet_runtime::agent::{AgentThread, ThreadPlan, spawn};
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_venue::agent::{MarketClock, Pace, Venue, VenueHandle};
use gauntlet_venue::dbn_gateway::{DbnGateway, GatewayError};
use gauntlet_venue::generated::{GeneratedConfig, GeneratedMarket};
use gauntlet_venue::market::Market;
use gauntlet_venue::order_entry::{ExchangeRules, ExchangeStore, OrderEntry};
use gauntlet_venue::replayed::ReplayedMarket;
use gauntlet_venue::script::ScriptEntry;
use std::io::BufRead;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longest time without events that is waited for: the night is passed over.
const NIGHT_NS: u64 = 60 * NANOS_PER_MINUTE;

/// What a venue is to be.
pub struct VenuePlan {
    /// What it trades.
    pub market: MarketPlan,
    /// Where the Databento gateway listens.
    pub data_listen: SocketAddr,
    /// Where the FIX acceptor listens.
    pub fix_listen: SocketAddr,
    /// Its drop copy, if it has one.
    pub drop_copy: Option<CopyPlan>,
    /// The flags that choose the first two, for whom a port is taken.
    pub flags: [&'static str; 2],
    /// The key that the gateway asks for.
    pub key: String,
    /// The dataset that it serves.
    pub dataset: String,
    /// The acceptor's CompID, and the only one that may log on.
    pub comp_ids: (String, String),
    /// How fast.
    pub pace: Pace,
    /// When its clock starts.
    pub clock: MarketClock,
    /// How it treats orders.
    pub rules: ExchangeRules,
    /// What it does wrong.
    pub script: Vec<ScriptEntry>,
    /// The folder in which it keeps what it knows; `None` for a venue that forgets.
    pub store: Option<PathBuf>,
    /// What the thread does when idle.
    pub wait: WaitStrategy,
}

/// What a venue's drop copy is to be.
pub struct CopyPlan {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its CompID, and the only one that may log on.
    pub comp_ids: (String, String),
}

/// What a venue trades.
pub enum MarketPlan {
    /// A generated market.
    Generated(GeneratedConfig),
    /// Recorded files.
    Replayed(Vec<PathBuf>),
}

/// A venue on a thread of its own.
pub struct RunningVenue {
    thread: AgentThread<Venue>,
    stop: Arc<AtomicBool>,
    handle: VenueHandle,
    /// Where the Databento gateway listens.
    pub data_address: SocketAddr,
    /// Where the FIX acceptor listens.
    pub fix_address: SocketAddr,
    /// Where the drop copy listens, if there is one.
    pub copy_address: Option<SocketAddr>,
}

impl RunningVenue {
    /// Starts a venue.
    ///
    /// # Errors
    /// A port in use, a file that cannot be replayed.
    pub fn start(plan: VenuePlan) -> Result<RunningVenue, NodeError> {
        let failed = |error: &dyn std::fmt::Display| NodeError::Failed(error.to_string());
        let store = plan.store.as_deref().map(ExchangeStore::open).transpose();
        let store = store.map_err(|e| failed(&e))?;
        let since = store.as_ref().map_or(UnixNanos(0), ExchangeStore::market_time);
        let mut market: Box<dyn Market + Send> = match &plan.market {
            MarketPlan::Generated(config) => {
                let config = GeneratedConfig { start: config.start.max(since), ..config.clone() };
                let made = GeneratedMarket::new(&config);
                Box::new(made.map_err(|e| NodeError::Config(e.to_string()))?)
            }
            MarketPlan::Replayed(paths) => {
                Box::new(ReplayedMarket::open(paths).map_err(|e| failed(&e))?)
            }
        };
        let dbn =
            DbnGateway::bind(plan.data_listen, &plan.key, &plan.dataset).map_err(|error| {
                match error {
                    GatewayError::Bind { source, .. } => NodeError::bind(
                        "market-data gateway",
                        plan.data_listen,
                        plan.flags[0],
                        &source,
                    ),
                    other => NodeError::Config(other.to_string()),
                }
            })?;
        let (us, them) = (&plan.comp_ids.0, &plan.comp_ids.1);
        let session = plan.rules.session.session(us, them);
        let orders =
            OrderEntry::with_session(plan.fix_listen, session).map_err(|error| match error {
                BindError::Listen { address, source } => {
                    NodeError::bind("FIX acceptor", address, plan.flags[1], &source)
                }
                other => NodeError::Config(other.to_string()),
            })?;
        let orders = orders.with_rules(&plan.rules);
        let orders = with_drop_copy(orders, &plan)?;
        let orders = match store {
            Some(store) => orders.with_store(store, &mut *market, now()).map_err(|e| failed(&e))?,
            None => orders,
        };
        let address = |result: std::io::Result<SocketAddr>| result.map_err(|e| failed(&e));
        let data_address = address(dbn.local_addr())?;
        let fix_address = address(orders.local_addr())?;
        let copy_address = orders.drop_copy_addr().map_err(|e| failed(&e))?;
        let stop = Arc::new(AtomicBool::new(false));
        // By the wall clock a night is a night.
        let wait_max_ns = if plan.clock == MarketClock::Wall { u64::MAX } else { NIGHT_NS };
        let venue = Venue::new(market, dbn, orders, plan.pace);
        let venue =
            venue.with_script(plan.script).with_clock(plan.clock).with_wait_max_ns(wait_max_ns);
        let handle = venue.handle();
        let thread = spawn(
            venue,
            ThreadPlan { name: "venue".into(), wait: plan.wait, pin: None },
            Arc::clone(&stop),
        )
        .map_err(|error| failed(&error))?;
        Ok(RunningVenue { thread, stop, handle, data_address, fix_address, copy_address })
    }

    /// Watches and disturbs it.
    pub fn handle(&self) -> &VenueHandle {
        &self.handle
    }

    /// Whether its thread ended by itself.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends it.
    ///
    /// # Errors
    /// What ended it before.
    pub fn stop(self) -> Result<Venue, NodeError> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|error| NodeError::Failed(error.to_string()))
    }
}

/// Opens the drop copy of a plan.
fn with_drop_copy(orders: OrderEntry, plan: &VenuePlan) -> Result<OrderEntry, NodeError> {
    let Some(CopyPlan { listen, comp_ids: (us, them) }) = &plan.drop_copy else {
        return Ok(orders);
    };
    orders.with_drop_copy(*listen, us, them).map_err(|error| match error {
        BindError::Listen { address, source } => {
            NodeError::bind("drop copy", address, "broker.drop_copy.address", &source)
        }
        other => NodeError::Config(other.to_string()),
    })
}

/// Runs a venue until interrupted.
///
/// # Errors
/// What kept it from starting, or ended it.
pub fn run(args: VenueArgs) -> Result<(), NodeError> {
    let stop = interrupt()?;
    let venue = RunningVenue::start(rehearsal::plan(args, now())?)?;
    eprintln!("market data (Databento live protocol) on {}", venue.data_address);
    eprintln!("orders (FIX 4.4)                      on {}", venue.fix_address);
    if let Some(address) = venue.copy_address {
        eprintln!("drop copy (FIX 4.4)                   on {address}");
    }
    let handle = venue.handle().clone();
    // It reads until its input ends, and ends with the process otherwise.
    std::thread::spawn(move || obey(std::io::stdin().lock(), &handle));
    while !stop.load(Ordering::Acquire) && !venue.is_finished() {
        std::thread::sleep(Duration::from_millis(20));
    }
    venue.stop().map(|_| ())
}

/// Does what is typed, line by line.
fn obey(lines: impl BufRead, handle: &VenueHandle) {
    for line in lines.lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
        match ScriptConfig::typed(&line) {
            Ok(entry) => handle.perform(entry),
            Err(error) => eprintln!("{error}"),
        }
    }
}
