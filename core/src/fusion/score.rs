//! How signals from several sources become one score.

use crate::effect::Signal;
use crate::input::SOURCES;
use crate::units::UnixNanos;

/// A score at least this far from zero is worth a position.
pub const ENTER_SCORE: f64 = 0.2;

/// The last signal of each source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Signals {
    latest: [Option<Signal>; SOURCES],
}

impl Signals {
    /// Takes a source's new opinion in place of its last.
    pub fn set(&mut self, signal: Signal) {
        self.latest[signal.source as usize] = Some(signal);
    }

    /// Forgets every opinion.
    pub fn clear(&mut self) {
        *self = Signals::default();
    }

    /// The mean of direction × strength × confidence over the opinions that still count, weighted
    /// by source: −1 to 1. `None` when none counts.
    pub fn score(&self, now: UnixNanos) -> Option<f64> {
        let mut sum = 0.0;
        let mut weights = 0.0;
        for signal in self.latest.iter().flatten().filter(|signal| now < signal.expires) {
            let weight = 1.0;
            sum += weight * f64::from(signal.direction) * signal.strength * signal.confidence;
            weights += weight;
        }
        (weights > 0.0).then(|| sum / weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::SignalSource;
    use crate::ids::BotId;

    #[test]
    fn an_opinion_counts_until_it_expires_and_the_next_replaces_it() {
        let signal = Signal {
            bot: BotId(0),
            source: SignalSource::Technical,
            direction: -1,
            strength: 0.5,
            confidence: 0.75,
            expires: UnixNanos(10),
        };
        let mut signals = Signals::default();
        assert_eq!(signals.score(UnixNanos(0)), None);
        signals.set(signal);
        assert_eq!(signals.score(UnixNanos(9)), Some(-0.375));
        assert_eq!(signals.score(UnixNanos(10)), None);
        signals.set(Signal { direction: 1, ..signal });
        assert_eq!(signals.score(UnixNanos(9)), Some(0.375));
        signals.clear();
        assert_eq!(signals.score(UnixNanos(9)), None);
    }
}
