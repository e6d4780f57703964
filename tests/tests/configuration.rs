//! A configuration that would mean something else than its owner thinks is refused before anything
//! begins.

use gauntlet_tests::process::{Exit, Process};
use gauntlet_tests::program;
use gauntlet_tests::setup::{Setup, taken_port};
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

fn setup() -> Setup {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    Setup::new(nowhere, nowhere, &["ESZ6"])
}

/// Runs the program to its end with variables of the environment.
fn run(args: &[&str], variables: &[(&str, &str)]) -> Exit {
    let mut command = Command::new(program!());
    command.args(args);
    Process::spawn_with(command, variables).wait()
}

/// Starts `gauntlet run` under a configuration that it must refuse.
fn refused(text: &str, variables: &[(&str, &str)], words: &[&str]) {
    let setup = setup();
    let (config, data) = (setup.write(text), setup.data());
    let (config, data) = (config.to_str().expect("UTF-8"), data.to_str().expect("UTF-8"));
    let exit = run(&["run", "--config", config, "--data", data], variables);
    exit.expect_code(2).expect_told(words);
    assert!(!setup.data().exists(), "something was begun");
}

#[test]
fn a_misspelt_variable_is_refused_by_every_command_with_the_right_name() {
    let text = setup().text();
    for (name, words) in [
        ("MAX_CONTRACT_LIVE", &["MAX_CONTRACT_LIVE", "did you mean MAX_CONTRACTS_LIVE?"][..]),
        ("max_contracts_live", &["MAX_CONTRACTS_LIVE"]),
        ("MAX_CONTRACTS_LAB", &["MAX_CONTRACTS_LAB"]),
        ("FIX_PASSWD", &["FIX_PASSWORD"]),
        ("GAUNTLET_DIR", &["GAUNTLET_DIR"]),
    ] {
        refused(&text, &[(name, "1")], words);
        for command in [&["demo"][..], &["venue"], &["replay", "x.dbn"]] {
            run(command, &[(name, "1")]).expect_code(2).expect_told(words);
        }
    }
    refused(&text, &[("GAUNTLET_LOG", "inof")], &["GAUNTLET_LOG", "\"inof\" is no level"]);
    refused(&text, &[("MAX_CONTRACTS_LIVE", "0")], &["MAX_CONTRACTS_LIVE", "above 0"]);
}

#[test]
fn an_expired_contract_is_refused_by_name_when_the_wall_clock_rules() {
    let realtime = setup().text().replace("clock = \"data\"", "clock = \"realtime\"");
    let words = ["ESZ4 of 2024 has expired", "2024-12-20", "name one that trades"];
    refused(&realtime.replace("\"ESZ6\"", "\"ESZ24\""), &[], &words);
}

#[test]
fn a_session_that_logs_on_by_name_needs_its_password() {
    let text = setup().text();
    let named = text.replace("[broker]\n", "[broker]\nusername = \"trader\"\n");
    refused(&named, &[], &["\"trader\"", "FIX_PASSWORD"]);
    refused(&named, &[("FIX_PASSWORD", "")], &["FIX_PASSWORD"]);
    refused(&text, &[("FIX_PASSWORD", "hidden")], &["broker.username"]);
}

#[test]
fn a_bot_needs_an_archetype_or_rules_of_its_own_and_not_both() {
    let text = setup().text();
    let own = text.replace("archetype = \"mean_reversion\"\n", "");
    let setup = setup();
    let file = setup.write(&own);
    let file = file.to_str().expect("UTF-8");
    let checked = run(&["config", "check", file], &[]);
    checked.expect_code(0);
    assert!(checked.stdout.contains("bot.esz6-0.archetype = none\n"), "{}", checked.stdout);
    // Nothing stands in for what cannot be read.
    refused(&own.replace("short when", "short wehn"), &[], &["esz6-0", "wehn"]);
    let at = own.find("rule_text").expect("rules");
    let end = at + own[at..].rfind("\"\"\"").expect("their end") + 3;
    let none = format!("{}{}", &own[..at], &own[end..]);
    refused(&none, &[], &["neither an archetype nor rules", "ctl strategies list"]);
}

#[test]
fn a_damaged_journal_header_ends_a_start_with_3() {
    let setup = setup();
    let journal = setup.journal();
    fs::create_dir_all(&journal).expect("made");
    fs::write(journal.join("journal.hdr"), "a letter").expect("written");
    setup.run(program!()).wait().expect_code(3).expect_told(&["journal.hdr", "damaged journal"]);
}

#[test]
fn the_ports_of_a_demo_are_chosen_by_flags_which_a_taken_port_names() {
    let (_held, taken) = taken_port();
    let flags = ["--http-port", "--feed-port", "--fix-port"];
    for taken_by in flags {
        let setup = setup();
        let mut command = Command::new(program!());
        command.arg("demo").arg("--data").arg(setup.data());
        for flag in flags {
            let port = if flag == taken_by { taken.port() } else { 0 };
            command.arg(flag).arg(port.to_string());
        }
        let exit = Process::spawn(command).wait();
        exit.expect_code(5).expect_told(&["in use", taken_by, &taken.port().to_string()]);
    }
}

#[test]
fn the_reference_and_what_a_file_means_are_printed() {
    let reference = run(&["config", "reference"], &[]);
    reference.expect_code(0);
    assert!(reference.stdout.starts_with("# Configuration\n"), "{}", reference.stdout);
    let setup = setup();
    let file = setup.write(&setup.text());
    let file = file.to_str().expect("UTF-8");
    let meant = run(&["config", "check", file], &[("MAX_CONTRACTS_LIVE", "7")]);
    meant.expect_code(0);
    for line in ["environment.MAX_CONTRACTS_LIVE = 7\n", "instrument.ESZ6.collar_ticks = 100\n"] {
        assert!(meant.stdout.contains(line), "{}", meant.stdout);
    }
    let data = setup.data();
    let none = run(&["config", "diff", file, "--data", data.to_str().expect("UTF-8")], &[]);
    none.expect_code(1).expect_told(&["keeps no configuration"]);
}
