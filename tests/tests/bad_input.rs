//! Files, configurations, ports and keys that are wrong: a clear message and the right exit code.

use dbn::encode::{DbnEncoder, EncodeRecord};
use dbn::{MboMsg, MetadataBuilder, RecordHeader, SType, Schema, rtype};
use gauntlet_core::units::UnixNanos;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::process::{Exit, Process};
use gauntlet_tests::setup::{Setup, taken_port};
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{generated, program, wait_until};
use gauntlet_venue::generated::files::{FileConfig, Length};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// Records in the file that is damaged, and their length in bytes.
const RECORDS: usize = 100;
const RECORD_LEN: usize = size_of::<MboMsg>();

/// A market that is never listened to.
const QUIET: Generated = Generated { speed: 1.0, rate: 1.0, seed: 1 };

fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}

/// A small file of orders in ESH4 as the vendor would write it.
fn sound_file() -> Vec<u8> {
    let start = 1_703_500_000_000_000_000;
    let metadata = MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(Some(Schema::Mbo))
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .start(start)
        .symbols(vec!["ESH4".to_owned()])
        .mappings(vec![dbn::SymbolMapping {
            raw_symbol: "ESH4".to_owned(),
            intervals: vec![dbn::MappingInterval {
                start_date: time::macros::date!(2023 - 12 - 25),
                end_date: time::macros::date!(2023 - 12 - 26),
                symbol: "17077".to_owned(),
            }],
        }])
        .build();
    let mut bytes = Vec::new();
    let mut encoder = DbnEncoder::new(&mut bytes, &metadata).expect("metadata");
    for number in 0..RECORDS as u64 {
        let record = MboMsg {
            hd: RecordHeader::new::<MboMsg>(rtype::MBO, 1, 17_077, start + number * 1_000_000),
            order_id: number + 1,
            price: 4_810_000_000_000,
            size: 1,
            action: b'A' as _,
            side: b'B' as _,
            ..MboMsg::default()
        };
        encoder.encode_record(&record).expect("a record");
    }
    bytes
}

fn replay(dir: &Path, name: &str, bytes: &[u8]) -> Exit {
    let path = dir.join(name);
    std::fs::write(&path, bytes).expect("the file can be written");
    let mut command = Command::new(program!());
    command.arg("replay").arg(&path).arg("--data").arg(dir.join("data"));
    Process::spawn(command).wait()
}

#[test]
fn a_damaged_file_is_named_with_the_record_and_nothing_is_traded() {
    let dir = tempfile::tempdir().expect("a directory");
    let sound = sound_file();
    let header = sound.len() - RECORDS * RECORD_LEN;

    let truncated = &sound[..sound.len() - RECORD_LEN / 2];
    let exit = replay(dir.path(), "truncated.dbn", truncated);
    exit.expect_code(1).expect_told(&["truncated.dbn", "record 100"]);

    let mut garbled = sound.clone();
    garbled[header + 49 * RECORD_LEN] = 0;
    let exit = replay(dir.path(), "garbled.dbn", &garbled);
    exit.expect_code(1).expect_told(&["garbled.dbn", "record 50"]);

    let exit = replay(dir.path(), "prose.dbn", b"This is not market data.\n");
    exit.expect_code(1).expect_told(&["prose.dbn", "DBN"]);

    let exit = replay(dir.path(), "empty.dbn", b"");
    exit.expect_code(1).expect_told(&["empty.dbn"]);
    assert!(!dir.path().join("data").exists(), "a journal was begun for a damaged file");

    replay(dir.path(), "sound.dbn", &sound).expect_code(0);
}

#[test]
fn a_damaged_compressed_file_is_named_and_nothing_is_traded() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = FileConfig {
        start: UnixNanos::parse_rfc3339("2026-11-17T14:00:00Z"),
        length: Length::Until(UnixNanos::parse_rfc3339("2026-11-17T15:30:00Z").expect("a time")),
        ..FileConfig::new("ESZ6", Schema::Mbo)
    };
    let path = generated(dir.path(), "sound.mbo.dbn.zst", &config);
    let sound = std::fs::read(path).expect("readable");
    let exit = replay(dir.path(), "cut.dbn.zst", &sound[..sound.len() / 2]);
    exit.expect_code(1).expect_told(&["cut.dbn.zst", "record"]);
    let mut garbled = sound.clone();
    for byte in garbled.iter_mut().skip(sound.len() / 2).take(64) {
        *byte ^= 0x5a;
    }
    replay(dir.path(), "garbled.dbn.zst", &garbled)
        .expect_code(1)
        .expect_told(&["garbled.dbn.zst"]);
    assert!(!dir.path().join("data").exists());
}

