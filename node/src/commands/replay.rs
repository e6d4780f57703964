//! `gauntlet replay`: recorded market data through the whole platform: venue gateway, TCP, feed,
//! core, FIX over TCP, venue, fills.

use super::interrupt;
use super::venue::{MarketPlan, RunningVenue, VenuePlan};
use crate::cli::{ReplayArgs, Speed};
use crate::config::{
    AccountConfig, BotConfig, BrokerConfig, CalendarConfig, CashChoice, ClockChoice, Config,
    FeedConfig, FixConfig, HttpConfig, InstrumentConfig, JournalSettings, LayoutChoice,
    LimitsConfig, NodeConfig, PaperConfig, ReconcileChoice, SizingConfig, VenueConfig,
};
use crate::error::NodeError;
use crate::node::{Node, NodePlan, journal_dir};
use crate::summary::Summary;
use crate::wall::now;
use gauntlet_feeds::{DbnFile, mapped_symbols};
use gauntlet_model::input::{Archetype, SessionMode, Stage};
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::counters::LinkState;
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_venue::agent::{MarketClock, Pace};
use gauntlet_venue::lockstep::Lockstep;
use gauntlet_venue::order_entry::ExchangeRules;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

const KEY: &str = "db-GAUNTLETSIMULATEDVENUE000000000";
const DATASET: &str = "GLBX.MDP3";

/// Plays the files and prints what came of it.
///
/// # Errors
/// What kept it from starting, or ended it.
pub fn run(args: ReplayArgs) -> Result<(), NodeError> {
    let stop = interrupt()?;
    let place = Place::new(args.data.clone())?;
    let recorded = Recorded::read(&args.files)?;
    let lockstep = (args.speed == Speed::Max).then(|| Arc::new(Lockstep::default()));
    let pace = pace(lockstep.as_ref(), args.speed);
    let mut config = match &args.config {
        Some(path) => Config::load(path)?,
        None => default_config(&recorded)?,
    };
    let says = recorded.start > UnixNanos(0) && recorded.start < UnixNanos(dbn::UNDEF_TIMESTAMP);
    let first_day = says.then_some(recorded.start);
    config.check_contracts(first_day, now()).map_err(NodeError::Config)?;
    config.day = first_day;
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let venue = RunningVenue::start(VenuePlan {
        market: MarketPlan::Replayed(args.files.clone()),
        data_listen: any_port,
        fix_listen: any_port,
        drop_copy: None,
        flags: ["--data", "--data"],
        key: KEY.to_owned(),
        dataset: DATASET.to_owned(),
        comp_ids: ("SIMVENUE".to_owned(), "GAUNTLET".to_owned()),
        pace,
        clock: MarketClock::FirstClient,
        rules: ExchangeRules::default(),
        script: Vec::new(),
        store: None,
        wait: WaitStrategy::Yield,
    })?;
    config.feed = feed(&recorded, venue.data_address);
    config.brokers =
        vec![BrokerConfig { name: config.brokers[0].name.clone(), ..broker(venue.fix_address) }];
    config.node.clock = ClockChoice::Data;

    let node = Node::start(NodePlan {
        config,
        data: place.data().to_owned(),
        threads: args.threads,
        accept_config: None,
        accept_decisions: None,
        lockstep,
        serve: false,
        title: "replay".to_owned(),
    })?;
    let layout = node.layout();
    let board = Arc::clone(node.board());
    let progress = progress_bar(recorded.records);
    let handle = venue.handle().clone();
    node.run(|state| {
        progress.set_position(state.counters.records.load(Ordering::Relaxed));
        let mut board = board.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        board.collect();
        // The end of the stream is an input too: the stop comes after it, every time.
        let ended = handle.is_finished() && state.counters.snapshot().feed != LinkState::Up;
        stop.load(Ordering::Acquire) || ended || venue.is_finished()
    })?;
    progress.finish_and_clear();
    venue.stop()?;

    let board = board.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let journal = journal_dir(place.data());
    let summary = Summary::read(&journal, layout, recorded.records, &board)?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&summary).map_err(|e| NodeError::Failed(e.to_string()))?
        );
    } else {
        print!("{}", summary.to_text());
    }
    Ok(())
}

