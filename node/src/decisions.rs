//! Going on, after an upgrade, from a journal whose decisions this build would have made otherwise.
//!
//! Nothing may trade on a state that the broker did not see, so such a journal ends the start. A person may
//! accept it by name and with a reason: what the journal's effects led to is then stated as inputs, before
//! the run begins, and everything after that is this build's own.

use crate::error::NodeError;
use gauntlet_model::input::Input;
use gauntlet_readmodel::replay::Rebuilt;
use gauntlet_readmodel::statement;
use std::path::Path;

/// Who accepts decisions of another build, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// The inputs that accept what differs; none when nothing does.
///
/// # Errors
/// Nobody stands for it, or the journal cannot be read.
pub fn accepted(
    dir: &Path,
    rebuilt: &Rebuilt,
    acceptance: Option<&Acceptance>,
) -> Result<Vec<Input>, NodeError> {
    let Some(Acceptance { actor, reason }) = acceptance else { return Ok(Vec::new()) };
    let signs = |text: &str, most: usize| !text.trim().is_empty() && text.len() <= most;
    if !signs(actor, 32) || !signs(reason, 64) {
        return Err(NodeError::Config(
            "--accept-decisions needs a reason of at most 64 characters, and --actor a name of at most 32"
                .to_owned(),
        ));
    }
    let Some(difference) = &rebuilt.difference else {
        tracing::warn!("nothing to accept: this build decides as the journal says");
        return Ok(Vec::new());
    };
    let place = (difference.at.0, rebuilt.last_seq);
    let inputs = statement::statement(dir, place, &rebuilt.chain, (actor, reason))?;
    tracing::warn!(
        "decisions of another build accepted by {actor} as {reason:?}, {} statements follow:\n{difference}",
        inputs.len() - 1
    );
    Ok(inputs)
}
