//! `gauntlet stress` (R29): the platform against a simulated venue, at twice the highest load that the
//! journals of six months have seen.
//!
//! The load that was seen is that of any one second. Venue and node run in this process over real sockets, by
//! the wall clock, each on its own threads; the node writes a whole journal. Bots that change sides with
//! every bar make the orders, as many at once as twice the orders that were seen. What was sent is counted
//! at one end and what was taken at the other, and nothing may be missing but the market data that is on its
//! way when the node hangs up.

use super::venue::{MarketPlan, RunningVenue, VenuePlan};
use super::{demo::set_aside, interrupt};
use crate::cli::StressArgs;
use crate::config::{ClockChoice, Config};
use crate::error::NodeError;
use crate::node::{Node, NodePlan, journal_dir};
use crate::wall::now;
use gauntlet_journal::{EffectEntry, EffectReader, InputReader, Position};
use gauntlet_model::effect::{AlertKind, Effect};
use gauntlet_model::input::{FeedChange, Input};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_readmodel::load::{self, LOAD_DAYS, Load, Peak};
use gauntlet_readmodel::stress::{Segment, StressRecord, in_words};
use gauntlet_runtime::idle::WaitStrategy;
use gauntlet_runtime::latency::LatencySummary;
use gauntlet_venue::agent::{MarketClock, Pace};
use gauntlet_venue::generated::GeneratedConfig;
use gauntlet_venue::order_entry::ExchangeRules;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const KEY: &str = "db-STRESSSIMULATEDVENUE0000000000";
const SYMBOL: &str = "ESZ6";
/// Seconds of the market in a second: every second a bar, with which the bots change sides.
const SPEED: f64 = 60.0;
/// How much more than asked for the market is set to make: it is livelier at some times than at others.
const MARGIN: f64 = 1.5;
/// Least load that is tried, where a journal has seen less.
const MESSAGES_MIN: u64 = 500;
const ORDERS_MIN: u64 = 4;
/// Most bots that change sides: a run may have 256.
const BOTS_MAX: u64 = 200;
/// Before what counts: the session opens, and every bot has had its bars.
const WARM_UP: Duration = Duration::from_secs(5);
const NANOS_PER_DAY: u64 = 86_400 * NANOS_PER_SECOND;

/// Runs, keeps the record and tells it.
///
/// # Errors
/// What kept it from running, and everything that was not as it must be.
pub fn run(args: StressArgs) -> Result<(), NodeError> {
    let seen = seen(&args)?;
    let target = twice(seen);
    let place = args.data.join("stress");
    let record = stress(&args, &place, (seen, target))?;
    let kept = record.keep(&args.data);
    kept.map_err(|error| NodeError::io("write the record of the run to", &args.data, error))?;
    match args.json {
        true => println!("{}", serde_json::to_string_pretty(&record).unwrap_or_default()),
        false => print!("{}", text(&record)),
    }
    match record.passed() {
        true => Ok(()),
        false => Err(NodeError::Failed(format!(
            "the stress run failed:\n  {}",
            record.broken.join("\n  ")
        ))),
    }
}

/// The highest load of the journals, or what the command line says.
fn seen(args: &StressArgs) -> Result<Load, NodeError> {
    let since = UnixNanos(now().0.saturating_sub(LOAD_DAYS * NANOS_PER_DAY));
    let mut seen = Load::default();
    let own = std::iter::once(&args.data);
    for data in own.chain(&args.also) {
        let dir = journal_dir(data);
        if dir.exists() {
            seen = seen.max(load::highest(&dir, since)?);
        }
    }
    let least = |peak: Peak, told: Option<u64>| Peak {
        per_second: told.unwrap_or(peak.per_second),
        ..peak
    };
    Ok(Load {
        messages: least(seen.messages, args.messages),
        orders: least(seen.orders, args.orders),
    })
}

fn twice(seen: Load) -> Load {
    let of = |peak: Peak, least: u64| Peak {
        per_second: peak.per_second.saturating_mul(2).max(least),
        at: 0,
    };
    Load { messages: of(seen.messages, MESSAGES_MIN), orders: of(seen.orders, ORDERS_MIN) }
}

