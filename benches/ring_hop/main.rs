//! One hop of a message from one pinned thread to another: our rings beside `rtrb`, crossbeam's
//! `ArrayQueue`, and a bare cache line as the floor.
//!
//! Three messages: 64 bytes, as such comparisons are made; a tick as layout `dedicated` passes it on
//! between two stages; and the same tick in slots as large as the largest report, which is what one
//! ring for everything would cost.
//!
//! Paced: the sender sends one message every microsecond by an open loop, spinning until it is due.
//! The hop begins with a counter reading right before the push and ends with one right after the pop
//! that brought the message; beside it, the same from the time at which the message was due.
//! Burst: the sender pushes as fast as it can and tries again whenever the ring is full.
//! All contestants take turns within one run, round after round; figures are medians of rounds. A
//! round in which other processes had much of the cores is run again (see
//! [`gauntlet_benches::quiet`]).

#![forbid(unsafe_code)]

mod contestants;
mod message;

use contestants::{Contestant, Receive, Send};
use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::quiet::{Patience, undisturbed};
use gauntlet_benches::report::{Nanos, Percentiles, median, print_table, show_ns};
use gauntlet_runtime::clock::TickClock;
use gauntlet_runtime::layout::pin_to;
use message::{Line, Message, TickHop, WholeHop};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const RING_CAPACITY: usize = 1_024;
const INTERVAL_NS: u64 = 1_000;
const CONTESTANTS: usize = Contestant::ALL.len();

struct Plan {
    rounds: usize,
    paced: u64,
    burst: u64,
}

/// What carrying one kind of message came to.
#[derive(Serialize)]
struct Field {
    message: &'static str,
    bytes: usize,
    rounds_disturbed: usize,
    figures: Vec<Figures>,
}

#[derive(Default, Serialize)]
struct Figures {
    contestant: &'static str,
    #[serde(skip)]
    is_ours: bool,
    hop: Percentiles,
    from_due: Percentiles,
    lost: u64,
    /// Messages a second in bursts; nothing for the floor, which has no room for two.
    burst_per_second: Option<u64>,
}

struct Turn {
    paced: Paced,
    burst_per_second: Option<u64>,
}

struct Paced {
    hop: Nanos,
    from_due: Nanos,
    lost: u64,
}

fn main() -> ExitCode {
    let options = Options::from_args(std::env::args().skip(1));
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let plan = match options.quick {
        true => Plan { rounds: 1, paced: 20_000, burst: 100_000 },
        false => Plan { rounds: 9, paced: 300_000, burst: 5_000_000 },
    };
    let patience = options.patience()?;
    let cores = Machine::two_cores()?;
    let machine = Machine::here();
    let ticks = TickClock::new();
    let fields = [
        field::<Line>(&plan, patience, cores, &ticks)?,
        field::<TickHop>(&plan, patience, cores, &ticks)?,
        field::<WholeHop>(&plan, patience, cores, &ticks)?,
    ];
    if options.json {
        let report = serde_json::json!({
            "benchmark": "ring_hop",
            "machine": machine,
            "rounds": plan.rounds,
            "interval_ns": INTERVAL_NS,
            "messages": fields,
        });
        println!("{report:#}");
        return Ok(());
    }
    println!("ring_hop: {machine}");
    println!(
        "{} rounds of {} messages, one every {}, cores {} and {}",
        plan.rounds,
        plan.paced,
        show_ns(INTERVAL_NS),
        cores[0],
        cores[1]
    );
    for field in &fields {
        println!("\n{} bytes, {} rounds disturbed by others", field.bytes, field.rounds_disturbed);
        print(field.message, &field.figures);
    }
    Ok(())
}

/// All rounds of one kind of message.
fn field<M: Message>(
    plan: &Plan,
    patience: Patience,
    cores: [usize; 2],
    ticks: &TickClock,
) -> Result<Field, String> {
    let mut rounds = Vec::new();
    for round in 0..plan.rounds {
        rounds.push(undisturbed(patience, || Ok(measure::<M>(plan, round, cores, ticks)))?);
    }
    let rounds_disturbed = rounds.iter().filter(|round| round.is_disturbed()).count();
    let rounds: Vec<[Option<Turn>; CONTESTANTS]> =
        rounds.into_iter().map(|round| round.figures).collect();
    Ok(Field {
        message: M::NAME,
        bytes: size_of::<M>(),
        rounds_disturbed,
        figures: figures(&rounds),
    })
}

/// One round: every contestant has its turn.
fn measure<M: Message>(
    plan: &Plan,
    round: usize,
    cores: [usize; 2],
    ticks: &TickClock,
) -> [Option<Turn>; CONTESTANTS] {
    let mut turns = [const { None }; CONTESTANTS];
    for turn in 0..turns.len() {
        // Everyone goes first in some round: whoever does finds the caches as the last left them.
        let at = (turn + round) % turns.len();
        let contestant = Contestant::ALL[at];
        let Some((mut sender, mut receiver)) = contestant.make::<M>(RING_CAPACITY) else {
            continue;
        };
        let paced = run_paced(&mut *sender, &mut *receiver, plan.paced, cores, ticks);
        let new = contestant.make::<M>(RING_CAPACITY).filter(|_| contestant.is_ring());
        let burst_per_second = new.map(|(mut sender, mut receiver)| {
            let took = run_burst(&mut *sender, &mut *receiver, plan.burst, cores, ticks);
            (plan.burst as f64 / took.as_secs_f64()) as u64
        });
        turns[at] = Some(Turn { paced, burst_per_second });
    }
    turns
}

