//! `ctl rules check`.

use crate::fixture::{arg, run};
use tempfile::TempDir;

fn file(dir: &TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("written");
    arg(&path).to_owned()
}

#[test]
fn a_strategy_is_shown_with_its_tree_warm_up_and_confidence() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = file(&dir, "mean.rules", "long when RSI(14) < 30 and close < bb(20,2).lower");
    let shown = run(["rules", "check", &path]);
    assert_eq!(shown.code, 0, "{shown}");
    assert!(
        shown.out.starts_with("long when rsi(14) < 30 and close < bb(20, 2).lower\n"),
        "{shown}"
    );
    assert!(shown.out.contains("└─ all: rsi(14) < 30 and close < bb(20, 2).lower"), "{shown}");
    assert!(shown.out.contains("   │  ├─ indicator: rsi(14)\n"), "{shown}");
    assert!(shown.out.contains("warm-up      388 bars"), "{shown}");
    assert!(shown.out.contains("confidence   100 % (long 100 %, short says nothing)"), "{shown}");

    let json = run(["rules", "check", &path, "--json"]).json();
    assert_eq!((&json["usable"], &json["warm_up_bars"]), (&true.into(), &388.into()));
    let tree = file(&dir, "mean.json", &json["tree"].to_string());
    let again = run(["rules", "check", &tree, "--json"]).json();
    assert_eq!((&again["text"], &again["tree"]), (&json["text"], &json["tree"]));
}

#[test]
fn what_is_wrong_is_shown_with_line_column_and_hint_and_ends_with_1() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = file(&dir, "wrong.rules", "stop 4 ticks\nlong when clsoe > open");
    let wrong = run(["rules", "check", &path]);
    assert_eq!(wrong.code, 1, "{wrong}");
    assert!(wrong.out.contains("error at 2:11: `clsoe` is unknown"), "{wrong}");
    assert!(wrong.out.contains("hint: did you mean `close`?"), "{wrong}");
    let found = &run(["rules", "check", &path, "--json"]).json()["findings"][0];
    assert_eq!((&found["line"], &found["column"]), (&2.into(), &11.into()));
}

#[test]
fn prose_is_read_as_far_as_it_can_be_and_a_fallback_stands_in_for_the_rest() {
    let dir = tempfile::tempdir().expect("a directory");
    let prose = "Go long when RSI is under 30. Go short when the moon is full.";
    let prose = file(&dir, "idea.txt", prose);
    let read = run(["rules", "check", "--prose", &prose]);
    assert_eq!(read.code, 0, "{read}");
    assert!(read.out.contains("as long when rsi(14) < 30"), "{read}");
    assert!(read.out.contains("unread  \"moon is full\" at 1:49"), "{read}");
    assert!(read.out.contains("failed       short"), "{read}");

    let archetype = file(&dir, "own.rules", "strategy own\nshort when rsi(14) > 70");
    let both =
        run(["rules", "check", "--prose", &prose, "--fallback", &archetype, "--json"]).json();
    assert_eq!(both["fallbacks"], 1);
    assert_eq!(both["confidence"]["short"], 0.4);
    assert_eq!(both["text"], "long when rsi(14) < 30\nshort when rsi(14) > 70\n");
}

#[test]
fn a_strategy_has_one_warm_up_whoever_is_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    let all = run(["strategies", "list", "--json"]).json();
    for one in all.as_array().expect("a list") {
        let name = one["name"].as_str().expect("a name");
        let rules = file(&dir, "one.rules", one["rules"].as_str().expect("rules"));
        let checked = run(["rules", "check", &rules, "--json"]).json();
        assert_eq!(checked["warm_up_bars"], one["warm_up_bars"], "{name}");
    }
}

#[test]
fn a_range_that_only_an_exit_reads_is_waited_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let bars = |text: &str| {
        let path = file(&dir, "one.rules", text);
        run(["rules", "check", &path, "--json"]).json()["warm_up_bars"].as_u64().expect("a number")
    };
    assert_eq!(bars("long when close > open\nstop 8 ticks"), 1);
    let atr = bars("long when atr(14) > 0\nstop 8 ticks");
    for exit in ["stop 2 atr(14)", "stop 8 ticks\ntarget 2 atr(14)"] {
        assert_eq!(bars(&format!("long when close > open\n{exit}")), atr, "{exit}");
    }
}

#[test]
fn rules_that_no_bot_can_run_are_not_called_usable() {
    let dir = tempfile::tempdir().expect("a directory");
    let position =
        "long when close > open\nexit long when position.bars > 3 within 5 bars\nstop 4 ticks";
    for (text, why) in [
        ("strategy silent\nstop 4 ticks", "neither when to go long"),
        (position, "refused      \"position.bars > 3 within 5 bars\""),
    ] {
        let path = file(&dir, "silent.rules", text);
        let checked = run(["rules", "check", &path, "--json"]);
        assert_eq!(checked.code, 1, "{checked}");
        let json = checked.json();
        assert_eq!((&json["usable"], json["warm_up_bars"].is_null()), (&false.into(), true));
        let shown = run(["rules", "check", &path]);
        assert!(shown.out.contains(why), "{shown}");
    }
}
