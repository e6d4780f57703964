//! What a shell may complete a name to: the accounts, bots and symbols of the node that is meant. They
//! are read from a small file of its data folder, whether it runs or not; where that cannot be read,
//! there is nothing to complete, and nothing is said.

use crate::address;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use gauntlet_readmodel::node_file::Names;
use std::ffi::OsString;
use std::path::PathBuf;

/// Completes to accounts.
pub fn accounts() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().accounts))
}

/// Completes to bots.
pub fn bots() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().bots))
}

/// Completes to symbols.
pub fn symbols() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(names().symbols))
}

fn candidates(names: Vec<String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn names() -> Names {
    let asked = data_of(std::env::args_os());
    address::folder(asked).map_or_else(|_| Names::default(), |data| Names::read(&data))
}

/// What `--data` says on the line that is completed, which comes as this process's own arguments. A
/// shell gives `~` as it was typed.
fn data_of(words: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let mut words = words.peekable();
    let mut asked = None;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--data" {
            asked = words.peek().map(PathBuf::from).filter(|data| !data.as_os_str().is_empty());
        } else if let Some(data) = text.strip_prefix("--data=") {
            asked = Some(PathBuf::from(data));
        }
    }
    let home = |data: PathBuf| match (data.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => data,
    };
    asked.map(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_that_of_the_line_that_is_completed() {
        let of = |line: &str| data_of(line.split(' ').map(OsString::from));
        assert_eq!(of("ctl -- ctl kill --data d --bot"), Some("d".into()));
        assert_eq!(of("ctl -- ctl --data=d kill --bot"), Some("d".into()));
        assert_eq!(of("ctl -- ctl kill --bot"), None);
        assert_eq!(of("ctl -- ctl kill --data"), None);
    }
}
