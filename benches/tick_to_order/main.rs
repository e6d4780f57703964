//! From market data to an order: how long the platform takes inside, and how long from wire to wire
//! beside a floor that only moves the bytes.
//!
//! One thread, pinned to the second core, sends DBN records by an open loop through the venue's
//! gateway over loopback TCP and plays the FIX acceptor, which acknowledges and fills each order at
//! once. The node runs in layout `shared`, spinning, its hot thread pinned to the first core, every
//! risk check on and the journal written to disk by a thread of its own.
//!
//! - **Tick to order**: from the return of the socket read that brought the record to the start of
//!   the socket write of the order, by the node's own histograms.
//! - **Wire to wire**: from the time at which the record was to be sent to the return of the read that
//!   brought the order, on the generator's thread.
//! - **Floor**: the same from a thread in the node's place that reads and writes and does nothing
//!   else.
//!
//! Floor and platform take turns, round after round; figures are medians of rounds. A turn in which
//! other processes had much of the cores is run again (see [`gauntlet_benches::quiet`]).

#![forbid(unsafe_code)]

mod floor;
mod pace;
mod platform;
mod summary;

use gauntlet_benches::machine::Machine;
use gauntlet_benches::options::Options;
use gauntlet_benches::quiet::{Patience, undisturbed};
use gauntlet_benches::script::{MINUTES_MAX, PER_MINUTE_MIN, Script};
use gauntlet_runtime::clock::TickClock;
use pace::Pace;
use std::process::ExitCode;
use summary::{Summary, Turns};

/// Messages a minute of the market at 10,000 messages a second: five minutes pass in a second. The
/// faster the market's clock, the more bars and orders, and the shorter the delay that the platform
/// takes for a broker who does not answer (5 s of that clock).
const PER_MINUTE_AT_10_000: u64 = 2_000;
/// Seconds before the ones that count: ten minutes of the market, in which every bot trades.
const WARM_UP_SECONDS: u64 = 2;

struct Settings {
    rates: Vec<u64>,
    rounds: u64,
    seconds: u64,
    patience: Patience,
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
    let settings = settings(options)?;
    let cores = Machine::two_cores()?;
    let machine = Machine::here();
    let ticks = TickClock::new();
    let order_bytes = rehearse(cores, &ticks)?;
    let mut summaries = Vec::new();
    for rate in &settings.rates {
        let per_minute = PER_MINUTE_AT_10_000 * rate / 10_000;
        let (script, pace) = (Script::new(per_minute), pace_of(*rate, settings.seconds));
        let mut rounds = Vec::new();
        for _ in 0..settings.rounds {
            let floor = undisturbed(settings.patience, || {
                floor::run(&script, &pace, order_bytes, cores, &ticks)
                    .map_err(|error| format!("the floor broke: {error}"))
            })?;
            let platform =
                undisturbed(settings.patience, || platform::run(&script, &pace, cores, &ticks))?;
            rounds.push(Turns { floor, platform });
        }
        summaries.push(Summary::of(*rate, &rounds));
    }
    if options.json {
        let report = serde_json::json!({
            "benchmark": "tick_to_order",
            "machine": machine,
            "rounds": settings.rounds,
            "seconds": settings.seconds,
            "order_bytes": order_bytes,
            "rates": summaries,
        });
        println!("{report:#}");
    } else {
        println!("tick_to_order: {machine}");
        println!(
            "{} rounds of {} s each of floor and platform, orders of {order_bytes} bytes",
            settings.rounds, settings.seconds
        );
        summaries.iter().for_each(Summary::print);
    }
    match summaries.iter().all(Summary::is_clean) {
        true => Ok(()),
        false => Err("orders are missing, unexpected or refused: see the counts".to_owned()),
    }
}

fn settings(options: &Options) -> Result<Settings, String> {
    let (rounds, seconds) = if options.quick { (1, 2) } else { (5, 8) };
    let rates = match options.number("--rate")? {
        Some(rate) => vec![rate],
        None => vec![10_000, 100_000],
    };
    let settings = Settings {
        rates,
        rounds: options.number("--rounds")?.unwrap_or(rounds),
        seconds: options.number("--seconds")?.unwrap_or(seconds),
        patience: options.patience()?,
    };
    let seconds_max = MINUTES_MAX * PER_MINUTE_AT_10_000 / 10_000 - WARM_UP_SECONDS;
    if !(1..=seconds_max).contains(&settings.seconds) {
        return Err(format!(
            "--seconds must be 1 to {seconds_max}: the market's session is over then"
        ));
    }
    if settings.rates.iter().any(|rate| *rate < 10_000 * PER_MINUTE_MIN / PER_MINUTE_AT_10_000) {
        return Err("--rate must be 10000 or more".to_owned());
    }
    Ok(settings)
}

fn pace_of(rate: u64, seconds: u64) -> Pace {
    let messages = rate * (WARM_UP_SECONDS + seconds);
    Pace { per_second: rate, messages, warm_up: rate * WARM_UP_SECONDS }
}

/// A short run that nobody measures: it tells how long an order is, and whether all works.
fn rehearse(cores: [usize; 2], ticks: &TickClock) -> Result<usize, String> {
    let script = Script::new(PER_MINUTE_AT_10_000);
    let figures = platform::run(&script, &pace_of(10_000, 1), cores, ticks)?;
    match figures.order_bytes {
        0 => Err(match figures.first_reject {
            Some(reject) => format!("the node sent no order: the first was refused by {reject}"),
            None => "the node sent no order, and refused none".to_owned(),
        }),
        bytes => Ok(bytes),
    }
}
