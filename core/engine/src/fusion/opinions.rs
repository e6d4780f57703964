//! Opinions from outside of the platform: which of them count.
//!
//! An opinion is refused when its numbers are out of range, when it claims to be the bots' own rules',
//! when it was published after now by more than [`CLOCK_TOLERANCE_NS`], and when its time is over.
//! One that came before is dropped without a word: known by its source and identity among the last
//! [`OPINIONS_REMEMBERED`]. So is one that was published before the last one of its source on the same
//! instrument: the latest word of a source is the one that it published last.

use gauntlet_model::effect::SignalSource;
use gauntlet_model::ids::{INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{ExternalSignal, SOURCES};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

/// How far a publication time may be ahead of the stream's clock, in nanoseconds.
pub const CLOCK_TOLERANCE_NS: u64 = 5 * NANOS_PER_SECOND;

/// Longest that an opinion may count, in seconds: seven days.
pub const TTL_SECONDS_MAX: u32 = 7 * 86_400;

/// Identities of opinions that are remembered.
pub const OPINIONS_REMEMBERED: usize = 1_024;

/// Why an opinion is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpinionError {
    /// The direction is none.
    #[error("the direction must be -1, 0 or 1")]
    Direction,
    /// The strength or confidence is out of range.
    #[error("strength and confidence must be from 0 to 1")]
    Range,
    /// It claims to come from within.
    #[error("technical signals are the bots' own: name another source")]
    Source,
    /// The time to live is missing or too long.
    #[error("the time to live must be from 1 second to 7 days")]
    TimeToLive,
    /// It was published later than now.
    #[error("published in the future: set its clock, or check the time zone")]
    Future,
    /// Its time is over.
    #[error("its time is over already")]
    Expired,
    /// The instrument is beyond the table.
    #[error("there is no such instrument")]
    Instrument,
}

/// Until when an opinion counts.
pub fn expires(signal: &ExternalSignal) -> UnixNanos {
    signal.published.plus(u64::from(signal.ttl_seconds) * NANOS_PER_SECOND)
}

/// Whether an opinion may be heard at a time.
///
/// # Errors
/// Why not.
pub fn check(signal: &ExternalSignal, now: UnixNanos) -> Result<(), OpinionError> {
    let unit = |value: f64| (0.0..=1.0).contains(&value);
    if !(-1..=1).contains(&signal.direction) {
        Err(OpinionError::Direction)
    } else if !unit(signal.strength) || !unit(signal.confidence) {
        Err(OpinionError::Range)
    } else if signal.source == SignalSource::Technical {
        Err(OpinionError::Source)
    } else if !(1..=TTL_SECONDS_MAX).contains(&signal.ttl_seconds) {
        Err(OpinionError::TimeToLive)
    } else if signal.published > now.plus(CLOCK_TOLERANCE_NS) {
        Err(OpinionError::Future)
    } else if expires(signal) <= now {
        Err(OpinionError::Expired)
    } else if signal.instrument.is_some_and(|id| usize::from(id.0) >= INSTRUMENTS_MAX) {
        Err(OpinionError::Instrument)
    } else {
        Ok(())
    }
}

/// What is remembered of opinions.
pub(super) struct Opinions {
    /// Identities, the oldest at `next` once all places are taken.
    heard: Box<[(SignalSource, Text<32>)]>,
    next: usize,
    /// When the last word of each source on each instrument was published; the last row is for words
    /// on all of them.
    published: Box<[[UnixNanos; SOURCES]]>,
}

impl Opinions {
    /// Nothing was heard. Takes the memory of its tables at once.
    pub fn new() -> Opinions {
        let nothing = (SignalSource::Technical, Text::EMPTY);
        Opinions {
            heard: vec![nothing; OPINIONS_REMEMBERED].into_boxed_slice(),
            next: 0,
            published: vec![[UnixNanos(0); SOURCES]; INSTRUMENTS_MAX + 1].into_boxed_slice(),
        }
    }

