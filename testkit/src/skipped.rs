//! Tests that could not run, told by number.
//!
//! The test harness knows tests that passed, failed, or are marked as ignored before they begin. One
//! that finds out later that it cannot run has no word of its own there, and what it prints is thrown
//! away when it passes. So it says so in a file that [`FILE_VARIABLE`] names: one line a test, which
//! `make test` and the checks of a change read, take from the passed ones and print by number.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// The environment variable that names the file of skipped tests; without it only the test's own
/// output tells.
pub const FILE_VARIABLE: &str = "GAUNTLET_SKIPPED_TESTS";

/// Says that the running test does not run and why, and counts it. The test is to return then.
///
/// # Panics
/// When the file cannot be written: a skipped test that nobody counts would look like one that passed.
#[track_caller]
pub fn skip(why: &str) {
    let line = line(&test_name(), why);
    eprint!("{line}");
    if let Some(file) = std::env::var_os(FILE_VARIABLE) {
        append(Path::new(&file), &line);
    }
}

/// The test's binary and name. The harness names a test's thread after it; where it runs tests on the
/// main thread, the place of the call has to do.
#[track_caller]
fn test_name() -> String {
    let place = std::panic::Location::caller();
    let binary = std::env::current_exe().ok();
    let binary = binary.as_deref().and_then(Path::file_stem).and_then(|stem| stem.to_str());
    // Cargo hangs a hash on the name.
    let binary = binary.map_or("?", |stem| stem.rsplit_once('-').map_or(stem, |(name, _)| name));
    match std::thread::current().name() {
        Some(name) if name != "main" => format!("{binary}::{name}"),
        _ => format!("{binary}::{}:{}", place.file(), place.line()),
    }
}

fn line(test: &str, why: &str) -> String {
    let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    format!("skipped\t{}\t{}\n", plain(test), plain(why))
}

/// One write, so that tests of several processes do not tear each other's lines.
fn append(file: &Path, line: &str) {
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        panic!("cannot count a skipped test in {}: {error}", file.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_test_and_the_reason_and_lines_add_up() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("skipped");
        let name = test_name();
        assert!(name.starts_with("gauntlet_testkit::"), "{name}");
        append(&file, &line(&name, "no\tdata"));
        append(&file, &line("other", "why"));
        let text = std::fs::read_to_string(&file).expect("written");
        assert_eq!(text, format!("skipped\t{name}\tno data\nskipped\tother\twhy\n"));
    }

    #[test]
    #[should_panic(expected = "cannot count a skipped test")]
    fn a_skipped_test_that_cannot_be_counted_fails() {
        append(Path::new("/no/such/folder/file"), "x\n");
    }
}
