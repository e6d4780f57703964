//! The highest load that a journal has seen (R29): market data and order messages, in any one second.

use gauntlet_journal::{EffectEntry, EffectReader, InputReader, JournalError, Position};
use gauntlet_model::effect::Effect;
use gauntlet_model::input::Input;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;

/// Days that count: six months.
pub const LOAD_DAYS: u64 = 184;
/// Events of a second that are told apart: a second with more counts as one of so many.
const WINDOW_MAX: usize = 4_000_000;

/// The most that happened within one second, and when that second ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// Events within any one second.
    pub per_second: u64,
    /// The time of the last of them, in nanoseconds since the epoch; 0 for none.
    pub at: u64,
}

/// The highest load of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Records of market data.
    pub messages: Peak,
    /// Order messages: new orders, replaces, cancels and questions, by any route.
    pub orders: Peak,
}

impl Load {
    /// The higher of two loads, each for itself.
    pub fn max(self, other: Load) -> Load {
        let higher = |a: Peak, b: Peak| if b.per_second > a.per_second { b } else { a };
        Load {
            messages: higher(self.messages, other.messages),
            orders: higher(self.orders, other.orders),
        }
    }
}

/// Counts what happens within a second that slides.
#[derive(Debug, Default)]
pub struct Window {
    times: VecDeque<u64>,
    peak: Peak,
}

impl Window {
    /// Something happened.
    pub fn count(&mut self, at: UnixNanos) {
        while self
            .times
            .front()
            .is_some_and(|first| at.0.saturating_sub(*first) >= NANOS_PER_SECOND)
        {
            self.times.pop_front();
        }
        if self.times.len() < WINDOW_MAX {
            self.times.push_back(at.0);
        }
        if self.times.len() as u64 > self.peak.per_second {
            self.peak = Peak { per_second: self.times.len() as u64, at: at.0 };
        }
    }

    /// The most so far.
    pub fn peak(&self) -> Peak {
        self.peak
    }
}

/// Whether an input is market data as it came.
fn is_market_data(input: &Input) -> bool {
    matches!(
        input,
        Input::Mbo(_) | Input::Quote(_) | Input::Level(_) | Input::Trade(_) | Input::Ohlcv(_)
    )
}

/// The highest load that the journal in `dir` has seen since a moment of its own time.
///
/// # Errors
/// The journal cannot be read.
pub fn highest(dir: &Path, since: UnixNanos) -> Result<Load, JournalError> {
    let (mut messages, mut orders) = (Window::default(), Window::default());
    let mut inputs = InputReader::open(dir, Position::default())?;
    while let Some(record) = inputs.next()? {
        let sequenced = &record.sequenced;
        if sequenced.time >= since && is_market_data(&sequenced.input) {
            messages.count(sequenced.time);
        }
    }
    let mut effects = EffectReader::open(dir, Position::default())?;
    while let Some(record) = effects.next()? {
        let is_order = matches!(record.entry, EffectEntry::Effect(Effect::Outbound(_)));
        if record.time >= since && is_order {
            orders.count(record.time);
        }
    }
    Ok(Load { messages: messages.peak(), orders: orders.peak() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_slides_and_its_end_is_not_in_it() {
        let mut window = Window::default();
        let at = |tenths: u64| UnixNanos(tenths * NANOS_PER_SECOND / 10);
        assert_eq!(window.peak(), Peak::default());
        for tenths in [0, 5, 9] {
            window.count(at(tenths));
        }
        assert_eq!(window.peak().per_second, 3);
        window.count(at(10));
        assert_eq!(window.peak().per_second, 3, "the first is a second old");
        window.count(at(14));
        assert_eq!((window.peak().per_second, window.peak().at), (4, at(14).0));
    }

    /// Against counting every window anew.
    #[test]
    fn the_peak_is_that_of_every_second_there_is() {
        let mut state = 7u64;
        let mut times = Vec::new();
        let mut now = 0;
        for _ in 0..500 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += (state >> 33) % (NANOS_PER_SECOND / 20);
            times.push(now);
        }
        let mut window = Window::default();
        times.iter().for_each(|at| window.count(UnixNanos(*at)));
        let within = |end: u64| {
            let is_in = |at: &&u64| **at <= end && end - **at < NANOS_PER_SECOND;
            times.iter().filter(is_in).count()
        };
        let naive = times.iter().map(|end| within(*end)).max().unwrap_or(0);
        assert_eq!(window.peak().per_second, naive as u64);
    }
}