#[test]
fn a_wrong_configuration_is_refused_with_the_name_of_what_is_wrong() {
    let setup = Setup::new(nowhere(), nowhere(), &["ESZ6"]);
    let text = setup.text();
    let refused = |text: String, words: &[&str]| {
        setup.run_with(program!(), &text, &[]).wait().expect_code(2).expect_told(words);
        assert!(!setup.data().exists(), "a journal was begun under a wrong configuration");
    };
    refused(text.replacen("wait =", "weight =", 1), &["weight", "node.toml"]);
    refused(text.replacen("collar_ticks = 100\n", "", 1), &["collar_ticks", "node.toml"]);
    refused(
        text.replacen("collar_ticks = 100", "collar_ticks = 0", 1),
        &["collar_ticks is 0", "ESZ6"],
    );
    refused(
        text.replacen("stop_loss = \"12 ticks\"", "stop_loss = \"0 ticks\"", 1),
        &["stop_loss", "\"0\" must be above 0"],
    );
    refused(text.replacen("max_position = 1000\n", "", 1), &["max_position"]);
    refused(text.replacen("account = \"TEST\"", "account = \"NONE\"", 1), &["no account \"NONE\""]);
    refused(text.replacen("\"mbp-1\"", "\"mpb-1\"", 1), &["mpb-1"]);
    refused("nothing of this".to_owned(), &["node.toml"]);

    let mut command = Command::new(program!());
    command.args(["run", "--config", "/no/such/file.toml", "--data"]).arg(setup.data());
    Process::spawn(command).wait().expect_code(2).expect_told(&["/no/such/file.toml"]);
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let (_held, taken) = taken_port();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let words = ["in use", &taken.port().to_string(), "another port"];
    let venue = venue::start(QUIET, &["ESZ6"]);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &["ESZ6"]);
    setup.page = taken;
    setup.run(program!()).wait().expect_code(5).expect_told(&words);
    let ledger = Ledger::read(&setup.journal());
    assert_eq!(ledger.inputs.len(), 0, "it began to trade before it knew that it cannot serve");
    venue.stop().expect("the venue is fine");

    for taken_by in ["--data-listen", "--fix-listen"] {
        let mut command = Command::new(program!());
        command.arg("venue");
        for listen in ["--data-listen", "--fix-listen"] {
            let port = if listen == taken_by { taken.port() } else { 0 };
            command.arg(listen).arg(format!("127.0.0.1:{port}"));
        }
        Process::spawn(command).wait().expect_code(5).expect_told(&words);
    }
    for setup in [Setup::new(taken, any, &["ESZ6"]), Setup::new(any, taken, &["ESZ6"])] {
        let mut command = Command::new(program!());
        command.arg("demo").arg("--config").arg(setup.write(&setup.text()));
        command.arg("--data").arg(setup.data());
        Process::spawn(command).wait().expect_code(5).expect_told(&words);
        assert!(!setup.data().exists(), "a journal was begun");
    }
}

#[test]
fn a_key_that_the_gateway_refuses_ends_the_node() {
    let venue = venue::start(QUIET, &["ESZ6"]);
    let mut setup = Setup::new(venue.data_address, venue.fix_address, &["ESZ6"]);
    setup.key = "db-WRONGWRONGWRONGWRONGWRONGWRONGW".to_owned();
    let exit = setup.run(program!()).wait();
    exit.expect_code(4).expect_told(&["refuses the key", "GLBX.MDP3"]);
    assert!(!exit.stderr.contains(&setup.key), "the key was shown:\n{}", exit.stderr);
    venue.stop().expect("the venue is fine");
}

#[test]
fn a_second_node_on_the_same_data_is_refused_and_the_first_goes_on() {
    let venue = venue::start(QUIET, &["ESZ6"]);
    let setup = Setup::new(venue.data_address, venue.fix_address, &["ESZ6"]);
    let mut first = setup.run(program!());
    wait_until("the first node runs", || first.stderr().contains("running"));
    let holder = format!("pid {}", first.id());
    let second = setup.run(program!()).wait();
    second.expect_code(1).expect_told(&["open in another process", &holder, "another directory"]);
    first.assert_running();
    first.stop().expect_code(0);
    venue.stop().expect("the venue is fine");
}

#[test]
fn a_changed_configuration_trades_only_once_a_person_accepts_it() {
    let market = Generated { speed: 200.0, rate: 2.0, seed: 5 };
    let venue = venue::start(market, &["ESZ6"]);
    let setup = Setup::new(venue.data_address, venue.fix_address, &["ESZ6"]);
    let mut live = Live::new(&setup.journal());
    let mut trades = |what: &str, mut process: Process| {
        let before = live.look().new_orders().count();
        wait_until(what, || {
            process.assert_running();
            live.look().new_orders().count() > before
        });
        process.stop().expect_code(0);
    };
    trades("it trades", setup.run(program!()));

    let changed = setup.text().replacen("collar_ticks = 100", "collar_ticks = 90", 1);
    let exit = setup.run_with(program!(), &changed, &[]).wait();
    exit.expect_code(2).expect_told(&["configuration changed", "--accept-config"]);
    let exit = setup.run_with(program!(), &changed, &["--accept-config", ""]).wait();
    exit.expect_code(2).expect_told(&["reason"]);

    let accepted = setup.run_with(program!(), &changed, &["--accept-config", "narrower is safer"]);
    trades("it trades under the new configuration", accepted);
    // What was accepted once needs no second word.
    trades("it trades again", setup.run_with(program!(), &changed, &[]));
    venue.stop().expect("the venue is fine");
}

#[test]
fn what_cannot_be_asked_for_is_refused_by_the_command_line() {
    for args in [&["replay"][..], &["replay", "x.dbn", "--speed", "0"], &["run"], &["fly"]] {
        let mut command = Command::new(program!());
        command.args(args);
        Process::spawn(command).wait().expect_code(2);
    }
}