fn pace(lockstep: Option<&Arc<Lockstep>>, speed: Speed) -> Pace {
    match (lockstep, speed) {
        (Some(lockstep), _) => Pace::Lockstep(Arc::clone(lockstep)),
        (None, Speed::Times(speed)) => Pace::Real { speed },
        (None, Speed::Max) => Pace::Real { speed: 1.0 },
    }
}

/// Where the journal goes.
enum Place {
    Kept(PathBuf),
    /// Removed at the end, however the replay ends.
    Temporary(TempDir),
}

impl Place {
    /// A directory without a journal. One that is there may be of a node that trades: nothing of it
    /// is touched.
    fn new(data: Option<PathBuf>) -> Result<Place, NodeError> {
        let Some(data) = data else {
            let made = tempfile::Builder::new().prefix("gauntlet-replay-").tempdir();
            let io = |error| NodeError::io("make a directory in", &std::env::temp_dir(), error);
            return made.map(Place::Temporary).map_err(io);
        };
        let journal = journal_dir(&data);
        match std::fs::exists(&journal) {
            Ok(false) => Ok(Place::Kept(data)),
            Ok(true) => Err(NodeError::Failed(format!(
                "{} holds a journal already: choose another --data",
                data.display()
            ))),
            Err(error) => Err(NodeError::io("look for", &journal, error)),
        }
    }

    fn data(&self) -> &Path {
        match self {
            Place::Kept(data) => data,
            Place::Temporary(dir) => dir.path(),
        }
    }
}

/// What the files hold. They are read whole before the first order: a damaged file is found here.
struct Recorded {
    /// When the first file's data begins; 0 where it does not say.
    start: UnixNanos,
    records: u64,
    symbols: Vec<String>,
    schema: String,
}

impl Recorded {
    fn read(paths: &[PathBuf]) -> Result<Recorded, NodeError> {
        let failed = |error: gauntlet_feeds::FileError| NodeError::Failed(error.to_string());
        let mut recorded = Recorded {
            start: UnixNanos(0),
            records: 0,
            symbols: Vec::new(),
            schema: String::new(),
        };
        // Why the first file without anything of its instruments has nothing; and whether any has.
        let (mut nothing, mut has_any) = (None, false);
        for path in paths {
            let mut file = DbnFile::open(path).map_err(failed)?;
            if recorded.records == 0 {
                recorded.start = UnixNanos(file.metadata().start);
            }
            let schema = file.metadata().schema.map(|schema| schema.to_string());
            let schema = schema.unwrap_or_else(|| "mbo".to_owned());
            if !recorded.schema.is_empty() && recorded.schema != schema {
                return Err(NodeError::Config(format!(
                    "{} holds {schema} and the file before it {}: replay files of one schema",
                    path.display(),
                    recorded.schema
                )));
            }
            recorded.schema = schema;
            let symbols = mapped_symbols(file.metadata());
            while file.next_input().map_err(failed)?.is_some() {}
            recorded.records += file.records();
            match file.nothing_of(&symbols.join(", ")) {
                Some(why) => nothing = nothing.or(Some(why)),
                None => has_any = true,
            }
            for symbol in symbols {
                if !recorded.symbols.contains(&symbol) {
                    recorded.symbols.push(symbol);
                }
            }
        }
        match nothing.filter(|_| !has_any) {
            Some(why) => Err(failed(why)),
            None => Ok(recorded),
        }
    }
}

fn feed(recorded: &Recorded, address: SocketAddr) -> FeedConfig {
    FeedConfig {
        // A replay's files are all that it has.
        history_hours: 0,
        address: address.to_string(),
        dataset: DATASET.to_owned(),
        key: KEY.to_owned(),
        schema: recorded.schema.clone(),
        heartbeat_seconds: 30,
    }
}

fn broker(address: SocketAddr) -> BrokerConfig {
    BrokerConfig {
        name: String::new(),
        address: address.to_string(),
        sender_comp_id: "GAUNTLET".to_owned(),
        target_comp_id: "SIMVENUE".to_owned(),
        heartbeat_seconds: 30,
        lacks: Vec::new(),
        cancel_on_disconnect: false,
        keeps_on_disconnect: None,
        fix: FixConfig::default(),
        identity_tag: None,
        next_expected_msg_seq_num: true,
        // The venue is of this process and has nothing that did not come from here: a replay's effects are
        // its decisions alone.
        reconcile: ReconcileChoice::Off,
        reconcile_minutes: 0,
        drop_copy: None,
        username: String::new(),
        password: String::new(),
    }
}

