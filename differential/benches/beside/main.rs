//! Our codec, session and gateway beside the C++ engine QuickFIX, in one run.
//!
//! ```text
//! cargo bench --manifest-path differential/Cargo.toml --features quickfix
//! ```
//!
//! *Encode* is a NewOrderSingle from numbers and text to bytes with header, length and checksum, *decode* an execution
//! report from bytes to the values that a booking reads (ours with the dictionary too). *Send* is the call that writes
//! an order to the socket, *round trip* the time from before it until the owner is told the report, one order after
//! another, against one counterparty of ours that spins on the other core. Ours puts each number into the journal before
//! the message is written, as a node does; theirs keeps its numbers and messages in memory or in its files, neither of
//! which it syncs. Both spin on the thread that sends. Rounds of all go in turns; figures are medians of rounds.

mod codec;
mod peer;
mod trip;

use std::process::ExitCode;

/// Rounds of each.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("beside: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    // Cargo starts a benchmark with `--bench`; without it, it is only seen to work.
    let is_whole = std::env::args().any(|argument| argument == "--bench");
    let rounds = if is_whole { ROUNDS } else { 1 };
    println!("{:<44} {:>10} {:>10} {:>7}", "codec, ns a message", "ours", "quickfix", "ratio");
    let figures = codec::measure(rounds, if is_whole { 200_000 } else { 1_000 })?;
    for (what, ours, theirs) in figures {
        println!("{what:<44} {ours:>10.0} {theirs:>10.0} {:>7.2}", ours / theirs);
    }
    println!(
        "\n{:<44} {:>9} {:>9} {:>9} {:>9}",
        "an order, us", "send p50", "send p99", "trip p50", "trip p99"
    );
    let orders = if is_whole { 20_000 } else { 200 };
    let figures = trip::measure(rounds, orders)?;
    let base = figures[0].1;
    for (what, times) in &figures {
        let [a, b, c, d] = times.map(|ns| ns / 1_000.0);
        println!("{what:<44} {a:>9.2} {b:>9.2} {c:>9.2} {d:>9.2}");
    }
    println!("\nratios to ours over TCP");
    for (what, times) in &figures {
        let [a, b, c, d]: [f64; 4] = std::array::from_fn(|at| times[at] / base[at]);
        println!("{what:<44} {a:>9.2} {b:>9.2} {c:>9.2} {d:>9.2}");
    }
    Ok(())
}

/// The middle of some numbers.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
