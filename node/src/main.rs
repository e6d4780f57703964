//! The `gauntlet` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    gauntlet::commands::main()
}
