//! The whole `gauntlet` binary, for tests to start as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    gauntlet::commands::main()
}
