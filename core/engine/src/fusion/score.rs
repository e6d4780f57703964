//! How signals from several sources become one score.
//!
//! The score is the mean of direction × strength × confidence over the sources whose last signal
//! still counts, weighted by source ([`Weights`](super::weights::Weights)): −1 to 1. It enters a
//! position when it is at least [`ENTER_SCORE`] away from zero and a source that leads (the bot's own
//! rules or a model) points the same way: news, economic data and options can strengthen, weaken and
//! prevent an entry, but make none alone. Two sources that contradict each other, both with strength ×
//! confidence of at least [`STRONG`], prevent it too, whatever the score.

use gauntlet_model::effect::{Signal, SignalSource, Voice};
use gauntlet_model::input::SOURCES;
use gauntlet_model::units::UnixNanos;

/// A score at least this far from zero is worth a position.
pub const ENTER_SCORE: f64 = 0.2;

/// Strength × confidence from which two opposite opinions are a conflict.
pub const STRONG: f64 = 0.6;

/// The last signal of each source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Signals {
    latest: [Option<Signal>; SOURCES],
}

/// What the signals of a bot come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fused {
    /// −1 to 1; `None` when no source has an opinion that counts.
    pub score: Option<f64>,
    /// Each source's part of the score.
    pub shares: [f64; SOURCES],
    /// Whether two strong sources contradict each other.
    pub conflict: bool,
    /// Until when the entry that the score asks for is wanted: the latest word of a leading source
    /// that points its way. `None` when none does.
    pub led_until: Option<UnixNanos>,
    /// The sources' words, for people.
    pub voices: [Voice; SOURCES],
}

impl Signals {
    /// Takes a source's new opinion in place of its last.
    pub fn set(&mut self, signal: Signal) {
        self.latest[signal.source as usize] = Some(signal);
    }

    /// Forgets what the bot's own rules said, which was about a position that it left.
    pub fn clear_own(&mut self) {
        self.latest[SignalSource::Technical as usize] = None;
    }

    /// Forgets every opinion.
    pub fn clear(&mut self) {
        *self = Signals::default();
    }

