//! Usage, help and completions.

use crate::fixture::{arg, ctl, run};
use std::process::Stdio;

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    for (args, word) in [
        (&["kill"][..], "--all"),
        (&["kill", "--all", "--bot", "x"][..], "cannot be used with"),
        (&["unkill", "--all"][..], "--reason"),
        (&["dance"][..], "dance"),
        (&["status", "--url", "http://127.0.0.1:8080"][..], "--url"),
        (&["journal", "verify", "here", "--data", "there"][..], "two journals"),
        (&["journal", "tail", "here", "--data", "there"][..], "two journals"),
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
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(["completions", shell]);
        assert_eq!((script.code, script.err.as_str()), (0, ""), "{script}");
        assert!(script.out.contains(env!("CARGO_BIN_EXE_ctl")), "{script}");
    }
}

/// What a shell is told that the last of these words may be.
fn completed(words: &[&str]) -> Vec<String> {
    let mut command = ctl(["--"].iter().chain(words));
    command.env("_CTL_COMPLETE", "bash");
    command.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string()).env("_CLAP_IFS", "\n");
    let output = command.output().expect("ctl runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn names_of_bots_accounts_and_symbols_are_completed_from_the_data_folder() {
    let data = tempfile::tempdir().expect("a folder");
    let kept = "# a head\naccount.DEMO.messages_per_second = 100\nbot.es-orb.stage = LIVE\n\
                bot.nq.fade.stage = PAPER\ninstrument.ESZ6.collar_ticks = 40\n";
    std::fs::write(data.path().join("configuration.accepted"), kept).expect("written");
    let data = arg(data.path());
    let of = |line: &str| {
        let words = line.split(' ').map(|word| if word == "DIR" { data } else { word });
        completed(&words.collect::<Vec<_>>())
    };
    assert_eq!(of("ctl --data DIR kill --bot "), ["es-orb", "nq.fade"]);
    assert_eq!(of("ctl --data DIR kill --bot es"), ["es-orb"]);
    assert_eq!(of("ctl --data DIR unkill --account "), ["DEMO"]);
    assert_eq!(of("ctl --data DIR kill --symbol "), ["ESZ6"]);
    assert_eq!(of("ctl --data DIR signal --symbol E"), ["ESZ6"]);
    assert!(of("ctl --data DIR bots explain ").contains(&"es-orb".to_owned()));
    assert!(of("ctl acc").contains(&"accept-config".to_owned()));
}

#[test]
fn where_nothing_is_known_nothing_is_completed_and_nothing_said() {
    let data = tempfile::tempdir().expect("a folder");
    assert_eq!(completed(&["ctl", "--data", arg(data.path()), "kill", "--bot", ""]), [""; 0]);
    std::fs::write(data.path().join("configuration.accepted"), [0xff, 0xfe]).expect("written");
    assert_eq!(completed(&["ctl", "--data", arg(data.path()), "kill", "--bot", ""]), [""; 0]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = ctl(["completions", "bash"]).stdout(Stdio::piped()).spawn().expect("runs");
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{status}");
}
