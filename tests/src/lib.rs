//! What the whole-system tests are built from: a simulated venue in the test process, the node as a
//! child process that can be killed, and readers of the journal that it leaves.
//!
//! Nothing waits by sleeping: [`wait_for`] looks at a condition until it holds or its deadline passes.

#![forbid(unsafe_code)]

pub mod control;
pub mod fix_peer;
pub mod ledger;
pub mod peers;
pub mod process;
pub mod setup;
pub mod soak;
pub mod venue;

pub use gauntlet_testkit::{recorded, skip};

use gauntlet_venue::generated::files::{FileConfig, FilePlan, write_file};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest wait for anything that is not expected to take long. Far beyond what is needed on an idle
/// machine, since tests share theirs.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The program under test: the whole binary, built beside the tests.
#[macro_export]
macro_rules! program {
    () => {
        std::path::Path::new(env!("CARGO_BIN_EXE_gauntlet-under-test"))
    };
}

/// Looks again and again until there is an answer.
///
/// # Panics
/// When there is none after `patience`.
pub fn wait_within<T>(patience: Duration, what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ready() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// [`wait_within`] with [`PATIENCE`].
pub fn wait_for<T>(what: &str, ready: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, ready)
}

/// [`wait_for`] a condition.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, || holds().then_some(()));
}

/// Writes a generated file into a folder.
///
/// # Panics
/// When it cannot be generated or written.
pub fn generated(dir: &Path, name: &str, config: &FileConfig) -> PathBuf {
    let path = dir.join(name);
    let plan = FilePlan::new(config).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = write_file(&plan, &path, false, &mut |_| true);
    written.unwrap_or_else(|error| panic!("{error}"));
    path
}