/// Bots on one contract that change sides with the bars, under limits that stop none of it.
fn config(target: Load, venue: &RunningVenue) -> Result<Config, NodeError> {
    let bots = target.orders.per_second.clamp(1, BOTS_MAX);
    let mut text = format!(
        "[node]\nclock = \"data\"\n[journal]\nsegment_mib = 64\n\
         [feed]\naddress = \"{}\"\ndataset = \"GLBX.MDP3\"\nkey = \"{KEY}\"\nschema = \"mbp-1\"\n\
         history_hours = 0\n\
         [broker]\naddress = \"{}\"\nsender_comp_id = \"GAUNTLET\"\ntarget_comp_id = \"SIMVENUE\"\n\
         next_expected_msg_seq_num = true\nreconcile = \"off\"\n\
         [[account]]\nname = \"STRESS\"\nmax_position = 100000\nmessages_per_second = 100000\n\
         cancel_headroom = 1000\ncash = \"off\"\n\
         [[instrument]]\nsymbol = \"{SYMBOL}\"\nmax_order_qty = 100\nmax_position = 100000\n\
         collar_ticks = 10000\nstale_after_ms = 600000\n\
         [risk]\nmax_daily_loss = 1000000000\nmax_order_value = 1000000000\nduplicate_window_ms = 1\n\
         max_executions = 64\nexecutions_window_seconds = 1\n",
        venue.data_address, venue.fix_address
    );
    for bot in 0..bots {
        text += &format!(
            "[[bot]]\nname = \"stress-{bot}\"\naccount = \"STRESS\"\ninstrument = \"{SYMBOL}\"\n\
             archetype = \"mean_reversion\"\nstage = \"LIVE\"\nsession = \"RTH_US\"\norder_qty = 1\n\
             stop_loss = \"2000 ticks\"\nmax_order_qty = 10\nmax_position = 10\n\
             rule_text = \"\"\"\nlong when close >= open\nshort when close < open\nentry aggressive\n\"\"\"\n"
        );
    }
    Ok(Config::parse(&text, "the stress run's configuration")?)
}

fn start_venue(args: &StressArgs, target: Load) -> Result<RunningVenue, NodeError> {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let market = GeneratedConfig {
        seed: args.seed,
        rate: (target.messages.per_second as f64 * MARGIN / SPEED).clamp(1.0, 1e6),
        symbols: vec![SYMBOL.to_owned()],
        ..GeneratedConfig::default()
    };
    RunningVenue::start(VenuePlan {
        market: MarketPlan::Generated(market),
        data_listen: any_port,
        fix_listen: any_port,
        drop_copy: None,
        flags: ["--data", "--data"],
        key: KEY.to_owned(),
        dataset: "GLBX.MDP3".to_owned(),
        comp_ids: ("SIMVENUE".to_owned(), "GAUNTLET".to_owned()),
        pace: Pace::Real { speed: SPEED },
        clock: MarketClock::FirstClient,
        rules: ExchangeRules::default(),
        script: Vec::new(),
        store: None,
        wait: WaitStrategy::Park,
    })
}

/// What the node had taken at some moments of the wall clock.
#[derive(Default)]
struct Samples(Vec<(Instant, u64, u64)>);

impl Samples {
    fn take(&mut self, records: u64, orders: u64) {
        self.0.push((Instant::now(), records, orders));
    }

    /// The most within any one second, by the samples at its ends: records, then order messages.
    fn peaks(&self) -> [u64; 2] {
        let mut most = [0; 2];
        let mut first = 0;
        for &(at, records, orders) in &self.0 {
            while at - self.0[first].0 > Duration::from_secs(1) {
                first += 1;
            }
            let (_, records_then, orders_then) = self.0[first];
            most = [most[0].max(records - records_then), most[1].max(orders - orders_then)];
        }
        most
    }

    /// Records a second in the mean.
    fn mean(&self) -> u64 {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else { return 0 };
        let seconds = (last.0 - first.0).as_secs_f64();
        if seconds > 0.0 { ((last.1 - first.1) as f64 / seconds) as u64 } else { 0 }
    }
}

fn stress(
    args: &StressArgs,
    place: &Path,
    (seen, target): (Load, Load),
) -> Result<StressRecord, NodeError> {
    let stop = interrupt()?;
    std::fs::create_dir_all(place).map_err(|error| NodeError::io("make", place, error))?;
    set_aside(&journal_dir(place))?;
    let venue = start_venue(args, target)?;
    let mut config = config(target, &venue)?;
    config.node.clock = ClockChoice::Data;
    config.day = Some(GeneratedConfig::default().start);
    let node = Node::start(NodePlan {
        config,
        data: place.to_owned(),
        threads: args.threads.clone(),
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: false,
        title: "stress".to_owned(),
    })?;
    let (state, board) = (node.state().clone(), node.board().clone());
    let handle = venue.handle().clone();
    let (began, counted) = (Instant::now(), Duration::from_secs(args.seconds));
    let mut samples = Samples::default();
    let mut data_waiting_max = 0;
    node.run(|state| {
        let counters = state.counters.snapshot();
        if began.elapsed() >= WARM_UP {
            samples.take(counters.records, counters.orders_sent);
            data_waiting_max = data_waiting_max.max(handle.data_waiting());
        }
        if let Ok(mut board) = board.lock() {
            board.collect();
        }
        stop.load(Ordering::Acquire) || began.elapsed() >= WARM_UP + counted || venue.is_finished()
    })?;
    let words_waiting_max = u64::from(state.counters.words_waiting_max.load(Ordering::Relaxed));
    let venue = venue.stop()?;
    let (data, orders_taken) = (venue.gateway().counters(), venue.orders().counters());
    let mut taken = Taken::read(&journal_dir(place))?;
    taken.gaps += data.slow + data.accepted.saturating_sub(1);
    let mut board = board.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    board.collect();
    let [messages, orders] = samples.peaks();
    let peak = |per_second| Peak { per_second, at: 0 };
    let mut record = StressRecord {
        at: now().0,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        binary_hash: binary_hash(),
        seen,
        target,
        reached: Load { messages: peak(messages), orders: peak(orders) },
        messages_mean: samples.mean(),
        seconds: args.seconds,
        records: [data.records_queued, state.counters.snapshot().records],
        orders: [taken.orders, orders_taken.received],
        reports: [orders_taken.sent, taken.reports],
        data_waiting_max,
        words_waiting_max,
        segments: board.summaries().iter().map(segment).collect(),
        broken: Vec::new(),
    };
    record.broken = broken(&record, &taken);
    Ok(record)
}

