//! The disk is full: trading stops while there is still room to write down how it stopped, and goes
//! on where it ended once there is space and a person says so.

use gauntlet_model::effect::{Effect, KillChanged, OutboundKind};
use gauntlet_readmodel::command_wire::{Reply, Target, Verb};
use gauntlet_readmodel::replay;
use gauntlet_tests::control::ask;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::process::Process;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};
use std::path::Path;
use std::process::{Command, Stdio};

const SYMBOLS: [&str; 2] = ["ESZ6", "NQZ6"];
/// Many thousand records a second.
const MARKET: Generated = Generated { speed: 200.0, rate: 12.0, seed: 21 };
/// Room for the first segments of a journal with segments of a MiB, and for none after them.
const DISK: &str = "size=4608k";

/// Whether this user may mount a disk of its own.
fn may_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// Runs the node with its data on a small disk, which is copied to `kept` at the end.
fn run_on_small_disk(setup: &Setup, kept: &Path) -> Process {
    const SCRIPT: &str = r#"
        disk=$1 kept=$2; shift 2
        mount -t tmpfs -o "$DISK" tmpfs "$disk" || exit 99
        "$@"; code=$?
        cp -r "$disk/data" "$kept" || exit 98
        exit $code"#;
    let disk = setup.dir().join("disk");
    std::fs::create_dir(&disk).expect("a directory");
    let config = setup.write(&setup.text());
    let mut command = Command::new("unshare");
    command.env("DISK", DISK).args(["-rm", "sh", "-c", SCRIPT, "sh"]).arg(&disk).arg(kept);
    command.arg(program!()).arg("run").arg("--config").arg(config);
    command.arg("--data").arg(disk.join("data"));
    Process::spawn(command)
}

#[test]
fn a_full_disk_stops_trading_in_order_and_space_lets_it_go_on() {
    if !may_mount() {
        gauntlet_testkit::skip("this user may not mount a small disk");
        return;
    }
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let exit = run_on_small_disk(&setup, &setup.data()).wait();
    exit.expect_code(1).expect_told(&["the disk refuses another segment", "free space"]);

    assert!(gauntlet_journal::verify(&setup.journal()).expect("readable").is_whole());
    replay::replay(&setup.journal(), |_| {}).unwrap_or_else(|error| panic!("{error}"));
    let ledger = Ledger::read(&setup.journal());
    let killed = assert_killed_by_the_journal(&ledger);
    assert!(ledger.new_orders().any(|(cause, _)| cause < killed), "it never traded");
    assert!(ledger.opening_orders().all(|(cause, _)| cause < killed), "one opened after the kill");

    let mut process = setup.run(program!());
    let mut live = Live::new(&setup.journal());
    wait_until("the session is back", || {
        process.assert_running();
        live.look().logons() > ledger.logons()
    });
    let lifted = ask(&setup.data(), Verb::Unkill, Target::Platform, "there is space again");
    assert!(matches!(lifted, Reply::Ok { .. }), "{lifted:?}");
    wait_until("it trades again", || {
        process.assert_running();
        live.look().opening_orders().any(|(cause, _)| cause > killed)
    });
    process.stop().expect_code(0);
    let ledger = Ledger::read(&setup.journal());
    assert_eq!(ledger.positions(), ledger.filled_by_bot());
    let venue = venue.stop().expect("the venue is fine");
    assert_eq!(venue.orders().working(), 0);
}

/// The kill is in the journal, in the platform's own name, and cancels every order that worked. Gives
/// its number.
fn assert_killed_by_the_journal(ledger: &Ledger) -> u64 {
    let is_kill = |kill: &KillChanged| kill.active && kill.actor.as_str() == "journal";
    let mut kills = ledger.effects().filter_map(|(cause, effect)| match effect {
        Effect::Kill(kill) if is_kill(kill) => Some((cause, kill)),
        _ => None,
    });
    let (cause, kill) = kills.next().expect("the journal kills when it runs short");
    assert!(kill.reason.as_str().contains("disk"), "{kill:?}");
    let cancels =
        ledger.outbound().filter(|(by, o)| *by == cause && o.kind == OutboundKind::Cancel);
    assert!(cancels.count() <= kill.orders as usize);
    cause
}
