//! The effects' journal: gives each effect of an input its place and writes it down, and ends the
//! node when it cannot.

use crate::state::{Failure, NodeState};
use gauntlet_journal::EffectWriter;
use gauntlet_model::effect::{Effect, MessageSent};
use gauntlet_model::input::Sequenced;
use gauntlet_model::units::UnixNanos;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Bytes of the journal that the records of one call's messages take, far from exact: some thirty.
pub const SENT_BYTES_MAX: usize = 4_096;

/// See the module.
pub struct EffectJournal {
    writer: EffectWriter,
    state: Arc<NodeState>,
    /// The input at hand.
    cause: u64,
    time: UnixNanos,
    /// Effects that it has had.
    index: u32,
}

impl EffectJournal {
    /// One that goes on in `writer`.
    pub fn new(writer: EffectWriter, state: Arc<NodeState>) -> EffectJournal {
        EffectJournal { writer, state, cause: 0, time: UnixNanos(0), index: 0 }
    }

    /// Begins the effects of an input.
    pub fn begin(&mut self, sequenced: &Sequenced) {
        (self.cause, self.time, self.index) = (sequenced.seq, sequenced.time, 0);
    }

    /// The number of the input at hand.
    pub fn cause(&self) -> u64 {
        self.cause
    }

    /// The time of the input at hand.
    pub fn time(&self) -> UnixNanos {
        self.time
    }

    /// Writes an effect down; tells whether it is written. After one that is not, none is.
    pub fn append(&mut self, effect: &Effect) -> bool {
        // A record that found no room leaves a gap: a smaller one that would fit must not follow it.
        if self.state.has_failed() {
            return false;
        }
        match self.writer.append_effect(self.cause, self.index, self.time, effect) {
            Ok(_) => {
                self.index += 1;
                self.state.counters.effects.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => {
                self.state.fail(Failure::Journal(error.to_string()));
                false
            }
        }
    }

    /// Writes down that a session is about to send a message.
    pub fn append_sent(&mut self, sent: &MessageSent) {
        if let Err(error) = self.writer.append_sent(self.cause, self.time, sent) {
            self.state.fail(Failure::Journal(error.to_string()));
        }
    }

    /// The same of the session of a drop copy.
    pub fn append_copy_sent(&mut self, sent: &MessageSent) {
        if let Err(error) = self.writer.append_copy_sent(self.cause, self.time, sent) {
            self.state.fail(Failure::Journal(error.to_string()));
        }
    }

    /// Whether there is room for what a gateway will send in one call; if not, the node ends. A
    /// message that leaves without a record takes a number that the next run would use again.
    pub fn has_room(&self) -> bool {
        let has_room = self.writer.remaining() >= SENT_BYTES_MAX;
        if !has_room {
            let full = "the effects journal is full: free space and start again";
            self.state.fail(Failure::Journal(full.to_owned()));
        }
        has_room
    }

    /// Whether the journal's reserve is being used.
    pub fn is_short(&self) -> bool {
        self.writer.is_short()
    }

    /// The writer, for tests that look at how full it is.
    #[cfg(test)]
    pub fn writer(&self) -> &EffectWriter {
        &self.writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Parts;
    use gauntlet_journal::{EffectEntry, EffectReader, Position};
    use gauntlet_model::effect::{Alert, AlertKind, Signal, SignalSource};
    use gauntlet_model::ids::{BotId, ClOrdId};
    use gauntlet_model::input::{Input, Scope, Timer};
    use gauntlet_model::text::Text;

    fn alert() -> Effect {
        Effect::Alert(Alert {
            kind: AlertKind::UnknownOrder,
            scope: Scope::Platform,
            cl_ord_id: ClOrdId::NONE,
            ord_status: None,
            text: Text::EMPTY,
        })
    }

    /// An effect that takes less room than an alert.
    fn signal() -> Effect {
        Effect::Signal(Signal {
            bot: BotId(0),
            source: SignalSource::Technical,
            direction: 1,
            strength: 1.0,
            confidence: 1.0,
            expires: UnixNanos(0),
        })
    }

    fn timer(seq: u64) -> Sequenced {
        Sequenced { seq, time: UnixNanos(seq), input: Input::Timer(Timer { second: 0 }) }
    }

    #[test]
    fn each_effect_has_its_input_and_its_place_among_the_input_s_effects() {
        let parts = Parts::new();
        let (_inputs, writer) = parts.small_journal();
        let mut journal = EffectJournal::new(writer, Arc::clone(&parts.state));
        for seq in [3, 4] {
            journal.begin(&timer(seq));
            assert!(journal.append(&alert()) && journal.append(&signal()));
        }
        let mut reader = EffectReader::open(&parts.journal(), Position(0)).expect("a journal");
        let mut places = Vec::new();
        while let Some(record) = reader.next().expect("whole records") {
            assert!(matches!(record.entry, EffectEntry::Effect(_)));
            places.push((record.cause, record.index));
        }
        assert_eq!(places, [(3, 0), (3, 1), (4, 0), (4, 1)]);
        assert_eq!(parts.state.counters.snapshot().effects, 4);
    }

    #[test]
    fn after_an_effect_that_found_no_room_a_smaller_one_leaves_no_gap() {
        let parts = Parts::new();
        let (_inputs, writer) = parts.small_journal();
        let mut journal = EffectJournal::new(writer, Arc::clone(&parts.state));
        let mut seq = 0;
        let mut taken_by = |journal: &mut EffectJournal, effect: Effect| {
            let before = journal.writer.remaining();
            seq += 1;
            journal.begin(&timer(seq));
            journal.append(&effect);
            before - journal.writer.remaining()
        };
        let large = taken_by(&mut journal, alert());
        let small = taken_by(&mut journal, signal());
        while journal.writer.remaining() % large < small {
            taken_by(&mut journal, signal());
        }
        while taken_by(&mut journal, alert()) > 0 {}
        assert!(parts.state.has_failed() && journal.writer.remaining() >= small);
        let last = journal.writer.last_effect();
        assert!(!journal.append(&signal()));
        assert_eq!(journal.writer.last_effect(), last);
    }
}