fn binary_hash() -> String {
    let program = std::env::current_exe().and_then(std::fs::read);
    program.map_or(String::new(), |bytes| gauntlet_readmodel::replay::hex(&Sha256::digest(&bytes)))
}

fn segment(summary: &LatencySummary) -> Segment {
    let LatencySummary { segment, count, p50_ns, p99_ns, max_ns, .. } = summary;
    Segment {
        name: segment.clone(),
        count: *count,
        p50_ns: *p50_ns,
        p99_ns: *p99_ns,
        max_ns: *max_ns,
    }
}

/// What the node's journal says that it took and sent.
#[derive(Debug, Default)]
struct Taken {
    orders: u64,
    reports: u64,
    gaps: u64,
    breaks: u64,
    full: u64,
}

impl Taken {
    fn read(dir: &Path) -> Result<Taken, NodeError> {
        let mut taken = Taken::default();
        let mut inputs = InputReader::open(dir, Position::default())?;
        while let Some(record) = inputs.next()? {
            match record.sequenced.input {
                Input::Execution(report) if report.route.is_broker() => taken.reports += 1,
                Input::CancelReject(reject) if reject.route.is_broker() => taken.reports += 1,
                Input::Unusable(_) => taken.breaks += 1,
                Input::Feed(event) if event.change == FeedChange::Gap => taken.gaps += 1,
                _ => {}
            }
        }
        let mut effects = EffectReader::open(dir, Position::default())?;
        while let Some(record) = effects.next()? {
            match record.entry {
                EffectEntry::Effect(Effect::Outbound(message)) if message.route.is_broker() => {
                    taken.orders += 1;
                }
                EffectEntry::Effect(Effect::Alert(alert)) => match alert.kind {
                    AlertKind::TableFull => taken.full += 1,
                    AlertKind::NoAcknowledgement | AlertKind::UnknownOrder => taken.breaks += 1,
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(taken)
    }
}

/// What is not as it must be.
fn broken(record: &StressRecord, taken: &Taken) -> Vec<String> {
    let mut broken = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            broken.push(what);
        }
    };
    let (target, reached) = (&record.target, &record.reached);
    let (mean, least) = (record.messages_mean, target.messages.per_second);
    must(mean >= least, format!("{mean} messages/s in the mean, of {least} that were to be"));
    let (most, least) = (reached.orders.per_second, target.orders.per_second);
    must(most >= least, format!("{most} orders in a second, of {least} that were to be"));
    // When the node hangs up, records are still on their way: what was lost before shows as a gap.
    let [sent, taken_of_them] = record.records;
    must(sent >= taken_of_them, format!("{sent} records were sent and {taken_of_them} taken"));
    for (what, [sent, taken]) in [("order messages", record.orders), ("reports", record.reports)] {
        must(sent == taken, format!("{sent} {what} were sent and {taken} taken"));
    }
    must(taken.gaps == 0, format!("{} gaps in the market data, or lines lost", taken.gaps));
    must(taken.full == 0, format!("{} times a table was full", taken.full));
    must(taken.breaks == 0, format!("{} orders or reports went astray", taken.breaks));
    broken
}

fn text(record: &StressRecord) -> String {
    let Load { messages, orders } = record.seen;
    let mut text = format!(
        "seen      {} messages and {} order messages within a second, in six months\n\
         target    {} and {}\n\
         reached   {} messages/s in the mean over {} s, {} and {} within a second\n",
        messages.per_second,
        orders.per_second,
        record.target.messages.per_second,
        record.target.orders.per_second,
        record.messages_mean,
        record.seconds,
        record.reached.messages.per_second,
        record.reached.orders.per_second,
    );
    for (what, [sent, taken]) in
        [("records", record.records), ("orders", record.orders), ("reports", record.reports)]
    {
        text += &format!("{what:<9} {sent} sent, {taken} taken\n");
    }
    text += &format!(
        "waiting   {} bytes of market data at most, {} words of the broker's\n\
         latency   segment                count       p50       p99        max  (ns)\n",
        record.data_waiting_max, record.words_waiting_max
    );
    for Segment { name, count, p50_ns, p99_ns, max_ns } in &record.segments {
        text += &format!("          {name:<18} {count:>9} {p50_ns:>9} {p99_ns:>9} {max_ns:>10}\n");
    }
    text + &format!("result    {}\n", in_words(Some(record), now()))
}

#[cfg(test)]
mod tests;
