//! One hop of a 64-byte message from one pinned thread to another: our ring beside `rtrb`,
//! crossbeam's `ArrayQueue`, and a bare cache line as the floor.
//!
//! Paced: the sender sends one message every microsecond by an open loop, spinning until it is due.
//! The hop begins with a counter reading right before the push and ends with one right after the pop
//! that brought the message; beside it, the same from the time at which the message was due.
//! Burst: the sender pushes as fast as it can and tries again whenever the ring is full.
//! All contestants take turns within one run, round after round; figures are medians of rounds.

#![forbid(unsafe_code)]

mod contestants;

use contestants::{Contestant, Message, Receive, Send};
use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::report::{Nanos, Percentiles, median, print_table, show_nanos};
use gauntlet_core::runtime::clock::TickClock;
use gauntlet_core::runtime::layout::pin_to;
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const RING_CAPACITY: usize = 1_024;
const INTERVAL_NS: u64 = 1_000;

struct Plan {
    rounds: usize,
    paced: u64,
    burst: u64,
}

#[derive(Default, Serialize)]
struct Figures {
    contestant: &'static str,
    hop: Percentiles,
    from_due: Percentiles,
    lost: u64,
    /// Messages a second in bursts; nothing for the floor, which has no room for two.
    burst_per_second: Option<u64>,
}

struct Paced {
    hop: Nanos,
    from_due: Nanos,
    lost: u64,
}

fn main() -> ExitCode {
    let options = Options::from_args(std::env::args().skip(1));
    let plan = match options.quick {
        true => Plan { rounds: 1, paced: 20_000, burst: 100_000 },
        false => Plan { rounds: 9, paced: 300_000, burst: 5_000_000 },
    };
    let cores = match Machine::two_cores() {
        Ok(cores) => cores,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let machine = Machine::here();
    let ticks = TickClock::new();
    let figures = measure(&plan, cores, &ticks);
    if options.json {
        let report = serde_json::json!({
            "benchmark": "ring_hop",
            "machine": machine,
            "rounds": plan.rounds,
            "interval_ns": INTERVAL_NS,
            "figures": figures,
        });
        println!("{report:#}");
    } else {
        println!("ring_hop: {machine}");
        println!(
            "{} rounds of {} messages of 64 bytes, one every {}, cores {} and {}\n",
            plan.rounds,
            plan.paced,
            show_nanos(INTERVAL_NS),
            cores[0],
            cores[1]
        );
        print(&figures);
    }
    ExitCode::SUCCESS
}

fn measure(plan: &Plan, cores: [usize; 2], ticks: &TickClock) -> Vec<Figures> {
    let contestants = Contestant::ALL;
    let mut paced: Vec<Vec<Paced>> = contestants.iter().map(|_| Vec::new()).collect();
    let mut bursts: Vec<Vec<u64>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        for turn in 0..contestants.len() {
            // Everyone goes first in some round: whoever does finds the caches as the last left them.
            let at = (turn + round) % contestants.len();
            let (mut sender, mut receiver) = contestants[at].make(RING_CAPACITY);
            paced[at].push(run_paced(&mut *sender, &mut *receiver, plan.paced, cores, ticks));
            if contestants[at].is_ring() {
                let (mut sender, mut receiver) = contestants[at].make(RING_CAPACITY);
                let took = run_burst(&mut *sender, &mut *receiver, plan.burst, cores, ticks);
                bursts[at].push((plan.burst as f64 / took.as_secs_f64()) as u64);
            }
        }
    }
    let figures = contestants.iter().zip(paced).zip(bursts).map(|((contestant, paced), bursts)| {
        let of = |which: fn(&Paced) -> &Nanos| -> Percentiles {
            let rounds: Vec<_> = paced.iter().map(|round| which(round).percentiles()).collect();
            Percentiles::median_of(&rounds)
        };
        Figures {
            contestant: contestant.name(),
            hop: of(|round| &round.hop),
            from_due: of(|round| &round.from_due),
            lost: paced.iter().map(|round| round.lost).sum(),
            burst_per_second: (!bursts.is_empty()).then(|| median(bursts)),
        }
    });
    figures.collect()
}

fn run_paced(
    sender: &mut dyn Send,
    receiver: &mut dyn Receive,
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
                let message = Message { sequence, due, sent: now, ..Message::default() };
                while !sender.send(&message) {}
            }
        });
        pin_to(cores[1]);
        begin.wait();
        let mut seen = 0;
        while seen < count {
            let Some(message) = receiver.receive() else { continue };
            let now = ticks.raw();
            let Message { sequence, due, sent, .. } = message;
            paced.hop.record(ticks.nanos_between(sent, now));
            paced.from_due.record(ticks.nanos_between(due, now));
            paced.lost += sequence - seen - 1;
            seen = sequence;
        }
    });
    paced
}

fn run_burst(
    sender: &mut dyn Send,
    receiver: &mut dyn Receive,
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
        Duration::from_nanos(ticks.nanos_between(from, ticks.raw()))
    })
}

/// How many ticks of the counter an interval has, measured on a long one.
fn ticks_in(nanos: u64, ticks: &TickClock) -> f64 {
    const LONG: u64 = 1 << 40;
    LONG as f64 / ticks.nanos_between(0, LONG) as f64 * nanos as f64
}

fn print(figures: &[Figures]) {
    let ratio = |ours: u64, theirs: u64| format!("{:.2}", ours as f64 / theirs.max(1) as f64);
    let floor = figures[0].hop.p50_ns;
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|f| {
            vec![
                f.contestant.to_owned(),
                show_nanos(f.hop.p50_ns),
                show_nanos(f.hop.p99_ns),
                show_nanos(f.hop.p999_ns),
                show_nanos(f.from_due.p50_ns),
                show_nanos(f.from_due.p99_ns),
                ratio(f.hop.p50_ns, floor),
                f.burst_per_second.map_or("-".to_owned(), |n| format!("{:.1} M/s", n as f64 / 1e6)),
                f.lost.to_string(),
            ]
        })
        .collect();
    let heads = [
        "64-byte hop",
        "P50",
        "P99",
        "P99.9",
        "from due P50",
        "from due P99",
        "P50 / floor",
        "burst",
        "lost",
    ];
    print_table(&heads, &rows);
    println!();
    let ours = &figures[1];
    for theirs in &figures[2..] {
        println!(
            "ours / {}: P50 {}, P99 {}, burst {}",
            theirs.contestant,
            ratio(ours.hop.p50_ns, theirs.hop.p50_ns),
            ratio(ours.hop.p99_ns, theirs.hop.p99_ns),
            ratio(ours.burst_per_second.unwrap_or(0), theirs.burst_per_second.unwrap_or(0)),
        );
    }
}
