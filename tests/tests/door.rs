//! Whoever connects cannot end trading.

use gauntlet_readmodel::node_file::NodeFile;
use gauntlet_tests::ledger::Live;
use gauntlet_tests::process::Process;
use gauntlet_tests::{program, wait_for, wait_until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Connections that nobody uses: more than the program may open files.
const IDLE: usize = 1_100;
/// What the program may open. What holds the connections, this process, may open more.
const FILES: usize = 256;

/// The embedded demo with small segments, under a limit of open files that it cannot raise.
fn demo(dir: &Path, files: usize) -> Process {
    let text = gauntlet::config::DEMO
        .replace("127.0.0.1:13100", "127.0.0.1:0")
        .replace("127.0.0.1:13101", "127.0.0.1:0")
        .replace("127.0.0.1:8080", "127.0.0.1:0");
    assert!(!text.contains("[journal]"), "the demo leaves the journal's settings alone");
    let text = format!("{text}\n[journal]\nsegment_mib = 1\n");
    let config = dir.join("demo.toml");
    std::fs::write(&config, text).expect("the configuration can be written");
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\" \"$@\"")).arg(program!());
    command.args(["demo", "--speed", "150", "--config"]).arg(config);
    command.arg("--data").arg(dir.join("data"));
    Process::spawn(command)
}

fn page_of(data: &Path) -> String {
    let page = wait_for("the node says where its page is", || {
        NodeFile::read(data).and_then(|node| node.page)
    });
    page.trim_start_matches("http://").to_owned()
}

/// What the page answers, if it does within a moment.
fn asked(page: &str) -> Option<String> {
    let mut client = TcpStream::connect(page).ok()?;
    client.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    client.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).ok()?;
    Some(answer).filter(|answer| !answer.is_empty())
}

#[test]
fn idle_connections_past_every_limit_leave_journal_and_trading_alone() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("raised");
    let dir = TempDir::new().expect("a directory");
    let data = dir.path().join("data");
    let mut process = demo(dir.path(), FILES);
    let page = page_of(&data);
    let idle: Vec<TcpStream> =
        (0..IDLE).map(|_| TcpStream::connect(&page).expect("the system connects")).collect();

    let mut live = Live::new(&data.join("journal"));
    let before = live.look().fills().len();
    let segments = || std::fs::read_dir(data.join("journal/inputs")).map_or(0, |dir| dir.count());
    let first = segments();
    wait_until("the journal goes on in further segments, and fills come", || {
        process.assert_running();
        segments() > first + 2 && live.look().fills().len() > before
    });
    // Nobody has gone, and still the page answers.
    let answer = wait_for("the page answers again", || asked(&page));
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    drop(idle);
    process.stop().expect_code(0).expect_told(&["stopped in order"]);
}

#[test]
fn a_node_that_may_open_too_few_files_does_not_start_and_says_how_many_it_needs() {
    let dir = TempDir::new().expect("a directory");
    let exit = demo(dir.path(), 100).wait();
    exit.expect_code(1).expect_told(&["may open 100 files", "ulimit -n"]);
}
