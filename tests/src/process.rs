//! The program under test as a child process: output kept, killed at will, never left behind.

use crate::{PATIENCE, wait_within};
use gauntlet_readmodel::environment::VARIABLES;
pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// What else the environment may say to the program; a test must not depend on the developer's.
const OF_RUST: [&str; 2] = ["RUST_LOG", "RUST_BACKTRACE"];

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: File,
    stderr: File,
}

/// How a program ended.
#[derive(Debug)]
pub struct Exit {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it told people.
    pub stderr: String,
}

impl Process {
    /// Starts a command. Its output is kept, and it learns nothing of the developer's environment.
    pub fn spawn(command: Command) -> Process {
        Process::spawn_with(command, &[])
    }

    /// [`Process::spawn`] with variables of its own.
    pub fn spawn_with(mut command: Command, variables: &[(&str, &str)]) -> Process {
        let stdout = tempfile::tempfile().expect("a file for the output");
        let stderr = tempfile::tempfile().expect("a file for the errors");
        let ours = VARIABLES.iter().map(|variable| variable.name);
        for variable in ours.chain(OF_RUST) {
            command.env_remove(variable);
        }
        command.envs(variables.iter().copied());
        let child = command
            .stdin(Stdio::null())
            .stdout(stdout.try_clone().expect("a second handle"))
            .stderr(stderr.try_clone().expect("a second handle"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Process { child, stdout, stderr }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it told people so far.
    pub fn stderr(&self) -> String {
        contents(&self.stderr)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the system knows").is_none()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id() as i32).expect("a process has an id");
        kill_process(pid, signal).expect("it is our own child");
    }

    /// Ends it at once (SIGKILL) and waits for its end.
    ///
    /// # Panics
    /// When it had ended by itself.
    pub fn kill(mut self) {
        if let Some(status) = self.child.try_wait().expect("the system knows") {
            panic!("it ended before it was killed: {}", self.describe(status));
        }
        self.child.kill().expect("it is our own child");
        self.child.wait().expect("it was killed");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub fn wait(mut self) -> Exit {
        let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_within(PATIENCE, "the program ends", || {
                self.child.try_wait().expect("the system knows")
            })
        }));
        match waited {
            Ok(status) => Exit {
                code: status.code(),
                stdout: contents(&self.stdout),
                stderr: contents(&self.stderr),
            },
            Err(_) => panic!("the program did not end; it told:\n{}", self.stderr()),
        }
    }

    /// Asks it to end (SIGTERM) and waits for it.
    pub fn stop(self) -> Exit {
        self.signal(Signal::TERM);
        self.wait()
    }

    fn describe(&self, status: ExitStatus) -> String {
        let signal = status.signal();
        format!("code {:?}, signal {signal:?}, told:\n{}", status.code(), self.stderr())
    }

    /// # Panics
    /// When it has ended.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().expect("the system knows") {
            panic!("it ended: {}", self.describe(status));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            // It can only fail for a process that ended meanwhile.
            let _gone = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

impl Exit {
    /// # Panics
    /// When the exit code is another one, or something panicked.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Exit {
        assert!(!self.stderr.contains("panicked"), "it panicked:\n{}", self.stderr);
        assert_eq!(self.code, Some(code), "it told:\n{}", self.stderr);
        self
    }

    /// # Panics
    /// When a word is missing in what it told people.
    #[track_caller]
    pub fn expect_told(&self, words: &[&str]) -> &Exit {
        for word in words {
            assert!(self.stderr.contains(word), "it does not tell {word:?}:\n{}", self.stderr);
        }
        self
    }
}

/// Reads a file that somebody else appends to, without moving the position that both share.
fn contents(file: &File) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; file.metadata()?.len() as usize];
        let len = bytes.len();
        file.read_exact_at(&mut bytes[..len], 0)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().expect("the output can be read")).into_owned()
}
