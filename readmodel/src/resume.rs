//! Taking a journal up where it ends: the state it leads to, with what a dead process did not get
//! round to writing.

use crate::replay::{Rebuilt, ReplayError, rebuild, rebuild_past};
use gauntlet_journal::{AppendError, EffectWriter};
use std::path::Path;
use thiserror::Error;

/// Why a journal cannot be taken up.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// It cannot be read, or this build decides otherwise.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The effects that are missing have no room.
    #[error("cannot write the effects that the last run left out: {0}")]
    Append(#[from] AppendError),
}

/// Rebuilds the state that the journal in `dir` leads to, and appends to `effects` those at its end
/// that were not written before the process ended.
///
/// # Errors
/// See [`rebuild`]; and that the effects have no room.
pub fn resume(dir: &Path, effects: &mut EffectWriter) -> Result<Rebuilt, ResumeError> {
    let mut appended = Ok(());
    let rebuilt = rebuild(
        dir,
        |_| {},
        |missing| {
            if appended.is_ok() {
                appended = effects
                    .append_effect(missing.cause, missing.index, missing.time, missing.effect)
                    .map(|_| ());
            }
        },
    )?;
    appended?;
    Ok(rebuilt)
}

/// The same of a journal whose decisions a person accepts: where this build decides otherwise it goes on, and
/// nothing is appended, since what is missing at the end is not what the other build would have written.
///
/// # Errors
/// See [`rebuild_past`].
pub fn resume_past(dir: &Path, effects: &mut EffectWriter) -> Result<Rebuilt, ResumeError> {
    let rebuilt = rebuild_past(dir, |_| {}, |_| {})?;
    match rebuilt.difference {
        Some(_) => Ok(rebuilt),
        // It decides as the journal says: there is nothing to see past.
        None => resume(dir, effects),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;
    use gauntlet_testkit::morning::{self, Morning};

    #[test]
    fn what_the_last_run_left_out_is_written_and_not_missing_any_more() {
        let morning = Morning::whole();
        let dir = tempfile::tempdir().expect("a directory");
        let step = morning.steps.iter().rposition(|step| step.effects.len() > 1).expect("effects");
        morning::write(dir.path(), &morning.steps[..step]);
        let mut journal = morning::open(dir.path());
        let cut = &morning.steps[step];
        journal.inputs.append_input(&cut.sequenced).expect("room");
        let missing = replay(dir.path(), |_| {}).expect("equal").missing;
        assert_eq!(missing, cut.effects.len() as u64);
        resume(dir.path(), &mut journal.effects).expect("room");
        assert_eq!(replay(dir.path(), |_| {}).expect("equal").missing, 0);
    }
}
