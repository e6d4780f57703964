//! Whether a configuration may trade: the one that was accepted last may, another one only with a
//! reason, after a person saw what differs.

use crate::config::{Definitions, Meaning};
use crate::error::NodeError;
use gauntlet_journal::private;
use gauntlet_readmodel::node_file::ACCEPTED_FILE;
use std::path::Path;

const HEAD: &str =
    "# What the node of this folder was last allowed to trade under. Written at each start.\n";

/// A configuration in two forms.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// What its definitions say.
    pub definitions: &'a Definitions,
    /// What it means.
    pub meaning: &'a Meaning,
}

/// Why a changed configuration may trade, if it has changed: `accepted` is the hash of the last one
/// that the core accepted, since a run may have ended between its start and the acceptance.
///
/// # Errors
/// It changed and there is no reason: refused here, where a person can read why, with what differs. It
/// would be blocked in the core besides.
pub fn accepted_change(
    accepted: Option<[u8; 32]>,
    hash: [u8; 32],
    reason: Option<&str>,
    difference: impl FnOnce(&[u8; 32]) -> String,
) -> Result<Option<&str>, NodeError> {
    let changed = accepted.filter(|before| *before != hash);
    match (changed, reason) {
        (_, Some(text)) if text.trim().is_empty() => {
            Err(NodeError::Config("--accept-config needs a reason".to_owned()))
        }
        (None, _) => Ok(None),
        (Some(before), None) => Err(NodeError::ConfigurationChanged(difference(&before))),
        (Some(before), Some(reason)) => {
            tracing::warn!(
                "the configuration changed, accepted as {reason:?}:\n{}",
                difference(&before)
            );
            Ok(Some(reason))
        }
    }
}

/// What differs from the configuration that was accepted last: by what the data folder keeps of it, or
/// else by what the journal's definitions say of it.
pub fn difference(
    data: &Path,
    accepted: &[u8; 32],
    before: &Definitions,
    now: Compared<'_>,
) -> String {
    if let Some(kept) = kept(data).filter(|kept| kept.hash() == *accepted) {
        return kept.difference(now.meaning);
    }
    let before = Meaning::of_definitions(before);
    let difference = before.difference(&Meaning::of_definitions(now.definitions));
    let difference = if difference.is_empty() { "  nothing\n" } else { &difference };
    format!(
        "{difference}(by the journal's definitions: {ACCEPTED_FILE} is not there or is not that of \
         the last run, so feed, broker, rules and clock cannot be compared)\n"
    )
}

/// What the data folder keeps of the configuration that was accepted last.
pub fn kept(data: &Path) -> Option<Meaning> {
    Meaning::parse(&std::fs::read_to_string(data.join(ACCEPTED_FILE)).ok()?)
}

/// Keeps what is accepted, so that the next change can be shown and its names be completed.
///
/// # Errors
/// What the system says.
pub fn keep(data: &Path, meaning: &Meaning) -> Result<(), NodeError> {
    let path = data.join(ACCEPTED_FILE);
    let text = format!("{HEAD}{}", meaning.to_text());
    private::replace_file(&path, text.as_bytes())
        .map_err(|error| NodeError::io("write", &path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEMO, StageCaps};

    fn demo(from: &str, to: &str) -> (Definitions, Meaning) {
        let config = Config::parse(&DEMO.replacen(from, to, 1), "t").expect("valid");
        let caps = StageCaps::read(|_| None).expect("defaults");
        let defined = config.definitions(&caps, &Definitions::default()).expect("fits");
        (defined, config.meaning(&caps))
    }

    #[test]
    fn a_change_is_refused_with_what_differs_until_there_is_a_reason() {
        let gate = |accepted, hash, reason| {
            let difference = |before: &[u8; 32]| format!("from {}", before[0]);
            accepted_change(accepted, hash, reason, difference)
                .map_err(|error| (error.exit_code(), error.to_string()))
        };
        let (one, two) = ([1; 32], [2; 32]);
        let (code, why) = gate(Some(one), two, None).expect_err("changed");
        assert!(code == 2 && why.contains("from 1") && why.contains("--accept-config"), "{why}");
        assert_eq!(gate(Some(one), two, Some("reviewed")), Ok(Some("reviewed")));
        assert_eq!(gate(Some(one), two, Some(" ")).expect_err("no reason").0, 2);
        // Back to the one that was accepted, or a new journal: nothing is to be accepted.
        assert_eq!(gate(Some(one), one, None), Ok(None));
        assert_eq!(gate(Some(one), one, Some("reviewed")), Ok(None));
        assert_eq!(gate(None, one, None), Ok(None));
    }

    #[test]
    fn what_is_kept_shows_the_whole_change_and_the_definitions_what_they_can() {
        let data = tempfile::tempdir().expect("a folder");
        let (before, old) = demo("", "");
        let (after, new) = demo("entry passive", "entry aggressive");
        let now = Compared { definitions: &after, meaning: &new };
        let by_definitions = difference(data.path(), &old.hash(), &before, now);
        assert!(by_definitions.contains("nothing") && by_definitions.contains("rules"));

        keep(data.path(), &old).expect("written");
        assert_eq!(kept(data.path()).as_ref(), Some(&old));
        let whole = difference(data.path(), &old.hash(), &before, now);
        assert!(whole.contains("  bot.es-reversion.rules\n    - entry passive"), "{whole}");
        // What is kept is of another run than the journal's last.
        let other = difference(data.path(), &[9; 32], &before, now);
        assert_eq!(other, by_definitions);
    }
}
