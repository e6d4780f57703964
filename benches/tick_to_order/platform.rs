//! The platform under test: a whole node between the venue's data gateway and a FIX acceptor.

use crate::pace::{Line, Pace, drive};
use dbn::RecordRef;
use gauntlet::cli::ThreadArgs;
use gauntlet::config::Config;
use gauntlet::node::{Node, NodePlan, journal_dir};
use gauntlet::state::NodeState;
use gauntlet_benches::acceptor::{Acceptor, Received};
use gauntlet_benches::report::{Nanos, Percentiles};
use gauntlet_benches::script::{PRODUCTS, Role, STRETCH_TICKS, Script, symbol};
use gauntlet_benches::whole_node::{CLIENT, DATASET, KEY, VENUE, configuration};
use gauntlet_journal::{EffectEntry, EffectReader, Position, verify};
use gauntlet_model::effect::Effect;
use gauntlet_model::units::UnixNanos;
use gauntlet_runtime::clock::{TickClock, system_now};
use gauntlet_runtime::latency::{LatencyBoard, Segment};
use gauntlet_runtime::layout::pin_to;
use gauntlet_venue::dbn_gateway::DbnGateway;
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

const STARTS_WITHIN: Duration = Duration::from_secs(20);
const STOPS_WITHIN: Duration = Duration::from_secs(20);
/// Messages between two looks at the latency samples: few enough that they never pile up.
const MESSAGES_PER_COLLECT: u64 = 16;

/// What a run of the platform came to.
pub struct PlatformFigures {
    /// What risk refused first, and why, if anything.
    pub first_reject: Option<String>,
    pub wire_to_wire: Nanos,
    pub lateness: Nanos,
    pub segments: Vec<(Segment, Percentiles)>,
    pub order_bytes: usize,
    pub counts: Counts,
}

/// What was counted over a whole run, its warm-up included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Messages sent that cause an order.
    pub causes: u64,
    /// Orders received by the acceptor.
    pub orders: u64,
    /// Causes without an order, after the warm-up. Should be 0.
    pub unanswered: u64,
    /// Orders without a cause, and messages that are no orders. Should be 0.
    pub unexpected: u64,
    /// Orders refused by risk. Should be 0.
    pub rejects: u64,
    /// Alerts raised. Should be 0.
    pub alerts: u64,
    /// Latency samples that did not fit their ring. Should be 0.
    pub samples_dropped: u64,
    /// Records in the journal.
    pub journal_records: u64,
    /// Bytes in the journal.
    pub journal_bytes: u64,
    /// Group commits of the journal.
    pub commits: u64,
}

impl Counts {
    /// The sums of both.
    pub fn plus(&self, other: &Counts) -> Counts {
        Counts {
            causes: self.causes + other.causes,
            orders: self.orders + other.orders,
            unanswered: self.unanswered + other.unanswered,
            unexpected: self.unexpected + other.unexpected,
            rejects: self.rejects + other.rejects,
            alerts: self.alerts + other.alerts,
            samples_dropped: self.samples_dropped + other.samples_dropped,
            journal_records: self.journal_records + other.journal_records,
            journal_bytes: self.journal_bytes + other.journal_bytes,
            commits: self.commits + other.commits,
        }
    }

    /// Whether everything was as it should be.
    pub fn are_clean(&self) -> bool {
        [self.unanswered, self.unexpected, self.rejects, self.alerts, self.samples_dropped]
            .iter()
            .all(|count| *count == 0)
    }
}

