//! What each source's word counts with one bot, and how it learns that from results.
//!
//! A source's weight is its base weight times a factor that starts at 1. When a position is closed,
//! its profit in units of its risk (R: 1 is what the stop loss would have cost; at most
//! [`RESULT_MAX`] either way) is credited to the sources by their part in the entry: for whoever spoke
//! for it the profit, for whoever spoke against it the loss. The factor is multiplied by
//! e^([`RATE`] × credit), the multiplicative update of Freund and Schapire's Hedge (A Decision-Theoretic
//! Generalization of On-Line Learning, 1997) and of Kivinen and Warmuth's exponentiated gradient
//! (1997). It stays within [`FACTOR_MIN`] and [`FACTOR_MAX`], so that no source is ever silenced or left
//! alone, and its logarithm halves every [`HALF_LIFE_NS`], so that what was earned long ago is
//! forgotten (the idea of Herbster and Warmuth's tracking of the best expert, 1998).
//!
//! All is a function of the results, their times and the time asked about, and of nothing else: how
//! often a weight is read changes nothing.

use gauntlet_model::input::{Factor, SOURCES};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// Smallest factor of a base weight.
pub const FACTOR_MIN: f64 = 0.25;
/// Largest factor of a base weight.
pub const FACTOR_MAX: f64 = 4.0;
/// How fast a factor learns: one R earned alone changes it by a tenth.
pub const RATE: f64 = 0.1;
/// Largest result that counts, in R.
pub const RESULT_MAX: f64 = 3.0;
/// Time in which half of what was learned is forgotten: thirty days.
pub const HALF_LIFE_NS: u64 = 30 * 86_400 * NANOS_PER_SECOND;

/// One bot's weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weights {
    base: [Factor; SOURCES],
    /// Logarithms of the factors as they were at `at`.
    learned: [f64; SOURCES],
    at: UnixNanos,
}

impl Weights {
    /// Weights that have learned nothing.
    pub fn new(base: [Factor; SOURCES]) -> Weights {
        Weights { base, learned: [0.0; SOURCES], at: UnixNanos(0) }
    }

    /// Takes other base weights. What was learned stays.
    pub fn rebase(&mut self, base: [Factor; SOURCES]) {
        self.base = base;
    }

    /// The weights at a time.
    pub fn at(&self, now: UnixNanos) -> [f64; SOURCES] {
        let kept = self.kept(now);
        std::array::from_fn(|source| {
            self.base[source].get() * libm::exp(self.learned[source] * kept)
        })
    }

    /// Credits the result of a position, in R, to the sources by their parts in its entry: for a part
    /// above zero a source spoke for it, below zero against it. Only their proportions count.
    pub fn credit(&mut self, parts: &[f64; SOURCES], result: f64, now: UnixNanos) {
        let whole: f64 = parts.iter().map(|part| part.abs()).sum();
        if whole <= 0.0 || !whole.is_finite() || !result.is_finite() {
            return;
        }
        let (result, kept) = (result.clamp(-RESULT_MAX, RESULT_MAX), self.kept(now));
        let (low, high) = (libm::log(FACTOR_MIN), libm::log(FACTOR_MAX));
        for (learned, part) in self.learned.iter_mut().zip(parts) {
            *learned = (*learned * kept + RATE * result * part / whole).clamp(low, high);
        }
        self.at = now;
    }

    /// How much of what was learned is not forgotten yet.
    fn kept(&self, now: UnixNanos) -> f64 {
        libm::exp2(-(now.since(self.at) as f64) / HALF_LIFE_NS as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::input::{EQUAL_WEIGHTS, SignalSource};
    use proptest::prelude::*;

    const ALONE: [f64; SOURCES] = [0.0, 0.0, 0.0, 0.0, 1.0];
    const NEWS: usize = SignalSource::News as usize;

    fn day(days: u64) -> UnixNanos {
        UnixNanos(days * 86_400 * NANOS_PER_SECOND)
    }

    #[test]
    fn one_risk_earned_alone_is_a_tenth() {
        let mut weights = Weights::new(EQUAL_WEIGHTS);
        weights.credit(&ALONE, 1.0, day(1));
        let after = weights.at(day(1));
        assert!((after[NEWS] - libm::exp(0.1)).abs() < 1e-15);
        assert_eq!(after[..NEWS], [1.0; NEWS]);
        weights.rebase([Factor(20_000); SOURCES]);
        assert!((weights.at(day(1))[NEWS] - 2.0 * libm::exp(0.1)).abs() < 1e-15);
    }

    #[test]
    fn what_was_learned_fades_as_much_whether_or_not_more_is_learned_meanwhile() {
        let mut weights = Weights::new(EQUAL_WEIGHTS);
        weights.credit(&ALONE, 2.0, day(1));
        let faded = weights.at(day(91))[NEWS];
        assert!(faded < weights.at(day(1))[NEWS]);
        weights.credit(&ALONE, 0.0, day(91));
        assert!((weights.at(day(91))[NEWS] - faded).abs() < 1e-15);
    }

    #[test]
    fn whoever_spoke_against_a_loss_earns_it() {
        let mut weights = Weights::new(EQUAL_WEIGHTS);
        weights.credit(&[0.3, 0.0, 0.0, 0.0, -0.1], -2.0, day(1));
        let after = weights.at(day(1));
        assert!((after[0] - libm::exp(-0.15)).abs() < 1e-15);
        assert!((after[NEWS] - libm::exp(0.05)).abs() < 1e-15);
    }

    #[test]
    fn a_source_that_always_loses_sinks_to_the_floor_and_comes_back_with_time() {
        let mut weights = Weights::new(EQUAL_WEIGHTS);
        for trade in 0..60 {
            weights.credit(&ALONE, -1.0, day(trade / 3));
        }
        assert!((weights.at(day(19))[NEWS] - FACTOR_MIN).abs() < 1e-12);
        let half = weights.at(day(19 + 30))[NEWS];
        assert!((half - libm::sqrt(FACTOR_MIN)).abs() < 1e-12, "{half}");
        assert!((weights.at(day(19 + 3_000))[NEWS] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_result_teaches_nothing() {
        let mut weights = Weights::new(EQUAL_WEIGHTS);
        weights.credit(&[0.0; SOURCES], 1.0, day(1));
        weights.credit(&ALONE, f64::NAN, day(1));
        weights.credit(&[f64::NAN; SOURCES], 1.0, day(1));
        assert_eq!(weights, Weights::new(EQUAL_WEIGHTS));
    }

    fn results() -> impl Strategy<Value = Vec<([f64; SOURCES], f64, u64)>> {
        let parts = prop::array::uniform5(-1.0f64..1.0);
        prop::collection::vec((parts, -10.0f64..10.0, 0u64..40), 0..100)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn weights_stay_in_their_bounds_and_reading_them_changes_nothing(
            results in results(), base in prop::array::uniform5(0u32..1_000_000)
        ) {
            let base = base.map(Factor);
            let (mut read, mut unread) = (Weights::new(base), Weights::new(base));
            let mut now = day(0);
            for (parts, result, days) in results {
                now = now.plus(day(days).0);
                for (source, weight) in read.at(now).into_iter().enumerate() {
                    let base = base[source].get();
                    let range = base * FACTOR_MIN * 0.999_999..=base * FACTOR_MAX * 1.000_001;
                    prop_assert!(range.contains(&weight), "{} of {}", weight, base);
                }
                read.credit(&parts, result, now);
                unread.credit(&parts, result, now);
            }
            prop_assert_eq!(read.at(now).map(f64::to_bits), unread.at(now).map(f64::to_bits));
        }
    }
}
