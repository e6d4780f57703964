//! `ctl risk`: limits, what is used, what was refused, the self-test, and changes of limits.

use crate::command::answer_one;
use crate::fixture::{arg, morning, run, write};
use gauntlet_model::input::{LimitKind, LimitStep};
use gauntlet_readmodel::command_wire::{AskedLimit, ReplyBuffer, Request, Target, Verb};

#[test]
fn the_page_is_printed_where_nothing_else_is_asked() {
    let page = run(["risk"]);
    assert_eq!((page.code, page.err.as_str()), (0, ""), "{page}");
    assert!(page.out.contains("## Controls") && page.out.contains("`self_trade`"), "{page}");
}

#[test]
fn limits_and_refusals_are_read_from_a_journal_and_said_to_be_the_past() {
    let data = tempfile::tempdir().expect("a directory");
    write(&data.path().join("journal"), &morning());
    let limits = run(["risk", "limits", "--json", "--data", arg(data.path())]);
    let answer = limits.json();
    assert_eq!(answer["running"], false, "{limits}");
    let rows = answer["answer"]["limits"].as_array().expect("limits").clone();
    let has = |control: &str, limit: &str| {
        rows.iter().any(|row| row["control"] == control && row["limit"] == limit)
    };
    assert!(has("R1", "max_order_qty") && has("R8", "messages_per_second"), "{limits}");
    for what in ["usage", "rejects"] {
        let text = run(["risk", what, "--data", arg(data.path())]);
        assert!(text.out.starts_with("NOT RUNNING"), "{text}");
    }
}

#[test]
fn the_self_test_of_this_build_passes_ways_out_included() {
    let tested = run(["risk", "selftest"]);
    assert_eq!(tested.code, 0, "{tested}");
    assert!(tested.out.contains("passed") && tested.out.contains("ways out"), "{tested}");
    let trials = run(["risk", "selftest", "--json"]).json();
    let trials = trials.as_array().expect("trials");
    assert!(trials.iter().all(|trial| trial["passed"] == true));
    assert!(trials.iter().filter(|trial| trial["exit"] == true).count() > 20);
    assert!(trials.iter().any(|trial| trial["expected"] == "daily_loss"));
}

#[test]
fn a_raise_carries_its_time_and_dollars_and_says_that_a_second_person_is_needed() {
    let data = tempfile::tempdir().expect("a directory");
    let node = answer_one(data.path(), |request| vec![ReplyBuffer::ok(request.id, 9, 0)]);
    let raised = run([
        "risk",
        "raise",
        "--account",
        "DEMO",
        "--limit",
        "max_daily_loss",
        "--to",
        "5000",
        "--for",
        "2h",
        "--reason",
        "roll week",
        "--data",
        arg(data.path()),
    ]);
    assert_eq!(raised.code, 0, "{raised}");
    assert!(raised.out.contains("a second person has to allow it"), "{raised}");
    let asked = node.join().expect("it answered");
    let request = Request::parse(asked.as_bytes()).expect("a request");
    assert_eq!(request.target, Target::Account("DEMO"));
    assert_eq!(
        request.verb,
        Verb::Limit(AskedLimit {
            step: LimitStep::Ask,
            limit: LimitKind::DailyLoss,
            value: 5_000_000_000,
            seconds: 7_200,
        })
    );
    assert_eq!((request.actor, request.reason), ("ann", "roll week"));
}

#[test]
fn a_change_without_a_reason_a_scope_or_a_known_limit_is_wrong_usage() {
    let whole =
        ["risk", "lower", "--bot", "b", "--limit", "max_order_qty", "--to", "1", "--reason", "r"];
    for without in ["--bot", "--limit", "--to", "--reason"] {
        let at = whole.iter().position(|word| *word == without).expect("there");
        let args = [&whole[..at], &whole[at + 2..]].concat();
        let wrong = run(args);
        assert_eq!(wrong.code, 2, "{without}: {wrong}");
    }
    let wrong = run(["risk", "end", "--platform", "--limit", "collar", "--reason", "r"]);
    assert!(wrong.code == 2 && wrong.err.contains("max_order_value"), "{wrong}");
    for time in ["0s", "25h", "2d", "h", "-1h"] {
        let time = format!("--for={time}");
        let wrong = run([
            "risk",
            "raise",
            "--platform",
            "--limit",
            "max_order_qty",
            "--to",
            "9",
            &time,
            "--reason",
            "r",
        ]);
        assert_eq!(wrong.code, 2, "{time}: {wrong}");
    }
}
