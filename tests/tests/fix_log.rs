//! The log of every FIX message: whole, closed to others, rotated, and without a password.

use gauntlet_readmodel::fix_log::{FOLDER, LogLine};
use gauntlet_tests::fix_peer::{drain, field, message, read_message};
use gauntlet_tests::ledger::Ledger;
use gauntlet_tests::peers::Server;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};
use gauntlet_venue::script::{Deed, ScriptEntry, When};
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const MARKET: Generated = Generated { speed: 200.0, rate: 2.0, seed: 3 };
const PASSWORD: &str = "hunter2-of-ann";

/// The configuration with a password, and these lines of `[broker.fix]`.
fn text(setup: &Setup, fix: &str) -> String {
    let key = "next_expected_msg_seq_num = true\n";
    let more = format!("{key}username = \"ann\"\npassword = \"{PASSWORD}\"\n[broker.fix]\n{fix}\n");
    setup.text().replace(key, &more)
}

/// The files of the log, which nobody else may read.
fn files(data: &Path) -> Vec<PathBuf> {
    let folder = data.join(FOLDER);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    assert_eq!(folder.metadata().expect("there").mode() & 0o777, 0o700);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("there").path()).collect();
    files.sort();
    for file in &files {
        assert_eq!(file.metadata().expect("there").mode() & 0o777, 0o600, "{}", file.display());
    }
    files
}

/// All lines of the log, oldest file first.
fn lines(data: &Path) -> Vec<LogLine> {
    let read = |file: &PathBuf| std::fs::read(file).expect("ours");
    let bytes: Vec<u8> = files(data).iter().rev().flat_map(read).collect();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| LogLine::read(line).expect("a line of ours")).collect()
}

/// Whether a text stands in any file below a folder.
fn stands_in(folder: &Path, text: &[u8]) -> Option<PathBuf> {
    std::fs::read_dir(folder).expect("there").find_map(|entry| {
        let path = entry.expect("there").path();
        let found = match path.metadata().expect("there") {
            kind if kind.is_dir() => return stands_in(&path, text),
            kind if kind.is_file() => {
                let bytes = std::fs::read(&path).expect("ours");
                bytes.windows(text.len()).any(|part| part == text)
            }
            _ => false,
        };
        found.then_some(path)
    })
}

fn texts(lines: &[LogLine], direction: &str, msg_type: &str, tag: u32) -> BTreeSet<String> {
    let of_type = lines.iter().filter(|line| line.direction == direction);
    let of_type = of_type.filter(|line| line.get(35) == Some(msg_type.as_bytes()));
    let value = |line: &LogLine| Some(String::from_utf8_lossy(line.get(tag)?).into_owned());
    of_type.filter_map(value).collect()
}

#[test]
fn every_message_is_in_the_log_a_fill_and_a_reject_with_it_and_the_password_is_not() {
    let reject = ScriptEntry::once(When::AfterOrders(2), Deed::Reject);
    let venue = venue::start_by_script(MARKET, &["ESZ6"], vec![reject]);
    let setup = Setup::new(venue.data_address, venue.fix_address, &["ESZ6"]);
    let mut process = setup.run_with(program!(), &text(&setup, ""), &[]);
    wait_until("a fill and a reject are in the log", || {
        process.assert_running();
        let states = texts(&lines(&setup.data()), "received", "8", 39);
        states.contains("2") && states.contains("8")
    });
    process.stop().expect_code(0);
    let (lines, ledger) = (lines(&setup.data()), Ledger::read(&setup.journal()));
    assert!(lines.iter().all(|line| line.session == "broker" && line.direction != "lost"));
    assert!(lines.iter().map(|line| &line.time).is_sorted());
    // Each message that took a number, by its number.
    let sent = lines.iter().filter(|line| line.direction == "sent" && line.get(43).is_none());
    let numbers = sent.filter_map(|line| std::str::from_utf8(line.get(34)?).ok()?.parse().ok());
    let numbers: BTreeSet<u64> = numbers.collect();
    assert_eq!(numbers.first(), Some(&1));
    assert_eq!(numbers.last(), Some(&(numbers.len() as u64)), "none is missing");
    let orders = texts(&lines, "sent", "D", 11);
    assert!(orders.len() > 1 && ledger.new_orders().count() == orders.len());
    for (_, order) in ledger.new_orders() {
        let known = |text: &String| text.ends_with(&format!("-{}", order.cl_ord_id));
        assert!(orders.iter().any(known), "{} in {orders:?}", order.cl_ord_id);
    }
    let fills = texts(&lines, "received", "8", 17);
    for fill in ledger.fills() {
        assert!(fills.contains(fill.exec_id.as_str()), "{}", fill.exec_id);
    }
    assert_eq!(texts(&lines, "sent", "A", 554).into_iter().collect::<Vec<_>>(), ["***"]);
    assert_eq!(stands_in(&setup.data(), PASSWORD.as_bytes()), None);
    venue.stop().expect("the venue is fine");
}

/// Says a message; returns whether anybody hears it.
fn say(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(&message(text)).is_ok()
}

/// A broker that says the password aloud, then takes the logon and sends more than a file holds.
fn loud_broker() -> Server {
    Server::start(move |mut stream, served| {
        let Some(logon) = read_message(&mut stream) else { return };
        let (own, time) = (served + 1, field(&logon, "52=").expect("a time"));
        let head = |number| format!("34={number}|49=SIMVENUE|56=GAUNTLET|52={time}");
        if served == 0 {
            say(
                &mut stream,
                &format!("35=5|{}|58=user ann has another password than {PASSWORD}|", head(own)),
            );
        } else if say(&mut stream, &format!("35=A|{}|98=0|108=10|789=2|", head(own))) {
            let long = "x".repeat(7_000);
            let mut number = own + 1;
            let news = |number| format!("35=B|{}|148=news|58={long}|", head(number));
            while number < 400 && say(&mut stream, &news(number)) {
                // Each is answered before the next: the log of any build is as fast.
                read_message(&mut stream);
                number += 1;
            }
            say(&mut stream, &format!("35=5|{}|58=no more news for {PASSWORD}|", head(number)));
        }
        drain(&mut stream);
    })
}

#[test]
fn the_log_is_rotated_and_bounded_and_a_broker_that_says_the_password_is_not_quoted() {
    let venue = venue::start(MARKET, &["ESZ6"]);
    let broker = loud_broker();
    let mut setup = Setup::new(venue.data_address, broker.address, &["ESZ6"]);
    setup.stage = "PAPER";
    let fix = "message_log_mib = 1\nmessage_log_files = 2";
    let mut process = setup.run_with(program!(), &text(&setup, fix), &[]);
    wait_until("the broker's last word is in the log", || {
        process.assert_running();
        texts(&lines(&setup.data()), "received", "5", 58).contains("no more news for ***")
    });
    let told = process.stderr();
    assert!(told.contains("user ann has another password than ***"), "{told}");
    assert!(!told.contains(PASSWORD), "{told}");
    // A node that is gone has a log all the same.
    process.kill();
    let files = files(&setup.data());
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    assert_eq!(names, ["broker.log", "broker.log.1"]);
    for file in &files {
        assert!(file.metadata().expect("there").len() <= 1 << 20, "{}", file.display());
    }
    let lines = lines(&setup.data());
    assert!(lines.iter().all(|line| line.direction != "lost"));
    assert!(lines.len() > 200 && lines.iter().map(|line| &line.time).is_sorted());
    assert_eq!(stands_in(&setup.data(), PASSWORD.as_bytes()), None);
    venue.stop().expect("the venue is fine");
}