/// Runs the platform: its hot thread on the first core, the generator and the acceptor on one thread
/// on the second.
pub fn run(
    script: &Script,
    pace: &Pace,
    cores: [usize; 2],
    ticks: &TickClock,
) -> Result<PlatformFigures, String> {
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|e| e.to_string())?;
    let mut gateway = DbnGateway::bind("127.0.0.1:0", KEY, DATASET).map_err(|e| e.to_string())?;
    let mut acceptor = Acceptor::bind(VENUE, CLIENT, ticks.clone(), true)?;
    let addresses = [
        gateway.local_addr().map_err(|e| e.to_string())?.to_string(),
        acceptor.address()?.to_string(),
    ];
    let node = Node::start(NodePlan {
        config: config(&addresses, cores[0])?,
        data: data.path().to_owned(),
        threads: ThreadArgs::default(),
        accept_config: None,
        accept_decisions: None,
        lockstep: None,
        serve: false,
        title: "tick_to_order".to_owned(),
    })
    .map_err(|error| error.to_string())?;
    let (state, board) = (Arc::clone(node.state()), Arc::clone(node.board()));
    let driven = thread::scope(|scope| {
        let driven = scope.spawn(|| {
            pin_to(cores[1]);
            wait_for_both(script, &mut gateway, &mut acceptor)?;
            let mut line = Wires {
                script,
                gateway: &mut gateway,
                acceptor: &mut acceptor,
                board: &board,
                causes: 0,
                waiting: vec![VecDeque::new(); PRODUCTS.len()],
                unexpected: 0,
                wire_to_wire: Nanos::new(),
                warm: None,
                warm_up: pace.warm_up,
                ticks,
            };
            let lateness = drive(&mut line, pace, ticks);
            let counts = Counts {
                causes: line.causes,
                unanswered: line.waiting.iter().flatten().count() as u64,
                unexpected: line.unexpected,
                ..Counts::default()
            };
            let (wire_to_wire, warm) = (line.wire_to_wire, line.warm);
            stop(&state, &mut acceptor)?;
            Ok::<_, String>((wire_to_wire, lateness, warm, counts))
        });
        driven.join().expect("the generator does not panic")
    });
    let (wire_to_wire, lateness, warm, mut counts) = driven?;
    counts.commits = state.counters.snapshot().commits;
    node.run(|_| true).map_err(|error| error.to_string())?;
    counts.samples_dropped = lock(&board).dropped();
    counts.orders = acceptor.orders();
    counts.unexpected += acceptor.others();
    let first_reject = look_into_journal(&journal_dir(data.path()), &mut counts)?;
    Ok(PlatformFigures {
        first_reject,
        wire_to_wire,
        lateness,
        segments: segments(&lock(&board), warm.as_deref()),
        order_bytes: acceptor.order_bytes(),
        counts,
    })
}

fn lock(board: &Mutex<LatencyBoard>) -> MutexGuard<'_, LatencyBoard> {
    board.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn wait_for_both(
    script: &Script,
    gateway: &mut DbnGateway,
    acceptor: &mut Acceptor,
) -> Result<(), String> {
    let begin = Instant::now();
    while gateway.started_clients() == 0 || !acceptor.is_logged_on() {
        gateway.poll(UnixNanos(system_now()), script);
        acceptor.poll(&mut |_, _| {});
        if begin.elapsed() > STARTS_WITHIN {
            return Err("the node did not connect in time".to_owned());
        }
    }
    // What the sessions still have to say to each other is not part of what is measured.
    let settled = Instant::now();
    while settled.elapsed() < Duration::from_millis(200) {
        gateway.poll(UnixNanos(system_now()), script);
        acceptor.poll(&mut |_, _| {});
    }
    Ok(())
}

fn stop(state: &NodeState, acceptor: &mut Acceptor) -> Result<(), String> {
    state.ask_to_stop();
    let begin = Instant::now();
    while !state.is_closed() && !state.has_failed() {
        acceptor.poll(&mut |_, _| {});
        if begin.elapsed() > STOPS_WITHIN {
            return Err("the node did not stop in time".to_owned());
        }
    }
    Ok(())
}

/// What each segment took after the warm-up.
fn segments(board: &LatencyBoard, warm: Option<&LatencyCopy>) -> Vec<(Segment, Percentiles)> {
    let all = Segment::ALL.iter().filter_map(|segment| {
        let mut histogram = board.histogram(*segment).clone();
        if let Some((_, before)) = warm?.iter().find(|(of, _)| of == segment) {
            histogram.subtract(before).ok()?;
        }
        let at = |quantile| histogram.value_at_quantile(quantile);
        let percentiles = Percentiles {
            count: histogram.len(),
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: histogram.max(),
        };
        (percentiles.count > 0).then_some((*segment, percentiles))
    });
    all.collect()
}