/// Rules of a bot that follows the break of a short opening range.
const BREAKOUT: &str = "long when close > opening_range(5).high first in session
short when close < opening_range(5).low first in session
entry aggressive
";

/// Rules of a bot that trades often in few hours: it needs no more than twenty bars.
const REVERSION: &str = "let band = bb(20, 1.5)
long when close < band.lower
short when close > band.upper
exit long when close >= band.middle
exit short when close <= band.middle
entry passive
";

fn account() -> AccountConfig {
    AccountConfig {
        name: "REPLAY".to_owned(),
        max_position: 100,
        messages_per_second: 100,
        cancel_headroom: 20,
        broker: None,
        limits: LimitsConfig::default(),
        equity: None,
        commission: None,
        max_refused_orders: None,
        max_refused_changes: None,
        max_refused_per_minute: None,
        max_messages_per_fill: None,
        messages_from: None,
        // As with its lists: the venue has nothing that did not come from here.
        cash: CashChoice::Off,
        cash_start: None,
        cash_tolerance: 0.0,
    }
}

fn instrument(symbol: &str) -> InstrumentConfig {
    InstrumentConfig {
        symbol: symbol.to_owned(),
        max_order_qty: 10,
        max_position: 20,
        collar_ticks: 40,
        stale_after_ms: 60_000,
        no_opening_days: None,
        out_days: None,
        warn_days: None,
        initial_margin: None,
        fee: None,
        protection_ticks: None,
        volatility_reference: None,
        volatility_percent: None,
        volatility_minutes: None,
    }
}

/// Two bots on every instrument of the files.
fn default_config(recorded: &Recorded) -> Result<Config, NodeError> {
    let bot = |symbol: &str, archetype: Archetype, rules: &str| BotConfig {
        name: format!("{}-{}", symbol.to_lowercase(), archetype.name().replace('_', "-")),
        account: "REPLAY".to_owned(),
        instrument: symbol.to_owned(),
        at_contract_end: None,
        archetype: Some(archetype),
        fallback: false,
        broker_stop: false,
        broker_stop_step_ticks: 4,
        broker_target: false,
        stage: Stage::Canary,
        session: Some(SessionMode::Full24x5),
        order_qty: 1,
        bars: None,
        rules: None,
        rule_text: rules.to_owned(),
        sizing: SizingConfig::Fixed,
        stop_loss: Some("16 ticks".to_owned()),
        take_profit: Some("16 ticks".to_owned()),
        trailing: None,
        break_even: None,
        time_stop_bars: 30,
        hold_over_session: false,
        weights: BTreeMap::new(),
        max_order_qty: 2,
        max_position: 2,
        owner: None,
        limits: LimitsConfig::default(),
        parameters: BTreeMap::new(),
    };
    let config = Config {
        node: NodeConfig {
            layout: LayoutChoice::Auto,
            // Venue and node take turns: whoever parks makes the other wait for it to wake up.
            wait: WaitStrategy::Yield,
            pin: Vec::new(),
            clock: ClockChoice::Data,
        },
        journal: JournalSettings::default(),
        http: HttpConfig::default(),
        calendar: CalendarConfig::default(),
        feed: feed(recorded, SocketAddr::from(([127, 0, 0, 1], 0))),
        brokers: vec![broker(SocketAddr::from(([127, 0, 0, 1], 0)))],
        risk: LimitsConfig::default(),
        accounts: vec![account()],
        instruments: recorded.symbols.iter().map(|symbol| instrument(symbol)).collect(),
        bots: recorded
            .symbols
            .iter()
            .flat_map(|symbol| {
                [
                    bot(symbol, Archetype::OrbBreakout, BREAKOUT),
                    bot(symbol, Archetype::MeanReversion, REVERSION),
                ]
            })
            .collect(),
        venue: VenueConfig::default(),
        paper: PaperConfig::default(),
        years: BTreeMap::new(),
        day: None,
    };
    // The symbols are those of the files, and no person chose them.
    let wrong = |why| NodeError::Config(format!("{why}; or name the instruments with --config"));
    config.check().map_err(wrong)?;
    Ok(config)
}

fn progress_bar(records: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records  {per_sec}  eta {eta}");
    let bar = ProgressBar::new(records);
    bar.set_style(style.expect("the template is a constant and valid"));
    bar
}
