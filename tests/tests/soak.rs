//! A day of the market through the whole demo, as `make demo-soak` sends a quarter.

use gauntlet_tests::program;
use std::process::Command;

#[test]
fn a_soak_counts_what_a_day_of_the_whole_demo_did_and_ends_in_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("soak");
    let mut command = Command::new(program!());
    command.args(["soak", "--days", "1", "--rate", "0.5", "--data"]).arg(&data);
    let out = command.output().expect("the program starts");
    let (told, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{told}{said}");
    for words in ["orders", "refused", "contracts 8 listed, 0 of them expired", "memory"] {
        assert!(told.contains(words), "{words} in {told}");
    }
    assert!(told.contains("2026-11-16T14:2"), "{told}");
    // The venue answers at once: where nobody is silent nothing is unanswered and nothing in doubt.
    for words in ["NoAcknowledgement", "UnknownOrderState", " 0 new"] {
        assert!(!told.contains(words), "{words} in {told}");
    }
}