    /// Fuses the opinions that count at a time. A source whose weight is zero has none.
    pub fn fuse(&self, weights: &[f64; SOURCES], now: UnixNanos) -> Fused {
        let live = |source: usize| {
            self.latest[source].filter(|signal| now < signal.expires && weights[source] > 0.0)
        };
        let sum: f64 =
            (0..SOURCES).filter(|source| live(*source).is_some()).map(|s| weights[s]).sum();
        let mut fused = Fused {
            score: None,
            shares: [0.0; SOURCES],
            conflict: false,
            led_until: None,
            voices: weights.map(|weight| Voice { weight: weight as f32, ..Voice::default() }),
        };
        let (mut score, mut strong) = (0.0, [false; 2]);
        for (source, weight) in weights.iter().enumerate() {
            let Some(signal) = live(source) else { continue };
            let force = signal.strength * signal.confidence;
            let share = weight * f64::from(signal.direction) * force / sum;
            score += share;
            fused.score = Some(score);
            fused.shares[source] = share;
            fused.voices[source] = Voice {
                live: true,
                direction: signal.direction,
                strength: signal.strength as f32,
                confidence: signal.confidence as f32,
                weight: *weight as f32,
                share: share as f32,
            };
            match signal.direction {
                1.. if force >= STRONG => strong[0] = true,
                ..=-1 if force >= STRONG => strong[1] = true,
                _ => {}
            }
        }
        fused.conflict = strong == [true; 2];
        let leaders = [SignalSource::Technical, SignalSource::Model];
        let agrees = |signal: &Signal| f64::from(signal.direction) * score > 0.0;
        let leading = leaders.into_iter().filter_map(|source| live(source as usize));
        fused.led_until = leading.filter(agrees).map(|signal| signal.expires).max();
        // Sums of shares may be off one by the last bit.
        fused.score = fused.score.map(|score: f64| score.clamp(-1.0, 1.0));
        fused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::BotId;
    use proptest::prelude::*;

    const ONES: [f64; SOURCES] = [1.0; SOURCES];

    fn signal(source: SignalSource, direction: i8, strength: f64, confidence: f64) -> Signal {
        let expires = UnixNanos(10);
        Signal { bot: BotId(0), source, direction, strength, confidence, expires }
    }

    fn fuse(all: &[Signal], weights: &[f64; SOURCES]) -> Fused {
        let mut signals = Signals::default();
        all.iter().for_each(|signal| signals.set(*signal));
        signals.fuse(weights, UnixNanos(9))
    }

    #[test]
    fn an_opinion_counts_until_it_expires_and_the_next_replaces_it() {
        let short = signal(SignalSource::Technical, -1, 0.5, 0.75);
        let mut signals = Signals::default();
        assert_eq!(signals.fuse(&ONES, UnixNanos(0)).score, None);
        signals.set(short);
        assert_eq!(signals.fuse(&ONES, UnixNanos(9)).score, Some(-0.375));
        assert_eq!(signals.fuse(&ONES, UnixNanos(10)).score, None);
        signals.set(Signal { direction: 1, ..short });
        let fused = signals.fuse(&ONES, UnixNanos(9));
        assert_eq!((fused.score, fused.led_until), (Some(0.375), Some(UnixNanos(10))));
        signals.clear_own();
        assert_eq!(signals.fuse(&ONES, UnixNanos(9)).score, None);
    }

    #[test]
    fn two_are_in_conflict_when_each_is_as_strong_as_it_takes() {
        let below = STRONG - 1e-9;
        for (long, short, conflict) in [
            (STRONG, STRONG, true),
            (below, STRONG, false),
            (STRONG, below, false),
            (below, below, false),
        ] {
            let long = signal(SignalSource::Technical, 1, long, 1.0);
            let short = signal(SignalSource::News, -1, short, 1.0);
            assert_eq!(fuse(&[long, short], &ONES).conflict, conflict, "{long:?} {short:?}");
        }
    }

    #[test]
    fn nobody_leads_where_the_score_is_nothing() {
        let own = signal(SignalSource::Technical, 1, 0.5, 0.5);
        let model = signal(SignalSource::Model, -1, 0.5, 0.5);
        let fused = fuse(&[own, model], &ONES);
        assert_eq!((fused.score, fused.led_until), (Some(0.0), None));
        assert_eq!(fuse(&[own], &ONES).led_until, Some(own.expires));
    }

    #[test]
    fn weights_decide_between_sources_and_a_source_of_no_weight_is_not_heard() {
        let own = signal(SignalSource::Technical, 1, 1.0, 0.5);
        let news = signal(SignalSource::News, -1, 0.5, 0.5);
        assert_eq!(fuse(&[own, news], &[3.0, 1.0, 1.0, 1.0, 1.0]).score, Some(0.3125));
        assert_eq!(fuse(&[own, news], &[1.0, 1.0, 1.0, 1.0, 0.0]).score, Some(0.5));
        assert_eq!(fuse(&[news], &[1.0, 1.0, 1.0, 1.0, 0.0]).score, None);
    }

    #[test]
    fn strong_sources_that_contradict_each_other_are_a_conflict() {
        let own = signal(SignalSource::Technical, 1, 1.0, 1.0);
        let against = |force| signal(SignalSource::Macro, -1, force, 1.0);
        assert!(fuse(&[own, against(STRONG)], &[9.0, 1.0, 1.0, 1.0, 1.0]).conflict);
        assert!(!fuse(&[own, against(0.59)], &ONES).conflict);
        assert!(!fuse(&[own, signal(SignalSource::Macro, 1, 1.0, 1.0)], &ONES).conflict);
    }

    #[test]
    fn an_entry_is_led_by_the_bots_rules_or_a_model() {
        let news = signal(SignalSource::News, 1, 1.0, 0.9);
        assert_eq!(fuse(&[news], &ONES).led_until, None);
        let doubt = signal(SignalSource::Technical, -1, 0.1, 0.1);
        assert_eq!(fuse(&[news, doubt], &ONES).led_until, None);
        let model = signal(SignalSource::Model, 1, 0.1, 0.1);
        assert_eq!(fuse(&[news, doubt, model], &ONES).led_until, Some(UnixNanos(10)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn shares_add_up_to_a_score_within_one(
            parts in prop::collection::vec((0..SOURCES, -1i8..=1, 0.0f64..=1.0, 0.0f64..=1.0), 0..9),
            weights in prop::array::uniform5(0.0f64..400.0),
        ) {
            let all: Vec<Signal> = parts
                .into_iter()
                .map(|(source, direction, s, c)| signal(SignalSource::ALL[source], direction, s, c))
                .collect();
            let fused = fuse(&all, &weights);
            let score = fused.score.unwrap_or(0.0);
            prop_assert!((-1.0..=1.0).contains(&score));
            prop_assert!((fused.shares.iter().sum::<f64>() - score).abs() < 1e-12);
        }
    }
}
