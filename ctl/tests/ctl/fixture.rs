//! `ctl` as a child process, beside a morning of trading in a journal.

use gauntlet_testkit::morning::Morning;
pub use gauntlet_testkit::morning::{Step, append, open, write};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// A bot sees its opening range broken and sends an order, which nobody answers.
pub fn morning() -> Vec<Step> {
    Morning::unanswered().steps
}

/// `ctl` with these arguments, in a folder where nothing is: no test may meet a node that happens to
/// run.
pub fn ctl<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ctl"));
    command.args(args).env_remove("GAUNTLET_DATA").env("USER", "ann");
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    command
}

/// What came of a run of `ctl`.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The answer.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{}\n{}", self.code, self.out, self.err)
    }
}

/// Runs `ctl` to its end.
pub fn run<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let Output { status, stdout, stderr } = ctl(args).output().expect("ctl runs");
    Ran {
        code: status.code().expect("ctl ends by itself"),
        out: String::from_utf8(stdout).expect("UTF-8"),
        err: String::from_utf8(stderr).expect("UTF-8"),
    }
}

/// A recorded file of CME's as an argument; `None` where it is meant to be missing.
#[track_caller]
pub fn recorded(name: &str) -> Option<String> {
    let path = gauntlet_testkit::recorded(&format!("cme/{name}"))?;
    Some(path.to_str().expect("UTF-8").to_owned())
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
