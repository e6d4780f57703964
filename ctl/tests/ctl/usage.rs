//! Usage, help and completions.

use crate::fixture::{ctl, run};
use std::process::Stdio;

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    for (args, word) in [
        (&["kill"][..], "--all"),
        (&["kill", "--all", "--bot", "x"][..], "cannot be used with"),
        (&["unkill", "--all"][..], "--reason"),
        (&["dance"][..], "dance"),
        (&["status", "--url", "nowhere"][..], "nowhere is no address"),
        (&["journal", "tail", "--kind", "nothing"][..], "message_sent"),
    ] {
        let wrong = run(args);
        assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{wrong}");
        assert!(wrong.err.contains(word), "{word}: {wrong}");
    }
}

#[test]
fn the_help_tells_the_exit_codes() {
    let help = run(["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Exit codes:"), "{help}");
    assert!(help.out.contains("9  this build decides otherwise"), "{help}");
}

#[test]
fn a_shell_gets_its_completions() {
    let script = run(["completions", "bash"]);
    assert_eq!((script.code, script.err.as_str()), (0, ""));
    assert!(script.out.contains("accept-config"), "{script}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = ctl(["completions", "bash"]).stdout(Stdio::piped()).spawn().expect("runs");
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{status}");
}