fn figures(rounds: &[[Option<Turn>; CONTESTANTS]]) -> Vec<Figures> {
    let of_one = |at: usize| {
        let turns: Vec<&Turn> = rounds.iter().filter_map(|round| round[at].as_ref()).collect();
        if turns.is_empty() {
            return None;
        }
        let of = |which: fn(&Paced) -> &Nanos| {
            let turns: Vec<_> = turns.iter().map(|turn| which(&turn.paced).percentiles()).collect();
            Percentiles::median_of(&turns)
        };
        let bursts: Vec<u64> = turns.iter().filter_map(|turn| turn.burst_per_second).collect();
        Some(Figures {
            contestant: Contestant::ALL[at].name(),
            is_ours: Contestant::ALL[at].is_ours(),
            hop: of(|paced| &paced.hop),
            from_due: of(|paced| &paced.from_due),
            lost: turns.iter().map(|turn| turn.paced.lost).sum(),
            burst_per_second: (!bursts.is_empty()).then(|| median(bursts)),
        })
    };
    (0..CONTESTANTS).filter_map(of_one).collect()
}

fn run_paced<M: Message>(
    sender: &mut dyn Send<M>,
    receiver: &mut dyn Receive<M>,
    count: u64,
    cores: [usize; 2],
    ticks: &TickClock,
) -> Paced {
    let mut paced = Paced { hop: Nanos::new(), from_due: Nanos::new(), lost: 0 };
    let begin = Barrier::new(2);
    let ticks_per_interval = ticks_in(INTERVAL_NS, ticks);
    thread::scope(|scope| {
        scope.spawn(|| {
            pin_to(cores[0]);
            begin.wait();
            let start = ticks.raw();
            for sequence in 1..=count {
                let due = start + (sequence as f64 * ticks_per_interval) as u64;
                let mut now = ticks.raw();
                while now < due {
                    now = ticks.raw();
                }
                let message = M::new(sequence, due, now);
                while !sender.send(&message) {}
            }
        });
        pin_to(cores[1]);
        begin.wait();
        let mut seen = 0;
        while seen < count {
            let Some(message) = receiver.receive() else { continue };
            let now = ticks.raw();
            let [sequence, due, sent] = message.marks();
            paced.hop.record(ticks.ns_between(sent, now));
            paced.from_due.record(ticks.ns_between(due, now));
            paced.lost += sequence - seen - 1;
            seen = sequence;
        }
    });
    paced
}

fn run_burst<M: Message>(
    sender: &mut dyn Send<M>,
    receiver: &mut dyn Receive<M>,
    count: u64,
    cores: [usize; 2],
    ticks: &TickClock,
) -> Duration {
    let begin = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            pin_to(cores[0]);
            begin.wait();
            sender.send_all(count);
        });
        pin_to(cores[1]);
        begin.wait();
        let from = ticks.raw();
        receiver.receive_all(count);
        Duration::from_nanos(ticks.ns_between(from, ticks.raw()))
    })
}

/// How many ticks of the counter an interval has, measured on a long one.
fn ticks_in(nanos: u64, ticks: &TickClock) -> f64 {
    const LONG: u64 = 1 << 40;
    LONG as f64 / ticks.ns_between(0, LONG) as f64 * nanos as f64
}

fn print(message: &str, figures: &[Figures]) {
    let ratio = |ours: u64, theirs: u64| format!("{:.2}", ours as f64 / theirs.max(1) as f64);
    let first = figures[0].hop.p50_ns;
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|f| {
            vec![
                f.contestant.to_owned(),
                show_ns(f.hop.p50_ns),
                show_ns(f.hop.p99_ns),
                show_ns(f.hop.p999_ns),
                show_ns(f.from_due.p50_ns),
                show_ns(f.from_due.p99_ns),
                ratio(f.hop.p50_ns, first),
                f.burst_per_second.map_or("-".to_owned(), |n| format!("{:.1} M/s", n as f64 / 1e6)),
                f.lost.to_string(),
            ]
        })
        .collect();
    let heads = [
        message,
        "P50",
        "P99",
        "P99.9",
        "from due P50",
        "from due P99",
        "P50 / first",
        "burst",
        "lost",
    ];
    print_table(&heads, &rows);
    println!();
    for ours in figures.iter().filter(|f| f.is_ours) {
        let others = figures.iter().filter(|f| !f.is_ours && f.burst_per_second.is_some());
        for theirs in others {
            println!(
                "{} / {}: P50 {}, P99 {}, burst {}",
                ours.contestant,
                theirs.contestant,
                ratio(ours.hop.p50_ns, theirs.hop.p50_ns),
                ratio(ours.hop.p99_ns, theirs.hop.p99_ns),
                ratio(ours.burst_per_second.unwrap_or(0), theirs.burst_per_second.unwrap_or(0)),
            );
        }
    }
}
