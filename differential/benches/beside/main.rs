//! Our codec beside the C++ engine QuickFIX, in one run.
//!
//! ```text
//! cargo bench --manifest-path differential/Cargo.toml --features quickfix
//! ```
//!
//! *Encode* is a NewOrderSingle from numbers and text to bytes with header, length and checksum, *decode* an execution
//! report from bytes to the values that a booking reads (ours with the dictionary too). Theirs go through the `quickfix`
//! crate, which copies each text twice. Rounds of all go in turns; figures are medians of rounds.

mod codec;
#[path = "../../../benches/codec/messages.rs"]
mod messages;

use std::process::ExitCode;

/// Rounds of each.
const ROUNDS: usize = 7;

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
    Ok(())
}

/// The middle of some numbers.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
