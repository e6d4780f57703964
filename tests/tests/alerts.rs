//! R21: alerts reach people within five seconds, and where they do not, that is found out, told and journaled, while
//! trading goes on.

use gauntlet_model::effect::{AlertKind, Effect};
use gauntlet_readmodel::api::Status;
use gauntlet_readmodel::command_wire::{Reply, Target, Verb};
use gauntlet_readmodel::node_file::NodeFile;
use gauntlet_tests::control::ask;
use gauntlet_tests::ledger::{Ledger, Live};
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_for, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

const SYMBOLS: [&str; 1] = ["ESZ6"];
const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 21 };
/// More alerts than a pipe that nobody empties has room for, of a hundred bytes each.
const ALERTS: usize = 1_000;

fn read(page: &str, path: &str) -> Option<String> {
    let mut client = TcpStream::connect(page).ok()?;
    client.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    client.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

fn status(page: &str) -> Option<Status> {
    serde_json::from_str(&read(page, "/api/status")?).ok()
}

/// What was told of alerts that are late.
fn told(ledger: &Ledger) -> Vec<String> {
    let late = |(_, effect): (u64, &Effect)| match effect {
        Effect::Alert(alert) if alert.kind == AlertKind::AlertsLate => Some(alert.text.to_string()),
        _ => None,
    };
    ledger.effects().filter_map(late).collect()
}

#[test]
fn a_log_that_nobody_reads_is_found_out_within_seconds_and_holds_up_nothing_but_itself() {
    let venue = venue::start(MARKET, &SYMBOLS);
    let setup = Setup::new(venue.data_address, venue.fix_address, &SYMBOLS);
    let (config, data) = (setup.write(&setup.text()), setup.data());
    let mut node = Command::new(program!());
    node.arg("run").arg("--config").arg(config).arg("--data").arg(&data);
    let mut node = node.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut log = node.stderr.take().expect("a pipe");
    let page = wait_for("the node says where its page is", || {
        NodeFile::read(&data).and_then(|node| node.page)
    });
    let page = page.trim_start_matches("http://").to_owned();
    let mut live = Live::new(&setup.journal());
    wait_until("it trades", || live.look().fills().len() > 2);
    for _ in 0..ALERTS {
        let reply = ask(&data, Verb::ResetBreaker, Target::Platform, "a platform has none");
        assert!(matches!(reply, Reply::Refused { .. }), "{reply:?}");
    }
    let ill = "alerts do not reach the log within five seconds";
    wait_until("the page says that the log stalls", || {
        status(&page).is_some_and(|status| status.reasons.iter().any(|why| why.starts_with(ill)))
    });
    let way = status(&page).and_then(|status| status.node).expect("a node").alerts.ways;
    let [log_way, page_way] = &way[..] else { panic!("{way:?}") };
    assert!(log_way.stalled && log_way.waiting > 100, "{log_way:?}");
    assert!(!page_way.stalled && page_way.late == 0, "{page_way:?}");
    let metrics = read(&page, "/metrics").expect("metrics");
    assert!(metrics.contains("gauntlet_alerts_stalled{way=\"log\"} 1"), "{metrics}");
    wait_until("it is journaled", || !told(live.look()).is_empty());
    let fills = live.ledger.fills().len();
    wait_until("trading goes on", || live.look().fills().len() > fills + 2);

    // Somebody reads the log again.
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).map(|_| text)
    });
    wait_until("its end is told", || told(live.look()).len() == 2);
    assert!(told(&live.ledger)[0].contains("wait for the log"), "{:?}", told(&live.ledger));
    assert_eq!(told(&live.ledger)[1], "they reach the log again");
    wait_until("the node is well again", || {
        status(&page).is_some_and(|status| !status.reasons.iter().any(|why| why.starts_with(ill)))
    });
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(node.id() as i32).expect("an id"),
        rustix::process::Signal::TERM,
    )
    .expect("it is our own child");
    assert!(node.wait().expect("it ends").success());
    let text = reader.join().expect("it reads").expect("text");
    assert!(text.matches("command_refused at platform").count() >= ALERTS, "{}", text.len());
    venue.stop().expect("the venue is fine");
}
