//! A day of the market through the whole demo, as `make demo-soak` sends a quarter, with an exchange that behaves
//! and with one that does not.

use gauntlet_tests::program;
use gauntlet_tests::soak::{Chapter, Plan};
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

/// What goes wrong, a line each: after how many orders, or when, and what.
const SCRIPT: &str = r#"
[venue]
protection_ticks = 12

[venue.latency]
model = "exponential"
least_us = 100
mean_us = 200

[[venue.script]]
after_orders = 20
do = "lose_report"

[[venue.script]]
after_orders = 40
do = "double_fill"

[[venue.script]]
after_orders = 60
do = "reorder"

[[venue.script]]
after_orders = 80
do = "bust"

[[venue.script]]
after_orders = 120
do = "reject"
count = 3

[[venue.script]]
at = "2026-11-16T19:00:00Z"
do = "halt"
symbol = "ESZ6"
seconds = 300
"#;

#[test]
fn what_an_exchange_does_wrong_by_script_is_met_and_the_day_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("demo.toml");
    let demo = include_str!("../../node/config/demo.toml");
    std::fs::write(&file, format!("{demo}{SCRIPT}")).expect("writes");
    let mut command = Command::new(program!());
    command.args(["soak", "--days", "1", "--rate", "0.5", "--config"]).arg(&file);
    command.arg("--data").arg(dir.path().join("soak"));
    let out = command.output().expect("the program starts");
    let (told, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{told}{said}");
    // The lost report, the bust and the three refusals; nothing else is silent.
    for words in ["1 NoAcknowledgement", "TradeBust", "3 BrokerReject", "3 rejected", "InDoubt"] {
        assert!(told.contains(words), "{words} in {told}");
    }
}

/// Decides a storm over two processes, unless `SOAK_SEED` names another.
const SOAK_SEED: u64 = 20_261_127;

#[test]
fn both_sides_books_agree_whatever_is_killed_cut_off_or_without_power() {
    let named = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let seed = named("SOAK_SEED").unwrap_or(SOAK_SEED);
    let orders = named("SOAK_ORDERS").unwrap_or(400);
    println!("SOAK_SEED={seed} SOAK_ORDERS={orders}");
    let chapter = Chapter::new(program!(), Plan { seed, orders, orders_between: 50 });
    let counts = chapter.play(&mut |_, _| {});
    println!("{counts:?}");
    assert!(counts.node_kills > 0 && counts.venue_kills > 0 && counts.agreements > 1, "{counts:?}");
}
