//! `ctl fix log` on the files of a node that does not run, and on those of one that goes on.

use crate::fixture::{arg, ctl, run};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{Input, Route, SessionChange, SessionEvent};
use gauntlet_model::text::Text;
use gauntlet_readmodel::fix_log;
use gauntlet_testkit::morning::{Morning, OPEN};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

fn log(data: &Path, second: u32, direction: &str, session: &str, message: &str) {
    let route = if session.starts_with("second") { "broker2" } else { "broker" };
    let path = fix_log::file_of(data, route, session.ends_with(":copy"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("ours");
    let time = format!("2026-11-27T10:00:{second:02}.000000000Z");
    let mut line = Vec::new();
    let message = message.replace('|', "\x01");
    fix_log::write_line(&mut line, (&time, direction, session), message.as_bytes(), &[]);
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("ours");
    file.write_all(&line).expect("ours");
}

fn morning(data: &Path) {
    log(data, 1, "sent", "first", "35=A|34=1|554=hunter2|");
    log(data, 2, "sent", "first", "35=D|34=2|11=5-00000000000000aa|55=ESZ6|54=1|38=2|");
    log(data, 3, "sent", "second", "35=D|34=2|11=5-00000000000000ab|55=NQZ6|54=2|38=1|");
    log(data, 4, "received", "first", "35=8|34=2|11=5-00000000000000aa|37=X1|39=2|150=F|");
    log(data, 5, "received", "first:copy", "35=8|34=9|37=X1|39=2|150=F|");
}

#[test]
fn the_log_of_a_node_that_does_not_run_is_shown_in_words_by_broker_and_by_order() {
    let data = tempfile::tempdir().expect("a directory");
    morning(data.path());
    let data = arg(data.path());
    let all = run(["fix", "log", "--data", data]);
    assert_eq!((all.code, all.err.as_str()), (0, ""), "{all}");
    assert_eq!(all.out.lines().count(), 5, "{all}");
    assert!(all.out.contains("Password(554)=***") && !all.out.contains("hunter2"), "{all}");
    let order = run(["fix", "log", "--order", "00000000000000aa", "--data", data]);
    let lines: Vec<&str> = order.out.lines().collect();
    assert_eq!(lines.len(), 3, "{order}");
    assert!(lines[0].contains("NewOrderSingle (D)  ClOrdID(11)=5-00000000000000aa"), "{order}");
    assert!(lines[1].contains("OrdStatus(39)=2 (filled)  ExecType(150)=F (trade)"), "{order}");
    assert!(lines[2].contains("first:copy"), "{order}");
    let second = run(["fix", "log", "--broker", "second", "--data", data]);
    assert_eq!(second.out.lines().count(), 1, "{second}");
    assert!(second.out.contains("Symbol(55)=NQZ6  Side(54)=2 (sell)"), "{second}");
    let last = run(["fix", "log", "--last", "1", "--data", data, "--json"]).json();
    assert_eq!((&last["session"], &last["direction"]), (&"first:copy".into(), &"received".into()));
    assert_eq!((&last["name"], &last["msg_seq_num"]), (&"ExecutionReport".into(), &9.into()));
    assert_eq!(last["fields"][2]["name"], "OrderID");
}

#[test]
fn new_messages_are_shown_as_they_come() {
    let data = tempfile::tempdir().expect("a directory");
    morning(data.path());
    let mut follows = ctl(["fix", "log", "--follow", "--last", "1", "--data", arg(data.path())]);
    let mut child = follows.stdout(Stdio::piped()).spawn().expect("ctl runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut next = || lines.next().expect("a line").expect("UTF-8");
    assert!(next().contains("first:copy"));
    log(data.path(), 6, "received", "second", "35=3|34=3|371=11|373=1|58=no ClOrdID|");
    let said = next();
    assert!(said.contains("Reject (3)") && said.contains("Text(58)=no ClOrdID"), "{said}");
    child.kill().expect("it goes on");
    child.wait().expect("it ends");
}

#[test]
fn a_folder_without_a_log_says_what_to_do() {
    let data = tempfile::tempdir().expect("a directory");
    let none = run(["fix", "log", "--data", arg(data.path())]);
    assert_ne!(none.code, 0);
    assert!(
        none.err.contains("no messages are logged in") && none.err.contains("--data"),
        "{none}"
    );
}

#[test]
fn the_status_shows_what_a_broker_said_whole() {
    let data = tempfile::tempdir().expect("a directory");
    let said = "MsgSeqNum too low, expecting 50000000 but received 7 on session FIRST-42";
    let mut morning = Morning::begin();
    let detail = Text::new(&format!("logon refused: {said}"));
    let (route, change, cl_ord_id) = (Route::BROKER, SessionChange::Disconnected, ClOrdId::NONE);
    let event = SessionEvent { route, change, msg_seq_num: 0, reset: false, cl_ord_id, detail };
    morning.input(OPEN, Input::Session(event));
    morning.write(&data.path().join("journal"));
    let status = || run(["fix", "status", "--data", arg(data.path())]);
    assert!(!status().out.contains("FIRST-42"), "the journal alone does not know it");
    log(data.path(), 1, "received", "broker", &format!("35=5|34=1|58={said}|"));
    assert!(status().out.contains(&format!("logon refused: {said}\n")), "{}", status());
}
