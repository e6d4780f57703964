//! The open loop: messages leave when they are due, whatever became of those before.

use gauntlet_benches::report::Nanos;
use gauntlet_model::units::NANOS_PER_SECOND;
use gauntlet_runtime::clock::TickClock;

/// Both ends of the line under test, on one thread.
pub trait Line {
    /// Sends a message. `due` is the raw counter reading at which it was to be sent.
    fn send(&mut self, index: u64, due: u64);

    /// Looks for answers, without waiting.
    fn poll(&mut self);
}

/// How many messages, how fast, and how many of the first ones only warm up.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub per_second: u64,
    pub messages: u64,
    pub warm_up: u64,
}

/// How long answers to the last messages are waited for.
const AFTER_NS: u64 = 200_000_000;

/// Sends every message when it is due and polls in between. A message that is due while the thread
/// is busy leaves as soon as it is free: nothing is left out and the schedule does not move. Returns
/// how late messages left, the warm-up left out.
pub fn drive(line: &mut impl Line, pace: &Pace, ticks: &TickClock) -> Nanos {
    let mut lateness = Nanos::new();
    let per_message = ticks_per_second(ticks) / pace.per_second as f64;
    let start = ticks.raw() + per_message as u64;
    for index in 0..pace.messages {
        let due = start + (index as f64 * per_message) as u64;
        // Once at least, so that a thread that is behind still answers.
        let now = loop {
            line.poll();
            let now = ticks.raw();
            if now >= due {
                break now;
            }
        };
        line.send(index, due);
        if index >= pace.warm_up {
            lateness.record(ticks.ns_between(due, now));
        }
    }
    let end = ticks.raw();
    while ticks.ns_between(end, ticks.raw()) < AFTER_NS {
        line.poll();
    }
    lateness
}

fn ticks_per_second(ticks: &TickClock) -> f64 {
    const LONG: u64 = 1 << 40;
    LONG as f64 / ticks.ns_between(0, LONG) as f64 * NANOS_PER_SECOND as f64
}