    /// Whether an opinion is new and the latest of its source; remembers it.
    ///
    /// # Errors
    /// As [`check`].
    pub fn hear(&mut self, signal: &ExternalSignal, now: UnixNanos) -> Result<bool, OpinionError> {
        check(signal, now)?;
        let identity = (signal.source, signal.id);
        let known = !signal.id.is_empty() && self.heard.contains(&identity);
        if known {
            return Ok(false);
        }
        if !signal.id.is_empty() {
            self.heard[self.next] = identity;
            self.next = (self.next + 1) % OPINIONS_REMEMBERED;
        }
        let row = signal.instrument.map_or(INSTRUMENTS_MAX, |InstrumentId(id)| id.into());
        let source = signal.source as usize;
        let last = self.published[row][source].max(self.published[INSTRUMENTS_MAX][source]);
        if signal.published < last {
            return Ok(false);
        }
        self.published[row][source] = signal.published;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos(1_000 * NANOS_PER_SECOND);

    fn news(id: &str) -> ExternalSignal {
        ExternalSignal {
            source: SignalSource::News,
            instrument: Some(InstrumentId(0)),
            direction: 1,
            strength: 0.5,
            confidence: 1.0,
            published: UnixNanos(990 * NANOS_PER_SECOND),
            ttl_seconds: 60,
            id: Text::new(id),
            text: Text::EMPTY,
        }
    }

    #[test]
    fn what_is_out_of_range_or_time_is_refused() {
        let refused = |change: fn(&mut ExternalSignal)| {
            let mut signal = news("A");
            change(&mut signal);
            Opinions::new().hear(&signal, NOW).expect_err("is refused")
        };
        assert_eq!(refused(|s| s.direction = 2), OpinionError::Direction);
        assert_eq!(refused(|s| s.strength = 1.1), OpinionError::Range);
        assert_eq!(refused(|s| s.confidence = f64::NAN), OpinionError::Range);
        assert_eq!(refused(|s| s.source = SignalSource::Technical), OpinionError::Source);
        assert_eq!(refused(|s| s.ttl_seconds = 0), OpinionError::TimeToLive);
        assert_eq!(refused(|s| s.ttl_seconds = TTL_SECONDS_MAX + 1), OpinionError::TimeToLive);
        let future = NOW.plus(CLOCK_TOLERANCE_NS);
        assert!(check(&ExternalSignal { published: future, ..news("A") }, NOW).is_ok());
        let future = future.plus(1);
        let refused_of = |signal| check(&signal, NOW).expect_err("is refused");
        assert_eq!(refused_of(ExternalSignal { published: future, ..news("A") }), {
            OpinionError::Future
        });
        assert_eq!(refused(|s| s.ttl_seconds = 10), OpinionError::Expired);
        let beyond = Some(InstrumentId(INSTRUMENTS_MAX as u16));
        assert_eq!(refused_of(ExternalSignal { instrument: beyond, ..news("A") }), {
            OpinionError::Instrument
        });
    }

    #[test]
    fn as_many_as_are_remembered_are_known_and_the_one_before_them_is_forgotten() {
        let mut opinions = Opinions::new();
        let id = |at: usize| news(&format!("N{at}"));
        for at in 0..OPINIONS_REMEMBERED {
            assert_eq!(opinions.hear(&id(at), NOW), Ok(true), "{at}");
        }
        let known = |opinions: &mut Opinions, at| opinions.hear(&id(at), NOW) == Ok(false);
        assert!((0..OPINIONS_REMEMBERED).all(|at| known(&mut opinions, at)));
        assert_eq!(opinions.hear(&id(OPINIONS_REMEMBERED), NOW), Ok(true));
        assert!((1..=OPINIONS_REMEMBERED).all(|at| known(&mut opinions, at)));
        assert!(!known(&mut opinions, 0));
    }

    #[test]
    fn a_second_copy_is_known_by_its_identity_as_long_as_it_is_remembered() {
        let mut opinions = Opinions::new();
        assert_eq!(opinions.hear(&news("A"), NOW), Ok(true));
        assert_eq!(opinions.hear(&news("A"), NOW), Ok(false));
        let of_macro = ExternalSignal { source: SignalSource::Macro, ..news("A") };
        assert_eq!(opinions.hear(&of_macro, NOW), Ok(true));
        assert_eq!(opinions.hear(&news(""), NOW), Ok(true));
        assert_eq!(opinions.hear(&news(""), NOW), Ok(true), "what has no identity is always new");
        for number in 0..OPINIONS_REMEMBERED {
            assert_eq!(opinions.hear(&news(&format!("B{number}")), NOW), Ok(true));
        }
        assert_eq!(opinions.hear(&news("A"), NOW), Ok(true));
    }

    #[test]
    fn the_latest_word_of_a_source_is_the_one_it_published_last() {
        let at = |seconds: u64, id: &str, instrument| ExternalSignal {
            published: UnixNanos(seconds * NANOS_PER_SECOND),
            instrument,
            ..news(id)
        };
        let one = Some(InstrumentId(1));
        let mut opinions = Opinions::new();
        assert_eq!(opinions.hear(&at(995, "A", one), NOW), Ok(true));
        assert_eq!(opinions.hear(&at(994, "B", one), NOW), Ok(false));
        assert_eq!(opinions.hear(&at(994, "C", Some(InstrumentId(2))), NOW), Ok(true));
        assert_eq!(opinions.hear(&at(996, "D", None), NOW), Ok(true));
        assert_eq!(opinions.hear(&at(995, "E", one), NOW), Ok(false));
    }
}
