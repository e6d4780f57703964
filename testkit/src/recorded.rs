//! Recorded market data and reference tables, which the repository does not keep.
//!
//! They lie beside it, in `../shared/data`, or where [`FOLDER_VARIABLE`] says. A test that needs one
//! fails when it is missing; where it is known to be missing, [`ABSENT_VARIABLE`] set to `1` says so,
//! and the test is counted as skipped. What such a test is about is tested on generated data too.

use crate::skipped::skip;
use std::path::{Path, PathBuf};

/// The environment variable that names another folder of recorded data.
pub const FOLDER_VARIABLE: &str = "GAUNTLET_RECORDED_DATA";
/// The environment variable that, set to `1`, says that missing recorded data is meant.
pub const ABSENT_VARIABLE: &str = "GAUNTLET_NO_DATA";

/// Whether a recorded file is there: for tests that take other data where it is not, and so always run.
pub fn is_there(name: &str) -> bool {
    folder().join(name).exists()
}

/// A recorded file by its name in the folder, such as `cme/esh4-20231225.mbo.dbn.zst`; `None`, and the
/// test counted as skipped, where it is missing and that is meant.
///
/// # Panics
/// When it is missing and nothing says that this is meant.
#[track_caller]
pub fn recorded(name: &str) -> Option<PathBuf> {
    let is_meant = std::env::var(ABSENT_VARIABLE).is_ok_and(|value| value == "1");
    match find(&folder(), name, is_meant) {
        Ok(Some(path)) => Some(path),
        Ok(None) => {
            skip(&format!("recorded data absent: {name}"));
            None
        }
        Err(why) => panic!("{why}"),
    }
}

fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    std::env::var_os(FOLDER_VARIABLE).map_or_else(beside, PathBuf::from)
}

fn find(folder: &Path, name: &str, is_meant: bool) -> Result<Option<PathBuf>, String> {
    let path = folder.join(name);
    match path.exists() {
        true => Ok(Some(path)),
        false if is_meant => Ok(None),
        false => Err(format!(
            "the recorded file {} is missing: put it there, name its folder in {FOLDER_VARIABLE}, or \
             set {ABSENT_VARIABLE}=1 to count the tests that need it as skipped",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_what_is_not_fails_unless_that_is_meant() {
        let dir = tempfile::tempdir().expect("a folder");
        let there = dir.path().join("cme");
        std::fs::create_dir(&there).expect("made");
        assert_eq!(find(dir.path(), "cme", false), Ok(Some(there.clone())));
        assert_eq!(find(dir.path(), "cme", true), Ok(Some(there)));
        assert_eq!(find(dir.path(), "no.dbn", true), Ok(None));
        let why = find(dir.path(), "no.dbn", false).expect_err("missing");
        assert!(why.contains("no.dbn") && why.contains("GAUNTLET_NO_DATA=1"), "{why}");
    }
}
