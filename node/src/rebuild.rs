//! The state that a journal leads to.

use crate::error::{NodeError, panic_text};
use gauntlet_journal::EffectWriter;
use gauntlet_readmodel::replay::{self, Rebuilt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Rebuilds the state from the journal, and makes up for effects that a crash cut off. An assertion that
/// fails on the way is this build's verdict on the journal's inputs, as any other difference is: the
/// same inputs would end it again, so it must not trade.
///
/// # Errors
/// That the journal cannot be read or taken further, or leads this build elsewhere.
pub fn rebuild(dir: &Path, effects: &mut EffectWriter) -> Result<Rebuilt, NodeError> {
    let mut append = Ok(());
    let replayed = catch_unwind(AssertUnwindSafe(|| {
        replay::rebuild(
            dir,
            |_| {},
            |missing| {
                if append.is_ok() {
                    append = effects
                        .append_effect(missing.cause, missing.index, missing.time, missing.effect)
                        .map(|_| ());
                }
            },
        )
    }));
    let rebuilt = replayed.map_err(|panic| {
        let why = panic_text(&*panic);
        NodeError::Different(format!(
            "the journal leads this build to a state that must not be: {why}\nwhat works at the \
             broker works still: look there"
        ))
    })??;
    append.map_err(|error| NodeError::Failed(error.to_string()))?;
    Ok(rebuilt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Parts;
    use gauntlet_model::input::{Input, Sequenced, Timer};
    use gauntlet_model::units::UnixNanos;

    #[test]
    fn a_journal_that_leads_to_what_must_not_be_is_not_traded_on() {
        let parts = Parts::new();
        let (mut inputs, mut effects) = parts.small_journal();
        for (seq, second) in [(1, 100), (2, 99)] {
            let input = Input::Timer(Timer { second });
            let time = UnixNanos(second * 1_000_000_000);
            inputs.append_input(&Sequenced { seq, time, input }).expect("room");
        }
        let error = rebuild(&parts.journal(), &mut effects).map(|_| ()).expect_err("no state");
        assert_eq!(error.exit_code(), 9);
        let text = error.to_string();
        assert!(text.contains("time never runs backwards"), "{text}");
        assert!(text.contains("look there"), "{text}");
    }
}