fn look_into_journal(dir: &Path, counts: &mut Counts) -> Result<Option<String>, String> {
    let mut first = None;
    let report = verify(dir).map_err(|error| error.to_string())?;
    if !report.is_whole() {
        return Err("the journal is not whole".to_owned());
    }
    counts.journal_records = report.inputs.records + report.effects.records;
    counts.journal_bytes = report.inputs.bytes + report.effects.bytes;
    let mut reader = EffectReader::open(dir, Position(0)).map_err(|error| error.to_string())?;
    while let Some(record) = reader.next().map_err(|error| error.to_string())? {
        match record.entry {
            EffectEntry::Effect(Effect::Reject(reject)) => {
                counts.rejects += 1;
                first.get_or_insert_with(|| format!("{reject:?}"));
            }
            EffectEntry::Effect(Effect::Alert(_)) => counts.alerts += 1,
            _ => {}
        }
    }
    Ok(first)
}

type LatencyCopy = [(Segment, hdrhistogram::Histogram<u32>)];

/// A cause that waits for its order.
#[derive(Clone, Copy)]
struct Waiting {
    due: u64,
    counts: bool,
}

struct Wires<'a> {
    script: &'a Script,
    gateway: &'a mut DbnGateway,
    acceptor: &'a mut Acceptor,
    board: &'a Mutex<LatencyBoard>,
    causes: u64,
    /// By contract, those that wait longest first: an order may come after the next one of its contract was due.
    waiting: Vec<VecDeque<Waiting>>,
    unexpected: u64,
    wire_to_wire: Nanos,
    /// The board at the end of the warm-up.
    warm: Option<Box<LatencyCopy>>,
    warm_up: u64,
    ticks: &'a TickClock,
}

impl Line for Wires<'_> {
    fn send(&mut self, index: u64, due: u64) {
        let step = self.script.step(index);
        if step.role == Role::Cause {
            self.causes += 1;
            let waiting = Waiting { due, counts: index >= self.warm_up };
            // Bots that are not warm yet need not answer.
            self.waiting[step.contract].retain(|before| before.counts);
            self.waiting[step.contract].push_back(waiting);
        }
        self.gateway.publish(RecordRef::from(&step.record));
        self.gateway.flush();
        if index.is_multiple_of(MESSAGES_PER_COLLECT) || index == self.warm_up {
            let mut board = lock(self.board);
            board.collect();
            if index == self.warm_up {
                let copy = Segment::ALL.map(|segment| (segment, board.histogram(segment).clone()));
                self.warm = Some(Box::new(copy));
            }
        }
    }

    fn poll(&mut self) {
        let Wires { script, acceptor, waiting, unexpected, wire_to_wire, ticks, .. } = self;
        acceptor.poll(&mut |received, arrived| {
            let Received::Order(symbol) = received else { return *unexpected += 1 };
            let contract = contract_of(script, symbol);
            match contract.and_then(|contract| waiting[contract].pop_front()) {
                Some(Waiting { due, counts: true }) => {
                    wire_to_wire.record(ticks.ns_between(due, arrived));
                }
                Some(_) => {}
                None => *unexpected += 1,
            }
        });
    }
}

fn contract_of(script: &Script, symbol: &[u8]) -> Option<usize> {
    use gauntlet_venue::market::Market;
    script.listings().iter().position(|listing| listing.symbol.as_bytes() == symbol)
}

/// A contract and a bot of each product, with every limit set and none of them near.
fn config(addresses: &[String; 2], core: usize) -> Result<Config, String> {
    let mut text = configuration(addresses, core, 100);
    for code in PRODUCTS {
        let symbol = symbol(code);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[instrument]]\nsymbol = \"{symbol}\"\nmax_order_qty = 10\nmax_position = 10\n\
             collar_ticks = 100\nstale_after_ms = 60000\n\
             [[bot]]\nname = \"reversion-{symbol}\"\naccount = \"BENCH\"\ninstrument = \"{symbol}\"\n\
             archetype = \"mean_reversion\"\nstage = \"CANARY\"\nsession = \"FULL_24x5\"\n\
             order_qty = 1\nstop_loss = \"100 ticks\"\ntake_profit = \"{} ticks\"\nmax_order_qty = 2\n\
             max_position = 2\n\
             rule_text = \"let band = bb(2, 0.1)\\nlet rested = close[1] = close[3]\\n\
             long when close < band.lower and rested\\n\
             short when close > band.upper and rested\\nexit long when close >= band.middle\\n\
             exit short when close <= band.middle\\nentry passive\\n\"\n",
            STRETCH_TICKS / 2
        );
    }
    Config::parse(&text, "tick_to_order").map_err(|error| error.to_string())
}
