//! How long a hostile peer can hold the thread that serves our session, and how much memory it can take.
//!
//! ```text
//! cargo run --release -p gauntlet-gateways --example fix_hostile [-- SECONDS]
//! ```
//!
//! A broker's gateway is polled without a pause; its peer, a process of its own, logs on and then does one bad thing for
//! some seconds. Told are, for each, the polls, how long they took by the thread's own processor time (what others on the
//! machine do counts in none of it) and the longest by the clock, what came of the session, and the peak of this
//! process's memory, which is reset before each attack.

mod attacks;

use attacks::ATTACKS;
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig};
use gauntlet_gateways::fix::session::{SequenceNumbers, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_model::input::{Input, Route, SessionChange};
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;
use rustix::time::{ClockId, clock_gettime};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match &arguments[..] {
        [flag, attack] if flag == "--peer" => attacks::play(attack),
        [seconds] => seconds
            .parse()
            .map_err(|_| format!("{seconds:?} is not a number of seconds"))
            .and_then(measure),
        [] => measure(3.0),
        _ => Err("usage: fix_hostile [SECONDS]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fix_hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How exact the percentiles are, in nanoseconds.
const BUCKET_NS: u64 = 100;
/// Times told apart: up to 10 ms.
const BUCKETS: usize = 100_000;

/// What one attack came to.
struct Figures {
    /// Processor time of the polls that did something: how many took so many times [`BUCKET_NS`].
    busy: Vec<u32>,
    longest_ns: u64,
    polls: u64,
    longest_by_clock_ns: u64,
    events: u64,
    connections: u64,
    garbled: u64,
    peak_kib: u64,
    /// Why a connection ended.
    end: Text<64>,
}

fn measure(seconds: f64) -> Result<(), String> {
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>7} {:>8}",
        "peer", "polls", "p50 us", "p99.9 us", "max us", "clock us", "inputs", "logons", "peak KiB"
    );
    for (attack, what) in ATTACKS {
        let figures = suffer(attack, Duration::from_secs_f64(seconds))?;
        let all: u64 = figures.busy.iter().map(|count| u64::from(*count)).sum();
        let at = |share: f64| {
            let (mut seen, wanted) = (0, (all as f64 * share) as u64);
            let bucket = figures.busy.iter().position(|count| {
                seen += u64::from(*count);
                seen > wanted
            });
            (bucket.unwrap_or(BUCKETS) as u64 * BUCKET_NS) as f64 / 1e3
        };
        println!(
            "{what:<44} {:>9} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {:>8} {:>7} {:>8}",
            figures.polls,
            at(0.5),
            at(0.999),
            figures.longest_ns as f64 / 1e3,
            figures.longest_by_clock_ns as f64 / 1e3,
            figures.events,
            figures.connections,
            figures.peak_kib,
        );
        if !figures.end.is_empty() {
            println!("{:<44} {:>9} {}", "", "ended:", figures.end);
        }
        if figures.garbled > 0 {
            println!("{:<44} {:>9} garbled messages", "", figures.garbled);
        }
    }
    Ok(())
}

/// The peer of one attack; it ends with this.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(attack: &str) -> Result<(Peer, SocketAddr), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = Command::new(program).args(["--peer", attack]).stdout(Stdio::piped()).spawn();
    let mut peer = Peer(child.map_err(|error| error.to_string())?);
    let out = peer.0.stdout.take().ok_or("the peer has no output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).map_err(|error| error.to_string())?;
    let address = line.trim().parse().map_err(|_| format!("the peer said {line:?}"))?;
    Ok((peer, address))
}

fn suffer(attack: &str, length: Duration) -> Result<Figures, String> {
    let (_peer, address) = start(attack)?;
    let mut gateway = FixGateway::new(FixGatewayConfig {
        route: Route::BROKER,
        address,
        epoch: 1,
        session: SessionConfig::initiator("TRADER", "BROKER"),
        numbers: SequenceNumbers::default(),
        // As often as it can be configured, so that a storm is one.
        backoff: Backoff { min_ns: 1_000_000, max_ns: 1_000_000 },
    })
    .map_err(|error| error.to_string())?;
    let mut figures = Figures {
        // Filled with ones, so that its memory is there, and the peak is not ours.
        busy: vec![1; BUCKETS],
        longest_ns: 0,
        polls: 0,
        longest_by_clock_ns: 0,
        events: 0,
        connections: 0,
        garbled: 0,
        peak_kib: 0,
        end: Text::EMPTY,
    };
    figures.busy.fill(0);
    let begun = Instant::now();
    reset_peak()?;
    while begun.elapsed() < length {
        let was_on = gateway.is_logged_on();
        let (start, cpu) = (Instant::now(), processor_ns());
        let done = gateway.poll(now(), &mut |event| {
            let GatewayEvent::Input(input) = event else { return };
            figures.events += 1;
            if let Input::Session(event) = input
                && event.change == SessionChange::Disconnected
            {
                figures.end = event.detail;
            }
        });
        let (cpu, clock) = (processor_ns() - cpu, start.elapsed());
        figures.polls += 1;
        figures.connections += u64::from(!was_on && gateway.is_logged_on());
        figures.longest_by_clock_ns = figures.longest_by_clock_ns.max(clock.as_nanos() as u64);
        if done > 0 {
            figures.busy[(cpu / BUCKET_NS).min(BUCKETS as u64 - 1) as usize] += 1;
            figures.longest_ns = figures.longest_ns.max(cpu);
        }
    }
    figures.garbled = gateway.garbled();
    figures.peak_kib = peak_kib()?;
    Ok(figures)
}

fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Processor time of this thread.
fn processor_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Lets the kernel count the peak of this process's memory from now on.
fn reset_peak() -> Result<(), String> {
    std::fs::write("/proc/self/clear_refs", "5").map_err(|error| error.to_string())
}

/// That peak (`VmHWM`).
fn peak_kib() -> Result<u64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| "the kernel tells no peak of memory".to_owned())
}
